"""What each reason of leaving costs in payments that will not come, and what less of one would bring."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import PROBABILITY, one_number
from retainkit.each_draw import draw_by_draw
from retainkit.errors import InputError, check_choice, missing_argument
from retainkit.metrics import SubscriptionBase
from retainkit.metrics.base import check_base
from retainkit.models.contractual.competing import CompetingReasons
from retainkit.models.contractual.questions import per_period, terms
from retainkit.plurals import counted
from retainkit.protocols import ModelOf, SurvivalProcess
from retainkit.rates import Rate
from retainkit.records import Record
from retainkit.timing import Instant, check_instant
from retainkit.typing import Array, NumberLike, Unit
from retainkit.units import DAYS_PER, Duration
from retainkit.valuation.inputs import check_margin_share


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ReasonValue(Record):
    """What the customers at hand are worth, what each reason of leaving takes, what fewer of it would bring.

    Made by `value_by_reason`.

    Attributes
    ----------
    reason : (n,) texts
    leaving : (n,) customers expected to leave for it within the horizon
    lost : (n,) money
        Payments that will not come since customers left for it. With `value` they add up to what the base
        would bring if nobody left: each loss is counted once, at its own reason.
    recovered : (n,) share of the reason that is taken away
    gain : (n,) money
        What `value` rises by then, the other reasons staying as they are. It is less than `lost` even where
        all of a reason is gone: whom it does not take others may. Together they bring more than the sum.
    customers : number there now
    value : money, margin still to come within the horizon, discounted
    """

    _derived = ("if_nobody_left",)

    reason: NDArray[np.str_]
    leaving: Array
    lost: Array
    recovered: Array
    gain: Array
    gain_together: float
    customers: float
    value: float
    margin_share: float
    discount_rate: Rate | float
    horizon: Duration | float
    instant: Instant

    @property
    def if_nobody_left(self) -> float:
        """What would come in if all stayed: the value and all that is lost."""
        return self.value + float(self.lost.sum())

    def _row_columns(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
        names = ("reason", "leaving", "lost", "recovered", "gain")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        lines = [
            f"{counted(self.customers, 'customer is', 'customers are', spec=',.0f')} worth "
            f"{self.value:,.2f}, and {self.if_nobody_left:,.2f} if "
            "nobody left; reasons of leaving taken as independent"
        ]
        for name, leaving, lost, recovered, gain in zip(
            self.reason.tolist(), self.leaving, self.lost, self.recovered, self.gain, strict=True
        ):
            lines.append(
                f"  {name}: {leaving:,.1f} leave and take {lost:,.2f}; {recovered:.4g} of it recovered would "
                f"bring {gain:,.2f}"
            )
        return "\n".join([*lines, f"  all of these together: {self.gain_together:,.2f}"])

    __repr__ = __str__


@draw_by_draw("fits", "margin_share", "discount_rate", "recovered")
def value_by_reason(
    base: SubscriptionBase,
    fits: Mapping[str, ModelOf[SurvivalProcess]] | CompetingReasons,
    *,
    margin_share: NumberLike,
    discount_rate: Rate | NumberLike,
    horizon: Duration | NumberLike,
    recovered: NumberLike | Mapping[str, NumberLike],
    instant: Instant = "after-payment",
) -> ReasonValue:
    """What each reason of leaving costs the base, and what would be gained if less of one were there.

    Of the j-th payment 1 − S(j) is missing, and Σ F_r(j) of all reasons is that: F_r is the share that has
    left for reason r by then. What r takes is margin · Σ F_r(j)·vʲ. Without a share ρ of a reason its force
    of leaving is (1 − ρ) times what it was, S_r^(1−ρ); the gain is what survival of all is then worth more.

    Raises `InputError` for a base without reasons or amounts, reasons without a model or not in the base, no
    finite horizon.

    Parameters
    ----------
    base : SubscriptionBase, read with ``reason=`` and ``amount=``
    fits : a model, its fit or its posterior, for each reason
        Of posteriors 400 draws are asked, and every figure is `Draws`.
        ``{name: rk.fit(Model, part) for name, part in base.renewals.by_reason.items()}``.
    margin_share : share in [0, 1] of what is paid that is left
    discount_rate : Rate; or 0
    horizon : whole number of payments or Duration
    recovered : share in [0, 1], or one for each of some reasons by name, 0 for the others
        What part of each reason could be taken away: 0.4 of failed payments, say; 1 is all.
    instant : {"after-payment", "before-renewal"}

    Notes
    -----
    Independent reasons are an assumption that no data can prove (`CompetingReasons`). Where those who forget
    their card would have cancelled soon, the gain of recovering them is less.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.ingest.examples import simulate_subscriptions
    >>> base = rk.read_subscriptions(simulate_subscriptions(), customer_id="customer_id", start="start",
    ...     end="end", amount="monthly_margin", reason="reason", observation_end="2024-12-31")
    >>> fits = {name: rk.fit(rk.ShiftedBetaGeometric, part) for name, part in base.renewals.by_reason.items()}
    >>> print(rk.valuation.value_by_reason(base, fits, margin_share=1.0, horizon=36,
    ...     discount_rate=rk.Rate(0.1, per="year"), recovered={"payment failed": 0.4}))
    649 customers are worth 147,788.13, and 271,009.70 if nobody left; reasons of leaving taken as independent
      payment failed: 131.9 leave and take 36,106.55; 0.4 of it recovered would bring 9,719.97
      voluntary: 317.6 leave and take 87,115.02; 0 of it recovered would bring 0.00
      all of these together: 9,719.97
    """
    competing, unit = _of_base(base, fits)
    count = terms(horizon, unit)
    if math.isinf(count):
        rule, way_out = (
            "must be finite: for ever nobody's leaving is seen as a loss",
            "For example 36 months.",
        )
        raise InputError("out-of-range", "horizon", horizon, rule, way_out)
    shares = _recovered(recovered, competing)
    # anyone at the end of observation has paid for the present period: tenures are completed ones
    share, now = check_margin_share(margin_share), base.current(unit)
    # who pays is a sum by tenure: a base has a few dozen of them, whatever its size
    tenure, place = np.unique(now.tenure, return_inverse=True)
    # prices are per month, and each period of the models has one payment
    paid = share * now.amount * DAYS_PER[unit] / DAYS_PER["month"]
    money, people = (np.bincount(place, w, tenure.size) for w in (paid, np.ones_like(paid)))
    ahead = np.arange(1.0, count + 1.0)
    later = ahead if check_instant(instant) == "after-payment" else ahead - 1.0
    discount = np.exp(-float(per_period(discount_rate, unit)) * later)
    since = tenure[:, None]

    def worth(process: CompetingReasons) -> float:
        return float(money @ np.asarray(process.survival(since + ahead, given=since)) @ discount)

    left = [
        np.asarray(competing.cumulative_incidence(r, since + ahead, given=since)) for r in competing.reasons
    ]
    value, together, gains = worth(competing), competing, list[float]()
    # one at a time, and all at once: forces multiply into survival, so that gains do not add up
    for name, part in shares.items():
        gains.append(worth(competing.without(name, part)) - value)
        together = together.without(name, part)
    return ReasonValue(
        reason=np.array(competing.reasons, np.str_),
        leaving=np.array([float(people @ f[:, -1]) for f in left]),
        lost=np.array([float(money @ f @ discount) for f in left]),
        recovered=np.array(list(shares.values())),
        gain=np.array(gains),
        gain_together=worth(together) - value,
        customers=float(people.sum()),
        value=value,
        margin_share=share,
        discount_rate=discount_rate if isinstance(discount_rate, Rate) else float(np.asarray(discount_rate)),
        horizon=horizon if isinstance(horizon, Duration) else count,
        instant=instant,
    )


def _of_base(
    base: SubscriptionBase, fits: Mapping[str, ModelOf[SurvivalProcess]] | CompetingReasons
) -> tuple[CompetingReasons, Unit]:
    """The models of all reasons of the base, and the unit that they count in."""
    check_base("base", base)
    if not base.reasons:
        way_out = "Name the column that says why customers left: reason='why'."
        raise missing_argument("reason", "must have been read for values by reason", way_out)
    if not base.priced:
        raise missing_argument("amount", "must have been read for values", "Read the base with amount='mrr'.")
    competing = fits if isinstance(fits, CompetingReasons) else CompetingReasons(fits)
    # without one of them survival would be too high, and nobody would see it
    if {*competing.reasons} != {*base.reasons}:
        rule = f"must have a model for each reason of the base: {', '.join(map(repr, base.reasons))}"
        raise InputError(
            "unmatched", "fits", list(competing.reasons), rule, "Fit each of renewals.by_reason."
        )
    unit = competing.unit
    if unit is None:
        rule, way_out = "must count in a unit of time", "Fit to base.renewals.by_reason, which counts months."
        raise InputError("unit-unknown", "fits", None, rule, way_out)
    return competing, unit


def _recovered(
    recovered: NumberLike | Mapping[str, NumberLike], competing: CompetingReasons
) -> dict[str, float]:
    """The share of each reason that is taken away."""
    if not isinstance(recovered, Mapping):
        return dict.fromkeys(competing.reasons, one_number("recovered", recovered, PROBABILITY))
    given = cast("Mapping[str, NumberLike]", recovered)
    for name in given:
        check_choice("recovered", name, competing.reasons)
    return {n: one_number("recovered", given.get(n, 0.0), PROBABILITY) for n in competing.reasons}
