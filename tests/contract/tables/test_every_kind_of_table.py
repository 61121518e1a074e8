"""Every reader takes tables of every kind, and refuses alike what is none or has nothing in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.decisions import key_drivers, tickets_by_customer
from retainkit.economics import acquisition_cost_ladder
from retainkit.errors import InputError
from retainkit.metrics import Subscriptions
from retainkit.summaries.covariates import align_covariates
from retainkit.valuation.scenarios import evaluate_scenarios

DAYS = [dt.date(2024, 1, 31), dt.date(2024, 2, 29)]
UNTIL = "2024-12-31"
CONNECTION = duckdb.connect()


def refusal(call: Callable[[], Any]) -> InputError:
    """The InputError that a call gets."""
    with pytest.raises(InputError) as caught:
        call()
    return caught.value


TABLES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "transactions": (
        "source",
        lambda t: rk.summarize_transactions(t, customer_id="id", date="d", unit="day"),
    ),
    "subscriptions": (
        "source",
        lambda t: rk.summarize_subscriptions(t, customer_id="id", start="d", end="e", observation_end=UNTIL),
    ),
    "metrics": ("table", lambda t: Subscriptions.from_months(t, customer_id="id", month="d", mrr="n")),
    "spend": ("spend", lambda t: acquisition_cost_ladder(t, new_customers=1, purpose="id", amount="n")),
    "survey": ("table", lambda t: key_drivers(t, outcome="id", drivers=["n"])),
    "tickets": (
        "tickets",
        lambda t: tickets_by_customer(t, customers={"id": [1]}, customer_id="id", issue="d"),
    ),
    "covariates": ("frame", lambda t: align_covariates(t, customer_id="id", customers=[1])),
    "purchases": ("frame", rk.Purchases.from_frame),
    "scenarios": ("table", lambda t: evaluate_scenarios(t, timing="begin")),
}
NAMES = [
    "id",
    "d",
    "e",
    "n",
    "frequency",
    "recency",
    "T",
    "acquisition_cost",
    "monthly_churn",
    "monthly_margin",
]
ROWS: dict[str, dict[str, list[Any]]] = {
    "transactions": {"id": [1, 1, 2], "d": DAYS + DAYS[:1]},
    "subscriptions": {"id": [1, 2, 3], "d": DAYS + DAYS[:1], "e": [None] * 3},
    "metrics": {"id": [1, 1, 2], "d": ["2024-01", "2024-02", "2024-01"], "n": [5.0, 6.0, 7.0]},
    "spend": {"id": ["acquisition"] * 3, "n": [5.0, 6.0, 7.0]},
    "survey": {"id": [1, 2, 4, 4], "n": [2.0, 3.0, 5.0, 4.0]},
    "tickets": {"id": [1, 1, 1], "d": ["late", "bill", "late"]},
    "covariates": {"id": [1, 2, 3], "n": [5.0, 6.0, 7.0]},
    "purchases": {"frequency": [1.0, 2.0], "recency": [3.0, 4.0], "T": [5.0, 6.0], "weight": [1.0, 2.0]},
    "scenarios": {
        "acquisition_cost": [300.0, 500.0],
        "monthly_churn": [0.1, 0.2],
        "monthly_margin": [20.0, 50.0],
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow", "parquet"])
@pytest.mark.parametrize("reader", ROWS)
def test_every_reader_takes_a_table_with_what_says_how_it_is_to_be_read(
    reader: str, kind: str, tmp_path: Path
) -> None:
    """A line more, of which a column says that it does not count, changes nothing."""
    read = TABLES[reader][1]

    def table(rows: dict[str, list[Any]], name: str) -> Any:
        pl.DataFrame(rows).write_parquet(tmp_path / name)
        kinds = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
        return tmp_path / name if kind == "parquet" else kinds.get(kind, dict)(rows)

    column = "monthly_churn" if reader == "scenarios" else "counts"  # there all columns are inputs
    rows = ROWS[reader] | {column: [0.1] * len(next(iter(ROWS[reader].values())))}
    more = {name: [*values, 0.9 if name == column else values[0]] for name, values in rows.items()}
    found = read(rk.TableSource(table(more, "more.parquet"), where=f"{column} < 0.5"))
    known = read(table(rows, "rows.parquet"))
    shown = repr(found).replace("; 1 left out: where= does not hold", "")
    told = [line for line in shown.splitlines() if "left out: where=" not in line]
    assert [line.replace("4 lines read", "3 lines read") for line in told] == repr(known).splitlines()


def over_time(t: Any) -> Any:
    periods = rk.CovariatePeriods([[0.0]] * 400, names=["sale"])
    given: dict[str, Any] = {"periods": periods, "periods_start": "2024-01-01", "unit": "day"}
    return rk.summarize_over_time(t, customer_id="id", date="d", **given)


SUMMARIES: dict[str, Callable[[Any], Any]] = {
    "transactions": TABLES["transactions"][1],
    "subscriptions": TABLES["subscriptions"][1],
    "months": TABLES["metrics"][1],
    "intervals": lambda t: Subscriptions.from_intervals(
        t, customer_id="id", start="d", end="e", mrr="n", observation_end=UNTIL
    ),
    "over time": over_time,
    "periods": lambda t: rk.summarize_periods(t, customer_id="id", period="d", orders="n", unit="month"),
    "base": lambda t: rk.read_subscriptions(
        t, customer_id="id", start="d", end="e", amount="n", observation_end=UNTIL
    ),
}


@pytest.mark.parametrize("reader", SUMMARIES)
def test_every_summary_tells_what_was_found_of_a_file_and_what_was_left_out(
    reader: str, tmp_path: Path
) -> None:
    lines = ["id;d;e;n;c", *(f"{k};2024-0{k}-29;;{k};é" for k in (1, 2, 3)), "4;2024-01-31;;4;ü"]
    (tmp_path / "t.csv").write_bytes("\n".join(lines).encode("cp1252"))
    shown = repr(SUMMARIES[reader](rk.TableSource(tmp_path / "t.csv", where="c == 'é'")))
    assert "t.csv read as cp1252" in shown and "columns separated by ';'" in shown
    assert ("filtered_lines=1" if reader == "over time" else "where=") in shown


EMPTY: dict[str, Callable[[], Any]] = {
    "dict": lambda: {name: [] for name in NAMES},
    "pandas": lambda: pd.DataFrame({name: [] for name in NAMES}),
    "polars": lambda: pl.DataFrame({name: [] for name in NAMES}),
    "lazy": lambda: pl.LazyFrame({name: [] for name in NAMES}),
    "pyarrow": lambda: pa.table({name: pa.array([], pa.int64()) for name in NAMES}),
    "duckdb": lambda: CONNECTION.sql("SELECT " + ", ".join(f'1 AS "{n}"' for n in NAMES) + " WHERE false"),
}


@pytest.mark.parametrize("kind", EMPTY)
@pytest.mark.parametrize("reader", TABLES)
def test_an_empty_table_of_every_kind_is_refused_alike(reader: str, kind: str) -> None:
    argument, read = TABLES[reader]
    error = refusal(lambda: read(EMPTY[kind]()))
    assert (error.code, error.argument) == ("empty", argument)
    assert "must have at least one " in error.rule and error.as_dict()["value"] == "no lines"


@pytest.mark.parametrize("reader", TABLES)
def test_what_is_no_table_is_refused_alike(reader: str) -> None:
    argument, read = TABLES[reader]
    sources: dict[str, Any] = {
        "a int": 7,
        "a list of records": [{"id": 1}],
        "a Series": pd.Series([1], index=pd.Index([1], name="id")),
        "two columns of one name ('id')": pd.DataFrame([[1, 2]], columns=["id", "id"]),
    }
    for found, source in sources.items():
        error = refusal(lambda s=source: read(s))
        assert (error.code, error.argument) == ("not-a-table", argument)
        assert error.as_dict()["value"] == found


@pytest.mark.parametrize("reader", [name for name in TABLES if name not in ("purchases", "scenarios")])
def test_a_column_that_is_the_index_is_told_to_be_reset_by_every_reader(reader: str) -> None:
    table = pd.DataFrame({name: [1, 2] for name in NAMES}).set_index("id")
    error = refusal(lambda: TABLES[reader][1](table))
    assert error.code == "missing-column"
    assert error.way_out == "'id' is in the table's index: pass table.reset_index()."
