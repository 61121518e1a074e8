"""The service under bad input, attack and change: refused in words, never a fault, never half a model."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from questions import MODELS, QUESTIONS

import retainkit as rk
from retainkit.service.app import create_app
from retainkit.service.models import ModelFolder
from retainkit.service.page import EXAMPLES
from retainkit.service.settings import Settings

pytestmark = pytest.mark.needs("service")
SRC = Path(rk.__file__).parents[1]


def folder_of(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    for name, model in MODELS.items():
        rk.save(model, path / f"{name}.json")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("models"))


@pytest.fixture
def client(folder: Path) -> Iterator[Any]:
    from fastapi.testclient import TestClient

    settings = Settings(folder, keys=("first", "second"), most_bytes=100_000)
    with TestClient(create_app(settings), headers={"x-api-key": "second"}) as found:
        yield found


@pytest.mark.parametrize("verb", QUESTIONS)
def test_every_question_is_answered_as_the_library_answers(client: Any, verb: str) -> None:
    said = client.post(f"/v1/{verb}", json=QUESTIONS[verb])
    assert said.status_code == 200
    assert said.json() == json.loads(rk.api.ask(verb, QUESTIONS[verb], MODELS).to_json())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "unreadable-source"),
        (b"{", 400, "unreadable-source"),
        (b'{"a": NaN}', 400, "unreadable-source"),
        (b"[" * 90_000, 400, "unreadable-source"),
        (b"\xff\xff", 400, "unreadable-source"),
        (b'{"acquisition_cost": 1e999, "monthly_margin": 1}', 400, "unreadable-source"),
        (b'{"acquisition_cost": 1%s, "monthly_margin": 1}' % (b"0" * 400), 422, "wrong-type"),
        (b'{"acquisition_cost": -1%s, "monthly_margin": 1}' % (b"0" * 90_000), 400, "unreadable-source"),
        (b'{"acquisition_cost": 1, "acquisition_cost": 2}', 400, "unreadable-source"),
        (b"null", 422, "wrong-type"),
        (b"[]", 422, "wrong-type"),
        (b'{"acquisition_cost": 500, "monthly_margin": 50, "\\ud800": 1}', 422, "wrong-type"),
        (b" " * 100_001, 413, "out-of-range"),
    ],
)
def test_a_body_that_is_none_is_refused_in_json(client: Any, body: bytes, status: int, code: str) -> None:
    said = client.post("/v1/break-even", content=body)
    assert (said.status_code, said.json()["problems"][0]["code"]) == (status, code)


def test_a_key_is_asked_for_but_where_machines_look(client: Any) -> None:
    for path in ("/", "/metrics", "/openapi.json", "/v1/models", "/v1/nothing"):
        for key in ("", "third", "first "):
            assert client.get(path, headers={"x-api-key": key}).status_code == 401
    assert client.get("/health", headers={"x-api-key": ""}).json() == {"status": "ok"}
    assert client.get("/ready", headers={"x-api-key": ""}).json() == {"ready": True, "models": 3}
    assert client.post("/v1/break-even", json={}, headers={"x-api-key": ""}).status_code == 401


def test_no_other_site_may_ask_and_no_body_is_logged(client: Any, caplog: Any) -> None:
    caplog.set_level("INFO", "retainkit.service")
    headers = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    said = client.options("/v1/break-even", headers=headers)
    assert not [name for name in said.headers if name.startswith("access-control")]
    client.post("/v1/score-purchases", json={**QUESTIONS["score-purchases"], "customer": "Jane Roe"})
    lines = [json.loads(record.message) for record in caplog.records]
    assert {*lines[-1]} == {"id", "method", "verb", "status", "bytes", "ms"}
    assert "Jane" not in caplog.text


def test_metrics_and_page_say_what_they_are(client: Any) -> None:
    client.post("/v1/break-even", json=QUESTIONS["break-even"])
    text = client.get("/metrics").text
    assert 'verb="break-even",status="200"} 1' in text
    assert "retainkit_models{" in text
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")  # nothing is fetched from elsewhere
    for verb, example in EXAMPLES.items():
        assert client.post(f"/v1/{verb}", json=example).status_code == 200


def test_models_are_exchanged_all_at_once_and_only_when_they_can_be_read(tmp_path: Path) -> None:
    kept = ModelFolder(folder_of(tmp_path / "models"))
    assert kept.refresh() and not kept.refresh()
    before = kept.models
    rk.save(rk.Geometric(0.2, unit="year"), kept.folder / "churn.json")
    assert kept.refresh()
    assert kept.models["churn"] == rk.Geometric(0.2, unit="year")
    assert before["churn"] == MODELS["churn"]  # what a question began with it goes on with
    (kept.folder / "bad.json").write_text("{}")
    assert not kept.refresh()
    assert "must say what it is" in kept.problem
    assert kept.models["churn"] == rk.Geometric(0.2, unit="year")
    (kept.folder / "bad.json").unlink()
    assert kept.refresh() and not kept.problem


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 10.0
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_answers_given_up_hold_their_threads_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastapi.testclient import TestClient

    free, started = threading.Event(), list[str]()

    def stuck(*_: object) -> tuple[int, bytes]:
        started.append(threading.current_thread().name)
        free.wait(20.0)
        return 200, b"{}"

    monkeypatch.setattr("retainkit.service.app._computed", stuck)
    own = folder_of(tmp_path / "models")
    limits = Settings(own, answer_seconds=0.03, reload_seconds=0.01)
    with TestClient(create_app(limits)) as asked:
        try:
            for _ in range(8):
                assert "within 0.03 seconds" in asked.post("/v1/break-even", json={}).text
            said = [asked.post("/v1/break-even", json={}) for _ in range(20)]
            assert {one.status_code for one in said} == {503}
            assert all("all 8 threads compute answers that were given up" in one.text for one in said)
            assert len(started) == len(set(started)) == 8  # each in a thread of its own, and none is queued
            rk.save(rk.Geometric(0.2, unit="year"), own / "new.json")
            until(lambda: asked.get("/ready").json()["models"] == len(MODELS) + 1)
        finally:
            free.set()
        until(lambda: asked.post("/v1/break-even", json={}).status_code == 200)
        assert len(started) > 8


def test_names_and_links_that_lead_elsewhere_are_no_models(tmp_path: Path) -> None:
    kept = ModelFolder(folder_of(tmp_path / "models"))
    outside = rk.save(rk.Geometric(0.2), tmp_path / "outside.json")
    (kept.folder / "link.json").symlink_to(outside)
    (kept.folder / "loop.json").symlink_to(kept.folder / "loop.json")
    (kept.folder / "a b.json").write_text("{}")
    (kept.folder / ".hidden.json").write_text("{}")
    (kept.folder / "notes.txt").write_text("{}")
    kept.refresh()
    assert {*kept.models} == {*MODELS}
    with pytest.raises(rk.InputError, match="must be a folder of models"):
        rk.service.serve(tmp_path / "nowhere")
    rk.save(rk.break_even(500, 50), kept.folder / "figure.json")
    with pytest.raises(rk.InputError, match=r"figure\.json must be a model"):
        create_app(Settings(kept.folder))


def test_its_own_description_finds_no_fault(folder: Path) -> None:
    """Questions are made of the service's own description, right ones and wrong ones."""
    from schemathesis import openapi
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    # a description has no room for rules between fields, such as recency ≤ T: those are refused in words
    rules = [positive_data_acceptance]
    described = openapi.from_asgi("/openapi.json", create_app(Settings(folder)))
    seen = 0
    for operation in described.get_all_operations():
        found = cast("Any", operation).ok()

        @settings(
            max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
        )
        @given(case=found.as_strategy())
        def probe(case: Any) -> None:
            assert case.call_and_validate(excluded_checks=rules).status_code < 500

        probe()
        seen += 1
    assert seen == len(QUESTIONS) + 4


