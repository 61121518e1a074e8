"""A question that is wrong is answered with where, which rule and what to do; never with an exception."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questions import HISTORIES, MODELS, ONE, QUESTIONS, VALUED

from retainkit import api


def _model(name: str) -> dict[str, Any]:
    return {**HISTORIES, "purchasing_model": name}


def refused(verb: str, question: Any) -> api.Problem:
    found = api.ask(verb, question, MODELS)
    assert isinstance(found, api.Refusal), found
    json.loads(found.to_json())
    return found.problems[0]


@pytest.mark.parametrize(
    ("verb", "question", "code", "argument", "row"),
    [
        ("brake-even", ONE, "unknown-choice", "verb", None),
        ("break-even", {**ONE, "chrun": 1}, "unknown-name", "chrun", None),
        ("break-even", {"monthly_margin": 50}, "missing-argument", "acquisition_cost", None),
        ("break-even", {**ONE, "monthly_churn": "0.05"}, "wrong-type", "monthly_churn", None),
        ("break-even", {**ONE, "monthly_churn": False}, "wrong-type", "monthly_churn", None),
        ("break-even", {**ONE, "monthly_churn": 5}, "out-of-range", "monthly_churn", None),
        ("break-even", {**ONE, "acquisition_cost": math.inf}, "wrong-type", "acquisition_cost", None),
        ("break-even", {**ONE, "acquisition_cost": 10**400}, "wrong-type", "acquisition_cost", None),
        ("score-purchases", {**HISTORIES, "frequency": [2, 1.5, 1]}, "inconsistent", "frequency", 1),
        ("score-purchases", {**HISTORIES, "recency": [30, 0, -1]}, "out-of-range", "recency", 2),
        ("score-purchases", {**HISTORIES, "frequency": [2, 0]}, "length-mismatch", "frequency", None),
        ("score-purchases", {**HISTORIES, "frequency": [2, True, 2]}, "wrong-type", "frequency", None),
        ("score-purchases", {**HISTORIES, "frequency": [2, "0", 2]}, "wrong-type", "frequency", None),
        ("score-purchases", {**HISTORIES, "frequency": [[2], [0], [2]]}, "wrong-type", "frequency", None),
        ("score-purchases", {**HISTORIES, "frequency": [10**400, 0, 2]}, "wrong-type", "frequency", None),
        ("score-purchases", {**HISTORIES, "unit": "month"}, "unit-mismatch", "purchases", None),
        ("score-purchases", _model("../x"), "unknown-choice", "purchasing_model", None),
        ("score-purchases", _model("churn"), "not-a-model", "purchasing_model", None),
        ("value-customers", VALUED, "not-one-of", "spend_per_purchase", None),
        ("value-customers", {**VALUED, "spend_model": "spending"}, "not-one-of", "spend_per_purchase", None),
        ("survival", {**QUESTIONS["survival"], "unit": "month"}, "unit-mismatch", "unit", None),
        ("survival", {**QUESTIONS["survival"], "tenure": [-1.0]}, "out-of-range", "tenure", 0),
        ("plan", {"plan": {"customers": 1}}, "missing-argument", "annual_discount_rate", None),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place(verb: str, question: Any, code: str, argument: str, row: int | None) -> None:
    found = refused(verb, question)
    assert (found.code, found.row) == (code, row)
    assert argument in found.argument
    assert found.rule


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True)
@given(verb=st.sampled_from([*QUESTIONS]), pick=st.integers(0, 50), value=ANYTHING)
def test_whatever_is_asked_the_answer_is_json(verb: str, pick: int, value: Any) -> None:
    names = [*QUESTIONS[verb]]
    found = api.ask(verb, {**QUESTIONS[verb], names[pick % len(names)]: value}, MODELS)
    json.loads(found.to_json(), parse_constant=pytest.fail)
