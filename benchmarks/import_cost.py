"""What `import retainkit` costs above `import numpy`, in process CPU time.

    python benchmarks/import_cost.py

Fresh processes in turn; user and system time of each, as the operating system accounts for it. The wanted
figure is at most 40 ms more than numpy alone, with neither scipy nor pandas loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np


def cpu_seconds(statement: str) -> float:
    """CPU time of one fresh interpreter."""
    process = subprocess.Popen([sys.executable, "-c", statement])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, statement
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    cpu_seconds("import retainkit")  # the first run reads from disk and writes byte code
    pairs = [(cpu_seconds("import numpy"), cpu_seconds("import numpy, retainkit")) for _ in range(25)]
    numpy, both = np.array(pairs).T
    print(f"import numpy              {1e3 * np.median(numpy):7.1f} ms")
    print(f"import numpy, retainkit   {1e3 * np.median(both):7.1f} ms")
    print(f"difference                {1e3 * np.median(both - numpy):7.1f} ms   (wanted: at most 40 ms)")
    heavy = "import retainkit, sys; print(sorted({'scipy', 'pandas', 'pydantic'} & set(sys.modules)))"
    print("loaded besides:", subprocess.check_output([sys.executable, "-c", heavy], text=True).strip())


if __name__ == "__main__":
    main()
