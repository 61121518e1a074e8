"""The drop-in's files, simulations, pictures and conversions hold together."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import retainkit as rk
import retainkit.interop.lifetimes as ours
from retainkit.interop.lifetimes import from_lifetimes, generate_data, plotting, utils
from retainkit.interop.lifetimes.datasets import load_cdnow_summary, load_donations, load_transaction_data

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # lifetimes is of 2020
    theirs: Any = import_module("lifetimes")

BG = (0.24, 4.4, 0.79, 2.4)
PARETO = (0.55, 10.6, 0.61, 11.7)


@pytest.fixture(name="bg", scope="module")
def fitted_bg() -> Any:
    table = load_cdnow_summary()
    return ours.BetaGeoFitter().fit(table["frequency"], table["recency"], table["T"])


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["BetaGeoFitter", "BetaGeoBetaBinomFitter", "GammaGammaFitter"])
def test_a_file_gives_the_fitter_back(name: str, tmp_path: Path) -> None:
    donors, shop = load_donations(), load_cdnow_summary()
    columns = {
        "BetaGeoFitter": [shop["frequency"], shop["recency"], shop["T"]],
        "BetaGeoBetaBinomFitter": [donors[c] for c in ("frequency", "recency", "periods", "weights")],
        "GammaGammaFitter": [pd.Series([1, 2, 3, 4, 2]), pd.Series([9.5, 20.0, 3.25, 11.0, 6.0])],
    }[name]
    fitter = getattr(ours, name)(penalizer_coef=0.01).fit(*columns)
    fitter.save_model(tmp_path / "model.json")
    again = getattr(ours, name)()
    again.load_model(tmp_path / "model.json")
    assert again.__dict__.keys() == fitter.__dict__.keys()
    pd.testing.assert_frame_equal(again.data, fitter.data)
    pd.testing.assert_frame_equal(again.summary, fitter.summary)
    np.testing.assert_array_equal(again._hessian_, fitter._hessian_)
    assert repr(again) == repr(fitter)
    assert from_lifetimes(again) == from_lifetimes(fitter)


def test_a_file_without_the_data_is_small_and_simulates_if_asked_to(bg: Any, tmp_path: Path) -> None:
    bg.save_model(tmp_path / "bare.json", save_data=False, save_generate_data_method=False)
    assert (tmp_path / "bare.json").stat().st_size < 4000
    bg.save_model(tmp_path / "with.json", save_data=False)
    again = ours.BetaGeoFitter()
    again.load_model(tmp_path / "with.json")
    assert again.data is None
    assert len(again.generate_new_data(size=100)) == 100
    assert json.loads((tmp_path / "bare.json").read_text())["fitter"] == "BetaGeoFitter"


# -- conversions -----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # lifetimes' own
def test_a_fitter_of_lifetimes_becomes_a_model() -> None:
    table = load_cdnow_summary()
    columns = table["frequency"], table["recency"], table["T"]
    fitter = theirs.BetaGeoFitter().fit(*columns)
    model = from_lifetimes(fitter, unit="week")
    assert isinstance(model, rk.BGNBD) and model.unit == "week"
    purchases = rk.Purchases.from_frame(table, unit="week")
    assert_allclose(model.expected_purchases(purchases, 39.0), fitter.predict(39.0, *columns), rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "parameters", "model"),
    [
        ("ModifiedBetaGeoFitter", {"r": 1.0, "alpha": 2.0, "a": 3.0, "b": 4.0}, "MBGNBD"),
        ("ParetoNBDFitter", {"r": 1.0, "alpha": 2.0, "s": 3.0, "beta": 4.0}, "ParetoNBD"),
        ("BetaGeoBetaBinomFitter", {"alpha": 1.0, "beta": 2.0, "gamma": 3.0, "delta": 4.0}, "BGBB"),
        ("GammaGammaFitter", {"p": 1.0, "q": 2.0, "v": 3.0}, "GammaGamma"),
    ],
)
def test_parameters_keep_their_names(name: str, parameters: dict[str, float], model: str) -> None:
    for library in (ours, theirs):
        fitter = getattr(library, name)()
        fitter.params_ = pd.Series(parameters)
        found = from_lifetimes(fitter)
        assert type(found).__name__ == model
        assert found.parameters == parameters


# -- simulations -----------------------------------------------------------------------------------


def summary_of(frame: pd.DataFrame) -> rk.Purchases:
    return rk.Purchases(frequency=frame["frequency"], recency=frame["recency"], T=frame["T"])


@pytest.mark.parametrize(
    ("simulate", "fitter", "parameters"),
    [
        (generate_data.beta_geometric_nbd_model, ours.BetaGeoFitter, BG),
        (generate_data.modified_beta_geometric_nbd_model, ours.ModifiedBetaGeoFitter, BG),
        (generate_data.pareto_nbd_model, ours.ParetoNBDFitter, PARETO),
    ],
)
def test_simulated_customers_follow_the_model(simulate: Any, fitter: Any, parameters: Any) -> None:
    # with time counted in small units, two purchases rarely fall into one
    r, scale, third, fourth = parameters
    small = (r, 1e4 * scale, third, 1e4 * fourth if simulate is generate_data.pareto_nbd_model else fourth)
    np.random.seed(3)  # noqa: NPY002 - the interface's own generator
    frame = simulate(39e4, *small, size=20_000)
    model = from_lifetimes(_with(fitter(), small))
    alive = model.probability_alive(summary_of(frame))  # type: ignore[attr-defined]
    spread = 4 * np.sqrt(np.mean(alive * (1 - alive)) / 20_000)
    assert abs(frame["alive"].mean() - alive.mean()) < max(spread, 1e-12)
    expected = model.expected_purchases_new(39e4)  # type: ignore[attr-defined]
    assert abs(frame["frequency"].mean() - expected) < 4 * frame["frequency"].std() / np.sqrt(20_000)


def _with(fitter: Any, values: tuple[float, ...]) -> Any:
    fitter.params_ = pd.Series(dict(zip(fitter._model_class.names(), values, strict=True)))
    return fitter


def test_simulated_donors_follow_the_model() -> None:
    np.random.seed(4)  # noqa: NPY002
    values = (1.204, 0.750, 0.657, 2.783)
    frame = generate_data.beta_geometric_beta_binom_model(6, *values, size=40_000)
    model: Any = from_lifetimes(_with(ours.BetaGeoBetaBinomFitter(), values))
    share = frame["frequency"].value_counts(normalize=True).sort_index()
    expected = model.purchase_pmf(np.arange(7.0), 6)
    assert_allclose(share, expected, atol=4 * 0.5 / np.sqrt(40_000))
    past = rk.Opportunities(frequency=frame["frequency"], recency=frame["recency"], periods=6)
    assert abs(frame["alive"].mean() - model.probability_alive(past, 1).mean()) < 4 * 0.5 / np.sqrt(40_000)


def test_a_seed_makes_a_simulation_repeatable() -> None:
    frames = []
    for _ in range(2):
        np.random.seed(7)  # noqa: NPY002
        frames.append(generate_data.beta_geometric_nbd_model([30.0, 60.0], *BG, size=2))
    pd.testing.assert_frame_equal(*frames)


# -- pictures --------------------------------------------------------------------------------------


def test_heat_maps_show_the_models_answers(bg: Any) -> None:
    ax = plotting.plot_frequency_recency_matrix(bg, T=2, max_frequency=5, max_recency=10)
    shown = ax.get_images()[0].get_array()
    assert shown.shape == (11, 6)
    assert_allclose(shown[8, 3], bg.predict(2, 3, 8, 10))
    assert "2 Units" in ax.get_title()
    plt.close("all")
    shown = plotting.plot_probability_alive_matrix(bg, 5, 10).get_images()[0].get_array()
    assert_allclose(shown[8, 3], bg.conditional_probability_alive(3, 8, 10))


def test_curves_show_the_models_answers(bg: Any) -> None:
    solid, dashed = plotting.plot_expected_repeat_purchases(bg, label="weeks").lines
    x, y = solid.get_data()
    assert_allclose(y, bg.expected_number_of_purchases_up_to_time(x))
    assert solid.get_color() == dashed.get_color()
    for draw in (plotting.plot_transaction_rate_heterogeneity, plotting.plot_dropout_rate_heterogeneity):
        ax = draw(bg, suptitle="A title of one's own")
        assert ax.figure._suptitle.get_text() == "A title of one's own"


def test_tracking_pictures_show_the_table(bg: Any) -> None:
    table = load_transaction_data(parse_dates=["date"])
    expected = utils.expected_cumulative_transactions(bg, table, "date", "id", 20)
    ax = plotting.plot_cumulative_transactions(bg, table, "date", "id", 20, 10)
    assert_allclose(ax.lines[1].get_ydata(), expected["predicted"])
    plt.close("all")
    ax = plotting.plot_incremental_transactions(bg, table, "date", "id", 20, 10, set_index_date=True)
    assert_allclose(ax.lines[0].get_ydata()[1:], expected["actual"].diff()[1:])


def test_histories_and_holdout_pictures_have_their_lines(bg: Any) -> None:
    table = load_transaction_data(parse_dates=["date"])
    one = table[table["id"] == 35]
    ax = plotting.plot_history_alive(bg, 200, one, "date", start_date="2014-08-01")
    assert_allclose(ax.lines[0].get_ydata(), utils.calculate_alive_path(bg, one, "date", 200))
    plt.close("all")
    split = utils.calibration_and_holdout_data(table, "id", "date", "2014-09-01", "2014-12-31")
    ax = plotting.plot_calibration_purchases_vs_holdout_purchases(bg, split, kind="recency_cal", n=5)
    assert [len(line.get_ydata()) for line in ax.lines] == [5, 5]
    np.random.seed(1)  # noqa: NPY002
    ax = plotting.plot_period_transactions(bg)
    assert [p.get_height() for p in ax.patches][:7] == [1411, 439, 214, 100, 62, 38, 29]  # of the data
