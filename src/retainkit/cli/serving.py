"""The command that serves: questions over HTTP."""

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
