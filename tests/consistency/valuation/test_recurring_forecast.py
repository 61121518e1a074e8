"""Recurring revenue: histories add up to movements, forecasts to their layers, and both meet the truth."""

from __future__ import annotations

import pickle
from typing import Any, assert_type

import numpy as np
import pytest

import retainkit as rk
from retainkit.metrics import SubscriptionBase
from retainkit.valuation import (
    PlannedChange,
    RevenueForecast,
    SubscriptionTruth,
    forecast_revenue,
    simulate_billing,
)
from retainkit.valuation.recurring.arrivals import trending
from retainkit.valuation.recurring.history import TOGETHER, Cells, History

COLUMNS: Any = {
    "customer_id": "customer_id", "start": "start", "end": "end", "amount": "amount", "plan": "plan",
    "pauses": "paused",
}  # fmt: skip
TRUTH = SubscriptionTruth(new_per_month=40.0, price_rises={20: 0.08})


def read(months: int, truth: SubscriptionTruth = TRUTH, seed: int = 1, **changes: Any) -> Any:
    """The base of a simulated business as it is known after so many of its 48 months."""
    table = simulate_billing(truth, months=48, seed=seed)
    last = np.datetime64("2022-01", "M") + np.timedelta64(months, "M")
    end = last.astype("datetime64[D]") - np.timedelta64(1, "D")
    then = table["start"] <= end
    table = {name: column[then] for name, column in table.items()}
    table["end"] = np.where(table["end"] > end, np.datetime64("NaT", "D"), table["end"])
    return rk.read_subscriptions(table, observation_end=str(end), **{**COLUMNS, **changes})


BASE, LATER = read(36), read(48)
AHEAD = forecast_revenue(BASE, months=12, new="trend", draws=400, seed=3)


def test_the_history_adds_up_to_the_movements_of_the_metrics() -> None:
    h, m = History.of(BASE), BASE.metrics()
    ups, downs = h.expanded + h.resumed, h.contracted + h.paused
    for money, told in ((h.paying, m.start), (ups, m.expansion), (downs, m.contraction), (h.new, m.new)):
        np.testing.assert_allclose(money.sum(axis=1), told, atol=1e-6)
    np.testing.assert_array_equal(h.at_risk.sum(axis=(1, 2)), m.start_customers)
    np.testing.assert_array_equal(h.left.sum(axis=(1, 2)), m.churned_customers)
    assert h.money_now.sum() == pytest.approx(m.end[-1]) and h.customers_now.sum() == m.end_customers[-1]
    assert np.all(h.returned <= h.lost) and h.returned.sum() <= m.reactivation.sum() + 1e-6


@pytest.mark.slow
def test_a_history_that_begins_with_customers_adds_up_too() -> None:
    base = _late()
    h, m = History.of(base), base.metrics()
    assert h.plans == ("basic", "plus", "pro") * 2
    np.testing.assert_allclose(h.paying.sum(axis=1), m.start, atol=1e-6)
    np.testing.assert_array_equal(h.left.sum(axis=(1, 2)), m.churned_customers)
    ahead = forecast_revenue(base, months=6, new=0.0, draws=200)
    np.testing.assert_allclose(ahead.existing.mean, AHEAD.existing.mean[:6], rtol=0.03)


def _late() -> Any:
    """The same business as months, of which those before 2023 are not in the table."""
    table = simulate_billing(TRUTH, months=48, seed=1)
    months = np.arange(np.datetime64("2023-01"), np.datetime64("2025-01"))
    end = np.where(np.isnat(table["end"]), np.datetime64("2099-01-01"), table["end"])
    row, at = np.nonzero((table["start"][:, None] <= months) & (end[:, None] > months))
    return rk.read_subscriptions(
        {
            "id": table["customer_id"][row],
            "month": months[at].astype(str),
            "eur": table["amount"][row],
            "plan": table["plan"][row],
        },
        customer_id="id", month="month", amount="eur", plan="plan", free="stays",
    )  # fmt: skip


