"""The mean over the draws of a response curve, for decisions that choose one spending for all draws."""

from __future__ import annotations

import numpy as np

from retainkit.decisions.spending.response_curves import ResponseCurve
from retainkit.errors import InputError
from retainkit.typing import NumberLike, Real


def has_draws(curve: ResponseCurve) -> bool:
    """Whether a rate of the curve is an array of draws."""
    return np.ndim(curve.at(np.zeros(()))) > 0


def check_mean(argument: str, curve: ResponseCurve) -> None:
    """Refuse draws of S-shaped curves: their mean may bend more than once."""
    if has_draws(curve) and not curve.is_concave:
        rule = "must have diminishing returns from the start where it comes as draws"
        way_out = "Give the curve at its estimate, or decide for each draw."
        raise InputError("not-supported", argument, type(curve).__name__, rule, way_out)


class MeanResponse(ResponseCurve):
    """The mean over the draws: it has diminishing returns where all draws have them."""

    def __init__(self, curve: ResponseCurve) -> None:
        self._curve = curve
        self.floor, self.ceiling = float(np.mean(curve.floor)), float(np.mean(curve.ceiling))

    @property
    def inflection(self) -> Real:
        return float(np.max(self._curve.inflection))

    def at(self, spend: NumberLike) -> NumberLike:
        return np.asarray(self._curve.at(np.asarray(spend)[..., None])).mean(axis=-1)

    def slope(self, spend: NumberLike) -> NumberLike:
        return np.asarray(self._curve.slope(np.asarray(spend)[..., None])).mean(axis=-1)
