"""Excel workbooks: one sheet as columns, each cell as the workbook holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from retainkit.errors import InputError, MissingDependencyError, near
from retainkit.tables.files import check_workbook
from retainkit.tables.problems import Said
from retainkit.tables.source import TableSource
from retainkit.typing import Foreign, Values

Place = Callable[[int], str]


def read_workbooks(paths: list[str], source: TableSource, argument: str) -> tuple[dict[str, Values], Place]:
    """The columns of one sheet of each workbook, one below the other, and where a line stands."""
    sheets = [_read(path, source, argument) for path in paths]
    names = list(sheets[0][0])
    for path, (columns, _, _) in zip(paths, sheets, strict=True):
        if list(columns) != names:
            shown = Said(f"{Path(path).name} with {', '.join(map(repr, columns))}")
            rule = f"must have the same columns in every workbook: {', '.join(map(repr, names))}"
            raise InputError("inconsistent", argument, shown, rule, "Give the columns one name each.")
    joined = {name: _typed([cell for columns, _, _ in sheets for cell in columns[name]]) for name in names}
    rows = [len(next(iter(columns.values()))) for columns, _, _ in sheets]

    def place(row: int) -> str:
        book = int(np.searchsorted(np.cumsum(rows), row, side="right"))
        _, sheet, first = sheets[book]
        within = row - sum(rows[:book])
        return f"{Path(paths[book]).name}, sheet {sheet!r}, row {first + within}"

    return joined, place


def _read(path: str, source: TableSource, argument: str) -> tuple[dict[str, list[Any]], str, int]:
    """Heading → cells of one sheet, its name, and the number of its first row of cells."""
    try:
        calamine = import_module("python_calamine")
    except ImportError as error:
        raise MissingDependencyError("python-calamine", "excel", "Reading workbooks") from error
    check_workbook(path, argument)
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        sheet = _sheet(book, source.sheet, path, calamine)
        merged = [
            (row, left, right) for (row, left), (_, right) in sheet.merged_cell_ranges or () if right > left
        ]
        rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    except calamine.CalamineError as error:
        rule = "must be a workbook that can be opened"
        raise InputError(
            "unreadable-source", argument, Said(f"{path}: {error}"), rule, "Save it anew."
        ) from error
    while rows and not any(cell != "" for cell in rows[-1]):
        rows.pop()  # formatted, but empty
    head = (
        source.heading_row or 1 + next((k for k, row in enumerate(rows) if any(c != "" for c in row)), 0)
    ) - 1
    if len(rows) <= head:
        raise InputError("empty", argument, path, f"must have lines below row {head + 1} of its sheet", "")
    filled = [j for j in range(len(rows[head])) if any(j < len(row) and row[j] != "" for row in rows[head:])]
    names = [str(rows[head][j]).strip() for j in filled]
    if "" in names:
        column = _letter(filled[names.index("")])
        why = " (its headings are merged)" if any(row == head for row, _, _ in merged) else ""
        rule = (
            f"must have a heading above every column: column {column} of sheet {sheet.name!r} has none{why}"
        )
        way_out = "Say heading_row=, the number of the row with the names, or write the missing ones."
        raise InputError("missing-column", argument, path, f"{rule} in row {head + 1}", way_out)
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        rule = f"must not have two columns of one name ({twice!r}) in sheet {sheet.name!r}"
        raise InputError("not-a-table", argument, path, rule, "Rename one of them.")
    cells = {name: [row[j] for row in rows[head + 1 :]] for name, j in zip(names, filled, strict=True)}
    return cells, str(sheet.name), head + 2


def _sheet(book: Foreign, wanted: str | int | None, path: str, calamine: Foreign) -> Any:
    visible = calamine.SheetVisibleEnum.Visible
    names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == visible]
    name = Path(path).name
    if isinstance(wanted, int):
        if not 1 <= wanted <= len(names):
            rule = f"must be a number from 1 to {len(names)}: so many sheets has {name}"
            raise InputError(
                "out-of-range", "sheet", wanted, rule, f"They are {', '.join(map(repr, names))}."
            )
        return book.get_sheet_by_name(names[wanted - 1])
    if wanted is not None:
        if wanted not in book.sheet_names and wanted.isdigit():  # as a shell writes a number
            return _sheet(book, int(wanted), path, calamine)
        if wanted not in book.sheet_names:
            way_out = f"{near(wanted, names)}They are {', '.join(map(repr, names))}."
            raise InputError("unknown-choice", "sheet", wanted, f"must name a sheet of {name}", way_out)
        return book.get_sheet_by_name(wanted)
    filled = [sheet for sheet in map(book.get_sheet_by_name, names) if sheet.total_height]
    if len(filled) > 1:
        rule = f"must be given: {name} has the sheets {', '.join(repr(sheet.name) for sheet in filled)}"
        raise InputError("ambiguous", "sheet", None, rule, f"Write sheet={filled[0].name!r}, for one.")
    return filled[0] if filled else book.get_sheet_by_name(names[0])


def _letter(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _typed(cells: list[Any]) -> Values:
    """An array of one type where the cells have one; in a workbook no number is whole, so these are found."""
    kinds = set(map(type, cells))
    if kinds <= {float, int}:
        numbers = np.array(cells, np.float64)
        whole = bool((numbers == np.floor(numbers)).all()) and bool((np.abs(numbers) < 2.0**53).all())
        return numbers.astype(np.int64) if whole else numbers
    if kinds <= {date, datetime}:
        return np.array(cells, "datetime64[us]")
    whole = all(cell.is_integer() for cell in cells if isinstance(cell, float))
    made = np.empty(len(cells), object)
    made[:] = [_cell(cell, whole=whole) for cell in cells]
    return made


def _cell(cell: Any, *, whole: bool) -> Any:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return int(cell) if whole and isinstance(cell, float) and abs(cell) < 2.0**53 else cell
