"""Questions over HTTP: throughput and the slowest hundredth, beside a bare FastAPI echo, in one run.

    python benchmarks/service.py

20,000 requests on 50 connections to two workers on this machine, while a model is exchanged every half
second; then the same to an application that only gives the body back. The asking process shares the
processors with the answering ones, so that both figures are below what a machine of its own would do.
First what a worker costs: the CPU of its start with three models above that of what it stands on (wanted: at
most 120 ms), and its memory, then and once it has answered (wanted: at most 120 MB).
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
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


BELOW = "import fastapi, uvicorn, numpy, scipy.special"
START = f"""
{BELOW}
import asyncio, sys
from pathlib import Path
from retainkit.service.app import create_app
from retainkit.service.settings import Settings
app = create_app(Settings(models=Path(sys.argv[1])))
async def begin():
    async with app.router.lifespan_context(app):
        pass
asyncio.run(begin())
"""


def start_cost(statement: str, folder: str) -> tuple[float, float]:
    """Milliseconds of CPU of a fresh process, user and system, and its most memory in MB."""
    process = subprocess.Popen([sys.executable, "-c", statement, folder], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, statement
    return 1e3 * (usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1024


def tell_start(folder: Path) -> None:
    rk.save(rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.4, unit="week"), folder / "buying.json")
    rk.save(rk.GammaGamma(p=6.25, q=3.74, v=15.44), folder / "spending.json")
    runs = [(start_cost(BELOW, str(folder)), start_cost(START, str(folder))) for _ in range(9)][1:]
    above = statistics.median(mine[0] - below[0] for below, mine in runs)
    below, memory = (statistics.median(r[k][j] for r in runs) for k, j in ((0, 0), (1, 1)))
    print(f"start: {above:.0f} ms CPU above {below:.0f} ms of what it stands on; {memory:.0f} MB")


def memory_of_workers(parent: int) -> list[int]:
    """MB that each process under another one holds, as Linux tells it."""
    told = subprocess.check_output(["ps", "-o", "rss=", "--ppid", str(parent)], text=True)
    return [int(kb) >> 10 for kb in told.split()]


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
        tell_start(folder)
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
                print(f"memory of its processes: {memory_of_workers(running.pid)} MB")
            finally:
                running.terminate()
                running.wait(20)


if __name__ == "__main__":
    main()
