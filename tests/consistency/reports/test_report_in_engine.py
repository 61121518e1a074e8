"""A report on customers who stay in their engine is that of memory, and none of them comes here."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from collected import spied_on

import retainkit as rk
from retainkit.reports import CustomerBaseReport
from retainkit.reports.purchases.people import tenths_of
from retainkit.valuation import CustomerValue, LazyCustomerValue

CONNECTION = duckdb.connect()
KINDS: dict[str, Any] = {
    "duckdb": lambda table: CONNECTION.from_arrow(table.to_arrow()),
    "polars": lambda table: table.lazy(),
}
ASKED: dict[str, Any] = {"customer_id": "id", "date": "day", "amount": "price", "unit": "week"}
ASKED |= {"margin_share": 0.3, "discount_rate": rk.Rate(0.1, per="year"), "models": [rk.BGNBD]}
FOREVER = rk.Duration(float("inf"), "year")  # for which no intervals are drawn: they take their time
ASKED |= {"horizon": FOREVER, "acquisition_cost": 20.0, "by": "kind"}


def shop() -> pl.DataFrame:
    """Customers who buy at rates of their own, leave after some of their purchases, and spend unlike."""
    rng, rows = np.random.default_rng(8), list[tuple[str, int, float, str]]()
    for k, (rate, stays, typical) in enumerate(
        zip(rng.gamma(0.6, 0.03, 300), rng.beta(3, 1, 300), 30 / rng.gamma(4, 0.25, 300), strict=True)
    ):
        day = rng.integers(0, 60)
        while day < 400:
            rows.append((f"c{k:03}", int(day), round(float(rng.gamma(6, typical / 6)), 2), f"k{k % 3}"))
            day = 999 if rng.random() > stays else day + 1 + rng.exponential(1 / rate)
    table = pl.DataFrame(rows, ["id", "day", "price", "kind"], orient="row")
    return table.with_columns(day=pl.date(2023, 1, 1) + pl.duration(days=pl.col("day")))


SHOP = shop()


@pytest.fixture(scope="module")
def memory() -> CustomerBaseReport:
    return rk.report(SHOP, **ASKED)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """All figures of nested values by where they stand."""
    parts = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if parts is None:
        return {path: value}
    return {k: v for name, part in parts for k, v in flat(part, f"{path}/{name}").items()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_report_is_that_of_memory(
    memory: CustomerBaseReport, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = spied_on(monkeypatch)
    found = rk.report(KINDS[kind](SHOP), **ASKED)
    assert seen and not any({"customer_id", "id"} & set(names) for _, names in seen)
    assert isinstance(found.value, LazyCustomerValue) and isinstance(memory.value, CustomerValue)
    one, two = (flat(report.as_dict()) for report in (memory, found))
    assert one.keys() == two.keys()
    for name, figure in one.items():
        if isinstance(figure, float) and "/fingerprint/" not in name:  # spend goes by cells of 1%
            assert two[name] == pytest.approx(figure, rel=5e-3, abs=1e-3), name
        elif "/fingerprint/" not in name:
            assert name.startswith("/caveats") or two[name] == figure, name
    np.testing.assert_allclose(found.people.tenths, tenths_of(memory.value.value), rtol=5e-3)
    for mine, theirs in zip(found.people.stakes, memory.people.stakes, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0.02)
    assert found.triangle == memory.triangle is not None
    titles = [[section.title for section in report.to_page().sections] for report in (memory, found)]
    assert titles[0] == titles[1]


@pytest.mark.slow
def test_a_summary_in_an_engine_is_reported_by_period_or_without_spend() -> None:
    given: dict[str, Any] = {k: v for k, v in ASKED.items() if k in ("customer_id", "date", "unit")}
    terms = {k: v for k, v in ASKED.items() if k not in ("customer_id", "date", "unit", "amount")}
    terms |= {"by": "quarter", "spend_per_purchase": 25.0, "models": [rk.NBD]}
    terms |= {"horizon": rk.Duration(1, "year")}
    one, two = (
        rk.report(rk.summarize_transactions(source, **given), **terms) for source in (SHOP, SHOP.lazy())
    )
    for a, b in zip(one.segments, two.segments, strict=True):
        assert (a.name, a.customers, a.repeat_buyers) == (b.name, b.customers, b.repeat_buyers)
        assert b.value == pytest.approx(a.value, rel=1e-6)
    assert two.top_tenth_share == pytest.approx(one.top_tenth_share, rel=1e-6)
    assert one.intervals is not None and two.intervals is not None
    for name in ("value", "value_expected", "new_customer", "payback", "active"):  # ends of draws
        assert getattr(two.intervals, name) == pytest.approx(getattr(one.intervals, name), rel=0.05), name
    listed: dict[str, Any] = ASKED | {"by": [1, 2, 3]}
    with pytest.raises(rk.InputError, match="by must be a name where customers stay in an engine"):
        rk.report(SHOP.lazy(), **listed)
