"""Pareto/NBD meets the published numbers, and 40-digit arithmetic where other programs fail."""

from __future__ import annotations

import math
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import retainkit as rk
from retainkit.ingest.examples import load_cdnow
from retainkit.models.purchasing.pareto_nbd import ParetoNBD

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "pareto_nbd.toml").read_text())
A_TENTH_A_YEAR = rk.Rate(math.log(1.1) / 52.0, per="week", kind="continuous")


def model_of(case: dict[str, Any]) -> ParetoNBD:
    return ParetoNBD(**case["parameters"], unit="week")


def customer_of(case: dict[str, Any]) -> rk.Purchases:
    frequency, recency, T = case["customer"]
    return rk.Purchases(frequency=frequency, recency=recency, T=T, unit="week")


def cdnow(case: dict[str, Any]) -> rk.Purchases:
    columns = load_cdnow(case["file"])
    early = columns["date"] <= np.datetime64(case["until"])
    return rk.summarize_transactions(
        {name: column[early] for name, column in columns.items()},
        customer_id="customer_id",
        date="date",
        unit="week",
        observation_end=case["until"],
    ).purchases


@pytest.mark.parametrize("case", REFERENCE["optimum"], ids=lambda c: c["file"])
def test_fits_on_cdnow_end_at_the_published_optima(case: dict[str, Any]) -> None:
    data = cdnow(case)
    assert len(data) == case["customers"]
    fitted = rk.fit(ParetoNBD, data)
    for name, value in case["parameters"].items():
        assert fitted.model.parameters[name] == pytest.approx(value, abs=case["parameter_digit"]), name
    digit = case["log_likelihood_digit"]
    assert fitted.log_likelihood == pytest.approx(case["log_likelihood"], abs=digit / 2)


def test_the_fit_on_the_file_rounded_to_two_decimals() -> None:
    files = distribution("lifetimes").files or []
    path = next(f.locate() for f in files if f.name == "cdnow_customers_summary_with_transactions.csv")
    table = np.genfromtxt(str(path), delimiter=",", names=True)
    data = rk.Purchases(frequency=table["x"], recency=table["t_x"], T=table["T"])
    case = REFERENCE["rounded_file"]
    found = rk.fit(ParetoNBD, data).log_likelihood
    assert found == pytest.approx(case["log_likelihood"], abs=case["log_likelihood_digit"] / 2)


@pytest.mark.parametrize("case", REFERENCE["discounted"], ids=lambda c: str(c["customer"]))
def test_discounted_expected_transactions_are_the_published_ones(case: dict[str, Any]) -> None:
    found = model_of(case).discounted_expected_purchases(customer_of(case), A_TENTH_A_YEAR)
    assert found[0] == pytest.approx(case["expected"], abs=case["digit"] / 2)


@pytest.mark.parametrize("case", REFERENCE["extreme"], ids=lambda c: c["case"])
def test_frequent_buyers_and_long_lifetimes(case: dict[str, Any]) -> None:
    model, customer = model_of(case), customer_of(case)
    assert model.log_likelihood(customer)[0] == pytest.approx(case["log_likelihood"], rel=1e-13)
    assert model.probability_alive(customer)[0] == pytest.approx(case["probability_alive"], rel=1e-12)


def test_nothing_is_singular_at_s_1() -> None:
    case = REFERENCE["singular"]
    found = model_of(case).expected_purchases(customer_of(case), case["horizon"])[0]
    assert found == pytest.approx(case["expected_purchases"], abs=0.5e-11)


