"""What a customer is worth, at constant churn or on any survival curve.

In reading order:

- `attrition`      churn, retention, hazard, half-life and expected lifetime: five ways to say one
                    constant speed of loss.
- `lifetime_value` what the margins of a customer are worth now, with constant margin, churn and
                    discount.
- `residual_value` what a customer who is there already is still worth: the value of the payments to
                    come.
- `curve_value`    what a customer on any survival curve is worth: churn that changes with tenure,
                    measured or modelled.
- `elasticity`     by how many percent the value of a customer changes when something else changes by
                    one percent.
- `retention_gain` what some points of retention add to a customer's value: the "five points" table.
- `acquisition`    what a customer brings against what a customer costs to win: LTV:CAC and the rate of
                    return.
- `berger_nasr`    the customer lifetime values of Berger and Nasr: sales and promotions of their own
                    timing, and profits that grow along an S-shaped curve.
"""

from retainkit.economics.lifetime.acquisition import customer_irr, ltv_to_cac
from retainkit.economics.lifetime.attrition import (
    churn_from,
    convert_churn,
    expected_lifetime_from,
    half_life_from,
    hazard_from,
    retention_from,
)
from retainkit.economics.lifetime.berger_nasr import (
    berger_nasr_case_1,
    berger_nasr_case_2a,
    berger_nasr_case_2b,
    berger_nasr_case_3,
    berger_nasr_case_4,
)
from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.economics.lifetime.elasticity import Elasticities, elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.economics.lifetime.retention_gain import RetentionGain, retention_gain

__all__ = [
    "Elasticities",
    "RetentionGain",
    "berger_nasr_case_1",
    "berger_nasr_case_2a",
    "berger_nasr_case_2b",
    "berger_nasr_case_3",
    "berger_nasr_case_4",
    "churn_from",
    "convert_churn",
    "customer_irr",
    "elasticities",
    "expected_lifetime_from",
    "half_life_from",
    "hazard_from",
    "lifetime_value",
    "lifetime_value_on_curve",
    "ltv_to_cac",
    "residual_lifetime_value",
    "retention_from",
    "retention_gain",
]
