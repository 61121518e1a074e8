"""Campaigns give the reference numbers, an independent library's, and what counting one by one gives."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta as beta_distribution

from retainkit.decisions._base.draws import bare
from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign, campaign_profit
from retainkit.decisions.campaigns.incentive import best_incentive
from retainkit.decisions.campaigns.maximum_profit import expected_maximum_profit, maximum_profit
from retainkit.decisions.campaigns.profit_curve import profit_curve, whom_to_contact
from retainkit.decisions.spending.response_curves import ExponentialResponse, HillResponse
from retainkit.draws import Draws

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = tomllib.loads((FOLDER / "decisions_campaigns.toml").read_text(encoding="utf-8"))
MEASURED = tomllib.loads((FOLDER / "maximum_profit.toml").read_text(encoding="utf-8"))
OFFER = Campaign(**REFERENCE["campaign"]["inputs"])


def columns(case: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(case["score"]) / 100, np.array([int(c) for c in case["churned"]])


def random_customers(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1.5, 3.0, n)
    return np.round(p, 1), (rng.random(n) < p).astype(int), rng.gamma(2.0, 100.0, n)


# ---- reference numbers ------------------------------------------------------------------------------


def test_the_profit_of_a_contact_is_the_reference_number() -> None:
    wanted = REFERENCE["campaign"]
    assert OFFER.per_churner == pytest.approx(wanted["per_churner"], rel=1e-14)
    assert OFFER.per_stayer == wanted["per_stayer"]
    precision = wanted["break_even_precision"]
    assert abs(OFFER.break_even_precision - precision["value"]) <= precision["tolerance"]


def test_the_profit_is_that_of_the_papers_formula() -> None:
    """Π = Nα{[γV + δ(1−γ)]β₀λ − δ − f} − A."""
    N, alpha, base, lift, A = 10_000, 0.1, 0.05, 5.0, 500.0
    gamma, V, delta, f = 0.3, 200.0, 10.0, 1.0
    formula = N * alpha * ((gamma * V + delta * (1 - gamma)) * base * lift - delta - f) - A
    campaign = Campaign(V, gamma, delta, f, cost=A)
    found = campaign_profit(campaign, customers=N, contacted_share=alpha, churn=base, lift=lift)
    assert found.gain == pytest.approx(formula, rel=1e-12)
    there = campaign_profit(
        campaign, customers=N, contacted_share=alpha, churn=base, lift=found.break_even_lift
    )
    assert there.gain == pytest.approx(0.0, abs=1e-9)
    assert there.precision == pytest.approx(found.break_even_precision, rel=1e-12)


def test_each_assumption_turns_the_decision_where_it_says() -> None:
    given: dict[str, Any] = {
        "value": 200,
        "acceptance": 0.3,
        "incentive": 10,
        "cost_per_contact": 1,
        "stayers_accepting": 0.8,
        "provoked_churn": 0.01,
        "cost": 500,
    }
    how = {"customers": 10_000, "contacted_share": 0.1, "churn": 0.05, "lift": 5}
    found = campaign_profit(Campaign(**given), **how)
    turning = [a for a in found.assumptions if a.turning_point is not None]
    assert len(turning) >= 8
    for a in turning:
        inputs, about = {**given}, {**how}
        (inputs if a.name in inputs else about)[a.name] = a.turning_point
        assert campaign_profit(Campaign(**inputs), **about).gain == pytest.approx(0.0, abs=1e-6)


def test_the_measures_of_eight_customers_are_the_reference_numbers() -> None:
    case = REFERENCE["measures"]
    found = maximum_profit(case["score"], case["churned"], OFFER)
    assert abs(found.per_customer - case["mpc"]["value"]) <= case["mpc"]["tolerance"]
    assert (found.share, found.threshold) == (0.875, 0.2)
    unsure = Campaign(200, BetaAcceptance(case["alpha"], case["beta"]), 10, 1)
    expected = expected_maximum_profit(case["score"], case["churned"], unsure)
    assert abs(expected.per_customer - case["empc"]["value"]) <= case["empc"]["tolerance"]


def test_the_best_incentive_is_the_reference_number() -> None:
    case = REFERENCE["incentive"]
    found = best_incentive(**case["inputs"], response=ExponentialResponse(1, k=case["k"]))
    assert abs(found.incentive - case["incentive"]["value"]) <= case["incentive"]["tolerance"]


# ---- an independent library -------------------------------------------------------------------------


@pytest.mark.parametrize("case", MEASURED["case"], ids=range(len(MEASURED["case"])))
def test_the_measures_are_the_librarys_where_all_customers_are_worth_the_same(case: dict[str, Any]) -> None:
    score, churned = columns(case)
    money = {name: case[name] for name in ("value", "incentive", "cost_per_contact")}
    known = maximum_profit(score, churned, Campaign(**money, acceptance=case["acceptance"]))
    assert known.per_customer == pytest.approx(case["mpc"], rel=1e-9)
    unsure = Campaign(**money, acceptance=BetaAcceptance(case["alpha"], case["beta"]))
    assert expected_maximum_profit(score, churned, unsure).per_customer == pytest.approx(
        case["empc"], rel=1e-9
    )


@pytest.mark.parametrize("case", MEASURED["by_customer"], ids=range(len(MEASURED["by_customer"])))
def test_with_values_by_customer_the_measures_count_each_and_not_the_mean(case: dict[str, Any]) -> None:
    score, churned = columns(case)
    value = np.array(case["value"], np.float64)
    accepted = BetaAcceptance(case["alpha"], case["beta"])
    share = Campaign(value, accepted, case["incentive_fraction"] * value, case["cost_per_contact"])
    assert maximum_profit(score, churned, share).per_customer == pytest.approx(case["empb"], rel=1e-9)

    averaged = Campaign(float(value.mean()), accepted, 10, case["cost_per_contact"])
    at_the_mean = expected_maximum_profit(score, churned, averaged).per_customer
    assert at_the_mean == pytest.approx(case["empc_at_the_mean_value"], rel=1e-9)
    each = expected_maximum_profit(score, churned, Campaign(value, accepted, 10, case["cost_per_contact"]))
    assert abs(each.per_customer / at_the_mean - 1.0) > 1e-3


# ---- one by one -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_expected_measure_is_the_integral_of_the_best_profit(seed: int) -> None:
    """Values, incentives and costs by customer, some incentives above the value; scipy's quadrature."""
    score, churned, value = random_customers(seed)
    rng = np.random.default_rng(seed)
    incentive, cost = rng.uniform(0, 120, score.size), rng.uniform(0, 5, score.size)
    a, b = rng.uniform(1, 8), rng.uniform(2, 15)
    thresholds = np.unique(score)

    def best(gamma: float) -> float:
        each = np.where(churned, gamma * (value - incentive) - cost, -incentive - cost)
        return max(0.0, *(each[score >= t].sum() for t in thresholds)) / score.size

    grid = np.linspace(0, 1, 401)  # the integrand has kinks: short stretches keep the quadrature exact
    wanted = sum(
        quad(lambda g: best(g) * beta_distribution.pdf(g, a, b), low, high, limit=200)[0]
        for low, high in itertools.pairwise(grid)
    )
    found = expected_maximum_profit(score, churned, Campaign(value, BetaAcceptance(a, b), incentive, cost))
    assert found.per_customer == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_the_profit_curve_is_what_counting_gives(seed: int) -> None:
    score, churned, value = random_customers(seed)
    offer = Campaign(value, 0.4, 12, 2, stayers_accepting=0.7, provoked_churn=0.02, cost=30)
    curve = profit_curve(score, churned, offer)
    for threshold, contacted, profit in zip(curve.threshold, curve.contacted, curve.profit, strict=True):
        earned, count = 0.0, 0
        for s, left, v in zip(score, churned, value, strict=True):
            if s >= threshold:
                count += 1
                stays = -2 - (1 - 0.02) * 0.7 * 12 - 0.02 * v
                earned += 0.4 * (v - 12) - 2 if left else stays
        assert contacted == count
        assert profit == pytest.approx(earned - 30 * (count > 0), abs=1e-9)
    assert curve.gain == pytest.approx(curve.profit.max(), abs=1e-9)
    assert curve.best_share * score.size == curve.contacted[np.argmax(curve.profit)]


