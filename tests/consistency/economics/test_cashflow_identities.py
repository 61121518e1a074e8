"""Where two functions of economics say the same thing, they say the same number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retainkit.economics import (
    CashFlow,
    Rate,
    annuity_value,
    break_even,
    break_even_acquisition_cost,
    break_even_churn,
    break_even_distribution,
    break_even_margin,
    break_even_on_curve,
    break_even_periods,
    break_even_price,
    irr,
    npv,
    payback_periods,
    present_value,
    xirr,
)

TIMINGS: list[Any] = ["begin", "mid", "end", "end-if-retained"]
CHURN = st.floats(0, 1)
DISCOUNT = st.floats(-0.03, 0.5)


def collected(margin: float, c: float, d: float, timing: str, payments: int) -> float:
    """Expected discounted margin, by brute force from the words of the convention."""
    late = {"begin": 0, "mid": 0.5, "end": 1, "end-if-retained": 1}[timing]
    stays = timing == "end-if-retained"
    k = np.arange(payments)
    return math.fsum(margin * (1 - c) ** (k + stays) * (1 / (1 + d)) ** (k + late))


@given(c=CHURN, d=DISCOUNT, n=st.integers(1, 200), timing=st.sampled_from(TIMINGS))
def test_what_a_margin_is_worth_is_the_sum_of_its_payments(c: float, d: float, n: int, timing: Any) -> None:
    expected = collected(50, c, d, timing, n)
    value = break_even_acquisition_cost(50, churn=c, discount_rate=d, timing=timing, horizon=n)
    assert value == pytest.approx(expected, rel=1e-11, abs=1e-300)
    column = break_even_acquisition_cost([50], churn=c, discount_rate=d, timing=timing, horizon=n)
    assert column[0] == pytest.approx(value, rel=1e-13, abs=1e-300)


@given(c=st.floats(0.01, 1), d=st.floats(0, 0.5), timing=st.sampled_from(TIMINGS))
def test_what_a_margin_is_worth_for_ever_is_ten_thousand_payments(c: float, d: float, timing: Any) -> None:
    value = break_even_acquisition_cost(50, churn=c, discount_rate=d, timing=timing)
    assert value == pytest.approx(collected(50, c, d, timing, 10_000), rel=1e-11, abs=1e-300)


@given(
    cost=st.floats(1, 1e4),
    c=st.floats(0, 0.99),
    d=DISCOUNT,
    n=st.integers(1, 120),
    timing=st.sampled_from(TIMINGS),
)
def test_each_number_solved_for_closes_the_equation(
    cost: float, c: float, d: float, n: int, timing: Any
) -> None:
    terms: dict[str, Any] = {"discount_rate": d, "timing": timing, "horizon": n}
    margin = break_even_margin(cost, churn=c, **terms)
    assert break_even_acquisition_cost(margin, churn=c, **terms) == pytest.approx(cost, rel=1e-11)
    price = break_even_price(cost, cost_per_period=7, cost_share=0.2, churn=c, **terms)
    assert price * 0.8 - 7 == pytest.approx(margin, rel=1e-11, abs=1e-12)
    worst = break_even_churn(cost, margin, **terms)
    if 0 < worst < 1:
        assert break_even_acquisition_cost(margin, churn=worst, **terms) == pytest.approx(cost, rel=1e-9)


@given(cost=st.floats(1, 1e3), margin=st.floats(1, 1e3), d=DISCOUNT, timing=st.sampled_from(TIMINGS))
def test_the_critical_churn_of_a_record_and_of_the_solver_are_one(
    cost: float, margin: float, d: float, timing: Any
) -> None:
    record = break_even(cost, margin, discount_rate=d, timing=timing).critical_churn
    assert break_even_churn(cost, margin, discount_rate=d, timing=timing) == record
    assert break_even_churn([cost], margin, discount_rate=d, timing=timing)[0] == record


def test_the_highest_churn_in_time_grows_into_the_critical_one() -> None:
    within = [10, 12, 24, 60, 240, 1000]
    churn = break_even_churn(500, 50, horizon=within)
    assert churn[0] == 0.0  # ten payments are needed without churn
    assert np.all(np.diff(churn) > 0)
    assert churn[-1] == pytest.approx(break_even_churn(500, 50), rel=1e-12)


@given(
    c=st.floats(0.001, 0.5), d=st.floats(0, 0.1), cost=st.floats(10, 2000), timing=st.sampled_from(TIMINGS)
)
def test_constant_churn_as_a_curve_pays_back_with_the_same_payment(
    c: float, d: float, cost: float, timing: Any
) -> None:
    closed = break_even(cost, 50, churn=c, discount_rate=d, timing=timing)
    curve = break_even_on_curve(cost, 50, lambda t: (1 - c) ** t, discount_rate=d, timing=timing, horizon=600)
    if closed.payments is None:
        assert curve.payments is None
    elif closed.payments < 600 and closed.periods < closed.payments - 1e-9:
        assert curve.payments == closed.payments
        np.testing.assert_allclose(curve.collected[:5], closed.cumulative(np.arange(1.0, 6.0)), rtol=1e-12)


@given(
    cost=st.floats(0, 2000),
    onboarding=st.floats(0, 100),
    keeping=st.floats(0, 20),
    d=st.floats(0, 0.1),
    timing=st.sampled_from(TIMINGS),
    instalments=st.sampled_from(["owed", "while-retained"]),
    parts=st.integers(1, 6),
)
def test_the_mean_over_customers_is_the_average_customer(
    cost: float, onboarding: float, keeping: float, d: float, timing: Any, instalments: Any, parts: int
) -> None:
    curve = np.cumprod(np.r_[1, (3 + np.arange(30)) / (4 + np.arange(30))])
    terms: dict[str, Any] = {
        "discount_rate": d,
        "timing": timing,
        "onboarding_cost": onboarding,
        "retention_cost_per_period": keeping,
        "instalments": instalments,
    }
    each = break_even_distribution([cost / parts] * parts, 50, curve, **terms)
    average = break_even_on_curve([cost / parts] * parts, 50, curve, **terms)
    assert each.expected_net == pytest.approx(float(average.net[-1]), rel=1e-10, abs=1e-8)
    assert each.share.sum() + each.still_there == pytest.approx(1, rel=1e-12)
    lost = 1 - each.probability - each.undecided
    stay = each.undecided * each.still_there_net
    total = each.probability * each.expected_gain - lost * each.expected_loss + stay
    assert total == pytest.approx(each.expected_net, rel=1e-9, abs=1e-8)


def test_a_simulation_of_customers_finds_the_distribution() -> None:
    rng = np.random.default_rng(12)
    begun = rng.geometric(0.05, 200_000)
    for timing, paid in (("begin", begun), ("end-if-retained", begun - 1)):
        net = (
            50 * (1 - 1.01 ** -paid.astype(float)) / (1 - 1 / 1.01) / (1.01 if timing != "begin" else 1) - 400
        )
        result = break_even_distribution(400, 50, lambda t: 0.95**t, discount_rate=0.01, timing=timing)  # type: ignore[arg-type]
        assert result.probability == pytest.approx((net >= 0).mean(), abs=0.005)
        assert result.expected_loss == pytest.approx(-net[net < 0].mean(), rel=0.01)
        assert result.expected_gain == pytest.approx(net[net >= 0].mean(), rel=0.01)
        assert result.undecided == 0


@given(n=st.integers(1, 60), d=DISCOUNT, timing=st.sampled_from(TIMINGS))
def test_one_stream_has_one_value_however_it_is_told(n: int, d: float, timing: Any) -> None:
    stream = npv([50.0] * n, d, timing=timing)
    assert annuity_value(50, periods=n, discount_rate=d, timing=timing) == pytest.approx(stream, rel=1e-11)
    assert CashFlow.from_curve(50, np.ones(n + 1), timing=timing).npv(d) == pytest.approx(stream, rel=1e-11)
    late = {"begin": 0, "mid": 0.5, "end": 1, "end-if-retained": 1}[timing]
    singly = present_value(50, when=np.arange(n) + late, discount_rate=d).sum()
    assert singly == pytest.approx(stream, rel=1e-11)


@given(st.lists(st.floats(1, 500), min_size=1, max_size=24), st.floats(10, 2000))
def test_a_stream_is_worth_nothing_at_its_rate_of_return(gains: list[float], cost: float) -> None:
    flows = [-cost, *gains]
    rate = irr(flows)
    own = Rate(rate, per="month", meant=True)
    gross = npv(np.abs(flows), own, period="month")
    assert npv(flows, own, period="month") == pytest.approx(0, abs=1e-9 * gross)
    paid_back = math.fsum(gains) - cost
    assert rate == pytest.approx(0, abs=1e-12) or (rate > 0) == (paid_back > 0)
    if paid_back > 1e-9:
        below = Rate(rate * 0.999, per="month", meant=True)
        assert payback_periods(flows, discount_rate=below, period="month") < math.inf


def test_a_year_told_in_months_days_and_dates_has_one_rate() -> None:
    monthly = irr([-1000] + [0] * 11 + [1120])
    assert Rate(monthly, per="month").effective("year") == pytest.approx(0.12, rel=1e-12)
    assert xirr([-1000, 1120], ["2023-01-01", "2024-01-01"]) == pytest.approx(0.12, rel=1e-12)


def test_monthly_and_annual_rates_give_one_answer() -> None:
    yearly: dict[str, Any] = {"churn": Rate(0.4, "year"), "discount_rate": Rate(0.12, "year")}
    monthly: dict[str, Any] = {
        "churn": yearly["churn"].churn("month"),
        "discount_rate": yearly["discount_rate"].effective("month"),
    }
    assert break_even_periods(500, 50, period="month", **yearly) == break_even_periods(500, 50, **monthly)
    mixed: dict[str, Any] = yearly | {"churn": Rate(monthly["churn"], "month")}
    assert break_even_periods(500, 50, period="month", **mixed) == pytest.approx(
        break_even_periods(500, 50, period="month", **yearly), rel=1e-12
    )
    assert break_even(500, 50, period="month", **yearly).payments == break_even(500, 50, **monthly).payments


def test_money_and_time_may_be_counted_in_any_unit() -> None:
    for scale in (1e-6, 100.0, 1e9):
        for timing in TIMINGS:
            assert break_even_periods(500 * scale, 50 * scale, churn=0.05, timing=timing) == pytest.approx(
                break_even_periods(500, 50, churn=0.05, timing=timing), rel=1e-12
            )
        flows = np.array([-50, -100, 600, 300, -100]) * scale
        np.testing.assert_allclose(irr(flows, root="lowest"), irr(flows / scale, root="lowest"), rtol=1e-12)