def test_layers_add_up_and_what_is_far_is_less_sure() -> None:
    np.testing.assert_allclose(AHEAD.total.draws, AHEAD.existing.draws + AHEAD.new.draws)
    moved = AHEAD.won + AHEAD.expansion + AHEAD.returns - AHEAD.contraction - AHEAD.churn
    start = np.append(AHEAD.opening, AHEAD.total.mean[:-1])
    np.testing.assert_allclose(start + moved, AHEAD.total.mean, rtol=1e-9)
    low, high = AHEAD.total.interval(0.9).T
    assert np.all(low < AHEAD.total.mean) and np.all(AHEAD.total.mean < high)
    assert high[-1] - low[-1] > 2.0 * (high[0] - low[0])
    wider = AHEAD.total.interval(0.99)
    assert np.all(wider[:, 0] < low) and np.all(wider[:, 1] > high)


def test_the_forecast_meets_what_the_simulated_business_did() -> None:
    off = AHEAD.against(LATER)
    assert abs(off.existing[-1]) < 0.05 * AHEAD.existing.mean[-1]
    assert abs(off.total[-1]) < 0.1 * AHEAD.total.mean[-1]
    assert off.inside.mean() > 0.5
    end = LATER.metrics().end[-12:]
    np.testing.assert_allclose(AHEAD.total.mean + off.total, end, rtol=1e-9)


@pytest.mark.slow
def test_what_is_held_out_is_what_a_forecast_from_then_says() -> None:
    held = AHEAD.holdout
    assert held is not None and held.month[-1] == "2024-12" and held.month.size == 12
    then = forecast_revenue(read(24), months=12, new="trend", draws=400, holdout=False, seed=8)
    np.testing.assert_allclose(held.existing, then.existing.mean, rtol=0.02)
    np.testing.assert_allclose(held.actual_total, BASE.metrics().end[-12:])
    assert held.mean_absolute_error() < held.mean_absolute_error("growth_continues")


@pytest.mark.slow
def test_a_price_rise_of_the_past_is_told_and_not_expected_again() -> None:
    assert AHEAD.price_changes == ("2023-09",)
    flat = forecast_revenue(BASE, months=6, new=0.0, draws=300, holdout=False)
    rise = forecast_revenue(
        BASE, months=6, new=0.0, draws=300, holdout=False,
        changes=[PlannedChange("2025-03", price=0.1), PlannedChange("2025-03", churn=2.0, months=1)],
    )  # fmt: skip
    np.testing.assert_allclose(rise.existing.mean[:2], flat.existing.mean[:2], rtol=1e-12)
    moved = rise.won + rise.expansion + rise.returns - rise.contraction - rise.churn
    np.testing.assert_allclose(np.append(rise.opening, rise.total.mean[:-1]) + moved, rise.total.mean)
    assert rise.expansion[2] - flat.expansion[2] > 0.09 * rise.total.mean[1]
    assert rise.churn[2] == pytest.approx(2.0 * flat.churn[2], rel=0.1)
    assert rise.existing.mean[5] / flat.existing.mean[5] == pytest.approx(1.1, abs=0.06)
    only = [PlannedChange("2025-03", price=0.5, plan="pro")]
    pro = forecast_revenue(BASE, months=6, new=0.0, draws=300, holdout=False, changes=only)
    h = History.of(BASE)
    share = h.money_now[2].sum() / h.money_now.sum()
    assert pro.existing.mean[2] / flat.existing.mean[2] - 1.0 == pytest.approx(0.5 * share, abs=0.05)


