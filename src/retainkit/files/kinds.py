"""What a document may be of, and the class that reads it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from retainkit.documents import kebab, kind_of
from retainkit.errors import InputError, near
from retainkit.records import Record

_KEPT: dict[str, tuple[str, str]] = {
    # models, and what is known of them
    "model": ("retainkit.models.base", "AbstractModel"),
    "competing-reasons": ("retainkit.models", "CompetingReasons"),
    "fit": ("retainkit.inference", "Fit"),
    "posterior": ("retainkit.inference", "Posterior"),
    # estimates without parameters
    "aalen-johansen": ("retainkit.models", "AalenJohansen"),
    "kaplan-meier": ("retainkit.models", "KaplanMeier"),
    "life-table": ("retainkit.models", "LifeTable"),
    "nelson-aalen": ("retainkit.models", "NelsonAalen"),
    "turnbull": ("retainkit.models", "Turnbull"),
    # summaries, and the tables that they come from
    "covariate-periods": ("retainkit.summaries", "CovariatePeriods"),
    "described": ("retainkit.summaries", "Described"),
    "opportunities": ("retainkit.summaries", "Opportunities"),
    "purchases": ("retainkit.summaries", "Purchases"),
    "purchases-in-periods": ("retainkit.summaries", "PurchasesInPeriods"),
    "purchases-over-time": ("retainkit.summaries", "PurchasesOverTime"),
    "renewals": ("retainkit.summaries", "Renewals"),
    "spend": ("retainkit.summaries", "Spend"),
    "subscription-summary": ("retainkit.ingest", "SubscriptionSummary"),
    "transaction-summary": ("retainkit.ingest", "TransactionSummary"),
    # the subscription base
    "episodes": ("retainkit.metrics", "Episodes"),
    "subscription-base": ("retainkit.metrics", "SubscriptionBase"),
    "subscriptions": ("retainkit.metrics", "Subscriptions"),
    # scenarios and plans
    "retention-plan": ("retainkit.decisions", "RetentionPlan"),
    "service-plan": ("retainkit.decisions", "ServicePlan"),
    "unit-economics": ("retainkit.valuation", "UnitEconomics"),
    # values that are not known exactly
    "draws": ("retainkit.draws", "Draws"),
}
"""What is kept; every result of a public function is known besides, by its name."""

_RESULTS = ("economics", "decisions", "metrics", "valuation", "validation", "inference", "models")


def kinds() -> tuple[str, ...]:
    """What `save` writes and `load` reads, as the documents call it.

    >>> import retainkit as rk
    >>> "kaplan-meier" in rk.files.kinds(), "break-even" in rk.files.kinds()
    (True, True)
    """
    return (*_KEPT, *(kind for kind in _results() if kind not in _KEPT))


def class_of(kind: str) -> type[Any]:
    """The class that reads documents of a kind."""
    if kind in _KEPT:
        module, name = _KEPT[kind]
        return getattr(import_module(module), name)
    if kind not in _results():
        way_out = f"{near(kind, kinds())}retainkit.files.kinds() has all of them."
        raise InputError("unknown-choice", "schema", kind, "must be of a kind that is kept", way_out)
    return _results()[kind]


def is_kept(thing: object) -> bool:
    """Whether `save` knows what a thing is."""
    kind = kind_of(type(thing))
    try:
        return isinstance(thing, class_of(kind))
    except InputError:
        return False


@cache
def _results() -> dict[str, type[Any]]:
    """Every result that the rooms lend and that can be made again of its JSON."""
    found: dict[str, type[Any]] = {}
    for room in _RESULTS:
        module = import_module(f"retainkit.{room}")
        for name in getattr(module, "__all__", None) or dir(module):
            value: Any = getattr(module, name, None)
            if isinstance(value, type) and issubclass(value, Record) and value._read_back:  # pyright: ignore[reportPrivateUsage]
                own = value.__module__.startswith(f"retainkit.{room}.")
                if own and not getattr(value, "__abstractmethods__", None):
                    found[kebab(value.__name__)] = value
    return found
