"""Which columns of X are the customers' history, by name or by place, and which are covariates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from retainkit.errors import InputError, unknown_choice
from retainkit.inference import Fit, fit
from retainkit.interop.sklearn.parts import BaseEstimator, check_is_fitted, check_sample_weight, validate_data
from retainkit.models import MODELS, with_covariates
from retainkit.models.family import family_of
from retainkit.summaries import Described
from retainkit.typing import Array


class ColumnEstimator(BaseEstimator):
    """What all estimators share: columns of X by name or place, a model of the registry, a fit inside."""

    _data_kind: type[Any]
    _history: tuple[str, ...]
    """The columns that make the history of a customer, in the order that they have by place."""

    model: str
    columns: Sequence[str | int] | None
    covariates: Sequence[str | int]
    penalty: float
    n_features_in_: int

    def _fit(self, X: Any, extra: dict[str, Any], sample_weight: Any) -> Self:
        kinds = {name: kind for name, kind in MODELS.items() if kind.data_kind is self._data_kind}
        if self.model not in kinds:
            raise unknown_choice("model", self.model, tuple(kinds))
        history, described = self._read(X, reset=True)
        columns = {**history, **extra}
        if sample_weight is not None:
            columns["weight"] = self._weights(sample_weight, X)
            # who has no weight is not there, which a summary says by leaving them out
            some = columns["weight"] != 0.0
            columns, described = ({n: c[some] for n, c in v.items()} for v in (columns, described))
        data = self._data_kind(**columns)
        model: Any = kinds[self.model]
        if described:
            processes: Any = dict.fromkeys(family_of(model).processes, tuple(described))
            model, data = with_covariates(model, **processes), Described(data, described)
        elif self.penalty:
            rule = "is for the coefficients of covariates, and there are none"
            raise InputError("needless", "penalty", self.penalty, rule, "Name them: covariates=['age'].")
        self.fit_: Fit[Any] = fit(model, data, penalty=self.penalty)
        return self

    def _weights(self, sample_weight: Any, X: Any) -> Array:
        weight: Array = check_sample_weight(sample_weight, X)
        if not np.any(weight):
            raise InputError("empty", "sample_weight", 0.0, "must not be zero for all", "Leave it out.")
        return weight

    def asked(self, X: Any) -> tuple[Any, dict[str, Any]]:
        """The fitted model, of each customer where it has covariates, and the history of customers."""
        check_is_fitted(self, "fit_")
        history, described = self._read(X, reset=False)
        model = self.fit_.model
        return (model.given(described) if described else model), history

    def _read(self, X: Any, *, reset: bool) -> tuple[dict[str, Array], dict[str, Array]]:
        # of any dataframe, those too whose names scikit-learn does not know
        names = [str(name) for name in getattr(X, "columns", ())]
        given: Array = validate_data(self, X, reset=reset, dtype=np.float64)
        wanted = self.columns
        if wanted is None:
            # by name where the table has them, by place where it has none
            wanted = self._history if set(self._history) <= set(names) else range(len(self._history))
        if len(wanted) != len(self._history):
            rule = f"must name {len(self._history)} columns: {', '.join(self._history)}"
            raise InputError("wrong-shape", "columns", list(wanted), rule, "In that order.")
        history = {n: given[:, self._place(c, names)] for n, c in zip(self._history, wanted, strict=True)}
        described = {str(c): given[:, self._place(c, names)] for c in self.covariates}
        return history, described

    def _place(self, column: str | int, names: list[str]) -> int:
        if isinstance(column, str):
            if column not in names:
                way_out = "Pass a dataframe that has it, or give the columns by place: columns=(0, 1, 2)."
                raise InputError("missing-column", "columns", column, "must name a column of X", way_out)
            return names.index(column)
        if not 0 <= column < self.n_features_in_:
            rule = f"must be a place among the {self.n_features_in_} features of X"
            raise InputError("out-of-range", "columns", column, rule, "Places count from 0.")
        return int(column)
