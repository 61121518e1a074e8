"""`summarize_periods`: one line per customer and month → orders by period, of which the day is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date as Date
from typing import Any, NamedTuple, Unpack

import numpy as np

from retainkit.errors import InputError, missing_argument
from retainkit.ingest.transactions.plan import AFTER_END, NO_AMOUNT, refuse_open_end
from retainkit.ingest.transactions.records import Holdout
from retainkit.plurals import counted
from retainkit.records import FrameKind
from retainkit.summaries import Opportunities, Purchases, PurchasesInPeriods, Spend
from retainkit.tables import (
    Codes,
    DateRule,
    Fault,
    Mask,
    Said,
    Source,
    Table,
    TableSource,
    frame_of,
    one_day,
    read_table,
    take,
)
from retainkit.tables.days import Days, begin_of, period_of, to_date
from retainkit.tables.lines import (
    FarDates,
    LaterLines,
    MissingIds,
    check_lines,
    in_time,
    with_customers,
)
from retainkit.tables.problems import NO_CUSTOMER
from retainkit.typing import Array, ColumnLike, Frame, Reading, Unit
from retainkit.units import check_unit

_ORDERS = Fault(
    "out-of-range",
    "must be whole numbers of orders, 0 or more",
    "Count orders, and give money as amount=; leave refunds out, or count them off the orders before.",
)
_SENTENCES = {
    "filtered_lines": "for which where= did not hold: left out",
    "missing_id_lines": "without a customer: left out",
    "later_lines": "after the observation: left out",
    "merged_lines": "beside another of the same customer and period: added up",
    "empty_lines": "without an order",
    "customers_without_orders": "without any order: left out",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PeriodSummary:
    """Orders by period, one entry per customer; made by `summarize_periods`.

    Attributes
    ----------
    data : PurchasesInPeriods
        What ``fit(in_periods(BGNBD), …)`` takes; times count in `unit`.
    opportunities : Opportunities
        Periods with an order after the first such period: what `BGBB` takes, exact as it is.
    customers : column of the caller's dataframe kind
        The ids, in the order of the entries: ascending.
    total_value : (n,) or None
        What each customer's orders brought in all, the first one included.
    unit : {"day", "week", "month", "quarter", "year"}
    observation_start, observation_end : datetime.date
        The first day of the first period with an order, and the last day of the last period.
    treatment : dict
        What became of the lines, by count.
    calibration : PeriodSummary or None
        The periods before ``holdout_from`` as they looked then.
    holdout : Holdout or None
        What its customers did afterwards: `frequency` counts orders.
    told : tuple of str
        What was found of files and not given: their encoding, their separator.
    """

    data: PurchasesInPeriods
    opportunities: Opportunities
    customers: ColumnLike
    total_value: Array | None
    unit: Unit
    observation_start: Date
    observation_end: Date
    treatment: Mapping[str, int]
    id_name: str = "customer_id"
    told: tuple[str, ...] = ()
    calibration: PeriodSummary | None = None
    holdout: Holdout | None = None

    def __len__(self) -> int:
        return len(self.data)

    @property
    def spend(self) -> Spend:
        """Mean value of all orders, the first one included: what it alone brought is not known."""
        if self.total_value is None:
            rule = "must name a column of money before anything is known of spend"
            raise missing_argument("amount", rule, "Call summarize_periods(..., amount='revenue').")
        orders = np.where(self.total_value > 0.0, self.data.frequency + 1.0, 0.0)
        mean = np.maximum(self.total_value, 0.0) / (self.data.frequency + 1.0)
        return Spend(frequency=orders, monetary_value=mean)

    def __retention_data__(self, kind: type[object]) -> object:
        """Its orders by period, its periods with an order or its spend, where a function takes such data."""
        if kind is Purchases:
            rule = "must not be known to the period only for models of exact times"
            way_out = (
                "Fit rk.in_periods(BGNBD) in place of BGNBD; or BGBB, which counts periods with an order."
            )
            raise InputError("not-supported", "data", type(self).__name__, rule, way_out)
        if kind is Spend:
            return self.spend
        known: dict[type[object], object] = {
            PurchasesInPeriods: self.data,
            Opportunities: self.opportunities,
        }
        return known.get(kind)

    def __retention_before_holdout__(self) -> PeriodSummary:
        """What a fit may see of it."""
        return self if self.calibration is None else self.calibration

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per customer in the caller's kind of dataframe or another: id, columns of `data`, total."""
        columns = self.data.columns | ({} if self.total_value is None else {"total_value": self.total_value})
        return frame_of(self.id_name, self.customers, columns, kind)

    def __repr__(self) -> str:
        orders = self.data.frequency.sum() + len(self)
        lines = [
            f"PeriodSummary of {counted(len(self), 'customer')} by {self.unit}",
            f"  observation: {self.observation_start} to {self.observation_end}, both included",
            f"  {counted(self.treatment['lines'], 'line')} read: {counted(orders, 'order', spec=',.0f')}",
        ]
        if self.holdout is not None:
            periods = counted(self.holdout.duration, self.unit, spec="g")
            lines.insert(2, f"  holdout: from {self.holdout.start}, {periods}")
        happened = (
            (n, "customer" if name.startswith("customers") else "line", _SENTENCES[name])
            for name, n in self.treatment.items()
            if n and name in _SENTENCES
        )
        told = (*self.told, *(f"{counted(n, what)} {sentence}" for n, what, sentence in happened))
        return "\n".join([*lines, *(f"  {sentence}" for sentence in told)])


