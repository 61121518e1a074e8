"""Log-likelihoods in as many digits as mpmath is told to keep, term by term, with their derivatives."""

# mpmath says real or complex of each of its numbers
# pyright: reportArgumentType=false, reportCallIssue=false
from __future__ import annotations

from functools import cache
from typing import Any

import mpmath as mp

Terms = list[Any]

BASE = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
CUSTOMERS = [(0, 0.0, 38.86), (1, 10.0, 38.86), (2, 30.43, 38.86), (26, 30.857, 31.0), (400, 9000.0, 9500.0)]
"""frequency, recency, T; dense and sparse frequencies are summed in different ways"""


def log_rise(x: Any, n: Any) -> Any:
    return mp.loggamma(x + n) - mp.loggamma(x)


def rise(x: Any, n: int) -> Any:
    return mp.digamma(x + n) - mp.digamma(x)


def beta_geometric(p: dict[str, float], k: int, chance: int, customer: tuple[float, ...]) -> list[Terms]:
    """Terms of the log-likelihood, and of its derivatives."""
    r, alpha, a, b = (mp.mpf(p[name]) for name in BASE)
    x, t, T = int(customer[0]), mp.mpf(customer[1]), mp.mpf(customer[2])
    n, chances, R = k * x, x + chance, r + k * x
    passed = [mp.rf(R, j) / mp.factorial(j) * ((T - t) / (alpha + T)) ** j for j in range(k)]
    running = mp.fsum(passed)
    per_r = mp.fsum(rise(R, j) * s for j, s in enumerate(passed)) / running
    stage = mp.fsum(j * s for j, s in enumerate(passed)) / running
    idle = mp.log1p((T - t) / (alpha + t))
    odds = a / (b + chances - 1) * mp.exp(R * idle) / running if chances else mp.mpf(0)
    left = odds / (1 + odds)
    stayed = b / (b + chances - 1) * left if chances else mp.mpf(0)
    leaving = alpha * (T - t) / ((alpha + T) * (alpha + t)) * R * left
    return [
        [
            *(log_rise(r, n) - n * mp.log(alpha), -R * mp.log1p(T / alpha), mp.log1p(odds)),
            *(mp.log(running), log_rise(b, chances) - log_rise(a + b, chances), -x * mp.loggamma(k)),
        ],
        [r * rise(r, n), -r * mp.log1p(T / alpha), r * left * idle, r * (1 - left) * per_r],
        [r * T / (alpha + T), -n * alpha / (alpha + T), -leaving, -(1 - left) * stage * alpha / (alpha + T)],
        [left, -a * rise(a + b, chances)],
        [b * (rise(b, chances) - rise(a + b, chances)), -stayed],
    ]


def off(got: float, terms: Terms, least: float) -> float:
    """By how much a sum is missed, of the size of its terms."""
    size = float(mp.nstr(mp.fsum(map(abs, terms)), 17))
    return float(abs(got - mp.fsum(terms))) / max(size, least)


def integral(f: Any, scale: Any, end: Any) -> Any:
    """∫ f over (0, end) for f that falls on the scale given, by panels that double until nothing is left."""
    low, high, total = mp.mpf(0), min(scale / 4, end), mp.mpf(0)
    while low < end:
        part = mp.quad(f, [low, high], method="gauss-legendre", maxdegree=4)
        total += part
        if abs(part) < mp.mpf(10) ** -45 * abs(total):
            break
        low, high = high, min(2 * high, end)
    return total


def pareto(p: dict[str, float], customer: tuple[float, ...]) -> list[Terms]:
    """Integrals over when the customer left, and of their derivatives."""
    r, alpha, s, beta = (mp.mpf(p[name]) for name in PARETO)
    n, t, T = int(customer[0]), mp.mpf(customer[1]), mp.mpf(customer[2])
    R, A, B, D = r + n, alpha + t, beta + t, T - t

    @cache  # of the same points five times
    def falling(w: Any) -> Any:
        return mp.exp(-R * mp.log1p(w / A) - (s + 1) * mp.log1p(w / B)) * s / B

    scale = 1 / (R / A + (s + 1) / B)
    stayed = mp.exp(-R * mp.log1p(D / A) - s * mp.log1p(D / B))
    gone, bought, worn, share = (
        integral(lambda w, g=g: g(w) * falling(w), scale, D)
        for g in (
            lambda w: 1,
            lambda w: mp.log1p(w / A),
            lambda w: mp.log1p(w / B) + mp.log1p(t / beta) - 1 / s,
            lambda w: alpha / (A + w),
        )
    )
    both = stayed + gone
    aging = integral(lambda w: falling(w) * ((s + 1) * beta / (B + w)), scale, D)
    return [
        [log_rise(r, n), -r * mp.log1p(t / alpha), -n * mp.log(A), -s * mp.log1p(t / beta), mp.log(both)],
        [r * rise(r, n), -r * mp.log1p(t / alpha), -r * (bought + stayed * mp.log1p(D / A)) / both],
        [r, -R * (share + stayed * alpha / (alpha + T)) / both],
        [-s * worn / both, -s * stayed * mp.log1p(T / beta) / both],
        [s * mp.mpf(1), -(aging + stayed * s * beta / (beta + T)) / both],
    ]


