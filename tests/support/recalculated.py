"""Workbooks as a spreadsheet calculates them, in one call of LibreOffice, read by openpyxl."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl

_ASSUMPTIONS = "xl/worksheets/sheet1.xml"


def changed(source: Path, folder: Path, cases: Iterable[Mapping[str, Any]]) -> list[Path]:
    """Copies with named cells changed, and no value of any formula: whoever reads one has calculated it."""
    book = openpyxl.load_workbook(source)
    bare = folder / "bare.xlsx"
    book.save(bare)  # which keeps formulas, and no values
    with ZipFile(bare) as parts:
        whole = {name: parts.read(name) for name in parts.namelist()}
    files = []
    for number, named in enumerate(cases):
        changes = {place(book, name)[1]: value for name, value in named.items()}
        files.append(folder / f"{number:02}.xlsx")
        with ZipFile(files[-1], "w") as copy:
            for name, content in whole.items():
                copy.writestr(name, _with(content, changes) if name == _ASSUMPTIONS else content)
    return files


def _with(sheet: bytes, changes: Mapping[str, Any]) -> bytes:
    text = sheet.decode()
    for cell, value in changes.items():
        kind = ' t="inlineStr"' if isinstance(value, str) else ""
        inside = f"<is><t>{value}</t></is>" if isinstance(value, str) else f"<v>{value!r}</v>"
        content = "" if value is None else inside
        pattern = rf'<c r="{cell}" (s="\d+")[^>]*?(/>|>.*?</c>)'
        text, found = re.subn(pattern, rf'<c r="{cell}" \1{kind}>{content}</c>', text)
        assert found == 1, cell
    return text.encode()


def place(book: Any, name: str) -> tuple[str, str]:
    """Sheet and address of a named cell."""
    ((sheet, cell),) = book.defined_names[name].destinations
    return sheet, cell.replace("$", "")


def recalculated(files: Sequence[Path], folder: Path) -> list[Path]:
    """The workbooks as LibreOffice calculates them, into another folder."""
    folder.mkdir()
    program = shutil.which("soffice") or shutil.which("libreoffice")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    call = [str(program), "--headless", profile, "--convert-to", "xlsx", "--outdir", str(folder)]
    subprocess.run([*call, *map(str, files)], check=True, capture_output=True, timeout=300)
    return [folder / file.name for file in files]


def values(file: Path, sheet: str) -> dict[str, Any]:
    """Every value of a sheet by its address."""
    book = openpyxl.load_workbook(file, data_only=True, read_only=True)
    found = {
        cell.coordinate: cell.value
        for row in book[sheet].iter_rows()
        for cell in row
        if cell.value is not None
    }
    book.close()
    return found
