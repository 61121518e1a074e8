"""What every fitter has: parameters as a Series, their uncertainty, a printout and a file.

Numbers, arrays and Series come in; an answer of the same kind goes out. A file is JSON: numbers, arrays and
tables, and nothing that runs when it is read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import SameKind, labels_of
from retainkit.domains import NOT_NEGATIVE, as_numbers
from retainkit.errors import InputError
from retainkit.interop.lifetimes.fitters._search import Found, criterion, minimum
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.models.base import AnyModel
from retainkit.plurals import counted
from retainkit.strict_json import decoded
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Foreign, Frame, NumberLike, Plain, Real

_REBUILT = ("predict", "generate_new_data")  # methods put on the instance by a fit


class BaseFitter:
    """The base of all fitters.

    After a fit, ``params_`` (Series), ``standard_errors_`` (Series), ``variance_matrix_`` and
    ``confidence_intervals_`` (DataFrames), and ``data``, what was fitted, are there.

    Parameters
    ----------
    penalizer_coef : float
        Weight of the sum of the squared parameters, added to what is minimised.
    """

    _model_class: ClassVar[type[AnyModel]]
    _observed_column: ClassVar[str | None] = None
    params_: Foreign
    data: Frame
    variance_matrix_: Foreign
    standard_errors_: Foreign
    confidence_intervals_: Foreign

    def __init__(self, penalizer_coef: float = 0.0) -> None:
        self.penalizer_coef = penalizer_coef

    def __repr__(self) -> str:
        name = type(self).__name__
        rows = getattr(getattr(self, "data", None), "shape", None)
        if not hasattr(self, "params_"):
            return f"<lifetimes.{name}>"
        fitted = "" if rows is None else f" fitted with {counted(rows[0], 'subject', spec='d')},"
        values = ", ".join(f"{k}: {v:.2f}" for k, v in sorted(self.params_.items()))
        return f"<lifetimes.{name}:{fitted} {values}>"

    @property
    def summary(self) -> SameKind:
        """One row a parameter: estimate, standard error and the bounds of its 95% interval."""
        pd = pandas()
        bounds = self.confidence_intervals_
        columns = {"coef": self.params_, "se(coef)": self.standard_errors_}
        return pd.DataFrame({**columns, **{name: bounds[name] for name in bounds.columns}})

    # -- the file --------------------------------------------------------------------------------

    def save_model(
        self,
        path: str | PathLike[str],
        save_data: bool = True,
        save_generate_data_method: bool = True,
        values_to_save: list[Foreign] | None = None,
    ) -> None:
        """Write the fitter to a JSON file; lifetimes writes a pickle, which runs code when it is read.

        Parameters
        ----------
        path : where to write
        save_data : bool
            Whether to keep the data of the fit in the file.
        save_generate_data_method : bool
            Whether the reader shall be able to call ``generate_new_data``.
        values_to_save : list, optional
            What to write in place of what is left out, in the order of the two; None by default.
        """
        state = {name: value for name, value in self.__dict__.items() if name not in _REBUILT}
        left_out = ["data" * (not save_data), "generate_new_data" * (not save_generate_data_method)]
        fills = [None, None] if values_to_save is None else values_to_save
        if not save_data and save_generate_data_method:
            state["_observed"] = self._observations()
        replaced = zip(left_out, fills, strict=False)
        state |= {name: fill for name, fill in replaced if name in self.__dict__}
        _write(path, type(self).__name__, state)

    def load_model(self, path: str | PathLike[str]) -> None:
        """Become the fitter that `save_model` wrote to this file."""
        state = _read(path, type(self).__name__)
        self.__dict__.update({name: v for name, v in state.items() if name != "_observed"})
        if "params_" in state:
            replaced = "generate_new_data" in state
            observed = state["_observed"] if "_observed" in state else self._observations()
            self._put_methods(None if replaced else observed)

    # -- what fitters share ------------------------------------------------------------------------

    def _unload_params(self, *names: str) -> list[Foreign]:
        if not hasattr(self, "params_"):
            raise ValueError("Model has not been fit yet. Please call the .fit method first.")
        return [self.params_[name] for name in names]

    def _model(self) -> SameKind:
        """The retainkit model with these parameters."""
        kind = self._model_class
        return kind.of([float(value) for value in self._unload_params(*kind.names())])

    def _search(self, data: AbstractSummary, penalty: float, start: NumberLike, **held: float) -> Found:
        """The minimum of the criterion, whose value and curvature are kept."""
        given = None if start is None else np.asarray(start, np.float64)
        found = minimum(self._model_class, data, penalty, given, held)
        self._negative_log_likelihood_ = found.value
        self._hessian_ = found.hessian
        return found

    def _report(self, params: Array, hessian: Array, customers: float) -> None:
        """Estimates with their uncertainty, by the delta method from the logarithms."""
        pd = pandas()
        names = list(self._model_class.names())
        variance = np.outer(params, params) * np.linalg.inv(hessian) / customers
        self.params_ = pd.Series(params, index=names)
        self.variance_matrix_ = pd.DataFrame(variance, index=names, columns=names)
        with np.errstate(invalid="ignore"):
            self.standard_errors_ = pd.Series(np.sqrt(np.diag(variance)), index=names)
        reach = 1.96 * self.standard_errors_
        self.confidence_intervals_ = pd.DataFrame(
            {"lower 95% bound": self.params_ - reach, "upper 95% bound": self.params_ + reach}
        )

    def _keep(self, columns: Plain, index: Foreign, message: str) -> None:
        """What was fitted, the methods that it allows, and the verdict on the optimum if it is asked for."""
        self.data = pandas().DataFrame(columns, index=index)
        self._put_methods(self._observations())
        if message:
            sys.stdout.write(message + "\n")

    def _observations(self) -> Array | None:
        """How long each customer of the fit was observed, customers with a weight repeated."""
        column = self._observed_column
        if column is None or not hasattr(getattr(self, "data", None), "columns"):
            return None
        return repeated(self.data[column], self.data["weights"])

    def _put_methods(self, observed: Array | None) -> None:
        """Methods that lifetimes puts on the instance; `observed` is None where there is no simulator."""

    def _generator(self, simulate: Callable[..., SameKind], observed: Array) -> Callable[..., SameKind]:
        """The method ``generate_new_data``: customers like those of the fit, simulated."""

        def generate_new_data(size: int = 1) -> SameKind:
            return simulate(observed, *self._unload_params(*self._model_class.names()), size=size)

        return generate_new_data

    @classmethod
    def _mean_criterion(cls, log_params: NumberLike, data: AbstractSummary, penalizer_coef: float) -> float:
        return criterion(cls._model_class, log_params, data, penalizer_coef)


def repeated(values: NumberLike, weights: NumberLike) -> Array:
    """Each value as often as its weight says, if the weights are whole numbers."""
    times = np.asarray(weights)
    whole = np.rint(times).astype(np.int64)
    return np.repeat(np.asarray(values), whole) if np.array_equal(whole, times) else np.asarray(values)


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


_FORMAT = 1


def _write(path: str | PathLike[str], fitter: str, state: Plain) -> None:
    """Write the state to a file, a few hundred bytes without the data."""
    packed = {name: _pack(name, value) for name, value in state.items()}
    text = json.dumps({"fitter": fitter, "format": _FORMAT, "state": packed})
    Path(path).write_text(text, encoding="utf-8")


def _read(path: str | PathLike[str], fitter: str) -> Plain:
    """The state that `_write` wrote, for a fitter of the same class."""
    try:
        record = json.loads(decoded(Path(path).read_bytes()))
    except (ValueError, RecursionError) as error:
        rule = "must be a JSON file written by save_model"
        way_out = (
            "A file that lifetimes pickled is read by lifetimes: load it there and pass the fitter "
            "to from_lifetimes."
        )
        raise InputError("unreadable-source", "path", str(path), rule, way_out) from error
    if record["fitter"] != fitter:
        way_out = f"Call load_model of a {record['fitter']}."
        raise InputError("not-a-model", "path", record["fitter"], f"must be a saved {fitter}", way_out)
    return {name: _unpack(value) for name, value in record["state"].items()}


def _pack(name: str, value: Foreign) -> SameKind:
    kind = type(value).__name__
    if kind == "DataFrame":
        columns = {str(c): _pack(name, value[c].to_numpy()) for c in value.columns}
        return {"kind": "table", "columns": columns, "index": _labels(value.index)}
    if kind == "Series":
        return {"kind": "series", "values": _pack(name, value.to_numpy()), "index": _labels(value.index)}
    if isinstance(value, np.ndarray | np.generic):
        array: NDArray[np.generic] = np.asarray(cast("Any", value))
        plain = array.tolist()
        return plain if array.ndim == 0 else {"kind": "array", "dtype": str(array.dtype), "values": plain}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    way_out = "Leave the data out with save_data=False, or give them another index."
    raise InputError("not-supported", name, value, "must be numbers, text or a table of these", way_out)


def _labels(index: Foreign) -> SameKind:
    if type(index).__name__ == "RangeIndex":
        return {"start": index.start, "stop": index.stop, "step": index.step}
    labels = index.tolist()
    if not all(isinstance(label, str | int | float) for label in labels):
        way_out = "Leave the data out with save_data=False, or give them another index."
        raise InputError("not-supported", "index", str(index.dtype), "must hold numbers or text", way_out)
    return labels


def _unpack(value: Foreign) -> SameKind:
    if not isinstance(value, dict):
        return value
    pd = pandas()
    record: Plain = value  # pyright: ignore[reportUnknownVariableType]
    if record["kind"] == "array":
        return np.array(record["values"], dtype=record["dtype"])
    found: Foreign = record["index"]
    index = pd.RangeIndex(**found) if isinstance(found, dict) else pd.Index(found)
    if record["kind"] == "series":
        return pd.Series(_unpack(record["values"]), index=index)
    return pd.DataFrame({name: _unpack(v) for name, v in record["columns"].items()}, index=index)
