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
from dataclasses import dataclass, is_dataclass
from functools import cache
from importlib import import_module
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

import numpy as np

import retainkit as rk
import retainkit.typing
from retainkit.decisions._base.inputs import Inputs
from retainkit.records import Record

LOOSE = [name for name, value in vars(rk.typing).items() if value is Any]  # NumberLike, RateLike, Frame, …
COLUMNS = re.compile(rf"\b({'|'.join(['SameKind', 'Same', 'Time', 'Horizon', 'Real', 'Array', *LOOSE])})\b")
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


# -- which results there are -------------------------------------------------------------------------

ROOMS = ("decisions", "economics", "inference", "metrics", "reports", "validation", "valuation")
ALSO = ("retainkit.models.sampled",)  # other models' records are estimates, with tests of their own
EACH = 4  # different examples of a kind


def modules() -> list[ModuleType]:
    """Those of the rooms that give results."""
    names = (m.name for m in pkgutil.walk_packages(rk.__path__, "retainkit."))
    return [import_module(n) for n in names if n.split(".")[1] in ROOMS or n in ALSO]


@cache
def kinds() -> list[type[Record]]:
    """Every concrete record of the rooms that give results."""
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Record) and value.__module__ == module.__name__
        if not getattr(value, "__abstractmethods__", None) and is_dataclass(value)
        if not value.__name__.startswith("_")
        and not issubclass(value, Inputs)  # tried as parts of their decisions
    }
    return sorted(found, key=lambda kind: kind.__qualname__)


# -- how each is called ------------------------------------------------------------------------------


class Seen(NamedTuple):
    """What the example of one docstring did: see `ran`."""

    given: dict[CodeType, dict[str, Any]]
    """The arguments of the first call of each public function."""
    selves: dict[type, Any]
    """One object of each class."""
    made: dict[type[Record], list[Record]]
    """Results, a few of a kind."""


@cache
def ran(module: str, text: str) -> Seen:
    """The example of a docstring of a module, run once for all tests that ask what it calls or makes.

    Records are frozen: what one test is given, others may be given, too.
    """
    seen, codes = Seen({}, {}, {}), public_codes()

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event != "call":
            return
        code = frame.f_code
        if code in codes and code not in seen.given:
            seen.given[code] = {n: v for n, v in frame.f_locals.items() if n not in code.co_freevars}
        if "self" in code.co_varnames[:1] and "retainkit" in type(own := frame.f_locals["self"]).__module__:
            seen.selves.setdefault(type(own), own)

    names = dict(vars(sys.modules[module]))
    with contextlib.redirect_stdout(io.StringIO()), _noted(seen.made):
        for example in doctest.DocTestParser().get_examples(text):
            code = compile(example.source, "example", "single")
            sys.setprofile(watch)
            try:
                exec(code, names)
            except Exception:
                if example.exc_msg is None:
                    raise
            finally:
                sys.setprofile(None)
    return seen


@contextlib.contextmanager
def _noted(made: dict[type[Record], list[Record]]) -> Iterator[None]:
    """While it lasts, the first records of each kind that are made are kept in `made`."""
    own = {kind: kind.__init__ for kind in kinds() if "__init__" in vars(kind)}
    for kind, init in own.items():

        def spy(self: Any, *given: Any, _of: Any = init, **named: Any) -> None:
            _of(self, *given, **named)
            kept = made.setdefault(type(self), [])
            if len(kept) < EACH:
                kept.append(self)

        kind.__init__ = spy  # type: ignore[method-assign]
    try:
        yield
    finally:
        for kind, init in own.items():
            kind.__init__ = init  # type: ignore[method-assign]


@cache
def public_codes() -> frozenset[CodeType]:
    """Of every public function, method and class."""
    found: set[CodeType] = set()
    for name, value in public_names():
        members = [(name, value), *(methods_of(value) if inspect.isclass(value) else ())]
        for called, function in members:
            with contextlib.suppress(AttributeError):  # a class that is made as object is
                found.add(Public(called, function, None, ()).code)
    return frozenset(found)


class Calls:
    """The arguments of the calls that examples make: of each code, and a `self` of each class."""

    def __init__(self, wanted: Iterable[Public]) -> None:
        self.of: dict[CodeType, dict[str, Any]] = {}
        self.selves: dict[type, Any] = {}
        self._wanted = {one.code for one in wanted}
        assert self._wanted <= public_codes()

    def run(self, documented: Any) -> None:
        """Take what the example of a function or class shows; what another showed before stays."""
        made = inspect.unwrap(documented)
        seen = ran(made.__module__, inspect.getdoc(made) or "")
        for code in seen.given.keys() & self._wanted:
            self.of.setdefault(code, seen.given[code])
        for kind, own in seen.selves.items():
            self.selves.setdefault(kind, own)


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


def of_few(value: Any) -> Any:
    """Of a table of CDNOW the lines of one customer in ten: many calls are made with it."""
    if not isinstance(value, dict) or "dollar_value" not in value:
        return value
    kept = np.unique(value["customer_id"], return_inverse=True)[1] % 10 == 0
    return {name: column[kept] for name, column in value.items()}


def arguments_of(one: Public, among: Calls | None = None) -> dict[str, Any] | None:
    """As in its example; else, for a method, an instance from another example and values by name."""
    known = (among or calls()).of.get(one.code)
    if known is not None:
        return {name: of_few(value) for name, value in known.items()}
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
