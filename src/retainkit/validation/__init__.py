"""Predictions held against what happened afterwards."""

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
