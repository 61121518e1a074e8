"""Where a model is meant a posterior will do: figures are draws, or the argument is refused by its name.

The functions are those that `test_fits_and_summaries` finds by their signatures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_fits_and_summaries import BASE, BGNBD, PLACES, SPENDING, STAYING, TRANSACTIONS, VALUED

import retainkit as rk
from retainkit import economics
from retainkit.each_draw import EachDraw
from retainkit.economics.formulas.survival import CurveOf
from retainkit.inference.posterior import Posterior
from retainkit.inference.sampling import SamplingDiagnostics
from retainkit.models.average import ModelAverage

MANY = 5
# what is made is one cash flow, or one curve whose reasons add up: each says so, and what to give instead
REFUSED = {"CashFlow.from_curve(survival)", "CompetingReasons(fits)"}
ELSEWHERE = {
    # with intervals of their own, and columns that are means over the draws
    "value_customers(purchasing)",
    "value_customers(spend)",
    "value_subscriptions(survival)",
    # as many as the draws of a prior, first with first: tests/correctness/valuation/test_prior_predictive.py
    "prior_predictive(spend)",
}
YEAR = rk.Duration(1, "year")


def posterior_of(model: Any, draws: int = MANY) -> Any:
    """A posterior around the model, as if it had been found by data."""
    if isinstance(model, dict):
        return {name: posterior_of(part, draws) for name, part in model.items()}
    rng, family = np.random.default_rng(1), model.family
    values: list[Any] = []
    for parameter, value in zip(family.parameters, family.values_of(model), strict=True):
        line = parameter.domain.to_unconstrained(np.asarray(value, np.float64))
        values.append(parameter.domain.from_unconstrained(line + 0.05 * rng.standard_normal((draws, 1))))
    drawn = family.of(values, unit=model.unit)
    verdict = SamplingDiagnostics("importance", float(draws), 0.0, 1.0, 0, ())
    return Posterior(drawn, np.zeros(draws), 0.0, {}, 1.0, verdict, family)


def average_of(model: Any) -> Any:
    """The same of two such posteriors averaged: of one model or of the other in each draw."""
    if isinstance(model, dict):
        return {name: average_of(part) for name, part in model.items()}
    one = posterior_of(model)
    return rk.inference.average({"one": one, "other": posterior_of(draw(one, 1))}, share=[0.6, 0.4])


def draw(posterior: Any, i: int) -> Any:
    """The model of one draw, taken apart by hand."""
    if isinstance(posterior, dict):
        return {name: draw(part, i) for name, part in posterior.items()}
    values = [float(np.asarray(v)[i, 0]) for v in posterior.family.values_of(posterior.model)]
    return posterior.family.of(values, unit=posterior.model.unit)


def figures(answer: Any) -> dict[str, Any]:
    """The numbers of an answer by name, those of its inputs aside."""
    if isinstance(answer, float | np.ndarray | rk.Draws):
        return {"": answer}
    found = {name: getattr(answer, name) for name in type(answer).__dataclass_fields__ if name[0] != "_"}
    return {n: v for n, v in found.items() if isinstance(v, float) or getattr(v, "dtype", None) == np.float64}


def is_model(plain: Any) -> bool:
    return all(map(is_model, plain.values())) if isinstance(plain, dict) else hasattr(plain, "family")


MODELS = [where for where, place in PLACES.items() if is_model(place.plain) and where not in ELSEWHERE]


@pytest.mark.slow
@pytest.mark.parametrize("posterior", [posterior_of, average_of])
@pytest.mark.parametrize("where", sorted({*MODELS} - REFUSED))
def test_a_posterior_gives_the_answer_of_each_of_its_draws(where: str, posterior: Any) -> None:
    place = PLACES[where]
    known = posterior(place.plain)
    found, each = place.call(known), [place.call(draw(known, i)) for i in range(MANY)]
    if isinstance(found, ModelAverage | CurveOf):  # an answer that is a model or a curve itself
        several: list[Any] = [found, *each]
        curves = [one if callable(one) else one.survival for one in several]
        asked, *singly = [np.asarray(curve(np.array([1.0, 7.0]))) for curve in curves]
        np.testing.assert_allclose(asked, np.array(singly), rtol=1e-12)
        if isinstance(found, CurveOf):  # which goes wherever the posterior goes
            given: dict[str, Any] = {"discount_rate": 0.01, "timing": "end", "horizon": 12}
            value = economics.lifetime_value_on_curve
            worth = [value(9.0, one, **given) for one in each]
            assert value(9.0, found, **given) == pytest.approx(worth, rel=1e-12)
        return
    names = figures(each[0])
    assert names
    for name in names:
        drawn: Any = getattr(found, name) if name else found
        exact = np.array([figures(one)[name] for one in each])
        if isinstance(drawn, rk.Draws):
            assert drawn.shape[0] == MANY, name
            np.testing.assert_allclose(drawn.values, exact, rtol=1e-9, atol=1e-9, err_msg=name)
        else:  # what is no draws is the same in all, or, of a model with parameters, has their shape
            shaped = np.broadcast_to(
                np.asarray(drawn).reshape(-1) if np.size(drawn) > 1 else drawn, exact.shape
            )
            np.testing.assert_allclose(shaped, exact, err_msg=name)


@pytest.mark.parametrize("posterior", [posterior_of, average_of])
@pytest.mark.parametrize("where", sorted(REFUSED))
def test_where_one_model_is_meant_a_posterior_is_refused_by_name(where: str, posterior: Any) -> None:
    argument = where.rpartition("(")[2][:-1]
    with pytest.raises(rk.InputError, match=rf"{argument}.* must be .*fit"):
        PLACES[where].call(posterior(PLACES[where].plain))


@pytest.mark.parametrize("where", sorted({*MODELS}))
def test_one_draw_of_a_posterior_goes_wherever_one_model_is_meant(where: str) -> None:
    """The way out that refusals name can be taken."""
    place = PLACES[where]
    known, by_hand = posterior_of(place.plain), draw(posterior_of(place.plain), 3)
    one = {n: part.of_draw(3) for n, part in known.items()} if isinstance(known, dict) else known.of_draw(3)
    assert one == by_hand
    assert repr(place.call(one)) == repr(place.call(by_hand))


def test_a_draw_is_told_by_its_place_and_only_where_there_are_draws() -> None:
    known = posterior_of(STAYING)
    assert known.of_draw(0) == known.model.of_draw(0) == draw(known, 0)
    for place, told in ((MANY, "place must be .* 4"), (-1, "place must be"), (0.5, "place must be a whole")):
        with pytest.raises(rk.InputError, match=told):
            known.of_draw(place)
    with pytest.raises(rk.InputError, match="model must have draws of its parameters"):
        STAYING.of_draw(0)
    refused = (
        r"purchasing must be the model of one customer.*Ask once for each customer, or for each draw as "
    )
    each = rk.BGNBD(r=np.array([0.2, 0.3]), alpha=4.0, a=0.8, b=2.4, unit="week")
    with pytest.raises(rk.InputError, match=refused + r"posterior\.of_draw\(0\)"):
        rk.payback_time(20.0, each, 35.0, **VALUED)


@pytest.mark.slow
def test_a_posterior_of_many_draws_is_asked_for_400_from_first_to_last() -> None:
    known = posterior_of(STAYING, 1000)
    found: Any = economics.break_even_on_curve(100.0, 30.0, known, discount_rate=0.01, timing="begin")
    assert len(found) == 400
    assert found[399] == economics.break_even_on_curve(
        100.0, 30.0, draw(known, 997), discount_rate=0.01, timing="begin"
    )
    # a model with draws is asked for all of them, and a formula for those of a posterior, too
    whole: Any = economics.break_even_on_curve(100.0, 30.0, known.model, discount_rate=0.01, timing="begin")
    assert len(whole) == 1000
    new: Any = rk.value_new_customer(posterior_of(BGNBD, 1000), 35.0, **VALUED, horizon=YEAR)
    assert len(new.value) == 1000


def test_two_posteriors_are_asked_together_and_must_be_as_many() -> None:
    buying, spending = posterior_of(BGNBD), posterior_of(SPENDING)
    new: Any = rk.value_new_customer(buying, spending, **VALUED, horizon=YEAR)
    each = [
        rk.value_new_customer(draw(buying, i), draw(spending, i), **VALUED, horizon=YEAR) for i in range(MANY)
    ]
    np.testing.assert_allclose(new.value.values, np.array([one.value for one in each]), rtol=1e-9)
    low, high = new.value.interval()
    assert f"A new customer is worth {new.value.mean():,.2f} (90%: {low:,.2f} to {high:,.2f})" in str(new)
    with pytest.raises(rk.InputError, match="spend must have as many draws as purchasing"):
        rk.value_new_customer(buying, posterior_of(SPENDING, 4), **VALUED, horizon=YEAR)
    back: Any = rk.payback_time(20.0, buying, spending, **VALUED)
    assert back.time.values.tolist() == [one.time.value for one in back]
    never: Any = rk.payback_time(57.2, buying, 35.0, **VALUED)
    assert np.isinf(never.time.values).tolist() == np.asarray(never.never).tolist()
    assert 0 < np.isinf(never.time.values).sum() < MANY


def test_methods_of_an_answer_are_asked_in_each_draw() -> None:
    known = posterior_of(BGNBD)
    found: Any = rk.validation.track_purchases(TRANSACTIONS, known)
    predicted, made = found.totals(held_out=True)
    each = [
        rk.validation.track_purchases(TRANSACTIONS, draw(known, i)).totals(held_out=True) for i in range(MANY)
    ]
    np.testing.assert_allclose(predicted.values, [one[0] for one in each])
    assert {*made.values} == {each[0][1]}
    assert isinstance(found.holdout, EachDraw)


@pytest.mark.parametrize("posterior", [posterior_of, average_of])
def test_a_base_is_valued_by_the_posterior_of_each_plan_or_of_all(posterior: Any) -> None:
    staying = rk.ShiftedBetaGeometric(alpha=1.0, beta=9.0, unit="month")
    known = posterior(staying)
    given: dict[str, Any] = {"margin_share": 0.8, "discount_rate": rk.Rate(0.1, per="year"), "horizon": 12}
    found: Any = rk.value_subscriptions(BASE, known, **given)
    each = [rk.value_subscriptions(BASE, draw(known, i), **given) for i in range(MANY)]
    np.testing.assert_allclose(found.spread.total(("parameters",)), [one.total for one in each])
    for name in ("value", "churn_probability", "expected_periods"):
        exact = np.mean([getattr(one, name) for one in each], axis=0)
        np.testing.assert_allclose(getattr(found, name), exact, rtol=1e-12, err_msg=name)
    assert "(90%: " in str(found)
    assert list(found.customers) == list(each[0].customers)


def test_a_posterior_of_customers_held_out_is_refused_as_a_fit_is() -> None:
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-03-01",
    )
    seen = posterior_of(BGNBD).replace(customers=float(len(tx)))
    for ask in (rk.validation.holdout_error, rk.validation.track_purchases):
        assert isinstance(ask(tx, posterior_of(BGNBD)), EachDraw)
        with pytest.raises(rk.InputError, match="model must not have seen the held-out period"):
            ask(tx, seen)
