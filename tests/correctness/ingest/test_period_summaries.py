"""Orders by period: a naive walk through the lines, policies that are counted, and what is refused."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import retainkit as rk
from retainkit.validation.holdout import holdout_log_likelihood

NAMES: dict[str, Any] = {"customer_id": "id", "period": "month", "orders": "n", "amount": "eur"}
TABLE: dict[str, Any] = {
    "id": ["b", "a", "a", "a", "a", "c"],
    "month": ["2024-02", "2024-01", "2024-04", "2024-01", "2024-03", "2024-02"],
    "n": [1, 1, 3, 1, 0, 0],
    "eur": [8.0, 10.0, 30.0, 5.0, -5.0, 0.0],
}


def told(table: Any = TABLE, **more: Any) -> Any:
    return rk.summarize_periods(table, **{**NAMES, "unit": "month", "observation_end": "2024-06"} | more)


@pytest.mark.parametrize("kind", [dict, pd.DataFrame, pl.DataFrame])
def test_lines_of_one_customer_and_month_are_one_and_nothing_is_lost(kind: Any) -> None:
    found = told(kind(TABLE))
    assert list(found.customers) == ["a", "b"]
    assert {k: v.tolist() for k, v in found.data.columns.items()} == {
        "frequency": [4.0, 0.0], "T": [6.0, 5.0], "recency": [3.0, 0.0],
        "in_first": [2.0, 1.0], "in_last": [3.0, 1.0],
    }  # fmt: skip
    assert found.opportunities.periods.tolist() == [5.0, 4.0]
    assert found.opportunities.frequency.tolist() == [1.0, 0.0]
    assert found.spend.frequency.tolist() == [5.0, 1.0]
    assert found.spend.monetary_value.tolist() == [8.0, 8.0]
    assert (found.observation_start, found.observation_end) == (date(2024, 1, 1), date(2024, 6, 30))
    assert {k: n for k, n in found.treatment.items() if n} == {
        "lines": 6, "merged_lines": 1, "empty_lines": 2, "customers_without_orders": 1,
    }  # fmt: skip
    assert "6 lines read: 6 orders" in repr(found)
    assert list(found.to_frame()["total_value"]) == [40.0, 8.0]


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter"])
def test_random_tables_are_summarized_as_a_naive_walk_does(unit: Any) -> None:
    rng = np.random.default_rng(11)
    day = np.datetime64("2023-01-02") + rng.integers(0, 500, 400)
    table = {"id": rng.integers(0, 60, 400), "month": day, "n": rng.integers(0, 4, 400)}
    found = rk.summarize_periods(
        table, **{k: v for k, v in NAMES.items() if k != "amount"}, unit=unit, far_dates="keep"
    )

    def number(d: Any) -> int:
        d = d.astype(object)
        month = d.year * 12 + d.month - 1
        return {
            "day": d.toordinal(),
            "week": (d.toordinal() - 1) // 7,
            "month": month,
            "quarter": month // 3,
        }[unit]

    seen: Any = defaultdict(lambda: defaultdict(int))
    for who, when, n in zip(table["id"].tolist(), day, table["n"].tolist(), strict=True):
        if n:
            seen[who][number(when)] += n
    last = max(map(number, day))
    assert list(found.customers) == sorted(seen)
    for i, who in enumerate(sorted(seen)):
        periods = sorted(seen[who])
        row = {name: column[i] for name, column in found.data.columns.items()}
        assert row == {
            "frequency": sum(seen[who].values()) - 1, "T": last - periods[0] + 1,
            "recency": periods[-1] - periods[0], "in_first": seen[who][periods[0]],
            "in_last": seen[who][periods[-1]],
        }  # fmt: skip
        assert found.opportunities.frequency[i] == len(periods) - 1


def test_the_policies_are_those_of_transactions_and_counted() -> None:
    late = {**TABLE, "id": [None, *TABLE["id"][1:]], "month": [*TABLE["month"][:5], "2024-07"]}
    found = told(late, missing_ids="drop", later="drop", where="n != 0")
    assert list(found.customers) == ["a"]
    counts = {k: n for k, n in found.treatment.items() if n}
    assert counts == {"lines": 4, "filtered_lines": 2, "missing_id_lines": 1, "merged_lines": 1}
    with pytest.raises(rk.InputError, match="customer_id"):
        told({**TABLE, "id": late["id"]})
    with pytest.raises(rk.InputError, match=r"period .*must not lie after observation_end"):
        told(late, missing_ids="drop")
    many = {name: column * 10 for name, column in TABLE.items()}
    many["month"] = ["1924-02", *many["month"][1:]]
    with pytest.raises(rk.InputError, match=r"period .*far_dates"):
        told(many)
    assert told(many, far_dates="keep").observation_start == date(1924, 2, 1)
    with pytest.raises(rk.InputError, match="observation_end must be given where later lines"):
        told(later="drop", observation_end=None)


@pytest.mark.parametrize(
    ("change", "more", "match"),
    [
        ({"n": [1, 1, 2.5, 1, 0, 0]}, {}, r"orders .*whole numbers of orders"),
        ({"n": [1, 1, -1, 1, 0, 0]}, {}, r"orders .*whole numbers of orders"),
        ({"n": [0] * 6}, {}, "orders must have at least one order"),
        ({"month": ["2024-13", *TABLE["month"][1:]]}, {}, "period"),
        ({"eur": [float("nan"), *TABLE["eur"][1:]]}, {}, "amount"),
        ({}, {"observation_end": "2024-06-15"}, "observation_end must be the last day of a month"),
        ({}, {"unit": "fortnight"}, "unit"),
        ({}, {"orders": "count"}, "count"),
    ],
)
def test_what_is_no_count_or_no_period_is_refused_by_name(change: Any, more: Any, match: str) -> None:
    with pytest.raises(rk.InputError, match=match):
        told(TABLE | change, **more)


def test_a_model_of_exact_times_is_refused_with_the_one_that_knows_of_periods() -> None:
    with pytest.raises(rk.InputError, match=r"known to the period only.*in_periods\(BGNBD\)"):
        rk.fit(rk.BGNBD, told())
    with pytest.raises(rk.InputError, match="amount must name a column of money"):
        _ = told(amount=None).spend


def test_values_come_from_counts_by_month_as_from_any_summary() -> None:
    model = rk.models.InPeriods(rk.BGNBD(r=1.2, alpha=0.9, a=0.8, b=3.0, unit="month"))
    found = rk.value_customers(
        told(), model, 20.0, margin_share=0.3, discount_rate=rk.Rate(0.1, per="year"),
        horizon=rk.Duration(1, "year"),
    )  # fmt: skip
    data, rate = told().data, rk.Rate(0.1, per="year")
    expected = 6.0 * model.discounted_expected_purchases(data, rate, 12.0)
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)
    assert list(found.customers) == ["a", "b"]


def test_a_holdout_is_the_table_cut_in_two() -> None:
    rng = np.random.default_rng(7)
    n = 900
    day = np.datetime64("2023-01", "M") + rng.integers(0, 18, n)
    table = {
        "id": rng.integers(0, 200, n),
        "month": day,
        "n": rng.integers(0, 4, n),
        "eur": rng.normal(9, 5, n),
    }
    found = told(table, observation_end="2024-08", holdout_from="2023-11")
    early = day < np.datetime64("2023-11")
    alone = told({k: v[early] for k, v in table.items()}, observation_end="2023-10")
    assert repr(alone) == repr(found.calibration)
    assert found.calibration.to_frame().keys() == alone.to_frame().keys()
    for name, column in alone.to_frame().items():
        np.testing.assert_array_equal(found.calibration.to_frame()[name], column)
    whole = told(table, observation_end="2024-08")
    for name, column in whole.to_frame().items():
        np.testing.assert_array_equal(found.to_frame()[name], column)
    held = found.holdout
    for k, who in enumerate(alone.customers):
        mine = (table["id"] == who) & ~early
        assert held.frequency[k] == table["n"][mine].sum()
        if held.frequency[k]:
            assert held.monetary_value[k] == pytest.approx(table["eur"][mine].sum() / held.frequency[k])
    assert (held.duration, held.start, held.end) == (10.0, date(2023, 11, 1), date(2024, 8, 31))
    bought = set(table["id"][~early & (table["n"] > 0)].tolist())
    assert held.new_customers == len(bought - set(np.asarray(alone.customers).tolist()))
    assert "holdout: from 2023-11-01, 10 months" in repr(found)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2024-03-02", "must be the first day of a month: a part of one cannot be held out"),
        ("2024-01", "must lie after the first month with an order"),
        ("2024-07", "not after the end of observation"),
        ("soon", "holdout_from must be"),
    ],
)
def test_a_split_stands_between_periods_with_orders_before_it(day: str, said: str) -> None:
    with pytest.raises(rk.InputError, match=said) as caught:
        told(holdout_from=day)
    assert caught.value.argument == "holdout_from"


@pytest.mark.slow
def test_models_of_orders_by_period_are_chosen_by_what_they_predict() -> None:
    model = rk.models.InPeriods(rk.BGNBD(r=0.8, alpha=1.5, a=0.6, b=2.0, unit="month"))
    data: Any = model.sample(np.full(3000, 24), seed=3)
    rng, lines = np.random.default_rng(4), []
    for who, (x, last, one, end) in enumerate(
        zip(
            *(data.columns[k].astype(int).tolist() for k in ("frequency", "recency", "in_first", "in_last")),
            strict=True,
        )
    ):
        lines.append((who, 0, one))
        lines += [(who, last, end)] if last else []
        between = x + 1 - one - end if last else 0
        lines += [(who, int(k), 1) for k in rng.integers(1, last, between)] if between else []
    who, month, orders = (np.array(column) for column in zip(*lines, strict=True))
    table = {"id": who, "month": np.datetime64("2022-01", "M") + month, "n": orders}
    ask: Any = {"customer_id": "id", "period": "month", "orders": "n", "unit": "month"}
    found: Any = rk.summarize_periods(table, **ask, observation_end="2023-12", holdout_from="2023-01")
    families = [rk.in_periods(rk.NBD), rk.in_periods(rk.BGNBD)]
    best = rk.fit_best(families, found)
    assert best.family.name == rk.in_periods(rk.BGNBD).name
    assert best.customers == 3000.0
    held = rk.validation.holdout_error(found, best)
    assert abs(held.relative_error) < 0.1
    assert held.actual == found.holdout.frequency.sum()
    # the likelihood of the held-out orders is that of all less that of those before
    scores = holdout_log_likelihood(found, best.model)
    both = best.model.log_likelihood(found.data), best.model.log_likelihood(found.calibration.data)
    np.testing.assert_allclose(scores, both[0] - both[1], rtol=1e-12)
    part = {name: column[who < 100] for name, column in table.items()}
    fewer: Any = rk.summarize_periods(part, **ask, observation_end="2023-12", holdout_from="2023-01")
    checks: Any = rk.validate(fewer, families[1:]).checks
    assert checks.low < checks.holdout.actual == fewer.holdout.frequency.sum() < checks.high
    assert checks.inside == pytest.approx(checks.inside_expected, abs=0.1)
    with pytest.raises(rk.InputError, match="transactions must tell on which days"):
        rk.validation.track_purchases(found, best)
    few = found.calibration.data.entries(np.arange(40))
    chance = np.array([best.model.purchase_pmf_given(few, n, 12.0) for n in range(150)])
    np.testing.assert_allclose(chance[0], best.model.probability_no_purchase(few, 12.0), rtol=1e-12)
    np.testing.assert_allclose(chance.sum(axis=0), 1.0, atol=1e-6)
    mean = np.arange(150.0) @ chance
    np.testing.assert_allclose(mean, best.model.expected_purchases(few, 12.0), rtol=1e-4)
    unchecked = rk.fit_best(families, found, holdout=None)
    assert unchecked.comparison.candidates[0].holdout is None
    with pytest.raises(rk.InputError, match=r"model must be a model of when customers buy") as caught:
        rk.validation.holdout_error(found, rk.BGNBD(r=0.8, alpha=1.5, a=0.6, b=2.0, unit="month"))
    assert "in_periods(BGNBD)" in caught.value.way_out
