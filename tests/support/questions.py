"""A question of each kind, and the models that they name."""

from __future__ import annotations

from typing import Any

import retainkit as rk

BUYING = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
SPENDING = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
CHURN = rk.ShiftedBetaGeometric(alpha=3.8, beta=15.2, unit="year")
MODELS = {"buying": BUYING, "spending": SPENDING, "churn": CHURN}
COLUMNS: dict[str, list[float]] = {
    "frequency": [2.0, 0.0, 2.0],
    "recency": [30.43, 0.0, 30.43],
    "T": [38.86, 38.86, 38.86],
}
HISTORIES: dict[str, Any] = {"purchasing_model": "buying", "unit": "week", "horizon": 52.0, **COLUMNS}
VALUED: dict[str, Any] = {**HISTORIES, "margin_share": 0.3, "annual_discount_rate": 0.1}
PURCHASES = rk.Purchases(**COLUMNS, unit="week")
SPENT = rk.Spend(frequency=COLUMNS["frequency"], monetary_value=[35.0, 0.0, 20.0])
ONE: dict[str, Any] = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05}
PLAN = {
    "customers": 10_000, "monthly_margin": 30, "monthly_churn": 0.03, "annual_discount_rate": 0.1,
    "horizon_months": 36, "timing": "begin",
    "initiatives": [{"name": "Call", "cost": 50_000, "hazard_ratio": 0.9, "duration_months": 36}],
}  # fmt: skip
QUESTIONS: dict[str, dict[str, Any]] = {
    "break-even": ONE,
    "lifetime-value": {
        "monthly_margin": 50, "monthly_churn": 0.05, "monthly_discount_rate": 0.01, "timing": "end",
    },
    "unit-economics": ONE,
    "score-purchases": HISTORIES,
    "value-customers": {**VALUED, "spend_per_purchase": 35.0},
    "survival": {"churn_model": "churn", "unit": "year", "tenure": [0.0, 1.0, 2.0]},
    "forecast-customers": {
        "churn_model": "churn", "unit": "year",
        "tenure": [0.0, 3.0], "customers": [100.0, 50.0], "periods": 5,
    },
    "campaign": {
        "churn_probability": [0.1, 0.1, 0.3], "value": [200.0, 2000.0, 200.0],
        "acceptance": 0.3, "incentive": 10.0, "cost_per_contact": 1.0,
    },
    "plan": {"plan": PLAN, "draws": 100},
}  # fmt: skip
