"""The base of random billing tables, under all policies, is what telling every customer day by day gives."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from billing import FIRST, UNTIL, Case, State, days_of, pauses_of, random_case, table_of

from retainkit.errors import InputError
from retainkit.metrics import SubscriptionBase, SubscriptionMetrics, cohort_table, read_subscriptions

MONEY = ("start", "new", "expansion", "reactivation", "contraction", "churn", "moved_in", "moved_out", "end")


def read(case: Case) -> SubscriptionBase | None:
    """The base; None for a case in which nobody ever pays."""
    names: dict[str, Any] = {"customer_id": "id", "start": "start", "end": "end", "amount": "eur"}
    names |= {"plan": "plan", "segment": "land", "pauses": pauses_of(case), **case.policies}
    try:
        return read_subscriptions(table_of(case), **names, observation_end=dt.date.fromordinal(UNTIL))
    except InputError as error:
        if error.code != "empty":
            raise
        return None


def period(day: int, every: str) -> tuple[int, ...]:
    date = dt.date.fromordinal(day)
    if every == "day":
        return (day,)
    if every == "week":
        return date.isocalendar()[:2]
    quarter = (date.month + 2) // 3
    return {"month": (date.year, date.month), "quarter": (date.year, quarter)}[every]


def ends_of(first: int, every: str) -> list[int]:
    """The last days of the whole periods from the first one on, after a day without anybody."""
    last = [d for d in range(first, UNTIL + 1) if period(d, every) != period(d + 1, every)]
    return [FIRST - 400, *last]


def group_at(days: dict[int, State], end: int, customer: int, by: str | None) -> str:
    """What a customer is counted with at an end; in a pause the plans are those before it."""
    before = [{plan for _, _, plan in days.get(day, []) if plan} for day in range(FIRST, end + 1)]
    plans = next((held for held in reversed(before) if held), set())
    begun = min((day for day, state in days.items() if state), default=FIRST)
    cohort = dt.date.fromordinal(begun).strftime("%Y-%m")
    land = "DE" if customer % 2 else "FR"
    return {"plan": " + ".join(sorted(plans)), "land": land, "cohort": cohort}.get(by or "", "")


def relations(states: list[State], after: int | None) -> list[int | None]:
    """At which end the present relation began, or the last one."""
    since, gone, found = None, None, []
    for k, state in enumerate(states):
        if state and not states[k - 1]:
            if since is None or (after is not None and gone is not None and k - gone > after):
                since = k
        elif not state and k and states[k - 1]:
            gone = k
        found.append(since)
    return found


def move(here: dict[str, int], there: dict[str, int], was: State, now: State, fresh: bool) -> None:
    """Book one customer's window, where they were at its beginning and where they are at its end."""
    old, new = (sum(cents for _, cents, _ in state) for state in (was, now))
    if was:
        here["start"] += old
        here["start_customers"] += 1
    if now:
        there["end"] += new
        there["end_customers"] += 1
    if now and not was:
        here["new" if fresh else "reactivation"] += new
        here["new_customers" if fresh else "reactivated_customers"] += 1
    elif was and not now:
        here["churn"] += old
        here["churned_customers"] += 1
    elif was and now:
        here["expansion"] += max(new - old, 0)
        here["contraction"] += max(old - new, 0)
        if here is not there:
            here["moved_out"] += new
            there["moved_in"] += new
            here["moved_out_customers"] += 1
            there["moved_in_customers"] += 1


def naive(
    case: Case, ends: list[int], by: str | None, rolling: int, after: int | None
) -> dict[Any, dict[str, int]]:
    found: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for customer in sorted({line.customer for line in case.lines}):
        days = days_of(case, customer)
        states: list[State] = [days.get(end, []) for end in ends]
        groups = [group_at(days, end, customer, by) for end in ends]
        relation = relations(states, after)
        for closing in range(rolling, len(ends)):
            opening = closing - rolling
            was, now = states[opening], states[closing]
            here, there = found[closing, groups[opening if was else closing]], found[closing, groups[closing]]
            fresh = (relation[closing] or 0) > opening
            move(here, there, was, now, fresh)
    return {key: dict(row) for key, row in found.items() if any(row.get(n) for n in row)}


