"""Commands that answer one question about a file: metrics, forecast, validate, workbook, decide."""

from __future__ import annotations

from typing import Any

import numpy as np
import typer

from retainkit import strict_json
from retainkit.cli import options
from retainkit.cli.commands import app, examples, terms_of
from retainkit.cli.deliver import say
from retainkit.cli.reading import FileRequest, reads_file, require
from retainkit.decisions.campaigns import Campaign, whom_to_contact
from retainkit.errors import InputError
from retainkit.inference.fit import fit
from retainkit.inference.prediction import predict
from retainkit.ingest import TransactionSummary
from retainkit.metrics import SubscriptionBase
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.geometric import Geometric
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.plurals import counted
from retainkit.reports.compose import MODELS
from retainkit.reports.page.files import check_path
from retainkit.tables.files import write_whole
from retainkit.units import Duration, check_unit
from retainkit.validation import compare
from retainkit.validation.validate import validate
from retainkit.valuation.customers import CustomerValue, value_customers
from retainkit.valuation.subscribers import SubscriberValue
from retainkit.valuation.subscription_base import value_subscriptions

_STAYING = (ShiftedBetaGeometric, BetaDiscreteWeibull, Geometric)
_SOON = Duration(3, "month")


def _tell(result: Any, *, json: bool) -> None:
    typer.echo(result.model_dump_json() if json else str(result))


@app.command(epilog=examples(
    "retainkit metrics billing.csv --amount mrr --plan plan --observation-end 2024-12-31 --by plan",
    "retainkit metrics sales.csv --customer-id id --amount price",
))  # fmt: skip
@reads_file
def metrics(asked: FileRequest, every: options.Every = "month", json: options.Json = False) -> None:
    """Of subscriptions how recurring revenue moved; of transactions recency, frequency and money."""
    known = asked.table()
    if isinstance(known, SubscriptionBase):
        _tell(known.metrics(by=asked.by, every=check_unit("every", every)), json=json)
        return
    if asked.by is not None:
        raise InputError("needless", "by", asked.by, "has no meaning here for transactions", "Leave it out.")
    scores = known.rfm()
    typer.echo(strict_json.written(strict_json.strict(strict_json.plain(scores))) if json else str(scores))


@app.command(epilog=examples(
    "retainkit forecast billing.csv --amount mrr --observation-end 2024-12-31 --months 12 --new 3000",
    "retainkit forecast sales.csv --customer-id id --months 6",
))  # fmt: skip
@reads_file
def forecast(
    asked: FileRequest, months: options.Months = 12, new: options.New = "trend", json: options.Json = False
) -> None:
    """What recurring revenue will be; of transactions how many purchases the customers at hand will make."""
    known = asked.table("half")
    if isinstance(known, SubscriptionBase):
        coming: Any = new if new == "trend" else _money(new)
        _tell(known.forecast(months=months, new=coming), json=json)
        return
    fitted = fit(compare(MODELS, known).best.family, known.purchases)
    found = predict(fitted, known.purchases, "purchases", horizon=Duration(months, "month"))
    low, high = found.interval(0.9)
    told = {
        "model": fitted.family.name,
        "months": months,
        "customers": len(known),
        "purchases": found.total,
        "interval_90": [low, high],
    }
    coming_in = counted(found.total, "purchase", spec=",.0f")
    said = (
        f"{counted(len(known), 'customer')} at hand: {coming_in} expected "
        f"in the next {counted(months, 'month')} (90%: {low:,.0f} to {high:,.0f}), by {fitted.family.name}."
    )
    typer.echo(strict_json.written(strict_json.strict(told)) if json else said)


