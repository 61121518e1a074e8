"""Replicates of data: found together as one by one, as closed forms have them, and as errors say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference import Bootstrap, Jackknife, bootstrap, jackknife, replicates, resample
from retainkit.inference.fit import Case
from retainkit.inference.weights import AbstractWeights, Dirichlet, Multinomial, pieces_of
from retainkit.models import AbstractModel, hold
from retainkit.protocols import before_holdout
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

RNG = np.random.default_rng(1)
TX = rk.summarize_transactions(
    rk.load_cdnow("sample"),
    customer_id="customer_id",
    date="date",
    amount="dollar_value",
    unit="week",
    holdout_from="1997-10-01",
)
CDNOW = before_holdout(TX).purchases
BUYING = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week").sample(T=[52.0] * 1_500, seed=1)
LEAVING = rk.ShiftedBetaGeometric(alpha=0.7, beta=2.0).sample([12.0] * 800, seed=2)
LASTING = rk.Exponential(scale=10.0).sample(RNG.uniform(5.0, 20.0, 300), seed=3)
SPENDING = rk.GammaGamma(p=6.0, q=4.0, v=15.0).sample(RNG.poisson(3.0, 500) + 1.0, seed=4)
PLAN = RNG.integers(0, 2, 1_500).astype(float)
DESCRIBED = rk.Described(BUYING, covariates={"plan": PLAN})
COVARIATES = rk.with_covariates(rk.BGNBD, purchasing=["plan"])


def as_drawn(rows: AbstractSummary, count: int, seed: int, kind: str) -> AbstractWeights:
    """The weights that `bootstrap` draws for a seed."""
    pieces = pieces_of(rows, count, resample._MOST_ENTRIES)
    drawn = Dirichlet if kind == "bayesian" else Multinomial
    return drawn.drawn(pieces, count, np.random.default_rng(seed))


def refitted(found: Bootstrap[Any], rows: AbstractSummary, weight: Array) -> Any:
    """The fit with some weights; a penalty counts in deviations of covariates in all data, as there."""
    family, some = found.fit.family, rows.reweighted(weight)
    if not found.fit.penalty:
        return rk.fit(family, some, on_failure="return")
    whole = Case.of(family, rows, found.fit.penalty)
    return replace(whole, rows=some).searched(whole.centre)


def extremes(found: Bootstrap[Any] | Jackknife[Any]) -> list[int]:
    """Replicates whose parameters are lowest and highest, which are the hardest to find."""
    return sorted({int(f(v)) for v in found.values.values() for f in (np.argmin, np.argmax)})[:4]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bayesian", "multinomial"])
@pytest.mark.parametrize(
    ("model", "data", "penalty"),
    [
        (rk.BGNBD, CDNOW, 0.0),
        (rk.MBGNBD, CDNOW, 0.0),
        (rk.ShiftedBetaGeometric, LEAVING, 0.0),
        (rk.Exponential, LASTING, 0.0),
        (rk.GammaGamma, SPENDING, 0.0),
        (hold(rk.BGNBD, a=0.8), BUYING, 0.0),
        (COVARIATES, DESCRIBED, 0.0),
        (COVARIATES, DESCRIBED, 50.0),
    ],
    ids=lambda v: getattr(v, "name", getattr(v, "__name__", "")),
)
def test_replicates_are_those_that_are_fitted_one_by_one(
    model: Any, data: AbstractSummary, penalty: float, kind: Any
) -> None:
    fitted = rk.fit(model, data, penalty=penalty)
    found = bootstrap(fitted, data, 200, seed=5, kind=kind)
    rows = data.compress()
    weights = as_drawn(rows, 200, 5, kind)
    for i in (0, 100, *extremes(found)):
        alone = refitted(found, rows, weights.alone(i))
        assert bool(found.refused[i]) is not alone.diagnostics.converged
        exact = {
            n: float(v)
            for n, v in zip(fitted.family.names(), fitted.family.values_of(alone.model), strict=True)
        }
        assert {n: v[i] for n, v in found.values.items()} == pytest.approx(exact, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("kind", ["bayesian", "multinomial"])
def test_in_every_replicate_a_constant_rate_is_events_over_time(kind: Any) -> None:
    """The estimate has a closed form, with any weights."""
    found = bootstrap(rk.Exponential, LASTING, 300, seed=1, kind=kind)
    rows = LASTING.compress()
    weight = as_drawn(rows, 300, 1, kind).of(0)
    exact = weight @ rows.duration / (weight @ rows.event)
    assert found.values["scale"] == pytest.approx(exact, rel=1e-9)


def test_weights_are_as_often_as_customers_are_drawn() -> None:
    rows = LEAVING.compress()
    held = rows.weight
    for kind, variance in (("bayesian", held), ("multinomial", held)):
        weight = as_drawn(rows, 4_000, 1, kind).of(0)
        assert weight.sum(axis=1) == pytest.approx(np.full(4_000, 800.0), rel=1e-12)
        assert weight.mean(axis=0) == pytest.approx(held, abs=4.0 * np.sqrt(held.max() / 4_000))
        # of gamma and of binomial counts, less what a fixed sum takes: n/(n + 1) and 1
        exact = variance * (1.0 - held / 800.0)
        assert weight.var(axis=0) == pytest.approx(exact, rel=0.12)


def test_pieces_of_the_data_have_the_same_law_and_are_fitted_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "_MOST_ENTRIES", 100)
    rows = CDNOW.compress()
    for kind in ("bayesian", "multinomial"):
        found = bootstrap(rk.BGNBD, CDNOW, 50, seed=3, kind=kind)
        weights = as_drawn(rows, 50, 3, kind)
        assert len(weights.pieces) > 9
        total = np.array([weights.alone(i).sum() for i in range(5)])
        assert total == pytest.approx(np.full(5, 2_357.0), rel=1e-12)
        for i in (0, 7):
            alone = refitted(found, rows, weights.alone(i))
            assert [v[i] for v in found.values.values()] == pytest.approx(
                [*alone.model.parameters.values()], rel=1e-6
            )


@pytest.mark.slow
def test_errors_are_those_of_the_sandwich_and_of_each_other() -> None:
    """All estimate the same; with 2,357 customers they agree to the noise of 1,000 replicates and to 1/n."""
    fitted = rk.fit(rk.BGNBD, CDNOW)
    drawn = bootstrap(fitted, CDNOW, seed=1)
    again = bootstrap(fitted, CDNOW, seed=1, kind="multinomial")
    left = jackknife(fitted, CDNOW)
    # of what is least sure, b, replicates are skewed: their deviation is larger than that to first order
    for name, error in fitted.robust_standard_errors.items():
        assert left.standard_errors[name] == pytest.approx(error, rel=0.05)
        assert drawn.standard_errors[name] == pytest.approx(error, rel=0.2)
        assert again.standard_errors[name] == pytest.approx(error, rel=0.2)
        assert drawn.bias[name] == pytest.approx(left.bias[name], abs=4.0 * error / np.sqrt(1_000))
    assert np.sqrt(np.diag(drawn.covariance)).tolist() == [*drawn.standard_errors.values()]


def test_without_a_customer_it_is_as_fitted_without_one() -> None:
    found = jackknife(rk.BGNBD, CDNOW)
    rows = CDNOW.compress()
    assert found.weight.sum() == 2_357.0 == rows.customers
    for i in (0, 500, *extremes(found)):
        weight = rows.weight.copy()
        weight[i] -= 1.0
        exact = rk.fit(rk.BGNBD, rows.reweighted(weight)).model.parameters
        assert {n: v[i] for n, v in found.values.items()} == pytest.approx(exact, rel=1e-8)


@pytest.mark.slow
def test_where_there_are_many_most_are_found_from_afar(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = jackknife(rk.BGNBD, CDNOW)
    monkeypatch.setattr(replicates, "_MOVED", 20)
    monkeypatch.setattr(replicates, "_TOGETHER", 300)
    found = jackknife(rk.BGNBD, CDNOW)
    for name, value in found.values.items():
        assert value == pytest.approx(exact.values[name], rel=1e-8)
    assert found.standard_errors == pytest.approx(exact.standard_errors, rel=1e-5)


def test_without_a_group_it_is_as_fitted_without_it() -> None:
    shops = np.array(["north", "south", "west"])[np.arange(len(BUYING)) % 3]
    found = jackknife(rk.BGNBD, BUYING, shops)
    assert found.groups == ("north", "south", "west")
    for i, shop in enumerate(("north", "south", "west")):
        others = BUYING.reweighted((shops != shop).astype(float))
        exact = rk.fit(rk.BGNBD, others).model.parameters
        assert {n: v[i] for n, v in found.values.items()} == pytest.approx(exact, rel=1e-6)


def test_errors_and_bias_of_the_jackknife_have_a_closed_form_for_a_constant_rate() -> None:
    found = jackknife(rk.Exponential, LASTING)
    d, t = LASTING.event, LASTING.duration
    n, scale = len(d), t.sum() / d.sum()
    left = (t.sum() - t) / (d.sum() - d)
    error = np.sqrt((n - 1) / n * np.square(left - left.mean()).sum())
    assert found.standard_errors["scale"] == pytest.approx(error, rel=1e-9)
    assert found.bias["scale"] == pytest.approx((n - 1) * (left.mean() - scale), rel=1e-6)


def test_percentile_and_bca_intervals_follow_any_rising_figure() -> None:
    """The interval of a square is that of the scale, squared: the first exactly, the other to first order."""
    found = bootstrap(rk.Exponential, LASTING, 1_000, seed=2)
    for kind in ("percentile", "bca"):
        low, high = found.intervals(kind=kind)["scale"]  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        squared = found.interval(lambda m: np.square(m.scale), kind=kind)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert squared == pytest.approx((low**2, high**2), rel=1e-6)
    ends = np.quantile(found.values["scale"], [0.05, 0.95])
    assert found.intervals(kind="percentile")["scale"] == pytest.approx(ends)
    assert found.intervals()["scale"] != found.intervals(kind="percentile")["scale"]


def test_bca_intervals_are_as_efron_has_them() -> None:
    """Acceleration and shift computed from the sample itself, by his formulas."""
    from scipy.stats import norm

    found = bootstrap(rk.Exponential, LASTING, 2_000, seed=2, kind="multinomial")
    d, t = LASTING.event, LASTING.duration
    scale = t.sum() / d.sum()
    pull = t / scale - d  # of ln scale, but for a factor
    a = (pull**3).sum() / (6.0 * (pull**2).sum() ** 1.5)
    z0 = norm.ppf(np.mean(found.values["scale"] < scale))
    z = norm.ppf([0.025, 0.975])
    share = norm.cdf(z0 + (z0 + z) / (1.0 - a * (z0 + z)))
    assert found.intervals(0.95)["scale"] == pytest.approx(
        np.quantile(found.values["scale"], share), rel=1e-6
    )


def intervals_of_samples() -> Iterator[tuple[float, float]]:
    for seed in range(200):
        sample = rk.Exponential(scale=10.0).sample([15.0] * 60, seed=seed)
        yield bootstrap(rk.Exponential, sample, 400, seed=seed).intervals(0.9)["scale"]


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = np.mean([low <= 10.0 <= high for low, high in intervals_of_samples()])
    assert 0.84 <= held <= 0.96


SMALL = rk.BGNBD(r=0.6, alpha=8.0, a=0.5, b=6.0, unit="week").sample(T=[40.0] * 250, seed=11)


@pytest.mark.slow
def test_replicates_without_an_estimate_are_told_and_kept() -> None:
    """Of so few customers some replicates look as if nobody ever left."""
    found = bootstrap(rk.BGNBD, SMALL, 200, seed=1, kind="multinomial")
    lost = np.flatnonzero(found.refused)
    assert 0 < lost.size < 200
    rows = SMALL.compress()
    weights = as_drawn(rows, 200, 1, "multinomial")
    for i in (*lost[:3], *np.flatnonzero(~found.refused)[:3]):
        assert refitted(found, rows, weights.alone(int(i))).diagnostics.converged is not bool(
            found.refused[i]
        )
    assert f"{lost.size} of them without an estimate, at a boundary" in str(found)
    known = {n: v[~found.refused] for n, v in found.values.items()}
    assert found.standard_errors == pytest.approx({n: v.std(ddof=1) for n, v in known.items()})
    assert found.to_frame()["high"][-1] >= np.quantile(found.values["b"], 0.9)
    assert np.shape(found.model.expected_purchases_new(10.0)) == (200,)


def test_answers_are_the_same_each_time_and_however_customers_are_counted() -> None:
    first = bootstrap(rk.BGNBD, BUYING, 50, seed=9)
    again = bootstrap(rk.BGNBD, BUYING.compress(), 50, seed=9)
    for name, value in first.values.items():
        assert value == pytest.approx(again.values[name], rel=1e-9)
    assert first.values["r"].tolist() != bootstrap(rk.BGNBD, BUYING, 50, seed=10).values["r"].tolist()


def test_a_replicated_model_answers_with_draws() -> None:
    found = bootstrap(rk.BGNBD, TX, 100, seed=1)
    drawn = found.draws(lambda model: model.expected_purchases_new(52.0))
    assert isinstance(drawn, rk.Draws)
    low, high = found.interval(lambda model: model.expected_purchases_new(52.0), 0.8, kind="percentile")
    assert drawn.interval(0.8) == pytest.approx((low, high))
    assert isinstance(found.model, AbstractModel)
    assert found.model.unit == "week"
