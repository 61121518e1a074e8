"""Who was won when, and what they have paid since: of a subscription base, or of transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, missing_argument, unknown_choice
from retainkit.ingest import TransactionSummary
from retainkit.ingest.transactions.groups import looked_up
from retainkit.metrics import SubscriptionBase
from retainkit.models.sampled import draws_at_a_time
from retainkit.protocols import ModelOf, data_of, parameter_shape
from retainkit.tables import Days, Source, to_list
from retainkit.tables.days import month_of
from retainkit.typing import Array, Foreign
from retainkit.units import DAYS_PER
from retainkit.valuation._outlooks import outlooks_of
from retainkit.valuation._stays import drawn_model
from retainkit.valuation.customers import expected_spend
from retainkit.valuation.inputs import Spending, check_purchasing, check_spend, check_survival

_DRAWS = 100  # of a posterior: the noise of their mean is a tenth of the spread
LONGEST = 240  # months: who has not paid back in twenty years is not due

Places: TypeAlias = NDArray[np.int64]


class Payers(ABC):
    """Customers by when they began and what tells them apart, and their payments by month."""

    first: int
    """The first month whose customers are known from their first day on; months count from January 1970."""
    last: int
    """The last month that is over."""
    begun: Days
    """The month in which each customer began."""
    never: NDArray[np.bool_]
    """Who never paid anything."""
    like: Foreign

    @abstractmethod
    def group(self, name: str) -> tuple[Sequence[str], Places]:
        """What tells cohorts apart beside the month: its names, and the place of each customer among them."""

    @abstractmethod
    def paid(self, won: Places, cohorts: int) -> Array:
        """(cohorts, months) paid until the end of each month; `won` is each customer's cohort, or below 0."""

    @abstractmethod
    def due(self, won: Places, lacking: Array, share: float) -> NDArray[Any]:
        """(cohorts,) the month at whose end the margin that is lacking is expected to have come in."""


@dataclass(frozen=True, slots=True)
class OfTransactions(Payers):
    """Customers who began with their first purchase."""

    tx: TransactionSummary
    table: Source | None
    fit: ModelOf[Any] | None
    spending: Spending | None
    first: int
    last: int
    begun: Days
    never: NDArray[np.bool_]
    like: Foreign

    @classmethod
    def of(
        cls, tx: TransactionSummary, table: Source | None, fit: ModelOf[Any] | None, spending: Spending | None
    ) -> OfTransactions:
        """Those of a summary that was made with ``monthly=True``."""
        _ = tx.monthly
        end = np.datetime64(tx.observation_end, "D").astype(np.int64)
        age = np.rint(tx.purchases.T * DAYS_PER[tx.unit]).astype(np.int64)
        begun = month_of(end - age)
        first = int(begun.min()) if begun.size else 0
        last = int(month_of(np.array([end + 1]))[0]) - 1
        if fit is not None and spending is None:
            way_out = "For example spend_per_purchase=fit(GammaGamma, tx), or a constant amount."
            raise missing_argument("spend_per_purchase", "must be given beside a fit of purchases", way_out)
        if fit is None and spending is not None:
            rule = "has no meaning without a fit that says how many purchases are to come"
            raise InputError("needless", "spend_per_purchase", spending, rule, "Give fit=, or leave it out.")
        return cls(tx, table, fit, spending, first, last, begun, np.zeros(begun.size, np.bool_), tx.customers)

    def group(self, name: str) -> tuple[Sequence[str], Places]:
        if self.table is None:
            rule = "must be given where groups are no months: transactions do not tell them"
            way_out = f"A table with the ids and a column {name!r}, such as that of the first purchases."
            raise missing_argument("customers", rule, way_out)
        names, place = looked_up(self.tx, name, self.table, "customers")
        return [str(one) for one in names], place

    def paid(self, won: Places, cohorts: int) -> Array:
        return received(self.tx, won, cohorts, self.first, self.last)

    def due(self, won: Places, lacking: Array, share: float) -> NDArray[Any]:
        assert self.fit is not None
        assert self.spending is not None
        process: Any = thinned(self.fit, check_purchasing(self.fit, "fit"))
        known = data_of(self.tx, process.data_kind, "base", type(process).__name__)
        spend = thinned(self.spending, check_spend(self.spending, "spend_per_purchase"))
        many = len(known)
        each = share * mean_over_draws(spend, many, lambda one: expected_spend(self.tx, one, many))
        money, mine = self.tx.monthly, won >= 0
        # what has come in since the last month was over
        late = (money.month > self.last) & mine[money.customer]
        since = np.bincount(won[money.customer[late]], weights=money.amount[late], minlength=lacking.size)
        lacking = lacking - share * since
        month = DAYS_PER["month"] / DAYS_PER[self.tx.unit]

        def ahead(months: Places) -> Array:
            horizon = np.maximum(months, 1)[np.maximum(won, 0)] * month
            worth = each * mean_over_draws(process, many, lambda one: one.expected_purchases(known, horizon))
            return np.where(
                months > 0, np.bincount(won[mine], weights=worth[mine], minlength=months.size), 0.0
            )

        # what is expected rises with time, so that the month is found by halving
        low, high = np.full(lacking.size, -1), np.full(lacking.size, LONGEST)
        never = ahead(high) < lacking
        while np.any(high - low > 1):
            middle = (low + high) // 2
            enough = ahead(middle) >= lacking
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        end = np.datetime64(self.tx.observation_end, "D").astype(np.int64)
        months = month_of(end + np.rint(high * DAYS_PER["month"]).astype(np.int64))
        return np.where(never, "never", months.astype("datetime64[M]").astype(np.str_))


