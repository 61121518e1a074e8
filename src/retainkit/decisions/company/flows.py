"""Customers, margins, costs and tax of a company, period by period, and their present values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.decisions._base.draws import drawn, shown
from retainkit.decisions._base.inputs import Inputs, Stated, assumed, setting
from retainkit.domains import CHANGE, GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL, Domain
from retainkit.draws import Draws
from retainkit.economics.formulas.survival import Survival, survival_function
from retainkit.errors import InputError, check_choice, refuse_where, wrong_shape
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, Real

Losses: TypeAlias = Literal["relieved", "carried-forward"]
"""What tax does with a loss: it is relieved at once, or set against later gains."""

Counted: TypeAlias = Literal["start", "average"]
"""Who brings a period's margin: those there after its start, or the mean of its start and its end."""

_MONEY = ("margin_of_customers", "margin_of_new_customers", "acquisition", "overhead", "tax")


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan(Record):
    """What is fixed while inputs are varied: curves and the schedule, (periods,) or (draws, periods)."""

    survival: Array
    survival_of_new: Array
    acquired: Array
    carried: bool
    terminal: bool
    averaged: bool

    def __str__(self) -> str:
        return counted(self.acquired.shape[-1], "period")

    def check_draws(self, values: Mapping[str, NumberLike]) -> None:
        """Refuse columns whose number of draws is not that of the numbers."""
        shapes = {name: np.shape(v) for name, v in values.items() if np.ndim(v)}
        # the last axis is time, so that draws are on the one before
        drawn = {
            "survival": self.survival,
            "survival_of_new": self.survival_of_new,
            "acquired": self.acquired,
        }
        shapes |= {name: c.shape[:-1] for name, c in drawn.items() if c.ndim > 1}
        if len(set(shapes.values())) > 1:
            shown = ", ".join(f"{name} {shape[0]:,}" for name, shape in shapes.items())
            rule = "must have as many draws as the other inputs"
            way_out = "Draw each input as often, or give one number."
            raise InputError("length-mismatch", next(reversed(shapes)), shown, rule, way_out)


@dataclass(frozen=True, eq=False, kw_only=True)
class Flows(Record):
    """A company period by period, (periods,) or (draws, periods).

    Attributes
    ----------
    customers, acquired : ndarray
        There in the period; won at its start.
    margin_of_customers, margin_of_new_customers, overhead, tax : ndarray, money at the end of the period
    acquisition : ndarray, money at the start of the period, at its end with ``counted="average"``
    """

    # discount factors: needed to value the columns again, and no figures of the company
    _hidden = frozenset({"at_end", "at_start", "beyond", "tax_beyond"})

    customers: Array
    acquired: Array
    margin_of_customers: Array
    margin_of_new_customers: Array
    acquisition: Array
    overhead: Array
    tax: Array
    at_end: Array
    at_start: Array
    beyond: Array
    tax_beyond: Array

    def present_value(self, name: str) -> NumberLike:
        """What one of the money columns is worth now, with what follows the last period."""
        column = np.asarray(getattr(self, name))
        when = self.at_start if name == "acquisition" else self.at_end
        # new customers are paid for when they are won; all else falls at the end of the period
        # tax alone may change after the last period, once losses are made up for
        after = self.tax_beyond if name == "tax" else column[..., -1] * self.beyond
        return (column * when).sum(axis=-1) + after * when[..., -1]

    @property
    def value(self) -> NumberLike:
        """Of the operations: margins less acquisition, overhead and tax."""
        margins = self.present_value("margin_of_customers") + self.present_value("margin_of_new_customers")
        return margins - sum(self.present_value(name) for name in _MONEY[2:])

    def __str__(self) -> str:
        return f"{counted(self.customers.shape[-1], 'period')}, worth {shown(drawn(self.value), ',.0f')} now."


