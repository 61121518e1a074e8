"""What an issue costs in customers, and which issues to fix first.

An issue that a share i of N customers meets, and that makes them leave with a probability higher by Δ, takes
away N·i·Δ customers worth V each. A fix that removes a share ρ of it at a cost is worth

    gain = N·i·Δ·ρ·V − cost.

Under a budget the issues to fix are those that gain most together; with few issues all combinations are
tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import SameKind, columns
from retainkit.decisions._base.draws import interval, mean, plain, probability_positive, shown
from retainkit.decisions._base.old_decision import AbstractDecision, given, number, turning_points, values_of
from retainkit.decisions.feedback.issue_effects import CAVEAT, IssueEffects
from retainkit.decisions.targeting.treatment_list import BUDGET, treatment_list
from retainkit.domains import DIFFERENCE_OF_SHARES, NOT_NEGATIVE, PROBABILITY, REAL, Domain
from retainkit.errors import InputError, near
from retainkit.records import AbstractRecord
from retainkit.text_tables import text_table
from retainkit.typing import Array, Number, NumberLike, Plain, Real

_ALL_COMBINATIONS_UP_TO = 20  # issues: a million sums, made by doubling
_ROUNDING = 1e-12  # three times 0.1 is within a budget of 0.3
SUPPLIED = "Effects as supplied: unless adjusted for each other, customers with two issues are counted twice."


def value_at_stake(
    customers: NumberLike, *, incidence: NumberLike, churn_effect: NumberLike, value: NumberLike
) -> SameKind:
    """What an issue takes away by making customers leave: N·incidence·Δchurn·V.

    Parameters
    ----------
    customers : number or column, 0 or more
        N, all customers, in the time that the other figures are about.
    incidence : number or column in [0, 1]
        Share of them who meet the issue.
    churn_effect : number or column in [-1, 1]
        Δ, by how much it raises their probability of leaving: 0.04 for 4 points. There is no default: it
        comes from data (`issue_effects`), from an experiment, or from a judgement that can be named.
    value : number or column, money
        V, margin still to come from a customer who stays.

    Returns
    -------
    float, ndarray or Series
        Money, the kind of the arguments.

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    >>> round(value_at_stake(20_000, incidence=0.08, churn_effect=0.05, value=600), 2)
    48000.0
    """
    (N, i, delta, V), back = columns(
        customers=(customers, NOT_NEGATIVE),
        incidence=(incidence, PROBABILITY),
        churn_effect=(churn_effect, DIFFERENCE_OF_SHARES),
        value=(value, REAL),
    )
    return back(N * i * delta * V)


@dataclass(frozen=True, eq=False, kw_only=True)
class IssueAtStake(AbstractDecision):
    """What fixing one issue brings; made by `issues_at_stake`.

    Attributes
    ----------
    issue : str
    at_stake : float or (draws,), money
        Lost through customers who leave because of it.
    cost : float or (draws,), money
        Of fixing it.
    """

    issue: str
    at_stake: Real
    cost: Real

    @property
    def gain_per_cost(self) -> float:
        """Mean net gain for each unit of money spent; ``inf`` for a gain that costs nothing."""
        gain, cost = mean(self.gain), mean(self.cost)
        if cost > 0.0:
            return gain / cost
        # a free fix is infinitely good per money, or infinitely bad
        return math.copysign(math.inf, gain) if gain else 0.0

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"fixing {self.issue!r} gains {shown(self.gain)}; at stake are {mean(self.at_stake):,.2f}, "
            f"the fix costs {mean(self.cost):,.2f}."
        )


@dataclass(frozen=True, eq=False)
class IssueRanking(AbstractRecord):
    """Which issues to fix first; made by `issues_at_stake`.

    Attributes
    ----------
    issues : tuple of IssueAtStake
        The best gain per cost first.
    fix : tuple of str
        Those that gain most together within the budget.
    gain : float or (draws,), money
        What fixing these brings, net.
    spent, budget : float, money
    gain_bound : float, money
        No choice within the budget gains more; equal to the mean gain where all combinations were tried.
    caveat : str
    """

    issues: tuple[IssueAtStake, ...]
    fix: tuple[str, ...]
    gain: Real
    spent: float
    budget: float
    gain_bound: float
    caveat: str

    @property
    def worth_it(self) -> bool:
        """Whether any issue within the budget is worth fixing."""
        return bool(self.fix)

    @property
    def probability_of_gain(self) -> float:
        """The share of draws in which fixing these issues gains; 0 or 1 for numbers."""
        return probability_positive(self.gain)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """The middle part of the draws of the gain; a number is its own interval."""
        return interval(self.gain, PROBABILITY.check("level", level))

    def __getitem__(self, issue: str) -> IssueAtStake:
        """The issue of this name."""
        for found in self.issues:
            if found.issue == issue:
                return found
        raise KeyError(issue)

    def as_dict(self) -> Plain:
        """The issues in order, and what to fix."""
        return {
            "issues": [{"issue": each.issue, **each.as_dict()} for each in self.issues],
            "fix": list(self.fix),
            "gain": plain(self.gain),
            "spent": self.spent,
            "budget": self.budget,
            "gain_bound": self.gain_bound,
            "probability_of_gain": self.probability_of_gain,
            "caveat": self.caveat,
        }

    def __str__(self) -> str:
        rows = [["issue", "at stake", "cost", "net gain", "per cost", "P(gain)", "fix"]]
        for each in self.issues:
            money = [f"{mean(x):,.0f}" for x in (each.at_stake, each.cost, each.gain)]
            chance = f"{each.probability_of_gain:.0%}" if np.ndim(each.gain) else "-"
            chosen = "yes" if each.issue in self.fix else ""
            rows.append([each.issue, *money, f"{each.gain_per_cost:.2f}", chance, chosen])
        limit = "" if math.isinf(self.budget) else f" of {self.budget:,.0f}"
        verdict = f"Fix {', '.join(self.fix)}" if self.fix else "Fix none of them"
        caption = f"{verdict}: gain {shown(self.gain, ',.0f')} for {self.spent:,.0f}{limit}"
        return f"{text_table(caption, rows, left=1)}\n{self.caveat}"


def issues_at_stake(
    effects: IssueEffects | Mapping[str, NumberLike],
    *,
    customers: NumberLike,
    value: NumberLike,
    cost: Mapping[str, NumberLike],
    incidence: Mapping[str, NumberLike] | None = None,
    resolved: NumberLike | Mapping[str, NumberLike] = 1.0,
    budget: Number = math.inf,
    draws: int = 4000,
    seed: int | np.random.Generator = 0,
) -> IssueRanking:
    """Which complaint to fix first: the issues by net gain per cost, and the best choice within a budget.

    Parameters
    ----------
    effects : IssueEffects, or mapping of issue to number or draws in [-1, 1]
        By how much each issue raises the probability of leaving. Estimates are drawn with their errors.
    customers : number or draws
        N, whom the fix will reach.
    value : number or draws, money
        V, margin still to come from a customer who stays.
    cost : mapping of issue to number or draws, money
        Of fixing it, over the same time.
    incidence : mapping of issue to number or draws in [0, 1]
        Share of customers who meet it; as observed, if `effects` are estimates.
    resolved : number or draws in [0, 1], or a mapping
        Share of the issue that the fix removes; 1 is all of it.
    budget : number, money
        No limit by default.
    draws, seed
        Of the estimates.

    Returns
    -------
    IssueRanking

    Raises
    ------
    InputError
        For values outside their domain, and mappings that do not name the same issues.

    Examples
    --------
    >>> ranking = issues_at_stake(
    ...     {"billing": 0.05, "delay": 0.02, "app": 0.01},
    ...     incidence={"billing": 0.08, "delay": 0.30, "app": 0.40},
    ...     cost={"billing": 12_000, "delay": 40_000, "app": 60_000},
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
    """
    (limit,), _ = columns(budget=(budget, BUDGET))
    if isinstance(effects, IssueEffects):
        observed = dict(zip(effects.issues, effects.incidence.tolist(), strict=True))
        found: Mapping[str, NumberLike] = effects.draws(draws, seed=seed)
        caveat, domain = CAVEAT, REAL  # the normal distribution of a vague estimate has no ends
    else:
        observed, found, caveat, domain = {}, effects, SUPPLIED, DIFFERENCE_OF_SHARES
    shares = _named("incidence", observed if incidence is None else incidence, found)
    costs = _named("cost", cost, found)
    fixed = _resolved(resolved, found)
    issues = [
        _issue(name, customers, shares[name], found[name], value, fixed[name], costs[name], domain)
        for name in found
    ]
    return _ranked(issues, float(limit), caveat)


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


def _issue(
    name: str,
    customers: NumberLike,
    incidence: NumberLike,
    effect: NumberLike,
    value: NumberLike,
    resolved: NumberLike,
    cost: NumberLike,
    domain: Domain,
) -> IssueAtStake:
    inputs = given(
        customers=(customers, NOT_NEGATIVE, "whom the fix reaches"),
        incidence=(incidence, PROBABILITY, "share of them who meet the issue"),
        churn_effect=(effect, domain, "by how much it raises the probability of leaving"),
        value=(value, REAL, "margin still to come from a customer who stays"),
        resolved=(resolved, PROBABILITY, "share of the issue that the fix removes"),
        cost=(cost, NOT_NEGATIVE, "of the fix"),
    )

    def at_stake(
        customers: NumberLike,
        incidence: NumberLike,
        churn_effect: NumberLike,
        value: NumberLike,
        **_: NumberLike,
    ) -> NumberLike:
        return customers * incidence * churn_effect * value

    def gain(**x: NumberLike) -> NumberLike:
        return at_stake(**x) * x["resolved"] - x["cost"]

    x = values_of(inputs)
    # draws of a vague estimate may go beyond −1 and 1, a turning point that is told may not
    within = inputs | {"churn_effect": inputs["churn_effect"]._replace(domain=DIFFERENCE_OF_SHARES)}
    return IssueAtStake(
        issue=name,
        gain=number(gain(**x)),
        at_stake=number(at_stake(**x)),
        cost=number(x["cost"]),
        assumptions=turning_points(gain, within),
    )


def _ranked(issues: list[IssueAtStake], budget: float, caveat: str) -> IssueRanking:
    # shown by what is scarce, the money; the choice below is by what the whole budget gains
    order = sorted(issues, key=lambda each: -each.gain_per_cost)
    gains, costs = (
        np.array([mean(x) for x in column]) for column in zip(*((e.gain, e.cost) for e in order), strict=True)
    )
    chosen, bound = _best(gains, costs, budget)
    fix = [each for each, taken in zip(order, chosen.tolist(), strict=True) if taken]
    total: NumberLike = sum((np.asarray(each.gain) for each in fix), np.zeros(()))
    return IssueRanking(
        issues=tuple(order),
        fix=tuple(each.issue for each in fix),
        gain=number(total),
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
        return found.treated, found.gain_bound
    gains, costs = np.zeros(1), np.zeros(1)
    for i in worth:  # subset s holds issue worth[j] where its bit 2^j is set
        gains, costs = np.concatenate([gains, gains + gain[i]]), np.concatenate([costs, costs + cost[i]])
    # −1 for what does not fit: the empty set, at 0, always does
    best = int(np.argmax(np.where(costs <= budget * (1.0 + _ROUNDING), gains, -1.0)))
    taken[worth] = (best >> np.arange(worth.size)) & 1 == 1
    return taken, float(gains[best])
