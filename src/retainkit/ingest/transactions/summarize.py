"""`summarize_transactions`: one table of any kind → what it says about its customers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date as Date
from typing import TYPE_CHECKING, Any, Literal, Protocol, Required, TypeAlias, Unpack, overload

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.collapse import Calendar, Folded, Histories, fold, join
from retainkit.ingest.transactions.plan import (
    Plan,
    Refunds,
    bad_split,
    make_plan,
    nothing_bought,
    read_lines,
)
from retainkit.ingest.transactions.records import Activity, Holdout, TransactionSummary, Treatment
from retainkit.summaries import Purchases
from retainkit.tables import Source, TableSource, is_mapping, take, to_date
from retainkit.tables.files import is_path, locate
from retainkit.tables.lines import FarDates, LaterLines, MissingIds
from retainkit.tables.read import as_relation, is_relation
from retainkit.typing import Array, ColumnLike, Frame, Reading, Unit
from retainkit.units import DAYS_PER

if TYPE_CHECKING:
    from retainkit.ingest.transactions.lazy import LazyTransactionSummary


class _Relation(Protocol):
    @property
    def fetchall(self) -> Any: ...


class _LazyFrame(Protocol):
    @property
    def sink_parquet(self) -> Any: ...


class _SparkFrame(Protocol):
    @property
    def createTempView(self) -> Any: ...  # noqa: N802


# `duckdb.sql` says that it may give None: it does for statements, which are no tables
_InEngine: TypeAlias = _Relation | _LazyFrame | _SparkFrame | None
"""What stays in its engine, by a method that no table in memory has: type checkers need no library for it."""


class _Lines(Reading, total=False):
    """Arguments of `summarize_transactions`, for its signatures by kind of table."""

    customer_id: Required[str]
    date: Required[str]
    amount: str | None
    unit: Required[Unit]
    observation_end: str | Date | None
    holdout_from: str | Date | None
    refunds: Refunds
    later: LaterLines
    missing_ids: MissingIds
    far_dates: FarDates
    date_format: str | None
    order_id: str | None
    refund_window: int | None
    currency: str | None
    exchange_rates: Frame | None
    monthly: bool
    state: str | None
    next_state: str | None
    progress: Callable[[str, int], object] | None


@overload
def summarize_transactions(
    source: _InEngine, *, in_memory: Literal[False] | None = None, **lines: Unpack[_Lines]
) -> LazyTransactionSummary: ...
@overload
def summarize_transactions(
    source: Source, *, in_memory: Literal[False], **lines: Unpack[_Lines]
) -> LazyTransactionSummary: ...
@overload
def summarize_transactions(
    source: Source, *, in_memory: bool | None = None, **lines: Unpack[_Lines]
) -> TransactionSummary: ...


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
    later: LaterLines = "error",
    missing_ids: MissingIds = "error",
    far_dates: FarDates = "error",
    date_format: str | None = None,
    order_id: str | None = None,
    refund_window: int | None = None,
    currency: str | None = None,
    exchange_rates: Frame | None = None,
    monthly: bool = False,
    in_memory: bool | None = None,
    state: str | None = None,
    next_state: str | None = None,
    progress: Callable[[str, int], object] | None = None,
    **reading: Unpack[Reading],
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
        One line per transaction: a pandas, polars (eager or lazy) or pyarrow table, a DuckDB relation, a
        dict of columns, a `TableSource`, or paths and globs of CSV, Parquet and JSON lines (read by DuckDB,
        larger than memory too) or of Excel workbooks.
    customer_id, date, amount : str
        Names of columns, or expressions of them: ``amount="quantity * price"``. Dates: dates, timestamps,
        text YYYY-MM-DD (a time may follow) or YYYYMMDD, or numbers YYYYMMDD. A timestamp counts on the day
        that its own clock shows.
    unit : {"day", "week", "month", "quarter", "year"}
        What recency and T count in.
    observation_end : date or text, optional
        Last day of observation; by default the last date in the data.
    holdout_from : date or text, optional
        First day of a held-out period: adds `.calibration` and `.holdout`.
    refunds : {"net", "ignore", "error", "cancel"}
        Negative amounts: subtracted from the purchases they follow, left out, or refused. A day whose
        amounts add up to less than 0 is a refund, no purchase. "cancel": an order that was refunded in full
        never was; refunds in part are subtracted.
    later : {"error", "drop"}
        Lines after `observation_end`: refused, or left out and counted.
    missing_ids : {"error", "drop"}
        Lines without a customer, by value or by a text such as "nan", "None" or "NULL": refused, or left out
        and counted.
    far_dates : {"error", "keep"}
        Dates so far from all others that a mistyped year explains them best: those of one line in ten at
        most, or of nine lines in a small table, by 40 years; of one in a hundred by three years, if that is
        more than the others span and a hundred times any gap between them. Late ones are looked at only
        where `observation_end` is left out.
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`: ``"%d/%m/%Y"``; ``"excel"``,
        ``"epoch-s"`` or ``"epoch-ms"`` for numbers that count.
    order_id : str, optional
        Column of orders: lines of one order are one purchase, on its first day; those of a held-out period
        are one of their own, and cancel none before it.
    refund_window : int, days, optional
        With ``refunds="cancel"``, how long after an order a refund of the same amount is taken for its own,
        where no order says so.
    currency : str, optional
        Column of currencies; several are refused, or converted by `exchange_rates`.
    exchange_rates : table, optional
        Columns date, currency and rate: what one unit is worth in the currency of the results, from that day
        on.
    monthly : bool
        Also keep what each customer paid in each calendar month, which `cohort_payback` asks for.
    in_memory : bool, optional
        Whether customers come into memory. By default those of a DuckDB relation, a polars LazyFrame or a
        PySpark frame stay in their engine, and the result is a `LazyTransactionSummary`; all other tables are
        held here. False leaves the customers of files in DuckDB.
    state : str, optional
        Folder of what an earlier run knew, for a lazy table: `source` then has the lines since, and the
        summary is that of all lines. None may lie before the last day on which their customer had one.
    next_state : str, optional
        Folder to write that to, for the next run; it must not be there yet.
    progress : callable (what was done, of how many rows), optional
        Called after each step. What it raises ends the work, and leaves nothing behind.
    **reading
        How the table is read: where, amount_format, encoding, separator, sheet, heading_row, engine, as in
        `TableSource`.

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
    policies: Any = {"later": later, "missing_ids": missing_ids, "far_dates": far_dates}
    policies |= {"order_id": order_id, "refund_window": refund_window}
    policies |= {"currency": currency, "exchange_rates": exchange_rates, "monthly": monthly}
    given = (customer_id, date, amount, unit, observation_end, holdout_from, refunds, date_format)
    plan = make_plan(*given, **policies)
    plan = replace(plan, state=state, next_state=next_state)
    read = TableSource.of(source, reading)
    stays = _stays(read, in_memory)
    _check_state(plan, stays=stays)
    if stays:
        from retainkit.ingest.transactions.lazy.summarize import summarize_lazily

        return summarize_lazily(read, plan, progress or _silent)
    customers, folded, told = _read(read, plan)
    made = assemble(customers, folded, plan, told)
    (progress or _silent)("customers counted", len(made))
    return made


def _check_state(plan: Plan, *, stays: bool) -> None:
    for name, path in (("state", plan.state), ("next_state", plan.next_state)):
        if path is not None and not stays:
            rule = "must be left out where customers come into memory: an engine keeps it"
            way_out = (
                "Pass a DuckDB relation, a polars LazyFrame or a Spark frame; of files say in_memory=False."
            )
            raise InputError("not-supported", name, path, rule, way_out)
        if path is not None and plan.holdout_from is not None:
            rule = "must be left out beside a state, which no longer knows the days before"
            raise InputError(
                "not-supported", "holdout_from", to_date(plan.holdout_from), rule, "Hold out of all lines."
            )


def _silent(done: str, rows: int) -> None:
    pass


def _stays(source: TableSource, in_memory: bool | None) -> bool:
    """Whether customers are counted where the table is: of lazy tables unless told, of files if told."""
    if in_memory is not None and not isinstance(in_memory, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError("wrong-type", "in_memory", in_memory, "must be True or False", "Or leave it out.")
    if in_memory:
        return False
    if is_path(source.table) and locate(source.table).origin != "excel":
        return in_memory is False
    lazy = False
    if not is_mapping(source.table):
        from retainkit.tables.lazy import lazy_frame

        lazy = lazy_frame(source.table) is not None
    if in_memory is False and not lazy:
        rule = "must not be False for a table that is in memory already"
        way_out = "Pass a DuckDB relation, a polars LazyFrame, a Spark frame or the path of files."
        raise InputError("not-supported", "in_memory", in_memory, rule, way_out)
    return lazy


def _read(source: TableSource, plan: Plan) -> tuple[Any, Folded, tuple[str, ...]]:
    """The customers with their histories, and what was found of how files are written."""
    if is_path(source.table):
        files = locate(source.table)
        if files.origin != "excel":
            from retainkit.ingest.transactions.engine import read_files

            return read_files(files, plan, source)
    table = as_relation(source.table)
    if is_relation(table):
        from retainkit.ingest.transactions.engine import read_relation
        from retainkit.tables.engine import Opened

        source.refuse_needless("relation")
        return read_relation(Opened(table, source), plan)
    lines = read_lines(replace(source, table=table), plan)
    start = int(lines.day.min())
    order = np.argsort(lines.code * (int(lines.day.max()) - start + 1) + lines.day - start, kind="stable")
    amount = None if lines.amount is None else lines.amount[order]
    of_order = None if lines.order is None else lines.order[order]
    folded = fold(lines.code[order], lines.day[order], amount, len(lines.customers), plan, of_order)
    folded.whole.counts.update(lines.left_out)
    return lines.customers, join([folded], plan.end), lines.told


def assemble(
    customers: ColumnLike, folded: Folded, plan: Plan, told: tuple[str, ...] = ()
) -> TransactionSummary:
    """The summary of the whole observation, with its two sides where it is split."""
    if not folded.whole.counts["purchases"]:
        raise nothing_bought(folded.whole.counts["cancelled_orders"])
    bought = folded.whole.purchases > 0
    if not bought.all():
        places = np.flatnonzero(bought)
        customers, folded = take(customers, places), folded.take(places)
    calibration = holdout = None
    if plan.holdout_from is not None:
        calibration, holdout = _split(customers, folded, plan, plan.holdout_from)
    whole = _summary(customers, folded.whole, folded.calendar, folded.last_day, plan, calibration, holdout)
    return replace(whole, treatment=replace(whole.treatment, told=told), _paid=folded.paid)


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
        _total=None if not plan.has_amounts else of.total,
        id_name=plan.columns["customer_id"],
    )


def _mean(total: Array, count: Array) -> Array:
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _split(customers: ColumnLike, folded: Folded, plan: Plan, at: int) -> tuple[TransactionSummary, Holdout]:
    before, after = folded.before, folded.after
    assert before is not None and after is not None
    acquired, start = np.flatnonzero(before.purchases > 0), folded.calendar.start
    if acquired.size == 0 or at > folded.last_day:
        raise bad_split(at, start, folded.last_day)
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
