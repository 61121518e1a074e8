"""What every request passes: keys, sizes, times, counts and one line of log, without any customer's data."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from retainkit.api import Problem, Refusal
from retainkit.service.counts import Counts
from retainkit.service.settings import Settings

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG = logging.getLogger("retainkit.service")
OPEN = frozenset({"/health", "/ready"})
"""Addresses that are asked by machines that have no key, and tell nothing."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)


def said_in_json(code: str, argument: str, value: str, rule: str, way_out: str) -> bytes:
    """The body of an answer that says what is wrong."""
    return Refusal(
        problems=(Problem(code=code, argument=argument, value=value, rule=rule, way_out=way_out),)
    ).to_json()


class Guard:
    """An application of ASGI around another one."""

    def __init__(self, app: App, settings: Settings, counts: Counts, verbs: frozenset[str]) -> None:
        self.app, self.settings, self.counts, self.verbs = app, settings, counts, verbs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, told = time.perf_counter(), {"status": 500, "bytes": 0}
        name = secrets.token_hex(8)

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS, (b"x-request-id", name.encode())]
            else:
                told["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._guarded(scope, receive, sent)
        finally:
            seconds = time.perf_counter() - begun
            verb = scope["path"].rpartition("/")[2]
            # addresses that are not ours are counted together: their number has no bound
            verb = verb if verb in self.verbs else "other"
            self.counts.add(verb, told["status"], seconds)
            line = {
                "id": name,
                "method": scope["method"],
                "verb": verb,
                **told,
                "ms": round(1e3 * seconds, 3),
            }
            LOG.info(json.dumps(line))

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if scope["path"] not in OPEN and not self._may(headers.get(b"x-api-key", b"")):
            body = said_in_json(
                "missing-argument", "x-api-key", "", "must be one of the keys", "Ask who runs it."
            )
            await _answer(send, 401, body)
            return
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                body = await self._body(headers, receive)
        except TimeoutError:
            rule = f"must arrive within {self.settings.body_seconds:g} seconds"
            await _answer(
                send, 408, said_in_json("out-of-range", "body", "a slow one", rule, "Send it at once.")
            )
            return
        if body is None:
            rule = f"must have {self.settings.most_bytes:,} bytes at most"
            await _answer(
                send, 413, said_in_json("out-of-range", "body", "a longer one", rule, "Ask in parts.")
            )
            return
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def whole() -> MutableMapping[str, Any]:
            return left.pop() if left else await receive()

        await self.app(scope, whole, send)

    def _may(self, given: bytes) -> bool:
        """Whether a key is one of those told; every one is compared, each in constant time."""
        held = [hmac.compare_digest(given, key.encode()) for key in self.settings.keys]
        return any(held) or not held

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
        """The whole body; None for one that is longer than allowed, of which no more is read."""
        said = headers.get(b"content-length", b"0")
        if said.isdigit() and int(said) > self.settings.most_bytes:
            return None
        parts: list[bytes] = []
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            parts.append(message.get("body", b""))
            length += len(parts[-1])
            if length > self.settings.most_bytes:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # what is left of a body that was not read would be taken for the next request
    await send(
        {"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]}
    )
    await send({"type": "http.response.body", "body": body})
