"""BG/NBD meets the published numbers, its singular points and 40-digit arithmetic."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import retainkit as rk

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "bg_nbd.toml").read_text())


def model_of(case: dict[str, Any]) -> rk.BGNBD:
    return rk.BGNBD(**case["parameters"])


def customer_of(case: dict[str, Any]) -> rk.Purchases:
    frequency, recency, T = case["customer"]
    return rk.Purchases(frequency=frequency, recency=recency, T=T)


def test_expected_purchases_of_the_papers_customer() -> None:
    case = REFERENCE["paper"]
    found = model_of(case).expected_purchases(customer_of(case), case["horizon"])
    assert found[0] == pytest.approx(case["expected_purchases"], abs=case["digit"] / 2)


def test_expected_purchases_of_a_new_customer_follow_the_published_curve() -> None:
    case = REFERENCE["paper_curve"]
    found = np.asarray(model_of(case).expected_purchases_new(case["t"]))
    np.testing.assert_allclose(found, case["expected_purchases"], atol=case["digit"] / 2)


@pytest.mark.parametrize("case", REFERENCE["singular"], ids=lambda c: c["case"])
def test_singular_points_are_exact(case: dict[str, Any]) -> None:
    model = model_of(case)
    if "customer" in case:
        found = model.expected_purchases(customer_of(case), case["horizon"])[0]
    else:
        found = model.expected_purchases_new(case["horizon"])
    assert found == pytest.approx(case["expected_purchases"], rel=1e-13)


def test_the_probability_of_180_purchases_is_a_number() -> None:
    case = REFERENCE["large_count"]
    found = model_of(case).purchase_pmf(case["n"], case["horizon"])
    assert found == pytest.approx(case["probability"], rel=1e-12)


# -- forty digits, over the domain that users' data can reach -------------------------------------------


def domain(seed: int, n: int) -> list[tuple[rk.BGNBD, int, float, float, float]]:
    """Models and customers over parameters .01 … 1000, frequency 0 … 5000, times up to 10,000."""
    rng = np.random.default_rng(seed)
    drawn: list[tuple[rk.BGNBD, int, float, float, float]] = []
    for _ in range(n):
        r, alpha, a, b = np.exp(rng.uniform(np.log(0.01), np.log(1000.0), 4))
        x = int(np.exp(rng.uniform(0.0, np.log(5001.0)))) - 1
        T = float(np.exp(rng.uniform(np.log(0.1), np.log(10_000.0))))
        t_x = T * float(rng.uniform()) if x else 0.0
        horizon = float(np.exp(rng.uniform(np.log(0.1), np.log(10_000.0))))
        drawn.append((rk.BGNBD(r=float(r), alpha=float(alpha), a=float(a), b=float(b)), x, t_x, T, horizon))
    return drawn


def exactly(model: rk.BGNBD) -> tuple[mp.mpf, mp.mpf, mp.mpf, mp.mpf]:
    return tuple(mp.mpf(v) for v in model.parameters.values())  # type: ignore[return-value]


def exact_log_likelihood(model: rk.BGNBD, x: int, t_x: Any, T: Any) -> tuple[Any, Any]:
    """ln of eq. (6) and the probability to be alive, term by term as printed."""
    r, alpha, a, b = exactly(model)
    t_x, T = mp.mpf(t_x), mp.mpf(T)
    common = mp.gamma(r + x) / mp.gamma(r) * alpha**r
    alive = mp.beta(a, b + x) / mp.beta(a, b) * (alpha + T) ** (-(r + x))
    left = mp.beta(a + 1, b + x - 1) / mp.beta(a, b) * (alpha + t_x) ** (-(r + x)) if x > 0 else mp.mpf(0)
    return mp.log(common) + mp.log(alive + left), alive / (alive + left)


def exact_growth(model: rk.BGNBD, x: int, T: float, horizon: float) -> Any:
    """Eqs (9) and (10) for a customer alive at T: the closed form, in digits enough for its cancellation."""
    r, alpha, a, b = exactly(model)
    r, alpha, b = r + x, alpha + mp.mpf(T), b + x
    z = mp.mpf(horizon)
    grown = (alpha / (alpha + z)) ** r * mp.hyp2f1(r, b, a + b - 1, z / (alpha + z))
    return (a + b - 1) / (a - 1) * (1 - grown)


@pytest.mark.parametrize("case", REFERENCE["not_reproduced"], ids=lambda c: c["case"])
def test_where_a_listed_value_is_not_met_the_closed_form_is(case: dict[str, Any]) -> None:
    model = model_of(case)
    x, t_x, T = case.get("customer", (0, 0.0, 0.0))
    customer = rk.Purchases(frequency=x, recency=t_x, T=T)
    with mp.workdps(120):
        alive = exact_log_likelihood(model, x, t_x, T)[1]
        expected = alive * exact_growth(model, x, T, case["horizon"])
    assert model.probability_alive(customer)[0] == pytest.approx(float(alive), rel=1e-12)
    found = model.expected_purchases(customer, case["horizon"])[0]
    assert found == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_likelihood_and_alive_agree_with_forty_digits(seed: int) -> None:
    with mp.workdps(40):
        for model, x, t_x, T, _ in domain(seed, 40):
            customer = rk.Purchases(frequency=x, recency=t_x, T=T)
            value, alive = exact_log_likelihood(model, x, t_x, T)
            assert model.log_likelihood(customer)[0] == pytest.approx(float(value), rel=1e-10, abs=1e-8)
            if alive > 1e-300:
                assert model.probability_alive(customer)[0] == pytest.approx(float(alive), rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_expected_purchases_agree_with_the_closed_form(seed: int) -> None:
    compared = 0
    with mp.workdps(120):
        for model, x, _, T, horizon in domain(100 + seed, 60):
            customer = rk.Purchases(frequency=x, recency=T if x else 0.0, T=T)
            try:
                truth = exact_growth(model, x, T, horizon)
            except (mp.mp.NoConvergence, ValueError, ZeroDivisionError):  # pyright: ignore[reportAttributeAccessIssue]
                continue  # the reference gave up, not we
            truth *= exact_log_likelihood(model, x, T if x else 0.0, T)[1]
            assert model.expected_purchases(customer, horizon)[0] == pytest.approx(float(truth), rel=1e-10)
            compared += 1
    assert compared > 40


def exact_mean(model: rk.BGNBD, x: int, function: Any) -> Any:
    """E[function(p)] for p ~ Beta(a, b + x), by quadrature in the log odds of p, split at the mode."""
    _, _, a, b = exactly(model)
    b = b + x

    def weighted(y: Any) -> Any:
        p = 1 / (1 + mp.e**-y)
        return p**a * (1 - p) ** b * function(p)

    centre = mp.log(a / b)
    spread = mp.sqrt(1 / a + 1 / b)
    steps = [centre + spread * k for k in (-60, -30, -16, -8, -4, -2, 0, 2, 4, 8, 16, 30, 60)]
    return mp.quad(weighted, [-mp.inf, *steps, mp.inf]) / mp.beta(a, b)


CASES = [
    (rk.BGNBD(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258), 2, 38.86, 156.5, 0.0018),
    (rk.BGNBD(r=0.2426, alpha=4.4135, a=1.0, b=2.4258), 0, 0.0, 39.0, 0.01),
    (rk.BGNBD(r=0.5, alpha=10.0, a=0.4, b=0.6), 0, 5.0, 520.0, 0.002),
    (rk.BGNBD(r=5.0, alpha=0.2, a=3.0, b=20.0), 40, 12.0, 5.0, 0.5),
    (rk.BGNBD(r=0.05, alpha=100.0, a=0.3, b=9.0), 1, 300.0, 3000.0, 1e-4),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_discounted_purchases_agree_with_a_double_integral(case: tuple[Any, ...]) -> None:
    model, x, T, horizon, force = case
    r, alpha, a, b = exactly(model)
    with mp.workdps(30):
        shape, scale, k = r + x, alpha + mp.mpf(T), mp.mpf(force)

        def density(u: Any) -> Any:  # purchases at time u: the rate of those who are still there
            there = mp.hyp2f1(shape + 1, a, a + b + x, -u / scale)
            return shape / scale * there * mp.e ** (-k * u)

        truth: Any = mp.quad(density, [0, *(mp.mpf(horizon) * 2**j for j in range(-12, 1))])
    rate = rk.Rate(force, per="week", kind="continuous")
    customer = rk.Purchases(frequency=x, recency=T if x else 0.0, T=T, unit="week")
    alive = model.probability_alive(customer)[0]
    found = model.discounted_expected_purchases(customer, rate, horizon)[0] / alive
    assert found == pytest.approx(float(truth), rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_survival_beyond_the_observation_agrees_with_quadrature(case: tuple[Any, ...]) -> None:
    model, x, T, horizon, _ = case
    r, alpha = mp.mpf(model.r) + x, mp.mpf(model.alpha) + mp.mpf(T)
    with mp.workdps(25):
        truth = exact_mean(model, x, lambda p: (1 + p * mp.mpf(horizon) / alpha) ** (-r))
    customer = rk.Purchases(frequency=x, recency=T if x else 0.0, T=T)
    found = model.probability_alive(customer, horizon)[0] / model.probability_alive(customer)[0]
    assert found == pytest.approx(float(truth), rel=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_pmf_agrees_with_forty_digits(seed: int) -> None:
    """Eq. (8) with the incomplete sum written out."""
    rng = np.random.default_rng(seed)
    with mp.workdps(60):
        for _ in range(30):
            r, alpha, a, b = (float(v) for v in np.exp(rng.uniform(np.log(0.05), np.log(50.0), 4)))
            n, t = int(rng.integers(0, 60)), float(np.exp(rng.uniform(0.0, 6.0)))
            R, A, share = mp.mpf(r), mp.mpf(alpha), mp.mpf(t) / (mp.mpf(alpha) + mp.mpf(t))
            nbd = [mp.rf(R, j) / mp.factorial(j) * (A / (A + t)) ** R * share**j for j in range(n + 1)]
            truth = mp.beta(a, mp.mpf(b) + n) / mp.beta(a, b) * nbd[n]
            if n > 0:
                truth += mp.beta(mp.mpf(a) + 1, mp.mpf(b) + n - 1) / mp.beta(a, b) * (1 - mp.fsum(nbd[:n]))
            found = rk.BGNBD(r=r, alpha=alpha, a=a, b=b).purchase_pmf(n, t)
            assert found == pytest.approx(float(truth), rel=1e-10)
