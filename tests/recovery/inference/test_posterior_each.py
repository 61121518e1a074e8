"""Posteriors of segments are as sure as they may be, and foretell better than without sharing.

Truths are drawn from the stated priors: a middle, standard deviations between segments, segments of 1 to 100
customers. Seeds were fixed before the first run.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit, logsumexp
from scipy.stats import chisquare

import retainkit as rk
from retainkit.inference import posterior_each

SETS, SEGMENTS = 40, 6
MIDDLE, APART = rk.priors.LogitNormal(-2.0, 0.6), rk.priors.HalfNormal(0.3)


@cache
def found() -> tuple[np.ndarray, np.ndarray]:
    """Ranks of the truths among their draws (segments,), and log scores of held-out customers (sets, 3)."""
    rng = np.random.default_rng(20)
    ranks: list[float] = []
    scores: list[list[float]] = []
    for seed in range(SETS):
        middle = float(logit(MIDDLE.sample(1, rng)[0]))
        truth = expit(middle + float(APART.sample(1, rng)[0]) * rng.standard_normal(SEGMENTS))
        sizes = rng.choice([1, 10, 40, 100], SEGMENTS)
        seen: dict[str, Any] = {
            str(j): rk.Geometric(float(theta)).sample([12.0] * int(n), seed=rng)
            for j, (theta, n) in enumerate(zip(truth, sizes, strict=True))
        }
        each = posterior_each(rk.Geometric, seen, seed=seed, draws=200, prior=MIDDLE, spread_prior=APART)
        # alone, under what the hierarchy says of one segment before any data
        prior = rk.priors.LogitNormal(-2.0, float(np.hypot(0.6, 0.3)))
        score = np.zeros(3)
        for j, name in enumerate(seen):
            more = rk.Geometric(float(truth[j])).sample([12.0] * 50, seed=rng)
            alone = rk.posterior(rk.Geometric, seen[name], seed=seed, draws=200, prior=prior)
            ranks.append(float((np.ravel(each[name].model.theta) < truth[j]).mean()))
            for k, known in enumerate((each[name], alone, each.whole)):
                value = logsumexp(known.model.log_likelihood(more), axis=0) - np.log(200.0)
                score[k] += float(value @ more.weight)
        scores.append(score.tolist())
    return np.array(ranks), np.array(scores)


@pytest.mark.slow
def test_nine_intervals_in_ten_hold_the_truth() -> None:
    ranks, _ = found()
    held = ((ranks > 0.05) & (ranks < 0.95)).mean()
    # segments of one set share its middle: they are half as many as independent ones, or more
    assert abs(held - 0.9) < 3.0 * np.sqrt(0.09 / (0.5 * ranks.size))
    counts, _ = np.histogram(ranks, bins=6, range=(0.0, 1.0))
    assert chisquare(0.5 * counts).pvalue > 0.001


@pytest.mark.slow
def test_customers_held_out_are_foretold_better_than_by_segments_alone_or_all_as_one() -> None:
    _, scores = found()
    for other in (1, 2):
        ahead = scores[:, 0] - scores[:, other]
        assert ahead.mean() > 2.0 * ahead.std() / np.sqrt(SETS)
