"""Every function that gives a record, with each of its numbers as 0, as a column, as draws, and infinite.

The functions and a call of each are found as in test_labels.py; a new one is tried by its example.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from public_calls import Public, arguments_of, takers

import retainkit as rk
from retainkit.records import Record


def fewer(name: str, value: Any) -> Any:
    if isinstance(value, rk.Draws) and value.values.ndim == 1:
        return rk.Draws(value.values[:200])
    return min(value, 200) if name == "draws" and isinstance(value, int) else value


def giving_records() -> list[Any]:
    found = []
    for one in takers():
        # a record's turning points are looked for at each draw: a few hundred show what thousands do
        arguments = {name: fewer(name, value) for name, value in (arguments_of(one) or {}).items()}
        if arguments and isinstance(one(arguments), Record):
            found.append(pytest.param(one, arguments, id=one.name))
    return found


def variants(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The call of the example, and others with one number changed."""
    yield arguments
    rng = np.random.default_rng(1)
    for name, value in arguments.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            near = float(value) * rng.uniform(0.9, 1.1, 7)
            for other in (0.0, near, rk.Draws(near), float("inf")):
                yield {**arguments, name: other}


def strict(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.slow
@pytest.mark.parametrize(("one", "arguments"), giving_records())
def test_whatever_is_given_the_answer_is_a_record_or_a_sentence(
    one: Public, arguments: dict[str, Any]
) -> None:
    answered = 0
    for changed in variants(arguments):
        try:
            record = one(changed)
        except (rk.InputError, rk.FitError):
            continue
        answered += 1
        if not isinstance(record, Record):
            continue
        text = record.model_dump_json()
        assert strict(text)
        if record._read_back:
            assert type(record).from_json(text) == record
        assert pickle.loads(pickle.dumps(record)) == record
        if changed is arguments:  # turning points are looked for, which takes most of the time
            assert str(record)
            assert "<table" in record._repr_html_() or "<iframe" in record._repr_html_()
        assert record.to_frame("dict")
    assert answered
