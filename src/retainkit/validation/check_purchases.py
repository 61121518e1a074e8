"""Held-out purchases against a model: totals, chances, counts, order, each customer's whole distribution.

The continuous ranked probability score of a count is Σₙ (P(X ≤ n) − [x ≤ n])²; for a known number it is the
absolute error: Gneiting, T. and Raftery, A. E. (2007), "Strictly Proper Scoring Rules, Prediction, and
Estimation", JASA 102(477), section 4.2, doi:10.1198/016214506000001437.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date as Date
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from retainkit.errors import FitError, InputError
from retainkit.inference import fit, posterior, predict
from retainkit.ingest import Holdout, LazyTransactionSummary, TransactionSummary
from retainkit.ingest.transactions.groups import acquired_in
from retainkit.models.spend.gamma_gamma import GammaGamma, spend_parts
from retainkit.summaries import Purchases, PurchasesInPeriods, Spend
from retainkit.typing import Array
from retainkit.units import DAYS_PER
from retainkit.validation.holdout import (
    Transactions,
    at_past_rate,
    history_of,
    holdout_error,
    split_of,
    weights_of,
)
from retainkit.validation.purchase_checks import Capture, Groups, PurchaseChecks
from retainkit.validation.tracking import track_purchases

_ASKED = 20_000  # customers asked for whole distributions: their means are then known to a hundredth
_COUNTS = 8  # 0 to 6 repeat purchases, and 7 or more, as the literature shows them
_TAIL = 1e-8  # of probability: what is left of a distribution then changes no digit that is shown
_DEPTHS = np.arange(1, 21) / 20.0
_TENTHS = 10


def check_purchases(
    name: str, found: Any, transactions: Transactions, process: Any, data: Any
) -> PurchaseChecks:
    """All checks of one fit.

    Parameters
    ----------
    name : what the model is called
    found : its fit to `data`, those of the calibration
    transactions : with a holdout
    process : the model meant, of each customer where it has covariates
    """
    calibration, held = split_of(transactions)
    history = history_of(calibration)
    expected = np.asarray(process.expected_purchases(history, held.duration))
    past = at_past_rate(history, held.duration)
    active = 1.0 - np.asarray(process.probability_no_purchase(history, held.duration))
    weight = weights_of(held)
    low, high = _interval(found, data, held.duration)
    dated = transactions if isinstance(transactions, TransactionSummary) else None
    return PurchaseChecks(
        model=name,
        holdout=holdout_error(transactions, process),
        low=low,
        high=high,
        past_rate=float((weight * past).sum()),
        last_period=_last_period(dated, held.duration) if dated else math.nan,
        tracking=track_purchases(dated, process) if dated else None,
        counts=None if isinstance(history, PurchasesInPeriods) else _counts(process, history),
        chance=_chances(active, held.frequency > 0.0, weight),
        cohorts=_cohorts(calibration.observation_end, history, expected, held.frequency, weight),
        capture=_capture(calibration, history, held, expected),
        **_distributions(process, history, held, past),
    )


def _interval(found: Any, data: Any, duration: float) -> tuple[float, float]:
    """90% interval of the total by the posterior; NaN of a model that has no draws of what customers do."""
    try:
        low, high = predict(posterior(found, data, seed=0), data, "purchases", horizon=duration).interval(0.9)
    except InputError:
        return math.nan, math.nan
    return float(low), float(high)


def _last_period(tx: TransactionSummary, duration: float) -> float:
    """Repeat purchases in as long a time just before the split; NaN where it was not observed."""
    calibration, _ = split_of(tx)
    days = round(duration * DAYS_PER[tx.unit])
    repeats = calibration.activity.repeat_purchases
    return float(repeats[-days:].sum()) if 0 < days <= repeats.size else math.nan


def _counts(process: Any, history: Purchases) -> Groups:
    """Customers by repeat purchases, as fitted, of each by the time since their first."""
    n = np.arange(_COUNTS - 1.0)
    if any(map(np.ndim, process.parameters.values())):
        weight = history.weight
        chance: Array = np.array([process.purchase_pmf(one, history.T) for one in n])
    else:
        since, place = np.unique(history.T, return_inverse=True)
        weight = np.bincount(place, weights=history.weight)
        chance = np.asarray(process.purchase_pmf(n[:, None], since))
    total = weight.sum()
    share = chance @ weight / total
    made = np.minimum(history.frequency, _COUNTS - 1).astype(np.intp)
    actual = np.bincount(made, weights=history.weight, minlength=_COUNTS).astype(np.float64)
    labels = (*(f"{v:.0f}" for v in n), f"{_COUNTS - 1}+")
    return Groups(
        "Share of the customers by repeat purchases before the split",
        labels, actual, np.append(share, max(1.0 - share.sum(), 0.0)), actual / total,
    )  # fmt: skip


def _chances(active: Array, bought: NDArray[np.bool_], weight: Array) -> Groups:
    """Tenths by the chance of buying at all; customers of one chance stay together."""
    order = np.argsort(active)
    upto: Array = np.cumsum(weight[order])
    first = np.arange(1, _TENTHS) * int(upto[-1]) // _TENTHS
    edges = np.unique(active[order[np.searchsorted(upto, first, side="right")]])
    group = np.searchsorted(edges, active, side="right")
    present = np.unique(group)
    ends = [(active[group == g].min(), active[group == g].max()) for g in present]
    labels = tuple(f"{low:.1%} to {high:.1%}" for low, high in ends)
    place = np.searchsorted(present, group)
    return _groups(
        "Chance of buying at all in the held-out period, by tenths", labels, place, active, bought, weight
    )


def _cohorts(end: Date, history: Any, expected: Array, made: Array, weight: Array) -> Groups:
    """By month of acquisition, which the age of a customer tells."""
    months, place = acquired_in(history.T, history.unit, end, "month")
    return _groups(
        "Held-out purchases of a customer by month of acquisition",
        tuple(months), place, expected, made, weight,
    )  # fmt: skip


def _groups(
    of: str, labels: tuple[str, ...], place: Any, predicted: Array, actual: Any, weight: Array
) -> Groups:
    n = np.bincount(place, weights=weight, minlength=len(labels)).astype(np.float64)
    means = (np.bincount(place, weights=weight * v, minlength=len(labels)) / n for v in (predicted, actual))
    return Groups(of, labels, n, *means)


def _capture(calibration: Any, history: Any, held: Holdout, expected: Array) -> Capture:
    """What those bring who rank first; in money where it is known."""
    weight, made = weights_of(held), held.frequency
    n = int(weight.sum())
    first = np.ceil(_DEPTHS * n).astype(np.intp)
    measure, ranked = "purchases", (expected, history.frequency, made)
    if held.monetary_value is not None:
        measure, spend = "money", calibration.spend
        model = _spend_model(spend)
        if isinstance(calibration, LazyTransactionSummary):
            from retainkit.ingest.transactions.lazy.ranks import money_captured

            parts = None if model is None else partial(spend_parts, model)
            found = money_captured(calibration.held, expected, parts, first.tolist())
            return _captured(measure, found, first)
        known = np.where(spend.frequency > 0.0, spend.monetary_value, 0.0)
        made = made * held.monetary_value
        ahead = 1.0 if model is None else np.asarray(model.expected_spend(spend))
        ranked = (expected * ahead, history.frequency * known, made)
    return _captured(measure, [_classes(score, made, weight) for score in ranked], first)


def _classes(score: Array, brought: Array, weight: Array) -> tuple[Array, Array]:
    """Customers of one score, the highest first: how many, and what they bring together."""
    place = np.unique(-score, return_inverse=True)[1]
    n, together = (np.bincount(place, each).astype(np.float64) for each in (weight, weight * brought))
    return n, together


def _captured(measure: str, classes: Sequence[tuple[Any, Array]], first: NDArray[np.intp]) -> Capture:
    total = float(classes[-1][1].sum())

    def share(n: Any, brought: Array) -> Array:
        if not total:
            return np.full(first.size, np.nan)
        # of equals each brings what they bring on average: no order is made up
        ends = np.append(0, np.cumsum(n))
        return np.interp(first, ends, np.append(0.0, np.cumsum(brought))) / total

    by_model, by_past, perfect = (share(*each) for each in classes)
    return Capture(measure, int(first[-1]), total, _DEPTHS, by_model, by_past, perfect)


def _spend_model(spend: Spend) -> GammaGamma | None:
    try:
        return fit(GammaGamma, spend).model
    except (FitError, InputError):  # amounts that say nothing of how customers differ: money counts purchases
        return None


def _distributions(process: Any, history: Any, held: Holdout, past: Array) -> dict[str, Any]:
    """How close each customer's whole distribution is, and how many lie in their central 90%."""
    made, duration, weight = held.frequency, held.duration, weights_of(held)
    own = any(map(np.ndim, process.parameters.values()))  # a model of each customer answers for all
    asked = made.size if own else min(made.size, _ASKED)
    some = np.linspace(0, made.size - 1, asked).round().astype(np.intp)
    rows, x, rate, weight = history.entries(some), made[some], past[some], weight[some]
    customers = weight.sum()
    up_to = np.zeros(some.size)
    low, high = np.full(some.size, -1.0), np.full(some.size, -1.0)
    below, inside, score, plain, n = np.zeros(some.size), np.zeros(some.size), 0.0, 0.0, 0
    while n <= x.max() or np.max(1.0 - up_to) ** 2 * n > _TAIL:
        each: Array = np.asarray(process.purchase_pmf_given(rows, float(n), duration))
        before, up_to = up_to, np.minimum(up_to + each, 1.0)
        starts, ends = (low < 0.0) & (up_to >= 0.05), (high < 0.0) & (up_to >= 0.95)
        low[starts], high[ends] = n, n
        below[starts] = before[starts]
        inside[ends] = up_to[ends]
        score += float(np.sum(weight * (up_to - (x <= n)) ** 2))
        plain += float(np.sum(weight * (pdtr(n, rate) - (x <= n)) ** 2))
        n += 1
    return {
        "crps": score / customers,
        "past_rate_crps": plain / customers,
        "inside": float(np.sum(weight * ((low <= x) & (x <= high))) / customers),
        "inside_expected": float(np.sum(weight * (inside - below)) / customers),
        "asked": int(customers),
    }
