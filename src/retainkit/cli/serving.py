"""The commands that serve: questions over HTTP, and those of agents over standard input and output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from retainkit.cli.questions import app


@app.command()
def serve(
    models: Annotated[Path, typer.Option("--models", help="Folder of files that retainkit.save wrote.")],
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; this machine alone by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", help="How many processes answer.")] = 1,
) -> None:
    """Answer questions over HTTP; keys are those in the environment's RETAINKIT_API_KEYS, if any."""
    from retainkit.service import serve as run

    keys = os.environ.get("RETAINKIT_API_KEYS", "").replace(",", "\n").split()
    run(models, host=host, port=port, workers=workers, keys=tuple(keys))


@app.command()
def mcp(
    files: Annotated[
        Path, typer.Option("--files", help="Folder of models and tables that may be named, and of no others.")
    ],
) -> None:
    """Answer an agent over standard input and output, by the Model Context Protocol; it can only read.

    Example: retainkit mcp --files models
    """
    from retainkit.agents import serve_agents

    serve_agents(files)
