"""Any record as a table: its figures one below the other, then its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from retainkit.records import Record
from retainkit.workbooks.book import Book, Sheet, enough_rows, plain_value

_IDS = re.compile(r"(^|_)(id|ids|customer|customers|sku|account)$", re.IGNORECASE)


def write(book: Book, record: Record) -> None:
    """One sheet, named by the kind of record."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(record).__name__).capitalize()
    figures = {n: v for n, v in record.as_dict().items() if not isinstance(v, list | dict)}
    rows = record._row_columns()  # pyright: ignore[reportPrivateUsage] - a record without rows has none here
    sheet = book.sheet(words, (38, 18))
    sheet.heading(words, str(record).splitlines()[0][:250])
    row = 3
    if figures:
        sheet.head(row, ("figure", "value"))
    for row, (name, value) in enumerate(figures.items(), row + 1):  # noqa: B020 - the rows below
        endless = "never" if name in record._never else "infinite"  # pyright: ignore[reportPrivateUsage]
        sheet.put(row, 0, name.replace("_", " "), "text")
        sheet.put(row, 1, plain_value(value, endless), _kind(name, value))
    if rows:
        own = str(getattr(record, "id_name", ""))
        _table(sheet, row + 2 if figures else row, record.to_frame("dict"), own)


def write_columns(book: Book, name: str, columns: Mapping[str, Any], note: str = "") -> None:
    """A table of its own sheet."""
    sheet = book.sheet(name, [14.0] * len(columns))
    sheet.heading(name, note)
    _table(sheet, 3, columns)


def _table(sheet: Sheet, top: int, columns: Mapping[str, Any], own: str = "") -> None:
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    enough_rows(top + max(map(len, arrays.values())))
    texts = [n for n, a in arrays.items() if a.dtype.kind not in "fiu" or n == own or _IDS.search(n)]
    for column, (name, array) in enumerate(arrays.items()):
        is_text = name in texts
        sheet.put(top, column, name.replace("_", " "), "head left" if is_text else "head")
        dates = array.dtype.kind == "M"
        for row, value in enumerate(array if dates else array.tolist(), top + 1):
            cell = str(value) if is_text and not dates and value is not None else value
            sheet.put(row, column, cell, "text" if is_text else _kind(name, value))


def _kind(name: str, value: Any) -> str:
    if isinstance(value, str) or value is None:
        return "words"
    return "count" if isinstance(value, int) and not isinstance(value, bool) and name != "seed" else "number"
