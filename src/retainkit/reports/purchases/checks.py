"""Can it be trusted: what was predicted of a held-out period, the models tried, and their fits."""

from __future__ import annotations

import math

from retainkit.inference.result import AnyFit
from retainkit.reports.page.parts import Row, Section, Strip, Table
from retainkit.reports.page.wording import change, count, span
from retainkit.reports.purchases.figures import AbstractReport
from retainkit.reports.purchases.pictures import by_frequency, tracked
from retainkit.validation import Tracking


def prediction(report: AbstractReport) -> Section:
    """The held-out period, or why there is none; and the models in the order of the choice."""
    title, short = "Can it be trusted", "Can it be trusted"
    if report.tracking is None:
        return Section(title, sentences=(report.unchecked,), tables=(_tried(report),), short=short)
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
    table = Table(
        f"Purchases per customer in the held-out {span(error.duration)}, by repeat purchases before",
        ("repeat purchases before", "customers", "predicted", "actual"),
        tuple((name, f"{n:,}", f"{p:.2f}", f"{a:.2f}") for name, n, p, a in error.rows()),
    )
    figures = tracked(tracking), by_frequency(error)
    tables = (table, _tried(report))
    return Section(title, tuple(rows), tables, figures=figures, strip=_strip(tracking), short=short)


def _strip(tracking: Tracking) -> Strip | None:
    use = tracking.held_out & tracking.whole
    if not use.any():
        return None
    rows = (
        ("actual", tuple(tracking.actual[use].tolist())),
        ("predicted", tuple(tracking.predicted[use].tolist())),
    )
    return Strip("Repeat purchases held out", tracking.period, rows)


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


def fits(report: AbstractReport) -> tuple[Table, ...]:
    """The parameters behind the values and behind the check, with their standard errors."""
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
