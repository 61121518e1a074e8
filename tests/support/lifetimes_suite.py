"""Run lifetimes' own test-suite against the drop-in.

    python tests/support/lifetimes_suite.py PATH_TO/lifetimes/tests [--original] [pytest's options]

`PATH_TO` is a checkout of lifetimes (MIT) at v0.11.3; its tests are not part of this repository. Within
the run, ``import lifetimes`` gives `retainkit.interop.lifetimes`, or with ``--original`` lifetimes itself,
which shows the tests that fail today with either. The suite is of 2020: names that pandas has dropped since
are put back for the run, and the data files are found where the tests look for them. What fails, and why, is
listed in docs/how-to/moving-from-lifetimes.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pytest

ROOMS = (
    "",
    ".datasets",
    ".fitters",
    ".fitters.beta_geo_beta_binom_fitter",
    ".fitters.beta_geo_fitter",
    ".fitters.gamma_gamma_fitter",
    ".fitters.modified_beta_geo_fitter",
    ".fitters.pareto_nbd_fitter",
    ".generate_data",
    ".plotting",
    ".utils",
)


def main(arguments: list[str]) -> int:
    original = "--original" in arguments
    suite, *options = [a for a in arguments if a != "--original"]
    files = distribution("lifetimes").files or []
    data = next(Path(str(f.locate())).parent for f in files if f.name == "donations.csv")
    for room in ROOMS:
        if not original:
            sys.modules[f"lifetimes{room}"] = import_module(f"retainkit.interop.lifetimes{room}")
    _old_pandas()
    given = Path(suite).resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("lifetimes").mkdir()
        Path("lifetimes/datasets").symlink_to(data)
        root = given if given.is_dir() else given.parent
        settings = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={root}", "-W", "ignore"]
        return int(pytest.main([str(given), *settings, *options]))


def _old_pandas() -> None:
    """What lifetimes' tests use of the pandas of 2020."""
    sys.modules["pandas.util.testing"] = import_module("pandas.testing")
    pd.DataFrame.append = lambda self, other: pd.concat([self, other])  # type: ignore[attr-defined]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
