"""The field specifiers that give a model's parameter its one declaration.

Validation, the optimiser's transform, start values, property tests and the docs table all derive from the
line in which a model declares its field.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
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
_GONE = 1e-100  # of one: nothing is left of it, whatever it is multiplied by


@dataclass(frozen=True, slots=True)
class Twin:
    """How another model is a limit that a family itself cannot go to, or not with all its digits."""

    there: Callable[[Mapping[str, float]], dict[str, float]]
    """Its free parameters, of those of the family on the way to the limit."""
    back: Callable[[Mapping[str, float]], dict[str, float]]
    """Those of the family far out, of its."""
    held: Mapping[str, float] = field(default_factory=dict[str, float])
    """What of it is held."""


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
    slow: tuple[str, ...] = ()
    """Of the falling: as the first one's logarithm grows, with which they keep their product."""
    twin: Twin | None = None
    """Where `model` has to be asked how high it is there: of a family with nothing around it."""

    @property
    def moving(self) -> tuple[str, ...]:
        return (*self.rising, *self.falling)

    def factors(self, here: float, there: float, middle: float) -> dict[str, float]:
        """What the moving parameters are multiplied by, while the first goes from `here` to `there`."""
        first = self.moving[0]

        def factor(name: str) -> float:
            if name in self.slow:
                return _depth(here, middle) / _depth(there, middle)
            # kept ratios, or products where one falls and the other rises
            return there / here if (name in self.rising) == (first in self.rising) else here / there

        return {name: factor(name) for name in self.moving}

    def edge(self, values: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        """What to hold to be at the edge, and where the others are there, of typical `values`."""
        # alone at 0 a parameter vanishes, however large its factor; together only their ratio counts
        together = len(self.rising) + len(self.falling) > 1 and not self.slow
        low = 1.0 / _EDGE if together else _GONE
        factors = dict.fromkeys(self.rising, _EDGE) | dict.fromkeys(self.falling, low)
        factors |= dict.fromkeys(self.slow, 1.0 / _depth(_GONE, 1.0))
        there = {name: value * factors.get(name, 1.0) for name, value in values.items()}
        first, *_ = self.moving
        held = {name: float(f"{there.pop(name):.0e}") for name in (first, *self.idle)}
        return held, there


def limits_within(limits: Sequence[Limit], free: Sequence[str], *, whole: bool) -> tuple[Limit, ...]:
    """Those whose parameters are free; twins have nothing around them, so that others go there themselves."""
    there = [at for at in limits if {*at.moving, *at.idle} <= {*free}]
    return tuple(there) if whole else tuple(replace(at, twin=None) for at in there if not at.slow)


def _depth(value: float, middle: float) -> float:
    """How many e-folds a value lies below the middle, 1 at least."""
    return max(1.0, math.log(middle / value))


def factors_far_out(
    limits: Sequence[Limit], declared: Sequence[Parameter], held: Mapping[str, Any]
) -> dict[str, float]:
    """What to multiply starts by where one that a parameter rises or falls with is held far out."""
    starts = {p.name: p.start for p in declared}
    factors: dict[str, float] = {}
    for limit in limits:
        for name in {*limit.moving} & held.keys() - {*limit.slow}:
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
