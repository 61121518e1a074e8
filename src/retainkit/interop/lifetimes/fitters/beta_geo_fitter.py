"""The BG/NBD model behind lifetimes' interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, final

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters._purchase_fitter import AbstractBetaGeoFitter
from retainkit.interop.lifetimes.generate_data import beta_geometric_nbd_model
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.bg_nbd import BGNBD


@final
class BetaGeoFitter(AbstractBetaGeoFitter):
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
