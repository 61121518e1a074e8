"""Likelihood and score keep their digits where parameters go to their limits, alone and together.

There a model becomes another: customers alike, one chance to leave for all, nobody leaving. Whether the
likelihood still rises on the way is told by its last digits. The truth is the closed form in 70-digit
arithmetic, term by term; errors are measured against the sum of the sizes of the terms, those of the score
times the parameter.
"""

# mpmath says real or complex of each of its numbers
# pyright: reportArgumentType=false, reportCallIssue=false
from __future__ import annotations

from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from closed_forms import (
    BASE,
    CUSTOMERS,
    PARETO,
    Terms,
    beta_geometric,
    beta_weibull,
    gompertz,
    log_rise,
    off,
    opportunities,
    pareto,
    rise,
    slopes,
    weibull,
)

import retainkit as rk
from retainkit.ingest.examples import load_cdnow
from retainkit.models import MODELS

FAR = (1e-8, 1e-2, 3.77e6, 4.5e10, 1e14, 1e17)
TOGETHER: tuple[tuple[str, ...], ...] = (
    *(("r",), ("alpha",), ("a",), ("b",)),
    *(("a", "b"), ("r", "alpha"), ("r", "b"), ("r", "alpha", "a", "b")),
)


def far_out(base: dict[str, float], together: tuple[tuple[str, ...], ...]) -> list[dict[str, float]]:
    """The parameters, some of them times a common factor: their ratios stay."""
    found: list[dict[str, float]] = []
    for names in together:
        for size in FAR:
            factor = size / base[names[0]]
            found.append(base | {name: factor * base[name] for name in names})
    return found


def check(
    model: Any,
    data: Any,
    p: dict[str, float],
    truth: list[list[Terms]],
    *,
    least: float = 1e-3,
    within: float = 1e-12,
) -> None:
    """Within 1e-12 of the size of the terms, or of `least` where these are nothing.

    Value and score of each customer, the value alone, and the sum of all: for one draw and for several.
    """
    value, score = model.log_likelihood_and_score(data)
    alone, names = model.log_likelihood(data), ("log-likelihood", *p, "value alone")
    for i, parts in enumerate(truth):
        ours = [value[i], *(score[j, i] * size for j, size in enumerate(p.values())), alone[i]]
        for name, got, terms in zip(names, ours, (*parts, parts[0]), strict=True):
            assert off(got, terms, least) <= within, (name, p, i, got, mp.nstr(mp.fsum(terms), 17))
    columns = [np.full((3, 1), v) for v in model.family.values_of(model)]
    for got in (model.summed_log_likelihood(data), *model.family.of(columns).summed_log_likelihood(data)):
        assert off(got, [term for parts in truth for term in parts[0]], least) <= within, ("sum", p, got)


KINDS: dict[tuple[int, int], Any] = {
    (1, 0): rk.BGNBD,
    (1, 1): rk.MBGNBD,
    (3, 0): rk.BGCNBDk,
    (3, 1): rk.MBGCNBDk,
}


@pytest.mark.slow
@pytest.mark.parametrize("names", TOGETHER, ids="-".join)
@pytest.mark.parametrize(("k", "chance"), KINDS)
def test_beta_geometric_models(k: int, chance: int, names: tuple[str, ...]) -> None:
    x, t, T = np.array(CUSTOMERS).T
    settings: dict[str, Any] = {"k": k} if k > 1 else {}
    with mp.workdps(70):
        for customers in (slice(None), slice(0, 3)):
            data = rk.Purchases(frequency=x[customers], recency=t[customers], T=T[customers])
            for p in far_out(BASE, (names,)):
                check(
                    KINDS[k, chance](**p, **settings),
                    data,
                    p,
                    [beta_geometric(p, k, chance, c) for c in CUSTOMERS[customers]],
                )


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [("r",), ("alpha",), ("s",), ("beta",), ("r", "alpha"), ("s", "beta"), ("r", "alpha", "s", "beta")],
    ids="-".join,
)
def test_pareto_nbd(names: tuple[str, ...]) -> None:
    some = CUSTOMERS[2:3]
    x, t, T = np.array(some).T
    with mp.workdps(40):
        for p in far_out(PARETO, (names,))[1::3]:
            data = rk.Purchases(frequency=x, recency=t, T=T)
            check(rk.ParetoNBD(**p), data, p, [pareto(p, c) for c in some], least=1.0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1e-2, 3.77e6])