PARETO = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}


def slopes(terms: Any, p: dict[str, float]) -> list[Terms]:
    """Terms of the log-likelihood, and its derivatives by ln of each parameter: tiny differences."""
    exact, h = {name: mp.mpf(value) for name, value in p.items()}, mp.mpf(10) ** -20
    here = terms(exact)
    moved = (terms(exact | {name: value * mp.exp(h)}) for name, value in exact.items())
    return [here, *([(mp.fsum(there) - mp.fsum(here)) / h] for there in moved)]


def gompertz(p: dict[str, Any], customer: tuple[float, ...]) -> Terms:
    """As `pareto`, where the risk of leaving grows with age."""
    r, alpha, b, s, beta = p.values()
    n, t, T = int(customer[0]), mp.mpf(customer[1]), mp.mpf(customer[2])
    R, A, D, begun = r + n, alpha + t, T - t, beta + mp.expm1(b * t)

    def aged(w: Any) -> Any:
        return mp.log1p(mp.exp(b * t) * mp.expm1(b * w) / begun)

    def falling(w: Any) -> Any:
        risk = s * b * mp.exp(b * (t + w)) / (beta + mp.expm1(b * (t + w)))
        return mp.exp(-R * mp.log1p(w / A) - s * aged(w)) * risk

    gone = integral(falling, 1 / (R / A + (s + 1) * b * mp.exp(b * t) / begun + b), D)
    both = mp.exp(-R * mp.log1p(D / A) - s * aged(D)) + gone
    there = -s * mp.log1p(mp.expm1(b * t) / beta)
    return [log_rise(r, n), -r * mp.log1p(t / alpha), -n * mp.log(A), there, mp.log(both)]


def weibull(p: dict[str, Any], t: float) -> Any:
    return mp.exp(-p["r"] * mp.log1p((mp.mpf(t) / p["scale"]) ** p["c"] / p["r"]))


def beta_weibull(p: dict[str, Any], t: float) -> Any:
    a, steps = p["alpha"], mp.mpf(t) ** p.get("c", 1) if t else mp.mpf(0)
    return mp.exp(log_rise(p["beta"], steps) - log_rise(a + p["beta"], steps))


def opportunities(p: dict[str, float], x: int, last: int, n: int) -> list[Terms]:
    """Sums over the last opportunity at which the customer was still there."""
    a, b, g, d = (mp.mpf(v) for v in p.values())
    ways: Terms = []
    for k in range(last, n + 1):
        leaving = log_rise(d, k) - log_rise(g + d, k) + (mp.log(g / (g + d + k)) if k < n else 0)
        size = mp.exp(log_rise(a, x) + log_rise(b, k - x) - log_rise(a + b, k) + leaving)
        gone, both = rise(g + d, k), rise(a + b, k)
        slopes = [rise(a, x) - both, rise(b, k - x) - both, -gone, rise(d, k) - gone]
        if k < n:
            slopes[2:] = [slopes[2] + 1 / g - 1 / (g + d + k), slopes[3] - 1 / (g + d + k)]
        ways.append((size, slopes))
    total = mp.fsum(size for size, _ in ways)
    score = [[size / total * slopes[i] * v for size, slopes in ways] for i, v in enumerate((a, b, g, d))]
    stayed = log_rise(d, n) - log_rise(g + d, n)
    return [[mp.log(total) - stayed, stayed], *score]


def gamma_gamma(p: dict[str, float], x: int, z: float) -> Terms:
    """Terms of the log-likelihood of x purchases with mean z."""
    p_, q, v = (mp.mpf(value) for value in p.values())
    total, px = x * mp.mpf(z), p_ * x
    beta = mp.loggamma(px + q) - mp.loggamma(px) - mp.loggamma(q)
    return [beta, -px * mp.log1p(v / total), -q * mp.log1p(total / v), -mp.log(z)]


def renewal(survival: Any, p: dict[str, float], t: int, left: int) -> Terms:
    """ln P(leaves in period t), or ln P(still there after it)."""
    exact = {name: mp.mpf(value) for name, value in p.items()}
    now = survival(exact, t)
    return [mp.log(survival(exact, t - 1) - now if left else now)]
