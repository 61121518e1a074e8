"""A column is customers and gives one decision a row; draws of one number are one decision: everywhere."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from public_calls import Public, arguments_of, takers

import retainkit as rk
from retainkit import decisions as dec
from retainkit.calls import CallError
from retainkit.decisions._base.decision import Decision
from retainkit.errors import InputError
from retainkit.inference.prediction import Spreads
from retainkit.protocols import parameter_shape
from retainkit.records import Record
from retainkit.valuation.scenarios import FIGURES

LISTS = {
    # of customers by what they are: a column in, one answer about all of them out
    "best_incentive", "profit_curve", "whom_to_contact", "whom_to_treat", "treatment_list", "policy_value",
}  # fmt: skip
OPTIMA = {"best_referral_reward", "issues_at_stake"}  # one choice for all draws
SCHEDULES = {"customer_referral_value", "tier_programme"}  # a column is periods, or tiers
LOOSE = r"(Number|Rate)(Like|Of\[Same\])( \| None)?"
PUBLIC = [
    one
    for one in takers()
    if one.owner is None
    and not inspect.isclass(one.call)
    and one.call.__module__.startswith(("retainkit.decisions", "retainkit.economics"))
    and arguments_of(one) is not None
]


def numbers_of(one: Public) -> dict[str, float]:
    """Arguments of the example that are plain numbers where a column may be."""
    hints = inspect.get_annotations(inspect.unwrap(one.call))
    given = arguments_of(one) or {}
    loose = [
        n for n, hint in hints.items() if hint in ("NumberLike", "RateLike", "NumberOf[Same]", "RateOf[Same]")
    ]
    by_nature = {"acquired"}  # a schedule, where it is a column
    return {
        n: float(given[n])
        for n in loose
        if isinstance(given.get(n), int | float) and given[n] and n not in by_nature
    }


def example_of(one: Public) -> dict[str, Any]:
    """The arguments of the example, draws by their mean."""
    given = arguments_of(one) or {}
    arms = one.name == "experiment_from_draws"  # nothing but draws
    fewer = {"draws": 200} if isinstance(given.get("draws"), int) else {}
    return {n: v.mean() if isinstance(v, rk.Draws) and not arms else v for n, v in given.items()} | fewer


def figures(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, Record) or isinstance(answer, rk.Draws):
        return {"answer": answer}
    names = [n for n in answer._figures() if n not in ("horizon", "inputs")]
    return {n: getattr(answer, n) for n in names}


DECIDING = [one for one in PUBLIC if one.name not in LISTS | SCHEDULES and numbers_of(one)]


def decides(one: Public) -> bool:
    made = one.call.__annotations__.get("return")
    kind = getattr(inspect.getmodule(inspect.unwrap(one.call)), str(made), None)
    return isinstance(kind, type) and issubclass(kind, Decision)


DECISIONS = [one for one in DECIDING if decides(one)]


def test_the_decisions_are_found() -> None:
    assert len(DECISIONS) >= 20
    assert len(DECIDING) >= 90


@pytest.mark.parametrize("one", DECISIONS, ids=lambda one: one.name)
def test_a_column_of_two_rows_gives_the_decision_of_each(one: Public) -> None:
    given, (name, value) = example_of(one), next(iter(numbers_of(one).items()))
    alone = one({**given, name: value})
    two = one({**given, name: pd.Series([value, value], index=["a", "b"])})
    assert isinstance(two, dec.Decisions)
    assert len(two) == 2
    assert list(two.gain.index) == ["a", "b"]
    for row in two:
        assert row == alone
    assert two.gain.tolist() == [np.mean(alone.gain)] * 2
    assert two.worth_it.tolist() == [alone.worth_it] * 2


def near(value: float) -> rk.Draws:
    return rk.Draws(value * np.array([0.999, 1.0, 1.001]))


def tells_of_draws(error: InputError) -> bool:
    return any(words in str(error) for words in ("draws", "Draws", "single number", "one number"))


@pytest.mark.slow
@pytest.mark.parametrize("one", DECIDING, ids=lambda one: one.name)
def test_draws_are_one_answer_with_the_answers_of_each_draw_or_are_refused_by_name(one: Public) -> None:
    given = example_of(one)
    if one.name in OPTIMA or one.name.endswith(("_test", "_from_draws")):
        return  # they choose for all draws together, or draw the unknown of each arm anew
    for name, value in numbers_of(one).items():
        try:
            each = [figures(one({**given, name: v})) for v in near(value)]
        except InputError:
            continue  # the neighbours of this number make no sense
        try:
            drawn = figures(one({**given, name: near(value)}))
        except InputError as error:
            if not tells_of_draws(error):
                raise
            continue
        for figure, found in drawn.items():
            right = [e[figure] for e in each]
            if not all(isinstance(v, float | int) for v in right) or isinstance(found, bool | str):
                continue
            if figure in ("worth_it", "probability_of_gain", "share_of_silent", "probability_of_payback"):
                continue
            if isinstance(found, rk.Draws) or max(right) - min(right) > 1e-12 * np.max(np.abs(right)):
                assert isinstance(found, rk.Draws), (name, figure, found, right)
                np.testing.assert_allclose(
                    found.values, right, rtol=1e-9, atol=1e-9, err_msg=f"{name} {figure}"
                )


@pytest.mark.slow
@pytest.mark.parametrize("one", DECIDING, ids=lambda one: one.name)
def test_an_answer_is_printed_and_a_table_whatever_column_or_draws_it_is_of(one: Public) -> None:
    given, (name, value) = example_of(one), next(iter(numbers_of(one).items()))
    kinds = (rk.Draws([[value], [value]]), near(value), pl.Series([value]), pd.Series([], dtype=float))
    for kind in kinds:
        try:
            answer = one({**given, name: kind})
        except InputError:
            continue  # refused: by its name, as other tests ask
        assert str(answer)
        if isinstance(answer, Record):
            assert answer.to_frame() is not None


@pytest.mark.parametrize("one", DECISIONS, ids=lambda one: one.name)
def test_a_decision_with_draws_is_of_the_mean_gain_and_comes_back_from_json(one: Public) -> None:
    if one.name == "experiment_from_draws":
        return  # its arms have as many draws as its cost
    given, (name, value) = example_of(one), next(iter(numbers_of(one).items()))
    decision = one({**given, name: near(value)})
    assert isinstance(decision, Decision)
    assert decision.interval(0.8, include=("parameters",)) == decision.interval(0.8)
    for other in ("customers", ["chance"], rk.inference.SOURCES, ()):  # which no decision draws
        with pytest.raises(InputError, match=r"include must be \('parameters',\)"):
            decision.interval(include=other)
    assert decision.worth_it == (np.mean(decision.gain) > 0.0)
    assert type(decision).from_json(decision.model_dump_json()) == decision
    if isinstance(decision.gain, rk.Draws):
        assert len(decision.to_frame()["gain"]) == 3


@pytest.mark.parametrize("one", DECIDING, ids=lambda one: one.name)
def test_draws_of_unequal_number_are_refused(one: Public) -> None:
    given, known = example_of(one), numbers_of(one)
    if len(known) < 2:
        return
    (first, a), (second, b) = list(known.items())[:2]
    with pytest.raises(InputError, match=r"draws|same length"):
        one({**given, first: near(a), second: rk.Draws([b, b])})


@pytest.mark.parametrize("one", DECISIONS, ids=lambda one: one.name)
def test_a_call_that_does_not_fit_is_told_so_beside_a_column_as_beside_a_number(one: Public) -> None:
    given, (name, value) = example_of(one), next(iter(numbers_of(one).items()))
    asked = inspect.signature(one.call).parameters.values()
    needed = [p.name for p in asked if p.default is p.empty and p.name != name]
    with pytest.raises(CallError, match=f"{needed[-1]} must be given"):
        one.call(**{n: v for n, v in given.items() if n != needed[-1]} | {name: [value]})
    with pytest.raises(CallError, match="marginn is not an argument"):
        one.call(**given | {name: [value], "marginn": 1})
    places = [p.name for p in asked if p.kind is p.POSITIONAL_OR_KEYWORD]
    with pytest.raises(CallError):  # one too many by its place
        one.call(*(given[n] for n in places), [value], **{n: v for n, v in given.items() if n not in places})


@pytest.mark.parametrize("one", DECISIONS, ids=lambda one: one.name)
def test_where_draws_meet_a_column_every_row_has_all_draws(one: Public) -> None:
    given, known = example_of(one), numbers_of(one)
    if len(known) < 2:
        return
    (first, a), (second, b) = list(known.items())[:2]
    rows = one({**given, first: near(a), second: [b, b, b, b]})
    assert len(rows) == 4
    assert rows[3] == one({**given, first: near(a), second: b})
    split = one({**given, first: rk.Draws(np.outer(near(a), np.ones(4))), second: b})
    assert [row.gain for row in split] == [row.gain for row in rows]


TESTS = ("lifetime_test", "retention_test", "revenue_test")  # draw the unknown arms, as many as are given


@pytest.mark.slow
@pytest.mark.parametrize("one", [one for one in takers() if arguments_of(one)], ids=lambda one: one.name)
def test_draws_in_the_place_of_a_column_are_refused_or_answered_with_draws(one: Public) -> None:
    given = arguments_of(one) or {}
    for name in one.columns:
        value = given[name]
        if isinstance(value, list | np.ndarray):
            column = np.asarray(value, dtype=object)
            if column.ndim != 1 or not all(isinstance(v, int | float) for v in column.tolist()):
                continue
        elif not isinstance(value, int | float):
            continue
        try:
            answer = one({**given, name: rk.Draws(np.resize(np.asarray(value, np.float64), 3))})
        except InputError as error:
            if not tells_of_draws(error):
                raise
            continue
        if parameter_shape(answer)[1:] == (1,):
            continue  # a model has an axis for the draws of its parameters
        told = (
            [answer, *(getattr(answer, n) for n in [*answer._names(), *answer._figures()])]
            if isinstance(answer, Record)
            else [answer]
        )
        derived = [getattr(answer, n) for n in answer._derived] if isinstance(answer, Record) else []
        if isinstance(answer, Spreads):  # columns are means, and the total has the draws
            derived.append(answer.draws if len(answer.draws) == 3 else None)
        assert any(isinstance(v, rk.Draws) for v in [*told, *derived]) or one.name in TESTS, name


# -- decisions, one a row ------------------------------------------------------------------------------------

REBATE: dict[str, Any] = {"rebate": 0.02, "margin_share": 0.1}
rebate: Any = dec.rebate_programme  # of numbers, to a type checker


def test_decisions_of_rows_are_a_table_of_the_callers_own_kind() -> None:
    lift = pd.Series([0.1, 0.4], index=["north", "south"], name="lift")
    rows = rebate(100, **REBATE, lift=lift)
    table = rows.to_frame()
    assert list(table.index) == ["north", "south"]
    assert table["worth_it"].tolist() == [False, True]
    assert table["break_even_lift"].tolist() == [0.25, 0.25]
    assert isinstance(rebate(100, **REBATE, lift=pl.Series([0.1, 0.4])).to_frame(), pl.DataFrame)
    assert rows.total == pytest.approx(0.0, abs=1e-9)
    assert rows.total_of_worth_it == pytest.approx(1.2)
    assert "south" in str(rows)
    assert "Worth it" in rows._repr_html_()
    assert rows[1:].gain.tolist() == [rows[1].gain]


def test_many_rows_are_not_all_printed_and_none_is_a_table_without_rows() -> None:
    rows = rebate(100, **REBATE, lift=np.linspace(0.0, 1.0, 50))
    assert "30 more" in str(rows)
    assert len(rebate(100, **REBATE, lift=range(2))) == 2
    none = rebate(100, **REBATE, lift=[])
    assert len(none) == 0
    assert none.total == 0.0
    assert "0" in str(none)


def test_an_error_says_in_which_row() -> None:
    with pytest.raises(InputError, match="position 1") as error:
        rebate(100, rebate=[0.02, 1.2], margin_share=0.1, lift=0.1)
    assert error.value.argument == "rebate"
    with pytest.raises(InputError, match=r"rebate must be .*, got 1\.2\. "):
        rebate(100, rebate=1.2, margin_share=0.1, lift=[0.1, 0.2])
    with pytest.raises(InputError, match="same length as rebate"):
        rebate(100, rebate=[0.02, 0.03], margin_share=[0.1, 0.1, 0.2], lift=0.1)
    with pytest.raises(InputError, match="same index"):
        rebate(100, rebate=pd.Series([0.1, 0.2]), margin_share=pd.Series([0.5, 0.5], index=[1, 0]), lift=0.1)


def test_columns_inside_of_records_are_rows_too() -> None:
    offer = dec.Campaign(value=[200.0, 400.0], acceptance=0.3, incentive=10, cost_per_contact=1)
    terms: dict[str, Any] = {"customers": 1000, "contacted_share": 0.1, "churn": 0.05, "lift": 5}
    rows: Any = dec.campaign_profit(offer, **terms)
    assert rows[1] == dec.campaign_profit(offer.replace(value=400.0), **terms)
    keeping = dec.ExponentialResponse(ceiling=0.8, k=[0.1, 0.2])
    model = dec.BlattbergDeighton(50, 0.15, dec.ExponentialResponse(0.4, 0.13), keeping)
    each: Any = dec.best_spending(model)
    assert each[1].retention_spend == pytest.approx(
        dec.best_spending(
            dec.BlattbergDeighton(50, 0.15, model.acquisition, dec.ExponentialResponse(0.8, 0.2))
        ).retention_spend
    )


def test_certainty_is_worth_what_the_draws_would_lose_in_which_the_decision_is_wrong() -> None:
    lifts = [0.1, 0.2, 0.5]
    found, gains = (
        rebate(100, **REBATE, lift=rk.Draws(lifts)),
        [rebate(100, **REBATE, lift=v).gain for v in lifts],
    )
    assert found.worth_it
    assert found.value_of_certainty == pytest.approx(-sum(g for g in gains if g < 0.0) / 3.0)
    assert rebate(100, **REBATE, lift=0.1).value_of_certainty == 0.0
    fixed: Any = {"fixed_before": (400, 5000), "fixed_after": (275, 5000)}
    control: Any = {"control_before": (410, 5000), "control_after": (360, 5000)}
    paid, treated = [50, 20, 30, 25, 60, 10], [1, 1, 0, 0, 1, 0]
    not_drawn = (  # but known with an interval
        dec.effect_check(**fixed, **control, customers=20_000, value=600, cost=60_000),
        dec.effect_check(**fixed, **control, customers=20_000, value=600, cost=200_000),
        dec.policy_value([1, 0, 1, 0, 1, 0], treated=treated, outcome=paid, propensity=0.5),
    )
    for one in not_drawn:
        ends = np.array([one.interval(level) for level in (np.arange(400) + 0.5) / 400.0])
        wrong = np.maximum(-ends if one.worth_it else ends, 0.0).mean()
        assert wrong > 0.0
        assert one.value_of_certainty == pytest.approx(wrong, rel=0.03)


# -- scenarios --------------------------------------------------------------------------------------------


def test_figures_of_a_scenario_have_the_draws_of_its_inputs() -> None:
    scenario = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    churn, margin = [0.04, 0.05, 0.07], [45.0, 50.0, 60.0]
    found = scenario.grid(monthly_churn=rk.Draws(churn), monthly_margin=rk.Draws(margin))
    each = [
        scenario.replace(monthly_churn=c, monthly_margin=m).evaluate()
        for c, m in zip(churn, margin, strict=True)
    ]
    for figure in found.figures:
        assert found[figure].values == pytest.approx([getattr(e, figure) for e in each], nan_ok=True)
    assert len(found.to_frame()["monthly_churn"]) == 3
    beside = scenario.grid(acquisition_cost=[100, 500], monthly_churn=rk.Draws(churn))
    assert beside["net_value"].shape == (3, 2)
    assert beside["net_value"].values[:, 1] == pytest.approx(scenario.grid(monthly_churn=churn)["net_value"])
    assert type(found).from_json(found.model_dump_json()) == found
    with pytest.raises(InputError, match="as many draws as"):
        scenario.grid(monthly_churn=rk.Draws(churn), monthly_margin=rk.Draws([1.0, 2.0]))
    with pytest.raises(InputError, match="one input at most, beside draws"):
        scenario.grid(monthly_churn=rk.Draws(churn), monthly_margin=margin, acquisition_cost=[1, 2])
    with pytest.raises(InputError, match="monthly_churn must be a number or a column"):
        scenario.sensitivity(rows={"monthly_churn": rk.Draws(churn)}, columns={"acquisition_cost": [1, 2]})


def test_a_scenario_whose_inputs_are_draws_has_draws_of_the_figures_that_follow_from_them() -> None:
    churn, margin = [0.04, 0.1, 0.12, 1.0], [45.0, 50.0, -1.0, 600.0]
    rates: dict[str, Any] = {"annual_discount_rate": 0.1, "onboarding_cost": 10}
    scenario = rk.UnitEconomics(
        acquisition_cost=500, monthly_margin=rk.Draws(margin), monthly_churn=rk.Draws(churn), **rates
    )
    found = scenario.evaluate()
    each = [
        scenario.replace(monthly_churn=c, monthly_margin=m).evaluate()
        for c, m in zip(churn, margin, strict=True)
    ]
    for figure in (*FIGURES, "payback_payments"):
        right = [np.inf if (v := getattr(e, figure)) is None else v for e in each]
        told: Any = getattr(found, figure)
        assert told.values == pytest.approx(right, nan_ok=True), figure
    assert scenario.replace(monthly_churn=0.05).evaluate().expected_lifetime_months == pytest.approx(20.0)
    table = scenario.grid(acquisition_cost=[100, 500])["net_value"]
    assert table.values[:, 1] == pytest.approx(np.asarray(found.net_value))
    assert "none in 25.0%" in str(found)
    assert "90% of draws" in str(found)
    assert len(found.to_frame()["q95"]) == len(FIGURES)
    assert type(found).from_json(found.model_dump_json()) == found
    assert rk.UnitEconomics.from_json(scenario.model_dump_json()) == scenario
    assert rk.UnitEconomics(**scenario.model_dump()) == scenario
    with pytest.raises(InputError, match="monthly_margin must be a number or a column here"):
        scenario.tornado(0.1)
    with pytest.raises(InputError, match="monthly_margin must be a number or a column here"):
        scenario.sensitivity(rows={"monthly_churn": [0.1]}, columns={"acquisition_cost": [1]})
    for wrong in (rk.Draws([0.1, 1.2, 0.1, 0.1]), rk.Draws([0.1]), rk.Draws(np.full((4, 2), 0.1))):
        with pytest.raises(InputError, match="monthly_churn must"):
            scenario.replace(monthly_churn=wrong)
    with pytest.raises(InputError, match="horizon_months must be a number"):
        scenario.replace(horizon_months=rk.Draws([1.0, 2.0, 3.0, 4.0]))
