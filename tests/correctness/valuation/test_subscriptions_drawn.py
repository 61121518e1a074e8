"""How sure the value of subscribers is: by draws of the model, by draws of money, by what each does."""

from __future__ import annotations

import math
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference import spread

ALPHA, BETA, MARGINS = (0.7, 0.9, 1.2, 0.8), (5.0, 6.0, 9.0, 7.0), (20.0, 30.0, 45.0, 25.0)
DRAWN = rk.ShiftedBetaGeometric(alpha=np.array(ALPHA)[:, None], beta=np.array(BETA)[:, None], unit="month")
EACH = [rk.ShiftedBetaGeometric(alpha=a, beta=b, unit="month") for a, b in zip(ALPHA, BETA, strict=True)]
KNOWN = rk.ShiftedBetaGeometric(alpha=0.8, beta=6.0, unit="month")
COHORTS: dict[str, Any] = {
    "tenure": [0, 3, 7, 3], "customers": [100.0, 80.0, 50.0, 7.0], "discount_rate": rk.Rate(0.1, per="year"),
    "instant": "after-payment",
}  # fmt: skip
ASKED: dict[str, Any] = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": 24}


def billed(customers: int, seed: int = 1) -> rk.SubscriptionBase:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2022-01-01") + rng.integers(0, 700, customers).astype("m8[D]")
    table = {
        "id": np.arange(customers), "eur": np.round(rng.lognormal(3.0, 1.0, customers), 2),
        "from": start.astype(np.str_), "to": np.full(customers, ""),
        "plan": np.where(rng.random(customers) < 0.4, "pro", "basic"),
    }  # fmt: skip
    return rk.read_subscriptions(
        table, customer_id="id", start="from", end="to", amount="eur", plan="plan",
        observation_end="2024-03-31",
    )  # fmt: skip


BASE = billed(300)


def totals(found: Any, *include: str) -> Any:
    return found.spread.total(include or rk.inference.SOURCES)


def test_cohorts_have_the_mean_of_each_draw_and_totals_are_those_of_each() -> None:
    found = rk.value_subscriptions(DRAWN, margin_per_period=30.0, **COHORTS)
    each = [rk.value_subscriptions(one, margin_per_period=30.0, **COHORTS) for one in EACH]
    for name in (
        "remaining_payments", "value_per_customer", "churn_next", "naive_value", "naive_retention", "total",
    ):  # fmt: skip
        exact = np.mean([getattr(one, name) for one in each], axis=0)
        np.testing.assert_allclose(getattr(found, name), exact, rtol=1e-12, err_msg=name)
    assert totals(found, "parameters") == pytest.approx([one.total for one in each], rel=1e-12)
    ahead = np.mean([one.forecast(12).margin for one in each], axis=0)
    assert found.forecast(12).margin == pytest.approx(ahead, rel=1e-12)
    assert f"{each[0].customers.sum():,.0f} customers are worth" in str(found)
    assert "(90%: " in str(found)
    assert pickle.loads(pickle.dumps(found)).interval() == found.interval()


@pytest.mark.parametrize(("model", "models"), [(DRAWN, EACH), (KNOWN, [KNOWN] * 4)])
def test_a_margin_that_is_drawn_goes_with_the_model_of_its_draw(model: Any, models: Any) -> None:
    found = rk.value_subscriptions(model, margin_per_period=rk.Draws(MARGINS), **COHORTS)
    pairs = zip(models, MARGINS, strict=True)
    each = [rk.value_subscriptions(m, margin_per_period=g, **COHORTS) for m, g in pairs]
    assert found.value == pytest.approx(np.mean([one.value for one in each], axis=0), rel=1e-12)
    assert totals(found, "parameters") == pytest.approx([one.total for one in each], rel=1e-12)
    assert found.naive_value == pytest.approx(np.mean([one.naive_value for one in each]), rel=1e-12)


