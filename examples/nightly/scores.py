"""Yesterday's orders in, every customer's value out: three tasks for whatever runs your nights.

Each task takes paths and leaves one, written whole or not at all, and may be run again after a failure:

    python examples/nightly/scores.py --orders lake/orders.parquet --day 2026-11-30 --folder scores

Airflow, Dagster and Prefect call the same three functions: put their decorator on each and pass on what the
one before gave back (``@task`` of Airflow, ``@asset`` of Dagster). Between tasks go paths, never tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

import retainkit as rk
from retainkit.ingest import TransactionSummary

COLUMNS: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "amount": "amount", "unit": "week"}
HELD_OUT = timedelta(weeks=13)
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": rk.Duration(3, "year"),
}


def summarize(orders: Path, day: date, folder: Path) -> Path:
    """The customers up to this day, with the last quarter held out for the check, as one file."""
    tx = rk.summarize_transactions(
        orders, **COLUMNS, observation_end=day, later="drop", holdout_from=day - HELD_OUT
    )
    return rk.save(tx, folder / f"customers-{day}.parquet")


def choose(customers: Path, folder: Path) -> Path:
    """The model that predicted the held-out quarter best; what was checked goes to the log, in words."""
    checked = rk.validate(rk.load(customers, TransactionSummary), [rk.BGNBD, rk.ParetoNBD, rk.NBD])
    print(checked)
    return rk.save(checked.best, folder / "chosen.json")


def score(orders: Path, day: date, chosen: Path, folder: Path) -> Path:
    """The chosen model fitted to all days, and each customer's value, computed and written by DuckDB."""
    model = type(rk.load(chosen, rk.Fit).model)
    target = folder / f"values-{day}.parquet"
    lines = duckdb.read_parquet(str(orders))
    with rk.summarize_transactions(lines, **COLUMNS, observation_end=day, later="drop") as tx:
        rk.value_customers(tx, rk.fit(model, tx), rk.fit(rk.GammaGamma, tx), **TERMS).write(target)
    return target


def main(arguments: Sequence[str] | None = None) -> Path:
    """The three tasks one after another."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--orders", type=Path, required=True)
    asked.add_argument("--day", type=date.fromisoformat, required=True, help="the last day that is complete")
    asked.add_argument("--folder", type=Path, required=True)
    given = asked.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    customers = summarize(given.orders, given.day, given.folder)
    return score(given.orders, given.day, choose(customers, given.folder), given.folder)


if __name__ == "__main__":
    print(main())
