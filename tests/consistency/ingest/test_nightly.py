"""The examples for every night, run as their tools run them, against the same in memory."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import retainkit as rk

EXAMPLES = Path(__file__).parents[3] / "examples" / "nightly"
DAY = date(1998, 3, 31)


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"nightly_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def orders() -> pl.DataFrame:
    """A few dozen of the customers of CDNOW's sample; their last quarter comes after the day asked for."""
    table = pl.DataFrame(rk.load_cdnow("sample")).rename({"dollar_value": "amount"})
    return table.filter(pl.col("customer_id") % 30 == 0).with_columns(pl.col("date").cast(pl.Date))


def expected(orders: pl.DataFrame, model: type[Any]) -> Any:
    tx = rk.summarize_transactions(
        orders, customer_id="customer_id", date="date", amount="amount", unit="week",
        observation_end=DAY, later="drop",
    )  # fmt: skip
    terms: dict[str, Any] = {"margin_share": 0.3, "discount_rate": rk.Rate(0.10, per="year")}
    return rk.value_customers(
        tx, rk.fit(model, tx), rk.fit(rk.GammaGamma, tx), horizon=rk.Duration(3, "year"), **terms
    )


def test_with_serves_a_table_in_memory_as_well(orders: pl.DataFrame) -> None:
    with rk.summarize_transactions(orders, customer_id="customer_id", date="date", unit="week") as tx:
        assert len(tx) == orders["customer_id"].n_unique()
    assert len(tx.to_frame()) == len(tx)  # nothing was forgotten


def agree(table: pl.DataFrame, value: Any) -> None:
    table = table.sort("customer_id")
    assert table["customer_id"].to_list() == sorted(value.customers)
    order = np.argsort(value.customers)
    # money enters an engine's fit as cells of 1%, whose mean moves the spend model a little
    np.testing.assert_allclose(table["value"], value.value[order], rtol=2e-3)
    np.testing.assert_allclose(table["probability_alive"], value.probability_alive[order], rtol=1e-9)


@pytest.mark.slow
def test_the_night_may_be_run_again_and_gives_what_memory_gives(
    orders: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders.write_parquet(tmp_path / "orders.parquet")
    arguments = [
        "--orders",
        str(tmp_path / "orders.parquet"),
        "--day",
        str(DAY),
        "--folder",
        str(tmp_path / "s"),
    ]
    scores = example("scores")
    written = scores.main(arguments)
    first = written.read_bytes()
    chosen = tmp_path / "s" / "chosen.json"
    assert scores.score(tmp_path / "orders.parquet", DAY, chosen, tmp_path / "s") == written
    assert pl.read_parquet(written).equals(pl.read_parquet(first))
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        f"customers-{DAY}.parquet",
        "chosen.json",
        written.name,
    }
    assert "held-out error" in capsys.readouterr().out
    agree(
        pl.read_parquet(written),
        expected(orders, type(rk.load(tmp_path / "s" / "chosen.json", rk.Fit).model)),
    )


def test_the_dbt_model_returns_a_relation_of_the_session(orders: pl.DataFrame) -> None:
    class Config(dict[str, Any]):
        def __call__(self, **settings: Any) -> None:
            self.update(settings)

    class Dbt:
        config = Config(observation_end=DAY)

        def ref(self, name: str) -> Any:
            return session.table(name)

    session = duckdb.connect()
    session.execute("create table orders as select * from orders")
    values = example("customer_values").model(Dbt(), session)
    assert isinstance(values, duckdb.DuckDBPyRelation)
    assert Dbt.config["materialized"] == "table"
    session.execute("create table customer_values as select * from values")
    agree(session.table("customer_values").pl(), expected(orders, rk.BGNBD))
