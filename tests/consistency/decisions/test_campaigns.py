"""Campaign decisions agree with each other along every detour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import lambertw

from retainkit._numerics.search import where_zero
from retainkit._numerics.upper_envelope import upper_envelope
from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign, campaign_profit
from retainkit.decisions.campaigns.incentive import best_incentive
from retainkit.decisions.campaigns.maximum_profit import expected_maximum_profit, maximum_profit
from retainkit.decisions.campaigns.profit_curve import profit_curve, whom_to_contact
from retainkit.decisions.spending.response_curves import ExponentialResponse
from retainkit.draws import Draws
from retainkit.economics import cost_per_incremental_save
from retainkit.errors import InputError

RNG = np.random.default_rng(12)
P = RNG.beta(1.2, 5.0, 500)
LEFT = (RNG.random(500) < P).astype(int)
VALUE = RNG.gamma(2.0, 150.0, 500)


def test_the_measure_is_the_best_point_of_the_curve() -> None:
    offer = Campaign(VALUE, 0.3, 10, 1)
    curve, found = profit_curve(P, LEFT, offer), maximum_profit(P, LEFT, offer)
    assert found.per_customer == pytest.approx(curve.profit.max() / 500, rel=1e-12)
    assert (found.share, found.threshold) == (curve.best_share, curve.best_threshold)


def test_a_column_of_equal_values_is_one_value() -> None:
    accepted = BetaAcceptance(6, 14)
    one = expected_maximum_profit(P, LEFT, Campaign(200, accepted, 10, 1))
    column = expected_maximum_profit(P, LEFT, Campaign(np.full(500, 200.0), accepted, 10, 1))
    assert column.per_customer == pytest.approx(one.per_customer, rel=1e-12)
    assert column.share == pytest.approx(one.share, rel=1e-12)


def test_an_acceptance_that_is_nearly_known_gives_the_measure_with_a_known_one() -> None:
    sure = expected_maximum_profit(P, LEFT, Campaign(VALUE, BetaAcceptance(3e9, 7e9), 10, 1))
    assert sure.per_customer == pytest.approx(
        maximum_profit(P, LEFT, Campaign(VALUE, 0.3, 10, 1)).per_customer, rel=1e-6
    )


def test_being_free_to_choose_later_is_worth_something() -> None:
    """The mean of the best is at least the best of the mean."""
    unsure = Campaign(VALUE, BetaAcceptance(2, 4), 25, 3)
    assert (
        expected_maximum_profit(P, LEFT, unsure).per_customer > maximum_profit(P, LEFT, unsure).per_customer
    )


def test_draws_of_the_acceptance_give_the_curve_of_their_mean_and_the_spread_of_its_best() -> None:
    draws = Draws(np.random.default_rng(1).beta(6, 14, 300))
    many = profit_curve(P, LEFT, Campaign(VALUE, draws, 10, 1))
    one = profit_curve(P, LEFT, Campaign(VALUE, float(draws.mean()), 10, 1))
    assert many.profit == pytest.approx(one.profit, abs=1e-8)
    assert np.shape(many.gain) == (300,)
    assert np.mean(many.gain) == pytest.approx(one.gain, rel=1e-10)
    best = Campaign(VALUE, float(draws[7]), 10, 1)
    point = np.searchsorted(many.contacted, many.best_share * 500)
    assert np.asarray(many.gain)[7] == pytest.approx(profit_curve(P, LEFT, best).profit[point], rel=1e-10)


def test_draws_for_a_whole_campaign_are_campaigns_one_by_one() -> None:
    draws = np.random.default_rng(2).beta(6, 14, 50)
    how = {"customers": 1000, "contacted_share": 0.2, "churn": 0.1, "lift": 2}
    found = campaign_profit(Campaign(200, Draws(draws), 10, 1, cost=100), **how)
    singles = [campaign_profit(Campaign(200, g, 10, 1, cost=100), **how).gain for g in draws]
    assert found.gain == pytest.approx(singles, rel=1e-12)
    assert found.probability_of_gain == np.mean(np.array(singles) > 0)


def test_the_curve_ends_where_everybody_is_contacted_and_chance_is_a_straight_line() -> None:
    curve = profit_curve(P, LEFT, Campaign(200, 0.3, 10, 1))
    everybody = LEFT.sum() * 56 - (500 - LEFT.sum()) * 11
    assert curve.profit_of_all == pytest.approx(everybody, rel=1e-12)
    assert curve.at(1.0) == pytest.approx(everybody) and curve.at(0.0) == 0.0
    assert curve.profit_at_random == pytest.approx(everybody * curve.share, rel=1e-12)
    assert curve.table(4)["contacted"].tolist() == [0, 125, 250, 375, 500]


def test_who_is_worth_a_contact_are_those_above_the_break_even_precision() -> None:
    offer = Campaign(200, 0.3, 10, 1)
    plan = whom_to_contact(P, offer)
    assert np.array_equal(plan.contact, offer.break_even_precision < P)
    assert plan.gain == pytest.approx(np.asarray(offer.expected_profit(P))[plan.contact].sum(), rel=1e-12)


def test_a_save_costs_what_economics_says() -> None:
    """p₀ .30 and p₁ .24 are an acceptance of .2: the campaign breaks even at that value of a customer."""
    save = cost_per_incremental_save(
        churn_untreated=0.3, churn_treated=0.24, cost_per_contact=1, incentive=10
    )
    offer = Campaign(save.cost, 0.2, 10, 1)
    assert offer.expected_profit(0.3) == pytest.approx(0.0, abs=1e-12)
    assert offer.break_even_precision == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize(("p", "value", "k"), [(0.3, 200, 0.05), (0.05, 3000, 0.01), (0.9, 60, 0.2)])
def test_the_incentive_is_lamberts_function_and_the_root_of_the_derivative(
    p: float, value: float, k: float
) -> None:
    found = best_incentive(p, value=value, response=ExponentialResponse(1, k), cost_per_contact=1).incentive
    lambert = value + 1 / k - float(lambertw(np.exp(k * value + 1) / p).real) / k
    root = where_zero(lambda x: p * np.exp(-k * x) * (k * (value - x) + 1) - 1, 0.0, value)
    assert found == pytest.approx(max(0.0, lambert), rel=1e-9, abs=1e-9)
    assert found == pytest.approx(float(root), rel=1e-9, abs=1e-9)


def test_an_incentive_for_a_customer_worth_a_fortune_does_not_overflow() -> None:
    found = best_incentive(
        0.3, value=1e6, response=ExponentialResponse(1, 0.05), cost_per_contact=1
    ).incentive
    assert 0.3 * np.exp(-0.05 * found) * (0.05 * (1e6 - found) + 1) == pytest.approx(1.0, rel=1e-9)


def test_series_come_back_as_series() -> None:
    index = pd.Index([f"customer {i}" for i in range(500)])
    p = pd.Series(P, index=index)
    plan = whom_to_contact(p, Campaign(VALUE, 0.3, 10, 1))
    assert isinstance(plan.contact, pd.Series) and plan.contact.index.equals(index)
    offers = best_incentive(p, value=200, response=ExponentialResponse(1, 0.05), cost_per_contact=1)
    assert isinstance(offers.incentive, pd.Series) and offers.incentive.index.equals(index)


@pytest.mark.parametrize("seed", range(5))
def test_the_envelope_is_the_highest_line_everywhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    slope, level = np.cumsum(rng.normal(1, 3, 300)), np.cumsum(rng.normal(-0.5, 1, 300))
    lines, breaks = upper_envelope(slope, level)
    for gamma in np.linspace(0, 1, 1001):
        i = lines[np.searchsorted(breaks, gamma)]
        assert level[i] + slope[i] * gamma == pytest.approx(np.max(level + slope * gamma), abs=1e-9)
    assert np.all(np.diff(breaks) >= 0) and len(lines) == len(breaks) + 1


def test_records_go_to_json() -> None:
    offer = Campaign(200, 0.3, 10, 1)
    for record in (
        profit_curve(P, LEFT, offer),
        whom_to_contact(P, offer),
        maximum_profit(P, LEFT, offer),
        campaign_profit(offer, customers=10, contacted_share=0.1, churn=0.1, lift=2),
        best_incentive(0.3, value=200, response=ExponentialResponse(1, 0.05), cost_per_contact=1),
    ):
        assert record.model_dump_json().startswith("{") and str(record)


def test_draws_of_each_customers_value_are_lists_one_by_one() -> None:
    values = np.random.default_rng(3).gamma(2.0, 120.0, (40, P.size))
    found = whom_to_contact(P, Campaign(Draws(values), 0.3, 10, 1, cost=5))
    said = np.asarray(found.contact)
    each = [np.sum((P * (0.3 * (v - 10) - 1) + (1 - P) * -11)[said]) - 5 for v in values]
    assert np.asarray(found.gain) == pytest.approx(each)
    profits = Campaign(Draws(values), 0.3, 10, 1).expected_profit(P)
    assert isinstance(profits, Draws)
    assert np.mean(profits, axis=0) == pytest.approx(np.asarray(found.expected_profit))
    with pytest.raises(InputError, match="churn_probability must be a number or a column"):
        whom_to_contact(Draws(P), Campaign(200, 0.3, 10, 1))
