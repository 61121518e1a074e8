"""Customers with what else is known of them: numbers that a model may explain behaviour by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np

from retainkit._numerics.grouping import Levels
from retainkit.columns import labels_of, named_once
from retainkit.documents import document, kind_of, made, stated, up_to_date
from retainkit.errors import InputError, check_choice, near, refuse_masked, refuse_others
from retainkit.summaries._base import AbstractSummary
from retainkit.typing import Array, Frame, Plain, Unit

if TYPE_CHECKING:
    from retainkit.tables import Column

S = TypeVar("S", bound=AbstractSummary)

_PREFIX = "covariate "


@dataclass(frozen=True, eq=False, init=False)
class Described(AbstractSummary, Generic[S]):
    """A summary whose entries carry covariates, one number of each name per entry.

    Raises `InputError` for a column that is not numbers, has gaps, or another length than the data.

    Parameters
    ----------
    data : Purchases, Renewals, Spend or Opportunities, n entries
    covariates : mapping of names to (n,) numbers, or any table of numbers
        In the order of the entries; `align_covariates` brings a table into it. Categories become
        numbers by `encode_categories`.

    Examples
    --------
    >>> import retainkit as rk
    >>> members = rk.Renewals(duration=[3, 12, 7], event=[1, 0, 1], unit="month")
    >>> described = rk.Described(members, {"autopay": [0, 1, 0]})
    >>> list(described.covariates)
    ['autopay']
    """

    _written = ("data", "covariates")

    data: S
    covariates: dict[str, Array]

    def __init__(self, data: S, covariates: Frame) -> None:
        from retainkit.tables import is_mapping

        given: Any = data
        if not isinstance(given, AbstractSummary) or isinstance(given, Described):
            rule = "must be a summary without covariates, such as Purchases or Renewals"
            way_out = "Give all covariates at once: Described(tx.purchases, {'a': ..., 'b': ...})."
            raise InputError("wrong-type", "data", type(data).__name__, rule, way_out)
        each = {f"covariates[{k!r}]": v for k, v in covariates.items()} if is_mapping(covariates) else {}
        labels = labels_of(data.labels, **each or {"covariates": covariates})
        named = covariate_columns(covariates)
        for name, column in named.items():
            if column.shape != (len(data),):
                rule = f"must have one number for each of the {len(data):,} entries, in their order"
                way_out = "Bring a table into the order of the customers with align_covariates."
                raise InputError("length-mismatch", f"covariates[{name!r}]", column, rule, way_out)
            column.setflags(write=False)
        self._put(data=data, covariates=named, weight=data.weight, _levels={}, _kept={"labels": labels})

    def model_dump(self) -> Plain:
        """The data as the document that they are alone, and the covariates by name."""
        told = {name: column.tolist() for name, column in self.covariates.items()}
        return {"data": document(self.data), "covariates": told}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The same from the values of `model_dump`."""
        refuse_others(cls.__name__, values, cls._written)
        kind = stated(values["data"])[0]
        check_choice("data", kind, [*(known := {kind_of(one): one for one in _plain_kinds()})])
        inner = made(known[kind], up_to_date(kind, 1, values["data"]))
        return cls(inner, {name: np.asarray(v, np.float64) for name, v in values["covariates"].items()})

    def covariate_rows(self, named: tuple[tuple[str, float], ...]) -> Array:
        """Covariates by name, each from its origin, as rows of one matrix, which a search asks for often."""
        return self._once(repr(named), lambda: np.stack([self.covariates[name] - at for name, at in named]))

    @property
    def columns(self) -> dict[str, Array]:
        return {**self.data.columns, **{_PREFIX + name: c for name, c in self.covariates.items()}}

    @property
    def _beside(self) -> dict[str, Array]:
        return self.data._beside

    def _alike(self) -> Plain:
        return self.data._alike()

    @property
    def scales(self) -> dict[str, float]:
        return self.data.scales

    @property
    def unit(self) -> Unit | None:
        """What the times of the data count in."""
        return getattr(self.data, "unit", None)

    def missing_evidence(self) -> tuple[str, str] | None:
        return self.data.missing_evidence()

    @property
    def informative_customers(self) -> float:
        return self.data.informative_customers

    def fingerprint(self, beside: Mapping[str, Array] | None = None) -> dict[str, float]:
        return self.data.fingerprint({**self.covariates, **(beside or {})})

    def __retention_data__(self, kind: type[object]) -> object:
        """What a model without covariates is fitted to."""
        return self.data if isinstance(self.data, kind) else None

    def levels(self, column: str) -> Levels:
        return super().levels(column) if column.startswith(_PREFIX) else self.data.levels(column)

    def _of(self, entries: dict[str, Levels], weight: Array) -> Self:
        mine = {name: entries[_PREFIX + name].column() for name in self.covariates}
        rest = {name: part for name, part in entries.items() if not name.startswith(_PREFIX)}
        return self._blank()._put(data=self.data._of(rest, weight), covariates=mine, weight=weight)


def _plain_kinds() -> list[type[AbstractSummary]]:
    """The summaries that may have covariates: all that are known, but for those that have them."""
    return [kind for kind in AbstractSummary.__subclasses__() if not issubclass(kind, Described)]


