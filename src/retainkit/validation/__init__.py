"""Did the predictions come true, and which model's come truest?

In reading order:

- `tracking`           predicted against actual repeat purchases of the whole base, period by period.
- `holdout`            each customer's expected purchases against those they made.
- `compare`            several models fitted to the same customers, ranked, with a sentence to decide by.
- `comparison`         what that found: candidates in order, a table, a verdict in words.
- `best`               the best of several models in one call, from a table or its summary.
- `spend_independence` whether frequent buyers spend more per purchase, measured in money.
"""

from retainkit.validation.best import fit_best
from retainkit.validation.compare import compare
from retainkit.validation.comparison import BestFit, Comparison
from retainkit.validation.holdout import HoldoutError, holdout_error
from retainkit.validation.spend_independence import SpendIndependence, spend_independence
from retainkit.validation.tracking import Tracking, track_purchases

__all__ = [
    "BestFit",
    "Comparison",
    "HoldoutError",
    "SpendIndependence",
    "Tracking",
    "compare",
    "fit_best",
    "holdout_error",
    "spend_independence",
    "track_purchases",
]
