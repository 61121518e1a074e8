"""Draws gallery.svg: each plot of retainkit.plot, on data that come with the package or are made up.

Run it from anywhere: ``python docs/pictures/gallery.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

import retainkit as rk
from retainkit import decisions, metrics, plot, validation

YEARLY = rk.Rate(0.10, per="year")


def purchases() -> list[Callable[[Axes], Any]]:
    """When customers buy, at CDNOW."""
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        amount="dollar_value",
        unit="week",
        holdout_from="1997-10-01",
    )
    tracking = validation.track_purchases(tx, rk.fit(rk.BGNBD, tx.calibration))
    fit, spend = rk.fit(rk.BGNBD, tx), rk.fit(rk.GammaGamma, tx)
    three_years: dict[str, Any] = {"horizon": rk.Duration(3, "year")}
    value = rk.value_customers(tx, fit, spend, margin_share=0.3, discount_rate=YEARLY, **three_years)
    posterior = rk.posterior(rk.BGNBD, tx, seed=1)
    return [
        partial(plot.plot_tracking, tracking),
        partial(plot.plot_frequency, fit, tx),
        partial(plot.plot_matrix, fit, T=52, of="alive"),
        partial(
            plot.plot_matrix,
            fit,
            T=52,
            of="value",
            margin_per_purchase=10,
            discount_rate=YEARLY,
            **three_years,
        ),
        partial(plot.plot_history, fit, [3, 5, 9, 10, 14, 33], until=52),
        partial(plot.plot_concentration, value),
        partial(plot.plot_posterior, posterior, parameter="a"),
    ]


def subscriptions() -> list[Callable[[Axes], Any]]:
    """How long customers stay and what they pay, of a made-up business."""
    table = rk.valuation.simulate_billing(months=18, seed=1)
    base = rk.read_subscriptions(
        table, customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        pauses="paused", observation_end="2023-06-30",
    )  # fmt: skip
    curve = rk.KaplanMeier.estimate(base.renewals)
    model = rk.fit(rk.ShiftedBetaGeometric, base.renewals)
    return [
        partial(plot.plot_survival, {"measured": curve, "model": model}),
        partial(plot.plot_cohorts, metrics.cohort_table(base)),
        partial(plot.plot_bridge, base.metrics()),
        partial(plot.plot_forecast, base.forecast(months=12, new="trend", draws=400)),
        partial(plot.plot_break_even, rk.break_even(500, 50, churn=0.05, period="month"), payments=36),
    ]


def choices() -> list[Callable[[Axes], Any]]:
    """Decisions, on made-up numbers."""
    rng = np.random.default_rng(7)
    score = rng.beta(1.2, 6.0, 2000)
    offer = decisions.Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=8)
    mood = rng.normal(size=800)
    survey = {name: mood + rng.normal(size=800) for name in ("speed", "price", "staff")}
    survey["satisfaction"] = survey["speed"] + 0.5 * survey["price"] + rng.normal(size=800)
    keeping = decisions.ExponentialResponse(ceiling=0.9, floor=0.7, k=0.08)
    winning = decisions.ExponentialResponse(ceiling=0.1, k=0.05)
    options = {
        "keep gold": decisions.Spendable(keeping, value=900, customers=200),
        "keep silver": decisions.Spendable(keeping, value=250, customers=1000),
        "win": decisions.Spendable(winning, value=600, customers=500),
    }
    unit = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    discount = decisions.loyalty_discount(
        50, discount_amount=5, churn=0.05, churn_with_discount=0.04, discount_rate=0.01, timing="begin"
    )
    return [
        partial(plot.plot_profit_curve, decisions.profit_curve(score, rng.random(2000) < score, offer)),
        partial(plot.plot_response, decisions.allocate_budget(options, budget=15_000)),
        partial(
            plot.plot_drivers,
            decisions.key_drivers(
                survey, outcome="satisfaction", drivers=["speed", "price", "staff"], replicates=200, seed=1
            ),
        ),
        partial(plot.plot_tornado, unit.tornado(0.1)),
        partial(plot.plot_turning_points, discount),
    ]


def main() -> None:
    """Draw all on one sheet and write it beside this file."""
    style()
    drawings = [*purchases(), *subscriptions(), *choices()]
    rows = -(-len(drawings) // 2)
    figure, panels = plt.subplots(rows, 2, figsize=(13, 4.1 * rows), layout="constrained")
    for axes, draw in zip(panels.ravel(), drawings, strict=False):
        draw(ax=axes)
    for axes in panels.ravel()[len(drawings) :]:
        axes.remove()
    save(figure, __file__)


if __name__ == "__main__":
    main()
