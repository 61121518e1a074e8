"""The report says what the library says: the same figures in the record, in text, HTML, JSON and terminal."""

from __future__ import annotations

import json
import math
import re
import runpy
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from pages import Page
from scipy.stats import spearmanr
from shops import middle_of, some_of_cdnow

import retainkit as rk
from retainkit.cli import main
from retainkit.ingest import load_cdnow
from retainkit.reports import CustomerBaseReport, report
from retainkit.reports.purchases.figures import measure_spend_link
from retainkit.validation import track_purchases

ROOT = Path(__file__).parents[3]
COLUMNS: dict[str, Any] = {
    "customer_id": "customer_id",
    "date": "date",
    "amount": "dollar_value",
    "unit": "week",
}
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": rk.Duration(3, "year"),
}


def cdnow(table: Any, **more: Any) -> CustomerBaseReport:
    request: dict[str, Any] = {**COLUMNS, **TERMS, "acquisition_cost": 20, "currency": "$", **more}
    return report(table, **request)


def of_few(**more: Any) -> CustomerBaseReport:
    return cdnow(some_of_cdnow(10), **more)


@pytest.fixture(scope="module")
def made() -> CustomerBaseReport:
    return cdnow(load_cdnow("sample"), title="CDNOW")


@pytest.fixture(scope="module")
def few() -> CustomerBaseReport:
    return of_few(title="CDNOW")


@pytest.fixture(scope="module")
def page(made: CustomerBaseReport) -> str:
    return made.to_html()


@pytest.mark.slow
def test_the_figures_are_those_of_the_single_steps(made: CustomerBaseReport) -> None:
    tx = rk.summarize_transactions(load_cdnow("sample"), **COLUMNS)
    buying, spending = rk.fit(rk.ParetoNBD, tx.purchases), rk.fit(rk.GammaGamma, tx.spend)
    value = rk.value_customers(tx, buying.model, spending.model, **TERMS)
    assert made.purchasing.model == buying.model
    assert isinstance(made.value, rk.valuation.CustomerValue)
    assert made.value.value.tolist() == value.value.tolist()
    assert made.new_customer == rk.value_new_customer(buying.model, spending.model, **TERMS)
    terms = {k: TERMS[k] for k in ("margin_share", "discount_rate")}
    assert made.payback == rk.payback_time(20, buying.model, spending.model, **terms)
    assert made.repeat_buyers == np.count_nonzero(tx.purchases.frequency)
    assert made.expected_spend == pytest.approx(np.mean(value.expected_purchases * value.expected_spend))
    tenth = sorted(value.value.tolist(), reverse=True)[:236]  # of 2,357, rounded up
    assert made.top_tenth_share == pytest.approx(sum(tenth) / value.total)


@pytest.mark.slow
def test_the_verdict_is_that_of_validation(made: CustomerBaseReport) -> None:
    assert made.tracking is not None
    held = made.tracking.holdout
    assert (made.verdict.grade, made.verdict.head) == (held.grade, held.headline)
    assert f"{held.predicted:,.0f} repeat purchases" in made.verdict.body


def test_the_held_out_half_is_the_second_half(made: CustomerBaseReport) -> None:
    split = rk.summarize_transactions(load_cdnow("sample"), **COLUMNS, holdout_from="1997-10-01")
    assert made.tracking is not None and made.calibration is not None and split.calibration is not None
    assert made.calibration.model == rk.fit(rk.ParetoNBD, split.calibration.purchases).model
    expected = track_purchases(split, made.calibration.model)
    assert made.tracking.predicted.tolist() == expected.predicted.tolist()
    assert str(made.tracking.split) == "1997-10-01"


@pytest.mark.slow
def test_a_summary_gives_the_report_of_its_table(few: CustomerBaseReport) -> None:
    table = some_of_cdnow(10)
    tx = rk.summarize_transactions(table, **COLUMNS, holdout_from=middle_of(table["date"]))
    same = report(tx, **TERMS, acquisition_cost=20, currency="$", title="CDNOW")
    assert same.model_dump_json() == few.model_dump_json()


