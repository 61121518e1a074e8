"""The value of a subscription base: published ratios, brute-force sums, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
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
        ({"cohort": ["a"]}, "cohort must have one value"),
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
