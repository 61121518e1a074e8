"""Intervals of customers, segments and the base: each source against simulation and closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference import spread
from retainkit.inference.prediction import with_interval
from retainkit.inference.spread import Expectation, with_draws

TRUTH = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
CUSTOMERS = TRUTH.sample(T=[52.0] * 600, seed=1)
KNOWN = rk.posterior(rk.BGNBD, CUSTOMERS, seed=2, draws=1000)
AHEAD = rk.inference.predict(KNOWN, CUSTOMERS, horizon=26.0)


def deviation(include: tuple[Any, ...], of: Any = AHEAD) -> float:
    return float(of.spread.total(include).std())


def test_the_sources_add_up_in_variance() -> None:
    parts = [deviation((source,)) ** 2 for source in rk.inference.SOURCES]
    assert deviation(rk.inference.SOURCES) ** 2 == pytest.approx(sum(parts), rel=0.25)


def test_customers_and_chance_are_the_closed_variance() -> None:
    known = rk.inference.predict(TRUTH, CUSTOMERS, horizon=26.0)
    variance = float(TRUTH.variance_of_purchases(CUSTOMERS, 26.0).sum())
    drawn = deviation(("customers", "chance"), known) ** 2
    assert drawn == pytest.approx(variance, rel=4.0 * math.sqrt(2.0 / 400))
    assert deviation(("parameters",), known) == pytest.approx(0.0, abs=1e-9)
    assert known.total == pytest.approx(float(TRUTH.expected_purchases(CUSTOMERS, 26.0).sum()), rel=1e-9)


def test_the_sum_over_many_is_the_sum_over_few(monkeypatch: pytest.MonkeyPatch) -> None:
    few = deviation(rk.inference.SOURCES)
    monkeypatch.setattr(spread, "_FEW", 0)
    assert deviation(rk.inference.SOURCES) == pytest.approx(few, rel=0.15)
    assert AHEAD.draws.mean() == pytest.approx(AHEAD.total, rel=0.02)


def test_equal_customers_counted_are_equal_customers() -> None:
    rows = CUSTOMERS.compress()
    counted = rk.inference.predict(KNOWN, rows, horizon=26.0)
    assert counted.total == pytest.approx(AHEAD.total, rel=1e-9)
    assert deviation(rk.inference.SOURCES, counted) == pytest.approx(
        deviation(rk.inference.SOURCES), rel=0.15
    )


def test_segments_share_the_parameters_and_add_up() -> None:
    halves = np.arange(600) % 2
    parts = AHEAD.draws_by(halves, include=("parameters",))
    whole = AHEAD.spread.total(("parameters",)) if AHEAD.spread else None
    assert whole is not None
    assert parts[0].values + parts[1].values == pytest.approx(whole, rel=1e-9)
    low, high = AHEAD.interval(by=halves)[0]
    assert low < float(AHEAD.mean[halves == 0].sum()) < high


def test_what_segments_do_is_independent_given_the_parameters() -> None:
    known = rk.inference.predict(TRUTH, CUSTOMERS, horizon=26.0)  # without draws of them
    parts = [draws.values for draws in known.draws_by(np.arange(600) % 2).values()]
    together: Any = np.corrcoef(np.array(parts))
    assert abs(together[0, 1]) < 4.0 / math.sqrt(400)
    both = parts[0] + parts[1]
    assert both.std() == pytest.approx(float(known.draws.std()), rel=0.15)


@pytest.mark.slow
def test_held_parameters_settings_and_covariates_are_drawn_around() -> None:
    held = rk.posterior(rk.BGNBD, CUSTOMERS, fixed={"r": 0.5}, seed=1, draws=500)
    stages = rk.posterior(rk.models.hold(rk.BGCNBDk, k=1), CUSTOMERS, seed=1, draws=500)
    fitted = rk.fit(rk.BGNBD, CUSTOMERS, fixed={"r": 0.5})
    described = rk.Described(CUSTOMERS, {"card": np.arange(600) % 2})
    with_card = rk.posterior(rk.with_covariates(rk.BGNBD, purchasing=["card"]), described, seed=1, draws=500)
    for known, data in ((held, CUSTOMERS), (stages, CUSTOMERS), (fitted, CUSTOMERS), (with_card, described)):
        ahead = rk.inference.predict(known, data, horizon=26.0)
        low, high = ahead.interval()
        assert low < AHEAD.total < high
        assert ahead.total == pytest.approx(AHEAD.total, rel=0.05)


def test_nobody_and_a_model_of_another_library_are_answered_in_words() -> None:
    nobody = CUSTOMERS.entries(np.arange(0))
    ahead = rk.inference.predict(KNOWN, nobody, horizon=26.0)
    assert (ahead.total, str(ahead)) == (0.0, "purchases: 0 (90%: 0 to 0)")
    with pytest.raises(rk.InputError, match="must be a model of retainkit"):
        with_draws(object(), 1)  # type: ignore[arg-type]
    with pytest.raises(rk.InputError, match="horizon must be shorter"):
        rk.inference.predict(rk.NBD(r=0.9, alpha=10.0, unit="week"), CUSTOMERS, horizon=math.inf)


@pytest.mark.slow
def test_a_model_with_draws_of_its_parameters_is_valued_by_their_means() -> None:
    terms: dict[str, Any] = {
        "margin_share": 0.5, "discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(1, "year"),
    }  # fmt: skip
    drawn = KNOWN.thinned(60)
    value = rk.value_customers(CUSTOMERS, drawn, 30.0, **terms)
    exact = drawn.discounted_expected_purchases(CUSTOMERS, terms["discount_rate"], terms["horizon"])
    assert value.value == pytest.approx(0.5 * 30.0 * exact.mean(axis=0), rel=1e-9)
    assert value.probability_alive == pytest.approx(drawn.probability_alive(CUSTOMERS).mean(axis=0), rel=1e-9)
    assert "(90%: " in str(value)
    # without end a draw may mean infinitely many purchases, whose discounted sum is finite
    terms["horizon"] = rk.Duration(math.inf, "year")
    for_ever = rk.value_customers(CUSTOMERS, KNOWN, 30.0, **terms)
    assert np.isfinite(for_ever.total)


def test_of_each_customer_the_interval_has_whole_ends_and_holds_the_mean() -> None:
    low, high = AHEAD.interval(0.9, by="customer")
    assert low.shape == high.shape == (600,)
    assert (low >= 0.0).all()
    assert (np.abs(high - np.rint(high)) < 0.2).mean() > 0.9  # counts, of which a quantile lies between two
    narrow, wide = (AHEAD.interval(level, by="customer")[1] for level in (0.5, 0.95))
    assert (narrow <= wide).all()


def test_a_smooth_figure_is_that_of_each_draw() -> None:
    model = with_draws(KNOWN, 1)
    rows = CUSTOMERS.compress()

    def ask(m: Any, some: Any) -> Any:
        return m.expected_purchases(some, 26.0)

    smooth = Expectation(ask, model, rows).at(np.arange(len(rows)))
    exact = ask(model, rows)
    off = np.abs(np.log(smooth / exact)).mean(axis=0) / np.log(exact).std(axis=0)
    assert off.max() < 0.1
    total = np.abs(smooth @ rows.weight - exact @ rows.weight)
    assert total.mean() < 0.02 * float((exact @ rows.weight).std())
    assert smooth.shape == (400, len(rows))


def test_a_figure_that_is_not_smooth_is_asked_of_every_draw() -> None:
    model, rows = with_draws(KNOWN, 1), CUSTOMERS.compress()

    def jagged(m: Any, some: Any) -> Any:
        return 1.0 + np.mod(1e6 * np.asarray(m.r), 1.0) + np.zeros(len(some))

    at = np.arange(len(rows))
    assert np.array_equal(Expectation(jagged, model, rows).at(at), jagged(model, rows))


@pytest.mark.slow
def test_realised_totals_are_covered_and_expectations_alone_are_not() -> None:
    """Over simulated bases: three sources cover what happens, parameters alone do not."""
    inside = {"all": 0, "parameters": 0}
    bases = 40
    for seed in range(bases):
        data = TRUTH.sample(T=[52.0] * 200, seed=np.random.default_rng([7, seed]))
        happened = float(
            TRUTH.sample_given(data, 26.0, seed=np.random.default_rng([8, seed])).purchases.sum()
        )
        known = rk.posterior(rk.BGNBD, data, seed=seed, draws=200)
        ahead = rk.inference.predict(known, data, horizon=26.0)
        for name, some in (("all", rk.inference.SOURCES), ("parameters", rk.inference.SOURCES[:1])):
            low, high = ahead.interval(0.9, include=some)
            inside[name] += low <= happened <= high
    assert 0.75 * bases <= inside["all"]  # nine tenths less three standard errors
    assert inside["parameters"] < inside["all"] - 0.1 * bases


@pytest.mark.slow
def test_alive_spend_and_value_have_intervals_too() -> None:
    alive = rk.inference.predict(KNOWN, CUSTOMERS, "alive")
    assert alive.total == pytest.approx(float(TRUTH.probability_alive(CUSTOMERS).sum()), rel=0.1)
    low, high = alive.interval(0.9, by="customer")
    assert (low < 1.0).any()  # whether he is there is known of nobody who may have left
    assert high.max() == 1.0
    truth = rk.GammaGamma(p=6.0, q=4.0, v=15.0)
    spend = truth.sample(np.maximum(CUSTOMERS.frequency, 1.0), seed=3)
    money = rk.posterior(rk.GammaGamma, spend, seed=4, draws=500)
    paid = rk.inference.predict(money, spend, "spend")
    assert paid.total == pytest.approx(float(truth.expected_spend(spend).sum()), rel=0.1)
    value = rk.value_customers(
        CUSTOMERS, KNOWN, 30.0, margin_share=0.5, discount_rate=rk.Rate(0.1, per="year"),
        horizon=rk.Duration(1, "year"),
    )  # fmt: skip
    exact = rk.value_customers(
        CUSTOMERS, TRUTH, 30.0, margin_share=0.5, discount_rate=rk.Rate(0.1, per="year"),
        horizon=rk.Duration(1, "year"),
    )  # fmt: skip
    low, high = value.interval(0.99)
    assert low < exact.total < high
    assert "(90%: " in str(value)
    assert "(90%: " not in str(exact)
    assert exact.interval(0.9)[0] < exact.total
    with pytest.raises(rk.InputError, match="Keep the object"):
        type(exact).from_json(exact.model_dump_json()).interval()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"level": 0.0}, "level"),
        ({"level": 1.0}, "level"),
        ({"level": 90.0}, "level"),
        ({"include": ("luck",)}, "include"),
        ({"include": ()}, "include"),
        ({"by": "segment"}, "by"),
        ({"by": [1, 2]}, "by"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        AHEAD.interval(**given)


def test_questions_that_a_model_does_not_answer_are_refused() -> None:
    with pytest.raises(rk.InputError, match="horizon"):
        rk.inference.predict(KNOWN, CUSTOMERS)
    with pytest.raises(rk.InputError, match="expected_spend"):
        rk.inference.predict(KNOWN, CUSTOMERS, "spend")
    with pytest.raises(rk.InputError, match="figure"):
        rk.inference.predict(KNOWN, CUSTOMERS, "money")  # type: ignore[arg-type]
    for seed in (None, 1.5, -1, "one"):
        with pytest.raises(rk.InputError, match="seed must be"):
            rk.inference.predict(KNOWN, CUSTOMERS, horizon=26.0, seed=seed)  # type: ignore[arg-type]
    nobody_leaves = rk.NBD(r=0.9, alpha=10.0, unit="week").sample(np.full(300, 40.0), seed=5)
    refused = rk.fit(rk.BGNBD, nobody_leaves, on_failure="return")
    with pytest.raises(rk.InputError, match="posterior"):
        rk.inference.predict(refused, nobody_leaves, horizon=10.0)


def test_ends_have_the_digits_that_they_deserve() -> None:
    assert with_interval(565812.6, 549123.0, 583017.0) == "565,813 (90%: 549,000 to 583,000)"
    assert with_interval(0.5123, 0.4811, 0.5517) == "0.512 (90%: 0.481 to 0.552)"
