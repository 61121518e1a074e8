"""Simulated subscriptions: what was put in comes out, late entries and periods cut off included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit.ingest.examples import (
    OBSERVATION_END,
    PLANS,
    VOLUNTARY_SHARE,
    simulate_subscriptions,
)
from retainkit.ingest.subscriptions import SubscriptionSummary, summarize_subscriptions
from retainkit.summaries import Renewals

UNTIL = np.datetime64("2024-12-31")
DAILY_CHURN = 0.004


def leaving_any_day(seed: int, customers: int = 40_000) -> dict[str, np.ndarray]:
    """Everyone leaves with the same small probability on every day; acquired over three years."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2022-01-01") + rng.integers(0, 1_090, customers).astype("m8[D]")
    end = start + rng.geometric(DAILY_CHURN, customers)
    return {
        "id": np.arange(customers),
        "from": start,
        "to": np.where(end <= UNTIL, end, np.datetime64("NaT", "D")),
    }


def summary(table: dict[str, np.ndarray], **options: Any) -> SubscriptionSummary:
    shared: dict[str, Any] = {
        "customer_id": "id",
        "start": "from",
        "end": "to",
        "observation_end": "2024-12-31",
    }
    shared |= options
    return summarize_subscriptions(table, **shared)


def truncated(table: dict[str, np.ndarray], day: str) -> dict[str, np.ndarray]:
    """Without those who had left by then: what a company has that deletes old customers."""
    known = ~(table["to"] <= np.datetime64(day))
    return {name: column[known] for name, column in table.items()}


def churn_by_period(r: Renewals, periods: range) -> tuple[np.ndarray, np.ndarray]:
    """Share that left in each period, and its standard error."""
    at_risk = np.array([((r.entry < k) & (r.duration >= k)).sum() for k in periods])
    left = np.array([((r.duration == k) & (r.event > 0)).sum() for k in periods])
    share = left / at_risk
    return share, np.sqrt(share * (1 - share) / at_risk)


@pytest.mark.parametrize("day", [None, "2024-01-01", "2024-07-09"])
def test_a_constant_rate_comes_out_of_exact_tenures(day: str | None) -> None:
    table = leaving_any_day(seed=1)
    s = summary(table if day is None else truncated(table, day), unit="day", observation_start=day)
    r = s.renewals
    watched = float((r.duration - r.entry).sum())
    rate = r.churned / watched
    assert abs(rate - DAILY_CHURN) < 3 * np.sqrt(rate * (1 - rate) / watched)
    if day is not None:  # without their entry the survivors would look as if nobody had left before
        assert r.churned / float(r.duration.sum()) < 0.8 * DAILY_CHURN


@pytest.mark.parametrize("day", [None, "2024-01-01", "2024-07-09"])
@pytest.mark.parametrize(("unit", "days"), [("week", 7.0), ("month", 30.4375), ("quarter", 91.3125)])
def test_a_constant_rate_comes_out_of_whole_periods(unit: Any, days: float, day: str | None) -> None:
    table = leaving_any_day(seed=2)
    source = table if day is None else truncated(table, day)
    r = summary(source, unit=unit, tenure="whole-periods", observation_start=day).renewals
    at_risk = float((r.duration - r.entry).sum())
    share = r.churned / at_risk
    true = 1 - (1 - DAILY_CHURN) ** days
    assert abs(share - true) < 3 * np.sqrt(true * (1 - true) / at_risk)


def test_counting_the_period_that_is_cut_off_would_overstate_churn() -> None:
    """Why those who left in it do not count: the plain count is off by many standard errors."""
    r = summary(leaving_any_day(seed=3), unit="quarter", tenure="exact").renewals
    completed = np.where(r.event > 0, np.ceil(r.duration), np.floor(r.duration))
    share = r.churned / float(completed.sum())
    true = 1 - (1 - DAILY_CHURN) ** 91.3125
    assert share - true > 5 * np.sqrt(true * (1 - true) / float(completed.sum()))


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("day", [None, "2023-08-20"])
def test_beta_geometric_churn_by_age_comes_out_of_the_simulated_table(plan: str, day: str | None) -> None:
    """P(leave at renewal k | there) = α/(α + β + k − 1): Fader & Hardie (2007)."""
    table = simulate_subscriptions(customers=60_000, seed=4)
    s = summarize_subscriptions(
        table,
        customer_id="customer_id",
        start="start",
        end="end",
        segment="plan",
        reason="reason",
        tenure="renewals",
        observation_start=day,
        observation_end=OBSERVATION_END,
        earlier="leave-out",
    )
    periods = range(1, 25)
    share, error = churn_by_period(s.by_segment[plan], periods)
    made = PLANS[plan]
    true = made.alpha / (made.alpha + made.beta + np.array(periods) - 1)
    assert np.abs((share - true) / error).max() < 3.5
    assert abs(np.mean((share - true) / error)) < 3 / np.sqrt(len(periods))
    voluntary = np.mean(s.renewals.event[s.renewals.event > 0] == 2)
    assert s.renewals.reasons == ("payment failed", "voluntary")
    assert abs(voluntary - VOLUNTARY_SHARE) < 3 * np.sqrt(0.21 / s.renewals.churned)


def test_the_share_of_the_plans_comes_out() -> None:
    table = simulate_subscriptions(customers=60_000, seed=5)
    share = np.mean(table["plan"] == "basic")
    assert abs(share - PLANS["basic"].share) < 3 * np.sqrt(0.21 / 60_000)
