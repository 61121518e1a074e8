"""The climb, step by step: which steps are taken, what is learned from them, and when a climb is left."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retainkit._numerics.maximize import Evaluate, Place, climb, finish, maximize
from retainkit._numerics.newton import newton


def one_dimensional(height: Callable[[float], float], slope: Callable[[float], float], outer: float):
    """An objective of one coordinate whose outer products are a constant, and the points that it saw."""
    seen: list[float] = []

    def evaluate(points: np.ndarray, /, bent: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        seen.extend(points[:, 0].tolist())
        values, slopes = ([f(z) for z in points[:, 0].tolist()] for f in (height, slope))
        return np.array(values), np.array(slopes)[:, None], np.full((len(points), 1, 1), outer)

    return evaluate, seen


def test_a_step_that_ends_no_higher_is_shortened() -> None:
    """Half the curvature of −z² makes a step from −1 to 1, as low; the next tells what was missed."""
    evaluate, seen = one_dimensional(lambda z: -z * z, lambda z: -2.0 * z, 1.0)
    found = maximize(evaluate, np.array([-1.0]))
    assert seen[:4] == pytest.approx([-1.0, 1.0, -1.0 + 0.3 * 2.0, 0.0])
    assert found.point[0] == pytest.approx(0.0, abs=1e-9)


def test_a_climb_does_not_jump_over_its_top_into_a_lower_valley() -> None:
    """A hill at 0.5 with height 0; from 2 on the ground rises to −3 for ever."""

    def height(z: float) -> float:
        return 5.0 * np.exp(-2.0 * (z - 0.5) ** 2) - 5.0 + 2.0 / (1.0 + np.exp(-4.0 * (z - 2.5)))

    def slope(z: float) -> float:
        rising = 1.0 / (1.0 + np.exp(-4.0 * (z - 2.5)))
        return -20.0 * (z - 0.5) * np.exp(-2.0 * (z - 0.5) ** 2) + 8.0 * rising * (1.0 - rising)

    found = maximize(one_dimensional(height, slope, 0.05)[0], np.array([0.2]))
    assert found.point[0] == pytest.approx(0.5, abs=1e-2)
    assert found.value > -0.01


def test_a_fall_within_the_rounding_of_the_value_does_not_stop_a_climb() -> None:
    """A sum of 2³⁰ is known to 2e-7, and the last place of this one falls near its top."""
    evaluate, _ = one_dimensional(
        lambda z: 2.0**30 - 5e-7 * z * z - (2.0**-22 if z < 0.2 else 0.0), lambda z: -1e-6 * z, 1e-6
    )
    assert maximize(evaluate, np.array([0.3])).point[0] == pytest.approx(0.0, abs=1e-6)


def quadratic(curvature: np.ndarray, outer: np.ndarray) -> Evaluate:
    def evaluate(points: np.ndarray, /, bent: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        gradients = -points @ curvature
        return 0.5 * (points * gradients).sum(axis=1), gradients, np.repeat(outer[None], len(points), axis=0)

    return evaluate


def test_a_correction_across_the_step_is_left_out() -> None:
    """Outer products that miss only what is beside each step: a correction of rank one would divide by 0."""
    curvature = np.array([[1.0, 0.5], [0.5, 1.0]])
    start = -np.linalg.solve(curvature, np.array([1.0, 0.0]))
    found = maximize(quadratic(curvature, np.eye(2)), start)
    np.testing.assert_allclose(found.point, 0.0, atol=1e-8)
    np.testing.assert_allclose(found.curvature, curvature, rtol=1e-6)
    # across it but for a rounding: divided by that, the correction would be a wall where the climb ends
    (only,), _ = climb(quadratic(curvature, np.eye(2)), start[None] + np.array([0.0, 1e-10]))
    np.testing.assert_allclose(only.place.point, 0.0, atol=1e-3)


def test_ground_that_bends_up_is_climbed_and_not_descended() -> None:
    evaluate, _ = one_dimensional(lambda z: -((z * z - 1.0) ** 2), lambda z: -4.0 * z * (z * z - 1.0), 1.0)
    value, slope, outer = evaluate(np.array([[0.2]]))
    found = finish(evaluate, Place(np.array([0.2]), value.item(), slope[0], outer[0]), 1)
    assert found.point[0] == pytest.approx(1.0, abs=1e-6)


class Apart:
    """A sum of two functions, one of each logarithm, as `newton` takes it: slopes and bends of both."""

    def __init__(self, *parts: Callable[[float], tuple[float, float, float]]) -> None:
        self.parts = parts

    def __call__(self, theta: list[float], /) -> tuple[float, list[float], list[list[float]]]:
        (u, du, ddu), (v, dv, ddv) = (f(math.log(t)) for f, t in zip(self.parts, theta, strict=True))
        s, t = theta
        return u + v, [du / s, dv / t], [[(ddu - du) / s**2, 0.0], [0.0, (ddv - dv) / t**2]]

    def outer(self, theta: list[float], /) -> np.ndarray:
        return np.eye(len(theta))


def two_hills(z: float) -> tuple[float, float, float]:
    return -((z * z - 1.0) ** 2), -4.0 * z * (z * z - 1.0), 4.0 - 12.0 * z * z


def parabola(z: float) -> tuple[float, float, float]:
    return -z * z, -2.0 * z, -2.0


def ridge(z: float) -> tuple[float, float, float]:
    """Nearly straight on both sides of 0: the quadratic from there ends far beyond, and lower."""
    return -math.log(math.cosh(5.0 * z)), -5.0 * math.tanh(5.0 * z), -25.0 / math.cosh(5.0 * z) ** 2


@pytest.mark.parametrize(
    ("parts", "start", "top"),
    [
        ((two_hills, parabola), (0.2, 1.5), (1.0, 0.0)),
        ((parabola, two_hills), (1.5, 0.2), (0.0, 1.0)),
        ((ridge, parabola), (0.5, 0.0), (0.0, 0.0)),
    ],
)
def test_newton_climbs_where_the_quadratic_misleads(parts: Any, start: Any, top: Any) -> None:
    found = newton(Apart(*parts), np.array(start))
    np.testing.assert_allclose(found.point, top, atol=1e-6)
    assert abs(found.decrement) < 1e-8


def test_a_climb_that_has_just_arrived_is_not_taken_for_one_that_creeps() -> None:
    """Five steps from near the top gain less than counts, and then there is nothing left to gain."""
    near = np.array([[0.1, 0.1, -0.1, 0.1]])
    climbs, used = climb(quadratic(np.diag([0.3, 0.7, 1.4, 1.8]), np.eye(4)), near)
    assert climbs[0].ended
    assert used > 5
    crept, _ = climb(one_dimensional(lambda z: -np.exp(-z), lambda z: np.exp(-z), 1.0)[0], np.zeros((1, 1)))
    assert crept[0].lost


def test_climbs_are_caught_by_earlier_ones_and_left_below_a_bar() -> None:
    evaluate = quadratic(np.eye(2), np.eye(2))
    first, used = climb(evaluate, np.array([[1.0, 1.0]]))
    both, more = climb(evaluate, np.array([[0.3, -0.2]]), earlier=first)
    assert both[0].place is first[0].place
    assert (both[1].caught_by, more) == (0, 1)
    assert used > 1
    slow, _ = one_dimensional(lambda z: -np.exp(-z / 10.0), lambda z: np.exp(-z / 10.0) / 10.0, 1.0)
    _, without = climb(slow, np.zeros((1, 1)))
    _, below = climb(slow, np.zeros((1, 1)), bar=20.0)
    assert below < without
