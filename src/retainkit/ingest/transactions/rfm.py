"""Recency, frequency and money as marketing counts them: scores, and segments whose rules are stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.display import text_table
from retainkit.plurals import counted
from retainkit.records import FrameKind
from retainkit.summaries import Purchases
from retainkit.tables import frame_of
from retainkit.typing import Array, ColumnLike, Frame, Unit
from retainkit.units import DAYS_PER

Scores = NDArray[np.int64]

SEGMENTS: Mapping[str, tuple[str, str]] = {
    "champions": ("5", "45"),
    "loyal": ("34", "45"),
    "potential loyalists": ("45", "23"),
    "new": ("5", "1"),
    "promising": ("4", "1"),
    "need attention": ("3", "3"),
    "about to sleep": ("3", "12"),
    "cannot lose": ("12", "5"),
    "at risk": ("12", "34"),
    "hibernating": ("12", "12"),
}
"""Each segment by its scores of recency and of frequency; every pair of scores is in one of them."""


@dataclass(frozen=True, eq=False, repr=False)
class RFM:
    """What marketing asks of each customer; made by `TransactionSummary.rfm`.

    A score is 1 + the whole part of five times the share of customers who are worse: 5 is the best fifth, and
    equal customers have equal scores.

    Attributes
    ----------
    customers : column of the caller's dataframe kind
    purchases : (n,)
        Days with a purchase, the first one included.
    since_last, tenure : (n,), in `unit`
        Time from the last and from the first purchase to the end of observation.
    total_value, mean_value : (n,) or None, money
        Of all purchases, refunds subtracted; and for each of them.
    recency_score, frequency_score : (n,) 1 to 5
        Of `since_last`, where less is better, and of `purchases`.
    monetary_score : (n,) 1 to 5, or None
        Of `total_value`.
    segment : (n,) text
        By the scores of recency and frequency, as `rules` says.
    unit : {"day", "week", "month", "quarter", "year"}
    id_name : str

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.ingest.examples import load_cdnow
    >>> tx = rk.summarize_transactions(load_cdnow("sample"), customer_id="customer_id", date="date",
    ...     amount="dollar_value", unit="week")
    >>> found = tx.rfm()
    >>> float(found.purchases[0]), str(found.segment[0]), f"{found.since_last[0]:.1f} weeks"
    (4.0, 'loyal', '28.6 weeks')
    >>> found.rules["at risk"]
    'recency 1 or 2, frequency 3 or 4'
    """

    customers: ColumnLike
    purchases: Array
    since_last: Array
    tenure: Array
    total_value: Array | None
    mean_value: Array | None
    recency_score: Scores
    frequency_score: Scores
    monetary_score: Scores | None
    segment: NDArray[np.str_]
    unit: Unit
    id_name: str = "customer_id"

    def __len__(self) -> int:
        return self.purchases.size

    @property
    def rules(self) -> dict[str, str]:
        """Segment → its scores, in words."""
        return {
            name: f"recency {' or '.join(recency)}, frequency {' or '.join(frequency)}"
            for name, (recency, frequency) in SEGMENTS.items()
        }

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per customer in the caller's dataframe kind, or another; money only where it is known."""
        names = ("purchases", "since_last", "tenure", "total_value", "mean_value")
        names += ("recency_score", "frequency_score", "monetary_score", "segment")
        columns: dict[str, Any] = {name: getattr(self, name) for name in names}
        return frame_of(
            self.id_name, self.customers, {k: v for k, v in columns.items() if v is not None}, kind
        )

    def __repr__(self) -> str:
        weight, money = self._weight, self._money_of()
        if money is not None and not sum(money.values()) > 0.0:  # there is nothing to share
            money = None
        head = ["segment", "customers", "share", "purchases each", f"{self.unit}s since"]
        rows: list[list[str]] = [head + ([] if money is None else ["share of money"])]
        for name in SEGMENTS:
            there = self.segment == name
            if there.any():
                size = weight[there].sum()
                row = [name, f"{size:,.0f}", f"{size / weight.sum():.1%}"]
                for column, digits in ((self.purchases, 2), (self.since_last, 1)):
                    row.append(f"{(weight * column)[there].sum() / size:.{digits}f}")
                rows.append(row + ([] if money is None else [f"{money[name] / sum(money.values()):.1%}"]))
        return text_table(f"{type(self).__name__} of {counted(len(self), 'customer')}", rows, left=1)

    @property
    def _weight(self) -> Array:
        """How many customers each entry stands for."""
        return np.ones(self.purchases.size)

    def _money_of(self) -> dict[str, float] | None:
        """What the customers of each segment paid."""
        if self.total_value is None:
            return None
        return {name: float(self.total_value[self.segment == name].sum()) for name in SEGMENTS}


def since_last(purchases: Purchases) -> Array:
    """Time from the last purchase to the end of observation, the same for all whose last day is the same."""
    per = DAYS_PER[purchases.unit or "day"]
    # a difference of two quotients has rounding of its own, by which customers of one day would not be equal
    return np.rint((purchases.T - purchases.recency) * per) / per


def score(values: Array, weight: Array | Scores | None = None) -> Scores:
    """Fifths by rank, 5 the highest; equal values have one score, that of the lowest among them."""
    if weight is None:
        below = np.searchsorted(np.sort(values), values, side="left")
        return 1 + (5 * below) // values.size
    levels, place = np.unique(values, return_inverse=True)
    counts = np.bincount(place, weight, levels.size).astype(np.int64)
    return (1 + 5 * (np.cumsum(counts) - counts) // counts.sum())[place]


def segment_of(recency: Scores, frequency: Scores) -> NDArray[np.str_]:
    """The segment of each pair of scores."""
    grid = np.zeros((6, 6), "<U20")
    for name, (recencies, frequencies) in SEGMENTS.items():
        for one in recencies:
            for other in frequencies:
                grid[int(one), int(other)] = grid[int(one), int(other)] or name
    return grid[recency, frequency]
