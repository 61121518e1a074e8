"""Data that cannot determine a model are refused with the reason and a way out."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import retainkit as rk

TRUTH = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")


def test_customers_with_a_single_purchase_do_not_identify_the_model() -> None:
    once = rk.Purchases(frequency=np.zeros(50), recency=np.zeros(50), T=np.full(50, 30.0))
    with pytest.raises(rk.FitError, match=r"BGNBD is not identified: no customer has bought a second time"):
        rk.fit(rk.BGNBD, once)


def test_one_customer_is_too_few() -> None:
    with pytest.raises(rk.FitError, match=r"4 parameters and the data only 1 customer that tells"):
        rk.fit(rk.BGNBD, rk.Purchases(frequency=3, recency=10.0, T=20.0))


def test_no_customer_is_said() -> None:
    nobody = rk.Purchases(frequency=[], recency=[], T=[])
    with pytest.raises(rk.FitError, match="there is no customer"):
        rk.fit(rk.BGNBD, nobody)


def test_customers_all_alike_leave_a_parameter_at_its_boundary() -> None:
    alike = rk.Purchases(frequency=np.full(200, 5), recency=np.full(200, 29.0), T=np.full(200, 30.0))
    with pytest.raises(rk.FitError) as caught:
        rk.fit(rk.BGNBD, alike)
    assert caught.value.code in {"boundary", "flat"}
    assert "more customers" in caught.value.way_out
    attempt: Any = caught.value.attempt
    assert not attempt.diagnostics.converged
    assert np.isnan(attempt.covariance).all()


def test_a_refused_fit_can_be_had_for_inspection() -> None:
    alike = rk.Purchases(frequency=np.full(200, 5), recency=np.full(200, 29.0), T=np.full(200, 30.0))
    attempt = rk.fit(rk.BGNBD, alike, on_failure="return")
    assert not attempt.diagnostics.converged
    assert attempt.diagnostics.limit is not None
    assert "keeps rising as" in str(attempt)  # as one parameter goes, or two go together


@pytest.mark.parametrize(
    "model",
    [
        rk.BetaDiscreteWeibull,
        rk.DiscreteWeibull,
        rk.LogLogistic,
        rk.LogNormal,
        rk.ShiftedBetaGeometric,
        rk.Weibull,
        rk.models.WeibullGamma,
    ],
)
def test_one_renewal_tells_one_number_and_no_more(model: Any) -> None:
    """Climbs met a top that is flat in two directions, and inverted its curvature."""
    with pytest.raises(rk.FitError) as caught:
        rk.fit(model, rk.Renewals.from_survivors([1000, 869], unit="year"))
    attempt: Any = caught.value.attempt
    assert caught.value.code in {"flat", "boundary"}
    # 131 ln(131/1000) + 869 ln(869/1000): whatever the parameters, no more can be said of these customers
    assert attempt.log_likelihood == pytest.approx(-388.2832537871605, rel=1e-9)


def test_spend_without_a_repeat_purchase_is_no_evidence() -> None:
    with pytest.raises(rk.FitError, match="no customer has a purchase with a known value"):
        rk.fit(rk.GammaGamma, rk.Spend(frequency=[0, 0], monetary_value=[0.0, 0.0]))


def test_equal_spend_everywhere_has_no_optimum() -> None:
    with pytest.raises(rk.FitError):
        rk.fit(rk.GammaGamma, rk.Spend(frequency=np.full(100, 3), monetary_value=np.full(100, 20.0)))


def test_data_of_the_wrong_kind_are_named() -> None:
    data = TRUTH.sample([52.0] * 10, seed=1)
    with pytest.raises(rk.InputError, match=r"data must be Spend for GammaGamma, got 'Purchases'"):
        rk.fit(rk.GammaGamma, data)


def test_a_start_that_names_no_parameter_is_refused_with_the_near_name() -> None:
    data = TRUTH.sample([52.0] * 100, seed=1)
    with pytest.raises(rk.InputError, match=r"Did you mean 'alpha'"):
        rk.fit(rk.BGNBD, data, start={"alfa": 3.0})
    with pytest.raises(rk.InputError, match=r"alpha .* must be positive"):
        rk.fit(rk.BGNBD, data, start={"alpha": -3.0})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"recency": [40.0]}, r"recency must not exceed T, .* got 40.0 at position 0"),
        ({"frequency": [-1]}, r"frequency must be 0 or more"),
        ({"frequency": [1.5]}, r"frequency must be whole numbers"),
        ({"frequency": [0]}, r"recency must be 0 where frequency is 0"),
        ({"T": [float("nan")]}, r"T must be 0 or more, and finite, got nan at position 0"),
        ({"T": [float("inf")]}, r"T must be 0 or more, and finite, got inf at position 0"),
        ({"T": ["39"]}, r"T must be a number or a column of numbers"),
        ({"T": [39.0, 39.0]}, r"must be one column of the same length"),
        ({"weight": [0.0]}, r"weight must be positive"),
        ({"unit": "weeks"}, r"unit must be one of .* Did you mean 'week'"),
        ({"frequency": [True]}, r"frequency must be a number"),
        ({"T": [10**400]}, r"T must fit a 64-bit floating-point number"),
        ({"T": [[1.0], [1.0, 2.0]]}, r"T must be a number or a column of numbers, got \[\[1.0\]"),
        ({"frequency": [[1, 2]]}, r"frequency must be one column"),
    ],
)
def test_purchases_that_cannot_be_are_refused(columns: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"frequency": [2], "recency": [30.0], "T": [39.0]}
    with pytest.raises(rk.InputError, match=message):
        rk.Purchases(**{**good, **columns})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"monetary_value": [0.0]}, r"monetary_value must be positive where frequency is positive"),
        ({"monetary_value": [-5.0]}, r"monetary_value must be 0 or more"),
        ({"monetary_value": [float("nan")]}, r"monetary_value must be 0 or more, and finite"),
    ],
)
def test_spend_that_cannot_be_is_refused(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(rk.InputError, match=message):
        rk.Spend(**{"frequency": [2], "monetary_value": [10.0], **columns})


def test_a_frame_without_the_column_names_the_near_one() -> None:
    import pandas as pd

    frame = pd.DataFrame({"Frequency": [2], "recency": [30.0], "T": [39.0]})
    with pytest.raises(
        rk.InputError, match=r"must name a column .* got 'frequency'.*Did you mean 'Frequency'"
    ):
        rk.Purchases.from_frame(frame)


def test_frames_of_every_kind_are_read() -> None:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    columns = {
        "frequency": [2, 0],
        "recency": [30.43, 0.0],
        "T": [38.86, 5.0],
        "monetary_value": [22.35, 0.0],
    }
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pl.LazyFrame(columns), pa.table(columns)):
        purchases = rk.Purchases.from_frame(frame, unit="week")
        np.testing.assert_array_equal(purchases.recency, [30.43, 0.0])
        assert rk.Spend.from_frame(frame).monetary_value[0] == 22.35


def test_summaries_cannot_be_changed_afterwards() -> None:
    given = np.array([2.0, 0.0])
    purchases = rk.Purchases(frequency=given, recency=[3.0, 0.0], T=[5.0, 5.0])
    with pytest.raises(ValueError, match="read-only"):
        purchases.frequency[0] = 9.0
    given[0] = 1.0  # the caller's own array stays the caller's
    assert purchases.frequency[0] == 2.0


def test_errors_can_be_sent_and_acted_on() -> None:
    with pytest.raises(rk.InputError) as caught:
        rk.Purchases(frequency=[2], recency=[40.0], T=[39.0])
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert caught.value.as_dict()["argument"] == "recency"
    assert isinstance(caught.value, ValueError)


def test_a_horizon_of_nothing_is_refused() -> None:
    customer = rk.Purchases(frequency=2, recency=30.0, T=39.0, unit="week")
    with pytest.raises(rk.InputError, match="horizon must be more than 0"):
        TRUTH.expected_purchases(customer, 0.0)
    with pytest.raises(rk.InputError, match="horizon must be more than 0"):
        TRUTH.discounted_expected_purchases(customer, rk.Rate(0.1, per="year"), rk.Duration(0, "year"))
    with pytest.raises(rk.InputError, match="horizon must be 0 or more"):
        TRUTH.probability_alive(customer, -1.0)


def test_units_that_do_not_match_are_refused() -> None:
    with pytest.raises(rk.InputError, match=r"must count time in weeks, as the model does, got 'day'"):
        TRUTH.probability_alive(rk.Purchases(frequency=2, recency=30.0, T=39.0, unit="day"))
    nameless = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5)
    with pytest.raises(rk.InputError, match="has a unit, but the data or model it meets has none"):
        nameless.expected_purchases_new(rk.Duration(3, "year"))
    with pytest.raises(rk.InputError, match="has a unit, but the data or model it meets has none"):
        nameless.discounted_expected_purchases_new(rk.Rate(0.1, per="year"))


@pytest.mark.parametrize("rate", [0.1, "10%", None])
def test_a_rate_without_a_period_is_refused(rate: Any) -> None:
    with pytest.raises(rk.InputError, match=r"discount_rate needs its period.*Rate\(0.10?, per='year'\)"):
        TRUTH.discounted_expected_purchases_new(rate)


def test_a_negative_discount_is_refused() -> None:
    with pytest.raises(rk.InputError, match="discount_rate must be 0 or more"):
        TRUTH.discounted_expected_purchases_new(rk.Rate(-0.1, per="year"))


def test_a_rate_of_draws_is_refused_and_converted_draws_are_taken() -> None:
    draws = rk.Draws([0.05, 0.1])
    with pytest.raises(rk.InputError, match=r"Rate value must be one number.* convert_rate\(draws"):
        rk.Rate(draws, per="year")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    monthly: Any = rk.economics.convert_rate(draws, per="year", to="month")  # the way out can be taken
    worth: Any = rk.economics.lifetime_value(50, churn=0.05, discount_rate=monthly, timing="end")
    each = [rk.Rate(one, per="year").effective("month") for one in draws]
    one_by_one = [rk.economics.lifetime_value(50, churn=0.05, discount_rate=d, timing="end") for d in each]
    assert worth.values == pytest.approx(one_by_one)


def test_a_discount_of_all_is_refused() -> None:
    with pytest.raises(rk.InputError, match=r"Rate value must be more than -1 \(-100%\)"):
        rk.Rate(-1.0, per="year")


def test_what_is_not_a_model_is_named() -> None:
    data = TRUTH.sample([52.0] * 100, seed=1)
    for wrong in ("BGNBD", TRUTH, int, None):
        with pytest.raises(rk.InputError, match="model must be the class of a model"):
            rk.fit(wrong, data)  # type: ignore[arg-type]


def test_what_is_not_a_model_is_named_by_all_that_is_put_around_one() -> None:
    around: dict[str, Any] = {
        "covariates": lambda m: rk.with_covariates(m, purchasing=["a"]),
        "over time": lambda m: rk.with_covariates_over_time(m, ["a"]),
        "ratios": lambda m: rk.with_hazard_ratios(m, ["a"]),
        "shares": lambda m: rk.with_shares(m, cured=True),
        "periods": rk.in_periods,
        "held": lambda m: rk.models.hold(m, r=0.5),
    }
    for wrong in ("BGNBD", TRUTH, int, None):
        for name, make in around.items():
            with pytest.raises(rk.InputError) as caught:
                make(wrong)
            assert (caught.value.code, caught.value.argument) == ("not-a-model", "model"), name


def test_what_is_around_a_model_counts_in_its_unit() -> None:
    bg, month = rk.BGNBD(r=0.6, alpha=6.0, a=0.8, b=2.5, unit="week"), rk.Geometric(0.1, unit="month")
    around: dict[str, Any] = {
        "covariates": lambda **u: rk.models.WithCovariates(
            bg, (rk.models.Effect("a", ("purchasing",)),), (0.1,), **u
        ),
        "over time": lambda **u: rk.models.OverTime(bg, ("a",), (0.1,), **u),
        "ratios": lambda **u: rk.models.scaled_hazard(month, 1.2, **u),
        "shares": lambda **u: rk.models.WithShares(month, cured=0.1, **u),
        "periods": lambda **u: rk.models.InPeriods(bg, **u),
    }
    for make in around.values():
        unit = make().unit
        assert make(unit=unit).unit == unit in ("week", "month")
        with pytest.raises(rk.InputError, match="must be that of the model within") as caught:
            make(unit="year")
        assert caught.value.code == "unit-mismatch"


def test_what_are_not_purchases_is_named() -> None:
    with pytest.raises(rk.InputError, match="purchases must be Purchases, got 'list'"):
        TRUTH.expected_purchases([1, 2], 5.0)  # type: ignore[arg-type]


def test_a_column_of_horizons_has_one_for_each_customer() -> None:
    data = TRUTH.sample([52.0] * 4, seed=1)
    with pytest.raises(rk.InputError, match="horizon must be one number, or one for each of the 4 entries"):
        TRUTH.expected_purchases(data, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("seed", ["x", -1, 1.5, [1], (1, 2), True, None, np.array([3]), np.random.PCG64(1)])
def test_a_seed_that_is_none_is_named(seed: Any) -> None:
    with pytest.raises(rk.InputError, match="seed must be a whole number of 0 or more"):
        TRUTH.sample([52.0], seed=seed)


def test_nobody_is_worth_nothing() -> None:
    nobody = rk.Purchases(frequency=[], recency=[], T=[], unit="week")
    assert TRUTH.expected_purchases(nobody, 5.0).shape == (0,)
    terms: Any = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(3, "year")}
    value = rk.value_customers(nobody, TRUTH, 5.0, margin_share=0.3, **terms)
    assert value.total == 0.0
    assert np.isnan(value.mean)
    assert "0 customers" in str(value)


def test_counts_must_be_whole() -> None:
    with pytest.raises(rk.InputError, match="n must be whole numbers"):
        TRUTH.purchase_pmf(1.5, 10.0)
