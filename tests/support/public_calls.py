"""Public functions that take columns, found by walking the package, and a call of each from its example."""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import pkgutil
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import CodeType, FrameType, ModuleType
from typing import Any

import numpy as np

import retainkit as rk
import retainkit.typing

LOOSE = [name for name, value in vars(rk.typing).items() if value is Any]  # NumberLike, RateLike, Frame, …
COLUMNS = re.compile(rf"\b({'|'.join(['SameKind', 'Time', 'Horizon', 'Real', 'Array', *LOOSE])})\b")
OTHER_ROOMS = (
    "retainkit.cli",
    "retainkit.tables",
    "retainkit.workbooks",
    "retainkit.interop.lifetimes",
    "retainkit.interop.sklearn",
)
"""Commands and workbooks are files, `tables` takes whole tables, drop-ins and estimators have other tests."""

BY_NAME: dict[str, Any] = {
    "given": 1.0,
    "horizon": 3.0,
    "n": 2.0,
    "t": 2.0,
    "tenure": 2.0,
    "observed": 5.0,
    "entry": 1.0,
    "share": 0.5,
    "T": 20.0,
    "seed": 1,
    "discount_rate": 0.1,
    "spend": 5.0,
    "gamma": 1.5,
    "delta": 3.0,
    "half_spend": 2.0,
    "shape": 1.5,
    "customers": 1000.0,
    "margin_per_period": 10.0,
    "churn": 0.1,
    "timing": "end",
    "elasticity": 0.2,
    "told_by_dissatisfied": 5.0,
    "told_by_silent": 3.0,
    "lost_sales_per_person_told": 0.02,
    "value_per_sale": 50.0,
    "cohort": ["a", "b", "c"],
    "times": [0.0, 1.0, 2.0, 3.0],
    "first_age": [0.0, 0.0, 0.0],
    "purchases": rk.Purchases(frequency=[2, 0, 1], recency=[30.0, 0, 10], T=[40.0, 30, 20]),
    "opportunities": rk.Opportunities(frequency=[2, 0, 1], recency=[3, 0, 1], periods=[4, 5, 6]),
    "periods": rk.CovariatePeriods(np.ones((60, 1)), names=["x"]),
}
"""What is given where an example leaves an argument out, or there is none."""


# -- what is public, and takes columns ---------------------------------------------------------------


@dataclass(frozen=True)
class Public:
    """A public function, class or method, and its parameters that may be columns."""

    name: str
    call: Callable[..., Any]
    owner: type | None
    columns: tuple[str, ...]

    @property
    def code(self) -> CodeType:
        made = self.call.__init__ if inspect.isclass(self.call) else self.call
        # a wrapper that was written out for one function has its name, and is what a caller calls
        return inspect.unwrap(made, stop=lambda f: f.__code__.co_name == f.__name__).__code__

    def __call__(self, arguments: Mapping[str, Any]) -> Any:
        place: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in inspect.signature(self.call).parameters.values():
            value = arguments[parameter.name]
            if parameter.kind is parameter.VAR_KEYWORD:
                named |= value
            elif parameter.kind is parameter.VAR_POSITIONAL:
                # several as a call gives them; one thing of another kind stands by itself
                place += value if isinstance(value, list | tuple) else [value]
            elif parameter.name in ("self", "cls") or parameter.kind is parameter.POSITIONAL_ONLY:
                place.append(value)
            else:
                named[parameter.name] = value
        return self.call(*place, **named)


def rooms() -> Iterator[ModuleType]:
    yield rk
    for found in pkgutil.walk_packages(rk.__path__, "retainkit."):
        private = any(part.startswith("_") for part in found.name.split("."))
        if found.ispkg and not private and not found.name.startswith(OTHER_ROOMS):
            yield import_module(found.name)


def public_names() -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for room in rooms():
        names = getattr(room, "__all__", None) or [name for name in vars(room) if name[0] != "_"]
        for name in names:
            value = getattr(room, name)
            module = str(getattr(value, "__module__", ""))
            ours = module.startswith("retainkit") and not module.startswith(OTHER_ROOMS)
            if callable(value) and ours and id(value) not in seen:
                seen.add(id(value))
                yield name, value


