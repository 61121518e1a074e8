"""What is shipped: built twice to the same bytes, with what belongs in it; each extra alone; what it brings.

    python .ci/packages.py                 # build, check, install each extra in an environment of its own
    python .ci/packages.py duckdb excel    # these extras
    SOMEWHERE/bin/python .ci/packages.py sbom > sbom.json   # a CycloneDX list of what is installed there

Wheel, source distribution and a list of components for each extra are left in dist/. It needs the network for
pip, some minutes and the room of one environment at a time; CI does not run it, a release does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FIRST = """
import retainkit as rk
from retainkit.economics import lifetime_value
assert lifetime_value(25, churn=0.05, discount_rate=0.0, timing="begin") == 500.0
lines = {"id": ["a", "a", "b"], "day": ["2026-01-01", "2026-01-09", "2026-01-05"], "eur": [1.0, 2.0, 3.0]}
columns = dict(customer_id="id", date="day", amount="eur", unit="day")
tx = rk.summarize_transactions(lines, **columns)
assert len(tx.purchases) == 2
"""
FILE = "open('t.csv', 'w').write('id,day,eur\\na,2026-01-01,1\\n')\n"
SMOKE = {
    "": "",
    "duckdb": FILE + "assert len(rk.summarize_transactions('t.csv', **columns)) == 1",
    "excel": "import retainkit.workbooks, python_calamine, xlsxwriter",
    "service": "import retainkit.service.app",
    "forecast": "import statsmodels",
    "spark": "import pyspark",
    "mcp": "import retainkit.agents.server",
    "plot": "import retainkit.plot, matplotlib",
    "report": "import retainkit.reports, jinja2",
    "cli": "import retainkit.cli.commands",
    "lifetimes": "assert rk.load_cdnow('sample')",
    "lifelines": "import lifelines",
    "sksurv": "import sksurv",
    "sklearn": "import retainkit.interop.sklearn",
    "yaml": "import yaml",
}
"""What each extra is there for, once, after what needs none of them."""


def run(*command: str | Path, **more: Any) -> str:
    """What a program prints; its failure is ours."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def environment(folder: Path, *requirements: str) -> Path:
    """Python of a new environment with these requirements alone."""
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
    return python


def build(python: Path, target: Path) -> dict[str, str]:
    """Wheel and source distribution, and the digest of each."""
    dated = {**os.environ, "SOURCE_DATE_EPOCH": run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()}
    run(python, "-m", "hatchling", "build", "-d", target, cwd=ROOT, env=dated)
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(target.iterdir())}


def check_contents(folder: Path) -> None:
    """The wheel has the package and its licence, nothing else; the sources have all that tests need."""
    (wheel,), (sources,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    listed = set(run("git", "ls-files", cwd=ROOT).split("\n"))
    inside = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    meta = {n.partition(".dist-info/")[2] for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in n}
    ours = {f.removeprefix("src/") for f in listed if f.startswith("src/")}
    assert inside == ours, sorted(inside ^ ours)
    assert meta == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}, meta
    with tarfile.open(sources) as archive:
        packed = {n.partition("/")[2] for n in archive.getnames()}
    wanted = {f for f in listed if f.startswith(("src/", "tests/")) and not f.endswith((".npy.xz",))}
    assert wanted <= packed, sorted(wanted - packed)
    assert packed <= listed | {"PKG-INFO"}, sorted(packed - listed)


def licence(found: Distribution) -> str:
    """What a distribution says of its licence: an SPDX expression, its classifiers, or its own words."""
    told = found.metadata
    classes = [c.split(" :: ")[-1] for c in told.get_all("Classifier") or () if c.startswith("License ::")]
    own = (told.get("License") or "").strip().partition("\n")[0][:80]
    return told.get("License-Expression") or " and ".join(classes) or own or "not told"


def components() -> dict[str, Any]:
    """What is installed beside this Python, as CycloneDX 1.6 wants it: no clock and no chance in it."""
    parts: list[dict[str, Any]] = []
    needs: list[dict[str, Any]] = []
    every = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d for d in distributions()}
    own = every.keys() - {"pip", "setuptools", "wheel"}
    for name in sorted(own):
        found = every[name]
        ref = f"pkg:pypi/{name}@{found.version}"
        parts.append(
            {"type": "library", "bom-ref": ref, "name": name, "version": found.version, "purl": ref}
            | {"licenses": [{"license": {"name": licence(found)}}]}
        )
        asked = {re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", r)[0]).lower() for r in found.requires or ()}
        there = sorted(f"pkg:pypi/{n}@{every[n].version}" for n in asked & own)
        needs.append({"ref": ref, "dependsOn": there})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": parts,
        "dependencies": needs,
    }


def install(extra: str, wheel: Path, target: Path) -> str:
    """One extra alone, tried, with its list of components; a line on what it costs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = environment(folder / "env", f"{wheel}[{extra}]" if extra else str(wheel))
        run(python, "-m", "pip", "check", "--disable-pip-version-check")
        run(python, "-W", "error::DeprecationWarning:retainkit", "-c", FIRST + SMOKE[extra], cwd=folder)
        listed = run(python, __file__, "sbom")
        (target / f"sbom-{extra or 'alone'}.json").write_text(listed, encoding="utf-8")
        size = sum(
            p.stat().st_size for p in (folder / "env").rglob("*") if p.is_file() and not p.is_symlink()
        )
    return f"{extra or '(none)'}: {len(json.loads(listed)['components'])} packages, {size / 1e6:,.0f} MB"


def main(extras: list[str]) -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    together = {"demo", "all", "test", "test-python", "docs", "dev"}
    assert SMOKE.keys() - {""} == told["optional-dependencies"].keys() - together, (
        "an extra that is not tried"
    )
    target = ROOT / "dist"
    with tempfile.TemporaryDirectory() as name:
        python = environment(Path(name) / "env", "hatchling>=1.27")
        first, again = build(python, target), build(python, Path(name) / "again")
        assert {n: d for n, d in first.items() if n in again} == again, "two builds differ"
    check_contents(target)
    for file, digest in again.items():
        print(f"{digest}  {file}, built twice")
    (wheel,) = target.glob("*.whl")
    for extra in extras or SMOKE:
        print(install(extra, wheel, target), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["sbom"]:
        print(json.dumps(components(), indent=1))
    else:
        main(sys.argv[1:])
