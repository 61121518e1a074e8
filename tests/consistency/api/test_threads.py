"""Threads and processes answer as one does, bit for bit: no question changes what another is answered."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest
from questions import MODELS, QUESTIONS

from retainkit import api


def answered(verb: str) -> bytes:
    return api.ask(verb, QUESTIONS[verb], MODELS).to_json()


def test_sixteen_threads_answer_as_one() -> None:
    asked = [*QUESTIONS] * 8
    alone = {verb: answered(verb) for verb in QUESTIONS}
    with ThreadPoolExecutor(16) as threads:
        assert [*threads.map(answered, asked)] == [alone[verb] for verb in asked]


@pytest.mark.slow
@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_processes_answer_as_one(start: Any) -> None:
    if start not in multiprocessing.get_all_start_methods():
        start = "spawn"
    verbs = ["break-even", "value-customers", "survival"]
    context = multiprocessing.get_context(start)
    with ProcessPoolExecutor(2, mp_context=context) as processes:
        found = [*processes.map(_in_process, [(verb, QUESTIONS[verb], MODELS) for verb in verbs])]
    assert found == [answered(verb) for verb in verbs]


def _in_process(given: tuple[str, dict[str, Any], dict[str, Any]]) -> bytes:
    from retainkit import api

    return api.ask(*given).to_json()
