"""Payback meets the published and independently computed numbers, and sums done by brute force."""

from __future__ import annotations

import math
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retainkit.economics import (
    break_even,
    break_even_acquisition_cost,
    break_even_churn,
    break_even_margin,
    break_even_periods,
)

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "payback.toml").read_text())
TIMINGS = ["begin", "mid", "end", "end-if-retained"]


def payment(k: int, margin: float, c: float, d: float, timing: str) -> float:
    """The expected present value of the k-th payment, k = 0, 1, ..., from the words of the convention."""
    when = {"begin": k, "mid": k + 0.5, "end": k + 1, "end-if-retained": k + 1}[timing]
    who = (1 - c) ** (k + 1 if timing == "end-if-retained" else k)
    return margin * who / (1 + d) ** when


@pytest.mark.parametrize("case", REFERENCE["case"], ids=lambda c: c["id"])
def test_periods_and_payments_are_the_reference_numbers(case: dict[str, Any]) -> None:
    result = break_even(**case["inputs"])
    assert abs(result.periods - case["periods"]) <= case["tolerance"]
    assert result.payments == case["payments"]
    assert break_even_periods(**case["inputs"]) == result.periods


@pytest.mark.parametrize("case", REFERENCE["never"], ids=lambda c: c["id"])
def test_exactly_the_critical_churn_is_never(case: dict[str, Any]) -> None:
    result = break_even(**case["inputs"])
    assert result.never and result.payments is None and result.periods == math.inf
    columns: dict[str, Any] = case["inputs"] | {"acquisition_cost": [case["inputs"]["acquisition_cost"]] * 2}
    assert np.isposinf(break_even_periods(**columns)).all()


@pytest.mark.parametrize("case", REFERENCE["critical_churn"], ids=lambda c: c["timing"])
def test_critical_churn_is_the_reference_number(case: dict[str, Any]) -> None:
    result = break_even(500, 50, timing=case["timing"], discount_rate=case.get("discount_rate", 0))
    assert abs(result.critical_churn - case["expected"]) <= case["tolerance"]


def test_numpy_financial_nper_is_wrong_without_interest_and_this_library_is_not() -> None:
    numpy_financial = pytest.importorskip("numpy_financial")
    assert float(numpy_financial.nper(0, 50, -500)) == -10.0  # 500 borrowed, 50 paid: 10 payments, not -10
    assert break_even_periods(500, 50) == 10.0
    # with interest the peer is right, and both agree
    assert break_even_periods(500, 50, discount_rate=0.01, timing="end") == pytest.approx(
        float(numpy_financial.nper(0.01, -50, 500)), rel=1e-13
    )


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_the_whole_number_of_payments_is_the_first_that_sums_to_the_cost(timing: str) -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        cost, margin = rng.uniform(1, 600), rng.uniform(20, 100)
        c, d = rng.uniform(0, 0.3), rng.uniform(-0.05, 0.1)
        result = break_even(cost, margin, churn=c, discount_rate=d, timing=timing)  # type: ignore[arg-type]
        sums = np.cumsum([payment(k, margin, c, d, timing) for k in range(3000)])
        reached = np.flatnonzero(sums >= cost)
        if result.payments is None:
            assert reached.size == 0
        else:
            assert result.payments == reached[0] + 1
            assert result.payments - 1 < result.periods <= result.payments


@pytest.mark.parametrize("timing", TIMINGS)
def test_the_cumulative_curve_is_the_sum_of_payments_and_meets_the_cost_at_the_break_even(
    timing: str,
) -> None:
    for c, d in [(0, 0), (0.05, 0), (0, 0.01), (0.05, 0.01), (0.03, -0.03), (0.02, -0.05), (1e-12, 0)]:
        result = break_even(500, 50, churn=c, discount_rate=d, timing=timing)  # type: ignore[arg-type]
        by_hand = np.cumsum([payment(k, 50, c, d, timing) for k in range(40)])
        np.testing.assert_allclose(result.cumulative(np.arange(1, 41)), by_hand, rtol=1e-12)
        assert result.cumulative(result.periods) == pytest.approx(500, rel=1e-12)
        assert result.cumulative_net(result.periods) == pytest.approx(0, abs=1e-9)
        assert result.cumulative(0) == 0.0


@given(
    cost=st.floats(1, 1e6),
    margin=st.floats(0.1, 1e4),
    c=st.floats(0, 0.999),
    d=st.floats(-0.5, 1),
    timing=st.sampled_from(TIMINGS),
)
def test_columns_and_single_numbers_agree(
    cost: float, margin: float, c: float, d: float, timing: Any
) -> None:
    one = break_even_periods(cost, margin, churn=c, discount_rate=d, timing=timing)
    many = break_even_periods([cost, cost], margin, churn=c, discount_rate=d, timing=timing)
    np.testing.assert_allclose(many, [one, one], rtol=1e-12)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("payments", [1, 2, 3, 7, 12, 36, 120])
