"""Response curves, their fits and the spending decisions agree with each other along every detour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit.decisions.spending.allocation import Spendable, allocate_budget
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.off_optimum import cost_of_being_off
from retainkit.decisions.spending.response_curves import (
    AdbudgResponse,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
)
from retainkit.decisions.spending.response_fit import fit_response
from retainkit.decisions.spending.spending import best_spending, best_spending_within
from retainkit.draws import Draws
from retainkit.economics import Rate, residual_lifetime_value

CURVES: list[ResponseCurve] = [
    ExponentialResponse(0.8, 0.07, 0.1),
    HillResponse(0.8, 12.0, 3.0, 0.1),
    HillResponse(0.8, 12.0, 1.0),
    HillResponse(0.8, 12.0, 0.4, 0.2),
    AdbudgResponse(0.8, 2.0, 150.0, 0.1),
]
WINNING = ExponentialResponse.through(5, 0.2, ceiling=0.4)
KEEPING = ExponentialResponse.through(10, 0.6, ceiling=0.8)
MODEL = BlattbergDeighton(50, 0.15, WINNING, KEEPING)


class Own(ResponseCurve):
    """A curve of a user's own: the exponential without its closed forms."""

    def __init__(self, like: ExponentialResponse) -> None:
        self._like = like
        self.floor, self.ceiling = like.floor, like.ceiling

    @property
    def inflection(self) -> Any:
        return 0.0

    def at(self, spend: Any) -> Any:
        return self._like.at(spend)

    def slope(self, spend: Any) -> Any:
        return self._like.slope(spend)


# ---- curves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
def test_the_slope_is_the_derivative_and_its_inverse_finds_the_way_back(curve: ResponseCurve) -> None:
    x = np.geomspace(float(np.max(curve.inflection)) + 0.5, 300.0, 50)
    h = 1e-6 * x
    assert curve.slope(x) == pytest.approx((curve.at(x + h) - curve.at(x - h)) / (2 * h), rel=1e-7)
    assert curve.spend_at_slope(curve.slope(x)) == pytest.approx(x, rel=1e-10)
    assert ResponseCurve.spend_at_slope(curve, curve.slope(x)) == pytest.approx(x, rel=1e-8)


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
def test_a_curve_starts_at_its_floor_and_stays_below_its_ceiling(curve: ResponseCurve) -> None:
    assert curve.rate(0) == curve.floor
    rates = curve.rate(np.geomspace(0.01, 1e6, 200))
    assert np.all(np.diff(rates) >= 0) and rates[-1] <= curve.ceiling
    slopes = curve.slope(np.linspace(0.01, 100, 2000))
    steepest = np.linspace(0.01, 100, 2000)[np.argmax(slopes)]
    assert steepest == pytest.approx(max(0.01, float(np.max(curve.inflection))), abs=0.06)


def test_little_s_curve_is_hill_s_in_other_letters() -> None:
    little, hill = AdbudgResponse(0.7, 2.5, 80.0, 0.2), HillResponse(0.7, 80.0 ** (1 / 2.5), 2.5, 0.2)
    x = np.linspace(0, 60, 100)
    assert little.at(x) == pytest.approx(hill.at(x), rel=1e-13)
    assert little.at(x) == pytest.approx(0.2 + 0.5 * x**2.5 / (80.0 + x**2.5), rel=1e-12)


def test_a_curve_of_one_s_own_decides_as_the_same_curve_does() -> None:
    own = BlattbergDeighton(50, 0.15, Own(WINNING), Own(KEEPING))
    ours, theirs = best_spending(MODEL), best_spending(own)
    assert theirs.acquisition_spend == pytest.approx(ours.acquisition_spend, rel=1e-9)
    assert theirs.retention_spend == pytest.approx(ours.retention_spend, rel=1e-9)
    options = {"a": Spendable(WINNING, 90, 10), "b": Spendable(KEEPING, 60, 20)}
    same = {"a": Spendable(Own(WINNING), 90, 10), "b": Spendable(Own(KEEPING), 60, 20)}
    assert allocate_budget(same, budget=200).spend == pytest.approx(
        allocate_budget(options, budget=200).spend, rel=1e-8
    )


