"""Whom to treat: those whom the treatment changes by more than it costs, not those most likely to leave.

With the chance to leave p₀ if left alone and p₁ if treated, a customer worth V who stays, a cost f of
treating and an incentive δ that everyone who stays collects,

    gain = (p₀ − p₁)·V − f − δ·(1 − p₁),

so that a customer is treated iff (p₀ − p₁)·V > f + δ·(1 − p₁). The chance to leave p₀ alone says little:
most of the incentives go to people who would have stayed. Ascarza, E. (2018), "Retention Futility: Targeting
High-Risk Customers Might Be Ineffective", Journal of Marketing Research 55(1), 80-98,
doi:10.1509/jmr.16.0163, shows in two field experiments what it costs to target by risk.
"""

from __future__ import annotations

import numpy as np

from retainkit.columns import columns
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.typing import NumberOf, Same


def treatment_gain(
    churn_untreated: NumberOf[Same],
    *,
    churn_treated: NumberOf[Same],
    value: NumberOf[Same],
    cost_per_contact: NumberOf[Same],
    incentive: NumberOf[Same],
) -> Same:
    """What treating a customer adds, in expectation, after all its costs.

    (p₀ − p₁)·V − f − δ·(1 − p₁): negative for a customer to leave alone, also for one whom the treatment
    drives away (p₁ > p₀).

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    churn_untreated : number or column in [0, 1]
        p₀, chance to leave if left alone.
    churn_treated : number or column in [0, 1]
        p₁, chance to leave if treated; both from an uplift model or an experiment.
    value : number or column, money
        V, margin still to come from a customer who stays, in money of now.
    cost_per_contact : number or column, money
        f, spent on everyone who is treated.
    incentive : number or column, money
        δ, collected by everyone who is treated and stays.

    Returns
    -------
    float, ndarray or Series
        Money per treated customer, the kind of the arguments.

    Examples
    --------
    >>> offer = dict(value=200, cost_per_contact=1, incentive=10)
    >>> round(treatment_gain(0.30, churn_treated=0.24, **offer), 2)
    3.4
    >>> treatment_gain([0.30, 0.30], churn_treated=[0.26, 0.33], **offer).round(2)
    array([ -0.4, -13.7])
    """
    (p0, p1, V, f, delta), back = columns(
        churn_untreated=(churn_untreated, PROBABILITY),
        churn_treated=(churn_treated, PROBABILITY),
        value=(value, REAL),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        incentive=(incentive, NOT_NEGATIVE),
    )
    return back((p0 - p1) * V - f - delta * (1.0 - p1))


def treatment_outlay(
    churn_treated: NumberOf[Same], *, cost_per_contact: NumberOf[Same], incentive: NumberOf[Same]
) -> Same:
    """What treating a customer is expected to cost in cash: f + δ·(1 − p₁).

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    churn_treated, cost_per_contact, incentive
        As `treatment_gain`.

    Returns
    -------
    float, ndarray or Series
        Money per treated customer.

    Examples
    --------
    >>> round(treatment_outlay(0.24, cost_per_contact=1, incentive=10), 2)
    8.6
    """
    (p1, f, delta), back = columns(
        churn_treated=(churn_treated, PROBABILITY),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        incentive=(incentive, NOT_NEGATIVE),
    )
    return back(f + delta * (1.0 - p1))


def break_even_uplift(
    churn_untreated: NumberOf[Same],
    *,
    value: NumberOf[Same],
    cost_per_contact: NumberOf[Same],
    incentive: NumberOf[Same],
) -> Same:
    """By how much the treatment has to lower the chance to leave to pay for itself.

    u = (f + δ·(1 − p₀))/(V − δ), the p₀ − p₁ at which `treatment_gain` is 0. Above p₀ it is out of
    reach: not even a treatment that keeps everybody pays.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    churn_untreated, value, cost_per_contact, incentive
        As `treatment_gain`.

    Returns
    -------
    float, ndarray or Series
        A difference of probabilities; ``inf`` where a customer who stays is worth no more than the incentive.

    Examples
    --------
    >>> round(break_even_uplift(0.30, value=200, cost_per_contact=1, incentive=10), 6)
    0.042105
    """
    (p0, V, f, delta), back = columns(
        churn_untreated=(churn_untreated, PROBABILITY),
        value=(value, REAL),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        incentive=(incentive, NOT_NEGATIVE),
    )
    # whoever stays because of it collects the incentive as well: only the rest of the value is won
    # with p₁ = p₀ − u the gain is u·V − f − δ·(1 − p₀) − δ·u, linear in u
    spared, spent = V - delta, f + delta * (1.0 - p0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return back(np.where(spared > 0.0, spent / spared, np.inf))
