"""Wrong input at the command line: one sentence in the words of the command line, and an exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

import retainkit as rk
from retainkit.cli import main
from retainkit.cli.entry import options_of
from retainkit.cli.messages import ALIASES, as_options, in_own_words
from retainkit.cli.serving import app
from retainkit.ingest import load_cdnow
from retainkit.reports import report
from retainkit.validation import holdout_error, track_purchases

FIT_FAILED, WRONG_INPUT, NOT_INSTALLED = 1, 2, 3
TABLE = """CustomerID,order_date,price
1,1997-01-01,10
1,1997-02-01,12
2,1997-01-03,7
2,1997-01-20,-3
3,1997-01-05,9
"""
NAMED = ["--customer-id", "CustomerID", "--date", "order_date", "--amount", "price"]
CODE = ("Rate(", "Duration(", "_id", "_rate", "_cost", "_end", "_from", "='", "dataframe", "Traceback")


@pytest.fixture
def sales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text(TABLE)
    return tmp_path


def refused(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence that a command says on standard error, with nothing on standard output."""
    assert main(arguments) == code
    said = capsys.readouterr()
    assert said.out == ""
    steps = [line for line in said.err.splitlines() if not line.endswith(" ...")]
    assert len(steps) == 1 and steps[0].startswith("retainkit: ")
    sentence = steps[0].removeprefix("retainkit: ")
    assert not [word for word in CODE if word in sentence]
    return sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            ["--customer-id", "customerid"],
            "--customer-id must name a column of the table, got 'customerid'. Did you",
        ),
        (
            ["--date", "orderdate"],
            "--date must name a column of the table, got 'orderdate'. Did you mean 'order_d",
        ),
        (
            ["--amount", "prize"],
            "--amount must name a column of the table, got 'prize'. Did you mean 'price'?",
        ),
        (["--amount", "order_date"], "--amount must be numbers with a decimal point (5 of 5 lines in column"),
        (["--date", "price"], "--date must be dates, timestamps, text YYYY-MM-DD"),
        (["--date", "price"], "or say how it is written: --date-format %d/%m/%Y, for one."),
        (["--date-format", "%d/%m/%Y"], "--date must be dates, timestamps, or text and numbers of the form"),
        (["--date-format", "%d/%m"], "--date-format must write a day as datetime.strptime does"),
        (
            ["--unit", "weeks"],
            "--unit must be one of 'day', 'week', 'month', 'quarter', 'year', got 'weeks'. Did",
        ),
        (
            ["--refunds", "nett"],
            "--refunds must be one of 'net', 'ignore', 'error', 'cancel', got 'nett'. Did you mean 'net'",
        ),
        (
            ["--refunds", "error"],
            "Use --refunds net to subtract refunds or --refunds ignore to leave them out.",
        ),
        (["--observation-end", "1997-01-10"], "--date must not lie after --observation-end (2 of 5 lines"),
        (["--observation-end", "soon"], "--observation-end must be a date"),
        (
            ["--holdout-from", "1999-01-01"],
            "--holdout-from must lie after the first purchase (1997-01-01) and",
        ),
        (
            ["--margin-share", "30"],
            "--margin-share must be a share between 0 and 1, got 30.0. Give the margin as a share",
        ),
        (["--margin-share", "-1%"], "--margin-share must be a share between 0 and 1, got -0.01."),
        (
            ["--margin-share", "a third"],
            "Invalid value for '--margin-share': 'a third' is neither a number nor a percentage",
        ),
        (["--margin-share", "nan"], "--margin-share must be a share between 0 and 1, got nan."),
        (
            ["--acquisition-cost", "$5"],
            "Invalid value for '--acquisition-cost': '$5' is not a number; write 1250.5",
        ),
        (["--acquisition-cost", "-5"], "--acquisition-cost must be 0 or more, and finite, got -5.0."),
        (["--acquisition-cost", "inf"], "--acquisition-cost must be 0 or more, and finite, got inf."),
        (["--spend-per-purchase", "0"], "--spend-per-purchase must be positive and finite, got 0.0."),
        (
            ["--discount-rate", "-100%"],
            "--discount-rate must be more than -1 (-100%): at -100% nothing is left",
        ),
        (
            ["--discount-per", "annum"],
            "--discount-per must be one of 'day', 'week', 'month', 'quarter', 'year'",
        ),
        (
            ["--horizon-years", "0"],
            "--horizon-years must be more than 0: nothing is earned in no time, got 0 years.",
        ),
        (["--horizon-years", "-1"], "--horizon-years must be 0 or more, and finite, got -1.0."),
        (
            ["--html", "nowhere/report.html"],
            "--html must be a file in a folder that exists, got 'nowhere/report.htm",
        ),
        (["--html", "."], "--html must be a file in a folder that exists, got '.'"),
        (["--marginn", "3"], "No such option: --marginn"),
        (["--horizon-years", "three"], "Invalid value for '--horizon-years': 'three' is not a number"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
@pytest.mark.usefixtures("sales")
def test_wrong_options_of_report(changed: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = refused(
        ["report", "sales.csv", "--margin-share", "0.3", *NAMED, *changed], WRONG_INPUT, capsys
    )
    assert said in sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "sales.csv"], "--margin-share must be given"),
        (["report"], "Missing argument 'FILE'. See: retainkit report --help"),
        (["break-even"], "--acquisition-cost must be given, and so must --margin-per-period. For"),
        (["break-even", "--horizn", "3"], "No such option: --horizn"),
        (["workbook", "sales.csv"], "--to must name the workbook to write; --margin-share must be given"),
        (["decide", "sales.csv"], "--margin-share must be given: customers are worth"),
        (["decide", "sales.csv"], "; --acceptance must be given: how many"),
        (["decide", "sale.csv"], "FILE must be a file, or a glob that matches files, got 'sale.csv'. Did"),
        (["workbook", "sale.csv"], "FILE must be a file, or a glob that matches files, got 'sale.csv'. Did"),
        (["report", "sale.csv"], "FILE must be a file, or a glob that matches files, got 'sale.csv'. Did"),
        (["forecast", "sales.csv", "--horizon", "6"], "No such option: --horizon. Here it is --months. See"),
        (["report", "sales.csv", "--price", "each"], "No such option: --price. Here it is --amount. See"),
        (["report", "sales.csv", "--horizon", "6"], "--horizon. Here it is --horizon-years. See: retainkit"),
        (["report", "sale.csv", "--margin-share", "1"], "got 'sale.csv'. Did you mean 'sales.csv'?"),
        (["report", ".", "--margin-share", "1"], "FILE must be CSV"),
        (["report", "empty.csv", "--margin-share", "1", *NAMED], "FILE must have at least one transaction"),
        (["reprt"], "No such command 'reprt'. Did you mean 'report'? See: retainkit --help"),
        (["demo", "--margin-share", "2"], "--margin-share must be a share between 0 and 1, got 2.0."),
        (["demo", "--html", "nowhere/x.html"], "--html must be a file in a folder that exists"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_wrong_commands(
    sales: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (sales / "empty.csv").write_text(TABLE.split("\n", maxsplit=1)[0] + "\n")
    assert said in refused(arguments, WRONG_INPUT, capsys)
    assert not (sales / "retainkit-demo.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--margin-per-period", "50"],
            "--acquisition-cost must be given. For example: retainkit break-even 500 50 --churn 5%.",
        ),
        (["--acquisition-cost", "-1"], "--acquisition-cost must be 0 or more, and finite, got -1.0."),
        (["--churn", "150%"], "--churn must be a share between 0 and 1, got 1.5."),
        (
            ["--churn", "150%", "--churn-per", "year", "--period", "month"],
            "--churn must be a share between 0 and 1",
        ),
        (["--churn", "1%", "--churn-per", "years", "--period", "month"], "--churn-per must be one of"),
        (
            ["--timing", "ned"],
            "--timing must be one of 'begin', 'mid', 'end', 'end-if-retained', got 'ned'. Did you",
        ),
        (["--discount-rate", "-1"], "--discount-rate must be more than -1 (-100%)"),
        (
            ["--discount-rate", "12%", "--discount-per", "year"],
            "got 12% per year. Add the period, for example --period",
        ),
        (
            ["--period", "moth"],
            "--period must be one of 'day', 'week', 'month', 'quarter', 'year', got 'moth'. Did",
        ),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_wrong_options_of_break_even(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = {"--acquisition-cost": "500", "--margin-per-period": "50"}
    if said.endswith("--churn 5%."):
        needed = {}
    given = [text for name, value in needed.items() if name not in arguments for text in (name, value)]
    assert said in refused(["break-even", *given, *arguments], WRONG_INPUT, capsys)


def test_options_in_other_words_are_those_that_the_command_has(capsys: pytest.CaptureFixture[str]) -> None:
    """The word is taken where one option is meant by it, whatever its dashes."""
    for words in (
        "--cost 500 --margin 50 --churn-rate 5%",
        "--cac=500 --margin_per_period=50 --churn 0.05",
        "500 50 --churn 5%",
    ):
        assert main(["break-even", *words.split()]) == 0
        assert capsys.readouterr().out.startswith("Paid back by the 14th payment")
    has = {command.name or "": options_of(command) for command in get_command(app).commands.values()}  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    taken: set[str] = set()
    for options in has.values():
        for typed, meant in ALIASES.items():
            assert typed not in options or typed not in meant
            taken |= {typed} & {*ALIASES} if in_own_words([typed], options) != [typed] else set()
    assert taken == {*ALIASES}  # no word for an option that there is not
    assert in_own_words(["--output", "x"], has["workbook"]) == ["--to", "x"]
    assert in_own_words(["--output", "x"], has["report"]) == ["--html", "x"]
    assert in_own_words(["--end", "mrr", "--", "-"], has["report"]) == ["--end", "mrr", "--", "-"]


def test_customers_who_never_came_back_do_not_fit(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sales / "once.csv").write_text("CustomerID,order_date,price\n1,1997-01-01,5\n2,1997-03-01,5\n")
    said = refused(["report", "once.csv", "--margin-share", "1", *NAMED], FIT_FAILED, capsys)
    assert "no customer has bought a second time" in said


def test_too_few_customers_do_not_fit(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["report", "sales.csv", "--margin-share", "1", *NAMED], FIT_FAILED, capsys)
    assert "GammaGamma has 3 parameters and the data only 1 customer that tells" in said


@pytest.mark.slow
def test_a_spend_that_does_not_fit_offers_a_constant(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = rk.BGNBD(r=0.8, alpha=2.0, a=0.8, b=2.5, unit="week")
    counts = model.sample(T=[40.0] * 500, seed=3)
    lines = ["CustomerID,order_date,price"]
    for who, (x, last) in enumerate(zip(counts.frequency, counts.recency, strict=True)):
        days = [0, *np.linspace(last * 7 / max(x, 1), last * 7, int(x)).astype(int).tolist()]
        lines += [f"{who},{np.datetime64('1997-01-01') + np.timedelta64(int(d), 'D')},0" for d in days]
    lines.append("0,1997-10-08,0")
    (sales / "free.csv").write_text("\n".join(lines) + "\n")
    request = ["report", "free.csv", "--margin-share", "1", "--holdout-from", "none", *NAMED]
    said = refused(request, FIT_FAILED, capsys)
    assert said.startswith("GammaGamma is not identified: no customer has a purchase with a known value.")
    assert said.endswith("Or give a constant --spend-per-purchase in its place.")
    assert main([*request, "--spend-per-purchase", "10", "--quiet"]) == 0


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, after `code`."""
    command = f"import sys; {code}; from retainkit.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", command, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "arguments", "extra"),
    [
        ("typer", ["break-even", "--acquisition-cost", "5", "--margin-per-period", "1"], "cli"),
        ("rich", ["break-even", "--acquisition-cost", "5", "--margin-per-period", "1"], "cli"),
        ("duckdb", ["report", "sales.csv", "--margin-share", "1"], "duckdb"),
        ("pyarrow", ["report", "sales.csv", "--margin-share", "1"], "duckdb"),
        ("jinja2", ["demo"], "report"),
    ],
)
@pytest.mark.usefixtures("sales")
def test_a_missing_library_is_named_with_its_cure(library: str, arguments: list[str], extra: str) -> None:
    done = run(f"sys.modules['{library}'] = None", *arguments)
    assert (done.returncode, done.stdout) == (NOT_INSTALLED, "")
    assert f"needs {library}, which is not installed" in done.stderr
    assert f"pip install 'retainkit[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert (extra == "duckdb") == ("retainkit.reports.report in Python" in done.stderr)


def test_a_mistake_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("retainkit.cli.commands.break_even", broken)
    with pytest.raises(ZeroDivisionError):
        main(["break-even", "--acquisition-cost", "5", "--margin-per-period", "1"])


@pytest.mark.slow
def test_a_terminal_without_the_signs_still_gets_the_report() -> None:
    code = "sys.stdout.reconfigure(encoding='ascii')"
    done = run(code, "demo", "--json", "--quiet")
    assert done.returncode == 0 and json.loads(done.stdout)["base"]["customers"] == 23_570


@pytest.mark.slow
def test_demo_names_its_assumptions_and_writes_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--acquisition-cost", "25"]) == 0
    said = capsys.readouterr()
    assert "23,570 customers" in said.out and "The margin of 30% is assumed" in said.out
    last = " ".join(said.out.strip().splitlines()[-2:])
    assert "Assumed, since not given: --margin-share, --discount-rate, --horizon-years." in last
    assert said.err.startswith("Reading the transactions ...\n")
    assert said.err.endswith("Written to retainkit-demo.html\n")
    assert [p.name for p in tmp_path.iterdir()] == ["retainkit-demo.html"]


def test_names_in_quotes_are_not_taken_for_arguments() -> None:
    error = rk.InputError(
        "missing-column",
        argument="date",
        value="day",
        rule="must name a column of the table",
        way_out="Its columns are: 'customer_id', \"acquisition_cost\".",
    )
    assert as_options(error).endswith("Its columns are: 'customer_id', \"acquisition_cost\".")


CDNOW: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "amount": "dollar_value"}
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.1, per="year"),
    "horizon": rk.Duration(3, "year"),
}


@pytest.mark.parametrize(
    ("changed", "argument", "said"),
    [
        ({"unit": None}, "unit", "must be given with a table"),
        ({"customer_id": None}, "customer_id", "must be given with a table"),
        ({"margin_share": "30%"}, "margin_share", "must be"),
        ({"margin_share": 1.5}, "margin_share", "must be a share between 0 and 1"),
        ({"discount_rate": 0.1}, "discount_rate", "needs its period"),
        ({"horizon": 3}, "horizon", "needs its unit"),
        ({"acquisition_cost": -1}, "acquisition_cost", "must be 0 or more"),
        ({"spend_per_purchase": 0}, "spend_per_purchase", "must be positive"),
        ({"amount": None}, "amount", "must name a column of money"),
    ],
    ids=lambda v: str(v) if isinstance(v, dict) else "",
)
def test_wrong_arguments_of_report(changed: dict[str, Any], argument: str, said: str) -> None:
    request = {**CDNOW, "unit": "week", **TERMS, **changed}
    with pytest.raises(rk.InputError) as found:
        report(load_cdnow("sample"), **request)
    assert found.value.argument == argument
    assert said in str(found.value)


def test_a_summary_is_not_read_again() -> None:
    tx = rk.summarize_transactions(load_cdnow("sample"), **CDNOW, unit="week")
    superfluous: dict[str, Any] = {"unit": "week", "holdout_from": "1997-10-01", "amount": "dollar_value"}
    superfluous |= {"refunds": "ignore", "missing_ids": "drop", "order_id": "no", "where": "a > 1"}
    for argument, value in superfluous.items():
        with pytest.raises(rk.InputError, match="read already") as found:
            report(tx, **TERMS, **{argument: value})
        assert found.value.argument == argument
        if argument != "holdout_from":
            with pytest.raises(rk.InputError, match="read already"):
                rk.fit_best([rk.BGNBD], tx, **{argument: value})


def test_wrong_arguments_of_tracking() -> None:
    whole = rk.summarize_transactions(load_cdnow("sample"), **CDNOW, unit="week")
    split = rk.summarize_transactions(load_cdnow("sample"), **CDNOW, unit="week", holdout_from="1997-10-01")
    model: dict[str, Any] = {"r": 0.25, "alpha": 4.0, "a": 0.8, "b": 2.5}
    for function in (holdout_error, track_purchases):
        with pytest.raises(rk.InputError, match="must have a held-out period"):
            function(whole, rk.BGNBD(**model, unit="week"))
        with pytest.raises(rk.InputError, match="must count time in months"):
            function(split, rk.BGNBD(**model, unit="month"))
    with pytest.raises(rk.InputError, match=r"period must be one of .*Did you mean 'week'"):
        track_purchases(split, rk.BGNBD(**model, unit="week"), period="weeks")  # type: ignore[arg-type]
    with pytest.raises(rk.InputError, match="must be one model, or have one for each of the 2,357 customers"):
        track_purchases(split, rk.BGNBD(**{**model, "r": np.array([0.2, 0.3])}, unit="week"))
    for groups in (0, 1.5, "7"):
        with pytest.raises(rk.InputError, match="groups must"):
            holdout_error(split, rk.BGNBD(**model, unit="week"), groups=groups)  # type: ignore[arg-type]
