"""Gamma-Gamma meets 60-digit arithmetic over its whole domain, and a published correlation."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accuracy_tables import read

import retainkit as rk
from retainkit.validation.spend_independence import spend_independence

HERE = Path(__file__).parents[2] / "reference"
REFERENCE = tomllib.loads((HERE / "gamma_gamma.toml").read_text())


@cache
def points() -> dict[str, np.ndarray[Any, Any]]:
    found = read("gamma_gamma")
    assert found["x"].size == 250
    return found


@cache
def model() -> rk.GammaGamma:
    """One customer at each place."""
    return rk.GammaGamma(*(points()[name] for name in rk.GammaGamma.names()))


@cache
def customers() -> rk.Spend:
    return rk.Spend(frequency=points()["x"], monetary_value=points()["z"])


def check(found: Any, name: str) -> None:
    np.testing.assert_allclose(found, points()[name], rtol=1e-10, atol=1e-300)


def test_likelihood_and_score() -> None:
    value, score = model().log_likelihood_and_score(customers().entrywise())
    np.testing.assert_allclose(value, points()["log_likelihood"], rtol=1e-10, atol=1e-8)
    for own, name in zip(score, ("d_p", "d_q", "d_v"), strict=True):
        np.testing.assert_allclose(own, points()[name], rtol=1e-7, atol=1e-10)


def test_expected_spend() -> None:
    check(model().expected_spend(customers()), "expected")


@pytest.mark.parametrize("of", ["purchase", "mean"])
def test_the_whole_distribution(of: Any) -> None:
    check(model().spend_quantile(customers(), points()["probability"], of=of), f"quantile_{of}")
    check(model().spend_cdf(customers(), points()["amount"], of=of), f"cdf_{of}")
    check(model().spend_pdf(customers(), points()["amount"], of=of), f"pdf_{of}")


@pytest.mark.parametrize("of", ["purchase", "mean"])
def test_the_whole_distribution_of_new_customers(of: Any) -> None:
    new = points()["x"] == 0
    model = rk.GammaGamma(*(points()[name][new] for name in rk.GammaGamma.names()))
    found = model.spend_quantile_new(points()["probability"][new], of=of)
    np.testing.assert_allclose(found, points()[f"quantile_{of}"][new], rtol=1e-10)
    amount = points()["amount"][new]
    np.testing.assert_allclose(model.spend_cdf_new(amount, of=of), points()[f"cdf_{of}"][new], rtol=1e-10)
    np.testing.assert_allclose(model.spend_pdf_new(amount, of=of), points()[f"pdf_{of}"][new], rtol=1e-10)


def test_the_correlation_of_spend_and_frequency_that_lifetimes_prints() -> None:
    case = REFERENCE["correlation"]
    name = "cdnow_customers_summary_with_transactions.csv"
    path = next(f.locate() for f in distribution("lifetimes").files or [] if f.name == name)
    table = np.genfromtxt(str(path), delimiter=",", names=True)
    found = spend_independence(rk.Spend(frequency=table["x"], monetary_value=table["zbar"]))
    assert found.customers == case["customers"]
    assert found.pearson == pytest.approx(case["pearson"], abs=case["digit"] / 2)
