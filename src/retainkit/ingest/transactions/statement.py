"""A plan in SQL: how each column of a relation is read by the rules of tables, and what a line may break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from retainkit.ingest.transactions.currencies import NO_CURRENCY, NO_RATE, SEVERAL
from retainkit.ingest.transactions.plan import AFTER_END, NO_AMOUNT, NO_ORDER, REFUND, Plan
from retainkit.tables import DAY, DateRule, Fault, wrong_type
from retainkit.tables.amounts import PLAIN, AmountRule
from retainkit.tables.choice import Choice
from retainkit.tables.column import Use
from retainkit.tables.days import CONVERT
from retainkit.tables.engine import (
    FLOATS,
    INTEGERS,
    NOTHING,
    Opened,
    columns_of,
    day_in_sql,
    is_number,
    quoted,
)
from retainkit.tables.gaps import BLANKS, MISSING_IDS
from retainkit.tables.lines import far_from
from retainkit.tables.made import WHERE, Enriched
from retainkit.tables.problems import INFINITE, NO_CUSTOMER, NO_DATE


class Column(NamedTuple):
    """A column as it stands in the table, and the expression that reads it."""

    argument: str
    name: str
    raw: str
    value: str
    kind: str

    @property
    def unread(self) -> str:
        """Holds where the table has something that the rule cannot read."""
        return f"{self.raw} IS NOT NULL AND ({self.value}) IS NULL"


class Statement(NamedTuple):
    """The columns by argument; what to select, and in which order."""

    columns: dict[str, Column]
    projection: str
    order: str
    lost: str
    parts: tuple[tuple[Column, Use], ...]
    """Columns of text that expressions were made of."""


def statement(
    found: Opened, choice: Choice, enriched: Enriched, plan: Plan, rules: Mapping[str, AmountRule]
) -> Statement:
    """How to read a relation that has all columns that were chosen; a text file gives each as text."""
    kinds, columns = columns_of(found.relation), dict[str, Column]()
    for argument in plan.columns:
        name = choice.columns.get(argument) or enriched.columns[argument]
        raw, kind = quoted(name), kinds[name]
        if argument in ("customer_id", "order_id", "currency"):
            value = _id(raw, kind)
        elif argument == "date":
            value = _day(name, raw, kind, plan.dates)
        else:
            value = _amount(name, raw, kind, rules.get(name, PLAIN), found)
        columns[argument] = Column(argument, name, raw, value, kind)
    parts: tuple[tuple[Column, Use], ...] = tuple(
        (
            Column(
                key if key in columns else "where", name, quoted(name), _part(name, use, rules), kinds[name]
            ),
            use,
        )
        for key, uses in enriched.uses.items()
        for name, use in uses
    )
    projection = ", ".join(f"{column.value} AS {quoted(a)}" for a, column in columns.items())
    lost = _left_out(columns, plan, parts, filtered=choice.where is not None)
    projection += f", {lost} AS lost" if lost else ""
    text = columns["customer_id"].kind not in INTEGERS | FLOATS
    # equal ids must lie together, whatever order a caller's database gives to letters
    binary = ' COLLATE "binary"' if text and found.origin == "relation" else ""
    order = ("lost, " if lost else "") + f"customer_id{binary}, date"
    return Statement(columns, projection, order, lost, parts)


def _part(name: str, use: Use, rules: Mapping[str, AmountRule]) -> str:
    raw = quoted(name)
    return rules[name].in_sql(raw) if use == "number" else str(day_in_sql(raw, "VARCHAR", DAY))


def _left_out(
    columns: dict[str, Column], plan: Plan, parts: tuple[tuple[Column, Use], ...], *, filtered: bool
) -> str:
    """The number in `LOST` of what a line is left out for, 0 where it counts; "" where none can be.

    It is missing where nobody can say: an expression could not read a cell.
    """
    unread = [f"WHEN {_unread(part)} THEN NULL" for part, _ in parts if part.argument == "where"]
    cases = [*unread, f"WHEN NOT {quoted(WHERE)} THEN 3"] if filtered else []
    cases += [f"WHEN {_no_id(columns['customer_id'])} THEN 1"] if plan.missing_ids == "drop" else []
    if plan.later == "drop":
        cases.append(f"WHEN {columns['date'].value} > {plan.end} THEN 2")
    return f"CASE {' '.join(cases)} ELSE 0 END" if cases else ""


def _unread(part: Column) -> str:
    return f"{part.raw} <> '' AND ({part.value}) IS NULL"


LOST = ("", "missing_id_lines", "later_lines", "filtered_lines")


def _no_id(ids: Column) -> str:
    return f"{ids.value} IS NULL"


def conditions(
    found: Statement, plan: Plan, span: tuple[int, int] | None
) -> list[tuple[Fault | None, Column, str]]:
    """Each fault with its column and the condition for a line that has it, in order of checking.

    None is a number that cannot be read: what is said of it depends on how it is written.
    """
    ids, dates = found.columns["customer_id"], found.columns["date"]
    checks = [_of_part(part, use) for part, use in found.parts]
    checks += [
        (NO_CUSTOMER, ids, _no_id(ids)),
        (NO_DATE, dates, f"{_nothing(dates.raw, dates.kind)} IS NULL"),
        (plan.dates.fault(), dates, dates.unread),
    ]
    if plan.end is not None:
        checks.append((AFTER_END, dates, f"{dates.value} > {plan.end}"))
    if span is not None:
        checks.append((far_from(*span), dates, f"{dates.value} NOT BETWEEN {span[0]} AND {span[1]}"))
    if "order_id" in found.columns:
        orders = found.columns["order_id"]
        checks.append((NO_ORDER, orders, f"{orders.value} IS NULL"))
    if "currency" in found.columns:
        checks += _of_currency(found, plan)
    if plan.has_amounts:
        amounts = found.columns["amount"]
        checks += [
            (NO_AMOUNT, amounts, f"{amounts.raw} IS NULL OR {_is(amounts.value, 'nan')}"),
            (None, amounts, amounts.unread),
            (INFINITE, amounts, _is(amounts.value, "inf", "-inf")),
        ]
        if plan.refunds == "error":
            checks.append((REFUND, amounts, f"{amounts.value} < 0"))
    return checks


def _of_currency(found: Statement, plan: Plan) -> list[tuple[Fault | None, Column, str]]:
    column, dates = found.columns["currency"], found.columns["date"]
    gap: tuple[Fault | None, Column, str] = (NO_CURRENCY, column, f"{column.value} IS NULL")
    if plan.rates is None:
        counted = f"CASE WHEN ({found.lost or 0}) = 0 THEN {column.value} END"
        first = f"first_value({counted} IGNORE NULLS) OVER ()"
        return [gap, (SEVERAL, column, f"{column.value} <> {first}")]
    known = plan.rates.begin.items()
    cases = " ".join(f"WHEN {_text(name)} THEN {dates.value} < {day}" for name, day in known)
    return [gap, (NO_RATE, column, f"CASE {column.value} {cases} ELSE true END")]


def _text(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _of_part(part: Column, use: Use) -> tuple[Fault | None, Column, str]:
    return (None if use == "number" else DAY.fault()), part, _unread(part)


def _is(number: str, *texts: str) -> str:
    # by its text: DuckDB answers isnan from the file's statistics, which leave NaN out
    return f"CAST({number} AS VARCHAR) IN ({', '.join(map(repr, texts))})"


def _nothing(raw: str, kind: str) -> str:
    """The value, NULL for what counts as missing."""
    if kind == "VARCHAR":
        return f"nullif({raw}, '')"
    return f"CASE WHEN NOT {_is(raw, 'nan')} THEN {raw} END" if kind in FLOATS else raw


def _id(raw: str, kind: str) -> str:
    if kind in INTEGERS:
        return raw
    if kind in FLOATS:
        return _nothing(raw, kind)
    text = raw if kind == "VARCHAR" else f"CAST({raw} AS VARCHAR)"
    blanks = " || ".join(f"chr({ord(sign)})" for sign in BLANKS)
    return f"CASE WHEN trim({text}, {blanks}) NOT IN ({', '.join(map(repr, MISSING_IDS))}) THEN {text} END"


def _day(name: str, raw: str, kind: str, rule: DateRule) -> str:
    day = day_in_sql(raw, kind, rule)
    if day is None:
        raise wrong_type("date", name, kind, rule.sentence, CONVERT)
    return f"CASE WHEN isfinite({day}) THEN CAST({day} - DATE '1970-01-01' AS INTEGER) END"


def _amount(name: str, raw: str, kind: str, rule: AmountRule, found: Opened) -> str:
    if kind == "VARCHAR" and (found.origin == "text" or rule.example is not None):
        return rule.in_sql(raw)
    if not is_number(kind) and kind != NOTHING:
        raise wrong_type("amount", name, kind, "must be numbers", "Convert the column to numbers first.")
    return f"CAST({raw} AS DOUBLE)"
