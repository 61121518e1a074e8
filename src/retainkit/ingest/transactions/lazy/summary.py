"""What a table that stays in its engine says of its customers: small records here, the customers there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from retainkit.errors import InputError, missing_argument
from retainkit.ingest.transactions.groups import CustomerGroup, labels_of
from retainkit.ingest.transactions.monthly import CohortMoney, MonthlyMoney
from retainkit.ingest.transactions.records import TransactionSummary
from retainkit.plurals import counted
from retainkit.records import FrameKind, gathered
from retainkit.summaries import Purchases, Spend
from retainkit.typing import Array, ColumnLike, Frame, Values

if TYPE_CHECKING:
    from retainkit.ingest.transactions.lazy.distinct import Held
    from retainkit.ingest.transactions.lazy.rfm import LazyRFM


@dataclass(frozen=True, eq=False, repr=False)
class LazyTransactionSummary(TransactionSummary):
    """The same of a table that stays in its engine; made by `summarize_transactions` of a lazy table.

    `purchases` has one entry for each distinct history, weighted by how many customers have it, and `spend`
    one for each cell of 1%; `calibration`, `holdout`, `activity` and `treatment` are as small. Models are
    fitted to them as they are. The customers stay in the engine, to which answers go back as one small table:
    `to_frame` and `joined` give lazy frames of the caller's kind, `write` a file.

    Attributes
    ----------
    customers : lazy frame of the caller's kind
        The ids.
    monetary_value : None
        A column of the frame alone.
    followed : Purchases or None
        The entries of ``calibration.purchases`` as they were at the end of the holdout.
    months : CohortMoney or None
        What customers paid in each month by month of first purchase, with ``monthly=True``.

    Examples
    --------
    >>> import duckdb, retainkit as rk
    >>> lines = duckdb.sql("SELECT * FROM (VALUES (1, DATE '2024-01-01'), (1, DATE '2024-01-31'), "
    ...                    "(2, DATE '2024-01-01'), (2, DATE '2024-01-31')) AS t(id, day)")
    >>> tx = rk.summarize_transactions(lines, customer_id="id", date="day", unit="day")
    >>> len(tx), tx.purchases.recency.tolist(), tx.purchases.weight.tolist()
    (2, [30.0], [2.0])
    >>> tx.to_frame().order("id").fetchall()
    [(1, 1.0, 30.0, 30.0), (2, 1.0, 30.0, 30.0)]
    """

    held: Held = field(kw_only=True)
    cells: Spend | None = field(default=None, kw_only=True)
    followed: Purchases | None = field(default=None, kw_only=True)
    months: CohortMoney | None = field(default=None, kw_only=True)

    def __len__(self) -> int:
        return self.held.size

    def __add__(self, other: LazyTransactionSummary) -> LazyTransactionSummary:
        """The summary of both parts, of one engine and one time of observation, with other customers each."""
        if not isinstance(other, LazyTransactionSummary):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        from retainkit.ingest.transactions.lazy.adding import together

        held, treatment, activity = together(self, other)
        ids = self.named(held.customers, ()).to_native()
        return replace(
            self,
            purchases=held.purchases(self.unit),
            customers=ids,
            treatment=treatment,
            observation_start=activity.start,
            activity=activity,
            held=held,
            cells=None if self.cells is None else held.spend(),
            months=None if self.months is None or other.months is None else self.months + other.months,
        )

    @property
    def monthly(self) -> MonthlyMoney:
        """Refused: what each customer paid stays in the engine, which gives `months` of cohorts."""
        rule = "must have its customers in memory for what each of them paid in a month"
        way_out = "Say in_memory=True to summarize_transactions; by cohort it is tx.months."
        raise InputError("not-supported", "tx", type(self).__name__, rule, way_out)

    def close(self) -> None:
        """Let the engine forget the customers; frames made of them cannot be read afterwards."""
        self.held.store.close()

    @property
    def spend(self) -> Spend:
        """Mean value of repeat purchases in cells of 1%; frequency 0 where nothing is known."""
        if self.cells is None:
            rule = "must name a column of money before anything is known of spend"
            way_out = "Call summarize_transactions(..., amount='price') with the name of your column."
            raise missing_argument("amount", rule, way_out)
        return self.cells

    def joined(self, **columns: Array) -> Any:
        """The ids with columns that have one entry for each distinct history, as a lazy frame.

        What a model says of ``tx.purchases`` goes back to the customers, joined by whole numbers.

        Parameters
        ----------
        **columns : (rows of ``tx.purchases``,)

        Examples
        --------
        >>> import polars, retainkit as rk
        >>> lines = polars.LazyFrame({"id": [1, 2], "day": ["2024-01-01", "2024-01-02"]})
        >>> tx = rk.summarize_transactions(lines, customer_id="id", date="day", unit="day")
        >>> tx.joined(age=tx.purchases.T).sort("id").collect().rows()
        [(1, 1.0), (2, 0.0)]
        """
        frame = self.held.joined(self._checked(columns))
        return self.named(frame, tuple(columns)).to_native()

    def _checked(self, columns: Mapping[str, Array]) -> dict[str, Values]:
        for name, column in columns.items():
            if np.shape(column) != (len(self.held),):
                rule = f"must have one entry for each of the {len(self.held):,} distinct histories"
                way_out = "Ask the model of tx.purchases, as in model.probability_alive(tx.purchases)."
                raise InputError("length-mismatch", name, np.asarray(column), rule, way_out)
        return {name: np.asarray(column) for name, column in columns.items()}

    def named(self, frame: Frame, columns: Sequence[str]) -> Frame:
        """The customers of a frame under the name of their ids, with some of its columns."""
        from retainkit.ingest.transactions.lazy.distinct import named

        return named(frame, self.id_name, columns)

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per customer as a lazy frame: id, frequency, recency, T, monetary_value.

        Of another kind, ``to_frame("pandas")``, it comes into memory.
        """
        return gathered(self._frame(), kind)

    def _frame(self) -> Frame:
        import narwhals as nw

        # engines differ in the last bit of a quotient, so that times are computed here, once for each history
        times = {name: getattr(self.purchases, name) for name in ("frequency", "recency", "T")}
        frame = self.held.joined(times)
        if self.cells is None:
            return self.named(frame, tuple(times))
        made = nw.col("purchases")
        some = nw.when(made > 1).then(made - 1).otherwise(nw.lit(1)).cast(nw.Float64)
        mean = nw.when(made > 1).then(nw.col("spend") / some).otherwise(nw.lit(0.0))
        return self.named(frame.with_columns(monetary_value=mean), (*times, "monetary_value"))

    def write(self, path: str) -> None:
        """`to_frame` as a Parquet file, written by the engine: whole, or not at all.

        An engine that writes one file replaces the one that is there, once the new one is whole; Spark writes
        a folder, which must not be there.
        """
        self.held.store.write(self._frame(), path)

    def rfm(self) -> LazyRFM:
        """Recency, frequency and money as marketing counts them, with scores and segments, by the engine."""
        from retainkit.ingest.transactions.lazy.rfm import rfm_of

        return rfm_of(self.held, self.unit, self.id_name, money=self.cells is not None)

    def by(self, column: str | ColumnLike, table: Frame | None = None) -> dict[Any, CustomerGroup]:
        """The customers of each month of acquisition, or value of a column, as histories, for `fit_each`.

        `table` is a lazy table of the same engine or one in memory, which is sent there, with one line or
        many for each customer; a column of values is refused, as customers have no order there.
        """
        if not isinstance(column, str):
            rule = "must be a name where customers stay in an engine, which keeps them in no order"
            raise InputError(
                "not-supported",
                "column",
                column,
                rule,
                "Name a column of a lazy table, or say in_memory=True.",
            )
        if table is not None:
            from retainkit.ingest.transactions.lazy.groups import groups_in_engine

            money = self.cells is not None
            return groups_in_engine(self.held, self.unit, self.id_name, column, table, money=money)
        import narwhals as nw

        names, place = labels_of(self, column)
        first, at = np.unique(self.held.keys["first"], return_index=True)
        spend = {} if self.cells is None else self.held.spend_of({"first": first, "group": place[at]})

        def group(k: int) -> CustomerGroup:
            here = np.flatnonzero(place == k)
            period = self.purchases.entries(here)
            ids = self.held.customers.filter(
                nw.col("first").is_in(np.unique(self.held.keys["first"][here]).tolist())
            )
            return CustomerGroup(period, self.named(ids, ()).to_native(), spend.get(k))

        return {name: group(k) for k, name in enumerate(names)}

    def _size(self) -> str:
        histories = counted(len(self.held), "distinct history", "distinct histories")
        return f"{counted(len(self), 'customer')} in their engine, {histories}"
