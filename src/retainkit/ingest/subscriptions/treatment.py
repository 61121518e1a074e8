"""What became of every line of a subscription table, by count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class SubscriptionTreatment:
    """What was joined, cut or left out on the way from lines to spells.

    Every line is in exactly one place: ``lines == spells + touching_lines + gaps + ended_before +
    not_begun``.

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

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> SubscriptionTreatment:
        """The record of counted lines."""
        return cls(**{f.name: counts.get(f.name, 0) for f in fields(cls)})

    def as_dict(self) -> dict[str, int]:
        """The counts by name, ready for JSON."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """What happened, in sentences; what did not happen is left out."""
        happened = [
            (self.touching_lines, "line", "joined with the one that it follows without a gap"),
            (self.gaps, "gap", f"counted as tenure, {_n(self.gap_days, 'day')} in all"),
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
        return [f"{_n(count, noun)} {what}" for count, noun, what in happened if count]

    def __str__(self) -> str:
        head = (
            f"{_n(self.lines, 'line')} read: {_n(self.spells, 'spell')} of {_n(self.customers, 'customer')}"
        )
        return "\n".join([head, *(f"  {line}" for line in self.sentences())])


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
