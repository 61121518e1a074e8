"""Did the predictions come true, and which model's come truest?

In reading order:

- `tracking`           predicted against actual repeat purchases of the whole base, period by period.
- `holdout`            each customer's expected purchases against those they made.
- `compare`            several models fitted to the same customers, ranked, with a sentence to decide by.
- `spend_independence` whether frequent buyers spend more per purchase, measured in money.
"""

from retainkit.validation.compare import Comparison, compare
from retainkit.validation.holdout import HoldoutError, holdout_error
from retainkit.validation.spend_independence import SpendIndependence, spend_independence
from retainkit.validation.tracking import Tracking, track_purchases

__all__ = [
    "Comparison",
    "HoldoutError",
    "SpendIndependence",
    "Tracking",
    "compare",
    "holdout_error",
    "spend_independence",
    "track_purchases",
]
