"""Started from a shell: workers, port and limits."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from pathlib import Path

from retainkit.domains import whole_number
from retainkit.errors import InputError, MissingDependencyError
from retainkit.service.settings import Settings


def serve(
    models: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    keys: tuple[str, ...] = (),
    most_bytes: int = 16 << 20,
    answer_seconds: float = 30.0,
) -> None:
    """Answer the questions of `retainkit.api` over HTTP until it is told to stop; needs the extra `service`.

    Told to stop (SIGTERM, Ctrl-C), it takes no more questions and ends those that it has, for ten seconds.

    Parameters
    ----------
    models : folder of files that `retainkit.save` wrote
        Questions name them without ``.json``. When files change they are exchanged, all at once.
    host, port : where it listens; this machine alone by default
        Everybody else belongs behind a proxy that speaks TLS and bounds how long headers may take.
    workers : whole number, processes
    keys : texts, one of which each request has to show in its header ``x-api-key``; none by default
        From a shell they are the environment's ``RETAINKIT_API_KEYS``, where no list of processes shows them.
    most_bytes, answer_seconds : how long a body may be, and how long an answer may take

    Raises
    ------
    InputError
        For what is no folder of models.
    MissingDependencyError
        Without fastapi, uvicorn or orjson.
    """
    for library in ("fastapi", "uvicorn", "orjson"):
        if find_spec(library) is None:
            raise MissingDependencyError(library, "service", "The service")
    if not Path(models).is_dir():
        rule, way_out = "must be a folder of models", "Write models into it with retainkit.save."
        raise InputError("missing-file", "models", str(models), rule, way_out)
    import uvicorn

    from retainkit.service.app import create_app, from_environment

    settings = Settings(Path(models).resolve(), keys, most_bytes, answer_seconds=answer_seconds)
    create_app(settings)  # a model that cannot be read is told here, not by each worker in turn
    told = settings.environment()
    for name in ("RETAINKIT_BODY_SECONDS", "RETAINKIT_RELOAD_SECONDS"):  # which only the environment states
        told[name] = os.environ.get(name, told[name])
    os.environ.update(told)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    uvicorn.run(
        f"{from_environment.__module__}:{from_environment.__name__}",
        factory=True,
        host=host,
        port=whole_number("port", port, 0, 65_535),
        workers=whole_number("workers", workers),
        access_log=False,  # it would name addresses of clients
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=5,
    )
