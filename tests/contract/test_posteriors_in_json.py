"""Posteriors come back from their JSON with every draw, whatever was held, joined or averaged."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import retainkit as rk

TRUTH = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
CUSTOMERS = TRUTH.sample(T=[52.0] * 400, seed=3)
TERMS: dict[str, Any] = {"seed": 1, "draws": 40}


STATED = {"r": rk.priors.Gamma(2.0, 4.0), "a": rk.priors.LogNormal(0.0, 1.0)}


def of_covariates() -> Any:
    rows = rk.Described(CUSTOMERS, {"old": np.arange(400.0) % 2})
    return rk.posterior(rk.with_covariates(rk.BGNBD, purchasing=["old"]), rows, **TERMS)


KNOWN: dict[str, Any] = {
    "plain": lambda: rk.posterior(rk.BGNBD, CUSTOMERS, **TERMS),
    "one draw": lambda: rk.posterior(rk.BGNBD, CUSTOMERS, seed=1, draws=1),
    "held": lambda: rk.posterior(rk.BGNBD, CUSTOMERS, fixed={"a": 0.8}, **TERMS),
    "of a setting": lambda: rk.posterior(rk.models.hold(rk.MBGCNBDk, k=1), CUSTOMERS, **TERMS),
    "with covariates": of_covariates,
    "after a fit": lambda: rk.posterior(
        rk.BGNBD, CUSTOMERS, prior=rk.priors.prior_from(rk.fit(rk.BGNBD, CUSTOMERS)), **TERMS
    ),
    "with stated priors": lambda: rk.posterior(
        rk.BGNBD,
        CUSTOMERS,
        prior={"r": rk.priors.Gamma(2.0, 4.0), "a": rk.priors.LogNormal(0.0, 1.0)},
        **TERMS,
    ),
    "average": lambda: rk.inference.average(
        [rk.posterior(kind, CUSTOMERS, **TERMS) for kind in (rk.BGNBD, rk.NBD)], share=[0.7, 0.3]
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_a_posterior_comes_back_from_its_json(name: str) -> None:
    known = KNOWN[name]()
    text = known.model_dump_json()
    again = rk.inference.Posterior.from_json(text)
    assert again == known
    assert again.model_dump_json() == text
    assert (str(again), again.family.names()) == (str(known), known.family.names())
    assert again.prior == known.prior or name == "average"
    assert again.fingerprint == known.fingerprint
    if name != "with covariates":
        asked = [one.model.expected_purchases(CUSTOMERS, 26.0) for one in (again, known)]
        np.testing.assert_array_equal(*asked)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model": "BGNDB"}, "Did you mean 'BGNBD'"),
        ({"draw": 3}, "got 'draw'"),
        ({"prior": {"r": {"kind": "Flat"}}}, "kind of the prior of r"),
        ({"unit": "fortnight"}, "unit"),
    ],
)
def test_what_is_no_posterior_is_refused_by_name(change: dict[str, Any], told: str) -> None:
    values = json.loads(KNOWN["one draw"]().model_dump_json()) | change
    with pytest.raises(rk.InputError, match=told):
        rk.inference.Posterior.from_json(json.dumps(values))
    without = {k: v for k, v in values.items() if k != "log_likelihood"}
    with pytest.raises(rk.InputError):
        rk.inference.Posterior.from_json(json.dumps(without))
