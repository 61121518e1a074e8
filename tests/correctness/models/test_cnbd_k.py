"""BG/CNBD-k and MBG/CNBD-k meet 40-digit arithmetic at 250 places, k from 1 to 12."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from accuracy_tables import read

import retainkit as rk
from retainkit._numerics.processes import erlang_discount, erlang_stops
from retainkit.ingest.examples import load_cdnow

HERE = Path(__file__).parents[2] / "reference"
KINDS: dict[int, Any] = {0: rk.BGCNBDk, 1: rk.MBGCNBDk}
REFERENCE = {
    k: tomllib.loads((HERE / f"{name}.toml").read_text())
    for k, name in enumerate(("bg_cnbd_k", "mbg_cnbd_k"))
}


@cache
def points() -> list[dict[str, float]]:
    columns = read(REFERENCE[0]["accuracy"]["table"])
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*map(np.ndarray.tolist, columns.values()), strict=True)
    ]


def model_of(c: dict[str, float]) -> Any:
    parameters = {name: c[name] for name in ("r", "alpha", "a", "b")}
    return KINDS[int(c["chance"])](**parameters, k=int(c["k"]), unit="week")


def customer_of(c: dict[str, float]) -> rk.Purchases:
    return rk.Purchases(frequency=c["x"], recency=c["t_x"], T=c["T"], unit="week")


def rate_of(c: dict[str, float]) -> rk.Rate:
    return rk.Rate(c["force"], per="week", kind="continuous", meant=True)


def test_there_are_as_many_points_as_stated() -> None:
    assert len(points()) == REFERENCE[0]["accuracy"]["points"]
    assert {c["k"] for c in points()} == set(range(1, 13))


def test_likelihood_and_score_agree_with_forty_digits() -> None:
    for c in points():
        value, score = model_of(c).log_likelihood_and_score(customer_of(c))
        assert value[0] == pytest.approx(c["log_likelihood"], rel=1e-10, abs=1e-8)
        for i, name in enumerate(("d_r", "d_alpha", "d_a", "d_b")):
            assert score[i, 0] == pytest.approx(c[name], rel=1e-7, abs=1e-10), name


ANSWERS: dict[str, Callable[[dict[str, float]], Any]] = {
    "alive": lambda c: model_of(c).probability_alive(customer_of(c))[0],
    "survival": lambda c: model_of(c).probability_alive(customer_of(c), c["horizon"])[0],
    "expected": lambda c: model_of(c).expected_purchases(customer_of(c), c["horizon"])[0],
    "discounted": lambda c: model_of(c).discounted_expected_purchases(
        customer_of(c), rate_of(c), c["horizon"]
    )[0],
    "discounted_ever": lambda c: model_of(c).discounted_expected_purchases(customer_of(c), rate_of(c))[0],
    "pmf": lambda c: model_of(c).purchase_pmf_given(customer_of(c), c["n"], c["horizon"])[0],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_answers_agree_with_brute_force_sums_in_fifty_digits(name: str) -> None:
    there = [c for c in points() if c[name] > 1e-290]
    assert len(there) > 85
    for c in there:
        assert ANSWERS[name](c) == pytest.approx(c[name], rel=1e-10), c


@pytest.mark.parametrize("chance", KINDS)
def test_with_k_of_1_the_published_optimum_is_met(chance: int) -> None:
    columns = load_cdnow("sample")
    early = columns["date"] <= np.datetime64("1997-09-30")
    summary = rk.summarize_transactions(
        {name: column[early] for name, column in columns.items()},
        customer_id="customer_id",
        date="date",
        unit="week",
        observation_end="1997-09-30",
    )
    (case,) = REFERENCE[chance]["optimum"]
    fitted = rk.fit(KINDS[chance], summary.purchases, fixed={"k": case["k"]})
    for name, value in case["parameters"].items():
        assert fitted.model.parameters[name] == pytest.approx(value, abs=case["parameter_digit"]), name
    digit = case["log_likelihood_digit"]
    assert fitted.log_likelihood == pytest.approx(case["log_likelihood"], abs=digit / 2)


def test_the_likelihood_of_gaps_is_a_product_of_erlang_densities() -> None:
    """One customer's gaps, with the rate and the dropout integrated numerically in 30 digits."""
    k, gaps, T = 3, (2.0, 5.0, 3.5), 14.0
    model = rk.MBGCNBDk(r=1.5, alpha=4.0, a=0.8, b=2.5, k=k)
    customer = rk.Purchases(
        frequency=3, recency=sum(gaps), T=T, log_gaps=float(np.sum(np.log(np.asarray(gaps))))
    )
    with mp.workdps(30):
        r, alpha, a, b = (mp.mpf(v) for v in model.parameters.values())

        def given(rate: Any) -> Any:
            bought = mp.mpf(1)
            for gap in gaps:
                bought *= rate**k * mp.mpf(gap) ** (k - 1) * mp.exp(-rate * gap) / mp.factorial(k - 1)
            idle = rate * (T - mp.mpf(sum(gaps)))
            running = mp.exp(-idle) * mp.fsum(idle**j / mp.factorial(j) for j in range(k))
            there = mp.beta(a, b + 4) / mp.beta(a, b) * running
            gone = mp.beta(a + 1, b + 3) / mp.beta(a, b)
            return bought * (there + gone) * alpha**r / mp.gamma(r) * rate ** (r - 1) * mp.exp(-alpha * rate)

        truth = mp.log(mp.quad(given, [0, 0.5, 1, 2, 4, 8, 20]))
    assert model.log_likelihood(customer)[0] == pytest.approx(float(truth), rel=1e-12)


