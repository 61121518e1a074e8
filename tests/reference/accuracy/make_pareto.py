"""Answers of Pareto/NBD and gamma-Gompertz/NBD in 40-digit arithmetic, stored for the accuracy tests.

Regenerate with ``python tests/reference/accuracy/make_pareto.py`` (half an hour with gmpy2, longer without).
Nothing here is retainkit's. Pareto/NBD: the likelihood by Gauss's hypergeometric function at 200 digits,
so that the difference of two keeps enough of them; discounting by the incomplete gamma function. What has no
closed form, and all of gamma-Gompertz/NBD, is integrated panel by panel with Gauss-Legendre rules; every 20th
such answer is integrated again by a finer rule, and for Pareto/NBD compared with the closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath as mp
import numpy as np
from accuracy_tables import write

POINTS = 2000
FAR = 60  # e^-60 of the peak is left out
DIGITS = 40


def inputs(seed: int, names: str) -> dict[str, np.ndarray]:
    """Parameters .01 … 1000, frequency 0 … 5000, times up to 10,000: all spread evenly in the logarithm."""
    rng = np.random.default_rng(seed)

    def spread(low: float, high: float) -> np.ndarray:
        # float32 holds them exactly: fewer digits make a smaller file
        return np.exp(rng.uniform(np.log(low), np.log(high), POINTS)).astype(np.float32)

    columns = {name: spread(1e-4 if name == "b" else 0.01, 1000.0) for name in names.split()}
    x = np.floor(spread(1.0, 5001.0)) - 1.0
    T = spread(0.1, 10_000.0)
    columns |= {"x": x, "T": T}
    columns["t_x"] = np.where(x > 0, T * rng.uniform(size=POINTS), 0.0).astype(np.float32)
    columns["horizon"] = spread(0.1, 10_000.0)
    columns["force"] = spread(1e-5, 0.5)
    columns["n"] = np.floor(spread(1.0, 5001.0)) - 1.0
    return columns


# -- integrals of positive functions -----------------------------------------------------------------------

_rules: dict[int, list[tuple[Any, Any]]] = {}


def rule(size: int) -> list[tuple[Any, Any]]:
    """Gauss-Legendre nodes and weights on (0, 1), polished by Newton's method."""
    if size not in _rules:
        found = []
        for guess in np.polynomial.legendre.leggauss(size)[0]:
            z = mp.mpf(float(guess))
            for _ in range(4):
                last, this = mp.mpf(1), z
                for k in range(2, size + 1):
                    last, this = this, ((2 * k - 1) * z * this - (k - 1) * last) / k
                slope = size * (z * this - last) / (z * z - 1)
                z -= this / slope
            found.append(((1 + z) / 2, 1 / ((1 - z * z) * slope**2)))
        _rules[size] = found
    return _rules[size]


Log = Callable[[Any], Any]


def panels(
    log_f: Log, edges: list[Any], size: int, means: Callable[[Any], list[Any]]
) -> tuple[Any, list[Any]]:
    """ln of the integral of e^log_f over the panels between edges, and means of other functions over it."""
    values = [log_f(edge) for edge in edges]
    top = max(values)
    total, sums = mp.mpf(0), [mp.mpf(0)] * len(means(edges[-1]))
    widest = max(high - low for low, high in pairwise(edges))
    for low, high, left, right in zip(edges, edges[1:], values, values[1:], strict=False):
        if max(left, right) + mp.log((high - low) / widest) < top - FAR:
            continue
        for node, weight in rule(size):
            at = low + node * (high - low)
            mass = weight * (high - low) * mp.exp(log_f(at) - top)
            total += mass
            sums = [s + mass * m for s, m in zip(sums, means(at), strict=True)]
    return top + mp.log(total), [s / total for s in sums]


def from_zero(
    log_f: Log, scale: Any, end: Any, size: int, means: Any = lambda _: []
) -> tuple[Any, list[Any]]:
    """Over (0, end), on panels that double from the smallest scale; log_f falls in the end."""
    edges, step, top = [mp.mpf(0)], scale, log_f(mp.mpf(0))
    while edges[-1] < end:
        edges.append(min(end, edges[-1] + step))
        step = max(step, edges[-1])
        value = log_f(edges[-1])
        top = max(top, value)
        if value + mp.log(edges[-1] / scale) < top - FAR and end == mp.inf:
            break
    return panels(log_f, edges, size, means)


def peaked(log_f: Log, low: Any, high: Any, size: int) -> Any:
    """Over (low, high), on panels that close in on where the function lives."""
    for _ in range(12):
        edges = [low + (high - low) * k / 64 for k in range(65)]
        values = [log_f(edge) for edge in edges]
        top = max(values)
        alive = [k for k, value in enumerate(values) if value > top - FAR]
        first, last = max(alive[0] - 1, 0), min(alive[-1] + 1, 64)
        if last - first > 16:
            break
        low, high = edges[first], edges[last]
    if high - low > 16:  # in the logarithm of time a Gompertz lifetime has a singularity as near as 0.4
        edges = [low + (high - low) * k / 256 for k in range(257)]
    return panels(log_f, edges, size, lambda _: [])[0]


