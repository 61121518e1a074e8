"""The summary of a table that stays in its engine: read, checked, counted there; what is small comes here."""

from __future__ import annotations

import atexit
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import narwhals as nw
import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.lazy.cancelled import without_cancelled
from retainkit.ingest.transactions.lazy.distinct import Held, counted
from retainkit.ingest.transactions.lazy.lines import (
    LazyLines,
    Tally,
    checked,
    lines_of_frame,
    lines_of_relation,
    whole,
)
from retainkit.ingest.transactions.lazy.orders import in_one_currency, on_first_days
from retainkit.ingest.transactions.lazy.pipeline import (
    calendar_of,
    customers_of,
    days_of,
    settled,
    states_of,
    unless_rounding,
)
from retainkit.ingest.transactions.lazy.states import State, added, write_state
from retainkit.ingest.transactions.lazy.summary import LazyTransactionSummary
from retainkit.ingest.transactions.monthly import CohortMoney
from retainkit.ingest.transactions.plan import Plan, bad_split, nothing_bought
from retainkit.ingest.transactions.records import Activity, Holdout
from retainkit.ingest.transactions.treatment import Treatment
from retainkit.tables import TableSource, to_date
from retainkit.tables.days import month_of
from retainkit.tables.engine import Opened, library, opened, unreadable
from retainkit.tables.files import is_path, locate
from retainkit.tables.lazy import Kept, Store, complaints, lazy_frame, small, store_of
from retainkit.tables.read import as_relation, is_relation
from retainkit.typing import Array, Frame, Values
from retainkit.units import DAYS_PER

Tell: TypeAlias = Callable[[str, int], object]


def summarize_lazily(source: TableSource, plan: Plan, tell: Tell) -> LazyTransactionSummary:
    """What the lines of a lazy table say of its customers, who stay in the engine."""
    _refuse_what_needs_lines(plan)
    if is_path(source.table):
        context = opened(locate(source.table), source, {})
        found = context.__enter__()
        try:
            made = _of_relation(found, plan, tell)
        except BaseException:
            context.__exit__(None, None, None)
            raise
        store = made.held.store
        store.on_close(lambda: context.__exit__(None, None, None), of_all=True)
        atexit.register(store.close)  # frames made of the summary may outlive it
        return replace(made, treatment=replace(made.treatment, told=found.told))
    table = as_relation(source.table)
    if is_relation(table):
        source.refuse_needless("relation")
        return _of_relation(Opened(table, source), plan, tell)
    with complaints(lazy_frame(source.table)):
        return _summary(lines_of_frame(source, plan), plan, tell)


def _of_relation(found: Opened, plan: Plan, tell: Tell) -> LazyTransactionSummary:
    duckdb = library("duckdb")
    try:
        return _summary(lines_of_relation(found, plan), plan, tell)
    except (duckdb.Error, OSError) as error:
        raise unreadable(error) from error


def _refuse_what_needs_lines(plan: Plan) -> None:
    """Refuse what needs all lines where some of them were read another day."""
    if not (plan.state or plan.next_state):
        return
    asked = {
        "order_id": plan.columns.get("order_id"),
        "refunds": "cancel" if plan.refunds == "cancel" else None,
        "monthly": plan.monthly or None,
    }
    for argument, value in asked.items():
        if value is not None:
            rule = "must be left out beside a state, which knows neither orders nor months"
            raise InputError("not-supported", argument, value, rule, "Begin from all lines each time.")


def _summary(lines: LazyLines, plan: Plan, tell: Tell) -> LazyTransactionSummary:
    frame, tally = checked(lines, plan)
    store, refunds = store_of(frame), bool(tally.refunds())
    try:
        if plan.rates is not None:
            names, on = list(tally.currencies), tally.day
            frame = in_one_currency(frame, store, plan.rates, names, on)
        if plan.state is not None or plan.next_state is not None:
            return _from_state(store, frame, tally, plan, tell)
        tell("lines checked", int(tally.lines.sum()))
        alike: dict[str, Counter[str]] = {}
        if "order_id" in plan.columns:
            frame, alike = on_first_days(frame, plan)
        orders: Kept | None = None
        if plan.refunds == "cancel":
            frame, gone, orders = without_cancelled(frame, store, plan)
            alike = {side: counts + alike.get(side, Counter()) for side, counts in gone.items()}
        days = store.keep(days_of(frame, plan, refunds=refunds))
        told = _Calendar.of(small(calendar_of(days.frame, plan)))
        tell("days of customers counted", int(told["purchases"].sum() + told["refund_days"].sum()))
        customers = store.keep(customers_of(days.frame, plan, refunds=refunds)).frame
        paid = None
        if plan.monthly:
            months = store.send({"date": told.day, "month": month_of(told.day)})
            paid = _cohort_money(days.frame, customers, months, netted=refunds and plan.refunds != "ignore")
        if store.computes_on_keep:
            days.drop()
        made = _told(store, customers, told, tally, plan, alike)
        tell("customers counted", len(made))
        if not store.computes_on_keep:
            days.drop()  # by now the customers are there
        if orders is not None:
            orders.drop()
        return replace(made, months=paid)
    except BaseException:
        store.close()
        raise


