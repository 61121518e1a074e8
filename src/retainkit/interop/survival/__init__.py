"""Survival curves from anywhere: lifelines, scikit-survival, SurPyval, lifetimes, an array, a function.

`survival_of` makes of each what break-even, lifetime value and residual value ask for.
"""

from retainkit.interop.survival.curve import AbstractSurvival
from retainkit.interop.survival.fit_cox import fit_cox
from retainkit.interop.survival.formula_curve import FormulaCurve
from retainkit.interop.survival.from_lifelines import from_lifelines
from retainkit.interop.survival.from_sksurv import from_sksurv
from retainkit.interop.survival.from_surpyval import from_surpyval
from retainkit.interop.survival.step_curve import StepCurve, step_curve
from retainkit.interop.survival.survival_of import survival_of

__all__ = [
    "AbstractSurvival",
    "FormulaCurve",
    "StepCurve",
    "fit_cox",
    "from_lifelines",
    "from_sksurv",
    "from_surpyval",
    "step_curve",
    "survival_of",
]
