"""Pricing and loyalty decisions meet the listed numbers, 40-digit arithmetic and sums counted out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from retainkit.decisions.pricing.discount import break_even_churn_with_discount, loyalty_discount
from retainkit.decisions.pricing.loyalty_tiers import tier_programme
from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.decisions.pricing.points import effective_rebate, points_programme, points_redemption
from retainkit.decisions.pricing.points_liability import points_liability
from retainkit.decisions.pricing.price_change import break_even_volume, price_change
from retainkit.decisions.pricing.rebate import break_even_lift, rebate_programme
from retainkit.decisions.pricing.take_rate import break_even_take_rate, offer_to_customers

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "decisions_pricing.toml").read_text(encoding="utf-8")
)


def test_a_permanent_discount_has_to_bring_churn_down_to_the_listed_rate() -> None:
    case = REFERENCE["permanent_discount"]
    for timing in ("begin", "mid", "end"):
        found = break_even_churn_with_discount(
            case["margin_per_period"],
            discount_amount=case["discount_given"],
            churn=case["churn"],
            discount_rate=case["discount_rate"],
            timing=timing,
        )
        assert found == pytest.approx(case["break_even_churn"], abs=case["digit"] / 2)


def test_a_rebate_needs_the_listed_lift() -> None:
    case = REFERENCE["rebate"]
    found = break_even_lift(case["rebate"], margin_share=case["margin_share"])
    assert found == pytest.approx(case["lift"], abs=case["digit"] / 2)


def test_a_higher_price_may_lose_the_listed_volume() -> None:
    case = REFERENCE["price_change"]
    found = break_even_volume(case["change"], margin_share=case["margin_share"])
    assert found == pytest.approx(case["volume"], abs=case["digit"] / 2)


def test_the_listed_share_of_incentives_goes_to_those_who_would_have_stayed() -> None:
    case = REFERENCE["paid_anyway"]
    found = share_paid_anyway(case["stay_without"], case["stay_with"])
    assert found == pytest.approx(case["share"], abs=case["digit"] / 2)


# -- customers counted out ------------------------------------------------------------------------------


def counted_value(margin: float, churn: float, rate: float, timing: str) -> Any:
    """The value of a customer, payment by payment, in 40 digits."""
    with mp.workdps(40):
        m, r, v = mp.mpf(margin), 1 - mp.mpf(churn), 1 / (1 + mp.mpf(rate))
        if timing == "continuous":
            hazard, force = -mp.log(r), -mp.log(v)
            return m * mp.quad(lambda t: mp.exp(-(hazard + force) * t), [0, 40, 200, mp.inf])
        delay = {"begin": mp.mpf(0), "mid": mp.mpf(1) / 2, "end": mp.mpf(1), "end-if-retained": mp.mpf(1)}
        paid = 1 if timing == "end-if-retained" else 0
        return mp.fsum(m * r ** (k + paid) * v ** (k + delay[timing]) for k in range(1500))


TIMINGS = ["begin", "mid", "end", "end-if-retained", "continuous"]


@pytest.mark.parametrize("timing", TIMINGS)
def test_at_the_break_even_churn_a_discounted_customer_is_worth_as_much_as_before(timing: Any) -> None:
    even = break_even_churn_with_discount(
        50, discount_amount=5, churn=0.08, discount_rate=0.02, timing=timing
    )
    before, after = counted_value(50, 0.08, 0.02, timing), counted_value(45, even, 0.02, timing)
    assert float(after / before) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_a_discount_gains_what_the_payments_say(timing: Any) -> None:
    decision = loyalty_discount(
        50,
        discount_amount=4,
        churn=0.08,
        churn_with_discount=0.06,
        discount_rate=0.02,
        timing=timing,
        cost_per_customer=3,
    )
    without, with_ = counted_value(50, 0.08, 0.02, timing), counted_value(46, 0.06, 0.02, timing)
    anyway = counted_value(4, 0.08, 0.02, timing) / counted_value(4, 0.06, 0.02, timing)
    assert decision.gain == pytest.approx(float(with_ - without - 3), rel=1e-11)
    assert decision.share_paid_anyway == pytest.approx(float(anyway), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_what_a_discount_costs_to_introduce_is_in_its_break_even(timing: Any) -> None:
    given: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "timing": timing}
    even: Any = loyalty_discount(
        50, discount_amount=5, churn_with_discount=0.04, cost_per_customer=20, **given
    ).break_even_churn
    worth = counted_value(45, even, 0.01, timing) - counted_value(50, 0.05, 0.01, timing)
    assert float(worth) == pytest.approx(20, rel=1e-9)
    if timing == "end":
        assert even == pytest.approx(0.042734, abs=5e-7)


def test_a_tenth_off_is_no_ten_cents_off() -> None:
    given: dict[str, Any] = {"churn": 0.05, "churn_with_discount": 0.045, "discount_rate": 0.01}
    tenth = loyalty_discount(50, discount_share=0.10, **given, timing="begin")
    assert tenth.gain == pytest.approx(45 * 1.01 / 0.055 - 50 * 1.01 / 0.06)  # -15.30
    assert tenth.gain == loyalty_discount(50, discount_amount=5, **given, timing="begin").gain
    turns = {a.name: a.turning_point for a in tenth.turning_points()}
    assert turns["discount_share"] == pytest.approx(1 - 0.055 / 0.06)
    assert "discount_amount" not in turns


def test_what_a_rebate_costs_to_run_is_in_its_break_even() -> None:
    programme = rebate_programme(100, rebate=0.02, margin_share=0.1, lift=0.1, cost_per_period=0.1)
    assert programme.break_even_lift == pytest.approx(0.2625, rel=1e-12)
    assert "26.25%" in programme.headline()


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_a_price_gains_what_the_payments_say_and_turns_where_it_says(timing: Any) -> None:
    def change(**other: float) -> Any:
        stated: dict[str, Any] = {"volume_change": -0.04, "churn": 0.08, "churn_after": 0.085, **other}
        return price_change(120, change=0.06, margin_share=0.35, discount_rate=0.02, timing=timing, **stated)

    decision = change()
    before = counted_value(120 * 0.35, 0.08, 0.02, timing)
    after = counted_value(120 * (0.35 + 0.06) * 0.96, 0.085, 0.02, timing)
    assert decision.gain == pytest.approx(float(after - before), rel=1e-11)
    turned = change(volume_change=decision.break_even_volume), change(churn_after=decision.break_even_churn)
    assert [d.gain for d in turned] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_a_rebate_pays_from_its_break_even_lift_on() -> None:
    sales, margin, rebate = 100.0, 0.1, 0.02
    lift = break_even_lift(rebate, margin_share=margin)
    assert sales * (1 + lift) * (margin - rebate) == pytest.approx(sales * margin, rel=1e-14)
    decision = rebate_programme(100, rebate=0.02, margin_share=0.1, lift=0.4, cost_per_period=0.5)
    assert decision.gain == pytest.approx(140 * 0.08 - 100 * 0.1 - 0.5, rel=1e-13)
    assert decision.share_paid_anyway == pytest.approx(100 / 140, rel=1e-14)


def test_an_offer_is_credited_with_what_it_adds() -> None:
    """A thousand customers: 50 buy, 20 of them anyway; of the other 30 a quarter give up a margin of 120."""
    stated = {"take_rate_without": 0.02, "cannibalised_share": 0.25, "displaced_margin": 120}
    decision = offer_to_customers(80, take_rate=0.05, cost_per_offer=1, **stated)
    assert 1000 * decision.gain == pytest.approx(30 * 80 - 7.5 * 120 - 1000 * 1, rel=1e-12)
    even = break_even_take_rate(80, cost_per_offer=1, **stated)
    at_even = offer_to_customers(80, take_rate=even, cost_per_offer=1, **stated)
    assert at_even.gain == pytest.approx(0.0, abs=1e-13)


# -- points ---------------------------------------------------------------------------------------------


def test_points_redeemed_are_those_counted_period_by_period() -> None:
    outstanding, redeemed, now = 1.0, 0.0, 0.0
    for period in range(1, 25):
        outstanding *= 1 - 0.02  # who leaves forfeits
        redeemed += 0.1 * outstanding
        now += 0.1 * outstanding / 1.01**period
        outstanding *= 1 - 0.1
    found = points_redemption(0.1, churn=0.02, discount_rate=0.01, expires_after=24)
    assert found.probability == pytest.approx(redeemed, rel=1e-13)
    assert found.discounted_probability == pytest.approx(now, rel=1e-13)


@pytest.mark.parametrize(
    ("rate", "churn", "expires", "probability"),
    [(0.0, 0.0, float("inf"), 0.0), (1.0, 0.0, 1, 1.0), (0.3, 0.0, float("inf"), 1.0), (0.5, 1.0, 9, 0.0)],
)
def test_the_edges_of_redemption_are_exact(
    rate: float, churn: float, expires: float, probability: float
) -> None:
    found = points_redemption(rate, churn=churn, discount_rate=0.0, expires_after=expires)
    assert found.probability == probability
    assert found.discounted_probability == probability


def test_the_effective_rebate_is_the_promise_after_breakage_and_delay() -> None:
    found = effective_rebate(
        2, cost_per_point=0.008, redemption_probability=0.7, periods_to_redemption=9, discount_rate=0.01
    )
    with mp.workdps(40):
        wanted = 2 * mp.mpf("0.008") * mp.mpf("0.7") / mp.mpf("1.01") ** 9
    assert found == pytest.approx(float(wanted), rel=1e-14)


def test_points_are_a_rebate_of_their_effective_size() -> None:
    promise: dict[str, Any] = {
        "redemption_probability": 0.7,
        "periods_to_redemption": 9,
        "discount_rate": 0.01,
    }
    sales: dict[str, Any] = {"margin_share": 0.12, "lift": 0.15, "cost_per_period": 0.3}
    points = points_programme(200, points_per_unit=2, cost_per_point=0.008, **promise, **sales)
    size = effective_rebate(2, cost_per_point=0.008, **promise)
    rebate = rebate_programme(200, rebate=size, **sales)
    assert points.gain == rebate.gain
    assert points.break_even_lift == rebate.break_even_lift


def test_points_roll_forward_and_the_expense_is_all_that_was_paid_and_is_owed() -> None:
    earned, redeemed, expired = [500, 600, 550], [300, 450, 500], [50, 80, 60]
    found = points_liability(
        1000,
        earned=earned,
        redeemed=redeemed,
        expired=expired,
        cost_per_point=0.01,
        redemption_probability=0.8,
    )
    balance, wanted = 1000, []
    for e, r, x in zip(earned, redeemed, expired, strict=True):
        balance += e - r - x
        wanted.append(balance)
    assert found.outstanding.tolist() == wanted
    assert found.liability == pytest.approx([0.008 * b for b in wanted], rel=1e-14)
    assert found.expense.sum() == pytest.approx(1250 * 0.01 + 0.008 * (wanted[-1] - 1000), rel=1e-13)
    assert found.breakage_so_far == pytest.approx(190 / (190 + 1250), rel=1e-14)


def test_points_that_break_as_expected_cost_what_they_were_expected_to() -> None:
    """Where four of five points that end are redeemed, a period's expense is 80% of the points it earned."""
    found = points_liability(
        1000,
        earned=[500, 900],
        redeemed=[400, 240],
        expired=[100, 60],
        cost_per_point=0.02,
        redemption_probability=0.8,
    )
    assert found.expense == pytest.approx([500 * 0.8 * 0.02, 900 * 0.8 * 0.02], rel=1e-13)


