"""Whether a larger model earns its parameters: the likelihood-ratio test."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import gammaincc

from retainkit.errors import InputError
from retainkit.inference.result import AnyFit
from retainkit.records import Record


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
