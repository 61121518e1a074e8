"""The record of a break-even whose inputs are not known exactly: of each draw what the record of it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.economics import BreakEven

RNG = np.random.default_rng(1)
# payments that meet the cost to the cent, everyone leaving, never, nothing to pay back with
CHURN = [0.0, 0.05, 0.1, 0.0999, 0.2, 1.0, *RNG.beta(5, 60, 30)]
COST = [500.0, 487.5, 500.0, 500.0, 100.0, 50.0, *RNG.gamma(20, 25.0, 30)]
MARGIN = [50.0, 50.0, 50.0, 50.0, -1.0, 50.0, *RNG.normal(50, 8, 30)]


@pytest.mark.parametrize("timing", ["begin", "mid", "end", "end-if-retained"])
@pytest.mark.parametrize("rates", [{}, {"discount_rate": 0.01, "growth": 0.002}])
def test_of_every_draw_it_is_the_record_of_its_numbers(timing: Any, rates: dict[str, float]) -> None:
    drawn = rk.break_even(
        rk.Draws(COST), rk.Draws(MARGIN), churn=rk.Draws(CHURN), timing=timing, period="month", **rates
    )
    each = [
        rk.break_even(k, m, churn=c, timing=timing, period="month", **rates)
        for k, m, c in zip(COST, MARGIN, CHURN, strict=True)
    ]
    for name in ("periods", "payments", "paid_back_after", "critical_churn"):
        exact = [np.inf if (value := getattr(one, name)) is None else value for one in each]
        assert np.asarray(getattr(drawn, name)) == pytest.approx(exact, rel=1e-9, abs=1e-9), name
    assert drawn.probability_of_never == np.mean([one.never for one in each]) > 0.0
    assert drawn.never is False
    for payments in (0, 3, [0, 1, 2.5]):
        exact = [np.asarray(one.cumulative_net(payments)) for one in each]
        found = drawn.cumulative_net(payments)
        assert isinstance(found, rk.Draws)
        np.testing.assert_allclose(found.values, exact, rtol=1e-9, atol=1e-9)


def test_one_input_may_be_drawn_and_the_others_known() -> None:
    drawn = rk.break_even(500, 50, churn=rk.churn_posterior(19, 200, seed=1))
    assert drawn.critical_churn == rk.break_even(500, 50).critical_churn
    assert drawn.periods == rk.break_even_periods(500, 50, churn=drawn.churn)
    assert "never in 41.9% of 4,000 draws" in str(drawn)
    assert "From a churn of 10% on it is never paid back." in str(drawn)
    assert BreakEven.from_json(drawn.model_dump_json()) == drawn
    assert len(drawn.to_frame()["periods"]) == 4_000
    grown = rk.break_even(500, 50, churn=0.05, growth=rk.Draws([0.0, 0.01]))
    assert np.asarray(grown.critical_churn)[1] == rk.break_even(500, 50, growth=0.01).critical_churn
    hopeless = rk.break_even(500, rk.Draws([1.0, 2.0]), churn=0.3)
    assert (hopeless.never, hopeless.probability_of_never) == (True, 1.0)
    assert str(hopeless).startswith("Never paid back in the middle")


@pytest.mark.parametrize("cost", [[500.0], rk.Draws(np.full((3, 2), 500.0))])
def test_columns_beside_draws_are_refused_by_name(cost: Any) -> None:
    with pytest.raises(rk.InputError, match="acquisition_cost must be a single number here, or draws of one"):
        rk.break_even(cost, 50, churn=rk.Draws([0.1, 0.2, 0.3]))
    with pytest.raises(rk.InputError, match="as many draws as"):
        rk.break_even(rk.Draws([1.0, 2.0]), 50, churn=rk.Draws([0.1, 0.2, 0.3]))
