"""What figures become when inputs change together: grids and two-way tables, one array call each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.draws import Draws, beside_columns
from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.records import Record, TableRecord
from retainkit.timing import FlowTiming
from retainkit.typing import Array, NumberLike, Plain, Real
from retainkit.valuation.scenarios._figures import compute
from retainkit.valuation.scenarios._inputs import axis, checked, is_dict, terms, vary
from retainkit.valuation.scenarios.result import FIGURES, figure_named, shown


@dataclass(frozen=True, eq=False, slots=True)
class Grid(Record):
    """Every figure for every combination of some inputs; made by `UnitEconomics.grid`.

    Attributes
    ----------
    axes : dict of (n,) arrays, or Draws
        The inputs that vary, in order, and their values; those with draws come first, and vary together.
    figures : dict of arrays, or Draws
        Every figure by name, one dimension per axis; all draws have the first one.
    base : dict
        The inputs that do not vary.
    """

    axes: Mapping[str, Array | Draws]
    figures: Mapping[str, Array | Draws]
    base: Mapping[str, NumberLike]

    def __getitem__(self, figure: str) -> NumberLike:
        return self.figures[figure_named(figure)]

    def _row_columns(self) -> dict[str, Array]:
        """One row per combination: the inputs that vary, then every figure."""
        shape = np.shape(next(iter(self.figures.values())))
        columns = {n: np.broadcast_to(v, shape).ravel() for n, v in _shaped(self.axes).items()}
        return columns | {name: np.ravel(values) for name, values in self.figures.items()}

    def as_dict(self) -> Plain:
        """Every input, with a list for those that vary, and every figure with a list per axis."""
        lists = {name: np.asarray(values).tolist() for name, values in {**self.axes, **self.figures}.items()}
        return {**self.base, **lists}

    def __str__(self) -> str:
        size = " × ".join(f"{values.size} {name}" for name, values in self.axes.items())
        return f"Grid of {size}: {counted(len(self.figures), 'figure')} each"

    __repr__ = __str__


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SensitivityTable(TableRecord):
    """One figure for two inputs that vary together; made by `UnitEconomics.sensitivity`.

    Attributes
    ----------
    figure, row_input, column_input : str
    rows : (r,)
    columns : (c,)
        The values of the two inputs.
    values : (r, c)
        The figure.
    base : float
        The figure of the scenario itself.
    """

    figure: str
    row_input: str
    column_input: str
    rows: Array
    columns: Array
    values: Array
    base: float

    def _row_columns(self) -> dict[str, Array]:
        """One row per value of the first input, one column per value of the second."""
        named = {f"{self.column_input}={value:g}": self.values[:, i] for i, value in enumerate(self.columns)}
        return {self.row_input: self.rows, **named}

    def _cells(self) -> list[list[str]]:
        about = FIGURES[self.figure]
        table = [[f"{self.row_input} \\ {self.column_input}", *(f"{value:g}" for value in self.columns)]]
        for value, line in zip(self.rows, self.values, strict=True):
            table.append([f"{value:g}", *(shown(x, about) for x in line)])
        return table

    def _caption(self) -> str:
        about = FIGURES[self.figure]
        return f"{about.label}; the scenario itself: {shown(self.base, about)}"


def grid(base: Mapping[str, Real], timing: FlowTiming, axes: Mapping[str, NumberLike]) -> Grid:
    """Every figure for every combination of the values of `axes`."""
    if not axes:
        way_out = "Write for example grid(monthly_churn=[0.04, 0.05, 0.06])."
        raise InputError("empty", "axes", "none", "must name an input to vary", way_out)
    drawn: Plain = {name: v for name, v in base.items() if isinstance(v, Draws) and name not in axes}
    drawn |= {name: tried for name, tried in axes.items() if isinstance(tried, Draws)}
    beside_columns(drawn)  # as many draws of each
    values = {name: axis(name, tried) for name, tried in {**drawn, **axes}.items()}
    if drawn and len(values) > len(drawn) + 1:
        shown = f"{len(values) - len(drawn)} more"
        rule = "must be one input at most, beside draws of others"
        raise InputError("wrong-shape", "axes", shown, rule, "Ask once for each value of the others.")
    known = {name: Draws.of(v) if name in drawn else v for name, v in values.items()}
    shaped = _shaped(known)
    shape = np.broadcast_shapes(*(np.shape(v) for v in shaped.values()))
    figures = compute(terms(vary(base, shaped), timing))
    full: dict[str, Array | Draws] = {
        name: np.array(np.broadcast_to(found, shape)) for name, found in figures.items()
    }
    if drawn:
        full = {name: Draws.of(np.asarray(found)) for name, found in full.items()}
    kept = {name: None if value == inf else value for name, value in base.items() if name not in values}
    return Grid(known, full, {**kept, "timing": timing})


def _shaped(axes: Mapping[str, Array | Draws]) -> dict[str, Array]:
    """An axis for each input, the first for all draws: broadcasting makes the combinations."""
    drawn = any(isinstance(v, Draws) for v in axes.values())
    places = {
        name: drawn + i for i, name in enumerate(n for n, v in axes.items() if not isinstance(v, Draws))
    }
    count = drawn + len(places)
    return {
        name: np.asarray(v).reshape([-1 if j == places.get(name, 0) else 1 for j in range(count)])
        for name, v in axes.items()
    }


def sensitivity(
    base: Mapping[str, Real],
    timing: FlowTiming,
    rows: Mapping[str, NumberLike],
    columns: Mapping[str, NumberLike],
    figure: str,
) -> SensitivityTable:
    """A two-way table of one figure."""
    figure = figure_named(figure)
    for name, value in base.items():
        checked(name, value)  # each cell is a number
    (row, down), (column, across) = _one("rows", rows), _one("columns", columns)
    for name, tried in ((row, down), (column, across)):
        checked(name, tried)  # a table of draws would be none of numbers
    if row == column:
        raise InputError("duplicate", "columns", column, "must name another input than rows")
    found = grid(base, timing, {row: down, column: across})
    itself = float(compute(terms(base, timing))[figure])
    return SensitivityTable(
        figure,
        row,
        column,
        np.asarray(found.axes[row]),
        np.asarray(found.axes[column]),
        found[figure],
        itself,
    )


def _one(argument: str, axes: NumberLike) -> tuple[str, NumberLike]:
    if is_dict(axes) and len(axes) == 1:
        return next(iter(axes.items()))
    way_out = f"Write {argument}={{'monthly_churn': [0.04, 0.05, 0.06]}}."
    raise InputError("wrong-shape", argument, axes, "must name one input and its values", way_out)
