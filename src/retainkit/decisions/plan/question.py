"""A plan as numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from retainkit.decisions._base.old_decision import Input
from retainkit.decisions.plan.initiatives import AbstractInitiative
from retainkit.decisions.plan.population import Base


@dataclass(frozen=True, slots=True)
class Question:
    """The initiatives of a plan, and its customers for any value of its inputs."""

    name: str
    initiatives: Sequence[AbstractInitiative]
    budget: float | None
    inputs: Mapping[str, Input]
    base: Callable[..., Base]
    """The customers, with some of the inputs changed by name."""
