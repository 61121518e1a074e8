"""How much of R² is due to each driver, by way of uncorrelated stand-ins: Johnson's relative weights.

With the drivers' correlations R = Λ², Λ symmetric, the columns of Z = X·Λ⁻¹ are the uncorrelated variables
nearest to the drivers. They explain (Λ⁻¹r)_k² each, which is handed back to the drivers by their squared
correlations with Z, whose sum is 1 for each k:

    ε_j = Σ_k Λ_jk² · (Λ⁻¹r)_k².

Johnson, J. W. (2000), "A Heuristic Method for Estimating the Relative Weight of Predictor Variables in
Multiple Regression", Multivariate Behavioral Research 35(1), 1-19, doi:10.1207/S15327906MBR3501_1. It is a
heuristic: it mostly agrees with the average over orders (`shapley_r_squared`), but has no derivation of its
own and can differ materially; Thomas, D. R., Zumbo, B. D., Kwan, E. and Schweitzer, L. (2014), Multivariate
Behavioral Research 49(4), 329-338, doi:10.1080/00273171.2014.905766, advise against it. It costs p³ instead
of 2^p.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.samples.correlations import check_correlations
from retainkit.columns import keeps_labels
from retainkit.typing import Array, NumberLike


@keeps_labels
def relative_weights(correlation: NumberLike, with_outcome: NumberLike) -> Array:
    """The part of R² due to each driver, by Johnson's relative weights.

    Parameters
    ----------
    correlation : (p, p), or draws (draws, p, p)
        Of the drivers with each other.
    with_outcome : (p,), or draws (draws, p)
        Of the drivers with the outcome.

    Returns
    -------
    (p,) or (draws, p)
        Not negative; their sum is R².

    Raises
    ------
    InputError
        For tables that no data can have, and a driver that is a combination of others.

    Examples
    --------
    >>> parts = relative_weights([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]], [0.6, 0.5, 0.4])
    >>> parts.round(5)
    array([0.2381 , 0.12241, 0.08127])
    """
    return weights_of(*check_correlations(correlation, with_outcome))


def weights_of(R: Array, r: Array) -> Array:
    """The same, unchecked."""
    value, vector = np.linalg.eigh(R)  # (..., p), (..., p, p)
    root, back = np.sqrt(value)[..., None], np.swapaxes(vector, -1, -2)
    # by eigenvectors, without the inverse of Λ: R may be close to singular
    on_stand_ins = vector @ ((back @ r[..., None]) / root)  # Λ⁻¹r, (..., p, 1)
    squared_root = (vector @ (root * back)) ** 2  # Λ², entry by entry
    return (squared_root @ on_stand_ins**2)[..., 0]
