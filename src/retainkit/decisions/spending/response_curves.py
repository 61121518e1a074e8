"""How the share of customers won or kept grows with the spending on them: three curves behind one face.

Every curve starts at a floor, the rate without spending, and approaches a ceiling that no spending exceeds.
The exponential has its steepest point at zero. The ADBUDG and Hill curves may be S-shaped: little happens
until the spending is noticed, and then diminishing returns set in.

Blattberg, R. C. and Deighton, J. (1996), "Manage Marketing by the Customer Equity Test", Harvard Business
Review 74(4), 136-144, use the exponential; Little, J. D. C. (1970), "Models and Managers: The Concept of a
Decision Calculus", Management Science 16(8), B466-B485, doi:10.1287/mnsc.16.8.B466, the ADBUDG curve.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np

from retainkit._numerics.newton import logit_of_share
from retainkit._numerics.search import where_zero
from retainkit.columns import SameKind, columns, keeps_labels, same_rows
from retainkit.decisions._base.draws import bare, drawn, number, shown
from retainkit.decisions._base.rows import ByRow
from retainkit.domains import NOT_NEGATIVE, POSITIVE
from retainkit.draws import Draws, beside_columns
from retainkit.errors import refuse_masked, refuse_where
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, Real


class ResponseCurve(ABC):
    """A rate that rises with spending from a floor to a ceiling, ever flatter beyond its inflection.

    A curve of your own needs the five members below. `at` and `slope` answer for every entry of the
    spending; a curve that is not known exactly answers with its draws on the last axis.
    """

    floor: Real
    """The rate without any spending."""
    ceiling: Real
    """The rate that no spending exceeds."""

    @property
    @abstractmethod
    def inflection(self) -> Real:
        """The spending up to which every further unit brings more than the one before; 0 where none does."""

    @abstractmethod
    def at(self, spend: NumberLike) -> NumberLike:
        """The rate at a spending that is a checked float64 array."""

    @abstractmethod
    def slope(self, spend: NumberLike) -> NumberLike:
        """What the next unit of money adds to the rate, at a checked float64 array."""

    @property
    def has_draws(self) -> bool:
        """Whether the curve is not known exactly: a rate of it is draws."""
        return np.ndim(self.at(np.zeros(()))) > 0

    def rate(self, spend: NumberLike) -> SameKind:
        """The rate that a spending reaches, in its kind, or Draws.

        Parameters
        ----------
        spend : number, column or Draws, money, 0 or more
        """
        same_rows(self=self, spend=spend)
        (x,), back = columns(spend=(spend, NOT_NEGATIVE))
        if self.has_draws:
            beside_columns({"spend": spend, type(self).__name__: Draws.of(self.at(np.zeros(())))})
            placed = np.moveaxis(x, 0, -1) if isinstance(spend, Draws) else x[..., None]  # draw by draw
            return drawn(np.moveaxis(np.asarray(self.at(placed)), -1, 0))
        value = np.asarray(self.at(x))
        return back(value) if value.shape == x.shape else number(value)

    def spend_at_slope(self, slope: NumberLike) -> NumberLike:
        """The spending beyond the inflection at which the slope is this; the inflection if it never is."""
        start = np.asarray(self.inflection, np.float64)
        height = np.asarray(self.ceiling) - np.asarray(self.at(start))
        high = start + height / slope  # on the flattening part the rate rises by at least slope · distance
        # relative to the slope wanted, so that one tolerance serves cents and millions
        return where_zero(lambda spend: self.slope(spend) / slope - 1.0, start, high)

    @property
    def is_concave(self) -> bool:
        """Whether every unit of money brings less than the one before, from the first on."""
        return bool(np.all(np.asarray(self.inflection) == 0.0))


class _NamedCurve(ResponseCurve, ByRow, Record):
    """A curve with parameters that have names: it can be stored, compared and asked what it assumes."""

    shape_names: ClassVar[tuple[str, ...]]
    _bare: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", same_rows(**self._parameters()))
        for name, value in self._parameters().items():
            domain = POSITIVE if name in self.shape_names else NOT_NEGATIVE
            object.__setattr__(self, name, domain.uncertain(name, value))
        beside_columns({n: v for n, v in self._parameters().items() if isinstance(v, Draws)})
        # the formulas know arrays alone; a curve of bare numbers is its own
        object.__setattr__(self, "_bare", bare(self))
        gap = np.asarray(self.ceiling) - np.asarray(self.floor)
        way_out = "The floor is the rate without spending, the ceiling the rate that no spending exceeds."
        rule = "must not be below the floor"
        refuse_where(gap < 0.0, "inconsistent", "ceiling", self.ceiling, rule, way_out)

    @property
    def has_draws(self) -> bool:
        """Whether a parameter is draws."""
        return any(isinstance(v, Draws) and v.ndim == 1 for v in self._parameters().values())

    @property
    def is_column(self) -> bool:
        """Whether it is several curves, one for each entry of a column."""
        return any(np.ndim(v) - isinstance(v, Draws) > 0 for v in self._parameters().values())

    def _of(self, **given: NumberLike) -> Any:
        """The parameters as arrays, for a spending or a slope without masked entries."""
        for name, value in given.items():
            refuse_masked(name, value)
        return self._bare

    def _parameters(self) -> dict[str, Real]:
        return {name: getattr(self, name) for name in self._names()}

    def __str__(self) -> str:
        named = ", ".join(f"{name} {shown(value, '.4g')}" for name, value in self._parameters().items())
        return f"{type(self).__name__}: {named}"


@dataclass(frozen=True, eq=False)
class ExponentialResponse(_NamedCurve):
    """The rate floor + (ceiling − floor)·(1 − e^(−k·spend)): each unit covers the same share of the rest.

    Raises `InputError` for values outside their domain and a floor above the ceiling.

    Parameters
    ----------
    ceiling : number or Draws, 0 or more
        The rate that no spending exceeds.
    k : number or Draws, per unit of money, above 0
        How fast it gets there: half-way at a spending of ln 2/k.
    floor : number or Draws, between 0 and the ceiling
        The rate without spending.

    Examples
    --------
    >>> keeping = ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8)
    >>> round(keeping.k, 6), round(keeping.rate(20), 6)
    (0.138629, 0.75)
    """

    ceiling: NumberLike
    k: NumberLike
    floor: NumberLike = 0.0

    shape_names: ClassVar[tuple[str, ...]] = ("k",)

    @classmethod
    def through(
        cls, spend: NumberLike, rate: NumberLike, *, ceiling: NumberLike, floor: NumberLike = 0.0
    ) -> ExponentialResponse:
        """The curve through one observed point: k = −ln(1 − (rate − floor)/(ceiling − floor))/spend.

        Raises
        ------
        InputError
            For a rate that does not lie between floor and ceiling.
        """
        (x, y, top, bottom), back = columns(
            spend=(spend, POSITIVE),
            rate=(rate, NOT_NEGATIVE),
            ceiling=(ceiling, NOT_NEGATIVE),
            floor=(floor, NOT_NEGATIVE),
        )
        _check_between("rate", y, bottom, top)
        return cls(ceiling=ceiling, k=back(-np.log1p(-(y - bottom) / (top - bottom)) / x), floor=floor)

    @property
    def inflection(self) -> Real:
        return 0.0

    @staticmethod
    @keeps_labels
    def share(spend: NumberLike, k: NumberLike) -> NumberLike:
        """The part of the way from floor to ceiling."""
        return -np.expm1(-k * spend)

    def at(self, spend: NumberLike) -> NumberLike:
        x = self._of(spend=spend)
        return x.floor + (x.ceiling - x.floor) * -np.expm1(-x.k * spend)

    def slope(self, spend: NumberLike) -> NumberLike:
        x = self._of(spend=spend)
        return (x.ceiling - x.floor) * x.k * np.exp(-x.k * spend)

    def spend_at_slope(self, slope: NumberLike) -> NumberLike:
        x = self._of(slope=slope)
        with np.errstate(divide="ignore"):
            steepest = np.log(x.k * (x.ceiling - x.floor))  # -inf where spending does nothing
            return np.maximum(0.0, (steepest - np.log(slope)) / x.k)


@dataclass(frozen=True, eq=False)
class HillResponse(_NamedCurve):
    """The rate floor + (ceiling − floor)·spend^h/(half_spend^h + spend^h), with h the shape.

    S-shaped for a shape above 1: nothing much happens until spending comes near half_spend.

    Raises `InputError` for values outside their domain and a floor above the ceiling.

    Parameters
    ----------
    ceiling : number or Draws, 0 or more
    half_spend : number or Draws, money, above 0
        The spending that goes half of the way from floor to ceiling.
    shape : number or Draws, above 0
        Diminishing returns from the start at 1 or less.
    floor : number or Draws, between 0 and the ceiling

    Examples
    --------
    >>> noticed = HillResponse(ceiling=0.8, half_spend=10, shape=3)
    >>> round(noticed.rate(5), 6), noticed.rate(10), round(noticed.inflection, 6)
    (0.088889, 0.4, 7.937005)
    """

    ceiling: NumberLike
    half_spend: NumberLike
    shape: NumberLike = 1.0
    floor: NumberLike = 0.0

    shape_names: ClassVar[tuple[str, ...]] = ("half_spend", "shape")

    @property
    def inflection(self) -> Real:
        x = self._bare
        h = np.asarray(x.shape)
        # the second derivative is 0 at z^h = (h − 1)/(h + 1): never for h ≤ 1
        start = x.half_spend * np.maximum(0.0, (h - 1.0) / (h + 1.0)) ** (1.0 / h)
        return float(start) if np.ndim(start) == 0 else start

    @staticmethod
    @keeps_labels
    def share(spend: NumberLike, half_spend: NumberLike, shape: NumberLike) -> NumberLike:
        """The part of the way from floor to ceiling; takes complex parameters."""
        some = np.asarray(spend) > 0.0
        # as odds: x^h alone overflows for a steep curve of large amounts
        odds = np.exp(-shape * (np.log(np.where(some, spend, 1.0)) - np.log(half_spend)))
        return np.where(some, 1.0 / (1.0 + odds), 0.0)

    def at(self, spend: NumberLike) -> NumberLike:
        x = self._of(spend=spend)
        with np.errstate(divide="ignore"):
            way = _expit(x.shape * (np.log(spend) - np.log(x.half_spend)))
        return x.floor + (x.ceiling - x.floor) * way

    def slope(self, spend: NumberLike) -> NumberLike:
        from scipy.special import xlogy

        x = self._of(spend=spend)
        z = np.asarray(spend / x.half_spend)
        with np.errstate(divide="ignore"):
            # 1/(1 + z^h)² from its logarithm: for a steep curve either factor alone is 0 or infinite
            log_rest = -2.0 * np.logaddexp(0.0, x.shape * np.log(z))
        steepness = np.exp(xlogy(np.asarray(x.shape) - 1.0, z) + log_rest)
        return (x.ceiling - x.floor) * x.shape / x.half_spend * steepness

    def spend_at_slope(self, slope: NumberLike) -> NumberLike:
        x = self._of(slope=slope)
        h = np.asarray(x.shape, np.float64)
        with np.errstate(divide="ignore"):
            wanted = np.log(slope * np.asarray(x.half_spend) / h) - np.log(x.ceiling - x.floor)
        return np.maximum(self.inflection, x.half_spend * np.exp(logit_of_share(h, np.asarray(wanted)) / h))


@dataclass(frozen=True, eq=False)
class AdbudgResponse(_NamedCurve):
    """Little's ADBUDG curve: the rate floor + (ceiling − floor)·spend^gamma/(delta + spend^gamma).

    The `HillResponse` with half_spend = delta^(1/gamma), in the letters of the paper and with its four
    questions to a manager, `from_judgements`.

    Parameters
    ----------
    ceiling, gamma, delta, floor : number or Draws
        Gamma above 1 makes the curve S-shaped; delta depends on the unit of the spending.

    Examples
    --------
    >>> curve = AdbudgResponse.from_judgements(
    ...     10, rate_without=0.3, rate_now=0.6, rate_with_half_more=0.7, rate_at_saturation=0.8
    ... )
    >>> [round(curve.rate(spend), 6) for spend in (0, 10, 15)]
    [0.3, 0.6, 0.7]
    """

    ceiling: NumberLike
    gamma: NumberLike
    delta: NumberLike
    floor: NumberLike = 0.0

    shape_names: ClassVar[tuple[str, ...]] = ("gamma", "delta")

    def __post_init__(self) -> None:
        super().__post_init__()
        # two parameters that are fine each may put the curve beyond every float together
        POSITIVE.check("delta**(1/gamma)", self._half_spend)

    @classmethod
    def from_judgements(
        cls,
        spend_now: NumberLike,
        *,
        rate_without: NumberLike,
        rate_now: NumberLike,
        rate_with_half_more: NumberLike,
        rate_at_saturation: NumberLike,
    ) -> AdbudgResponse:
        """The curve through four answers: the rate without spending, now, with half more, and at the most.

        Raises
        ------
        InputError
            For rates that do not rise in this order.
        """
        from scipy.special import logit

        (x, bottom, now, more, top), back = columns(
            spend_now=(spend_now, POSITIVE),
            rate_without=(rate_without, NOT_NEGATIVE),
            rate_now=(rate_now, NOT_NEGATIVE),
            rate_with_half_more=(rate_with_half_more, NOT_NEGATIVE),
            rate_at_saturation=(rate_at_saturation, NOT_NEGATIVE),
        )
        _check_between("rate_now", now, bottom, top)
        _check_between("rate_with_half_more", more, now, top)
        here, there = logit((now - bottom) / (top - bottom)), logit((more - bottom) / (top - bottom))
        # on the scale of log odds the curve is a straight line in ln(spend), of slope gamma
        gamma = (there - here) / math.log(1.5)
        return cls(
            ceiling=rate_at_saturation,
            gamma=back(gamma),
            delta=back(np.exp(gamma * np.log(x) - here)),
            floor=rate_without,
        )

    @property
    def _half_spend(self) -> NumberLike:
        with np.errstate(over="ignore"):
            x = self._bare
            return np.asarray(x.delta) ** (1.0 / np.asarray(x.gamma))

    @cached_property
    def _hill(self) -> HillResponse:
        x = self._bare
        return HillResponse(x.ceiling, x._half_spend, x.gamma, x.floor)

    @property
    def inflection(self) -> Real:
        return self._hill.inflection

    @staticmethod
    @keeps_labels
    def share(spend: NumberLike, gamma: NumberLike, delta: NumberLike) -> NumberLike:
        """The part of the way from floor to ceiling; takes complex parameters."""
        return HillResponse.share(spend, delta ** (1.0 / gamma), gamma)

    def at(self, spend: NumberLike) -> NumberLike:
        return self._hill.at(spend)

    def slope(self, spend: NumberLike) -> NumberLike:
        return self._hill.slope(spend)

    def spend_at_slope(self, slope: NumberLike) -> NumberLike:
        return self._hill.spend_at_slope(slope)


AnyCurve: TypeAlias = ExponentialResponse | HillResponse | AdbudgResponse | ResponseCurve
"""What a field with a curve is declared as: JSON is read as the first that has its parameters."""


def _expit(line: NumberLike) -> Array:
    from scipy.special import expit

    return np.asarray(expit(line), np.float64)


def _check_between(name: str, value: Array, low: Array, high: Array) -> None:
    bad = ~((value > low) & (value < high))
    way_out = "Rates rise from the floor to the ceiling, which they do not reach."
    refuse_where(bad, "out-of-range", name, value, "must lie between the rates below and above it", way_out)
