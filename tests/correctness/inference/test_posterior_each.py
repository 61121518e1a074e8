"""Posteriors of segments that share: against numerical integration, and where answers are known."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit, logsumexp

import retainkit as rk
from retainkit.inference import posterior_each

SHARES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
SIZES = {"s0": (0.08, 200), "s1": (0.1, 60), "s2": (0.14, 30), "s3": (0.2, 30)}
SHOPS = {name: rk.Geometric(t).sample([12.0] * n, seed=n) for name, (t, n) in SIZES.items()}
SHOPS["one"] = rk.Geometric(0.1).sample([1.0], seed=5)  # one customer, who stayed or left
DRAWS = 4000


def by_integration(shops: dict[str, Any], prior: Any, spread_prior: Any) -> dict[str, np.ndarray]:
    """Distributions of mu, ln tau and each segment's logit on grids: (2, points), places and ln mass.

    Of each segment's likelihood on a fine grid the mean under N(mu, tau²) is a sum; for small tau by nodes.
    """
    mu, line, z = np.linspace(-5.5, 2.0, 76), np.linspace(-6.5, 1.3, 40), np.linspace(-7.0, 3.0, 501)
    tau = np.exp(line)
    common = prior.log_density(mu)[:, None] + spread_prior.log_density(line)
    nodes, weights = np.polynomial.hermite_e.hermegauss(11)
    log_l = {n: rk.Geometric(expit(z)[:, None]).summed_log_likelihood(rows) for n, rows in shops.items()}
    normal = -0.5 * ((z - mu[:, None, None]) / tau[:, None]) ** 2 - np.log(tau)[:, None]
    parts: dict[str, np.ndarray] = {}
    for name, values in log_l.items():
        wide = logsumexp(normal + values, axis=2) + np.log((z[1] - z[0]) / np.sqrt(2.0 * np.pi))
        at = np.interp(mu[:, None, None] + tau[:, None] * nodes, z, values)
        narrow = logsumexp(at, axis=2, b=weights / weights.sum())
        parts[name] = np.where(tau > 0.06, wide, narrow)
    whole = common + sum(parts.values())
    found = {
        "mu": np.array([mu, logsumexp(whole, axis=1)]),
        "ln tau": np.array([line, logsumexp(whole, axis=0)]),
    }
    for name, values in log_l.items():
        others = (whole - parts[name])[:, :, None]
        found[name] = np.array([z, logsumexp(others + normal, axis=(0, 1)) + values])
    return found


def near(drawn: Any, exact: np.ndarray, effective: float) -> None:
    """Of the draws the right share lies below each exact quantile, within four standard errors."""
    places, mass = exact[0], np.exp(exact[1] - exact[1].max())
    step = places[1] - places[0]
    below = np.concatenate([[0.0], np.cumsum(mass) / mass.sum()])
    ends = np.concatenate([places - 0.5 * step, [places[-1] + 0.5 * step]])
    quantiles = np.interp(SHARES, below, ends)
    shares = (np.asarray(drawn)[:, None] <= quantiles).mean(axis=0)
    assert np.all(np.abs(shares - SHARES) < 4.0 * np.sqrt(SHARES * (1.0 - SHARES) / effective) + 0.002)


@pytest.mark.slow
@pytest.mark.parametrize("names", [(*SHOPS,), ("s1",), ("one",)])
def test_it_is_the_integral_also_of_one_segment_or_one_customer(names: tuple[str, ...]) -> None:
    shops = {name: SHOPS[name] for name in names}
    prior, spread_prior = rk.priors.LogitNormal(-2.0, 1.0), rk.priors.HalfNormal(0.4)
    each = posterior_each(rk.Geometric, shops, seed=1, draws=DRAWS, prior=prior, spread_prior=spread_prior)
    exact = by_integration(shops, prior, spread_prior)
    effective = each.typical.effective_draws
    assert effective > 0.5 * DRAWS
    assert each.typical.pareto_k < 0.7
    near(logit(np.ravel(each.typical.model.theta)), exact["mu"], effective)
    near(np.log(each.spreads["theta"]), exact["ln tau"], effective)
    for name in names:
        # of each segment fewer draws differ: those of one place are picked from a few
        near(logit(np.ravel(each[name].model.theta)), exact[name], 0.5 * effective)


@pytest.mark.slow
def test_chains_of_all_segments_are_the_integral_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retainkit.inference.several.hierarchy._MOST", 0)
    prior, spread_prior = rk.priors.LogitNormal(-2.0, 1.0), rk.priors.HalfNormal(0.4)
    each = posterior_each(rk.Geometric, SHOPS, seed=1, prior=prior, spread_prior=spread_prior)
    exact, verdict = by_integration(SHOPS, prior, spread_prior), each.typical.diagnostics
    assert (verdict.method, verdict.converged) == ("chain", True)
    assert verdict.effective_draws > 300
    near(logit(np.ravel(each.typical.model.theta)), exact["mu"], verdict.effective_draws)
    near(np.log(each.spreads["theta"]), exact["ln tau"], verdict.effective_draws)
    for name in SHOPS:
        near(logit(np.ravel(each[name].model.theta)), exact[name], verdict.effective_draws)


@pytest.mark.slow
def test_segments_that_are_alike_know_nearly_as_much_as_all_together() -> None:
    rows = rk.Geometric(0.12).sample([12.0] * 900, seed=3)
    shops = [rows.entries(np.arange(i, 900, 6)) for i in range(6)]
    each = posterior_each(rk.Geometric, shops, seed=1)
    own = rk.posterior(rk.Geometric, shops[0], seed=1).summary().row("theta")["sd"]
    shared = each["0"].summary().row("theta")["sd"]
    together = each.whole.summary().row("theta")["sd"]
    assert together < shared < 0.75 * own
    assert each.spreads["theta"].quantile(0.5) < 0.15


@pytest.mark.slow
def test_segments_that_are_far_apart_are_left_alone() -> None:
    shops = {str(t): rk.Geometric(t).sample([12.0] * 3000, seed=i) for i, t in enumerate((0.05, 0.15, 0.4))}
    each = posterior_each(rk.Geometric, shops, seed=1)
    for name, rows in shops.items():
        own = rk.posterior(rk.Geometric, rows, seed=1).summary().row("theta")
        row = each[name].summary().row("theta")
        assert row["mean"] == pytest.approx(own["mean"], abs=0.1 * own["sd"] + 4.0 * own["sd"] / np.sqrt(800))
    assert each.spreads["theta"].quantile(0.05) > 0.3


@pytest.mark.slow
def test_who_says_nothing_is_any_of_the_others() -> None:
    """One who was never seen to decide: the distribution of segments itself."""
    shops = {**SHOPS, "none": rk.Geometric(0.1).sample([0.0], seed=1)}
    each = posterior_each(rk.Geometric, shops, seed=2, draws=DRAWS)
    any_one = logit(np.ravel(each.typical.model.theta)) + np.asarray(each.spreads["theta"]) * (
        np.random.default_rng(1).standard_normal(DRAWS)
    )
    drawn = logit(np.ravel(each["none"].model.theta))
    below = (np.sort(drawn)[:, None] <= np.quantile(any_one, SHARES)).mean(axis=0)
    assert np.all(np.abs(below - SHARES) < 4.0 * np.sqrt(2.0 * SHARES * (1.0 - SHARES) / (0.5 * DRAWS)))


@pytest.mark.slow
def test_a_purchase_model_borrows_where_a_segment_has_nobody_who_came_back() -> None:
    truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    shops = {str(i): truth.sample([52.0] * 150, seed=i) for i in range(3)}
    shops["gone"] = rk.Purchases(frequency=[0, 0], recency=[0, 0], T=[30.0, 8.0], unit="week")
    shops["one"] = rk.Purchases(frequency=[3], recency=[20.0], T=[30.0], unit="week")
    each = posterior_each(rk.BGNBD, shops, seed=1, draws=400)
    assert each.typical.pareto_k < 0.7
    assert each.typical.effective_draws > 100
    for name in ("gone", "one"):
        alone = rk.posterior(rk.BGNBD, shops[name], seed=1, draws=400, prior=each.whole.prior)
        widths = [np.log(np.ravel(np.asarray(known.model.r))).std() for known in (each[name], alone)]
        assert widths[0] < 0.5 * widths[1]
    ahead = rk.inference.predict(each["one"], shops["one"], horizon=26.0)
    low, high = ahead.interval()
    assert 0.0 <= low < ahead.total < high
    assert each["gone"].model.unit == "week"
    rk.value_customers(
        shops["one"], each["one"], 35.0, margin_share=0.3, discount_rate=rk.Rate(0.1, per="year"),
        horizon=rk.Duration(1, "year"),
    )  # fmt: skip


@pytest.mark.slow
def test_it_prints_and_is_pickled_and_the_same_seed_gives_the_same() -> None:
    each = posterior_each(rk.Geometric, SHOPS, seed=1, draws=100)
    text = str(each)
    for told in ("s0", "typical", "sd between", "Importance sampling squared", "5 segments"):
        assert told in text
    assert pickle.loads(pickle.dumps(each)) == each
    again = posterior_each(rk.Geometric, SHOPS, seed=1, draws=100)
    assert again == each
    assert posterior_each(rk.Geometric, SHOPS, seed=2, draws=100) != each
    assert "sd of theta between segments HalfNormal(sigma=0.5)" in str(each["s0"])
    assert [*each] == [*SHOPS] and len(each) == 5
