"""What a prior says in orders and money: against closed forms, and against the models at its draws."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, ndtri

import retainkit as rk
from retainkit.valuation import prior_predictive

RATE, YEARS = rk.Rate(0.1, per="year"), rk.Duration(3, "year")
VALUED: dict[str, Any] = {"discount_rate": RATE, "horizon": YEARS, "seed": 1}
BOUGHT: dict[str, Any] = {"spend": 35.0, "margin_share": 0.3, **VALUED}
PAID: dict[str, Any] = {"margin_per_period": 20.0, **VALUED}
SHARES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
MANY = 4000


def near(drawn: Any, exact: Any) -> None:
    """Quantiles of the draws are where the exact ones are, within four standard errors of their share."""
    below = (np.asarray(drawn)[:, None] <= exact).mean(axis=0)
    assert np.all(np.abs(below - SHARES) < 4.0 * np.sqrt(SHARES * (1.0 - SHARES) / MANY))


def test_who_stays_under_a_prior_of_churn_is_the_closed_form() -> None:
    """Of the geometric model S(12) = (1 − θ)^12, which falls with θ."""
    prior = {"theta": rk.priors.LogitNormal(-3.0, 0.7)}
    said = prior_predictive(rk.Geometric, prior=prior, unit="month", **PAID)
    theta = expit(-3.0 + 0.7 * ndtri(1.0 - SHARES))
    near(said["share still there after a year"], (1.0 - theta) ** 12)
    near(said["payments in the first year"], (1.0 - (1.0 - theta) ** 12) / theta)
    d = 1.1 ** (1.0 / 12.0) - 1.0
    z = (1.0 - theta) / (1.0 + d)
    near(said["value of a new customer within 3 years"], 20.0 * (1.0 - z**36) / (1.0 - z))


def test_orders_under_a_prior_of_the_rate_are_the_closed_form() -> None:
    """Of the NBD: mean purchases r·t/alpha, ln of which is normal where r and alpha are log-normal."""
    prior = {"r": rk.priors.LogNormal(0.0, 0.4), "alpha": rk.priors.LogNormal(2.0, 0.3)}
    said = prior_predictive(rk.NBD, prior=prior, unit="week", **BOUGHT)
    weeks = 365.25 / 7.0
    near(said["repeat orders in the first year"], weeks * np.exp(-2.0 + 0.5 * ndtri(SHARES)))
    assert np.all(said["share still a customer after a year"].values == 1.0)


@pytest.mark.parametrize("kind", [rk.BGNBD, rk.ParetoNBD, rk.BGBB])
def test_each_draw_is_what_the_model_says_there(kind: Any) -> None:
    unit: Any = "week" if kind is not rk.BGBB else "quarter"
    given: dict[str, Any] = {"prior": rk.priors.LogNormal(0.0, 0.5), "unit": unit, "draws": 3}
    said = prior_predictive(kind, **given, **BOUGHT)
    rng = np.random.default_rng(1)
    values = np.array([np.exp(0.5 * rng.standard_normal(3)) for _ in kind.names()])
    for i in range(3):
        model = kind.of(values[:, i], unit=unit)
        year = 4.0 if kind is rk.BGBB else 365.25 / 7.0
        new = rk.value_new_customer(model, 35.0, margin_share=0.3, discount_rate=RATE, horizon=YEARS)
        exact = {
            "repeat orders in the first year": model.expected_purchases_new(year),
            "share that orders again in the first year": 1.0 - model.purchase_pmf(0, year),
            "value of a new customer within 3 years": new.value,
        }
        for name, value in exact.items():
            assert said[name].values[i] == pytest.approx(value, rel=1e-9), name
    alive = said["share still a customer after a year"].values
    assert np.all((alive > 0.0) & (alive < 1.0))


@pytest.mark.slow
def test_a_default_prior_has_the_scale_of_the_data_it_is_meant_for() -> None:
    """Days instead of weeks, cents instead of euros: the same customers, and the same answer."""
    weeks = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week").sample([52.0] * 300, seed=1)
    days = rk.Purchases(frequency=weeks.frequency, recency=weeks.recency * 7.0, T=weeks.T * 7.0, unit="day")
    one, other = (prior_predictive(rk.BGNBD, data=data, **BOUGHT) for data in (weeks, days))
    for name, draws in one.figures.items():
        np.testing.assert_allclose(draws.values, other[name].values, rtol=1e-6, err_msg=name)
    spent = rk.Spend(frequency=[1, 2, 3], monetary_value=[20.0, 30.0, 40.0])
    cents = rk.Spend(frequency=[1, 2, 3], monetary_value=[2000.0, 3000.0, 4000.0])
    euros, hundredths = (prior_predictive(rk.GammaGamma, data=d, seed=1) for d in (spent, cents))
    median = "median over customers of their mean spend per order"
    np.testing.assert_allclose(100.0 * euros[median].values, hundredths[median].values, rtol=1e-6)


def test_last_years_posterior_as_a_prior_says_what_it_said() -> None:
    # so many customers that the posterior is normal on the log scale, as the prior made of it is
    rows = rk.Renewals.from_survivors([100_000, 86_900, 74_300, 65_300, 59_300, 55_100], unit="month")
    known = rk.posterior(rk.ShiftedBetaGeometric, rows, seed=1)
    said = prior_predictive(rk.ShiftedBetaGeometric, prior=rk.priors.prior_from(known), **PAID)
    year = np.quantile(known.model.survival(12.0), SHARES)
    assert said["share still there after a year"].quantile([0.05, 0.5, 0.95]) == pytest.approx(
        year[[0, 2, 4]], rel=0.02
    )
    assert "JointNormal" in str(said)


def test_money_that_is_not_known_either_goes_with_the_prior_first_with_first() -> None:
    given: dict[str, Any] = {"prior": rk.priors.LogNormal(0.0, 0.5), "unit": "week", "draws": 4}
    spend = np.array([20.0, 30.0, 40.0, 50.0])
    drawn: dict[str, Any] = {**given, **BOUGHT, "spend": rk.Draws(spend)}
    said = prior_predictive(rk.NBD, **drawn)
    ten: dict[str, Any] = {**drawn, "spend": 10.0}
    one = prior_predictive(rk.NBD, **ten)
    name = "value of a new customer within 3 years"
    np.testing.assert_allclose(said[name].values, one[name].values * spend / 10.0, rtol=1e-12)
    five: dict[str, Any] = {**drawn, "draws": 5}
    with pytest.raises(
        rk.InputError, match=r"spend must be drawn as often as the prior \(5 times\).*draws=4"
    ):
        prior_predictive(rk.NBD, **five)


def test_it_prints_what_a_finance_person_can_say_yes_or_no_to() -> None:
    said = prior_predictive(
        rk.ShiftedBetaGeometric, prior=rk.priors.LogNormal(0.0, 1.0), unit="month", **PAID
    )
    text = str(said)
    assert "value of a new customer within 3 years" in text
    assert "as likely as not between" in text
    assert "If you would not have said so before seeing data, state another prior." in text
    assert pickle.loads(pickle.dumps(said)) == said
    table = said.to_frame()
    assert table["q50"][0] == pytest.approx(float(said["payments in the first year"].quantile(0.5)))
    assert math.isfinite(said.as_dict()["figures"][0]["q95"])
