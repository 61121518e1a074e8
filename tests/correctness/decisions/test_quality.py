"""Returns on quality and on marketing meet the reference numbers, and sums period by period."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.company.brand_switching import improved_switching, return_on_switching
from retainkit.decisions.service.return_on_quality import return_on_quality, roi_of_customer_equity
from retainkit.economics import brand_switching_value

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "decisions_service.toml").read_text())


def test_return_on_quality_is_its_sum_period_by_period() -> None:
    roq = return_on_quality(
        50,
        cost=60_000,
        cost_per_period=1_500,
        churn=0.05,
        hazard_ratio=0.85,
        customers=3_000,
        acquired_per_period=150,
        acquisition_lift=0.1,
        savings_per_period=400,
        discount_rate=0.01,
        horizon=24,
        starts_after=2,
        acquisition_cost=90,
        tax_rate=0.3,
    )
    old = new = 3000.0
    equity, spent, so_far, back = 0.0, 0.7 * 60_000, -0.7 * 60_000, math.inf
    for k in range(1, 25):
        works, v = k > 2, 0.7 * 1.01**-k
        came = 15.0 if works and k < 24 else 0.0
        gained = v * (50 * (new - old) + (400 if works else 0) - 90 * came)
        equity, spent, so_far = equity + gained, spent + v * 1500, so_far + gained - v * 1500
        back = min(back, k) if so_far >= 0 else back
        old, new = old * 0.95 + 150, new * (0.95**0.85 if works else 0.95) + 150 + (15 if works else 0)
    assert roq.equity_change == pytest.approx(equity, rel=1e-11)
    assert roq.cost == pytest.approx(spent, rel=1e-12)
    assert roq.roi == pytest.approx((equity - spent) / spent, rel=1e-10)
    assert roq.payback_periods == back < 24


def test_the_return_on_customer_equity_is_change_less_expenditure_over_expenditure() -> None:
    assert roi_of_customer_equity(1_250_000, cost=1_000_000) == 0.25


def test_equity_with_brand_switching_is_the_reference_number_times_the_buyers() -> None:
    case = REFERENCE["switching"]
    us: dict[str, Any] = {"brand": 0, "discount_rate": case["discount_rate"], "first": "next-purchase"}
    each = brand_switching_value(case["transitions"], contribution_per_purchase=case["contribution"], **us)
    assert np.abs(each - case["expected"]).max() <= case["tolerance"]
    roi = return_on_switching(
        case["transitions"],
        **us,
        last_bought=[60_000, 40_000],
        contribution_per_purchase=case["contribution"],
        utility_change=0.1,
        cost=100_000,
    )
    assert roi.equity_before == pytest.approx(60_000 * each[0] + 40_000 * each[1], rel=1e-12)


def test_a_better_brand_multiplies_its_odds_in_every_row() -> None:
    before = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.1], [0.0, 0.4, 0.6]])
    after = improved_switching(before, brand=0, utility_change=0.4)
    assert after.sum(axis=1) == pytest.approx(before.sum(axis=1), rel=1e-14)
    odds = (after[:2, 0] / after[:2, 1]) / (before[:2, 0] / before[:2, 1])
    assert odds == pytest.approx([math.exp(0.4)] * 2, rel=1e-13)
    assert after[2] == pytest.approx(before[2], rel=1e-14)


def test_return_on_switching_is_its_sum_over_purchases() -> None:
    a = np.array([[0.7, 0.3], [0.5, 0.5]])
    up = a * [math.exp(0.1), 1.0]
    up /= up.sum(axis=1, keepdims=True)

    def equity(table: np.ndarray[Any, Any]) -> float:
        total, share = 0.0, np.array([600.0, 400.0])
        for t in range(1, 800):
            share = share @ table
            total += 20 * share[0] * 1.1**-t
        return total

    roi = return_on_switching(
        a,
        brand=0,
        last_bought=[600, 400],
        contribution_per_purchase=20,
        utility_change=0.1,
        cost=3_000,
        discount_rate=0.1,
        first="next-purchase",
    )
    assert roi.gain == pytest.approx(equity(up) - equity(a) - 3000, rel=1e-9)
    assert roi.roi == pytest.approx((equity(up) - equity(a) - 3000) / 3000, rel=1e-9)
