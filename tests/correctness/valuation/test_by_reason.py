"""Reasons of leaving that compete: brute force, what adds up, simulate and refit, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.ingest.examples import simulate_subscriptions

YEARLY = rk.Rate(0.1, per="year")
MODELS = {
    "voluntary": rk.ShiftedBetaGeometric(alpha=2.0, beta=20.0, unit="month"),
    "payment failed": rk.DiscreteWeibull(theta=0.03, c=0.8, unit="month"),
}
ASKED: dict[str, Any] = {"margin_share": 0.8, "discount_rate": YEARLY, "horizon": 24}
AWAY: dict[str, Any] = {**ASKED, "recovered": 1.0}


def base_of(**more: Any) -> Any:
    names: dict[str, Any] = {"customer_id": "customer_id", "start": "start", "end": "end", "reason": "reason"}
    names |= {"amount": "monthly_margin", "observation_end": "2024-12-31"}
    return rk.read_subscriptions(dict(simulate_subscriptions()), **names | more)


def test_survival_is_the_product_and_shares_left_add_up_with_it_to_all() -> None:
    both = rk.CompetingReasons(MODELS)
    t, given = np.arange(5.0, 41.0), 5.0
    alone = [np.asarray(m.survival(t, given=given)) for m in MODELS.values()]
    np.testing.assert_allclose(both.survival(t, given=given), alone[0] * alone[1], rtol=1e-14)
    left = sum(np.asarray(both.cumulative_incidence(r, t, given=given)) for r in both.reasons)
    np.testing.assert_allclose(left + both.survival(t, given=given), 1.0, rtol=0, atol=1e-14)
    less = both.without("voluntary", 0.5).without("voluntary", 0.5)
    np.testing.assert_allclose(less.survival(t), MODELS["voluntary"].survival(t) ** 0.25
                               * MODELS["payment failed"].survival(t), rtol=1e-14)  # fmt: skip
    np.testing.assert_allclose(both.without("voluntary").survival(t), MODELS["payment failed"].survival(t))


def test_who_leaves_first_in_a_simulation_of_latent_times_leaves_for_that_reason() -> None:
    # two exponential clocks, the earlier one counts: the ratio of forces within a period is exact
    rng, n = np.random.default_rng(7), 400_000
    clocks = np.stack([rng.exponential(1.0 / 0.25, n), rng.exponential(1.0 / 0.1, n)])
    first = clocks.argmin(axis=0)
    ending, months = clocks.min(axis=0), np.array([1.0, 3.0, 8.0])
    both = rk.CompetingReasons({"a": rk.Geometric(-np.expm1(-0.25)), "b": rk.Geometric(-np.expm1(-0.1))})
    for place, name in enumerate(both.reasons):
        share = [float(np.mean((first == place) & (ending <= t))) for t in months]
        np.testing.assert_allclose(both.cumulative_incidence(name, months), share, atol=4 * 0.5 / n**0.5)


@pytest.mark.parametrize(("rates", "off"), [((0.05, 0.02), 3e-5), ((0.25, 0.1), 2e-3)])
def test_models_of_each_reason_find_the_churn_that_would_be_if_it_were_alone(
    rates: tuple[float, float], off: float
) -> None:
    # expected counts in place of drawn ones, so that all that is left is the error of the halves
    force, k = -np.log1p(-np.array(rates)), np.arange(1.0, 25.0)
    there = np.exp(-force.sum() * np.arange(25))
    left = -np.diff(there) * (force / force.sum())[:, None]
    members = rk.Renewals(
        duration=np.concatenate([k, k, [24.0]]), event=np.repeat([1, 2, 0], [24, 24, 1]), unit="month",
        weight=1e4 * np.concatenate([*left, there[-1:]]), reasons=("a", "b"), whole_periods=True,
    )  # fmt: skip
    fits = {name: rk.fit(rk.Geometric, part) for name, part in members.by_reason.items()}
    for number, (name, rate) in enumerate(zip(fits, rates, strict=True), 1):
        assert fits[name].model.theta == pytest.approx(rate, abs=off)
        naive = rk.fit(rk.Geometric, rk.Renewals(
            duration=members.duration, event=members.event == number, weight=members.weight,
            whole_periods=True, unit="month"))  # fmt: skip
        assert abs(naive.model.theta - rate) > 5 * abs(fits[name].model.theta - rate)
    whole = rk.KaplanMeier.estimate(members)
    np.testing.assert_allclose(rk.CompetingReasons(fits).survival(k), whole.survival(k), rtol=100 * off)


def test_at_known_moments_each_curve_is_the_one_that_takes_the_others_as_censored() -> None:
    rng = np.random.default_rng(3)
    members = rk.Renewals(
        duration=rng.exponential(size=300), event=rng.integers(0, 3, 300), reasons=("a", "b")
    )
    alone = [rk.KaplanMeier.estimate(part) for part in members.by_reason.values()]
    t = np.quantile(members.duration, [0.2, 0.5, 0.9])
    # without ties the curves of the reasons multiply to that of all
    product = np.asarray(alone[0].survival(t)) * np.asarray(alone[1].survival(t))
    np.testing.assert_allclose(product, rk.KaplanMeier.estimate(members).survival(t), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("instant", ["after-payment", "before-renewal"])
def test_losses_and_gains_are_sums_customer_by_customer_and_month_by_month(instant: Any) -> None:
    base = base_of(
        observation_end="2021-03-31", later="drop"
    )  # a quarter's customers, so that all are walked
    found = rk.valuation.value_by_reason(
        base, MODELS, **ASKED, instant=instant, recovered={"payment failed": 0.4}
    )
    v, now = 1.1 ** (-1 / 12), base.current()
    worth, better, lost = 0.0, 0.0, dict.fromkeys(MODELS, 0.0)
    for tenure, amount in zip(now.tenure.tolist(), now.amount.tolist(), strict=True):
        there, reduced, gone = 1.0, 1.0, dict.fromkeys(MODELS, 0.0)
        for j in range(1, 25):
            kept = {r: float(np.asarray(m.retention(tenure + j))) for r, m in MODELS.items()}
            force = {r: -np.log(share) for r, share in kept.items()}
            left = there * -np.expm1(-sum(force.values()))
            there *= kept["voluntary"] * kept["payment failed"]
            reduced *= kept["voluntary"] * kept["payment failed"] ** 0.6
            paid = 0.8 * amount * v ** (j if instant == "after-payment" else j - 1)
            worth, better = worth + paid * there, better + paid * reduced
            for r in MODELS:
                gone[r] += left * force[r] / sum(force.values())
                lost[r] += paid * gone[r]
    assert found.value == pytest.approx(worth, rel=1e-11)
    row = found.reason.tolist().index("payment failed")
    assert found.gain.tolist() == pytest.approx([(better - worth) * (i == row) for i in range(2)], rel=1e-9)
    assert dict(zip(found.reason.tolist(), found.lost.tolist(), strict=True)) == pytest.approx(
        lost, rel=1e-11
    )


def test_the_value_is_that_of_the_scored_list_and_losses_fill_what_is_missing_to_everybody_staying() -> None:
    base = base_of()
    found = rk.valuation.value_by_reason(base, MODELS, **AWAY)
    each = rk.value_subscriptions(base, rk.CompetingReasons(MODELS), **ASKED)
    assert found.value == pytest.approx(each.total, rel=1e-11)
    discount = (1.1 ** (-np.arange(1, 25) / 12)).sum()
    assert found.if_nobody_left == pytest.approx(0.8 * base.current().amount.sum() * discount, rel=1e-11)
    # with all reasons gone everybody stays; one alone brings less than it takes, and together more than apart
    assert found.gain_together == pytest.approx(found.lost.sum(), rel=1e-11)
    assert np.all(found.gain < found.lost) and found.gain.sum() < found.gain_together
    assert found.leaving.sum() == pytest.approx(len(each) - _there(each, 24), rel=1e-11)
    assert rk.valuation.value_by_reason(base, MODELS, **ASKED, recovered=0.0).gain.tolist() == [0.0, 0.0]
    assert list(found.to_frame("dict")) == ["reason", "leaving", "lost", "recovered", "gain"]


def test_models_of_the_reasons_together_are_the_model_of_leaving_and_curves_those_of_aalen_johansen() -> None:
    base = base_of()
    parts = base.renewals.by_reason
    fits = {name: rk.fit(rk.ShiftedBetaGeometric, part) for name, part in parts.items()}
    whole = rk.value_subscriptions(base, rk.fit(rk.ShiftedBetaGeometric, base), **ASKED).total
    assert rk.valuation.value_by_reason(base, fits, **AWAY).value == pytest.approx(whole, rel=1e-3)
    curves = rk.CompetingReasons({name: rk.KaplanMeier.estimate(part) for name, part in parts.items()})
    t, left = np.arange(1.0, 40.0), rk.models.AalenJohansen.estimate(base.renewals)
    np.testing.assert_allclose(curves.survival(t), left.survival(t), rtol=1e-3)
    for name in parts:
        found = curves.cumulative_incidence(name, t)
        np.testing.assert_allclose(found, left.cumulative_incidence(name, t), rtol=0, atol=1e-4)


def _there(each: Any, months: int) -> float:
    both = rk.CompetingReasons(MODELS)
    return float(np.sum(both.survival(each.tenure + months, given=each.tenure)))


def test_what_contradicts_or_is_missing_is_refused_by_name() -> None:
    base, one = base_of(), {"voluntary": MODELS["voluntary"]}
    yearly = {**one, "payment failed": rk.Geometric(0.1, unit="year")}
    bad = {**one, "payment failed": rk.Geometric(np.array([0.1, 0.2]), unit="month")}
    for match, fits, more in [
        ("fits .*each reason of the base: 'payment failed', 'voluntary'", one, {}),
        ("fits .*one unit of time", yearly, {}),
        ("fits.*model of one customer", bad, {}),
        ("fits must map", [1], {}),
        (r"fits\['voluntary'\].*survival", {"voluntary": 0.1}, {}),
        ("recovered must be one of .*payment failed", MODELS, {"recovered": {"card": 0.4}}),
        ("recovered", MODELS, {"recovered": 40.0}),
        ("horizon .*finite", MODELS, {"horizon": np.inf}),
    ]:
        with pytest.raises(rk.InputError, match=match):
            rk.valuation.value_by_reason(base, fits, **AWAY | more)  # type: ignore[arg-type]
    with pytest.raises(rk.InputError, match="reason must have been read"):
        rk.valuation.value_by_reason(base_of(reason=None), MODELS, **AWAY)
    with pytest.raises(rk.InputError, match="reasons must have been read"):
        _ = rk.Renewals(duration=[1, 2], event=[1, 0]).by_reason
    between = rk.Renewals(duration=[3.0, 4.0], lower=[1.0, 2.5], event=[1, 2], reasons=("a", "b"))
    with pytest.raises(rk.InputError, match="lower must not be known between two tenures"):
        _ = between.by_reason
    with pytest.raises(rk.InputError, match="t must be whole numbers"):
        rk.CompetingReasons(MODELS).cumulative_incidence("voluntary", 1.5)
    with pytest.raises(rk.InputError, match=r"t must be .*finite"):
        rk.CompetingReasons(MODELS).cumulative_incidence("voluntary", [1.0, np.inf])
    with pytest.raises(rk.InputError, match=r"reason .*'voluntary'"):
        rk.CompetingReasons(MODELS).without("voluntry")
