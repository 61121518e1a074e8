"""A call with an argument of another name is told the right one; only the call that fails pays for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from retainkit.errors import InputError, near
from retainkit.typing import READING

_TAKES_ANY = 0x08  # inspect.CO_VARKEYWORDS, without importing it

P = ParamSpec("P")
R = TypeVar("R")

WORDS: dict[str, tuple[str, ...]] = {
    "margin": ("margin_per_period", "margin_share", "monthly_margin"),
    "arpu": ("margin_per_period",),
    "revenue_per_period": ("margin_per_period",),
    "cac": ("acquisition_cost",),
    "cpa": ("acquisition_cost",),
    "cost_of_acquisition": ("acquisition_cost",),
    "discount": ("discount_share", "discount_amount", "discount_rate"),
    "discount_given": ("discount_share", "discount_amount"),
    "interest_rate": ("discount_rate",),
    "cost_of_capital": ("discount_rate",),
    "churn_rate": ("churn", "monthly_churn"),
    "attrition_rate": ("churn", "monthly_churn"),
    "renewal_rate": ("retention",),
    "retention_rate": ("retention",),
    "growth_rate": ("growth",),
    "inflation_rate": ("inflation",),
    "gross_margin": ("margin_share",),
    "margin_ratio": ("margin_share",),
    "margin_rate": ("margin_share",),
    "margin_pct": ("margin_share",),
    "clv": ("value", "values"),
    "ltv": ("value", "values"),
    "cltv": ("value", "values"),
    "time_unit": ("unit", "period"),
    "freq": ("unit", "period"),
    "nper": ("periods", "horizon"),
    "n_periods": ("horizon", "periods"),
    "num_periods": ("horizon", "periods"),
    "lifespan": ("horizon",),
    "cashflows": ("cash_flows",),
    "payment_timing": ("timing",),
    "end": ("observation_end",),
    "as_of": ("observation_end",),
    "observed_until": ("observation_end",),
    "observed_from": ("observation_start",),
    "observation_period_end": ("observation_end",),
    "snapshot_date": ("observation_end",),
    "cutoff": ("observation_end",),
    "datetime_format": ("date_format",),
    "invoice_id": ("order_id",),
    "fx_rates": ("exchange_rates",),
    "query": ("where",),
    "filter": ("where",),
    "sep": ("separator",),
    "delimiter": ("separator",),
    "decimal": ("amount_format",),
    "thousands": ("amount_format",),
    "sheet_name": ("sheet",),
    "skiprows": ("heading_row",),
    "random_state": ("seed",),
    "rng_seed": ("seed",),
    "confidence": ("level",),
    "confidence_level": ("level",),
    "coverage": ("level",),
    "n_customers": ("customers",),
    "num_customers": ("customers",),
    "customer_count": ("customers",),
    "weights": ("weight",),
    "sample_weight": ("weight",),
    "price_col": ("amount",),
    "revenue_col": ("amount",),
    "user_id": ("customer_id",),
    "df": ("table",),
    "dataframe": ("table",),
}
"""What people type for an argument: what it may be called here, the likeliest first.

Words of the last column of docs/reference/naming.md; the word that the function has is the one that is told.
"""


class CallError(InputError, TypeError):
    """A call that does not fit: an argument of another name, one too many, or one that is missing."""


def advised(function: Callable[P, R]) -> Callable[P, R]:
    """The function itself, whose calls with wrong arguments are answered with the right ones."""
    steps, inner = 0, function
    while (around := getattr(inner, "__wrapped__", None)) is not None:
        inner, steps = around, steps + 1  # what stands around the function passes its arguments on
    code = getattr(inner, "__code__", None)
    names = () if code is None else code.co_varnames
    # a reader of tables takes the names of READING besides its own, and no others
    known = None
    if code is not None and "reading" in names and code.co_flags & _TAKES_ANY:
        known = {*names, *READING}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if known is not None and not known.issuperset(kwargs):
            told = misfit(function, len(args), kwargs)
            if told is not None:
                raise told
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            # no step into the function: the arguments did not fit, and nothing of it has run
            if _steps(error) > steps:
                raise
            told = misfit(function, len(args), kwargs)
            if told is None:  # an argument twice, say: Python tells it well
                raise
            raise told from None

    return call


def _steps(error: TypeError) -> int:
    count, trace = -1, error.__traceback__
    while trace is not None:
        count, trace = count + 1, trace.tb_next
    return count


def misfit(function: Callable[..., object], places: int, kwargs: Mapping[str, Any]) -> CallError | None:
    """The error for a call that does not fit: the argument that is meant, and what else is needed.

    Parameters
    ----------
    function : what was called
    places : how many arguments were given by place
    kwargs : those given by name
    """
    import inspect

    parameters = dict(inspect.signature(function).parameters)
    if parameters.pop("reading", None) is not None:
        parameters |= {
            name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in READING
        }
    by_place = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    given = {*by_place[:places], *kwargs}
    strange = [name for name in kwargs if name not in parameters]
    meant = [word for name in strange for word in _words_for(name, parameters)]
    missing = [
        p.name
        for p in parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        if p.name not in given and p.name not in meant
    ]
    needed = f"It needs {', '.join(missing)} too." if missing else ""
    name = function.__name__
    told = ", ".join(word for word in parameters if word != "self")
    if strange:
        here = " or ".join(_words_for(strange[0], parameters))
        way_out = f"Here it is {here}." if here else near(strange[0], parameters).strip()
        way_out = way_out or f"Its arguments are: {told}."
        rule = f"is not an argument of {name}"
        return CallError("unknown-name", strange[0], kwargs[strange[0]], rule, f"{way_out} {needed}".strip())
    if places > len(by_place):
        own = by_place[:1] == ["self"]  # which nobody writes
        most, places = len(by_place) - own, places - own
        by_name = f"must be {most} or fewer by place: the others of {name} are given by name"
        rule = by_name if most else f"must be given by name: {name} takes none by place"
        way_out = f"Its arguments are: {told}."
        return CallError("needless", "arguments", f"{places} of them", rule, way_out)
    if missing:
        rule = f"must be given: {name} has no default for it"
        way_out = f"It needs {', '.join(missing)}; see help({name})."
        return CallError("missing-argument", missing[0], None, rule, way_out)
    return None


def word_for(name: str, known: Mapping[str, object]) -> str | None:
    """What is called `name` elsewhere, by the name that it has among those known."""
    return next(iter(_words_for(name, known)), None)


def _words_for(name: str, known: Mapping[str, object]) -> list[str]:
    """All that may be meant: a margin is one per period, or a share of the price."""
    found = [word for word in WORDS.get(name, ()) if word in known]
    return found or [w for w in known if w.endswith(f"_{name}") and w.startswith("monthly")][:1]
