"""Values of policies cover the truth as often as their intervals say, in 1,000 simulated experiments each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.special import expit

from retainkit.decisions.targeting.policy_value import policy_value
from retainkit.decisions.targeting.uplift_curves import uplift_curve
from retainkit.typing import Array

RUNS, CUSTOMERS = 1000, 1000
VALUE, COST = 200.0, 8.0
LOW, HIGH = 0.87, 0.93


class World(NamedTuple):
    """Customers with a risk x, and what they bring: the treatment helps the risky and annoys the safe."""

    x: Array
    untreated: Array
    treated: Array

    @property
    def rule(self) -> Array:
        return (self.x > 0.2).astype(float)


def world(x: Array) -> World:
    churn = expit(x - 1.0)
    churn_treated = np.clip(churn - 0.15 * (x > 0) + 0.05 * (x < -0.5), 0, 1)
    return World(x, VALUE * (1 - churn), VALUE * (1 - churn_treated) - COST)


def experiment(seed: int) -> tuple[World, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    people = world(rng.normal(size=CUSTOMERS))
    propensity = expit(0.5 * people.x)  # the risky are treated more often: not a plain comparison of means
    treated = rng.random(CUSTOMERS) < propensity
    stays = rng.random(CUSTOMERS) < np.where(treated, people.treated + COST, people.untreated) / VALUE
    return people, {
        "treated": treated,
        "outcome": VALUE * stays - COST * treated,
        "propensity": propensity,
    }


def truth() -> World:
    """The whole population, as a fine grid of normal quantiles."""
    from scipy.special import ndtri

    return world(ndtri((np.arange(1_000_000) + 0.5) / 1_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["inverse-propensity", "normalized", "doubly-robust"])
def test_intervals_of_90_percent_hold_the_truth_in_87_to_93(method: Any) -> None:
    whole = truth()
    real = np.where(whole.rule == 1.0, whole.treated, whole.untreated).mean()
    targets = [real, real - whole.untreated.mean(), real - whole.treated.mean()]
    held = np.zeros(3)
    for seed in range(RUNS):
        people, data = experiment(seed)
        found = policy_value(
            people.rule,
            method=method,
            predicted_untreated=0.9 * people.untreated,  # wrong, as models are
            predicted_treated=0.9 * people.untreated + 5.0,
            level=0.9,
            **data,
        )
        bounds = [e.interval for e in (found.value, found.over_nobody, found.over_everybody)]
        held += [low <= target <= high for (low, high), target in zip(bounds, targets, strict=True)]
    assert np.all((held / RUNS > LOW) & (held / RUNS < HIGH)), held / RUNS


def test_the_normalized_and_the_doubly_robust_value_are_less_noisy_and_a_naive_mean_is_wrong() -> None:
    whole = truth()
    real = np.where(whole.rule == 1.0, whole.treated, whole.untreated).mean()
    found: dict[str, list[float]] = {"inverse-propensity": [], "normalized": [], "doubly-robust": []}
    naive: list[float] = []
    for seed in range(200):
        people, data = experiment(seed)
        followed = data["treated"] == (people.rule == 1.0)
        naive.append(data["outcome"][followed].mean())
        for method, values in found.items():
            guess = {"predicted_untreated": people.untreated, "predicted_treated": people.treated}
            values.append(policy_value(people.rule, method=method, **guess, **data).value.value)  # type: ignore[arg-type]
    spread = {method: np.std(values) for method, values in found.items()}
    assert spread["normalized"] < 0.8 * spread["inverse-propensity"]
    assert spread["doubly-robust"] < spread["normalized"]
    for method, values in found.items():
        assert abs(np.mean(values) - real) < 4 * spread[method] / np.sqrt(200)
    assert abs(np.mean(naive) - real) > 3 * np.std(naive) / np.sqrt(200)


@pytest.mark.slow
def test_the_qini_coefficient_is_found_and_its_interval_is_on_the_safe_side() -> None:
    whole = truth()
    effect = (whole.treated + COST - whole.untreated)[np.argsort(-whole.x)]
    curve = np.concatenate([[0.0], np.cumsum(effect)]) / effect.size
    qini = np.trapezoid(curve, dx=1.0 / effect.size) - 0.5 * curve[-1]
    for method in ("normalized", "inverse-propensity"):
        held, values = 0, list[float]()
        for seed in range(500):
            people, data = experiment(seed)
            gross = data["outcome"] + COST * data["treated"]
            found = uplift_curve(people.x, method=method, **(data | {"outcome": gross}))  # type: ignore[arg-type]
            low, high = found.qini.interval
            held += bool(low <= qini <= high)
            values.append(found.qini.value)
        assert held / 500 > LOW
        assert abs(np.mean(values) - qini) < 4 * np.std(values) / np.sqrt(500)
