"""Price rises and upgrades of simulated subscribers are found again, from episodes and billing tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models import scaled_hazard

FIRST = np.datetime64("2023-01", "M")
END = np.datetime64("2025-01", "M")


def recovered(fitted: rk.Fit[Any], truth: dict[str, float]) -> None:
    for name, value in truth.items():
        error = fitted.standard_errors[name]
        assert abs(fitted.model.parameters[name] - value) < 4.0 * error, name
        assert error < 0.25 * max(abs(value), 0.5), name  # and the data say a good deal about it


def billing(base: Any, upgrade: float, rise: float, n: int) -> dict[str, Any]:
    """Lines of subscribers who renew on the first of the month, some in a better plan from then on."""
    rng = np.random.default_rng(11)
    began = rng.integers(0, 20, n)
    better = rng.geometric(0.08, n)  # the renewal at which they take the better plan, if they come to it
    there, left = np.ones(n, np.bool_), np.full(n, -1)
    hazard = np.asarray(base.hazard(np.arange(1.0, 25.0)))
    for k in range(1, 25):
        month = began + k
        line = upgrade * (better < k) + rise * (month >= 16)  # May 2024
        goes = there & (rng.uniform(size=n) < -np.expm1(np.exp(line) * np.log1p(-hazard[k - 1])))
        left[goes & (month < 24)] = k
        there &= ~goes
    last = np.where(left < 0, 24 - began, left)
    upgraded = np.flatnonzero(better < last)
    who = np.append(np.arange(n), upgraded)
    start = FIRST + np.append(began, (began + better)[upgraded])
    stop = np.where(left < 0, 99, began + last)
    end = FIRST + np.append(np.where(better < last, began + better, stop), stop[upgraded])
    return {
        "id": who,
        "plan": np.repeat(["basic", "pro"], [n, upgraded.size]),
        "from": start.astype("datetime64[D]"),
        "to": np.where(end < END, end.astype("datetime64[D]"), np.datetime64("NaT", "D")),
    }


def test_a_price_rise_in_may_and_an_upgrade_are_found_in_a_billing_table() -> None:
    shape = rk.ShiftedBetaGeometric(alpha=1.0, beta=9.0)
    table = billing(shape, -0.6, 0.4, 12_000)
    named: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "plan": "plan"}
    base = rk.read_subscriptions(table, **named, observation_end="2024-12-31")
    cut = base.episodes("plan", changes={"price_rise": "2024-05-01"}, tenure="renewals")
    assert len(cut.data) < 1500 < 12_000 < cut.episodes
    family = rk.with_hazard_ratios(rk.ShiftedBetaGeometric, ["plan=pro", "price_rise"])
    fitted = rk.fit(family, cut)
    truth = {"hazard.plan=pro": -0.6, "hazard.price_rise": 0.4}
    recovered(fitted, truth)
    for name, value in {"alpha": 1.0, "beta": 9.0}.items():
        assert abs(fitted.model.parameters[name] - value) < 4.0 * fitted.standard_errors[name]
    # without the episodes the same customers seem to tire of the service
    plain = rk.fit(rk.ShiftedBetaGeometric, cut)
    assert rk.inference.likelihood_ratio_test(plain, fitted).p_value < 1e-12


@pytest.mark.parametrize(
    "base",
    [
        rk.Weibull(scale=14.0, shape=0.8),
        rk.LogLogistic(scale=9.0, shape=1.5),
        rk.Exponential(scale=12.0),
        rk.BetaDiscreteWeibull(alpha=1.0, beta=8.0, c=0.9),
        rk.models.WithShares(rk.Geometric(theta=0.1), one_and_done=0.15),
    ],
    ids=lambda m: type(m).__name__,
)
def test_what_changes_at_a_tenure_of_each_customers_own_is_found(base: Any) -> None:
    rng, n = np.random.default_rng(12), 9000
    pro, change = rng.integers(0, 2, n).astype(float), rng.integers(2, 9, n).astype(float)
    before = scaled_hazard(base, np.exp(-0.4 * pro)).sample(change, seed=rng)
    stayed = before.event == 0.0
    later = scaled_hazard(base, np.exp(-0.4 * pro + 0.5)[stayed])
    after = later.sample(np.full(int(stayed.sum()), 15.0), entry=change[stayed], seed=rng)
    z = {
        "pro": np.append(pro, pro[stayed]),
        "dearer": np.repeat([0.0, 1.0], [n, int(stayed.sum())]),
    }
    family = rk.with_hazard_ratios(base.family, list(z))
    fitted = rk.fit(family, rk.Described(before.joined([after]), z))
    recovered(fitted, {"hazard.pro": -0.4, "hazard.dearer": 0.5})


def test_simulated_lifetimes_are_those_of_the_scaled_survival() -> None:
    base = rk.models.WithShares(rk.ShiftedBetaGeometric(alpha=0.5, beta=2.0), one_and_done=0.1, cured=0.2)
    model, n = scaled_hazard(base, 0.7), 40_000
    entry = np.repeat([0.0, 3.0], n // 2)
    seen = model.sample(np.full(n, 1e9), entry=entry, seed=13)
    for first in (0.0, 3.0):
        for t in (1.0, 2.0, 5.0, 40.0, 3000.0):
            share = float(np.mean(seen.duration[entry == first] > first + t))
            expected = float(model.survival(first + t, given=first))
            assert abs(share - expected) < 4.5 * np.sqrt(expected * (1.0 - expected) / (n / 2))
