"""What holds for every test: the same numbers each time, no network, no screen, nothing skipped unseen."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("retainkit", derandomize=True, deadline=None, database=None)
settings.load_profile("retainkit")


def pytest_configure() -> None:
    os.environ["MPLBACKEND"] = "Agg"
    socket.socket.connect = _refuse_internet  # type: ignore[method-assign]  # for doctests too


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI every optional library is there, so a skipped test is one that nobody runs.

    Source distributions, which have a PKG-INFO, leave out tables and pictures that some tests read.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    whole = not (session.config.rootpath / "PKG-INFO").exists()
    if os.environ.get("CI") and whole and reporter and reporter.stats.get("skipped"):
        reporter.write_line("Skipped tests are failures in CI.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_connect = socket.socket.connect


def _refuse_internet(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
        "127.0.0.1",
        "::1",
        "localhost",
    ):
        raise RuntimeError(f"a test tried to reach {address}: tests work without a network")
    _connect(self, address)