def summarize_periods(
    source: Source,
    *,
    customer_id: str,
    period: str,
    orders: str,
    amount: str | None = None,
    unit: Unit,
    observation_end: str | Date | None = None,
    holdout_from: str | Date | None = None,
    later: LaterLines = "error",
    missing_ids: MissingIds = "error",
    far_dates: FarDates = "error",
    date_format: str | None = None,
    **reading: Unpack[Reading],
) -> PeriodSummary:
    """Turn a table of one line per customer and month (or week, quarter) into orders by period.

    The days of the orders are not known, and nobody pretends that they were: models of exact times are
    fitted by `in_periods`, whose likelihood averages over where in its period an order may have been; `BGBB`
    is exact as it is. Raises `InputError` as `summarize_transactions`; for counts that are not whole numbers,
    and an end or a split within a period.

    Parameters
    ----------
    source, customer_id, later, missing_ids, far_dates, date_format, reading
        As in `summarize_transactions`; the table is held in memory.
    period : str
        Column of the periods, each by any of its days: dates, or months as ``2024-01``. Weeks begin on
        Monday. Periods without a line are without an order.
    orders : str
        Column of how many orders there were in the period; 0 is a line without one.
    amount : str, optional
        Column of what they brought, refunds subtracted.
    unit : {"day", "week", "month", "quarter", "year"}
        What a period is; each counts as long as any other.
    observation_end : date or text, optional
        The last day of the last period, or its month; by default that of the last one in the table, which
        has to be over.
    holdout_from : date or text, optional
        The first day of the first held-out period, or its month: adds `.calibration` and `.holdout`.

    Examples
    --------
    >>> import retainkit as rk
    >>> table = {"id": [1, 1, 1, 2], "month": ["2024-01", "2024-02", "2024-05", "2024-04"],
    ...          "orders": [2, 1, 1, 1], "eur": [30.0, 9.0, 12.0, 8.0]}
    >>> told = rk.summarize_periods(table, customer_id="id", period="month", orders="orders", amount="eur",
    ...                             unit="month", observation_end="2024-06-30")
    >>> told.data.frequency.tolist(), told.data.recency.tolist(), told.data.T.tolist()
    ([3.0, 0.0], [4.0, 0.0], [6.0, 3.0])
    >>> told.opportunities.frequency.tolist(), told.spend.monetary_value.tolist()
    ([2.0, 0.0], [12.75, 8.0])
    """
    check_lines(missing_ids, far_dates, later)
    refuse_open_end(later, observation_end)
    unit = check_unit("unit", unit)
    columns = {"customer_id": customer_id, "period": period, "orders": orders}
    columns |= {} if amount is None else {"amount": amount}
    dates = DateRule(unit in ("month", "quarter", "year"), date_format)
    end = None if observation_end is None else _last_period(observation_end, unit, dates)
    split = None if holdout_from is None else _first_period(holdout_from, unit, dates)
    policies: Any = {"later": later, "missing_ids": missing_ids, "far_dates": far_dates}
    table, place, counts = _read(TableSource.of(source, reading), columns, dates, unit, end, **policies)
    customers, code = table["customer_id"].ids(NO_CUSTOMER)
    made = table["orders"].numbers()
    table["orders"].refuse((made < 0) | (made != np.rint(made)), _ORDERS)
    if not (made > 0).any():
        rule = "must have at least one order"
        raise InputError("empty", "orders", Said("zeros only"), rule, "Check the name of the column.")
    last = int(place.max()) if end is None else end
    money = None if amount is None else table["amount"].numbers(NO_AMOUNT)
    lines = _Lines(code, place, made, money)
    told = {"id_name": customer_id, "told": table.told}
    whole = _summary(customers, lines, last, unit, counts, **told)
    if split is None:
        return whole
    calibration = _before(customers, lines, split, last, unit, counts, **told)
    return replace(whole, calibration=calibration, holdout=_holdout(lines, split, last, unit))


