"""From predicted chances to leave to a list of customers, its gain, and what would turn it into a loss."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.old_assumption_table import assumption_table
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.decisions.targeting.targeting import treatment_gain, treatment_outlay
from retainkit.decisions.targeting.treatment_list import TreatmentList, treatment_list
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.errors import InputError
from retainkit.records import AbstractRecord, percent
from retainkit.typing import Array, Number, NumberLike, Plain


@dataclass(frozen=True, eq=False)
class TreatmentDecision(AbstractRecord):
    """Whom to treat and what it brings; made by `whom_to_treat`.

    Attributes
    ----------
    list : TreatmentList
        The customers, the gain, what is spent, and the bound on what any list could gain.
    gain_everyone : float, money
        What treating every customer would add.
    gain_same_number_by_risk : float, money
        What treating as many customers would add if they were those most likely to leave.
    incentives_to_stayers : float
        Share of the list's incentives that goes to customers who would have stayed anyway; 0 where
        nobody is treated.
    assumptions : tuple of Assumption
        Means over the list; each turns the gain of this list to 0 at `turning_point`, moved in the same
        proportion for everyone.
    """

    list: TreatmentList = field(repr=False)
    gain_everyone: float
    gain_same_number_by_risk: float
    incentives_to_stayers: float
    assumptions: tuple[Assumption, ...]

    @property
    def worth_it(self) -> bool:
        """Whether anyone is worth treating."""
        return self.list.worth_it

    @property
    def gain(self) -> float:
        """What treating the list adds, in expectation."""
        return self.list.gain

    def as_dict(self) -> Plain:
        """The figures, the list, and the assumptions with where they turn."""
        return {
            **self.list.as_dict(),
            "gain_everyone": self.gain_everyone,
            "gain_same_number_by_risk": self.gain_same_number_by_risk,
            "incentives_to_stayers": self.incentives_to_stayers,
            "assumptions": [asdict(a) for a in self.assumptions],
        }

    def __str__(self) -> str:
        return "\n".join(
            [
                str(self.list),
                f"  everyone: {self.gain_everyone:,.2f}; as many by risk of leaving: "
                f"{self.gain_same_number_by_risk:,.2f}",
                f"  {percent(round(self.incentives_to_stayers, 4))} of the incentives go to customers who "
                "would have stayed",
                assumption_table(self.assumptions),
            ]
        )


def whom_to_treat(
    churn_untreated: NumberLike,
    *,
    churn_treated: NumberLike,
    value: NumberLike,
    cost_per_contact: NumberLike,
    incentive: NumberLike,
    budget: Number = math.inf,
) -> TreatmentDecision:
    """Whom to make an offer so that it earns most, within a budget for contacts and incentives.

    Customers whom the offer changes by more than it costs, `treatment_gain` > 0, by falling gain per unit of
    expected outlay.

    Parameters
    ----------
    churn_untreated, churn_treated : column (n,) in [0, 1], or draws (draws, n)
        Chance to leave if left alone and if treated, predicted by an uplift model.
    value, cost_per_contact, incentive : number or column, or draws (draws, n), money
        As `treatment_gain`.
    budget : number, money
        For the expected outlay; no limit by default.

    Raises
    ------
    InputError
        For values outside their domain and columns of unequal length.

    Examples
    --------
    >>> print(whom_to_treat([0.30, 0.60, 0.10], churn_treated=[0.20, 0.58, 0.09], value=200,
    ...     cost_per_contact=1, incentive=10))
    Treat 1 of 3 customers (worth it: 1): gain 11.00 for 9.00.
      everyone: 1.70; as many by risk of leaving: -1.20
      87.5% of the incentives go to customers who would have stayed
      assumed       value   turns at  what it is
      uplift          0.1  0.0421053  chance to leave that the treatment takes away
      value           200         90  margin still to come from a customer who stays
      cost_per_contact      1         12  spent on everyone treated
      incentive        10      23.75  collected by everyone treated who stays
    """
    given = (churn_untreated, value, cost_per_contact, incentive)
    (p0, p1, V, f, delta), _ = columns(
        churn_untreated=(churn_untreated, PROBABILITY),
        churn_treated=(churn_treated, PROBABILITY),
        value=(value, REAL),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        incentive=(incentive, NOT_NEGATIVE),
    )
    gain = np.asarray(treatment_gain(p0, churn_treated=p1, value=V, cost_per_contact=f, incentive=delta))
    if gain.ndim == 0:
        rule = "must be a column with one chance per customer"
        way_out = "For a single customer call treatment_gain."
        raise InputError("wrong-shape", "churn_untreated", given[0], rule, way_out)
    outlay = np.broadcast_to(treatment_outlay(p1, cost_per_contact=f, incentive=delta), gain.shape)
    chosen = treatment_list(gain, cost_per_customer=_mean(outlay), budget=budget)
    each = [_mean(np.broadcast_to(x, gain.shape)) for x in (p0, p1, V, f, delta)]
    mean = _mean(gain)
    riskiest = np.argsort(-each[0], kind="stable")[: chosen.customers]
    listed = [x[chosen.treated] for x in each]
    return TreatmentDecision(
        list=chosen,
        gain_everyone=float(mean.sum()),
        gain_same_number_by_risk=float(mean[riskiest].sum()),
        incentives_to_stayers=_to_stayers(listed[0], listed[1], listed[4]),
        assumptions=_assumed(*listed) if chosen.customers else (),
    )


def _mean(column: Array) -> Array:
    return column.mean(axis=0) if column.ndim == 2 else column


def _to_stayers(p0: Array, p1: Array, delta: Array) -> float:
    paid = float((delta * (1.0 - p1)).sum())
    return float((delta * (1.0 - np.maximum(p0, p1))).sum()) / paid if paid > 0.0 else 0.0


def _assumed(p0: Array, p1: Array, V: Array, f: Array, delta: Array) -> tuple[Assumption, ...]:
    """Each input by its mean over the list; moving it moves everyone's in proportion."""
    uplift = p0 - p1
    saved, contacts = float((uplift * V).sum()), float(f.sum())
    stay, more_stay = float((delta * (1.0 - p0)).sum()), float((delta * uplift).sum())
    centre = {"uplift": uplift, "value": V, "cost_per_contact": f, "incentive": delta}
    mean = {name: float(column.mean()) for name, column in centre.items()}

    def gain(**at: float) -> float:
        u, v, c, d = (at[k] / mean[k] if mean[k] else 1.0 for k in mean)
        free = 0.0 if mean["cost_per_contact"] else at["cost_per_contact"] * f.size
        given = 0.0 if mean["incentive"] else at["incentive"] * float((1.0 - p1).sum())
        return u * v * saved - c * contacts - free - d * (stay + u * more_stay) - given

    meaning = {
        "uplift": (REAL, "chance to leave that the treatment takes away"),
        "value": (REAL, "margin still to come from a customer who stays"),
        "cost_per_contact": (NOT_NEGATIVE, "spent on everyone treated"),
        "incentive": (NOT_NEGATIVE, "collected by everyone treated who stays"),
    }
    return assumptions(gain, {k: Given(mean[k], domain, words) for k, (domain, words) in meaning.items()})
