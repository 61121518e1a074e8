"""lifetimes 0.11.3 and the drop-in give the same answers wherever lifetimes' are right."""

from __future__ import annotations

import inspect
import subprocess
import sys
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import retainkit.interop.lifetimes as ours
from retainkit.interop.lifetimes import generate_data, plotting, utils
from retainkit.interop.lifetimes.datasets import (
    load_cdnow_summary_data_with_monetary_value,
    load_dataset,
    load_donations,
    load_transaction_data,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # lifetimes is of 2020
    theirs: Any = import_module("lifetimes")
    their_utils: Any = import_module("lifetimes.utils")
    their_plotting: Any = import_module("lifetimes.plotting")
    their_data: Any = import_module("lifetimes.generate_data")

PURCHASES = ("BetaGeoFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter")
FITTERS = (*PURCHASES, "BetaGeoBetaBinomFitter", "GammaGammaFitter")
QUIET = pytest.mark.filterwarnings("ignore")  # lifetimes' own overflows and deprecations


def columns(name: str, rows: int | None = None) -> list[Any]:
    if name == "BetaGeoBetaBinomFitter":
        donors = load_donations()
        return [donors[c] for c in ("frequency", "recency", "periods", "weights")]
    table = load_cdnow_summary_data_with_monetary_value().head(rows or 2357)
    if name == "GammaGammaFitter":
        table = table[table["frequency"] > 0]
        return [table["frequency"], table["monetary_value"]]
    return [table["frequency"], table["recency"], table["T"]]


def fitted(library: Any, name: str, penalty: float = 0.0, **settings: Any) -> Any:
    return getattr(library, name)(penalizer_coef=penalty).fit(*columns(name), **settings)


def with_parameters(name: str, **parameters: float) -> tuple[Any, Any]:
    pair = getattr(ours, name)(), getattr(theirs, name)()
    for fitter in pair:
        fitter.params_ = pd.Series(parameters)
    return pair


BG = {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}
PARETO = {"r": 0.5533, "alpha": 10.578, "s": 0.6062, "beta": 11.669}
BGBB = {"alpha": 1.2035, "beta": 0.7497, "gamma": 0.6567, "delta": 2.7834}
SPEND = {"p": 6.2496, "q": 3.7442, "v": 15.4435}


# -- fits ------------------------------------------------------------------------------------------


@pytest.mark.slow
@QUIET
@pytest.mark.parametrize("penalty", [0.0, 0.01, 0.5])
@pytest.mark.parametrize("name", FITTERS)
def test_a_fit_reaches_the_same_optimum(name: str, penalty: float) -> None:
    precise = {"tol": 1e-9, "maxiter": 4000} if name == "ParetoNBDFitter" else {}
    np.random.seed(1)  # noqa: NPY002 - lifetimes starts Pareto/NBD at random
    mine, other = fitted(ours, name, penalty), fitted(theirs, name, penalty, **precise)
    assert mine._negative_log_likelihood_ <= other._negative_log_likelihood_ * (1 + 1e-12)
    assert_allclose(mine._negative_log_likelihood_, other._negative_log_likelihood_, rtol=1e-9)
    # lifetimes stops at a gradient of 1e-7: the parameters are known to some five digits
    assert_allclose(mine.params_, other.params_, rtol=3e-5)
    assert list(mine.params_.index) == list(other.params_.index)
    if name != "ParetoNBDFitter":  # lifetimes has no standard errors there
        assert_allclose(mine.standard_errors_, other.standard_errors_, rtol=1e-4)
        assert_allclose(mine.summary, other.summary, rtol=1e-3)
        assert list(mine.summary.columns) == list(other.summary.columns)
    assert repr(mine) == repr(other)
    pd.testing.assert_frame_equal(mine.data, other.data)


def test_variances_are_a_covariance_matrix() -> None:
    # lifetimes' matrix is right on its diagonal alone
    mine = fitted(ours, "BetaGeoFitter")
    import retainkit as rk

    frequency, recency, T = columns("BetaGeoFitter")
    direct = rk.fit(rk.BGNBD, rk.Purchases(frequency=frequency, recency=recency, T=T))
    assert_allclose(mine.variance_matrix_, direct.covariance, rtol=1e-4)
    assert_allclose(mine.variance_matrix_, mine.variance_matrix_.T)


def test_weights_are_customers() -> None:
    frequency, recency, T = columns("BetaGeoFitter")
    table = pd.DataFrame({"x": frequency, "t": recency, "T": T}).value_counts().reset_index()
    counted = ours.BetaGeoFitter().fit(table["x"], table["t"], table["T"], table["count"])
    assert_allclose(counted.params_, fitted(ours, "BetaGeoFitter").params_, rtol=1e-6)
    assert len(counted.generate_new_data(size=2357)) == 2357


@QUIET
def test_q_can_be_kept_from_falling_below_1() -> None:
    draws = np.random.default_rng(5)
    frequency = draws.integers(1, 6, 400)
    # inverse-gamma means with q = 0.7
    money = draws.gamma(6.0 * frequency) / (6.0 * frequency) * 20.0 / draws.gamma(0.7, size=400)
    free = ours.GammaGammaFitter().fit(frequency, money)
    assert free.params_["q"] < 1.0
    assert np.all(np.isinf(free.conditional_expected_average_profit(0, 0.0)))
    mine = ours.GammaGammaFitter().fit(frequency, money, q_constraint=True)
    other = theirs.GammaGammaFitter().fit(frequency, money, q_constraint=True)
    assert_allclose(mine._negative_log_likelihood_, other._negative_log_likelihood_, rtol=1e-7)
    assert_allclose(mine.params_, other.params_, rtol=1e-3)


# -- predictions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "parameters"), [*zip(PURCHASES, (BG, BG, PARETO), strict=True)])
def test_predictions_of_purchases_agree(name: str, parameters: dict[str, float]) -> None:
    mine, other = with_parameters(name, **parameters)
    past = columns(name, rows=300)
    answers = {
        "conditional_expected_number_of_purchases_up_to_time": (39.0, *past),
        "conditional_probability_alive": tuple(past),
        "expected_number_of_purchases_up_to_time": (np.array([0.5, 3.0, 78.0]),),
    }
    for method, arguments in answers.items():
        got, expected = getattr(mine, method)(*arguments), getattr(other, method)(*arguments)
        assert type(got) is type(expected)
        assert_allclose(got, expected, rtol=1e-8, err_msg=method)
    for method in ("conditional_expected_number_of_purchases_up_to_time", "conditional_probability_alive"):
        arguments = (2, 30.43, 38.86) if method.endswith("alive") else (39, 2, 30.43, 38.86)
        got, expected = getattr(mine, method)(*arguments), getattr(other, method)(*arguments)
        assert np.shape(got) == np.shape(expected)
        assert_allclose(got, expected, rtol=1e-8)


@pytest.mark.parametrize("name", ["BetaGeoFitter", "ModifiedBetaGeoFitter"])
def test_probabilities_of_counts_agree(name: str) -> None:
    mine, other = with_parameters(name, **BG)
    for n in range(12):
        got = mine.probability_of_n_purchases_up_to_time(39.0, n)
        assert_allclose(got, other.probability_of_n_purchases_up_to_time(39.0, n), rtol=1e-8)


def test_probabilities_of_counts_of_known_customers_agree() -> None:
    mine, other = with_parameters("ParetoNBDFitter", **PARETO)
    for n in range(6):
        arguments = (n, 20.0, 3, 12.0, 30.0)
        got = mine.conditional_probability_of_n_purchases_up_to_time(*arguments)
        expected = other.conditional_probability_of_n_purchases_up_to_time(*arguments)
        assert_allclose(got, expected, rtol=1e-8)


@pytest.mark.parametrize(("name", "parameters"), [*zip(PURCHASES, (BG, BG, PARETO), strict=True)])
def test_matrices_agree_where_the_history_is_possible(name: str, parameters: dict[str, float]) -> None:
    mine, other = with_parameters(name, **parameters)
    got, expected = (f.conditional_probability_alive_matrix(8, 20) for f in (mine, other))
    assert got.shape == expected.shape == (21, 9)
    assert_allclose(got[:, 1:], expected[:, 1:], rtol=1e-8)
    assert_allclose(got[:, 0], expected[0, 0], rtol=1e-8)  # without a repeat purchase there is no recency


@QUIET
def test_predictions_at_opportunities_agree() -> None:
    mine, other = with_parameters("BetaGeoBetaBinomFitter", **BGBB)
    past = columns("BetaGeoBetaBinomFitter")[:3]
    for method in ("conditional_expected_number_of_purchases_up_to_time", "conditional_probability_alive"):
        got, expected = getattr(mine, method)(5, *past), getattr(other, method)(5, *past)
        assert type(got) is type(expected)
        assert_allclose(got, expected, rtol=1e-6)  # lifetimes adds 1e-15 inside its sum
    mine, other = (fitted(library, "BetaGeoBetaBinomFitter") for library in (ours, theirs))
    got, expected = (f.expected_number_of_transactions_in_first_n_periods(6) for f in (mine, other))
    pd.testing.assert_frame_equal(got, expected, rtol=1e-5)


def test_predictions_of_spend_agree() -> None:
    mine, other = with_parameters("GammaGammaFitter", **SPEND)
    table = load_cdnow_summary_data_with_monetary_value()
    arguments = (table["frequency"], table["monetary_value"])
    got, expected = (f.conditional_expected_average_profit(*arguments) for f in (mine, other))
    pd.testing.assert_series_equal(got, expected, rtol=1e-10)


@pytest.mark.parametrize("freq", ["D", "W", "H", "M"])
def test_lifetime_values_agree(freq: str) -> None:
    mine, other = with_parameters("GammaGammaFitter", **SPEND)
    bg, their_bg = with_parameters("BetaGeoFitter", **BG)
    their_bg.predict = their_bg.conditional_expected_number_of_purchases_up_to_time
    bg.predict = bg.conditional_expected_number_of_purchases_up_to_time
    table = load_cdnow_summary_data_with_monetary_value().head(200)
    past = [table[c] for c in ("frequency", "recency", "T", "monetary_value")]
    got = mine.customer_lifetime_value(bg, *past, time=6, discount_rate=0.02, freq=freq)
    expected = other.customer_lifetime_value(their_bg, *past, time=6, discount_rate=0.02, freq=freq)
    pd.testing.assert_series_equal(got, expected, rtol=1e-8)


# -- where lifetimes has no number -----------------------------------------------------------------


@QUIET
@pytest.mark.parametrize(
    ("name", "parameters", "singular"),
    [("BetaGeoFitter", BG, "a"), ("ModifiedBetaGeoFitter", BG, "a"), ("ParetoNBDFitter", PARETO, "s")],
)
def test_expectations_at_1_lie_between_lifetimes_values_beside_it(
    name: str, parameters: dict[str, float], singular: str
) -> None:
    history = (39, 2, 30.43, 38.86)
    predict = "conditional_expected_number_of_purchases_up_to_time"
    mine, other = with_parameters(name, **{**parameters, singular: 1.0})
    assert not np.isfinite(getattr(other, predict)(*history))
    beside = [
        getattr(with_parameters(name, **{**parameters, singular: 1.0 + h})[1], predict)(*history)
        for h in (-1e-3, 1e-3)
    ]
    assert_allclose(getattr(mine, predict)(*history), np.mean(beside), rtol=2e-6)


@QUIET
def test_a_frequent_buyer_has_numbers() -> None:
    mine, other = with_parameters("ParetoNBDFitter", r=0.3, alpha=1.0, s=0.2, beta=5000.0)
    assert np.isnan(other.conditional_probability_alive(400, 700.0, 730.0))
    # 40-digit value from the integral of the likelihood
    assert_allclose(mine.conditional_probability_alive(400, 700.0, 730.0), 0.00084054787651948, rtol=1e-10)


# -- summaries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("freq", ["D", "W", "h"])
def test_summaries_agree(freq: str) -> None:
    table = load_transaction_data(parse_dates=["date"])
    for settings in ({}, {"freq_multiplier": 7}, {"include_first_transaction": True}):
        got, expected = (
            u.summary_data_from_transaction_data(table, "id", "date", freq=freq, **settings)
            for u in (utils, their_utils)
        )
        pd.testing.assert_frame_equal(got, expected)


def cdnow_lines() -> pd.DataFrame:
    names = ["_", "id", "date", "number", "spent"]
    lines = load_dataset("CDNOW_sample.txt", sep=r"\s+", names=names)
    return lines.assign(date=pd.to_datetime(lines["date"].astype(str), format="%Y%m%d"))


def test_summaries_with_money_agree() -> None:
    got, expected = (
        u.summary_data_from_transaction_data(cdnow_lines(), "id", "date", "spent", freq="W")
        for u in (utils, their_utils)
    )
    pd.testing.assert_frame_equal(got, expected)


@QUIET
def test_holdout_agrees_but_for_money_of_several_lines_in_one_period() -> None:
    arguments = ("id", "date", "1997-09-30", "1998-06-30")
    lines = cdnow_lines()
    got = utils.calibration_and_holdout_data(lines, *arguments, monetary_value_col="spent")
    expected = their_utils.calibration_and_holdout_data(lines, *arguments, monetary_value_col="spent")
    same = [c for c in expected.columns if c != "monetary_value_holdout"]
    pd.testing.assert_frame_equal(got[same], expected[same], check_dtype=False)
    later = lines[lines["date"] > "1997-09-30"].groupby(["id", "date"]).size()
    several = later.loc[lambda lines: lines > 1].reset_index()["id"]
    apart = got.index[~np.isclose(got["monetary_value_holdout"], expected["monetary_value_holdout"])]
    assert len(apart) > 0 and set(apart) <= set(several)


@QUIET
@pytest.mark.parametrize(
    "settings", [{"freq": "W"}, {"freq": "D", "freq_multiplier": 7}, {"freq": "D", "set_index_date": True}]
)
def test_tracking_agrees(settings: dict[str, Any]) -> None:
    bg, their_bg = with_parameters("BetaGeoFitter", **BG)
    got = utils.expected_cumulative_transactions(bg, cdnow_lines(), "date", "id", 140, **settings)
    expected = their_utils.expected_cumulative_transactions(
        their_bg, cdnow_lines(), "date", "id", 140, **settings
    )
    pd.testing.assert_frame_equal(got, expected, rtol=1e-9, check_freq=False)


def test_the_path_of_a_customer_is_made_of_single_answers() -> None:
    bg, _ = with_parameters("BetaGeoFitter", **BG)
    dates = pd.DataFrame({"date": ["2020-01-01", "2020-01-04", "2020-01-04", "2020-01-09"]})
    path = utils.calculate_alive_path(bg, dates, "date", 12)
    histories = [(0, 0)] * 3 + [(1, 3)] * 5 + [(2, 8)] * 5
    single = [bg.conditional_probability_alive(x, t, T)[0] for T, (x, t) in enumerate(histories)]
    assert_allclose(path, single, rtol=1e-12)


# -- the interface ---------------------------------------------------------------------------------


def interface(kind: Any) -> dict[str, Any]:
    members = inspect.getmembers(kind, lambda m: inspect.isfunction(m) or inspect.ismethod(m))
    return {name: inspect.signature(member) for name, member in members if not name.startswith("_")}


def arguments(signature: inspect.Signature) -> list[tuple[str, Any]]:
    return [(p.name, p.default) for p in signature.parameters.values()]


@pytest.mark.parametrize("name", [*FITTERS, "BaseFitter"])
def test_fitters_take_the_same_arguments(name: str) -> None:
    mine, other = interface(getattr(ours, name)), interface(getattr(theirs, name))
    assert {m: arguments(mine[m]) for m in other} == {m: arguments(s) for m, s in other.items()}


@pytest.mark.parametrize(
    ("mine", "other"), [(utils, their_utils), (plotting, their_plotting), (generate_data, their_data)]
)
def test_functions_take_the_same_arguments(mine: Any, other: Any) -> None:
    public = [
        name
        for name, member in inspect.getmembers(other, inspect.isfunction)
        if member.__module__ == other.__name__ and name not in {"coalesce", "forceAspect"}
    ]
    own = {"_save_obj_without_attr"}  # lifetimes' own bookkeeping
    for name in set(public) - own:
        expected = arguments(inspect.signature(getattr(other, name)))
        assert arguments(inspect.signature(getattr(mine, name))) == expected, name


@pytest.mark.slow
def test_importing_it_loads_neither_lifetimes_nor_pandas() -> None:
    code = "import sys, retainkit.interop.lifetimes; print({'lifetimes', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_dates_are_read_before_they_are_sorted() -> None:
    # day first: as text the second purchase comes before the first
    written = pd.DataFrame(
        {"id": [1, 1, 2], "date": ["20/01/2020", "05/02/2020", "01/03/2020"], "v": [5, 7, 9]}
    )
    numbers = written.assign(date=[20200120, 20200205, 20200301])
    dated = written.assign(date=pd.to_datetime(["2020-01-20", "2020-02-05", "2020-03-01"]))
    expected = their_utils.summary_data_from_transaction_data(dated, "id", "date", "v")
    for table, layout in ((written, "%d/%m/%Y"), (numbers, "%Y%m%d"), (dated, None)):
        got = utils.summary_data_from_transaction_data(table, "id", "date", "v", datetime_format=layout)
        pd.testing.assert_frame_equal(got, expected)
