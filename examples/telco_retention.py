"""Survival by contract, remaining value and the break-even of a retention offer, from one CSV file.

The file has one line per customer with the columns tenure (completed months), Churn (Yes or No),
MonthlyCharges and Contract, as the widely used Telco customer churn table has. Run it with

    python examples/telco_retention.py telco_churn.csv --margin-share 0.4 --picture telco.svg

A customer whom an offer keeps is taken to leave later like the others of that tenure. Two things to know of
such a table: it is read as the history of all customers who ever joined; if those who left long ago are
missing from it, churn looks smaller than it was (give `rk.Renewals` their entry then). And the contract is
that of today: who moved to a longer one counts there from the start.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import retainkit as rk


@dataclass(frozen=True)
class Customers:
    """Columns of the table, one entry per customer."""

    tenure: np.ndarray
    left: np.ndarray
    charge: np.ndarray
    contract: np.ndarray

    def where(self, keep: np.ndarray) -> Customers:
        return Customers(self.tenure[keep], self.left[keep], self.charge[keep], self.contract[keep])


@dataclass(frozen=True)
class Segment:
    """What is known of the customers of one contract."""

    name: str
    renewals: rk.Renewals
    curve: rk.KaplanMeier
    customers: int
    value: float
    """Remaining margin of a customer who is there now, at its mean."""
    churn_next: float
    value_of_a_save: float
    """Remaining margin, in money of now, of a customer who would have left next month and stays."""


def read(path: Path) -> Customers:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    return Customers(
        tenure=np.array([float(line["tenure"]) for line in lines]),
        left=np.array([line["Churn"] == "Yes" for line in lines]),
        charge=np.array([float(line["MonthlyCharges"]) for line in lines]),
        contract=np.array([line["Contract"] for line in lines]),
    )


def segment(name: str, of: Customers, margin: float, discount: float, months: int) -> Segment:
    """Survival, and what those who are there now will still bring within `months`."""
    renewals = rk.Renewals(duration=of.tenure, event=of.left, whole_periods=True, unit="month")
    curve = rk.KaplanMeier.estimate(renewals)
    there = of.where(~of.left)
    base = rk.value_subscriptions(
        curve.continued("same-churn", over=12),  # past the longest tenure the churn of its last year goes on
        tenure=there.tenure,
        margin_per_period=margin * there.charge,
        discount_rate=rk.Rate(discount, per="year"),
        instant="after-payment",
        horizon=rk.Duration(months, "month"),
    )
    leaving = base.churn_next
    # each customer counts as often as they are among the leavers whom an offer can keep
    saved = np.average(base.value_per_customer / (1 - leaving), weights=leaving)
    return Segment(name, renewals, curve, there.tenure.size, base.total / len(leaving), leaving.mean(), saved)


def saves_needed(of: Segment, contact: float, incentive: float) -> float:
    """Share of the leavers that an offer must keep: contact + incentive·(1 − p₁) = (p₀ − p₁)·value."""
    if of.value_of_a_save <= incentive:
        return np.inf
    spent_on_stayers = contact + incentive * (1 - of.churn_next)
    return spent_on_stayers / (of.value_of_a_save - incentive) / of.churn_next


def highest_incentive(of: Segment, contact: float, saves: float) -> float:
    """The incentive at which an offer that keeps that share of the leavers breaks even."""
    kept = saves * of.churn_next
    return (kept * of.value_of_a_save - contact) / (1 - of.churn_next + kept)


def draw(segments: list[Segment], path: Path) -> None:
    """Survival curves with their 95% bands."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    ax = figure.subplots()
    for of, colour in zip(segments, ("#b5443c", "#d99a2b", "#2f6f9f", "#4b8b5a", "#7a5c99"), strict=False):
        months = np.arange(of.curve.end + 1)
        lower, upper = of.curve.interval(months)
        ax.fill_between(months, lower, upper, step="post", color=colour, alpha=0.2, linewidth=0)
        ax.step(months, of.curve.survival(months), where="post", color=colour, label=of.name)
    ax.set(xlabel="months since joining", ylabel="share still there", ylim=(0, 1.02))
    ax.margins(x=0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower left")
    figure.savefig(path)


def tell(of: Segment, contact: float, incentive: float, saves: float) -> None:
    print(f"\n{of.name}: {of.renewals.customers:,.0f} customers, {of.renewals.churned:,.0f} left")
    for months in (12, 24, 48):
        if months <= of.curve.end:
            low, high = of.curve.interval(months)
            share = of.curve.survival(months)
            print(f"  {share:.1%} still there after {months} months (95% band {low:.1%} to {high:.1%})")
    print(f"  {of.customers:,} there now, worth {of.value:,.0f} each; {of.churn_next:.2%} leave next month")
    print(f"  one of those leavers, kept, is worth {of.value_of_a_save:,.0f}")
    needed, highest = saves_needed(of, contact, incentive), highest_incentive(of, contact, saves)
    answer = f"pays if it keeps {needed:.0%} of the leavers" if needed <= 1 else "cannot pay: too few leave"
    print(f"  an incentive of {incentive:g} {answer}")
    answer = f"up to {highest:,.2f}" if highest >= 0 else "nothing: asking alone costs more than it saves"
    print(f"  an offer that keeps {saves:.0%} of the leavers may give {answer}")


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Retention by contract: survival, value, offers that pay.")
    parser.add_argument("path", type=Path, help="the CSV file")
    parser.add_argument(
        "--margin-share", type=float, required=True, help="share of a charge that is margin: 0.4"
    )
    parser.add_argument("--discount", type=float, default=0.10, help="discount rate per year")
    parser.add_argument("--months", type=int, default=36, help="how far ahead value counts")
    parser.add_argument("--contact", type=float, default=0.5, help="cost of asking a customer")
    parser.add_argument("--incentive", type=float, default=5.0, help="given to each asked customer who stays")
    parser.add_argument("--saves", type=float, default=0.3, help="share of the leavers that an offer keeps")
    parser.add_argument("--picture", type=Path, help="where to draw the curves: .svg, .png or .pdf")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> list[Segment]:
    """Report on the file that the command line names."""
    given = parsed(arguments)
    table = read(given.path)
    segments = [
        segment(
            str(name), table.where(table.contract == name), given.margin_share, given.discount, given.months
        )
        for name in np.unique(table.contract)
    ]
    new = int(((table.tenure == 0) & ~table.left).sum())
    print(f"{table.tenure.size:,} customers, {int(table.left.sum()):,} left")
    print(f"{new:,} of them just joined: they tell nothing of churn yet, but their value counts")
    share = f"{given.margin_share:.0%} of the charges of {given.months} months"
    print(f"Value: {share}, at {given.discount:.0%} a year")
    print(f"Offer: {given.contact:g} to ask a customer, the incentive to each who then stays for the month")
    for of in segments:
        tell(of, given.contact, given.incentive, given.saves)
    print(f"\nDo the contracts differ? {rk.models.log_rank({of.name: of.renewals for of in segments})}")
    if given.picture:
        draw(segments, given.picture)
        print(f"Curves drawn in {given.picture}")
    return segments


if __name__ == "__main__":
    main()
