"""Which issues to fix first, within a budget: those that gain most together.

With few issues all combinations are tried; many are taken by gain per cost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions._base.assumptions import assumption_text
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Question, Stated
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.feedback.issue_effects import CAVEAT, IssueEffects
from retainkit.decisions.feedback.stakes import IssueAtStake, IssueInputs
from retainkit.decisions.targeting.treatment_list import BUDGET, treatment_list
from retainkit.display import text_table
from retainkit.domains import one_number
from retainkit.draws import Draws
from retainkit.errors import InputError, near
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike, Real

_ALL_COMBINATIONS_UP_TO = 20  # a million of them, some milliseconds
_ROUNDING = 1e-12  # three times 0.1 is within a budget of 0.3
SUPPLIED = "Effects as supplied: unless adjusted for each other, customers with two issues are counted twice."


@dataclass(frozen=True, eq=False, kw_only=True)
class RankingInputs(Record, Question):
    """What the choice of issues rests on: of all issues the inputs, of those to fix the gain."""

    issues: dict[str, IssueInputs]
    fix: tuple[str, ...]

    def stated(self) -> Mapping[str, Stated]:
        """What all issues share, and of each one to fix its effect and cost.

        How many meet an issue, and how much of it a fix removes, turn the choice in the same proportion as
        its effect does; each issue says so for itself.
        """
        found: dict[str, Stated] = {}
        for issue in self.fix:
            own = self.issues[issue].stated()
            found |= {name: own[name] for name in ("customers", "value")}
            found |= {f"{name} of {issue}": own[name] for name in ("churn_effect", "cost")}
        return dict(sorted(found.items(), key=lambda item: " of " in item[0]))  # the shared ones first

    def gain_at(self, **values: Real) -> NumberLike:
        """The gain of those to fix; which ones they are stays as it is."""
        total: NumberLike = 0.0
        for issue in self.fix:
            # "cost of late" moves the cost of that issue alone, "value" that of all
            ending = f" of {issue}"
            own = {n.removesuffix(ending): v for n, v in values.items() if n.endswith(ending)}
            shared = {n: v for n, v in values.items() if n in ("customers", "value")}
            total = total + np.asarray(self.issues[issue].gain_at(**shared, **own))
        return total

    def __str__(self) -> str:
        return f"{counted(len(self.issues), 'issue')}, of which to fix: {', '.join(self.fix) or 'none'}"


@dataclass(frozen=True, eq=False, kw_only=True)
class IssueRanking(Decision):
    """Which issues to fix first; made by `issues_at_stake`.

    Attributes
    ----------
    fix : tuple of str
        Those that gain most together within the budget.
    gain : float or Draws, money
        What fixing these brings, net.
    spent, budget : float, money
    gain_bound : float, money
        No choice within the budget gains more; equal to the mean gain where all combinations were tried.
    caveat : str
    """

    _derived = ("issues",)
    _shows_rows = True

    inputs: RankingInputs
    fix: tuple[str, ...]
    spent: float
    budget: float
    gain_bound: float
    caveat: str

    @cached_property
    def issues(self) -> tuple[IssueAtStake, ...]:
        """Every issue with its own verdict, the best gain per cost first."""
        return _in_order(self.inputs.issues)

    def __getitem__(self, issue: str) -> IssueAtStake:
        """The issue of this name."""
        return {found.issue: found for found in self.issues}[issue]

    def _row_columns(self) -> Mapping[str, Array | list[str]]:
        return {
            "issue": [each.issue for each in self.issues],
            "at_stake": np.array([mean(each.at_stake) for each in self.issues]),
            "cost": np.array([mean(each.cost) for each in self.issues]),
            "gain": np.array([mean(each.gain) for each in self.issues]),
            "gain_per_cost": np.array([each.gain_per_cost for each in self.issues]),
            "probability_of_gain": np.array([each.probability_of_gain for each in self.issues]),
            "fix": np.array([each.issue in self.fix for each in self.issues]),
        }

    def verdict(self) -> str:
        """What to fix."""
        return f"Fix {', '.join(self.fix)}" if self.fix else "Fix none of them"

    def headline(self) -> str:
        """What that gains and costs."""
        limit = "" if math.isinf(self.budget) else f" of {self.budget:,.0f}"
        return f"gain {shown(self.gain, ',.0f')} for {self.spent:,.0f}{limit}"

    def __str__(self) -> str:
        rows = [["issue", "at stake", "cost", "net gain", "per cost", "P(gain)", "fix"]]
        for each in self.issues:
            money = [f"{mean(x):,.0f}" for x in (each.at_stake, each.cost, each.gain)]
            chance = f"{each.probability_of_gain:.0%}" if np.ndim(each.gain) else "-"
            chosen = "yes" if each.issue in self.fix else ""
            rows.append([each.issue, *money, f"{each.gain_per_cost:.2f}", chance, chosen])
        table = text_table(f"{self.verdict()}: {self.headline()}", rows, left=1)
        return f"{table}\n{self.caveat}\n{assumption_text(self.turning_points())}"


@one_a_row()
def issues_at_stake(
    effects: IssueEffects | Mapping[str, NumberLike],
    *,
    customers: NumberLike,
    value: NumberLike,
    cost: Mapping[str, NumberLike],
    incidence: Mapping[str, NumberLike] | None = None,
    resolved: NumberLike | Mapping[str, NumberLike],
    budget: Number = math.inf,
    draws: int = 4000,
    seed: int | np.random.Generator = 0,
) -> IssueRanking:
    """Which complaint to fix first: the issues by net gain per cost, and the best choice within a budget.

    Raises `InputError` for values outside their domain, and mappings that do not name the same issues.

    Parameters
    ----------
    effects : IssueEffects, or mapping of issue to number or Draws in [-1, 1]
        By how much each issue raises the probability of leaving. Estimates are drawn with their errors.
    customers : number or Draws
        N, whom the fix will reach.
    value : number or Draws, money
        V, margin still to come from a customer who stays.
    cost : mapping of issue to number or Draws, money
        Of fixing it, over the same time.
    incidence : mapping of issue to number or Draws in [0, 1]
        Share of customers who meet it; as observed, if `effects` are estimates.
    resolved : number or Draws in [0, 1], or a mapping
        Share of the issue that the fix removes: 1 is all of it, which few fixes reach.
    budget : number, money
        No limit by default.
    draws, seed
        Of the estimates.

    Examples
    --------
    >>> ranking = issues_at_stake(
    ...     {"billing": 0.05, "delay": 0.02, "app": 0.01},
    ...     incidence={"billing": 0.08, "delay": 0.30, "app": 0.40},
    ...     cost={"billing": 12_000, "delay": 40_000, "app": 60_000},
    ...     resolved=1.0,
    ...     customers=20_000,
    ...     value=600,
    ... )
    >>> print(ranking)
    Fix billing, delay: gain 68,000 for 52,000
    issue    at stake    cost  net gain  per cost  P(gain)  fix
    billing    48,000  12,000    36,000      3.00        -  yes
    delay      72,000  40,000    32,000      0.80        -  yes
    app        48,000  60,000   -12,000     -0.20        -
    Effects as supplied: unless adjusted for each other, customers with two issues are counted twice.
      assumed                  value    turns at  what it is
      customers                20000     8666.67  whom the fix reaches
      value                      600         260  margin still to come from a customer who stays
      churn_effect of billing   0.05  -0.0208333  by how much it raises the probability of leaving
      cost of billing          12000       80000  of the fix
      churn_effect of delay     0.02  0.00111111  by how much it raises the probability of leaving
      cost of delay            40000      108000  of the fix
    """
    limit = one_number("budget", budget, BUDGET)
    estimated = isinstance(effects, IssueEffects)
    if isinstance(effects, IssueEffects):
        observed = dict(zip(effects.issues, effects.incidence.tolist(), strict=True))
        found: Mapping[str, NumberLike] = effects.draws(draws, seed=seed)
    else:
        observed, found = {}, effects
    shares = _named("incidence", observed if incidence is None else incidence, found)
    costs, fixed = _named("cost", cost, found), _resolved(resolved, found)
    inputs: dict[str, IssueInputs] = {}
    for name, effect in found.items():
        own = {"incidence": shares[name], "resolved": fixed[name], "cost": costs[name]}
        # the normal distribution of a vague estimate has no ends: its draws may lie beyond 1
        within = Draws(np.clip(np.asarray(effect), -1.0, 1.0)) if estimated else effect
        read = IssueInputs.read({"customers": customers, "value": value, "churn_effect": within, **own})
        inputs[name] = read.replace(churn_effect=np.asarray(effect)) if estimated else read
    return _ranked(inputs, float(limit), CAVEAT if estimated else SUPPLIED)


def _named(
    argument: str, given_: Mapping[str, NumberLike], issues: Mapping[str, NumberLike]
) -> Mapping[str, NumberLike]:
    odd = sorted(set(given_) ^ set(issues))
    if odd or not issues:
        name = odd[0] if odd else ""
        rule = "must have one figure for each issue of effects, and no others"
        way_out = near(name, (set(given_) | set(issues)) - {name}).strip()
        raise InputError("unmatched", argument, name, rule, way_out)
    return given_


def _resolved(resolved: NumberLike, issues: Mapping[str, NumberLike]) -> Mapping[str, NumberLike]:
    if isinstance(resolved, Mapping):
        return _named("resolved", cast("Mapping[str, NumberLike]", resolved), issues)
    return dict.fromkeys(issues, resolved)


def _in_order(inputs: Mapping[str, IssueInputs]) -> tuple[IssueAtStake, ...]:
    each = [
        IssueAtStake(inputs=x, gain=np.asarray(x.gain()), issue=name, at_stake=np.asarray(x.at_stake()))
        for name, x in inputs.items()
    ]
    # shown by what is scarce, the money; the choice below is by what the whole budget gains
    return tuple(sorted(each, key=lambda one: -one.gain_per_cost))


def _ranked(inputs: dict[str, IssueInputs], budget: float, caveat: str) -> IssueRanking:
    order = _in_order(inputs)
    gains, costs = (
        np.array([mean(x) for x in c]) for c in zip(*((e.gain, e.cost) for e in order), strict=True)
    )
    chosen, bound = _best(gains, costs, budget)
    fix = tuple(each.issue for each, taken in zip(order, chosen.tolist(), strict=True) if taken)
    # which ones to fix stays as chosen: the question is when this choice stops paying
    x = RankingInputs(issues=inputs, fix=fix)
    return IssueRanking(
        inputs=x,
        gain=np.asarray(x.gain_at()),
        fix=fix,
        spent=float(costs[chosen].sum()),
        budget=budget,
        gain_bound=bound,
        caveat=caveat,
    )


def _best(gain: Array, cost: Array, budget: float) -> tuple[NDArray[np.bool_], float]:
    """Which to take, and what no choice exceeds: of all combinations, or of many issues by gain per cost."""
    worth = np.flatnonzero(gain > 0.0)
    taken = np.zeros(gain.size, np.bool_)
    if worth.size > _ALL_COMBINATIONS_UP_TO:
        found = treatment_list(gain, cost_per_customer=cost, budget=budget)
        return np.asarray(found.treated), found.gain_bound
    # sums of all subsets by doubling: each issue adds a copy of what is there
    gains, costs = np.zeros(1), np.zeros(1)
    for i in worth:  # subset s holds issue worth[j] where its bit 2^j is set
        gains, costs = np.concatenate([gains, gains + gain[i]]), np.concatenate([costs, costs + cost[i]])
    # −1 for what does not fit: the empty set, at 0, always does
    best = int(np.argmax(np.where(costs <= budget * (1.0 + _ROUNDING), gains, -1.0)))
    taken[worth] = (best >> np.arange(worth.size)) & 1 == 1
    return taken, float(gains[best])
