"""Did the fix work: the change among those who got it, less the change among those who did not.

Rates move by themselves (a season, a price change, a better month). Before and after alone give the fix the
credit for all of that; the same change among customers whom the fix did not reach takes it off again:

    effect = (p_fixed,after − p_fixed,before) − (p_control,after − p_control,before).

It is right if both would have changed alike without the fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retainkit.columns import named_once, numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import check_sources, value_of_knowing
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.decisions.experiments.rate_contrast import Contrast, check_count, rate_contrast
from retainkit.decisions.feedback.tickets import NO_ANSWER, read_answers
from retainkit.domains import LEVEL, NOT_NEGATIVE, REAL
from retainkit.errors import InputError
from retainkit.typing import Frame, Number, NumberLike, Real

CAVEAT = "Right if both groups would have changed alike without the fix, and are of different customers."
_LEVELS = 200  # at which the gains are looked at: the mean of what they lose is then off by a percent
_ALMOST_NONE, _ALMOST_ALL = 1e-9, 1.0 - 1e-12  # levels: z of the normal from 0 to 7


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectCheckInputs(Inputs):
    """What the money made by a fix rests on."""

    effect: Real = assumed(REAL, "change of the rate made by the fix")
    customers: Real = assumed(NOT_NEGATIVE, "whom the fix reaches")
    value: Real = assumed(REAL, "of an event that does not happen")
    cost: Real = assumed(NOT_NEGATIVE, "of the fix")
    counts: tuple[tuple[float, float], ...] = setting()

    def gain(self) -> NumberLike:
        """What the events that do not happen are worth, less the fix."""
        # a fix lowers the rate of what goes wrong: a negative effect is the gain
        return -self.effect * self.customers * self.value - self.cost

    def contrast(self, level: Number) -> Contrast:
        """Fixed after − fixed before − (control after − control before), with its interval."""
        return rate_contrast(*self.counts, signs=(1, -1, -1, 1), level=level)


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectCheck(Decision):
    """What a fix changed, compared with customers without it, in a rate and in money; made by `effect_check`.

    Attributes
    ----------
    gain : float, money
        −effect·customers·value − cost.
    effect : Contrast
        Change of the rate that the fix made, with its interval; negative where customers leave less.
    change_fixed, change_control : float
        Of each group from before to after. The first alone would be the naive answer.
    level : float
        Of the interval that is printed.
    caveat : str
    """

    _derived = ("sure",)

    inputs: EffectCheckInputs
    gain: float
    effect: Contrast
    change_fixed: float
    change_control: float
    level: float
    caveat: str = CAVEAT

    @property
    def sure(self) -> bool:
        """Whether the whole interval says the same about the gain as the estimate."""
        low, high = self.interval()
        return low > 0.0 or high < 0.0

    @property
    def probability_of_gain(self) -> float:
        """As far as the data tell: by the widest interval that does not reach a gain of 0."""
        from scipy.optimize import brentq

        side = 0 if self.gain > 0.0 else 1

        def end(level: float) -> float:
            return self.interval(level)[side]

        # the interval grows with its level: from the estimate itself to all that rates can be
        if end(_ALMOST_NONE) * self.gain <= 0.0:
            half = 0.0
        elif end(_ALMOST_ALL) * self.gain > 0.0:
            half = 0.5
        else:
            half = 0.5 * float(brentq(end, _ALMOST_NONE, _ALMOST_ALL))
        return 0.5 + half if side == 0 else 0.5 - half

    @property
    def value_of_certainty(self) -> float:
        """The most that it may cost to know the effect before deciding, as far as the data tell."""
        # both ends at even levels are gains that are as probable as each other
        levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
        return value_of_knowing(np.array([self.interval(level) for level in levels.tolist()]))

    def interval(
        self, level: Number | None = None, *, include: Sequence[str] = ("parameters",)
    ) -> tuple[float, float]:
        """The gain at the ends of the interval of the effect, by default of the level of the check."""
        check_sources(include)
        found = self.inputs.contrast(self.level if level is None else LEVEL.check("level", level))
        # the ends swap, since the money falls with the effect
        low, high = sorted(float(self.inputs.gain_at(effect=end)) for end in (found.low, found.high))
        return low, high

    def headline(self) -> str:
        """The money, and the rates behind it."""
        value, low, high = (
            f"{100.0 * x:+.2f}" for x in (self.effect.value, self.effect.low, self.effect.high)
        )
        least, most = self.interval()
        return (
            f"{self.gain:,.2f} ({least:,.2f} to {most:,.2f})\n"
            f"  the fix changed the rate by {value} points ({self.level:.0%} interval {low} to {high}):\n"
            f"  {100.0 * self.change_fixed:+.2f} with it, {100.0 * self.change_control:+.2f} without it"
        )

    def verdict(self) -> str:
        """Whether it was worth it, and whether the data are sure of that."""
        return super().verdict() + ("" if self.sure else ", but the data allow the opposite")

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.caveat}"


def effect_check(
    *,
    fixed_before: tuple[Number, Number],
    fixed_after: tuple[Number, Number],
    control_before: tuple[Number, Number],
    control_after: tuple[Number, Number],
    customers: Number,
    value: Number,
    cost: Number,
    level: Number = 0.9,
) -> EffectCheck:
    """Whether a fix did what it should: before and after, with customers who did not get it as a control.

    Raises `InputError` for counts that cannot be, and values outside their domain.

    Parameters
    ----------
    fixed_before, fixed_after, control_before, control_after : (events, customers)
        How many left, of how many: customers whom the fix reached and others, in equally long times before
        and after it. Different customers in each, or the interval is not right.
    customers : number
        Whom the fix reaches, over the time that `cost` is for.
    value : number, money
        Margin still to come from a customer who does not leave; for another kind of event, what it costs.
    cost : number, money
        Of the fix.
    level : number in (0, 1)
        Of the interval.

    Examples
    --------
    >>> print(
    ...     effect_check(
    ...         fixed_before=(400, 5000),
    ...         fixed_after=(275, 5000),
    ...         control_before=(410, 5000),
    ...         control_after=(360, 5000),
    ...         customers=20_000,
    ...         value=600,
    ...         cost=60_000,
    ...     )
    ... )
    Worth it, but the data allow the opposite: 120,000.00 (-24,486.78 to 264,697.70)
      the fix changed the rate by -1.50 points (90% interval -2.71 to -0.30):
      -2.50 with it, -1.00 without it
      assumed     value  turns at  what it is
      effect     -0.015    -0.005  change of the rate made by the fix
      customers   20000   6666.67  whom the fix reaches
      value         600       200  of an event that does not happen
      cost        60000    180000  of the fix
    Right if both groups would have changed alike without the fix, and are of different customers.
    """
    groups = (fixed_after, fixed_before, control_after, control_before)
    names = ("fixed_after", "fixed_before", "control_after", "control_before")
    numbers(customers=(customers, NOT_NEGATIVE), value=(value, REAL), cost=(cost, NOT_NEGATIVE))
    # in the order of the signs of the contrast: after less before, then the control
    four = [check_count(name, pair) for name, pair in zip(names, groups, strict=True)]
    x = EffectCheckInputs.read(locals(), effect=0.0, counts=tuple((float(k), float(n)) for k, n in four))
    effect = x.contrast(level)
    x = x.replace(effect=effect.value)
    rates = [events / all_ for events, all_ in four]
    return EffectCheck(
        inputs=x,
        gain=float(x.gain()),
        effect=effect,
        change_fixed=rates[0] - rates[1],
        change_control=rates[2] - rates[3],
        level=float(level),
    )


def effect_check_of_table(
    table: Frame,
    *,
    churned: str,
    fixed: str,
    after: str,
    customers: Number,
    value: Number,
    cost: Number,
    level: Number = 0.9,
) -> EffectCheck:
    """The same from a table with one row per customer, counted.

    Raises `InputError` for missing columns, gaps, and a group without customers.

    Parameters
    ----------
    table : dataframe of any kind, or dict of columns
    churned, fixed, after : names of columns of 0 and 1
        Whether the customer left, was among those whom the fix reached (also before it), and was
        observed after it.
    customers, value, cost, level
        As `effect_check`.

    Examples
    --------
    >>> table = {"left": [1, 1, 0, 0, 1, 1, 1, 0], "new_app": [1] * 4 + [0] * 4, "late": [0, 0, 1, 1] * 2}
    >>> check = effect_check_of_table(
    ...     table, churned="left", fixed="new_app", after="late", customers=100, value=10, cost=1
    ... )
    >>> check.effect.value, check.change_fixed, check.gain
    (-0.5, -1.0, 499.0)
    """
    named_once("fixed", fixed, {churned: "churned"})
    named_once("after", after, {churned: "churned", fixed: "fixed"})
    wanted = {churned: "churned", fixed: "fixed", after: "after"}
    read = read_answers(table, wanted)
    left, reached, late = (read[name].flags(NO_ANSWER) for name in wanted)
    counts: dict[str, tuple[float, float]] = {}
    for group, among in (("fixed", reached), ("control", ~reached)):
        for time, then in (("before", ~late), ("after", late)):
            rows = among & then
            counts[f"{group}_{time}"] = (float(left[rows].sum()), float(rows.sum()))
    # a rate of nobody is no rate; one missing group leaves no difference of differences
    empty = next((name for name, (_, size) in counts.items() if size == 0.0), None)
    if empty is not None:
        rule = "must have customers with and without the fix, before and after it"
        way_out = "Without a control the change cannot be told from what would have happened anyway."
        raise InputError("empty", "table", f"no customer in {empty.replace('_', ', ')}", rule, way_out)
    return effect_check(**counts, customers=customers, value=value, cost=cost, level=level)
