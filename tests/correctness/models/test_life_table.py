"""The life table meets the textbook's rows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from retainkit.models.contractual.nonparametric.life_table import LifeTable
from retainkit.summaries import Renewals

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "life_table.toml").read_text("utf-8"))


def test_angina_pectoris() -> None:
    case = REFERENCE["angina"]
    years = len(case["left"])
    duration = [*np.tile(np.arange(years) + 0.5, 2), years + 0.5]
    event = [*[1] * years, *[0] * (years + 1)]
    weight = np.array([*case["left"], *case["withdrawn"], case["still_there"]])
    some = weight > 0
    data = Renewals(duration=np.array(duration)[some], event=np.array(event)[some], weight=weight[some])
    table = LifeTable.estimate(data, edges=np.arange(years + 1))
    np.testing.assert_array_equal(table.at_risk[0], 2418)
    np.testing.assert_array_equal(table.exposure, case["exposure"])
    np.testing.assert_array_equal(table.withdrawn, case["withdrawn"])
    np.testing.assert_allclose(table.shares[1:], case["survival"], rtol=1e-12)
    np.testing.assert_allclose(table.shares_error[1:], case["survival_error"], rtol=1e-12)
    np.testing.assert_allclose(table.hazard_rate, case["hazard"], rtol=1e-12)
    np.testing.assert_allclose(table.hazard_rate_error, case["hazard_error"], rtol=1e-12)


def test_those_who_come_or_are_last_seen_within_an_interval_count_half() -> None:
    data = Renewals(
        duration=[12, 30, 8, 24, 24, 10],
        event=[0, 0, 0, 1, 0, 0],
        entry=[0, 0, 0, 6, 12, 4],
        weight=[1, 2, 4, 8, 16, 32],
    )
    table = LifeTable.estimate(data, width=12)
    # in (0, 12]: 7 there at 0; of 8 + 32 who come within and 4 + 32 last seen within a half; 1 at its end
    np.testing.assert_array_equal(table.exposure, [7 + 20 - 18, 2 + 8 + 16, 2 - 1])
    np.testing.assert_array_equal(table.entered, [40, 0, 0])
    np.testing.assert_array_equal(table.withdrawn, [37, 16, 2])
    np.testing.assert_array_equal(table.left, [0, 8, 0])


def test_the_last_interval_is_as_any_other() -> None:
    """By hand: last seen within it, at its end and after it, leaving at its end, and coming at its end."""
    data = Renewals(
        duration=[6, 10, 12, 12, 15, 15, 14, 3], event=[1, 0, 1, 0, 1, 0, 0, 0],
        entry=[0, 0, 0, 0, 0, 0, 12, 0], weight=[1, 2, 4, 8, 16, 32, 64, 128],
    )  # fmt: skip
    cut = LifeTable.estimate(data, edges=[0, 5, 12])
    # in (5, 12] 63 are there; 2 last seen within count half, 8 at its end and 48 after it in full
    np.testing.assert_array_equal(cut.at_risk, [191, 63])
    np.testing.assert_array_equal(cut.exposure, [191 - 64, 63 - 1])
    np.testing.assert_array_equal(cut.left, [0, 1 + 4])
    np.testing.assert_array_equal(cut.withdrawn, [128, 2 + 8])
    np.testing.assert_array_equal(cut.entered, [0, 0])
    assert cut.survival(12) == pytest.approx(1 - 5 / 62, rel=1e-14)
    # a width that does not divide the longest tenure: the last interval (10, 20] ends past it
    whole = LifeTable.estimate(data, width=10)
    np.testing.assert_array_equal(whole.edges, [0, 10, 20])
    np.testing.assert_array_equal(whole.at_risk, [191, 60])
    # 64 come within and are last seen within; 8 + 32 + 64 are last seen within, nobody at its end
    np.testing.assert_array_equal(whole.exposure, [191 - 64, 60 + 32 - 52])
    np.testing.assert_array_equal(whole.left, [1, 4 + 16])
    np.testing.assert_array_equal(whole.withdrawn, [130, 104])
    assert whole.hazard(20) == pytest.approx(20 / (10 * (40 - 10)), rel=1e-14)
    assert LifeTable.estimate(data, width=5).edges[-1] == 15  # and none more where it divides it
