"""What a campaign would have earned at every share contacted, and whom it is worth to contact next time.

A `profit_curve` scores the past: customers in the order of a score, and who left. `whom_to_contact` decides
the future from calibrated probabilities. Values, incentives and costs may differ from customer to customer,
and are never replaced by their mean: those who are likely to leave are seldom worth the same as the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import SameKind, columns, keeps_labels
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import number, shown
from retainkit.decisions.campaigns.campaign import Campaign
from retainkit.decisions.campaigns.contacts import ContactInputs, ContactList
from retainkit.decisions.campaigns.ranking import Ranking
from retainkit.domains import PROBABILITY
from retainkit.records import must_be, read_only
from retainkit.typing import Array, NumberLike, Values

_STEPS = 25  # of the table that stands for the curve: no notebook cuts it short


@dataclass(frozen=True, eq=False, kw_only=True)
class ProfitCurve(Decision):
    """Profit by the share of customers contacted, the highest scores first; made by `profit_curve`.

    Attributes
    ----------
    contacted : ndarray, (points,)
        Customers contacted: none, and then everyone down to each different score.
    threshold : ndarray, (points,)
        The lowest score contacted; inf for none.
    profit : ndarray, (points,), money
        After the fixed cost; the mean over draws.
    customers : int
    gain : float or Draws, money
        The profit at the best share, which is chosen by the mean. Its assumptions are means over those
        contacted there, moved in the same proportion for everyone.
    """

    _derived = ("best_share", "best_threshold", "profit_of_all")
    _shows_rows = True

    inputs: ContactInputs
    contacted: NDArray[np.int64] = field(repr=False)
    threshold: Array = field(repr=False)
    profit: Array = field(repr=False)
    customers: int

    @property
    def best_point(self) -> int:
        """Where the profit is highest, among equals with the fewest contacts."""
        return int(np.argmax(self.profit))

    @property
    def best_share(self) -> float:
        """Share of the customers to contact."""
        return float(self.contacted[self.best_point]) / self.customers

    @property
    def best_threshold(self) -> float:
        """Contact customers with this score or a higher one; inf if no contact pays."""
        return float(self.threshold[self.best_point])

    @property
    def share(self) -> Array:
        """Share contacted at every point: the x axis of a picture, with `profit` as y."""
        return self.contacted / self.customers

    @property
    def profit_of_all(self) -> float:
        """Of contacting everybody."""
        return float(self.profit[-1])

    @property
    def profit_at_random(self) -> Array:
        """What as many contacts without any choice would have earned, (points,)."""
        # a straight line from nobody to everybody, whose fixed cost is paid in step
        return self.profit_of_all * self.share

    def at(self, share: float) -> float:
        """Profit of contacting this share of the customers, or the next smaller one between two scores."""
        # a tenth of ten customers is one of them, whatever 0.1 is in binary
        count = PROBABILITY.check("share", share) * self.customers
        return float(self.profit[np.searchsorted(self.contacted, count + 1e-9, side="right") - 1])

    def table(self, steps: int = 10) -> dict[str, Values]:
        """Columns of the curve at equal steps of the share contacted: for a dataframe or a picture."""
        wanted = np.arange(steps + 1) / steps * self.customers
        points = np.unique(np.searchsorted(self.contacted, wanted + 1e-9, side="right") - 1)
        columns = {"share": self.share, "contacted": self.contacted, "threshold": self.threshold}
        return {name: c[points] for name, c in {**columns, "profit": self.profit}.items()}

    def _row_columns(self) -> Mapping[str, Values]:
        return self.table(_STEPS)

    def verdict(self) -> str:
        """How many to contact."""
        if not self.worth_it:
            return "Contact nobody"
        whom = f"{self.best_share:.1%} of {self.customers:,} customers"
        return f"Contact {whom} (a score of {self.best_threshold:.6g} or more)"

    def headline(self) -> str:
        """What that earns, and what everybody would."""
        if not self.worth_it:
            return f"no share of the {self.customers:,} customers earns more than it costs."
        return f"gain {shown(self.gain)}; contacting everybody earns {self.profit_of_all:,.2f}."


@keeps_labels
def profit_curve(score: NumberLike, churned: NumberLike, campaign: Campaign) -> ProfitCurve:
    """What a campaign would have earned at every share contacted, from scores and what then happened.

    Customers with the same score are contacted together. The best share of one sample flatters itself a
    little: choose it on one holdout and report it on another.

    Raises `InputError` for columns of unequal length, scores that are not finite and outcomes that are not 0
    or 1.

    Parameters
    ----------
    score : column
        Contact the highest first. Any number will do: a churn probability, or an expected profit.
    churned : column of 0 and 1, or booleans
        Who left without being contacted.
    campaign : Campaign
        Its parameters may have one entry per customer, in the order of `score`, or be `Draws`.

    Examples
    --------
    >>> score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    >>> churned = [0, 1, 0, 1, 0, 1, 0, 1]
    >>> offer = Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=1)
    >>> print(profit_curve(score, churned, offer))
    Contact 87.5% of 8 customers (a score of 0.2 or more): gain 191.00; contacting everybody earns 180.00.
      assumed               value   turns at  what it is
      value                   200    40.8333  of a customer saved
      acceptance              0.3  0.0486842  share of contacted churners who stay for the incentive
      incentive                10    55.4762  cost of the offer to a customer who takes it
      cost_per_contact          1    28.2857  per contact
      stayers_accepting         1          -  share of contacted stayers who take the incentive
      provoked_churn            0   0.335088  share of contacted stayers whom the contact makes leave
      cost                      0        191  of the campaign
      churn              0.571429   0.164179  share of the contacted who would leave
    """
    must_be(Campaign, campaign=campaign)
    ranked = Ranking.of(score, churned)
    offer = campaign.of_each()
    churner, stayer = ranked.of_payoff(offer.per_churner, offer.per_stayer)
    fixed = np.asarray(offer.cost)
    each = ranked.payoffs(churner, stayer)  # (n,) or (draws, n), in the order given
    earned = ranked.cumulated(each.mean(axis=tuple(range(each.ndim - 1))))
    profit = np.concatenate([[0.0], earned - float(fixed.mean())])
    contacted = np.concatenate([[0], ranked.counts])
    best = int(np.argmax(profit))
    chosen = ranked.order[: contacted[best]]  # nobody, where every share loses
    # the share is chosen on the mean; the draws then say how sure its profit is, not which share
    drawn = each[..., chosen].sum(axis=-1) - (fixed.reshape(-1) if fixed.ndim else fixed) * (best > 0)
    return ProfitCurve(
        gain=number(drawn),
        inputs=ContactInputs.of(ranked.churned, offer.known(), chosen),
        contacted=contacted,
        threshold=read_only(np.concatenate([[inf], ranked.thresholds])),
        profit=read_only(profit),
        customers=ranked.order.size,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class ContactPlan(ContactList):
    """Whom to contact; made by `whom_to_contact`.

    Attributes
    ----------
    contact : ndarray or Series of bool
        One entry per customer.
    expected_profit : ndarray or Series, money
        Of a contact with each customer; the mean over draws.
    gain : float or Draws, money
        Of all contacts, after the fixed cost; nobody is contacted where that is not earned. Its assumptions
        are means over those contacted, moved in the same proportion for everyone.
    expected_churners : float
        Among those contacted.
    """

    expected_profit: SameKind = field(repr=False)
    expected_churners: float

    def _row_columns(self) -> Mapping[str, SameKind]:
        return {"contact": self.contact, "expected_profit": self.expected_profit}

    def _earned(self) -> str:
        return f"{self.expected_churners:,.1f} are expected to leave, gain {shown(self.gain)}."


@keeps_labels
def whom_to_contact(churn_probability: NumberLike, campaign: Campaign) -> ContactPlan:
    """Everyone whose contact earns more than it costs, by calibrated probabilities and each one's own value.

    A contact is expected to earn p·churner + (1 − p)·stayer, `Campaign.expected_profit`. High risk alone is
    no reason: this assumes that the acceptance is the same at every risk. Where an experiment says whom a
    contact changes, decide by that change instead.

    Raises `InputError` for probabilities outside [0, 1] and columns of unequal length.

    Parameters
    ----------
    churn_probability : column in [0, 1]
        Calibrated: of those with .2, a fifth leave.
    campaign : Campaign
        Its parameters may have one entry per customer, or be `Draws`, (draws,) or (draws, customers).

    Examples
    --------
    >>> offer = Campaign(value=[200, 2000, 200], acceptance=0.3, incentive=10, cost_per_contact=1)
    >>> plan = whom_to_contact([0.10, 0.10, 0.30], offer)
    >>> plan.contact
    array([False,  True,  True])
    >>> print(plan.verdict(), plan.headline())
    Contact 2 of 3 customers (66.7%) 0.4 are expected to leave, gain 58.80.
    """
    must_be(Campaign, campaign=campaign)
    PROBABILITY.check("churn_probability", churn_probability)  # linear in it: draws count by their mean
    campaign.expected_profit(churn_probability)  # whose columns have to be those of the same customers
    (p,), back = columns(churn_probability=(churn_probability, PROBABILITY))
    offer = campaign.of_each()
    each = np.atleast_1d(np.asarray(p * offer.per_churner + (1.0 - p) * offer.per_stayer))
    expected = each.mean(axis=tuple(range(each.ndim - 1)))
    fixed = np.asarray(offer.cost)
    # each contact on its own merits: no threshold on the probability, as values differ
    said = expected > 0.0
    # the fixed cost is a matter of all contacts together: it is earned, or nobody is contacted
    if expected[said].sum() <= fixed.mean():
        said = np.zeros_like(said)
    total = each[..., said].sum(axis=-1) - (fixed.reshape(-1) if fixed.ndim else fixed) * said.any()
    chance = np.broadcast_to(p, said.shape)
    return ContactPlan(
        gain=number(total),
        inputs=ContactInputs.of(chance, offer.known(), said),
        contact=back(said),
        expected_profit=back(expected),
        expected_churners=float(chance[said].sum()),
    )
