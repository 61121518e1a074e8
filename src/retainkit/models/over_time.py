"""Covariates that change with time: seasons, campaigns, prices, on how often customers buy.

A customer buys e^(γ·z(t)) times as often in a period with covariates z. Time then runs at the pace that
purchasing feels, and in operational time the model within holds as it is: exactly, where customers can leave
only at a purchase (BG/NBD, MBG/NBD) or never (NBD). Each purchase multiplies the likelihood by the pace of
its moment. The idea of a deformed clock is that of Cox, D. R. and Lewis, P. A. W. (1966), The Statistical
Analysis of Series of Events, for inhomogeneous Poisson processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, final

import numpy as np

from retainkit.columns import keeps_labels, named_once
from retainkit.domains import NOT_NEGATIVE, generator
from retainkit.errors import InputError
from retainkit.models._time_ahead import nodes_ahead, sampled_ahead
from retainkit.models.base import AbstractModel
from retainkit.models.covariates import coefficient
from retainkit.models.family import AbstractCoefficients, AbstractFamily, AnyFamily, family_of
from retainkit.models.purchasing.base import AbstractPurchaseModel, Horizon
from retainkit.models.sampled import SampledFuture
from retainkit.parameters import Parameter
from retainkit.protocols import DataOf
from retainkit.rates import Rate
from retainkit.summaries import AbstractSummary, Purchases
from retainkit.summaries.over_time import CovariatePeriods, PurchasesOverTime, too_short, with_times
from retainkit.typing import Array, NumberLike, Plain, Real, Unit
from retainkit.units import Duration, in_units

B = TypeVar("B", bound=AbstractPurchaseModel)


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OverTime(AbstractModel[PurchasesOverTime], Generic[B]):
    """A purchase model whose pace follows covariates that change with time.

    Parameters
    ----------
    base : BGNBD, MBGNBD or NBD
        That of a period whose covariates are all 0.
    covariates : names, as in the `CovariatePeriods` of the data
    coefficients : one number (or array of draws) per covariate
        0.3 means e^0.3 = 1.35 times as many purchases per unit of time.
    """

    base: B
    covariates: tuple[str, ...]
    coefficients: tuple[Real, ...]

    data_kind: ClassVar[type[PurchasesOverTime]] = PurchasesOverTime
    whole_periods: ClassVar[bool] = False

    def __post_init__(self) -> None:
        AbstractModel.__post_init__(self)  # pyright: ignore[reportUnknownMemberType]
        check_base(type(self.base), type(self.base).__name__)
        self._count_as(self.base)

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[PurchasesOverTime]) -> tuple[Array, Array]:
        data = self._rows(data)
        operational, (first, last, end) = self._operational(data), self._slopes(data)
        value, inner = self.base.log_likelihood_and_score(operational)
        value = value + self._log_pace(data)
        r, alpha, x = self.base.parameters["r"], self.base.parameters["alpha"], data.purchases.frequency
        alive = self.base.probability_alive(operational)
        by_last = -(1.0 - alive) * (r + x) / (alpha + operational.recency)  # d ln L / d t_x
        by_end = -alive * (r + x) / (alpha + operational.T)  # d ln L / d T
        score = np.empty((inner.shape[0] + len(self.covariates), *value.shape))
        score[: inner.shape[0]] = inner
        for i in range(len(self.covariates)):
            # recency and T are differences of operational times, so that their slopes are differences as well
            moved = by_last * (last[i] - first[i]) + by_end * (end[i] - first[i])
            score[inner.shape[0] + i] = moved + data.at_purchases[:, i]
        return value, score

    def log_likelihood(self, data: DataOf[PurchasesOverTime]) -> Array:
        data = self._rows(data)
        return self.base.log_likelihood(self._operational(data)) + self._log_pace(data)

    def _log_pace(self, data: PurchasesOverTime) -> Array:
        """Each purchase is a density in time: the change of clock multiplies it by the pace of its moment."""
        return np.einsum("...nk,nk->...n", self._gamma()[..., None, :], data.at_purchases)

    # -- predictions --------------------------------------------------------------------------------

    def probability_alive(self, data: DataOf[PurchasesOverTime], horizon: Horizon = 0.0) -> Array:
        """Probability that each customer is still a customer `horizon` after the end of observation."""
        data, length = self._rows(data), self._horizon(horizon)
        if not length:  # the covariates need not reach further than the data
            return self._draw_by_draw(lambda m: m.base.probability_alive(m._operational(data)))
        return self._draw_by_draw(
            lambda m: m.base.probability_alive(m._operational(data), m._ahead(data, length))
        )

    @keeps_labels
    def expected_purchases(self, data: DataOf[PurchasesOverTime], horizon: Horizon) -> Array:
        """Expected number of purchases of each customer in the `horizon` after observation.

        The covariates of the data's periods must reach so far: they say what is expected to go on.
        """
        data = self._rows(data)
        length = self._horizon(horizon)
        return self._draw_by_draw(lambda m: m._expected(data, m._operational(data), length))

    @keeps_labels
    def discounted_expected_purchases(
        self, data: DataOf[PurchasesOverTime], discount_rate: Rate, horizon: Horizon
    ) -> Array:
        """Expected purchases after observation, discounted to its end.

        Purchases count when they happen. The integral is exact to rounding where all customers are observed
        to the same day, as in a table; else its steps miss some of the days on which the covariates change.
        """
        data = self._rows(data)
        force, length = self._force(data, discount_rate), self._horizon(horizon)
        return self._draw_by_draw(lambda m: m._discounted(data, m._operational(data), force, length))

    def _expected(self, data: PurchasesOverTime, operational: Purchases, length: float) -> Array:
        return self.base.expected_purchases(operational, self._ahead(data, length))

    def _discounted(
        self, data: PurchasesOverTime, operational: Purchases, force: float, length: float
    ) -> Array:
        """∫ e^(−δt) dE(t) = e^(−δh) E(h) + δ ∫ e^(−δt) E(t) dt, stretch by stretch of constant pace."""
        # by parts: the expectation itself is known in operational time, its density would have to be derived
        nodes = nodes_ahead(data, force, length)
        return np.sum([share * self._expected(data, operational, time) for share, time in nodes], axis=0)

    @keeps_labels
    def sample_given(
        self,
        data: DataOf[PurchasesOverTime],
        horizon: Horizon,
        *,
        seed: int | np.random.Generator,
        discount_rate: Rate | None = None,
    ) -> SampledFuture:
        """What each customer does in the `horizon` after observation, drawn from all that it may be.

        As that of the model within, in the time that purchasing feels; with a discount each purchase counts
        by its moment in the calendar. The covariates of the data's periods must reach so far.
        """
        data, rng, length = self._rows(data), generator(seed), self._horizon(horizon)
        force = 0.0 if discount_rate is None else self._force(data, discount_rate)
        nodes = nodes_ahead(data, force, length)

        def drawn(m: OverTime[B]) -> Array:
            ahead = [(share, m._ahead(data, time)) for share, time in nodes]
            clock = data.periods.clock(m._gamma())
            return sampled_ahead(
                m.base, data, m._operational(data), clock, m._ahead(data, length), ahead, force, rng
            )

        return SampledFuture(*np.moveaxis(self._draw_by_draw(drawn), -2, 0))

    def _draw_by_draw(self, answer: Callable[[OverTime[B]], Array]) -> Array:
        """An answer with the axis of draws in front: each draw has a clock of its own."""
        values = self.family.values_of(self)
        if all(np.ndim(v) == 0 for v in values):
            return answer(self)
        # what is held is a number beside the draws of others
        columns = np.broadcast_arrays(
            *(np.asarray(v)[..., 0] if np.ndim(v) else np.asarray(v) for v in values)
        )
        draws = zip(*(column.tolist() for column in columns), strict=True)
        # the clock is a table for one set of coefficients: a thousand draws are a thousand clocks
        return np.stack([answer(self.family.of(draw, unit=self.unit)) for draw in draws])

    def expected_purchases_new(
        self, periods: CovariatePeriods, horizon: Horizon, *, birth: float = 0.0, group: int = 0
    ) -> Real:
        """Expected repeat purchases of a customer acquired at `birth`, in the `horizon` after that."""
        length = self._horizon(horizon)
        end = np.array([birth, birth + length])
        # by more than a rounding: a horizon that ends with the calendar is covered by it
        if end[1] > periods.end * (1.0 + 1e-12):
            raise too_short(end, periods)
        reached = periods.clock(self._gamma()).at(end, np.full(2, group))
        return self.base.expected_purchases_new(reached[..., 1] - reached[..., 0])

    # -- simulator ----------------------------------------------------------------------------------

    @keeps_labels
    def sample(
        self,
        T: NumberLike,
        *,
        periods: CovariatePeriods,
        birth: NumberLike = 0.0,
        group: NumberLike = 0.0,
        seed: int | np.random.Generator,
    ) -> PurchasesOverTime:
        """Simulate one customer for each entry of `T`, the time observed since the first purchase."""
        rng = generator(seed)
        length = np.atleast_1d(NOT_NEGATIVE.check("T", T))
        born = np.broadcast_to(np.asarray(birth, np.float64), length.shape)
        member = np.broadcast_to(np.asarray(group), length.shape).astype(np.intp)
        clock = periods.clock(self._gamma())
        start = clock.at(born, member)
        # simulated where time runs evenly, then carried back to the calendar
        operational = self.base.sample(clock.at(born + length, member) - start, seed=rng)
        x = operational.frequency.astype(np.intp)
        owner = np.repeat(np.arange(x.size), x)
        share = rng.uniform(size=owner.size)  # given the last, the others are uniform in operational time
        share[np.cumsum(x)[x > 0] - 1] = 1.0  # the last purchase of each customer is at the recency itself
        when = clock.time_at(start[owner] + share * operational.recency[owner], member[owner])
        place = periods.place(when)
        sums = np.zeros((x.size, len(periods.names)))
        np.add.at(sums, owner, periods.values[member[owner], place])
        recency = clock.time_at(start + operational.recency, member) - born
        bought = np.where(x > 0, np.clip(recency, 0.0, length), 0.0)
        purchases = Purchases(frequency=operational.frequency, recency=bought, T=length, unit=self.unit)
        return PurchasesOverTime(purchases, birth=born, at_purchases=sums, periods=periods, group=member)

    # -- how it is done -----------------------------------------------------------------------------

    def _gamma(self) -> Array:
        return np.stack(np.broadcast_arrays(*self._flat()), axis=-1)  # (…, k)

    def _flat(self) -> list[Array]:
        return [np.asarray(c)[..., 0] if np.ndim(c) else np.asarray(c) for c in self.coefficients]

    def _operational(self, data: PurchasesOverTime) -> Purchases:
        """The purchases in operational time."""
        if data.periods.names != self.covariates:
            rule = f"must have the covariates {', '.join(self.covariates)}, in this order"
            way_out = "Build the periods with the names that the model was fitted with."
            raise InputError("missing-column", "data", ", ".join(data.periods.names), rule, way_out)
        clock, group = data.periods.clock(self._gamma()), data.group.astype(np.intp)
        start, last, end = (clock.at(moment, group) for moment in _moments(data))
        return with_times(data.purchases, recency=last - start, T=end - start)

    def _slopes(self, data: PurchasesOverTime) -> list[Array]:
        """The slopes of the operational times of three moments: (k, …, n) each."""
        clock, group = data.periods.clock(self._gamma()), data.group.astype(np.intp)
        return [clock.slope(moment, group) for moment in _moments(data)]

    def _ahead(self, data: PurchasesOverTime, length: float) -> Array:
        """Felt length of the time ahead of each customer."""
        now = data.birth + data.purchases.T
        if np.any(now + length > data.periods.end * (1.0 + 1e-12)):
            raise too_short(now + length, data.periods)
        clock, group = data.periods.clock(self._gamma()), data.group.astype(np.intp)
        return clock.at(now + length, group) - clock.at(now, group)

    def _force(self, data: PurchasesOverTime, discount_rate: Rate) -> float:
        unit = self.unit or data.unit
        if unit is None:
            in_units("discount_rate", Duration(1.0, discount_rate.per), None)
        assert unit is not None
        return discount_rate.continuous(unit)

    def _horizon(self, horizon: Horizon) -> float:
        length = np.asarray(NOT_NEGATIVE.check("horizon", in_units("horizon", horizon, self.unit)))
        if length.ndim:
            way_out = "Ask for one horizon at a time."
            raise InputError("length-mismatch", "horizon", horizon, "must be one number", way_out)
        return float(length)

    # -- the record ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> dict[str, Real]:
        named = zip(self.covariates, self.coefficients, strict=True)
        return self.base.parameters | {f"purchasing.{name}": value for name, value in named}

    @property
    def family(self) -> AnyFamily:
        return OverTimeFamily(self.base.family, self.covariates)

    @classmethod
    def of_record(cls, record: Plain, base: B) -> OverTime[B]:
        """The model that `model_dump` wrote, around the model within that was read already."""
        given: Plain = record["coefficients"]
        values = tuple(np.asarray(v, np.float64) if isinstance(v, list) else float(v) for v in given.values())
        return cls(base, tuple(given), values, unit=record.get("unit"))

    def model_dump(self) -> Plain:
        """The record as plain values: the model within and the coefficients."""
        given = {n: np.asarray(c).tolist() for n, c in zip(self.covariates, self.coefficients, strict=True)}
        return {"model": "OverTime", "base": self.base.model_dump(), "coefficients": given, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class OverTimeFamily(AbstractCoefficients[OverTime[B], B]):
    """All models of one form with the same covariates over time; made by `with_covariates_over_time`."""

    base: AbstractFamily[B]
    covariates: tuple[str, ...]

    @property
    def _around(self) -> str:
        return " with covariates over time"

    @property
    def data_kind(self) -> type[AbstractSummary]:
        return PurchasesOverTime

    @property
    def added(self) -> tuple[Parameter, ...]:
        return tuple(coefficient(f"purchasing.{name}", name, "purchasing") for name in self.covariates)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> OverTime[B]:
        base, coefficients = self.parts(values, unit)
        return OverTime(base, self.covariates, tuple(coefficients), unit=unit)

    def scaling(self, rows: Any, *, rotate: bool = True) -> Array:
        """Coefficients per standard deviation over the periods, and the base at the periods' means."""
        del rotate
        table = rows.periods.values.reshape(-1, len(self.covariates))
        mean, deviation = table.mean(axis=0), table.std(axis=0)
        flat = deviation <= 1e-12 * np.abs(table).max(axis=0)
        if flat.any():
            name = self.covariates[int(np.argmax(flat))]
            rule = f"must change with time, but {name!r} is the same in every period"
            raise InputError("collinear", "periods", name, rule, "Leave it out.")
        inner = len(self.base.parameters)
        matrix = np.eye(inner + len(self.covariates))
        matrix[inner:, inner:] = np.diag(1.0 / deviation)
        if "alpha" in self.base.names():  # which counts in operational time, and may be held
            matrix[self.base.names().index("alpha"), inner:] = mean / deviation
        return matrix


