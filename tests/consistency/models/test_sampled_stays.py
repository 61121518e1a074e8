"""What is drawn of subscribers is distributed as their models' survival curves and values say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import retainkit as rk
from retainkit._numerics.decaying_sums import geometric_sum, weibull_sum
from retainkit.models import MODELS
from retainkit.models.contractual.base import AbstractContractualModel
from retainkit.typing import Array

TENURES = np.array([0.0, 1.0, 5.0])
TIMES = 20_000
NOW: Any = "before-renewal"


def models() -> dict[str, Any]:
    kinds = {n: kind for n, kind in MODELS.items() if issubclass(kind, AbstractContractualModel)}
    found: dict[str, Any] = {n: k.typical(np.random.default_rng(2), scale=6.0) for n, k in kinds.items()}
    sbg = rk.ShiftedBetaGeometric(alpha=1.3, beta=4.0)
    found["shares"] = rk.models.WithShares(sbg, one_and_done=0.2, cured=0.15)
    found["shares of Weibull"] = rk.models.WithShares(rk.DiscreteWeibull(0.2, 0.8), cured=0.1)
    found["hazard ratio"] = rk.models.scaled_hazard(sbg, 1.4)
    found["continuous hazard ratio"] = rk.models.scaled_hazard(found["WeibullGamma"], 0.6)
    return found


BASES = models()
each = pytest.mark.parametrize("model", BASES.values(), ids=BASES)


def z_of(values: Array, mean: Array | float) -> Array:
    rows = values.reshape(TENURES.size, -1)
    error = rows.std(axis=1) / math.sqrt(rows.shape[1])
    return np.where(error > 1e-12, (rows.mean(axis=1) - mean) / np.maximum(error, 1e-12), 0.0)


@pytest.mark.slow
@each
def test_lifetimes_have_the_survival_of_those_who_are_there(model: Any) -> None:
    drawn = model.sample_given(np.repeat(TENURES, TIMES), seed=1).lifetime.reshape(TENURES.size, TIMES)
    for start, lifetime in zip(TENURES, drawn, strict=True):
        assert lifetime.min() > start
        times = start + np.arange(12.0)
        share = -np.diff(np.append(model.survival(times, given=start), 0.0))
        classes = np.minimum(np.ceil(lifetime - start), 12.0).astype(int)
        seen, expected = np.bincount(classes, minlength=13)[1:], share * TIMES
        few = expected < 10.0
        seen, expected = (np.append(v[~few], v[few].sum()) for v in (seen, expected))
        seen, expected = seen[expected > 0.0], expected[expected > 0.0]
        assert chi2.sf(((seen - expected) ** 2 / expected).sum(), seen.size - 1) > 1e-4
        if model.continuous:  # and within the periods
            level = np.histogram(model.survival(lifetime, given=start), np.linspace(0.0, 1.0, 21))[0]
            assert chi2.sf(((level - TIMES / 20) ** 2).sum() * 20 / TIMES, 19) > 1e-4
        else:
            np.testing.assert_array_equal(lifetime, np.ceil(lifetime))


@pytest.mark.slow
@each
@pytest.mark.parametrize("instant", ["before-renewal", "after-payment"])
def test_payments_have_the_mean_of_the_residual_value(model: Any, instant: Any) -> None:
    asked: dict[str, Any] = {"discount_rate": 0.03, "instant": instant, "horizon": 20}
    drawn = model.sample_given(np.repeat(TENURES, TIMES), seed=2, **asked)
    worth = model.discounted_expected_residual_lifetime(TENURES, **asked)
    assert np.abs(z_of(drawn.discounted, worth)).max() < 4.0
    assert drawn.payments.max() <= 20.0
    plain = model.sample_given(np.repeat(TENURES, TIMES), seed=2, horizon=20)
    np.testing.assert_array_equal(plain.payments, plain.discounted)
    np.testing.assert_array_equal(plain.payments, drawn.payments)
    if drawn.expected is not None:
        assert np.abs(z_of(drawn.expected, worth)).max() < 4.0
        rest = drawn.discounted - drawn.expected
        for weight in (1.0, drawn.expected):
            assert np.abs(z_of(rest * weight, 0.0)).max() < 4.0


DIFFER = {"ShiftedBetaGeometric", "BetaDiscreteWeibull", "WeibullGamma", "shares", "shares of Weibull"}


@each
def test_customers_are_told_from_chance_but_under_a_ratio_on_a_curve_of_customers_who_differ(
    model: Any,
) -> None:
    name = next(n for n, m in BASES.items() if m is model)
    asked: dict[str, Any] = {"seed": 1, "horizon": 9}
    found = model.sample_given(np.repeat([0.0, 3.0], 50), **asked).expected
    assert model.sample_given(3, **asked, apart=False).expected is None
    if "ratio" in name:
        assert found is None
        return
    if name in DIFFER:
        assert found[50:].std() > 0.1
    else:  # customers of one tenure are alike: all is chance
        value = model.discounted_expected_residual_lifetime(np.array([0.0, 3.0]), 0.0, horizon=9, instant=NOW)
        np.testing.assert_allclose(found, np.repeat(value, 50), rtol=1e-13)


def test_under_a_ratio_on_customers_who_are_alike_all_is_chance() -> None:
    scaled = rk.models.scaled_hazard(rk.Weibull(scale=9.0, shape=0.8), 1.5)
    found: Any = scaled.sample_given([2.0, 2.0], seed=1, horizon=9).expected
    value = scaled.discounted_expected_residual_lifetime(2.0, 0.0, horizon=9, instant=NOW)
    np.testing.assert_allclose(found, value, rtol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [12, math.inf])
@pytest.mark.parametrize("name", ["BetaDiscreteWeibull", "WeibullGamma", "shares of Weibull"])
def test_those_drawn_differ_as_those_of_whole_lives_who_have_come_so_far(name: str, horizon: float) -> None:
    model, rng, many, start, discount = BASES[name], np.random.default_rng(5), 40_000, 4.0, 0.05
    if name == "WeibullGamma":
        hazard = rng.gamma(model.r, 1.0 / (model.r * model.scale**model.c), many)
    elif name == "BetaDiscreteWeibull":
        hazard = -np.log1p(-rng.beta(model.alpha, model.beta, many))
    else:
        hazard = np.where(rng.random(many) < model.cured, 0.0, -np.log1p(-model.base.theta))
    c = model.base.c if name.startswith("shares") else model.c
    hazard = hazard[rng.exponential(size=many) > hazard * start**c]  # these come to be customers of today
    own = sum(
        np.exp(-hazard * ((start + j) ** c - start**c)) / (1.0 + discount) ** (j - 1.0)
        for j in range(1, int(min(horizon, 700)) + 1)
    )
    drawn = model.sample_given([start] * 20_000, seed=6, horizon=horizon, discount_rate=discount, instant=NOW)
    assert drawn.expected.std() == pytest.approx(np.std(own), rel=0.04)
    quantiles = np.quantile(own, np.linspace(0.1, 0.9, 9))
    shares = (drawn.expected[:, None] <= quantiles * (1.0 + 1e-5)).mean(axis=0)
    if not name.startswith("shares"):
        np.testing.assert_allclose(shares, np.linspace(0.1, 0.9, 9), atol=0.02)


def test_what_a_customer_of_known_rates_still_pays_is_the_sum_term_by_term() -> None:
    hazard = np.array([[0.0], [1e-9], [1e-4], [0.03], [0.7], [40.0]])
    start, force = np.array([0.0, 1.0, 7.0, 7.0]), np.array([0.0, 0.1, 0.003, 0.02])
    for c in (0.3, 1.0, np.array([[0.6], [0.8], [1.0], [1.4], [2.5], [4.0]])):
        for terms in (1.0, 15.0, 16.0, 17.0, 60.0, 5000.0):
            j = np.arange(1.0, terms + 1.0)[:, None, None]
            with np.errstate(under="ignore"):
                right = np.exp(-hazard * ((start + j) ** c - start**c) - force * (j - 1.0)).sum(axis=0)
            np.testing.assert_allclose(weibull_sum(hazard, c, start, force, terms), right, rtol=2e-5)


def test_those_who_are_there_are_those_of_whole_lives_who_have_come_so_far() -> None:
    rng = np.random.default_rng(3)
    model = rk.ShiftedBetaGeometric(alpha=1.3, beta=4.0)
    lifetime = rng.geometric(rng.beta(1.3, 4.0, 200_000))
    there = lifetime[lifetime > 4]
    drawn = model.sample_given(np.full(there.size, 4.0), seed=4).lifetime
    a, b = (np.bincount(np.minimum(v, 40).astype(int), minlength=41)[5:] for v in (there, drawn))
    assert chi2.sf(((a - b) ** 2 / (a + b)).sum(), a.size - 1) > 1e-4


def test_draws_and_customers_with_parameters_of_their_own() -> None:
    many = rk.ShiftedBetaGeometric(alpha=np.linspace(0.8, 2.0, 4000)[:, None], beta=4.0)
    drawn = many.sample_given(TENURES, seed=5, horizon=12)
    assert drawn.payments.shape == (4000, 3)
    assert drawn.expected is not None
    mean = many.discounted_expected_residual_lifetime(TENURES, 0.0, instant="before-renewal", horizon=12)
    assert np.abs(z_of((drawn.expected - mean).T, 0.0)).max() < 4.0
    own = rk.Weibull(scale=np.repeat([3.0, 6.0, 12.0], TIMES), shape=0.8)
    lifetime = own.sample_given(2.5, seed=6).lifetime.reshape(3, TIMES)
    share = np.asarray(rk.Weibull(scale=np.array([3.0, 6.0, 12.0]), shape=0.8).survival(8.0, given=2.5))
    assert np.abs(z_of((lifetime > 8.0).astype(float), share)).max() < 4.0


def test_without_end_and_with_nobody() -> None:
    shares = BASES["shares"]
    drawn = shares.sample_given([4.0] * 2000, seed=7, discount_rate=0.1, instant="after-payment")
    never = np.isinf(drawn.lifetime)
    assert 0.2 < never.mean() < 0.8
    np.testing.assert_allclose(drawn.discounted[never], 10.0, rtol=1e-12)
    np.testing.assert_allclose(drawn.expected[never], 10.0, rtol=1e-12)
    assert np.all(np.isinf(shares.sample_given([4.0] * 2000, seed=7).payments) == never)
    assert shares.sample_given([], seed=1).payments.shape == (0,)
    one = shares.sample_given(3, seed=1, horizon=5)
    assert one == shares.sample_given([3], seed=1, horizon=5)
    assert type(one).from_json(one.model_dump_json()) == one
    none = BASES["Weibull"].sample_given([1.5], seed=1, horizon=5)
    assert type(none).from_json(none.model_dump_json()) == none


def test_geometric_sums() -> None:
    force = np.array([0.0, 0.0, 0.5, 0.5, np.inf, np.inf, 1e-20])
    terms = np.array([7.0, np.inf, 3.0, np.inf, 4.0, 0.0, 1e6])
    endless = 1.0 / (1.0 - np.exp(-0.5))
    exact = [7.0, np.inf, (1.0 - np.exp(-1.5)) * endless, endless, 1.0, 0.0, 1e6]
    np.testing.assert_allclose(geometric_sum(force, terms), exact, rtol=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tenure": 1.5}, "tenure must be whole numbers"),
        ({"tenure": -1}, "tenure must be 0 or more"),
        ({"horizon": 0}, "horizon must be one whole number of periods"),
        ({"discount_rate": 0.1, "instant": None}, "instant is needed to discount to it"),
        ({"instant": "now"}, "instant must be one of"),
        ({"seed": -2}, "seed must be a whole number"),
        ({"discount_rate": -0.1}, "discount_rate must be 0 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"tenure": 1, "seed": 1, "instant": "before-renewal", **change}
    with pytest.raises(rk.InputError, match=message):
        BASES["ShiftedBetaGeometric"].sample_given(**asked)
