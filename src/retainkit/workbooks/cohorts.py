"""Cohorts as triangles of live formulas: who was watched, who was there, the shares, all cohorts together."""

from __future__ import annotations

import numpy as np

from retainkit.metrics import CohortTable
from retainkit.plurals import counted
from retainkit.typing import Array, Values
from retainkit.workbooks.book import ACCENT, Book, Sheet, letters, local, over
from retainkit.workbooks.checks import check
from retainkit.workbooks.pictures import finished

_TOP = 22  # below the picture


def write(book: Book, found: CohortTable) -> None:
    """The shares first, which are what is asked for; the counts behind them below."""
    cohorts, ages = found.observed.shape
    sheet = book.sheet("Cohorts", [14.0, 9.0] + [8.0] * ages)
    sheet.heading("Cohorts: customers by months since their first")
    shares, there, watched = (_TOP + k * (cohorts + 3) for k in range(3))
    _triangle(sheet, there, "customers there", found, found.customers)
    _triangle(sheet, watched, "customers watched", found, found.observed.astype(np.float64))
    pooled = _shares(sheet, (shares, there, watched), found)
    last = shares + 1 + cohorts
    for age in range(ages):
        check(book, f"Retention of all cohorts, age {age}", sheet.at(last, 2 + age), pooled[age], "share")
    _picture(book, sheet, shares, last, ages)
    when = f"{counted(ages - 1, 'month')} after their first"
    text = f'ROUND(100*{sheet.at(last, 1 + ages)},1)&"% of customers are there {when}"'
    told = f"{round(100 * pooled[-1], 1):g}% of customers are there {when}"
    sheet.formula(1, 0, text, told, "finding")


def _frame(sheet: Sheet, top: int, title: str, found: CohortTable) -> None:
    """Ages across, cohorts down, and how many began in each."""
    sheet.head(top, (title, "size", *map(str, found.age)))
    for row, (cohort, size) in enumerate(zip(found.cohort.astype(np.str_), found.size, strict=True), top + 1):
        sheet.put(row, 0, str(cohort), "text")
        sheet.put(row, 1, int(size), "count")


def _triangle(sheet: Sheet, top: int, title: str, found: CohortTable, values: Values) -> None:
    _frame(sheet, top, title, found)
    for k, age in np.argwhere(found.observed > 0).tolist():
        sheet.put(top + 1 + k, 2 + age, float(values[k, age]), "count")


def _shares(sheet: Sheet, tops: tuple[int, int, int], found: CohortTable) -> Array:
    """The triangle of shares, and the row of all cohorts together."""
    top, *counts = tops
    _frame(sheet, top, "share there", found)
    retention, pooled = found.retention(), found.average_retention()
    cohorts, ages = retention.shape
    for k, age in np.argwhere(found.observed > 0).tolist():
        there, watched = (local(t + 1 + k, 2 + age) for t in counts)
        sheet.formula(top + 1 + k, 2 + age, f"{there}/{watched}", retention[k, age], "part")
    last = top + 1 + cohorts
    sheet.put(last, 0, "all", "text", "total")
    everyone = f"SUM({local(top + 1, 1)}:{local(last - 1, 1)})"
    sheet.formula(last, 1, everyone, int(found.size.sum()), "count", "total")
    for age in range(ages):
        name = letters(2 + age)
        sums = (f"SUM({name}{t + 2}:{name}{t + 1 + cohorts})" for t in counts)
        sheet.formula(last, 2 + age, over(*sums), pooled[age], "part", "total")
    # half strength at the most: the text keeps its contrast on every shade
    sheet.on.conditional_format(top + 1, 2, last - 1, 1 + ages, {
        "type": "2_color_scale", "min_color": "#ffffff", "max_color": "#97b7cf", "min_type": "num",
        "max_type": "num", "min_value": 0, "max_value": 1,
    })  # fmt: skip
    return pooled


def _picture(book: Book, sheet: Sheet, top: int, last: int, ages: int) -> None:
    chart = book.file.add_chart({"type": "line"})
    chart.add_series({
        "name": "all cohorts", "categories": [sheet.name, top, 2, top, 1 + ages],
        "values": [sheet.name, last, 2, last, 1 + ages], "line": {"color": ACCENT, "width": 2.25},
    })  # fmt: skip
    finished(
        chart, f"={sheet.at(1, 0)}", "months since the first", "share of customers still there", most=1.0
    )
    sheet.on.insert_chart(2, 0, chart)
