"""Means of processes whose own rates are known, against 25-digit arithmetic."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from retainkit._numerics.processes.arrivals import (
    Process,
    StagedStoppedByChance,
    StoppedAtRate,
    StoppedByChance,
    StoppedByGompertz,
    TakenOrPassed,
)

FORCES = [0.0, 0.003, 2.0]
SPANS = [0.02, 40.0, 2000.0]


def one(*values: float) -> list[Any]:
    return [np.array([v]) for v in values]


def close(process: Process, span: float, force: float, exact: Any) -> None:
    found = float(process.mean(np.array([span]), force)[0])
    assert found == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("span", [*SPANS, np.inf])
@pytest.mark.parametrize("force", FORCES)
def test_stopped_at_a_constant_rate_or_by_chance(span: float, force: float) -> None:
    with mp.workdps(25):
        for rate in (1e-6, 0.3, 50.0):
            for leaving in (1e-12, 0.04, 0.9, 1.0):
                for process, fall in (
                    (StoppedAtRate(*one(rate, leaving)), mp.mpf(leaving) + force),
                    (StoppedByChance(*one(rate, leaving)), mp.mpf(rate) * leaving + force),
                ):
                    end = mp.mpf(1) if span == np.inf else -mp.expm1(-fall * span)
                    close(process, span, force, rate * end / fall)


@pytest.mark.slow
@pytest.mark.parametrize("span", [*SPANS, np.inf])
@pytest.mark.parametrize("force", FORCES)
@pytest.mark.parametrize("growth", [1e-4, 3.0])
def test_stopped_by_gompertz(span: float, force: float, growth: float) -> None:
    with mp.workdps(25):
        for leaving in (1e-30, 1e-6, 0.4, 300.0):

            def there(t: Any, of: float = leaving) -> Any:
                return mp.exp(-force * t - of * mp.expm1(growth * t))

            # where it falls, in steps: beyond the last nothing is left
            last = mp.log1p(mp.mpf(100) / leaving) / growth
            end = min(last, mp.mpf(100) / force if force else last, span)
            exact = mp.quad(there, mp.linspace(0, end, 24))
            close(StoppedByGompertz(*one(0.7, leaving, growth)), span, force, mp.mpf(0.7) * exact)


@pytest.mark.parametrize("k", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("seed", range(5))
def test_every_kth_stage(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate, span = np.exp(rng.uniform(-6.0, 4.0)), np.exp(rng.uniform(-3.0, 3.0))
    force, missing = float(rng.choice([0.0, np.exp(rng.uniform(-8.0, 1.0))])), int(rng.integers(1, k + 1))
    chance = float(rng.choice([rng.beta(0.5, 0.5), 1e-9, 1.0 - 1e-9, 0.5, 0.0, 1.0]))
    with mp.workdps(25):
        phi, mean = rate / (mp.mpf(rate) + force), (mp.mpf(rate) + force) * span
        exact, i = mp.mpf(0), 0
        while i < 4000:
            stages = missing + k * i
            term = (1 - mp.mpf(chance)) ** i * phi**stages * mp.gammainc(stages, 0, mean, regularized=True)
            exact, i = exact + term, i + 1
            if term < exact * mp.mpf(10) ** -18:
                break
        of = [np.array([v]) for v in (rate, chance, float(missing))]
        close(StagedStoppedByChance(of[0], of[1], of[2], k), float(span), force, exact)


@pytest.mark.parametrize("force", FORCES)
@pytest.mark.parametrize("span", [1.0, 30.0, 1e5, np.inf])
def test_opportunities(force: float, span: float) -> None:
    with mp.workdps(25):
        for leaving in (1e-14, 0.1, 0.999, 1.0):
            q = (1 - mp.mpf(leaving)) * mp.exp(-mp.mpf(force))
            there = q / (1 - q) * (1 if span == np.inf else 1 - q**span)
            close(TakenOrPassed(*one(0.3, leaving)), span, force, mp.mpf(0.3) * there)


@pytest.mark.parametrize(
    "process",
    [
        StoppedAtRate(*one(0.3, 1e-310)),
        StoppedByChance(*one(0.3, 1e-310)),
        StagedStoppedByChance(np.array([0.3]), np.array([1e-310]), np.array([1.0]), 1),
        StoppedByGompertz(*one(0.3, 1e-310, 0.1)),
        TakenOrPassed(*one(0.3, 1e-310)),
    ],
)
def test_a_chance_to_leave_that_is_hardly_a_float_is_none(process: Process) -> None:
    close(process, 6.0, 0.0, 1.8)
