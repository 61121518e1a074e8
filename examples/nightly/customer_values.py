"""A dbt model in Python: put it into `models/`, beside an `orders` model of customer_id, date and amount.

dbt-duckdb hands over a relation, dbt-spark and dbt-databricks a Spark frame; either way the lines stay where
they are, the distinct histories come to Python, and what is returned is a table of the same engine.
"""

from __future__ import annotations

from typing import Any

import retainkit as rk


def model(dbt: Any, session: Any) -> Any:
    """Each customer's chance to be still there, purchases and value of the next three years."""
    dbt.config(materialized="table", packages=["retainkit"])
    # no `with`: dbt reads the answer after this function, and its session takes the kept tables along
    tx = rk.summarize_transactions(
        dbt.ref("orders"),
        customer_id="customer_id",
        date="date",
        amount="amount",
        unit="week",
        observation_end=dbt.config.get("observation_end"),
        later="drop",
    )
    values = rk.value_customers(
        tx,
        rk.fit(rk.BGNBD, tx),
        rk.fit(rk.GammaGamma, tx),
        margin_share=0.3,
        discount_rate=rk.Rate(0.10, per="year"),
        horizon=rk.Duration(3, "year"),
    )
    return values.to_frame()
