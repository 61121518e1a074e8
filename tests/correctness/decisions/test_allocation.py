"""The best spending gives the reference numbers, and what brute force over grids and SLSQP find."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize

from retainkit.decisions.spending.allocation import Spendable, allocate_budget
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.off_optimum import cost_of_being_off
from retainkit.decisions.spending.response_curves import (
    AdbudgResponse,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
)
from retainkit.decisions.spending.spending import best_spending, best_spending_within

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "decisions_allocation.toml").read_text(encoding="utf-8")
)
CASE = REFERENCE["case"][0]
MODEL = BlattbergDeighton(
    **CASE["inputs"],
    acquisition=ExponentialResponse.through(**CASE["acquisition"]),
    retention=ExponentialResponse.through(**CASE["retention"]),
)


def random_model(rng: np.random.Generator, kind: str) -> BlattbergDeighton:
    """Curves with floors, of one kind or mixed."""

    def curve(kind: str, low: float, high: float) -> ResponseCurve:
        ceiling = rng.uniform(low, high)
        floor = rng.uniform(0.0, 0.5) * ceiling
        if kind == "exponential":
            return ExponentialResponse(ceiling, rng.uniform(0.03, 0.4), floor)
        if kind == "hill":
            return HillResponse(ceiling, rng.uniform(2.0, 25.0), rng.uniform(0.6, 4.0), floor)
        return AdbudgResponse(ceiling, rng.uniform(0.8, 3.0), rng.uniform(5.0, 200.0), floor)

    return BlattbergDeighton(
        margin_per_period=rng.uniform(20.0, 120.0),
        discount_rate=rng.uniform(0.02, 0.25),
        acquisition=curve(kind, 0.05, 0.6),
        retention=curve(kind, 0.5, 0.95),
    )


# ---- reference numbers ------------------------------------------------------------------------------


def close(found: float, wanted: dict[str, float]) -> bool:
    return abs(found - wanted["value"]) <= wanted["tolerance"]


def test_the_present_customer_equity_is_the_reference_number() -> None:
    assert close(MODEL.customer_equity(*CASE["present"]), CASE["present_customer_equity"])


@pytest.mark.parametrize(
    "figure",
    [
        "acquisition_spend",
        "retention_spend",
        "acquisition_rate",
        "retention_rate",
        "lifetime_value",
        "customer_equity",
    ],
)
def test_the_optimum_is_the_reference_number(figure: str) -> None:
    assert close(getattr(best_spending(MODEL), figure), CASE[figure])


def test_at_the_optimum_marginal_costs_are_equal_and_equal_to_the_value_of_a_customer() -> None:
    plan = best_spending(MODEL)
    verdict = plan.five_times
    assert verdict.winning.marginal_cost == pytest.approx(plan.lifetime_value, rel=1e-9)
    assert verdict.keeping.marginal_cost == pytest.approx(plan.lifetime_value, rel=1e-9)


@pytest.mark.parametrize(
    ("ratio", "m", "d", "winning", "keeping"),
    [
        (0.84, 50, 0.1, (1, 0.125, 0.5), (5, 0.4, 0.8)),
        (1.65, 100, 0.1, (5, 0.2, 0.4), (10, 0.6, 0.8)),
        (4.44, 50, 0.2, (10, 0.125, 0.5), (5, 0.5, 0.8)),
        (7.81, 200, 0.15, (5, 0.05, 0.1), (5, 0.6, 0.8)),
    ],
)
def test_at_the_optimum_the_ratio_of_averages_may_be_anything(
    ratio: float, m: float, d: float, winning: tuple[float, ...], keeping: tuple[float, ...]
) -> None:
    """The optimum is found here from the formulas alone, by a general search."""
    (A0, a0, a_top), (R0, r0, r_top) = winning, keeping
    k_a, k_r = -np.log(1 - a0 / a_top) / A0, -np.log(1 - r0 / r_top) / R0

    def lost(x: np.ndarray) -> float:
        a, r = a_top * (1 - np.exp(-k_a * x[0])), r_top * (1 - np.exp(-k_r * x[1]))
        return float(x[0] - a * (m + (m * r - x[1]) / (1 + d - r)))

    options: Any = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 10_000}
    A, R = minimize(lost, [A0, R0], method="Nelder-Mead", options=options).x
    wanted = (A / a_top / (1 - np.exp(-k_a * A))) / (R / r_top / (1 - np.exp(-k_r * R)))
    model = BlattbergDeighton(
        m,
        d,
        ExponentialResponse.through(A0, a0, ceiling=a_top),
        ExponentialResponse.through(R0, r0, ceiling=r_top),
    )
    verdict = best_spending(model).five_times
    assert verdict.average_ratio == pytest.approx(wanted, rel=1e-5)
    assert abs(verdict.average_ratio - ratio) < 5e-3
    assert verdict.marginal_ratio == pytest.approx(1.0, rel=1e-9)


# ---- brute force ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "seed"), list(itertools.product(("exponential", "hill", "adbudg"), range(8)))
)
def test_no_spending_on_a_grid_earns_more_than_the_best(kind: str, seed: int) -> None:
    model = random_model(np.random.default_rng(seed), kind)
    plan = best_spending(model)
    A, R = np.linspace(0, 150, 901), np.linspace(0, 120, 901)
    grid = model.customer_equity(A[:, None], R[None, :])
    assert plan.customer_equity >= grid.max() - 1e-12
    near_A = plan.acquisition_spend + np.array([-1e-3, 0.0, 1e-3])
    near_R = plan.retention_spend + np.array([-1e-3, 0.0, 1e-3])
    near = model.customer_equity(np.maximum(near_A, 0)[:, None], np.maximum(near_R, 0)[None, :])
    assert plan.customer_equity >= near.max() - 1e-12
    if 0 < plan.acquisition_spend < 150 and 0 < plan.retention_spend < 120:
        assert plan.customer_equity - grid.max() < 0.02  # the grid comes close, so neither is a mistake


@pytest.mark.parametrize(
    ("kind", "budget"), list(itertools.product(("exponential", "hill"), (500, 4_000, 15_000)))
)
def test_no_sharing_of_the_budget_on_a_grid_earns_more(kind: str, budget: float) -> None:
    model = random_model(np.random.default_rng(int(budget)), kind)
    plan = best_spending_within(model, budget=budget, prospects=1000, customers=400)
    A, R = np.linspace(0, budget / 1000, 801)[:, None], np.linspace(0, budget / 400, 801)[None, :]
    worth = 1000 * model.customer_equity(A, R) + 400 * (model.lifetime_value(R) - model.margin_per_period)
    allowed = budget * (1 + 1e-12) >= 1000 * A + 400 * R
    assert plan.value >= np.where(allowed, worth, -np.inf).max() - 1e-9
    assert plan.on_prospects + plan.on_customers <= budget * (1 + 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("budget", [1_000, 4_000, 9_000, 16_000, 40_000])
def test_the_budget_is_shared_as_slsqp_shares_it(budget: float) -> None:
    """scipy's sequential quadratic programming, from several starts."""

    def lost(x: np.ndarray) -> float:
        worth = MODEL.lifetime_value(x[1])
        return -(MODEL.customer_equity(x[0], x[1]) + 0.5 * (worth - 50)) / 10

    found = [
        minimize(
            lost,
            start,
            method="SLSQP",
            bounds=[(0, None), (0, 60)],
            constraints=LinearConstraint([[1, 0.5]], -np.inf, budget / 1000),
            options={"ftol": 1e-14, "maxiter": 500},
        )
        for start in ([0.2, 0.2], [0.1, budget / 1000], [budget / 2000, budget / 2000])
    ]
    best = min(found, key=lambda r: r.fun)
    plan = best_spending_within(MODEL, budget=budget, prospects=1000, customers=500)
    assert plan.value == pytest.approx(-10_000 * best.fun, rel=1e-9)
    assert plan.acquisition_spend == pytest.approx(best.x[0], abs=2e-3)
    assert plan.retention_spend == pytest.approx(best.x[1], abs=2e-3)
    if plan.unused < 1e-6 and plan.acquisition_spend > 0.01:
        assert plan.return_on_winning == pytest.approx(plan.return_on_keeping, rel=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_segments_share_a_budget_as_slsqp_shares_it(seed: int) -> None:
    """Diminishing returns everywhere: the problem is concave and a local optimum is the optimum."""
    rng = np.random.default_rng(seed)
    options = {
        f"segment {i}": Spendable(
            ExponentialResponse(rng.uniform(0.3, 0.9), rng.uniform(0.02, 0.2), rng.uniform(0, 0.2)),
            value=rng.uniform(20, 200),
            customers=float(rng.integers(1, 20)),
        )
        for i in range(5)
    }
    budget = rng.uniform(50, 600)
    n = np.array([o.customers for o in options.values()], np.float64)

    def lost(spend: np.ndarray) -> float:
        worth = [o.value * o.response.at(x) for o, x in zip(options.values(), spend / n, strict=True)]
        return float(spend.sum() - n @ np.array(worth)) / 100  # type: ignore[operator]

    best = minimize(
        lost,
        np.full(5, budget / 10),
        method="SLSQP",
        bounds=[(0, None)] * 5,
        constraints=LinearConstraint(np.ones((1, 5)), -np.inf, budget),
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    plan = allocate_budget(options, budget=budget)
    assert plan.net_value == pytest.approx(-100 * best.fun, rel=1e-8)
    assert plan.net_value >= -100 * best.fun - 1e-9
    assert np.array(plan.spend) == pytest.approx(best.x, abs=0.02)
    assert plan.gap <= 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_segments_with_s_shaped_responses_share_a_budget_as_a_grid_does(seed: int) -> None:
    """Every allocation in steps of a hundredth of the budget, by dynamic programming."""
    rng = np.random.default_rng(100 + seed)
    options = {
        str(i): Spendable(
            HillResponse(rng.uniform(0.2, 0.9), rng.uniform(4, 40), rng.uniform(1.2, 6), rng.uniform(0, 0.1)),
            value=rng.uniform(40, 250),
            customers=float(rng.integers(5, 60)),
            most=rng.uniform(15, 80),
        )
        for i in range(5)
    }
    budget, steps = float(rng.uniform(300, 2500)), 400
    best = np.zeros(steps + 1)
    for option in options.values():
        n, step = float(option.customers), budget / steps
        each = np.arange(steps + 1) * step / n
        net = n * (float(option.value) * np.asarray(option.response.at(each)) - each)
        net = np.where(each <= float(option.most), net, -np.inf)
        best = np.array([np.max(best[: k + 1] + net[k::-1]) for k in range(steps + 1)])
    plan = allocate_budget(options, budget=budget)
    assert plan.net_value >= best.max() - 1e-9
    assert plan.net_value - best.max() <= 0.01 * abs(best.max())
    assert 0.0 <= plan.gap <= 1e-9 * abs(best.max())
    assert sum(plan.spend) <= budget * (1 + 1e-12)


# ---- being off --------------------------------------------------------------------------------------


def test_being_off_costs_the_difference_of_customer_equity() -> None:
    off = cost_of_being_off(MODEL, acquisition_spend=[5, 12], retention_spend=[10, 17])
    there: Any = MODEL.customer_equity([5, 12], [10, 17])
    assert off.loss == pytest.approx(best_spending(MODEL).customer_equity - there, rel=1e-12)
    assert off.loss[0] == pytest.approx(18.838685 - 12.272727, abs=1e-6)
    assert (off.return_on_winning > 1.0).tolist() == [True, False]
