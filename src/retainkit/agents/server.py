"""The server that offers the tools, and runs until its reader goes away."""

from __future__ import annotations

import asyncio
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

import retainkit
from retainkit.agents.tools import TOOLS, Folder, called, in_words
from retainkit.errors import MissingDependencyError
from retainkit.typing import Foreign

_INSTRUCTIONS = (
    "Customer-retention economics. Money is in whatever currency it is asked in, rates are shares (0.05 is "
    "5%), and names say the unit of time. Ask list-files for the models and tables that questions may name. "
    "A refusal says which argument broke which rule, and the way out."
)


def agent_server(files: str | PathLike[str]) -> Foreign:
    """A server of the Model Context Protocol whose tools are the questions of `retainkit.api`.

    Tools have schemas of what they are asked and answered, only read, and see one folder. Answers are
    structured, and in a few lines of words; a mistake is told as one, with what to do about it.

    Raises `InputError` where there is no such folder, `MissingDependencyError` without the extra ``mcp``.

    Parameters
    ----------
    files : path
        A folder of models, as `retainkit.save` writes them, and of tables.

    Examples
    --------
    >>> from retainkit.agents import agent_server
    >>> agent_server("no/such/folder")
    Traceback (most recent call last):
    retainkit.errors.InputError: files must be a folder, got 'no/such/folder'. Make it, or name another.
    """
    folder = Folder(Path(files))
    try:
        types: Any = import_module("mcp.types")
        lowlevel: Any = import_module("mcp.server.lowlevel")
    except ImportError as error:
        raise MissingDependencyError("mcp", "mcp", "A server for agents") from error
    reads = types.ToolAnnotations(readOnlyHint=True, idempotentHint=True, openWorldHint=False)
    tools = [
        types.Tool(
            name=name,
            description=" ".join((verb.request.__doc__ or "").split()),
            inputSchema=verb.request.model_json_schema(),
            outputSchema=verb.answer.model_json_schema(),
            annotations=reads,
        )
        for name, verb in TOOLS.items()
    ]

    async def listed(_context: Any, _asked: Any) -> Any:
        return types.ListToolsResult(tools=tools)

    async def asked(_context: Any, call: Any) -> Any:
        if call.name not in TOOLS:
            told, refused = {"problems": [_unknown(call.name)]}, True
        else:
            told, refused = await asyncio.to_thread(called, call.name, call.arguments or {}, folder)
        said = types.TextContent(type="text", text=in_words(told, refused=refused))
        # what a tool may be answered with is no refusal: that goes in words, marked as a mistake
        structured = None if refused else told
        return types.CallToolResult(content=[said], structuredContent=structured, isError=refused)

    return lowlevel.Server(
        "retainkit",
        version=retainkit.__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=asked,
    )


def serve_agents(files: str | PathLike[str]) -> None:
    """Answer agents on standard input and output until the input ends: what ``retainkit mcp`` does.

    Parameters
    ----------
    files : path
        As of `agent_server`.
    """
    server = agent_server(files)
    stdio: Any = import_module("mcp.server.stdio")

    async def run() -> None:
        async with stdio.stdio_server() as (reads, writes):
            await server.run(reads, writes, server.create_initialization_options())

    asyncio.run(run())


def _unknown(name: str) -> dict[str, Any]:
    rule = f"must be one of {', '.join(TOOLS)}"
    return {"argument": "tool", "rule": rule, "value": repr(name), "row": None, "way_out": ""}