def test_whom_to_contact_earns_the_most_of_all_choices() -> None:
    """Every one of the 2¹⁰ choices."""
    rng = np.random.default_rng(3)
    p, value = rng.random(10) * 0.4, rng.gamma(2.0, 120.0, 10)
    offer = Campaign(value, 0.3, 10, 1, stayers_accepting=0.9, provoked_churn=0.01)
    each = np.asarray(offer.expected_profit(p))
    choices = (np.arange(1024)[:, None] >> np.arange(10)) & 1
    plan = whom_to_contact(p, offer)
    assert plan.gain == pytest.approx((choices @ each).max(), rel=1e-12)
    assert 0 < plan.contact.sum() < 10
    assert plan.expected_churners == pytest.approx(p[plan.contact].sum())


@pytest.mark.parametrize(
    "response",
    [
        ExponentialResponse(1.0, 0.05),
        ExponentialResponse(0.7, 0.02, floor=0.1),
        HillResponse(0.8, 15.0, 3.0),
        HillResponse(0.6, 10.0, 0.7, floor=0.05),
        ExponentialResponse(0.05, 0.01),
    ],
    ids=["exponential", "with a floor", "S-shaped", "Hill", "not worth it"],
)
def test_no_incentive_on_a_grid_earns_more(response: Any) -> None:
    p, value = np.array([0.05, 0.2, 0.6, 0.0, 1.0]), np.array([500.0, 150.0, 90.0, 100.0, 40.0])
    how: dict[str, Any] = {"cost_per_contact": 1.0, "stayers_accepting": 0.8, "provoked_churn": 0.01}
    found = best_incentive(p, value=value, response=response, **how)
    offers = np.linspace(0, 500, 20_001)[:, None]
    profit = p * response.at(offers) * (value - offers) - (1 - p) * (0.99 * 0.8 * offers + 0.01 * value) - 1.0
    assert np.all(found.profit_per_contact >= profit.max(axis=0) - 1e-12)
    assert found.profit_per_contact == pytest.approx(profit.max(axis=0), abs=2e-3)
    assert np.all(found.contact == (found.profit_per_contact > 0))


