"""What a list of contacts rests on: the offer, and how likely those contacted were to leave.

Customers differ. Each input stands by its mean over those contacted, and moving it moves everyone's in the
same proportion; the list itself stays. The gain is a product of few inputs at a time, so means of products
over the customers and draws are all that it takes, and no customer's value is replaced by the mean value.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from retainkit.columns import SameKind
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean
from retainkit.decisions._base.inputs import Stated, assumed, setting
from retainkit.decisions.campaigns.campaign import OfferInputs
from retainkit.domains import PROBABILITY
from retainkit.typing import Array, NumberLike, Plain, Real, Values

_Means = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class ContactInputs(OfferInputs):
    """Means over those contacted; see the top of this file."""

    churn: Real = assumed(PROBABILITY, "share of the contacted who would leave")
    contacted: int = setting()
    of_all: _Means = setting()  # of γV, γδ, f, ηδ, ωηδ and ωV, each input as a multiple of its mean
    of_churners: _Means = setting()  # the same, weighted by the chance to leave as a multiple of its mean

    @classmethod
    def of(cls, churn: Values, offer: Plain, chosen: Values) -> ContactInputs:
        """Of chances to leave (n,), an offer with one entry per customer or for all, and who is contacted."""
        contacted = {name: _those(given, chosen) for name, given in offer.items() if name != "cost"}
        contacted["churn"] = np.asarray(churn, np.float64)[chosen]
        means = {name: _mean(column) for name, column in contacted.items()}
        # what nobody has yet would be the same for everyone
        of = {n: column / means[n] if means[n] else np.ones(()) for n, column in contacted.items()}
        g, d, e, w = (of[n] for n in ("acceptance", "incentive", "stayers_accepting", "provoked_churn"))
        products = (g * of["value"], g * d, of["cost_per_contact"], e * d, w * e * d, w * of["value"])
        return cls(
            **means,
            cost=_mean(offer["cost"]),
            contacted=contacted["churn"].size,
            of_all=_means(products),
            of_churners=_means([of["churn"] * product for product in products]),
        )

    def stated(self) -> Mapping[str, Stated]:
        """Nothing where nobody is contacted."""
        return super().stated() if self.contacted else {}

    def gain(self) -> NumberLike:
        """Σ c·[γ(V − δ)] − f − (1 − c)·[(1 − ω)ηδ + ωV], less the fixed cost."""
        left = [self.churn * mean for mean in self.of_churners]
        stay = [mean - part for mean, part in zip(self.of_all, left, strict=True)]
        # the value and the incentive of those who would leave, the incentives of those who would stay
        kept = self.acceptance * (self.value * left[0] - self.incentive * left[1])
        taken = self.stayers_accepting * self.incentive * (stay[3] - self.provoked_churn * stay[4])
        lost = self.provoked_churn * self.value * stay[5]
        each = kept - self.cost_per_contact * self.of_all[2] - taken - lost
        return self.contacted * each - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class ContactList(Decision):
    """Whom to contact. The assumptions are means over those contacted, moved alike for everyone."""

    _derived = ("contacted_share",)
    _shows_rows = True

    inputs: ContactInputs
    contact: SameKind = field(repr=False)

    @property
    def contacted_share(self) -> float:
        """Share of the customers given whom it is worth to contact."""
        return mean(self.contact)

    def verdict(self) -> str:
        """How many to contact."""
        said = np.asarray(self.contact)
        if not said.any():
            return "Contact nobody"
        return f"Contact {said.sum():,} of {said.size:,} customers ({self.contacted_share:.1%})"

    def headline(self) -> str:
        """What that earns."""
        if not np.any(self.contact):
            return "no contact earns more than it costs."
        return self._earned()

    @abstractmethod
    def _earned(self) -> str:
        """What the contacts earn, and how."""


def _those(given: NumberLike, chosen: Values) -> Array:
    """The entries of those contacted, on the last axis; one entry stands for all."""
    column = np.asarray(given, np.float64)
    return column if column.ndim == 0 or column.shape[-1] == 1 else column[..., chosen]


def _mean(column: NumberLike) -> float:
    """Over customers and draws; 0 of nobody."""
    entries = np.asarray(column, np.float64)
    return float(entries.mean()) if entries.size else 0.0


def _means(products: Sequence[Array]) -> _Means:
    a, b, c, d, e, f = map(_mean, products)
    return a, b, c, d, e, f
