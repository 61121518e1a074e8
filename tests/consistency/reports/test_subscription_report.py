"""A report on subscriptions says what the library says of the same base, and where it cannot."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.economics import break_even_on_curve, lifetime_value_on_curve
from retainkit.inference.spread import with_draws
from retainkit.reports import SubscriptionReport, report
from retainkit.reports.page.what_if import Setting

THREE_YEARS = rk.Duration(3, "year")
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": THREE_YEARS,
}
COLUMNS: dict[str, Any] = {"customer_id": "customer_id", "start": "start", "end": "end", "amount": "amount"}


def billed(months: int = 30, **named: Any) -> rk.SubscriptionBase:
    table = rk.valuation.simulate_billing(months=months, seed=1)
    end = np.datetime64("2022-01", "M") + np.timedelta64(months, "M")
    last = str(end.astype("datetime64[D]") - np.timedelta64(1, "D"))
    return rk.read_subscriptions(
        table, **COLUMNS, plan="plan", pauses="paused", observation_end=last, **named
    )


@pytest.fixture(scope="module")
def made() -> SubscriptionReport:
    return report(billed(), **TERMS, acquisition_cost=60, currency="$", title="Billing")


def asked_of_models(model: Any, base: rk.SubscriptionBase, first: float, s: Setting) -> dict[str, float]:
    """The same by the library's own functions, of one model whose hazard is multiplied."""
    rate = rk.Rate(s.discount_rate, "year")
    terms: dict[str, Any] = {"discount_rate": rate, "timing": "begin", "period": "month"}

    def stays(t: Any) -> Any:
        return np.asarray(model.survival(t)) ** s.factor

    margin, curve = s.margin_share * first, stays(np.arange(37.0))
    value = lifetime_value_on_curve(margin, curve, **terms, after_end="stop")
    paid = break_even_on_curve(s.acquisition_cost, margin, curve, **terms).payments
    now, whole = base.current(), 0.0
    for age in np.unique(now.tenure):
        ahead = stays(age + np.arange(37.0)) / stays(age)
        money = s.margin_share * float(now.amount[now.tenure == age].sum())
        # those who are there pay at each renewal, if they renew
        rest: dict[str, Any] = {**terms, "timing": "end-if-retained"}
        whole += float(lifetime_value_on_curve(money, ahead, **rest, after_end="stop"))
    return {"value": float(value), "base": whole, "payback": math.inf if paid is None else float(paid)}


@pytest.mark.slow
def test_curves_say_what_the_models_say(made: SubscriptionReport) -> None:
    rng, curves = np.random.default_rng(5), made.what_if
    known: Any = with_draws(rk.posterior(made.staying, made.base.renewals, draws=1000, seed=1), 0)
    start = {d: asked_of_models(known.of_draw(2 * d), made.base, curves.first, curves.start) for d in (0, 99)}
    for _ in range(12):
        s = Setting(
            *(float(rng.uniform(a, b)) for a, b in ((0.1, 1.0), (0.0, 900.0), (0.0, 0.4), (0.5, 2.0)))
        )
        told = curves.evaluate(s)
        for name, value in asked_of_models(made.staying.model, made.base, curves.first, s).items():
            assert getattr(told, name)[0] == pytest.approx(value, rel=1e-9), (name, s)
        for d, before in start.items():
            expected = asked_of_models(known.of_draw(2 * d), made.base, curves.first, s)
            base = curves.start.margin_share * curves.spent[d] * expected["base"] / before["base"]
            assert told.base[d + 1] == pytest.approx(base, rel=1e-6)
            assert told.value[d + 1] == pytest.approx(expected["value"], rel=1e-6)


@pytest.mark.slow
def test_the_figures_are_those_of_the_single_steps(made: SubscriptionReport) -> None:
    base = made.base
    value = rk.value_subscriptions(base, made.staying, **TERMS, within=rk.Duration(3, "month"))
    assert made.value.value.tolist() == value.value.tolist()
    found = made.what_if.evaluate(made.what_if.start)
    assert found.base[0] == pytest.approx(value.total, rel=1e-9)
    known = rk.posterior(made.staying, base.renewals, draws=1000, seed=1)
    low, high = rk.value_subscriptions(base, known, **TERMS).interval(0.9)
    assert np.allclose(found.range("base"), (low, high), atol=0.15 * (high - low))
    assert made.comparison.checks is not None
    assert sum(group.customers for group in made.segments) == len(value)
    assert sum(group.value for group in made.segments) == pytest.approx(value.total)


@pytest.mark.slow
def test_every_form_shows_the_same_figures(made: SubscriptionReport) -> None:
    text = re.sub(r"\s+", " ", made.to_text(100))
    page = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", made.to_html()))
    told = json.loads(made.model_dump_json())
    assert told["base"]["value"] == made.value.total and told["verdict"]["head"] == made.verdict.head
    assert told["last_three_months"]["end"] == pytest.approx(float(made.value.mrr.sum()))
    figures = [made.verdict.head, f"${made.value.mrr.sum():,.0f}", "pro", "basic", made.staying.family.name]
    assert [f for f in figures if f not in text or f not in page] == []
    assert max(map(len, made.to_text(60).splitlines())) <= 60


def test_the_verdict_is_that_of_validation(made: SubscriptionReport) -> None:
    held = made.comparison.candidates[0].holdout
    assert held is not None
    assert (made.verdict.grade, made.verdict.head) == (held.grade, held.headline)


@pytest.mark.slow
def test_a_table_with_starts_and_ends_is_one_of_subscriptions() -> None:
    table = rk.valuation.simulate_billing(months=24, seed=1)
    whole = {name: column[table["paused"] != "paused"] for name, column in table.items()}
    request: dict[str, Any] = {**COLUMNS, "plan": "plan", "observation_end": "2023-12-31"}
    read = report(whole, **request, **TERMS)
    base = rk.read_subscriptions(whole, **request)
    assert read.value.total == report(base, **TERMS).value.total
    with pytest.raises(rk.InputError, match="spend_per_purchase has no meaning for subscriptions"):
        report(whole, **request, **TERMS, spend_per_purchase=3.0)
    with pytest.raises(rk.InputError, match="by must be one of 'plan', got 'country'"):
        report(base, **TERMS, by="country")
    with pytest.raises(rk.InputError, match="horizon must be a whole number of months"):
        report(base, **{**TERMS, "horizon": rk.Duration(math.inf, "year")})


def test_a_base_too_small_to_check_says_unchecked_first() -> None:
    table = {"id": [*range(30)], "from": ["2024-01-01"] * 30, "mrr": [20.0] * 30}
    left = ["2024-02-01"] * 4 + ["2024-03-01"] * 3 + [""] * 23
    made = report({**table, "to": left}, customer_id="id", start="from", end="to", amount="mrr",
        observation_end="2024-03-31", **TERMS)  # fmt: skip
    assert made.verdict.grade == "care" and made.verdict.head.startswith("Unchecked")
    text = made.to_text()
    assert text.index("Unchecked") < text.index("What is the base worth?") and made.forecast is None


def test_without_prices_there_is_no_value() -> None:
    table = rk.valuation.simulate_billing(months=12, seed=1)
    named = {name: COLUMNS[name] for name in ("customer_id", "start", "end")}
    base = rk.read_subscriptions(table, **named, observation_end="2022-12-31", overlap="merge")
    with pytest.raises(rk.InputError, match="amount must have been read for values"):
        report(base, **TERMS)
