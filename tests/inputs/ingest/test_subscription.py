"""Bad subscription tables: each refused in a sentence with the line or the customer, and the way out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.ingest.examples import simulate_subscriptions
from retainkit.ingest.subscriptions import summarize_subscriptions

CONNECTION = duckdb.connect()
GOOD: dict[str, list[Any]] = {
    "id": ["a", "b", "c"],
    "from": ["2023-01-01", "2023-02-05", "2023-03-03"],
    "to": ["2023-05-01", None, "2023-04-09"],
    "why": ["price", None, "moved"],
    "plan": ["pro", "basic", "pro"],
}


def as_parquet(columns: dict[str, Any], folder: Path) -> Path:
    pl.DataFrame(columns).write_parquet(folder / "table.parquet")
    return folder / "table.parquet"


KINDS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda columns, _: {k: np.asarray(v) for k, v in columns.items()},
    "pandas": lambda columns, _: pd.DataFrame(columns),
    "pandas-object": lambda columns, _: pd.DataFrame(
        {k: pd.Series(v, dtype=object) for k, v in columns.items()}
    ),
    "polars": lambda columns, _: pl.DataFrame(columns),
    "pyarrow": lambda columns, _: pa.table(columns),
    "duckdb": lambda columns, _: CONNECTION.from_arrow(pa.table(columns)),
    "parquet": as_parquet,
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def refusal(source: Any, **options: Any) -> str:
    """The message of the InputError that a table or an argument gets."""
    arguments: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "reason": "why"}
    arguments |= {"segment": "plan", "observation_end": "2023-06-30"} | options
    with pytest.raises(rk.InputError) as caught:
        summarize_subscriptions(source, **arguments)
    return str(caught.value)


def changed(column: str, *values: Any) -> dict[str, list[Any]]:
    return GOOD | {column: list(values)}


def test_a_missing_column_is_named_with_the_near_one(kind: str, tmp_path: Path) -> None:
    assert refusal(KINDS[kind](GOOD, tmp_path), start="form") == (
        "start must name a column of the table, got 'form'. Did you mean 'from'? "
        "Its columns are: 'id', 'from', 'to', 'why', 'plan'."
    )


LINES: list[tuple[str, dict[str, list[Any]], str, str, str]] = [
    (
        "a missing id",
        changed("id", "a", None, None),
        "customer_id must not be missing (2 of 3 lines in column 'id' break this)",
        "at position 1",
        "give them one",
    ),
    (
        "a missing start",
        changed("from", "2023-01-01", "2023-02-05", None),
        "start must not be missing (1 of 3 lines in column 'from' break this)",
        "at position 2",
        "date them",
    ),
    (
        "a start that is no date",
        changed("from", "2023-01-01", "2023-02-30", "05/02/2023"),
        "start must be dates, timestamps",
        "'2023-02-30' at position 1",
        "Convert the column to dates first",
    ),
    (
        "an end that is no date",
        changed("to", "2023-05-01", None, "soon"),
        "end must be dates, timestamps",
        "'soon' at position 2",
        "or missing while the customer is there",
    ),
    (
        "an end before the start",
        changed("to", "2022-05-01", None, "2023-03-02"),
        "end must not lie before the start (2 of 3 lines in column 'to' break this)",
        "'2022-05-01' at position 0",
        "Correct the dates",
    ),
    (
        "an end on the start",
        changed("to", "2023-05-01", None, "2023-03-03"),
        "end must lie after the start: it is the first day on which the customer is no longer subscribed",
        "at position 2",
        "zero_length='count-as-a-day'",
    ),
    (
        "an end after the observation",
        changed("to", "2023-05-01", None, "2023-07-01"),
        "end must not lie after observation_end (1 of 3 lines in column 'to' break this)",
        "'2023-07-01' at position 2",
        "later='censor'",
    ),
    (
        "a start after the observation",
        changed("from", "2023-01-01", "2023-07-05", "2023-03-03"),
        "start must not lie after observation_end (1 of 3 lines in column 'from' break this)",
        "'2023-07-05' at position 1",
        "set observation_end later",
    ),
    (
        "a reason without an end",
        changed("why", "price", "price", "moved"),
        "reason must be missing for customers who are still there (1 of 3 lines",
        "'price' at position 1",
        "only announced does not count yet",
    ),
    (
        "an end without a reason",
        changed("why", None, None, "moved"),
        "reason must not be missing for customers who left (1 of 3 lines",
        "at position 0",
        "'unknown'",
    ),
    (
        "a missing segment",
        changed("plan", "pro", None, "pro"),
        "segment must not be missing (1 of 3 lines in column 'plan' break this)",
        "at position 1",
        "'unknown'",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "rule", "value", "way_out"), [c[1:] for c in LINES], ids=[c[0] for c in LINES]
)
def test_bad_lines_are_counted_and_the_first_is_placed(
    columns: dict[str, Any], rule: str, value: str, way_out: str, kind: str, tmp_path: Path
) -> None:
    message = refusal(KINDS[kind](columns, tmp_path))
    assert rule in message
    assert value in message
    assert way_out in message


CUSTOMERS: list[tuple[str, dict[str, list[Any]], dict[str, Any], list[str]]] = [
    (
        "a line twice",
        {name: [*column, column[0], column[2]] for name, column in GOOD.items()},
        {},
        [
            "source must not say the same of a customer twice (2 customers break this)",
            "customer 'a'",
            "duplicates",
        ],
    ),
    (
        "overlapping lines",
        {**GOOD, "id": ["c", "b", "c"]},
        {"reactivation": "new-spell"},
        [
            "source must not overlap for a customer (1 customer breaks this)",
            "customer 'c': 2023-01-01 to 2023-05-01, then 2023-03-03 to 2023-04-09",
            "read_subscriptions(..., overlap=",
            "add a day",
        ],
    ),
    (
        "a line after one without an end",
        {**GOOD, "id": ["a", "b", "b"], "plan": ["pro"] * 3},
        {"reactivation": "same-customer"},
        ["must not overlap", "customer 'b': 2023-02-05 to …, then 2023-03-03 to 2023-04-09"],
    ),
    (
        "several lines and no policy",
        {**GOOD, "to": ["2023-02-01", None, "2023-04-09"], "id": ["c", "b", "c"]},
        {},
        [
            "reactivation must say what several lines of a customer mean",
            "(1 has several, 1 of them with a gap)",
            "customer 'c': 2023-01-01 to 2023-02-01, then 2023-03-03 to 2023-04-09",
            "'new-spell'",
            "'same-customer'",
        ],
    ),
    (
        "lines that touch and no policy",
        {**GOOD, "to": ["2023-03-03", None, "2023-04-09"], "id": ["c", "b", "c"]},
        {},
        ["1 has several, 0 of them with a gap"],
    ),
    (
        "a segment that changes",
        {
            **GOOD,
            "to": ["2023-02-01", None, "2023-04-09"],
            "id": ["c", "b", "c"],
            "plan": ["pro", "pro", "basic"],
        },
        {"reactivation": "new-spell"},
        [
            "segment must not change within a customer (1 customer breaks this)",
            "customer 'c': 'pro', then 'basic'",
        ],
    ),
    (
        "an end before the observation",
        GOOD,
        {"observation_start": "2023-04-09"},
        [
            "observation_start must lie before every end, and is 2023-04-09 (1 customer breaks this)",
            "customer 'c': 2023-03-03 to 2023-04-09",
            "earlier='leave-out'",
        ],
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "options", "said"), [c[1:] for c in CUSTOMERS], ids=[c[0] for c in CUSTOMERS]
)
def test_lines_that_do_not_fit_together_name_the_customer(
    columns: dict[str, Any], options: dict[str, Any], said: list[str], kind: str, tmp_path: Path
) -> None:
    message = refusal(KINDS[kind](columns, tmp_path), **options)
    assert [part for part in said if part not in message] == []


def test_an_unknown_reason_is_named(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD, tmp_path), reasons=["price"])
    assert "reason must be one of the names in reasons (1 of 3 lines in column 'why' break this)" in message
    assert "'moved' at position 2" in message


@pytest.mark.parametrize("codes", [[3, 0, 1], [-1, 0, 1]])
def test_a_code_without_a_name_is_an_unknown_reason(codes: list[int]) -> None:
    message = refusal(KINDS["polars"](changed("why", *codes), Path()), reasons=("price", "moved"))
    assert f"{codes[0]} at position 0" in message


def test_an_end_between_renewals_is_refused_where_only_renewals_may_end() -> None:
    assert refusal(KINDS["dict"](GOOD, Path()), tenure="renewals") == (
        "end must be the day on which a month of tenure is over under tenure='renewals' "
        "(1 of 2 ends are not), got 2023-03-03 to 2023-04-09. "
        "Use tenure='whole-periods' or 'exact' where customers may leave on any day; "
        "if ends are the last days with the subscription, add a day."
    )


def test_a_table_without_lines_is_refused(kind: str, tmp_path: Path) -> None:
    empty = KINDS[kind](GOOD, tmp_path)
    if kind == "dict":
        empty = {name: column[:0] for name, column in empty.items()}
    elif kind == "duckdb":
        empty = empty.limit(0)
    elif kind == "parquet":
        pl.read_parquet(empty)[:0].write_parquet(empty)
    else:
        empty = empty.slice(0, 0) if kind == "pyarrow" else empty[:0]
    assert refusal(empty).startswith("source must have at least one subscription, got no lines.")


@pytest.mark.parametrize(
    "options",
    [
        {"observation_end": "2022-12-31", "later": "censor"},
        {"observation_start": "2023-06-01", "earlier": "leave-out", "table": "ended"},
    ],
)
def test_nothing_inside_of_the_observation_is_refused(options: dict[str, Any]) -> None:
    options = dict(options)
    columns = changed("to", "2023-05-01", "2023-05-02", "2023-04-09") if options.pop("table", "") else GOOD
    columns = columns | {"why": ["x", "y", "z"] if columns is not GOOD else GOOD["why"]}
    message = refusal(KINDS["dict"](columns, Path()), **options)
    assert "must leave at least one subscription between observation_start and itself" in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unit": "months"}, "unit must be one of 'day', 'week', 'month', 'quarter', 'year', got 'months'"),
        ({"tenure": "whole"}, "tenure must be one of 'exact', 'whole-periods', 'renewals', got 'whole'"),
        ({"reactivation": "new"}, "reactivation must be one of 'error', 'new-spell', 'same-customer'"),
        ({"zero_length": 1}, "zero_length must be one of 'error', 'count-as-a-day', got 1"),
        ({"earlier": "drop"}, "earlier must be one of 'error', 'leave-out'"),
        ({"later": "leave-out"}, "later must be one of 'error', 'censor', 'drop'"),
        ({"observation_end": "June"}, "observation_end must be a date"),
        ({"observation_start": None, "observation_end": None}, "observation_end must be a date"),
        (
            {"observation_start": "2023-07-01"},
            "observation_start must not lie after observation_end (2023-06-30)",
        ),
        ({"start": 1}, "start must be the name of a column, as text, got 1"),
        ({"reasons": "price"}, "reasons must be different names, as texts, got 'price'"),
        ({"reasons": ("a", "a")}, "reasons must be different names"),
        ({"reasons": (1, 2)}, "reasons must be different names"),
        ({"reasons": ("a",), "reason": None}, "reasons needs the column that holds each customer's reason"),
    ],
)
def test_a_bad_argument_is_refused_before_the_table_is_read(options: dict[str, Any], said: str) -> None:
    assert said in refusal(None, **options)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("why", [1.5, None, 2.0], "reason must hold texts only, or whole numbers only"),
        ("why", [True, None, False], "column 'why' of type bool"),
        ("plan", np.array(["a", 1, "b"], dtype=object), "column 'plan' of type int and str"),
        ("plan", np.array([["a"], ["b"], ["c"], None], dtype=object)[:3], "column 'plan' of type list"),
        ("id", np.array(["a", 1, "b"], dtype=object), "customer_id must hold ids of one type"),
        ("from", [1.5, 2.5, 3.5], "start must be dates, timestamps"),
        ("to", [True, False, True], "end must be dates, timestamps"),
        ("from", np.array([["2023-01-01"]] * 3), "source must be a dataframe"),
    ],
)
def test_a_column_of_another_type_is_refused(column: str, values: Any, said: str) -> None:
    table = {k: np.array(v) for k, v in GOOD.items()} | {column: np.asarray(values)}
    assert said in refusal(table)


@pytest.mark.parametrize("source", [None, 7, [1, 2], np.zeros(3)])
def test_what_is_no_table_is_refused(source: Any) -> None:
    assert refusal(source).startswith("source must be a dataframe (pandas, polars, pyarrow)")


def test_a_missing_file_is_named_with_the_near_one(tmp_path: Path) -> None:
    as_parquet(GOOD, tmp_path)
    assert "Did you mean 'table.parquet'?" in refusal(tmp_path / "tabel.parquet")


def test_a_relation_that_fails_says_why() -> None:
    relation = CONNECTION.sql(
        "SELECT error('out of order') AS id, DATE '2023-01-01' AS \"from\", NULL AS \"to\""
    )
    assert "out of order" in refusal(relation, reason=None, segment=None)


def test_files_without_duckdb_name_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = as_parquet(GOOD, tmp_path)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(rk.errors.MissingDependencyError, match=r"pip install 'retainkit\[duckdb\]'"):
        summarize_subscriptions(path, customer_id="id", start="from", end="to", observation_end="2023-06-30")


def test_a_segment_that_was_not_read_cannot_be_asked_for() -> None:
    table = KINDS["dict"](GOOD, Path())
    s = summarize_subscriptions(table, customer_id="id", start="from", end="to", observation_end="2023-06-30")
    with pytest.raises(
        rk.InputError, match="segment must name a column before spells can be told apart by it"
    ):
        s.by_segment  # noqa: B018


def test_an_id_named_like_a_result_is_refused() -> None:
    table = {"duration" if name == "id" else name: np.array(column) for name, column in GOOD.items()}
    s = summarize_subscriptions(
        table, customer_id="duration", start="from", end="to", observation_end="2023-06-30"
    )
    with pytest.raises(rk.InputError, match="must not be named like one of the results"):
        s.to_frame()


@pytest.mark.parametrize("customers", [0, -1])
def test_an_example_without_customers_is_refused(customers: int) -> None:
    with pytest.raises(rk.InputError, match="customers must be a whole number, 1 or more"):
        simulate_subscriptions(customers=customers)
