"""The addresses: a question each, health, readiness, metrics, OpenAPI and a page for trying it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import ValidationError

import retainkit
from retainkit.api import VERBS, Answer, Refusal, Request, Verb
from retainkit.errors import InputError, RetainkitError
from retainkit.service.counts import Counts
from retainkit.service.guard import LOG, Guard, said_in_json
from retainkit.service.models import ModelFolder
from retainkit.service.page import page, policy
from retainkit.service.settings import Settings
from retainkit.service.threads import Threads, ThreadsTakenError
from retainkit.strict_json import loads
from retainkit.typing import Plain


def create_app(settings: Settings) -> FastAPI:
    """The service over a folder of models; an `InputError` says why they cannot be loaded."""
    folder, counts = ModelFolder(settings.models), Counts()
    folder.refresh()
    if folder.problem:
        raise InputError(
            "unreadable-source", "models", folder.problem, "must hold models only", "Mend that file."
        )

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncGenerator[None]:
        looking = asyncio.create_task(_look(folder, settings.reload_seconds))
        yield
        looking.cancel()

    app = FastAPI(
        title="retainkit",
        version=retainkit.__version__,
        summary="Customer-retention economics: break-even, customer value, churn, campaigns, plans.",
        docs_url=None,  # its pages load from elsewhere; ours does not
        redoc_url=None,
        lifespan=living,
    )
    threads = Threads()
    for name, verb in VERBS.items():
        _add(app, name, verb, _asked(verb, folder, settings, threads))
    _add_others(app, folder, counts)
    app.add_middleware(cast("Any", Guard), settings=settings, counts=counts, verbs=frozenset(VERBS))
    return app


def from_environment() -> FastAPI:
    """The service of a worker, whose settings are in its environment."""
    return create_app(Settings.of_environment())


async def _look(folder: ModelFolder, seconds: float) -> None:
    told = ""
    while True:
        await asyncio.sleep(seconds)
        try:
            if await asyncio.to_thread(folder.refresh):
                LOG.info('{"models": %d, "exchanged": %d}', len(folder.models), folder.exchanged)
        except OSError as error:  # the folder itself may be exchanged: the models at hand go on
            folder.problem = str(error)
        if folder.problem != told:
            told = folder.problem
            LOG.warning(orjson.dumps({"models_not_exchanged": told}).decode())


def _asked(
    verb: Verb, folder: ModelFolder, settings: Settings, threads: Threads
) -> Callable[[HttpRequest], Any]:
    async def endpoint(request: HttpRequest) -> Response:
        models = folder.models  # those of now, whatever is exchanged meanwhile
        body = await request.body()
        try:
            status, answer = await threads.run(settings.answer_seconds, _computed, verb.request, body, models)
        except TimeoutError:
            return _late(f"must be answered within {settings.answer_seconds:g} seconds", "Ask in parts.")
        except ThreadsTakenError:
            rule = f"must wait: all {threads.many} threads compute answers that were given up"
            return _late(rule, "Ask again later, and large questions in parts.")
        return Response(answer, status, media_type="application/json")

    return endpoint


def _late(rule: str, way_out: str) -> Response:
    said = said_in_json("not-supported", "body", "a large question", rule, way_out)
    return Response(said, 503, media_type="application/json")


def _computed(request: type[Request], body: bytes, models: Any) -> tuple[int, bytes]:
    """Status and body of the answer to a question."""
    try:
        told: object = loads(body)
    except ValueError as error:
        problem = f"must be JSON ({error})"
        return 400, said_in_json("unreadable-source", "body", "no JSON", problem, "Send one JSON object.")
    try:
        return 200, encoded(request.model_validate(told).answer(models))
    except (RetainkitError, ValidationError) as error:
        return 422, encoded(Refusal.of_error(error))


def encoded(answer: Answer) -> bytes:
    """An answer as JSON: what is not finite is null."""
    try:
        return orjson.dumps(answer.__dict__, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # a whole number of more than 64 bits
        return answer.to_json()


def _plain(value: Any) -> Any:
    return value.__dict__ if hasattr(value, "__dict__") else str(value)


def _add(app: FastAPI, name: str, verb: Verb, endpoint: Callable[[HttpRequest], Any]) -> None:
    schema = verb.request.model_json_schema()
    content: Plain = {"application/json": {"schema": schema}}
    told: dict[int | str, dict[str, Any]] = {
        200: {"model": verb.answer},
        400: {"model": Refusal, "description": "The body is no JSON"},
        401: {"model": Refusal, "description": "No key, or none of those told"},
        408: {"model": Refusal, "description": "The body came too slowly"},
        413: {"model": Refusal, "description": "The body is too long"},
        422: {"model": Refusal, "description": "What is wrong with the question"},
        503: {"model": Refusal, "description": "The answer took too long, or no thread is free"},
    }
    app.add_api_route(
        f"/v1/{name}",
        endpoint,
        methods=["POST"],
        operation_id=name,
        summary=(verb.request.__doc__ or "").partition("\n")[0],
        responses=told,
        response_class=Response,
        openapi_extra={"requestBody": {"required": True, "content": content}},
    )


def _add_others(app: FastAPI, folder: ModelFolder, counts: Counts) -> None:
    async def health() -> Plain:
        """Whether the process answers."""
        return {"status": "ok"}

    async def ready() -> Response:
        """Whether models are loaded as the folder has them."""
        ok = not folder.problem
        said = {"ready": ok, "models": len(folder.models)}
        return Response(orjson.dumps(said), 200 if ok else 503, media_type="application/json")

    async def models() -> dict[str, str]:
        """The models that questions may name, and what each is."""
        return {name: type(thing).__name__ for name, thing in folder.models.items()}

    async def metrics() -> PlainTextResponse:
        """Requests, their times and models, for Prometheus."""
        text = counts.text(len(folder.models), folder.exchanged)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def front() -> HTMLResponse:
        """The page for trying it."""
        return HTMLResponse(page([*VERBS]), headers={"content-security-policy": policy()})

    app.add_api_route("/health", health, methods=["GET"])
    app.add_api_route("/ready", ready, methods=["GET"], response_class=Response, responses={503: {}})
    app.add_api_route("/v1/models", models, methods=["GET"], responses={401: {"model": Refusal}})
    app.add_api_route("/metrics", metrics, methods=["GET"], response_class=PlainTextResponse)
    app.add_api_route("/", front, methods=["GET"], response_class=HTMLResponse, include_in_schema=False)
