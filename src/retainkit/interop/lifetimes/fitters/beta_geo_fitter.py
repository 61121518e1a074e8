"""The BG/NBD model behind lifetimes' interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self, final

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters._purchase_fitter import AbstractPurchaseFitter
from retainkit.interop.lifetimes.fitters.base_fitter import Columns
from retainkit.interop.lifetimes.generate_data import beta_geometric_nbd_model
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.typing import Foreign, NumberLike


@final
class BetaGeoFitter(AbstractPurchaseFitter):
    """BG/NBD: customers buy at their own rate, and may leave after each repeat purchase.

    Parameters
    ----------
    penalizer_coef : float
        Weight of r² + alpha² + a² + b² against the mean negative log-likelihood, with alpha in units of
        the longest T.

    Examples
    --------
    >>> from retainkit.interop.lifetimes import BetaGeoFitter
    >>> from retainkit.interop.lifetimes.datasets import load_cdnow_summary
    >>> customers = load_cdnow_summary()
    >>> BetaGeoFitter().fit(customers["frequency"], customers["recency"], customers["T"])
    <lifetimes.BetaGeoFitter: fitted with 2357 subjects, a: 0.79, alpha: 4.41, b: 2.43, r: 0.24>
    """

    _model_class: ClassVar[type[AnyModel]] = BGNBD

    @staticmethod
    def _simulator() -> Callable[..., SameKind]:
        return beta_geometric_nbd_model

    def fit(
        self,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        weights: NumberLike = None,
        initial_params: NumberLike = None,
        verbose: bool = False,
        tol: float = 1e-7,  # noqa: ARG002 - the search ends at the optimum itself
        index: Foreign = None,
        **kwargs: object,  # noqa: ARG002 - options of an optimiser that is not used
    ) -> Self:
        """Fit the model to customers' histories.

        Parameters
        ----------
        frequency, recency, T : (n,) arrays or Series
            Repeat purchases; time from the first to the last purchase; time from the first to the end.
        weights : (n,), optional
            Customers that each row stands for.
        initial_params : (4,), optional
            Logarithms of the parameters to start from, with times in units of the longest T.
        verbose : bool
            Print the verdict on the optimum.
        index : (n,), optional
            Index for ``data``.
        tol, kwargs
            Taken for compatibility; the optimum does not depend on them.

        Raises
        ------
        ConvergenceError
            If the data do not determine the parameters, with the reason in a sentence.
        """
        self._fit_times((frequency, recency, T), weights, initial_params, verbose=verbose, index=index)
        return self

    def probability_of_n_purchases_up_to_time(self, t: NumberLike, n: NumberLike) -> SameKind:
        """Probability that a customer just acquired makes `n` repeat purchases in the time `t`."""
        given = Columns(t=t, n=n)
        return given.back(self._model().purchase_pmf(given["n"], given.length("t")))
