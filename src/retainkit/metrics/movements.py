"""How monthly recurring revenue moved: new, expansion, reactivation, contraction, churn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import whole_number
from retainkit.errors import InputError, check_choice
from retainkit.metrics import ratios
from retainkit.metrics._levels import CUSTOMERS, MONEY, Window, compare, month_names
from retainkit.metrics.base import SubscriptionBase, monthly_of
from retainkit.metrics.ratios import ChurnDenominator
from retainkit.metrics.subscriptions import Subscriptions
from retainkit.plurals import counted
from retainkit.records import TableRecord
from retainkit.typing import Array

WindowKind: TypeAlias = Literal["calendar", "rolling"]
Counting: TypeAlias = Literal["ends", "months"]
Counted: TypeAlias = Literal["included", "excluded"]

_Months: TypeAlias = NDArray[np.datetime64]
_Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class MRRMovements(TableRecord):
    """Movements of MRR, one entry per window; made by `mrr_movements`.

    end = start + new + expansion + reactivation − contraction − churn, to the last unit of money, and
    the same for customers without expansion and contraction.

    Attributes
    ----------
    opening, closing : (w,) datetime64[M]
        Each window runs from the end of its opening month to the end of its closing month.
    start, end : (w,)
        MRR at its two ends.
    new, reactivation : (w,)
        MRR of customers not there at the start: never before, or come back.
    expansion, contraction : (w,)
        What customers who stayed pay more, and less.
    churn : (w,)
        MRR of customers who are gone at the end.
    involuntary_churn : (w,)
        The part of `churn` that customers did not choose; 0 unless the table said so.
    start_customers, ..., end_customers : (w,) int
        The customers behind each of these.
    """

    opening: _Months
    closing: _Months
    start: Array
    new: Array
    expansion: Array
    reactivation: Array
    contraction: Array
    churn: Array
    involuntary_churn: Array
    end: Array
    start_customers: _Counts
    new_customers: _Counts
    expanded_customers: _Counts
    reactivated_customers: _Counts
    contracted_customers: _Counts
    churned_customers: _Counts
    involuntary_churned_customers: _Counts
    end_customers: _Counts
    months: int
    window: WindowKind
    counting: Counting
    _like: Any = field(default=None, compare=False)

    def __len__(self) -> int:
        return self.opening.size

    def gross_revenue_retention(self) -> Array:
        """`ratios.gross_revenue_retention` of every window, over the customers at its start."""
        self._needs_cohort("gross_revenue_retention")
        return ratios.gross_revenue_retention(self.start, churn=self.churn, contraction=self.contraction)

    def net_revenue_retention(self, *, reactivation: Counted) -> Array:
        """`ratios.net_revenue_retention` of every window, with customers who came back or without."""
        self._needs_cohort("net_revenue_retention")
        return ratios.net_revenue_retention(
            self.start,
            churn=self.churn,
            contraction=self.contraction,
            expansion=self.expansion,
            reactivation=self.reactivation if _included(reactivation) else 0.0,
        )

    def customer_churn_rate(self, *, denominator: ChurnDenominator = "start") -> Array:
        """Logo churn: customers lost as a share of the `denominator` (see `ratios.churn_rate`)."""
        return ratios.churn_rate(
            self.churned_customers,
            start=self.start_customers,
            new=self.new_customers + self.reactivated_customers,
            end=self.end_customers,
            denominator=denominator,
        )

    def revenue_churn_rate(self, *, contraction: Counted, denominator: ChurnDenominator = "start") -> Array:
        """MRR lost as a share of the `denominator`, with contraction counted as loss or without."""
        return ratios.churn_rate(
            self.churn + (self.contraction if _included(contraction, "contraction") else 0.0),
            start=self.start,
            new=self.new + self.reactivation,
            end=self.end,
            denominator=denominator,
        )

    def quick_ratio(self, *, reactivation: Counted) -> Array:
        """`ratios.quick_ratio` of every window, with customers who came back or without."""
        return ratios.quick_ratio(
            new=self.new,
            expansion=self.expansion,
            contraction=self.contraction,
            churn=self.churn,
            reactivation=self.reactivation if _included(reactivation) else 0.0,
        )

    def average_revenue_per_account(self) -> Array:
        """`ratios.average_revenue_per_account` at the end of every window."""
        return ratios.average_revenue_per_account(self.end, customers=self.end_customers)

    def _row_columns(self) -> dict[str, NDArray[Any]]:
        months = {"opening": self.opening.astype(np.str_), "closing": self.closing.astype(np.str_)}
        return months | {name: getattr(self, name) for name in (*MONEY, *CUSTOMERS)}

    def _needs_cohort(self, method: str) -> None:
        if self.counting == "months" and self.months > 1:
            rule = f"must be 'ends' for {method}: added months also lose customers won after the start"
            way_out = f"Call mrr_movements(..., months={self.months}, counting='ends')."
            raise InputError("not-supported", "counting", self.counting, rule, way_out)

    def _caption(self) -> str:
        if self.months == 1:
            return "MRR movements, month by month"
        how = "both ends compared" if self.counting == "ends" else "months added up"
        return f"MRR movements, {self.window} windows of {counted(self.months, 'month')}, {how}"

    def _beside(self) -> Any:
        return self._like

    def _cells(self) -> list[list[str]]:
        names = ("start", "new", "expansion", "reactivation", "contraction", "churn", "end")
        money = [getattr(self, name) for name in names]
        rows = [["month" if self.months == 1 else "until", *names, "customers"]]
        for place, month in enumerate(self.closing):
            people = f"{self.start_customers[place]:,} to {self.end_customers[place]:,}"
            rows.append([str(month), *(f"{column[place]:,.2f}" for column in money), people])
        return rows


def mrr_movements(
    subscriptions: Subscriptions | SubscriptionBase,
    *,
    months: int = 1,
    window: WindowKind = "calendar",
    counting: Counting = "ends",
    reactivation_months: int | None = None,
    year_begins: int = 1,
) -> MRRMovements:
    """Movements of monthly recurring revenue between month ends.

    Raises `InputError` where the months observed hold no such window, and for calendar windows that do not
    divide a year. Only whole windows: the first month is an opening balance (unless its customers are new),
    and a window that is not over yet is not shown.

    Parameters
    ----------
    subscriptions : SubscriptionBase or Subscriptions
    months : int ≥ 1
        Length of a window: 1, 3 (quarters), 12 (years), or any number with ``window="rolling"``.
    window : {"calendar", "rolling"}
        ``"calendar"``: windows follow each other and end with the calendar's months, quarters or years.
        ``"rolling"``: one window of this length ends with every month (trailing twelve months).
    counting : {"ends", "months"}
        How a window longer than a month is counted. ``"ends"``: each customer's MRR at its two ends is
        compared; who came and went in between is not seen, and retention is that of the customers at
        the start. ``"months"``: the monthly movements are added up, so that who came and went counts
        in both.
    reactivation_months : int, optional
        A customer who comes back after more months without MRR than this counts as new; by default a
        former customer is never new. 0 counts everyone who comes back as new.
    year_begins : 1 ... 12
        First month of the (fiscal) year, for calendar quarters and years.

    Examples
    --------
    >>> import numpy as np
    >>> table = {"customer_id": np.array([1, 2, 3, 1, 3, 4]), "mrr": np.array([40, 4, 56, 46, 55, 10]),
    ...          "month": np.array(["2024-01"] * 3 + ["2024-02"] * 3)}
    >>> moved = mrr_movements(Subscriptions.from_months(table))
    >>> print(moved)
    MRR movements, month by month
      month   start    new  expansion  reactivation  contraction  churn     end  customers
    2024-02  100.00  10.00       6.00          0.00         1.00   4.00  111.00     3 to 3
    >>> moved.gross_revenue_retention(), moved.net_revenue_retention(reactivation="excluded")
    (array([0.95]), array([1.01]))
    """
    subscriptions, months = monthly_of(subscriptions), whole_number("months", months, 1, 1200)
    check_choice("window", window, get_args(WindowKind))
    check_choice("counting", counting, get_args(Counting))
    if reactivation_months is not None:
        reactivation_months = whole_number("reactivation_months", reactivation_months, 0, 1200)
    windows = windows_of(subscriptions, months, window, whole_number("year_begins", year_begins, 1, 12))
    apart = counting == "months" and months > 1
    steps = [(m, m + 1) for m in range(windows[0][0], windows[-1][1])] if apart else windows
    stride = months if window == "rolling" and not apart else 1
    found = compare(subscriptions.levels, steps, reactivation_months, stride=stride)
    found = {name: found[name][0] for name in (*MONEY, *CUSTOMERS)}
    if apart:
        found = _added(found, windows, steps[0][0])
    figures: dict[str, Any] = found | {name: found[name] / subscriptions.scale for name in MONEY}
    opening, closing = month_names(np.array(windows, np.int64).T)
    return MRRMovements(
        opening,
        closing,
        **figures,
        months=months,
        window=window,
        counting=counting,
        _like=subscriptions.customers,
    )


def _added(found: dict[str, _Counts], windows: list[Window], first: int) -> dict[str, _Counts]:
    """Monthly movements added up to windows; the two ends are those of the window."""
    openings, closings = np.array(windows).T - first
    added: dict[str, _Counts] = {}
    for name, monthly in found.items():
        if name in ("start", "start_customers"):
            added[name] = monthly[openings]
        elif name in ("end", "end_customers"):
            added[name] = monthly[closings - 1]
        else:
            running = np.concatenate([[0], np.cumsum(monthly)])
            added[name] = running[closings] - running[openings]
    return added


def _included(choice: object, argument: str = "reactivation") -> bool:
    check_choice(argument, choice, get_args(Counted))
    return choice == "included"


def windows_of(subscriptions: Subscriptions, months: int, window: str, year_begins: int) -> list[Window]:
    """Whole windows inside the months observed, in order, or an error if there is none."""
    first, last = (int(m.astype(np.int64)) for m in (subscriptions.first_month, subscriptions.last_month))
    # before the first customer, everyone is known to be at 0
    known = first - (subscriptions.opening == "new")
    if window == "rolling":
        found = [(closing - months, closing) for closing in range(known + months, last + 1)]
    elif 12 % months:
        rule = "must divide a year (1, 2, 3, 4, 6 or 12) for calendar windows"
        way_out = "Use window='rolling' for windows of another length."
        raise InputError("not-supported", "months", months, rule, way_out)
    else:
        ends = (c for c in range(known + months, last + 1) if (c + 2 - year_begins) % months == 0)
        found = [(closing - months, closing) for closing in ends]
    if found:
        return found
    shown = f"the months {subscriptions.first_month} to {subscriptions.last_month}"
    rule = f"must hold a whole {window} window after the opening balance (length in months: {months})"
    way_out = "Use fewer months, more data, or opening='new' if the table goes back to the first customer."
    raise InputError("too-few", "subscriptions", shown, rule, way_out)
