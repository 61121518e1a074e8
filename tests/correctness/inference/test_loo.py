"""Customers left out by weighing draws, against closed forms and posteriors made without them; stacking."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import betaln, logsumexp

import retainkit as rk
from retainkit._numerics.mixture_weights import mixture_weights

loo = rk.inference.loo
SURVIVORS = [1000, 869, 743, 653, 593, 551, 517, 491]
RENEWALS = rk.Renewals.from_survivors(SURVIVORS)
WIDE = rk.priors.LogNormal(0.0, 1.0)
TRUTH = rk.BGNBD(r=0.8, alpha=5.0, a=0.8, b=2.5, unit="week")
FEW = TRUTH.sample(T=[52.0] * 30, seed=5)


def some(which: Any, weight: float = 1.0) -> rk.Purchases:
    """Customers of FEW by their places."""
    columns = {name: getattr(FEW, name)[which] for name in ("frequency", "recency", "T")}
    return rk.Purchases(**columns, weight=np.full(len(columns["T"]), weight), unit="week")


def test_a_constant_churn_has_the_left_out_probabilities_of_its_beta_posterior() -> None:
    few = rk.Renewals.from_survivors([12, 9, 7, 6])
    known = rk.posterior(rk.Geometric, few, seed=1, prior=rk.priors.Beta(2.0, 5.0))
    found = loo(known, few)
    left, renewals = 6.0, 9.0 + 7.0 + 6.0  # of 12 customers, who renewed 22 times
    exact, weight = [], []
    # those who left after one, two, three periods, and those still there after three
    for (gone, stayed), many in {(1, 0): 3, (1, 1): 2, (1, 2): 1, (0, 3): 6}.items():
        a, b = 2.0 + left - gone, 5.0 + renewals - stayed
        exact += [betaln(a + gone, b + stayed) - betaln(a, b)] * many
        weight.append(many)
    assert sum(weight) == found.customers == 12
    got = np.sort(np.repeat(found.pointwise, found.weight.astype(int)))
    assert got == pytest.approx(np.sort(exact), abs=0.04)  # 4 errors of 1,000 draws
    assert found.elpd == pytest.approx(sum(exact), abs=0.1)
    spread = math.sqrt(12.0 * float(np.var(exact, ddof=1)))
    assert found.standard_error == pytest.approx(spread, rel=0.06)  # 4 errors of 1,000 draws, over 60 seeds
    assert found.unreliable == 0.0


@pytest.mark.slow
def test_it_agrees_with_posteriors_made_without_each_customer() -> None:
    known = rk.posterior(rk.BGNBD, FEW, seed=1, prior=WIDE, draws=1000)
    found = loo(known, FEW)
    values = known.model.log_likelihood(FEW)  # (draws, customers)
    off: list[float] = []
    refitted = 0.0
    for i in range(30):
        others = some(np.arange(30) != i)
        without = rk.posterior(rk.BGNBD, others, seed=2 + i, prior=WIDE, draws=1000)
        p = np.exp(without.model.log_likelihood(FEW)[:, i])
        error = p.std() / p.mean() / math.sqrt(without.effective_draws)
        # of the weighted mean, whose terms are 1 under its weights 1/p: the error is that of the mean of 1/p
        inverse = np.exp(-values[:, i])
        own = inverse.std() / inverse.mean() / math.sqrt(known.effective_draws)
        off.append((found.pointwise[i] - math.log(p.mean())) / math.hypot(error, own))
        refitted += math.log(p.mean())
    assert np.abs(off).max() < 4.0
    assert np.mean(np.square(off)) < 2.0
    assert found.elpd == pytest.approx(refitted, abs=0.5)
    # it is not the log-likelihood of those who are in: that is far higher
    assert logsumexp(values, axis=0).sum() - 30 * math.log(1000) > refitted + 1.0


def test_equal_customers_counted_are_customers_on_their_own() -> None:
    counted, alone = some(slice(None), 3.0), some(np.repeat(np.arange(30), 3))
    known = rk.posterior(rk.BGNBD, counted, seed=1, draws=1000)
    one, other = loo(known, counted), loo(known, alone)
    for name in ("elpd", "standard_error", "p_loo", "customers", "unreliable"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)
    assert np.repeat(one.pointwise, 3) == pytest.approx(other.pointwise, rel=1e-9)


def test_many_entries_are_taken_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    known = rk.posterior(rk.BGNBD, FEW, seed=1, draws=200)
    whole = loo(known, FEW)
    monkeypatch.setattr(sys.modules["retainkit.inference.loo"], "_CELLS", 1_000)
    assert loo(known, FEW).pointwise == pytest.approx(whole.pointwise, rel=1e-12)


@pytest.mark.slow
def test_nested_models_differ_as_by_aic_where_customers_are_many() -> None:
    for truth in (
        rk.ShiftedBetaGeometric(1.0, 4.0, unit="month"),
        rk.Geometric(0.2, unit="month"),
    ):
        left = 1.0 - np.concatenate([[1.0], truth.survival(np.arange(1.0, 9.0))])
        data = rk.Renewals.from_survivors([round(2000 * (1.0 - share)) for share in left], unit="month")
        kinds = (rk.ShiftedBetaGeometric, rk.Geometric)
        wide, narrow = (loo(rk.posterior(kind, data, seed=3), data) for kind in kinds)
        ahead, error = wide.ahead_of(narrow)
        if isinstance(truth, rk.Geometric):
            # here the larger one has a maximum only in the limit, which is the smaller
            assert abs(ahead) < 2.0 * error < 4.0
        else:
            aic = [rk.fit(kind, data).aic for kind in kinds]
            assert ahead == pytest.approx(0.5 * (aic[1] - aic[0]), abs=1.0)
            assert ahead > 4.0 * error > 0.0
            assert wide.p_loo == pytest.approx(2.0, abs=0.5)


def test_covariates_are_compared_with_none_entry_by_entry() -> None:
    data = TRUTH.sample(T=[52.0] * 300, seed=8)
    noise = np.random.default_rng(1).normal(size=300)
    described = rk.Described(data, {"noise": noise})
    plain = loo(rk.posterior(rk.BGNBD, described, seed=1, draws=1000), described)
    family = rk.with_covariates(rk.BGNBD, purchasing=["noise"])
    more = loo(rk.posterior(family, described, seed=1, draws=1000), described)
    ahead, error = more.ahead_of(plain)
    assert abs(ahead) < 4.0 and error < 4.0  # noise tells nothing
    assert rk.inference.stacking_weights(plain, more).sum() == pytest.approx(1.0)


# -- stacking ---------------------------------------------------------------------------------


def densities(models: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(-8.0, 1.0, (models, n)), rng.integers(1, 20, n).astype(float)


def test_two_models_have_the_weights_of_a_search_on_a_line() -> None:
    for seed in range(5):
        log_p, counts = densities(2, 50, seed)

        def lost(w: float, log_p: Any = log_p, counts: Any = counts) -> float:
            return -float(counts @ np.log(w * np.exp(log_p[0]) + (1.0 - w) * np.exp(log_p[1])))

        best = minimize_scalar(lost, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10})
        w = mixture_weights(log_p, counts)
        assert w[0] == pytest.approx(best.x, abs=1e-6)
        assert lost(w[0]) <= best.fun + 1e-9


@pytest.mark.parametrize("models", [1, 3, 6])
def test_no_direction_on_the_simplex_leads_higher(models: int) -> None:
    log_p, counts = densities(models, 200, models)
    log_p[-1] -= 5.0  # one that describes nobody
    w = mixture_weights(log_p, counts)
    p = np.exp(log_p)
    gradient = (p / (w @ p)) @ counts / counts.sum()
    assert w.sum() == pytest.approx(1.0, abs=1e-14) and (w >= 0.0).all()
    assert gradient.max() <= 1.0 + 1e-10
    assert gradient[w > 0.0] == pytest.approx(1.0, abs=1e-10)
    if models > 1:
        assert w[-1] == 0.0
        start = np.full(models, 1.0 / models)
        peer = minimize(
            lambda v: -float(counts @ np.log(v @ p)), start, bounds=[(0.0, 1.0)] * models,
            constraints={"type": "eq", "fun": lambda v: v.sum() - 1.0}, options={"ftol": 1e-14},
        )  # fmt: skip
        assert w == pytest.approx(peer.x, abs=1e-4)


def test_two_that_say_the_same_share_and_scale_does_not_matter() -> None:
    log_p, counts = densities(2, 100, 3)
    alone = mixture_weights(log_p, counts)
    twice = mixture_weights(np.array([log_p[0], log_p[0], log_p[1]]), counts)
    assert twice[:2].sum() == pytest.approx(alone[0], abs=1e-9)
    assert mixture_weights(log_p - 900.0, 1e6 * counts) == pytest.approx(alone, abs=1e-9)


@pytest.mark.slow
def test_a_mixture_of_two_kinds_of_customers_takes_both_models() -> None:
    sample = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", unit="week"
    )
    kinds = (rk.BGNBD, rk.ParetoNBD, rk.NBD)
    results = [loo(rk.posterior(k, sample, seed=1, draws=1000), sample) for k in kinds]
    w = rk.inference.stacking_weights(*results)
    p = np.exp(np.array([r.pointwise for r in results]))
    mixed = float(np.log(w @ p) @ results[0].weight)
    assert mixed >= max(r.elpd for r in results)
    assert w[2] < 0.01  # nobody leaves in it


# -- refusals ---------------------------------------------------------------------------------


def test_what_does_not_belong_together_is_refused() -> None:
    known = rk.posterior(rk.Geometric, RENEWALS, seed=1, draws=200)
    other = rk.Renewals.from_survivors([500, 400, 300])
    with pytest.raises(rk.InputError, match="data must be what the posterior was made of"):
        loo(known, other)
    fitted: Any = rk.fit(rk.Geometric, RENEWALS)
    with pytest.raises(rk.InputError, match="posterior must be a posterior"):
        loo(fitted, RENEWALS)
    with pytest.raises(rk.InputError, match="data must be Renewals"):
        loo(known, FEW)
    one, far = loo(known, RENEWALS), loo(rk.posterior(rk.Geometric, other, seed=1, draws=200), other)
    with pytest.raises(rk.InputError, match="results must be of the same customers"):
        rk.inference.stacking_weights(one, far)
    with pytest.raises(rk.InputError, match="other must be of the same customers"):
        one.ahead_of(far)
    with pytest.raises(rk.InputError, match="results must have at least one"):
        rk.inference.stacking_weights()
    with pytest.raises(rk.InputError, match="results must be what loo found"):
        rk.inference.stacking_weights(one, fitted)


def test_the_same_customers_in_another_order_are_refused() -> None:
    turned = some(np.arange(30)[::-1])
    known = rk.posterior(rk.BGNBD, FEW, seed=1, draws=200)
    one, other = loo(known, FEW), loo(known, turned)
    assert one.elpd == pytest.approx(other.elpd)
    with pytest.raises(rk.InputError, match="in the same order"):
        rk.inference.stacking_weights(one, other)


def test_densities_do_not_stand_beside_probabilities() -> None:
    told: Any = {"duration": [1, 2, 2, 3, 5, 8], "event": [1, 1, 1, 1, 1, 0], "weight": [30, 20, 5, 9, 6, 40]}
    kinds = (rk.Weibull, rk.ShiftedBetaGeometric)
    for whole in (False, True):
        data = rk.Renewals(**told, whole_periods=whole)
        results = [loo(rk.posterior(kind, data, seed=1, draws=200), data) for kind in kinds]
        if whole:
            assert rk.inference.stacking_weights(*results).sum() == pytest.approx(1.0)
        else:
            with pytest.raises(rk.InputError, match="must measure alike"):
                rk.inference.stacking_weights(*results)


def test_too_few_draws_to_judge_are_called_unreliable() -> None:
    known = rk.posterior(rk.Geometric, RENEWALS, seed=1, draws=10)
    found = loo(known, RENEWALS)
    assert found.unreliable == found.customers == 1000.0
    assert "cannot be relied on" in str(found)