def test_standard_errors_of_values_are_those_of_the_delta_method(made: CustomerBaseReport) -> None:
    """By central differences in the parameters themselves, with the covariance that the fits state."""
    assert made.spend is not None

    def values(buying: list[float], spending: list[float]) -> tuple[float, float]:
        models = rk.ParetoNBD(*buying, unit="week"), rk.GammaGamma(*spending)
        return (
            rk.value_customers(made.transactions, *models, **TERMS).total,
            float(rk.value_new_customer(*models, **TERMS).value),
        )

    variance = np.zeros(2)
    at = [[float(v) for v in f.model.parameters.values()] for f in (made.purchasing, made.spend)]
    for which, fitted in enumerate((made.purchasing, made.spend)):
        slopes = []
        for i, value in enumerate(at[which]):
            sides = []
            for step in (1e-4 * value, -1e-4 * value):
                moved = [list(parameters) for parameters in at]
                moved[which][i] += step
                sides.append(np.array(values(*moved)))
            slopes.append((sides[0] - sides[1]) / (2e-4 * value))
        variance += np.einsum("pf,pq,qf->f", slopes, fitted.covariance, slopes)
    errors = [made.value_error, made.new_customer_error]
    assert errors == pytest.approx(np.sqrt(variance), rel=5e-3)  # theirs is a one-sided difference


def test_every_form_shows_the_same_figures(
    made: CustomerBaseReport, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made.payback is not None and made.payback.time is not None
    text, paid = made.to_text(100), made.payback.time
    figures = [
        "2,357", f"{made.value.total:,.0f}", f"${made.value.mean:.2f}", f"${made.new_customer.value:.2f}",
        f"{paid.value:.1f} weeks", "30%", "$20.00", "10% per year", "3 years",
        f"{made.value.expected_active:,.0f}", f"{made.active_repeat_buyers:,.0f}",
    ]  # fmt: skip
    assert made.tracking is not None
    figures += [f"{total:,.0f}" for held in (True, False) for total in made.tracking.totals(held_out=held)]
    for fitted in (made.purchasing, made.spend, made.calibration):
        assert fitted is not None
        figures += [f"{value:.4g}" for _, value, _, _ in fitted.rows()]
        figures += [f"{error:.2g}" for _, _, error, _ in fitted.rows()]
    words = Page(page).text
    assert [f for f in figures if f not in text or f not in words] == []
    flat = re.sub(r"\s+", " ", text)
    assert [s for s in made.caveats if s not in flat or s not in words] == []
    assert str(made) == made.to_text(80)

    dumped = json.loads(made.model_dump_json())
    assert dumped["base"]["value"] == made.value.total
    kept = {"never": False, "time": paid.value, "unit": "week", "acquisition_cost": 20.0}
    assert dumped["payback"] == {**kept, "limit": made.payback.limit}
    assert dumped["fits"]["purchasing"]["parameters"] == made.purchasing.model.parameters
    assert dumped["tracking"]["cumulative_actual"][-1] == 4339


def test_the_page_is_one_sound_file_that_fetches_nothing(page: str) -> None:
    read = Page(page)
    assert read.open == []
    assert read.fetched == []
    assert read.tags.isdisjoint({"img", "link", "iframe", "object"}) and page.count("<script") == 2
    assert "@import" not in page and "url(" not in page and len(page.encode()) <= 300_000
    pictures = [ET.fromstring(drawn[: drawn.index("</svg>") + 6]) for drawn in re.split("(?=<svg)", page)[1:]]
    words = {"".join(t.itertext()).strip() for picture in pictures for t in picture.iter("text")}
    assert {"actual", "predicted", "fitted", "held out", "most valuable tenth"} <= words
    assert all(picture.find("title") is not None for picture in pictures)


@pytest.mark.slow
def test_what_the_user_wrote_is_escaped() -> None:
    nasty = "<script>alert('1')</script> & Söhne"
    made = of_few(title=nasty, currency="<b>")
    page = made.to_html()
    assert "<script>alert" not in page and "<b>2" not in page and page.count("</script") == 2
    assert nasty in Page(page).text
    assert nasty in str(made)
    assert "<script" not in made._repr_html_() and 'sandbox="allow-scripts"' in made._repr_html_()


@pytest.mark.slow
def test_the_report_is_the_same_each_time(few: CustomerBaseReport) -> None:
    again = of_few(title="CDNOW")
    for pair in ((again.to_html(), few.to_html()), (again.model_dump_json(), few.model_dump_json())):
        (words, figures), (meant, wanted) = map(_words_and_figures, pair)
        # numpy 2.0 adds in an order that depends on where an array lies
        assert words == meant and figures == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def _words_and_figures(text: str) -> tuple[list[str], list[float]]:
    long = (
        r"(?<![\w.+/])-?[0-9]+[.][0-9]{8,}(?:e-?[0-9]+)?"  # what is rounded for people stays among the words
    )
    return re.split(long, text), [float(figure) for figure in re.findall(long, text)]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_is_wider_than_asked(made: CustomerBaseReport, width: int) -> None:
    lines = made.to_text(width).splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert not [line for line in lines if line != line.rstrip()]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_the_unit_changes_no_money(few: CustomerBaseReport, unit: str) -> None:
    other = few if unit == few.transactions.unit else of_few(unit=unit)
    assert other.value.total == pytest.approx(few.value.total, rel=1e-6)  # the optimum, to its tolerance
    assert other.new_customer.value == pytest.approx(few.new_customer.value, rel=1e-6)
    assert other.payback is not None and other.payback.time is not None
    assert few.payback is not None and few.payback.time is not None
    assert other.payback.time.to("day") == pytest.approx(few.payback.time.to("day"), rel=1e-5)
    assert other.tracking is not None
    assert other.tracking.period == {"day": "week", "year": "quarter"}.get(unit, unit)
    assert Page(other.to_html()).open == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cost", "said"),
    [(5, "at once"), (20, "until expected margin covers"), (60, "beyond the horizon"), (1000, "never")],
)
def test_payback_is_said_in_words(cost: float, said: str) -> None:
    made = of_few(acquisition_cost=cost)
    assert said in made.to_text(100)
    assert json.loads(made.model_dump_json())["payback"]["never"] is (said == "never")


