"""Who is first among customers of an engine: values of some ranks, and what those above them bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import narwhals as nw
import numpy as np

from retainkit.ingest.transactions.lazy.distinct import Held, money_of
from retainkit.tables import Codes
from retainkit.tables.lazy import small
from retainkit.typing import Array, Frame, Values

_ENDLESS = 1e200
_CELLS = 1024  # counted in one pass: three find a cent among a thousand millions


def money_captured(
    held: Held, expected: Array, spend: Callable[[Any, Any], tuple[Any, Any]] | None, firsts: Sequence[int]
) -> list[tuple[Codes, Array]]:
    """What those bring who rank first by a model, by their past, and by what they were to bring.

    For each order the classes of customers between the ranks, the first one first: how many, and what they
    bring in the held-out period. `expected` has purchases of each history, and `spend` gives what one is
    worth, as what is divided and by what, of a customer with so many purchases of known spend and their mean.
    """
    made = nw.col("purchases_after") - nw.col("purchases")
    brought = nw.when(made > 0).then(nw.col("spend_later")).otherwise(nw.lit(0.0))
    customers = held.joined({"expected": expected}).with_columns(**money_of())
    worth: Any = nw.lit(1.0)
    if spend is not None:
        above, below = spend(nw.col("known").cast(nw.Float64), nw.col("monetary_value"))
        # a mean that does not exist is above all others
        worth = nw.when(below > 0.0).then(above / below).otherwise(nw.lit(_ENDLESS))
    past = (nw.col("purchases") - 1).cast(nw.Float64) * nw.col("monetary_value")
    scored, drop = held.store.keep(
        customers.select(model=nw.col("expected") * worth, past=past, brought=brought)
    )
    ranks = [held.size + 1 - first for first in firsts]
    try:
        found = [classes(scored, name, ranks, "brought") for name in ("model", "past", "brought")]
        return [(n, sums["brought"]) for n, sums in found]
    finally:
        drop()


def classes(
    scored: Frame, score: str, ranks: Sequence[int], *columns: str
) -> tuple[Codes, dict[str, Values]]:
    """Customers who have the score of one of the ranks, and those between: how many, and sums of columns."""
    value, kept = nw.col(score), [nw.lit(0)]
    for cut in np.unique(at_ranks(scored, value, ranks)).tolist():
        # one of a cut is in a class of its own: of equals each brings what they bring on average
        kept += [(value > cut).cast(nw.Int64), (value >= cut).cast(nw.Int64)]
    every = {name: nw.col(name) for name in columns}
    placed = scored.select(place=sum(kept[1:], start=kept[0]), **every)
    counts = {name: nw.col(name).sum() for name in columns}
    found = small(placed.group_by("place").agg(n=nw.len().cast(nw.Int64), **counts))
    order = np.argsort(-found["place"])
    return found["n"][order], {name: found[name][order] for name in columns}


def at_ranks(customers: Frame, value: nw.Expr, ranks: Sequence[int]) -> list[float]:
    """The values of those ranks, counted from 1 at the least, by counts of cells that get smaller.

    No engine has to sort for that, and equal values are never told apart.
    """
    # the cells in which ranks lie: least and greatest value, and how many are below
    ends = small(customers.select(low=value.min(), high=value.max()))
    cells = {(float(ends["low"][0]), float(ends["high"][0])): 0}
    where = dict.fromkeys(ranks, next(iter(cells)))
    while any(low < high for low, high in cells):
        wide = [cell for cell in cells if cell[0] < cell[1]]
        found = small(_counted(customers, value, wide))
        order = np.argsort(found["low"])
        found = {name: counts[order] for name, counts in found.items()}
        below = dict(cells)
        for rank in ranks:
            if (cell := where[rank]) not in wide:
                continue
            here = np.flatnonzero(found["cell_of"] == wide.index(cell))
            upto = below[cell] + np.cumsum(found["n"][here])
            at = int(np.searchsorted(upto, rank))
            inner = here[at]
            where[rank] = (float(found["low"][inner]), float(found["high"][inner]))
            cells[where[rank]] = int(upto[at] - found["n"][inner])
        cells = {cell: cells[cell] for cell in where.values()}
    return [where[rank][0] for rank in ranks]


def _counted(customers: Frame, value: nw.Expr, wide: list[tuple[float, float]]) -> Any:
    """How many customers each part of some cells has, with the least and the greatest value in it."""
    of, part = nw.lit(-1), nw.lit(0.0)
    for k, (low, high) in enumerate(wide):
        inside = (value >= low) & (value <= high)
        of = nw.when(inside).then(nw.lit(k)).otherwise(of)
        # halves, since the width of a cell may be more than the largest number
        share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
        part = nw.when(inside).then((share * (_CELLS - 1)).floor()).otherwise(part)
    cells = customers.select(value=value, cell_of=of, part=part).filter(nw.col("cell_of") >= 0)
    counts = {"low": nw.col("value").min(), "high": nw.col("value").max(), "n": nw.len().cast(nw.Int64)}
    return cells.group_by("cell_of", "part").agg(**counts)
