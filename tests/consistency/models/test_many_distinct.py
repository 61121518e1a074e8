"""Of many customers, hardly two alike, each has the answer that he has alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import retainkit as rk

CUSTOMERS = 20_000
MODELS: list[Any] = [
    rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week"),
    rk.BGNBD(r=np.array([[0.25], [3.0]]), alpha=np.array([[4.4], [0.02]]), a=0.8, b=2.5, unit="week"),
    rk.MBGNBD(r=0.5, alpha=6.0, a=0.9, b=2.5, unit="week"),
    rk.ParetoNBD(r=0.55, alpha=10.6, s=0.61, beta=11.7, unit="week"),
    rk.ParetoNBD(r=0.55, alpha=400.0, s=0.61, beta=1e-3, unit="week"),
    rk.GammaGompertzNBD(r=0.55, alpha=10.6, s=0.61, beta=11.7, b=0.02, unit="week"),
    rk.NBD(r=0.385, alpha=12.07, unit="week"),
    rk.BGCNBDk(r=0.25, alpha=4.4, a=0.8, b=2.5, k=2, unit="week"),
    rk.MBGCNBDk(r=0.5, alpha=4.4, a=0.8, b=2.5, k=3, unit="week"),
]
QUESTIONS: dict[str, Callable[[Any, rk.Purchases], np.ndarray]] = {
    "alive": lambda m, d: m.probability_alive(d),
    "alive later": lambda m, d: m.probability_alive(d, 30.0),
    "purchases": lambda m, d: m.expected_purchases(d, 52.0),
    "discounted": lambda m, d: m.discounted_expected_purchases(d, rk.Rate(0.1, per="year")),
    "none": lambda m, d: m.probability_no_purchase(d, 26.0),
    "variance": lambda m, d: m.variance_of_purchases(d, 52.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "model", MODELS, ids=lambda m: f"{type(m).__name__} {m.alpha if np.ndim(m.alpha) == 0 else 'draws'}"
)
def test_each_has_the_answer_that_he_has_alone(model: Any, question: str) -> None:
    T = np.random.default_rng(1).uniform(0.5, 150.0, CUSTOMERS)
    first = MODELS[0].sample(T=T, seed=1)
    many = rk.Purchases(frequency=first.frequency, recency=first.recency, T=first.T, unit="week")
    assert not many.has_repeats
    places = np.arange(0, CUSTOMERS, 199)
    ask = QUESTIONS[question]
    np.testing.assert_allclose(ask(model, many)[..., places], ask(model, many.entries(places)), rtol=1e-12)


def test_where_purchases_have_no_end_all_have_none() -> None:
    T = np.random.default_rng(1).uniform(0.5, 150.0, CUSTOMERS)
    many = MODELS[0].sample(T=T, seed=1)
    assert np.isinf(MODELS[0].expected_purchases(many, np.inf)).all()


@pytest.mark.parametrize("kind", [rk.BGNBD, rk.MBGNBD])
@pytest.mark.parametrize("most", [40.0, 1e7])
def test_p_alive_by_a_table_of_frequencies_is_that_by_the_odds_of_each(kind: Any, most: float) -> None:
    """Draws have no such table; nor have frequencies beyond the number of customers."""
    x = np.array([0.0, 5.0, 5.0, most, 40.0] * 4_000)  # there for sure, there, surely gone
    recency = np.array([0.0, 1.0, 99.0, 90.0, 1e-3] * 4_000)
    customers = rk.Purchases(frequency=x, recency=recency, T=np.full(x.size, 100.0), unit="week")
    given = {"r": 0.25, "alpha": 4.4, "a": 0.8, "b": 2.5}
    draws = kind(**{name: np.array([[value]]) for name, value in given.items()}, unit="week")
    found = kind(**given, unit="week").probability_alive(customers)
    np.testing.assert_allclose(found, draws.probability_alive(customers)[0], rtol=1e-12)
    assert found.min() < 1e-30 < 0.5 < found.max()
