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
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from retainkit.columns import same_rows
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import bare, mean, number, shown, with_draws
from retainkit.decisions._base.inputs import Inputs, Stated, assumed, setting
from retainkit.decisions._base.rows import ByRow, one_a_row
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.draws import beside_columns
from retainkit.errors import refuse_where
from retainkit.plurals import counted
from retainkit.records import Record, must_be
from retainkit.typing import NumberLike, Real


@dataclass(frozen=True, eq=False, kw_only=True)
class _Rates(ByRow, Record):
    """Rates that the caller measured: checked one by one, and each an assumption of a decision."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", same_rows(**vars(self)))
        for f in fields(self):
            object.__setattr__(self, f.name, f.metadata["domain"].uncertain(f.name, getattr(self, f.name)))
        beside_columns(vars(self))  # draws are equally many

    def stated(self, prefix: str = "") -> dict[str, Stated]:
        """Every rate under its name."""
        return {
            prefix + f.name: Stated(getattr(self, f.name), f.metadata["domain"], f.metadata["meaning"])
            for f in fields(self)
        }

    # nested records are searched by flat names: each takes out its own
    def with_values(self, values: dict[str, Real], prefix: str = "") -> Self:
        """The same with those of the values that are its own, which are taken out of the mapping."""
        own = {f.name: values.pop(prefix + f.name) for f in fields(self) if prefix + f.name in values}
        return replace(self, **own) if own else self

    def __str__(self) -> str:
        return ", ".join(f"{f.name} {mean(getattr(self, f.name)):.4g}" for f in fields(self))


@dataclass(frozen=True, eq=False, kw_only=True)
class ComplaintHandling(_Rates):
    """One way of handling complaints: how many complain, how their complaints end, and who stays.

    Raises `InputError` for values outside their domain, and shares that sum to more than 1.

    Parameters
    ----------
    share_complaining : number or Draws in [0, 1]
        Of customers with a problem.
    satisfied, appeased : number or Draws in [0, 1]
        Shares of complaints that end so; the rest ends dissatisfied. Together at most 1.
    stay_satisfied, stay_appeased, stay_dissatisfied : number or Draws in [0, 1]
        Chances that these customers stay.
    stay_silent : number or Draws in [0, 1]
        The same for those with a problem who do not complain.
    cost_per_complaint : number or Draws, money
        Of handling one, with what is given to the customer.
    """

    share_complaining: NumberLike = assumed(PROBABILITY, "of those with a problem")
    satisfied: NumberLike = assumed(PROBABILITY, "share of complaints that end so")
    appeased: NumberLike = assumed(PROBABILITY, "share of complaints that end so")
    stay_satisfied: NumberLike = assumed(PROBABILITY, "chance to stay")
    stay_appeased: NumberLike = assumed(PROBABILITY, "chance to stay")
    stay_dissatisfied: NumberLike = assumed(PROBABILITY, "chance to stay")
    stay_silent: NumberLike = assumed(PROBABILITY, "chance to stay, with a problem and no complaint")
    cost_per_complaint: NumberLike = assumed(NOT_NEGATIVE, "of handling it")

    def __post_init__(self) -> None:
        super().__post_init__()
        together = np.asarray(self.satisfied + self.appeased)
        rule = "must be at most 1: the rest of the complaints ends dissatisfied"
        way_out = "Give shares of all complaints, not of those that remain."
        # shares that were computed may sum to a rounding more than 1
        refuse_where(together > 1.0 + 1e-12, "out-of-range", "satisfied + appeased", together, rule, way_out)

    def ends(self) -> dict[str, Real]:
        """How many of those with a problem end in which group, as shares."""
        complain, satisfied, appeased = self.share_complaining, self.satisfied, self.appeased
        return {
            "satisfied": complain * satisfied,
            "appeased": complain * appeased,
            "dissatisfied": complain * (1.0 - satisfied - appeased),
            "silent": 1.0 - complain,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class WordOfMouth(_Rates):
    """What unhappy customers' talking costs; left out unless the caller has the rates.

    Parameters
    ----------
    told_by_dissatisfied, told_by_silent : number or Draws, 0 or more
        People told by each of them.
    lost_sales_per_person_told : number or Draws in [0, 1]
    value_per_sale : number or Draws, money
        Margin of a sale, or value of a new customer less the cost of winning one.
    """

    told_by_dissatisfied: NumberLike = assumed(NOT_NEGATIVE, "people, by each")
    told_by_silent: NumberLike = assumed(NOT_NEGATIVE, "people, by each")
    lost_sales_per_person_told: NumberLike = assumed(PROBABILITY, "sales lost by it")
    value_per_sale: NumberLike = assumed(REAL, "of a sale lost by it")


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketDamage(Record):
    """What problems cost in a period; made by `market_damage`.

    Attributes
    ----------
    damage : float or Draws, money
        Customers lost and sales lost to word of mouth, without the cost of handling complaints.
    by_group : dict
        The damage of the ``satisfied``, ``appeased``, ``dissatisfied`` and ``silent``.
    customers_lost : float or Draws
        More than would leave without problems.
    sales_lost : float or Draws
        To word of mouth.
    handling_cost : float or Draws, money
    """

    _derived = ("total", "share_of_silent")

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
        # of the mean over draws: a ratio of draws would be swayed by those with hardly any damage
        whole = mean(self.damage)
        return mean(self.by_group["silent"]) / whole if whole else 0.0

    def __str__(self) -> str:
        return (
            f"Problems cost {shown(self.damage)}, {self.share_of_silent:.0%} of it by customers who never "
            f"complain: {counted(shown(self.customers_lost, ',.0f'), 'customer')} and "
            f"{counted(shown(self.sales_lost, ',.0f'), 'sale')} lost. Handling complaints costs "
            f"{shown(self.handling_cost)}."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ProblemInputs(Inputs):
    """What the damage done by problems rests on."""

    customers: Real = assumed(NOT_NEGATIVE, "of whom some have a problem")
    value: Real = assumed(REAL, "margin to come from one who stays")
    share_with_problem: Real = assumed(PROBABILITY, "of the customers")
    stay_without_problem: Real = assumed(PROBABILITY, "chance to stay")
    # no number itself: its rates are assumptions under their own names
    now: ComplaintHandling = setting()
    word_of_mouth: WordOfMouth | None = setting()

    def damage(self, handling: ComplaintHandling) -> MarketDamage:
        """What problems cost with one way of handling complaints."""
        # customers with a problem: the others stay with the usual chance, and cost nothing here
        unhappy = np.asarray(self.customers) * self.share_with_problem
        # all who have a problem are in exactly one group, so that the damage adds up
        size = {name: unhappy * share for name, share in handling.ends().items()}
        leave = {n: k * (self.stay_without_problem - getattr(handling, f"stay_{n}")) for n, k in size.items()}
        damage = {name: lost * self.value for name, lost in leave.items()}
        sales = np.zeros(())
        if (word := self.word_of_mouth) is not None:
            # of those whose complaint ended well nobody is known to talk
            for name in ("dissatisfied", "silent"):
                lost = size[name] * getattr(word, f"told_by_{name}") * word.lost_sales_per_person_told
                sales, damage[name] = sales + lost, damage[name] + lost * word.value_per_sale
        # who says nothing costs nothing to handle
        complaints = unhappy * handling.share_complaining
        return MarketDamage(
            damage=number(sum(damage.values())),
            by_group={name: number(d) for name, d in damage.items()},
            customers_lost=number(sum(leave.values())),
            sales_lost=number(sales),
            handling_cost=number(complaints * handling.cost_per_complaint),
        )

    def stated(self) -> Mapping[str, Stated]:
        talk = {} if self.word_of_mouth is None else self.word_of_mouth.stated()
        return {**super().stated(), **self.now.stated(), **talk}

    def gain_at(self, **values: Real) -> Real:
        now = self.now.with_values(values)
        word = None if self.word_of_mouth is None else self.word_of_mouth.with_values(values)
        return replace(self, now=now, word_of_mouth=word, **values).gain()

    def gain(self) -> Real:
        return -self.damage(self.now).total


@one_a_row()
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

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    customers : number or Draws, 0 or more
    value : number or Draws, money
        Margin still to come from a customer who stays: see `residual_lifetime_value`.
    share_with_problem : number or Draws in [0, 1]
        In the period.
    stay_without_problem : number or Draws in [0, 1]
    handling : ComplaintHandling
    word_of_mouth : WordOfMouth, optional
        Left out by default.

    Examples
    --------
    >>> now = ComplaintHandling(share_complaining=0.3, satisfied=0.4, appeased=0.3, stay_satisfied=0.9,
    ...     stay_appeased=0.7, stay_dissatisfied=0.3, stay_silent=0.6, cost_per_complaint=15)
    >>> print(market_damage(10_000, 300, share_with_problem=0.2, stay_without_problem=0.95, handling=now))
    Problems cost 199,200.00, 74% of it by customers who never complain: 664 customers and 0 sales lost.
    Handling complaints costs 9,000.00.
    """
    must_be(ComplaintHandling, handling=handling)
    must_be(WordOfMouth | None, word_of_mouth=word_of_mouth)
    return with_draws(ProblemInputs.read(locals(), now=bare(handling)).damage(bare(handling)))