@pytest.mark.parametrize("names", [("r",), ("b",), ("beta",), ("r", "alpha"), ("s", "beta")], ids="-".join)
def test_gamma_gompertz_nbd(names: tuple[str, ...], size: float) -> None:
    base = {"r": 0.55, "alpha": 10.6, "b": 0.02, "s": 0.9, "beta": 0.5}
    p = far_out(base, (names,))[FAR.index(size)]
    x, t, T = CUSTOMERS[2]
    with mp.workdps(50):
        data = rk.Purchases(frequency=x, recency=t, T=T)
        truth = [slopes(lambda q: gompertz(q, CUSTOMERS[2]), p)]
        check(rk.GammaGompertzNBD(**p), data, p, truth, least=0.1, within=1e-10)


@pytest.mark.parametrize(
    ("kind", "survival", "base", "together"),
    [
        (rk.models.ShiftedBetaGeometric, beta_weibull, (0.668, 3.806), ("alpha", "beta", "alpha-beta")),
        (rk.models.BetaDiscreteWeibull, beta_weibull, (0.25, 1.65, 1.6), ("alpha", "beta", "alpha-beta")),
        (rk.models.WeibullGamma, weibull, (0.9, 20.0, 0.7), ("r", "scale")),
    ],
    ids=["sBG", "beta-discrete-Weibull", "Weibull-gamma"],
)
def test_renewals(kind: Any, survival: Any, base: tuple[float, ...], together: tuple[str, ...]) -> None:
    seen = [(1, 1), (3, 1), (3, 0), (12, 0), (40, 1)]
    data = rk.Renewals(duration=[t for t, _ in seen], event=[e for _, e in seen], whole_periods=True)
    named = dict(zip(kind.names(), base, strict=True))
    with mp.workdps(70):
        for p in far_out(named, tuple(tuple(names.split("-")) for names in together)):
            truth = [
                slopes(
                    lambda q, t=t, e=e: [
                        mp.log(survival(q, t - 1) - survival(q, t) if e else survival(q, t))
                    ],
                    p,
                )
                for t, e in seen
            ]
            check(kind(**p), data, p, truth, least=1e-2, within=1e-9)


def test_nbd() -> None:
    x, t, T = np.array(CUSTOMERS).T
    data = rk.Purchases(frequency=x, recency=t, T=T)
    with mp.workdps(70):
        for p in far_out({"r": 0.385, "alpha": 12.07}, (("r",), ("alpha",), ("r", "alpha"))):
            truth: list[list[Terms]] = []
            for customer in CUSTOMERS:
                n, T_, r, alpha = int(customer[0]), mp.mpf(customer[2]), mp.mpf(p["r"]), mp.mpf(p["alpha"])
                aged = mp.log1p(T_ / alpha)
                value = [log_rise(r, n), -r * aged, -n * mp.log(alpha + T_)]
                slope = [r * T_ / (alpha + T_), -n * alpha / (alpha + T_)]
                truth.append([value, [r * rise(r, n), -r * aged], slope])
            check(rk.NBD(**p), data, p, truth)


@pytest.mark.slow
@pytest.mark.parametrize("names", [("a",), ("b",), ("a", "b"), ("g",), ("d",), ("g", "d")], ids="-".join)
def test_bg_bb(names: tuple[str, ...]) -> None:
    seen = [(0, 0, 6), (3, 4, 6), (6, 6, 6), (30, 50, 52)]
    x, last, n = np.array(seen).T
    data = rk.Opportunities(frequency=x, recency=last, periods=n)
    with mp.workdps(70):
        for p in far_out({"a": 1.204, "b": 0.750, "g": 0.657, "d": 2.783}, (names,))[::2]:
            check(
                rk.BGBB(*p.values()), data, p, [opportunities(p, *customer) for customer in seen], least=0.1
            )


@pytest.mark.parametrize("names", [("p",), ("q",), ("v",), ("p", "q"), ("q", "v")], ids="-".join)
def test_gamma_gamma(names: tuple[str, ...]) -> None:
    seen = [(1, 7.5), (4, 22.35), (300, 41.0)]
    data = rk.Spend(frequency=[x for x, _ in seen], monetary_value=[z for _, z in seen])
    with mp.workdps(70):
        for given in far_out({"p": 6.25, "q": 3.74, "v": 15.44}, (names,)):
            truth: list[list[Terms]] = []
            p, q, v = (mp.mpf(value) for value in given.values())
            for x, z in seen:
                total, px = x * mp.mpf(z), p * x
                own, rest = -mp.log1p(v / total), -mp.log1p(total / v)
                beta = mp.loggamma(px + q) - mp.loggamma(px) - mp.loggamma(q)
                both = mp.digamma(px + q)
                truth.append(
                    [
                        [beta + px * own + q * rest, -mp.log(z)],
                        [px * (both - mp.digamma(px)), px * own],
                        [q * (both - mp.digamma(q)), q * rest],
                        [q, -v * (px + q) / (total + v)],
                    ]
                )
            check(rk.GammaGamma(**given), data, given, truth)


