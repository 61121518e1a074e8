"""What customers are worth who stay in their engine: computed once for each history, joined there."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.ingest import LazyTransactionSummary
from retainkit.models.spend.gamma_gamma import GammaGamma, spend_parts
from retainkit.plurals import counted
from retainkit.protocols import ModelOf, PurchaseProcess, parameter_shape
from retainkit.rates import Rate
from retainkit.typing import Array, Frame, NumberLike
from retainkit.units import Duration
from retainkit.valuation.inputs import (
    Spending,
    check_horizon,
    check_margin_share,
    check_purchasing,
    check_rate,
    check_spend,
    share_in_words,
)


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
    margin_share: float
    discount_rate: Rate
    horizon: Duration
    _frame: Frame = field(repr=False)
    _tx: LazyTransactionSummary = field(repr=False)

    def __len__(self) -> int:
        return self.customers

    @property
    def mean(self) -> float:
        """Value of an average existing customer."""
        return self.total / self.customers if self.customers else math.nan

    def to_frame(self) -> Any:
        """One row per customer as a lazy frame: id, chance to be alive, purchases, spend and value."""
        return self._frame.to_native()

    def write(self, path: str) -> None:
        """`to_frame` as a Parquet file, written by the engine: whole, or not at all."""
        self._tx.held.store.write(self._frame, path)

    def __str__(self) -> str:
        return (
            f"LazyCustomerValue of {counted(self.customers, 'customer')}: {self.total:,.2f} in all, "
            f"{self.mean:,.2f} each, {self.expected_active:,.0f} probably active\n"
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
) -> LazyCustomerValue:
    """`value_customers` of a lazy summary."""
    given = {"purchasing": purchasing, "spend": spend, "margin_share": margin_share}
    for argument, one in given.items():
        if isinstance(one, Draws) or len(parameter_shape(one)) == 2:
            rule = "must be one model or number, not draws of it, where customers stay in an engine"
            way_out = "Pass the fit; for intervals say in_memory=True when the table is summarised."
            raise InputError("not-supported", argument, type(one).__name__, rule, way_out)
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
    )


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
