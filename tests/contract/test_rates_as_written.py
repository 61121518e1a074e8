"""Who writes 12 for a rate mostly means 12%: refused wherever a rate of growth is taken, unless meant."""

from __future__ import annotations

import inspect
import re
from functools import cache
from types import CodeType
from typing import Any

import numpy as np
import pytest
from public_calls import Calls, Public, arguments_of, calls_of, methods_of, public_names

import retainkit as rk
from retainkit.decisions import (
    BlattbergDeighton,
    ExponentialResponse,
    RetentionPlan,
    ServedCustomers,
    best_spending,
    faster_response,
)
from retainkit.economics import Rate, convert_rate, irr, lifetime_value, npv
from retainkit.errors import InputError, as_written
from retainkit.records import Record
from retainkit.valuation import UnitEconomics

RATE = re.compile(r"\b(RateLike|RateOf|Rate)\b")
SHARES = re.compile(r"churn|retention")  # of which 12 or 7.5 is out of range, whoever writes it


@cache
def rates() -> tuple[list[Public], Calls]:
    """Whatever is public and has a rate in its signature, and a call of each."""
    found: dict[CodeType, Public] = {}
    for name, value in public_names():
        documented = not inspect.isclass(value) or "Parameters\n" in (value.__doc__ or "")
        # those whom a staff serves are a part of a decision, which reads their numbers
        made_by_caller = documented and not is_result(value) and value is not ServedCustomers
        members = [(name, value)] if made_by_caller else []
        if inspect.isclass(value):
            members += [(f"{name}.{method}", function) for method, function in methods_of(value)]
        for called, function in members:
            parameters = inspect.signature(function).parameters.values()
            names = tuple(p.name for p in parameters if RATE.search(str(p.annotation)))
            one = Public(called, function, value if inspect.isclass(value) else None, names)
            if names:
                found.setdefault(one.code, one)
    return list(found.values()), calls_of(list(found.values()))


def is_result(value: Any) -> bool:
    """Whether a class is made by functions: a record that tells the rate that its caller gave."""
    return inspect.isclass(value) and issubclass(value, Record) and value.__name__.endswith("Value")


RATES = [(one, name) for one in rates()[0] for name in one.columns if arguments_of(one, rates()[1])]
PERCENTAGES: list[Any] = [12, 12.0, 7.5, np.float64(7.5), rk.Draws(np.array([7.5, 8.0])), [0.05, 7.5]]
REFUSED = re.compile(r"would be (1200|750)% per \w+, .* Write (12|7\.5)% as 0\.\d+, or Rate\(")


def alone(one: Public, name: str) -> dict[str, Any]:
    """The arguments of a call; of churn and retention the one that is asked about."""
    given = arguments_of(one, rates()[1]) or {}
    other = {"churn": "retention", "retention": "churn"}.get(name)
    return given | {other: None} if other in given else given


@pytest.mark.parametrize(("one", "name"), RATES, ids=lambda part: getattr(part, "name", part))
def test_a_percentage_is_no_rate_however_it_is_written(one: Public, name: str) -> None:
    given, annotation = alone(one, name), str(inspect.signature(one.call).parameters[name].annotation)
    for percentage in PERCENTAGES:
        with pytest.raises(InputError) as refused:
            one(given | {name: percentage})
        assert refused.value.argument == name
        if annotation in {"Rate", "Rate | None"} or SHARES.search(name):
            continue  # no number will do, or none above 1
        if isinstance(percentage, float | int):
            assert REFUSED.search(str(refused.value))
        else:  # a column or draws may be no answer to the question
            assert REFUSED.search(str(refused.value)) or refused.value.code in NO_COLUMN


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("5 %", "Write x=0.05."),
        ("$1,234.50", "Write x=1234.5."),
        ("10% p.a.", "Write x=Rate(0.1, per='year')."),
        ("0.1 per year", "Write x=Rate(0.1, per='year')."),
        ("5% monthly", "Write x=Rate(0.05, per='month')."),
        ("50 per month", "Write x=50."),
        ("3 years", "Write x=Duration(3, 'year')."),
        ("1,5%", ""),  # one and a half to some, fifteen to nobody
        ("1.234,50", ""),
        ("12,34,567", ""),
        ("about 5%", ""),
    ],
)
def test_a_figure_in_text_is_read_where_it_can_mean_one_thing(text: str, line: str) -> None:
    assert as_written("x", text) == line


TEXTS = {"7.5%": "0.075", "10% per year": "Rate(0.1, per='year')"}


@pytest.mark.parametrize(("one", "name"), RATES, ids=lambda part: getattr(part, "name", part))
def test_a_rate_in_text_is_answered_with_the_line_to_write(one: Public, name: str) -> None:
    for text, line in TEXTS.items():
        with pytest.raises(InputError, match=re.escape(f"Write {name}=")) as refused:
            one(alone(one, name) | {name: text})
        assert f"={line}." in str(refused.value) or f"=Rate({line}, per='year')." in str(refused.value)


NO_COLUMN = {"not-supported", "wrong-shape", "length-mismatch"}


@pytest.mark.slow
@pytest.mark.parametrize(("one", "name"), RATES, ids=lambda part: getattr(part, "name", part))
def test_a_rate_that_is_meant_is_taken_everywhere(one: Public, name: str) -> None:
    if SHARES.search(name):
        return
    given = alone(one, name)
    if "period" in inspect.signature(one.call).parameters:
        given["period"] = "year"
    said = ""
    for rate in (Rate(7.5, per="year", meant=True), Rate(0.3, per="month")):
        try:
            one(given | {name: rate})
        except InputError as error:  # terms may not go together
            said += str(error)
    assert "said to be meant" not in said  # but never is it the size
    assert "at most 1 (100%)" not in said


