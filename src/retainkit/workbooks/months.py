"""Break-even month by month: who is left, what they pay, what has been collected."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.plurals import counted
from retainkit.typing import Plain
from retainkit.workbooks.book import ACCENT, Book, Sheet, local, named
from retainkit.workbooks.checks import check
from retainkit.workbooks.pictures import finished

MONTHS = 120
_FIRST = 5
_SHOWN = 36  # months in the picture, which is where it is decided
_HEAD = (
    "payment", "month", "customers left", "of whom pay", "discounted by", "margin of it", "collected so far",
    "less the cost",
)  # fmt: skip

FINDING = (
    'IF(ISNUMBER(payback_months),IF(payback_months=0,"Paid back from the start",'
    '"Paid back after "&ROUND(payback_months,1)&" months"),"Never paid back")'
)


def told(periods: float, unit: str) -> str:
    """What the finding says now."""
    if np.isinf(periods):
        return "Never paid back"
    return f"Paid back after {round(periods, 1):g} {unit}s" if periods else "Paid back from the start"


def write(book: Book, sheet: Sheet, names: dict[str, str], values: Plain, terms: Plain) -> None:
    """The table of months, its picture, and what is checked of it."""
    sheet.heading("Break-even, month by month")
    sheet.formula(1, 0, named(FINDING, names), told(_payback(values, terms), "month"), "finding")
    note = f"Expected margin per customer won, discounted; the first {counted(MONTHS, 'payment')}"
    sheet.put(2, 0, note, "remark")
    sheet.head(_FIRST - 2, _HEAD, left=0)
    sheet.on.freeze_panes(_FIRST - 1, 1)
    columns = _columns(values, terms)
    for k in range(MONTHS + 1):
        _row(sheet, k, columns, names)
    for k in (12, 24, 60, 120):
        at = sheet.at(_FIRST - 1 + k, 6)
        check(book, f"Collected by {counted(k, 'payment')}", at, columns["collected"][k], "money")
    _picture(book, sheet)


def _payback(values: Plain, terms: Plain) -> float:
    ever = values["payback_ever"]
    return np.inf if isinstance(ever, str) or ever > terms["horizon"] else ever


def _row(sheet: Sheet, k: int, columns: dict[str, Any], names: dict[str, str]) -> None:
    row = _FIRST - 1 + k
    kept, discounted = local(row - 1, 2), local(row - 1, 4)
    counting = f"AND(ISNUMBER(horizon_months),{local(row, 0)}>horizon_months)"
    formulas = (
        ("month", f"{local(row, 0)}-1+delay", "periods"),
        ("left", f"{kept}*(1-monthly_churn)" if k > 1 else "1", "share"),
        ("paying", f'{local(row, 2)}*IF(timing="end-if-retained",1-monthly_churn,1)', "share"),
        ("discounted", f"{discounted}/(1+discount)" if k > 1 else "(1+discount)^-delay", "share"),
        ("margin", f"IF({counting},0,margin*{local(row, 3)}*{local(row, 4)}*flow)", "money"),
        ("collected", f"{local(row - 1, 6)}+{local(row, 5)}", "money"),
        ("net", f"{local(row, 6)}-cost", "money"),
    )
    sheet.put(row, 0, k, "count")
    if k == 0:
        sheet.put(row, 6, 0.0, "money")
    for column, (name, formula, kind) in enumerate(formulas, 1):
        if k or name == "net":
            sheet.formula(row, column, named(formula, names), columns[name][k], kind)


def _columns(v: Plain, terms: Plain) -> dict[str, Any]:
    k = np.arange(MONTHS + 1.0)
    within: Plain = dict(terms)
    within["horizon"] = np.minimum(k, terms["horizon"])
    left = np.append(1.0, (1.0 - terms["churn"]) ** (k[1:] - 1.0))
    collected = v["margin"] * np.asarray(lifetime_value(1.0, **within))
    stays = 1.0 - terms["churn"] if terms["timing"] == "end-if-retained" else 1.0
    return {
        "month": k - 1.0 + v["delay"],
        "left": left,
        "paying": left * stays,
        "discounted": (1.0 + v["discount"]) ** -(k - 1.0 + v["delay"]),
        "margin": np.diff(collected, prepend=0.0),
        "collected": collected,
        "net": collected - v["cost"],
    }


def _picture(book: Book, sheet: Sheet) -> None:
    """What was collected less the cost, over the payments; 0 is the axis that it crosses."""
    chart = book.file.add_chart({"type": "line"})
    last = _FIRST - 1 + _SHOWN
    chart.add_series({
        "name": "less the cost",
        "categories": [sheet.name, _FIRST - 1, 0, last, 0],
        "values": [sheet.name, _FIRST - 1, 7, last, 7],
        "line": {"color": ACCENT, "width": 2.25},
    })  # fmt: skip
    finished(chart, f"={sheet.at(1, 0)}", "payments", "per customer won, less the cost", low=True, every=6)
    sheet.on.insert_chart(2, 9, chart)
