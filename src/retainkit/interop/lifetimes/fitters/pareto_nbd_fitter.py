"""The Pareto/NBD model behind lifetimes' interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self, final

import numpy as np

from retainkit.columns import SameKind
from retainkit.domains import whole_number
from retainkit.errors import InputError
from retainkit.interop.lifetimes.fitters._purchase_fitter import AbstractPurchaseFitter, customers
from retainkit.interop.lifetimes.fitters.base_fitter import Columns
from retainkit.interop.lifetimes.generate_data import pareto_nbd_model
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.pareto_nbd import ParetoNBD
from retainkit.summaries import Purchases
from retainkit.typing import Foreign, NumberLike


@final
class ParetoNBDFitter(AbstractPurchaseFitter):
    """Pareto/NBD: customers buy at their own rate, and leave at their own, whether they buy or not.

    Parameters
    ----------
    penalizer_coef : float
        Weight of r² + alpha² + s² + beta² against the negative log-likelihood **summed** over the rows
        (the other fitters weigh it against the mean), with alpha and beta in units of the longest T.
    """

    _model_class: ClassVar[type[AnyModel]] = ParetoNBD
    _times: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @staticmethod
    def _simulator() -> Callable[..., SameKind]:
        return pareto_nbd_model

    def fit(
        self,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        weights: NumberLike = None,
        iterative_fitting: int = 1,
        initial_params: NumberLike = None,
        verbose: bool = False,
        tol: float = 1e-4,  # noqa: ARG002 - the search ends at the optimum itself
        index: Foreign = None,
        fit_method: str = "Nelder-Mead",  # noqa: ARG002
        maxiter: int = 2000,  # noqa: ARG002
        **kwargs: object,  # noqa: ARG002 - options of an optimiser that is not used
    ) -> Self:
        """Fit the model to customers' histories.

        Parameters
        ----------
        frequency, recency, T, weights, verbose, index
            As in `BetaGeoFitter.fit`.
        iterative_fitting : int, ≥ 1
            Taken for compatibility: there is one start, it is not random, and one search is enough.
        initial_params : (4,), optional
            Parameters themselves to start from, with times in units of the longest T.
        tol, fit_method, maxiter, kwargs
            Taken for compatibility; the optimum does not depend on them.
        """
        rounds = whole_number("iterative_fitting", iterative_fitting, way_out="Leave it out.")
        if rounds > 1 and initial_params is not None:
            rule = "must be 1 where initial_params say where to start"
            way_out = "Leave one of the two out."
            raise InputError("out-of-range", "iterative_fitting", iterative_fitting, rule, way_out)
        start = None if initial_params is None else np.log(np.asarray(initial_params, np.float64))
        self._fit_times(
            (frequency, recency, T), weights, start, rows_count=True, verbose=verbose, index=index
        )
        return self

    def conditional_probability_alive(
        self, frequency: NumberLike, recency: NumberLike, T: NumberLike
    ) -> SameKind:
        """Probability that a customer with this history is still one at T; a Series for Series."""
        return self._alive(frequency, recency, T)

    def conditional_probability_of_n_purchases_up_to_time(
        self, n: NumberLike, t: NumberLike, frequency: NumberLike, recency: NumberLike, T: NumberLike
    ) -> SameKind:
        """Probability of `n` purchases in the time `t` after T, given a customer's history."""
        given = Columns(n=n, t=t, frequency=frequency, recency=recency, T=T)
        with np.errstate(under="ignore"):
            past = customers(given)
            return given.back(self._model().purchase_pmf_given(past, given["n"], given.length("t")))

    @classmethod
    def _negative_log_likelihood(
        cls,
        log_params: NumberLike,
        freq: NumberLike,
        rec: NumberLike,
        T: NumberLike,
        weights: NumberLike,
        penalizer_coef: float,
    ) -> float:
        """What a fit minimises; for this model lifetimes hands over the parameters themselves."""
        params = np.asarray(log_params, np.float64)
        data = Purchases(frequency=freq, recency=rec, T=T, weight=weights)
        size = len(data)
        return size * cls._mean_criterion(np.log(params), data, penalizer_coef / size)
