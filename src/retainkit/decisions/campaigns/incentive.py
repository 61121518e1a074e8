"""How large an incentive should be: more of it keeps more churners, and is wasted on more who would stay.

Per contact the profit is p·[γ(δ)·(V − δ)] − (1 − p)·[(1 − ω)·η·δ + ω·V] − f with the response γ(δ) of
churners to the incentive. For γ(δ) = γ₀ + (γ̄ − γ₀)(1 − e^(−kδ)) the best δ solves w + ln w = kV + 1 + ln c
for w = k(V − δ) + 1, so δ* = (ln w − ln c)/k with Wright's omega function w and c = [p·γ̄ + (1 − p)(1 −
ω)η]/[p(γ̄ − γ₀)].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit._numerics.search import highest_on_line, where_zero
from retainkit.columns import SameKind, columns
from retainkit.decisions._base.draws import plain
from retainkit.decisions.spending.mean_response import MeanResponse, check_mean, has_draws
from retainkit.decisions.spending.response_curves import ExponentialResponse, ResponseCurve
from retainkit.domains import NOT_NEGATIVE, PROBABILITY
from retainkit.records import AbstractRecord
from retainkit.typing import Array, NumberLike, Plain


@dataclass(frozen=True)
class IncentivePlan(AbstractRecord):
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
    """

    incentive: SameKind
    acceptance: SameKind
    profit_per_contact: SameKind
    contact: SameKind

    @property
    def contacted_share(self) -> float:
        """Share of the customers given whom it is worth to contact."""
        return float(np.mean(np.asarray(self.contact)))

    @property
    def profit(self) -> float:
        """Of contacting all whom it is worth to contact."""
        return float(np.sum(np.where(self.contact, np.asarray(self.profit_per_contact), 0.0)))

    @property
    def worth_it(self) -> bool:
        """Whether it is worth to contact anyone."""
        return self.contacted_share > 0.0

    def as_dict(self) -> Plain:
        """The figures by name; columns as lists."""
        names = ("incentive", "acceptance", "profit_per_contact", "contact")
        named = {name: plain(getattr(self, name)) for name in names}
        return {**named, "contacted_share": self.contacted_share, "profit": self.profit}

    def __str__(self) -> str:
        offers = np.asarray(self.incentive)
        if offers.ndim == 0:
            verdict = "contact" if self.contact else "do not contact"
            return (
                f"Offer {self.incentive:,.3f}: {self.acceptance:.1%} of churners stay for it, and a contact "
                f"earns {self.profit_per_contact:,.2f}: {verdict}."
            )
        said = np.asarray(self.contact, np.bool_)
        paid = (
            f"offers of {offers[said].min():,.2f} to {offers[said].max():,.2f}" if said.any() else "no offer"
        )
        whom = f"{said.sum():,} of {said.size:,} customers"
        return f"Contact {whom} with {paid}, for a profit of {self.profit:,.2f}."


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

    Returns
    -------
    IncentivePlan

    Raises
    ------
    InputError
        For values outside their domain, a response above 1, and draws of an S-shaped response.

    Examples
    --------
    >>> response = ExponentialResponse(ceiling=1, k=0.05)
    >>> print(best_incentive(0.3, value=200, response=response, cost_per_contact=1))
    Offer 21.792: 66.4% of churners stay for it, and a contact earns 19.23: contact.
    """
    PROBABILITY.check("response.ceiling", response.ceiling)
    check_mean("response", response)
    # one offer is chosen for all draws, so that it is the best for their mean
    curve = MeanResponse(response) if has_draws(response) else response
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
        offer = np.asarray(highest_on_line(lambda x: float(np.maximum(0.0, profit(x)).sum()), highest))
    else:
        offer = _best(curve, p, V, wasted)
        # the best inner offer of an S-shaped response may be worse than none
        offer = np.where(profit(offer) > profit(0.0), offer, 0.0)
    earned = profit(offer)
    return IncentivePlan(*(back(figure) for figure in (offer, curve.at(offer), earned, earned > 0.0)))


def _best(curve: ResponseCurve, p: Array, V: Array, wasted: Array) -> Array:
    """Where the profit stops rising with the incentive."""
    from scipy.special import wrightomega

    if not isinstance(curve, ExponentialResponse):
        # before the inflection the marginal gain still rises, and its root would be a minimum
        start = np.minimum(curve.inflection, V)
        return where_zero(
            lambda offer: p * (curve.slope(offer) * (V - offer) - curve.at(offer)) - wasted, start, V
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        log_c = np.log(p * curve.ceiling + wasted) - np.log(p * (curve.ceiling - curve.floor))
        # Wright's omega and not Lambert's W, whose argument e^(kV) no float holds
        w = wrightomega(curve.k * V + 1.0 + log_c)
        best = (np.log(w) - log_c) / curve.k
    return np.where(np.isfinite(best), np.maximum(0.0, best), 0.0)
