"""The tables of exact answers: how the scripts beside this file write them, and how the tests read them.

A table is ``NAME.npy.xz``: one record of NumPy, with one array a column, packed by xz. Arguments are kept to
the last bit. An answer is kept to a 50th of the relative difference that its test allows, which leaves the
test as able to fail as with all digits, and a file three quarters as large: digits do not compress. Of the
places, which are drawn independently of each other, every eighth is kept: 250 find what two thousand
did. What happens at the limits of the parameters is computed anew by `test_far_out.py`.
"""

from __future__ import annotations

import io
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
SHARE_OF_TOLERANCE = 1 / 50
KEPT = slice(None, None, 8)  # of 2,000 places
# Literals in the context of their place in a float64 (lp, pb): its exponent compresses, its digits cannot.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 3, "pb": 3}]
Column = npt.NDArray[Any]


def read(name: str) -> dict[str, Column]:
    """Each column of a table in float64."""
    file = HERE / f"{name}.npy.xz"
    if not file.exists():
        _explain(file)
    table = np.load(io.BytesIO(lzma.decompress(file.read_bytes())))
    return {column: _decimals(table[column]) for column in table.dtype.names}


def write(
    name: str,
    given: Mapping[str, Any],
    answers: Mapping[str, Any],
    tolerance: float = 1e-10,
    score: float = 1e-7,
) -> Path:
    """Write the arguments, and the answers as exact as tests of these relative tolerances need them.

    ``score`` is that of the derivatives of the log-likelihood, whose names begin with ``d_``.
    """
    columns = {column: _shortest(_thinned(values)) for column, values in given.items()}
    for column, values in answers.items():
        allowed = score if column.removeprefix("of_").startswith("d_") else tolerance
        columns[column] = _rounded(_thinned(values), allowed * SHARE_OF_TOLERANCE)
    kinds: Any = [(column, values.dtype.str, values.shape) for column, values in columns.items()]
    table: Any = np.zeros((), dtype=kinds)
    for column, values in columns.items():
        table[column] = values
    packed = io.BytesIO()
    np.save(packed, table)
    file = HERE / f"{name}.npy.xz"
    file.write_bytes(lzma.compress(packed.getvalue(), check=lzma.CHECK_CRC32, filters=FILTERS))
    return file


def _thinned(values: Any) -> Column:
    """The places that are kept, along the last axis, of a long column; a short one is kept whole."""
    column = np.asarray(values, dtype=np.float64)
    return column[..., KEPT] if column.shape[-1] >= 1000 else column


def _shortest(values: Column) -> Column:
    """Decimals of six digits fit into float32, from which `_decimals` finds them again."""
    short = values.astype(np.float32)
    return short if np.array_equal(_decimals(short), values) else values


def _decimals(values: Column) -> Column:
    """Float32 stands for the decimal of six digits that it is nearest to, float64 for itself."""
    if values.dtype == np.float64:
        return np.array(values)
    return np.array([float(f"{value:.6g}") for value in values.ravel()]).reshape(values.shape)


def _rounded(values: Column, error: float) -> Column:
    """With the bits that a relative error of this size takes, and zeros behind them."""
    kept = int(np.ceil(-np.log2(error))) - 1  # rounding errs by half of the last bit
    mantissa, exponent = np.frexp(values)
    steps = 2.0 ** (kept + 1)
    found = np.ldexp(np.rint(mantissa * steps) / steps, exponent)
    return np.where(np.isfinite(values), found, values)


def _explain(file: Path) -> None:
    """Source distributions leave the tables out; anywhere else a table that is missing is a fault."""
    import pytest

    told = f"{file.name} is missing from {file.parent}: it is in the repository, not in source distributions."
    if (HERE.parents[2] / "PKG-INFO").exists():
        pytest.skip(told)
    raise FileNotFoundError(f"{told} The script make_*.py beside it writes it again.")
