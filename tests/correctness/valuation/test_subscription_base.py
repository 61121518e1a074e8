"""The value of a subscription base: published ratios, brute-force sums, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk

YEARLY = rk.Rate(0.1, per="year")


def base_of(alpha: float, beta: float, **changes: Any) -> Any:
    """Five yearly cohorts of 10,000, as in the two cases of Fader & Hardie (2010)."""
    model = rk.ShiftedBetaGeometric(alpha=alpha, beta=beta, unit="year")
    tenure = np.arange(5.0)
    given: dict[str, Any] = {
        "tenure": tenure,
        "customers": 10_000 * np.asarray(model.survival(tenure)),
        "margin_per_period": 100.0,
        "discount_rate": YEARLY,
        "instant": "before-renewal",
    }
    return rk.value_subscriptions(model, **(given | changes))


@pytest.mark.parametrize(("alpha", "beta", "ratio"), [(3.80, 15.20, 0.878), (0.067, 0.267, 0.586)])
def test_one_retention_rate_undervalues_the_published_cases(alpha: float, beta: float, ratio: float) -> None:
    # Fader, P. S. and Hardie, B. G. S. (2010), Marketing Science 29(1), 85-93: cases 1 and 2
    assert base_of(alpha, beta).naive_ratio == pytest.approx(ratio, abs=5e-4)


@pytest.mark.parametrize("instant", ["before-renewal", "after-payment"])
def test_the_value_is_the_sum_of_all_payments_to_come(instant: str) -> None:
    base = base_of(3.80, 15.20, instant=instant)
    survival, later = base.survival, np.arange(1.0, 4001.0)
    delay = later - 1.0 if instant == "before-renewal" else later
    for k, value in zip(base.tenure, base.value_per_customer, strict=True):
        share = np.asarray(survival.survival(k + later)) / survival.survival(k)
        assert value == pytest.approx(100.0 * float(share @ 1.1**-delay), rel=1e-10)
    assert base.total == pytest.approx(float(base.value @ np.ones(5)))


def test_a_forecast_adds_up_to_the_value() -> None:
    base = base_of(3.80, 15.20, horizon=12)
    ahead = base.forecast(12)
    discounted = ahead.total["margin"] @ 1.1 ** -np.arange(12.0)
    assert discounted == pytest.approx(base.total, rel=1e-12)
    np.testing.assert_allclose(ahead.leaving[:, 0], base.leaving_next)
    np.testing.assert_allclose(ahead.customers[:, 0] + ahead.leaving[:, 0], base.customers)
    assert {len(column) for column in ahead.table.values()} == {60}


def test_cohorts_are_added_up_in_their_order() -> None:
    base = base_of(3.80, 15.20, cohort=["2024", "2023", "2023", "2022", "2024"])
    table = base.by_cohort()
    assert table["cohort"].tolist() == ["2024", "2023", "2022"]
    assert table["value"].sum() == pytest.approx(base.total)
    assert table["customers"][1] == pytest.approx(base.customers[1] + base.customers[2])


def test_a_measured_curve_with_a_rule_for_its_end_serves_as_well() -> None:
    geometric = rk.Geometric(theta=0.2, unit="year")
    counts = 10_000 * 0.8 ** np.arange(5)
    cohort = rk.Renewals.from_survivors(np.rint(counts), unit="year")
    curve = rk.fit(rk.KaplanMeier, cohort).continued("same-churn")
    given: dict[str, Any] = {
        "tenure": [0, 2],
        "margin_per_period": 100.0,
        "discount_rate": YEARLY,
        "instant": "after-payment",
    }
    measured, modelled = (rk.value_subscriptions(s, **given) for s in (curve, geometric))
    np.testing.assert_allclose(measured.value, modelled.value, rtol=1e-9)
    with pytest.raises(rk.InputError, match="the largest observed tenure"):
        rk.value_subscriptions(rk.fit(rk.KaplanMeier, cohort), **given)


def test_the_standard_error_of_the_total_follows_from_the_fit() -> None:
    fitted = rk.fit(
        rk.ShiftedBetaGeometric, rk.Renewals.from_survivors([1000, 869, 743, 653, 593], unit="year")
    )
    error = rk.inference.standard_error(
        lambda m: (
            rk.value_subscriptions(
                m,
                tenure=[4],
                customers=[593],
                margin_per_period=1.0,
                discount_rate=YEARLY,
                instant="after-payment",
            ).total
        ),
        fitted,
    )
    assert 0.0 < error < 593.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instant": "now"}, "instant must be one of"),
        ({"discount_rate": 0.1}, "discount_rate needs its period"),
        ({"tenure": [0.5]}, "tenure must be whole numbers"),
        ({"tenure": [-1.0]}, "tenure must be 0 or more"),
        ({"customers": [1.0, 2.0]}, "customers must have one value, or one for each of the 5"),
        ({"cohort": ["a", "b"]}, "cohort must have one value"),
        ({"margin_per_period": [1.0, 2.0]}, "margin_per_period must have one value"),
        ({"discount_rate": rk.Rate(0.0, per="year")}, "some customers pay for ever"),
    ],
)
def test_bad_input_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(rk.InputError, match=message):
        base_of(0.5, 1.0, **changes)


def test_the_record_reads_well_and_travels_as_json() -> None:
    base = base_of(3.80, 15.20)
    assert "would say" in str(base)
    assert '"naive_value"' in base.model_dump_json()
    assert {len(column) for column in base.table.values()} == {5}


def of_two_kinds(autopay: Any) -> Any:
    """A model with one set of parameters for each customer: those who pay by themselves leave less."""
    effect = rk.models.Effect("autopay", ("churn",))
    base = rk.ShiftedBetaGeometric(alpha=1.2, beta=6.0, unit="month")
    return rk.models.WithCovariates(base, (effect,), (-1.0,)).given({"autopay": autopay})


GIVEN: dict[str, Any] = {"margin_per_period": 10.0, "discount_rate": YEARLY, "instant": "before-renewal"}


def test_each_customer_has_parameters_of_their_own() -> None:
    # customers of one tenure and unlike parameters are not counted together
    tenure, autopay = np.array([3, 3, 1, 3]), [0.0, 1.0, 1.0, 0.0]
    base = rk.value_subscriptions(of_two_kinds(autopay), tenure=tenure, **GIVEN)
    np.testing.assert_allclose(base.value_per_customer[:2], [157.43, 497.04], atol=0.005)
    alone = [
        rk.value_subscriptions(of_two_kinds(kind), tenure=[k], **GIVEN)
        for k, kind in zip(tenure, autopay, strict=True)
    ]
    for name in ("value_per_customer", "churn_next", "leaving_next"):
        each = np.concatenate([getattr(one, name) for one in alone])
        np.testing.assert_allclose(getattr(base, name), each, rtol=1e-13)
    assert base.total == pytest.approx(sum(one.total for one in alone), rel=1e-13)
    margin = sum(one.forecast(6).total["margin"] for one in alone)
    np.testing.assert_allclose(base.forecast(6).total["margin"], margin, rtol=1e-13)


def test_of_a_summary_only_those_who_are_there_are_valued() -> None:
    model = rk.ShiftedBetaGeometric(alpha=1.2, beta=6.0, unit="month")
    seen = rk.Renewals(duration=[3, 4, 7], event=[0, 1, 0], weight=[5, 90, 2], unit="month")
    base = rk.value_subscriptions(model, tenure=seen, **GIVEN)
    by_hand = rk.value_subscriptions(model, tenure=[3, 7], customers=[5, 2], **GIVEN)
    assert (base.customers.tolist(), base.total) == ([5.0, 2.0], by_hand.total)
    # one value for each of the three: those of who has left are left out alike
    each = {"margin_per_period": [1.0, 50.0, 2.0], "cohort": ["a", "b", "c"]}
    base = rk.value_subscriptions(of_two_kinds([0.0, 0.0, 1.0]), tenure=seen, **(GIVEN | each))
    assert (base.cohort.tolist(), base.margin_per_period.tolist()) == (["a", "c"], [1.0, 2.0])
    with pytest.raises(rk.InputError, match="customers is given by the summary"):
        rk.value_subscriptions(model, tenure=seen, customers=3, **GIVEN)


@pytest.mark.parametrize("changes", [{"customers": 0.0}, {"margin_per_period": 0.0}, {"tenure": []}])
def test_of_nobody_and_of_nothing_the_value_is_nothing(changes: dict[str, Any]) -> None:
    model = rk.ShiftedBetaGeometric(alpha=1.2, beta=6.0, unit="month")
    given: dict[str, Any] = {"tenure": [0, 3]} | GIVEN | changes
    base = rk.value_subscriptions(model, **given)
    assert (base.total, base.naive_value) == (0.0, 0.0)
    assert base.by_cohort()["value"].sum() == 0.0
    assert "nan" not in str(base)
    assert rk.valuation.SubscriptionBaseValue.from_json(base.model_dump_json()) == base


def test_cohorts_by_date_travel_as_json() -> None:
    dates = np.array(["2024-01-01", "2024-02-01"], "datetime64[D]")
    base = base_of(0.5, 1.0, tenure=[1, 0], customers=[10, 12], cohort=dates)
    assert rk.valuation.SubscriptionBaseValue.from_json(base.model_dump_json()) == base
    assert base.by_cohort()["cohort"].tolist() == dates.tolist()


@pytest.mark.parametrize(
    ("survival", "changes", "message"),
    [
        (of_two_kinds([0, 1, 1]), {}, "survival must have one set of parameters, or one for each of the 2"),
        (
            rk.ShiftedBetaGeometric(alpha=np.ones((3, 4)), beta=6.0, unit="month"),
            {},
            "or draws of them on the",
        ),
        (of_two_kinds(0), {"discount_rate": [YEARLY, YEARLY]}, "discount_rate must be a single rate here"),
        (of_two_kinds(0), {"tenure": "whole-periods"}, "tenure must be Renewals"),
        *(
            (of_two_kinds(0), {"cohort": labels}, f"cohort must {rule}")
            for labels, rule in (
                ([dt.date(2021, 1, 1), None], "not be missing"),
                (pd.Series(["a", None], dtype="category"), "not be missing"),
                (np.array(["2021-01", "NaT"], "M8[M]"), "not be missing"),
                ([1, "1"], "tell cohorts apart"),
            )
        ),
    ],
)
def test_what_belongs_to_no_entry_is_refused(survival: Any, changes: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"tenure": [3, 4]} | GIVEN | changes
    with pytest.raises(rk.InputError, match=message):
        rk.value_subscriptions(survival, **given)


def test_a_curve_and_a_payback_are_those_of_one_customer() -> None:
    with pytest.raises(rk.InputError, match="survival must be the model of one customer"):
        rk.economics.break_even_on_curve(50.0, 10.0, of_two_kinds([0, 1]))
    buyers = rk.BGNBD(r=np.array([0.2, 0.3]), alpha=4.0, a=0.8, b=2.5, unit="week")
    with pytest.raises(rk.InputError, match="purchasing must be the model of one customer"):
        rk.payback_time(20.0, buyers, 35.0, margin_share=0.3, discount_rate=YEARLY)


def test_new_customers_are_worth_each_their_own() -> None:
    def value(r: Any, spend: Any = 35.0) -> Any:
        model = rk.BGNBD(r=r, alpha=4.414, a=0.793, b=2.426, unit="week")
        horizon = rk.Duration(3, "year")
        return rk.value_new_customer(model, spend, margin_share=0.3, discount_rate=YEARLY, horizon=horizon)

    both = value(np.array([0.2, 0.4]))
    np.testing.assert_allclose(both.value, [value(0.2).value, value(0.4).value], rtol=1e-13)
    assert isinstance(value(0.2).value, float)
    assert str(both).startswith("2 new customers are worth, on average,")
    spends = rk.GammaGamma(p=6.0, q=np.array([4.0, 5.0]), v=15.0)
    means = np.asarray(spends.expected_spend_new())
    np.testing.assert_allclose(value(0.2, spends).value[1], value(0.2, float(means[1])).value)


COHORTS: dict[str, Any] = {
    "dates": [dt.date(2021, 1, 1), dt.date(2022, 1, 1), dt.date(2021, 1, 1)],
    "moments": [dt.datetime.fromisoformat(f"{year}-01-01T12:00") for year in (2021, 2022, 2021)],
    "zones": pd.Series(pd.to_datetime(["2021-01-01", "2022-01-01", "2021-01-01"], utc=True)),
    "periods": pd.PeriodIndex(["2021-01", "2022-01", "2021-01"], freq="M"),
    "months": np.array(["2021-01", "2022-01", "2021-01"], "M8[M]"),
}


@pytest.mark.parametrize("kind", COHORTS)
def test_cohorts_named_by_dates_come_back_from_json(kind: str) -> None:
    model = rk.ShiftedBetaGeometric(alpha=3.8, beta=15.2, unit="year")
    found = rk.value_subscriptions(
        model, tenure=[2, 1, 0], cohort=COHORTS[kind], margin_per_period=100.0,
        discount_rate=rk.Rate(0.1, per="year"), instant="before-renewal",
    )  # fmt: skip
    assert [str(name)[:7] for name in found.by_cohort()["cohort"]] == ["2021-01", "2022-01"]
    for record in (found, found.forecast(2)):
        assert type(record).from_json(record.model_dump_json()) == record
