"""A report on subscriptions in reading order, as words: what page and text show."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retainkit.inference.result import AnyFit
from retainkit.metrics import SubscriptionBase, cohort_table
from retainkit.plurals import counted
from retainkit.reports.page.parts import Figure, Heat, Row, Section, Table
from retainkit.reports.page.terms import SUBSCRIPTIONS
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.page.what_if import Outcome, RenewalCurves, changed
from retainkit.reports.page.wording import Money, ahead, share, span
from retainkit.reports.purchases.people import tenths_of
from retainkit.reports.purchases.pictures import concentrated
from retainkit.reports.subscriptions.pictures import ahead_of, bridge, leaving, still_there
from retainkit.summaries import Renewals
from retainkit.typing import Array
from retainkit.validation import Comparison
from retainkit.validation.churn_checks import ChurnChecks
from retainkit.valuation.recurring.record import RevenueForecast
from retainkit.valuation.subscribers import SubscriberValue

_SAVED = 0.05  # the share of those who would leave whom a contact keeps, for the sake of example
_TOP = np.array([0.0, 0.01, 0.05, 0.10, 0.25, 1.0])
_ROWS, _AGES = 12, 13
_SEGMENTS = 20


class Group(Protocol):
    """A plan or a kind of customers."""

    @property
    def name(self) -> str: ...
    @property
    def customers(self) -> int: ...
    @property
    def revenue(self) -> float: ...
    @property
    def lost(self) -> float: ...
    @property
    def net_retention(self) -> float: ...
    @property
    def value(self) -> float: ...


class Subscriptions(Protocol):
    """What a page asks of the record of a report on subscriptions."""

    @property
    def title(self) -> str: ...
    @property
    def base(self) -> SubscriptionBase: ...
    @property
    def assumptions(self) -> Assumptions: ...
    @property
    def comparison(self) -> Comparison: ...
    @property
    def unchecked(self) -> str: ...
    @property
    def staying(self) -> AnyFit: ...
    @property
    def value(self) -> SubscriberValue: ...
    @property
    def what_if(self) -> RenewalCurves: ...
    @property
    def forecast(self) -> RevenueForecast | None: ...
    @property
    def segments(self) -> tuple[Group, ...]: ...
    @property
    def segmented_by(self) -> str: ...


def sections(report: Subscriptions, found: Outcome) -> tuple[Section, ...]:
    """All sections of the report, in reading order."""
    made = [
        _trust(report),
        _revenue(report),
        _where(report),
        _cohorts(report),
        _segments(report),
        _follows(report, found),
        _assumptions(report),
        Section("What the figures cannot say", sentences=_caveats(report)),
        Section("Definitions", terms=SUBSCRIPTIONS),
        Section("Model fit", tables=(_fit(report),)),
        _data(report),
    ]
    return tuple(section for section in made if section is not None)


def shares_left(renewals: Renewals, months: int) -> tuple[Array, Array]:
    """(months + 1,) the share still there by Kaplan and Meier, and how many it was seen of."""
    from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier

    times = np.arange(float(months + 1))
    observed = np.asarray(KaplanMeier.estimate(renewals).survival(times))
    since = np.maximum(times, 1.0)
    seen = (renewals.duration[:, None] >= since) & (renewals.entry[:, None] < since)
    return observed, renewals.weight @ seen


def _trust(report: Subscriptions) -> Section:
    renewals = report.base.renewals
    months = int(min(renewals.duration.max(), 36))
    observed, seen = shares_left(renewals, months)
    figures: list[Figure] = [still_there(observed, seen, report.what_if.stays)]
    checks = report.comparison.checks
    if isinstance(checks, ChurnChecks) and checks.holdout.by_tenure.predicted.size:
        figures.insert(0, leaving(checks.holdout))
    said = (report.unchecked,) if report.unchecked else ()
    tables = (_tried(report.comparison),)
    title = "Can it be trusted"
    return Section(title, figures=tuple(figures), sentences=said, tables=tables, short=title)


def _tried(comparison: Comparison) -> Table:
    rows = [
        (
            str(row["model"]),
            "-" if math.isnan(row["holdout_error"]) else f"{row['holdout_error']:+.1%}",
            "-" if math.isnan(row["behind"]) else f"{row['behind']:,.1f}",
            "-" if math.isnan(row["aic_above_best"]) else f"{row['aic_above_best']:,.1f}",
        )
        for row in comparison.rows()
    ]
    note = (
        "Error: in customers leaving, held out. Behind: how far the log-likelihood of who left is below the "
        "highest. AIC: above the lowest, on the time before."
    )
    head = ("model", "error", "behind", "AIC")
    return Table("Models tried, in the order of choice", head, tuple(rows), f"{comparison.verdict} {note}")


def _revenue(report: Subscriptions) -> Section:
    amount, monthly = Money(report.assumptions.currency), report.base.metrics()
    figures: list[Figure] = []
    if report.forecast is not None:
        figures.append(ahead_of(monthly, report.forecast, amount))
    if len(monthly) > 3:
        figures.append(bridge(report.base.metrics(rolling=3), amount))
    said: list[str] = []
    if report.forecast is None:
        said.append("There are too few months, or customers who left, for a forecast of recurring revenue.")
    elif report.forecast.holdout is not None:
        held = report.forecast.holdout
        said.append(
            f"Of the last {counted(held.month.size, 'month')}, held out, revenue of customers at hand was "
            f"{held.error('existing'):+.1%} off at the end."
        )
        if report.forecast.stated:
            said.append("No new customers are in the forecast: their trend needs retainkit[forecast].")
        elif held.mean_absolute_error("flat_churn") < held.mean_absolute_error():
            said.append(
                "With new customers a flat rate of churn and growth would have been closer "
                f"({amount(held.mean_absolute_error('flat_churn'))} against "
                f"{amount(held.mean_absolute_error())} off on average): take their part with care."
            )
    title = "What recurring revenue will be"
    return Section(title, figures=tuple(figures), sentences=tuple(said), short="Recurring revenue")


def _where(report: Subscriptions) -> Section | None:
    if not report.value.total > 0.0:
        return None
    return Section(
        "Where the value is",
        figures=(concentrated(tenths_of(report.value.value), len(report.value)),),
        short="Where the value is",
    )


def _cohorts(report: Subscriptions) -> Section | None:
    base = report.base
    months = (base.until - base.since) / 30.4375
    every = 1 if months <= 14 else 3 if months <= 40 else 12
    table = cohort_table(base, months_per_cohort=every)
    if not table.cohort.size:
        return None
    kept, ages = table.retention(), slice(0, _AGES)
    rows = [
        (
            str(month) if every == 1 else str(month)[:4] if every == 12 else _quarter(str(month)),
            f"{size:,}",
            tuple(None if math.isnan(v) else float(v) for v in shares[ages]),
        )
        for month, size, shares in zip(
            table.cohort, table.size, np.where(_whole(table.observed), kept, np.nan), strict=True
        )
    ][-_ROWS:]
    average = table.average_retention()[ages]
    rows.append(("All", f"{int(table.size.sum()):,}", tuple(map(float, average))))
    head = ("Won in", "Customers", *map(str, range(len(average))))
    heat = Heat(
        "Share of a cohort still subscribed, by months since the start", head, tuple(rows),
        "In %. Empty: not yet seen for the whole cohort. All: everyone who has been seen for so long.",
    )  # fmt: skip
    return Section("Cohorts", heats=(heat,), short="Cohorts")


def _whole(observed: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where all of a cohort have been seen."""
    return observed == observed[:, :1]


