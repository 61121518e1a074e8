"""Every public name has one address; it is loaded on first use, and an unknown name is told where it is."""

from __future__ import annotations

import ast
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
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
    name: place
    for place, names in {
        "decisions.share_paid_anyway, of those who stay": "share_paid_to_stayers",
        "economics.lifetime_value, or value_customers for each of a table":
        "ltv clv cltv simple_ltv clv_formula customer_lifetime_value",
        "economics.ltv_to_cac": "ltv_cac ltv_cac_ratio clv_cac lifetime_value_to_cac",
        "economics.residual_lifetime_value": "residual_value",
        "economics.present_value": "discounted_cash_flow dcf discount_factor discount_cash_flows",
        "economics.present_value, or annuity_value of a repeated payment": "pv",
        "economics.future_value": "fv",
        "economics.annuity_payment": "pmt",
        "economics.annuity_periods": "nper",
        "economics.annuity_rate": "rate",
        "economics.interest_part, of every payment the sum": "ipmt cumipmt",
        "economics.future_value of npv, or economics.xnfv": "nfv xfv",
        "Rate, by Rate(0.12, per='year', kind='nominal', compounding='month').effective('year')": "effect",
        "economics.principal_part, with number=np.arange(1, periods + 1)": "amortization ppmt cumprinc",
        "break_even, or payback_time of fitted models":
        "breakeven payback payback_period cac_payback payback_months months_to_payback break_even_point "
        "time_to_payback",
        "economics.break_even_churn": "max_churn",
        "economics.break_even_acquisition_cost": "max_acquisition_cost max_cac",
        "economics.customer_irr, the rate of return of winning a customer": "roi",
        "economics.npv": "net_present_value",
        "economics.irr": "internal_rate_of_return",
        "workbook": "excel export to_excel xlsx",
        "report": "dashboard html_report",
        "economics.expected_lifetime_from": "expected_lifetime average_lifetime customer_lifetime lifetime",
        "economics.half_life_from": "half_life",
        "economics.convert_churn": "annual_churn monthly_churn",
        "economics.retention_from of a churn, or metrics.churn_rate of a table": "retention_rate",
        "metrics.net_revenue_retention": "nrr ndr revenue_retention net_retention net_dollar_retention",
        "metrics.gross_revenue_retention": "grr",
        "metrics.mrr_movements; 12 times the monthly recurring revenue is the annual": "mrr arr",
        "metrics.average_revenue_per_account": "arpa arpu",
        "metrics.cohort_table": "cohorts cohort_analysis cohort cohort_retention retention_table",
        "economics.acquisition_cost_ladder": "cac customer_acquisition_cost",
        "summarize_transactions, whose rfm() has scores and segments; Purchases.from_rfm of a table":
        "rfm segment segmentation segments customer_segments",
        "summarize_transactions": "rfm_summary summary_data_from_transaction_data load_transactions",
        "summarize_transactions with holdout_from=":
        "calibration_and_holdout_data train_test_split calibration_holdout holdout split",
        "KaplanMeier, by fit(KaplanMeier, subscriptions)": "kaplan_meier KaplanMeierFitter",
        "Turnbull, by fit(Turnbull, Renewals.from_intervals(...))": "fit_interval_censoring",
        "NelsonAalen, by fit(NelsonAalen, subscriptions)": "NelsonAalenFitter",
        "Weibull, by fit(Weibull, subscriptions)": "WeibullFitter",
        "interop.survival.fit_cox": "Cox cox CoxPHFitter",
        "models.MODELS": "MODELS",
        "ShiftedBetaGeometric": "sBG SBG BetaGeometric",
        "BGNBD": "BetaGeoModel bgnbd BG_NBD bg_nbd",
        "ParetoNBD": "ParetoNBDModel pareto_nbd",
        "GammaGamma": "GammaGammaModel gamma_gamma",
        "fit, whose model answers: fit(BGNBD, tx).model.expected_purchases(tx, horizon=52)":
        "expected_purchases predict_purchases conditional_expected_number_of_purchases_up_to_time",
        "interop.survival.survival_of": "survival_curve",
        "models.log_rank": "logrank logrank_test",
        "validation.holdout_error": "cross_validate",
        "compare": "aic",
        "decisions.retention_test": "ab_test ab_testing",
        "economics.retention_gain": "churn_reduction value_of_churn_reduction",
        "decisions.sample_size_for_profit": "sample_size",
        "decisions.uplift_curve": "uplift qini",
        "decisions.allocate_budget": "budget_allocation",
        "decisions.loyalty_discount": "discount",
        "decisions.customer_referral_value": "referral referral_value",
        "decisions.value_company":
        "customer_based_corporate_valuation cbcv company_value enterprise_value firm_value "
        "corporate_valuation",
        "economics.retention_from, of a churn": "churn_to_retention",
        "economics.churn_from, of a retention, a hazard or a half-life":
        "retention_to_churn churn_from_retention",
        "economics.annuity_value": "annuity perpetuity",
        "decisions.service_change, or decisions.ServicePlan of several":
        "service_spending service_investment service_quality",
        "decisions.campaign_profit, or decisions.whom_to_contact for the list":
        "retention_campaign winback_campaign win_back winback campaign_roi",
        "decisions.whom_to_contact":
        "target targeting customers_to_contact who_to_contact contact_list next_best_action",
        "decisions.price_change": "price_increase pricing",
        "decisions.leaver_cost": "employee_turnover turnover_cost",
        "decisions.points_programme, decisions.loyalty_discount or decisions.tier_programme":
        "loyalty_program loyalty_programme loyalty",
        "decisions.referral_multiplier, or decisions.customer_referral_value":
        "referral_program referral_programme viral_coefficient",
        "decisions.sample_size_for_shares": "power_analysis power",
        "KaplanMeier, by fit(KaplanMeier, base).survival([1, 12])":
        "retention_curve churn_curve churn_by_tenure survival survival_analysis",
        "metrics.churn_rate of counts, read_subscriptions(...).metrics() of a table":
        "churn customer_churn logo_churn",
        "economics.retention_from, of a churn; read_subscriptions(...).metrics() of a table": "retention",
        "metrics.gross_revenue_retention, 1 minus it": "revenue_churn mrr_churn gross_churn",
        "summarize_transactions, and (tx.purchases.frequency > 0).mean() of it":
        "repeat_rate repurchase_rate repeat_purchase_rate",
        "summarize_transactions, and tx.monetary_value of it": "average_order_value aov",
        "fit, whose model answers: fit(BGNBD, tx).model.probability_alive(tx)":
        "probability_alive p_alive churn_probability predict_churn churn_prediction "
        "conditional_probability_alive",
        "value_customers": "predict_clv predict_ltv customer_value value_customer clv_prediction",
        "valuation.forecast_revenue of subscriptions, or inference.predict of purchases":
        "forecast forecast_mrr mrr_forecast revenue_forecast predict_revenue",
        "UnitEconomics": "unit_economics",
        "UnitEconomics, by its sensitivity(...) or tornado(...)":
        "sensitivity sensitivity_analysis tornado what_if scenario",
        "Draws, which every formula takes in place of a number": "monte_carlo simulate simulation",
        "posterior, and interval(0.9) of what is made with it":
        "confidence_interval credible_interval uncertainty",
        "summarize_transactions('sales.csv', ...), or read_subscriptions of subscriptions":
        "read_csv load_csv load_data read_transactions read_orders read_parquet",
        "read_subscriptions": "load_subscriptions read_billing",
        "validate": "backtest evaluate score",
        "economics.convert_rate": "monthly_rate annual_to_monthly monthly_discount_rate",
        "plot.plot_survival": "plot_retention plot_churn",
    }.items()
    for name in names.split()
}  # fmt: skip
"""What the field, or another library, calls it: where it is here; a table of docs/reference/naming.md too."""


