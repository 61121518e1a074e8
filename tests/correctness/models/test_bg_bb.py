"""BG/BB meets the published numbers, and 50-digit arithmetic over its whole domain."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from accuracy_tables import read

import retainkit as rk
from retainkit.models.purchasing.bg_bb import BGBB

HERE = Path(__file__).parents[2] / "reference"
REFERENCE = tomllib.loads((HERE / "bg_bb.toml").read_text())
OPTIMUM = REFERENCE["optimum"][0]


def donations() -> rk.Opportunities:
    path = next(f.locate() for f in distribution("lifetimes").files or [] if f.name == OPTIMUM["file"])
    table = np.genfromtxt(str(path), delimiter=",", names=True)
    return rk.Opportunities(
        frequency=table["frequency"],
        recency=table["recency"],
        periods=table["periods"],
        weight=table["weights"],
        unit="year",
    )


def customer_of(case: dict[str, Any]) -> rk.Opportunities:
    x, last, n = case["customer"]
    return rk.Opportunities(frequency=x, recency=last, periods=n)


# -- published ------------------------------------------------------------------------------------------


def test_the_fit_to_the_donations_is_the_published_one() -> None:
    data = donations()
    assert data.customers == OPTIMUM["customers"]
    fitted = rk.fit(BGBB, data)
    for name, value in OPTIMUM["parameters"].items():
        assert fitted.model.parameters[name] == pytest.approx(value, abs=OPTIMUM["parameter_digit"]), name
    digit = OPTIMUM["log_likelihood_digit"]
    assert fitted.log_likelihood == pytest.approx(OPTIMUM["log_likelihood"], abs=digit / 2)
    assert fitted.model.unit == "year"


def test_the_optimum_is_one_to_forty_digits() -> None:
    """The score in 40-digit arithmetic promises no further move in the ninth digit."""
    data = donations()
    fitted = rk.fit(BGBB, data)

    with mp.workdps(40):
        theta = [mp.mpf(v) for v in fitted.model.parameters.values()]

        def total(*parameters: Any) -> Any:
            rows = zip(data.frequency, data.recency, data.periods, data.weight, strict=True)
            return sum(w * exact_log_likelihood(parameters, int(x), int(t), int(n)) for x, t, n, w in rows)

        orders = [tuple(int(i == j) for j in range(4)) for i in range(4)]
        score = [float(mp.diff(total, theta, order)) for order in orders]
    np.testing.assert_allclose(fitted.covariance @ np.array(score), 0.0, atol=1e-8)


def exact_log_likelihood(parameters: Any, x: int, last: int, n: int) -> Any:
    """The sum over the time of death, term by term as printed."""
    a, b, c, d = parameters
    alive = mp.beta(a + x, b + n - x) * mp.beta(c, d + n)
    gone = (mp.beta(a + x, b + k - x) * mp.beta(c + 1, d + k) for k in range(last, n))
    return mp.log((alive + sum(gone)) / (mp.beta(a, b) * mp.beta(c, d)))


@pytest.mark.parametrize("case", REFERENCE["paper"], ids=lambda c: c["who"])
def test_expected_donations_of_the_papers_donors(case: dict[str, Any]) -> None:
    found = BGBB(**case["parameters"]).expected_purchases(customer_of(case), case["horizon"])
    assert found[0] == pytest.approx(case["expected_purchases"], abs=case["digit"] / 2)


def test_probability_alive_where_a_peer_underflows() -> None:
    case = REFERENCE["underflow"]
    found = BGBB(**case["parameters"]).probability_alive(customer_of(case))
    assert found[0] == pytest.approx(case["probability_alive"], abs=case["digit"] / 2)


@pytest.mark.parametrize("case", REFERENCE["not_reproduced"], ids=lambda c: c["case"])
def test_where_a_listed_value_is_not_met_the_sum_over_opportunities_is(case: dict[str, Any]) -> None:
    x, last, n = case["customer"]
    with mp.workdps(40):
        theta = [mp.mpf(v) for v in OPTIMUM["parameters"].values()]
        a, b, c, d = theta
        ahead = (mp.beta(a + x + 1, b + n - x) * mp.beta(c, d + n + j) for j in range(1, case["horizon"] + 1))
        expected = sum(ahead) / (
            mp.beta(a, b) * mp.beta(c, d) * mp.exp(exact_log_likelihood(theta, x, last, n))
        )
    found = BGBB(**OPTIMUM["parameters"]).expected_purchases(customer_of(case), case["horizon"])[0]
    assert found == pytest.approx(float(expected), rel=1e-12)
    assert found == pytest.approx(case["listed_expected_purchases"], rel=1e-4)


# -- fifty digits, over the domain that users' data can reach -------------------------------------------


@cache
def points() -> dict[str, np.ndarray[Any, Any]]:
    found = read("bg_bb")
    assert found["x"].size == 250
    return found


@cache
def model() -> BGBB:
    """One customer at each place."""
    return BGBB(*(points()[name] for name in BGBB.names()), unit="week")


@cache
def customers() -> rk.Opportunities:
    at = points()
    return rk.Opportunities(frequency=at["x"], recency=at["t_x"], periods=at["n"], unit="week")


def check(found: Any, name: str) -> None:
    np.testing.assert_allclose(found, points()[name], rtol=1e-10, atol=1e-300)


def test_likelihood_and_score() -> None:
    value, score = model().log_likelihood_and_score(customers().entrywise())
    np.testing.assert_allclose(value, points()["log_likelihood"], rtol=1e-10, atol=1e-8)
    for own, name in zip(score, ("d_alpha", "d_beta", "d_gamma", "d_delta"), strict=True):
        np.testing.assert_allclose(own, points()[name], rtol=1e-7, atol=1e-12)


def test_probability_alive_now_and_ahead() -> None:
    check(model().probability_alive(customers()), "alive")
    check(model().probability_alive(customers(), points()["horizon"]), "alive_ahead")


def test_expected_purchases() -> None:
    check(model().expected_purchases(customers(), points()["horizon"]), "expected")
    check(model().expected_purchases_new(points()["horizon"]), "expected_new")


def test_purchase_pmf() -> None:
    check(model().purchase_pmf(points()["count"], points()["horizon"]), "pmf")
    check(model().purchase_pmf_given(customers(), points()["count"], points()["horizon"]), "pmf_given")


def test_discounted_purchases_with_and_without_end() -> None:
    found = np.empty((2, 250))
    for i, force in enumerate(points()["force"]):
        model = BGBB(*(points()[name][i] for name in BGBB.names()), unit="week")
        x, last, n = (points()[name][i] for name in ("x", "t_x", "n"))
        customer = rk.Opportunities(frequency=x, recency=last, periods=n)
        rate = rk.Rate(float(force), per="week", kind="continuous", meant=True)
        found[0, i] = model.discounted_expected_purchases(customer, rate, points()["horizon"][i])[0]
        found[1, i] = model.discounted_expected_purchases(customer, rate)[0]
    check(found[0], "discounted")
    check(found[1], "endless")


# -- singular points ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [1.0, 1.0 + 1e-13, 1.0 - 1e-9, 0.999])
@pytest.mark.parametrize("horizon", [1, 2, 40, 3000])
def test_the_singular_point_of_the_closed_form(gamma: float, horizon: int) -> None:
    with mp.workdps(40):
        c, d = mp.mpf(gamma), mp.mpf(2.5)
        truth = (
            mp.mpf(1.2)
            / (mp.mpf(1.2) + mp.mpf(0.8))
            * sum(mp.beta(c, d + j) / mp.beta(c, d) for j in range(1, horizon + 1))
        )
    found = BGBB(1.2, 0.8, gamma, 2.5).expected_purchases_new(horizon)
    assert found == pytest.approx(float(truth), rel=1e-12)


def test_purchases_without_end_are_infinite_or_a_closed_form() -> None:
    donor = rk.Opportunities(frequency=4, recency=5, periods=6)
    for gamma in (0.3, 1.0):
        assert BGBB(1.2, 0.8, gamma, 2.5).expected_purchases_new(np.inf) == np.inf
        assert BGBB(1.2, 0.8, gamma, 2.5).expected_purchases(donor, np.inf)[0] == np.inf
    model = BGBB(1.2, 0.8, 1.5, 2.5)
    assert model.expected_purchases_new(np.inf) == pytest.approx(0.6 * 2.5 / 0.5, rel=1e-14)
    expected = model.probability_alive(donor)[0] * 5.2 / 8.0 * 8.5 / 0.5
    assert model.expected_purchases(donor, np.inf)[0] == pytest.approx(expected, rel=1e-14)
