"""retainkit: customer-retention economics, from a raw table to a money decision with its uncertainty.

Names load on first use, so that importing the package costs little more than importing numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retainkit.economics.breakeven import BreakEven as BreakEven
    from retainkit.economics.breakeven import break_even as break_even
    from retainkit.economics.breakeven import break_even_periods as break_even_periods
    from retainkit.economics.rates import Rate as Rate
    from retainkit.errors import FitError as FitError
    from retainkit.errors import InputError as InputError
    from retainkit.errors import MissingDependencyError as MissingDependencyError
    from retainkit.errors import RetainkitError as RetainkitError
    from retainkit.inference.fit import fit as fit
    from retainkit.inference.result import Fit as Fit
    from retainkit.inference.uncertainty import standard_error as standard_error
    from retainkit.ingest import TransactionSummary as TransactionSummary
    from retainkit.ingest import summarize_transactions as summarize_transactions
    from retainkit.models import MODELS as MODELS
    from retainkit.models import model_from_json as model_from_json
    from retainkit.models.purchasing.bg_nbd import BGNBD as BGNBD
    from retainkit.models.spend.gamma_gamma import GammaGamma as GammaGamma
    from retainkit.summaries import Purchases as Purchases
    from retainkit.summaries import Spend as Spend
    from retainkit.units import Duration as Duration
    from retainkit.valuation.customers import CustomerValue as CustomerValue
    from retainkit.valuation.customers import value_customers as value_customers
    from retainkit.valuation.new_customer import NewCustomerValue as NewCustomerValue
    from retainkit.valuation.new_customer import Payback as Payback
    from retainkit.valuation.new_customer import payback_time as payback_time
    from retainkit.valuation.new_customer import value_new_customer as value_new_customer

__version__ = "0.1.0"

_HOMES = {
    "retainkit.economics.breakeven": ("BreakEven", "break_even", "break_even_periods"),
    "retainkit.economics.rates": ("Rate",),
    "retainkit.errors": ("FitError", "InputError", "MissingDependencyError", "RetainkitError"),
    "retainkit.inference.fit": ("fit",),
    "retainkit.inference.result": ("Fit",),
    "retainkit.inference.uncertainty": ("standard_error",),
    "retainkit.ingest": ("TransactionSummary", "summarize_transactions"),
    "retainkit.models": ("MODELS", "model_from_json"),
    "retainkit.models.purchasing.bg_nbd": ("BGNBD",),
    "retainkit.models.spend.gamma_gamma": ("GammaGamma",),
    "retainkit.summaries": ("Purchases", "Spend"),
    "retainkit.units": ("Duration",),
    "retainkit.valuation.customers": ("CustomerValue", "value_customers"),
    "retainkit.valuation.new_customer": ("NewCustomerValue", "Payback", "payback_time", "value_new_customer"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME_OF), "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'retainkit' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
