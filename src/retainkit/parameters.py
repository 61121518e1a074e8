"""The field specifiers that give a model's parameter its one declaration.

Validation, the optimiser's transform, start values, property tests and the docs table all derive from the
line in which a model declares its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from functools import cache
from typing import Any, Literal

from retainkit.domains import POSITIVE, PROBABILITY, REAL, Domain


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a model's field declares about itself, once."""

    name: str
    domain: Domain
    start: float
    typical: tuple[float, float]
    unit: Literal["time", "rate", "money"] | None
    doc: str

    def scale(self, scales: Mapping[str, float]) -> float:
        """What one unit of the declared start is in the data's own scale; a rate counts per time."""
        if self.unit is None:
            return 1.0
        return 1.0 / scales["time"] if self.unit == "rate" else scales[self.unit]


def _specifier(domain: Domain, start: float, typical: tuple[float, float], unit: str | None, doc: str) -> Any:
    return field(metadata={"domain": domain, "start": start, "typical": typical, "unit": unit, "doc": doc})


def positive(
    *,
    start: float,
    typical: tuple[float, float],
    doc: str,
    unit: Literal["time", "rate", "money"] | None = None,
) -> Any:
    """A parameter in (0, inf): fitted on the log scale.

    `start` and `typical` count in the data's own scale where `unit` is given (a mean observation
    time, a mean amount; a ``"rate"`` per such a time), so that a fit takes the same path in days as in
    weeks.
    """
    return _specifier(POSITIVE, start, typical, unit, doc)


def probability(*, start: float, typical: tuple[float, float], doc: str) -> Any:
    """A parameter in [0, 1]: fitted on the logit scale."""
    return _specifier(PROBABILITY, start, typical, None, doc)


def real(*, start: float, typical: tuple[float, float], doc: str) -> Any:
    """A parameter on the whole real line: fitted as it is."""
    return _specifier(REAL, start, typical, None, doc)


def _declared(f: Field[Any]) -> Parameter:
    return Parameter(name=f.name, **f.metadata)


@cache
def parameters_of(kind: type[Any]) -> tuple[Parameter, ...]:
    """The declared parameters of a model class, in order."""
    return tuple(_declared(f) for f in fields(kind) if "domain" in f.metadata)
