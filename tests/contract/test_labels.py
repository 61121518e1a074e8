"""Columns that belong together have the same row labels, in every public function that takes two or more.

The functions are found by walking the package and reading signatures, and are called as in the examples of
their docstrings: numbers become columns of that number. A new function is covered by being public.
"""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import CodeType, FrameType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

import retainkit as rk

COLUMNS = re.compile(r"\b(NumberLike|RateLike|SameKind|Time|Horizon|Any)\b")
OTHER_ROOMS = ("retainkit.cli", "retainkit.tables", "retainkit.interop.lifetimes")
"""Commands take files, `tables` takes whole tables, the drop-in for lifetimes has tests of its own."""

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
    "first_age": 0.0,
    "purchases": rk.Purchases(frequency=[2, 0, 1], recency=[30.0, 0, 10], T=[40.0, 30, 20]),
    "opportunities": rk.Opportunities(frequency=[2, 0, 1], recency=[3, 0, 1], periods=[4, 5, 6]),
    "periods": rk.CovariatePeriods(np.ones((60, 1)), names=["x"]),
}
"""What is given where an example leaves an argument out, or there is none."""

OWN_ROWS = {
    "revenue_test.control": "each arm has customers of its own",
    "revenue_test.treated": "each arm has customers of its own",
    "sequential_revenue_test.control": "each arm has customers of its own",
    "sequential_revenue_test.treated": "each arm has customers of its own",
    "npv.cash_flows": "one stream has a row a period; rates have a row a stream",
    "payback_periods.cash_flows": "one stream has a row a period; rates have a row a stream",
    "xnpv.discount_rate": "one stream has a row a payment; rates have a row a stream",
    "return_on_switching.transitions": "a row a brand; the other columns are draws",
    "return_on_switching.last_bought": "a row a brand; the other columns are draws",
    "points_liability.redemption_probability": "draws; the other columns have a row a period",
}
"""Arguments whose rows are not those of the other columns; each is tested to be needed here."""

NOT_CALLED = {
    "align_covariates": "it is there to align: by ids, in test_covariates",
    "from_lifelines": "takes a fitted object of another library, in test_survival_from_lifelines",
    "from_sksurv": "takes a fitted object of another library, in test_survival_from_anywhere",
    "from_surpyval": "takes a fitted object of another library, in test_survival_from_anywhere",
}
"""Functions of two or more columns that no example shows, and why they are not called."""


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
        return inspect.unwrap(made).__code__

    def __call__(self, arguments: Mapping[str, Any]) -> Any:
        place: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in inspect.signature(self.call).parameters.values():
            value = arguments[parameter.name]
            if parameter.kind is parameter.VAR_KEYWORD:
                named |= value
            elif parameter.kind is parameter.VAR_POSITIONAL:
                place += value
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
            ours = str(getattr(value, "__module__", "")).startswith("retainkit")
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

    def __init__(self) -> None:
        self.of: dict[CodeType, dict[str, Any]] = {}
        self.selves: dict[type, Any] = {}
        self._wanted = {one.code for one in takers()}
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
            self.of.setdefault(frame.f_code, dict(frame.f_locals))
        if (own := frame.f_locals.get("self")) is not None and "retainkit" in type(own).__module__:
            self.selves.setdefault(type(own), own)


@cache
def calls() -> Calls:
    found = Calls()
    for one in takers():
        elsewhere = found.of.pop(one.code, None)  # its own example says best how it is called
        found.run(one.call)
        if elsewhere is not None:
            found.of.setdefault(one.code, elsewhere)
        elif one.code not in found.of and one.owner is not None:
            found.run(one.owner)
    found.selves[rk.OverTime] = rk.OverTime(rk.BGNBD(r=0.25, alpha=4.0, a=0.8, b=2.5), ("x",), (0.1,))
    for kind in rk.models.MODELS.values():
        found.selves.setdefault(kind, kind.typical(np.random.default_rng(1), scale=20.0))
    return found


def arguments_of(one: Public) -> dict[str, Any] | None:
    """As in its example; else, for a method, an instance from another example and values by name."""
    known = calls().of.get(one.code)
    if known is not None:
        return dict(known)
    given: dict[str, Any] = {}
    for p in inspect.signature(one.call).parameters.values():
        if p.name == "self":
            of_kind = [own for kind, own in calls().selves.items() if issubclass(kind, one.owner or object)]
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


# -- what happens to columns -------------------------------------------------------------------------


def length_of(arguments: Mapping[str, Any], names: tuple[str, ...]) -> int:
    """How long the columns of an example are; three where it has numbers alone."""
    sizes = [len(arguments[name]) for name in names if dimensions(arguments[name]) == 1]
    return next((size for size in sizes if size > 1), 3)


def dimensions(value: Any) -> int:
    if not isinstance(value, list | tuple | np.ndarray | pd.Series):
        return 0
    try:
        return np.ndim(value)
    except ValueError:  # rows of different lengths
        return -1


