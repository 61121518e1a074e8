"""What of scikit-learn the estimators are made of, loaded once; it has no types, so each is `Any`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from retainkit.errors import MissingDependencyError

try:
    _base: Any = import_module("sklearn.base")
    _checks: Any = import_module("sklearn.utils.validation")
    _targets: Any = import_module("sklearn.utils.multiclass")
except ImportError as error:
    raise MissingDependencyError("scikit-learn", "sklearn", "The estimators for scikit-learn") from error

BaseEstimator: Any = _base.BaseEstimator
ClassifierMixin: Any = _base.ClassifierMixin
RegressorMixin: Any = _base.RegressorMixin
TransformerMixin: Any = _base.TransformerMixin
clone: Any = _base.clone
check_classification_targets: Any = _targets.check_classification_targets
check_is_fitted: Any = _checks.check_is_fitted
check_sample_weight: Any = _checks._check_sample_weight
validate_data: Any = _checks.validate_data