def _quarter(month: str) -> str:
    return f"{month[:4]} Q{(int(month[5:7]) - 1) // 3 + 1}"


def _segments(report: Subscriptions) -> Section | None:
    if not report.segments:
        return None
    amount, total = Money(report.assumptions.currency), report.value.total
    ordered = sorted(report.segments, key=lambda group: -group.value)
    rows = [
        (
            g.name, f"{g.customers:,}", amount(g.revenue),
            "-" if math.isnan(g.lost) else share(g.lost),
            "-" if math.isnan(g.net_retention) else share(g.net_retention),
            amount(g.value), share(g.value / total) if total else "-",
        )
        for g in ordered[:_SEGMENTS]
    ]  # fmt: skip
    rest = ordered[_SEGMENTS:]
    if rest:
        sums = [sum(getattr(g, name) for g in rest) for name in ("customers", "revenue", "value")]
        part = share(sums[2] / total) if total else "-"
        rows.append((f"{len(rest):,} others", f"{sums[0]:,}", amount(sums[1]), "", "", amount(sums[2]), part))
    name = report.segmented_by
    head = (name, "customers", "a month", "lost", "net retention", "value", "share")
    note = "Lost, net retention: of the last three months. Value: by one model of staying for all."
    table = Table(f"Customers by {name}, the most valuable first", head, tuple(rows), note)
    return Section("Segments", tables=(table,), short="Segments")


