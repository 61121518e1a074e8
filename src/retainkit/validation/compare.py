"""Which model to take: several fitted to the same customers, ranked, with a sentence to decide by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import FitError, InputError
from retainkit.inference.fit import fit
from retainkit.inference.result import AnyFit
from retainkit.ingest import TransactionSummary
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily
from retainkit.protocols import DataOf
from retainkit.records import Record
from retainkit.summaries import AbstractSummary, Purchases
from retainkit.typing import Plain
from retainkit.validation.holdout import HoldoutError, holdout_error, split_of

_DECISIVE = 10.0  # of AIC: the weaker model then has less than a hundredth of the support
_EVEN = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidate(Record):
    """One model of a comparison.

    Attributes
    ----------
    name : str
    fit : Fit, or None where the data do not determine the model
    refusal : why it was refused; empty for a fit
    holdout : HoldoutError, or None where nothing was held out
    """

    name: str
    fit: AnyFit | None
    refusal: str
    holdout: HoldoutError | None

    def __str__(self) -> str:
        return f"{self.name}: {self.refusal or self.fit}"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Record):
    """Models ranked by AIC, with the error of each on held-out purchases where there are any.

    Made by `compare`. ``print`` shows the table and the verdict.
    """

    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> AnyFit:
        """The fit with the lowest AIC."""
        found = self.candidates[0].fit
        assert found is not None
        return found

    @property
    def verdict(self) -> str:
        """What to take, and how much that matters, in a sentence or three."""
        fitted = [c for c in self.candidates if c.fit is not None]
        sentences = [_by_likelihood(fitted)]
        held = [c for c in fitted if c.holdout is not None]
        if held:
            sentences.append(_by_holdout(held, fitted[0].name))
        sentences += [f"{c.name} was refused: {c.refusal}" for c in self.candidates if c.fit is None]
        return " ".join(sentences)

    def rows(self) -> list[Plain]:
        """One row a model, best first; figures that a model has not are NaN."""
        best = self.best.aic
        return [_row(c, best) for c in self.candidates]

    @property
    def table(self) -> dict[str, NDArray[np.generic]]:
        """The rows as columns, ready for any dataframe."""
        rows = self.rows()
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    def as_dict(self) -> dict[str, Any]:
        """The rows and the verdict as plain values."""
        return {"models": self.rows(), "verdict": self.verdict}

    def _row_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        return self.table

    def __str__(self) -> str:
        width = max(5, *(len(c.name) for c in self.candidates))
        head = f"{'model':<{width}}  parameters  log-likelihood  AIC above best       BIC  held-out error"
        formats = {
            "parameters": "10,.0f",
            "log_likelihood": "14,.2f",
            "aic_above_best": "14,.2f",
            "bic": "8,.1f",
            "holdout_error": "+14.1%",
        }
        lines = [
            "  ".join(
                [f"{row['model']:<{width}}", *(_figure(row[name], how) for name, how in formats.items())]
            )
            for row in self.rows()
        ]
        return "\n".join([head, *lines, self.verdict])

    __repr__ = __str__


def compare(models: Sequence[type[AnyModel] | AnyFamily], data: DataOf[AbstractSummary]) -> Comparison:
    """Fit several models to the same customers and rank them.

    Parameters
    ----------
    models : model classes, or families made by `with_covariates`, `with_shares` …
    data : a summary, such as `Purchases` or `Renewals`, or that of a table, such as a `TransactionSummary`
        Transactions with a held-out period are fitted on their calibration, and the error of each purchase
        model on the held-out purchases is shown beside.

    Raises
    ------
    InputError
        For models of different data, whose likelihoods do not compare.
    FitError
        Where not one of the models can be fitted: the first one's.

    Notes
    -----
    AIC differences of 2 say little, of 10 much: Burnham, K. P. and Anderson, D. R. (2004), "Multimodel
    Inference", Sociological Methods & Research 33(2), 261-304, doi:10.1177/0049124104268644.

    Examples
    --------
    >>> import retainkit as rk
    >>> tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date",
    ...     unit="week", holdout_from="1997-10-01")
    >>> found = rk.compare([rk.BGNBD, rk.NBD], tx)
    >>> found.best.family.name
    'BGNBD'
    """
    if not models:
        way_out = "For example compare([BGNBD, ParetoNBD], tx.purchases)."
        raise InputError("missing-argument", "models", models, "must name at least one model", way_out)
    transactions = data if isinstance(data, TransactionSummary) else None
    known = data if transactions is None else transactions.calibration or transactions
    fitted = [_candidate(model, known, transactions) for model in models]
    kinds = {c.fit.family.data_kind.__name__: c.name for c, _ in fitted if c.fit is not None}
    if len(kinds) > 1:
        rule = "must be models of one kind of data: likelihoods of different data do not compare"
        raise InputError("inconsistent", "models", ", ".join(kinds.values()), rule, "Compare them apart.")
    if all(c.fit is None for c, _ in fitted):
        error = fitted[0][1]
        assert error is not None
        raise error
    order = sorted((c for c, _ in fitted), key=lambda c: math.inf if c.fit is None else c.fit.aic)
    return Comparison(tuple(order))


def _candidate(
    model: type[AnyModel] | AnyFamily, known: DataOf[AbstractSummary], transactions: TransactionSummary | None
) -> tuple[Candidate, FitError | None]:
    name = str(getattr(model, "name", getattr(model, "__name__", model)))
    try:
        found: AnyFit = fit(model, known)
    except FitError as error:
        return Candidate(name, None, error.reason, None), error
    held = None
    if transactions is not None and transactions.holdout is not None:
        split_of(transactions)
        if found.family.data_kind is Purchases:
            held = holdout_error(transactions, found)
    return Candidate(name, found, "", held), None


def _by_likelihood(fitted: list[Candidate]) -> str:
    first = fitted[0]
    assert first.fit is not None
    if len(fitted) == 1:
        return f"{first.name} is the only model that these data determine."
    second = fitted[1]
    assert second.fit is not None
    ahead = second.fit.aic - first.fit.aic
    if ahead < _EVEN:
        return (
            f"{first.name} and {second.name} describe these customers equally well ({ahead:.1f} of AIC "
            "apart): take the one whose story you believe, or the one with fewer parameters."
        )
    strength = "clearly better" if ahead >= _DECISIVE else "somewhat better"
    return f"{first.name} describes these customers {strength} than {second.name} ({ahead:,.1f} of AIC)."


def _by_holdout(held: list[Candidate], favourite: str) -> str:
    closest = min(held, key=_off)
    words = f"On the held-out purchases {closest.name} comes closest ({_share(closest):+.1%} in all)"
    if closest.name == favourite:
        return f"{words}."
    own = next((c for c in held if c.name == favourite), None)
    other = "" if own is None else f", {favourite} is at {_share(own):+.1%}"
    return f"{words}{other}: if you forecast, the held-out error counts more than the likelihood."


def _share(candidate: Candidate) -> float:
    assert candidate.holdout is not None
    return candidate.holdout.relative_error


def _off(candidate: Candidate) -> float:
    return abs(_share(candidate))


def _row(candidate: Candidate, best: float) -> Plain:
    found, held = candidate.fit, candidate.holdout
    nan = math.nan
    return {
        "model": candidate.name,
        "parameters": nan if found is None else len(found.family.parameters),
        "log_likelihood": nan if found is None else found.log_likelihood,
        "aic": nan if found is None else found.aic,
        "aic_above_best": nan if found is None else found.aic - best,
        "bic": nan if found is None else found.bic,
        "holdout_error": nan if held is None else held.relative_error,
        "error_per_customer": nan if held is None else held.mean_absolute_error,
    }


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _figure(value: float, how: str) -> str:
    width = int("".join(filter(str.isdigit, how.partition(".")[0])))
    return f"{'-':>{width}}" if _is_nan(value) else f"{value:>{how}}"
