"""A table of scenarios, one a row, evaluated in one array call."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import as_numbers
from retainkit.errors import InputError, near
from retainkit.tables import Table, read_table
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import Array, Frame, Real
from retainkit.valuation.scenarios._figures import compute
from retainkit.valuation.scenarios._inputs import DEFAULTS, DOMAINS, checked, terms
from retainkit.valuation.scenarios.result import FIGURES


def evaluate_scenarios(table: Frame, *, timing: FlowTiming) -> Any:
    """Every figure of every row: segments, plans, channels or a million simulated scenarios.

    Raises `InputError` for missing inputs, values outside their domain, or columns named like a figure.

    Parameters
    ----------
    table : dataframe of any kind, DuckDB relation, path of CSV or Parquet files, or dict of columns
        Columns named as the fields of `UnitEconomics`; others, such as the name of a segment, are kept.
        Inputs without a column take their default, and a missing `horizon_months` is a horizon without
        end. ``timing`` is no column here.
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        For all rows.

    Returns
    -------
    table of the same kind, of pyarrow for a relation or a path
        The columns of the table, then one for every figure of `UnitEconomicsResult`.

    Examples
    --------
    >>> import numpy as np
    >>> found = evaluate_scenarios(
    ...     {"plan": np.array(["basic", "pro"]), "acquisition_cost": np.array([300.0, 500.0]),
    ...      "monthly_margin": np.array([20.0, 50.0]), "monthly_churn": np.array([0.08, 0.05])},
    ...     timing="begin")
    >>> found["net_value"], found["payback_months"].round(2)
    (array([-50., 500.]), array([  inf, 13.51]))
    """
    check_flow(timing)
    read = read_table(table, argument="table", line="scenario")
    return read.with_columns(_figures(read, timing))


def _figures(table: Table, timing: FlowTiming) -> dict[str, Array]:
    inputs: dict[str, Real] = dict(DEFAULTS)
    columns = list(table)
    given = [name for name in columns if name in DOMAINS]
    for name in given:
        column = table[name]
        endless = name == "horizon_months"
        inputs[name] = checked(name, _endless(column.to_numpy()) if endless else column.numbers())
    _complete(given, columns)
    shape = np.shape(inputs["acquisition_cost"])
    figures = compute(terms(inputs, timing))
    return {name: np.array(np.broadcast_to(values, shape)) for name, values in figures.items()}


def _complete(given: list[str], columns: list[str]) -> None:
    """Refuse a table without an input that has no default, or with a column that a figure would replace."""
    # a figure would silently take the place of a column that the caller meant to keep
    taken = [name for name in columns if name in FIGURES]
    if taken:
        way_out = "Rename those columns."
        raise InputError("duplicate", "table", taken, "must not have columns named like the figures", way_out)
    missing = [name for name in ("acquisition_cost", "monthly_churn") if name not in given]
    margin = [name for name in given if name in ("monthly_margin", "monthly_revenue", "margin_share")]
    if set(margin) not in ({"monthly_margin"}, {"monthly_revenue", "margin_share"}):
        missing.append("monthly_margin, or monthly_revenue and margin_share")
    if missing:
        way_out = near(missing[0], columns) + "Rename the column, or add it."
        raise InputError("missing-column", "table", columns, f"must have a column {missing[0]}", way_out)


def _endless(months: NDArray[np.generic]) -> Array:
    """Months with missing ones as ``inf``."""
    # a missing horizon says "without end", where a missing cost would be a mistake
    filled = np.array([inf if v is None or v != v else v for v in months.tolist()], dtype=object)
    return as_numbers("horizon_months", filled)