@dataclass(frozen=True, eq=False, kw_only=True)
class CompanyInputs(Inputs):
    """What the value of a company rests on; its schedule and its curves are moved as wholes."""

    customers: Real = assumed(NOT_NEGATIVE, "at hand")
    margin_per_period: Real = assumed(REAL, "of a customer")
    acquisition_cost: Real = assumed(NOT_NEGATIVE, "of a new customer")
    overhead_per_period: Real = assumed(NOT_NEGATIVE, "caused by no customer")
    tax_rate: Real = assumed(PROBABILITY, "on operating profit")
    discount_rate: Real = assumed(GROWTH, "cost of capital per period", rate="growth")
    margin_growth: Real = assumed(CHANGE, "per period", rate="growth")
    overhead_growth: Real = assumed(CHANGE, "per period", rate="growth")
    terminal_growth: Real = assumed(CHANGE, "after the last period", rate="growth")
    non_operating_assets: Real = assumed(NOT_NEGATIVE, "not needed for customers")
    debt: Real = assumed(NOT_NEGATIVE, "owed")
    acquired: Real = assumed(NOT_NEGATIVE, "times the schedule of new customers")
    hazard_ratio: Real = assumed(POSITIVE, "times the hazard of leaving")
    price: Real = assumed(NOT_NEGATIVE, "asked for the equity")
    # without a price the gain is what the owners have
    has_price: bool = setting()
    plan: Plan = setting()

    def stated(self) -> Mapping[str, Stated]:
        found = dict(super().stated())
        # what was not given is no assumption
        for name, counts in (("terminal_growth", self.plan.terminal), ("price", self.has_price)):
            if not counts:
                del found[name]
        return found

    def gain(self) -> Real:
        return self.flows().value + self.non_operating_assets - self.debt - self.price

    def flows(self) -> Flows:
        """All columns."""
        x = {name: np.asarray(stated.value)[..., None] for name, stated in super().stated().items()}
        plan = self.plan
        # S^HR: one number moves the whole curve, so that retention has a turning point like any other input
        own, new = (s ** x["hazard_ratio"] for s in (plan.survival, plan.survival_of_new))
        acquired = plan.acquired * x["acquired"]
        k = np.arange(plan.acquired.shape[-1], dtype=np.float64)
        at_hand, won = x["customers"] * own, _convolved(acquired, new)
        if plan.averaged:  # new customers come in the course of their period: at its start there are none
            at_hand = 0.5 * (at_hand[..., :-1] + at_hand[..., 1:])
            won = won - 0.5 * np.diff(won, axis=-1, prepend=0.0)
        margin = x["margin_per_period"] * (1.0 + x["margin_growth"]) ** k
        at_start = (1.0 + x["discount_rate"]) ** -k
        overhead = x["overhead_per_period"] * (1.0 + x["overhead_growth"]) ** k
        acquisition = acquired * x["acquisition_cost"]
        profit = margin * (at_hand + won) - overhead - acquisition
        # a loss is relieved at once or carried to later profits: young companies differ most by this
        taxed = _after_carrying_forward(profit) if plan.carried else profit
        beyond = _beyond(self.discount_rate, self.terminal_growth) if plan.terminal else np.zeros(())
        last = profit[..., -1] * beyond
        if plan.carried and plan.terminal:
            last = _taxed_for_ever(profit, np.asarray(self.discount_rate), np.asarray(self.terminal_growth))
        return Flows(
            customers=at_hand + won,
            acquired=acquired,
            margin_of_customers=margin * at_hand,
            margin_of_new_customers=margin * won,
            acquisition=acquisition,
            overhead=overhead,
            tax=x["tax_rate"] * taxed,
            at_end=(at_end := at_start / (1.0 + x["discount_rate"])),
            at_start=at_end if plan.averaged else at_start,
            beyond=beyond,
            tax_beyond=np.asarray(self.tax_rate) * last,
        )


def columns_of_plan(
    survival: Survival,
    survival_of_new: Survival | None,
    acquired: NumberLike,
    horizon: int,
    losses: Losses,
    counted: Counted,
    *,
    terminal: bool,
) -> Plan:
    """Curves and schedule as checked columns of as many periods."""
    check_choice("losses", losses, get_args(Losses))
    check_choice("counted", counted, get_args(Counted))
    averaged = counted == "average"
    # the end of the last period counts as well
    own = _curve("survival", survival, horizon + averaged)
    if survival_of_new is None:
        new = own[..., :horizon]
    else:
        new = _curve("survival_of_new", survival_of_new, horizon)
    won = _with_draws("acquired", acquired, NOT_NEGATIVE)
    if won.ndim == 0:
        # one number is as many in every period
        won = np.full(horizon, won)
    if won.ndim > 2 or won.shape[-1] != horizon:
        raise _does_not_fit("acquired", won, horizon)
    carried = losses == "carried-forward"
    return Plan(
        survival=own,
        survival_of_new=new,
        acquired=won,
        carried=carried,
        terminal=terminal,
        averaged=averaged,
    )


