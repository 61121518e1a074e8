"""Where a model is meant a fit will do, and where data are meant the summary of a table that has them.

The functions are found by their signatures: a new one is covered at once, or fails here until it is.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference.diagnostics import Diagnostics
from retainkit.inference.result import Fit
from retainkit.models import MODELS
from retainkit.models.sampled import AbstractSampled
from retainkit.summaries import AbstractSummary

ROOMS = (
    "economics", "summaries", "models", "inference", "ingest", "metrics", "valuation", "validation",
    "decisions", "reports", "interop.survival", "interop.lifetimes",
)  # fmt: skip
DATA = re.compile(
    r"\b(Purchases|PurchasesInPeriods|Spend|Renewals|Opportunities|PurchasesOverTime|AbstractSummary|DataOf)\b"
)
MODEL = re.compile(r"\b(ModelOf|\w*Process|Survival|Spending|Abstract\w*Model|" + "|".join(MODELS) + r")\b")
OTHERS = re.compile(r"Fit\[|type\[|PlainFamily|AbstractFamily")  # a fit itself, or a form of models, is meant

TRANSACTIONS = rk.summarize_transactions(
    rk.load_cdnow("sample"),
    customer_id="customer_id",
    date="date",
    amount="dollar_value",
    unit="week",
    holdout_from="1997-10-01",
    monthly=True,
)
SUBSCRIPTIONS = rk.summarize_subscriptions(
    rk.ingest.simulate_subscriptions(customers=400, seed=1),
    customer_id="customer_id",
    start="start",
    end="end",
    reason="reason",
    unit="month",
    tenure="renewals",
    observation_end="2024-12-31",
)
RENEWALS = SUBSCRIPTIONS.renewals
BGNBD = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
SPENDING = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
STAYING = rk.ShiftedBetaGeometric(alpha=3.8, beta=15.2)
MONTHLY = rk.Rate(0.01, per="month")
VALUED: dict[str, Any] = {"margin_share": 0.3, "discount_rate": rk.Rate(0.1, per="year")}
AHEAD: dict[str, Any] = {"horizon": rk.Duration(1, "year")}
REASONS = {name: rk.Geometric(0.1, unit="month") for name in ("payment failed", "voluntary")}
BASE = rk.read_subscriptions(
    rk.ingest.simulate_subscriptions(customers=400, seed=1),
    customer_id="customer_id",
    start="start",
    end="end",
    reason="reason",
    amount="monthly_margin",
    observation_end="2024-12-31",
)
ON_CURVE = {"margin_per_period": 30.0, "survival": STAYING, "discount_rate": 0.01, "timing": "begin"}

BILLED = rk.read_subscriptions(
    {
        "id": np.array([1, 2, 3]),
        "from": np.array(["2024-01-01", "2024-01-01", "2024-02-01"]),
        "to": np.array(["", "2024-02-01", ""]),
        "eur": np.array([30.0, 30.0, 30.0]),
    },
    customer_id="id", start="from", end="to", amount="eur", observation_end="2024-03-31",
)  # fmt: skip

ORDINARY: dict[str, dict[str, Any]] = {
    "fit": {"model": rk.GammaGamma, "data": TRANSACTIONS.spend},
    "predict": {"estimate": BGNBD, "data": TRANSACTIONS.purchases, "horizon": 39.0},
    "posterior": {"model": rk.BGNBD, "data": TRANSACTIONS.purchases, "seed": 1, "draws": 200},
    "loo": {"posterior": rk.posterior(rk.Geometric, RENEWALS, seed=1, draws=200), "data": RENEWALS},
    "posterior_each": {
        "model": rk.Geometric,
        "summaries": [RENEWALS, RENEWALS],
        "seed": 1,
        "draws": 50,
    },
    "fit_each": {"model": rk.GammaGamma, "summaries": [TRANSACTIONS.spend, TRANSACTIONS.spend]},
    "bootstrap": {"model": rk.GammaGamma, "data": TRANSACTIONS.spend, "replicates": 20, "seed": 1},
    "jackknife": {"model": rk.Geometric, "data": RENEWALS},
    "choose_k": {"kind": rk.MBGCNBDk, "purchases": TRANSACTIONS.purchases, "ks": [1, 2]},
    "compare": {"models": [rk.Geometric, rk.ShiftedBetaGeometric], "data": RENEWALS},
    "fit_best": {"models": [rk.Geometric, rk.ShiftedBetaGeometric], "tx": RENEWALS, "holdout": None},
    "concordance": {"data": RENEWALS, "risk": np.arange(float(len(RENEWALS)))},
    "brier_score": {"data": RENEWALS, "survival": [0.9], "times": [1.0]},
    "spend_independence": {"spend": TRANSACTIONS.spend},
    "holdout_error": {"transactions": TRANSACTIONS, "model": BGNBD},
    "track_purchases": {"transactions": TRANSACTIONS, "model": BGNBD},
    "value_customers": {
        "customers": TRANSACTIONS.purchases,
        "purchasing": BGNBD,
        "spend": 35.0,
        **VALUED,
        **AHEAD,
    },
    "value_customers(spend)": {
        "customers": TRANSACTIONS,
        "purchasing": BGNBD,
        "spend": SPENDING,
        **VALUED,
        **AHEAD,
    },
    "value_customers(spend_so_far)": {
        "customers": TRANSACTIONS.purchases,
        "purchasing": BGNBD,
        "spend": SPENDING,
        "spend_so_far": TRANSACTIONS.spend,
        **VALUED,
        **AHEAD,
    },
    "prior_predictive": {
        "model": rk.BGNBD,
        "seed": 1,
        "draws": 50,
        "data": TRANSACTIONS.calibration.purchases if TRANSACTIONS.calibration else None,
        "spend": SPENDING,
        **VALUED,
        **AHEAD,
    },
    "value_new_customer": {"purchasing": BGNBD, "spend": SPENDING, **VALUED, **AHEAD},
    "payback_time": {"acquisition_cost": 20.0, "purchasing": BGNBD, "spend": SPENDING, **VALUED},
    "value_subscriptions": {
        "survival": STAYING,
        "tenure": [0, 1, 2],
        "margin_per_period": 100.0,
        "discount_rate": 0.1,
        "instant": "before-renewal",
    },
    "value_subscriptions(tenure)": {
        "survival": STAYING,
        "tenure": RENEWALS,
        "margin_per_period": 100.0,
        "discount_rate": 0.1,
        "instant": "before-renewal",
    },
    "cohort_payback": {
        "base": BILLED,
        "spend": {"month": ["2024-01", "2024-02"], "amount": [80.0, 90.0]},
        "margin_share": 0.8,
        "fit": rk.ShiftedBetaGeometric(alpha=3.8, beta=15.2, unit="month"),
    },
    "cohort_payback(spend_per_purchase)": {
        "base": TRANSACTIONS,
        "spend": {"month": ["1997-01", "1997-02"], "amount": [1e5, 1e5]},
        "fit": BGNBD,
        "spend_per_purchase": SPENDING,
        "margin_share": 0.5,
    },
    "CompetingReasons": {"fits": REASONS},
    "value_by_reason": {"base": BASE, "fits": REASONS, "recovered": 1.0, **VALUED, **AHEAD},
    "log_rank": {"groups": [RENEWALS, rk.Geometric(0.1, unit="month").sample(np.full(400, 24.0), seed=1)]},
    "fit_cox": {"renewals": RENEWALS, "covariates": {"x": np.arange(len(RENEWALS)) % 3}},
    "break_even_on_curve": {"acquisition_cost": 100.0, "margin_per_period": 30.0, "survival": STAYING},
    "break_even_distribution": {"acquisition_cost": 100.0, "margin_per_period": 30.0, "survival": STAYING},
    "CashFlow.from_curve": {"margin_per_period": 30.0, "survival": STAYING, "timing": "end", "horizon": 12},
    "lifetime_value_on_curve": ON_CURVE,
    "survival_through_crisis": {"survival": STAYING, "hazard_jump": 4.0, "half_life": 2.0},
    "scaled_hazard": {"base": STAYING, "hazard_ratio": 1.3},
    "survival_with_hazard_ratio": {"survival": STAYING, "hazard_ratio": 0.8},
    "service_change_on_curve": {**ON_CURVE, "hazard_ratio": 0.8},
    "value_company": {
        "customers": 1000.0,
        "acquired": 20.0,
        "survival": STAYING,
        "survival_of_new": STAYING,
        "margin_per_period": 30.0,
        "acquisition_cost": 100.0,
        "overhead_per_period": 500.0,
        "tax_rate": 0.2,
        "discount_rate": 0.01,
        "horizon": 24,
        "non_operating_assets": 0.0,
        "debt": 0.0,
    },
    "PurchasesOverTime": {
        "purchases": TRANSACTIONS.purchases,
        "birth": 0.0,
        "at_purchases": np.ones((len(TRANSACTIONS), 1)),
        "periods": rk.CovariatePeriods(np.ones((90, 1)), names=["season"]),
    },
    # questions to a model, whose data are simulated
    "question": {
        "horizon": 4.0,
        "discount_rate": rk.Rate(0.1, per="year"),
        "n": 1,
        "probability": 0.5,
        "amount": 20.0,
        "purchases": 2.0,
        "seed": 1,
        "tenure": 2.0,
    },
}
HOOKS = {"summed"}  # called by `fit` alone


class Place(NamedTuple):
    """A parameter of a public function, and the function with ordinary arguments for all others."""

    name: str
    call: Callable[[Any], Any]
    plain: Any


def public_functions() -> Iterator[tuple[str, Any, Any]]:
    """Name, owner and function of all that rooms offer, the methods of their classes included."""
    for room in map(import_module, (f"retainkit.{name}" for name in ROOMS)):
        for name in getattr(room, "__all__", None) or [n for n in vars(room) if n[0] != "_"]:
            thing = getattr(room, name)
            if not getattr(thing, "__module__", "").startswith("retainkit"):
                continue
            if inspect.isfunction(thing):
                yield name, None, thing
            if inspect.isclass(thing) and not inspect.isabstract(thing):
                yield from (
                    (f"{name}.{method}", thing, getattr(thing, method))
                    for method in dir(thing)
                    if method[0] != "_" and callable(m := getattr(thing, method)) and inspect.isroutine(m)
                )
                code = getattr(vars(thing).get("__init__"), "__code__", None)
                if code is not None and code.co_filename != "<string>":  # else the record only stores
                    yield name, thing, thing


def places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for name, owner, function in public_functions():
        if name.rpartition(".")[2] in HOOKS:
            continue
        for parameter in inspect.signature(function).parameters.values():
            told = str(parameter.annotation)
            if OTHERS.search(told) or not (DATA.search(told) or MODEL.search(told)):
                continue
            where = f"{name}({parameter.name})"
            found[where] = place(where, name, owner, function, parameter.name)
    return found


def place(where: str, name: str, owner: Any, function: Any, parameter: str) -> Place:
    given = ORDINARY.get(where, ORDINARY.get(name))
    if given is None and owner is not None:
        return of_a_model(where, owner, name.rpartition(".")[2], parameter)
    if given is None:
        raise AssertionError(f"{where} takes a model or data: give it ordinary arguments in ORDINARY")
    return Place(where, lambda value: function(**{**given, parameter: value}), given[parameter])


def of_a_model(where: str, owner: Any, method: str, parameter: str) -> Place:
    """A question to a model about data that it simulates, or an estimate's own constructor."""
    if hasattr(owner, "estimate"):
        return Place(where, getattr(owner, method), RENEWALS)
    model, data = model_and_data(owner)
    names = inspect.signature(getattr(owner, method)).parameters.values()
    others = {
        p.name: ORDINARY["question"][p.name]
        for p in names
        if p.default is p.empty and p.name in ORDINARY["question"] and p.name != parameter
    }
    return Place(where, lambda value: getattr(model, method)(**{parameter: value}, **others), data)


