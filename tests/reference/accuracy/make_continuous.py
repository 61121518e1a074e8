"""Expected lifetimes of continuous contractual models, by closed forms that the library does not use.

Run ``python tests/reference/accuracy/make_continuous.py`` to write ``continuous.npy.xz`` again. Needs
mpmath and NumPy. Digits enough for the differences in the closed forms: each answer is taken twice, the
second time in twice as many digits, and kept only if both agree to 30 digits; a sample is also integrated
numerically.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import mpmath as mp
from accuracy_tables import write

Formula = Callable[..., Any]


def weibull(scale: Any, shape: Any, start: Any, end: Any) -> Any:
    """∫ exp(−(t/scale)^shape) dt / S(start) by incomplete gamma functions."""
    a = 1 / shape
    x0 = (start / scale) ** shape
    above = mp.gammainc(a, (end / scale) ** shape) if mp.isfinite(end) else mp.mpf(0)
    return scale * a * mp.exp(x0) * (mp.gammainc(a, x0) - above)


def weibull_gamma(r: Any, scale: Any, c: Any, start: Any, end: Any) -> Any:
    """The same of (1 + (t/scale)^c / r)^−r by 2F1, from below or, far out and with a mean, from above."""
    if not mp.isfinite(end) and r * c <= 1:
        return mp.inf
    a = 1 / c

    def until(t: Any) -> Any:
        return t * mp.hyp2f1(r, a, 1 + a, -((t / scale) ** c) / r)

    def beyond(t: Any) -> Any:
        v = (t / scale) ** c / r if mp.isfinite(t) else mp.inf
        if v < 1:
            return scale * r**a * a * mp.beta(a, r - a) - until(t)
        if not mp.isfinite(v):
            return mp.mpf(0)
        return t * v**-r / (r * c - 1) * mp.hyp2f1(r, r - a, r - a + 1, -1 / v)

    within = beyond(start) - beyond(end) if r * c > 1 else until(end) - until(start)
    return within * (1 + (start / scale) ** c / r) ** r


def log_logistic(scale: Any, shape: Any, start: Any, end: Any) -> Any:
    """The Weibull-gamma model with r = 1."""
    return weibull_gamma(mp.mpf(1), scale, shape, start, end)


def log_normal(scale: Any, sigma: Any, start: Any, end: Any) -> Any:
    """By parts: t S(t) and the mean of what lies beyond t, in upper tails throughout."""

    def beyond(t: Any) -> Any:
        if not mp.isfinite(t):
            return mp.mpf(0)
        y = mp.log(t / scale) / sigma if t else -mp.inf
        tail = mp.ncdf(sigma - y) if t else mp.mpf(1)
        return scale * mp.exp(sigma**2 / 2) * tail - (t * mp.ncdf(-y) if t else mp.mpf(0))

    share = mp.ncdf(-mp.log(start / scale) / sigma) if start else mp.mpf(1)
    return (beyond(start) - beyond(end)) / share


def exponential(scale: Any, start: Any, end: Any) -> Any:
    """scale (1 − e^(−horizon/scale))."""
    return scale * (1 - mp.exp((start - end) / scale)) if mp.isfinite(end) else scale


MODELS: dict[str, tuple[Formula, tuple[tuple[float, float], ...], int]] = {
    "Weibull": (weibull, ((1e-3, 1e4), (0.05, 50.0)), 2000),
    "WeibullGamma": (weibull_gamma, ((0.05, 50.0), (1e-3, 1e4), (0.05, 50.0)), 2000),
    "LogLogistic": (log_logistic, ((1e-3, 1e4), (0.05, 50.0)), 500),
    "LogNormal": (log_normal, ((1e-3, 1e4), (0.05, 50.0)), 500),
    "Exponential": (exponential, ((1e-3, 1e4),), 200),
}


def drawn(rng: random.Random, ranges: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Parameters, tenure and horizon, uniform in their logarithms; a fifth each from 0 and without end."""

    def one(low: float, high: float) -> float:
        return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.6g}")

    parameters = [one(*bounds) for bounds in ranges]
    start = 0.0 if rng.random() < 0.2 else one(1e-3, 1e4)
    horizon = math.inf if rng.random() < 0.2 else one(1e-3, 1e4)
    return (*parameters, start, horizon)


def answer(formula: Formula, case: tuple[float, ...]) -> Any:
    """Twice, the second time in many more digits: both must agree."""
    found: list[Any] = []
    for digits in (700, 900) if formula is log_normal else (100, 180):
        with mp.workdps(digits):
            *parameters, start, horizon = (mp.mpf(v) for v in case)
            found.append(formula(*parameters, start, start + horizon))
    same = found[0] == found[1] or mp.almosteq(found[0], found[1], rel_eps=mp.mpf("1e-30"))
    assert same and found[1] > 0, (formula.__name__, case, found)
    return found[1]


def integrated(formula: Formula, case: tuple[float, ...]) -> Any:
    """The integral itself, in pieces that double; the formula's own answer over hardly any time gives S."""
    *parameters, start, horizon = (mp.mpf(v) for v in case)

    def share(u: Any) -> Any:
        return SURVIVAL[formula.__name__](*parameters, start + u) / SURVIVAL[formula.__name__](
            *parameters, start
        )

    pieces = [mp.mpf(0), *(horizon * mp.mpf(2) ** -j for j in range(48, -1, -1))]
    return mp.quad(share, pieces)


SURVIVAL: dict[str, Formula] = {
    "weibull": lambda scale, shape, t: mp.exp(-((t / scale) ** shape)),
    "weibull_gamma": lambda r, scale, c, t: (1 + (t / scale) ** c / r) ** -r,
    "log_logistic": lambda scale, shape, t: 1 / (1 + (t / scale) ** shape),
    "log_normal": lambda scale, sigma, t: mp.ncdf(-mp.log(t / scale) / sigma) if t else mp.mpf(1),
    "exponential": lambda scale, t: mp.exp(-t / scale),
}


def main() -> None:
    """Write the file, and check some of it by quadrature."""
    given: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for name, (formula, ranges, count) in MODELS.items():
        rng, checked = random.Random(name), 0
        cases = [drawn(rng, ranges) for _ in range(count)]
        found = [answer(formula, case) for case in cases]
        for case, exact in zip(cases[::100], found[::100], strict=True):
            if math.isfinite(case[-1]):
                with mp.workdps(30):
                    assert mp.almosteq(integrated(formula, case), exact, rel_eps=mp.mpf("1e-12")), case
                checked += 1
        *parameters, start, horizon = zip(*cases, strict=True)
        given |= {f"{name}_parameters": parameters, f"{name}_given": start, f"{name}_horizon": horizon}
        answers[f"{name}_expected_lifetime"] = [float(exact) for exact in found]
        print(f"{name}: {count} answers, {checked} of them integrated too", flush=True)
    write("continuous", given, answers, tolerance=1e-11)


if __name__ == "__main__":
    main()
