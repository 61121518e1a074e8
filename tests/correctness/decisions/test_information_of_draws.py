"""What it is worth to know more, from draws of a posterior: against closed forms and exact enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import beta, betabinom

import retainkit as rk
from retainkit.decisions import evpi, evpi_of_draws, evppi_of_draws, evsi, evsi_of_draws

MANY = 20_000
RNG = np.random.default_rng(3)
NORMAL = RNG.standard_normal(MANY)
NORMAL = (NORMAL - NORMAL.mean()) / NORMAL.std()
LEFT, SEEN = 100, 2000
COST = 1_040.0


def gain_of(churn: Any) -> Any:
    """Of winning a customer who brings 50 a month until he leaves."""
    return 50.0 / churn - COST


def exact_evsi(n: int) -> float:
    """Of seeing how many of `n` more leave, by enumeration: E[50/θ | a, b] = 50·(a + b − 1)/(a − 1)."""
    a, b = LEFT + 0.5, SEEN - LEFT + 0.5
    k = np.arange(n + 1)
    mean = 50.0 * (a + b + n - 1.0) / (a + k - 1.0) - COST
    now = 50.0 * (a + b - 1.0) / (a - 1.0) - COST
    return float(betabinom.pmf(k, n, a, b) @ np.maximum(mean, 0.0) - max(now, 0.0))


def test_of_normal_gains_it_is_the_closed_form() -> None:
    for mean, sd in ((-10_000.0, 30_000.0), (4_000.0, 9_000.0)):
        gains = mean + sd * NORMAL
        # a fold's mean over so many draws errs by sd/√draws at most
        near: dict[str, Any] = {"abs": 4.0 * sd / np.sqrt(MANY)}
        assert evpi_of_draws(gains) == pytest.approx(evpi(mean, sd=sd), **near)
        for n in (50.0, 500.0, 5_000.0):
            closed = evsi(mean, sd=sd, standard_error=sd * np.sqrt(1_000.0 / n))
            assert evsi_of_draws(gains, customers=1_000, n=n) == pytest.approx(closed, **near)


@pytest.mark.parametrize(("n", "off"), [(200, 0.2), (2_000, 0.01), (20_000, 0.005)])
def test_of_a_churn_it_is_the_enumeration_of_what_may_be_seen(n: int, off: float) -> None:
    """Of 200 customers ten leave, more or less: no normal estimate, and a sixth too much."""
    churn = rk.Draws(beta(LEFT + 0.5, SEEN - LEFT + 0.5).ppf((np.arange(MANY) + 0.5) / MANY))
    gain, exact = gain_of(churn), exact_evsi(n)
    assert exact > 0.5
    assert evsi_of_draws(gain, customers=SEEN, n=n) == pytest.approx(exact, rel=off)
    # the same by simulation: what each draw would show
    seen = np.random.default_rng(1).binomial(n, np.asarray(churn))
    simulated = evppi_of_draws(gain, seen)
    assert simulated == pytest.approx(exact, abs=4.0 * float(gain.std()) / np.sqrt(MANY))


def test_of_several_options_it_is_that_of_two_where_the_others_are_worse() -> None:
    gains = np.column_stack([3.0 * NORMAL - 1.0, np.zeros(MANY)])
    hopeless = np.column_stack([gains, np.full(MANY, -100.0)])
    for n in (100.0, 1_000.0, np.inf):
        two = evsi_of_draws(gains, customers=1_000, n=n)
        three = evsi_of_draws(hopeless, customers=1_000, n=n)
        assert three == pytest.approx(two, abs=4.0 * 3.0 / np.sqrt(MANY))
        assert evsi_of_draws(gains[:, 0], customers=1_000, n=n) == pytest.approx(two, rel=1e-12)


def test_it_rises_from_nothing_to_perfect_information() -> None:
    gain = gain_of(rk.churn_posterior(LEFT, SEEN, seed=1))
    worth = evsi_of_draws(gain, customers=SEEN, n=[0.0, 1.0, 100.0, 1e4, 1e8, np.inf])
    assert worth[0] == 0.0
    assert np.all(np.diff(worth) >= 0.0)
    assert worth[-1] == pytest.approx(evpi_of_draws(gain), abs=1e-9)


def test_knowing_one_of_two_is_the_closed_form_and_knowing_both_is_perfect() -> None:
    """Gain = x + y − 1, both normal: knowing x alone is a normal regret with sd 2."""
    x, y = 2.0 * NORMAL, 3.0 * np.random.default_rng(4).standard_normal(MANY)
    gain = x + y - 1.0
    near: dict[str, Any] = {"abs": 4.0 * float(gain.std()) / np.sqrt(MANY)}
    assert evppi_of_draws(gain, x) == pytest.approx(evpi(-1.0, sd=2.0), **near)
    assert evppi_of_draws(gain, y) == pytest.approx(evpi(-1.0, sd=3.0), **near)
    assert evppi_of_draws(gain, np.column_stack([x, y])) == pytest.approx(evpi_of_draws(gain), **near)
    assert evppi_of_draws(gain, np.ones(MANY)) == 0.0  # what is known already
    noise = np.random.default_rng(5).standard_normal(MANY)
    assert evppi_of_draws(gain, noise) < 0.01 * evpi_of_draws(gain)


@pytest.mark.slow
def test_a_posterior_s_gain_is_worth_as_much_as_refitting_would_find() -> None:
    """Which of two offers to make, by the posterior of a subscriber's value: the sample is refitted.

    The geometric model's posterior after n more customers is known but for its prior: θ | data is normal on
    the logit scale there, so that the mean of each refitted posterior is told by the draws of its data.
    """
    truth = rk.Geometric(theta=0.1, unit="month")
    data = truth.sample([12.0] * 150, seed=1)
    known = rk.posterior(rk.Geometric, data, seed=1)
    rate = rk.Rate(0.1, per="year")
    value: Any = rk.Draws(20.0 * np.ravel(np.asarray(known.model.discounted_expected_lifetime(rate))))
    gain = value - float(value.mean()) - 2.0
    worth = evsi_of_draws(gain, customers=known.customers, n=150)
    assert 0.0 < worth < evpi_of_draws(gain)
    refitted: list[float] = []
    rng = np.random.default_rng(2)
    for theta in np.asarray(known.model.theta)[::80, 0]:
        more = rk.Geometric(theta=float(theta), unit="month").sample([12.0] * 150, seed=rng)
        again = rk.posterior(rk.Geometric, data.joined([more]), seed=rng, draws=200)
        worth_then = 20.0 * np.asarray(again.model.discounted_expected_lifetime(rate))
        refitted.append(max(float(worth_then.mean() - value.mean()) - 2.0, 0.0))
    error = np.std(refitted) / np.sqrt(len(refitted))
    assert worth == pytest.approx(np.mean(refitted), abs=4.0 * float(error))
