"""The figures and doubts of a report in reading order, as words: what text, HTML and terminal all show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from retainkit.inference.result import AnyFit
from retainkit.reports.figures import AbstractReport
from retainkit.reports.wording import Money, ahead, change, count, few, share, span
from retainkit.units import Duration
from retainkit.validation import Tracking
from retainkit.valuation.new_customer import Payback


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is, what it amounts to, and what to know of it."""

    label: str
    value: str
    note: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of figures under a caption; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def is_text(self, column: int) -> bool:
        """Whether a column holds words, to stand on the left, and not figures."""
        return column == 0 or any(row[column][:1].isalpha() for row in self.rows)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    rows: tuple[Row, ...] = ()
    tables: tuple[Table, ...] = ()
    sentences: tuple[str, ...] = ()
    has_picture: bool = False


def headline(report: AbstractReport) -> tuple[Row, ...]:
    """The four figures that a reader in a hurry takes along."""
    amount = Money(report.assumptions.currency)
    when = ahead(report.assumptions.horizon)
    whole, each, new = _errors(report)
    rows = [
        Row("Value of the base", amount(report.value.total), f"{whole}, margin of {when}, discounted"),
        Row("Value of a customer", amount(report.value.mean), f"{each}, of those at hand on average"),
        Row(
            "Value of a new customer",
            amount(report.new_customer.value),
            f"{new}, first purchase included",
        ),
    ]
    if report.payback is not None:
        rows.append(_payback(report.payback, amount, report.assumptions.horizon))
    return tuple(rows)


def _errors(report: AbstractReport) -> list[str]:
    """± one standard error: of the base, of an average customer, of a new customer."""
    amount = Money(report.assumptions.currency)
    base, error = report.value, report.value_error
    pairs = (
        (base.total, error),
        (base.mean, error / report.customers),
        (float(report.new_customer.value), report.new_customer_error),
    )
    return [f"± {amount(error, beside=value)}" for value, error in pairs]


def warning(report: AbstractReport) -> str:
    """What must be said before anyone takes the headline along; usually nothing."""
    if "margin_share" not in report.assumptions.assumed:
        return ""
    return (
        f"The margin of {100 * report.assumptions.margin_share:g}% is assumed for the sake of example, not "
        "taken from this business. Every value here is proportional to it."
    )


def sections(report: AbstractReport) -> tuple[Section, ...]:
    """All sections of the report, in reading order."""
    return (
        _assumptions(report),
        _base(report),
        _new_customer(report),
        _prediction(report),
        Section("What the figures cannot say", sentences=report.caveats),
        Section("Model fits", tables=_fits(report)),
        _data(report),
    )


def _assumptions(report: AbstractReport) -> Section:
    given = report.assumptions
    amount = Money(given.currency)
    end = (
        "later purchases count for nothing"
        if math.isfinite(given.horizon.value)
        else "no purchase is too late"
    )
    rows = [
        ("margin_share", "Margin", f"{100 * given.margin_share:g}%", "of what customers spend"),
        ("discount_rate", "Discount", str(given.discount_rate), "from each purchase back to today"),
        ("horizon", "Horizon", span(given.horizon), end),
    ]
    if given.acquisition_cost is not None:
        cost = amount(given.acquisition_cost)
        rows.insert(1, ("acquisition_cost", "Acquisition cost", cost, "to win one new customer"))
    if given.spend_per_purchase is not None:
        constant = amount(given.spend_per_purchase)
        rows.append(("spend_per_purchase", "Spend per purchase", constant, "for every customer, as given"))
    marked = [Row(label, value, note, name in given.assumed) for name, label, value, note in rows]
    return Section("Assumptions", rows=tuple(marked))


