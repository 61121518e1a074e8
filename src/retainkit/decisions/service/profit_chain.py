"""The service-profit chain: employees → service → satisfaction → retention → money, by the caller's links.

Satisfied employees are said to give better service, which satisfies customers, who stay and pay (Heskett,
J. L., Jones, T. O., Loveman, G. W., Sasser, W. E. and Schlesinger, L. A. 1994, "Putting the service-profit
chain to work", Harvard Business Review 72(2), 164-174). Every link is a correlation somebody
measured somewhere; none has a default here. A chain of elasticities
multiplies: the more links, the less arrives, and the less sure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import number, shown
from retainkit.decisions._base.inputs import Stated, assumed, setting
from retainkit.decisions._base.rows import ByRow, one_a_row
from retainkit.decisions.service.hazard import CustomersKept, refuse_endless, value_with
from retainkit.domains import CHANGE, PROBABILITY, REAL, refuse_unmeant
from retainkit.economics.formulas.survival import Curve
from retainkit.errors import InputError, refuse_where, unknown_choice
from retainkit.records import Record, must_be
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, RateLike, Real, Unit

# the argument that an error names: no caller wrote it, it is what the links lead to
_END = "retention at the end of the chain"
ENDS = ("retention", "hazard", "margin")
"""What the last link may move: the retention rate, the hazard of leaving, or the margin of a customer."""


@dataclass(frozen=True, eq=False)
class Link(ByRow, Record):
    """One link of a chain: a percent more of the cause is `elasticity` percent more of the effect.

    Parameters
    ----------
    cause, effect : str
        Names of your own; the last effect of a chain is ``"retention"``, ``"hazard"`` or ``"margin"``.
    elasticity : number or Draws
        Measured, with its uncertainty as draws; negative where more of one is less of the other.

    Examples
    --------
    >>> Link("satisfaction", "retention", 0.2).elasticity
    0.2
    """

    cause: str
    effect: str
    elasticity: NumberLike

    def __post_init__(self) -> None:
        object.__setattr__(self, "elasticity", REAL.uncertain("elasticity", self.elasticity))

    @property
    def name(self) -> str:
        """``"satisfaction → retention"``."""
        return f"{self.cause} → {self.effect}"

    def __str__(self) -> str:
        return f"{self.name}, elasticity {shown(self.elasticity, '.4g')}"


def chain_effects(change: NumberLike, links: Sequence[Link], *, meant: bool = False) -> dict[str, Real]:
    """What a change at the start of a chain does to every stage after it: (1 + change)^(Π elasticities) − 1.

    Raises `InputError` for links that do not join, and for a change of −100% or less.

    Parameters
    ----------
    change : number, column or Draws > -1
        Of the first cause, as a share: 0.1 for 10% more.
    links : sequence of Link
        Each effect is the cause of the next link.
    meant : bool
        That a change above 1, more than 100%, is meant: who writes 5 mostly means 5%.

    Returns
    -------
    dict
        The change of the first cause and of every effect, by name, in order: floats, columns or Draws.

    Examples
    --------
    >>> links = [Link("employees", "service", 0.5), Link("service", "satisfaction", 0.6)]
    >>> {name: round(x, 4) for name, x in chain_effects(0.1, links).items()}
    {'employees': 0.1, 'service': 0.0488, 'satisfaction': 0.029}
    """
    _check_joined(links)
    given = {"change": (change, CHANGE), **{link.name: (link.elasticity, REAL) for link in links}}
    (start, *elasticities), back = columns(**given)
    refuse_unmeant("change", start, meant=meant)
    found = _effects(start, links, elasticities)
    return {name: back(effect) for name, effect in found.items()}


def _effects(
    change: NumberLike, links: Sequence[Link], elasticities: Sequence[NumberLike]
) -> dict[str, Real]:
    # elasticities multiply logarithms: a large change does not go below nothing on its way
    up = np.log1p(np.asarray(change))
    effects = {links[0].cause: number(np.expm1(up))}
    for link, elasticity in zip(links, elasticities, strict=True):
        up = up * np.asarray(elasticity)
        effects[link.effect] = number(np.expm1(up))
    return effects


@dataclass(frozen=True, eq=False, kw_only=True)
class ChainInputs(CustomersKept):
    """What a chain rests on: the elasticity of every link is an assumption of its own."""

    change: Real = assumed(CHANGE, "of the first cause, as a share")
    churn: Real | Curve = assumed(PROBABILITY, "share lost per period now", rate="loss", curve=True)
    timing: FlowTiming = setting(check_flow)
    links: tuple[Link, ...] = setting()

    def stated(self) -> Mapping[str, Stated]:
        elasticities = {link.name: Stated(link.elasticity, REAL, "elasticity") for link in self.links}
        return {**super().stated(), **elasticities}

    # a link is searched under its own name, as if it were a field
    def gain_at(self, **values: Real) -> Real:
        links = tuple(replace(k, elasticity=values.pop(k.name, k.elasticity)) for k in self.links)
        return replace(self, links=links, **values).gain()

    def effects(self) -> dict[str, Real]:
        """The change of every stage."""
        return _effects(self.change, self.links, [link.elasticity for link in self.links])

    def values(self) -> tuple[Real, Real]:
        m, c, d = self.margin_per_period, self.churn, self.discount_rate
        end = self.links[-1].effect
        factor = 1.0 + np.asarray(self.effects()[end])
        # the start of the chain has no margin or churn of its own: only its end meets money
        before = value_with(m, c, d, self.timing)
        if end == "margin":
            return before, value_with(m * factor, c, d, self.timing)
        if end == "hazard":
            return before, value_with(m, c, d, self.timing, factor)
        # a percent of retention and a percent of churn are far apart: the last link says which of them it
        # moves
        if isinstance(c, Curve):
            rule = "must be one number where the last link moves retention, not the hazard"
            raise InputError("not-a-number", "churn", "a survival curve", rule, "Link to 'hazard'.")
        retention = (1.0 - np.asarray(c)) * factor
        way_out = "Link to 'hazard' instead, which no elasticity drives below 0."
        refuse_where(retention > 1.0, "out-of-range", _END, retention, "must not be above 1", way_out)
        return before, value_with(m, 1.0 - retention, d, self.timing)


@dataclass(frozen=True, eq=False, kw_only=True)
class ServiceProfitChain(Decision):
    """Whether spending at the start of a chain pays at its end; made by `service_profit_chain`.

    Attributes
    ----------
    gain : float or Draws, money of now
        Of all customers together, less all costs.
    effects : dict
        The change of every stage, as a share, in order.
    value_before, value_after : float or Draws, money of now per customer
    """

    inputs: ChainInputs
    effects: dict[str, Real]
    value_before: Real
    value_after: Real

    def headline(self) -> str:
        steps = ", ".join(f"{name} {float(np.mean(x)):+.2%}" for name, x in self.effects.items())
        return (
            f"{shown(self.gain)} in all; a customer is worth {shown(self.value_after)} instead of "
            f"{shown(self.value_before)} ({steps})."
        )


@one_a_row()
def service_profit_chain(
    change: NumberLike,
    links: Sequence[Link],
    *,
    margin_per_period: NumberLike,
    churn: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    customers: NumberLike,
    cost: NumberLike,
    period: Unit | None = None,
    meant: bool = False,
) -> ServiceProfitChain:
    """Whether spending on the first stage of a chain pays, and which link has to hold for it.

    Raises `InputError` for links that do not join, an unknown last effect, a retention above 1, values
    outside their domain, and where a value has no end.

    Parameters
    ----------
    change : number or Draws > -1
        Of the first cause, as a share: 0.1 for 10% more satisfied employees.
    links : sequence of Link
        Each effect is the cause of the next; the last one is ``"retention"``, ``"hazard"`` or ``"margin"``.
    margin_per_period, churn, discount_rate, timing, customers, cost, period
        As `service_change`, which has the cost of the whole change in `cost`.
    meant : bool
        As `chain_effects`.

    Returns
    -------
    ServiceProfitChain
        Each elasticity stands among its assumptions, with the value from which on the spending pays.

    Examples
    --------
    >>> links = [Link("employees", "service", 0.5), Link("service", "satisfaction", 0.6),
    ...     Link("satisfaction", "retention", 0.2)]
    >>> chain = service_profit_chain(0.1, links, margin_per_period=50, churn=0.05, discount_rate=0.01,
    ...     timing="end", customers=1000, cost=50_000)
    >>> print(chain)
    Worth it: 33,227.44 in all; a customer is worth 916.56 instead of 833.33 (employees +10.00%, service
    +4.88%, satisfaction +2.90%, retention +0.57%).
      assumed                   value   turns at  what it is
      margin_per_period            50    30.0382  before the cost of the change
      discount_rate              0.01  0.0265866  per period
      customers                  1000    600.763  who get the service
      cost                      50000    83227.4  once, in all
      change                      0.1   0.061281  of the first cause, as a share
      churn                      0.05  0.0659187  share lost per period now
      employees → service         0.5   0.312016  elasticity
      service → satisfaction      0.6    0.37442  elasticity
      satisfaction → retention    0.2   0.124807  elasticity
    """
    _check_joined(links)
    if (end := links[-1].effect) not in ENDS:
        raise unknown_choice("effect of the last link", end, ENDS)
    x = ChainInputs.read(locals(), links=tuple(links))
    before, after = x.values()
    refuse_endless(before, after)
    return ServiceProfitChain(
        gain=x.gain(), inputs=x, effects=x.effects(), value_before=before, value_after=after
    )


def _check_joined(links: Sequence[Link]) -> None:
    if not isinstance(links, list | tuple):
        rule = "must be the links of the chain, in order"
        raise InputError("wrong-type", "links", links, rule, "For example [Link(...), Link(...)].")
    for k, link in enumerate(links):
        must_be(Link, **{f"links[{k}]": link})
    if not links:
        raise InputError("empty", "links", [], "must have at least one link", "Give a Link.")
    # a gap would multiply elasticities of things that have nothing to do with each other
    for one, other in pairwise(links):
        if one.effect != other.cause:
            rule = f"must begin where the link before ends, with {one.effect!r}"
            way_out = "Put the links in order and give each stage one name."
            raise InputError("inconsistent", "links", other.name, rule, way_out)
    # a stage that comes back would count its own effect twice
    stages = [links[0].cause, *(link.effect for link in links)]
    if len(set(stages)) < len(stages):
        way_out = "Give each stage its own name."
        raise InputError("inconsistent", "links", stages, "must not come back to a stage", way_out)
