"""Columns that expressions make, in the engine of the table or in arrays, and what they are made of."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from retainkit.errors import InputError, RetainkitError
from retainkit.tables.amounts import AmountRule
from retainkit.tables.cells import ArrayCells, EngineCells
from retainkit.tables.choice import Choice
from retainkit.tables.column import Column, Use
from retainkit.tables.expressions import Expression
from retainkit.tables.problems import Said
from retainkit.typing import Foreign, Frame

if TYPE_CHECKING:
    from retainkit.tables.engine import Opened

WHERE = "ǂwhere"
"""The key of the column that says which lines count."""

Uses: TypeAlias = list[tuple[str, Use]]


@dataclass(frozen=True, slots=True)
class Enriched:
    """A frame with the columns that were made: key → name, and what each read of columns of text."""

    frame: Frame
    columns: dict[str, str]
    uses: dict[str, Uses] = field(default_factory=dict[str, Uses])

    @property
    def parts(self) -> list[str]:
        """The columns of text that were read, each once."""
        return list(dict.fromkeys(name for uses in self.uses.values() for name, _ in uses))


def enrich(
    frame: Frame, choice: Choice, rules: Mapping[str, AmountRule], called: Mapping[str, str] | None = None
) -> Enriched:
    """The frame with a column for each expression, named as it is written; its own engine computes them.

    `called` is how the frame calls its columns, where it cannot by their names.
    """
    known, schema = called or {}, frame.collect_schema()
    called = {name: known.get(name, name) for name in choice.parts}
    cells = EngineCells(
        {name: schema[own] for name, own in called.items()}, rules.__getitem__, called.__getitem__
    )
    wanted = choice.made | ({} if choice.where is None else {WHERE: choice.where})
    values: dict[str, Any] = {}
    names: dict[str, str] = {}
    uses: dict[str, Uses] = {}
    for key, found in wanted.items():
        _, value, uses[key] = found.of(cells)
        names[key] = found.text if key != WHERE else WHERE
        values[names[key]] = value
    return Enriched(frame.with_columns(**values), names, uses)


def enrich_relation(found: Opened, choice: Choice, rules: Mapping[str, AmountRule]) -> Enriched:
    """The same of DuckDB's relation, as one."""
    import narwhals as nw

    from retainkit.tables.engine import quoted

    relation, names = found.relation, found.relation.columns
    if not choice.expressions:
        return Enriched(relation, {})
    # narwhals and DuckDB before 2 take what stands before a dot in a name for a table's
    called = {name: f"ǂ{k}" if re.search('[."]', name) else name for k, name in enumerate(names)}

    def project(relation: Foreign, pairs: Iterable[tuple[str, str]]) -> Foreign:
        return relation.project(", ".join(f"{quoted(old)} AS {quoted(new)}" for old, new in pairs))

    with computing(choice.expressions):
        made = enrich(nw.from_native(project(relation, called.items())), choice, rules, called)
        back = {own: name for name, own in called.items()} | {name: name for name in made.columns.values()}
        return replace(made, frame=project(made.frame.to_native(), back.items()))


@contextmanager
def computing(expressions: Iterable[Expression]) -> Generator[None, None, None]:
    """What an engine says of expressions that it cannot compute, in one sentence.

    Engines have no kind of error in common, so that any may be theirs; but not one that our own code raises.
    """
    try:
        yield
    except (RetainkitError, MemoryError, RecursionError):
        raise
    except Exception as error:
        first = next(iter(expressions), None)
        if first is None or _ours(error):
            raise
        shown = Said(str(error).split("\n", maxsplit=1)[0])
        rule = f"must be what the engine of the table can compute, {first.text!r}"
        raise InputError(
            "not-supported", first.argument, shown, rule, "Compute it in the table first."
        ) from error


def _ours(error: Exception) -> bool:
    """Whether an error of Python's own was raised by a line of this package, not of an engine's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__"))
    return type(error).__module__ == "builtins" and where.partition(".")[0] == "retainkit"


def make(found: Expression, read: Mapping[str, Column], key: str) -> Column:
    """The column that an expression makes of others in memory."""
    cells = ArrayCells(read.__getitem__)
    with np.errstate(all="ignore"):  # what is missing or infinite is refused by its line
        _, value, uses = found.of(cells)
    values = np.asarray(value)
    first = read[found.names[0]]
    parts: tuple[tuple[Column, Use], ...] = tuple(
        (replace(read[name], argument=key), use) for name, use in uses
    )
    return Column(key, found.text, values, in_arrays=first.in_arrays, parts=parts, place=first.place)
