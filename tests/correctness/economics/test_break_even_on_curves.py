"""Break-even on survival curves: the published number, sums by hand, and honest answers about never."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retainkit.economics import (
    break_even,
    break_even_distribution,
    break_even_margin,
    break_even_on_curve,
)

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "payback.toml").read_text(encoding="utf-8")
)


def beta_geometric(gamma: float, delta: float, periods: int) -> Any:
    tenure = np.arange(periods)
    return np.cumprod(np.r_[1.0, (delta + tenure) / (gamma + delta + tenure)])


@pytest.mark.parametrize("case", REFERENCE["curve"], ids=lambda c: c["id"])
def test_a_mixed_base_pays_back_where_its_average_churn_never_would(case: dict[str, Any]) -> None:
    curve = beta_geometric(case["gamma"], case["delta"], 100)
    cost, margin = case["acquisition_cost"], case["margin_per_period"]
    result = break_even_on_curve(cost, margin, curve)
    assert result.payments is not None
    assert result.payments == case["payments"]
    assert abs(result.collected[result.payments - 1] - case["collected"]) <= case["tolerance"]
    assert break_even(cost, margin, churn=case["gamma"] / (case["gamma"] + case["delta"])).never


@pytest.mark.parametrize("kind", ["list", "array", "pandas", "callable", "model"])
def test_any_kind_of_curve_is_the_same_curve(kind: str) -> None:
    class Model:
        def survival(self, t: Any) -> Any:
            return 0.95**t

    shares = (0.95 ** np.arange(61.0)).tolist()
    curve: Any = {
        "list": shares,
        "array": np.array(shares),
        "pandas": pd.Series(shares, index=range(5, 66)),
        "callable": lambda t: 0.95**t,  # pyright: ignore[reportUnknownLambdaType]
        "model": Model(),
    }[kind]
    result = break_even_on_curve(500, 50, curve, horizon=60)
    assert result.payments == 14
    assert result.collected.size == 60
    assert result.periods == pytest.approx(13 + (500 - 1000 * (1 - 0.95**13)) / (50 * 0.95**13), rel=1e-12)


def test_every_cost_is_counted_when_and_for_whom_it_is_said_to_be() -> None:
    survival, d = np.array([1, 0.8, 0.7, 0.65, 0.6]), 0.1
    result = break_even_on_curve(
        [60, 30],
        80,
        survival,
        discount_rate=d,
        timing="end-if-retained",
        onboarding_cost=5,
        retention_cost_per_period=7,
        instalments="while-retained",
    )
    assert result.cost == pytest.approx(60 + 30 * 0.8 / 1.1 + 5, rel=1e-15)
    by_hand = [80 * survival[k + 1] / 1.1 ** (k + 1) - 7 * survival[k] / 1.1**k for k in range(4)]
    np.testing.assert_allclose(result.collected, np.cumsum(by_hand), rtol=1e-14)
    np.testing.assert_allclose(result.net, np.cumsum(by_hand) - result.cost, rtol=1e-13)
    owed = break_even_on_curve([60, 30], 80, survival, discount_rate=d, instalments="owed")
    assert owed.cost == pytest.approx(60 + 30 / 1.1, rel=1e-15)


def test_the_critical_margin_and_cost_of_a_curve_just_pay_back() -> None:
    curve = beta_geometric(1, 9, 36)
    terms: dict[str, Any] = {"discount_rate": 0.01, "onboarding_cost": 20, "retention_cost_per_period": 3}
    for timing in ("begin", "mid", "end", "end-if-retained"):
        result = break_even_on_curve(500, 50, curve, timing=timing, **terms)
        assert result.critical_margin is not None
        at = break_even_on_curve(500, result.critical_margin, curve, timing=timing, **terms)
        assert at.net[-1] == pytest.approx(0, abs=1e-10)
        most = result.critical_acquisition_cost - 20
        assert break_even_on_curve(most * (1 - 1e-12), 50, curve, timing=timing, **terms).payments == 36
        assert break_even_on_curve(most * (1 + 1e-9), 50, curve, timing=timing, **terms).payments is None
    constant = break_even_on_curve(500, 50, lambda t: 0.95**t, horizon=12)
    assert constant.critical_margin == pytest.approx(
        break_even_margin(500, churn=0.05, horizon=12), rel=1e-13
    )


def test_margins_may_differ_from_period_to_period() -> None:
    result = break_even_on_curve(100, [10, 20, 30, 40, 50], np.ones(6))
    assert result.payments == 4
    assert result.periods == 4.0
    assert result.critical_margin is None


def test_never_is_said_only_where_it_is_known() -> None:
    def left(text: Any) -> bool:
        return "not known" in str(text)

    ends_early = break_even_on_curve(500, 50, [1, 0.9, 0.8])
    assert (ends_early.payments, ends_early.never, ends_early.periods) == (None, False, math.inf)
    assert left(ends_early)
    everyone_gone = break_even_on_curve(500, 50, [1, 0.5, 0])
    assert everyone_gone.never
    assert not left(everyone_gone)
    assert break_even_on_curve(500, -1, [1, 0.9]).never
    assert break_even_on_curve(500, 50, [1, 0.9], retention_cost_per_period=50).never
    assert break_even_on_curve(500, 50, lambda t: 0.9**t, discount_rate=0.01).never
    assert not break_even_on_curve(500, [50, 50], [1, 0.9, 0.8], discount_rate=0.5).never  # margins end, too
    assert not break_even_on_curve(5000, 50, [1, 1], discount_rate=0.01).never  # 5,050 in a perpetuity
    assert break_even_on_curve(5051, 50, [1, 1], discount_rate=0.01).never


def test_a_sum_that_runs_into_the_cost_does_not_reach_it_by_rounding() -> None:
    for cost, margin, kept in [(500, 50, 0.9), (30, 3, 0.9), (1, 0.3, 0.7), (1000, 7, 0.993)]:
        result = break_even_on_curve(cost, margin, lambda t, r=kept: r**t, horizon=5000)
        assert result.payments is None
    assert break_even_on_curve(3, 0.3, np.ones(20)).payments == 10  # but ten times 0.3 are 3
    assert break_even_on_curve(3, 0.3, np.ones(20)).periods == 10.0


def test_nothing_to_pay_back_is_paid_back_from_the_start() -> None:
    result = break_even_on_curve(0, 50, [1, 0.9])
    assert (result.payments, result.periods) == (0, 0.0)
    assert "from the start" in str(result)


def test_how_many_customers_pay_back_is_the_share_that_stays_long_enough() -> None:
    result = break_even_distribution(500, 50, lambda t: 0.95**t)
    assert result.probability == pytest.approx(0.95**9, rel=1e-12)  # those who make the tenth payment
    begun = np.arange(1, 10)
    lost = 0.05 * 0.95 ** (begun - 1)
    assert result.expected_loss == pytest.approx((lost * (500 - 50 * begun)).sum() / lost.sum(), rel=1e-12)
    assert result.expected_net == pytest.approx(1000 - 500, rel=1e-12)
    late = break_even_distribution(500, 50, lambda t: 0.95**t, timing="end-if-retained")
    assert late.probability == pytest.approx(0.95**10, rel=1e-12)


def test_customers_of_whom_nothing_is_known_are_counted_apart() -> None:
    result = break_even_distribution(500, 50, [1, 0.9, 0.8])
    assert (result.probability, result.undecided) == (0.0, 0.8)
    assert result.expected_loss == pytest.approx(425, rel=1e-14)
    assert "80% are still there" in str(result)


def test_a_payment_to_the_cent_pays_back_for_each_customer() -> None:
    curve = [1, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert break_even_distribution(0.9, 0.3, curve).probability == pytest.approx(0.8, rel=1e-14)
    # a perpetuity of 5 at 1% is worth 505 from now on: no number of payments is
    assert (
        break_even_distribution(505, 5, lambda t: 0.999**t, discount_rate=0.01, horizon=9000).probability
        == 0.0
    )


def test_records_say_what_they_hold() -> None:
    curve = break_even_on_curve(500, 50, [1.0, 0.95, 0.9], discount_rate=0.01, period="month")
    assert curve.as_dict()["payments"] is None
    assert '"periods": null' in curve.model_dump_json()
    assert "<table>" in curve._repr_html_()
    spread = break_even_distribution(500, 50, [1.0, 0.95, 0.9])
    assert spread.model_dump()["probability"] == 0.0
    assert "expected loss" in spread._repr_html_()


def test_what_may_be_spent_is_the_most_that_was_ever_collected() -> None:
    # a later period that costs more than it brings takes nothing from what was paid back before it
    result = break_even_on_curve(50, [100, -200], [1, 1, 1])
    assert (result.payments, result.critical_acquisition_cost) == (1, 100.0)
    assert break_even_on_curve(100, [100, -200], [1, 1, 1]).payments == 1
    assert break_even_on_curve(0, -5, [1, 1]).critical_acquisition_cost == 0.0
    # of who is left keeping costs more than the margin: the margin that is enough by some payment
    curve = {"survival": [1.0, 0.5, 0.5], "timing": "end-if-retained", "retention_cost_per_period": 30.0}
    critical = break_even_on_curve(50, 200, **curve).critical_margin
    # 0.5·m − 30 ≥ 50 after one payment, m − 45 ≥ 50 after two
    assert critical == pytest.approx(95.0)
    curve["survival"] = [1.0, 1.0, 0.1]
    assert break_even_on_curve(50, 200, **curve).critical_margin == pytest.approx(80.0)
    assert break_even_on_curve(50, 80.0, **curve).payments == 1
