"""A model with covariates is the plain model for each customer, and its score is a gradient."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference.view import View, objective
from retainkit.models import MODELS

SCALE = 20.0
KINDS = {name: kind for name, kind in MODELS.items() if kind.processes}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def table(n: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"card": rng.integers(0, 2, n).astype(float), "age": rng.normal(0.0, 1.0, n)}


def model_of(kind: Any, seed: int) -> Any:
    base = kind.typical(np.random.default_rng(seed), scale=SCALE)
    first, *others = kind.processes
    effects = [rk.models.Effect("card", (first,)), rk.models.Effect("age", (first,))]
    effects += [rk.models.Effect("card", (other,)) for other in others]
    values = (0.4, -0.3, 0.25)[: len(effects)]
    return rk.models.WithCovariates(base, tuple(effects), values)


def simulate(model: Any, n: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    if model.data_kind is rk.Spend:
        return model.sample(rng.integers(1, 12, n), seed=rng)
    if model.data_kind is rk.Purchases:
        return model.sample(rng.uniform(0.5, 2.0, n) * SCALE, seed=rng)
    return model.sample(rng.integers(4, 30, n).astype(float), seed=rng)


def described(kind: Any, n: int, seed: int) -> tuple[Any, Any]:
    model, columns = model_of(kind, seed), table(n, seed)
    return model, rk.Described(simulate(model.given(columns), n, seed), columns)


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("seed", range(3))
def test_the_score_is_the_gradient_of_the_likelihood(kind: Any, seed: int) -> None:
    model, data = described(kind, 40, seed)
    family = model.family
    values = family.values_of(model)
    _, score = model.log_likelihood_and_score(data)
    for i, value in enumerate(values):
        step = 1e-3 * abs(value)

        def at(shift: float, i: int = i) -> Any:
            moved = [v + (shift if j == i else 0.0) for j, v in enumerate(values)]
            return family.of(moved).log_likelihood(data)

        slope = (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step))) / (12.0 * step)
        np.testing.assert_allclose(score[i], slope, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
@each_kind
def test_each_customer_has_the_likelihood_of_the_plain_model(kind: Any) -> None:
    model, data = described(kind, 30, 1)
    whole = model.log_likelihood(data)
    columns = data.covariates
    for i in range(len(data)):
        own = model.given({name: float(column[i]) for name, column in columns.items()})
        summary: Any = type(data.data)
        one = summary(
            **{k: v[i] for k, v in (data.data.columns | data.data._beside).items()},
            **({"whole_periods": data.data.whole_periods} if isinstance(data.data, rk.Renewals) else {}),
        )
        assert own.log_likelihood(one)[0] == pytest.approx(whole[i], rel=1e-10, abs=1e-10)


@each_kind
def test_coefficients_of_zero_are_the_plain_model(kind: Any) -> None:
    model, data = described(kind, 30, 2)
    plain = rk.models.WithCovariates(model.base, model.effects, (0.0,) * len(model.effects))
    np.testing.assert_allclose(
        plain.log_likelihood(data), model.base.log_likelihood(data.data), rtol=1e-12, atol=1e-12
    )


@pytest.mark.slow
@each_kind
def test_effects_are_found_again(kind: Any) -> None:
    truth, data = described(kind, 12_000, 3)
    fitted = rk.fit(truth.family, data)
    for name, value in truth.parameters.items():
        assert abs(fitted.model.parameters[name] - value) < 5.0 * fitted.standard_errors[name], name


@each_kind
def test_a_positive_effect_means_more_of_its_process(kind: Any) -> None:
    base = kind.typical(np.random.default_rng(4), scale=SCALE)
    for process in kind.processes:
        model = rk.models.WithCovariates(base, (rk.models.Effect("card", (process,)),), (0.5,))
        less, more = (model.given({"card": value}) for value in (0.0, 1.0))
        if process == "spend":
            assert more.median_spend_new() > less.median_spend_new()
        elif process == "churn":
            assert more.survival(5.0) < less.survival(5.0)
        elif process == "purchasing":
            assert more.expected_purchases_new(5.0) > less.expected_purchases_new(5.0)
        else:
            assert more.expected_purchases_new(50.0) < less.expected_purchases_new(50.0)


@each_kind
def test_records_survive_json_and_pickle(kind: Any) -> None:
    model = model_of(kind, 5)
    assert rk.model_from_json(model.model_dump_json()) == model
    assert pickle.loads(pickle.dumps(model)) == model


def test_the_fit_does_not_depend_on_where_a_covariate_has_its_zero_or_its_unit() -> None:
    _, data = described(rk.BGNBD, 5000, 6)
    family = rk.with_covariates(rk.BGNBD, purchasing=["age"])
    plain = rk.fit(family, data)
    moved = rk.fit(family, rk.Described(data.data, {"age": 1000.0 * data.covariates["age"] + 40_000.0}))
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    name = "purchasing.age"
    assert 1000.0 * moved.model.parameters[name] == pytest.approx(plain.model.parameters[name], rel=1e-6)
    assert 1000.0 * moved.standard_errors[name] == pytest.approx(plain.standard_errors[name], rel=1e-4)


def test_the_same_effect_on_both_processes_is_one_coefficient_between_the_two() -> None:
    _, data = described(rk.BGNBD, 5000, 7)
    both = rk.fit(rk.with_covariates(rk.BGNBD, purchasing=["card"], attrition=["card"]), data)
    one = rk.fit(rk.with_covariates(rk.BGNBD, purchasing=["card"], attrition=["card"], same=["card"]), data)
    assert one.family.names() == ("r", "alpha", "a", "b", "card")
    test = rk.inference.likelihood_ratio_test(one, both)
    assert test.degrees_of_freedom == 1
    separate = sorted(both.model.parameters[f"{p}.card"] for p in ("purchasing", "attrition"))
    assert separate[0] < one.model.parameters["card"] < separate[1]


def test_holding_all_effects_at_zero_is_the_plain_fit() -> None:
    _, data = described(rk.BGNBD, 3000, 8)
    family = rk.with_covariates(rk.BGNBD, purchasing=["card"])
    held = rk.fit(family, data, fixed={"purchasing.card": 0.0})
    plain = rk.fit(rk.BGNBD, data.data)
    assert held.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert held.family.names() == rk.BGNBD.names()
    test = rk.inference.likelihood_ratio_test(plain, rk.fit(family, data))
    assert test.p_value < 1e-6


def test_a_penalty_shrinks_effects_as_its_formula_says() -> None:
    _, data = described(rk.BGNBD, 3000, 9)
    family = rk.with_covariates(rk.BGNBD, purchasing=["card"])
    strength = 400.0
    fitted = rk.fit(family, data, penalty=strength)
    values = family.values_of(fitted.model)
    spread = data.covariates["card"].std()

    def penalized(shift: float) -> float:
        moved = family.of([*values[:-1], values[-1] + shift])
        coefficient = (values[-1] + shift) * spread
        return float(moved.log_likelihood(data).sum()) - 0.5 * strength * coefficient**2

    slope = (penalized(1e-4) - penalized(-1e-4)) / 2e-4
    assert abs(slope) < 1e-3  # of thousands: the penalised likelihood is level here
    assert fitted.log_likelihood == pytest.approx(float(fitted.model.log_likelihood(data).sum()), abs=1e-6)
    assert abs(values[-1]) < abs(rk.fit(family, data).model.parameters["purchasing.card"])


def test_draws_carry_their_axis_through_to_each_customer() -> None:
    _, data = described(rk.BGNBD, 500, 10)
    fitted = rk.fit(rk.with_covariates(rk.BGNBD, purchasing=["card"]), data)
    drawn = fitted.draws(7, seed=1).given(data)
    expected = drawn.expected_purchases(data.data, 10.0)
    assert expected.shape == (7, 500)
    again = fitted.draws(7, seed=1)
    third = rk.models.WithCovariates(
        rk.BGNBD.of([float(np.asarray(v)[2, 0]) for v in again.base.parameters.values()]),
        again.effects,
        tuple(float(np.asarray(c)[2, 0]) for c in again.coefficients),
    )
    np.testing.assert_allclose(expected[2], third.given(data).expected_purchases(data.data, 10.0), rtol=1e-9)


def test_compression_counts_equal_customers_with_equal_covariates() -> None:
    data = rk.Purchases(frequency=[1, 1, 1], recency=[2, 2, 2], T=[4, 4, 4])
    compressed = rk.Described(data, {"card": [0, 1, 1]}).compress()
    assert compressed.weight.tolist() == [1.0, 2.0]
    assert compressed.covariates["card"].tolist() == [0.0, 1.0]
    assert compressed.data.frequency.tolist() == [1.0, 1.0]


def test_many_continuous_covariates_do_not_overflow_the_grouping() -> None:
    n = 5000
    rng = np.random.default_rng(11)
    columns = {f"z{i}": rng.normal(size=n) for i in range(6)}
    data = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5).sample(rng.uniform(10, 60, n), seed=1)
    summary = rk.Described(data, columns)
    compressed, inverse = summary.distinct()
    assert len(compressed) == n
    for name, column in columns.items():
        np.testing.assert_array_equal(compressed.covariates[name][inverse], column)
    np.testing.assert_array_equal(compressed.data.T[inverse], data.T)


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "origin"), [(1.0, 202_034.0), (1e-7, 0.0), (1e9, -5e13)])
def test_a_covariate_far_from_0_counts_from_its_customers(scale: float, origin: float) -> None:
    """Months as numbers (yyyymm), seconds since 1970: at 0 the base would be e^10,000."""
    _, data = described(rk.BGNBD, 3000, 12)
    near = {"z": data.covariates["age"]}
    family = rk.with_covariates(rk.BGNBD, purchasing=["z"], attrition=["z"])
    plain = rk.fit(family, rk.Described(data.data, near))
    moved = rk.fit(family, rk.Described(data.data, {"z": scale * near["z"] + origin}))
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    for name in ("purchasing.z", "attrition.z"):
        assert scale * moved.model.parameters[name] == pytest.approx(plain.model.parameters[name], rel=1e-5)
    each = [f.model.given({"z": z}).alpha for f, z in ((plain, 0.7), (moved, scale * 0.7 + origin))]
    assert each[1] == pytest.approx(each[0], rel=1e-6)
    assert rk.model_from_json(moved.model.model_dump_json()) == moved.model
    assert type(moved).from_json(moved.model_dump_json()).standard_errors == moved.standard_errors
    if origin:
        assert abs(moved.model.effects[0].origin - origin) < scale


def test_covariates_that_are_nearly_alike_are_fitted_and_their_sum_is_known() -> None:
    _, data = described(rk.BGNBD, 3000, 13)
    rng = np.random.default_rng(1)
    u = data.covariates["age"]
    other = rng.normal(size=3000)
    nearly = rk.Described(data.data, {"u": u, "w": u + 1e-3 * other})
    apart = rk.Described(data.data, {"u": u, "w": other})
    family = rk.with_covariates(rk.BGNBD, purchasing=["u", "w"])
    found, expected = rk.fit(family, nearly), rk.fit(family, apart)
    # the same space of models in other columns
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-6)
    both, own = (f.model.parameters for f in (found, expected))
    total = both["purchasing.u"] + both["purchasing.w"]
    assert total == pytest.approx(own["purchasing.u"], abs=1e-5)
    assert 1e-3 * both["purchasing.w"] == pytest.approx(own["purchasing.w"], abs=1e-5)


# of each model every process on which covariates act; nothing that was spent separates, since it is never 0
PROCESSES = [(name, p) for name, kind in KINDS.items() for p in kind.processes if p != "spend"]


def who_never(kind: Any, process: str, n: int, seed: int) -> tuple[Any, Any]:
    """Customers of whom some never buy again, or never leave, and which these are."""
    data = simulate(kind.typical(np.random.default_rng(seed), scale=SCALE), n, seed)
    if process != "attrition":
        return data, data.event == 0.0 if process == "churn" else data.frequency == 0.0
    # who bought on the last day is still there
    end = "periods" if kind is rk.BGBB else "T"
    there = (data.frequency >= 2.0) & (np.arange(n) % 2 == 0)
    columns = {name: data.columns[name] for name in ("frequency", end)}
    return type(data)(**columns, recency=np.where(there, data.columns[end], data.recency)), there


@pytest.mark.slow
@pytest.mark.parametrize(("name", "process"), PROCESSES)
def test_a_covariate_that_separates_is_named_in_the_direction_it_goes(name: str, process: str) -> None:
    kind: Any = rk.models.hold(KINDS[name], k=2) if "CNBD" in name else KINDS[name]
    data, never = who_never(KINDS[name], process, 120, 2)
    other = np.random.default_rng(5).normal(size=120)
    # odd ones tell it from the other side: then the base goes the other way, with everybody else
    told, end = (never, "minus infinity") if PROCESSES.index((name, process)) % 2 else (~never, "infinity")
    described_by = rk.Described(data, {"u": other, "tells": told * 1.0})
    found = rk.fit(
        rk.with_covariates(kind, **{process: ["u", "tells"]}), described_by, on_failure="return"
    ).diagnostics
    which = f"{process}.tells"
    assert found.code == "boundary" and found.limit is None
    assert f"rising as {which} (effect of tells on {process}) goes to {end}: " in found.message
    assert found.message.endswith(f"do not bound {which}.") and "penalty=1" in found.way_out


def test_all_covariates_that_tell_it_together_are_named() -> None:
    data, never = who_never(rk.NBD, "purchasing", 300, 2)
    third = np.arange(300) % 3  # a category of three of which one never buys
    kept = np.flatnonzero(never | (third > 0))
    both = {name: ((third == i) & ~never)[kept] * 1.0 for i, name in ((1, "b"), (2, "c"))}
    columns = {name: data.columns[name][kept] for name in ("frequency", "recency", "T")}
    bought = rk.Described(rk.Purchases(**columns), both)
    family = rk.with_covariates(rk.NBD, purchasing=["b", "c"])
    with pytest.raises(rk.FitError, match=r"purchasing\.b .* to infinity and purchasing\.c .* to infinity:"):
        rk.fit(family, bought)
    assert rk.fit(family, bought, penalty=1.0).diagnostics.converged  # the way out is one


@pytest.mark.slow
@pytest.mark.parametrize("kind", [rk.Weibull, rk.LogLogistic, rk.MBGNBD])
def test_a_coefficient_that_only_goes_along_is_not_blamed(kind: Any) -> None:
    # at once or never, or none at all: at these edges of the models coefficients mean nothing
    rng = np.random.default_rng(1)
    z = {"u": rng.normal(size=200), "v": rng.integers(0, 2, 200) * 1.0}
    process = next(reversed(kind.processes))
    if kind is rk.MBGNBD:
        data: Any = rk.NBD(r=0.9, alpha=10.0).sample(rng.uniform(10.0, 40.0, 200), seed=rng)
    else:
        data = rk.ShiftedBetaGeometric(1e-3, 2e-3).sample(rng.integers(4, 30, 200) * 1.0, seed=rng)
    family = rk.with_covariates(kind, **{process: ["u", "v"]})
    found = rk.fit(family, rk.Described(data, z), on_failure="return").diagnostics
    assert found.code == "boundary" and f"{process}." not in found.message


@each_kind
def test_sums_over_customers_are_the_sums_of_their_rows(kind: Any) -> None:
    model, data = described(kind, 60, 15)
    rows = data.compress()
    value, score = model.log_likelihood_and_score(rows)
    total, gradient, outer = model.summed_score(rows)
    assert total == pytest.approx(float(value @ rows.weight), rel=1e-12)
    np.testing.assert_allclose(gradient, score @ rows.weight, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(outer, (score * rows.weight) @ score.T, rtol=1e-9, atol=1e-9)
    values = [np.array([[v], [1.01 * v]]) for v in model.family.values_of(model)]
    totals, gradients, _ = model.family.of(values).summed_score(rows)
    assert totals[0] == pytest.approx(float(total), rel=1e-12)
    np.testing.assert_allclose(gradients[:, 0], gradient, rtol=1e-9, atol=1e-9)


def test_slopes_of_many_coefficients_are_had_without_the_outer_products() -> None:
    """Which cost as the square of their number, and are wanted in the first steps alone."""
    rng = np.random.default_rng(3)
    n, names = 4000, [f"x{i}" for i in range(14)]
    columns = dict(zip(names, rng.normal(size=(len(names), n)), strict=True))
    event, duration = rng.random(n) < 0.6, rng.uniform(1.0, 40.0, n)
    data = rk.Described(rk.Renewals(duration=duration, event=event), columns)
    view = View.of(rk.with_covariates(rk.Weibull, churn=names), data, 0.0)
    points = rng.normal(0.0, 0.2, (1, len(names) + 2))
    bent, slim = (objective(view, data)(points, bent=how) for how in (True, False))
    assert bent[2].shape == (1, 16, 16) and not slim[2].size
    for one, other in zip(bent[:2], slim[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)
