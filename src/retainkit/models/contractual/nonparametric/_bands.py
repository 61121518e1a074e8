"""Confidence bands of a survival curve, pointwise."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy.special import ndtri

from retainkit.domains import PROBABILITY
from retainkit.errors import InputError, unknown_choice
from retainkit.typing import Array, Number

Transform: TypeAlias = Literal["log-log", "log", "plain"]
"""The scale on which an estimate is taken as normal."""


def normal_quantile(level: Number) -> float:
    """How many standard errors a two-sided interval of that level reaches: 1.96 for 0.95."""
    share = PROBABILITY.check("level", level)
    if np.ndim(share) or not 0.0 < share < 1.0:
        rule = "must be one share between 0 and 1, both excluded"
        raise InputError("out-of-range", "level", level, rule, "For example level=0.95.")
    return float(ndtri(0.5 + 0.5 * float(share)))


def survival_band(
    share: Array, log_variance: Array, level: Number, transform: Transform = "log-log"
) -> tuple[Array, Array]:
    """Lower and upper bounds of survival `share` > 0, whose logarithm has the variance `log_variance`.

    Where nobody has left yet both are 1.
    """
    if transform not in get_args(Transform):
        raise unknown_choice("transform", transform, get_args(Transform))
    reach = normal_quantile(level) * np.sqrt(log_variance)
    if transform == "plain":
        return np.maximum(share * (1.0 - reach), 0.0), np.minimum(share * (1.0 + reach), 1.0)
    if transform == "log":
        return share * np.exp(-reach), np.minimum(share * np.exp(reach), 1.0)
    log_share = np.log(share)
    # on the log-log scale a band stays between 0 and 1 of its own accord; at S = 1 there is no spread
    factor = np.exp(reach / np.where(log_share < 0.0, -log_share, 1.0))
    return np.exp(log_share * factor), np.exp(log_share / factor)
