"""The estimators keep scikit-learn's contract, and say what the models themselves say."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import validate_data

import retainkit as rk
from retainkit.interop.sklearn import (
    ChurnClassifier,
    PurchaseRegressor,
    SpendRegressor,
    TransactionSummarizer,
    ValueRegressor,
)
from retainkit.models import MODELS

# -- scikit-learn's own checks -----------------------------------------------------------------------
# They feed random numbers, most of which are no histories of customers. So histories are made of them, the
# same of the same rows, and everything else is as users have it.


class OfAnyRows(PurchaseRegressor):
    """Purchases made of any numbers; frequencies differ enough for NBD to have its maximum."""

    def _read(self, X: Any, *, reset: bool) -> Any:
        x = np.abs(validate_data(self, X, reset=reset, dtype=np.float64)).sum(axis=1)
        frequency, T = np.floor(np.exp(2.5 * np.sin(37.0 * x))), 40.0 + np.floor(10.0 * np.abs(np.cos(x)))
        recency = np.where(frequency > 0.0, np.floor(T * (0.35 + 0.6 * np.abs(np.sin(91.0 * x)))), 0.0)
        return {"frequency": frequency, "recency": recency, "T": T}, {}


class OfAnyTenures(ChurnClassifier):
    """Tenures made of any numbers."""

    def _read(self, X: Any, *, reset: bool) -> Any:
        x = np.abs(validate_data(self, X, reset=reset, dtype=np.float64)).sum(axis=1)
        return {"duration": 1.0 + np.floor(3.0 * x)}, {}


YIELDED: list[Any] = [
    pair for one in (OfAnyRows("NBD"), OfAnyTenures("Geometric")) for pair in estimator_checks_generator(one)
]
NAMED = [(one, check, getattr(check, "func", check).__name__) for one, check in YIELDED]
CHECKED = [one for one in NAMED if "array_api" not in one[2]]  # which needs a setting of SciPy's


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "check", "name"), [pytest.param(*c, id=f"{c[2]}-{k}") for k, c in enumerate(CHECKED)]
)
def test_it_keeps_the_contract_of_scikit_learn(estimator: Any, check: Any, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its checks warn of what they try
        if isinstance(estimator, OfAnyRows) and name == "check_fit2d_1sample":
            with pytest.raises(rk.FitError, match="no customer has bought a second time"):
                check(estimator)  # which asks for the words '1 sample'
        else:
            check(estimator)


# -- they say what the models say ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def tx() -> Any:
    return rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value",
        unit="week", holdout_from="1997-10-01",
    )  # fmt: skip


@pytest.fixture(scope="module")
def X(tx: Any) -> pd.DataFrame:  # noqa: N802 - as scikit-learn calls it
    return pd.DataFrame(tx.calibration.to_frame()).drop(columns="customer_id")


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, kind in MODELS.items() if kind.data_kind is rk.Purchases])
def test_every_registered_purchase_model_is_an_estimator(name: str, tx: Any, X: pd.DataFrame) -> None:
    if (
        name.endswith("k") or name == "GammaGompertzNBD"
    ):  # k has to be chosen; these customers are Pareto/NBD's
        with pytest.raises(rk.InputError if name.endswith("k") else rk.FitError):
            PurchaseRegressor(name).fit(X)
        return
    known = tx.calibration.purchases
    model: Any = rk.fit(
        MODELS[name], rk.Purchases(frequency=known.frequency, recency=known.recency, T=known.T)
    ).model
    estimator = PurchaseRegressor(name, horizon=39.0).fit(X)
    assert estimator.predict(X).tolist() == model.expected_purchases(known, 39.0).tolist()
    assert estimator.probability_alive(X).tolist() == model.probability_alive(known).tolist()


def test_columns_by_name_or_place_in_any_order(X: pd.DataFrame) -> None:
    wanted = PurchaseRegressor("NBD", horizon=39.0).fit(X).predict(X).tolist()
    turned = X[["monetary_value", "T", "recency", "frequency"]]
    assert PurchaseRegressor("NBD", horizon=39.0).fit(turned).predict(turned).tolist() == wanted
    there = pl.from_pandas(turned)
    assert PurchaseRegressor("NBD", horizon=39.0).fit(there).predict(there).tolist() == wanted
    plain = PurchaseRegressor("NBD", horizon=39.0, columns=(3, 2, 1))
    assert plain.fit(turned.to_numpy()).predict(turned.to_numpy()).tolist() == wanted
    named = PurchaseRegressor("NBD", horizon=39.0, columns=("x", "t_x", "T"))
    other = X.rename(columns={"frequency": "x", "recency": "t_x"})
    assert named.fit(other).predict(other).tolist() == wanted


def test_value_is_margin_times_spend_times_discounted_purchases(tx: Any, X: pd.DataFrame) -> None:
    value = ValueRegressor(
        PurchaseRegressor(horizon=156.0), SpendRegressor(), unit="week", margin_share=0.3, discount_rate=0.1
    ).fit(X)  # fmt: skip
    own = rk.value_customers(
        tx.calibration, rk.fit(rk.BGNBD, tx), rk.fit(rk.GammaGamma, tx), margin_share=0.3,
        discount_rate=rk.Rate(0.1, per="year"), horizon=rk.Duration(156, "week"),
    )  # fmt: skip
    assert value.predict(X) == pytest.approx(own.value, rel=1e-12)
    by_place = ValueRegressor(
        PurchaseRegressor(horizon=156.0), unit="week", margin_share=0.3, discount_rate=0.1
    ).fit(X.to_numpy())  # fmt: skip
    assert by_place.predict(X.to_numpy()).tolist() == value.predict(X).tolist()
    money = tx.holdout.frequency * tx.holdout.monetary_value
    search = GridSearchCV(
        ValueRegressor(PurchaseRegressor(horizon=39.0)), {"purchases__model": ["NBD", "ParetoNBD"]}, cv=2
    ).fit(X, money)  # fmt: skip
    assert search.best_params_ == {"purchases__model": "ParetoNBD"}


def test_covariates_and_a_search_over_penalties(X: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=3000)
    base = rk.NBD(r=0.9, alpha=8.0)
    effect = rk.models.Effect("z", ("purchasing",))
    data = (
        rk.models.WithCovariates(base, (effect,), (0.6,)).given({"z": z}).sample(np.full(3000, 40.0), seed=3)
    )
    table = pd.DataFrame({"frequency": data.frequency, "recency": data.recency, "T": data.T, "z": z})
    search = GridSearchCV(
        PurchaseRegressor("NBD", horizon=40.0, covariates=["z"]), {"penalty": [0.0, 1e5]}, cv=2,
        scoring="neg_mean_squared_error",
    ).fit(table, data.frequency)  # fmt: skip
    assert search.best_params_ == {"penalty": 0.0}
    found = search.best_estimator_.fit_
    assert abs(found.model.parameters["purchasing.z"] - 0.6) < 3.0 * found.standard_errors["purchasing.z"]
    with pytest.raises(rk.InputError, match="penalty is for the coefficients of covariates"):
        PurchaseRegressor(penalty=1.0).fit(X)


def test_transactions_go_through_a_pipeline(tx: Any) -> None:
    table = pd.DataFrame(rk.load_cdnow("sample"))
    first = TransactionSummarizer("customer_id", "date", "dollar_value", unit="week")
    steps = make_pipeline(first, PurchaseRegressor("BGNBD", horizon=39.0))
    whole = rk.fit(rk.BGNBD, tx.purchases).model
    found = steps.fit(table).predict(table)
    assert found.tolist() == whole.expected_purchases(tx.purchases, 39.0).tolist()
    rows = first.fit(table).transform(table)
    assert rows.index.tolist() == np.asarray(tx.customers).tolist()
    assert rows.columns.tolist() == first.get_feature_names_out().tolist()
    lazy = first.transform(pl.from_pandas(table))
    assert lazy.columns == rows.columns.tolist() and lazy["T"].to_list() == rows["T"].tolist()


def test_churn_within_a_time(X: pd.DataFrame) -> None:
    members = rk.ShiftedBetaGeometric(1.2, 8.0).sample([24.0] * 3000, seed=4)
    table = pd.DataFrame({"plan": 1.0, "duration": members.duration})
    churn = ChurnClassifier(within=3.0).fit(table, members.event)
    model = rk.fit(rk.ShiftedBetaGeometric, members).model
    wanted = 1.0 - model.survival(np.array([4.0, 15.0]), given=np.array([1.0, 12.0]))
    asked = pd.DataFrame({"plan": 1.0, "duration": [1.0, 12.0]})
    assert churn.predict_proba(asked)[:, 1].tolist() == np.asarray(wanted).tolist()
    assert churn.predict_proba(asked).sum(axis=1).tolist() == [1.0, 1.0]


def test_it_clones_and_pickles_and_its_fit_is_json(X: pd.DataFrame) -> None:
    fitted = PurchaseRegressor("ParetoNBD", horizon=39.0).fit(X)
    again = pickle.loads(pickle.dumps(fitted))
    assert again.predict(X).tolist() == fitted.predict(X).tolist()
    other: Any = clone(fitted)
    assert other.get_params() == fitted.get_params() and not hasattr(other, "fit_")
    kept = skops.io.dumps(fitted)
    trusted = skops.io.get_untrusted_types(data=kept)
    assert trusted and all(name.startswith("retainkit.") for name in trusted)
    unpickled: Any = skops.io.loads(kept, trusted=trusted)
    assert unpickled.predict(X).tolist() == fitted.predict(X).tolist()
    from_text = rk.model_from_json(fitted.fit_.model.model_dump_json())
    assert from_text == fitted.fit_.model


@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (PurchaseRegressor("BGNB"), "Did you mean 'BGNBD'"),
        (PurchaseRegressor("GammaGamma"), "model must be one of"),
        (PurchaseRegressor(columns=("x", "recency", "T")), "columns must name a column of X"),
        (PurchaseRegressor(columns=(0, 1, 9)), "place among the 4 features"),
        (PurchaseRegressor(columns=("T",)), "must name 3 columns: frequency, recency, T"),
        (PurchaseRegressor(covariates=["age"]), "columns must name a column of X"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(estimator: Any, told: str, X: pd.DataFrame) -> None:
    with pytest.raises(rk.InputError, match=told):
        estimator.fit(X)