class Running:
    """The service in processes of its own, as it is started from a shell."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "retainkit.cli",
            "serve",
            "--models",
            str(folder),
            "--port",
            str(self.port),
        ]
        env = {
            **os.environ,
            "PYTHONPATH": str(SRC),
            "RETAINKIT_BODY_SECONDS": "1",
            "RETAINKIT_RELOAD_SECONDS": "0.2",
        }
        self.process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                if self.get("/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("it does not start")

    def asked(self, method: str, path: str, body: str | None = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body)
            said = connection.getresponse()
            return said.status, said.read()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, Any]:
        return self.asked("GET", path)

    def worker(self) -> int:
        return int(
            self.get("/metrics")[1].decode().partition('retainkit_models{worker="')[2].partition('"')[0]
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return self.process.returncode


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    found = Running(folder_of(tmp_path_factory.mktemp("served")), workers=2)
    yield found
    if found.process.poll() is None:
        found.process.kill()


def test_a_slow_body_is_given_up_and_others_are_answered_meanwhile(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as slow:
        slow.sendall(b"POST /v1/break-even HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        assert running.asked("POST", "/v1/break-even", json.dumps(QUESTIONS["break-even"]))[0] == 200
        assert b" 408 " in slow.recv(1000)


def test_models_change_and_a_worker_dies_while_questions_are_answered(
    running: Running, tmp_path: Path
) -> None:
    """Without an error as models change; a killed worker fails only what it had, and is replaced."""
    command = running.process.args
    assert isinstance(command, list)
    folder = Path(str(command[command.index("--models") + 1]))
    text = json.dumps(QUESTIONS["survival"])
    answers: list[tuple[int, bytes]] = []
    failed: list[Exception] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            try:
                answers.append(running.asked("POST", "/v1/survival", text))
            except (OSError, http.client.HTTPException) as error:
                failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for theta in (0.1, 0.2, 0.3):
        rk.save(rk.Geometric(theta, unit="year"), folder / "churn.json")
        time.sleep(0.5)
    assert not failed
    assert {status for status, _ in answers} == {200}
    shares = {round(json.loads(body)["survival"][1], 6) for _, body in answers}
    assert shares <= {0.8, 0.9, 0.7}
    assert len(shares) >= 2  # it was exchanged while questions came
    victim = running.worker()
    os.kill(victim, signal.SIGKILL)
    begun = time.monotonic()
    while running.asked("POST", "/v1/survival", text)[0] != 200:
        assert time.monotonic() - begun < 5
    ended.set()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {200}
    assert len(failed) <= len(threads)  # one question on each connection that it had
    assert running.stop() in (0, -signal.SIGTERM)
