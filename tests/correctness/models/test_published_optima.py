"""Fits on real data end at the published optima, to the last printed digit."""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import retainkit as rk
from retainkit.ingest.examples import load_cdnow

HERE = Path(__file__).parents[2] / "reference"
BG_NBD = tomllib.loads((HERE / "bg_nbd.toml").read_text())
GAMMA_GAMMA = tomllib.loads((HERE / "gamma_gamma.toml").read_text())


def cdnow(case: dict[str, Any]) -> rk.ingest.TransactionSummary:
    columns = load_cdnow(case["file"])
    early = columns["date"] <= np.datetime64(case["until"])
    return rk.summarize_transactions(
        {name: column[early] for name, column in columns.items()},
        customer_id="customer_id",
        date="date",
        amount="dollar_value",
        unit="week",
        observation_end=case["until"],
    )


def rounded_file(name: str) -> np.ndarray[Any, Any]:
    files = distribution("lifetimes").files or []
    path = next(f.locate() for f in files if f.name == name)
    return np.genfromtxt(str(path), delimiter=",", names=True)


def check_optimum(fitted: rk.Fit[Any], case: dict[str, Any]) -> None:
    digit = case["parameter_digit"]
    digits = digit if isinstance(digit, dict) else dict.fromkeys(case["parameters"], digit)
    for name, value in case["parameters"].items():
        assert fitted.model.parameters[name] == pytest.approx(value, abs=digits[name]), name
    assert fitted.log_likelihood == pytest.approx(
        case["log_likelihood"], abs=case["log_likelihood_digit"] / 2
    )


@pytest.mark.parametrize("case", BG_NBD["optimum"], ids=lambda c: c["file"])
def test_bg_nbd_on_cdnow(case: dict[str, Any]) -> None:
    summary = cdnow(case)
    assert len(summary) == case["customers"]
    check_optimum(rk.fit(rk.BGNBD, summary.purchases), case)


@pytest.mark.parametrize("case", GAMMA_GAMMA["optimum"], ids=lambda c: c["file"])
def test_gamma_gamma_on_cdnow(case: dict[str, Any]) -> None:
    spend = cdnow(case).spend
    assert (spend.frequency > 0).sum() == case["repeat_buyers"]
    check_optimum(rk.fit(rk.GammaGamma, spend), case)


def test_the_gamma_gamma_optimum_is_one_to_forty_digits() -> None:
    """The score in 40-digit arithmetic promises no further move in the ninth digit."""
    spend = cdnow(GAMMA_GAMMA["optimum"][0]).spend
    fitted = rk.fit(rk.GammaGamma, spend)
    with mp.workdps(40):
        p, q, v = (mp.mpf(value) for value in fitted.model.parameters.values())
        score = [mp.mpf(0)] * 3
        for x, z in zip(spend.frequency, spend.monetary_value, strict=True):
            if x > 0:
                own, total = mp.mpf(x), mp.mpf(x) * mp.mpf(z)
                shared = mp.digamma(p * own + q)
                score[0] += own * (shared - mp.digamma(p * own) + mp.log(total / (total + v)))
                score[1] += shared - mp.digamma(q) + mp.log(v / (total + v))
                score[2] += q / v - (p * own + q) / (total + v)
        move = fitted.covariance @ np.array([float(part) for part in score])
    np.testing.assert_allclose(move, 0.0, atol=1e-8)


def test_both_models_on_the_file_rounded_to_two_decimals() -> None:
    table = rounded_file("cdnow_customers_summary_with_transactions.csv")
    purchases = rk.Purchases(frequency=table["x"], recency=table["t_x"], T=table["T"])
    case = BG_NBD["rounded_file"]
    found = rk.fit(rk.BGNBD, purchases).log_likelihood
    assert found == pytest.approx(case["log_likelihood"], abs=case["log_likelihood_digit"] / 2)
    case = GAMMA_GAMMA["rounded_file"]
    found = rk.fit(rk.GammaGamma, rk.Spend(frequency=table["x"], monetary_value=table["zbar"])).log_likelihood
    assert found == pytest.approx(case["log_likelihood"], abs=case["log_likelihood_digit"] / 2)


def test_a_summary_of_the_first_half_is_the_calibration_of_the_whole() -> None:
    whole = rk.summarize_transactions(
        load_cdnow("sample"), customer_id="customer_id", date="date", unit="week", holdout_from="1997-10-01"
    )
    assert whole.calibration is not None
    check_optimum(rk.fit(rk.BGNBD, whole.calibration.purchases), BG_NBD["optimum"][0])
