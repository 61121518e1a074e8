"""Survival and lifetimes of shifted beta-geometric customers in 50 digits, by forms of their own.

Run ``python tests/reference/accuracy/make_sbg.py`` to write ``sbg.npy.xz`` again. Needs mpmath and
NumPy. Survival is a product of gamma functions; DEL is ₂F₁(1, beta; alpha + beta; v) summed term by term or,
for small d, in Pfaff's form, whose argument −1/d stays away from the singularity. Each is taken twice, the
second time in twice as many digits, and must agree to 30 digits; a sample is taken both ways.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import mpmath as mp
from accuracy_tables import write

POINTS = 2000
NEARLY_ALIKE = ((50.0, 900.0), (50.0, 901.0), (5000.0, 95000.0), (1000.0, 1000.0), (0.01, 1000.0))


def survival(alpha: Any, beta: Any, t: Any) -> Any:
    """B(alpha, beta + t)/B(alpha, beta)."""
    kept = mp.loggamma(beta + t) - mp.loggamma(beta)
    return mp.exp(kept - mp.loggamma(alpha + beta + t) + mp.loggamma(alpha + beta))


def lifetime(alpha: Any, beta: Any, discount: Any) -> Any:
    """₂F₁(1, beta; alpha + beta; 1/(1 + d)): term by term where that ends soon, by Pfaff's form elsewhere."""
    if discount > 0.02:
        return by_terms(alpha, beta, discount)
    return (1 + discount) / discount * mp.hyp2f1(1, alpha, alpha + beta, -1 / discount)


def by_terms(alpha: Any, beta: Any, discount: Any) -> Any:
    """Σ S(k) v^k, each term from the one before."""
    total, term, k = mp.mpf(0), mp.mpf(1), 0
    while term > mp.eps * total * discount / 100:  # what is left is less than term/discount
        total += term
        term *= (beta + k) / ((alpha + beta + k) * (1 + discount))
        k += 1
    return total


def residual(alpha: Any, beta: Any, tenure: Any, discount: Any) -> Any:
    """Just before the renewal: the mean chance to renew, times the lifetime of those who did."""
    return (beta + tenure) / (alpha + beta + tenure) * lifetime(alpha, beta + tenure + 1, discount)


def exactly(function: Callable[..., Any], *arguments: float) -> Any:
    """The value in 50 digits, checked in 100."""
    with mp.workdps(50):
        value = function(*map(mp.mpf, arguments))
    with mp.workdps(100):
        again = function(*map(mp.mpf, arguments))
        assert abs(value - again) <= mp.mpf(10) ** -30 * abs(again), (function, arguments)
    return value


def between(rng: random.Random, low: float, high: float) -> float:
    """A number of six digits, uniform on the logarithmic scale."""
    return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.6g}")


def shapes(rng: random.Random, place: int) -> tuple[float, float]:
    """alpha and beta: first the nearly homogeneous bases, then anything from .01 to 1000."""
    if place < len(NEARLY_ALIKE):
        return NEARLY_ALIKE[place]
    return between(rng, 0.01, 1000.0), between(rng, 0.01, 1000.0)


def draw(name: str, rng: random.Random, place: int) -> tuple[float, ...]:
    """The arguments of one point."""
    alpha, beta = shapes(rng, place)
    if name == "survival":
        return alpha, beta, float(int(between(rng, 1.0, 3e6)))
    if name == "lifetime":
        return alpha, beta, between(rng, 1e-9, 1.0)
    return alpha, beta, float(int(between(rng, 1.0, 200.0)) - 1), between(rng, 1e-9, 1.0)


def check_by_terms() -> None:
    """The closed form against the sum of its terms, and the residual lifetime against that of survival."""
    with mp.workdps(40):
        for alpha, beta, tenure, discount in (
            (0.7, 1.2, 0, 0.02),
            (2.0, 3.0, 4, 0.01),
            (50.0, 901.0, 2, 0.01),
        ):
            a, b, d = mp.mpf(alpha), mp.mpf(beta), mp.mpf(discount)
            assert abs(by_terms(a, b, d) / lifetime(a, b, d) - 1) < mp.mpf(10) ** -30
            ahead = (survival(a, b, tenure + j) / survival(a, b, tenure) for j in range(1, 12000))
            value = mp.fsum(share / (1 + d) ** j for j, share in enumerate(ahead))
            assert abs(value / residual(a, b, tenure, d) - 1) < mp.mpf(10) ** -30


def main() -> None:
    """Write the file."""
    check_by_terms()
    rng = random.Random(20_240_607)
    functions: dict[str, Callable[..., Any]] = {
        "survival": survival,
        "lifetime": lifetime,
        "residual": residual,
    }
    given: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, function in functions.items():
        points: list[tuple[float, ...]] = []
        found: list[float] = []
        while len(points) < POINTS:
            arguments = draw(name, rng, len(points))
            value = exactly(function, *arguments)
            if value > mp.mpf(10) ** -300:  # below the range of floating point there is nothing to compare
                points.append(arguments)
                found.append(float(value))
        given[f"{name}_arguments"] = list(zip(*points, strict=True))
        values[name] = found
    write("sbg", given, values, tolerance=1e-12)


if __name__ == "__main__":
    main()
