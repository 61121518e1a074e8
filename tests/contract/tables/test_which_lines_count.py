"""Lines without a customer, later ones and those in impossible years, in every reader and engine alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import retainkit as rk
from retainkit.decisions import tickets_by_customer
from retainkit.errors import InputError
from retainkit.metrics import Subscriptions
from retainkit.summaries.covariates import align_covariates
from retainkit.tables.lines import plausible

CONNECTION = duckdb.connect()


def as_file(end: str) -> Callable[[dict[str, Any], Path], Path]:
    def write(columns: dict[str, Any], folder: Path) -> Path:
        frame = pl.DataFrame(columns, strict=False)
        frame.write_csv(folder / "t.csv") if end == "csv" else frame.write_parquet(folder / "t.parquet")
        return folder / f"t.{end}"

    return write


KINDS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda columns, _: columns,
    "pandas": lambda columns, _: pd.DataFrame(columns),
    "pandas-object": lambda columns, _: pd.DataFrame(columns).astype(object),
    "pandas-category": lambda columns, _: pd.DataFrame(columns).astype({"id": "category"}),
    "polars": lambda columns, _: pl.DataFrame(columns, strict=False),
    "polars-lazy": lambda columns, _: pl.LazyFrame(columns, strict=False),
    "pyarrow": lambda columns, _: pl.DataFrame(columns, strict=False).to_arrow(),
    "duckdb": lambda columns, _: CONNECTION.from_arrow(pl.DataFrame(columns, strict=False).to_arrow()),
    "csv": as_file("csv"),
    "parquet": as_file("parquet"),
}
NOBODY = ["", "nan", "NULL", None, " \t", "NA", "N/A "]
TABLE: dict[str, Any] = {
    "id": ["a", "a", "b", "b", "a"],
    "date": ["2024-01-01", "2024-01-05", "2024-01-03", "2024-03-09", "2024-02-01"],
    "end": ["2024-01-04", None, None, None, None],
    "n": [1.0, 2.0, 3.0, 4.0, 5.0],
}


def with_one(**values: Any) -> dict[str, Any]:
    """The table with another value in its last line but one."""
    return {k: [*v[:3], values.get(k, v[3]), v[4]] for k, v in TABLE.items()}


def transactions(source: Any, **options: Any) -> Any:
    given: dict[str, Any] = {"amount": "n", "unit": "day", "in_memory": True} | options
    return rk.summarize_transactions(source, customer_id="id", date="date", **given)


def over_time(source: Any, **options: Any) -> Any:
    periods = rk.CovariatePeriods(np.zeros((400, 1)), names=["sale"])
    given: dict[str, Any] = {"periods": periods, "periods_start": "2024-01-01", "unit": "day"}
    return rk.summarize_over_time(source, customer_id="id", date="date", **given, **options)


def subscriptions(source: Any, **options: Any) -> Any:
    given: dict[str, Any] = {"observation_end": "2024-06-30", "reactivation": "same-customer"} | options
    names: dict[str, Any] = {"customer_id": "id", "start": "date", "end": "end", "unit": "day"}
    source["id"] = [i if i in NOBODY or i != i else f"{i}{k}" for k, i in enumerate(source["id"])]
    return rk.summarize_subscriptions(source, **names, **given)


def by_month(source: Any, **options: Any) -> Any:
    return Subscriptions.from_months(
        source, customer_id="id", month="date", mrr="n", repeated="sum", **options
    )


def by_interval(source: Any, **options: Any) -> Any:
    given: dict[str, Any] = {"observation_end": "2024-06-30"} | options
    return Subscriptions.from_intervals(source, customer_id="id", start="date", mrr="n", **given)


READERS: dict[str, Callable[..., Any]] = {
    "transactions": transactions,
    "over-time": over_time,
    "subscriptions": subscriptions,
    "months": by_month,
    "intervals": by_interval,
}
DROPPED: dict[str, Callable[[Any], tuple[int, int]]] = {
    "transactions": lambda s: (s.treatment.missing_id_lines, s.treatment.later_lines),
    "over-time": lambda s: (s.missing_id_lines, s.later_lines),
    "subscriptions": lambda s: (s.treatment.missing_id_lines, s.treatment.not_begun),
    "months": lambda s: (s.missing_ids, s.later),
    "intervals": lambda s: (s.missing_ids, s.later),
}


# -- without a customer --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("nobody", NOBODY)
@pytest.mark.parametrize("kind", KINDS)
def test_a_line_without_a_customer_is_refused_or_counted_by_every_engine(
    kind: str, nobody: Any, tmp_path: Path
) -> None:
    source = KINDS[kind](with_one(id=nobody), tmp_path)
    with pytest.raises(InputError, match=r"\(1 of 5 lines in column 'id' break this\).* at position 3.*drop"):
        transactions(source)
    found = transactions(source, missing_ids="drop")
    assert np.asarray(found.customers).tolist() == ["a", "b"]
    assert found.purchases.frequency.tolist() == [2.0, 0.0]
    assert (found.treatment.lines, found.treatment.missing_id_lines) == (5, 1)
    assert "1 line left out: without a customer" in str(found)


@pytest.mark.parametrize("nobody", [*NOBODY, float("nan")])
@pytest.mark.parametrize("reader", READERS)
def test_a_line_without_a_customer_is_refused_or_counted_by_every_reader(reader: str, nobody: Any) -> None:
    with pytest.raises(InputError, match=r"customer_id must not be missing \(1 of 5 lines in column 'id'"):
        READERS[reader](with_one(id=nobody))
    found = READERS[reader](with_one(id=nobody), missing_ids="drop")
    assert DROPPED[reader](found) == (1, 0)
    assert len(found) == (4 if reader == "subscriptions" else 2)
    with pytest.raises(InputError, match="missing_ids must be one of 'error', 'drop'"):
        READERS[reader](with_one(), missing_ids="Drop")


@pytest.mark.parametrize("nobody", NOBODY)
def test_tickets_and_covariates_take_no_word_for_a_customer(nobody: Any) -> None:
    table = {"id": ["a", nobody], "about": ["late", "bill"], "n": [1.0, 2.0]}
    with pytest.raises(InputError, match="customer_id must not be missing"):
        tickets_by_customer(table, customers={"id": ["a"]}, customer_id="id", issue="about")
    with pytest.raises(InputError, match="id must not be missing"):
        align_covariates(table, customer_id="id", customers=["a"])


def test_a_table_of_nobody_is_refused_by_every_engine(tmp_path: Path) -> None:
    for read in KINDS.values():
        with pytest.raises(InputError, match="must have at least one transaction with a customer"):
            transactions(read(TABLE | {"id": ["nan"] * 5}, tmp_path), missing_ids="drop")


def test_what_is_wrong_in_a_line_that_is_left_out_does_not_matter(tmp_path: Path) -> None:
    table = with_one(id="nan", date="soon", n=float("nan"))
    bad = {
        name: [*column[:4], other]
        for (name, column), other in zip(table.items(), ("a", "?", None, 1.0), strict=True)
    }
    for read in KINDS.values():
        assert transactions(read(table, tmp_path), missing_ids="drop").treatment.missing_id_lines == 1
        with pytest.raises(InputError, match=r"\(1 of 5 lines in column 'date'.* got '\?' at position 4"):
            transactions(read(bad, tmp_path), missing_ids="drop")


# -- after the observation -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_later_lines_are_refused_or_counted_by_every_engine(kind: str, tmp_path: Path) -> None:
    source = KINDS[kind](TABLE, tmp_path)
    with pytest.raises(InputError, match=r"\(1 of 5 lines.*later='drop'"):
        transactions(source, observation_end="2024-02-01")
    found = transactions(source, observation_end="2024-02-01", later="drop", holdout_from="2024-01-05")
    early = {name: [*column[:3], column[4]] for name, column in TABLE.items()}
    alone = transactions(early, observation_end="2024-02-01", holdout_from="2024-01-05")
    assert found.to_frame() is not None
    for name in ("frequency", "recency", "T"):
        assert getattr(found.purchases, name).tolist() == getattr(alone.purchases, name).tolist()
    assert found.holdout.frequency.tolist() == alone.holdout.frequency.tolist()
    assert (found.treatment.lines, found.treatment.later_lines) == (5, 1)
    with pytest.raises(InputError, match="observation_end must leave at least one line up to itself"):
        transactions(source, observation_end="2023-02-01", later="drop")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_in_lines_that_do_not_count_is_no_fault_of_those_that_do(
    kind: str, tmp_path: Path
) -> None:
    later = KINDS[kind](with_one(id=None), tmp_path)
    found = transactions(later, observation_end="2024-03-01", later="drop")
    assert (found.treatment.later_lines, found.treatment.missing_id_lines) == (1, 0)
    money = TABLE | {"c": ["USD", "EUR", "EUR", "EUR", "GBP"]}
    with pytest.raises(InputError, match=r"1 of 5 lines in column 'c' break this.*got 'GBP' at position 4"):
        transactions(KINDS[kind](money, tmp_path), currency="c", where="c != 'USD'")


@pytest.mark.parametrize("reader", READERS)
def test_later_lines_are_refused_or_counted_by_every_reader(reader: str) -> None:
    with pytest.raises(InputError, match=r"must not lie after observation_end"):
        READERS[reader](with_one(), observation_end="2024-02-29")
    found = READERS[reader](with_one(), observation_end="2024-02-29", later="drop")
    assert DROPPED[reader](found) == (0, 1)
    with pytest.raises(InputError, match="later must be one of 'error'"):
        READERS[reader](with_one(), observation_end="2024-02-29", later="Drop")


def test_a_customer_who_came_later_is_none(tmp_path: Path) -> None:
    for read in KINDS.values():
        table = with_one(id="c")
        found = transactions(read(table, tmp_path), observation_end="2024-02-29", later="drop")
        assert np.asarray(found.customers).tolist() == ["a", "b"]
    assert over_time(with_one(id="c"), observation_end="2024-02-29", later="drop").customers.tolist() == [
        "a",
        "b",
    ]


def test_later_lines_need_an_end_and_later_ends_are_no_later_lines() -> None:
    with pytest.raises(InputError, match="observation_end must be given where later lines are dropped"):
        transactions(TABLE, later="drop")
    late: dict[str, Any] = {"observation_end": "2024-01-03", "later": "drop"}
    with pytest.raises(InputError, match="end must not lie after observation_end"):
        subscriptions(dict(TABLE), **late)


# -- impossible years ----------------------------------------------------------------------------------

CDNOW = {name: column[:900] for name, column in rk.load_cdnow("sample").items()}
SPAN = f"{CDNOW['date'].min()} to {CDNOW['date'].max()}"


def cdnow(odd: str, kind: str, folder: Path) -> Any:
    columns = {
        "id": np.append(CDNOW["customer_id"], 5),
        "date": np.append(CDNOW["date"], np.datetime64(odd)),
        "n": np.append(CDNOW["dollar_value"], 1.0),
    }
    return KINDS[kind](columns, folder)


@pytest.mark.slow
@pytest.mark.parametrize("odd", ["2097-01-01", "1900-01-01", "0204-01-01", "2007-01-01", "1970-01-01"])
@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "duckdb", "csv"])
def test_one_mistyped_year_is_named_or_kept(kind: str, odd: str, tmp_path: Path) -> None:
    source = cdnow(odd, kind, tmp_path)
    with pytest.raises(
        InputError, match=r"years away.*\(1 of 901 lines in.* at position 900.*far_dates"
    ) as e:
        transactions(source)
    assert str(int(odd[:4])) in str(e.value) and SPAN in str(e.value)
    first = min(dt.date.fromisoformat(odd), CDNOW["date"].min().item())
    assert transactions(source, far_dates="keep").observation_start == first
    if odd > "1999":
        assert transactions(source, observation_end="2100-12-31").observation_end == dt.date(2100, 12, 31)
        dropped = transactions(source, observation_end="1998-06-30", later="drop")
        assert dropped.treatment.later_lines == 1


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_looks_at_early_years(reader: str) -> None:
    n = 200
    days = [*(np.datetime64("2024-01-01") + np.arange(n - 1) % 100).tolist(), dt.date(1900, 1, 1)]
    table = {"id": [f"c{k}" for k in range(n)], "date": days, "end": [None] * n, "n": [1.0] * n}
    with pytest.raises(InputError, match=r"years away.*\(1 of 200 lines in column 'date'"):
        READERS[reader](dict(table))
    if reader != "over-time":  # its periods begin in 2024
        assert len(READERS[reader](dict(table), far_dates="keep")) == n


def days(*spans: tuple[str, int, int]) -> np.ndarray[Any, Any]:
    """Days from each start, one every `step` days."""
    return np.concatenate([np.datetime64(s, "D") + np.arange(n) * step for s, n, step in spans])


HONEST = {
    "one customer, two lines a decade apart": days(("2010-05-01", 1, 1), ("2020-05-01", 1, 1)),
    "three lines over fifty years": days(("1974-01-01", 3, 9_000)),
    "a line each ten years": days(("1950-01-01", 8, 3_650)),
    "a market in each December": np.concatenate([days((f"{y}-12-01", 24, 1)) for y in range(2010, 2025)]),
    "games every four years": np.concatenate([days((f"{y}-07-20", 17, 1)) for y in range(1984, 2025, 4)]),
    "a shop closed for four years": days(("2008-01-01", 900, 1), ("2014-07-01", 2_000, 1)),
    "a pilot two years before": days(("2019-03-01", 1, 1), ("2021-03-01", 1_000, 1)),
    "few founders, then growth": np.append(days(("1990-01-01", 6, 900)), days(("2015-01-01", 3_000, 1))),
    "weekly for four years, and once more": days(("2015-01-01", 200, 7), ("2022-06-01", 1, 1)),
    "a donor's forty years": days(("1980-01-01", 40, 365)),
    "all on one day": days(("2024-01-01", 1, 1)),
    "an archive of ten, and ten now": days(("1969-12-31", 10, 1), ("2024-01-31", 10, 1)),
}


@pytest.mark.parametrize("shape", HONEST)
def test_honest_calendars_are_not_refused(shape: str) -> None:
    found, lines = np.unique(HONEST[shape].astype(np.int64), return_counts=True)
    assert plausible(found, lines) is None


def test_mistyped_years_on_both_sides_and_behind_each_other_are_found() -> None:
    good = days(("2020-01-01", 1_000, 1))
    for odd in (["1900-01-01", "2090-01-01"], ["2032-01-01", "2099-01-01"], ["0001-01-01", "0204-01-01"]):
        found = np.unique(np.append(good, np.array(odd, "M8[D]")).astype(np.int64))
        first, last = (int(day) for day in good[[0, -1]].astype(np.int64))
        assert plausible(found, np.ones(found.size, np.int64)) == (first, last)


SMALL = {
    "2097 beside one": (days(("2024-01-01", 1, 1), ("2097-01-01", 1, 1)), "2024-01-01 to 2024-01-01"),
    "1900 beside one": (days(("1900-01-01", 1, 1), ("2024-01-01", 1, 1)), "2024-01-01 to 2024-01-01"),
    "one of four": (days(("1969-12-31", 1, 1), ("2024-01-31", 3, 1)), "2024-01-31 to 2024-02-02"),
    "nine of eighteen": (days(("2024-01-01", 9, 1), ("2097-01-01", 9, 1)), "2024-01-01 to 2024-01-09"),
}


@pytest.mark.parametrize("shape", SMALL)
def test_tables_of_few_lines_have_impossible_years_too(shape: str) -> None:
    found, span = SMALL[shape]
    table = {"id": ["a"] * found.size, "date": found.tolist(), "n": [1.0] * found.size}
    with pytest.raises(InputError, match=rf"years away from all others, {span}.*far_dates='keep'"):
        transactions(dict(table))
    with pytest.raises(InputError, match=f"years away from all others, {span}"):
        transactions(KINDS["polars-lazy"](dict(table), Path()))
    assert transactions(dict(table), far_dates="keep").observation_start == found.min().item()


# -- no evidence, files, the index ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_spend_that_nets_to_nothing_over_several_days_is_no_evidence(kind: str, tmp_path: Path) -> None:
    net = [[5.0, 0.1, 0.2, -0.3], [1.0, 0.7, 0.1, -0.8], [1e6, 1e9, 0.1, -1e9 - 0.1], [5.0, 0.1, 0.2, -0.25]]
    table = {
        "id": np.repeat(["a", "b", "c", "d"], 4),
        "date": np.tile(np.datetime64("2024-01-01") + np.array([0, 4, 9, 20]), 4),
        "n": np.concatenate(net),
    }
    found = transactions(KINDS[kind]({k: v.tolist() for k, v in table.items()}, tmp_path))
    assert found.purchases.frequency.tolist() == [2.0] * 4
    assert found.monetary_value.tolist()[:3] == [0.0] * 3
    assert found.spend.frequency.tolist() == [0.0, 0.0, 0.0, 2.0]
    assert found.monetary_value[3] == pytest.approx(0.025, rel=1e-12)
    assert found.treatment.customers_without_spend == 3


@pytest.mark.parametrize("reader", [name for name in READERS if name != "subscriptions"])
def test_an_index_that_holds_customers_and_dates_is_told_to_be_reset(reader: str) -> None:
    frame = pd.DataFrame(TABLE).set_index(["id", "date"])
    with pytest.raises(InputError, match=r"is in the table's index: pass table.reset_index\(\)"):
        READERS[reader](frame)