def test_a_base_by_plan_has_the_totals_of_each_draw() -> None:
    fits = {
        "basic": DRAWN,
        "pro": rk.Geometric(theta=np.array([[0.05], [0.06], [0.03], [0.04]]), unit="month"),
    }
    shares = (0.7, 0.8, 0.6, 0.75)
    found = rk.value_subscriptions(BASE, fits, margin_share=rk.Draws(shares), **ASKED)
    each = [
        rk.value_subscriptions(
            BASE, {"basic": EACH[i], "pro": rk.Geometric(theta=t, unit="month")}, margin_share=s, **ASKED
        )
        for i, (t, s) in enumerate(zip((0.05, 0.06, 0.03, 0.04), shares, strict=True))
    ]
    assert totals(found, "parameters") == pytest.approx([one.total for one in each], rel=1e-12)
    assert found.value == pytest.approx(np.mean([one.value for one in each], axis=0), rel=1e-12)
    assert found.churn_probability == pytest.approx(np.mean([one.churn_probability for one in each], axis=0))
    by_plan = found.draws_by(found.plan, include=("parameters",))
    pro = [float(one.value[one.plan == "pro"].sum()) for one in each]
    assert by_plan["pro"].values == pytest.approx(pro, rel=1e-12)
    assert "margin 0.7125 (90%: " in str(found)


@pytest.mark.slow
def test_what_customers_and_chance_do_is_what_a_simulation_does() -> None:
    found = rk.value_subscriptions(BASE, KNOWN, margin_share=1.0, **ASKED)
    rng = np.random.default_rng(5)
    force = ASKED["discount_rate"].continuous("month")
    tenure, runs = found.tenure, 4000
    theta = rng.beta(0.8, 6.0 + tenure, (runs, tenure.size))
    expected = np.zeros((runs, tenure.size))
    done, there = np.zeros_like(expected), np.ones_like(expected, dtype=bool)
    for j in range(1, 25):
        there &= rng.random(there.shape) >= theta
        done += there * math.exp(-force * j)
        expected += (1.0 - theta) ** j * math.exp(-force * j)
    for sources, draws in (
        (("customers", "chance"), done @ found.mrr), (("customers",), expected @ found.mrr),
        (("chance",), (done - expected) @ found.mrr),
    ):  # fmt: skip
        # 400 draws of ours: their deviation errs by 1/√800
        assert totals(found, *sources).std() == pytest.approx(draws.std(), rel=4.0 / math.sqrt(800)), sources
        assert totals(found, *sources).mean() == pytest.approx(
            float((done @ found.mrr).mean()), abs=5.0 * float((done @ found.mrr).std()) / 20.0
        )


def test_the_sum_over_many_with_unlike_prices_is_the_sum_over_few(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rk.value_subscriptions(BASE, KNOWN, margin_share=0.8, **ASKED)
    few = totals(found, "customers", "chance").std()
    monkeypatch.setattr(spread, "_FEW", 0)
    assert totals(found, "customers", "chance").std() == pytest.approx(few, rel=0.15)


def test_sources_add_up_in_variance() -> None:
    known = rk.posterior(rk.ShiftedBetaGeometric, KNOWN.sample(np.full(400, 24.0), seed=3), seed=1, draws=500)
    found = rk.value_subscriptions(BASE, known, margin_share=0.8, **ASKED)
    parts = [totals(found, one).var() for one in rk.inference.SOURCES]
    assert totals(found).var() == pytest.approx(sum(parts), rel=0.25)
    low, high = found.interval(0.9)
    assert (low, high) == pytest.approx(tuple(np.quantile(found.draws.values, [0.05, 0.95])))
    ends = found.interval(by="customer")
    assert np.all((ends[0] <= found.value) & (found.value <= ends[1]))
    narrow = found.interval(0.9, include=("parameters",))
    assert narrow[1] - narrow[0] < high - low


def test_of_a_curve_and_of_several_reasons_the_variance_is_that_of_their_shares() -> None:
    reasons = rk.CompetingReasons(
        {"a": rk.Geometric(0.03, unit="month"), "b": rk.Geometric(0.02, unit="month")}
    )
    curve = rk.fit(rk.KaplanMeier, KNOWN.sample(np.full(500, 30.0), seed=2)).continued("same-churn")
    asked = {**COHORTS, "tenure": [2], "customers": [200], "horizon": 12}
    for survival in (reasons, curve):
        found = rk.value_subscriptions(survival, margin_per_period=10.0, **asked)
        force = asked["discount_rate"].continuous("month")
        shares = np.asarray(survival.survival(2.0 + np.arange(1.0, 13.0), given=2.0))
        worth = 10.0 * np.cumsum(np.exp(-force * np.arange(1.0, 13.0)))
        leaves = -np.diff(np.concatenate([[1.0], shares, [0.0]]))
        brought = np.concatenate([[0.0], worth])
        mean = float(leaves @ brought)
        sd = math.sqrt(200.0 * float(leaves @ (brought - mean) ** 2))
        assert totals(found).std() == pytest.approx(sd, rel=4.0 / math.sqrt(800))
        assert totals(found, "parameters") == pytest.approx(np.full(400, 200.0 * mean), rel=1e-9)
    endless = rk.value_subscriptions(curve, margin_per_period=10.0, **{**asked, "horizon": math.inf})
    low, high = endless.interval()
    assert low < endless.total < high


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        rk.BetaDiscreteWeibull(alpha=0.8, beta=6.0, c=1.2, unit="month"),
        rk.WeibullGamma(r=0.8, scale=9.0, c=1.1, unit="month"),
        rk.DiscreteWeibull(theta=0.1, c=0.8, unit="month"),
    ],
)
def test_customers_are_told_from_chance_where_churn_changes_with_tenure(model: Any) -> None:
    found = rk.value_subscriptions(BASE, model, margin_share=0.8, **ASKED)
    both, customers, chance = (
        totals(found, *some) for some in (("customers", "chance"), ("customers",), ("chance",))
    )
    assert both.var() == pytest.approx(customers.var() + chance.var(), rel=0.25)
    for part in (customers, chance):
        assert part.mean() == pytest.approx(found.total, abs=4.0 * both.std() / math.sqrt(400))
    if isinstance(model, rk.DiscreteWeibull):  # customers of one tenure are alike
        assert customers.std() < 1e-9 * chance.std()
    else:
        assert customers.std() > 0.5 * chance.std()


