"""What the value of information refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.decisions import evppi_of_draws, evsi_of_draws

GAINS = rk.Draws([1.0, -2.0, 3.0, -4.0])

BAD: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (evsi_of_draws, {"gains": GAINS, "customers": 0, "n": 10}, "customers must be positive"),
    (evsi_of_draws, {"gains": GAINS, "customers": np.inf, "n": 10}, "customers must be"),
    (evsi_of_draws, {"gains": GAINS, "customers": 100, "n": -1}, "n must be 0 or more"),
    (evsi_of_draws, {"gains": GAINS, "customers": [1, 2], "n": 1}, "customers must be a single number"),
    (evsi_of_draws, {"gains": [], "customers": 100, "n": 1}, "gains must have a row for every draw"),
    (evsi_of_draws, {"gains": [np.inf, 1.0], "customers": 100, "n": 1}, "gains must be"),
    (evppi_of_draws, {"gains": GAINS, "known": [1.0, 2.0]}, "known must have as many draws as gains \\(4\\)"),
    (evppi_of_draws, {"gains": GAINS, "known": []}, "known must have a row for every draw"),
    (evppi_of_draws, {"gains": GAINS, "known": [np.nan] * 4}, "known must be"),
    (evppi_of_draws, {"gains": 3.0, "known": [1.0]}, "gains must have a row for every draw"),
]


@pytest.mark.parametrize(("ask", "given", "told"), BAD)
def test_what_is_worth_nothing_is_refused(ask: Callable[..., Any], given: dict[str, Any], told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        ask(**given)
