"""Paybacks of cohorts are those counted day by day; months that are due are those that the model expects."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from billing import days_of, random_case, table_of

import retainkit as rk

MONTHS = [f"2023-{m:02}" for m in range(1, 10)]


def base_of(seed: int) -> tuple[Any, Any]:
    case = random_case(seed)
    case = case._replace(pauses=[])
    names: dict[str, Any] = {
        "customer_id": "id",
        "start": "start",
        "end": "end",
        "amount": "eur",
        "plan": "plan",
    }
    return case, rk.read_subscriptions(
        table_of(case), **names, segment="land", observation_end="2023-09-30", **case.policies
    )


@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_what_a_cohort_has_brought_is_the_sum_of_its_days(seed: int) -> None:
    case, base = base_of(seed)
    brought: dict[tuple[str, str], np.ndarray[Any, Any]] = {}
    for customer in {line.customer for line in case.lines}:
        days = days_of(case, customer)
        there = [day for day, state in days.items() if state]
        if not there:
            continue
        key = dt.date.fromordinal(there[0]).strftime("%Y-%m"), "DE" if customer % 2 else "FR"
        sums = brought.setdefault(key, np.zeros(9))
        for day in there:
            date = dt.date.fromordinal(day)
            paid = sum(cents for _, cents, _ in days[day]) / 100
            sums[date.month - 1] += 0.7 * paid / calendar.monthrange(date.year, date.month)[1]
    rows = [(month, land) for month in MONTHS for land in ("FR", "DE") if (month, land) in brought]
    spend = {"month": [m for m, _ in rows], "land": [land for _, land in rows], "amount": [25.0] * len(rows)}
    found = rk.cohort_payback(base, spend, margin_share=0.7, by=("month", "land")).to_frame()
    for k, (month, land) in enumerate(zip(found["month"], found["land"], strict=True)):
        total = np.cumsum(brought[month, land])
        assert found["margin"][k] == pytest.approx(total[-1], rel=1e-9)
        reached = np.flatnonzero(total >= 25.0)
        expected = reached[0] - MONTHS.index(month) + 1.0 if reached.size else np.nan
        assert found["months"][k] == pytest.approx(expected, nan_ok=True)
    assert len(found["month"]) == len(rows)


def two_cohorts() -> Any:
    table = {"id": [1, 2, 3, 4], "eur": [30.0, 30.0, 30.0, 99.0],
             "from": ["2024-01-01", "2024-01-01", "2024-02-01", "2024-03-01"],
             "to": [None, "2024-02-01", None, None], "land": ["DE", "DE", "DE", "FR"]}  # fmt: skip
    names: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "amount": "eur"}
    return rk.read_subscriptions(pd.DataFrame(table), **names, segment="land", observation_end="2024-03-31")


@pytest.mark.parametrize("churn", [0.1, np.array([[0.02], [0.1], [0.25]])])
def test_the_month_that_is_due_is_the_one_in_which_the_model_expects_the_rest(churn: Any) -> None:
    spend = pd.DataFrame({"month": ["2024-02", "2024-02", "2024-01"], "amount": [50.0, 40.0, 80.0]})
    model = rk.Geometric(churn, unit="month")  # of draws the mean counts
    found = rk.cohort_payback(two_cohorts(), spend, margin_share=0.8, fit=model)
    assert found.spend.tolist() == [80.0, 90.0] and found.customers.tolist() == [2, 1]
    assert found.months.tolist()[0] == 3.0
    stay = np.mean([(1.0 - c) ** np.arange(1, 13) for c in np.ravel(churn)], axis=0)
    rest = 90.0 - 48.0 - 24.0 * np.cumsum(stay)
    assert found.due.tolist() == [
        "",
        str(np.datetime64("2024-04") + np.timedelta64(int(np.argmax(rest <= 0.0)), "M")),
    ]
    assert found.customers_without_spend == 1
    assert isinstance(found.to_frame(), pd.DataFrame) and "1 of 2 cohorts have paid back" in str(found)
    model, dear = rk.Geometric(0.1, unit="month"), {"month": ["2024-02"], "amount": [500.0]}
    never = rk.cohort_payback(two_cohorts(), dear, margin_share=0.8, fit=model)
    assert never.due.tolist() == ["never"]  # 24 a month at 10% churn bring no more than 216


@pytest.mark.parametrize("share", [0.1, 0.3, 0.55, 0.7])
def test_a_cohort_that_has_just_brought_its_cost_has_paid_back_in_that_month(share: float) -> None:
    table = {"id": [1], "eur": [30.0], "from": ["2024-01-01"], "to": [None]}
    base = rk.read_subscriptions(
        table, customer_id="id", start="from", end="to", amount="eur", observation_end="2024-06-30"
    )
    for month in range(1, 7):
        cost = round(share * 100) * 30 * month / 100  # as an accountant rounds: 63, and not 62.99999999999999
        spend = {"month": ["2024-01"], "amount": [cost]}
        assert rk.cohort_payback(base, spend, margin_share=share).months.tolist() == [month]
        dearer = {"month": ["2024-01"], "amount": [cost + 0.01]}
        assert rk.cohort_payback(base, dearer, margin_share=share).months.tolist() != [month]


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "a month before": ({"month": ["2023-12"]}, {}, "month", "2024-01 and 2024-03"),
    "a month to come": ({"month": ["2024-04"]}, {}, "month", "2024-01 and 2024-03"),
    "an unknown group": ({"land": ["UK"]}, {"by": ("month", "land")}, "land", "DE, FR"),
    "a group that was not read": ({"channel": ["ads"]}, {"by": ("month", "channel")}, "by", "'land'"),
    "a model of years": ({}, {"fit": rk.Geometric(0.1, unit="year")}, "fit", "months"),
    "money that came in": ({"amount": [-5.0]}, {}, "amount", "0 or more"),
    "a group twice": ({"land": ["DE"]}, {"by": ("month", "land", "land")}, "by", "once"),
    "no months": ({}, {"by": ()}, "by", "at least one"),
    "a class of models": ({}, {"fit": rk.Geometric}, "fit", "survival"),
    "no margin": ({}, {"margin_share": 20.0}, "margin_share", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_together_is_refused(case: str) -> None:
    columns, options, argument, part = REFUSED[case]
    spend = {"month": ["2024-02"], "amount": [5.0], **columns}
    with pytest.raises(rk.InputError) as caught:
        rk.cohort_payback(two_cohorts(), spend, **{"margin_share": 0.8, **options})
    assert caught.value.argument == argument and part in str(caught.value)


def payments_of(rows: list[tuple[int, str, float]], end: str = "2024-03-31") -> Any:
    table = {"id": [r[0] for r in rows], "day": [r[1] for r in rows], "eur": [r[2] for r in rows]}
    names: dict[str, Any] = {"customer_id": "id", "date": "day", "amount": "eur"}
    return rk.summarize_transactions(table, **names, unit="week", observation_end=end, monthly=True)


def test_cash_comes_when_it_is_paid() -> None:
    rows = [(1, "2024-01-05", 360.0), (2, "2024-03-10", 30.0), (3, "2024-02-20", 60.0),
            (3, "2024-03-20", 60.0), (4, "2024-03-01", 99.0), (1, "2024-03-30", -100.0)]  # fmt: skip
    spend = {"month": ["2024-01", "2024-02"], "amount": [80.0, 90.0]}
    found = rk.cohort_payback(two_cohorts(), spend, margin_share=0.8, payments=payments_of(rows))
    assert found.cash is not None and found.cash_months is not None
    np.testing.assert_allclose(found.cash, [0.8 * 290.0, 0.8 * 120.0])
    assert found.cash_months.tolist() == [1.0, 2.0]
    without = rk.cohort_payback(two_cohorts(), spend, margin_share=0.8)
    assert without.cash is None and found.months.tolist()[0] == without.months.tolist()[0] == 3.0
    np.testing.assert_array_equal(found.margin, without.margin)
    assert found.to_frame("dict")["cash_months"].tolist() == [1.0, 2.0] and "in cash 2" in str(found)
    assert type(found).from_json(found.model_dump_json()) == found
    # a later invoice comes after the margin, a refund takes back what was covered
    late = payments_of([(1, "2024-03-31", 100.0), (3, "2024-02-20", 120.0), (3, "2024-03-20", -60.0)])
    found = rk.cohort_payback(two_cohorts(), spend, margin_share=0.8, payments=late)
    assert found.cash_months is not None
    assert found.cash_months[0] == 3.0 and np.isnan(found.cash_months[1])


def test_payments_that_do_not_belong_to_the_base_are_refused() -> None:
    spend, base = {"month": ["2024-01"], "amount": [80.0]}, two_cohorts()
    early = payments_of([(1, "2024-01-05", 360.0)], end="2024-02-29")
    with pytest.raises(rk.InputError, match="payments must be observed to the end of 2024-03"):
        rk.cohort_payback(base, spend, margin_share=0.8, payments=early)
    with pytest.raises(rk.InputError, match="payments must be of the base's customers; 1 of 1 are not"):
        rk.cohort_payback(base, spend, margin_share=0.8, payments=payments_of([(77, "2024-01-05", 3.0)]))
    with pytest.raises(rk.InputError, match="payments must be a summary of transactions"):
        rk.cohort_payback(base, spend, margin_share=0.8, payments=spend)  # type: ignore[arg-type]
    tx = payments_of([(1, "2024-01-05", 360.0)])
    with pytest.raises(rk.InputError, match="payments is for a subscription base"):
        rk.cohort_payback(tx, spend, margin_share=0.8, payments=tx)
    whole = rk.summarize_transactions(
        {"id": [1], "day": ["2024-01-05"], "eur": [3.0]}, customer_id="id", date="day", amount="eur",
        unit="week", observation_end="2024-03-31",
    )  # fmt: skip
    with pytest.raises(rk.InputError, match="monthly"):
        rk.cohort_payback(base, spend, margin_share=0.8, payments=whole)
