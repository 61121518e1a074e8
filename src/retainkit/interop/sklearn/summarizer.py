"""Transactions → one row a customer, as the first step of a pipeline."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest import summarize_transactions
from retainkit.interop.sklearn.parts import BaseEstimator, TransformerMixin, check_is_fitted
from retainkit.typing import Unit


class TransactionSummarizer(TransformerMixin, BaseEstimator):
    """A table of transactions as frequency, recency, T and monetary value of each customer, in order of ids.

    It gives other rows than it takes, so `y` cannot go through it: give the scores a table of customers.

    Parameters
    ----------
    customer_id, date, amount : names of columns, as in `summarize_transactions`
    unit : {"day", "week", "month", "quarter", "year"}
    observation_end : date or text, optional
        The last day of observation; the last day of the table by default.

    Attributes
    ----------
    customers_ : column of ids
        Of the table that was transformed last, in the order of the rows.

    Examples
    --------
    >>> import retainkit as rk
    >>> from sklearn.pipeline import make_pipeline
    >>> from retainkit.interop.sklearn import PurchaseRegressor, TransactionSummarizer
    >>> first = TransactionSummarizer("customer_id", "date", unit="week")
    >>> steps = make_pipeline(first, PurchaseRegressor(horizon=39.0))
    >>> steps.fit(rk.load_cdnow("sample")).predict(rk.load_cdnow("sample")).shape
    (2357,)
    """

    def __init__(
        self,
        customer_id: str = "customer_id",
        date: str = "date",
        amount: str | None = None,
        *,
        unit: Unit = "week",
        observation_end: Any = None,
    ) -> None:
        self.customer_id = customer_id
        self.date = date
        self.amount = amount
        self.unit: Unit = unit
        self.observation_end = observation_end

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - as scikit-learn calls it
        """Nothing is learned from a table of transactions but what its summary will have."""
        self.with_amount_ = self.amount is not None
        return self

    def transform(self, X: Any) -> Any:
        """One row a customer; a pandas table has their ids as its index."""
        check_is_fitted(self, "with_amount_")
        tx = summarize_transactions(
            X, customer_id=self.customer_id, date=self.date, amount=self.amount, unit=self.unit,
            observation_end=self.observation_end,
        )  # fmt: skip
        names = self.get_feature_names_out().tolist()
        frame: Any = tx.to_frame()
        if isinstance(frame, dict):
            columns = cast("dict[str, Any]", frame)
            return np.column_stack([columns[name] for name in names])
        return frame.set_index(tx.id_name)[names] if hasattr(frame, "set_index") else frame.select(names)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Names of the columns that come out."""
        if input_features is not None and self.customer_id not in list(input_features):
            rule = f"must have the column {self.customer_id!r}"
            raise InputError(
                "missing-column", "input_features", list(input_features), rule, "Name those of X."
            )
        money = ["monetary_value"] if self.amount is not None else []
        return np.array(["frequency", "recency", "T", *money], dtype=object)

    def __sklearn_tags__(self) -> Any:
        parent: Any = super()
        tags = parent.__sklearn_tags__()
        tags.no_validation, tags.input_tags.two_d_array = True, False  # a table of ids and dates, not numbers
        return tags
