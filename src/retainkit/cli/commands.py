"""The three commands: the report on an example, the report on a file, the break-even of one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from retainkit import __version__
from retainkit.cli import options
from retainkit.cli.deliver import Output, deliver, file_problem, ready
from retainkit.domains import PROBABILITY
from retainkit.economics.breakeven.break_even import break_even
from retainkit.errors import MissingDependencyError, missing_argument
from retainkit.ingest import load_cdnow
from retainkit.rates import Rate
from retainkit.timing import Timing
from retainkit.typing import Plain
from retainkit.units import Duration, check_unit

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_PASSED_ON = (
    *("customer_id", "date", "observation_end", "refunds", "date_format", "missing_ids", "order_id"),
    *("by", "refund_window", "where", "amount_format", "encoding", "separator", "sheet", "heading_row"),
)
"""Options of a report that go to it as they are, and are checked where they are used."""

_DISCOUNT, _YEARS = 0.10, 3.0
_DEMO_MARGIN, _DEMO_COST, _DEMO_FILE = 0.30, 20.0, Path("retainkit-demo.html")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"retainkit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Customer-retention economics: what customers are worth, and when winning one pays back."""


@app.command()
def demo(
    margin_share: options.DemoMargin = None,
    acquisition_cost: options.DemoAcquisitionCost = None,
    discount_rate: options.DiscountRate = None,
    discount_per: options.DiscountPer = "year",
    horizon_years: options.HorizonYears = None,
    html: options.DemoHtml = None,
    pdf: options.Pdf = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Report on an example: 23,570 customers of an online shop for CDs and their 69,659 transactions."""
    output = Output(html or (None if json else _DEMO_FILE), json, quiet, pdf)
    ready(output)
    assumed = {"margin_share": margin_share, "acquisition_cost": acquisition_cost}
    terms = _terms(discount_rate, discount_per, horizon_years)
    deliver(
        output,
        source=load_cdnow("master"),
        customer_id="customer_id",
        date="date",
        amount="dollar_value",
        unit="week",
        margin_share=_DEMO_MARGIN if margin_share is None else margin_share,
        acquisition_cost=_DEMO_COST if acquisition_cost is None else acquisition_cost,
        discount_rate=terms["discount_rate"],
        horizon=terms["horizon"],
        assumed=(*(name for name, given in assumed.items() if given is None), *terms["assumed"]),
        title="CDNOW: customers of an online shop for CDs",
        currency="$",
    )


@app.command()
def report(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="CSV, Excel, Parquet or JSON lines: a path, or a quoted glob."),
    ],
    margin_share: options.Margin = None,
    acquisition_cost: options.AcquisitionCost = None,
    discount_rate: options.DiscountRate = None,
    discount_per: options.DiscountPer = "year",
    horizon_years: options.HorizonYears = None,
    customer_id: options.CustomerId = "customer_id",
    date: options.DateColumn = "date",
    amount: options.Amount = None,
    unit: options.UnitOfTime = "week",
    observation_end: options.ObservationEnd = None,
    holdout_from: options.HoldoutFrom = "half",
    refunds: options.Refunds = "net",
    date_format: options.DateFormat = None,
    missing_ids: options.MissingIds = "error",
    order_id: options.OrderId = None,
    refund_window: options.RefundWindow = None,
    where: options.Where = None,
    amount_format: options.AmountFormat = None,
    encoding: options.Encoding = None,
    separator: options.Separator = None,
    sheet: options.Sheet = None,
    heading_row: options.HeadingRow = None,
    spend_per_purchase: options.SpendPerPurchase = None,
    title: options.Title = None,
    currency: options.Currency = "",
    by: options.By = None,
    html: options.Html = None,
    pdf: options.Pdf = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Report on the customers in a file of transactions, one line each."""
    given = locals()
    if margin_share is None:
        rule = "must be given: customers are worth the margin on what they spend, and only you know it"
        way_out = "For 30% of spend left after its own costs write --margin-share 30%."
        raise missing_argument("margin_share", rule, way_out)
    output = Output(html, json, quiet, pdf)
    ready(output)
    try:
        deliver(
            output,
            source=file,
            amount="amount" if amount is None and spend_per_purchase is None else amount,
            unit=check_unit("unit", unit),
            holdout_from=None if holdout_from == "none" else holdout_from,
            **{name: given[name] for name in _PASSED_ON},
            margin_share=margin_share,
            acquisition_cost=acquisition_cost,
            **_terms(discount_rate, discount_per, horizon_years),
            spend_per_purchase=spend_per_purchase,
            title=Path(file).name if title is None else title,
            currency=currency,
        )
    except MissingDependencyError as error:
        raise file_problem(error) from error


@app.command("break-even")
def break_even_command(
    acquisition_cost: options.Cost,
    margin_per_period: options.MarginPerPeriod,
    churn: options.Churn = 0.0,
    churn_per: options.ChurnPer = None,
    discount_rate: options.PlainDiscount = 0.0,
    discount_per: options.PlainDiscountPer = None,
    timing: options.TimingOption = "begin",
    period: options.Period = None,
    json: options.Json = False,
) -> None:
    """When a customer has paid back what it cost to win them."""
    lost = PROBABILITY.check("churn", churn)
    result = break_even(
        acquisition_cost,
        margin_per_period,
        churn=lost if churn_per is None else Rate(lost, check_unit("churn_per", churn_per)),
        discount_rate=discount_rate
        if discount_per is None
        else Rate(discount_rate, check_unit("discount_per", discount_per)),
        timing=cast("Timing", timing),  # checked where it is used
        period=None if period is None else check_unit("period", period),
    )
    typer.echo(result.model_dump_json() if json else str(result))


def _terms(discount_rate: float | None, per: str, years: float | None) -> Plain:
    """The assumptions that have a default, and the names of those that nobody chose."""
    given = {"discount_rate": discount_rate, "horizon": years}
    return {
        "discount_rate": Rate(
            _DISCOUNT if discount_rate is None else discount_rate, check_unit("discount_per", per)
        ),
        "horizon": Duration(_YEARS if years is None else years, "year"),
        "assumed": tuple(name for name, value in given.items() if value is None),
    }
