"""A model for each segment agrees with its own fit, and shrinkage brings small ones nearer to the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit import inference

WEEKS = np.array([12.0, 26.0, 39.0, 52.0])


def world(segments: int, customers: int, spread: float, seed: int) -> tuple[dict[str, Any], np.ndarray]:
    """Segments whose parameters differ by normal amounts on the logarithmic scale, and those logarithms."""
    rng = np.random.default_rng(seed)
    truth = np.log([0.5, 5.0, 0.8, 2.5]) + spread * rng.normal(size=(segments, 4))
    models = [rk.BGNBD(*map(float, np.exp(line)), unit="week") for line in truth]
    T = np.resize(WEEKS, customers)
    return {f"s{i}": model.sample(T=T, seed=i) for i, model in enumerate(models)}, truth


def off(fits: Any, truth: np.ndarray) -> np.ndarray:
    return np.array([np.log([*f.model.parameters.values()]) - truth[int(n[1:])] for n, f in fits.items()])


def test_where_a_segment_has_a_fit_it_is_the_one_that_fit_finds() -> None:
    data, _ = world(8, 700, 0.2, seed=1)
    each = rk.fit_each(rk.BGNBD, data)
    assert list(each) == list(data) and not each.shrunk and not each.refused
    fits: dict[str, Any] = each.fits
    for name, one in fits.items():
        alone: Any = rk.fit(rk.BGNBD, data[name])
        assert one.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-7)
        np.testing.assert_allclose(
            [*one.model.parameters.values()], [*alone.model.parameters.values()], rtol=1e-4
        )
        np.testing.assert_allclose(
            [*one.standard_errors.values()], [*alone.standard_errors.values()], rtol=1e-3
        )


@pytest.mark.slow
def test_small_segments_come_nearer_to_the_truth_when_they_are_shrunk() -> None:
    data, truth = world(40, 100, 0.25, seed=2)
    alone = rk.fit_each(rk.BGNBD, data, shrink="never")
    shrunk = rk.fit_each(rk.BGNBD, data, shrink="all")
    assert alone.refused and not shrunk.refused and len(shrunk.shrunk) == 40
    far, near = (np.sqrt((off(f.fits, truth) ** 2).mean(axis=0)) for f in (alone, shrunk))
    assert np.all(near < 0.8 * far)
    # what segments have in common is found, where single ones are wild
    np.testing.assert_allclose(shrunk.centre, truth.mean(axis=0), atol=0.45)
    assert np.all(np.sqrt(np.diag(shrunk.covariance)) < 0.6)


@pytest.mark.slow
def test_refused_segments_are_shrunk_and_say_so_and_the_others_are_left_alone() -> None:
    data, _ = world(40, 100, 0.25, seed=2)
    mixed, alone = rk.fit_each(rk.BGNBD, data), rk.fit_each(rk.BGNBD, data, shrink="never")
    assert set(mixed.shrunk) == set(alone.refused) and not mixed.refused
    for name, why in mixed.shrunk.items():
        verdict = mixed[name].diagnostics
        assert verdict.converged and why == alone.refused[name] and why in verdict.message
    assert all(mixed[name] == alone[name] for name in alone)
    assert "shrunk toward the whole" in str(mixed)
    assert list(mixed.to_frame()["verdict"]) == ["shrunk" if n in mixed.shrunk else "alone" for n in mixed]


@pytest.mark.slow
def test_the_top_of_likelihood_and_prior_is_flat_in_both_together() -> None:
    data, _ = world(40, 100, 0.25, seed=2)
    each = rk.fit_each(rk.BGNBD, data)
    for name in each.shrunk:
        fitted: Any = each[name]
        value, slope, _ = fitted.model.summed_score(data[name])
        line = np.log([*fitted.model.parameters.values()])
        pull = np.linalg.solve(each.covariance, line - each.centre)
        own = slope * np.exp(line)
        np.testing.assert_allclose(own, pull, atol=2e-3)
        assert fitted.log_likelihood == pytest.approx(float(value), rel=1e-12)


def test_a_sequence_counts_its_segments_and_a_record_comes_back_from_json() -> None:
    data, _ = world(3, 500, 0.1, seed=4)
    each = rk.fit_each(rk.BGNBD, [*data.values()])
    assert list(each) == ["0", "1", "2"] and each[1] == each["1"]
    again = inference.SegmentFits.from_json(each.model_dump_json())
    assert again == each and again["2"].model == each[2].model


def test_a_segment_where_nobody_came_back_is_shrunk_if_there_is_a_prior_and_refused_without() -> None:
    data, _ = world(10, 300, 0.2, seed=5)
    data["new"] = rk.Purchases(frequency=np.zeros(30), recency=np.zeros(30), T=np.full(30, 9.0), unit="week")
    few = rk.fit_each(rk.BGNBD, {name: data[name] for name in ("s0", "s1", "new")})
    assert list(few.refused) == ["new"] and "second time" in few.refused["new"]
    with pytest.raises(rk.InputError, match=r"has no fit: .*second time"):
        few["new"]
    with pytest.raises(rk.InputError, match="'s0'"):
        few["s7"]
    assert "new" in rk.fit_each(rk.BGNBD, data).shrunk


@pytest.mark.parametrize(
    ("summaries", "said"),
    [
        ({}, "at least one segment"),
        ("UK", "must be a mapping of names to summaries"),
        ({"UK": [1, 2]}, r"summaries\['UK'\]"),
        ({1: None, "1": None}, "differ as texts"),
    ],
)
def test_what_is_no_segments_is_refused_by_name(summaries: Any, said: str) -> None:
    with pytest.raises(rk.InputError, match=said):
        rk.fit_each(rk.BGNBD, summaries)


def test_segments_of_unequal_units_are_refused() -> None:
    data, _ = world(1, 100, 0.1, seed=6)
    days = rk.Purchases(frequency=[1, 0], recency=[3.0, 0], T=[30.0, 30.0], unit="day")
    with pytest.raises(rk.InputError, match="unit"):
        rk.fit_each(rk.BGNBD, {**data, "other": days})


TABLED = [kind for kind in rk.models.MODELS.values() if kind.takes_tables]


@pytest.mark.parametrize("kind", TABLED, ids=lambda kind: kind.__name__)
def test_tables_of_entries_score_as_the_entries_do(kind: Any) -> None:
    rng = np.random.default_rng(3)
    models = [kind.typical(rng, scale=20.0) for _ in range(4)]
    parts: list[Any] = []
    for size, model in zip((30, 50, 20, 41), models, strict=True):
        whole = rng.integers(1, 30, size)
        parts.append(model.sample(whole + 0.5 * (model.data_kind is rk.Purchases), seed=rng).compress())
    table, family = parts[0].stacked(parts[1:]), models[0].family

    def of(some: list[int]) -> Any:
        values = [
            [[model.parameters[name]] for model in (models[i] for i in some)] for name in family.names()
        ]
        return family.of(map(np.array, values))

    for some in ([0, 1, 2, 3], [2, 0]):
        value, score = of(some).log_likelihood_and_score(table.rows(np.array(some)))
        for i, values, scores in zip(some, value, score.transpose(1, 0, 2), strict=True):
            alone, slope = models[i].log_likelihood_and_score(parts[i])
            np.testing.assert_allclose(values[: alone.size], alone, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(scores[:, : alone.size], slope, rtol=1e-9, atol=1e-12)


def test_a_model_without_tables_is_fitted_one_segment_at_a_time() -> None:
    assert not rk.BGBB.takes_tables
    truth = rk.BGBB(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8)
    data = [truth.sample(np.full(400, 8.0), seed=i) for i in range(2)]
    each = rk.fit_each(rk.BGBB, data)
    for name, rows in zip(each, data, strict=True):
        assert each[name].log_likelihood == pytest.approx(rk.fit(rk.BGBB, rows).log_likelihood, abs=1e-7)


def test_covariates_far_from_0_have_one_origin_so_that_segments_can_be_pooled() -> None:
    """Years around 2000 in one country and 2020 in another: alone each would count from its own."""
    rng = np.random.default_rng(7)
    effect = rk.models.Effect("year", ("churn",), 2010.0)
    truth: Any = rk.models.WithCovariates(rk.Geometric(0.1), (effect,), (0.02,))
    data: dict[str, Any] = {}
    for k in range(8):
        year = np.round(2000.0 + 20.0 * (k % 2) + 3.0 * rng.standard_normal(600))
        tenures = truth.given({"year": year}).sample(np.full(600, 24.0), seed=k)
        data[f"{k}"] = rk.Described(tenures, {"year": year})
    each = rk.fit_each(rk.with_covariates(rk.Geometric, churn=["year"]), data, shrink="all")
    assert list(each.shrunk) == list(data)
    assert {fitted.family for fitted in each.fits.values()} == {each.whole.family}
    # at the common origin churn is what it is for all, not that of each country's own years
    assert each.centre[0] == pytest.approx(np.log(0.1 / 0.9), abs=0.15)


def test_segments_on_other_calendars_of_covariates_are_refused_and_on_one_they_add_up() -> None:
    model: Any = rk.models.OverTime(rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5), ("odd",), (0.5,))

    def sample(shift: int, seed: int) -> Any:
        odd = ((np.arange(60) + shift) % 2)[:, None] * 1.0
        periods = rk.CovariatePeriods(odd, names=["odd"])
        return model.sample(np.full(200, 50.0), periods=periods, seed=seed)

    def total(data: Any) -> float:
        return float((model.log_likelihood(data) * data.weight).sum())

    one, other, moved = sample(0, 1), sample(0, 2), sample(1, 3)
    assert total(one.joined([other])) == pytest.approx(total(one) + total(other), rel=1e-12)
    described: list[Any] = [rk.Described(p, {"x": np.arange(200.0)}) for p in (one, moved)]
    for parts in ([one, moved], described):
        with pytest.raises(rk.InputError, match=r"periods.*must be the same for all summaries"):
            parts[0].joined(parts[1:])


def test_whole_periods_and_moments_are_not_put_together() -> None:
    whole = rk.Renewals(duration=[3, 4, 5], event=[1, 0, 1], unit="month", whole_periods=True)
    moments = rk.Renewals(duration=[3.5, 4.2, 5.1], event=[1, 0, 1], unit="month", whole_periods=False)
    described: list[Any] = [rk.Described(r, {"x": [1.0, 2.0, 3.0]}) for r in (whole, moments)]
    for pair in ([whole, moments], described):
        with pytest.raises(rk.InputError, match=r"whole_periods.*must be the same"):
            pair[0].joined([pair[1]])
