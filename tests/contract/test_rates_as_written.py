"""Who writes 12 for a rate mostly means 12%: refused wherever a rate of growth is taken, unless meant."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from public_calls import Public, arguments_of, takers

import retainkit as rk
from retainkit.decisions import RetentionPlan, faster_response
from retainkit.economics import Rate, convert_rate, lifetime_value, npv
from retainkit.errors import InputError

GROWS = re.compile(
    r"^(discount|nominal|real|finance|reinvest)_rate$|^(\w+_)?growth$|^inflation$|^cost_of_\w+$"
)
RATES = [
    (one, name)
    for one in takers()
    for name in one.columns
    if GROWS.match(name) and one.name != "rule_of_40" and arguments_of(one)  # of which 40 is one, in percent
]


@pytest.mark.parametrize(("one", "name"), RATES, ids=lambda part: getattr(part, "name", part))
def test_a_percentage_is_no_rate(one: Public, name: str) -> None:
    given = arguments_of(one) or {}
    way_out = rf"^{name} would be 1200% per \w+, .* Write 12% as 0\.12, or Rate\(12, per='\w+', meant=True\)"
    with pytest.raises(InputError, match=way_out):
        one(given | {name: 12})


def test_the_functions_that_take_a_rate_were_found() -> None:
    assert len(RATES) >= 90
    assert {name for _, name in RATES} >= {"discount_rate", "growth", "inflation", "terminal_growth"}


def test_one_percentage_among_others_is_told_with_its_place() -> None:
    with pytest.raises(InputError, match="at position 1"):
        lifetime_value(50, churn=0.05, discount_rate=[0, 12], timing="end")
    with pytest.raises(InputError, match="would be 300% per year"):
        convert_rate(3, per="year", to="month")


def test_what_is_meant_or_was_computed_is_taken() -> None:
    flows = [-100, 400]
    assert npv(flows, 3.0) == pytest.approx(0.0)
    assert npv(flows, Rate(3, per="year", meant=True), period="year") == pytest.approx(0.0)
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
