"""What every registered model obeys; a new model gets these tests by its registry line."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.domains import PROBABILITY, Domain
from retainkit.models import MODELS
from retainkit.parameters import parameters_of
from retainkit.summaries import AbstractSummary

each_model = pytest.mark.parametrize("kind", MODELS.values(), ids=MODELS)
SCALE = 20.0  # a typical length of time, or amount of money


def simulate(model: Any, n: int, seed: int) -> Any:
    """Data of the kind that the model is for."""
    rng = np.random.default_rng(seed)
    if model.data_kind is rk.Purchases:
        return model.sample(rng.uniform(0.2, 2.0, n) * SCALE, seed=rng)
    return model.sample(rng.integers(0, 12, n), seed=rng)


def settings_of(data: Any) -> dict[str, Any]:
    """What besides its columns makes a summary."""
    return {"whole_periods": data.whole_periods} if isinstance(data, rk.Renewals) else {}


def far(domain: Domain, factor: float, value: float) -> float:
    """A start `factor` times as large; for a probability, with odds that many times as large."""
    if domain is PROBABILITY:
        return factor * value / (1.0 - value + factor * value)
    return factor * value


def typical(kind: Any, seed: int) -> Any:
    return kind.typical(np.random.default_rng(seed), scale=SCALE)


def family(kind: Any) -> Any:
    """The model with its settings, such as k, at their typical values."""
    return rk.models.hold(kind, **kind.fixed_fields)


@pytest.mark.slow
@each_model
@pytest.mark.parametrize("seed", range(10))
def test_score_is_the_gradient_of_the_likelihood(kind: Any, seed: int) -> None:
    model = typical(kind, seed)
    data = simulate(model, 60, seed)
    _, score = model.log_likelihood_and_score(data)
    for i, name in enumerate(kind.names()):
        value = getattr(model, name)
        steps = [value * (1.0 + h) for h in (1e-3, -1e-3, 2e-3, -2e-3)]
        up, down, up2, down2 = (replace(model, **{name: v}).log_likelihood(data) for v in steps)
        slope = (8.0 * (up - down) - (up2 - down2)) / (12e-3 * value)  # error of fourth order
        np.testing.assert_allclose(score[i], slope, rtol=1e-7, atol=1e-8)


@pytest.mark.slow
@each_model
@pytest.mark.parametrize("seed", range(3))
def test_fit_recovers_what_was_simulated(kind: Any, seed: int) -> None:
    truth = typical(kind, seed)
    data = simulate(truth, 20_000, 100 + seed)
    fitted = rk.fit(family(kind), data)
    at_truth = float(truth.log_likelihood(data) @ data.weight)
    # twice the gain is chi-square with p degrees of freedom: above 30 once in 200,000 runs for p = 4
    assert 0.0 <= 2.0 * (fitted.log_likelihood - at_truth) < 30.0
    errors = fitted.standard_errors
    for name in kind.names():
        assert abs(getattr(fitted.model, name) - getattr(truth, name)) < 5.0 * errors[name], name


@each_model
def test_draws_broadcast_over_customers(kind: Any) -> None:
    model = typical(kind, 3)
    data = simulate(model, 20, 3)
    many = replace(model, **{name: np.full((5, 1), value) for name, value in model.parameters.items()})
    value, score = many.log_likelihood_and_score(data)
    assert value.shape == (5, 20)
    assert score.shape == (len(kind.names()), 5, 20)
    one_value, one_score = model.log_likelihood_and_score(data)
    np.testing.assert_allclose(value[2], one_value, rtol=1e-13)
    np.testing.assert_allclose(score[:, 2], one_score, rtol=1e-12, atol=1e-13)


def described(model: Any) -> Any:
    """Data of the kind of a model with a covariate `z` on each of its customers."""
    family = rk.with_covariates(type(model), **{next(iter(model.processes)): ["z"]})
    data, z = simulate(model, 300, 1), np.random.default_rng(2).normal(size=300)
    return family.of([*model.parameters.values(), 0.4], model.unit), rk.Described(data, {"z": z})


def over_time(model: Any) -> Any:
    """The same whose pace follows a season."""
    rng = np.random.default_rng(4)
    periods = rk.CovariatePeriods(rng.normal(size=(60, 1)), names=["season"])
    data, sums = simulate(model, 300, 1), rng.normal(size=(300, 1))
    birth = rng.uniform(0.0, 10.0, 300)
    told = rk.summaries.PurchasesOverTime(data, birth=birth, at_purchases=sums, periods=periods)
    return rk.models.OverTime(model, ("season",), (0.3,)), told


def around(kind: Any, name: str) -> Any:
    """A model of the kind with something around it, and its data."""
    model = typical(kind, 3)
    if name == "covariates":
        return described(model)
    if name == "over time":
        return over_time(model)
    if name == "in periods":
        whole = rk.models.InPeriods(model)
        return whole, whole.sample(np.random.default_rng(1).integers(2, 12, 200), seed=1)
    if name == "hazard ratio":
        whole = rk.models.scaled_hazard(model, 1.3)
    elif name == "shares":
        whole = rk.models.WithShares(model, one_and_done=0.2, cured=0.1)
    else:
        family = rk.models.hold(kind, **{name: model.parameters[name]})
        return family.of([v for k, v in model.parameters.items() if k != name]), simulate(model, 300, 1)
    entry = np.random.default_rng(1).integers(0, 3, 300)
    return whole, whole.sample(entry + 9, entry=entry, seed=1)


WRAPPED = (
    *((kind, "covariates") for kind in MODELS.values() if not kind.fixed_fields),
    *((kind, "over time") for kind in (rk.BGNBD, rk.MBGNBD, rk.NBD)),
    *((kind, "in periods") for kind in (rk.BGNBD, rk.ParetoNBD)),
    *((kind, "hazard ratio") for kind in (rk.ShiftedBetaGeometric, rk.Weibull)),
    *((kind, "shares") for kind in (rk.Geometric, rk.ShiftedBetaGeometric, rk.BetaDiscreteWeibull)),
    *((rk.BGNBD, "a"), (rk.ParetoNBD, "beta")),
)


def agree_on_the_sum(model: Any, data: Any) -> None:
    """One number a draw, which is the sum of the entries' likelihoods with the score beside them."""
    rng, family = np.random.default_rng(7), model.family
    spread = [rng.normal(scale=0.2, size=1000) for _ in family.parameters]
    near = [
        p.domain.from_unconstrained(p.domain.to_unconstrained(np.asarray(v)) + step)
        for p, v, step in zip(family.parameters, family.values_of(model), spread, strict=True)
    ]
    weighted = data.thinned(4).joined([data]).compress()  # some entries count more than once
    for rows in (weighted, data):
        found = family.of([v[:, None] for v in near]).summed_log_likelihood(rows)
        assert found.shape == (1000,)
        for i in range(0, 1000, 53):
            one = family.of([float(v[i]) for v in near])
            value, _ = one.log_likelihood_and_score(rows)
            np.testing.assert_allclose(one.log_likelihood(rows), value, rtol=1e-12, atol=1e-13)
            right = float(value @ rows.weight)
            assert found[i] == pytest.approx(right, rel=1e-12)
            assert float(one.summed_log_likelihood(rows)) == pytest.approx(right, rel=1e-12)
    several = [v.reshape(2, 500, 1) for v in near]
    np.testing.assert_array_equal(
        family.of(several).summed_log_likelihood(data), found.reshape(2, 500)
    )  # any axes of draws