@pytest.mark.slow
def test_without_a_cost_nothing_is_said_of_payback() -> None:
    made = of_few(acquisition_cost=None)
    assert made.payback is None
    assert "Payback" not in str(made) and "Payback" not in made.to_html()


@pytest.mark.slow
def test_a_constant_spend_replaces_the_model() -> None:
    made = of_few(spend_per_purchase=30.0, amount=None)
    assert made.spend is None and made.spend_link is None
    assert isinstance(made.value, rk.valuation.CustomerValue)
    assert set(made.value.expected_spend.tolist()) == {30.0}
    assert "the same given amount" in " ".join(made.caveats)
    assert made.new_customer.first_purchase == pytest.approx(9.0)


def test_an_endless_horizon_is_said_and_is_null_in_json() -> None:
    made = of_few(horizon=rk.Duration(math.inf, "year"))
    assert "all time to come" in str(made) and "nan" not in str(made)
    assert json.loads(made.model_dump_json())["base"]["expected_purchases_per_customer"] is None
    assert Page(made.to_html()).open == []


@pytest.mark.slow
def test_a_margin_of_nothing_is_worth_nothing() -> None:
    made = of_few(margin_share=0.0)
    assert made.value.total == 0.0 and made.payback is not None and made.payback.never
    assert "nan" not in str(made) and Page(made.to_html()).open == []


@pytest.mark.slow
def test_no_holdout_is_said_and_not_hidden() -> None:
    made = of_few(holdout_from=None)
    assert made.tracking is None and "No period was held out" in made.caveats[0]
    assert made.caveats[0] in Page(made.to_html()).text
    assert json.loads(made.model_dump_json())["tracking"] is None


@pytest.mark.slow
def test_a_first_part_that_does_not_fit_is_said_and_not_hidden() -> None:
    made = of_few(holdout_from="1997-01-02")  # nobody bought twice on one day
    assert made.tracking is None and made.calibration is None
    assert "no customer has bought a second time" in made.caveats[0]
    assert made.caveats[0] in Page(made.to_html()).text


@pytest.mark.slow
def test_progress_tells_every_step_in_order() -> None:
    steps: list[tuple[str, float]] = []
    of_few(progress=lambda step, done: steps.append((step, done)))
    assert [done for _, done in steps] == sorted(done for _, done in steps)
    assert steps[0] == ("Reading the transactions", 0.0) and steps[-1][1] == 1.0


