"""Intervals hold what came as often as they say: a part of `make calibrate` that every run can afford."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import retainkit as rk

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
BASES, CUSTOMERS, WEEKS = range(36), 50, 6  # so short a time that chance outweighs the parameters
DRAWS = 100
LEAST = 0.75  # of 36 true intervals of 90%, two times in a thousand fewer hold the truth


@cache
def script() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))  # it takes the businesses from its neighbour
    try:
        spec = importlib.util.spec_from_file_location(
            "interval_coverage", BENCHMARKS / "interval_coverage.py"
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


@cache
def shares() -> dict[str, float]:
    found: list[dict[str, float]] = []
    for number in BASES:
        drawn = script().Shop.drawn(CUSTOMERS, np.random.default_rng([script().SEED, CUSTOMERS, number]))
        known = script().read(drawn).calibration.purchases
        posterior = rk.posterior(rk.BGNBD, known, draws=DRAWS, seed=number)
        found.append(script().purchases(drawn, known, posterior, WEEKS))
    return script().shares(found)


@pytest.mark.slow
def test_intervals_of_totals_hold_what_was_expected_and_what_came() -> None:
    assert shares()["expected purchases"] >= LEAST
    assert shares()["purchases that came"] >= LEAST


@pytest.mark.slow
def test_an_interval_that_counts_the_parameters_alone_is_rejected() -> None:
    assert shares()[script().NARROW] < LEAST


def test_the_counted_purchases_are_those_that_the_split_table_holds_out() -> None:
    drawn = script().Shop.drawn(CUSTOMERS, np.random.default_rng([script().SEED, CUSTOMERS, 0]))
    assert script().read(drawn).holdout.frequency.sum() == drawn.bought(script().AHEAD)


def test_a_business_is_as_large_as_was_asked() -> None:
    neighbour = script().recurring_forecast
    truth = neighbour.SubscriptionTruth(shock=0.0, noise=0.0, season=0.0)
    table = rk.valuation.simulate_billing(neighbour.sized(truth, 400), months=neighbour.KNOWN, seed=1)
    there = np.unique(table["customer_id"][np.isnat(table["end"])]).size
    assert 340 < there < 460
