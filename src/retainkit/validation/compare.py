"""Which model to take: several fitted to the same customers, ranked, with a sentence to decide by.

Where a period is held out, prediction ranks first: models whose log-likelihood of each customer's held-out
purchases is not clearly below the highest, and of these the one whose total comes closest, or as close with
a lower AIC. A total alone would let errors cancel, a likelihood alone prefers by differences that are noise.
The logarithm of the predictive density is a proper score: Gneiting, T. and Raftery, A. E. (2007), "Strictly
Proper Scoring Rules, Prediction, and Estimation", Journal of the American Statistical Association 102(477),
359-378, doi:10.1198/016214506000001437.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from retainkit.domains import generator
from retainkit.errors import FitError, InputError, check_choice, missing_argument
from retainkit.inference import LimitingModel, loo, posterior
from retainkit.inference.fit import fit
from retainkit.inference.result import AnyFit
from retainkit.ingest import PeriodSummary, TransactionSummary
from retainkit.models.base import AnyModel
from retainkit.models.contractual.base import refuse_mixed_measures
from retainkit.models.family import AbstractFamily, AnyFamily
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.summaries import AbstractSummary, Described, PurchasesInPeriods
from retainkit.typing import Array, Frame
from retainkit.validation.churn_checks import ChurnHoldout
from retainkit.validation.comparison import Candidate, Comparison, name_of, off
from retainkit.validation.holdout import (
    HoldoutError,
    Transactions,
    history_of,
    holdout_error,
    holdout_log_likelihood,
    split_of,
    weights_of,
)

_SAME = 0.005  # of all held-out purchases: totals as close as this are equally close, whatever was held out


def compare(
    models: Sequence[type[AnyModel] | AnyFamily],
    data: DataOf[AbstractSummary],
    *,
    covariates: Frame | None = None,
    by: Literal["aic", "elpd"] = "aic",
    seed: int | np.random.Generator | None = None,
) -> Comparison:
    """Fit several models to the same customers and rank them by prediction, or else by AIC.

    A model that is refused because its likelihood rises to a simpler one is joined by that one: a model of
    another name, or the same with parameters held.

    Parameters
    ----------
    models : model classes, or families made by `with_covariates`, `with_shares` …
    data : a summary, such as `Purchases` or `Renewals`, or that of a table, such as a `TransactionSummary`
        Transactions with a held-out period are fitted on their calibration, and purchase models ranked by
        what they predict of the rest: first those within two standard errors of the highest log-likelihood
        of each customer's held-out purchases, and of these the one closest in total.
    covariates : mapping of names to (n,) numbers, or any table, optional
        What models with covariates are fitted with, in the order of the customers that the fits see: those
        of ``tx.calibration`` where there is a holdout. `Described` data bring theirs along.
    by : {"aic", "elpd"}
        What ranks models that nothing held out tells apart: AIC, or how well the posterior of each foretells
        customers left out in turn (`loo`), which has a standard error and takes about a second for each.
    seed : int or numpy Generator
        With ``by="elpd"`` alone, for the draws of the posteriors.

    Raises
    ------
    InputError
        For models of different data, whose likelihoods do not compare; nor do densities of moments, as in
        continuous time, with probabilities of whole periods.
    FitError
        Where not one of the models can be fitted, with the reason of each.

    Notes
    -----
    AIC differences of 2 say little, of 10 much: Burnham, K. P. and Anderson, D. R. (2004), "Multimodel
    Inference", Sociological Methods & Research 33(2), 261-304, doi:10.1177/0049124104268644.

    Examples
    --------
    >>> import retainkit as rk
    >>> tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date",
    ...     unit="week", holdout_from="1997-10-01")
    >>> rk.compare([rk.BGNBD, rk.NBD], tx).best.family.name
    'BGNBD'
    """
    if not models:
        way_out = "For example compare([BGNBD, ParetoNBD], tx.purchases)."
        raise InputError("missing-argument", "models", models, "must name at least one model", way_out)
    check_choice("by", by, ("aic", "elpd"))
    rng = None if by == "aic" and seed is None else _generator(by, seed)
    known = before_holdout(data)
    tried, errors = _tried(models, known, covariates)
    kinds = {_data_kind(c.fit.family).__name__: c.name for c in tried if c.fit is not None}
    if len(kinds) > 1:
        rule = "must be models of one kind of data: likelihoods of different data do not compare"
        raise InputError("inconsistent", "models", ", ".join(kinds.values()), rule, "Compare them apart.")
    refuse_mixed_measures("models", (c.fit.family for c in tried if c.fit is not None), known)
    if all(c.fit is None for c in tried):
        raise _none(tried, errors)
    if (
        isinstance(data, TransactionSummary | PeriodSummary)
        and data.holdout is not None
        and type(history_of(data)).__name__ in kinds
    ):
        tried = _predicted(tried, data, covariates)
    if rng is not None:
        tried = [_left_out(c, known, covariates, rng) for c in tried]
    return Comparison(tuple(ranked(tried)))


def _data_kind(family: AnyFamily) -> type[AbstractSummary]:
    """What a likelihood is of: orders by period are other data than their days, covariates are not."""
    return PurchasesInPeriods if family.data_kind is PurchasesInPeriods else family.form.kind.data_kind


def _tried(
    models: Sequence[type[AnyModel] | AnyFamily], known: DataOf[AbstractSummary], covariates: Frame | None
) -> tuple[list[Candidate], list[FitError]]:
    """Each model fitted, and after them the limits of those that were refused."""
    tried: list[Candidate] = []
    errors: list[FitError] = []
    wanted = [(str(getattr(m, "name", getattr(m, "__name__", m))), m) for m in models]
    for name, model in wanted:  # which grows as it goes; a limit has fewer parameters, so that this ends
        try:
            tried.append(Candidate(name, fit(model, described_for(model, known, covariates)), "", None))
        except FitError as error:
            errors.append(error)
            limit: LimitingModel | None = error.limit
            tried.append(Candidate(name, None, error.reason, None, limit))
            simpler = "" if limit is None else name_of(limit)
            if limit is not None and simpler and simpler not in (named for named, _ in wanted):
                wanted.append((simpler, limit.family))
    return tried, errors


def described_for(
    model: type[AnyModel] | AnyFamily, known: DataOf[AbstractSummary], covariates: Frame | None
) -> DataOf[AbstractSummary]:
    """The data as the model takes them: with covariates where it has some."""
    if covariates is None or not isinstance(model, AbstractFamily) or model.data_kind is not Described:
        return known
    kind: type[AbstractSummary] = model.form.kind.data_kind
    return Described(data_of(known, kind), covariates)


def _generator(by: str, seed: int | np.random.Generator | None) -> np.random.Generator:
    if by == "aic":
        rule = "is for the draws of posteriors, and AIC has none"
        raise InputError("needless", "seed", seed, rule, "Leave it out, or pass by='elpd'.")
    if seed is None:
        raise missing_argument("seed", "must be given with by='elpd', for the draws", "For example seed=1.")
    return generator(seed)


def _left_out(
    candidate: Candidate,
    known: DataOf[AbstractSummary],
    covariates: Frame | None,
    rng: np.random.Generator,
) -> Candidate:
    """The same with how well it foretells customers left out; a refused model has no place among them."""
    if candidate.fit is None:
        return candidate
    data = described_for(candidate.fit.family, known, covariates)
    return replace(candidate, loo=loo(posterior(candidate.fit, data, draws=1000, seed=rng), data))


def _none(tried: Sequence[Candidate], errors: Sequence[FitError]) -> FitError:
    """One error for all; the ways out are those of the models, each said once."""
    first, *others = errors
    if not others:
        return first
    reasons = " ".join(Comparison(tuple(tried)).refusals())
    ways = " ".join(dict.fromkeys(error.way_out for error in errors))
    return FitError(first.code, f"No model fits. {reasons}", way_out=ways, attempt=first.attempt)


def _predicted(tried: Sequence[Candidate], tx: Transactions, covariates: Frame | None) -> list[Candidate]:
    """The same with what each predicts of the held-out period, customer by customer."""
    fitted = [c.fit for c in tried if c.fit is not None]
    meant = [process_of(found, before_holdout(tx), covariates) for found in fitted]
    scores = [holdout_log_likelihood(tx, model) for model in meant]
    described = [found.family.data_kind is Described for found in fitted]
    asked = [m if own else found for m, found, own in zip(meant, fitted, described, strict=True)]
    held = [holdout_error(tx, model) for model in asked]
    return with_holdout(tried, scores, held, weights_of(split_of(tx)[1]))


def process_of(found: AnyFit, known: DataOf[AbstractSummary], covariates: Frame | None) -> Any:
    """The model of a fit; with covariates that of each customer."""
    if found.family.data_kind is not Described:
        return found.model
    model: Any = found.model
    return model.given(described_for(found.family, known, covariates))


def with_holdout(
    tried: Sequence[Candidate],
    scores: Sequence[Array],
    held: Sequence[HoldoutError | ChurnHoldout],
    weight: Array | float = 1.0,
) -> list[Candidate]:
    """The same, fitted ones with predictions and how far they are behind the best, refused ones last.

    `weight` says how many customers each score is of.
    """
    best = max(scores, key=lambda score: float((weight * score).sum()))
    told: list[Candidate] = []
    fitted = [c for c in tried if c.fit is not None]
    for each, score, error in zip(fitted, scores, held, strict=True):
        # paired, customer by customer: what is hard to predict for every model cancels
        lost = best - score
        behind, customers = float((weight * lost).sum()), float((weight * np.ones_like(lost)).sum())
        apart = math.sqrt(float((weight * (lost - behind / customers) ** 2).sum()))
        total = float((weight * score).sum())
        told.append(Candidate(each.name, each.fit, "", error, None, total, behind, apart))
    return [*told, *(c for c in tried if c.fit is None)]


def ranked(tried: Sequence[Candidate]) -> list[Candidate]:
    """By prediction where there is one, and of equally good ones by AIC or elpd; refused ones last."""
    even = [c for c in tried if c.holdout is not None and not c.clearly_behind]
    closest = min(map(off, even), default=math.nan)

    def rank(candidate: Candidate) -> tuple[float, ...]:
        if candidate.fit is None:
            return (math.inf,)
        if candidate.clearly_behind:
            return (2.0, candidate.behind)
        if candidate.holdout is None or off(candidate) < closest + _SAME:
            return (0.0, candidate.fit.aic if candidate.loo is None else -candidate.loo.elpd)
        return (1.0, off(candidate))

    return sorted(tried, key=rank)
