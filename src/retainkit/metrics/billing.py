"""`read_subscriptions`: one billing table of any shape → the subscription base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date as Date
from typing import Unpack

import numpy as np

from retainkit.errors import InputError, check_choice
from retainkit.ingest.subscriptions.bill import read_bill
from retainkit.ingest.subscriptions.plan import NO_REASON
from retainkit.ingest.subscriptions.policies import departure_reasons, refuse_line, settled
from retainkit.ingest.subscriptions.shapes import EndDay, Free, Opening, Overlap, Request, Shape
from retainkit.ingest.subscriptions.stretches import Bill
from retainkit.metrics._groups import with_plans
from retainkit.metrics._levels import Levels, fixed_point
from retainkit.metrics.base import SubscriptionBase
from retainkit.tables import Said, Source, TableSource, to_date
from retainkit.tables.days import after_months
from retainkit.tables.lines import FarDates, LaterLines, MissingIds
from retainkit.typing import Frame, Reading


def read_subscriptions(
    table: Source,
    *,
    customer_id: str,
    start: str | None = None,
    end: str | None = None,
    month: str | Sequence[str] | None = None,
    event: str | None = None,
    date: str | None = None,
    events: Mapping[str, str] | None = None,
    invoice: str | None = None,
    paid_from: str | None = None,
    paid_to: str | None = None,
    amount: str | None = None,
    amount_per: str | None = None,
    plan: str | None = None,
    subscription_id: str | None = None,
    segment: str | Sequence[str] | None = None,
    reason: str | None = None,
    involuntary: Sequence[str] = (),
    currency: str | None = None,
    exchange_rates: Frame | None = None,
    acquired: str | None = None,
    observation_end: str | Date | None = None,
    observation_start: str | Date | None = None,
    opening: Opening | None = None,
    overlap: Overlap = "error",
    grace_days: int = 0,
    pauses: str | Source | None = None,
    pause_words: Sequence[str] = ("paused",),
    trial: str | None = None,
    free: Free = "error",
    inactive_after: int | None = None,
    end_day: EndDay = "first-without",
    later: LaterLines = "error",
    missing_ids: MissingIds = "error",
    far_dates: FarDates = "error",
    date_format: str | None = None,
    **reading: Unpack[Reading],
) -> SubscriptionBase:
    """Read a billing table: intervals, months, events or invoices, whichever columns you name.

    A customer is one from the first payment to the last end; a pause or a free period does not end that.
    Raises `InputError` for no shape or several (with the call that the columns suggest), missing columns and
    dates, a segment named like a group that every base has, an end before its start, lines that overlap, a
    month twice, amounts below 0 and those of 0 unless `free` says what they mean, several currencies, a start
    before the customer was acquired, departures without a reason; it names the column, the line, its value,
    and the option that reads it.

    Parameters
    ----------
    table : dataframe of any kind, DuckDB relation, path of CSV or Parquet files, or dict of columns
    customer_id : str
        Name of the column of ids; all other names are of columns, too.
    start, end : str
        Intervals: one row a subscription, or a stretch of one; an end is missing while it runs.
    month : str, or list of names
        Months: one row a customer and month; or a matrix with one row a customer, whose columns are the
        months named, empty where there was no subscription.
    event, date : str
        Events: one row for everything that happened to a subscription: start, change (of price or plan), end,
        pause, resume, payment. `events` translates other words: ``{"signup": "start"}``.
    invoice, paid_from, paid_to : str
        Invoices: one row a line, and the time that it pays for.
    amount : str, optional
        What is paid per `amount_per`; without it there are tenures, but no revenue.
    amount_per : unit of time, "term", or a column that says so; optional
        ``"term"`` (what invoices default to) spreads a contract or a prepayment evenly over the months from
        start to end, days of a month that is not whole in proportion. Else ``"month"``.
    plan, segment : str, optional
        The plan, which may change from line to line; kinds of customers (one or several columns: country,
        channel), which may not.
    subscription_id : str, optional
        Tells several subscriptions of a customer apart: they add up, whatever `overlap` says.
    reason, involuntary : str, names; optional
        Why customers left, told by the line that ended last; the reasons that were no choice of theirs.
    currency, exchange_rates
        As in `summarize_transactions`: several currencies are refused, or converted at the rate of the day on
        which the line begins.
    acquired : str, optional
        The first day of each customer: no line may begin before it, and cohorts are told by it.
    observation_end, observation_start : date or text
        The last day that the table knows of (of months: by default the last that has a row); the first day
        from which on every end is in the table, if not from the first customer on.
    opening : {"existing", "new"}, optional
        Of months: whether the customers of the first month were there before it (the default), so that their
        beginning is not known, or began in it.
    overlap : {"error", "add", "merge", "replace"}
        Lines of one subscription that overlap: refused; several at a time, added up; one, where the earlier
        counts until its end; the later takes the place of the earlier for good.
    grace_days : whole number
        Gaps of so many days are no churn: the price goes on. An end so near to `observation_end` is not
        certain.
    pauses : str, or a table; optional
        A column whose words (`pause_words`) say that a line is a pause; or a table of pauses with the columns
        `customer_id`, `start` and `end`. In a pause the customer is there and pays nothing.
    trial : str, optional
        A column of True and False, or of days on which trials end: what is on trial does not count.
    free : {"error", "stays", "gone"}
        An amount of 0: refused; a free period, no churn (before the first payment nobody is a customer);
        or no subscription.
    inactive_after : whole number of days, optional
        Of events: who is not heard of for so long has left on the last of these days.
    end_day : {"first-without", "last-with"}
        Whether ends are the first day without the subscription, or the last with it.
    later, missing_ids, far_dates, date_format
        As in `summarize_transactions`; ends after `observation_end` have not come yet.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> bills = {"id": np.array([7, 7, 8]), "no": np.array(["A1", "A2", "A3"]),
    ...          "eur": np.array([120.0, 15.0, 30.0]),
    ...          "from": np.array(["2023-01-01", "2024-01-01", "2024-01-10"]),
    ...          "to": np.array(["2024-01-01", "2024-02-01", "2024-02-10"])}
    >>> base = rk.read_subscriptions(bills, customer_id="id", invoice="no", paid_from="from", paid_to="to",
    ...                              amount="eur", observation_end="2024-01-31")
    >>> base.stretches.amount.tolist(), base.metrics().end[-2:].tolist()
    ([10.0, 15.0, 30.0], [10.0, 45.0])
    """
    given = {name: value for name, value in locals().items() if name not in ("table", "reading")}
    table = TableSource.of(table, reading)
    asked = Request(**given)
    shape = asked.check(table)
    bill = settled(read_bill(table, asked, shape), asked, shape)
    s = bill.stretches
    whole, scale = fixed_point("amount", s.amount)
    levels, sets = with_plans(s, whole, bill.plans, bill.until)
    _refuse_negative(levels, scale)
    levels, reasons = _reasons(bill, levels, asked)
    since = _since(bill, asked, shape)
    return SubscriptionBase(
        customers=bill.customers, stretches=s, plans=bill.plans, reasons=reasons, plan_sets=sets,
        segments=bill.segments, acquired=bill.acquired, levels=levels, scale=scale,
        observation_start=None if since is None else to_date(since), observation_end=to_date(bill.until),
        starts_known=shape != "months" or bill.acquired is not None,
        priced=amount is not None or not isinstance(month, str | None), treatment=dict(bill.counts),
        id_name=customer_id, told=bill.table.told,
    )  # fmt: skip


def _since(bill: Bill, asked: Request, shape: Shape) -> int | None:
    """The first day from which on every end is known, if there were customers before it."""
    since = asked.window[0]
    if since is None and shape == "months" and asked.opening != "new":  # the first month shows no departure
        return int(after_months(np.array([int(bill.stretches.start.min())]), np.array([1]))[0])
    if since is None and asked.opening == "existing":
        rule = "must be given where customers were there before the observation"
        raise InputError("missing-argument", "observation_start", None, rule, "It is the first day of it.")
    return since


def _refuse_negative(levels: Levels, scale: int) -> None:
    below = levels.level < 0
    if below.any():
        at = int(np.argmax(below))
        shown = Said(f"{levels.level[at] / scale:,.2f} a month from {to_date(int(levels.month[at]))}")
        way_out = "Leave out credits for other things than time that is not used."
        raise InputError("inconsistent", "amount", shown, "must not be credited below 0 at any time", way_out)


def _reasons(bill: Bill, levels: Levels, asked: Request) -> tuple[Levels, tuple[str, ...]]:
    """The changes with what was no choice of the customer, and the names of the reasons."""
    if asked.reason is None:
        return levels, ()
    names, s = bill.reasons, bill.stretches
    gone = np.flatnonzero(~levels.there)
    code, day = levels.code[gone], levels.month[gone]
    said = departure_reasons(s, code, day)
    if (said < 0).any() and asked.inactive_after is None:
        at = int(np.argmax(said < 0))
        line = (s.code == code[at]) & (s.end == day[at])
        refuse_line(bill, s, "reason", line, NO_REASON)
    for name in asked.involuntary:
        check_choice("involuntary", name, names)
    forced = np.zeros(levels.code.size, np.bool_)
    forced[gone] = np.isin(said, [names.index(name) for name in asked.involuntary])
    if (said < 0).any():
        names = (*names, "silence")
    return replace(levels, involuntary=forced), names
