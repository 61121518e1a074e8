"""Valuations name what is wrong with an assumption, and agree with their parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import retainkit as rk

MODEL = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
SPEND = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
CUSTOMERS = rk.Purchases(frequency=[2, 0], recency=[30.43, 0.0], T=[38.86, 38.86], unit="week")
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": rk.Duration(3, "year"),
}


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"margin_share": 1.2}, r"margin_share must be a share between 0 and 1, got 1.2. .*30% is 0.3"),
        ({"margin_share": -0.1}, r"margin_share must be a share between 0 and 1"),
        ({"margin_share": float("nan")}, r"margin_share must be a share between 0 and 1, got nan"),
        ({"margin_share": "30%"}, r"margin_share must be a number"),
        ({"discount_rate": 0.1}, r"discount_rate needs its period, got 0.1. Write it as a Rate"),
        ({"horizon": 3}, r"horizon needs its unit, got 3. Write it as a Duration"),
        ({"horizon": rk.Duration(0, "year")}, r"horizon must be more than 0: nothing is earned in no time"),
    ],
)
def test_assumptions_that_cannot_be_are_refused(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(rk.InputError, match=message):
        rk.value_customers(CUSTOMERS, MODEL, 35.0, **{**TERMS, **terms})
    with pytest.raises(rk.InputError, match=message):
        rk.value_new_customer(MODEL, SPEND, **{**TERMS, **terms})


def test_what_is_no_purchase_model_is_named() -> None:
    message = r"purchasing must be a purchase model, or a fit of one, got '\w+'. For example fit\(BGNBD, tx\)"
    for other in (SPEND, 5, rk.Geometric(0.1)):
        with pytest.raises(rk.InputError, match=message):
            rk.value_customers(CUSTOMERS, other, 35.0, **TERMS)  # type: ignore[arg-type]
        with pytest.raises(rk.InputError, match=message):
            rk.value_new_customer(other, 35.0, **TERMS)  # type: ignore[arg-type]
    with pytest.raises(rk.InputError, match="customers must be Purchases for BGNBD, got 'int'"):
        rk.value_customers(5, MODEL, 35.0, **TERMS)  # type: ignore[arg-type]


def test_the_margin_has_no_default() -> None:
    terms = {name: value for name, value in TERMS.items() if name != "margin_share"}
    with pytest.raises(TypeError, match="margin_share"):
        rk.value_customers(CUSTOMERS, MODEL, 35.0, **terms)


def test_a_negative_horizon_is_refused() -> None:
    with pytest.raises(rk.InputError, match="Duration value must be 0 or more"):
        rk.Duration(-1, "year")


def test_a_spend_model_needs_what_was_spent() -> None:
    with pytest.raises(rk.InputError, match=r"needs what each customer spent so far"):
        rk.value_customers(CUSTOMERS, MODEL, SPEND, **TERMS)


def test_a_spend_model_with_an_infinite_mean_is_refused_with_the_median_offered() -> None:
    heavy = rk.GammaGamma(p=2.0, q=0.9, v=10.0)
    with pytest.raises(rk.InputError, match=r"must have a finite mean.*median_spend_new\(\)"):
        rk.value_new_customer(MODEL, heavy, **TERMS)


def test_one_infinite_value_among_many_is_enough_to_refuse() -> None:
    """A draw, a customer or a tenure whose value has no end is not hidden by others that are finite."""
    some = rk.GammaGamma(p=2.0, q=np.array([[3.0], [0.9]]), v=10.0)
    with pytest.raises(rk.InputError, match="must have a finite mean"):
        rk.value_new_customer(MODEL, some, **TERMS)
    endless = {**TERMS, "discount_rate": rk.Rate(0.0, per="year"), "horizon": rk.Duration(math.inf, "year")}
    # without discount the purchases of Pareto/NBD have an end where s exceeds 1
    leaving = rk.ParetoNBD(r=0.5, alpha=5.0, s=np.array([[2.0], [0.5]]), beta=10.0, unit="week")
    with pytest.raises(rk.InputError, match="horizon must be finite here"):
        rk.value_customers(CUSTOMERS, leaving, 35.0, **endless)
    with pytest.raises(rk.InputError, match="horizon must be finite here"):
        rk.value_new_customer(leaving, 35.0, **endless)
    # and the payments of this one where alpha does
    stays = rk.ShiftedBetaGeometric(alpha=np.array([2.0, 0.5]), beta=3.0, unit="month")
    with pytest.raises(rk.InputError, match="some customers pay for ever"):
        rk.value_subscriptions(
            stays, tenure=[3, 3], margin_per_period=10.0, discount_rate=rk.Rate(0.0, per="year"),
            instant="before-renewal",
        )  # fmt: skip


@pytest.mark.parametrize("spend", [0.0, -3.0, float("inf"), "35"])
def test_a_constant_spend_is_positive(spend: Any) -> None:
    with pytest.raises(rk.InputError, match="spend must be"):
        rk.value_customers(CUSTOMERS, MODEL, spend, **TERMS)


def test_for_ever_without_discount_is_infinite_and_said() -> None:
    endless = {**TERMS, "discount_rate": rk.Rate(0.0, per="year"), "horizon": rk.Duration(math.inf, "year")}
    with pytest.raises(rk.InputError, match="horizon must be finite here"):
        rk.value_customers(CUSTOMERS, MODEL, 35.0, **endless)
    with pytest.raises(rk.InputError, match="horizon must be finite here"):
        rk.value_new_customer(MODEL, 35.0, **endless)


def test_value_is_margin_times_spend_times_discounted_purchases() -> None:
    value = rk.value_customers(CUSTOMERS, MODEL, 35.0, **TERMS)
    discounted = MODEL.discounted_expected_purchases(CUSTOMERS, TERMS["discount_rate"], TERMS["horizon"])
    np.testing.assert_allclose(value.value, 0.3 * 35.0 * discounted, rtol=1e-14)
    assert value.total == pytest.approx(value.value.sum())
    assert value.mean == pytest.approx(value.value.mean())
    weighted = rk.value_customers(
        rk.Purchases(frequency=2, recency=30.43, T=38.86, weight=10, unit="week"), MODEL, 35.0, **TERMS
    )
    assert weighted.total == pytest.approx(10 * value.value[0])


def test_rows_come_back_in_the_callers_kind_and_order() -> None:
    import polars as pl

    table = pl.DataFrame(
        {
            "who": ["b", "a", "b", "c", "b"],
            "when": ["1997-01-05", "1997-01-01", "1997-03-01", "1997-02-01", "1997-06-01"],
            "paid": [10.0, 20.0, 30.0, 40.0, 50.0],
        }
    )
    tx = rk.summarize_transactions(table, customer_id="who", date="when", amount="paid", unit="week")
    frame = rk.value_customers(tx, MODEL, SPEND, **TERMS).to_frame()
    assert isinstance(frame, pl.DataFrame)
    assert frame["who"].to_list() == ["a", "b", "c"]
    assert frame.columns == ["who", "probability_alive", "expected_purchases", "expected_spend", "value"]
    alone = MODEL.expected_purchases(tx.purchases, TERMS["horizon"])
    np.testing.assert_array_equal(frame["expected_purchases"].to_numpy(), alone)


def test_payback_is_where_the_expected_margin_meets_the_cost() -> None:
    rate = TERMS["discount_rate"]
    found = rk.payback_time(20.0, MODEL, 35.0, margin_share=0.3, discount_rate=rate)
    assert found.time is not None
    earned = 0.3 * 35.0 * (1.0 + MODEL.discounted_expected_purchases_new(rate, found.time))
    assert earned == pytest.approx(20.0, rel=1e-9)
    assert not found.never


def test_payback_with_the_first_purchase_and_never() -> None:
    terms = {"margin_share": 0.3, "discount_rate": TERMS["discount_rate"]}
    assert rk.payback_time(10.5, MODEL, 35.0, **terms).time == rk.Duration(0.0, "week")
    never = rk.payback_time(1000.0, MODEL, 35.0, **terms)
    assert never.never
    assert "never" in str(never)
    ever = 0.3 * 35.0 * (1.0 + MODEL.discounted_expected_purchases_new(terms["discount_rate"]))
    assert never.limit == pytest.approx(ever)
    assert rk.payback_time(ever, MODEL, 35.0, **terms).never


@pytest.mark.parametrize("cost", [-1.0, float("nan"), "20"])
def test_an_acquisition_cost_is_not_negative(cost: Any) -> None:
    with pytest.raises(rk.InputError, match="acquisition_cost must be"):
        rk.payback_time(cost, MODEL, 35.0, margin_share=0.3, discount_rate=TERMS["discount_rate"])


def test_that_all_are_active_is_no_finding_of_a_model_in_which_nobody_leaves() -> None:
    steady = rk.NBD(r=0.5, alpha=5.0, unit="week")
    assert "all taken to be active: none of them can have left in this model" in str(
        rk.value_customers(CUSTOMERS, steady, 10.0, **TERMS)
    )
    assert "probably active" in str(rk.value_customers(CUSTOMERS, MODEL, 10.0, **TERMS))