@pytest.mark.slow
def test_an_assumption_that_nobody_chose_is_marked(few: CustomerBaseReport) -> None:
    made = of_few(assumed=("margin_share", "horizon"))
    words = Page(made.to_html()).text
    assert str(made).count("[assumed]") == 2 and words.count("assumed ") >= 2
    assert "assumed for the sake of example" in words
    assert "assumed for the sake of example" not in str(few)


def test_a_missing_library_is_named_with_its_cure(
    made: CustomerBaseReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(rk.errors.MissingDependencyError, match="jinja2") as refused:
        made.to_html()
    assert "retainkit[report]" in str(refused.value)
    assert made._repr_html_().startswith("<pre>")


def test_ranks_share_ties_as_they_do_elsewhere(made: CustomerBaseReport) -> None:
    spend = made.transactions.spend
    known = spend.frequency > 0
    link = made.spend_link
    assert link is not None and link.customers == known.sum()
    elsewhere = spearmanr(spend.frequency[known], spend.monetary_value[known]).statistic
    assert link.spearman == pytest.approx(elsewhere, rel=1e-12)
    total, count = (spend.frequency * spend.monetary_value).sum(), spend.frequency.sum()
    assert link.mean_of_purchases == pytest.approx(total / count)
    assert link.size == "weak"


def test_no_link_is_found_where_there_is_none() -> None:
    model = rk.GammaGamma(p=6.0, q=4.0, v=15.0)
    frequency = np.random.default_rng(1).geometric(0.3, 20_000)
    link = measure_spend_link(model.sample(frequency, seed=2))
    assert link is not None
    assert abs(link.pearson) < 3.5 / math.sqrt(20_000) and abs(link.gap) < 0.02
    assert measure_spend_link(rk.Spend(frequency=[2, 1, 0], monetary_value=[3.0, 4.0, 0.0])) is None
    same = measure_spend_link(rk.Spend(frequency=[2, 2, 2], monetary_value=[3.0, 4.0, 5.0]))
    assert same is not None and math.isnan(same.spearman) and same.size == "unknown"


@pytest.mark.slow
def test_the_command_line_tells_the_same(
    few: CustomerBaseReport,
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = some_of_cdnow(10)
    lines = zip(*(table[k] for k in ("customer_id", "date", "dollar_value")), strict=True)
    file = tmp_path / "cdnow.csv"
    file.write_text("customer_id,date,amount\n" + "".join(f"{i},{d},{v}\n" for i, d, v in lines))
    shown = ["--acquisition-cost", "20", "--currency", "$", "--title", "CDNOW"]
    arguments = [str(file), "--margin-share", "30%", *shown]
    given = ["--discount-rate", "0.1", "--horizon-years", "3"]

    assert main(["report", *arguments, *given, "--json", "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    dumped, expected = json.loads(said.out), json.loads(few.model_dump_json())
    assert dumped.pop("assumptions") == expected.pop("assumptions")
    assert dumped["base"] == expected["base"] and dumped["tracking"] == expected["tracking"]

    monkeypatch.setenv("COLUMNS", "101")
    html = tmp_path / "report.html"
    assert main(["report", *arguments, *given, "--html", str(html), "-q"]) == 0
    said = capsys.readouterr()
    assert said.out.rstrip("\n") == few.to_text(100)
    assert said.err == f"Written to {html}\n"
    assert html.read_text(encoding="utf-8") == few.to_html()


@pytest.mark.slow
def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples" / "cdnow_report.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "23,570 customers" in said and "The five most valuable customers" in said
    assert Page((tmp_path / "cdnow_report.html").read_text(encoding="utf-8")).open == []


def test_the_picture_for_the_docs_can_be_drawn_again() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "pictures" / "cdnow_tracking.py"))
    picture = ROOT / "docs" / "pictures" / "cdnow_tracking.svg"
    if not picture.exists() and (ROOT / "PKG-INFO").exists():
        pytest.skip(f"{picture.name} is in the repository, not in source distributions.")
    drawn, kept = (
        [t.text for t in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
        for svg in (script["draw"](), picture.read_text("utf-8"))
    )
    assert drawn == kept