# -- both models -------------------------------------------------------------------------------------------


def log_ways(n: Any, r: Any) -> Any:
    return mp.loggamma(r + n) - mp.loggamma(r) - mp.loggamma(n + 1)


def log_pmf(p: dict[str, Any], log_survival: Log, log_density: Log, scale: Any, size: int) -> Any:
    """ln P(n purchases of a new customer): of those who outlive the horizon, and of the others."""
    n, r, alpha, h = p["n"], p["r"], p["alpha"], p["horizon"]

    def given(t: Any) -> Any:
        return -r * mp.log1p(t / alpha) - (n * mp.log1p(alpha / t) if n else 0)

    if n == 0:  # then it only falls, but in the logarithm of time it would fall too slowly to the left
        left = from_zero(lambda t: given(t) + log_density(t), min(scale, alpha / (4 * (r + 1))), h, size)[0]
    else:
        high = mp.log(h)
        left = peaked(lambda y: y + given(mp.exp(y)) + log_density(mp.exp(y)), high - 250, high, size)
    stayed = given(h) + log_survival(h)
    top = max(left, stayed)
    return log_ways(n, r) + top + mp.log(mp.exp(left - top) + mp.exp(stayed - top))


def log_likelihood(p: dict[str, Any], alive: Any, left: Any) -> tuple[Any, Any]:
    """From the logarithms of the two terms to ln L and P(alive)."""
    top = max(alive, left)
    both = top + mp.log(mp.exp(alive - top) + mp.exp(left - top))
    ways = mp.loggamma(p["r"] + p["x"]) - mp.loggamma(p["r"]) + p["r"] * mp.log(p["alpha"])
    return ways + both, mp.exp(alive - both)


# -- Pareto/NBD --------------------------------------------------------------------------------------------


def _tail(n: Any, s: Any, a: Any, b: Any, t: Any) -> Any:
    """∫ₜ^∞ (a+u)^−n (b+u)^−(s+1) du."""
    if a >= b:
        return (a + t) ** (-(n + s)) / (n + s) * mp.hyp2f1(n + s, s + 1, n + s + 1, (a - b) / (a + t))
    return (b + t) ** (-(n + s)) / (n + s) * mp.hyp2f1(n + s, n, n + s + 1, (b - a) / (b + t))


def _pareto_likelihood(p: dict[str, Any]) -> tuple[Any, Any]:
    a, s, b, n = p["alpha"], p["s"], p["beta"], p["r"] + p["x"]
    alive = s * (mp.log(b) - mp.log(b + p["T"])) - n * mp.log(a + p["T"])
    between = _tail(n, s, a, b, p["t_x"]) - _tail(n, s, a, b, p["T"])
    return log_likelihood(p, alive, mp.log(s) + s * mp.log(b) + mp.log(between))


def _pareto_score(p: dict[str, Any], name: str) -> Any:
    h = p[name] * mp.mpf(10) ** -20
    up, down = (_pareto_likelihood({**p, name: p[name] + d})[0] for d in (h, -h))
    return (up - down) / (2 * h)


def pareto(p: dict[str, Any], check: bool) -> dict[str, Any]:
    with mp.workdps(200):  # at 70 digits mpmath's hyp2f1 is wrong, without a word, at 2 of the 2,000 places
        value, alive = _pareto_likelihood(p)
        score = {f"d_{name}": _pareto_score(p, name) for name in ("r", "alpha", "s", "beta")}
    s, h, k, b = p["s"], p["horizon"], p["force"], p["beta"] + p["T"]
    rate = alive * (p["r"] + p["x"]) / (p["alpha"] + p["T"])
    with mp.workdps(70):
        grown = mp.log1p(h / b) if s == 1 else -mp.expm1((1 - s) * mp.log1p(h / b)) / (s - 1)
        worth = mp.exp(k * b) * (k * b) ** (s - 1)
        finite = worth * mp.gammainc(1 - s, k * b, k * (b + h))
        ever = worth * mp.gammainc(1 - s, k * b)

    def survival(t: Any) -> Any:
        return -s * mp.log1p(t / p["beta"])

    def density(t: Any) -> Any:
        return mp.log(s / p["beta"]) - (s + 1) * mp.log1p(t / p["beta"])

    log_p = log_pmf(p, survival, density, p["beta"] / (4 * (s + 1)), 24)
    if check:
        n, A, B = p["r"] + p["x"], p["alpha"] + p["t_x"], p["beta"] + p["t_x"]
        scale = min(A / (n + 1), B / (s + 1)) / 4
        left = from_zero(
            lambda w: mp.log(s / B) - n * mp.log1p(w / A) - (s + 1) * mp.log1p(w / B),
            scale,
            p["T"] - p["t_x"],
            45,
        )[0]
        odds = left + n * mp.log1p((p["T"] - p["t_x"]) / A) + s * mp.log1p((p["T"] - p["t_x"]) / B)
        agree(alive, 1 / (1 + mp.exp(odds)))
        step = min(b / (s + 1), 1 / k) / 4
        agree(b * ever, from_zero(lambda t: -k * t - s * mp.log1p(t / b), step, mp.inf, 45))
        agree(b * finite, from_zero(lambda t: -k * t - s * mp.log1p(t / b), step, h, 45))
        agree(mp.exp(log_p), mp.exp(log_pmf(p, survival, density, p["beta"] / (4 * (s + 1)), 36)))
    answers = {"log_likelihood": value, "alive": alive, "expected": rate * b * grown, "pmf": mp.exp(log_p)}
    return answers | {"discounted": rate * b * finite, "discounted_ever": rate * b * ever} | score


