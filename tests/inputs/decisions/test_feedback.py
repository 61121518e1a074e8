"""Tables, names and figures that cannot be are refused, and the message says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit._numerics.samples.relative_weights import relative_weights
from retainkit._numerics.samples.shapley_regression import sampled_shapley_r_squared, shapley_r_squared
from retainkit.decisions.experiments.rate_contrast import rate_contrast
from retainkit.decisions.feedback.effect_check import effect_check, effect_check_of_table
from retainkit.decisions.feedback.importance_performance import importance_performance
from retainkit.decisions.feedback.issue_effects import issue_effects
from retainkit.decisions.feedback.issues_at_stake import issues_at_stake
from retainkit.decisions.feedback.key_drivers import key_drivers, key_drivers_of_correlations
from retainkit.decisions.feedback.stakes import value_at_stake
from retainkit.decisions.feedback.tickets import tickets_by_customer
from retainkit.errors import InputError

RNG = np.random.default_rng(0)
N = 60
SURVEY: dict[str, Any] = {
    "speed": RNG.integers(1, 6, N),
    "price": RNG.integers(1, 6, N),
    "staff": RNG.integers(1, 6, N),
    "score": RNG.integers(0, 11, N),
    "same": np.ones(N),
    "weight": RNG.uniform(0.5, 2.0, N),
}


def refused(message: str) -> Any:
    return pytest.raises(InputError, match=message)


def drivers(**change: Any) -> Any:
    given: dict[str, Any] = {
        "table": SURVEY,
        "outcome": "score",
        "drivers": ["speed", "price"],
        "replicates": 5,
    }
    given |= change
    return key_drivers(given.pop("table"), **given)


def without(name: str, value: Any) -> dict[str, Any]:
    column = np.array(SURVEY[name], dtype=object)
    column[17] = value
    return SURVEY | {name: column}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"drivers": ["sped", "price"]},
            "drivers must name a column of the table, got 'sped'. Did you mean 'speed'",
        ),
        ({"outcome": "happiness"}, "outcome must name a column of the table, got 'happiness'"),
        (
            {"table": without("speed", None)},
            "speed must have an answer in every row .1 of 60 lines in column 'speed' break this., got",
        ),
        ({"table": without("score", float("nan"))}, "score must have an answer in every row"),
        ({"table": without("price", "very good")}, "price must be numbers"),
        (
            {"table": SURVEY | {"speed": np.where(np.arange(N) == 3, np.inf, 1.0)}},
            "speed must be finite",
        ),
        ({"drivers": ["speed", "same"]}, "drivers must vary.*'same', 1 in every row.*Leave it out"),
        ({"outcome": "same"}, "outcome must vary"),
        ({"drivers": ["speed", "score"]}, "drivers must not name the column of outcome too, got 'score'"),
        ({"drivers": ["speed", "speed"]}, "drivers must name each once, got 'speed'"),
        ({"drivers": []}, "drivers must name at least one column"),
        ({"weight": "speed"}, "drivers must not name the column of weight too, got 'speed'"),
        ({"weight": "score"}, "weight must not name the column of outcome too"),
        ({"weight": "weight", "table": SURVEY | {"weight": np.zeros(N)}}, "weight must be positive"),
        ({"method": "shaply"}, "method must be one of 'shapley', 'relative-weights'.*Did you mean 'shapley'"),
        ({"replicates": -1}, "replicates must be 0 or 2 or more"),
        ({"replicates": 1}, "replicates must be 0 or 2 or more"),
        ({"level": 90}, "level must be a share above 0 and below 1, got 90.0. Write 90% as 0.9"),
        ({"table": [1, 2, 3]}, "table must be a dataframe .pandas, polars, pyarrow., a DuckDB relation"),
        (
            {"table": {k: v[:3] for k, v in SURVEY.items()}},
            "table must have at least two rows more than drivers",
        ),
        ({"table": SURVEY | {"speed": np.ones(3)}}, "a dict of columns of one length, got columns of shapes"),
        ({"table": {k: v[:0] for k, v in SURVEY.items()}}, "table must have at least one row, got no lines"),
    ],
)
def test_surveys_are_checked(change: dict[str, Any], message: str) -> None:
    with refused(message):
        drivers(**change)


def test_a_driver_that_is_a_combination_of_others_is_named_with_them() -> None:
    table = SURVEY | {"total": SURVEY["speed"] + SURVEY["staff"]}
    with refused("here of 'speed', 'staff', got 'total'. Leave it out"):
        drivers(table=table, drivers=["speed", "price", "staff", "total"])
    with refused("here of 'speed', got 'twice'"):
        drivers(table=SURVEY | {"twice": 2.0 * SURVEY["speed"] + 1}, drivers=["speed", "twice"])


@pytest.mark.parametrize("divide", [shapley_r_squared, relative_weights])
def test_tables_of_correlations_are_checked(divide: Any) -> None:
    with refused("correlation must be symmetric"):
        divide([[1, 0.5], [0.4, 1]], [0.3, 0.2])
    with refused("correlation must be symmetric, with 1 on the diagonal"):
        divide([[4, 0.5], [0.5, 1]], [0.3, 0.2])
    with refused("correlation must be symmetric.*beyond -1 and 1"):
        divide([[1, 1.5], [1.5, 1]], [0.3, 0.2])
    with refused("with_outcome must have one correlation for each row"):
        divide(np.eye(3), [0.3, 0.2])
    with refused("correlation must not hold a combination of others: here of 'driver 0', got 'driver 1'"):
        divide([[1, 1], [1, 1]], [0.3, 0.3])
    with refused("with_outcome must be correlations that any data can have together"):
        divide(np.eye(2), [0.8, 0.8])
    with refused("correlation must be correlations that any data can have together"):
        divide([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], [0.1, 0.1, 0.1])
    with refused("with_outcome must be a finite number"):
        divide(np.eye(2), [0.1, np.nan])


def test_too_many_drivers_for_all_orders_are_told_what_to_take() -> None:
    with refused("at most 20 drivers, got '21 drivers'. Take sampled_shapley_r_squared"):
        shapley_r_squared(np.eye(21), np.full(21, 0.1))
    with refused("orders must be a whole number, 4 or more"):
        sampled_shapley_r_squared(np.eye(2), [0.1, 0.1], orders=2)
    with refused("must be one column here"):
        sampled_shapley_r_squared(np.stack([np.eye(2)] * 2), np.full((2, 2), 0.1))


def test_names_of_correlations_are_counted() -> None:
    with refused("drivers must name each of the 2 rows"):
        key_drivers_of_correlations(np.eye(2), [0.1, 0.2], drivers=["speed"])


def test_importance_needs_its_performance() -> None:
    with refused("performance must be given"):
        importance_performance({"speed": 0.3})
    with refused("performance must have the same names as importance, got 'sped'. Did you mean 'speed'"):
        importance_performance({"speed": 0.3}, performance={"sped": 3.0})
    with refused("cut must be one of 'mean', 'median'"):
        importance_performance({"speed": 0.3}, performance={"speed": 3.0}, cut="middle")  # type: ignore[arg-type]
    with refused("cut must be a pair"):
        importance_performance({"speed": 0.3}, performance={"speed": 3.0}, cut=(1, 2, 3))  # type: ignore[arg-type]
    with refused("quadrant must be one of"):
        importance_performance({"speed": 0.3}, performance={"speed": 3.0}).of("fix")  # type: ignore[arg-type]
    with refused("importance must have a value"):
        importance_performance({}, performance={})
    with refused("performance\\['speed'\\] must be a finite number"):
        importance_performance({"speed": 0.3}, performance={"speed": float("nan")})


BASE: dict[str, Any] = {
    "late": RNG.random(N) < 0.4,
    "bill": RNG.random(N) < 0.3,
    "left": RNG.random(N) < 0.4,
    "plan": RNG.integers(0, 2, N),
    "count": RNG.integers(0, 3, N),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"issues": ["late", "count"]}, "count must be 1 or 0, or true or false .* got 2 at position"),
        ({"churned": "count"}, "count must be 1 or 0"),
        ({"issues": ["late", "left"]}, "issues must not name the column of churned too"),
        ({"controls": ["late"]}, "controls must not name the column of issues too, got 'late'"),
        ({"controls": ["same"]}, "controls must vary, got 'same'"),
        ({"issues": ["late", "none"]}, "issues must hold for two customers or more.*'none', 0 of 60"),
        ({"churned": "none"}, "churned must hold for two customers or more"),
        ({"issues": ["late", "again"]}, "must not hold a combination of others: here of 'late', got 'again'"),
        ({"controls": ["alone"]}, "must have no customer who alone decides"),
        (
            {"controls": ["own"], "method": "stratified"},
            "issues must have been met by some.*'late'.*coarser controls",
        ),
        ({"method": "matched"}, "method must be one of 'adjusted', 'stratified', 'unadjusted'"),
        ({"level": 1.0}, "level must be a share above 0 and below 1"),
    ],
)
def test_issues_are_checked(change: dict[str, Any], message: str) -> None:
    extra = {
        "same": np.ones(N),
        "none": np.zeros(N),
        "again": ~BASE["late"],
        "alone": np.arange(N) == 5,
        "own": np.arange(N),
    }
    given: dict[str, Any] = {"churned": "left", "issues": ["late", "bill"]} | change
    with refused(message):
        issue_effects(BASE | extra, **given)


@pytest.mark.parametrize("method", ["adjusted", "stratified", "unadjusted"])
def test_an_issue_that_decides_everything_has_no_error_to_show(method: Any) -> None:
    met = np.arange(20) % 2 == 0
    with refused("churned must not follow from an issue.*without exception.*got 'late'"):
        issue_effects({"late": met, "left": met}, churned="left", issues=["late"], method=method)


def test_tickets_and_customers_have_to_fit() -> None:
    tickets = {"id": [1, 2], "about": ["late", "bill"]}
    customers = {"id": [1, 2], "left": [0, 1]}
    names: dict[str, Any] = {"customer_id": "id", "issue": "about"}
    with refused("customer_id must be of customers that are in customers .* got 3 at position 1"):
        tickets_by_customer({"id": [1, 3], "about": ["late", "bill"]}, customers=customers, **names)
    with refused("id must have each customer in one row .* got 1 at position 1"):
        tickets_by_customer(tickets, customers={"id": [1, 1], "left": [0, 1]}, **names)
    with refused("issue must not be named like a column of customers, got 'left'"):
        tickets_by_customer({"id": [1, 2], "about": ["left", "bill"]}, customers=customers, **names)
    with refused("issue must have an answer in every row"):
        tickets_by_customer({"id": [1, 2], "about": ["late", None]}, customers=customers, **names)
    with refused("at_least must be a whole number, 1 or more"):
        tickets_by_customer(tickets, customers=customers, **names, at_least=0)
    with refused("customer_id must name a column of the table, got 'customer'"):
        tickets_by_customer(tickets, customers=customers, customer_id="customer", issue="about")


STAKES: dict[str, Any] = {
    "incidence": {"late": 0.1},
    "cost": {"late": 5.0},
    "resolved": 1.0,
    "customers": 100,
    "value": 10,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effects": {}}, "must have one figure for each issue of effects"),
        ({"effects": {"lat": 0.1}}, "incidence must have one figure for each issue.*Did you mean"),
        ({"cost": {"late": 5.0, "bill": 3.0}}, "cost must have one figure for each issue.*'bill'"),
        ({"resolved": {"bill": 1.0}}, "resolved must have one figure for each issue"),
        ({"resolved": 80}, "resolved must be a share between 0 and 1"),
        ({"effects": {"late": 4}}, "churn_effect must be a difference of two shares.*Write 4 points as 0.04"),
        ({"incidence": None}, "incidence must have one figure"),
        ({"incidence": {"late": 10}}, "incidence must be a share between 0 and 1"),
        ({"cost": {"late": -1}}, "cost must be 0 or more"),
        ({"budget": -1}, "budget must be 0 or more"),
        ({"value": [1.0, 2.0], "customers": [1.0, 2.0, 3.0]}, "must have the same length"),
    ],
)
def test_stakes_are_checked(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"effects": {"late": 0.1}} | STAKES | change
    with refused(message):
        issues_at_stake(given.pop("effects"), **given)


def test_value_at_stake_is_checked() -> None:
    with refused("churn_effect must be a difference of two shares"):
        value_at_stake(100, incidence=0.1, churn_effect=1.2, value=10)


def test_an_unknown_issue_of_a_ranking_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        issues_at_stake({"late": 0.1}, **STAKES)["bill"]


GROUPS: dict[str, Any] = {
    "fixed_before": (5, 50),
    "fixed_after": (4, 50),
    "control_before": (5, 50),
    "control_after": (5, 50),
    "customers": 100,
    "value": 10,
    "cost": 5,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fixed_after": (50, 5)}, "fixed_after must be at most as many events as customers"),
        ({"control_after": (0, 0)}, "control_after must be at most as many events"),
        ({"control_before": 0.1}, "control_before must be a pair"),
        ({"fixed_before": (-1, 10)}, "fixed_before must be 0 or more"),
        ({"value": [1, 2]}, "value must be a single number here"),
        ({"cost": -5}, "cost must be 0 or more"),
        ({"level": 0}, "level must be a share above 0 and below 1"),
    ],
)
def test_counts_are_checked(change: dict[str, Any], message: str) -> None:
    with refused(message):
        effect_check(**(GROUPS | change))


def test_a_check_without_control_is_refused() -> None:
    table = {"left": [1, 0, 1, 0], "fixed": [1, 1, 1, 1], "late": [0, 0, 1, 1]}
    with refused("'no customer in control, before'.*Without a control"):
        effect_check_of_table(
            table, churned="left", fixed="fixed", after="late", customers=10, value=1, cost=1
        )


def test_signs_belong_to_rates() -> None:
    with refused("signs must be 1 or -1 for each of the 2 rates"):
        rate_contrast((1, 2), (1, 3), signs=(1,))
    with refused("signs must be 1 or -1"):
        rate_contrast((1, 2), (1, 3), signs=(1, 2))


def test_a_column_cannot_be_two_things() -> None:
    table = {"left": [1, 0, 1, 0], "fixed": [1, 1, 0, 0]}
    with refused("after must not name the column of fixed too"):
        effect_check_of_table(
            table, churned="left", fixed="fixed", after="fixed", customers=10, value=1, cost=1
        )
