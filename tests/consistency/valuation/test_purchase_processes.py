"""Every model of purchases is valued by the same verbs, by opportunities and over time too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk

DONORS = rk.Opportunities(frequency=[0, 4, 2], recency=[0, 5, 6], periods=6, weight=[10, 20, 5])
BGBB = rk.BGBB(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783, unit="year")
TERMS: dict[str, Any] = {"margin_share": 0.4, "discount_rate": rk.Rate(0.08, per="year")}
HORIZON = rk.Duration(5, "year")
DISCOUNT = 1.08 ** -np.arange(1.0, 6.0)


def test_donors_are_worth_their_expected_gifts_each_discounted() -> None:
    value = rk.value_customers(DONORS, BGBB, 25.0, horizon=HORIZON, **TERMS)
    upto = np.stack([BGBB.expected_purchases(DONORS, h) for h in range(1, 6)])
    gifts = np.diff(upto, axis=0, prepend=0.0)  # at each of the next five opportunities
    np.testing.assert_allclose(value.value, 0.4 * 25.0 * DISCOUNT @ gifts, rtol=1e-12)
    np.testing.assert_allclose(value.probability_alive, BGBB.probability_alive(DONORS), rtol=1e-12)
    assert value.total == pytest.approx(float(value.value @ DONORS.weight))


def test_a_donor_not_yet_won_is_worth_the_first_gift_and_those_to_come() -> None:
    new = rk.value_new_customer(BGBB, 25.0, horizon=HORIZON, **TERMS)
    upto = np.asarray(BGBB.expected_purchases_new(np.arange(1.0, 6.0)))
    assert new.repeat_purchases == pytest.approx(10.0 * float(DISCOUNT @ np.diff(upto, prepend=0.0)))
    assert new.value == pytest.approx(10.0 + new.repeat_purchases)


@pytest.mark.parametrize("cost", [12.0, 15.0, 22.0])
def test_the_cost_of_a_donor_is_paid_back_at_an_opportunity_and_not_between_two(cost: float) -> None:
    back = rk.payback_time(cost, BGBB, 25.0, **TERMS)
    assert back.time is not None
    years = int(back.time.value)
    assert years == back.time.value >= 1
    earned = [
        rk.value_new_customer(BGBB, 25.0, horizon=rk.Duration(h, "year"), **TERMS).value
        for h in (years, max(years - 1, 1))
    ]
    assert earned[0] >= cost
    assert earned[1] < cost or years == 1


@pytest.mark.slow
def test_customers_over_time_whose_covariates_do_nothing_are_worth_what_they_are_without() -> None:
    plain = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    periods = rk.CovariatePeriods((np.arange(200) % 2)[:, None] * 1.0, names=["odd"])
    flat: Any = rk.models.OverTime(plain, ("odd",), (0.0,))
    data = flat.sample(np.full(20, 50.0), periods=periods, seed=1)
    ahead = rk.Duration(100, "week")
    over_time = rk.value_customers(data, flat, 30.0, horizon=ahead, **TERMS)
    usual = rk.value_customers(data.purchases, plain, 30.0, horizon=ahead, **TERMS)
    np.testing.assert_allclose(over_time.value, usual.value, rtol=1e-9)


def test_donors_and_customers_are_not_mixed_up() -> None:
    bgnbd = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    with pytest.raises(rk.InputError, match="customers must be Purchases for BGNBD, got 'Opportunities'"):
        rk.value_customers(DONORS, bgnbd, 25.0, horizon=HORIZON, **TERMS)
    purchases = rk.Purchases(frequency=[1], recency=[1.0], T=[2.0])
    with pytest.raises(rk.InputError, match="customers must be Opportunities for BGBB, got 'Purchases'"):
        rk.value_customers(purchases, BGBB, 25.0, horizon=HORIZON, **TERMS)
    with pytest.raises(rk.InputError, match="which Opportunities do not tell"):
        rk.value_customers(DONORS, BGBB, rk.GammaGamma(6.25, 3.74, 15.44), horizon=HORIZON, **TERMS)
