"""Company values meet the reference numbers, and cohort-by-cohort sums done without the library."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.company.acquisition_schedule import bass_schedule, substitution_schedule
from retainkit.decisions.company.company_value import value_company
from retainkit.decisions.company.leverage import leverage_effect, shareholder_value
from retainkit.errors import InputError

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "decisions_company.toml").read_text())
FIRM: dict[str, Any] = {
    "margin_per_period": 60,
    "acquisition_cost": 90,
    "overhead_per_period": 1_500,
    "tax_rate": 0.25,
    "discount_rate": 0.1,
    "horizon": 12,
    "margin_growth": 0.02,
    "overhead_growth": 0.03,
    "non_operating_assets": 2_000,
    "debt": 5_000,
}


@pytest.mark.parametrize("case", REFERENCE["leverage"], ids=lambda c: str(c["expected"]))
def test_leverage_is_the_published_number(case: dict[str, Any]) -> None:
    other = {"non_operating_assets": case["non_operating_assets"], "debt": case["debt"]}
    assert abs(leverage_effect(case["customer_equity"], **other) - case["expected"]) <= case["tolerance"]


def test_customer_equity_becomes_shareholder_value() -> None:
    case = REFERENCE["netflix"]
    value = shareholder_value(
        case["customer_equity"],
        non_operating_assets=case["non_operating_assets"],
        debt=case["debt"],
        tax=case["tax"],
    )
    assert abs(value - case["expected"]) <= case["tolerance"]


def brute_force(acquired: list[float], *, carried: bool, terminal: float | None) -> dict[str, float]:
    """Every cohort of every period, one by one."""

    def own(t: int) -> float:
        return 0.8**t

    def new(t: int) -> float:
        return 9 / (9 + t)

    found: dict[str, float] = {"customers": 0.0, "new": 0.0, "overhead": 0.0, "tax": 0.0}
    profits = 0.0
    taxed_so_far = 0.0
    for k in range(12):
        there = sum(acquired[j] * new(k - j) for j in range(k + 1))
        margin, overhead = 60 * 1.02**k, 1500 * 1.03**k
        cost = 90 * acquired[k]
        profit = margin * (1000 * own(k) + there) - overhead - cost
        profits += profit
        taxable = max(profits - taxed_so_far, 0.0) if carried else profit
        taxed_so_far += taxable if carried else 0.0
        end, start = 1.1 ** -(k + 1), 1.1**-k
        more = 1.0
        if k == 11 and terminal is not None:
            more += math.fsum(((1 + terminal) / 1.1) ** i for i in range(1, 5000))
        found["customers"] += more * margin * 1000 * own(k) * end
        found["new"] += more * (margin * there * end - cost * start)
        found["overhead"] += more * overhead * end
        found["tax"] += more * 0.25 * taxable * end
    return found


@pytest.mark.parametrize("terminal", [None, 0.02])
@pytest.mark.parametrize("losses", ["relieved", "carried-forward"])
def test_a_company_is_the_sum_of_its_cohorts(losses: Any, terminal: float | None) -> None:
    acquired = [400.0, 500.0, 300.0, 0.0, 250.0, 100.0, 80.0, 60.0, 50.0, 40.0, 30.0, 20.0]
    firm = value_company(
        1000,
        acquired=acquired,
        survival=lambda t: 0.8**t,
        survival_of_new=lambda t: 9 / (9 + t),
        **FIRM,
        losses=losses,
        terminal_growth=terminal,
    )
    parts = brute_force(acquired, carried=losses == "carried-forward", terminal=terminal)
    assert firm.value_of_customers == pytest.approx(parts["customers"], rel=1e-11)
    assert firm.value_of_new_customers == pytest.approx(parts["new"], rel=1e-11)
    assert firm.overhead == pytest.approx(parts["overhead"], rel=1e-11)
    assert firm.tax == pytest.approx(parts["tax"], rel=1e-11)
    operating = parts["customers"] + parts["new"] - parts["overhead"] - parts["tax"]
    assert firm.shareholder_value == pytest.approx(operating - 3000, rel=1e-10)
    assert firm.gain == pytest.approx(operating - 3000, rel=1e-10)
    assert firm.leverage == pytest.approx(operating / (operating - 3000), rel=1e-10)


def taxed_year_by_year(profits: list[float], growth: float, discount: float) -> float:
    """Tax at 25%, losses carried forward, the last profit going on and growing for 3,000 years."""
    loss, tax = 0.0, 0.0
    for k in range(len(profits) + 3000):
        p = profits[k] if k < len(profits) else profits[-1] * (1 + growth) ** (k - len(profits) + 1)
        tax += 0.25 * max(p - loss, 0.0) / (1 + discount) ** (k + 1)
        loss = max(loss - p, 0.0)
    return tax


@pytest.mark.slow
@pytest.mark.parametrize("growth", [0.0, 0.02, -0.03])
def test_what_follows_the_last_period_is_taxed_once_losses_are_used(growth: float) -> None:
    rng = np.random.default_rng(round(100 * growth) + 5)
    late = 0
    for _ in range(60):
        n = int(rng.integers(1, 8))
        won, at_hand = rng.uniform(0, 3000, n).tolist(), rng.uniform(0, 2000)
        margin, cost, overhead = rng.uniform(20, 120), rng.uniform(50, 400), rng.uniform(0, 60_000)
        firm = value_company(
            at_hand,
            acquired=won,
            survival=lambda t: 0.8**t,
            margin_per_period=margin,
            acquisition_cost=cost,
            overhead_per_period=overhead,
            tax_rate=0.25,
            discount_rate=0.12,
            horizon=n,
            losses="carried-forward",
            terminal_growth=growth,
            non_operating_assets=0,
            debt=0,
        )
        there = [at_hand * 0.8**k + sum(won[j] * 0.8 ** (k - j) for j in range(k + 1)) for k in range(n)]
        profits = [margin * c - overhead - cost * w for c, w in zip(there, won, strict=True)]
        assert firm.tax == pytest.approx(taxed_year_by_year(profits, growth, 0.12), rel=1e-9, abs=1e-6)
        late += profits[-1] > 0 > sum(profits)
    assert late > 5  # companies that are still to make up for losses when the forecast ends


def test_the_margin_of_the_average_base_is_counted_period_by_period() -> None:
    """Customers at the start and at the end of each of four years, halved; all money at the end of a year."""
    won, share, new = [400.0, 300.0, 0.0, 50.0], [1.0, 0.8, 0.7, 0.65, 0.6], [1.0, 0.7, 0.6, 0.5]
    firm = value_company(
        1000,
        acquired=won,
        survival=share,
        survival_of_new=new,
        counted="average",
        **{**FIRM, "horizon": 4},
    )
    value, before = 0.0, 1000.0
    for k in range(4):
        after = 1000 * share[k + 1] + sum(won[j] * new[k - j] for j in range(k + 1))
        margin = 60 * 1.02**k * (before + after) / 2
        value += 0.75 * (margin - 1500 * 1.03**k - 90 * won[k]) / 1.1 ** (k + 1)
        before = after
    assert firm.operating_value == pytest.approx(value, rel=1e-12)
    with pytest.raises(InputError, match="counted must be one of 'start', 'average'"):
        value_company(1000, acquired=won, survival=share, counted="mean", **{**FIRM, "horizon": 4})  # type: ignore[arg-type]


def test_losses_early_on_are_taxed_only_once_they_are_made_up_for() -> None:
    firm = value_company(
        0,
        acquired=[100, 0, 0, 0],
        survival=lambda t: 0.5**t,
        **{**FIRM, "horizon": 4},
        losses="carried-forward",
    )
    assert np.all(firm.flows.tax == 0.0)  # 100·60·(1 + ½ + ¼ + ⅛) is less than 9,000 and overhead


def test_every_break_even_of_a_company_is_worth_its_price() -> None:
    base: dict[str, Any] = {"acquired": 50, "survival": lambda t: 0.8**t, "price": 40_000}
    firm = value_company(1000, **base, **FIRM)
    turns = {a.name: a.turning_point for a in firm.assumptions}
    for name in ("margin_per_period", "overhead_per_period", "tax_rate", "discount_rate", "debt"):
        turned = value_company(1000, **base, **{**FIRM, name: turns[name]})
        assert abs(turned.gain) <= 1e-6 * abs(firm.gain)
    assert value_company(1000, **{**base, "price": turns["price"]}, **FIRM).gain == pytest.approx(0, abs=1e-3)
    faster = 0.8 ** turns["hazard_ratio"] if turns["hazard_ratio"] else 1.0
    other = value_company(1000, **{**base, "survival": lambda t: faster**t}, **FIRM)
    assert abs(other.gain) <= 1e-6 * abs(firm.gain)


def test_schedules_are_differences_of_their_curves() -> None:
    t = np.arange(0, 9)
    logistic = 1000 / (1 + np.exp(2.0 - 0.5 * (t + 3)))
    schedule = substitution_schedule(1000, beta=-2, gamma=0.5, horizon=8, start=3)
    assert schedule == pytest.approx(np.diff(logistic), rel=1e-12)
    won = np.array([0.0])
    for _ in range(8 * 20_000):  # dF/dt = (p + qF)(1 − F), step by step at the middle
        f = won[-1]
        half = f + (0.03 + 0.4 * f) * (1 - f) / 40_000
        won = np.array([f + (0.03 + 0.4 * half) * (1 - half) / 20_000])
    assert bass_schedule(1000, p=0.03, q=0.4, horizon=8).sum() == pytest.approx(1000 * won[-1], rel=1e-8)
