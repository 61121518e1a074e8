"""The column of reasons → places among the names that the caller gave, or that the table has."""

from __future__ import annotations

import numpy as np

from retainkit.ingest.subscriptions.plan import Plan
from retainkit.ingest.subscriptions.problems import UNKNOWN_REASON
from retainkit.ingest.subscriptions.read import Lines
from retainkit.tables import Codes

_UNKNOWN = -2


def numbered_reasons(lines: Lines, plan: Plan) -> tuple[tuple[str, ...], Codes | None]:
    """The names in order, and each line's place among them; -1 where there is no reason."""
    found = lines.reason
    if found is None:
        return (), None
    names = plan.reasons or tuple(str(value) for value in found.values if value != 0)
    places = np.array([_place(value, names) for value in found.values] + [-1], np.int64)
    reason = places[found.place]
    lines.table["reason"].refuse(reason == _UNKNOWN, UNKNOWN_REASON)
    return names, reason


def _place(value: str | int, names: tuple[str, ...]) -> int:
    if value == 0:
        return -1  # as in Renewals, 0 is still there
    if str(value) in names:
        return names.index(str(value))
    if isinstance(value, int) and 1 <= value <= len(names):
        return value - 1
    return _UNKNOWN
