"""Kaplan–Meier, Nelson–Aalen and restricted means meet printed numbers and those of others."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen
from retainkit.summaries import Renewals

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "kaplan_meier.toml").read_text("utf-8"))


def together(*groups: dict[str, list[float]]) -> Renewals:
    duration, event, weight = (
        np.concatenate([g[n] for g in groups]) for n in ("duration", "event", "weight")
    )
    return Renewals(duration=duration, event=event, weight=weight)


def waltons() -> KaplanMeier:
    case = REFERENCE["waltons"]
    return KaplanMeier.estimate(together(case["control"], case["mir_137"]))


def remissions() -> Renewals:
    return Renewals(**REFERENCE["leukaemia"]["a"], unit="week")


def test_waltons_survival_and_median_as_listed() -> None:
    listed, curve = REFERENCE["waltons"]["listed"], waltons()
    assert curve.risk.customers == 163
    np.testing.assert_allclose(
        curve.survival(listed["t"]), listed["survival"], atol=listed["digit"] / 2, rtol=0
    )
    assert curve.median == listed["median"]


@pytest.mark.parametrize("case", ["waltons", "leukaemia"])
def test_survival_and_bounds_are_those_of_lifelines(case: str) -> None:
    theirs = REFERENCE[case]["lifelines"]
    curve = waltons() if case == "waltons" else KaplanMeier.estimate(remissions())
    lower, upper = curve.interval(theirs["t"])
    np.testing.assert_allclose(curve.survival(theirs["t"]), theirs["survival"], rtol=1e-12)
    np.testing.assert_allclose(lower, theirs["lower"], rtol=1e-12)
    np.testing.assert_allclose(upper, theirs["upper"], rtol=1e-12)
    assert curve.quantile_interval(0.5) == tuple(theirs["median_interval"])


def test_late_entry_gives_what_lifelines_gives() -> None:
    case = REFERENCE["late_entry"]
    data = Renewals(duration=case["duration"], event=case["event"], entry=case["entry"], unit="year")
    curve = KaplanMeier.estimate(data)
    lower, upper = curve.interval(case["t"])
    np.testing.assert_allclose(curve.survival(case["t"]), case["survival"], rtol=1e-12)
    np.testing.assert_allclose(lower, case["lower"], rtol=1e-12)
    np.testing.assert_allclose(upper, case["upper"], rtol=1e-12)
    assert curve.median == case["median"]


def test_greenwoods_standard_errors_are_exact() -> None:
    exact = REFERENCE["leukaemia"]["exact"]
    found = KaplanMeier.estimate(remissions()).standard_error(exact["t"])
    np.testing.assert_allclose(found, exact["standard_error"], rtol=1e-12)


def test_cumulative_hazard_and_its_error_are_exact() -> None:
    exact = REFERENCE["leukaemia"]["nelson_aalen"]
    curve = NelsonAalen.estimate(remissions())
    np.testing.assert_allclose(curve.cumulative_hazard(exact["t"]), exact["cumulative_hazard"], rtol=1e-12)
    errors = curve.cumulative_hazard_standard_error(exact["t"])
    np.testing.assert_allclose(errors, exact["standard_error"], rtol=1e-12)


def test_restricted_mean_of_rossi_as_listed() -> None:
    case: dict[str, Any] = REFERENCE["rossi"]
    found = KaplanMeier.estimate(Renewals(**case["data"], unit="week")).restricted_mean(case["horizon"])
    assert found.mean == pytest.approx(case["restricted_mean"], abs=case["digit"] / 2)
