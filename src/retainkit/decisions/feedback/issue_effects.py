"""How much more often customers leave who met an issue, other issues being equal.

Customers with one issue often have another one too. The plain difference in churn between those who met an
issue and those who did not then counts the other issue's share as well, and the sum over issues counts
customers twice. Two ways to keep them apart:

- ``"adjusted"``: least squares of leaving (0 or 1) on all issues and controls at once. Each coefficient is a
  difference in the probability of leaving with all else held fixed, and their sum counts nobody twice. Errors
  for unequal variances, HC2: MacKinnon, J. G. and White, H. (1985), Journal of Econometrics 29(3), 305-325,
  doi:10.1016/0304-4076(85)90158-7.
- ``"stratified"``: differences within groups of customers who are alike in all other issues and
  controls: Mantel and Haenszel's average, with the variance of Sato (1989).

Neither makes an experiment out of tickets: who writes in differs from who does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.samples.adjusted_differences import (
    Differences,
    by_difference,
    by_regression,
    by_strata,
)
from retainkit._numerics.samples.correlations import check_own_variation, standardized
from retainkit.columns import named_once
from retainkit.decisions._base.estimate import Estimate
from retainkit.decisions.feedback.tickets import NO_ANSWER, read_answers
from retainkit.display import text_table
from retainkit.domains import LEVEL, generator
from retainkit.draws import Draws
from retainkit.errors import InputError, unknown_choice
from retainkit.records import Record, read_only
from retainkit.typing import Array, Frame, Number

EffectMethod: TypeAlias = Literal["adjusted", "stratified", "unadjusted"]
"""How customers with an issue are compared with those without it."""

_ROUNDING = 1e-20  # of a squared difference of shares
CAVEAT = "Observed, not tried out: who meets an issue, and who reports it, may differ in other ways too."


@dataclass(frozen=True, eq=False, kw_only=True)
class IssueEffects(Record):
    """How much more often customers leave who met an issue; made by `issue_effects`.

    Attributes
    ----------
    issues : tuple of str, k of them
    effect : tuple of Estimate
        Difference in the share who leave, with the other issues held fixed: 0.04 for 4 points more.
    incidence : (k,)
        Share of all customers who met the issue.
    unadjusted : (k,)
        The plain difference between those who met the issue and those who did not, for comparison.
    compared : (k,)
        Share of those who met the issue who could be compared with others alike; below 1 only for
        "stratified".
    churn : float
        Share of all customers who left.
    customers : int
    method : {"adjusted", "stratified", "unadjusted"}
    controls : tuple of str
    covariance : (k, k)
        Of the estimates; those of "stratified" and "unadjusted" are taken as independent of each other.
    """

    _derived = ("attributed",)
    _hidden = frozenset({"covariance"})

    issues: tuple[str, ...]
    effect: tuple[Estimate, ...]
    incidence: Array
    unadjusted: Array
    compared: Array
    churn: float
    customers: int
    method: EffectMethod
    controls: tuple[str, ...]
    covariance: Array = field(repr=False)
    caveat: str = field(default=CAVEAT, repr=False)

    @property
    def attributed(self) -> float:
        """Share of all who left whom the issues together account for, if the estimates are effects."""
        # incidence · effect adds up over issues, since each effect holds the other issues fixed
        # adjusted effects count nobody twice, so that their sum over issues is one of customers
        total = float(self.incidence @ np.array([e.value for e in self.effect]))
        return total / self.churn

    def draws(self, n: int = 4000, *, seed: int | np.random.Generator = 0) -> dict[str, Draws]:
        """Effects by issue, drawn from the normal distribution of the estimates.

        Parameters
        ----------
        n : int
        seed : int or Generator
        """
        mean = np.array([e.value for e in self.effect])
        drawn = generator(seed).multivariate_normal(
            # jointly: effects estimated from one table are correlated
            mean,
            self.covariance,
            size=n,
            method="cholesky",
        )
        return {name: Draws(drawn[:, j]) for j, name in enumerate(self.issues)}

    def _row_columns(self) -> Mapping[str, Array | list[str]]:
        ends = np.array([e.interval for e in self.effect])
        return {
            "issue": list(self.issues),
            "incidence": self.incidence,
            "unadjusted": self.unadjusted,
            "effect": np.array([e.value for e in self.effect]),
            "low": ends[:, 0],
            "high": ends[:, 1],
            "compared": self.compared,
        }

    def __str__(self) -> str:
        level = self.effect[0].level
        rows = [["issue", "met by", "plain difference", f"{self.method}, points", f"{level:.0%} interval"]]
        for j, (name, estimate) in enumerate(zip(self.issues, self.effect, strict=True)):
            low, high = estimate.interval
            plain, points = 100.0 * self.unadjusted[j], 100.0 * estimate.value
            cells = [name, f"{self.incidence[j]:.1%}", f"{plain:+.1f}", f"{points:+.1f}"]
            rows.append([*cells, f"{100.0 * low:+.1f} to {100.0 * high:+.1f}"])
        caption = (
            f"{self.churn:.1%} of {self.customers:,} customers left; "
            f"the issues together account for {self.attributed:.0%} of them"
        )
        lines = [text_table(caption, rows, left=1)]
        if (lost := float(self.compared.min())) < 1.0:
            worst = self.issues[int(np.argmin(self.compared))]
            lines.append(f"Only {lost:.0%} of those with {worst!r} could be compared with others alike.")
        return "\n".join([*lines, self.caveat])


def issue_effects(
    table: Frame,
    *,
    churned: str,
    issues: Sequence[str],
    controls: Sequence[str] = (),
    method: EffectMethod = "adjusted",
    level: Number = 0.9,
) -> IssueEffects:
    """How much more often customers leave who met an issue, other issues and controls being equal.

    Raises `InputError` for missing columns, gaps, issues that fewer than two customers have or lack, issues
    that are a combination of others, and customers who cannot be compared with anyone.

    Parameters
    ----------
    table : dataframe of any kind, or dict of columns
        One row per customer, also those without any issue; `tickets_by_customer` makes it from tickets.
    churned : name of a column of 0 and 1
        Whether the customer left in the time after the issues.
    issues : names of columns of 0 and 1
        Whether the customer met each issue.
    controls : names of columns of numbers, optional
        What else customers differ in: tenure, plan, how much they use. "stratified" groups by equal values.
    method : {"adjusted", "stratified", "unadjusted"}
    level : number in (0, 1)
        Of the intervals.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> outage = rng.random(20_000) < 0.2
    >>> billing = rng.random(20_000) < np.where(outage, 0.4, 0.1)
    >>> left = rng.random(20_000) < 0.05 + 0.10 * outage + 0.02 * billing
    >>> table = {"outage": outage, "billing": billing, "left": left}
    >>> print(issue_effects(table, churned="left", issues=["outage", "billing"]))
    7.7% of 20,000 customers left; the issues together account for 33% of them
    issue    met by  plain difference  adjusted, points    90% interval
    outage    20.2%             +11.6             +11.1  +10.0 to +12.2
    billing   16.0%              +5.7              +1.8    +0.8 to +2.9
    Observed, not tried out: who meets an issue, and who reports it, may differ in other ways too.
    """
    if method not in get_args(EffectMethod):
        raise unknown_choice("method", method, get_args(EffectMethod))
    share = float(LEVEL.check("level", level))
    names = named_once("issues", issues, {churned: "churned"})
    others = (
        named_once("controls", controls, {churned: "churned"} | dict.fromkeys(names, "issues"))
        if controls
        else ()
    )
    left, met, rest = _columns(table, churned, names, others)
    if method != "unadjusted":
        _check_apart(met, rest, names, others)
    found = _differences(left, met, rest, method)
    _check_compared(found, names)
    errors = np.sqrt(np.diag(found.covariance)).tolist()
    effects = [Estimate(e, error, share) for e, error in zip(found.effect.tolist(), errors, strict=True)]
    return IssueEffects(
        issues=names,
        effect=tuple(effects),
        incidence=read_only(met.mean(axis=1)),
        unadjusted=read_only(by_difference(left, met).effect),
        compared=read_only(found.compared),
        churn=float(left.mean()),
        customers=left.size,
        method=method,
        controls=others,
        covariance=read_only(found.covariance),
    )


def _columns(
    table: Frame, churned: str, names: tuple[str, ...], others: tuple[str, ...]
) -> tuple[Array, Array, Array]:
    wanted = {churned: "churned", **dict.fromkeys(names, "issues"), **dict.fromkeys(others, "controls")}
    read = read_answers(table, wanted)
    left = read[churned].flags(NO_ANSWER).astype(np.float64)
    met = np.stack([read[name].flags(NO_ANSWER) for name in names]).astype(np.float64)
    for name, column, role in [
        (churned, left, "churned"),
        *((n, c, "issues") for n, c in zip(names, met, strict=True)),
    ]:
        count = int(column.sum())
        # one customer on a side gives a difference without a variance
        if min(count, column.size - count) < 2:
            rule = "must hold for two customers or more, and not for two or more"
            way_out = (
                "Leave it out, or join it with a similar issue." if role == "issues" else "Watch longer."
            )
            raise InputError("too-few", role, f"{name!r}, {count:,} of {column.size:,}", rule, way_out)
    rest = [read[name].numbers(NO_ANSWER, flags=True) for name in others]
    return left, met, np.stack(rest) if rest else np.empty((0, left.size))


def _check_apart(met: Array, rest: Array, names: tuple[str, ...], others: tuple[str, ...]) -> None:
    # a constant or a sum of others has no effect of its own that data could show
    z, _, deviation = standardized(np.concatenate([met, rest]), np.ones_like(met[0]))
    for name, sd in zip((*names, *others), deviation.tolist(), strict=True):
        if sd == 0.0:
            way_out = "Leave it out: it is the same for everyone."
            raise InputError("collinear", "controls", name, "must vary", way_out)
    # issues that always come together cannot be told apart by any data like these
    check_own_variation((z @ z.T / z.shape[1])[None], (*names, *others), "issues and controls")


def _differences(left: Array, met: Array, rest: Array, method: EffectMethod) -> Differences:
    if method == "adjusted":
        return by_regression(left, met, rest)
    return by_strata(left, met, rest) if method == "stratified" else by_difference(left, met)


def _check_compared(found: Differences, names: tuple[str, ...]) -> None:
    alone: NDArray[np.bool_] = found.compared == 0.0
    if alone.any():
        rule = "must have been met by some and not by others among customers alike in all else"
        way_out = 'Use fewer or coarser controls, or method="adjusted".'
        raise InputError("too-few", "issues", names[int(np.argmax(alone))], rule, way_out)
    certain: NDArray[np.bool_] = np.diag(found.covariance) <= _ROUNDING
    if certain.any():
        rule = "must not follow from an issue and the controls without exception: such data show no error"
        way_out = "Take more customers, or give the effect by hand to issues_at_stake."
        raise InputError("collinear", "churned", names[int(np.argmax(certain))], rule, way_out)
