"""The real lifelines: what its fitters say at tenures in their data is what the wrapped curve says."""

from __future__ import annotations

from typing import Any

import lifelines
import numpy as np
import pandas as pd
import pytest

import retainkit as rk
from retainkit.interop.survival import FormulaCurve, StepCurve, fit_cox, survival_of
from retainkit.models.base import AbstractModel

RNG = np.random.default_rng(4)
X = RNG.normal(size=300)
LIFE = 20.0 * np.exp(-0.4 * X) * RNG.weibull(1.3, 300)
SEEN = pd.DataFrame(
    {"x": X, "plan": RNG.integers(0, 2, 300), "t": np.minimum(LIFE, 30.0), "left": LIFE < 30.0}
)
AT = np.array([1.0, 8.0, 29.0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fitter", "kind"),
    [
        (lifelines.WeibullFitter(), AbstractModel),
        (lifelines.ExponentialFitter(), AbstractModel),
        (lifelines.LogNormalFitter(), AbstractModel),
        (lifelines.LogLogisticFitter(), AbstractModel),
        (lifelines.GeneralizedGammaFitter(), FormulaCurve),
        (lifelines.PiecewiseExponentialFitter([5.0, 15.0]), FormulaCurve),
        (lifelines.KaplanMeierFitter(), StepCurve),
        (lifelines.BreslowFlemingHarringtonFitter(), StepCurve),
    ],
)
def test_univariate_fitters(fitter: Any, kind: type[Any]) -> None:
    fitter.fit(SEEN["t"], SEEN["left"])
    curve = survival_of(fitter)
    assert isinstance(curve, kind)
    assert curve.survival(0.0) == 1.0
    assert curve.survival(AT) == pytest.approx(fitter.survival_function_at_times(AT).to_numpy(), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fitter",
    [lifelines.WeibullAFTFitter(), lifelines.LogNormalAFTFitter(), lifelines.LogLogisticAFTFitter(),
     lifelines.CoxPHFitter(baseline_estimation_method="spline", n_baseline_knots=3)],
)  # fmt: skip
def test_parametric_regressions(fitter: Any) -> None:
    fitter.fit(SEEN.drop(columns="plan"), "t", "left")
    customers = SEEN[["x"]].tail(5)
    theirs = fitter.predict_survival_function(customers, times=[*AT, 300.0]).to_numpy().T
    curve = survival_of(fitter, covariates=customers)
    assert curve.survival([*AT, 300.0]) == pytest.approx(theirs, rel=1e-10)


@pytest.mark.parametrize("strata", [None, ["plan"]])
def test_cox_regressions(strata: Any) -> None:
    fitter = lifelines.CoxPHFitter().fit(SEEN, "t", "left", strata=strata)
    customers = SEEN[["x", "plan"]].tail(6)
    theirs = fitter.predict_survival_function(customers)[customers.index]
    curve = survival_of(fitter, covariates=customers)
    at = theirs.index[theirs.index <= np.min(curve.end)].to_numpy()
    assert curve.survival(at) == pytest.approx(theirs.loc[at].to_numpy().T, rel=1e-12)
    with pytest.raises(rk.InputError, match="must not exceed"):
        curve.survival(31.0, given=20.0)


def test_fit_cox_is_lifelines_cox() -> None:
    renewals = rk.Renewals(duration=SEEN["t"], event=SEEN["left"].astype(int), weight=2.0)
    theirs = lifelines.CoxPHFitter().fit(SEEN[["x", "t", "left"]], "t", "left")
    assert fit_cox(renewals, SEEN[["x"]]).params_["x"] == pytest.approx(theirs.params_["x"], rel=1e-5)
