"""What fitters check before they fit, and what they say when they cannot."""

from __future__ import annotations

import numpy as np

from retainkit.domains import POSITIVE, as_numbers
from retainkit.errors import InputError
from retainkit.summaries import Purchases
from retainkit.typing import NumberLike


class ConvergenceError(ValueError):
    """The data do not determine the parameters; the message says why and what to do."""


def scale_time(age: NumberLike) -> float:
    """What turns the longest time into 1."""
    return 1.0 / float(np.max(age))


def check_inputs(
    frequency: NumberLike, recency: NumberLike = None, T: NumberLike = None, monetary_value: NumberLike = None
) -> None:
    """Refuse histories that cannot be: see `Purchases`; amounts must be positive."""
    counts = as_numbers("frequency", np.asarray(frequency))
    if counts.size == 0:
        rule = "must have customers"
        raise InputError("empty", "frequency", "no entries", rule, "Check the filter that made the data.")
    when = np.zeros(counts.shape) if recency is None else np.asarray(recency)
    Purchases(frequency=counts, recency=when, T=when if T is None else np.asarray(T))
    if monetary_value is not None:
        way_out = "Leave out customers without a repeat purchase, and those whose refunds exceed it."
        POSITIVE.check("monetary_value", np.asarray(monetary_value), way_out)
