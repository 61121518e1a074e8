"""A posterior is as sure as it may be: the small part of `make calibrate` that every run can afford."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import retainkit as rk

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "calibrate.py"
NUMBERS = {"ShiftedBetaGeometric": range(100), "BGNBD": range(60)}
BINS = 10  # 10 and 6 ranks are expected in each


@cache
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("calibrate", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def found(name: str) -> Any:
    return script().replicated(name, NUMBERS[name])


def calibrated(ranks: np.ndarray) -> bool:
    return bool(script().p_values(ranks, bins=BINS).min() > script().LEVEL)


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_the_truth_is_like_any_draw(name: str) -> None:
    assert found(name).reliable.all()
    assert calibrated(found(name).ranks())


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_half_and_twice_the_standard_deviation_are_rejected(name: str, spread: float) -> None:
    assert not calibrated(found(name).ranks(spread=spread))


@pytest.mark.slow
def test_a_posterior_under_another_prior_than_that_of_the_truths_is_rejected() -> None:
    prior = script().CASES["ShiftedBetaGeometric"].prior()
    moved = {name: rk.priors.LogNormal(one.mu + 0.8, one.sigma) for name, one in prior.items()}
    assert not calibrated(script().replicated("ShiftedBetaGeometric", range(60), moved).ranks())
