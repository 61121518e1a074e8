"""Every public name has one address; it is loaded on first use, and an unknown name is told where it is."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module, util
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from retainkit.calls import CallError, advised
from retainkit.errors import near

ROOMS = (
    "economics", "decisions", "metrics", "valuation", "validation", "inference", "ingest", "summaries",
    "models", "reports", "workbooks", "files", "plot", "display", "api", "interop.survival",
    "interop.lifetimes", "errors",
)  # fmt: skip
"""Where a name may be, in the order in which it is looked for."""

SYNONYMS: dict[str, str] = {
    "share_paid_to_stayers": "decisions.share_paid_anyway, of those who stay",
    # what a customer is worth
    "ltv": "economics.lifetime_value",
    "clv": "economics.lifetime_value",
    "cltv": "economics.lifetime_value",
    "customer_lifetime_value": "economics.lifetime_value, or value_customers for each of a table",
    "ltv_cac": "economics.ltv_to_cac",
    "ltv_cac_ratio": "economics.ltv_to_cac",
    "residual_value": "economics.residual_lifetime_value",
    "discounted_cash_flow": "economics.present_value",
    "dcf": "economics.present_value",
    "pv": "economics.present_value, or annuity_value of a repeated payment",
    "fv": "economics.future_value",
    "pmt": "economics.annuity_payment",
    "nper": "economics.annuity_periods",
    "rate": "economics.annuity_rate",
    "ipmt": "economics.interest_part",
    "ppmt": "economics.principal_part",
    "cumipmt": "economics.interest_part, of every payment of the sum",
    "cumprinc": "economics.principal_part, of every payment of the sum",
    "nfv": "economics.future_value of npv",
    "xfv": "economics.xnfv",
    "effect": "Rate, by Rate(0.12, per='year', kind='nominal', compounding='month').effective('year')",
    "amortization": "economics.principal_part, with number=np.arange(1, periods + 1)",
    # when it has paid back, and what would change that
    "breakeven": "break_even",
    "payback": "break_even",
    "payback_period": "break_even",
    "cac_payback": "break_even",
    "max_churn": "economics.break_even_churn",
    "max_acquisition_cost": "economics.break_even_acquisition_cost",
    "max_cac": "economics.break_even_acquisition_cost",
    "roi": "economics.customer_irr, the rate of return of winning a customer",
    # churn and lifetimes
    "expected_lifetime": "economics.expected_lifetime_from",
    "average_lifetime": "economics.expected_lifetime_from",
    "customer_lifetime": "economics.expected_lifetime_from",
    "half_life": "economics.half_life_from",
    "annual_churn": "economics.convert_churn",
    "monthly_churn": "economics.convert_churn",
    "retention_rate": "economics.retention_from of a churn, or metrics.churn_rate of a table",
    "logo_churn": "metrics.churn_rate",
    # metrics
    "nrr": "metrics.net_revenue_retention",
    "ndr": "metrics.net_revenue_retention",
    "grr": "metrics.gross_revenue_retention",
    "mrr": "metrics.mrr_movements",
    "arr": "metrics.mrr_movements, whose monthly recurring revenue times 12 it is",
    "arpa": "metrics.average_revenue_per_account",
    "arpu": "metrics.average_revenue_per_account",
    "cohorts": "metrics.cohort_table",
    "cohort_analysis": "metrics.cohort_table",
    "cac": "economics.acquisition_cost_ladder",
    "customer_acquisition_cost": "economics.acquisition_cost_ladder",
    # data
    "rfm": "summarize_transactions, whose rfm() has scores and segments; Purchases.from_rfm of a table",
    "rfm_summary": "summarize_transactions",
    "summary_data_from_transaction_data": "summarize_transactions",
    "calibration_and_holdout_data": "summarize_transactions with holdout_from=",
    "load_transactions": "summarize_transactions",
    # models
    "kaplan_meier": "KaplanMeier, by fit(KaplanMeier, subscriptions)",
    "KaplanMeierFitter": "KaplanMeier, by fit(KaplanMeier, subscriptions)",
    "fit_interval_censoring": "Turnbull, by fit(Turnbull, Renewals.from_intervals(...))",
    "NelsonAalenFitter": "NelsonAalen, by fit(NelsonAalen, subscriptions)",
    "WeibullFitter": "Weibull, by fit(Weibull, subscriptions)",
    "Cox": "interop.survival.fit_cox",
    "cox": "interop.survival.fit_cox",
    "CoxPHFitter": "interop.survival.fit_cox",
    "MODELS": "models.MODELS",
    "sBG": "ShiftedBetaGeometric",
    "SBG": "ShiftedBetaGeometric",
    "BetaGeometric": "ShiftedBetaGeometric",
    "BetaGeoModel": "BGNBD",
    "ParetoNBDModel": "ParetoNBD",
    "GammaGammaModel": "GammaGamma",
    "predict": "fit, whose model answers: fit(BGNBD, tx).model.expected_purchases(tx, horizon=52)",
    "survival_curve": "interop.survival.survival_of",
    "logrank": "models.log_rank",
    "logrank_test": "models.log_rank",
    "cross_validate": "validation.holdout_error",
    "aic": "compare",
    # decisions
    "ab_test": "decisions.retention_test",
    "churn_reduction": "economics.retention_gain",
    "value_of_churn_reduction": "economics.retention_gain",
    "sample_size": "decisions.sample_size_for_profit",
    "uplift": "decisions.uplift_curve",
    "qini": "decisions.uplift_curve",
    "budget_allocation": "decisions.allocate_budget",
    "discount": "decisions.loyalty_discount",
    "referral": "decisions.customer_referral_value",
    "referral_value": "decisions.customer_referral_value",
    "customer_based_corporate_valuation": "decisions.value_company",
    "cbcv": "decisions.value_company",
}
"""What the field, or another library, calls it: where it is here; a table of docs/reference/naming.md too."""


def lazily(
    package: str, modules: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose names load on first use.

    Parameters
    ----------
    package : name of the package
    modules : mapping of module to the names it lends
        A module is written from the package on, ``".pricing"``, or in full. Each name of a module that starts
        with a dot is an attribute of the package too.

    A name that is not there is answered with where it is: in another room, or here by another name.
    """
    sys.modules[package].__class__ = Room
    module_of = {name: module for module, names in modules.items() for name in names}
    # a module that lends no name is lent itself, from wherever below it stands
    lent = {m for m, names in modules.items() if m.startswith(".") and ("." not in m[1:] or not names)}
    rooms = {module.rpartition(".")[2]: module for module in lent}

    def load(name: str) -> Any:
        if name in module_of:
            module = import_module(module_of[name], package)
            value = getattr(module, name)
            # those of `plain_first` see to it themselves: a step more would cost as much as they do
            if isinstance(value, FunctionType) and not value.__code__.co_filename.startswith("<plain"):
                # at every address the same: where it is defined, in its room, in the package
                value = _at_all(value, name, module)
        elif name in rooms:
            return import_module(rooms[name], package)
        else:
            raise _UnknownNameError(package, name, (*module_of, *rooms))
        setattr(import_module(package), name, value)
        return value

    return load, lambda: sorted({*module_of, *rooms}), sorted(module_of)


