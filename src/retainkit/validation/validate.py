"""`validate`: may predictions be believed? Models against a period they have not seen, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date
from datetime import timedelta
from typing import Any, TypeAlias, Unpack

import numpy as np

from retainkit.domains import whole_number
from retainkit.errors import InputError, missing_argument
from retainkit.inference import fit
from retainkit.ingest import LazyTransactionSummary, PeriodSummary, TransactionSummary, summarize_transactions
from retainkit.metrics import SubscriptionBase, as_of
from retainkit.models import (
    BGNBD,
    MBGNBD,
    NBD,
    BetaDiscreteWeibull,
    DiscreteWeibull,
    Geometric,
    ParetoNBD,
    ShiftedBetaGeometric,
    in_periods,
)
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily
from retainkit.protocols import before_holdout
from retainkit.tables import one_day, to_date
from retainkit.tables.days import after_months
from retainkit.tables.read import as_relation
from retainkit.typing import Frame
from retainkit.validation.best import VALIDATE, TableColumns, held_out, refuse_names
from retainkit.validation.check_purchases import check_purchases
from retainkit.validation.churn_checks import ChurnHoldout, check_churn, hold_churn, split_base
from retainkit.validation.compare import compare, described_for, process_of, ranked, with_holdout
from retainkit.validation.comparison import Comparison, Origins
from retainkit.validation.holdout import HoldoutError, at_past_rate, holdout_error, split_of
from retainkit.validation.purchase_checks import PurchaseChecks

_PURCHASING: tuple[type[AnyModel], ...] = (BGNBD, MBGNBD, ParetoNBD, NBD)
_CONTRACTUAL: tuple[type[AnyModel], ...] = (
    Geometric,
    ShiftedBetaGeometric,
    DiscreteWeibull,
    BetaDiscreteWeibull,
)

_Origin: TypeAlias = tuple[Date, HoldoutError | ChurnHoldout, float]


def validate(
    data: TransactionSummary | PeriodSummary | SubscriptionBase | Frame,
    models: Sequence[type[AnyModel] | AnyFamily] | None = None,
    *,
    holdout: str | Date = "half",
    origins: int = 1,
    covariates: Frame | None = None,
    **columns: Unpack[TableColumns],
) -> Comparison:
    """Fit models to the first part of the data, predict the rest, and say whether to believe them.

    The same `Comparison` as of `compare`, with `checks` of the model that ranks first and a verdict in words:
    totals with their interval, customers by purchases before or by tenure, chances, cohorts, who ranks first,
    each beside the plain guess that must be beaten.

    Parameters
    ----------
    data : TransactionSummary or PeriodSummary with a holdout, SubscriptionBase, or a table of transactions
        Of a table `customer_id`, `date` and `unit` name columns and the unit of time, as in
        `summarize_transactions`, whose other arguments are taken, too.
    models : model classes or families, optional
        By default BG/NBD, MBG/NBD, Pareto/NBD and NBD, of orders by period in periods; of a base geometric,
        beta-geometric, discrete Weibull and beta-discrete-Weibull.
    holdout : "half", date or text
        The first day held out of a table or a base; the middle by default. A summary brings its own.
    origins : int ≥ 1
        With a table or a base: from how many days on as long a time is predicted, the last one included; each
        earlier one moves back by a part of the held-out time ("rolling origin").
    covariates : mapping of names to (n,) numbers, or any table, optional
        As in `compare`.
    **columns
        As in `summarize_transactions`.

    Raises
    ------
    InputError
        For a summary with nothing held out, and a base too short to split.
    FitError
        Where not one of the models can be fitted, with the reason of each.

    Examples
    --------
    >>> import retainkit as rk
    >>> found = rk.validate(rk.load_cdnow("sample"), [rk.BGNBD, rk.NBD], customer_id="customer_id",
    ...                     date="date", amount="dollar_value", unit="week", holdout="1997-10-01")
    >>> print(found.checks.verdict)
    Use BGNBD with care: totals were 12% off. ...
    >>> tenth = found.checks.capture.of_first_tenth()
    >>> [round(share, 2) for share in tenth]  # of the money: ranked by model, by the past, at best
    [0.5, 0.49, 0.76]
    """
    if holdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # as of fit_best, where it has a meaning
        rule = "must be a day or 'half': predictions are checked against what was held out"
        raise missing_argument(
            "holdout", rule, "To rank models without, by AIC, write compare(models, data)."
        )
    number = whole_number("origins", origins, way_out="For example origins=3.")
    if isinstance(data, SubscriptionBase):
        refuse_names(columns)
        return _of_base(data, models or _CONTRACTUAL, holdout, number)
    summary = isinstance(data, TransactionSummary | PeriodSummary)
    if summary and number > 1:
        rule = "must be 1 for a summary, which cannot be split again"
        raise InputError("not-supported", "origins", number, rule, "Pass the table itself.")
    source: Any = data if summary else as_relation(data)  # a stream of batches can be read once
    where = {"in_memory": None if covariates is None else True}
    tx: Any = held_out(source, holdout, {**columns, **where} if not summary else columns, VALIDATE)
    try:
        asked: Any = models or _PURCHASING
        if models is None and isinstance(tx, PeriodSummary):
            asked = [in_periods(one) for one in asked]
        found = _checked(compare(asked, tx, covariates=covariates), tx, covariates)
    finally:
        if isinstance(tx, LazyTransactionSummary) and tx is not data:
            tx.close()
    return found if number == 1 else replace(found, origins=_earlier(found, source, tx, number, columns))


def _checked(found: Comparison, tx: Any, covariates: Frame | None) -> Comparison:
    """The same with the checks of the first."""
    best, known = found.candidates[0], before_holdout(tx)
    assert best.fit is not None
    if best.holdout is None:
        rule = "must be models of when customers buy, which is what a held-out period of transactions tells"
        raise InputError("not-a-model", "models", best.name, rule, "For example [rk.BGNBD, rk.ParetoNBD].")
    process = process_of(best.fit, known, covariates)
    data = described_for(best.fit.family, known, covariates)
    return replace(found, checks=check_purchases(best.name, best.fit, tx, process, data))


def _earlier(found: Comparison, source: Any, tx: Any, number: int, columns: TableColumns) -> Origins:
    """The first model from earlier days on."""
    best, family = found.candidates[0].holdout, found.best.family
    assert best is not None and isinstance(found.checks, PurchaseChecks)
    start, end = tx.holdout.start, tx.holdout.end
    days = (end - start).days + 1
    told: list[_Origin] = [(start, best, found.checks.past_rate)]
    for k in range(1, number):
        back = timedelta(days=round(k * days / number))
        asked: Any = {**columns, "observation_end": end - back, "later": "drop", "in_memory": True}
        one = summarize_transactions(source, **asked, holdout_from=start - back)
        before, held = split_of(one)
        error = holdout_error(one, fit(family, before.purchases))
        told.append((held.start, error, float(at_past_rate(before.purchases, held.duration).sum())))
    return _origins(told)


def _of_base(base: SubscriptionBase, models: Sequence[Any], holdout: str | Date, number: int) -> Comparison:
    before, later, first = split_base(base, holdout)
    found = compare(models, before)
    fits = [c.fit for c in found.candidates if c.fit is not None]
    held = [hold_churn(one.model, before.renewals, later) for one in fits]
    scores = [np.asarray(one.model.log_likelihood(later.renewals)) for one in fits]
    candidates = ranked(with_holdout(found.candidates, scores, held))
    best = candidates[0]
    assert best.fit is not None and isinstance(best.holdout, ChurnHoldout)
    checks = check_churn(best.name, best.fit.model, best.holdout, later)
    told: list[_Origin] = [(first, best.holdout, best.holdout.one_churn)]
    end = base.observation_end + timedelta(days=1)
    months = (end.year - first.year) * 12 + end.month - first.month
    for k in range(1, number):
        back = round(k * months / number)
        known, after, day = split_base(as_of(base, _earlier_by(end, back, -1)), _earlier_by(first, back))
        one = hold_churn(fit(best.fit.family, known).model, known.renewals, after)
        told.append((day, one, one.one_churn))
    return Comparison(tuple(candidates), checks, _origins(told) if number > 1 else None)


def _earlier_by(day: Date, months: int, more: int = 0) -> Date:
    """The same day of the month so many months before, and some days more."""
    number = after_months(np.array([one_day("day", day)]), np.array([-months]))[0]
    return to_date(int(number) + more)


def _origins(told: Sequence[_Origin]) -> Origins:
    return Origins(
        np.array([day for day, _, _ in told], "datetime64[D]"),
        np.array([error.predicted for _, error, _ in told]),
        np.array([error.actual for _, error, _ in told]),
        np.array([guess for _, _, guess in told]),
    )
