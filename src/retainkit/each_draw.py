"""A function of numbers asked for each of the values that one of them may have: draws in, draws out.

`draw_by_draw` stands above functions that have no formula for all draws at once: a search along a curve, a
system of equations. Numbers are answered with `Draws`, columns with `Draws` of them, records with `EachDraw`.
A posterior has more draws than an answer needs: 400 of them are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import ismethod, signature
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from retainkit.draws import Draws, beside_columns, evenly_thinned
from retainkit.errors import Entry, InputError, wrong_shape
from retainkit.plurals import counted
from retainkit.protocols import parameter_shape
from retainkit.records import Record, TableRecord, shown_value
from retainkit.typing import Plain
from retainkit.units import Duration

P = ParamSpec("P")
R = TypeVar("R")

_MOST = 400  # draws of a posterior: the noise that they leave is a twentieth of its spread


@dataclass(frozen=True, eq=False, repr=False)
class EachDraw(TableRecord, Sequence[Any]):
    """The answer in each draw of what was not known exactly, and every figure as `Draws`.

    A sequence: ``found[3]`` is the whole answer in the fourth draw. A figure that the answers have is one of
    this, too: `Draws` of numbers, where "none" in a draw (no payment that pays back) is ``inf``, and of
    durations in the unit that they have; words that are the same in all draws stay as they are; methods are
    asked in each draw. To a type checker a function gives what it gives for numbers.

    Attributes
    ----------
    answers : tuple
        One for each draw, in order.

    Examples
    --------
    >>> from retainkit.economics import break_even_on_curve
    >>> found = break_even_on_curve(500, Draws([40.0, 50.0, 60.0]), lambda t: 0.95**t)
    >>> found.payments
    Draws: 15 (90% between 11.3 and 19.4; 3 draws)
    >>> found[1].payments
    14
    """

    _read_back = False  # each of them can be sent by itself
    _left = 1

    answers: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.answers)

    def __getitem__(self, place: Any) -> Any:
        return EachDraw(self.answers[place]) if isinstance(place, slice) else self.answers[place]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "answers" or not hasattr(self.answers[0], name):
            told: Any = super()
            return told.__getattr__(name)  # which says what there is
        found = [getattr(one, name) for one in self.answers]
        if not ismethod(found[0]):
            return _together(found)

        def in_each(*args: Any, **kwargs: Any) -> Any:
            return _answer([method(*args, **kwargs) for method in found])

        return in_each

    def as_dict(self) -> Plain:
        """The figures, draws with their values."""
        from retainkit import strict_json

        return {name: strict_json.plain(getattr(self, name)) for name in self._figures()}

    def _figures(self) -> list[str]:
        first: Record = self.answers[0]
        known = {name: getattr(self, name) for name in first._figures()}
        return [name for name, value in known.items() if isinstance(value, Draws | float | int | str)]

    def _row_columns(self) -> Mapping[str, Any]:
        """A row for each draw; where figures are columns, with one of each entry."""
        figures = {name: getattr(self, name) for name in self._figures()}
        drawn = {name: v.values for name, v in figures.items() if isinstance(v, Draws)}
        numbers = {name: values for name, values in drawn.items() if values.ndim == 1}
        return numbers or {f"{n} {k}": column for n, v in drawn.items() for k, column in enumerate(v.T)}

    def _caption(self) -> str:
        return f"{type(self.answers[0]).__name__} in {counted(len(self), 'draw')}"

    def _cells(self) -> list[list[str]]:
        table = [["figure", "mean", "5%", "50%", "95%"]]
        for name, values in self._row_columns().items():
            found = Draws.of(values)
            ends = (shown_value(found.quantile(q)) for q in (0.05, 0.5, 0.95))
            table.append([name.replace("_", " "), shown_value(found.mean()), *ends])
        return table


def draw_by_draw(*names: str, beside: Sequence[str] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function whose arguments of these names may be draws: of a number, or of a model's parameters.

    Of a posterior 400 draws are asked, and of what is drawn beside it those that belong to them. A mapping
    may have them among its values. The function has a formula for draws of what is named `beside`: these are
    split only where one of `names` is.
    """

    def by_draw(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not any(map(_is_drawn, args)) and not any(map(_is_drawn, kwargs.values())):
                return function(*args, **kwargs)
            try:
                given = signature(function).bind(*args, **kwargs)
            except TypeError:  # what does not fit is told as for numbers
                return function(*args, **kwargs)
            drawn = {n: v for n, v in given.arguments.items() if n in names and _is_drawn(v)}
            if not drawn:
                return function(*args, **kwargs)  # which refuses them by name
            drawn |= {n: v for n, v in given.arguments.items() if n in beside and _is_drawn(v)}
            found: list[Any] = []
            for i in _asked(drawn):
                given.arguments.update({n: _one(v, i) for n, v in drawn.items()})
                try:
                    found.append(function(*given.args, **given.kwargs))
                except InputError as error:
                    where = Entry(error.value, i, 1) if error.argument in drawn else error.value
                    raise InputError(error.code, error.argument, where, error.rule, error.way_out) from None
            return cast("R", _answer(found))

        return asked

    return by_draw


def _is_drawn(value: object) -> bool:
    if isinstance(value, Draws):
        return True
    if isinstance(value, float | int | str | list | np.ndarray) or value is None:
        return False
    if isinstance(value, dict):
        return any(map(_is_drawn, cast("dict[str, Any]", value).values()))
    shape = parameter_shape(value)
    return len(shape) == 2 and shape[1] == 1


def draws_among(**given: object) -> int:
    """How many draws these arguments have, 0 where none are drawn; `InputError` where they differ."""
    drawn = {name: one for name, one in given.items() if _is_drawn(one)}
    return _count(drawn) if drawn else 0


def _asked(drawn: Mapping[str, Any]) -> list[int]:
    """Which draws are asked: all, and of a posterior no more than tell its spread."""
    kinds: list[type[object]] = [one.__class__ for one in _parts(drawn).values()]
    posterior = any(hasattr(kind, "thinned") for kind in kinds)
    many = _count(drawn)
    return evenly_thinned(many, _MOST if posterior else many).tolist()


def _parts(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """What is drawn by name, of a mapping its values."""
    parts: dict[str, Any] = {}
    for name, one in drawn.items():
        if isinstance(one, dict):
            within = cast("dict[str, Any]", one).items()
            parts |= {f"{name}[{key!r}]": part for key, part in within if _is_drawn(part)}
        else:
            parts[name] = one
    return parts


def _count(drawn: Mapping[str, Any]) -> int:
    """How many draws there are, of all alike."""
    known: dict[str, Draws] = {}
    for name, one in _parts(drawn).items():
        known[name] = one if isinstance(one, Draws) else Draws.of(np.ones(parameter_shape(one)[0]))
        if known[name].ndim > 1:
            rule = "must be draws of one number here"
            raise wrong_shape(name, one, rule, "Ask once for each customer.")
    beside_columns(known)
    return len(next(iter(known.values())))


def _one(value: Any, i: int) -> Any:
    """One draw: of a number, or the model with the parameters of one."""
    if isinstance(value, Draws):
        return float(value.values[i])
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        return {key: _one(part, i) if _is_drawn(part) else part for key, part in parts.items()}
    drawn: Any = value
    return drawn.of_draw(i)


def _answer(found: list[Any]) -> Any:
    return EachDraw(tuple(found)) if isinstance(found[0], Record) else _together(found)


def _together(found: list[Any]) -> Any:
    """Numbers as draws, columns as draws of each entry; words that are the same in all as they are."""
    first: Any = found[0]
    numbers = [one for one in found if one is not None]
    if numbers and all(isinstance(one, Duration) for one in numbers) and len({d.unit for d in numbers}) == 1:
        found = [None if one is None else one.value for one in found]
        first, numbers = found[0], [one for one in found if one is not None]
    if numbers and all(isinstance(one, float | int) and not isinstance(one, bool) for one in numbers):
        return Draws.of(np.array([np.inf if one is None else one for one in found], np.float64))
    if isinstance(first, dict):
        return {key: _together([one[key] for one in found]) for key in cast("dict[str, Any]", first)}
    if isinstance(first, tuple) and all(type(part) is float for part in cast("tuple[Any, ...]", first)):
        return tuple(_together([*part]) for part in zip(*found, strict=True))
    if isinstance(first, np.ndarray) and len({np.shape(one) for one in numbers}) == 1:
        stacked: Any = np.array(found)
        if stacked.dtype.kind == "f" and stacked.ndim == 2:
            return Draws.of(stacked)
        return stacked if stacked.dtype.kind in "fbiu" else _alike(found)
    return np.array(found) if isinstance(first, bool) else _alike(found)


def _alike(found: list[Any]) -> Any:
    """What is the same in all draws, once; records that differ as records of draws."""
    first: Any = found[0]
    # ids in the caller's kind of column answer == entry by entry
    if all(one is first or np.all(np.asarray(one == first)) for one in found):
        return first
    return EachDraw(tuple(found)) if isinstance(first, Record) else tuple(found)
