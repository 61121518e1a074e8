"""What if: values and payback under other assumptions, from exported curves and no model.

A page carries curves instead of a model: what a new customer and the base are expected to do, as fitted and
in draws of the parameters. Margin, cost, discount and the size of purchases or churn enter afterwards, here
and in the page's script by the same sums, so that the two agree to rounding.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from retainkit.typing import Array, Real, Unit

NODES, RULE = 24, 20  # of curves in logarithmic time, and of integrals between 0 and a time: 1e-8 and better
FEWER = 16  # at which the draws of a base are asked for: 1e-4 for who slows down within a week of three years
_LOG_SPAN = 50.0  # the horizon over the time where the scale turns from linear to logarithmic
_BISECTIONS = 44  # halve the horizon to less than a second
_GRID = 48


@dataclass(frozen=True, slots=True)
class Setting:
    """Assumptions to try.

    Attributes
    ----------
    margin_share : float
    acquisition_cost : float, money
    discount_rate : float, effective per year
    factor : float
        Purchases, or the hazard of leaving, as a multiple of what was fitted.
    """

    margin_share: float
    acquisition_cost: float
    discount_rate: float
    factor: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a setting comes to: entry 0 is the answer, the others are draws of it.

    Attributes
    ----------
    value, net, base : (1 + draws,) money
        Of a new customer, the same less the acquisition cost, and of the base.
    payback : (1 + draws,)
        In the time of the curves; ``inf`` where the horizon ends before.
    cash : (1 + draws, times)
        Made with one new customer so far, less the acquisition cost.
    """

    value: Array
    net: Array
    base: Array
    payback: Array
    cash: Array

    def range(self, name: str) -> tuple[float, float]:
        """The 90% interval of a figure."""
        drawn = getattr(self, name)[1:]
        # an order statistic, since between a time and never there is nothing
        return float(np.quantile(drawn, 0.05, method="lower")), float(
            np.quantile(drawn, 0.95, method="higher")
        )


class WhatIf(Protocol):
    """Curves behind a report, and what they come to under any setting."""

    @property
    def start(self) -> Setting:
        """What the report assumes."""
        ...

    def evaluate(self, setting: Setting) -> Outcome:
        """Values and payback under a setting."""
        ...

    def exported(self) -> dict[str, Any]:
        """What the page's script needs, as values of JSON."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseCurves:
    """Expected purchases up to some times, which stand close where curves bend.

    Attributes
    ----------
    horizon : float, years
    unit, per_year : the unit of paybacks, and how many are a year
    new : (1 + draws, nodes)
        Repeat purchases that a new customer is expected to have made.
    spend : (1 + draws,) money per purchase
    base : (1 + draws, nodes)
        What the customers at hand are expected to have spent; draws in any scale.
    spent : (draws,) money
        Draws of what the base will spend in the horizon, discounted as at the start: from parameters,
        customers and chance.
    """

    start: Setting
    horizon: float
    unit: Unit
    per_year: float
    new: Array
    spend: Array
    base: Array
    spent: Array

    def evaluate(self, setting: Setting) -> Outcome:
        """Values and payback under a setting."""
        s, cost = setting, setting.acquisition_cost
        each = s.margin_share * self.spend
        whole, before = self._weights(self.horizon, s), self._weights(self.horizon, self.start)
        value = each * (1.0 + s.factor * (self.new @ whole))
        base = s.margin_share * s.factor * (self.base @ whole)
        base[1:] *= self.spent / (self.base[1:] @ before)
        grid = np.linspace(0.0, self.horizon, _GRID + 1)
        cash = each[:, None] * (1.0 + s.factor * (self.new @ self._weights(grid, s).T)) - cost
        return Outcome(value, value - cost, base, self._payback(each, value, s) * self.per_year, cash)

    def _payback(self, each: Array, value: Array, s: Setting) -> Array:
        """Years until earnings, which rise, cover the cost."""
        low, high = np.zeros(each.size), np.full(each.size, self.horizon)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2.0
            repeats = np.einsum("dn,dn->d", self.new, self._weights(middle, s))
            enough = each * (1.0 + s.factor * repeats) >= s.acquisition_cost
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        found = np.where(value >= s.acquisition_cost, high, np.inf)
        return np.where(each >= s.acquisition_cost, 0.0, found)

    def _weights(self, until: Real, s: Setting) -> Array:
        """(…, nodes) by which a curve gives its discounted increments up to some times.

        ∫ e^(−δs) dE(s) = e^(−δt)·E(t) + δ·∫ e^(−δs)·E(s) ds, with E interpolated in u = ln(1 + s/c).
        """
        force, c = np.log1p(s.discount_rate), self.horizon / _LOG_SPAN
        end = np.log1p(np.asarray(until) / c)[..., None]
        x, w = np.polynomial.legendre.leggauss(RULE)
        u = end * (1.0 + x) / 2.0
        passed = c * np.expm1(u)
        parts = force * end * w / 2.0 * np.exp(-force * passed) * (passed + c)
        last = np.exp(-force * c * np.expm1(end)) * _shares_of_nodes(end)[..., 0, :]
        return last + np.einsum("...q,...qn->...n", parts, _shares_of_nodes(u))

    def exported(self) -> dict[str, Any]:
        x, w = np.polynomial.legendre.leggauss(RULE)
        return {
            "kind": "purchases",
            "start": _start(self.start),
            "horizon": self.horizon,
            "unit": self.unit,
            "perYear": self.per_year,
            "grid": _GRID,
            "span": _LOG_SPAN,
            "rule": [x.tolist(), w.tolist()],
            "new": self.new[0].tolist(),
            "base": self.base[0].tolist(),
            "spend": self.spend.tolist(),
            "spent": self.spent.tolist(),
            "draws": self.spent.size,
            "newDraws": packed(self.new[1:]),
            "baseDraws": packed(self.base[1:]),
        }


def node_times(horizon: float, count: int = NODES) -> Array:
    """(count,) times above 0 and up to the horizon at which curves are told."""
    return horizon / _LOG_SPAN * np.expm1(_nodes(count)[1:])


def at_all_nodes(fewer: Array) -> Array:
    """(…, nodes) a curve at all `node_times` from its values at the `FEWER`."""
    return fewer @ _shares_of_nodes(_nodes(NODES)[1:], FEWER).T


def _nodes(count: int) -> Array:
    """(1 + count,) Chebyshev's points between 0 and the logarithmic horizon."""
    return np.log1p(_LOG_SPAN) * (1.0 - np.cos(np.pi * np.arange(count + 1) / count)) / 2.0