@dataclass(frozen=True, eq=False, kw_only=True)
class BetterHandlingInputs(ProblemInputs):
    """What another way of handling complaints rests on; of the plan as ``planned_…``."""

    planned: ComplaintHandling = setting()
    cost: Real = assumed(NOT_NEGATIVE, "of the change")

    def stated(self) -> Mapping[str, Stated]:
        return {**super().stated(), **self.planned.stated("planned_")}

    def gain_at(self, **values: Real) -> Real:
        planned = self.planned.with_values(values, "planned_")
        return ProblemInputs.gain_at(replace(self, planned=planned), **values)

    def gain(self) -> Real:
        # both with the same customers, problems and talk: only the handling differs
        return self.damage(self.now).total - np.asarray(self.damage(self.planned).total) - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class BetterComplaintHandling(Decision):
    """Whether another way of handling complaints pays; made by `better_complaint_handling`.

    Attributes
    ----------
    gain : float or Draws, money
        Less damage, less what handling costs more, less `cost`.
    now, planned : MarketDamage
    """

    inputs: BetterHandlingInputs
    now: MarketDamage
    planned: MarketDamage

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} in all; problems cost {shown(self.planned.damage)} instead of "
            f"{shown(self.now.damage)}, and handling complaints {shown(self.planned.handling_cost)} "
            f"instead of {shown(self.now.handling_cost)}."
        )


@one_a_row()
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

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    customers, value, share_with_problem, stay_without_problem, word_of_mouth
        As `market_damage`.
    now, planned : ComplaintHandling
    cost : number or Draws, money
        Of the change in the period, beside the cost per complaint.

    Returns
    -------
    BetterComplaintHandling
        Assumptions about the plan are named ``planned_…``.

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
    must_be(ComplaintHandling, now=now, planned=planned)
    must_be(WordOfMouth | None, word_of_mouth=word_of_mouth)
    x = BetterHandlingInputs.read(locals())
    return BetterComplaintHandling(gain=x.gain(), inputs=x, now=x.damage(x.now), planned=x.damage(x.planned))
