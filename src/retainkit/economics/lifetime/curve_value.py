"""What a customer on any survival curve is worth: churn that changes with tenure, measured or modelled."""

from __future__ import annotations

from math import inf
from typing import Literal, TypeAlias

import numpy as np

from retainkit.columns import SameKind, columns, known, numbers
from retainkit.domains import GROWTH, PROBABILITY, REAL
from retainkit.each_draw import draw_by_draw
from retainkit.economics.formulas.perpetuity import Infinite, Terms, check_infinite, refuse_infinite, times
from retainkit.economics.formulas.survival import (
    Survival,
    curve_of,
    paid_by,
    survival_curve,
    survival_function,
)
from retainkit.errors import InputError, near
from retainkit.plurals import counted
from retainkit.protocols import refuse_many
from retainkit.rates import in_period
from retainkit.timing import DELAY, Timing, check_timing
from retainkit.typing import Array, NumberLike, RateLike, Unit

AfterEnd: TypeAlias = Literal["stop", "same-churn"] | float
"""What happens after the last point of a measured curve: no payment is counted, the churn of its last
period goes on, or a constant churn of that size."""


@draw_by_draw("margin_per_period", "survival", "discount_rate")
def lifetime_value_on_curve(
    margin_per_period: NumberLike,
    survival: Survival,
    *,
    discount_rate: RateLike,
    timing: Timing,
    after_end: AfterEnd | None = None,
    horizon: int | None = None,
    if_infinite: Infinite = "inf",
    period: Unit | None = None,
) -> SameKind:
    """What the expected margins of a customer on a survival curve are worth now.

    Σₖ mₖ·Sₖ·v^(k + delay), k = 0, 1, …, where Sₖ is the share that pays in period k: S(k), who began it,
    or S(k+1), who stayed through it, with ``timing="end-if-retained"``. The delay is 0, ½ or 1.

    Gives money of now; one number, or one per discount rate. Raises `InputError` for a curve that does not
    begin with 1 or rises, one whose end is left open, values outside their domain, or
    ``timing="continuous"``: sum over shorter periods instead, with ``"mid"``.

    Parameters
    ----------
    margin_per_period : number, or (periods,), money
        One for all periods, or one for each; margin, not revenue, of a customer who is there.
    survival : column S(0) = 1, S(1), …, or callable
        A column of n + 1 shares is n periods, so that with ``timing="begin"`` the last share does not
        pay within it: it opens the period after the end. A callable, or an object with a method
        ``survival``, gives S at an array of times. For an existing customer: S(t)/S(now).
    discount_rate : number or column > -1, or Rate, per period
        A column gives the value at each of its rates.
    timing : {"begin", "mid", "end", "end-if-retained"}
        When a period's margin falls, and who pays it.
    after_end : {"stop", "same-churn"} or number in [0, 1]
        What happens after the last point of a column; it has to be said unless S ends at 0 or `horizon`
        is given. ``"stop"`` counts nothing more, a lower bound; ``"same-churn"`` lets the churn of the
        last period go on for ever (churn usually falls with tenure, so this too tends to be low); a
        number is that churn.
    horizon : int, optional
        Count this many payments. Without it all payments of a callable are counted, as far as they
        change the sum; that needs a discount rate above 0.
    if_infinite : {"inf", "raise"}
        What to answer where the customers left at the end never leave and nothing is discounted.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    >>> measured = dict(survival=[1, 0.5, 0.25], discount_rate=0.0, timing="begin")
    >>> lifetime_value_on_curve(100, **measured, after_end="stop")
    150.0
    >>> lifetime_value_on_curve(100, **measured, after_end="same-churn")
    200.0
    >>> round(lifetime_value_on_curve(50, lambda t: 0.95**t, discount_rate=0.01, timing="end"), 6)
    833.333333
    """
    check_timing(timing)
    check_infinite(if_infinite)
    (rate,) = in_period(period, discount_rate=discount_rate)
    (d,), back = columns(discount_rate=(rate, GROWTH))
    (margin,) = known(margin_per_period=(margin_per_period, REAL))
    curve, tail = _curve_and_tail(survival, after_end, horizon, d, margin, period)
    worth = _discounted(margin, paid_by(curve, timing), d, DELAY[timing])
    if tail is not None:
        # constant churn from the end on has a closed form: the tail costs no more periods
        rest = Terms(np.asarray(tail), np.asarray(1.0 - tail), d, np.zeros(()), np.asarray(inf), False)
        # the tail begins at S(n), a period after the last payment counted
        worth = worth + times(margin, rest.factor(timing)) * curve[-1] * (1.0 + d) ** (1.0 - curve.size)
    if if_infinite == "raise":
        refuse_infinite(np.asarray(worth), way_out="Count up to a horizon=…, or discount.")
    return back(worth)


