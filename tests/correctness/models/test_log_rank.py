"""The log-rank test and its weightings meet printed numbers and those of others."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.models.contractual.nonparametric.log_rank import log_rank
from retainkit.summaries import Renewals

FOLDER = Path(__file__).parents[2] / "reference"
REFERENCE = tomllib.loads((FOLDER / "log_rank.toml").read_text("utf-8"))
DATA = tomllib.loads((FOLDER / "kaplan_meier.toml").read_text("utf-8"))


def groups_of(case: dict[str, Any]) -> dict[str, Renewals]:
    data = DATA[case["data"]]
    return {
        name: Renewals(**columns)
        for name, columns in data.items()
        if name in ("a", "b", "control", "mir_137")
    }


@pytest.mark.parametrize("case", REFERENCE["printed"], ids=lambda c: c["data"])
def test_statistic_observed_and_expected_as_printed(case: dict[str, Any]) -> None:
    found = log_rank(groups_of(case))
    assert found.observed == tuple(case["observed"])
    np.testing.assert_allclose(found.expected, case["expected"], atol=case["expected_digit"] / 2, rtol=0)
    assert found.statistic == pytest.approx(case["statistic"], abs=case["statistic_digit"] / 2)
    assert found.p_value == pytest.approx(case["p_value"], abs=case["p_value_digit"] / 2)


@pytest.mark.parametrize("case", REFERENCE["lifelines"], ids=lambda c: f"{c['data']} {c['weighting']}")
def test_every_weighting_gives_what_lifelines_gives(case: dict[str, Any]) -> None:
    found = log_rank(groups_of(case), weighting=case["weighting"])
    assert found.statistic == pytest.approx(case["statistic"], rel=1e-12)
    assert found.p_value == pytest.approx(case["p_value"], rel=1e-11)
    assert found.degrees_of_freedom == 1


def test_four_groups_have_three_degrees_of_freedom() -> None:
    case = REFERENCE["four_groups"]
    found = log_rank({f"stage {i}": Renewals(**case[f"stage_{i}"]) for i in (1, 2, 3, 4)})
    assert found.degrees_of_freedom == 3
    assert found.statistic == pytest.approx(case["statistic"], rel=1e-12)
    assert found.p_value == pytest.approx(case["p_value"], rel=1e-11)
