"""What lies ahead of the subscribers at hand, computed once for all who are alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Codes
from retainkit.domains import ENDLESS, one_number
from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.errors import InputError
from retainkit.models.contractual.questions import per_period, times
from retainkit.protocols import SurvivalProcess
from retainkit.rates import Rate, as_read
from retainkit.timing import Instant
from retainkit.typing import Array, NumberLike, Real
from retainkit.units import Duration

_CELLS = 4_000_000  # draws times outlooks times periods at once: 32 MB an array


class Outlooks(NamedTuple):
    """What lies ahead of each entry, computed once for entries of one tenure and one set of parameters."""

    survival: SurvivalProcess
    """With parameters for each distinct outlook, or the same for all; draws of them on an axis before."""
    tenure: Array
    place: NDArray[np.intp]
    """Which of the distinct outlooks each entry has."""

    def shares(self, ahead: Array) -> Array:
        """(entries, periods) still there `ahead` periods from now, of those who are there now.

        Of draws of the parameters their mean.
        """
        values = parameters_of(self.survival)
        many = max((np.shape(v)[0] for v in values if np.ndim(v) == 2), default=0)
        if many:
            size = max(1, _CELLS // (many * ahead.size))
            starts = range(0, self.tenure.size, size)
            rows = [self._by_draw(np.arange(self.tenure.size)[i : i + size], ahead) for i in starts]
            return np.concatenate([row.mean(axis=0) for row in rows] or [np.empty((0, ahead.size))])[
                self.place
            ]
        if any(np.ndim(v) for v in values):
            # times go on the last axis, so that the customers go on the one before it
            process = with_parameters(
                self.survival, [np.asarray(v)[..., None] if np.ndim(v) else v for v in values]
            )
            since = self.tenure[:, None]
            return np.asarray(process.survival(since + ahead, given=since))[self.place]
        rows = [np.asarray(self.survival.survival(k + ahead, given=k)) for k in self.tenure]
        return np.stack(rows)[self.place] if rows else np.empty((0, ahead.size))

    def _by_draw(self, some: Codes, ahead: Array) -> Array:
        """(draws, outlooks, periods) of some outlooks."""
        values = [np.asarray(v) for v in parameters_of(self.survival)]
        if all(v.ndim == 0 or v.shape[-1] == 1 for v in values):  # an average of models has this axis alone
            each = [self.survival.survival(k + ahead, given=k) for k in self.tenure[some]]
            return np.stack([np.asarray(one) for one in each], axis=1)
        columns = [v[..., some] if v.ndim and v.shape[-1] > 1 else v for v in values]
        process = with_parameters(self.survival, [v[..., None] if v.ndim else v for v in columns])
        since = self.tenure[some, None]
        return np.asarray(process.survival(since + ahead, given=since))


def outlooks_of(survival: SurvivalProcess, tenure: Array, argument: str = "survival") -> Outlooks:
    """A base has a few dozen tenures and kinds of customers, whatever its size."""
    values = [np.asarray(v) for v in parameters_of(survival)]
    if all(v.ndim == 0 or (v.ndim == 2 and v.shape[1] == 1) for v in values):
        ahead, place = np.unique(tenure, return_inverse=True)
        return Outlooks(survival, ahead, place)
    if any(v.ndim > 2 or v.shape[-1] != tenure.size for v in values if v.ndim and v.shape[-1] > 1):
        shapes = " and ".join(sorted({str(v.shape) for v in values if v.ndim}))
        rule = f"must have one set of parameters, or one for each of the {tenure.size:,} tenures"
        way_out = "Give every entry its own, or draws of them on the first axis."
        raise InputError("length-mismatch", argument, f"parameters of shape {shapes}", rule, way_out)
    if any(v.ndim == 2 for v in values):  # of draws hardly two entries have the same
        return Outlooks(survival, tenure, np.arange(tenure.size))
    rows = np.column_stack([tenure, *(np.broadcast_to(v, tenure.shape) for v in values)])
    distinct, place = np.unique(rows, axis=0, return_inverse=True)
    columns = [distinct[:, i + 1] if v.ndim else v.item() for i, v in enumerate(values)]
    return Outlooks(with_parameters(survival, columns), distinct[:, 0], place.reshape(-1))


def parameters_of(survival: Any) -> list[Real]:
    """The parameters of a model in order; none of a curve, which is the same for all."""
    family = getattr(survival, "family", None)
    return [] if family is None else family.values_of(survival)


def with_parameters(survival: Any, values: list[NumberLike]) -> SurvivalProcess:
    return survival.family.of(values, unit=survival.unit)


class Payments(NamedTuple):
    """What is still to come from each entry, and by what it was counted."""

    outlooks: Outlooks
    payments: Array
    """Expected and discounted, one entry each."""
    force: float
    terms: float


def discounted_payments(
    process: SurvivalProcess,
    tenure: Array,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike,
    argument: str = "survival",
) -> Payments:
    """The payments of customers of these tenures; refused where they have no end and no discount."""
    # a curve from elsewhere may not know its unit, and takes a bare rate and horizon
    unit = getattr(process, "unit", None)
    if not isinstance(discount_rate, Rate) and np.ndim(discount_rate):
        way_out = "Value the base once for each rate."
        raise InputError("wrong-shape", "discount_rate", discount_rate, "must be a single rate here", way_out)
    force = float(per_period(discount_rate, unit))
    count = one_number("horizon", times("horizon", horizon, unit), ENDLESS)
    outlooks = outlooks_of(process, tenure, argument)
    payments = remaining_payments(outlooks, discount_rate, force, instant, horizon, count)[outlooks.place]
    # a model with customers who never leave (a share cured, say) has no finite value undiscounted
    if np.any(np.isinf(payments)):
        rule = "must be above 0 here: undiscounted, some customers pay for ever"
        way_out = "Discount, or give a finite horizon."
        raise InputError("infinite-value", "discount_rate", discount_rate, rule, way_out)
    return Payments(outlooks, payments, force, count)


def remaining_payments(
    outlooks: Outlooks,
    discount_rate: Rate | NumberLike,
    force: float,
    instant: Instant,
    horizon: Duration | NumberLike,
    count: float,
) -> Array:
    """Discounted expected payments still to come, for each distinct outlook; of draws their mean."""
    found = payments_by_draw(outlooks, discount_rate, force, instant, horizon, count)
    return found.mean(axis=0) if found.ndim == 2 else found


def payments_by_draw(
    outlooks: Outlooks,
    discount_rate: Rate | NumberLike,
    force: float,
    instant: Instant,
    horizon: Duration | NumberLike,
    count: float,
) -> Array:
    """The same for each draw of the parameters, (draws, outlooks), where they have draws."""
    survival, tenure, _ = outlooks
    residual = getattr(survival, "discounted_expected_residual_lifetime", None)
    if residual is not None:  # a model knows its tail, so that it needs no end
        return np.asarray(residual(tenure, discount_rate, instant=instant, horizon=horizon))
    d = math.expm1(force)
    payments = [
        lifetime_value_on_curve(
            1.0,
            ahead_of(survival, k),
            discount_rate=as_read(d),
            # the next payment is the next renewal, of those who renew
            timing="end-if-retained",
            horizon=int(count) if math.isfinite(count) else None,
        )
        for k in tenure
    ]
    # just before its renewal each payment is a period nearer
    return np.asarray(payments) * (1.0 + d if instant == "before-renewal" else 1.0)


def ahead_of(survival: SurvivalProcess, tenure: float) -> Callable[[Array], Real]:
    """The share of those there at a tenure who are there so much later."""

    def share(later: Array) -> Real:
        return survival.survival(tenure + later, given=tenure)

    return share


def last_retention(outlooks: Outlooks, customers: Array) -> Array:
    """What share of those there a period ago is there now, over all cohorts that were there.

    One number, or one for each draw of the parameters.
    """
    survival, tenure, place = outlooks
    # who came in this period has had no renewal: where all have just come, their first one is still ahead
    since = np.maximum(tenure - 1.0, 0.0) if np.any(tenure) else tenure
    kept = np.asarray(survival.survival(since + 1.0, given=since))
    older = (tenure >= 1.0) | ~np.any(tenure)
    there = np.bincount(place, customers, tenure.size)[older]
    # who is there now over who was there a period ago: the ratio of sums that a dashboard shows
    before = np.asarray((there / kept[..., older]).sum(axis=-1))
    return np.divide(there.sum(), before, out=np.full(before.shape, math.nan), where=before > 0.0)
