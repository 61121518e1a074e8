"""Billing tables made at random, and what they mean told day by day, without an array: the truth."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import numpy as np

FIRST, UNTIL = dt.date(2023, 1, 1).toordinal(), dt.date(2023, 9, 30).toordinal()
PLANS = ("basic", "plus", "pro")


class Line(NamedTuple):
    """A subscription, or a stretch of one."""

    customer: int
    sub: int
    start: int
    end: int | None
    cents: int
    plan: str
    trial_end: int | None


class Case(NamedTuple):
    """A table, its pauses, and the policies that read it."""

    lines: list[Line]
    pauses: list[tuple[int, int, int | None]]
    policies: dict[str, Any]


def random_case(seed: int) -> Case:
    """A few customers with lines that overlap, leave gaps, are free, on trial or paused."""
    rng = np.random.default_rng(seed)
    overlap = str(rng.choice(["add", "merge", "replace"]))
    policies: dict[str, Any] = {
        "overlap": overlap,
        "grace_days": int(rng.choice([0, 0, 3, 20])),
        "free": str(rng.choice(["stays", "gone"])),
        "end_day": str(rng.choice(["first-without", "last-with"])),
        "subscription_id": "sub" if rng.random() < 0.4 else None,
        "trial": "trial" if rng.random() < 0.3 else None,
    }
    lines: list[Line] = []
    for customer in range(int(rng.integers(2, 9))):
        for _ in range(int(rng.integers(1, 6))):
            start = FIRST + int(rng.integers(0, UNTIL - FIRST))
            end = None if rng.random() < 0.2 else start + int(rng.integers(0, 120))
            cents = 0 if rng.random() < 0.15 else int(rng.integers(1, 5)) * 1000 + int(rng.integers(0, 2))
            trial = start + int(rng.integers(0, 40)) if rng.random() < 0.3 else None
            plan = str(rng.choice(PLANS))
            lines.append(Line(customer, int(rng.integers(0, 2)), start, end, cents, plan, trial))
    case = Case(lines, [], policies)
    if rng.random() < 0.5:
        for customer in {line.customer for line in lines}:
            there = sorted(day for day, state in days_of(case, customer).items() if state)
            if there and rng.random() < 0.6:
                start = there[int(rng.integers(len(there)))]
                case.pauses.append(
                    (customer, start, None if rng.random() < 0.2 else start + int(rng.integers(0, 50)))
                )
    return case


def _active(lines: list[Line], day: int, case: Case) -> list[tuple[Line, Line]]:
    """The lines of one subscription that count on a day, as they stand and as they count."""
    more = case.policies["end_day"] == "last-with"
    begun: list[tuple[Line, Line]] = []
    for line in lines:
        start = line.start
        if case.policies["trial"] and line.trial_end is not None:
            start = max(start, line.trial_end)
        end = None if line.end is None else line.end + more
        if (end is not None and start >= end) or (line.cents == 0 and case.policies["free"] == "gone"):
            continue
        if start <= day:
            begun.append((line, line._replace(start=start, end=end)))
    begun.sort(key=lambda pair: pair[1].start)
    if case.policies["overlap"] == "replace":
        begun = begun[-1:]
    there = [pair for pair in begun if pair[1].end is None or pair[1].end > day]
    return there[:1] if case.policies["overlap"] == "merge" else there


State = list[tuple[tuple[int, int], int, str | None]]
"""What is held on a day: start and row, cents and plan of each line; a pause has no plan."""


def _bridged(days: dict[int, State], grace: int) -> dict[int, State]:
    """Short gaps filled by the price of the last line before them, at the end of observation, too."""
    found, there = dict(days), sorted(day for day, state in days.items() if state)
    for day, following in zip(there, [*there, UNTIL + 1][1:], strict=True):
        gap = following - day - 1
        if 0 < gap <= grace:
            for between in range(day + 1, following):
                found[between] = [max(days[day], key=lambda one: one[0])]
    return found


def days_of(case: Case, customer: int) -> dict[int, State]:
    """What a customer holds on every day."""
    own = [line for line in case.lines if line.customer == customer]
    grace, apart = case.policies["grace_days"], case.policies["subscription_id"] is not None
    units = [[line for line in own if line.sub == sub] for sub in (0, 1)] if apart else [own]
    days = range(FIRST, UNTIL + 1)
    held: dict[int, State] = {day: [] for day in days}
    for lines in units:
        unit: dict[int, State] = {
            d: [((x.start, case.lines.index(x_)), x.cents, x.plan) for x_, x in _active(lines, d, case)]
            for d in days
        }
        for day, state in (_bridged(unit, grace) if apart else unit).items():
            held[day] = held[day] + state
    more = case.policies["end_day"] == "last-with"
    for who, start, end in case.pauses:
        for day in days:
            if (
                who == customer
                and start <= day
                and (end is None or day < end + more)
                and not (start == end and not more)
            ):
                held[day] = [((start, 0), 0, None)]
    paid = [day for day in days if any(cents for _, cents, _ in held[day])]
    held = {day: state if paid and day >= paid[0] else [] for day, state in held.items()}
    return _bridged(held, grace)


def table_of(case: Case) -> dict[str, Any]:
    """The table as a business has it, in any order of lines that keeps those of one start in theirs."""

    def days(values: list[int | None]) -> Any:
        return np.array([None if v is None else dt.date.fromordinal(v) for v in values] + [0], object)[:-1]

    return {
        "id": np.array([line.customer for line in case.lines]),
        "sub": np.array([line.sub for line in case.lines]),
        "start": days([line.start for line in case.lines]),
        "end": days([line.end for line in case.lines]),
        "eur": np.array([line.cents / 100 for line in case.lines]),
        "plan": np.array([line.plan for line in case.lines]),
        "land": np.array(["DE" if line.customer % 2 else "FR" for line in case.lines]),
        "trial": days([line.trial_end for line in case.lines]),
    }


def pauses_of(case: Case) -> dict[str, Any] | None:
    """The table of pauses, if there are any."""
    if not case.pauses:
        return None
    day = dt.date.fromordinal
    return {
        "id": np.array([c for c, _, _ in case.pauses]),
        "start": np.array([day(s) for _, s, _ in case.pauses], object),
        "end": np.array([None if e is None else day(e) for _, _, e in case.pauses] + [0], object)[:-1],
    }