def test_stages_passed_are_stable_for_long_histories() -> None:
    """ln Σ t_j and its slope in r, where the terms themselves overflow."""
    for r, q, k in ((60_000.0, 0.9999, 12), (0.01, 1e-9, 12), (250_000.0, 0.5, 50), (1e-3, 0.999, 50)):
        with mp.workdps(40):
            terms = [mp.rf(mp.mpf(r), j) / mp.factorial(j) * mp.mpf(q) ** j for j in range(k)]
            truth = mp.log(mp.fsum(terms))
            slopes = [mp.fsum(1 / (mp.mpf(r) + i) for i in range(j)) for j in range(k)]
            slope = mp.fsum(t * s for t, s in zip(terms, slopes, strict=True)) / mp.fsum(terms)
            mean = mp.fsum(j * t for j, t in enumerate(terms)) / mp.fsum(terms)
        found = erlang_stops.unfinished(np.array([r]), np.array([q]), k)
        for ours, theirs in zip(found, (truth, slope, mean), strict=True):
            assert ours[0] == pytest.approx(float(theirs), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 3, 7, 12])
def test_long_sums_by_roots_of_unity_agree_with_the_sums_themselves(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ways that share no step: positive sums over stages, and quadrature over p of k complex terms."""
    rng = np.random.default_rng(k)
    n = 60
    low, high = np.log([[0.01, 3.0, 0.05, 0.05], [2000.0, 1000.0, 300.0, 300.0]])
    r, z, a, b = np.exp(rng.uniform(low, high, (n, 4))).T
    z = np.where(r * z > 30_000.0, 30_000.0 / r, z)
    m = rng.integers(1, k + 1, n).astype(np.float64)
    long = r * z + 9.0 * np.sqrt(r * z * (1.0 + z)) + 40.0 * (1.0 + z) > 4096.0
    assert long.sum() > 15
    answers: dict[str, list[Any]] = {}
    for longest in (10**7, 0):
        monkeypatch.setattr(erlang_stops, "LONGEST", longest)
        found = answers.setdefault("expected", [])
        found.append(erlang_stops.expected_count(r, z, a, b, m, k)[long])
        found = answers.setdefault("survival", [])
        found.append(erlang_stops.stopped_survival(r, z, a, b, m, k)[long])
    np.testing.assert_allclose(*answers["expected"], rtol=1e-10)
    # quadrature over p resolves no smaller probabilities
    np.testing.assert_allclose(*answers["survival"], rtol=1e-10, atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 2, 5, 12])
def test_discounted_sums_by_roots_of_unity_agree_with_the_sums_themselves(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(k)
    r, a, b, force = np.exp(
        rng.uniform(np.log([1.0, 0.05, 0.05, 0.01]), np.log([900.0, 99, 99, 5]), (8, 4))
    ).T
    z = 2500.0 / (r + 60.0)
    m = rng.integers(1, k + 1, 8).astype(np.float64)
    found: list[Any] = []
    for longest in (10**7, 0):
        monkeypatch.setattr(erlang_discount, "_LONGEST", longest)
        found.append(erlang_discount.discounted_count(r, z, force, a, b, m, k))
    np.testing.assert_allclose(*found, rtol=1e-10)
