"""Print each library that pyproject.toml asks for at the lowest version allowed, one requirement a line."""

import re
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def floors(extra: str | None = None) -> set[str]:
    """The floors of an extra and of those it names; without one, those of the library itself."""
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    found: set[str] = set()
    for line in lines:
        if inside := re.match(rf"{PROJECT['name']}\[(.+)\]", line):
            found |= {floor for name in inside[1].split(",") for floor in floors(name)}
        else:
            found.add(re.sub(r"[>=]=", "==", line))
    return found


if __name__ == "__main__":
    print("\n".join(sorted(floors() | floors("test-python"))))
