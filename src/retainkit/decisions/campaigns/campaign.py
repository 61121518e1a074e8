"""The profit of a retention campaign: contact those likely to leave, and offer them a reason to stay.

Per customer contacted, a churner who accepts the offer (share γ) stays, and brings a value V less the
incentive δ; a customer who would have stayed anyway takes the incentive too (share η), or leaves because the
contact reminded him that he can (share ω). Every contact costs f::

    churner:  γ·(V − δ) − f                    stayer:  −f − (1 − ω)·η·δ − ω·V

With η = 1 and ω = 0 this is Π = N·α·{[γV + δ(1 − γ)]·β₀λ − δ − f} − A of Neslin, S. A., Gupta, S., Kamakura,
W., Lu, J. and Mason, C. H. (2006), "Defection Detection", Journal of Marketing Research 43(2), 204-211,
doi:10.1509/jmkr.43.2.204, as used by Verbeke, W., Dejaeger, K., Martens, D., Hur, J. and Baesens, B. (2012),
"New insights into churn prediction in the telecommunication sector", European Journal of Operational
Research 218(1), 211-229, doi:10.1016/j.ejor.2011.09.031.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import columns, keeps_labels, numbers, same_rows
from retainkit.decisions._base.draws import interval, mean, plain, probability_positive, shown
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, Domain
from retainkit.errors import InputError, refuse_where
from retainkit.records import AbstractRecord, percent
from retainkit.typing import Array, Number, NumberLike, Plain, Real


@dataclass(frozen=True, slots=True)
class BetaAcceptance:
    """A share of churners who accept that is not known exactly: Beta(alpha, beta).

    Parameters
    ----------
    alpha, beta : number, above 0
        Beta(6, 14), with a mean of .3 and a standard deviation of .1, is customary.

    Raises
    ------
    InputError
        For values of 0 or less.

    Examples
    --------
    >>> BetaAcceptance(6, 14).mean
    0.3
    """

    alpha: Number
    beta: Number

    def __post_init__(self) -> None:
        alpha, beta = numbers(alpha=(self.alpha, POSITIVE), beta=(self.beta, POSITIVE))
        object.__setattr__(self, "alpha", alpha)
        object.__setattr__(self, "beta", beta)

    @property
    def mean(self) -> float:
        """alpha/(alpha + beta)."""
        return float(self.alpha) / (float(self.alpha) + float(self.beta))


_MEANINGS: dict[str, tuple[Domain, str]] = {
    "value": (NOT_NEGATIVE, "of a customer saved"),
    "acceptance": (PROBABILITY, "share of contacted churners who stay for the incentive"),
    "incentive": (NOT_NEGATIVE, "cost of the offer to a customer who takes it"),
    "cost_per_contact": (NOT_NEGATIVE, "per contact"),
    "stayers_accepting": (PROBABILITY, "share of contacted stayers who take the incentive"),
    "provoked_churn": (PROBABILITY, "share of contacted stayers whom the contact makes leave"),
    "cost": (NOT_NEGATIVE, "of the campaign"),
}


@dataclass(frozen=True)
class Campaign:
    """What a contact costs and brings, for a churner and for a stayer.

    Parameters
    ----------
    value : number, column with one entry per customer, or draws, money
        What a saved customer is still worth: `residual_lifetime_value`, on margin.
    acceptance : number, column or draws in [0, 1], or BetaAcceptance
        γ, share of contacted churners who stay because of the offer.
    incentive : number, column or draws, money
        δ, cost of the offer to those who take it.
    cost_per_contact : number, column or draws, money
        f, per customer contacted.
    stayers_accepting : number, column or draws in [0, 1]
        η, share of the others who take it too. All of them by default, as in the literature.
    provoked_churn : number, column or draws in [0, 1]
        ω, share of the others who leave because they were contacted. None by default; only an experiment
        can tell.
    cost : number or draws, money
        A, of the campaign as a whole.

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    >>> offer = Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=1)
    >>> offer.per_churner, offer.per_stayer, round(offer.break_even_precision, 6)
    (56.0, -11.0, 0.164179)
    """

    value: NumberLike
    acceptance: Any
    incentive: NumberLike
    cost_per_contact: NumberLike
    stayers_accepting: NumberLike = 1.0
    provoked_churn: NumberLike = 0.0
    cost: NumberLike = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "labels",
            same_rows(**{name: getattr(self, name) for name in _MEANINGS if name != "cost"}),
        )
        for name, (domain, _) in _MEANINGS.items():
            given = getattr(self, name)
            if not isinstance(given, BetaAcceptance):
                object.__setattr__(self, name, domain.check(name, given))

    @property
    def expected_acceptance(self) -> NumberLike:
        """γ, or its mean: profits are linear in it."""
        return self.acceptance.mean if isinstance(self.acceptance, BetaAcceptance) else self.acceptance

    @property
    def per_churner(self) -> NumberLike:
        """Expected profit of contacting a customer who would leave: γ·(V − δ) − f."""
        return self.expected_acceptance * (self.value - self.incentive) - self.cost_per_contact

    @property
    def per_stayer(self) -> NumberLike:
        """Expected profit of contacting a customer who would stay: −f − (1 − ω)·η·δ − ω·V, a loss."""
        # who leaves because of the contact takes no incentive with them
        taken = (1.0 - self.provoked_churn) * self.stayers_accepting * self.incentive
        return -self.cost_per_contact - taken - self.provoked_churn * self.value

    @property
    def break_even_precision(self) -> NumberLike:
        """The share of churners at which contacts earn nothing; inf where none is enough."""
        return _break_even(self.per_churner, self.per_stayer, 0.0)

    @keeps_labels
    def expected_profit(self, churn_probability: NumberLike) -> NumberLike:
        """Profit per contact of customers who leave with this probability, before the fixed cost.

        Parameters
        ----------
        churn_probability : number or column in [0, 1]

        Returns
        -------
        float, ndarray or Series
        """
        (p,), back = columns(churn_probability=(churn_probability, PROBABILITY))
        profit = np.asarray(p * self.per_churner + (1.0 - p) * self.per_stayer)
        return back(profit) if profit.shape == p.shape else profit


def _break_even(churner: NumberLike, stayer: NumberLike, fixed_per_contact: NumberLike) -> NumberLike:
    gain, needed = np.asarray(churner - stayer), np.asarray(fixed_per_contact - stayer)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(needed <= 0.0, 0.0, np.where(gain > 0.0, needed / gain, inf))
    # a precision above 1 is none: no list of customers is good enough
    share = np.where(share > 1.0, inf, share)
    return float(share) if share.ndim == 0 else share


@dataclass(frozen=True)
class CampaignProfit(AbstractRecord):
    """What a campaign earns; made by `campaign_profit`.

    Attributes
    ----------
    profit : float or draws, money
        After the fixed cost.
    profit_per_contact : float or draws, money
        Before it.
    contacted : float or draws
        Customers contacted.
    precision : float or draws
        Share of churners among them, churn·lift.
    break_even_precision, break_even_lift : float or draws
        At which the profit is 0, fixed cost included; inf where none suffices.
    saved : float or draws
        Churners who stay because of it.
    wasted_share : float or draws
        Share of the incentives taken by customers who would have stayed.
    assumptions : tuple of Assumption
        Each input, and its value at which the profit is 0.
    """

    profit: Real
    profit_per_contact: Real
    contacted: Real
    precision: Real
    break_even_precision: Real
    break_even_lift: Real
    saved: Real
    wasted_share: Real
    assumptions: tuple[Assumption, ...]

    @property
    def worth_it(self) -> bool:
        """Whether it earns more than it costs, on average."""
        return mean(self.profit) > 0.0

    @property
    def probability_of_gain(self) -> float:
        """Share of the draws that earn more than they cost."""
        return probability_positive(self.profit)

    def as_dict(self) -> Plain:
        """The figures by name; draws as lists."""
        names = ("profit", "profit_per_contact", "contacted", "precision", "break_even_precision")
        more = ("break_even_lift", "saved", "wasted_share")
        return {
            **{name: plain(getattr(self, name)) for name in (*names, *more)},
            "profit_interval_90": list(interval(self.profit)),
            "probability_of_gain": self.probability_of_gain,
            "worth_it": self.worth_it,
            "assumptions": [str(a) for a in self.assumptions],
        }

    def __str__(self) -> str:
        needed = float(np.median(self.break_even_precision))
        breaks = (
            "no precision would do"
            if needed == inf
            else f"it takes {percent(round(needed, 6))} to break even"
        )
        chance = f" P(profit > 0) is {self.probability_of_gain:.1%}." if np.ndim(self.profit) else ""
        return (
            f"Profit {shown(self.profit)}: {shown(self.contacted, ',.0f')} contacts, of which "
            f"{mean(self.precision):.1%} would leave ({breaks}); {shown(self.saved, ',.0f')} are saved, and "
            f"{mean(self.wasted_share):.1%} of the incentives go to customers who would have stayed.{chance}"
        )


def campaign_profit(
    campaign: Campaign,
    *,
    customers: Number,
    contacted_share: NumberLike,
    churn: NumberLike,
    lift: NumberLike,
) -> CampaignProfit:
    """What a campaign earns that contacts a share of the customers, as well chosen as the lift says.

    N·α·[p·churner + (1 − p)·stayer] − A with the precision p = β₀·λ. Values that differ from customer to
    customer belong to `profit_curve` and `whom_to_contact`; arrays are draws here.

    Parameters
    ----------
    campaign : Campaign
    customers : number, above 0
        N, the base that is chosen from.
    contacted_share : number or draws in [0, 1]
        α.
    churn : number or draws in [0, 1]
        β₀, of the base without the campaign, over the time that it is meant to save.
    lift : number or draws, 0 or more
        λ: how many times more churners there are among the contacted than in the base. 1 is no choice at all.

    Returns
    -------
    CampaignProfit

    Raises
    ------
    InputError
        For values outside their domain, and a lift that finds more churners than there are or contacts.

    Examples
    --------
    >>> offer = Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=1, cost=500)
    >>> print(campaign_profit(offer, customers=10_000, contacted_share=0.1, churn=0.05, lift=5))
    Profit 5,250.00: 1,000 contacts, of which 25.0% would leave (it takes 17.1642% to break even); 75 are
    saved, and 90.9% of the incentives go to customers who would have stayed.
    """
    (n,) = numbers(customers=(customers, POSITIVE))
    (share, base, better), _ = columns(
        contacted_share=(contacted_share, PROBABILITY),
        churn=(churn, PROBABILITY),
        lift=(lift, NOT_NEGATIVE),
    )
    p = np.asarray(base * better)
    _check_lift(better, (p > 1.0) | (better * share > 1.0))
    contacted, each = n * share, p * campaign.per_churner + (1.0 - p) * campaign.per_stayer
    stayers = (1.0 - p) * (1.0 - campaign.provoked_churn) * campaign.stayers_accepting
    takers = stayers + p * campaign.expected_acceptance
    with np.errstate(divide="ignore", invalid="ignore"):
        # the fixed cost per contact, 0 where there is none also for no contact at all
        fixed = np.where(np.asarray(campaign.cost) > 0.0, campaign.cost / contacted, 0.0)
        needed = _break_even(campaign.per_churner, campaign.per_stayer, fixed)
        figures = (
            contacted * each - campaign.cost,
            each,
            contacted,
            p,
            needed,
            np.where(base > 0.0, needed / base, inf),
            # saved: churners contacted who accept, not all who stay
            contacted * p * campaign.expected_acceptance,
            np.where(takers > 0.0, stayers / takers, 0.0),
        )
    inputs = {
        **{name: Given(_given(campaign, name), *said) for name, said in _MEANINGS.items()},
        "customers": Given(n, POSITIVE, "base that is chosen from"),
        "contacted_share": Given(_number(share), PROBABILITY, "of the base"),
        "churn": Given(_number(base), PROBABILITY, "of the base without the campaign"),
        "lift": Given(_number(better), NOT_NEGATIVE, "of churners among the contacted over the base"),
    }
    return CampaignProfit(*(_number(f) for f in figures), assumptions=assumptions(_gain, inputs))


def _gain(*, customers: float, contacted_share: float, churn: float, lift: float, **campaign: float) -> float:
    precision = churn * lift
    # more churners than there are: such an assumption contradicts the others, and the search ends there
    if precision > 1.0 or lift * contacted_share > 1.0:
        return nan
    try:
        offer = Campaign(**campaign)
    except InputError:  # beyond what can be assumed
        return nan
    each = precision * offer.per_churner + (1.0 - precision) * offer.per_stayer
    return customers * contacted_share * each - campaign["cost"]


def _given(campaign: Campaign, name: str) -> NumberLike:
    return campaign.expected_acceptance if name == "acceptance" else getattr(campaign, name)


def _check_lift(lift: Array, bad: NDArray[np.bool_]) -> None:
    rule = "must not find more churners than there are, or than are contacted"
    way_out = "A lift is at most 1/churn, and at most 1/contacted_share."
    refuse_where(bad, "out-of-range", "lift", lift, rule, way_out)


def _number(value: NumberLike) -> NumberLike:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
