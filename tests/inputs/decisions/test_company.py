"""Bad input to company values is refused, under the name that the caller wrote, with a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.company.acquisition_schedule import bass_schedule, substitution_schedule
from retainkit.decisions.company.company_value import value_company
from retainkit.decisions.company.leverage import leverage_effect, shareholder_value
from retainkit.errors import InputError

FIRM: dict[str, Any] = {
    "acquired": 5,
    "survival": [1.0, 0.9, 0.8],
    "margin_per_period": 60,
    "acquisition_cost": 90,
    "overhead_per_period": 10,
    "tax_rate": 0.25,
    "discount_rate": 0.1,
    "horizon": 3,
    "non_operating_assets": 0,
    "debt": 0,
}


def firm(**other: Any) -> object:
    return value_company(100, **{**FIRM, **other})


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: firm(tax_rate=25), "tax_rate"),
        (lambda: firm(horizon=0), "horizon"),
        (lambda: firm(horizon=4), "survival"),
        (lambda: firm(survival=[0.9, 0.8, 0.7]), "survival"),
        (lambda: firm(survival=[1.0, 0.8, 0.9]), "survival"),
        (lambda: firm(survival_of_new=[1.0, 0.8, 0.9]), "survival_of_new"),
        (lambda: firm(acquired=[1, 2]), "acquired"),
        (lambda: firm(acquired=[1, 2, -3]), "acquired"),
        (lambda: firm(losses="ignored"), "losses"),
        (lambda: firm(terminal_growth=0.1), "terminal_growth"),
        (lambda: firm(debt=-1), "debt"),
        (lambda: firm(margin_per_period=np.ones(4), acquired=np.ones((5, 3))), "acquired"),
        (lambda: leverage_effect(100, non_operating_assets=0, debt=100), "customer_equity"),
        (lambda: shareholder_value(100, non_operating_assets=0, debt=-1), "debt"),
        (lambda: bass_schedule(100, p=0, q=0.4, horizon=3), "p"),
        (lambda: bass_schedule(100, p=0.1, q=0.4, horizon=3, start=-1), "start"),
        (lambda: substitution_schedule(-1, beta=0, gamma=1, horizon=3), "potential"),
    ],
)
def test_bad_input_is_refused_by_name(call: Callable[[], object], argument: str) -> None:
    with pytest.raises(InputError) as refusal:
        call()
    assert refusal.value.argument.startswith(argument)
    assert refusal.value.way_out or refusal.value.code == "unknown-choice"


@pytest.mark.parametrize(
    "name", ["margin_per_period", "overhead_per_period", "tax_rate", "discount_rate", "debt"]
)
def test_what_decides_the_value_has_no_default(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        value_company(100, **{k: v for k, v in FIRM.items() if k != name})
