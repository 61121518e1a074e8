"""What it costs when an employee leaves, and what keeping employees longer is worth.

A leaver costs the separation, hiring and training of a successor, what the place does not earn while it is
empty (less the pay it does not cost), and what the successor does not yet earn while learning. Beside this,
experienced staff may serve better; how much that lowers the customers' hazard of leaving is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import SameKind, columns, same_rows
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.decisions._base.rows import ByRow, one_a_row
from retainkit.decisions.service.effects import ElasticEffect, StaffEffect
from retainkit.decisions.service.hazard import CustomersKept, refuse_endless, value_with
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.economics.cashflows.present_value import annuity_value
from retainkit.economics.formulas.survival import Curve
from retainkit.plurals import counted
from retainkit.rates import as_read
from retainkit.records import Record, must_be
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, RateLike, Real, Unit


@dataclass(frozen=True, eq=False, kw_only=True)
class LeaverCost(Record):
    """What one employee who leaves costs, part by part; made by `leaver_cost`.

    Attributes
    ----------
    separation, hiring, training : float or column, money
    vacancy : float or column, money
        Contribution less pay, while the place is empty.
    ramp_up : float or column, money
        Contribution that the successor does not yet make.
    """

    _derived = ("total",)

    separation: SameKind
    hiring: SameKind
    training: SameKind
    vacancy: SameKind
    ramp_up: SameKind

    @property
    def total(self) -> SameKind:
        """All parts together."""
        return self.separation + self.hiring + self.training + self.vacancy + self.ramp_up

    def __str__(self) -> str:
        parts = ", ".join(
            f"{name.replace('_', '-')} {mean(x):,.2f}" for name, x in vars(self).items() if mean(x)
        )
        return f"A leaver costs {mean(self.total):,.2f}: {parts}."


def leaver_cost(
    *,
    separation: NumberLike,
    hiring: NumberLike,
    training: NumberLike,
    contribution_per_period: NumberLike,
    pay_per_period: NumberLike,
    vacancy_periods: NumberLike,
    ramp_up_periods: NumberLike,
    ramp_up_productivity: NumberLike,
) -> LeaverCost:
    """What it costs when one employee leaves and another one is found.

    separation + hiring + training + vacancy·(contribution − pay) + ramp-up·(1 − productivity)·contribution

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    separation, hiring, training : number or column, money
    contribution_per_period : number or column, money per period
        What an experienced employee brings before pay; what replacing them by overtime costs is an
        estimate of it.
    pay_per_period : number or column, money per period
        With all that comes with it; saved while the place is empty.
    vacancy_periods, ramp_up_periods : number or column, 0 or more
    ramp_up_productivity : number or column in [0, 1]
        Mean over the ramp-up, of an experienced employee's; 0.5 for a straight rise from nothing.

    Examples
    --------
    >>> print(leaver_cost(separation=500, hiring=3000, training=1500, contribution_per_period=6000,
    ...     pay_per_period=4000, vacancy_periods=1.5, ramp_up_periods=3, ramp_up_productivity=0.5))
    A leaver costs 17,000.00: separation 500.00, hiring 3,000.00, training 1,500.00, vacancy 3,000.00,
    ramp-up 9,000.00.
    """
    (out, found, taught, earns, pay, empty, learns, share), back = columns(
        separation=(separation, NOT_NEGATIVE),
        hiring=(hiring, NOT_NEGATIVE),
        training=(training, NOT_NEGATIVE),
        contribution_per_period=(contribution_per_period, REAL),
        pay_per_period=(pay_per_period, NOT_NEGATIVE),
        vacancy_periods=(vacancy_periods, NOT_NEGATIVE),
        ramp_up_periods=(ramp_up_periods, NOT_NEGATIVE),
        ramp_up_productivity=(ramp_up_productivity, PROBABILITY),
    )
    return LeaverCost(
        separation=back(out),
        hiring=back(found),
        training=back(taught),
        # an empty place saves its pay: only what it would have earned above that is lost
        vacancy=back(empty * (earns - pay)),
        ramp_up=back(learns * (1.0 - share) * earns),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class ServedCustomers(ByRow, Record):
    """The customers whom the staff serves, and how their leaving follows the staff's.

    Parameters
    ----------
    customers : number or Draws, 0 or more
    margin_per_period : number or Draws, money
    churn : number or Draws in [0, 1], or Rate
        Share of customers lost per period, with the staff turnover of now.
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        Of the margin: as `lifetime_value`.
    elasticity : number or Draws
        Percent of the customers' hazard of leaving, per percent of staff turnover: the caller's own.
    """

    customers: NumberLike
    margin_per_period: NumberLike
    churn: RateLike
    timing: FlowTiming
    elasticity: NumberLike

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", same_rows(**vars(self)))

    def __str__(self) -> str:
        people = counted(shown(self.customers, ",.0f"), "customer")
        return f"{people} who bring {shown(self.margin_per_period)} per period."


@dataclass(frozen=True, eq=False, kw_only=True)
class StaffInputs(Inputs):
    """What keeping employees longer rests on, where only the leavers count."""

    employees: Real = assumed(NOT_NEGATIVE, "number")
    turnover: Real = assumed(POSITIVE, "leavers per employee and period now")
    turnover_after: Real = assumed(POSITIVE, "leavers per employee and period then")
    cost_per_leaver: Real = assumed(NOT_NEGATIVE, "all parts")
    cost_per_period: Real = assumed(NOT_NEGATIVE, "of keeping them")
    cost: Real = assumed(NOT_NEGATIVE, "once")
    horizon: Real = assumed(POSITIVE, "periods")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")

    def fewer(self) -> StaffEffect:
        """The leavers who are not lost."""
        # leavers less, each of whom would have cost what a leaver costs
        fewer = np.subtract(self.turnover, self.turnover_after)
        return StaffEffect(self.employees, fewer, self.cost_per_leaver)

    def saved(self) -> Real:
        """On leavers, over the horizon."""
        return self.fewer().cost * self._annuity()

    def spent(self) -> Real:
        """Over the horizon."""
        return self.cost + self.cost_per_period * self._annuity()

    # 0 and not None, so that the parts always add up to the gain
    def gained_on_customers(self) -> Real:
        """Through better service: nothing is known of customers."""
        return 0.0

    def gain(self) -> Real:
        return self.saved() + self.gained_on_customers() - self.spent()

    def _annuity(self) -> Real:
        # leavers and costs of a period are paid when it is over
        return annuity_value(
            1.0, periods=self.horizon, discount_rate=as_read(self.discount_rate), timing="end"
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ServingStaffInputs(CustomersKept, StaffInputs):
    """What keeping employees longer rests on, where customers are served better by those who stay."""

    elasticity: Real = assumed(REAL, "% of customers' hazard per % of turnover")
    customers: Real = assumed(NOT_NEGATIVE, "served")
    margin_per_period: Real = assumed(REAL, "of a customer")
    churn: Real | Curve = assumed(
        PROBABILITY, "share of customers lost per period now", rate="loss", curve=True
    )
    timing: FlowTiming = setting(check_flow)

    def values(self) -> tuple[Real, Real]:
        # customers feel the turnover of those who serve them, as they feel waiting: by a power of it
        effect = ElasticEffect(self.turnover, self.turnover_after, self.elasticity)
        m, c, d = self.margin_per_period, self.churn, self.discount_rate
        before, after = (value_with(m, c, d, self.timing, hr, self.horizon) for hr in (1.0, effect.factor))
        refuse_endless(before, after)
        return before, after

    def gain(self) -> Real:
        # both parents have a gain; the staff's counts the customers too
        return StaffInputs.gain(self)


@dataclass(frozen=True, eq=False, kw_only=True)
class StaffRetention(Decision):
    """Whether keeping employees longer pays; made by `staff_retention`.

    Attributes
    ----------
    gain : float or Draws, money of now
        Over the horizon.
    saved_on_leavers : float or Draws, money of now
    gained_on_customers : float or Draws, money of now
        Through better service; 0 where customers were left out.
    spent : float or Draws, money of now
    leavers_fewer_per_period : float or Draws
    """

    inputs: ServingStaffInputs | StaffInputs  # the larger first: JSON is read as the first that fits
    saved_on_leavers: Real
    gained_on_customers: Real
    spent: Real
    leavers_fewer_per_period: Real

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} in all: {shown(self.saved_on_leavers)} saved on "
            f"{mean(self.leavers_fewer_per_period):.4g} fewer leavers per period, "
            f"{shown(self.gained_on_customers)} gained on customers, {shown(self.spent)} spent."
        )


@one_a_row()
def staff_retention(
    *,
    employees: NumberLike,
    turnover: NumberLike,
    turnover_after: NumberLike,
    cost_per_leaver: NumberLike,
    cost_per_period: NumberLike,
    cost: NumberLike = 0.0,
    horizon: NumberLike,
    discount_rate: RateLike,
    served: ServedCustomers | None = None,
    period: Unit | None = None,
) -> StaffRetention:
    """Whether it pays to spend on keeping employees: fewer leavers, and customers who are served better.

    Over the horizon: employees·(turnover − after)·cost per leaver − cost per period, at the end of each
    period, + customers·(V(churn') − V(churn)) − cost. The customers' hazard is (after/turnover)^elasticity
    times as large.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    employees : number or Draws, 0 or more
    turnover, turnover_after : number or Draws, above 0
        Leavers per employee and period; above 1 where places are filled anew several times.
    cost_per_leaver : number or Draws, money
        See `leaver_cost`.
    cost_per_period : number or Draws, money per period
        What keeping them costs, in all.
    cost : number or Draws, money, once, now
    horizon : number, above 0
        Horizon.
    discount_rate : number or Draws > -1, or Rate, per period
    served : ServedCustomers, optional
        Left out by default: then only the cost of leavers counts.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    >>> decision = staff_retention(employees=80, turnover=0.03, turnover_after=0.02, cost_per_leaver=17_000,
    ...     cost_per_period=12_000, horizon=36, discount_rate=0.01)
    >>> decision.worth_it, round(decision.gain)
    (True, 48172)
    """
    # without customers there is nothing to be assumed of them: they are no rows of zeros in the table
    must_be(ServedCustomers | None, served=served)
    kind = StaffInputs if served is None else ServingStaffInputs
    x = kind.read({**locals(), **({} if served is None else vars(served))})
    return StaffRetention(
        gain=x.gain(),
        inputs=x,
        saved_on_leavers=x.saved(),
        gained_on_customers=x.gained_on_customers(),
        spent=x.spent(),
        leavers_fewer_per_period=x.fewer().leavers,
    )
