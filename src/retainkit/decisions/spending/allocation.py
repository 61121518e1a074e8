"""One budget for several segments, channels or initiatives, shared so that it earns most.

Maximises Σ n·(value·rate(x) − x) over the spending x per customer of each option, with Σ n·x ≤ budget. Where
all responses have diminishing returns the common marginal return of the options that get money settles it
exactly; with S-shaped ones the answer comes with a bound on what any other could earn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.concave_envelopes import share
from retainkit.columns import numbers
from retainkit.decisions._base.draws import interval, mean, plain, probability_positive, shown
from retainkit.decisions._base.old_assumptions import Assumption
from retainkit.decisions.spending.mean_response import MeanResponse, check_mean, has_draws
from retainkit.decisions.spending.response_curves import (
    AdbudgResponse,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
)
from retainkit.domains import ENDLESS, NOT_NEGATIVE, POSITIVE
from retainkit.errors import InputError
from retainkit.records import AbstractRecord
from retainkit.typing import Array, Number, NumberLike, Plain, Real

_Figure = Callable[[ResponseCurve, NDArray[np.intp]], Any]
_STACKED = (ExponentialResponse, HillResponse, AdbudgResponse)


@dataclass(frozen=True)
class Spendable:
    """Something that money can be spent on: a segment, a channel, an initiative.

    Parameters
    ----------
    response : ResponseCurve
        The share of its customers won, kept or served, by spending per customer.
    value : number, money
        What each of them is worth: `lifetime_value` of one won, `residual_lifetime_value` of one kept.
    customers : number, above 0
        How many it has. Leave it at 1 where the curve is of the whole: sales by spending, with the margin of
        a sale as the value.
    most : number
        The most that can be spent per customer.

    Raises
    ------
    InputError
        For values outside their domain.
    """

    response: ResponseCurve
    value: Number
    customers: Number = 1.0
    most: Number = inf

    def __post_init__(self) -> None:
        value, customers, most = numbers(
            value=(self.value, NOT_NEGATIVE),
            customers=(self.customers, POSITIVE),
            most=(self.most, ENDLESS),
        )
        for name, checked in (("value", value), ("customers", customers), ("most", most)):
            object.__setattr__(self, name, checked)
        check_mean("response", self.response)


@dataclass(frozen=True)
class Allocation(AbstractRecord):
    """How a budget is shared; made by `allocate_budget`.

    Attributes
    ----------
    names : tuple of str
        The options, in the order given.
    spend : tuple of float, money
        On each option in total.
    spend_per_customer : tuple of float, money
    marginal_return : tuple of float
        Of the next unit of money on each option. Equal among those that get some and are not full, unless
        S-shaped; the others' is lower.
    net_value : float or draws, money
        Value won or kept less all that is spent.
    gain : float or draws, money
        Over spending nothing.
    unspent : float, money
        What would earn less than it costs anywhere.
    gap : float, money
        The most by which any other allocation could be better: 0 up to rounding.
    assumptions : tuple of Assumption
        The value of each option that gets money, and the value at which all of the plan gains nothing.
    """

    names: tuple[str, ...]
    budget: float
    spend: tuple[float, ...]
    spend_per_customer: tuple[float, ...]
    marginal_return: tuple[float, ...]
    net_value: Real
    gain: Real
    gap: float
    assumptions: tuple[Assumption, ...]

    @property
    def unspent(self) -> float:
        """What would earn less than it costs anywhere."""
        return max(0.0, self.budget - sum(self.spend))

    @property
    def worth_it(self) -> bool:
        """Whether it earns more than spending nothing, on average."""
        return mean(self.gain) > 0.0

    def as_dict(self) -> Plain:
        """The figures by name, the options' as lists."""
        each = ("names", "spend", "spend_per_customer", "marginal_return")
        return {
            "budget": self.budget,
            **{name: list(getattr(self, name)) for name in each},
            "net_value": plain(self.net_value),
            "gain": plain(self.gain),
            "gain_interval_90": list(interval(self.gain)),
            "probability_of_gain": probability_positive(self.gain),
            "unspent": self.unspent,
            "gap": self.gap,
            "worth_it": self.worth_it,
            "assumptions": [str(a) for a in self.assumptions],
        }

    def __str__(self) -> str:
        width = max(len("option"), *(len(name) for name in self.names))
        head = f"{'option':<{width}}  {'spend':>14}  {'per customer':>12}  {'next unit returns':>17}"
        rows = [
            f"{name:<{width}}  {spend:>14,.2f}  {each:>12,.2f}  {marginal:>17.3f}"
            for name, spend, each, marginal in zip(
                self.names, self.spend, self.spend_per_customer, self.marginal_return, strict=True
            )
        ]
        end = f"Net value {shown(self.net_value)}, {shown(self.gain)} more than without spending."
        if self.unspent > 1e-9 * self.budget:
            end += f" {self.unspent:,.2f} of the budget would earn less than they cost."
        return "\n".join([head, *rows, end])