_WORTH = "value values lifetime_value ltv clv cltv customer_lifetime_value predict_clv"

ASKED_OF: dict[str, dict[str, str]] = {
    kind: {name: place for place, names in asked.items() for name in names.split()}
    for kind, asked in {
        "SubscriptionBase": {
            "its table, month by month: base.metrics()":
            "churn churn_rate logo_churn mrr arr arpa arpu nrr grr movements net_revenue_retention",
            "by tenure: fit(KaplanMeier, base).survival([1, 12]), and .churn([1, 12])":
            "churn_by_tenure churn_curve retention retention_rate retention_curve survival survival_curve "
            "kaplan_meier",
            "metrics.cohort_table(base)": "cohorts cohort cohort_table",
            "fit(ShiftedBetaGeometric, base)": "fit",
            "forecast(months=12, new='trend')": "predict forecast_revenue forecast_mrr",
            "validate(base)": "validate check",
            "value_subscriptions(base, fit(ShiftedBetaGeometric, base), margin_share=..., "
            "discount_rate=..., horizon=...)":
            _WORTH,
            "plot.plot_survival(fit(KaplanMeier, base)), or plot.plot_bridge(base.metrics())": "plot",
        },
        "TransactionSummary": {
            "in its purchases: tx.purchases.frequency": "frequency recency T",
            "of a fit: fit(BGNBD, tx).model.probability_alive(tx)":
            "churn churn_rate retention probability_alive p_alive alive",
            "of a fit: fit(BGNBD, tx).model.expected_purchases(tx, horizon=52)":
            "predict forecast expected_purchases",
            "fit(BGNBD, tx), or fit_best([BGNBD, ParetoNBD], tx)": "fit",
            "validate(tx), of a summary read with holdout_from=": "validate check",
            "summarize_transactions(..., holdout_from=), which splits them: its lines are gone": "split",
            "rfm(), whose rows have scores and segments": "segments scores segment",
            "value_customers(tx, fit(BGNBD, tx), fit(GammaGamma, tx), margin_share=..., "
            "discount_rate=..., horizon=...)":
            _WORTH,
            "report(...) of the table, or plot.plot_tracking(validation.track_purchases(tx, fitted))": "plot",
        },
        "Fit": {
            "plot.plot_survival(fitted), or plot.plot_tracking(validation.track_purchases(tx, fitted))":
            "plot",
            "value_customers(tx, fitted, ...), or value_subscriptions(base, fitted, ...)": _WORTH,
            "validate(tx), of a summary read with holdout_from=": "score validate",
        },
        "CustomerValue": {".value, of each, and .total": "clv ltv cltv lifetime_value values sum"},
        "SubscriberValue": {".value, of each, and .total": "clv ltv cltv lifetime_value values sum"},
    }.items()
}  # fmt: skip
"""What people ask a thing for, and who answers it; `tx`, `base` and `fitted` are such things."""

