"""The page in a real browser: its figures are the library's, it asks for nothing, everybody can read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import VIEWS, browser, opened, violations

import retainkit as rk
from retainkit.ingest import load_cdnow
from retainkit.reports import CustomerBaseReport, SubscriptionReport, report
from retainkit.reports.page.what_if import Setting

pytestmark = pytest.mark.needs("chromium")
HOSTILE = "</script><img src=x onerror=\"document.title='run'\"><b>& \"quoted\" 'too' \u2028 =1+1"
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": rk.Duration(3, "year"),
}
COLUMNS: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "amount": "dollar_value"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def cdnow() -> CustomerBaseReport:
    table = load_cdnow("sample")
    kinds = np.array([f"segment {int(who) % 3}" for who in table["customer_id"]])
    return report(
        {**table, "kind": kinds}, **COLUMNS, unit="week", **TERMS, acquisition_cost=20, currency="$",
        title="CDNOW", by="kind",
    )  # fmt: skip


@pytest.fixture(scope="module")
def billed() -> SubscriptionReport:
    table = rk.valuation.simulate_billing(months=30, seed=1)
    base = rk.read_subscriptions(
        table, customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        pauses="paused", observation_end="2024-06-30",
    )  # fmt: skip
    return report(base, **TERMS, acquisition_cost=60, currency="$", title="Billing")


@pytest.fixture(scope="module")
def file(cdnow: CustomerBaseReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("page") / "report.html"
    written.write_text(cdnow.to_html(), encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def other(billed: SubscriptionReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("page") / "subscriptions.html"
    written.write_text(billed.to_html(), encoding="utf-8")
    return written


@pytest.mark.parametrize("kind", ["purchases", "renewals"])
def test_the_what_if_is_the_librarys(kind: str, chromium: Any, request: pytest.FixtureRequest) -> None:
    """200 settings, with their bands; the curves themselves are held against the models elsewhere."""
    names = ("cdnow", "file") if kind == "purchases" else ("billed", "other")
    made, file = map(request.getfixturevalue, names)
    rng, curves = np.random.default_rng(11), made.what_if
    columns = (rng.uniform(a, b, 200) for a, b in ((0.05, 1.0), (0.0, 150.0), (0.0, 0.4), (0.5, 2.0)))
    names = ("margin", "cost", "discount", "factor")
    cases = [dict(zip(names, map(float, row), strict=True)) for row in zip(*columns, strict=True)]
    with opened(chromium, file) as (page, seen):
        # infinity is no JSON: as text it comes over
        told = page.evaluate(
            "cs => cs.map(c => JSON.stringify(retainkit.evaluate(c), (_, v) => v === 1 / 0 ? 'never' : v))",
            cases,
        )
        assert seen == [file.as_uri()]
    never = 0
    for text, case in zip(told, cases, strict=True):
        got, expected = json.loads(text), curves.evaluate(Setting(*case.values()))
        for name in ("value", "net", "base", "payback"):
            pairs = [
                (got[name], getattr(expected, name)[0]),
                *zip(got["range"][name], expected.range(name), strict=True),
            ]
            for page_says, python_says in pairs:
                never += page_says == "never"
                said = np.inf if page_says == "never" else page_says
                assert said == pytest.approx(python_says, rel=1e-6, abs=1e-6), (name, case)
    assert never > 20


@pytest.mark.parametrize("kind", ["file", "other"])
def test_what_the_page_shows_at_first_is_what_stands_in_it_without_its_script(
    kind: str, chromium: Any, request: pytest.FixtureRequest
) -> None:
    file = request.getfixturevalue(kind)
    words = [
        "r-value",
        "r-value-range",
        "r-value-change",
        "r-payback",
        "r-payback-range",
        "r-ratio",
        "r-base",
    ]
    words += ["r-base-range", "r-base-change"]
    with opened(chromium, file) as (page, _):
        shown = {name: page.inner_text(f"#{name}") for name in words}
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert {name: page.inner_text(f"#{name}") for name in words} == shown
    assert not page.locator("#margin").is_visible() and "needs JavaScript" in page.inner_text("main")
    context.close()


@pytest.mark.parametrize(
    ("kind", "width", "scheme"),
    [*(("file", *view) for view in VIEWS), *(("other", *view) for view in VIEWS[::3])],
)
def test_the_page_is_quiet_fits_and_can_be_read_by_all(
    kind: str, width: int, scheme: str, chromium: Any, request: pytest.FixtureRequest
) -> None:
    file = request.getfixturevalue(kind)
    with opened(chromium, file, width, scheme) as (page, seen):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        before = page.inner_text("#r-base")
        page.locator("#factor").fill("15")
        page.wait_for_function("b => document.getElementById('r-base').innerText !== b", arg=before)
        page.locator("#cost-exact").fill("35.5")
        page.wait_for_function("document.getElementById('cost').value >= 35")
        page.locator("#back").click()
        page.wait_for_function("b => document.getElementById('r-base').innerText === b", arg=before)
        assert page.evaluate("[...document.querySelectorAll('svg text')].every(t => t.getBBox().width < 430)")
        assert seen == [file.as_uri()]
    assert violations(chromium, file, width, scheme) == []


def test_what_the_user_wrote_is_text(chromium: Any, tmp_path: Path) -> None:
    """Ids, segments, title, currency and the name of a column, each a piece of a page or of a formula."""
    table = load_cdnow("sample")
    ids = np.array([f"{who}{HOSTILE}" for who in table["customer_id"]])
    kinds = np.array([f"{int(who) % 2}{HOSTILE}" for who in table["customer_id"]])
    made = report(
        {HOSTILE: ids, "date": table["date"], "dollar_value": table["dollar_value"], "<kind>": kinds},
        customer_id=HOSTILE, date="date", amount="dollar_value", unit="week", **TERMS, acquisition_cost=20,
        title=HOSTILE, currency="=<i>", by="<kind>",
    )  # fmt: skip
    file = tmp_path / "hostile.html"
    file.write_text(made.to_html(), encoding="utf-8")
    with opened(chromium, file, 390) as (page, seen):
        page.locator("#margin").fill("50")
        page.wait_for_function("document.getElementById('r-base-change').innerText !== 'as in the report'")
        assert page.title().startswith(HOSTILE[:40]) and page.locator("img, b:not(.tag), i").count() == 0
        words = page.inner_text("body")
        for written in (HOSTILE.replace("\u2028", "").split()[0], "<kind>", "=<i>"):
            assert written.casefold() in words.casefold()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert seen == [file.as_uri()]


def test_no_other_script_runs_and_nothing_leaves(chromium: Any, file: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.html"
    text = file.read_text(encoding="utf-8")
    edited.write_text(
        text.replace('"use strict";', '"use strict"; document.title = "run";', 1), encoding="utf-8"
    )
    with opened(chromium, edited) as (page, seen):
        assert page.title() != "run" and any("Content Security Policy" in said for said in seen)
        asked = "fetch('https://example.org').then(() => 'left', () => 'refused')"
        assert page.evaluate(asked) == "refused"


def test_it_prints(chromium: Any, cdnow: CustomerBaseReport, file: Path, tmp_path: Path) -> None:
    written = tmp_path / "report.pdf"
    cdnow.to_pdf(written)
    assert written.read_bytes().startswith(b"%PDF") and [f.name for f in tmp_path.iterdir()] == [written.name]
    with opened(chromium, file, scheme="dark") as (page, _):
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator(".controls").is_visible() and page.locator("#cash").is_visible()
