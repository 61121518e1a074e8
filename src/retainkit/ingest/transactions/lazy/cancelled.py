"""Orders that were refunded in full → none, by the engine that has their lines: the definitions of `settle`.

A refund takes the latest equal order that is still open, as brackets close the latest that was opened. So
orders and refunds of one amount are numbered by how many are open: a refund and the order just before it at
the same depth belong together. One that is too old for a refund is too old for all later ones, too, whether
taken or not, so that the window is asked of pairs.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import narwhals as nw

from retainkit.ingest.transactions.lazy.lines import whole
from retainkit.ingest.transactions.plan import ROUNDING, Plan
from retainkit.tables.lazy import Kept, Store, small
from retainkit.typing import Frame

_PLACES = 6  # of amounts that are the same: sums of cents are off by much less
_SIDES = ("", "_before")


class Settled(NamedTuple):
    """The lines that are left, counts of the others for each side of a split, and what the engine keeps."""

    lines: Frame
    counts: dict[str, Counter[str]]
    kept: Kept


def without_cancelled(lines: Frame, store: Store, plan: Plan) -> Settled:
    """Lines of orders, or of days where no order is told, that were not refunded in full.

    A refund in the held-out period cancels no order before it.
    """
    early = nw.lit(value=True) if plan.holdout_from is None else nw.col("date") < plan.holdout_from
    lines = lines.with_columns(early=early)
    keys = ["customer_id", "order_id" if "order_id" in plan.columns else "date", "early"]
    amount = nw.col("amount")
    orders = lines.group_by(keys).agg(
        day=nw.col("date").min(),
        total=amount.sum(),
        size=amount.abs().sum(),
        lines=nw.len().cast(nw.Int64),
        refunds=whole((amount < 0.0).cast(nw.Int64)),
        bought=(amount > 0.0).cast(nw.Int64).max(),
    )
    nothing = nw.col("total").abs() <= nw.col("lines").cast(nw.Float64) * nw.col("size") * ROUNDING
    orders = orders.with_columns(gone=((nw.col("refunds") > 0) & nothing).cast(nw.Int64))
    if plan.refund_window is not None:
        orders = _matched(orders, plan.refund_window)
    kept = store.keep(orders.select(*keys, "lines", "bought", "gone"))
    gone = kept.frame.filter(nw.col("gone") == 1)
    counts = {side: _counts(gone, kept.frame, side) for side in _SIDES}
    return Settled(lines.join(gone.select(keys), on=keys, how="anti").drop("early"), counts, kept)


def _matched(orders: Frame, window: int) -> Frame:
    """The same with orders gone that a refund of their amount follows in so many days, and with it."""
    total, sign, day = nw.col("total"), nw.col("sign"), nw.col("day")
    step = (
        nw.when((nw.col("gone") == 1) | (total == 0.0))
        .then(0)
        .otherwise(nw.when(total > 0.0).then(1).otherwise(-1))
    )
    orders = orders.with_columns(sign=step.cast(nw.Int64), paid=total.abs().round(_PLACES))
    alike = ["customer_id", "early", "paid"]
    # of a day purchases first
    orders = orders.with_columns(late=-nw.col("sign"))
    depth = sign.cum_sum().over(*alike, order_by=["day", "late"]).cast(nw.Int64)
    orders = orders.with_columns(depth=depth)
    # equal ones in the order in which they were counted
    orders = orders.with_columns(turn=nw.col("depth") * sign)
    order: Any = ["day", "late", "turn"]
    least = nw.col("depth").cum_min().over(*alike, order_by=order).cast(nw.Int64)
    orders = orders.with_columns(least=least)
    open_ones = nw.col("depth") - nw.when(nw.col("least") < 0).then(nw.col("least")).otherwise(0)
    level = nw.when(sign == 0).then(-1).otherwise(open_ones + nw.when(sign < 0).then(1).otherwise(0))
    orders = orders.with_columns(level=level.cast(nw.Int64))
    pair = [*alike, "level"]
    orders = orders.with_columns(
        before=sign.shift(1).over(*pair, order_by=order),
        day_before=day.shift(1).over(*pair, order_by=order),
        after=sign.shift(-1).over(*pair, order_by=order),
        day_after=day.shift(-1).over(*pair, order_by=order),
    )
    refund = (sign == -1) & (nw.col("before") == 1) & (day - nw.col("day_before") <= window)
    order_of = (sign == 1) & (nw.col("after") == -1) & (nw.col("day_after") - day <= window)
    taken = (refund.fill_null(value=False) | order_of.fill_null(value=False)).cast(nw.Int64)
    return orders.with_columns(gone=nw.max_horizontal(nw.col("gone"), taken))


def _counts(gone: Frame, orders: Frame, side: str) -> Counter[str]:
    """Orders and lines that are gone, and customers of whom nothing is left."""
    if side:
        gone, orders = (each.filter(nw.col("early")) for each in (gone, orders))
    told = small(
        gone.select(cancelled_orders=whole(nw.col("bought")), cancelled_lines=whole(nw.col("lines")))
    )
    each = orders.group_by("customer_id").agg(gone=nw.col("gone").min())
    nobody = small(each.select(n=whole((nw.col("gone") == 1).cast(nw.Int64))))
    counts = Counter({name: int(found[0] or 0) for name, found in told.items()})
    counts["refund_only_customers"] = int(nobody["n"][0] or 0)
    return counts