def test_of_a_curve_that_does_not_say_how_customers_differ_they_are_not_told_from_chance() -> None:
    ratio = rk.models.scaled_hazard(KNOWN, 1.2)
    reasons = rk.CompetingReasons({"a": rk.Geometric(0.03, unit="month")})
    few = {**COHORTS, "customers": [2.0, 1.0, 1.0, 2.0], "horizon": 9}
    for survival in (ratio, reasons):
        found = rk.value_subscriptions(survival, margin_per_period=10.0, **few)
        low, high = found.interval(include=("customers", "chance"))
        assert low < found.total < high
        for one in ("customers", "chance"):
            with pytest.raises(rk.InputError, match="include must name both customers and chance, or none"):
                found.interval(include=("parameters", one))


@pytest.mark.slow
def test_memory_does_not_grow_with_draws_times_customers() -> None:
    base = billed(60_000)
    known = rk.ShiftedBetaGeometric(
        alpha=np.linspace(0.7, 0.9, 1000)[:, None], beta=np.linspace(5.0, 7.0, 1000)[:, None], unit="month"
    )
    tracemalloc.start()
    try:
        found = rk.value_subscriptions(base, known, margin_share=0.8, **ASKED)
        low, high = found.interval()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert low < found.total < high
    assert peak < 150e6  # one table of 400 draws would be 192 MB


def test_draws_of_the_discount_are_each_a_valuation() -> None:
    model = rk.ShiftedBetaGeometric(alpha=0.8, beta=6.0)
    asked = {**COHORTS, "discount_rate": rk.Draws([0.01, 0.02])}
    found: Any = rk.value_subscriptions(model, margin_per_period=30.0, **asked)
    each = [
        rk.value_subscriptions(model, margin_per_period=30.0, **{**COHORTS, "discount_rate": d})
        for d in (0.01, 0.02)
    ]
    assert found.total.values == pytest.approx([one.total for one in each], rel=1e-12)


@pytest.mark.parametrize(
    ("fit", "share", "told"),
    [
        (DRAWN, rk.Draws([0.1, 0.2]), r"margin_share must have as many draws as fit \(4\)"),
        (DRAWN, rk.Draws([0.1, 0.2, 0.3, 80.0]), r"margin_share must be a share.*got 80\.0 at position 3"),
        (
            {"basic": DRAWN, "pro": rk.Geometric(theta=np.full((3, 1), 0.1), unit="month")}, 0.8,
            r"fit\['pro'\] must have as many draws as fit\['basic'\] \(4\)",
        ),
    ],
)  # fmt: skip
def test_draws_that_do_not_belong_together_are_refused_by_name(fit: Any, share: Any, told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        rk.value_subscriptions(BASE, fit, margin_share=share, **ASKED)
