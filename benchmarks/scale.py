"""From lines to a file of values while customers stay in an engine: CPU, memory and time as lines grow.

    python benchmarks/scale.py                                    # 1 and 5 million lines, DuckDB and polars
    python benchmarks/scale.py --lines 1 5 20 50 --engines duckdb polars
    python benchmarks/scale.py --lines 5 --engines spark connect  # PySpark, local[2], 2 GB for the driver
    python benchmarks/scale.py --lines 50 --memory 1GB            # DuckDB within a limit

Millions of lines over two years, of customers that the package's own BG/NBD and Gamma-Gamma simulate. The
work is one script: summary with all checks, treatment and calendar; BG/NBD and Gamma-Gamma fitted; P(alive),
purchases and the value of three years of each customer, written as Parquet. Each engine is a process of its
own; CPU is that of the process and its children, and with it that of Spark's Java.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

COLUMNS = {"customer_id": "id", "date": "date", "amount": "price"}
DAYS = 730
PART = 200_000  # customers at a time


def write_lines(path: Path, lines: int) -> None:
    """Parquet of so many lines, or somewhat more, of customers as the models simulate them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    import retainkit as rk

    rng, written, done = np.random.default_rng(1), None, 0
    model = rk.BGNBD(r=0.9, alpha=20.0, a=0.3, b=5.0, unit="day")
    spending = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
    part = min(PART, lines // 20)
    customers = 0
    while done < lines:
        age = rng.integers(0, DAYS, part).astype(np.float64)
        bought = model.sample(T=age, seed=rng)
        x, last = bought.frequency.astype(np.int64), bought.recency
        # given the last one, purchases before it lie anywhere in between, each by itself
        who = np.repeat(np.arange(part), x + 1)
        order = np.arange(who.size) - np.repeat(np.cumsum(x + 1) - (x + 1), x + 1)
        share = np.where(order == 0, 0.0, np.where(order == x[who], 1.0, rng.random(who.size)))
        day = np.floor(DAYS - age[who] + share * last[who]).astype(np.int64)
        mean = spending.sample(np.ones(part), seed=rng).monetary_value
        price = np.round(mean[who] * rng.gamma(6.25, 1 / 6.25, who.size), 2) + 0.01
        shuffled = rng.permutation(who.size)
        table = pa.table(
            {
                "id": (who + customers)[shuffled],
                "date": (np.datetime64("2022-01-01") + day)[shuffled],
                "price": price[shuffled],
            }
        )
        written = written or pq.ParquetWriter(path, table.schema)
        written.write_table(table)
        done, customers = done + table.num_rows, customers + part
    assert written is not None
    written.close()


def source_of(engine: str, path: str, memory: str | None) -> tuple[Any, dict[str, Any]]:
    """The lines in an engine, and how they are to be read."""
    import retainkit as rk

    if engine == "duckdb":
        return path, {"in_memory": False, "engine": rk.DuckDB(memory_limit=memory, threads=2)}
    if engine == "polars":
        import polars as pl

        return pl.scan_parquet(path), {}
    if engine == "memory":
        return path, {"in_memory": True}
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    builder = builder.remote("local[2]") if engine == "connect" else builder.master("local[2]")
    settings = {"spark.ui.enabled": "false", "spark.driver.memory": "2g", "spark.sql.shuffle.partitions": "8"}
    settings["spark.ui.showConsoleProgress"] = "false"
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate().read.parquet(path), {}


def run(engine: str, path: str, out: str, memory: str | None) -> None:
    """The whole script in one engine; prints what it took."""
    import retainkit as rk

    start, told, peak = time.perf_counter(), dict[str, float](), Peak()
    source, how = source_of(engine, path, memory)
    told["start"] = time.perf_counter() - start
    tx = rk.summarize_transactions(source, **COLUMNS, unit="week", **how)
    told["summary"] = time.perf_counter() - start - sum(told.values())
    fitted, spend = rk.fit(rk.BGNBD, tx), rk.fit(rk.GammaGamma, tx)
    told["fits"] = time.perf_counter() - start - sum(told.values())
    terms: dict[str, Any] = {"margin_share": 0.3, "discount_rate": rk.Rate(0.1, per="year")}
    value: Any = rk.value_customers(tx, fitted, spend, **terms, horizon=rk.Duration(3, "year"))
    told["value"] = time.perf_counter() - start - sum(told.values())
    if engine == "memory":
        import pyarrow.parquet as pq

        pq.write_table(value.to_frame(), out)
    else:
        value.write(out)
    told["write"] = time.perf_counter() - start - sum(told.values())
    told |= {"wall": time.perf_counter() - start, "python_mb": peak.own(), "peak_mb": peak.all()}
    told |= {"cpu": peak.cpu(), "customers": len(tx), "rows": len(tx.purchases), "total": value.total}
    print(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # Spark takes its time to stop


class Peak:
    """The largest resident set of this process and of all under it, looked at ten times a second."""

    def __init__(self) -> None:
        self.most, self.seconds = 0.0, dict[int, float]()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, self._look())
            time.sleep(0.1)

    def _look(self) -> float:
        size, tick = 0.0, os.sysconf("SC_CLK_TCK")
        for process in self._family():
            try:
                fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            size += int(fields[21]) * resource.getpagesize() / 1e6
            self.seconds[process] = (int(fields[11]) + int(fields[12])) / tick
        return size

    def _family(self) -> list[int]:
        found, new = [os.getpid()], [os.getpid()]
        while new:
            listed = (Path(f"/proc/{process}/task/{process}/children") for process in new)
            new = [int(child) for file in listed if file.exists() for child in file.read_text().split()]
            found += new
        return found

    def own(self) -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def all(self) -> float:
        return max(self.most, self._look())

    def cpu(self) -> float:
        self._look()
        return sum(self.seconds.values())


def main() -> None:
    """A row for each size and engine."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=float, nargs="+", default=[1, 5], help="in millions")
    asked.add_argument("--engines", nargs="+", default=["duckdb", "polars"])
    asked.add_argument("--memory", help="DuckDB's limit")
    asked.add_argument("--folder", help="where the lines are kept, and found again")
    given = asked.parse_args()
    head = ("million lines", "engine", "customers", "rows", "CPU s", "wall s", "peak MB", "Python MB")
    print(" ".join(f"{name:>13}" for name in (*head, "summary", "fits", "value", "write")))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.folder or temporary)
        for millions in given.lines:
            path = folder / f"lines-{millions:g}.parquet"
            if not path.exists():
                arguments = ["--write-lines", str(path), str(int(millions * 1e6))]
                subprocess.run([sys.executable, __file__, *arguments], check=True)
            for engine in given.engines:
                row = measured(engine, path, str(Path(temporary) / f"{engine}-{millions:g}"), given.memory)
                cells = (f"{millions:g}", engine, f"{row['customers']:,}", f"{row['rows']:,}", *numbers(row))
                print(" ".join(f"{cell:>13}" for cell in cells), flush=True)


def numbers(row: dict[str, float]) -> list[str]:
    names = ("cpu", "wall", "peak_mb", "python_mb", "summary", "fits", "value", "write")
    return [f"{row[name]:,.0f}" if name.endswith("mb") else f"{row[name]:.1f}" for name in names]


def measured(engine: str, path: Path, out: str, memory: str | None) -> dict[str, Any]:
    """What a process of its own says that it took."""
    command = [sys.executable, __file__, "--run", engine, str(path), f"{out}.parquet", memory or ""]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(said.strip().splitlines()[-1])


if __name__ == "__main__":
    if "--write-lines" in sys.argv:
        write_lines(Path(sys.argv[2]), int(sys.argv[3]))
    elif "--run" in sys.argv:
        run(*sys.argv[2:5], sys.argv[5] or None)
    else:
        main()
