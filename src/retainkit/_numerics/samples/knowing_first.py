"""What it is worth to know something before choosing, from draws of it and of what each choice brings.

E[max over choices of E[gain | known]] − max over choices of E[gain]. The inner mean is the regression of the
draws of the gain on those of what is known, a polynomial of the fourth degree in their normal scores: Strong,
M., Oakley, J. E. and Brennan, A. (2014), "Estimating multiparameter partial expected value of perfect
information from a probabilistic sensitivity analysis sample", Medical Decision Making 34(3), 311-326,
doi:10.1177/0272989X13505910; of what a sample would show: Strong, M. et al. (2015), Medical Decision Making
35(5), 570-583, doi:10.1177/0272989X15575286.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from retainkit.typing import Array


def value_of_knowing(gains: Array, score: Array, now: float) -> float:
    """By how much choosing after `score` (known, draws) beats `now`; `gains` are (choices, draws)."""
    if not score.size:
        return 0.0
    # orthonormal: the regression of thousands of sets is two matrix products
    basis = np.linalg.qr(_terms(score))[0]  # (draws, terms), orthonormal
    expected = (gains @ basis) @ basis.T
    return max(float(expected.max(axis=0).mean()) - now, 0.0)  # 0 up to rounding where nothing changes


def normal_scores(values: Array) -> Array:
    """What draws would be, were they normal: of their ranks, the mean rank of those that are equal."""
    from scipy.special import ndtri  # loads here: decisions are imported without scipy

    _, place, many = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(many) - 0.5 * many
    return ndtri(middle / values.size)[place]


def _terms(score: Array) -> Array:
    """1, the powers of each score up to the fourth, and products of two: (draws, terms)."""
    # in normal scores: draws of any distribution then lie alike, and fourth powers stay moderate
    powers = [z**k for z in score for k in range(1, 5)]
    crossed = [a * b for a, b in combinations(score, 2)]
    return np.column_stack([np.ones(score.shape[1]), *powers, *crossed])
