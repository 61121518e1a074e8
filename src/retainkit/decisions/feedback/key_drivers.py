"""What satisfaction goes along with: how much of its variation is due to each driver in a survey.

The answers to "how satisfied are you with price, speed, staff …" correlate with each other, so regression
coefficients jump about, and simple correlations count the same thing several times. Both methods here divide
R², the share of the outcome's variation that all drivers explain together, into one part per driver:
`shapley_r_squared` by the average over all orders of the drivers, `relative_weights` by uncorrelated
stand-ins.

Importance is a statement about how answers vary together. It does not say what happens to the outcome, let
alone to money, if a driver is improved; that takes an experiment, or a coefficient of the user's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from retainkit._numerics.samples.correlations import (
    check_correlations,
    check_own_variation,
    of_moments,
    standardized,
)
from retainkit.columns import named_once
from retainkit.decisions.feedback.driver_parts import DriverMethod, check_method, divide, intervals
from retainkit.decisions.feedback.tickets import read_numbers
from retainkit.display import text_table
from retainkit.domains import LEVEL, POSITIVE, generator
from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.records import Record, read_only
from retainkit.typing import Array, Frame, Number, NumberLike

CAVEAT = "How answers vary together; what improving a driver would change is not in these data."


@dataclass(frozen=True, eq=False, kw_only=True)
class KeyDrivers(Record):
    """How much of an outcome's variation is due to each driver; made by `key_drivers`.

    Attributes
    ----------
    drivers : tuple of str, p of them
    outcome : str
    importance : (p,)
        Parts of R²; they add up to it.
    r_squared : float
        Share of the outcome's variation that all drivers explain together, in these rows: with many drivers
        and few rows it is too high.
    correlation : (p,)
        Of each driver with the outcome; a negative one means that more of the driver goes with less of the
        outcome.
    method : {"shapley", "relative-weights"}
    low, high : (p,) or None
        Interval of each importance. Parts cannot be negative, so the interval of a driver that has nothing to
        do with the outcome ends a little above 0, not at it.
    level : float
        Of the intervals.
    probability_first : (p,) or None
        Share of the replicates in which the driver is the most important.
    replicates : int
        How many the intervals come from; 0 without intervals.
    sampling_error : (p,) or None
        Standard error from averaging over some of the orders, where all of them were too many.
    mean : (p,) or None
        Mean answer to each driver, where the rows were given: its performance.
    rows : int or None
        How many were used.
    """

    _derived = ("share",)

    drivers: tuple[str, ...]
    outcome: str
    importance: Array
    r_squared: float
    correlation: Array
    method: DriverMethod
    low: Array | None = None
    high: Array | None = None
    level: float = 0.9
    probability_first: Array | None = None
    replicates: int = 0
    sampling_error: Array | None = None
    mean: Array | None = None
    rows: int | None = None
    caveat: str = field(default=CAVEAT, repr=False)

    @property
    def share(self) -> Array:
        """Parts of what is explained, which add up to 1; 0 where nothing is."""
        # nothing explained, nothing to share out
        return self.importance / self.r_squared if self.r_squared > 0.0 else np.zeros_like(self.importance)

    @property
    def ranking(self) -> tuple[str, ...]:
        """The drivers, the most important first."""
        return tuple(self.drivers[i] for i in self._order())

    def _order(self) -> list[int]:
        return np.argsort(-self.importance, kind="stable").tolist()

    def __str__(self) -> str:
        head = ["driver", "importance", "share", "correlation"]
        if self.low is not None:
            head[2:2] = [f"{self.level:.0%} interval"]
            head.append("first")
        if self.sampling_error is not None:
            head[2:2] = ["± sampling"]
        rows = [head, *(self._row(i) for i in self._order())]
        of = f" of {counted(self.rows, 'row')}" if self.rows else ""
        caption = (
            f"What {self.outcome} goes along with: R² = {self.r_squared:.3f}{of}, divided by {self.method}"
        )
        return f"{text_table(caption, rows, left=1)}\n{self.caveat}"

    def _row(self, i: int) -> list[str]:
        cells = [self.drivers[i], f"{self.importance[i]:.4f}"]
        if self.sampling_error is not None:
            cells.append(f"{self.sampling_error[i]:.4f}")
        if self.low is not None and self.high is not None:
            cells.append(f"{self.low[i]:.4f} to {self.high[i]:.4f}")
        cells += [f"{self.share[i]:.1%}", f"{self.correlation[i]:+.3f}"]
        if self.probability_first is not None:
            cells.append(f"{self.probability_first[i]:.0%}")
        return cells


def key_drivers(
    table: Frame,
    *,
    outcome: str,
    drivers: Sequence[str],
    weight: str | None = None,
    method: DriverMethod = "shapley",
    replicates: int = 1000,
    level: Number = 0.9,
    orders: int = 2000,
    seed: int | np.random.Generator = 0,
) -> KeyDrivers:
    """Which of the things asked about in a survey satisfaction goes along with, and how much.

    Up to 20 drivers all orders are averaged over exactly, beyond that some thousands at random.

    Raises `InputError` for missing columns, gaps, columns that are not numbers or do not vary, a driver that
    is a combination of others, and fewer rows than two more than drivers.

    Parameters
    ----------
    table : dataframe of any kind, or dict of columns
        One row per respondent, without gaps.
    outcome : name of a column
        Overall satisfaction, intention to stay, and the like; numbers, or 0 and 1.
    drivers : names of columns
        Numbers, or 0 and 1.
    weight : name of a column, optional
        How many customers each respondent stands for.
    method : {"shapley", "relative-weights"}
    replicates : int
        Of the bootstrap; 0 for none.
    level : number in (0, 1)
        Of the intervals.
    orders : int
        How many random orders, where there are more than 20 drivers.
    seed : int or Generator

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> mood = rng.normal(size=800)
    >>> survey = {name: mood + rng.normal(size=800) for name in ("speed", "price", "staff")}
    >>> survey["satisfaction"] = survey["speed"] + 0.5 * survey["price"] + rng.normal(size=800)
    >>> found = key_drivers(survey, outcome="satisfaction", drivers=["speed", "price", "staff"])
    >>> found.ranking
    ('speed', 'price', 'staff')
    >>> bool(abs(found.importance.sum() - found.r_squared) < 1e-12)
    True
    """
    check_method(method)
    names = named_once("drivers", drivers, _roles(outcome, weight))
    z, w, mean = _read(table, outcome, names, weight)
    share = w / w.sum()
    # weighted moments of standardized columns are their correlations
    R, r = of_moments((z * share) @ z.T)
    check_own_variation(R[None], names, "drivers")
    rng = generator(seed)
    parts, error = divide(R, r, method, orders, rng)
    bounds = intervals(z, w, parts, method, replicates, float(LEVEL.check("level", level)), rng)
    return KeyDrivers(
        drivers=names,
        outcome=outcome,
        importance=read_only(parts),
        r_squared=float(parts.sum()),
        correlation=read_only(r),
        method=method,
        sampling_error=error,
        mean=read_only(mean),
        rows=z.shape[1],
        **bounds,
    )


def key_drivers_of_correlations(
    correlation: NumberLike,
    with_outcome: NumberLike,
    *,
    drivers: Sequence[str],
    outcome: str = "the outcome",
    method: DriverMethod = "shapley",
    orders: int = 2000,
    seed: int | np.random.Generator = 0,
) -> KeyDrivers:
    """The same from a published or polychoric table of correlations; without the rows there are no intervals.

    Raises `InputError` for tables that no data can have, a driver that is a combination of others, and a
    wrong number of names.

    Parameters
    ----------
    correlation : (p, p)
        Of the drivers with each other.
    with_outcome : (p,)
        Of the drivers with the outcome.
    drivers : p names
    outcome : str
        Its name.
    method, orders, seed
        As `key_drivers`.

    Examples
    --------
    >>> table = [[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]]
    >>> print(key_drivers_of_correlations(table, [0.6, 0.5, 0.4], drivers=["speed", "price", "staff"]))
    What the outcome goes along with: R² = 0.442, divided by shapley
    driver  importance  share  correlation
    speed       0.2375  53.8%       +0.600
    price       0.1247  28.2%       +0.500
    staff       0.0796  18.0%       +0.400
    How answers vary together; what improving a driver would change is not in these data.
    """
    check_method(method)
    names = named_once("drivers", drivers, {})
    R, r = check_correlations(correlation, with_outcome, names)
    if r.shape != (len(names),):
        rule = f"must name each of the {r.shape[-1]} rows of one table of correlations"
        way_out = "Give the names in the order of the rows."
        raise InputError("length-mismatch", "drivers", names, rule, way_out)
    parts, error = divide(R, r, method, orders, generator(seed))
    return KeyDrivers(
        drivers=names,
        outcome=outcome,
        importance=read_only(parts),
        r_squared=float(parts.sum()),
        correlation=read_only(r.copy()),
        method=method,
        sampling_error=error,
    )


def _roles(outcome: str, weight: str | None) -> dict[str, str]:
    roles = {outcome: "outcome"}
    return roles if weight is None else roles | dict.fromkeys(named_once("weight", weight, roles), "weight")


def _read(
    table: Frame, outcome: str, names: tuple[str, ...], weight: str | None
) -> tuple[Array, Array, Array]:
    """Standardized drivers and outcome (p + 1, n), the weights of the rows, and the drivers' means."""
    wanted = {**dict.fromkeys(names, "drivers"), outcome: "outcome"}
    columns = read_numbers(table, wanted | ({} if weight is None else {weight: "weight"}))
    answers = np.stack([columns[name] for name in wanted])
    w = np.ones(answers.shape[1]) if weight is None else np.asarray(POSITIVE.check(weight, columns[weight]))
    # with fewer rows the drivers fit the outcome exactly, whatever they are
    if answers.shape[1] < len(names) + 2:
        shown = f"{counted(answers.shape[1], 'row')} for {len(names)} drivers"
        way_out = "Gather more answers: some dozens of rows per driver tell something."
        raise InputError("too-few", "table", shown, "must have at least two rows more than drivers", way_out)
    z, mean, deviation = standardized(answers, w)
    for name, sd, value in zip(wanted, deviation.tolist(), mean.tolist(), strict=True):
        if sd == 0.0:
            rule = "must vary: what is the same for everyone explains nothing, and cannot be explained"
            way_out = "Leave it out." if wanted[name] == "drivers" else "Choose another outcome."
            raise InputError("collinear", wanted[name], f"{name!r}, {value:.6g} in every row", rule, way_out)
    return z, w, mean[:-1]
