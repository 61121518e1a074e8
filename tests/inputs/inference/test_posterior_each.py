"""What posteriors of segments refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest

import retainkit as rk
from retainkit.inference import posterior_each

ROWS = rk.Geometric(0.1).sample([12.0] * 40, seed=1)
MONTHS = rk.Geometric(0.1, unit="month").sample([12.0] * 40, seed=1)
WEEKS = rk.Geometric(0.1, unit="week").sample([12.0] * 40, seed=1)
GOOD: dict[str, Any] = {"model": rk.Geometric, "summaries": [ROWS, ROWS], "seed": 1, "draws": 20}

BAD: list[tuple[dict[str, Any], str]] = [
    ({"summaries": []}, "summaries must have at least one segment"),
    ({"summaries": ROWS}, "summaries must be a mapping"),
    ({"summaries": {1: ROWS, "1": ROWS}}, "summaries must have names that differ"),
    ({"summaries": [ROWS, {}]}, "summaries\\[1\\] must be Renewals"),
    ({"summaries": [MONTHS, WEEKS]}, "unit must be the same for all"),
    ({"draws": 0}, "draws must be"),
    ({"seed": None}, "seed must be"),
    ({"prior": "flat"}, "prior must be proper"),
    ({"prior": rk.priors.LogNormal(0.0, 1.0)}, "prior must be a share between 0 and 1"),
    ({"spread_prior": 0.5}, "spread_prior must be one prior of rk.priors for numbers above 0"),
    ({"spread_prior": rk.priors.Normal(0.0, 1.0)}, "spread_prior must be one prior"),
    ({"fixed": {"beta": 1.0}}, "fixed must name parameters"),
]


@pytest.mark.parametrize(("changed", "told"), BAD)
def test_what_are_no_segments_is_refused_with_a_way_out(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        posterior_each(**{**GOOD, **changed})


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("Beta", (0, 1)), ("Beta", (2.0, float("inf"))), ("Gamma", (2.0, 0.0)), ("HalfNormal", (0.0,)),
        ("LogNormal", (1.0, float("inf"))), ("LogitNormal", (-1.0, 0.0)), ("Normal", (0.0, float("inf"))),
    ],
)  # fmt: skip
def test_an_improper_prior_is_told_a_proper_one_of_its_kind(kind: str, values: tuple[float, ...]) -> None:
    with pytest.raises(rk.InputError, match="must be proper") as caught:
        getattr(rk.priors, kind)(*values)
    said = re.search(rf"rk\.priors\.{kind}\((.+)\)\.$", caught.value.way_out)
    assert said is not None
    assert getattr(rk.priors, kind)(*map(float, said[1].split(","))).domain is getattr(rk.priors, kind).domain


def test_an_improper_spread_and_a_segment_that_is_none_are_told() -> None:
    with pytest.raises(rk.InputError, match="HalfNormal sigma must be proper"):
        rk.priors.HalfNormal(float("inf"))
    each = posterior_each(**GOOD)
    with pytest.raises(rk.InputError, match="segment must be one of '0', '1'"):
        each["2"]


def test_segments_without_any_evidence_are_refused_unless_a_prior_is_stated() -> None:
    seen = rk.Purchases(frequency=[0, 0], recency=[0, 0], T=[9.0, 8.0])
    given: dict[str, Any] = {"summaries": [seen, seen], "seed": 1, "draws": 20}
    with pytest.raises(rk.FitError, match="not identified"):
        posterior_each(rk.NBD, **given)
    each = posterior_each(rk.NBD, **given, prior=rk.priors.LogNormal(0.0, 1.0))
    assert len(each["0"]) == 20
