"""Cash flows: arguments in another tool's order, plans that are none, numbers beyond floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retainkit.economics import (
    annuity_rate,
    annuity_value,
    future_value,
    interest_part,
    irr,
    irr_all,
    mirr,
    npv,
    payback_periods,
    principal_part,
    xirr,
    xnpv,
)
from retainkit.errors import InputError


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: npv(0.1, [-500, 300]), "a spreadsheet takes the rate first, this is npv(cash_flows"),
        (lambda: xnpv(0.1, [-500, 300], ["2024-01-01", "2025-01-01"]), "takes the rate first, this is xnpv("),
        (lambda: xnpv([-500, 300], ["2024-01-01", "2025-01-01"]), "discount_rate is needed"),
        (lambda: xirr(["2024-01-01", "2025-01-01"], [-5, 6]), "amounts must be money, not dates"),
        (
            lambda: xirr(pd.to_datetime(pd.Series(["2024-01-01", "2025-01-01"])), [-5, 6]),
            "The two are swapped",
        ),
        (lambda: xirr([(-5, "2024-01-01"), (6, "2025-01-01")]), "Write each pair as (date, amount)"),
        (lambda: xirr([-5, 6]), "dates are needed: one for each amount"),
        (lambda: xirr(pd.Series([-5, 6])), "dates must be dates"),
        (lambda: xirr({"2024-01-01": -5, "2025-01-01": 6}, day_count="30e/360"), "Did you mean '30E/360'"),  # type: ignore[arg-type]
        (
            lambda: xirr({"2024-01-01": -5, "2025-01-01": 6}, day_count="act/act", days_per_year=360),
            "days_per_year has no meaning with day_count='act/act'",
        ),
        (lambda: mirr([1, 2], 0.1, 0.1), "cash_flows must have a single rate of return, but no rate"),
        (
            lambda: annuity_rate(100, 100, periods=12, timing="begin"),
            "value must have a single rate of return",
        ),
        (lambda: annuity_rate(100, 10, periods=12, timing="end", balloon=-5), "changes its direction twice"),
        (
            lambda: interest_part(1, number=13, periods=12, discount_rate=0.1, timing="end"),
            "number must be a whole",
        ),
        (
            lambda: principal_part(1, number=1.5, periods=12, discount_rate=0, timing="end"),
            "number must be a whole",
        ),
        (
            lambda: future_value(1, periods=math.inf, discount_rate=0.1),
            "periods must be 0 or more, and finite",
        ),
    ],
)
def test_errors_say_what_was_meant(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(InputError) as raised:
        call()
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda v: npv(v, 0.1),
        irr,
        irr_all,
        payback_periods,
        lambda v: mirr(v, 0.1, 0.1),
        lambda v: xirr(v, ["2024-01-01", "2025-01-01"]),
        lambda v: xnpv(v, ["2024-01-01", "2025-01-01"], 0.1),
        lambda v: annuity_value(v, periods=2, discount_rate=0.1),
        lambda v: annuity_rate(v, 1, periods=2, timing="end"),
        lambda v: interest_part(v, number=1, periods=2, discount_rate=0.1, timing="end"),
        lambda v: future_value(v, periods=2, discount_rate=0.1),
    ],
)
def test_whole_numbers_beyond_floats_and_masked_entries_are_refused_by_name(
    call: Callable[[Any], Any],
) -> None:
    with pytest.raises(InputError, match="must fit a 64-bit floating-point number") as told:
        call([-(10**400), 1])
    assert told.value.argument in ("cash_flows", "amounts", "payment", "value", "amount")
    with pytest.raises(InputError, match="must not have masked entries") as told:
        call(np.ma.masked_array([-1.0, 2.0], [True, False]))
    assert told.value.argument in ("cash_flows", "amounts", "payment", "value", "amount")
