"""Methods that need a room below their own, or a file beside it: one line each, loaded on use.

This table is the only door from a room to those that import it; `upward` gives a method its function.
Type checkers see the functions themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retainkit.calls import advised
from retainkit.typing import ColumnLike

if TYPE_CHECKING:
    from retainkit.metrics import as_of as as_of
    from retainkit.metrics import cut_episodes as cut_episodes
    from retainkit.models.reader import made_of_dict as made_of_dict
    from retainkit.models.reader import made_of_json as made_of_json
    from retainkit.valuation import forecast_revenue as forecast_revenue

VERBS = {
    "SubscriptionBase.as_of": ("retainkit.metrics", "as_of"),
    "AbstractModel.from_dict": ("retainkit.models.reader", "made_of_dict"),
    "AbstractModel.from_json": ("retainkit.models.reader", "made_of_json"),
    "SubscriptionBase.episodes": ("retainkit.metrics", "cut_episodes"),
    "SubscriptionBase.forecast": ("retainkit.valuation", "forecast_revenue"),
    "WorkbookWriter.to_excel": ("retainkit.workbooks", "workbook"),
}
"""Method → the module and the name of its function, whose first argument the object is."""


def upward(method: str) -> Callable[..., Any]:
    """The method of that name in `VERBS`."""
    module, name = VERBS[method]

    def verb(self: object, *_values: Any, **_named: Any) -> Any:
        return advised(getattr(import_module(module), name))(self, *_values, **_named)

    verb.__name__, verb.__qualname__ = method.rpartition(".")[2], method
    verb.__doc__ = f"`{module}.{name}` of this; see there."
    return verb


class WorkbookWriter:
    """What can be written as a workbook: every record, unit economics, a subscription base."""

    __slots__ = ()

    def to_excel(
        self,
        path: str | os.PathLike[str],
        *,
        by: Mapping[str, ColumnLike] | None = None,
        currency: str | None = None,
    ) -> Path:
        """`retainkit.workbook` of this: a file that a spreadsheet recalculates; see there."""
        return upward("WorkbookWriter.to_excel")(self, path, by=by, currency=currency)
