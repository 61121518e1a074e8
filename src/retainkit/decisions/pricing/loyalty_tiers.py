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

from retainkit.columns import labels_of
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.old_decision import (
    AbstractDecision,
    Input,
    given,
    number,
    turning_points,
    values_of,
)
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL, Domain
from retainkit.economics.segments.markov_value import markov_value
from retainkit.errors import InputError, wrong_shape
from retainkit.rates import in_period
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit


@dataclass(frozen=True, eq=False, kw_only=True)
class TierProgramme(AbstractDecision):
    """Whether the tiers of a loyalty programme pay; made by `tier_programme`.

    Attributes
    ----------
    gain : float or (draws,), money of now per member, over the mix of tiers at the start
    tiers : (tiers,) names
    value : (tiers,) or (draws, tiers), money of now
        Of a member now in each tier, after the cost of benefits.
    value_without : the same, without the programme
    gain_by_tier : the same, value − value_without
    """

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

    Raises
    ------
    InputError
        As `markov_value`, and for columns of another number of tiers.

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
    inputs = {
        **_by_tier("margin", "margins", margins, REAL, "margin of a member, per period", names),
        **_by_tier("reward_cost", "reward_costs", reward_costs, NOT_NEGATIVE, "benefits, per period", names),
        **_by_tier(
            "margin_without", "margins_without", margins_without, REAL, "without the programme", names
        ),
        **given(discount_rate=(rate, GROWTH, "per period")),
    }
    chains = (
        _chains("transitions", transitions, names),
        _chains("transitions_without", transitions_without, names),
    )
    share = weights / weights.sum()

    @lru_cache  # most assumptions leave the discount rate as it is
    def mean_stays(discount_rate: float) -> list[Array]:
        return [_stays(_mean_chain(c), discount_rate, horizon) for c in chains]

    def gain(**x: NumberLike) -> NumberLike:
        ours, theirs = _values(x, mean_stays(x["discount_rate"]), names)
        # members of now by tier: a programme for the best customers may lose on the many others
        return (ours - theirs) @ share

    x = values_of(inputs)
    ours, theirs = _values(x, [_stays(c, x["discount_rate"], horizon) for c in chains], names)
    return TierProgramme(
        gain=number((ours - theirs) @ share),
        assumptions=turning_points(gain, inputs),
        tiers=names,
        value=ours,
        value_without=theirs,
        gain_by_tier=ours - theirs,
    )


def _values(x: Mapping[str, NumberLike], stays: list[Array], names: tuple[str, ...]) -> tuple[Array, Array]:
    """The value by start tier, with the programme and without."""
    margins, costs, without = (
        np.array([x[f"{label}[{tier}]"] for tier in names])
        for label in ("margin", "reward_cost", "margin_without")
    )
    # benefits cost in every period that a member is in the tier, earned or not
    return stays[0] @ (margins - costs), stays[1] @ without


def _stays(chains: Array, discount_rate: float, horizon: Number) -> Array:
    """Discounted periods that a member now in tier i spends in tier j, (tiers, tiers) for every draw."""
    if chains.ndim == 3:
        return np.array([_stays(c, discount_rate, horizon) for c in chains])
    one_each = np.eye(len(chains))
    # expected periods in every tier: margins and costs then only multiply, assumption by assumption
    columns_ = [markov_value(chains, e, discount_rate=discount_rate, horizon=horizon) for e in one_each]
    return np.stack(columns_, axis=-1)


def _mean_chain(chains: Array) -> Array:
    return chains.mean(axis=0) if chains.ndim == 3 else chains


def _chains(argument: str, value: NumberLike, names: tuple[str, ...]) -> Array:
    chains = np.asarray(PROBABILITY.check(argument, value))
    if chains.ndim in (2, 3) and chains.shape[-2:] == (len(names), len(names)):
        return chains
    rule = f"must be a square table, one row and one column per tier ({len(names)}), or draws of it"
    way_out = "Leave out the lost customers: what is missing to 1 in a row leaves for good."
    raise wrong_shape(argument, chains, rule, way_out)


def _by_tier(
    label: str, argument: str, value: NumberLike, domain: Domain, meaning: str, names: tuple[str, ...]
) -> dict[str, Input]:
    """One input per tier, named like ``margin[gold]``."""
    amounts = _column(argument, value, domain, len(names))
    return given(**{f"{label}[{t}]": (a, domain, meaning) for t, a in zip(names, amounts, strict=True)})


def _column(argument: str, value: NumberLike, domain: Domain, size: int | None) -> Array:
    column = np.asarray(domain.check(argument, value))
    if column.ndim == 1 and column.size and size in (None, column.size):
        return column
    rule = "must have one amount per tier" + (f" ({size})" if size else "")
    raise wrong_shape(argument, column, rule, "List the tiers in the order of the rows of transitions.")


def _names(tiers: Sequence[str] | None, size: int) -> tuple[str, ...]:
    names = tuple(tiers) if tiers is not None else tuple(f"tier {i}" for i in range(1, size + 1))
    if len(names) == size == len(set(names)):
        return names
    rule = f"must have one name per tier ({size}), each of its own"
    way_out = "List the names in the order of start, for example tiers=['basic', 'gold']."
    raise InputError("length-mismatch", "tiers", names, rule, way_out)
