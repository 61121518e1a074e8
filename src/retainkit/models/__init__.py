"""The registry: every model the library fits, by name. A new model is one file and one line here."""

from __future__ import annotations

from typing import Any

from retainkit.models._json import read_model
from retainkit.models.base import AbstractModel
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull as BetaDiscreteWeibull
from retainkit.models.contractual.discrete_weibull import DiscreteWeibull as DiscreteWeibull
from retainkit.models.contractual.exponential import Exponential as Exponential
from retainkit.models.contractual.geometric import Geometric as Geometric
from retainkit.models.contractual.log_logistic import LogLogistic as LogLogistic
from retainkit.models.contractual.log_normal import LogNormal as LogNormal
from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen as AalenJohansen
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier as KaplanMeier
from retainkit.models.contractual.nonparametric.life_table import LifeTable as LifeTable
from retainkit.models.contractual.nonparametric.log_rank import log_rank as log_rank
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen as NelsonAalen
from retainkit.models.contractual.shares import WithShares as WithShares
from retainkit.models.contractual.shares import with_shares as with_shares
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric as ShiftedBetaGeometric
from retainkit.models.contractual.weibull import Weibull as Weibull
from retainkit.models.contractual.weibull_gamma import WeibullGamma as WeibullGamma
from retainkit.models.covariates import Effect as Effect
from retainkit.models.covariates import WithCovariates as WithCovariates
from retainkit.models.covariates import with_covariates as with_covariates
from retainkit.models.over_time import OverTime as OverTime
from retainkit.models.over_time import with_covariates_over_time as with_covariates_over_time
from retainkit.models.purchasing.bg_bb import BGBB as BGBB
from retainkit.models.purchasing.bg_cnbd_k import BGCNBDk as BGCNBDk
from retainkit.models.purchasing.bg_nbd import BGNBD as BGNBD
from retainkit.models.purchasing.gamma_gompertz_nbd import GammaGompertzNBD as GammaGompertzNBD
from retainkit.models.purchasing.mbg_cnbd_k import MBGCNBDk as MBGCNBDk
from retainkit.models.purchasing.mbg_nbd import MBGNBD as MBGNBD
from retainkit.models.purchasing.nbd import NBD as NBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD as ParetoNBD
from retainkit.models.spend.gamma_gamma import GammaGamma as GammaGamma

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
