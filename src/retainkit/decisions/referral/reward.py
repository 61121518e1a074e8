"""How large a referral reward should be: more of it brings more referrals and costs more on every one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from retainkit._numerics.search import highest_on_line
from retainkit.columns import numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import drawn, mean, number, shown
from retainkit.decisions._base.inputs import Inputs, Stated, assumed
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.spending.response_curves import ResponseCurve
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL
from retainkit.draws import Draws
from retainkit.errors import wrong_shape
from retainkit.plurals import counted
from retainkit.typing import Number, NumberLike, Real

Response: TypeAlias = "ResponseCurve | Callable[[float], NumberLike]"
"""Reward → referrals per customer asked: a curve, or a function of one reward giving a number or Draws."""

_POINTS = 257  # peaks of the gain, and crossings of 0, that this grid tells apart are compared


@dataclass(frozen=True, eq=False, kw_only=True)
class RewardInputs(Inputs):
    """What a referral reward rests on, at the referrals that the response to it gives."""

    value_of_referral: Real = assumed(REAL, "of a referral that joins, before the reward")
    cost_per_referral: Real = assumed(NOT_NEGATIVE, "of handling a rewarded referral")
    reward: Real = assumed(NOT_NEGATIVE, "paid for every referral that joins, at these referrals")
    referrals: Real = assumed(NOT_NEGATIVE, "that join, per customer asked, with the reward")
    referrals_without: Real = assumed(NOT_NEGATIVE, "that join, per customer asked, without it")

    def stated(self) -> Mapping[str, Stated]:
        """Nothing where no reward is given: its gain is 0 whatever is assumed."""
        return super().stated() if np.any(self.reward) else {}

    def gain(self) -> NumberLike:
        """p(R)·(V − R − f) − p(0)·V; without a reward there is nothing to handle."""
        handled = np.where(np.asarray(self.reward) > 0.0, self.cost_per_referral, 0.0)
        # against doing nothing: the referrals that come anyway are no gain, but get the reward too
        won = self.referrals * (self.value_of_referral - self.reward - handled)
        return won - self.referrals_without * self.value_of_referral


@dataclass(frozen=True, eq=False, kw_only=True)
class ReferralReward(Decision):
    """The best referral reward; made by `best_referral_reward`.

    Attributes
    ----------
    reward : float, money per referral that joins
        0 where no reward is better than none.
    gain : float or Draws, money per customer asked
        Over asking without a reward.
    referrals, referrals_without : float or Draws, per customer asked
        With the reward, and without any.
    share_paid_anyway : float or Draws
        Share of the rewards that goes to referrals which would have come without it.
    break_even_reward : float or None, money
        A larger one costs more than it brings; None where `most` still pays.
    """

    inputs: RewardInputs
    reward: float
    referrals: Real
    referrals_without: Real
    share_paid_anyway: Real
    break_even_reward: float | None

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        if self.reward == 0.0:
            coming = counted(mean(self.referrals), "referral comes", "referrals come", spec=".4g")
            return f"no reward gains anything; {coming} without one."
        limit = "" if self.break_even_reward is None else f"; above {self.break_even_reward:,.2f} it loses"
        return (
            f"a reward of {self.reward:,.2f} gains {shown(self.gain)} per customer asked{limit}. "
            f"{counted(mean(self.referrals), 'referral', spec='.4g')} instead of "
            f"{mean(self.referrals_without):.4g}; "
            f"{mean(self.share_paid_anyway):.1%} of the rewards go to those that would have come anyway."
        )


@one_a_row()
def best_referral_reward(
    value_of_referral: NumberLike, *, response: Response, most: Number, cost_per_referral: NumberLike = 0.0
) -> ReferralReward:
    """The reward that gains most: it maximises p(R)·(V − R − f) − p(0)·V.

    Every referral that joins is paid for, those that would have come without a reward as well: the cost of
    a reward is not R but R times *all* referrals.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    value_of_referral : number or Draws, money
        V, of one that joins, before the reward: `value_of_referral`.
    response : ResponseCurve, or callable
        p(R), referrals that join per customer asked, by the reward. From your own trials: a curve through
        several rewards, or a function that is called with one reward and answers a number or Draws.
    most : number, money, above 0
        The largest reward to consider.
    cost_per_referral : number or Draws, money, 0 or more
        f, of handling a rewarded referral.

    Returns
    -------
    ReferralReward
        Draws of the value and of the response count by the mean of their gain when the best is chosen.

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> curve = ExponentialResponse(ceiling=0.12, k=0.05, floor=0.03)
    >>> best = best_referral_reward(120, response=curve, most=120)
    >>> round(best.reward, 2), round(best.gain, 3), round(best.share_paid_anyway, 3)
    (28.6, 5.399, 0.305)
    """
    (limit,) = numbers(most=(most, POSITIVE))
    none = _referrals(response, 0.0)
    # checked once; the reward and its referrals are then whatever is tried
    asked = RewardInputs.read(locals(), reward=0.0, referrals=drawn(none), referrals_without=drawn(none))

    def at(reward: float) -> RewardInputs:
        return replace(asked, reward=reward, referrals=_referrals(response, reward))

    def gain_at(reward: float) -> float:
        return mean(at(reward).gain())

    best = float(highest_on_line(lambda r: gain_at(float(r)), limit, _POINTS))
    # no programme at all costs nothing, a reward of next to nothing does
    x = at(best if gain_at(best) > 0.0 else 0.0)
    return ReferralReward(
        gain=number(x.gain()),
        inputs=x,
        reward=mean(x.reward),
        referrals=x.referrals,
        referrals_without=none,
        share_paid_anyway=_paid_anyway(none, x.referrals),
        break_even_reward=_where_it_loses(gain_at, mean(x.reward), limit),
    )


def _referrals(response: Response, reward: float) -> Real:
    answer = response.rate(reward) if isinstance(response, ResponseCurve) else response(reward)
    found = NOT_NEGATIVE.uncertain(f"response({reward:g})", answer)
    if np.ndim(found) != isinstance(found, Draws):
        rule, way_out = "must be one number, or draws of it", "Answer rk.Draws(...) where it is uncertain."
        raise wrong_shape(f"response({reward:g})", np.asarray(found), rule, way_out)
    return number(found)


def _where_it_loses(gain: Callable[[float], float], best: float, most: float) -> float | None:
    """The reward above the best one at which nothing is gained; the last one where there are several."""
    from scipy.optimize import brentq

    if gain(most) >= 0.0:  # it gains up to the most that is allowed: no break-even within it
        return None
    if best == 0.0:  # the least reward already loses
        return 0.0
    grid = np.linspace(best, most, _POINTS)
    last = max(i for i, r in enumerate(grid.tolist()) if gain(r) >= 0.0)
    return float(brentq(gain, grid[last], grid[last + 1], xtol=1e-12 * most))


def _paid_anyway(without: Real, with_: Real) -> Real:
    """Where nobody refers, nobody is paid."""
    got = np.asarray(with_)
    with np.errstate(divide="ignore", invalid="ignore"):
        # a reward that lowers referrals (some take offence) is paid to those who would have come, all of it
        return number(np.where(got > 0.0, np.minimum(1.0, without / got), 0.0))
