"""Cox regression of a summary of renewals, fitted by lifelines or scikit-survival.

Cox, D. R. (1972), "Regression Models and Life-Tables", Journal of the Royal Statistical Society B 34(2),
187-220, doi:10.1111/j.2517-6161.1972.tb00899.x; ties by Efron's method.
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.errors import InputError, MissingDependencyError, check_choice
from retainkit.interop.survival._covariates import named_frame
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.summaries import Renewals
from retainkit.summaries.covariates import covariate_columns
from retainkit.typing import Array, Foreign, Frame

Library: TypeAlias = Literal["lifelines", "sksurv"]

_DURATION, _EVENT, _ENTRY, _WEIGHT = "(duration)", "(left)", "(entry)", "(weight)"


def fit_cox(renewals: DataOf[Renewals], covariates: Frame, *, library: Library = "lifelines") -> Foreign:
    """A Cox regression of how long customers stay, fitted by another library with Efron's ties.

    What each customer's covariates multiply is a hazard by tenure that has no formula. `survival_of` turns
    the result into a curve for each customer. Raises `MissingDependencyError` with the line that installs the
    library. Raises `InputError` for covariates of another length, and late entry or weights with
    scikit-survival. Gives lifelines' ``CoxPHFitter`` or scikit-survival's ``CoxPHSurvivalAnalysis``, fitted.

    Parameters
    ----------
    renewals : Renewals, or a SubscriptionSummary; n entries
        Late entry and weights are those of the summary; scikit-survival knows neither.
    covariates : dataframe or mapping of n numbers each
    library : {"lifelines", "sksurv"}
        It must be installed; it is loaded now, and not before.
    """
    check_choice("library", library, get_args(Library))
    renewals = data_of(renewals, Renewals, "renewals")
    columns = covariate_columns(covariates)
    for name, column in columns.items():
        if column.shape != renewals.duration.shape:
            shown = counted(column.size, "value")
            rule = f"must have one value for each of the {len(renewals):,} entries"
            way_out = "Give the covariates in the order of the renewals."
            raise InputError("length-mismatch", f"covariates[{name!r}]", shown, rule, way_out)
    return _by_lifelines(renewals, columns) if library == "lifelines" else _by_sksurv(renewals, columns)


def _by_lifelines(renewals: Renewals, columns: dict[str, Array]) -> Foreign:
    table = {**columns, _DURATION: renewals.duration, _EVENT: (renewals.event > 0.0).astype(np.float64)}
    more: dict[str, str] = {}
    if np.any(renewals.entry > 0.0):
        table, more = {**table, _ENTRY: renewals.entry}, {"entry_col": _ENTRY}
    if np.any(renewals.weight != 1.0):
        table, more = {**table, _WEIGHT: renewals.weight}, {**more, "weights_col": _WEIGHT}
    lifelines = _loaded("lifelines", "lifelines", "lifelines")
    return lifelines.CoxPHFitter().fit(named_frame(table), _DURATION, _EVENT, **more)


def _by_sksurv(renewals: Renewals, columns: dict[str, Array]) -> Foreign:
    for name, plain in (("entry", 0.0), ("weight", 1.0)):
        given: Array = getattr(renewals, name)
        if np.any(given != plain):
            rule = f"must have the same {name} ({plain:g}) for all: scikit-survival has no place for it"
            raise InputError("not-supported", "renewals", name, rule, "Use library='lifelines'.")
    ended = np.empty(len(renewals), dtype=[("left", np.bool_), ("duration", np.float64)])
    ended["left"], ended["duration"] = renewals.event > 0.0, renewals.duration
    sksurv = _loaded("sksurv.linear_model", "scikit-survival", "sksurv")
    return sksurv.CoxPHSurvivalAnalysis(ties="efron").fit(named_frame(columns), ended)


def _loaded(module: str, library: str, extra: str) -> Foreign:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(library, extra, "A Cox regression") from error
