"""What a service failure costs, and what making good for it is worth.

A failure lowers the chance that the customer stays from p (nothing went wrong) to p₀ (nothing was done about
it). Recovery restores a share of the difference, and each point of it is worth the customer's value V:
gain = [restored·(p − p₀) + paradox]·V − cost. The "recovery paradox", customers more loyal after a recovered
failure than without any, is a finding of some studies and not of others; it is 0 unless the caller says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.inputs import Inputs, assumed
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.service.effects import RecoveryEffect
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.errors import refuse_where
from retainkit.typing import NumberLike, NumberOf, Real, Same


def recovery_gain(
    value: NumberOf[Same],
    *,
    stay_without_failure: NumberOf[Same],
    stay_unrecovered: NumberOf[Same],
    restored: NumberOf[Same],
    cost_per_recovery: NumberOf[Same],
    recovery_paradox: NumberOf[Same] = 0.0,
) -> Same:
    """What making good for one failure adds, Δp(stay)·V − cost.

    Raises `InputError` for chances outside their domain, p₀ above p, and where the chance to stay after
    recovery exceeds 1.

    Parameters
    ----------
    value : number or column, money
        V, margin still to come from a customer who stays: see `residual_lifetime_value`.
    stay_without_failure, stay_unrecovered : number or column in [0, 1]
        p and p₀, chances to stay; p₀ ≤ p.
    restored : number or column in [0, 1]
        Share of the lost chance that recovery brings back: share of customers whom it satisfies.
    cost_per_recovery : number or column, money
        Of one recovery: handling and what is given.
    recovery_paradox : number or column in [0, 1]
        Points of staying beyond a customer without failure; 0 without evidence of your own.

    Returns
    -------
    float, ndarray or Series

    Examples
    --------
    >>> chances = dict(stay_without_failure=0.9, stay_unrecovered=0.5, restored=0.75)
    >>> round(recovery_gain(1000, **chances, cost_per_recovery=40), 6)
    260.0
    """
    (v, p, p0, share, spent, extra), back = columns(
        value=(value, REAL),
        stay_without_failure=(stay_without_failure, PROBABILITY),
        stay_unrecovered=(stay_unrecovered, PROBABILITY),
        restored=(restored, PROBABILITY),
        cost_per_recovery=(cost_per_recovery, NOT_NEGATIVE),
        recovery_paradox=(recovery_paradox, PROBABILITY),
    )
    effect = RecoveryEffect(p, p0, share, extra)
    _check_chances(effect)
    return back(effect.brought_back * v - spent)


@dataclass(frozen=True, eq=False, kw_only=True)
class RecoveryInputs(Inputs):
    """What making good for failures rests on."""

    value: Real = assumed(REAL, "margin to come from one who stays")
    stay_without_failure: Real = assumed(PROBABILITY, "chance to stay")
    stay_unrecovered: Real = assumed(PROBABILITY, "chance to stay after a failure")
    restored: Real = assumed(PROBABILITY, "share of the loss brought back")
    cost_per_recovery: Real = assumed(NOT_NEGATIVE, "of one recovery")
    failures: Real = assumed(NOT_NEGATIVE, "recovered")
    cost: Real = assumed(NOT_NEGATIVE, "once, in all")
    recovery_paradox: Real = assumed(PROBABILITY, "chance beyond one without failure")

    def effect(self) -> RecoveryEffect:
        """What a failure takes and recovery brings back."""
        return RecoveryEffect(
            self.stay_without_failure, self.stay_unrecovered, self.restored, self.recovery_paradox
        )

    def gain(self) -> Real:
        # per failure: the fixed cost of being able to recover at all comes once
        each = self.effect().brought_back * self.value - self.cost_per_recovery
        return self.failures * each - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class ServiceRecovery(Decision):
    """Whether making good for failures pays; made by `service_recovery`.

    Attributes
    ----------
    gain : float or Draws, money
        Of recovering all failures, less what it costs.
    failure_cost : float or Draws, money per failure
        (p − p₀)·V, what a failure costs if nothing is done: the most that preventing one may cost.
    left_after_recovery : float or Draws, money per failure
        What a failure still costs with recovery, its cost included: the most that preventing one may cost
        where all are recovered.
    most_per_recovery : float or Draws, money
        Δp·V: the most that one recovery may cost.
    """

    inputs: RecoveryInputs
    failure_cost: Real
    left_after_recovery: Real
    most_per_recovery: Real

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} in all. A failure costs {shown(self.failure_cost)} if nothing is done and "
            f"{shown(self.left_after_recovery)} with recovery, which may cost up to "
            f"{shown(self.most_per_recovery)}."
        )


@one_a_row()
def service_recovery(
    value: NumberLike,
    *,
    stay_without_failure: NumberLike,
    stay_unrecovered: NumberLike,
    restored: NumberLike,
    cost_per_recovery: NumberLike,
    failures: NumberLike = 1.0,
    cost: NumberLike = 0.0,
    recovery_paradox: NumberLike = 0.0,
) -> ServiceRecovery:
    """Whether making good for service failures is worth what it costs, and what preventing one is worth.

    Raises `InputError` as `recovery_gain`.

    Parameters
    ----------
    value, stay_without_failure, stay_unrecovered, restored, cost_per_recovery, recovery_paradox
        As `recovery_gain`; numbers or draws.
    failures : number or Draws, 0 or more
        That would be recovered.
    cost : number or Draws, money
        Of being able to: a hotline, training.

    Examples
    --------
    >>> print(service_recovery(1000, stay_without_failure=0.9, stay_unrecovered=0.5, restored=0.75,
    ...     cost_per_recovery=40, failures=200))
    Worth it: 52,000.00 in all. A failure costs 400.00 if nothing is done and 140.00 with recovery, which may
    cost up to 300.00.
    assumed               value  turns at  what it is
    value                  1000   133.333  margin to come from one who stays
    stay_without_failure    0.9  0.553333  chance to stay
    stay_unrecovered        0.5  0.846667  chance to stay after a failure
    restored               0.75       0.1  share of the loss brought back
    cost_per_recovery                     40       300  of one recovery
    failures                200         0  recovered
    cost                0     52000  once, in all
    recovery_paradox          0         -  chance beyond one without failure
    """
    x = RecoveryInputs.read(locals())
    effect = x.effect()
    _check_chances(effect)
    # money per failure: chances lost and brought back are worth V each
    lost, back = effect.lost * x.value, effect.brought_back * x.value
    return ServiceRecovery(
        gain=x.gain(),
        inputs=x,
        failure_cost=lost,
        left_after_recovery=lost - back + x.cost_per_recovery,
        most_per_recovery=back,
    )


def _check_chances(effect: RecoveryEffect) -> None:
    rule = "must not be above stay_without_failure"
    way_out = "For customers who stay more after a recovered failure give recovery_paradox=…"
    p0 = np.asarray(effect.stay_unrecovered)
    # a failure that makes customers stay is the paradox under another name
    refuse_where(effect.lost < 0.0, "out-of-range", "stay_unrecovered", p0, rule, way_out)
    # with a paradox a recovered customer may be likelier to stay than any, but not surer than sure
    after = np.add(p0, effect.brought_back)
    rule = "must leave the chance to stay after recovery at 1 or below"
    way_out = "Nobody can be more than certain to stay."
    refuse_where(after > 1.0, "out-of-range", "recovery_paradox", after, rule, way_out)
