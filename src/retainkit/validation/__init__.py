"""Predictions held against what happened afterwards."""

from retainkit.validation.holdout import HoldoutError, holdout_error
from retainkit.validation.tracking import Tracking, track_purchases

__all__ = ["HoldoutError", "Tracking", "holdout_error", "track_purchases"]
