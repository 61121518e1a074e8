"""Gamma-Gamma meets 60-digit arithmetic over its whole domain, and a published correlation."""

from __future__ import annotations

import csv
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.validation.spend_independence import spend_independence

HERE = Path(__file__).parents[1] / "reference"
REFERENCE = tomllib.loads((HERE / "gamma_gamma.toml").read_text())


def stored() -> dict[str, np.ndarray[Any, Any]]:
    text = (HERE / "accuracy" / "gamma_gamma.csv").read_text(encoding="ascii")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 2000
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


POINTS = stored()
MODEL = rk.GammaGamma(*(POINTS[name] for name in rk.GammaGamma.names()))  # one customer at each place
CUSTOMERS = rk.Spend(frequency=POINTS["x"], monetary_value=POINTS["z"])


def check(found: Any, name: str) -> None:
    np.testing.assert_allclose(found, POINTS[name], rtol=1e-10, atol=1e-300)


def test_likelihood_and_score() -> None:
    value, score = MODEL.log_likelihood_and_score(CUSTOMERS.entrywise())
    np.testing.assert_allclose(value, POINTS["log_likelihood"], rtol=1e-10, atol=1e-8)
    for own, name in zip(score, ("d_p", "d_q", "d_v"), strict=True):
        np.testing.assert_allclose(own, POINTS[name], rtol=1e-7, atol=1e-10)


def test_expected_spend() -> None:
    check(MODEL.expected_spend(CUSTOMERS), "expected")


@pytest.mark.parametrize("of", ["purchase", "mean"])
def test_the_whole_distribution(of: Any) -> None:
    check(MODEL.spend_quantile(CUSTOMERS, POINTS["probability"], of=of), f"quantile_{of}")
    check(MODEL.spend_cdf(CUSTOMERS, POINTS["amount"], of=of), f"cdf_{of}")
    check(MODEL.spend_pdf(CUSTOMERS, POINTS["amount"], of=of), f"pdf_{of}")


@pytest.mark.parametrize("of", ["purchase", "mean"])
def test_the_whole_distribution_of_new_customers(of: Any) -> None:
    new = POINTS["x"] == 0
    model = rk.GammaGamma(*(POINTS[name][new] for name in rk.GammaGamma.names()))
    found = model.spend_quantile_new(POINTS["probability"][new], of=of)
    np.testing.assert_allclose(found, POINTS[f"quantile_{of}"][new], rtol=1e-10)
    amount = POINTS["amount"][new]
    np.testing.assert_allclose(model.spend_cdf_new(amount, of=of), POINTS[f"cdf_{of}"][new], rtol=1e-10)
    np.testing.assert_allclose(model.spend_pdf_new(amount, of=of), POINTS[f"pdf_{of}"][new], rtol=1e-10)


def test_the_correlation_of_spend_and_frequency_that_lifetimes_prints() -> None:
    case = REFERENCE["correlation"]
    name = "cdnow_customers_summary_with_transactions.csv"
    path = next(f.locate() for f in distribution("lifetimes").files or [] if f.name == name)
    table = np.genfromtxt(str(path), delimiter=",", names=True)
    found = spend_independence(rk.Spend(frequency=table["x"], monetary_value=table["zbar"]))
    assert found.customers == case["customers"]
    assert found.pearson == pytest.approx(case["pearson"], abs=case["digit"] / 2)
