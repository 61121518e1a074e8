"""Draws of customers whose orders are known to the period have the means of the formulas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import retainkit as rk
from retainkit.models import InPeriods
from retainkit.summaries import PurchasesInPeriods

RATE = rk.Rate(0.5, per="year")
BASES: dict[str, Any] = {
    "BGNBD": rk.BGNBD(r=1.2, alpha=0.9, a=0.8, b=2.0, unit="month"),
    "ParetoNBD": rk.ParetoNBD(r=1.0, alpha=1.0, s=0.7, beta=4.0, unit="month"),
}


def repeated(times: int) -> PurchasesInPeriods:
    columns = {
        "frequency": (0, 3, 9),
        "recency": (0, 4, 6),
        "T": (7, 7, 7),
        "in_first": (1, 2, 3),
        "in_last": (1, 1, 2),
    }
    return PurchasesInPeriods(**{n: np.tile(v, times) for n, v in columns.items()}, unit="month")


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_means_are_those_of_the_formulas(base: Any) -> None:
    model, times = InPeriods(base), 20_000
    drawn = model.sample_given(repeated(times), 5, seed=1, discount_rate=RATE)
    mean, worth = (
        model.expected_purchases(repeated(1), 5),
        model.discounted_expected_purchases(repeated(1), RATE, 5),
    )
    for values, exact in ((drawn.purchases, mean), (drawn.discounted, worth), (drawn.expected, worth)):
        each = values.reshape(times, 3)
        assert np.all(np.abs(each.mean(axis=0) - exact) < 4.0 * each.std(axis=0) / np.sqrt(times))
    many = InPeriods(replace(base, r=np.linspace(0.5, 2.0, 4000)[:, None]))
    gap = many.sample_given(repeated(1), 5, seed=2).expected - many.expected_purchases(repeated(1), 5)
    assert gap.shape == (4000, 3)
    assert np.all(np.abs(gap.mean(axis=0)) < 4.0 * gap.std(axis=0) / np.sqrt(4000))


@pytest.mark.slow
def test_histories_with_their_futures_are_those_of_whole_lives() -> None:
    """The last period of observation of longer simulated lives is taken away, and drawn."""
    rng = np.random.default_rng(3)
    base, n, T = BASES["ParetoNBD"], 40_000, 6.0
    born = rng.random(n)
    times = (
        np.cumsum(rng.exponential(size=(n, 200)), axis=1) / rng.gamma(base.r, 1.0 / base.alpha, n)[:, None]
    )
    lasting = rng.exponential(size=n) / rng.gamma(base.s, 1.0 / base.beta, n)
    when = np.where(times < lasting[:, None], born[:, None] + times, np.inf)
    before, future = when < T, ((when >= T) & (when < T + 3.0)).sum(axis=1)
    x, period = before.sum(axis=1), np.where(before, np.floor(when), -1.0)
    last = np.maximum(period.max(axis=1), 0.0)
    first = 1 + (period == 0.0).sum(axis=1)
    in_last = np.where(last == 0.0, x + 1, (period == last[:, None]).sum(axis=1))
    rows = PurchasesInPeriods(
        frequency=x, recency=last, T=np.full(n, T), in_first=first, in_last=in_last, unit="month"
    )
    drawn = InPeriods(base).sample_given(rows, 3, seed=4).purchases
    kind = np.minimum(x, 4) * 10 + last
    for k in np.unique(kind):
        mine = kind == k
        a, b = (np.bincount(np.minimum(v[mine], 8).astype(int), minlength=9) for v in (future, drawn))
        some = a + b >= 12
        a, b = (np.append(v[some], v[~some].sum()) for v in (a, b))
        a, b = a[a + b > 0], b[a + b > 0]
        assert chi2.sf(((a - b) ** 2 / (a + b)).sum(), max(a.size - 1, 1)) > 1e-4
