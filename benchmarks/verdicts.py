"""Are the verdicts of `fit` true? Against scipy's optimiser from many starts, on bases of every kind.

    python benchmarks/verdicts.py                                # 30 bases a cell, every purchase model
    python benchmarks/verdicts.py --bases 200 BGNBD MBGNBD       # as many as wanted, of some models

A cell is a model, a size (50, 500, 5,000 customers) and parameters that are typical, or extreme: each drawn
from a tenth of the least typical value to ten times the largest. The reference climbs by L-BFGS-B from a
dozen starts in a box of e^±14 around the typical values, and fits each limit of the model; it shares with
`fit` nothing but the likelihood. Counted are

- certified, and there is something higher by more than .01, within or at infinity;
- refused, and there is a maximum within that is higher than every limit by more than .1;
- certified, and a limit is at least as high: the supremum is at infinity.

All three should be 0. Where a certified maximum is higher than the best limit by less than .05, both are
computed anew in 40 digits, by the closed forms of `tests/support`: at the estimate, and far out on the ridge
that leads to that limit. Where the two differ by less than the reference's optimiser can tell, or customers
are too many for integrals in 40 digits, the case is counted as open.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
from scipy.optimize import minimize

import retainkit as rk
from retainkit.parameters import parameters_of

MODELS: dict[str, Any] = {
    **{k.__name__: k for k in (rk.NBD, rk.BGNBD, rk.MBGNBD, rk.ParetoNBD, rk.BGBB)},
    "BGCNBDk": rk.BGCNBDk,
    "MBGCNBDk": rk.MBGCNBDk,
    "GammaGompertzNBD": rk.GammaGompertzNBD,
    "GammaGamma": rk.GammaGamma,
}
FIXED: dict[str, dict[str, Any]] = {"BGCNBDk": {"k": 2}, "MBGCNBDk": {"k": 2}}
SCALE = 30.0
BOX = 14.0
NEAR = 0.05  # of log-likelihood above a limit: from there on no rounding of ours makes one of the other
TOLD = 1e-8  # of log-likelihood: by less the optimiser of the reference may miss a limit
SLOW = 150  # distinct customers: more integrals in 40 digits take minutes


def base(kind: Any, n: int, seed: int, *, extreme: bool) -> Any:
    """Customers of a model with random parameters, or None where nobody came back."""
    rng = np.random.default_rng(seed)
    ranges = np.array([p.typical for p in parameters_of(kind)])
    scales = np.array([p.scale({"time": SCALE, "money": SCALE}) for p in parameters_of(kind)])
    low, high = ranges.T * scales
    if extreme:
        values = np.exp(rng.uniform(np.log(low / 10.0), np.log(high * 10.0)))
    else:
        values = rng.uniform(low, high)
    settings = FIXED.get(kind.__name__, {})
    model = kind(**dict(zip(kind.names(), values, strict=True)), **settings)
    if kind is rk.GammaGamma:
        return model.sample(rng.geometric(0.3, n), seed=rng)
    if kind is rk.BGBB:
        return model.sample(rng.integers(2, 12, n), seed=rng)
    return model.sample(rng.integers(10, 80, n).astype(float), seed=rng)


class Reference:
    """The best maximum within, and the best limit, by another optimiser."""

    def __init__(self, kind: Any, data: Any, starts: int, seed: int, also: Any) -> None:
        self.kind, self.rows = kind, data.compress()
        declared = parameters_of(kind)
        self.names = [p.name for p in declared]
        scales = {"time": 1.0, **self.rows.scales}
        self.centre = np.log([p.start * p.scale(scales) for p in declared])
        rng = np.random.default_rng(seed)
        points = [self.centre, *(self.centre + rng.normal(0.0, 1.5, (starts, len(declared))))]
        points += [np.log(also)] if np.all(np.abs(np.log(also) - self.centre) < BOX - 1.0) else []
        self.limit, self.ridge = -np.inf, (kind, {})
        for limit in kind.limits:
            held, there = limit.edge(dict(zip(self.names, np.exp(self.centre), strict=True)))
            at = kind
            if limit.twin is not None:  # no place of the model itself is far enough out
                at, held, there = (
                    MODELS[limit.model],
                    dict(limit.twin.held),
                    limit.twin.there({**held, **there}),
                )
            shifts = rng.normal(0.0, 1.0, (3, len(there)))
            for shift in shifts:
                value, end = self.climb(self.from_free(at, held, there, shift), at)
                if value > self.limit:
                    self.limit, self.ridge = (
                        value,
                        (at, dict(zip(at.names(), np.exp(end).tolist(), strict=True))),
                    )
        self.within = -np.inf
        for point in points:
            value, end = self.climb((point, np.ones(len(point), bool)))
            inside = np.all(np.abs(end - self.centre) < 0.6 * BOX)
            if inside and value > self.within:
                self.within, self.place = value, end

    def from_free(self, kind: Any, held: dict[str, float], there: dict[str, float], shift: Any) -> Any:
        values = {**held, **there}
        point = np.log([values[name] for name in kind.names()])
        free = np.array([name in there for name in kind.names()])
        point[free] += shift
        return point, free

    def climb(self, start: Any, kind: Any = None) -> tuple[float, Any]:
        kind = kind or self.kind
        settings = FIXED.get(kind.__name__, {})
        point, free = start
        point = np.array(point)

        def cost(z: Any) -> tuple[float, Any]:
            point[free] = z
            theta = np.exp(point)
            with np.errstate(all="ignore"):
                model = kind(**dict(zip(kind.names(), theta.tolist(), strict=True)), **settings)
                value, score = model.log_likelihood_and_score(self.rows)
            total, slope = float(value @ self.rows.weight), score @ self.rows.weight * theta
            if not np.isfinite(total):
                return 1e12, np.zeros(int(free.sum()))
            return -total, -slope[free]

        z = point[free]
        found = minimize(
            cost, z, jac=True, method="L-BFGS-B", bounds=[(v - BOX, v + BOX) for v in z],
            options={"maxiter": 400, "ftol": 1e-15, "gtol": 1e-6, "maxls": 40},
        )  # fmt: skip
        point[free] = found.x
        return -float(found.fun), point.copy()


def in_forty_digits(kind: Any, parameters: dict[str, float], rows: Any) -> Any:
    """The log-likelihood of all customers, or None where that would take too long."""
    support = str(Path(__file__).parents[1] / "tests" / "support")
    if support not in sys.path:
        sys.path.append(support)
    import closed_forms as exact

    if kind in (rk.ParetoNBD, rk.GammaGompertzNBD) and len(rows) > SLOW:
        return None
    stages, chance = 2 if "CNBD" in kind.__name__ else 1, int(kind.__name__.startswith("M"))

    def of(*customer: float) -> Any:
        if kind is rk.BGBB:
            x, last, n = map(int, customer)
            return exact.opportunities(parameters, x, last, n)[0]
        if kind is rk.GammaGamma:
            return (
                exact.gamma_gamma(parameters, int(customer[0]), customer[1]) if customer[0] else [mp.mpf(0)]
            )
        if kind is rk.GammaGompertzNBD:
            return exact.gompertz({k: mp.mpf(v) for k, v in parameters.items()}, customer)
        if kind is rk.ParetoNBD:
            return exact.pareto(parameters, customer)[0]
        if kind is rk.NBD:
            r, alpha, x, T = (mp.mpf(v) for v in (*parameters.values(), customer[0], customer[2]))
            return [exact.log_rise(r, x) - x * mp.log(alpha), -(r + x) * mp.log1p(T / alpha)]
        return exact.beta_geometric(parameters, stages, chance, customer)[0]

    other = {rk.BGBB: ("frequency", "recency", "periods"), rk.GammaGamma: ("frequency", "monetary_value")}
    columns = [rows.columns[name] for name in other.get(kind, ("frequency", "recency", "T"))]
    with mp.workdps(70):  # of which the differences of log-gammas leave 40 and more
        return mp.fsum(
            weight * mp.fsum(of(*customer))
            for *customer, weight in zip(*columns, rows.weight.tolist(), strict=True)
        )


def at_infinity(known: Reference, also: list[float]) -> str:
    """Whether the limit is as high as the estimate, in 40 digits."""
    here = in_forty_digits(known.kind, dict(zip(known.names, also, strict=True)), known.rows)
    far = in_forty_digits(*known.ridge, known.rows)
    if here is None or far is None:
        return "open"
    ahead = float(here - far)
    return "open" if abs(ahead) < TOLD else "within" if ahead > 0.0 else "INFINITE"


def judge(kind: Any, data: Any, starts: int, seed: int) -> tuple[str, float, float]:
    """The verdict, what was wrong with it ("" for nothing), seconds of the fit."""
    begun = time.perf_counter()
    try:
        found = rk.fit(kind, data, fixed=FIXED.get(kind.__name__), on_failure="return")
    except rk.FitError as error:
        return error.code, 0.0, 0.0
    spent = time.perf_counter() - begun
    also = [float(found.model.parameters[name]) for name in kind.names()]
    known = Reference(kind, data, starts, seed, also)
    verdict = found.diagnostics.code
    if verdict == "converged":
        ahead = max(known.within, known.limit) - found.log_likelihood
        if ahead > 0.01:
            return "WORSE", ahead, spent
        if known.limit > found.log_likelihood - NEAR:
            where = at_infinity(known, also)
            verdict = where if where == "INFINITE" else f"converged, {where} by 40 digits"
            ahead = known.limit - found.log_likelihood
        return verdict, ahead, spent
    ahead = known.within - known.limit
    if ahead > 0.1 and known.within > found.log_likelihood - 0.1:
        verdict = f"MISSED ({verdict})"
    return verdict, ahead, spent


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("models", nargs="*", default=list(MODELS))
    asked.add_argument("--bases", type=int, default=30)
    asked.add_argument("--sizes", type=int, nargs="*", default=[50, 500, 5000])
    asked.add_argument("--starts", type=int, default=12)
    given = asked.parse_args()
    for name in given.models:
        for n in given.sizes:
            for extreme in (False, True):
                seen: Counter[str] = Counter()
                spent, notes = 0.0, []
                for i in range(given.bases):
                    seed = 1000 * n + i
                    data = base(MODELS[name], n, seed, extreme=extreme)
                    verdict, ahead, seconds = judge(MODELS[name], data, given.starts, seed)
                    seen[verdict] += 1
                    spent += seconds
                    if verdict[0].isupper():
                        notes.append(f"      base {i}: {verdict} by {ahead:.4g}")
                kind = "extreme" if extreme else "typical"
                print(f"{name:<18}{n:>6,}  {kind:<8}{1e3 * spent / given.bases:>9,.1f} ms a fit  ", end="")
                print(", ".join(f"{count} {verdict}" for verdict, count in sorted(seen.items())))
                print("".join(f"{note}\n" for note in notes), end="", flush=True)


if __name__ == "__main__":
    main()
