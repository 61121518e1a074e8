"""Comparisons rank by what they say they rank by, and say what a person needs."""

from __future__ import annotations

import json

import numpy as np
import pytest

import retainkit as rk


@pytest.fixture(scope="module")
def comparison() -> rk.validation.Comparison:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-10-01",
    )
    return rk.compare([rk.NBD, rk.BGNBD, rk.MBGNBD, rk.ParetoNBD], tx)


def test_models_are_ranked_by_aic(comparison: rk.validation.Comparison) -> None:
    rows = comparison.rows()
    assert [row["aic"] for row in rows] == sorted(row["aic"] for row in rows)
    assert rows[0]["aic_above_best"] == 0.0
    for row in rows:
        assert row["aic"] == pytest.approx(2.0 * row["parameters"] - 2.0 * row["log_likelihood"])
    assert comparison.best.aic == rows[0]["aic"]


def test_the_verdict_names_the_favourite_and_the_best_forecast(comparison: rk.validation.Comparison) -> None:
    errors = {row["model"]: abs(row["holdout_error"]) for row in comparison.rows()}
    closest = min(errors, key=lambda name: errors[name])
    assert f"{closest} comes closest" in comparison.verdict
    assert comparison.rows()[0]["model"] in comparison.verdict
    assert comparison.verdict in str(comparison)
    assert len(json.loads(comparison.model_dump_json())["models"]) == 4


def test_a_refused_model_is_listed_last_with_its_reason_and_the_way_out() -> None:
    # nobody's risk of leaving changes with age here, so that the data cannot bound it
    data = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5).sample(np.full(20_000, 52.0), seed=1)
    found = rk.compare([rk.GammaGompertzNBD, rk.BGNBD], data)
    assert [row["model"] for row in found.rows()] == ["BGNBD", "GammaGompertzNBD"]
    refused = found.candidates[1]
    assert refused.fit is None
    assert f"GammaGompertzNBD was refused: {refused.refusal}" in found.verdict
    with pytest.raises(rk.FitError, match="so fit ParetoNBD"):
        rk.fit(rk.GammaGompertzNBD, data)


def test_nothing_to_compare_is_refused() -> None:
    data = rk.Geometric(theta=0.1).sample(np.full(30, 24.0), seed=1)
    with pytest.raises(rk.InputError, match="must name at least one model"):
        rk.compare([], data)
    nobody = rk.Renewals(duration=[3.0, 4.0], event=[0, 0], whole_periods=True)
    with pytest.raises(rk.FitError, match="nobody has left"):
        rk.compare([rk.Geometric], nobody)


def test_the_likelihood_ratio_needs_nested_models() -> None:
    data = rk.Geometric(theta=0.1).sample(np.full(500, 24.0), seed=1)
    fitted = rk.fit(rk.Geometric, data)
    with pytest.raises(rk.InputError, match="must contain Geometric"):
        rk.inference.likelihood_ratio_test(fitted, fitted)
