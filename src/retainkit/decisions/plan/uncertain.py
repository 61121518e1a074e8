"""An effect that is not known exactly: a number, a range that holds it nine times in ten, or mean and sd."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self, TypeAlias, get_args

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from retainkit.decisions.plan._fields import AbstractInput, Amount, Money
from retainkit.errors import InputError, check_choice
from retainkit.typing import Array, NumberLike

Distribution: TypeAlias = Literal["normal", "lognormal", "uniform"]
_Z90 = 1.6448536269514722  # the 95% point of a standard normal: nine draws in ten lie within ± it


class UncertainEffect(AbstractInput):
    """An effect and how sure it is, given in one of three ways.

    Raises `InputError` for none or several of the ways, and a range upside down.

    Parameters
    ----------
    value : float
        Known exactly.
    low, high : float
        The range that holds it with a chance of 90%: 5% lie below `low` and 5% above `high`.
    mean, sd : float
        Its mean and its standard deviation.
    distribution : {"normal", "lognormal", "uniform"}, optional
        By default lognormal for hazard ratios, which are above 0, and normal for all else.
    meant : bool
        That a lift above 1, more than 100%, is meant: who writes 5 mostly means 5%.

    Examples
    --------
    >>> UncertainEffect(low=0.8, high=0.95).describe()
    '0.8 to 0.95'
    """

    value: Annotated[Money | None, Field(description="a number, known exactly")] = None
    low: Annotated[Money | None, Field(description="5% lie below")] = None
    high: Annotated[Money | None, Field(description="5% lie above")] = None
    mean: Annotated[Money | None, Field(description="the mean")] = None
    sd: Annotated[Amount | None, Field(description="the standard deviation")] = None
    distribution: Annotated[Distribution | None, Field(description="its shape")] = None
    meant: Annotated[bool, Field(description="that a lift above 1 is meant")] = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        names = ("value", "low", "high", "mean", "sd")
        given = tuple(name for name in names if getattr(self, name) is not None)
        if given not in (("value",), ("low", "high"), ("mean", "sd")):
            rule = "must be given, or low and high, or mean and sd in its place"
            way_out = "low and high are the ends of the range that holds the effect nine times in ten."
            raise InputError("not-one-of", "value", " and ".join(given) or None, rule, way_out)
        if self.low is not None and self.high is not None and self.low > self.high:
            rule = f"must not be above high, {self.high:g}"
            way_out = "A hazard ratio of 0.8 is the better one, and the low one."
            raise InputError("not-ascending", "low", self.low, rule, way_out)
        return self

    @property
    def certain(self) -> bool:
        """Whether there is nothing to learn."""
        return self.value is not None or self.sd == 0.0 or (self.low is not None and self.low == self.high)

    def quantile(self, chance: Array, default: Distribution) -> Array:
        """The values below which the effect lies with these chances.

        >>> UncertainEffect(low=1, high=3).quantile(np.array([0.05, 0.5, 0.95]), "normal").round(9)
        array([1., 2., 3.])
        """
        from scipy.special import ndtri

        check_choice("default", default, get_args(Distribution))
        if self.certain:
            known = next(v for v in (self.value, self.mean, self.low) if v is not None)
            return np.full(chance.shape, known)
        kind = self.distribution or default
        if kind == "lognormal":
            centre, scale = self._log_parts()
            return np.exp(centre + scale * ndtri(chance))
        if kind == "uniform":
            bottom, top = self._bounds()
            return bottom + (top - bottom) * chance
        centre, scale = self._normal_parts()
        return centre + scale * ndtri(chance)

    def centre(self, default: Distribution) -> float:
        """The mean."""
        check_choice("default", default, get_args(Distribution))
        if self.certain or self.mean is not None:
            return float(next(v for v in (self.value, self.mean, self.low) if v is not None))
        if (self.distribution or default) == "lognormal":
            centre, scale = self._log_parts()
            # the mean of a log-normal lies above its median
            return math.exp(centre + 0.5 * scale * scale)
        return self._normal_parts()[0]

    def describe(self) -> str:
        """``0.8 to 0.95``, ``2 ± 0.5`` or ``0.9``."""
        if self.low is not None:
            return f"{self.low:g} to {self.high:g}"
        return f"{self.value:g}" if self.sd is None else f"{self.mean:g} ± {self.sd:g}"

    def _normal_parts(self) -> tuple[float, float]:
        if self.low is not None and self.high is not None:
            return 0.5 * (self.low + self.high), (self.high - self.low) / (2.0 * _Z90)
        assert self.mean is not None
        assert self.sd is not None
        return self.mean, self.sd

    def _bounds(self) -> tuple[float, float]:
        """Of a uniform effect: beyond low and high lie 5% each."""
        if self.low is not None and self.high is not None:
            # nine tenths of the width between them, a twentieth on either side: 1/18 of what is given
            beyond = (self.high - self.low) / 18.0
            return self.low - beyond, self.high + beyond
        centre, sd = self._normal_parts()
        # a uniform of width w has the standard deviation w/√12
        return centre - math.sqrt(3.0) * sd, centre + math.sqrt(3.0) * sd

    def _log_parts(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        lowest = self.low if self.low is not None else self.mean
        assert lowest is not None
        if lowest <= 0.0:
            rule = "must be above 0 for a lognormal effect"
            way_out = "Name another distribution, or give a range above 0."
            raise InputError("out-of-range", "low" if self.low is not None else "mean", lowest, rule, way_out)
        if self.low is not None and self.high is not None:
            bottom, top = math.log(self.low), math.log(self.high)
            return 0.5 * (bottom + top), (top - bottom) / (2.0 * _Z90)
        assert self.mean is not None
        assert self.sd is not None
        # of the logarithm, such that mean and sd are those of the effect itself
        variance = math.log1p((self.sd / self.mean) ** 2)
        return math.log(self.mean) - 0.5 * variance, math.sqrt(variance)


def _from_number(value: NumberLike) -> NumberLike:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return UncertainEffect(value=value)
    return value


EffectLike: TypeAlias = Annotated[UncertainEffect, BeforeValidator(_from_number)]
"""A number, or a mapping with low and high or mean and sd."""
