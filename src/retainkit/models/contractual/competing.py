"""Reasons that compete: a model of each, the survival of all together, and what would be without some.

In each period the forces of leaving add up, so that S = Π S_r, and those who leave divide by them: of
1 − Π k_r, with k_r = S_r(t)/S_r(t − 1), the share ln k_r / Σ ln k left for r. Chiang, C. L. (1961), "On the
Probability of Death from Specific Causes in the Presence of Competing Risks", Proceedings of the Fourth
Berkeley Symposium 4, 169-180. That the other reasons stay as they are when one is gone no data can tell:
Tsiatis, A. (1975), "A Nonidentifiability Aspect of the Problem of Competing Risks", PNAS 72(1), 20-22,
doi:10.1073/pnas.72.1.20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast, final

import numpy as np

from retainkit.columns import keeps_labels
from retainkit.documents import Document, document, kind_of, made, stated, up_to_date
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, one_number
from retainkit.errors import InputError, refuse_others, unknown_choice
from retainkit.models.base import AbstractModel
from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen
from retainkit.models.contractual.nonparametric.estimate import AbstractEstimate
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.nonparametric.life_table import LifeTable
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen
from retainkit.models.contractual.nonparametric.turnbull import Turnbull
from retainkit.models.contractual.questions import plain, times, whole_periods
from retainkit.protocols import ModelOf, SurvivalProcess, model_of, refuse_many
from retainkit.typing import Array, NumberLike, Plain, Real, Unit
from retainkit.units import Duration

_READ = {kind_of(kind): kind for kind in (AalenJohansen, KaplanMeier, LifeTable, NelsonAalen, Turnbull)}


@final
@dataclass(frozen=True, slots=True, init=False, eq=False)
class CompetingReasons(Document):
    """How long customers stay who may leave for several reasons, each with a model of its own.

    It answers ``survival(t, given=...)`` and goes wherever a model of leaving goes, such as
    ``value_subscriptions(base, CompetingReasons(fits), horizon=36, ...)``. The reasons are taken as
    independent: who is kept from leaving for one of them leaves for the others like everybody else.

    Raises `InputError` for no reasons, what is no model, models of other units, or of many customers.

    Parameters
    ----------
    fits : mapping of each reason to a model, or its fit
        Fitted to ``renewals.by_reason``.

    Examples
    --------
    >>> import retainkit as rk
    >>> left = rk.CompetingReasons({"voluntary": rk.Geometric(0.05, unit="month"),
    ...                             "failed payment": rk.Geometric(0.02, unit="month")})
    >>> round(left.survival(12), 4), round(0.95**12 * 0.98**12, 4)
    (0.424, 0.424)
    >>> [round(left.cumulative_incidence(reason, 12), 4) for reason in left.reasons]
    [0.4132, 0.1628]
    >>> round(left.without("failed payment", 0.5).survival(12), 4)
    0.4787
    """

    _written = ("reasons", "recovered")

    processes: Mapping[str, SurvivalProcess]
    recovered: Mapping[str, float]
    """Share of each reason's force that is taken away."""

    def __init__(self, fits: Mapping[str, ModelOf[SurvivalProcess]]) -> None:
        if not isinstance(cast("object", fits), Mapping) or not fits:
            way_out = "fits = {name: rk.fit(Model, part) for name, part in base.renewals.by_reason.items()}."
            rule = "must map the name of each reason to its model"
            raise InputError("wrong-type", "fits", type(fits).__name__, rule, way_out)
        found: dict[str, Any] = {str(name): model_of(fit) for name, fit in fits.items()}
        for name, process in found.items():
            if not hasattr(cast("Any", type(process)), "survival"):
                rule, way_out = "must answer survival(t, given=...)", "Pass a contractual model or its fit."
                raise InputError("not-a-model", f"fits[{name!r}]", type(process).__name__, rule, way_out)
            refuse_many(f"fits[{name!r}]", process)
        units = {process.unit for process in found.values()}
        if len(units) > 1:
            shown, rule = " and ".join(sorted(map(str, units))), "must count in one unit of time"
            raise InputError("unit-mismatch", "fits", shown, rule, "Fit all to parts of one summary.")
        object.__setattr__(self, "processes", found)
        object.__setattr__(self, "recovered", dict.fromkeys(found, 0.0))

    def model_dump(self) -> Plain:
        """The model of each reason, as the document that it is alone, and what is recovered of each.

        Raises `InputError` for what is read by other libraries than this one.
        """
        for name, process in self.processes.items():
            if not isinstance(process, AbstractModel | AbstractEstimate):
                rule = "must be a model or an estimate of retainkit to be written"
                way_out = "Fit one of its own models to that reason."
                raise InputError("not-supported", f"fits[{name!r}]", type(process).__name__, rule, way_out)
        told: Plain = {name: document(process) for name, process in self.processes.items()}
        return {"reasons": told, "recovered": {**self.recovered}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The same from the values of `model_dump`."""
        refuse_others(cls.__name__, values, ("reasons", "recovered"))
        found = cls({name: _process(told) for name, told in values["reasons"].items()})
        for name, share in values["recovered"].items():
            found = found.without(name, share)
        return found

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        one, two = self.model_dump(), cast("CompetingReasons", other).model_dump()
        return one == two

    def __hash__(self) -> int:
        return hash((type(self).__name__, *self.processes))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The names of the reasons."""
        return tuple(self.processes)

    @property
    def unit(self) -> Unit | None:
        """What tenures count in."""
        return next(iter(self.processes.values())).unit

    def without(self, reason: str, recovered: NumberLike = 1.0) -> Self:
        """The same where that share of one reason's force is gone; all of it by default.

        A share of ``recovered`` = 0.4 of failed payments means S_r^0.6 in place of S_r.
        """
        if reason not in self.processes:
            raise unknown_choice("reason", reason, self.reasons)
        share = one_number("recovered", recovered, PROBABILITY)
        rest = 1.0 - (1.0 - self.recovered[reason]) * (1.0 - share)
        changed = type(self)(self.processes)
        object.__setattr__(changed, "recovered", {**self.recovered, reason: rest})
        return changed

    @keeps_labels
    def survival(self, t: Duration | NumberLike, *, given: Duration | NumberLike = 0.0) -> Real:
        """Share still there at tenure `t`, whatever the reason, of those who were there at tenure `given`."""
        return plain(np.asarray(np.prod(self._shares(t, given), axis=0)))

    @keeps_labels
    def cumulative_incidence(
        self, reason: str, t: Duration | NumberLike, *, given: Duration | NumberLike = 0.0
    ) -> Real:
        """Share that leaves for that reason by tenure `t`, of those who were there at tenure `given`.

        With the share still there those of all reasons add up to 1. Within a period the forces stand in one
        ratio; `t` and `given` are whole periods, of any shapes that go together.
        """
        if reason not in self.processes:
            raise unknown_choice("reason", reason, self.reasons)
        now, known = (times(name, v, self.unit) for name, v in (("t", t), ("given", given)))
        for name, value in (("t", now), ("given", known)):
            NOT_NEGATIVE.check(name, value)  # finite: every period until then is looked at
            whole_periods(name, value, type(self).__name__)
        tenure, place = np.unique(known, return_inverse=True)
        ahead = np.maximum(now - known, 0.0).astype(np.intp)
        left = self._left(tenure, int(ahead.max(initial=0)))[self.reasons.index(reason)]
        return plain(left[np.broadcast_to(place.reshape(known.shape), ahead.shape), ahead])

    def _shares(self, t: Duration | NumberLike, given: Duration | NumberLike) -> Array:
        """Of each reason alone, what is not recovered of it: (reasons, …)."""
        each = [np.asarray(process.survival(t, given=given)) for process in self.processes.values()]
        rest = [1.0 - self.recovered[name] for name in self.processes]
        return np.stack([share**power for share, power in zip(each, rest, strict=True)])

    def _left(self, tenure: Array, periods: int) -> Array:
        """Left by each of so many periods from each tenure, by reason: (reasons, tenures, periods + 1)."""
        alone = self._shares(tenure[:, None] + np.arange(periods + 1.0), tenure[:, None])
        there = alone.prod(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            force = np.nan_to_num(-np.diff(np.log(alone), axis=-1), nan=0.0, posinf=np.inf)
        certain = np.isinf(force)  # where all leave for one reason, nobody is left for the others
        force = np.where(certain.any(axis=0), certain, force)
        total = force.sum(axis=0)
        part = np.divide(force, total, out=np.zeros_like(force), where=total > 0.0)
        left = np.zeros_like(alone)
        np.cumsum(part * (there[..., :-1] - there[..., 1:]), axis=-1, out=left[..., 1:])
        return left


def _process(told: Plain) -> Any:
    """The model, or the estimate, of one reason."""
    kind = stated(told)[0]
    reader: type[Any] = _READ.get(kind, AbstractModel)
    return made(reader, up_to_date(kind_of(reader), 1, told))