def covariate_columns(
    covariates: Frame, argument: str = "covariates", *, only: Iterable[str] | None = None
) -> dict[str, Array]:
    """Named columns of finite numbers from a mapping, whose values may be single numbers, or any table.

    With names in `only` these, all of which must be there, and no others.
    """
    from retainkit.tables import as_column, is_mapping, read_table

    def numbers(column: Column, name: str) -> Array:  # a copy, which may be made read-only
        return np.array(replace(column, argument=f"{argument}[{name!r}]").numbers(flags=True))

    if not is_mapping(covariates) or (covariates and all(np.ndim(v) == 1 for v in covariates.values())):
        chosen, said = (None, None) if only is None else ({n: n for n in only}, dict.fromkeys(only, argument))
        table = read_table(covariates, chosen, argument=argument, line="customer", arguments=said)
        return {name: numbers(table[name], name) for name in table}
    if not covariates:
        way_out = "Leave covariates out if there are none."
        raise InputError("empty", argument, {}, "must have at least one column", way_out)
    wanted = {n: v for n, v in covariates.items() if only is None or n in only}
    flat = {n: as_column(argument, np.ravel(v), name=n) for n, v in wanted.items()}
    return {n: numbers(column, n).reshape(np.shape(covariates[n])) for n, column in flat.items()}


def encode_categories(
    column: Any, *, name: str, baseline: object = None, categories: Sequence[object] | None = None
) -> dict[str, Array]:
    """A column of categories as columns of 0 and 1, one for each category but the baseline.

    Parameters
    ----------
    column : (n,) values
    name : str
        The columns are called ``name=category``.
    baseline : a category, optional
        What the others are compared with; by default the first.
    categories : all of them in order, optional
        By default those that occur, sorted. Give those of the fitted data when predicting for others.

    Examples
    --------
    >>> columns = encode_categories(["a", "b", "c", "b"], name="plan", baseline="a")
    >>> {k: v.tolist() for k, v in columns.items()}
    {'plan=b': [0.0, 1.0, 0.0, 1.0], 'plan=c': [0.0, 0.0, 1.0, 0.0]}
    """
    refuse_masked("column", column)
    from retainkit.tables import Fault, as_column

    read = as_column("column", column)
    way_out = "Fill gaps with a category of their own, such as 'unknown'."
    gap = Fault("missing-value", "must be one column without gaps", way_out)
    if len(read.values.shape) != 1:
        raise InputError(gap.code, "column", read.values, gap.rule, gap.way_out)
    read.refuse_missing(gap)
    values = read.to_numpy()
    found = sorted(set(values.tolist()), key=str)
    listed = (categories,) if isinstance(categories, str) else categories
    known = found if listed is None else list(listed)
    twice = [v for i, v in enumerate(known) if str(v) in map(str, known[:i])]
    if twice:
        rule = f"must have a name of its own for each category, and {twice[0]!r} reads like another"
        way_out = "Make all of them texts, or all numbers."
        raise InputError("ambiguous", "column" if listed is None else "categories", twice[0], rule, way_out)
    strange = [v for v in found if v not in known]
    if strange:
        rule = f"must be one of the categories {known}"
        way_out = "Add it to categories, or map it to one of them."
        raise InputError("unknown-choice", "column", strange[0], rule, way_out)
    if not known:
        way_out = "Give the values of one customer at least."
        raise InputError(
            "empty",
            "column" if listed is None else "categories",
            known,
            "must have at least one category",
            way_out,
        )
    base = known[0] if baseline is None else baseline
    if base not in known:
        rule = f"must be one of the categories {known}"
        raise InputError("unknown-choice", "baseline", base, rule, near(str(base), map(str, known)).strip())
    return {f"{name}={v}": (values == v).astype(np.float64) for v in known if v != base}


def align_covariates(
    frame: Frame, *, customer_id: str, customers: Any, columns: Sequence[str] | None = None
) -> dict[str, Array]:
    """Columns of a table of covariates in the order of the customers of a summary.

    Raises `InputError` for ids that occur twice, and for customers without a line: how many, and which.

    Parameters
    ----------
    frame : table of any kind, one line per customer
    customer_id : name of the column of ids
    customers : (n,) ids, such as ``tx.customers``, or the summary that has them
    columns : names, optional
        By default all others.
    """
    from retainkit.tables import Fault, read_table, to_list

    asked = None if columns is None else dict.fromkeys(named_once("columns", columns), "columns")
    said = {**(asked or {}), customer_id: "customer_id"}
    table = read_table(
        frame,
        {name: name for name in said},
        more="all" if asked is None else (),
        argument="frame",
        line="customer",
        arguments=said,
    )
    twice = Fault("duplicate", "must name each customer once", "Keep one line per customer.")
    # what a table was summarized to knows whose its rows are
    whose = customers.customers if hasattr(customers, "__retention_data__") else customers
    if not isinstance(whose, Iterable):
        rule, way_out = "must be the ids of customers, in order", "For example tx.customers."
        raise InputError("wrong-type", "customers", customers, rule, way_out)
    ids = to_list(whose)
    places = table[customer_id].places_of(ids, twice)
    missing = [ids[k] for k in np.flatnonzero(places < 0)]
    if missing:
        few = ", ".join(map(repr, missing[:3])) + (", …" if len(missing) > 3 else "")
        rule = f"has no line for {len(missing):,} of {len(ids):,} customers ({few})"
        way_out = "Add their lines or leave those customers out; check the type of the ids."
        raise InputError("unmatched", "frame", missing[0], rule, way_out)
    names = asked or [name for name in table if name != customer_id]
    return {name: table[name].numbers(flags=True)[places] for name in names}
