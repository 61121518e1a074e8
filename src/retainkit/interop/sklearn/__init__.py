"""How do these models stand in a scikit-learn pipeline, and in its searches?

Each estimator takes the names of its model from the registry, so that a grid search runs over models as over
any other setting. In reading order:

- `parts`      what of scikit-learn they are made of.
- `columns`    which columns of X are the customers' history, and which are covariates.
- `estimators` purchases, spend, churn and value as regressors and a classifier.
- `summarizer` transactions → one row a customer, as the first step.
"""

from retainkit.interop.sklearn.estimators import (
    ChurnClassifier,
    PurchaseRegressor,
    SpendRegressor,
    ValueRegressor,
)
from retainkit.interop.sklearn.summarizer import TransactionSummarizer

__all__ = [
    "ChurnClassifier",
    "PurchaseRegressor",
    "SpendRegressor",
    "TransactionSummarizer",
    "ValueRegressor",
]
