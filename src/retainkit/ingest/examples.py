"""The CDNOW transactions, read from the files that the lifetimes package carries.

The purchases of 23,570 customers of an online CD shop, acquired in the first quarter of 1997 and
observed until 30 June 1998, and a one-in-ten sample of them (Fader & Hardie 2001, "Forecasting repeat
sales at CDNOW: a case study", Interfaces 31(3), doi:10.1287/inte.31.3s.94.9683).
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import MissingDependencyError, unknown_choice
from retainkit.typing import Values

Which = Literal["master", "sample"]


def load_cdnow(which: Which = "master") -> dict[str, Values]:
    """The CDNOW transactions as columns, one entry per order line.

    The file is found through the package's metadata: lifetimes itself is not imported.

    Parameters
    ----------
    which : {"master", "sample"}
        All 23,570 customers (69,659 lines), or the 2,357 that the papers use (6,919 lines).

    Returns
    -------
    dict
        ``customer_id``, ``date``, ``number_of_cds``, ``dollar_value``: numpy columns, ready for
        `summarize_transactions`.

    Raises
    ------
    MissingDependencyError
        If lifetimes is not installed.

    Examples
    --------
    >>> from retainkit.ingest import load_cdnow
    >>> load_cdnow()["customer_id"].size
    69659
    """
    if which not in get_args(Which):
        raise unknown_choice("which", which, get_args(Which))
    text = _file(f"CDNOW_{which}.txt").read_text(encoding="ascii")
    if which == "master":
        text = text[text.index("\n") + 1 :]  # names of columns
    fields = np.array(text.split(), np.float64).reshape(-1, 4 if which == "master" else 5)
    ids, day, number, dollars = fields[:, -4:].T  # the sample has the master's ids in front
    return {
        "customer_id": ids.astype(np.int64),
        "date": _dates(day.astype(np.int64)),
        "number_of_cds": number.astype(np.int64),
        "dollar_value": dollars.copy(),
    }


def _dates(yyyymmdd: NDArray[np.int64]) -> NDArray[np.datetime64]:
    from retainkit.tables.days import from_digits

    return from_digits(yyyymmdd)[0].astype("datetime64[D]")


def _file(name: str) -> Path:
    try:
        files = distribution("lifetimes").files or []
    except PackageNotFoundError as error:
        raise MissingDependencyError("lifetimes", "lifetimes", "The CDNOW example") from error
    found = [file for file in files if file.name == name]
    if not found:
        raise MissingDependencyError("lifetimes with its data files", "lifetimes", "The CDNOW example")
    return Path(str(found[0].locate()))
