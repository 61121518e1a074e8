"""What the figures of a report on transactions cannot say, in sentences, the gravest first."""

from __future__ import annotations

import math

from retainkit.reports.page.wording import Money, change, count, share
from retainkit.reports.purchases.figures import AbstractReport

_ALWAYS = (
    "The first purchase of a customer is taken to be worth as much as a repeat purchase; only repeat "
    "purchases enter the spend model.",
    "Each customer is taken to buy at a steady rate of their own until they leave: seasons, campaigns and "
    "price changes are not in the model.",
    "Ranges are 90% intervals, and ± is one standard error from the uncertainty of the parameters: neither "
    "covers a model that is wrong. A single customer will differ widely from the expectation.",
)


def caveats(report: AbstractReport) -> tuple[str, ...]:
    """All doubts about a report, the gravest first."""
    found = [_prediction_doubt(report), _one_time_buyers(report), _spend(report), *_ALWAYS]
    return tuple(sentence for sentence in found if sentence)


def _one_time_buyers(report: AbstractReport) -> str:
    once = report.customers - report.repeat_buyers
    alive, name = report.people.value.probability_alive, report.purchasing.family.name
    if bool((alive == 1.0).all()):
        return (
            f"In {name} nobody ever leaves, so that all customers count as active, however long ago they "
            f"bought. The number of active customers, and values far ahead, are too high rather than too low."
        )
    if not once or bool((alive[report.people.frequency == 0] < 1.0).any()):
        return ""
    return (
        f"{name} cannot see one-time buyers leave: in this model nobody leaves before a second purchase, so "
        f"the {count(once, 'customer')} ({share(once / report.customers)}) who bought once all count as "
        f"active. The number of active customers is therefore too high rather than too low."
    )


def _prediction_doubt(report: AbstractReport) -> str:
    if report.tracking is None:
        return report.unchecked
    predicted, actual = report.tracking.totals(held_out=True)
    error = predicted / actual - 1.0 if actual else math.inf
    said = (
        f"Fitted on the time before {report.tracking.split} alone, the model predicted {count(predicted)} "
        f"repeat purchases for the time after; there were {count(actual)}"
    )
    if abs(error) < 0.05:
        return f"{said}. It was right within 5%."
    side = "low" if error < 0 else "high"
    return (
        f"{said}: it predicted {change(error)}. The values rest on the same model, fitted again on all "
        f"transactions; they may be too {side} by a similar share."
    )


def _spend(report: AbstractReport) -> str:
    if report.assumptions.spend_per_purchase is not None:
        return "Every purchase of every customer is taken to be worth the same given amount."
    link = report.spend_link
    if link is None or math.isnan(link.spearman):
        return "Whether frequent buyers spend more per purchase cannot be told from so few repeat buyers."
    amount = Money(report.assumptions.currency)
    return (
        f"The spend model takes spend per purchase to be unrelated to how often a customer buys. Among the "
        f"{count(link.customers, 'repeat buyer')} the correlation is {link.size} (Spearman "
        f"{link.spearman:+.2f}, Pearson {link.pearson:+.2f}). An average repeat purchase brought "
        f"{amount(link.mean_of_purchases)}, the average customer spends {amount(link.mean_of_customers)} "
        f"a purchase, {_gap(link.gap)}."
    )


def _gap(gap: float) -> str:
    if abs(gap) < 0.02:
        return "which is about the same"
    side = "low" if gap > 0 else "high"
    return f"so the repeat purchases of a new customer may be valued too {side} by {abs(gap):.0%}"
