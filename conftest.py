"""What holds for every test: the same numbers each time, no network, no screen, nothing skipped unseen."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("retainkit", derandomize=True, deadline=None, database=None)
settings.load_profile("retainkit")


def pytest_configure() -> None:
    """No screen and no network, in examples of the package too."""
    os.environ["MPLBACKEND"] = "Agg"
    socket.socket.connect = _refuse_internet  # type: ignore[method-assign]


SOURCES = Path(__file__).parent / "src"


def pytest_collect_file(file_path: Path) -> None:
    """Import a file of the package as its users do, before its examples are collected.

    Alone, pytest would load it beside the package: its classes would be others, and where a function has the
    name of its module the module would take its place.
    """
    if file_path.suffix == ".py" and file_path.stem != "__main__" and SOURCES in file_path.parents:
        name = file_path.relative_to(SOURCES).with_suffix("")
        import_module(".".join(part for part in name.parts if part != "__init__"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of `-m needs` alone no other file is read: to collect all of them takes longer than to run these."""
    asked = config.option.markexpr == "needs" and collection_path.suffix == ".py"
    return True if asked and "mark.needs" not in collection_path.read_text(encoding="utf-8") else None


# What a test may need beside Python, `@pytest.mark.needs("java")`: its programs, and Debian's package.
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "chromium"),
    "java": (("java",), "default-jre-headless"),
    "libreoffice": (("soffice", "libreoffice"), "libreoffice-calc-nogui"),
    "service": (
        ("python3", "python"),
        "python3",
    ),  # libraries that the extra `test` alone brings, on one Python
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not there, by the name of its package."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            programs, package = PROGRAMS[name]
            if not any(map(shutil.which, programs)):
                pytest.skip(f"needs {name}: apt install {package}")


@pytest.fixture(autouse=True)
def _numpy_warns_in_each_test() -> Iterator[None]:
    """Whatever a test before has done: lifelines silences divisions for the rest of the process."""
    with np.errstate(over="warn", divide="warn", invalid="warn", under="ignore"):
        yield


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