# ---- the model --------------------------------------------------------------------------------------


def test_without_spending_the_value_is_that_of_economics() -> None:
    flat = BlattbergDeighton(50, 0.15, WINNING, ExponentialResponse(0.6, 1.0, floor=0.6))
    residual = residual_lifetime_value(50, retention=0.6, discount_rate=0.15, instant="after-payment")
    assert flat.lifetime_value(0) == pytest.approx(50 + residual, rel=1e-13)
    assert best_spending(flat).retention_spend == 0.0


def test_the_value_is_a_sum_over_periods() -> None:
    r, R, d = KEEPING.rate(12), 12.0, 0.15
    value = 50 + sum((50 * r**t - R * r ** (t - 1)) / (1 + d) ** t for t in range(1, 400))
    assert MODEL.lifetime_value(12) == pytest.approx(value, rel=1e-12)


def test_a_rate_with_its_period_is_converted() -> None:
    yearly = BlattbergDeighton(50, Rate(0.12, "year"), WINNING, KEEPING, period="month")
    assert yearly.discount_rate == pytest.approx(1.12 ** (1 / 12) - 1)


def test_draws_that_are_all_alike_decide_as_one() -> None:
    many = BlattbergDeighton(
        Draws(np.full(20, 50.0)),
        0.15,
        WINNING,
        ExponentialResponse(0.8, Draws(np.full(20, float(KEEPING.k)))),
    )
    one, found = best_spending(MODEL), best_spending(many)
    assert found.acquisition_spend == pytest.approx(one.acquisition_spend, abs=1e-5)
    assert found.retention_spend == pytest.approx(one.retention_spend, abs=1e-5)
    assert found.customer_equity == pytest.approx(np.full(20, one.customer_equity), rel=1e-9)
    assert found.value_of_knowing == pytest.approx(0.0, abs=1e-9)


@pytest.mark.slow
def test_with_draws_no_spending_on_a_grid_earns_more_on_average_and_knowing_helps() -> None:
    rng = np.random.default_rng(4)
    model = BlattbergDeighton(
        Draws(rng.normal(50, 4, 200)),
        0.15,
        ExponentialResponse(Draws(rng.beta(40, 60, 200)), Draws(0.14 * rng.lognormal(0, 0.4, 200))),
        ExponentialResponse(Draws(rng.beta(80, 20, 200)), Draws(0.14 * rng.lognormal(0, 0.4, 200))),
    )
    plan = best_spending(model)
    grid = np.array(
        [
            [np.mean(model.customer_equity(A, R)) for A in np.linspace(5, 20, 61)]
            for R in np.linspace(8, 30, 61)
        ]
    )
    best = float(np.mean(plan.customer_equity))
    assert grid.max() <= best + 1e-12 < grid.max() + 0.02
    each = [
        best_spending(
            BlattbergDeighton(
                float(model.margin_per_period[i]),  # type: ignore[index]
                0.15,
                ExponentialResponse(model.acquisition.ceiling[i], model.acquisition.k[i]),  # type: ignore[index]
                ExponentialResponse(model.retention.ceiling[i], model.retention.k[i]),  # type: ignore[index]
            )
        ).customer_equity
        for i in range(30)
    ]
    R = model.best_retention_spend()
    value = model.value_and_equity(np.zeros(()), R)[0]
    knowing = model.value_and_equity(model.best_acquisition_spend(value), R)[1]
    assert knowing[:30] == pytest.approx(each, rel=1e-9)
    assert plan.value_of_knowing == pytest.approx(np.mean(knowing) - best, rel=1e-9) and best < np.mean(
        knowing
    )