def with_covariates_over_time(
    model: type[B] | AbstractFamily[B], covariates: Iterable[str]
) -> OverTimeFamily[B]:
    """A purchase model with covariates that change with time, to be given to `fit`.

    Parameters
    ----------
    model : BGNBD, MBGNBD or NBD
        In these customers leave at a purchase or never, so that a clock that runs faster in a good season
        is exact.
    covariates : names, as in the `CovariatePeriods` of the data

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> december = rk.CovariatePeriods((np.arange(104) % 52 >= 48)[:, None] * 1.0, names=["december"])
    >>> base = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> truth = rk.models.OverTime(base, ("december",), (0.8,))
    >>> data = truth.sample(np.full(4000, 100.0), periods=december, seed=1)
    >>> fitted = rk.fit(rk.with_covariates_over_time(rk.BGNBD, ["december"]), data)
    >>> name = "purchasing.december"
    >>> abs(fitted.model.parameters[name] - 0.8) < 3 * fitted.standard_errors[name]
    True
    """
    family = family_of(model)
    check_base(getattr(family, "kind", None), family.name)
    return OverTimeFamily(family, named_once("covariates", covariates))


def _moments(data: PurchasesOverTime) -> tuple[Array, Array, Array]:
    """The first purchase, the last and the end of observation, since the start of the first period."""
    return data.birth, data.birth + data.purchases.recency, data.birth + data.purchases.T


def check_base(kind: type[Any] | None, name: str) -> None:
    """Only models in which customers leave at a purchase, or never, are exact on a deformed clock."""
    # elsewhere customers leave in calendar time: the likelihood in operational time would be another model
    if kind is None or kind.__name__ not in ("BGNBD", "MBGNBD", "NBD"):
        rule = "must be BGNBD, MBGNBD or NBD: in others customers leave by the calendar, not at a purchase"
        way_out = "Take BGNBD, or covariates that do not change with time: with_covariates."
        raise InputError("not-a-model", "model", name, rule, way_out)
