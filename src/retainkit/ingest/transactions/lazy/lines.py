"""The lines of a table that its engine holds: columns as expressions, checked by one count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import narwhals as nw
import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.currencies import NO_CURRENCY, NO_RATE, SEVERAL
from retainkit.ingest.transactions.engine import explained, prepared
from retainkit.ingest.transactions.lazy.orders import unpriced
from retainkit.ingest.transactions.plan import AFTER_END, NO_AMOUNT, NO_ORDER, REFUND, Plan
from retainkit.ingest.transactions.statement import LOST
from retainkit.tables import DAY, Days, Fault, TableSource
from retainkit.tables.amounts import unreadable
from retainkit.tables.choice import Choice, choose
from retainkit.tables.engine import Opened, columns_of
from retainkit.tables.lazy import Part, lazy_frame, small
from retainkit.tables.lines import far_from, only_later, plausible_span
from retainkit.tables.made import WHERE, Enriched, computing, enrich
from retainkit.tables.problems import INFINITE, NO_CUSTOMER, NO_DATE, empty_table
from retainkit.typing import Frame

_NO_DAY = -(1 << 40)
_KEYS = ("customer_id", "order_id", "currency")


@dataclass(frozen=True, slots=True)
class LazyLines:
    """Lines with customer_id, date (a whole number) and amount, and why they are left out, if they are."""

    frame: Frame
    explain: Callable[[tuple[int, int] | None], InputError]
    """Which line is bad, given the days within which dates should lie."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Lines that count, by day; and how many do not."""

    day: Days
    lines: Days
    negative: Days
    left_out: Counter[str]
    currencies: tuple[str, ...] = ()

    def refunds(self, before: int | None = None) -> int:
        """Lines with a negative amount, of all days or of those before one."""
        return int(self.negative[slice(None) if before is None else self.day < before].sum())


def lines_of_relation(found: Opened, plan: Plan) -> LazyLines:
    """The lines of a DuckDB relation or of files, by the statement that reads them for memory."""
    found, wanted = prepared(found, plan)
    relation = found.relation.project(wanted.projection)
    # ids that differ in case are two, whatever order the caller's database gives to letters
    texts = {name for name, kind in columns_of(relation).items() if kind == "VARCHAR"} & set(_KEYS)
    if texts and found.origin == "relation":
        every = (f'"{n}" COLLATE "binary" AS "{n}"' if n in texts else f'"{n}"' for n in relation.columns)
        relation = relation.project(", ".join(every))
    return LazyLines(nw.from_native(relation), lambda span: explained(found, wanted, plan, span))


def lines_of_frame(source: TableSource, plan: Plan) -> LazyLines:
    """The lines of a polars LazyFrame or of a Spark frame."""
    frame = lazy_frame(source.table)
    assert frame is not None
    source.refuse_needless("table")
    choice = choose(plan.columns, frame.collect_schema().names(), source)
    rules = dict.fromkeys(choice.needed, source.amounts)
    with computing(choice.expressions):
        enriched = enrich(frame.select(choice.needed), choice, rules) if choice.expressions else None
    made = Enriched(frame, {}) if enriched is None else enriched
    read = _read(made, choice, plan, source)
    return LazyLines(made.frame.select(**read.columns), lambda span: _explained(made.frame, read, plan, span))


class _Bad(NamedTuple):
    """A fault with the column that has it and where it holds; None is a number that cannot be read."""

    fault: Fault | None
    part: Part
    argument: str
    holds: nw.Expr


class _Read(NamedTuple):
    columns: dict[str, nw.Expr]
    parts: dict[str, Part]
    bad: list[_Bad]
    source: TableSource


