"""A relative change of more than 100% has to be said to be meant, wherever a decision takes one."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from public_calls import Public, arguments_of, takers

from retainkit.decisions.plan import Initiative, RetentionPlan, UncertainEffect
from retainkit.decisions.pricing.price_change import break_even_volume
from retainkit.decisions.service.profit_chain import Link, chain_effects
from retainkit.errors import InputError
from retainkit.rates import Rate
from retainkit.valuation import PlannedChange

CHANGES = {"change", "volume_change", "lift", "acquisition_lift"}
CHANGING = [
    (one, name)
    for one in takers()
    if "meant" in inspect.signature(one.call).parameters and arguments_of(one)
    for name in one.columns
    if name in CHANGES and one.name != "chain_effects"
]


@pytest.mark.parametrize(("one", "name"), CHANGING, ids=lambda part: getattr(part, "name", part))
def test_a_change_of_more_than_all_has_to_be_meant(one: Public, name: str) -> None:
    given = (arguments_of(one) or {}) | {name: 1.2}
    with pytest.raises(InputError, match=rf"^{name} must be at most 1.*Write 5% as 0\.05, or add meant=True"):
        one(given)
    assert one(given | {"meant": True}).worth_it
    with pytest.raises(InputError, match=rf"^{name} must be more than -1"):
        one(given | {name: -1})


def test_functions_without_a_verdict_ask_too_whether_it_is_meant() -> None:
    assert len(CHANGING) >= 6
    with pytest.raises(InputError, match=r"^price_change must be at most 1.*at position 1"):
        break_even_volume([0.05, 5], margin_share=0.4)
    assert break_even_volume(5, margin_share=0.4, meant=True) == pytest.approx(-5 / 5.4)
    links = [Link("service", "retention", 0.2)]
    with pytest.raises(InputError, match=r"^change must be at most 1"):
        chain_effects(5, links)
    assert chain_effects(5, links, meant=True)["retention"] == pytest.approx(6**0.2 - 1)


def test_a_lift_of_an_initiative_and_a_planned_price_ask_too() -> None:
    campaign: dict[str, Any] = {"name": "ads", "duration_months": 3}
    with pytest.raises(InputError, match=r"^acquisition_lift must be at most 1.*add meant=True"):
        Initiative(acquisition_lift=UncertainEffect(low=4, high=6), **campaign)
    meant = Initiative(acquisition_lift=UncertainEffect(value=5, meant=True), **campaign)
    assert meant.effects()[0].uncertain.value == 5.0
    with pytest.raises(InputError, match=r"^price must be at most 1.*Write 5% as 0\.05, or add meant=True"):
        PlannedChange("2026-05", price=8)
    assert PlannedChange("2026-05", price=8, meant=True).price == 8


def test_a_plan_is_changed_with_the_rate_that_was_meant() -> None:
    plan: Any = {"customers": 1000, "monthly_margin": 30, "monthly_churn": 0.03, "horizon_months": 12}
    plan |= {"timing": "end", "initiatives": [{"name": "calls", "hazard_ratio": 0.9, "duration_months": 12}]}
    plan["annual_discount_rate"] = Rate(12, per="year", meant=True)
    assert RetentionPlan(**plan).replace(customers=500).annual_discount_rate == 12.0
