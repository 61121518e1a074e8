"""Verdicts against another optimiser: that part of `benchmarks/verdicts.py` that every run can afford."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import retainkit as rk

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "verdicts.py"
PURCHASING = ("NBD", "BGNBD", "MBGNBD", "BGCNBDk", "MBGCNBDk", "ParetoNBD", "BGBB", "GammaGamma")


@cache
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verdicts", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("extreme", [False, True], ids=["typical", "extreme"])
@pytest.mark.parametrize("name", PURCHASING)
def test_nothing_higher_is_missed_and_nothing_at_infinity_certified(name: str, extreme: bool) -> None:
    kind = script().MODELS[name]
    for i in range(3):
        data = script().base(kind, 50, 7_000_000 + i, extreme=extreme)
        verdict, ahead, _ = script().judge(kind, data, 3, i)
        assert not verdict[0].isupper(), (i, verdict, ahead)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "seed", "beta"), [(50, 50_012, 5e11), (5000, 5_000_018, 5e6)])
def test_a_maximum_beside_a_limit_nearly_as_high_is_found(n: int, seed: int, beta: float) -> None:
    # all starts that are high to begin with lie on the slope of the limit, which is lower
    data = script().base(rk.GammaGompertzNBD, n, seed, extreme=n > 50)
    found = rk.fit(rk.GammaGompertzNBD, data)
    limit = rk.fit(rk.GammaGompertzNBD, data, fixed={"beta": beta})
    assert found.log_likelihood > limit.log_likelihood + 0.2


def test_forty_digits_tell_a_maximum_from_a_ridge() -> None:
    """Customers of one rate: at infinity is the higher of the two, and the script says so of an estimate."""
    rows: Any = rk.NBD(r=0.9, alpha=10.0).sample([40.0] * 60, seed=2)
    known = script().Reference(rk.NBD, rows, 2, 1, [0.9, 10.0])
    best = rk.fit(rk.NBD, rows).model
    assert script().at_infinity(known, [best.r, best.alpha]) == "within"
    assert script().at_infinity(known, [best.r, 100.0 * best.alpha]) == "INFINITE"
    assert script().at_infinity(known, [*known.ridge[1].values()]) == "open"


@pytest.mark.slow
def test_forty_digits_are_those_of_the_likelihood() -> None:
    for name in PURCHASING:
        kind = script().MODELS[name]
        rows = script().base(kind, 5, 3, extreme=False).compress()
        settings = script().FIXED.get(name, {})
        here, there = ({p: size + i for i, p in enumerate(kind.names())} for size in (0.5, 0.8))
        exact = float(
            script().in_forty_digits(kind, here, rows) - script().in_forty_digits(kind, there, rows)
        )
        ours = kind(**here, **settings).log_likelihood(rows) - kind(**there, **settings).log_likelihood(rows)
        assert float(ours @ rows.weight) == pytest.approx(exact, rel=1e-11)  # regular gaps add a constant
