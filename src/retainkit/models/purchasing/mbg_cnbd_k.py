"""MBG/CNBD-k: MBG/NBD with regular purchases, the times between them Erlang-k instead of exponential.

Reutterer, Platzer & Schröder (2021), Leveraging purchase regularity for predicting customer behavior the
easy way, International Journal of Research in Marketing, doi:10.1016/j.ijresmar.2020.09.002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from retainkit.models.purchasing.erlang import AbstractErlangModel


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MBGCNBDk(AbstractErlangModel):
    """The modified beta-geometric / condensed NBD model: regular purchases, leaving after any of them.

    As `BGCNBDk`, but a customer may leave right after the first purchase, too. With k = 1 it is `MBGNBD`.

    Parameters
    ----------
    r, alpha, k, unit : as `BGCNBDk`
    a, b : float or array, > 0
        Beta distribution of the probability to leave after a purchase, the first one included; its
        mean is a / (a + b).

    Notes
    -----
    Without ``purchases.log_gaps`` log-likelihoods with different k do not compare, as with `BGCNBDk`.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.MBGCNBDk(r=1.5, alpha=4.0, a=0.8, b=2.5, k=3, unit="week")
    >>> fitted = rk.fit(rk.MBGCNBDk, truth.sample(T=[52.0] * 4000, seed=1), fixed={"k": 3})
    >>> fitted.diagnostics.converged, fitted.model.k
    (True, 3)
    """

    _chances_at_once: ClassVar[int] = 1
