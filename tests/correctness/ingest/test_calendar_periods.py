"""Covariates by month, quarter and year are those of the calendar: each day in its own, at its own length."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.units import DAYS_PER

START = dt.date(2023, 1, 1)
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def summary(dates: list[str], unit: Any, rows: int, width: float = 1.0, start: object = START) -> Any:
    """One customer, and a covariate that numbers the periods: sums tell in which ones purchases lie."""
    periods = rk.CovariatePeriods(np.arange(rows)[:, None], names=["number"], width=width)
    table = {"id": ["a"] * len(dates), "date": dates}
    given: dict[str, Any] = {"unit": unit, "periods": periods, "periods_start": start}
    return rk.summarize_over_time(table, customer_id="id", date="date", **given).data


@pytest.mark.parametrize(
    ("unit", "width"), [("month", 1), ("month", 2), ("quarter", 1), ("quarter", 2), ("year", 1)]
)
def test_the_first_and_the_last_day_of_each_month_lie_in_its_own_period(unit: str, width: int) -> None:
    months = MONTHS[unit] * width
    for m in range(24):
        first = dt.date(2023 + m // 12, m % 12 + 1, 1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        for day in (first, last):
            if day > START:
                data = summary([START.isoformat(), day.isoformat()], unit, 24, width)
                assert data.at_purchases.tolist() == [[m // months]]


def test_periods_have_the_lengths_of_the_calendar_and_begin_on_the_day_of_the_start() -> None:
    data = summary(["2024-01-31", "2024-03-30"], "month", 4, start="2024-01-31")
    edges = np.array(["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"], "M8[D]")
    assert np.rint(data.periods.edges * DAYS_PER["month"]).tolist() == (edges - edges[0]).astype(int).tolist()
    assert data.at_purchases.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("unit", "width", "expected"), [("week", 2.0, 3), ("day", 7.0, 6), ("month", 0.5, 2)]
)
def test_other_widths_count_evenly(unit: str, width: float, expected: int) -> None:
    """Day 45: in the fourth fortnight, the seventh week, the third half of a mean month of 30.4375 days."""
    data = summary(["2023-01-01", "2023-02-15"], unit, 9, width)
    assert data.at_purchases.tolist() == [[expected]]
    assert data.periods.end == pytest.approx(9 * width)


def test_felt_time_is_the_sum_over_the_days_of_the_calendar() -> None:
    """February counts 28 days of its own pace; by brute force over days, for a pace of e^(0.1 * month)."""
    data = summary(["2023-01-10", "2023-03-01", "2023-05-20"], "month", 6)
    model = rk.models.OverTime(rk.NBD(r=0.5, alpha=2.0, unit="month"), ("number",), (0.1,))
    days = [dt.date(2023, 1, 10) + dt.timedelta(days=k) for k in range(130)]  # to 20 May
    felt = sum(np.exp(0.1 * (day.month - 1)) for day in days) / DAYS_PER["month"]
    plain = model.base.expected_purchases_new(felt)
    answer = model.expected_purchases_new(data.periods, data.purchases.T[0], birth=data.birth[0])
    assert answer == pytest.approx(plain, rel=1e-12)
    inside = rk.Purchases(frequency=2, recency=felt, T=felt)
    expected = model.base.log_likelihood(inside)[0] + 0.1 * (2 + 4)
    assert model.log_likelihood(data)[0] == pytest.approx(expected, rel=1e-12)


def test_an_effect_on_purchases_at_the_first_of_the_month_is_found() -> None:
    """Orders on the first of a month, e^0.8 times as often in December and June: each in its own period."""
    rng = np.random.default_rng(5)
    firsts = [dt.date(2022 + m // 12, m % 12 + 1, 1) for m in range(36)]
    high = np.array([day.month in (6, 12) for day in firsts], float)
    lines = [
        (k, day)
        for k, rate in enumerate(rng.gamma(2.0, 0.1, 4_000))
        for day, sale in zip(firsts, high, strict=True)
        if day == firsts[0] or rng.random() < 1.0 - np.exp(-rate * np.exp(0.8 * sale) / 4.0)
    ]
    table = {"id": np.array([k for k, _ in lines]), "date": np.array([d for _, d in lines], "M8[D]")}
    periods = rk.CovariatePeriods(high[:, None], names=["sale"])
    given: dict[str, Any] = {"periods": periods, "periods_start": firsts[0], "unit": "month"}
    tx = rk.summarize_over_time(table, customer_id="id", date="date", observation_end="2024-12-31", **given)
    fitted = rk.fit(rk.with_covariates_over_time(rk.NBD, ["sale"]), tx)
    name = "purchasing.sale"
    assert abs(fitted.model.parameters[name] - 0.8) < 3.0 * fitted.standard_errors[name] < 0.15


def test_a_purchase_after_the_last_period_is_refused_and_edges_are_checked() -> None:
    with pytest.raises(rk.InputError, match="periods must reach as far as is asked"):
        summary(["2023-01-01", "2023-04-01"], "month", 3)
    assert summary(["2023-01-01", "2023-03-31"], "month", 3).at_purchases.tolist() == [[2.0]]
    for edges in ([0.0, 1.0], [0.0, 2.0, 1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(rk.InputError, match="edges must"):
            rk.CovariatePeriods([[0.0], [1.0]], names=["sale"], edges=edges)
    with pytest.raises(rk.InputError, match="width must be left out where edges are given"):
        rk.CovariatePeriods([[0.0], [1.0]], names=["sale"], edges=[0, 1, 3], width=2.0)
