"""From predicted chances to leave to a list of customers, its gain, and what would turn it into a loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.assumptions import assumption_text
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.inputs import Inputs, Stated, assumed, setting
from retainkit.decisions.targeting.targeting import treatment_gain, treatment_outlay
from retainkit.decisions.targeting.treatment_list import TreatmentList, treatment_list
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.errors import InputError
from retainkit.records import percent
from retainkit.typing import Array, Number, NumberLike, Real


@dataclass(frozen=True, eq=False, kw_only=True)
class TreatmentInputs(Inputs):
    """Means over the customers of a list; moving one moves everyone's in the same proportion.

    The gain is linear in each of them: sums over the customers, averaged over draws, are all it takes.
    """

    uplift: Real = assumed(REAL, "chance to leave that the treatment takes away")
    value: Real = assumed(REAL, "margin still to come from a customer who stays")
    cost_per_contact: Real = assumed(NOT_NEGATIVE, "spent on everyone treated")
    incentive: Real = assumed(NOT_NEGATIVE, "collected by everyone treated who stays")
    customers: int = setting()
    means: tuple[float, float] = setting()  # uplift and value that the sums belong to
    saved: float = setting()  # Σ (p₀ − p₁)·V
    stay: float = setting()  # who would stay anyway and who stays more, weighted by their incentive
    stay_more: float = setting()

    def stated(self) -> Mapping[str, Stated]:
        """Nothing where nobody is treated."""
        return super().stated() if self.customers else {}

    def gain(self) -> NumberLike:
        """Of the list as it is: Σ (p₀ − p₁)·V − f − δ·(1 − p₁), with 1 − p₁ = (1 − p₀) + (p₀ − p₁)."""
        # a mean of 0 has no proportion to move in: the sums stay
        u, v = (x / m if m else 1.0 for x, m in zip((self.uplift, self.value), self.means, strict=True))
        paid = self.cost_per_contact * self.customers + self.incentive * (self.stay + u * self.stay_more)
        return u * v * self.saved - paid


@dataclass(frozen=True, eq=False, kw_only=True)
class TreatmentDecision(Decision):
    """Whom to treat and what it brings; made by `whom_to_treat`.

    Attributes
    ----------
    list : TreatmentList
        The customers, the gain, what is spent, and the bound on what any list could gain.
    gain : float or Draws, money
        Of the list; its assumptions are means over the list, moved in the same proportion for everyone.
    gain_everyone : float, money
        What treating every customer would add.
    gain_same_number_by_risk : float, money
        What treating as many customers would add if they were those most likely to leave.
    incentives_to_stayers : float
        Share of the list's incentives that goes to customers who would have stayed anyway; 0 where
        nobody is treated.
    """

    _hidden = frozenset({"inputs", "list"})
    _shows_rows = True

    inputs: TreatmentInputs
    list: TreatmentList = field(repr=False)
    gain_everyone: float
    gain_same_number_by_risk: float
    incentives_to_stayers: float

    def _row_columns(self) -> Mapping[str, NumberLike]:
        return self.list.table()

    def headline(self) -> str:
        """The list, and what other lists would bring."""
        return (
            f"{self.list.brief()}\n"
            f"  everyone: {self.gain_everyone:,.2f}; as many by risk of leaving: "
            f"{self.gain_same_number_by_risk:,.2f}\n"
            f"  {percent(round(self.incentives_to_stayers, 4))} of the incentives go to customers who "
            "would have stayed"
        )

    def __str__(self) -> str:
        return f"{self.headline()}\n{assumption_text(self.turning_points())}"


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

    Raises `InputError` for values outside their domain and columns of unequal length.

    Parameters
    ----------
    churn_untreated, churn_treated : column (n,) in [0, 1], or Draws (draws, n)
        Chance to leave if left alone and if treated, predicted by an uplift model.
    value, cost_per_contact, incentive : number or column, or Draws, money
        As `treatment_gain`.
    budget : number, money
        For the expected outlay; no limit by default.

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
    (p0, p1, V, f, delta), back = columns(
        churn_untreated=(churn_untreated, PROBABILITY),
        churn_treated=(churn_treated, PROBABILITY),
        value=(value, REAL),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        incentive=(incentive, NOT_NEGATIVE),
    )
    gain = np.asarray(treatment_gain(p0, churn_treated=p1, value=V, cost_per_contact=f, incentive=delta))
    if gain.ndim != 1 + back.drawn:
        rule = "must be a column with one chance per customer"
        way_out = "For a single customer call treatment_gain."
        raise InputError("wrong-shape", "churn_untreated", given[0], rule, way_out)
    outlay = np.broadcast_to(treatment_outlay(p1, cost_per_contact=f, incentive=delta), gain.shape)
    chosen = treatment_list(back(gain), cost_per_customer=_mean(outlay), budget=budget)
    full = [np.broadcast_to(x, gain.shape) for x in (p0, p1, V, f, delta)]
    mean, risk, treated = _mean(gain), _mean(full[0]), np.asarray(chosen.treated)
    riskiest = np.argsort(-risk, kind="stable")[: chosen.customers]
    listed = [x[..., treated] for x in full]
    return TreatmentDecision(
        gain=chosen.gain,
        inputs=_inputs(*listed),
        list=chosen,
        gain_everyone=float(mean.sum()),
        gain_same_number_by_risk=float(mean[riskiest].sum()),
        incentives_to_stayers=_to_stayers(*(_mean(listed[k]) for k in (0, 1, 4))),
    )


def _mean(column: Array) -> Array:
    return column.mean(axis=0) if column.ndim == 2 else column


def _to_stayers(p0: Array, p1: Array, delta: Array) -> float:
    paid = float((delta * (1.0 - p1)).sum())
    return float((delta * (1.0 - np.maximum(p0, p1))).sum()) / paid if paid > 0.0 else 0.0


def _inputs(p0: Array, p1: Array, V: Array, f: Array, delta: Array) -> TreatmentInputs:
    uplift = p0 - p1
    u, v, c, d = (float(x.mean()) if x.size else 0.0 for x in (uplift, V, f, delta))
    # where nobody has an incentive yet, one would be the same for everyone
    share = delta / d if d else np.ones_like(delta)
    return TreatmentInputs(
        uplift=u,
        value=v,
        cost_per_contact=c,
        incentive=d,
        customers=p0.shape[-1],
        means=(u, v),
        saved=_total(uplift * V),
        stay=_total(share * (1.0 - p0)),
        stay_more=_total(share * uplift),
    )


def _total(column: Array) -> float:
    """Over the customers, averaged over draws: of products, not a product of averages."""
    return float(_mean(column).sum())
