"""Continuous contractual models meet published optima and 40-digit arithmetic, far out in the tails too."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from accuracy_tables import read

import retainkit as rk
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.models.contractual.weibull_gamma import WeibullGamma

REFERENCES = Path(__file__).parents[2] / "reference"
KINDS: dict[str, Any] = {
    "exponential": Exponential,
    "weibull": Weibull,
    "log_normal": LogNormal,
    "log_logistic": LogLogistic,
    "weibull_gamma": WeibullGamma,
}
each_kind = pytest.mark.parametrize("name", KINDS)
FITTED = [name for name in KINDS if name != "weibull_gamma"]


def reference(name: str) -> dict[str, Any]:
    return tomllib.loads((REFERENCES / f"{name}.toml").read_text(encoding="utf-8"))


def waltons() -> rk.Renewals:
    told = reference("weibull")["waltons"]
    duration = told["left_at"] + told["there_at"]
    event = [1] * len(told["left_at"]) + [0] * len(told["there_at"])
    weight = told["left"] + told["there"]
    return rk.Renewals(duration=duration, event=event, weight=weight, whole_periods=False, unit="day")


# -- published optima ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FITTED)
def test_optima_of_lifelines_on_waltons_where_its_score_is_zero(name: str) -> None:
    case = reference(name)["optimum"]
    fitted = rk.fit(KINDS[name], waltons())
    for parameter, value in case["parameters"].items():
        digit = case["parameter_digit"][parameter]
        assert getattr(fitted.model, parameter) == pytest.approx(value, abs=digit / 2, rel=0.0)
    assert fitted.log_likelihood == pytest.approx(
        case["log_likelihood"], abs=case["log_likelihood_digit"] / 2, rel=0.0
    )


@pytest.mark.parametrize("name", FITTED)
def test_the_optimum_is_that_of_forty_digits(name: str) -> None:
    case = reference(name)["exact_optimum"]
    fitted = rk.fit(KINDS[name], waltons())
    for parameter, value in case["parameters"].items():
        assert getattr(fitted.model, parameter) == pytest.approx(value, rel=1e-9)
    assert fitted.log_likelihood == pytest.approx(case["log_likelihood"], rel=1e-13)


@pytest.mark.parametrize("name", [name for name in FITTED if "not_reproduced" in reference(name)])
def test_listed_optima_that_are_not_met_lie_lower_and_their_score_is_not_zero(name: str) -> None:
    exact = reference(name)["exact_optimum"]
    listed = next(c for c in reference(name)["not_reproduced"] if "listed_parameters" in c)
    data = waltons()

    def gradient(parameters: dict[str, float]) -> float:
        score = KINDS[name](**parameters).log_likelihood_and_score(data)[1] @ data.weight
        return float(np.abs(score * list(parameters.values())).max())

    assert gradient(exact["parameters"]) < 1e-9
    assert gradient(listed["listed_parameters"]) > 1e-4
    lower = KINDS[name](**listed["listed_parameters"]).log_likelihood(data) @ data.weight
    assert lower < exact["log_likelihood"]


def test_flies_that_age_alike_are_the_weibull_limit_of_weibull_gamma() -> None:
    case, weibull = reference("weibull_gamma")["boundary"], reference("weibull")["exact_optimum"]
    with pytest.raises(rk.FitError, match=rf"{case['which']} .* goes to {case['edge']}") as caught:
        rk.fit(WeibullGamma, waltons())
    attempt: Any = caught.value.attempt
    assert caught.value.code == "boundary"
    assert attempt.model.scale == pytest.approx(weibull["parameters"]["scale"], rel=1e-6)
    assert attempt.model.c == pytest.approx(weibull["parameters"]["shape"], rel=1e-6)
    assert attempt.log_likelihood == pytest.approx(weibull["log_likelihood"], rel=1e-11)


# -- forty digits: definitions written out ---------------------------------------------------------------


def exact_log_survival(name: str, parameters: list[Any], t: Any) -> Any:
    if name == "exponential":
        return -t / parameters[0]
    if name == "weibull":
        scale, shape = parameters
        return -((t / scale) ** shape)
    if name == "log_normal":
        scale, sigma = parameters
        y = mp.log(t / scale) / sigma if t else -mp.inf
        return mp.log1p(-mp.ncdf(y)) if y < 0 else mp.log(mp.ncdf(-y))
    r, scale, c = (mp.mpf(1), *parameters) if name == "log_logistic" else parameters
    return -r * mp.log1p((t / scale) ** c / r)


def exact_hazard(name: str, parameters: list[Any], t: Any) -> Any:
    if name == "exponential":
        return 1 / parameters[0]
    if name == "weibull":
        scale, shape = parameters
        return shape / t * (t / scale) ** shape
    if name == "log_normal":
        scale, sigma = parameters
        y = mp.log(t / scale) / sigma
        return mp.npdf(y) / mp.ncdf(-y) / (sigma * t)
    r, scale, c = (mp.mpf(1), *parameters) if name == "log_logistic" else parameters
    x = (t / scale) ** c
    return c / t * x / (1 + x / r)


def drawn(name: str, rng: np.random.Generator) -> tuple[list[float], float, float]:
    """Parameters over scales 1e-3 … 1e4 and shapes .05 … 50, a tenure reached and a later one, up to 1e4."""

    def one(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    parameters = [one(1e-3, 1e4) if p == "scale" else one(0.05, 50.0) for p in KINDS[name].names()]
    given, t = sorted((one(1e-3, 1e4), one(1e-3, 1e4)))
    if rng.uniform() < 0.2:
        given = 0.0
    return parameters, given, t


def close(found: Any, truth: Any, rel: float = 1e-10) -> bool:
    """Equal to ten digits, or both beyond the floats; what is below them may be 0."""
    if truth > mp.mpf(10) ** 308:
        return math.isinf(found)
    if truth < mp.mpf(10) ** -307:
        return 0.0 <= found <= 1e-306
    return bool(abs(found / truth - 1) < rel)


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("seed", range(4))
def test_curves_agree_with_forty_digits(name: str, seed: int) -> None:
    """500 points for each of the four seeds, on all questions about the curve itself."""
    rng = np.random.default_rng([seed, len(name)])
    for _ in range(500):
        parameters, given, t = drawn(name, rng)
        model = KINDS[name].of(parameters)
        with mp.workdps(60):
            exactly = [mp.mpf(p) for p in parameters]
            log_s = exact_log_survival(name, exactly, mp.mpf(t))
            hazard = exact_hazard(name, exactly, mp.mpf(t))
            share = mp.exp(log_s - exact_log_survival(name, exactly, mp.mpf(given)))
            truth = {
                "cumulative_hazard": -log_s,
                "survival": mp.exp(log_s),
                "hazard": hazard,
                "density": hazard * mp.exp(log_s),
            }
        for question, value in truth.items():
            found = getattr(model, question)(t)
            # e^-700 has 13 digits once its exponent has 16
            digits = 1e-10 + 1e-15 * float(-log_s if log_s > -1e9 else 0)
            assert close(found, value, digits), (question, model, t, found, mp.nstr(value, 20))
        assert close(model.survival(t, given=given), share), (model, given, t)


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("seed", range(4))
def test_churn_and_retention_of_a_period_agree_with_forty_digits(name: str, seed: int) -> None:
    rng = np.random.default_rng([seed, 1, len(name)])
    for _ in range(100):
        parameters, _, t = drawn(name, rng)
        t = float(np.ceil(t)) + float(rng.integers(0, 2))
        model = KINDS[name].of(parameters)
        with mp.workdps(80):
            exactly = [mp.mpf(p) for p in parameters]
            kept = exact_log_survival(name, exactly, mp.mpf(t)) - exact_log_survival(
                name, exactly, mp.mpf(t - 1)
            )
            retention, churn = mp.exp(kept), -mp.expm1(kept)
        assert close(model.retention(t), retention, 1e-10), (model, t)
        assert close(model.churn(t), churn, 1e-10), (model, t)


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("seed", range(3))
def test_quantiles_agree_with_forty_digits(name: str, seed: int) -> None:
    """S at the quantile, evaluated exactly, is 1 − share: to the digits that the tenure can carry."""
    rng = np.random.default_rng([seed, 2, len(name)])
    for _ in range(200):
        parameters, given, _ = drawn(name, rng)
        share = float(rng.uniform())
        found = KINDS[name].of(parameters).quantile(share, given=given)
        if math.isinf(found):
            continue
        with mp.workdps(60):
            exactly = [mp.mpf(p) for p in parameters]
            known = exact_log_survival(name, exactly, mp.mpf(given))
            target = mp.log(1 - mp.mpf(share)) + known
            # one Newton step of the exact inverse
            wrong = exact_log_survival(name, exactly, mp.mpf(found)) - target
            step = wrong / exact_hazard(name, exactly, mp.mpf(found)) if found > 0 else 0
        assert abs(step) <= 1e-10 * found + 1e-300, (name, parameters, given, share, found)


@each_kind
def test_expected_lifetimes_agree_with_closed_forms_in_forty_digits(name: str) -> None:
    columns, own = read("continuous"), KINDS[name].__name__
    given, horizon, truth = (columns[f"{own}_{of}"] for of in ("given", "horizon", "expected_lifetime"))
    found = KINDS[name].of(list(columns[f"{own}_parameters"])).expected_lifetime(horizon=horizon, given=given)
    endless = np.isinf(truth)
    np.testing.assert_array_equal(np.isinf(found), endless)
    np.testing.assert_allclose(found[~endless], truth[~endless], rtol=1e-11)
    assert truth.size >= (250 if name in {"weibull", "weibull_gamma"} else 125)


# -- likelihood ----------------------------------------------------------------------------------------


def exact_log_likelihood(name: str, parameters: list[Any], row: tuple[float, float, float, bool]) -> Any:
    entry, t, event, whole = row
    log_s = exact_log_survival(name, parameters, mp.mpf(t))
    if event and whole:
        before = exact_log_survival(name, parameters, mp.mpf(t - 1))
        ending = before + mp.log(-mp.expm1(log_s - before))
    elif event:
        ending = mp.log(exact_hazard(name, parameters, mp.mpf(t))) + log_s
    else:
        ending = log_s
    return ending - exact_log_survival(name, parameters, mp.mpf(entry))


def exact_slope(name: str, parameters: list[Any], row: tuple[float, float, float, bool], i: int) -> Any:
    """The derivative in the i-th parameter, by differences in digits enough for them."""

    def along(p: Any) -> Any:
        return exact_log_likelihood(name, [*parameters[:i], p, *parameters[i + 1 :]], row)

    return mp.diff(along, parameters[i], relative=True)


def rows_of(rng: np.random.Generator, n: int, *, whole: bool) -> list[tuple[float, float, float, bool]]:
    found: list[tuple[float, float, float, bool]] = []
    for _ in range(n):
        t = float(np.exp(rng.uniform(np.log(0.01), np.log(1e4))))
        t = float(np.ceil(t)) if whole else t
        entry = 0.0 if rng.uniform() < 0.5 else t * float(rng.uniform(0.0, 0.9))
        found.append((min(np.floor(entry), t - 1.0) if whole else entry, t, float(rng.integers(0, 2)), whole))
    return found


@pytest.mark.slow
@each_kind
@pytest.mark.parametrize("whole", [False, True], ids=["exact times", "whole periods"])
def test_likelihood_and_score_agree_with_forty_digits(name: str, whole: bool) -> None:
    rng = np.random.default_rng(len(name) + whole)
    for _ in range(150):
        parameters, _, _ = drawn(name, rng)
        (row,) = rows_of(rng, 1, whole=whole)
        data = rk.Renewals(duration=row[1], event=row[2], entry=row[0], whole_periods=whole)
        value, score = KINDS[name].of(parameters).log_likelihood_and_score(data)
        with mp.workdps(60):
            exactly = [mp.mpf(p) for p in parameters]
            truth = exact_log_likelihood(name, exactly, row)
            for i in range(len(parameters)):
                slope = exact_slope(name, exactly, row, i)
                if abs(slope) < mp.mpf(10) ** 300:
                    near = 1e-7 * abs(float(slope)) + 1e-9 * (1.0 + abs(float(truth))) / parameters[i]
                    assert abs(score[i, 0] - float(slope)) <= near, (name, parameters, row, i)
        if truth > -(mp.mpf(10) ** 300):
            assert value[0] == pytest.approx(float(truth), rel=1e-10, abs=1e-8), (name, parameters, row)
        else:
            assert value[0] == -np.inf or value[0] < -1e299


# -- payments ------------------------------------------------------------------------------------------

PAYMENTS = [
    ("exponential", [20.0], 3.0, 0.01),
    ("weibull", [24.0, 0.8], 0.0, 0.01),
    ("weibull", [24.0, 0.8], 36.0, 0.005),
    ("weibull", [3000.0, 50.0], 0.0, 0.001),
    ("weibull", [3000.0, 50.0], 2000.0, 0.0),
    ("weibull", [0.01, 0.05], 5.0, 0.02),
    ("log_normal", [12.0, 1.2], 6.0, 0.01),
    ("log_normal", [4000.0, 0.05], 0.0, 0.001),
    ("log_logistic", [12.0, 0.5], 6.0, 0.01),
    ("log_logistic", [3000.0, 40.0], 6.0, 0.002),
    ("weibull_gamma", [0.8, 10.0, 1.0], 24.0, 0.01),
    ("weibull_gamma", [0.05, 10.0, 0.5], 0.0, 0.02),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", PAYMENTS, ids=str)
def test_discounted_payments_are_the_sum_term_by_term(case: tuple[str, list[float], float, float]) -> None:
    name, parameters, tenure, rate = case
    with mp.workdps(25):
        exactly = [mp.mpf(p) for p in parameters]
        known = exact_log_survival(name, exactly, mp.mpf(tenure))
        force = mp.log1p(mp.mpf(rate))
        total, j = mp.mpf(0), 0
        while True:
            term = mp.exp(exact_log_survival(name, exactly, mp.mpf(tenure) + j + 1) - known - force * j)
            total += term
            j += 1
            if term < mp.mpf(10) ** -18 * total:
                break
    found = (
        KINDS[name]
        .of(parameters)
        .discounted_expected_residual_lifetime(tenure, rate, instant="before-renewal")
    )
    assert found == pytest.approx(float(total), rel=1e-10)
