"""Write gamma_gamma.npy.xz: what Gamma-Gamma answers at 2,000 places of its domain, in 60-digit arithmetic.

The log-likelihood is eq. (1a) of Fader & Hardie (2013) and its derivatives, the distributions are incomplete
gamma and beta functions. A quantile is scipy's, moved by one Newton step in 60 digits; a second step must be
too small to matter. Nothing here is taken from retainkit.
Run: python tests/reference/accuracy/make_gamma_gamma.py
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import mpmath as mp
from accuracy_tables import write
from scipy.special import betainccinv, betaincinv, gammainccinv

POINTS = 2000
GIVEN: tuple[str, ...] = ("p", "q", "v", "x", "z", "probability", "amount")
ANSWERS: tuple[str, ...] = (
    *("log_likelihood", "d_p", "d_q", "d_v", "expected"),
    *("quantile_purchase", "quantile_mean", "cdf_purchase", "cdf_mean", "pdf_purchase", "pdf_mean"),
)
Distribution = Callable[[Any], tuple[Any, Any]]
"""amount -> P(at most that), density"""


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    return float(f"{low * (high / low) ** rng.random():.6g}")


def likelihood(p: Any, q: Any, v: Any, x: int, z: Any) -> list[Any]:
    if x == 0:
        return [mp.mpf(0)] * 4
    total = x * z
    value = (
        mp.loggamma(p * x + q) - mp.loggamma(p * x) - mp.loggamma(q) - mp.log(z)
        + q * mp.log(v / (v + total)) + p * x * mp.log(total / (v + total))
    )  # fmt: skip
    shared = mp.digamma(p * x + q)
    return [
        value,
        x * (shared - mp.digamma(p * x) + mp.log(total / (v + total))),
        shared - mp.digamma(q) + mp.log(v / (v + total)),
        q / v - (p * x + q) / (v + total),
    ]


def series(ratio: Callable[[int], Any]) -> Any:
    """1 + r₀ + r₀·r₁ + …, to the last digit."""
    total = term = mp.mpf(1)
    k = 0
    while term > total * mp.eps or ratio(k) > 1:
        term *= ratio(k)
        total += term
        k += 1
    return total


def share_below(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function (DLMF 8.17.8): positive terms."""
    first = a * mp.log(x) + b * mp.log1p(-x) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b)
    return mp.exp(first) * series(lambda k: x * (a + b + k) / (a + 1 + k))


def complement(share: Callable[[], Any]) -> Any:
    """1 − share, in digits enough for what is left."""
    rest = 1 - share()
    if rest < mp.mpf(10) ** -25:
        with mp.workdps(700):
            rest = 1 - share()
    return rest


def purchase(p: Any, s: Any, scale: Any) -> Distribution:
    """Beta prime: the smaller of the two shares is integrated, so that no digit is lost at either end."""

    def at(amount: Any) -> tuple[Any, Any]:
        r = amount / scale
        if r < 1:
            below = share_below(p, s, r / (1 + r))
        else:
            below = complement(lambda: share_below(s, p, 1 / (1 + r)))
        log_density = p * mp.log(r) - (p + s) * mp.log1p(r) - mp.log(amount)
        return below, mp.exp(log_density + mp.loggamma(p + s) - mp.loggamma(p) - mp.loggamma(s))

    return at


def mean(p: Any, s: Any, scale: Any) -> Distribution:
    """Inverse gamma; the incomplete gamma function by its series of positive terms (DLMF 8.7.1)."""

    def at(amount: Any) -> tuple[Any, Any]:
        y = p * scale / amount

        def log_peak() -> Any:
            return s * mp.log(y) - y - mp.loggamma(s)

        below = complement(lambda: mp.exp(log_peak()) / s * series(lambda k: y / (s + 1 + k)))
        return below, mp.exp(log_peak() - mp.log(amount))

    return at


def polished(start: float, probability: Any, distribution: Distribution) -> Any:
    """A quantile, by Newton steps in ln(amount)."""
    found = mp.mpf(start)
    steps = []
    for _ in range(2):
        below, density = distribution(found)
        steps.append((probability - below) / (density * found))
        found *= mp.exp(steps[-1])
    assert abs(steps[0]) < 1e-6 and abs(steps[1]) < 1e-15, (start, steps)
    return found


def answers(point: list[Any]) -> list[Any] | None:
    x = int(point[3])
    p, q, v, _, z, probability, amount = (mp.mpf(repr(value)) for value in point)
    s, scale = p * x + q, v + x * z
    numbers = float(p), float(s), float(probability)
    own, other = betaincinv(*numbers), betainccinv(float(s), float(p), float(probability))
    y = gammainccinv(float(s), float(probability))
    if min(own, other, y) < 1e-290:
        return None  # beyond the range of floats
    starts = float(scale) * float(own / other), float(p * scale) / float(y)
    given = purchase(p, s, scale), mean(p, s, scale)
    (below, density), (below_mean, density_mean) = (distribution(amount) for distribution in given)
    return [
        *likelihood(p, q, v, x, z),
        p * scale / (s - 1) if s > 1 else mp.inf,
        *(polished(start, probability, own) for start, own in zip(starts, given, strict=True)),
        *(below, below_mean, density, density_mean),
    ]


def main() -> None:
    rng = random.Random(20050601)
    mp.mp.dps = 60
    points: list[list[Any]] = []
    found: list[list[float]] = []
    while len(points) < POINTS:
        parameters = [log_uniform(rng, 0.01, 1000.0) for _ in range(3)]
        x = int(log_uniform(rng, 1.0, 5001.0)) if rng.random() < 0.8 else 0
        z = log_uniform(rng, 0.01, 1e4) if x else 0.0
        probability = float(f"{1.0 / (1.0 + mp.exp(rng.uniform(-7.0, 7.0))):.6g}")
        shape = parameters[0] * x + parameters[1]
        centre = parameters[0] * (parameters[2] + x * z) / shape
        amount = float(f"{centre * rng.lognormvariate(0.0, min(1.5, 2.0 / shape**0.5)):.6g}")
        point = [*parameters, x, z, probability, amount]
        exact = answers(point)
        if exact is not None:
            points.append(point)
            found.append([float(v) for v in exact])
    given = dict(zip(GIVEN, zip(*points, strict=True), strict=True))
    write("gamma_gamma", given, dict(zip(ANSWERS, zip(*found, strict=True), strict=True)))


if __name__ == "__main__":
    main()
