"""The churn at which a customer with another margin is worth as much as before."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.timing import FlowTiming, check_flow


def even_churn(ratio: Any, churn: Any, discount_rate: Any, timing: FlowTiming) -> Any:
    """c' with value(ratio·m, c') = value(m, c); below 0 where nothing makes up for it.

    Paid by everyone who started the period, the value is proportional to m/(c+d), whenever in the period
    it falls; paid by those who stayed, to m(1−c)/(c+d); all the time, to m/(μ+δ) with μ = −ln(1−c).
    """
    check_flow(timing)
    c, d = np.asarray(churn), np.asarray(discount_rate)
    if timing == "continuous":
        with np.errstate(divide="ignore"):
            hazard = -np.log1p(-c)
        force = np.log1p(d)
        return -np.expm1(force - ratio * (hazard + force))
    if timing == "end-if-retained":
        return (ratio * (c + d) - d * (1.0 - c)) / ((1.0 - c) + ratio * (c + d))
    return ratio * (c + d) - d
