"""What a coefficient does to each model, written out by hand: the parameter that it moves, and by what.

The likelihoods of single customers are from mpmath with 30 digits, whose parameters were moved outside of the
code under test.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

import retainkit as rk
from retainkit.models import MODELS

GAMMA, Z = 0.7, np.array([1.0, -2.0, 0.5])
MORE = np.exp(GAMMA * Z)
MOVED: dict[tuple[str, str], tuple[str, Any]] = {
    ("BGNBD", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("BGNBD", "attrition"): ("a", lambda a: a * MORE),
    ("MBGNBD", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("MBGNBD", "attrition"): ("a", lambda a: a * MORE),
    ("ParetoNBD", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("ParetoNBD", "attrition"): ("beta", lambda beta: beta / MORE),
    ("GammaGompertzNBD", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("GammaGompertzNBD", "attrition"): ("beta", lambda beta: beta / MORE),
    ("BGCNBDk", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("BGCNBDk", "attrition"): ("a", lambda a: a * MORE),
    ("MBGCNBDk", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("MBGCNBDk", "attrition"): ("a", lambda a: a * MORE),
    ("NBD", "purchasing"): ("alpha", lambda alpha: alpha / MORE),
    ("BGBB", "purchasing"): ("alpha", lambda alpha: alpha * MORE),
    ("BGBB", "attrition"): ("gamma", lambda gamma: gamma * MORE),
    ("GammaGamma", "spend"): ("v", lambda v: v * MORE),
    ("Geometric", "churn"): ("theta", lambda theta: expit(logit(theta) + GAMMA * Z)),
    ("DiscreteWeibull", "churn"): ("theta", lambda theta: expit(logit(theta) + GAMMA * Z)),
    ("ShiftedBetaGeometric", "churn"): ("alpha", lambda alpha: alpha * MORE),
    ("BetaDiscreteWeibull", "churn"): ("alpha", lambda alpha: alpha * MORE),
    ("Exponential", "churn"): ("scale", lambda scale: scale / MORE),
    ("Weibull", "churn"): ("scale", lambda scale: scale / MORE),
    ("LogNormal", "churn"): ("scale", lambda scale: scale / MORE),
    ("LogLogistic", "churn"): ("scale", lambda scale: scale / MORE),
    ("WeibullGamma", "churn"): ("scale", lambda scale: scale / MORE),
}


def test_every_process_of_every_model_is_in_the_table() -> None:
    assert set(MOVED) == {(name, process) for name, kind in MODELS.items() for process in kind.processes}


@pytest.mark.parametrize(("name", "process"), MOVED)
def test_a_coefficient_moves_the_parameter_by_its_exponent(name: str, process: str) -> None:
    base: Any = MODELS[name].typical(np.random.default_rng(1), scale=20.0)
    parameter, moved = MOVED[name, process]
    effect = rk.models.Effect("z", (process,))
    each = rk.models.WithCovariates(base, (effect,), (GAMMA,)).given({"z": Z}).parameters
    for own, value in base.parameters.items():
        expected = moved(value) if own == parameter else value
        np.testing.assert_allclose(each[own], expected, rtol=1e-12)


NUMBERS: list[tuple[Any, tuple[float, float]]] = [
    (rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5), (-11.66006992, -5.04861469)),
    (rk.ParetoNBD(r=0.5, alpha=5.0, s=0.6, beta=12.0), (-11.85101723, -5.19078168)),
    (rk.GammaGompertzNBD(r=0.5, alpha=5.0, b=0.05, s=0.6, beta=9.0), (-11.70444111, -5.41274736)),
]


@pytest.mark.parametrize(("base", "expected"), NUMBERS)
def test_likelihoods_with_covariates_on_both_processes(base: Any, expected: tuple[float, float]) -> None:
    purchasing, attrition = ("u", "purchasing"), ("u", "attrition")
    acting = {purchasing: 0.4, ("v", "purchasing"): 0.3, attrition: -0.7, ("v", "attrition"): 0.3}
    effects = tuple(rk.models.Effect(z, (process,)) for z, process in acting)
    model = rk.models.WithCovariates(base, effects, tuple(acting.values()))
    bought = rk.Purchases(frequency=[3, 1], recency=[20.5, 5.25], T=[38.0, 30.0])
    data = rk.Described(bought, {"u": [1.0, 2.0], "v": [0.0, -0.3]})
    np.testing.assert_allclose(model.log_likelihood(data), expected, atol=5e-9)
