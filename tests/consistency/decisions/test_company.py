"""Special cases and detours of company values agree."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.company.acquisition_schedule import bass_schedule, substitution_schedule
from retainkit.decisions.company.company_value import value_company
from retainkit.decisions.company.leverage import leverage_effect, shareholder_value
from retainkit.draws import Draws
from retainkit.economics import customer_equity, lifetime_value
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric

PLAIN: dict[str, Any] = {
    "margin_per_period": 60,
    "acquisition_cost": 90,
    "overhead_per_period": 0,
    "tax_rate": 0,
    "discount_rate": 0.1,
    "horizon": 400,
    "non_operating_assets": 0,
    "debt": 0,
}


def test_a_plain_company_is_its_customer_equity() -> None:
    firm = value_company(1000, acquired=50, survival=lambda t: 0.8**t, **PLAIN)
    value = lifetime_value(60, retention=0.8, discount_rate=0.1, timing="end")
    equity = customer_equity(
        1000, value, acquired_per_period=50, acquisition_cost=90, discount_rate=0.1, timing="begin"
    )
    assert firm.customer_equity == pytest.approx(equity, rel=1e-12)
    assert firm.leverage == 1.0


def test_a_terminal_value_without_growth_is_a_longer_horizon_once_all_is_steady() -> None:
    what: dict[str, Any] = {"acquired": 50, "survival": lambda t: 0.8**t}
    long = value_company(1000, **what, **PLAIN)
    short = value_company(1000, **what, **{**PLAIN, "horizon": 150}, terminal_growth=0)
    assert short.shareholder_value == pytest.approx(long.shareholder_value, rel=1e-10)


def test_draws_are_one_company_each() -> None:
    rng = np.random.default_rng(3)
    margins, churn = rng.normal(60, 5, 20), rng.beta(20, 80, 20)
    curves = (1 - churn[:, None]) ** np.arange(30)
    schedule = bass_schedule(Draws(rng.uniform(800, 1200, 20)), p=0.03, q=0.4, horizon=30)
    what: dict[str, Any] = {**PLAIN, "horizon": 30, "tax_rate": 0.3, "overhead_per_period": 900}
    firm = value_company(
        500,
        acquired=schedule,
        survival=Draws(curves),
        **{**what, "margin_per_period": Draws(margins)},
        price=9_000,
    )
    each = [
        value_company(
            500, acquired=schedule[i], survival=curves[i], **{**what, "margin_per_period": m}, price=9_000
        ).gain
        for i, m in enumerate(margins)
    ]
    assert firm.gain == pytest.approx(each, rel=1e-11)
    assert firm.probability_of_gain == np.mean(np.array(each) > 0)
    assert firm.flows.customers.shape == (20, 30)


def test_a_fitted_model_is_its_survival_curve() -> None:
    model = ShiftedBetaGeometric(alpha=0.764, beta=1.296)
    what: dict[str, Any] = {**PLAIN, "horizon": 20}
    by_model = value_company(500, acquired=30, survival=model, **what)
    by_curve = value_company(500, acquired=30, survival=model.survival(np.arange(20)), **what)
    assert by_model.gain == by_curve.gain


def test_leverage_is_the_elasticity_of_shareholder_value() -> None:
    other: dict[str, Any] = {"non_operating_assets": 120.0, "debt": 400.0}
    up, now = (shareholder_value(ce, **other) for ce in (1000 * 1.0001, 1000.0))
    assert (up / now - 1) / 0.0001 == pytest.approx(leverage_effect(1000.0, **other), rel=1e-9)


def test_schedules_add_up_to_the_potential() -> None:
    assert substitution_schedule(700, beta=-30, gamma=1, horizon=90).sum() == pytest.approx(700, rel=1e-10)
    assert bass_schedule(700, p=0.03, q=0.4, horizon=200).sum() == pytest.approx(700, rel=1e-10)
    half = bass_schedule(700, p=0.03, q=0.4, horizon=200, start=5)[:20]
    assert half == pytest.approx(bass_schedule(700, p=0.03, q=0.4, horizon=200)[5:25], rel=1e-11)


def test_a_company_dumps_to_json_and_speaks() -> None:
    firm = value_company(500, acquired=[30, 20, 10], survival=[1, 0.9, 0.8], **{**PLAIN, "horizon": 3})
    told = json.loads(firm.model_dump_json())
    assert told["shareholder_value"] == pytest.approx(firm.shareholder_value)
    assert told["flows"]["acquired"] == [30, 20, 10]
    assert "customers at hand" in str(firm)
