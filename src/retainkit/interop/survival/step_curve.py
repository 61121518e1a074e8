"""Curves known at some tenures and up to an end, past which nothing is assumed unsaid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias, final, get_args

import numpy as np

from retainkit.columns import labels_of
from retainkit.domains import NOT_NEGATIVE, POSITIVE, one_number
from retainkit.errors import InputError, check_choice, first_offender, refuse_where
from retainkit.interop.survival.curve import AbstractSurvival
from retainkit.models.contractual.nonparametric.curve import AfterEnd, force_after
from retainkit.records import read_only
from retainkit.typing import Array, Foreign, Number, NumberLike, Plain, Real, Unit
from retainkit.units import check_unit

Between: TypeAlias = Literal["steps", "lines"]
"""Between two known tenures: all who leave do so at the later one, or evenly in between."""

_ROUNDING = 1e-12  # of a share: what means over trees and products over many tenures lose


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StepCurve(AbstractSurvival):
    """Survival known at some tenures: one curve, or one for each customer.

    Made by `survival_of`. Past `end` every question is refused until a rule is named, with
    ``survival_of(..., after_end=...)`` or `continued`; a curve that has come down to 0 stays there.
    """

    time: Array  # (k,) ascending, the first where the curve begins
    shares: Array  # (k,) or (customers, k): S at those tenures, 1 at the first
    end: Real  # the last tenure that was observed; one, or (customers, 1)
    between: Between
    source: str
    unit: Unit | None
    force_after: Real | None = None
    """Churn rate per unit of time after the end: inf stops, 0 is flat, None refuses; or (customers, 1)."""

    @property
    def customers(self) -> int | None:
        return self.shares.shape[0] if self.shares.ndim == 2 else None

    @property
    def start(self) -> float:
        return float(self.time[0])

    def continued(self, after_end: AfterEnd, *, over: Number = 1.0) -> Self:
        """The same curve with a rule for tenures past the last observation.

        Parameters
        ----------
        after_end : {"stop", "same-churn", "flat"} or number in [0, 1]
            ``"stop"``: nobody counts any more, a lower bound. ``"flat"``: nobody leaves any more, an upper
            bound. ``"same-churn"``: the churn of the last stretch goes on. A number: that churn per unit
            of time.
        over : number > 0, in the curve's unit
            The last stretch, for ``"same-churn"``: by default one unit of time, the last period.
        """
        if not (isinstance(after_end, str) and after_end == "same-churn"):
            return replace(self, force_after=force_after(after_end, 1.0, 0.0))
        width = POSITIVE.check("over", over)
        if width > np.min(self.end) - self.start:
            rule = f"must be no longer than the curve ({np.min(self.end) - self.start:g})"
            raise InputError("out-of-range", "over", over, rule, "Take a shorter stretch of time.")
        end = self._shaped("over", np.asarray(self.end))
        with np.errstate(invalid="ignore"):
            kept = np.exp(self._log_known(end) - self._log_known(end - width))
        gone = np.isnan(kept)  # all had left before the last stretch began
        if kept.ndim and np.any(kept == 1.0):
            shown = first_offender(kept[:, 0], kept[:, 0] == 1.0)
            rule = f"must reach back to a fall of every curve: in the last {width:g} these did not fall"
            way_out = "Take a longer stretch, continued('same-churn', over=...), or a churn for all."
            raise InputError("too-few", "over", shown, rule, way_out)
        rates = [force_after(after_end, float(k), width) for k in np.where(gone, 0.0, kept).flat]
        return replace(self, force_after=rates[0] if kept.ndim == 0 else np.array(rates).reshape(kept.shape))

    def as_dict(self) -> Plain:
        return {**AbstractSurvival.as_dict(self), "start": self.start, "end": float(np.max(self.end))}

    def __str__(self) -> str:
        end, unit = float(np.max(self.end)), f" {self.unit}s" if self.unit else ""
        past = "refused after it" if self.force_after is None else "continued after it by an assumption"
        return f"Survival from {self.source}{self._whose()}: known until {end:g}{unit}, {past}"

    # -- how it is done ----------------------------------------------------------------------------

    def _row(self, row: int) -> Self:
        def own(value: Real) -> float:
            return float(np.broadcast_to(np.asarray(value), (self.shares.shape[0], 1))[row, 0])

        force = None if self.force_after is None else own(self.force_after)
        return replace(self, shares=self.shares[row], end=own(self.end), force_after=force)

    def _log_survival(self, argument: str, t: Array) -> Array:
        known, rest = self._log_known(np.minimum(t, self.end)), np.maximum(t - self.end, 0.0)
        if self.force_after is None:
            self._refuse_beyond(argument, np.broadcast_to(t, known.shape), (rest > 0.0) & ~np.isneginf(known))
            return known
        force = np.asarray(self.force_after)
        lost = np.where(rest > 0.0, force, 0.0) * np.where(rest > 0.0, rest, 1.0)  # no inf·0
        return known - lost

    def _log_known(self, t: Array) -> Array:
        """ln S at tenures within the curve."""
        lower = np.searchsorted(self.time, t, side="right") - 1
        share = self._at(lower)
        if self.between == "lines":
            upper = np.minimum(lower + 1, self.time.size - 1)
            width = np.where(upper > lower, self.time[upper] - self.time[lower], 1.0)
            share = share + (t - self.time[lower]) / width * (self._at(upper) - share)
        with np.errstate(divide="ignore"):
            return np.log(share)

    def _at(self, place: Foreign) -> Array:
        if self.shares.ndim == 1:
            return np.asarray(self.shares[place])
        if place.ndim == 1:
            return self.shares[:, place]
        return np.take_along_axis(
            self.shares, np.broadcast_to(place, (self.shares.shape[0], place.shape[-1])), axis=1
        )

    def _refuse_beyond(self, argument: str, t: Array, beyond: Foreign) -> None:
        if not np.any(beyond):
            return
        raise InputError(
            "outside-the-curve",
            argument,
            first_offender(t, beyond),
            f"must not exceed {float(np.min(self.end))!s}, where {self.source} ends: some customers are "
            "still there, and what they do next was not seen",
            "Say it: after_end='same-churn', 'stop', 'flat' or a churn such as 0.02; or fit a "
            "parametric model.",
        )


def step_curve(
    time: NumberLike,
    shares: NumberLike,
    *,
    source: str,
    unit: Unit | None,
    end: Real | None = None,
    start: float = 0.0,
    between: Between = "steps",
) -> StepCurve:
    """A checked curve from tenures and the shares still there at each, (k,) or (customers, k).

    S = 1 is put in front where the tenures begin after `start`; tenures past one `end` are left out, and
    by default the last is the end.
    """
    check_choice("between", between, get_args(Between))
    unit = None if unit is None else check_unit("unit", unit)
    labels_of(time=time, shares=shares)
    at, share = _checked(time, shares, source)
    last = at[-1] if end is None else end
    if np.ndim(last) == 0:
        kept = at <= float(last)
        at, share = at[kept], share[..., kept]
    start = one_number("start", start, NOT_NEGATIVE)
    if not at.size or at[0] > start:
        at, share = np.append(start, at), np.insert(share, 0, 1.0, axis=-1)
    if np.any(share[..., 0] != 1.0):
        rule = f"must be 1 at tenure {at[0]:g}: everyone is there at the start ({source})"
        way_out = "Customers lost at tenure 0 belong to acquisition: leave them out, or count from 1."
        raise InputError("not-a-curve", "survival", float(share[..., 0].min()), rule, way_out)
    return StepCurve(
        time=read_only(at), shares=read_only(share), end=last, between=between, source=source, unit=unit
    )


def _checked(time: NumberLike, shares: NumberLike, source: str) -> tuple[Array, Array]:
    """Ascending tenures and shares that never rise, but for rounding."""
    at = np.array(np.atleast_1d(NOT_NEGATIVE.check("times", time)))
    share = np.atleast_1d(NOT_NEGATIVE.check("survival", shares))
    share = np.where((share > 1.0) & (share <= 1.0 + _ROUNDING), 1.0, share)
    if at.ndim != 1 or share.ndim > 2 or share.shape[-1] != at.size:
        rule = f"must have one tenure for each share, which have the shape {share.shape}"
        way_out = "One curve is (k,) shares; curves of many customers are (customers, k)."
        raise InputError("length-mismatch", "times", f"shape {at.shape}", rule, way_out)
    falling = np.diff(at, prepend=-1.0) <= 0.0
    way_out = "Sort tenures with their shares, and keep one share for each."
    refuse_where(falling, "not-ascending", "times", at, "must ascend", way_out)
    rising = np.diff(share, axis=-1, prepend=1.0) > _ROUNDING
    rule = f"must begin at 1 and never rise: who has left does not count again ({source})"
    way_out = (
        "Give survival, not retention rates. Additive hazards may be negative, and then survival "
        "rises: take a model whose hazards are not, or pass the shares after np.minimum.accumulate."
    )
    refuse_where(rising, "not-a-curve", "survival", share, rule, way_out)
    return at, np.minimum.accumulate(share, axis=-1)
