"""`summarize_transactions`: one table of any kind → what it says about its customers."""

from __future__ import annotations

import math
import os
from datetime import date as Date
from typing import Any, cast

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.collapse import Calendar, Folded, Histories, fold, join
from retainkit.ingest.transactions.plan import Plan, Refunds, make_plan, read_lines
from retainkit.ingest.transactions.records import Activity, Holdout, TransactionSummary, Treatment
from retainkit.summaries import Purchases
from retainkit.tables import Said, Source, take, to_date
from retainkit.tables.read import is_relation
from retainkit.typing import Array, ColumnLike, Unit
from retainkit.units import DAYS_PER


def summarize_transactions(
    source: Source,
    *,
    customer_id: str,
    date: str,
    amount: str | None = None,
    unit: Unit,
    observation_end: str | Date | None = None,
    holdout_from: str | Date | None = None,
    refunds: Refunds = "net",
    date_format: str | None = None,
) -> TransactionSummary:
    """Turn a table of transactions into one entry per customer.

    Frequency counts the calendar days with a purchase after the first such day; recency and T run from the
    first purchase to the last one and to the end of observation, in exact fractions of `unit` (days/7,
    days/30.4375, days/91.3125, days/365.25). All lines of one customer and day are one purchase. Monetary
    value is the mean value of the repeat purchases. Raises `InputError` for a missing column, missing or
    unreadable dates and amounts, dates after the end, an empty table; it names the column, the count of bad
    lines and the first of them. Raises `MissingDependencyError` for a path or a relation without DuckDB and
    pyarrow. The summary has `.purchases`, `.spend`, `.customers`, `.treatment`, `.calibration`, `.holdout`,
    `.to_frame()`.

    Parameters
    ----------
    source : table
        One line per transaction: a pandas, polars (eager or lazy) or pyarrow table, a DuckDB relation,
        the path or glob of CSV or Parquet files (read by DuckDB, larger than memory too), or a dict of
        numpy columns.
    customer_id, date, amount : str
        Names of columns. Dates: dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, or
        numbers YYYYMMDD. A timestamp counts on the day that its own clock shows.
    unit : {"day", "week", "month", "quarter", "year"}
        What recency and T count in.
    observation_end : date or text, optional
        Last day of observation; by default the last date in the data. Later lines are an error.
    holdout_from : date or text, optional
        First day of a held-out period: adds `.calibration` and `.holdout`.
    refunds : {"net", "ignore", "error"}
        Negative amounts: subtracted from the purchases they follow, left out, or refused. A day whose
        amounts add up to less than 0 is a refund, no purchase.
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`: ``"%d/%m/%Y"``.

    Notes
    -----
    Frequency, recency and T as in Fader, Hardie & Lee (2005), "Counting your customers the easy way",
    Marketing Science 24(2), doi:10.1287/mksc.1040.0098.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array([1, 1, 1, 2]), "price": np.array([9.0, 5.0, 7.0, 4.0]),
    ...          "date": np.array(["1997-01-01", "1997-01-15", "1997-01-29", "1997-01-08"], "M8[D]")}
    >>> tx = rk.summarize_transactions(table, customer_id="id", date="date", amount="price", unit="week")
    >>> tx.purchases.frequency.tolist(), tx.purchases.T.tolist(), tx.spend.monetary_value.tolist()
    ([2.0, 0.0], [4.0, 3.0], [6.0, 0.0])
    """
    plan = make_plan(customer_id, date, amount, unit, observation_end, holdout_from, refunds, date_format)
    customers, folded = _read(source, plan)
    return assemble(customers, folded, plan)


def _read(source: Source, plan: Plan) -> tuple[Any, Folded]:
    if isinstance(source, str | os.PathLike):
        from retainkit.ingest.transactions.engine import read_path

        return read_path(os.fspath(cast("str | os.PathLike[str]", source)), plan)
    if is_relation(source):
        from retainkit.ingest.transactions.engine import read_relation

        return read_relation(source, plan)
    lines = read_lines(source, plan)
    start = int(lines.day.min())
    order = np.argsort(lines.code * (int(lines.day.max()) - start + 1) + lines.day - start, kind="stable")
    amount = None if lines.amount is None else lines.amount[order]
    folded = fold(lines.code[order], lines.day[order], amount, len(lines.customers), plan)
    return lines.customers, join([folded], plan.end)


def assemble(customers: ColumnLike, folded: Folded, plan: Plan) -> TransactionSummary:
    """The summary of the whole observation, with its two sides where it is split."""
    if not folded.whole.counts["purchases"]:
        rule = "must have at least one purchase (an amount of 0 or more on some customer's day)"
        way_out = "Check the sign of the amounts: purchases are positive, refunds negative."
        raise InputError("empty", "source", Said("refunds only"), rule, way_out)
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
    acquired, start = np.flatnonzero(before.purchases > 0), folded.calendar.start
    if acquired.size == 0 or at > folded.last_day:
        side = f"the first purchase ({to_date(start)}) and not after the end of observation"
        rule = f"must lie after {side} ({to_date(folded.last_day)})"
        way_out = "Choose a day that leaves purchases before it and time after it."
        raise InputError("dates-conflict", "holdout_from", to_date(at).isoformat(), rule, way_out)
    new, repeat = (days[: at - start] for days in (folded.calendar.new, folded.calendar.repeat))
    calendar = Calendar(start, new, repeat, repeat)
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
