"""retainkit: customer-retention economics, from a raw table to a money decision with its uncertainty.

Names load on first use, so that importing the package costs little more than importing numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retainkit import economics as economics
    from retainkit import inference as inference
    from retainkit import ingest as ingest
    from retainkit import models as models
    from retainkit import reports as reports
    from retainkit import validation as validation
    from retainkit import valuation as valuation
    from retainkit.economics.breakeven import BreakEven as BreakEven
    from retainkit.economics.breakeven import break_even as break_even
    from retainkit.economics.breakeven import break_even_periods as break_even_periods
    from retainkit.economics.rates import Rate as Rate
    from retainkit.errors import FitError as FitError
    from retainkit.errors import InputError as InputError
    from retainkit.errors import MissingDependencyError as MissingDependencyError
    from retainkit.errors import RetainkitError as RetainkitError
    from retainkit.inference.fit import fit as fit
    from retainkit.inference.likelihood_ratio import LikelihoodRatio as LikelihoodRatio
    from retainkit.inference.likelihood_ratio import likelihood_ratio_test as likelihood_ratio_test
    from retainkit.inference.result import Fit as Fit
    from retainkit.inference.uncertainty import standard_error as standard_error
    from retainkit.ingest import TransactionSummary as TransactionSummary
    from retainkit.ingest import load_cdnow as load_cdnow
    from retainkit.ingest import summarize_over_time as summarize_over_time
    from retainkit.ingest import summarize_transactions as summarize_transactions
    from retainkit.models import MODELS as MODELS
    from retainkit.models import model_from_json as model_from_json
    from retainkit.models.covariates import Effect as Effect
    from retainkit.models.covariates import WithCovariates as WithCovariates
    from retainkit.models.covariates import with_covariates as with_covariates
    from retainkit.models.over_time import OverTime as OverTime
    from retainkit.models.over_time import with_covariates_over_time as with_covariates_over_time
    from retainkit.models.purchasing.bg_nbd import BGNBD as BGNBD
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
    from retainkit.validation import Tracking as Tracking
    from retainkit.validation import compare as compare
    from retainkit.validation import holdout_error as holdout_error
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
    "retainkit.economics.breakeven": ("BreakEven", "break_even", "break_even_periods"),
    "retainkit.economics.rates": ("Rate",),
    "retainkit.errors": ("FitError", "InputError", "MissingDependencyError", "RetainkitError"),
    "retainkit.inference.fit": ("fit",),
    "retainkit.inference.likelihood_ratio": ("LikelihoodRatio", "likelihood_ratio_test"),
    "retainkit.inference.result": ("Fit",),
    "retainkit.inference.uncertainty": ("standard_error",),
    "retainkit.ingest": ("TransactionSummary", "load_cdnow", "summarize_over_time", "summarize_transactions"),
    "retainkit.models": ("MODELS", "model_from_json"),
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
        "Tracking",
        "compare",
        "holdout_error",
        "track_purchases",
    ),
    "retainkit.valuation.customers": ("CustomerValue", "value_customers"),
    "retainkit.valuation.new_customer": ("NewCustomerValue", "Payback", "payback_time", "value_new_customer"),
    "retainkit.valuation.subscription_base": ("SubscriptionBaseValue", "value_subscriptions"),
    "retainkit.valuation.subscription_forecast": ("SubscriptionForecast",),
    "retainkit.valuation.scenarios": ("UnitEconomics",),
}
_ROOMS = ("economics", "inference", "ingest", "models", "reports", "validation", "valuation")
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