# -- tiers ----------------------------------------------------------------------------------------------

P = np.array([[0.75, 0.15, 0.0], [0.10, 0.70, 0.15], [0.0, 0.12, 0.85]])
Q = np.array([[0.75, 0.12, 0.0], [0.14, 0.68, 0.08], [0.0, 0.20, 0.72]])
TIERS: dict[str, Any] = {
    "reward_costs": [0, 2, 8],
    "transitions": P,
    "margins_without": [10, 25, 60],
    "transitions_without": Q,
    "start": [70, 20, 10],
    "discount_rate": 0.02,
    "tiers": ["basic", "silver", "gold"],
}


def walked(chain: np.ndarray[Any, Any], rewards: list[float], rate: float, periods: int) -> list[float]:
    """The value by start tier: members moved period by period."""
    totals: list[float] = []
    for tier in range(len(rewards)):
        members, total = np.eye(len(rewards))[tier], 0.0
        for t in range(periods + 1):
            total += float(members @ np.array(rewards)) / (1 + rate) ** t
            members = members @ chain
        totals.append(total)
    return totals


def test_tiers_are_worth_what_members_moved_one_by_one_bring() -> None:
    decision = tier_programme([10, 25, 60], **TIERS)
    ours, theirs = walked(P, [10, 23, 52], 0.02, 2000), walked(Q, [10, 25, 60], 0.02, 2000)
    assert decision.value == pytest.approx(ours, rel=1e-10)
    assert decision.value_without == pytest.approx(theirs, rel=1e-10)
    gains = [a - b for a, b in zip(ours, theirs, strict=True)]
    assert decision.gain == pytest.approx(0.7 * gains[0] + 0.2 * gains[1] + 0.1 * gains[2], rel=1e-9)


def test_tiers_over_a_few_periods() -> None:
    decision = tier_programme([10, 25, 60], **TIERS, horizon=5)
    assert decision.value == pytest.approx(walked(P, [10, 23, 52], 0.02, 5), rel=1e-13)


@pytest.mark.slow
def test_at_the_break_even_reward_of_a_tier_the_programme_gains_nothing() -> None:
    decision = tier_programme([10, 25, 60], **TIERS)
    turns = {a.name: a.turning_point for a in decision.assumptions}
    for position, tier in enumerate(TIERS["tiers"]):
        rewards = list(TIERS["reward_costs"])
        rewards[position] = turns[f"reward_cost[{tier}]"]
        turned = tier_programme([10, 25, 60], **{**TIERS, "reward_costs": rewards})
        assert turned.gain == pytest.approx(0.0, abs=1e-8)
