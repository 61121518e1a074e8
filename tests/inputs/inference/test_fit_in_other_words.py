"""A fit asked by another library's name answers with its own; one that has seen the answer is refused."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import retainkit as rk

TRUTH = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
FITTED = rk.fit(rk.BGNBD, TRUTH.sample(np.full(2000, 52.0), seed=1))
STAYING = rk.fit(rk.Geometric, rk.Geometric(0.1).sample(np.full(500, 12.0), seed=1))


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("predict", r"Ask its model: fitted.model.expected_purchases\(tx, horizon=52\)"),
        ("params", r"It is fitted.model.parameters"),
        ("summary", r"It is fitted.rows\(\), a line for each parameter"),
        ("plot", r".*track_purchases\(tx, fitted\)"),
        ("probability_alive", r"It is a question to its model: fitted.model.probability_alive\(...\)"),
        ("standard_eror", r"Did you mean 'standard_errors'"),
        ("to_json", r"It is model_dump_json\(\)"),
    ],
)
def test_an_attribute_that_a_fit_has_not_is_answered_with_the_verb(name: str, way: str) -> None:
    with pytest.raises(AttributeError, match=f"'Fit' object has no attribute {name!r}. {way}"):
        getattr(FITTED, name)


def test_what_predict_means_depends_on_the_model() -> None:
    with pytest.raises(AttributeError, match=r"fitted.model.survival\(\[1, 2, 3\]\)"):
        STAYING.predict  # type: ignore[attr-defined]  # noqa: B018


def test_a_fit_is_copied_and_pickled_like_any_record() -> None:
    for other in (copy.copy(FITTED), copy.deepcopy(FITTED), pickle.loads(pickle.dumps(FITTED))):
        assert other.model == FITTED.model
    assert not hasattr(FITTED, "__array__")
    assert not hasattr(FITTED, "nothing_of_the_kind")


def test_a_fit_that_saw_the_held_out_period_is_refused_where_its_error_is_asked() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-03-01",
    )
    assert tx.calibration is not None
    seen, unseen = rk.fit(rk.NBD, tx.purchases), rk.fit(rk.NBD, tx.calibration)
    for verb in (rk.validation.holdout_error, rk.validation.track_purchases):
        with pytest.raises(rk.InputError, match="model must not have seen the held-out period"):
            verb(tx, seen)
    of_model = rk.validation.holdout_error(tx, unseen.model)
    assert rk.validation.holdout_error(tx, unseen).predicted == of_model.predicted


def test_models_of_different_data_are_not_compared() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week"
    )
    with pytest.raises(rk.InputError, match="models must be models of one kind of data"):
        rk.compare([rk.BGNBD, rk.GammaGamma], tx)


def test_an_estimate_made_by_its_name_is_told_how() -> None:
    renewals = rk.Renewals(duration=[1, 2, 3], event=[1, 0, 1])
    with pytest.raises(rk.InputError, match=r"KaplanMeier.estimate\(renewals\)"):
        rk.KaplanMeier(renewals)  # type: ignore[call-arg]