def methods_of(owner: type) -> Iterator[tuple[str, Any]]:
    for base in owner.__mro__:
        if base.__module__.startswith("retainkit"):
            for name, value in vars(base).items():
                plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
                if name[0] != "_" and inspect.isfunction(plain):
                    yield name, plain


def candidates(call: Any) -> tuple[str, ...]:
    parameters = inspect.signature(call).parameters.values()
    several = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return tuple(p.name for p in parameters if p.kind not in several and COLUMNS.search(str(p.annotation)))


@cache
def takers() -> list[Public]:
    """Everything public with two or more parameters that may be columns.

    Classes are among it whose docstring says what a caller gives; others are made by a function.
    """
    found: dict[CodeType, Public] = {}

    def keep(name: str, call: Any, owner: type | None) -> None:
        one = Public(name, call, owner, candidates(call))
        if len(one.columns) >= 2:
            found.setdefault(one.code, one)

    for name, value in public_names():
        if not inspect.isclass(value):
            keep(name, value, None)
            continue
        if "Parameters\n" in (value.__doc__ or "") and not issubclass(value, Exception):
            keep(name, value, value)
        for method, function in methods_of(value):
            keep(f"{name}.{method}", function, value)
    return list(found.values())


# -- how each is called ------------------------------------------------------------------------------


class Calls:
    """The arguments of the calls that examples make: of each code, and a `self` of each class."""

    def __init__(self, wanted: Iterable[Public]) -> None:
        self.of: dict[CodeType, dict[str, Any]] = {}
        self.selves: dict[type, Any] = {}
        self._wanted = {one.code for one in wanted}
        self._run: set[Any] = set()

    def run(self, documented: Any) -> None:
        """Run the example of a function or class, once."""
        if documented in self._run:
            return
        self._run.add(documented)
        made = inspect.unwrap(documented)
        names = dict(vars(sys.modules[made.__module__]))
        examples = doctest.DocTestParser().get_examples(inspect.getdoc(made) or "")
        with contextlib.redirect_stdout(io.StringIO()):
            for example in examples:
                code = compile(example.source, "example", "single")
                sys.setprofile(self._seen)
                try:
                    exec(code, names)
                finally:
                    sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call":
            return
        if frame.f_code in self._wanted:
            given = {n: v for n, v in frame.f_locals.items() if n not in frame.f_code.co_freevars}
            self.of.setdefault(frame.f_code, given)
        if (own := frame.f_locals.get("self")) is not None and "retainkit" in type(own).__module__:
            self.selves.setdefault(type(own), own)


def calls_of(wanted: Collection[Public]) -> Calls:
    """The calls that examples make of some functions, and of the models that they are methods of."""
    found = Calls(wanted)
    for one in wanted:
        elsewhere = found.of.pop(one.code, None)  # its own example says best how it is called
        found.run(one.call)
        if elsewhere is not None:
            found.of.setdefault(one.code, elsewhere)
        elif one.code not in found.of and one.owner is not None:
            found.run(one.owner)
    found.selves[rk.models.OverTime] = rk.models.OverTime(
        rk.BGNBD(r=0.25, alpha=4.0, a=0.8, b=2.5), ("x",), (0.1,)
    )
    for kind in rk.models.MODELS.values():
        found.selves.setdefault(kind, kind.typical(np.random.default_rng(1), scale=20.0))
    return found


@cache
def calls() -> Calls:
    return calls_of(takers())


def arguments_of(one: Public, among: Calls | None = None) -> dict[str, Any] | None:
    """As in its example; else, for a method, an instance from another example and values by name."""
    known = (among or calls()).of.get(one.code)
    if known is not None:
        return dict(known)
    given: dict[str, Any] = {}
    for p in inspect.signature(one.call).parameters.values():
        if p.name == "self":
            of_kind = [
                own
                for kind, own in (among or calls()).selves.items()
                if issubclass(kind, one.owner or object)
            ]
            if not of_kind:
                return None
            given["self"] = of_kind[0]
        elif p.default is not inspect.Parameter.empty:
            given[p.name] = p.default
        elif p.name in BY_NAME:
            given[p.name] = BY_NAME[p.name]
        else:
            return None
    return given
