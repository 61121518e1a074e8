"""The root has what everybody needs; a name that is not where it was looked for is told where it is."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import retainkit
from retainkit import decisions, economics
from retainkit.addresses import SYNONYMS

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
    "models": ("Effect", "OverTime", "WithCovariates", "WithShares"),
    "reports": ("CustomerBaseReport",),
    "summaries": ("align_covariates", "encode_categories"),
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
    assert len(retainkit.__all__) <= 70


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
