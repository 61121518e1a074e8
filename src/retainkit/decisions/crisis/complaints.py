"""What problems cost, and what handling complaints better is worth: the market-damage model.

Of N customers some have a problem. Of those some complain, and how they are treated decides how many stay;
the others say nothing, and many of them just leave. Those who are unhappy tell others, who then do not buy.
Damage = Σ over groups of customers·[(p − p_group)·V + told·(lost sales per person told)·(value of a sale)],
p the chance to stay without any problem. All rates are the caller's, from a survey of one's own customers.

The structure is that of the complaint studies of J. A. Goodman (Technical Assistance Research Programs, since
1979): problem rate, complaint rate, repurchase by outcome of the complaint, word of mouth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from retainkit.columns import keeps_labels, same_rows
from retainkit.decisions._base.draws import mean, plain, shown
from retainkit.decisions._base.old_decision import (
    AbstractDecision,
    Input,
    given,
    number,
    turning_points,
    values_of,
)
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.errors import InputError
from retainkit.records import AbstractRecord
from retainkit.typing import NumberLike, Plain, Real


@dataclass(frozen=True, eq=False, kw_only=True)
class ComplaintHandling:
    """One way of handling complaints: how many complain, how their complaints end, and who stays.

    Parameters
    ----------
    share_complaining : number or draws in [0, 1]
        Of customers with a problem.
    satisfied, appeased : number or draws in [0, 1]
        Shares of complaints that end so; the rest ends dissatisfied. Together at most 1.
    stay_satisfied, stay_appeased, stay_dissatisfied : number or draws in [0, 1]
        Chances that these customers stay.
    stay_silent : number or draws in [0, 1]
        The same for those with a problem who do not complain.
    cost_per_complaint : number or draws, money
        Of handling one, with what is given to the customer.

    Raises
    ------
    InputError
        For values outside their domain, and shares that sum to more than 1.
    """

    share_complaining: NumberLike
    satisfied: NumberLike
    appeased: NumberLike
    stay_satisfied: NumberLike
    stay_appeased: NumberLike
    stay_dissatisfied: NumberLike
    stay_silent: NumberLike
    cost_per_complaint: NumberLike

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", same_rows(**vars(self)))
        for f in fields(self):
            domain = NOT_NEGATIVE if f.name == "cost_per_complaint" else PROBABILITY
            object.__setattr__(self, f.name, domain.check(f.name, getattr(self, f.name)))
        _check_shares(self.satisfied, self.appeased)


@dataclass(frozen=True, eq=False, kw_only=True)
class WordOfMouth:
    """What unhappy customers' talking costs; left out unless the caller has the rates.

    Parameters
    ----------
    told_by_dissatisfied, told_by_silent : number or draws, 0 or more
        People told by each of them.
    lost_sales_per_person_told : number or draws in [0, 1]
    value_per_sale : number or draws, money
        Margin of a sale, or value of a new customer less the cost of winning one.
    """

    told_by_dissatisfied: NumberLike
    told_by_silent: NumberLike
    lost_sales_per_person_told: NumberLike
    value_per_sale: NumberLike

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", same_rows(**vars(self)))


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketDamage(AbstractRecord):
    """What problems cost in a period; made by `market_damage`.

    Attributes
    ----------
    damage : float or (draws,), money
        Customers lost and sales lost to word of mouth, without the cost of handling complaints.
    by_group : dict
        The damage of the ``satisfied``, ``appeased``, ``dissatisfied`` and ``silent``.
    customers_lost : float or (draws,)
        More than would leave without problems.
    sales_lost : float or (draws,)
        To word of mouth.
    handling_cost : float or (draws,), money
    """

    damage: Real
    by_group: dict[str, Real]
    customers_lost: Real
    sales_lost: Real
    handling_cost: Real

    @property
    def total(self) -> NumberLike:
        """Damage and the cost of handling together."""
        return self.damage + self.handling_cost

    @property
    def share_of_silent(self) -> float:
        """The part of the damage that no complaint ever tells of; of means where there are draws."""
        whole = mean(self.damage)
        return mean(self.by_group["silent"]) / whole if whole else 0.0

    def as_dict(self) -> Plain:
        """The figures by name; draws as lists."""
        return {
            "damage": plain(self.damage),
            **{f"damage_of_{name}": plain(x) for name, x in self.by_group.items()},
            "share_of_silent": self.share_of_silent,
            "customers_lost": plain(self.customers_lost),
            "sales_lost": plain(self.sales_lost),
            "handling_cost": plain(self.handling_cost),
            "total": plain(self.total),
        }

    def __str__(self) -> str:
        return (
            f"Problems cost {shown(self.damage)}, {self.share_of_silent:.0%} of it by customers who never "
            f"complain: {shown(self.customers_lost, ',.0f')} customers and "
            f"{shown(self.sales_lost, ',.0f')} sales lost. Handling complaints costs "
            f"{shown(self.handling_cost)}."
        )


@keeps_labels
def market_damage(
    customers: NumberLike,
    value: NumberLike,
    *,
    share_with_problem: NumberLike,
    stay_without_problem: NumberLike,
    handling: ComplaintHandling,
    word_of_mouth: WordOfMouth | None = None,
) -> MarketDamage:
    """What customers' problems cost in a period: those who leave, and those whom they tell.

    Parameters
    ----------
    customers : number or draws, 0 or more
    value : number or draws, money
        Margin still to come from a customer who stays: see `residual_lifetime_value`.
    share_with_problem : number or draws in [0, 1]
        In the period.
    stay_without_problem : number or draws in [0, 1]
    handling : ComplaintHandling
    word_of_mouth : WordOfMouth, optional
        Left out by default.

    Returns
    -------
    MarketDamage

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    >>> now = ComplaintHandling(share_complaining=0.3, satisfied=0.4, appeased=0.3, stay_satisfied=0.9,
    ...     stay_appeased=0.7, stay_dissatisfied=0.3, stay_silent=0.6, cost_per_complaint=15)
    >>> print(market_damage(10_000, 300, share_with_problem=0.2, stay_without_problem=0.95, handling=now))
    Problems cost 199,200.00, 74% of it by customers who never complain: 664 customers and 0 sales lost.
    Handling complaints costs 9,000.00.
    """
    problem = _problem(customers, value, share_with_problem, stay_without_problem)
    return _told(values_of({**problem, **_inputs("", handling), **_talk(word_of_mouth)}), "")


@dataclass(frozen=True, eq=False, kw_only=True)
class BetterComplaintHandling(AbstractDecision):
    """Whether another way of handling complaints pays; made by `better_complaint_handling`.

    Attributes
    ----------
    gain : float or (draws,), money
        Less damage, less what handling costs more, less `cost`.
    now, planned : MarketDamage
    """

    now: MarketDamage
    planned: MarketDamage

    def as_dict(self) -> Plain:
        """The figures, draws as lists, with the verdict and the assumptions."""
        return {**super().as_dict(), "now": self.now.as_dict(), "planned": self.planned.as_dict()}

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"{shown(self.gain)} in all; problems cost {shown(self.planned.damage)} instead of "
            f"{shown(self.now.damage)}, and handling complaints {shown(self.planned.handling_cost)} "
            f"instead of {shown(self.now.handling_cost)}."
        )


@keeps_labels
def better_complaint_handling(
    customers: NumberLike,
    value: NumberLike,
    *,
    share_with_problem: NumberLike,
    stay_without_problem: NumberLike,
    now: ComplaintHandling,
    planned: ComplaintHandling,
    cost: NumberLike,
    word_of_mouth: WordOfMouth | None = None,
) -> BetterComplaintHandling:
    """Whether another way of handling complaints is worth it: more who complain, more who are satisfied.

    Parameters
    ----------
    customers, value, share_with_problem, stay_without_problem, word_of_mouth
        As `market_damage`.
    now, planned : ComplaintHandling
    cost : number or draws, money
        Of the change in the period, beside the cost per complaint.

    Returns
    -------
    BetterComplaintHandling
        Assumptions about the plan are named ``planned_…``.

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    >>> from dataclasses import replace
    >>> now = ComplaintHandling(share_complaining=0.3, satisfied=0.4, appeased=0.3, stay_satisfied=0.9,
    ...     stay_appeased=0.7, stay_dissatisfied=0.3, stay_silent=0.6, cost_per_complaint=15)
    >>> planned = replace(now, share_complaining=0.5, satisfied=0.6, cost_per_complaint=20)
    >>> decision = better_complaint_handling(10_000, 300, share_with_problem=0.2, stay_without_problem=0.95,
    ...     now=now, planned=planned, cost=20_000)
    >>> decision.worth_it, round(decision.gain)
    (True, 12200)
    """
    inputs = {
        **_problem(customers, value, share_with_problem, stay_without_problem),
        **_inputs("", now),
        **_inputs("planned_", planned),
        **_talk(word_of_mouth),
        **given(cost=(cost, NOT_NEGATIVE, "of the change")),
    }

    def gain(**x: NumberLike) -> NumberLike:
        _check_shares(x["planned_satisfied"], x["planned_appeased"])
        _check_shares(x["satisfied"], x["appeased"])
        return np.asarray(_told(x, "").total) - _told(x, "planned_").total - x["cost"]

    x = values_of(inputs)
    return BetterComplaintHandling(
        gain=number(gain(**x)),
        assumptions=turning_points(gain, inputs),
        now=_told(x, ""),
        planned=_told(x, "planned_"),
    )


_MEANINGS = {
    "share_complaining": "of those with a problem",
    "satisfied": "share of complaints that end so",
    "appeased": "share of complaints that end so",
    "stay_satisfied": "chance to stay",
    "stay_appeased": "chance to stay",
    "stay_dissatisfied": "chance to stay",
    "stay_silent": "chance to stay, with a problem and no complaint",
    "cost_per_complaint": "of handling it",
}


def _problem(
    customers: NumberLike, value: NumberLike, share: NumberLike, stay: NumberLike
) -> dict[str, Input]:
    return given(
        customers=(customers, NOT_NEGATIVE, "of whom some have a problem"),
        value=(value, REAL, "margin to come from one who stays"),
        share_with_problem=(share, PROBABILITY, "of the customers"),
        stay_without_problem=(stay, PROBABILITY, "chance to stay"),
    )


def _inputs(prefix: str, handling: ComplaintHandling) -> dict[str, Input]:
    return given(
        **{
            prefix + name: (
                getattr(handling, name),
                NOT_NEGATIVE if name == "cost_per_complaint" else PROBABILITY,
                meaning,
            )
            for name, meaning in _MEANINGS.items()
        }
    )


def _talk(word: WordOfMouth | None) -> dict[str, Input]:
    if word is None:
        return {}
    return given(
        told_by_dissatisfied=(word.told_by_dissatisfied, NOT_NEGATIVE, "people, by each"),
        told_by_silent=(word.told_by_silent, NOT_NEGATIVE, "people, by each"),
        lost_sales_per_person_told=(word.lost_sales_per_person_told, PROBABILITY, "sales lost by it"),
        value_per_sale=(word.value_per_sale, REAL, "of a sale lost by it"),
    )


def _told(x: Mapping[str, NumberLike], prefix: str) -> MarketDamage:
    def of(name: str) -> NumberLike:
        return np.asarray(x[prefix + name])

    unhappy = np.asarray(x["customers"]) * x["share_with_problem"]
    complaints = unhappy * of("share_complaining")
    ends = {"satisfied": of("satisfied"), "appeased": of("appeased")}
    size = {name: complaints * share for name, share in ends.items()}
    size["dissatisfied"] = complaints * (1.0 - ends["satisfied"] - ends["appeased"])
    size["silent"] = unhappy - complaints
    leave = {name: n * (x["stay_without_problem"] - of(f"stay_{name}")) for name, n in size.items()}
    sales = {
        name: n * x.get(f"told_by_{name}", 0.0) * x.get("lost_sales_per_person_told", 0.0)
        for name, n in size.items()
    }
    damage = {name: leave[name] * x["value"] + sales[name] * x.get("value_per_sale", 0.0) for name in size}
    return MarketDamage(
        damage=number(sum(damage.values())),
        by_group={name: number(d) for name, d in damage.items()},
        customers_lost=number(sum(leave.values())),
        sales_lost=number(sum(sales.values())),
        handling_cost=number(complaints * of("cost_per_complaint")),
    )


def _check_shares(satisfied: NumberLike, appeased: NumberLike) -> None:
    together = np.asarray(satisfied) + appeased
    if np.any(together > 1.0 + 1e-12):
        rule = "must be at most 1: the rest of the complaints ends dissatisfied"
        way_out = "Give shares of all complaints, not of those that remain."
        raise InputError("out-of-range", "satisfied + appeased", float(np.max(together)), rule, way_out)
