"""The gamma-gamma model of spend behind lifetimes' interface."""

from __future__ import annotations

from typing import ClassVar, Self, final

import numpy as np

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters.base_fitter import BaseFitter, Columns
from retainkit.interop.lifetimes.utils import check_inputs, customer_lifetime_value
from retainkit.models.base import AnyModel
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.summaries import Spend
from retainkit.typing import Foreign, NumberLike


@final
class GammaGammaFitter(BaseFitter):
    """Gamma-gamma: every customer spends around a mean of their own, and the means differ.

    Parameters
    ----------
    penalizer_coef : float
        Weight of p² + q² + v² against the mean negative log-likelihood.
    """

    _model_class: ClassVar[type[AnyModel]] = GammaGamma

    def fit(
        self,
        frequency: NumberLike,
        monetary_value: NumberLike,
        weights: NumberLike = None,
        initial_params: NumberLike = None,
        verbose: bool = False,
        tol: float = 1e-7,  # noqa: ARG002 - the search ends at the optimum itself
        index: Foreign = None,
        q_constraint: bool = False,
        **kwargs: object,  # noqa: ARG002 - options of an optimiser that is not used
    ) -> Self:
        """Fit the model to customers with repeat purchases.

        Parameters
        ----------
        frequency : (n,) whole numbers
            Repeat purchases behind each mean.
        monetary_value : (n,) > 0
            Mean value of those purchases.
        weights, verbose, index, tol, kwargs
            As in `BetaGeoFitter.fit`.
        initial_params : (3,), optional
            Logarithms of the parameters to start from.
        q_constraint : bool
            Keep q at 1 or more. At 1 itself the mean spend of new customers is infinite.
        """
        x, z = np.asarray(frequency), np.asarray(monetary_value)
        check_inputs(x, monetary_value=z)
        weight = np.ones(x.shape, np.int64) if weights is None else np.asarray(weights)
        data = Spend(frequency=x, monetary_value=z, weight=weight)
        found = self._search(data, self.penalizer_coef, initial_params)
        if q_constraint and found.log_parameters[1] < 0.0:
            found = self._search(data, self.penalizer_coef, initial_params, q=1.0)
        self._report(np.exp(found.log_parameters), found.hessian, data.customers)
        columns = {"monetary_value": data.monetary_value, "frequency": data.frequency, "weights": weight}
        self._keep(columns, index, found.message if verbose else "")
        return self

    def conditional_expected_average_profit(
        self, frequency: NumberLike = None, monetary_value: NumberLike = None
    ) -> SameKind:
        """Expected value of a future purchase, given the number and the mean value of past ones.

        The customers of the fit by default. Infinite where the model has no mean (p·frequency + q ≤ 1).
        """
        z = self.data["monetary_value"] if monetary_value is None else monetary_value
        given = Columns(frequency=self.data["frequency"] if frequency is None else frequency, z=z)
        past = Spend(frequency=given["frequency"], monetary_value=given["z"])
        return given.back(self._model().expected_spend(past))

    def customer_lifetime_value(
        self,
        transaction_prediction_model: Foreign,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        monetary_value: NumberLike,
        time: int = 12,
        discount_rate: float = 0.01,
        freq: str = "D",
    ) -> SameKind:
        """Discounted revenue of each customer's next `time` months, as lifetimes defines it.

        Parameters
        ----------
        transaction_prediction_model : a fitted fitter of purchases
        frequency, recency, T, monetary_value : (n,) Series or arrays
        time : int
            Months: of 30 days or 720 hours, or 4.345 weeks.
        discount_rate : float
            Per month, compounded; a month's revenue is discounted from the end of that month.
        freq : {"D", "H", "h", "M", "W"}
            What `T` counts in.
        """
        spend = self.conditional_expected_average_profit(frequency, monetary_value)
        return customer_lifetime_value(
            transaction_prediction_model, frequency, recency, T, spend, time, discount_rate, freq=freq
        )

    @classmethod
    def _negative_log_likelihood(
        cls,
        log_params: NumberLike,
        frequency: NumberLike,
        avg_monetary_value: NumberLike,
        weights: NumberLike,
        penalizer_coef: float,
    ) -> float:
        """What a fit minimises, at the logarithms of the parameters."""
        data = Spend(frequency=frequency, monetary_value=avg_monetary_value, weight=weights)
        return cls._mean_criterion(log_params, data, penalizer_coef)