def _base(report: AbstractReport) -> Section:
    amount, when = Money(report.assumptions.currency), ahead(report.assumptions.horizon)
    once = report.customers - report.repeat_buyers
    back, still = report.repeat_buyers, report.active_repeat_buyers
    active = f"{count(still)} of the {count(back)} who came back ({share(still / back)})"
    first = report.active_one_time_buyers
    who = "all" if round(first) == once else f"{count(first)} of the {count(once)}"
    active += f", and {who} who bought once" if once else ""
    value, purchases = report.value, report.expected_purchases
    whole, each, _ = _errors(report)
    finite = math.isfinite(purchases) and purchases > 0
    per_purchase = f", {amount(report.expected_spend / purchases)} a purchase" if finite else ""
    rows = [
        Row("Customers", count(report.customers), f"on {report.transactions.observation_end}"),
        Row("Bought once only", count(once), f"{share(once / report.customers)} of them"),
        Row("Probably still active", count(value.expected_active), active),
        Row("Purchases to come", few(purchases), f"per customer, in {when}"),
        Row("Spend to come", amount(report.expected_spend), f"per customer{per_purchase}"),
        Row("Value of a customer", amount(value.mean), f"{each}, margin to come, past purchases not counted"),
        Row("Value of the base", amount(value.total), f"{whole}{_top_tenth(report)}"),
    ]
    return Section("The customers at hand", rows=tuple(rows))


def _top_tenth(report: AbstractReport) -> str:
    if not report.value.total:
        return ""
    return f"; {share(report.top_tenth_share)} of it with the most valuable tenth of customers"


def _new_customer(report: AbstractReport) -> Section:
    new, amount = report.new_customer, Money(report.assumptions.currency)
    rows = [
        Row(
            "First purchase",
            amount(new.first_purchase),
            f"margin on {amount(new.expected_spend)}",
        ),
        Row(
            "Repeat purchases",
            amount(new.repeat_purchases),
            f"discounted margin of {few(new.expected_repeat_purchases)} expected in {ahead(new.horizon)}",
        ),
        Row("Value of a new customer", amount(new.value), "the most that winning one may cost"),
    ]
    if report.payback is not None:
        cost = report.payback.acquisition_cost
        rows.append(
            Row("Left after acquisition", amount(float(new.value) - cost), f"at a cost of {amount(cost)}")
        )
        rows.append(_payback(report.payback, amount, report.assumptions.horizon))
    return Section("A customer yet to be won", rows=tuple(rows))


def _payback(payback: Payback, amount: Money, horizon: Duration) -> Row:
    label = f"Payback of {amount(payback.acquisition_cost)}"
    if payback.time is None:
        return Row(label, "never", f"the margin of all time to come is {amount(payback.limit)}")
    if payback.time.value == 0.0:
        return Row(label, "at once", "the first purchase covers the acquisition cost")
    late = ", beyond the horizon" if payback.time.to("day") > horizon.to("day") else ""
    return Row(label, span(payback.time), f"until expected margin covers the acquisition cost{late}")


def _prediction(report: AbstractReport) -> Section:
    title = "How well the model predicts"
    if report.tracking is None:
        return Section(title, sentences=(report.unchecked,), tables=(_tried(report),))
    tracking = report.tracking
    error = tracking.holdout
    rows = [
        _total("Fitted", tracking, held_out=False),
        _total("Held out", tracking, held_out=True),
        Row(
            "Mean error, one customer",
            f"{error.mean_absolute_error:.2f}",
            f"purchases, held out; {error.past_rate_error:.2f} if past rates had gone on",
        ),
    ]
    by_frequency = Table(
        f"Purchases per customer in the held-out {span(error.duration)}, by repeat purchases before",
        ("repeat purchases before", "customers", "predicted", "actual"),
        tuple((name, f"{n:,}", f"{p:.2f}", f"{a:.2f}") for name, n, p, a in error.rows()),
    )
    return Section(title, tuple(rows), (by_frequency, _tried(report)), has_picture=True)


def _tried(report: AbstractReport) -> Table:
    """The models in the order of the choice."""
    candidates = report.comparison.candidates
    chosen = [c.fit is report.calibration for c in candidates if c.fit is not None]
    place = chosen.index(True) if any(chosen) else 0
    fates = [
        "refused" if c.fit is None else "chosen" if i == place else "fitted" if i > place else "not on all"
        for i, c in enumerate(candidates)
    ]
    formats = {"holdout_error": "+.1%", "behind": ",.1f", "behind_error": ",.1f", "aic_above_best": ",.1f"}
    rows = [
        (fate, *(_shown(row[name], how) for name, how in formats.items()), str(row["model"]))
        for fate, row in zip(fates, report.comparison.rows(), strict=True)
    ]
    note = (
        "Error: in all held-out purchases. Behind: how far the log-likelihood of each customer's is below "
        "the highest, ± the standard error of this difference. AIC: above the lowest, on the time before."
    )
    said = [report.comparison.verdict, *([] if report.unchecked else [note])]
    if "not on all" in fates:
        said.append("Not on all: the whole observation does not determine this model.")
    head = ("", "error", "behind", "±", "AIC", "model")
    return Table("Models tried, in the order of choice", head, tuple(rows), " ".join(said))


