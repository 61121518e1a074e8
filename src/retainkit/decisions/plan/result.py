"""What a plan comes to: a row for each initiative, the set to do, the frontier, what to learn first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from retainkit.decisions._base.old_assumptions import Assumption
from retainkit.decisions._base.old_decision import AbstractDecision
from retainkit.decisions.plan.frontier import FrontierPoint
from retainkit.decisions.plan.learn_first import Learning
from retainkit.decisions.plan.overlap import Overlap
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.records import FrameKind, framed
from retainkit.text_tables import text_table
from retainkit.typing import Frame, NumberLike, Plain


@dataclass(frozen=True, slots=True)
class InitiativeResult:
    """What one initiative comes to; money of now over the horizon.

    Attributes
    ----------
    name : str
    cost : float
        Budgeted on the customers that there are without the plan; a margin given away is part of it.
    net_value : float
        What it gains alone after all costs, on average.
    low, high : float
        The range that holds the net value nine times in ten.
    net_value_per_cost : float
        ``inf`` where it costs nothing.
    net_value_after_better : float
        What it adds to all that have more net value per cost.
    probability_of_gain : float
        Chance that it gains anything, alone.
    rank_by_return, rank_by_value : int
        By net value per cost and by net value; 1 is the best.
    chosen : bool
        Whether it belongs to the best set.
    effects : tuple of Assumption
        Each of its effects, with the value at which it neither gains nor loses, alone.
    """

    name: str
    cost: float
    net_value: float
    low: float
    high: float
    net_value_per_cost: float
    net_value_after_better: float
    probability_of_gain: float
    rank_by_return: int
    rank_by_value: int
    chosen: bool
    effects: tuple[Assumption, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class PlanResult(AbstractDecision):
    """What a plan comes to; made by `RetentionPlan.evaluate` and `ServicePlan.evaluate`.

    Attributes
    ----------
    gain : (draws,), money of now
        Of the chosen set over doing nothing, after all costs.
    chosen : tuple of str
        The set that gains most on average, within the budget if there is one; empty where nothing pays.
    cost : float, money of now
        Of the chosen set.
    initiatives : tuple of InitiativeResult
        By net value per cost.
    frontier : tuple of FrontierPoint
        The best set for every budget, by rising spend, from nothing on.
    exact : bool
        Whether all sets were tried; else they grew greedily, and `bound` says how much better a set could be.
    bound : float, money of now
        No set within the budget gains more.
    overlap : Overlap
        The chosen set against the sum of its parts.
    overlapping_pairs : tuple of Overlap
        All pairs, those that lose most to the same customers first.
    learn_first : tuple of Learning
        The initiatives by the value of knowing their effect before deciding.
    value_of_knowing_all : float, money of now
    assumptions : tuple of Assumption
        Inputs of the plan with the value at which the chosen set, at the means of its effects, neither gains
        nor loses; where nothing is chosen, the first initiative.
    name : str
    """

    name: str
    chosen: tuple[str, ...]
    cost: float
    initiatives: tuple[InitiativeResult, ...]
    frontier: tuple[FrontierPoint, ...]
    exact: bool
    bound: float
    overlap: Overlap
    overlapping_pairs: tuple[Overlap, ...]
    learn_first: tuple[Learning, ...]
    value_of_knowing_all: float

    def best_within(self, budget: float) -> FrontierPoint:
        """The best set that was found for a budget, in money of now."""
        limit = NOT_NEGATIVE.check("budget", budget)
        return [point for point in self.frontier if point.spend <= limit][-1]

    def initiative(self, name: str) -> InitiativeResult:
        """The row of one initiative."""
        for row in self.initiatives:
            if row.name == name:
                return row
        way_out = f"They are: {', '.join(row.name for row in self.initiatives)}."
        raise InputError("unknown-choice", "name", name, "must be an initiative of the plan", way_out)

    def as_dict(self) -> Plain:
        """All figures as plain values, the gain by its mean and interval; None for what is infinite."""
        low, high = self.interval()
        return _finite(
            {
                "name": self.name,
                "worth_it": self.worth_it,
                "chosen": self.chosen,
                "cost": self.cost,
                "gain": float(np.mean(self.gain)),
                "gain_low": low,
                "gain_high": high,
                "probability_of_gain": self.probability_of_gain,
                "exact": self.exact,
                "bound": self.bound,
                "initiatives": [asdict(row) for row in self.initiatives],
                "frontier": [asdict(point) for point in self.frontier],
                "overlap": asdict(self.overlap),
                "overlapping_pairs": [asdict(pair) for pair in self.overlapping_pairs],
                "learn_first": [asdict(row) for row in self.learn_first],
                "value_of_knowing_all": self.value_of_knowing_all,
                "assumptions": [asdict(a) for a in self.assumptions],
            }
        )

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per initiative; pandas, polars or pyarrow by name."""
        names = [n for n in InitiativeResult.__dataclass_fields__ if n != "effects"]
        return framed(
            {n: np.array([getattr(row, n) for row in self.initiatives]) for n in names}, kind or "dict"
        )

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        if not self.chosen:
            return "no initiative gains more than it costs."
        low, high = self.interval()
        return (
            f"{', '.join(self.chosen)}, for {self.cost:,.0f}, gain {np.mean(self.gain):,.0f} "
            f"(90% between {low:,.0f} and {high:,.0f})."
        )

    def __str__(self) -> str:
        verdict = "Worth it" if self.worth_it else "Not worth it"
        parts = [f"{verdict}: {self.headline()}", self._table(), *self._remarks()]
        return "\n".join(parts)

    def _table(self) -> str:
        head = ("initiative", "", "cost", "net alone", "per cost", "after better", "P(profit)", "turns at")
        rows: list[tuple[str, ...]] = [head]
        for r in self.initiatives:
            turns = ", ".join("-" if e.turning_point is None else f"{e.turning_point:.4g}" for e in r.effects)
            figures = (f"{r.cost:,.0f}", f"{r.net_value:,.0f}", f"{r.net_value_per_cost:,.2f}")
            more = (f"{r.net_value_after_better:,.0f}", f"{r.probability_of_gain:.0%}", turns)
            rows.append((r.name, "do" if r.chosen else "", *figures, *more))
        title = "Money of now" + (f", {self.name}" if self.name else "")
        return text_table(title, rows, left=2)

    def _remarks(self) -> list[str]:
        said: list[str] = []
        if len(self.chosen) > 1:
            o = self.overlap
            said.append(
                f"Added up, the chosen would gain {o.sum_alone:,.0f}: customers counted twice make "
                f"{o.same_customers:,.0f} of the difference, customers kept for each other "
                f"{o.lasting_longer:+,.0f}."
            )
        if not self.exact:
            said.append(f"Found greedily; no set gains more than {self.bound:,.0f}.")
        first = self.learn_first[0]
        if first.value_of_knowing > 0.0:
            said.append(
                f"Learn first: {first.initiative}; knowing its effect is worth {first.value_of_knowing:,.0f}."
            )
        else:
            said.append("Learn first: nothing; no effect, if it were known, would change what to do.")
        return said


def _finite(value: NumberLike) -> NumberLike:
    """None in place of infinite numbers, lists in place of tuples."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(v) for v in value]  # pyright: ignore[reportUnknownVariableType]
    return None if isinstance(value, float) and not math.isfinite(value) else value
