"""A log of what happened → stretches: each lasts from its event to the next one of the subscription."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np

from retainkit.ingest.subscriptions.prices import NEGATIVE, months_in
from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.subscriptions.shapes import Event, Request
from retainkit.ingest.subscriptions.stretches import Stretches
from retainkit.ingest.transactions.currencies import in_one_currency
from retainkit.tables import Codes, Fault, Mask, Table
from retainkit.typing import Values

_START, _CHANGE, _END, _PAUSE, _RESUME, _PAYMENT = range(6)
_BEGINS = Fault(
    "inconsistent",
    "must begin a subscription with 'start' (or 'payment') before anything else happens to it",
    "Add its start on the first day that the table knows of, or say which words mean a start: events={...}.",
)
_RUNS = Fault(
    "inconsistent",
    "must not start what is running already",
    "A new price or plan is a 'change'; tell several subscriptions of a customer apart by subscription_id=.",
)
_PRICE = Fault("missing-value", "must say what a subscription costs when it starts", "Fill the gap.")


def kinds_of(read: Table, asked: Request) -> Codes:
    """What each event is, as place among the kinds."""
    said = read["event"].labels()
    words = {name: name for name in get_args(Event)} | dict(asked.events or {})
    known = [words.get(name, words.get(name.casefold(), "")) for name in said.names]
    place = np.array([get_args(Event).index(word) if word else -1 for word in known] + [-1])[said.place]
    way_out = "Say what your words mean: events={'signup': 'start', 'cancelled': 'end'}."
    rule = f"must be one of {', '.join(get_args(Event))}"
    read["event"].refuse(place < 0, Fault("unknown-choice", rule, way_out))
    return place


def stretches_of_events(read: Table, line: Stretches, asked: Request) -> Stretches:
    """The stretches that a log of events tells."""
    kind = kinds_of(read, asked)
    amount, said = np.zeros(kind.size), np.ones(kind.size, np.bool_)
    if "amount" in read:
        said = ~read["amount"].missing
        amount[said] = read["amount"].keep(said).numbers()
        read["amount"].refuse(amount < 0.0, NEGATIVE)
        amount[said] = in_one_currency(read.keep(said), line.start[said], amount[said], asked.rates)
    order = np.lexsort((line.row, line.start, line.unit))
    back = np.argsort(order)  # refusals are told in the order of the table
    line, kind, amount, said = line.where(order), kind[order], amount[order], said[order]
    same = line.same(line.unit)
    goes_on = np.append(same[1:], False)
    until = np.where(goes_on, np.append(line.start[1:], NEVER), NEVER)
    silent = NEVER if asked.inactive_after is None else asked.inactive_after
    quiet = (until - line.start > silent) & (kind != _PAUSE) & (kind != _END)
    over = ~same | np.append(True, kind[:-1] == _END)
    off = over | np.append(False, quiet[:-1])
    read["event"].refuse((over & ~np.isin(kind, [_START, _PAYMENT]))[back], _BEGINS)
    read["event"].refuse((~off & (kind == _START))[back], _RUNS)
    if "amount" in read:
        read["amount"].refuse((over & ~said)[back], _PRICE)
    ends_next = goes_on & np.append(kind[1:] == _END, False)
    found = replace(
        line,
        end=np.where(quiet, line.start + silent, until),
        amount=_carried(amount, said, same) / months_in(asked.per("events")),
        plan=_carried(line.plan, line.plan >= 0, same),
        reason=np.where(ends_next, np.append(line.reason[1:], -1), -1),
        paused=kind == _PAUSE,
    )
    return found.where((kind != _END) & (found.start < found.end))


def _carried(values: Values, said: Mask, same: Mask) -> Values:
    """What was said last of the same subscription."""
    here = np.arange(said.size)
    latest = np.maximum.accumulate(np.where(said | ~same, here, 0))
    return values[latest]
