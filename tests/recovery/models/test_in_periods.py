"""Months in place of days: a fit of the counts finds what a fit of the days does, other stand-ins do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.ingest import PeriodSummary

START, MONTHS = np.datetime64("2023-01", "M"), 15
END = str((START + np.timedelta64(MONTHS, "M")).astype("M8[D]") - np.timedelta64(1, "D"))


def shop(model: Any, customers: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The days of orders of customers who came in the first half year; and the same orders by month."""
    rng = np.random.default_rng(seed)
    days = int((np.datetime64(END) - START.astype("M8[D]")).astype(int)) + 1
    born = rng.uniform(0.0, days * 6 / MONTHS, customers)
    told = model.sample((days - born) / 30.4375, seed=rng)
    x = told.frequency.astype(int)
    owner = np.repeat(np.arange(customers), x)
    share = rng.uniform(size=owner.size)
    share[np.cumsum(x)[x > 0] - 1] = 1.0  # the last is at the recency, the others anywhere before
    when = np.concatenate([born, born[owner] + share * told.recency[owner] * 30.4375])
    who = np.concatenate([np.arange(customers), owner])
    day = np.minimum(np.floor(when), days - 1).astype(int)
    who, day = np.unique(np.stack([who, day]), axis=1)  # days with an order, as transactions count them
    date = START.astype("M8[D]") + day.astype("m8[D]")
    pairs, count = np.unique(np.stack([who, date.astype("M8[M]").astype(int)]), axis=1, return_counts=True)
    month = pairs[1].astype("M8[M]").astype(str)
    return {"id": who, "day": date}, {"id": pairs[0], "month": month, "orders": count}


def off(found: Any, exact: Any) -> np.ndarray[Any, Any]:
    """How many standard errors of the fit of days each parameter is away."""
    error, known = exact.standard_errors, exact.model.parameters
    return np.array([abs(v - known[n]) / error[n] for n, v in found.model.parameters.items()])


def by_first_days(told: PeriodSummary) -> rk.Purchases:
    d = told.data
    return rk.Purchases(frequency=d.frequency, recency=d.recency, T=d.T, unit="month")


def by_expected_days(told: PeriodSummary) -> rk.Purchases:
    d = told.data
    first, last = 1.0 / (d.in_first + 1.0), d.in_last / (d.in_last + 1.0)
    recency = np.where(d.frequency > 0, d.recency + last - first, 0.0)
    return rk.Purchases(frequency=d.frequency, recency=recency, T=d.T - first, unit="month")


TRUTHS = [
    rk.BGNBD(r=1.2, alpha=0.9, a=0.8, b=3.0, unit="month"),
    rk.ParetoNBD(r=0.6, alpha=1.2, s=0.6, beta=4.0, unit="month"),
]


@pytest.mark.slow
@pytest.mark.parametrize("truth", TRUTHS, ids=lambda m: type(m).__name__)
def test_months_give_the_parameters_of_the_days(truth: Any) -> None:
    days, months = shop(truth, 6_000, seed=4)
    tx = rk.summarize_transactions(days, customer_id="id", date="day", unit="month", observation_end=END)
    names: dict[str, Any] = {"customer_id": "id", "period": "month", "orders": "orders"}
    told = rk.summarize_periods(months, **names, unit="month", observation_end=END)
    kind = type(truth)
    exact, found = rk.fit(kind, tx), rk.fit(rk.in_periods(kind), told)
    assert np.all(off(found, exact) < 1.0)
    stand_ins: list[Callable[[PeriodSummary], rk.Purchases]] = [by_first_days, by_expected_days]
    for stand_in in stand_ins:
        assert off(rk.fit(kind, stand_in(told)), exact).max() > 2.0
    ahead = np.sum(found.model.expected_purchases(told, 6.0))
    assert ahead == pytest.approx(np.sum(exact.model.expected_purchases(tx, 6.0)), rel=0.01)
    # the periods with an order are exact as they are
    assert rk.fit(rk.BGBB, told).diagnostics.converged
