"""Scenarios come from everywhere, are checked once, and say what is wrong with them."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from retainkit.errors import InputError, MissingDependencyError
from retainkit.valuation.scenarios import FIGURES, UnitEconomics, evaluate_scenarios

GIVEN: dict[str, Any] = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05}
SCENARIO = UnitEconomics(**GIVEN)


class Row(NamedTuple):
    acquisition_cost: float
    monthly_margin: float
    monthly_churn: float


# ---- where scenarios come from ----------------------------------------------------------------------


def test_a_scenario_comes_from_dict_json_and_file(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(GIVEN), encoding="utf-8")
    for made in (
        UnitEconomics.from_dict(GIVEN),
        UnitEconomics.from_json(json.dumps(GIVEN)),
        UnitEconomics.from_json(json.dumps(GIVEN).encode()),
        UnitEconomics.from_json(file),
        UnitEconomics.from_json(SCENARIO.model_dump_json()),
        UnitEconomics.model_validate_json(SCENARIO.model_dump_json()),
        pickle.loads(pickle.dumps(SCENARIO)),
    ):
        assert made == SCENARIO


def test_a_scenario_comes_from_yaml(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    text = "acquisition_cost: 500\nmonthly_margin: 50   # after costs\nmonthly_churn: 0.05\n"
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    assert UnitEconomics.from_yaml(text) == UnitEconomics.from_yaml(file) == SCENARIO
    with pytest.raises(InputError, match="must be YAML"):
        UnitEconomics.from_yaml("a: [1")


def test_yaml_without_its_library_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'retainkit\[yaml\]'"):
        UnitEconomics.from_yaml("acquisition_cost: 500")


def test_a_scenario_comes_from_a_row_of_any_table() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns = {name: [value] for name, value in GIVEN.items()}
    frame = pd.DataFrame(columns)
    rows: list[Any] = [
        frame.iloc[0],
        next(frame.itertuples(index=False)),
        frame.to_dict("records")[0],
        pl.DataFrame(columns).to_dicts()[0],
        pl.DataFrame(columns).row(0, named=True),
        Row(500, 50, 0.05),
    ]
    for row in rows:
        assert UnitEconomics.from_row(row) == SCENARIO


def test_what_is_missing_in_a_row_takes_its_default_and_other_columns_are_named() -> None:
    pd = pytest.importorskip("pandas")
    row = {**GIVEN, "horizon_months": np.nan, "annual_discount_rate": None, "onboarding_cost": pd.NA}
    assert UnitEconomics.from_row(row) == SCENARIO
    with pytest.raises(InputError, match="acquisition_cost must be given"):
        UnitEconomics.from_row({**GIVEN, "acquisition_cost": np.nan})
    with pytest.raises(InputError, match="segment is not a field"):
        UnitEconomics.from_row({**GIVEN, "segment": "small"})
    assert UnitEconomics.from_row({**GIVEN, "segment": "small"}, other="ignore") == SCENARIO


@pytest.mark.parametrize("kind", [int, float, Decimal, Fraction, np.float32, np.float64, np.int64, np.array])
def test_any_kind_of_number_is_a_number(kind: Callable[[int], Any]) -> None:
    made = UnitEconomics(**{**GIVEN, "acquisition_cost": kind(500), "horizon_months": kind(12)})
    assert made.acquisition_cost == 500.0 and type(made.acquisition_cost) is float
    assert made.horizon_months == 12 and type(made.horizon_months) is int


def test_a_horizon_without_end_may_be_left_out_or_infinite() -> None:
    for months in (None, np.inf):
        assert UnitEconomics(**GIVEN, horizon_months=months) == SCENARIO  # type: ignore[arg-type]


# ---- what is refused --------------------------------------------------------------------------------

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "misspelt": ({"monthly_chrun": 0.1}, "monthly_chrun", "Did you mean 'monthly_churn'"),
    "a percentage": ({"monthly_churn": 5}, "monthly_churn", "0.3"),
    "text": ({"monthly_churn": "5%"}, "monthly_churn", "'5%'"),
    "a boolean": ({"monthly_churn": True}, "monthly_churn", "number"),
    "a column": ({"monthly_churn": [0.1, 0.2]}, "monthly_churn", "evaluate_scenarios"),
    "none": ({"monthly_churn": None}, "monthly_churn", "number"),
    "not a number": ({"acquisition_cost": np.nan}, "acquisition_cost", "finite"),
    "negative": ({"acquisition_cost": -1}, "acquisition_cost", "-1"),
    "infinite": ({"monthly_margin": np.inf}, "monthly_margin", "finite"),
    "a discount of all": ({"annual_discount_rate": -1}, "annual_discount_rate", "-1"),
    "half a month": ({"horizon_months": 2.5}, "horizon_months", "whole"),
    "no month": ({"horizon_months": 0}, "horizon_months", "1 or more"),
    "an unknown timing": ({"timing": "ends"}, "timing", "Did you mean 'end'"),
    "a margin of 80": (
        {"monthly_margin": None, "monthly_revenue": 10, "margin_share": 80},
        "margin_share",
        "0.8",
    ),
    "no margin": ({"monthly_margin": None}, "monthly_margin", "margin has no default"),
    "two margins": ({"monthly_revenue": 60}, "monthly_margin", "monthly_margin and monthly_revenue"),
    "half a margin": ({"monthly_margin": None, "monthly_revenue": 60}, "monthly_margin", "margin_share"),
    "a name that is none": ({"name": 5}, "name", "string"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_fields_are_refused_by_name(case: str) -> None:
    changed, argument, part = BAD[case]
    with pytest.raises(InputError) as error:
        UnitEconomics.from_dict({**GIVEN, **changed})
    assert error.value.argument == argument
    assert part in str(error.value)
    assert json.dumps(error.value.as_dict())


def test_what_is_left_out_is_named_with_its_unit() -> None:
    with pytest.raises(InputError) as error:
        UnitEconomics.from_dict({"monthly_margin": 5, "monthly_churn": 0.1})
    assert error.value.argument == "acquisition_cost" and "money per customer" in error.value.way_out


def test_bad_sources_are_refused() -> None:
    for bad in ("{", "[1, 2]", "5", '{"monthly_churn": '):
        with pytest.raises(InputError, match="source must be"):
            UnitEconomics.from_json(bad)
    for row in (5, "row", [1, 2, 3]):
        with pytest.raises(InputError, match="row must be"):
            UnitEconomics.from_row(row)


def test_inside_another_record_pydantic_reports_the_place_and_carries_the_advice() -> None:
    """A service's own models get pydantic's error, as they expect."""

    class Request(BaseModel):
        scenario: UnitEconomics

    assert Request(scenario=GIVEN).scenario == SCENARIO  # type: ignore[arg-type]
    with pytest.raises(ValidationError) as error:
        Request.model_validate({"scenario": {**GIVEN, "monthly_churn": 5}})
    (found,) = error.value.errors()
    assert found["loc"] == ("scenario",)
    assert found.get("ctx", {})["error"].as_dict()["argument"] == "monthly_churn"


def test_a_scenario_is_frozen_and_replace_checks_again() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SCENARIO.monthly_churn = 0.1  # type: ignore[misc]
    assert SCENARIO.replace(monthly_churn=0.1).monthly_churn == 0.1
    assert SCENARIO.monthly_churn == 0.05
    with pytest.raises(InputError, match="monthly_churn"):
        SCENARIO.replace(monthly_churn=1.1)


def test_the_schema_tells_units_and_bounds() -> None:
    schema = UnitEconomics.model_json_schema()
    churn = schema["properties"]["monthly_churn"]
    assert (churn["minimum"], churn["maximum"], churn["type"]) == (0, 1, "number")
    assert schema["required"] == ["acquisition_cost", "monthly_churn"]
    assert all("description" in field for field in schema["properties"].values())
    assert schema["additionalProperties"] is False


CALLS: dict[str, Callable[[], Any]] = {
    "grid of nothing": SCENARIO.grid,
    "grid of an unknown input": lambda: SCENARIO.grid(monthly_chur=[0.1]),
    "grid of one number": lambda: SCENARIO.grid(monthly_churn=0.1),
    "grid of no values": lambda: SCENARIO.grid(monthly_churn=[]),
    "grid of bad values": lambda: SCENARIO.grid(monthly_churn=[0.1, 2]),
    "grid of the other margin": lambda: SCENARIO.grid(monthly_revenue=[60]),
    "an unknown figure": lambda: SCENARIO.grid(monthly_churn=[0.1])["ltv"],
    "rows of a list": lambda: SCENARIO.sensitivity(rows=[0.1], columns={"monthly_churn": [0.1]}),  # type: ignore[arg-type]
    "rows as columns": lambda: SCENARIO.sensitivity(
        rows={"monthly_churn": [0.1]}, columns={"monthly_churn": [0.1]}
    ),
    "two rows": lambda: SCENARIO.sensitivity(
        rows={"monthly_churn": [0.1], "monthly_margin": [1]}, columns={"acquisition_cost": [1]}
    ),
    "tornado of nothing": lambda: SCENARIO.tornado({}),
    "tornado of all": lambda: SCENARIO.tornado(1.0),
    "tornado of three": lambda: SCENARIO.tornado({"monthly_churn": (0.1, 0.2, 0.3)}),  # type: ignore[dict-item]
    "percent for share": lambda: SCENARIO.replace(annual_discount_rate=12),
    "a field twice": lambda: UnitEconomics.from_json('{"monthly_churn": 0.1, "monthly_churn": 0.2}'),
    "tornado of the other margin": lambda: SCENARIO.tornado({"margin_share": (0.1, 0.2)}),
    "frame of an unknown kind": lambda: SCENARIO.evaluate().to_frame("panda"),  # type: ignore[arg-type]
    "table without churn": lambda: evaluate_scenarios(
        {"acquisition_cost": [1], "monthly_margin": [1]}, timing="end"
    ),
    "table without margin": lambda: evaluate_scenarios(
        {"acquisition_cost": [1], "monthly_churn": [0.1]}, timing="end"
    ),
    "table with a figure": lambda: evaluate_scenarios(
        {k: [v] for k, v in GIVEN.items()} | {"net_value": [1]}, timing="end"
    ),
    "table of another timing": lambda: evaluate_scenarios({k: [v] for k, v in GIVEN.items()}, timing="start"),  # type: ignore[arg-type]
    "table that is none": lambda: evaluate_scenarios(5, timing="end"),
    "table with bad values": lambda: evaluate_scenarios(
        {k: [v] for k, v in GIVEN.items()} | {"monthly_churn": [3]}, timing="end"
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_bad_calls_are_refused(call: str) -> None:
    with pytest.raises(InputError) as error:
        CALLS[call]()
    assert error.value.argument and error.value.rule


# ---- what comes back --------------------------------------------------------------------------------


def test_results_go_to_json_text_and_html() -> None:
    found = SCENARIO.replace(name="small plan", monthly_churn=0.1).evaluate()
    parsed = json.loads(found.model_dump_json())
    assert parsed["payback_months"] is None and parsed["net_value"] == 0.0 and parsed["monthly_churn"] == 0.1
    assert str(found).startswith("Unit economics of small plan (")
    assert "never" in str(found) and "never" in found._repr_html_()
    for record in (
        SCENARIO.grid(monthly_churn=[0.05, 0.1]),
        SCENARIO.tornado(0.1),
        SCENARIO.sensitivity(rows={"monthly_churn": [0.1]}, columns={"acquisition_cost": [1, 2]}),
    ):
        assert "<table>" in record._repr_html_()
        assert "NaN" not in record.model_dump_json() and "Infinity" not in record.model_dump_json()
        assert str(record)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_results_become_tables_of_the_kind_asked_for(kind: Any) -> None:
    library = pytest.importorskip(kind)
    table = library.Table if kind == "pyarrow" else library.DataFrame
    for record in (
        SCENARIO.evaluate(),
        SCENARIO.grid(monthly_churn=[0.05, 0.1]),
        SCENARIO.tornado(0.1),
        SCENARIO.sensitivity(rows={"monthly_churn": [0.1]}, columns={"acquisition_cost": [1, 2]}),
    ):
        assert isinstance(record.to_frame(kind), table)
        assert isinstance(record.to_frame(), dict)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "lazy"])
def test_a_table_keeps_its_kind_its_rows_and_its_other_columns(kind: str) -> None:
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    columns = {"segment": ["a", "b"], "acquisition_cost": [500, 250], "monthly_margin": [50.0, 5.0]}
    columns |= {"monthly_churn": [0.05, 0.1], "horizon_months": [12, None]}
    table: Any = {
        "pandas": lambda: pd.DataFrame(columns, index=[9, 3]),
        "polars": lambda: pl.DataFrame(columns),
        "lazy": lambda: pl.DataFrame(columns).lazy(),
        "pyarrow": lambda: pa.table(columns),
    }[kind]()
    found = evaluate_scenarios(table, timing="begin")
    assert type(found) is (pl.DataFrame if kind == "lazy" else type(table))
    if kind == "pandas":
        assert found.index.tolist() == [9, 3]
    got = {name: np.asarray(found[name]).tolist() for name in ("segment", "net_value")}
    assert got["segment"] == ["a", "b"]
    first = SCENARIO.replace(horizon_months=12).evaluate().net_value
    assert got["net_value"] == pytest.approx([first, 5 / 0.1 - 250], rel=1e-12)
    assert set(FIGURES) <= set(getattr(found, "column_names", None) or found.columns)
