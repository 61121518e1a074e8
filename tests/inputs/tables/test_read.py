"""Bad tables and bad columns: each refused in one sentence, whatever kind the table is of."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.errors import InputError
from retainkit.tables import as_column, read_table

CONNECTION = duckdb.connect()
GOOD: dict[str, list[Any]] = {"id": ["a", "b", "a"], "price": [1.0, 2.0, 3.0]}
KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "dict": lambda columns: {name: np.array(values) for name, values in columns.items()},
    "dict-of-lists": lambda columns: columns,
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "duckdb": lambda columns: CONNECTION.from_arrow(pa.table(columns)),
}


def refusal(call: Callable[[], Any]) -> str:
    """The message of the InputError that a call gets."""
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


def of(values: Any, kind: str = "dict-of-lists") -> Any:
    """A column `x` of a table of some kind."""
    return read_table(KINDS[kind]({"x": values}), {"answer": "x"})["answer"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_column_is_named_with_the_near_one(kind: str) -> None:
    assert refusal(lambda: read_table(KINDS[kind](GOOD), {"amount": "prize"})) == (
        "amount must name a column of the table, got 'prize'. "
        "Did you mean 'price'? Its columns are: 'id', 'price'."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_without_lines_is_refused(kind: str) -> None:
    empty = KINDS[kind]({"id": [], "price": []})
    assert refusal(lambda: read_table(empty, {"id": "id"}, argument="spend", line="amount")) == (
        "spend must have at least one amount, got no lines. Check the filter or the path that made the table."
    )


def test_a_file_without_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,price\n")
    assert "must have at least one line, got no lines" in refusal(lambda: read_table(tmp_path / "t.csv"))


def test_a_table_whose_index_holds_the_ids_is_told_to_reset_it() -> None:
    table = pd.DataFrame(GOOD).set_index("id")
    assert refusal(lambda: read_table(table, {"customer_id": "id"})) == (
        "customer_id must name a column of the table, got 'id'. "
        "'id' is in the table's index: pass table.reset_index()."
    )
    both = pd.DataFrame(GOOD).set_index(["id", "price"])
    assert "pass table.reset_index()" in refusal(lambda: read_table(both, {"amount": "price"}))


def test_a_series_is_no_table() -> None:
    series = pd.DataFrame(GOOD).set_index("id")["price"]
    message = refusal(lambda: read_table(series, {"id": "id"}))
    assert (
        "got a Series. Pass the table itself, or series.reset_index() if the index holds the ids" in message
    )


@pytest.mark.parametrize("source", [7, None, [1, 2], np.zeros(3), (1, 2)])
def test_what_is_no_table_is_refused(source: Any) -> None:
    message = refusal(lambda: read_table(source, {"id": "id"}, argument="spend", line="amount"))
    assert message.startswith(
        "spend must be a dataframe (pandas, polars, pyarrow), a DuckDB relation, the path"
    )
    assert message.endswith("Pass the table itself, with one line per amount.")


def test_a_list_of_records_is_told_how_to_become_a_table() -> None:
    message = refusal(lambda: read_table([{"id": 1}, {"id": 2}], {"id": "id"}))
    assert "got a list of records. Make it a dataframe: polars.DataFrame(records)" in message


def test_two_columns_of_one_name_are_refused_in_every_kind_that_can_have_them() -> None:
    table = pd.DataFrame(GOOD)
    twice = (
        pd.concat([table, table[["id"]]], axis=1),
        pa.table([["a"], [1.0], ["b"]], names=["id", "price", "id"]),
        CONNECTION.sql("SELECT 1 AS id, 2 AS price, 3 AS id"),
    )
    for source in twice:
        for wanted in ({"customer_id": "id"}, None):
            message = refusal(lambda s=source, w=wanted: read_table(s, w))
            assert "got two columns of one name ('id'). Rename one of them" in message


def test_columns_of_unequal_length_or_of_two_dimensions_are_refused() -> None:
    assert "got columns of shapes (1,), (2,)" in refusal(lambda: read_table({"a": [1, 2], "b": [1]}))
    assert "got columns of shapes (2, 1)" in refusal(lambda: read_table({"a": [[1], [2]]}))
    assert "got columns of shapes ()" in refusal(lambda: read_table({"a": 1}))


def test_series_of_different_rows_are_not_put_side_by_side() -> None:
    one, two = pd.Series([1, 2], index=["x", "y"]), pd.Series([3, 4], index=["y", "x"])
    assert refusal(lambda: read_table({"a": one, "b": two})) == (
        "b must have the same index as a (2 rows), got 'the same labels in another order'. "
        "Take both columns from one table, or align them first with .reindex()."
    )
    assert len(read_table({"a": one, "b": two.sort_index(ascending=False).to_numpy()})) == 2


def test_the_name_of_a_column_is_text() -> None:
    assert "customer_id must be the name of a column, as text, got 3" in refusal(
        lambda: read_table(GOOD, {"customer_id": 3})  # type: ignore[dict-item]
    )


# -- gaps -----------------------------------------------------------------------------------------------

READS: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "dates": (lambda column: column.dates(), ["2024-01-01", None, "2024-01-03"]),
    "numbers": (lambda column: column.numbers(), [1.5, None, 2.5]),
    "flags": (lambda column: column.flags(), [True, None, False]),
    "ids": (lambda column: column.ids(), ["a", None, "b"]),
    "text": (lambda column: column.ids(), ["a", "", "b"]),
    "text of dates": (lambda column: column.dates(), ["2024-01-01", "", "2024-01-03"]),
    "ids of numbers": (lambda column: column.ids(), [1.0, float("nan"), 2.0]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", READS)
def test_a_gap_is_counted_and_placed_in_every_kind_of_column(kind: str, read: str) -> None:
    reader, values = READS[read]
    message = refusal(lambda: reader(of(values, kind)))
    assert message.startswith("answer must not be missing (1 of 3 lines in column 'x' break this), got ")
    assert " at position 1. " in message


@pytest.mark.parametrize(
    "gap", [None, float("nan"), "", pd.NaT, pd.NA, np.datetime64("NaT", "D"), Decimal("NaN")]
)
def test_every_sign_of_nothing_is_missing_in_a_column_of_objects(gap: Any) -> None:
    column = as_column("x", np.array(["a", gap, "b"], object))
    assert column.missing.tolist() == [False, True, False]


def test_masked_entries_are_missing() -> None:
    mask = [False, True, False]
    numbers = np.ma.MaskedArray([1.0, 2.0, 3.0], mask)
    dates = np.ma.MaskedArray(np.array(["2024-01-01"] * 3, "M8[D]"), mask)
    assert "must not be missing (1 of 3 lines" in refusal(of(numbers).numbers)
    assert "must not be missing (1 of 3 lines" in refusal(of(dates).dates)
    assert "must not be missing (1 of 3 lines" in refusal(of(np.ma.MaskedArray([1, 2, 3], mask)).ids)
    assert of(dates).dates(unless="if still there").astype(str).tolist() == [
        "2024-01-01",
        "NaT",
        "2024-01-01",
    ]
    assert of(np.ma.MaskedArray([1, 2, 3])).numbers().tolist() == [1, 2, 3]


# -- what cannot be read --------------------------------------------------------------------------------

NO_DATES: dict[str, list[Any]] = {
    "no day": ["2024-01-01", "2024-02-30"],
    "another order": ["2024-01-01", "01/02/2024"],
    "one digit": ["2024-01-01", "2024-1-5"],
    "a space": ["2024-01-01", " 2024-01-05"],
    "no hour": ["2024-01-01", "2024-01-05 25:00"],
    "words": ["2024-01-01", "yesterday"],
    "year 0": ["2024-01-01", "0000-01-01"],
    "a month": ["2024-01-01", "2024-01"],
    "a number of seconds": [20240101, 1704067200],
    "a number that is no day": [20240101, 20240230],
    "six digits": [20240101, 240131],
    "a negative number": [20240101, -20240101],
    "zero": [20240101, 0],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", NO_DATES)
def test_what_is_no_date_is_shown_with_its_place(kind: str, case: str) -> None:
    values = NO_DATES[case]
    assert refusal(lambda: of(values, kind).dates()) == (
        "answer must be dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, or numbers "
        "YYYYMMDD, and days of the calendar (1 of 2 lines in column 'x' break this), got "
        f"{values[1]!r} at position 1. Convert the column to dates first, or say how it is written: "
        "date_format='%d/%m/%Y', for one."
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [[1.5, 2.5], [True, False]])
def test_a_type_that_cannot_hold_dates_is_refused(kind: str, values: list[Any]) -> None:
    message = refusal(lambda: of(values, kind).dates())
    assert message.startswith("answer must be dates, timestamps") and "got column 'x' of type " in message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1", "2"], "answer must be numbers, got column 'x' of type "),
        ([True, False], "answer must be numbers, got column 'x' of type "),
        ([1.0, float("inf")], "answer must be finite (1 of 2 lines in column 'x' break this), got inf"),
        ([float("nan"), 1.0], "answer must not be missing (1 of 2 lines in column 'x' break this)"),
    ],
)
def test_what_are_no_finite_numbers_are_refused(kind: str, values: list[Any], said: str) -> None:
    assert refusal(lambda: of(values, kind).numbers()).startswith(said)


@pytest.mark.parametrize("kind", KINDS)
def test_flags_are_true_and_false_or_1_and_0(kind: str) -> None:
    for values in ([True, False, True], [1, 0, 1], [1.0, 0.0, 1.0]):
        assert of(values, kind).flags().tolist() == [True, False, True]
        assert of(values, kind).numbers(flags=True).tolist() == [1.0, 0.0, 1.0]
    assert (
        "answer must be 1 or 0, or true or false (1 of 2 lines in column 'x' break this), got 2"
        in refusal(lambda: of([1, 2], kind).flags())
    )


@pytest.mark.parametrize("values", [[1, "a", 2], np.array([1, "a", 2], object), pd.Series([1, "a", 2])])
def test_ids_of_two_types_are_refused(values: Any) -> None:
    assert refusal(lambda: of(values).ids()) == (
        "answer must hold ids of one type (1 of 3 lines in column 'x' break this), got 'a' at position 1. "
        "Convert the ids to text: '1' and 1 differ. A line of totals goes by "
        "where=\"x != 'Total'\"."
    )


def test_lists_are_no_ids() -> None:
    assert "must hold ids of one type" in refusal(of([[1], [2]], "polars").ids)


# -- text files, where everything is text ---------------------------------------------------------------


def written(folder: Path, *values: str) -> Any:
    (folder / "t.csv").write_text("id,x\n" + "".join(f'1,"{value}"\n' for value in values))
    return read_table(folder / "t.csv", {"answer": "x"})["answer"]


def test_numbers_flags_and_ids_of_a_text_file_are_read_as_what_they_say(tmp_path: Path) -> None:
    assert written(tmp_path, "1", "-2.5", "3e2", ".5").numbers().tolist() == [1.0, -2.5, 300.0, 0.5]
    assert written(tmp_path, "True", "false", "1", "0").flags().tolist() == [True, False, True, False]
    assert written(tmp_path, "10", "9").ids()[0].to_pylist() == [9, 10]
    assert written(tmp_path, "010", "9").ids()[0].to_pylist() == ["010", "9"]
    assert written(tmp_path, "2", "1", "").labels().values == (1, 2)


@pytest.mark.parametrize("text", ["$3", "1,5", "three", "1_000", " 1"])
def test_what_is_no_number_in_a_text_file_is_shown(text: str, tmp_path: Path) -> None:
    message = refusal(written(tmp_path, "1", text).numbers)
    assert "answer must be numbers with a decimal point (1 of 2 lines in column 'x' break this)" in message
    assert f"got {text!r} at position 1 (t.csv, row 3). " in message


def test_what_is_no_flag_in_a_text_file_is_shown(tmp_path: Path) -> None:
    assert "must be 1 or 0, or true or false" in refusal(written(tmp_path, "true", "yes").flags)


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_categories_of_numbers_are_numbers_again(kind: str) -> None:
    frame = pd.DataFrame({"x": pd.Series([10, 9, 10], dtype="category")})
    table = frame if kind == "pandas" else pa.table({"x": pa.array([10, 9, 10]).dictionary_encode()})
    ids, code = read_table(table, {"answer": "x"})["answer"].ids()
    assert list(ids.to_pylist() if kind == "pyarrow" else ids) == [9, 10]
    assert code.tolist() == [1, 0, 1]


RAGGED: Any = [[1, 2], [3]]
MONTHLY = rk.Geometric(0.1, unit="month")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("t", lambda: MONTHLY.survival(RAGGED)),
        ("given", lambda: MONTHLY.survival(3, given=RAGGED)),
        ("n", lambda: rk.NBD(1.0, 2.0).purchase_pmf(RAGGED, 3.0)),
        ("transitions", lambda: rk.economics.markov_value(RAGGED, [1, 2], discount_rate=0.1)),
        ("spend", lambda: rk.decisions.fit_response(RAGGED, [0.8, 0.9], ceiling=1.0)),
        (
            "cohort",
            lambda: rk.value_subscriptions(
                MONTHLY, tenure=[1, 2], margin_per_period=1.0, discount_rate=0.1, instant="after-payment",
                cohort=RAGGED,
            ),
        ),
        (
            "day",
            lambda: rk.summarize_transactions(
                {"id": ["a", "b"], "day": [["2024-01-01"], ["2024-01-02", "2024-01-03"]]},
                customer_id="id", date="day", unit="day",
            ),
        ),
    ],
)  # fmt: skip
def test_lists_of_unlike_length_are_refused_by_name(name: str, call: Callable[[], object]) -> None:
    with pytest.raises(rk.InputError, match=f"^{name} must") as refused:
        call()
    assert refused.value.argument == name
