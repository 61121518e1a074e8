"""Another margin against another churn: the engine of changes of price and of permanent discounts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retainkit.decisions._base.inputs import Inputs
from retainkit.economics.formulas.perpetuity import refuse_infinite
from retainkit.economics.formulas.survival import Curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import as_read
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, Real


@dataclass(frozen=True, eq=False, kw_only=True)
class MarginAgainstChurn(Inputs):
    """A customer before and after: two margins per period, two churns, one discount rate."""

    if TYPE_CHECKING:  # declared by each kind, in the order of its own inputs
        discount_rate: Real
        timing: FlowTiming

    @abstractmethod
    def before(self) -> tuple[NumberLike, NumberLike | Curve]:
        """Margin per period and churn before."""

    @abstractmethod
    def after(self) -> tuple[NumberLike, NumberLike | Curve]:
        """Margin per period and churn after."""

    def values(self) -> tuple[NumberLike, NumberLike]:
        """What a customer of before is worth before and after."""
        return self._worth(*self.before()), self._worth(*self.after())

    def finite_values(self) -> tuple[NumberLike, NumberLike]:
        """`values`, where they have an end."""
        before, after = self.values()
        refuse_infinite(np.asarray(before + abs(after)), way_out="Discount: a value without end cannot gain.")
        return before, after

    def even_churn(self, cost: NumberLike = 0.0) -> NumberLike:
        """The churn after at which no more than `cost` is gained; below 0 where none is low enough."""
        (margin, churn), (margin_after, _) = self.before(), self.after()
        value = np.asarray(self._worth(margin, churn))
        # as if the margin before were the larger by what the cost takes of the value
        ratio = np.asarray(margin_after) / margin / (1.0 + cost / value)
        return even_churn(ratio, churn, self.discount_rate, self.timing)

    def _worth(self, margin: NumberLike, churn: NumberLike) -> NumberLike:
        d = as_read(self.discount_rate)
        return lifetime_value(margin, churn=churn, discount_rate=d, timing=self.timing)


def even_churn(
    ratio: NumberLike, churn: NumberLike | Curve, discount_rate: NumberLike, timing: FlowTiming
) -> NumberLike:
    """c' with value(ratio·m, c') = value(m, c); below 0 where nothing makes up for it.

    Paid by everyone who started the period, the value is proportional to m/(c+d), whenever in the period
    it falls; paid by those who stayed, to m(1−c)/(c+d); all the time, to m/(μ+δ) with μ = −ln(1−c).
    """
    check_flow(timing)
    d = np.asarray(discount_rate)
    if isinstance(churn, Curve):
        # the constant churn of the same value: what is asked for is a constant churn too
        worth = np.asarray(lifetime_value(1.0, churn=churn, discount_rate=as_read(d), timing=timing))
        if timing == "end-if-retained":
            churn = (1.0 - worth * d) / (1.0 + worth)
        else:
            churn = {"begin": 1.0 + d, "mid": np.sqrt(1.0 + d)}.get(timing, 1.0) / worth - d
    c = np.asarray(churn)
    if timing == "continuous":
        with np.errstate(divide="ignore"):
            hazard = -np.log1p(-c)
        force = np.log1p(d)
        # hazard and force together shrink with the margin; back from the hazard to a share
        return -np.expm1(force - ratio * (hazard + force))
    if timing == "end-if-retained":
        # the first payment takes a stay, so that churn stands in the numerator as well
        return (ratio * (c + d) - d * (1.0 - c)) / ((1.0 - c) + ratio * (c + d))
    return ratio * (c + d) - d
