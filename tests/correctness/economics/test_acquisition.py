"""What customers cost to win and to keep, against hand-made tables, simulations and published numbers."""

from __future__ import annotations

import math
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.economics.cashflows.irr import irr
from retainkit.economics.lifetime.acquisition import customer_irr, ltv_to_cac
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.spending.cac_ladder import acquisition_cost_ladder
from retainkit.economics.spending.five_times import SpendResponse, five_times
from retainkit.economics.spending.retention_cost import cost_per_incremental_save, retention_cost_per_customer
from retainkit.rates import Rate

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "lifetime_value.toml").read_text())
TIMINGS = ["begin", "mid", "end", "end-if-retained", "continuous"]

# three months: 100, 200 and 150 customers are won, 60, 120 and 90 of them by paid means
MONTHS = ["2024-01", "2024-02", "2024-03"]
SPEND = {
    "paid-acquisition": [30_000, 45_000, 60_000],
    "acquisition": [20_000, 20_000, 20_000],
    "onboarding": [1_000, 2_000, 1_500],
    "retention": [10_000, 10_000, 10_000],
    "other": [5_000, 5_000, 5_000],
}
WON = [100, 200, 150]
PAID = [60, 120, 90]


def lines() -> dict[str, list[Any]]:
    """The same spend as a table with a line per expense, two for every amount, not in order."""
    rows = [(p, m, a / 2) for p, amounts in SPEND.items() for m, a in zip(MONTHS, amounts, strict=True)] * 2
    rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
    return {"purpose": [r[0] for r in rows], "month": [r[1] for r in rows], "amount": [r[2] for r in rows]}


def test_every_rung_divides_what_it_says_by_whom_it_says() -> None:
    ladder = acquisition_cost_ladder(SPEND, new_customers=WON, paid_customers=PAID)
    assert ladder["all"] == (135_000 + 60_000 + 30_000 + 15_000) / 450
    assert ladder["acquisition"] == ladder.blended == (135_000 + 60_000) / 450
    assert ladder["with-onboarding"] == (135_000 + 60_000 + 4_500) / 450
    assert ladder["paid"] == 135_000 / 270
    assert [rung.name for rung in ladder] == ["all", "acquisition", "with-onboarding", "paid"]


def test_a_lag_puts_customers_against_the_spend_that_won_them() -> None:
    ladder = acquisition_cost_ladder(SPEND, new_customers=WON, paid_customers=PAID, lag_periods=1)
    assert ladder["acquisition"] == 195_000 / 450  # the rung without lag stays
    assert ladder["lagged"] == ladder.blended == (50_000 + 65_000) / (200 + 150)
    assert ladder["with-onboarding"] == (50_000 + 65_000 + 2_000 + 1_500) / 350
    assert ladder["paid"] == (30_000 + 45_000) / (120 + 90)


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "lazy", "pyarrow"])
def test_a_table_of_expenses_of_any_kind_is_the_same_ladder(kind: str) -> None:
    table: Any = lines()
    if kind == "pandas":
        table = pytest.importorskip("pandas").DataFrame(table)
    elif kind in ("polars", "lazy"):
        table = pytest.importorskip("polars").DataFrame(table)
        table = table.lazy() if kind == "lazy" else table
    elif kind == "pyarrow":
        table = pytest.importorskip("pyarrow").table(table)
    won, paid = dict(zip(MONTHS, WON, strict=True)), dict(zip(MONTHS, PAID, strict=True))
    ladder = acquisition_cost_ladder(
        table, new_customers=won, paid_customers=paid, when="month", lag_periods=1
    )
    expected = acquisition_cost_ladder(SPEND, new_customers=WON, paid_customers=PAID, lag_periods=1)
    assert ladder == expected
    without_months = acquisition_cost_ladder(table, new_customers=450, paid_customers=270)
    assert without_months["all"] == acquisition_cost_ladder(SPEND, new_customers=WON)["all"]


def test_the_ladder_prints_every_rung_with_what_is_counted() -> None:
    text = str(acquisition_cost_ladder(SPEND, new_customers=WON, paid_customers=PAID, lag_periods=1))
    for part in ("433.33", "328.57", "338.57", "357.14", "spent 1 period before", "onboarding"):
        assert part in text


