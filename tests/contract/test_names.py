"""The root has what everybody needs; a name that is not where it was looked for is told where it is."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import retainkit
from retainkit import decisions, economics
from retainkit.addresses import SYNONYMS, way_to, whereabouts
from retainkit.calls import WORDS
from retainkit.errors import InputError

ROOT = Path(__file__).parents[2]
LEFT = {  # the root's names of version 0.1.0 that stand in their rooms now
    "decisions": ("RetentionPlan", "ServicePlan"),
    "economics": ("BreakEven",),
    "errors": ("MissingDependencyError",),
    "inference": (
        "LikelihoodRatio",
        "RegularityChoice",
        "choose_k",
        "likelihood_ratio_test",
        "standard_error",
    ),
    "ingest": ("SubscriptionSummary", "TransactionSummary", "simulate_subscriptions"),
    "models": ("AalenJohansen", "Effect", "OverTime", "WithCovariates", "WithShares"),
    "reports": ("CustomerBaseReport",),
    "summaries": ("PurchasesOverTime", "align_covariates", "encode_categories"),
    "validation": ("Comparison", "HoldoutError", "SpendIndependence", "Tracking", "spend_independence"),
    "valuation": (
        "CustomerValue",
        "NewCustomerValue",
        "Payback",
        "SubscriptionBaseValue",
        "SubscriptionForecast",
    ),
}


def answer(module: ModuleType, name: str) -> str:
    with pytest.raises(AttributeError, match=f"no attribute {name!r}") as caught:
        getattr(module, name)
    return str(caught.value)


def test_the_root_has_room_for_what_is_to_come() -> None:
    assert len({*retainkit.__all__} - {"__version__"}) <= 70


def test_the_root_has_every_registered_model_and_every_verb_of_the_readme() -> None:
    typed = set(re.findall(r"\brk\.(\w+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert typed | set(retainkit.models.MODELS) <= set(retainkit.__all__)


@pytest.mark.parametrize(("room", "name"), [(room, name) for room, names in LEFT.items() for name in names])
def test_a_name_that_left_the_root_is_answered_with_its_address(room: str, name: str) -> None:
    assert f"from retainkit.{room} import {name}" in answer(retainkit, name)
    assert getattr(import_module(f"retainkit.{room}"), name) is getattr(getattr(retainkit, room), name)


@pytest.mark.parametrize("typed", SYNONYMS)
def test_the_name_that_a_synonym_leads_to_is_there(typed: str) -> None:
    told = re.match(r"[\w.]+", SYNONYMS[typed])
    assert told is not None
    *rooms, name = told[0].split(".")
    assert hasattr(import_module(".".join(["retainkit", *rooms])), name)
    for module in (retainkit, economics, decisions):
        if typed not in dir(module):  # where it may be a room
            assert f"retainkit.{told[0]}" in answer(module, typed)


WORDS_OF_THE_FIELD = """
nrr net_revenue_retention|grr gross_revenue_retention|ltv lifetime_value|clv lifetime_value
cltv lifetime_value|cac acquisition_cost_ladder|payback break_even|arpu average_revenue|mrr mrr_movements
churn churn_rate|retention_rate retention_from|repeat_rate summarize_transactions
survival_curve survival_of|cohort cohort_table|churn_to_retention retention_from
retention_to_churn churn_from|service_spending service_change|retention_campaign campaign_profit
company_value value_company|annuity annuity_value|net_present_value npv|internal_rate_of_return irr
complaints better_complaint_handling|faster_answers faster_response
response_time hazard_ratio_of_response_time|loyalty_points points_programme|price_rise price_change
best_discount loyalty_discount|cost_of_churn break_even_churn|value_of_retention retention_gain
save_rate cost_per_incremental_save|discounted_lifetime_value lifetime_value
customer_payback payback_time|budget_split allocate_budget|key_driver_analysis key_drivers
satisfaction key_drivers|review_impact review_effect|crisis crisis_cost
employee_retention staff_retention|staff_turnover staff_retention|experiment experiment_from_draws
significance_test retention_test|sequential sequential_retention_test|ab_testing retention_test
profit_by_decile maximum_profit|offer_value offer_to_customers|winback campaign_profit
points_cost points_redemption|migration migration_value|markov_chain markov_value
monthly_churn_rate convert_churn|cohort_payback_months cohort_payback|quick quick_ratio
burn burn_multiple|rule40 rule_of_40|magic magic_number|excel workbook|dashboard report
forecast forecast_revenue|predict_churn probability_alive|segments rfm|repurchase_rate frequency
aov monetary_value|backtest validate|read_csv read_subscriptions|lifetime expected_lifetime
monte_carlo Draws|confidence_interval posterior|sensitivity UnitEconomics|targeting whom_to_contact
price_increase price_change|turnover_cost leaver_cost|referral_program referral_multiplier
power sample_size|break_even_point break_even|train_test_split holdout_from|retention_curve KaplanMeier
monthly_rate convert_rate|roi customer_irr|uplift uplift_curve|discount loyalty_discount|cox fit_cox
logrank log_rank
"""


def test_a_word_of_the_field_leads_to_what_answers_it() -> None:
    pairs = [pair.split() for pair in re.split(r"[|\n]", WORDS_OF_THE_FIELD.strip())]
    assert len(pairs) >= 80
    told = {typed: whereabouts(typed) for typed, _ in pairs}
    assert {t: told[t] for t, meant in pairs if meant not in told[t]} == {}


def test_the_naming_table_shows_every_synonym() -> None:
    table = (ROOT / "docs" / "reference" / "naming.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    shown = {typed: "`" + re.split(r"[^.\w]", here)[0] + "`" for typed, here in SYNONYMS.items()}
    missing = [t for t, here in shown.items() if not any(f"`{t}`" in row and here in row for row in rows)]
    assert missing == []


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        (retainkit, "lifetime_value", "from retainkit.economics import lifetime_value"),
        (retainkit, "whom_to_contact", "from retainkit.decisions import whom_to_contact"),
        (economics, "churn_rate", "from retainkit.metrics import churn_rate"),
        (decisions, "break_even", "from retainkit.economics import break_even"),
        (economics, "fit", "from retainkit.inference import fit"),
        (retainkit, "brake_even", "Did you mean 'break_even'?"),
        (economics, "whom_to_contct", "Did you mean 'whom_to_contact'?"),
    ],
)
def test_a_name_of_another_room_is_answered_with_its_address(
    module: ModuleType, name: str, told: str
) -> None:
    assert answer(module, name).endswith(told if told[-1] == "?" else told + ".")


def test_a_name_that_is_nowhere_has_no_answer() -> None:
    assert answer(retainkit, "zzyzx") == "module 'retainkit' has no attribute 'zzyzx'."
    assert answer(retainkit, "_repr_html_").endswith("'_repr_html_'.")


def test_an_argument_of_another_name_is_answered_with_the_one_that_is_meant() -> None:
    from retainkit.calls import CallError
    from retainkit.metrics import SubscriptionBase

    calls = {
        "Here it is margin_per_period": lambda: retainkit.break_even(500, margin=50),  # pyright: ignore[reportCallIssue]
        "margin_per_period or margin_share": lambda: retainkit.value_subscriptions(None, margin=0.8),  # pyright: ignore[reportCallIssue, reportArgumentType]
        "Did you mean 'changes": lambda: SubscriptionBase.episodes(None, chnages={}),  # pyright: ignore[reportCallIssue]
        "argument of forecast": lambda: SubscriptionBase.forecast(None, horizon=3),  # pyright: ignore[reportCallIssue]
        "discount_rate": lambda: economics.npv([1, 2], discount=0.1),  # pyright: ignore[reportCallIssue]
        "churn": lambda: economics.break_even_periods(500, 50, churn_rate=0.1),  # pyright: ignore[reportCallIssue]
        "margin_per_period": lambda: economics.lifetime_value(margin=50, churn=0.1),  # pyright: ignore[reportCallIssue]
        "timing": lambda: economics.lifetime_value(50, churn=0.1),  # pyright: ignore[reportCallIssue]
        "points": lambda: economics.retention_gain(5, retention=0.9, discount_rate=0, timing="end"),  # pyright: ignore[reportCallIssue]
        "acquisition_cost": lambda: economics.ltv_to_cac(1000, 500),  # pyright: ignore[reportCallIssue]
        "monthly_churn": lambda: retainkit.UnitEconomics(acquisition_cost=1, churn=0.1),  # pyright: ignore[reportCallIssue]
        "campaign": lambda: decisions.whom_to_contact([0.1], value=3),  # pyright: ignore[reportCallIssue]
    }
    for word, call in calls.items():
        with pytest.raises(retainkit.InputError, match=f"{word}\\b") as caught:
            call()
        assert isinstance(caught.value, CallError) or word == "monthly_churn"
    assert issubclass(CallError, TypeError)


def test_a_room_that_is_called_says_what_to_call() -> None:
    from retainkit.calls import CallError

    rooms: dict[Any, str] = {
        decisions.referral: r"Here it is retainkit\.decisions\.customer_referral_value\. Its names are: ",
        retainkit.valuation: "Its names are: .*value_new_customer",
        import_module("retainkit.inference.priors"): "Its names are: .*Gamma",
        economics.breakeven: r"Here it is retainkit\.break_even\b",
        retainkit: "Its names are: BGBB",
    }
    for room, told in rooms.items():
        with pytest.raises(CallError, match=rf"{room.__name__} is a room of names, and no function.*{told}"):
            room(5)
        assert pickle.loads(pickle.dumps(room)) is room and inspect.ismodule(room)


def test_a_method_that_needs_more_says_what() -> None:
    scenario: Any = retainkit.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    for call, told in {
        scenario.sensitivity: r"rows must be given: .*It needs rows, columns: sensitivity\(rows=",
        scenario.tornado: "ranges must be given: .*It needs ranges",
        lambda: scenario.sensitivity(
            {"monthly_churn": [0.1]}
        ): "by name: sensitivity takes none by place, got '1 of",
        lambda: scenario.tornado(0.1, 0.2): "must be 1 or fewer by place.*arguments are: ranges, figure",
        lambda: scenario.sensitivity(row={}): "row is not an argument of sensitivity.*'rows'",
    }.items():
        with pytest.raises(InputError, match=told) as caught:
            call()
        assert isinstance(caught.value, TypeError)


def test_a_type_error_within_a_function_stays_what_it_is() -> None:
    def broken(x: int) -> int:
        return len(x)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    from retainkit.calls import CallError, advised

    with pytest.raises(TypeError, match="has no len") as caught:
        advised(broken)(1)
    assert not isinstance(caught.value, CallError)
    assert inspect.signature(economics.break_even) == inspect.signature(economics.break_even.__wrapped__)  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(economics.break_even)) is economics.break_even is retainkit.break_even


def test_a_figure_of_another_name_is_answered_with_those_that_there_are() -> None:
    found = economics.break_even(500, 50)
    with pytest.raises(AttributeError, match=r"It has: never, paid_back_after, .*periods"):
        _ = found.months  # pyright: ignore[reportAttributeAccessIssue]
    scenario = retainkit.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    with pytest.raises(AttributeError, match=r"evaluate\(\).lifetime_value"):
        _ = scenario.lifetime_value  # pyright: ignore[reportAttributeAccessIssue]
    assert not hasattr(found, "_repr_png_")


def test_what_a_thing_has_not_is_answered_with_what_answers_it() -> None:
    tx, buys = retainkit.ingest.TransactionSummary, retainkit.BGNBD(r=1.0, alpha=2.0, a=0.5, b=2.0)
    base, value = retainkit.metrics.SubscriptionBase, retainkit.valuation.CustomerValue
    for thing, asked in {
        base: "plot:plot_survival churn_by_tenure:KaplanMeier mrr:base.metrics cohorts:cohort_table "
        "ltv:value_subscriptions fit:ShiftedBeta forecst:'forecast' head:to_frame() predict:forecast( "
        "to_json:model_dump_json break_even:economics",
        tx: "plot:report( churn:probability_alive frequency:tx.purchases clv:value_customers fit:fit_best",
        value: "ltv:.value to_csv:to_frame() plot:plot_concentration totl:'total' zzz:weight",
        type(buys): "plot:plot_ to_dict:model_dump predict:inference probability_alve:'probability_alive'",
    }.items():
        for name, told in (pair.split(":") for pair in asked.split()):
            assert told in way_to(thing, name), (thing, name)
    with pytest.raises(AttributeError, match=r"no attribute 'to_dict'\. It is model_dump") as caught:
        buys.to_dict()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    assert caught.value.name == "to_dict"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_too_much_by_place_is_answered_with_the_call_as_it_is_written() -> None:
    calls: dict[str, Callable[[], Any]] = {
        "convert_churn(0.05, per='month', to='year')": lambda: economics.convert_churn(0.05, "month", "year"),  # type: ignore[misc]  # pyright: ignore[reportCallIssue]
        "convert_rate(0.05, per='month', to='year')": lambda: economics.convert_rate(0.05, "month", "year"),  # type: ignore[misc]  # pyright: ignore[reportCallIssue]
        "forecast(months=12)": lambda: retainkit.metrics.SubscriptionBase.forecast(None, 12),  # type: ignore[misc, arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]
        "break_even(500, 50, churn=0.05)": lambda: retainkit.payback_time(500, 50, churn=0.05),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        "fit_best(models, tx)": lambda: retainkit.fit_best([]),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        "report(source, margin_share=..., discount_rate=..., horizon=...)": lambda: retainkit.report(None),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue, reportArgumentType]
    }
    for line, call in calls.items():
        with pytest.raises(InputError, match=re.escape(line)):
            call()


def test_the_words_of_arguments_are_those_that_the_naming_table_rules_out() -> None:
    table = (ROOT / "docs" / "reference" / "naming.md").read_text(encoding="utf-8")
    words = table.split("\n## Words", 1)[1].split("\n## ", 1)[0]
    out = {w for line in words.splitlines() if line.startswith("| `") for w in re.findall(r"`(\w+)`", line)}
    assert sorted(set(WORDS) - out - {"margin", "discount", "end", "as_of", "retention_rate"}) == []
