"""What has no survival curve, or not enough said about it, is refused with the way out."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk
from retainkit.interop.survival import fit_cox, survival_of
from retainkit.models.purchasing.bg_bb import BGBB


def peer(module: str, name: str, **members: Any) -> Any:
    methods = {k: staticmethod(v) if callable(v) else v for k, v in members.items()}
    return type(name, (), {"__module__": module, **methods})()


def kaplan_meier(times: list[float], shares: list[float], left: list[float]) -> Any:
    return peer(
        "lifelines.fitters.kaplan_meier_fitter",
        "KaplanMeierFitter",
        survival_function_=pd.DataFrame({"KM_estimate": shares}, index=times),
        timeline=times,
        durations=np.array(times),
        event_table=pd.DataFrame({"observed": [1] * len(left)}, index=left),
    )


WEIBULL = peer("lifelines.fitters.weibull_fitter", "WeibullFitter", timeline=[1.0], lambda_=2.0, rho_=1.0)
COX = peer(
    "lifelines.fitters.coxph_fitter", "CoxPHFitter", params_=1, predict_survival_function=lambda frame: frame
)
ADDITIVE = peer(
    "lifelines.fitters.aalen_additive_fitter",
    "AalenAdditiveFitter",
    cumulative_hazards_=1,
    durations=[2.0],
    predict_survival_function=lambda frame: pd.DataFrame({0: [0.9, 0.95]}, index=[1.0, 2.0]),
)
TWO = pd.DataFrame({"lower": [1.0, 0.5], "upper": [1.0, 0.9]}, index=[0.0, 1.0])
INTERVALS = peer("lifelines.x", "KaplanMeierFitter", survival_function_=TWO, timeline=[0.0, 1.0])
STEPS = SimpleNamespace(x=np.array([1.0]), y=np.array([0.5]), a=1.0, b=0.0)
FRAME = {"x": [1.0]}


@pytest.mark.parametrize(
    ("fitted", "more", "code", "advice"),
    [
        (object(), {}, "not-a-model", "lifelines, scikit-survival, SurPyval and lifetimes"),
        ("abc", {}, "not-a-model", "Understood are"),
        (rk.Weibull, {}, "not-a-model", "Understood are"),
        (rk.GammaGamma(6.0, 4.0, 15.0), {}, "not-a-model", "Understood are"),
        (pd.DataFrame({0: [1.0, 0.9]}), {}, "not-a-model", r"times=table\.index"),
        (pd.Series([1.0, 0.9], index=[0, 5]), {}, "ambiguous", r"times=series\.index"),
        ([1, 0.9, 0.95], {}, "not-a-curve", "not retention rates"),
        ([0.9, 0.8], {}, "not-a-curve", r"Put 1 in front .* or give their tenures with times="),
        ([], {}, "not-a-curve", "Put 1 in front"),
        ([1, 90], {}, "out-of-range", "Write 30% as 0.3"),
        ([1, np.nan], {}, "not-finite", "share between 0 and 1"),
        ([1, 0.9], {"times": [0, 1, 2]}, "length-mismatch", "one tenure for each share"),
        ([0.9, 0.8], {"times": [2, 1]}, "not-ascending", "Sort tenures"),
        ([0.9, 0.8], {"times": [0, 1]}, "not-a-curve", "lost at tenure 0"),
        ([1, 0.9], {"between": "line"}, "unknown-choice", "Did you mean 'lines'"),
        ([1, 0.9], {"after_end": "same_churn"}, "unknown-choice", "Did you mean 'same-churn'"),
        ([1, 0.9, 0.9], {"after_end": "same-churn"}, "too-few", "longer stretch"),
        ([[1, 0.9], [1, 1]], {"after_end": "same-churn"}, "too-few", "every curve"),
        ([1, 0.9], {"unit": "months"}, "unknown-choice", "Did you mean 'month'"),
        ([1, 0.9], {"covariates": FRAME}, "needless", "Leave out covariates"),
        (lambda t: t + 2, {"after_end": "stop"}, "needless", "has no end"),
        (WEIBULL, {"after_end": "stop"}, "needless", "has no end"),
        (WEIBULL, {"covariates": FRAME}, "needless", "one curve for everybody"),
        (WEIBULL, {"times": [1]}, "needless", "Leave out times"),
        (STEPS, {"covariates": FRAME}, "needless", "of customers already"),
        (rk.Weibull(2.0, 1.0, unit="week"), {"unit": "month"}, "unit-mismatch", "convert themselves"),
        (COX, {}, "missing-argument", "one row per customer"),
        (COX, {"covariates": 3}, "not-a-table", "mapping of columns"),
        (ADDITIVE, {"covariates": FRAME}, "not-a-curve", "hazards are not"),
        (INTERVALS, {}, "not-supported", "Choose one"),
        (kaplan_meier([0, 10], [1, 0.5], [6]), {}, "not-supported", "without timeline="),
        (peer("lifelines.x", "KaplanMeierFitter"), {}, "not-a-model", "Call its fit method"),
        (peer("lifelines.x", "WeibullAFTFitter"), {"covariates": FRAME}, "not-a-model", "its fit method"),
        (peer("lifelines.x", "CoxTimeVaryingFitter", params_=1), {}, "not-supported", "hazards only"),
        (peer("lifetimes.x", "BetaGeoFitter"), {}, "not-a-model", "Call its fit method"),
        (peer("sksurv.svm", "FastSurvivalSVM"), {"covariates": FRAME}, "not-supported", "SurvivalForest"),
        (peer("sksurv.x", "Tree", predict_survival_function=lambda x: x), {}, "missing-argument", "for Tree"),
        (peer("surpyval.x", "Weibull_"), {}, "not-supported", r"surpyval\.Weibull\.fit"),
        (rk.ParetoNBD(0.5, 10.0, np.array([0.5, 1.0]), 12.0), {}, "length-mismatch", "probability_alive"),
    ],
)  # fmt: skip
def test_what_makes_no_curve_is_refused(fitted: Any, more: dict[str, Any], code: str, advice: str) -> None:
    with pytest.raises(rk.InputError, match=advice) as caught:
        survival_of(fitted, **more)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("question", "code", "advice"),
    [
        (lambda c: c.survival(3), "outside-the-curve", "an array ends.* after_end='same-churn'"),
        (lambda c: c.survival(5, given=4), "outside-the-curve", "fit a parametric model"),
        (lambda c: c.survival(np.inf), "out-of-range", "finite"),
        (lambda c: c.survival(-1), "out-of-range", "0 or more"),
        (lambda c: c.retention(0.5), "out-of-range", "1 or more"),
        (lambda c: c.hazard(1, over=0), "out-of-range", "positive"),
        (lambda c: c.survival(rk.Duration(1, "month")), "unit-unknown", "unit"),
        (lambda c: c.customer(0), "out-of-range", "one curve for everybody"),
        (lambda c: c.continued("same-churn", over=3), "out-of-range", "no longer than the curve"),
        (lambda c: c.continued("stop").survival(5, given=4), "nobody-at-risk", "earlier tenure"),
    ],
)
def test_questions_that_a_measured_curve_cannot_answer(question: Any, code: str, advice: str) -> None:
    with pytest.raises(rk.InputError, match=advice) as caught:
        question(survival_of([1, 0.9, 0.8]))
    assert caught.value.code == code


def test_questions_that_do_not_fit_the_customers() -> None:
    curves = survival_of([[1, 0.9], [1, 0.8], [1, 0.0]])
    with pytest.raises(rk.InputError, match="tenure\\[:, None\\]"):
        curves.survival(np.zeros((2, 4)))
    with pytest.raises(rk.InputError, match="among 3 customers"):
        curves.customer(3)
    with pytest.raises(rk.InputError, match=r"got 1\.0 at position \(2, 0\)"):
        curves.survival(1, given=1)


def test_a_formula_that_gives_no_number_is_said_to() -> None:
    curve = survival_of(peer("lifelines.x", "SplineFitter", timeline=[1.0], _fitted_parameter_names=["phi_0"],
                             cumulative_hazard_at_times=lambda t: np.where(t > 5, np.nan, t)))  # fmt: skip
    with pytest.raises(rk.InputError, match="lifelines SplineFitter gives a share"):
        curve.survival([1, 6])


def test_opportunities_come_whole() -> None:
    with pytest.raises(rk.InputError, match="must be whole numbers"):
        survival_of(BGBB(1.2, 0.75, 0.6, 2.8)).survival(0.5)


MEMBERS = rk.Renewals(duration=[3.0, 5.0], event=[1, 0])


@pytest.mark.parametrize(
    ("library", "module", "line"),
    [
        ("lifelines", "lifelines", r"needs lifelines, .* pip install 'retainkit\[lifelines\]'"),
        ("sksurv", "sksurv.linear_model", r"needs scikit-survival, .* pip install 'retainkit\[sksurv\]'"),
    ],
)
def test_a_missing_library_is_named_with_the_line_that_installs_it(
    library: Any, module: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(rk.errors.MissingDependencyError, match=line):
        fit_cox(MEMBERS, {"x": [1.0, 2.0]}, library=library)


@pytest.mark.parametrize(
    ("renewals", "covariates", "library", "code"),
    [
        (MEMBERS, {"x": [1.0, 2.0]}, "lifeline", "unknown-choice"),
        (MEMBERS, {"x": [1.0]}, "lifelines", "length-mismatch"),
        (
            rk.Renewals(duration=[3, 5], event=[1, 1], entry=[0, 1]),
            {"x": [1.0, 2.0]},
            "sksurv",
            "not-supported",
        ),
        (rk.Renewals(duration=[3, 5], event=[1, 1], weight=2), {"x": [1.0, 2.0]}, "sksurv", "not-supported"),
    ],
)
def test_cox_regressions_that_cannot_be_fitted(
    renewals: rk.Renewals, covariates: Any, library: Any, code: str
) -> None:
    with pytest.raises(rk.InputError) as caught:
        fit_cox(renewals, covariates, library=library)
    assert caught.value.code == code
