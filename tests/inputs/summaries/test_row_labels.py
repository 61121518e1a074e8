"""Columns that do not belong together by labels, lengths or masks, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import retainkit as rk
from retainkit.decisions import (
    Campaign,
    ExponentialResponse,
    profit_curve,
    return_on_switching,
    treatment_list,
    whom_to_contact,
)
from retainkit.economics import lifetime_value, npv, payback_periods, xirr, xnpv
from retainkit.interop.survival import survival_of

IDS = ["ann", "bob", "cem", "dan"]
BACK = IDS[::-1]
UP: Any = pd.Series([1.0, 2.0, 3.0, 4.0], index=IDS)
WEIBULL = rk.Weibull(scale=10.0, shape=1.2)
WEEKLY = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")


def series(values: Any, labels: list[str] = IDS) -> Any:
    return pd.Series(values, index=labels)


def purchases(labels: list[str] = IDS) -> rk.Purchases:
    of = {"frequency": [2, 0, 1, 0], "recency": [30.0, 0, 10, 0], "T": [40.0, 30, 20, 10]}
    return rk.Purchases(**{name: series(column, labels) for name, column in of.items()}, unit="week")


OTHER_ORDER: list[tuple[str, Callable[[], Any]]] = [
    ("event", lambda: rk.Renewals(duration=UP, event=series([1, 0, 0, 0], BACK))),
    ("event", lambda: rk.Renewals(duration=UP, event=series([True, False, False, False], BACK))),
    ("weight", lambda: rk.Spend(frequency=UP, monetary_value=UP, weight=series([1] * 4, BACK))),
    ("periods", lambda: rk.Opportunities(frequency=UP, recency=UP, periods=series([5] * 4, BACK))),
    ("log_gaps", lambda: rk.Purchases(frequency=UP, recency=UP, T=UP, log_gaps=series([0.0] * 4, BACK))),
    ("covariates['x']", lambda: rk.Described(purchases(), {"x": series([0, 1, 0, 1], BACK)})),
    ("covariates", lambda: rk.Described(purchases(), pd.DataFrame({"x": [0, 1, 0, 1]}, index=BACK))),
    ("horizon", lambda: WEEKLY.probability_alive(purchases(), series([1.0] * 4, BACK))),
    ("n", lambda: WEEKLY.purchase_pmf_given(purchases(), series([1.0] * 4, BACK), 10)),
    (
        "probability",
        lambda: rk.GammaGamma(p=6.25, q=3.74, v=15.44).spend_quantile(
            rk.Spend(frequency=UP, monetary_value=UP), series([0.5] * 4, BACK)
        ),
    ),
    ("alpha", lambda: rk.BGNBD(r=UP, alpha=series([1.0] * 4, BACK), a=0.8, b=2.4)),
    ("given", lambda: WEIBULL.survival(UP, given=series([1.0] * 4, BACK))),
    ("t", lambda: rk.Weibull(scale=UP, shape=1.2).survival(series([1.0] * 4, BACK))),
    ("purchases.frequency", lambda: rk.BGNBD(UP, 4, 0.8, 2.4).expected_purchases(purchases(BACK), 10.0)),
    ("spend", lambda: ExponentialResponse(k=UP, ceiling=0.5).rate(series([1.0] * 4, BACK))),
    (
        "first_age",
        lambda: rk.Renewals.from_cohort_table(
            pd.DataFrame([[9, 8], [7, 6]], index=["a", "b"]), first_age=series([0, 1], ["b", "a"])
        ),
    ),
    ("dates", lambda: xirr(series([-9.0, 3, 4, 5]), series(pd.date_range("2024", periods=4), BACK))),
    (
        "discount_rate",
        lambda: npv(pd.DataFrame([[-9.0, 4.0, 8.0]] * 4, index=IDS), series([0.1] * 4, BACK)),
    ),
    ("incentive", lambda: Campaign(UP, 0.3, series([1.0] * 4, BACK), 1)),
    ("churn_probability", lambda: Campaign(UP, 0.3, 10, 1).expected_profit(series([0.1] * 4, BACK))),
    ("campaign.value", lambda: whom_to_contact(series([0.1] * 4, BACK), Campaign(UP, 0.3, 10, 1))),
    ("campaign.value", lambda: profit_curve(UP, [0, 1, 0, 1], Campaign(series([9.0] * 4, BACK), 0.3, 10, 1))),
    ("times", lambda: survival_of(series([1, 0.9, 0.8, 0.7]), times=series([0, 1, 2, 3], BACK))),
    (
        "last_bought",
        lambda: return_on_switching(
            pd.DataFrame([[0.7, 0.3], [0.5, 0.5]], index=["a", "b"]),
            brand=0,
            last_bought=series([60_000, 40_000], ["b", "a"]),
            contribution_per_purchase=20,
            utility_change=0.1,
            cost=400_000,
            discount_rate=0.1,
            first="next-purchase",
        ),
    ),
]


@pytest.mark.parametrize(("argument", "asked"), OTHER_ORDER)
def test_the_same_labels_in_another_order_are_refused(argument: str, asked: Callable[[], Any]) -> None:
    with pytest.raises(rk.InputError, match=r"the same labels in another order.*\.reindex\(\)") as refused:
        asked()
    assert refused.value.code == "index-mismatch" and refused.value.argument == argument


def test_the_message_names_both_columns_and_what_is_different() -> None:
    with pytest.raises(rk.InputError) as refused:
        rk.Spend(frequency=UP, monetary_value=UP.iloc[1:])
    assert str(refused.value) == (
        "monetary_value must have the same index as frequency (4 rows), got 'an index of 3 rows'. "
        "Take both columns from one table, or align them first with .reindex()."
    )
    with pytest.raises(rk.InputError, match=r"got \"other labels \('ann', 'bob', 'eve', …\)\""):
        lifetime_value(
            UP, churn=series([0.1] * 4, ["ann", "bob", "eve", "dan"]), discount_rate=0, timing="end"
        )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: rk.Spend(frequency=[1, 2], monetary_value=[1.0, 2, 3]), "frequency must be one column of"),
        (lambda: WEEKLY.purchase_pmf([1, 2], [3.0, 4, 5]), "horizon must have the same length as n"),
        (lambda: WEIBULL.survival([1, 2], given=[0.0, 1, 1]), "given must have the same"),
        (
            lambda: rk.BGNBD(r=np.ones(2), alpha=np.ones(3), a=0.8, b=2),
            "alpha must have the same length",
        ),
        (lambda: Campaign([9.0, 8], 0.3, [1.0, 2, 3], 1), "incentive must have the same length as value"),
        (lambda: profit_curve([0.1, 0.2], [0, 1, 1], Campaign(9, 0.3, 1, 1)), "churned must have the same"),
        (
            lambda: rk.Described(purchases(), pd.DataFrame({"x": [0, 1]})),
            "covariates must have the same index",
        ),
        (
            lambda: rk.Described(purchases(), pl.DataFrame({"x": [0, 1]})),
            r"covariates\['x'\] must have one number for each of the 4 entries",
        ),
    ],
)
def test_columns_and_tables_of_other_lengths_are_refused(asked: Callable[[], Any], message: str) -> None:
    with pytest.raises(rk.InputError, match=message):
        asked()


MASKED = np.ma.masked_array([1.0, 2.0], [False, True])


@pytest.mark.parametrize(
    ("argument", "asked"),
    [
        ("frequency", lambda: rk.Spend(frequency=MASKED, monetary_value=[1, 2])),
        ("event", lambda: rk.Renewals(duration=[1, 2], event=MASKED)),
        ("t", lambda: WEIBULL.survival(MASKED)),
        ("churn_probability", lambda: whom_to_contact(MASKED, Campaign(9, 0.3, 1, 1))),
        ("churned", lambda: profit_curve([0.1, 0.2], MASKED, Campaign(9, 0.3, 1, 1))),
        ("cash_flows", lambda: npv(MASKED, 0.1)),
        ("margin_per_period", lambda: lifetime_value(MASKED, churn=0.1, discount_rate=0, timing="end")),
        ("fitted", lambda: survival_of(MASKED)),
        ("column", lambda: rk.summaries.encode_categories(MASKED, name="plan")),
    ],
)
def test_masked_entries_are_refused_by_name(argument: str, asked: Callable[[], Any]) -> None:
    message = rf"^{argument} must not have masked entries, got 'a masked array, 1 of its 2 .*\.filled\(\)"
    with pytest.raises(rk.InputError, match=message):
        asked()


def test_a_masked_array_without_masked_entries_is_a_column() -> None:
    assert len(rk.Spend(frequency=np.ma.masked_array([1, 2]), monetary_value=[1, 2])) == 2


def test_what_has_no_labels_goes_beside_what_has() -> None:
    plain = rk.Renewals(duration=UP, event=np.array([1, 0, 0, 1]), weight=[1, 2, 3, 4])
    assert plain.duration.tolist() == UP.tolist()
    mixed = lifetime_value(UP, churn=pl.Series([0.1] * 4), discount_rate=np.full(4, 0.1), timing="end")
    assert mixed.index.tolist() == IDS
    two = lifetime_value(
        pl.Series("margin", [1.0, 2.0]), churn=pl.Series([0.1, 0.2]), discount_rate=0, timing="end"
    )
    assert isinstance(two, pl.Series) and two.name == "margin"
    with pytest.raises(rk.InputError, match="churn must have the same index as margin_per_period"):
        lifetime_value(UP, churn=series([0.1] * 4, BACK), discount_rate=pl.Series([0.1] * 4), timing="end")


def test_answers_of_models_and_curves_have_the_labels_of_the_questions() -> None:
    model = WEIBULL
    for answer in (
        model.survival(UP),
        model.hazard(UP),
        model.quantile(UP / 5),
        survival_of(model).churn(UP),
    ):
        assert isinstance(answer, pd.Series) and answer.index.tolist() == IDS
    low, high = rk.KaplanMeier.estimate(rk.Renewals(duration=UP, event=[1, 1, 1, 0])).interval(UP)
    assert isinstance(low, pd.Series) and isinstance(high, pd.Series) and bool(np.all(low <= high))
    assert isinstance(model.survival(pl.Series([1.0, 2.0])), pl.Series)
    assert isinstance(WEEKLY.purchase_pmf(UP, 10.0), pd.Series)
    draws = rk.Weibull(scale=np.array([[9.0], [10.0]]), shape=1.2).survival(UP)
    assert isinstance(draws, np.ndarray) and draws.shape == (2, 4)  # draws first: no column


def test_values_of_customers_have_the_labels_of_their_purchases() -> None:
    terms: Any = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(1, "year")}
    frame = rk.value_customers(purchases(), WEEKLY, 35.0, margin_share=0.3, **terms).to_frame()
    assert isinstance(frame, pd.DataFrame) and frame["customer"].tolist() == IDS


def test_the_list_of_whom_to_treat_has_the_labels_of_the_customers() -> None:
    chosen = treatment_list(series([30, 20, 12, -4]), cost_per_customer=[10, 5, 4, 1], budget=15)
    assert chosen.treated[lambda treated: treated].index.tolist() == ["ann", "bob"]
    assert chosen.as_dict()["places"] == [1, 0] and "Treat 2 of 4 customers" in str(chosen)


def test_rates_of_streams_have_the_labels_of_the_streams() -> None:
    streams = pd.DataFrame([[-9.0, 4.0, 8.0]] * 4, index=IDS)
    rates = series([0.0, 0.1, 0.2, 0.3])
    dates = ["2024-01-01", "2025-01-01", "2026-01-01"]
    for answer in (
        npv(streams, rates),
        xnpv(streams, dates, rates),
        payback_periods(streams, discount_rate=rates),
    ):
        assert answer.index.tolist() == IDS
    of_one = npv([-9.0, 4.0, 8.0], rates)  # one stream at many rates
    assert of_one.index.tolist() == IDS and of_one.tolist() == npv(streams, rates).tolist()


def test_a_table_of_a_summary_lends_its_labels() -> None:
    frame = pd.DataFrame({"frequency": [2, 0], "recency": [3.0, 0], "T": [4.0, 4]}, index=["ann", "bob"])
    read = rk.Purchases.from_frame(frame)
    with pytest.raises(rk.InputError, match="covariates must have the same index as frame"):
        rk.Described(read, pd.DataFrame({"x": [1, 0]}, index=["bob", "ann"]))
    assert len(rk.Described(read, pd.DataFrame({"x": [1, 0]}, index=["ann", "bob"]))) == 2
    assert len(rk.Described(read.compress(), {"x": [1, 0]})) == 2  # other entries have no labels
