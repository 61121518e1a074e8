"""Every command on a file of transactions and on one of subscriptions, told apart by their columns."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from shops import middle_of, some_of_cdnow

import retainkit as rk
from retainkit.cli import main

BILLED = ["billing.csv", "--observation-end", "2023-12-31", "--plan", "plan"]
MARGIN = ["--margin-share", "30%"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    business = rk.valuation.SubscriptionTruth(new_per_month=20)
    sales, billing = some_of_cdnow(5), rk.valuation.simulate_billing(business, months=24, seed=1)
    with (made / "sales.csv").open("w", newline="") as out:
        write = csv.writer(out)
        write.writerow(["customer_id", "date", "amount", "country"])
        for who, day, money in zip(*(sales[n] for n in ("customer_id", "date", "dollar_value")), strict=True):
            write.writerow([f"=c{who}", day, money, "DE" if int(who) % 3 else "FR"])
    names = ("customer_id", "start", "end", "amount", "plan", "paused")
    with (made / "billing.csv").open("w", newline="") as out:
        write = csv.writer(out)
        write.writerow(names[:-1])
        for *line, paused in zip(*(billing[n] for n in names), strict=True):
            if paused != "paused":
                write.writerow(["" if str(cell) == "NaT" else cell for cell in line])
    return made


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(said(capsys, *arguments, "--json"))


def base() -> rk.SubscriptionBase:
    return rk.read_subscriptions(
        "billing.csv", customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        observation_end="2023-12-31",
    )  # fmt: skip


def sales(**more: Any) -> Any:
    return rk.summarize_transactions(
        "sales.csv", customer_id="customer_id", date="date", amount="amount", unit="week", **more
    )


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "metrics", *BILLED).strip() == str(base().metrics())
    by_plan = told(capsys, "metrics", *BILLED, "--by", "plan", "--every", "quarter")
    assert by_plan["end"] == pytest.approx(base().metrics(by="plan", every="quarter").end.tolist())
    assert said(capsys, "metrics", "sales.csv").strip() == str(sales().rfm())
    assert sum(told(capsys, "metrics", "sales.csv")["purchases"]) == sales().rfm().purchases.sum()


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    ahead = told(capsys, "forecast", *BILLED, "--months", "3", "--new", "3000")
    assert len(ahead["month"]) == 3 and ahead["stated"] is True
    coming = told(capsys, "forecast", "sales.csv", "--months", "6")
    low, high = coming["interval_90"]
    assert coming["model"] == "ParetoNBD" and low < coming["purchases"] < high
    assert "in the next 6 months" in said(capsys, "forecast", "sales.csv", "--months", "6")


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_validate(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "validate", *BILLED).strip() == str(rk.validate(base()))
    found = told(capsys, "validate", "sales.csv")
    split = sales(holdout_from=middle_of(some_of_cdnow(5)["date"]))
    assert found["verdict"] == rk.validate(split).verdict


@pytest.mark.slow
def test_decide(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    offer = ["--acceptance", "10%", "--incentive", "2", "--cost-per-contact", "1"]
    lines = (here / "sales.csv").read_text().splitlines()[1:]
    signs = "=+-@＝＋－＠"  # noqa: RUF001
    signed = [f"{signs[int(line[2 : line.index(',')]) % 8]}{line[1:]}" for line in lines]
    (here / "signed.csv").write_text("\n".join(["=id,date,amount,country", *signed]), encoding="utf-8")
    named = ["--customer-id", "=id", "--date", "date", "--amount", "amount"]
    text = said(capsys, "decide", "signed.csv", *named, *MARGIN, *offer, "--to", "list.csv")
    assert text.startswith("Contact ") and "turns at" in text
    with (here / "list.csv").open(newline="", encoding="utf-8") as read:
        head, *rows = csv.reader(read)
    assert head == ["'=id", "churn_probability", "value"] and f"Contact {len(rows):,} of" in text
    # a spreadsheet reads an id, and computes nothing
    assert {row[0][:2] for row in rows} == {f"'{sign}" for sign in signs}
    plan = told(capsys, "decide", *BILLED, *MARGIN, *offer)
    assert plan["gain"] > 0.0


@pytest.mark.slow
def test_workbook(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xlsxwriter")
    for arguments in (["sales.csv"], BILLED):
        made = told(capsys, "workbook", *arguments, *MARGIN, "--to", "values.xlsx")
        assert (here / "values.xlsx").stat().st_size > 10_000 and made["value"] > 0.0


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_report_tells_the_two_apart(capsys: pytest.CaptureFixture[str]) -> None:
    billed = told(capsys, "report", *BILLED, *MARGIN, "-q")
    assert billed["base"]["customers"] == base().current().tenure.size and billed["segments"]["by"] == "plan"
    named = ["billing.csv", "--start", "start", "--end", "end", "--observation-end", "2023-12-31"]
    assert told(capsys, "report", *named, *MARGIN, "-q")["base"] == billed["base"]
    shop = told(capsys, "report", "sales.csv", *MARGIN, "--by", "country", "-q")
    groups = {group["name"]: group["customers"] for group in shop["segments"]["groups"]}
    assert shop["segments"]["by"] == "country" and sum(groups.values()) == shop["base"]["customers"]
    assert sum(g["value"] for g in shop["segments"]["groups"]) == pytest.approx(shop["base"]["value"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["billing.csv", *MARGIN], "observation_end"),
        ([*BILLED, *MARGIN, "--in-engine"], "--in-engine has no meaning for subscriptions"),
        (
            ["sales.csv", *MARGIN, "--in-engine", "--by", "country", "--holdout-from", "none"],
            "--by must be left out where files stay in DuckDB",
        ),
        (["sales.csv", *MARGIN, "--date", "day"], "--date must name a column of the table, got 'day'"),
        (
            ["sales.csv", *MARGIN, "--start", "begun", "--observation-end", "1999-01-01"],
            "--start must name a column of the table, got 'begun'",
        ),
        (["billing.csv", *MARGIN, "--date", "start", "--by", "land"], "must name a column of the table"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_missing_is_named(
    arguments: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *arguments, "-q"]) == 2
    assert wanted.replace("observation_end", "--observation-end") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (["500", "50"], rk.break_even(500, 50)),
        (["500", "50", "--churn", "5%"], rk.break_even(500, 50, churn=0.05)),
        (["500", "50", "--churn", ".1"], rk.break_even(500, 50, churn=0.10)),
        (["500", "--margin-per-period", "50"], rk.break_even(500, 50)),
    ],
)
def test_break_even_as_people_type_it(
    typed: list[str], answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "break-even", *typed).strip() == str(answer)
    assert told(capsys, "break-even", *typed) == json.loads(answer.model_dump_json())


def test_a_figure_given_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["break-even", "500", "50", "--acquisition-cost", "400"]) == 2
    assert "--acquisition-cost must be given once" in capsys.readouterr().err


COMMANDS = ("demo", "report", "metrics", "forecast", "validate", "workbook", "decide", "break-even")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_how_it_is_typed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, command, "--help")
    assert f"For example:\n    retainkit {command}" in text and "--json" in text


@pytest.mark.slow
def test_an_interruption_leaves_nothing_half_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = here / "old.html"
    page.write_text("the last one", encoding="utf-8")
    before = sorted(p.name for p in here.iterdir())

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)  # all is written beside, and nothing is exchanged yet
    assert main(["report", *BILLED, *MARGIN, "-q", "--html", "old.html"]) == 130
    assert capsys.readouterr().err == "retainkit: Interrupted.\n"
    assert page.read_text(encoding="utf-8") == "the last one"
    assert sorted(p.name for p in here.iterdir()) == before
    assert main(["decide", "sales.csv", *MARGIN, "--acceptance", "10%", "--to", "nowhere/list.csv"]) == 2
    assert "--to must be a file in a folder that exists" in capsys.readouterr().err
