"""What a crisis costs, in customers who leave and who do not come, and what a faster recovery is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log

import numpy as np

from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, number, shown, with_draws
from retainkit.decisions._base.inputs import Inputs, Stated, assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.crisis.crisis import ON_A_CURVE, share_of_value, usual_annuity
from retainkit.decisions.service.hazard import hazard_of, refuse_endless
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL, SHARE_BELOW_1
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, RateLike, Real, Unit

# twenty-four nodes on intervals that double: the integrand decays like an exponential
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_END = 45.0  # e^-45 of the excess is left


@dataclass(frozen=True, eq=False, kw_only=True)
class CrisisCost(Record):
    """What a crisis costs; made by `crisis_cost`.

    Attributes
    ----------
    loss : float or Draws, money of the start of the crisis
        The three parts together.
    loss_of_customers : float or Draws, money
        Of those who were there and leave sooner.
    loss_of_new_customers : float or Draws, money
        Of those who are not won: what they would have been worth, less the cost of winning them.
    loss_on_new_customers : float or Draws, money
        Of those who are won while it lasts and leave sooner.
    share_lost : float or Draws
        Of the customers at hand who would still be there long after without the crisis.
    customers_not_won : float or Draws
    """

    loss: Real
    loss_of_customers: Real
    loss_of_new_customers: Real
    loss_on_new_customers: Real
    share_lost: Real
    customers_not_won: Real

    def __str__(self) -> str:
        return (
            f"The crisis costs {shown(self.loss)}: {shown(self.loss_of_customers)} of customers at hand, "
            f"{mean(self.share_lost):.1%} of whom it takes away for good; "
            f"{shown(self.loss_of_new_customers)} of {mean(self.customers_not_won):,.0f} customers not won; "
            f"{shown(self.loss_on_new_customers)} of customers won in it who leave sooner."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class CrisisInputs(Inputs):
    """What the cost of a crisis rests on."""

    _on_a_curve = ON_A_CURVE

    margin_per_period: Real = assumed(REAL, "of a customer who is there")
    churn: Real = assumed(SHARE_BELOW_1, "share lost per period as usual", rate="loss")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    hazard_jump: Real = assumed(NOT_NEGATIVE, "excess of the hazard at the start")
    half_life: Real = assumed(POSITIVE, "of that excess")
    customers: Real = assumed(NOT_NEGATIVE, "at hand")
    acquired_per_period: Real = assumed(NOT_NEGATIVE, "new customers as usual")
    acquisition_cost: Real = assumed(NOT_NEGATIVE, "of a new customer")
    acquisition_drop: Real = assumed(PROBABILITY, "share of them not won at the start")

    def gain(self) -> Real:
        return np.negative(self.loss().loss)

    def recovering_in(self) -> Real:
        """The half-life of the drop of acquisition."""
        return self.half_life

    def loss(self) -> CrisisCost:
        """What the crisis takes."""
        hazard, force = hazard_of(self.churn), np.log1p(self.discount_rate)
        h, jump, drop = self.half_life, np.asarray(self.hazard_jump), np.asarray(self.acquisition_drop)
        # all parts are measured against the value without a crisis
        usual = self.margin_per_period * usual_annuity(hazard, force)
        refuse_endless(usual)
        recovering, acquired = (
            log(2.0) / np.asarray(self.recovering_in()),
            np.asarray(self.acquired_per_period),
        )
        # of those who are there at the start, discounted to it
        at_hand = self.customers * usual * (1.0 - share_of_value(hazard, force, jump, h))
        # ∫ of the shortfall, discounted; each customer not won would have cost what winning one costs
        missing = acquired * drop / (recovering + force) * (usual - self.acquisition_cost)
        sooner = np.zeros(())
        if np.any(acquired > 0.0):  # the only part that has no closed form
            sooner = acquired * usual * _share_lost_later(hazard, force, jump, h, recovering, drop)
        return CrisisCost(
            loss=number(at_hand + missing + sooner),
            loss_of_customers=number(at_hand),
            loss_of_new_customers=number(missing),
            loss_on_new_customers=number(sooner),
            share_lost=number(-np.expm1(-hazard * jump * np.asarray(h) / log(2.0))),
            customers_not_won=number(acquired * drop / recovering),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnRecoveryInputs(CrisisInputs):
    """The same where acquisition recovers at a speed of its own."""

    acquisition_half_life: Real = assumed(POSITIVE, "of that drop")

    def recovering_in(self) -> Real:
        return self.acquisition_half_life


@one_a_row()
def crisis_cost(
    margin_per_period: NumberLike,
    *,
    churn: RateLike,
    discount_rate: RateLike,
    hazard_jump: NumberLike,
    half_life: NumberLike,
    customers: NumberLike,
    acquired_per_period: NumberLike = 0.0,
    acquisition_cost: NumberLike = 0.0,
    acquisition_drop: NumberLike = 0.0,
    acquisition_half_life: NumberLike = None,
    period: Unit | None = None,
) -> CrisisCost:
    """What a crisis takes from customer equity, at its start.

    The hazard is μ₀(1 + κe^(−λt)) in calendar time, for customers at hand and for those who come later;
    acquisition is A(1 − drop·e^(−λ't)).

    Raises `InputError` for values outside their domain, and without discount where nobody leaves.

    Parameters
    ----------
    margin_per_period : number or Draws, money
        Of a customer who is there; it flows all the time.
    churn, hazard_jump, half_life, period
        As `crisis_survivor_factor`; numbers or draws.
    discount_rate : number or Draws > -1, or Rate, per period
    customers : number or Draws, 0 or more
        At hand.
    acquired_per_period : number or Draws, 0 or more
        A, without the crisis.
    acquisition_cost : number or Draws, money per new customer
        It is not spent on those who are not won.
    acquisition_drop : number or Draws in [0, 1]
        Share of new customers who do not come at the start of the crisis.
    acquisition_half_life : number or Draws, periods, optional
        In which that share halves; `half_life` by default.

    Examples
    --------
    >>> crisis = dict(churn=0.02, discount_rate=0.01, hazard_jump=4, half_life=2)
    >>> print(crisis_cost(50, **crisis, customers=10_000, acquired_per_period=200, acquisition_cost=500,
    ...     acquisition_drop=0.6))
    The crisis costs 3,710,164.12: 3,187,961.55 of customers at hand, 20.8% of whom it takes away for
    good; 389,833.38 of 346 customers not won; 132,369.20 of customers won in it who leave sooner.
    """
    return with_draws(_crisis(locals()).loss())


@dataclass(frozen=True, eq=False, kw_only=True)
class FasterRecoveryInputs(Inputs):
    """What a faster recovery rests on: the crisis, and how much shorter it becomes."""

    # a crisis of its own half-life first: JSON is read as the first that fits
    crisis: OwnRecoveryInputs | CrisisInputs = setting()
    half_life_after: Real = assumed(POSITIVE, "of the excess, with the spending")
    cost: Real = assumed(NOT_NEGATIVE, "of the faster recovery")

    def stated(self) -> dict[str, Stated]:
        return {**self.crisis.stated(), **super().stated()}

    def gain_at(self, **values: Real) -> Real:
        # all other names are inputs of the crisis
        own = {name: values.pop(name) for name in ("half_life_after", "cost") if name in values}
        return replace(self, crisis=replace(self.crisis, **values), **own).gain()

    def shorter(self) -> CrisisInputs:
        """The crisis with the spending: all half-lives shorten in the same proportion."""
        x = self.crisis
        if isinstance(x, OwnRecoveryInputs):
            # a crisis that is over in half the time is over for newcomers in half the time, too
            own = x.acquisition_half_life * (self.half_life_after / np.asarray(x.half_life))
            x = replace(x, acquisition_half_life=own)
        return replace(x, half_life=self.half_life_after)

    def gain(self) -> Real:
        return self.crisis.loss().loss - np.asarray(self.shorter().loss().loss) - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class FasterRecovery(Decision):
    """Whether it pays to end a crisis sooner; made by `faster_recovery`.

    Attributes
    ----------
    gain : float or Draws, money of the start of the crisis
        What the crisis costs less, less what the faster recovery costs.
    cost_of_crisis, cost_of_shorter_crisis : CrisisCost
    """

    inputs: FasterRecoveryInputs
    cost_of_crisis: CrisisCost
    cost_of_shorter_crisis: CrisisCost

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} in all; the crisis costs {shown(self.cost_of_shorter_crisis.loss)} instead "
            f"of {shown(self.cost_of_crisis.loss)}."
        )


@one_a_row()
def faster_recovery(
    margin_per_period: NumberLike,
    *,
    churn: RateLike,
    discount_rate: RateLike,
    hazard_jump: NumberLike,
    half_life: NumberLike,
    half_life_after: NumberLike,
    cost: NumberLike,
    customers: NumberLike,
    acquired_per_period: NumberLike = 0.0,
    acquisition_cost: NumberLike = 0.0,
    acquisition_drop: NumberLike = 0.0,
    acquisition_half_life: NumberLike = None,
    period: Unit | None = None,
) -> FasterRecovery:
    """Whether spending on a faster recovery from a crisis pays.

    Raises `InputError` as `crisis_cost`.

    Parameters
    ----------
    half_life_after : number or Draws, periods, above 0
        With the spending; the half-life of acquisition shortens in the same proportion.
    cost : number or Draws, money, at the start
        Of the faster recovery.
    margin_per_period, churn, discount_rate, hazard_jump, half_life, customers
        As `crisis_cost`.
    acquired_per_period, acquisition_cost, acquisition_drop, acquisition_half_life, period
        As `crisis_cost`.

    Examples
    --------
    >>> crisis = dict(churn=0.02, discount_rate=0.01, hazard_jump=4, half_life=2, customers=10_000)
    >>> decision = faster_recovery(50, **crisis, half_life_after=1, cost=500_000)
    >>> decision.worth_it, round(decision.gain)
    (True, 937088)
    """
    x = FasterRecoveryInputs.read(locals(), crisis=_crisis(locals()))
    return FasterRecovery(
        gain=x.gain(), inputs=x, cost_of_crisis=x.crisis.loss(), cost_of_shorter_crisis=x.shorter().loss()
    )


def _crisis(arguments: Mapping[str, NumberLike]) -> CrisisInputs:
    # without a half-life of their own newcomers come back as the others calm down: one input, not two
    shared = arguments["acquisition_half_life"] is None
    return (CrisisInputs if shared else OwnRecoveryInputs).read(arguments)


def _share_lost_later(
    hazard: NumberLike,
    force: NumberLike,
    jump: Array,
    half_life: NumberLike,
    recovering: NumberLike,
    drop: Array,
) -> Array:
    """∫ e^(−δs)(1 − drop·e^(−λ's))(1 − V(s)/V) ds, over intervals that double from the fastest change on."""
    decay = log(2.0) / np.asarray(half_life)
    # the fastest of the three decays sets the first interval
    scale = 1.0 / (decay + force + recovering)
    # until the excess is e^−45 of the start, beyond which nothing changes a digit
    doublings = int(np.ceil(np.log2(np.max((_END + np.log1p(jump)) / (decay * scale)))))
    edges = np.append(0.0, 2.0 ** np.arange(doublings + 1))
    width = np.diff(edges)[:, None]
    unit = (edges[:-1, None] + width * (0.5 + 0.5 * _NODES)).ravel()
    weight = (0.5 * width * _WEIGHTS).ravel()
    axes = (-1,) + (1,) * np.broadcast(hazard, jump, scale, drop).ndim
    s = unit.reshape(axes) * scale
    # who comes s later meets what is left of the crisis
    lost = 1.0 - share_of_value(hazard, force, jump * np.exp(-decay * s), half_life)
    coming = np.exp(-force * s) * (1.0 - drop * np.exp(-recovering * s))
    return np.asarray(np.sum(weight.reshape(axes) * coming * lost, axis=0) * scale)
