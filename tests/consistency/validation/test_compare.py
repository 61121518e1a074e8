"""Comparisons rank by what they say they rank by, and say what a person needs."""

from __future__ import annotations

import json
import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import nbinom
from shops import shop_that_nobody_leaves

import retainkit as rk
from retainkit.validation import HoldoutError
from retainkit.validation.holdout import holdout_log_likelihood


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


def test_models_are_ranked_by_prediction(comparison: rk.validation.Comparison) -> None:
    rows = comparison.rows()
    for row in rows:
        assert row["aic"] == pytest.approx(2.0 * row["parameters"] - 2.0 * row["log_likelihood"])
    assert min(row["aic_above_best"] for row in rows) == 0.0
    close = [row for row in rows if row["behind"] <= 2.0 * row["behind_error"]]
    assert rows[: len(close)] == close and rows[-1]["model"] == "NBD"
    assert rows[0]["model"] == min(close, key=lambda row: abs(row["holdout_error"]))["model"] == "ParetoNBD"
    assert comparison.best.aic == rows[0]["aic"] and comparison.best.comparison is comparison


def test_without_a_holdout_models_are_ranked_by_aic_and_called_unchecked() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", unit="week"
    )
    found = rk.compare([rk.NBD, rk.MBGNBD, rk.BGNBD], tx)
    rows = found.rows()
    assert [row["aic"] for row in rows] == sorted(row["aic"] for row in rows)
    assert str(found).startswith("Unchecked") and str(found.best).startswith("Unchecked")
    assert found.verdict.startswith("Unchecked")


def test_the_verdict_names_the_favourite_and_the_best_forecast(comparison: rk.validation.Comparison) -> None:
    assert "of them ParetoNBD comes closest" in comparison.verdict
    assert "Clearly behind in log-likelihood of them: NBD by" in comparison.verdict
    assert "MBGNBD leads by 0.6 of AIC: prediction counts more" in comparison.verdict
    assert comparison.verdict in str(comparison)
    assert len(json.loads(comparison.model_dump_json())["models"]) == 4


def test_the_held_out_likelihood_is_that_of_the_conditional_counts() -> None:
    """For NBD it is negative binomial given the past, and the moments of n purchases have density n!/dⁿ."""
    held: dict[str, Any] = {"unit": "week", "holdout_from": "1997-07-15"}
    tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date", **held)
    assert tx.calibration is not None and tx.holdout is not None
    model, past = rk.NBD(r=0.4, alpha=6.0, unit="week"), tx.calibration.purchases
    d, n = tx.holdout.duration, tx.holdout.frequency
    shape, rate = 0.4 + past.frequency, 6.0 + past.T
    expected = nbinom.logpmf(n, shape, rate / (rate + d)) + gammaln(n + 1.0) - n * math.log(d)
    assert holdout_log_likelihood(tx, model) == pytest.approx(expected, abs=1e-9)


def test_a_refused_model_is_listed_last_with_its_reason_and_its_limit_is_ranked() -> None:
    data = rk.Geometric(theta=0.2).sample(np.full(400, 24.0), seed=0)  # where customers do not differ
    found = rk.compare([rk.ShiftedBetaGeometric], data)
    assert [row["model"] for row in found.rows()] == ["Geometric", "ShiftedBetaGeometric"]
    refused = found.candidates[1]
    assert refused.fit is None and refused.limit is not None and refused.limit.model == "Geometric"
    assert "ShiftedBetaGeometric was refused, as one churn, alpha/(alpha + beta), holds" in found.verdict
    assert found.best.model == rk.fit(rk.Geometric, data).model


SHOP: dict[str, Any] = {"customer_id": "id", "date": "date", "unit": "week"}


@pytest.mark.slow
def test_the_best_of_a_shop_that_nobody_leaves_is_the_limit_of_the_others() -> None:
    table = shop_that_nobody_leaves(seed=7)
    tx = rk.summarize_transactions(table, **SHOP, holdout_from="2024-07-01")
    with pytest.raises(rk.FitError) as refused:
        rk.fit(rk.BGNBD, tx)
    assert (refused.value.limit.model, refused.value.limit.towards) == ("NBD", {"a": 0.0})
    assert "fit NBD" in refused.value.way_out
    best = rk.fit_best([rk.BGNBD, rk.MBGNBD, rk.ParetoNBD], tx)
    assert isinstance(best, rk.Fit) and best.family.name == "NBD"
    assert best.model == rk.fit(rk.NBD, tx).model
    assert [c.name for c in best.comparison.candidates] == ["NBD", "BGNBD", "MBGNBD", "ParetoNBD"]
    assert "BGNBD, MBGNBD and ParetoNBD were refused, as nobody ever leaves" in str(best)
    same = rk.fit_best([rk.BGNBD, rk.MBGNBD, rk.ParetoNBD], table, **SHOP, holdout="2024-07-01")
    assert same.model_dump_json() == best.model_dump_json()
    assert rk.Fit.from_json(best.model_dump_json()).model == best.model


