"""Columns that belong together have the same row labels, in every public function that takes two or more.

The functions are found by walking the package and reading signatures, and are called as in the examples of
their docstrings: numbers become columns of that number. A new function is covered by being public.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from public_calls import BY_NAME, Public, arguments_of, takers

import retainkit as rk

OWN_ROWS = {
    "revenue_test.control": "each arm has customers of its own",
    "revenue_test.treated": "each arm has customers of its own",
    "sequential_revenue_test.control": "each arm has customers of its own",
    "sequential_revenue_test.treated": "each arm has customers of its own",
    "mirr.cash_flows": "one stream has a row a period; rates have a row a stream",
    "npv.cash_flows": "one stream has a row a period; rates have a row a stream",
    "payback_periods.cash_flows": "one stream has a row a period; rates have a row a stream",
    "xnfv.discount_rate": "one stream has a row a payment; rates have a row a stream",
    "xnpv.discount_rate": "one stream has a row a payment; rates have a row a stream",
    "return_on_switching.transitions": "a row a brand; the other columns have a row a case",
    "return_on_switching.last_bought": "a row a brand; the other columns have a row a case",
    "Campaign.cost": "of the campaign; the other columns have a row a customer",
}
"""Arguments whose rows are not those of the other columns; each is tested to be needed here."""

NOT_CALLED = {
    "align_covariates": "it is there to align: by ids, in test_covariates",
    "from_lifelines": "takes a fitted object of another library, in test_survival_from_lifelines",
    "from_sksurv": "takes a fitted object of another library, in test_survival_from_anywhere",
    "from_surpyval": "takes a fitted object of another library, in test_survival_from_anywhere",
    "LazyTransactionSummary.by": "its customers are in an engine, which has no labels",
    "plot_history": "draws one customer, whose numbers are no columns",
}
"""Functions of two or more columns that no example shows, and why they are not called."""


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
    if isinstance(value, rk.Rate):
        return as_column(value.value, size)
    if dimensions(value) in (1, 2):
        return list(value) if len(value) == size else None
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return [value] * size if number else None


class Tried:
    """A function, its arguments as columns, and those of them that it takes."""

    def __init__(self, one: Public, arguments: dict[str, Any]) -> None:
        if one.name == "revenue_test":  # a decision a row, of which a dozen says as much as thousands
            arguments = {**arguments, **{name: arguments[name][:12] for name in ("control", "treated")}}
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

    def series(self, name: str, labels: list[str] | None = None) -> Any:
        if dimensions(self.columns[name]) != 1:
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


@pytest.mark.slow
def test_every_function_of_two_or_more_columns_is_called_or_listed() -> None:
    uncalled = {one.name for one in takers() if arguments_of(one) is None}
    assert uncalled == set(NOT_CALLED)
    assert len(tried()) > 150


@pytest.mark.slow
def test_what_is_no_column_is_refused_with_advice() -> None:
    assert [odd for case in tried() for odd in case.odd] == []


@pytest.mark.slow
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


def test_columns_of_other_lengths_are_refused_by_name() -> None:
    silent: list[str] = []
    for case in tried():
        for name in case.together if len(case.together) > 1 else ():
            same = {other: list(case.columns[other]) for other in case.together}
            error = case.refusal({**same, name: [*same[name], same[name][-1]]})
            if error is None or error.code not in ("length-mismatch", "wrong-shape"):
                silent.append(f"{case.one.name}({name}): {error}")
    assert silent == []


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


def test_what_promises_a_type_checker_the_kind_of_its_arguments_keeps_it() -> None:
    told = [(case, inspect.get_annotations(case.one.call)) for case in tried()]
    promised = [case for case, hints in told if hints.get("return") == "Same"]
    broken: list[str] = []
    for case in promised:  # numbers throughout, and one column at a time
        one = {name: column[0] for name, column in case.columns.items() if dimensions(column) == 1}
        given: list[tuple[dict[str, Any], type]] = [({}, float)]
        given += [({name: np.asarray(case.columns[name])}, np.ndarray) for name in one]
        given += [({name: case.series(name)}, pd.Series) for name in one]
        given += [({name: pl.Series(name, case.columns[name])}, pl.Series) for name in one]
        for columns, kind in given:
            answer = case({**one, **columns})
            as_float = answer.dtype in (np.float64, pl.Float64) if kind is not float else True
            if not isinstance(answer, kind) or not as_float:
                broken.append(f"{case.one.name}({', '.join(columns)}): {type(answer).__name__}, no {kind}")
    assert broken == []
    assert len(promised) > 60