def _follows(report: Subscriptions, found: Outcome) -> Section:
    """What to do with it, and where each decision turns."""
    amount, curves, value = Money(report.assumptions.currency), report.what_if, report.value
    new, when = float(found.value[0]), ahead(report.assumptions.horizon)
    rows = [
        Row("Winning a customer may cost", amount(new), f"at most: dearer, and {when} does not pay it back")
    ]
    cost = report.assumptions.acquisition_cost
    if cost:
        rows.append(Row("Value for each unit of cost", f"{new / cost:.2f}", _turns(curves, new, cost)))
    fewer = float(curves.evaluate(changed(curves.start, factor=0.9)).base[0]) - float(found.base[0])
    rows.append(Row("A tenth less churn is worth", amount(fewer), f"with today's customers, in {when}"))
    if len(value):
        rows.append(
            Row(
                "Keeping a customer is worth",
                amount(value.mean),
                f"of one who is there, on average, in {when}",
            )
        )
        soon = f"{value.expected_to_leave:,.0f} of {len(value):,}"
        rows.append(Row("Likely to leave in 3 months", soon, "expected; who they are is not known"))
    tables = (_whom(value, amount),) if value.total > 0.0 else ()
    return Section("What follows from it", rows=tuple(rows), tables=tables, short="What follows")


def _turns(curves: RenewalCurves, new: float, cost: float) -> str:
    """Where winning customers stops or begins to pay, in churn."""
    low, high = (0.01, 1.0) if new <= cost else (1.0, 50.0)

    def worth(factor: float) -> float:
        return float(curves.evaluate(changed(curves.start, factor=factor)).value[0]) - cost

    if worth(low) < 0.0 or worth(high) > 0.0:
        return "no churn that could be tried turns it"
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if worth(middle) > 0.0 else (low, middle)
    return f"it turns where {low:.2g} times as many leave in every month"


def _whom(value: SubscriberValue, amount: Money) -> Table:
    """Customers by what is at stake: their value times the chance to leave soon."""
    stake = value.churn_probability * value.value
    order = np.argsort(-stake, kind="stable")
    edges = np.unique(np.ceil(len(order) * _TOP).astype(int)).tolist()
    rows: list[tuple[str, ...]] = []
    for a, b in pairwise(edges):
        mine = order[a:b]
        part = share(float(stake[mine].sum() / stake.sum())) if stake.any() else "-"
        cells = (
            share(float(value.churn_probability[mine].mean())),
            amount(float(value.value[mine].mean())),
            part,
        )
        rows.append((f"{a + 1:,} to {b:,}", *cells, amount(_SAVED * float(stake[mine].mean()))))
    head = ("customers by stake", "leave in 3 months", "worth", "of the stake", "contact pays up to")
    note = (
        "By stake: a customer's value times the chance to leave within three months. A contact that keeps "
        f"one in {1 / _SAVED:.0f} of those who would leave (an example) pays where it costs less than the "
        "last column."
    )
    return Table("Whom to contact first", head, tuple(rows), note)


def _assumptions(report: Subscriptions) -> Section:
    given, amount = report.assumptions, Money(report.assumptions.currency)
    first = amount(report.what_if.first)
    rows = [
        ("margin_share", "Margin", f"{100 * given.margin_share:g}%", "of recurring revenue"),
        ("", "Revenue per new customer", first, "a month; mean of those won in the last six months"),
        ("discount_rate", "Discount", str(given.discount_rate), "effective; to the last day of observation"),
        ("horizon", "Horizon", span(given.horizon), "later payments count for nothing"),
        ("", "Payments", "monthly", "a new customer pays at once, today's customers a month from now"),
    ]
    if given.acquisition_cost is not None:
        cost = amount(given.acquisition_cost)
        rows.insert(2, ("acquisition_cost", "Acquisition cost", cost, "to win one new customer"))
    marked = [
        Row(label, value, note, bool(name) and name in given.assumed) for name, label, value, note in rows
    ]
    return Section("Assumptions", rows=tuple(marked))


def _caveats(report: Subscriptions) -> tuple[str, ...]:
    plans = (
        "All plans share one model of staying: a plan whose customers stay longer is worth more than told."
    )
    return tuple(
        said
        for said in (
            report.unchecked,
            plans if len(report.base.plans) > 1 else "",
            "Customers won later are taken to be like those won so far.",
            "Values take prices and plans to stay as they are; upgrades to come are in the forecast alone.",
            "The value of the base leaves out customers yet to be won.",
        )
        if said
    )


def _fit(report: Subscriptions) -> Table:
    fitted = report.staying
    rows = ((name, f"{value:.4g}", f"{error:.2g}", doc) for name, value, error, doc in fitted.rows())
    head = ("parameter", "estimate", "standard error", "meaning")
    note = (
        f"{counted(fitted.customers, 'customer', spec=',.0f')}, log-likelihood {fitted.log_likelihood:,.2f}"
    )
    return Table(f"{type(fitted.model).__name__}: how long customers stay", head, tuple(rows), note)


def _data(report: Subscriptions) -> Section:
    base = report.base
    first, *told = repr(base).splitlines()
    rows = (Row("Read", counted(base.treatment["lines"], "line"), first.partition(": ")[0]),)
    return Section("The data", rows=rows, sentences=tuple(f"{line.strip()}." for line in told))
