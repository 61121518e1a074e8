"""What each customer paid in each calendar month: what cohorts are followed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retainkit.ingest.transactions.plan import ROUNDING
from retainkit.tables import Codes, Days
from retainkit.tables.days import month_of
from retainkit.typing import Array


@dataclass(frozen=True, slots=True)
class CohortMoney:
    """The same of customers who stay in their engine: one entry for each month of first purchases and month.

    Attributes
    ----------
    began : (n,) months since January 1970
    month : (n,) months since January 1970
    customers : (n,) who paid more in that month than was given back to them
    amount : (n,) money, refunds subtracted
    """

    began: Days
    month: Days
    customers: Codes
    amount: Array

    def __add__(self, other: CohortMoney) -> CohortMoney:
        """That of other customers as well."""
        names = ("began", "month", "customers", "amount")
        return CohortMoney(*(np.concatenate([getattr(one, name) for one in (self, other)]) for name in names))


@dataclass(frozen=True, slots=True)
class MonthlyMoney:
    """One entry for each customer and month with a payment or a refund, in that order.

    Attributes
    ----------
    customer : (n,) places among the customers
    month : (n,) months since January 1970
    amount : (n,) money, refunds subtracted
    """

    customer: Codes
    month: Days
    amount: Array

    @classmethod
    def of(cls, code: Codes, day: Days, value: Array, size: Array | None, lines: Codes) -> Self:
        """Days of customers, sorted so, added up; a sum that is nothing but rounding is nothing."""
        month = month_of(day)
        new = np.ones(month.size, np.bool_)
        new[1:] = (code[1:] != code[:-1]) | (month[1:] != month[:-1])
        starts = np.flatnonzero(new)
        amount = np.add.reduceat(value, starts) if starts.size else np.zeros(0)
        if size is not None and starts.size:
            terms, sizes = (np.add.reduceat(column, starts) for column in (lines, size))
            amount[np.abs(amount) <= terms * ROUNDING * sizes] = 0.0
        return cls(code[starts], month[starts], amount)

    @classmethod
    def joined(cls, parts: Sequence[Self], customers: Sequence[int]) -> Self:
        """Parts of different customers, so many of each, one after the other."""
        before = np.cumsum([0, *customers[:-1]])
        code = [part.customer + k for part, k in zip(parts, before.tolist(), strict=True)]
        month, amount = ([getattr(part, name) for part in parts] for name in ("month", "amount"))
        return cls(np.concatenate(code), np.concatenate(month), np.concatenate(amount))

    def take(self, places: NDArray[np.intp], customers: int) -> Self:
        """The same with the customers in another order, or only some of them."""
        now = np.full(customers, -1, np.int64)
        now[places] = np.arange(places.size)
        code = now[self.customer]
        order = np.flatnonzero(code >= 0)
        order = order[np.argsort(code[order], kind="stable")]
        return type(self)(code[order], self.month[order], self.amount[order])
