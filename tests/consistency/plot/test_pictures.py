"""What stands on the axes is what `data` says, which is what the result says: read back from the artists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

import retainkit as rk
from retainkit import decisions, metrics, plot, validation

ACCENTS = ((0.702, 0.267, 0.047), (1.0, 0.616, 0.4))


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def line(axes: Axes, color: Any = None) -> Any:
    """The data of the first line in the accent, or in another colour."""
    found = [one for one in axes.lines if one.get_marker() != "o" or len(one.get_xdata()) > 1]  # type: ignore[arg-type]
    for one in found:
        own = to_rgb(one.get_color())
        if (color and np.allclose(own, to_rgb(color))) or (not color and accented(own)):
            return np.asarray(one.get_xdata()), np.asarray(one.get_ydata(), np.float64)
    raise AssertionError("no such line")


def accented(color: Any) -> bool:
    return any(np.allclose(color, accent, atol=2e-3) for accent in ACCENTS)


def said(axes: Axes) -> set[str]:
    return {text.get_text() for text in axes.texts}


def base() -> Any:
    table = rk.valuation.simulate_billing(months=12, seed=1)
    return rk.read_subscriptions(
        table, customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        pauses="paused", observation_end="2022-12-31",
    )  # fmt: skip


CUSTOMERS = rk.Purchases(
    frequency=[2.0, 0, 0, 5],
    recency=[30.4, 0, 0, 20],
    T=[38.9, 38.9, 20, 38.9],
    weight=[1, 2, 1, 1],
    unit="week",
)
MODEL = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")


def test_break_even_is_the_curve_of_the_record_and_crosses_zero_where_it_says() -> None:
    even = rk.break_even(500, 50, churn=0.05, period="month")
    axes = plot.plot_break_even(even, payments=30)
    x, y = line(axes)
    assert y == pytest.approx(even.cumulative_net(x))
    assert axes.get_xlim() == (0.0, 30.0)
    (point,) = [one for one in axes.lines if one.get_marker() == "o"]
    assert point.get_xdata()[0] == even.periods  # type: ignore[index]
    assert said(axes) == {"13.5"}
    assert axes.get_title("left") == "Paid back by the 14th payment, 13 months after the start"
    assert plot.plot_break_even(rk.break_even(500, 50, churn=0.1)).get_title("left") == "Never paid back"


def test_break_even_of_draws_has_its_band_and_on_a_curve_its_payments() -> None:
    churn = rk.churn_posterior(100, 2000, seed=1)
    found = plot.data(plot.plot_break_even, rk.break_even(500, 50, churn=churn), payments=20)
    drawn = np.asarray(rk.break_even(500, 50, churn=churn).cumulative_net(20.0))
    assert (found["low"][-1], found["high"][-1]) == pytest.approx(tuple(np.quantile(drawn, [0.05, 0.95])))
    curve = rk.economics.break_even_on_curve(100, 50, [1.0, 0.9, 0.8, 0.7])
    assert plot.data(plot.plot_break_even, curve)["net"] == pytest.approx(np.append(-100.0, curve.net))


def test_counts_of_purchases_are_those_of_the_customers_and_of_the_model() -> None:
    axes = plot.plot_frequency(MODEL, CUSTOMERS, most=4)
    heights = [bar.get_height() for bar in axes.patches]  # type: ignore[attr-defined]
    assert heights == [3.0, 0.0, 1.0, 0.0, 1.0]
    found = plot.data(plot.plot_frequency, MODEL, CUSTOMERS, most=4)
    one = sum(w * MODEL.purchase_pmf(1, float(t)) for w, t in zip(CUSTOMERS.weight, CUSTOMERS.T, strict=True))
    assert found["expected"][1] == pytest.approx(one)
    assert found["expected"].sum() == pytest.approx(5.0)
    (points,) = [one for one in axes.lines if one.get_marker() == "o"]
    assert np.asarray(points.get_ydata()) == pytest.approx(found["expected"])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "1", "2", "3", "4+"]


@pytest.mark.parametrize("of", ["alive", "purchases", "value"])
def test_a_matrix_has_the_models_answer_in_its_place(of: Any) -> None:
    terms: dict[str, Any] = {} if of == "alive" else {"horizon": 52}
    if of == "value":
        terms |= {"margin_per_purchase": 10, "discount_rate": rk.Rate(0.1, per="year")}
    found = plot.data(plot.plot_matrix, MODEL, T=40, of=of, most=3, **terms)
    rows = rk.Purchases(
        frequency=found["frequency"], recency=np.where(found["frequency"] > 0, found["recency"], 0.0),
        T=np.full(found["frequency"].size, 40.0), unit="week",
    )  # fmt: skip
    want = {
        "alive": lambda: MODEL.probability_alive(rows),
        "purchases": lambda: MODEL.expected_purchases(rows, 52),
        "value": lambda: 10 * MODEL.discounted_expected_purchases(rows, rk.Rate(0.1, per="year"), 52),
    }[of]()
    assert found[of] == pytest.approx(want)
    axes = plot.plot_matrix(MODEL, T=40, of=of, most=3, **terms)
    (image,) = axes.images
    shown = np.asarray(image.get_array())
    assert shown[0, 3] == pytest.approx(found[of][(found["frequency"] == 3) & (found["recency"] == 40)][0])
    assert image.get_extent() == [-0.5, 3.5, 0.0, 40.0]


def test_a_history_falls_until_something_is_bought_and_ends_with_the_models_answer() -> None:
    axes = plot.plot_history(MODEL, [3, 10], until=40)
    x, y = line(axes)
    ends = rk.Purchases(frequency=[2], recency=[10], T=[40], unit="week")
    assert y[-1] == pytest.approx(MODEL.probability_alive(ends)[0])
    assert np.all(np.diff(y[x > 10]) < 0.0)
    assert y[x == 10][0] > y[x < 10][-1]


def test_survival_is_the_curves_with_band_and_those_at_risk() -> None:
    members = rk.Renewals(
        duration=[1, 2, 3, 3, 4],
        event=[1, 1, 1, 0, 0],
        weight=[300, 100, 60, 40, 500],
        whole_periods=True,
        unit="year",
    )
    curve = rk.KaplanMeier.estimate(members)
    model = rk.ShiftedBetaGeometric(alpha=1.2, beta=6.0, unit="year")
    found = plot.data(plot.plot_survival, {"measured": curve, "model": model}, level=0.9)
    measured, modelled = (found["curve"] == n for n in ("measured", "model"))
    assert found["survival"][measured] == pytest.approx([1.0, 0.7, 0.6, 0.54, 0.54])
    assert found["at_risk"][measured].tolist() == [1000, 1000, 700, 600, 500]
    assert found["low"][measured][2] == pytest.approx(curve.interval(2, 0.9)[0])
    assert found["survival"][modelled] == pytest.approx(model.survival(np.arange(5)))
    axes = plot.plot_survival({"measured": curve, "model": model})
    assert line(axes)[1] == pytest.approx(found["survival"][measured])
    assert said(axes) == {"measured", "model"}
    assert any("700" in text.get_text().split("\n")[-1] for text in axes.get_xticklabels())


def test_a_draw_of_a_model_gives_a_band_and_a_smooth_model_a_smooth_line() -> None:
    drawn = rk.Weibull(scale=np.array([[10.0], [12.0]]), shape=np.array([[1.0], [1.1]]), unit="month")
    found = plot.data(plot.plot_survival, drawn, horizon=12)
    assert found["survival"] == pytest.approx(np.asarray(drawn.survival(found["tenure"])).mean(axis=0))
    assert np.all(found["low"] <= found["high"])
    assert found["tenure"].size == 201


@pytest.mark.slow
def test_cohorts_revenue_and_forecast_are_those_of_the_base() -> None:
    whole = base()
    cohorts = metrics.cohort_table(whole)
    axes = plot.plot_cohorts(cohorts)
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)  # type: ignore[arg-type]
    np.testing.assert_allclose(shown, cohorts.retention())
    assert len(axes.texts) == int((cohorts.observed > 0).sum())
    board = whole.metrics()
    bridge = plot.plot_bridge(board)
    tops = [bar.get_y() + bar.get_height() for bar in bridge.patches]  # type: ignore[attr-defined]
    assert tops[-1] == pytest.approx(board.end[-1])
    assert tops[1] == pytest.approx(board.start[0] + board.new.sum())
    assert tops[-2] == pytest.approx(board.end[-1])  # after the last loss
    assert bridge.get_ylim()[1] > max(tops)
    ahead = whole.forecast(months=6, new=500.0, draws=100)
    fan = plot.plot_forecast(ahead)
    assert line(fan)[1] == pytest.approx(np.append(ahead.opening, ahead.total.mean))
    assert {"all", "customers\nof today"} <= said(fan)
    low = plot.data(plot.plot_forecast, ahead)["low"][-1]
    assert low == pytest.approx(ahead.total.interval(0.9)[-1, 0])


def test_value_is_concentrated_as_sorted_values_are() -> None:
    terms: dict[str, Any] = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(3, "year")}
    value = rk.value_customers(CUSTOMERS, MODEL, 35.0, margin_share=0.3, **terms)
    axes = plot.plot_concentration(value, top=0.2)
    x, y = line(axes)
    order = np.argsort(-value.value)
    assert x[1] == pytest.approx(value.weight[order][0] / 5)
    assert y[1] == pytest.approx((value.value * value.weight)[order][0] / value.total)
    assert (y[0], y[-1]) == pytest.approx((0.0, 1.0))
    assert "20% of customers" in next(iter(said(axes) - {"all alike"}))


@pytest.mark.slow
def test_a_posterior_is_a_density_beside_that_of_its_prior() -> None:
    customers = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", unit="week"
    ).purchases
    known = rk.posterior(rk.BGNBD, customers, seed=1)
    found = plot.data(plot.plot_posterior, known, parameter="r")
    step = float(np.diff(found["value"])[0])
    assert found["posterior"].sum() * step == pytest.approx(1.0)
    prior: Any = known.prior["r"]  # type: ignore[index]
    # a density: its integral between two values is the share of the prior's own draws between them
    drawn = prior.sample(400_000, np.random.default_rng(1))
    between = ((drawn > found["value"][0]) & (drawn < found["value"][-1])).mean()
    assert np.trapezoid(found["prior"], found["value"]) == pytest.approx(between, rel=0.05)
    axes = plot.plot_posterior(known, parameter="r")
    assert said(axes) == {"posterior", "prior"}


def test_decisions_are_drawn_as_they_are_told() -> None:
    offer = decisions.Campaign(value=200, acceptance=0.3, incentive=10, cost_per_contact=1)
    curve = decisions.profit_curve([0.1, 0.2, 0.3, 0.4, 0.5, 0.7], [0, 1, 0, 1, 0, 1], offer)
    axes = plot.plot_profit_curve(curve)
    assert line(axes)[1] == pytest.approx(curve.profit)
    (best,) = [one for one in axes.lines if one.get_marker() == "o"]
    assert best.get_xdata()[0] == curve.best_share  # type: ignore[index]
    keeping = decisions.ExponentialResponse(ceiling=0.9, floor=0.7, k=0.08)
    options = {"gold": decisions.Spendable(keeping, value=900, customers=200)}
    plan = decisions.allocate_budget(options, budget=4000)
    spent = plot.data(plot.plot_response, plan)
    at = np.interp(plan.spend[0], spent["spend"], spent["net_gain"])
    assert at == pytest.approx(float(np.mean(plan.gain)), rel=1e-3)
    discount = decisions.loyalty_discount(
        50, discount_amount=5, churn=0.05, churn_with_discount=0.04, discount_rate=0.01, timing="begin"
    )
    turns = plot.data(plot.plot_turning_points, discount)
    wanted = {p.name: p.turning_point for p in discount.turning_points()}
    for name, value in zip(turns["assumption"].tolist(), turns["turning_point"].tolist(), strict=True):
        assert wanted[name] == pytest.approx(value, nan_ok=True)
    assert np.all(np.diff(np.abs(turns["change"][np.isfinite(turns["change"])])) >= 0.0)
    assert (
        plot.plot_turning_points(discount)
        .get_title("left")
        .startswith("Worth it; it turns first where churn")
    )


def test_tornado_and_drivers_begin_with_the_widest() -> None:
    unit = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    swings = unit.tornado(0.1)
    axes = plot.plot_tornado(swings)
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]  # type: ignore[attr-defined]
    assert bars[0] == pytest.approx(tuple(sorted((swings.at_low[0], swings.at_high[0]))))
    assert (
        axes.get_xlim()[0] < min(low for low, _ in bars)
        and max(high for _, high in bars) < axes.get_xlim()[1]
    )
    assert axes.yaxis_inverted()
    table = [[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]]
    found = decisions.key_drivers_of_correlations(table, [0.5, 0.6, 0.4], drivers=["price", "speed", "staff"])
    names = [text.get_text() for text in plot.plot_drivers(found).get_yticklabels()]
    assert names == [*found.ranking]


def test_tracking_shades_what_was_held_out() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-10-01",
    )
    seen: Any = tx.calibration
    tracking = validation.track_purchases(tx, rk.fit(rk.BGNBD, seen))
    axes = plot.plot_tracking(tracking)
    use = tracking.whole
    assert line(axes)[1] == pytest.approx(tracking.predicted[use])
    assert said(axes) == {"actual", "predicted", "held out"}
    shaded = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert shaded.width * 1.02 > tracking.days[tracking.held_out].sum() - 7
    assert axes.get_ylim()[0] == 0.0


@pytest.mark.parametrize("sheet", ["default", "dark_background", "grayscale"])
def test_words_are_seen_on_any_paper(sheet: str) -> None:
    with plt.style.context(sheet):
        axes = plot.plot_break_even(rk.break_even(500, 50, churn=0.05))
        paper = light(axes.get_facecolor())
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, axes._left_title]  # type: ignore[attr-defined]
        for text in texts:
            if text.get_text():
                one, other = sorted((light(text.get_color()), paper), reverse=True)
                assert (one + 0.05) / (other + 0.05) >= 4.5, text.get_text()


def light(color: Any) -> float:
    """Relative luminance, as WCAG 2 has it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
