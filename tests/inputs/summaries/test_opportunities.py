"""What BG/BB and its data refuse, and how they say so."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models.purchasing.bg_bb import BGBB

MODEL = BGBB(1.2, 0.75, 0.66, 2.78, unit="year")
DONORS = rk.Opportunities(frequency=[0, 4], recency=[0, 5], periods=[6, 6], unit="year")
RATE = rk.Rate(0.1, per="year")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"frequency": [1.5], "recency": [2], "periods": [6]}, "frequency must be whole numbers"),
        ({"frequency": [1], "recency": [2.5], "periods": [6]}, "recency must be whole numbers"),
        ({"frequency": [1], "recency": [2], "periods": [6.5]}, "periods must be whole numbers"),
        ({"frequency": [1], "recency": [7], "periods": [6]}, "recency must not exceed periods"),
        ({"frequency": [3], "recency": [2], "periods": [6]}, "frequency must not exceed recency"),
        ({"frequency": [0], "recency": [2], "periods": [6]}, "recency must be 0 where frequency is 0"),
        ({"frequency": [-1], "recency": [2], "periods": [6]}, "frequency must be 0 or more"),
        ({"frequency": [1], "recency": [2], "periods": [math.nan]}, "periods must be"),
        ({"frequency": [1, 1], "recency": [2, 2], "periods": [6, 6, 6]}, "same length"),
        ({"frequency": [1], "recency": [2], "periods": [6], "weight": [0]}, "weight must be positive"),
        ({"frequency": [1], "recency": [2], "periods": [6], "unit": "years"}, "Did you mean 'year'"),
    ],
)
def test_histories_that_cannot_be(columns: dict[str, Any], words: str) -> None:
    with pytest.raises(rk.InputError, match=words):
        rk.Opportunities(**columns)


def test_the_unit_stays_with_the_data() -> None:
    assert DONORS.compress().unit == "year"
    assert DONORS.entrywise().unit == "year"
    assert pickle.loads(pickle.dumps(DONORS)).unit == "year"
    assert rk.Opportunities(frequency=1, recency=1, periods=2).unit is None
    frame = {"frequency": [1], "recency": [1], "periods": [2]}
    pandas = pytest.importorskip("pandas")
    assert rk.Opportunities.from_frame(pandas.DataFrame(frame), unit="month").unit == "month"


def test_data_without_evidence() -> None:
    with pytest.raises(rk.FitError, match="bought a second time"):
        rk.fit(BGBB, rk.Opportunities(frequency=[0] * 9, recency=[0] * 9, periods=[3] * 9))
    with pytest.raises(rk.FitError, match="has had an opportunity"):
        rk.fit(BGBB, rk.Opportunities(frequency=[0] * 9, recency=[0] * 9, periods=[0] * 9))


@pytest.mark.parametrize("horizon", [0.5, 2.5, -1, math.nan, "5", [1, 2.5], rk.Duration(1, "week")])
def test_horizons_are_whole_opportunities(horizon: Any) -> None:
    for ask in (
        lambda: MODEL.probability_alive(DONORS, horizon),
        lambda: MODEL.expected_purchases(DONORS, horizon),
        lambda: MODEL.expected_purchases_new(horizon),
        lambda: MODEL.discounted_expected_purchases(DONORS, RATE, horizon),
        lambda: MODEL.purchase_pmf(1, horizon),
        lambda: MODEL.probability_no_purchase(DONORS, horizon),
    ):
        with pytest.raises(rk.InputError, match="horizon"):
            ask()


def test_no_opportunity_is_no_question_of_value() -> None:
    for ask in (
        lambda: MODEL.expected_purchases(DONORS, 0),
        lambda: MODEL.discounted_expected_purchases(DONORS, RATE, 0),
        lambda: MODEL.discounted_expected_purchases_new(RATE, 0),
    ):
        with pytest.raises(rk.InputError, match="1 or more"):
            ask()
    np.testing.assert_array_equal(MODEL.probability_no_purchase(DONORS, 0), 1.0)


def test_probabilities_need_an_end() -> None:
    for ask in (
        lambda: MODEL.purchase_pmf(1, math.inf),
        lambda: MODEL.probability_no_purchase(DONORS, math.inf),
    ):
        with pytest.raises(rk.InputError, match="finite number of opportunities") as error:
            ask()
        assert "expected_purchases" in error.value.way_out
    np.testing.assert_array_equal(MODEL.probability_alive(DONORS, math.inf), 0.0)


def test_discounts_need_a_period_and_opportunities_a_unit() -> None:
    bare: Any = 0.1
    with pytest.raises(rk.InputError, match="needs its period"):
        MODEL.discounted_expected_purchases(DONORS, bare)
    with pytest.raises(rk.InputError, match="0 or more"):
        MODEL.discounted_expected_purchases(DONORS, rk.Rate(-0.1, per="year"))
    unknown = BGBB(1.2, 0.75, 0.66, 2.78)
    with pytest.raises(rk.InputError, match="has none"):
        unknown.discounted_expected_purchases_new(RATE)
    found = unknown.discounted_expected_purchases(DONORS, RATE)  # the data know it
    np.testing.assert_array_equal(found, MODEL.discounted_expected_purchases(DONORS, RATE))


def test_data_of_another_kind_unit_or_length() -> None:
    wrong: Any = rk.Purchases(frequency=1, recency=1, T=2)
    with pytest.raises(rk.InputError, match="opportunities must be Opportunities"):
        MODEL.expected_purchases(wrong, 5)
    with pytest.raises(rk.InputError, match="data must be Opportunities"):
        rk.fit(BGBB, wrong)
    monthly = rk.Opportunities(frequency=1, recency=1, periods=2, unit="month")
    with pytest.raises(rk.InputError, match="once every year"):
        MODEL.probability_alive(monthly)
    each = BGBB(np.array([1.0, 1.2, 1.4]), 0.75, 0.66, 2.78)
    with pytest.raises(rk.InputError, match="must have 3 entries"):
        each.probability_alive(DONORS)
    with pytest.raises(rk.InputError, match="one for each of the 2"):
        MODEL.expected_purchases(DONORS, [1, 2, 3])
    with pytest.raises(rk.InputError, match="whole"):
        MODEL.purchase_pmf(1.5, 5)


def test_periods_and_seeds_of_a_simulation() -> None:
    with pytest.raises(rk.InputError, match="periods must be a whole number"):
        MODEL.sample([1, 2.5], seed=1)
    with pytest.raises(rk.InputError, match="seed"):
        MODEL.sample([1, 2], seed="one")  # type: ignore[arg-type]


def test_nobody_is_a_valid_customer_base() -> None:
    none = rk.Opportunities(frequency=[], recency=[], periods=[])
    assert MODEL.probability_alive(none).shape == (0,)
    assert MODEL.expected_purchases(none, 5).shape == (0,)
    assert MODEL.purchase_pmf_given(none, 1, 5).shape == (0,)
