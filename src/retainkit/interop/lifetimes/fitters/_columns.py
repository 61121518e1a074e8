"""Numbers, arrays and Series in; customers for a model, and an answer of the same kind, out."""

from __future__ import annotations

import numpy as np

from retainkit.columns import SameKind, labels_of
from retainkit.domains import NOT_NEGATIVE, as_numbers
from retainkit.errors import InputError
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.typing import Array, Foreign, NumberLike, Real


class Columns:
    """Arguments brought to one shape, flat, and the way back to the kind they came in.

    Zero-dimensional answers are numbers, answers to Series are Series with the same index.
    """

    def __init__(self, **given: Foreign) -> None:
        labels = labels_of(**given)
        self._index = labels and labels.index
        arrays = {name: as_numbers(name, _plain(value)) for name, value in given.items()}
        try:
            spread = np.broadcast_arrays(*arrays.values())
        except ValueError as error:
            shown = str([array.shape for array in arrays.values()])
            rule = "must have lengths that fit together"
            way_out = "Give single numbers, or columns with one value per customer."
            raise InputError("length-mismatch", ", ".join(arrays), shown, rule, way_out) from error
        self.shape = spread[0].shape
        self._flat = dict(zip(arrays, (array.reshape(-1) for array in spread), strict=True))

    def __getitem__(self, name: str) -> Array:
        return self._flat[name]

    def length(self, name: str) -> Array:
        """A column that must be 0 or more."""
        return np.atleast_1d(NOT_NEGATIVE.check(name, self._flat[name]))

    @staticmethod
    def one_if_all(values: Array) -> Real:
        """The one number that all values are, where they are: a model computes with it once."""
        return float(values[0]) if values.size and np.all(values == values[0]) else values

    def back(self, values: NumberLike) -> SameKind:
        """The answer in the shape and kind of the arguments."""
        shaped = np.asarray(values, np.float64).reshape(self.shape)
        if self._index is not None:
            pd = pandas()

            return pd.Series(shaped, index=self._index)
        return shaped[()]  # a number where the arguments were numbers


def is_series(value: Foreign) -> bool:
    """Whether it carries an index as pandas' Series do; lists have a method of that name."""
    return hasattr(value, "index") and hasattr(value, "to_numpy")


def _plain(value: Foreign) -> SameKind:
    return value.to_numpy() if is_series(value) else (list(value) if isinstance(value, range) else value)
