"""RFM of customers who stay in their engine: two scores by history, that of money by four cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from retainkit.ingest.transactions.rfm import RFM, SEGMENTS, score, segment_of
from retainkit.records import FrameKind, gathered
from retainkit.tables import Codes
from retainkit.typing import Array, Frame, Unit, Values
from retainkit.units import DAYS_PER

if TYPE_CHECKING:
    from retainkit.ingest.transactions.lazy.distinct import Held


@dataclass(frozen=True, eq=False, repr=False)
class LazyRFM(RFM):
    """The same of customers who stay in their engine; made by `LazyTransactionSummary.rfm`.

    `purchases`, `since_last`, `tenure`, `recency_score`, `frequency_score` and `segment` have one entry for
    each distinct history, which `weight` customers have; what goes by money is a column of the frame alone.

    Attributes
    ----------
    customers : lazy frame of the caller's kind
        The ids.
    weight : (n,)
        How many customers have each history.
    total_value, mean_value, monetary_score : None

    Examples
    --------
    >>> import polars, retainkit as rk
    >>> lines = polars.LazyFrame({"id": [1, 1, 2], "day": ["2024-01-01", "2024-01-09", "2024-01-02"]})
    >>> found = rk.summarize_transactions(lines, customer_id="id", date="day", unit="day").rfm()
    >>> found.to_frame().select("id", "since_last", "segment").sort("id").collect().rows()
    [(1, 0.0, 'need attention'), (2, 7.0, 'hibernating')]
    """

    weight: Codes = field(kw_only=True)
    _frame: Frame = field(kw_only=True)
    _held: Held = field(kw_only=True)
    _money: Mapping[str, float] | None = field(kw_only=True)

    def __len__(self) -> int:
        return int(self.weight.sum())

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per customer as a lazy frame, of another kind in memory; money only where it is known."""
        return gathered(self._frame, kind)

    def write(self, path: str) -> None:
        """`to_frame` as a Parquet file, written by the engine: whole, or not at all."""
        self._held.store.write(self._frame, path)

    @property
    def _weight(self) -> Array:
        return self.weight.astype(np.float64)

    def _money_of(self) -> dict[str, float] | None:
        return None if self._money is None else {name: self._money.get(name, 0.0) for name in SEGMENTS}


def rfm_of(held: Held, unit: Unit, id_name: str, *, money: bool) -> LazyRFM:
    """Scores of histories here, joined by the engine, which cuts money where fifths end."""
    import narwhals as nw

    from retainkit.ingest.transactions.lazy.distinct import named
    from retainkit.ingest.transactions.lazy.ranks import at_ranks
    from retainkit.tables.lazy import small

    per, sums = DAYS_PER[unit], None
    bought = held.keys["purchases"].astype(np.float64)
    since = (held.end - held.keys["last"]) / per
    recency, frequency = score(-since, held.weight), score(bought, held.weight)
    segment = segment_of(recency, frequency)
    told: dict[str, Values] = {
        # purchases of the engine are whole numbers, those of marketing's table numbers as in memory
        "bought": bought,
        "since_last": since,
        "tenure": (held.end - held.keys["first"]) / per,
        "recency_score": recency,
        "frequency_score": frequency,
        "segment": segment,
    }
    frame = held.joined(told)
    names = ["purchases", "since_last", "tenure", "recency_score", "frequency_score", "segment"]
    frame = frame.with_columns(purchases=nw.col("bought"))
    if money:
        names[3:3], names[-1:-1] = ["total_value", "mean_value"], ["monetary_score"]
        total = nw.col("total")
        # a score is k + 1 or more where k·n/5 customers are below: above the one of that rank, counted from 1
        ranks = [-(-k * held.size // 5) for k in range(1, 5)]
        above = [(total > cut).cast(nw.Int64) for cut in at_ranks(held.customers, total, ranks)]
        frame = frame.with_columns(
            total_value=total, mean_value=total / nw.col("bought"), monetary_score=sum(above, start=nw.lit(1))
        )
        found = small(frame.group_by("segment").agg(total=total.sum()))
        sums = dict(zip(found["segment"].tolist(), found["total"].tolist(), strict=True))
    return LazyRFM(
        customers=named(held.customers, id_name, ()).to_native(),
        purchases=bought,
        since_last=since,
        tenure=(held.end - held.keys["first"]) / per,
        total_value=None,
        mean_value=None,
        recency_score=recency,
        frequency_score=frequency,
        monetary_score=None,
        segment=segment,
        unit=unit,
        id_name=id_name,
        weight=held.weight,
        _frame=named(frame, id_name, names),
        _held=held,
        _money=sums,
    )
