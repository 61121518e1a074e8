"""The customer-value models of the literature meet their published numbers, and brute-force sums."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.economics.lifetime.berger_nasr import (
    berger_nasr_case_1,
    berger_nasr_case_2a,
    berger_nasr_case_2b,
    berger_nasr_case_3,
    berger_nasr_case_4,
)
from retainkit.economics.segments.customer_equity import brand_switching_value, customer_equity
from retainkit.economics.segments.markov_value import best_stopping, markov_value, recency_chain
from retainkit.economics.segments.migration_value import migration_purchases, migration_value

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "lifetime_value.toml").read_text())
MANY = 10_000


@pytest.mark.parametrize("case", REFERENCE["berger_nasr_1"])
def test_case_1_of_berger_and_nasr_is_as_published(case: dict[str, Any]) -> None:
    assert abs(berger_nasr_case_1(**case["inputs"]) - case["expected"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["berger_nasr_2a"])
def test_case_2a_of_berger_and_nasr_is_as_published(case: dict[str, Any]) -> None:
    assert abs(berger_nasr_case_2a(**case["inputs"]) - case["expected"]) <= case["tolerance"]


def sales_and_promotions(gc: float, m: float, r: float, d: float, cycles: int, years: float) -> float:
    """A sale now and after every cycle of so many years, a promotion half-way between two sales."""
    i = np.arange(cycles + 1.0)
    sales = math.fsum(gc * r**i * (1 + d) ** (-i * years))
    return sales - math.fsum(m * r ** i[:-1] * (1 + d) ** (-(i[1:] - 0.5) * years))


def test_cases_1_and_2_of_berger_and_nasr_are_the_sums_they_abbreviate() -> None:
    rng = np.random.default_rng(6)
    for _ in range(100):
        gc, m, r, d = rng.uniform(1, 500), rng.uniform(0, 99), rng.uniform(0, 1), rng.uniform(-0.1, 0.4)
        cycles, per_year = int(rng.integers(0, 40)), int(rng.integers(1, 13))
        case: dict[str, Any] = {"promotion_cost_per_sale": m, "retention_per_sale": r, "discount_rate": d}
        often = berger_nasr_case_2a(gc, **case, sales_per_year=per_year, years=cycles / per_year)
        assert often == pytest.approx(sales_and_promotions(gc, m, r, d, cycles, 1 / per_year), rel=1e-9)
        seldom = berger_nasr_case_2b(gc, **case, years_per_sale=per_year, years=cycles * per_year)
        assert seldom == pytest.approx(sales_and_promotions(gc, m, r, d, cycles, per_year), rel=1e-9)
        yearly = berger_nasr_case_1(gc, promotion_cost_per_year=m, retention=r, discount_rate=d, years=cycles)
        assert yearly == pytest.approx(sales_and_promotions(gc, m, r, d, cycles, 1), rel=1e-9)


def profit(t: Any, v: float, h: float, g: float, gain: float) -> Any:
    return np.where(t <= g, v + h * t**2, v + h * g**2 + gain * (1 - np.exp(-(t - g))))


def test_case_3_of_berger_and_nasr_is_its_sum_and_case_4_its_integral() -> None:
    rng = np.random.default_rng(7)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for _ in range(100):
        v, h, gain = rng.uniform(-20, 100), rng.uniform(0, 5), rng.uniform(0, 80)
        g, r, d, n = rng.uniform(0, 9), rng.uniform(0.01, 1), rng.uniform(-0.1, 0.4), int(rng.integers(1, 30))
        case: dict[str, Any] = {
            "acceleration": h,
            "turning_year": g,
            "later_gain": gain,
            "retention": r,
            "discount_rate": d,
        }
        t = np.arange(n + 1.0)
        expected = math.fsum(profit(t, v, h, g, gain) * (r / (1 + d)) ** t)
        assert berger_nasr_case_3(v, **case, years=n) == pytest.approx(expected, rel=1e-11)
        edges = np.unique(np.concatenate([np.arange(n + 1.0), [min(g, n)]]))  # the turning year is a kink
        half = 0.5 * np.diff(edges)[:, None]
        t = half * (nodes + 1) + edges[:-1, None]
        expected = math.fsum((half * weights * profit(t, v, h, g, gain) * (r / (1 + d)) ** t).ravel())
        assert berger_nasr_case_4(v, **case, years=n) == pytest.approx(expected, rel=1e-10)


def test_case_4_is_right_where_retention_and_discount_cancel() -> None:
    case: dict[str, Any] = {"acceleration": 3, "turning_year": 4, "later_gain": 0, "retention": 1}
    # ∫₀⁴ (10 + 3t²) dt + ∫₄⁶ (10 + 48) dt
    assert berger_nasr_case_4(10, **case, discount_rate=0, years=6) == pytest.approx(40 + 64 + 116, rel=1e-14)
    near = berger_nasr_case_4(10, **case, discount_rate=1e-12, years=6)
    assert near == pytest.approx(220, rel=1e-11)


def walk(p: list[float], periods: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Purchases in period 0, 1, …, and who is promoted to before each, by moving customers one by one."""
    state = np.zeros(len(p))
    state[0] = 1.0
    bought, promoted = [1.0], []
    for _ in range(periods):
        promoted.append(state.sum())
        buys = float(state @ p)
        state = np.concatenate([[buys], (state * (1 - np.array(p)))[:-1]])
        bought.append(buys)
    return np.array(bought), np.array(promoted)


