"""Scenarios give the reference numbers, what a sum payment by payment gives, and the same in every shape."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from retainkit.economics import lifetime_value
from retainkit.rates import Rate
from retainkit.timing import Timing
from retainkit.valuation.scenarios import FIGURES, UnitEconomics, UnitEconomicsResult, evaluate_scenarios

TIMINGS: tuple[Timing, ...] = ("begin", "mid", "end", "end-if-retained")
ONE_PERCENT_A_MONTH = 1.01**12 - 1


def result(**inputs: Any) -> UnitEconomicsResult:
    return UnitEconomics(
        **{"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05, **inputs}
    ).evaluate()


# ---- reference numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "payback", "payments", "tolerance"),
    [
        ({"monthly_churn": 0}, 10.0, 10, 1e-12),
        ({}, 13.513407, 14, 5e-7),
        ({"timing": "end-if-retained"}, 14.567487, 15, 5e-7),
        ({"annual_discount_rate": ONE_PERCENT_A_MONTH}, 14.72069, 15, 5e-6),
        ({"annual_discount_rate": ONE_PERCENT_A_MONTH, "timing": "end-if-retained"}, 16.3042, 17, 5e-5),
        (
            {"annual_discount_rate": ONE_PERCENT_A_MONTH, "monthly_churn": 0, "timing": "end"},
            10.588644,
            11,
            5e-7,
        ),
    ],
)
def test_payback_is_the_reference_number(
    inputs: dict[str, Any], payback: float, payments: int, tolerance: float
) -> None:
    found = result(**inputs)
    assert abs(found.payback_months - payback) <= tolerance
    assert found.payback_payments == payments
    assert found.simple_payback_months == 10.0


@pytest.mark.parametrize(
    ("timing", "value"), [("begin", 350.0), ("mid", 330.72), ("end", 312.5), ("end-if-retained", 250.0)]
)
def test_value_is_the_reference_number(timing: Timing, value: float) -> None:
    """m 100, r .8, d .12 per period; Gupta, Lehmann and Stuart (2004), footnote 2, for the residual 250."""
    found = result(
        monthly_margin=100,
        monthly_churn=0.2,
        annual_discount_rate=Rate(0.12, per="month"),
        timing=timing,
        acquisition_cost=125,
    )
    assert found.lifetime_value == pytest.approx(value, abs=5e-3)
    assert found.net_value == pytest.approx(value - 125, abs=5e-3)
    assert found.value_to_cost == pytest.approx(value / 125, abs=5e-5)
    assert found.residual_value_after_payment == pytest.approx(250.0, rel=1e-12)
    assert found.residual_value_before_renewal == pytest.approx(280.0, rel=1e-12)
    assert found.critical_acquisition_cost == found.lifetime_value


def test_an_annual_rate_is_compounded_and_not_divided() -> None:
    """50 a month at 5% churn and 12% a year; 12% put into the monthly formula would give 294.12."""
    found = result(annual_discount_rate=0.12, timing="end")
    assert found.lifetime_value == pytest.approx(840.49, abs=5e-3)


@pytest.mark.parametrize(
    ("timing", "rate", "critical"),
    [("begin", 0.0, 0.1), ("end-if-retained", 0.0, 0.090909), ("end", ONE_PERCENT_A_MONTH, 0.09)],
)
def test_critical_churn_is_the_reference_number(timing: Timing, rate: float, critical: float) -> None:
    assert result(timing=timing, annual_discount_rate=rate).critical_monthly_churn == pytest.approx(
        critical, abs=5e-7
    )


def test_rate_of_return_of_the_reference_customer_is_5_percent_a_month() -> None:
    found = result(timing="end")
    assert found.monthly_rate_of_return == pytest.approx(0.05, rel=1e-13)
    assert found.annual_rate_of_return == pytest.approx(1.05**12 - 1, rel=1e-13)


def test_elasticities_of_the_value_are_the_reference_formulas() -> None:
    """r/(1+d−r) for a first payment that is certain, (1+d)/(1+d−r) for one by those who stay."""
    inputs = {
        "acquisition_cost": 0,
        "monthly_margin": 100,
        "monthly_churn": 0.2,
        "annual_discount_rate": Rate(0.12, per="month"),
    }
    assert result(**inputs, timing="begin").elasticity_to_retention == pytest.approx(0.8 / 0.32, rel=1e-12)
    assert result(**inputs, timing="end-if-retained").elasticity_to_retention == pytest.approx(
        1.12 / 0.32, rel=1e-12
    )
    assert result(**inputs, timing="end").elasticity_to_margin == 1.0


def test_exactly_the_critical_churn_is_never() -> None:
    found = result(monthly_churn=0.1)
    assert found.payback_months == np.inf and found.payback_payments is None
    assert found.net_value == 0.0


# ---- sums payment by payment ------------------------------------------------------------------------

PAYMENTS = 10_000


def worth(
    s: UnitEconomics, *, rate: float | None = None, churn: float | None = None, margin: float | None = None
) -> float:
    """What a new customer pays, by the words of the timing, at a yearly rate."""
    return float(discounted(s, rate=rate, churn=churn, margin=margin).sum())


def discounted(
    s: UnitEconomics, *, rate: float | None = None, churn: float | None = None, margin: float | None = None
) -> Any:
    c = s.monthly_churn if churn is None else churn
    m = (s.margin_per_month if margin is None else margin) - s.monthly_retention_cost
    k = np.arange(s.horizon_months or PAYMENTS)
    when = {"begin": k, "mid": k + 0.5, "end": k + 1, "end-if-retained": k + 1}[s.timing]
    stayed = k + 1 if s.timing == "end-if-retained" else k
    annual = s.annual_discount_rate if rate is None else rate
    return m * np.exp(stayed * np.log1p(-c) - when / 12 * np.log1p(annual))


def random_scenarios() -> list[UnitEconomics]:
    rng = np.random.default_rng(20)
    made: list[UnitEconomics] = []
    for timing, horizon in itertools.product(TIMINGS, (None, 1, 7, 36)):
        made += [
            UnitEconomics(
                acquisition_cost=rng.uniform(50, 900),
                onboarding_cost=rng.uniform(0, 50),
                monthly_revenue=rng.uniform(30, 200),
                margin_share=rng.uniform(0.3, 0.9),
                monthly_retention_cost=rng.uniform(0, 5),
                monthly_churn=rng.uniform(0.01, 0.3),
                annual_discount_rate=rng.uniform(-0.02, 0.4),
                horizon_months=horizon,
                timing=timing,
            )
            for _ in range(3)
        ]
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    "s", random_scenarios(), ids=lambda s: f"{s.timing}-{s.horizon_months}-{s.monthly_churn:.3f}"
)
def test_figures_equal_sums_payment_by_payment(s: UnitEconomics) -> None:
    found, cost = s.evaluate(), s.acquisition_cost + s.onboarding_cost
    value = worth(s)
    assert found.lifetime_value == pytest.approx(value, rel=1e-10)
    assert found.net_value == pytest.approx(value - cost, abs=1e-9 * (value + cost))
    assert found.value_to_cost == pytest.approx(value / cost, rel=1e-10)

    collected = np.cumsum(discounted(s))
    if collected[-1] > cost * (1 + 1e-9):
        assert found.payback_payments == int(np.argmax(collected >= cost)) + 1
        assert found.payback_payments == np.ceil(found.payback_months)
    elif collected[-1] < cost * (1 - 1e-9):
        assert found.payback_payments is None and found.payback_months == np.inf

    margin = found.critical_monthly_margin
    assert worth(s, margin=margin) == pytest.approx(cost, rel=1e-9)
    churn = found.critical_monthly_churn
    if 0 < churn < np.inf:
        assert worth(s, churn=churn) == pytest.approx(cost, rel=1e-8)
    assert found.critical_acquisition_cost == pytest.approx(value - s.onboarding_cost, rel=1e-10)

    yearly = found.annual_rate_of_return
    if -0.9 < yearly < np.inf:
        assert worth(s, rate=yearly) == pytest.approx(cost, rel=1e-8)
        assert 1 + yearly == pytest.approx((1 + found.monthly_rate_of_return) ** 12, rel=1e-12)

    # residual: by those who stay, from the next renewal on
    k = np.arange(s.horizon_months or PAYMENTS)
    m = s.margin_per_month - s.monthly_retention_cost
    v = (1 + s.annual_discount_rate) ** (-1 / 12)
    residual = float((m * ((1 - s.monthly_churn) * v) ** (k + 1)).sum())
    assert found.residual_value_after_payment == pytest.approx(residual, rel=1e-10)
    assert found.residual_value_before_renewal == pytest.approx(residual / v, rel=1e-10)


@pytest.mark.parametrize(
    "s", random_scenarios(), ids=lambda s: f"{s.timing}-{s.horizon_months}-{s.monthly_churn:.3f}"
)
def test_elasticities_equal_small_changes(s: UnitEconomics) -> None:
    found, cost, h = s.evaluate(), s.acquisition_cost + s.onboarding_cost, 1e-4
    net = worth(s) - cost
    r = 1 - s.monthly_churn

    def per_percent(more: float, less: float) -> float:
        return (more - less) / (2 * h) / net

    retention = per_percent(worth(s, churn=1 - r * (1 + h)), worth(s, churn=1 - r * (1 - h)))
    assert found.elasticity_to_retention == pytest.approx(retention, rel=1e-4, abs=1e-6)
    m = s.margin_per_month
    by_margin = per_percent(worth(s, margin=m * (1 + h)), worth(s, margin=m * (1 - h)))
    assert found.elasticity_to_margin == pytest.approx(by_margin, rel=1e-6, abs=1e-6)
    a = s.annual_discount_rate
    by_rate = per_percent(worth(s, rate=a * (1 + h)), worth(s, rate=a * (1 - h)))
    assert found.elasticity_to_discount_rate == pytest.approx(by_rate, rel=1e-4, abs=1e-6)
    assert found.elasticity_to_acquisition_cost == pytest.approx(-s.acquisition_cost / net, rel=1e-9)


# ---- one call for many ------------------------------------------------------------------------------


def same(found: Any, alone: float) -> None:
    np.testing.assert_allclose(found, alone, rtol=1e-12, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_a_grid_is_the_scenario_evaluated_at_every_point(timing: Timing) -> None:
    s = UnitEconomics(
        acquisition_cost=500, monthly_margin=50, monthly_churn=0.05, annual_discount_rate=0.1, timing=timing
    )
    axes = {
        "monthly_churn": [0.0, 0.05, 0.1, 1.0],
        "acquisition_cost": [0.0, 40.0, 500.0],
        "horizon_months": [1, 12, np.inf],
    }
    grid = s.grid(**axes)
    frame = grid.to_frame()
    for i, (c, cost, months) in enumerate(itertools.product(*axes.values())):
        alone = s.replace(
            monthly_churn=c, acquisition_cost=cost, horizon_months=None if months == np.inf else months
        )
        found = alone.evaluate()
        for name in FIGURES:
            same(frame[name][i], getattr(found, name))
            same(grid[name].ravel()[i], frame[name][i])


def test_a_two_way_table_is_the_scenario_evaluated_at_every_point() -> None:
    s = UnitEconomics(acquisition_cost=500, monthly_revenue=100, margin_share=0.5, monthly_churn=0.05)
    table = s.sensitivity(
        rows={"margin_share": [0.3, 0.5]},
        columns={"monthly_churn": [0.02, 0.05, 0.2]},
        figure="payback_months",
    )
    for i, margin in enumerate(table.rows):
        for j, churn in enumerate(table.columns):
            same(
                table.values[i, j],
                s.replace(margin_share=margin, monthly_churn=churn).evaluate().payback_months,
            )
    assert table.base == s.evaluate().payback_months
    assert [line.split() for line in str(table).splitlines()[1:]] == [
        ["margin_share", "\\", "monthly_churn", "0.02", "0.05", "0.2"],
        ["0.3", "20.07", "months", "34.93", "months", "never"],
        ["0.5", "11.05", "months", "13.51", "months", "never"],
    ]


def test_a_tornado_moves_one_input_at_a_time_and_sorts_by_swing() -> None:
    s = UnitEconomics(
        acquisition_cost=500,
        monthly_margin=50,
        monthly_churn=0.05,
        annual_discount_rate=0.1,
        horizon_months=36,
    )
    found = s.tornado(
        {"acquisition_cost": (400, 600), "monthly_churn": (0.04, 0.06), "horizon_months": (24, 48)}
    )
    for name, low, high, at_low, at_high in zip(
        found.inputs, found.low, found.high, found.at_low, found.at_high, strict=True
    ):
        same(at_low, s.replace(**{name: low}).evaluate().net_value)
        same(at_high, s.replace(**{name: high}).evaluate().net_value)
    assert (np.diff(found.swing) <= 0).all()
    assert found.base == s.evaluate().net_value
    tenth = s.tornado(0.1)
    assert set(tenth.inputs) == {
        "acquisition_cost",
        "monthly_margin",
        "monthly_churn",
        "annual_discount_rate",
    }
    place = tenth.inputs.index("monthly_churn")
    assert (tenth.low[place], tenth.high[place]) == pytest.approx((0.045, 0.055), rel=1e-15)


def test_a_table_is_every_row_evaluated() -> None:
    rng = np.random.default_rng(3)
    n = 40
    table = {
        "acquisition_cost": rng.uniform(0, 900, n),
        "monthly_revenue": rng.uniform(0, 200, n),
        "margin_share": rng.uniform(-0.2, 0.9, n),
        "monthly_churn": rng.choice([0.0, 0.03, 0.2, 1.0], n),
        "annual_discount_rate": rng.choice([0.0, 0.1], n),
        "horizon_months": rng.choice([1.0, 24.0, np.nan], n),
    }
    found = evaluate_scenarios(table, timing="mid")
    for i in range(n):
        alone = UnitEconomics.from_row({name: column[i] for name, column in table.items()}).replace(
            timing="mid"
        )
        expected = alone.evaluate()
        for name in FIGURES:
            same(found[name][i], getattr(expected, name))


def test_margin_may_be_given_in_two_parts() -> None:
    whole = result(monthly_margin=50).as_dict()
    parts = result(monthly_margin=None, monthly_revenue=62.5, margin_share=0.8).as_dict()
    for name in FIGURES:
        assert parts[name] == pytest.approx(whole[name], rel=1e-14)


def test_nothing_spent_and_nothing_earned_have_answers() -> None:
    free = result(acquisition_cost=0)
    assert free.payback_months == 0.0 and free.payback_payments == 0
    assert free.value_to_cost == np.inf and free.monthly_rate_of_return == np.inf
    nothing = result(monthly_margin=0, monthly_churn=0)
    assert nothing.lifetime_value == 0.0 and nothing.payback_months == np.inf
    assert np.isnan(nothing.monthly_rate_of_return)
    endless = result(monthly_churn=0)
    assert endless.lifetime_value == np.inf and np.isnan(endless.elasticity_to_retention)
    assert result(monthly_churn=1, monthly_margin=499).monthly_rate_of_return == -1.0


# ---- one basis, one domain, one clock ---------------------------------------------------------------


def test_the_elasticity_to_margin_is_to_the_margin_as_it_is_given() -> None:
    # 50 a month less 10 for keeping, 5% churn, cost 500: 1% of 50 for 20 months is 10, of a net value of 300
    s = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_retention_cost=10, monthly_churn=0.05)
    assert s.evaluate().elasticity_to_margin == pytest.approx(10 / 3, rel=1e-12)


def test_a_tornado_stays_within_what_inputs_can_be_and_says_so() -> None:
    s = UnitEconomics(acquisition_cost=500, monthly_revenue=50, margin_share=0.95, monthly_churn=0.05)
    found = s.tornado(0.1)
    ends = dict(zip(found.inputs, zip(found.low, found.high, strict=True), strict=True))
    assert ends["margin_share"] == pytest.approx((0.855, 1.0)) and found.limited == ("margin_share",)
    assert "up to what it can be: margin_share" in str(found)
    assert s.replace(margin_share=0.5).tornado(0.1).limited == ()
    loss = UnitEconomics(acquisition_cost=500, monthly_margin=-50, monthly_churn=0.95).tornado(0.1)
    assert np.all(loss.low < loss.high) and loss.limited == ("monthly_churn",)


@pytest.mark.parametrize("months", [None, 24])
def test_margin_that_flows_all_the_time_has_figures_too(months: int | None) -> None:
    s = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05, annual_discount_rate=0.1)
    s = s.replace(timing="continuous", horizon_months=months)
    found, d = s.evaluate(), 1.1 ** (1 / 12) - 1
    flow: dict[str, Any] = {"discount_rate": d, "timing": "continuous"}
    within: dict[str, Any] = {"horizon": months or np.inf}
    assert found.lifetime_value == pytest.approx(lifetime_value(50, churn=0.05, **flow, **within))
    assert lifetime_value(50, churn=0.05, **flow, horizon=found.payback_months) == pytest.approx(500)
    at = {"churn": found.critical_monthly_churn, **flow, **within}
    assert lifetime_value(50, **at) == pytest.approx(500)
    at["churn"] = 0.05
    assert lifetime_value(found.critical_monthly_margin, **at) == pytest.approx(500)
    assert found.payback_payments is None and np.isnan(found.residual_value_after_payment)


def test_a_rate_of_more_than_all_in_a_year_has_to_be_said_to_be_meant() -> None:
    s = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    meant = s.replace(annual_discount_rate=Rate(12, per="year", meant=True))
    assert meant.annual_discount_rate == 12.0
    assert meant.replace(monthly_churn=0.1).evaluate().lifetime_value < s.evaluate().lifetime_value


def test_a_share_of_nothing_has_no_elasticity_where_that_of_the_whole_is_infinite() -> None:
    """Where the value just pays the cost, a percent of either is without measure, but of 0 it is 0."""
    s = UnitEconomics(acquisition_cost=0, onboarding_cost=100, monthly_margin=10, monthly_churn=0.1)
    found = s.evaluate()
    assert found.lifetime_value == pytest.approx(100.0)
    assert found.elasticity_to_retention == found.elasticity_to_margin == np.inf
    assert found.elasticity_to_acquisition_cost == found.elasticity_to_discount_rate == 0.0
