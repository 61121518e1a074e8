"""A billing table of any shape → its lines as stretches, as they stand, and what it says of customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.subscriptions.events import stretches_of_events
from retainkit.ingest.subscriptions.plan import END_BEFORE_START, NO_SEGMENT
from retainkit.ingest.subscriptions.prices import NEGATIVE, monthly, months_in
from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.subscriptions.shapes import Request, Shape
from retainkit.ingest.subscriptions.stretches import Bill, Stretches, joined
from retainkit.ingest.subscriptions.tenure import anniversary
from retainkit.ingest.transactions.currencies import in_one_currency
from retainkit.tables import Codes, Days, Fault, Labels, Mask, Said, Source, Table, one_day, read_table
from retainkit.tables.lines import in_time, with_customers
from retainkit.tables.problems import NO_CUSTOMER
from retainkit.units import UNITS

LINE: dict[Shape, str] = {
    "intervals": "subscription",
    "months": "row",
    "events": "event",
    "invoices": "invoice line",
}


def read_bill(table: Source, asked: Request, shape: Shape) -> Bill:
    """The lines of a table of that shape: all dates readable, no id missing, one currency."""
    wide = not isinstance(asked.month, str | None)
    said = {f"segment {name}": "segment" for name in asked.segments}
    read = read_table(table, _wanted(asked, shape), argument="table", line=LINE[shape], arguments=said)
    read, lost = with_customers(read, asked.missing_ids, "table", LINE[shape])
    counts = Counter(
        lines=len(read) + lost + read.left_out, missing_id_lines=lost, filtered_lines=read.left_out
    )
    first, since = (
        {"intervals": "start", "months": "month", "events": "date", "invoices": "paid_from"}[shape],
        None,
    )
    if not wide:
        since = read[first].dates(asked.dates).astype(np.int64)
        read, since = _in_time(read, first, since, asked, counts)
    customers, code = read["customer_id"].ids(NO_CUSTOMER)
    plan, reason = (_labels(read, name) for name in ("plan", "reason"))
    blank = np.full(len(read), -1)
    unit = read["subscription_id"].ids()[1] if "subscription_id" in read else code
    if "subscription_id" in read:
        unit = np.unique(code * (int(unit.max()) + 1) + unit, return_inverse=True)[1].astype(np.int64)
    where = read["customer_id"].rows
    line = Stretches(
        code, unit, blank, blank, np.zeros(len(read)), _paused(read, asked),
        blank if plan is None else plan.place, blank if reason is None else reason.place,
        np.arange(len(read)) if where is None else where,
    )  # fmt: skip
    if wide:
        made = _of_matrix(read, line, asked)
    else:
        assert since is not None
        made = _SHAPES[shape](read, replace(line, start=since), asked)
    until = asked.window[1]
    if until is None:  # the last month that has a row
        until = int(made.end.max()) - 1
    return Bill(
        customers=customers,
        stretches=made.ordered(made.unit),
        plans=() if plan is None else plan.names,
        reasons=() if reason is None else reason.names,
        segments=_segments(read, asked, code),
        acquired=_acquired(read, asked, code),
        table=read,
        until=until,
        counts=counts,
    )


def _wanted(asked: Request, shape: Shape) -> dict[str, str]:
    names = {
        "intervals": ("start", "end"),
        "months": ("month",),
        "events": ("event", "date"),
        "invoices": ("invoice", "paid_from", "paid_to"),
    }[shape]
    names += ("customer_id", "amount", "plan", "subscription_id", "reason", "currency", "acquired")
    wanted: dict[str, str] = {}
    for name in names:
        column = getattr(asked, name)
        if isinstance(column, str):
            wanted[name] = column
        elif column is not None:  # a matrix: one column for each month
            wanted |= {c: c for c in column}
    if isinstance(asked.pauses, str):
        wanted["pauses"] = asked.pauses
    if asked.trial is not None:
        wanted["trial"] = asked.trial
    per = asked.per(shape)
    if per not in (*UNITS, "term"):
        wanted["amount_per"] = per
    return wanted | {f"segment {name}": name for name in asked.segments}


def _in_time(
    read: Table, first: str, since: Days, asked: Request, counts: Counter[str]
) -> tuple[Table, Days]:
    """The lines that begin inside of the observation."""
    rule = f"must not lie after observation_end ({asked.observation_end})"
    way_out = "Use later='drop' to leave those lines out, or set observation_end later."
    late = Fault("dates-conflict", rule, way_out)
    read, since, counts["not_begun"] = in_time(
        read, first, since, asked.window[1], asked.later, late, asked.far_dates
    )
    return read, since


def _labels(read: Table, name: str) -> Labels | None:
    return read[name].labels() if name in read else None


def _paused(read: Table, asked: Request) -> Mask:
    """The lines whose status says that they are a pause."""
    if "pauses" not in read:
        return np.zeros(len(read), np.bool_)
    said = read["pauses"].labels()
    words = [asked.pause_words] if isinstance(asked.pause_words, str) else list(asked.pause_words)
    found = [k for k, name in enumerate(said.names) if name.casefold() in {w.casefold() for w in words}]
    if not found:
        rule = f"must say of some line that it is a pause, in one of the words {', '.join(map(repr, words))}"
        way_out = f"Give the word: pause_words=(...); the column says {', '.join(map(repr, said.names[:8]))}."
        raise InputError("unmatched", "pauses", asked.pauses, rule, way_out)
    return np.isin(said.place, found)


def _segments(read: Table, asked: Request, code: Codes) -> dict[str, tuple[tuple[str, ...], Codes]]:
    """Each customer's kind by every column of them."""
    found: dict[str, tuple[tuple[str, ...], Codes]] = {}
    for name in asked.segments:
        column = replace(read[f"segment {name}"], argument="segment")
        said = column.labels()
        column.refuse(said.place < 0, NO_SEGMENT)
        own = np.zeros(int(code.max()) + 1, np.int64)
        own[code[::-1]] = said.place[::-1]
        way_out = f"What changes over time is read as plan={name!r}; else use each customer's first."
        column.refuse(
            said.place != own[code], Fault("inconsistent", "must not change within a customer", way_out)
        )
        found[name] = said.names, own
    return found


