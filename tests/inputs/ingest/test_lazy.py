"""Bad lines of a table that its engine holds are refused by rule and count; nothing is half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import retainkit as rk

GOOD: dict[str, list[Any]] = {
    "id": ["a", "a", "b", "b", "c"],
    "date": ["2024-01-01", "2024-01-05", "2024-01-03", "2024-03-09", "2024-02-01"],
    "price": [1.0, 2.0, 3.0, 4.0, 5.0],
}
NAMES: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "price", "unit": "day"}
CONNECTION = duckdb.connect()
ENGINES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "duckdb": lambda table: CONNECTION.from_arrow(table.to_arrow()),
    "polars": lambda table: table.lazy(),
}


def table(**other: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(GOOD | other, strict=False)


def summary(source: Any, **given: Any) -> Any:
    return rk.summarize_transactions(source, **NAMES | given)


NOBODY = "customer_id must not be missing"
BAD: dict[str, tuple[dict[str, list[Any]], dict[str, Any], str]] = {
    "no customer": ({"id": ["a", None, "b", "b", "c"]}, {}, f"{NOBODY} (1 of 5"),
    "a customer that is none": ({"id": ["a", "a", "NULL", "nan", "c"]}, {}, f"{NOBODY} (2 of 5"),
    "an id that is no number": ({"id": [1.0, 1.0, 2.0, float("nan"), 3.0]}, {}, f"{NOBODY} (1 of 5"),
    "no date": ({"date": [*GOOD["date"][:4], None]}, {}, "date must not be missing (1 of 5 lines"),
    "no day": ({"date": [*GOOD["date"][:4], "2024-02-30"]}, {}, "break this), got '2024-02-30'"),
    "no amount": ({"price": [1.0, 2.0, None, 4.0, 5.0]}, {}, "amount must not be missing or NaN (1 of 5"),
    "NaN": ({"price": [1.0, 2.0, float("nan"), 4.0, 5.0]}, {}, "amount must not be missing or NaN (1 of 5"),
    "infinite": ({"price": [1.0, 2.0, float("-inf"), 4.0, 5.0]}, {}, "amount must be finite (1 of 5"),
    "after the end": ({}, {"observation_end": "2024-02-01"}, "not lie after observation_end (1 of 5"),
    "a refund": ({"price": [1.0, 2.0, -3.0, 4.0, 5.0]}, {"refunds": "error"}, "amount must not be negative"),
    "a mistyped year": (
        {"id": ["a"] * 11, "date": ["2024-02-01"] * 10 + ["1924-02-01"], "price": [1.0] * 11},
        {},
        "date must not lie years away from all others",
    ),
    "no date at all": ({"date": [None] * 5}, {}, "date must not be missing (5 of 5"),
    "an unreadable part": (
        {"n": ["1", "2", "x", "4", "5"]},
        {"amount": "price * n", "amount_format": "1,234.56"},
        "amount must be numbers",
    ),
    "a column that is not there": ({}, {"amount": "prise"}, "amount must name a column"),
    "refunds only": ({"price": [-1.0] * 5}, {}, "source must have at least one purchase"),
    "a split before all": ({}, {"holdout_from": "2024-01-01"}, "must lie after the first purchase"),
    "later lines only": ({}, {"observation_end": "2023-01-01", "later": "drop"}, "must leave at least one"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_refused_by_its_column_rule_and_count(case: str, engine: str) -> None:
    other, given, said = BAD[case]
    with pytest.raises(rk.InputError) as caught:
        summary(ENGINES[engine](table(**other)), **given)
    assert said in str(caught.value)
    with pytest.raises(rk.InputError) as known:
        summary(table(**other), **given)
    assert (known.value.code, known.value.argument) == (caught.value.code, caught.value.argument)


def test_dates_far_from_all_others_are_kept_where_the_caller_says_so() -> None:
    far = table(date=[*GOOD["date"][:4], "1924-02-01"])
    for make in ENGINES.values():
        assert summary(make(far), far_dates="keep").observation_start.year == 1924


def test_what_needs_all_customers_at_once_says_so() -> None:
    tx = summary(table().lazy(), holdout_from="2024-02-01")
    asked: list[Callable[[], object]] = [
        lambda: tx.by([1, 2, 3]),
    ]
    for ask in asked:
        with pytest.raises(rk.InputError, match="in_memory=True"):
            ask()
    with pytest.raises(rk.InputError, match="must have one entry for each of the 3 distinct histories"):
        tx.joined(x=np.zeros(2))
    with pytest.raises(rk.InputError, match="without discount these customers buy for ever"):
        rk.value_customers(
            tx, rk.NBD(r=1.0, alpha=2.0, unit="day"), 1.0, margin_share=0.3,
            discount_rate=rk.Rate(0, per="year"), horizon=rk.Duration(float("inf"), "year"),
        )  # fmt: skip


def test_a_table_in_memory_cannot_be_told_to_stay_elsewhere() -> None:
    for source in (GOOD, pd.DataFrame(GOOD), table()):
        with pytest.raises(rk.InputError, match="in memory already"):
            summary(source, in_memory=False)
    wrong: Any = "no"
    with pytest.raises(rk.InputError, match="in_memory must be True or False"):
        summary(GOOD, in_memory=wrong)


# -- files ---------------------------------------------------------------------------------------------


def test_a_file_that_was_cut_is_named(tmp_path: Path) -> None:
    table().write_parquet(tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[: len(content) // 2])
    for in_memory in (True, False):
        with pytest.raises(rk.InputError, match=r"cut\.parquet") as caught:
            summary(str(tmp_path / "*.parquet"), in_memory=in_memory)
        assert caught.value.code == "unreadable-source"


PARTS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "zones": lambda part: part.with_columns(pl.col("date").dt.replace_time_zone("Asia/Tokyo")),
    "types": lambda part: part.with_columns(pl.col("date").cast(pl.String)),
    "a column": lambda part: part.drop("price"),
}


@pytest.mark.parametrize("case", [*PARTS, "cut"])
def test_parts_that_polars_cannot_put_together_are_refused_in_our_words(case: str, tmp_path: Path) -> None:
    """DuckDB names the file; polars says what differs, and the way out is to give it the paths."""
    part = table().with_columns(pl.col("date").str.to_datetime())
    part.write_parquet(tmp_path / "1.parquet")
    PARTS.get(case, lambda part: part)(part).write_parquet(tmp_path / "2.parquet")
    if case == "cut":
        (tmp_path / "2.parquet").write_bytes((tmp_path / "2.parquet").read_bytes()[:-9])
    with pytest.raises(
        rk.InputError, match=r"source must be a table that polars can read, got .*paths"
    ) as error:
        summary(pl.scan_parquet(tmp_path / "*.parquet"))
    assert error.value.code == "unreadable-source"


@pytest.mark.slow
@pytest.mark.parametrize("column", ["id", "price", "order"])
def test_nan_in_a_file_is_missing_whatever_its_statistics_say(column: str, tmp_path: Path) -> None:
    part = table(id=[1.0, 1.0, 2.0, 2.0, 3.0], order=[1.0, 2.0, 3.0, 4.0, 5.0])
    part = part.with_columns(pl.when(pl.col("price") == 3).then(float("nan")).otherwise(column).alias(column))
    part.write_parquet(tmp_path / "1.parquet")
    path = str(tmp_path / "1.parquet")
    more: dict[str, Any] = {"order_id": "order"} if column == "order" else {}
    for source in (path, CONNECTION.read_parquet(path), pl.scan_parquet(path)):
        for kept in (False, True) if source is path else (None,):
            with pytest.raises(rk.InputError, match=r"must not be missing.* \(1 of 5 lines"):
                summary(source, in_memory=kept, **more)


def test_two_who_write_one_file_leave_the_whole_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = summary(table().lazy()), summary(CONNECTION.from_arrow(table(id=[9] * 5).to_arrow()))
    path, replace = str(tmp_path / "values.parquet"), os.replace

    def meanwhile(part: str, target: Path) -> None:
        monkeypatch.setattr(os, "replace", replace)
        second.write(path)  # another writes while the first is about to be done
        assert pl.read_parquet(path)["id"].to_list() == [9]
        replace(part, target)

    monkeypatch.setattr(os, "replace", meanwhile)
    first.write(path)
    assert pl.read_parquet(path)["id"].sort().to_list() == ["a", "b", "c"]
    assert [file.name for file in tmp_path.iterdir()] == ["values.parquet"]


def test_parts_may_be_empty_or_lack_a_column_that_is_not_asked_for(tmp_path: Path) -> None:
    table().write_parquet(tmp_path / "1.parquet")
    table().clear().write_parquet(tmp_path / "2.parquet")
    table().with_columns(shop=pl.lit("x")).write_parquet(tmp_path / "3.parquet")
    tx = summary(str(tmp_path / "*.parquet"), in_memory=False)
    assert (len(tx), tx.treatment.lines, tx.treatment.merged_lines) == (3, 10, 5)
    tx.close()
    table().drop("id").write_parquet(tmp_path / "4.parquet")
    with pytest.raises(rk.InputError, match=r"customer_id must not be missing \(5 of 15"):
        summary(str(tmp_path / "*.parquet"), in_memory=False)


def test_nothing_is_half_written(tmp_path: Path) -> None:
    tx = summary(table().lazy())
    (tmp_path / "values.parquet").write_text("yesterday's")
    with pytest.raises(rk.InputError, match="must be a file in a folder that is there"):
        tx.write(str(tmp_path / "nowhere" / "values.parquet"))
    tx.close()
    with pytest.raises(Exception, match=r"No such file|not found"):
        tx.write(str(tmp_path / "values.parquet"))
    assert [p.name for p in tmp_path.iterdir()] == ["values.parquet"]
    assert (tmp_path / "values.parquet").read_text() == "yesterday's"


class Stopped(KeyboardInterrupt):
    """What a user's Ctrl-C raises."""


