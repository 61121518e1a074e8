"""What are cash flows, rates and survival curves worth, as pure functions that know no model?

A room for each question; every name that a room lists has its address here too, and loads on first use.
In reading order:

- `formulas/`  the closed forms that the rooms share.
- `breakeven/` when a customer has paid back, and what would change that.
- `lifetime/`  what a customer is worth, at constant churn or on any curve.
- `cashflows/` what money of other times is worth now; rates of return.
- `segments/`  customers who move between states or segments.
- `spending/`  what winning and keeping costs.
- `metrics`    the old address of `retainkit.metrics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retainkit.addresses import lazily, lent_by

if TYPE_CHECKING:
    from retainkit.economics import metrics as metrics
    from retainkit.economics.breakeven import *
    from retainkit.economics.cashflows import *
    from retainkit.economics.lifetime import *
    from retainkit.economics.segments import *
    from retainkit.economics.spending import *
    from retainkit.rates import Rate as Rate

_ROOMS = ("breakeven", "lifetime", "cashflows", "segments", "spending")
_MODULES = lent_by(__name__, *_ROOMS) | {"retainkit.rates": ("Rate",), ".metrics": ()}
__getattr__, __dir__, __all__ = lazily(__name__, _MODULES)  # pyright: ignore[reportUnsupportedDunderAll]
