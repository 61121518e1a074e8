"""How much money a ranking of customers earns, as more and more of them are treated: Qini and AUUC in money.

Customers of an experiment stand in order of a score, the most promising first. What treating the first
share φ of them adds per customer of the base is estimated from the treated and untreated among them,

    G(φ) = (1/n)·Σ over the first φ·n of  ψ,      ψ = D·y/e − (1 − D)·y/(1 − e)         ("inverse-propensity")

or φ·(mean outcome of the treated − mean outcome of the others) among them ("normalized"). A ranking without
sense earns φ·G(1): the straight line. The Qini coefficient is the area between curve and line, the AUUC the
area under the curve, both here in money per customer. The curve of Radcliffe, N. J. (2007), "Using Control
Groups to Target on Predicted Lift", Direct Marketing Analytics Journal, is the normalized one divided by φ·n,
times the number treated among the first φ·n.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import columns, keeps_labels, known
from retainkit.decisions._base.estimate import Estimate
from retainkit.decisions.targeting.policy_value import PROPENSITY, check_column, check_indicator, indicator
from retainkit.domains import LEVEL, NOT_NEGATIVE, PROBABILITY, REAL, one_number, whole_number
from retainkit.each_draw import draw_by_draw
from retainkit.errors import InputError, unknown_choice
from retainkit.records import Record, read_only
from retainkit.typing import Array, Number, NumberLike

CurveMethod: TypeAlias = Literal["normalized", "inverse-propensity"]
"""How the outcome of the first customers of a ranking is compared between the arms."""


@dataclass(frozen=True, eq=False, kw_only=True)
class UpliftCurve(Record):
    """What treating the best-ranked customers adds; made by `uplift_curve`.

    Attributes
    ----------
    share : (k,) float64 array
        0, …, 1: share treated. Customers with equal scores come in together.
    gain : (k,) float64 array, money per customer of the base
        G(share), after the cost of treating them.
    qini : Estimate, money per customer
        Area between the curve and the straight line: what the ranking is worth, averaged over how many are
        treated. With "normalized" its interval is on the safe side, somewhat too wide.
    auuc : float, money per customer
        Area under the curve.
    method : str
    """

    _derived = ("at_random", "best_share", "best_gain", "gain_of_everyone")

    share: Array = field(repr=False)
    gain: Array = field(repr=False)
    qini: Estimate
    auuc: float
    method: CurveMethod

    @property
    def at_random(self) -> Array:
        """The gain of a ranking without sense: share · G(1), (k,)."""
        return self.share * self.gain[-1]

    @property
    def gain_of_everyone(self) -> float:
        """G(1), where all are treated."""
        return float(self.gain[-1])

    @property
    def best_share(self) -> float:
        """The share at which the curve is highest."""
        return float(self.share[int(np.argmax(self.gain))])

    @property
    def best_gain(self) -> float:
        """The height of the curve there: too high on average, because it was chosen for being high."""
        return float(self.gain.max())

    def gain_at(self, share: NumberLike) -> NumberLike:
        """The gain per customer of the base where this share is treated.

        Raises `InputError` for a share outside [0, 1].

        Parameters
        ----------
        share : number or column in [0, 1]
        """
        (x,), back = columns(share=(share, PROBABILITY))
        return back(np.interp(x, self.share, self.gain))

    def table(self, steps: int = 10) -> dict[str, Array]:
        """Share, gain and gain at random at equal steps: the columns of a table or a picture.

        Parameters
        ----------
        steps : int, 1 or more
        """
        share = np.linspace(0.0, 1.0, whole_number("steps", steps, way_out="Try 10.") + 1)
        return {"share": share, "gain": self.gain_at(share), "at_random": share * self.gain[-1]}

    def __str__(self) -> str:
        return (
            f"Qini {self.qini} per customer, AUUC {self.auuc:,.2f}.\n"
            f"  everyone treated: {self.gain_of_everyone:,.2f} per customer; best {self.best_share:.1%}: "
            f"{self.best_gain:,.2f}, chosen on these data and so too high on average"
        )


@draw_by_draw("cost_per_customer")
@keeps_labels
def uplift_curve(
    score: NumberLike,
    *,
    treated: NumberLike,
    outcome: NumberLike,
    propensity: NumberLike,
    cost_per_customer: NumberLike = 0.0,
    method: CurveMethod = "normalized",
    level: Number = 0.9,
) -> UpliftCurve:
    """What treating customers in the order of a score adds, in money.

    Raises `InputError` for values outside their domain, columns of unequal length and experiments with one
    arm only.

    Parameters
    ----------
    score : column (n,)
        The higher, the sooner treated: a predicted gain, or anything else that ranks.
    treated : column (n,) of booleans or 0 and 1
        Who was treated, in the experiment.
    outcome : column (n,), money
        What each brought: before the cost of treatment if `cost_per_customer` is given, else after it.
    propensity : number or column in (0, 1)
        The chance with which each was treated.
    cost_per_customer : number or column, money
        Of treating a customer, taken off for each of the first customers.
    method : {"normalized", "inverse-propensity"}
    level : number in (0, 1)
        Of the interval of the Qini coefficient.

    Examples
    --------
    >>> curve = uplift_curve([4, 4, 3, 3, 2, 2, 1, 1], treated=[1, 0] * 4, propensity=0.5,
    ...     outcome=[30, 10, 20, 10, 10, 10, 0, 10])
    >>> curve.gain
    array([0. , 5. , 7.5, 7.5, 5. ])
    >>> curve.best_share, curve.auuc, curve.qini.value
    (0.5, 5.625, 3.125)
    """
    if method not in get_args(CurveMethod):
        raise unknown_choice("method", method, get_args(CurveMethod))
    within = one_number("level", level, LEVEL)
    (s, was, y, e, c) = known(
        score=(score, REAL),
        treated=(indicator("treated", treated), PROBABILITY),
        outcome=(outcome, REAL),
        propensity=(propensity, PROPENSITY),
        cost_per_customer=(cost_per_customer, NOT_NEGATIVE),
    )
    check_indicator("treated", was)
    check_column("outcome", y)
    _check_arms(was)
    # stable: among equal scores nothing may depend on how the sort happens to break ties
    order = np.argsort(-np.broadcast_to(s, y.shape), kind="stable")
    s, was, y, e, c = (np.broadcast_to(x, y.shape)[order] for x in (s, was, y, e, c))
    ends = np.append(np.flatnonzero(np.diff(s)), y.size - 1)  # where the next score begins
    share = np.concatenate([[0.0], (ends + 1.0) / y.size])
    seen = was, y, e
    if method == "inverse-propensity":
        whole = _effects(*seen)
        lift = np.cumsum(whole)[ends] / y.size
    else:
        whole = _centred(*seen)
        lift = _compared(*seen, ends)
    gain = np.concatenate([[0.0], lift - np.cumsum(c)[ends] / y.size])
    # straight between two shares: customers of one score come in no order
    auuc = float(np.trapezoid(gain, share))
    return UpliftCurve(
        share=read_only(share),
        gain=read_only(gain),
        qini=Estimate(auuc - 0.5 * float(gain[-1]), _error_of_qini(whole, share), within),
        auuc=auuc,
        method=method,
    )


def _check_arms(treated: Array) -> None:
    if np.all(treated == treated.flat[0]):
        rule = "must hold both treated and untreated customers"
        way_out = "An effect is a difference: give the customers of both arms."
        raise InputError("empty", "treated", f"{treated.mean():.0%} treated", rule, way_out)


def _effects(D: Array, y: Array, e: Array) -> Array:
    """ψ: one customer's contribution, whose mean is the effect."""
    return D * y / e - (1.0 - D) * y / (1.0 - e)