@pytest.mark.parametrize("engine", ENGINES)
def test_steps_are_told_and_an_interrupt_leaves_nothing_behind(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []
    tx = summary(ENGINES[engine](table()), progress=lambda done, rows: seen.append((done, rows)))
    assert seen == [("lines checked", 5), ("days of customers counted", 5), ("customers counted", 3)]
    seen.clear()
    summary(table(), progress=lambda done, rows: seen.append((done, rows)))
    assert seen == [("customers counted", 3)]

    def stop(*done: object) -> None:
        if done[0] != "lines checked":
            raise Stopped

    before = CONNECTION.sql("SELECT count(*) FROM duckdb_tables()").fetchall()
    with pytest.raises(Stopped):
        summary(ENGINES[engine](table()), progress=stop)
    assert CONNECTION.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == before
    monkeypatch.setattr(os, "replace", stop)  # the last moment before the file has its name
    (tmp_path / "values.parquet").write_text("yesterday's")
    with pytest.raises(Stopped):
        tx.write(str(tmp_path / "values.parquet"))
    assert [path.name for path in tmp_path.iterdir()] == ["values.parquet"]
    assert (tmp_path / "values.parquet").read_text() == "yesterday's"


FULL = """
import resource, signal, sys
import numpy as np, polars as pl, duckdb, retainkit as rk
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
lines = pl.DataFrame({"id": np.arange(200_000), "date": np.arange(200_000) % 300 + 738_000})
lines = lines.select("id", date=pl.date(2024, 1, 1) + pl.duration(days=pl.col("date") - 738_000))
source = lines.lazy() if sys.argv[1] == "polars" else duckdb.from_arrow(lines.to_arrow())
tx = rk.summarize_transactions(source, customer_id="id", date="date", unit="day")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    tx.write(sys.argv[2])
except Exception as error:
    print("refused")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_disk_leaves_the_file_of_yesterday(engine: str, tmp_path: Path) -> None:
    target = tmp_path / "values.parquet"
    target.write_text("yesterday's")
    run = subprocess.run(
        [sys.executable, "-c", FULL, engine, str(target)], capture_output=True, text=True, check=False,
        env=os.environ,
    )  # fmt: skip
    assert run.stdout.strip() == "refused", run.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["values.parquet"]
    assert target.read_text() == "yesterday's"
