"""What value functions take and give back, and how they refuse what they cannot use."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from retainkit.economics.lifetime.acquisition import customer_irr
from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.economics.lifetime.elasticity import elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.errors import InputError
from retainkit.rates import Rate

TIMINGS = ["begin", "mid", "end", "end-if-retained", "continuous"]
TERMS: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "timing": "end"}
SPEND = {"paid-acquisition": 40_000, "acquisition": 20_000}


@pytest.mark.parametrize("timing", TIMINGS)
def test_every_kind_of_number_gives_a_float(timing: Any) -> None:
    expected = lifetime_value(50.0, churn=0.05, discount_rate=0.01, timing=timing)
    assert type(expected) is float
    for kind in (Decimal, Fraction, np.float64, np.array):
        value = lifetime_value(
            kind("50") if kind in (Decimal, Fraction) else kind(50.0),
            churn=kind("0.05") if kind in (Decimal, Fraction) else kind(0.05),
            discount_rate=0.01,
            timing=timing,
        )
        assert type(value) is float
        assert value == pytest.approx(expected, rel=1e-15)
    assert type(lifetime_value(50, churn=0, discount_rate=0, timing=timing, horizon=3)) is float
    assert type(lifetime_value(50, churn=1, discount_rate=0, timing=timing)) is float
    assert type(lifetime_value(0, churn=0, discount_rate=0, timing=timing)) is float


def test_series_keep_their_index_and_name() -> None:
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    series = pd.Series([50.0, 60.0], index=["a", "b"], name="margin")
    value = lifetime_value(series, **TERMS)
    assert list(value.index) == ["a", "b"] and value.name == "margin"
    assert elasticities(series, **TERMS).retention.index.equals(series.index)
    assert customer_irr(500, series, churn=0.05, timing="end").name == "margin"
    lazy = lifetime_value(pl.Series("margin", [50.0, 60.0]), **TERMS)
    assert isinstance(lazy, pl.Series) and lazy.to_list() == value.tolist()


def test_columns_of_every_argument_broadcast() -> None:
    grid = lifetime_value(
        np.array([50.0, 60.0])[:, None], churn=[0.05, 0.1, 0.2], discount_rate=0.01, timing="end"
    )
    assert grid.shape == (2, 3)
    assert grid[1, 2] == lifetime_value(60, churn=0.2, discount_rate=0.01, timing="end")
    assert lifetime_value([], **TERMS).shape == (0,)
    assert lifetime_value([50], **TERMS).shape == (1,)
    assert elasticities([50, 60, 70], **TERMS).retention.shape == (3,)
    given = np.array([50.0, 60.0])
    lifetime_value(given, **TERMS)
    assert given.tolist() == [50.0, 60.0]


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"churn": 1.5}, "churn"),
        ({"churn": -0.1}, "churn"),
        ({"churn": math.nan}, "churn"),
        ({"churn": None, "retention": 80}, "retention"),
        ({"churn": None, "retention": math.nan}, "retention"),
        ({"churn": None}, "churn / retention"),
        ({"retention": 0.9}, "churn / retention"),
        ({"discount_rate": -1}, "discount_rate"),
        ({"discount_rate": math.inf}, "discount_rate"),
        ({"discount_rate": "1%"}, "discount_rate"),
        ({"discount_rate": None}, "discount_rate"),
        ({"growth": -1}, "growth"),
        ({"growth": math.nan}, "growth"),
        ({"horizon": -1}, "horizon"),
        ({"horizon": math.nan}, "horizon"),
        ({"timing": "start"}, "timing"),
        ({"timing": None}, "timing"),
        ({"timing": ["end"]}, "timing"),
        ({"if_infinite": "nan"}, "if_infinite"),
        ({"churn": Rate(0.6, per="year")}, "churn"),
        ({"period": "months"}, "period"),
        ({"churn": [0.1, 0.2, 0.3]}, "churn"),
        ({"churn": True}, "churn"),
    ],
)
def test_a_broken_rule_names_the_argument_as_written(change: dict[str, Any], argument: str) -> None:
    for margin in (50, [50, 60]):
        if isinstance(change.get("churn"), list) and margin == 50:
            continue
        with pytest.raises(InputError) as error:
            lifetime_value(margin, **{**TERMS, **change})
        assert error.value.argument == argument
        assert str(error.value).startswith(argument)
        assert error.value.way_out or argument in ("if_infinite", "timing")


@pytest.mark.parametrize("margin", [math.nan, math.inf, -math.inf, "50", True, None, [50, math.nan], {}])
def test_a_margin_that_is_none_is_refused(margin: Any) -> None:
    with pytest.raises(InputError, match="margin_per_period"):
        lifetime_value(margin, **TERMS)


def test_values_without_end_raise_where_that_is_asked_for() -> None:
    endless: dict[str, Any] = {"churn": 0.1, "growth": 0.2, "discount_rate": 0.08, "timing": "begin"}
    for margin in (50, [50, 60]):
        with pytest.raises(InputError, match="outrun") as error:
            lifetime_value(margin, **endless, if_infinite="raise")
        assert error.value.code == "infinite-value"
    with pytest.raises(InputError, match="position 1"):
        lifetime_value([0, 50], **endless, if_infinite="raise")
    del endless["timing"]
    with pytest.raises(InputError, match="outrun"):
        residual_lifetime_value(50, **endless, instant="after-payment", if_infinite="raise")
    with pytest.raises(InputError, match="outrun"):
        elasticities(50, **endless, timing="end")
    undefined = elasticities([50, 50], churn=[0, 0.1], discount_rate=0, timing="end", undefined="nan")
    assert np.isnan(undefined.retention).tolist() == [True, False]
    assert np.isnan(undefined.margin).tolist() == [True, False]
    assert lifetime_value(50, churn=0.1, discount_rate=0, timing="begin", if_infinite="raise") == 500.0


def test_huge_and_tiny_numbers_do_not_break_the_fast_path() -> None:
    assert lifetime_value(10**300, churn=0.5, discount_rate=0, timing="end") == 2e300
    steep: Any = {"discount_rate": Rate(1e308, per="month", meant=True), "period": "month"}
    assert lifetime_value(50, churn=0.5, **steep, timing="end") == pytest.approx(50 / 1e308)
    growing = lifetime_value(50, churn=0, discount_rate=0, growth=1, timing="end", horizon=5000)
    assert growing == math.inf  # larger than any float
    assert lifetime_value([50], churn=0, discount_rate=0, growth=1, timing="end", horizon=5000)[0] == math.inf
    assert lifetime_value(50, churn=5e-324, discount_rate=0, timing="end") == math.inf


def test_a_residual_value_says_when_and_of_which_margin() -> None:
    terms: dict[str, Any] = {"churn": 0.2, "discount_rate": 0.12}
    with pytest.raises(InputError, match="'after-payment'"):
        residual_lifetime_value(100, **terms, instant="after_payment")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="margin_of"):
        residual_lifetime_value(100, **terms, instant="after-payment", margin_of="next")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        residual_lifetime_value(100, **terms)  # type: ignore[call-arg]


CURVE: dict[str, Any] = {"discount_rate": 0.01, "timing": "begin"}


@pytest.mark.parametrize(
    ("survival", "more", "words"),
    [
        ([1, 0.5, 0.25], {}, "after_end='same-churn'"),
        ([0.9, 0.5], {"after_end": "stop"}, "S(0) = 1"),
        ([1000, 500], {"after_end": "stop"}, "between 0 and 1"),
        ([1, 0.5, 0.6], {"after_end": "stop"}, "never rise"),
        ([1, math.nan], {"after_end": "stop"}, "survival"),
        ([1.0], {"after_end": "stop"}, "one column"),
        ([], {"after_end": "stop"}, "survival"),
        (0.5, {}, "one column"),
        ([[1, 0.5], [1, 0.4]], {"after_end": "stop"}, "one column"),
        ([1, 0.5], {"after_end": "go-on"}, "after_end"),
        ([1, 0.5], {"after_end": 1.5}, "after_end"),
        ([1, 0.5], {"after_end": "stop", "horizon": 1}, "left out"),
        ([1, 0.5], {"horizon": 2}, "reach as far"),
        ([1, 0.5], {"horizon": 0.5}, "whole number"),
        (lambda t: 0.9**t, {"after_end": "stop"}, "no end"),
        (lambda t: 1 / (1 + t), {"discount_rate": 0}, "horizon=120"),
        (lambda t: 1 / (1 + t), {"discount_rate": -0.01}, "horizon=120"),
        ([1, 0.5], {"timing": "continuous", "after_end": "stop"}, "timing"),
    ],
)
def test_a_curve_that_leaves_something_open_is_refused(
    survival: Any, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as error:
        lifetime_value_on_curve(100, survival, **{**CURVE, **more})
    assert words in str(error.value)


def test_a_curve_that_barely_falls_is_not_cut_off_in_silence() -> None:
    with pytest.raises(InputError, match="still count"):
        lifetime_value_on_curve(100, lambda t: (1 + t) ** -0.001, discount_rate=1e-7, timing="begin")


def test_curves_take_margins_per_period_and_rates_by_the_column() -> None:
    value = lifetime_value_on_curve([100, 50], [1, 0.5, 0.2], **CURVE, after_end="stop")
    assert value == pytest.approx(100 + 25 / 1.01)
    several = lifetime_value_on_curve(
        100, [1, 0.5, 0.0], discount_rate=[0.0, 0.25], timing="begin"
    )  # nobody is left at the end: nothing to say about it
    assert several.tolist() == [150.0, 140.0]
    with pytest.raises(InputError, match="margin_per_period"):
        lifetime_value_on_curve([100, 50, 20], [1, 0.5, 0.2], **CURVE, after_end="stop")
    with pytest.raises(InputError, match="margin_per_period"):
        lifetime_value_on_curve([100, 50], [1, 0.5, 0.2], **CURVE, after_end="same-churn")
    with pytest.raises(InputError, match="margin_per_period"):
        lifetime_value_on_curve([100, 50], lambda t: 0.5**t, **CURVE)
    forever = lifetime_value_on_curve(
        100, [1, 0.5, 0.5], discount_rate=0, timing="end", after_end="same-churn"
    )
    assert forever == math.inf
    with pytest.raises(InputError, match="outrun"):
        lifetime_value_on_curve(
            100, [1, 0.5, 0.5], discount_rate=0, timing="end", after_end=0, if_infinite="raise"
        )
    assert lifetime_value_on_curve(0, [1, 0.5], discount_rate=0, timing="end", after_end=0) == 0.0


def test_anything_that_has_a_survival_is_a_curve() -> None:
    class Model:
        def survival(self, t: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            return 0.95**t

    value = lifetime_value_on_curve(50, Model(), discount_rate=0.01, timing="end")
    assert value == pytest.approx(lifetime_value(50, **TERMS), rel=1e-12)