def test_half_of_the_observation_is_held_out_of_a_table() -> None:
    table = shop_that_nobody_leaves(seed=7)
    tx = rk.summarize_transactions(table, **SHOP)
    best = rk.fit_best([rk.NBD], table, **SHOP)
    days = (tx.observation_end - tx.observation_start).days + 1
    held = best.comparison.candidates[0].holdout
    assert isinstance(held, HoldoutError) and held.duration.to("day") == pytest.approx(days // 2)
    whole = rk.fit_best([rk.NBD], table, **SHOP, holdout=None)
    assert whole.model == rk.fit(rk.NBD, tx).model and str(whole).startswith("Unchecked")
    split = rk.summarize_transactions(table, **SHOP, holdout_from="2024-07-01")
    assert rk.fit_best([rk.NBD], split, holdout=None).model == whole.model


def test_a_summary_is_not_split_and_names_of_columns_have_no_meaning_beside_it() -> None:
    table = shop_that_nobody_leaves(seed=7)
    tx = rk.summarize_transactions(table, **SHOP)
    for given in (tx, tx.purchases):
        with pytest.raises(rk.InputError, match=r"must have a held-out period.*holdout_from=.*holdout=None"):
            rk.fit_best([rk.NBD], given)
    with pytest.raises(rk.InputError, match="date says how to read a table"):
        rk.fit_best([rk.NBD], tx, date="date", holdout=None)
    with pytest.raises(rk.InputError, match="tx must be a summary of customers, or a table with the names"):
        rk.fit_best([rk.NBD], table)
    with pytest.raises(rk.InputError, match="date must be given with a table"):
        rk.fit_best([rk.NBD], table, customer_id="id")


def test_where_no_model_fits_each_is_named_with_the_reason() -> None:
    once = rk.Purchases(frequency=[0, 0, 0], recency=[0, 0, 0], T=[5, 6, 7], unit="week")
    with pytest.raises(
        rk.FitError, match=r"No model fits\. BGNBD and NBD were refused: no customer has"
    ) as error:
        rk.compare([rk.BGNBD, rk.NBD], once)
    assert error.value.code == "no-evidence" and "Observe for longer" in error.value.way_out


def test_what_a_refused_fit_advises_can_be_fitted() -> None:
    """A parameter may rise to one limit and fall to another: only where it is held says which is meant."""
    spend = rk.summarize_transactions(shop_that_nobody_leaves(seed=4), **SHOP, amount="amount").spend
    with pytest.raises(rk.FitError) as refused:
        rk.fit(rk.GammaGamma, spend)
    limit = refused.value.limit
    assert rk.fit(limit.family, spend).log_likelihood == pytest.approx(limit.log_likelihood, abs=1e-6)
    assert rk.compare([rk.GammaGamma], spend).candidates[0].name == "GammaGamma with v = 3e+13"


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


def test_a_model_with_covariates_is_held_out_beside_a_plain_one() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-10-01",
    )
    assert tx.calibration is not None
    columns = {"z": np.random.default_rng(1).normal(size=len(tx.calibration))}
    family = rk.with_covariates(rk.BGNBD, purchasing=["z"])
    found = rk.compare([rk.BGNBD, family], tx, covariates=columns)
    described = rk.Described(tx.calibration.purchases, columns)
    alone = rk.compare([rk.BGNBD, family], described)
    assert [c.fit and c.fit.aic for c in found.candidates] == [c.fit and c.fit.aic for c in alone.candidates]
    fitted = rk.fit(family, described)
    own = next(c for c in found.candidates if "covariates" in c.name)
    assert own.holdout == rk.validation.holdout_error(tx, fitted.model.given(columns))
    with pytest.raises(rk.InputError, match=r"Give the model of each customer, model.given\(covariates\)"):
        rk.validation.holdout_error(tx, fitted)  # type: ignore[arg-type]


