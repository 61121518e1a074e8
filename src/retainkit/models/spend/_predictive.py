"""The distribution of what a customer will spend: of one purchase, or of the customer's own mean.

A customer's purchases are gamma-distributed with shape p and a rate that is, given the past, itself
gamma-distributed with shape s and rate S. The customer's own mean p/rate is then p·S over a gamma
variable of shape s (inverse gamma); one purchase is S times the ratio of gamma variables of shapes p
and s (beta prime).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy.special import betainc, betaincc, betainccinv, betaincinv, gammaincc, gammainccinv

from retainkit._numerics.gamma_densities import log_beta_prime_density, log_gamma_density
from retainkit.errors import InputError, unknown_choice
from retainkit.typing import Array, Real

Of: TypeAlias = Literal["purchase", "mean"]


@dataclass(frozen=True, slots=True)
class Predictive:
    """Given the past: purchases of shape `p` with a rate that is gamma(`s`, `scale`)."""

    p: Real
    s: Real
    scale: Real

    def cdf(self, amount: Array, of: Of) -> Array:
        """P(at most `amount`)."""
        with np.errstate(divide="ignore"):  # 0 is below all amounts
            if check_of(of) == "mean":
                return np.asarray(gammaincc(self.s, self.p * self.scale / amount), np.float64)
            # a beta prime variable: ratio/(1 + ratio) is beta(p, s), whose tails scipy has to all digits
            ratio = amount / self.scale
            lower = np.asarray(betainc(self.p, self.s, ratio / (1.0 + ratio)))
            # the share of the other variable keeps its digits where this one's rounds to 1
            upper = np.asarray(betaincc(self.s, self.p, 1.0 / (1.0 + ratio)), np.float64)
            return np.where(ratio < 1.0, lower, upper)

    def pdf(self, amount: Array, of: Of) -> Array:
        """The density at `amount`, per unit of money."""
        if check_of(of) == "mean":
            log_density = log_gamma_density(self.s, self.p * self.scale / amount)
        else:
            log_density = log_beta_prime_density(self.p, self.s, amount / self.scale)
        # both densities are per unit of ln amount, where shapes of any size stay in range
        return np.asarray(np.exp(log_density - np.log(amount)), np.float64)

    def quantile(self, probability: Array, of: Of) -> Array:
        """The amount that is not exceeded with this probability."""
        with np.errstate(divide="ignore", over="ignore"):  # probability 1: no amount is large enough
            if check_of(of) == "mean":
                amount = self.p * self.scale / gammainccinv(self.s, probability)
            else:
                own = betaincinv(self.p, self.s, probability)
                other = betainccinv(self.s, self.p, probability)  # 1 − own, with digits of its own
                amount = self.scale * (own / other)
        return np.asarray(amount, np.float64)


def check_of(of: Of) -> Of:
    """One of the two things that a customer's future spend may mean."""
    if of not in get_args(Of):
        raise unknown_choice("of", of, get_args(Of))
    return of


def one_each(argument: str, value: Real, entries: int) -> Array:
    """One number for all entries, or one for each of them."""
    array = np.asarray(value)
    if array.ndim and array.shape != (entries,):
        rule = f"must be one number, or one for each of the {entries:,} entries"
        way_out = "Ask for one at a time to compare several."
        raise InputError("length-mismatch", argument, array, rule, way_out)
    return array
