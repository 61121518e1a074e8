"""Write mbg_nbd.npy.xz and cnbd_k.npy.xz: answers in 40 digits and more, by sums that share no code with us.

    python tests/reference/accuracy/make_bg.py

Likelihoods are the models' closed forms in mpmath. What is to come is a brute-force sum over the number of
stages of a customer's Poisson process, in decimal arithmetic of 50 digits: stages are negative binomial,
every k-th is a purchase, and a purchase is survived with the mean of a beta distribution. Discounted
purchases without a horizon sum E[(λ/(λ+δ))^n], which obeys a recurrence whose solution that falls is found
from above (Miller's algorithm); with a horizon the density of purchases is integrated over time.
"""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817
from decimal import getcontext
from itertools import pairwise
from typing import Any

import mpmath as mp
import numpy as np
from accuracy_tables import write
from mpmath.calculus.quadrature import GaussLegendre

COLUMNS: tuple[str, ...] = ("chance", "k", "r", "alpha", "a", "b", "x", "t_x", "T", "horizon", "force", "n")
ANSWERS: tuple[str, ...] = (
    *("log_likelihood", "d_r", "d_alpha", "d_a", "d_b"),
    *("alive", "survival", "expected", "discounted", "discounted_ever", "pmf"),
)
PARAMETERS: tuple[str, ...] = ("r", "alpha", "a", "b")
MOST_TIME = 1500  # stages in a horizon whose density is integrated; beyond, the column is NaN
MOST_TERMS = 60_000  # of the recurrence, times k, likewise
TINY = D(10) ** -32

getcontext().prec = 50
mp.mp.dps = 50
NODES = [(D(str(u)), D(str(w))) for u, w in GaussLegendre(mp.mp).calc_nodes(5, 170)]


def likelihood(c: dict[str, float]) -> tuple[Any, Any]:
    """Log-likelihood without the gaps themselves, and P(alive)."""
    r, alpha, a, b, t_x, T = (mp.mpf(c[name]) for name in ("r", "alpha", "a", "b", "t_x", "T"))
    k, x, chance = int(c["k"]), int(c["x"]), int(c["chance"])
    R, trials = r + k * x, x + chance
    running = mp.fsum(
        mp.rf(R, j) / mp.factorial(j) * (T - t_x) ** j / (alpha + T) ** (R + j) for j in range(k)
    )
    alive = mp.beta(a, b + trials) / mp.beta(a, b) * running
    left = mp.beta(a + 1, b + trials - 1) / mp.beta(a, b) * (alpha + t_x) ** -R if trials else mp.mpf(0)
    common = mp.loggamma(R) - mp.loggamma(r) + r * mp.log(alpha) - x * mp.loggamma(k)
    return common + mp.log(alive + left), alive / (alive + left)


def stages_passed(c: dict[str, float]) -> list[D]:
    """P(j stages since the last purchase | alive)."""
    R = D(c["r"]) + int(c["k"]) * int(c["x"])
    q = (D(c["T"]) - D(c["t_x"])) / (D(c["alpha"]) + D(c["T"]))
    terms = [D(1)]
    for j in range(1, int(c["k"])):
        terms.append(terms[-1] * (R + j - 1) / j * q)
    total = sum(terms)
    return [t / total for t in terms]


def counts(R: D, z: D, m: int, k: int) -> list[D]:
    """P(i purchases' worth of stages in z), until what is left is negligible."""
    share = z / (1 + z)
    term = (-R * (1 + z).ln()).exp()
    found, n = [D(0)], 0
    while True:
        found[-1] += term
        term *= (R + n) / (n + 1) * share
        n += 1
        if n >= m and (n - m) % k == 0:
            found.append(D(0))
            if n > R * z + m + k and term * (1 + z) * len(found) < TINY * max(found[1], found[-2]):
                return found


def stays(a: D, b: D, count: int) -> list[D]:
    stay = [D(1)]
    for i in range(count):
        stay.append(stay[-1] * (b + i) / (a + b + i))
    return stay


def ahead(R: D, z: D, a: D, b: D, m: int, k: int, n: int) -> tuple[D, D, D]:
    """P(still there), expected purchases, P(n purchases)."""
    shares = counts(R, z, m, k)
    stay = stays(a, b, len(shares))
    survival = sum((s * f for s, f in zip(stay, shares, strict=False)), D(0))
    made, expected = D(0), D(0)
    for i, f in enumerate(shares):
        expected += f * made
        made += stay[i]
    pmf = stay[n] * shares[n] if n < len(shares) else D(0)
    if 0 < n < len(shares):
        pmf += (stay[n - 1] - stay[n]) * sum(shares[n:], D(0))
    return survival, expected, pmf


def terms(R: D, force: D) -> int:
    """From where the recurrence starts: far enough for 30 digits, whether H falls like a power or not."""
    return int(80 * (R + 20) / force) + 200