def test_the_functions_that_take_a_rate_were_found() -> None:
    assert len(RATES) >= 140
    uncalled = {one.name for one in rates()[0]} - {one.name for one, _ in RATES}
    assert all(
        name.startswith(("InPeriods.", "OverTime.", "plot_matrix")) for name in uncalled
    )  # models within do the work
    found = {name for _, name in RATES}
    assert found >= {
        "discount_rate",
        "growth",
        "inflation",
        "terminal_growth",
        "finance_rate",
        "cost_of_debt",
    }
    called = {one.name for one, _ in RATES}
    assert called >= {"tier_programme", "referral_multiplier", "points_redemption", "value_through_crisis"}


def test_one_percentage_among_others_is_told_with_its_place() -> None:
    with pytest.raises(InputError, match="at position 1"):
        lifetime_value(50, churn=0.05, discount_rate=[0, 12], timing="end")
    with pytest.raises(InputError, match="would be 300% per year"):
        convert_rate(3, per="year", to="month")


def test_what_is_meant_or_was_computed_is_taken() -> None:
    flows = [-100, 400]
    own = Rate(irr(flows), per="year", meant=True)
    assert npv(flows, own, period="year") == pytest.approx(0.0)
    assert npv([flows, flows], [own, Rate(0.1, per="year")], period="year") == pytest.approx(
        [0.0, 263.636], abs=1e-3
    )
    assert convert_rate([54.0], per="year", to="month", meant=True)[0] == pytest.approx(55 ** (1 / 12) - 1)
    assert lifetime_value(50, churn=0.05, discount_rate=1, timing="end") > 0.0  # 100% is no percentage


RESPONSE: dict[str, Any] = {
    "response_time": 8,
    "response_time_after": 2,
    "elasticity": 0.04,
    "churn": 0.05,
    "timing": "end",
    "customers": 1000,
}


def test_a_decision_refuses_broken_percentages_too() -> None:
    with pytest.raises(InputError, match=r"^discount_rate would be 750% per period"):
        faster_response(50, discount_rate=7.5, **RESPONSE)
    drawn = rk.Draws(np.array([7.5, 8.0]))
    with pytest.raises(InputError, match=r"^discount_rate would be 750% per period"):
        faster_response(50, discount_rate=drawn, **RESPONSE)
    meant = Rate(7.5, per="year", meant=True)
    assert not faster_response(50, discount_rate=meant, period="year", **RESPONSE, cost=1e6).worth_it
    long_tail = rk.Draws(np.array([0.1, 1.2]))
    assert not faster_response(50, discount_rate=long_tail, **RESPONSE, cost=1e6).worth_it


def test_a_plan_asks_whether_more_than_all_in_a_year_is_meant() -> None:
    plan: dict[str, Any] = {
        "customers": 1000,
        "monthly_margin": 30,
        "monthly_churn": 0.03,
        "horizon_months": 12,
        "timing": "end",
        "initiatives": [{"name": "calls", "hazard_ratio": 0.9, "duration_months": 12}],
    }
    with pytest.raises(InputError, match=r"annual_discount_rate must be .* at most 1 \(100%\) unless"):
        RetentionPlan(annual_discount_rate=12, **plan)
    plan["annual_discount_rate"] = Rate(12, per="year", meant=True)
    assert RetentionPlan(**plan).annual_discount_rate == 12.0
    plan["annual_discount_rate"] = Rate(0.01, per="month")
    monthly = RetentionPlan(**plan)
    assert monthly.annual_discount_rate == pytest.approx(1.01**12 - 1)
    for rate in (Rate(12, per="year", meant=True), Rate(0.1, per="year")):
        plan["annual_discount_rate"] = rate
        made = RetentionPlan(**plan)
        assert RetentionPlan.from_json(made.model_dump_json()) == made
        assert RetentionPlan.from_dict(made.model_dump()) == made
    plan["annual_discount_rate"] = {"value": 12, "per": "year"}
    with pytest.raises(InputError, match="would be 1200% per year"):
        RetentionPlan(**plan)
    plan["annual_discount_rate"] = {"rate": 12, "per": "year"}
    with pytest.raises(InputError, match="must have the fields of a Rate"):
        RetentionPlan(**plan)


def test_a_search_tries_rates_that_nobody_would_write_and_records_of_such_rates_read_back() -> None:
    curves = (ExponentialResponse(0.4, 0.1386), ExponentialResponse(0.8, 0.1386))
    plan = best_spending(BlattbergDeighton(50, 0.15, *curves), present=(5, 10))
    turns = {one.name: one.turning_point for one in plan.turning_points()}
    assert turns["discount_rate"] is not None and turns["discount_rate"] > 1.0
    steep = BlattbergDeighton(50, Rate(1.5, per="year", meant=True), *curves, period="year")
    assert BlattbergDeighton.from_json(steep.model_dump_json()) == steep
    assert steep.with_inputs({"margin_per_period": 60.0}).discount_rate == 1.5


def test_a_scenario_with_a_rate_that_is_meant_reads_back_and_answers() -> None:
    given: dict[str, Any] = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05}
    steep = UnitEconomics(**given, annual_discount_rate=Rate(12, per="year", meant=True))
    assert UnitEconomics.from_json(steep.model_dump_json()) == steep
    assert UnitEconomics.from_dict(steep.model_dump()).evaluate() == steep.evaluate()
    with pytest.raises(InputError, match=r"annual_discount_rate must be .* at most 1 \(100%\) unless"):
        UnitEconomics(**given, annual_discount_rate=12.0)
