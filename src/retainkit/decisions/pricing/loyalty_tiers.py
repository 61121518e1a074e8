"""Loyalty tiers as a Markov chain: members climb, fall and leave; each tier has its margin and benefits.

A programme changes how members move and what they spend; its benefits cost in every period that a member
is in a tier, also to members who would have been as good without it. What it gains is the difference of two
chains (`markov_value` of economics, with the citation), one with the programme and one without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

import numpy as np

from retainkit.columns import labels_of, named_once, numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.inputs import Question, Stated
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, PROBABILITY, REAL, Domain, one_number
from retainkit.economics.segments.markov_value import markov_value
from retainkit.errors import InputError, wrong_shape
from retainkit.rates import as_read, in_period
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike, RateLike, Real, Unit


@dataclass(frozen=True, eq=False, kw_only=True)
class TierInputs(Record, Question):
    """What a programme of tiers rests on: amounts by tier, how members move, who is where now."""

    tiers: tuple[str, ...]
    margins: Array
    reward_costs: Array
    margins_without: Array
    transitions: Array
    transitions_without: Array
    start: Array
    """Shares of the members by tier."""
    discount_rate: float
    horizon: float

    def stated(self) -> Mapping[str, Stated]:
        """One input per tier, named like ``margin[gold]``, and the discount rate."""
        said = (
            ("margin", self.margins, REAL, "margin of a member, per period"),
            ("reward_cost", self.reward_costs, NOT_NEGATIVE, "benefits, per period"),
            ("margin_without", self.margins_without, REAL, "without the programme"),
        )
        by_tier = {
            f"{label}[{tier}]": Stated(amount, domain, meaning)
            for label, amounts, domain, meaning in said
            for tier, amount in zip(self.tiers, amounts.tolist(), strict=True)
        }
        return {**by_tier, "discount_rate": Stated(self.discount_rate, GROWTH, "per period")}

    def gain_at(self, **values: Real) -> Real:
        """The mean gain over the members of now, and over draws of how they move."""
        x = {name: stated.value for name, stated in self.stated().items()} | values
        margins, costs, without = (
            np.array([x[f"{label}[{tier}]"] for tier in self.tiers])
            for label in ("margin", "reward_cost", "margin_without")
        )
        ours, theirs = self._mean_stays(float(x["discount_rate"]))
        # members of now by tier: a programme for the best customers may lose on the many others
        return (ours @ (margins - costs) - theirs @ without) @ self.start

    def values(self) -> tuple[Array, Array]:
        """The value by start tier, with the programme and without."""
        ours, theirs = (
            _stays(chain, self.discount_rate, self.horizon)
            for chain in (self.transitions, self.transitions_without)
        )
        # benefits cost in every period that a member is in the tier, earned or not
        return ours @ (self.margins - self.reward_costs), theirs @ self.margins_without

    def _mean_stays(self, discount_rate: float) -> list[Array]:
        """Values are linear in how long members stay in each tier, so that its mean over draws is enough."""
        return [
            _mean_stays(chain.tobytes(), chain.shape, discount_rate, self.horizon)
            for chain in (self.transitions, self.transitions_without)
        ]

    def __str__(self) -> str:
        return f"tiers {', '.join(self.tiers)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class TierProgramme(Decision):
    """Whether the tiers of a loyalty programme pay; made by `tier_programme`.

    Attributes
    ----------
    gain : float or Draws, money of now per member, over the mix of tiers at the start
    tiers : (tiers,) names
    value : (tiers,) or (draws, tiers), money of now
        Of a member now in each tier, after the cost of benefits.
    value_without : the same, without the programme
    gain_by_tier : the same, value − value_without
    """

    inputs: TierInputs
    tiers: tuple[str, ...]
    value: Array
    value_without: Array
    gain_by_tier: Array

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        gains = np.atleast_2d(self.gain_by_tier).mean(axis=0)
        by_tier = ", ".join(f"{t} {g:+,.2f}" for t, g in zip(self.tiers, gains, strict=True))
        return f"{shown(self.gain)} per member of now; by tier: {by_tier}."


def tier_programme(
    margins: NumberLike,
    *,
    reward_costs: NumberLike,
    transitions: NumberLike,
    margins_without: NumberLike,
    transitions_without: NumberLike,
    start: NumberLike,
    discount_rate: RateLike,
    tiers: Sequence[str] | None = None,
    horizon: Number = inf,
    period: Unit | None = None,
) -> TierProgramme:
    """Whether loyalty tiers are worth it: the value of members with them and without, by start tier.

    V = Σ_t (P/(1+d))ᵗ·(margin − reward cost). The period that begins now counts in full, and each move takes
    one period. Gain = Σ start·(V − V without).

    Raises `InputError` as `markov_value`, and for columns of another number of tiers.

    Parameters
    ----------
    margins, margins_without : (tiers,), money per period
        Of a member in each tier, before the cost of benefits, with the programme and without it. Without it
        the tiers are what members would have been in by their spending.
    reward_costs : (tiers,), money per period, 0 or more
        Benefits given to a member in each tier.
    transitions, transitions_without : (tiers, tiers) or (draws, tiers, tiers), shares
        Row i says where a member of tier i is one period later; what is missing to 1 leaves for good.
    start : (tiers,), 0 or more
        Members now in each tier, or their shares.
    discount_rate : number > -1, or Rate, per period
    tiers : names, optional
        ``"tier 1"``, … by default.
    horizon : int
        How many moves to count; all by default.
    period : unit, optional
        What a move takes; needed to convert a `Rate`.

    Returns
    -------
    TierProgramme
        Its assumptions have the margin and the reward cost of each tier with the amount at which the
        programme turns.

    Examples
    --------
    >>> decision = tier_programme(
    ...     [20, 60],
    ...     reward_costs=[0, 6],
    ...     transitions=[[0.75, 0.15], [0.15, 0.80]],
    ...     margins_without=[20, 60],
    ...     transitions_without=[[0.76, 0.12], [0.20, 0.72]],
    ...     start=[0.8, 0.2],
    ...     discount_rate=0.02,
    ...     tiers=["basic", "gold"],
    ... )
    >>> decision.worth_it, decision.gain_by_tier.round(2).tolist()
    (True, [96.2, 115.73])
    """
    (rate,) = in_period(period, discount_rate=discount_rate)
    labels_of(margins=margins, reward_costs=reward_costs, margins_without=margins_without, start=start)
    labels_of(start=start, transitions=transitions, transitions_without=transitions_without)
    weights = _column("start", start, NOT_NEGATIVE, None)
    if not weights.any():
        way_out = "Give the members, or their shares, by tier."
        raise InputError("empty", "start", start, "must have members in some tier", way_out)
    names = _names(tiers, weights.size)
    x = TierInputs(
        tiers=names,
        margins=_column("margins", margins, REAL, len(names)),
        reward_costs=_column("reward_costs", reward_costs, NOT_NEGATIVE, len(names)),
        margins_without=_column("margins_without", margins_without, REAL, len(names)),
        transitions=_chains("transitions", transitions, names),
        transitions_without=_chains("transitions_without", transitions_without, names),
        start=weights / weights.sum(),
        discount_rate=numbers(discount_rate=(rate, GROWTH))[0],
        horizon=one_number("horizon", horizon, ENDLESS),
    )
    ours, theirs = x.values()
    return TierProgramme(
        gain=(ours - theirs) @ x.start,
        inputs=x,
        tiers=names,
        value=ours,
        value_without=theirs,
        gain_by_tier=ours - theirs,
    )


@lru_cache(maxsize=64)  # most assumptions leave the discount rate as it is
def _mean_stays(chain: bytes, shape: tuple[int, ...], discount_rate: float, horizon: float) -> Array:
    stays = _stays(np.frombuffer(chain).reshape(shape), discount_rate, horizon)
    return stays.mean(axis=0) if stays.ndim == 3 else stays


def _stays(chains: Array, discount_rate: float, horizon: Number) -> Array:
    """Discounted periods that a member now in tier i spends in tier j, (tiers, tiers) for every draw."""
    if chains.ndim == 3:
        return np.array([_stays(c, discount_rate, horizon) for c in chains])
    one_each = np.eye(len(chains))
    # expected periods in every tier: margins and costs then only multiply, assumption by assumption
    d = as_read(discount_rate)
    columns_ = [markov_value(chains, e, discount_rate=d, horizon=horizon) for e in one_each]
    return np.stack(columns_, axis=-1)


def _chains(argument: str, value: NumberLike, names: tuple[str, ...]) -> Array:
    chains = np.asarray(PROBABILITY.check(argument, value))
    if chains.ndim in (2, 3) and chains.shape[-2:] == (len(names), len(names)):
        return chains
    rule = f"must be a square table, one row and one column per tier ({len(names)}), or draws of it"
    way_out = "Leave out the lost customers: what is missing to 1 in a row leaves for good."
    raise wrong_shape(argument, chains, rule, way_out)


def _column(argument: str, value: NumberLike, domain: Domain, size: int | None) -> Array:
    column = np.asarray(domain.check(argument, value))
    if column.ndim == 1 and column.size and size in (None, column.size):
        return column
    rule = "must have one amount per tier" + (f" ({size})" if size else "")
    raise wrong_shape(argument, column, rule, "List the tiers in the order of the rows of transitions.")


def _names(tiers: Sequence[str] | None, size: int) -> tuple[str, ...]:
    names = named_once("tiers", (f"tier {i}" for i in range(1, size + 1)) if tiers is None else tiers)
    if len(names) == size:
        return names
    rule = f"must have one name per tier ({size})"
    way_out = "List the names in the order of start, for example tiers=['basic', 'gold']."
    raise InputError("length-mismatch", "tiers", names, rule, way_out)
