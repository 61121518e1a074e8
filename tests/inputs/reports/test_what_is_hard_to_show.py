"""Reports on what is hard to show: one cohort, a poor forecast, 10,000 segments, a full disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

import retainkit as rk
from retainkit.cli import main
from retainkit.reports import CustomerBaseReport
from retainkit.reports.page.wording import share
from retainkit.typing import Array

TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": rk.Duration(3, "year"),
}
COLUMNS: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "amount", "unit": "week"}


def one_cohort(kept: float = 1.0) -> dict[str, Any]:
    """Customers who all came on one day; of their purchases after the split the share `kept`."""
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(300), 8)
    gaps: Array = rng.exponential(rng.gamma(2.0, 40.0, 300)[:, None], (300, 8))
    gaps[:, 0] = 0.0
    day = gaps.cumsum(axis=1).ravel().astype(int)
    use = (day < 560) & ((day < 280) | (rng.random(day.size) < kept))
    date = np.datetime64("2022-01-03") + day[use]
    amount = rng.gamma(5.0, 6.0, int(use.sum()))
    return {"id": who[use], "date": date.astype(str), "amount": amount, "kind": (who[use] % 2).astype(str)}


@pytest.fixture(scope="module")
def made() -> CustomerBaseReport:
    return rk.report(one_cohort(0.1), **COLUMNS, **TERMS, observation_end="2023-07-17", by="kind")


@pytest.mark.slow
def test_a_poor_forecast_is_said_first_and_one_cohort_is_a_base(made: CustomerBaseReport) -> None:
    assert made.verdict.grade == "bad"
    assert made.verdict.head == "Do not rely on totals: customers bought less than the model foresaw"
    for told in (text := made.to_text(80), made.to_html()):
        assert told.index(made.verdict.head) < told.index("What is the base worth?")
    assert "2022-01" in text[text.index("Share of a cohort") :]


@pytest.mark.slow
def test_of_ten_thousand_segments_the_largest_are_shown_and_the_others_counted(
    made: CustomerBaseReport,
) -> None:
    one = made.segments[0]
    many = replace(made, segments=tuple(replace(one, name=f"s{k}", value=float(k)) for k in range(10_000)))
    row = next(line for line in many.to_text(80).splitlines() if "others" in line)
    assert row.split()[0] == "9,980"
    page = many.to_html()
    assert "s9999" in page and "s9980" in page and "s9979" not in page
    assert len(page.encode()) < 300_000


def test_almost_all_is_not_written_as_a_power() -> None:
    told = [share(x) for x in (0.0, 1e-4, 0.51, 0.9949, 0.996, 0.99996, 1.0, 1.004)]
    assert told == ["0%", "0.01%", "51%", "99%", "99.6%", "99.996%", "100%", "100.4%"]


def billed(plans: int, starts: str = "2024-01-01") -> rk.SubscriptionBase:
    n = 2 * plans
    table = {
        "id": np.arange(n),
        "start": [starts] * n,
        "end": ["" if k % 3 else "2024-05-01" for k in range(n)],
        "amount": np.where(np.arange(n) % plans < 5, 90.0, 9.0),
        "plan": [f"p{k % plans}" for k in range(n)],
    }
    named: dict[str, Any] = {"customer_id": "id", "start": "start", "end": "end", "amount": "amount"}
    return rk.read_subscriptions(table, **named, plan="plan", observation_end="2024-06-30")


@pytest.mark.slow
def test_a_workbook_of_one_cohort_and_many_plans_has_them_all_in_few_rows(tmp_path: Path) -> None:
    path = billed(10_000).to_excel(tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(path)
    rows = [row for row in book["Revenue by plan"].iter_rows(values_only=True) if row[1]]
    plans = {str(row[1]) for row in rows}
    assert {"p0", "p1", "p2", "p3", "p4", "9,980 others"} <= plans
    assert len(plans) == 1 + 21
    assert sum(row[0] == "2024-01" for row in book["Cohorts"].iter_rows(values_only=True)) >= 3


@pytest.mark.slow
def test_a_path_that_takes_nothing_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    table = one_cohort()
    lines = [",".join(table), *(",".join(map(str, row)) for row in zip(*table.values(), strict=True))]
    (tmp_path / "sales.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = ["report", "sales.csv", "--customer-id", "id", "--margin-share", "30%", "--html"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "replace", full)
    for path, rule in (
        ("no/such/r.html", "must be a file in a folder that exists"),
        ("r.html", "must be a file that can be written (No space left on device)"),
    ):
        assert main([*asked, path]) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert "--html" in said and rule in said
    assert [one.name for one in tmp_path.iterdir()] == ["sales.csv"]


PERIODS = rk.summarize_periods(
    {"id": [1, 1], "month": ["2024-01", "2024-02"], "orders": [1, 2]},
    customer_id="id", period="month", orders="orders", unit="month",
)  # fmt: skip
NO_TABLES: list[Any] = [
    rk.Renewals.from_survivors([10, 5], unit="year"),
    rk.NBD(1.0, 2.0, unit="month"),
    rk.fit,
    None,
    3,
]


@pytest.mark.parametrize("source", NO_TABLES, ids=lambda source: type(source).__name__)
def test_what_is_neither_table_nor_base_is_refused_as_such(source: Any) -> None:
    with pytest.raises(rk.InputError, match=f"source must be a table.*got '{type(source).__name__}'"):
        rk.report(source, **TERMS)


def test_orders_by_period_are_told_what_answers_for_them() -> None:
    with pytest.raises(rk.InputError, match=r"got 'PeriodSummary'. Orders by period .* fit in_periods"):
        rk.report(PERIODS, **TERMS)