_PICTURES = "plot"
_WRITTEN = {
    "to_json": "model_dump_json",
    "json": "model_dump_json",
    "to_dict": "model_dump",
    "dict": "model_dump",
}
_OF_TABLES = (
    "head", "tail", "columns", "shape", "describe", "iloc", "loc", "groupby", "sort_values", "sort", "to_csv",
    "to_parquet", "query", "info", "dtypes", "index", "merge", "join", "nlargest", "iterrows", "filter",
)  # fmt: skip


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
    """Where a name is that was looked for elsewhere; if nowhere, one misspelt or those of its words."""
    if name in SYNONYMS:
        return f"Here it is retainkit.{SYNONYMS[name]}."
    rooms = {room: _public(import_module(f"retainkit.{room}")) for room in ROOMS}
    if name in ROOMS:
        return f"It is the room retainkit.{name}."
    for room, names in rooms.items():
        if name in names:
            return f"It is in {room}: from retainkit.{room} import {name}."
    every = [other for names in rooms.values() for other in names]
    return near(name, own, _LETTERS) or near(name, every, _LETTERS) or _by_words(name)


_LETTERS = 0.85  # how alike names have to be to be one misspelt: "retention_gain" is no slip for "_to_churn"


def _by_words(name: str) -> str:
    """The functions and records that share the most telling words with a name, by theirs and their docs."""
    asked, told = _words(name), _told()
    held = Counter(word for _, of_name, of_doc in told.values() for word in of_name | of_doc)
    # a word of many names says little
    weight = {word: 1.0 / math.log(2.0 + held[word]) for word in asked if held[word]}
    score = {
        one: sum(w * (2.0 * (word in of_name) + (word in of_doc)) for word, w in weight.items())
        for one, (_, of_name, of_doc) in told.items()
    }
    best = sorted((one for one in score if score[one] > 0.0), key=lambda one: -score[one])[:3]
    enough = best and len(weight) * 2 >= len(asked)
    return f"Near in meaning: {', '.join(f'{told[one][0]}.{one}' for one in best)}." if enough else ""


@cache
def _told() -> dict[str, tuple[str, set[str], set[str]]]:
    """Where every name is, its words and those of its first line; functions stand for results."""
    told: dict[str, tuple[str, set[str], set[str]]] = {}
    for room in ROOMS:
        module = import_module(f"retainkit.{room}")
        for one in _public(module):
            about = (getattr(module, one).__doc__ or "").partition("\n")[0]
            told.setdefault(one, (room, _words(one), _words(about)))
    made = {frozenset(of_name) for one, (_, of_name, _) in told.items() if one[0].islower()}
    return {one: of for one, of in told.items() if one[0].islower() or frozenset(of[1]) not in made}


def _words(text: str) -> set[str]:
    """The words of a name or a sentence, by their beginnings: "churned" and "churn" are one."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text.replace("_", " "))
    return {part.lower()[:5] for part in parts if len(part) > 2 and part.lower() not in ("the", "for", "and")}


def way_to(kind: type[Any], name: str) -> str:
    """Where that is which a thing of a class was asked for and has not."""
    for base in kind.__mro__:
        if told := ASKED_OF.get(base.__name__, {}).get(name, ""):
            return f"Here it is {told}."
    own = [n for n in {*dir(kind), *getattr(kind, "__dataclass_fields__", ())} if not n.startswith("_")]
    written = f"It is {_WRITTEN[name]}()." if name in _WRITTEN else ""
    if name in _OF_TABLES and "to_frame" in own:
        written = f"Its rows are a table: to_frame().{name}."
    elif name == "plot":
        written = f"It is drawn by {_picture(kind)}."
    if found := written or near(name, own, _LETTERS).strip():
        return found
    elsewhere = name in SYNONYMS or any(name in _public(import_module(f"retainkit.{r}")) for r in ROOMS)
    figures = [*getattr(kind, "_derived", ()), *getattr(kind, "__dataclass_fields__", ())]
    has = [one for one in figures if one in own] or sorted(own)
    return whereabouts(name) if elsewhere else f"It has: {', '.join(has)}."


def _picture(kind: type[Any]) -> str:
    """The functions that draw a thing of a class: those that take it first."""
    from inspect import signature

    room = import_module("retainkit" + ".plot")
    first = {n: str(next(iter(signature(getattr(room, n)).parameters.values()))) for n in _public(room)}
    own = [f"plot.{name}" for name, what in first.items() if re.search(rf"\b{kind.__name__}\b", what)]
    return " or ".join(own or first)


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
