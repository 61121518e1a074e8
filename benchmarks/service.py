"""Questions over HTTP: throughput and the slowest hundredth, beside a bare FastAPI echo, in one run.

    python benchmarks/service.py

20,000 requests on 50 connections to two workers on this machine, while a model is exchanged every half
second; then the same to an application that only gives the body back. The asking process shares the
processors with the answering ones, so that both figures are below what a machine of its own would do.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import retainkit as rk

REQUESTS, CONNECTIONS = 20_000, 50
BODY = b'{"churn_model": "churn", "unit": "year", "tenure": [1.0, 2.0, 5.0]}'
ECHO = """
from fastapi import FastAPI, Request, Response
app = FastAPI()
@app.post("/v1/survival")
async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")
@app.get("/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


async def wait(port: int) -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError("it does not start")


async def one_connection(port: int, many: int, times: list[float], failed: list[str]) -> None:
    head = f"POST /v1/survival HTTP/1.1\r\nhost: x\r\ncontent-length: {len(BODY)}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(many):
        begun = time.perf_counter()
        writer.write(head + BODY)
        said = await reader.readuntil(b"\r\n\r\n")
        length = int(said.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - begun)
        if not said.startswith(b"HTTP/1.1 200"):
            failed.append(said[:30].decode())
    writer.close()


async def exchange(folder: Path, ended: asyncio.Event) -> int:
    count = 0
    while not ended.is_set():
        count += 1
        rk.save(rk.Geometric(0.1 + 0.01 * (count % 10), unit="year"), folder / "churn.json")
        await asyncio.sleep(0.5)
    return count


async def load(name: str, port: int, folder: Path | None) -> None:
    await wait(port)
    times: list[float] = []
    failed: list[str] = []
    await asyncio.gather(*(one_connection(port, 20, [], []) for _ in range(CONNECTIONS)))  # warm
    ended = asyncio.Event()
    changing = asyncio.create_task(exchange(folder, ended)) if folder else None
    begun = time.perf_counter()
    many = REQUESTS // CONNECTIONS
    await asyncio.gather(*(one_connection(port, many, times, failed) for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - begun
    ended.set()
    changed = f", a model exchanged {await changing} times" if changing else ""
    times.sort()
    rate, slow = len(times) / seconds, 1e3 * times[int(0.99 * len(times))]
    print(f"{name}: {rate:,.0f} requests/s, p99 {slow:.0f} ms, {len(failed)} errors{changed}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rk.save(rk.Geometric(0.2, unit="year"), folder / "churn.json")
        (folder / "echo.py").write_text(ECHO)
        mine, other = free_port(), free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        serve = [sys.executable, "-m", "retainkit.cli", "serve", "--models", name, "--workers", "2", "--port"]
        echo = [sys.executable, "-m", "uvicorn", "echo:app", "--workers", "2", "--no-access-log", "--port"]
        for said, command, port, kept in (
            ("retainkit, survival", serve, mine, folder),
            ("a bare FastAPI echo", echo, other, None),
        ):
            running = subprocess.Popen([*command, str(port)], cwd=name, env={**os.environ}, **quiet)
            try:
                asyncio.run(load(said, port, kept))
            finally:
                running.terminate()
                running.wait(20)


if __name__ == "__main__":
    main()