@pytest.mark.slow
def test_customers_with_a_model_each_are_tracked_like_one_model_where_all_are_alike() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-10-01",
    )
    assert tx.calibration is not None
    n = len(tx.calibration)
    one = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    each = rk.BGNBD(r=0.243, alpha=np.full(n, 4.414), a=0.793, b=2.426, unit="week")
    expected, found = (rk.validation.track_purchases(tx, m, period="month").predicted for m in (one, each))
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    # half of them twice as quick: the mean of the two bases
    alpha = np.where(np.arange(n) % 2, 4.414, 2.207)
    parts = [
        rk.validation.track_purchases(
            tx, rk.BGNBD(r=0.243, alpha=a, a=0.793, b=2.426, unit="week"), period="month"
        )
        for a in (4.414, 2.207)
    ]
    mixed = rk.validation.track_purchases(
        tx, rk.BGNBD(r=0.243, alpha=alpha, a=0.793, b=2.426, unit="week"), period="month"
    ).predicted
    assert (parts[0].predicted < mixed).all() and (mixed < parts[1].predicted).all()
    with pytest.raises(
        rk.InputError, match=r"must be one model, or have one for each of the 2,357 customers"
    ):
        rk.validation.track_purchases(
            tx, rk.BGNBD(r=0.243, alpha=np.array([4.0, 5.0]), a=0.793, b=2.426, unit="week")
        )


def test_densities_of_moments_are_not_held_against_probabilities_of_periods() -> None:
    """By whatever way two likelihoods meet; without a known moment, or among their like, they do compare."""
    told: Any = {"duration": [1, 2, 2, 3, 5, 8], "event": [1, 1, 1, 1, 1, 0], "weight": [30, 20, 5, 9, 6, 40]}
    moments, periods = rk.Renewals(**told, whole_periods=False), rk.Renewals(**told)
    x = {"x": [0, 1, 0, 1, 0, 1]}
    family = rk.with_covariates(rk.Weibull, churn=["x"])
    for models, data in (
        ([rk.Weibull, rk.ShiftedBetaGeometric], moments),
        ([rk.with_covariates(rk.models.Geometric, churn=["x"]), family], rk.Described(moments, x)),
    ):
        with pytest.raises(rk.InputError, match="must measure alike"):
            rk.compare(models, data)
    smaller, larger = rk.fit(rk.models.Geometric, moments), rk.fit(rk.Weibull, moments)
    with pytest.raises(rk.InputError, match="must measure alike"):
        rk.inference.likelihood_ratio_test(smaller, larger)
    assert len(rk.compare([rk.Weibull, rk.ShiftedBetaGeometric], periods).candidates) == 2
    assert len(rk.compare([rk.Weibull, rk.models.LogNormal], moments).candidates) == 2


@pytest.mark.slow
def test_elpd_ranks_where_it_is_asked_for_and_says_how_sure_it_is() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", unit="week"
    )
    models = [rk.NBD, rk.BGNBD]
    found = rk.compare(models, tx, by="elpd", seed=1)
    first, last = found.rows()
    assert first["model"] == "BGNBD" and first["elpd_behind"] == 0.0 == first["elpd_behind_error"]
    assert last["elpd_behind"] == pytest.approx(first["elpd"] - last["elpd"], rel=1e-9)
    # so many customers that a parameter costs what AIC says, to within the error of a thousand draws
    assert last["elpd_behind"] == pytest.approx(0.5 * last["aic_above_best"], abs=1.5)
    assert last["elpd_behind_error"] < first["elpd_error"]
    assert "ranked by elpd" in str(found) and "elpd   error" in str(found)
    assert "BGNBD foretells left-out customers better than NBD" in found.verdict
    assert "elpd" not in str(rk.compare(models, tx))
    best = rk.fit_best(models, tx, holdout=None, by="elpd", seed=1)
    assert best.comparison.rows() == found.rows()
    assert best.model == found.best.model
    calls: list[Any] = [rk.compare, partial(rk.fit_best, holdout=None)]
    for call in calls:
        for wrong, match in (
            ({"by": "elpd"}, "seed must be given"),
            ({"seed": 1}, "AIC has none"),
            ({"by": "bic"}, "by must be"),
        ):
            with pytest.raises(rk.InputError, match=match):
                call(models, tx, **wrong)


def test_the_best_of_a_table_is_chosen_by_elpd_where_predictions_are_even() -> None:
    table: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "unit": "week"}
    models = [rk.BGNBD, rk.NBD]
    best = rk.fit_best(models, rk.load_cdnow("sample"), holdout="1997-10-01", by="elpd", seed=1, **table)
    ranked = best.comparison.candidates
    assert [c.name for c in ranked] == ["BGNBD", "NBD"]
    assert ranked[0].loo is not None and ranked[0].holdout is not None
    assert "elpd   error" in str(best.comparison)
