"""The path or glob of CSV or Parquet files → histories, in as little memory as they need."""

from __future__ import annotations

import os

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.engine import Found, read_relation
from retainkit.ingest.transactions.plan import Plan
from retainkit.tables.engine import OUT_OF_MEMORY, take_arrow, whole_numbers
from retainkit.tables.files import Origin, locate, opened
from retainkit.typing import Plain

_THREADS = min(4, os.cpu_count() or 1)
_LEAST_MEMORY, _MOST_MEMORY = 64 << 20, 4 << 30  # bytes


def read_path(path: str, plan: Plan) -> Found:
    """Histories of the customers in one file or in all files that a glob matches."""
    files, origin = locate(path)
    # sorting needs memory for one piece of each sorted run; the rest waits in a temporary directory
    wanted = _LEAST_MEMORY + sum(os.path.getsize(file) for file in files) // 4
    frugal = {"memory_limit": f"{min(wanted, _MOST_MEMORY)}B", "threads": _THREADS}
    try:
        found = _read(files, plan, origin, frugal)
    except InputError as error:
        if error.code != OUT_OF_MEMORY:
            raise
        found = _read(files, plan, origin, {})  # wide row groups, long texts: up to DuckDB's own limit
    return _whole_numbers(found) if origin == "text" else found


def _read(files: list[str], plan: Plan, origin: Origin, limits: Plain) -> Found:
    with opened(files, origin, limits) as relation:
        return read_relation(relation, plan, origin)


def _whole_numbers(found: Found) -> Found:
    """Ids of a text file as whole numbers, where every one of them is written as one."""
    numbers = whole_numbers(found.customers)
    if numbers is None:
        return found
    order = np.argsort(np.from_dlpack(numbers.combine_chunks()))
    return Found(take_arrow(numbers, order), found.folded.take(order))