def test_a_budget_without_limit_is_spent_as_without_a_budget() -> None:
    plan = best_spending_within(MODEL, budget=1e9, prospects=1000, customers=500)
    free = best_spending(MODEL)
    assert plan.acquisition_spend == pytest.approx(free.acquisition_spend, abs=1e-4)
    assert plan.retention_spend == pytest.approx(free.retention_spend, abs=1e-4)
    assert plan.return_on_winning == pytest.approx(1.0, abs=1e-5)
    assert plan.return_on_keeping == pytest.approx(1.0, abs=1e-5)


def test_each_assumption_turns_the_plan_where_it_says() -> None:
    plan = best_spending(MODEL, present=(5, 10))
    here, there = (plan.acquisition_spend, plan.retention_spend), (5, 10)
    turning = [a for a in plan.assumptions if a.turning_point is not None]
    assert {a.name for a in turning} >= {"margin_per_period", "acquisition.k", "retention.ceiling"}
    for a in turning:
        changed = MODEL.with_inputs({a.name: float(a.turning_point or 0.0)})
        assert changed.customer_equity(*here) == pytest.approx(changed.customer_equity(*there), abs=1e-8)


def test_the_best_spending_is_not_off() -> None:
    plan = best_spending(MODEL)
    off = cost_of_being_off(
        MODEL, acquisition_spend=plan.acquisition_spend, retention_spend=plan.retention_spend
    )
    assert off.loss == pytest.approx(0.0, abs=1e-12)
    assert off.return_on_winning == pytest.approx(1.0, rel=1e-9)
    assert off.return_on_keeping == pytest.approx(1.0, rel=1e-9)


# ---- one budget, many options -----------------------------------------------------------------------


def test_money_without_limit_goes_to_each_option_as_if_it_were_alone() -> None:
    options = {str(i): Spendable(c, value=60.0 + 20 * i, customers=10) for i, c in enumerate(CURVES)}
    together = allocate_budget(options)
    alone = [allocate_budget({name: option}).spend[0] for name, option in options.items()]
    assert together.spend == pytest.approx(alone, rel=1e-12)
    assert together.unspent == np.inf


def test_the_parameters_of_the_curves_turn_an_allocation_where_they_say() -> None:
    both = {"keep": Spendable(KEEPING, 80, 30), "win": Spendable(WINNING, 200, 50)}
    names = {a.name for a in allocate_budget(both, budget=300).assumptions}
    assert names >= {"keep.value", "keep.customers", "keep.ceiling", "keep.k", "keep.floor", "win.k"}
    plan = allocate_budget({"keep": both["keep"]}, budget=300)
    turning = [a for a in plan.assumptions if a.turning_point is not None]
    assert {a.name for a in turning} >= {"keep.value", "keep.ceiling", "keep.k", "keep.floor"}
    for a in turning:
        assert plan.gain_with(**{a.name: float(a.turning_point or 0.0)}) == pytest.approx(0.0, abs=1e-7)


def test_a_budget_has_turning_points_at_which_the_spending_gains_nothing() -> None:
    plan = best_spending_within(MODEL, budget=12_000, prospects=1000, customers=500)
    turning = [a for a in plan.assumptions if a.turning_point is not None]
    assert {a.name for a in turning} >= {"margin_per_period", "retention.k"}
    for a in turning:
        assert plan.gain_with(**{a.name: float(a.turning_point or 0.0)}) == pytest.approx(0.0, abs=1e-5)
    nothing = best_spending_within(MODEL, budget=0, prospects=1000, customers=500)
    assert plan.gain == pytest.approx(plan.value - nothing.value, rel=1e-12)


def test_a_segment_cut_in_two_gets_the_same() -> None:
    whole = allocate_budget({"a": Spendable(KEEPING, 80, 30), "b": Spendable(WINNING, 200, 50)}, budget=300)
    halves = allocate_budget(
        {"a": Spendable(KEEPING, 80, 10), "c": Spendable(KEEPING, 80, 20), "b": Spendable(WINNING, 200, 50)},
        budget=300,
    )
    assert halves.net_value == pytest.approx(whole.net_value, rel=1e-10)
    assert halves.spend[0] + halves.spend[1] == pytest.approx(whole.spend[0], rel=1e-9)


