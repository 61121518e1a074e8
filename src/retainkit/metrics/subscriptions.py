"""What every customer pays per month, read from the tables that subscription businesses have.

Two shapes are common and both are read: one row per customer and month with the MRR at the month's end
(what billing systems and warehouses export), and one row per subscription with a start, an end and an
MRR. Who has only the monthly totals needs no table: `retainkit.metrics.ratios` takes numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Self, TypeAlias, get_args

import numpy as np

from retainkit.documents import Document
from retainkit.errors import check_choice, missing_argument
from retainkit.metrics._levels import (
    ONE_DAY,
    Levels,
    from_spans,
    month_name,
    month_of,
)
from retainkit.metrics._rows import (
    check_span,
    ends_of,
    months_of,
    one_a_month,
    read_rows,
    too_late,
    who_pays,
)
from retainkit.plurals import counted
from retainkit.tables import MONTH_OR_DAY, DateRule, one_day
from retainkit.tables.lines import (
    FarDates,
    LaterLines,
    MissingIds,
    check_lines,
    in_time,
    with_customers,
)
from retainkit.typing import ColumnLike, Frame

ChurnEvent: TypeAlias = Literal["cancel", "end-of-term", "end-of-dunning"]
"""What ends a subscription: the customer's notice, the end of what is paid, or the last retry."""

Opening: TypeAlias = Literal["existing", "new"]
"""Whether the customers of the first month were there before it, or began in it."""


@dataclass(frozen=True, eq=False, repr=False)
class Subscriptions(Document):
    """MRR of every customer at the end of every month; made by `from_months` or `from_intervals`.

    What `SubscriptionBase.monthly` gives of a base; `read_subscriptions` reads all that these read, and more.

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
        Rows of the table that count.
    unpaid : int
        Rows with an MRR of 0: they count as not active.
    unseen : int
        Subscriptions that were not active at any month's end inside the observation.
    levels : Levels
        Every change of a customer's MRR, in whole numbers, in the order of months.
    scale : int
        How many of those whole numbers make 1 of the currency unit.
    later, missing_ids, filtered : int
        Rows after the observation, without a customer, or outside of `where`, that were left out.
    told : tuple of str
        What was found of files and not given: their encoding, their separator.
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
    later: int = 0
    missing_ids: int = 0
    filtered: int = 0
    told: tuple[str, ...] = ()

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
        later: LaterLines = "error",
        missing_ids: MissingIds = "error",
        far_dates: FarDates = "error",
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
        later : {"error", "drop"}
            Rows after `observation_end`: refused, or left out and counted.
        missing_ids, far_dates
            As in `summarize_transactions`.
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
        check_lines(missing_ids, far_dates, later)
        rule = DateRule(months=True, date_format=date_format)
        read = read_rows(table, customer_id=customer_id, month=month, mrr=mrr, involuntary=involuntary)
        read, nobody = with_customers(read, missing_ids, "table", "row")
        rows = len(read)
        read, months, last = months_of(read, rule, observation_end, later, far_dates)
        customers, code, whole, unit, flag = who_pays(read)
        first = int(months.min())
        check_span("month", first, last)
        paid = whole > 0
        flag = None if flag is None else flag[paid]
        months, code, whole, flag = one_a_month(months[paid], code[paid], whole[paid], flag, repeated)
        return cls(
            customers=customers,
            first_month=month_name(first),
            last_month=month_name(last),
            opening=opening,
            rows=paid.size,
            unpaid=int(paid.size - paid.sum()),
            unseen=0,
            levels=from_spans(months, months + 1, code, whole, last, flag),
            scale=unit,
            later=rows - paid.size,
            missing_ids=nobody,
            filtered=read.left_out,
            told=read.told,
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
        later: LaterLines = "error",
        missing_ids: MissingIds = "error",
        far_dates: FarDates = "error",
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
        later : {"error", "drop"}
            Starts after `observation_end`: refused, or left out and counted.
        missing_ids, far_dates
            As in `summarize_transactions`; of the dates early starts are looked at.
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
        check_lines(missing_ids, far_dates, later)
        _check_event(churn_event, cancel, dunning_end)
        rule = DateRule(months=True, date_format=date_format)
        last_day = np.array([one_day("observation_end", observation_end, MONTH_OR_DAY)], "datetime64[D]")
        last = int(month_of(np.asarray(last_day + ONE_DAY, "datetime64[D]"))[0]) - 1
        ends = {"end": end, "cancel": cancel if churn_event == "cancel" else None}
        ends["dunning_end"] = dunning_end if churn_event == "end-of-dunning" else None
        named = {"customer_id": customer_id, "start": start, "mrr": mrr, "involuntary": involuntary}
        read = read_rows(table, **named, **ends)
        read, nobody = with_customers(read, missing_ids, "table", "row")
        days, until = read["start"].dates(rule).astype(np.int64), int(last_day.astype(np.int64)[0])
        late = too_late("rows", last_day[0])
        read, days, after = in_time(read, "start", days, until, later, late, far_dates)
        begins = days.astype("datetime64[D]")
        gone = ends_of(read, rule, begins, end_day)
        customers, code, whole, unit, flag = who_pays(read)
        begin, over = month_of(begins), np.where(np.isnat(gone), last + 1, month_of(gone))
        check_span("start", int(begin.min()), last)
        seen = (begin < over) & (begin <= last)
        paid = whole > 0
        counted = seen & paid
        flagged = None if flag is None else flag[counted]
        spans = (begin[counted], over[counted], code[counted], whole[counted])
        return cls(
            customers=customers,
            first_month=month_name(min(int(begin.min()), last)),
            last_month=month_name(last),
            opening="new",
            rows=paid.size,
            unpaid=int(paid.size - paid.sum()),
            unseen=int((paid & ~seen).sum()),
            levels=from_spans(*spans, last, flagged),
            scale=unit,
            later=after,
            missing_ids=nobody,
            filtered=read.left_out,
            told=read.told,
        )

    def __repr__(self) -> str:
        facts = [counted(self.rows, "row")]
        if self.unpaid:
            facts.append(f"{self.unpaid:,} of them with an MRR of 0, which is not active")
        if self.later:
            facts.append(f"{self.later:,} left out: after the observation")
        if self.missing_ids:
            facts.append(f"{self.missing_ids:,} left out: without a customer")
        if self.filtered:
            facts.append(f"{self.filtered:,} left out: where= does not hold")
        if self.unseen:
            facts.append(f"{counted(self.unseen, 'subscription')} not active at any month's end")
        begin = f"the customers of {self.first_month} are the opening balance"
        facts.append(begin if self.opening == "existing" else "everyone is new at their first month")
        head = f"Subscriptions of {counted(len(self), 'customer')}, MRR at the ends of the months "
        return f"{head}{self.first_month} to {self.last_month}\n  {'; '.join([*facts, *self.told])}"


def _check_event(churn_event: object, cancel: str | None, dunning_end: str | None) -> None:
    check_choice("churn_event", churn_event, get_args(ChurnEvent))
    needed = {"cancel": ("cancel", cancel), "end-of-dunning": ("dunning_end", dunning_end)}
    argument, name = needed.get(str(churn_event), ("end", "end"))
    if name is None:
        rule = f"must name the column of those days under churn_event={churn_event!r}"
        way_out = "Name it, or use churn_event='end-of-term', which reads the column end."
        raise missing_argument(argument, rule, way_out)
