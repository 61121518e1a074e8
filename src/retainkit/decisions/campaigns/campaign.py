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

from dataclasses import dataclass, fields
from math import inf

import numpy as np

from retainkit.columns import columns, numbers, same_rows
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import bare, drawn, mean, number, shown
from retainkit.decisions._base.inputs import Inputs, assumed
from retainkit.decisions._base.rows import ByRow, one_a_row
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.draws import Draws, beside_columns
from retainkit.errors import refuse_where
from retainkit.plurals import counted
from retainkit.records import Record, must_be, percent
from retainkit.typing import Array, NumberLike, Plain, Real


@dataclass(frozen=True, eq=False)
class BetaAcceptance(Record):
    """A share of churners who accept that is not known exactly: Beta(alpha, beta).

    Raises `InputError` for values of 0 or less.

    Parameters
    ----------
    alpha, beta : number, above 0
        Beta(6, 14), with a mean of .3 and a standard deviation of .1, is customary.

    Examples
    --------
    >>> BetaAcceptance(6, 14).mean
    0.3
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        checked = numbers(alpha=(self.alpha, POSITIVE), beta=(self.beta, POSITIVE))
        for name, value in zip(("alpha", "beta"), checked, strict=True):
            object.__setattr__(self, name, value)

    @property
    def mean(self) -> float:
        """alpha/(alpha + beta)."""
        return self.alpha / (self.alpha + self.beta)

    def __str__(self) -> str:
        return f"Beta({self.alpha:g}, {self.beta:g}), {self.mean:.1%} on average"


@dataclass(frozen=True, eq=False, kw_only=True)
class OfferInputs(Inputs):
    """What any campaign rests on, whomever it contacts."""

    value: Real = assumed(NOT_NEGATIVE, "of a customer saved")
    acceptance: Real = assumed(PROBABILITY, "share of contacted churners who stay for the incentive")
    incentive: Real = assumed(NOT_NEGATIVE, "cost of the offer to a customer who takes it")
    cost_per_contact: Real = assumed(NOT_NEGATIVE, "per contact")
    stayers_accepting: Real = assumed(PROBABILITY, "share of contacted stayers who take the incentive")
    provoked_churn: Real = assumed(PROBABILITY, "share of contacted stayers whom the contact makes leave")
    cost: Real = assumed(NOT_NEGATIVE, "of the campaign")


_ASSUMED = {f.name: f.metadata["domain"] for f in fields(OfferInputs)}


@dataclass(frozen=True, eq=False)
class Campaign(ByRow, Record):
    """What a contact costs and brings, for a churner and for a stayer.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    value : number, column with one entry per customer, or Draws, money
        What a saved customer is still worth: `residual_lifetime_value`, on margin.
    acceptance : number, column or Draws in [0, 1], or BetaAcceptance
        γ, share of contacted churners who stay because of the offer.
    incentive : number, column or Draws, money
        δ, cost of the offer to those who take it.
    cost_per_contact : number, column or Draws, money
        f, per customer contacted.
    stayers_accepting : number, column or Draws in [0, 1]
        η, share of the others who take it too. All of them by default, as in the literature.
    provoked_churn : number, column or Draws in [0, 1]
        ω, share of the others who leave because they were contacted. None by default; only an experiment
        can tell.
    cost : number or Draws, money
        A, of the campaign as a whole.

    Examples
    --------
    >>> offer = Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=1)
    >>> offer.per_churner, offer.per_stayer, round(offer.break_even_precision, 6)
    (56.0, -11.0, 0.164179)
    """

    value: NumberLike
    acceptance: BetaAcceptance | NumberLike
    incentive: NumberLike
    cost_per_contact: NumberLike
    stayers_accepting: NumberLike = 1.0
    provoked_churn: NumberLike = 0.0
    cost: NumberLike = 0.0

    def __post_init__(self) -> None:
        # the cost is the campaign's: it has no row for each customer
        rows = {name: getattr(self, name) for name in _ASSUMED if name != "cost"}
        object.__setattr__(self, "labels", same_rows(**rows))
        for name, domain in _ASSUMED.items():
            if not isinstance(given := getattr(self, name), BetaAcceptance):
                object.__setattr__(self, name, domain.uncertain(name, given))
        beside_columns({name: getattr(self, name) for name in rows})  # draws are equally many

    @property
    def expected_acceptance(self) -> Real:
        """γ, or its mean: profits are linear in it."""
        return self.acceptance.mean if isinstance(self.acceptance, BetaAcceptance) else self.acceptance

    @property
    def per_churner(self) -> Real:
        """Expected profit of contacting a customer who would leave: γ·(V − δ) − f."""
        return self.expected_acceptance * (self.value - self.incentive) - self.cost_per_contact

    @property
    def per_stayer(self) -> Real:
        """Expected profit of contacting a customer who would stay: −f − (1 − ω)·η·δ − ω·V, a loss."""
        # who leaves because of the contact takes no incentive with them
        taken = (1.0 - self.provoked_churn) * self.stayers_accepting * self.incentive
        return -self.cost_per_contact - taken - self.provoked_churn * self.value

    @property
    def break_even_precision(self) -> Real:
        """The share of churners at which contacts earn nothing; inf where none is enough."""
        found = _break_even(np.asarray(self.per_churner), np.asarray(self.per_stayer), 0.0)
        return drawn(found) if any(isinstance(one, Draws) for one in vars(self).values()) else number(found)

    def known(self) -> Plain:
        """The numbers by name, an acceptance that is not known exactly by its mean."""
        return {name: getattr(self, name) for name in _ASSUMED} | {"acceptance": self.expected_acceptance}

    def of_each(self) -> Campaign:
        """With arrays in the place of draws, which have a first axis of their own beside customers."""
        return bare(self, beside=True)

    def __str__(self) -> str:
        return (
            f"An offer that costs {mean(self.incentive):,.2f}, and {mean(self.cost_per_contact):,.2f} a "
            f"contact; {mean(self.expected_acceptance):.1%} of churners stay for it, worth "
            f"{mean(self.value):,.2f} each."
        )

    def expected_profit(self, churn_probability: NumberLike) -> NumberLike:
        """Profit per contact of customers who leave with this probability, before the fixed cost.

        Parameters
        ----------
        churn_probability : number or column in [0, 1]

        Returns
        -------
        float, ndarray, Series or Draws
        """
        same_rows(self=self, churn_probability=churn_probability)
        terms = {name: (value, REAL) for name, value in self.known().items() if name != "cost"}
        (p, *each), back = columns(churn_probability=(churn_probability, PROBABILITY), **terms)
        offer = bare(self).replace(**dict(zip(terms, each, strict=True)))
        return back(p * offer.per_churner + (1.0 - p) * offer.per_stayer)


def _break_even(churner: Real, stayer: Real, fixed_per_contact: Real) -> Array:
    gain, needed = np.asarray(churner - stayer), np.asarray(fixed_per_contact - stayer)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(needed <= 0.0, 0.0, np.where(gain > 0.0, needed / gain, inf))
    # a precision above 1 is none: no list of customers is good enough
    return np.where(share > 1.0, inf, share)


@dataclass(frozen=True, eq=False, kw_only=True)
class CampaignInputs(OfferInputs):
    """What a campaign rests on that contacts a share of a base."""

    customers: Real = assumed(POSITIVE, "base that is chosen from")
    contacted_share: Real = assumed(PROBABILITY, "of the base")
    churn: Real = assumed(PROBABILITY, "of the base without the campaign")
    lift: Real = assumed(NOT_NEGATIVE, "of churners among the contacted over the base")

    def offer(self) -> Campaign:
        """What a contact costs and brings."""
        return Campaign(**{name: getattr(self, name) for name in _ASSUMED})

    def precision(self) -> Real:
        """p = β₀·λ; refused where there are not so many churners."""
        found = self.churn * self.lift
        # a list has churners alone at most, and at most all that there are
        bad = (np.asarray(found) > 1.0) | (np.asarray(self.lift * self.contacted_share) > 1.0)
        rule = "must not find more churners than there are, or than are contacted"
        way_out = "A lift is at most 1/churn, and at most 1/contacted_share."
        refuse_where(bad, "out-of-range", "lift", self.lift, rule, way_out)
        return found

    def per_contact(self) -> Real:
        """p·churner + (1 − p)·stayer."""
        p, offer = self.precision(), self.offer()
        return p * offer.per_churner + (1.0 - p) * offer.per_stayer

    def gain(self) -> Real:
        """Of all contacts, less the fixed cost."""
        return self.customers * self.contacted_share * self.per_contact() - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class CampaignProfit(Decision):
    """What a campaign earns; made by `campaign_profit`.

    Attributes
    ----------
    gain : float or Draws, money
        The profit after the fixed cost.
    profit_per_contact : float or Draws, money
        Before it.
    contacted : float or Draws
        Customers contacted.
    precision : float or Draws
        Share of churners among them, churn·lift.
    break_even_precision, break_even_lift : float or Draws
        At which the gain is 0, fixed cost included; inf where none suffices.
    saved : float or Draws
        Churners who stay because of it.
    wasted_share : float or Draws
        Share of the incentives taken by customers who would have stayed.
    """

    inputs: CampaignInputs
    profit_per_contact: Real
    contacted: Real
    precision: Real
    break_even_precision: Real
    break_even_lift: Real
    saved: Real
    wasted_share: Real

    def headline(self) -> str:
        """What the contacts bring, how good the list is, and where the incentives go."""
        # the median: one draw that no list is good enough for would make the mean infinite
        needed = float(np.median(self.break_even_precision))
        breaks = "no precision would do"
        if needed < inf:
            breaks = f"it takes {percent(round(needed, 6))} to break even"
        return (
            f"{shown(self.gain)} from {counted(shown(self.contacted, ',.0f'), 'contact')}, of which "
            f"{mean(self.precision):.1%} would leave ({breaks}); {shown(self.saved, ',.0f')} are saved, and "
            f"{mean(self.wasted_share):.1%} of the incentives go to customers who would have stayed."
        )


@one_a_row()
def campaign_profit(
    campaign: Campaign,
    *,
    customers: NumberLike,
    contacted_share: NumberLike,
    churn: NumberLike,
    lift: NumberLike,
) -> CampaignProfit:
    """What a campaign earns that contacts a share of the customers, as well chosen as the lift says.

    N·α·[p·churner + (1 − p)·stayer] − A with the precision p = β₀·λ. Values that differ from customer to
    customer belong to `profit_curve` and `whom_to_contact`; a column gives one campaign a row here.

    Raises `InputError` for values outside their domain, and a lift that finds more churners than there are or
    contacts.

    Parameters
    ----------
    campaign : Campaign
    customers : number or Draws, above 0
        N, the base that is chosen from.
    contacted_share : number or Draws in [0, 1]
        α.
    churn : number or Draws in [0, 1]
        β₀, of the base without the campaign, over the time that it is meant to save.
    lift : number or Draws, 0 or more
        λ: how many times more churners there are among the contacted than in the base. 1 is no choice at all.

    Examples
    --------
    >>> offer = Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=1, cost=500)
    >>> result = campaign_profit(offer, customers=10_000, contacted_share=0.1, churn=0.05, lift=5)
    >>> print(result.headline())
    5,250.00 from 1,000 contacts, of which 25.0% would leave (it takes 17.1642% to break even); 75 are
    saved, and 90.9% of the incentives go to customers who would have stayed.
    >>> result.turning_points()[-1].turning_point.__round__(5)
    3.43284
    """
    must_be(Campaign, campaign=campaign)
    x = CampaignInputs.read({**locals(), **campaign.known()})
    p, offer, contacted = x.precision(), x.offer(), x.customers * x.contacted_share
    stayers = (1.0 - p) * (1.0 - x.provoked_churn) * x.stayers_accepting
    takers = stayers + p * x.acceptance
    with np.errstate(divide="ignore", invalid="ignore"):
        # the fixed cost per contact, 0 where there is none also for no contact at all
        fixed = np.where(np.asarray(x.cost) > 0.0, x.cost / np.asarray(contacted), 0.0)
        needed = _break_even(offer.per_churner, offer.per_stayer, fixed)
        lift_needed = np.where(np.asarray(x.churn) > 0.0, needed / np.asarray(x.churn), inf)
        wasted = np.where(np.asarray(takers) > 0.0, stayers / np.asarray(takers), 0.0)
    return CampaignProfit(
        gain=x.gain(),
        inputs=x,
        profit_per_contact=x.per_contact(),
        contacted=contacted,
        precision=p,
        break_even_precision=needed,
        break_even_lift=lift_needed,
        # churners contacted who accept, not all who stay
        saved=contacted * p * x.acceptance,
        wasted_share=wasted,
    )
