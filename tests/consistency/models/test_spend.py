"""Gamma-Gamma agrees with its limits, with simulation and with integrals over customers."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

import retainkit as rk

MODEL = rk.GammaGamma(p=6.25, q=3.744, v=15.44)


@pytest.mark.slow
@pytest.mark.parametrize(("x", "z"), [(1, 11.77), (2, 22.35), (40, 3.5), (3, 900.0)])
def test_likelihood_is_the_integral_over_customers(x: int, z: float) -> None:
    """The density of the mean of x gamma purchases, integrated over the gamma of the customers' rates."""
    p, q, v = (mp.mpf(value) for value in MODEL.parameters.values())
    with mp.workdps(30):

        def joint(rate: mp.mpf) -> mp.mpf:
            shape, scale = p * x, rate * x
            purchases = scale**shape * mp.mpf(z) ** (shape - 1) * mp.e ** (-scale * z) / mp.gamma(shape)
            return purchases * v**q * rate ** (q - 1) * mp.e ** (-v * rate) / mp.gamma(q)

        peak = (p * x + q) / (v + x * mp.mpf(z))
        truth = mp.log(mp.quad(joint, [0, *(peak * mp.mpf(2) ** j for j in range(-6, 6)), mp.inf]))
    found = MODEL.log_likelihood(rk.Spend(frequency=x, monetary_value=z))[0]
    assert found == pytest.approx(float(truth), rel=1e-10)


def test_a_customer_with_much_history_is_expected_to_spend_as_before() -> None:
    loyal = rk.Spend(frequency=100_000, monetary_value=77.0)
    assert MODEL.expected_spend(loyal)[0] == pytest.approx(77.0, rel=1e-4)
    assert MODEL.median_spend(loyal)[0] == pytest.approx(77.0, rel=1e-4)


def test_a_customer_without_history_is_a_new_customer() -> None:
    unknown = rk.Spend(frequency=0, monetary_value=0.0)
    assert (
        MODEL.expected_spend(unknown)[0] == MODEL.expected_spend_new() == pytest.approx(6.25 * 15.44 / 2.744)
    )
    assert MODEL.median_spend(unknown)[0] == MODEL.median_spend_new()
    assert MODEL.log_likelihood(unknown)[0] == 0.0


def test_simulated_spend_has_the_expected_mean_and_median() -> None:
    spend = MODEL.sample(np.full(400_000, 5), seed=3)
    mean, error = spend.monetary_value.mean(), spend.monetary_value.std() / math.sqrt(400_000)
    assert abs(mean - MODEL.expected_spend_new()) < 4.0 * error
    many = MODEL.sample(np.full(100_000, 3000), seed=4).monetary_value  # the mean of 3,000 is their own mean
    below = (many < MODEL.median_spend_new()).mean()
    assert abs(below - 0.5) < 4.0 * math.sqrt(0.25 / 100_000)


def test_an_infinite_mean_is_said_and_the_median_stays_finite() -> None:
    heavy = rk.GammaGamma(p=2.0, q=0.8, v=10.0)
    assert heavy.expected_spend_new() == math.inf
    some = rk.Spend(frequency=[0, 1], monetary_value=[0.0, 30.0])
    assert heavy.expected_spend(some)[0] == math.inf
    assert heavy.expected_spend(some)[1] == pytest.approx(2.0 * 40.0 / 1.8)
    assert np.all(np.isfinite(heavy.median_spend(some)))
    assert heavy.median_spend_new() > 0.0


def test_at_q_equal_to_one_the_mean_is_infinite() -> None:
    assert rk.GammaGamma(p=2.0, q=1.0, v=10.0).expected_spend_new() == math.inf