def test_one_incentive_for_all_earns_the_most_of_a_grid() -> None:
    rng = np.random.default_rng(8)
    p, value = rng.random(50) * 0.5, rng.gamma(2.0, 100.0, 50)
    response = ExponentialResponse(0.9, 0.04)
    found = best_incentive(p, value=value, response=response, cost_per_contact=2, one_for_all=True)
    offers = np.linspace(0, 150, 15_001)[:, None]
    profit = p * response.at(offers) * (value - offers) - (1 - p) * offers - 2
    total = np.maximum(profit, 0).sum(axis=1)
    assert np.all(found.incentive == found.incentive[0])
    assert found.gain == pytest.approx(total.max(), rel=1e-7)
    assert found.gain >= total.max() - 1e-9


@pytest.mark.parametrize(
    ("p", "value", "response", "stayers_accepting", "incentive", "earned"),
    [
        (1.0, 9, HillResponse(0.8, 10, 3), 1.0, 6.345, 0.432),  # all of the gain lies before the inflection
        (0.9, 12, HillResponse(0.8, 20, 3), 0.0, 8.812, 0.181),
        (0.0003, 1e6, HillResponse(1.0, 15, 40), 1.0, None, None),  # a narrow peak far down
        (0.5, 300, HillResponse(0.8, 100, 25, floor=0.1), 0.2, None, None),
        (0.2, 90, HillResponse(0.6, 100, 8, floor=0.1), 1.0, 0.0, None),  # no offer is the best one
    ],
)
def test_an_s_shaped_response_has_the_offer_of_a_fine_grid(
    p: float, value: float, response: Any, stayers_accepting: float, incentive: Any, earned: Any
) -> None:
    found = best_incentive(
        p, value=value, response=response, cost_per_contact=0, stayers_accepting=stayers_accepting
    )
    offers = np.linspace(0, min(value, 400), 400_001)
    profit = p * response.at(offers) * (value - offers) - (1 - p) * stayers_accepting * offers
    assert found.profit_per_contact >= profit.max() - 1e-12
    assert found.incentive == pytest.approx(offers[profit.argmax()], abs=2e-3)
    if incentive is not None:
        assert found.incentive == pytest.approx(incentive, abs=1e-3)
    if earned is not None:
        assert found.gain == pytest.approx(earned, abs=5e-4)


@pytest.mark.parametrize("shape", ["numbers", "columns", "draws"])
def test_means_over_the_contacted_turn_the_list_where_they_say(shape: str) -> None:
    """Everyone's input moved in the same proportion, the contacts staying as they are, counted again."""
    rng = np.random.default_rng(11)
    p = rng.beta(1.5, 4.0, 60)
    given: dict[str, Any] = {
        "value": 200.0 if shape == "numbers" else rng.gamma(2.0, 120.0, 60),
        "acceptance": Draws(rng.beta(6, 14, 80)) if shape == "draws" else 0.3,
        "incentive": 10.0 if shape == "numbers" else rng.uniform(5, 15, 60),
        "cost_per_contact": 1.0,
        "stayers_accepting": 0.8,
        "provoked_churn": 0.004,
        "cost": 20.0,
    }
    plan = whom_to_contact(p, Campaign(**given))
    said = np.asarray(plan.contact)

    def counted(name: str = "", factor: float = 1.0) -> float:
        moved = {**given, "churn": p, "acceptance": bare(given["acceptance"], beside=True)}
        moved[name or "cost"] = moved[name or "cost"] * factor
        c = np.broadcast_to(moved.pop("churn"), (60,))
        w, e, d, v = (moved[n] for n in ("provoked_churn", "stayers_accepting", "incentive", "value"))
        stayer = -(1 - w) * e * d - w * v
        each = c * moved["acceptance"] * (v - d) + (1 - c) * stayer - moved["cost_per_contact"]
        total = np.broadcast_to(each, (*np.shape(each)[:-1], 60))[..., said].sum(axis=-1) - moved["cost"]
        return float(np.mean(total))

    assert np.mean(plan.gain) == pytest.approx(counted(), rel=1e-12)
    turning = [a for a in plan.turning_points() if a.turning_point is not None]
    assert len(turning) >= 7
    for a in turning:
        assert a.turning_point is not None
        assert counted(a.name, a.turning_point / a.value) == pytest.approx(0.0, abs=1e-8 * counted())
    assert plan.gain_with(cost=20.0 + counted()) == pytest.approx(0.0, abs=1e-9)


def test_the_draws_of_a_list_say_how_sure_its_gain_is() -> None:
    draws = Draws(np.random.default_rng(2).beta(6, 14, 500))
    plan = whom_to_contact([0.2, 0.3, 0.05], Campaign(120, draws, 10, 1))
    assert 0.5 < plan.probability_of_gain < 1.0
    low, high = plan.interval(0.8)
    assert low < np.mean(plan.gain) < high
    assert plan.worth_it
