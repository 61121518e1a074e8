"""The options that commands share, each declared once.

Choices are plain text here: the library checks them and offers the near name.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

_UNITS = "day|week|month|quarter|year"


def _number(text: str | float) -> float:
    """A number. Defaults come as the numbers they are."""
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number; write 1250.5 without signs or commas") from None


def _share(text: str | float) -> float:
    """A number, or a percentage: 0.3 and 30% are the same."""
    try:
        percentage = isinstance(text, str) and text.endswith("%")
        return float(Decimal(str(text)[:-1]) / 100) if percentage else float(text)
    except (InvalidOperation, ValueError):
        raise typer.BadParameter(f"{text!r} is neither a number nor a percentage; write 0.3 or 30%") from None


def _growth(text: str | float) -> float:
    """The same of a rate, which may be above 1 only where that is written as a percentage."""
    rate = _share(text)
    if rate > 1.0 and not str(text).endswith("%"):
        raise typer.BadParameter(f"{text!r} would be {100.0 * rate:g}%; write {text}%, or 12% as 0.12")
    return rate


_money = partial(typer.Option, parser=_number, metavar="MONEY")
_margin = partial(typer.Option, "--margin-share", parser=_share, metavar="SHARE")
_rate = partial(typer.Option, "--discount-rate", parser=_growth, metavar="RATE")
_cost = partial(_money, "--acquisition-cost")
_column = partial(typer.Option, metavar="COLUMN")
_period = partial(typer.Option, metavar=_UNITS)

_LEFT, _WINNING = "Share of spend left after its own costs", "What winning one new customer costs."
_EFFECTIVE = "Effective rate of discount."
_LOST = "Share of customers lost.  [default: 0]"
_AHEAD = "How far the values look ahead; inf: for ever.  [assumed: 3]"
_HELD_OUT = "First day of the period that is held out to check the model; half: the second half."
_NEGATIVE = (
    "Negative amounts: subtract them, leave them out, refuse them, or cancel what was refunded in full."
)
_WRITTEN = "How dates are written, such as %d/%m/%Y, or excel, epoch-s.  [default: 2024-12-31 or 20241231]"
_NOBODY = "Lines without a customer: refuse them, or leave them out."
_MATCHED = "Days within which a refund of the same amount cancels an order."
_HOLDS = "Which lines count, such as \"country == 'UK' and quantity > 0\".  [default: all]"
_MONEY = "How 1234.56 is written in FILE, such as 1.234,56 or $1,234.56."
_PAGE = "The HTML file to write.  [default: retainkit-demo.html; none with --json]"

Margin: TypeAlias = Annotated[float | None, _margin(help=f"{_LEFT} (required).")]
DemoMargin: TypeAlias = Annotated[float | None, _margin(help=f"{_LEFT}.  [assumed: 30%]")]
AcquisitionCost: TypeAlias = Annotated[float | None, _cost(help=_WINNING)]
DemoAcquisitionCost: TypeAlias = Annotated[float | None, _cost(help=f"{_WINNING}  [assumed: 20]")]
DiscountRate: TypeAlias = Annotated[float | None, _rate(help=f"{_EFFECTIVE}  [assumed: 10%]")]
DiscountPer: TypeAlias = Annotated[
    str, _period("--discount-per", help="The period that the discount rate is for.")
]
HorizonYears: TypeAlias = Annotated[
    float | None, typer.Option("--horizon-years", parser=_number, metavar="YEARS", help=_AHEAD)
]
SpendPerPurchase: TypeAlias = Annotated[
    float | None, _money("--spend-per-purchase", help="A constant in place of the fitted model of spend.")
]
CustomerId: TypeAlias = Annotated[str, _column("--customer-id", help="Column of customer ids.")]
DateColumn: TypeAlias = Annotated[
    str | None,
    _column("--date", help="Column of dates: YYYY-MM-DD, YYYYMMDD or timestamps.  [default: date]"),
]
StartColumn: TypeAlias = Annotated[
    str | None,
    _column("--start", help="Of subscriptions: column of first days.  [default: start, without dates]"),
]
EndColumn: TypeAlias = Annotated[
    str | None,
    _column("--end", help="Of subscriptions: column of the first days without; empty while they run."),
]
PlanColumn: TypeAlias = Annotated[str | None, _column("--plan", help="Of subscriptions: column of plans.")]
EndDay: TypeAlias = Annotated[
    str,
    typer.Option("--end-day", metavar="first-without|last-with", help="Which day an end is."),
]
Amount: TypeAlias = Annotated[
    str | None,
    _column(
        "--amount",
        help="Column of money, or 'quantity * price'.  [default: amount; none with --spend-per-purchase]",
    ),
]
UnitOfTime: TypeAlias = Annotated[str, _period("--unit", help="Unit of time that the models count in.")]
ObservationEnd: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--observation-end",
        metavar="DATE",
        help="Last day of observation; of subscriptions required.  [default: the last date in FILE]",
    ),
]
HoldoutFrom: TypeAlias = Annotated[
    str, typer.Option("--holdout-from", metavar="DATE|half|none", help=_HELD_OUT)
]
Refunds: TypeAlias = Annotated[
    str, typer.Option("--refunds", metavar="net|ignore|error|cancel", help=_NEGATIVE)
]
DateFormat: TypeAlias = Annotated[str | None, typer.Option("--date-format", metavar="PATTERN", help=_WRITTEN)]
MissingIds: TypeAlias = Annotated[str, typer.Option("--missing-ids", metavar="error|drop", help=_NOBODY)]
OrderId: TypeAlias = Annotated[str | None, _column("--order-id", help="Column that tells orders apart.")]
RefundWindow: TypeAlias = Annotated[
    int | None, typer.Option("--refund-window", metavar="DAYS", help=_MATCHED)
]
Where: TypeAlias = Annotated[str | None, typer.Option("--where", metavar="CONDITION", help=_HOLDS)]
AmountFormat: TypeAlias = Annotated[
    str | None, typer.Option("--amount-format", metavar="EXAMPLE", help=_MONEY)
]
Encoding: TypeAlias = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="Of text, such as latin-1.  [default: found]")
]
Separator: TypeAlias = Annotated[
    str | None,
    typer.Option("--separator", metavar="LETTER", help="Between columns of text.  [default: found]"),
]
Sheet: TypeAlias = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="Of a workbook with several: its name or number."),
]
HeadingRow: TypeAlias = Annotated[
    int | None,
    typer.Option("--heading-row", metavar="ROW", help="The row with the names.  [default: the first]"),
]
InEngine: TypeAlias = Annotated[
    bool,
    typer.Option("--in-engine", help="Leave customers in DuckDB: for files of transactions beyond memory."),
]
Title: TypeAlias = Annotated[
    str | None, typer.Option("--title", help="Title of the report.  [default: the name of FILE]")
]
Currency: TypeAlias = Annotated[
    str, typer.Option("--currency", help="What stands before amounts, such as $ or EUR.")
]
Html: TypeAlias = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML file.")
]
Pdf: TypeAlias = Annotated[
    Path | None,
    typer.Option("--pdf", metavar="FILE", help="Print it as PDF, by the Chromium, Chrome or Edge found."),
]
By: TypeAlias = Annotated[
    str | None, _column("--by", help="Column of segments to tell apart, such as country.")
]
DemoHtml: TypeAlias = Annotated[Path | None, typer.Option("--html", metavar="FILE", help=_PAGE)]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
CostArgument: TypeAlias = Annotated[
    float | None,
    typer.Argument(
        metavar="COST", parser=_number, help="What winning the customer costs.", show_default=False
    ),
]
MarginArgument: TypeAlias = Annotated[
    float | None,
    typer.Argument(
        metavar="MARGIN", parser=_number, help="Margin, not revenue, per period.", show_default=False
    ),
]
Cost: TypeAlias = Annotated[float | None, _cost(help="The same as COST.")]
MarginPerPeriod: TypeAlias = Annotated[
    float | None, _money("--margin-per-period", help="The same as MARGIN.")
]
Churn: TypeAlias = Annotated[
    float, typer.Option("--churn", parser=_share, metavar="SHARE", help=_LOST, show_default=False)
]
ChurnPer: TypeAlias = Annotated[
    str | None, _period("--churn-per", help="What the churn is per.  [default: the period]")
]
PlainDiscount: TypeAlias = Annotated[float, _rate(help=f"{_EFFECTIVE}  [default: 0]", show_default=False)]
PlainDiscountPer: TypeAlias = Annotated[
    str | None, _period("--discount-per", help="What the discount is per.  [default: the period]")
]
TimingOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--timing", metavar="begin|mid|end|end-if-retained", help="When in a period its payment falls."
    ),
]
Period: TypeAlias = Annotated[
    str | None, _period("--period", help="What the margin counts in; needed with the two --...-per.")
]
Months: TypeAlias = Annotated[int, typer.Option("--months", metavar="MONTHS", help="How many months ahead.")]
New: TypeAlias = Annotated[
    str,
    typer.Option(
        "--new", metavar="trend|MONEY", help="Revenue a month that new customers bring: their trend, or this."
    ),
]
Every: TypeAlias = Annotated[str, _period("--every", help="The length of the periods told.")]
To: TypeAlias = Annotated[
    Path | None, typer.Option("--to", metavar="FILE.xlsx", help="The workbook to write (required).")
]
List: TypeAlias = Annotated[
    Path | None, typer.Option("--to", metavar="FILE.csv", help="Write the list of customers to contact.")
]
Acceptance: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--acceptance",
        parser=_share,
        metavar="SHARE",
        help="Of those leaving, who stay for the offer (required).",
    ),
]
Incentive: TypeAlias = Annotated[
    float, _money("--incentive", help="What the offer costs with each who takes it.")
]
PerContact: TypeAlias = Annotated[float, _money("--cost-per-contact", help="What a contact costs.")]