@pytest.mark.parametrize("case", REFERENCE["not_reproduced"], ids=lambda c: c["case"])
def test_where_a_listed_value_is_not_met_forty_digits_are(case: dict[str, Any]) -> None:
    model, customer = model_of(case), customer_of(case)
    with mp.workdps(40):
        r, alpha, s, beta = (mp.mpf(v) for v in model.parameters.values())
        x, t_x, T = (mp.mpf(v) for v in case["customer"])
        stayed = (alpha + T) ** -(r + x) * (beta + T) ** -s
        left = s * mp.quad(lambda u: (alpha + u) ** -(r + x) * (beta + u) ** -(s + 1), mp.linspace(t_x, T, 5))
        alive = stayed / (stayed + left)
        grown = (1 - ((beta + T) / (beta + T + case["horizon"])) ** (s - 1)) / (s - 1)
        expected = alive * (r + x) * (beta + T) / (alpha + T) * grown
    assert model.probability_alive(customer)[0] == pytest.approx(float(alive), rel=1e-13)
    assert model.expected_purchases(customer, case["horizon"])[0] == pytest.approx(float(expected), rel=1e-12)


def test_scores_at_the_extremes_are_the_slopes_of_40_digits() -> None:
    """Central differences of the likelihood in 60 digits, the integral by quadrature on doubling steps."""

    def exact(theta: list[Any], x: int, t_x: Any, T: Any) -> Any:
        r, alpha, s, beta = theta
        step = (alpha + t_x) / (r + x) / 4
        edges = [t_x, *(t_x + step * 2**k for k in range(40) if t_x + step * 2**k < T), T]
        left = s * mp.quad(lambda u: (alpha + u) ** -(r + x) * (beta + u) ** -(s + 1), edges)
        both = left + (alpha + T) ** -(r + x) * (beta + T) ** -s
        return mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta) + mp.log(both)

    for case in REFERENCE["extreme"]:
        _, score = model_of(case).log_likelihood_and_score(customer_of(case))
        with mp.workdps(60):
            theta = [mp.mpf(v) for v in case["parameters"].values()]
            x, t_x, T = case["customer"]
            for i, value in enumerate(theta):
                h = value * mp.mpf(10) ** -20
                up, down = (
                    exact([*theta[:i], value + d, *theta[i + 1 :]], x, mp.mpf(t_x), mp.mpf(T))
                    for d in (h, -h)
                )
                assert score[i, 0] == pytest.approx(float((up - down) / (2 * h)), rel=1e-9)


def test_the_expected_lifetime_is_infinite_for_s_up_to_1() -> None:
    mortal = ParetoNBD(r=0.5, alpha=10.0, s=3.0, beta=20.0)
    assert mortal.expected_purchases_new(math.inf) == pytest.approx(0.05 * 20.0 / 2.0, rel=1e-14)
    for s in (0.3, 1.0):
        assert ParetoNBD(r=0.5, alpha=10.0, s=s, beta=20.0).expected_purchases_new(math.inf) == math.inf


def test_agrees_with_lifetimes_where_lifetimes_is_right() -> None:
    lifetimes = pytest.importorskip("lifetimes")
    import pandas as pd

    model = ParetoNBD(**REFERENCE["optimum"][0]["parameters"])
    peer = lifetimes.ParetoNBDFitter()
    peer.params_ = pd.Series(model.parameters)
    x, t_x, T = (
        np.array([0, 1, 2, 7, 26.0]),
        np.array([0, 3, 30.43, 20, 30.86]),
        np.array([38, 39, 38.86, 27, 31]),
    )
    customers = rk.Purchases(frequency=x, recency=t_x, T=T)
    alive, expected = model.probability_alive(customers), model.expected_purchases(customers, 39.0)
    np.testing.assert_allclose(alive, peer.conditional_probability_alive(x, t_x, T), rtol=1e-9)
    theirs = peer.conditional_expected_number_of_purchases_up_to_time(39.0, x, t_x, T)
    np.testing.assert_allclose(expected, theirs, rtol=1e-9)
    ahead = [
        peer.conditional_probability_of_n_purchases_up_to_time(2, 39.0, *c)
        for c in zip(x, t_x, T, strict=True)
    ]
    np.testing.assert_allclose(model.purchase_pmf_given(customers, 2, 39.0), ahead, rtol=1e-7)