def _shares_of_nodes(u: Array, count: int = NODES) -> Array:
    """(…, nodes) with which each node's value enters the interpolation at u; that of time 0 is 0.

    Berrut and Trefethen (2004), "Barycentric Lagrange Interpolation", SIAM Review 46(3),
    doi:10.1137/S0036144502417715, formula 5.4.
    """
    at = _nodes(count)
    sign = np.where(np.arange(count + 1) % 2, -1.0, 1.0)
    sign[[0, -1]] /= 2.0
    apart = u[..., None] - at
    on = apart == 0.0
    parts: Array = sign / np.where(on, 1.0, apart)
    shares: Array = parts / parts.sum(axis=-1, keepdims=True)
    return np.where(on.any(axis=-1, keepdims=True), on.astype(np.float64), shares)[..., 1:]


@dataclass(frozen=True, slots=True, eq=False)
class RenewalCurves:
    """How long subscribers stay, month by month.

    Attributes
    ----------
    months : int
        The horizon.
    stays : (1 + draws, times)
        Share still there 0, 1, 2 … months after the start.
    paid : (ages,) money a month
        What those pay now who have been there for 0, 1, 2 … whole months.
    first : float, money a month
        What a new customer pays.
    spent : (draws,) money
        Draws of what the base will pay in the horizon, discounted as at the start.
    """

    start: Setting
    months: int
    stays: Array
    paid: Array
    first: float
    spent: Array

    def evaluate(self, setting: Setting) -> Outcome:
        """Values and payback under a setting; a new customer pays at once, the others in a month."""
        s, count = setting, self.months
        discounts = (1.0 + s.discount_rate) ** (-np.arange(count + 1) / 12.0)
        earned = s.margin_share * self.first * self.stays[:, :count] ** s.factor * discounts[:count]
        so_far = np.cumsum(earned, axis=1)
        cash = np.column_stack([np.zeros(len(so_far)), so_far]) - s.acquisition_cost
        paid_back = so_far >= s.acquisition_cost
        payback = np.where(paid_back.any(axis=1), paid_back.argmax(axis=1) + 1.0, np.inf)
        base = s.margin_share * self._base(s)
        base[1:] *= self.spent / self._base(self.start)[1:]
        return Outcome(so_far[:, -1], cash[:, -1], base, payback, cash)

    def _base(self, s: Setting) -> Array:
        """What the customers at hand are expected to pay, discounted."""
        later = np.arange(1, self.months + 1)
        discounts = (1.0 + s.discount_rate) ** (-later / 12.0)
        total = np.zeros(len(self.stays))
        for age in np.flatnonzero(self.paid):
            total += self.paid[age] * (
                (self.stays[:, age + later] / self.stays[:, [age]]) ** s.factor @ discounts
            )
        return total

    def exported(self) -> dict[str, Any]:
        return {
            "kind": "renewals",
            "start": _start(self.start),
            "months": self.months,
            "stays": self.stays[0].tolist(),
            "paid": self.paid.tolist(),
            "first": self.first,
            "spent": self.spent.tolist(),
            "draws": self.spent.size,
            "staysDraws": packed(self.stays[1:]),
        }


def _start(s: Setting) -> dict[str, float]:
    return {
        "margin": s.margin_share,
        "cost": s.acquisition_cost,
        "discount": s.discount_rate,
        "factor": s.factor,
    }


def single(curves: Array) -> Array:
    """The draws of curves as four bytes hold them, so that page and Python start from the same numbers."""
    kept = np.array(curves, np.float64)
    kept[1:] = kept[1:].astype(np.float32)
    return kept


def packed(draws: Array) -> str:
    """Draws as text: numbers of four bytes, the first draw first."""
    return b64encode(np.ascontiguousarray(draws, "<f4").tobytes()).decode("ascii")


def changed(start: Setting, **changes: float) -> Setting:
    """The start with other assumptions."""
    return replace(start, **changes)
