"""Present values, annuities, rates of return and paybacks: published numbers, peers, brute-force sums."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy_financial
import pandas as pd
import polars as pl
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from retainkit.economics import (
    CashFlow,
    annuity_payment,
    annuity_periods,
    annuity_value,
    irr,
    irr_all,
    npv,
    payback_periods,
    present_value,
    xirr,
    xirr_all,
    xnpv,
)

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "cashflows.toml").read_text(encoding="utf-8")
)
DELAYS: dict[Any, float] = {"begin": 0, "mid": 0.5, "end": 1, "end-if-retained": 1}


def brute(flows: Any, rate: float, delay: float = 0) -> float:
    return math.fsum(a / (1 + rate) ** (k + delay) for k, a in enumerate(flows))


@pytest.mark.parametrize("case", REFERENCE["annuity"], ids=lambda c: c["id"])
def test_annuities_are_the_reference_numbers(case: dict[str, Any]) -> None:
    terms = {k: case[k] for k in ("periods", "discount_rate", "timing")}
    assert abs(annuity_value(case["payment"], **terms) - case["value"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["irr"], ids=lambda c: c["id"])
def test_all_rates_of_return_are_the_reference_numbers(case: dict[str, Any]) -> None:
    np.testing.assert_allclose(irr_all(case["cash_flows"]), case["rates"], atol=case["tolerance"])
    assert irr(case["cash_flows"], root="lowest") == irr_all(case["cash_flows"])[0]
    assert irr(case["cash_flows"], root="highest") == irr_all(case["cash_flows"])[-1]
    nearest = min(irr_all(case["cash_flows"]), key=lambda rate: abs(math.log1p(rate)))
    assert irr(case["cash_flows"], root="nearest-zero") == nearest


@pytest.mark.parametrize("timing", DELAYS)
def test_npv_is_the_sum_of_discounted_amounts(timing: Any) -> None:
    rng = np.random.default_rng(1)
    flows, rates = rng.normal(0, 100, (50, 17)), rng.uniform(-0.5, 1.0, 50)
    expected = [brute(f, r, DELAYS[timing]) for f, r in zip(flows, rates, strict=True)]
    np.testing.assert_allclose(npv(flows, rates, timing=timing), expected, rtol=1e-11)
    np.testing.assert_allclose(
        npv(flows, 0.1, timing=timing), [brute(f, 0.1, DELAYS[timing]) for f in flows], rtol=1e-11
    )
    assert npv(flows[0], float(rates[0]), timing=timing) == pytest.approx(expected[0], rel=1e-11)


def test_npv_and_annuities_agree_with_numpy_financial_where_it_is_right() -> None:
    flows = np.random.default_rng(2).normal(0, 100, 24)
    for rate in (0.01, 0.3):
        assert npv(flows, rate) == pytest.approx(numpy_financial.npv(rate, flows), rel=1e-12)
        assert annuity_value(50, periods=24, discount_rate=rate, timing="end") == pytest.approx(
            -float(numpy_financial.pv(rate, 24, 50)), rel=1e-12
        )
        assert annuity_payment(500, periods=24, discount_rate=rate, timing="begin") == pytest.approx(
            -float(numpy_financial.pmt(rate, 24, 500, when="begin")), rel=1e-12
        )
    assert annuity_periods(500, 50, discount_rate=0.01, timing="begin") == pytest.approx(
        float(numpy_financial.nper(0.01, -50, 500, when="begin")), rel=1e-12
    )
    assert float(numpy_financial.nper(0, 50, -500)) == -10.0  # wrong: ten payments of 50 repay 500
    assert annuity_periods(500, 50, discount_rate=0) == 10.0


def test_inflation_and_tax_are_what_they_are_said_to_be() -> None:
    flows = [-500.0, 300.0, 300.0]
    by_hand = math.fsum(a * 0.75 * 1.02 ** (k + 1) / 1.1 ** (k + 1) for k, a in enumerate(flows))
    assert npv(flows, 0.1, timing="end", inflation=0.02, tax_rate=0.25) == pytest.approx(by_hand, rel=1e-14)
    by_hand = 100 * 0.9 * 0.75 * 1.02**3.5 / 1.1**3.5
    assert present_value(
        100, when=3.5, discount_rate=0.1, survival=0.9, inflation=0.02, tax_rate=0.25
    ) == pytest.approx(by_hand, rel=1e-14)


@pytest.mark.parametrize("timing", DELAYS)
def test_annuities_are_sums_at_every_singular_point(timing: Any) -> None:
    for d, g in [
        (0, 0),
        (0.01, 0),
        (0.02, 0.02),
        (0.02, 0.05),
        (-0.1, 0),
        (0.3, -0.4),
        (1e-17, 0),
        (-0.3, 0.9),
    ]:
        for n in (1, 2, 12, 400):
            expected = math.fsum((1 + g) ** k / (1 + d) ** (k + DELAYS[timing]) for k in range(n))
            terms: dict[str, Any] = {"periods": n, "discount_rate": d, "growth": g, "timing": timing}
            assert annuity_value(1, **terms) == pytest.approx(expected, rel=1e-12)
            assert annuity_value([1.0], **terms)[0] == pytest.approx(expected, rel=1e-12)
            assert annuity_payment(expected, **terms) == pytest.approx(1, rel=1e-12)
    perpetuity: dict[str, Any] = {"periods": math.inf, "timing": timing}
    worth = 50 / 0.05 * 1.05 ** (1 - DELAYS[timing])
    assert annuity_value(50, discount_rate=0.05, **perpetuity) == pytest.approx(worth, rel=1e-14)
    assert annuity_value([50], discount_rate=0.05, **perpetuity)[0] == pytest.approx(worth, rel=1e-14)
    assert annuity_value(50, discount_rate=0.05, growth=0.05, **perpetuity) == math.inf
    assert annuity_value([50], discount_rate=0.05, growth=0.06, **perpetuity)[0] == math.inf
    assert annuity_value(50, periods=0, discount_rate=0.05, timing=timing) == 0.0


def test_irr_equals_numpy_financial_on_investments() -> None:
    rng = np.random.default_rng(3)
    flows = np.column_stack([-rng.uniform(100, 900, 200), rng.uniform(0, 100, (200, 11))])
    expected = [numpy_financial.irr(f) for f in flows]
    np.testing.assert_allclose(irr(flows), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_every_rate_is_found_and_none_is_invented() -> None:
    rng = np.random.default_rng(4)
    for _ in range(300):
        rates = np.sort(rng.uniform(-0.9, 3, rng.integers(1, 6)))
        flows = np.array([1.0])
        for r in rates:
            flows = np.convolve(flows, [1.0, -(1 + r)])  # worth nothing at exactly these rates
        found = irr_all(flows)
        assert found.size == rates.size
        np.testing.assert_allclose(found, rates, rtol=1e-5)
        assert irr_all(np.convolve(flows, [1.0, 0.3, 1.0])).size == rates.size  # a factor without real roots


def test_the_number_of_rates_is_that_of_the_polynomial_roots() -> None:
    flows = np.random.default_rng(5).normal(size=(400, 9))
    mine = np.count_nonzero(~np.isnan(irr_all(flows)), axis=1)
    for stream, count in zip(flows, mine, strict=True):
        roots = np.roots(stream[::-1])
        assert count == np.count_nonzero((np.abs(roots.imag) < 1e-9) & (roots.real > 0))


@pytest.mark.parametrize(
    ("flows", "rates"),
    [
        ([-100, 220, -121], [0.1]),  # touches 0 at 10% and turns
        ([-100, 230, -132], [0.1, 0.2]),
        ([-1000, 3600, -4310, 1716], [0.1, 0.2, 0.3]),
        ([0, -1, 0, 1.21, 0], [0.1]),
        ([-1, 1], [0.0]),
        ([-100, 50], [-0.5]),
        ([1, 2, 3], []),
        ([4, -2, 3], []),  # two changes of sign, no rate
        ([-1] + [0] * 359 + [2], [2 ** (1 / 360) - 1]),
        ([-1e-8, 1e8], [1e16 - 1]),
        ([-1e8, 1e-6], [-1 + 1e-14]),
        ([-1, 2**-52], [-1 + 2**-52]),
        ([-1, 2**-53], []),  # no float lies so close to -100%
        ([-1e-300, 1e300], []),  # a rate of 1e600
        (
            [-8080695.335956573, 0, 0, 0, 0, 7057.209518739693, *[0] * 27, 0.4685937123184483],
            [-0.396257739916445],
        ),
    ],
)
def test_rates_of_return_in_special_cases(flows: list[float], rates: list[float]) -> None:
    np.testing.assert_allclose(irr_all(flows), rates, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("amounts", "dates", "rates"),
    [
        ([-1000, 1300, -5], ["2023-01-01", "2024-06-20", "2024-06-28"], [0.192496]),
        ([-500, 600, -20], ["2024-01-01", "2024-02-01", "2024-03-01"], [5.0590]),
        ([-500, 600, -20], ["2024-01-01", "2024-02-01", "2024-07-19"], [-0.997005, 6.3112]),
        (
            [-259.06, -126.28, -571.82, 890.88, -10.26, 650.61, -2.2],
            [20150822, 20160731, 20160812, 20170124, 20170315, 20170922, 20170930],
            [0.5823716],
        ),
        ([-0.3, 0.1, 0.2, -500, 600], [20240101, 20240101, 20240101, 20240201, 20250131], [0.2]),
    ],
    ids=[
        "a small end",
        "a second rate below any float",
        "two rates",
        "a kink ahead",
        "0.1 + 0.2 - 0.3 is no cost",
    ],
)
def test_dated_rates_of_streams_with_a_costly_end(
    amounts: list[float], dates: list[Any], rates: list[float]
) -> None:
    # right values: 40-digit arithmetic, printed to so many digits
    np.testing.assert_allclose(xirr_all(amounts, dates), rates, rtol=1e-5)
    assert xirr(amounts, dates, root="highest") == pytest.approx(rates[-1], rel=1e-5)


def test_the_nearest_rate_is_nearest_in_growth() -> None:
    flows = np.convolve([1.0, -0.4], [1.0, -1.9])  # -60% and 90%: one halves more than the other doubles
    assert irr(flows, root="nearest-zero") == pytest.approx(0.9, rel=1e-12)


def test_a_rate_near_zero_keeps_its_digits() -> None:
    for rate in (1e-3, 1e-6, 1e-9, -1e-9):
        flows = [-math.fsum(50 / (1 + rate) ** k for k in range(1, 11)), *[50] * 10]
        assert irr(flows) == pytest.approx(rate, abs=1e-15)


@pytest.mark.slow
def test_long_streams_with_many_changes_of_sign_are_worth_nothing_at_their_rates() -> None:
    rng = np.random.default_rng(6)
    flows = rng.normal(0, 1, (5, 121)) * 1.005 ** np.arange(121)
    flows[:, 0] = -20
    found = irr_all(flows)
    for stream, rates in zip(flows, found, strict=True):
        for rate in rates[~np.isnan(rates)]:
            worth = stream * (1 + rate) ** -np.arange(121.0)
            assert abs(math.fsum(worth)) <= 1e-13 * math.fsum(np.abs(worth))
    count = np.count_nonzero(~np.isnan(found), axis=1)
    assert (count % 2 == (flows[:, -1] > 0)).all()  # first paid, last received: an odd number of rates


@pytest.mark.slow
def test_dated_values_and_rates_agree_with_pyxirr_on_random_streams() -> None:
    rng = np.random.default_rng(7)
    compared = 0
    for _ in range(300):
        n = int(rng.integers(2, 40))
        dates = [dt.date(2020, 1, 1) + dt.timedelta(days=int(x)) for x in rng.integers(0, 3000, n)]
        amounts = rng.normal(0, 100, n)
        if (amounts > 0).all() or (amounts < 0).all():
            continue
        value = pyxirr.xnpv(0.1, dates, amounts)
        assert xnpv(amounts, dates, 0.1) == pytest.approx(value, rel=1e-9, abs=1e-9)
        peer = pyxirr.xirr(dates, amounts)
        if peer is not None and peer > -1:  # it answers -100% to amounts of a single day
            assert np.min(np.abs(xirr_all(amounts, dates) / peer - 1)) < 1e-6
            compared += 1
    assert compared > 150


def test_dated_rates_of_investments_agree_with_pyxirr_and_are_worth_nothing() -> None:
    rng = np.random.default_rng(8)
    amounts = np.column_stack([-rng.uniform(300, 900, 200), rng.uniform(0, 100, (200, 11))])
    days = np.sort(rng.integers(1, 2000, (200, 12)), axis=1)
    days[:, 0] = 0
    dates = np.datetime64("2021-01-01") + days.astype("timedelta64[D]")
    rates = xirr(amounts, dates)
    for i in range(200):
        assert rates[i] == pytest.approx(pyxirr.xirr(dates[i], amounts[i]), rel=1e-6, abs=1e-9)
        assert xirr(amounts[i], dates[i]) == pytest.approx(rates[i], rel=1e-13, abs=1e-15)
        assert abs(xnpv(amounts[i], dates[i], float(rates[i]))) < 1e-9


def test_dates_may_come_in_any_order_twice_a_day_and_with_hours() -> None:
    dates = ["2025-01-01", "2024-01-01", "2024-07-01", "2024-07-01"]
    sorted_ = xirr([-500, 300, 300], ["2024-01-01", "2024-07-01", "2025-01-01"])
    assert xirr([300, -500, 100, 200], dates) == pytest.approx(sorted_, rel=1e-14)
    half_a_year = np.array(["2024-01-01", "2024-07-01T12:00"], "datetime64[m]")
    assert xirr([-100, 110], half_a_year) == pytest.approx(1.1 ** (365 / 182.5) - 1, rel=1e-13)
    assert xirr([-100, 110], half_a_year, days_per_year=365.25) == pytest.approx(
        1.1 ** (365.25 / 182.5) - 1, rel=1e-13
    )


def test_a_date_is_the_same_however_it_is_written() -> None:
    rate = xirr([-100, 110], ["2021-01-01", "2022-01-01"])
    assert rate == pytest.approx(0.1, rel=1e-13)
    for dates in (["20210101", "20220101"], [20210101, 20220101], [dt.date(2021, 1, 1), dt.date(2022, 1, 1)]):
        assert xirr([-100, 110], dates) == rate
    assert xirr([[-100, 110]] * 2, [["20210101", "20220101"]] * 2).tolist() == [rate, rate]
    assert xnpv([-100, 110], ["20210101", "20220101"], 0.1, as_of=20210101) == pytest.approx(0.0, abs=1e-12)


def test_hours_count_by_the_clock_of_the_timestamp_in_any_way_of_writing_and_any_zone() -> None:
    moments = np.array(["2024-01-01T06:30", "2024-07-01T12:00:01.5"], "M8[us]")
    rate, naive = xirr([-100, 110], moments), moments.tolist()
    west = dt.timezone(dt.timedelta(hours=-5))
    text = ["2024-01-01 06:30", "2024-07-01T12:00:01.5+02:00"]
    series = pd.Series(naive).dt.tz_localize("America/New_York")
    zoned = [moment.replace(tzinfo=west) for moment in naive]
    pattern = "%d/%m/%y %I:%M:%S.%f%p"
    formatted = [moment.strftime(pattern) for moment in naive]
    assert xirr([-100, 110], formatted, date_format=pattern) == rate
    for dates in (naive, zoned, text, series, pl.Series(naive).dt.replace_time_zone("Asia/Kolkata")):
        assert xirr([-100, 110], dates) == rate


def test_a_dated_value_is_of_the_day_that_is_named() -> None:
    dates = ["2024-01-01", "2024-12-31"]
    now = xnpv([-500, 600], dates, 0.1)
    assert now == pytest.approx(-500 + 600 / 1.1, rel=1e-14)
    assert xnpv([-500, 600], dates, 0.1, as_of="2024-12-31") == pytest.approx(now * 1.1, rel=1e-14)
    assert xnpv([[-500, 600], [-100, 0]], dates, [0.1, 0.2]) == pytest.approx([now, -100], rel=1e-14)


def test_payback_of_streams() -> None:
    assert payback_periods([-500] + [50] * 20) == 10.0
    assert payback_periods([-3] + [0.3] * 20) == 10.0  # though ten times 0.3 is not 3 in binary
    assert payback_periods([-100, 60, 60]) == pytest.approx(1 + 40 / 60)
    assert payback_periods([-100, 150, -100, 200]) == pytest.approx(2 / 3)
    assert payback_periods([-100, 150, -100, 200], crossing="last") == 2.25
    assert payback_periods([0, -5, 5]) == 2.0
    assert payback_periods([100, 20]) == 0.0
    assert payback_periods([-5, 4]) == math.inf
    assert (
        payback_periods([-500] + [50 * 0.9**k for k in range(1000)]) == math.inf
    )  # runs into 500, never there
    discounted = payback_periods([-500] + [50] * 20, discount_rate=[0.0, 0.01])
    assert discounted[0] == 10.0
    assert 10 < discounted[1] < 11


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=12), st.sampled_from(["first", "last"]))
def test_payback_lies_where_the_running_sum_crosses_zero(flows: list[float], crossing: Any) -> None:
    when = payback_periods(flows, crossing=crossing)
    sums = [math.fsum(flows[: k + 1]) for k in range(len(flows))]
    scale = 1e-12 * math.fsum(map(abs, flows))
    if when == math.inf:
        assert sums[-1] < scale
        assert crossing == "last" or all(
            s < scale for s in sums[next(k for k, s in enumerate(sums) if s < 0) :]
        )
    elif when == 0:
        assert all(s >= -scale for s in sums)
    else:
        k = math.ceil(when) - 1
        share = when - k
        assert sums[k] + share * (sums[k + 1] - sums[k]) == pytest.approx(0, abs=scale + 1e-9)


@pytest.mark.parametrize("timing", DELAYS)
def test_a_cash_flow_on_a_curve_is_the_sum_over_its_payments(timing: Any) -> None:
    def survival(t: Any) -> Any:
        return (1 + 0.1 * t) ** -0.7

    flow = CashFlow.from_curve(50, survival, timing=timing, horizon=24, inflation=0.002, tax_rate=0.2)
    stays = 1 if timing == "end-if-retained" else 0
    by_hand = [
        50 * 0.8 * 1.002 ** (k + DELAYS[timing]) * survival(k + stays) / 1.01 ** (k + DELAYS[timing])
        for k in range(24)
    ]
    assert flow.npv(0.01) == pytest.approx(math.fsum(by_hand), rel=1e-13)
    together = flow + CashFlow(-300, 0)
    when, running = together.cumulative(0.01)
    assert when[0] == 0
    assert running[-1] == pytest.approx(math.fsum(by_hand) - 300, rel=1e-12)
    assert np.all(np.diff(when) >= 0)


def test_a_cash_flow_converts_a_rate_to_its_period() -> None:
    from retainkit.economics import Rate

    flow = CashFlow([100, 100], [0, 12], period="month")
    assert flow.npv(Rate(0.12, per="year")) == pytest.approx(100 + 100 / 1.12, rel=1e-14)
