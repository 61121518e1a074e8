"""What no data could have given is refused where a document says it, by the field that says it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import retainkit as rk

MEMBERS = rk.Renewals.from_survivors([1000, 869, 743, 653], unit="year")
BETWEEN = rk.Renewals.from_intervals([0, 3, 6, 9], [3, 6, 6, np.inf])


@pytest.mark.parametrize(
    ("thing", "place", "value", "rule"),
    [
        (rk.KaplanMeier.estimate(MEMBERS), ("shares", 1), -0.2, "KaplanMeier shares must fall from 1"),
        (rk.KaplanMeier.estimate(MEMBERS), ("shares", 2), 1.2, "KaplanMeier shares must fall from 1"),
        (rk.KaplanMeier.estimate(MEMBERS), ("shares",), [1.0], "with a share for each tenure"),
        (rk.NelsonAalen.estimate(MEMBERS), ("log_variance", 1), -1, "a variance of 0 or more for each share"),
        (rk.Turnbull.estimate(BETWEEN), ("risk", "at_risk", 0), -5, "at_risk of 0 or more at each tenure"),
        (rk.KaplanMeier.estimate(MEMBERS), ("risk", "time"), [], "must have tenures that rise"),
        (rk.KaplanMeier.estimate(MEMBERS), ("risk", "left", 0, 0), 2000, "more customers leave than there"),
        (rk.LifeTable.estimate(MEMBERS), ("left", 0), 1e6, "left must not be more than were exposed"),
        (rk.LifeTable.estimate(MEMBERS), ("edges", 0), 99, "edges must ascend"),
        (rk.LifeTable.estimate(MEMBERS), ("entered", 0), -1, "entered must be 0 or more in each"),
        (rk.models.AalenJohansen.estimate(MEMBERS), ("variance", 0, 1), -1, "variance must be 0 or more"),
        (rk.models.AalenJohansen.estimate(MEMBERS), ("shares", 0, 1), 2, "shares must rise from 0"),
        (
            rk.models.AalenJohansen.estimate(MEMBERS),
            ("all_reasons", "shares", 1),
            2,
            "KaplanMeier shares must fall",
        ),
        (rk.fit(rk.ShiftedBetaGeometric, MEMBERS), ("covariance", 0, 0), -1.0, "no variance below 0"),
        (
            rk.fit(rk.ShiftedBetaGeometric, MEMBERS),
            ("robust_covariance",),
            [[1.0]],
            "a row for each parameter",
        ),
    ],
)
def test_it_is_refused(thing: Any, place: tuple[Any, ...], value: Any, rule: str) -> None:
    told = json.loads(thing.model_dump_json())
    assert type(thing).from_json(json.dumps(told)) == thing
    inner = told
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(rk.InputError, match=rule):
        type(thing).from_json(json.dumps(told))