class _Lines(NamedTuple):
    """The customer, the period, the orders and the money of each line."""

    code: Codes
    place: Days
    orders: Array
    money: Array | None

    def where(self, keep: Mask) -> _Lines:
        money = None if self.money is None else self.money[keep]
        return _Lines(self.code[keep], self.place[keep], self.orders[keep], money)


def _summary(
    customers: ColumnLike, lines: _Lines, last: int, unit: Unit, counts: Mapping[str, int], **told: Any
) -> PeriodSummary:
    """What lines say of their customers at the end of the period `last`."""
    some = lines.where(lines.orders > 0)
    who, found = np.unique(some.code, return_inverse=True)
    data, bought, merged = _by_customer(found, some.place, some.orders, last, unit)
    total = None if lines.money is None else _sums(lines.code, lines.money, len(customers))
    treatment = {**counts, "empty_lines": lines.orders.size - some.orders.size, "merged_lines": merged}
    return PeriodSummary(
        data=data,
        opportunities=Opportunities(
            frequency=bought - 1.0, recency=data.recency, periods=data.T - 1.0, unit=unit
        ),
        customers=take(customers, who),
        total_value=None if total is None else total[who],
        unit=unit,
        observation_start=_first_day(int(some.place.min()), unit),
        observation_end=to_date(_last_day(last, unit)),
        treatment=treatment | {"customers_without_orders": np.unique(lines.code).size - who.size},
        **told,
    )


def _before(
    customers: ColumnLike,
    lines: _Lines,
    split: int,
    last: int,
    unit: Unit,
    counts: Mapping[str, int],
    **told: Any,
) -> PeriodSummary:
    """The periods before the split, as they looked then."""
    before = lines.where(lines.place < split)
    if split > last or not (before.orders > 0).any():
        end = to_date(_last_day(last, unit))
        rule = f"must lie after the first {unit} with an order and not after the end of observation ({end})"
        way_out = f"Choose a {unit} that leaves orders before it and time after it."
        raise InputError("dates-conflict", "holdout_from", str(_first_day(split, unit)), rule, way_out)
    return _summary(customers, before, split - 1, unit, {**counts, "lines": before.orders.size}, **told)


