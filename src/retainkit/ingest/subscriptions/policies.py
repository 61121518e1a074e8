"""What overlapping lines, free periods, pauses and gaps mean: stretches as read → stretches as they count.

In this order: ends that have not come, free periods, overlaps, pauses, time before the first payment, gaps.
Each step is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.subscriptions.shapes import Request, Shape
from retainkit.ingest.subscriptions.stretches import Bill, Stretches, joined, moment, span_of
from retainkit.plurals import counted
from retainkit.tables import Codes, Days, Fault, Mask, Said, read_table, take, to_list
from retainkit.tables.problems import NO_CUSTOMER

_ACQUIRED = Fault(
    "dates-conflict",
    "must not lie before the customer was acquired",
    "Correct one of the two dates, or leave acquired= out: customers then begin with their first payment.",
)
_NO_PLAN = Fault("missing-value", "must not be missing", "Give those lines a plan, if only 'unknown'.")
_FREE = Fault(
    "ambiguous",
    "must be above 0 unless free= says what 0 means",
    "Use free='stays' where the customer stays and pays nothing for a while (no churn), free='gone' where "
    "there is no subscription; trials are read by trial=.",
)


def settled(bill: Bill, asked: Request, shape: Shape) -> Bill:
    """The stretches as they count, by the policies that were asked for."""
    counts = Counter(bill.counts)
    s = bill.stretches
    late = (s.end > bill.until) & (s.end < NEVER)
    counts["later_ends"] = 0 if shape == "months" else int(late.sum())
    s = replace(s, end=np.where(late, NEVER, s.end), amount=np.where(s.paused, 0.0, s.amount))
    counts["zero_length"] = int((s.start == s.end).sum())
    s = s.where((s.start <= bill.until) & (s.start < s.end))
    counts["paused"] = int(s.paused.sum())
    if bill.plans:
        refuse_line(bill, s, "plan", s.plan < 0, _NO_PLAN)
    if bill.acquired is not None:
        early = s.start < bill.acquired[s.code]
        refuse_line(
            bill,
            s,
            {"months": "month", "events": "date", "invoices": "paid_from"}.get(shape, "start"),
            early,
            _ACQUIRED,
        )
    priced = asked.amount is not None or not isinstance(asked.month, str | None)
    if priced:
        s = _free(bill, s, asked, counts)
    credited = s.amount < 0.0
    if credited.any() and asked.grace_days:
        rule = "must be 0 where the table has credits for time that is not used"
        raise InputError("not-supported", "grace_days", asked.grace_days, rule, "Net the credits first.")
    s = _overlaps(bill, s, asked, shape, counts)
    if asked.grace_days and asked.subscription_id is not None:
        s = _bridged(s, s.unit, asked.grace_days, bill.until, counts)
    if asked.pauses is not None and not isinstance(asked.pauses, str):
        s = _with_pauses(bill, s, asked, counts)
    if priced and not credited.any():
        s = _from_first_payment(s, counts)
    if asked.grace_days and s.code.size:
        s = _bridged(s, s.code, asked.grace_days, bill.until, counts)
    if not s.code.size:
        rule = "must leave at least one subscription that is paid for"
        raise InputError(
            "empty", "table", Said("none"), rule, "Check the policies, and the dates against observation_end."
        )
    return replace(bill, stretches=s.ordered(s.code), counts=counts)


def refuse_line(
    bill: Bill, s: Stretches, argument: str, bad: Mask, fault: Fault, column: str | None = None
) -> None:
    """Raise for the first line of the table that has a fault, with its customer."""
    if not bad.any():
        return
    at = np.flatnonzero(bad)[np.argmin(s.row[bad])]
    shown = Said(f"{_who(bill, s, int(at))}: {span_of(int(s.start[at]), int(s.end[at]))}")
    name = column or (bill.table[argument].name if argument in bill.table else None)
    row, place = int(s.row[at]), bill.table["customer_id"].stands(int(s.row[at]))
    many: Any = {"count": int(bad.sum()), "lines": bill.counts["lines"]}
    raise fault.refusal(argument, name, value=shown, row=row, place=place, **many)


def _who(bill: Bill, s: Stretches, at: int) -> str:
    one = take(bill.customers, s.code[at : at + 1].astype(np.intp))
    return f"customer {to_list(one)[0]!r}"


def _free(bill: Bill, s: Stretches, asked: Request, counts: Counter[str]) -> Stretches:
    free = (s.amount == 0.0) & ~s.paused
    counts["free"] = int(free.sum())
    if asked.free == "error":
        refuse_line(bill, s, "amount" if "amount" in bill.table else "month", free, _FREE)
    return s.where(~free) if asked.free == "gone" else s


def _overlaps(bill: Bill, s: Stretches, asked: Request, shape: Shape, counts: Counter[str]) -> Stretches:
    """One stretch at a time for each subscription, or all of them where they add up."""
    if asked.overlap == "add" or not s.code.size:
        return s
    latest = _latest_end(s, s.unit)
    over = s.same(s.unit) & (s.start < latest)
    counts["overlapping"] = int(over.sum())
    if not over.any():
        return s
    if asked.overlap == "error":
        raise _conflict(bill, s, over, shape)
    if asked.overlap == "replace":  # the next to begin ends what ran
        following = np.append(np.where(s.same(s.unit)[1:], s.start[1:], NEVER), NEVER)
        s = replace(s, end=np.minimum(s.end, following))
    else:
        s = replace(s, start=np.where(over, latest, s.start))
    return s.where(s.start < s.end)


def _latest_end(s: Stretches, of: Codes) -> Days:
    """The latest end of the stretches before, of the same subscription or customer; far back if none is."""
    return np.where(s.same(of), np.append(0, s.end[_holder(s, of)][:-1]), -NEVER)


def _holder(s: Stretches, of: Codes) -> Codes:
    """The place of the stretch that ends last, of each and those before it."""
    key = moment(of, s.end)
    running = np.maximum.accumulate(key)
    return np.maximum.accumulate(np.where(key == running, np.arange(key.size), 0))


def _conflict(bill: Bill, s: Stretches, over: Mask, shape: Shape) -> InputError:
    """The error for lines that overlap where nobody said what that means."""
    at = int(np.flatnonzero(over)[0])
    before = int(_holder(s, s.unit)[at - 1])
    people = int(np.unique(s.code[over]).size)
    who = counted(people, "customer")
    many = f"({int(over.sum()):,} of {bill.counts['lines']:,} lines, of {who}, break this)"
    ways = (
        "Use overlap='add' if a customer may have several at a time, 'replace' if the later ends the "
        "earlier, 'merge' if they are one"
    )
    both = [int(s.row[k]) for k in (before, at)]
    places = [bill.table["customer_id"].stands(row) for row in both]
    rows = " and ".join(places) if places[0] else f"lines {both[0]} and {both[1]}"
    if shape == "months":
        shown = Said(f"{_who(bill, s, at)}: {np.datetime64(int(s.start[at]), 'D').astype('M8[M]')} in {rows}")
        return InputError(
            "duplicate", "month", shown, f"must appear once for each customer {many}", f"{ways}."
        )
    spans = [span_of(int(s.start[k]), int(s.end[k])) for k in (before, at)]
    shown = Said(f"{_who(bill, s, at)}: {spans[0]}, then {spans[1]} ({rows})")
    same = s.start[before] == s.start[at] and s.end[before] == s.end[at]
    rule = "must not say the same twice" if same else "must not overlap for a customer"
    apart = "tell subscriptions apart by subscription_id=; where ends are last days, use end_day='last-with'"
    way_out = f"{ways}; {apart}."
    return InputError("duplicate" if same else "inconsistent", "table", shown, f"{rule} {many}", way_out)


def _with_pauses(bill: Bill, s: Stretches, asked: Request, counts: Counter[str]) -> Stretches:
    """What is paid outside of the pauses, and the pauses, in which the customer is there and pays nothing."""
    pauses = _pauses(bill, asked)
    pauses = pauses.where((pauses.start <= bill.until) & (pauses.start < pauses.end))
    both = joined(s, pauses)
    both = both.where(np.lexsort((both.row < 0, both.start, both.code)))
    away = (both.row < 0) & (both.start > _latest_end(both, both.code) + asked.grace_days)
    way_out = "Correct the dates, or leave out pauses of customers who had left or not begun."
    fault = Fault("dates-conflict", "must begin while the customer is there", way_out)
    if away.any():
        at = int(np.argmax(away))
        shown = Said(f"{_who(bill, both, at)}: {span_of(int(both.start[at]), int(both.end[at]))}")
        row, count = -1 - int(both.row[at]), int(away.sum())
        raise fault.refusal(
            "pauses", asked.start or "start", value=shown, row=row, count=count, lines=pauses.code.size
        )
    counts["paused"] += pauses.code.size
    return joined(_outside(s, pauses), pauses)


def _pauses(bill: Bill, asked: Request) -> Stretches:
    """The table of pauses, each customer's joined where they touch; their rows are counted down from -1."""
    names = {"customer_id": asked.customer_id, "start": asked.start or "start", "end": asked.end or "end"}
    read = read_table(asked.pauses, names, argument="pauses", line="pause")
    read["customer_id"].refuse(read["customer_id"].without_id, NO_CUSTOMER)
    place = {name: k for k, name in enumerate(to_list(bill.customers))}
    code = np.array([place.get(name, -1) for name in read["customer_id"].to_list()], np.int64)
    unknown = Fault("unmatched", "must be a customer of the table", "Leave out pauses of other customers.")
    read["customer_id"].refuse(code < 0, unknown)
    start = read["start"].dates(asked.dates).astype(np.int64)
    found = read["end"].dates(asked.dates, unless="or missing while it lasts")
    end = np.where(np.isnat(found), NEVER, found.astype(np.int64) + (asked.end_day == "last-with"))
    read["end"].refuse(
        end < start, Fault("dates-conflict", "must not lie before the start", "Correct the dates.")
    )
    end = np.where(end > bill.until, NEVER, end)
    nothing, row = np.full(code.size, -1), -1 - np.arange(code.size)
    paused = np.ones(code.size, np.bool_)
    made = Stretches(code, -1 - code, start, end, np.zeros(code.size), paused, nothing, nothing, row)
    return made.where(np.lexsort((start, code)))


