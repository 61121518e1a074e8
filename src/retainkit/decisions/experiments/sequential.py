"""Looking at a test as often as one likes, and keeping its error: confidence sequences.

A 95% interval is right in 95% of tests that are looked at once, at a size fixed before; who looks after
every customer and stops at the first significant result is wrong far more often. A confidence sequence is a
band that holds the truth at *all* looks with its probability. With an estimate Δ̂ and its standard error, and
the information I = 1/se² gathered by then, Δ̂·I moves like a Brownian motion with drift Δ in the time I
(Jennison, C. and Turnbull, B. W. (1999), Group Sequential Methods, ch. 11), and the normal mixture gives

    Δ̂ ± √((I + ρ)·ln((I + ρ)/(ρ·α²)))/I

(Robbins, H. (1970), Annals of Mathematical Statistics 41(5), 1397-1409, doi:10.1214/aoms/1177696786; Howard,
S. R., Ramdas, A., McAuliffe, J. and Sekhon, J. (2021), "Time-uniform, nonparametric, nonasymptotic confidence
sequences", Annals of Statistics 49(2), 1055-1080, doi:10.1214/20-AOS1991). With estimated variances the
guarantee is asymptotic (arXiv:2103.06476). ρ is chosen so that the band is narrowest at a planned standard
error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from retainkit._numerics.samples.intervals import always_valid_p, best_rho, half_width
from retainkit.columns import known, numbers
from retainkit.domains import LEVEL, POSITIVE, REAL
from retainkit.errors import wrong_shape
from retainkit.records import Record, read_only
from retainkit.typing import Array, Number, NumberLike


@dataclass(frozen=True, eq=False, kw_only=True)
class SequentialResult(Record):
    """A test as it stood at each look; made by `sequential_test` and its like.

    Attributes
    ----------
    estimate : (looks,) float64 array
    lower, upper : (looks,) float64 array
        The band: it holds the truth at all looks together with probability `level`. It is the intersection of
        the intervals so far, which only narrows.
    p_value : (looks,) float64 array
        Always valid: where the effect is the threshold, it ever falls below α with a chance of at most α.
    threshold : float
        What the estimate is compared with.
    level : float
    """

    _derived = ("stopped_at", "above")

    estimate: Array = field(repr=False)
    lower: Array = field(repr=False)
    upper: Array = field(repr=False)
    p_value: Array = field(repr=False)
    threshold: float
    level: float

    @property
    def stopped_at(self) -> int | None:
        """The first look, from 0, at which the band leaves the threshold out; None if there is none yet."""
        decided = np.flatnonzero((self.lower > self.threshold) | (self.upper < self.threshold))
        return int(decided[0]) if decided.size else None

    @property
    def above(self) -> bool | None:
        """Whether the effect was found to be above the threshold, or below; None while it is open."""
        look = self.stopped_at
        return None if look is None else bool(self.lower[look] > self.threshold)

    def interval(self) -> tuple[float, float]:
        """The band at the last look."""
        return float(self.lower[-1]), float(self.upper[-1])

    def __str__(self) -> str:
        low, high = self.interval()
        if self.stopped_at is None:
            verdict = f"still open after look {self.estimate.size}"
        else:
            side = "above" if self.above else "below"
            verdict = f"{side} {self.threshold:.6g} since look {self.stopped_at + 1} of {self.estimate.size}"
        return (
            f"Effect {self.estimate[-1]:.6g}, at all looks together {self.level:.0%} between {low:.6g} and "
            f"{high:.6g}: {verdict}."
        )


def sequential_test(
    estimate: NumberLike,
    *,
    standard_error: NumberLike,
    planned_standard_error: NumberLike,
    threshold: Number = 0.0,
    level: Number = 0.95,
) -> SequentialResult:
    """A test that may be looked at as often as one likes, from its estimates and standard errors.

    For any effect with independent growth of information: a difference of shares or means, money per
    customer, a parameter fitted to more and more customers.

    Raises `InputError` for values outside their domain and columns of unequal length.

    Parameters
    ----------
    estimate, standard_error : columns (looks,)
        As they stood at each look, the first look first. Estimated standard errors need some hundred
        customers at the first look.
    planned_standard_error : number or column (looks,) above 0
        Where the band is to be narrowest: the standard error at the size that the test is planned for, chosen
        before the first look; any choice is valid. A column where that size is fixed in customers and their
        spread is estimated as the test goes on.
    threshold : number
        Stop as soon as the effect is known to be above or below this: 0, or what the treatment costs.
    level : number in (0, 1)
        1 − α, for all looks together.

    Examples
    --------
    >>> print(sequential_test([0.02, 0.012, 0.010], standard_error=[0.008, 0.004, 0.002],
    ...     planned_standard_error=0.003))
    Effect 0.01, at all looks together 95% between 0.00385324 and 0.0161468: above 0 since look 3 of 3.
    """
    (effect, error, planned) = known(
        estimate=(estimate, REAL),
        standard_error=(standard_error, POSITIVE),
        planned_standard_error=(planned_standard_error, POSITIVE),
    )
    against, share = numbers(threshold=(threshold, REAL), level=(level, LEVEL))
    effect, error, planned = (np.atleast_1d(x) for x in np.broadcast_arrays(effect, error, planned))
    if effect.ndim != 1 or effect.size == 0:
        way_out = "Give the looks of one test, the first look first."
        raise wrong_shape("estimate", effect, "must be a column with one estimate per look", way_out)
    rho = best_rho(planned, 1.0 - share)
    reach = half_width(error, rho, 1.0 - share)
    return SequentialResult(
        estimate=read_only(np.array(effect)),
        # the truth is in all bands at once, so that it is in their intersection
        lower=read_only(np.maximum.accumulate(effect - reach)),
        upper=read_only(np.minimum.accumulate(effect + reach)),
        p_value=read_only(always_valid_p(effect - against, error, rho)),
        threshold=against,
        level=share,
    )
