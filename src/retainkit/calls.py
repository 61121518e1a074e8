"""A call with an argument of another name is told the right one; only the call that fails pays for it.

Below stand the methods that need a room below their own, or a file beside it: one line each, loaded on use.
`VERBS` is the only door from a room to those that import it. Type checkers see the functions themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar, cast

from retainkit.errors import InputError, near
from retainkit.typing import READING, ColumnLike

if TYPE_CHECKING:
    from retainkit.metrics import as_of as as_of
    from retainkit.metrics import cut_episodes as cut_episodes
    from retainkit.models.reader import made_of_dict as made_of_dict
    from retainkit.models.reader import made_of_json as made_of_json
    from retainkit.valuation import forecast_revenue as forecast_revenue

_ALIKE = 0.7  # "unit" is no slip for "amount"
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


OF_NUMBERS = {
    "payback_time": "break_even(500, 50, churn=0.05)",
    "cohort_payback": "break_even(500, 50, churn=0.05)",
    "value_customers": "economics.lifetime_value(50, churn=0.05, discount_rate=0.01, timing='begin')",
    "value_new_customer": "economics.lifetime_value(50, churn=0.05, discount_rate=0.01, timing='begin')",
    "value_subscriptions": "economics.lifetime_value(50, churn=0.05, discount_rate=0.01, timing='begin')",
}
"""Questions to a model, and who answers the same of figures."""


class CallError(InputError, TypeError):
    """A call that does not fit: an argument of another name, one too many, or one that is missing."""


def advised(function: Callable[P, R], method: str = "") -> Callable[P, R]:
    """The function itself, whose calls with wrong arguments are answered with the right ones.

    Where it stands for a method of its first argument, `method` is the name that its caller knows.
    """
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
            told = misfit(function, args, kwargs, method)
            if told is not None:
                raise told
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            # no step into the function: the arguments did not fit, and nothing of it has run
            if _steps(error) > steps:
                raise
            told = misfit(function, args, kwargs, method)
            if told is None:  # an argument twice, say: Python tells it well
                raise
            raise told from None

    return call


def _steps(error: TypeError) -> int:
    count, trace = -1, error.__traceback__
    while trace is not None:
        count, trace = count + 1, trace.tb_next
    return count


def misfit(
    function: Callable[..., object], places: Sequence[object], kwargs: Mapping[str, Any], method: str = ""
) -> CallError | None:
    """The error for a call that does not fit: the argument that is meant, and what else is needed.

    Parameters
    ----------
    function : what was called
    places : the arguments given by place
    kwargs : those given by name
    method : its name as a method of its first argument, if it is one
    """
    import inspect

    parameters = dict(inspect.signature(function).parameters)
    if parameters.pop("reading", None) is not None:
        parameters |= {
            name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in READING
        }
    by_place = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    given = {*by_place[: len(places)], *kwargs}
    strange = [name for name in kwargs if name not in parameters]
    meant = [word for name in strange for word in _words_for(name, parameters)]
    missing = [
        p.name
        for p in parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        if p.name not in given and p.name not in meant
    ]
    name = method or function.__name__
    own = by_place[:1] == ["self"] or bool(method)  # which nobody writes
    whole = f"{name}({', '.join(_needed(list(parameters.values())[own:]))})"
    needed = f"It needs {', '.join(missing)} too: {whole}." if missing else ""
    if name in OF_NUMBERS and (
        "churn" in strange or (places and all(isinstance(v, float | int) for v in places))
    ):
        needed = f"{needed} Of plain numbers, without a model, it is {OF_NUMBERS[name]}.".strip()
    told = ", ".join(list(parameters)[own:])
    if strange:
        here = " or ".join(_words_for(strange[0], parameters))
        way_out = f"Here it is {here}." if here else near(strange[0], parameters, _ALIKE).strip()
        way_out = way_out or f"Its arguments are: {told}."
        rule = f"is not an argument of {name}"
        return CallError("unknown-name", strange[0], kwargs[strange[0]], rule, f"{way_out} {needed}".strip())
    if len(places) > len(by_place):
        most, count = len(by_place) - own, len(places) - own
        by_name = f"must be {most} or fewer by place: the others of {name} are given by name"
        rule = by_name if most else f"must be given by name: {name} takes none by place"
        way_out = f"Its arguments are: {told}."
        if count <= len(parameters) - own:  # in the order in which they stand, as they were written
            named = [word for word in parameters if word not in by_place][: len(places) - len(by_place)]
            shown = [*map(_short, places[own : len(by_place)])]
            shown += [f"{w}={_short(v)}" for w, v in zip(named, places[len(by_place) :], strict=False)]
            way_out = f"{way_out} For example {name}({', '.join(shown)})."
        return CallError("needless", "arguments", f"{count} of them", rule, way_out)
    if missing:
        rule = f"must be given: {name} has no default for it"
        way_out = needed.replace(" too:", ":", 1)
        return CallError("missing-argument", missing[0], None, rule, way_out)
    return None


def _needed(parameters: Sequence[Any]) -> list[str]:
    """How those arguments are written that have no default."""
    without = [p for p in parameters if p.default is p.empty]
    return [
        *(p.name for p in without if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)),
        *(f"{p.name}={_FOR_ONE.get(p.name, '...')}" for p in without if p.kind is p.KEYWORD_ONLY),
    ]


_FOR_ONE = {"timing": "'begin'", "unit": "'week'", "per": "'month'", "to": "'year'"}
"""One of the choices of an argument, where nobody has a word of their own for it."""


def _short(value: object) -> str:
    """A number or a word as it was written; of all else a place for it."""
    return repr(value) if isinstance(value, bool | int | float | str) else "..."


def word_for(name: str, known: Mapping[str, object]) -> str | None:
    """What is called `name` elsewhere, by the name that it has among those known."""
    return next(iter(_words_for(name, known)), None)


def _words_for(name: str, known: Mapping[str, object]) -> list[str]:
    """All that may be meant: a margin is one per period, or a share of the price."""
    found = [word for word in WORDS.get(name, ()) if word in known]
    return found or [w for w in known if w.endswith(f"_{name}") and w.startswith("monthly")][:1]


VERBS = {
    "SubscriptionBase.as_of": ("retainkit.metrics", "as_of"),
    "AbstractModel.from_dict": ("retainkit.models.reader", "made_of_dict"),
    "AbstractModel.from_json": ("retainkit.models.reader", "made_of_json"),
    "SubscriptionBase.episodes": ("retainkit.metrics", "cut_episodes"),
    "SubscriptionBase.forecast": ("retainkit.valuation", "forecast_revenue"),
    "WorkbookWriter.to_excel": ("retainkit.workbooks", "workbook"),
}
"""Method → the module and the name of its function, whose first argument the object is."""


def upward(method: str) -> Callable[..., Any]:
    """The method of that name in `VERBS`."""
    module, name = VERBS[method]

    def verb(self: object, *_values: Any, **_named: Any) -> Any:
        return advised(getattr(import_module(module), name), method.rpartition(".")[2])(
            self, *_values, **_named
        )

    verb.__name__, verb.__qualname__ = method.rpartition(".")[2], method
    verb.__doc__ = f"`{module}.{name}` of this; see there."
    return verb


class Advising:
    """What tells who asks it for something that it has not where that is."""

    __slots__ = ()

    def _way_to(self, _name: str) -> str:
        """What the class itself knows of a name that it has not; empty for nothing."""
        return ""

    if not TYPE_CHECKING:  # a type checker shall go on refusing what is not there

        def __getattr__(self, name: str) -> NoReturn:
            raise _NoAttributeError(self, name)


class _NoAttributeError(AttributeError):
    """Looks for the name when it is read, not when it is raised: many only ask whether it is there."""

    def __init__(self, thing: Any, missing: str) -> None:
        self.kind = cast("type[Any]", type(thing))
        super().__init__(self.kind.__name__, missing, name=missing)
        self.way = ""
        if not missing.startswith("_"):
            self.way = getattr(self.kind, "_way_to")(thing, missing)  # noqa: B009

    def __str__(self) -> str:
        kind, missing = self.args
        way = self.way
        if not (way or missing.startswith("_")):
            way = import_module("retainkit.addresses").way_to(self.kind, missing)
        return f"{kind!r} object has no attribute {missing!r}. {way}".strip()

    def __reduce__(self) -> tuple[type[AttributeError], tuple[str]]:  # to another process goes what it says
        return AttributeError, (str(self),)


class WorkbookWriter(Advising):
    """What can be written as a workbook: every record, unit economics, a subscription base."""

    __slots__ = ()

    def to_excel(
        self,
        path: str | os.PathLike[str],
        *,
        by: Mapping[str, ColumnLike] | None = None,
        currency: str | None = None,
    ) -> Path:
        """`retainkit.workbook` of this: a file that a spreadsheet recalculates; see there."""
        return upward("WorkbookWriter.to_excel")(self, path, by=by, currency=currency)
