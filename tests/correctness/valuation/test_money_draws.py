"""Draws of money, alone and with those of a posterior: each stands with its own, and is carried through."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import retainkit as rk

CUSTOMERS = rk.Purchases(
    frequency=[2, 0, 7], recency=[30.4, 0, 35.0], T=[38.9, 38.9, 38.9], unit="week", weight=[3.0, 10.0, 2.0]
)
MODEL = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
RATE = rk.Rate(0.10, per="year")
TERMS: dict[str, Any] = {"discount_rate": RATE, "horizon": rk.Duration(3, "year")}
SHARES, SPEND = (0.2, 0.3, 0.45, 0.3), (30.0, 40.0, 20.0, 55.0)
MARGIN, SPENDING = rk.Draws(SHARES), rk.Draws(SPEND)
DRAWN = rk.BGNBD(
    r=np.array([[0.2], [0.25], [0.3], [0.22]]), alpha=4.4, a=np.array([[0.7], [0.8], [0.9], [0.6]]), b=2.4,
    unit="week",
)  # fmt: skip
EACH = [rk.BGNBD(r=r, alpha=4.4, a=a, b=2.4, unit="week") for r, a in zip(
    (0.2, 0.25, 0.3, 0.22), (0.7, 0.8, 0.9, 0.6), strict=True,
)]  # fmt: skip


def by_hand(models: Any, spend: Any, shares: Any) -> list[rk.valuation.CustomerValue]:
    terms = zip(models, spend, shares, strict=True)
    return [rk.value_customers(CUSTOMERS, m, s, margin_share=g, **TERMS) for m, s, g in terms]


@pytest.mark.parametrize(
    ("purchasing", "models", "spend", "spends", "margin", "shares"),
    [
        (DRAWN, EACH, SPENDING, SPEND, MARGIN, SHARES),
        (DRAWN, EACH, 30.0, (30.0,) * 4, MARGIN, SHARES),
        (DRAWN, EACH, SPENDING, SPEND, 0.3, (0.3,) * 4),
        (MODEL, [MODEL] * 4, SPENDING, SPEND, MARGIN, SHARES),
        (MODEL, [MODEL] * 4, 30.0, (30.0,) * 4, MARGIN, SHARES),
    ],
)
def test_values_are_those_of_each_draw(
    purchasing: Any, models: Any, spend: Any, spends: Any, margin: Any, shares: Any
) -> None:
    value = rk.value_customers(CUSTOMERS, purchasing, spend, margin_share=margin, **TERMS)
    each = by_hand(models, spends, shares)
    totals = np.array([one.total for one in each])
    assert value.value == pytest.approx(np.mean([one.value for one in each], axis=0), rel=1e-12)
    assert value.expected_spend == pytest.approx(np.full(3, np.mean(spends)), rel=1e-12)
    assert value.spread is not None
    assert np.sort(value.spread.total(("parameters",))) == pytest.approx(np.sort(totals), rel=1e-12)
    low, high = value.interval(0.5, include=("parameters",))
    assert (low, high) == pytest.approx(tuple(np.quantile(totals, [0.25, 0.75])), rel=1e-12)
    assert len(value.draws) == 4
    assert "(90%: " in str(value)
    assert pickle.loads(pickle.dumps(value)).interval() == value.interval()


def test_what_customers_and_chance_add_is_as_large_as_the_money_of_the_draw() -> None:
    many = MODEL.sample(T=[52.0] * 300, seed=1)
    value = rk.value_customers(many, MODEL, 30.0, margin_share=rk.Draws([0.1, 0.5] * 200), **TERMS)
    assert value.spread is not None
    own = value.spread.total(("customers", "chance"))
    alone = rk.value_customers(many, MODEL, 30.0, margin_share=1.0, **TERMS).spread
    assert alone is not None
    # of a mixture of two normal sums, each as wide as its margin
    expected = math.sqrt((0.1**2 + 0.5**2) / 2.0) * float(alone.total(("customers", "chance")).std())
    assert float(own.std()) == pytest.approx(expected, rel=0.15)
    both = value.draws.std()
    assert both == pytest.approx(
        math.hypot(expected, float(value.spread.total(("parameters",)).std())), rel=0.1
    )


def test_draws_in_an_order_are_thinned_evenly() -> None:
    value = rk.value_customers(
        CUSTOMERS, MODEL, 30.0, margin_share=rk.Draws(np.linspace(0, 1, 4001)), **TERMS
    )
    whole = rk.value_customers(CUSTOMERS, MODEL, 30.0, margin_share=1.0, **TERMS)
    assert value.total == pytest.approx(0.5 * whole.total, rel=0.01)
    low, high = value.interval(include=("parameters",))
    assert (low, high) == pytest.approx((0.05 * whole.total, 0.95 * whole.total), rel=0.05)


def test_a_fit_of_spend_is_drawn_as_often_as_the_margin() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week"
    )
    spend = rk.fit(rk.GammaGamma, tx)
    value = rk.value_customers(tx, MODEL, spend, margin_share=MARGIN, **TERMS)
    known = rk.value_customers(tx, MODEL, spend, margin_share=float(MARGIN.mean()), **TERMS)
    assert value.total == pytest.approx(known.total, rel=1e-12)
    assert len(value.draws) == 4


def test_new_customers_and_their_payback_are_those_of_each_draw() -> None:
    found: Any = rk.value_new_customer(DRAWN, SPENDING, margin_share=MARGIN, **TERMS)
    terms = zip(EACH, SPEND, SHARES, strict=True)
    each = [rk.value_new_customer(m, s, margin_share=g, **TERMS) for m, s, g in terms]
    for figure in ("value", "first_purchase", "repeat_purchases", "expected_spend"):
        exact = [getattr(one, figure) for one in each]
        assert getattr(found, figure).values == pytest.approx(exact, rel=1e-12)
    costs = (10.0, 20.0, 9.0, 1e6)
    back: Any = rk.payback_time(rk.Draws(costs), DRAWN, SPENDING, margin_share=MARGIN, discount_rate=RATE)
    ask = zip(costs, EACH, SPEND, SHARES, strict=True)
    singly = [rk.payback_time(c, m, s, margin_share=g, discount_rate=RATE) for c, m, s, g in ask]
    exact = [math.inf if one.time is None else one.time.value for one in singly]
    assert back.time.values == pytest.approx(exact, rel=1e-9)
    assert back.time.values[-1] == math.inf


def test_reasons_are_valued_by_draws_of_the_margin() -> None:
    base = rk.read_subscriptions(
        rk.ingest.simulate_subscriptions(customers=200, seed=1), customer_id="customer_id", start="start",
        end="end", reason="reason", amount="monthly_margin", observation_end="2024-12-31",
    )  # fmt: skip
    fits = {name: rk.Geometric(0.05, unit="month") for name in base.reasons}
    asked: dict[str, Any] = {"discount_rate": RATE, "horizon": 24, "recovered": 1.0}
    found: Any = rk.valuation.value_by_reason(base, fits, margin_share=MARGIN, **asked)
    each = [rk.valuation.value_by_reason(base, fits, margin_share=g, **asked).value for g in SHARES]
    assert found.value.values == pytest.approx(each)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"margin_share": rk.Draws([0.1, 0.2])}, r"margin_share must have as many draws as purchasing \(4\)"),
        ({"spend": rk.Draws([10.0, 20.0])}, r"spend must have as many draws as purchasing \(4\)"),
        ({"spend": rk.Draws([10.0, 20.0, -1.0, 3.0])}, r"spend must be positive.*got -1\.0 at position 2"),
        (
            {"margin_share": rk.Draws([0.1, 0.2, 30.0, 0.1])},
            r"margin_share must be a share.*Write 30% as 0\.3",
        ),
        ({"margin_share": rk.Draws(np.full((4, 2), 0.1))}, r"margin_share must be draws of one number here"),
    ],
)
@pytest.mark.parametrize("ask", ["value_customers", "value_new_customer"])
def test_draws_that_do_not_belong_together_are_refused_by_name(ask: str, changes: Any, told: str) -> None:
    given: dict[str, Any] = {"purchasing": DRAWN, "spend": 30.0, "margin_share": 0.3, **TERMS, **changes}
    who: Any = (CUSTOMERS,) if ask == "value_customers" else ()
    with pytest.raises(rk.InputError, match=told):
        getattr(rk, ask)(*who, **given)
