"""Write bg_bb.npy.xz: what BG/BB answers at 2,000 places of its domain, in 50-digit arithmetic.

Sums over when the customer went, and over the opportunities to come, are added term by term as the
paper prints them; only sums without end use a closed form (the hypergeometric function of eq. (14)).
Nothing here is taken from retainkit. Run: python tests/reference/accuracy/make_bg_bb.py
"""

from __future__ import annotations

import random
from typing import Any

import mpmath as mp
from accuracy_tables import write

POINTS = 2000
GIVEN: tuple[str, ...] = ("alpha", "beta", "gamma", "delta", "x", "t_x", "n", "horizon", "count", "force")
ANSWERS: tuple[str, ...] = (
    *("log_likelihood", "d_alpha", "d_beta", "d_gamma", "d_delta", "alive", "alive_ahead"),
    *("expected", "expected_new", "discounted", "endless", "pmf", "pmf_given"),
)


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    return low * (high / low) ** rng.random()


def place(rng: random.Random) -> list[Any]:
    """Parameters .01 … 1000, up to 5,000 opportunities behind and as many ahead."""
    parameters = [float(f"{log_uniform(rng, 0.01, 1000.0):.6g}") for _ in range(4)]
    n = int(log_uniform(rng, 1.0, 5001.0)) - rng.randrange(2)
    last = rng.randint(1, n) if n and rng.random() < 0.8 else 0
    x = min(last, int(log_uniform(rng, 1.0, last + 1.0))) if last else 0
    if rng.random() < 0.2:
        x = last = rng.choice([0, n])
    horizon = int(log_uniform(rng, 1.0, 5001.0))
    count = rng.randint(0, horizon) if rng.random() < 0.8 else rng.choice([0, horizon])
    return [*parameters, x, last, n, horizon, count, float(f"{log_uniform(rng, 1e-5, 2.0):.6g}")]


def likelihood(a: Any, b: Any, c: Any, d: Any, x: int, last: int, n: int) -> tuple[Any, list[Any], Any]:
    """Its logarithm, the gradient of that, and P(alive at n), from the sum over the time of death."""
    psi = mp.digamma
    term = mp.beta(a + x, b + last - x) * mp.beta(c + 1, d + last)
    slope = [
        psi(a + x) - psi(a + b + last),
        psi(b + last - x) - psi(a + b + last),
        psi(c + 1) - psi(c + 1 + d + last),
        psi(d + last) - psi(c + 1 + d + last),
    ]
    total, slopes = mp.mpf(0), [mp.mpf(0)] * 4
    for k in range(last, n):
        total += term
        slopes = [s + term * own for s, own in zip(slopes, slope, strict=True)]
        both, gone = 1 / (a + b + k), 1 / (c + 1 + d + k)
        term *= (b + k - x) * both * (d + k) * gone
        steps = (-both, 1 / (b + k - x) - both, -gone, 1 / (d + k) - gone)
        slope = [own + step for own, step in zip(slope, steps, strict=True)]
    alive = mp.beta(a + x, b + n - x) * mp.beta(c, d + n)
    slope = [
        psi(a + x) - psi(a + b + n),
        psi(b + n - x) - psi(a + b + n),
        psi(c) - psi(c + d + n),
        psi(d + n) - psi(c + d + n),
    ]
    total += alive
    slopes = [s + alive * own for s, own in zip(slopes, slope, strict=True)]
    known = [psi(a) - psi(a + b), psi(b) - psi(a + b), psi(c) - psi(c + d), psi(d) - psi(c + d)]
    score = [s / total - own for s, own in zip(slopes, known, strict=True)]
    return mp.log(total / (mp.beta(a, b) * mp.beta(c, d))), score, alive / total


def met(c: Any, d: Any, horizon: int, force: float) -> Any:
    """Σ over j = 1, …, horizon of B(c, d + j)/B(c, d) e^(−force·j)."""
    v, share, total = mp.exp(-mp.mpf(force)), mp.mpf(1), mp.mpf(0)
    for j in range(horizon):
        share *= v * (d + j) / (c + d + j)
        total += share
    return total


def met_without_end(c: Any, d: Any, force: float) -> Any:
    """Eq. (14)'s hypergeometric function; in 50 digits it can be wrong by 26 powers of ten, unwarned."""
    found = []
    for digits in (150, 300):
        with mp.workdps(digits):
            v = mp.exp(-mp.mpf(force))
            found.append(v * d / (c + d) * mp.hyp2f1(1, d + 1, c + d + 1, v))
    assert mp.almosteq(*found, rel_eps=mp.mpf(10) ** -40)
    return found[-1]


def pmf(a: Any, b: Any, c: Any, d: Any, count: int, horizon: int) -> Any:
    """P(count purchases at the next `horizon` opportunities): alive to the end, or gone after the k-th."""
    made = mp.beta(a + count, b) / mp.beta(a, b)  # at the first `count` opportunities, all of them
    gone = mp.beta(c + 1, d + count) / mp.beta(c, d)
    total = mp.mpf(0)
    for k in range(count, horizon):
        total += made * gone
        made *= (k + 1) * (b + k - count) / ((k + 1 - count) * (a + b + k))
        gone *= (d + k) / (c + 1 + d + k)
    return total + made * mp.beta(c, d + horizon) / mp.beta(c, d)


def answers(point: list[Any]) -> list[Any]:
    a, b, c, d = (mp.mpf(repr(v)) for v in point[:4])
    x, last, n, horizon, count, force = point[4:]
    value, score, alive = likelihood(a, b, c, d, x, last, n)
    chance = (a + x) / (a + b + n)
    later = alive * mp.beta(c, d + n + horizon) / mp.beta(c, d + n)
    given = alive * pmf(a + x, b + n - x, c, d + n, count, horizon) + (1 - alive if count == 0 else 0)
    return [
        *(value, *score, alive, later),
        alive * chance * met(c, d + n, horizon, 0.0),
        a / (a + b) * met(c, d, horizon, 0.0),
        alive * chance * met(c, d + n, horizon, force),
        alive * chance * met_without_end(c, d + n, force),
        *(pmf(a, b, c, d, count, horizon), given),
    ]


def main() -> None:
    rng = random.Random(20100612)
    mp.mp.dps = 50
    points = [place(rng) for _ in range(POINTS)]
    found = [[float(v) for v in answers(point)] for point in points]
    given = dict(zip(GIVEN, zip(*points, strict=True), strict=True))
    write("bg_bb", given, dict(zip(ANSWERS, zip(*found, strict=True), strict=True)))


if __name__ == "__main__":
    main()
