"""What customers are worth who stay in their engine: computed once for each history, joined there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeAlias

import numpy as np

from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.inference.prediction import Spreads, with_interval
from retainkit.inference.spread import SOURCES, Source
from retainkit.ingest import LazyTransactionSummary
from retainkit.models.spend.gamma_gamma import GammaGamma, spend_parts
from retainkit.plurals import counted
from retainkit.protocols import ModelOf, PurchaseProcess, parameter_shape
from retainkit.rates import Rate
from retainkit.records import FrameKind, gathered
from retainkit.summaries import Spend
from retainkit.typing import Array, Frame, NumberLike
from retainkit.units import Duration
from retainkit.valuation.inputs import (
    Spending,
    active_in_words,
    check_horizon,
    check_margin_share,
    check_purchasing,
    check_rate,
    check_spend,
    share_in_words,
    uncertain_spend,
)

InMemory: TypeAlias = Callable[..., Any]
"""`value_customers` of histories that are in memory."""
_COLUMNS = ("probability_alive", "expected_purchases", "expected_spend", "value")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LazyCustomerValue:
    """Residual value of customers who stay in their engine; made by `value_customers` of a lazy summary.

    What a history says of purchases is computed once and joined by the engine; spend is an expression of it.

    Attributes
    ----------
    customers : int
    total, mean : float, money
        Of the whole base and of an average customer.
    expected_active : float
        How many customers are probably still customers.
    margin_share, discount_rate, horizon : the terms
    drawn : bool
        Whether a posterior or `Draws` were given, so that columns are means over them.

    Examples
    --------
    >>> import polars, retainkit as rk
    >>> lines = polars.LazyFrame({"id": [1, 1, 2], "day": ["2024-01-01", "2024-03-04", "2024-02-01"]})
    >>> tx = rk.summarize_transactions(lines, customer_id="id", date="day", unit="week")
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> value = rk.value_customers(tx, model, 35.0, margin_share=0.3,
    ...     discount_rate=rk.Rate(0.10, per="year"), horizon=rk.Duration(3, "year"))
    >>> value.customers, value.to_frame().collect_schema().names()
    (2, ['id', 'probability_alive', 'expected_purchases', 'expected_spend', 'value'])
    """

    customers: int
    total: float
    expected_active: float
    margin_share: float | Draws
    discount_rate: Rate
    horizon: Duration
    drawn: bool = False
    _frame: Frame = field(repr=False, kw_only=True)
    _tx: LazyTransactionSummary = field(repr=False, kw_only=True)
    _base: Callable[[], Spreads] = field(repr=False, kw_only=True)

    def __len__(self) -> int:
        return self.customers

    @property
    def mean(self) -> float:
        """Value of an average existing customer."""
        return self.total / self.customers if self.customers else math.nan

    def interval(self, level: float = 0.9, *, include: Sequence[Source] = SOURCES) -> tuple[float, float]:
        """The interval of the total, as `CustomerValue.interval` has it.

        Customers of one history count with the mean of what they spent, which moves no expectation; of what
        chance does to their spend it leaves out how their means differ.

        Parameters
        ----------
        level : float in (0, 1)
        include : some of "parameters", "customers", "chance"
        """
        return self._base().interval(level, include=include)

    def to_frame(self, kind: FrameKind | None = None) -> Any:
        """One row per customer as a lazy frame, of another kind in memory: id, chance to be alive, value."""
        return gathered(self._frame, kind)

    def write(self, path: str) -> None:
        """`to_frame` as a Parquet file, written by the engine: whole, or not at all."""
        self._tx.held.store.write(self._frame, path)

    def __str__(self) -> str:
        total = with_interval(self.total, *self.interval()) if self.drawn else f"{self.total:,.2f}"
        return (
            f"LazyCustomerValue of {counted(self.customers, 'customer')}: {total} in all, "
            f"{self.mean:,.2f} each, {active_in_words(self.expected_active, self.customers)}\n"
            f"  margin {share_in_words(self.margin_share)}, discount {self.discount_rate}, "
            f"horizon {self.horizon}, from the end of observation; past purchases not counted"
        )

    __repr__ = __str__


def value_in_engine(
    tx: LazyTransactionSummary,
    purchasing: ModelOf[PurchaseProcess[Any]],
    spend: Spending,
    *,
    margin_share: NumberLike,
    discount_rate: Rate,
    horizon: Duration,
    in_memory: InMemory,
) -> LazyCustomerValue:
    """`value_customers` of a lazy summary; `in_memory` is the same of histories that are here."""
    terms: dict[str, Any] = {
        "margin_share": margin_share,
        "discount_rate": discount_rate,
        "horizon": horizon,
    }
    given = (purchasing, spend, margin_share)
    constant = isinstance(uncertain_spend(spend), float | int | Draws)

    @cache
    def base() -> Any:
        rows, spent = (tx.purchases, None) if constant else tx.held.spent(tx.unit)[1:]
        return in_memory(rows, purchasing, spend, **terms, spend_so_far=spent)

    if any(isinstance(one, Draws) or len(parameter_shape(one)) == 2 for one in given):
        valued = partial(in_memory, purchasing=purchasing, spend=spend, **terms)
        return _over_draws(tx, base, valued, constant=constant)
    from retainkit.ingest.transactions.lazy.distinct import totals

    share, rate, length = check_margin_share(margin_share), check_rate(discount_rate), check_horizon(horizon)
    process, known = check_purchasing(purchasing), tx.purchases
    # once for each distinct history, not for each customer
    alive = process.probability_alive(known)
    discounted = process.discounted_expected_purchases(known, rate, length)
    if not np.all(np.isfinite(discounted)):
        rule = "must be finite here: without discount these customers buy for ever"
        way_out = "Give a finite horizon or a discount rate above 0."
        raise InputError("infinite-value", "horizon", length, rule, way_out)
    told = {"probability_alive": alive, "expected_purchases": process.expected_purchases(known, length)}
    frame = _valued(tx, told, discounted, check_spend(spend), share)
    (total,) = totals(frame, "value").values()
    return LazyCustomerValue(
        customers=len(tx),
        total=total,
        expected_active=float(known.weight @ alive),
        margin_share=share,
        discount_rate=rate,
        horizon=length,
        _frame=frame,
        _tx=tx,
        _base=base,
    )


def _over_draws(
    tx: LazyTransactionSummary, base: Callable[[], Any], valued: InMemory, *, constant: bool
) -> LazyCustomerValue:
    """The means over all draws, of a history as of the customers in memory."""
    whole = base()
    frame = (
        tx.held.joined({name: getattr(whole, name) for name in _COLUMNS})
        if constant
        else _along_spend(tx, valued)
    )
    return LazyCustomerValue(
        customers=len(tx),
        total=whole.total,
        expected_active=whole.expected_active,
        margin_share=whole.margin_share,
        discount_rate=whole.discount_rate,
        horizon=whole.horizon,
        drawn=True,
        _frame=tx.named(frame, _COLUMNS),
        _tx=tx,
        _base=base,
    )


def _along_spend(tx: LazyTransactionSummary, valued: InMemory) -> Frame:
    """Customers with their means over all draws: straight lines in what they spent, for each history.

    In Gamma-Gamma the expected spend, (v + x·m)·p/(p·x + q - 1), is linear in the mean m in every draw, and
    so is the mean over them: two points of m, and the value where nothing is known, say all of it.
    """
    import narwhals as nw

    from retainkit.ingest.transactions.lazy.distinct import money_of

    # purchases and spend are drawn together, so that no product of their means would do
    rows, cells, n = tx.purchases, tx.spend, len(tx.purchases)
    evidence = cells.weight * cells.frequency
    # two points as far apart as customers are: nothing is lost in their difference
    typical = float(cells.monetary_value @ evidence) / max(float(evidence.sum()), 1.0) or 1.0
    frequency = np.concatenate([np.zeros(n), rows.frequency, rows.frequency])
    spent = np.repeat([0.0, typical, 2.0 * typical], n) * (frequency > 0.0)
    told = valued(
        rows.entries(np.tile(np.arange(n), 3)),
        spend_so_far=Spend(frequency=frequency, monetary_value=spent),
    )
    columns = {name: getattr(told, name)[:n] for name in _COLUMNS[:2]}
    lines: dict[str, Any] = {}
    beyond = nw.col("monetary_value") / typical - 1.0
    for name in _COLUMNS[2:]:
        unknown, at, twice = np.split(getattr(told, name), 3)
        columns |= {f"{name}_unknown": unknown, f"{name}_at": at, f"{name}_more": twice - at}
        line = nw.col(f"{name}_at") + nw.col(f"{name}_more") * beyond
        lines[name] = nw.when(nw.col("known") > 0).then(line).otherwise(nw.col(f"{name}_unknown"))
    return tx.held.joined(columns).with_columns(**money_of()).with_columns(**lines)


def _valued(
    tx: LazyTransactionSummary, told: dict[str, Array], discounted: Array, spend: Any, share: float
) -> Frame:
    import narwhals as nw

    from retainkit.ingest.transactions.lazy.distinct import money_of

    # one row a history goes to the engine: what a customer spent is there already, and is no part of it
    frame = tx.held.joined({**told, "discounted": discounted})
    if isinstance(spend, float):
        each: Any = nw.lit(spend)
    elif isinstance(spend, GammaGamma):
        frame = frame.with_columns(**money_of())
        above, below = spend_parts(spend, nw.col("known").cast(nw.Float64), nw.col("monetary_value"))
        each = above / below  # below is positive: a mean that does not exist was refused
    else:
        rule = "must be a GammaGamma or an amount where customers stay in an engine"
        raise InputError("not-supported", "spend", type(spend).__name__, rule, "Say in_memory=True.")
    frame = frame.with_columns(expected_spend=each)
    frame = frame.with_columns(value=nw.col("expected_spend") * nw.col("discounted") * share)
    return tx.named(frame, (*told, "expected_spend", "value"))


def value_by_rank(
    tx: LazyTransactionSummary, found: LazyCustomerValue, places: Sequence[int]
) -> list[tuple[Array, dict[str, Array]]]:
    """Customers by value, and by what is at stake with them: how many are alike, and their sums.

    Classes of customers, the first one first, who have the score of one of the places or lie between. `alive`
    is the chance that they are customers, `worth` the value if they surely were, `stake` what that is more.
    """
    import narwhals as nw

    from retainkit.ingest.transactions.lazy.ranks import classes

    held, alive, value = tx.held, nw.col("probability_alive"), nw.col("value")
    worth = nw.when(alive > 0.0).then(value / alive).otherwise(nw.lit(0.0))
    columns = {"value": value, "alive": alive, "worth": worth, "stake": worth - value}
    scored, drop = held.store.keep(nw.from_native(found.to_frame()).select(**columns))
    ranks = [held.size + 1 - place for place in places]
    try:
        told = [classes(scored, score, ranks, *columns) for score in ("value", "stake")]
        return [
            (n.astype(np.float64), {k: v.astype(np.float64) for k, v in sums.items()}) for n, sums in told
        ]
    finally:
        drop()
