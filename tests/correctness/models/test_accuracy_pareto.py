"""250 places of the domain, stored in 40-digit arithmetic: likelihood, score, and every prediction.

The answers are written by ``tests/reference/accuracy/make_pareto.py``, which uses nothing of retainkit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from accuracy_tables import read

import retainkit as rk
from retainkit.models.purchasing.gamma_gompertz_nbd import GammaGompertzNBD
from retainkit.models.purchasing.nbd import NBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD

FILES = {"pareto_nbd": ParetoNBD, "gamma_gompertz_nbd": GammaGompertzNBD}
LEAST = 1e-300  # smaller numbers have not all their digits in a float
both = pytest.mark.parametrize("file", FILES)


@cache
def stored(file: str) -> tuple[Any, rk.Purchases, dict[str, np.ndarray[Any, Any]]]:
    """The model with one value of each parameter for every place, the customers, and all columns."""
    columns = read(file)
    model = FILES[file](**{name: columns[name] for name in FILES[file].names()}, unit="week")
    customers = rk.Purchases(frequency=columns["x"], recency=columns["t_x"], T=columns["T"], unit="week")
    return model, customers, columns


def check(found: Any, truth: np.ndarray[Any, Any]) -> None:
    assert truth.size == 250
    some = np.abs(truth) > LEAST
    np.testing.assert_allclose(found[some], truth[some], rtol=1e-10)
    assert np.all(np.abs(found[~some]) <= 2.0 * LEAST)


@both
def test_log_likelihood(file: str) -> None:
    model, customers, columns = stored(file)
    np.testing.assert_allclose(
        model.log_likelihood(customers.entrywise()), columns["of_log_likelihood"], rtol=1e-10, atol=1e-8
    )


@both
def test_score(file: str) -> None:
    model, customers, columns = stored(file)
    _, score = model.log_likelihood_and_score(customers.entrywise())
    for row, name in zip(score, model.names(), strict=True):
        np.testing.assert_allclose(row, columns[f"of_d_{name}"], rtol=1e-9, err_msg=name)


@both
def test_probability_alive(file: str) -> None:
    model, customers, columns = stored(file)
    check(model.probability_alive(customers), columns["of_alive"])


@both
def test_expected_purchases(file: str) -> None:
    model, customers, columns = stored(file)
    check(model.expected_purchases(customers, columns["horizon"]), columns["of_expected"])


@pytest.mark.slow
@both
@pytest.mark.parametrize("horizon", ["finite", "endless"])
def test_discounted_purchases(file: str, horizon: str) -> None:
    """A force of discount for each place: entry by entry, as a Rate is one number."""
    model, _, columns = stored(file)
    name = "of_discounted" if horizon == "finite" else "of_discounted_ever"
    found = np.empty(250)
    for i in range(250):
        one = FILES[file](**{n: float(columns[n][i]) for n in model.names()}, unit="week")
        customer = rk.Purchases(
            frequency=columns["x"][i], recency=columns["t_x"][i], T=columns["T"][i], unit="week"
        )
        rate = rk.Rate(float(columns["force"][i]), per="week", kind="continuous")
        length = float(columns["horizon"][i]) if horizon == "finite" else np.inf
        found[i] = one.discounted_expected_purchases(customer, rate, length)[0]
    check(found, columns[name])


@both
def test_pmf(file: str) -> None:
    model, _, columns = stored(file)
    check(model.purchase_pmf(columns["n"], columns["horizon"]), columns["of_pmf"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_nbd_agrees_with_forty_digits(seed: int) -> None:
    """Its closed forms, computed here: they cost nothing."""
    rng = np.random.default_rng(seed)
    r, alpha = np.exp(rng.uniform(np.log(0.01), np.log(1000.0), (2, 1000)))
    x, n = np.floor(np.exp(rng.uniform(0.0, np.log(5001.0), (2, 1000)))) - 1.0
    T, h = np.exp(rng.uniform(np.log(0.1), np.log(10_000.0), (2, 1000)))
    customers = rk.Purchases(frequency=x, recency=np.where(x > 0, T, 0.0), T=T)
    model = NBD(r=r, alpha=alpha)
    value, score = model.log_likelihood_and_score(customers.entrywise())
    pmf = np.asarray(model.purchase_pmf(n, h))
    expected = model.expected_purchases(customers, h)
    with mp.workdps(40):
        for i in range(1000):
            R, A, X, N, S, H = (mp.mpf(float(v[i])) for v in (r, alpha, x, n, T, h))
            truth = mp.loggamma(R + X) - mp.loggamma(R) + R * mp.log(A) - (R + X) * mp.log(A + S)
            assert value[i] == pytest.approx(float(truth), rel=1e-10, abs=1e-8)
            d_r = mp.digamma(R + X) - mp.digamma(R) + mp.log(A) - mp.log(A + S)
            assert score[0, i] == pytest.approx(float(d_r), rel=1e-7, abs=1e-12)
            assert score[1, i] == pytest.approx(float(R / A - (R + X) / (A + S)), rel=1e-7, abs=1e-12)
            assert expected[i] == pytest.approx(float((R + X) / (A + S) * H), rel=1e-12)
            ways = mp.loggamma(R + N) - mp.loggamma(R) - mp.loggamma(N + 1)
            chance = mp.exp(ways + R * mp.log(A / (A + H)) + N * mp.log(H / (A + H)))
            if chance > LEAST:
                assert pmf[i] == pytest.approx(float(chance), rel=1e-10)
