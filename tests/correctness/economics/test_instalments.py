"""Plans, savings, modified rates and day counts: peers, 40-digit arithmetic, the definition."""

# mpmath says real or complex of each of its numbers
# pyright: reportOperatorIssue=false
from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import numpy_financial
import pandas as pd
import pytest
import pyxirr

from retainkit.economics import (
    Rate,
    annuity_payment,
    annuity_periods,
    annuity_rate,
    annuity_value,
    future_value,
    interest_part,
    mirr,
    payback_date,
    principal_part,
    xirr,
    xnfv,
    xnpv,
)

RATES = (-0.2, -1e-3, 1e-3, 0.01, 0.3)
TIMINGS: tuple[Any, ...] = ("begin", "mid", "end")


@pytest.mark.parametrize("balloon", [0.0, 250.0])
@pytest.mark.parametrize("timing", ["begin", "end"])
def test_plans_agree_with_numpy_financial(timing: Any, balloon: float) -> None:
    which = np.arange(1, 25)
    for rate in RATES:
        terms: dict[str, Any] = {"periods": 24, "discount_rate": rate, "timing": timing}
        plan: dict[str, Any] = terms | {"balloon": balloon}
        payment = annuity_payment(1000, **plan)
        peer: Any = (24, 1000, -balloon, timing)
        assert payment == pytest.approx(-float(numpy_financial.pmt(rate, *peer)), rel=1e-11)
        interest, principal = (part(1000, number=which, **plan) for part in (interest_part, principal_part))
        np.testing.assert_allclose(interest, -numpy_financial.ipmt(rate, which, *peer), atol=1e-8)
        np.testing.assert_allclose(principal, -numpy_financial.ppmt(rate, which, *peer), atol=1e-8)
        np.testing.assert_allclose(interest + principal, payment, rtol=1e-13)
        grown = -float(numpy_financial.fv(rate, 24, 50, 1000, timing))
        assert future_value(1000, payment=50, **terms) == pytest.approx(grown, rel=1e-10)
        found = annuity_rate(1000, payment, periods=24, timing=timing, balloon=balloon)
        assert found == pytest.approx(rate, abs=1e-14)
        count = annuity_periods(1000, payment, discount_rate=rate, timing=timing, balloon=balloon)
        assert count == pytest.approx(24.0, rel=1e-11)
    peer_rate = float(numpy_financial.rate(12, -100, 0, 1300))
    assert annuity_rate(0, 100, periods=12, timing="end", balloon=-1300) == pytest.approx(peer_rate, rel=1e-9)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("rate", [0.0, 1e-16, -1e-12, 1e-9, 1e-5, 0.02, 3.0, -0.5])
