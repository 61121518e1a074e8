"""Every kind of number and column comes out of economics as it went in; bad input is told why."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from retainkit.economics import (
    CashFlow,
    Rate,
    annuity_payment,
    annuity_periods,
    annuity_value,
    break_even,
    break_even_acquisition_cost,
    break_even_churn,
    break_even_distribution,
    break_even_margin,
    break_even_on_curve,
    break_even_periods,
    break_even_price,
    churn_from,
    convert_churn,
    convert_rate,
    hazard_from,
    irr,
    irr_all,
    nominal_rate,
    npv,
    payback_periods,
    present_value,
    real_rate,
    retention_from,
    wacc,
    xirr,
    xnpv,
)
from retainkit.errors import InputError

# one function of one number each, all of them defined at 0.05
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "break_even_periods": lambda x: break_even_periods(500, 50, churn=x),
    "break_even_acquisition_cost": lambda x: break_even_acquisition_cost(50, churn=x, discount_rate=0.01),
    "break_even_margin": lambda x: break_even_margin(500, churn=x),
    "break_even_price": lambda x: break_even_price(500, cost_per_period=x, churn=0.1),
    "break_even_churn": lambda x: break_even_churn(500, 50, discount_rate=x),
    "churn_from": lambda x: churn_from(retention=x),
    "retention_from": lambda x: retention_from(churn=x),
    "hazard_from": lambda x: hazard_from(churn=x),
    "convert_churn": lambda x: convert_churn(x, per="month", to="year"),
    "convert_rate": lambda x: convert_rate(x, per="month", to="year"),
    "real_rate": lambda x: real_rate(x, 0.02),
    "nominal_rate": lambda x: nominal_rate(x, 0.02),
    "wacc": lambda x: wacc(equity=1, debt=1, cost_of_equity=x, cost_of_debt=0.04, tax_rate=0.2),
    "present_value": lambda x: present_value(100, when=3, discount_rate=x),
    "annuity_value": lambda x: annuity_value(100, periods=12, discount_rate=x),
    "annuity_payment": lambda x: annuity_payment(100, periods=12, discount_rate=x),
    "annuity_periods": lambda x: annuity_periods(500, 50, discount_rate=x),
}
HALF: Any = 2.5
each_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


@each_function
@pytest.mark.parametrize(
    "number", [Decimal("0.05"), Fraction(1, 20), np.float64(0.05), np.array(0.05)], ids=type
)
def test_any_kind_of_number_gives_a_float(function: Callable[[Any], Any], number: Any) -> None:
    assert type(function(0.05)) is float
    assert type(function(number)) is float
    assert function(number) == pytest.approx(function(0.05), rel=1e-14)


@each_function
def test_whole_numbers_are_numbers(function: Callable[[Any], Any]) -> None:
    assert type(function(1)) is float
    assert function(np.int64(1)) == pytest.approx(function(1.0), rel=1e-14)
    assert function(np.float32(1)) == pytest.approx(function(1.0), rel=1e-14)


@each_function
def test_a_column_comes_back_as_it_went_in(function: Callable[[Any], Any]) -> None:
    values = [0.02, 0.05, 0.07]
    expected = [function(v) for v in values]
    for column in (values, tuple(values), np.array(values)):
        result = function(column)
        assert isinstance(result, np.ndarray)
        np.testing.assert_allclose(result, expected, rtol=1e-13)
    assert function(np.array([values])).shape == (1, 3)
    assert function([]).size == 0
    series = function(pd.Series(values, index=["a", "b", "c"], name="x"))
    pd.testing.assert_series_equal(series, pd.Series(expected, index=["a", "b", "c"], name="x"), rtol=1e-13)
    nullable = function(pd.Series(values, dtype="Float64"))
    np.testing.assert_allclose(nullable, expected, rtol=1e-13)
    polars = function(pl.Series("x", values))
    assert isinstance(polars, pl.Series) and polars.name == "x"
    np.testing.assert_allclose(polars.to_numpy(), expected, rtol=1e-13)
    decimals = function(pl.Series("x", [Decimal("0.02"), Decimal("0.05"), Decimal("0.07")]))
    np.testing.assert_allclose(decimals.to_numpy(), expected, rtol=1e-13)


@each_function
def test_input_is_never_written_into(function: Callable[[Any], Any]) -> None:
    values = np.array([0.02, 0.05, 0.07])
    values.setflags(write=False)
    result = function(values)
    result[0] = 7.0  # and the answer is the caller's own
    assert values[0] == 0.02


@each_function
@pytest.mark.parametrize(
    "bad", [math.nan, -math.inf, "0.05", None, True, [0.05, math.nan], ["a"], {"a": 1}, -1.5, 1j], ids=repr
)
def test_what_is_no_number_is_refused_by_name(function: Callable[[Any], Any], bad: Any) -> None:
    with pytest.raises(InputError) as caught:
        function(bad)
    assert caught.value.argument.isidentifier() or bad is None  # None is "not given" to churn_from
    assert caught.value.way_out


@pytest.mark.parametrize(
    "column", [[0.05, 0.1, 0.2], pd.Series([0.05, 0.1, 0.2]), pl.Series([0.05, 0.1, 0.2])]
)
def test_columns_of_other_lengths_are_named(column: Any) -> None:
    with pytest.raises(
        InputError, match=r"churn must have the same length as the other columns .*acquisition_cost"
    ):
        break_even_periods([500, 600], 50, churn=column)


def test_indexes_are_never_aligned_silently() -> None:
    cost, churn = pd.Series([500.0, 600.0]), pd.Series([0.05, 0.1], index=[1, 0])
    with pytest.raises(InputError, match="churn must have the same index as acquisition_cost"):
        break_even_periods(cost, 50, churn=churn)
    result = break_even_periods(cost, 50, churn=churn.reindex(cost.index))
    assert result.index.equals(cost.index)


def test_tables_are_refused_where_a_column_is_meant() -> None:
    tables: list[Any] = [pd.DataFrame({"a": [1.0]}), pl.DataFrame({"a": [1.0]}), pl.LazyFrame({"a": [1.0]})]
    for table in tables:
        with pytest.raises(InputError, match="acquisition_cost must be a number or one column"):
            break_even_periods(table, 50)


def test_series_and_draws_broadcast() -> None:
    result = break_even_periods(pd.Series([500.0, 600.0]), 50, churn=np.full((3, 1), 0.05))
    assert result.shape == (3, 2)  # draws by customers: no Series


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: break_even(-1, 50), "acquisition_cost must be 0 or more"),
        (
            lambda: break_even(500, 50, churn=5),
            "churn must be a share between 0 and 1, got 5.0. Write 30% as 0.3.",
        ),
        (lambda: break_even(500, 50, discount_rate=-1), "discount_rate must be more than -1"),
        (lambda: break_even(500, 50, timing="start"), "timing must be one of 'begin'"),  # type: ignore[arg-type]
        (lambda: break_even(500, 50, timing="end_if_retained"), "Did you mean 'end-if-retained'"),  # type: ignore[arg-type]
        (lambda: break_even(*[[500], 50]), "acquisition_cost must be a single number here"),
        (lambda: break_even(500, 50, period="months"), "Did you mean 'month'"),  # type: ignore[arg-type]
        (lambda: break_even_periods(500, 50, period="months"), "Did you mean 'month'"),  # type: ignore[arg-type]
        (lambda: break_even_margin(500, horizon=0), "horizon must be 1 payment or more"),
        (
            lambda: break_even_price(500, cost_per_period=1, cost_share=1),
            "cost_share must be a share, 0 or more and below 1",
        ),
        (churn_from, "must be given once"),
        (lambda: churn_from(retention=0.9, hazard=0.1), "both retention and hazard"),
        (lambda: churn_from(expected_lifetime=0.5), "expected_lifetime must be 1 or more"),
        (lambda: churn_from(expected_lifetime=5, counted="full"), "counted must be one of"),  # type: ignore[arg-type]
        (lambda: convert_churn(0.05, per="month", to="years"), "Did you mean 'year'"),  # type: ignore[arg-type]
        (
            lambda: wacc(equity=0, debt=0, cost_of_equity=0.1, cost_of_debt=0.1, tax_rate=0),
            "must be positive",
        ),
        (lambda: annuity_payment(100, periods=0, discount_rate=0.1), "periods must be more than 0"),
        (lambda: annuity_periods(-5, 1, discount_rate=0.1), "value must be 0 or more"),
        (lambda: npv([], 0.1), "cash_flows must have 1 or more amounts"),
        (lambda: npv(5, 0.1), "cash_flows must have 1 or more amounts"),
        (lambda: npv([[1, 2], [3]], 0.1), "cash_flows must have rows of one length"),
        (lambda: npv([1, math.nan], 0.1), "cash_flows must be a finite number, got nan at position 1"),
        (lambda: npv([[1, 2]] * 2, [0.1] * 3), "discount_rate must be one number, or one per stream"),
        (lambda: npv([1, 2], 0.1, timing="beginning"), "Did you mean 'begin'"),  # type: ignore[arg-type]
        (lambda: irr([1]), "cash_flows must have 2 or more amounts"),
        (lambda: irr([1, 2, 3]), "cash_flows must have an internal rate of return"),
        (lambda: irr([0, 0]), "every rate makes its value 0"),
        (lambda: irr_all([[-1, 2], [0, 0]]), "the stream in row 1"),
        (
            lambda: xirr([-1000, 1000, -500, 500], ["2024-01-01"] * 2 + ["2024-02-01"] * 2),
            "every rate makes its value 0",
        ),
        (
            lambda: xirr([-500, 600, -20], ["2024-01-01", "2024-02-01", "2024-07-19"]),
            "with -0.997005, 6.311228",
        ),
        (lambda: irr([[-1, 2], [1, 2]]), "the stream in row 1"),
        (lambda: irr([-50, -100, 600, 300, -100]), "with -0.768895, 1.854418"),
        (lambda: irr([-1, 2], root="first"), "root must be one of"),  # type: ignore[arg-type]
        (lambda: irr([-1, 2], undefined="skip"), "undefined must be one of"),  # type: ignore[arg-type]
        (lambda: xirr([-1, 2], ["2024-01-01", "soon"]), "dates must be dates, timestamps, text YYYY-MM-DD"),
        (
            lambda: xirr([-1, 2], [1, 2]),
            "of the calendar (2 of 2 lines break this), got 1 at position 0",
        ),
        (lambda: xirr([-1, 2], ["2024-01", "2024-02"]), "got '2024-01' at position 0. Convert the column"),
        (
            lambda: xirr([-1, 2], [["2024-01-01"], ["2024-01-01", "2024-02-01"]]),
            "dates must have rows of",
        ),
        (lambda: xirr([-1, 2], ["2024-01-01"]), "dates must have one date per amount"),
        (lambda: xirr([-1, 2], pd.to_datetime(pd.Series(["2024-01-01", None]))), "dates must not be missing"),
        (lambda: xirr([1, 2], ["2024-01-01", "2025-01-01"]), "amounts must have an internal rate"),
        (
            lambda: xnpv([1, 2], ["2024-01-01", "2025-01-01"], 0.1, days_per_year=0),
            "days_per_year must be positive",
        ),
        (lambda: payback_periods([-1, 2], crossing="any"), "crossing must be one of"),  # type: ignore[arg-type]
        (lambda: CashFlow([1, 2], [0, 1, 2]), "when must have the same length"),
        (
            lambda: CashFlow([1], 0, period="month") + CashFlow([1], 0),
            "period must be the same on both sides",
        ),
        (lambda: CashFlow(np.ones((2, 2)), 0), "amount must be one stream"),
        (lambda: break_even_on_curve(500, 50, [0.95, 0.9]), "must begin with S(0) = 1"),
        (lambda: break_even_on_curve(500, 50, [1, 0.9, 0.95]), "must never rise"),
        (lambda: break_even_on_curve(500, 50, [1]), "survival must be one column"),
        (lambda: break_even_on_curve(500, 50, 0.95), "survival=lambda t: 0.95**t"),
        (lambda: break_even_on_curve(500, 50, [1, 1.2]), "survival must be a share"),
        (lambda: break_even_on_curve(500, 50, [1, math.nan]), "survival must be a share"),
        (
            lambda: break_even_on_curve(500, 50, [1, 0.9], horizon=5),
            "survival must reach as far as horizon=5",
        ),
        (
            lambda: break_even_on_curve(500, 50, lambda t: 0.9**t, horizon=HALF),
            "horizon must be a whole number",
        ),  # type: ignore[arg-type]
        (lambda: break_even_on_curve([1, 2, 3], 50, [1, 0.9, 0.8]), "acquisition_cost must be one number"),
        (lambda: break_even_on_curve(500, [1, 2, 3], [1, 0.9, 0.8]), "margin_per_period must be one number"),
        (lambda: break_even_on_curve(500, 50, [1, 0.9], instalments="yes"), "instalments must be one of"),  # type: ignore[arg-type]
        (
            lambda: break_even_distribution(500, 50, [1, 0.9], onboarding_cost=-1),
            "onboarding_cost must be 0 or more",
        ),
        (lambda: Rate(0.1, per="years"), "Did you mean 'year'"),  # type: ignore[arg-type]
        (lambda: Rate(-1, per="year"), "must be more than -1"),
        (lambda: Rate(0.1, "year").to("yearly"), "Did you mean 'year'"),  # type: ignore[arg-type]
        (lambda: Rate(0.1, "year").to("month", kind="nominal"), "compounding goes with kind='nominal'"),
        (lambda: Rate(1.2, "year", meant=True).churn("month"), "churn must be a share between 0 and 1"),
        (lambda: Rate(0.1, "year", "continuous").retention("month"), "retention must be an effective rate"),
    ],
)
def test_errors_name_the_argument_the_rule_and_the_way_out(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value)


def test_a_rate_without_a_period_to_convert_to_is_refused() -> None:
    with pytest.raises(InputError, match=r"discount_rate is per year, .* period='year'"):
        break_even_periods(500, 50, discount_rate=Rate(0.12, per="year"))
    with pytest.raises(InputError, match=r"churn per month, discount_rate per year"):
        break_even(500, 50, churn=Rate(0.05, "month"), discount_rate=Rate(0.12, "year"))
    with pytest.raises(InputError, match="is per month"):
        break_even(500, 50, churn=Rate(0.05, "month"), discount_rate=0.01)
    both = break_even(500, 50, churn=Rate(0.05, "month"), discount_rate=Rate(0.12, "year"), period="month")
    assert both.discount_rate == pytest.approx(1.12 ** (1 / 12) - 1, rel=1e-13)
    assert "per month" in str(both)


@pytest.mark.parametrize(
    "call",
    [
        lambda r: break_even_acquisition_cost(50, churn=r),
        lambda r: break_even_margin(50, churn=r),
        lambda r: break_even_price(50, cost_per_period=1, churn=r),
        lambda r: break_even_churn(50, 1, discount_rate=r),
        lambda r: present_value(50, when=1, discount_rate=r),
        lambda r: annuity_value(50, periods=1, discount_rate=r),
        lambda r: annuity_payment(50, periods=1, discount_rate=r),
        lambda r: annuity_periods(50, 1, discount_rate=r),
        lambda r: npv([1, 2], r),
        lambda r: npv([1, 2], 0.1, inflation=r),
        lambda r: payback_periods([-1, 2], discount_rate=r),
        lambda r: real_rate(r, 0.1),
        lambda r: CashFlow([1], 0).npv(r),
        lambda r: break_even_on_curve(1, 1, [1, 1], discount_rate=r),
    ],
)
def test_no_function_guesses_the_period_of_a_rate(call: Callable[[Any], Any]) -> None:
    with pytest.raises(InputError) as caught:
        call(Rate(0.1, per="year"))
    assert caught.value.code == "unit-unknown"


def test_huge_and_tiny_numbers_give_numbers() -> None:
    for cost, margin in [(1e300, 1e-300), (1e-300, 1e300), (1e308, 1e308), (5e-324, 1)]:
        for churn in (0.0, 1e-300, 0.5, 1.0):
            one = break_even_periods(cost, margin, churn=churn)
            assert one >= 0
            assert break_even_periods([cost], margin, churn=churn)[0] == one
    assert npv([1e307, 1e307, -1e307], 0.1) == pytest.approx(1e307 * (1 + 1 / 1.1 - 1 / 1.21))
    assert npv([1.0] + [0.0] * 400, -0.99) == 1.0
    assert npv([1.0] + [2.0] * 400, -0.99) == math.inf
    assert irr([-1e300, 2e300]) == pytest.approx(1.0, rel=1e-14)
    assert irr_all([[-1, 2]] * 3).shape == (3, 1)


def test_streams_come_as_tables_too() -> None:
    flows = [[-100.0, 60, 60], [-100.0, 70, 70]]
    expected = [irr(f) for f in flows]
    table = pd.DataFrame(flows, index=["a", "b"])
    pd.testing.assert_series_equal(irr(table), pd.Series(expected, index=["a", "b"]), rtol=1e-14)
    pd.testing.assert_index_equal(npv(table, 0.1).index, table.index)
    result = payback_periods(pl.DataFrame(flows, orient="row"))
    assert isinstance(result, pl.Series) and result.len() == 2
    assert type(irr(pd.Series(flows[0]))) is float
    assert type(npv(pl.Series(flows[0]), 0.1)) is float


def test_undefined_rates_are_missing_where_asked_for() -> None:
    flows = [[-1.0, 2, 0], [1.0, 2, 0], [-100, 230, -132]]
    only = irr(flows, undefined="nan")
    assert only[0] == 1.0 and np.isnan(only[1:]).all()
    np.testing.assert_allclose(irr(flows, root="lowest", undefined="nan"), [1.0, np.nan, 0.1], rtol=1e-12)


def test_records_cannot_be_changed() -> None:
    record, flow = break_even(500, 50), CashFlow([1, 2], [0, 1])
    with pytest.raises(AttributeError):
        record.periods = 3.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        flow.amount[0] = 3.0


def test_twelve_percent_is_not_twelve() -> None:
    for value, line in (
        (12, "Write 12% as 0.12"),
        (1.5, "Write 1.5% as 0.015"),
        ("12%", "Write 0.12, without"),
    ):
        with pytest.raises(InputError, match=line):
            Rate(value, per="year")  # type: ignore[arg-type]
    assert str(Rate(12, per="year", meant=True)) == "1200% per year"
    assert Rate(0.1, per="day").to("year").value > 1e15  # what a rate comes to is no slip
    with pytest.raises(InputError, match="no number without its period"):
        float(Rate(0.12, per="year"))


@pytest.mark.parametrize("payment", [0, [0.0, 0.0]])
def test_no_payment_for_ever_is_worth_nothing(payment: Any) -> None:
    assert np.all(np.asarray(annuity_value(payment, periods=np.inf, discount_rate=0)) == 0.0)