def test_a_cost_met_to_the_cent_is_not_asked_one_more_payment(timing: str, payments: int) -> None:
    for c in ("0", "0.05", "0.1", "0.25"):
        churn = Fraction(c)
        who = [(1 - churn) ** (k + 1 if timing == "end-if-retained" else k) for k in range(payments)]
        cost = 50 * sum(who, Fraction(0))
        written = float(cost)
        if Fraction(repr(written)) != cost:
            continue  # no float says this cost to the cent
        assert break_even(written, 50, churn=float(c), timing=timing).payments == payments  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cost", "margin", "churn"),
    [
        (500, 50, 0.1),
        (30, 3, 0.1),
        (70, 7, 0.1),
        (1, 0.3, 0.3),
        (0.7, 0.07, 0.1),
        (1000, 7, 0.007),
        (3, 0.9, 0.3),
    ],
)
def test_critical_is_decided_for_the_numbers_as_written(cost: float, margin: float, churn: float) -> None:
    assert break_even(cost, margin, churn=churn).never
    below = break_even(cost, margin, churn=np.nextafter(churn, 0))
    assert not below.never
    assert below.periods > 100  # ln of a residual near 1e-16
    assert break_even(cost, margin, churn=np.nextafter(churn, 1)).never


def test_close_to_the_critical_churn_every_digit_is_kept() -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        for churn in ("0.0999", "0.09999999", "0.0999999999999", "0.09995"):
            q = 1 - mpmath.mpf(churn)
            truth = mpmath.log(1 - mpmath.mpf(500) * (1 - q) / 50) / mpmath.log(q)
            assert break_even_periods(500, 50, churn=float(churn)) == pytest.approx(float(truth), rel=1e-14)
            assert break_even_periods([500], 50, churn=float(churn))[0] == pytest.approx(
                float(truth), rel=1e-14
            )


@pytest.mark.parametrize("tiny", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 1e-18, 1e-100, 5e-324])
def test_vanishing_churn_and_discount_run_into_cost_over_margin(tiny: float) -> None:
    assert break_even_periods(500, 50, churn=tiny) == pytest.approx(10, rel=6 * tiny + 1e-14)
    assert break_even_periods(500, 50, discount_rate=tiny, timing="end") == pytest.approx(
        10, rel=6 * tiny + 1e-14
    )
    assert break_even_periods([500], 50, churn=tiny)[0] == pytest.approx(10, rel=6 * tiny + 1e-14)
    assert break_even_periods(500, 50, churn=tiny, discount_rate=-tiny) == pytest.approx(10, rel=tiny + 1e-14)


def test_everyone_leaves_after_one_period() -> None:
    assert break_even(30, 50, churn=1).payments == 1
    assert break_even_periods(30, 50, churn=1) == 0.0  # the limit of the curve as churn goes to 1
    assert break_even_periods(50, 50, churn=1) == 1.0
    assert break_even_periods(51, 50, churn=1) == math.inf
    assert break_even_periods([30, 50, 51], 50, churn=1).tolist() == [0.0, 1.0, math.inf]
    assert break_even(30, 50, churn=1, timing="end-if-retained").never  # no one stays to pay
    assert break_even(50, 50, churn=1).critical_churn == math.inf


def test_nothing_to_pay_back_and_nothing_to_pay_with() -> None:
    assert break_even(0, 50).payments == 0
    assert break_even(0, 0).periods == 0.0
    assert break_even(0, 50, churn=1, timing="end-if-retained").periods == 0.0
    for margin in (0, -5):
        assert break_even(500, margin).never
        assert break_even(500, margin).critical_churn == 0.0
    assert break_even_periods([0, 500, 500], [-5, 0, -5]).tolist() == [0.0, math.inf, math.inf]


def test_the_break_even_is_not_never_exactly_below_the_critical_churn() -> None:
    rng = np.random.default_rng(11)
    for _ in range(200):
        cost, margin, d = rng.uniform(10, 500), rng.uniform(1, 50), rng.uniform(0, 0.02)
        for timing in TIMINGS:
            critical = break_even(cost, margin, discount_rate=d, timing=timing).critical_churn  # type: ignore[arg-type]
            if 0 < critical < 1:
                at = np.array([critical * 0.999, min(1, critical * 1.001)])
                n = break_even_periods(cost, margin, churn=at, discount_rate=d, timing=timing)  # type: ignore[arg-type]
                assert np.isfinite(n).tolist() == [True, False]


