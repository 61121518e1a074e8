"""Rates and speeds of loss convert to the published numbers, without rounding on the way round."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retainkit.economics import (
    Rate,
    churn_from,
    convert_churn,
    convert_rate,
    expected_lifetime_from,
    half_life_from,
    hazard_from,
    nominal_rate,
    real_rate,
    retention_from,
    wacc,
)
from retainkit.units import UNITS

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "rates.toml").read_text(encoding="utf-8")
)
SPEEDS = {
    "churn": churn_from,
    "retention": retention_from,
    "hazard": hazard_from,
    "half_life": half_life_from,
    "expected_lifetime": expected_lifetime_from,
}


@pytest.mark.parametrize("case", REFERENCE["rate"], ids=lambda c: c["id"])
def test_rates_convert_to_the_reference_numbers(case: dict[str, Any]) -> None:
    rate = Rate(**case["rate"])
    assert abs(rate.effective(case["to"]) - case["effective"]) <= case["tolerance"]
    assert abs(rate.to(case["to"]).value - case["effective"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["churn"], ids=lambda c: c["id"])
def test_churn_converts_to_the_reference_numbers(case: dict[str, Any]) -> None:
    rate = Rate(**case["rate"])
    assert abs(rate.churn(case["to"]) - case["churn"]) <= case["tolerance"]
    assert abs(convert_churn(rate.value, per=rate.per, to=case["to"]) - case["churn"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["hazard"])
def test_hazard_of_a_churn_is_the_reference_number(case: dict[str, float]) -> None:
    assert abs(hazard_from(churn=case["churn"]) - case["hazard"]) <= case["tolerance"]


@given(
    value=st.floats(-0.01, 0.05),
    per=st.sampled_from(UNITS),
    to=st.sampled_from(UNITS),
    kind=st.sampled_from(["effective", "nominal", "continuous"]),
)
def test_a_rate_survives_the_way_there_and_back(value: float, per: Any, to: Any, kind: Any) -> None:
    same = "year" if kind == "nominal" else None
    rate = Rate(value, per=per)
    back = rate.to(to, kind=kind, compounding=same).to(per)
    assert back.value == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert rate.to(per) == rate  # its own period is no conversion at all


@pytest.mark.parametrize("to", UNITS)
@pytest.mark.parametrize("per", UNITS)
def test_growth_over_one_year_does_not_depend_on_the_period_it_is_told_in(per: Any, to: Any) -> None:
    assert Rate(0.12, per="year").to(per).to(to).effective("year") == pytest.approx(0.12, rel=1e-12)
    assert Rate(0.3, per="year").to(per, kind="continuous").effective("year") == pytest.approx(0.3, rel=1e-12)


def test_kinds_of_one_rate_are_the_textbook_ones() -> None:
    assert Rate(0.12, per="year").continuous("year") == pytest.approx(math.log(1.12), rel=1e-15)
    assert Rate(0.12, per="year", kind="continuous").effective("year") == pytest.approx(
        math.exp(0.12) - 1, rel=1e-14
    )
    daily = Rate(0.12, per="year", kind="nominal", compounding="day")
    assert daily.effective("year") == pytest.approx((1 + 0.12 / 365.25) ** 365.25 - 1, rel=1e-12)
    assert Rate(0.01, "month").to("year", kind="nominal", compounding="month").value == pytest.approx(
        0.12, rel=1e-15
    )


def test_a_rate_read_as_churn_knows_its_kind() -> None:
    assert Rate(0.6, "year", "nominal", "month").churn("month") == pytest.approx(0.05, rel=1e-15)
    assert Rate(0.05, "month", "continuous").churn("month") == pytest.approx(1 - math.exp(-0.05), rel=1e-14)
    assert Rate(1.0, "month").churn("year") == 1.0
    assert Rate(1.0, "year").churn("month") == 1.0
    assert Rate(0.0, "year").churn("month") == 0.0
    assert Rate(0.8, "year").retention("month") ** 12 == pytest.approx(0.8, rel=1e-14)


@pytest.mark.parametrize("counted", ["started", "completed", "continuous"])
@pytest.mark.parametrize("there", SPEEDS)
@pytest.mark.parametrize("back", SPEEDS)
def test_every_name_of_a_speed_of_loss_leads_back_to_the_others(there: str, back: str, counted: Any) -> None:
    for churn in (1e-12, 1e-6, 0.01, 0.05, 0.3, 0.5, 0.9, 0.999):
        a = churn if there == "churn" else SPEEDS[there](churn=churn, counted=counted)
        b = a if there == back else SPEEDS[back](**{there: a}, counted=counted)
        again = b if back == "churn" else churn_from(**{back: b}, counted=counted)
        # a retention of 1 - 1e-12 has four digits of churn left, whoever computes it
        digits = 1e-15 / churn if "retention" in (there, back) else 1e-13
        assert again == pytest.approx(churn, rel=max(digits, 1e-13))


def test_speeds_of_loss_at_their_ends() -> None:
    inf = math.inf
    assert (hazard_from(churn=0), half_life_from(churn=0), expected_lifetime_from(churn=0)) == (0.0, inf, inf)
    assert (hazard_from(churn=1), half_life_from(churn=1), expected_lifetime_from(churn=1)) == (inf, 0.0, 1.0)
    assert (churn_from(hazard=0), churn_from(half_life=inf), churn_from(expected_lifetime=inf)) == (
        0.0,
        0.0,
        0.0,
    )
    assert churn_from(hazard=inf) == churn_from(half_life=0) == churn_from(expected_lifetime=1) == 1.0
    assert retention_from(hazard=50) == pytest.approx(math.exp(-50), rel=1e-15)
    assert hazard_from(retention=1e-300) == pytest.approx(300 * math.log(10), rel=1e-15)


def test_expected_lifetimes_are_the_sums_that_they_are_said_to_be() -> None:
    survival = 0.95 ** np.arange(5000)
    assert expected_lifetime_from(churn=0.05) == pytest.approx(survival.sum(), rel=1e-12)
    assert expected_lifetime_from(churn=0.05, counted="completed") == pytest.approx(
        survival[1:].sum(), rel=1e-12
    )
    hazard = hazard_from(churn=0.05)
    t = np.linspace(0, 2000, 2_000_001)
    assert expected_lifetime_from(churn=0.05, counted="continuous") == pytest.approx(
        np.trapezoid(np.exp(-hazard * t), t), rel=1e-8
    )
    assert 0.95 ** half_life_from(churn=0.05) == pytest.approx(0.5, rel=1e-14)


@given(nominal=st.floats(-0.9, 10), inflation=st.floats(-0.9, 10))
def test_real_and_nominal_rates_undo_each_other(nominal: float, inflation: float) -> None:
    n, i = (Rate(value, per="year", meant=True) for value in (nominal, inflation))
    real = real_rate(n, i, period="year")
    assert (1 + real) * (1 + inflation) == pytest.approx(1 + nominal, rel=1e-12)
    back = Rate(real, per="year", meant=True)
    assert nominal_rate(back, i, period="year") == pytest.approx(nominal, rel=1e-12, abs=1e-13)
    assert real_rate([n], i, period="year")[0] == real
    assert nominal_rate([n], i, period="year")[0] == nominal_rate(n, i, period="year")


def test_rates_with_periods_meet_in_the_stated_one() -> None:
    monthly = real_rate(Rate(0.12, "year"), Rate(0.02, "year"), period="month")
    assert (1 + monthly) ** 12 == pytest.approx(1.12 / 1.02, rel=1e-14)


def test_cost_of_capital_weighs_owners_and_lenders() -> None:
    terms: dict[str, Any] = {"cost_of_equity": 0.12, "cost_of_debt": 0.06, "tax_rate": 0.25}
    assert wacc(equity=1, debt=0, **terms) == pytest.approx(0.12, rel=1e-15)
    assert wacc(equity=0, debt=1, **terms) == pytest.approx(0.045, rel=1e-15)
    assert wacc(equity=[1, 3], debt=1, **terms) == pytest.approx([0.0825, 0.10125], rel=1e-14)


def test_columns_of_rates_convert_as_single_rates_do() -> None:
    rates = np.array([-0.5, 0.0, 0.12, 3.0])
    expected = [Rate(r, "year", meant=True).effective("month") for r in rates]
    np.testing.assert_allclose(convert_rate(rates, per="year", to="month", meant=True), expected, rtol=1e-14)
    churn = np.array([0.0, 0.05, 1.0])
    np.testing.assert_allclose(
        convert_churn(churn, per="month", to="year"), [0.0, 1 - 0.95**12, 1.0], rtol=1e-14
    )
