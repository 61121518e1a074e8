"""Different roads to the value of a customer meet: identities of timings, functions, kinds and periods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retainkit.economics.breakeven.break_even import break_even
from retainkit.economics.cashflows.present_value import annuity_value, npv
from retainkit.economics.lifetime.acquisition import customer_irr, ltv_to_cac
from retainkit.economics.lifetime.attrition import convert_churn
from retainkit.economics.lifetime.berger_nasr import (
    berger_nasr_case_1,
    berger_nasr_case_2a,
    berger_nasr_case_2b,
    berger_nasr_case_3,
    berger_nasr_case_4,
)
from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.economics.lifetime.elasticity import elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.economics.lifetime.retention_gain import retention_gain
from retainkit.economics.segments.customer_equity import brand_switching_value
from retainkit.economics.segments.markov_value import best_stopping, markov_value, recency_chain
from retainkit.economics.segments.migration_value import migration_value
from retainkit.economics.spending.retention_cost import worthwhile_retention_spend
from retainkit.rates import Rate

TIMINGS = ["begin", "mid", "end", "end-if-retained", "continuous"]
margins = st.floats(0.01, 1e6)
churns = st.floats(0, 1)
discounts = st.floats(1e-6, 1)
timings = st.sampled_from(TIMINGS)
discrete = st.sampled_from(TIMINGS[:-1])
horizons = st.one_of(st.just(math.inf), st.integers(0, 400))


@given(m=margins, c=churns, d=discounts, g=st.floats(-0.5, 0.5))
def test_the_four_cases_differ_by_a_payment_and_a_period(m: float, c: float, d: float, g: float) -> None:
    assume((1 - c) * (1 + g) < 0.999999 * (1 + d))
    terms: dict[str, Any] = {"churn": c, "discount_rate": d, "growth": g}
    case_1 = lifetime_value(m, **terms, timing="begin")
    case_3 = lifetime_value(m, **terms, timing="end")
    case_2 = residual_lifetime_value(m, **terms, instant="after-payment", margin_of="last-payment")
    case_4 = residual_lifetime_value(m, **terms, instant="before-renewal", margin_of="last-payment")
    assert case_1 == pytest.approx(case_2 + m, rel=1e-9)
    assert case_3 == pytest.approx(case_1 / (1 + d), rel=1e-12)
    assert case_4 == pytest.approx(case_2 * (1 + d), rel=1e-12)
    assert lifetime_value(m, **terms, timing="mid") == pytest.approx(case_3 * math.sqrt(1 + d), rel=1e-12)
    next_payment = residual_lifetime_value(m, **terms, instant="after-payment")
    assert next_payment == pytest.approx(lifetime_value(m, **terms, timing="end-if-retained"), rel=1e-12)
    assert next_payment * (1 + g) == pytest.approx(case_2, rel=1e-12)


@given(m=margins, c=churns, d=discounts, n=st.integers(1, 400), timing=discrete)
def test_some_payments_and_the_rest_are_all_payments(
    m: float, c: float, d: float, n: int, timing: Any
) -> None:
    terms: dict[str, Any] = {"churn": c, "discount_rate": d, "timing": timing}
    everything = lifetime_value(m, **terms)
    rest = everything * ((1 - c) / (1 + d)) ** n
    assert lifetime_value(m, **terms, horizon=n) + rest == pytest.approx(everything, rel=1e-11)


@given(m=margins, c=churns, d=st.floats(-0.5, 1), g=st.floats(-0.5, 1), n=horizons, timing=timings)
def test_numbers_and_columns_and_churn_and_retention_agree(
    m: float, c: float, d: float, g: float, n: float, timing: Any
) -> None:
    terms: dict[str, Any] = {"discount_rate": d, "growth": g, "timing": timing, "horizon": n}
    one = lifetime_value(m, churn=c, **terms)
    column = lifetime_value([m, m], churn=c, **terms)
    np.testing.assert_allclose(column, [one, one], rtol=1e-12)
    np.testing.assert_allclose(lifetime_value(m, churn=[c], **terms), [one], rtol=1e-12)
    x = 1 + d - (1 - c) * (1 + g)
    if abs(x) > 1e-3 * (1 + d):  # 1 − c has lost the last digits of c
        assert lifetime_value(m, retention=1 - c, **terms) == pytest.approx(one, rel=1e-10)


@given(m=margins, c=churns, d=discounts, n=horizons, timing=discrete)
def test_the_break_even_collects_the_lifetime_value(
    m: float, c: float, d: float, n: float, timing: Any
) -> None:
    record = break_even(1, m, churn=c, discount_rate=d, timing=timing)
    value = lifetime_value(m, churn=c, discount_rate=d, timing=timing, horizon=n)
    payments = 1e9 if n == math.inf else n
    assert record.cumulative(payments) == pytest.approx(value, rel=1e-9)


@given(m=margins, c=st.floats(0, 0.999), d=discounts, n=st.integers(1, 50), timing=discrete)
def test_values_are_the_npv_of_their_stream(m: float, c: float, d: float, n: int, timing: Any) -> None:
    stayed = (1 - c) ** np.arange(n + 1)
    who = stayed[1:] if timing == "end-if-retained" else stayed[:-1]
    stream = npv(m * who, d, timing=timing)
    terms: dict[str, Any] = {"discount_rate": d, "timing": timing}
    assert lifetime_value(m, churn=c, **terms, horizon=n) == pytest.approx(stream, rel=1e-10)
    curve = lifetime_value_on_curve(m, stayed, **terms, after_end="stop")
    assert curve == pytest.approx(stream, rel=1e-10)
    assert lifetime_value_on_curve(m, stayed, **terms, horizon=n) == curve


@given(m=margins, c=st.floats(0.001, 0.999), d=discounts, n=st.integers(1, 50), timing=discrete)
def test_a_geometric_curve_with_the_same_churn_after_its_end_is_the_closed_form(
    m: float, c: float, d: float, n: int, timing: Any
) -> None:
    terms: dict[str, Any] = {"discount_rate": d, "timing": timing}
    closed = lifetime_value(m, churn=c, **terms)
    curve = (1 - c) ** np.arange(n + 1.0)
    assume(curve[-1] > 0)
    assert lifetime_value_on_curve(m, curve, **terms, after_end="same-churn") == pytest.approx(
        closed, rel=1e-9
    )
    assert lifetime_value_on_curve(m, curve, **terms, after_end=c) == pytest.approx(closed, rel=1e-9)
    if d > 1e-3:
        endless = lifetime_value_on_curve(m, lambda t: (1 - c) ** t, **terms)
        assert endless == pytest.approx(closed, rel=1e-11)


@given(m=margins, d=discounts, g=st.floats(-0.5, 0.5), n=horizons, timing=discrete)
def test_a_customer_who_never_leaves_is_an_annuity(
    m: float, d: float, g: float, n: float, timing: Any
) -> None:
    assume(g < d or n < math.inf)
    value = lifetime_value(m, churn=0, discount_rate=d, growth=g, timing=timing, horizon=n)
    annuity = annuity_value(m, periods=n, discount_rate=d, growth=g, timing=timing)
    assert value == pytest.approx(annuity, rel=1e-9)


@given(m=margins, c=st.floats(0.001, 0.999), d=discounts)
def test_continuous_value_is_the_same_counted_in_months_or_in_years(m: float, c: float, d: float) -> None:
    yearly = lifetime_value(12 * m, churn=c, discount_rate=d, timing="continuous")
    monthly = lifetime_value(
        m,
        churn=convert_churn(c, per="year", to="month"),
        discount_rate=Rate(d, per="year", meant=True),
        timing="continuous",
        period="month",
    )
    assert monthly == pytest.approx(yearly, rel=1e-9)


@given(m=margins, c=st.floats(0.01, 0.99), d=st.floats(0.001, 1), timing=timings)
def test_rates_convert_themselves_to_the_period_of_the_margin(
    m: float, c: float, d: float, timing: Any
) -> None:
    yearly: dict[str, Any] = {"discount_rate": Rate(d, per="year"), "timing": timing, "period": "month"}
    by_rate = lifetime_value(m, churn=Rate(c, per="year"), **yearly)
    by_hand = lifetime_value(
        m, churn=1 - (1 - c) ** (1 / 12), discount_rate=(1 + d) ** (1 / 12) - 1, timing=timing
    )
    assert by_rate == pytest.approx(by_hand, rel=1e-10)
    assert lifetime_value(m, retention=Rate(1 - c, per="year"), **yearly) == pytest.approx(by_rate, rel=1e-9)


@given(m=margins, c=st.floats(0.001, 1), d=discounts, n=st.integers(0, 60))
def test_berger_and_nasr_without_promotions_or_growth_are_plain_lifetime_values(
    m: float, c: float, d: float, n: int
) -> None:
    plain = lifetime_value(m, churn=c, discount_rate=d, timing="begin", horizon=n + 1)
    yearly: dict[str, Any] = {"promotion_cost_per_year": 0, "discount_rate": d, "retention": 1 - c}
    per_sale: dict[str, Any] = {"promotion_cost_per_sale": 0, "discount_rate": d, "retention_per_sale": 1 - c}
    assert berger_nasr_case_1(m, **yearly, years=n) == pytest.approx(plain, rel=1e-9)
    often = berger_nasr_case_2a(m, **per_sale, sales_per_year=1, years=n)
    seldom = berger_nasr_case_2b(m, **per_sale, years_per_sale=1, years=n)
    assert often == pytest.approx(plain, rel=1e-9)
    assert seldom == pytest.approx(plain, rel=1e-9)
    flat: dict[str, Any] = {"acceleration": 0, "turning_year": 3, "later_gain": 0, "discount_rate": d}
    assert berger_nasr_case_3(m, **flat, retention=1 - c, years=n) == pytest.approx(plain, rel=1e-9)
    if c < 1:
        flow = lifetime_value(m, retention=1 - c, discount_rate=d, timing="continuous", horizon=n)
        assert berger_nasr_case_4(m, **flat, retention=1 - c, years=n) == pytest.approx(flow, rel=1e-9)


@given(gc=margins, m=st.floats(0, 100), c=st.floats(0.01, 1), d=discounts)
def test_migration_with_one_chance_is_retention(gc: float, m: float, c: float, d: float) -> None:
    lost_for_good = berger_nasr_case_1(gc, promotion_cost_per_year=m, retention=1 - c, discount_rate=d)
    one_chance = migration_value(gc, promotion_cost=m, purchase_probabilities=[1 - c], discount_rate=d)
    assert one_chance == pytest.approx(lost_for_good, rel=1e-9, abs=1e-9 * (gc + m) / c)


probabilities = st.lists(st.floats(0, 0.9), min_size=1, max_size=6)


@given(p=probabilities, d=st.floats(0.001, 1), gc=margins, m=st.floats(0, 100))
def test_the_migration_model_is_a_markov_chain(p: list[float], d: float, gc: float, m: float) -> None:
    # the chain spends the promotion at the start of the period, migration half-way: half a period's discount
    chain = recency_chain(p, contribution_per_purchase=gc, promotion_cost=m / math.sqrt(1 + d))
    value = migration_value(gc, promotion_cost=m, purchase_probabilities=p, discount_rate=d)
    assert markov_value(*chain, discount_rate=d)[0] == pytest.approx(value, rel=1e-9, abs=1e-7 * (gc + m))


@given(m=margins, c=st.floats(0.001, 1), d=st.floats(0, 1))
def test_two_states_are_retention(m: float, c: float, d: float) -> None:
    stays_or_leaves = [[1 - c, c], [0, 1]]
    value = markov_value(stays_or_leaves, [m, 0], discount_rate=d)
    assert value[0] == pytest.approx(lifetime_value(m, churn=c, discount_rate=d, timing="begin"), rel=1e-9)
    assert value[1] == 0.0
    lost = markov_value([[1 - c]], [m], discount_rate=d)  # who leaves, leaves the table
    assert lost[0] == pytest.approx(value[0], rel=1e-12)


@given(p=probabilities, d=st.floats(0.001, 1), gc=margins, m=st.floats(0, 100))
def test_stopping_never_loses(p: list[float], d: float, gc: float, m: float) -> None:
    plan = best_stopping(*recency_chain(p, contribution_per_purchase=gc, promotion_cost=m), discount_rate=d)
    slack = 1e-9 * (gc + m) * (1 + 1 / d)
    assert np.all(plan.value >= plan.value_without_stopping - slack)
    assert np.all(plan.value >= 0)
    assert np.all(plan.value[plan.go_on] > 0)


@given(a=st.floats(0, 1), b=st.floats(0, 1), m=margins, d=st.floats(0.001, 1))
def test_what_two_brands_share_is_the_whole_market(a: float, b: float, m: float, d: float) -> None:
    switching = [[a, 1 - a], [b, 1 - b]]
    ours, theirs = (
        brand_switching_value(
            switching, brand=i, contribution_per_purchase=m, discount_rate=d, first="next-purchase"
        )
        for i in (0, 1)
    )
    market = lifetime_value(m, churn=0, discount_rate=d, timing="end")
    np.testing.assert_allclose(ours + theirs, market, rtol=1e-9)


@given(cost=st.floats(1, 1e6), m=margins, c=churns, d=discounts, timing=timings)
def test_a_customer_pays_exactly_if_the_rate_of_return_is_above_the_discount_rate(
    cost: float, m: float, c: float, d: float, timing: Any
) -> None:
    ratio = ltv_to_cac(acquisition_cost=cost, margin_per_period=m, churn=c, discount_rate=d, timing=timing)
    assume(abs(ratio - 1) > 1e-9)
    rate = customer_irr(cost, m, churn=c, timing=timing)
    assert (rate > d) == (ratio > 1)


@given(m=margins, c=churns, d=discounts, n=st.integers(1, 100), cost=st.floats(0, 1e5), timing=timings)
def test_elasticities_of_the_net_value_to_money_sum_to_one(
    m: float, c: float, d: float, n: int, cost: float, timing: Any
) -> None:
    e = elasticities(m, churn=c, discount_rate=d, timing=timing, horizon=n, acquisition_cost=cost)
    assume(math.isfinite(e.margin))
    # value and cost in another currency: the net value is homogeneous of degree one
    assert e.margin + e.acquisition_cost == pytest.approx(1, abs=1e-9 * abs(e.margin) + 1e-12)


# between 0 and 1e-6 a churn of 1 - r no longer holds the digits of r that a continuous value depends on
kept = st.just(0.0) | st.floats(1e-6, 0.9)


@given(m=margins, r=kept, points=st.floats(0.001, 0.1), d=discounts, timing=timings)
def test_gaining_points_is_worth_what_may_be_spent_on_them(
    m: float, r: float, points: float, d: float, timing: Any
) -> None:
    gain = retention_gain(m, retention=r, points=points, discount_rate=d, timing=timing)
    spend = worthwhile_retention_spend(
        m, churn_before=1 - r, churn_after=1 - (r + points), discount_rate=d, timing=timing
    )
    assert gain.gain == pytest.approx(spend.once, rel=1e-7, abs=1e-10 * gain.value_after)


@pytest.mark.parametrize("timing", ["begin", "end", "mid", "continuous"])
@pytest.mark.parametrize("growth", [0.5, 0.1, 0.03])
def test_churn_of_one_warns_of_nothing_where_growth_is_next_to_the_rate(timing: Any, growth: float) -> None:
    """1 + d − r(1 + g) may be rounded above 1 + d, of which the logarithm must not be asked."""
    near = growth + np.arange(-3, 4) * 2.0**-53
    for g, d in ((g, d) for g in near for d in near):
        column = lifetime_value([3.0, 3.0], churn=1.0, discount_rate=d, growth=g, timing=timing)
        alone = lifetime_value(3.0, churn=1.0, discount_rate=float(d), growth=float(g), timing=timing)
        np.testing.assert_allclose(column, alone, rtol=1e-12)
