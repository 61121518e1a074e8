"""The one statement that DuckDB runs: three columns, read by the same rules as in memory."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from retainkit.ingest.days import COMPACT, DASHED, DATE_RULE
from retainkit.ingest.plan import Plan
from retainkit.ingest.problems import wrong_type

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_FLOATS = {"FLOAT", "DOUBLE"}
_NOTHING = '"NULL"'  # a column without any value

Origin: TypeAlias = Literal["relation", "parquet", "text"]
"""Where the lines come from: a relation of the caller, or files of one of the two kinds."""


class Column(NamedTuple):
    """A column as it stands in the table, and the expression that reads it."""

    name: str
    raw: str
    value: str
    kind: str

    @property
    def bad(self) -> str:
        """Holds where the table has something that the rule cannot read."""
        return f"{self.raw} IS NOT NULL AND ({self.value}) IS NULL"


class Statement(NamedTuple):
    """The columns by argument; what to select, and in which order."""

    columns: dict[str, Column]
    projection: str
    order: str


def statement(relation: Any, plan: Plan, origin: Origin) -> Statement:
    """How to read a relation; a text file gives every column as text."""
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    readers = {"customer_id": _id, "date": _day, "amount": _text_amount if origin == "text" else _amount}
    columns = {a: readers[a](name, quoted(name), kinds[name]) for a, name in plan.columns.items()}
    names = {"customer_id": "id", "date": "day", "amount": "amount"}
    projection = ", ".join(f"{column.value} AS {names[a]}" for a, column in columns.items())
    text = columns["customer_id"].kind not in _INTEGERS | _FLOATS
    # equal ids must lie together, whatever order a caller's database gives to letters
    binary = ' COLLATE "binary"' if text and origin == "relation" else ""
    return Statement(columns, projection, f"id{binary}, day")


def conditions(found: Statement, plan: Plan) -> list[tuple[str, Column, str]]:
    """Each kind of problem with its column and the condition for a bad line, in order of checking."""
    ids, dates = found.columns["customer_id"], found.columns["date"]
    no_id = f"{ids.raw} IS NULL" + (f" OR {_is(ids.raw, 'nan')}" if ids.kind in _FLOATS else "")
    checks = [
        ("missing-id", ids, no_id),
        ("missing-date", dates, f"{dates.raw} IS NULL"),
        ("unreadable-date", dates, dates.bad),
    ]
    if plan.end is not None:
        checks.append(("date-after-end", dates, f"{dates.value} > {plan.end}"))
    if plan.amount is not None:
        amounts = found.columns["amount"]
        checks += [
            ("missing-amount", amounts, f"{amounts.raw} IS NULL OR {_is(amounts.value, 'nan')}"),
            ("unreadable-amount", amounts, amounts.bad),
            ("infinite-amount", amounts, _is(amounts.value, "inf", "-inf")),
        ]
        if plan.refunds == "error":
            checks.append(("refund", amounts, f"{amounts.value} < 0"))
    return checks


def _is(number: str, *texts: str) -> str:
    # by its text: DuckDB answers isnan from the file's statistics, which leave NaN out
    return f"CAST({number} AS VARCHAR) IN ({', '.join(map(repr, texts))})"


def quoted(name: str) -> str:
    """A column name as DuckDB reads it literally."""
    return '"' + name.replace('"', '""') + '"'


def _id(name: str, raw: str, kind: str) -> Column:
    numeric = kind in _INTEGERS | _FLOATS
    return Column(name, raw, raw if numeric else f"CAST({raw} AS VARCHAR)", kind)


def _day(name: str, raw: str, kind: str) -> Column:
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        day = f"CAST({raw} AS DATE)"
    elif kind == "VARCHAR":
        day = _day_of_text(raw)
    elif kind in _INTEGERS:
        day = f"CASE WHEN {raw} BETWEEN 10101 AND 99991231 THEN {_compact(f'printf({_PAD}, {raw})')} END"
    elif kind == _NOTHING:
        return Column(name, raw, "CAST(NULL AS INTEGER)", kind)
    else:
        raise wrong_type("date", name, kind, DATE_RULE)
    number = f"CASE WHEN isfinite({day}) THEN CAST({day} - DATE '1970-01-01' AS INTEGER) END"
    return Column(name, raw, number, kind)


_PAD = "'%08d'"


def _compact(text: str) -> str:
    return f"CAST(try_strptime({text}, '%Y%m%d') AS DATE)"


def _day_of_text(raw: str) -> str:
    return (
        f"CASE WHEN {raw} < '0001' THEN NULL "  # the calendar has no year 0
        f"WHEN regexp_full_match({raw}, '{COMPACT}') THEN {_compact(raw)} "
        f"WHEN regexp_full_match({raw}, '{DASHED}') THEN TRY_CAST(left({raw}, 10) AS DATE) END"
    )


def _amount(name: str, raw: str, kind: str) -> Column:
    if kind in _INTEGERS | _FLOATS | {"HUGEINT", "UHUGEINT"} or kind.startswith(("DECIMAL", _NOTHING)):
        return Column(name, raw, f"CAST({raw} AS DOUBLE)", kind)
    raise wrong_type("amount", name, kind, "must be numbers", "Convert the column to numbers first.")


def _text_amount(name: str, raw: str, kind: str) -> Column:
    return Column(name, raw, f"TRY_CAST({raw} AS DOUBLE)", kind)
