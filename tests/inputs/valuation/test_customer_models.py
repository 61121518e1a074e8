"""What the customer-value models of the literature refuse, and where their sums have no end."""

from __future__ import annotations

import math
from typing import Any

import pytest

from retainkit.economics.lifetime.berger_nasr import (
    berger_nasr_case_1,
    berger_nasr_case_2a,
    berger_nasr_case_3,
    berger_nasr_case_4,
)
from retainkit.economics.segments.customer_equity import brand_switching_value, customer_equity
from retainkit.economics.segments.markov_value import best_stopping, markov_value, recency_chain
from retainkit.economics.segments.migration_value import migration_purchases, migration_value
from retainkit.errors import InputError


def test_berger_and_nasr_refuse_sales_that_do_not_come_whole() -> None:
    case: dict[str, Any] = {"promotion_cost_per_sale": 5, "retention_per_sale": 0.8, "discount_rate": 0.1}
    with pytest.raises(InputError, match="whole number of sales"):
        berger_nasr_case_2a(100, **case, sales_per_year=2, years=0.75)
    with pytest.raises(InputError, match="retention"):
        berger_nasr_case_1(100, promotion_cost_per_year=5, retention=80, discount_rate=0.1)
    endless: dict[str, Any] = {"retention": 1, "discount_rate": 0}
    assert berger_nasr_case_1(100, promotion_cost_per_year=5, **endless) == math.inf
    assert berger_nasr_case_1(100, promotion_cost_per_year=500, **endless) == -math.inf
    assert berger_nasr_case_1(100, promotion_cost_per_year=100, **endless) == 100.0
    # the last sale before the promotion that outweighs it is made by more than all of them before
    backwards: dict[str, Any] = {"retention": 1, "discount_rate": -0.1}
    for promotion, end in ((97, math.inf), (104, math.inf), (106, -math.inf)):
        partial = berger_nasr_case_1(100, promotion_cost_per_year=promotion, **backwards, years=2000)
        assert math.copysign(math.inf, partial) == end
        assert berger_nasr_case_1(100, promotion_cost_per_year=promotion, **backwards) == end
    profits: dict[str, Any] = {"acceleration": 1, "turning_year": 2, "later_gain": 5, "retention": 1}
    with pytest.raises(InputError, match="outrun"):
        berger_nasr_case_4(10, **profits, discount_rate=0)
    with pytest.raises(InputError, match="years"):
        berger_nasr_case_3(10, **profits, discount_rate=0, years=2.5)  # type: ignore[arg-type]
    assert berger_nasr_case_3(10, **profits, discount_rate=0, years=0) == 10.0
    gone: dict[str, Any] = {**profits, "retention": 0, "discount_rate": 0.1}
    assert berger_nasr_case_3(10, **gone, years=5) == 10.0
    assert berger_nasr_case_4(10, **gone) == 0.0
    assert berger_nasr_case_4([10, 20], **gone, years=[0, 5]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("transitions", "rewards", "words"),
    [
        ([[0.5, 0.6], [0, 1]], [1, 0], "sum to 1"),
        ([[0.5, 0.5]], [1, 0], "square"),
        ([0.5, 0.5], [1, 0], "square"),
        (0.5, 1, "square"),
        ([[0.5, -0.5], [0, 1]], [1, 0], "transitions"),
        ([[0.5, 0.5], [0, 1]], [1, 0, 0], "one amount per state"),
        ([[0.5, 0.5], [0, 1]], [1, math.nan], "rewards"),
    ],
)
def test_a_table_that_is_no_chain_is_refused(transitions: Any, rewards: Any, words: str) -> None:
    for function in (markov_value, best_stopping):
        with pytest.raises(InputError) as error:
            function(transitions, rewards, discount_rate=0.1)
        assert words in str(error.value)


def test_chains_without_discount_are_summed_where_customers_are_lost_and_refused_where_not() -> None:
    assert markov_value([[0.5, 0.5], [0, 1]], [10, 0], discount_rate=0).tolist() == [20.0, 0.0]
    with pytest.raises(InputError, match="stay for ever"):
        markov_value([[0.5, 0.5], [0.5, 0.5]], [10, 0], discount_rate=0)
    with pytest.raises(InputError, match="stay for ever"):
        markov_value([[0.5, 0.5], [0, 1]], [0, 1], discount_rate=0)
    assert markov_value([[0.5, 0.5], [0.5, 0.5]], [0, 0], discount_rate=0).tolist() == [0.0, 0.0]
    assert markov_value([[0.5, 0.5], [0.5, 0.5]], [10, 0], discount_rate=0, horizon=2).tolist() == [
        20.0,
        10.0,
    ]
    assert markov_value([[0.5]], [10], discount_rate=0.1, horizon=0).tolist() == [10.0]
    with pytest.raises(InputError, match="whole number"):
        markov_value([[0.5]], [10], discount_rate=0.1, horizon=1.5)


def test_migration_and_recency_take_one_column_of_probabilities() -> None:
    for p in ([], [[0.3]], 0.3, [1.2], [math.nan]):
        with pytest.raises(InputError, match="purchase_probabilities"):
            migration_purchases(p, horizon=3)
        with pytest.raises(InputError, match="purchase_probabilities"):
            recency_chain(p, contribution_per_purchase=1, promotion_cost=1)
    with pytest.raises(InputError, match="comes back"):
        migration_value(40, promotion_cost=4, purchase_probabilities=[0.5, 1], discount_rate=0)
    certain: dict[str, Any] = {"promotion_cost": 4, "purchase_probabilities": [1.0], "horizon": 2}
    assert migration_value(40, **certain, discount_rate=0) == 3 * 40 - 2 * 4
    assert migration_value(40, **{**certain, "horizon": 0}, discount_rate=0) == 40.0


def test_equity_refuses_what_has_no_meaning() -> None:
    base: dict[str, Any] = {"acquired_per_period": 10, "acquisition_cost": 100, "discount_rate": 0.1}
    with pytest.raises(InputError, match="timing"):
        customer_equity(100, 50, **base, timing="end-if-retained")
    with pytest.raises(InputError, match="outrun"):
        customer_equity(100, 150, **{**base, "discount_rate": 0}, if_infinite="raise")
    a = [[0.7, 0.3], [0.5, 0.5]]
    us: dict[str, Any] = {"contribution_per_purchase": 20, "discount_rate": 0.1, "first": "now"}
    wrong: list[Any] = [2, -1, True, 0.5]
    for brand in wrong:
        with pytest.raises(InputError, match="brand"):
            brand_switching_value(a, brand=brand, **us)
    with pytest.raises(InputError, match="first"):
        brand_switching_value(a, brand=0, **{**us, "first": "later"})
