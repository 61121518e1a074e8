"""Importance against performance: what matters and is done badly comes first.

Martilla, J. A. and James, J. C. (1977), "Importance-Performance Analysis", Journal of Marketing 41(1), 77-79,
doi:10.1177/002224297704100112. Where the table is cut in four is a judgement: the cut has a name here, and
moving it moves what stands close to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

import numpy as np

from retainkit.decisions.feedback.key_drivers import CAVEAT, KeyDrivers
from retainkit.display import text_table
from retainkit.domains import REAL
from retainkit.errors import InputError, missing_argument, near, unknown_choice
from retainkit.records import Record, read_only
from retainkit.typing import Array, Number

Quadrant: TypeAlias = Literal[
    "concentrate here", "keep up the good work", "low priority", "possible overkill"
]
"""Important and weak, important and strong, unimportant and weak, unimportant and strong."""

Cut: TypeAlias = Literal["mean", "median"]
"""Where importance and performance count as high: from the mean or the median of the attributes on."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ImportancePerformance(Record):
    """What matters and how well it is done; made by `importance_performance`.

    Attributes
    ----------
    attributes : tuple of str, the most important first
    importance, performance : (p,)
    quadrant : tuple of Quadrant
    importance_cut, performance_cut : float
        At the cut counts as high.
    cut : str
        How the cut was chosen: "mean", "median" or "given".
    against : tuple of str
        Attributes of which more goes with less of the outcome: for these a high mean is a bad performance, so
        that their quadrant has to be read the other way round, or the answers recoded.
    """

    attributes: tuple[str, ...]
    importance: Array
    performance: Array
    quadrant: tuple[Quadrant, ...]
    importance_cut: float
    performance_cut: float
    cut: str
    against: tuple[str, ...] = ()
    caveat: str = CAVEAT

    def of(self, quadrant: Quadrant) -> tuple[str, ...]:
        """The attributes of a quadrant, the most important first."""
        if quadrant not in get_args(Quadrant):
            raise unknown_choice("quadrant", quadrant, get_args(Quadrant))
        return tuple(
            name for name, found in zip(self.attributes, self.quadrant, strict=True) if found == quadrant
        )

    def __str__(self) -> str:
        rows = [["attribute", "importance", "performance", "quadrant".ljust(21)]]
        for i, name in enumerate(self.attributes):
            mark = " (-)" if name in self.against else ""
            cells = f"{self.importance[i]:.4g}", f"{self.performance[i]:.4g}", self.quadrant[i].ljust(21)
            rows.append([name + mark, *cells])
        chosen = "as given" if self.cut == "given" else f"at the {self.cut}s"
        caption = (
            f"Cut {chosen}: importance from {self.importance_cut:.4g}, "
            f"performance from {self.performance_cut:.4g}"
        )
        lines = [text_table(caption, rows, left=1)]
        if self.against:
            lines.append(
                "(-) more of it goes with less of the outcome: read its quadrant the other way round"
            )
        return "\n".join([*lines, self.caveat])


def importance_performance(
    importance: KeyDrivers | Mapping[str, Number],
    *,
    performance: Mapping[str, Number] | None = None,
    cut: Cut | tuple[Number, Number] = "mean",
) -> ImportancePerformance:
    """Attributes in four quadrants: how important each is, against how well it is done.

    Raises `InputError` for missing performances, unequal names, values that are not finite and unknown cuts.

    Parameters
    ----------
    importance : KeyDrivers, or mapping of name to number
        Derived from answers, or as stated by customers.
    performance : mapping of name to number, optional
        On one scale for all. By default the mean answers in the survey behind `KeyDrivers`.
    cut : {"mean", "median"} or (importance, performance)
        From where on each counts as high.

    Examples
    --------
    >>> table = importance_performance(
    ...     {"speed": 0.30, "price": 0.20, "staff": 0.05, "shop": 0.03},
    ...     performance={"speed": 3.1, "price": 4.2, "staff": 4.4, "shop": 3.0},
    ... )
    >>> table.of("concentrate here"), table.of("possible overkill")
    (('speed',), ('staff',))
    """
    weights, means = _mappings(importance, performance)
    names = sorted(weights, key=lambda name: -weights[name])
    x, y = (np.array([column[name] for name in names]) for column in (weights, means))
    at = _cuts(cut, x, y)
    quadrants: list[Quadrant] = [
        _quadrant(important=a >= at[0], strong=b >= at[1])
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    return ImportancePerformance(
        attributes=tuple(names),
        importance=read_only(x),
        performance=read_only(y),
        quadrant=tuple(quadrants),
        importance_cut=at[0],
        performance_cut=at[1],
        cut=cut if isinstance(cut, str) else "given",
        against=_against(importance),
    )


def _mappings(
    importance: KeyDrivers | Mapping[str, Number], performance: Mapping[str, Number] | None
) -> tuple[dict[str, float], dict[str, float]]:
    if isinstance(importance, KeyDrivers):
        weights = dict(zip(importance.drivers, importance.importance.tolist(), strict=True))
        if performance is None and importance.mean is not None:
            performance = dict(zip(importance.drivers, importance.mean.tolist(), strict=True))
    else:
        weights = _checked("importance", importance)
    if performance is None:
        rule = "must be given where the importance does not come from the rows of a survey"
        raise missing_argument("performance", rule, "For example performance={'speed': 3.9, 'price': 4.4}.")
    means = _checked("performance", performance)
    # on either side: an attribute without a performance has no place in the table, and is not dropped
    odd = sorted(set(weights) ^ set(means))
    if odd:
        rule = "must have the same names as importance"
        way_out = near(odd[0], (set(weights) | set(means)) - {odd[0]}).strip()
        raise InputError("unmatched", "performance", odd[0], rule, way_out)
    return weights, means


def _checked(argument: str, column: Mapping[str, Number]) -> dict[str, float]:
    if not column:
        raise InputError("empty", argument, {}, "must have a value")
    return {name: REAL.check(f"{argument}[{name!r}]", value) for name, value in column.items()}


def _cuts(cut: Cut | tuple[Number, Number], x: Array, y: Array) -> tuple[float, float]:
    if isinstance(cut, tuple):
        if len(cut) != 2:
            way_out = "For example cut=(0.1, 4.0)."
            raise InputError("wrong-shape", "cut", cut, "must be a pair: importance, performance", way_out)
        return REAL.check("cut", cut[0]), REAL.check("cut", cut[1])
    if cut not in get_args(Cut):
        raise unknown_choice("cut", cut, get_args(Cut))
    # the cut is a judgement: of these attributes, not of any scale
    middle = np.mean if cut == "mean" else np.median
    return float(middle(x)), float(middle(y))


def _quadrant(*, important: bool, strong: bool) -> Quadrant:
    if important:
        return "keep up the good work" if strong else "concentrate here"
    return "possible overkill" if strong else "low priority"


def _against(importance: KeyDrivers | Mapping[str, Number]) -> tuple[str, ...]:
    if not isinstance(importance, KeyDrivers):
        return ()
    signs = cast("list[float]", importance.correlation.tolist())
    return tuple(name for name, r in zip(importance.drivers, signs, strict=True) if r < 0.0)