def _read(made: Enriched, choice: Choice, plan: Plan, source: TableSource) -> _Read:
    schema, native = made.frame.collect_schema(), _native_types(made.frame)

    def part(name: str) -> Part:
        return Part(name, schema[name], native[name])

    names = {key: choice.columns.get(key) or made.columns[key] for key in plan.columns}
    parts = {key: part(name) for key, name in names.items()}
    columns = {"customer_id": parts["customer_id"].id(), "date": parts["date"].day(plan.dates)}
    if plan.has_amounts:
        columns["amount"] = parts["amount"].number(source.amounts)
    columns |= {key: parts[key].id() for key in _KEYS[1:] if key in parts}
    bad: list[_Bad] = []
    for key, uses in made.uses.items():
        for name, use in uses:
            argument, one = "where" if key == WHERE else key, part(name)
            if use == "day" and one.native == "timestamp":
                one.day(DAY)
            gone = (
                one.unread_day()
                if use == "day"
                else (one.raw != "") & source.amounts.in_engine(one.raw).is_null()
            )
            bad.append(
                _Bad(DAY.fault() if use == "day" else None, one, argument, gone.fill_null(value=False))
            )
    lost = _lost(
        columns, plan, [each for each in bad if each.argument == "where"], filtered=choice.where is not None
    )
    if lost is not None:
        columns["lost"] = lost
    return _Read(columns, parts, bad, source)


def _native_types(frame: Frame) -> dict[str, str]:
    if frame.implementation.is_polars():
        return {name: str(kind) for name, kind in frame.to_native().collect_schema().items()}
    return {field.name: str(field.dataType.typeName()) for field in frame.to_native().schema.fields}


def _lost(columns: dict[str, nw.Expr], plan: Plan, unread: list[_Bad], *, filtered: bool) -> nw.Expr | None:
    """The number in `LOST` of what a line is left out for, 0 where it counts; null where nobody can say."""
    lost: nw.Expr = nw.lit(0)
    if plan.later == "drop":
        lost = nw.when(columns["date"] > plan.end).then(nw.lit(2)).otherwise(lost)
    if plan.missing_ids == "drop":
        lost = nw.when(columns["customer_id"].is_null()).then(nw.lit(1)).otherwise(lost)
    if filtered:
        lost = nw.when(~nw.col(WHERE)).then(nw.lit(3)).otherwise(lost)
    for each in unread:
        lost = nw.when(~each.holds).then(lost)
    return lost if filtered or plan.later == "drop" or plan.missing_ids == "drop" else None


def checked(lines: LazyLines, plan: Plan) -> tuple[Frame, Tally]:
    """The lines that count, all of them sound, and their count by day; one pass over the table."""
    frame = lines.frame
    left = "lost" in frame.collect_schema().names()
    priced = "currency" in plan.columns
    keys = ["date", *(["lost"] if left else []), *(["currency"] if priced else [])]
    told = small(
        frame.group_by(keys)
        .agg(**_counts(plan))
        .with_columns(
            date=nw.col("date").fill_null(_NO_DAY), **({"lost": nw.col("lost").fill_null(-1)} if left else {})
        )
    )
    lost = told["lost"].astype(np.int64) if left else np.zeros(told["lines"].size, np.int64)
    size = np.array([told["lines"][lost == k].sum() for k in range(len(LOST))], np.int64)
    here = lost == 0
    each = told["date"][here].astype(np.int64)
    # a day has a row for each of its currencies
    day, place = np.unique(each, return_inverse=True)
    count = np.bincount(place, told["lines"][here], day.size).astype(np.int64)
    currencies = told["currency"][here] if priced else np.zeros(0, object)
    late = plan.end is not None and bool((day > plan.end).any())
    unsound = (
        bool(told["unsound"][here].any())
        or (here & (told["date"] == _NO_DAY)).any()
        or (lost < 0).any()
        or (priced and unpriced(plan.rates, currencies, each))
    )
    if unsound or late:
        raise lines.explain(None)
    if not size[0]:
        raise (
            only_later()
            if size[2]
            else empty_table("source", "transaction" + " with a customer" * bool(size[1]))
        )
    span = None if plan.far_dates == "keep" else plausible_span(day, count, ended=plan.end is not None)
    if span is not None:
        raise lines.explain(span)
    left_out = Counter[str]({name: int(n) for name, n in zip(LOST[1:], size[1:], strict=True)})
    kept = frame.filter(nw.col("lost") == 0).drop("lost") if left else frame
    negative = told.get("negative", np.zeros_like(lost))[here]
    refunds = np.bincount(place, negative, day.size).astype(np.int64)
    return kept, Tally(day, count, refunds, left_out, tuple(dict.fromkeys(currencies.tolist())))


