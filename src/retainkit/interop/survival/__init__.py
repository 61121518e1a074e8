"""How does a survival curve from anywhere get a value in money?

`survival_of` makes of lifelines, scikit-survival, SurPyval, lifetimes, an array or a function what
break-even, lifetime value and residual value ask for.
In reading order:

- `survival_of`    the door: whatever was fitted, wherever, answers the same questions after it.
- `curve`          what every wrapped curve answers, and curves by a formula.
- `step_curve`     curves known at some tenures and up to an end, past which nothing is assumed.
- `from_lifelines` univariate fitters, Cox and additive regressions, accelerated failure times.
- `from_sksurv`    estimators that predict survival functions, and these functions.
- `from_surpyval`  distributions, non-parametric estimates and regressions.
- `fit_cox`        Cox regression of a summary of renewals.
"""

from retainkit.interop.survival.curve import AbstractSurvival, FormulaCurve
from retainkit.interop.survival.fit_cox import fit_cox
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