def some_cases(size: int, seed: int) -> dict[str, Any]:
    """Costs, margins, discounts and growths: written short, in full digits, nearly cancelling."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(1, 4, size)
    cost = np.array([round(v, int(k)) for v, k in zip(10 ** rng.uniform(0, 4, size), digits, strict=True)])
    margin = cost * 10 ** rng.uniform(-3, 0.2, size)
    margin[::2] = np.round(margin[::2], 2) + 0.01
    discount = np.round(rng.uniform(-0.01, 0.05, size), 4) * (rng.random(size) < 0.8)
    growth = np.round(rng.uniform(-0.05, 0.05, size), 3) * (rng.random(size) < 0.5)
    discount[::3] = np.minimum(margin / cost * rng.uniform(0.9, 1.05, size), 1.0)[::3]
    return {
        "acquisition_cost": cost,
        "margin_per_period": margin,
        "discount_rate": discount,
        "growth": growth,
    }


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_money_never_comes_back_at_the_stated_critical_churn_and_does_just_below(timing: Any) -> None:
    given: dict[str, Any] = some_cases(1500, seed=TIMINGS.index(timing))
    critical = break_even_churn(**given, timing=timing)
    there = np.isfinite(critical)
    given = {name: column[there] for name, column in given.items()}
    assert there.sum() > 1250
    assert np.all(break_even_periods(**given, timing=timing, churn=critical[there]) == math.inf)
    # as far below as the digits of its terms go: cost, margin, discount and growth may nearly cancel
    terms = given["margin_per_period"] / given["acquisition_cost"] + abs(given["discount_rate"]) + 0.1
    below = critical[there] - 2e-14 * terms
    some = below > 0.0
    given = {name: column[some] for name, column in given.items()}
    assert np.all(break_even_periods(**given, timing=timing, churn=below[some]) < math.inf)
    row: Any = {name: float(column[0]) for name, column in given.items()}
    assert break_even(**row, timing=timing).critical_churn == break_even_churn(**row, timing=timing)


def test_the_critical_churn_is_rounded_up_as_printed_too() -> None:
    shown = str(break_even(728.4, 15.54, discount_rate=0.01, churn=0.01))
    printed = float(shown.partition("From a churn of ")[2].partition("%")[0]) / 100
    assert break_even(728.4, 15.54, discount_rate=0.01, churn=printed).never
    result = break_even(728.4, 15.54, discount_rate=0.01, churn=0.0115)
    assert break_even(728.4, 15.54, discount_rate=0.01, churn=result.critical_churn).never
    assert break_even(500, 50).critical_churn == 0.1  # a number that is written short is that number


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize(
    ("c", "d", "g"), [(0.05, 0.01, 0.02), (0.0, 0.02, 0.02), (0.05, 0.0, -0.03), (0.01, 0, 0.05)]
)
def test_a_growing_margin_pays_back_as_its_payments_add_up(timing: str, c: float, d: float, g: float) -> None:
    paid = np.cumsum([payment(k, 50.0 * (1 + g) ** k, c, d, timing) for k in range(400)])
    result = break_even(500, 50, churn=c, discount_rate=d, growth=g, timing=timing)  # type: ignore[arg-type]
    assert result.payments == int(np.argmax(paid >= 500.0 * (1 - 1e-12))) + 1
    np.testing.assert_allclose(result.cumulative([1, 7, 400]), paid[[0, 6, 399]], rtol=1e-12)
    assert result.cumulative(result.periods) == pytest.approx(500.0, rel=1e-12)
    given: Any = {"churn": c, "discount_rate": d, "growth": g, "timing": timing, "horizon": 40}
    assert break_even_acquisition_cost(50, **given) == pytest.approx(paid[39], rel=1e-12)
    assert break_even_margin(paid[39], **given) == pytest.approx(50.0, rel=1e-12)
    del given["churn"]
    assert break_even_churn(paid[39], 50, **given) == pytest.approx(c, abs=1e-12)


@pytest.mark.parametrize(
    ("timing", "after"), [("begin", 9), ("mid", 9.5), ("end", 10), ("end-if-retained", 10)]
)
def test_the_month_of_the_last_payment_is_told_beside_its_number(timing: Any, after: float) -> None:
    result = break_even(500, 50, timing=timing, period="month")
    assert (result.payments, result.paid_back_after) == (10, after)
    assert f"by the 10th payment, {after:g} months after the start" in str(result)
    assert break_even(500, 50, churn=0.1).paid_back_after is None
    assert "Paid back from the start" in str(break_even(0, 50))
