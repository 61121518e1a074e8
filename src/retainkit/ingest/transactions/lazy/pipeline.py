"""Lines → days of customers → customers, as expressions: the definitions of `collapse` for any engine.

(id, day) → the day's net amount → the customer's own count of purchases so far → one row per customer. Days
and counts are whole numbers on every engine. Money is added up in the engine's order; a sum within the
rounding of its own terms is 0, so that no order can make a refund of a purchase.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from retainkit.ingest.transactions.lazy.lines import whole
from retainkit.ingest.transactions.plan import ROUNDING, Plan
from retainkit.typing import Frame

_bought = nw.col("bought") == 1
_refund = (nw.col("bought") == 0) & (nw.col("lines") > 0)
_never = nw.col("lines") < 0
_day, _value, _number = nw.col("date"), nw.col("value"), nw.col("number")


def days_of(lines: Frame, plan: Plan, *, refunds: bool, known: Frame | None = None) -> Frame:
    """One row per customer and day: value, lines, whether it is a purchase, and how many there were by then.

    `refunds` is whether any amount is negative; without one nothing can cancel, and every day is a purchase.
    `known` are the customers of a state, whose open days are days like others.
    """
    sums = _sums(plan, refunds=refunds)
    days = lines.group_by("customer_id", "date").agg(**sums)
    if known is not None:
        opened = known.select(
            "customer_id", date=nw.col("open_day"), **{k: nw.col(f"open_{k}") for k in sums}
        )
        whole_days = {
            "date": _day.cast(nw.Int64)
        }  # engines differ in the width of a day, and states are for all
        both = nw.concat([each.with_columns(**whole_days) for each in (days.select(*opened.columns), opened)])
        days = both.group_by("customer_id", "date").agg(**{name: _added(name) for name in sums})
        closed = [name for name in known.columns if not name.startswith("open_") or name == "open_day"]
        days = days.join(known.select(*closed), on="customer_id", how="left")
        days = days.with_columns(purchases_closed=nw.col("purchases_closed").fill_null(0))
    if not plan.has_amounts:
        days = days.with_columns(value=nw.lit(0.0))
    of_purchase = ["customer_id"]
    if not refunds:
        days = days.with_columns(bought=nw.lit(1).cast(nw.Int64))
    elif plan.refunds == "ignore":
        days = days.with_columns(bought=(nw.col("lines") > 0).cast(nw.Int64))
    else:
        days = days.with_columns(value=unless_rounding("value", "size", "lines"))
        days = days.with_columns(bought=(_value >= 0.0).cast(nw.Int64))
    if refunds:
        of_purchase.append("bought")  # the purchase before, whatever refunds lie between
    days = days.with_columns(previous=_day.shift(1).over(*of_purchase, order_by="date"))
    if known is not None:
        days = days.with_columns(previous=nw.coalesce("previous", "last_closed"))
    if refunds:
        so_far = nw.col("bought").cum_sum().over("customer_id", order_by="date")
        so_far = so_far if known is None else so_far + nw.col("purchases_closed")
        days = days.with_columns(number=so_far.cast(nw.Int64))
    else:  # which of them is the first is all that is asked of the number where all are purchases
        days = days.with_columns(number=nw.when(nw.col("previous").is_null()).then(1).otherwise(2))
    if plan.holdout_from is None:
        return days
    early = _bought & (_day < plan.holdout_from)
    return days.with_columns(before=early.cast(nw.Int64).sum().over("customer_id").cast(nw.Int64))


def _added(name: str) -> nw.Expr:
    return whole(nw.col(name)) if name == "lines" else nw.col(name).sum()


def _sums(plan: Plan, *, refunds: bool) -> dict[str, nw.Expr]:
    if not plan.has_amounts:
        return {"lines": nw.len().cast(nw.Int64)}
    amount = nw.col("amount")
    if not refunds:
        return {"value": amount.sum(), "lines": nw.len().cast(nw.Int64)}
    if plan.refunds == "ignore":
        kept = nw.when(amount >= 0.0).then(amount)
        return {"value": kept.sum(), "lines": kept.count().cast(nw.Int64)}
    return {"value": amount.sum(), "size": amount.abs().sum(), "lines": nw.len().cast(nw.Int64)}


def unless_rounding(value: str, size: str, terms: str) -> nw.Expr:
    """A sum, 0 where rounding alone may have made it: Higham (2002), Accuracy and Stability, eq. 4.4."""
    doubt = nw.col(terms).cast(nw.Float64) * nw.col(size) * ROUNDING
    return nw.when(nw.col(value).abs() <= doubt).then(nw.lit(0.0)).otherwise(nw.col(value))


def calendar_of(days: Frame, plan: Plan) -> Frame:
    """One row per calendar day: purchases and what became of lines, over all customers."""
    first = _bought & (_number == 1)
    again = _bought & (_number > 1)
    zero = (_value == 0.0) & (nw.col("lines") > 0) if plan.has_amounts else _never
    tracked, earlier = again, _never
    if plan.holdout_from is not None:
        acquired = nw.col("before") > 0
        tracked = again & acquired
        earlier = _refund & acquired & (_day >= plan.holdout_from) & (_number == nw.col("before"))
    marks: dict[str, Any] = {
        "purchases": _bought,
        "new": first,
        "tracked": tracked,
        "refund_days": _refund,
        "unmatched_refund_days": _refund & (_number == 0),
        "first_purchase_refund_days": _refund & (_number == 1),
        "zero_purchases": zero,
        "earlier_refund_days": earlier,
    }
    counts = {name: whole(mark.cast(nw.Int64)) for name, mark in marks.items()}
    counts["merged_lines"] = whole(nw.when(_bought).then(nw.col("lines") - 1).otherwise(nw.lit(0)))
    counts["refund_day_lines"] = whole(nw.when(_refund).then(nw.col("lines")).otherwise(nw.lit(0)))
    return days.group_by("date").agg(**counts)


def customers_of(days: Frame, plan: Plan, *, refunds: bool) -> Frame:
    """One row per customer with a line that counts; purchases are 0 for those who did not buy."""
    refunds = refunds and plan.refunds != "ignore"
    columns = _history("", plan, _bought, refunds=refunds)
    if plan.holdout_from is not None:
        early, late = _day < plan.holdout_from, _day >= plan.holdout_from
        columns |= _history("_before", plan, _bought & early, refunds=refunds, when=early)
        columns["days_before"] = whole(early.cast(nw.Int64))
        later = late & (nw.col("before") > 0)
        if refunds:
            later = later & (_number > nw.col("before"))
        columns |= _money("spend_later", later, plan, refunds=refunds)
    return settled(days.group_by("customer_id").agg(**columns))


def settled(customers: Frame) -> Frame:
    """The same without sums that are nothing but rounding, and without what tells them."""
    columns = customers.collect_schema().names()
    if not any(name.startswith("size_of_") for name in columns):
        return customers
    # what is left of 0.1 + 0.2 - 0.3 over several days is nothing, too
    sums = [name for name in columns if name.startswith("spend") and f"size_of_{name}" in columns]
    told = {name: unless_rounding(name, f"size_of_{name}", f"terms_of_{name}") for name in sums}
    helpers = [name for name in columns if name.startswith(("size_of_", "terms_of_"))]
    return customers.with_columns(**told).drop(*helpers)


def states_of(days: Frame, plan: Plan, *, refunds: bool, known: bool) -> Frame:
    """One row per customer: the sums of `customers_of`, the same before the last day, and that day's.

    A later line may still fall on a customer's last day, so that it is open.
    """
    days = days.with_columns(latest=_day.max().over("customer_id"))
    closed, last = _day < nw.col("latest"), _day == nw.col("latest")
    net = refunds and plan.refunds != "ignore"
    columns = _history("", plan, _bought, refunds=net)
    columns |= _history("_closed", plan, _bought & closed, refunds=net, when=closed)
    for name in _sums(plan, refunds=refunds):
        columns[f"open_{name}"] = _added_where(name, last)
    columns["open_day"] = nw.col("latest").max()
    if not known:
        return days.group_by("customer_id").agg(**columns)
    carried = [name for name in columns if name.endswith("_closed")]
    columns |= {f"{name}_known": nw.col(name).max() for name in carried}
    customers = days.group_by("customer_id").agg(**columns)
    whole_history = {name: _carried(name, name.removesuffix("_closed")) for name in carried}
    whole_history = {name.removesuffix("_closed"): sums for name, sums in whole_history.items()}
    whole_history |= {name: _carried(name, name) for name in carried}
    return customers.with_columns(**whole_history).drop(*(f"{name}_known" for name in carried))


def _added_where(name: str, where: nw.Expr) -> nw.Expr:
    if name == "lines":
        return whole(nw.when(where).then(nw.col(name)).otherwise(nw.lit(0)))
    return nw.when(where).then(nw.col(name)).otherwise(nw.lit(0.0)).sum()


def _carried(name: str, column: str) -> nw.Expr:
    """What a state knew of a column, and what days have added to it."""
    known = nw.col(f"{name}_known")
    if name == "first_closed":
        return nw.coalesce(known, nw.col(column))
    if name == "last_closed":
        return nw.coalesce(nw.col(column), known)
    return nw.col(column).fill_null(0) + known.fill_null(0)


def _history(
    side: str, plan: Plan, bought: nw.Expr, *, refunds: bool, when: nw.Expr | None = None
) -> dict[str, nw.Expr]:
    day = nw.when(bought).then(_day)
    gap = nw.when(bought & ~nw.col("previous").is_null()).then(_day - nw.col("previous"))
    found = {
        f"purchases{side}": whole(bought.cast(nw.Int64)),
        f"first{side}": day.min(),
        f"last{side}": day.max(),
        f"log_gaps{side}": gap.cast(nw.Float64).log().sum(),
    }
    if not plan.has_amounts:
        return found
    always = nw.lit(value=True) if when is None else when
    found |= _money(f"spend{side}", always & (_number > 1), plan, refunds=refunds)
    found[f"total{side}"] = nw.when(always & (_number > 0)).then(_value).otherwise(nw.lit(0.0)).sum()
    return found


def _money(name: str, counts: nw.Expr, plan: Plan, *, refunds: bool) -> dict[str, nw.Expr]:
    if not plan.has_amounts:
        return {}
    found = {name: nw.when(counts).then(_value).otherwise(nw.lit(0.0)).sum()}
    if refunds:
        found[f"size_of_{name}"] = nw.when(counts).then(nw.col("size")).otherwise(nw.lit(0.0)).sum()
        found[f"terms_of_{name}"] = whole(nw.when(counts).then(nw.col("lines")).otherwise(nw.lit(0)))
    return found