def discounted_ever(R: D, force: D, a: D, b: D, m: int, k: int) -> D:
    """Σ stay_i·H(m + k i) with H(n) = E[(λ/(λ + force))^n] by Miller's algorithm."""
    top = terms(R, force)
    if k * top > MOST_TERMS:
        return D("nan")
    high, low = D(0), D(1)  # H(top + 1), H(top), up to a factor
    values = [low]
    for n in range(top, 0, -1):
        high, low = low, ((R + 2 * n - 1 + force) * low - n * high) / (R + n - 1)
        values.append(low)
    values.reverse()
    steps = values[m::k]
    return sum((s * h for s, h in zip(stays(a, b, len(steps)), steps, strict=False)), D(0)) / values[0]


def discounted(R: D, z: D, force: D, a: D, b: D, m: int, k: int) -> D:
    """∫ e^(−force·t)·(density of purchases at t) dt over (0, z), by panels that double."""
    edges = [D(0), min(z, 1 / D(4), k / (R + 1))]
    while edges[-1] < z:
        edges.append(min(z, 2 * edges[-1]))
    total = D(0)
    for low, high in pairwise(edges):
        half = (high - low) / 2
        for u, w in NODES:
            t = low + half * (1 + u)
            total += half * w * (-force * t).exp() * density(R, t, a, b, m, k)
    return total


def density(R: D, t: D, a: D, b: D, m: int, k: int) -> D:
    """Of purchases at t: the (m + k i)-th stage falls there, and the customer has stayed until then."""
    share = t / (1 + t)
    term, stay, total, n = R * (-(R + 1) * (1 + t).ln()).exp(), D(1), D(0), 0
    while True:
        if n >= m - 1 and (n - m + 1) % k == 0:
            i = (n - m + 1) // k
            total += term * stay
            stay *= (b + i) / (a + b + i)
            if n > R * t + 2 * k and term * (1 + t) < TINY * total:
                return total
        n += 1
        term *= (R + n) / n * share


def answers(c: dict[str, float]) -> list[float]:
    k, x = int(c["k"]), int(c["x"])
    value, alive = likelihood(c)
    slopes = [mp.diff(lambda v, name=name: likelihood(c | {name: v})[0], c[name]) for name in PARAMETERS]
    r, alpha, a, b = (D(c[name]) for name in ("r", "alpha", "a", "b"))
    scale = alpha + D(c["T"])
    timed = work(c) < MOST_TIME
    z, force, later = D(c["horizon"]) / scale, D(c["force"]) * scale, b + x + int(c["chance"])
    sums = [D(0)] * 5
    for j, weight in enumerate(stages_passed(c)):
        R, m = r + k * x + j, k - j
        survival, expected, pmf = ahead(R, z, a, later, m, k, int(c["n"]))
        parts = (survival, expected, discounted(R, z, force, a, later, m, k) if timed else D(0))
        parts = (*parts, discounted_ever(R, force, a, later, m, k), pmf)
        sums = [s + weight * part for s, part in zip(sums, parts, strict=True)]
    there = D(mp.nstr(alive, 40))
    sums = [there * s for s in sums]
    if c["n"] == 0:
        sums[-1] += 1 - there
    if not timed:
        sums[2] = D("nan")
    return [float(v) for v in (value, *slopes, alive, *sums)]


def work(c: dict[str, float]) -> float:
    """How many stages a sum over the horizon takes, over all stages that may have passed."""
    R, z = c["r"] + c["k"] * c["x"], c["horizon"] / (c["alpha"] + c["T"])
    return c["k"] * (R * z + 9.0 * np.sqrt(R * z * (1.0 + z)) + 80.0 * (1.0 + z))


def cases(seed: int, count: int, most_k: int, most_work: float) -> list[dict[str, float]]:
    """Parameters .01 … 1000, up to 5000 purchases, times up to 10,000; as far as a sum can follow."""
    rng = np.random.default_rng(seed)
    found: list[dict[str, float]] = []
    while len(found) < count:
        r, alpha, a, b = (float(v) for v in np.exp(rng.uniform(np.log(0.01), np.log(1000.0), 4)))
        k, chance = int(rng.integers(1, most_k + 1)), 1 if most_k == 1 else int(rng.integers(0, 2))
        x = int(np.exp(rng.uniform(0.0, np.log(5001.0)))) - 1
        T = float(np.exp(rng.uniform(np.log(0.1), np.log(10_000.0))))
        t_x = T * float(rng.uniform()) if x else 0.0
        horizon = float(np.exp(rng.uniform(np.log(0.1), np.log(10_000.0))))
        force = float(np.exp(rng.uniform(np.log(0.05), np.log(20.0)))) / (alpha + T)
        z = horizon / (alpha + T)
        n = int(rng.poisson(min((r / k + x) * z, 40.0)))
        values = (chance, k, r, alpha, a, b, x, t_x, T, horizon, force, n)
        case = dict(zip(COLUMNS, values, strict=True))
        if work(case) < most_work:
            found.append(case)
    return found


def make(name: str, drawn: list[dict[str, float]]) -> None:
    given = {column: [case[column] for case in drawn] for column in COLUMNS}
    found = zip(*map(answers, drawn), strict=True)
    write(name, given, dict(zip(ANSWERS, found, strict=True)))


if __name__ == "__main__":
    make("mbg_nbd", cases(1, 2000, 1, 6_000.0))
    make("cnbd_k", cases(2, 2000, 12, 6_000.0))
