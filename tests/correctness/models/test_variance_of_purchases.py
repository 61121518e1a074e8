"""Variances of purchases against 25-digit arithmetic, by formulas of their own, and against distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import retainkit as rk
from retainkit._numerics.processes.pairs import ramp

HISTORIES = [(0, 0.0, 12.0), (1, 3.0, 20.0), (9, 26.0, 30.0)]
HORIZONS = [0.01, 15.0, 3000.0]
Rate = Callable[[Any], Any]


def rows(histories: list[tuple[int, float, float]] = HISTORIES) -> rk.Purchases:
    x, t_x, T = zip(*histories, strict=True)
    return rk.Purchases(frequency=x, recency=t_x, T=T, unit="week")


def integral(of: Rate, h: float) -> Any:
    ends = [0, *(h / mp.mpf(8) ** k for k in (4, 3, 2, 1)), h]
    return mp.quad(of, ends)


def moments(model: Any, x: int, T: float, h: float) -> tuple[Any, Any]:
    """E[X] and E[X(X − 1)] of a customer alive at T: integrals of rates."""
    if isinstance(model, rk.BGNBD | rk.MBGNBD):
        r, a = mp.mpf(model.r) + x, mp.mpf(model.a)
        alpha, b = mp.mpf(model.alpha) + T, mp.mpf(model.b) + x + isinstance(model, rk.MBGNBD)
        first = integral(lambda u: mp.hyp2f1(r + 1, a, a + b, -u / alpha), h)
        second = integral(lambda u: u * mp.hyp2f1(r + 2, a, a + b + 1, -u / alpha), h)
        return r / alpha * first, 2 * r * (r + 1) / alpha**2 * b / (a + b) * second
    r, alpha = mp.mpf(model.r) + x, mp.mpf(model.alpha) + T
    there: Rate = lambda u: mp.mpf(1)  # noqa: E731
    if isinstance(model, rk.ParetoNBD):
        beta = mp.mpf(model.beta) + T
        there = lambda u: (beta / (beta + u)) ** model.s  # noqa: E731
    elif isinstance(model, rk.GammaGompertzNBD):
        kappa = 1 + (model.beta - 1) * mp.exp(-mp.mpf(model.b) * T)
        there = lambda u: (1 + mp.expm1(model.b * u) / kappa) ** -model.s  # noqa: E731
    first, second = integral(there, h), integral(lambda u: u * there(u), h)
    return r / alpha * first, 2 * r * (r + 1) / alpha**2 * second


MODELS: dict[str, Any] = {
    "BGNBD": rk.BGNBD(r=0.6, alpha=5.0, a=0.8, b=2.0, unit="week"),
    "BGNBD, a = 1": rk.BGNBD(r=0.6, alpha=5.0, a=1.0, b=2.0, unit="week"),
    "BGNBD, a + b = 1": rk.BGNBD(r=1.5, alpha=4.0, a=0.4, b=0.6, unit="week"),
    "BGNBD, a = 2": rk.BGNBD(r=1e-3, alpha=0.1, a=2.0, b=1e-3, unit="week"),
    "BGNBD, alike": rk.BGNBD(r=2000.0, alpha=9000.0, a=300.0, b=4000.0, unit="week"),
    "MBGNBD": rk.MBGNBD(r=0.9, alpha=6.0, a=1.0, b=2.0, unit="week"),
    "ParetoNBD": rk.ParetoNBD(r=0.7, alpha=7.0, s=0.8, beta=12.0, unit="week"),
    "ParetoNBD, s = 1": rk.ParetoNBD(r=0.7, alpha=7.0, s=1.0, beta=1e-3, unit="week"),
    "ParetoNBD, s = 2": rk.ParetoNBD(r=0.7, alpha=7.0, s=2.0, beta=12.0, unit="week"),
    "ParetoNBD, alike": rk.ParetoNBD(r=2000.0, alpha=9000.0, s=500.0, beta=2e4, unit="week"),
    "NBD": rk.NBD(r=0.5, alpha=8.0, unit="week"),
    "GammaGompertzNBD": rk.GammaGompertzNBD(r=0.7, alpha=6.0, b=0.04, s=0.6, beta=1.5, unit="week"),
    "GammaGompertzNBD, early": rk.GammaGompertzNBD(r=0.7, alpha=6.0, b=0.3, s=0.6, beta=40.0, unit="week"),
}
each = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@pytest.mark.slow
@each
@pytest.mark.parametrize("horizon", HORIZONS)
def test_the_variance_is_exact(model: Any, horizon: float) -> None:
    found = model.variance_of_purchases(rows(), horizon)
    alive = model.probability_alive(rows())
    with mp.workdps(25):
        for (x, _, T), p, variance in zip(HISTORIES, alive, found, strict=True):
            first, second = moments(model, x, T, horizon)
            exact = mp.mpf(p) * (second + first) - (mp.mpf(p) * first) ** 2
            assert variance == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize("s", [1e-3, 0.5, 1.0, 1.0 + 1e-9, 2.0 - 1e-10, 2.0, 2.2, 2.5, 2.6, 40.0, 1e7])
def test_the_integral_is_exact_where_closed_forms_divide_by_nothing(s: float) -> None:
    with mp.workdps(120):
        for q in (1e-12, 1e-5, 7e-4, 1.2e-3, 0.03, 1.0, 50.0, 1e9):
            span = q / max(s, 1.0)
            power, end = mp.mpf(s) + mp.mpf(10) ** -40, mp.mpf(span)  # beside the singularities
            ends = [((1 + end) ** (n - power) - 1) / (n - power) for n in (2, 1)]
            exact = (ends[0] - ends[1]) / end**2
            assert ramp(np.array([s]), np.array([span]))[0] == pytest.approx(float(exact), rel=1e-12)
    assert ramp(np.array([s]), np.zeros(1))[0] == 0.5


ERLANG: dict[str, Any] = {
    "BGCNBDk": rk.BGCNBDk(r=1.2, alpha=4.0, a=0.7, b=2.0, k=2, unit="week"),
    "MBGCNBDk": rk.MBGCNBDk(r=2.0, alpha=3.0, a=0.6, b=3.0, k=3, unit="week"),
    "MBGCNBDk, a = 1": rk.MBGCNBDk(r=2.0, alpha=3.0, a=1.0, b=3.0, k=5, unit="week"),
}


@pytest.mark.slow
@pytest.mark.parametrize("model", ERLANG.values(), ids=ERLANG)
@pytest.mark.parametrize("horizon", [0.01, 15.0, 100.0])
def test_the_variance_is_that_of_the_distribution(model: Any, horizon: float) -> None:
    n = np.arange(8000.0)
    for history, found in zip(HISTORIES, model.variance_of_purchases(rows(), horizon), strict=True):
        pmf = model.purchase_pmf_given(rows([history] * n.size), n, horizon)
        mean = pmf @ n
        assert found == pytest.approx(pmf @ (n - mean) ** 2, rel=1e-10)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_long_sums_over_stages_are_those_of_short_ones(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from retainkit._numerics.processes import erlang_stops

    r, z, a, b = (np.array(v) for v in ([2.0, 30.0, 0.5], [2e3, 2e2, 9e3], [0.8, 2.0, 3.0], [3.0, 1.0, 0.6]))
    for missing in {1, k}:
        long = erlang_stops.stopped_pairs(r, z, a, b, missing, k)
        with monkeypatch.context() as patch:
            patch.setattr(erlang_stops, "LONGEST", 10**7)
            short = erlang_stops.stopped_pairs(r, z, a, b, missing, k)
        np.testing.assert_allclose(long, short, rtol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.66, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("horizon", [1, 2, 7, 400])
def test_opportunities(gamma: float, horizon: int) -> None:
    model = rk.BGBB(alpha=1.2, beta=0.75, gamma=gamma, delta=2.8)
    donors = rk.Opportunities(frequency=[0, 2, 6], recency=[0, 4, 6], periods=[6, 6, 6])
    found, alive = model.variance_of_purchases(donors, horizon), model.probability_alive(donors)
    with mp.workdps(25):
        for x, p, variance in zip((0, 2, 6), alive, found, strict=True):
            bought, asked = mp.mpf(1.2) + x, mp.mpf(1.2) + mp.mpf(0.75) + 6
            there = [
                mp.beta(gamma, mp.mpf(2.8) + 6 + j) / mp.beta(gamma, mp.mpf(2.8) + 6)
                for j in range(horizon + 1)
            ]
            first = bought / asked * sum(there[1:])
            pairs = 2 * sum((j - 1) * there[j] for j in range(2, horizon + 1))
            second = bought * (bought + 1) / (asked * (asked + 1)) * pairs
            exact = mp.mpf(p) * (second + first) - (mp.mpf(p) * first) ** 2
            assert variance == pytest.approx(float(exact), rel=1e-10)


def test_without_end() -> None:
    """Of geometric numbers of purchases, and of opportunities; infinite where the mean square is."""
    for kind in (rk.BGNBD, rk.MBGNBD):
        model = kind(r=0.6, alpha=5.0, a=3.5, b=2.0, unit="week")
        near = model.variance_of_purchases(rows(), 1e25)
        np.testing.assert_allclose(model.variance_of_purchases(rows(), math.inf), near, rtol=1e-9)
        assert np.all(np.isinf(replace(model, a=1.7).variance_of_purchases(rows(), math.inf)))
        assert np.all(np.isfinite(replace(model, a=1.7).expected_purchases(rows(), math.inf)))
    pareto = rk.ParetoNBD(r=0.7, alpha=7.0, s=4.0, beta=12.0)
    far = pareto.variance_of_purchases(rows(), 1e9)
    np.testing.assert_allclose(pareto.variance_of_purchases(rows(), math.inf), far, rtol=1e-9)
    assert np.all(np.isinf(replace(pareto, s=2.0).variance_of_purchases(rows(), math.inf)))
    assert np.all(np.isinf(MODELS["NBD"].variance_of_purchases(rows(), math.inf)))
    gompertz = MODELS["GammaGompertzNBD"]
    far = gompertz.variance_of_purchases(rows(), 1e5)
    np.testing.assert_allclose(gompertz.variance_of_purchases(rows(), math.inf), far, rtol=1e-11)
    donors = rk.Opportunities(frequency=[0, 2, 6], recency=[0, 4, 6], periods=[6, 6, 6])
    model = rk.BGBB(alpha=1.2, beta=0.75, gamma=3.5, delta=2.8)
    far = model.variance_of_purchases(donors, 1e8)
    np.testing.assert_allclose(model.variance_of_purchases(donors, math.inf), far, rtol=1e-9)
    assert np.all(np.isinf(replace(model, gamma=2.0).variance_of_purchases(donors, math.inf)))


def test_draws_entries_and_equal_customers() -> None:
    model = MODELS["BGNBD"]
    many = replace(model, a=np.array([[0.4], [0.8]]))
    np.testing.assert_allclose(
        many.variance_of_purchases(rows(), 9.0)[1], model.variance_of_purchases(rows(), 9.0), rtol=1e-13
    )
    own = replace(model, r=np.array([0.5, 0.6, 0.7]))
    assert own.variance_of_purchases(rows(), 9.0)[1] == pytest.approx(
        model.variance_of_purchases(rows(), 9.0)[1], rel=1e-13
    )
    twice = model.variance_of_purchases(rows(HISTORIES * 40), 9.0)
    np.testing.assert_array_equal(twice[:3], twice[-3:])
    each_its_own = model.variance_of_purchases(rows(), [9.0, 2.0, 4.0])
    assert each_its_own[0] == pytest.approx(model.variance_of_purchases(rows(), 9.0)[0], rel=1e-13)
    with pytest.raises(rk.InputError, match="horizon must be more than 0"):
        model.variance_of_purchases(rows(), 0.0)


@pytest.mark.slow
def test_it_is_the_variance_of_what_is_drawn() -> None:
    for model in (*MODELS.values(), *ERLANG.values()):
        drawn = model.sample_given(rows(HISTORIES[:2] * 20_000), 15.0, seed=1).purchases.reshape(-1, 2)
        gap = (drawn - drawn.mean(axis=0)) ** 2 - model.variance_of_purchases(rows(HISTORIES[:2]), 15.0)
        assert np.all(np.abs(gap.mean(axis=0)) < 4.5 * gap.std(axis=0) / math.sqrt(len(gap)))