@pytest.mark.slow
def test_stated_new_customers_bring_what_is_stated_and_leave_as_others_do() -> None:
    ahead = forecast_revenue(BASE, months=12, new=1000.0, draws=300, holdout=False)
    assert ahead.new.mean[0] == pytest.approx(1000.0)
    assert 6_000.0 < ahead.new.mean[-1] < 12_000.0
    np.testing.assert_allclose(ahead.won, 1000.0)
    each = forecast_revenue(BASE, months=12, new=[1000.0] * 12, draws=300, holdout=False)
    np.testing.assert_allclose(each.new.mean, ahead.new.mean)


def test_the_trend_follows_growth_and_a_season_of_the_size_of_its_noise() -> None:
    t = np.arange(48)
    usual = 100.0 * 1.02**t * (1.0 + 0.2 * np.sin(2.0 * np.pi * t / 12.0))
    won = usual * np.exp(0.15 * np.random.default_rng(2).standard_normal(48))
    paths = trending(won[:36], 12, 500, np.random.default_rng(1))
    told = np.log(np.median(paths, axis=0) / (100.0 * 1.02 ** t[36:]))
    season = np.sin(2.0 * np.pi * t[36:] / 12.0)
    assert season @ told / (season @ season) == pytest.approx(0.2, abs=0.08)
    assert abs(told.mean()) < 0.15


def test_new_customers_are_told_by_number_at_the_prices_of_now() -> None:
    h = History.of(BASE)
    rise = int(np.flatnonzero(h.raised)[0])
    np.testing.assert_allclose(h.prices[:rise], h.prices[0])
    assert h.prices[0] == pytest.approx(1.08, abs=0.01) and np.all(h.prices[rise:] == 1.0)


def test_plans_that_few_have_left_share_their_cells_and_their_model() -> None:
    cells = Cells.apart(BASE.plan_sets, ("pro",))
    whole, h = History.of(BASE), History.of(BASE, cells)
    assert cells.names == h.plans == ("pro", TOGETHER)
    np.testing.assert_allclose(
        h.paying, np.column_stack([whole.paying[:, 2], whole.paying[:, :2].sum(axis=1)])
    )
    np.testing.assert_array_equal(h.left.sum(axis=(1, 2)), whole.left.sum(axis=(1, 2)))
    assert Cells.of(BASE, ()).names == BASE.plan_sets
    small = read(24, SubscriptionTruth(new_per_month=2.0))
    assert Cells.of(small, ("pro",)).names == ("pro", TOGETHER)
    told = forecast_revenue(small, months=3, new=0.0, draws=50, holdout=False).models
    assert sorted(told) == ["basic", "plus", "pro"]
    assert len(set(told.values())) == 1 and told["pro"].startswith("that of 3 plans that few have left: ")


@pytest.mark.slow
def test_a_forecast_comes_back_from_json_and_is_a_table_of_the_callers_kind() -> None:
    small = forecast_revenue(BASE, months=3, new=0.0, draws=5)
    assert RevenueForecast.from_json(small.model_dump_json()) == small
    assert list(small.to_frame()) == [
        "month", "existing", "existing_low", "existing_high", "new", "new_low", "new_high", "total",
        "total_low", "total_high", "churn", "expansion", "contraction", "returns", "won",
    ]  # fmt: skip
    base: SubscriptionBase = BASE
    assert assert_type(base.forecast(months=3, new=0.0, draws=5), RevenueForecast) == small
    assert "new customers as stated" in str(small) and "Held out" in str(small)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "new .*a number, one for each month, or 'trend'"),
        ({"new": "tren"}, "'trend'"),
        ({"new": [1.0, 2.0]}, "one for each of the 3 months"),
        ({"new": -5.0}, "new .*0 or more"),
        ({"new": 0.0, "months": 0}, "months"),
        ({"new": 0.0, "draws": 1}, "draws"),
        ({"new": 0.0, "changes": [0.1]}, r"changes\[0\].*PlannedChange"),
        (
            {"new": 0.0, "changes": [PlannedChange("2031-01")]},
            r"month of the forecast \(2025-01 to 2025-03\)",
        ),
        ({"new": 0.0, "changes": [PlannedChange("2025-02", plan="gold")]}, "'basic', 'plus'"),
    ],
)
def test_what_cannot_be_forecast_is_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(rk.InputError, match=said):
        forecast_revenue(BASE, **{"months": 3, **given})


