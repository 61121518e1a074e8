"""Whatever takes a churn takes a survival curve, a fitted model, its fit or its draws, or says what does."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from public_calls import Public, arguments_of, takers

import retainkit as rk
from retainkit import decisions as dec
from retainkit import economics as eco
from retainkit.errors import InputError

CHURN = re.compile(r"^(churn|churn_(after|before|referred|with_discount))$")
SHARES = {
    # of customers who leave within one campaign or test, not of a curve's periods
    "campaign_profit",
    "convert_churn",
    "expected_lifetime_from",
    "half_life_from",
    "hazard_from",
    "retention_from",
    "retention_cost_per_customer",
}
NEED_A_CONSTANT = {
    "break_even": "break_even_on_curve",
    "break_even_periods": "break_even_on_curve",
    "crisis_cost": "survival_through_crisis",
    "crisis_survivor_factor": "survival_through_crisis",
    "value_through_crisis": "survival_through_crisis",
    "faster_recovery": "survival_through_crisis",
    "customer_irr": "irr",
    "elasticities": "lifetime_value",
    "return_on_quality": "RetentionPlan",
    "service_profit_chain": "hazard",  # where the last link moves retention, as in its example
}
TAKERS = [
    one
    for one in takers()
    if one.owner is None
    and not inspect.isclass(one.call)
    and one.call.__module__.startswith(("retainkit.economics", "retainkit.decisions"))
    and any(CHURN.match(name) for name in inspect.signature(one.call).parameters)
    and one.name not in SHARES
]
MODEL = rk.ShiftedBetaGeometric(alpha=1.2, beta=18.0, unit="month")


def figures(answer: Any) -> list[float]:
    if not isinstance(answer, rk.records.Record):
        return np.ravel(answer).tolist()
    plain = {k: v for k, v in answer.as_dict().items() if isinstance(v, float)}
    return [v for k, v in plain.items() if k != "horizon"]


def with_curves(one: Public) -> tuple[dict[str, Any], dict[str, Any]]:
    """A call with constant churns, and the same one with the curves of those churns."""
    given = arguments_of(one) or {}
    names = [name for name in given if CHURN.match(name)]
    constant = {name: given[name] if isinstance(given[name], float) else 0.05 for name in names}
    given = {**given, **constant} | ({"retention": None} if "retention" in given else {})
    if given.get("timing") == "continuous":
        given["timing"] = "end"
    if given.get("discount_rate") in (0, 0.0, None) and "discount_rate" in given:
        given["discount_rate"] = 0.01
    return given, {**given, **{name: (lambda t, c=c: (1.0 - c) ** t) for name, c in constant.items()}}


def test_the_functions_with_a_churn_are_found() -> None:
    assert len(TAKERS) >= 24
    assert {one.name for one in TAKERS} >= NEED_A_CONSTANT.keys()


@pytest.mark.parametrize("one", TAKERS, ids=lambda one: one.name)
def test_the_curve_of_a_constant_churn_is_worth_the_same_or_a_sentence_says_what_takes_it(
    one: Public,
) -> None:
    constant, curved = with_curves(one)
    if one.name in NEED_A_CONSTANT:
        with pytest.raises(InputError, match="survival curve") as error:
            one(curved)
        assert NEED_A_CONSTANT[one.name] in str(error.value)
        return
    assert figures(one(curved)) == pytest.approx(figures(one(constant)), rel=1e-9, abs=1e-9)


# -- a model, against sums over periods --------------------------------------------------------------

K = np.arange(6000.0)
S = np.cumprod(np.append(1.0, 1.0 - 1.2 / (1.2 + 18.0 + K)))  # of the beta-geometric, by its recursion
D, V = 0.01, 1.01**-K
BEGIN, END, STAYED = S[:-1] @ V, S[:-1] @ (V / 1.01), S[1:] @ (V / 1.01)
FIT: dict[str, Any] = {"churn": MODEL, "discount_rate": D}
LATE: dict[str, Any] = {**FIT, "timing": "end"}
LAST: dict[str, Any] = {"discount_rate": D, "timing": "end"}
CONST = 1.0 / (0.09 + D)  # the same at a churn of 9%
FEWER = S[:-1] ** 0.8 @ (V / 1.01)  # a fifth less hazard, margins at the end


def worth(churn: float, timing: str) -> float:
    return {"end": 1.0, "begin": 1.01, "end-if-retained": 1.0 - churn}[timing] / (churn + D)


ANSWERS = [
    (eco.lifetime_value(50, **FIT, timing="begin"), 50 * BEGIN),
    (eco.lifetime_value(50, **FIT, timing="end-if-retained"), 50 * STAYED),
    (eco.lifetime_value(1, **LATE, growth=0.002, horizon=36), np.sum((S[:-1] * 1.002**K * V / 1.01)[:36])),
    (eco.ltv_to_cac(acquisition_cost=400, margin_per_period=50, **FIT, timing="begin"), BEGIN / 8),
    (eco.break_even_acquisition_cost(50, **FIT), 50 * BEGIN),
    (eco.break_even_margin(500, **FIT, horizon=24), 500 / np.sum(S[:24] * V[:24])),
    (eco.break_even_price(500, cost_per_period=20, cost_share=0.03, **FIT), (500 / BEGIN + 20) / 0.97),
    (eco.worthwhile_retention_spend(9, churn_before=0.09, churn_after=MODEL, **LAST).once, 9 * (END - CONST)),
    (dec.referrals_per_customer(0.01, **FIT), 0.01 * END),
    (dec.points_redemption(0.1, **FIT, expires_after=24).discounted_probability,
     sum(0.1 * 0.9 ** (k - 1) * S[k] * 1.01**-k for k in range(1, 25))),
    (dec.points_redemption(0.1, **FIT).probability, sum(0.1 * 0.9 ** (k - 1) * S[k] for k in range(1, 500))),
    (dec.service_value_ratio(0.8, **LATE), FEWER / END),
    (dec.service_change(50, hazard_ratio=0.8, **LATE, cost_per_period=3, cost=90).gain,
     47 * FEWER - 50 * END - 90),
    (dec.faster_response(50, response_time=8, response_time_after=4, elasticity=np.log(0.8) / np.log(0.5),
                         **LATE, cost_per_period=3).gain, 47 * FEWER - 50 * END),
    (dec.loyalty_discount(50, discount_amount=5, churn=0.09, churn_with_discount=MODEL, **LAST).gain,
     45 * END - 50 * CONST),
    (dec.price_change(100, change=0.05, margin_share=0.4, volume_change=-0.02, churn=MODEL,
                      churn_after=0.09, **LAST).gain, 100 * 0.45 * 0.98 * CONST - 40 * END),
    (dec.referred_customer_premium(50, margin_referred=54, churn=0.09, churn_referred=MODEL,
                                   acquisition_cost=200, acquisition_cost_referred=80, **LAST).gain,
     54 * END - 50 * CONST + 120),
    (dec.service_profit_chain(0.1, [dec.Link("pay", "hazard", np.log(0.8) / np.log(1.1))],
                              margin_per_period=50, **LATE, customers=10, cost=100).gain,
     500 * (FEWER - END) - 100),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "right"), ANSWERS)
def test_a_model_in_the_place_of_a_churn_is_summed_over_its_periods(answer: float, right: float) -> None:
    assert answer == pytest.approx(right, rel=1e-9)


@pytest.mark.parametrize("timing", ["begin", "end", "end-if-retained"])
def test_the_churn_at_which_a_discount_breaks_even_is_worth_what_the_curve_is(timing: Any) -> None:
    even = dec.break_even_churn_with_discount(50, discount_amount=5, **FIT, timing=timing)
    now = {"begin": BEGIN, "end": END, "end-if-retained": STAYED}[timing]
    assert 45 * worth(even, timing) == pytest.approx(50 * now, rel=1e-9)


@pytest.mark.slow
def test_draws_of_a_model_are_draws_of_the_answer_and_a_fit_stands_for_its_model() -> None:
    alpha, beta = np.array([1.1, 1.2, 1.4]), np.array([17.0, 18.0, 20.0])
    # a fit's draws have an axis of their own
    drawn = rk.ShiftedBetaGeometric(alpha=alpha[:, None], beta=beta[:, None], unit="month")
    terms: dict[str, Any] = {"hazard_ratio": 0.8, "discount_rate": D, "timing": "end", "cost_per_period": 3}
    one_by_one: Any = [
        dec.service_change(50, churn=rk.ShiftedBetaGeometric(alpha=a, beta=b, unit="month"), **terms).gain
        for a, b in zip(alpha, beta, strict=True)
    ]
    decision = dec.service_change(50, churn=drawn, **terms)
    np.testing.assert_allclose(decision.gain, one_by_one, rtol=1e-9)
    make: Any = rk.ShiftedBetaGeometric  # to a type checker its parameters are numbers and arrays
    written = make(alpha=rk.Draws(alpha), beta=rk.Draws(beta), unit="month")
    assert written == drawn
    with pytest.raises(InputError, match="as many draws as"):
        make(alpha=rk.Draws(alpha), beta=rk.Draws(beta[:2]))
    segments = rk.ShiftedBetaGeometric(alpha=alpha, beta=beta, unit="month")
    with pytest.raises(InputError, match="the model of one customer"):
        dec.service_change(50, churn=segments, **terms)
    worth = eco.lifetime_value(50, churn=drawn, discount_rate=D, timing="end")
    assert isinstance(worth, rk.Draws)
    assert isinstance(eco.lifetime_value(50, churn=segments, discount_rate=D, timing="end"), np.ndarray)
    assert decision.probability_of_gain == 1.0
    assert "churn " not in str(decision)  # a curve is no number that could be another one
    renewals = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551], unit="month")
    fitted = rk.fit(rk.ShiftedBetaGeometric, renewals)
    assert eco.lifetime_value(50, churn=fitted, discount_rate=D, timing="end") == eco.lifetime_value(
        50, churn=fitted.model, discount_rate=D, timing="end"
    )


def test_a_model_of_weeks_is_asked_at_months() -> None:
    weekly = rk.Weibull(shape=1.3, scale=40.0, unit="week")
    terms: dict[str, Any] = {"discount_rate": D, "timing": "begin", "period": "month"}
    weeks_a_month = 365.25 / 12 / 7
    right = 50 * weekly.survival(K * weeks_a_month) @ V
    assert eco.lifetime_value(50, churn=weekly, **terms) == pytest.approx(right, rel=1e-9)
    assert eco.lifetime_value_on_curve(50, weekly, **terms) == pytest.approx(right, rel=1e-9)
    paid_back = eco.break_even_on_curve(150, 50, weekly, **terms, horizon=36).payments
    assert paid_back == 1 + np.argmax(np.cumsum(50 * weekly.survival(K * weeks_a_month) * V) >= 150)


@pytest.mark.parametrize(
    ("churn", "more", "words"),
    [
        (lambda t: 0.9 ** (t + 1.0), {}, "S(0) = 1"),
        (lambda t: 1.0 / (1.0 + t), {"discount_rate": 0.0}, "horizon=120"),
        (MODEL, {"timing": "continuous"}, "timing='mid'"),
        (lambda t: np.ones((3, t.size)), {}, "one share at each of"),
    ],
)
def test_a_curve_without_a_sum_is_refused(churn: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        eco.lifetime_value(50, churn=churn, **{"discount_rate": D, "timing": "end", **more})
    assert words in str(error.value)


def test_the_elasticity_on_a_curve_is_a_percent_of_the_churn_of_every_period() -> None:
    def referring(churn: Any) -> Any:
        return dec.value_with_referrals(
            50, referrals_per_period=0.01, cost_per_referral=20, churn=churn, discount_rate=D, timing="begin"
        )

    churns = np.minimum(0.02 + 0.002 * K, 0.5)  # it rises, so that the sum of heads ends

    def curve(percent: float) -> Any:
        shares = np.cumprod(np.append(1.0, 1.0 - churns * (1.0 + percent / 100.0)))
        return lambda t: shares[np.minimum(t, 6000.0).astype(int)]

    shares = curve(0.0)(K[:2000])
    alone, heads, now = 50 * shares @ V[:2000], 0.01 * shares.sum(), 0.01 * shares @ V[:2000] / 1.01
    found = referring(curve(0.0))
    assert found.referrals_per_customer == pytest.approx(heads, rel=1e-9)
    assert found.value == pytest.approx((alone - now * 20) / (1.0 - now), rel=1e-9)
    for figure, elasticity in (("value", found.elasticity), ("value_alone", found.elasticity_alone)):
        up, down = (getattr(referring(curve(p)), figure) for p in (0.01, -0.01))
        assert elasticity == pytest.approx(np.log(up / down) / np.log(1.0001 / 0.9999), rel=1e-6)
