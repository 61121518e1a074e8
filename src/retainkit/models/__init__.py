"""The registry: every model the library fits, by name. A new model is one file and one line here."""

from __future__ import annotations

from typing import Any

from retainkit.models.base import AbstractModel
from retainkit.models._json import read_model
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.discrete_weibull import DiscreteWeibull
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.geometric import Geometric
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from retainkit.models.contractual.weibull import Weibull
from retainkit.models.contractual.weibull_gamma import WeibullGamma
from retainkit.models.purchasing.bg_bb import BGBB
from retainkit.models.purchasing.bg_cnbd_k import BGCNBDk
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.purchasing.gamma_gompertz_nbd import GammaGompertzNBD
from retainkit.models.purchasing.mbg_cnbd_k import MBGCNBDk
from retainkit.models.purchasing.mbg_nbd import MBGNBD
from retainkit.models.purchasing.nbd import NBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD
from retainkit.models.spend.gamma_gamma import GammaGamma

MODELS: dict[str, type[AbstractModel[Any]]] = {
    # purchases of customers who leave without telling
    "BGNBD": BGNBD,
    "MBGNBD": MBGNBD,
    "ParetoNBD": ParetoNBD,
    "GammaGompertzNBD": GammaGompertzNBD,
    "BGCNBDk": BGCNBDk,
    "MBGCNBDk": MBGCNBDk,
    "NBD": NBD,
    "BGBB": BGBB,
    # spend
    "GammaGamma": GammaGamma,
    # customers whose leaving is seen
    "Geometric": Geometric,
    "ShiftedBetaGeometric": ShiftedBetaGeometric,
    "DiscreteWeibull": DiscreteWeibull,
    "BetaDiscreteWeibull": BetaDiscreteWeibull,
    "Exponential": Exponential,
    "Weibull": Weibull,
    "LogNormal": LogNormal,
    "LogLogistic": LogLogistic,
    "WeibullGamma": WeibullGamma,
}


def model_from_json(text: str | bytes) -> AbstractModel[Any]:
    """A model from the JSON that its ``model_dump_json()`` (or that of its fit) wrote.

    >>> from retainkit import BGNBD
    >>> model = BGNBD(r=0.243, alpha=4.41, a=0.793, b=2.43, unit="week")
    >>> model_from_json(model.model_dump_json()) == model
    True
    """
    return read_model(text, MODELS)
