"""Predictions held against what happened afterwards."""

from retainkit.validation.compare import Comparison, compare
from retainkit.validation.holdout import HoldoutError, holdout_error
from retainkit.validation.tracking import Tracking, track_purchases

__all__ = ["Comparison", "HoldoutError", "Tracking", "compare", "holdout_error", "track_purchases"]
