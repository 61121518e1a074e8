"""What a program is answered is what the library says, to the last bit; and it is JSON in every case."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from questions import BUYING, CHURN, MODELS, PLAN, PURCHASES, QUESTIONS, SPENDING, SPENT, VALUED
from test_records import strict

import retainkit as rk
from retainkit import api


def asked(verb: str, **changes: Any) -> Any:
    found = api.ask(verb, {**QUESTIONS[verb], **changes}, MODELS)
    assert not isinstance(found, api.Refusal), found
    return found


@pytest.mark.parametrize("verb", api.VERBS)
def test_every_question_is_answered_in_json_and_says_what_it_is(verb: str) -> None:
    found = asked(verb)
    assert isinstance(found, api.VERBS[verb].answer)
    assert strict(found.to_json().decode())
    for kind in api.VERBS[verb]:
        told = kind.model_json_schema()
        assert kind.__doc__
        assert all("description" in field for field in told["properties"].values())
    with pytest.raises(ValidationError, match="frozen"):
        setattr(found, next(iter(type(found).model_fields)), 1)


def test_break_even_and_lifetime_value_are_those_of_the_library() -> None:
    expected = rk.break_even(500, 50, churn=0.05)
    found = asked("break-even")
    assert (found.payments, found.months, found.never) == (expected.payments, expected.periods, False)
    never = asked("break-even", monthly_churn=0.1)
    assert (never.never, never.payments, never.months) == (True, None, None)
    value = rk.economics.lifetime_value(50, churn=0.05, discount_rate=0.01, timing="end")
    assert asked("lifetime-value").lifetime_value == value
    endless = asked("lifetime-value", monthly_churn=0.0, monthly_discount_rate=0.0)
    assert (endless.lifetime_value, endless.without_end) == (None, True)


def test_customers_by_columns_are_those_of_the_library() -> None:
    found = asked("score-purchases")
    assert (found.probability_alive == BUYING.probability_alive(PURCHASES)).all()
    assert (found.expected_purchases == BUYING.expected_purchases(PURCHASES, 52.0)).all()
    terms: dict[str, Any] = {
        "margin_share": 0.3,
        "discount_rate": rk.Rate(0.1, per="year"),
        "horizon": rk.Duration(52, "week"),
    }
    assert (
        asked("value-customers").value == rk.value_customers(PURCHASES, BUYING, 35.0, **terms).value
    ).all()
    by_model = {**VALUED, "spend_model": "spending", "monetary_value": [35.0, 0.0, 20.0]}
    valued: Any = api.ask("value-customers", by_model, MODELS)
    own = rk.value_customers(PURCHASES, BUYING, SPENDING, spend_so_far=SPENT, **terms)
    assert (valued.value == own.value).all()
    assert (valued.expected_spend == SPENDING.expected_spend(SPENT)).all()
    assert valued.total_value == own.total == pytest.approx(valued.value.sum(), rel=1e-15)


def test_columns_are_valued_as_the_table_that_they_come_from() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week"
    )
    terms: dict[str, Any] = {
        "margin_share": 0.3,
        "discount_rate": rk.Rate(0.1, per="year"),
        "horizon": rk.Duration(1, "year"),
    }
    whole = rk.value_customers(tx, BUYING, SPENDING, **terms)
    parts = rk.value_customers(tx.purchases, BUYING, SPENDING, spend_so_far=tx.spend, **terms)
    assert (whole.value == parts.value).all()
    with pytest.raises(rk.InputError, match="left out with a table's summary"):
        rk.value_customers(tx, BUYING, SPENDING, spend_so_far=tx.spend, **terms)
    with pytest.raises(rk.InputError, match="a row for each of 3 customers"):
        rk.value_customers(PURCHASES, BUYING, SPENDING, spend_so_far=tx.spend, **terms)


def test_survival_and_the_customers_left_are_those_of_the_model() -> None:
    assert asked("survival").survival.tolist() == np.asarray(CHURN.survival([0.0, 1.0, 2.0])).tolist()
    found = asked("forecast-customers").expected_customers
    for step in range(6):
        there = 100 * CHURN.survival(step) + 50 * CHURN.survival(3 + step, given=3)
        assert math.isclose(found[step], there, rel_tol=1e-14)


def test_a_campaign_and_a_plan_are_those_of_the_library() -> None:
    offer = rk.decisions.Campaign(value=[200, 2000, 200], acceptance=0.3, incentive=10, cost_per_contact=1)
    expected: Any = rk.decisions.whom_to_contact([0.1, 0.1, 0.3], offer)
    found = asked("campaign")
    assert found.contact == expected.contact.tolist()
    assert found.gain == expected.gain
    plan = rk.decisions.RetentionPlan.from_dict(PLAN).evaluate(draws=100)
    assert asked("plan").figures["chosen"] == list(plan.chosen)


def test_fits_and_posteriors_answer_as_models_do() -> None:
    members = rk.Renewals.from_survivors([1000, 869, 743, 653], unit="year")
    fitted, known = rk.fit(rk.Geometric, members), rk.posterior(rk.Geometric, members, draws=50, seed=1)
    question = QUESTIONS["survival"]
    one: Any = api.ask("survival", question, {"churn": fitted})
    assert one.survival.tolist() == np.asarray(fitted.model.survival([0.0, 1.0, 2.0])).tolist()
    many: Any = api.ask("survival", question, {"churn": known})
    assert many.survival == pytest.approx(np.mean(known.model.survival([0.0, 1.0, 2.0]), axis=0))
    seen: Any = api.ask("survival", question, {"churn": rk.KaplanMeier.estimate(members)})
    assert json.loads(seen.to_json())["survival"] == pytest.approx([1.0, 0.869, 0.743])