def _centred(D: Array, y: Array, e: Array) -> Array:
    """The same with each arm's outcomes around that arm's own mean: what the normalized curve varies with."""
    up, down = D / e, (1.0 - D) / (1.0 - e)
    return up * (y - (up @ y) / up.sum()) - down * (y - (down @ y) / down.sum())


def _compared(D: Array, y: Array, e: Array, ends: NDArray[np.intp]) -> Array:
    """φ·(weighted mean of the treated − weighted mean of the others) among the first customers.

    Where one arm has nobody yet the effect is not known: straight to the first point where it is.
    """
    up, down = D / e, (1.0 - D) / (1.0 - e)
    sums = [np.cumsum(x)[ends] for x in (up * y, up, down * y, down)]
    with np.errstate(invalid="ignore", divide="ignore"):
        lift: Array = (ends + 1.0) / y.size * (sums[0] / sums[1] - sums[2] / sums[3])
    known = (sums[1] > 0.0) & (sums[3] > 0.0)
    at = np.concatenate([[0.0], ends[known] + 1.0])
    return np.interp(ends + 1.0, at, np.concatenate([[0.0], lift[known]]))


def _error_of_qini(effects: Array, share: Array) -> float:
    """Of Σψ·(½ − rank): in the area, a customer counts as long as he or she is among the first."""
    n = effects.size
    count = np.diff(np.rint(share * n)).astype(np.int64)
    # equal scores share the middle of their ranks; ½ is what the straight line takes away
    weight = 0.5 - np.repeat(0.5 * (share[1:] + share[:-1]), count)
    return float((effects * weight).std(ddof=1) / np.sqrt(n))
