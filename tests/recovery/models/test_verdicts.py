"""What a fit says of itself is true: the best maximum, or the limit that the likelihood rises to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference import Progress
from retainkit.parameters import parameters_of

CDNOW = rk.load_cdnow("sample")


def cdnow(unit: Any) -> rk.Purchases:
    return rk.summarize_transactions(CDNOW, customer_id="customer_id", date="date", unit=unit).purchases


def simulated(truth: Any, n: int, seed: int, longest: float = 80.0) -> Any:
    return truth.sample(np.random.default_rng(seed).uniform(10.0, longest, n), seed=seed)


def test_a_likelihood_that_rises_for_ever_is_refused_and_its_limit_named() -> None:
    """In 40 digits: −14,729.5601938 at a = 44,527, b = 370,357, −14,729.5601881 at infinity, monotone."""
    rng = np.random.default_rng(1008)
    data = rk.MBGNBD.typical(rng, scale=30.0).sample(rng.uniform(10, 80, 5000), seed=8)
    with pytest.raises(rk.FitError, match=r"a \(.* and b \(.* go to infinity together") as refused:
        rk.fit(rk.MBGNBD, data)
    limit = refused.value.limit
    assert limit.log_likelihood == pytest.approx(-14729.5601881, abs=2e-7)
    assert limit.towards == {"a": math.inf, "b": math.inf}
    assert "One probability to leave, a/(a + b), holds for all" in refused.value.way_out
    there = rk.fit(limit.family, data)  # what the way out says can be done
    assert there.diagnostics.converged
    assert there.log_likelihood == pytest.approx(limit.log_likelihood, abs=1e-7)


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        (
            "month",
            {
                "r": 2.573726212845675,
                "alpha": 0.2996517627191109,
                "a": 0.5978734773252666,
                "b": 2.220011092274449,
            },
        ),
        ("week", {"r": 1.0, "alpha": 1.0, "a": 1.0, "b": 1.0}),
    ],
)
def test_a_start_of_the_callers_leads_where_the_default_does(unit: Any, start: dict[str, float]) -> None:
    data = cdnow(unit)
    own, plain = rk.fit(rk.BGNBD, data, start=start), rk.fit(rk.BGNBD, data)
    assert own.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    assert own.diagnostics.starts > own.diagnostics.agreed >= 2  # that start itself leads astray
    assert own.model.a == pytest.approx(0.607365, abs=1e-4)
    assert own.model.b == pytest.approx(2.647, abs=1e-3)
    if unit == "month":
        assert own.log_likelihood == pytest.approx(-10760.923, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_maximum_within_is_found_where_the_first_climb_runs_away(seed: int) -> None:
    truth = rk.BGNBD(r=3.435, alpha=21.72, a=19.74, b=2.19)
    data = simulated(truth, 5000, seed)
    found = rk.fit(rk.BGNBD, data)
    far = rk.fit(rk.BGNBD, data, fixed={"b": 1e12})
    assert found.log_likelihood > far.log_likelihood
    assert found.log_likelihood >= float(truth.log_likelihood(data).sum())
    assert found.model.b < 10.0


NOBODY_LEAVES = rk.NBD(r=0.9, alpha=10.0, unit="week")
ONE_CHURN = rk.Geometric(theta=0.2)
ALIKE: dict[str, tuple[Any, Any, str, Any]] = {
    "BG/NBD": (rk.BGNBD, NOBODY_LEAVES, "NBD", rk.NBD),
    "MBG/NBD": (rk.MBGNBD, NOBODY_LEAVES, "NBD", rk.NBD),
    "Pareto/NBD": (rk.ParetoNBD, NOBODY_LEAVES, "NBD", rk.NBD),
    "sBG": (rk.ShiftedBetaGeometric, ONE_CHURN, "Geometric", rk.Geometric),
    "BdW": (
        rk.BetaDiscreteWeibull,
        rk.DiscreteWeibull(theta=0.2, c=0.7),
        "DiscreteWeibull",
        rk.DiscreteWeibull,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", ALIKE)
def test_customers_of_the_simpler_model_are_either_refused_with_its_name_or_the_fit_is_higher(
    case: str,
) -> None:
    """Half of such samples by chance show a difference: then the maximum is within, and above the limit."""
    kind, truth, name, simpler = ALIKE[case]
    refused = 0
    for seed in range(5):
        data = truth.sample(np.full(300, 40.0), seed=seed)
        found = rk.fit(kind, data, on_failure="return")
        below = rk.fit(simpler, data).log_likelihood
        if found.diagnostics.converged:
            assert found.log_likelihood > below
            continue
        limit = found.diagnostics.limit
        assert limit is not None
        assert limit.log_likelihood >= below - 1e-6
        refused += limit.model == name and limit.log_likelihood == pytest.approx(below, abs=1e-6)
        assert found.diagnostics.code == "boundary" or found.log_likelihood < below + 0.1  # nearly flat
    assert refused


@pytest.mark.slow
@pytest.mark.parametrize("kind", [rk.ParetoNBD, rk.GammaGompertzNBD])
@pytest.mark.parametrize(("r", "alpha", "n"), [(0.9, 10.0, 100), (0.9, 10.0, 300), (0.6, 6.0, 300)])
def test_where_customers_seem_to_leave_at_once_or_never_that_limit_is_named(
    kind: Any, r: float, alpha: float, n: int
) -> None:
    """No parameters are near it: with s·ln(1/beta) held it is approached as 1/ln(1/beta) falls."""
    data = rk.NBD(r=r, alpha=alpha, unit="week").sample(np.full(n, 52.0), seed=3)
    limit = rk.fit(kind, data, on_failure="return").diagnostics.limit
    assert limit is not None
    assert (limit.model, limit.towards) == ("MBGNBD", {"beta": 0.0, "s": 0.0})
    there = rk.fit(limit.family, data)
    assert there.diagnostics.converged
    assert limit.log_likelihood == pytest.approx(there.log_likelihood, abs=1e-6)
    assert limit.log_likelihood > rk.fit(rk.NBD, data).log_likelihood + 0.2
    share = there.model.a / (there.model.a + there.model.b)  # who leave at once
    for beta in (1e-60, 1e-250):
        on_the_way = rk.ParetoNBD(
            r=there.model.r,
            alpha=there.model.alpha,
            s=math.log1p(-share) / math.log(beta),
            beta=beta,
            unit="week",
        )
        below = limit.log_likelihood - float(on_the_way.log_likelihood(data).sum())
        assert abs(below) * -math.log(beta) < 30.0


@pytest.mark.parametrize("held", [{"r": 1.2}, {"r": 1.2, "alpha": 6.0}], ids="-".join)
def test_the_limit_of_a_twin_is_told_of_what_is_held_too(held: dict[str, float]) -> None:
    """It was "a simpler model says the same" with r held, and an IndexError where nothing was left free."""
    rng = np.random.default_rng(3)
    T, bought = rng.uniform(20.0, 60.0, 200), rng.poisson(rng.gamma(1.2, 1 / 6.0, 200) * 40.0)
    x = np.where(rng.random(200) < 0.55, bought, 0)
    last = np.where(x > 0, T * rng.random(200) ** (1 / np.maximum(x, 1)), 0.0)
    data = rk.Purchases(frequency=x, recency=last, T=T)
    limit = rk.fit(rk.ParetoNBD, data, fixed=held, on_failure="return").diagnostics.limit
    assert limit is not None
    assert (limit.means, limit.model) == ("customers leave at once or never", "MBGNBD")
    assert limit.fixed.items() > held.items()
    there = rk.fit(rk.MBGNBD, data, fixed=dict(limit.fixed), on_failure="return")
    assert there.log_likelihood == pytest.approx(limit.log_likelihood, abs=1e-6)


def test_equal_amounts_have_a_limit_of_their_own() -> None:
    data = rk.Spend(frequency=[1, 2, 3] * 20, monetary_value=[10.0, 10.1, 9.9] * 20)
    with pytest.raises(rk.FitError) as refused:
        rk.fit(rk.GammaGamma, data)
    assert refused.value.code in {"boundary", "flat", "not-converged"}


def test_a_limit_survives_json() -> None:
    data = NOBODY_LEAVES.sample(np.full(500, 40.0), seed=5)
    found = rk.fit(rk.BGNBD, data, on_failure="return")
    assert found.diagnostics.limit is not None
    assert rk.Fit.from_json(found.model_dump_json()).diagnostics == found.diagnostics


def test_a_misspelt_word_does_not_disable_the_guard() -> None:
    data = NOBODY_LEAVES.sample([40.0] * 500, seed=1)
    with pytest.raises(rk.InputError, match="on_failure must be one of 'raise', 'return'"):
        rk.fit(rk.MBGNBD, data, on_failure="Raise")  # type: ignore[call-overload]


def test_a_search_tells_how_far_it_is_and_can_be_ended_without_a_trace() -> None:
    data = cdnow("week")
    seen: list[Progress] = []

    def impatient(state: Progress) -> None:
        seen.append(state)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rk.fit(rk.BGNBD, data, progress=impatient)
    assert [s.evaluations for s in seen] == sorted({s.evaluations for s in seen})
    assert np.geterr()["over"] == np.geterr()["divide"] == "warn"
    assert rk.fit(rk.BGNBD, data) == rk.fit(rk.BGNBD, cdnow("week"))


def test_progress_is_a_line_on_standard_error(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("retainkit.inference.progress._OFTEN", 0.0)
    rk.fit(rk.NBD, cdnow("week"), progress=True)
    assert "evaluations, log-likelihood -" in capsys.readouterr().err
    with pytest.raises(rk.InputError, match="progress must be True, False or a function"):
        rk.fit(rk.NBD, cdnow("week"), progress="yes")  # type: ignore[call-overload]


def odd(kind: Any, n: int, seed: int, **fixed: int) -> Any:
    """Customers of parameters between a tenth and ten times what is typical."""
    rng = np.random.default_rng(seed)
    declared = parameters_of(kind)
    scales = np.array([p.scale({"time": 30.0}) for p in declared])
    low, high = np.array([p.typical for p in declared]).T * scales
    values = np.exp(rng.uniform(np.log(low / 10.0), np.log(high * 10.0)))
    model = kind(**dict(zip(kind.names(), values, strict=True)), **fixed)
    return model.sample(rng.integers(10, 80, n).astype(float), seed=rng)


@pytest.mark.parametrize(("n", "seed"), [(50, 50008), (500, 500049)])
def test_customers_who_buy_by_the_hundred_do_not_run_away_from_their_maximum(n: int, seed: int) -> None:
    data = odd(rk.BGNBD, n, seed)
    found = rk.fit(rk.BGNBD, data)
    limit = rk.fit(rk.BGNBD, data, fixed={"b": 2e12}, on_failure="return")
    assert found.log_likelihood > limit.log_likelihood + 10.0
    assert found.diagnostics.agreed >= 2


HIDDEN: dict[str, tuple[Any, int, int, dict[str, int], float]] = {
    "beside a limit that is 4.2 lower": (rk.MBGNBD, 500, 500191, {}, -535.17276125),
    "beside a limit that is 1.9 lower than another": (rk.GammaGompertzNBD, 500, 500001, {}, -682.40676577),
    "within, where three starts agree elsewhere": (rk.MBGCNBDk, 5000, 5000180, {"k": 2}, -3061.83351804),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_a_maximum_that_is_hidden_is_found(case: str) -> None:
    """Other starts lead to a maximum that is .3 or .4 lower, or to a limit .26 lower that was reported."""
    kind, n, seed, fixed, best = HIDDEN[case]
    found = rk.fit(kind, odd(kind, n, seed, **fixed), fixed=fixed)
    assert found.log_likelihood == pytest.approx(best, abs=1e-6)  # scipy's, from another search


def test_a_weak_maximum_below_a_limit_is_none() -> None:
    """All starts lead to −184.872 and standard errors are one e-fold, but one rate for all gives −184.402."""
    with pytest.raises(rk.FitError) as refused:
        rk.fit(rk.MBGCNBDk, odd(rk.MBGCNBDk, 50, 50053, k=2), fixed={"k": 2})
    assert refused.value.limit.log_likelihood > -184.41


@pytest.mark.slow
@pytest.mark.parametrize(("n", "seed"), [(500, 500000), (50, 50000)])
def test_the_climb_whose_end_is_reported_is_among_those_that_lead_there(n: int, seed: int) -> None:
    found = [rk.fit(rk.BGNBD, odd(rk.BGNBD, n, seed + i), on_failure="return") for i in range(6)]
    assert all(f.diagnostics.agreed >= 1 for f in found if f.diagnostics.converged)
