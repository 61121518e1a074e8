"""Functions of levels and times, of many times from few."""

from __future__ import annotations

import numpy as np
import pytest

from retainkit._numerics.interpolate import by_level
from retainkit.typing import Array

LEVEL: Array = np.floor(np.random.default_rng(1).integers(0, 40, 60_000) ** 2 / 40.0)
TIME = np.random.default_rng(2).uniform(0.0, 300.0, LEVEL.size)


class Counted:
    """A function that knows how many rows it was asked for."""

    def __init__(self, function: object) -> None:
        self.function, self.rows = function, 0

    def __call__(self, level: np.ndarray, t: np.ndarray) -> np.ndarray:
        self.rows += t.size
        return self.function(level, t)  # type: ignore[operator]


@pytest.mark.parametrize(("near", "few"), [(1e-3, 0.9), (0.1, 0.9), (5.0, 0.5), (1e4, 0.1)])
def test_a_smooth_function_is_asked_at_few_times(near: float, few: float) -> None:
    asked = Counted(lambda level, t: (near / (near + t)) ** (1.5 + level) / (3.0 * near + t))
    found = by_level(asked, LEVEL, TIME, near)
    assert asked.rows < few * LEVEL.size
    right = asked.function(LEVEL, TIME)  # type: ignore[operator]
    # it is the logarithm that is interpolated, whose rounding grows with its size
    assert np.all(np.abs(found / right - 1.0) < 2e-13 + 2.0**-47 * np.abs(np.log(right)))


@pytest.mark.parametrize(
    "function",
    [
        lambda level, t: 1.0 + level + (t > 123.4),
        lambda level, t: level + np.abs(t - 77.0) ** 0.5 + 0.01,
        lambda level, t: np.maximum(t - 50.0, 0.0) * (1.0 + level),
        lambda level, t: np.where(level > 10.0, np.inf, 2.0 + t),
        lambda level, t: np.sin(t) + 0.0 * level,
        lambda level, t: 1.0 + np.exp(-(((t - 3.0) / 1e-3) ** 2)) + level,
    ],
)
def test_what_is_not_smooth_is_computed_row_by_row(function: object) -> None:
    asked = Counted(function)
    np.testing.assert_allclose(by_level(asked, LEVEL, TIME, 1.0), asked.function(LEVEL, TIME), rtol=1e-9)  # type: ignore[operator]


def test_levels_of_few_rows_draws_and_one_time_only() -> None:
    def of_draws(level: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.array([[0.5], [2.0]]) * (1.0 + level) / (4.0 + t)

    rare = np.where(np.arange(LEVEL.size) < 30, 1e6 + np.arange(LEVEL.size), LEVEL)
    np.testing.assert_allclose(by_level(of_draws, rare, TIME, 4.0), of_draws(rare, TIME), rtol=3e-13)
    same = np.full(LEVEL.size, 7.0)
    np.testing.assert_array_equal(by_level(of_draws, LEVEL, same, 4.0), of_draws(LEVEL, same))