def _cohort_money(days: Frame, customers: Frame, months: Frame, *, netted: bool) -> CohortMoney:
    """What customers paid in each month, by the month of their first purchase."""
    sums = {name: nw.col(name).sum() for name in ("value", *(["size"] if netted else []))}
    sums["lines"] = whole(nw.col("lines"))
    paid = days.join(months, on="date", how="inner").group_by("customer_id", "month").agg(**sums)
    if netted:
        paid = paid.with_columns(value=unless_rounding("value", "size", "lines"))
    bought = customers.filter(nw.col("purchases") > 0).select("customer_id", date=nw.col("first"))
    began = bought.join(months, on="date", how="inner").select("customer_id", began=nw.col("month"))
    counts = {"customers": whole((nw.col("value") > 0.0).cast(nw.Int64)), "amount": nw.col("value").sum()}
    found = small(paid.join(began, on="customer_id", how="inner").group_by("began", "month").agg(**counts))
    order = np.lexsort((found["month"], found["began"]))
    return CohortMoney(*(found[name][order] for name in ("began", "month", "customers", "amount")))


def _from_state(store: Store, frame: Frame, tally: Tally, plan: Plan, tell: Tell) -> LazyTransactionSummary:
    """The same of lines that are added to what is known, or that others will be added to."""
    state = None if plan.state is None else State.read(store, plan.state, plan, frame)
    tell("lines checked", int(tally.lines.sum()))
    refunds = plan.has_amounts  # if none of today's lines is one, others may be
    days = store.keep(days_of(frame, plan, refunds=refunds, known=state and state.customers))
    found: Mapping[str, Values] = small(calendar_of(days.frame, plan))
    if state is not None:
        state.check_late(days.frame)
        found, tally = state.with_calendar(found), state.with_tally(tally)
    told = _Calendar.of(found)
    tell("days of customers counted", int(told["purchases"].sum() + told["refund_days"].sum()))
    known = state is not None
    customers = store.keep(states_of(days.frame, plan, refunds=refunds, known=known)).frame
    made = _told(store, settled(customers), told, tally, plan)
    tell("customers counted", len(made))
    if plan.next_state is not None:
        latest = nw.col("date").max().over("customer_id")
        over = days.frame.with_columns(latest=latest).filter(nw.col("date") < nw.col("latest"))
        closed: Mapping[str, Values] = small(calendar_of(over, plan))
        if state is not None:
            closed = added(state.closed(), closed)
        write_state(store, plan.next_state, plan, customers, closed, tally)
        tell("state written", len(made))
    days.drop()
    return made


def _told(
    store: Store,
    customers: Frame,
    told: _Calendar,
    tally: Tally,
    plan: Plan,
    alike: Mapping[str, Counter[str]] | None = None,
) -> LazyTransactionSummary:
    alike = alike or {}
    if not told["purchases"].sum():
        raise nothing_bought(alike.get("", Counter())["cancelled_orders"])
    end = int(tally.day.max()) if plan.end is None else plan.end
    start, split = told.start, plan.holdout_from
    counts = _counts(customers, told, tally, plan, "")
    counts.update(tally.left_out + alike.get("", Counter()))
    activity = told.activity(start, end, "tracked")
    bought = customers.filter(nw.col("purchases") > 0)
    whole = _side(Held.of(store, bought, ("purchases", "first", "last"), end), counts, activity, plan)
    if split is None:
        return whole
    if split <= start or split > end:
        raise bad_split(split, start, end)
    early = told.until(split)
    before = _before(customers, plan)
    held = Held.of(store, before, ("purchases", "first", "last", "purchases_after", "last_after"), split - 1)
    counts = _counts(customers, early, tally, plan, "_before") + alike.get("_before", Counter())
    calibration = _side(held, counts, early.activity(start, split - 1, "again"), plan)
    purchases = held.followed(plan.unit, "purchases_after", "last_after", end)
    holdout = _holdout(held, told, whole.held.size, split, end, plan)
    return replace(whole, calibration=calibration, holdout=holdout, followed=purchases)