def _acquired(read: Table, asked: Request, code: Codes) -> Days | None:
    if "acquired" not in read:
        return None
    days = read["acquired"].dates(asked.dates).astype(np.int64)
    own = np.zeros(int(code.max()) + 1, np.int64)
    own[code] = days
    one = Fault("inconsistent", "must be one day for each customer", "Use the first of them.")
    read["acquired"].refuse(days != own[code], one)
    return own


def _ends(read: Table, name: str, asked: Request, start: Days, *, unless: str | None) -> Days:
    """The first days without, `NEVER` where there is none; never before the start."""
    found = read[name].dates(asked.dates, unless=unless)
    end = np.where(np.isnat(found), NEVER, found.astype(np.int64) + (asked.end_day == "last-with"))
    read[name].refuse(end < start, END_BEFORE_START)
    return end


def _of_intervals(read: Table, line: Stretches, asked: Request) -> Stretches:
    end = _ends(read, "end", asked, line.start, unless="or missing while it runs")
    line = replace(line, end=end, amount=monthly(read, asked, "intervals", line.start, end))
    return _after_trial(read, line, asked)


def _of_invoices(read: Table, line: Stretches, asked: Request) -> Stretches:
    end = _ends(read, "paid_to", asked, line.start, unless=None)
    empty = Fault(
        "dates-conflict",
        "must lie after paid_from",
        "Leave out lines that are paid once, such as set-up fees.",
    )
    read["paid_to"].refuse(end == line.start, empty)
    read["invoice"].refuse_missing()
    line = replace(line, end=end, amount=monthly(read, asked, "invoices", line.start, end))
    return _after_trial(read, line, asked)


def _of_months(read: Table, line: Stretches, asked: Request) -> Stretches:
    start = _month_start(line.start)
    line = replace(line, start=start, end=anniversary(start, np.ones_like(start), "month"))
    line = replace(line, amount=monthly(read, asked, "months", line.start, line.end))
    return _after_trial(read, line, asked)


def _month_start(day: Days) -> Days:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _of_matrix(read: Table, line: Stretches, asked: Request) -> Stretches:
    """One row a customer, one column a month: an empty cell is a month without the subscription."""
    assert asked.month is not None
    twice = Fault(
        "duplicate", "must have one row in a matrix of months", "Add the rows of a customer up first."
    )
    first = np.full(int(line.unit.max()) + 1, -1)
    first[line.unit[::-1]] = np.arange(line.unit.size)[::-1]
    read["customer_id"].refuse(first[line.unit] != np.arange(line.unit.size), twice)
    parts: list[Stretches] = []
    until, rates = asked.window[1], asked.rates
    if rates is None:  # each column may be of one currency, and of another than the next
        in_one_currency(read, line.start, line.amount, None)
    for name in asked.month:
        start = int(_month_start(np.array([one_day("month", name, asked.dates)]))[0])
        if until is not None and start > until:
            continue
        there = ~read[name].missing
        amounts = read[name].keep(there)
        found = line.where(there)
        day = np.full(found.code.size, start)
        number = amounts.numbers() if found.code.size else np.zeros(0)
        amounts.refuse(number < 0.0, NEGATIVE)
        number = in_one_currency(read.keep(there), day, number, rates)
        end = anniversary(day, np.ones_like(day), "month")
        parts.append(replace(found, start=day, end=end, amount=number / months_in(asked.per("months"))))
    if not any(part.code.size for part in parts):
        raise InputError("empty", "month", Said("empty cells"), "must have some revenue in its columns")
    return joined(*parts)


def _after_trial(read: Table, line: Stretches, asked: Request) -> Stretches:
    """Lines without what of them was a trial: it makes nobody a customer."""
    if "trial" not in read:
        return line
    column = read["trial"]
    flags = column.is_flags or (
        column.written and {v.lower() for v in set(column.to_list())} <= {"true", "false"}
    )
    if flags:
        return line.where(~column.flags())
    over = column.dates(asked.dates, unless="or missing without a trial")
    start = np.where(np.isnat(over), line.start, np.maximum(line.start, over.astype(np.int64)))
    return replace(line, start=start).where(start < line.end)


_SHAPES: dict[Shape, Callable[[Table, Stretches, Request], Stretches]] = {
    "intervals": _of_intervals,
    "months": _of_months,
    "events": stretches_of_events,
    "invoices": _of_invoices,
}
