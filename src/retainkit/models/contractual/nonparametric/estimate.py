"""What every estimate without parameters is: a record that shows itself as a sentence and a table.

With it stand the pointwise confidence bands of survival curves.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal, Self, TypeAlias, get_args

import numpy as np
from scipy.special import ndtri

from retainkit.display import html_table
from retainkit.domains import PROBABILITY
from retainkit.errors import InputError, unknown_choice
from retainkit.protocols import DataOf
from retainkit.records import Record
from retainkit.summaries import Renewals
from retainkit.typing import Array, Number, Plain, Real

_SHOWN = 12  # rows of a table in a notebook


class AbstractEstimate(Record):
    """An estimate without parameters: what `fit` returns is the estimate itself."""

    __slots__ = ()

    data_kind: ClassVar[type[Renewals]] = Renewals

    def __new__(cls, *given: object, **_: object) -> Self:
        """An estimate is made by `estimate`, or by `fit`, of which its own name reminds."""
        if given and (isinstance(given[0], Renewals) or hasattr(type(given[0]), "__retention_data__")):
            name = cls.__name__
            rule = "is not made of data by its own name"
            way_out = f"Write {name}.estimate(renewals), or fit({name}, renewals)."
            raise InputError("wrong-type", name, type(given[0]).__name__, rule, way_out)
        return super().__new__(cls)

    @classmethod
    @abstractmethod
    def estimate(cls, renewals: DataOf[Renewals]) -> Self:
        """The estimate from a summary of who stayed how long."""

    @property
    @abstractmethod
    def table(self) -> dict[str, Array]:
        """The estimate as columns of equal length, ready for any dataframe."""

    @property
    @abstractmethod
    def caveats(self) -> tuple[str, ...]:
        """What a reader should know, in sentences; empty where there is nothing."""

    @abstractmethod
    def _facts(self) -> Plain:
        """The figures that belong to no row of the table."""

    def as_dict(self) -> Plain:
        """The figures, and the whole table as lists, by name."""
        return {
            "model": type(self).__name__,
            **self._facts(),
            "caveats": list(self.caveats),
            **{f"table_{name}": column.tolist() for name, column in self.table.items()},
        }

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        table = self.table
        length = next(iter(table.values())).size
        shown = np.unique(np.linspace(0, length - 1, _SHOWN).astype(int))
        rows = [[f"{column[i]:,.6g}" for column in table.values()] for i in shown]
        caption = ". ".join([str(self), *(c.rstrip(".") for c in self.caveats)])
        return html_table(f"{caption}.", [[name.replace("_", " ") for name in table], *rows])


def one_number(argument: str, value: Real) -> float:
    """A checked value that must not be a column."""
    if np.ndim(value):
        way_out = "Call it once for each."
        raise InputError("wrong-shape", argument, value, "must be a single number here", way_out)
    return float(value)


Transform: TypeAlias = Literal["log-log", "log", "plain"]
"""The scale on which an estimate is taken as normal."""


def normal_quantile(level: Number) -> float:
    """How many standard errors a two-sided interval of that level reaches: 1.96 for 0.95."""
    share = PROBABILITY.check("level", level)
    if np.ndim(share) or not 0.0 < share < 1.0:
        rule = "must be one share between 0 and 1, both excluded"
        raise InputError("out-of-range", "level", level, rule, "For example level=0.95.")
    return float(ndtri(0.5 + 0.5 * float(share)))


def survival_band(
    share: Array, log_variance: Array, level: Number, transform: Transform = "log-log"
) -> tuple[Array, Array]:
    """Lower and upper bounds of survival `share` > 0, whose logarithm has the variance `log_variance`.

    Where nobody has left yet both are 1.
    """
    if transform not in get_args(Transform):
        raise unknown_choice("transform", transform, get_args(Transform))
    reach = normal_quantile(level) * np.sqrt(log_variance)
    if transform == "plain":
        return np.maximum(share * (1.0 - reach), 0.0), np.minimum(share * (1.0 + reach), 1.0)
    if transform == "log":
        return share * np.exp(-reach), np.minimum(share * np.exp(reach), 1.0)
    log_share = np.log(share)
    # on the log-log scale a band stays between 0 and 1 of its own accord; at S = 1 there is no spread
    with np.errstate(over="ignore"):  # of a variance beyond all bounds the band is from 0 to 1
        factor = np.exp(reach / np.where(log_share < 0.0, -log_share, 1.0))
    return np.exp(log_share * factor), np.exp(log_share / factor)
