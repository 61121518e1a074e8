"""What follows: what winning and keeping a customer may cost, whom to contact, and where each turns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from retainkit.reports.page.parts import Row, Section, Table
from retainkit.reports.page.wording import Money, ahead, share
from retainkit.reports.purchases.figures import AbstractReport

_SAVED = 0.05  # the share of those contacted who come back, for the sake of example
_TOP = np.array([0.0, 0.01, 0.05, 0.10, 0.25, 1.0])  # of customers in the order of what is at stake


def follows(report: AbstractReport) -> Section:
    """What to do with it, and where each decision turns."""
    amount, value = Money(report.assumptions.currency), report.value
    new, when = float(report.new_customer.value), ahead(report.assumptions.horizon)
    alive = value.expected_active
    rows = [
        Row("Winning a customer may cost", amount(new), f"at most: dearer, and {when} does not pay it back")
    ]
    cost = report.assumptions.acquisition_cost
    if cost:
        if new > cost:
            less, more = share(1 - cost / new), share(new / cost - 1)
            turn = f"{amount(cost)} are paid; it turns with a value {less} lower, or a cost {more} higher"
        else:
            turn = f"{amount(cost)} are paid: each customer won loses {amount(cost - new)}"
        rows.append(Row("Value for each unit of cost", f"{new / cost:.2f}", turn))
    if alive > 0.0:
        rows.append(
            Row(
                "Keeping a customer is worth",
                amount(value.total / alive),
                f"of one who still is a customer, on average, in {when}",
            )
        )
    tables = (_whom(report),) if value.total > 0.0 else ()
    return Section("What follows from it", rows=tuple(rows), tables=tables, short="What follows")


def _whom(report: AbstractReport) -> Table:
    """Customers by what is at stake with them: what they would be worth, times the chance to be gone."""
    value, amount = report.value, Money(report.assumptions.currency)
    known = value.probability_alive > 0.0
    whole = np.divide(value.value, value.probability_alive, out=np.zeros_like(value.value), where=known)
    stake = whole - value.value
    order = np.argsort(-stake, kind="stable")
    edges = np.unique(np.ceil(len(order) * _TOP).astype(int))
    rows: list[tuple[str, ...]] = []
    for a, b in pairwise(edges.tolist()):
        mine = order[a:b]
        part = float(stake[mine].sum() / stake.sum()) if stake.any() else 0.0
        pays = _SAVED * float(stake[mine].mean())
        rows.append((
            f"{a + 1:,} to {b:,}", share(float(value.probability_alive[mine].mean())),
            amount(float(whole[mine].mean())), share(part) if stake.any() else "-", amount(pays),
        ))  # fmt: skip
    head = ("customers by stake", "active", "worth if active", "of the stake", "contact pays up to")
    note = (
        "By stake: what a customer would be worth if surely active, times the chance to have left. A contact "
        f"that brings back one in {1 / _SAVED:.0f} (an example) pays where it costs less than the last "
        "column; with another share that turning point moves in proportion."
    )
    return Table("Whom to contact first", head, tuple(rows), note)
