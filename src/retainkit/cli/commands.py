"""The commands: reports on an example and on a file, and the break-even of one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from retainkit import __version__
from retainkit.cli import options
from retainkit.cli.deliver import Output, deliver, ready
from retainkit.cli.reading import FileRequest, reads_file, require
from retainkit.domains import PROBABILITY
from retainkit.economics.breakeven.break_even import break_even
from retainkit.errors import InputError, missing_argument, not_one_of
from retainkit.ingest import load_cdnow
from retainkit.rates import Rate
from retainkit.timing import Timing
from retainkit.typing import Plain
from retainkit.units import Duration, check_unit

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def examples(*lines: str) -> str:
    """Lines at the end of a command's help, as they are typed."""
    return "\b\nFor example:\n" + "\n".join(f"  {line}" for line in lines)


_DISCOUNT, _YEARS = 0.10, 3.0
_DEMO_MARGIN, _DEMO_COST, _DEMO_FILE = 0.30, 20.0, Path("retainkit-demo.html")


_FIRST = "For example: retainkit break-even 500 50 --churn 5%."


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


@app.command(epilog=examples("retainkit demo", "retainkit demo --margin-share 40% --html cdnow.html"))
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


@app.command(epilog=examples(
    "retainkit report sales.csv --margin-share 30% --html report.html --pdf report.pdf",
    "retainkit report 'exports/*.csv' --amount 'pieces * price' --margin-share 30% --by country",
    "retainkit report billing.csv --start from --end to --amount mrr --plan plan --observation-end 2024-12-31"
    " --margin-share 80% --acquisition-cost 420",
))  # fmt: skip
@reads_file
def report(
    asked: FileRequest,
    margin_share: options.Margin = None,
    acquisition_cost: options.AcquisitionCost = None,
    discount_rate: options.DiscountRate = None,
    discount_per: options.DiscountPer = "year",
    horizon_years: options.HorizonYears = None,
    holdout_from: options.HoldoutFrom = "half",
    spend_per_purchase: options.SpendPerPurchase = None,
    title: options.Title = None,
    currency: options.Currency = "",
    html: options.Html = None,
    pdf: options.Pdf = None,
    in_engine: options.InEngine = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Report on the customers in a file of transactions, or of subscriptions, one line each."""
    require(margin_share=margin_share)
    output = Output(html, json, quiet, pdf)
    ready(output)
    terms = {
        "margin_share": margin_share,
        "acquisition_cost": acquisition_cost,
        **_terms(discount_rate, discount_per, horizon_years),
        "title": Path(asked.file).name if title is None else title,
        "currency": currency,
    }
    constant = asked.amount is None and spend_per_purchase is not None
    purchases = {
        **asked.dated(None if constant else asked.amount or "amount"),
        "by": asked.by,
        "holdout_from": None if holdout_from == "none" else holdout_from,
        "spend_per_purchase": spend_per_purchase,
        "in_memory": False if in_engine else None,
    }
    base = asked.either(lambda: deliver(output, source=asked.file, **purchases, **terms))
    if base is None:
        return
    if in_engine:
        rule = "has no meaning for subscriptions, which are read into memory"
        raise InputError("needless", "in_engine", in_engine, rule, "Leave it out.")
    deliver(output, source=base, by=asked.by, **terms)


@app.command("break-even", epilog=examples(
    "retainkit break-even 500 50",
    "retainkit break-even 500 50 --churn 5%",
    "retainkit break-even 500 50 --churn 5% --discount-rate 12% --discount-per year --period month --json",
))  # fmt: skip
def break_even_command(
    cost: options.CostArgument = None,
    margin: options.MarginArgument = None,
    acquisition_cost: options.Cost = None,
    margin_per_period: options.MarginPerPeriod = None,
    churn: options.Churn = 0.0,
    churn_per: options.ChurnPer = None,
    discount_rate: options.PlainDiscount = 0.0,
    discount_per: options.PlainDiscountPer = None,
    timing: options.TimingOption = "begin",
    period: options.Period = None,
    json: options.Json = False,
) -> None:
    """When a customer has paid back what it cost to win them."""
    if cost is margin is acquisition_cost is margin_per_period is None:
        rule = "must be given, and so must margin_per_period"
        raise missing_argument("acquisition_cost", rule, _FIRST)
    lost = PROBABILITY.check("churn", churn)
    result = break_even(
        _one("acquisition_cost", cost, acquisition_cost),
        _one("margin_per_period", margin, margin_per_period),
        churn=lost if churn_per is None else Rate(lost, check_unit("churn_per", churn_per)),
        discount_rate=discount_rate
        if discount_per is None
        else Rate(discount_rate, check_unit("discount_per", discount_per)),
        timing=cast("Timing", timing),  # checked where it is used
        period=None if period is None else check_unit("period", period),
    )
    typer.echo(result.model_dump_json() if json else str(result))


def _one(name: str, place: float | None, option: float | None) -> float:
    """A figure, given by its place or by its option."""
    given = [value for value in (place, option) if value is not None]
    if len(given) != 1:
        if not given:
            raise missing_argument(name, "must be given", _FIRST)
        raise not_one_of(name, "both", _FIRST)
    return given[0]


def terms_of(discount_rate: float | None, per: str, years: float | None) -> Plain:
    """Discount and horizon, for values."""
    terms = _terms(discount_rate, per, years)
    return {"discount_rate": terms["discount_rate"], "horizon": terms["horizon"]}


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
