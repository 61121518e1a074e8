"""Assumptions are changed in a workbook, which is recalculated: each figure is the library's, never too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
import pytest
from recalculated import changed, place, recalculated, values

import retainkit as rk
from retainkit.timing import FLOWS
from retainkit.valuation.scenarios import FIGURES

TERMS: dict[str, Any] = {
    "acquisition_cost": 500.0, "onboarding_cost": 0.0, "monthly_margin": 50.0, "monthly_retention_cost": 0.0,
    "monthly_churn": 0.05, "annual_discount_rate": 0.12, "horizon_months": None, "timing": "begin",
}  # fmt: skip
TIMES = ("simple_payback_months", "payback_months", "expected_lifetime_months")


def scenarios() -> list[dict[str, Any]]:
    """Every timing, with and without an end, at numbers drawn; then the edges."""
    rng = np.random.default_rng(15)
    found: list[dict[str, Any]] = []
    for timing in FLOWS:
        for horizon in (None, 36, 2, None):
            drawn = {
                "acquisition_cost": round(rng.uniform(20, 900), 2),
                "onboarding_cost": round(rng.uniform(0, 50), 2),
                "monthly_margin": round(rng.uniform(20, 120), 2),
                "monthly_retention_cost": round(rng.uniform(0, 10), 2),
                "monthly_churn": round(rng.uniform(0.001, 0.4), 4),
                "annual_discount_rate": round(rng.uniform(-0.05, 0.4), 4),
            }
            found.append({**TERMS, **drawn, "horizon_months": horizon, "timing": timing})
    edges: list[dict[str, Any]] = [
        {"monthly_churn": 0.1, "annual_discount_rate": 0.0},  # just never, and worth just its cost
        {"monthly_churn": 0.0, "annual_discount_rate": 0.0},  # 10 months, and a value without limit
        {"monthly_churn": 0.0, "annual_discount_rate": 0.0, "horizon_months": 9},
        {"monthly_churn": 0.0, "annual_discount_rate": 0.0, "horizon_months": 10},
        {"monthly_churn": 0.0, "annual_discount_rate": 0.0, "timing": "continuous", "horizon_months": 24},
        {"monthly_churn": 1.0},
        {"monthly_churn": 1.0, "acquisition_cost": 50.0},
        {"monthly_churn": 1.0, "timing": "end-if-retained", "horizon_months": 12},
        {"monthly_churn": 1.0, "timing": "continuous"},
        {"acquisition_cost": 0.0},
        {"acquisition_cost": 0.0, "monthly_margin": 0.0, "timing": "end"},
        {"acquisition_cost": 40.0},  # the first payment alone is enough
        {"acquisition_cost": 40.0, "horizon_months": 1},
        {"horizon_months": 1},
        {"horizon_months": 1, "timing": "end"},
        {"monthly_margin": 0.0},
        {"monthly_margin": -5.0, "timing": "mid"},
        {"monthly_margin": 20.0, "monthly_retention_cost": 30.0, "horizon_months": 6},
        {"annual_discount_rate": -0.5, "monthly_churn": 0.01},  # grows faster than customers leave
        {"monthly_churn": 0.0001, "annual_discount_rate": 0.0, "horizon_months": 12},
    ]
    return found + [{**TERMS, **edge} for edge in edges]


def told(value: float | None, name: str, timing: str) -> Any:
    """A figure as a cell has it."""
    if value is None:
        return "undefined" if timing == "continuous" else "never"
    if np.isnan(value):
        return "undefined"
    endless = "never" if name in TIMES else "infinite"
    return value if np.isfinite(value) else endless if value > 0 else f"minus {endless}"


class Made(NamedTuple):
    """Workbooks as they were written, and as they were calculated anew."""

    scenario: Path
    everything: Path
    changed: list[Path]
    again: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """All of them by one call of LibreOffice, which takes most of the time."""
    folder = tmp_path_factory.mktemp("workbooks")
    scenario = rk.workbook(rk.UnitEconomics(**TERMS), folder / "scenario.xlsx")
    everything = rk.workbook(results(), folder / "everything.xlsx", currency="$", by={"land": lands()})
    (bare,) = changed(everything, folder, [{}])
    bare = bare.rename(folder / "again.xlsx")
    *files, again = recalculated([*changed(scenario, folder, scenarios()), bare], folder / "out")
    return Made(scenario, everything, files, again)


def results() -> list[Any]:
    """One of each kind that has formulas, two of a kind whose names have to be told apart."""
    table = rk.valuation.simulate_billing(months=18, seed=1)
    base = rk.read_subscriptions(
        table, customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        pauses="paused", observation_end="2023-06-30",
    )  # fmt: skip
    late = base.forecast(months=6, new="trend", draws=200)
    return [
        rk.UnitEconomics(
            acquisition_cost=300, monthly_revenue=90, margin_share=0.5, monthly_churn=0.04, horizon_months=24
        ),
        rk.break_even(500, 50, churn=0.05, growth=0.01, timing="mid", period="month"),
        rk.break_even(500, 50, churn=0.1),
        base,
        base.metrics(by="plan", every="quarter"),
        late,
        valued(),
    ]


def valued() -> Any:
    customers = rk.Purchases(
        frequency=np.arange(40.0) % 7,
        recency=np.where(np.arange(40) % 7 > 0, 30.0, 0.0),
        T=np.full(40, 38.9),
        unit="week",
    )
    model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    terms: dict[str, Any] = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(3, "year")}
    return rk.value_customers(customers, model, 35.0, margin_share=0.3, **terms)


def lands() -> list[str]:
    """Labels that a criterion of a spreadsheet would read as its own language."""
    return [["DE", "*", "?E", ">1", "=1+1"][k % 5] for k in range(40)]


@pytest.mark.needs("libreoffice")
def test_a_workbook_whose_assumptions_change_has_the_figures_of_the_library(made: Made) -> None:
    book = openpyxl.load_workbook(made.scenario)
    cells = {name: place(book, name)[1] for name in (*FIGURES, "payback_payments")}
    wrong = []
    assert len(scenarios()) == 40
    for case, file in zip(scenarios(), made.changed, strict=True):
        result, found = rk.UnitEconomics(**case).evaluate(), values(file, "Unit economics")
        for name, cell in cells.items():
            want = told(getattr(result, name), name, case["timing"])
            if not same(found.get(cell), want):
                wrong.append((case, name, want, found.get(cell)))
    assert wrong == []


@pytest.mark.needs("libreoffice")
def test_the_check_says_when_assumptions_were_changed(made: Made) -> None:
    said = values(made.changed[0], "Check")
    assert str(said["A2"]).startswith("Assumptions were changed")
    assert "DIFFERS" not in said.values()


@pytest.mark.needs("libreoffice")
def test_what_is_stored_beside_a_formula_is_what_it_gives(made: Made) -> None:
    """For those who read the file without a spreadsheet; and each check says equal."""
    before, after = (openpyxl.load_workbook(file, data_only=True) for file in (made.everything, made.again))
    formulas = openpyxl.load_workbook(made.everything)
    tried, wrong = 0, []
    for sheet in formulas.sheetnames:
        for row in formulas[sheet].iter_rows():
            for cell in row:
                rounding = sheet == "Check" and cell.coordinate.startswith("D")
                if cell.data_type == "f" and not rounding:
                    tried += 1
                    one, other = (book[sheet][cell.coordinate].value for book in (before, after))
                    if not same(one, other) and {one, other} != {None, ""}:
                        wrong.append((sheet, cell.coordinate, one, other))
    assert tried > 2_000
    assert wrong == []
    outcomes = {v for cell, v in values(made.again, "Check").items() if cell.startswith("E")} - {"result"}
    assert outcomes == {"equal"}


def same(got: Any, want: Any) -> bool:
    """Equal words; numbers to 1e-9 of themselves, where a difference of numbers near 1 has so many digits."""
    if isinstance(want, str) or isinstance(got, str) or got is None:
        return got == want
    return abs(got - want) <= max(1e-9 * abs(want), 1e-14)
