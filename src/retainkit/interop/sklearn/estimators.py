"""Purchases, spend, churn and value as estimators of scikit-learn; `model` is any name of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from retainkit.errors import InputError
from retainkit.interop.sklearn.columns import ColumnEstimator
from retainkit.interop.sklearn.parts import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    check_classification_targets,
    check_is_fitted,
    clone,
    validate_data,
)
from retainkit.plurals import counted
from retainkit.rates import Rate
from retainkit.summaries import Purchases, Renewals, Spend
from retainkit.typing import Array, Unit
from retainkit.units import Duration


class _Regressor(RegressorMixin, ColumnEstimator):
    """A model of histories alone: what it is fitted to has no target."""

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the model to the histories; `y` is checked and not used, weights count customers."""
        if y is not None:
            validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        return self._fit(X, {}, sample_weight)

    def __sklearn_tags__(self) -> Any:
        parent: Any = super()
        tags = parent.__sklearn_tags__()
        tags.target_tags.required = False
        tags.regressor_tags.poor_score = True  # a target, were there one, is not what it is fitted to
        return tags


class PurchaseRegressor(_Regressor):
    """Expected purchases of each customer in the time to come, by a model of when customers buy.

    Parameters
    ----------
    model : name of a registered model of purchases
    horizon : float
        The time to come, in the unit of the columns.
    columns : three names or places, optional
        Of frequency, recency and T in X; by default the columns of these names, or the first three.
    covariates : names or places
        Columns of X that act on every process of the model.
    penalty : float ≥ 0
        Of the covariates' coefficients, as in `fit`.

    Attributes
    ----------
    fit_ : Fit
        With its model, standard errors and diagnostics.

    Examples
    --------
    >>> import pandas as pd, retainkit as rk
    >>> from sklearn.model_selection import GridSearchCV
    >>> from retainkit.interop.sklearn import PurchaseRegressor
    >>> tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date",
    ...                                unit="week", holdout_from="1997-10-01")
    >>> X = pd.DataFrame(tx.calibration.to_frame())[["frequency", "recency", "T"]]
    >>> search = GridSearchCV(PurchaseRegressor(horizon=39.0), {"model": ["BGNBD", "NBD"]}, cv=3,
    ...                       scoring="neg_mean_absolute_error").fit(X, tx.holdout.frequency)
    >>> search.best_params_
    {'model': 'BGNBD'}
    """

    _data_kind, _history = Purchases, ("frequency", "recency", "T")

    def __init__(
        self,
        model: str = "BGNBD",
        *,
        horizon: float = 1.0,
        columns: Sequence[str | int] | None = None,
        covariates: Sequence[str | int] = (),
        penalty: float = 0.0,
    ) -> None:
        self.model = model
        self.horizon = horizon
        self.columns = columns
        self.covariates = covariates
        self.penalty = penalty

    def predict(self, X: Any) -> Array:
        """Expected purchases of each customer in the horizon."""
        model, history = self.asked(X)
        return np.asarray(model.expected_purchases(Purchases(**history), self.horizon))

    def probability_alive(self, X: Any) -> Array:
        """Chance of each customer of being one still."""
        model, history = self.asked(X)
        return np.asarray(model.probability_alive(Purchases(**history)))


class SpendRegressor(_Regressor):
    """Expected value of each customer's purchases to come, by a model of spend.

    Parameters
    ----------
    model : name of a registered model of spend
    columns : two names or places, optional
        Of frequency and monetary_value in X; by default the columns of these names, or the first two.
    covariates, penalty : as in `PurchaseRegressor`

    Examples
    --------
    >>> import pandas as pd, retainkit as rk
    >>> from retainkit.interop.sklearn import SpendRegressor
    >>> tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date",
    ...                                amount="dollar_value", unit="week")
    >>> X = pd.DataFrame(tx.to_frame())[["frequency", "monetary_value"]]
    >>> SpendRegressor().fit(X).predict(X).shape
    (2357,)
    """

    _data_kind, _history = Spend, ("frequency", "monetary_value")

    def __init__(
        self,
        model: str = "GammaGamma",
        *,
        columns: Sequence[str | int] | None = None,
        covariates: Sequence[str | int] = (),
        penalty: float = 0.0,
    ) -> None:
        self.model = model
        self.columns = columns
        self.covariates = covariates
        self.penalty = penalty

    def predict(self, X: Any) -> Array:
        """Expected value of a purchase of each customer."""
        model, history = self.asked(X)
        return np.asarray(model.expected_spend(Spend(**history)))


