"""What figures become when inputs change together: grids and two-way tables, one array call each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.errors import InputError
from retainkit.records import Record, TableRecord
from retainkit.timing import Timing
from retainkit.typing import Array, NumberLike, Plain, Real
from retainkit.valuation.scenarios._figures import compute
from retainkit.valuation.scenarios._inputs import axis, is_dict, terms, vary
from retainkit.valuation.scenarios.result import FIGURES, figure_named, shown


@dataclass(frozen=True, eq=False, slots=True)
class Grid(Record):
    """Every figure for every combination of some inputs; made by `UnitEconomics.grid`.

    Attributes
    ----------
    axes : dict of (n,) arrays
        The inputs that vary, in order, and their values.
    figures : dict of arrays
        Every figure by name, one dimension per axis.
    base : dict
        The inputs that do not vary.
    """

    axes: Mapping[str, Array]
    figures: Mapping[str, Array]
    base: Mapping[str, NumberLike]

    def __getitem__(self, figure: str) -> Array:
        return self.figures[figure_named(figure)]

    def _row_columns(self) -> dict[str, Array]:
        """One row per combination: the inputs that vary, then every figure."""
        points = np.meshgrid(*self.axes.values(), indexing="ij")
        columns = {name: point.ravel() for name, point in zip(self.axes, points, strict=True)}
        return columns | {name: values.ravel() for name, values in self.figures.items()}

    def as_dict(self) -> Plain:
        """Every input, with a list for those that vary, and every figure with a list per axis."""
        lists = {name: values.tolist() for name, values in {**self.axes, **self.figures}.items()}
        return {**self.base, **lists}

    def __str__(self) -> str:
        size = " × ".join(f"{values.size} {name}" for name, values in self.axes.items())
        return f"Grid of {size}: {len(self.figures)} figures each"

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


def grid(base: Mapping[str, Real], timing: Timing, axes: Mapping[str, NumberLike]) -> Grid:
    """Every figure for every combination of the values of `axes`."""
    if not axes:
        way_out = "Write for example grid(monthly_churn=[0.04, 0.05, 0.06])."
        raise InputError("empty", "axes", "none", "must name an input to vary", way_out)
    values = {name: axis(name, tried) for name, tried in axes.items()}
    count = len(values)
    shaped = {
        # an axis for each input: broadcasting makes the combinations, and inputs that stay cost nothing
        name: v.reshape([-1 if i == j else 1 for j in range(count)])
        for i, (name, v) in enumerate(values.items())
    }
    shape = tuple(v.size for v in values.values())
    figures = compute(terms(vary(base, shaped), timing))
    full = {name: np.array(np.broadcast_to(found, shape)) for name, found in figures.items()}
    kept = {name: None if value == inf else value for name, value in base.items() if name not in values}
    return Grid(values, full, {**kept, "timing": timing})


def sensitivity(
    base: Mapping[str, Real],
    timing: Timing,
    rows: Mapping[str, NumberLike],
    columns: Mapping[str, NumberLike],
    figure: str,
) -> SensitivityTable:
    """A two-way table of one figure."""
    figure = figure_named(figure)
    (row, down), (column, across) = _one("rows", rows), _one("columns", columns)
    if row == column:
        raise InputError("duplicate", "columns", column, "must name another input than rows")
    found = grid(base, timing, {row: down, column: across})
    itself = float(compute(terms(base, timing))[figure])
    return SensitivityTable(figure, row, column, found.axes[row], found.axes[column], found[figure], itself)


def _one(argument: str, axes: NumberLike) -> tuple[str, NumberLike]:
    if is_dict(axes) and len(axes) == 1:
        return next(iter(axes.items()))
    way_out = f"Write {argument}={{'monthly_churn': [0.04, 0.05, 0.06]}}."
    raise InputError("wrong-shape", argument, axes, "must name one input and its values", way_out)