def as_column(value: Any, size: int) -> list[Any] | None:
    """A column of the length of the others; None for what cannot be one."""
    value = value.value if isinstance(value, rk.Rate) else value
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return [value] * size
    return list(value) if dimensions(value) in (1, 2) and len(value) == size else None


class Tried:
    """A function, its arguments as columns, and those of them that it takes."""

    def __init__(self, one: Public, arguments: dict[str, Any]) -> None:
        self.one, self.arguments = one, arguments
        self.odd: list[str] = []
        for name in one.columns:
            if arguments[name] is None and name in BY_NAME:
                with contextlib.suppress(rk.RetainkitError):  # it may exclude another
                    one({**arguments, name: BY_NAME[name]})
                    arguments[name] = BY_NAME[name]
        self.size = length_of(arguments, one.columns)
        made = {name: as_column(arguments[name], self.size) for name in one.columns}
        own = {name for name in made if f"{one.name}.{name}" in OWN_ROWS}
        self.columns = {name: column for name, column in made.items() if column is not None}
        self.own = own & self.columns.keys()
        self.labels = [f"c{i}" for i in range(self.size)]
        together = [name for name in self.columns if name not in own]
        self.answer = self.answer_to(together)
        if self.answer is None:
            together = [name for name in together if self.answer_to([name]) is not None]
            self.answer = self.answer_to(together)
        self.together = together

    def answer_to(self, names: list[str]) -> Any:
        """The answer where these arguments are Series with the same labels; None where they are refused."""
        try:
            return self({name: self.series(name) for name in names})
        except rk.InputError:
            return None
        except Exception as error:  # a failure without advice
            self.odd.append(f"{self.one.name}({', '.join(names)}): {type(error).__name__} {error}")
            return None

    def series(self, name: str, labels: list[str] | None = None) -> pd.Series[Any] | pd.DataFrame:
        if dimensions(self.columns[name]) == 2:
            return pd.DataFrame(self.columns[name], index=labels or self.labels)
        return pd.Series(self.columns[name], index=labels or self.labels, name=name)

    def __call__(self, columns: Mapping[str, Any]) -> Any:
        return self.one({**self.arguments, **columns})

    def refusal(self, columns: Mapping[str, Any]) -> rk.InputError | None:
        try:
            self(columns)
        except rk.InputError as error:
            return error
        return None


@cache
def tried() -> list[Tried]:
    called = [(one, arguments_of(one)) for one in takers() if one.name not in NOT_CALLED]
    return [Tried(one, arguments) for one, arguments in called if arguments is not None]


def test_every_function_of_two_or_more_columns_is_called_or_listed() -> None:
    uncalled = {one.name for one in takers() if arguments_of(one) is None}
    assert uncalled == set(NOT_CALLED)
    assert len(tried()) > 150


def test_what_is_no_column_is_refused_with_advice() -> None:
    assert [odd for case in tried() for odd in case.odd] == []


def test_columns_of_other_labels_are_refused_by_name() -> None:
    silent: list[str] = []
    for case in tried():
        same = {name: case.series(name) for name in case.together}
        if len(same) < 2:
            continue
        assert case.answer is not None, case.one.name  # of the same labels they are taken
        for name in same:
            error = case.refusal({**same, name: case.series(name, case.labels[::-1])})
            told = error is not None and error.code == "index-mismatch" and ".reindex()" in str(error)
            if not told:
                silent.append(f"{case.one.name}({name}): {error}")
    assert silent == []


def test_arguments_with_rows_of_their_own_are_not_compared() -> None:
    def others(case: Tried) -> dict[str, Any]:
        return {name: case.series(name) for name in case.together}

    compared = [
        f"{case.one.name}.{name}"
        for case in tried()
        for name in case.own
        if case.refusal({**others(case), name: case.series(name, case.labels[::-1])}) is not None
    ]
    assert compared == []
    assert {f"{case.one.name}.{name}" for case in tried() for name in case.own} == set(OWN_ROWS)


def test_masked_columns_are_refused_by_name() -> None:
    silent: list[str] = []
    for case in tried():
        for name in {*case.together, *case.own}:
            masked = np.ma.masked_array(case.columns[name])
            masked[0] = np.ma.masked
            error = case.refusal({name: masked})
            if error is None or name not in error.argument or not re.search("masked|missing", str(error)):
                silent.append(f"{case.one.name}({name}): {error}")
    assert silent == []


def test_a_column_of_answers_has_the_labels_of_the_questions() -> None:
    with_columns = [case for case in tried() if case.together]
    bare = [
        case.one.name
        for case in with_columns
        if isinstance(case.answer, np.ndarray) and case.answer.shape == (case.size,)
    ]
    assert bare == []
    answers = [(case, case.answer) for case in with_columns if isinstance(case.answer, pd.Series)]
    assert [case.one.name for case, answer in answers if answer.index.tolist() != case.labels] == []
    assert len(answers) > 50
