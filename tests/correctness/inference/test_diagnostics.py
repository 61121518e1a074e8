"""The limits of each verdict: what is just within and what is just beyond."""

from __future__ import annotations

import numpy as np
import pytest

import retainkit as rk
from retainkit._numerics.maximize import Maximum
from retainkit.inference.diagnostics import diagnose
from retainkit.inference.search import Search
from retainkit.inference.view import View
from retainkit.models.family import PlainFamily

NBD: PlainFamily[rk.NBD] = PlainFamily(rk.NBD)
VIEW = View(NBD, None, None)
ROWS = rk.Purchases(frequency=[1.0], recency=[1.0], T=[2.0])


def verdict(
    weakest: float, *, travelled: float = 0.0, along: int = 1, decrement: float = 0.0, rounding: float = 0.0
) -> str:
    """Of a maximum with information 10 of r and `weakest` of alpha, `travelled` from the start."""
    point = np.zeros(2)
    point[along] = travelled
    curvature = np.diag([10.0, weakest])
    found = Maximum(point, -100.0, np.zeros(2), curvature, curvature, decrement, 9, rounding)
    return diagnose(Search(found, 1, 1), np.zeros(2), VIEW, ROWS, 9).code


@pytest.mark.parametrize(
    ("within", "beyond", "code"),
    [
        ({"weakest": 2e-3}, {"weakest": 5e-4}, "flat"),
        ({"weakest": 2e-3, "rounding": 4e-4}, {"weakest": 2e-3, "rounding": 6e-4}, "flat"),
        ({"weakest": 1.0, "decrement": 9e-9}, {"weakest": 1.0, "decrement": 2e-8}, "not-converged"),
        ({"weakest": 1.0, "travelled": 15.9}, {"weakest": 1.0, "travelled": 16.1}, "boundary"),
        ({"weakest": 1.0, "travelled": -15.9, "along": 0}, {"weakest": 1.0, "travelled": -16.1}, "boundary"),
        ({"weakest": 2e-3, "travelled": 6.0}, {"weakest": 5e-4, "travelled": 6.0}, "boundary"),
        ({"weakest": 2e-3}, {"weakest": -2e-3}, "saddle"),
        ({"weakest": 2e-3}, {"weakest": -5e-4}, "flat"),
        ({"weakest": 2e-3}, {"weakest": 5e-4, "travelled": 4.9}, "flat"),
        ({"weakest": 2e-3}, {"weakest": float("nan")}, "not-converged"),
    ],
)
def test_each_verdict_begins_where_it_says(
    within: dict[str, float], beyond: dict[str, float], code: str
) -> None:
    assert verdict(**within) == "converged"  # type: ignore[arg-type]
    assert verdict(**beyond) == code  # type: ignore[arg-type]
