"""Records of every kind that the package gives, as the examples of its docstrings make them."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from public_calls import EACH, modules, ran

import retainkit as rk
from retainkit import decisions, economics
from retainkit.records import Record

MANY = 100_000  # numbers


@cache
def examples() -> dict[type[Record], list[Record]]:
    """Instances of every kind: those that the docstrings' examples make, and the special ones."""
    found: dict[type[Record], list[Record]] = {}
    for module in modules():
        for test in doctest.DocTestFinder(exclude_empty=True).find(module, module.__name__):
            shown = ran(module.__name__, inspect.cleandoc(test.docstring or "")).made if test.examples else {}
            for kind, made in shown.items():
                kept = found.setdefault(kind, [])
                kept += made[: EACH - len(kept)]
    for record in special():
        found.setdefault(type(record), []).append(record)
    # millions of numbers say of a kind what thousands do, and take minutes to write and read
    return {kind: [r for r in made if _numbers(r) < MANY] or made[:1] for kind, made in found.items()}


def _numbers(record: Record) -> int:
    held = [getattr(record, f.name) for f in fields(record)] if is_dataclass(record) else []
    return sum(value.size for value in held if isinstance(value, np.ndarray))


def special() -> Iterator[Any]:
    """Results that no example shows: draws, nobody, infinities, what has no value, labels that are dates."""
    yield rk.break_even(500, 50, churn=0.1)
    yield rk.break_even(500, 0)
    yield economics.break_even_on_curve(500, 50, [1.0, 0.5, 0.1])
    yield economics.retention_gain(0.0, retention=0.9, points=0.05, discount_rate=0.1, timing="end")
    yield economics.retention_gain(
        pd.Series([50.0, 0.0]), retention=0.9, points=0.05, discount_rate=0.0, timing="end"
    )
    draws = rk.Draws(np.random.default_rng(1).beta(50, 950, 200))
    rates: dict[str, Any] = {"discount_rate": 0.01, "timing": "end"}
    yield decisions.loyalty_discount(50, discount_amount=5, churn=draws, churn_with_discount=0.03, **rates)
    yield decisions.price_change(
        100, change=-0.4, margin_share=0.4, volume_change=0.5, churn=draws, churn_after=0.05, **rates
    )
    yield decisions.service_change(50, hazard_ratio=0.8, churn=draws, **rates, customers=0)
    model = rk.ShiftedBetaGeometric(alpha=1.2, beta=6.0, unit="month")
    labels = np.array(["2024-01-01", "2024-02-01"], "datetime64[D]")
    yield rk.value_subscriptions(
        model,
        tenure=[2, 1],
        cohort=labels,
        margin_per_period=10.0,
        discount_rate=rk.Rate(0.1, per="year"),
        instant="before-renewal",
    )

    base = rk.value_subscriptions(
        model,
        tenure=[2, 1],
        margin_per_period=10.0,
        discount_rate=rk.Rate(0.1, per="year"),
        instant="after-payment",
    )
    yield base.forecast(3)
    yield decisions.WordOfMouth(
        told_by_dissatisfied=3, told_by_silent=2, lost_sales_per_person_told=0.01, value_per_sale=200
    )
    yield decisions.ServedCustomers(
        customers=100, margin_per_period=50, churn=0.05, timing="end", elasticity=0.2
    )
    unit = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    yield unit.tornado(0.1)
    yield decisions.loyalty_discount(
        50, discount_amount=5, churn=0.05, churn_with_discount=0.03, **rates
    ).assumptions[0]
