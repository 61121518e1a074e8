"""Customers of whom only two bounds are known: likelihoods of hundreds of digits, Turnbull by brute force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from mpmath import mp as _mp
from mpmath import mpf

import retainkit as rk
from retainkit.models.contractual.shares import WithShares

mp: Any = _mp
BOUNDS = [(0, 1), (0, 5), (3, 4), (7, 60), (300, 301), (2000, 9000)]  # whole, for every model
FINE = [(0, 1e-3), (3, 3.001), (50, 50 + 2e-5), (0.125, 0.1250001), (1e-60, 2e-60), (7, 7 + 2**-40)]
INF = float("inf")


def beta_ratio(a: Any, b: Any, more: Any) -> Any:
    """B(a, b + more)/B(a, b)."""
    log = mp.loggamma
    return mp.exp(log(b + more) + log(a + b) - log(b) - log(a + b + more))


SURVIVAL: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "exponential": (rk.models.Exponential(scale=20.0), lambda t: mp.exp(-t / 20)),
    "weibull": (rk.Weibull(scale=20.0, shape=0.75), lambda t: mp.exp(-((t / 20) ** mpf("0.75")))),
    "steep weibull": (rk.Weibull(scale=20.0, shape=6.0), lambda t: mp.exp(-((t / 20) ** 6))),
    "log-normal": (
        rk.models.LogNormal(scale=12.0, sigma=1.25),
        lambda t: mp.erfc(mp.log(t / 12) / mpf("1.25") / mp.sqrt(2)) / 2 if t else mpf(1),
    ),
    "log-logistic": (
        rk.models.LogLogistic(scale=15.0, shape=1.625),
        lambda t: 1 / (1 + (t / 15) ** mpf("1.625")),
    ),
    "weibull-gamma": (
        rk.models.WeibullGamma(r=2.5, scale=15.0, c=0.875),
        lambda t: (1 + (t / 15) ** mpf("0.875") / mpf("2.5")) ** mpf("-2.5"),
    ),
    "geometric": (rk.models.Geometric(theta=0.125), lambda t: mpf("0.875") ** t),
    "shifted beta-geometric": (
        rk.ShiftedBetaGeometric(alpha=0.75, beta=3.5),
        lambda t: beta_ratio(mpf("0.75"), mpf("3.5"), t),
    ),
    "discrete weibull": (
        rk.models.DiscreteWeibull(theta=0.25, c=0.75),
        lambda t: mpf("0.75") ** (t ** mpf("0.75")),
    ),
    "beta-discrete-weibull": (
        rk.models.BetaDiscreteWeibull(alpha=0.5, beta=2.0, c=1.25),
        lambda t: beta_ratio(mpf("0.5"), mpf(2), t ** mpf("1.25")),
    ),
    "shares": (
        WithShares(rk.models.Geometric(theta=0.125), one_and_done=0.25, cured=0.125),
        lambda t: mpf("0.75") * (mpf("0.125") + mpf("0.875") * mpf("0.875") ** t) if t else mpf(1),
    ),
}
each = pytest.mark.parametrize("name", SURVIVAL)


@pytest.mark.slow
@each
def test_a_stretch_has_the_difference_of_survivals_to_all_digits_far_out_and_close_by(name: str) -> None:
    model, survival = SURVIVAL[name]
    bounds = BOUNDS + FINE * model.continuous
    if name == "log-normal":  # whose start is flatter than any power
        bounds = [(1e-20, 2e-20) if a == 1e-60 else (a, b) for a, b in bounds]
    with mp.workdps(500):
        wanted = [float(mp.log(survival(mpf(a)) - survival(mpf(b)))) for a, b in bounds]
        late = [float(mp.log(survival(mpf(2)))) if a >= 2 else 0.0 for a, _ in bounds]
    lower, upper = np.array(bounds).T
    got = model.log_likelihood(rk.Renewals.from_intervals(lower, upper))
    np.testing.assert_allclose(got, wanted, rtol=3e-14, atol=3e-13)
    entry = np.where(lower >= 2, 2.0, 0.0)
    got = model.log_likelihood(rk.Renewals.from_intervals(lower, upper, entry=entry))
    np.testing.assert_allclose(got, np.subtract(wanted, late), rtol=3e-14, atol=3e-13)


@each
def test_the_score_of_stretches_moments_and_those_still_there_is_the_gradient(name: str) -> None:
    model, _ = SURVIVAL[name]
    lower, upper = np.array([(0, 4), (2, 5), (3, 3), (6, INF), (40, 47), (0, 1), (2, INF), (9, 10)]).T
    if model.continuous:
        lower, upper = np.append(lower, [5, 30.0]), np.append(upper, [5.5, 30.00001])
    data = rk.Renewals.from_intervals(lower, upper, entry=np.minimum(lower, 1.0) * (upper > lower))
    value, score = model.log_likelihood_and_score(data)
    values = model.family.values_of(model)
    draws = np.outer([1.0, 1.5], values).T[..., None]
    draws = [
        np.minimum(v, 0.9) if p.domain.high == 1.0 else v
        for v, p in zip(draws, model.family.parameters, strict=True)
    ]
    many, slopes = model.family.of(draws).log_likelihood_and_score(data)
    np.testing.assert_allclose(many[0], value, rtol=1e-13)
    np.testing.assert_allclose(slopes[:, 0], score, rtol=1e-9, atol=1e-9)
    for i, at in enumerate(values):
        moved = (
            model.family.of([*values[:i], at * (1 + h), *values[i + 1 :]]) for h in (1e-3, -1e-3, 2e-3, -2e-3)
        )
        up, down, up2, down2 = (m.log_likelihood(data) for m in moved)
        slope = (8.0 * (up - down) - (up2 - down2)) / (12e-3 * at)
        np.testing.assert_allclose(score[i], slope, rtol=1e-7, atol=1e-7)


@each
def test_whole_periods_are_stretches_of_one(name: str) -> None:
    model, _ = SURVIVAL[name]
    told: dict[str, Any] = {
        "duration": [3, 7, 4, 1],
        "event": [1, 1, 0, 1],
        "entry": [0, 2, 1, 0],
        "weight": [5, 1, 2, 3],
    }
    periods = rk.Renewals(**told)
    assert periods.whole_periods
    stretches = rk.Renewals(**told, lower=[2, 6, 0, 0])
    assert not stretches.whole_periods and not stretches.has_moments
    for one, other in zip(*(model.log_likelihood_and_score(d) for d in (periods, stretches)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


@pytest.mark.parametrize("kind", ["Weibull", "LogNormal", "Geometric", "ShiftedBetaGeometric"])
def test_equal_stretches_are_counted_and_covariates_act_on_them(kind: str) -> None:
    rng = np.random.default_rng(4)
    t = np.ceil(4 * rng.pareto(1.5, 600))  # customers differ
    lower = np.minimum(np.floor((t - 1) / 3) * 3, 9.0)
    upper = np.where(lower == 9.0, INF, np.where(rng.random(600) < 0.3, lower + 1 + (t - 1) % 3, lower + 3))
    data, model = rk.Renewals.from_intervals(lower, upper), rk.models.MODELS[kind]
    assert len(data.compress()) < 25
    one, other = rk.fit(model, data), rk.fit(model, data.compress())
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-13)
    total = one.model.log_likelihood(data).sum()
    assert one.log_likelihood == pytest.approx(total, rel=1e-12)
    card = rng.integers(0, 2, 600)
    described = rk.fit(rk.with_covariates(model, churn=["card"]), rk.Described(data, {"card": card}))
    apart = [rk.fit(model, rk.Renewals.from_intervals(lower[card == g], upper[card == g])) for g in (0, 1)]
    assert one.log_likelihood - 1e-9 < described.log_likelihood < sum(f.log_likelihood for f in apart) + 1e-9
    entrywise = described.model.given({"card": card}).log_likelihood(data.entrywise())
    assert described.log_likelihood == pytest.approx(entrywise.sum(), rel=1e-12)


def test_months_rounded_up_and_the_models_of_both_times_compare_as_they_should() -> None:
    """A Weibull with a falling hazard, 337·Weibull(.52), seen by month: .52 within the standard errors."""
    rng = np.random.default_rng(1)
    t, o = 337 * rng.weibull(0.52, 5000), rng.integers(1, 73, 5000)
    data = rk.Renewals(duration=np.where(t < o, np.ceil(t), o), event=t < o, unit="month")
    assert data.treatment.startswith("whole periods")
    found = rk.compare([rk.Weibull, rk.ShiftedBetaGeometric, rk.models.LogNormal], data)
    assert [c.name for c in found.candidates] == ["Weibull", "LogNormal", "ShiftedBetaGeometric"]
    assert found.rows()[2]["aic_above_best"] == pytest.approx(70.0, abs=0.5)
    assert abs(found.best.model.shape - 0.52) < 2 * found.best.standard_errors["shape"]
    stretches = rk.Renewals(
        duration=data.duration, event=data.event, lower=data.duration - data.event, unit="month"
    )
    again = rk.compare([rk.Weibull, rk.ShiftedBetaGeometric], stretches)
    assert again.best.aic == pytest.approx(found.best.aic, abs=1e-6)
    assert again.rows()[1]["aic_above_best"] == pytest.approx(found.rows()[2]["aic_above_best"], abs=1e-4)


# -- Turnbull --------------------------------------------------------------------------------------


def brute_force(
    lower: Any, upper: Any, entry: Any, weight: Any, *, rounds: int = 4_000
) -> tuple[Any, Any, float]:
    """Masses at every half point between all bounds, by expectation and maximisation alone.

    With late entry each customer stands for the unseen ones who left before it, Turnbull's ghosts.
    """
    ends = np.unique(np.concatenate([lower, upper[np.isfinite(upper)], entry]))
    points = np.sort(np.concatenate([ends[ends > 0], (ends[1:] + ends[:-1]) / 2, [ends[-1] + 1.0]]))
    here = (points > lower[:, None]) & (points <= upper[:, None])
    here |= (points == lower[:, None]) & (lower == upper)[:, None]
    there = points > entry[:, None]
    mass = np.full(points.size, 1.0 / points.size)
    for _ in range(rounds):
        told, seen = here @ mass, there @ mass
        expected = mass * (weight @ (here / told[:, None]) + weight @ (~there / seen[:, None]))
        mass = expected / expected.sum()
    return points, mass, float(weight @ (np.log(here @ mass) - np.log(there @ mass)))


def some_stretches(seed: int, n: int, *, late: bool) -> tuple[Any, Any, Any, Any]:
    """Visits at random: all kinds of censoring, moments too."""
    rng = np.random.default_rng(seed)
    t, first = np.ceil(4 * rng.weibull(1.4, n) * 8) / 8, rng.integers(1, 4, n) / 2
    gap = rng.integers(1, 5, n) / 2
    lower = np.where(t > first, first + np.floor((t - first) / gap) * gap, 0.0)
    upper = np.where(t > first, lower + gap, first)
    kind = rng.random(n)
    lower, upper = np.where(kind < 0.2, t, lower), np.where(kind < 0.2, t, upper)
    upper = np.where((kind > 0.8) & (lower > 0), INF, upper)
    entry = np.where(late & (rng.random(n) < 0.5), np.minimum(lower, 0.5), 0.0)
    return lower, upper, entry, rng.integers(1, 4, n).astype(float)


def log_likelihood(curve: Any, lower: Any, upper: Any, entry: Any, weight: Any) -> float:
    """Of a curve, moments by the size of their step."""
    before = np.where(lower == upper, np.nextafter(lower, 0.0), lower)
    share, known = curve.survival(before), curve.survival(entry)
    gone = np.where(np.isinf(upper), 0.0, curve.survival(np.where(np.isinf(upper), lower, upper)))
    return float(weight @ (np.log(share - gone) - np.log(known)))


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_turnbull_is_the_curve_that_brute_force_comes_to(seed: int, late: bool) -> None:
    told = some_stretches(seed, 30, late=late)
    lower, upper, entry, weight = told
    curve = rk.Turnbull.estimate(rk.Renewals.from_intervals(lower, upper, entry=entry, weight=weight))
    points, mass, best = brute_force(*told)
    reached = log_likelihood(curve, *told)
    assert best - 1e-9 <= reached <= best + 1e-3  # no other curve is better; brute force is slow at the end
    low, high = curve.survival_bounds(points[points <= curve.end])
    rest = 1.0 - np.cumsum(mass)[points <= curve.end]
    assert np.all((low - 2e-3 <= rest) & (rest <= high + 2e-3))


def test_turnbull_agrees_with_lifelines() -> None:
    rng = np.random.default_rng(2)
    t, first, gap = 4 * rng.weibull(1.4, 30), rng.uniform(0.2, 2, 30), rng.uniform(0.5, 3, 30)
    lower = np.where(t > first, first + np.floor((t - first) / gap) * gap, 0.0)
    upper = np.where(t > first, np.where(rng.random(30) < 0.2, INF, lower + gap), first)
    curve = rk.Turnbull.estimate(rk.Renewals.from_intervals(lower, upper))
    theirs = KaplanMeierFitter().fit_interval_censoring(lower, upper, tol=1e-8).survival_function_
    # theirs falls just after the end of a stretch, ours at it
    place = np.searchsorted(theirs.index.to_numpy(), curve.risk.time * (1.0 + 1e-9))
    other = theirs["NPMLE_estimate_upper"].to_numpy()[place]
    np.testing.assert_allclose(curve.shares[1:], other, atol=5e-3)  # theirs stops early


@pytest.mark.parametrize("kind", ["moments", "whole periods", "late entry"])
def test_where_it_is_known_when_customers_left_turnbull_is_kaplan_meier(kind: str) -> None:
    rng = np.random.default_rng(3)
    t, seen = 10 * rng.weibull(1.3, 300), rng.uniform(1, 14, 300)
    end, entry = np.minimum(t, seen), np.where(rng.random(300) < 0.3, 0.5 * np.minimum(t, seen), 0.0)
    entry[:40] = 0.0
    if kind == "whole periods":
        end = np.ceil(end)
    data = rk.Renewals(duration=end, event=t <= seen, entry=entry if kind == "late entry" else 0.0)
    one, other = rk.Turnbull.estimate(data), rk.KaplanMeier.estimate(data)
    asked = other.risk.time
    np.testing.assert_allclose(one.survival(asked), other.survival(asked), rtol=1e-12)
    np.testing.assert_allclose(one.standard_error(asked), other.standard_error(asked), rtol=1e-10, atol=1e-14)
    same = np.isin(asked, one.risk.time)
    np.testing.assert_allclose(one.risk.at_risk, other.risk.at_risk[same], rtol=1e-9)
    np.testing.assert_allclose(one.risk.left_in_all, other.risk.left_in_all[same], rtol=1e-9, atol=1e-12)
    assert (one.median, one.end) == (other.median, other.end)


def test_turnbull_by_hand() -> None:
    """(0, 2] and (1, 3] overlap in (1, 2]: all there. One of three is there after 3, so 2/3 left in it."""
    curve = rk.fit(rk.Turnbull, rk.Renewals.from_intervals([0, 1, 3], [2, 3, INF]))
    assert curve.survival([1, 1.5, 2, 3]) == pytest.approx([1, 1, 1 / 3, 1 / 3], rel=1e-12)
    low, high = curve.survival_bounds([1, 1.5, 2])
    np.testing.assert_allclose(low, [1, 1 / 3, 1 / 3], rtol=1e-12)
    np.testing.assert_allclose(high, [1, 1, 1 / 3], rtol=1e-12)
    assert curve.standard_error(2) == pytest.approx(np.sqrt(1 / 3 * 2 / 3 / 3), rel=1e-12)  # binomial
    assert curve.table["after"].tolist() == [1, 3] and curve.table["time"].tolist() == [2, 3]
    assert replace(curve.risk, after=None).end == 3
