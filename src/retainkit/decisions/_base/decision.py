"""What every verdict can do: the gain, how sure it is, and the assumptions that would turn it."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from retainkit.decisions._base.assumptions import (
    Assumption,
    assumption_html,
    assumption_text,
    mean_gain_at,
    stated_rows,
    turning_points,
)
from retainkit.decisions._base.draws import (
    check_sources,
    interval,
    mean,
    probability_positive,
    value_of_knowing,
    with_draws,
)
from retainkit.decisions._base.inputs import Question
from retainkit.display import html_table
from retainkit.domains import LEVEL
from retainkit.draws import Draws, DrawsSummary
from retainkit.errors import unknown_choice
from retainkit.records import Record, rows_as_html, shown_cell
from retainkit.typing import Number, Plain, Real


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Decision(Record):
    """A decision: what it gains, and what it was assumed to rest on.

    Attributes
    ----------
    gain : float or Draws, money
        What the decision brings, less what it costs; draws where an input was given as draws.
    inputs : Question
        What it rests on, with the formula of the gain.
    """

    _hidden = frozenset({"inputs"})
    _shows_rows = False  # rows are draws, unless a decision says otherwise

    gain: Real
    inputs: Question = dataclasses.field(repr=False)
    _turning: tuple[Assumption, ...] | None = dataclasses.field(
        init=False, default=None, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name in self._names():
            value = getattr(self, name)
            if isinstance(value, np.ndarray | np.generic) and value.ndim == 0:
                object.__setattr__(self, name, value.item())
        with_draws(self)

    @property
    def worth_it(self) -> bool:
        """Whether the gain, or the mean of its draws, is above 0."""
        return mean(self.gain) > 0.0

    @property
    def probability_of_gain(self) -> float:
        """The share of draws with a gain above 0; 0 or 1 where every input is a number."""
        return probability_positive(self.gain)

    @property
    def value_of_certainty(self) -> float:
        """The most that it may cost to know the inputs before deciding, EVPI; 0 where every one is a number.

        The mean over the draws of the better of doing it and not, less the better of the two as decided now.
        """
        return value_of_knowing(np.asarray(self.gain))

    def interval(
        self, level: Number = 0.9, *, include: Sequence[str] = ("parameters",)
    ) -> tuple[float, float]:
        """The middle part of the draws of the gain; a number is its own interval.

        It counts what is not known of the inputs, ``include=("parameters",)``, and no other source: a gain is
        what is expected of customers. What each then does counts where their value is asked, as in
        `value_customers`.
        """
        check_sources(include)
        return interval(self.gain, LEVEL.check("level", level))

    def summary(self) -> DrawsSummary:
        """What there is to say of the gain: mean, quantiles, chance of a loss, the mean of the worst 5%."""
        return Draws.of(np.ravel(self.gain)).summary()

    def turning_points(self) -> tuple[Assumption, ...]:
        """Every assumption with the value at which the gain, or its mean, is 0; computed once and kept."""
        if self._turning is None:
            object.__setattr__(self, "_turning", turning_points(self.inputs))
        return self._turning or ()

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Every input with its value, its meaning and its turning point: as `turning_points`."""
        return self.turning_points()

    def gain_with(self, **values: Number) -> float:
        """The gain, or its mean over draws, with one assumption at another value.

        Draws of that input are moved as a whole, so that their mean is the value.
        """
        ((name, value),) = values.items()
        if name not in self.inputs.stated():
            raise unknown_choice("assumption", name, list(self.inputs.stated()))
        return mean_gain_at(self.inputs, name, float(value))

    def as_dict(self, *, turning_points: bool = False) -> Plain:
        """The figures, draws with their values, with the verdict and the assumptions.

        Parameters
        ----------
        turning_points : bool
            Whether to look for the value of each assumption at which the decision turns, which takes most of
            the time.
        """
        known = self.turning_points() if turning_points else None
        return {
            **super().as_dict(),
            "worth_it": self.worth_it,
            "probability_of_gain": self.probability_of_gain,
            "assumptions": stated_rows(self.inputs) if known is None else [a.as_dict() for a in known],
        }

    @abstractmethod
    def headline(self) -> str:
        """The verdict in a sentence or two."""

    def verdict(self) -> str:
        """Whether it is worth it, and how sure that is."""
        said = "Worth it" if self.worth_it else "Not worth it"
        return (
            f"{said} (probability of a gain {self.probability_of_gain:.0%})" if np.ndim(self.gain) else said
        )

    def __str__(self) -> str:
        return f"{self.verdict()}: {self.headline()}\n{assumption_text(self.turning_points())}"

    def _repr_html_(self) -> str:
        alike = {(), np.shape(self.gain)}  # a number, or one for each draw; what has rows of its own is below
        figures = {n: v for n in self._figures() if np.shape(v := getattr(self, n)) in alike}
        cells = [("figure", "value")]
        cells += [
            (n.replace("_", " "), shown_cell(mean(v) if np.ndim(v) else v, self._endless(n)))
            for n, v in figures.items()
        ]
        rows = self._row_columns()
        table = html_table(f"{self.verdict()}: {self.headline()}", cells, left=1)
        more = rows_as_html(rows) if rows and self._shows_rows else ""
        return table + more + assumption_html(self.turning_points())
