"""The threads that compute answers: so many and no more, also while answers that nobody waits for go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_MANY = 8  # questions computed at a time in one worker; the others wait

P = ParamSpec("P")
T = TypeVar("T")


class ThreadsTakenError(Exception):
    """Every thread still computes an answer that was given up."""


class Threads:
    """Threads for answers alone: looking at the folder of models never waits for one.

    A thread cannot be stopped. One whose answer was given up keeps its place until it ends, so that no more
    than ``many`` compute, and none queue, whatever is asked.
    """

    def __init__(self, many: int = _MANY) -> None:
        self.many = many
        self._pool = ThreadPoolExecutor(many, thread_name_prefix="answer")
        self._places = asyncio.Semaphore(many)
        self._given_up = 0

    async def run(self, seconds: float, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What the work gives, waiting for a place included.

        Raises `TimeoutError` after the seconds, and `ThreadsTakenError` at once where waiting would be for
        answers that were given up alone.
        """
        if self._given_up >= self.many:
            raise ThreadsTakenError
        async with asyncio.timeout(seconds):
            await self._places.acquire()
            future = asyncio.wrap_future(self._pool.submit(work, *args, **named))
            future.add_done_callback(lambda _: self._places.release())
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                self._given_up += 1
                future.add_done_callback(self._ended)
                raise

    def _ended(self, _: asyncio.Future[T]) -> None:
        self._given_up -= 1
