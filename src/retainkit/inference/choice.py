"""Choices by likelihood: whether a larger model earns its parameters, and the k of Erlang-k models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy.special import gammaincc

from retainkit.errors import FitError, InputError, missing_argument
from retainkit.inference.fit import fit
from retainkit.inference.result import AnyFit, Fit
from retainkit.models.contractual.base import refuse_mixed_measures
from retainkit.models.purchasing.erlang import AbstractErlangModel
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.records import Record
from retainkit.summaries import Purchases


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodRatio(Record):
    """What the additional parameters of a larger model gained.

    Attributes
    ----------
    statistic : float
        Twice the gain in log-likelihood.
    degrees_of_freedom : int
        How many parameters more.
    p_value : float
        How often chance alone would gain as much if the smaller model were true.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float

    def __str__(self) -> str:
        parameters = "parameter" if self.degrees_of_freedom == 1 else "parameters"
        return (
            f"{self.degrees_of_freedom} {parameters} more gain {0.5 * self.statistic:,.3f} in log-likelihood "
            f"(chi-square {self.statistic:,.3f}, p = {self.p_value:.3g})"
        )


def likelihood_ratio_test(smaller: AnyFit, larger: AnyFit) -> LikelihoodRatio:
    """Test a model against a larger one that contains it, both fitted to the same customers.

    Raises `InputError` where the larger does not contain the smaller, whatever their numbers of parameters;
    for fits to other customers or to other values of a covariate; for a penalised fit, and one that is none.

    Parameters
    ----------
    smaller, larger : Fit
        The smaller is the larger with some parameters held: no covariates, the same effect on two
        processes, a shape of 1. Where the smaller lies at the edge of the larger (a share of 0, a variance
        of 0) the true p-value is smaller than this one.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> data = truth.sample(T=[52.0] * 4000, seed=1)
    >>> smaller, larger = rk.fit(rk.BGNBD, data, fixed={"b": 2.5}), rk.fit(rk.BGNBD, data)
    >>> test = rk.inference.likelihood_ratio_test(smaller, larger)
    >>> test.degrees_of_freedom, test.p_value > 0.01
    (1, True)
    """
    for argument, fitted in (("smaller", smaller), ("larger", larger)):
        if fitted.penalty:
            rule = "must be fitted without a penalty: with one the log-likelihood is below its maximum"
            raise InputError("inconsistent", argument, f"penalty={fitted.penalty:g}", rule, "Leave it out.")
        if not fitted.diagnostics.converged:
            rule = "must be at the maximum of its likelihood"
            raise InputError("inconsistent", argument, fitted.diagnostics.code, rule, str(fitted.diagnostics))
    refuse_mixed_measures("larger", (smaller.family, larger.family))
    more = len(larger.family.parameters) - len(smaller.family.parameters)
    if more < 1 or not larger.family.form.contains(smaller.family.form):
        rule = f"must contain {smaller.family.name} ({', '.join(smaller.family.names())}) as a special case"
        shown = f"{larger.family.name} ({', '.join(larger.family.names())})"
        way_out = "Compare models that are not within each other by their AIC, with compare([...])."
        raise InputError("inconsistent", "larger", shown, rule, way_out)
    _check_same_data(smaller, larger)
    gain = 2.0 * (larger.log_likelihood - smaller.log_likelihood)
    if gain < -1e-6:
        rule = f"must fit at least as well as {smaller.family.name}, which it contains"
        shown = f"a log-likelihood {-0.5 * gain:,.3f} lower"
        way_out = "Its search ended at a lower maximum: fit it from the smaller's estimates with start=..."
        raise InputError("inconsistent", "larger", shown, rule, way_out)
    # the larger model contains the smaller one: what is below 0 is the two optimisers' rounding
    gain = max(gain, 0.0)
    return LikelihoodRatio(gain, more, float(gammaincc(0.5 * more, 0.5 * gain)))


def _check_same_data(smaller: AnyFit, larger: AnyFit) -> None:
    # sums over the same customers in another order, or counted otherwise, differ by rounding alone
    slack = 1e-9 * larger.customers
    one, other = ({"customers": f.customers, **f.fingerprint} for f in (smaller, larger))
    if not (smaller.fingerprint and larger.fingerprint):
        rule = "must know the data that it was fitted to, which the record of an older version does not"
        raise InputError("inconsistent", "larger", larger.family.name, rule, "Fit both models again.")
    apart = [name for name in one if name in other and not abs(one[name] - other[name]) <= slack]
    if apart:
        what = next((f"values of {name!r}" for name in apart if name not in ("", "customers")), "data")
        rule = f"must be fitted to the same {what if '' not in apart else 'customers'} as the smaller"
        people = counted(larger.customers, "customer", spec=",.0f")
        shown = f"other {what if '' not in apart else 'data'}, of {people}"
        raise InputError("inconsistent", "larger", shown, rule, "Fit both models to one summary.")