def test_too_short_a_table_and_one_without_amounts_are_refused() -> None:
    with pytest.raises(rk.InputError, match="at least 6 whole months"):
        forecast_revenue(read(4, pauses=None), new=0.0)
    with pytest.raises(rk.InputError, match="amount"):
        forecast_revenue(read(12, amount=None, pauses=None), new=0.0)
    with pytest.raises(rk.InputError, match="new=2500"):
        forecast_revenue(read(7), new="trend", holdout=False)
    with pytest.raises(rk.InputError, match="begins with 2025-01"):
        AHEAD.against(BASE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("churn", (0.1,)),
        ("churn", (0.1, 1.2, 0.1)),
        ("prices", (0.0, 1.0, 2.0)),
        ("season", 2.0),
        ("new_per_month", 0.0),
        ("shock", float("nan")),
    ],
)
def test_a_business_that_cannot_be_is_refused(name: str, value: Any) -> None:
    with pytest.raises(rk.InputError, match=name):
        simulate_billing(SubscriptionTruth(**{name: value}), seed=1)


def test_nobody_leaves_without_churn_and_all_do_with_a_churn_of_1() -> None:
    stays, goes = (
        simulate_billing(SubscriptionTruth(churn=(c, c, c), pause=0.0, back=0.0), months=6, seed=2)
        for c in (0.0, 1.0)
    )
    assert np.isnat(stays["end"]).sum() == np.unique(stays["customer_id"]).size
    assert not np.isnat(goes["end"][goes["start"] < np.datetime64("2022-06-01")]).any()


def test_a_simulated_table_balances_and_is_the_same_for_the_same_seed() -> None:
    one, other = (simulate_billing(TRUTH, months=24, seed=5) for _ in range(2))
    assert all(np.array_equal(one[n], other[n], equal_nan=n == "end") for n in one)
    shorter = simulate_billing(TRUTH, months=18, seed=5)
    assert shorter["start"].size == (one["start"] < np.datetime64("2023-07-01")).sum()
    m = BASE.metrics()
    end = m.start + m.new + m.expansion + m.reactivation - m.contraction - m.churn
    np.testing.assert_allclose(end, m.end, atol=1e-6)


def deviation(layer: Any, *include: Any) -> Any:
    low, high = layer.interval(0.9, include=include or rk.inference.SOURCES).T
    return (high - low) / 3.29


def test_what_is_expected_and_what_happens_make_up_the_interval() -> None:
    for layer in (AHEAD.existing, AHEAD.total):
        known, happens = deviation(layer, "parameters"), deviation(layer, "customers", "chance")
        np.testing.assert_allclose(np.hypot(known, happens), deviation(layer), rtol=0.25)
        assert np.all(known > 0.0) and np.all(known < deviation(layer))
        np.testing.assert_allclose(layer.interval(1e-9, include=("parameters",))[:, 0], layer.mean, rtol=0.02)
    assert deviation(AHEAD.new, "customers", "chance")[0] == pytest.approx(deviation(AHEAD.new)[0], rel=0.3)
    again = pickle.loads(pickle.dumps(AHEAD))
    part = AHEAD.total.interval(include=("parameters",))
    np.testing.assert_array_equal(again.total.interval(include=("parameters",)), part)
    with pytest.raises(rk.InputError, match="include must name both customers and chance, or none"):
        AHEAD.total.interval(include=("chance",))
    with pytest.raises(rk.InputError, match="include must be one of"):
        AHEAD.total.interval(include=("weather",))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for level in (0.0, 1.0):
        with pytest.raises(rk.InputError, match="level must be a share above 0 and below 1"):
            AHEAD.total.interval(level)
    read_back = RevenueForecast.from_json(AHEAD.model_dump_json())
    np.testing.assert_array_equal(read_back.total.interval(), AHEAD.total.interval())
    with pytest.raises(rk.InputError, match="include needs the models behind the figures"):
        read_back.total.interval(include=("parameters",))