@pytest.mark.slow
def test_migration_is_the_walk_of_customers_through_recencies() -> None:
    rng = np.random.default_rng(8)
    for _ in range(50):
        p = rng.uniform(0, 0.6, int(rng.integers(1, 7))).tolist()
        d = rng.uniform(0.01, 0.4)
        bought, promoted = walk(p, 2000)
        np.testing.assert_allclose(migration_purchases(p, horizon=60), bought[:61], rtol=1e-12, atol=1e-300)
        t = np.arange(2001.0)
        for n in (12, math.inf):
            last = 2000 if n == math.inf else 12
            expected = math.fsum(40 * bought[: last + 1] * (1 + d) ** -t[: last + 1])
            expected -= math.fsum(4 * promoted[:last] * (1 + d) ** -(t[:last] + 0.5))
            value = migration_value(
                40, promotion_cost=4, purchase_probabilities=p, discount_rate=d, horizon=n
            )
            assert value == pytest.approx(expected, rel=1e-10)


def test_the_markov_values_are_as_published() -> None:
    case = REFERENCE["markov"]
    chain = recency_chain(
        case["purchase_probabilities"],
        contribution_per_purchase=case["contribution_per_purchase"],
        promotion_cost=case["promotion_cost"],
    )
    endless_value = markov_value(*chain, discount_rate=case["discount_rate"])
    np.testing.assert_allclose(endless_value, case["endless"], rtol=0, atol=case["endless_tolerance"])
    four = markov_value(*chain, discount_rate=case["discount_rate"], horizon=4)
    np.testing.assert_allclose(four, case["four_periods"], rtol=0, atol=case["four_periods_tolerance"])


def test_stopping_where_marketing_no_longer_pays_is_as_published() -> None:
    case = REFERENCE["markov"]
    money = {
        "contribution_per_purchase": case["contribution_per_purchase"],
        "promotion_cost": case["promotion_cost"],
    }
    chain = recency_chain(case["purchase_probabilities"], **money)
    plan = best_stopping(*chain, discount_rate=case["discount_rate"])
    assert np.flatnonzero(~plan.go_on)[0] + 1 == case["stop_at_recency"]
    assert abs(plan.value[0] - case["value_when_stopping"]) <= case["value_when_stopping_tolerance"]
    shorter = recency_chain(case["purchase_probabilities"][: case["stop_at_recency"] - 1], **money)
    left = markov_value(*shorter, discount_rate=case["discount_rate"])
    assert plan.value[0] == pytest.approx(left[0], rel=1e-13)


def test_the_best_stopping_plan_beats_every_other_plan() -> None:
    rng = np.random.default_rng(9)
    for _ in range(40):
        n = int(rng.integers(1, 6))
        p = rng.dirichlet(np.ones(n), n)
        r, d = rng.normal(0, 10, n), rng.uniform(0.02, 0.5)
        plan = best_stopping(p, r, discount_rate=d)
        every = []
        for subset in range(2**n):
            on = np.array([subset >> i & 1 for i in range(n)], bool)
            step = np.where(on[:, None], p, 0) / (1 + d)
            every.append(np.linalg.solve(np.eye(n) - step, np.where(on, r, 0)))
        np.testing.assert_allclose(plan.value, np.max(every, axis=0), rtol=1e-9, atol=1e-9)


def test_markov_values_are_the_sum_of_ten_thousand_moves() -> None:
    rng = np.random.default_rng(10)
    for _ in range(5):
        p, r, d = rng.dirichlet(np.ones(4), 4) * 0.999, rng.normal(0, 50, 4), rng.uniform(0, 0.2)
        total, move = np.zeros(4), np.eye(4)
        for _ in range(MANY):
            total += move @ r
            move = move @ p / (1 + d)
        np.testing.assert_allclose(markov_value(p, r, discount_rate=d), total, rtol=1e-9, atol=1e-9)


def test_brand_switching_is_the_reference_number_and_its_sum() -> None:
    case = REFERENCE["brand_switching"]
    us: dict[str, Any] = {"brand": 0, "contribution_per_purchase": case["contribution_per_purchase"]}
    a, d = case["transitions"], case["discount_rate"]
    value = brand_switching_value(a, **us, discount_rate=d, first="next-purchase")
    np.testing.assert_allclose(value, case["expected"], rtol=0, atol=case["tolerance"])
    often = brand_switching_value(a, **us, discount_rate=d, first="now", purchases_per_period=4, horizon=3)
    expected = np.zeros(2)
    for t in range(13):
        expected += 20 * np.linalg.matrix_power(np.array(a), t)[:, 0] / (1 + d) ** (t / 4)
    np.testing.assert_allclose(often, expected, rtol=1e-12)


@pytest.mark.parametrize("timing", ["begin", "mid", "end"])
def test_customer_equity_is_those_of_now_and_a_sum_of_those_to_come(timing: Any) -> None:
    rng = np.random.default_rng(11)
    k = np.arange(MANY) + {"begin": 0.0, "mid": 0.5, "end": 1.0}[timing]
    for _ in range(50):
        n, v, a, c, d = (*rng.uniform(0, 500, 4), rng.uniform(0.01, 0.3))
        expected = n * v + math.fsum(a * (v - c) * (1 + d) ** -k)
        equity = customer_equity(
            n, v, acquired_per_period=a, acquisition_cost=c, discount_rate=d, timing=timing
        )
        assert equity == pytest.approx(expected, rel=1e-11)


def test_customer_equity_without_discount_is_endless_or_what_is_there() -> None:
    base: dict[str, Any] = {"acquired_per_period": 10, "discount_rate": 0}
    assert customer_equity(100, 50, **base, acquisition_cost=40) == math.inf
    assert customer_equity(100, 50, **base, acquisition_cost=60) == -math.inf
    assert customer_equity(100, 50, **base, acquisition_cost=50) == 5000.0
    assert customer_equity([100], 50, **base, acquisition_cost=50).tolist() == [5000.0]
