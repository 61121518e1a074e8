"""The best of several models in one call, from a table or its summary, chosen by what it predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date as Date
from datetime import timedelta
from typing import Any, Literal, Unpack

import numpy as np

from retainkit.errors import InputError, missing_argument
from retainkit.ingest import (
    LazyTransactionSummary,
    PeriodSummary,
    TransactionSummary,
    summarize_transactions,
)
from retainkit.ingest.transactions.plan import Refunds
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily
from retainkit.protocols import DataOf
from retainkit.summaries import AbstractSummary
from retainkit.tables.lines import MissingIds
from retainkit.tables.read import as_relation
from retainkit.typing import Frame, Plain, Reading, Unit
from retainkit.validation.compare import compare
from retainkit.validation.comparison import BestFit


def fit_best(
    models: Sequence[type[AnyModel] | AnyFamily],
    tx: DataOf[AbstractSummary] | Frame,
    *,
    holdout: str | Date | None = "half",
    covariates: Frame | None = None,
    by: Literal["aic", "elpd"] = "aic",
    seed: int | np.random.Generator | None = None,
    customer_id: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    unit: Unit | None = None,
    observation_end: str | Date | None = None,
    refunds: Refunds = "net",
    date_format: str | None = None,
    missing_ids: MissingIds = "error",
    order_id: str | None = None,
    refund_window: int | None = None,
    **reading: Unpack[Reading],
) -> BestFit[Any]:
    """Fit several models and return the one that predicts best: ``compare(models, tx).best``.

    Parameters
    ----------
    models : model classes, or families made by `with_covariates`, `with_shares` …
    tx : TransactionSummary or PeriodSummary, or a table as `summarize_transactions` takes it
        A summary brings the period that it was made to hold out; it cannot be split afterwards. With a
        table, `customer_id`, `date` and `unit` name its columns and the unit of time.
    holdout : "half", date or text, or None
        What of a table is held out to choose by: the second half of the observation, or the time from a
        first day on. None: nothing, of a summary neither; models are then chosen by AIC or elpd, and the
        result says that it is unchecked.
    covariates : mapping of names to (n,) numbers, or any table, optional
        As in `compare`.
    by, seed : as in `compare`
        What ranks models that nothing held out tells apart: AIC, or with a seed how well the posterior of
        each foretells customers left out (``by="elpd"``).
    amount, observation_end, refunds, date_format, missing_ids, order_id, refund_window, **reading
        As in `summarize_transactions`.

    Returns
    -------
    BestFit
        A `Fit` to the time before the held-out period, with its `comparison`: which models were tried,
        refused and why. ``fit(best.family, tx.purchases)`` is the same on the whole observation.

    Raises
    ------
    InputError
        For a summary with nothing held out, unless ``holdout=None``.
    FitError
        Where not one of the models can be fitted, with the reason of each.

    Examples
    --------
    >>> import retainkit as rk
    >>> best = rk.fit_best([rk.BGNBD, rk.ParetoNBD, rk.NBD], rk.load_cdnow("sample"),
    ...     customer_id="customer_id", date="date", unit="week", holdout="1997-10-01")
    >>> best.family.name, best.comparison.candidates[0].holdout.customers
    ('ParetoNBD', 2357)
    """
    columns: Plain = {"customer_id": customer_id, "date": date, "unit": unit, "amount": amount}
    columns |= {"observation_end": observation_end, "date_format": date_format, "order_id": order_id}
    columns |= {"refund_window": refund_window, "refunds": refunds, "missing_ids": missing_ids, **reading}
    if covariates is None:  # they belong to customers in an order, and an engine has none
        columns |= {"in_memory": None}
    known = held_out(tx, holdout, columns, "fit_best(models, ")
    try:
        return compare(models, known, covariates=covariates, by=by, seed=seed).best
    finally:
        if isinstance(known, LazyTransactionSummary) and not isinstance(tx, LazyTransactionSummary):
            known.close()


class TableColumns(Reading, total=False):
    """How a table of transactions is read, for those who pass it on: as `summarize_transactions` says."""

    customer_id: str | None
    date: str | None
    unit: Unit | None
    amount: str | None
    observation_end: str | Date | None
    refunds: Refunds
    missing_ids: MissingIds
    date_format: str | None
    order_id: str | None
    refund_window: int | None


def held_out(
    tx: DataOf[AbstractSummary] | Frame, holdout: str | Date | None, columns: Mapping[str, Any], verb: str
) -> DataOf[AbstractSummary]:
    """The summary itself, which has a holdout of its own, or that of a table, split.

    `verb` is the call that asked, up to its data: ``"validate("``.
    """
    names = {name: columns.get(name) for name in ("customer_id", "date", "unit")}
    if not (isinstance(tx, AbstractSummary) or hasattr(tx, "__retention_data__")):
        if not any(names.values()):
            rule = "must be a summary of customers, or a table with the names of its columns"
            way_out = "For example customer_id='id', date='day', unit='week'."
            raise InputError("wrong-type", "tx", type(tx).__name__, rule, way_out)
        return read_split(tx, {**columns, **require_names(names)}, holdout)
    refuse_names({**columns, "holdout": holdout})
    if holdout is not None and getattr(tx, "holdout", None) is None:
        rule = "must have a held-out period to choose models by, and a summary cannot be split afterwards"
        raise missing_argument("tx", rule, _split_first(tx, verb))
    if holdout is None and isinstance(tx, TransactionSummary | PeriodSummary):
        return replace(tx, calibration=None, holdout=None)
    return tx


def _split_first(tx: object, verb: str) -> str:
    """What to write in place of a call with a summary that has nothing held out."""
    middle, read = "'2024-07-01'", "customer_id='id', date='day', unit='week'"
    if isinstance(tx, TransactionSummary):
        half = (tx.observation_end - tx.observation_start + timedelta(days=2)) // 2
        middle = f"'{tx.observation_start + half}'"
        read = f"customer_id={tx.id_name!r}, date=..., unit={tx.unit!r}"
    way_out = (
        f"Read it with holdout_from=: tx = summarize_transactions(..., holdout_from={middle}), then "
        f"{verb}tx). "
        f"Or pass the table itself: {verb}table, {read})."
    )
    unchecked = " Or choose by AIC or elpd with holdout=None, which checks no prediction."
    return way_out + unchecked * (verb != VALIDATE)


VALIDATE = "validate("


def read_split(
    source: Frame, table: Mapping[str, Any], holdout_from: str | Date | None
) -> TransactionSummary:
    """The summary of a table, with the second half of the observation held out, a given part or none.

    Its customers come into memory unless `table` says otherwise.
    """
    table = {"in_memory": True, **table}
    if holdout_from != "half":
        return summarize_transactions(source, **table, holdout_from=holdout_from)
    source = as_relation(source)  # a stream of batches can be read once
    whole = summarize_transactions(source, **table)
    days = (whole.observation_end - whole.observation_start).days + 1
    if days < 2:
        return whole
    split = whole.observation_start + timedelta(days=(days + 1) // 2)
    if isinstance(whole, LazyTransactionSummary):
        whole.close()
    return summarize_transactions(source, **table, holdout_from=split)


def require_names(names: Mapping[str, Any]) -> Plain:
    """The names that a table cannot be read without."""
    for argument, name in names.items():
        if name is None:
            way_out = (
                "Name the columns of ids and dates, and the unit of time, for example "
                "customer_id='id', date='day', unit='week'."
            )
            raise missing_argument(argument, "must be given with a table", way_out)
    return dict(names)


_UNSAID = {"refunds": "net", "missing_ids": "error", "holdout": "half", "holdout_from": "half"}


def refuse_names(names: Mapping[str, Any]) -> None:
    """Names of columns, and what to do with lines, have no meaning beside a summary."""
    for argument, name in names.items():
        if name is not None and name != _UNSAID.get(argument):
            rule = "says how to read a table, but the data are a summary that has been read already"
            raise InputError("needless", argument, name, rule, "Leave it out, or pass the table itself.")
