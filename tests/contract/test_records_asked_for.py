"""Where a function asks for a record, anything else is refused by the argument's name.

The functions are found by their annotations; a new one is tried by its own example.
"""

from __future__ import annotations

import inspect
import sys
from functools import cache, partial
from typing import Any, get_args, get_origin

import pytest
from public_calls import Calls, Public, arguments_of, calls_of, public_names

import retainkit as rk
from retainkit.records import Record


def asked_for(function: Any) -> list[str]:
    """Parameters that are a record of one kind, or nothing."""
    names, found = vars(sys.modules[inspect.unwrap(function).__module__]), list[str]()
    for parameter in inspect.signature(function).parameters.values():
        try:
            hint: Any = eval(str(parameter.annotation), dict(names))
        except (NameError, TypeError, SyntaxError):  # known to type checkers only
            continue
        kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
        if all(inspect.isclass(k) and not get_origin(k) and issubclass(k, Record) for k in kinds):
            found.append(parameter.name)
    return found


@cache
def asking() -> tuple[list[tuple[Public, str]], Calls]:
    functions = [(name, value) for name, value in public_names() if inspect.isfunction(value)]
    found = [(Public(name, f, None, ()), argument) for name, f in functions for argument in asked_for(f)]
    return found, calls_of([one for one, _ in found])


@pytest.mark.parametrize(
    ("one", "argument"), [pytest.param(*p, id=f"{p[0].name}-{p[1]}") for p in asking()[0]]
)
@pytest.mark.parametrize("other", [{"cost": 1.0}, 3.0, "campaign"])
def test_what_is_no_such_record_is_refused_by_name(one: Public, argument: str, other: object) -> None:
    arguments = arguments_of(one, asking()[1])
    drawn = one.call.__module__.startswith("retainkit.plot.")  # their examples are pictures: the gallery
    assert drawn or arguments is not None, "its example gives no such record"
    ask: Any = (
        partial(one.call, **{argument: other})
        if drawn
        else partial(one, {**(arguments or {}), argument: other})
    )
    with pytest.raises(rk.InputError, match=f"{argument} must be") as refused:
        ask()
    assert refused.value.code == "wrong-type"


def test_the_walk_finds_functions_that_ask_for_records() -> None:
    assert {"whom_to_contact", "market_damage", "best_spending"} <= {one.name for one, _ in asking()[0]}
