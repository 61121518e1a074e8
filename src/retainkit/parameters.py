"""The field specifiers that give a model's parameter its one declaration.

Validation, the optimiser's transform, start values, property tests and the docs table all derive from the
line in which a model declares its field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    unit: Literal["time", "gap", "shape", "count", "rate", "money"] | None
    doc: str

    def scale(self, scales: Mapping[str, float]) -> float:
        """What one unit of the declared start is in the data's own scale; a rate counts per time."""
        if self.unit is None:
            return 1.0
        if self.unit in ("gap", "shape", "count"):  # known of purchases only
            return scales.get(self.unit, scales["time"] if self.unit == "gap" else 1.0)
        return 1.0 / scales["time"] if self.unit == "rate" else scales[self.unit]


_ODD = 1e4  # times its typical value: a parameter held so far out is meant as a limit
_EDGE = 1e12  # of a typical value: what differs from the limit there is less than a likelihood's rounding


@dataclass(frozen=True, slots=True)
class Limit:
    """An edge of the parameters at which a model becomes one with fewer: a likelihood may rise up to it.

    Parameters that rise or fall together keep their ratio, which the simpler model has as its parameter.
    """

    means: str
    """What is true of the customers there, as half a sentence."""
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    """Parameters that mean nothing there."""
    model: str = ""
    """The class that is this limit, where there is one."""

    @property
    def moving(self) -> tuple[str, ...]:
        return (*self.rising, *self.falling)

    def edge(self, values: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        """What to hold to be at the edge, and where the others are there, of typical `values`."""
        # alone at 0 a parameter vanishes, however large its factor; together only their ratio counts
        together = len(self.moving) > 1
        low = 1.0 / _EDGE if together else 1e-100
        factors = dict.fromkeys(self.rising, _EDGE) | dict.fromkeys(self.falling, low)
        there = {name: value * factors.get(name, 1.0) for name, value in values.items()}
        first, *_ = self.moving
        held = {name: float(f"{there.pop(name):.0e}") for name in (first, *self.idle)}
        return held, there


def factors_far_out(
    limits: Sequence[Limit], declared: Sequence[Parameter], held: Mapping[str, Any]
) -> dict[str, float]:
    """What to multiply starts by where one that a parameter rises or falls with is held far out."""
    starts = {p.name: p.start for p in declared}
    factors: dict[str, float] = {}
    for limit in limits:
        for name in {*limit.moving} & held.keys():
            factor = float(held[name]) / starts[name]
            same = limit.rising if name in limit.rising else limit.falling
            # on the way to this limit: a parameter may rise to one and fall to another
            if (factor if same is limit.rising else 1.0 / factor) > _ODD:
                factors |= {other: factor if other in same else 1.0 / factor for other in limit.moving}
    return factors


def _specifier(domain: Domain, start: float, typical: tuple[float, float], unit: str | None, doc: str) -> Any:
    return field(metadata={"domain": domain, "start": start, "typical": typical, "unit": unit, "doc": doc})


def positive(
    *,
    start: float,
    typical: tuple[float, float],
    doc: str,
    unit: Literal["time", "gap", "shape", "count", "rate", "money"] | None = None,
) -> Any:
    """A parameter in (0, inf): fitted on the log scale.

    `start` and `typical` count in the data's own scale where `unit` is given (a mean observation
    time, a mean amount; a ``"rate"`` per such a time), so that a fit takes the same path in days as in
    weeks. A ``"gap"`` is a time, too: shorter than the mean observation where customers buy often in it;
    a ``"shape"`` of rates is smaller where their numbers of purchases differ much, a ``"count"`` larger where
    these are many.
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
