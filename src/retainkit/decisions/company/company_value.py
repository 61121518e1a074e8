"""What a company is worth by its customers: those it has, those it will win, less what no customer causes.

Customers of a period are those of now who are still there and the cohorts won since, each on its survival
curve. They bring a margin; winning them costs money; overhead and tax come off; the rest is discounted:
customer equity, then the value of the operations, then with other assets and without debt that of the owners.

Gupta, S., Lehmann, D. R. and Stuart, J. A. (2004), "Valuing Customers", Journal of Marketing Research 41(1),
7-18, doi:10.1509/jmkr.41.1.7.25084; McCarthy, D. M., Fader, P. S. and Hardie, B. G. S. (2017), "Valuing
Subscription-Based Businesses Using Publicly Disclosed Customer Data", Journal of Marketing 81(1), 17-35,
doi:10.1509/jm.15.0519; Schulze, C., Skiera, B. and Wiesel, T. (2012), Journal of Marketing 76(2), 17-32,
doi:10.1509/jm.10.0280.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, number, shown
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.company.flows import CompanyInputs, Counted, Flows, Losses, columns_of_plan
from retainkit.economics.formulas.survival import Survival, whole
from retainkit.typing import NumberLike, RateLike, Real, Unit

_WHOLE = ",.0f"


@dataclass(frozen=True, eq=False, kw_only=True)
class CompanyValue(Decision):
    """What a company is worth by its customers; made by `value_company`.

    Attributes
    ----------
    gain : float or Draws, money of now
        Shareholder value less the price asked; shareholder value itself without one.
    value_of_customers, value_of_new_customers : float or Draws, money of now
        Margins of those at hand; margins of those to come, less the cost of winning them.
    overhead, tax : float or Draws, money of now
    non_operating_assets, debt : float or Draws, money
    price : float or Draws, money, or None
    flows : Flows
        Customers, margins, costs and tax, period by period.
    """

    # flows are made again from the inputs: they would be most of the record otherwise
    _derived = ("customer_equity", "operating_value", "shareholder_value", "flows")

    inputs: CompanyInputs
    value_of_customers: Real
    value_of_new_customers: Real
    overhead: Real
    tax: Real
    non_operating_assets: Real
    debt: Real
    price: Real | None

    @property
    def flows(self) -> Flows:
        """Customers, margins, costs and tax, period by period."""
        return self.inputs.flows()

    @property
    def customer_equity(self) -> NumberLike:
        """Of customers at hand and to come, before overhead and tax."""
        return self.value_of_customers + self.value_of_new_customers

    @property
    def operating_value(self) -> NumberLike:
        """Customer equity less overhead and tax."""
        return self.customer_equity - self.overhead - self.tax

    @property
    def shareholder_value(self) -> NumberLike:
        """Operating value, with other assets, without debt."""
        return self.operating_value + self.non_operating_assets - self.debt

    @property
    def leverage(self) -> NumberLike:
        """Percent of shareholder value per percent of operating value; NaN where the owners have nothing."""
        value = np.asarray(self.shareholder_value)
        # no leverage of a company that is worth nothing: NaN, and not a huge number
        ratio = np.divide(self.operating_value, value, out=np.full(value.shape, np.nan), where=value > 0.0)
        return number(ratio)

    def headline(self) -> str:
        asked = "" if self.price is None else f", {shown(self.gain, _WHOLE)} more than the price"
        parts = {
            "customers at hand": self.value_of_customers,
            "customers to come": self.value_of_new_customers,
            "overhead": -self.overhead,
            "tax": -self.tax,
            "other assets": self.non_operating_assets,
            "debt": -self.debt,
        }
        described = ", ".join(f"{name} {mean(part):{_WHOLE}}" for name, part in parts.items())
        return f"shareholder value {shown(self.shareholder_value, _WHOLE)}{asked}: {described}."


@one_a_row(besides=("acquired",))
def value_company(
    customers: NumberLike,
    *,
    acquired: NumberLike,
    survival: Survival,
    survival_of_new: Survival | None = None,
    margin_per_period: NumberLike,
    acquisition_cost: NumberLike,
    overhead_per_period: NumberLike,
    tax_rate: NumberLike,
    discount_rate: RateLike,
    horizon: int,
    margin_growth: RateLike = 0.0,
    overhead_growth: RateLike = 0.0,
    terminal_growth: RateLike = None,
    losses: Losses = "relieved",
    counted: Counted = "start",
    non_operating_assets: NumberLike,
    debt: NumberLike,
    price: NumberLike = None,
    period: Unit | None = None,
) -> CompanyValue:
    """What a company is worth by its customers, and what that rests on.

    In period k = 1, …, n the customers there are N·S(k−1) + Σⱼ acquiredⱼ·S'(k−j), acquiredⱼ won at the start
    of period j. They bring the margin at its end; new ones cost `acquisition_cost` at its start, overhead and
    tax fall at its end.

    Raises `InputError` for values outside their domain, columns that do not fit `horizon`, and a terminal
    growth as fast as the discount.

    Parameters
    ----------
    customers : number or Draws, 0 or more
        At hand, at the start of the first period.
    acquired : number, (periods,) or Draws (draws, periods), 0 or more
        Won at the start of each period: see `substitution_schedule` and `bass_schedule`.
    survival : column S(0) = 1, S(1), …, callable, or object with a method ``survival``
        Of the customers at hand, from now on: a contractual model, a lambda, a measured curve of at least
        `horizon` shares, or Draws of it, (draws, periods).
    survival_of_new : same, optional
        Of those to come; `survival` by default, right where churn does not depend on tenure.
    margin_per_period : number or Draws, money
        Spending of a customer times the margin on it.
    acquisition_cost : number or Draws, money per new customer
    overhead_per_period : number or Draws, money
        Costs that no customer causes.
    tax_rate : number or Draws in [0, 1]
    discount_rate : number or Draws > -1, or Rate, per period
        The cost of capital of the operations.
    horizon : int
        How many are forecast.
    margin_growth, overhead_growth : number or Draws > -1, or Rate, per period
        From the second period on.
    terminal_growth : number or Draws, or Rate, below the discount rate, optional
        The cash flow of the last period goes on for ever and grows so. By default nothing is counted after
        the last period, a lower bound; let `horizon` be long.
    losses : {"relieved", "carried-forward"}
        Whether a loss lowers other taxes at once, or only the tax on later gains, those after the last period
        included.
    counted : {"start", "average"}
        Who brings a period's margin: those there once its new customers are, or, as McCarthy, Fader and
        Hardie count subscribers, the mean of those at its start and at its end. New customers then come in
        the course of their period, and what they cost falls at its end; `survival` needs one share more.
    non_operating_assets, debt : number or Draws, money, 0 or more
    price : number or Draws, money, 0 or more, optional
        Asked for the equity, such as its market value; the decision is whether it is worth that.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> firm = value_company(100_000, acquired=20_000, survival=lambda t: 0.8**t, margin_per_period=60,
    ...     acquisition_cost=90, overhead_per_period=1_500_000, tax_rate=0.25, discount_rate=0.1, horizon=40,
    ...     non_operating_assets=2_000_000, debt=5_000_000)
    >>> print(firm)
    Worth it: shareholder value 18,042,340: customers at hand 19,999,941, customers to come 23,311,831,
    overhead -14,668,576, tax -7,600,856, other assets 2,000,000, debt -5,000,000.
    assumed                 value     turns at  what it is
    customers              100000            -  at hand
    margin_per_period          60        36.97  of a customer
    acquisition_cost           90      198.529  of a new customer
    overhead_per_period   1.5e+06     3.96e+06  caused by no customer
    tax_rate                 0.25     0.843431  on operating profit
    discount_rate             0.1     0.560035  cost of capital per period
    margin_growth               0   -0.0700201  per period
    overhead_growth             0    0.0795521  per period
    non_operating_assets    2e+06            -  not needed for customers
    debt                    5e+06  2.30423e+07  owed
    acquired                    1            -  times the schedule of new customers
    hazard_ratio                1      2.20449  times the hazard of leaving
    """
    n, terminal = whole("horizon", horizon), terminal_growth is not None
    x = CompanyInputs.read(
        locals(),
        # 0 where it does not count: the table of assumptions leaves it out
        terminal_growth=terminal_growth if terminal else 0.0,
        # factors, which move a schedule and a curve as a whole
        acquired=1.0,
        hazard_ratio=1.0,
        price=0.0 if price is None else price,
        has_price=price is not None,
        plan=columns_of_plan(survival, survival_of_new, acquired, n, losses, counted, terminal=terminal),
    )
    # curves and schedule may have draws, too, of which `Inputs.read` knows nothing
    x.plan.check_draws({name: stated.value for name, stated in x.stated().items()})
    found = x.flows()
    # customers to come are worth what they bring less what it costs to win them
    won = found.present_value("margin_of_new_customers") - found.present_value("acquisition")
    return CompanyValue(
        gain=x.gain(),
        inputs=x,
        value_of_customers=found.present_value("margin_of_customers"),
        value_of_new_customers=won,
        overhead=found.present_value("overhead"),
        tax=found.present_value("tax"),
        non_operating_assets=x.non_operating_assets,
        debt=x.debt,
        price=x.price if x.has_price else None,
    )
