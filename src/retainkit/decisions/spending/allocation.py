"""One budget for several segments, channels or initiatives, shared so that it earns most.

Maximises Σ n·(value·rate(x) − x) over the spending x per customer of each option, with Σ n·x ≤ budget. Where
all responses have diminishing returns the common marginal return of the options that get money settles it
exactly; with S-shaped ones the answer comes with a bound on what any other could earn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.concave_envelopes import share
from retainkit.columns import numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.inputs import Question, Stated
from retainkit.decisions.spending.mean_response import (
    MeanResponse,
    check_mean,
    curve_with,
    stated_of,
)
from retainkit.decisions.spending.response_curves import (
    AdbudgResponse,
    AnyCurve,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
)
from retainkit.domains import ENDLESS, NOT_NEGATIVE, POSITIVE
from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.typing import Array, Number, Real

_Figure = Callable[[ResponseCurve, NDArray[np.intp]], Any]
_STACKED = (ExponentialResponse, HillResponse, AdbudgResponse)


@dataclass(frozen=True, eq=False)
class Spendable(Record):
    """Something that money can be spent on: a segment, a channel, an initiative.

    Raises `InputError` for values outside their domain.

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
    """

    response: AnyCurve
    value: float
    customers: float = 1.0
    most: float = inf

    def __post_init__(self) -> None:
        value, customers, most = numbers(
            value=(self.value, NOT_NEGATIVE), customers=(self.customers, POSITIVE), most=(self.most, ENDLESS)
        )
        for name, checked in (("value", value), ("customers", customers), ("most", most)):
            object.__setattr__(self, name, checked)
        check_mean("response", self.response)

    def stated(self, name: str) -> dict[str, Stated]:
        """What is assumed of the option of this name."""
        return {
            f"{name}.value": Stated(self.value, NOT_NEGATIVE, "value of each customer won or kept"),
            f"{name}.customers": Stated(self.customers, POSITIVE, "how many it has"),
            **stated_of(name, self.response, NOT_NEGATIVE),
        }

    def gain_at(self, each: float, name: str, values: Mapping[str, Real]) -> Real:
        """What a spending on each customer brings, with other numbers by the names of `stated`."""
        customers, value = (values.get(f"{name}.{k}", getattr(self, k)) for k in ("customers", "value"))
        curve = curve_with(name, self.response, values)
        more = np.asarray(curve.at(np.asarray(each))) - curve.at(np.asarray(0.0))
        return customers * (value * more - each)

    def net(self, each: float) -> Real:
        """What a spending on each customer brings, less the spending."""
        return self.customers * (self.value * np.asarray(self.response.at(np.asarray(each))) - each)

    def __str__(self) -> str:
        return f"{counted(self.customers, 'customer', spec=',.6g')} at {self.value:,.2f}: {self.response}"


@dataclass(frozen=True, eq=False, kw_only=True)
class AllocationInputs(Question, Record):
    """Options, and the spending per customer of each, which is fixed while the inputs vary."""

    options: dict[str, Spendable]
    each: tuple[float, ...]

    def stated(self) -> Mapping[str, Stated]:
        """Of the options that get money: the others bring what they bring without it."""
        found: dict[str, Stated] = {}
        for (name, option), x in zip(self.options.items(), self.each, strict=True):
            found |= option.stated(name) if x > 0.0 else {}
        return found

    def gain_at(self, **values: Real) -> Real:
        # a name of an option may have dots of its own
        of = {name.rpartition(".")[0] for name in values}
        return sum(
            option.gain_at(x, name, values) if name in of else known
            for (name, option), x, known in zip(self.options.items(), self.each, self._gains, strict=True)
        )

    def gain(self) -> Real:
        """What the spending brings more than no spending."""
        return sum(self._gains)

    @cached_property
    def _gains(self) -> tuple[Real, ...]:
        # kept: of hundreds of options the search for a turning point moves one at a time
        return tuple(o.gain_at(x, n, {}) for (n, o), x in zip(self.options.items(), self.each, strict=True))

    def net_value(self) -> Real:
        """What is won and kept is worth, less all that is spent."""
        return sum(o.net(x) for o, x in zip(self.options.values(), self.each, strict=True))

    def __str__(self) -> str:
        return "; ".join(f"{name}: {option}" for name, option in self.options.items())


@dataclass(frozen=True, eq=False, kw_only=True)
class Allocation(Decision):
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
    net_value : float or Draws, money
        Value won or kept less all that is spent.
    gain : float or Draws, money
        Over spending nothing.
    unspent : float, money
        What would earn less than it costs anywhere.
    gap : float, money
        The most by which any other allocation could be better: 0 up to rounding.
    """

    _derived = ("unspent",)
    _shows_rows = True

    inputs: AllocationInputs
    names: tuple[str, ...]
    budget: float
    spend: tuple[float, ...]
    spend_per_customer: tuple[float, ...]
    marginal_return: tuple[float, ...]
    net_value: Real
    gap: float

    @property
    def unspent(self) -> float:
        """What would earn less than it costs anywhere."""
        return max(0.0, self.budget - sum(self.spend))

    def _row_columns(self) -> Mapping[str, Sequence[Any]]:
        return {n: getattr(self, n) for n in ("names", "spend", "spend_per_customer", "marginal_return")}

    def headline(self) -> str:
        kept = ""
        if self.unspent > 1e-9 * self.budget:  # more than rounding
            kept = f" {self.unspent:,.2f} of the budget would earn less than they cost."
        return f"net value {shown(self.net_value)}, {shown(self.gain)} more than without spending.{kept}"

    def __str__(self) -> str:
        width = max(len("option"), *(len(name) for name in self.names))
        head = f"{'option':<{width}}  {'spend':>14}  {'per customer':>12}  {'next unit returns':>17}"
        rows = [
            f"{name:<{width}}  {spend:>14,.2f}  {each:>12,.2f}  {marginal:>17.3f}"
            for name, spend, each, marginal in zip(
                self.names, self.spend, self.spend_per_customer, self.marginal_return, strict=True
            )
        ]
        return "\n".join([head, *rows, super().__str__()])


