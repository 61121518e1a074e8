"""Draws of a posterior against long Markov chains, closed forms and quadrature; priors, edges, refusals."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import betaln, logsumexp

import retainkit as rk
from retainkit._numerics.halton import halton
from retainkit._numerics.sampling.chains import chains
from retainkit._numerics.sampling.importance import DOUBTFUL, importance_points
from retainkit._numerics.sampling.t_mixture import TMixture
from retainkit.inference import sampling

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "posterior.toml").read_text("utf-8"))
TOTALS = 400  # draws of which totals over all customers are computed
SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
WIDE = rk.priors.LogNormal(0.0, 3.0)
TRUTH = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")


def column(model: Any, parameter: str) -> np.ndarray:
    """The draws of a parameter."""
    return np.asarray(getattr(model, parameter))[:, 0]


def data_of(name: str) -> Any:
    case = REFERENCE[name]
    if "survivors" in case:
        return rk.Renewals.from_survivors(case["survivors"])
    if name == "BGBB":
        return rk.Opportunities(**{k: np.array(v) for k, v in case["rows"].items()}, unit="year")
    return rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week",
        observation_end="1997-09-30", later="drop",
    )  # fmt: skip


def total_of(name: str, model: Any, data: Any) -> np.ndarray:
    """The total that the reference has, at each of the model's draws."""
    if name == "GammaGamma":
        return model.expected_spend(data).mean(axis=1)
    if name in ("ShiftedBetaGeometric", "BetaDiscreteWeibull"):
        survivors = REFERENCE[name]["survivors"]
        n = len(survivors) - 1
        ahead = model.survival(np.arange(n + 1.0, n + 6.0), given=float(n))
        return survivors[-1] * ahead.sum(axis=-1).ravel()
    rows = data if name == "BGBB" else data.purchases.compress()
    horizon = 5 if name == "BGBB" else 39.0
    return model.expected_purchases(rows, horizon) @ rows.weight


def errors_of(
    draws: np.ndarray, effective: float, told: dict[str, float], errors: dict[str, float]
) -> list[float]:
    """How many combined standard errors each quantile is off."""
    off: list[float] = []
    for name, share in SHARES.items():
        # the binomial error, taken back through the draws' own density
        low, at, high = np.quantile(draws, [share - 0.025, share, share + 0.025])
        own = math.sqrt(share * (1.0 - share) / effective) * (high - low) / 0.05
        off.append(abs(at - told[name]) / math.hypot(own, errors[name]))
    return off


@cache
def errors(name: str) -> list[float]:
    """Of a model, how many combined standard errors all quantiles are off."""
    case, data = REFERENCE[name], data_of(name)
    known = rk.posterior(getattr(rk, name), data, prior=WIDE, seed=20261130)
    assert known.diagnostics.converged
    assert known.effective_draws > 3_000
    total = total_of(name, known.thinned(TOTALS), data)
    off = errors_of(total, TOTALS, case["total"], case["total"]["errors"])
    for parameter, told in case["ln_parameters"].items():
        off += errors_of(np.log(column(known.model, parameter)), known.effective_draws, told, told["errors"])
    return off


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCE)
def test_quantiles_are_those_of_long_chains(name: str) -> None:
    assert max(errors(name)) < 4.0


@pytest.mark.slow
def test_hardly_any_is_further_off_than_three_errors() -> None:
    assert np.mean(np.concatenate([errors(name) for name in REFERENCE]) > 3.0) <= 0.02


def test_the_total_would_be_seen_to_be_off_by_a_fifth_of_its_deviation() -> None:
    case = REFERENCE["BGNBD"]
    known = rk.posterior(rk.BGNBD, data_of("BGNBD"), prior=WIDE, seed=1)
    draws = np.log(column(known.model, "a"))
    told = case["ln_parameters"]["a"]
    moved = draws + 0.2 * draws.std()
    assert max(errors_of(moved, known.effective_draws, told, told["errors"])) > 4.0


def test_one_parameter_is_its_own_quadrature() -> None:
    data = rk.Renewals.from_survivors([200, 180, 165])
    known = rk.posterior(rk.Geometric, data, prior={"theta": rk.priors.Beta(2.0, 20.0)}, seed=1)
    left, stayed = 35.0, 345.0
    mean = (2.0 + left) / (22.0 + left + stayed)
    sd = math.sqrt(mean * (1.0 - mean) / (23.0 + left + stayed))
    theta = column(known.model, "theta")
    assert theta.mean() == pytest.approx(mean, abs=4.0 * sd / math.sqrt(4000))
    assert theta.std() == pytest.approx(sd, rel=0.05)
    evidence = betaln(2.0 + left, 20.0 + stayed) - betaln(2.0, 20.0)
    assert known.log_evidence == pytest.approx(evidence, abs=0.02)


