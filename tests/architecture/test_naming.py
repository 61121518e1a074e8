"""One word for one thing: names that functions share stand in a table, and none is one that it rules out."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import retainkit
from retainkit import decisions
from retainkit.decisions._base.inputs import Inputs

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "reference" / "naming.md").read_text(encoding="utf-8")
LENT = ("retainkit.interop.lifetimes", "retainkit.interop.sklearn")  # names of the library they stand in for
COMMON = 3  # a name that so many functions ask for is a word of the library


def cells() -> Iterator[list[str]]:
    """The rows of the table of words, without its head."""
    words = TABLE.split("\n## Words", 1)[1].split("\n## ", 1)[0]
    for line in words.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip()[1:-1].split("|")]


def quoted(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def public_objects() -> dict[str, Any]:
    """Functions and classes that any public module lends, by their qualified names."""
    found: dict[str, Any] = {}
    for module in pkgutil.walk_packages(retainkit.__path__, "retainkit."):
        private = any(part.startswith("_") for part in module.name.split("."))
        if private or module.name.startswith(LENT):
            continue
        lends = import_module(module.name)
        for name in getattr(lends, "__all__", ()):
            thing = getattr(lends, name)
            own = getattr(thing, "__module__", "").startswith("retainkit")
            if own and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


def own_members(cls: type) -> dict[str, Any]:
    """What the class and its ancestors within the package define, by name."""
    members: dict[str, Any] = {}
    for ancestor in reversed(cls.__mro__):
        if ancestor.__module__.startswith("retainkit"):
            members |= {k: v for k, v in vars(ancestor).items() if not k.startswith("_")}
    return members


def asked_by(where: str, function: Any) -> Iterator[tuple[str, str]]:
    """(parameter, function) of what a caller may write."""
    for name in inspect.signature(function).parameters:
        if name not in ("self", "cls") and not name.startswith("_"):
            yield name, where


def asked_in(cls: type) -> Iterator[tuple[str, str]]:
    for name, member in own_members(cls).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if inspect.isfunction(function):
            yield from asked_by(name, function)


def held_in(cls: type) -> Iterator[tuple[str, str]]:
    """(field, property or what the class is made of, class)."""
    made: Any = cls.__init__
    held = [name for name, _ in asked_by(cls.__name__, made)] if inspect.isfunction(made) else []
    held += [f.name for f in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else []
    held += list(getattr(cls, "model_fields", ()))
    held += [k for k, v in own_members(cls).items() if isinstance(v, property | cached_property)]
    yield from ((name, cls.__name__) for name in held if not name.startswith("_"))


def together(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, where in pairs:
        found[name].add(where)
    return found


FUNCTIONS = {f.__name__: f for f in public_objects().values() if inspect.isfunction(f)}
CLASSES = [c for c in public_objects().values() if inspect.isclass(c)]
PARAMETERS = together(
    [pair for name, f in FUNCTIONS.items() for pair in asked_by(name, f)]
    + [pair for c in CLASSES for pair in asked_in(c)]
)
CLASSES_OF_INPUTS = [
    thing
    for module in pkgutil.walk_packages(decisions.__path__, "retainkit.decisions.")
    for thing in vars(import_module(module.name)).values()
    if inspect.isclass(thing) and issubclass(thing, Inputs)
]
FIELDS = together(pair for c in CLASSES for pair in held_in(c))
WORDS = {word for row in cells() for word in quoted(row[0])}
RULED_OUT = {other: row[0] for row in cells() for other in quoted(row[4])}


def test_the_table_has_words_and_each_rules_out_others_than_itself() -> None:
    assert len(WORDS) > 80
    assert len(RULED_OUT) > 40
    assert sorted(WORDS & set(RULED_OUT)) == []
    assert len(PARAMETERS) > 300


@pytest.mark.parametrize("word", sorted(RULED_OUT))
def test_a_word_that_the_table_rules_out_is_no_parameter_and_no_field(word: str) -> None:
    assert sorted(PARAMETERS.get(word, set()) | FIELDS.get(word, set())) == [], f"say {RULED_OUT[word]}"


def test_a_parameter_of_three_functions_stands_in_the_table() -> None:
    models = {name for model in retainkit.models.MODELS.values() for name in model.names()}
    common = {name for name, users in PARAMETERS.items() if len(users) >= COMMON}
    assert sorted(common - WORDS - models) == []


def test_a_word_of_the_table_is_used_somewhere() -> None:
    assert sorted(WORDS - set(PARAMETERS) - set(FIELDS)) == []


def rates_read() -> Iterator[tuple[str, str, str]]:
    """(place, argument, how it is read) of every rate that goes through `in_period`."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "in_period":
                for given in node.keywords:
                    read = getattr(given.value.func, "id", "") if isinstance(given.value, ast.Call) else ""
                    yield f"{path.name}:{node.lineno}", given.arg or "", read


def test_a_rate_among_the_inputs_of_a_decision_says_of_which_kind_it_is() -> None:
    kinds = {"churn": "loss", "retention": "kept", "discount_rate": "growth"}
    read = {
        (cls.__name__, f.name): f.metadata["rate"]
        for cls in CLASSES_OF_INPUTS
        for f in dataclasses.fields(cls)
        if f.metadata.get("rate")
    }
    assert len(read) > 2
    for (cls, name), kind in read.items():
        expected = next((kind for word, kind in kinds.items() if word in name), kind)
        assert kind == expected, f"{cls}.{name}"


def test_a_rate_is_read_as_a_loss_or_as_kept_where_its_caller_says_so() -> None:
    read = list(rates_read())
    assert len(read) > 50
    for where, name, how in read:
        expected = "as_loss" if "churn" in name else "as_kept" if "retention" in name else ""
        assert not name or how == expected, f"{where}: {name} is read by {how or 'growth'}"
