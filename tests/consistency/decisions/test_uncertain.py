"""Detours of targeting and tests agree: draws with integrals, models with counts, records with their JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retainkit.decisions.experiments.experiment import experiment_from_draws
from retainkit.decisions.experiments.experiment_plan import sample_size_for_profit
from retainkit.decisions.experiments.information import evpi, evsi
from retainkit.decisions.experiments.lifetime_test import lifetime_test
from retainkit.decisions.experiments.retention_test import retention_test
from retainkit.decisions.experiments.sequential import sequential_test
from retainkit.decisions.experiments.stopping_rule import when_to_stop
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.response_curves import ExponentialResponse
from retainkit.decisions.targeting.policy_value import policy_value
from retainkit.decisions.targeting.targeting import treatment_gain
from retainkit.decisions.targeting.uplift_curves import uplift_curve
from retainkit.decisions.targeting.whom_to_treat import whom_to_treat
from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.inference.fit import fit
from retainkit.models.contractual.exponential import Exponential
from retainkit.rates import Rate
from retainkit.summaries import Renewals

COUNTS: dict[str, Any] = {"churned_control": 250, "control": 5000, "churned_treated": 200, "treated": 5000}


def test_a_wide_test_has_the_normal_posterior_whose_evpi_is_its_expected_loss() -> None:
    result = retention_test(**COUNTS, value=800, cost_per_customer=5, customers=1000)
    normal = evpi(result.gain, sd=result.sd)
    assert min(result.loss_if_rolled_out, result.loss_if_not) == pytest.approx(normal, rel=0.02)
    assert result.value_of_certainty == pytest.approx(1000 * result.loss_if_rolled_out)
    assert result.total_gain == pytest.approx(1000 * result.gain)
    assert result.loss_if_not - result.loss_if_rolled_out == pytest.approx(result.gain)


def test_swapping_the_arms_swaps_the_signs() -> None:
    swapped: dict[str, Any] = {
        "churned_control": 200,
        "control": 5000,
        "churned_treated": 250,
        "treated": 5000,
    }
    one, other = (
        retention_test(**COUNTS, value=800, cost_per_customer=0),
        retention_test(**swapped, value=800, cost_per_customer=0),
    )
    assert one.gain == pytest.approx(-other.gain)
    assert one.probability_of_gain == pytest.approx(1 - other.probability_of_gain, rel=1e-9)
    assert one.interval()[0] == pytest.approx(-other.interval()[1], rel=1e-6)


def test_draws_of_value_widen_the_gain_and_leave_its_mean() -> None:
    value = np.random.default_rng(1).gamma(16, 50, 200_000)
    sure, unsure = (
        retention_test(**COUNTS, value=800, cost_per_customer=5),
        retention_test(**COUNTS, value=Draws(value), cost_per_customer=5),
    )
    assert unsure.gain == pytest.approx(sure.gain, abs=0.1)
    assert unsure.sd > 1.1 * sure.sd
    assert unsure.probability_lift == pytest.approx(sure.probability_lift, abs=0.002)


def test_lifetimes_from_a_fitted_model_and_from_counts_judge_alike() -> None:
    rng = np.random.default_rng(2)
    draws, worth = [], {}
    for seed, arm, mean in ((3, "control", 20.0), (4, "treated", 25.0)):
        lifetime = rng.exponential(mean, 3000)
        data = Renewals(duration=np.minimum(lifetime, 12.0), event=lifetime <= 12.0, unit="month")
        worth |= {f"churned_{arm}": float(data.event.sum()), f"time_{arm}": float(data.duration.sum())}
        model = fit(Exponential, data).draws(20_000, seed=seed)
        draws.append(50 / (1 / np.asarray(model.scale) + np.log1p(0.01)))
    counted = lifetime_test(
        **worth, margin_per_period=50, discount_rate=0.01, cost_per_customer=80, prior=(0.0, 0.0)
    )
    modelled = experiment_from_draws(draws[0], treated=draws[1], cost_per_customer=80)
    assert modelled.gain == pytest.approx(counted.gain, rel=0.02)
    assert modelled.sd == pytest.approx(counted.sd, rel=0.03)
    assert modelled.probability_of_gain == pytest.approx(counted.probability_of_gain, abs=0.01)
    yearly = lifetime_test(
        **worth,
        margin_per_period=50,
        discount_rate=Rate(1.01**12 - 1, per="year"),
        cost_per_customer=80,
        prior=(0.0, 0.0),
        period="month",
    )
    assert yearly.gain == pytest.approx(counted.gain, rel=1e-9)


def test_without_predictions_the_doubly_robust_value_is_the_weighted_one() -> None:
    rng = np.random.default_rng(4)
    data: dict[str, Any] = {
        "treated": rng.random(500) < 0.3,
        "outcome": rng.normal(5, 2, 500),
        "propensity": 0.3,
    }
    rule = rng.random(500)  # a rule may treat with a chance
    zero = policy_value(rule, predicted_untreated=0.0, predicted_treated=0.0, **data)
    plain = policy_value(rule, method="inverse-propensity", **data)
    assert zero.method == "doubly-robust"
    assert zero.value == plain.value
    shifted = policy_value(rule, **(data | {"outcome": data["outcome"] + 100}))
    base = policy_value(rule, **data)
    assert shifted.value.value == pytest.approx(base.value.value + 100)
    assert shifted.value.standard_error == pytest.approx(base.value.standard_error)


def test_a_treatment_that_changes_nothing_has_no_curve() -> None:
    rng = np.random.default_rng(5)
    outcome = np.repeat(rng.normal(5, 2, 200), 2)
    curve = uplift_curve(np.repeat(np.arange(200), 2), treated=[1, 0] * 200, outcome=outcome, propensity=0.5)
    np.testing.assert_allclose(curve.gain, 0, atol=1e-12)
    one_score = uplift_curve(np.ones(400), treated=[1, 0] * 200, outcome=outcome, propensity=0.5)
    assert one_score.share.tolist() == [0.0, 1.0]
    assert one_score.qini.value == pytest.approx(0)


def test_the_benefit_of_a_test_is_the_evsi_of_its_estimate_less_what_it_costs() -> None:
    plan = sample_size_for_profit(-2, sd=5, outcome_sd=60, customers=3000)
    n = plan.per_arm
    taught = evsi(-2, sd=5, standard_error=60 * np.sqrt(2 / n))
    assert plan.gain == pytest.approx((3000 - 2 * n) * taught - 2 * n)
    assert plan.gain < plan.most_worth_paying
    assert not sample_size_for_profit(-2, sd=0, outcome_sd=60, customers=3000).worth_it
    assert not sample_size_for_profit(-2, sd=5, outcome_sd=60, customers=1).worth_it


@pytest.mark.slow
def test_series_come_back_as_series_and_records_become_json() -> None:
    table = pd.DataFrame({"p0": [0.3, 0.2], "p1": [0.2, 0.19]}, index=["ann", "bob"])
    gain = treatment_gain(table["p0"], churn_treated=table["p1"], value=200, cost_per_contact=1, incentive=10)
    assert list(gain.index) == ["ann", "bob"]
    arm: dict[str, Any] = {"treated": [1, 0, 1, 0], "outcome": [3, 2, 4, 2], "propensity": 0.5}
    records = [
        whom_to_treat(table["p0"], churn_treated=table["p1"], value=200, cost_per_contact=1, incentive=10),
        policy_value([1, 1, 0, 0], **arm),
        uplift_curve([4, 3, 2, 1], **arm),
        retention_test(**COUNTS, value=800, cost_per_customer=5),
        retention_test(**COUNTS, value=[800.0] * 50, cost_per_customer=5),
        sample_size_for_profit(0, sd=5, outcome_sd=60, customers=3000),
        when_to_stop(9, sd=1, outcome_sd=60, customers_per_period=10, horizon=2),
        sequential_test([1, 2], standard_error=[1, 0.5], planned_standard_error=0.5),
    ]
    for record in records:
        told = json.loads(record.model_dump_json())
        del told["schema"]
        assert told == json.loads(json.dumps(record.model_dump()).replace("Infinity", "null"))
        assert str(record)
    nobody = whom_to_treat([0.3, 0.2], churn_treated=[0.3, 0.2], value=200, cost_per_contact=1, incentive=10)
    assert not nobody.worth_it
    assert nobody.assumptions == ()
    assert "Treat 0 of 2" in str(nobody)


def test_draws_of_a_spending_meet_those_of_a_curve_draw_by_draw() -> None:
    """Once every one met every other, as if spendings were customers."""
    ceiling, spend = Draws([0.7, 0.8, 0.9]), Draws([1.0, 2.0, 3.0])
    pairs = list(zip(ceiling.values.tolist(), spend.values.tolist(), strict=True))
    curve = ExponentialResponse(ceiling, 0.1)
    each = [ExponentialResponse(top, 0.1).rate(x) for top, x in pairs]
    assert curve.rate(spend).values == pytest.approx(each)
    assert curve.rate(Draws(np.outer(spend, [1.0, 2.0]))).values[:, 0] == pytest.approx(each)
    with pytest.raises(InputError, match="as many draws as spend"):
        curve.rate(Draws([1.0, 2.0]))

    def prospect(top: Any) -> BlattbergDeighton:
        winning = ExponentialResponse(0.4, 0.14)
        return BlattbergDeighton(50, 0.15, winning, ExponentialResponse(top, 0.13))

    drawn, known = prospect(ceiling), prospect(0.8)
    found: Any = drawn.customer_equity(spend, spend)
    assert found.values == pytest.approx([prospect(top).customer_equity(x, x) for top, x in pairs])
    worth: Any = known.lifetime_value(spend)
    assert worth.values == pytest.approx([known.lifetime_value(x) for _, x in pairs])
    beside: Any = known.customer_equity(spend, [1.0, 2.0])
    assert beside.shape == (3, 2)
    assert beside.values[1] == pytest.approx([known.customer_equity(2.0, x) for x in (1.0, 2.0)])
    with pytest.raises(InputError, match="retention_spend must have as many draws"):
        known.customer_equity(spend, Draws([1.0, 2.0]))
