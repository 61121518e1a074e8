"""retainkit: customer-retention economics, from a raw table to a money decision with its uncertainty.

Names load on first use, so that importing the package costs little more than importing numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from retainkit.addresses import lazily

if TYPE_CHECKING:
    from retainkit import api as api
    from retainkit import decisions as decisions
    from retainkit import display as display
    from retainkit import economics as economics
    from retainkit import files as files
    from retainkit import inference as inference
    from retainkit import ingest as ingest
    from retainkit import metrics as metrics
    from retainkit import models as models
    from retainkit import plot as plot
    from retainkit import reports as reports
    from retainkit import summaries as summaries
    from retainkit import validation as validation
    from retainkit import valuation as valuation
    from retainkit import workbooks as workbooks
    from retainkit.draws import Draws as Draws
    from retainkit.economics.breakeven import break_even as break_even
    from retainkit.economics.breakeven import break_even_periods as break_even_periods
    from retainkit.errors import FitError as FitError
    from retainkit.errors import InputError as InputError
    from retainkit.errors import RetainkitError as RetainkitError
    from retainkit.files import load as load
    from retainkit.files import save as save
    from retainkit.inference import Fit as Fit
    from retainkit.inference import churn_posterior as churn_posterior
    from retainkit.inference import fit as fit
    from retainkit.inference import fit_each as fit_each
    from retainkit.inference import posterior as posterior
    from retainkit.inference import priors as priors
    from retainkit.ingest import DuckDB as DuckDB
    from retainkit.ingest import TableSource as TableSource
    from retainkit.ingest import load_cdnow as load_cdnow
    from retainkit.ingest import summarize_over_time as summarize_over_time
    from retainkit.ingest import summarize_periods as summarize_periods
    from retainkit.ingest import summarize_subscriptions as summarize_subscriptions
    from retainkit.ingest import summarize_transactions as summarize_transactions
    from retainkit.metrics import read_subscriptions as read_subscriptions
    from retainkit.models import *
    from retainkit.rates import Rate as Rate
    from retainkit.reports import report as report
    from retainkit.summaries import CovariatePeriods as CovariatePeriods
    from retainkit.summaries import Described as Described
    from retainkit.summaries import Opportunities as Opportunities
    from retainkit.summaries import Purchases as Purchases
    from retainkit.summaries import Renewals as Renewals
    from retainkit.summaries import Spend as Spend
    from retainkit.units import Duration as Duration
    from retainkit.validation import compare as compare
    from retainkit.validation import fit_best as fit_best
    from retainkit.validation import validate as validate
    from retainkit.valuation import UnitEconomics as UnitEconomics
    from retainkit.valuation import cohort_payback as cohort_payback
    from retainkit.valuation import payback_time as payback_time
    from retainkit.valuation import value_customers as value_customers
    from retainkit.valuation import value_new_customer as value_new_customer
    from retainkit.valuation import value_subscriptions as value_subscriptions
    from retainkit.workbooks import workbook as workbook

__version__ = "0.1.0"

_MODULES: dict[str, tuple[str, ...]] = {
    # data records and what makes them
    ".summaries": (
        "CovariatePeriods",
        "Described",
        "Opportunities",
        "Purchases",
        "Renewals",
        "Spend",
    ),
    ".ingest": (
        "DuckDB",
        "TableSource",
        "load_cdnow",
        "summarize_over_time",
        "summarize_periods",
        "summarize_subscriptions",
        "summarize_transactions",
    ),
    ".metrics": ("read_subscriptions",),
    # models; those that are fitted come from the registry
    ".models": (
        "CompetingReasons",
        "KaplanMeier",
        "LifeTable",
        "NelsonAalen",
        "Turnbull",
        "in_periods",
        "model_from_json",
        "with_covariates",
        "with_covariates_over_time",
        "with_hazard_ratios",
        "with_shares",
    ),
    ".inference": ("Fit", "churn_posterior", "fit", "fit_each", "posterior"),
    ".inference.priors": (),
    # verbs
    ".economics": ("break_even", "break_even_periods"),
    ".valuation": (
        "UnitEconomics",
        "cohort_payback",
        "payback_time",
        "value_customers",
        "value_new_customer",
        "value_subscriptions",
    ),
    ".validation": ("compare", "fit_best", "validate"),
    ".decisions": (),
    ".plot": (),
    ".display": (),
    ".reports": ("report",),
    ".workbooks": ("workbook",),
    ".files": ("load", "save"),
    ".api": (),
    # what all of them speak in
    ".draws": ("Draws",),
    ".rates": ("Rate",),
    ".units": ("Duration",),
    ".errors": ("FitError", "InputError", "RetainkitError"),
}
"""The root has every model, data record and everyday verb; what else there is stands in its room."""

_address, _names, _listed = lazily(__name__, _MODULES)


def __getattr__(name: str) -> Any:
    """A name of the list, or a registered model; `__all__` holds both."""
    if name == "__all__":
        return sorted([*_listed, *_registered(), "__version__"])
    if name[:1].isupper() and name not in _listed and name in _registered():
        return _registered()[name]
    return _address(name)


def _registered() -> dict[str, Any]:
    return import_module(".models", __name__).MODELS


def __dir__() -> list[str]:
    return sorted({*_names(), *__getattr__("__all__")})