def _at_all(function: FunctionType, name: str, module: ModuleType) -> Any:
    """The function with advice for calls that do not fit, in its own module and in the one that lends it."""
    told = advised(function)
    for place in (module, sys.modules[function.__module__]):
        if getattr(place, name, None) is function:
            setattr(place, name, told)
    return told


class Room(ModuleType):
    """A module that says, when it is called, which of its names to call; so do those that stand in it."""

    def __setattr__(self, name: str, value: object) -> None:
        # a module is set in its package whoever imports it, and may hold others by then
        if isinstance(value, ModuleType):
            _make_room(value, self)
        super().__setattr__(name, value)

    def __call__(self, *_: object, **__: object) -> NoReturn:
        name = self.__name__.rpartition(".")[2]
        rule = "is a room of names, and no function"
        here = f"Here it is retainkit.{SYNONYMS[name]}." if name in SYNONYMS else ""
        way_out = f"{here} Its names are: {', '.join(_public(self))}.".strip()
        raise CallError("wrong-type", self.__name__, f"{name}(...)", rule, way_out)

    def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
        # cloudpickle knows modules by their exact class; a function that names one goes to other processes
        return import_module, (self.__name__,)


def _make_room(module: ModuleType, within: ModuleType) -> None:
    if type(module) is ModuleType and module.__name__.startswith(f"{within.__name__}."):
        module.__class__ = Room
        for held in vars(module).values():
            if isinstance(held, ModuleType):
                _make_room(held, module)


class _UnknownNameError(AttributeError):
    """Looks for the name when it is read, not when it is raised: imports and `hasattr` only ask whether."""

    def __init__(self, package: str, missing: str, own: tuple[str, ...]) -> None:
        super().__init__(package, missing, own, name=missing)

    def __str__(self) -> str:
        package, name, own = self.args
        more = "" if name.startswith("_") else whereabouts(name, own)
        return f"module {package!r} has no attribute {name!r}. {more}".strip()


def whereabouts(name: str, own: Iterable[str] = ()) -> str:
    """Where a name is that was looked for elsewhere; if nowhere, a near one of `own` or of all rooms."""
    if name in SYNONYMS:
        return f"Here it is retainkit.{SYNONYMS[name]}."
    rooms = {room: _public(import_module(f"retainkit.{room}")) for room in ROOMS}
    if name in ROOMS:
        return f"It is the room retainkit.{name}."
    for room, names in rooms.items():
        if name in names:
            return f"It is in {room}: from retainkit.{room} import {name}."
    return near(name, own) or near(name, [other for names in rooms.values() for other in names])


def _public(room: ModuleType) -> list[str]:
    listed: list[str] | None = getattr(room, "__all__", None)
    if listed is not None:
        return listed
    here = f"{room.__name__}."
    return [
        name
        for name, thing in vars(room).items()
        if not name.startswith("_") and not isinstance(thing, ModuleType)
        if f"{getattr(thing, '__module__', '')}.".startswith(here)
    ]


def lent_by(package: str, *rooms: str) -> dict[str, tuple[str, ...]]:
    """What rooms of a package list as theirs, read from their pages: none is loaded to know what is in it."""
    return {f".{room}": _listed(f"{package}.{room}") for room in rooms}


def _listed(room: str) -> tuple[str, ...]:
    found = util.find_spec(room)
    loader: Any = found.loader if found else None
    page: str | None = loader.get_source(room) if hasattr(loader, "get_source") else None
    if not page:  # a program that was packed without its sources: slower, and the same names
        return tuple(import_module(room).__all__)
    listed = re.search(r"^__all__ = (\[.*?\])$", page, re.DOTALL | re.MULTILINE)
    return tuple(ast.literal_eval(listed[1])) if listed else ()
