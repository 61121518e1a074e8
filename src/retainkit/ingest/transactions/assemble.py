"""Histories → the records that the caller gets."""

from __future__ import annotations

import math

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.collapse import Calendar, Histories
from retainkit.ingest.transactions.fold import Folded
from retainkit.ingest.transactions.plan import Plan
from retainkit.ingest.transactions.records import Activity, Holdout, TransactionSummary
from retainkit.ingest.transactions.treatment import Treatment
from retainkit.summaries import Purchases
from retainkit.tables import Said, take, to_date
from retainkit.typing import Array, ColumnLike
from retainkit.units import DAYS_PER


def assemble(customers: ColumnLike, folded: Folded, plan: Plan) -> TransactionSummary:
    """The summary of the whole observation, with its two sides where it is split."""
    if not folded.whole.counts["purchases"]:
        raise _no_purchases()
    bought = folded.whole.purchases > 0
    if not bought.all():
        places = np.flatnonzero(bought)
        customers, folded = take(customers, places), folded.take(places)
    calibration = holdout = None
    if plan.holdout_from is not None:
        calibration, holdout = _split(customers, folded, plan, plan.holdout_from)
    return _summary(customers, folded.whole, folded.calendar, folded.last_day, plan, calibration, holdout)


def _summary(
    customers: ColumnLike,
    of: Histories,
    calendar: Calendar,
    end: int,
    plan: Plan,
    calibration: TransactionSummary | None = None,
    holdout: Holdout | None = None,
) -> TransactionSummary:
    per = DAYS_PER[plan.unit]
    frequency = of.purchases - 1.0
    purchases = Purchases(
        frequency=frequency,
        recency=(of.last - of.first) / per,
        T=(end - of.first) / per,
        log_gaps=of.log_gaps - frequency * math.log(per),
        unit=plan.unit,
    )
    start = to_date(calendar.start)
    return TransactionSummary(
        purchases=purchases,
        customers=customers,
        treatment=Treatment.of(of.counts, plan.refunds),
        unit=plan.unit,
        observation_start=start,
        observation_end=to_date(end),
        activity=Activity(start, calendar.new, calendar.repeat, calendar.tracked),
        calibration=calibration,
        holdout=holdout,
        monetary_value=None if not plan.has_amounts else _mean(of.spend, purchases.frequency),
        _evidence=None if not plan.has_amounts else of.evidence,
        id_name=plan.columns["customer_id"],
    )


def _mean(total: Array, count: Array) -> Array:
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _split(customers: ColumnLike, folded: Folded, plan: Plan, at: int) -> tuple[TransactionSummary, Holdout]:
    before, after = folded.before, folded.after
    assert before is not None and after is not None
    acquired = np.flatnonzero(before.purchases > 0)
    if acquired.size == 0 or at > folded.last_day:
        raise _empty_side(plan, folded)
    length = at - folded.calendar.start
    calendar = Calendar(
        folded.calendar.start,
        folded.calendar.new[:length],
        folded.calendar.repeat[:length],
        folded.calendar.repeat[:length],
    )
    calibration = _summary(take(customers, acquired), before.take(acquired), calendar, at - 1, plan)
    later = after.take(acquired)
    frequency = later.purchases.astype(np.float64)
    holdout = Holdout(
        frequency=frequency,
        monetary_value=None if not plan.has_amounts else _mean(later.spend, frequency),
        duration=(folded.last_day - at + 1) / DAYS_PER[plan.unit],
        unit=plan.unit,
        start=to_date(at),
        end=to_date(folded.last_day),
        new_customers=int(folded.whole.purchases.size - acquired.size),
        earlier_refund_days=later.counts["unmatched_refund_days"],
    )
    return calibration, holdout


def _empty_side(plan: Plan, folded: Folded) -> InputError:
    first, last = to_date(folded.calendar.start), to_date(folded.last_day)
    assert plan.holdout_from is not None
    rule = f"must lie after the first purchase ({first}) and not after the end of observation ({last})"
    way_out = "Choose a day that leaves purchases before it and time after it."
    return InputError("dates-conflict", "holdout_from", to_date(plan.holdout_from).isoformat(), rule, way_out)


def _no_purchases() -> InputError:
    rule = "must have at least one purchase (an amount of 0 or more on some customer's day)"
    way_out = "Check the sign of the amounts: purchases are positive, refunds negative."
    return InputError("empty", "source", Said("refunds only"), rule, way_out)
