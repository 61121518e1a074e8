"""Recurring revenue to come as live formulas: what moves it, each with a dial."""

from __future__ import annotations

import numpy as np

from retainkit.plurals import counted
from retainkit.valuation.recurring.record import RevenueForecast
from retainkit.workbooks.assumptions import Assumption, assume, number
from retainkit.workbooks.book import ACCENT, Book, Sheet, local, named
from retainkit.workbooks.checks import check
from retainkit.workbooks.pictures import finished
from retainkit.workbooks.rows import write_columns

_FIRST = 5
_FACTOR = number(0.0, 100.0, "A factor: 1 leaves it as forecast, 1.1 is a tenth more.")
_DIALS = (
    ("churn_factor", "Churn, times"),
    ("new_factor", "New customers' revenue, times"),
    ("expansion_factor", "Expansion, times"),
    ("contraction_factor", "Contraction, times"),
)
_HEAD = (
    "month", "start", "new", "returns", "expansion", "contraction", "churn", "end", "a year",
    "churn of start", "expansion of start", "contraction of start", "new, as forecast",
    "returns, as forecast", "90% from", "to",
)  # fmt: skip


def write(book: Book, found: RevenueForecast) -> None:
    """The months to come; their rates as forecast stand to the right."""
    dials = [Assumption(n, label, 1.0, "ratio", "1 is as forecast", _FACTOR) for n, label in _DIALS]
    money = number(0.0, None, "Money, 0 or more.")
    opening = Assumption("opening_revenue", "Recurring revenue now", found.opening, "money", "a month", money)
    names = assume(book, "Recurring revenue to come", [opening, *dials])
    sheet = book.sheet("Forecast", [12.0] + [14.0] * (len(_HEAD) - 1))
    sheet.heading("Recurring revenue to come")
    note = (
        "Expected, in money a month. The 90% interval is of the forecast as written, whatever the dials say."
    )
    sheet.put(2, 0, note, "remark")
    sheet.head(_FIRST - 1, _HEAD)
    sheet.on.freeze_panes(_FIRST, 1)
    total = found.total.mean
    start = np.append(found.opening, total[:-1])
    low, high = found.total.interval().T
    rates = {"churn": found.churn / start, "expansion": found.expansion / start,
             "contraction": found.contraction / start}  # fmt: skip
    for k, month in enumerate(found.month.tolist()):
        row = _FIRST + k
        fixed = (*(r[k] for r in rates.values()), found.won[k], found.returns[k], low[k], high[k])
        sheet.put(row, 0, month, "text")
        for column, value in enumerate(fixed, 9):
            sheet.put(row, column, value, "share" if column < 12 else "money")
        for column, (formula, value) in enumerate(_month(row, k, found, start, total), 1):
            look = "total" if column == 7 else ""
            sheet.formula(row, column, named(formula, names), value, "money", look)
        check(book, f"Recurring revenue at the end of {month}", sheet.at(row, 7), total[k], "money")
    last = _FIRST + len(total) - 1
    months = counted(len(total), "month")
    formula = f'"From "&FIXED(opening_revenue,0)&" to "&FIXED({sheet.at(last, 7)},0)&" a month in {months}"'
    told = f"From {found.opening:,.0f} to {total[-1]:,.0f} a month in {months}"
    sheet.formula(1, 0, named(formula, names), told, "finding")
    _picture(book, sheet, last)
    if found.holdout is not None:
        write_columns(book, "Held out", found.holdout.to_frame("dict"), str(found.holdout).splitlines()[0])


def _month(
    row: int, k: int, found: RevenueForecast, start: np.ndarray, total: np.ndarray
) -> list[tuple[str, float]]:
    """Formulas of a month and what they give now: start, what moves it, end, and twelve times that."""
    at = [local(row, column) for column in range(len(_HEAD))]
    return [
        (local(row - 1, 7) if k else "opening_revenue", start[k]),
        (f"{at[12]}*new_factor", found.won[k]),
        (at[13], found.returns[k]),
        (f"{at[1]}*{at[10]}*expansion_factor", found.expansion[k]),
        (f"{at[1]}*{at[11]}*contraction_factor", found.contraction[k]),
        (f"{at[1]}*MIN(1,{at[9]}*churn_factor)", found.churn[k]),
        (f"{at[1]}+{at[2]}+{at[3]}+{at[4]}-{at[5]}-{at[6]}", total[k]),
        (f"12*{at[7]}", 12.0 * total[k]),
    ]


def _picture(book: Book, sheet: Sheet, last: int) -> None:
    """Revenue as these dials have it, between the ends of the interval as forecast."""
    chart = book.file.add_chart({"type": "line"})
    lines = ((14, "90% from", "#d9a58c", 1.0), (15, "to", "#d9a58c", 1.0), (7, "end", ACCENT, 2.25))
    for column, name, color, width in lines:
        chart.add_series({
            "name": name, "categories": [sheet.name, _FIRST, 0, last, 0],
            "values": [sheet.name, _FIRST, column, last, column], "line": {"color": color, "width": width},
        })  # fmt: skip
    finished(chart, f"={sheet.at(1, 0)}", "", "recurring revenue, money a month")
    sheet.on.insert_chart(last + 2, 1, chart)
