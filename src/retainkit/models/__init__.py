"""Which story do the customers follow? Models: frozen records of parameters that answer questions.

`purchasing/` has customers who leave without telling, `spend/` what they spend, `contractual/` customers
whose leaving is seen. Beside the rooms, in reading order:

- `base`       what every model is: a frozen record that can score data and simulate it.
- `family`     what a fit needs to know: which parameters are free, and how a model is made of them.
- `covariates` covariates for every parametric model, by one composition.
- `effects`    on which processes a covariate acts; its columns as matrices.
- `sampled`    what customers may do from now on, drawn from what is known of them.
- `over_time`  covariates that change with time, on how often customers buy.
- `average`    several models at once, each with draws of its own, which answer side by side.
- `in_periods` purchase models where the month, week or quarter of an order is known, not the day.
- `record`     models again from the records that they write; `reader` knows all that are registered.

The registry is the list of imports below: a new model is its file and its line there.
"""

from __future__ import annotations

from retainkit.models.base import AbstractModel, AnyModel
from retainkit.models.contractual.competing import CompetingReasons as CompetingReasons
from retainkit.models.contractual.hazard_ratios import ScaledContinuousModel as ScaledContinuousModel
from retainkit.models.contractual.hazard_ratios import ScaledDiscreteModel as ScaledDiscreteModel
from retainkit.models.contractual.hazard_ratios import scaled_hazard as scaled_hazard
from retainkit.models.contractual.hazard_ratios import with_hazard_ratios as with_hazard_ratios
from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen as AalenJohansen
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier as KaplanMeier
from retainkit.models.contractual.nonparametric.life_table import LifeTable as LifeTable
from retainkit.models.contractual.nonparametric.log_rank import log_rank as log_rank
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen as NelsonAalen
from retainkit.models.contractual.nonparametric.turnbull import Turnbull as Turnbull
from retainkit.models.contractual.shares import WithShares as WithShares
from retainkit.models.contractual.shares import with_shares as with_shares
from retainkit.models.covariates import WithCovariates as WithCovariates
from retainkit.models.covariates import with_covariates as with_covariates
from retainkit.models.effects import Effect as Effect
from retainkit.models.family import hold as hold
from retainkit.models.in_periods import InPeriods as InPeriods
from retainkit.models.in_periods import in_periods as in_periods
from retainkit.models.over_time import OverTime as OverTime
from retainkit.models.over_time import with_covariates_over_time as with_covariates_over_time
from retainkit.models.record import read_model
from retainkit.models.sampled import SampledFuture as SampledFuture
from retainkit.models.sampled import SampledSpend as SampledSpend
from retainkit.models.sampled import SampledStay as SampledStay

# isort: split
# The registry, from the simplest to the most general of each kind: this order is that of tables and docs.
# isort: off

# purchases of customers who leave without telling
from retainkit.models.purchasing.bg_nbd import BGNBD as BGNBD
from retainkit.models.purchasing.mbg_nbd import MBGNBD as MBGNBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD as ParetoNBD
from retainkit.models.purchasing.gamma_gompertz_nbd import GammaGompertzNBD as GammaGompertzNBD
from retainkit.models.purchasing.bg_cnbd_k import BGCNBDk as BGCNBDk
from retainkit.models.purchasing.mbg_cnbd_k import MBGCNBDk as MBGCNBDk
from retainkit.models.purchasing.nbd import NBD as NBD
from retainkit.models.purchasing.bg_bb import BGBB as BGBB

# spend
from retainkit.models.spend.gamma_gamma import GammaGamma as GammaGamma

# customers whose leaving is seen
from retainkit.models.contractual.geometric import Geometric as Geometric
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric as ShiftedBetaGeometric
from retainkit.models.contractual.discrete_weibull import DiscreteWeibull as DiscreteWeibull
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull as BetaDiscreteWeibull
from retainkit.models.contractual.exponential import Exponential as Exponential
from retainkit.models.contractual.weibull import Weibull as Weibull
from retainkit.models.contractual.log_normal import LogNormal as LogNormal
from retainkit.models.contractual.log_logistic import LogLogistic as LogLogistic
from retainkit.models.contractual.weibull_gamma import WeibullGamma as WeibullGamma


def _registered() -> dict[str, type[AnyModel]]:
    """The models among the names above: they declare parameters of their own, which no wrapper does."""
    kinds = (value for value in globals().values() if isinstance(value, type))
    return {k.__name__: k for k in kinds if issubclass(k, AbstractModel) and k.names()}


MODELS: dict[str, type[AnyModel]] = _registered()


def model_from_json(text: str | bytes) -> AnyModel:
    """A model from the JSON that its ``model_dump_json()`` (or that of its fit) wrote.

    >>> from retainkit import BGNBD
    >>> model = BGNBD(r=0.243, alpha=4.41, a=0.793, b=2.43, unit="week")
    >>> model_from_json(model.model_dump_json()) == model
    True
    """
    return read_model(text, MODELS)
