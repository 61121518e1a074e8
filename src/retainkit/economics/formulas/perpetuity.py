"""What one unit of a margin that is paid while the customer stays is worth now, in closed form.

With c churn, r = 1 − c retention, g growth and d discount per period, z = r(1+g)/(1+d) is what a period
leaves of the next payment, and x = 1 + d − r(1+g) = (1+d)(1−z) decides: for x > 0 the endless sum is w/x,
for x ≤ 0 it has no end. n payments are worth w·(1−zⁿ)/x, and n·w/(1+d) at x = 0. w is what the first
payment is worth at the end of its period: 1+d at the begin, √(1+d) in the middle, 1 at the end, r at the
end if retained. A margin that flows all the time is worth (1−zⁿ)/y with y = −ln z.

x is a sum of two terms of one sign, unless the margin grows faster than it is discounted. Then it may
cancel, and rounding could turn an endless sum into a large number: there x is taken in exact fractions, of
the numbers as they are written, 0.1 being one tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, inf, log, log1p, sqrt
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import Back, columns
from retainkit.domains import ENDLESS, GROWTH, PROBABILITY, Domain
from retainkit.economics.formulas.survival import Curve, curve_of, is_curve, paid_by, refuse_curve
from retainkit.errors import InputError, not_one_of, refuse_where, unknown_choice
from retainkit.rates import as_kept, as_loss, in_period
from retainkit.timing import DELAY, FlowTiming
from retainkit.typing import Array, NumberLike, RateLike, Unit

Infinite: TypeAlias = Literal["inf", "raise"]
"""What a sum without end answers: ``inf`` (or ``-inf``), or an error that says why."""

ON_A_CURVE = "Give it as churn=… to lifetime_value, which takes a curve, or to `irr` as a stream margin·S(k)."
_CLOSE = 1e-3  # where x is smaller than this part of its terms it is taken exactly
_HUGE = 709.0  # exp of more is no float


def check_infinite(if_infinite: object) -> None:
    """Refuse anything but the two answers to a sum without end."""
    if if_infinite not in ("inf", "raise"):
        raise unknown_choice("if_infinite", if_infinite, get_args(Infinite))


def factor(timing: FlowTiming, c: float, r: float, d: float, g: float, n: float, by_retention: bool) -> float:
    """The value of one unit of margin; ``inf`` where the sum has no end."""
    # in this order no term cancels unless g > d: 1 + d − r(1+g) would lose d beside 1
    x = (d - g) + c * (1.0 + g)
    # three digits of sixteen are lost at _CLOSE; beyond it the sign of x, hence "for ever", is at stake
    if g > d and abs(x) <= _CLOSE * (g - d):
        x = _x_as_written(r if by_retention else c, g, d, by_retention)
    if timing == "begin":
        w = 1.0 + d
    elif timing == "continuous":
        return _flow(x, r, d, g, n)
    else:
        w = 1.0 if timing == "end" else r if timing == "end-if-retained" else sqrt(1.0 + d)
    if n == inf:
        return w / x if x > 0.0 else inf
    if x == 0.0:
        return n * (w / (1.0 + d))
    power = n * _log_left(x, r, d, g) if n > 0.0 else 0.0
    return w * ((0.0 - expm1(power)) / x) if power < _HUGE else inf  # 0.0 − …, for +0.0 where nothing is paid


def _flow(x: float, r: float, d: float, g: float, n: float) -> float:
    if x <= 0.0 and n == inf:
        return inf
    if x == 0.0:
        return float(n)
    y = -_log_left(x, r, d, g)
    if n == inf:
        return 1.0 / y
    return -expm1(-n * y) / y if n > 0.0 and -n * y < _HUGE else 0.0 if n == 0.0 else inf


def _log_left(x: float, r: float, d: float, g: float) -> float:
    """ln z."""
    gone = x / (1.0 + d)
    # ln(1 − gone) while little is gone; when most is, what is left is the number that has the digits
    if gone < 0.5:
        return log1p(-gone)
    left = r * (1.0 + g) / (1.0 + d)
    return log(left) if left > 0.0 else -inf


def _x_as_written(rate: float, g: float, d: float, by_retention: bool) -> float:
    from fractions import Fraction

    rate_, g_, d_ = (Fraction(repr(float(v))) for v in (rate, g, d))
    # 0.9 as retention and 0.1 as churn are the same number only as they are written
    kept = rate_ if by_retention else 1 - rate_
    return float(1 + d_ - kept * (1 + g_))


@dataclass(frozen=True, slots=True)
class Terms:
    """Checked columns of what decides how much a unit of margin is worth; they broadcast."""

    c: Array
    r: Array
    d: Array
    g: Array
    n: Array
    by_retention: bool

    def x(self) -> Array:
        """1 + d − r(1+g), right also where its terms cancel."""
        x = np.asarray((self.d - self.g) + self.c * (1.0 + self.g))
        if np.any(self.g > self.d):
            close = np.broadcast_to(np.abs(x) <= _CLOSE * (self.g - self.d), x.shape)
            if close.any():
                x = x.copy()
                x[close] = self._x_as_written(close)
        return x

    def _x_as_written(self, chosen: NumberLike) -> list[float]:
        """Row by row in exact fractions; equal rows once."""
        rate = self.r if self.by_retention else self.c
        rate, g, d = (np.broadcast_to(a, chosen.shape)[chosen].tolist() for a in (rate, self.g, self.d))
        rows: list[tuple[float, float, float]] = list(zip(rate, g, d, strict=True))
        known = {row: _x_as_written(row[0], row[1], row[2], self.by_retention) for row in set(rows)}
        return [known[row] for row in rows]

    def log_left(self, x: Array) -> Array:
        """ln z, −inf where nothing is left."""
        gone = np.asarray(x / (1.0 + self.d))
        with np.errstate(divide="ignore"):
            # a churn of 1 leaves nothing, and rounding may say less than that
            result = np.asarray(np.log1p(-np.minimum(gone, 1.0)))
            far = gone > 0.5
            if far.any():
                np.log(self.r * (1.0 + self.g) / (1.0 + self.d), out=result, where=far)
        return result

    def factor(self, timing: FlowTiming) -> Array:
        """The value of one unit of margin; ``inf`` where the sum has no end."""
        x = self.x()
        if timing == "continuous":
            return self._flow(x)
        w = self._weight(timing)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.n.ndim == 0 and self.n == inf:
                return w / x if np.all(x > 0.0) else np.where(x > 0.0, w / x, inf)
            # at x = 0 all payments are worth the same, so that they are counted
            total = np.where(x == 0.0, self.n / (1.0 + self.d), self._gone(x) / x)
            return w * np.where((x <= 0.0) & (self.n == inf), inf, total)

    def _weight(self, timing: FlowTiming) -> NumberLike:
        if timing == "mid":
            return np.sqrt(1.0 + self.d)
        return 1.0 if timing == "end" else 1.0 + self.d if timing == "begin" else self.r

    def _flow(self, x: Array) -> Array:
        y = -self.log_left(x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.n.ndim == 0 and self.n == inf:
                return 1.0 / y if np.all(x > 0.0) else np.where(x > 0.0, 1.0 / y, inf)
            total = np.where(x == 0.0, self.n, self._gone(x) / y)
        return np.where((x <= 0.0) & (self.n == inf), inf, total)

    def _gone(self, x: Array) -> Array:
        """1 − zⁿ."""
        with np.errstate(invalid="ignore"):
            # no payments and nothing left of the next one: 0·∞ is 0 here
            power = np.where(self.n == 0.0, 0.0, self.n * self.log_left(x))
            return 0.0 - np.expm1(power)


@dataclass(frozen=True, slots=True)
class CurveTerms(Terms):
    """Terms of a survival curve, whose last churn, `c`, goes on after its end."""

    curve: Curve

    def factor(self, timing: FlowTiming) -> Array:
        """Σₖ Sₖ·(1+g)^k·v^(k + delay), the shares that pay, and the closed form for what comes after."""
        return self._sum(self.curve.shares, timing) + self._after(timing)

    def elastic(self, timing: FlowTiming) -> Array:
        """What `factor` changes for a percent more churn in every period, in percents of a unit of margin."""
        return self._sum(self.curve.shares * self.curve.elastic(), timing)

    def _sum(self, shares: Array, timing: FlowTiming) -> Array:
        if timing == "continuous":
            rule = "must be 'begin', 'mid', 'end' or 'end-if-retained' where churn is a survival curve"
            way_out = "Sum over shorter periods, with timing='mid', for a margin that flows all the time."
            raise InputError("inconsistent", "timing", timing, rule, way_out)
        paid = paid_by(shares, timing)
        k = np.arange(float(paid.shape[-1]))
        d, g, n = self.d[..., None], self.g[..., None], self.n[..., None]
        # a fraction of a payment lies on the line between the whole ones
        weight = np.clip(n - k, 0.0, 1.0) * (1.0 + g) ** k * (1.0 + d) ** -(k + DELAY[timing])
        return np.asarray(np.einsum("...k,...k->...", paid, weight))

    def _after(self, timing: FlowTiming) -> Array:
        end = self.curve.shares.shape[-1] - 1.0
        if np.all(self.n <= end):
            return np.zeros(())
        rest = Terms(self.c, self.r, self.d, self.g, np.maximum(self.n - end, 0.0), False).factor(timing)
        left = self.curve.shares[..., -1] * ((1.0 + self.g) / (1.0 + self.d)) ** end
        return times(np.asarray(left), rest)


def terms(
    churn: RateLike,
    retention: RateLike,
    discount_rate: RateLike,
    growth: RateLike,
    horizon: NumberLike,
    period: Unit | None,
    **others: tuple[NumberLike, Domain],
) -> tuple[Terms, tuple[Array, ...], Back]:
    """The door of every function with churn or retention: checked terms, the other columns, and `Back`.

    A survival curve, a model or a fit at `churn` is refused here as no number; `terms_on` takes it.
    """
    by_retention = one_of(churn, retention)
    refuse_curve("retention" if by_retention else "churn", retention if by_retention else churn, ON_A_CURVE)
    name, stated = ("retention", as_kept(retention)) if by_retention else ("churn", as_loss(churn))
    rate, discount_rate, growth = in_period(
        period, **{name: stated}, discount_rate=discount_rate, growth=growth
    )
    (*given, share, d, g, n), back = columns(
        **others,
        **{name: (rate, PROBABILITY)},
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
        horizon=(horizon, ENDLESS),
    )
    # both are kept: the small one of churn and retention carries the digits
    other = 1.0 - share
    c, r = (other, share) if by_retention else (share, other)
    return Terms(np.asarray(c), np.asarray(r), d, g, n, by_retention), tuple(given), back


def terms_on(
    churn: RateLike,
    retention: RateLike,
    discount_rate: RateLike,
    growth: RateLike,
    horizon: NumberLike,
    period: Unit | None,
    **others: tuple[NumberLike, Domain],
) -> tuple[Terms, tuple[Array, ...], Back]:
    """As `terms`, for formulas that need no more than `Terms.factor`: churn may be a survival curve."""
    if one_of(churn, retention) or not is_curve(churn):
        return terms(churn, retention, discount_rate, growth, horizon, period, **others)
    d, g = in_period(period, discount_rate=discount_rate, growth=growth)
    curve = curve_of("churn", churn, d, g, horizon, period)
    constant, given, back = terms(curve.churn, None, d, g, horizon, period, **others)
    curve = curve.beside(constant.c)
    return CurveTerms(constant.c, constant.r, constant.d, constant.g, constant.n, False, curve), given, back


def one_of(churn: RateLike, retention: RateLike) -> bool:
    """Whether retention is the one that was given, or an error unless exactly one was."""
    if (churn is None) == (retention is None):
        shown = "none of them" if churn is None else "both"
        way_out = "Write churn=0.05, or retention=0.95 for the same."
        raise not_one_of("churn / retention", shown, way_out)
    return churn is None


def times(margin: Array, worth: Array) -> Array:
    """margin·worth, 0 where the margin is 0 even if the sum has no end."""
    with np.errstate(invalid="ignore", over="ignore"):
        value = margin * worth
    # 0·∞: no margin is worth nothing, however long it is paid
    return value if np.all(np.isfinite(worth)) else np.where(margin == 0.0, 0.0, value)


def refuse_infinite(value: Array, *, way_out: str = "") -> None:
    """An error that says why, where a value is infinite."""
    rule = "must outrun what stays and grows: 1 + discount_rate > retention·(1 + growth)"
    way_out = way_out or "Count up to a horizon=…, discount more, or take if_infinite='inf'."
    refuse_where(np.isinf(value), "infinite-value", "discount_rate", value, rule, way_out)