def test_parts_of_a_plan_follow_what_is_owed_in_forty_digits(timing: Any, rate: float) -> None:
    delay = {"begin": 0, "mid": mpmath.mpf(1) / 2, "end": 1}[timing]
    with mpmath.workdps(60):
        d, n = mpmath.mpf(rate), 12
        payment = (1000 - 100 * (1 + d) ** -n) / sum((1 + d) ** -(k + delay) for k in range(n))
        owed, plan = mpmath.mpf(1000), []
        for k in range(n):  # interest accrues from payment to payment, at first from now
            interest = owed * ((1 + d) ** (1 if k else delay) - 1)
            plan.append((float(interest), float(payment - interest)))
            owed += interest - payment
    terms: dict[str, Any] = {"periods": 12, "timing": timing, "balloon": 100}
    own: dict[str, Any] = {"discount_rate": Rate(rate, per="month", meant=True), "period": "month"}
    which: dict[str, Any] = {"number": np.arange(1, 13), **own}
    interest, principal = (part(1000, **which, **terms) for part in (interest_part, principal_part))
    np.testing.assert_allclose(interest, [i for i, _ in plan], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(principal, [p for _, p in plan], rtol=1e-12, atol=1e-13 * abs(float(payment)))
    assert annuity_payment(1000, **own, **terms) == pytest.approx(float(payment), rel=1e-13)
    assert annuity_rate(1000, float(payment), **terms) == pytest.approx(rate, rel=1e-14, abs=1e-15)


def test_a_plan_without_interest_has_a_rate_of_just_0_and_a_column_keeps_its_labels() -> None:
    prices = pd.Series([1200.0, 1000.0, 1300.0], index=["a", "b", "c"])
    found = annuity_rate(prices, 100, periods=12, timing="end")
    assert found.iloc[0] == 0.0
    np.testing.assert_allclose(annuity_value(100, periods=12, discount_rate=found, timing="end"), prices)
    assert list(found.index) == list(prices.index)
    assert annuity_rate([2.0], 1, periods=1, timing="end")[0] == -0.5
    # 1000 for 1e9 later: a rate of 1e6 - 1 per period; nearly all of it lost
    assert annuity_rate(1000, 0, periods=1, timing="end", balloon=1e9) == pytest.approx(999_999, rel=1e-13)
    assert annuity_rate(1e9, 1e-3, periods=2, timing="end") == pytest.approx(-1 + 1e-6, abs=1e-11)


def test_annuities_of_nothing_are_worth_nothing() -> None:
    for payment in (0, [0.0]):
        assert annuity_value(payment, periods=math.inf, discount_rate=0) == 0.0
    assert annuity_periods([100.0], 10, discount_rate=0.2, timing="end", balloon=[10.0])[0] == math.inf
    assert annuity_periods(100, 10, discount_rate=0, balloon=40) == 6.0


def test_mirr_is_that_of_numpy_financial_and_by_hand() -> None:
    flows = np.random.default_rng(3).normal(0, 100, (50, 9))
    expected = [numpy_financial.mirr(f, 0.07, 0.11) for f in flows]
    np.testing.assert_allclose(mirr(flows, 0.07, 0.11), expected, rtol=1e-11)
    by_hand = ((500 * 1.12**2 + 700) / (1000 + 50 / 1.1**2)) ** (1 / 3) - 1
    stream = [-1000, 500, -50, 700]
    assert mirr(stream, Rate(0.1, "year"), 0.12, period="year") == pytest.approx(by_hand, rel=1e-14)
    assert math.isnan(mirr([1, 2], 0.1, 0.1, undefined="nan"))


COUNTS = {
    "act/365": "ACT_365F",
    "act/360": "ACT_360",
    "act/act": "ACT_ACT_ISDA",
    "30/360": "THIRTY_360_ISDA",
    "30E/360": "THIRTY_E_360",
    "30U/360": "THIRTY_U_360",
}


@pytest.mark.slow
@pytest.mark.parametrize("count", COUNTS)
def test_day_counts_are_those_of_pyxirr_and_at_the_ends_of_months(count: Any) -> None:
    rng = np.random.default_rng(5)
    starts = np.array(["2023-01-30", "2023-01-31", "2023-02-28", "2024-02-29", "2024-02-28"], "M8[D]")
    ends = np.array(["2023-03-31", "2024-02-28", "2024-02-29", "2025-02-28", "2028-12-31"], "M8[D]")
    pairs = [(s, e) for s in starts for e in ends if e > s]
    some = starts[0] + rng.integers(0, 3000, 100).astype("m8[D]")
    pairs += [(s, s + np.timedelta64(rng.integers(1, 2000), "D")) for s in some]
    peer = getattr(pyxirr.DayCount, COUNTS[count])
    one = Rate(1.0, per="year", kind="continuous")
    for start, end in pairs:
        years = pyxirr.year_fraction(start.item(), end.item(), peer)
        dates = np.array([start, end])
        assert xnpv([0, 1], dates, one, day_count=count) == pytest.approx(math.exp(-years), rel=1e-12)
        assert xnfv([1, 0], dates, one, day_count=count) == pytest.approx(math.exp(years), rel=1e-12)
        assert xirr([-1, math.exp(years)], dates, day_count=count) == pytest.approx(math.e - 1, rel=1e-9)


def test_dated_payments_may_be_pairs_a_dict_or_a_series_by_date() -> None:
    dates, amounts = ["2024-01-01", "2024-07-01", "2025-01-01"], [-500, 300, 300]
    rate, value = xirr(amounts, dates), xnpv(amounts, dates, 0.1)
    series = pd.Series(amounts, pd.to_datetime(dates))
    by_date: dict[str, int] = dict(zip(dates, amounts, strict=True))
    for given in (list(by_date.items()), by_date, series, series.rename_axis("paid on")):
        assert xirr(given) == rate
        assert xnpv(given, discount_rate=0.1) == value
    later = xnpv(amounts, dates, 0.1, as_of="2025-01-01")
    assert xnfv(by_date, discount_rate=0.1) == pytest.approx(later, rel=1e-15)
    half = np.array(["2024-01-01T00", "2024-01-02T12"], "M8[h]")
    assert xnfv([1, 0], half, Rate(1.0, per="year", kind="continuous"), day_count="30/360") == pytest.approx(
        math.exp(1.5 / 360), rel=1e-14
    )


def test_payback_of_dated_flows_is_the_first_day_on_which_the_sum_is_not_negative() -> None:
    rng = np.random.default_rng(11)
    crossings: tuple[Any, ...] = ("first", "last")
    for _ in range(200):
        amounts = np.concatenate([[-100.0], rng.integers(-30, 60, 7)])
        days = np.concatenate([[0], np.sort(rng.integers(0, 900, 7))])  # of which some may be one
        rate = float(rng.choice([0.0, 0.1, 0.5]))
        flows = [
            float(a) / mpmath.mpf(1 + rate) ** (int(k) / mpmath.mpf(365))
            for a, k in zip(amounts, days, strict=True)
        ]
        at = {int(day): mpmath.fsum(f for f, k in zip(flows, days, strict=True) if k <= day) for day in days}
        owing = [day for day, total in at.items() if total < 0]
        paid = ([k for k in at if k > min(owing) and at[k] >= 0], [k for k in at if k > max(owing)])
        dates, order = np.datetime64("2023-01-01") + days.astype("m8[D]"), rng.permutation(8)
        for crossing, after in zip(crossings, paid, strict=True):
            found = payback_date(amounts[order], dates[order], discount_rate=rate, crossing=crossing)
            assert found == ((dates[0] + np.timedelta64(min(after), "D")).item() if after else None)


def test_payback_of_many_dated_streams_and_of_none_owed() -> None:
    dates = ["2024-01-01", "2024-07-01", "2025-01-01"]
    many = payback_date([[-500, 300, 300], [-500, 100, 100], [5, 5, 5]], dates)
    assert [str(day) for day in many] == ["2025-01-01", "NaT", "2024-01-01"]
    rates = payback_date([-500, 300, 210], dates, discount_rate=[0.0, 0.1])
    assert [str(day) for day in rates] == ["2025-01-01", "NaT"]
    tenths = payback_date([-3] + [0.3] * 10, [f"2024-{m:02d}-01" for m in range(1, 12)])
    assert str(tenths) == "2024-11-01"  # ten times 0.3 are 3
    wrong: Any = "second"
    with pytest.raises(ValueError, match="crossing"):
        payback_date([-5, 5], dates[:2], crossing=wrong)
