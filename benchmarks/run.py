"""Every benchmark, one after the other, each in its own process.

python benchmarks/run.py [name …]    # import_cost, fits, summaries, cashflows …
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LONG = ("calibrate", "interval_coverage")  # `make calibrate` runs them


def main() -> int:
    scripts = {path.stem: path for path in sorted(HERE.glob("*.py")) if path.stem != "run"}
    unknown = [name for name in sys.argv[1:] if name not in scripts]
    if unknown:
        print(f"No benchmark {', '.join(unknown)}; there are {', '.join(scripts)}.", file=sys.stderr)
        return 2
    failed = 0
    for name in sys.argv[1:] or [name for name in scripts if name not in LONG]:
        print(f"\n== {name} ==", flush=True)
        failed |= subprocess.run([sys.executable, str(scripts[name])], check=False).returncode
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