# -- gamma-Gompertz/NBD ------------------------------------------------------------------------------------


def gompertz(p: dict[str, Any], check: bool) -> dict[str, Any]:
    first = _gompertz(p, 26, 24)
    if check:
        for name, answer in _gompertz(p, 40, 36).items():
            agree(first[name], answer)
    return first


def _gompertz(p: dict[str, Any], size: int, peak_size: int) -> dict[str, Any]:
    a, b, s, beta, t_x, T, h, k = (p[n] for n in ("alpha", "b", "s", "beta", "t_x", "T", "horizon", "force"))
    n = p["r"] + p["x"]
    log_beta, log_sb = mp.log(beta), mp.log(s * b)

    def log_grown(u: Any) -> Any:  # ln(beta − 1 + e^(b u))
        return mp.log(beta + mp.expm1(b * u))

    def log_survival(u: Any) -> Any:
        return s * (log_beta - log_grown(u))

    def log_density(u: Any) -> Any:
        return s * log_beta + log_sb + b * u - (s + 1) * log_grown(u)

    def means(w: Any) -> list[Any]:  # the derivatives of ln of the integrand to r, alpha, b, s, beta
        u = t_x + w
        grown = log_grown(u)
        change = 1 / b + u - (s + 1) * u * mp.exp(b * u - grown)
        share = s / beta - (s + 1) * mp.exp(-grown)
        return [-mp.log(a + u), -n / (a + u), change, 1 / s + log_beta - grown, share]

    kappa = 1 + (beta - 1) * mp.exp(-b * t_x)
    scale = min((a + t_x) / (n + 1), min(kappa, 1) / (b * (s + 1))) / 4
    left, slopes = from_zero(
        lambda w: log_density(t_x + w) - n * mp.log(a + t_x + w), scale, T - t_x, size, means
    )
    value, alive = log_likelihood(p, log_survival(T) - n * mp.log(a + T), left)
    grown = log_grown(T)
    stayed = [-mp.log(a + T), -n / (a + T), -s * T * mp.exp(b * T - grown), log_beta - grown]
    stayed.append(s / beta - s * mp.exp(-grown))
    shared = [mp.digamma(n) - mp.digamma(p["r"]) + mp.log(a), p["r"] / a, 0, 0, 0]
    score = [c + alive * v + (1 - alive) * w for c, v, w in zip(shared, stayed, slopes, strict=True)]

    kappa, now = 1 + (beta - 1) * mp.exp(-b * T), log_survival(T)
    step = min(kappa, 1) / (b * (s + 1)) / 4
    rate = alive * n / (a + T)
    lasting, (share,) = from_zero(
        lambda t: log_survival(T + t) - now, min(step, 1 / k), h, size, lambda t: [mp.exp(-k * t)]
    )
    ever = from_zero(lambda t: log_survival(T + t) - now - k * t, min(step, 1 / k), mp.inf, size)[0]
    answers = {"log_likelihood": value, "alive": alive, "expected": rate * mp.exp(lasting)}
    answers |= {"discounted": rate * mp.exp(lasting) * share, "discounted_ever": rate * mp.exp(ever)}
    answers["pmf"] = mp.exp(
        log_pmf(p, log_survival, log_density, min(beta, 1) / (b * (s + 1)) / 4, peak_size)
    )
    return answers | {f"d_{name}": v for name, v in zip(("r", "alpha", "b", "s", "beta"), score, strict=True)}


# -- the files ---------------------------------------------------------------------------------------------


def agree(one: Any, other: Any) -> None:
    other = mp.exp(other[0]) if isinstance(other, tuple) else other
    if abs(one - other) > mp.mpf(10) ** -18 * abs(one):
        raise AssertionError(f"two ways to compute it differ: {one} and {other}")


def make(file: str, seed: int, names: str, answer: Callable[[dict[str, Any], bool], dict[str, Any]]) -> None:
    given = inputs(seed, names)
    answers: list[dict[str, Any]] = []
    with mp.workdps(DIGITS):
        for i in range(POINTS):
            p = {name: mp.mpf(float(column[i])) for name, column in given.items()}
            answers.append(answer(p, i % 20 == 0))
    stored = {f"of_{k}": np.array([float(a[k]) for a in answers]) for k in answers[0]}
    write(file, given, stored, score=1e-9)


if __name__ == "__main__":
    make("pareto_nbd", 1, "r alpha s beta", pareto)
    make("gamma_gompertz_nbd", 2, "r alpha b s beta", gompertz)
