"""A workbook in the few parts that a reader needs, its cells as they are given."""

from __future__ import annotations

import datetime as dt
from html import escape
from pathlib import Path
from typing import Any
from zipfile import ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STYLES = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'


def cell(at: str, value: Any) -> str:
    """A cell; a text that begins with = is a formula whose result nobody has computed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.datetime | dt.date):
        moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
        days = (moment - dt.datetime.fromisoformat("1899-12-30")) / dt.timedelta(days=1)
        return f'<c r="{at}" s="1"><v>{days!r}</v></c>'
    if isinstance(value, str):
        if value.startswith("="):
            return f'<c r="{at}"><f>{value[1:]}</f></c>'
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{at}"><v>{value!r}</v></c>'


def workbook(path: Path, sheets: dict[str, list[list[Any]]], merged: str = "") -> Path:
    """Write rows to sheets; `merged` is a range of the first one."""
    names = list(sheets)
    parts = "".join(f'<sheet name="{n}" sheetId="{k}" r:id="r{k}"/>' for k, n in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="r{k}" Type="{REL}/worksheet" Target="worksheets/{k}.xml"/>'
        for k in range(1, len(names) + 1)
    )
    links += f'<Relationship Id="s" Type="{REL}/styles" Target="styles.xml"/>'
    relations = f'<Relationships xmlns="{PACKAGE}/relationships">'
    with ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"></Types>')
        book.writestr(
            "_rels/.rels",
            f'{relations}<Relationship Id="w" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{parts}</sheets></workbook>'
        )
        book.writestr("xl/_rels/workbook.xml.rels", f"{relations}{links}</Relationships>")
        book.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>')
        for k, rows in enumerate(sheets.values(), 1):
            lines = "".join(
                f'<row r="{i}">{"".join(cell(f"{chr(65 + j)}{i}", v) for j, v in enumerate(row))}</row>'
                for i, row in enumerate(rows, 1)
            )
            more = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged and k == 1 else ""
            book.writestr(
                f"xl/worksheets/{k}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData>{more}</worksheet>',
            )
    return path
