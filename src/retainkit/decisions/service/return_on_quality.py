"""The return on service and quality: what is spent now against customer equity with and without it.

Spending on quality is an investment: it costs E, the present value of all expenditures; some customers stay
longer, more may come, and some work is saved; customer equity changes by ΔCE. The return is (ΔCE − E)/E, the
net present value ΔCE − E, and the payback the time after which what came in exceeds what went out. The
effect is never known exactly: given as draws, it makes a distribution of returns.

Rust, R. T., Zahorik, A. J. and Keiningham, T. L. (1995), "Return on Quality (ROQ): Making Service Quality
Financially Accountable", Journal of Marketing 59(2), 58-70, doi:10.1177/002224299505900205; Rust, R. T.,
Lemon, K. N. and Zeithaml, V. A. (2004), "Return on Marketing: Using Customer Equity to Focus Marketing
Strategy", Journal of Marketing 68(1), 109-127, doi:10.1509/jmkg.68.1.109.24030.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.service.hazard import changed_churn
from retainkit.domains import CHANGE, GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL, whole_number
from retainkit.economics.formulas.survival import whole
from retainkit.plurals import counted
from retainkit.typing import Array, NumberLike, NumberOf, RateLike, Real, Same, Unit


def roi_of_customer_equity(equity_change: NumberOf[Same], *, cost: NumberOf[Same]) -> Same:
    """The return on spending that changes customer equity: (ΔCE − E)/E.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    equity_change : number or column, money of now
        ΔCE.
    cost : number or column, money of now, above 0
        E, the present value of all that is spent.

    Returns
    -------
    float, ndarray or Series
        0.25 for 25%.

    Examples
    --------
    >>> roi_of_customer_equity(1_250_000, cost=1_000_000)
    0.25
    """
    (gained, spent), back = columns(equity_change=(equity_change, REAL), cost=(cost, POSITIVE))
    return back((gained - spent) / spent)


@dataclass(frozen=True, eq=False, kw_only=True)
class QualityInputs(Inputs):
    """What an investment in quality rests on."""

    # those at hand are of every tenure: what they do next is no curve that begins with S(0)
    _on_a_curve = "RetentionPlan takes survival=…, for the customers at hand and for new ones."

    margin_per_period: Real = assumed(REAL, "of a customer")
    cost: Real = assumed(NOT_NEGATIVE, "now")
    cost_per_period: Real = assumed(NOT_NEGATIVE, "of keeping it up")
    churn: Real = assumed(PROBABILITY, "share lost per period without it", rate="loss")
    hazard_ratio: Real = assumed(POSITIVE, "hazard with it over without")
    customers: Real = assumed(NOT_NEGATIVE, "at hand")
    acquired_per_period: Real = assumed(NOT_NEGATIVE, "new customers without it")
    acquisition_lift: Real = assumed(CHANGE, "share of new customers more")
    savings_per_period: Real = assumed(REAL, "work saved, in all")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    acquisition_cost: Real = assumed(NOT_NEGATIVE, "of a new customer")
    tax_rate: Real = assumed(PROBABILITY, "on all of it")
    horizon: int = setting()
    starts_after: int = setting()

    def gain(self) -> Array:
        gained, spent = self.streams()
        return gained.sum(axis=0) - spent.sum(axis=0)

    def streams(self) -> tuple[Array, Array]:
        """What the investment adds and what it costs, discounted, at the ends of periods 0 (now), 1, …, n."""
        shape = np.broadcast_shapes(*(np.shape(stated.value) for stated in self.stated().values()))
        # periods stand on the first axis, before the draws
        k = np.arange(1.0, self.horizon + 1).reshape((-1,) + (1,) * len(shape))
        untaxed = np.subtract(1.0, self.tax_rate)
        # gains and spending are taxed alike, so that a loss is relieved at the same rate
        discount = untaxed * np.add(1.0, self.discount_rate) ** -k
        works = k > self.starts_after
        # whoever comes in the last period would pay after the end: nobody is won for that
        more = works * (k < self.horizon) * self.acquired_per_period * self.acquisition_lift
        brought = self.margin_per_period * self._customers_more(k) + works * self.savings_per_period
        gained, spent = np.zeros((self.horizon + 1, *shape)), np.zeros((self.horizon + 1, *shape))
        spent[0] = untaxed * self.cost
        # who comes because of it has to be won, too
        gained[1:] = discount * (brought - self.acquisition_cost * more)
        spent[1:] = discount * self.cost_per_period
        return gained, spent

    def _customers_more(self, k: Array) -> Array:
        """Customers in period k = 1, …, n with the investment less those without it."""
        stay, better = (
            np.subtract(1.0, c) for c in (self.churn, changed_churn(self.churn, self.hazard_ratio))
        )
        coming, delay = self.acquired_per_period, self.starts_after
        without = _stock(self.customers, coming, stay, k - 1.0)
        if delay >= len(k):
            # it would work only after the horizon
            return np.zeros_like(without)
        lifted = coming * np.add(1.0, self.acquisition_lift)
        # from the start of the effect on: whoever left before it came is lost to it
        with_ = _stock(without[delay], lifted, better, k[: len(k) - delay] - 1.0)
        return np.concatenate([np.zeros_like(without[:delay] + with_[:1]), with_ - without[delay:]])


@dataclass(frozen=True, eq=False, kw_only=True)
class ReturnOnQuality(Decision):
    """Whether an investment in quality pays, and how soon; made by `return_on_quality`.

    Attributes
    ----------
    gain : float or Draws, money of now
        The net present value, ΔCE − E.
    equity_change : float or Draws, money of now
        ΔCE: customer equity with less that without, and what is saved.
    cost : float or Draws, money of now
        E.
    roi : float or Draws
        (ΔCE − E)/E; ``inf`` where nothing is spent and something gained.
    payback_periods : float or Draws
        Periods after which the discounted gains first cover the cost; ``inf`` for never within the
        horizon.
    """

    _derived = ("probability_of_payback",)
    _never = frozenset({"payback_periods"})

    inputs: QualityInputs
    equity_change: Real
    cost: Real
    roi: Real
    payback_periods: Real

    @property
    def probability_of_payback(self) -> float:
        """The share of draws paid back within the horizon."""
        return float(np.mean(np.isfinite(self.payback_periods)))

    def headline(self) -> str:
        periods = np.asarray(self.payback_periods)
        # a median of draws that are there: between a number and "never" there is no mean
        middle = float(np.quantile(periods, 0.5, method="higher"))
        when = (
            "never within the horizon" if middle == inf else f"after {counted(middle, 'period', spec='.4g')}"
        )
        return (
            f"customer equity {shown(self.equity_change)} more for {shown(self.cost)}: net "
            f"{shown(self.gain)}, return {shown(self.roi, '.1%')}, paid back {when}."
        )


@one_a_row()
def return_on_quality(
    margin_per_period: NumberLike,
    *,
    cost: NumberLike,
    cost_per_period: NumberLike,
    churn: RateLike,
    hazard_ratio: NumberLike,
    customers: NumberLike,
    acquired_per_period: NumberLike,
    acquisition_lift: NumberLike,
    savings_per_period: NumberLike,
    discount_rate: RateLike,
    horizon: int,
    starts_after: int = 0,
    acquisition_cost: NumberLike = 0.0,
    tax_rate: NumberLike = 0.0,
    period: Unit | None = None,
    meant: bool = False,
) -> ReturnOnQuality:
    """Whether an investment in service quality pays: customers who stay, customers who come, work saved.

    Customers of period k = 1, 2, … are those of the period before, less churn, and the new ones; each pays
    the margin at the end of a period that they began. After `starts_after` periods the hazard is HR times as
    large, acquisition 1 + lift times, and the savings come in. All is counted over `horizon`.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    margin_per_period : number or Draws, money
    cost : number or Draws, money, now
    cost_per_period : number or Draws, money, in all, at the end of each period from the first on
        What keeping the quality up costs.
    churn : number or Draws in [0, 1], or Rate
        Without the investment.
    hazard_ratio : number or Draws, above 0
        1 where nobody stays longer.
    customers : number or Draws, 0 or more
        At hand.
    acquired_per_period : number or Draws, 0 or more
        Who begin in the next period, without the investment.
    acquisition_lift : number or Draws > -1
        Share of new customers more: 0 where none comes because of it.
    savings_per_period : number or Draws, money
        Less rework, fewer complaints; 0 where none.
    discount_rate : number or Draws > -1, or Rate, per period
    horizon : int
        Horizon.
    starts_after : int, 0 or more
        Periods until it works.
    acquisition_cost : number or Draws, money per new customer
        Spent on those who come because of the investment too, when they come.
    tax_rate : number or Draws in [0, 1]
        On gains and expenditures alike.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.
    meant : bool
        As `chain_effects`, of the lift.

    Examples
    --------
    >>> import numpy as np
    >>> import retainkit as rk
    >>> ratio = rk.Draws(np.random.default_rng(1).lognormal(np.log(0.9), 0.05, 4000))
    >>> roq = return_on_quality(50, cost=150_000, cost_per_period=2_000, churn=0.05, hazard_ratio=ratio,
    ...     customers=5_000, acquired_per_period=250, acquisition_lift=0, savings_per_period=0,
    ...     discount_rate=0.01, horizon=36)
    >>> roq.worth_it, round(roq.probability_of_gain, 2)
    (True, 0.84)
    """
    # a whole number of periods is one or more, and 0 means at once
    delay = whole_number("starts_after", starts_after, 0, way_out="0 for a change that works at once.")
    x = QualityInputs.read(locals(), horizon=whole("horizon", horizon), starts_after=delay)
    gained, spent = x.streams()
    equity, outlay = gained.sum(axis=0), spent.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # nothing gained on nothing spent is a return of 0
        roi = np.where(equity == outlay, 0.0, (equity - outlay) / outlay)
    return ReturnOnQuality(
        gain=equity - outlay,
        inputs=x,
        equity_change=equity,
        cost=outlay,
        roi=roi,
        payback_periods=_payback(gained - spent),
    )


def _stock(start: Real, coming: Real, stay: Array, steps: Array) -> Array:
    """Customers after i periods in which a share stays and others come: start·rⁱ + coming·Σ_{l<i} rˡ."""
    left = stay**steps
    # those of the start who are left, and each later cohort with its own age: a geometric sum, period by
    # period
    return start * left + coming * (np.cumsum(left, axis=0) - left)


def _payback(net: Array) -> Array:
    """The first whole period by which the sum of all so far is not below 0 any more; ``inf`` for never."""
    # a later outlay may uncover what was covered: the first time counts, as in payback elsewhere
    covered = np.cumsum(net, axis=0) >= 0.0
    return np.where(covered.any(axis=0), np.argmax(covered, axis=0).astype(np.float64), inf)
