"""Groups of customers over time: their plans, several at a time too, kinds, cohorts, and crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, missing_argument, unknown_choice
from retainkit.ingest.subscriptions.stretches import Stretches
from retainkit.metrics._levels import FAR, Levels, Whole, from_spans
from retainkit.plurals import counted

Kinds: TypeAlias = Mapping[str, tuple[tuple[str, ...], NDArray[np.int64]]]
"""By name: what a customer may be, and which of it each customer is."""

_MOST_PLANS = 62  # bits of a whole number


def with_plans(
    s: Stretches, amount: Whole, plans: tuple[str, ...], until: int
) -> tuple[Levels, tuple[str, ...]]:
    """Changes by customer and day with the plan from then on, and the names of the plans, or sets of them."""
    spans = (s.start, s.end, s.code, amount, until)
    if not plans:
        return from_spans(*spans), ()
    held = s.where(s.plan >= 0)
    running = np.maximum.accumulate(held.code * FAR + np.minimum(held.end, FAR // 4))
    several = held.same(held.code)[1:] & (held.code[1:] * FAR + held.start[1:] < running[:-1])
    if not several.any():
        return from_spans(*spans, plan=s.plan), plans
    if len(plans) > _MOST_PLANS:
        rule = f"must have {_MOST_PLANS} plans at most where customers have several at a time"
        raise InputError("not-supported", "plan", counted(len(plans), "plan"), rule, "Use broader plans.")
    levels = from_spans(*spans, plan=s.plan, every_change=True)
    sets, group = np.unique(_held(held, len(plans), until, levels), return_inverse=True)
    names = tuple(" + ".join(p for k, p in enumerate(plans) if bits >> k & 1) for bits in sets.tolist())
    return replace(levels, group=group.astype(np.int64)).changes(), names


def _held(s: Stretches, plans: int, until: int, levels: Levels) -> Whole:
    """The plans that a customer has from each change on, as bits; of a departure those before it."""
    one = from_spans(s.start, s.end, s.code * plans + s.plan, np.zeros(s.code.size, np.int64), until)
    code, bit = one.code // plans, np.left_shift(1, one.code % plans)
    order = np.lexsort((one.month, code))
    key = (code * FAR + one.month)[order]
    running = np.cumsum(np.where(one.there, bit, -bit)[order])  # a customer who has left has none: no carry
    at = np.searchsorted(key, levels.code * FAR + levels.month, side="right") - 1
    began = np.searchsorted(key, levels.code * FAR - FAR // 2, side="left")
    before = np.where(began > 0, running[began - 1], 0)
    held = running[at] - before
    return held[np.maximum.accumulate(np.where(held > 0, np.arange(held.size), 0))]


def grouped_by(
    levels: Levels, names: Sequence[str], plans: tuple[str, ...], kinds: Kinds
) -> tuple[NDArray[np.str_], Levels]:
    """The labels of the groups, one column for each name, and the changes with their group by number."""
    if not names:
        return np.zeros((1, 0), np.str_), replace(levels, group=None)
    place = np.zeros(levels.code.size, np.int64)
    labels: list[tuple[str, ...]] = []
    for name in names:
        if name == "plan":
            if levels.group is None:
                raise missing_argument(
                    "plan", "must have been read to tell plans apart", "Name it: plan='plan'."
                )
            said, own = plans, levels.group
        elif name in kinds:
            said, own = kinds[name][0], kinds[name][1][levels.code]
        else:
            raise unknown_choice("by", name, ("plan", *kinds))
        place = place * len(said) + own
        labels.append(said)
    size = int(np.prod([len(said) for said in labels]))
    if size <= place.size:  # counting is quicker than sorting
        present = np.flatnonzero(np.bincount(place, minlength=size))
        number = np.zeros(size, np.int64)
        number[present] = np.arange(present.size)
        group = number[place]
    else:
        present, group = np.unique(place, return_inverse=True)
    columns: list[NDArray[np.str_]] = []
    for said in reversed(labels):
        columns.append(np.array(said, np.str_)[present % len(said)])
        present = present // len(said)
    return np.column_stack(columns[::-1]), replace(levels, group=group.astype(np.int64))
