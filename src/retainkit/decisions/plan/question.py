"""A plan as numbers: initiatives done together, on its customers, with the draws of their effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions._base.inputs import Question, Stated
from retainkit.decisions.plan.effects import Draws, listed, moved, one_or_draws
from retainkit.decisions.plan.gains import Gains
from retainkit.decisions.plan.population import Base, Population, populate
from retainkit.decisions.plan.service import AnyInitiative
from retainkit.domains import POSITIVE, REAL
from retainkit.records import Record
from retainkit.typing import Array, Plain, Real


@dataclass(frozen=True, eq=False, kw_only=True)
class PlanInputs(Question, Record):
    """Initiatives done together, on the customers of a plan.

    Attributes
    ----------
    base : Base
    initiatives : tuple of Initiative or ServiceInitiative
    effects : (effects, draws)
        Of all initiatives, in order; a single draw where all are known exactly.
    """

    base: Base
    initiatives: tuple[AnyInitiative, ...]
    effects: Array

    @classmethod
    def of(
        cls, base: Base, initiatives: tuple[AnyInitiative, ...], drawn: Draws, members: NDArray[np.bool_]
    ) -> Self:
        """Of a plan, those initiatives that are done."""
        doing = tuple(i for i, is_in in zip(initiatives, members, strict=True) if is_in)
        rows = [members[place] for place, _ in listed(initiatives)]
        return cls(base=base, initiatives=doing, effects=drawn.value[rows])

    def stated(self) -> Mapping[str, Stated]:
        """What of the customers and of the effects could turn the decision."""
        return {**self.base.stated(), **self.stated_effects()}

    def stated_effects(self) -> dict[str, Stated]:
        """Each effect by the names of its initiative and its field."""
        found: dict[str, Stated] = {}
        rows = zip(self._called(), listed(self.initiatives), self.effects, strict=True)
        for name, (_, effect), drawn in rows:
            domain = POSITIVE if effect.target == "hazard_ratio" else REAL
            found[name] = Stated(one_or_draws(drawn), domain, effect.meaning)
        return found

    def gain_at(self, **values: Real) -> Real:
        rows = zip(self._called(), self.effects, strict=True)
        drawn = [np.atleast_1d(values[name]) if name in values else row for name, row in rows]
        ours = {k: v for k, v in values.items() if k in self.base.stated()}
        effects = np.stack(np.broadcast_arrays(*drawn))
        if not ours:
            return replace(self, effects=effects)._gain(*self._still)
        return replace(self, base=self.base.with_values(ours), effects=effects).gain()

    def gain(self) -> Real:
        """Of all of them over doing nothing, draw by draw."""
        return self._gain(*self._still)

    def _gain(self, population: Population, nothing: Array) -> Real:
        does = moved(self.initiatives, self.base, self.effects)
        everything = np.ones((1, len(self.initiatives)), np.bool_)
        return one_or_draws((population.worth(everything, does) - nothing)[0])

    @cached_property
    def _still(self) -> tuple[Population, Array]:
        # kept: of hundreds of tries most move an effect alone, and no customer
        found = Gains(
            populate(self.base, self.initiatives), moved(self.initiatives, self.base, self.effects[:, :1])
        )
        return found.population, found.nothing

    def _called(self) -> list[str]:
        return [f"{self.initiatives[i].name}.{effect.field}" for i, effect in listed(self.initiatives)]

    def _row_columns(self) -> Plain:
        stated = self.stated()
        return {"assumed": list(stated), "value": [s.centre for s in stated.values()]}

    def __str__(self) -> str:
        return f"{', '.join(i.name for i in self.initiatives)}, for {self.base}"


@dataclass(frozen=True, eq=False, kw_only=True)
class InitiativeInputs(PlanInputs):
    """One initiative alone: what it turns on is its effects, by the names of their fields."""

    def stated(self) -> Mapping[str, Stated]:
        return self.stated_effects()

    def _called(self) -> list[str]:
        return [effect.field for _, effect in listed(self.initiatives)]
