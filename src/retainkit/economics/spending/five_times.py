"""The "five times" diagnostic: winning a customer against keeping one, on average and at the margin.

"A new customer costs five times as much as keeping an old one" compares two *averages*. Where the next
unit of money belongs depends on what the *next* customer won and the *next* customer kept cost, and what each
is worth. At the best allocation the two marginal costs are equal, to the value of a customer, while the ratio
of averages may be anything: it proves nothing by itself.

Blattberg, R. C. and Deighton, J. (1996), "Manage Marketing by the Customer Equity Test", Harvard Business
Review 74(4), 136-144; Pfeifer, P. E. (2005), "The optimal ratio of acquisition and retention costs", Journal
of Targeting, Measurement and Analysis for Marketing 13(2), 179-188, doi:10.1057/palgrave.jt.5740142.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from retainkit.columns import numbers
from retainkit.domains import NOT_NEGATIVE, POSITIVE
from retainkit.errors import InputError
from retainkit.records import Record
from retainkit.typing import Number, Plain


@dataclass(frozen=True, slots=True)
class SpendResponse:
    """What one kind of spending brought, and what a little more of it brings.

    Raises `InputError` for values outside their domain, and one of the two extras without the other.

    Parameters
    ----------
    spend : float, money, 0 or more
    customers : float, above 0
        Won, or kept, with it.
    extra_spend, extra_customers : float, optional
        A change of the spend, and what it changed: from a test, two periods, or a response curve. Both
        up, or both down; the marginal cost is their ratio.

    Examples
    --------
    >>> won = SpendResponse(spend=100_000, customers=400, extra_spend=10_000, extra_customers=20)
    >>> won.average_cost, won.marginal_cost
    (250.0, 500.0)
    """

    spend: float
    customers: float
    extra_spend: float | None = None
    extra_customers: float | None = None

    def __post_init__(self) -> None:
        spend, customers = numbers(spend=(self.spend, NOT_NEGATIVE), customers=(self.customers, POSITIVE))
        object.__setattr__(self, "spend", spend)
        object.__setattr__(self, "customers", customers)
        if (self.extra_spend is None) != (self.extra_customers is None):
            shown = (self.extra_spend, self.extra_customers)
            rule = "must be given together"
            way_out = "Say how much more was spent, and how many customers more it brought."
            raise InputError("not-one-of", "extra_spend / extra_customers", shown, rule, way_out)
        if self.extra_spend is not None and self.extra_customers is not None:
            more, brought = numbers(
                extra_spend=(self.extra_spend, POSITIVE), extra_customers=(self.extra_customers, NOT_NEGATIVE)
            )
            object.__setattr__(self, "extra_spend", more)
            object.__setattr__(self, "extra_customers", brought)

    @property
    def average_cost(self) -> float:
        """Money per customer, over all of them."""
        return self.spend / self.customers

    @property
    def marginal_cost(self) -> float | None:
        """Money per additional customer; ``inf`` where there was none, None where it is not known."""
        if self.extra_spend is None or self.extra_customers is None:
            return None
        return self.extra_spend / self.extra_customers if self.extra_customers else inf


@dataclass(frozen=True, eq=False, slots=True)
class FiveTimes(Record):
    """Winning against keeping customers, on average and at the margin; made by `five_times`.

    Attributes
    ----------
    average_ratio : float
        Average cost of winning one over average cost of keeping one: the "five".
    marginal_ratio : float or None
        The same of the next customer; None where it is not known.
    return_on_winning, return_on_keeping : float or None
        Value per unit of money spent on the next customer; above 1 it pays.
    next_money : {"winning", "keeping", "either", "neither"} or None
        Where the next unit of money earns more. None where the margins are not known, whatever the averages.
    """

    winning: SpendResponse
    keeping: SpendResponse
    value_won: float
    value_kept: float

    @property
    def average_ratio(self) -> float:
        """Average cost of winning one over average cost of keeping one."""
        return _over(self.winning.average_cost, self.keeping.average_cost)

    @property
    def marginal_ratio(self) -> float | None:
        """Cost of the next customer won over cost of the next one kept."""
        won, kept = self.winning.marginal_cost, self.keeping.marginal_cost
        # ∞/∞: where neither brings a customer there is no ratio
        if won is None or kept is None or won == kept == inf:
            return None
        return _over(won, kept)

    @property
    def return_on_winning(self) -> float | None:
        """Value per unit of money spent on the next customer won."""
        cost = self.winning.marginal_cost
        return None if cost is None else _over(self.value_won, cost)

    @property
    def return_on_keeping(self) -> float | None:
        """Value per unit of money spent on the next customer kept."""
        cost = self.keeping.marginal_cost
        return None if cost is None else _over(self.value_kept, cost)

    @property
    def next_money(self) -> str | None:
        """Where the next unit of money earns more, if anywhere."""
        won, kept = self.return_on_winning, self.return_on_keeping
        if won is None or kept is None:
            return None
        # a unit of money that brings back less than a unit is better kept
        if max(won, kept) <= 1.0:
            return "neither"
        return "either" if won == kept else "winning" if won > kept else "keeping"

    def as_dict(self) -> Plain:
        """The costs, ratios and returns by name."""
        return {
            "average_cost_won": self.winning.average_cost,
            "average_cost_kept": self.keeping.average_cost,
            "average_ratio": self.average_ratio,
            "marginal_cost_won": self.winning.marginal_cost,
            "marginal_cost_kept": self.keeping.marginal_cost,
            "marginal_ratio": self.marginal_ratio,
            "return_on_winning": self.return_on_winning,
            "return_on_keeping": self.return_on_keeping,
            "next_money": self.next_money,
        }

    def __str__(self) -> str:
        average = (
            f"On average a customer costs {self.winning.average_cost:,.2f} to win and "
            f"{self.keeping.average_cost:,.2f} to keep, a ratio of {self.average_ratio:.3g}. "
            "The ratio of averages proves nothing by itself."
        )
        if self.next_money is None:
            return f"{average} What the next customer costs to win and to keep is not known: measure it."
        advice = {
            "winning": "The next money belongs to winning customers.",
            "keeping": "The next money belongs to keeping customers.",
            "either": "The next money earns the same either way.",
            "neither": "The next money belongs to neither.",
        }[self.next_money]
        return (
            f"{average} The next one costs {self.winning.marginal_cost:,.2f} to win, for a value of "
            f"{self.value_won:,.2f}, and {self.keeping.marginal_cost:,.2f} to keep, for a value of "
            f"{self.value_kept:,.2f}. {advice}"
        )


def five_times(
    winning: SpendResponse, keeping: SpendResponse, *, value_won: Number, value_kept: Number
) -> FiveTimes:
    """Whether it is better to win customers or to keep them, which "five times" does not tell.

    Raises `InputError` for negative values.

    Parameters
    ----------
    winning, keeping : SpendResponse
        Spend and customers won; spend on retention and customers kept.
    value_won : number, money, 0 or more
        What a new customer is worth before the cost of winning: `lifetime_value`.
    value_kept : number, money, 0 or more
        What a customer who stays is still worth: `residual_lifetime_value`, with the payment of the
        renewal where that is at stake.

    Returns
    -------
    FiveTimes
        Prints as a verdict. Without marginal costs on both sides there is none.

    Examples
    --------
    >>> won = SpendResponse(100_000, 400, extra_spend=10_000, extra_customers=50)
    >>> kept = SpendResponse(40_000, 800, extra_spend=10_000, extra_customers=20)
    >>> verdict = five_times(won, kept, value_won=600, value_kept=600)
    >>> verdict.average_ratio, verdict.marginal_ratio, verdict.next_money
    (5.0, 0.4, 'winning')
    """
    won, kept = numbers(value_won=(value_won, NOT_NEGATIVE), value_kept=(value_kept, NOT_NEGATIVE))
    return FiveTimes(winning, keeping, won, kept)


def _over(a: float, b: float) -> float:
    return a / b if b else inf
