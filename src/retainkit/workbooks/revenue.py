"""Recurring revenue as live formulas: what came and what went, period by period, as a bridge."""

from __future__ import annotations

from typing import NamedTuple

from retainkit.metrics import SubscriptionMetrics
from retainkit.plurals import counted
from retainkit.workbooks.book import INK, QUIET, Book, Sheet, local, over
from retainkit.workbooks.checks import check
from retainkit.workbooks.pictures import finished

_GAINS = ("new", "expansion", "reactivation", "moved_in")
_LOSSES = ("contraction", "churn", "moved_out")
_GAIN_SHADES, _LOSS_SHADES = ("#2f6f9f", "#7fa9c9", "#b9d0e1", "#dbe7f0"), ("#c9cfd6", "#ab1f1a", "#e3e6ea")
_RATIOS = {
    "gross_revenue_retention": ("gross retention", "share"),
    "net_revenue_retention": ("net retention", "share"),
    "revenue_churn_rate": ("revenue churn", "share"),
    "customer_churn_rate": ("customer churn", "share"),
    "quick_ratio": ("quick ratio", "ratio"),
    "average_revenue_per_account": ("per account", "money"),
}
_COUNTS = {
    "start_customers": "customers at start",
    "churned_customers": "churned",
    "end_customers": "customers at end",
}


class _Table(NamedTuple):
    """Where the table stands, and what its columns are."""

    sheet: Sheet
    found: SubscriptionMetrics
    gains: list[str]
    losses: list[str]
    place: dict[str, int]
    top: int
    chained: bool
    """Whether the end of a period is the start of the next: not where windows overlap, nor in groups."""

    @property
    def last(self) -> int:
        return self.top + len(self.found) - 1


def write(book: Book, found: SubscriptionMetrics) -> None:
    """The sheet: two pictures above the table, for the base as a whole."""
    chained = not found.by and found.rolling == 1
    gains, losses = (
        [n for n in names if not n.startswith("moved") or getattr(found, n).any()]
        for names in (_GAINS, _LOSSES)
    )
    head = ("period", *found.by, "start", *gains, *losses, "end", *_COUNTS.values(),
            *(label for label, _ in _RATIOS.values()))  # fmt: skip
    of = f" by {' and '.join(found.by)}" if found.by else ""
    sheet = book.sheet(f"Revenue{of}", [13.0] * len(head))
    sheet.heading(f"Recurring revenue{of}, {found.every} by {found.every}")
    place = {name: column for column, name in enumerate(head)}
    t = _Table(sheet, found, gains, losses, place, 23 if chained else 4, chained)
    sheet.head(t.top - 1, [n.replace("_", " ") for n in head], left=1 + len(found.by))
    for k in range(len(found)):
        _movements(t, k)
        _ratios(t, k)
        which = " ".join((*found.group[k].tolist(), found.period[k]))
        for name, (label, kind) in {"end": ("revenue at the end", "money"), **_RATIOS}.items():
            cell = sheet.at(t.top + k, place["end" if name == "end" else label])
            check(book, f"{label.capitalize()}{of}, {which}", cell, getattr(found, name)[k], kind)
    if chained:
        _finding(t)
        _bridge(book, t)
    else:
        sheet.on.freeze_panes(t.top, 1 + len(found.by))


def _finding(t: _Table) -> None:
    start, end = t.sheet.at(t.top, t.place["start"]), t.sheet.at(t.last, t.place["end"])
    time = counted(len(t.found), t.found.every)
    told = f"From {t.found.start[0]:,.0f} to {t.found.end[-1]:,.0f} a month in {time}"
    formula = f'"From "&FIXED({start},0)&" to "&FIXED({end},0)&" a month in {time}"'
    t.sheet.formula(1, 0, formula, told, "finding")


def _movements(t: _Table, k: int) -> None:
    """What moved revenue in one period: data, but for the start and the end."""
    row, found, place = t.top + k, t.found, t.place
    for column, label in enumerate((found.period[k], *found.group[k].tolist())):
        t.sheet.put(row, column, label, "text")
    if t.chained and k:
        t.sheet.formula(row, place["start"], local(row - 1, place["end"]), found.start[k], "money")
    else:
        t.sheet.put(row, place["start"], found.start[k], "money")
    for name in (*t.gains, *t.losses):
        t.sheet.put(row, place[name], getattr(found, name)[k], "money")
    for name, label in _COUNTS.items():
        t.sheet.put(row, place[label], int(getattr(found, name)[k]), "count")
    plus = "+".join(local(row, place[n]) for n in ("start", *t.gains))
    minus = "".join(f"-{local(row, place[n])}" for n in t.losses)
    t.sheet.formula(row, place["end"], plus + minus, found.end[k], "money", "total")


def _ratios(t: _Table, k: int) -> None:
    at = {name: local(t.top + k, column) for name, column in t.place.items()}
    kept = f"{at['start']}-{at['churn']}-{at['contraction']}"
    came = f"{at['new']}+{at['expansion']}+{at['reactivation']}"
    parts = {
        "gross retention": (kept, at["start"]),
        "net retention": (f"{kept}+{at['expansion']}", at["start"]),
        "revenue churn": (at["churn"], at["start"]),
        "customer churn": (at["churned"], at["customers at start"]),
        "quick ratio": (came, f"{at['contraction']}+{at['churn']}"),
        "per account": (at["end"], at["customers at end"]),
    }  # fmt: skip
    for name, (label, kind) in _RATIOS.items():
        t.sheet.formula(t.top + k, t.place[label], over(*parts[label]), getattr(t.found, name)[k], kind)


def _bridge(book: Book, t: _Table) -> None:
    """Columns of what came, and of what went below the axis; beside it revenue at the end."""
    below = t.last + 3
    t.sheet.put(below - 1, 0, "For the picture: what went, below the axis", "text")
    for name in t.losses:
        column = t.place[name]
        t.sheet.put(below, column, name.replace("_", " "), "head")
        for k in range(len(t.found)):
            cell = local(t.top + k, column)
            t.sheet.formula(below + 1 + k, column, f"-{cell}", -getattr(t.found, name)[k], "money", "quiet")
    chart = book.file.add_chart({"type": "column", "subtype": "stacked"})
    categories = [t.sheet.name, t.top, 0, t.last, 0]
    down = below + 1 - t.top
    for names, shades, shift in ((t.gains, _GAIN_SHADES, 0), (t.losses, _LOSS_SHADES, down)):
        for name, shade in zip(names, shades, strict=False):
            column = t.place[name]
            chart.add_series({
                "name": name.replace("_", " "), "categories": categories, "gap": 60,
                "values": [t.sheet.name, t.top + shift, column, t.last + shift, column],
                "fill": {"color": shade}, "border": {"color": QUIET, "width": 0.5},
            })  # fmt: skip
    finished(chart, "What moved recurring revenue", "", "money a month", low=True)
    chart.set_legend({"position": "bottom"})
    t.sheet.on.insert_chart(2, 0, chart)
    line = book.file.add_chart({"type": "line"})
    end = t.place["end"]
    line.add_series({
        "name": "end", "categories": categories, "line": {"color": INK, "width": 2.25},
        "values": [t.sheet.name, t.top, end, t.last, end],
    })  # fmt: skip
    finished(line, f"={t.sheet.at(1, 0)}", "", "recurring revenue, money a month")
    t.sheet.on.insert_chart(2, 7, line)