@pytest.mark.slow
@each_model
def test_the_sum_without_the_score_is_the_sum(kind: Any) -> None:
    model = typical(kind, 3)
    agree_on_the_sum(model, simulate(model, 300, 1))


@pytest.mark.parametrize("kind", [kind for kind in MODELS.values() if kind.takes_tables])
def test_a_table_of_summaries_has_a_sum_for_each(kind: Any) -> None:
    several = [typical(kind, seed) for seed in range(3)]
    parts = [simulate(model, n, 1) for model, n in zip(several, (30, 50, 40), strict=True)]
    columns = [np.array(v)[:, None] for v in zip(*(m.parameters.values() for m in several), strict=True)]
    found = several[0].family.of(columns).summed_log_likelihood(parts[0].stacked(parts[1:]))
    right = [float(m.summed_log_likelihood(part)) for m, part in zip(several, parts, strict=True)]
    np.testing.assert_allclose(found, right, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("within", "name"), WRAPPED)
def test_the_sum_of_a_model_with_something_around_it_is_the_sum(within: Any, name: str) -> None:
    agree_on_the_sum(*around(within, name))


@pytest.mark.parametrize("kind", [k for k in MODELS.values() if hasattr(k, "purchase_pmf")])
def test_no_count_of_purchases_is_more_than_sure(kind: Any) -> None:
    rng = np.random.default_rng(4)
    data = rk.Purchases(frequency=(x := rng.integers(1, 60, 25)), T=(T := rng.uniform(1, 100, 25)), recency=T)
    past = simulate(typical(kind, 4), 25, 4) if kind.data_kind is not rk.Purchases else data
    n = np.where(x > 10, 0, x)
    horizon = np.exp(rng.uniform(-40.0, 8.0, 25)) if past is data else rng.integers(0, 40, 25)
    for seed in range(6):
        model = typical(kind, seed)
        for found in (model.purchase_pmf(n, horizon), model.purchase_pmf_given(past, n, horizon)):
            assert np.min(found) >= 0.0
            assert np.max(found) <= 1.0  # exactly: whoever compares with 1 meets no rounding


