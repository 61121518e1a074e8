"""Elasticities are the derivatives they claim to be, and five points of retention gain what is published."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.economics.lifetime.elasticity import elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.retention_gain import retention_gain
from retainkit.economics.spending.retention_cost import worthwhile_retention_spend
from retainkit.errors import InputError

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "lifetime_value.toml").read_text())
TIMINGS = ["begin", "mid", "end", "end-if-retained", "continuous"]


def value(timing: str, at: list[Any], n: float, cost: Any) -> Any:
    """Net value in mpmath numbers, payment by payment for a number of payments, else in closed form."""
    import mpmath

    m, r, d, g = at
    z = r * (1 + g) / (1 + d)
    if timing == "continuous":
        y = -mpmath.log(z)
        return m * (1 if n == math.inf else 1 - mpmath.e ** (-n * y)) / y - cost
    first = {"begin": 1, "mid": (1 + d) ** mpmath.mpf("-0.5"), "end": 1 / (1 + d)}.get(timing, r / (1 + d))
    total = 1 / (1 - z) if n == math.inf else sum(z**k for k in range(int(n)))
    return m * first * total - cost


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("n", [math.inf, 1, 2, 12, 60])
def test_elasticities_are_logarithmic_derivatives(timing: Any, n: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(1)
    with mpmath.workdps(60):
        for _ in range(12):
            m, r, d = rng.uniform(10, 100), rng.uniform(0.05, 0.99), rng.uniform(0.02, 0.3)
            g, cost = rng.uniform(-0.1, 0.02), rng.choice([0.0, rng.uniform(1, 900)])
            at = [mpmath.mpf(float(x)) for x in (m, r, d, g)]
            net = value(timing, at, n, mpmath.mpf(float(cost)))
            e = elasticities(
                m, retention=r, discount_rate=d, growth=g, timing=timing, horizon=n, acquisition_cost=cost
            )
            for place, found in ((0, e.margin), (1, e.retention), (2, e.discount_rate)):
                step = mpmath.mpf(10) ** -25
                up, down = list(at), list(at)
                up[place], down[place] = at[place] * (1 + step), at[place] * (1 - step)
                rise = value(timing, up, n, cost) - value(timing, down, n, cost)
                truth = float(rise / (2 * step * net))
                assert found == pytest.approx(truth, rel=1e-9, abs=1e-11)
            assert e.acquisition_cost == pytest.approx(float(-cost / net), rel=1e-10)


@pytest.mark.parametrize("timing", TIMINGS)
def test_elasticities_keep_their_digits_where_nothing_is_lost_or_discounted(timing: Any) -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        for c, d in [
            (0.0, 0.0),
            (1e-300, 0.0),
            (1e-15, 1e-15),
            (1e-9, 0.0),
            (1e-5, 1e-4),
            (0.01, -0.01),
            (0, -0.02),
        ]:
            for n in (2, 12, 300):
                e = elasticities(1, churn=c, discount_rate=d, timing=timing, horizon=n)
                z = (1 - mpmath.mpf(c)) / (1 + mpmath.mpf(d))
                if timing == "continuous":
                    y = -mpmath.log(z)
                    wait = 1 / y - n / (mpmath.e ** (n * y) - 1) if y else mpmath.mpf(n) / 2
                else:
                    wait = sum(k * z**k for k in range(n)) / sum(z**k for k in range(n))
                expected = float(wait) + (timing == "end-if-retained")
                assert e.retention == pytest.approx(expected, rel=1e-13)


def test_the_formulas_of_the_catalogue() -> None:
    r, d = 0.8, 0.12
    for timing, expected in [
        ("begin", r / (1 + d - r)),
        ("end", r / (1 + d - r)),
        ("end-if-retained", (1 + d) / (1 + d - r)),
    ]:
        e = elasticities(100, retention=r, discount_rate=d, timing=timing)  # type: ignore[arg-type]
        assert e.retention == pytest.approx(expected, rel=1e-14)
        assert e.margin == 1.0
        assert e.acquisition_cost == 0.0


def test_a_single_payment_has_no_elasticity_to_retention_unless_it_is_made_by_those_who_stay() -> None:
    for c in (0, 0.3, 1):
        one: dict[str, Any] = {"churn": c, "discount_rate": 0.1, "horizon": 1}
        assert elasticities(50, **one, timing="begin").retention == 0.0
        assert elasticities(50, **one, timing="begin").discount_rate == 0.0
        assert elasticities(50, **one, timing="end-if-retained").retention == 1.0
        assert elasticities(50, **one, timing="end").discount_rate == pytest.approx(-0.1 / 1.1)


def test_no_payment_at_all_has_no_elasticity() -> None:
    with pytest.raises(InputError, match="horizon must be above 0"):
        elasticities(50, churn=0.1, discount_rate=0.1, timing="begin", horizon=[1, 0])


def test_at_the_break_even_any_change_is_infinitely_many_percent() -> None:
    e = elasticities(50, churn=0.1, discount_rate=0, timing="begin", acquisition_cost=500)
    assert (e.retention, e.margin, e.acquisition_cost) == (math.inf, math.inf, -math.inf)
    assert e.discount_rate == 0.0  # one percent more of nothing is nothing


@pytest.mark.parametrize("case", REFERENCE["five_points"], ids=lambda c: c["timing"])
def test_five_points_of_retention_gain_what_is_computed(case: dict[str, Any]) -> None:
    gain = retention_gain(100, retention=0.9, points=0.05, discount_rate=0.1, timing=case["timing"])
    assert abs(gain.gain_share - case["expected"]) <= case["tolerance"]
    table = retention_gain(100, retention=[0.5, 0.9], points=0.05, discount_rate=0.1, timing=case["timing"])
    assert table.gain_share[1] == gain.gain_share
    assert table.gain_share[0] < table.gain_share[1]


def test_points_that_reach_full_retention_are_refused_and_growth_beside_it_has_no_end() -> None:
    with pytest.raises(InputError, match="stays below 1"):
        retention_gain(100, retention=0.95, points=0.05, discount_rate=0.1, timing="end")
    forever = retention_gain(100, retention=0.9, points=0.05, discount_rate=0, growth=0.06, timing="end")
    assert forever.gain == forever.gain_share == math.inf


def test_worthwhile_retention_spend_is_the_reference_number() -> None:
    case = REFERENCE["retention_spend"]
    spend = worthwhile_retention_spend(
        case["margin"],
        churn_before=case["churn_before"],
        churn_after=case["churn_after"],
        discount_rate=case["discount_rate"],
        timing="end",
    )
    assert abs(spend.once - case["once"]) <= case["tolerance"]
    assert abs(spend.per_period - case["per_period"]) <= case["tolerance"]


@pytest.mark.parametrize("timing", TIMINGS)
def test_spending_the_worthwhile_amount_leaves_the_value_as_it_was(timing: Any) -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        m, c, c_after, d = (
            rng.uniform(1, 99),
            rng.uniform(0, 1),
            rng.uniform(0, 0.99),
            rng.uniform(0.001, 0.3),
        )
        spend = worthwhile_retention_spend(
            m, churn_before=c, churn_after=c_after, discount_rate=d, timing=timing
        )
        before = lifetime_value(m, churn=c, discount_rate=d, timing=timing)
        after: dict[str, Any] = {"churn": c_after, "discount_rate": d, "timing": timing}
        scale = lifetime_value(m, **after) + before
        assert lifetime_value(m, **after) - spend.once == pytest.approx(before, abs=1e-11 * scale)
        assert lifetime_value(m - spend.per_period, **after) == pytest.approx(before, abs=1e-11 * scale)


@pytest.mark.parametrize("timing", TIMINGS)
def test_worthwhile_spending_at_the_ends_of_churn(timing: Any) -> None:
    all_leave: dict[str, Any] = {"churn_before": 1, "discount_rate": 0.25, "timing": timing}
    none_leaves = worthwhile_retention_spend(50, **all_leave, churn_after=0)
    first = {"begin": 50.0, "mid": 50 / math.sqrt(1.25), "end": 40.0}.get(timing, 0.0)
    forever = lifetime_value(50, churn=0, discount_rate=0.25, timing=timing)
    assert none_leaves.once == pytest.approx(forever - first, rel=1e-14)
    undiscounted: dict[str, Any] = {"churn_before": 0.1, "discount_rate": 0, "timing": timing}
    endless = worthwhile_retention_spend(50, **undiscounted, churn_after=0)
    assert endless.once == math.inf
    assert endless.per_period == 50.0  # any margin that is left, for ever, is more
    inflated = worthwhile_retention_spend(
        50, churn_before=0.5, churn_after=0.1, discount_rate=-0.2, timing=timing
    )
    assert (inflated.once, inflated.per_period) == (math.inf, 50.0)
    same = worthwhile_retention_spend(50, **undiscounted, churn_after=0.1)
    assert (same.once, same.per_period) == (0.0, 0.0)
