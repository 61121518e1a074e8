"""Cumulative incidence and its variance: those of lifelines without ties, exact fractions with ties."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from retainkit.errors import InputError
from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen
from retainkit.models.contractual.nonparametric.estimate import Transform
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.summaries import Renewals

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "aalen_johansen.toml").read_text("utf-8")
)
ROWS = [  # tenure, event, customers: many ties, and the last who are there all leave
    *[(1, 1, 7), (1, 2, 4), (1, 0, 3), (2, 1, 5), (2, 0, 6), (3, 2, 8), (3, 1, 2), (5, 0, 4)],
    *[(6, 1, 3), (6, 2, 1), (8, 2, 2), (8, 0, 2), (9, 1, 1), (9, 2, 2)],
]
TIMES = sorted({t for t, _, _ in ROWS})


def tied() -> Renewals:
    duration, event, weight = zip(*ROWS, strict=True)
    return Renewals(duration=duration, event=event, weight=weight, reasons=("voluntary", "involuntary"))


def exact_incidence_and_variance(reason: int, until: int) -> tuple[Fraction, Fraction]:
    """Marubini and Valsecchi's three sums, term by term; terms in which the last leave are their limit."""
    incidence, variance, steps = Fraction(0), Fraction(0), []
    survival = Fraction(1)
    for t in (t for t in TIMES if t <= until):
        n = sum(w for u, _, w in ROWS if u >= t)
        d = sum(w for u, e, w in ROWS if u == t and e > 0)
        own = sum(w for u, e, w in ROWS if u == t and e == reason)
        incidence += survival * Fraction(own, n)
        steps.append((survival, n, d, own, incidence))
        survival *= Fraction(n - d, n)
    for before, n, d, own, then in steps:
        ahead = incidence - then
        variance += before**2 * Fraction(own * (n - own), n**3) - 2 * ahead * before * Fraction(own, n**2)
        variance += ahead**2 * Fraction(d, n * (n - d)) if d < n else 0
    return incidence, variance


@pytest.mark.parametrize("reason", [1, 2])
def test_without_ties_incidence_and_variance_are_those_of_lifelines(reason: int) -> None:
    case = REFERENCE["untied"]
    theirs = case[f"reason_{reason}"]
    estimate = AalenJohansen.estimate(
        Renewals(duration=case["duration"], event=case["event"], reasons=("1", "2"))
    )
    found = estimate.cumulative_incidence(str(reason), theirs["t"])
    np.testing.assert_allclose(found, theirs["incidence"], rtol=1e-12)
    errors = np.asarray(estimate.standard_error(str(reason), theirs["t"]))
    np.testing.assert_allclose(errors**2, theirs["variance"], rtol=1e-10)


@pytest.mark.parametrize("reason", [1, 2])
@pytest.mark.parametrize("until", TIMES)
def test_with_ties_incidence_and_variance_are_exact(reason: int, until: int) -> None:
    name = ("voluntary", "involuntary")[reason - 1]
    estimate = AalenJohansen.estimate(tied())
    incidence, variance = exact_incidence_and_variance(reason, until)
    assert estimate.cumulative_incidence(name, until) == pytest.approx(float(incidence), rel=1e-13)
    assert estimate.standard_error(name, until) == pytest.approx(float(variance) ** 0.5, rel=1e-12)


def test_transforms_are_those_of_kaplan_meier_seen_from_the_other_side() -> None:
    one_reason = Renewals(duration=[1, 2, 2, 3, 5], event=[1, 1, 0, 1, 0], weight=[10, 20, 5, 7, 40])
    curve, left = KaplanMeier.estimate(one_reason), AalenJohansen.estimate(one_reason)
    seen = {}
    for transform in get_args(Transform):
        low, high = curve.interval([1, 2, 5], 0.9, transform=transform)
        lower, upper = seen[transform] = left.interval("left", [1, 2, 5], 0.9, transform=transform)
        np.testing.assert_allclose(lower, 1.0 - np.asarray(high), rtol=1e-12)
        np.testing.assert_allclose(upper, 1.0 - np.asarray(low), rtol=1e-12)
    # after one tenure the share is binomial: 10 of 82, plain bounds are Wald's
    reach = 1.6448536269514722 * (10 * 72 / 82**3) ** 0.5
    assert seen["plain"][1][0] == pytest.approx(10 / 82 + reach, rel=1e-12)
    assert len({float(bounds[1][0]) for bounds in seen.values()}) == 3
    with pytest.raises(InputError, match=r"^transform"):
        left.interval("left", 1, transform="logit")  # pyright: ignore[reportArgumentType]
