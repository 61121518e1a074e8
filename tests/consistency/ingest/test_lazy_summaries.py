"""Customers who stay in their engine: the same numbers as in memory, and no line comes here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from collected import spied_on

import retainkit as rk
from retainkit.ingest import LazyTransactionSummary, TransactionSummary
from retainkit.tables import to_list
from retainkit.validation import PurchaseChecks, holdout_error, track_purchases, validate

NAMES: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "price"}
SPLIT = "2019-03-01"
CONNECTION = duckdb.connect()
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.1, per="year"),
    "horizon": rk.Duration(3, "year"),
}
MORE: dict[str, Any] = {"unit": "week", "holdout": SPLIT}
SPENDING = rk.GammaGamma(p=6.25, q=3.74, v=15.44)


def shop(seed: int, lines: int = 3_000, customers: int = 400, signs: tuple[int, ...] = (1, 1, 0, -1)) -> Any:
    """Random lines with same-day repeats, refunds, zeros and amounts that do not add up exactly."""
    rng = np.random.default_rng(seed)
    return {
        "id": np.array([f"{'aÄ'[k % 2]}-{k}" for k in range(customers)])[rng.integers(0, customers, lines)],
        "date": np.datetime64("2019-01-01") + rng.integers(0, 90, lines).astype("m8[D]"),
        "price": np.round(rng.gamma(1.5, 9, lines) * rng.choice(signs, lines), 2),
    }


def frame(columns: Any) -> pl.DataFrame:
    table = pl.DataFrame(columns, strict=False)
    return table.with_columns(pl.col("date").cast(pl.Date)) if table.schema["date"].is_temporal() else table


def parquet(columns: Any, folder: Path) -> str:
    for k in range(3):
        frame(columns)[k::3].write_parquet(folder / f"part-{k}.parquet")
    return str(folder / "part-*.parquet")


KINDS: dict[str, Callable[[Any, Path], Any]] = {
    "duckdb": lambda columns, _: CONNECTION.from_arrow(frame(columns).to_arrow()),
    "polars": lambda columns, _: frame(columns).lazy(),
    "files": parquet,
}


def lazily(kind: str, columns: Any, folder: Path, **given: Any) -> LazyTransactionSummary:
    call: dict[str, Any] = NAMES | {"unit": "week"} | given
    if kind == "files":
        call["in_memory"] = False
    tx = rk.summarize_transactions(KINDS[kind](columns, folder), **call)
    assert isinstance(tx, LazyTransactionSummary)
    return tx


def in_memory(columns: Any, **given: Any) -> TransactionSummary:
    call: dict[str, Any] = NAMES | {"unit": "week"} | given
    return rk.summarize_transactions(columns, **call)


def read(found: Any) -> pl.DataFrame:
    table = found.collect() if isinstance(found, pl.LazyFrame) else found.pl()
    return table.sort("id")


def histories(tx: TransactionSummary) -> list[list[float]]:
    p = tx.purchases.compress()
    return sorted(np.column_stack([p.frequency, p.recency, p.T, p.weight]).tolist())


def assert_same(one: TransactionSummary, two: TransactionSummary) -> None:
    """Whole numbers to the bit, money to 1e-12, of a summary in memory and one in an engine."""
    assert histories(one) == histories(two)
    assert one.treatment == two.treatment
    assert (one.observation_start, one.observation_end) == (two.observation_start, two.observation_end)
    for name in ("start", "new_customers", "repeat_purchases", "tracked_repeat_purchases"):
        assert np.array_equal(getattr(one.activity, name), getattr(two.activity, name)), name
    gaps = [float(p.weight @ p.log_gaps) for p in (one.purchases, two.purchases) if p.log_gaps is not None]
    assert gaps[0] == pytest.approx(gaps[1], rel=1e-12)
    rows = read(two.to_frame())
    assert rows["id"].to_list() == to_list(one.customers)
    for name in ("frequency", "recency", "T"):
        assert np.array_equal(rows[name], getattr(one.purchases, name)), name
    if one.monetary_value is not None:
        np.testing.assert_allclose(rows["monetary_value"], one.monetary_value, rtol=1e-12, atol=1e-12)
        assert two.spend.customers == len(one)
        weighed = [float((s.weight * s.frequency) @ s.monetary_value) for s in (one.spend, two.spend)]
        assert weighed[0] == pytest.approx(weighed[1], rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("refunds", ["net", "ignore"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_engine_counts_as_memory_does_on_both_sides_of_a_split(
    kind: str, refunds: Any, tmp_path: Path
) -> None:
    for seed, customers in ((1, 400), (2, 30)):
        columns = shop(seed, customers=customers)
        given: dict[str, Any] = {"refunds": refunds, "holdout_from": SPLIT}
        one, two = in_memory(columns, **given), lazily(kind, columns, tmp_path, **given)
        assert_same(one, two)
        assert one.calibration is not None and two.calibration is not None
        assert_same(one.calibration, two.calibration)
        a, b = one.holdout, two.holdout
        assert a is not None and b is not None and b.weight is not None
        assert (len(a), a.frequency.sum()) == (len(b), b.weight @ b.frequency)
        assert (a.new_customers, a.earlier_refund_days, a.duration) == (
            b.new_customers,
            b.earlier_refund_days,
            b.duration,
        )
        money = [float((h.frequency * w) @ h.monetary_value) for h, w in ((a, 1.0), (b, b.weight))]  # type: ignore[operator]
        assert money[0] == pytest.approx(money[1], rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_an_engine_leaves_out_and_counts_the_lines_that_memory_leaves_out(kind: str, tmp_path: Path) -> None:
    columns = shop(3, signs=(1, 1, 1, 0))
    columns["id"][:20] = "NULL"
    given: dict[str, Any] = {"missing_ids": "drop", "later": "drop", "observation_end": "2019-03-10"}
    given |= {"where": "price < 20 or price > 21", "unit": "month"}
    one, two = in_memory(columns, **given), lazily(kind, columns, tmp_path, **given)
    assert_same(one, two)
    assert two.treatment.missing_id_lines and two.treatment.later_lines and two.treatment.filtered_lines
    given = {"amount": None, "unit": "day"}
    assert_same(in_memory(shop(4), **given), lazily(kind, shop(4), tmp_path, **given))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_sums_that_are_nothing_but_rounding_are_nothing_in_an_engine(kind: str, tmp_path: Path) -> None:
    """0.1 + 0.2 - 0.3 is no refund, in whatever order an engine adds it up."""
    columns = {
        "id": ["a"] * 6 + ["b"] * 4,
        "date": [f"2019-01-{day:02}" for day in (1, 5, 5, 5, 9, 11, 2, 4, 6, 8)],
        "price": [5.0, 0.1, 0.2, -0.3, 0.0, 0.0, 9.0, 0.1, 0.2, -0.3],
    }
    assert_same(in_memory(columns), lazily(kind, columns, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("dates", "more"),
    [
        (["20190101", "2019-02-28", "2019-03-01T23:59:59Z"], {}),
        ([20190101, 20190228, 20190301], {}),
        ([20190101.0, 20190228.0, 20190301.0], {}),
        ([43466, 43524.99, 43525], {"date_format": "excel"}),
    ],
)
def test_days_are_read_by_one_rule(kind: str, dates: list[Any], more: Any, tmp_path: Path) -> None:
    columns = {"id": ["a"] * 3, "date": dates, "price": [1.0, 2.0, 3.0]}
    assert_same(in_memory(columns, **more), lazily(kind, columns, tmp_path, **more))


def test_a_time_counts_on_the_day_of_its_own_clock() -> None:
    moments = frame(shop(5)).with_columns(
        pl.col("date").cast(pl.Datetime("us")).dt.offset_by("23h59m").dt.replace_time_zone("America/New_York")
    )
    assert_same(in_memory(shop(5)), rk.summarize_transactions(moments.lazy(), **NAMES, unit="week"))


def test_ids_of_other_case_are_others_whatever_the_database_says() -> None:
    connection = duckdb.connect()
    connection.sql("CREATE TABLE t (id VARCHAR COLLATE NOCASE, date DATE, price DOUBLE)")
    connection.sql(
        "INSERT INTO t VALUES ('a', '2019-01-01', 1), ('A', '2019-01-02', 2), ('a', '2019-01-03', 3)"
    )
    tx = rk.summarize_transactions(connection.table("t"), **NAMES, unit="day")
    assert sorted(row[:2] for row in tx.to_frame().fetchall()) == [("A", 0.0), ("a", 1.0)]


# -- what is asked of a summary ------------------------------------------------------------------------


CDNOW = rk.load_cdnow("sample")
COLUMNS = {"id": CDNOW["customer_id"], "date": CDNOW["date"], "price": CDNOW["dollar_value"]}
MEMORY = in_memory(COLUMNS, holdout_from="1997-10-01")


@pytest.fixture(scope="module", params=KINDS)
def cdnow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LazyTransactionSummary:
    return lazily(request.param, COLUMNS, tmp_path_factory.mktemp("cdnow"), holdout_from="1997-10-01")


@pytest.mark.slow
def test_models_are_fitted_compared_and_followed_as_in_memory(cdnow: LazyTransactionSummary) -> None:
    one, two = rk.fit(rk.BGNBD, MEMORY), rk.fit(rk.BGNBD, cdnow)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-12)
    assert one.customers == two.customers
    for name, value in one.model.parameters.items():
        assert value == pytest.approx(two.model.parameters[name], rel=1e-6)
    models = [rk.BGNBD, rk.MBGNBD]
    assert str(rk.compare(models, MEMORY)) == str(rk.compare(models, cdnow))
    assert rk.fit_best(models, cdnow).family.name == rk.fit_best(models, MEMORY).family.name
    before = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    assert str(holdout_error(MEMORY, before)) == str(holdout_error(cdnow, before))
    assert str(track_purchases(MEMORY, before)) == str(track_purchases(cdnow, before))
    assert track_purchases(cdnow, before).to_frame()


@pytest.mark.slow
@pytest.mark.parametrize("amount", ["price", None])
def test_predictions_are_checked_as_in_memory(amount: str | None, tmp_path: Path) -> None:
    given: dict[str, Any] = {"amount": amount, "holdout_from": SPLIT, "unit": "day"}
    here = in_memory(columns := shop(12, 2_000, 500, (1, 1, 1, 0)), **given)
    there = lazily("duckdb" if amount else "polars", columns, tmp_path, **given)
    one, two = (validate(tx, [rk.NBD]).checks for tx in (here, there))
    assert isinstance(one, PurchaseChecks) and isinstance(two, PurchaseChecks)
    for name in ("holdout", "tracking", "counts", "chance", "cohorts", "capture"):
        assert str(getattr(one, name)) == str(getattr(two, name)), name
    for name in ("past_rate", "last_period", "crps", "past_rate_crps", "inside", "inside_expected", "asked"):
        assert getattr(two, name) == pytest.approx(getattr(one, name), rel=1e-9), name
    assert two.low == pytest.approx(one.low, rel=0.05)  # ends of 400 draws of chance
    for name in ("by_past", "perfect"):  # the model's own order goes by a fit to cells of spend
        assert getattr(two.capture, name) == pytest.approx(getattr(one.capture, name), rel=1e-9)
    assert two.capture.by_model == pytest.approx(one.capture.by_model, abs=0.01)


@pytest.mark.slow
def test_spend_in_cells_moves_no_parameter_by_a_tenth_of_its_error(cdnow: LazyTransactionSummary) -> None:
    one, two = rk.fit(rk.GammaGamma, MEMORY), rk.fit(rk.GammaGamma, cdnow)
    for k, name in enumerate(one.model.parameters):
        error = float(np.sqrt(one.covariance[k, k]))
        assert abs(one.model.parameters[name] - two.model.parameters[name]) < 0.1 * error


@pytest.mark.slow
def test_customers_are_worth_what_they_are_worth_in_memory(
    cdnow: LazyTransactionSummary, tmp_path: Path
) -> None:
    model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    spends: list[Any] = [SPENDING, 35.0]
    for spend in spends:
        one, two = (
            rk.value_customers(MEMORY, model, spend, **TERMS),
            rk.value_customers(cdnow, model, spend, **TERMS),
        )
        rows = read(two.to_frame())
        for name in ("probability_alive", "expected_purchases", "expected_spend", "value"):
            np.testing.assert_allclose(rows[name], getattr(one, name), rtol=1e-12, atol=0)
        assert two.total == pytest.approx(one.total, rel=1e-12)
        assert two.expected_active == pytest.approx(one.expected_active, rel=1e-12)
        assert str(two) == "Lazy" + str(one)
    two = rk.value_customers(cdnow, model, 35.0, **TERMS)
    rows = read(two.to_frame())
    two.write(str(tmp_path / "values.parquet"))
    assert pl.read_parquet(tmp_path / "values.parquet").sort("id").equals(rows)
    cdnow.write(str(tmp_path / "values.parquet"))  # the file that is there goes when the new one is whole
    assert pl.read_parquet(tmp_path / "values.parquet").width == 5
    assert [path.name for path in tmp_path.iterdir()] == ["values.parquet"]
    alive = model.probability_alive(cdnow.purchases)
    assert read(cdnow.joined(alive=alive))["alive"].to_list() == rows["probability_alive"].to_list()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polars", "duckdb"])
def test_customers_and_the_base_have_the_intervals_of_memory(kind: str, tmp_path: Path) -> None:
    here, there = in_memory(shop(9, 900, 200)), lazily(kind, shop(9, 900, 200), tmp_path)
    rng = np.random.default_rng(1)
    drawn = np.array([0.243, 4.414, 0.793, 2.426]) * np.exp(0.1 * rng.normal(size=(10, 4)))
    r, alpha, a, b = drawn.T[:, :, np.newaxis]
    purchasing = rk.BGNBD(r=r, alpha=alpha, a=a, b=b, unit="week")
    shape = 6.25 * np.exp(0.1 * rng.normal(size=(10, 1)))
    spend = rk.GammaGamma(p=shape, q=3.74, v=15.44)
    fixed = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    asked: list[Any] = [(purchasing, spend), (purchasing, 35.0), (fixed, spend)]
    for given in asked:
        one = rk.value_customers(here, *given, **TERMS)
        two = rk.value_customers(there, *given, **TERMS)
        rows = read(two.to_frame())
        for name in ("probability_alive", "expected_purchases", "expected_spend", "value"):
            np.testing.assert_allclose(rows[name], getattr(one, name), rtol=1e-12, atol=0)
        assert two.total == pytest.approx(one.total, rel=1e-12)
        assert two.drawn
        exact = one.interval(include=["parameters"])
        assert two.interval(include=["parameters"]) == pytest.approx(exact, rel=1e-12)
    assert "(90%: " in str(
        rk.value_customers(there, fixed, rk.Draws.of(np.array([30.0, 35.0, 40.0])), **TERMS)
    )
    (low, high) = rk.value_customers(here, fixed, SPENDING, **TERMS).interval()
    (least, most) = rk.value_customers(there, fixed, SPENDING, **TERMS).interval()
    assert most - least == pytest.approx(high - low, rel=0.15)  # ends of 400 draws of chance


def test_groups_are_those_of_memory(cdnow: LazyTransactionSummary) -> None:
    one, two = MEMORY.by("month"), cdnow.by("month")
    assert list(one) == list(two)
    for name, group in one.items():
        other = two[name]
        assert len(group) == other.purchases.customers == other.spend.customers  # type: ignore[union-attr]
        assert group.purchases.frequency.sum() == other.purchases.weight @ other.purchases.frequency
        assert read(other.customers)["id"].to_list() == np.sort(group.customers).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signs", "customers", "unit"), [((1, 0), 150, "week"), ((1, 1, -1), 7, "month"), ((1,), 1, "day")]
)
def test_scores_and_segments_are_those_of_memory_to_the_bit(
    signs: tuple[int, ...], customers: int, unit: Any, tmp_path: Path
) -> None:
    columns = shop(11, 500, customers, signs)
    # sums of quarters are exact in any order; one is far from all others, and many are alike
    columns["price"] = np.sign(columns["price"]) * np.where(np.arange(500) % 2, 25.0, 0.25)
    columns["price"][0] = 1e9
    one = in_memory(columns, unit=unit).rfm()
    expected: Any = one.to_frame()
    for kind in ("duckdb", "polars"):
        two = lazily(kind, columns, tmp_path, unit=unit).rfm()
        rows = read(two.to_frame())
        assert rows.columns == list(expected)
        for name in rows.columns:
            assert rows[name].to_list() == np.asarray(expected[name]).tolist(), name
        assert str(two) == "Lazy" + str(one) and two.rules == one.rules
        two.write(str(tmp_path / "rfm.parquet"))
        assert pl.read_parquet(tmp_path / "rfm.parquet").sort("id").equals(rows)
    assert read(lazily("polars", columns, tmp_path, amount=None).rfm().to_frame()).width == 7


@pytest.mark.slow
def test_no_line_and_no_customer_comes_out_of_an_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    columns = shop(6, lines=6_000, customers=4_000)
    seen = spied_on(monkeypatch)
    for kind in ("polars", "duckdb"):
        tx = lazily(kind, columns, tmp_path, holdout_from=SPLIT)
        model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        rk.value_customers(tx, model, SPENDING, **TERMS).write(str(tmp_path / "values.parquet"))
        tx.by("month")
        str(tx.rfm())
        asked: Any = (tx, {}) if kind == "polars" else (KINDS[kind](columns, tmp_path), NAMES | MORE)
        validate(asked[0], [rk.NBD], **asked[1])
    assert seen
    assert not any({"customer_id", "id"} & set(names) for _, names in seen)
    histories_held = max(len(tx.held), len(tx.calibration.held))  # type: ignore[union-attr]
    assert max(rows for rows, _ in seen) <= histories_held < len(tx) < 6_000


def test_what_was_kept_is_let_go(tmp_path: Path) -> None:
    connection = duckdb.connect()
    with rk.summarize_transactions(
        connection.from_arrow(frame(shop(7)).to_arrow()), **NAMES, unit="day"
    ) as tx:  # type: ignore[attr-defined]
        tx.to_frame()
        assert connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0] >= 1
    assert connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


@pytest.mark.slow
def test_files_stay_in_duckdb_within_a_memory_limit(tmp_path: Path) -> None:
    columns = shop(8, lines=100_000, customers=20_000)
    engine = rk.DuckDB(memory_limit="100MB", temp=str(tmp_path), threads=1)
    tx = rk.summarize_transactions(
        parquet(columns, tmp_path), **NAMES, unit="week", engine=engine, in_memory=False
    )
    assert isinstance(tx, LazyTransactionSummary)
    assert_same(in_memory(columns), tx)
    for part in tmp_path.glob("part-*"):
        part.unlink()
    tx.close()  # which needs the files no more