@cache
def cdnow() -> rk.Purchases:
    columns = load_cdnow("sample")
    early = columns["date"] <= np.datetime64("1997-09-30")
    given = {name: column[early] for name, column in columns.items()}
    return rk.summarize_transactions(
        given, customer_id="customer_id", date="date", unit="week", observation_end="1997-09-30"
    ).purchases


@pytest.mark.parametrize("a", [1e10, 1e12, 1e17])
def test_one_chance_to_leave_for_all(a: float) -> None:
    """With a, b to infinity the log-likelihood goes to that of a fixed p: it was off by up to 312."""
    model = rk.BGNBD(r=0.243, alpha=4.414, a=a, b=3 * a)
    assert model.log_likelihood(cdnow()).sum() == pytest.approx(-9629.863, abs=5e-4)


def test_one_rate_for_all() -> None:
    """Pareto/NBD with r, alpha to infinity: it was off by 12,500."""
    model = rk.ParetoNBD(r=1e16, alpha=2e18, s=0.6, beta=11.7)
    assert model.log_likelihood(cdnow()).sum() == pytest.approx(-13764.46, abs=5e-3)


@pytest.mark.parametrize("kind", [rk.BGNBD, rk.MBGNBD])
@pytest.mark.parametrize(("r", "a"), [(0.243, 1e10), (0.243, 1e17), (1e12, 1e14), (1e17, 1e17)])
def test_predictions_with_one_chance_to_leave_for_all(kind: Any, r: float, a: float) -> None:
    """p is 1/4 but for a variance of 1e-11 and less, which counts by half the second derivative."""
    model = kind(r=r, alpha=18.0 * r, a=a, b=3.0 * a)
    chance = kind is rk.MBGNBD
    customer = rk.Purchases(frequency=2, recency=20.0, T=38.0)
    with mp.workdps(50):
        R, A, B = mp.mpf(r) + 2, mp.mpf(18.0 * r) + 38, mp.mpf(a) * 3 + 2 + chance
        p = a / (a + B)
        variance, z = p * (1 - p) / (a + B + 1), 39 / A

        def mean(f: Any) -> Any:
            return f(p) + mp.diff(f, p, 2) * variance / 2

        odds = a / (B - 1) * mp.exp(R * mp.log1p(18 / (A - 18)))
        alive = 1 / (1 + odds)
        survival = alive * mean(lambda p: mp.exp(-R * mp.log1p(p * z)))
        expected = alive * mean(lambda p: (1 - mp.exp(-R * mp.log1p(p * z))) / p)
        made = R * z / (1 + z) * mp.exp(-R * mp.log1p(z))
        none = mp.exp(-R * mp.log1p(z))
        once = alive * ((1 - p) * made + p * (1 - none))
    found = (
        model.probability_alive(customer, 39.0),
        model.expected_purchases(customer, 39.0),
        model.purchase_pmf_given(customer, 1, 39.0),
    )
    for ours, right in zip(found, (survival, expected, once), strict=True):
        assert ours[0] == pytest.approx(float(right), rel=1e-12)


EACH: dict[Any, Any] = {
    rk.Purchases: rk.Purchases(frequency=[2, 0, 2, 5], recency=[3, 0, 3, 9], T=[10, 11, 10, 12]),
    rk.Opportunities: rk.Opportunities(
        frequency=[2, 0, 2, 5], recency=[3, 0, 3, 9], periods=[10, 11, 10, 12]
    ),
    rk.Spend: rk.Spend(frequency=[2, 0, 2, 5], monetary_value=[3, 0, 3, 9]),
    rk.Renewals: rk.Renewals(duration=[2, 3, 2, 5], event=[1, 0, 1, 0]),
}


