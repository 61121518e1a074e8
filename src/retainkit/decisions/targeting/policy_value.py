"""What a rule for whom to treat is worth, from an experiment that did not follow the rule.

Each customer i was treated (D = 1) with a known chance e(x), whatever the rule π(x) would have done. Three
estimates of the mean outcome under the rule, all from the same data:

- ``"inverse-propensity"``: mean of w·y with w = π/e for the treated and (1 − π)/(1 − e) for the others.
  Unbiased. Horvitz, D. G. and Thompson, D. J. (1952), JASA 47(260), 663-685,
  doi:10.1080/01621459.1952.10483446.
- ``"normalized"``: Σw·y/Σw. Hardly biased, less noisy, and not moved when money is counted from another zero.
- ``"doubly-robust"``: predictions m₀, m₁ of the outcome, corrected by the weighted errors,
  mean of π·m₁ + (1 − π)·m₀ + w·(y − m_D). Right if either the chances or the predictions are. Dudík, M.,
  Langford, J. and Li, L. (2011), "Doubly Robust Policy Evaluation and Learning", ICML 2011, arXiv:1103.4601.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit._numerics.samples.normal_regret import expected_regret
from retainkit.columns import keeps_labels, known
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import check_sources
from retainkit.decisions._base.estimate import Estimate, mean_of
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.domains import LEVEL, PROBABILITY, REAL, one_number
from retainkit.errors import InputError, missing_argument, refuse_where, unknown_choice, wrong_shape
from retainkit.plurals import counted
from retainkit.typing import Array, Number, NumberLike, Real

PolicyMethod: TypeAlias = Literal["inverse-propensity", "normalized", "doubly-robust"]
"""How the value of a policy is estimated from data that did not follow it."""

PROPENSITY = replace(
    LEVEL,
    rule="must be a chance above 0 and below 1",
    way_out="Customers who were always or never treated tell nothing of the other arm: leave them out.",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class PolicyInputs(Inputs):
    """An experiment and a rule for whom to treat, with what could make the rule worse than no rule."""

    propensity: Real = assumed(PROPENSITY, "chance to be treated in the experiment")
    further_cost: Real = assumed(REAL, "of treating a customer, beyond what the outcomes count")
    treat: Array = setting()
    treated: Array = setting()
    outcome: Array = setting()
    predicted_untreated: Array = setting()
    predicted_treated: Array = setting()
    method: PolicyMethod = setting()

    def weights(self, rule: Array) -> Array:
        """π/e for the treated and (1 − π)/(1 − e) for the others: 0 where the rule was not followed."""
        chance = np.where(self.treated == 1.0, self.propensity, 1.0 - self.propensity)
        return np.where(self.treated == 1.0, rule, 1.0 - rule) / chance

    def values(self, rule: Array) -> Array:
        """One contribution per customer; their mean is the estimate, their spread its error."""
        weight = self.weights(rule)
        if self.method == "inverse-propensity":
            found = weight * self.outcome
        elif self.method == "normalized":
            mean = weight.mean()
            value = float((weight * self.outcome).mean() / mean)
            # of a ratio of means, to first order: its mean is the ratio, its spread the delta method's
            found = value + weight * (self.outcome - value) / mean  # the influence of each on the ratio
        else:
            untreated, treated = self.predicted_untreated, self.predicted_treated
            here = np.where(self.treated == 1.0, treated, untreated)
            # the prediction under the rule, and its error where the rule was followed
            found = rule * treated + (1.0 - rule) * untreated + weight * (self.outcome - here)
        return found - self.further_cost * rule

    def over_nobody(self) -> Array:
        """Contributions to the gain over treating nobody: of the same customers, so that errors cancel."""
        return self.values(self.treat) - self.values(np.zeros_like(self.treat))

    def over_everybody(self) -> Array:
        """The same over treating everybody."""
        return self.values(self.treat) - self.values(np.ones_like(self.treat))

    def gain(self) -> float:
        """Over the better of the two; a rule that treats everybody is compared with treating nobody."""
        # it is everybody itself: the gain over everybody would be 0 whatever it is worth
        nobody = float(self.over_nobody().mean())
        return nobody if self.treat.all() else min(nobody, float(self.over_everybody().mean()))

    def gain_at(self, **values: Real) -> NumberLike:
        """The gain with some of the inputs changed; where one chance holds for all, from sums made once."""
        chance: Real = values.get("propensity", self.propensity)
        further: Real = values.get("further_cost", self.further_cost)
        if np.ndim(chance) or np.ndim(further):
            return super().gain_at(**values)
        e, cost = float(chance), float(further)
        # normalized divides by the sum of the weights, the others by n, which no chance changes
        size = 0 if self.method == "normalized" else self.outcome.size
        own, nobody, everybody = (
            predicted + (up / e + down / (1.0 - e)) / (size or m / e + n / (1.0 - e)) - cost * share
            for predicted, up, down, m, n, share in self._sums
        )
        return own - nobody if self.treat.all() else own - max(nobody, everybody)

    @cached_property
    def _sums(self) -> list[tuple[float, ...]]:
        """Of the rule, of nobody and of everybody: the parts of the estimate that the chance multiplies."""
        at, size = self.treated, self.outcome.size
        robust = self.method == "doubly-robust"
        here = np.where(at == 1.0, self.predicted_treated, self.predicted_untreated) if robust else 0.0
        found: list[tuple[float, ...]] = []
        for rule in (self.treat, np.zeros(size), np.ones(size)):
            up, down = at * rule, (1.0 - at) * (1.0 - rule)
            y = self.outcome - here
            predicted = rule * self.predicted_treated + (1.0 - rule) * self.predicted_untreated
            sums = (float(np.mean(predicted)) if robust else 0.0, float(up @ y), float(down @ y))
            found.append((*sums, float(up.sum()), float(down.sum()), float(rule.mean())))
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class PolicyValue(Decision):
    """The mean outcome per customer under a rule; made by `policy_value`.

    Attributes
    ----------
    gain : float, money per customer
        Over treating nobody or treating everybody, whichever is better.
    value : Estimate, money per customer
    over_nobody, over_everybody : Estimate, money per customer
        Gain over treating nobody, and over treating everybody.
    share_treated : float
        Share of customers whom the rule treats.
    effective_customers : float
        (Σw)²/Σw²: how many customers, had they followed the rule, would tell as much.
    method : str
    """

    inputs: PolicyInputs
    gain: float
    value: Estimate
    over_nobody: Estimate
    over_everybody: Estimate
    share_treated: float
    effective_customers: float
    method: PolicyMethod

    @property
    def probability_of_gain(self) -> float:
        """Chance that the rule beats the better of the two, as far as the data tell."""
        return self._compared().probability_positive

    @property
    def value_of_certainty(self) -> float:
        """The most that it may cost to know per customer which is better, as far as the data tell."""
        found = self._compared()
        return float(expected_regret(np.asarray(found.value), np.asarray(found.standard_error)))

    def interval(
        self, level: Number = 0.9, *, include: Sequence[str] = ("parameters",)
    ) -> tuple[float, float]:
        """The normal interval of the gain."""
        check_sources(include)
        return self._compared().replace(level=one_number("level", level, LEVEL)).interval

    def _compared(self) -> Estimate:
        return self.over_nobody if self.gain == self.over_nobody.value else self.over_everybody

    def headline(self) -> str:
        """What the rule is worth, and over which other rules."""
        return (
            f"the rule treats {self.share_treated:.1%} and is worth {self.value} per customer.\n"
            f"  over treating nobody: {self.over_nobody}\n"
            f"  over treating everybody: {self.over_everybody}\n"
            f"  {self.method}, as much evidence as "
            f"{counted(self.effective_customers, 'customer', spec=',.0f')} under the rule; "
            "chances to be treated taken as known"
        )


@keeps_labels
def policy_value(
    treat: NumberLike,
    *,
    treated: NumberLike,
    outcome: NumberLike,
    propensity: NumberLike,
    method: PolicyMethod | None = None,
    predicted_untreated: NumberLike = None,
    predicted_treated: NumberLike = None,
    level: Number = 0.9,
) -> PolicyValue:
    """What customers bring, on average, if a rule decides who is treated.

    Raises `InputError` for values outside their domain, columns of unequal length, missing predictions, and a
    rule that no customer of the experiment happened to follow.

    Parameters
    ----------
    treat : column (n,) of booleans, or of chances in [0, 1]
        Whom the rule would treat. It must not have been learnt from these customers' outcomes.
    treated : column (n,) of booleans or 0 and 1
        Who was treated, in the experiment.
    outcome : column (n,), money
        What each brought, after the cost of the treatment for those who had it.
    propensity : number or column in (0, 1)
        The chance with which each was treated, known from the design: 0.5 in an even split.
    method : {"inverse-propensity", "normalized", "doubly-robust"}, optional
        "doubly-robust" where predictions are given, else "normalized".
    predicted_untreated, predicted_treated : columns (n,), money
        What a model predicts that each brings without and with treatment, learnt from other customers (or
        cross-fitted). For "doubly-robust".
    level : number in (0, 1)
        Of the intervals.

    Examples
    --------
    >>> treated = [1, 1, 0, 0, 1, 0]
    >>> outcome = [50, 20, 30, 25, 60, 10]
    >>> rule = policy_value([1, 0, 1, 0, 1, 0], treated=treated, outcome=outcome, propensity=0.5)
    >>> round(rule.value.value, 2)  # the mean of the four who were treated as the rule would
    36.25
    """
    used = _method(method, predicted_untreated, predicted_treated)
    share = one_number("level", level, LEVEL)
    x = _experiment(treat, treated, outcome, propensity, predicted_untreated, predicted_treated, used)
    weight = x.weights(x.treat)
    _check_followed(x, weight)
    return PolicyValue(
        inputs=x,
        gain=x.gain(),
        value=mean_of(x.values(x.treat), share),
        over_nobody=mean_of(x.over_nobody(), share),
        over_everybody=mean_of(x.over_everybody(), share),
        share_treated=float(x.treat.mean()),
        effective_customers=float(weight.sum() ** 2 / (weight**2).sum()),
        method=used,
    )


def _method(method: PolicyMethod | None, *predicted: NumberLike) -> PolicyMethod:
    missing = any(p is None for p in predicted)
    if method is None:
        # the choice that does not depend on where money is counted from, unless predictions allow a better
        # one
        method = "normalized" if missing else "doubly-robust"
    if method not in get_args(PolicyMethod):
        raise unknown_choice("method", method, get_args(PolicyMethod))
    if method == "doubly-robust" and missing:
        rule = 'must both be given for method="doubly-robust"'
        way_out = 'Give both, or choose method="normalized".'
        raise missing_argument("predicted_untreated and predicted_treated", rule, way_out)
    return method


def indicator(argument: str, value: NumberLike) -> Array:
    """A column of booleans, or of 0 and 1, as numbers."""
    array: NumberLike = np.asarray(value)
    if array.dtype == np.bool_:
        return array.astype(np.float64)
    (numbers,) = known(**{argument: (value, PROBABILITY)})
    return numbers


def check_indicator(argument: str, array: Array) -> None:
    """Refuse what is neither 0 nor 1."""
    bad = (array != 0.0) & (array != 1.0)
    way_out = "Give 1 for a customer who was treated and 0 for one who was not."
    refuse_where(bad, "out-of-range", argument, array, "must be true or false, or 1 or 0", way_out)


def _experiment(
    treat: NumberLike,
    treated: NumberLike,
    outcome: NumberLike,
    propensity: NumberLike,
    untreated: NumberLike,
    if_treated: NumberLike,
    method: PolicyMethod,
) -> PolicyInputs:
    (rule, was, y, e, m0, m1) = known(
        treat=(indicator("treat", treat), PROBABILITY),
        treated=(indicator("treated", treated), PROBABILITY),
        outcome=(outcome, REAL),
        propensity=(propensity, PROPENSITY),
        predicted_untreated=(0.0 if untreated is None else untreated, REAL),
        predicted_treated=(0.0 if if_treated is None else if_treated, REAL),
    )
    check_indicator("treated", was)
    check_column("outcome", y)
    rule, was, m0, m1 = (np.broadcast_to(x, y.shape) for x in (rule, was, m0, m1))
    return PolicyInputs(
        propensity=e.item() if e.ndim == 0 else e,
        further_cost=0.0,
        treat=rule,
        treated=was,
        outcome=y,
        predicted_untreated=m0,
        predicted_treated=m1,
        method=method,
    )


def check_column(argument: str, array: Array) -> None:
    """Refuse what is not one value for each of at least two customers."""
    if array.ndim != 1 or array.size < 2:
        rule = "must be a column with one value for each of two or more customers"
        raise wrong_shape(argument, array, rule, "Give one entry per customer of the experiment.")


def _check_followed(x: PolicyInputs, weight: Array) -> None:
    # no customer was treated as the rule would: every weight is 0, and any value fits
    if not np.any(weight > 0.0):
        shown = f"a rule that treats {x.treat.mean():.0%}"
        agrees = "must agree with what happened to at least one customer of the experiment"
        way_out = "Compare the order of the columns; with a handful of customers gather more."
        raise InputError("too-few", "treat", shown, agrees, way_out)
