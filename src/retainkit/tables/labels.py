"""Labels: the distinct texts or whole numbers of a column, and each line's place among them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.tables.days import Mask
from retainkit.tables.problems import wrong_type


@dataclass(frozen=True, slots=True)
class Labels:
    """The distinct labels of a column in order, and each line's place among them; -1 where missing."""

    values: tuple[str | int, ...]
    place: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """The labels as texts."""
        return tuple(str(value) for value in self.values)


def labels_of(argument: str, column: str | None, values: list[Any], missing: Mask) -> Labels:
    """Texts or whole numbers, and '' is missing; a whole float is the number that a gap made of it."""
    try:
        found = {value: k for k, value in enumerate(dict.fromkeys(values))}
        first = np.fromiter(map(found.__getitem__, values), np.int64, len(values))
    except TypeError as error:  # lists, for one
        raise _unreadable(argument, column, values[:1]) from error
    first[missing] = -1
    raw = list(found)
    read: dict[int, Any] = {k: _label(raw[k]) for k in np.unique(first[first >= 0]).tolist()}
    named = {k: label for k, label in read.items() if label != ""}
    if None in read.values() or len({isinstance(label, str) for label in named.values()}) > 1:
        raise _unreadable(argument, column, [raw[k] for k in read])
    order = sorted(named, key=named.__getitem__)
    place = np.full(len(raw) + 1, -1, np.int64)  # the last place stands for -1
    place[order] = np.arange(len(order))
    return Labels(tuple(named[k] for k in order), place[first])


def _label(value: Any) -> Any:
    """The text or whole number that a value is; None for anything else."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    number = float(value)
    return int(number) if number.is_integer() else None


def _unreadable(argument: str, column: str | None, values: list[Any]) -> InputError:
    kinds = sorted({type(value).__name__ for value in values})
    rule = "must hold texts only, or whole numbers only"
    return wrong_type(argument, column, " and ".join(kinds), rule, "Convert the column to text.")
