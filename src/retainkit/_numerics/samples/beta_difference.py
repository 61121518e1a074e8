"""The distribution of A·p₀ − B·p₁ − C for two independent beta variables, without drawing.

One of the two is integrated over on the logit scale, where its density is smooth and falls off
exponentially on both sides, so that the trapezoid rule converges geometrically; of the other the
distribution function is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from retainkit.typing import Array

_TAIL = 1e-18
_STEPS_PER_SD = 16.0


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta distribution."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """a/(a + b)."""
        return self.a / (self.a + self.b)

    @property
    def variance(self) -> float:
        """Of the share itself."""
        n = self.a + self.b
        return self.a * self.b / (n * n * (n + 1.0))

    @property
    def spread_of_logit(self) -> float:
        """Standard deviation of ln p − ln(1 − p)."""
        from scipy.special import polygamma

        return math.sqrt(float(polygamma(1, self.a)) + float(polygamma(1, self.b)))


@dataclass(frozen=True, slots=True)
class BetaDifference:
    """A·p₀ − B·p₁ − C with A > 0."""

    first: Beta
    second: Beta
    A: float
    B: float
    C: float

    @property
    def mean(self) -> float:
        """Its mean."""
        return self.A * self.first.mean - self.B * self.second.mean - self.C

    @property
    def sd(self) -> float:
        """Its standard deviation."""
        return math.sqrt(self.A**2 * self.first.variance + self.B**2 * self.second.variance)

    def above(self, t: float) -> float:
        """Chance that it is above t."""
        from scipy.special import betaincc

        p, weight = self._nodes()
        needed = np.clip((self.B * p + self.C + t) / self.A, 0.0, 1.0)
        return float(weight @ betaincc(self.first.a, self.first.b, needed))

    def mean_gain(self) -> float:
        """E[max(0, ·)], from E[(p₀ − x)⁺] = mean·P(p₀⁺ > x) − x·P(p₀ > x), p₀⁺ with one more success."""
        from scipy.special import betaincc

        a, b = self.first.a, self.first.b
        p, weight = self._nodes()
        x = (self.B * p + self.C) / self.A
        inside = np.clip(x, 0.0, 1.0)
        excess = self.first.mean * betaincc(a + 1.0, b, inside) - x * betaincc(a, b, inside)
        return self.A * float(weight @ np.maximum(excess, 0.0))

    def quantile(self, share: float) -> float:
        """The value below which it lies with this chance."""
        from scipy.optimize import brentq

        ends = (-self.C, -self.C - self.B, self.A - self.C, self.A - self.B - self.C)
        low, high = min(ends), max(ends)
        return float(brentq(lambda t: 1.0 - self.above(t) - share, low, high, xtol=1e-10 * (high - low)))

    def _nodes(self) -> tuple[Array, Array]:
        """Values of p₁ and their weights, which sum to 1."""
        from scipy.special import betaincinv, betaln

        a, b = self.second.a, self.second.b
        low = max(float(betaincinv(a, b, _TAIL)), 1e-300)
        rest = max(float(betaincinv(b, a, _TAIL)), 1e-300)
        step = min(self.first.spread_of_logit, self.second.spread_of_logit) / _STEPS_PER_SD
        ends = math.log(low) - math.log1p(-low), math.log1p(-rest) - math.log(rest)
        z = np.linspace(*ends, max(int((ends[1] - ends[0]) / step), 2) + 1)
        log_p, log_q = -np.logaddexp(0.0, -z), -np.logaddexp(0.0, z)
        weight = np.exp(a * log_p + b * log_q - float(betaln(a, b)))
        return np.exp(log_p), weight / weight.sum()
