"""A real client of the protocol asks, over standard input and output too: answers are the library's."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import retainkit as rk
from retainkit.agents import agent_server
from retainkit.agents.tools import TOOLS

pytestmark = pytest.mark.needs("service")  # the protocol's own client, which the extra `test` alone brings

BREAK_EVEN = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05}
HISTORY = {"frequency": [2.0, 0.0], "recency": [30.0, 0.0], "T": [40.0, 30.0]}
MODEL = rk.BGNBD(r=0.25, alpha=4.5, a=0.8, b=2.4, unit="week")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("files")
    rk.save(MODEL, root / "shop.json")
    table = rk.load_cdnow("sample")
    lines = [",".join(map(str, row)) for row in zip(*table.values(), strict=True)]
    (root / "orders.csv").write_text("\n".join([",".join(table), *lines]), encoding="utf-8")
    (root.parent / "secret.csv").write_text("id\n1\n", encoding="utf-8")
    (root / "leads_out.csv").symlink_to(root.parent / "secret.csv")
    rk.save(MODEL, root.parent / "secret.json")
    (root / "leads_out.json").symlink_to(root.parent / "secret.json")
    (root / "loop.json").symlink_to(root / "loop.json")
    (root / "folder.json").symlink_to(root.parent, target_is_directory=True)
    return root


def asked(server: Any, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    async def run() -> list[Any]:
        async with import_module("mcp").Client(server) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(run())


def test_over_standard_input_and_output(folder: Path) -> None:
    arguments = ["-m", "retainkit.cli", "mcp", "--files", str(folder)]
    mcp: Any = import_module("mcp")
    stdio: Any = import_module("mcp.client.stdio")
    command = mcp.StdioServerParameters(command=sys.executable, args=arguments, env={**os.environ})

    async def run() -> tuple[Any, Any]:
        async with mcp.Client(stdio.stdio_client(command)) as client:
            return await client.list_tools(), await client.call_tool("break-even", BREAK_EVEN)

    listed, answer = asyncio.run(run())
    assert [tool.name for tool in listed.tools] == [*TOOLS]
    assert all(tool.annotations.read_only_hint for tool in listed.tools)
    wanted = rk.break_even(500, 50, churn=0.05)
    assert answer.structured_content["payments"] == wanted.payments and not answer.is_error
    assert "payments: 14" in answer.content[0].text


def test_answers_are_those_of_the_library_and_keep_their_schemas(folder: Path) -> None:
    question = {"purchasing_model": "shop", "unit": "week", **HISTORY, "horizon": 39.0}
    scored, files = asked(agent_server(folder), ("score-purchases", question), ("list-files", {}))
    known = rk.Purchases(**HISTORY)  # type: ignore[arg-type]
    assert (
        scored.structured_content["probability_alive"] == np.asarray(MODEL.probability_alive(known)).tolist()
    )
    jsonschema.validate(scored.structured_content, TOOLS["score-purchases"].answer.model_json_schema())
    assert files.structured_content == {"models": ["shop"], "tables": ["orders.csv", "shop.json"]}


def test_a_table_of_the_folder_is_reported_on(folder: Path) -> None:
    terms = {"margin_share": 0.3, "annual_discount_rate": 0.1, "horizon_years": 3.0}
    named = {"file": "orders.csv", "customer_id": "customer_id", "date": "date", "amount": "dollar_value"}
    (told,) = asked(agent_server(folder), ("report-on-file", {**named, **terms}))
    assert not told.is_error
    assert told.structured_content["verdict"] and "2,357 customers" in told.structured_content["text"]


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("break-even", {**BREAK_EVEN, "monthly_churm": 0.1}, "monthly_churm"),
        ("break-even", {**BREAK_EVEN, "monthly_churn": 5}, "monthly_churn"),
        ("break-even", {**BREAK_EVEN, "acquisition_cost": "500"}, "acquisition_cost"),
        (
            "score-purchases",
            {"purchasing_model": "shops", "unit": "week", **HISTORY, "horizon": 1.0},
            "'shop'",
        ),
        (
            "score-purchases",
            {"purchasing_model": "../shop", "unit": "week", **HISTORY, "horizon": 1.0},
            "../shop",
        ),
        *(
            (
                "score-purchases",
                {"purchasing_model": name, "unit": "week", **HISTORY, "horizon": 1.0},
                "must be one of",
            )
            for name in ("leads_out", "loop", "folder", "folder/secret")
        ),
        ("break-even", {**BREAK_EVEN, "acquisition_cost": 10**400}, "acquisition_cost"),
        ("no-such-tool", {}, "must be one of break-even"),
    ],
)
def test_a_mistake_is_told_as_one_with_the_way_out(
    folder: Path, tool: str, given: dict[str, Any], said: str
) -> None:
    (told,) = asked(agent_server(folder), (tool, given))
    assert told.is_error and said in told.content[0].text


@pytest.mark.parametrize("name", ["../secret.csv", "leads_out.csv", "/etc/passwd", "", "\x00"])
def test_nothing_outside_of_the_folder_can_be_named(folder: Path, name: str) -> None:
    terms = {"margin_share": 0.3, "annual_discount_rate": 0.1, "horizon_years": 3.0}
    (told,) = asked(agent_server(folder), ("report-on-file", {"file": name, "customer_id": "id", **terms}))
    assert told.is_error and "must be one of the tables of the folder" in told.content[0].text


def test_a_long_answer_is_refused_and_what_is_infinite_is_null(folder: Path) -> None:
    rows = 1_001
    long = {"frequency": [0.0] * rows, "recency": [0.0] * rows, "T": [10.0] * rows}
    question = {"purchasing_model": "shop", "unit": "week", **long, "horizon": 1.0}
    never = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.2}
    refused, told = asked(agent_server(folder), ("score-purchases", question), ("break-even", never))
    assert refused.is_error and "at most 1,000 rows" in refused.content[0].text
    assert told.structured_content["never"] is True and told.structured_content["payments"] is None
