"""No public function of economics answers NaN with numbers at 0, 1 and infinity, alone and two at once.

0 times infinity and removable singularities are met there: margin 0, periods without end, no discount, no
churn. The functions and a call of each are found as in test_labels.py; a new one is tried by its example.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from public_calls import Public, arguments_of, takers

import retainkit as rk

AT = (0.0, 1.0, math.inf)


def functions() -> list[Any]:
    economic = [one for one in takers() if one.call.__module__.startswith("retainkit.economics")]
    return [pytest.param(one, given, id=one.name) for one in economic if (given := arguments_of(one))]


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def variants(one: Public, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Numbers and lists of them, also those that the example leaves at their default, at the limits."""
    defaults = {p.name: p.default for p in inspect.signature(one.call).parameters.values()}
    sizes: dict[str, int] = {}
    for name, value in (defaults | given).items():
        if number(value):
            sizes[name] = 0
        elif isinstance(value, list) and all(map(number, value)):
            sizes[name] = len(value)  # pyright: ignore[reportUnknownArgumentType]
    for count in (1, 2):
        for names in combinations(sizes, count):
            for values in product(AT, repeat=count):
                at = zip(names, values, strict=True)
                yield {name: [value] * sizes[name] if sizes[name] else value for name, value in at}


def undefined(answer: Any, depth: int = 0) -> bool:
    """Whether there is a NaN anywhere in an answer, the figures that a record derives included."""
    if isinstance(answer, float | np.ndarray):
        values = np.asarray(answer)
        return values.dtype.kind == "f" and bool(np.isnan(values).any())
    if isinstance(answer, dict | list | tuple):
        parts = answer.values() if isinstance(answer, dict) else answer
        return any(undefined(part, depth + 1) for part in parts)
    if not is_dataclass(answer) or depth > 3:
        return False
    derived = [name for name, v in vars(type(answer)).items() if isinstance(v, property)]
    found: list[Any] = []
    for name in [*(f.name for f in fields(answer)), *derived]:
        try:
            found.append(getattr(answer, name))
        except rk.InputError:  # a figure that says why there is none
            continue
    return any(undefined(part, depth + 1) for part in found)


@pytest.mark.slow
@pytest.mark.parametrize(("one", "given"), functions())
def test_a_number_at_its_limit_has_an_answer_or_is_refused(one: Public, given: dict[str, Any]) -> None:
    assert not undefined(one(given))
    for changed in variants(one, given):
        try:
            answer = one(given | changed)
        except rk.InputError:
            continue
        assert not undefined(answer), changed


def test_an_answer_that_is_undefined_is_seen() -> None:
    assert undefined({"a": [1.0, (0.0, math.nan)]})
    money = rk.economics.CashFlow.from_curve(50, [1, 0.95])
    assert not undefined(money)
    object.__setattr__(money, fields(money)[0].name, np.array([math.nan, 1.0]))
    assert undefined(money)
