"""Where a decision is said to turn, it turns: every decision, found by walking the package, at random inputs.

One hundred cases are tried; ``TURNING_POINTS=2000 pytest`` tries as many as it says.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from public_calls import Calls, Public, methods_of

from retainkit import decisions
from retainkit.decisions._base.assumptions import Assumption
from retainkit.decisions._base.decision import Decision
from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.records import Record

CASES = int(os.environ.get("TURNING_POINTS", "100"))
MOST = 12  # draws, or rows of a column: more say nothing else
NEAR = 1e-6  # of the way from the assumed value to the flip: as near to it as verdicts are asked for


def deciders() -> Iterator[Public]:
    """Every public function or method that gives a decision."""
    for name in decisions.__all__:
        value = getattr(decisions, name)
        found = methods_of(value) if inspect.isclass(value) else [(name, value)]
        owner = value if inspect.isclass(value) else None
        for called, function in found:
            if inspect.isfunction(function) and gives_decision(function):
                yield Public(called, function, owner, ())


def gives_decision(function: Callable[..., Any]) -> bool:
    made = str(inspect.signature(function).return_annotation)
    kind = vars(decisions).get(made) or (getattr(decisions, made) if made in decisions.__all__ else None)
    return inspect.isclass(kind) and issubclass(kind, Decision)


def varied(value: Any, rng: np.random.Generator, *, drawn: bool) -> Any:
    """A number, column or record of numbers at another place of its domain, numbers as draws if wanted."""
    if isinstance(value, Record):
        made: Any = value
        return replace(
            made, **{f.name: varied(getattr(made, f.name), rng, drawn=drawn) for f in fields(made) if f.init}
        )
    if isinstance(value, dict):
        return {name: varied(one, rng, drawn=drawn) for name, one in value.items()}
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray | list):
        return value
    array: Any = np.asarray(value)
    if array.dtype.kind not in "if" or not np.all(np.isfinite(array)) or array.size == 0:
        return value
    array = array[:MOST] if array.ndim == 1 else array
    step = rng.normal(0.0, 0.5)
    if np.all((array > 0.0) & (array < 1.0)):
        odds = array / (1.0 - array) * math.exp(step)
        array = odds / (1.0 + odds)
    else:
        array = array * math.exp(step)
    if array.ndim == 0:
        return Draws(array * rng.uniform(0.8, 1.25, 8)) if drawn else float(array)
    return array


def moved(one: Public, example: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The arguments of the example, each varied if it may be any number."""
    drawn = rng.random() < 0.5
    annotations = {n: str(p.annotation) for n, p in inspect.signature(one.call).parameters.items()}
    fixed = {"draws": 100} if isinstance(example.get("draws"), int) else {}
    return fixed | {
        n: varied(v, rng, drawn=drawn and annotations[n].startswith("Number") and rng.random() < 0.5)
        if not annotations[n].startswith(("int", "str"))
        else v
        for n, v in example.items()
        if n not in fixed
    }


def arguments_of(one: Public) -> dict[str, Any]:
    calls = Calls([one])
    calls.run(one.call)
    if one.code not in calls.of and one.owner is not None:
        calls.run(one.owner)
    return dict(calls.of[one.code])


DECIDERS = [one for one in deciders() if one.name != "initiative"]  # a row of a plan, tried with it


def decided(one: Public, example: Mapping[str, Any], rng: np.random.Generator) -> Decision:
    """A decision at random inputs, near enough to those of its example to be answered."""
    for _ in range(30):
        with contextlib.suppress(InputError):
            return one(moved(one, example, rng))
    return one(example)


def check(decision: Decision, assumption: Assumption, rng: np.random.Generator) -> None:
    """Up to the flip the verdict stands, beyond it another one; where none was found, none is met."""
    name, here, turn = assumption.name, assumption.value, assumption.turning_point
    domain, now = decision.inputs.stated()[name].domain, decision.worth_it

    def worth_it(value: float) -> bool:
        gain = decision.gain_with(**{name: value}) if domain.contains(value) else math.inf
        return gain > 0.0 if math.isfinite(gain) else now  # no answer there, and so no other one

    assert worth_it(here) == now
    if turn is None:
        # negative discounts are not searched: nobody assumes them
        tried = [v for v in here + (abs(here) or 1.0) * rng.normal(0.0, 1.0, 4) if v >= 0.0 or here < 0.0]
        assert all(worth_it(v) == now for v in tried), f"one of {name} = {tried} turns it, none was found"
        return
    step = NEAR * (abs(turn - here) or abs(here) or 1.0) * (1.0 if turn > here else -1.0)
    for value in (turn - step, *(here + (turn - here) * rng.uniform(0.0, 1.0, 3))):
        assert turn == here or worth_it(value) == now, f"{name} = {value} turns it before {turn}"
    assert any(worth_it(v) != now for v in (turn + step, turn - step * (turn == here), turn)), (
        f"{name} = {turn} does not turn it"
    )


@pytest.mark.slow
@pytest.mark.parametrize("one", DECIDERS, ids=lambda one: one.name)
def test_where_it_is_said_to_turn_it_turns(one: Public) -> None:
    example = arguments_of(one)
    rng = np.random.default_rng(len(one.name))
    for _ in range(max(1, round(CASES / len(DECIDERS)))):
        decision = decided(one, example, rng)
        for assumption in decision.turning_points():
            check(decision, assumption, rng)
