"""What a subscription table says about how long customers stay, and what became of its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.documents import Document
from retainkit.errors import missing_argument
from retainkit.ingest.subscriptions.plan import Tenure
from retainkit.plurals import counted
from retainkit.records import FrameKind
from retainkit.summaries import Renewals
from retainkit.tables import frame_of
from retainkit.typing import ColumnLike, Frame, Plain, Unit
from retainkit.units import DAYS_PER


@dataclass(frozen=True, slots=True)
class SubscriptionTreatment:
    """What was joined, cut or left out on the way from lines to spells.

    Every line is in exactly one place: ``lines == spells + touching_lines + gaps + ended_before +
    not_begun + missing_id_lines + filtered_lines``.

    Attributes
    ----------
    lines : int
        Lines read.
    customers, spells : int
        Customers, and their entries.
    left, still_there : int
        Spells whose end counts as an event, and those that had not ended on the last day. With the two kinds
        of spells that ended in a period cut off (below) they are all spells.
    late_entries : int
        Spells that began before they were watched: they count from their tenure on that day.
    touching_lines : int
        Lines that begin when the customer's line before them ends: joined with it.
    gaps, gap_days : int
        Gaps inside of a tenure under ``reactivation="same-customer"``, and their days, counted as tenure.
    returns : int
        Spells after a gap under ``reactivation="new-spell"``.
    superseded_reasons : int
        Reasons of lines that another line of the same spell followed: left out.
    zero_length : int
        Spells that ended on the day of their start, counted as a day.
    later_ends : int
        Ends after the observation: those customers were still there.
    not_begun : int
        Lines that start after the observation: left out.
    ended_before : int
        Spells over before the observation began: left out.
    left_in_last_period : int
        Whole periods only: customers who left in a period that the end of observation cuts off. They count
        up to its beginning, since those who will stay through it are not known yet.
    left_in_first_period : int
        Whole periods only: customers who left in the period in which the observation began. They tell
        nothing, since those who left earlier in it are not known.
    without_exposure : int
        Spells that tell nothing of churn: watched for no time, or for no whole period.
    missing_id_lines : int
        Lines without a customer, left out under ``missing_ids="drop"``.
    filtered_lines : int
        Lines for which `where` did not hold.
    told : tuple of str
        What was found of files and not given: their encoding, their separator.
    """

    lines: int
    customers: int
    spells: int
    left: int
    still_there: int
    late_entries: int
    touching_lines: int
    gaps: int
    gap_days: int
    returns: int
    superseded_reasons: int
    zero_length: int
    later_ends: int
    not_begun: int
    ended_before: int
    left_in_last_period: int
    left_in_first_period: int
    without_exposure: int
    missing_id_lines: int
    filtered_lines: int = 0
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, counts: Mapping[str, int], told: tuple[str, ...] = ()) -> SubscriptionTreatment:
        """The record of counted lines."""
        return cls(told=told, **{f.name: counts.get(f.name, 0) for f in fields(cls) if f.name != "told"})

    def as_dict(self) -> dict[str, Any]:
        """The counts by name, ready for JSON."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """What happened, in sentences; what did not happen is left out."""
        happened = [
            (self.filtered_lines, "line", "left out: where= does not hold"),
            (self.missing_id_lines, "line", "left out: without a customer"),
            (self.touching_lines, "line", "joined with the one that it follows without a gap"),
            (self.gaps, "gap", f"counted as tenure, {counted(self.gap_days, 'day')} in all"),
            (self.returns, "spell", "begun by a customer who came back"),
            (self.superseded_reasons, "reason", "left out: the same spell went on"),
            (self.zero_length, "spell", "ended on the first day, counted as a day"),
            (self.later_ends, "end", "after the observation: still there"),
            (self.not_begun, "line", "left out: starting after the observation"),
            (self.ended_before, "spell", "left out: over before the observation"),
            (self.left_in_last_period, "customer", "left in a period not yet over: counted up to its start"),
            (
                self.left_in_first_period,
                "customer",
                "left in a period begun before the observation: no event",
            ),
            (self.without_exposure, "spell", "watched for no time, or no whole period: no evidence of churn"),
        ]
        return [*self.told, *(f"{counted(count, noun)} {what}" for count, noun, what in happened if count)]

    def __str__(self) -> str:
        people = counted(self.customers, "customer")
        head = f"{counted(self.lines, 'line')} read: {counted(self.spells, 'spell')} of {people}"
        return "\n".join([head, *(f"  {line}" for line in self.sentences())])


@dataclass(frozen=True, eq=False, repr=False)
class SubscriptionSummary(Document):
    """A subscription table, told per spell; made by `summarize_subscriptions`.

    Attributes
    ----------
    renewals : Renewals
        Duration, event and entry, one entry per spell, in `unit`.
    customers : column of the caller's dataframe kind
        The id of each spell's customer, in the order of `renewals`: ascending, then by start. An id stands
        more than once only under ``reactivation="new-spell"``.
    start : (n,) datetime64[D]
        The first day of each spell.
    segments : tuple of str
        The names of the segments; empty without a column of segments.
    segment : (n,) int or None
        Each spell's place among `segments`.
    still_there : (n,) bool
        Whose subscription runs at the end of observation; who left in a period that is cut off has no event
        and is not there either.
    treatment : SubscriptionTreatment
        What was joined, cut or left out, by count.
    unit : {"day", "week", "month", "quarter", "year"}
    tenure : {"exact", "whole-periods", "renewals"}
    observation_start : datetime.date or None
        The day from which on every end is known; None if all ends are.
    observation_end : datetime.date
        The last day of observation.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> from retainkit.ingest.subscriptions import summarize_subscriptions
    >>> table = {"id": np.array([7, 8]), "from": np.array(["2024-01-01", "2024-02-01"]),
    ...          "to": np.array(["2024-01-31", ""])}
    >>> subs = summarize_subscriptions(table, customer_id="id", start="from", end="to", unit="day",
    ...                                observation_end="2024-02-11")
    >>> subs.renewals.duration.tolist(), subs.renewals.event.tolist()
    ([30.0, 10.0], [1.0, 0.0])
    """

    renewals: Renewals
    customers: ColumnLike
    start: NDArray[np.datetime64]
    segments: tuple[str, ...]
    segment: NDArray[np.int64] | None
    still_there: NDArray[np.bool_]
    treatment: SubscriptionTreatment
    unit: Unit
    tenure: Tenure
    observation_start: date | None
    observation_end: date
    id_name: str = "customer_id"

    def __len__(self) -> int:
        return len(self.renewals)

    @property
    def by_segment(self) -> dict[str, Renewals]:
        """The spells of each segment by its name, in the order of `segments`.

        Raises `InputError` if the table was read without a column of segments.
        """
        if self.segment is None:
            rule = "must name a column before spells can be told apart by it"
            way_out = "Call summarize_subscriptions(..., segment='plan') with the name of your column."
            raise missing_argument("segment", rule, way_out)
        return {name: _part(self.renewals, self.segment == k) for k, name in enumerate(self.segments)}

    def __retention_data__(self, kind: type[object]) -> object:
        """Its renewals, where a function takes such data."""
        return self.renewals if kind is Renewals else None

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per spell in the caller's dataframe kind, or another: id, start, duration, event, entry.

        The columns reason and segment follow where the table had them, as names; reason is empty for those
        who are still there. A table that came as a dict of columns goes back as one.
        """
        r = self.renewals
        columns: Plain = {
            "start": self.start,
            "duration": r.duration,
            "event": r.event.astype(np.int64),
            "entry": r.entry,
        }
        if r.reasons:
            columns["reason"] = np.array(["", *r.reasons])[columns["event"]]
        if self.segment is not None:
            columns["segment"] = np.array(self.segments)[self.segment]
        return frame_of(self.id_name, self.customers, columns, kind)

    def _facts(self) -> list[tuple[str, str]]:
        t = self.treatment
        facts = [
            ("observation", self._observation()),
            ("duration", self._clock()),
            ("left", f"{t.left:,}{self._by_reason()}; {t.still_there:,} still there"),
        ]
        if self.observation_start is not None:
            late = f"{t.late_entries:,} began before they were watched and count from their tenure by then"
            facts.append(("late entries", late if t.late_entries else "none: all began while being watched"))
        if self.segment is not None:
            sizes = np.bincount(self.segment, minlength=len(self.segments)).tolist()
            facts.append(("segments", ", ".join(map("{} {:,}".format, self.segments, sizes))))
        return facts

    def _observation(self) -> str:
        if self.observation_start is None:
            return f"from each start to {self.observation_end}"
        return f"{self.observation_start} to {self.observation_end}, both included"

    def _clock(self) -> str:
        name = self.unit
        if self.tenure == "exact":
            length = counted(DAYS_PER[name], "day", spec="g")
            return f"exact, in {name}s of {length}, from the start to the first day without the subscription"
        periods = f"whole {name}s{'' if name in ('day', 'week') else ' of the calendar'}"
        if self.tenure == "renewals":
            return f"{periods}; customers leave only when one is over"
        return f"{periods}: the one in or after which a customer left, or those completed"

    def _by_reason(self) -> str:
        events = self.renewals.event.astype(np.int64)
        counts = np.bincount(events, minlength=len(self.renewals.reasons) + 1)[1:].tolist()
        named = map("{} {:,}".format, self.renewals.reasons, counts)
        return f" ({', '.join(named)})" if self.renewals.reasons else ""

    def _size(self) -> str:
        t = self.treatment
        people = counted(t.customers, "customer")
        return people if t.spells == t.customers else f"{counted(t.spells, 'spell')} of {people}"

    def __repr__(self) -> str:
        lines = [f"  {name}: {fact}" for name, fact in self._facts()]
        treated = str(self.treatment).replace("\n", "\n  ")
        return "\n".join([f"SubscriptionSummary of {self._size()}", *lines, f"  {treated}"])

    def _repr_html_(self) -> str:
        rows = [*self._facts(), ("lines", str(self.treatment).split("\n", 1)[0])]
        rows += [("", sentence) for sentence in self.treatment.sentences()]
        cells = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
        return f"<table><caption>Subscriptions of {self._size()}</caption>{cells}</table>"


def _part(renewals: Renewals, keep: NDArray[np.bool_]) -> Renewals:
    return Renewals(
        duration=renewals.duration[keep],
        event=renewals.event[keep],
        entry=renewals.entry[keep],
        weight=renewals.weight[keep],
        whole_periods=renewals.whole_periods,
        reasons=renewals.reasons,
        unit=renewals.unit,
    )