@pytest.mark.parametrize("kind", MODELS.values(), ids=MODELS)
def test_one_parameter_for_each_customer(kind: Any) -> None:
    """As the same customer alone with the same parameters, also where customers are equal."""
    data = EACH[kind.data_kind]
    rng = np.random.default_rng(3)
    several = [kind.typical(rng) for _ in range(4)]
    columns = [np.array(values) for values in zip(*(m.parameters.values() for m in several), strict=True)]
    value, score = several[0].family.of(columns).log_likelihood_and_score(data)
    for i, one in enumerate(several):
        alone, slope = one.log_likelihood_and_score(data)
        assert value[i] == pytest.approx(alone[i], rel=1e-12)
        np.testing.assert_allclose(score[:, i], slope[:, i], rtol=1e-11)
    with pytest.raises(rk.InputError, match="must have 3 entries"):
        several[0].family.of([column[:3] for column in columns]).log_likelihood(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "far"),
    [
        (rk.ParetoNBD, {"beta": 1e-30}),
        *((rk.GammaGompertzNBD, {name: size}) for name, size in (("beta", 1e-12), ("beta", 1e-30))),
    ],
    ids=lambda v: getattr(v, "__name__", None) or "-".join(f"{k}={x:.0e}" for k, x in v.items()),
)
def test_what_is_nearly_sure_keeps_its_digits(kind: Any, far: dict[str, float]) -> None:
    """Never to come back is sure where all leave at once: ln of it, and its slopes, are as small as the rest.

    1 − P is a mean over the first purchase that is still made, which falls as slowly as P(alive) does.
    """
    base = PARETO if kind is rk.ParetoNBD else {"r": 0.55, "alpha": 10.6, "b": 0.02, "s": 0.9, "beta": 0.5}
    p, T = base | far, 38.86
    model, data = kind(**p), rk.Purchases(frequency=0, recency=0.0, T=T)

    def log_quiet(q: dict[str, Any]) -> Any:
        r, alpha, s, beta = (q[name] for name in PARETO)

        def aged(w: Any) -> Any:
            return w if kind is rk.ParetoNBD else mp.expm1(q["b"] * w)

        def heard(u: Any) -> Any:  # of ln w: the scales are as far apart as the parameters
            w = mp.exp(u)
            return w * mp.exp(-(r + 1) * mp.log1p(w / alpha) - s * mp.log1p(aged(w) / beta)) * r / alpha

        # below the shortest scale w itself makes the integrand small
        shortest: Any = min(1, alpha, beta, beta / s, 1 / s) / q.get("b", 1)
        panels: Any = [mp.log(T) - 3 * i for i in range(int(mp.log(T / shortest) / 3) + 12, -1, -1)]
        missed: Any = mp.quad(heard, panels, method="gauss-legendre", maxdegree=3)
        return mp.log1p(-missed)

    with mp.workdps(32):
        exact, h = {name: mp.mpf(value) for name, value in p.items()}, mp.mpf(10) ** -9
        truth = float(log_quiet(exact))
        name = next(iter(far))
        ahead, back = (log_quiet(exact | {name: exact[name] * mp.exp(step)}) for step in (h, -h))
        slope = float((ahead - back) / (2 * h))
    value, score = model.log_likelihood_and_score(data)
    assert [value[0], model.log_likelihood(data)[0]] == pytest.approx([truth, truth], rel=1e-9, abs=0.0)
    assert score[list(p).index(name), 0] * p[name] == pytest.approx(slope, rel=1e-9, abs=0.0)


@pytest.mark.parametrize(
    ("kind", "far", "seen"),
    [
        (rk.models.ShiftedBetaGeometric, (1e-30, 3.8), (3, 0)),
        (rk.models.ShiftedBetaGeometric, (1e30, 3.8), (1, 1)),
        (rk.models.BetaDiscreteWeibull, (1e-30, 1.65, 1.6), (3, 0)),
        (rk.models.BetaDiscreteWeibull, (1e-30, 1.65, 1.6), (3, 1)),
        (rk.models.BetaDiscreteWeibull, (1e12, 1.65, 1.6), (1, 1)),
        (rk.models.WeibullGamma, (0.9, 1e-30, 0.7), (1, 1)),
    ],
)
def test_a_tenure_that_is_nearly_sure_keeps_its_digits(
    kind: Any, far: tuple[float, ...], seen: tuple[int, int]
) -> None:
    survival = weibull if kind is rk.models.WeibullGamma else beta_weibull
    p = dict(zip(kind.names(), far, strict=True))
    data = rk.Renewals(duration=seen[0], event=seen[1], whole_periods=True)
    value, score = kind(**p).log_likelihood_and_score(data)
    with mp.workdps(110):
        truth, *slope = (
            float(mp.fsum(terms)) for terms in slopes(lambda q: renewal_terms(survival, q, *seen), p)
        )
    assert value[0] == pytest.approx(truth, rel=1e-12, abs=0.0)
    assert score[:, 0] * far == pytest.approx(slope, rel=1e-11, abs=0.0)


def renewal_terms(survival: Any, q: dict[str, Any], t: int, left: int) -> Terms:
    return [mp.log(survival(q, t - 1) - survival(q, t) if left else survival(q, t))]