def _outside(s: Stretches, pauses: Stretches) -> Stretches:
    """The parts of stretches that lie in no pause of their customer."""
    if not pauses.code.size:
        return s
    begins = ~pauses.same(pauses.code) | (pauses.start > _latest_end(pauses, pauses.code))
    first = np.flatnonzero(begins)
    last = pauses.end[_holder(pauses, pauses.code)][np.append(first[1:], begins.size) - 1]
    code, start = pauses.code[first], pauses.start[first]
    # from the first pause that ends after the start up to the last that begins before the end
    low = np.searchsorted(moment(code, last), moment(s.code, s.start), side="right")
    high = np.searchsorted(moment(code, start), moment(s.code, s.end), side="left")
    inside = np.maximum(high - low, 0)
    piece = np.repeat(np.arange(s.code.size), inside + 1)
    step = np.arange(piece.size) - np.repeat(np.cumsum(inside + 1) - inside - 1, inside + 1)
    at = low[piece] + step
    opens, closes = np.append(start, 0), np.append(last, 0)
    made = s.where(piece)
    begin = np.where(step > 0, closes[np.clip(at - 1, 0, start.size)], made.start)
    end = np.where(step < inside[piece], opens[np.clip(at, 0, start.size)], made.end)
    made = replace(made, start=np.maximum(begin, made.start), end=np.minimum(end, made.end))
    return made.where(made.start < made.end)


