"""What the caller asked for, checked once; and tables in memory → lines as arrays by that plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from retainkit.errors import InputError, check_choice, missing_argument
from retainkit.ingest.transactions.currencies import Rates, in_one_currency, read_rates
from retainkit.plurals import counted
from retainkit.tables import Codes, DateRule, Days, Fault, Said, Source, one_day, read_table, to_date
from retainkit.tables.lines import (
    FarDates,
    LaterLines,
    MissingIds,
    check_lines,
    in_time,
    with_customers,
)
from retainkit.tables.problems import NO_CUSTOMER
from retainkit.typing import Array, ColumnLike, Frame, Unit
from retainkit.units import check_unit

Refunds: TypeAlias = Literal["net", "ignore", "error", "cancel"]
"""What to do with negative amounts."""

ROUNDING = 2.0**-52
"""Of each term of a sum of amounts, at most: a sum that is less than all of it is nothing."""

NO_AMOUNT = Fault(
    "missing-value",
    "must not be missing or NaN",
    "Write 0 for purchases that brought nothing, or leave them out: where='{column} is not null'.",
)
NO_ORDER = Fault(
    "missing-value",
    "must not be missing",
    "Leave out such lines, or give each an order of its own.",
)
AFTER_END = Fault(
    "dates-conflict",
    "must not lie after observation_end",
    "Leave those lines out, or set observation_end to the last date that they may have; later='drop' leaves "
    "them out and counts them.",
)
REFUND = Fault(
    "out-of-range",
    "must not be negative under refunds='error'",
    "Use refunds='net' to subtract refunds or refunds='ignore' to leave them out.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked arguments; days as numbers."""

    columns: dict[str, str]
    """Argument → column, for the columns that are given."""
    dates: DateRule
    unit: Unit
    end: int | None
    holdout_from: int | None
    refunds: Refunds
    later: LaterLines = "error"
    missing_ids: MissingIds = "error"
    far_dates: FarDates = "error"
    refund_window: int | None = None
    rates: Rates | None = None
    monthly: bool = False
    state: str | None = None
    next_state: str | None = None

    @property
    def has_amounts(self) -> bool:
        """Whether the lines have amounts."""
        return "amount" in self.columns


def make_plan(
    customer_id: str,
    date: str,
    amount: str | None,
    unit: object,
    observation_end: object,
    holdout_from: object,
    refunds: Refunds,
    date_format: str | None = None,
    later: LaterLines = "error",
    missing_ids: MissingIds = "error",
    far_dates: FarDates = "error",
    order_id: str | None = None,
    refund_window: int | None = None,
    currency: str | None = None,
    exchange_rates: Frame | None = None,
    monthly: bool = False,
) -> Plan:
    """Check what can be checked before the table is read."""
    check_choice("refunds", refunds, get_args(Refunds))
    check_lines(missing_ids, far_dates, later)
    refuse_open_end(later, observation_end)
    end = None if observation_end is None else one_day("observation_end", observation_end)
    split = None if holdout_from is None else one_day("holdout_from", holdout_from)
    if end is not None and split is not None and split > end:
        rule = f"must not lie after observation_end ({observation_end})"
        raise InputError("dates-conflict", "holdout_from", holdout_from, rule, "Leave some days to hold out.")
    _check_refunds(refunds, amount, order_id, refund_window)
    rates = _check_currency(currency, amount, exchange_rates)
    if monthly and amount is None:
        raise missing_argument("amount", "must be given for what is paid by month", "Name its column.")
    named = {"customer_id": customer_id, "date": date, "amount": amount, "order_id": order_id}
    named["currency"] = currency
    columns = {argument: name for argument, name in named.items() if name is not None}
    dates = DateRule(date_format=date_format)
    unit = check_unit("unit", unit)
    return Plan(
        columns,
        dates,
        unit,
        end,
        split,
        refunds,
        later,
        missing_ids,
        far_dates,
        refund_window,
        rates,
        monthly,
    )


def refuse_open_end(later: LaterLines, observation_end: object) -> None:
    """Refuse to drop later lines where nobody said later than what."""
    if later == "drop" and observation_end is None:
        way_out = "Say up to which day lines count: observation_end='2024-12-31', for one."
        raise missing_argument("observation_end", "must be given where later lines are dropped", way_out)