@pytest.mark.parametrize("timing", TIMINGS)
def test_at_its_rate_of_return_a_customer_is_worth_the_cost(timing: Any) -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        cost, m, r, g = (
            rng.uniform(50, 900),
            rng.uniform(0.5, 49),
            rng.uniform(0.01, 1),
            rng.uniform(-0.1, 0.1),
        )
        rate = customer_irr(cost, m, retention=r, growth=g, timing=timing)
        own = Rate(rate, per="month", meant=True)  # it may be more than 100%
        at: dict[str, Any] = {"retention": r, "discount_rate": own, "growth": g, "timing": timing}
        # a rate that is off by its last digit moves the value by 1/(1 + rate − r(1+g)) as much
        slack = 1e-12 * (1 + 1 / abs(1 + rate - r * (1 + g)))
        assert lifetime_value(m, **at, period="month") == pytest.approx(cost, rel=slack)


@pytest.mark.filterwarnings("error")
def test_of_a_large_margin_that_nearly_nobody_stays_for_the_rate_is_known() -> None:
    assert customer_irr(1, 710, churn=1, timing="continuous") == -1.0
    assert customer_irr([1, 1], 720, churn=[1, 0.5], timing="continuous").tolist() == [-1.0, math.inf]
    few = customer_irr(1, 800, retention=1e-300, timing="continuous")
    assert math.log1p(few) == pytest.approx(800 - 300 * math.log(10), rel=1e-13)


def test_the_rate_of_return_is_the_reference_number_and_that_of_the_stream() -> None:
    case = REFERENCE["customer_irr"]
    rate = customer_irr(case["acquisition_cost"], case["margin"], churn=case["churn"], timing="end")
    assert rate == pytest.approx(case["expected"], rel=1e-14)
    stream = [-500.0, *(50 * 0.95**k for k in range(2000))]
    assert rate == pytest.approx(irr(stream), rel=1e-10)


def test_rates_of_return_at_their_ends() -> None:
    assert customer_irr(50, 50, churn=0.1, timing="begin") == math.inf
    assert customer_irr([40, 50, 60], 50, churn=0.1, timing="begin").tolist()[:2] == [math.inf, math.inf]
    assert customer_irr(500, 50, churn=0.1, timing="begin") == pytest.approx(0, abs=1e-15)
    assert customer_irr(500, 50, churn=1, timing="end-if-retained") == -1.0
    assert customer_irr(500, 50, churn=1, timing="continuous") == -1.0
    assert customer_irr(500, 50, churn=1, timing="end") == pytest.approx(-0.9)
    for timing in TIMINGS:  # a rate of 1e-9 keeps its digits: churn that is just paid for, and a little
        tiny = customer_irr(1e9, 1, churn=0, timing=timing)  # type: ignore[arg-type]
        assert tiny == pytest.approx(1e-9, rel=2e-9)


@pytest.mark.parametrize("timing", TIMINGS)
def test_ltv_to_cac_is_value_over_cost_on_its_basis(timing: Any) -> None:
    basis: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "growth": 0.002, "horizon": 60}
    value = lifetime_value(50, **basis, timing=timing)
    assert ltv_to_cac(acquisition_cost=500, margin_per_period=50, **basis, timing=timing) == pytest.approx(
        value / 500, rel=1e-14
    )
    assert (
        ltv_to_cac(
            acquisition_cost=[500, 250], margin_per_period=50, churn=0, discount_rate=0, timing=timing
        ).tolist()
        == [math.inf] * 2
    )


def test_an_incremental_save_costs_more_than_the_naive_figure_says() -> None:
    case = REFERENCE["incremental_save"]
    names = ("churn_untreated", "churn_treated", "cost_per_contact", "incentive")
    save = cost_per_incremental_save(**{name: case[name] for name in names})
    assert abs(save.cost - case["cost"]) <= case["tolerance"]
    assert abs(save.naive_cost - case["naive_cost"]) <= case["tolerance"]
    assert abs(save.wasted_share - case["wasted_share"]) <= case["wasted_tolerance"]


def test_an_incremental_save_is_what_a_simulated_campaign_pays_for_it() -> None:
    rng = np.random.default_rng(3)
    n, p0, p1 = 400_000, 0.30, 0.24
    would_leave = rng.random(n) < p0
    leaves = would_leave & (rng.random(n) < p1 / p0)
    paid = n * 1.0 + (~leaves).sum() * 10.0
    save = cost_per_incremental_save(
        churn_untreated=would_leave.mean(), churn_treated=leaves.mean(), cost_per_contact=1, incentive=10
    )
    assert save.cost == pytest.approx(paid / (would_leave.sum() - leaves.sum()), rel=1e-9)
    assert save.wasted_share == pytest.approx((~would_leave).sum() / (~leaves).sum(), rel=1e-9)


