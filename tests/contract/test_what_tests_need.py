"""A test that needs more than Python is skipped with the package's name, and is a failure in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
import pytest

@pytest.mark.needs("{0}")
def test_that_needs_{0}():
    pass
"""
PACKAGES = {"java": "default-jre-headless", "chromium": "chromium", "libreoffice": "libreoffice-calc"}


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["", "1"])
def test_without_its_program_a_test_is_skipped_and_fails_in_ci(tmp_path: Path, ci: str) -> None:
    shutil.copy(Path(__file__).parents[2] / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs\n", encoding="utf-8")
    for program in PACKAGES:
        (tmp_path / f"test_{program}.py").write_text(TEST.format(program), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(
        command,
        env=os.environ | {"PATH": "", "CI": ci},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    for program, package in PACKAGES.items():
        assert f"needs {program}: apt install {package}" in run.stdout
    assert (run.returncode != 0) == bool(ci)
