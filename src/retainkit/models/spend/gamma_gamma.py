"""Gamma-Gamma: every customer spends around a mean of their own, and the means differ over customers.

The value of each purchase is gamma-distributed around the customer's mean; the customers' rates are
gamma-distributed in turn. Spend is assumed independent of how often a customer buys.

Fader, Hardie & Lee (2005), RFM and CLV: Using Iso-Value Curves, Journal of Marketing Research 42(4),
415-430, doi:10.1509/jmkr.2005.42.4.415; derivations: Fader & Hardie (2013),
http://www.brucehardie.com/notes/025/ (equation numbers below).

A customer's purchases are gamma-distributed with shape p and a rate that is, given the past, itself
gamma-distributed with shape s and rate S. The customer's own mean p/rate is then p·S over a gamma variable of
shape s (inverse gamma); one purchase is S times the ratio of gamma variables of shapes p and s (beta prime).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, final, get_args

import numpy as np
from scipy.special import (
    betainc,
    betaincc,
    betainccinv,
    betaincinv,
    gammaincc,
    gammainccinv,
    gammaincinv,
)

from retainkit._numerics.gamma_functions import (
    NEAR,
    digamma_rise,
    log_beta,
    log_beta_prime_density,
    log_gamma_density,
)
from retainkit.columns import keeps_labels
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, generator
from retainkit.errors import InputError, refuse_where, unknown_choice, wrong_shape
from retainkit.models.base import AbstractModel
from retainkit.models.sampled import SampledSpend
from retainkit.parameters import Limit, positive
from retainkit.plurals import counted
from retainkit.protocols import DataOf
from retainkit.summaries import Spend
from retainkit.typing import Array, Foreign, NumberLike, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GammaGamma(AbstractModel[Spend]):
    """The gamma-gamma model of spend per purchase.

    It knows positive amounts only. What to do with refunds and free orders is decided, with counts, when
    transactions are summarised (``summarize_transactions(refunds=...)``); customers whose purchases brought
    nothing have frequency 0 here, and are expected to spend like new ones.

    Parameters
    ----------
    p : float or array, > 0
        Shape of the gamma distribution of one purchase's value within a customer.
    q, v : float or array, > 0
        Shape and rate of the gamma distribution of the customers' own rates; `v` counts in money.

    Notes
    -----
    The mean over new customers, p·v/(q − 1), exists only for q > 1. For q ≤ 1 the tail of rich customers
    is so heavy that it is infinite: the expectations answer ``inf`` and the medians stay finite.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> customers = rk.Spend(frequency=[2, 0], monetary_value=[22.35, 0.0])
    >>> print(model.expected_spend(customers).round(2))
    [24.66 35.22]
    """

    p: Real = positive(start=4.0, typical=(1.0, 8.0), doc="shape of a customer's purchase values")
    q: Real = positive(start=4.0, typical=(1.5, 6.0), doc="shape of the gamma over customers")
    v: Real = positive(
        start=0.75, typical=(0.2, 2.0), unit="money", doc="rate of the gamma over customers, in money"
    )

    data_kind: ClassVar[type[Spend]] = Spend
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"spend": ("v", 1)}

    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("all customers spend around one mean", rising=("v", "q")),
        Limit("a customer's purchases are all worth the same", rising=("p",), falling=("v",)),
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Spend]) -> tuple[Array, Array]:
        data = self._rows(data)
        q, v = self.q, self.v
        by_x, (total, _, known) = data.levels("frequency"), data.totals()
        n, px, own, rest = self._parts(data)
        value = self._value(data, px, own, rest)

        score = np.empty((3, *value.shape))
        score[0] = by_x.expand(n * digamma_rise(px, q)) + by_x.expand(n) * own
        score[1] = by_x.expand(digamma_rise(q, px)) + rest
        score[2] = q / v - (by_x.expand(px) + q) / (total + v)
        return value, score * known

    def log_likelihood(self, data: DataOf[Spend]) -> Array:
        data = self._rows(data)
        _, px, own, rest = self._parts(data)
        return self._value(data, px, own, rest)

    def _parts(self, data: Spend) -> tuple[Array, Array, Array, Array]:
        """Purchases behind each level, p times as many, and ln of the shares of `total` and of v in both."""
        x, (total, *_) = data.levels("frequency").values, data.totals()
        n = np.where(x > 0, x, 1.0)  # a customer of whom nothing is known adds 0, in the end
        # two logarithms of parts: with many purchases 1 − share is tiny, with few the share is
        return n, self.p * n, -np.log1p(self.v / total), -np.log1p(total / self.v)

    def _value(self, data: Spend, px: Array, own: Array, rest: Array) -> Array:
        q, by_x, (total, log_z, known) = self.q, data.levels("frequency"), data.totals()
        if np.all(np.minimum(px, q) < NEAR):  # one beta function for each frequency
            value = by_x.expand(px) * own + q * rest - by_x.expand(log_beta(px, q)) - log_z  # eq. (1a)
        else:
            value = log_beta_prime_density(by_x.expand(px), q, total / self.v) - log_z
        return value * known

    # -- predictions --------------------------------------------------------------------------------

    def expected_spend(self, spend: DataOf[Spend]) -> Array:
        """Expected value of a future purchase of each customer, given what they spent so far.

        A weighted mean of the customer's own average and the mean of all customers, eq. (5). Customers with
        frequency 0 get the mean of all. (n,) money, or (draws, n) if parameters have a leading draws axis;
        ``inf`` where the mean is infinite (p·frequency + q ≤ 1).
        """
        spend = self._rows(spend, "spend")
        return _ratio(*spend_parts(self, spend.frequency, spend.monetary_value))

    def expected_spend_new(self) -> Real:
        """Expected value of a purchase of a customer not yet seen: p·v/(q − 1), ``inf`` for q ≤ 1."""
        return _plain(_ratio(np.asarray(self.p) * self.v, np.asarray(self.q) - 1.0))

    def median_spend(self, spend: DataOf[Spend]) -> Array:
        """Median of what each customer's own mean spend may be; finite for every q."""
        spend = self._rows(spend, "spend")
        x, z = spend.frequency, spend.monetary_value
        return self.p * (self.v + x * z) / gammaincinv(self.p * x + self.q, 0.5)

    def median_spend_new(self) -> Real:
        """Median over new customers of their own mean spend; finite for every q."""
        return _plain(np.asarray(self.p * self.v / gammaincinv(self.q, 0.5)))

    # -- the whole distribution ---------------------------------------------------------------------

    @keeps_labels
    def spend_quantile(self, spend: DataOf[Spend], probability: NumberLike, *, of: Of = "purchase") -> Array:
        """The amount that a future purchase, or a customer's own mean, stays below with a probability.

        Two of them are an interval: 0.05 and 0.95 hold the next purchase in nine cases of ten. Money as in
        `expected_spend`: 0 at probability 0; ``inf`` at probability 1, and where a tail is so heavy that the
        amount exceeds the largest float.

        Parameters
        ----------
        spend : Spend, n entries
        probability : between 0 and 1; one number, or one per entry
        of : {"purchase", "mean"}
            The value of a single future purchase, or the mean that the customer's purchases vary around,
            which is all that is uncertain of the total of very many of them.

        Examples
        --------
        >>> import retainkit as rk
        >>> model = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
        >>> customer = rk.Spend(frequency=2, monetary_value=22.35)
        >>> for of in ("purchase", "mean"):
        ...     low, high = (float(model.spend_quantile(customer, share, of=of)[0]) for share in (0.05, 0.95))
        ...     print(f"{of}: {low:.2f} to {high:.2f}")
        purchase: 9.61 to 47.44
        mean: 16.07 to 36.76
        """
        spend = self._rows(spend, "spend")
        share = one_each("probability", PROBABILITY.check("probability", probability), len(spend))
        return self._given(spend).quantile(share, of)

    @keeps_labels
    def spend_cdf(self, spend: DataOf[Spend], amount: NumberLike, *, of: Of = "purchase") -> Array:
        """Probability that a future purchase, or a customer's own mean, is worth at most `amount`.

        `amount` is money ≥ 0, one number or one per entry; all else as `spend_quantile`.
        """
        spend = self._rows(spend, "spend")
        money = one_each("amount", NOT_NEGATIVE.check("amount", amount), len(spend))
        return self._given(spend).cdf(money, of)

    @keeps_labels
    def spend_pdf(self, spend: DataOf[Spend], amount: NumberLike, *, of: Of = "purchase") -> Array:
        """Density of the value of a future purchase, or of a customer's own mean, per unit of money.

        `amount` is money > 0, one number or one per entry; all else as `spend_quantile`.
        """
        spend = self._rows(spend, "spend")
        money = one_each("amount", POSITIVE.check("amount", amount), len(spend))
        return self._given(spend).pdf(money, of)

    @keeps_labels
    def spend_quantile_new(self, probability: NumberLike, *, of: Of = "purchase") -> Real:
        """The amount that a purchase (or the own mean) of a customer not yet seen stays below.

        `probability` may have any shape, and broadcasts against the parameters.
        """
        share = PROBABILITY.check("probability", probability)
        return _plain(self._new.quantile(np.asarray(share), of))

    @keeps_labels
    def spend_cdf_new(self, amount: NumberLike, *, of: Of = "purchase") -> Real:
        """Probability that a purchase (or the own mean) of a customer not yet seen is at most `amount`."""
        return _plain(self._new.cdf(np.asarray(NOT_NEGATIVE.check("amount", amount)), of))

    @keeps_labels
    def spend_pdf_new(self, amount: NumberLike, *, of: Of = "purchase") -> Real:
        """Density at `amount` > 0 of a purchase (or the own mean) of a customer not yet seen."""
        return _plain(self._new.pdf(np.asarray(POSITIVE.check("amount", amount)), of))

    def _given(self, spend: Spend) -> Predictive:
        """Given x purchases with mean z: rates are gamma(p·x + q, v + x·z) distributed."""
        x, z = spend.frequency, spend.monetary_value
        return Predictive(self.p, self.p * x + self.q, self.v + x * z)

    @property
    def _new(self) -> Predictive:
        return Predictive(self.p, self.q, self.v)

    # -- simulator ----------------------------------------------------------------------------------

    @keeps_labels
    def sample_given(
        self, spend: DataOf[Spend], purchases: NumberLike, *, seed: int | np.random.Generator
    ) -> SampledSpend:
        """What each customer spends on so many purchases to come, drawn from all that it may be.

        First the customer's own mean, from its distribution given what was spent; then the purchases. Draws
        of the parameters, of shape (draws, 1), give one draw with each of them. An entry of weight w is drawn
        as one customer.

        Parameters
        ----------
        spend : Spend, n entries
        purchases : whole numbers ≥ 0
            One number, (n,), or (draws, n) such as the `purchases` that ``sample_given`` of a purchase model
            has drawn.
        seed : int or a numpy Generator
        """
        spend = self._rows(spend, "spend")
        counts, rng = _counts(purchases, len(spend)), generator(seed)
        shape = np.broadcast_shapes(counts.shape, (len(spend),), *map(np.shape, self.parameters.values()))
        # the customer's own rate of purchase values is all that links those to come to those that were
        given = self._given(spend)
        rate = rng.standard_gamma(np.broadcast_to(given.s, shape)) / given.scale
        # the sum of gamma variables of one rate is one of them; a rate that rounds to 0 is kept above it
        rate = np.maximum(rate, 1e-300)
        total = rng.standard_gamma(np.broadcast_to(given.p * counts, shape)) / rate
        return SampledSpend(total, given.p / rate)

    def sample(self, frequency: NumberLike, *, seed: int | np.random.Generator) -> Spend:
        """Simulate the mean value of `frequency` purchases for one customer each.

        `frequency` is (n,) whole numbers ≥ 0; `seed` an int or a numpy Generator.
        """
        x = np.atleast_1d(NOT_NEGATIVE.check("frequency", frequency))
        rng = generator(seed)
        rate = rng.gamma(self.q, 1.0 / np.asarray(self.v), x.shape)
        # the sum of x gamma variables of one rate is one of shape p·x: no purchase is drawn singly
        mean = rng.gamma(self.p * np.maximum(x, 1.0)) / (rate * np.maximum(x, 1.0))
        return Spend(frequency=x, monetary_value=np.where(x > 0, mean, 0.0))


