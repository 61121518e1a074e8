"""Plans come from Python, JSON and YAML, are checked once, and say what is wrong with them and where."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from retainkit.decisions.plan import InitiativeResult, PlanResult, RetentionPlan, ServicePlan
from retainkit.errors import InputError

CALL: dict[str, Any] = {
    "name": "Call",
    "hazard_ratio": {"low": 0.8, "high": 0.95},
    "cost": 1000,
    "duration_months": 12,
}
GIVEN: dict[str, Any] = {
    "customers": 1000,
    "monthly_margin": 30,
    "monthly_churn": 0.03,
    "annual_discount_rate": 0.1,
    "horizon_months": 12,
    "timing": "begin",
    "initiatives": [CALL],
}
PLAN = RetentionPlan(**GIVEN)
PAY = {"monthly_cost_per_person": 1000}
EXAMPLE = Path(__file__).parents[3] / "examples" / "retention_plan.yaml"


def test_a_plan_comes_from_dict_json_and_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(GIVEN), encoding="utf-8")
    for made in (
        RetentionPlan.from_dict(GIVEN),
        RetentionPlan.from_json(json.dumps(GIVEN)),
        RetentionPlan.from_json(file),
        RetentionPlan.from_json(PLAN.model_dump_json()),
        RetentionPlan.model_validate_json(PLAN.model_dump_json()),
        pickle.loads(pickle.dumps(PLAN)),
        PLAN.replace(),
    ):
        assert made == PLAN


def test_the_example_is_a_plan() -> None:
    pytest.importorskip("yaml")
    plan = RetentionPlan.from_yaml(EXAMPLE)
    assert plan == RetentionPlan.from_yaml(EXAMPLE.read_text(encoding="utf-8"))
    assert plan.evaluate(draws=200).worth_it


@pytest.mark.slow
def test_the_result_is_json_and_a_table() -> None:
    result = PLAN.evaluate(draws=200)
    sent = json.loads(result.model_dump_json())
    assert sent["chosen"] == ["Call"]
    assert sent["initiatives"][0]["assumptions"][0]["name"] == "hazard_ratio"
    assert list(result.to_frame()["name"]) == ["Call"]
    assert str(result).startswith("Worth it (probability of a gain 98%): Call")
    told = result.model_dump(turning_points=True)["initiatives"][0]["assumptions"]
    assert told[0]["turning_point"] == result.initiatives[0].effects[0].turning_point
    free = PLAN.replace(initiatives=[{**CALL, "cost": 0}]).evaluate(draws=200)
    sent = json.loads(free.model_dump_json())["initiatives"][0]
    assert (sent["net_value_per_cost"], sent["net_value_per_cost_is"]) == (None, "infinite")


PARTS = {"a": {"share_of_customers": 1.0, "monthly_margin": 30, "monthly_churn": 0.03}}
CHAT = {**CALL, "name": "Chat", "hazard_ratio": 0.9, "recovery": None, "staff": {"people": 1, **PAY}}
KINDS: dict[str, Any] = {
    "one churn": PLAN,
    "segments and reasons": PLAN.replace(
        monthly_churn=None, monthly_margin=None, segments=PARTS, churn_reasons={"price": 1.0}
    ),
    "a curve": PLAN.replace(monthly_churn=None, survival=[0.9**t for t in range(13)]),
    "service": ServicePlan(**{**GIVEN, "initiatives": [CHAT]}),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_results_come_back_from_json_whichever_plan_they_are_of(kind: str) -> None:
    result = KINDS[kind].evaluate(draws=100)
    again = PlanResult.from_json(result.model_dump_json())
    assert again == result == pickle.loads(pickle.dumps(result))
    assert again.turning_points() == result.turning_points()
    row = result.initiatives[0]
    assert InitiativeResult.from_json(row.model_dump_json()).effects == row.effects


def test_the_same_seed_gives_the_same_result() -> None:
    first, again, other = (PLAN.evaluate(draws=200, seed=s).model_dump_json() for s in (1, 1, 2))
    assert first == again
    two = PLAN.replace(
        initiatives=[CALL, {**CALL, "name": "Mail", "hazard_ratio": {"mean": 0.9, "sd": 0.05}}]
    )
    seeds = [two.evaluate(draws=200, seed=s).model_dump_json() for s in (1, 2)]
    assert seeds[0] != seeds[1]
    assert json.loads(other)["chosen"] == ["Call"]


@pytest.mark.parametrize(
    ("changes", "argument", "says"),
    [
        ({"custommers": 5}, "custommers", "Did you mean 'customers'"),
        ({"monthly_churn": 1.0}, "monthly_churn", "below 1"),
        ({"monthly_margin": None}, "monthly_churn", "Margin has no default"),
        ({"survival": [1.0, 0.9]}, "monthly_churn", "takes the place of churn"),
        ({"survival": [1.0, 0.9], "monthly_churn": None}, "survival", "13 values or more"),
        ({"horizon_months": 12.5}, "horizon_months", "whole number"),
        ({"timing": "later"}, "timing", "'begin', 'mid'"),
        ({"churn_reasons": {"price": 0.5}}, "churn_reasons", "add to 1"),
        ({"segments": {"a": {}}}, "segments.a.share_of_customers", "must be given"),
        ({"timing": None}, "timing", "'begin', 'mid'"),
        ({"initiatives": []}, "initiatives", "at least 1"),
        ({"initiatives": [CALL, CALL]}, "initiatives[1].name", "must differ"),
    ],
)
def test_a_plan_says_what_is_wrong(changes: dict[str, Any], argument: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        RetentionPlan(**{**GIVEN, **changes})
    assert refused.value.argument == argument
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "argument", "says"),
    [
        ({"hazrd_ratio": 0.9}, "initiatives[0].hazrd_ratio", "Did you mean 'hazard_ratio'"),
        ({"hazard_ratio": None}, "initiatives[0].hazard_ratio", "only costs"),
        ({"churn_points": 0.01}, "initiatives[0].churn_points", "say the same thing"),
        ({"hazard_ratio": {"low": 0.9}}, "initiatives[0].hazard_ratio.value", "low and high"),
        ({"hazard_ratio": {"low": 0.9, "high": 0.8}}, "initiatives[0].hazard_ratio.low", "not be above high"),
        ({"hazard_ratio": {"low": 0.9, "hihg": 1}}, "initiatives[0].hazard_ratio.hihg", "'high'"),
        ({"reach": 1.2}, "initiatives[0].reach", "above 0, up to 1"),
        ({"cost": -5}, "initiatives[0].cost", "0 or more"),
        ({"start_month": 12}, "initiatives[0].start_month", "before the horizon"),
        ({"segment": "new"}, "initiatives[0].segment", "It has none"),
        ({"duration_months": 0}, "initiatives[0].duration_months", "whole number of months"),
        ({"acquisition_lift": 0.1}, "initiatives[0].acquisition_lift", "nothing to lift"),
    ],
)
def test_an_initiative_says_what_is_wrong_and_which_it_is(
    changes: dict[str, Any], argument: str, says: str
) -> None:
    with pytest.raises(InputError) as refused:
        RetentionPlan(**{**GIVEN, "initiatives": [{**CALL, **changes}]})
    assert refused.value.argument == argument
    assert says in str(refused.value)


def test_a_misspelt_reason_is_recognised() -> None:
    reasons = {"price": 0.4, "service": 0.6}
    with pytest.raises(InputError, match="Did you mean 'service'"):
        PLAN.replace(churn_reasons=reasons, initiatives=[{**CALL, "churn_reason": "sevice"}])


@pytest.mark.parametrize(
    "effect",
    [
        {"churn_points": 0.03},
        {"churn_points": {"low": 0.0, "high": 0.05}},
        {"hazard_ratio": {"mean": 0.5, "sd": 1.0, "distribution": "normal"}},
    ],
)
def test_draws_that_make_no_sense_are_not_clipped(effect: dict[str, Any]) -> None:
    plan = PLAN.replace(initiatives=[{"name": "Call", "duration_months": 12, **effect}])
    with pytest.raises(InputError, match="Call: "):
        plan.evaluate()


@pytest.mark.parametrize("draws", [0, 99, 1000.0, True])
def test_few_draws_are_refused(draws: Any) -> None:
    with pytest.raises(InputError, match="draws must be a whole number, 100 or more"):
        PLAN.evaluate(draws=draws)


@pytest.mark.parametrize("name", ["timing", "horizon_months"])
def test_what_is_a_claim_has_no_default(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} must be given"):
        RetentionPlan(**{n: v for n, v in GIVEN.items() if n != name})
    short = {n: v for n, v in CALL.items() if n != "duration_months"}
    with pytest.raises(InputError, match="duration_months must be given"):
        RetentionPlan(**{**GIVEN, "initiatives": [short]})


def test_too_many_meeting_by_chance_are_refused() -> None:
    many = [{**CALL, "name": f"{i}", "hazard_ratio": 0.9, "reach": 0.5} for i in range(9)]
    with pytest.raises(InputError, match="must be 'same'"):
        PLAN.replace(reached_customers="independent", initiatives=many).evaluate()


def test_failures_lose_customers() -> None:
    recovery = {
        "monthly_incidence": 0.1,
        "stay_without_failure": 0.5,
        "stay_unrecovered": 0.9,
        "restored": 0.5,
    }
    with pytest.raises(InputError) as refused:
        ServicePlan(**{**GIVEN, "initiatives": [{"name": "x", "duration_months": 12, "recovery": recovery}]})
    assert refused.value.argument == "initiatives[0].recovery.stay_unrecovered"


def test_a_budget_is_not_negative_and_names_are_known() -> None:
    result = PLAN.evaluate(draws=200)
    with pytest.raises(InputError, match="0 or more"):
        result.best_within(-1)
    with pytest.raises(InputError, match="They are: Call"):
        result.initiative("Mail")
