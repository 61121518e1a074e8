"""Targeting refuses what it cannot use, and says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.decisions.targeting.policy_value import policy_value
from retainkit.decisions.targeting.targeting import break_even_uplift, treatment_gain
from retainkit.decisions.targeting.treatment_list import treatment_list
from retainkit.decisions.targeting.uplift_curves import uplift_curve
from retainkit.decisions.targeting.whom_to_treat import whom_to_treat
from retainkit.errors import InputError

OFFER: dict[str, Any] = {"value": 200, "cost_per_contact": 1, "incentive": 10}
ARMS: dict[str, Any] = {"treated": [1, 0, 1, 0], "outcome": [3, 2, 4, 2], "propensity": 0.5}


@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"churn_treated": 24}, "churn_treated", "Write 30% as 0.3"),
        ({"churn_treated": [0.1, np.nan]}, "churn_treated", "nan at position 1"),
        ({"churn_treated": 0.2, "cost_per_contact": -1}, "cost_per_contact", "Check its sign"),
        ({"churn_treated": 0.2, "incentive": "10"}, "incentive", "number"),
        ({"churn_treated": 0.2, "value": np.inf}, "value", "finite"),
    ],
)
def test_a_gain_names_the_argument_that_is_wrong(given: dict[str, Any], argument: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        treatment_gain(0.3, **(OFFER | given))
    assert caught.value.argument == argument


def test_columns_of_unequal_length_are_refused_and_uplifts_may_be_out_of_reach() -> None:
    with pytest.raises(InputError, match="same length"):
        treatment_gain([0.3, 0.2], churn_treated=[0.1, 0.2, 0.3], **OFFER)
    assert break_even_uplift(0.01, **OFFER) > 0.01  # not even keeping everybody pays
    with pytest.raises(InputError, match="a share above 0"):
        share_paid_anyway([0.7, 0.5], [0.8, 0.0])


@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"gain": 5}, "gain", "one gain per customer"),
        ({"gain": np.ones((2, 2, 2))}, "gain", "one gain per customer"),
        ({"cost_per_customer": [-1, 2]}, "cost_per_customer", "0 or more"),
        ({"cost_per_customer": [1, 2, 3]}, "cost_per_customer", "same length"),
        ({"budget": -1}, "budget", "0 or more"),
        ({"budget": [1, 2]}, "budget", "single number"),
    ],
)
def test_a_list_names_the_argument_that_is_wrong(given: dict[str, Any], argument: str, words: str) -> None:
    call: dict[str, Any] = {"gain": [1, 2], "cost_per_customer": 1, "budget": 3} | given
    with pytest.raises(InputError, match=words) as caught:
        treatment_list(call.pop("gain"), **call)
    assert caught.value.argument == argument


def test_one_customer_is_no_list() -> None:
    with pytest.raises(InputError, match="call treatment_gain"):
        whom_to_treat(0.3, churn_treated=0.2, **OFFER)


@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"propensity": 1.0}, "propensity", "always or never treated"),
        ({"propensity": [0.5, 0.5, 0.0, 0.5]}, "propensity", "position 2"),
        ({"treated": [1, 0, 0.5, 0]}, "treated", "true or false"),
        ({"outcome": [1.0, 2.0, np.nan, 3.0]}, "outcome", "Remove missing"),
        ({"outcome": 3.0}, "outcome", "two or more customers"),
        ({"level": 90}, "level", "Write 90% as 0.9"),
        ({"method": "ipw"}, "method", "inverse-propensity"),
        ({"method": "doubly-robust"}, "predicted_untreated and predicted_treated", "Give both"),
    ],
)
def test_a_policy_names_the_argument_that_is_wrong(given: dict[str, Any], argument: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        policy_value([1, 1, 0, 0], **(ARMS | given))
    assert caught.value.argument == argument


def test_a_rule_that_nobody_followed_has_no_value() -> None:
    with pytest.raises(InputError, match="agree with what happened"):
        policy_value([0, 1, 0, 1], **ARMS)
    with pytest.raises(InputError, match="share between 0 and 1"):
        policy_value([0, 2, 0, 1], **ARMS)
    data: dict[str, Any] = ARMS | {"treated": [True, False, True, False]}
    assert policy_value([True, True, False, False], **data).share_treated == 0.5


@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"treated": [1, 1, 1, 1]}, "treated", "both arms"),
        ({"cost_per_customer": -1}, "cost_per_customer", "0 or more"),
        ({"method": "qini"}, "method", "normalized"),
        ({"score": [1, 2]}, "score", "same length"),
    ],
)
def test_a_curve_names_the_argument_that_is_wrong(given: dict[str, Any], argument: str, words: str) -> None:
    call: dict[str, Any] = {"score": [4, 3, 2, 1], **ARMS} | given
    with pytest.raises(InputError, match=words) as caught:
        uplift_curve(call.pop("score"), **call)
    if argument != "score":
        assert caught.value.argument == argument


def test_a_curve_is_asked_for_shares() -> None:
    curve = uplift_curve([4, 3, 2, 1], **ARMS)
    with pytest.raises(InputError, match="Write 30%"):
        curve.gain_at(30)
    with pytest.raises(InputError, match="steps must be a whole number, 1 or more"):
        curve.table(0)
