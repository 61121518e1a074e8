"""When a customer has paid back, as live formulas: the record of `break_even`."""

from __future__ import annotations

from math import log1p
from typing import Any

from retainkit.economics import BreakEven
from retainkit.timing import TIMINGS
from retainkit.workbooks.assumptions import Assumption, assume, choice, number
from retainkit.workbooks.book import Book, Sheet, named, plain_value
from retainkit.workbooks.checks import check
from retainkit.workbooks.formulas import CLOSE, PAYBACK, PAYMENTS
from retainkit.workbooks.months import told

_LEFT = 'IF(churn=1,"none",LN(1-churn)+LN(1+growth)-LN(1+discount_rate))'
_FIRST = (
    'IF(timing="begin",1+discount_rate,IF(timing="mid",SQRT(1+discount_rate),IF(timing="end",1,1-churn)))'
)
_WHOLE = 'IF(timing="begin",1+discount_rate,IF(timing="mid",SQRT(1+discount_rate),1))*margin_per_period/paid'
_CRITICAL = (
    'IF(paid=0,"infinite",IF(margin_per_period<=0,0,IF(timing="end-if-retained",'
    "MAX(0,(margin_per_period-paid*(discount_rate-growth))/(margin_per_period+paid*(1+growth))),"
    f'IF(({_WHOLE}-(discount_rate-growth))/(1+growth)>=1-{CLOSE},"infinite",'
    f"MAX(0,({_WHOLE}-(discount_rate-growth))/(1+growth))))))"
)


def write(book: Book, found: BreakEven) -> None:
    """One sheet: the figures, and the steps to them."""
    unit = found.period or "period"
    names = assume(book, "Break-even", _assumptions(found, unit))
    names["paid"] = names["acquisition_cost"]
    sheet = book.sheet("Payback", (52, 18, 60))
    cells = {n: sheet.at(row, 1) for row, n in enumerate(("periods", "payments"), 4)}
    sheet.heading("When a customer has paid back")
    finding = (
        f'IF(ISNUMBER({cells["periods"]}),IF({cells["periods"]}=0,"Paid back from the start",'
        f'"Paid back after "&ROUND({cells["periods"]},1)&" {unit}s"),"Never paid back")'
    )
    sheet.formula(1, 0, finding, told(found.periods, unit), "finding")
    sheet.head(3, ("figure", "value"))
    for row, (label, formula, value, kind) in enumerate(_figures(sheet, found, unit, names, cells), 4):
        known = "never" if value is None else value
        sheet.put(row, 0, label, "text")
        sheet.formula(row, 1, formula, known, kind)
        check(book, label, sheet.at(row, 1), known, kind)
    _steps(sheet, found, names)


def _figures(
    sheet: Sheet, found: BreakEven, unit: str, names: dict[str, str], cells: dict[str, str]
) -> tuple[tuple[str, str, Any, str], ...]:
    """Label, formula, value and kind of each."""
    steps = {n: sheet.at(11 + k, 1) for k, n in enumerate(("first", "lost", "left"))}
    periods = PAYBACK.format(
        cost=names["paid"],
        margin=names["margin_per_period"],
        discount=names["discount_rate"],
        timing=names["timing"],
        churn=names["churn"],
        **steps,
    )
    after = (
        f"IF(ISNUMBER({cells['payments']}),IF({cells['payments']}=0,0,{cells['payments']}-1+"
        f'IF({names["timing"]}="mid",0.5,IF({names["timing"]}="begin",0,1))),"never")'
    )
    whole = PAYMENTS.format(periods=cells["periods"], cost=names["paid"])
    never = f'IF(ISNUMBER({cells["periods"]}),"no","yes")'
    limit = "Churn from which on it is never paid back"
    return (
        ("Payments needed, fractional", periods, plain_value(found.periods, "never"), "periods"),
        ("Payments needed", whole, found.payments, "count"),
        (f"{unit}s from the start to that payment".capitalize(), after, found.paid_back_after, "periods"),
        ("Never", never, "yes" if found.never else "no", "words"),
        (limit, named(_CRITICAL, names), found.critical_churn, "share"),
    )


def _steps(sheet: Sheet, record: BreakEven, names: dict[str, str]) -> None:
    c, d, g = record.churn, record.discount_rate, record.growth
    weight = {"begin": 1.0 + d, "mid": (1.0 + d) ** 0.5, "end": 1.0}.get(record.timing, 1.0 - c)
    left = "none" if c == 1.0 else log1p(-c) + log1p(g) - log1p(d)
    lost = "churn*(1+growth)+(discount_rate-growth)"
    sheet.put(10, 0, "Steps on the way", "text", "total")
    steps = (
        ("First payment of 1, at the end of its period", _FIRST, weight),
        ("What a period leaves out", lost, c * (1.0 + g) + (d - g)),
        ("ln of what a period leaves of the next payment", _LEFT, left),
    )
    for row, (what, formula, value) in enumerate(steps, 11):
        sheet.put(row, 0, what, "text", "quiet")
        sheet.formula(row, 1, named(formula, names), value, "number", "quiet")


def _assumptions(record: BreakEven, unit: str) -> list[Assumption]:
    growth = number(-0.999999, 100.0, "More than −100%.")
    return [
        Assumption("acquisition_cost", "Acquisition cost", record.acquisition_cost, "money", "per customer",
                   number(0.0, None, "Money, 0 or more.")),
        Assumption("margin_per_period", "Margin", record.margin_per_period, "money", f"per {unit}",
                   number(-1e15, 1e15, "An amount of money.")),
        Assumption("churn", "Churn", record.churn, "share", f"lost per {unit}",
                   number(0.0, 1.0, "A share from 0 to 1.")),
        Assumption("discount_rate", "Discount rate", record.discount_rate, "share", f"per {unit}", growth),
        Assumption("growth", "Growth of the margin", record.growth, "share", f"per {unit}", growth),
        Assumption("timing", "When margin falls", record.timing, "words", "and who pays it", choice(TIMINGS)),
    ]  # fmt: skip
