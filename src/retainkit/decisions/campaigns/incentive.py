"""How large an incentive should be: more of it keeps more churners, and is wasted on more who would stay.

Per contact the profit is p·[γ(δ)·(V − δ)] − (1 − p)·[(1 − ω)·η·δ + ω·V] − f with the response γ(δ) of
churners to the incentive. For γ(δ) = γ₀ + (γ̄ − γ₀)(1 − e^(−kδ)) the best δ solves w + ln w = kV + 1 + ln c
for w = k(V − δ) + 1, so δ* = (ln w − ln c)/k with Wright's omega function w and c = [p·γ̄ + (1 − p)(1 −
ω)η]/[p(γ̄ − γ₀)].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from retainkit._numerics.search import highest_on_line
from retainkit.columns import SameKind, columns
from retainkit.decisions.campaigns.contacts import ContactInputs, ContactList
from retainkit.decisions.spending.mean_response import MeanResponse, check_mean
from retainkit.decisions.spending.response_curves import ExponentialResponse, ResponseCurve
from retainkit.domains import NOT_NEGATIVE, PROBABILITY
from retainkit.typing import Array, NumberLike

_POINTS = 65  # of the first grid over all offers that could pay: an S-shaped gain has one peak beside none


@dataclass(frozen=True, eq=False, kw_only=True)
class IncentivePlan(ContactList):
    """The best incentive for a customer, or for each of a column; made by `best_incentive`.

    Attributes
    ----------
    incentive : float, ndarray or Series, money
        What to offer; 0 where an incentive costs more than it brings.
    acceptance : float, ndarray or Series
        Share of churners who stay for it.
    profit_per_contact : float, ndarray or Series, money
    contact : bool, ndarray or Series
        Whether a contact with this incentive earns more than it costs.
    gain : float, money
        Of contacting all whom it is worth to contact. Its assumptions are means over them, moved in the same
        proportion for everyone, at the incentives and acceptances found.
    """

    incentive: SameKind = field(repr=False)
    acceptance: SameKind = field(repr=False)
    profit_per_contact: SameKind = field(repr=False)

    def _row_columns(self) -> Mapping[str, SameKind]:
        names = ("incentive", "acceptance", "profit_per_contact", "contact")
        return {name: getattr(self, name) for name in names if np.ndim(self.contact)}

    def verdict(self) -> str:
        """Whom to contact, or with what."""
        if np.ndim(self.contact) or not self.contact:
            return super().verdict()
        return f"Offer {self.incentive:,.3f}"

    def _earned(self) -> str:
        offers = np.asarray(self.incentive)[np.asarray(self.contact)]
        if np.ndim(self.contact) == 0:
            return (
                f"{self.acceptance:.1%} of churners stay for it, and a contact earns "
                f"{self.profit_per_contact:,.2f}."
            )
        return f"offers of {offers.min():,.2f} to {offers.max():,.2f} gain {self.gain:,.2f}."


def best_incentive(
    churn_probability: NumberLike,
    *,
    value: NumberLike,
    response: ResponseCurve,
    cost_per_contact: NumberLike,
    stayers_accepting: NumberLike = 1.0,
    provoked_churn: NumberLike = 0.0,
    one_for_all: bool = False,
) -> IncentivePlan:
    """The incentive that earns most per contact, and whom it is worth to contact with it.

    Raises `InputError` for values outside their domain, a response above 1, and draws of an S-shaped
    response.

    Parameters
    ----------
    churn_probability : number or column in [0, 1]
        Of the customers contacted: the precision of a group, or each one's own, calibrated.
    value : number or column, money, 0 or more
        V, of a customer saved.
    response : ResponseCurve
        γ(δ), the share of contacted churners who stay, by the size of the incentive. From a test with several
        sizes (`fit_response`); draws count by their mean.
    cost_per_contact : number or column, money, 0 or more
    stayers_accepting, provoked_churn : number or column in [0, 1]
        As in `Campaign`.
    one_for_all : bool
        Whether everybody contacted gets the same incentive: the one with the largest sum of profits over
        those whom it is worth to contact.

    Examples
    --------
    >>> response = ExponentialResponse(ceiling=1, k=0.05)
    >>> plan = best_incentive(0.3, value=200, response=response, cost_per_contact=1)
    >>> print(plan.headline())
    66.4% of churners stay for it, and a contact earns 19.23.
    >>> next(str(a) for a in plan.turning_points() if a.name == "churn")
    'churn = 0.3 (share of the contacted who would leave); turns at 0.162731'
    """
    PROBABILITY.uncertain("response.ceiling", response.ceiling)
    check_mean("response", response)
    # one offer is chosen for all draws, so that it is the best for their mean
    curve = MeanResponse(response) if response.has_draws else response
    (p, V, cost, takers, provoked), back = columns(
        churn_probability=(churn_probability, PROBABILITY),
        value=(value, NOT_NEGATIVE),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        stayers_accepting=(stayers_accepting, PROBABILITY),
        provoked_churn=(provoked_churn, PROBABILITY),
    )
    wasted = np.asarray((1.0 - p) * (1.0 - provoked) * takers)

    def profit(offer: NumberLike) -> Array:
        saved = p * curve.at(np.asarray(offer)) * (V - offer)
        return np.asarray(saved - wasted * offer - (1.0 - p) * provoked * V - cost)

    if one_for_all:
        # above the highest value every customer saved is a loss
        highest = float(np.max(V)) if V.size else 0.0
        offer = highest_on_line(lambda x: np.maximum(0.0, profit(x)).sum(), highest, _POINTS)
    elif isinstance(curve, ExponentialResponse):
        offer = _exponential(curve, p, V, wasted)
    else:
        # dearer than all that an offer can save at the ceiling, less what the floor saves anyway: no gain
        saved, all_takers = p * (curve.ceiling - curve.floor) * V, p * curve.ceiling + wasted
        most = np.where(all_takers > 0.0, saved / np.where(all_takers > 0.0, all_takers, 1.0), 0.0)
        offer = highest_on_line(profit, most, _POINTS)
    accepted, earned = np.asarray(curve.at(offer)), profit(offer)
    contact = earned > 0.0  # the best offer to a customer may still cost more than it brings
    offered = {
        "value": V,
        "acceptance": accepted,
        "incentive": offer,
        "cost_per_contact": cost,
        "stayers_accepting": takers,
        "provoked_churn": provoked,
        "cost": 0.0,
    }
    n = np.atleast_1d(contact)
    return IncentivePlan(
        gain=float(earned[contact].sum()),
        inputs=ContactInputs.of(np.broadcast_to(p, n.shape), offered, n),
        incentive=back(offer),
        acceptance=back(accepted),
        profit_per_contact=back(earned),
        contact=back(contact),
    )


def _exponential(curve: ExponentialResponse, p: Array, V: Array, wasted: Array) -> Array:
    """Where the profit stops rising with the incentive, from the first unit on ever less."""
    from scipy.special import wrightomega

    with np.errstate(divide="ignore", invalid="ignore"):
        log_c = np.log(p * curve.ceiling + wasted) - np.log(p * (curve.ceiling - curve.floor))
        # Wright's omega and not Lambert's W, whose argument e^(kV) no float holds
        w = np.asarray(wrightomega(curve.k * V + 1.0 + log_c), np.float64)
        best = (np.log(w) - log_c) / curve.k
    return np.where(np.isfinite(best), np.maximum(0.0, best), 0.0)
