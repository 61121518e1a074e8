"""Did the fix work: the change among those who got it, less the change among those who did not.

Rates move by themselves (a season, a price change, a better month). Before and after alone give the fix the
credit for all of that; the same change among customers whom the fix did not reach takes it off again:

    effect = (p_fixed,after − p_fixed,before) − (p_control,after − p_control,before).

It is right if both would have changed alike without the fix.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from retainkit.columns import numbers
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.decisions.experiments.rate_contrast import Contrast, check_count, rate_contrast
from retainkit.decisions.feedback.tickets import NO_ANSWER, named_once, read_answers
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.errors import InputError
from retainkit.records import AbstractRecord
from retainkit.typing import Frame, Number, Plain

CAVEAT = "Right if both groups would have changed alike without the fix, and are of different customers."


@dataclass(frozen=True)
class EffectCheck(AbstractRecord):
    """What a fix changed, compared with customers without it, in a rate and in money; made by `effect_check`.

    Attributes
    ----------
    effect : Contrast
        Change of the rate that the fix made, with its interval; negative where customers leave less.
    change_fixed, change_control : float
        Of each group from before to after. The first alone would be the naive answer.
    gain : float, money
        −effect·customers·value − cost.
    gain_low, gain_high : float, money
        At the ends of the interval of the effect.
    level : float
    assumptions : tuple of Assumption
    """

    effect: Contrast
    change_fixed: float
    change_control: float
    gain: float
    gain_low: float
    gain_high: float
    level: float
    assumptions: tuple[Assumption, ...]
    caveat: str = CAVEAT

    @property
    def worth_it(self) -> bool:
        """Whether the estimated effect earns more than the fix costs."""
        return self.gain > 0.0

    @property
    def sure(self) -> bool:
        """Whether the whole interval says the same about the gain as the estimate."""
        return self.gain_low > 0.0 or self.gain_high < 0.0

    def as_dict(self) -> Plain:
        """The figures, and the assumptions with where they turn."""
        return {
            "effect": self.effect.value,
            "effect_low": self.effect.low,
            "effect_high": self.effect.high,
            "change_fixed": self.change_fixed,
            "change_control": self.change_control,
            "gain": self.gain,
            "gain_low": self.gain_low,
            "gain_high": self.gain_high,
            "level": self.level,
            "worth_it": self.worth_it,
            "sure": self.sure,
            "assumptions": [asdict(a) for a in self.assumptions],
            "caveat": self.caveat,
        }

    def __str__(self) -> str:
        value, low, high = (
            f"{100.0 * x:+.2f}" for x in (self.effect.value, self.effect.low, self.effect.high)
        )
        verdict = "Worth it" if self.worth_it else "Not worth it"
        doubt = "" if self.sure else ", but the data allow the opposite"
        return "\n".join(
            [
                f"The fix changed the rate by {value} points ({self.level:.0%} interval {low} to {high}):",
                f"  {100.0 * self.change_fixed:+.2f} with it, {100.0 * self.change_control:+.2f} without it",
                f"{verdict}{doubt}: {self.gain:,.2f} ({self.gain_low:,.2f} to {self.gain_high:,.2f})",
                *(f"  {a}" for a in self.assumptions),
                self.caveat,
            ]
        )


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

    Returns
    -------
    EffectCheck

    Raises
    ------
    InputError
        For counts that cannot be, and values outside their domain.

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
    The fix changed the rate by -1.50 points (90% interval -2.71 to -0.30):
      -2.50 with it, -1.00 without it
    Worth it, but the data allow the opposite: 120,000.00 (-24,486.78 to 264,697.70)
      effect = -0.015 (change of the rate made by the fix); turns at -0.005
      customers = 20000 (whom the fix reaches); turns at 6666.67
      value = 600 (of an event that does not happen); turns at 200
      cost = 60000 (of the fix); turns at 180000
    Right if both groups would have changed alike without the fix, and are of different customers.
    """
    reached, worth, spent = numbers(
        customers=(customers, NOT_NEGATIVE), value=(value, REAL), cost=(cost, NOT_NEGATIVE)
    )
    counts = {
        "fixed_after": fixed_after,
        "fixed_before": fixed_before,
        "control_after": control_after,
        "control_before": control_before,
    }
    four = [check_count(name, pair) for name, pair in counts.items()]
    effect = rate_contrast(*four, signs=(1, -1, -1, 1), level=level)
    rates = [events / all_ for events, all_ in four]

    def gain(effect: float, customers: float, value: float, cost: float) -> float:
        # a fix lowers the rate of what goes wrong: a negative effect is the gain
        return -effect * customers * value - cost

    money = [gain(x, reached, worth, spent) for x in (effect.value, effect.low, effect.high)]
    return EffectCheck(
        effect=effect,
        change_fixed=rates[0] - rates[1],
        change_control=rates[2] - rates[3],
        gain=money[0],
        # the ends swap, since the money falls with the effect
        gain_low=min(money[1:]),
        gain_high=max(money[1:]),
        level=float(level),
        assumptions=assumptions(
            gain,
            {
                "effect": Given(effect.value, REAL, "change of the rate made by the fix"),
                "customers": Given(reached, NOT_NEGATIVE, "whom the fix reaches"),
                "value": Given(worth, REAL, "of an event that does not happen"),
                "cost": Given(spent, NOT_NEGATIVE, "of the fix"),
            },
        ),
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

    Parameters
    ----------
    table : dataframe of any kind, or dict of columns
    churned, fixed, after : names of columns of 0 and 1
        Whether the customer left, was among those whom the fix reached (also before it), and was
        observed after it.
    customers, value, cost, level
        As `effect_check`.

    Raises
    ------
    InputError
        For missing columns, gaps, and a group without customers.

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
    empty = next((name for name, (_, size) in counts.items() if size == 0.0), None)
    if empty is not None:
        rule = "must have customers with and without the fix, before and after it"
        way_out = "Without a control the change cannot be told from what would have happened anyway."
        raise InputError("empty", "table", f"no customer in {empty.replace('_', ', ')}", rule, way_out)
    return effect_check(**counts, customers=customers, value=value, cost=cost, level=level)