def allocate_budget(options: Mapping[str, Spendable], *, budget: Number = inf) -> Allocation:
    """How to share a budget among segments, channels or initiatives so that it earns most.

    Exact by marginal returns where all responses have diminishing returns; otherwise by covers of the
    S-shaped ones, split until `Allocation.gap` is nothing. Curves with draws count by the mean over the
    draws, and the result carries draws.

    Raises `InputError` for no options and for a budget below 0.

    Parameters
    ----------
    options : mapping of str to Spendable
    budget : number, money, 0 or more
        Nothing limits it by default: each option then gets money until the next unit returns less than 1.

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
    Worth it: net value 344,674.14, 43,674.14 more than without spending.
      assumed                value  turns at  what it is
      keep gold.value          900         -  value of each customer won or kept
      keep gold.customers      200         -  how many it has
      keep gold.ceiling        0.9         -  rate that no spending exceeds
      keep gold.k             0.08         -  shape of the response
      keep gold.floor          0.7         -  rate without spending
      keep silver.value        250         -  value of each customer won or kept
      keep silver.customers   1000         -  how many it has
      keep silver.ceiling      0.9         -  rate that no spending exceeds
      keep silver.k           0.08         -  shape of the response
      keep silver.floor        0.7         -  rate without spending
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
    x = AllocationInputs(options=dict(options), each=tuple(each.tolist()))
    return Allocation(
        gain=x.gain(),
        inputs=x,
        names=tuple(options),
        budget=limit,
        spend=tuple(found.spend.tolist()),
        spend_per_customer=x.each,
        marginal_return=tuple(responses.slope(found.spend).tolist()),
        net_value=x.net_value(),
        # 0 for diminishing returns, where the answer is proved; else how much better another could be at most
        gap=found.bound - found.net,
    )


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
            # curves of one kind are one curve with columns: one call for hundreds of segments
            alike = type(item.response) in _STACKED and not item.response.has_draws
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
    if type(first) not in _STACKED or first.has_draws:
        # draws are averaged here; the gain carries them again
        return MeanResponse(first)
    return type(first)(**{f.name: np.array([getattr(c, f.name) for c in curves]) for f in fields(first)})


def _scattered(groups: tuple[tuple[ResponseCurve, NDArray[np.intp]], ...], figure: _Figure) -> Array:
    """A figure of every curve, in the order of the options."""
    whole = np.empty(sum(places.size for _, places in groups))
    for curve, places in groups:
        whole[places] = figure(curve, places)
    return whole