M = TypeVar("M", bound=AbstractErlangModel)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RegularityChoice(Record, Generic[M]):
    """Fits of one model with several k, and the best of them.

    Attributes
    ----------
    fit : Fit
        The fit with the highest log-likelihood.
    log_likelihoods : dict of k to log-likelihood
        Of every k that was tried; nan where the data did not determine the model. k is one more
        parameter that was chosen, which standard errors, AIC and BIC of `fit` do not count.
    """

    fit: Fit[M]
    log_likelihoods: dict[int, float]

    @property
    def k(self) -> int:
        """The k of the best fit; 1 means that the timing of purchases looks random."""
        return self.fit.model.k

    def _row_columns(self) -> dict[str, list[float]]:
        return {"k": list(self.log_likelihoods), "log_likelihood": list(self.log_likelihoods.values())}

    def __str__(self) -> str:
        best = self.log_likelihoods[self.k]
        lines = [f"{self.fit.family.name}: k = {self.k} fits best"]
        lines += [f"  k = {k:<3}{v:>16,.3f}{v - best:>14,.3f}" for k, v in self.log_likelihoods.items()]
        return "\n".join(lines)

    __repr__ = __str__


def choose_k(
    kind: type[M], purchases: DataOf[Purchases], *, ks: Iterable[int] = range(1, 13)
) -> RegularityChoice[M]:
    """Fit an Erlang-k model with every k and keep the one with the highest likelihood.

    The k says how regular purchases are: the times between a customer's purchases vary by 1/√k of their mean.
    k = 1 is a Poisson process, as BG/NBD and MBG/NBD have it. Raises `InputError` without `log_gaps`, by
    which alone likelihoods with different k compare, and for no k at all; `FitError` if the data do not
    determine the model with any k.

    Parameters
    ----------
    kind : `BGCNBDk` or `MBGCNBDk`
    purchases : Purchases with `log_gaps`, or a TransactionSummary
        `summarize_transactions` computes them.
    ks : whole numbers from 1 to 50
        Which to try.

    Notes
    -----
    Purchases are counted by day. Where many gaps last a single day the likelihood of a continuous gap
    depends on the rounding, and k should be read with care.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.MBGCNBDk(r=1.5, alpha=4.0, a=0.8, b=2.5, k=3, unit="week")
    >>> rk.inference.choose_k(rk.MBGCNBDk, truth.sample(T=[52.0] * 2000, seed=1), ks=range(1, 6)).k
    3
    """
    purchases = _check(kind, purchases)
    fits: dict[int, Fit[M]] = {}
    start: dict[str, float] | None = None
    rows = purchases.compress()  # once for all k: the fits then find nothing left to merge
    for k in ks:
        # the rate of stages is k times that of purchases, so that alpha moves by the ratio of the two k
        own = start and start | {"alpha": start["alpha"] / k}
        fits[k] = found = fit(kind, rows, start=own, fixed={"k": k}, on_failure="return")
        if found.diagnostics.converged:  # the next k starts here, its stages the more frequent
            estimates = {name: float(value) for name, value in found.model.parameters.items()}
            start = estimates | {"alpha": estimates["alpha"] * k}
    if not fits:
        raise InputError("empty", "ks", [], "must have at least one k", "For example range(1, 13).")
    # a fit that is none is shown as a gap: its likelihood is not a maximum and would not compare
    values = {k: f.log_likelihood if f.diagnostics.converged else np.nan for k, f in fits.items()}
    settled = [k for k, value in values.items() if np.isfinite(value)]
    if not settled:
        first = next(iter(fits.values()))
        verdict = first.diagnostics
        raise FitError(verdict.code, verdict.message, way_out=verdict.way_out, attempt=first)
    best = max(settled, key=lambda k: values[k])
    return RegularityChoice(fits[best], values)


def _check(kind: object, given: DataOf[Purchases]) -> Purchases:
    if not (isinstance(kind, type) and issubclass(kind, AbstractErlangModel)):
        shown = repr(kind)  # pyright: ignore[reportUnknownArgumentType]
        rule = "must be a model with Erlang-k gaps"
        raise InputError("not-a-model", "kind", shown, rule, "Pass BGCNBDk or MBGCNBDk.")
    purchases = data_of(given, Purchases, "purchases")
    if purchases.log_gaps is None:
        raise missing_argument(
            "purchases",
            "must have log_gaps, the sums of ln(time between purchases), for different k to compare",
            "Take them from summarize_transactions, or pass Purchases(..., log_gaps=...); a fit with "
            "one given k, fit(BGCNBDk, purchases, fixed={'k': 2}), needs none.",
        )
    return purchases
