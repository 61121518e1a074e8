"""Covariates over time: the deformed clock against brute force, and the plain model as its special case."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import retainkit as rk
from retainkit.models import MODELS

KINDS = {name: MODELS[name] for name in ("BGNBD", "MBGNBD", "NBD") if name in MODELS}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)

RNG = np.random.default_rng(0)
TABLE = np.stack([(np.arange(160) % 52 >= 48) * 1.0, RNG.normal(size=160)], axis=1)
PERIODS = rk.CovariatePeriods(TABLE, names=["december", "price"])
GAMMA = (0.8, -0.3)


def model_of(kind: Any, gamma: tuple[float, ...] = GAMMA) -> Any:
    values = {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5}
    base = kind(**{name: values[name] for name in kind.names()}, unit="week")
    return rk.models.OverTime(base, PERIODS.names, gamma)


def simulate(model: Any, n: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    T = rng.uniform(20.0, 100.0, n)
    return model.sample(T, periods=PERIODS, birth=rng.uniform(0.0, 20.0, n), seed=rng)


def pace(time: float) -> float:
    return float(np.exp(TABLE[int(time)] @ GAMMA))


def felt(start: float, end: float) -> float:
    """The integral of the pace, by quadrature over each week."""
    edges = np.unique(np.r_[start, np.arange(np.ceil(start), np.ceil(end)), end])
    return sum(quad(pace, a, b)[0] for a, b in pairwise(edges))


@each_kind
def test_the_clock_is_the_integral_of_the_pace(kind: Any) -> None:
    model, data = model_of(kind), simulate(model_of(kind), 5, 1)
    for i in range(5):
        birth, end = data.birth[i], data.birth[i] + data.purchases.T[i]
        plain = model.base.expected_purchases_new(felt(birth, end))
        ours = model.expected_purchases_new(PERIODS, end - birth, birth=birth)
        assert ours == pytest.approx(plain, rel=1e-9)


@each_kind
def test_the_likelihood_is_that_of_felt_time_times_the_pace_at_purchases(kind: Any) -> None:
    model, data = model_of(kind), simulate(model_of(kind), 8, 2)
    for i, value in enumerate(model.log_likelihood(data)):
        birth, own = data.birth[i], data.purchases
        one = rk.Purchases(
            frequency=own.frequency[i],
            recency=felt(birth, birth + own.recency[i]) if own.frequency[i] else 0.0,
            T=felt(birth, birth + own.T[i]),
        )
        expected = model.base.log_likelihood(one)[0] + data.at_purchases[i] @ GAMMA
        assert value == pytest.approx(expected, rel=1e-9)


@each_kind
@pytest.mark.parametrize("seed", range(3))
def test_the_score_is_the_gradient_of_the_likelihood(kind: Any, seed: int) -> None:
    model = model_of(kind)
    data, family = simulate(model, 40, seed), model.family
    values = family.values_of(model)
    _, score = model.log_likelihood_and_score(data)
    for i, value in enumerate(values):
        step = 1e-3 * abs(value)

        def at(shift: float, i: int = i) -> Any:
            return family.of([v + (shift if j == i else 0.0) for j, v in enumerate(values)]).log_likelihood(
                data
            )

        slope = (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step))) / (12.0 * step)
        np.testing.assert_allclose(score[i], slope, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
@each_kind
def test_what_was_simulated_is_found_again(kind: Any) -> None:
    truth = model_of(kind)
    fitted = rk.fit(truth.family, simulate(truth, 12_000, 3))
    for name, value in truth.parameters.items():
        assert abs(fitted.model.parameters[name] - value) < 5.0 * fitted.standard_errors[name], name


def test_coefficients_of_zero_are_the_plain_model() -> None:
    model = model_of(rk.BGNBD, (0.0, 0.0))
    data = simulate(model, 200, 4)
    np.testing.assert_allclose(
        model.log_likelihood(data), model.base.log_likelihood(data.purchases), rtol=1e-12
    )
    np.testing.assert_allclose(
        model.expected_purchases(data, 20.0), model.base.expected_purchases(data.purchases, 20.0), rtol=1e-10
    )
    rate = rk.Rate(0.1, per="year")
    exact = model.base.discounted_expected_purchases(data.purchases, rate, 20.0)
    np.testing.assert_allclose(model.discounted_expected_purchases(data, rate, 20.0), exact, rtol=1e-9)


@pytest.mark.slow
def test_discounting_follows_the_changing_pace() -> None:
    model = model_of(rk.BGNBD)
    data = model.sample(np.full(50, 70.0), periods=PERIODS, birth=5.5, seed=8)
    rate, steps = rk.Rate(0.1, per="year"), np.linspace(0.0, 30.0, 3001)
    made = np.stack([np.zeros(50), *(model.expected_purchases(data, t) for t in steps[1:])])
    middle = np.exp(-rate.continuous("week") * 0.5 * (steps[1:] + steps[:-1]))
    summed = middle @ np.diff(made, axis=0)  # steps of a hundredth of a week: right to some 1e-9
    np.testing.assert_allclose(model.discounted_expected_purchases(data, rate, 30.0), summed, rtol=1e-8)


def test_expected_purchases_are_what_simulated_customers_make() -> None:
    model, n = model_of(rk.BGNBD), 200_000
    data = model.sample(np.full(n, 52.0), periods=PERIODS, birth=10.0, seed=5)
    mean = model.expected_purchases_new(PERIODS, 52.0, birth=10.0)
    error = data.purchases.frequency.std() / np.sqrt(n)
    assert abs(data.purchases.frequency.mean() - mean) < 4.0 * error


def test_groups_live_through_different_things() -> None:
    both = rk.CovariatePeriods(np.stack([TABLE, TABLE[::-1]]), names=PERIODS.names)
    flipped = rk.CovariatePeriods(TABLE[::-1], names=PERIODS.names)
    model = model_of(rk.BGNBD)
    first = model.expected_purchases_new(both, 30.0, group=0)
    assert first == model.expected_purchases_new(PERIODS, 30.0)
    assert model.expected_purchases_new(both, 30.0, group=1) == model.expected_purchases_new(flipped, 30.0)


def test_draws_carry_their_axis_through() -> None:
    data = simulate(model_of(rk.BGNBD), 400, 6)
    fitted = rk.fit(rk.with_covariates_over_time(rk.BGNBD, PERIODS.names), data)
    drawn = fitted.draws(5, seed=1)
    values = drawn.log_likelihood(data)
    assert values.shape == (5, 400)
    expected = drawn.expected_purchases(data, 10.0)
    assert expected.shape == (5, 400)
    one = fitted.family.of([float(np.asarray(v)[2, 0]) for v in fitted.family.values_of(drawn)], unit="week")
    np.testing.assert_allclose(values[2], one.log_likelihood(data), rtol=1e-12)
    np.testing.assert_allclose(expected[2], one.expected_purchases(data, 10.0), rtol=1e-9)


def test_records_survive_json() -> None:
    model = model_of(rk.BGNBD)
    assert rk.model_from_json(model.model_dump_json()) == model


def test_what_cannot_be_done_is_refused() -> None:
    model, data = model_of(rk.BGNBD), simulate(model_of(rk.BGNBD), 20, 7)
    with pytest.raises(rk.InputError, match="periods must reach as far as is asked: they end at 160"):
        model.expected_purchases(data, 100.0)
    with pytest.raises(rk.InputError, match="must be BGNBD, MBGNBD or NBD"):
        rk.with_covariates_over_time(rk.GammaGamma, ["december"])  # type: ignore[type-var]
    with pytest.raises(rk.InputError, match="must have the covariates x"):
        rk.fit(rk.with_covariates_over_time(rk.BGNBD, ["x"]), data)
    flat = rk.CovariatePeriods(np.ones((160, 1)), names=["flat"])
    constant = rk.summaries.PurchasesOverTime(
        data.purchases, birth=data.birth, at_purchases=data.purchases.frequency[:, None], periods=flat
    )
    with pytest.raises(rk.InputError, match="'flat' is the same in every period"):
        rk.fit(rk.with_covariates_over_time(rk.BGNBD, ["flat"]), constant)
    with pytest.raises(rk.InputError, match="at_purchases must be of shape"):
        rk.summaries.PurchasesOverTime(data.purchases, birth=data.birth, at_purchases=[[1.0]], periods=flat)
    with pytest.raises(rk.InputError, match="group must be 0 to 0"):
        rk.summaries.PurchasesOverTime(
            data.purchases, birth=0.0, at_purchases=data.at_purchases, periods=PERIODS, group=1.0
        )
    with pytest.raises(rk.InputError, match=r"values must be \(periods, k\)"):
        rk.CovariatePeriods(np.ones(160), names=["flat"])


def test_a_table_of_transactions_becomes_purchases_over_time() -> None:
    lines = rk.load_cdnow("sample")
    early = np.asarray(lines["date"]) <= np.datetime64("1997-09-30")
    kept = {name: np.asarray(column)[early] for name, column in lines.items()}
    told: dict[str, Any] = {
        "customer_id": "customer_id",
        "date": "date",
        "unit": "week",
        "observation_end": "1997-09-30",
    }
    tx = rk.summarize_transactions(kept, **told)
    weeks = rk.CovariatePeriods((np.arange(45) % 4 == 0)[:, None] * 1.0, names=["sale"])
    over = rk.summarize_over_time(kept, periods=weeks, periods_start="1997-01-01", **told)
    for name, column in tx.purchases.columns.items():
        np.testing.assert_allclose(over.data.purchases.columns[name], column, rtol=1e-15)
    days = (np.asarray(kept["date"]) - np.datetime64("1997-01-01")).astype(int)
    ids = np.asarray(kept["customer_id"])
    for i, customer in enumerate(np.asarray(over.customers)[:50]):
        mine = np.unique(days[ids == customer])
        assert over.data.birth[i] == mine[0] / 7
        assert over.data.at_purchases[i, 0] == sum((d // 7) % 4 == 0 for d in mine[1:])
    fitted = rk.fit(rk.with_covariates_over_time(rk.BGNBD, ["sale"]), over.data)
    plain = rk.fit(rk.BGNBD, tx.purchases)
    assert rk.inference.likelihood_ratio_test(plain, fitted).statistic >= 0.0


def test_periods_that_do_not_cover_the_data_are_refused() -> None:
    table = {"id": np.array([1, 2]), "date": np.array(["2024-01-01", "2024-02-08"], "M8[D]")}
    sale = rk.CovariatePeriods([[0.0], [1.0], [0.0]], names=["sale"])
    told: dict[str, Any] = {"customer_id": "id", "date": "date", "unit": "week", "periods": sale}
    with pytest.raises(rk.InputError, match="periods must reach as far"):
        rk.summarize_over_time(table, periods_start="2024-01-01", **told)
    with pytest.raises(rk.InputError, match="periods_start must not lie after the first purchase"):
        rk.summarize_over_time(table, periods_start="2024-01-02", **told)
    two_told: dict[str, Any] = {**told, "periods": rk.CovariatePeriods(np.zeros((2, 9, 1)), names=["sale"])}
    with pytest.raises(rk.InputError, match="groups must say"):
        rk.summarize_over_time(table, **two_told, periods_start="2024-01-01")
    with pytest.raises(rk.InputError, match="1 of 2 have none"):
        rk.summarize_over_time(table, **two_told, periods_start="2024-01-01", groups={1: 0})


@pytest.mark.slow
@pytest.mark.parametrize("lengths", [[2] * 40, [5] * 16, [1, 4, 2, 3] * 8], ids=["two", "five", "uneven"])
@each_kind
def test_periods_of_any_length_are_as_many_periods_of_one(kind: Any, lengths: list[int]) -> None:
    values = np.random.default_rng(7).normal(size=(len(lengths), 2))
    fine = rk.CovariatePeriods(np.repeat(values, lengths, axis=0), names=PERIODS.names)
    even = len(set(lengths)) == 1
    given: Any = {"width": lengths[0]} if even else {"edges": np.cumsum([0, *lengths])}
    coarse = rk.CovariatePeriods(values, names=PERIODS.names, **given)
    assert coarse.end == fine.end == 80.0
    model, rng = model_of(kind), np.random.default_rng(3)
    birth = rng.uniform(0.0, 40.0, 60)
    T = 65.5 - birth  # all are observed to one day, so that steps of the integral end where the pace changes
    one, other = (model.sample(T, periods=p, birth=birth, seed=4) for p in (fine, coarse))
    rate = rk.Rate(0.1, per="year")
    answers = [
        lambda data: data.purchases.recency,
        lambda data: data.at_purchases,
        model.log_likelihood,
        lambda data: model.log_likelihood_and_score(data)[1],
        lambda data: model.expected_purchases(data, 8.5),
        lambda data: model.expected_purchases_new(data.periods, 33.3, birth=7.7),
        lambda data: model.discounted_expected_purchases(data, rate, 8.5),
    ]
    for answer in answers[:-1]:
        np.testing.assert_allclose(answer(one), answer(other), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(answers[-1](one), answers[-1](other), rtol=1e-7)


@pytest.mark.parametrize("held", ["r", "alpha"])
def test_parameters_may_be_held_within_covariates_over_time(held: str) -> None:
    data = simulate(model_of(rk.BGNBD), 400, 5)
    free = rk.fit(rk.with_covariates_over_time(rk.BGNBD, PERIODS.names), data)
    base = rk.models.hold(rk.BGNBD, **{held: free.model.parameters[held]})
    again = rk.fit(rk.with_covariates_over_time(base, PERIODS.names), data)
    assert again.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-6)
    assert set(free.family.names()) - set(again.family.names()) == {held}