def told(found: SubscriptionMetrics, ends: list[int], every: str) -> dict[Any, dict[str, int]]:
    names = {}
    for place, end in enumerate(ends):
        date = dt.date.fromordinal(end)
        text = {"day": str(date), "week": date.strftime("%G-W%V"), "month": date.strftime("%Y-%m")}
        names[text.get(every, f"{date.year}-Q{(date.month + 2) // 3}")] = place
    rows = {}
    for k in range(len(found)):
        row = {name: int(np.rint(getattr(found, name)[k] * 100)) for name in MONEY}
        row |= {n: int(getattr(found, n)[k]) for n in (
            "start_customers", "new_customers", "reactivated_customers", "churned_customers", "end_customers",
            "moved_in_customers", "moved_out_customers")}  # fmt: skip
        gained = row["start"] + row["new"] + row["expansion"] + row["reactivation"] + row["moved_in"]
        assert row["end"] == gained - row["contraction"] - row["churn"] - row["moved_out"]
        key = names[found.period[k]], "".join(found.group[k].tolist())
        rows[key] = {name: value for name, value in row.items() if value}
    return {key: row for key, row in rows.items() if row}


def check(seed: int) -> None:
    case = random_case(seed)
    base = read(case)
    truth = {customer: days_of(case, customer) for customer in sorted({line.customer for line in case.lines})}
    begun = [min((d for d, s in days.items() if s), default=None) for days in truth.values()]
    if base is None:
        assert all(day is None for day in begun)
        return
    rng = np.random.default_rng(seed)
    first = min(day for day in begun if day is not None)
    for by in (None, "plan", "land", "cohort"):
        every: Any = str(rng.choice(["day", "week", "month", "quarter"], p=[0.1, 0.3, 0.4, 0.2]))
        rolling, after = int(rng.choice([1, 1, 2, 3])), [None, 0, 2][int(rng.integers(3))]
        ends = ends_of(first, every)
        if len(ends) <= rolling:
            continue
        found = base.metrics(by, every=every, rolling=rolling, reactivation_after=after)
        clean = {
            k: {n: v for n, v in row.items() if v} for k, row in naive(case, ends, by, rolling, after).items()
        }
        assert told(found, ends, every) == clean, (by, every, rolling, after)
    triangle(base, truth, ends_of(first, "month"))


def triangle(base: SubscriptionBase, truth: dict[int, dict[int, State]], ends: list[int]) -> None:
    kept: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for days in truth.values():
        states = [days.get(end, []) for end in ends[1:]]
        there = [k for k, state in enumerate(states) if state]
        if not there:
            continue
        initial = sum(cents for _, cents, _ in states[there[0]])
        for k in range(there[0], len(states)):
            cents = sum(c for _, c, _ in states[k])
            sums = kept[dt.date.fromordinal(ends[there[0] + 1]).strftime("%Y-%m"), k - there[0]]
            for at, value in enumerate([1, int(bool(states[k])), cents, min(cents, initial)]):
                sums[at] += value
    if not kept:
        return
    frame = cohort_table(base).to_frame()
    rows = zip(
        *(frame[n] for n in ("cohort", "age", "observed", "customers", "net_revenue", "gross_revenue")),
        strict=True,
    )
    found = {
        (str(c), int(a)): [int(o), int(n), round(net * 100), round(gross * 100)]
        for c, a, o, n, net, gross in rows
    }
    assert found == dict(kept)


@pytest.mark.slow
@pytest.mark.parametrize("lot", range(2))
def test_movements_by_anything_and_cohorts_are_those_told_day_by_day(lot: int) -> None:
    for seed in range(6 * lot, 6 * lot + 6):
        check(seed)
