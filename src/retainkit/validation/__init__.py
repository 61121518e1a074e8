"""Did the predictions come true, and which model's come truest?

In reading order:

- `tracking`           predicted against actual repeat purchases of the whole base, period by period.
- `holdout`            each customer's expected purchases against those they made.
- `compare`            several models fitted to the same customers, ranked, with a sentence to decide by.
- `verdicts`           how far a total may be off, and the words of it.
- `comparison`         what that found: candidates in order, a table, a verdict in words.
- `best`               the best of several models in one call, from a table or its summary.
- `validate`           models against what they have not seen, with a verdict from every side.
- `purchase_checks`    what the held-out purchases say of a model, and what to do.
- `check_purchases`    how that is computed.
- `churn_checks`       the same for a base of subscribers.
- `survival_scores`    the order in which customers left, and how close chances of being there were.
- `spend_independence` whether frequent buyers spend more per purchase, measured in money.
"""

from retainkit.validation.best import fit_best
from retainkit.validation.churn_checks import ChurnChecks, ChurnHoldout
from retainkit.validation.compare import compare
from retainkit.validation.comparison import BestFit, Comparison, Origins
from retainkit.validation.holdout import HoldoutError, holdout_error
from retainkit.validation.purchase_checks import Capture, Groups, PurchaseChecks
from retainkit.validation.spend_independence import SpendIndependence, spend_independence
from retainkit.validation.survival_scores import BrierScore, Concordance, brier_score, concordance
from retainkit.validation.tracking import Tracking, track_purchases
from retainkit.validation.validate import validate

__all__ = [
    "BestFit",
    "BrierScore",
    "Capture",
    "ChurnChecks",
    "ChurnHoldout",
    "Comparison",
    "Concordance",
    "Groups",
    "HoldoutError",
    "Origins",
    "PurchaseChecks",
    "SpendIndependence",
    "Tracking",
    "brier_score",
    "compare",
    "concordance",
    "fit_best",
    "holdout_error",
    "spend_independence",
    "track_purchases",
    "validate",
]
