"""Tests judged by money meet the reference numbers, 40-digit integrals, and searches done by brute force."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from retainkit.decisions.experiments.experiment_plan import sample_size_for_profit
from retainkit.decisions.experiments.information import evpi, evpi_of_draws, evsi
from retainkit.decisions.experiments.lifetime_test import lifetime_test
from retainkit.decisions.experiments.retention_test import retention_test
from retainkit.decisions.experiments.revenue_test import revenue_test
from retainkit.decisions.experiments.sample_size import sample_size_for_means, sample_size_for_shares
from retainkit.decisions.experiments.sequential import sequential_test
from retainkit.decisions.experiments.sequential_arms import sequential_revenue_test
from retainkit.decisions.experiments.stopping_rule import when_to_stop
from retainkit.draws import Draws

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "decisions_experiments.toml").read_text(encoding="utf-8")
)


# -- who left ------------------------------------------------------------------------------------------


def test_a_lift_that_is_nearly_certain_need_not_pay() -> None:
    case = REFERENCE["published_test"]
    result = retention_test(**case["inputs"])
    for name in ("probability_lift", "probability_of_gain"):
        assert abs(getattr(result, name) - case[name]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["retention_test"], ids=lambda c: str(c["inputs"]["control"]))
def test_the_posterior_is_integrated_to_nine_digits(case: dict[str, Any]) -> None:
    result = retention_test(**case["inputs"])
    for name in ("probability_lift", "probability_of_gain", "loss_if_not", "gain"):
        assert getattr(result, name) == pytest.approx(case[name], rel=1e-9), name
    assert result.loss_if_rolled_out == pytest.approx(case["loss_if_not"] - case["gain"], rel=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("case", REFERENCE["retention_test"], ids=lambda c: str(c["inputs"]["control"]))
def test_draws_of_the_shares_agree_with_the_integrals(case: dict[str, Any]) -> None:
    given = case["inputs"]
    exact = retention_test(**given)
    rng = np.random.default_rng(1)
    p0 = rng.beta(1 + given["churned_control"], 1 + given["control"] - given["churned_control"], 400_000)
    p1 = rng.beta(1 + given["churned_treated"], 1 + given["treated"] - given["churned_treated"], 400_000)
    net = (p0 - p1) * given["value"] - given["cost_per_customer"] - given["incentive"] * (1 - p1)
    assert exact.sd == pytest.approx(net.std(), rel=0.01)
    np.testing.assert_allclose(exact.interval(), np.quantile(net, [0.05, 0.95]), atol=0.02 * net.std())
    drawn = retention_test(**(given | {"value": Draws(np.full(100_000, float(given["value"])))}))
    assert drawn.probability_of_gain == pytest.approx(exact.probability_of_gain, abs=0.006)
    assert drawn.gain == pytest.approx(exact.gain, abs=5 * exact.sd / np.sqrt(100_000))


def test_the_assumptions_turn_the_mean_gain_to_0() -> None:
    given: dict[str, Any] = {"churned_control": 250, "control": 5000, "churned_treated": 200, "treated": 5000}
    result = retention_test(**given, value=800, cost_per_customer=3, incentive=2)
    assumed = {a.name: a for a in result.assumptions}
    value = assumed["value"].turning_point
    assert value is not None
    assert retention_test(**given, value=value, cost_per_customer=3, incentive=2).gain == pytest.approx(
        0, abs=1e-9
    )
    cost = assumed["cost_per_customer"].turning_point
    assert cost is not None
    assert retention_test(**given, value=800, cost_per_customer=cost, incentive=2).gain == pytest.approx(
        0, abs=1e-9
    )


# -- how long, and how much ----------------------------------------------------------------------------


def test_draws_of_lifetimes_agree_with_the_integral_over_the_gamma() -> None:
    result = lifetime_test(
        30,
        time_control=700,
        churned_treated=20,
        time_treated=800,
        margin_per_period=50,
        discount_rate=0.01,
        cost_per_customer=100,
        draws=400_000,
    )
    force = np.log1p(0.01)
    means = [
        integrate.quad(lambda x, g=g: 50 / (x + force) * g.pdf(x), 0, g.ppf(1 - 1e-15), limit=200)[0]
        for g in (stats.gamma(31, scale=1 / 700), stats.gamma(21, scale=1 / 800))
    ]
    error = 4 * result.sd / np.sqrt(400_000)
    assert result.gain == pytest.approx(means[1] - means[0] - 100, abs=error)

    def beats(x: float) -> float:
        """The chance that the untreated rate is so high that x in its place gains more than 100."""
        worth = 50 / (x + force) - 100
        least = 50 / worth - force if worth > 0 else np.inf
        return stats.gamma(31, scale=1 / 700).sf(least) * stats.gamma(21, scale=1 / 800).pdf(x)

    profit = integrate.quad(beats, 0, stats.gamma(21, scale=1 / 800).ppf(1 - 1e-15), limit=200)[0]
    assert result.probability_of_gain == pytest.approx(profit, abs=0.004)


@pytest.mark.slow
def test_means_of_revenue_vary_as_their_standard_errors_say() -> None:
    rng = np.random.default_rng(2)
    control, treated = rng.gamma(0.5, 40, 1500), rng.gamma(0.5, 44, 1800)
    error = np.hypot(control.std(ddof=1) / np.sqrt(1500), treated.std(ddof=1) / np.sqrt(1800))
    gap = treated.mean() - control.mean() - 1
    for posterior in ("bootstrap", "normal"):
        result = revenue_test(
            control, treated=treated, cost_per_customer=1, posterior=posterior, draws=40_000
        )  # type: ignore[arg-type]
        assert result.gain == pytest.approx(gap, abs=5 * error / 200)
        assert result.sd == pytest.approx(error, rel=0.02)
        assert result.probability_of_gain == pytest.approx(stats.norm.cdf(gap / error), abs=0.02)


def test_the_bootstrap_weights_customers_who_are_alike_as_if_each_had_a_weight() -> None:
    control = np.array([0.0] * 6 + [10.0] * 3 + [40.0])
    share = np.random.default_rng(3).dirichlet([6, 3, 1], 200_000) @ [0.0, 10.0, 40.0]
    result = revenue_test([0.0, 0.0], treated=control, cost_per_customer=0, draws=200_000)
    assert result.draws is not None
    np.testing.assert_allclose(
        np.quantile(result.draws, [0.05, 0.5, 0.95]), np.quantile(share, [0.05, 0.5, 0.95]), rtol=0.02
    )


# -- sizes and information -----------------------------------------------------------------------------


def test_the_classical_sample_size_is_the_reference_number() -> None:
    case = REFERENCE["sample_size"]
    assert abs(sample_size_for_shares(**case["inputs"]) - case["expected"]) <= case["tolerance"]
    assert sample_size_for_shares(0.05, other_share=0.05) == np.inf


def test_at_the_sample_size_for_means_a_z_test_has_its_power() -> None:
    n = sample_size_for_means(5, sd=50, significance=0.01, power=0.9)
    shift = 5 / (50 * np.sqrt(2 / n))
    assert stats.norm.sf(stats.norm.ppf(0.995) - shift) == pytest.approx(0.9, rel=1e-10)


def test_the_value_of_information_is_the_reference_number() -> None:
    case = REFERENCE["information"]
    assert abs(evpi(case["mean"], sd=case["sd"]) - case["evpi"]) <= case["tolerance"]
    known = evsi(case["mean"], sd=case["sd"], standard_error=case["standard_error"])
    assert abs(known - case["evsi"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["information_exact"], ids=lambda c: f"{c['mean']}, {c['sd']}")
def test_the_value_of_information_keeps_its_digits(case: dict[str, Any]) -> None:
    assert evpi(case["mean"], sd=case["sd"]) == pytest.approx(case["evpi"], rel=1e-12, abs=0)
    known = evsi(case["mean"], sd=case["sd"], standard_error=case["standard_error"])
    assert known == pytest.approx(case["evsi"], rel=1e-12, abs=0)


def test_information_at_its_ends() -> None:
    assert evsi(3, sd=5, standard_error=0) == evpi(3, sd=5)
    assert evsi(3, sd=5, standard_error=np.inf) == 0.0
    assert evpi(3, sd=0) == evpi(0, sd=0) == evsi(0, sd=0, standard_error=0) == 0.0
    net = np.random.default_rng(4).normal(3, 5, 400_000)
    assert evpi_of_draws(net) == pytest.approx(evpi(3, sd=5), rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("mean", [-2.0, 0.0, 1.0])
@pytest.mark.parametrize(("cost", "fixed"), [(0.0, 0.0), (0.3, 400.0)])
def test_no_other_size_earns_more_and_simulation_agrees(mean: float, cost: float, fixed: float) -> None:
    plan = sample_size_for_profit(
        mean, sd=5, outcome_sd=60, customers=3000, cost_per_customer=cost, cost=fixed
    )

    def earned(n: float) -> float:
        moved = 25 / np.sqrt(25 + 60**2 * 2 / n)
        u = mean / moved
        best = moved * stats.norm.pdf(u) + mean * stats.norm.cdf(u)
        return (3000 - 2 * n) * best + n * mean - 2 * n * cost - fixed - 3000 * max(mean, 0)

    every = [earned(n) for n in range(1, 1501)]
    assert plan.gain == pytest.approx(max(every), rel=1e-10)
    assert plan.per_arm == int(np.argmax(every)) + 1
    rng = np.random.default_rng(5)
    truth = rng.normal(mean, 5, 400_000)
    seen = rng.normal(truth, 60 * np.sqrt(2 / plan.per_arm))
    weight = 25 / (25 + 60**2 * 2 / plan.per_arm)
    rolled = (1 - weight) * mean + weight * seen > 0
    profit = (
        plan.per_arm * truth + (3000 - 2 * plan.per_arm) * truth * rolled - 2 * plan.per_arm * cost - fixed
    )
    error = 4 * profit.std() / np.sqrt(profit.size)
    assert plan.gain == pytest.approx(profit.mean() - plan.decide_now, abs=error)
    assert plan.probability_roll_out == pytest.approx(rolled.mean(), abs=0.005)


@pytest.mark.parametrize(
    ("N", "s", "sigma"), [(100_000, 0.4665, 0.03), (1_000_000, 100.0, 4.4), (5_000, 3.0, 1.0)]
)
def test_between_two_unknown_treatments_the_size_is_that_of_test_and_roll(
    N: int, s: float, sigma: float
) -> None:
    """Feit & Berman (2019), the closed form for equal priors of both arms: their difference has √2 sigma."""
    closed = (-3 * s**2 + np.sqrt(9 * s**4 + 4 * N * s**2 * sigma**2)) / (4 * sigma**2)
    plan = sample_size_for_profit(0, sd=np.sqrt(2) * sigma, outcome_sd=s, customers=N)
    assert abs(plan.per_arm - closed) <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "believed",
    [
        {"mean": -3.0, "sd": 4.0, "outcome_sd": 90.0, "customers": 40_000.0, "cost_per_customer": 0.4},
        {"mean": 9.0, "sd": 4.0, "outcome_sd": 90.0, "customers": 4_000.0, "cost": 900.0},  # no test pays
    ],
)
def test_a_plan_turns_where_a_new_plan_does(believed: dict[str, float]) -> None:
    plan = sample_size_for_profit(**believed)
    turning = {a.name: a.turning_point for a in plan.turning_points() if a.turning_point is not None}
    assert len(turning) >= 3
    for name, turn in turning.items():
        step = 1e-4 * (1.0 if turn > believed.get(name, 0.0) else -1.0) * (abs(turn) or 1.0)
        before, after = (
            sample_size_for_profit(**{**believed, name: max(turn + s, 0.0) if name != "mean" else turn + s})
            for s in (-step, step)
        )
        assert before.worth_it == plan.worth_it
        assert after.worth_it != plan.worth_it or turn == 0.0


def test_testing_on_is_the_same_question_asked_by_the_period() -> None:
    plan = when_to_stop(1, sd=4, outcome_sd=60, customers_per_period=500, horizon=40, cost_per_period=100)
    whole = [sample_size_for_profit(1, sd=4, outcome_sd=60, customers=20_000, cost_per_customer=0.2).per_arm]
    assert plan.per_arm % 250 == 0
    assert abs(plan.per_arm - whole[0]) <= 250
    assert not when_to_stop(9, sd=4, outcome_sd=60, customers_per_period=500, horizon=40).worth_it


# -- sequential ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("planned", [0.5, 0.1, 0.02])
def test_the_band_is_the_conjugate_mixture_and_narrowest_where_planned(planned: float) -> None:
    """√(2(tρ²+1)/(t²ρ²)·ln(√(tρ²+1)/α)) of arXiv:2103.06476, ρ² found by search, for t unit normals."""
    error = np.array([1.0, 0.3, 0.1, 0.01])
    t = 1 / error**2

    def margin(log_rho2: float, time: Any) -> Any:
        rho2 = np.exp(log_rho2)
        return np.sqrt(2 * (time * rho2 + 1) / (time**2 * rho2) * np.log(np.sqrt(time * rho2 + 1) / 0.05))

    found = optimize.minimize_scalar(margin, bounds=(-20, 20), args=(1 / planned**2,), method="bounded")
    for k in range(4):
        alone = sequential_test([0.0], standard_error=[error[k]], planned_standard_error=planned)
        assert alone.upper[0] == pytest.approx(margin(found.x, t[k]), rel=1e-5)
        assert alone.lower[0] == -alone.upper[0]


def test_the_p_value_is_below_alpha_exactly_when_the_band_leaves_the_threshold_out() -> None:
    rng = np.random.default_rng(6)
    for _ in range(300):
        error = np.sort(rng.uniform(0.05, 1, 6))[::-1]
        effect = rng.normal(rng.normal(0, 1), error)
        result = sequential_test(effect, standard_error=error, planned_standard_error=0.2, threshold=0.3)
        outside = (result.lower > 0.3) | (result.upper < 0.3)
        np.testing.assert_array_equal(result.p_value < 0.05, outside)
        if result.stopped_at is not None:
            assert result.stopped_at == int(np.argmax(outside))
            assert result.above == (result.lower[result.stopped_at] > 0.3)


def test_running_means_and_variances_are_those_of_the_first_customers() -> None:
    rng = np.random.default_rng(7)
    control, treated = 1e6 + rng.gamma(1, 20, 900), 1e6 + rng.gamma(1, 22, 1000)
    looks = [50, 400, 900]
    result = sequential_revenue_test(control, treated=treated, looks=looks, planned_per_arm=900)
    errors = [np.sqrt((control[:n].var(ddof=1) + treated[:n].var(ddof=1)) / n) for n in looks]
    gaps = [treated[:n].mean() - control[:n].mean() for n in looks]
    np.testing.assert_allclose(result.estimate, gaps, rtol=1e-9, atol=1e-6)
    same = sequential_test(
        gaps, standard_error=errors, planned_standard_error=np.array(errors) * np.sqrt(np.array(looks) / 900)
    )
    np.testing.assert_allclose(result.upper, same.upper, rtol=1e-6)


# -- verdict and turning points ------------------------------------------------------------------------


def test_the_cost_at_which_a_test_of_lifetimes_turns_is_the_mean_gain_before_it() -> None:
    given: dict[str, Any] = {"time_control": 100, "churned_treated": 1, "time_treated": 100}
    money: dict[str, Any] = {"margin_per_period": 30, "discount_rate": 0.01}
    result = lifetime_test(3, **given, **money, cost_per_customer=450)
    assert result.worth_it
    assert result.gain == pytest.approx(62.33, abs=0.005)
    cost = next(a for a in result.assumptions if a.name == "cost_per_customer")
    assert cost.turning_point == pytest.approx(450 + result.gain, rel=1e-9)  # 512.33
    for a in result.assumptions:
        assert a.turning_point is not None
        assert result.gain_with(**{a.name: a.turning_point}) == pytest.approx(0, abs=1e-6)
        assert result.gain_with(**{a.name: a.value}) == pytest.approx(result.gain, rel=1e-12)


@pytest.mark.parametrize("posterior", ["bootstrap", "normal"])
def test_draws_are_judged_and_turned_alike(posterior: Any) -> None:
    spent = np.random.default_rng(8).gamma(0.5, 40, (2, 300)) * [[1.0], [1.3]]
    result = revenue_test(spent[0], treated=spent[1], cost_per_customer=2, posterior=posterior)
    assert result.draws is not None
    assert result.gain == pytest.approx(result.draws.mean())
    assert result.interval(0.5) == pytest.approx(np.quantile(result.draws, [0.25, 0.75]))
    cost = next(a for a in result.assumptions if a.name == "cost_per_customer")
    assert cost.turning_point == pytest.approx(2 + result.gain)
    assert type(result).from_json(result.model_dump_json()) == result