def test_options_with_draws_are_shared_by_the_mean_and_carry_draws() -> None:
    rng = np.random.default_rng(6)
    unsure = ExponentialResponse(Draws(rng.beta(60, 40, 300)), Draws(0.1 * rng.lognormal(0, 0.5, 300)))
    options = {"unsure": Spendable(unsure, 100, 20), "sure": Spendable(KEEPING, 60, 20)}
    plan = allocate_budget(options, budget=300)
    assert np.shape(plan.gain) == (300,)
    first = np.linspace(0, 300, 3001)
    net = 20 * 100 * unsure.at(first[:, None] / 20).mean(axis=1) + 20 * 60 * KEEPING.at(15 - first / 20) - 300
    assert np.mean(plan.net_value) == pytest.approx(net.max(), rel=1e-7)
    assert np.mean(plan.net_value) >= net.max() - 1e-9
    assert plan.marginal_return[0] == pytest.approx(plan.marginal_return[1], rel=1e-9)


# ---- fits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES[:2] + CURVES[-1:], ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("customers", [None, 400])
def test_points_on_a_curve_give_the_curve_back(curve: Any, customers: int | None) -> None:
    x = np.array([0.0, 2, 5, 9, 14, 20, 35, 60, 100])
    found = fit_response(x, curve.rate(x), curve=type(curve), ceiling=None, floor=None, customers=customers)
    assert found.curve.rate(x) == pytest.approx(curve.rate(x), abs=1e-7)
    for name in found.names:
        assert getattr(found.curve, name) == pytest.approx(getattr(curve, name), rel=1e-4)


def test_one_point_with_its_number_of_customers_is_as_unsure_as_the_share() -> None:
    fitted = fit_response(5, 0.2, ceiling=0.4, customers=1000)
    assert float(fitted.curve.k) == pytest.approx(float(WINNING.k), rel=1e-7)
    rates = fitted.draws(40_000, seed=2).rate(5)
    assert np.std(rates) == pytest.approx(np.sqrt(0.2 * 0.8 / 1000), rel=0.03)
    assert fitted.standard_errors is not None
    slope = 0.4 * 5 * np.exp(-5 * float(WINNING.k))
    assert fitted.standard_errors["k"] == pytest.approx(np.sqrt(0.2 * 0.8 / 1000) / slope, rel=1e-6)


def test_standard_errors_of_judgements_weigh_as_numbers_of_customers_do() -> None:
    x, y = np.array([2.0, 5, 10]), WINNING.rate(np.array([2.0, 5, 10]))
    counted = fit_response(x, y, ceiling=0.4, customers=500)
    judged = fit_response(x, y, ceiling=0.4, standard_error=np.sqrt(y * (1 - y) / 500))
    assert counted.standard_errors == pytest.approx(judged.standard_errors, rel=1e-6)


@pytest.mark.slow
def test_intervals_of_a_fit_cover_the_truth() -> None:
    """Counts drawn from a curve with an unknown ceiling; 90% intervals of the rate at 30."""
    rng = np.random.default_rng(9)
    truth = ExponentialResponse(0.5, 0.08)
    x, n = np.array([3.0, 8, 15, 30, 60]), 400
    inside = 0
    for seed in range(200):
        shares = rng.binomial(n, truth.rate(x)) / n
        fitted = fit_response(x, shares, ceiling=None, customers=n)
        low, high = np.quantile(fitted.draws(500, seed=seed).rate(30), [0.05, 0.95])
        inside += bool(low <= truth.rate(30) <= high)
    assert 0.84 <= inside / 200 <= 0.96


@pytest.mark.slow
def test_draws_of_a_fit_go_into_a_decision() -> None:
    winning = fit_response([2, 5, 10], [0.09, 0.2, 0.31], ceiling=0.4, customers=300).draws(500, seed=1)
    plan = best_spending(BlattbergDeighton(50, 0.15, winning, KEEPING))
    assert np.shape(plan.customer_equity) == (500,)
    assert "90% between" in str(plan) and plan.worth_it
    assert plan.model_dump_json()
