"""What the curves of a report come to is what the models behind them say, under any setting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from shops import shop_that_nobody_leaves, some_of_cdnow

import retainkit as rk
from retainkit.inference.spread import with_draws
from retainkit.ingest import load_cdnow
from retainkit.reports import CustomerBaseReport, report
from retainkit.reports.page.what_if import FEWER, PurchaseCurves, Setting, at_all_nodes, node_times

COLUMNS: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "amount": "dollar_value"}
THREE_YEARS = rk.Duration(3, "year")
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": THREE_YEARS,
}


def settings(count: int, seed: int = 5) -> list[Setting]:
    """Assumptions of all sizes that the page's controls allow."""
    rng = np.random.default_rng(seed)
    columns = (rng.uniform(a, b, count) for a, b in ((0.05, 1.0), (0.0, 150.0), (0.0, 0.4), (0.5, 2.0)))
    return [Setting(*map(float, row)) for row in zip(*columns, strict=True)]


def asked_of_models(purchasing: Any, spend: Any, tx: Any, s: Setting) -> dict[str, float]:
    """The same by the library's own functions, for one model of purchases and one of spend."""
    terms: dict[str, Any] = {
        "margin_share": s.margin_share,
        "discount_rate": rk.Rate(s.discount_rate, "year"),
    }
    new = rk.value_new_customer(purchasing, spend, **terms, horizon=THREE_YEARS)
    first = float(new.first_purchase)
    # so many repeat purchases more pay back as fewer would a cost that is so much smaller
    cost = first + max(s.acquisition_cost - first, 0.0) / s.factor
    time = rk.payback_time(cost, purchasing, spend, **terms).time
    late = time is None or time.to("year") > THREE_YEARS.value
    return {
        "value": first + s.factor * float(new.repeat_purchases),
        "base": s.factor * rk.value_customers(tx, purchasing, spend, **terms, horizon=THREE_YEARS).total,
        "payback": math.inf if late or time is None else time.value,
    }


@pytest.fixture(scope="module")
def cdnow() -> CustomerBaseReport:
    return report(load_cdnow("sample"), **COLUMNS, unit="week", **TERMS, acquisition_cost=20)


@pytest.mark.slow
@pytest.mark.parametrize("model", [rk.BGNBD, rk.MBGNBD, rk.ParetoNBD, rk.NBD])
def test_curves_say_what_the_models_say(model: Any) -> None:
    table = some_of_cdnow(12)  # as few as draws ask whole
    made = report(table, **COLUMNS, unit="week", **TERMS, acquisition_cost=20, models=[model])
    assert made.purchasing.family.name == model.__name__
    curves, spend = made.what_if, made.spend
    assert curves is not None and spend is not None
    for s in settings(25):
        told = curves.evaluate(s)
        expected = asked_of_models(made.purchasing.model, spend.model, made.transactions, s)
        for name, value in expected.items():
            assert getattr(told, name)[0] == pytest.approx(value, rel=1e-7), (name, s)
        assert told.net[0] == told.value[0] - s.acquisition_cost == pytest.approx(told.cash[0, -1])


@pytest.mark.slow
def test_draws_of_curves_are_those_of_the_posterior() -> None:
    """Of a base that is small enough to be asked whole, draw by draw."""
    shop = shop_that_nobody_leaves(180, seed=3)
    call: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "amount", "unit": "week"}
    tx = rk.summarize_transactions(shop, **call)
    made = report(tx, **TERMS, models=[rk.NBD])
    curves, spend = made.what_if, made.spend
    assert curves is not None and spend is not None
    known: list[Any] = [
        with_draws(rk.posterior(made.purchasing, tx.purchases, draws=1000, seed=1), 1),
        with_draws(rk.posterior(spend, tx.spend, draws=1000, seed=2), 2),
    ]
    for s in settings(4):
        told, start = curves.evaluate(s), curves.start
        for d in (0, 7, 199):
            models = [k.of_draw(2 * d) for k in known]
            expected, before = (asked_of_models(models[0], models[1], tx, x) for x in (s, start))
            # chance, once drawn, moves in proportion to what is expected
            base = start.margin_share * curves.spent[d] * expected["base"] / before["base"]
            assert told.base[d + 1] == pytest.approx(base, rel=1e-6)
            assert told.value[d + 1] == pytest.approx(expected["value"], rel=1e-6)
            assert told.payback[d + 1] == pytest.approx(expected["payback"], rel=2e-6)


