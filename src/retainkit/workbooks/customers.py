"""Where the value of a customer base is, as live formulas: by tenth, by kind of customer, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.typing import Array, Values
from retainkit.valuation.customers import CustomerValue
from retainkit.workbooks.assumptions import Assumption, assume, number
from retainkit.workbooks.book import ACCENT, Book, Sheet, enough_rows, local, over
from retainkit.workbooks.checks import check
from retainkit.workbooks.pictures import finished

_FIRST = 4
_HEAD = ("group", "customers", "value", "each", "share of value", "share so far")


def margin_of(found: CustomerValue) -> float | None:
    """The margin that value can follow: one number, and not 0."""
    return None if isinstance(found.margin_share, Draws) else found.margin_share or None


def write(book: Book, found: CustomerValue, by: Mapping[str, Any]) -> None:
    """Tenths and segments, summed up from a sheet with a row per customer."""
    enough_rows(len(found))
    kinds = {name: _labels(name, column, len(found)) for name, column in by.items()}
    share = ""
    if (margin := margin_of(found)) is not None:
        rule = number(-1e6, 1.0, "A share of 1 at most.")
        told = Assumption("margin_share", "Margin share", margin, "share", "of spend", rule)
        share = assume(book, "Value of customers", [told])["margin_share"]
    sheet = book.sheet("Value", (26, 14, 18, 16, 16, 16))
    rows = book.sheet("Customers", (26, 12, 14, 14, 18, 18, 10, 10, *(18.0 for _ in kinds)))
    order = np.argsort(-found.value, kind="stable")
    tenth = _tenths(found.weight[order])
    _customers(rows, found, order, tenth, share, {n: k[order] for n, k in kinds.items()})
    sheet.heading("Where the value is")
    terms = f"Margin still to come, discounted at {found.discount_rate}, horizon {found.horizon}"
    sheet.put(2, 0, terms, "remark")
    groups = {"tenth, by value": (6, tenth)} | {
        n: (8 + k, v[order]) for k, (n, v) in enumerate(kinds.items())
    }
    top = _FIRST
    for title, (column, labels) in groups.items():
        top = _summed(book, sheet, top, title, (rows, column), labels, found, order) + 3
    _picture(book, sheet, len(np.unique(tenth)))
    _totals(book, sheet, top, rows, found)


def _labels(name: str, column: Any, entries: int) -> Values:
    labels: Values = np.asarray(column)
    if labels.shape != (entries,):
        rule = f"must have an entry for each of {entries:,} customers"
        way_out = (
            "Take the column of the table of values, to_frame(), joined with what you know of customers."
        )
        raise InputError("length-mismatch", f"by[{name!r}]", f"shape {labels.shape}", rule, way_out)
    return labels.astype(np.str_)


def _tenths(weight: Array) -> NDArray[np.int64]:
    """The tenth of the customers to which each belongs, the most valuable first."""
    before = np.cumsum(weight) - weight
    return np.minimum(np.floor(10.0 * before / weight.sum()).astype(np.int64) + 1, 10)


def _customers(
    sheet: Sheet,
    found: CustomerValue,
    order: NDArray[np.int64],
    tenth: NDArray[np.int64],
    share: str,
    kinds: dict[str, Values],
) -> None:
    ids = np.asarray(found.customers)[order].tolist()
    sheet.heading("Customers, the most valuable first")
    of_spend = "discounted spend to come" if share else "value"
    head = (found.id_name, "probably active", "purchases to come", "spend per purchase", of_spend, "value",
            "tenth", "customers")  # fmt: skip
    sheet.head(_FIRST - 1, (*head, *kinds))
    sheet.on.freeze_panes(_FIRST, 1)
    value = found.value[order]
    spend = value / (margin_of(found) or 1.0)
    columns = (("share", found.probability_alive), ("ratio", found.expected_purchases),
               ("money", found.expected_spend))  # fmt: skip
    for k, identity in enumerate(ids):
        row = _FIRST + k
        sheet.put(row, 0, str(identity), "text")
        for column, (kind, values) in enumerate(columns, 1):
            sheet.put(row, column, float(values[order[k]]), kind)
        sheet.put(row, 4, float(spend[k]), "money")
        formula = f"{local(row, 4)}*{share}" if share else local(row, 4)
        sheet.formula(row, 5, formula, float(value[k]), "money")
        sheet.put(row, 6, int(tenth[k]), "count")
        sheet.put(row, 7, float(found.weight[order[k]]), "count")
        for column, labels in enumerate(kinds.values(), 8):
            sheet.put(row, column, str(labels[k]), "text")


def _summed(
    book: Book,
    sheet: Sheet,
    top: int,
    title: str,
    where: tuple[Sheet, int],
    labels: Values,
    found: CustomerValue,
    order: NDArray[np.int64],
) -> int:
    """A table of groups, the most valuable first, each summed up from the customers; its last row."""
    rows, column = where
    end = _FIRST + len(found) - 1
    names, place = np.unique(labels, return_inverse=True)
    weight = np.bincount(place, found.weight[order])
    value = np.bincount(place, found.value[order] * found.weight[order])
    ranked = np.arange(len(names)) if column == 6 else np.argsort(-value, kind="stable")
    sheet.head(top, (title, *_HEAD[1:]))
    key, counts, values = (rows.down(c, _FIRST, end) for c in (column, 7, 5))
    so_far, last = 0.0, top + len(names)
    total = float(value.sum())
    for row, k in enumerate(ranked.tolist(), top + 1):
        so_far += value[k]
        at = local(row, 0)
        sheet.put(row, 0, int(names[k]) if column == 6 else str(names[k]), "text")
        # by product, not by criterion: a criterion reads *, ? and > in a label as its own language
        same = f"--EXACT({key},{at})" if column != 6 else f"--({key}={at})"
        sheet.formula(row, 1, f"SUMPRODUCT({same},{counts})", weight[k], "count")
        sheet.formula(row, 2, f"SUMPRODUCT({same},{counts},{values})", value[k], "money")
        sheet.formula(row, 3, over(local(row, 2), local(row, 1)), value[k] / weight[k], "money")
        whole = f"SUM({sheet.down(2, top + 1, last)})"
        parts = local(row, 2), f"SUM({sheet.down(2, top + 1, row)})"
        for cell, part, amount in ((4, parts[0], value[k]), (5, parts[1], so_far)):
            share = amount / total if total else "undefined"
            sheet.formula(row, cell, over(part, whole), share, "share")
        check(book, f"Value, {title} {names[k]}", sheet.at(row, 2), value[k], "money")
    return last


def _totals(book: Book, sheet: Sheet, top: int, rows: Sheet, found: CustomerValue) -> None:
    """The base as a whole, and the finding at the head of the sheet."""
    end = _FIRST + len(found) - 1
    alive, value, weight = (rows.down(c, _FIRST, end) for c in (1, 5, 7))
    figures = (
        ("Value of the base", f"SUMPRODUCT({value},{weight})", found.total, "money"),
        ("Value of a customer", f"SUMPRODUCT({value},{weight})/SUM({weight})", found.mean, "money"),
        ("Customers", f"SUM({weight})", float(found.weight.sum()), "count"),
        ("Probably active", f"SUMPRODUCT({alive},{weight})", found.expected_active, "count"),
    )
    for row, (label, formula, figure, kind) in enumerate(figures, top):
        sheet.put(row, 0, label, "text")
        check(book, label, sheet.formula(row, 2, formula, figure, kind), figure, kind)
    first = sheet.at(_FIRST + 1, 4)
    weights, values = found.weight, found.value
    order = np.argsort(-values, kind="stable")
    tenth = _tenths(weights[order])
    best = float((values * weights)[order][tenth == 1].sum())
    share = round(100.0 * best / found.total, 1) if found.total else 0.0
    text = f'"The most valuable tenth of customers holds "&ROUND(100*{first},1)&"% of the value"'
    if found.total:
        sheet.formula(
            1, 0, text, f"The most valuable tenth of customers holds {share:g}% of the value", "finding"
        )


def _picture(book: Book, sheet: Sheet, groups: int) -> None:
    chart = book.file.add_chart({"type": "column"})
    last = _FIRST + groups
    chart.add_series({
        "name": "value", "categories": [sheet.name, _FIRST + 1, 0, last, 0], "gap": 40,
        "values": [sheet.name, _FIRST + 1, 2, last, 2], "fill": {"color": ACCENT}, "border": {"none": True},
    })  # fmt: skip
    finished(chart, f"={sheet.at(1, 0)}", "tenth of customers, the most valuable first", "value")
    sheet.on.insert_chart(_FIRST, 7, chart)
