"""What happens to a survival curve after the last observed tenure: nothing is assumed unsaid."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from retainkit.domains import PROBABILITY
from retainkit.errors import InputError, unknown_choice
from retainkit.models.contractual.nonparametric.estimate import one_number
from retainkit.typing import Array

AfterEnd: TypeAlias = "Literal['stop', 'same-churn', 'flat'] | float"
"""Nobody counts any more, the churn of the last stretch goes on, nobody leaves, or a churn of that size."""


def force_after(after_end: AfterEnd, kept: float, over: float) -> float:
    """The churn rate per unit of time after the end; `kept` is the share kept in the last stretch `over`."""
    if not isinstance(after_end, str):
        churn = one_number("after_end", PROBABILITY.check("after_end", after_end))
        return float(-np.log1p(-churn)) if churn < 1.0 else np.inf
    if after_end == "flat":
        return 0.0
    if after_end == "stop" or (after_end == "same-churn" and kept == 0.0):
        return np.inf
    if after_end != "same-churn":
        raise unknown_choice("after_end", after_end, ("stop", "same-churn", "flat"))
    if kept == 1.0:
        rule = "must reach back to somebody who left: nobody did in that last stretch of the curve"
        way_out = "Take a longer stretch, or say after_end='flat' if nobody leaves any more."
        raise InputError("too-few", "over", over, rule, way_out)
    return float(-np.log(kept) / over)


def continue_at(share: Array, rest: Array, force: float) -> Array:
    """A share that goes on leaving at a constant rate for the time `rest`; where `rest` ≤ 0 it is itself."""
    beyond = rest > 0.0
    if force == 0.0:
        return share
    return np.where(beyond, share * np.exp(-force * np.where(beyond, rest, 1.0)), share)


def time_until(stay: Array, share: float, force: float | None) -> Array:
    """How long after the end a share comes down to `stay`, which is below it; inf if it does not."""
    if not force or share == 0.0:
        return np.full_like(stay, np.inf)
    return np.log(share / stay) / force
