"""Every choice in words is checked: a misspelt word is refused, never taken for one of the others.

The arguments are found by their annotations; a new one is tried by the example of its function.
"""

from __future__ import annotations

import inspect
import sys
from functools import cache
from types import CodeType
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pandas as pd
import pytest
from public_calls import Calls, Public, arguments_of, calls_of, methods_of, public_names
from pydantic import BaseModel

import retainkit as rk

FRAME = pd.DataFrame(
    {"frequency": [1.0], "recency": [1.0], "T": [2.0], "periods": [2.0], "duration": [1.0], "event": [1.0]}
)
GIVEN: dict[str, Any] = {
    "frame": FRAME,
    "spend": rk.Spend(frequency=[2], monetary_value=[3.0]),
    "amount": 2.0,
    "probability": 0.5,
    "row": {},
    "library": "lifelines",
    "renewals": rk.Renewals(duration=[1.0, 2.0], event=[1, 0]),
    "covariates": {"x": np.arange(2.0)},
    "source": "here",
    "base": rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5),
    "coefficients": (0.5,),
    "contraction": "included",
    "reason": "voluntary",
    "t": 2.0,
}
"""What is given where no example has the argument."""
FOREIGN = {"from_lifelines", "from_sksurv", "from_surpyval", "FormulaCurve"}
"""Take a fitted model of another library; their unit is checked by `step_curve` and tested there."""
RESULTS = {"ServedCustomers", "Treatment.of"}
"""Made by functions that have checked the choice."""
SEVERAL = {("Rate", "compounding"), ("Rate.to", "compounding")}
"""Refused before its spelling matters, since it goes with another choice only."""


def words_of(hint: Any) -> list[str]:
    if get_origin(hint) is Literal:
        return [value for value in get_args(hint) if isinstance(value, str)]
    # a choice beside a list of names takes any word
    return [] if get_origin(hint) is type else [word for part in get_args(hint) for word in words_of(part)]


def choices(call: Any) -> list[str]:
    names = vars(sys.modules[inspect.unwrap(call).__module__])
    found = []
    for parameter in inspect.signature(call).parameters.values():
        hint = parameter.annotation
        if isinstance(hint, str):
            try:
                hint = eval(hint, dict(names))
            except (NameError, TypeError):  # known to type checkers only: a type of another library
                continue
        if words_of(hint) and "Collection" not in str(hint):
            found.append(parameter.name)
    return found


@cache
def choosing() -> tuple[dict[CodeType, tuple[Public, list[str]]], Calls]:
    found: dict[CodeType, tuple[Public, list[str]]] = {}

    def keep(name: str, call: Any, owner: type | None) -> None:
        one = Public(name, call, owner, ())
        if inspect.signature(call).parameters and (names := choices(call)):
            found.setdefault(one.code, (one, names))

    for name, value in public_names():
        if not inspect.isclass(value):
            keep(name, value, None)
            continue
        if issubclass(value, BaseModel):
            continue  # pydantic checks its fields by their annotations
        made_by_callers = "Parameters\n" in (value.__doc__ or "") and not inspect.isabstract(value)
        if made_by_callers and not issubclass(value, Exception):
            keep(name, value, value)
        for method, function in methods_of(value):
            keep(f"{name}.{method}", function, value)
    return found, calls_of([one for one, _ in found.values()])


def places() -> list[Any]:
    found, among = choosing()
    listed = []
    for one, names in found.values():
        if one.name in FOREIGN | RESULTS:
            continue
        arguments = arguments_of(one, among)
        for name in names:
            if (one.name, name) not in SEVERAL:
                given = arguments or by_hand(one, among)
                listed.append(pytest.param(one, given, name, id=f"{one.name}-{name}"))
    return listed


def by_hand(one: Public, among: Calls) -> dict[str, Any]:
    owner: Any = one.owner
    own = {"self": among.selves.get(owner, owner), "cls": owner}
    known = {**GIVEN, **own}
    parameters = inspect.signature(one.call).parameters.values()
    return {p.name: known.get(p.name, None if p.default is p.empty else p.default) for p in parameters}


@pytest.mark.parametrize(("one", "arguments", "name"), places())
def test_a_misspelt_choice_is_refused(one: Public, arguments: dict[str, Any], name: str) -> None:
    with pytest.raises(rk.InputError) as refused:
        one({**arguments, name: "mispelt"})
    assert refused.value.code == "unknown-choice"
    assert "mispelt" in str(refused.value)


def test_a_record_read_from_json_has_only_known_choices() -> None:
    found = rk.break_even(500, 50, churn=0.1)
    with pytest.raises(rk.InputError, match="BreakEven timing must be one of 'begin'"):
        type(found).from_dict(found.model_dump() | {"timing": "ende"})
