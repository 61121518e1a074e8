"""All engines, row orders and ways to a calibration period give one answer: that of a slow, plain loop."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.ingest import load_cdnow
from retainkit.ingest.transactions import engine

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifetimes.utils import summary_data_from_transaction_data

CONNECTION = duckdb.connect()
NAMES: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "price"}
SPLIT = np.datetime64("2019-03-01")


def shop(seed: int, lines: int = 3_000, customers: int = 400) -> dict[str, np.ndarray]:
    """Random lines with same-day repeats, refunds, zeros and amounts that do not add up exactly."""
    rng = np.random.default_rng(seed)
    names = np.array([f"{name}-{k}" for k, name in enumerate(rng.choice(["B", "a", "Ä", "z"], customers))])
    return {
        "id": rng.choice(names, lines),
        "date": np.datetime64("2019-01-01") + rng.integers(0, 90, lines).astype("m8[D]"),
        "price": np.round(rng.gamma(1.5, 9, lines) * rng.choice([1, 1, 1, 0, -1], lines), 2),
    }


def frame(columns: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(columns).with_columns(pl.col("date").cast(pl.Date))


def chunked(columns: dict[str, Any], chunks: int = 7) -> pa.Table:
    table = frame(columns).to_arrow()
    bounds = np.linspace(0, table.num_rows, chunks + 1).astype(int)
    return pa.concat_tables([table.slice(a, b - a) for a, b in pairwise(bounds)])


def files_of(
    columns: dict[str, Any], folder: Path, write: Callable[[pl.DataFrame, Path], object], end: str
) -> str:
    """Several files, and the glob that matches them."""
    table = frame(columns)
    for k in range(3):
        write(table[k::3], folder / f"part-{k}{end}")
    return str(folder / f"part-*{end}")


def unsorted_categories(columns: dict[str, Any]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.unique(columns["id"]), ordered=True)


KINDS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda columns, _: columns,
    "pandas": lambda columns, _: pd.DataFrame(columns),
    "pandas-reindexed": lambda columns, _: (
        pd.DataFrame(columns).set_index("date", drop=False).rename_axis("when")
    ),
    "pandas-arrow": lambda columns, _: frame(columns).to_pandas(use_pyarrow_extension_array=True),
    "pandas-category": lambda columns, _: pd.DataFrame(columns).astype({"id": unsorted_categories(columns)}),
    "pandas-object": lambda columns, _: frame(columns).to_pandas().astype(object),
    "polars": lambda columns, _: frame(columns),
    "polars-lazy": lambda columns, _: frame(columns).lazy(),
    "polars-text": lambda columns, _: frame(columns).cast({"date": pl.String, "id": pl.Categorical}),
    "polars-numbers": lambda columns, _: frame(columns).with_columns(
        pl.col("date").dt.strftime("%Y%m%d").cast(pl.Int32)
    ),
    "polars-clock": lambda columns, _: frame(columns).with_columns(
        pl.col("date").cast(pl.Datetime("ns")).dt.offset_by("23h59m").dt.replace_time_zone("America/New_York")
    ),
    "pyarrow": lambda columns, _: chunked(columns),
    "duckdb": lambda columns, _: CONNECTION.from_arrow(chunked(columns)),
    "parquet": lambda columns, folder: files_of(columns, folder, pl.DataFrame.write_parquet, ".parquet"),
    "csv": lambda columns, folder: files_of(columns, folder, pl.DataFrame.write_csv, ".csv"),
}


def plain(columns: dict[str, np.ndarray], refunds: str) -> list[tuple[Any, ...]]:
    """The definitions of the docs as a loop: (id, frequency, recency, T, mean repeat value) by customer."""
    end = columns["date"].max()
    rows: list[tuple[Any, ...]] = []
    for customer in sorted(set(columns["id"].tolist())):
        days: dict[Any, list[float]] = {}
        for i in np.flatnonzero(columns["id"] == customer):
            if refunds == "net" or columns["price"][i] >= 0:
                days.setdefault(columns["date"][i], []).append(float(columns["price"][i]))
        bought, money = [], 0.0
        for day in sorted(days):
            cents = round(100 * sum(days[day]))
            if cents >= 0:
                bought.append(day)
            money += cents / 100 if len(bought) > 1 else 0
        if bought:
            frequency = len(bought) - 1
            spans = [(t - bought[0]).astype(int) / 7 for t in (bought[-1], end)]
            rows.append((customer, frequency, *spans, money / frequency if frequency else 0.0))
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("refunds", ["net", "ignore"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_engine_gives_what_a_plain_loop_gives(kind: str, refunds: Any, tmp_path: Path) -> None:
    columns = shop(seed=1)
    expected = list(zip(*plain(columns, refunds), strict=True))
    s = rk.summarize_transactions(
        KINDS[kind](columns, tmp_path), **NAMES, unit="week", refunds=refunds, in_memory=True
    )
    assert np.asarray(s.customers).tolist() == list(expected[0])
    assert s.purchases.frequency.tolist() == list(expected[1])
    assert s.purchases.recency.tolist() == list(expected[2])
    assert s.purchases.T.tolist() == list(expected[3])
    assert s.monetary_value is not None
    np.testing.assert_allclose(s.monetary_value, expected[4], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_every_engine_agrees_bit_by_bit_with_the_dict_of_columns(kind: str, tmp_path: Path) -> None:
    columns = shop(seed=2)
    one = rk.summarize_transactions(columns, **NAMES, unit="month", holdout_from="2019-03-01")
    two = rk.summarize_transactions(
        KINDS[kind](columns, tmp_path), **NAMES, unit="month", holdout_from="2019-03-01", in_memory=True
    )
    assert_same(one, two)
    assert one.calibration is not None and two.calibration is not None
    assert_same(one.calibration, two.calibration)
    assert one.holdout is not None and two.holdout is not None
    assert np.array_equal(one.holdout.frequency, two.holdout.frequency)
    assert np.array_equal(one.holdout.monetary_value, two.holdout.monetary_value)  # type: ignore[arg-type]
    assert one.holdout.earlier_refund_days == two.holdout.earlier_refund_days


def assert_same(one: rk.ingest.TransactionSummary, two: rk.ingest.TransactionSummary) -> None:
    assert np.asarray(one.customers).tolist() == np.asarray(two.customers).tolist()
    for name in ("frequency", "recency", "T"):
        assert np.array_equal(getattr(one.purchases, name), getattr(two.purchases, name))
    assert np.array_equal(one.monetary_value, two.monetary_value)  # type: ignore[arg-type]
    assert np.array_equal(one.spend.frequency, two.spend.frequency)
    assert one.treatment == two.treatment
    assert (one.observation_start, one.observation_end) == (two.observation_start, two.observation_end)
    for name in ("new_customers", "repeat_purchases", "tracked_repeat_purchases"):
        assert np.array_equal(getattr(one.activity, name), getattr(two.activity, name))


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow", "duckdb"])
def test_the_order_of_the_lines_changes_no_bit(kind: str, tmp_path: Path) -> None:
    columns = shop(seed=3, customers=60)
    order = np.random.default_rng(4).permutation(columns["id"].size)
    shuffled = {name: column[order] for name, column in columns.items()}
    one = rk.summarize_transactions(KINDS[kind](columns, tmp_path), **NAMES, unit="day", in_memory=True)
    two = rk.summarize_transactions(KINDS[kind](shuffled, tmp_path), **NAMES, unit="day", in_memory=True)
    assert_same(one, two)


@pytest.mark.parametrize("refunds", ["net", "ignore"])
def test_calibration_is_the_summary_of_the_lines_before_the_split(refunds: Any) -> None:
    columns = shop(seed=5)
    early = {name: column[columns["date"] < SPLIT] for name, column in columns.items()}
    whole = rk.summarize_transactions(
        columns, **NAMES, unit="week", refunds=refunds, holdout_from="2019-03-01"
    ).calibration
    assert whole is not None
    alone = rk.summarize_transactions(
        early, **NAMES, unit="week", refunds=refunds, observation_end="2019-02-28"
    )
    assert_same(whole, alone)


@pytest.mark.slow
def test_a_table_of_two_chunks_is_right_five_times_over() -> None:
    cdnow = load_cdnow()
    copies = [cdnow["customer_id"] + 100_000 * k for k in range(3)]
    order = np.random.default_rng(6).permutation(3 * cdnow["date"].size)[:200_000]
    columns = {
        "id": np.concatenate(copies)[order],
        "date": np.tile(cdnow["date"], 3)[order],
        "price": np.tile(cdnow["dollar_value"], 3)[order],
    }
    table = chunked(columns, chunks=2)
    assert (table.num_rows, table.column("id").num_chunks) == (200_000, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = summary_data_from_transaction_data(
            pd.DataFrame(columns), "id", "date", "price", freq="D", freq_multiplier=7
        )
    for _ in range(5):
        ours = rk.summarize_transactions(table, **NAMES, unit="week")
        assert np.array_equal(np.asarray(ours.customers), theirs.index)
        for name in ("frequency", "recency", "T"):
            assert np.array_equal(getattr(ours.purchases, name), theirs[name])
        assert ours.monetary_value is not None
        np.testing.assert_allclose(ours.monetary_value, theirs["monetary_value"], rtol=1e-12, atol=0)


# -- the streaming engine -----------------------------------------------------------------------------


@pytest.mark.parametrize("customers", [3, 5_000])
def test_customers_that_span_batches_stay_whole(
    customers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = shop(seed=7, lines=20_000, customers=customers)
    monkeypatch.setattr(engine, "_BATCH", 2_048)
    one = rk.summarize_transactions(columns, **NAMES, unit="day", holdout_from="2019-03-01")
    two = rk.summarize_transactions(
        KINDS["parquet"](columns, tmp_path), **NAMES, unit="day", holdout_from="2019-03-01", in_memory=True
    )
    assert_same(one, two)
    assert_same(one.calibration, two.calibration)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_file_too_large_for_the_frugal_limit_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = shop(seed=8, lines=200_000)
    monkeypatch.setattr(engine, "_MOST_MEMORY", 1 << 20)
    limits: list[Any] = []
    read = engine._of_files  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(engine, "_of_files", lambda *a: limits.append(a[-1]) or read(*a))
    path = KINDS["parquet"](columns, tmp_path)
    one = rk.summarize_transactions(path, **NAMES, unit="day")
    assert [bool(limit) for limit in limits] == [True, False]
    assert_same(one, rk.summarize_transactions(columns, **NAMES, unit="day"))


def test_a_relation_is_read_once_and_its_order_of_letters_does_not_matter() -> None:
    connection = duckdb.connect()
    connection.sql("CREATE TABLE lines (id VARCHAR COLLATE NOCASE, date DATE, price DOUBLE)")
    connection.sql("CREATE SEQUENCE reads")
    connection.sql(
        "INSERT INTO lines VALUES ('a', '2019-01-01', 1), ('A', '2019-01-02', 2), ('a', '2019-01-03', 3), "
        "('A', '2019-01-05', 4), ('b', '2019-01-04', 5), ('B', '2019-01-04', 6)"
    )
    relation = connection.sql("SELECT id, date, price + 0 * nextval('reads') AS price FROM lines")
    s = rk.summarize_transactions(relation, **NAMES, unit="day", in_memory=True)
    assert s.customers.to_pylist() == ["A", "B", "a", "b"]
    assert s.purchases.frequency.tolist() == [1, 0, 1, 0]
    assert connection.sql("SELECT nextval('reads')").fetchall() == [(7,)]  # six lines so far


def test_names_with_quotes_and_brackets_are_taken_literally(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s [1] "shop"'
    folder.mkdir()
    odd: dict[str, Any] = {"customer_id": 'the "id"', "date": "date; drop", "amount": "price (€)"}
    table = frame(shop(seed=9)).rename(dict(zip(("id", "date", "price"), odd.values(), strict=True)))
    table.write_parquet(folder / "sales[2020]*.parquet")
    table[:9].write_parquet(folder / "sales2*.parquet")  # what the name above would match as a glob
    table[:9].write_parquet(folder / "sales[2020]-more.parquet")
    one = rk.summarize_transactions(folder / "sales[2020]*.parquet", **odd, unit="day")
    assert_same(one, rk.summarize_transactions(table, **odd, unit="day"))
    assert one.to_frame().column_names[0] == 'the "id"'


# -- ids ----------------------------------------------------------------------------------------------


def csv_ids(folder: Path, *ids: str) -> list[Any]:
    lines = "".join(f"{name},2019-01-0{k + 1},1\n" for k, name in enumerate(ids))
    (folder / "t.csv").write_text("id,date,price\n" + lines)
    s = rk.summarize_transactions(folder / "t.csv", **NAMES, unit="day")
    ids_in_order = s.customers.to_pylist()
    assert s.purchases.T.tolist() == [len(ids) - 1 - ids.index(str(i)) for i in ids_in_order]
    return ids_in_order


def test_ids_of_a_csv_file_become_whole_numbers_only_where_nothing_is_lost(tmp_path: Path) -> None:
    assert csv_ids(tmp_path, "10", "9", "-1") == [-1, 9, 10]
    assert csv_ids(tmp_path, "010", "9", "10") == ["010", "10", "9"]
    assert csv_ids(tmp_path, "10", "9.0", "x") == ["10", "9.0", "x"]
    assert csv_ids(tmp_path, "10", "99999999999999999999") == ["10", "99999999999999999999"]


def test_a_packed_and_tab_separated_file_is_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "t.tsv.gz", "wt") as file:
        file.write("id\tdate\tprice\na\t2019-01-01\t1.5\na\t2019-01-04\t2.5\n")
    s = rk.summarize_transactions(tmp_path / "t.tsv.gz", **NAMES, unit="day")
    assert s.to_frame().to_pylist() == [
        {"id": "a", "frequency": 1.0, "recency": 3.0, "T": 3.0, "monetary_value": 2.5}
    ]


@pytest.mark.parametrize(
    ("kind", "column", "table"),
    [
        ("pandas", pd.Series, pd.DataFrame),
        ("polars", pl.Series, pl.DataFrame),
        ("polars-lazy", pl.Series, pl.DataFrame),
        ("pyarrow", pa.ChunkedArray, pa.Table),
        ("duckdb", pa.ChunkedArray, pa.Table),
        ("parquet", pa.ChunkedArray, pa.Table),
        ("dict", np.ndarray, dict),
    ],
)
def test_ids_and_frames_come_back_in_the_kind_of_the_table(
    kind: str, column: type, table: type, tmp_path: Path
) -> None:
    source = KINDS[kind](shop(seed=10), tmp_path)
    s = rk.summarize_transactions(source, **NAMES, unit="week", holdout_from="2019-02-01", in_memory=True)
    for part in (s, s.calibration):
        assert part is not None
        assert isinstance(part.customers, column)
        assert isinstance(part.to_frame(), table)
        assert len(part.customers) == len(part) == len(part.spend)


def test_a_pandas_frame_comes_back_with_a_fresh_index() -> None:
    table = pd.DataFrame(shop(seed=11)).sample(frac=1, random_state=1)
    s = rk.summarize_transactions(table, **NAMES, unit="week", holdout_from="2019-01-15")
    all_buy = rk.summarize_transactions(table, customer_id="id", date="date", unit="week")
    assert s.calibration is not None and len(s.calibration) < len(s) < len(all_buy)
    for part in (s, s.calibration, all_buy):
        assert part.customers.index.equals(pd.RangeIndex(len(part)))
        assert part.to_frame().index.equals(pd.RangeIndex(len(part)))
