"""What a comparison of models found: the candidates in order, a table, and a verdict in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.inference import LeaveOneOut, LimitingModel
from retainkit.inference.result import AnyFit, Fit, M
from retainkit.records import Record, TableRecord
from retainkit.typing import Array, Plain
from retainkit.validation.churn_checks import ChurnChecks, ChurnHoldout
from retainkit.validation.holdout import HoldoutError
from retainkit.validation.purchase_checks import PurchaseChecks

_DECISIVE = 10.0  # of AIC: the weaker model then has less than a hundredth of the support
_EVEN = 2.0  # of AIC; and standard errors, within which two predictions are equally good


@dataclass(frozen=True, slots=True, eq=False)
class Candidate(Record):
    """One model of a comparison.

    Attributes
    ----------
    name : str
    fit : Fit, or None where the data do not determine the model
    refusal : why it was refused; empty for a fit
    holdout : HoldoutError or ChurnHoldout, or None where nothing was held out
    limit : LimitingModel, or None
        The simpler model that the likelihood of a refused one rises to, where that is the reason.
    holdout_log_likelihood : float
        Of the held-out purchases of all customers, given what they did before; nan without a holdout.
    behind, behind_error : float
        How far that is below the highest of the comparison, and the standard error of this difference.
    loo : LeaveOneOut, or None
        How well its posterior foretells customers left out in turn, where that was asked for.
    """

    name: str
    fit: AnyFit | None
    refusal: str
    holdout: HoldoutError | ChurnHoldout | None
    limit: LimitingModel | None = None
    holdout_log_likelihood: float = math.nan
    behind: float = math.nan
    behind_error: float = math.nan
    loo: LeaveOneOut | None = None

    @property
    def clearly_behind(self) -> bool:
        """Whether another model predicts the held-out purchases better than by chance."""
        return self.behind > _EVEN * self.behind_error

    def __str__(self) -> str:
        return f"{self.name}: {self.refusal or self.fit}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Origins(TableRecord):
    """The model that ranks first, fitted again from earlier days on, each with as long a time predicted.

    Attributes
    ----------
    first_day : (k,) datetime64[D]
        Of each held-out time, the latest one first.
    predicted, actual : (k,)
        Purchases, or customers leaving.
    plain_guess : (k,)
        Of everyone's past rate, or of one churn for all.
    """

    _derived = ("error",)

    first_day: NDArray[np.datetime64]
    predicted: Array
    actual: Array
    plain_guess: Array

    @property
    def error(self) -> Array:
        """Predicted over actual, minus 1; nan where nothing came."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.predicted / np.where(self.actual == 0.0, np.nan, self.actual) - 1.0

    def _row_columns(self) -> dict[str, Any]:
        names = ("first_day", "predicted", "actual", "plain_guess", "error")
        return {name: getattr(self, name) for name in names}

    def _caption(self) -> str:
        off = np.nanmean(np.abs(self.error))
        return f"Predicted from {self.first_day.size} days on: off by {off:.1%} on average"

    def _cells(self) -> list[list[str]]:
        rows = zip(self.first_day, self.predicted, self.actual, self.plain_guess, self.error, strict=True)
        told = ([str(d), f"{p:,.0f}", f"{a:,.0f}", f"{g:,.0f}", f"{e:+.1%}"] for d, p, a, g, e in rows)
        return [["from", "predicted", "actual", "plain guess", "error"], *told]

    _left = 1


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Record):
    """Models ranked by their prediction of what was held out, and by AIC where nothing was.

    Made by `compare`, and by `validate` with checks. ``print`` shows the table and the verdict.

    Attributes
    ----------
    candidates : tuple of Candidate
        Best first, refused ones last.
    checks : PurchaseChecks or ChurnChecks, or None
        What the held-out period says of the first, from every side; made by `validate`.
    origins : Origins, or None
        The same from earlier days on, where more than one was asked for.
    """

    candidates: tuple[Candidate, ...]
    checks: PurchaseChecks | ChurnChecks | None = None
    origins: Origins | None = None

    @property
    def best(self) -> BestFit[Any]:
        """The fit that ranks first, with this comparison."""
        found = self.candidates[0].fit
        assert found is not None
        return BestFit(**{f.name: getattr(found, f.name) for f in fields(found)}, comparison=self)

    @property
    def unchecked(self) -> str:
        """That no prediction was checked, in a sentence; empty where one was."""
        if self.candidates[0].holdout is not None:
            return ""
        by = "AIC" if self.candidates[0].loo is None else "elpd"
        return f"Unchecked: nothing was held out to predict, so models are ranked by {by}."

    @property
    def verdict(self) -> str:
        """What to take, and how much that matters, in a few sentences."""
        fitted = [c for c in self.candidates if c.fit is not None]
        ranked = _by_likelihood if fitted[0].loo is None else _by_elpd
        said = [self.unchecked, ranked(fitted)] if self.unchecked else _by_holdout(fitted)
        checked = [] if self.checks is None else [self.checks.verdict]
        return " ".join([*checked, *said, *self.refusals()])

    def refusals(self) -> list[str]:
        """Which models were refused and why, a sentence for each reason; those of one limit together."""
        reasons: dict[str, list[str]] = {}
        for each in self.candidates:
            if each.limit is not None and each.limit.model:
                simpler = name_of(each.limit)
                reason = f"refused, as {each.limit.means}: {simpler} says the same with fewer parameters."
                reasons.setdefault(reason, []).append(each.name)
            elif each.fit is None:
                reason = f"refused: {each.refusal.removeprefix(f'{each.name} is not identified: ')}"
                reasons.setdefault(reason, []).append(each.name)
        return [f"{_listed(n)} {'were' if n[1:] else 'was'} {why}" for why, n in reasons.items()]

    def rows(self) -> list[Plain]:
        """One row a model, best first; figures that a model has not are NaN."""
        best = min(c.fit.aic for c in self.candidates if c.fit is not None)
        rows = [_row(c, best) for c in self.candidates]
        if all(c.loo is None for c in self.candidates):
            return rows
        first = max((c.loo for c in self.candidates if c.loo is not None), key=lambda found: found.elpd)
        return [row | _elpd(c.loo, first) for row, c in zip(rows, self.candidates, strict=True)]

    @property
    def table(self) -> dict[str, NDArray[np.generic]]:
        """The rows as columns, ready for any dataframe."""
        rows = self.rows()
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    def as_dict(self) -> dict[str, Any]:
        """The rows, the verdict and the checks as plain values."""
        found = {"checks": self.checks, "origins": self.origins}
        told = {name: one.as_dict() for name, one in found.items() if one is not None}
        return {"models": self.rows(), "verdict": self.verdict, **told}

    def _row_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        return self.table

    def __str__(self) -> str:
        width = max(5, *(len(c.name) for c in self.candidates))
        figures = "parameters  log-likelihood  AIC above best       BIC  held-out error  behind"
        head = f"{'model':<{width}}  {figures}"
        formats = {
            "parameters": "10,.0f",
            "log_likelihood": "14,.2f",
            "aic_above_best": "14,.2f",
            "bic": "8,.1f",
            "holdout_error": "+14.1%",
            "behind": "6,.1f",
        }
        if any(c.loo is not None for c in self.candidates):
            head += "        elpd   error"
            formats |= {"elpd": "10,.1f", "elpd_error": "6,.1f"}
        lines = [
            "  ".join(
                [f"{row['model']:<{width}}", *(_figure(row[name], how) for name, how in formats.items())]
            )
            for row in self.rows()
        ]
        first = [self.unchecked] if self.unchecked else []
        told = [str(self.origins)] if self.origins is not None else []
        return "\n".join([*first, head, *lines, *told, self.verdict.removeprefix(self.unchecked).lstrip()])

    __repr__ = __str__


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BestFit(Fit[M]):
    """The fit that a comparison chose: a `Fit`, with the `Comparison` that led to it.

    Attributes
    ----------
    comparison : Comparison
        Which models were tried, refused and why, and how they predicted.
    """

    comparison: Comparison = field(compare=False, kw_only=True)

    _read_back, _kind = False, "fit"

    def as_dict(self) -> dict[str, Any]:
        """The comparison, and the fit as a `Fit` has it, which reads it back without the comparison."""
        told = {"comparison": self.comparison.as_dict(), **super(BestFit, self).as_dict()}
        return {**told, "diagnostics": self.diagnostics.model_dump()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NoReturn:  # noqa: ARG003 - as every record's
        """Refused: ``Fit.from_dict`` reads the fit, and the comparison is for people."""
        rule = "is written for others to read and cannot be made again from what it says"
        raise InputError("not-supported", cls.__name__, "its JSON", rule, "Read the fit: Fit.from_dict(...).")

    def __str__(self) -> str:
        return f"{self.comparison.verdict}\n{super(BestFit, self).__str__()}"

    __repr__ = __str__


def name_of(limit: LimitingModel) -> str:
    """What a limit is called in a comparison."""
    held = " and ".join(f"{name} = {value:.3g}" for name, value in limit.fixed.items())
    return f"{limit.model} with {held}" if held else limit.model


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _by_likelihood(fitted: list[Candidate]) -> str:
    if len(fitted) == 1:
        return f"{fitted[0].name} is the only model that these data determine."
    first, second, *_ = sorted(fitted, key=_aic)
    assert first.fit is not None and second.fit is not None
    ahead = second.fit.aic - first.fit.aic
    if ahead < _EVEN:
        return (
            f"{first.name} and {second.name} describe these customers equally well ({ahead:.1f} of AIC "
            "apart): take the one whose story you believe, or the one with fewer parameters."
        )
    strength = "clearly better" if ahead >= _DECISIVE else "somewhat better"
    return f"{first.name} describes these customers {strength} than {second.name} ({ahead:,.1f} of AIC)."


def _by_elpd(fitted: Sequence[Candidate]) -> str:
    if len(fitted) == 1:
        return f"{fitted[0].name} is the only model that these data determine."
    first, second, *_ = fitted
    assert first.loo is not None and second.loo is not None
    # paired, customer by customer: each elpd's own error is that of who the customers are, alike for both
    ahead, error = first.loo.ahead_of(second.loo)
    if ahead <= _EVEN * error:
        said = f"{first.name} and {second.name} foretell left-out customers equally well"
    else:
        said = f"{first.name} foretells left-out customers better than {second.name}"
    return f"{said} ({ahead:,.1f} ± {error:,.1f} of elpd)."


def _by_holdout(held: Sequence[Candidate]) -> list[str]:
    first = held[0]
    total = f"({_share(first):+.1%} in all)"
    what = "each customer's held-out purchases" if isinstance(first.holdout, HoldoutError) else "who left"
    if len(held) == 1:
        return [f"{first.name} is the only model that the data determine; it predicts the rest {total}."]
    even = [c.name for c in held[1:] if not c.clearly_behind]
    worse = [f"{c.name} by {c.behind:,.0f} ± {c.behind_error:,.0f}" for c in held if c.clearly_behind]
    said = [f"{first.name} predicts {what} best {total}."]
    if even:
        said = [
            f"{_listed([first.name, *even])} predict {what} equally well; of "
            f"them {first.name} comes closest in all, or as close with a "
            f"{'lower AIC' if first.loo is None else 'higher elpd'} {total}."
        ]
    if worse:
        said.append(f"Clearly behind in log-likelihood of them: {_listed(worse)}.")
    ahead, then, *_ = sorted(held, key=_aic)
    if ahead is not first:
        apart = _aic(then) - _aic(ahead)
        said.append(f"On the time before, {ahead.name} leads by {apart:,.1f} of AIC: prediction counts more.")
    return said


def _aic(candidate: Candidate) -> float:
    assert candidate.fit is not None
    return candidate.fit.aic


def _share(candidate: Candidate) -> float:
    assert candidate.holdout is not None
    return candidate.holdout.relative_error


def off(candidate: Candidate) -> float:
    """How far the held-out total was missed, as a share."""
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
        "behind": candidate.behind,
        "behind_error": candidate.behind_error,
        "holdout_error": nan if held is None else held.relative_error,
        "error_per_customer": nan if held is None else held.error_per_customer,
    }


def _elpd(found: LeaveOneOut | None, best: LeaveOneOut) -> Plain:
    nan = math.nan
    ahead, error = (nan, nan) if found is None else best.ahead_of(found)
    return {
        "elpd": nan if found is None else found.elpd,
        "elpd_error": nan if found is None else found.standard_error,
        "elpd_behind": ahead,
        "elpd_behind_error": error,
    }


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _figure(value: float, how: str) -> str:
    width = int("".join(filter(str.isdigit, how.partition(".")[0])))
    return f"{'-':>{width}}" if _is_nan(value) else f"{value:>{how}}"
