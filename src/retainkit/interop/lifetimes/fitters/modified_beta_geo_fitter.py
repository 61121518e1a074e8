"""The MBG/NBD model behind lifetimes' interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self, final

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters._purchase_fitter import AbstractPurchaseFitter
from retainkit.interop.lifetimes.fitters.base_fitter import Columns
from retainkit.interop.lifetimes.generate_data import modified_beta_geometric_nbd_model
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.mbg_nbd import MBGNBD
from retainkit.typing import Foreign, NumberLike


@final
class ModifiedBetaGeoFitter(AbstractPurchaseFitter):
    """MBG/NBD: as BG/NBD, but a customer may leave after the first purchase, too.

    Parameters
    ----------
    penalizer_coef : float
        Weight of r² + alpha² + a² + b² against the mean negative log-likelihood, with alpha in units of
        the longest T.
    """

    _model_class: ClassVar[type[AnyModel]] = MBGNBD

    @staticmethod
    def _simulator() -> Callable[..., SameKind]:
        return modified_beta_geometric_nbd_model

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
        """Fit the model to customers' histories; the arguments are those of `BetaGeoFitter.fit`."""
        self._fit_times((frequency, recency, T), weights, initial_params, verbose=verbose, index=index)
        return self

    def probability_of_n_purchases_up_to_time(self, t: NumberLike, n: NumberLike) -> SameKind:
        """Probability that a customer just acquired makes `n` repeat purchases in the time `t`."""
        given = Columns(t=t, n=n)
        return given.back(self._model().purchase_pmf(given["n"], given.length("t")))