class ChurnClassifier(ClassifierMixin, ColumnEstimator):
    """The chance of leaving within a time, of customers who have stayed for another, by a survival model.

    It is fitted to tenures and whether they ended (`y`); asked about customers still there it takes their
    tenures now.

    Parameters
    ----------
    model : name of a registered model of how long customers stay
    within : float
        The time to come, in the unit of the tenures; whole periods for models of periods.
    columns : one name or place, optional
        Of the tenure, `duration`, in X; by default the column of that name, or the first.
    covariates, penalty : as in `PurchaseRegressor`

    Examples
    --------
    >>> import numpy as np
    >>> from retainkit.interop.sklearn import ChurnClassifier
    >>> tenure, left = [[1.0], [2.0], [3.0], [6.0], [6.0], [6.0]], [1, 1, 1, 1, 0, 0]
    >>> churn = ChurnClassifier("Geometric", within=1.0).fit(tenure, left)
    >>> churn.predict_proba([[6.0]]).round(4).tolist()  # stays, leaves: 4 left in 24 periods
    [[0.8333, 0.1667]]
    """

    _data_kind, _history = Renewals, ("duration",)

    def __init__(
        self,
        model: str = "ShiftedBetaGeometric",
        *,
        within: float = 1.0,
        columns: Sequence[str | int] | None = None,
        covariates: Sequence[str | int] = (),
        penalty: float = 0.0,
    ) -> None:
        self.model = model
        self.within = within
        self.columns = columns
        self.covariates = covariates
        self.penalty = penalty

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model to tenures; `y` has two classes, of which the higher one has left."""
        y = validate_data(self, X, y, dtype=np.float64)[1]
        check_classification_targets(y)
        counted_in = slice(None) if sample_weight is None else self._weights(sample_weight, X) != 0.0
        self.classes_ = np.unique(y[counted_in])
        if self.classes_.size != 2:
            rule = "must have two classes: stayed, left"
            way_out = "Only binary classification is supported."
            raise InputError(
                "not-supported", "y", counted(self.classes_.size, "class", "classes"), rule, way_out
            )
        return self._fit(X, {"event": (y == self.classes_[-1]).astype(np.float64)}, sample_weight)

    def __sklearn_tags__(self) -> Any:
        parent: Any = super()
        tags = parent.__sklearn_tags__()
        # whoever has stayed longer is told from others by that alone
        tags.classifier_tags.multi_class, tags.classifier_tags.poor_score = False, True
        return tags

    def predict_proba(self, X: Any) -> Array:
        """Of each customer the chances of staying through the time to come, and of leaving in it."""
        model, history = self.asked(X)
        tenure = history["duration"]
        stays = np.asarray(model.survival(tenure + self.within, given=tenure))
        return np.column_stack([stays, 1.0 - stays])

    def predict(self, X: Any) -> Any:
        """The likelier of the two."""
        chance = self.predict_proba(X)
        return self.classes_[np.argmax(chance, axis=1)]


class ValueRegressor(RegressorMixin, BaseEstimator):
    """Value of each customer in the time to come: purchases, spend and margin, discounted.

    `score` is the share of the differences in money that it explains (R²), so that a grid search over the
    models within is one by held-out money: ``{"purchases__model": ["BGNBD", "ParetoNBD"]}``.

    Parameters
    ----------
    purchases : PurchaseRegressor, optional
        With its own horizon, which is that of the value.
    spend : SpendRegressor, optional
    unit : {"day", "week", "month", "quarter", "year"}
        Of the columns of time.
    margin_share : float in [0, 1]
    discount_rate : float ≥ 0
        A year.

    Examples
    --------
    >>> import pandas as pd, retainkit as rk
    >>> from retainkit.interop.sklearn import PurchaseRegressor, ValueRegressor
    >>> tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date",
    ...                                amount="dollar_value", unit="week", holdout_from="1997-10-01")
    >>> X = pd.DataFrame(tx.calibration.to_frame()).drop(columns="customer_id")
    >>> money = tx.holdout.frequency * tx.holdout.monetary_value
    >>> value = ValueRegressor(PurchaseRegressor(horizon=39.0), unit="week").fit(X, money)
    >>> 0.3 < value.score(X, money) < 0.4
    True
    """

    def __init__(
        self,
        purchases: PurchaseRegressor | None = None,
        spend: SpendRegressor | None = None,
        *,
        unit: Unit = "week",
        margin_share: float = 1.0,
        discount_rate: float = 0.0,
    ) -> None:
        self.purchases = purchases
        self.spend = spend
        self.unit: Unit = unit
        self.margin_share = margin_share
        self.discount_rate = discount_rate

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit both models to the histories; `y` is not looked at."""
        purchases = PurchaseRegressor() if self.purchases is None else self.purchases
        spend = self.spend
        if spend is None:
            spend = SpendRegressor(columns=None if hasattr(X, "columns") else (0, 3))
        self.purchases_ = clone(purchases).fit(X, y, sample_weight)
        self.spend_ = clone(spend).fit(X, y, sample_weight)
        self.n_features_in_ = self.purchases_.n_features_in_
        if hasattr(self.purchases_, "feature_names_in_"):
            self.feature_names_in_ = self.purchases_.feature_names_in_
        return self

    def predict(self, X: Any) -> Array:
        """Value of each customer in the horizon of `purchases`, at its beginning."""
        check_is_fitted(self, "purchases_")
        model, history = self.purchases_.asked(X)
        customers = Purchases(**history, unit=self.unit)
        rate = Rate(self.discount_rate, per="year")
        horizon = Duration(self.purchases_.horizon, self.unit)
        ahead = model.discounted_expected_purchases(customers, rate, horizon)
        return self.margin_share * np.asarray(ahead) * self.spend_.predict(X)

    def __sklearn_tags__(self) -> Any:
        parent: Any = super()
        tags = parent.__sklearn_tags__()
        tags.target_tags.required = False
        return tags
