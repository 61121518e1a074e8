"""Break-even on any survival curve, with instalments, onboarding and the cost of keeping customers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import known, numbers
from retainkit.domains import GROWTH, NOT_NEGATIVE, REAL
from retainkit.each_draw import draw_by_draw
from retainkit.economics.breakeven.break_even import paid_by_text
from retainkit.economics.cashflows.payback import running, settled
from retainkit.economics.formulas.survival import Survival, paid_by, survival_curve
from retainkit.errors import InputError, unknown_choice
from retainkit.plurals import counted
from retainkit.rates import in_period
from retainkit.records import Record, read_only
from retainkit.timing import DELAY, Timing, check_timing
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit

Instalments: TypeAlias = Literal["owed", "while-retained"]
"""Whether later instalments of the acquisition cost are paid for customers who have left."""


@dataclass(frozen=True, eq=False)
class CustomerCash:
    """Present values of one customer's cash, period by period, before anyone's survival is counted."""

    curve: Array  # S(0) … S(n)
    discount: Array  # (n,) v^when of the margin of period k
    margin: Array  # one, or (n,) of each period
    keeping: Array  # (n,) retention cost of period k, for who began it
    instalments: Array  # (n,) acquisition cost falling at the start of period k
    onboarding: float
    d: float
    timing: Timing
    while_retained: bool
    endless_margin: float | None  # margin less retention cost after the curve's end, where it is known

    @property
    def margins(self) -> Array:
        """The present value of the margin of every period, if it is paid."""
        return self.margin * self.discount

    @property
    def gains(self) -> Array:
        """Expected margin less retention cost of every period."""
        return self.margins * paid_by(self.curve, self.timing) - self.keeping * self.curve[:-1]

    @property
    def cost(self) -> float:
        """The acquisition cost, its instalments included, and the onboarding cost."""
        share = self.curve[:-1] if self.while_retained else 1.0
        return float((self.instalments * share).sum()) + self.onboarding


def customer_cash(
    acquisition_cost: NumberLike,
    margin_per_period: NumberLike,
    survival: Survival,
    *,
    discount_rate: RateLike,
    timing: Timing,
    onboarding_cost: Number,
    retention_cost_per_period: Number,
    instalments: Instalments,
    horizon: int | None,
    period: Unit | None,
) -> CustomerCash:
    """Check what `break_even_on_curve` and `break_even_distribution` are given, and discount it."""
    if instalments not in ("owed", "while-retained"):
        raise unknown_choice("instalments", instalments, get_args(Instalments))
    delay = DELAY[check_timing(timing)]
    (rate,) = in_period(period, discount_rate=discount_rate)
    d, onboarding, keeping = numbers(
        discount_rate=(rate, GROWTH),
        onboarding_cost=(onboarding_cost, NOT_NEGATIVE),
        retention_cost_per_period=(retention_cost_per_period, NOT_NEGATIVE),
    )
    curve = survival_curve(survival, horizon, period)
    begins = (1.0 + d) ** -np.arange(curve.size - 1, dtype=np.float64)
    (margin,) = known(margin_per_period=(margin_per_period, REAL))
    (cost,) = known(acquisition_cost=(acquisition_cost, NOT_NEGATIVE))
    if margin.shape not in ((), begins.shape):
        raise _too_long("margin_per_period", margin, f"must be one number, or one per period ({begins.size})")
    if cost.ndim > 1 or cost.size > begins.size:
        raise _too_long(
            "acquisition_cost", cost, f"must be one number, or instalments of {begins.size} periods at most"
        )
    paid = np.zeros(begins.size)
    paid[: cost.size] = cost
    return CustomerCash(
        curve=curve,
        discount=begins * (1.0 + d) ** -delay,
        margin=margin,
        keeping=keeping * begins,
        instalments=paid * begins,
        onboarding=onboarding,
        d=d,
        timing=timing,
        while_retained=instalments == "while-retained",
        endless_margin=float(margin) - keeping if margin.ndim == 0 else None,
    )


def _too_long(argument: str, value: Array, rule: str) -> InputError:
    way_out = "Give a longer survival curve, or horizon=... for a callable one."
    return InputError("length-mismatch", argument, f"shape {value.shape}", rule, way_out)


@dataclass(frozen=True, eq=False)
class CurveBreakEven(Record):
    """When a customer on a survival curve has paid back; made by `break_even_on_curve`.

    Attributes
    ----------
    payments : int or None
        The whole number of payments needed; None where those looked at are not enough.
    periods : float
        The same with a fraction: the last payment counted as far as it is needed, evenly; else ``inf``.
    never : bool
        Whether no future, however long, would be enough. Where `payments` is None and this is False,
        the curve ends too early to tell.
    cost : float
        Present value of what is to be paid back: acquisition cost, instalments and onboarding.
    collected : (n,) float64 array
        Expected discounted margin, less retention cost, after 1, …, n payments.
    critical_acquisition_cost : float
        What could be spent at the most, onboarding included, for the payments looked at to pay it back.
    critical_margin : float or None
        The margin per period at which they would just pay back; None for a margin per single period.
    """

    _derived = ("critical_acquisition_cost",)
    _never = frozenset({"periods"})

    payments: int | None
    periods: float
    never: bool
    cost: float
    collected: Array = field(repr=False)
    critical_margin: float | None
    timing: Timing
    discount_rate: float
    period: Unit | None

    @property
    def critical_acquisition_cost(self) -> float:
        """The most that was ever collected: later periods may cost more than they bring."""
        return max(0.0, float(self.collected.max()))

    @property
    def net(self) -> Array:
        """`collected` less the cost: the curve that crosses 0 at the break-even."""
        return self.collected - self.cost

    def __str__(self) -> str:
        if self.payments is not None:
            gain = self.collected[self.payments - 1] if self.payments else 0.0
            unit = self.period or "period"
            when = paid_by_text(self.payments, self.timing, unit) if self.payments else "from the start"
            return f"Paid back {when}: {gain:,.10g} collected of a cost of {self.cost:,.10g}."
        missing = self.cost - self.critical_acquisition_cost
        what = f"{missing:,.6g}" if missing > 1e-9 * self.cost else "hardly anything"
        payments = counted(self.collected.size, "payment")
        left = f"{what} of a cost of {self.cost:,.10g} is missing after {payments}"
        if self.never:
            return f"Never paid back: {left}, and no future brings it."
        return f"Not paid back within the curve: {left}. What comes after its end is not known."


@draw_by_draw(
    "acquisition_cost",
    "margin_per_period",
    "survival",
    "discount_rate",
    "onboarding_cost",
    "retention_cost_per_period",
)
def break_even_on_curve(
    acquisition_cost: NumberLike,
    margin_per_period: NumberLike,
    survival: Survival,
    *,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    onboarding_cost: Number = 0.0,
    retention_cost_per_period: Number = 0.0,
    instalments: Instalments = "owed",
    horizon: int | None = None,
    period: Unit | None = None,
) -> CurveBreakEven:
    """When the expected margin of a customer on any survival curve has paid back what it cost to win one.

    The first n with Σₖ (margin·Sₖ·v^whenₖ − retention cost·S(k)·v^k) ≥ cost, k = 0, …, n − 1, where Sₖ is
    the share that pays: S(k), or S(k+1) at the end if retained.

    Raises `InputError` for a curve that does not begin with 1 or rises, values outside their domain, wrong
    lengths.

    Parameters
    ----------
    acquisition_cost : number, or (instalments,), money, 0 or more
        Paid at once, or at the start of periods 0, 1, 2, … All of it has to be paid back.
    margin_per_period : number or (periods,), money
        Margin of a customer who is there, before the retention cost.
    survival : column S(0) = 1, S(1), …, or callable
        A column of n + 1 shares is n periods; a callable, or an object with a method ``survival``,
        is asked for S at 0, 1, …, `horizon`.
    discount_rate : number > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained"}
        When the margin of a period falls, and who pays it.
    onboarding_cost : number, money, 0 or more
        Paid once, now; added to the acquisition cost.
    retention_cost_per_period : number, money, 0 or more
        Spent at the start of every period on everyone who begins it.
    instalments : {"owed", "while-retained"}
        Whether later instalments are paid for customers who have left, too.
    horizon : int, optional
        How many periods to look at: by default the whole column, or 1,200 of a callable.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    >>> print(break_even_on_curve(500, 50, lambda t: 0.95**t))
    Paid back by the 14th payment, 13 periods after the start: 512.3250209 collected of a cost of 500.
    """
    cash = customer_cash(
        acquisition_cost,
        margin_per_period,
        survival,
        discount_rate=discount_rate,
        timing=timing,
        onboarding_cost=onboarding_cost,
        retention_cost_per_period=retention_cost_per_period,
        instalments=instalments,
        horizon=horizon,
        period=period,
    )
    flows = np.concatenate([[-cash.cost], cash.gains])
    # rounding of a long sum may leave −1e-14 where the cost is just met: settled to the digits it has
    net, owing = settled(running(flows), np.cumsum(np.abs(flows)), flows)
    # the first payment that ends without debt, the cost itself being payment 0
    payments = None if owing.all() else int(np.argmin(owing))
    return CurveBreakEven(
        payments=payments,
        periods=_fraction(net, payments),
        never=payments is None and _hopeless(cash, float(net[-1])),
        cost=cash.cost,
        collected=read_only(running(cash.gains)),
        critical_margin=_critical_margin(cash),
        timing=timing,
        discount_rate=cash.d,
        period=period,
    )


def _fraction(net: Array, payments: int | None) -> float:
    if not payments:
        return math.inf if payments is None else 0.0
    before, after = float(net[payments - 1]), float(net[payments])
    # straight between two payments: a fraction tells how close the last one was, not when money came
    return payments - 1 + before / (before - after)


def _hopeless(cash: CustomerCash, net: float) -> bool:
    """Whether even those who are left at the end of the curve, all staying for ever, are not enough."""
    left = float(cash.curve[-1])
    # nobody is left: what was collected is all there will ever be
    if left == 0.0:
        return True
    if cash.endless_margin is None:
        return False
    if cash.endless_margin <= 0.0:
        return True
    # undiscounted, those left pay for ever, so that any debt is met in the end
    if cash.d <= 0.0:
        return False
    # the most that could still come: no bound that is tighter holds for every curve that goes on
    perpetuity = cash.endless_margin * left * (1.0 + cash.d) ** (1.0 - cash.gains.size) / cash.d
    return net + perpetuity < 0.0


def _critical_margin(cash: CustomerCash) -> float | None:
    if cash.endless_margin is None:
        return None
    # what keeping costs falls due whatever the margin is, so that it adds to the cost to be met
    owed = cash.cost + running(cash.keeping * cash.curve[:-1])
    worth_of_one = running(cash.discount * paid_by(cash.curve, cash.timing))
    paid = worth_of_one > 0.0
    # by the number of payments that asks for least: later ones may cost more than they bring
    return float((owed[paid] / worth_of_one[paid]).min()) if paid.any() else math.inf
