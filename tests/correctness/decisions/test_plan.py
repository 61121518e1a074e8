"""Plans whose result can be worked out by hand, or is in the catalogue of decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit.decisions.plan import RetentionPlan, UncertainEffect

TWO_MONTHS: dict[str, Any] = {
    "customers": 1000,
    "monthly_margin": 10,
    "monthly_churn": 0.5,
    "annual_discount_rate": 0,
    "horizon_months": 2,
    "timing": "begin",
}


def plan_of(initiatives: Any, **base: Any) -> RetentionPlan:
    lasting: Any = [{"duration_months": 1200, **i} for i in initiatives]
    return RetentionPlan(**{**TWO_MONTHS, **base}, initiatives=lasting)


@pytest.mark.slow
def test_half_as_many_leave() -> None:
    """1000 pay 10 now; 500 are there in the second month, 750 with 25 points less churn: 2,500 more."""
    plan = plan_of([{"name": "x", "churn_points": 0.25, "cost": 1000}])
    result = plan.evaluate()
    row = result.initiatives[0]
    assert row.net_value == pytest.approx(1500, abs=1e-9)
    assert (row.cost, row.net_value_per_cost) == (1000, pytest.approx(1.5, abs=1e-12))
    assert row.effects[0].turning_point == pytest.approx(0.1, abs=1e-12)  # 1000 / (1000 · 10)
    turning = {a.name: a.turning_point for a in result.assumptions}
    assert turning["customers"] == pytest.approx(400, abs=1e-9)
    assert turning["monthly_margin"] == pytest.approx(4, abs=1e-12)


@pytest.mark.slow
def test_with_draws_it_turns_where_the_mean_over_them_is_nothing() -> None:
    """.5^HR of 1000 customers are there to pay 10 in the second month; its mean is not .5^(mean of HR)."""
    unsure = {"name": "x", "hazard_ratio": {"low": 0.2, "high": 0.95}, "cost": 1000}
    result = plan_of([unsure]).evaluate(draws=400)
    (ratios,) = result.inputs.effects
    stay = np.mean(0.5**ratios)
    assert np.mean(result.gain) == pytest.approx(10_000 * (stay - 0.5) - 1000, rel=1e-12)
    turning = {a.name: a.turning_point for a in result.assumptions}
    assert turning["customers"] == pytest.approx(1000 / (10 * (stay - 0.5)), rel=1e-12)
    assert turning["customers"] != pytest.approx(1000 / (10 * (0.5 ** ratios.mean() - 0.5)), rel=1e-3)
    # alone and in the set it is the same effect, moved as a whole
    (effect,) = result.initiatives[0].effects
    assert effect.turning_point == turning["x.hazard_ratio"] > ratios.mean()
    shifted = 0.5 ** (ratios + effect.turning_point - ratios.mean())
    assert 10_000 * (shifted.mean() - 0.5) == pytest.approx(1000, rel=1e-10)


def test_two_of_them_save_fewer_than_twice_as_many() -> None:
    """Each: .5 of the hazard ln 2, so √.5 stay. Both: .25 of it, .5^.25 stay; added up nobody would leave."""
    each = {"hazard_ratio": 0.5}
    plan = plan_of([{"name": "a", **each}, {"name": "b", **each}])
    (pair,) = plan.evaluate().overlapping_pairs
    assert pair.sum_alone == pytest.approx(2 * 10_000 * (0.5**0.5 - 0.5), abs=1e-8)
    assert pair.together == pytest.approx(10_000 * (0.5**0.25 - 0.5), abs=1e-8)
    assert pair.same_customers == pytest.approx(10_000 * (0.5**0.25 - 1.0), abs=1e-8)


def test_the_value_of_information_of_the_catalogue() -> None:
    """A net gain of −10,000 ± 30,000: knowing it first is worth 7,627 (design note, computed independently).

    The chance of a gain is Φ(−1/3) = .3694 (any table of the normal distribution).
    """
    unsure = {"mean": 1, "sd": 3, "distribution": "normal"}
    plan = plan_of(
        [{"name": "x", "monthly_margin_change": unsure, "cost": 20_000}],
        customers=10_000,
        horizon_months=1,
    )
    result = plan.evaluate(draws=100_000)
    assert result.value_of_knowing_all == pytest.approx(7627, abs=0.5)
    assert result.initiatives[0].probability_of_gain == pytest.approx(0.3694, abs=5e-5)
    assert result.initiatives[0].net_value == pytest.approx(-10_000, abs=1)
    assert not result.worth_it
    assert result.chosen == ()


@pytest.mark.parametrize(
    ("given", "quantiles"),
    [
        ({"low": 1, "high": 3}, (1.0, 2.0, 3.0)),
        ({"low": 1, "high": 4, "distribution": "lognormal"}, (1.0, 2.0, 4.0)),
        ({"low": 1, "high": 10, "distribution": "uniform"}, (1.0, 5.5, 10.0)),
        ({"mean": 0, "sd": 1}, (-1.644854, 0.0, 1.644854)),
        ({"mean": 2, "sd": 0}, (2.0, 2.0, 2.0)),
        ({"value": 7}, (7.0, 7.0, 7.0)),
    ],
)
def test_low_and_high_hold_nine_in_ten(given: dict[str, Any], quantiles: tuple[float, ...]) -> None:
    found = UncertainEffect(**given).quantile(np.array([0.05, 0.5, 0.95]), "normal")
    assert found == pytest.approx(quantiles, abs=5e-7)


@pytest.mark.parametrize("distribution", ["normal", "lognormal", "uniform"])
def test_mean_and_sd_are_those_of_the_distribution(distribution: str) -> None:
    effect = UncertainEffect(mean=2, sd=0.5, distribution=distribution)  # pyright: ignore[reportArgumentType]
    drawn = effect.quantile((np.arange(200_000) + 0.5) / 200_000, "normal")
    assert drawn.mean() == pytest.approx(2, rel=1e-5)
    assert drawn.std() == pytest.approx(0.5, rel=1e-3)
    assert effect.centre("normal") == 2
