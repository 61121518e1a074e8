"""What a plan comes to: a row for each initiative, the set to do, the frontier, what to learn first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retainkit.decisions._base.assumptions import Assumption, assumption_html
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean
from retainkit.decisions.plan.frontier import FrontierPoint
from retainkit.decisions.plan.gains import Overlap
from retainkit.decisions.plan.learn_first import Learning
from retainkit.decisions.plan.question import InitiativeInputs, PlanInputs
from retainkit.display import html_table, text_table
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.records import definition
from retainkit.typing import NumberLike, Plain


@dataclass(frozen=True, eq=False, kw_only=True)
class InitiativeResult(Decision):
    """What one initiative comes to; money of now over the horizon.

    Attributes
    ----------
    name : str
    gain : float or Draws
        Alone, after all costs.
    cost : float
        Budgeted on the customers that there are without the plan; a margin given away is part of it.
    net_value : float
        The mean of the gain.
    low, high : float
        The range that holds the gain nine times in ten.
    net_value_per_cost : float
        ``inf`` where it costs nothing.
    net_value_after_better : float
        What it adds to all that have more net value per cost.
    rank_by_return, rank_by_value : int
        By net value per cost and by net value; 1 is the best.
    chosen : bool
        Whether it belongs to the best set.
    """

    _derived = ("net_value", "low", "high")

    inputs: InitiativeInputs
    name: str
    cost: float
    net_value_per_cost: float
    net_value_after_better: float
    rank_by_return: int
    rank_by_value: int
    chosen: bool

    @property
    def net_value(self) -> float:
        """What it gains alone after all costs, on average."""
        return mean(self.gain)

    @property
    def low(self) -> float:
        """5% of the draws of the gain lie below."""
        return self.interval()[0]

    @property
    def high(self) -> float:
        """5% of the draws of the gain lie above."""
        return self.interval()[1]

    @property
    def effects(self) -> tuple[Assumption, ...]:
        """Each of its effects, with the value at which it neither gains nor loses, alone."""
        return self.turning_points()

    def headline(self) -> str:
        return (
            f"{self.name}, for {self.cost:,.0f}, gains {self.net_value:,.0f} alone and "
            f"{self.net_value_after_better:,.0f} after what is better."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class PlanResult(Decision):
    """What a plan comes to; made by `RetentionPlan.evaluate` and `ServicePlan.evaluate`.

    Attributes
    ----------
    gain : float or Draws, money of now
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
    inputs : PlanInputs
        The chosen set on the customers of the plan; where nothing is chosen, the first initiative, so that
        its turning points say what would make it worth it.
    name : str
    """

    inputs: PlanInputs
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

    def as_dict(self, *, turning_points: bool = False) -> Plain:
        """The figures, with the verdict and the assumptions, of the plan and of each initiative."""
        rows = [row.as_dict(turning_points=turning_points) for row in self.initiatives]
        return {**super().as_dict(turning_points=turning_points), "initiatives": rows}

    def model_dump(self, **options: bool) -> Plain:
        """As `as_dict`, with what each of them rests on and null for what is infinite."""
        rows = [row.model_dump(**options) for row in self.initiatives]
        return {**super().model_dump(**options), "initiatives": rows}

    def _row_columns(self) -> dict[str, list[NumberLike]]:
        """One row per initiative."""
        names = [n for n in self.initiatives[0]._figures() if n != "gain"]  # its draws are no cell of a table
        return {n: [getattr(row, n) for row in self.initiatives] for n in [*names, "probability_of_gain"]}

    def headline(self) -> str:
        if not self.chosen:
            return "no initiative gains more than it costs."
        low, high = self.interval()
        return (
            f"{', '.join(self.chosen)}, for {self.cost:,.0f}, gain {mean(self.gain):,.0f} "
            f"(90% between {low:,.0f} and {high:,.0f})."
        )

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.verdict()}: {self.headline()}",
                text_table("Money of now" + (f", {self.name}" if self.name else ""), self._cells(), left=2),
                *self._remarks(),
            ]
        )

    def _repr_html_(self) -> str:
        table = html_table(f"{self.verdict()}: {self.headline()}", self._cells(), left=2)
        return table + "".join(map(definition, self._remarks())) + assumption_html(self.turning_points())

    def _cells(self) -> Sequence[Sequence[str]]:
        head = ("initiative", "", "cost", "net alone", "per cost", "after better", "P(gain)", "turns at")
        rows: list[tuple[str, ...]] = [head]
        for r in self.initiatives:
            turns = ", ".join("-" if e.turning_point is None else f"{e.turning_point:.4g}" for e in r.effects)
            figures = (f"{r.cost:,.0f}", f"{r.net_value:,.0f}", f"{r.net_value_per_cost:,.2f}")
            more = (f"{r.net_value_after_better:,.0f}", f"{r.probability_of_gain:.0%}", turns)
            rows.append((r.name, "do" if r.chosen else "", *figures, *more))
        return rows

    def _remarks(self) -> list[str]:
        said: list[str] = []
        if len(self.chosen) > 1:
            said.append(str(self.overlap))
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