def test_where_fit_refuses_the_posterior_answers() -> None:
    data = rk.NBD(r=0.9, alpha=10.0, unit="week").sample(np.full(300, 40.0), seed=5)
    assert not rk.fit(rk.BGNBD, data, on_failure="return").diagnostics.converged
    known = rk.posterior(rk.BGNBD, data, seed=1)
    assert known.diagnostics.converged
    alive = known.model.probability_alive(data).mean()
    assert 0.8 < alive < 1.0  # nobody has left


@pytest.mark.slow
def test_held_parameters_covariates_and_shares_are_drawn_too() -> None:
    data = TRUTH.sample(T=[52.0] * 500, seed=1)
    held = rk.posterior(rk.BGNBD, data, fixed={"r": 0.5}, seed=1)
    assert held.model.r == 0.5
    assert held.summary().parameter == ("alpha", "a", "b")
    group = np.repeat([0.0, 1.0], 500)
    described = {"card": group}
    effects = (rk.models.Effect("card", ("purchasing",)),)
    truth = rk.models.WithCovariates(TRUTH, effects, (0.7,)).given(described)
    with_card = rk.Described(truth.sample(T=[52.0] * 1000, seed=2), described)
    known = rk.posterior(rk.with_covariates(rk.BGNBD, purchasing=["card"]), with_card, seed=3)
    row = known.summary().row(known.family.names()[-1])
    assert row["q05"] < 0.7 < row["q95"]
    survivors = rk.Renewals.from_survivors([1000, 700, 630, 580, 560, 550, 545])
    shared = rk.posterior(rk.with_shares(rk.ShiftedBetaGeometric, cured=True), survivors, seed=4)
    assert 0.0 < shared.summary().row("cured")["q50"] < 1.0


@pytest.mark.slow
def test_a_prior_from_a_fit_adds_its_information() -> None:
    before = rk.fit(rk.BGNBD, TRUTH.sample(T=[52.0] * 4000, seed=1))
    data = TRUTH.sample(T=[52.0] * 200, seed=2)
    sizes = [
        rk.posterior(rk.BGNBD, data, prior=rk.priors.prior_from(before, discount=d), seed=3)
        .summary()
        .row("r")["sd"]
        for d in (1.0, 0.1)
    ]
    alone = rk.posterior(rk.BGNBD, data, seed=3).summary().row("r")["sd"]
    assert sizes[0] < sizes[1] < alone
    again = rk.posterior(before, data, prior=rk.priors.prior_from(rk.posterior(before, data, seed=1)), seed=2)
    assert column(again.model, "r").shape == (4000,)


def test_the_same_seed_gives_the_same_draws_and_another_one_others() -> None:
    data = TRUTH.sample(T=[52.0] * 300, seed=1)
    one, same, other = (rk.posterior(rk.BGNBD, data, seed=s, draws=500) for s in (1, 1, 2))
    assert one == same
    assert not np.array_equal(one.model.r, other.model.r)
    fitted = rk.posterior(rk.fit(rk.BGNBD, data), data, seed=1, draws=500)
    assert column(fitted.model, "r").mean() == pytest.approx(column(one.model, "r").mean(), rel=0.05)


def test_posteriors_of_other_data_are_independent_at_one_seed() -> None:
    first, other = (rk.posterior(rk.BGNBD, TRUTH.sample(T=[52.0] * 300, seed=s), seed=1) for s in (1, 2))
    for name in first.family.names():
        together = np.corrcoef(np.log(column(first.model, name)), np.log(column(other.model, name)))[0, 1]
        assert abs(together) < 4.0 / math.sqrt(4000)


@pytest.mark.slow
def test_a_coefficient_has_the_size_of_its_covariates_unit() -> None:
    data, group = TRUTH.sample(T=[52.0] * 300, seed=1), np.repeat([0.0, 1.0], 150)
    family = rk.with_covariates(rk.BGNBD, purchasing=["x"])
    found = [
        rk.posterior(family, rk.Described(data, {"x": unit * group}), seed=1).summary().row("purchasing.x")
        for unit in (1.0, 1e-6)
    ]
    assert found[1]["q50"] * 1e-6 == pytest.approx(found[0]["q50"], abs=0.05 * found[0]["sd"])
    assert found[1]["sd"] * 1e-6 == pytest.approx(found[0]["sd"], rel=0.05)


def test_nobody_has_no_posterior_whatever_the_prior() -> None:
    nobody = TRUTH.sample(T=[52.0] * 3, seed=1).entries(np.arange(0))
    with pytest.raises(rk.FitError, match="no customer"):
        rk.posterior(rk.BGNBD, nobody, prior=WIDE, seed=1)


