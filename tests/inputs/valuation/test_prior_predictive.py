"""What a prior predictive refuses, and what it says to do instead."""

from __future__ import annotations

from typing import Any

import pytest

import retainkit as rk
from retainkit.valuation import prior_predictive

ANY = rk.priors.LogNormal(0.0, 1.0)
VALUED: dict[str, Any] = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(3, "year")}
BOUGHT: dict[str, Any] = {"spend": 35.0, "margin_share": 0.3, **VALUED}
GOOD: dict[str, Any] = {"prior": ANY, "unit": "week", "seed": 1, "draws": 20, **BOUGHT}
WEEKS = rk.Purchases(frequency=[1, 0], recency=[3.0, 0.0], T=[9.0, 9.0], unit="week")

BAD: list[tuple[dict[str, Any], str]] = [
    ({"prior": None}, "prior must be stated of every parameter \\(r, alpha, a, b\\): without data"),
    ({"prior": {"r": ANY}}, "prior must be stated of every parameter"),
    ({"prior": "flat"}, "prior must be proper"),
    ({"prior": {"r": rk.priors.Beta(1.0, 2.0), "alpha": ANY, "a": ANY, "b": ANY}}, "prior\\['r'\\] must be"),
    ({"prior": {"r": ANY, "alpha": ANY, "a": ANY, "b": ANY, "s": ANY}}, "prior must name parameters"),
    ({"unit": None}, "unit must be given: a year"),
    ({"unit": "weeks"}, "unit must be one of"),
    ({"unit": "month", "data": WEEKS}, "unit must be that of data and prior, 'week'"),
    ({"spend": None}, "spend must be given for the value by BGNBD"),
    ({"margin_share": None}, "margin_share must be given"),
    ({"margin_share": 1.5}, "margin_share must be"),
    ({"margin_per_period": 20.0}, "margin_per_period has no meaning for figures of BGNBD"),
    ({"discount_rate": 0.1}, "discount_rate needs its period"),
    ({"horizon": 3}, "horizon needs its unit"),
    ({"draws": 0}, "draws must be"),
    ({"seed": None}, "seed must be"),
    ({"seed": -1}, "seed must be"),
    ({"data": rk.Renewals.from_survivors([10, 9])}, "data must be Purchases"),
    ({"model": rk.with_covariates(rk.BGNBD, purchasing=["card"])}, "model must be a plain model"),
    ({"model": rk.BGNBD(r=1.0, alpha=1.0, a=1.0, b=1.0)}, "model must be the class of a model"),
]


@pytest.mark.parametrize(("changed", "told"), BAD)
def test_what_says_nothing_is_refused_with_a_way_out(changed: dict[str, Any], told: str) -> None:
    given = {"model": rk.BGNBD, **GOOD, **changed}
    with pytest.raises(rk.InputError, match=told):
        prior_predictive(given.pop("model"), **given)


def test_a_figure_that_is_none_is_told_which_there_are() -> None:
    said = prior_predictive(rk.BGNBD, **GOOD)
    with pytest.raises(rk.InputError, match="figure must be one of 'repeat orders"):
        said["orders"]
