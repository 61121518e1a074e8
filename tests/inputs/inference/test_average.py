"""What a model average refuses, and what it says to do instead."""

from __future__ import annotations

from typing import Any

import pytest

import retainkit as rk
from retainkit.inference import average

DATA = rk.Renewals.from_survivors([1000, 869, 743, 653, 593])
GEOMETRIC = rk.posterior(rk.Geometric, DATA, draws=50, seed=1)
BETA = rk.posterior(rk.ShiftedBetaGeometric, DATA, draws=40, seed=1)
OTHER = rk.posterior(rk.Geometric, rk.Renewals.from_survivors([1000, 869, 743, 653]), draws=50, seed=1)
MONTHS = rk.posterior(
    rk.Geometric, rk.Renewals.from_survivors([1000, 869, 743, 653, 593], unit="month"), draws=50, seed=1
)
MOMENTS = rk.posterior(rk.Exponential, DATA, draws=50, seed=1)
BUYING = rk.posterior(rk.NBD, rk.NBD(r=1.0, alpha=5.0).sample([20.0] * 50, seed=1), draws=50, seed=1)
HALVES = [0.5, 0.5]

BAD: list[tuple[Any, Any, str]] = [
    ([], "evidence", "posteriors must have at least one"),
    (GEOMETRIC, "evidence", "posteriors must be several posteriors"),
    ([GEOMETRIC, rk.Geometric], HALVES, "posteriors must be posteriors"),
    ([GEOMETRIC, rk.fit(rk.ShiftedBetaGeometric, DATA)], HALVES, "posteriors must be posteriors"),
    ([GEOMETRIC, GEOMETRIC], HALVES, "posteriors must have names that differ.*mapping"),
    ([BETA, OTHER], HALVES, "posteriors must be of the same customers as ShiftedBetaGeometric"),
    ([BETA, MONTHS], HALVES, "posteriors must count in one unit"),
    ([BETA, BUYING], HALVES, "posteriors must be of one kind of data"),
    ([BETA, MOMENTS], HALVES, "posteriors must count time alike, as ShiftedBetaGeometric"),
    ([BETA, GEOMETRIC], [0.5, 0.6], "share must add up to 1, got 1.1. Divide"),
    ([BETA, GEOMETRIC], [0.0, 0.0], "share must add up to 1, got 0.0. Give at least one"),
    ([BETA, GEOMETRIC], [1.5, -0.5], "share must be .*0 or more"),
    ([BETA, GEOMETRIC], [1.0], "share must have a number for each of the 2 models"),
    ([BETA, GEOMETRIC], "stacking", "share must be one of 'evidence'"),
    ([BETA, GEOMETRIC], [float("nan"), 1.0], "share must be"),
]


@pytest.mark.parametrize(("posteriors", "weights", "told"), BAD)
def test_what_is_no_average_is_refused_with_a_way_out(posteriors: Any, weights: Any, told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        average(posteriors, share=weights)


def test_posteriors_of_unequal_length_give_as_many_draws_as_their_weights_leave() -> None:
    known = average([GEOMETRIC, BETA], share=[0.9, 0.1])
    assert len(known) == 50
    assert len(average([GEOMETRIC, BETA], share=[0.1, 0.9])) == 44


def test_an_average_has_no_fit_no_prior_and_no_left_out_customers() -> None:
    known = average([GEOMETRIC, BETA], share=HALVES)
    for ask, told in (
        (lambda: rk.posterior(known, DATA, seed=1), "model must be one model"),
        (lambda: rk.fit(known.family, DATA), "model must be one model to be fitted"),
        (lambda: rk.priors.prior_from(known), "posterior must be of one model"),
        (lambda: rk.inference.loo(known, DATA), "posterior must be of one model"),
        (lambda: average({"a": known, "b": BETA}, share=HALVES), "posteriors must be of one model each"),
        (lambda: known.model.log_likelihood_and_score(DATA), "model must have parameters of its own"),
    ):
        with pytest.raises(rk.InputError, match=told):
            ask()


def test_a_question_that_one_of_the_models_does_not_answer_is_none_of_the_average() -> None:
    known = average([GEOMETRIC, BETA], share=HALVES)
    assert not hasattr(known.model, "expected_purchases")
    with pytest.raises(rk.InputError, match="estimate must answer expected_purchases"):
        rk.inference.predict(known, DATA, horizon=2.0)