def _counts(plan: Plan) -> dict[str, nw.Expr]:
    nobody = nw.col("customer_id").is_null()
    if "order_id" in plan.columns:
        nobody = nobody | nw.col("order_id").is_null()
    marked = {"unsound": nobody}
    if plan.has_amounts:
        amount = nw.col("amount")
        # engines differ in how NaN compares, but nowhere is the difference of such a number to itself 0
        unsound = nobody | amount.is_null() | ((amount - amount) != 0.0)
        marked["negative"] = (amount < 0.0).fill_null(value=False)
        marked["unsound"] = unsound | marked["negative"] if plan.refunds == "error" else unsound
    counts = {name: whole(mark.cast(nw.Int64)) for name, mark in marked.items()}
    return {"lines": nw.len().cast(nw.Int64), **counts}


def whole(values: nw.Expr) -> nw.Expr:
    """A sum of whole numbers as one: DuckDB makes it a decimal number."""
    return values.sum().cast(nw.Int64)


def _explained(frame: Frame, read: _Read, plan: Plan, span: tuple[int, int] | None) -> InputError:
    """Which check fails, on how many lines, and one of them: an engine that holds a table has no first."""
    counted = frame.filter(read.columns["lost"] == 0) if "lost" in read.columns else frame
    for bad in _conditions(counted, read, plan, span):
        where = frame if bad.argument == "where" else counted
        broken = where.filter(bad.holds)
        count = int(small(broken.select(n=nw.len()))["n"][0])
        if not count:
            continue
        lines = int(small(frame.select(n=nw.len()))["n"][0])
        value = broken.select(value=bad.part.raw).head(1).collect().item(0, "value")
        fault = bad.fault or unreadable(value, read.source.amounts)
        return fault.refusal(bad.argument, bad.part.name, value=value, row=None, count=count, lines=lines)
    raise AssertionError  # one of them was counted


def _conditions(counted: Frame, read: _Read, plan: Plan, span: tuple[int, int] | None) -> list[_Bad]:
    ids, dates = read.parts["customer_id"], read.parts["date"]
    day = read.columns["date"]
    nobody = read.columns["customer_id"].is_null()
    found = [
        *read.bad,
        _Bad(NO_CUSTOMER, ids, "customer_id", nobody),
        _Bad(NO_DATE, dates, "date", (dates.raw == "") if dates.is_text else dates.raw.is_null()),
        _Bad(NO_DATE, dates, "date", dates.raw.is_null()),
        _Bad(plan.dates.fault(), dates, "date", day.is_null()),
    ]
    if plan.end is not None:
        found.append(_Bad(AFTER_END, dates, "date", day > plan.end))
    if span is not None:
        found.append(_Bad(far_from(*span), dates, "date", (day < span[0]) | (day > span[1])))
    if "order_id" in read.parts:
        found.append(_Bad(NO_ORDER, read.parts["order_id"], "order_id", read.columns["order_id"].is_null()))
    if "currency" in read.parts:
        found += _of_currency(counted, read, plan)
    if plan.has_amounts:
        amount, part = read.columns["amount"], read.parts["amount"]
        missing = part.raw.is_null() | (amount.is_nan() if part.kind.is_float() else nw.lit(value=False))
        found += [
            _Bad(NO_AMOUNT, part, "amount", missing),
            _Bad(None, part, "amount", amount.is_null()),
            _Bad(INFINITE, part, "amount", (amount - amount) != 0.0),
        ]
        if plan.refunds == "error":
            found.append(_Bad(REFUND, part, "amount", amount < 0.0))
    return found


def _of_currency(counted: Frame, read: _Read, plan: Plan) -> list[_Bad]:
    """Lines without a currency, in another one than most, or without a rate on their day."""
    part, column, day = read.parts["currency"], read.columns["currency"], read.columns["date"]
    gap = _Bad(NO_CURRENCY, part, "currency", column.is_null())
    if plan.rates is None:
        found = small(counted.select(currency=column).group_by("currency").agg(n=nw.len()))
        most = str(found["currency"][np.argmax(found["n"])])
        return [gap, _Bad(SEVERAL, part, "currency", column != most)]
    bad: nw.Expr = nw.lit(value=True)
    for name, first in plan.rates.begin.items():
        bad = nw.when(column == name).then(day < first).otherwise(bad)
    return [gap, _Bad(NO_RATE, part, "currency", bad)]