def _curve(argument: str, survival: Survival, horizon: int) -> Array:
    function = survival_function(survival)
    given = survival if function is None else function(np.arange(float(horizon)))
    if function is None:
        curve = _with_draws(argument, given, PROBABILITY)
    else:  # a model with draws of its parameters answers with a curve for each
        curve = np.asarray(PROBABILITY.check(argument, given))
    if curve.ndim not in (1, 2) or curve.shape[-1] < horizon:
        raise _does_not_fit(argument, curve, horizon)
    curve = curve[..., :horizon]
    rule = "must begin with S(0) = 1: everyone is there at the start"
    way_out = "For customers at hand give S(t)/S(now)."
    refuse_where(curve[..., 0] != 1.0, "not-a-curve", argument, curve[..., 0], rule, way_out)
    rising = np.diff(curve, axis=-1, prepend=1.0) > 8.0 * np.finfo(np.float64).eps
    way_out = "Give survival, not retention rates."
    refuse_where(rising, "not-a-curve", argument, curve, "must never rise", way_out)
    return curve


def _with_draws(argument: str, given: NumberLike, domain: Domain) -> Array:
    """A column along the periods, and draws of it on an axis before: a table is draws if it says so."""
    column = np.asarray(domain.uncertain(argument, given))
    if column.ndim > 1 and not isinstance(given, Draws):
        way_out = f"Write rk.Draws({argument}), with shape (draws, periods)."
        raise wrong_shape(argument, column, "must be one column along the periods, or draws of it", way_out)
    return column[:, None] if isinstance(given, Draws) and column.ndim == 1 else column


def _convolved(acquired: Array, survival: Array) -> Array:
    """Σⱼ acquiredⱼ·S(k − j) along the last axis."""
    n = acquired.shape[-1]
    if acquired.ndim == survival.ndim == 1:
        # without draws numpy has it in one call
        return np.convolve(acquired, survival)[:n]
    total = np.zeros(np.broadcast_shapes(acquired.shape, survival.shape))
    for j in range(n):
        total[..., j:] += acquired[..., j, None] * survival[..., : n - j]
    return total


def _after_carrying_forward(profit: Array) -> Array:
    """What is taxed: gains beyond all losses so far, Σ taxed = max over time of Σ profit, or 0."""
    total = np.cumsum(profit, axis=-1)
    # tax falls due on new highs of the cumulated profit: losses before are made up first
    highest = np.maximum(np.maximum.accumulate(total, axis=-1), 0.0)
    return np.diff(highest, axis=-1, prepend=0.0)


def _taxed_for_ever(profit: Array, d: Array, g: Array) -> Array:
    """What is taxed after the last period, worth at its end: nothing until the losses so far are made up for.

    The profit P of the last period grows by g each year. In the year n in which P·Σ(1+g)^j exceeds the losses
    L, the excess is taxed; from then on all is.
    """
    total, last = profit.sum(axis=-1), profit[..., -1]
    losses = np.maximum(np.max(np.cumsum(profit, axis=-1), axis=-1), 0.0) - total
    losses, last, d, g = np.broadcast_arrays(losses, last, d, g)

    def earned(years: Array) -> Array:
        # P·((1+g)^(n+1) − (1+g))/g, which is n·P without growth
        rate = np.log1p(g)
        steps = np.expm1(years * rate)
        return last * np.where(g == 0.0, years, (1.0 + g) * steps / np.where(g == 0.0, 1.0, g))

    with np.errstate(all="ignore"):  # a company that never earns, or never enough, is never taxed
        years = losses / last
        growing = np.log1p(losses * g / (last * (1.0 + g))) / np.log1p(g)
        whole = np.floor(np.where(g == 0.0, years, growing))
        # the rounding of a logarithm may be a year off
        whole = np.where(earned(whole) > losses, whole - 1.0, whole)
        whole = np.where(earned(whole + 1.0) <= losses, whole + 1.0, whole)
        first = earned(whole + 1.0) - losses
        later = last * np.exp((whole + 1.0) * (np.log1p(g) - np.log1p(d))) * (1.0 + g) / (d - g)
        worth = first * np.exp(-(whole + 1.0) * np.log1p(d)) + later
    return np.where((last > 0.0) & np.isfinite(worth), worth, 0.0)


def _does_not_fit(argument: str, column: Array, horizon: int) -> InputError:
    rule = f"must have one entry for each of the {horizon:,} periods, (periods,) or (draws, periods)"
    return wrong_shape(argument, column, rule, "Give as many as there are periods, or a shorter horizon.")


def _beyond(discount_rate: Real, terminal_growth: Real) -> Array:
    """What an endless stream after the last period is worth then, per unit of the last amount."""
    d, g = np.asarray(discount_rate), np.asarray(terminal_growth)
    rule = "must be below the discount rate, or the value has no end"
    way_out = "No company outgrows the economy for ever: give less, or leave it out."
    refuse_where(g >= d, "infinite-value", "terminal_growth", g, rule, way_out)
    # the last period grown once, as a perpetuity: worth the more, the less growth lies below the discount
    return (1.0 + g) / (d - g)
