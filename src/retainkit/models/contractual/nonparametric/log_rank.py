"""Log-rank: whether groups of customers leave alike.

Mantel, N. (1966), "Evaluation of Survival Data and Two New Rank Order Statistics Arising in Its
Consideration", Cancer Chemotherapy Reports 50(3), 163-170. Weightings: Gehan (1965), Tarone and Ware
(1977), Peto and Peto (1972).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, final, get_args

import numpy as np
from scipy.special import chdtrc

from retainkit.errors import InputError, unknown_choice
from retainkit.models.contractual.nonparametric.risk_table import Watch, at_known_times, weights_of
from retainkit.plurals import counted
from retainkit.protocols import DataOf
from retainkit.records import Record
from retainkit.summaries import Renewals
from retainkit.typing import Array

Weighting: TypeAlias = Literal["log-rank", "gehan", "tarone-ware", "peto"]
"""How much each tenure counts: alike; by the n at risk; by √n; by the survival of all groups together."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LogRank(Record):
    """A test of whether groups leave alike at every tenure."""

    statistic: float
    degrees_of_freedom: int
    p_value: float
    groups: tuple[str, ...]
    observed: tuple[float, ...]
    """Customers of each group who left, each counted by the weight of its tenure."""
    expected: tuple[float, ...]
    """How many would have left had all groups left alike, counted so too."""
    weighting: Weighting

    def __str__(self) -> str:
        chance = f"p = {self.p_value:.3g}" if self.p_value > 0.0 else "p < 1e-300"
        return (
            f"{self.weighting} test of {counted(len(self.groups), 'group')}: "
            f"chi-square {self.statistic:.4g} on "
            f"{counted(self.degrees_of_freedom, 'degree')} of freedom, {chance}"
        )


def log_rank(
    groups: Mapping[str, DataOf[Renewals]] | Sequence[DataOf[Renewals]], *, weighting: Weighting = "log-rank"
) -> LogRank:
    """Test whether groups of customers leave alike.

    At each tenure at which anybody leaves, the d who leave are compared with the d·n_g/n expected in each
    group from its share of those at risk; the sums of the differences, with their hypergeometric covariance,
    give a chi-square statistic. Late entry is part of who is at risk, ties are taken as they are. Any reason
    counts as leaving. Raises `InputError` for fewer than two groups, other units, fractional weights, and
    groups that are never at risk together when somebody leaves.

    Parameters
    ----------
    groups : two or more `Renewals`, or summaries that have them, by name or in a list
        In a list they are named "1", "2", …. Weights count customers and must be whole numbers.
    weighting : {"log-rank", "gehan", "tarone-ware", "peto"}
        Most power where hazards are proportional; the others give early tenures, where many are at risk,
        more weight.

    Examples
    --------
    >>> import retainkit as rk
    >>> monthly = rk.Renewals.from_survivors([1000, 869, 743, 653], unit="year")
    >>> yearly = rk.Renewals.from_survivors([1000, 631, 468, 382], unit="year")
    >>> test = log_rank({"monthly": monthly, "yearly": yearly})
    >>> test.p_value < 1e-30
    True
    >>> sum(test.observed) == round(sum(test.expected), 6)
    True
    """
    if weighting not in get_args(Weighting):
        raise unknown_choice("weighting", weighting, get_args(Weighting))
    named = _named(groups)
    every = list(named.values())
    time = np.unique(np.concatenate([r.duration[r.event > 0.0] for r in every]))
    if time.size == 0:
        raise _not_groups(
            "too-few", f"{counted(len(every), 'group')} in which nobody left", "must have somebody who left"
        )
    at_risk = np.stack([Watch.of(r, weights_of(r)).at_risk(time) for r in every])  # (groups, m)
    left = np.stack([_left_at(r, time) for r in every])
    n, d = at_risk.sum(axis=0), left.sum(axis=0)
    weight = _weights(weighting, n, d)
    share = at_risk / n
    observed, expected = (left * weight).sum(axis=1), (d * share * weight).sum(axis=1)
    # n = 1 leaves no choice of who it was: the variance there is 0
    scale = weight**2 * d * (n - d) / np.maximum(n - 1.0, 1.0)
    covariance = np.diag((share * scale).sum(axis=1)) - (share * scale) @ share.T
    statistic = _statistic(observed - expected, covariance, tuple(named))
    freedom = len(every) - 1
    return LogRank(
        statistic=statistic,
        degrees_of_freedom=freedom,
        p_value=float(chdtrc(freedom, statistic)),
        groups=tuple(named),
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        weighting=weighting,
    )


def _named(groups: object) -> dict[str, Renewals]:
    if isinstance(groups, Mapping):
        given = {str(name): data for name, data in cast("Mapping[str, Renewals]", groups).items()}
    elif isinstance(groups, Renewals):
        raise _not_groups("too-few", "one Renewals", "must be two or more groups")
    elif not isinstance(groups, Sequence):
        raise _not_groups("wrong-type", type(groups).__name__, "must be a mapping or a list of Renewals")
    else:
        given = {str(i): data for i, data in enumerate(cast("Sequence[Renewals]", groups), 1)}
    if len(given) < 2:
        raise _not_groups("too-few", f"{len(given)} group", "must be two or more groups")
    named = {name: at_known_times(data, f"groups[{name!r}]", "log_rank") for name, data in given.items()}
    units = {name: data.unit for name, data in named.items()}
    if len(set(units.values())) > 1:
        raise _not_groups("unit-mismatch", f"units {list(units.values())}", "must count time in one unit")
    for name, data in named.items():
        if np.any(np.rint(data.weight) != data.weight):
            rule = "must have whole numbers of customers as weights"
            raise _not_groups("not-whole", f"fractional weights in {name!r}", rule)
    return named


def _left_at(data: Renewals, time: Array) -> Array:
    gone = data.event > 0.0
    place = np.searchsorted(time, data.duration[gone])
    return np.bincount(place, data.weight[gone], time.size).astype(np.float64)


def _weights(weighting: Weighting, n: Array, d: Array) -> Array:
    if weighting == "gehan":
        return n
    if weighting == "tarone-ware":
        return n**0.5
    if weighting == "peto":
        return np.asarray(np.cumprod(1.0 - d / (n + 1.0)), np.float64)
    return np.ones_like(n)


def _statistic(difference: Array, covariance: Array, names: tuple[str, ...]) -> float:
    standard_error = np.sqrt(np.diag(covariance))
    alone = [name for name, s in zip(names, standard_error, strict=True) if s == 0.0]
    scaled = (
        covariance[:-1, :-1] / np.outer(standard_error[:-1], standard_error[:-1])
        if not alone
        else np.zeros((1, 1))
    )
    if alone or np.linalg.matrix_rank(scaled, hermitian=True) < len(names) - 1:
        rule = "must be at risk together with other groups when somebody leaves"
        raise _not_groups("nobody-at-risk", f"groups {', '.join(alone or names)}", rule)
    z = difference[:-1] / standard_error[:-1]
    return float(z @ np.linalg.solve(scaled, z))


def _not_groups(code: str, value: str, rule: str) -> InputError:
    way_out = "For example log_rank({'monthly': renewals_a, 'yearly': renewals_b})."
    return InputError(code, "groups", value, rule, way_out)
