"""Purchases that no calendar holds are refused; those of simulated customers are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk


def test_more_purchase_days_than_days_are_refused() -> None:
    given: dict[str, Any] = {"recency": [4, 2], "T": [10, 10], "unit": "day"}
    assert len(rk.Purchases(frequency=[4, 2], **given)) == 2
    with pytest.raises(
        rk.InputError, match=r"frequency must not exceed the days of recency.* 3.0 at position 1"
    ):
        rk.Purchases(frequency=[4, 3], **given)
    with pytest.raises(rk.InputError, match="frequency must not exceed the days of recency"):
        rk.Purchases(frequency=3, recency=2, T=10, unit="day")


def test_times_that_are_no_whole_days_are_not_judged() -> None:
    model = rk.BGNBD(r=2.0, alpha=0.5, a=0.5, b=2.0, unit="day")  # four purchases a day
    simulated = model.sample(np.full(200, 30.0), seed=1)
    assert (simulated.frequency > simulated.recency).any()
    assert len(rk.Purchases(frequency=[3], recency=[2.5], T=[10], unit="day")) == 1
    assert len(rk.Purchases(frequency=[3], recency=[2], T=[10])) == 1  # of a unit that is not known
    assert len(rk.Purchases(frequency=[9], recency=[1], T=[2], unit="week")) == 1  # counted by the hour
    assert len(rk.Purchases(frequency=[], recency=[], T=[], unit="day")) == 0
