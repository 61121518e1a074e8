"""From a fitted fitter to a retainkit model."""

from __future__ import annotations

from retainkit.errors import InputError, unknown_choice
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.bg_bb import BGBB
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.purchasing.mbg_nbd import MBGNBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.typing import Foreign, Unit

MODELS: dict[str, type[AnyModel]] = {
    "BetaGeoFitter": BGNBD,
    "ModifiedBetaGeoFitter": MBGNBD,
    "ParetoNBDFitter": ParetoNBD,
    "BetaGeoBetaBinomFitter": BGBB,
    "GammaGammaFitter": GammaGamma,
}


def from_lifetimes(fitter: Foreign, *, unit: Unit | None = None) -> AnyModel:
    """The retainkit model with the parameters of a fitted lifetimes fitter.

    Raises `InputError` if it is none of these, or is not fitted. Gives BGNBD, MBGNBD, ParetoNBD, BGBB or
    GammaGamma.

    Parameters
    ----------
    fitter : a fitted BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter, BetaGeoBetaBinomFitter or
        GammaGammaFitter, of lifetimes or of this package
    unit : {"day", "week", "month", "quarter", "year"}, optional
        What its times counted in; lifetimes does not know. Rates and durations need it.

    Examples
    --------
    >>> from retainkit.interop.lifetimes import BetaGeoFitter, from_lifetimes
    >>> from retainkit.interop.lifetimes.datasets import load_cdnow_summary
    >>> customers = load_cdnow_summary()
    >>> fitter = BetaGeoFitter().fit(customers["frequency"], customers["recency"], customers["T"])
    >>> from_lifetimes(fitter, unit="week")
    BGNBD(r=0.242593, alpha=4.41353, a=0.792886, b=2.42575, unit='week')
    """
    name = type(fitter).__name__
    if name not in MODELS:
        raise unknown_choice("fitter", name, tuple(MODELS))
    if not hasattr(fitter, "params_"):
        way_out = "Call its fit method, or load_model, first."
        raise InputError("not-a-model", "fitter", name, "must be fitted", way_out)
    model = MODELS[name]
    return model.of([float(fitter.params_[parameter]) for parameter in model.names()], unit=unit)