def _shown(figure: float, how: str) -> str:
    return "-" if math.isnan(figure) else f"{figure:{how}}"


def _total(label: str, tracking: Tracking, *, held_out: bool) -> Row:
    predicted, actual = tracking.totals(held_out=held_out)
    since = f"from {tracking.split}" if held_out else f"before {tracking.split}"
    relative = predicted / actual - 1.0 if actual else float("inf")
    return Row(
        f"{label}, {since}",
        count(actual),
        f"repeat purchases; the model said {count(predicted)}, {change(relative)}",
    )


def _fits(report: AbstractReport) -> tuple[Table, ...]:
    tx, base = report.transactions, count(report.customers, "customer")
    whole = f"Purchases, {tx.observation_start} to {tx.observation_end}, behind the values"
    tables = [_fit(whole, report.purchasing, base)]
    if report.spend is not None:
        known = count(tx.spend.informative_customers, "repeat buyer")
        tables.append(_fit("Spend per purchase, behind the values", report.spend, known))
    if report.calibration is not None and tx.calibration is not None:
        early = count(report.calibration.customers, "customer")
        until = f"Purchases, {tx.observation_start} to {tx.calibration.observation_end}, behind the check"
        tables.append(_fit(until, report.calibration, early))
    return tuple(tables)


def _fit(use: str, fitted: AnyFit, customers: str) -> Table:
    rows = ((name, f"{value:.4g}", f"{error:.2g}", doc) for name, value, error, doc in fitted.rows())
    head = ("parameter", "estimate", "standard error", "meaning")
    held = [
        f", {n} held at {v:.3g}" for n, v in fitted.model.parameters.items() if n not in fitted.family.names()
    ]
    note = f"{customers}{''.join(held)}, log-likelihood {fitted.log_likelihood:,.2f}, AIC {fitted.aic:,.1f}"
    return Table(f"{type(fitted.model).__name__}: {use}", head, tuple(rows), note)


def _data(report: AbstractReport) -> Section:
    tx = report.transactions
    rows = (
        Row("Observed", f"{tx.observation_start} to {tx.observation_end}", "both days included"),
        Row(
            "Lines read",
            count(tx.treatment.lines),
            f"{count(tx.treatment.purchases, 'purchase')} after merging",
        ),
        Row("Unit of time", tx.unit, "in exact fractions"),
    )
    return Section("The data", rows=rows, sentences=tuple(f"{s}." for s in tx.treatment.sentences()))


_ALWAYS = (
    "The first purchase of a customer is taken to be worth as much as a repeat purchase; only repeat "
    "purchases enter the spend model.",
    "Each customer is taken to buy at a steady rate of their own until they leave: seasons, campaigns and "
    "price changes are not in the model.",
    "± is one standard error, from the uncertainty of the parameters alone: not from a model that is wrong, "
    "and not from chance. A single customer will differ widely from the expectation.",
)


def caveats(report: AbstractReport) -> tuple[str, ...]:
    """All doubts about a report, the gravest first."""
    found = [_prediction_doubt(report), _one_time_buyers(report), _spend(report), *_ALWAYS]
    return tuple(sentence for sentence in found if sentence)


def _one_time_buyers(report: AbstractReport) -> str:
    once = report.customers - report.repeat_buyers
    alive, name = report.value.probability_alive, report.purchasing.family.name
    if bool((alive == 1.0).all()):
        return (
            f"In {name} nobody ever leaves, so that all customers count as active, however long ago they "
            f"bought. The number of active customers, and values far ahead, are too high rather than too low."
        )
    if not once or bool((alive[report.transactions.purchases.frequency == 0] < 1.0).any()):
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