def _from_first_payment(s: Stretches, counts: Counter[str]) -> Stretches:
    """Nobody is a customer before the first payment: what was free until then does not count."""
    paid = s.amount > 0.0
    first = np.full(int(s.code.max(initial=0)) + 1, NEVER)
    np.minimum.at(first, s.code[paid], s.start[paid])
    since = first[s.code]
    counts["before_first_payment"] = int((s.start < since).sum())
    made = replace(s, start=np.maximum(s.start, since))
    return made.where(made.start < made.end)


def _bridged(s: Stretches, of: Codes, grace: int, until: int, counts: Counter[str]) -> Stretches:
    """Gaps of up to `grace` days are none, and an end that young is not certain: the price goes on."""
    s = s.where(order := np.lexsort((s.row, s.start, of)))
    of = of[order]
    end = s.end.copy()
    holder, latest = _holder(s, of), _latest_end(s, of)
    gap = s.start - latest
    near = s.same(of) & (gap > 0) & (gap <= grace)
    at = np.flatnonzero(near)
    end[holder[at - 1]] = s.start[at]
    last = holder[np.append(of[1:] != of[:-1], True)]
    young = last[(end[last] < NEVER) & (until + 1 - end[last] <= grace)]
    end[young] = NEVER
    counts["bridged_gaps"] += at.size
    counts["in_grace"] += young.size
    return replace(s, end=end)


def departure_reasons(s: Stretches, code: Codes, day: Days) -> Codes:
    """The reason of the line that ended when each customer left; -1 where nothing is said."""
    ended = np.flatnonzero((s.end < NEVER) & (s.reason >= 0))
    key = moment(s.code[ended], s.end[ended])
    order = np.argsort(key, kind="stable")
    wanted = moment(code, day)
    place = np.minimum(np.searchsorted(key[order], wanted), max(key.size - 1, 0))
    if not key.size:
        return np.full(code.size, -1)
    return np.where(key[order][place] == wanted, s.reason[ended[order[place]]], -1)