def _counts(purchases: NumberLike, entries: int) -> Array:
    """Whole numbers of purchases: one for all, or one for each entry on the last axis."""
    counts = np.asarray(NOT_NEGATIVE.check("purchases", purchases))
    way_out = "Purchases come whole: draw how many are made before what they are worth."
    refuse_where(
        np.rint(counts) != counts, "not-whole", "purchases", counts, "must be whole numbers", way_out
    )
    if counts.ndim and counts.shape[-1] not in (1, entries):
        rule = f"must be one number, or have {counted(entries, 'entry', 'entries')} on the last axis"
        raise wrong_shape("purchases", counts, rule, "Ask about the customers of the spend, in their order.")
    return counts


def spend_parts(model: GammaGamma, x: Foreign, z: Foreign) -> tuple[Foreign, Foreign]:
    """Expected spend as what is divided and by what, of `x` purchases worth `z` in the mean.

    Arrays, or columns of an engine that computes them itself: anything that can be added and multiplied.
    """
    # eq. (5): the mean of all customers and the own one, weighted by q − 1 and p·x
    return model.p * (model.v + x * z), model.p * x + model.q - 1.0


def _ratio(above: Array, below: Array) -> Array:
    """above / below where below is positive, else inf: the integral diverges."""
    safe = np.where(below > 0.0, below, 1.0)
    return np.where(below > 0.0, above / safe, np.inf)


def _plain(values: Array) -> Real:
    return float(values) if np.ndim(values) == 0 else values


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
        rule = f"must be one number, or one for each of the {counted(entries, 'entry', 'entries')}"
        way_out = "Ask for one at a time to compare several."
        raise InputError("length-mismatch", argument, array, rule, way_out)
    return array
