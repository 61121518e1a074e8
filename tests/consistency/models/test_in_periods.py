"""Orders by period: the likelihood as a mean over moments, by other roads; answers; what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

import retainkit as rk
from retainkit.models import InPeriods
from retainkit.summaries import PurchasesInPeriods

BASES: dict[str, Any] = {
    "BGNBD": rk.BGNBD(r=1.2, alpha=0.6, a=0.8, b=3.0, unit="month"),
    "MBGNBD": rk.MBGNBD(r=0.7, alpha=1.1, a=0.5, b=2.0, unit="month"),
    "ParetoNBD": rk.ParetoNBD(r=0.6, alpha=1.2, s=0.6, beta=4.0, unit="month"),
    "GammaGompertzNBD": rk.GammaGompertzNBD(r=0.6, alpha=1.2, b=0.2, s=0.6, beta=1.5, unit="month"),
    "NBD": rk.NBD(r=0.6, alpha=1.2, unit="month"),
}
SEEN = PurchasesInPeriods(
    frequency=[0, 3, 1, 6, 12, 2], recency=[0, 0, 1, 5, 2, 7], T=[5, 4, 3, 9, 3, 8],
    in_first=[1, 4, 1, 2, 3, 1], in_last=[1, 4, 1, 3, 6, 1], unit="month",
)  # fmt: skip


@pytest.mark.parametrize("name", BASES)
def test_counts_of_one_period_have_the_probability_of_that_many_purchases(name: str) -> None:
    # n moments in order fill 1/n! of all; births are even in the period, and what is left of it is 1 − u
    n = np.array([1, 2, 3, 6, 15])
    one = PurchasesInPeriods(frequency=n - 1, recency=0 * n, T=0 * n + 1, in_first=n, in_last=n, unit="month")
    u, w = np.polynomial.legendre.leggauss(80)
    known = BASES[name].purchase_pmf(n[:, None] - 1, 0.5 * (1.0 - u)) @ (0.5 * w)
    found = np.exp(InPeriods(BASES[name]).log_likelihood(one) - gammaln(n + 1.0))
    np.testing.assert_allclose(found, known, rtol=3e-7)


@pytest.mark.parametrize("name", BASES)
def test_the_likelihood_is_the_mean_over_moments_drawn_one_by_one(name: str) -> None:
    rng, base, size = np.random.default_rng(5), BASES[name], 20_000
    found = InPeriods(base).log_likelihood(SEEN)
    for i in range(len(SEEN)):
        first = rng.uniform(size=(size, int(SEEN.in_first[i])))
        last = first if SEEN.recency[i] == 0 else rng.uniform(size=(size, int(SEEN.in_last[i])))
        born = first.min(axis=1)
        ended = SEEN.recency[i] + last.max(axis=1) if SEEN.frequency[i] else born
        drawn = rk.Purchases(
            frequency=np.full(size, SEEN.frequency[i]), recency=ended - born, T=SEEN.T[i] - born, unit="month"
        )
        each = np.exp(base.log_likelihood(drawn) - found[i])
        assert abs(each.mean() - 1.0) < 4.5 * each.std() / math.sqrt(size)


@pytest.mark.parametrize("name", BASES)
def test_the_score_is_the_slope_of_the_likelihood(name: str) -> None:
    base = BASES[name]
    _, score = InPeriods(base).log_likelihood_and_score(SEEN)
    for row, (parameter, value) in zip(score, base.parameters.items(), strict=True):
        up, down = (
            InPeriods(type(base)(**base.parameters | {parameter: value * (1.0 + d)}, unit="month"))
            for d in (1e-5, -1e-5)
        )
        slope = (up.log_likelihood(SEEN) - down.log_likelihood(SEEN)) / (2e-5 * value)
        np.testing.assert_allclose(row, slope, rtol=2e-6, atol=1e-7)


@pytest.mark.slow
def test_answers_agree_on_average_with_those_that_know_the_moments() -> None:
    rng, base = np.random.default_rng(9), BASES["BGNBD"]
    born = rng.uniform(size=6_000)
    exact = base.sample(8.0 - born, seed=rng)
    owner = np.repeat(np.arange(born.size), np.maximum(exact.frequency - 1, 0).astype(int))
    when = np.floor(born[owner] + rng.uniform(size=owner.size) * exact.recency[owner])
    last = np.floor(born + exact.recency)
    orders = exact.frequency + 1.0
    first = np.where(last == 0, orders, 1.0 + np.bincount(owner, when == 0, born.size))
    final = np.where(last == 0, orders, 1.0 + np.bincount(owner, when == last[owner], born.size))
    told = PurchasesInPeriods(
        frequency=exact.frequency, recency=last, T=np.full(born.size, 8.0), in_first=first,
        in_last=np.where(exact.frequency > 0, final, 1.0), unit="month",
    )  # fmt: skip
    model, rate = InPeriods(base), rk.Rate(0.1, per="year")
    for ask in (
        lambda m, rows: m.probability_alive(rows),
        lambda m, rows: m.probability_alive(rows, 2.0),
        lambda m, rows: m.expected_purchases(rows, 6.0),
        lambda m, rows: m.discounted_expected_purchases(rows, rate, 6.0),
    ):
        off = ask(model, told) - ask(base, exact)
        assert abs(off.mean()) < 4.0 * off.std() / math.sqrt(off.size)
        assert off.std() > 0.0


@pytest.mark.slow
def test_a_fit_of_simulated_counts_finds_the_model_and_comes_back_from_json() -> None:
    truth = InPeriods(BASES["ParetoNBD"])
    fitted = rk.fit(rk.in_periods(rk.ParetoNBD), truth.sample(np.full(8000, 18.0), seed=2))
    for name, value in truth.parameters.items():
        assert abs(fitted.model.parameters[name] - value) < 3.0 * fitted.standard_errors[name]
    assert rk.models.model_from_json(fitted.model.model_dump_json()) == fitted.model
    assert fitted.model.unit == "month"
    held = rk.fit(rk.in_periods(rk.ParetoNBD), truth.sample(np.full(2000, 18.0), seed=2), fixed={"s": 0.6})
    assert held.model.parameters["s"] == 0.6


def test_draws_of_parameters_answer_with_an_axis_of_their_own() -> None:
    base = rk.BGNBD(r=np.array([[1.2], [0.9]]), alpha=0.6, a=0.8, b=3.0, unit="month")
    both = InPeriods(base).probability_alive(SEEN)
    one = InPeriods(rk.BGNBD(r=0.9, alpha=0.6, a=0.8, b=3.0, unit="month")).probability_alive(SEEN)
    np.testing.assert_allclose(both[1], one, rtol=1e-12)


def test_a_horizon_for_each_customer_is_refused_by_its_name() -> None:
    with pytest.raises(rk.InputError, match="horizon must be one number"):
        InPeriods(BASES["NBD"]).expected_purchases(SEEN, np.ones(6))


def test_models_whose_gaps_are_regular_and_covariates_are_refused() -> None:
    with pytest.raises(rk.InputError, match=r"model must be BGNBD.*orders come at random"):
        rk.in_periods(rk.models.hold(rk.BGCNBDk, k=2))
    with pytest.raises(rk.InputError, match="one number for each parameter"):
        InPeriods(rk.BGNBD(r=np.array([1.0, 2.0]), alpha=1.0, a=1.0, b=1.0))
    with pytest.raises(rk.InputError):
        rk.with_covariates(rk.in_periods(rk.BGNBD), {"card": "purchasing"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"in_first": [3.0]}, "in_last must not exceed"),
        ({"recency": [0.0]}, "in_first must be all orders"),
        ({"recency": [1.0]}, "in_last must not exceed"),
        ({"T": [3.0]}, "T must exceed recency"),
        ({"in_last": [0.0]}, "in_last must be 1 or more"),
        ({"frequency": [2.5]}, "frequency must be whole"),
    ],
)
def test_counts_that_cannot_be_together_are_refused(change: dict[str, Any], match: str) -> None:
    given: dict[str, Any] = {"frequency": [3], "recency": [3], "T": [6], "in_first": [1], "in_last": [2]}
    assert len(PurchasesInPeriods(**given)) == 1
    with pytest.raises(rk.InputError, match=match):
        PurchasesInPeriods(**given | change)
