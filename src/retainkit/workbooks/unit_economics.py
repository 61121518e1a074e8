"""A customer's unit economics as live formulas: assumptions, and all figures."""

from __future__ import annotations

from typing import Any

from retainkit.timing import FLOWS
from retainkit.typing import Plain
from retainkit.valuation.scenarios import FIGURES, UnitEconomicsResult
from retainkit.workbooks import formulas, months
from retainkit.workbooks.assumptions import Assumption, assume, choice, number, whole
from retainkit.workbooks.book import Book, Sheet, named, plain_value
from retainkit.workbooks.checks import check
from retainkit.workbooks.workings import now, terms_of, write_workings

_MONEY = number(0.0, None, "Money, 0 or more.")
_ANY = number(-1e15, 1e15, "An amount of money.")
_INPUTS: dict[str, tuple[str, str, str, Plain]] = {
    "acquisition_cost": ("Acquisition cost", "money", "per customer, at the start", _MONEY),
    "onboarding_cost": ("Onboarding cost", "money", "per customer, at the start", _MONEY),
    "monthly_margin": ("Margin", "money", "per month, of a customer who is there", _ANY),
    "monthly_revenue": ("Revenue", "money", "per month, of a customer who is there", _MONEY),
    "margin_share": ("Margin share", "share", "of revenue", number(-1e6, 1.0, "A share of 1 at most.")),
    "monthly_retention_cost": ("Retention cost", "money", "per month, of a customer who is there", _MONEY),
    "monthly_churn": ("Churn", "share", "lost per month", number(0.0, 1.0, "A share from 0 to 1.")),
    "annual_discount_rate": (
        "Discount rate", "share", "per year, effective", number(-0.999999, 100.0, "More than −100%."),
    ),
    "horizon_months": (
        "Payments counted", "count", "leave empty for all", whole(1, "A whole number, or nothing for all."),
    ),
    "timing": ("When margin falls", "words", "and who pays it", choice(FLOWS)),
}  # fmt: skip
_KINDS = {"months": "periods", "share up": "share"}


def write(book: Book, found: UnitEconomicsResult) -> None:
    """The sheets of one scenario: figures, months, workings."""
    scenario: Plain = dict(found.scenario)
    title = " of ".join(filter(None, ("Unit economics", str(scenario["name"]))))
    given = [n for n in _INPUTS if scenario.get(n) is not None or n == "horizon_months"]
    names = assume(book, title, [Assumption(n, (a := _INPUTS[n])[0], scenario.get(n), *a[1:]) for n in given])
    figures = book.sheet("Unit economics", (34, 18, 58))
    by_month = book.sheet("Break-even", (9, 12, 14, 14, 14, 18, 18, 18))
    workings = book.sheet("Workings", (64, 18, 18, 18))
    names |= _name_figures(book, figures)
    values = now(found)
    names |= write_workings(book, workings, values, names)
    figures.heading(title)
    figures.formula(1, 0, named(months.FINDING, names), months.told(found.payback_months, "month"), "finding")
    figures.head(3, ("figure", "value", "what it is"))
    figures.put(3, 2, "what it is", "head beside")
    for row, name in enumerate(_shown(), 4):
        label, kind, meaning = _about(name)
        value = _told(found, name)
        figures.put(row, 0, label, "text")
        figures.formula(row, 1, named(formulas.FIGURES[name], names), value, kind)
        figures.put(row, 2, meaning, "text", "quiet")
        check(book, label, names[name], value, kind)
    months.write(book, by_month, names, values, terms_of(scenario))


def _shown() -> list[str]:
    """The figures, the whole number of payments after the fractional one."""
    found = list(FIGURES)
    found.insert(found.index("payback_months") + 1, "payback_payments")
    return found


def _about(name: str) -> tuple[str, str, str]:
    if name == "payback_payments":
        return "Payback, in whole payments", "count", "the payment that pays the cost back"
    about = FIGURES[name]
    return about.label, _KINDS.get(about.counts, about.counts), about.meaning


def _told(result: UnitEconomicsResult, name: str) -> Any:
    """A figure as the cell has it."""
    if name == "payback_payments" and result.payback_payments is None:
        return "undefined" if result.scenario["timing"] == "continuous" else "never"
    return plain_value(getattr(result, name), "never" if name in result._never else "infinite")  # pyright: ignore[reportPrivateUsage]


def _name_figures(book: Book, sheet: Sheet) -> dict[str, str]:
    return {name: book.name(name, sheet.at(row, 1)) for row, name in enumerate(_shown(), 4)}