@each_model
def test_compression_changes_nothing(kind: Any) -> None:
    model = typical(kind, 5)
    data = simulate(model, 500, 5)
    doubled: AbstractSummary = type(data)(
        **{name: np.tile(column, 2) for name, column in (data.columns | data._beside).items()},
        **settings_of(data),
    )
    compressed = doubled.compress()
    assert len(compressed) <= 500
    assert compressed.customers == 1000.0
    whole = model.log_likelihood(data).sum()
    assert model.log_likelihood(compressed) @ compressed.weight == pytest.approx(2.0 * whole, rel=1e-12)


@pytest.mark.slow
@each_model
def test_a_fit_does_not_depend_on_the_unit_or_the_order_of_the_data(kind: Any) -> None:
    data = simulate(typical(kind, 6), 3000, 6)
    fitted = rk.fit(family(kind), data)
    counted = isinstance(data, rk.Opportunities) or getattr(data, "whole_periods", False)
    scaled = set() if counted else {"recency", "T", "monetary_value", "duration", "entry"}
    order = np.random.default_rng(0).permutation(3000)
    other = type(data)(
        **{k: v[order] * (8.0 if k in scaled else 1.0) for k, v in data.columns.items()},
        **settings_of(data),
    )
    again = rk.fit(family(kind), other)
    for p in parameters_of(kind):
        factor = 1.0 if counted else p.scale({"time": 8.0, "money": 8.0})
        assert again.model.parameters[p.name] == pytest.approx(
            factor * fitted.model.parameters[p.name], rel=1e-7
        )


@each_model
def test_data_in_another_unit_have_no_likelihood(kind: Any) -> None:
    model = typical(kind, 0)
    if model.data_kind is rk.Spend:
        return  # amounts know no time
    weekly, monthly = (model.family.of(model.family.values_of(model), unit=u) for u in ("week", "month"))
    data = simulate(monthly, 3, 0)
    for ask in (weekly.log_likelihood, weekly.summed_log_likelihood, weekly.log_likelihood_and_score):
        with pytest.raises(rk.InputError, match=r"data must .* as the model do.* got 'month'"):
            ask(data)


@pytest.mark.slow
@each_model
def test_fitting_twice_gives_the_same_bits(kind: Any) -> None:
    data = simulate(typical(kind, 2), 20_000, 2)  # with 8 MBG/NBD has no maximum
    first, second = rk.fit(family(kind), data), rk.fit(family(kind), data)
    assert first.model == second.model
    assert first.log_likelihood == second.log_likelihood


@pytest.mark.slow
@each_model
def test_fits_from_far_away_starts_agree(kind: Any) -> None:
    data = simulate(typical(kind, 9), 5000, 9)
    fitted = rk.fit(family(kind), data)
    for factor in (0.1, 10.0):
        start = {p.name: far(p.domain, factor, fitted.model.parameters[p.name]) for p in parameters_of(kind)}
        again = rk.fit(family(kind), data, start=start)
        assert again.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-8)


@each_model
def test_records_are_values(kind: Any) -> None:
    model = typical(kind, 0)
    assert pickle.loads(pickle.dumps(model)) == model
    assert rk.model_from_json(model.model_dump_json()) == model
    assert replace(model) == model
    assert hash(replace(model)) == hash(model)
    changed = replace(model, **{kind.names()[0]: 2.0 * getattr(model, kind.names()[0])})
    assert changed != model
    with pytest.raises(AttributeError):
        model.unit = "day"
    assert kind.__name__ in repr(model)


@each_model
def test_every_parameter_is_checked_by_its_name(kind: Any) -> None:
    good = typical(kind, 0)
    domains = {p.name: p.domain for p in parameters_of(kind)}
    for name in kind.names():
        edge = 1.5 if domains[name] is PROBABILITY else 0.0
        for bad in (-1.0, edge, float("nan"), float("inf"), "1", None, True):
            with pytest.raises(rk.InputError, match=rf"{kind.__name__} {name} "):
                replace(good, **{name: bad})


@each_model
def test_sampling_is_reproducible(kind: Any) -> None:
    model = typical(kind, 1)
    one, two, other = simulate(model, 50, 1), simulate(model, 50, 1), simulate(model, 50, 2)
    for name, column in one.columns.items():
        np.testing.assert_array_equal(column, two.columns[name])
    assert any(not np.array_equal(column, other.columns[name]) for name, column in one.columns.items())


@pytest.mark.slow
@each_model
def test_draws_have_the_spread_of_the_fit(kind: Any) -> None:
    fitted = rk.fit(family(kind), simulate(typical(kind, 2), 20_000, 2))
    draws = fitted.draws(4000, seed=1)
    for name, error in fitted.standard_errors.items():
        drawn = np.asarray(getattr(draws, name))
        assert drawn.shape == (4000, 1)
        assert drawn.min() > 0.0
        relative = error / getattr(fitted.model, name)
        # the standard deviation of logs is the relative error; 4000 draws estimate it to some 1%
        assert np.log(drawn).std() == pytest.approx(relative, rel=0.05)