def test_what_is_expected_of_known_churn_is_a_simulation_without_chance() -> None:
    """Of a business that does nothing but lose customers: the sum of what each still pays."""
    left = np.datetime64("2023-01", "M") + np.random.default_rng(1).geometric(0.04, 2000).astype("m8[M]")
    end = left.astype("M8[D]")
    table = {
        "id": np.arange(2000), "eur": np.full(2000, 10.0),
        "from": np.repeat(np.datetime64("2023-01-01"), 2000),
        "to": np.where(end > np.datetime64("2024-12-31"), np.datetime64("NaT", "D"), end),
    }  # fmt: skip
    base = rk.read_subscriptions(
        table, customer_id="id", start="from", end="to", amount="eur", observation_end="2024-12-31"
    )
    thetas = np.linspace(0.03, 0.05, 50)[:, None]
    known = rk.Geometric(theta=thetas, unit="month")
    ahead = base.forecast(months=6, new=0.0, fit=known, draws=400, holdout=False)
    flat = ahead.existing.interval(1.0 - 1e-9, include=("parameters",))
    # months differ in how many left, and their mean is not known: the ends lie near those of the churn alone
    exact = ahead.opening * (1.0 - thetas[[-1, 0], 0]) ** 6
    np.testing.assert_allclose(flat[-1], exact, rtol=0.05)


@pytest.mark.slow
def test_a_posterior_goes_where_a_fit_goes_and_is_wider_than_a_model() -> None:
    fits = {plan: rk.fit(rk.ShiftedBetaGeometric, part) for plan, part in BASE.by("plan").items()}
    known = {
        plan: rk.posterior(rk.ShiftedBetaGeometric, part, seed=1, draws=300)
        for plan, part in BASE.by("plan").items()
    }
    asked: dict[str, Any] = {"months": 12, "new": 0.0, "draws": 400, "holdout": False}
    by_fit, by_posterior = (forecast_revenue(BASE, fit=one, **asked) for one in (fits, known))
    by_model = forecast_revenue(BASE, fit={plan: one.model for plan, one in fits.items()}, **asked)
    np.testing.assert_allclose(by_posterior.existing.mean, by_fit.existing.mean, rtol=0.02)
    np.testing.assert_allclose(by_model.existing.mean, by_fit.existing.mean, rtol=0.02)
    ours, sure = (deviation(one.existing, "parameters")[-1] for one in (by_posterior, by_model))
    assert ours > 1.05 * sure
    assert deviation(by_fit.existing, "parameters")[-1] == pytest.approx(ours, rel=0.3)
    assert by_posterior.models["pro"].startswith("ShiftedBetaGeometric of ")
    held = forecast_revenue(BASE, months=3, new=0.0, fit=known, draws=100).holdout
    assert held is not None and abs(held.error("existing")) < 0.05


@pytest.mark.parametrize(
    ("fit", "told"),
    [
        ({"pro": rk.Geometric(0.1, unit="month")}, "fit must have a model for every plan"),
        ({"Pro": rk.Geometric(0.1, unit="month")}, "fit must name plans of the base"),
        (rk.Geometric(0.1, unit="year"), "fit must count months here"),
        (rk.Geometric(np.array([0.1, 0.2]), unit="month"), "fit must be one model, or draws of it"),
        (3.0, "fit must answer survival"),
    ],
)
def test_what_tells_nothing_of_each_plan_is_refused(fit: Any, told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        forecast_revenue(BASE, months=3, new=0.0, fit=fit)
