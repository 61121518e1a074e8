"""Episodes and hazard ratios refuse what has no meaning, by the name that the caller wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import retainkit as rk

UNTYPED: Any = rk.models  # what a type checker would refuse first
scaled_hazard, with_hazard_ratios = UNTYPED.scaled_hazard, UNTYPED.with_hazard_ratios
TABLE = {
    "id": np.array(["a", "a", "b"]),
    "plan": np.array(["basic", "pro", "basic"]),
    "land": np.array(["DE", "DE", "DE"]),
    "from": np.array(["2024-01-05", "2024-03-05", "2024-02-01"]),
    "to": np.array(["2024-03-05", "", "2024-05-20"]),
}
NAMED: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "observation_end": "2024-06-30"}
BASE = rk.read_subscriptions(TABLE, **NAMED, plan="plan", segment="land")
PLAIN = rk.read_subscriptions(TABLE, **NAMED, overlap="merge")
RISE = {"rise": "2024-04-01"}
CASES: dict[str, tuple[Callable[[], object], str, str]] = {
    "nothing to cut at": (BASE.episodes, "missing-argument", "by"),
    "unknown group": (lambda: BASE.episodes("country"), "unknown-choice", "by"),
    "no plans": (lambda: PLAIN.episodes("plan"), "missing-argument", "plan"),
    "one kind": (lambda: BASE.episodes(["plan", "land"]), "collinear", "by"),
    "group twice": (lambda: BASE.episodes(["plan", "plan"]), "duplicate", "by"),
    "date before all": (
        lambda: BASE.episodes(changes={"rise": "2023-04-01"}),
        "dates-conflict",
        "changes['rise']",
    ),
    "date to come": (
        lambda: BASE.episodes(changes={"rise": "2024-07-01"}),
        "dates-conflict",
        "changes['rise']",
    ),
    "no date": (lambda: BASE.episodes(changes={"rise": "May"}), "unreadable-date", "changes['rise']"),
    "name taken": (lambda: BASE.episodes("plan", changes={"plan=pro": "2024-04-01"}), "duplicate", "changes"),
    "baseline of none": (
        lambda: BASE.episodes("plan", baseline={"land": "DE"}),
        "unknown-choice",
        "baseline",
    ),
    "unknown kind": (
        lambda: BASE.episodes("plan", baseline={"plan": "gold"}),
        "unknown-choice",
        "baseline['plan']",
    ),
    "clock": (lambda: BASE.episodes("plan", tenure="days"), "unknown-choice", "tenure"),  # pyright: ignore[reportArgumentType]
    "no whole year": (lambda: BASE.episodes("plan", unit="year"), "too-few", "unit"),
    "model of purchases": (lambda: with_hazard_ratios(rk.BGNBD, ["rise"]), "not-a-model", "model"),
    "around covariates": (
        lambda: with_hazard_ratios(rk.with_covariates(rk.Weibull, churn=["a"]), ["rise"]),
        "not-a-model",
        "model",
    ),
    "no covariates": (lambda: with_hazard_ratios(rk.Geometric, []), "empty", "covariates"),
    "covariate twice": (lambda: with_hazard_ratios(rk.Geometric, ["a", "a"]), "duplicate", "covariates"),
    "covariate not there": (
        lambda: rk.fit(with_hazard_ratios(rk.Geometric, ["fall"]), BASE.episodes(changes=RISE)),
        "missing-column",
        "data",
    ),
    "scaled twice": (
        lambda: scaled_hazard(scaled_hazard(rk.Geometric(0.1), 2.0), 2.0),
        "not-a-model",
        "base",
    ),
    "not contractual": (lambda: scaled_hazard(rk.GammaGamma(6.0, 4.0, 15.0), 2.0), "not-a-model", "base"),
    "ratio of 0": (
        lambda: scaled_hazard(rk.Geometric(0.1), 0.0),
        "out-of-range",
        "ScaledDiscreteModel hazard_ratio (how many times the hazard of the model within)",
    ),
}


@pytest.mark.parametrize(("call", "code", "argument"), CASES.values(), ids=CASES)
def test_it_is_refused_by_name(call: Callable[[], object], code: str, argument: str) -> None:
    with pytest.raises(rk.InputError) as caught:
        call()
    assert (caught.value.code, caught.value.argument) == (code, argument)
    assert caught.value.rule


def test_a_plan_that_nobody_was_watched_in_is_no_baseline_in_disguise() -> None:
    table: dict[str, Any] = {name: np.append(column, column[:1]) for name, column in TABLE.items()}
    table["id"][-1], table["plan"] = "c", np.array(["basic", "pro", "basic", "gold"])
    table["from"][-1], table["to"][-1] = "2024-06-20", ""
    cut = rk.read_subscriptions(table, **NAMED, plan="plan").episodes("plan")
    assert cut.without_exposure == 1 and list(cut.data.covariates) == ["plan=pro"]
    with pytest.raises(rk.InputError, match="plan=gold") as caught:
        _ = cut.now
    assert caught.value.argument == "now"


def test_a_record_of_the_other_kind_of_time_is_refused() -> None:
    text = scaled_hazard(rk.Weibull(9.0, 0.8), 2.0).model_dump_json()
    with pytest.raises(rk.InputError) as caught:
        rk.model_from_json(text.replace("ScaledContinuousModel", "ScaledDiscreteModel"))
    assert caught.value.code == "unreadable-source"
