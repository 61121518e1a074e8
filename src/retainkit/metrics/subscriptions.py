"""What every customer pays per month, read from the tables that subscription businesses have.

Two shapes are common and both are read: one row per customer and month with the MRR at the month's end
(what billing systems and warehouses export), and one row per subscription with a start, an end and an
MRR. Who has only the monthly totals needs no table: `retainkit.metrics.ratios` takes numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, check_choice, missing_argument
from retainkit.metrics._levels import (
    ONE_DAY,
    Levels,
    fixed_point,
    from_rows,
    from_spans,
    month_name,
    month_of,
)
from retainkit.tables import MONTH_OR_DAY, Column, DateRule, Fault, Table, one_day, read_table
from retainkit.typing import ColumnLike, Frame

_LONGEST = 2400  # months; tables by month and age grow with the square

ChurnEvent: TypeAlias = Literal["cancel", "end-of-term", "end-of-dunning"]
"""What ends a subscription: the customer's notice, the end of what is paid, or the last retry."""

Opening: TypeAlias = Literal["existing", "new"]
"""Whether the customers of the first month were there before it, or began in it."""


@dataclass(frozen=True, eq=False, repr=False)
class Subscriptions:
    """MRR of every customer at the end of every month; made by `from_months` or `from_intervals`.

    A customer is active in a month when the MRR at its end is above 0. Several subscriptions of one
    customer are added up, so that losing one of them is contraction and losing the last is churn.

    Attributes
    ----------
    customers : column of the caller's dataframe kind
        The distinct ids, ascending.
    first_month, last_month : datetime64[M]
        The months observed, both included.
    opening : {"existing", "new"}
        Whether the customers of the first month are an opening balance or began in it.
    rows : int
        Rows of the table.
    unpaid : int
        Rows with an MRR of 0: they count as not active.
    unseen : int
        Subscriptions that were not active at any month's end inside the observation.
    levels : Levels
        Every change of a customer's MRR, in whole numbers, in the order of months.
    scale : int
        How many of those whole numbers make 1 of the currency unit.
    """

    customers: ColumnLike
    first_month: np.datetime64
    last_month: np.datetime64
    opening: Opening
    rows: int
    unpaid: int
    unseen: int
    levels: Levels
    scale: int

    def __len__(self) -> int:
        return len(self.customers)

    @classmethod
    def from_months(
        cls,
        table: Frame,
        *,
        customer_id: str = "customer_id",
        month: str = "month",
        mrr: str = "mrr",
        involuntary: str | None = None,
        repeated: Literal["error", "sum"] = "error",
        opening: Opening = "existing",
        observation_end: str | date | None = None,
        date_format: str | None = None,
    ) -> Self:
        """Read a table with one row per customer and month.

        A month without a row, or with an MRR of 0, is a month in which the customer was not active. Raises
        `InputError` for missing columns or values, negative MRR, unreadable dates, rows after
        `observation_end`.

        Parameters
        ----------
        table : dataframe of any kind, DuckDB relation, path of CSV or Parquet files, or dict of columns
        customer_id, month, mrr : str
            Names of columns: ids, months (dates of any day in them, ``2024-01`` or 202401) and the
            monthly recurring revenue at the month's end, 0 or more.
        involuntary : str, optional
            A column of True and False, read in a customer's last row before leaving: True where the
            payment failed and the customer did not choose to go.
        repeated : {"error", "sum"}
            Several rows of a customer in one month: refused, or added up.
        opening : {"existing", "new"}
            What the customers of the first month are. ``"existing"``: they were there before, and the
            first month is only the opening balance. ``"new"``: the table goes back to the first
            customer, so they are new.
        observation_end : date or text, optional
            The last month that the table covers, where nobody may have been active; by default the
            last month that has a row.
        date_format : str, optional
            How text and numbers write a month, as for `datetime.strptime`: ``"%m/%Y"``.

        Examples
        --------
        >>> import numpy as np
        >>> table = {"customer_id": np.array(["a", "b", "a"]), "mrr": np.array([10, 20, 15]),
        ...          "month": np.array(["2024-01", "2024-01", "2024-02"])}
        >>> Subscriptions.from_months(table)
        Subscriptions of 2 customers, MRR at the ends of the months 2024-01 to 2024-02
          3 rows; the customers of 2024-01 are the opening balance
        """
        check_choice("repeated", repeated, ("error", "sum"))
        check_choice("opening", opening, get_args(Opening))
        rule = DateRule(months=True, date_format=date_format)
        read = _read(table, customer_id=customer_id, month=month, mrr=mrr, involuntary=involuntary)
        months = month_of(read["month"].dates(rule))
        customers, code, whole, unit, flag = _who_pays(read)
        first, last = int(months.min()), int(months.max())
        if observation_end is not None:
            last = _last_month(observation_end, read["month"], months)
        _check_span("month", first, last)
        paid = whole > 0
        flag = None if flag is None else flag[paid]
        months, code, whole, flag = _one_a_month(months[paid], code[paid], whole[paid], flag, repeated)
        return cls(
            customers=customers,
            first_month=month_name(first),
            last_month=month_name(last),
            opening=opening,
            rows=paid.size,
            unpaid=int(paid.size - paid.sum()),
            unseen=0,
            levels=_no_levels() if whole.size == 0 else from_rows(months, code, whole, flag, last),
            scale=unit,
        )

    @classmethod
    def from_intervals(
        cls,
        table: Frame,
        *,
        observation_end: str | date,
        customer_id: str = "customer_id",
        start: str = "start",
        end: str = "end",
        mrr: str = "mrr",
        end_day: Literal["first-without", "last-with"] = "first-without",
        churn_event: ChurnEvent = "end-of-term",
        cancel: str | None = None,
        dunning_end: str | None = None,
        involuntary: str | None = None,
        date_format: str | None = None,
    ) -> Self:
        """Read a table with one row per subscription; a customer may have several at a time.

        The state is taken at the end of each month. A subscription that begins and ends between two month
        ends is not seen, and counted in ``.unseen``. The table must hold the whole history: the customers of
        its first month began in it. Raises `InputError` for missing columns or values, an end before the
        start, a start after `observation_end`.

        Parameters
        ----------
        table : dataframe of any kind, DuckDB relation, path of CSV or Parquet files, or dict of columns
        observation_end : date or text
            The last day that the table knows of; the last whole month up to it is the last observed.
            Ends after it have not happened yet.
        customer_id, start, end, mrr : str
            Names of columns: ids, the first day, the end (missing while it runs) and the MRR, 0 or more.
            A yearly price counts a twelfth.
        end_day : {"first-without", "last-with"}
            Whether an end is the first day without service (a timestamp of the ending) or the last
            day with it.
        churn_event : {"cancel", "end-of-term", "end-of-dunning"}
            What counts as the end. ``"end-of-term"``: column `end`. ``"cancel"``: the day of notice in
            column `cancel`, where it comes before the end. ``"end-of-dunning"``: the day in column
            `dunning_end` on which the last retry of a failed payment was given up, where there is one.
        cancel, dunning_end : str, optional
            Names of those columns; missing where it did not happen.
        involuntary : str, optional
            A column of True and False: True where the payment failed. A customer's loss counts as
            involuntary where any of the subscriptions that ended last was.
        date_format : str, optional
            How text and numbers write a date, as for `datetime.strptime`: ``"%d/%m/%Y"``.

        Examples
        --------
        >>> import numpy as np
        >>> table = {"customer_id": np.array(["a", "b"]), "mrr": np.array([10.0, 20.0]),
        ...          "start": np.array(["2024-01-15", "2024-02-01"]),
        ...          "end": np.array(["2024-03-15", None])}
        >>> Subscriptions.from_intervals(table, observation_end="2024-04-30")
        Subscriptions of 2 customers, MRR at the ends of the months 2024-01 to 2024-04
          2 rows; everyone is new at their first month
        """
        check_choice("end_day", end_day, ("first-without", "last-with"))
        _check_event(churn_event, cancel, dunning_end)
        rule = DateRule(months=True, date_format=date_format)
        last_day = np.array([one_day("observation_end", observation_end, MONTH_OR_DAY)], "datetime64[D]")
        last = int(month_of(np.asarray(last_day + ONE_DAY, "datetime64[D]"))[0]) - 1
        read = _read(
            table,
            customer_id=customer_id,
            start=start,
            end=end,
            mrr=mrr,
            cancel=cancel if churn_event == "cancel" else None,
            dunning_end=dunning_end if churn_event == "end-of-dunning" else None,
            involuntary=involuntary,
        )
        begins = read["start"].dates(rule)
        way_out = "Leave out what has not begun, or set observation_end later."
        late = Fault("dates-conflict", f"must not lie after observation_end ({last_day[0]})", way_out)
        read["start"].refuse(begins > last_day, late)
        ends = _ends(read, rule, begins, end_day)
        customers, code, whole, unit, flag = _who_pays(read)
        begin, over = month_of(begins), np.where(np.isnat(ends), last + 1, month_of(ends))
        _check_span("start", int(begin.min()), last)
        seen = (begin < over) & (begin <= last)
        paid = whole > 0
        kept = seen & paid
        spans = (begin[kept], over[kept], code[kept], whole[kept], None if flag is None else flag[kept])
        return cls(
            customers=customers,
            first_month=month_name(min(int(begin.min()), last)),
            last_month=month_name(last),
            opening="new",
            rows=paid.size,
            unpaid=int(paid.size - paid.sum()),
            unseen=int((paid & ~seen).sum()),
            levels=from_spans(*spans, last) if kept.any() else _no_levels(),
            scale=unit,
        )

    def __repr__(self) -> str:
        facts = [f"{self.rows:,} rows"]
        if self.unpaid:
            facts.append(f"{self.unpaid:,} of them with an MRR of 0, which is not active")
        if self.unseen:
            facts.append(f"{self.unseen:,} subscriptions not active at any month's end")
        begin = f"the customers of {self.first_month} are the opening balance"
        facts.append(begin if self.opening == "existing" else "everyone is new at their first month")
        head = f"Subscriptions of {len(self):,} customers, MRR at the ends of the months "
        return f"{head}{self.first_month} to {self.last_month}\n  {'; '.join(facts)}"


