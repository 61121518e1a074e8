"""Lifetime values meet published numbers, and sums of ten thousand periods done by brute force."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.rates import Rate

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "lifetime_value.toml").read_text())
DISCRETE = ["begin", "mid", "end", "end-if-retained"]
EXAMPLE: dict[str, Any] = {"retention": 0.8, "discount_rate": 0.12}
MANY = 10_000


def brute_force(m: float, r: float, d: float, timing: str, g: float = 0.0, n: int = MANY) -> float:
    """The sum, payment by payment, from the words of the convention."""
    k = np.arange(n)
    when = k + {"begin": 0.0, "mid": 0.5, "end": 1.0, "end-if-retained": 1.0}[timing]
    who = r ** (k + 1 if timing == "end-if-retained" else k)
    return math.fsum(m * (1 + g) ** k * who * (1 + d) ** -when)


def random_customers(seed: int, count: int = 200) -> list[tuple[float, float, float, float]]:
    """(margin, retention, discount rate, growth) whose sums have an end well within MANY periods."""
    rng = np.random.default_rng(seed)
    drawn = zip(
        rng.uniform(-50, 500, count),
        rng.uniform(0, 0.99, count),
        rng.uniform(0, 0.3, count),
        rng.uniform(-0.1, 0.004, count),
        strict=True,
    )
    return [(float(m), float(r), float(d), float(g)) for m, r, d, g in drawn]


@pytest.mark.parametrize("case", REFERENCE["value"], ids=lambda c: c["id"])
def test_lifetime_values_are_the_reference_numbers(case: dict[str, Any]) -> None:
    assert abs(lifetime_value(100, **EXAMPLE, **case["inputs"]) - case["expected"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["residual"], ids=lambda c: c["id"])
def test_residual_values_are_the_reference_numbers(case: dict[str, Any]) -> None:
    value = residual_lifetime_value(100, **{**EXAMPLE, **case["inputs"]})
    assert abs(value - case["expected"]) <= case["tolerance"]


def test_an_annual_rate_in_a_monthly_formula_is_the_mistake_that_rates_prevent() -> None:
    mistake = REFERENCE["period_mistake"]
    right = lifetime_value(50, churn=0.05, discount_rate=Rate(0.12, per="year"), timing="end", period="month")
    assert abs(right - mistake["right"]) <= mistake["tolerance"]
    wrong = lifetime_value(50, churn=0.05, discount_rate=0.12, timing="end")
    assert abs(wrong - mistake["wrong"]) <= mistake["tolerance"]


def test_eighty_percent_retention_is_not_five_years() -> None:
    short = REFERENCE["shortcut"]
    five_years = lifetime_value(100, churn=0, discount_rate=0.12, timing="end", horizon=5)
    assert abs(five_years - short["value"]) <= short["tolerance"]
    value = residual_lifetime_value(100, **EXAMPLE, instant="after-payment")
    assert abs(five_years / value - 1 - short["too_high"]) <= short["too_high_tolerance"]


def test_a_customer_who_never_leaves_is_an_annuity() -> None:
    case = REFERENCE["annuity"]
    value = lifetime_value(
        case["margin"], churn=0, discount_rate=case["discount_rate"], timing="end", horizon=case["horizon"]
    )
    assert abs(value - case["expected"]) <= case["tolerance"]


@pytest.mark.slow
@pytest.mark.parametrize("timing", DISCRETE)
def test_closed_forms_are_the_sum_of_ten_thousand_payments(timing: Any) -> None:
    for m, r, d, g in random_customers(1):
        expected = brute_force(m, r, d, timing, g)
        closed = lifetime_value(m, retention=r, discount_rate=d, timing=timing, growth=g)
        assert closed == pytest.approx(expected, rel=1e-11)
        column = lifetime_value([m, m], churn=1 - r, discount_rate=d, timing=timing, growth=g)
        np.testing.assert_allclose(column, [expected, expected], rtol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("timing", DISCRETE)
def test_a_number_of_payments_is_their_sum_even_where_the_endless_sum_has_none(timing: Any) -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        m, r, d, g = rng.uniform(1, 500), rng.uniform(0, 1), rng.uniform(-0.2, 0.3), rng.uniform(-0.2, 0.3)
        n = int(rng.integers(0, 80))
        expected = brute_force(m, r, d, timing, g, n)
        inputs: dict[str, Any] = {"discount_rate": d, "timing": timing, "growth": g}
        assert lifetime_value(m, retention=r, **inputs, horizon=n) == pytest.approx(expected, rel=1e-11)
        column = lifetime_value([m], retention=r, **inputs, horizon=[n])
        np.testing.assert_allclose(column, [expected], rtol=1e-11)


@pytest.mark.slow
def test_a_flow_is_the_integral_of_its_parts() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(20)
    t = (np.arange(MANY)[:, None] + 0.5 * (nodes + 1)).ravel()  # twenty points in each of 10,000 periods
    w = np.tile(0.5 * weights, MANY)
    for m, r, d, g in random_customers(3, 15):
        if r == 0.0:
            continue
        expected = math.fsum(w * m * (1 + g) ** t * r**t * (1 + d) ** -t)
        inputs: dict[str, Any] = {"retention": r, "discount_rate": d, "growth": g, "timing": "continuous"}
        assert lifetime_value(m, **inputs) == pytest.approx(expected, rel=1e-10)
        some = t < 7
        first = math.fsum((w * m * (1 + g) ** t * r**t * (1 + d) ** -t)[some])
        assert lifetime_value(m, **inputs, horizon=7) == pytest.approx(first, rel=1e-10)
        np.testing.assert_allclose(lifetime_value([m], **inputs, horizon=[7]), [first], rtol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("instant", ["after-payment", "before-renewal"])
@pytest.mark.parametrize("margin_of", ["next-payment", "last-payment"])
def test_residual_values_are_the_sum_of_the_renewals(instant: Any, margin_of: Any) -> None:
    k = np.arange(1, MANY)
    for m, r, d, g in random_customers(4, 60):
        grown = (1 + g) ** (k - 1 if margin_of == "next-payment" else k)
        when = k if instant == "after-payment" else k - 1
        expected = math.fsum(m * grown * r**k * (1 + d) ** -when.astype(float))
        value = residual_lifetime_value(
            m, retention=r, discount_rate=d, growth=g, instant=instant, margin_of=margin_of
        )
        assert value == pytest.approx(expected, rel=1e-11)


def test_close_to_the_end_of_the_endless_every_digit_is_kept() -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        for c, g, d in [
            ("0.1", "0.2", "0.0801"),
            ("0.1", "0.2", "0.0800000001"),
            ("0.05", "0.0", "-0.0499999"),
            ("0.3", "0.5", "0.05000000000001"),
            ("0.02", "0.03", "0.00940000001"),
        ]:
            x = 1 + mpmath.mpf(d) - (1 - mpmath.mpf(c)) * (1 + mpmath.mpf(g))
            growing: dict[str, Any] = {"churn": float(c), "growth": float(g), "discount_rate": float(d)}
            for m in (50.0, [50.0]):
                end = np.ravel(lifetime_value(m, **growing, timing="end"))[0]
                assert end == pytest.approx(float(50 / x), rel=1e-14)
                flow = np.ravel(lifetime_value(m, **growing, timing="continuous"))[0]
                truth = -50 / mpmath.log((1 - mpmath.mpf(c)) * (1 + mpmath.mpf(g)) / (1 + mpmath.mpf(d)))
                assert flow == pytest.approx(float(truth), rel=1e-13)


@pytest.mark.parametrize("r", [0.3, 1e-5, 1e-20, 1e-300])
def test_a_flow_from_customers_who_hardly_stay_keeps_its_digits(r: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    truth = float(50 / (mpmath.log(mpmath.mpf("1.1")) - mpmath.log(mpmath.mpf(r))))
    hasty: dict[str, Any] = {"retention": r, "discount_rate": 0.1, "timing": "continuous"}
    assert lifetime_value(50, **hasty) == pytest.approx(truth, rel=1e-14)
    assert lifetime_value([50], **hasty)[0] == pytest.approx(truth, rel=1e-14)


def endless(c: str, g: str, d: str) -> dict[str, Any]:
    return {"churn": float(c), "growth": float(g), "discount_rate": float(d)}


@pytest.mark.parametrize(
    "case",
    [
        endless("0", "0", "0"),
        endless("0", "0.1", "0.1"),
        endless("0.1", "0.2", "0.08"),
        endless("0.05", "0", "-0.05"),
        endless("0.2", "0.5", "0.2"),
        endless("0.3", "0.1", "-0.23"),
        endless("0.01", "0.5", "0.1"),
        endless("0.1", "0", "-0.5"),
    ],
    ids=str,
)
@pytest.mark.parametrize("timing", [*DISCRETE, "continuous"])
def test_a_sum_without_end_is_never_a_number(case: dict[str, Any], timing: Any) -> None:
    kept: dict[str, Any] = {**case, "retention": float(f"{1 - case['churn']:.10g}")}
    del kept["churn"]
    for inputs in (case, kept):
        assert lifetime_value(50, **inputs, timing=timing) == math.inf
        assert lifetime_value(-50, **inputs, timing=timing) == -math.inf
        assert lifetime_value(0, **inputs, timing=timing) == 0.0
        column = lifetime_value([50, -50, 0], **inputs, timing=timing)
        assert column.tolist() == [math.inf, -math.inf, 0.0]


@pytest.mark.parametrize("timing", [*DISCRETE, "continuous"])
def test_nothing_lost_and_nothing_discounted_is_a_count_of_payments(timing: Any) -> None:
    for same in (0.0, 0.1, 0.25):
        inputs: dict[str, Any] = {"churn": 0, "discount_rate": same, "growth": same, "timing": timing}
        first = {"begin": 1.0, "mid": (1 + same) ** -0.5, "continuous": 1.0}.get(timing, 1 / (1 + same))
        assert lifetime_value(50, **inputs, horizon=36) == pytest.approx(50 * 36 * first, rel=1e-15)
        column = lifetime_value([50], **inputs, horizon=36)
        assert column[0] == pytest.approx(50 * 36 * first, rel=1e-15)


@pytest.mark.parametrize("tiny", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 1e-18, 1e-100, 5e-324])
@pytest.mark.parametrize("timing", [*DISCRETE, "continuous"])
def test_vanishing_churn_and_discount_run_into_the_count_of_payments(tiny: float, timing: Any) -> None:
    for c, d in [(tiny, 0.0), (0.0, tiny), (tiny, tiny), (tiny, -tiny)]:
        inputs: dict[str, Any] = {"churn": c, "discount_rate": d, "timing": timing, "horizon": 10}
        assert lifetime_value(50, **inputs) == pytest.approx(500, rel=25 * tiny + 1e-14)
        assert lifetime_value([50], **inputs)[0] == pytest.approx(500, rel=25 * tiny + 1e-14)


def test_everyone_leaves_after_one_period() -> None:
    gone: dict[str, Any] = {"churn": 1, "discount_rate": 0.21}
    expected = {
        "begin": 100.0,
        "mid": 100 / 1.1,
        "end": 100 / 1.21,
        "end-if-retained": 0.0,
        "continuous": 0.0,
    }
    for timing, value in expected.items():
        for n in (math.inf, 5, 1):
            assert lifetime_value(100, **gone, timing=timing, horizon=n) == pytest.approx(value, rel=1e-15)  # type: ignore[arg-type]
            column = lifetime_value([100], **gone, timing=timing, horizon=n)  # type: ignore[arg-type]
            assert column[0] == pytest.approx(value, rel=1e-15)
        assert lifetime_value(100, **gone, timing=timing, horizon=0) == 0.0  # type: ignore[arg-type]
        assert lifetime_value([100], **gone, timing=timing, horizon=0).tolist() == [0.0]  # type: ignore[arg-type]


# -- on a survival curve ----------------------------------------------------------------------------------


def shifted_beta_geometric(gamma: float, delta: float, after: int, periods: int) -> np.ndarray[Any, Any]:
    """S(k | stayed for `after` periods) from the retention rates (δ + t − 1)/(γ + δ + t − 1)."""
    t = after + np.arange(1, periods + 1)
    return np.concatenate([[1.0], np.cumprod((delta + t - 1) / (gamma + delta + t - 1))])


def test_customers_who_stayed_longer_are_worth_more_as_published() -> None:
    case = REFERENCE["heterogeneous"]
    for contract, expected in zip(case["contracts"], case["expected"], strict=True):
        curve = shifted_beta_geometric(case["gamma"], case["delta"], contract - 1, 2000)
        after_payment = lifetime_value_on_curve(
            100, curve, discount_rate=case["discount_rate"], timing="end-if-retained", after_end="stop"
        )
        about_to_renew = after_payment * (1 + case["discount_rate"])
        assert abs(about_to_renew - expected) <= case["tolerance"]


@pytest.mark.parametrize("timing", DISCRETE)
def test_the_value_on_a_curve_is_the_sum_of_its_payments(timing: Any) -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        curve = np.concatenate([[1.0], np.cumprod(rng.uniform(0.5, 1, 40))])
        margins, d = rng.uniform(-10, 100, 40), rng.uniform(-0.05, 0.3)
        when = np.arange(40) + {"begin": 0.0, "mid": 0.5}.get(timing, 1.0)
        who = curve[1:] if timing == "end-if-retained" else curve[:-1]
        expected = math.fsum(margins * who * (1 + d) ** -when)
        value = lifetime_value_on_curve(margins, curve, discount_rate=d, timing=timing, after_end="stop")
        assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("timing", DISCRETE)
def test_an_endless_curve_is_counted_until_nothing_changes(timing: Any) -> None:
    for gamma, delta, d in [(0.764, 1.296, 0.1), (0.3, 2.0, 0.01), (2.0, 3.0, 0.002)]:
        t = np.arange(400_000.0)
        long = shifted_beta_geometric(gamma, delta, 0, 400_000)
        who = long[1:] if timing == "end-if-retained" else long[:-1]
        when = t + {"begin": 0.0, "mid": 0.5}.get(timing, 1.0)
        expected = math.fsum(100 * who * (1 + d) ** -when)
        value = lifetime_value_on_curve(
            100, lambda t, curve=long: curve[t.astype(int)], discount_rate=d, timing=timing
        )
        assert value == pytest.approx(expected, rel=1e-13)
