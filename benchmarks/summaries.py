"""Summarise five million transactions of a million customers, against lifetimes and against the table itself.

    python benchmarks/summaries.py             # five million lines
    python benchmarks/summaries.py --quick     # half a million lines of a hundred thousand customers

Every row is a process of its own, so that its peak memory is its own: the largest resident set that the
system saw (`ru_maxrss`), and that peak less what the process held after its imports. «table in …» only
loads the Parquet file. Seconds are wall time of the summary alone; for DuckDB that includes reading the
file, for tables in memory and for lifetimes it does not. The process that starts the others stays small,
because a process inherits the peak of the one that started it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

COLUMNS = {"customer_id": "id", "date": "date", "amount": "price"}


def write_table(path: Path, lines: int, customers: int) -> None:
    """Two years of timestamps in random order; every customer has at least one line."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    ids = np.concatenate([np.arange(customers), rng.integers(0, customers, lines - customers)])
    rng.shuffle(ids)
    seconds = np.datetime64("2019-01-01", "us") + rng.integers(0, 730 * 86_400, lines) * np.timedelta64(
        1, "s"
    )
    price = np.round(rng.gamma(2.0, 20.0, lines), 2)
    pq.write_table(pa.table({"id": ids, "date": seconds, "price": price}), path)


# -- in a process of its own: what to import, how to get the table, what to do with it ----------------


def ours(source: Any, **options: Any) -> Any:
    import retainkit as rk

    return rk.summarize_transactions(source, **COLUMNS, unit="week", **options)


def theirs(frame: Any) -> Any:
    from lifetimes.utils import summary_data_from_transaction_data

    return summary_data_from_transaction_data(frame, "id", "date", "price", freq="D", freq_multiplier=7)


def pandas_table(path: str) -> Any:
    import pandas as pd

    return pd.read_parquet(path)


def polars_table(path: str) -> Any:
    import polars as pl

    return pl.read_parquet(path)


def arrow_table(path: str) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(path)


def nothing(table: Any) -> Any:
    return table


TASKS: dict[str, tuple[list[str], Callable[[str], Any], Callable[[Any], Any]]] = {
    "table in pandas": (["pandas", "pyarrow.parquet"], pandas_table, nothing),
    "table in pyarrow": (["pyarrow.parquet"], arrow_table, nothing),
    "duckdb, from the file": (["duckdb", "pyarrow.compute", "retainkit.ingest"], str, ours),
    "duckdb, with a holdout": (
        ["duckdb", "pyarrow.compute", "retainkit.ingest"],
        str,
        lambda path: ours(path, holdout_from="2020-01-01"),
    ),
    "pandas": (["pandas", "pyarrow.parquet", "retainkit.ingest"], pandas_table, ours),
    "polars": (["polars", "retainkit.ingest"], polars_table, ours),
    "pyarrow": (["pyarrow.parquet", "retainkit.ingest"], arrow_table, ours),
    "lifetimes on pandas": (["pyarrow.parquet", "lifetimes.utils"], pandas_table, theirs),
}


def peak_megabytes() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )


def run_task(name: str, path: str) -> None:
    warnings.simplefilter("ignore")
    libraries, load, work = TASKS[name]
    for library in libraries:
        __import__(library)
    imports = peak_megabytes()
    table = load(path)
    start = time.perf_counter()
    work(table)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": peak_megabytes(), "imports": imports}))


# -- the table of results -----------------------------------------------------------------------------


def measure(name: str, path: Path, runs: int) -> dict[str, float]:
    """The median time and the median peak of several processes."""
    command = [sys.executable, __file__, "--task", name, str(path)]
    found = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]
    return {key: median(row[key] for row in found) for key in found[0]}


def main(lines: int, customers: int, runs: int) -> None:
    print(f"{lines:,} lines of {customers:,} customers, median of {runs} processes each")
    print(f"{'':<26}{'seconds':>9}{'peak MB':>9}{'of it data':>12}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        subprocess.run(
            [sys.executable, __file__, "--write", str(path), str(lines), str(customers)], check=True
        )
        rows: dict[str, dict[str, float]] = {}
        for name in TASKS:
            rows[name] = row = measure(name, path, runs)
            seconds = "" if name.startswith("table") else f"{row['seconds']:.2f}"
            print(
                f"{name:<26}{seconds:>9}{row['peak']:>9.0f}{row['peak'] - row['imports']:>12.0f}", flush=True
            )
    streamed, peer = rows["duckdb, from the file"], rows["lifetimes on pandas"]
    for table in ("table in pandas", "table in pyarrow"):
        whole = streamed["peak"] / rows[table]["peak"]
        data = (streamed["peak"] - streamed["imports"]) / (rows[table]["peak"] - rows[table]["imports"])
        print(f"peak through DuckDB / {table}: {whole:.2f} (of data alone {data:.2f})")
    for name in ("duckdb, from the file", "pandas", "polars", "pyarrow"):
        print(f"lifetimes on pandas / {name}: {peer['seconds'] / rows[name]['seconds']:.1f} x")


if __name__ == "__main__":
    if "--task" in sys.argv:
        run_task(*sys.argv[-2:])
    elif "--write" in sys.argv:
        write_table(Path(sys.argv[-3]), int(sys.argv[-2]), int(sys.argv[-1]))
    elif "--quick" in sys.argv:
        main(500_000, 100_000, runs=1)
    else:
        main(5_000_000, 1_000_000, runs=3)
