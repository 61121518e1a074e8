"""retainkit: customer-retention economics, from a raw table to a money decision with its uncertainty.

Names load on first use, so that importing the package costs little more than importing numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retainkit.addresses import lazily

if TYPE_CHECKING:
    from retainkit import decisions as decisions
    from retainkit import economics as economics
    from retainkit import inference as inference
    from retainkit import ingest as ingest
    from retainkit import metrics as metrics
    from retainkit import models as models
    from retainkit import reports as reports
    from retainkit import summaries as summaries
    from retainkit import validation as validation
    from retainkit import valuation as valuation
    from retainkit.decisions.plan import RetentionPlan as RetentionPlan
    from retainkit.decisions.plan import ServicePlan as ServicePlan
    from retainkit.economics.breakeven import BreakEven as BreakEven
    from retainkit.economics.breakeven import break_even as break_even
    from retainkit.economics.breakeven import break_even_periods as break_even_periods
    from retainkit.errors import FitError as FitError
    from retainkit.errors import InputError as InputError
    from retainkit.errors import MissingDependencyError as MissingDependencyError
    from retainkit.errors import RetainkitError as RetainkitError
    from retainkit.inference import *
    from retainkit.ingest import *
    from retainkit.models import *
    from retainkit.rates import Rate as Rate
    from retainkit.reports import *
    from retainkit.summaries import *
    from retainkit.units import Duration as Duration
    from retainkit.validation import *
    from retainkit.valuation import *

__version__ = "0.1.0"

_HOMES: dict[str, tuple[str, ...]] = {
    ".errors": ("FitError", "InputError", "MissingDependencyError", "RetainkitError"),
    ".units": ("Duration",),
    ".rates": ("Rate",),
    ".economics": ("BreakEven", "break_even", "break_even_periods"),
    ".summaries": (
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
    ".models": (
        "AalenJohansen",
        "Effect",
        "KaplanMeier",
        "LifeTable",
        "NelsonAalen",
        "OverTime",
        "WithCovariates",
        "WithShares",
        "log_rank",
        "with_covariates",
        "with_covariates_over_time",
        "with_shares",
        "MODELS",
        "model_from_json",
    ),
    ".inference": (
        "fit",
        "LikelihoodRatio",
        "likelihood_ratio_test",
        "RegularityChoice",
        "choose_k",
        "Fit",
        "standard_error",
    ),
    ".ingest": (
        "SubscriptionSummary",
        "TransactionSummary",
        "load_cdnow",
        "simulate_subscriptions",
        "summarize_over_time",
        "summarize_subscriptions",
        "summarize_transactions",
    ),
    ".metrics": (),
    ".valuation": (
        "CustomerValue",
        "value_customers",
        "NewCustomerValue",
        "Payback",
        "payback_time",
        "value_new_customer",
        "SubscriptionBaseValue",
        "value_subscriptions",
        "SubscriptionForecast",
        "UnitEconomics",
    ),
    ".validation": (
        "Comparison",
        "HoldoutError",
        "SpendIndependence",
        "Tracking",
        "compare",
        "holdout_error",
        "spend_independence",
        "track_purchases",
    ),
    ".decisions": ("RetentionPlan", "ServicePlan"),
    ".reports": ("CustomerBaseReport", "report"),
}
_address, _names, _listed = lazily(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    """A name of the list, or a registered model; `__all__` holds both."""
    if name == "__all__":
        return sorted([*_listed, *_address("MODELS"), "__version__"])
    if name[:1].isupper() and name not in _listed and name in _address("MODELS"):
        return _address("MODELS")[name]
    return _address(name)


def __dir__() -> list[str]:
    return sorted({*_names(), *__getattr__("__all__")})
