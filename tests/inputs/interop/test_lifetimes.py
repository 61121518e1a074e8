"""The drop-in refuses what lifetimes computes nonsense from, and says why."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit.interop.lifetimes as ours
from retainkit.errors import InputError, MissingDependencyError
from retainkit.interop.lifetimes import datasets, from_lifetimes, generate_data, plotting, utils

X, LAST, T = np.array([0, 1, 2]), np.array([0.0, 1.0, 10.0]), np.array([5.0, 6.0, 15.0])


def bg() -> Any:
    fitter = ours.BetaGeoFitter()
    fitter.params_ = pd.Series({"r": 0.24, "alpha": 4.4, "a": 0.79, "b": 2.4})
    return fitter


@pytest.mark.parametrize(
    ("columns", "argument"),
    [
        (([0.5, 1, 2], LAST, T), "frequency"),  # lifetimes cuts it to 0
        ((X, T + 1.0, T), "recency"),
        ((X, [1.0, 1.0, 10.0], T), "recency"),
        ((X, [0.0, -1.0, 10.0], T), "recency"),
        (([], [], []), "frequency"),
    ],
)
def test_impossible_histories_are_refused(columns: Any, argument: str) -> None:
    frequency, recency, age = (np.asarray(c, np.float64) for c in columns)
    with pytest.raises(InputError) as refused:
        ours.BetaGeoFitter().fit(frequency, recency, age)
    assert refused.value.argument == argument


def test_data_that_determine_nothing_say_so() -> None:
    with pytest.raises(utils.ConvergenceError, match="second time"):
        ours.BetaGeoFitter().fit([0, 0, 0], [0.0, 0.0, 0.0], [5.0, 6.0, 7.0])
    with pytest.raises(utils.ConvergenceError, match="second time"):
        ours.BetaGeoFitter(penalizer_coef=0.1).fit([0, 0, 0], [0.0, 0.0, 0.0], [5.0, 6.0, 7.0])


def test_amounts_must_be_positive() -> None:
    with pytest.raises(InputError, match="monetary_value"):
        ours.GammaGammaFitter().fit([1, 2, 3], [10.0, 0.0, 5.0])


def test_questions_before_a_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not been fit"):
        ours.BetaGeoFitter().conditional_probability_alive(1, 2, 3)
    with pytest.raises(InputError, match="fitted"):
        from_lifetimes(ours.BetaGeoFitter())
    with pytest.raises(InputError, match="BetaGeoFitter"):
        from_lifetimes(object())


def test_negative_times_and_columns_that_do_not_fit_are_refused() -> None:
    predict = bg().conditional_expected_number_of_purchases_up_to_time
    with pytest.raises(InputError, match="t must be 0 or more"):
        predict(-1.0, X, LAST, T)
    with pytest.raises(InputError, match="fit together"):
        predict([1.0, 2.0], X, LAST, T)
    with pytest.raises(InputError, match="same index as frequency"):
        predict(1.0, pd.Series(X), pd.Series(LAST, index=[2, 1, 0]), pd.Series(T))
    assert predict(0.0, 2, 10.0, 15.0) == 0.0


def test_iterations_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="iterative_fitting"):
        ours.ParetoNBDFitter().fit(X, LAST, T, iterative_fitting=0)
    with pytest.raises(InputError, match="initial_params"):
        ours.ParetoNBDFitter().fit(X, LAST, T, iterative_fitting=2, initial_params=[1.0] * 4)


def test_gaps_in_transactions_are_counted_and_refused() -> None:
    table = pd.DataFrame({"id": [1, 1, None], "date": ["2020-01-01", "2020-02-01", "2020-02-02"]})
    with pytest.raises(InputError, match="1 of 3 rows"):
        utils.summary_data_from_transaction_data(table, "id", "date")


def test_unknown_names_get_the_known_ones() -> None:
    table = pd.DataFrame({"id": [1, 1], "date": ["2020-01-01", "2020-02-01"]})
    with pytest.raises(InputError, match="freq"):
        utils.summary_data_from_transaction_data(table, "id", "date", freq="B")
    with pytest.raises(InputError, match="'D'"):
        utils._customer_lifetime_value(bg(), X, LAST, T, T, freq="Y")
    with pytest.raises(InputError, match="recency_cal"):
        plotting.plot_calibration_purchases_vs_holdout_purchases(bg(), table, kind="recency")
    with pytest.raises(MissingDependencyError, match="larynx"):
        datasets.load_dataset("larynx.csv")


def test_more_customers_than_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="size"):
        generate_data.beta_geometric_nbd_model([5.0, 6.0], 0.24, 4.4, 0.79, 2.4, size=3)


def test_pickles_and_other_models_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "old.pkl").write_bytes(pickle.dumps({"r": 1.0}))
    with pytest.raises(InputError, match="from_lifetimes"):
        ours.BetaGeoFitter().load_model(tmp_path / "old.pkl")
    bg().save_model(tmp_path / "bg.json")
    with pytest.raises(InputError, match="BetaGeoFitter"):
        ours.ParetoNBDFitter().load_model(tmp_path / "bg.json")
