"""The MBG/NBD model behind lifetimes' interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, final

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters._purchase_fitter import AbstractBetaGeoFitter
from retainkit.interop.lifetimes.generate_data import modified_beta_geometric_nbd_model
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.mbg_nbd import MBGNBD


@final
class ModifiedBetaGeoFitter(AbstractBetaGeoFitter):
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