def _read(table: Frame, **named: str | None) -> Table:
    wanted = {argument: name for argument, name in named.items() if name is not None}
    return read_table(table, wanted, argument="table", line="row")


def _who_pays(read: Table) -> tuple[Any, NDArray[np.int64], NDArray[np.int64], int, NDArray[np.bool_] | None]:
    """The distinct customers; of every row the customer's place, the MRR in whole parts, and the flag."""
    customers, code = read["customer_id"].ids()
    amounts = read["mrr"].numbers()
    way_out = "Book refunds and credits apart: a recurring price is not negative."
    read["mrr"].refuse(amounts < 0.0, Fault("out-of-range", "must be 0 or more", way_out))
    flag = read["involuntary"].flags() if "involuntary" in read else None
    return customers, code, *fixed_point("mrr", amounts), flag


def _one_a_month(
    month: NDArray[np.int64],
    code: NDArray[np.int64],
    whole: NDArray[np.int64],
    flag: NDArray[np.bool_] | None,
    repeated: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_] | None]:
    """One row per customer and month: several are added up, or refused."""
    if month.size == 0:
        return month, code, whole, flag
    span = int(month.max() - month.min()) + 1
    key = code * span + (month - month.min())
    keys, first, count = np.unique(key, return_index=True, return_counts=True)
    if keys.size == key.size:
        return month, code, whole, flag
    if repeated == "error":
        extra = int(count.sum() - count.size)
        many = int(np.argmax(count > 1))
        when = month_name(int(month[first[many]]))
        shown = f"{int(count[many])} rows in {when} ({extra:,} too many in all)"
        way_out = "Use repeated='sum' if a customer's subscriptions have a row each."
        raise InputError("duplicate", "month", shown, "must appear once for each customer", way_out)
    order = np.argsort(key, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    said = None if flag is None else np.logical_or.reduceat(flag[order], starts)
    return month[first], code[first], np.add.reduceat(whole[order], starts), said


def _ends(
    read: Table, rule: DateRule, begins: NDArray[np.datetime64], end_day: str
) -> NDArray[np.datetime64]:
    """The first day without service, by the churn event that the caller chose; NaT while it runs."""
    ends = read["end"].dates(rule, unless="or missing while it runs")
    if end_day == "last-with":
        ends = ends + ONE_DAY
    if "cancel" in read:
        ends = np.fmin(ends, read["cancel"].dates(rule, unless="or missing without a notice"))
    if "dunning_end" in read:
        given_up = read["dunning_end"].dates(rule, unless="or missing where all was paid")
        ends = np.where(np.isnat(given_up), ends, given_up)
    way_out = "Correct the dates, or leave out those rows."
    read["end"].refuse(ends < begins, Fault("dates-conflict", "must not lie before the start", way_out))
    return ends


def _last_month(observation_end: str | date, column: Column, months: NDArray[np.int64]) -> int:
    last_day = np.array([one_day("observation_end", observation_end, MONTH_OR_DAY)], "datetime64[D]")
    last, way_out = int(month_of(last_day)[0]), "Leave those rows out, or set observation_end later."
    rule = f"must not lie after observation_end ({observation_end})"
    column.refuse(months > last, Fault("dates-conflict", rule, way_out))
    return last


def _check_span(argument: str, first: int, last: int) -> None:
    if last - first >= _LONGEST:
        shown = f"{month_name(first)} to {month_name(last)}"
        rule = f"must span less than {_LONGEST // 12} years"
        raise InputError("out-of-range", argument, shown, rule, "Look for mistyped years.")


def _check_event(churn_event: object, cancel: str | None, dunning_end: str | None) -> None:
    check_choice("churn_event", churn_event, get_args(ChurnEvent))
    needed = {"cancel": ("cancel", cancel), "end-of-dunning": ("dunning_end", dunning_end)}
    argument, name = needed.get(str(churn_event), ("end", "end"))
    if name is None:
        rule = f"must name the column of those days under churn_event={churn_event!r}"
        way_out = "Name it, or use churn_event='end-of-term', which reads the column end."
        raise missing_argument(argument, rule, way_out)


def _no_levels() -> Levels:
    none = np.zeros(0, np.int64)
    return Levels(none, none, none, None)