def allocate_budget(options: Mapping[str, Spendable], *, budget: Number = inf) -> Allocation:
    """How to share a budget among segments, channels or initiatives so that it earns most.

    Exact by marginal returns where all responses have diminishing returns; otherwise by covers of the
    S-shaped ones, split until `Allocation.gap` is nothing. Curves with draws count by the mean over the
    draws, and the result carries draws.

    Parameters
    ----------
    options : mapping of str to Spendable
    budget : number, money, 0 or more
        Nothing limits it by default: each option then gets money until the next unit returns less than 1.

    Returns
    -------
    Allocation

    Raises
    ------
    InputError
        For no options and for a budget below 0.

    Examples
    --------
    >>> keeping = ExponentialResponse(ceiling=0.9, floor=0.7, k=0.08)
    >>> winning = ExponentialResponse(ceiling=0.1, k=0.02)
    >>> plan = allocate_budget(
    ...     {
    ...         "keep gold": Spendable(keeping, value=900, customers=200),
    ...         "keep silver": Spendable(keeping, value=250, customers=1000),
    ...         "win": Spendable(winning, value=600, customers=500),
    ...     },
    ...     budget=15_000,
    ... )
    >>> print(plan)
    option                spend  per customer  next unit returns
    keep gold          5,168.61         25.84              1.822
    keep silver        9,831.39          9.83              1.822
    win                    0.00          0.00              1.200
    Net value 344,674.14, 43,674.14 more than without spending.
    """
    (limit,) = numbers(budget=(budget, ENDLESS))
    if not options:
        way_out = "Give a mapping of names to Spendable(...)."
        raise InputError("empty", "options", dict(options), "must have at least one option", way_out)
    items = list(options.values())
    responses = _Responses.of(items)
    with np.errstate(invalid="ignore"):
        most = responses.customers * np.array([item.most for item in items])
    # where a unit brings less than a unit, no budget is worth using
    high = np.minimum(np.minimum(most, responses.spend_at_slope(1.0)), limit)
    found = share(responses, high, limit)
    each = found.spend / responses.customers
    net = _worth(items, each) - float(found.spend.sum())
    gain = net - _worth(items, np.zeros_like(each))
    return Allocation(
        names=tuple(options),
        budget=limit,
        spend=tuple(found.spend.tolist()),
        spend_per_customer=tuple(each.tolist()),
        marginal_return=tuple(responses.slope(found.spend).tolist()),
        net_value=net,
        gain=gain,
        # 0 for diminishing returns, where the answer is proved; else how much better another could be at most
        gap=found.bound - found.net,
        assumptions=_what_flips(options, each, mean(gain)),
    )


def _what_flips(options: Mapping[str, Spendable], each: Array, gain: float) -> tuple[Assumption, ...]:
    """The value of each funded option at which the plan gains nothing: the gain is linear in it."""
    found: list[Assumption] = []
    for (name, item), x in zip(options.items(), each.tolist(), strict=True):
        reached = mean(item.response.at(np.asarray(x))) - mean(item.response.at(np.asarray(0.0)))
        if x > 0.0 and reached > 0.0:
            turn = float(item.value) - gain / (float(item.customers) * reached)
            meaning = "value of each customer won or kept"
            found.append(
                Assumption(f"{name}.value", float(item.value), meaning, turn if turn >= 0.0 else None)
            )
    return tuple(found)


def _worth(items: list[Spendable], each: Array) -> NumberLike:
    """What all options bring: a number, or draws where a curve has them."""
    total: NumberLike = 0.0
    for item, x in zip(items, each.tolist(), strict=True):
        total = total + float(item.customers) * float(item.value) * np.asarray(
            item.response.at(np.asarray(x))
        )
    return float(total) if np.ndim(total) == 0 else total


@dataclass(frozen=True)
class _Responses:
    """All options as columns: curves of one kind are stacked into one curve with a column of parameters."""

    groups: tuple[tuple[ResponseCurve, NDArray[np.intp]], ...]
    value: Array
    customers: Array
    inflection: Array

    @classmethod
    def of(cls, items: list[Spendable]) -> _Responses:
        kinds: dict[Any, list[int]] = {}
        for i, item in enumerate(items):
            alike = type(item.response) in _STACKED and not has_draws(item.response)
            kinds.setdefault(type(item.response) if alike else i, []).append(i)
        groups = tuple(
            (_stacked([items[i].response for i in places]), np.array(places)) for places in kinds.values()
        )
        customers = np.array([item.customers for item in items])
        value = np.array([item.value for item in items])
        inflection = _scattered(groups, lambda curve, _: np.asarray(curve.inflection))
        return cls(groups, value, customers, customers * inflection)

    def worth(self, spend: Array, /) -> Array:
        each = spend / self.customers
        return self.customers * self.value * _scattered(self.groups, lambda c, i: c.at(each[i]))

    def slope(self, spend: Array, /) -> Array:
        each = spend / self.customers
        return self.value * _scattered(self.groups, lambda c, i: c.slope(each[i]))

    def spend_at_slope(self, slope: float, /) -> Array:
        with np.errstate(divide="ignore"):
            wanted = slope / self.value  # inf where nothing is worth anything: no curve is so steep
        return self.customers * _scattered(self.groups, lambda c, i: c.spend_at_slope(wanted[i]))


def _stacked(curves: list[ResponseCurve]) -> ResponseCurve:
    first: Any = curves[0]
    if type(first) not in _STACKED or has_draws(first):
        return MeanResponse(first)
    return type(first)(**{f.name: np.array([getattr(c, f.name) for c in curves]) for f in fields(first)})


def _scattered(groups: tuple[tuple[ResponseCurve, NDArray[np.intp]], ...], figure: _Figure) -> Array:
    """A figure of every curve, in the order of the options."""
    whole = np.empty(sum(places.size for _, places in groups))
    for curve, places in groups:
        whole[places] = figure(curve, places)
    return whole
