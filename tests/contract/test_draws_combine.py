"""Draws themselves: how they combine with numbers and columns, what they say, and what is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import retainkit as rk
from retainkit.errors import InputError


def test_draws_combine_draw_by_draw_and_with_columns_each_with_each() -> None:
    draws = rk.Draws([1.0, 2.0, 4.0])
    assert (2 * draws + 1) == rk.Draws([3.0, 5.0, 9.0])
    assert np.log2(draws) == rk.Draws([0.0, 1.0, 2.0])
    assert (draws * [10.0, 100.0]) == rk.Draws([[10, 100], [20, 200], [40, 400]])
    assert (np.array([10.0, 100.0]) - draws).shape == (3, 2)
    assert (draws > 1.5).tolist() == [False, True, True]
    assert draws != rk.Draws([1.0, 2.0, 5.0])
    assert draws != np.array([1.0, 2.0, 4.0])
    with pytest.raises(InputError, match="as many draws as"):
        _ = draws + rk.Draws([1.0, 2.0])


def test_every_draw_meets_every_row_of_a_series_on_either_side() -> None:
    draws, column = rk.Draws([1.0, 2.0]), [10.0, 100.0]
    for series in (pd.Series(column, index=["a", "b"]), pl.Series(column)):
        assert draws * series == rk.Draws([[10, 100], [20, 200]])
    left: Any = pd.Series(column)  # one of polars asks nobody
    assert left - draws == rk.Draws([[9, 99], [8, 98]])
    with pytest.raises(InputError, match="right of multiply must not have masked entries"):
        _ = draws * np.ma.masked_array(column, [True, False])


def test_draws_in_place_are_new_ones_and_rows_take_none_in_place() -> None:
    before = draws = rk.Draws([1.0, 2.0])
    draws *= 3.0
    assert (draws, before) == (rk.Draws([3.0, 6.0]), rk.Draws([1.0, 2.0]))
    column = np.ones(2)
    with pytest.raises(ValueError, match="broadcast"):
        column += draws
    assert type(np.add(1.0, draws, out=column)) is np.ndarray
    assert column.tolist() == [4.0, 7.0]
    with pytest.raises(ValueError, match="read-only"):
        np.add(1.0, draws, out=draws)


def test_draws_say_what_they_know() -> None:
    draws = rk.Draws(np.arange(101.0))
    assert (draws.mean(), draws.quantile(0.25)) == (50.0, 25.0)
    assert draws.interval(0.5) == (25.0, 75.0)
    assert str(draws) == "50 (90% between 5 and 95; 101 draws)"
    each = rk.Draws([[1.0, 2.0], [3.0, 4.0]])
    assert np.asarray(each.mean()).tolist() == [2.0, 3.0]
    assert list(each.to_frame()) == ["customer 1", "customer 2"]
    with pytest.raises(ValueError, match="read-only"):
        draws.values[0] = 1.0
    with pytest.raises(InputError, match="q must be a share between 0 and 1, got 5"):
        draws.quantile(5)
    for level in (90, 0, 1.0, True, float("nan"), "90%", [0.5, 0.9]):
        with pytest.raises(InputError, match="level must be a share above 0 and below 1, got"):
            draws.interval(level)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert np.isnan(rk.Draws([1.0, np.inf]).std())


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], "empty"),
        ([0.1, np.nan], "missing-value"),
        (np.ma.masked_array([0.1, 0.2], [False, True]), "missing-value"),
        (np.zeros((2, 2, 2)), "wrong-shape"),
        (0.1, "wrong-shape"),
        (["a"], "not-a-number"),
        ([True, False], "not-a-number"),
        ([[1.0], [1.0, 2.0]], "not-a-number"),
    ],
)
def test_what_is_no_draws_is_refused(values: Any, code: str) -> None:
    with pytest.raises(InputError) as error:
        rk.Draws(values)
    assert error.value.code == code


def test_draws_outside_of_a_domain_are_refused_by_the_arguments_name() -> None:
    with pytest.raises(InputError, match="churn must be a share"):
        rk.economics.lifetime_value(50, churn=rk.Draws([0.1, 1.2]), discount_rate=0.1, timing="end")
