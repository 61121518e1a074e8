"""A report of a file is that of its table, and a shell asks for it as Python does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sheets import workbook
from shops import some_of_cdnow

import retainkit as rk
from retainkit.cli import main

CALL: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "unit": "week"}
WHERE = "dollar_value > 5 and customer_id != '00111'"


@pytest.fixture(scope="module")
def lines() -> dict[str, list[str]]:
    table = some_of_cdnow(10)  # 00111 among them
    return {
        "customer_id": [f"{int(who):05d}" for who in table["customer_id"]],
        "date": [str(day)[:10].replace("-", "/") for day in table["date"]],
        "cds": [str(n) for n in table["quantity"]] if "quantity" in table else ["1"] * len(table["date"]),
        "dollar_value": [f"{value:.2f}".replace(".", ",") for value in table["dollar_value"]],
    }


@pytest.mark.slow
def test_a_shell_reads_what_python_reads(
    lines: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [";".join(row) for row in zip(*lines.values(), strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["Sales", ";".join(lines), *rows]) + "\n", encoding="utf-16")
    given: dict[str, Any] = {"where": WHERE, "date_format": "%Y/%m/%d", "missing_ids": "drop"}
    amount = "dollar_value * 2"
    tx = rk.summarize_transactions(lines, **CALL, **given, amount=amount, amount_format="1234,56")
    options = ["--amount", amount, "--where", WHERE, "--date-format", "%Y/%m/%d", "--missing-ids", "drop"]
    options += [
        "--heading-row",
        "2",
        "--separator",
        ";",
        "--encoding",
        "utf-16",
        "--amount-format",
        "1234,56",
    ]
    assert (
        main(["report", str(tmp_path / "t.csv"), "--margin-share", "30%", *options, "--json", "--quiet"]) == 0
    )
    made = json.loads(capsys.readouterr().out)
    counts = {name: made["observation"][name] for name in ("lines", "customers", "purchases", "merged_lines")}
    assert counts == {name: tx.treatment.as_dict()[name] for name in counts}
    assert tx.treatment.filtered_lines > 0


def test_a_shell_names_its_options_in_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = str(workbook(tmp_path / "t.xlsx", {"A": [["customer_id"], [1]], "B": [["customer_id"], [1]]}))
    ask = ["report", book, "--margin-share", "0.3"]
    told = {
        (): "--sheet must be given: t.xlsx has the sheets 'A', 'B'",
        ("--sheet", "C"): "--sheet must name a sheet of t.xlsx, got 'C'",
        ("--sheet", "3"): "--sheet must be a number from 1 to 2",
        ("--sheet", "2"): "--date must name a column of the table, got 'date'",
        (
            "--sheet",
            "A",
            "--date",
            "customer_id",
            "--amount",
            "customer_id",
            "--where",
            "customer_id = 1",
        ): "--where must be a column or an expression",
        ("--amount-format", "12"): "--amount-format must show how 1234.56 is written",
        ("--missing-ids", "skip"): "--missing-ids must be one of 'error', 'drop', got 'skip'",
        ("--refunds", "cancel"): "--refund-window must be given where nothing but the amount tells",
    }
    for more, said in told.items():
        assert main([*ask, *more]) == 2
        assert said in capsys.readouterr().err


def test_a_report_and_the_best_model_read_a_table_that_can_be_read_once(lines: dict[str, list[str]]) -> None:
    import pyarrow as pa

    table = pa.table(lines)
    whole = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=999))
    given: dict[str, Any] = {"date_format": "%Y/%m/%d", "amount_format": "1234,56", "where": WHERE}
    best = rk.fit_best([rk.NBD, rk.BGNBD], whole, **CALL, **given, amount="dollar_value")
    again = rk.fit_best([rk.NBD, rk.BGNBD], lines, **CALL, **given, amount="dollar_value")
    assert best.model == again.model