def model_and_data(kind: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    if kind is rk.models.OverTime:
        periods = rk.CovariatePeriods((np.arange(60) % 2)[:, None] * 1.0, names=["odd"])
        model = rk.models.OverTime(BGNBD, ("odd",), (0.5,))
        return model, model.sample(np.full(30, 50.0), periods=periods, seed=rng)
    if kind is rk.models.InPeriods:
        model = rk.models.InPeriods(BGNBD)
        return model, model.sample(np.full(30, 50.0), seed=rng)
    if kind is rk.models.WithShares:
        model: Any = rk.models.WithShares(rk.Geometric(0.2), one_and_done=0.1)
    elif kind in (rk.models.ScaledContinuousModel, rk.models.ScaledDiscreteModel):
        base = rk.Exponential(9.0) if kind.continuous else rk.Geometric(0.2)
        model = rk.models.scaled_hazard(base, 1.3)
    elif kind is rk.models.WithCovariates:
        model = rk.models.WithCovariates(BGNBD, (rk.models.Effect("card", ("purchasing",)),), (0.7,))
        purchases = BGNBD.sample(np.full(30, 50.0), seed=rng)
        return model, rk.Described(purchases, {"card": np.arange(30) % 2})
    else:
        unit = None if kind is rk.GammaGamma else "week"
        model = replace(kind.typical(rng, scale=20.0), unit=unit)
    whole = rng.integers(1, 12, 30)
    return model, model.sample(whole if model.data_kind is not rk.Purchases else whole + 0.5, seed=rng)


class Table:
    """What has data of some kind, as the summary of a table has."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __retention_data__(self, kind: type[object]) -> object:
        return self.data if isinstance(self.data, kind) else None


def fit_of(model: Any) -> Any:
    """A fit of the model, as a search that ended there would give it."""
    if not hasattr(model, "family"):
        return model  # a column of shares or a constant amount is no model
    free = len(model.family.parameters)
    told = Diagnostics("converged", "", "", 0.0, 1.0, 1)
    return Fit(model, np.eye(free), np.eye(free), -1.0, 1.0, told, model.family)


def stand_in(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {name: stand_in(part) for name, part in plain.items()}
    if isinstance(plain, list):
        return [Table(part) for part in plain]
    return Table(plain) if isinstance(plain, AbstractSummary) else fit_of(plain)


def shown(answer: Any) -> Any:
    """An answer as what can be compared: numbers, or the text that shows its figures."""
    if callable(answer) and not isinstance(answer, np.ndarray):
        return shown(answer(np.arange(4.0)))
    if isinstance(answer, tuple):
        return [shown(part) for part in answer]
    if isinstance(answer, float | np.ndarray):
        return np.asarray(answer).tolist()
    if isinstance(answer, AbstractSampled):
        return [shown(value) for value in answer.as_dict().values()]
    if hasattr(answer, "params_"):
        return answer.params_.tolist()
    dumped = getattr(answer, "model_dump", dict)()
    return [str(dumped), re.sub(r" at 0x\w+", "", repr(answer)), getattr(answer, "purchases", None)]


PLACES = places()


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACES)
def test_a_fit_or_a_summary_gives_what_the_model_or_its_part_gives(where: str) -> None:
    found = PLACES[where]
    other = stand_in(found.plain)
    assert other is not found.plain
    assert shown(found.call(other)) == shown(found.call(found.plain))


def test_the_summaries_of_tables_have_the_data_of_models() -> None:
    tx, fitted = TRANSACTIONS, rk.fit(rk.BGNBD, TRANSACTIONS)
    assert tx.calibration is not None  # what is held out stays unseen
    assert fitted.model == rk.fit(rk.BGNBD, tx.calibration).model
    assert fitted.model == rk.fit(rk.BGNBD, tx.calibration.purchases).model
    assert fitted.model != rk.fit(rk.BGNBD, tx.purchases).model
    assert fitted.model == rk.compare([rk.BGNBD], tx).best.model
    assert shown(fitted.model.probability_alive(tx)) == shown(fitted.model.probability_alive(tx.purchases))
    assert shown(SPENDING.expected_spend(tx)) == shown(SPENDING.expected_spend(tx.spend))
    assert rk.fit(rk.Geometric, SUBSCRIPTIONS).model == rk.fit(rk.Geometric, RENEWALS).model
    assert shown(rk.fit(rk.KaplanMeier, SUBSCRIPTIONS)) == shown(rk.KaplanMeier.estimate(RENEWALS))
    value = rk.value_customers(tx, fitted, rk.fit(rk.GammaGamma, tx), **VALUED, **AHEAD)
    assert value.customers is tx.customers


@pytest.mark.parametrize("where", [w for w in PLACES if isinstance(PLACES[w].plain, AbstractSummary)])
def test_data_that_are_none_are_refused_by_the_argument_s_name(where: str) -> None:
    argument = where.rpartition("(")[2][:-1]
    with pytest.raises(rk.InputError, match=f"{argument} must be .*got 'dict'"):
        PLACES[where].call({})
