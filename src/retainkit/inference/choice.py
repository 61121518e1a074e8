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
from retainkit.models.purchasing.erlang import AbstractErlangModel
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

    Raises `InputError` where the larger has no more parameters, other customers, or a lower likelihood: then
    one is not within the other.

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
    more = len(larger.family.parameters) - len(smaller.family.parameters)
    gain = 2.0 * (larger.log_likelihood - smaller.log_likelihood)
    # weights are sums of floats, so that equal customers need not add up to the last bit
    same = abs(larger.customers - smaller.customers) <= 1e-9 * larger.customers
    if more < 1 or not same or gain < -1e-6:
        raise InputError(
            "inconsistent",
            "larger",
            f"{larger.family.name} with {len(larger.family.parameters)} parameters on "
            f"{larger.customers:,.0f} customers, log-likelihood {larger.log_likelihood:,.3f}",
            f"must contain {smaller.family.name} ({len(smaller.family.parameters)} parameters on "
            f"{smaller.customers:,.0f} customers, log-likelihood {smaller.log_likelihood:,.3f})",
            "Compare models that are not within each other by their AIC, with compare([...]).",
        )
    # the larger model contains the smaller one: what is below 0 is the two optimisers' rounding
    gain = max(gain, 0.0)
    return LikelihoodRatio(gain, more, float(gammaincc(0.5 * more, 0.5 * gain)))


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
