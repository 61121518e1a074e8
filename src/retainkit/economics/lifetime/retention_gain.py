"""What some points of retention add to a customer's value: the "five points" table.

A rise of retention from 90% to 95% is five *points*, not five percent; what it adds depends on timing.
The old claim that five points of retention raise profits by a quarter to nearly double
(Reichheld, F. F. and Sasser, W. E. 1990, "Zero defections", Harvard Business Review 68(5), 105-111) is a
statement about where retention started, not a law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.domains import GROWTH, PROBABILITY, REAL
from retainkit.draws import Draws
from retainkit.economics.formulas.perpetuity import refuse_infinite
from retainkit.economics.formulas.survival import refuse_curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.errors import refuse_where
from retainkit.plurals import counted
from retainkit.rates import as_kept, as_read, in_period
from retainkit.records import Record
from retainkit.timing import FlowTiming
from retainkit.typing import Array, NumberLike, RateLike, Unit


@dataclass(frozen=True, eq=False)
class RetentionGain(Record):
    """What some points of retention add to a customer's value; made by `retention_gain`.

    Attributes
    ----------
    retention, retention_after : float, ndarray or Series
    value, value_after : float, ndarray or Series, money of now
    gain : float, ndarray or Series, money of now
        value_after − value: the most that the points may cost, once, per customer.
    gain_share : float, ndarray or Series
        gain/value; 0.333 for "33.3% more".
    """

    retention: SameKind
    retention_after: SameKind
    value: SameKind
    value_after: SameKind
    gain: SameKind
    gain_share: SameKind

    def __str__(self) -> str:
        drawn = f", means of {counted(len(self.gain), 'draw')}" if isinstance(self.gain, Draws) else ""
        lines = [f"retention    after       value       after        gain{drawn}"]
        figures = (getattr(self, name) for name in self._names())
        means = (np.asarray(v.mean() if isinstance(v, Draws) else v) for v in figures)
        full = (column.ravel() for column in np.broadcast_arrays(*means))
        for r, after, v, v_after, _, share in zip(*full, strict=True):
            lines.append(f"{r:>9.2%} {after:>8.2%} {v:>11,.2f} {v_after:>11,.2f} {share:>+11.1%}")
        return "\n".join(lines)


def retention_gain(
    margin_per_period: NumberLike,
    *,
    retention: RateLike,
    points: NumberLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    growth: RateLike = 0.0,
    period: Unit | None = None,
) -> RetentionGain:
    """What some points of retention add to the value of a customer: the "five points" table.

    Raises `InputError` for values outside their domain, for points that lead to a retention of 1 or more or
    below 0, and where the value has no end before anything is gained.

    Parameters
    ----------
    margin_per_period : number or column, money per period
    retention : number or column in [0, 1], or Rate
        Before; a list of them makes a table.
    points : number or column
        Added to retention: 0.05 for five points (90% to 95%). Negative for points lost. It has no default,
        and what is reached stays below 1: with 100% nobody would ever leave.
    discount_rate, growth : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Returns
    -------
    RetentionGain
        Prints as a table. The gain is ``inf`` where the value after it has no end.

    Examples
    --------
    >>> print(retention_gain(100, retention=[0.8, 0.9], points=0.05, discount_rate=0.1, timing="begin"))
    retention    after       value       after        gain
       80.00%   85.00%      366.67      440.00      +20.0%
       90.00%   95.00%      550.00      733.33      +33.3%
    """
    refuse_curve("retention", retention, "worthwhile_retention_spend takes a curve before and one after.")
    retention, discount_rate, growth = in_period(
        period, retention=as_kept(retention), discount_rate=discount_rate, growth=growth
    )
    (m, r, p, d, g), back = columns(
        margin_per_period=(margin_per_period, REAL),
        retention=(retention, PROBABILITY),
        points=(points, REAL),
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
    )
    after = _raised(r, p)
    read = {"discount_rate": as_read(d), "growth": as_read(g)}
    value, value_after = (
        np.asarray(lifetime_value(m, retention=x, **read, timing=timing)) for x in (r, after)
    )
    refuse_infinite(value, way_out="Discount: a value without end cannot gain.")
    gain = value_after - value
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # from nearly nothing: inf
        # no points, no gain: also of a value of 0, where the share would be 0/0
        share = np.where(gain == 0.0, 0.0, gain / value)
    return RetentionGain(back(r), back(after), back(value), back(value_after), back(gain), back(share))


def _raised(r: Array, points: Array) -> Array:
    after = np.asarray(r + points)
    beyond = (after > 1.0) | (after < 0.0) | ((after == 1.0) & (points > 0.0))
    rule = "must be a share, 0 or more, that stays below 1: with 100% nobody would ever leave"
    way_out = "Points are added to retention: write 0.05 for five points."
    refuse_where(beyond, "out-of-range", "retention + points", after, rule, way_out)
    return after
