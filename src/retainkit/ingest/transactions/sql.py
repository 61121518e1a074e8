"""The one statement that DuckDB runs: three columns, read by the same rules as in memory."""

from __future__ import annotations

from typing import NamedTuple

from retainkit.ingest.transactions.plan import AFTER_END, NO_AMOUNT, REFUND, Plan
from retainkit.tables import DateRule, Fault, wrong_type
from retainkit.tables.days import CONVERT
from retainkit.tables.engine import FLOATS, INTEGERS, NOTHING, columns_of, day_in_sql, is_number, quoted
from retainkit.tables.files import Origin
from retainkit.tables.problems import INFINITE, NO_DATE, NO_DECIMAL, NO_ID
from retainkit.tables.series import NUMBER
from retainkit.typing import Foreign


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


def statement(relation: Foreign, plan: Plan, origin: Origin) -> Statement:
    """How to read a relation; a text file gives every column as text."""
    kinds, columns = columns_of(relation), dict[str, Column]()
    for argument, name in plan.columns.items():
        raw, kind = quoted(name), kinds[name]
        if argument == "customer_id":
            value = _id(raw, kind)
        elif argument == "date":
            value = _day(name, raw, kind, plan.dates)
        else:
            value = _amount(name, raw, kind, origin)
        columns[argument] = Column(argument, name, raw, value, kind)
    names = {"customer_id": "id", "date": "day", "amount": "amount"}
    projection = ", ".join(f"{column.value} AS {names[a]}" for a, column in columns.items())
    text = columns["customer_id"].kind not in INTEGERS | FLOATS
    # equal ids must lie together, whatever order a caller's database gives to letters
    binary = ' COLLATE "binary"' if text and origin == "relation" else ""
    return Statement(columns, projection, f"id{binary}, day")


def conditions(found: Statement, plan: Plan) -> list[tuple[Fault, Column, str]]:
    """Each fault with its column and the condition for a line that has it, in order of checking."""
    ids, dates = found.columns["customer_id"], found.columns["date"]
    no_id = f"{ids.value} IS NULL" + (f" OR {_is(ids.raw, 'nan')}" if ids.kind in FLOATS else "")
    checks = [
        (NO_ID, ids, no_id),
        (NO_DATE, dates, f"{_nothing(dates.raw, dates.kind)} IS NULL"),
        (plan.dates.fault(), dates, dates.unread),
    ]
    if plan.end is not None:
        checks.append((AFTER_END, dates, f"{dates.value} > {plan.end}"))
    if plan.has_amounts:
        amounts = found.columns["amount"]
        checks += [
            (NO_AMOUNT, amounts, f"{amounts.raw} IS NULL OR {_is(amounts.value, 'nan')}"),
            (NO_DECIMAL, amounts, amounts.unread),
            (INFINITE, amounts, _is(amounts.value, "inf", "-inf")),
        ]
        if plan.refunds == "error":
            checks.append((REFUND, amounts, f"{amounts.value} < 0"))
    return checks


def _is(number: str, *texts: str) -> str:
    # by its text: DuckDB answers isnan from the file's statistics, which leave NaN out
    return f"CAST({number} AS VARCHAR) IN ({', '.join(map(repr, texts))})"


def _nothing(raw: str, kind: str) -> str:
    """The value, NULL for what counts as missing."""
    if kind == "VARCHAR":
        return f"nullif({raw}, '')"
    return f"CASE WHEN NOT {_is(raw, 'nan')} THEN {raw} END" if kind in FLOATS else raw


def _id(raw: str, kind: str) -> str:
    return raw if kind in INTEGERS | FLOATS else f"nullif(CAST({raw} AS VARCHAR), '')"


def _day(name: str, raw: str, kind: str, rule: DateRule) -> str:
    day = day_in_sql(raw, kind, rule)
    if day is None:
        raise wrong_type("date", name, kind, rule.sentence, CONVERT)
    return f"CASE WHEN isfinite({day}) THEN CAST({day} - DATE '1970-01-01' AS INTEGER) END"


def _amount(name: str, raw: str, kind: str, origin: Origin) -> str:
    if origin == "text":
        return f"CASE WHEN regexp_full_match({raw}, '{NUMBER}') THEN TRY_CAST({raw} AS DOUBLE) END"
    if not is_number(kind) and kind != NOTHING:
        raise wrong_type("amount", name, kind, "must be numbers", "Convert the column to numbers first.")
    return f"CAST({raw} AS DOUBLE)"
