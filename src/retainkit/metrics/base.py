"""The subscription base: one object behind metrics, churn models, value and forecast, read from one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit.calls import WorkbookWriter, upward
from retainkit.columns import named_once
from retainkit.documents import Document
from retainkit.domains import whole_number
from retainkit.errors import InputError, missing_argument, unknown_choice
from retainkit.ingest.subscriptions.plan import Reactivation, Tenure
from retainkit.ingest.subscriptions.records import SubscriptionSummary
from retainkit.ingest.subscriptions.shapes import Opening
from retainkit.ingest.subscriptions.stretches import Stretches
from retainkit.ingest.subscriptions.summarize import summary_of
from retainkit.ingest.subscriptions.tenure import completed
from retainkit.metrics._groups import Kinds, grouped_by
from retainkit.metrics._levels import Levels, compare, month_name
from retainkit.metrics._periods import period_names
from retainkit.metrics._spells import (
    Watch,
    plan_of,
    present,
    present_starts,
    refuse_returns,
    spells_of_levels,
)
from retainkit.metrics.board import SubscriptionMetrics, figures
from retainkit.metrics.subscriptions import Subscriptions
from retainkit.plurals import counted
from retainkit.records import FrameKind
from retainkit.summaries import Renewals
from retainkit.tables import Codes, Days, Said, frame_of, take, to_date
from retainkit.tables.days import begin_of, period_of
from retainkit.typing import Array, ColumnLike, Frame, Unit
from retainkit.units import check_unit

if TYPE_CHECKING:
    from retainkit.calls import as_of, cut_episodes, forecast_revenue

_SENTENCES = {
    "filtered_lines": "for which where= did not hold: left out",
    "missing_id_lines": "without a customer: left out",
    "not_begun": "beginning after the observation: left out",
    "later_ends": "ending after the observation: still there",
    "zero_length": "ending on the day of their start: left out",
    "overlapping": "overlapping others of their subscription: put together by the policy",
    "free": "with an amount of 0",
    "paused": "a pause: there, paying nothing",
    "before_first_payment": "free before the first payment: not yet customers",
    "bridged_gaps": "after a gap within the days of grace: no churn",
    "in_grace": "ended within the days of grace before the end of observation: not certain, still there",
}


class Current(NamedTuple):
    """Who is there now, one entry a customer."""

    customers: ColumnLike
    code: Codes
    """Place among the customers of the base."""
    group: Codes
    """The plan, as place in `plan_sets`; -1 without plans."""
    start: Days
    """The first day of the present spell."""
    tenure: Array
    """Whole periods completed since."""
    amount: Array
    """Money per month: 0 in a pause."""


@dataclass(frozen=True, eq=False, repr=False)
class SubscriptionBase(WorkbookWriter, Document):
    """Who held which plan from when to when, at which price; made by `read_subscriptions`.

    Attributes
    ----------
    customers : column of the caller's dataframe kind
        The distinct ids, ascending.
    stretches : Stretches
        Arrays by customer and time, one entry a stretch with its plan and price: `code` (place in
        `customers`), `start` and `end` (days since 1970; a far day while it runs), `amount` (money a month),
        `plan`, `reason` (places among `plans` and `reasons`, -1 for none), `paused`.
    plans, reasons : tuple of str
    plan_sets : tuple of str
        The plans, or the sets of them that customers hold at a time, as `levels.group` numbers them.
    segments : dict
        For each column of kinds of customers their names and each customer's place among them.
    acquired : days or None
        The first day of each customer, where the table says it.
    levels : Levels, every change of what a customer pays, by customer and day
    scale : int
        How many of the whole numbers of `levels` make 1 of the currency unit.
    observation_start : datetime.date or None
        The day from which on every end is known; None if all ends are.
    observation_end : datetime.date
        The last day of observation.
    starts_known : bool
        Whether the first day is known of those, too, who were there when the observation began.
    treatment : dict
        What became of the lines, by count.
    told : tuple of str, what was found of files and not given: their encoding, their separator

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array(["a", "a", "b"]), "plan": np.array(["basic", "pro", "basic"]),
    ...          "from": np.array(["2024-01-05", "2024-03-05", "2024-02-01"]),
    ...          "to": np.array(["2024-03-05", "", "2024-04-01"]), "eur": np.array([10.0, 25.0, 10.0])}
    >>> base = rk.read_subscriptions(table, customer_id="id", start="from", end="to", amount="eur",
    ...                              plan="plan", observation_end="2024-04-30")
    >>> base
    SubscriptionBase of 2 customers, from 2024-01-05 to 2024-04-30: 1 there now, paying 25.00 a month
      3 lines read: 3 stretches in the plans basic, pro
    >>> base.renewals.duration.tolist(), base.renewals.event.tolist()
    ([3.0, 2.0], [0.0, 1.0])
    """

    customers: ColumnLike
    stretches: Stretches
    plans: tuple[str, ...]
    reasons: tuple[str, ...]
    plan_sets: tuple[str, ...]
    segments: Kinds
    acquired: Days | None
    levels: Levels
    scale: int
    observation_start: date | None
    observation_end: date
    starts_known: bool
    priced: bool
    treatment: Mapping[str, int]
    id_name: str = "customer_id"
    told: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def opening(self) -> Opening:
        """Whether there were customers before the observation began."""
        return "new" if self.observation_start is None else "existing"

    @property
    def until(self) -> int:
        """The last day of observation, by number."""
        return (self.observation_end - date(1970, 1, 1)).days

    @property
    def since(self) -> int:
        """The first day, by number: of observation, or that of the first customer."""
        if self.observation_start is None:
            return int(self.stretches.start.min())
        return (self.observation_start - date(1970, 1, 1)).days

    @cached_property
    def monthly(self) -> Subscriptions:
        """What customers pay at the ends of the months: what `mrr_movements` and `cohort_table` read."""
        first, last, known = self._periods("month")
        levels = self.levels.at_ends(period_of(self.levels.month, "month"))
        return Subscriptions(
            customers=self.customers,
            first_month=month_name(known if self.opening == "existing" else first),
            last_month=month_name(last),
            opening=self.opening,
            rows=self.stretches.code.size,
            unpaid=self.treatment.get("free", 0),
            unseen=0,
            levels=levels.where(levels.month <= last),
            scale=self.scale,
        )

    def metrics(
        self,
        by: str | Sequence[str] | None = None,
        *,
        every: Unit = "month",
        rolling: int = 1,
        reactivation_after: int | None = None,
        cohorts: Unit = "month",
    ) -> SubscriptionMetrics:
        """Movements, retention, churn, quick ratio and revenue per account, by anything, in one table.

        Raises `InputError` for a table without amounts, an unknown group, no whole period.

        Parameters
        ----------
        by : "plan", "cohort", or a column that was read as segment, or several of them; optional
            A customer with several plans at a time belongs to the group of both, ``basic + pro``.
        every : {"day", "week", "month", "quarter", "year"}
            Periods of the calendar; the state is taken at the end of each, and only whole ones are shown.
        rolling : whole number of periods
            One window of this length closes with every period: 12 for trailing twelve months.
        reactivation_after : whole number of periods, optional
            A customer who comes back after more periods than this counts as new; by default never.
        cohorts : {"month", "quarter", "year"}
            What cohorts are of, under ``by="cohort"``: of the first payment, or of `acquired`.

        Examples
        --------
        >>> import numpy as np, retainkit as rk
        >>> table = {"id": np.array([1, 1, 2]), "month": np.array(["2024-01", "2024-02", "2024-02"]),
        ...          "eur": np.array([10.0, 12.0, 30.0]), "land": np.array(["DE", "DE", "FR"])}
        >>> base = rk.read_subscriptions(table, customer_id="id", month="month", amount="eur", segment="land",
        ...                              opening="new")
        >>> found = base.metrics(by="land")
        >>> found.group[:, 0].tolist(), found.end.tolist(), found.expansion.tolist()
        (['DE', 'DE', 'FR'], [10.0, 12.0, 30.0], [0.0, 2.0, 0.0])
        """
        if not self.priced:
            rule, way_out = "must have been read for metrics of revenue", "Name its column: amount='mrr'."
            raise missing_argument("amount", rule, way_out)
        every, cohorts = check_unit("every", every), check_unit("cohorts", cohorts)
        rolling = whole_number("rolling", rolling)
        if reactivation_after is not None:
            reactivation_after = whole_number("reactivation_after", reactivation_after, 0)
        _, last, opening = self._periods(every)
        windows = [(closing - rolling, closing) for closing in range(opening + rolling, last + 1)]
        if not windows:
            shown = Said(f"{to_date(self.since)} to {self.observation_end}")
            rule = f"must leave a whole period between the first day and the last ({rolling} of each {every})"
            raise InputError("too-few", "every", shown, rule, "Use shorter periods or more data.")
        names = () if by is None else named_once("by", by, least=0)
        kinds = dict(self.segments)
        if "cohort" in names:
            kinds["cohort"] = self._cohorts(cohorts)
        levels = self.levels.at_ends(period_of(self.levels.month, every))
        labels, levels = grouped_by(levels, names, self.plan_sets, kinds)
        found = compare(levels, windows, reactivation_after, stride=rolling, groups=len(labels))
        flat = {name: table.T.ravel() for name, table in found.items()}
        seen = np.any([flat[n] != 0 for n in flat if n.endswith("customers")], axis=0) | (not names)
        closing = np.repeat(np.array([c for _, c in windows]), len(labels))[seen]
        place = np.tile(np.arange(len(labels)), len(windows))[seen]
        return SubscriptionMetrics(
            by=names,
            group=labels[place],
            period=period_names(closing, every),
            **figures({name: column[seen] for name, column in flat.items()}, self.scale),
            every=every,
            rolling=rolling,
            _like=self.customers,
        )

    forecast = forecast_revenue if TYPE_CHECKING else upward("SubscriptionBase.forecast")
    episodes = cut_episodes if TYPE_CHECKING else upward("SubscriptionBase.episodes")
    as_of = as_of if TYPE_CHECKING else upward("SubscriptionBase.as_of")

    def _periods(self, every: Unit) -> tuple[int, int, int]:
        """The first and the last whole period, and the one whose end is the opening balance."""
        last = int(period_of(np.array([self.until + 1]), every)[0]) - 1
        first = int(period_of(np.array([self.since]), every)[0])
        whole = self.opening == "new" or int(begin_of(np.array([first]), every)[0]) == self.since
        return first, last, first - whole

    def begun(self) -> Days:
        """The day on which each customer began: acquired, where that was read, or first paid.

        After the observation for those who never paid.
        """
        begun = np.full(len(self), self.until + 1, np.int64)
        begun[self.levels.code[::-1]] = self.levels.month[::-1]  # the last writer is the earliest
        return begun if self.acquired is None else np.where(begun > self.until, begun, self.acquired)

    def _cohorts(self, unit: Unit) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """The period in which each customer began."""
        begun = self.begun()
        found, place = np.unique(period_of(begun, unit), return_inverse=True)
        names = period_names(found, unit).tolist()
        if not self.starts_known:
            before = begun < self.since
            names, place = [*names, f"before {to_date(self.since)}"], np.where(before, len(names), place)
        return tuple(names), place.astype(np.int64)

    @property
    def watch(self) -> Watch:
        """What is known of customers from before, and up to when all are watched."""
        since = None if self.opening == "new" else self.since
        return Watch(since, self.until, self.acquired, self.starts_known)

    @property
    def renewals(self) -> Renewals:
        """Tenures in whole months, a return as a new spell: what churn models are fitted to."""
        return self.tenures().renewals

    def tenures(
        self,
        *,
        unit: Unit = "month",
        tenure: Tenure = "whole-periods",
        reactivation: Reactivation = "new-spell",
        segment: str | None = None,
    ) -> SubscriptionSummary:
        """How long each customer stayed, spell by spell, as `summarize_subscriptions` tells it.

        Parameters
        ----------
        unit, tenure, reactivation
            As in `summarize_subscriptions`.
        segment : "plan" or a column that was read as segment, optional
            Adds `.by_segment`. By plan a spell is cut where the plan changes: who moves to another plan is
            seen to stay in this one until then, and is watched in the other from that tenure on.
        """
        plan = plan_of(self.watch, self.id_name, unit, tenure, reactivation)
        names: tuple[str, ...] = ()
        if segment == "plan" and not self.plans:
            raise missing_argument("plan", "must have been read to tell plans apart", "Name it: plan='plan'.")
        told = self.stretches if self.reasons else None
        joined = reactivation == "same-customer"
        spells = spells_of_levels(self.levels, self.watch, told, by_plan=segment == "plan", joined=joined)
        if segment == "plan":
            names = self.plan_sets
        elif segment is not None:
            if segment not in self.segments:
                raise unknown_choice("segment", segment, ("plan", *self.segments))
            names, own = self.segments[segment]
            spells = replace(spells, segment=own[spells.code])
        else:
            spells = replace(spells, segment=None)
        refuse_returns(spells, reactivation)
        return summary_of(spells, self.reasons, names, self.customers, plan)

    def by(
        self, column: str, *, unit: Unit = "month", tenure: Tenure = "whole-periods"
    ) -> dict[str, Renewals]:
        """The tenures of each plan or kind of customer, by its name: `tenures(segment=column).by_segment`."""
        return self.tenures(segment=column, unit=unit, tenure=tenure).by_segment

    def __retention_data__(self, kind: type[object]) -> object:
        """Its renewals, where a function takes such data."""
        return self.renewals if kind is Renewals else None

    def current(self, unit: Unit = "month") -> Current:
        """Who is there at the end of observation, with the tenure and price of today.

        Raises `InputError` where the beginning of some is not known, so that they have no tenure.
        """
        now = self._now
        start = present_starts(self.levels, now.code, self.watch)
        tenure = completed(start, np.full_like(start, self.until), check_unit("unit", unit)).astype(
            np.float64
        )
        group = np.full(now.code.size, -1) if now.group is None else now.group
        customers = take(self.customers, now.code.astype(np.intp))
        return Current(customers, now.code, group, start, tenure, now.level / self.scale)

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per stretch in the caller's kind of dataframe or another: dates, amount, pause, plan."""
        s = self.stretches
        never = s.end > self.until
        columns: dict[str, Any] = {
            "start": s.start.astype("datetime64[D]"),
            "end": np.where(
                never, np.datetime64("NaT", "D"), np.where(never, 0, s.end).astype("datetime64[D]")
            ),
            "amount": s.amount,
            "paused": s.paused,
        }
        if self.plans:
            columns["plan"] = np.array([*self.plans, ""])[s.plan]
        if self.reasons:
            columns["reason"] = np.array([*self.reasons, ""])[np.where(never, -1, s.reason)]
        return frame_of(self.id_name, take(self.customers, s.code.astype(np.intp)), columns, kind)

    @cached_property
    def _now(self) -> Levels:
        """The last change of every customer who is there at the end."""
        return present(self.levels)

    def __repr__(self) -> str:
        now = self._now
        money = f", paying {now.level.sum() / self.scale:,.2f} a month" if self.priced else ""
        span = f"from {to_date(self.since)} to {self.observation_end}"
        plans = f" in the plans {', '.join(self.plans)}" if self.plans else ""
        stretches = counted(self.stretches.code.size, "stretch", "stretches")
        lines = [f"  {counted(self.treatment['lines'], 'line')} read: {stretches}{plans}"]
        counts = ((n, _SENTENCES[name]) for name, n in self.treatment.items() if name in _SENTENCES)
        lines += [f"  {said}" for said in (*self.told, *(f"{n:,} {what}" for n, what in counts if n))]
        whose = f"SubscriptionBase of {counted(len(self), 'customer')}, {span}"
        return "\n".join([f"{whose}: {now.code.size:,} there now{money}", *lines])


def check_base(argument: str, given: object, *others: type[Any]) -> None:
    """Refuse what is no base, nor of the other types that will do."""
    if not isinstance(given, (SubscriptionBase, *others)):
        way_out = "Read a billing table: read_subscriptions(...)."
        raise InputError("wrong-type", argument, given, "must be a SubscriptionBase", way_out)


def monthly_of(subscriptions: Subscriptions | SubscriptionBase) -> Subscriptions:
    """What customers pay at the ends of months, of a base or as it is."""
    check_base("subscriptions", subscriptions, Subscriptions)
    return subscriptions.monthly if isinstance(subscriptions, SubscriptionBase) else subscriptions