def _check_refunds(refunds: Refunds, amount: str | None, order_id: str | None, window: Any) -> None:
    if window is not None and refunds != "cancel":
        rule = "has no meaning unless refunded orders are cancelled"
        raise InputError("needless", "refund_window", window, rule, "Say refunds='cancel', or leave it out.")
    if refunds != "cancel":
        return
    if amount is None:
        raise missing_argument(
            "amount", "must be given where refunded orders are cancelled", "Name its column."
        )
    if window is None and order_id is None:
        rule = "must be given where nothing but the amount tells which order a refund belongs to"
        way_out = (
            "For up to 90 days after it write refund_window=90; or name the column of orders: order_id=."
        )
        raise missing_argument("refund_window", rule, way_out)
    if window is not None and (isinstance(window, bool) or not isinstance(window, int) or window < 0):
        rule = "must be a whole number of days, 0 or more"
        raise InputError("out-of-range", "refund_window", window, rule, "For example 90.")


def _check_currency(currency: str | None, amount: str | None, rates: Frame | None) -> Rates | None:
    if currency is not None and amount is None:
        raise missing_argument(
            "amount", "must be given beside the currency that it is in", "Name its column."
        )
    if rates is None:
        return None
    if currency is None:
        rule = "must name the column of currencies where there are rates between them"
        raise missing_argument("currency", rule, "Write currency='currency', for one.")
    return read_rates(rates)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a table, unsorted, and the distinct customers in order."""

    customers: ColumnLike
    """Ids in the caller's kind of column."""
    code: Codes
    """Each line's place among `customers`."""
    day: Days
    amount: Array | None
    left_out: Counter[str]
    told: tuple[str, ...] = ()
    order: Codes | None = None


def read_lines(source: Source, plan: Plan) -> Lines:
    """The lines of any table, all of them sound."""
    table = read_table(source, plan.columns, line="transaction")
    filtered, told = table.left_out, table.told
    table, lost = with_customers(table, plan.missing_ids, "source", "transaction")
    # a line of totals has neither customer nor date: the customer says more, but later lines may have none
    ids = table["customer_id"].ids(NO_CUSTOMER) if plan.later == "error" else None
    day = table["date"].dates(plan.dates).astype(np.int64)
    table, day, later = in_time(table, "date", day, plan.end, plan.later, AFTER_END, plan.far_dates)
    left_out = Counter(missing_id_lines=lost, filtered_lines=filtered, later_lines=later)
    customers, code = ids or table["customer_id"].ids(NO_CUSTOMER)
    amount = table["amount"].numbers(NO_AMOUNT) if "amount" in table else None
    if amount is not None and plan.refunds == "error":
        table["amount"].refuse(amount < 0, REFUND)
    if amount is not None:
        amount = in_one_currency(table, day, amount, plan.rates)
    order = table["order_id"].ids(NO_ORDER)[1] if "order_id" in table else None
    return Lines(customers, code, day, amount, left_out, told, order)


def nothing_bought(cancelled: int) -> InputError:
    """The error for lines of which none is a purchase that lasted."""
    if cancelled:
        shown = Said(f"{counted(cancelled, 'order')}, all refunded in full")
        rule = "must have at least one purchase that was not refunded in full"
        return InputError(
            "empty", "source", shown, rule, "refunds='net' counts orders and subtracts refunds."
        )
    rule = "must have at least one purchase (an amount of 0 or more on some customer's day)"
    way_out = "Check the sign of the amounts: purchases are positive, refunds negative."
    return InputError("empty", "source", Said("refunds only"), rule, way_out)


def bad_split(at: int, start: int, last_day: int) -> InputError:
    """The error for a held-out period that leaves nothing before it, or nothing in it."""
    side = f"the first purchase ({to_date(start)}) and not after the end of observation"
    rule = f"must lie after {side} ({to_date(last_day)})"
    way_out = "Choose a day that leaves purchases before it and time after it."
    return InputError("dates-conflict", "holdout_from", to_date(at).isoformat(), rule, way_out)
