"""The life table meets the textbook's rows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np

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
