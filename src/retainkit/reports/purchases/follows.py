"""What follows: what winning and keeping a customer may cost, whom to contact, and where each turns."""

from __future__ import annotations

from itertools import pairwise

from retainkit.reports.page.parts import Row, Section, Table
from retainkit.reports.page.wording import Money, ahead, share
from retainkit.reports.purchases.figures import AbstractReport

_SAVED = 0.05  # the share of those contacted who come back, for the sake of example


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
    amount, found = Money(report.assumptions.currency), report.people.stakes
    rows: list[tuple[str, ...]] = []
    whole = float(found.stake.sum())
    for k, (a, b) in enumerate(pairwise(found.ends.tolist())):
        alive, worth, stake = (float(column[k]) / (b - a) for column in found[1:])
        part = share(float(found.stake[k]) / whole) if whole else "-"
        rows.append((f"{a + 1:,} to {b:,}", share(alive), amount(worth), part, amount(_SAVED * stake)))
    head = ("customers by stake", "active", "worth if active", "of the stake", "contact pays up to")
    note = (
        "By stake: what a customer would be worth if surely active, times the chance to have left. A contact "
        f"that brings back one in {1 / _SAVED:.0f} (an example) pays where it costs less than the last "
        "column; with another share that turning point moves in proportion."
    )
    return Table("Whom to contact first", head, tuple(rows), note)
