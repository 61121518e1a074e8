"""The scored list of subscribers: brute-force sums, who is on it, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk
from retainkit.decisions import Campaign, whom_to_contact
from retainkit.ingest.examples import simulate_subscriptions

YEARLY = rk.Rate(0.1, per="year")
CHOICES: dict[str, Any] = {"margin_share": 0.8, "discount_rate": YEARLY, "horizon": 24, "within": 3}


def base_of(kind: Any = dict, **more: Any) -> Any:
    columns = simulate_subscriptions()
    names: dict[str, Any] = {"customer_id": "customer_id", "start": "start", "end": "end", "plan": "plan"}
    names |= {"amount": "monthly_margin", "observation_end": "2024-12-31"}
    return rk.read_subscriptions(kind(columns), **names | more)


@pytest.mark.parametrize("instant", ["after-payment", "before-renewal"])
def test_a_value_is_the_sum_of_what_is_expected_month_by_month(instant: Any) -> None:
    base, model = base_of(), rk.ShiftedBetaGeometric(alpha=2.0, beta=16.0, unit="month")
    found = rk.value_subscriptions(base, model, instant=instant, **CHOICES)
    columns = simulate_subscriptions()
    price = dict(zip(columns["customer_id"], columns["monthly_margin"], strict=True))
    v, later = 1.1 ** (-1 / 12), np.arange(1.0, 25.0)
    for k in range(0, len(found), 37):
        tenure = found.tenure[k]
        stays = np.asarray(model.survival(tenure + later)) / model.survival(tenure)
        discount = v ** (later if instant == "after-payment" else later - 1.0)
        assert found.mrr[k] == price[found.customers[k]]
        assert found.value[k] == pytest.approx(0.8 * found.mrr[k] * float(stays @ discount), rel=1e-10)
        assert found.expected_periods[k] == pytest.approx(float(stays.sum()), rel=1e-10)
        assert found.churn_probability[k] == pytest.approx(1.0 - stays[2], rel=1e-10)
    assert found.total == pytest.approx(found.value.sum())
    assert "horizon 24 months" in str(found)


def test_only_those_who_are_there_are_on_the_list_with_their_tenures() -> None:
    columns = simulate_subscriptions()
    base = base_of(pd.DataFrame)
    frame = rk.value_subscriptions(base, rk.fit(rk.ShiftedBetaGeometric, base), **CHOICES).to_frame()
    assert isinstance(frame, pd.DataFrame)
    there = pd.DataFrame(columns)[np.isnat(columns["end"])]
    assert frame["customer_id"].tolist() == sorted(there["customer_id"])
    start = there.set_index("customer_id")["start"][frame["customer_id"]]
    months = [(d.year - 2025) * -12 - d.month for d in pd.DatetimeIndex(start)]
    assert frame["tenure"].tolist() == months  # on the last day of December
    assert frame["plan"].tolist() == there.set_index("customer_id")["plan"][frame["customer_id"]].tolist()


def test_each_plan_may_have_a_model_of_its_own() -> None:
    base = base_of()
    fits = {plan: rk.fit(rk.ShiftedBetaGeometric, part) for plan, part in base.by("plan").items()}
    found = rk.value_subscriptions(base, fits, **CHOICES)
    alone = rk.value_subscriptions(base, fits["pro"], **CHOICES)
    pro = found.plan == "pro"
    np.testing.assert_array_equal(found.value[pro], alone.value[pro])
    assert (found.churn_probability[~pro] > alone.churn_probability[~pro]).all()
    with pytest.raises(rk.InputError, match="must have a model for every plan") as caught:
        rk.value_subscriptions(base, {"pro": fits["pro"]}, **CHOICES)
    assert caught.value.way_out == "Add one for 'basic'."
    with pytest.raises(rk.InputError, match="must name plans of the base, got 'Pro'") as caught:
        rk.value_subscriptions(base, {"Pro": fits["pro"], "basic": fits["basic"]}, **CHOICES)
    assert caught.value.way_out == "Did you mean 'pro'? They are: basic, pro."
    without = base_of(plan=None)
    with pytest.raises(rk.InputError, match="plan must have been read where each plan has its model"):
        rk.value_subscriptions(without, fits, **CHOICES)


def test_a_list_feeds_a_campaign() -> None:
    found = rk.value_subscriptions(base_of(), rk.ShiftedBetaGeometric(2.0, 16.0, unit="month"), **CHOICES)
    offer = Campaign(value=found.value, acceptance=0.3, incentive=10.0, cost_per_contact=1.0)
    plan = whom_to_contact(found.churn_probability, offer)
    p, v = found.churn_probability, found.value
    profit = p * (0.3 * (v - 10.0) - 1.0) + (1.0 - p) * -11.0
    assert plan.contact.sum() == (profit > 0.0).sum() > 0


def test_a_price_per_month_is_counted_in_the_period_of_the_model() -> None:
    base = base_of()
    once: dict[str, Any] = {**CHOICES, "horizon": 1, "within": 1}
    yearly = rk.value_subscriptions(base, rk.Geometric(0.2, unit="year"), **once)
    assert yearly.value.tolist() == pytest.approx((0.8 * 12 * yearly.mrr * 0.8 / 1.1).tolist())
    assert set(yearly.tenure.tolist()) <= {0.0, 1.0, 2.0, 3.0}


def test_a_customer_in_a_pause_is_there_and_pays_nothing() -> None:
    table = {"id": ["a", "b"], "from": ["2024-01-01"] * 2, "to": [None, None], "eur": [10.0, 10.0]}
    pauses = {"id": ["a"], "from": ["2024-03-01"], "to": [None]}
    base = rk.read_subscriptions(
        table,
        customer_id="id",
        start="from",
        end="to",
        amount="eur",
        pauses=pauses,
        observation_end="2024-03-31",
    )
    found = rk.value_subscriptions(base, rk.Geometric(0.1, unit="month"), **CHOICES)
    assert found.mrr.tolist() == [0.0, 10.0] and found.tenure.tolist() == [2.0, 2.0]


def test_who_left_in_a_period_that_is_cut_off_is_not_valued() -> None:
    """Their tenure is known up to the period's beginning only, as that of those who are there."""
    table = {"id": ["a", "b"], "from": ["2024-01-01"] * 2, "to": ["2024-03-10", None], "eur": [10.0, 10.0]}
    given: dict[str, Any] = {
        "customer_id": "id",
        "start": "from",
        "end": "to",
        "observation_end": "2024-03-15",
    }
    subs = rk.summarize_subscriptions(table, **given, tenure="whole-periods")
    assert subs.renewals.event.tolist() == [0.0, 0.0]
    model = rk.ShiftedBetaGeometric(2.0, 16.0, unit="month")
    old = rk.value_subscriptions(
        model, tenure=subs, margin_per_period=10.0, discount_rate=YEARLY, instant="after-payment"
    )
    base = rk.read_subscriptions(table, **given, amount="eur")
    whole: dict[str, Any] = {**CHOICES, "margin_share": 1.0, "horizon": np.inf}
    new = rk.value_subscriptions(base, model, **whole)
    assert old.customers.tolist() == [1.0] and new.customers.tolist() == ["b"]
    assert new.total == pytest.approx(old.total)


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no fit": ({"fit": None}, "fit", "missing-argument"),
    "no margin": ({"margin_share": None}, "margin_share", "missing-argument"),
    "a margin in money": ({"margin_share": 20.0}, "margin_share", "out-of-range"),
    "a model without a unit": ({"fit": rk.Geometric(0.1)}, "fit", "unit-mismatch"),
    "no end and no discount": (
        {"fit": rk.ShiftedBetaGeometric(0.5, 9.0, unit="month"), "horizon": np.inf, "discount_rate": 0.0},
        "discount_rate", "infinite-value",
    ),
    "payments for ever of a curve without a sum": (
        {"fit": rk.CompetingReasons({"all": rk.Geometric(0.1, unit="month")}), "horizon": np.inf},
        "horizon", "missing-argument",
    ),
    "a margin in money per period": ({"margin_per_period": 20.0}, "margin_per_period", "needless"),
    "tenures, which a base has": ({"tenure": [1.0]}, "tenure", "needless"),
    "a class": ({"fit": rk.Geometric}, "fit", "not-a-model"),
    "a class for a plan": (
        {"fit": {"basic": rk.Geometric, "pro": rk.Geometric(0.1, unit="month")}}, "fit['basic']",
        "not-a-model",
    ),
    "draws of a model": (
        {"fit": rk.Geometric(np.array([0.1, 0.2]), unit="month")}, "fit", "length-mismatch",
    ),
    "half a month": ({"within": 0.5}, "within", "not-whole"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_answer_is_refused(case: str) -> None:
    changes, argument, code = REFUSED[case]
    given = {"fit": rk.Geometric(0.1, unit="month"), **CHOICES, **changes}
    with pytest.raises(rk.InputError) as caught:
        rk.value_subscriptions(base_of(), **given)
    assert (caught.value.argument, caught.value.code) == (argument, code)


def test_customers_from_before_the_first_month_need_their_first_day() -> None:
    table = {"id": ["a", "b", "a"], "month": ["2024-01", "2024-02", "2024-02"], "eur": [10.0, 10.0, 10.0],
             "since": ["2022-05-10", "2024-02-10", "2022-05-10"]}  # fmt: skip
    given: dict[str, Any] = {"customer_id": "id", "month": "month", "amount": "eur"}
    model = rk.Geometric(0.1, unit="month")
    with pytest.raises(rk.InputError, match="must be known of all who are there") as caught:
        rk.value_subscriptions(rk.read_subscriptions(table, **given), model, **CHOICES)
    assert "acquired=" in caught.value.way_out
    table["month"][1] = "2024-02-10"
    late = {**table, "since": ["2022-05-10", "2024-02-01", "2022-05-10"]}
    base = rk.read_subscriptions(late, **given, acquired="since")
    assert rk.value_subscriptions(base, model, **CHOICES).tenure.tolist() == [21.0, 0.0]
