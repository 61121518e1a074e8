"""What each customer paid in each calendar month: what cohorts are followed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retainkit.tables import Codes, Days
from retainkit.tables.days import month_of
from retainkit.typing import Array


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
    def of(cls, code: Codes, day: Days, value: Array) -> Self:
        """Days of customers, sorted so, added up."""
        month = month_of(day)
        new = np.ones(month.size, np.bool_)
        new[1:] = (code[1:] != code[:-1]) | (month[1:] != month[:-1])
        starts = np.flatnonzero(new)
        amount = np.add.reduceat(value, starts) if starts.size else np.zeros(0)
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