def _before(customers: Frame, plan: Plan) -> Frame:
    """Those acquired before the split as they were then, and what came of them."""
    names = ["purchases", "first", "last", "log_gaps", *(["spend", "total"] if plan.has_amounts else [])]
    columns = {name: nw.col(f"{name}_before") for name in names}
    columns |= {f"{name}_after": nw.col(name) for name in ("purchases", "last")}
    if plan.has_amounts:
        columns["spend_later"] = nw.col("spend_later")
    acquired = customers.filter(nw.col("purchases_before") > 0)
    return acquired.select(customer_id=nw.col("customer_id"), **columns)


def _holdout(held: Held, told: _Calendar, customers: int, split: int, end: int, plan: Plan) -> Holdout:
    frequency = (held.keys["purchases_after"] - held.keys["purchases"]).astype(np.float64)
    value: Array | None = None
    if held.later_spend is not None:
        made = frequency * held.weight
        value = np.divide(held.later_spend, made, out=np.zeros_like(made), where=made > 0.0)
    return Holdout(
        frequency=frequency,
        monetary_value=value,
        duration=(end - split + 1) / DAYS_PER[plan.unit],
        unit=plan.unit,
        start=to_date(split),
        end=to_date(end),
        new_customers=customers - held.size,
        earlier_refund_days=int(told["earlier_refund_days"].sum()),
        weight=held.weight.astype(np.float64),
    )


def _side(held: Held, counts: Counter[str], activity: Activity, plan: Plan) -> LazyTransactionSummary:
    return LazyTransactionSummary(
        purchases=held.purchases(plan.unit),
        customers=held.customers.select(**{plan.columns["customer_id"]: nw.col("customer_id")}).to_native(),
        treatment=Treatment.of(counts, plan.refunds),
        unit=plan.unit,
        observation_start=activity.start,
        observation_end=to_date(held.end),
        activity=activity,
        calibration=None,
        holdout=None,
        monetary_value=None,
        id_name=plan.columns["customer_id"],
        held=held,
        cells=held.spend() if plan.has_amounts else None,
    )


def _counts(customers: Frame, told: _Calendar, tally: Tally, plan: Plan, side: str) -> Counter[str]:
    """What became of lines and customers, of the whole observation or of the time before the split."""
    names = ("purchases", "merged_lines", "refund_days", "refund_day_lines", "unmatched_refund_days")
    names += ("first_purchase_refund_days", "zero_purchases")
    counts = Counter({name: int(told[name].sum()) for name in names})
    made = nw.col(f"purchases{side}")
    present = nw.col("days_before") > 0 if side else nw.lit(value=True)
    marks = {"customers": made > 0, "refund_only_customers": (made == 0) & present}
    if plan.has_amounts:
        marks["customers_without_spend"] = (made > 1) & ~(nw.col(f"spend{side}") > 0.0)
        counts["refund_lines"] = tally.refunds(plan.holdout_from if side else None)
        if plan.refunds == "ignore":
            counts["ignored_refund_lines"] = counts["refund_lines"]
    counts.update(counted(customers, **marks))
    return counts


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The counts of each day on which something happened, ascending."""

    day: Values
    columns: Mapping[str, Values]

    @classmethod
    def of(cls, found: Mapping[str, Values]) -> _Calendar:
        order = np.argsort(found["date"])
        columns = {name: column[order].astype(np.int64) for name, column in found.items()}
        return cls(columns["date"], columns)

    def __getitem__(self, name: str) -> Values:
        return self.columns[name]

    @property
    def start(self) -> int:
        """The day of the first purchase."""
        return int(self.day[self.columns["purchases"] > 0][0])

    def until(self, split: int) -> _Calendar:
        """The days before one."""
        here = self.day < split
        return _Calendar(self.day[here], {name: column[here] for name, column in self.columns.items()})

    def activity(self, start: int, end: int, tracked: str) -> Activity:
        """First and repeat purchases on every day from the first purchase to the last day."""
        again = self.columns["purchases"] - self.columns["new"]
        wanted = {"new": self.columns["new"], "again": again, "tracked": self.columns["tracked"]}
        days = np.zeros((3, end - start + 1), np.int64)
        here = self.day >= start
        for row, name in zip(days, ("new", "again", tracked), strict=True):
            row[self.day[here] - start] = wanted[name][here]
        return Activity(to_date(start), *days)
