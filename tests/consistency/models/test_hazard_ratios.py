"""A hazard times a ratio: S(t)^rho answers all questions, and tenures may be cut into episodes anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models import MODELS, ScaledDiscreteModel, scaled_hazard
from retainkit.models.contractual.base import AbstractContractualModel

SCALE = 8.0
KINDS = {n: k for n, k in MODELS.items() if issubclass(k, AbstractContractualModel)}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def base_of(kind: Any, seed: int = 0) -> Any:
    return kind.typical(np.random.default_rng(seed), scale=SCALE)


def shares() -> Any:
    return rk.models.WithShares(rk.ShiftedBetaGeometric(alpha=1.2, beta=5.0), one_and_done=0.2, cured=0.1)


def tenures(model: Any, n: int, seed: int) -> rk.Renewals:
    rng = np.random.default_rng(seed)
    begin = rng.integers(0, 5, n).astype(float)
    return model.sample(begin + rng.integers(1, 12, n), entry=begin, seed=rng)


def cut(data: rk.Renewals, step: float) -> tuple[rk.Renewals, Any]:
    """Every tenure cut at the multiples of a step, and of each episode the place of its tenure."""
    rows: list[tuple[float, float, float, int]] = []
    for i, (begin, end, event) in enumerate(zip(data.entry, data.duration, data.event, strict=True)):
        inside = [t for t in np.arange(step, 40.0, step) if begin < t < end]
        for first, last in zip([begin, *inside], [*inside, end], strict=True):
            rows.append((first, last, event if last == end else 0.0, i))
    entry, duration, event, place = (np.array(c) for c in zip(*rows, strict=True))
    whole = data.whole_periods
    return rk.Renewals(duration=duration, event=event, entry=entry, whole_periods=whole), place.astype(int)


@each_kind
def test_a_ratio_of_one_changes_no_answer(kind: Any) -> None:
    base = base_of(kind)
    same, data = scaled_hazard(base, 1.0), tenures(base, 60, seed=1)
    np.testing.assert_allclose(same.log_likelihood(data), base.log_likelihood(data), rtol=1e-12, atol=1e-13)
    _, score = same.log_likelihood_and_score(data)
    np.testing.assert_allclose(score[:-1], base.log_likelihood_and_score(data)[1], rtol=1e-9, atol=1e-11)
    at = np.array([1.0, 3.0, 17.0])
    for ask in (
        lambda m: m.survival(at),
        lambda m: m.survival(at, given=2.0),
        lambda m: m.hazard(at),
        lambda m: m.churn(at),
        lambda m: m.expected_lifetime(horizon=24, given=at),
        lambda m: m.discounted_expected_lifetime(0.01),
        lambda m: m.discounted_expected_residual_lifetime(at, 0.01, instant="after-payment", horizon=36),
    ):
        np.testing.assert_allclose(ask(same), ask(base), rtol=1e-10)


@each_kind
def test_survival_is_that_of_the_base_to_the_power_of_the_ratio(kind: Any) -> None:
    base, ratio = base_of(kind), np.array([0.4, 1.0, 2.5])
    each: Any = scaled_hazard(base, ratio)
    t = np.array([2.0, 5.0, 9.0])
    np.testing.assert_allclose(each.survival(t), np.asarray(base.survival(t)) ** ratio, rtol=1e-12)
    # a number of each customer is that of the model with their ratio alone
    for ask in (
        lambda m: m.expected_lifetime(horizon=24),
        lambda m: m.discounted_expected_lifetime(0.02, horizon=24),
        lambda m: m.retention(4.0),
    ):
        alone = [ask(scaled_hazard(base, r)) for r in ratio.tolist()]
        np.testing.assert_allclose(ask(each), alone, rtol=1e-9)
    if kind.continuous:
        late = each.quantile(0.5, given=3.0)
        np.testing.assert_allclose(each.survival(late, given=3.0), 0.5, rtol=1e-9)


@each_kind
@pytest.mark.parametrize("ratio", [1.0, 1.7])
def test_cut_tenures_have_the_likelihood_of_the_whole(kind: Any, ratio: float) -> None:
    model = scaled_hazard(base_of(kind), ratio)
    data = tenures(model, 50, seed=2)
    for step in (3.0, 1.0):
        parts, place = cut(data, step)
        value, score = model.log_likelihood_and_score(parts)
        whole, d_whole = model.log_likelihood_and_score(data)
        np.testing.assert_allclose(np.bincount(place, weights=value), whole, rtol=1e-9, atol=1e-11)
        for row, d_row in zip(score, d_whole, strict=True):
            np.testing.assert_allclose(np.bincount(place, weights=row), d_row, rtol=1e-7, atol=1e-9)


def kinds_of_data(model: Any, n: int) -> list[rk.Renewals]:
    data = tenures(model, n, seed=3)
    lower = np.where(data.event > 0, np.maximum(np.floor(data.duration) - 2.0, data.entry), data.duration)
    between = rk.Renewals(duration=data.duration, event=data.event, entry=data.entry, lower=lower)
    found = [data, between]
    if model.continuous:
        end = np.ceil(data.duration)
        found.append(rk.Renewals(duration=end, event=data.event, entry=data.entry, whole_periods=True))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("base", [*map(base_of, KINDS.values()), shares()], ids=[*KINDS, "WithShares"])
def test_the_score_is_the_gradient_also_of_episodes_with_covariates(base: Any) -> None:
    rng, n = np.random.default_rng(4), 40
    z = {"pro": rng.integers(0, 2, n).astype(float), "price": rng.normal(0.0, 1.0, n)}
    family = rk.with_hazard_ratios(type(base) if type(base) in KINDS.values() else base.family, list(z))
    values = [*base.family.values_of(base), 0.5, -0.3]
    for data in kinds_of_data(scaled_hazard(base, 1.0), n):
        described = rk.Described(data, z)
        _, score = family.of(values).log_likelihood_and_score(described)
        score = family.score_rows(score)
        assert len(score) == len(values)
        for i, value in enumerate(values):
            step = 1e-3 * abs(value)

            def at(shift: float, i: int = i, described: Any = described) -> Any:
                moved = [v + (shift if j == i else 0.0) for j, v in enumerate(values)]
                return family.of(moved).log_likelihood(described)

            slope = (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step))) / (12.0 * step)
            np.testing.assert_allclose(score[i], slope, rtol=1e-6, atol=1e-7)


def test_the_score_keeps_its_digits_where_churn_is_rare_and_where_nobody_stays() -> None:
    t = np.array([3.0])
    rare = ScaledDiscreteModel(rk.Geometric(theta=1e-14), 0.5)._log_mass_and_score(t)[1]
    np.testing.assert_allclose(rare[:, 0], [1e14, 2.0], rtol=1e-12)  # ln(rho·theta) to all digits
    steep = ScaledDiscreteModel(rk.DiscreteWeibull(theta=0.999, c=6.0), 0.5)._log_mass_and_score(t)[1]
    assert np.isfinite(steep).all()


def test_equal_episodes_counted_have_the_same_likelihood_and_the_same_fit() -> None:
    rng, n = np.random.default_rng(5), 3000
    z = {"pro": rng.integers(0, 2, n).astype(float)}
    family = rk.with_hazard_ratios(rk.ShiftedBetaGeometric, ["pro"])
    model = family.of([1.0, 6.0, 0.5])
    data = rk.Described(tenures(model.given(z), n, seed=6), z)
    fewer = data.compress()
    assert len(fewer) < 400
    total = model.log_likelihood(data).sum()
    assert model.log_likelihood(fewer) @ fewer.weight == pytest.approx(total, rel=1e-12)


def test_draws_of_coefficients_go_before_the_customers() -> None:
    family = rk.with_hazard_ratios(rk.Weibull, ["pro"])
    draws = [np.array([[8.0], [9.0]]), np.array([[0.9], [1.1]]), np.array([[0.3], [0.5]])]
    z = {"pro": np.array([0.0, 1.0, 1.0])}
    many = family.of(draws)
    ones = [family.of([float(v[k, 0]) for v in draws]) for k in (0, 1)]
    for k, one in enumerate(ones):
        np.testing.assert_allclose(
            np.asarray(many.given(z).survival(5.0))[k], one.given(z).survival(5.0), rtol=1e-12
        )
        lifetime = np.asarray(many.given(z).expected_lifetime())
        np.testing.assert_allclose(lifetime[k], one.given(z).expected_lifetime(), rtol=1e-9)


@pytest.mark.parametrize(
    "base", [rk.ShiftedBetaGeometric(alpha=1.0, beta=4.0), rk.Weibull(scale=9.0, shape=0.8)]
)
def test_a_model_survives_json(base: Any) -> None:
    family = rk.with_hazard_ratios(type(base), ["pro", "month=2024-05"])
    model = family.of([*base.parameters.values(), 0.25, -0.5], unit="month")
    again = rk.model_from_json(model.model_dump_json())
    assert again == model and again.unit == "month"
    ratios = model.given({"pro": [0, 1], "month=2024-05": [1, 0]})
    assert rk.model_from_json(ratios.model_dump_json()) == ratios
    np.testing.assert_allclose(ratios.hazard_ratio, np.exp([-0.5, 0.25]), rtol=1e-12)


@pytest.mark.parametrize("held", [{"shape": 1.0}, {"scale": 9.0}])
def test_parameters_may_be_held_within_covariates(held: dict[str, float]) -> None:
    base, z = rk.models.hold(rk.Weibull, **held), {"pro": np.repeat([0.0, 1.0], 300)}
    data = rk.Described(tenures(rk.Weibull(scale=9.0, shape=1.0), 600, seed=7), z)
    by_scale = rk.fit(rk.with_covariates(base, churn=["pro"]), data)
    by_hazard = rk.fit(rk.with_hazard_ratios(base, ["pro"]), data)
    assert by_scale.family.names()[0] == by_hazard.family.names()[0]
    if "shape" in held:  # of a constant hazard the two are one
        assert by_scale.log_likelihood == pytest.approx(by_hazard.log_likelihood, abs=1e-6)