@pytest.mark.slow
def test_at_the_start_the_interval_is_that_of_the_value(cdnow: CustomerBaseReport) -> None:
    """All 400 draws of the value, or every other of them: the ends differ by what draws are worth."""
    assert cdnow.what_if is not None and cdnow.intervals is not None and cdnow.spend is not None
    known = rk.posterior(cdnow.purchasing, cdnow.transactions.purchases, draws=1000, seed=1)
    money = rk.posterior(cdnow.spend, cdnow.transactions.spend, draws=1000, seed=2)
    sure = rk.value_customers(cdnow.transactions, known, money, **TERMS)
    low, high = sure.interval(0.9)
    assert np.allclose(cdnow.intervals.value, (low, high), atol=0.1 * (high - low))
    mean = 0.3 * float(cdnow.what_if.spent.mean())
    assert mean == pytest.approx(float(np.mean(sure.draws.values[::2])))
    assert cdnow.intervals.value[0] < cdnow.value.total < cdnow.intervals.value[1]


@pytest.mark.slow
def test_of_many_some_stand_for_all(cdnow: CustomerBaseReport, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval of the base by 4,000 weighted customers is that by all of them, as far as draws tell."""
    monkeypatch.setattr("retainkit.reports.purchases.curves._ALL", 1_000)
    some = report(cdnow.transactions, **TERMS, acquisition_cost=20)
    assert some.intervals is not None and cdnow.intervals is not None
    for name in ("value", "value_expected"):
        low, high = getattr(cdnow.intervals, name)
        assert np.allclose(getattr(some.intervals, name), (low, high), atol=0.15 * (high - low))
    assert (
        some.value.total == cdnow.value.total and some.intervals.new_customer == cdnow.intervals.new_customer
    )


def test_never_is_an_answer(cdnow: CustomerBaseReport) -> None:
    assert cdnow.what_if is not None
    told = cdnow.what_if.evaluate(Setting(0.3, 1e6, 0.1))
    assert np.isinf(told.payback).all() and told.range("payback") == (math.inf, math.inf)
    assert (cdnow.what_if.evaluate(Setting(0.3, 0.0, 0.1)).payback == 0.0).all()


@pytest.mark.slow
def test_a_sampled_base_bends_as_the_whole(cdnow: CustomerBaseReport) -> None:
    """Draws of the base's curve go by 200 customers: the discount moves them as it moves all."""
    curves = cdnow.what_if
    assert isinstance(curves, PurchaseCurves) and len(cdnow.transactions) > 200
    whole: Any = with_draws(
        rk.posterior(cdnow.purchasing, cdnow.transactions.purchases, draws=1000, seed=1), 1
    )
    s = Setting(0.3, 20.0, 0.4)
    moved, start = curves.evaluate(s).base, curves.evaluate(curves.start).base
    for d in (0, 50, 150):
        model = whole.of_draw(2 * d)
        values = [
            rk.value_customers(
                cdnow.transactions, model, cdnow.spend, margin_share=0.3, horizon=THREE_YEARS,
                discount_rate=rk.Rate(x.discount_rate, "year"),
            ).total
            for x in (s, curves.start)
        ]  # fmt: skip
        assert moved[d + 1] / start[d + 1] == pytest.approx(values[0] / values[1], rel=2e-3)


def test_a_curve_at_few_times_is_carried_to_all() -> None:
    # what customers do who slow down after so many of three years' weeks; a base has all kinds of them
    for scale in (1.0, 2.0, 30.0, 400.0):
        exact = np.log1p(node_times(156.0) / scale)
        carried = at_all_nodes(np.log1p(node_times(156.0, FEWER) / scale))
        assert carried == pytest.approx(exact, rel=1e-4)
