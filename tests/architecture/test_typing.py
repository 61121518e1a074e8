"""What a type checker tells a caller: pyright reads these lines in `make check`; they are run as well.

That a kind is kept at run time is tested of all functions that promise it, in tests/contract/test_labels.py.
"""

from __future__ import annotations

import inspect
from decimal import Decimal
from fractions import Fraction
from typing import Any, assert_type

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

import retainkit as rk
from retainkit.economics import annuity_value, convert_rate, lifetime_value, present_value
from retainkit.ingest import LazyTransactionSummary, TransactionSummary
from retainkit.metrics import average_revenue_per_account
from retainkit.models import Geometric

FLOATS = np.array([0.05, 0.1])
WHOLE = np.array([1, 2])
SERIES = pd.Series([0.05, 0.1])
POLARS = pl.Series([0.05, 0.1])
LINES = {"customer": ["a", "a", "b"], "day": ["2026-01-01", "2026-01-09", "2026-01-05"]}


def test_a_number_gives_a_float() -> None:
    assert_type(lifetime_value(25, churn=0.05, discount_rate=0.01, timing="begin"), float)
    assert_type(lifetime_value(Decimal(25), churn=Fraction(1, 20), discount_rate=0, timing="begin"), float)
    assert_type(present_value(np.float64(5), when=np.int64(3), discount_rate=0.1), float)
    yearly = rk.Rate(0.12, per="year")
    assert_type(lifetime_value(25, churn=0.05, discount_rate=yearly, timing="end", period="month"), float)
    assert_type(convert_rate(0.12, per="year", to="month"), float)
    assert_type(average_revenue_per_account(1_500, customers=5), float)


def test_an_array_gives_an_array_wherever_it_stands() -> None:
    assert_type(present_value(FLOATS, when=2.0, discount_rate=0.1), NDArray[np.float64])
    assert_type(present_value(5.0, when=WHOLE, discount_rate=0.1), NDArray[np.float64])
    assert_type(annuity_value(WHOLE, periods=4, discount_rate=FLOATS), NDArray[np.float64])
    assert_type(lifetime_value(25, churn=FLOATS, discount_rate=0.1, timing="begin"), NDArray[np.float64])


def test_a_series_gives_a_series_of_its_library() -> None:
    assert_type(present_value(SERIES, when=2.0, discount_rate=0.1), pd.Series)
    assert_type(average_revenue_per_account(1_500, customers=SERIES), pd.Series)
    assert_type(lifetime_value(SERIES, churn=SERIES, discount_rate=0.1, timing="begin"), pd.Series)
    assert_type(lifetime_value(25, churn=POLARS, discount_rate=0.1, timing="begin"), pl.Series)


def test_of_what_no_type_names_nothing_is_claimed() -> None:
    assert_type(present_value([5.0, 6.0], when=2.0, discount_rate=0.1), Any)
    assert_type(present_value(5.0, when=(1, 2), discount_rate=0.1), Any)
    assert_type(lifetime_value(25, churn=Geometric(0.1), discount_rate=0.1, timing="begin"), Any)
    fit = rk.fit(Geometric, rk.Renewals(duration=[1, 2, 3], event=[1, 1, 0], unit="month"))
    assert_type(lifetime_value(25, churn=fit, discount_rate=0.1, timing="begin", period="month"), Any)
    assert_type(present_value(rk.Draws([5.0, 6.0]), when=2.0, discount_rate=0.1), Any)


def test_a_table_that_stays_in_its_engine_gives_the_summary_that_does() -> None:
    held = rk.summarize_transactions(pd.DataFrame(LINES), customer_id="customer", date="day", unit="week")
    assert_type(held, TransactionSummary)
    lazy = rk.summarize_transactions(pl.LazyFrame(LINES), customer_id="customer", date="day", unit="week")
    assert_type(lazy, LazyTransactionSummary)
    relation = duckdb.sql("select 'a' customer, date '2026-01-01' as day")
    there = rk.summarize_transactions(relation, customer_id="customer", date="day", unit="week")
    assert_type(there, LazyTransactionSummary)
    assert [type(one).__name__ for one in (held, lazy, there)] == [
        "TransactionSummary",
        *[type(lazy).__name__] * 2,
    ]
    here = rk.summarize_transactions(
        pl.LazyFrame(LINES), customer_id="customer", date="day", unit="week", in_memory=True
    )
    assert_type(here, TransactionSummary)


def test_signatures_by_kind_of_table_have_the_arguments_of_the_function() -> None:
    own = {"source", "in_memory", "reading"}
    named = inspect.signature(rk.summarize_transactions).parameters.keys() - own
    module: Any = inspect.getmodule(inspect.unwrap(rk.summarize_transactions))
    assert named == module._Lines.__annotations__.keys() - set(rk.typing.READING)