@pytest.mark.slow
def test_unlike_weights_are_handed_to_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rk.Renewals.from_survivors(REFERENCE["ShiftedBetaGeometric"]["survivors"])
    direct = rk.posterior(rk.ShiftedBetaGeometric, data, prior=WIDE, seed=1)
    monkeypatch.setattr(sampling, "DOUBTFUL", -math.inf)
    chained = rk.posterior(rk.ShiftedBetaGeometric, data, prior=WIDE, seed=2)
    assert chained.diagnostics.method == "chain"
    assert chained.diagnostics.r_hat is not None
    assert chained.diagnostics.r_hat < 1.05
    assert chained.diagnostics.converged
    assert direct.diagnostics.r_hat is None  # no chain ran
    both = rk.inference.average({"direct": direct, "chained": chained}, share=[0.5, 0.5])
    assert both.diagnostics.r_hat == chained.diagnostics.r_hat
    assert "Markov chains" in str(chained.diagnostics)
    case = REFERENCE["ShiftedBetaGeometric"]["ln_parameters"]
    for name in ("alpha", "beta"):
        draws = np.log(column(chained.model, name))
        assert max(errors_of(draws, chained.effective_draws, case[name], case[name]["errors"])) < 4.0
    assert chained.log_likelihood.max() == pytest.approx(direct.log_likelihood.max(), abs=0.1)


@pytest.mark.slow
def test_importance_points_of_two_ridges_of_a_known_density() -> None:
    def log_density(points: np.ndarray) -> np.ndarray:
        near = -0.5 * (points**2).sum(axis=1)
        far = -0.5 * (((points - 6.0) / 0.5) ** 2).sum(axis=1) + math.log(0.05 / 0.25)
        return logsumexp([near, far], axis=0) - math.log(2.0 * math.pi)

    wide = TMixture.wide(np.zeros((1, 2)), np.eye(2)[None], {1.15: 0.6, 6.0: 0.25, 40.0: 0.15}, 5.0)
    shares: list[float] = []
    for seed in range(1, 7):
        rng = np.random.default_rng(seed)
        found = importance_points(log_density, wide, 2000, rng)
        assert found.log_height == pytest.approx(math.log(1.05), abs=0.02)
        if found.pareto_k < DOUBTFUL:
            shares.append(float(np.exp(found.log_weights)[found.points[:, 0] > 3.0].sum()))
        run = chains(log_density, found.mixture, found.points[found.equally_weighted(64, rng)], rng)
        assert run.r_hat < 1.05
        assert np.mean(run.points[..., 0] > 3.0) == pytest.approx(0.05 / 1.05, rel=0.25)
    assert shares  # the others are judged to need chains
    assert shares == pytest.approx([0.05 / 1.05] * len(shares), rel=0.2)


def test_even_points_fill_the_cube() -> None:
    points = halton(2_000, 4, rng=np.random.default_rng(1))
    assert np.abs(points.mean(axis=0) - 0.5).max() < 2e-3
    assert np.abs(np.cov(points.T) - np.eye(4) / 12.0).max() < 3e-3


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"draws": 0}, "out-of-range", "draws"),
        ({"seed": None}, "wrong-type", "seed"),
        ({"seed": True}, "wrong-type", "seed"),
        ({"seed": "one"}, "wrong-type", "seed"),
        ({"prior": "flat"}, "not-a-model", "proper"),
        ({"prior": {"r": None}}, "not-a-model", "proper"),
        ({"prior": {"s": WIDE}}, "unknown-name", "prior"),
        ({"prior": rk.priors.Beta(1.0, 1.0)}, "out-of-range", "LogNormal"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], code: str, told: str) -> None:
    data = TRUTH.sample(T=[52.0] * 50, seed=1)
    with pytest.raises(rk.InputError, match=told) as refused:
        rk.posterior(rk.BGNBD, data, **{"seed": 1, **given})
    assert refused.value.code == code


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.inf, math.nan])
def test_a_prior_is_proper(sigma: float) -> None:
    with pytest.raises(rk.InputError, match="LogNormal sigma"):
        rk.priors.LogNormal(0.0, sigma)


def test_a_prior_of_another_unit_or_model_is_refused() -> None:
    weeks = rk.fit(rk.BGNBD, TRUTH.sample(T=[52.0] * 2000, seed=1))
    days = rk.BGNBD(r=0.5, alpha=35.0, a=0.8, b=2.5, unit="day").sample(T=[364.0] * 100, seed=1)
    with pytest.raises(rk.InputError, match="unit of the data"):
        rk.posterior(rk.BGNBD, days, prior=rk.priors.prior_from(weeks), seed=1)
    with pytest.raises(rk.InputError, match="parameters of ParetoNBD"):
        rk.posterior(rk.ParetoNBD, days, prior=rk.priors.prior_from(weeks), seed=1)
    with pytest.raises(rk.InputError, match="must be a Fit or a Posterior"):
        rk.priors.prior_from(TRUTH)  # type: ignore[arg-type]


def test_data_that_determine_nothing_need_a_stated_prior() -> None:
    alone = rk.Purchases(frequency=[0.0], recency=[0.0], T=[30.0], unit="week")
    with pytest.raises(rk.FitError, match="second time"):
        rk.posterior(rk.BGNBD, alone, seed=1)
    known = rk.posterior(rk.BGNBD, alone, prior=rk.priors.LogNormal(0.0, 1.0), seed=1)
    assert "the prior decides" in str(known.diagnostics)
