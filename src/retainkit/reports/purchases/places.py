"""Where the value is: by tenth, by how often customers bought, by cohort, by segment."""

from __future__ import annotations

import math

import numpy as np

from retainkit.reports.page.parts import Figure, Section, Table
from retainkit.reports.page.wording import Money, share
from retainkit.reports.purchases.figures import AbstractReport, Group
from retainkit.reports.purchases.pictures import by_purchases, concentrated
from retainkit.typing import Array

_SEGMENTS = 20  # one by one; a page of 10,000 rows is read by nobody


def where(report: AbstractReport) -> Section | None:
    """Which customers hold the value: by tenth, and by how often and how lately they bought."""
    if not report.value.total > 0.0:
        return None
    figures = concentrated(report.people.tenths, report.customers), _by_history(report)
    return Section("Where the value is", figures=figures, short="Where the value is")


_OFTEN = (
    ("once", 0, 0),
    ("2", 1, 1),
    ("3 to 5", 2, 4),
    ("6 to 10", 5, 9),
    ("over 10", 10, math.inf),
)
"""Purchases so far, and the repeat purchases that they are."""


def _by_history(report: AbstractReport) -> Figure:
    p, value = report.people.rows.purchases, report.people.value
    amount = Money(report.assumptions.currency)
    rows: list[tuple[str, ...]] = []
    parts: list[tuple[float, float]] = []
    for name, low, high in _OFTEN:
        mine = (p.frequency >= low) & (p.frequency <= high)
        if not mine.any():
            continue
        weight = value.weight[mine]
        n, worth = int(weight.sum()), float(weight @ value.value[mine])
        since = _median((p.T - p.recency)[mine], weight)
        alive = share(float(weight @ value.probability_alive[mine]) / n)
        cells = (
            f"{n:,}",
            f"{since:,.1f}",
            alive,
            amount(worth / n),
            amount(worth),
            share(worth / value.total),
        )
        rows.append((name, *cells))
        parts.append((worth / value.total, n / report.customers))
    unit = report.transactions.unit
    head = ("purchases so far", "customers", f"{unit}s since", "active", "each", "in all", "share")
    note = (
        f"{unit.capitalize()}s since the last purchase: the median. Active: the mean chance that they still "
        "are customers."
    )
    table = Table("Value by how often customers bought", head, tuple(rows), note)
    return by_purchases(table, *np.array(parts).T)


def _median(values: Array, weight: Array) -> float:
    order = np.argsort(values)
    upto: Array = np.cumsum(weight[order])
    half = 0.5 * float(upto[-1])
    middle = [int(np.searchsorted(upto, half)), int(np.searchsorted(upto, half, side="right"))]
    return float(values[order[middle]].mean())


def _groups_table(report: AbstractReport, groups: tuple[Group, ...], name: str, caption: str) -> Table:
    amount, total = Money(report.assumptions.currency), report.value.total
    rows = tuple(
        (
            g.name, f"{g.customers:,}", share(g.repeat_buyers / g.customers), share(g.active / g.customers),
            amount(g.value / g.customers), amount(g.value), share(g.value / total) if total else "-",
        )
        for g in groups
        if g.customers
    )  # fmt: skip
    head = (name, "customers", "came back", "active", "each", "in all", "share")
    return Table(
        caption,
        head,
        rows,
        "Each, in all: margin still to come, discounted. Active: probably still customers.",
    )


def cohorts(report: AbstractReport) -> Section:
    """Who came in the same period, and what became of them."""
    table = _groups_table(
        report, report.cohorts[-24:], "first bought in", "Customers by the period of their first purchase"
    )
    heats = () if report.triangle is None else (report.triangle,)
    return Section("Cohorts", tables=(table,), heats=heats, short="Cohorts")


def segments(report: AbstractReport) -> Section | None:
    """The largest segments one by one, and all others in one row."""
    if not report.segments:
        return None
    ordered = sorted(report.segments, key=lambda g: -g.value)
    shown, rest = ordered[:_SEGMENTS], ordered[_SEGMENTS:]
    if rest:
        sums = [
            sum(getattr(g, name) for g in rest) for name in ("customers", "repeat_buyers", "active", "value")
        ]
        shown.append(Group(f"{len(rest):,} others", *sums))
    name = report.segmented_by
    table = _groups_table(report, tuple(shown), name, f"Customers by {name}, the most valuable first")
    said = "All share one model: segments differ by what customers did, not by how they are taken to go on."
    return Section("Segments", tables=(table,), sentences=(said,), short="Segments")