def _curve_and_tail(
    survival: Survival,
    after_end: AfterEnd | None,
    horizon: int | None,
    d: Array,
    margin: Array,
    period: Unit | None,
) -> tuple[Array, float | None]:
    """S(0), …, S(n), and the constant churn after n; None where nothing more is counted."""
    function = survival_function(survival) is not None
    if after_end is not None and (function or horizon is not None):
        raise _needless(after_end, function=function)
    if function and horizon is None:
        if margin.ndim:
            raise _margins_do_not_fit(margin, "must be one number where a curve has no end; or say horizon=…")
        refuse_many("survival", survival)
        return curve_of("survival", survival, d, period=period).shares, None
    curve = survival_curve(survival, horizon, period)
    if margin.ndim and margin.shape != (curve.size - 1,):
        raise _margins_do_not_fit(margin, f"must be one number, or one per period ({curve.size - 1:,})")
    if horizon is not None or curve[-1] == 0.0:
        return curve, None
    return curve, _churn_after(after_end, curve, margin)


def _churn_after(after_end: AfterEnd | None, curve: Array, margin: Array) -> float | None:
    if after_end is None:
        rule = f"ends after {counted(curve.size - 1, 'period')} with a share of customers still there"
        way_out = (
            "Say what comes then: after_end='stop', after_end='same-churn', or a churn such as "
            "after_end=0.02; or give a model's survival function."
        )
        raise InputError("ambiguous", "survival", float(curve[-1]), rule, way_out)
    if isinstance(after_end, str):
        if after_end == "stop":
            return None
        if after_end != "same-churn":
            rule = "must be 'stop', 'same-churn' or a churn between 0 and 1"
            way_out = near(after_end, ("stop", "same-churn")).strip()
            raise InputError("unknown-choice", "after_end", after_end, rule, way_out)
    if margin.ndim:
        rule = "must be one number where customers go on paying after the curve's end"
        raise _margins_do_not_fit(margin, rule)
    if isinstance(after_end, str):
        # the last period's own churn; an average would bring back the early years
        return float(1.0 - curve[-1] / curve[-2])
    return numbers(after_end=(after_end, PROBABILITY))[0]


def _discounted(margin: Array, paid: Array, d: Array, delay: float) -> Array:
    """Σₖ mₖ·Sₖ·v^(k + delay), for every rate of a column."""
    amounts = margin * paid
    when = np.arange(paid.size) + delay
    if d.ndim == 0:
        return np.asarray(amounts @ (1.0 + d) ** -when)
    # rate by rate: a table of rates × periods would be large, and rates are few
    return np.array([amounts @ (1.0 + rate) ** -when for rate in d.ravel()]).reshape(d.shape)


def _margins_do_not_fit(margin: Array, rule: str) -> InputError:
    shown = f"shape {margin.shape}"
    way_out = "Give as many margins as the curve has periods, and after_end='stop'."
    return InputError("length-mismatch", "margin_per_period", shown, rule, way_out)


def _needless(after_end: NumberLike, *, function: bool) -> InputError:
    reason = "a callable curve has no end" if function else "horizon=… says where the count ends"
    way_out = "Leave out after_end, or periods."
    return InputError("needless", "after_end", after_end, f"must be left out here: {reason}", way_out)