def _holdout(lines: _Lines, split: int, last: int, unit: Unit) -> Holdout:
    """What the customers who had ordered by then did afterwards."""
    ordered = lines.where(lines.orders > 0)
    early = np.unique(ordered.code[ordered.place < split])
    later = lines.where(lines.place >= split)
    size = int(lines.code.max()) + 1
    every = _sums(later.code, later.orders, size)
    orders, value = every[early], None
    if later.money is not None:
        money = _sums(later.code, later.money, size)[early]
        value = np.where(orders > 0.0, money / np.maximum(orders, 1.0), 0.0)
    return Holdout(
        frequency=orders,
        monetary_value=value,
        duration=float(last - split + 1),
        unit=unit,
        start=_first_day(split, unit),
        end=to_date(_last_day(last, unit)),
        new_customers=int(np.count_nonzero(every) - np.count_nonzero(orders)),
        earlier_refund_days=0,
    )


def _read(
    source: TableSource,
    columns: dict[str, str],
    dates: DateRule,
    unit: Unit,
    end: int | None,
    *,
    later: LaterLines,
    missing_ids: MissingIds,
    far_dates: FarDates,
) -> tuple[Table, Days, dict[str, int]]:
    """The lines that count, the period of each by number, and how many do not count."""
    table = read_table(source, columns, line="period")
    counts = {"lines": len(table), "filtered_lines": table.left_out}
    table, counts["missing_id_lines"] = with_customers(table, missing_ids, "source", "period")
    day = table["period"].dates(dates).astype(np.int64)
    until = None if end is None else _last_day(end, unit)
    table, day, counts["later_lines"] = in_time(table, "period", day, until, later, AFTER_END, far_dates)
    return table, period_of(day, unit), counts


def _by_customer(
    code: Days, place: Days, orders: Array, last: int, unit: Unit
) -> tuple[PurchasesInPeriods, Array, int]:
    """The orders of each customer by period, the periods with one, and how many lines were added up."""
    origin = int(place.min())
    span = int(place.max()) - origin + 1
    key, line = np.unique(code * span + place - origin, return_inverse=True)
    each = np.bincount(line, orders)
    who, when = np.divmod(key, span)
    first = np.flatnonzero(np.append(True, who[1:] != who[:-1]))
    final = np.append(first[1:], who.size) - 1
    data = PurchasesInPeriods(
        frequency=np.add.reduceat(each, first) - 1.0,
        recency=when[final] - when[first],
        T=last - origin - when[first] + 1,
        in_first=each[first],
        in_last=each[final],
        unit=unit,
    )
    return data, (final - first + 1).astype(np.float64), code.size - key.size


def _last_period(observation_end: Any, unit: Unit, dates: DateRule) -> int:
    """The period that ends on that day."""
    day = one_day("observation_end", observation_end, DateRule(dates.months))
    last = int(period_of(np.array([day]), unit)[0])
    over = _last_day(last, unit)
    if day != over:
        rule = f"must be the last day of a {unit}: one that is not over would count as a whole one"
        before = to_date(_last_day(last - 1, unit))
        way_out = f"Write {to_date(over)}, or {before} with later='drop'."
        raise InputError("dates-conflict", "observation_end", observation_end, rule, way_out)
    return last


def _sums(code: Codes, values: Array, customers: int) -> Array:
    return np.bincount(code, weights=values, minlength=customers).astype(np.float64, copy=False)


def _first_period(holdout_from: Any, unit: Unit, dates: DateRule) -> int:
    """The period that begins on that day."""
    day = one_day("holdout_from", holdout_from, DateRule(dates.months), begin=True)
    first = int(period_of(np.array([day]), unit)[0])
    begins = _first_day(first, unit)
    if to_date(day) != begins:
        rule = f"must be the first day of a {unit}: a part of one cannot be held out"
        raise InputError("dates-conflict", "holdout_from", holdout_from, rule, f"Write {begins}.")
    return first


def _first_day(period: int, unit: Unit) -> Date:
    return to_date(int(begin_of(np.array([period]), unit)[0]))


def _last_day(period: int, unit: Unit) -> int:
    return int(begin_of(np.array([period + 1]), unit)[0]) - 1
