"""Is a posterior as sure as it may be? Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788).

    python benchmarks/calibrate.py                     # every model, 1,000 replications each
    python benchmarks/calibrate.py BGNBD --replications 500

Parameters are drawn from a prior and customers from the model with them; the posterior under that same prior
is asked, and the truth is ranked among its draws. If draws and truth are alike, all ranks are equally likely:
too sure a posterior has the truth at its ends too often, a displaced one on one side. The counts of ranks in
20 bins are compared with equal ones by χ²; p ≤ .001 for any parameter, or draws that call themselves doubtful
in more than 1% of the replications, end the program with 1. Seeds are fixed: a replication is the same
whichever others are run, and in whichever process.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two processes are at work

import numpy as np
from scipy import special

import retainkit as rk

SEED = 20_261_130
SIGMA = 0.4  # of ln parameters: informative, so that no base is without any information
RANKED = 99  # draws among which the truth is ranked: 100 ranks, 5 in each of 20 bins
DRAWS = 400  # of which these are some, evenly from first to last
LEVEL = 0.001
DOUBTED = 0.01  # of the posteriors at most


@dataclass(frozen=True)
class Case:
    """A model, the middle of the prior of its parameters, and customers of whom it is asked."""

    model: Any
    typical: Mapping[str, float]
    customers: Callable[[Any, np.random.Generator], Any]

    def prior(self, sigma: float = SIGMA) -> dict[str, Any]:
        return {name: rk.priors.LogNormal(np.log(value), sigma) for name, value in self.typical.items()}


def _watched(model: Any, rng: np.random.Generator) -> Any:
    """300 customers, acquired over a year and watched for half a year to a year and a half, in weeks."""
    return model.sample(rng.uniform(26.0, 78.0, 300), seed=rng)


def _renewing(model: Any, rng: np.random.Generator) -> Any:
    return model.sample(rng.integers(1, 13, 300).astype(float), seed=rng)


def _spending(model: Any, rng: np.random.Generator) -> Any:
    return model.sample(rng.poisson(2.0, 300), seed=rng)


CASES = {
    "BGNBD": Case(rk.BGNBD, {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5}, _watched),
    "ParetoNBD": Case(rk.ParetoNBD, {"r": 0.6, "alpha": 8.0, "s": 0.6, "beta": 12.0}, _watched),
    "ShiftedBetaGeometric": Case(rk.ShiftedBetaGeometric, {"alpha": 0.8, "beta": 3.0}, _renewing),
    "GammaGamma": Case(rk.GammaGamma, {"p": 5.0, "q": 3.7, "v": 15.0}, _spending),
}


@dataclass(frozen=True)
class Replications:
    """ln parameters: the truths (count, p), the draws of their posteriors (count, draws, p)."""

    truths: np.ndarray
    draws: np.ndarray
    reliable: np.ndarray  # (count,)

    def ranks(self, *, spread: float = 1.0) -> np.ndarray:
        """How many of the draws lie below the truth; `spread` says what if their deviation were another."""
        middle = self.draws.mean(axis=1, keepdims=True)
        return np.sum(middle + spread * (self.draws - middle) < self.truths[:, None], axis=1)


def replicated(name: str, numbers: range, prior: Mapping[str, Any] | None = None) -> Replications:
    """Truth, customers and posterior of each number; under another prior, if one is given."""
    case, found = CASES[name], list[tuple[Any, Any, bool]]()
    place = sorted(CASES).index(name)
    known = case.prior() if prior is None else prior
    for number in numbers:
        rng = np.random.default_rng([SEED, place, number])
        ln_truth = np.log([*case.typical.values()]) + SIGMA * rng.normal(size=len(case.typical))
        truth = case.model(**dict(zip(case.typical, map(float, np.exp(ln_truth)), strict=True)))
        posterior = rk.posterior(case.model, case.customers(truth, rng), draws=DRAWS, seed=rng, prior=known)
        some = posterior.thinned(RANKED)
        drawn = np.log([np.asarray(getattr(some, parameter))[:, 0] for parameter in case.typical])
        found.append((ln_truth, drawn.T, posterior.diagnostics.converged))
    truths, draws, reliable = zip(*found, strict=True)
    return Replications(np.array(truths), np.array(draws), np.array(reliable))


def p_values(ranks: np.ndarray, bins: int = 20) -> np.ndarray:
    """Of each parameter, the probability of counts as unequal as these if all ranks are equally likely."""
    counts = np.array([np.bincount(one * bins // (RANKED + 1), minlength=bins) for one in ranks.T])
    expected = len(ranks) / bins
    return special.chdtrc(bins - 1, np.sum((counts - expected) ** 2, axis=1) / expected)


def _all(name: str, replications: int, processes: int) -> Replications:
    parts = [range(i, min(i + 25, replications)) for i in range(0, replications, 25)]
    with ProcessPoolExecutor(processes) as pool:
        done = [*pool.map(partial(replicated, name), parts)]
    return Replications(
        *(np.concatenate([getattr(one, field) for one in done]) for field in ("truths", "draws", "reliable"))
    )


def main() -> int:
    """Prints a line for each parameter; 1 if any of them is not calibrated."""
    parser = argparse.ArgumentParser(description="Simulation-based calibration of the posteriors.")
    parser.add_argument("models", nargs="*", metavar="model", help=", ".join(CASES))
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    unknown = [name for name in asked.models if name not in CASES]
    if unknown:
        parser.error(f"No model {', '.join(unknown)}; there are {', '.join(CASES)}.")
    failed = False
    print(f"{asked.replications:,} replications, ranks among {RANKED} draws, priors with sigma {SIGMA:g}")
    print(
        f"{'model':<22}{'parameter':<10}{'median of prior':>16}{'mean rank':>11}{'outer fifth':>13}{'p':>9}"
    )
    for name in asked.models or CASES:
        start = time.perf_counter()
        found = _all(name, asked.replications, asked.processes)
        ranks, typical = found.ranks(), CASES[name].typical
        for parameter, one, p in zip(typical, ranks.T, p_values(ranks), strict=True):
            outer = np.mean((one < 10) | (one >= 90))  # of the ranks; .2 of them are expected there
            print(
                f"{name:<22}{parameter:<10}{typical[parameter]:>16g}{one.mean() / RANKED:>11.3f}"
                f"{outer:>13.3f}{p:>9.4f}{'' if p > LEVEL else '   not calibrated'}"
            )
            failed |= bool(p <= LEVEL)
        doubtful = float(np.mean(~found.reliable))
        failed |= doubtful > DOUBTED
        seconds = time.perf_counter() - start
        print(
            f"{'':<22}{doubtful:.1%} of the posteriors say that they are doubtful; {seconds:.0f} s",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