def _money(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        rule = "must be 'trend', or money a month"
        raise InputError("unknown-choice", "new", text, rule, "For example --new 3000.") from None


@app.command("validate", epilog=examples(
    "retainkit validate sales.csv --customer-id id --amount price",
    "retainkit validate billing.csv --amount mrr --observation-end 2024-12-31 --json",
))  # fmt: skip
@reads_file
def validate_command(asked: FileRequest, json: options.Json = False) -> None:
    """Whether predictions may be believed: the second half predicted from the first, with a verdict."""
    _tell(validate(asked.table("half")), json=json)


@app.command("workbook", epilog=examples(
    "retainkit workbook sales.csv --customer-id id --margin-share 30% --to values.xlsx",
    "retainkit workbook billing.csv --amount mrr --observation-end 2024-12-31 --margin-share 80% --to b.xlsx",
))  # fmt: skip
@reads_file
def workbook_command(
    asked: FileRequest,
    to: options.To = None,
    margin_share: options.Margin = None,
    discount_rate: options.DiscountRate = None,
    discount_per: options.DiscountPer = "year",
    horizon_years: options.HorizonYears = None,
    currency: options.Currency = "",
    json: options.Json = False,
) -> None:
    """A workbook with live formulas: values of customers, of subscriptions also what moved revenue."""
    from retainkit.workbooks import workbook

    require(path=to, margin_share=margin_share)
    assert to is not None
    check_path(to, "path")
    known, value = _valued(asked, margin_share, terms_of(discount_rate, discount_per, horizon_years))
    parts: list[Any] = [known, value] if isinstance(known, SubscriptionBase) else [value]
    workbook(parts, to, currency=currency)
    say(f"Written to {to}")
    if json:
        typer.echo(strict_json.written({"written": str(to), "customers": len(value), "value": value.total}))


@app.command(epilog=examples(
    "retainkit decide sales.csv --customer-id id --margin-share 30% --acceptance 10% --incentive 5 "
    "--cost-per-contact 1 --to list.csv",
    "retainkit decide billing.csv --amount mrr --observation-end 2024-12-31 --margin-share 80% "
    "--acceptance 10% --incentive 5",
))  # fmt: skip
@reads_file
def decide(
    asked: FileRequest,
    margin_share: options.Margin = None,
    acceptance: options.Acceptance = None,
    incentive: options.Incentive = 0.0,
    cost_per_contact: options.PerContact = 0.0,
    discount_rate: options.DiscountRate = None,
    discount_per: options.DiscountPer = "year",
    horizon_years: options.HorizonYears = None,
    to: options.List = None,
    json: options.Json = False,
) -> None:
    """Whom to contact with an offer, what that earns, and where each assumption turns it.

    Of subscriptions those who may leave within three months; of transactions those who may have left.
    """
    require(margin_share=margin_share, acceptance=acceptance)
    assert acceptance is not None
    if to is not None:
        check_path(to, "path")
    _, value = _valued(asked, margin_share, terms_of(discount_rate, discount_per, horizon_years))
    if isinstance(value, SubscriberValue):
        churn, worth = value.churn_probability, value.value
    else:
        alive = value.probability_alive
        churn = 1.0 - alive
        worth = np.divide(value.value, alive, out=np.zeros_like(alive), where=alive > 0.0)
    offer = Campaign(
        value=worth, acceptance=acceptance, incentive=incentive, cost_per_contact=cost_per_contact
    )
    plan = whom_to_contact(churn, offer)
    if to is not None:
        write_whole(to, _listed(value, churn, worth, np.asarray(plan.contact)))
        say(f"Written to {to}")
    _tell(plan, json=json)


def _listed(value: CustomerValue | SubscriberValue, churn: Any, worth: Any, chosen: Any) -> bytes:
    """The customers to contact, those with the most at stake first, as CSV that no spreadsheet computes."""
    import csv
    import io

    out = io.StringIO()
    write = csv.writer(out)
    write.writerow([_as_text(value.id_name), "churn_probability", "value"])
    ids = np.asarray(value.customers)
    for k in sorted(np.flatnonzero(chosen), key=lambda i: -churn[i] * worth[i]):
        write.writerow([_as_text(str(ids[k])), f"{churn[k]:.6g}", f"{worth[k]:.2f}"])
    return out.getvalue().encode()


def _as_text(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula, told to be text; wide signs are East Asian."""
    return f"'{cell}" if cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) else cell  # noqa: RUF001


def _valued(
    asked: FileRequest, margin_share: Any, terms: dict[str, Any]
) -> tuple[TransactionSummary | SubscriptionBase, CustomerValue | SubscriberValue]:
    """The file, and what each of its customers is worth by the model that predicts best."""
    known = asked.table("half")
    if isinstance(known, SubscriptionBase):
        staying = fit(compare(_STAYING, known.renewals).best.family, known.renewals)
        return known, value_subscriptions(known, staying, margin_share=margin_share, within=_SOON, **terms)
    buying = fit(compare(MODELS, known).best.family, known.purchases)
    return known, value_customers(
        known, buying, fit(GammaGamma, known.spend), margin_share=margin_share, **terms
    )
