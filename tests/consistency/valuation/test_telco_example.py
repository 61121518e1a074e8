"""The example on a table of the Telco kind: a made-up file, its curves and its break-even points checked."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from retainkit.economics import cost_per_incremental_save

SCRIPT = Path(__file__).parents[3] / "examples" / "telco_retention.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("telco_retention", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    lines = ["customerID,tenure,Contract,MonthlyCharges,Churn"]
    for k in range(600):
        contract, churn = (("Month-to-month", 0.05), ("One year", 0.01))[k % 2]
        age, life = int(rng.integers(0, 60)), int(rng.geometric(churn))
        left = "Yes" if life <= age else "No"
        lines.append(f"{k},{min(age, life)},{contract},{20 + k % 50},{left}")
    path = tmp_path / "telco.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_report_counts_draws_and_breaks_even(
    example: ModuleType, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = table.with_suffix(".svg")
    segments = example.main([str(table), "--margin-share", "0.4", "--picture", str(picture)])
    printed = capsys.readouterr().out
    rows = example.read(table)
    new = int(((rows.tenure == 0) & ~rows.left).sum())
    assert new > 0
    assert printed.startswith(f"600 customers, {rows.left.sum()} left\n{new} of them just joined")
    assert picture.read_text(encoding="utf-8").rstrip().endswith("</svg>")
    for of in segments:
        for saves in (0.2, 0.9):
            gift = example.highest_incentive(of, 0.5, saves)
            after = of.churn_next * (1 - saves)
            save = cost_per_incremental_save(
                churn_untreated=of.churn_next,
                churn_treated=after,
                cost_per_contact=0.5,
                incentive=max(gift, 0),
            )
            if gift > 0:
                assert save.cost == pytest.approx(of.value_of_a_save, rel=1e-12)
                assert example.saves_needed(of, 0.5, gift) == pytest.approx(saves, rel=1e-12)


def test_curves_are_the_product_of_those_who_stay(example: ModuleType, table: Path) -> None:
    rows = example.read(table)
    for of in example.main([str(table), "--margin-share", "1"]):
        mine = rows.where(rows.contract == of.name)
        share = 1.0
        for month in range(1, 31):
            at_risk = int((mine.tenure >= month).sum())
            share *= 1 - int((mine.left & (mine.tenure == month)).sum()) / at_risk
            assert of.curve.survival(month) == pytest.approx(share, rel=1e-12)


def test_value_counts_the_margin_of_those_who_are_still_there(example: ModuleType, table: Path) -> None:
    rows = example.read(table)
    one = example.main([str(table), "--margin-share", "0.5", "--discount", "0", "--months", "1"])
    for of in one:
        there = rows.where((rows.contract == of.name) & ~rows.left)
        stay = [of.curve.continued("same-churn", over=12).survival(k + 1, given=k) for k in there.tenure]
        assert of.value == pytest.approx(np.mean(0.5 * there.charge * np.array(stay)), rel=1e-12)
        assert of.churn_next == pytest.approx(1 - np.mean(stay), rel=1e-12)


def test_the_margin_has_no_default(
    example: ModuleType, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        example.main([str(table)])
    assert "--margin-share" in capsys.readouterr().err