def test_a_campaign_that_saves_nobody_has_an_infinite_cost_per_save() -> None:
    for treated in (0.3, 0.4):
        nobody = cost_per_incremental_save(
            churn_untreated=0.3, churn_treated=treated, cost_per_contact=1, incentive=10
        )
        assert nobody.cost == math.inf
        assert "saves nobody" in str(nobody)


def test_retention_cost_is_spread_over_those_who_stayed() -> None:
    assert retention_cost_per_customer(20_000, customers_at_start=1000, churn=0.2) == 25.0
    assert retention_cost_per_customer(20_000, customers_at_start=1000, retention=0) == math.inf
    assert retention_cost_per_customer([0, 10], customers_at_start=10, retention=0).tolist() == [0, math.inf]


def test_at_the_best_allocation_marginal_costs_are_equal_whatever_the_averages_say() -> None:
    case = REFERENCE["blattberg_deighton"]
    observed_a, observed_r = case["acquisition_observed"], case["retention_observed"]
    k_a = -math.log(1 - observed_a["rate"] / case["acquisition_ceiling"]) / observed_a["spend"]
    k_r = -math.log(1 - observed_r["rate"] / case["retention_ceiling"]) / observed_r["spend"]

    def won(spend: float) -> float:
        return case["acquisition_ceiling"] * -math.expm1(-k_a * spend)

    def kept(spend: float) -> float:
        return case["retention_ceiling"] * -math.expm1(-k_r * spend)

    a, r, step = case["acquisition_spend"], case["retention_spend"], 1e-4
    assert abs(won(a) - case["acquired"]) <= case["tolerance"]
    assert abs(kept(r) - case["retention"]) <= case["tolerance"]
    verdict = five_times(
        SpendResponse(a, won(a), extra_spend=step, extra_customers=won(a + step / 2) - won(a - step / 2)),
        SpendResponse(r, kept(r), extra_spend=step, extra_customers=kept(r + step / 2) - kept(r - step / 2)),
        value_won=case["lifetime_value"],
        value_kept=case["lifetime_value"],
    )
    assert verdict.marginal_ratio == pytest.approx(1, rel=1e-6)
    assert verdict.return_on_winning == pytest.approx(1, rel=1e-6)
    assert verdict.return_on_keeping == pytest.approx(1, rel=1e-6)
    assert verdict.average_ratio > 1.5  # and yet nothing is to be moved


def test_the_five_times_verdict_follows_the_margin_and_not_the_average() -> None:
    won = SpendResponse(100_000, 400, extra_spend=10_000, extra_customers=50)
    kept = SpendResponse(40_000, 800, extra_spend=10_000, extra_customers=20)
    verdict = five_times(won, kept, value_won=600, value_kept=600)
    assert verdict.average_ratio == 5.0
    assert verdict.next_money == "winning"
    assert "proves nothing by itself" in str(verdict)
    assert five_times(kept, won, value_won=600, value_kept=600).next_money == "keeping"
    assert five_times(won, won, value_won=600, value_kept=600).next_money == "either"
    assert five_times(won, kept, value_won=100, value_kept=100).next_money == "neither"


def test_without_marginal_costs_there_is_no_verdict() -> None:
    averages = five_times(
        SpendResponse(100_000, 400), SpendResponse(40_000, 800), value_won=600, value_kept=600
    )
    assert averages.average_ratio == 5.0
    assert averages.next_money is averages.marginal_ratio is None
    assert "proves nothing by itself" in str(averages) and "measure it" in str(averages)


def test_periods_of_spend_are_those_of_customers_however_both_write_them() -> None:
    days = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 2, 1)]
    customers = {"2024-01": 10, date(2024, 2, 1): 30}
    for when in (
        days,
        ["2024-01", "2024-02", "2024-02"],
        [20240101, 20240201, 20240201],
        [202401, 202402, 202402],
    ):
        table = {"purpose": ["acquisition"] * 3, "amount": [100.0, 150.0, 50.0], "m": when}
        ladder = acquisition_cost_ladder(table, new_customers=customers, when="m", lag_periods=1)
        assert ladder["acquisition"] == 7.5 and ladder["lagged"] == 100 / 30
    table = {"purpose": ["acquisition"] * 2, "amount": [100.0, 50.0], "m": ["1/2024", "2/2024"]}
    ladder = acquisition_cost_ladder(table, new_customers=customers, when="m", date_format="%m/%Y")
    assert ladder["acquisition"] == 3.75
