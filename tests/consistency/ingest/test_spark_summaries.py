"""Spark for real, classic and Connect, each in a process of its own: customers stay there, numbers agree.

The file is run as a script for that, with the kind of session as its argument.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import retainkit as rk

NAMES: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "price", "unit": "week"}
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.memory": "1g",
    "spark.sql.session.timeZone": "America/New_York",
    # tables are tiny: to compile code for each plan takes longer than to run it
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


@pytest.mark.needs("java")
@pytest.mark.parametrize("kind", ["classic", "connect"])
def test_spark_counts_values_and_writes_what_memory_does(kind: str, tmp_path: Path) -> None:
    # settings of the Java side, which a session of Connect cannot change any more
    told = "".join(f"{name} {value}\n" for name, value in SETTINGS.items())
    (tmp_path / "spark-defaults.conf").write_text(told, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, __file__, kind, str(tmp_path)],
        env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    assert run.stdout.split() == [name for name in CHECKS if kind == "classic" or name not in CLASSIC_ALONE]


def shop() -> dict[str, Any]:
    """Lines with same-day repeats, refunds, zeros and amounts that do not add up exactly."""
    rng = np.random.default_rng(1)
    return {
        "id": np.array([f"{'aÄ'[k % 2]}-{k}" for k in range(60)])[rng.integers(0, 60, 500)],
        "date": np.datetime64("2019-01-01") + rng.integers(0, 90, 500).astype("m8[D]"),
        "price": np.round(rng.gamma(1.5, 9, 500) * rng.choice([1, 1, 0, -1], 500), 2),
    }


def session(kind: str) -> Any:
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    builder = builder.remote("local[2]") if kind == "connect" else builder.master("local[2]")
    spark = builder.getOrCreate()
    assert (".connect." in type(spark).__module__) == (kind == "connect")
    return spark


def lines(spark: Any, **other: Any) -> Any:
    table = pl.DataFrame(shop() | other)
    return spark.createDataFrame(table.with_columns(pl.col("date").cast(pl.Date)).to_arrow()).repartition(2)


def rows(frame: Any) -> pl.DataFrame:
    found = pl.from_arrow(frame.toArrow())
    assert isinstance(found, pl.DataFrame)
    return found.sort("id")


def same_as_in_memory(spark: Any, folder: Path) -> None:
    from pyspark.sql import functions as F

    split: dict[str, Any] = {"holdout_from": "2019-03-01"}
    one = rk.summarize_transactions(shop(), **NAMES, **split)
    # a time on its own clock, in whatever zone the session is by now
    clock = F.to_timestamp_ntz(F.concat(F.col("date").cast("string"), F.lit(" 23:59:59")))
    table = lines(spark).withColumn("date", clock)
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    seen: list[tuple[int, list[str]]] = []
    for name in ("collect", "toArrow", "toPandas"):
        setattr(type(table), name, _watched(getattr(type(table), name), seen))
    two = rk.summarize_transactions(table, **NAMES, **split)
    assert seen and all("customer_id" not in names and "id" not in names for _, names in seen)
    assert isinstance(two, rk.ingest.LazyTransactionSummary)
    assert two.calibration is not None
    small = (two.purchases, two.calibration.purchases, two.spend, two.activity)
    assert max(size for size, _ in seen) <= max(map(len, small)) + 1  # a day with refunds alone
    assert one.calibration is not None and two.calibration is not None
    for a, b in ((one, two), (one.calibration, two.calibration)):
        assert a.treatment == b.treatment
        for name in ("new_customers", "repeat_purchases", "tracked_repeat_purchases"):
            assert np.array_equal(getattr(a.activity, name), getattr(b.activity, name))
    told = rows(two.to_frame())
    assert told["id"].to_list() == np.asarray(one.customers).tolist()
    for name in ("frequency", "recency", "T"):
        assert np.array_equal(told[name], getattr(one.purchases, name))
    assert one.monetary_value is not None
    np.testing.assert_allclose(told["monetary_value"], one.monetary_value, rtol=1e-12, atol=1e-12)
    _values(one, two, folder)
    scores = rows(two.rfm().to_frame())
    expected: Any = one.rfm().to_frame()
    for name in ("since_last", "recency_score", "frequency_score", "monetary_score", "segment"):
        assert scores[name].to_list() == np.asarray(expected[name]).tolist()
    two.close()
    given: dict[str, Any] = NAMES | {"refunds": "cancel", "refund_window": 20, "monthly": True}
    even = {"price": np.sign(shop()["price"]) * 5.0}
    sources = shop() | even, lines(spark, **even)
    one, two = (rk.summarize_transactions(source, **given) for source in sources)
    assert one.treatment == two.treatment and one.treatment.cancelled_orders
    assert isinstance(two, rk.ingest.LazyTransactionSummary) and two.months is not None
    assert two.months.amount.sum() == pytest.approx(one.monthly.amount.sum())
    assert two.months.customers.sum() == np.count_nonzero(one.monthly.amount > 0.0)
    two.close()


def _values(one: Any, two: Any, folder: Path) -> None:
    """Scores to 1e-12, and a folder that is written once."""
    model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    spend = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
    terms: dict[str, Any] = {"margin_share": 0.3, "discount_rate": rk.Rate(0.1, per="year")}
    terms["horizon"] = rk.Duration(3, "year")
    expected = rk.value_customers(one, model, spend, **terms)
    path = str(folder / "values.parquet")
    value: Any = rk.value_customers(two, model, spend, **terms)
    value.write(path)
    found = pl.read_parquet(f"{path}/*.parquet").sort("id")
    for name in ("probability_alive", "expected_purchases", "expected_spend", "value"):
        np.testing.assert_allclose(found[name], getattr(expected, name), rtol=1e-12)
    np.testing.assert_allclose(value.total, expected.total, rtol=1e-12)
    before = sorted(file.name for file in Path(path).iterdir())
    _refused(lambda: value.write(path), "must not be there yet")
    assert sorted(file.name for file in Path(path).iterdir()) == before


def _refused(call: Callable[[], object], said: str) -> None:
    with pytest.raises(rk.InputError) as caught:
        call()
    assert said in str(caught.value)


def a_state_and_later_lines_are_all_lines(spark: Any, folder: Path) -> None:
    whole = rk.summarize_transactions(shop(), **NAMES)
    path = str(folder / "state")
    rk.summarize_transactions(lines(spark).filter("date < '2019-02-20'"), **NAMES, next_state=path)
    late = lines(spark).filter("date >= '2019-02-20'")
    two: Any = rk.summarize_transactions(late, **NAMES, state=path)
    told = rows(two.to_frame())
    assert two.treatment == whole.treatment
    for name in ("frequency", "recency", "T"):
        assert np.array_equal(told[name], getattr(whole.purchases, name))
    _refused(lambda: rk.summarize_transactions(late, **NAMES, state=f"{path}-0"), "that Spark can read")


def days_without_a_zone_are_refused(spark: Any, folder: Path) -> None:
    from pyspark.sql import functions as F

    moments = lines(spark).withColumn("date", F.col("date").cast("timestamp"))
    _refused(lambda: rk.summarize_transactions(moments, **NAMES), "must have a zone of its own")


def bad_lines_are_refused(spark: Any, folder: Path) -> None:
    """NaN is above all numbers on Spark, and a text that is no date raises where it is cast."""
    good = shop()
    price, texts = good["price"].copy(), good["date"].astype(str).astype(object)
    price[7], texts[9] = np.nan, "2019-02-30"
    _refused(
        lambda: rk.summarize_transactions(lines(spark, price=price), **NAMES),
        "amount must not be missing or NaN (1 of 500 lines in column 'price' break this)",
    )
    table = spark.createDataFrame(pl.DataFrame(good | {"date": texts.astype(str)}).to_arrow())
    _refused(lambda: rk.summarize_transactions(table, **NAMES), "break this), got '2019-02-30'")


def _watched(method: Any, seen: list[tuple[int, list[str]]]) -> Any:
    def watch(self: Any, *values: Any, **named: Any) -> Any:
        found = method(self, *values, **named)
        seen.append((len(found), list(self.columns)))
        return found

    return watch


CHECKS = {
    check.__name__: check
    for check in (
        same_as_in_memory,
        a_state_and_later_lines_are_all_lines,
        days_without_a_zone_are_refused,
        bad_lines_are_refused,
    )
}
CLASSIC_ALONE = ("bad_lines_are_refused",)


if __name__ == "__main__":
    asked = sys.argv[1]
    SPARK = session(asked)
    for title, check in CHECKS.items():
        if asked == "classic" or title not in CLASSIC_ALONE:
            check(SPARK, Path(sys.argv[2]))
            print(title, flush=True)
    SPARK.stop()