@dataclass(frozen=True, slots=True)
class OfBase(Payers):
    """Subscribers, whose prices count day by day."""

    base: SubscriptionBase
    fit: ModelOf[Any] | None
    first: int
    last: int
    begun: Days
    never: NDArray[np.bool_]
    like: Foreign

    @classmethod
    def of(cls, base: SubscriptionBase, fit: ModelOf[Any] | None) -> OfBase:
        """Those of a base that was read with amounts."""
        if not base.priced:
            raise missing_argument(
                "amount", "must be given for margins by cohort", "For example amount='mrr'."
            )
        last = int(month_of(np.array([base.until + 1]))[0]) - 1
        first = int(month_of(np.array([base.since]))[0])
        # who was won in a month that is cut off is known only if still there when the observation began
        cut = base.opening == "existing" and int(month_of(np.array([base.since - 1]))[0]) == first
        begun = base.begun()
        month = month_of(np.maximum(begun, -(10**6)))
        return cls(base, fit, first + cut, last, month, begun > base.until, base.customers)

    def group(self, name: str) -> tuple[Sequence[str], Places]:
        if name not in self.base.segments:
            raise unknown_choice("by", name, tuple(self.base.segments))
        return self.base.segments[name]

    def paid(self, won: Places, cohorts: int) -> Array:
        v, first, last = self.base.levels, self.first, self.last
        months = last - first + 1
        kept = won[v.code] >= 0
        day, change = v.month[kept], (v.level - v.before(v.level))[kept] / self.base.scale
        month = month_of(day)
        begin, following = (m.astype("M8[M]").astype("M8[D]").astype(np.int64) for m in (month, month + 1))
        # a price that changes at x brings (p − x) times itself until p, both in months
        at = month - first + (day - begin) / (following - begin)
        inside = month <= last
        cell = won[v.code[kept]][inside] * months + np.maximum(month[inside] - first, 0)
        shape = (cohorts, months)
        sums = [
            np.bincount(cell, weights=w[inside], minlength=cohorts * months).reshape(shape).cumsum(axis=1)
            for w in (change, change * at)
        ]
        return np.arange(1.0, months + 1.0) * sums[0] - sums[1]

    def due(self, won: Places, lacking: Array, share: float) -> NDArray[Any]:
        reached = np.cumsum(share * self._ahead(won, lacking.size), axis=1) >= lacking[:, None]
        month = (self.last + 1 + np.argmax(reached, axis=1)).astype("datetime64[M]").astype(np.str_)
        return np.where(reached.any(axis=1), month, "never")

    def _ahead(self, won: Places, cohorts: int) -> Array:
        """(cohorts, months) revenue expected in the months to come, of those who are there."""
        assert self.fit is not None
        process: Any = thinned(self.fit, check_survival(self.fit, "fit"))
        if process.unit != "month":
            way_out = "Fit to the base itself, which counts months."
            raise InputError("unit-mismatch", "fit", process.unit, "must count months here", way_out)
        now = self.base.current("month")
        outlooks = outlooks_of(process, now.tenure, "fit")
        found = np.zeros((cohorts, LONGEST))
        # whom no spend is told of adds to no cohort
        mine, size = won[now.code], outlooks.tenure.size or 1
        # customers of one cohort and tenure are alike: their prices add up
        pair = mine * size + outlooks.place
        distinct, place = np.unique(pair[mine >= 0], return_inverse=True)
        paid = np.bincount(place, weights=now.amount[mine >= 0], minlength=distinct.size)
        # of draws their mean
        each = outlooks._replace(place=np.arange(outlooks.tenure.size)).shares(np.arange(1.0, LONGEST + 1.0))
        np.add.at(found, distinct // size, paid[:, None] * each[distinct % size])
        return found


def thinned(estimate: Any, model: Any) -> Any:
    """The model, of draws some of them."""
    return drawn_model(estimate, 1, _DRAWS) if len(parameter_shape(model)) == 2 else model


def mean_over_draws(model: Any, customers: int, ask: Callable[[Any], Array]) -> Array:
    """What a model answers for each customer; of draws the mean, a few draws at a time."""
    shape = parameter_shape(model)
    if len(shape) < 2:
        return ask(model)
    parts = draws_at_a_time(model, (shape[0], customers))
    return np.sum([np.asarray(ask(part)).sum(axis=0) for _, part in parts], axis=0) / shape[0]


def received(tx: TransactionSummary, won: Places, cohorts: int, first: int, last: int) -> Array:
    """(cohorts, months) what customers have paid until the end of each month, by each one's cohort."""
    months, money = last - first + 1, tx.monthly
    # a refund of what was bought before the table began counts in its first month
    month, cohort = np.maximum(money.month - first, 0), won[money.customer]
    kept = (cohort >= 0) & (month < months)
    cell = cohort[kept] * months + month[kept]
    sums = np.bincount(cell, weights=money.amount[kept], minlength=cohorts * months)
    return sums.reshape(cohorts, months).cumsum(axis=1)


def cohorts_paying(base: SubscriptionBase, payments: TransactionSummary, won: Places, last: int) -> Places:
    """Of each customer who paid the cohort in the base, whose last whole month the payments have to reach."""
    # payments that were not seen are not known to be missing: months without any would look unpaid
    end = np.datetime64(payments.observation_end, "D").astype(np.int64)
    if int(month_of(np.array([end + 1]))[0]) <= last:
        rule = f"must be observed to the end of {np.datetime64(last, 'M')}, as the base is"
        way_out = "Pass observation_end= to summarize_transactions, or read both tables up to one day."
        raise InputError("dates-conflict", "payments", payments.observation_end, rule, way_out)
    place_of = {who: k for k, who in enumerate(to_list(base.customers))}
    ids = to_list(payments.customers)
    unknown = [who for who in ids if who not in place_of]
    if unknown:
        rule = f"must be of the base's customers; {len(unknown):,} of {len(ids):,} are not in it"
        raise InputError("unmatched", "payments", unknown[0], rule, "Check the type of the ids.")
    return won[np.array([place_of[who] for who in ids], np.intp)]


def cohorts_of(payers: Payers, groups: Mapping[str, tuple[Sequence[str], Places]], cells: Places) -> Places:
    """Which of the cells, (month, groups…), each customer is of; -1 for none, -2 for who never paid."""
    keys = np.column_stack([payers.begun, *(place for _, place in groups.values())])
    # one number for each crossing of month and groups, wide enough that no two of them meet
    span = keys.max(axis=0, initial=0) + np.abs(cells).max(axis=0) + 1
    code = np.zeros(len(keys), np.int64)
    wanted = np.zeros(len(cells), np.int64)
    for k, width in enumerate(span.tolist()):
        code, wanted = code * width + keys[:, k], wanted * width + cells[:, k]
    order = np.argsort(wanted)
    at = np.minimum(np.searchsorted(wanted[order], code), wanted.size - 1)
    found = np.where(wanted[order][at] == code, order[at], -1)
    return np.where(payers.never, -2, found)
