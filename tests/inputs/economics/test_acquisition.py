"""What acquisition, retention spending and their records take, refuse, print and store."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import pytest

from retainkit.economics.lifetime.acquisition import customer_irr, ltv_to_cac
from retainkit.economics.lifetime.elasticity import elasticities
from retainkit.economics.lifetime.retention_gain import retention_gain
from retainkit.economics.segments.markov_value import best_stopping, recency_chain
from retainkit.economics.spending.cac_ladder import acquisition_cost_ladder
from retainkit.economics.spending.five_times import SpendResponse, five_times
from retainkit.economics.spending.retention_cost import (
    cost_per_incremental_save,
    retention_cost_per_customer,
    worthwhile_retention_spend,
)
from retainkit.errors import InputError

TIMINGS = ["begin", "mid", "end", "end-if-retained", "continuous"]
TERMS: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "timing": "end"}
SPEND = {"paid-acquisition": 40_000, "acquisition": 20_000}


def test_points_and_spending_refuse_what_cannot_be() -> None:
    with pytest.raises(InputError, match="retention \\+ points"):
        retention_gain(100, retention=[0.9, 0.97], points=0.05, discount_rate=0.1, timing="end")
    with pytest.raises(InputError, match="retention \\+ points"):
        retention_gain(100, retention=0.9, points=5, discount_rate=0.1, timing="end")
    with pytest.raises(InputError, match="cannot gain"):
        retention_gain(100, retention=1, points=0, discount_rate=0, timing="end")
    for timing in TIMINGS:
        with pytest.raises(InputError, match="cannot gain"):
            worthwhile_retention_spend(50, churn_before=0, churn_after=0, discount_rate=0, timing=timing)  # type: ignore[arg-type]


def test_rates_of_return_need_a_cost_and_a_margin() -> None:
    with pytest.raises(InputError, match="acquisition_cost"):
        customer_irr(0, 50, churn=0.1, timing="end")
    with pytest.raises(InputError, match="margin_per_period"):
        customer_irr(500, 0, churn=0.1, timing="end")
    with pytest.raises(InputError, match="acquisition_cost"):
        ltv_to_cac(acquisition_cost=0, margin_per_period=50, churn=0.1, discount_rate=0, timing="end")
    with pytest.raises(InputError, match="customers_at_start"):
        retention_cost_per_customer(10, customers_at_start=0, churn=0.1)
    with pytest.raises(InputError, match="churn / retention"):
        retention_cost_per_customer(10, customers_at_start=5)
    with pytest.raises(InputError, match="churn_treated"):
        cost_per_incremental_save(churn_untreated=0.3, churn_treated=24, cost_per_contact=1, incentive=10)


@pytest.mark.parametrize(
    ("spend", "more", "words"),
    [
        ({"aquisition": 10}, {}, "Did you mean 'acquisition'?"),
        ({}, {}, "at least one amount"),
        ({"acquisition": [10, 20]}, {}, "new_customers"),
        ({"acquisition": [10, 20], "other": [1]}, {}, "spend['other']"),
        ({"acquisition": math.nan}, {}, "acquisition"),
        ({"acquisition": 10}, {"new_customers": 0}, "above 0"),
        ({"acquisition": 10}, {"new_customers": -5}, "new_customers"),
        ({"acquisition": 10}, {"new_customers": {"2024-01": 5}}, "column when="),
        ({"acquisition": 10}, {"paid_customers": 0}, "paid_customers"),
        ({"acquisition": 10}, {"paid_customers": 101}, "not be more"),
        ({"acquisition": 10}, {"lag_periods": 1}, "lag_periods"),
        ({"acquisition": 10}, {"lag_periods": 0.5}, "lag_periods"),
        ({"purpose": ["acquisition"]}, {}, "'amount'"),
        ({"purpose": ["acquisition"], "amount": [1, 2]}, {}, "one length"),
        ({"purpose": [], "amount": []}, {}, "at least one amount"),
        ({"purpose": ["media"], "amount": [1]}, {}, "'paid-acquisition'"),
        ({"purpose": ["acquisition"], "amount": ["1"]}, {}, "amount"),
        ({"purpose": ["acquisition"], "amount": [None]}, {}, "amount"),
        ({"purpose": ["acquisition"], "amount": [1], "m": [None]}, {"when": "m"}, "period of every line"),
        ({"purpose": ["other"] * 2, "amount": [1, 2], "m": [1, "b"]}, {"when": "m"}, "sort"),
        ({"purpose": ["other"] * 2, "amount": [1, 2], "m": [1, 2]}, {"when": "m"}, "mapping of period"),
        (
            {"purpose": ["other"] * 2, "amount": [1, 2], "m": [1, 2]},
            {"when": "m", "new_customers": {1: 5, 3: 5}},
            "same periods",
        ),
        (42, {}, "Write spend={'paid-acquisition': 42}."),
        ([1, 2], {}, "mapping of purpose to amount"),
        ("spend.csv", {}, "spend must be a file"),
        ({"purpose": ["other"] * 2, "amount": [1, 2], "m": ["2024-01", "soon"]}, {"when": "m"}, "'soon' at"),
        (
            {"purpose": ["other"], "amount": [1], "m": [20240230]},
            {"when": "m", "new_customers": {1: 5}},
            "same",
        ),
    ],
)
def test_a_spend_table_that_cannot_be_read_is_refused(spend: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        acquisition_cost_ladder(spend, **{"new_customers": 100, **more})
    assert words in str(error.value)


def test_columns_of_a_spend_table_may_have_other_names() -> None:
    table = {"what": ["acquisition", "onboarding"], "usd": [100, 20]}
    ladder = acquisition_cost_ladder(table, new_customers=10, purpose="what", amount="usd")
    assert ladder["with-onboarding"] == 12.0
    with pytest.raises(KeyError, match="paid"):
        ladder["paid"]


def test_spend_responses_are_checked() -> None:
    with pytest.raises(InputError, match="together"):
        SpendResponse(100, 10, extra_spend=5)
    with pytest.raises(InputError, match="customers"):
        SpendResponse(100, 0)
    nobody = SpendResponse(100, 10, extra_spend=5, extra_customers=0)
    assert nobody.marginal_cost == math.inf
    verdict = five_times(nobody, nobody, value_won=50, value_kept=50)
    assert (verdict.next_money, verdict.return_on_winning) == ("neither", 0.0)


def test_every_record_prints_and_goes_to_json() -> None:
    chain = recency_chain([0.3, 0.2], contribution_per_purchase=40, promotion_cost=4)
    response = SpendResponse(100, 10, extra_spend=5, extra_customers=1)
    churn: dict[str, Any] = {"churn_untreated": 0.3, "cost_per_contact": 1, "incentive": 10}
    records: list[Any] = [
        elasticities(50, **TERMS),
        elasticities([50, 60], **TERMS),
        retention_gain(50, retention=[0.8, 0.9], points=0.05, discount_rate=0.1, timing="end"),
        retention_gain(50, retention=0.9, points=0.05, discount_rate=0.0, growth=0.06, timing="end"),
        worthwhile_retention_spend(50, churn_before=0.1, churn_after=0, discount_rate=0, timing="end"),
        worthwhile_retention_spend([50, 60], churn_before=0.1, churn_after=0, discount_rate=0, timing="end"),
        cost_per_incremental_save(**churn, churn_treated=0.3),
        cost_per_incremental_save(**churn, churn_treated=[0.2, 0.24]),
        best_stopping(*chain, discount_rate=0.2),
        acquisition_cost_ladder(SPEND, new_customers=100),
        five_times(response, response, value_won=50, value_kept=50),
        five_times(SpendResponse(0, 1), SpendResponse(0, 1), value_won=50, value_kept=50),
    ]
    for record in records:
        assert str(record)
        assert "<table>" in record._repr_html_()
        assert json.loads(record.model_dump_json()).keys() >= record.as_dict().keys()
        assert type(record).from_json(record.model_dump_json()) == record


def test_importing_needs_numpy_alone() -> None:
    rooms = "lifetime segments spending breakeven cashflows formulas"
    code = (
        "import sys, importlib\n"
        f"[importlib.import_module('retainkit.economics.' + room) for room in {rooms.split()!r}]\n"
        "heavy = {'pandas', 'polars', 'scipy', 'narwhals', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
