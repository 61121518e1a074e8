"""A small subscription table, made up on the spot: for trying things out and for checking them.

Customers of two plans renew every month. Each has a chance of their own to leave at a renewal, drawn from a
beta distribution, so that those who stayed long are those with small chances (the shifted-beta-geometric
model of Fader & Hardie 2007, "How to project customer retention", Journal of Interactive Marketing 21(1)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import whole_number
from retainkit.ingest.subscriptions.calendar import anniversary
from retainkit.tables import Days, one_day
from retainkit.typing import Array, Values

OBSERVATION_END = "2024-12-31"
"""The last day that the table knows of."""

_FIRST_START, _LAST_START = "2021-01-01", "2024-11-30"
_LONGEST = 600  # months; whoever stays so long has not left by the last day


class Plan(NamedTuple):
    """A plan: its share of the customers, the beta distribution of their churn, its margin."""

    share: float
    alpha: int
    beta: int
    monthly_margin: float


PLANS = {"basic": Plan(0.7, 2, 16, 8.0), "pro": Plan(0.3, 2, 38, 21.0)}
"""What the table is made from; mean churn per renewal is alpha / (alpha + beta), 11.1% and 5%."""

VOLUNTARY_SHARE = 0.7
"""How many of those who leave say so; the others' payment fails."""


def simulate_subscriptions(*, customers: int = 2_000, seed: int = 1) -> dict[str, Values]:
    """A table with one line per subscription, known until 31 December 2024.

    Parameters
    ----------
    customers : int
        Lines of the table, 1 or more.
    seed : int
        The same seed gives the same table.

    Returns
    -------
    dict
        ``customer_id``, ``start``, ``end`` (NaT for those still there), ``plan`` ("basic", "pro"), ``reason``
        ("voluntary", "payment failed", empty for those still there), ``monthly_margin`` in money: numpy
        columns, ready for `summarize_subscriptions`.

    Raises
    ------
    InputError
        For less than one customer.

    Examples
    --------
    >>> from retainkit.ingest.example_subscriptions import simulate_subscriptions
    >>> table = simulate_subscriptions(customers=500, seed=3)
    >>> table["start"].size, sorted(set(table["plan"].tolist()))
    (500, ['basic', 'pro'])
    """
    customers = whole_number("customers", customers)
    rng = np.random.default_rng(seed)
    first, last = one_day("start", _FIRST_START), one_day("start", _LAST_START)
    start = np.sort(first + np.floor(rng.random(customers) * (last + 1 - first)).astype(np.int64))
    basic = rng.random(customers) < PLANS["basic"].share
    churn = np.where(basic, *(_beta(rng, customers, plan) for plan in PLANS.values()))
    renewals = np.minimum(1 + np.floor(np.log1p(-rng.random(customers)) / np.log1p(-churn)), _LONGEST)
    end = anniversary(start, renewals.astype(np.int64), "month")
    left = end <= one_day("end", OBSERVATION_END)
    reason = np.where(rng.random(customers) < VOLUNTARY_SHARE, "voluntary", "payment failed")
    margin = np.where(basic, *(plan.monthly_margin for plan in PLANS.values()))
    digits = len(str(customers))
    return {
        "customer_id": np.array([f"c{k:0{digits}d}" for k in range(1, customers + 1)]),
        "start": start.astype("datetime64[D]"),
        "end": np.where(left, _dates(end), np.datetime64("NaT", "D")),
        "plan": np.where(basic, *PLANS),
        "reason": np.where(left, reason, ""),
        "monthly_margin": np.round(margin * (0.75 + 0.5 * rng.random(customers)), 2),
    }


def _beta(rng: np.random.Generator, size: int, plan: Plan) -> Array:
    """Beta numbers as order statistics of uniform ones, which every version of numpy draws alike."""
    uniform = rng.random((size, plan.alpha + plan.beta - 1))
    return np.partition(uniform, plan.alpha - 1, axis=1)[:, plan.alpha - 1]


def _dates(days: Days) -> NDArray[np.datetime64]:
    return days.astype("datetime64[D]")
