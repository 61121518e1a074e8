"""A response curve among the inputs of a decision: its parameters by name, and the mean over its draws.

A decision that chooses one spending for all draws takes the mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

import numpy as np

from retainkit.decisions._base.draws import bare
from retainkit.decisions._base.inputs import Stated
from retainkit.decisions.spending.response_curves import ResponseCurve
from retainkit.domains import POSITIVE, Domain
from retainkit.errors import InputError
from retainkit.typing import NumberLike, Real

# the ends are rates; whatever else a curve has shapes its way between them
_MEANINGS = {"ceiling": "rate that no spending exceeds", "floor": "rate without spending"}


def stated_of(name: str, curve: ResponseCurve, ends: Domain) -> dict[str, Stated]:
    """The parameters of a curve as inputs of a decision, ``name.k``; none where it has no named ones."""
    if not is_dataclass(curve):
        return {}
    named = {f.name: bare(getattr(curve, f.name)) for f in fields(curve)}
    return {
        f"{name}.{key}": Stated(
            value, ends if key in _MEANINGS else POSITIVE, _MEANINGS.get(key, "shape of the response")
        )
        for key, value in named.items()
        if isinstance(value, float | np.ndarray)  # a curve of one's own may hold other things
    }


def curve_with(name: str, curve: ResponseCurve, values: Mapping[str, Real]) -> ResponseCurve:
    """The curve with other parameters, by the names of `stated_of`."""
    if not is_dataclass(curve):
        return curve
    own = {f.name: values[f"{name}.{f.name}"] for f in fields(curve) if f"{name}.{f.name}" in values}
    return replace(cast("Any", curve), **own) if own else curve


def check_mean(argument: str, curve: ResponseCurve) -> None:
    """Refuse draws of S-shaped curves, whose mean may bend more than once, and columns of curves."""
    if getattr(curve, "is_column", False):
        rule = "must be one curve: its parameters are numbers, or draws of them"
        way_out = "Draws are rk.Draws(...); give each segment a curve of its own."
        raise InputError("wrong-shape", argument, str(curve), rule, way_out)
    if curve.has_draws and not curve.is_concave:
        rule = "must have diminishing returns from the start where it comes as draws"
        way_out = "Give the curve at its estimate, or decide for each draw."
        raise InputError("not-supported", argument, type(curve).__name__, rule, way_out)


class MeanResponse(ResponseCurve):
    """The mean over the draws: it has diminishing returns where all draws have them."""

    def __init__(self, curve: ResponseCurve) -> None:
        self._curve = curve
        self.floor, self.ceiling = (float(np.mean(np.asarray(end))) for end in (curve.floor, curve.ceiling))

    @property
    def inflection(self) -> Real:
        # beyond the last inflection of all draws the mean flattens, too
        return float(np.max(self._curve.inflection))

    def at(self, spend: NumberLike) -> NumberLike:
        return np.asarray(self._curve.at(np.asarray(spend)[..., None])).mean(axis=-1)

    def slope(self, spend: NumberLike) -> NumberLike:
        return np.asarray(self._curve.slope(np.asarray(spend)[..., None])).mean(axis=-1)
