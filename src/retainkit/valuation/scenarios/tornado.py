"""One input at a time: how far a figure swings between a low and a high value of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from retainkit.errors import InputError
from retainkit.records import TableRecord
from retainkit.timing import FlowTiming
from retainkit.typing import Array, NumberLike, Real
from retainkit.valuation.scenarios._figures import compute
from retainkit.valuation.scenarios._inputs import DOMAINS, axis, checked, is_dict, terms, vary
from retainkit.valuation.scenarios.result import FIGURES, figure_named, shown

_BAR = 12  # characters: a table of seven columns still fits 100


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Tornado(TableRecord):
    """One figure at a low and a high value of each input alone, the widest swing first.

    Made by `UnitEconomics.tornado`.

    Attributes
    ----------
    figure : str
    inputs : tuple of str
        By swing, descending.
    low, high : (n,)
        The values tried of each input.
    at_low, at_high : (n,)
        The figure at these values, everything else as in the scenario.
    base : float
        The figure of the scenario itself.
    limited : tuple of str
        Inputs that are tried up to the end of what they can be, which is nearer than the share asked for.
    """

    _left = 1

    figure: str
    inputs: tuple[str, ...]
    low: Array
    high: Array
    at_low: Array
    at_high: Array
    base: float
    limited: tuple[str, ...] = ()

    @property
    def swing(self) -> Array:
        """(n,) how far apart the figure is at the two values; 0 where both are infinite alike."""
        return _apart(self.at_low, self.at_high)

    def _row_columns(self) -> dict[str, Any]:
        columns = {"low": self.low, "high": self.high, "at_low": self.at_low, "at_high": self.at_high}
        return {"input": self.inputs, **columns, "swing": self.swing}

    def _cells(self) -> list[list[str]]:
        about = FIGURES[self.figure]
        table = [["input", "low", "high", "at low", "at high", "swing", ""]]
        widest = float(np.max(self.swing, initial=0.0, where=np.isfinite(self.swing)))
        columns = zip(self.inputs, self.low, self.high, self.at_low, self.at_high, self.swing, strict=True)
        for name, low, high, at_low, at_high, swing in columns:
            # an infinite swing fills its bar, and does not flatten the finite ones beside it
            share = 1.0 if swing == inf else swing / widest if widest > 0.0 else 0.0
            figures = (shown(x, about) for x in (at_low, at_high, swing))
            table.append([name, f"{low:g}", f"{high:g}", *figures, ("█" * round(_BAR * share)).ljust(_BAR)])
        return table

    def _caption(self) -> str:
        about = FIGURES[self.figure]
        text = f"{about.label}, one input at a time; the scenario itself: {shown(self.base, about)}"
        return f"{text}; up to what it can be: {', '.join(self.limited)}" if self.limited else text


def tornado(
    base: Mapping[str, Real],
    timing: FlowTiming,
    ranges: Mapping[str, tuple[float, float]] | float,
    figure: str,
) -> Tornado:
    """One figure at the two ends of each input's range."""
    figure = figure_named(figure)
    for name, value in base.items():
        checked(name, value)  # each end is a number
    ends, limited = _ends(base, ranges)
    count = len(ends)
    columns: dict[str, Real] = {}
    for place, (name, (low, high)) in enumerate(ends.items()):
        # two scenarios for each input and the base at the end: one array call for the whole picture
        column = np.full(2 * count + 1, base[name])
        column[[2 * place, 2 * place + 1]] = low, high
        columns[name] = column
    found = np.broadcast_to(compute(terms(vary(base, columns), timing))[figure], (2 * count + 1,))
    at_low, at_high = found[:-1:2], found[1::2]
    # stable: inputs of equal swing stay in the order in which they were given
    order = np.argsort(-_apart(at_low, at_high), kind="stable")
    names = list(ends)
    low, high = (np.array([pair[side] for pair in ends.values()], np.float64) for side in (0, 1))
    return Tornado(
        figure,
        tuple(names[int(i)] for i in order),
        low[order],
        high[order],
        at_low[order],
        at_high[order],
        float(found[-1]),
        limited,
    )


def _ends(
    base: Mapping[str, Real], ranges: NumberLike
) -> tuple[dict[str, tuple[float, float]], tuple[str, ...]]:
    """The low and the high value of each input, and the inputs that reach the end of their domain."""
    if is_dict(ranges) and ranges:
        return {name: _pair(base, name, pair) for name, pair in ranges.items()}, ()
    share = ranges if isinstance(ranges, float) else 0.0
    if not 0.0 < share < 1.0:
        rule = "must be a share between 0 and 1, or a low and a high value for each input"
        way_out = "Write tornado(0.1) for 10% either way, or {'monthly_churn': (0.04, 0.06)}."
        raise InputError("out-of-range", "ranges", ranges, rule, way_out)
    # a share of 0 or of infinity is itself: nothing would move
    moving = {name: float(value) for name, value in base.items() if value not in (0.0, inf)}
    moving.pop("horizon_months", None)  # months come whole
    asked = {name: sorted((v * (1.0 - share), v * (1.0 + share))) for name, v in moving.items()}
    found = {n: (_within(n, v, asked[n][0]), _within(n, v, asked[n][1])) for n, v in moving.items()}
    return found, tuple(name for name in moving if list(found[name]) != asked[name])


def _within(name: str, value: float, end: float) -> float:
    """The end of a range, or that of the input's domain where it comes first; half-way if that is open."""
    domain = DOMAINS[name]
    if domain.contains(end):
        return end
    edge = domain.high if end > value else domain.low
    return edge if domain.contains(edge) else 0.5 * (value + edge)


def _pair(base: Mapping[str, Real], name: str, pair: NumberLike) -> tuple[float, float]:
    tried = axis(name, pair)
    if tried.size != 2:
        way_out = f"Write {{'{name}': (low, high)}}."
        raise InputError("wrong-shape", name, pair, "must be a low and a high value", way_out)
    vary(base, {name: tried})
    return float(tried.min()), float(tried.max())


def _apart(one: Array, other: Array) -> Array:
    with np.errstate(invalid="ignore"):
        # ∞ − ∞ is no swing at all where both ends are alike
        return np.where(one == other, 0.0, np.abs(other - one))
