"""Which spending on service, retention, loyalty, referral and acquisition earns more than it costs?

A room for each question; every name that a room lists has its address here too, and loads on first use.
In reading order:

- `_base/`       what every decision shares: the verdict, its assumptions and where they turn.
- `spending/`    how much to spend on winning and keeping, and how to share out a budget.
- `campaigns/`   whom to contact, by risk.
- `targeting/`   whom to treat, by effect.
- `experiments/` did it pay.
- `pricing/`     prices, discounts, loyalty programmes.
- `referral/`    word of mouth.
- `service/`     better service.
- `crisis/`      what went wrong, and putting it right.
- `feedback/`    what to fix first.
- `company/`     what the company is worth by its customers.
- `plan/`        initiatives together: overlaps, the frontier of spend, what to learn first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retainkit.addresses import lazily, lent_by

if TYPE_CHECKING:
    from retainkit.decisions._base import *
    from retainkit.decisions.campaigns import *
    from retainkit.decisions.company import *
    from retainkit.decisions.crisis import *
    from retainkit.decisions.experiments import *
    from retainkit.decisions.feedback import *
    from retainkit.decisions.plan import *
    from retainkit.decisions.pricing import *
    from retainkit.decisions.referral import *
    from retainkit.decisions.service import *
    from retainkit.decisions.spending import *
    from retainkit.decisions.targeting import *

_ROOMS = (
    "spending", "campaigns", "targeting", "experiments", "pricing", "referral", "service", "crisis",
    "feedback", "company", "plan", "_base",
)  # fmt: skip
_MODULES = lent_by(__name__, *_ROOMS)
__getattr__, __dir__, __all__ = lazily(__name__, _MODULES)  # pyright: ignore[reportUnsupportedDunderAll]
