"""retainkit: customer-retention economics, from a raw table to a money decision with its uncertainty.

Names load on first use, so that importing the package costs little more than importing numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retainkit import decisions as decisions
    from retainkit import economics as economics
    from retainkit import inference as inference
    from retainkit import ingest as ingest
    from retainkit import models as models
    from retainkit import reports as reports
    from retainkit import validation as validation
    from retainkit import valuation as valuation
    from retainkit.decisions.plan import RetentionPlan as RetentionPlan
    from retainkit.decisions.plan import ServicePlan as ServicePlan
    from retainkit.economics.breakeven.break_even import BreakEven as BreakEven
    from retainkit.economics.breakeven.break_even import break_even as break_even
    from retainkit.economics.breakeven.break_even import break_even_periods as break_even_periods
    from retainkit.rates import Rate as Rate
    from retainkit.errors import FitError as FitError
    from retainkit.errors import InputError as InputError
    from retainkit.errors import MissingDependencyError as MissingDependencyError
    from retainkit.errors import RetainkitError as RetainkitError
    from retainkit.inference.fit import fit as fit
    from retainkit.inference.likelihood_ratio import LikelihoodRatio as LikelihoodRatio
    from retainkit.inference.likelihood_ratio import likelihood_ratio_test as likelihood_ratio_test
    from retainkit.inference.regularity import RegularityChoice as RegularityChoice
    from retainkit.inference.regularity import choose_k as choose_k
    from retainkit.inference.result import Fit as Fit
    from retainkit.inference.uncertainty import standard_error as standard_error
    from retainkit.ingest import SubscriptionSummary as SubscriptionSummary
    from retainkit.ingest import TransactionSummary as TransactionSummary
    from retainkit.ingest import load_cdnow as load_cdnow
    from retainkit.ingest import simulate_subscriptions as simulate_subscriptions
    from retainkit.ingest import summarize_over_time as summarize_over_time
    from retainkit.ingest import summarize_subscriptions as summarize_subscriptions
    from retainkit.ingest import summarize_transactions as summarize_transactions
    from retainkit.models import MODELS as MODELS
    from retainkit.models import model_from_json as model_from_json
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
    from retainkit.models.contractual.shifted_beta_geometric import (
        ShiftedBetaGeometric as ShiftedBetaGeometric,
    )
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
    from retainkit.reports import CustomerBaseReport as CustomerBaseReport
    from retainkit.reports import report as report
    from retainkit.summaries import CovariatePeriods as CovariatePeriods
    from retainkit.summaries import Described as Described
    from retainkit.summaries import Opportunities as Opportunities
    from retainkit.summaries import Purchases as Purchases
    from retainkit.summaries import PurchasesOverTime as PurchasesOverTime
    from retainkit.summaries import Renewals as Renewals
    from retainkit.summaries import Spend as Spend
    from retainkit.summaries import align_covariates as align_covariates
    from retainkit.summaries import encode_categories as encode_categories
    from retainkit.units import Duration as Duration
    from retainkit.validation import Comparison as Comparison
    from retainkit.validation import HoldoutError as HoldoutError
    from retainkit.validation import SpendIndependence as SpendIndependence
    from retainkit.validation import Tracking as Tracking
    from retainkit.validation import compare as compare
    from retainkit.validation import holdout_error as holdout_error
    from retainkit.validation import spend_independence as spend_independence
    from retainkit.validation import track_purchases as track_purchases
    from retainkit.valuation.customers import CustomerValue as CustomerValue
    from retainkit.valuation.customers import value_customers as value_customers
    from retainkit.valuation.new_customer import NewCustomerValue as NewCustomerValue
    from retainkit.valuation.new_customer import Payback as Payback
    from retainkit.valuation.new_customer import payback_time as payback_time
    from retainkit.valuation.new_customer import value_new_customer as value_new_customer
    from retainkit.valuation.scenarios import UnitEconomics as UnitEconomics
    from retainkit.valuation.subscription_base import SubscriptionBaseValue as SubscriptionBaseValue
    from retainkit.valuation.subscription_base import value_subscriptions as value_subscriptions
    from retainkit.valuation.subscription_forecast import SubscriptionForecast as SubscriptionForecast

__version__ = "0.1.0"

_HOMES = {
    "retainkit.decisions.plan": ("RetentionPlan", "ServicePlan"),
    "retainkit.economics.breakeven.break_even": ("BreakEven", "break_even", "break_even_periods"),
    "retainkit.rates": ("Rate",),
    "retainkit.errors": ("FitError", "InputError", "MissingDependencyError", "RetainkitError"),
    "retainkit.inference.fit": ("fit",),
    "retainkit.inference.likelihood_ratio": ("LikelihoodRatio", "likelihood_ratio_test"),
    "retainkit.inference.regularity": ("RegularityChoice", "choose_k"),
    "retainkit.inference.result": ("Fit",),
    "retainkit.inference.uncertainty": ("standard_error",),
    "retainkit.ingest": (
        "SubscriptionSummary",
        "TransactionSummary",
        "load_cdnow",
        "simulate_subscriptions",
        "summarize_over_time",
        "summarize_subscriptions",
        "summarize_transactions",
    ),
    "retainkit.models": ("MODELS", "model_from_json"),
    "retainkit.models.contractual.beta_discrete_weibull": ("BetaDiscreteWeibull",),
    "retainkit.models.contractual.discrete_weibull": ("DiscreteWeibull",),
    "retainkit.models.contractual.exponential": ("Exponential",),
    "retainkit.models.contractual.geometric": ("Geometric",),
    "retainkit.models.contractual.log_logistic": ("LogLogistic",),
    "retainkit.models.contractual.log_normal": ("LogNormal",),
    "retainkit.models.contractual.nonparametric.aalen_johansen": ("AalenJohansen",),
    "retainkit.models.contractual.nonparametric.kaplan_meier": ("KaplanMeier",),
    "retainkit.models.contractual.nonparametric.life_table": ("LifeTable",),
    "retainkit.models.contractual.nonparametric.log_rank": ("log_rank",),
    "retainkit.models.contractual.nonparametric.nelson_aalen": ("NelsonAalen",),
    "retainkit.models.contractual.shares": (
        "WithShares",
        "with_shares",
    ),
    "retainkit.models.contractual.shifted_beta_geometric": ("ShiftedBetaGeometric",),
    "retainkit.models.contractual.weibull": ("Weibull",),
    "retainkit.models.contractual.weibull_gamma": ("WeibullGamma",),
    "retainkit.models.purchasing.bg_bb": ("BGBB",),
    "retainkit.models.purchasing.bg_cnbd_k": ("BGCNBDk",),
    "retainkit.models.purchasing.gamma_gompertz_nbd": ("GammaGompertzNBD",),
    "retainkit.models.purchasing.mbg_cnbd_k": ("MBGCNBDk",),
    "retainkit.models.purchasing.mbg_nbd": ("MBGNBD",),
    "retainkit.models.purchasing.nbd": ("NBD",),
    "retainkit.models.purchasing.pareto_nbd": ("ParetoNBD",),
    "retainkit.models.covariates": ("Effect", "WithCovariates", "with_covariates"),
    "retainkit.models.over_time": ("OverTime", "with_covariates_over_time"),
    "retainkit.models.purchasing.bg_nbd": ("BGNBD",),
    "retainkit.models.spend.gamma_gamma": ("GammaGamma",),
    "retainkit.reports": ("CustomerBaseReport", "report"),
    "retainkit.summaries": (
        "CovariatePeriods",
        "Described",
        "Opportunities",
        "Purchases",
        "PurchasesOverTime",
        "Renewals",
        "Spend",
        "align_covariates",
        "encode_categories",
    ),
    "retainkit.units": ("Duration",),
    "retainkit.validation": (
        "Comparison",
        "HoldoutError",
        "SpendIndependence",
        "Tracking",
        "compare",
        "holdout_error",
        "spend_independence",
        "track_purchases",
    ),
    "retainkit.valuation.customers": ("CustomerValue", "value_customers"),
    "retainkit.valuation.new_customer": ("NewCustomerValue", "Payback", "payback_time", "value_new_customer"),
    "retainkit.valuation.subscription_base": ("SubscriptionBaseValue", "value_subscriptions"),
    "retainkit.valuation.subscription_forecast": ("SubscriptionForecast",),
    "retainkit.valuation.scenarios": ("UnitEconomics",),
}
_ROOMS = ("decisions", "economics", "inference", "ingest", "models", "reports", "validation", "valuation")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME_OF), "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"retainkit.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'retainkit' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, *_ROOMS]
