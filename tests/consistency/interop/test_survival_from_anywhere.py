"""Curves of other libraries: the numbers of the fitted object, and never more than was observed.

Stand-ins have the documented attributes and methods of the peers' objects and say that they come from
there; what they answer is written out here as a formula, so that it is known what has to come out.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import retainkit as rk
from retainkit.economics import break_even_on_curve, lifetime_value_on_curve
from retainkit.interop.survival import FormulaCurve, StepCurve, fit_cox, survival_of
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.models.purchasing.bg_bb import BGBB
from retainkit.models.purchasing.mbg_nbd import MBGNBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD

MEASURED = [1.0, 0.9, 0.83, 0.8]


def peer(module: str, name: str, **members: Any) -> Any:
    """An object of a class of that name that says it comes from that library."""
    methods = {k: staticmethod(v) if callable(v) else v for k, v in members.items()}
    return type(name, (), {"__module__": module, **methods})()


def kaplan_meier(shares: list[float], times: list[float], last: float, **more: Any) -> Any:
    left = np.append(0.0, -np.diff(shares)) > 0.0
    return peer(
        "lifelines.fitters.kaplan_meier_fitter",
        "KaplanMeierFitter",
        survival_function_=pd.DataFrame({"KM_estimate": shares}, index=times),
        timeline=np.array(times),
        durations=np.array([times[1], last]),
        event_table=pd.DataFrame({"observed": left.astype(int)}, index=times),
        **{"entry": None, **more},
    )


# -- arrays and functions -----------------------------------------------------------------------------


def test_an_array_is_a_curve_of_steps_or_of_lines() -> None:
    curve = survival_of(MEASURED, unit="month")
    assert curve.survival([0, 0.9, 1, 2.5, 3]).tolist() == [1.0, 1.0, 0.9, 0.83, 0.8]
    assert curve.survival(3, given=[0, 1, 2]) == pytest.approx([0.8, 0.8 / 0.9, 0.8 / 0.83], rel=1e-15)
    assert curve.retention([1, 2]) == pytest.approx([0.9, 0.83 / 0.9], rel=1e-15)
    assert curve.churn(3) == pytest.approx(1 - 0.8 / 0.83, rel=1e-14)
    assert curve.hazard(3, over=2) == pytest.approx(np.log(0.9 / 0.8) / 2, rel=1e-14)
    assert curve.survival(rk.Duration(0.25, "year")) == pytest.approx(0.8, rel=1e-15)
    lines = survival_of([0.9, 0.8], times=[1, 3], between="lines")
    assert lines.survival([0, 0.5, 2, 3]) == pytest.approx([1.0, 0.95, 0.85, 0.8], rel=1e-15)


@pytest.mark.parametrize(
    ("rule", "later"), [("stop", 0.0), ("flat", 1.0), ("same-churn", (0.8 / 0.83) ** 2), (0.02, 0.98**2)]
)
def test_past_the_end_a_curve_goes_on_by_the_rule_that_was_named(rule: Any, later: float) -> None:
    curve = survival_of(MEASURED, after_end=rule)
    assert curve.survival(5) == pytest.approx(0.8 * later, rel=1e-13)
    assert curve.survival(5, given=2) == pytest.approx(0.8 / 0.83 * later, rel=1e-13)
    if rule != "stop":
        assert curve.survival(500, given=498) == pytest.approx(later, rel=1e-12)


def test_a_series_a_column_and_rows_of_customers_are_arrays() -> None:
    for column in (pd.Series(MEASURED), pl.Series(MEASURED), np.array(MEASURED), tuple(MEASURED)):
        assert survival_of(column).survival(2) == pytest.approx(0.83, rel=1e-15)
    several = survival_of(np.array([MEASURED, [1.0, 0.5, 0.5, 0.25]]))
    assert several.survival([1, 3]) == pytest.approx(np.array([[0.9, 0.8], [0.5, 0.25]]), rel=1e-14)
    assert several.survival(2).shape == (2, 1)  # as a model whose parameters are (customers, 1)
    own = several.survival(np.array([[3], [2]]), given=np.array([[2], [1]]))
    assert own == pytest.approx(np.array([[0.8 / 0.83], [1.0]]), rel=1e-14)
    assert several.customer(1).survival([1, 3]) == pytest.approx([0.5, 0.25], rel=1e-14)
    ahead = several.continued("same-churn", over=2)
    assert ahead.survival(5) == pytest.approx(np.array([[0.8 * 0.8 / 0.9], [0.125]]), rel=1e-13)
    assert ahead.customer(1).survival(5) == pytest.approx(0.125, rel=1e-13)


def test_a_function_is_a_curve_that_goes_on_by_itself() -> None:
    curve = survival_of(lambda t: 0.95**t, unit="month")
    assert curve.survival(rk.Duration(1, "year"), given=6) == pytest.approx(0.95**6, rel=1e-13)
    assert curve.survival(0) == 1.0
    assert curve.churn([1, 50]) == pytest.approx([0.05, 0.05], rel=1e-12)
    assert curve.survival([[3, 1], [1, 2]]) == pytest.approx(0.95 ** np.array([[3, 1], [1, 2]]), rel=1e-13)


def test_economics_and_valuation_take_what_comes_out() -> None:
    curve = survival_of(MEASURED, after_end="same-churn", unit="year")
    worth = {"discount_rate": 0.1, "timing": "begin"}
    direct = lifetime_value_on_curve(20, MEASURED, after_end="same-churn", **worth)  # type: ignore[arg-type]
    assert lifetime_value_on_curve(20, curve, **worth) == pytest.approx(direct, rel=1e-12)  # type: ignore[arg-type]
    paid = break_even_on_curve(50, 20, curve, horizon=20, **worth)  # type: ignore[arg-type]
    assert paid.payments == 3  # 20·(1 + .9/1.1 + .83/1.21) = 50.08
    base = rk.value_subscriptions(
        curve,
        tenure=[0, 2],
        margin_per_period=100.0,
        discount_rate=rk.Rate(0.1, per="year"),
        instant="before-renewal",
    )
    v, tail = 1 / 1.1, 0.8 / 0.83
    from_two = 100 * tail / (1 - tail * v)
    from_start = 100 * (0.9 + 0.83 * v + 0.83 * v * v * tail / (1 - tail * v))
    assert base.value_per_customer == pytest.approx([from_start, from_two], rel=1e-12)


# -- lifelines ----------------------------------------------------------------------------------------

T = np.array([0.5, 7.0, 40.0])


@pytest.mark.parametrize(
    ("name", "parameters", "model", "survival"),
    [
        ("WeibullFitter", {"lambda_": 20.0, "rho_": 0.8}, Weibull, np.exp(-((T / 20) ** 0.8))),
        ("ExponentialFitter", {"lambda_": 20.0}, Exponential, np.exp(-T / 20)),
        # Φ(−(ln t − 2.5)/1.2) by mpmath at 40 digits
        ("LogNormalFitter", {"mu_": 2.5, "sigma_": 1.2}, LogNormal,
         [0.99610404287676035, 0.67786666182305498, 0.16090801607090835]),
        ("LogLogisticFitter", {"alpha_": 12.0, "beta_": 1.5}, LogLogistic, 1 / (1 + (T / 12) ** 1.5)),
    ],
)  # fmt: skip
def test_parametric_fitters_of_lifelines_are_models(
    name: str, parameters: dict[str, float], model: type[Any], survival: Any
) -> None:
    fitter = peer("lifelines.fitters.any", name, timeline=T, **parameters)
    ours = survival_of(fitter, unit="month")
    assert type(ours) is model and ours.unit == "month"
    assert ours.survival(T) == pytest.approx(survival, rel=1e-13)


def test_other_parametric_fitters_are_asked_themselves() -> None:
    def hazard(t: Any) -> Any:
        return pd.Series(t / 30 + 0.01 * t**2)

    spline = peer(
        "lifelines.fitters.spline_fitter",
        "SplineFitter",
        timeline=T,
        _fitted_parameter_names=["phi_0"],
        cumulative_hazard_at_times=hazard,
    )
    curve = survival_of(spline)
    assert isinstance(curve, FormulaCurve)
    assert curve.survival([0.0, 3.0, 3.0, 1.0]) == pytest.approx(np.exp([0, -0.19, -0.19, -1 / 30 - 0.01]))
    far = curve.survival(301.0, given=300.0)  # S(300) is 0 in floats
    assert far == pytest.approx(np.exp(-1 / 30 - 6.01), rel=1e-9)


def test_kaplan_meier_of_lifelines_ends_with_the_last_observation() -> None:
    fitter = kaplan_meier([1.0, 0.7, 0.6, 0.6], [0.0, 1.0, 2.0, 9.0], last=4.0)  # its timeline goes on flat
    curve = survival_of(fitter)
    assert isinstance(curve, StepCurve) and curve.end == 4.0
    assert curve.survival([0.5, 1, 4]) == pytest.approx([1.0, 0.7, 0.6])
    with pytest.raises(rk.InputError, match="must not exceed 4"):
        curve.survival(5, given=2)
    assert survival_of(fitter, after_end=0.5).survival(5, given=2) == pytest.approx(0.5, rel=1e-13)
    late = survival_of(kaplan_meier([1.0, 0.7], [3.0, 5.0], last=5.0, entry=np.array([3.0, 4.0])))
    assert late.start == 3.0 and late.survival(5) == pytest.approx(0.7)


def test_survival_that_has_come_down_to_nothing_stays_there() -> None:
    curve = survival_of(kaplan_meier([1.0, 0.7, 0.0], [0.0, 1.0, 2.0], last=2.0))
    assert curve.survival([2, 50]).tolist() == [0.0, 0.0]
    assert curve.continued("same-churn").survival(3) == 0.0


def test_nelson_aalen_of_lifelines_is_a_survival_curve() -> None:
    fitter = peer(
        "lifelines.fitters.nelson_aalen_fitter",
        "NelsonAalenFitter",
        cumulative_hazard_=pd.DataFrame({"NA_estimate": [0.0, 0.2, 0.45]}, index=[0.0, 5.0, 8.0]),
        timeline=[0.0, 5.0, 8.0],
        durations=np.array([5.0, 8.0]),
        event_table=pd.DataFrame({"observed": [0, 1, 1]}, index=[0.0, 5.0, 8.0]),
    )
    assert survival_of(fitter).survival([4, 5, 8]) == pytest.approx(np.exp([0, -0.2, -0.45]), rel=1e-14)


class Regression:
    """A proportional-hazards regression as lifelines' are: customers in the columns, in any order."""

    params_ = "fitted"
    durations = np.array([1.0, 10.0])
    strata: Any = None

    def predict_survival_function(self, frame: pd.DataFrame) -> Any:
        risk = np.exp(frame["x"].to_numpy())
        hazard = np.array([0.1, 0.3, 0.3])
        table = pd.DataFrame(np.exp(-hazard[:, None] * risk), index=[1.0, 4.0, 10.0], columns=frame.index)
        return table[table.columns[::-1]]

    def predict_percentile(self, frame: pd.DataFrame, p: float) -> Any:
        scale = np.exp(2.0 + frame["x"])
        return scale * (-np.log(p)) ** (1 / 0.7)


FRAME = pd.DataFrame({"x": [0.0, 1.0, -1.0]}, index=[7, 7, 9])
PREDICTS = {k: v for k, v in vars(Regression).items() if not k.startswith("__")}


def regression(name: str, **more: Any) -> Any:
    return type(name, (), {"__module__": "lifelines.fitters.any", **PREDICTS, **more})()


@pytest.mark.parametrize("frame", [FRAME, pl.DataFrame({"x": [0.0, 1.0, -1.0]}), {"x": [0.0, 1.0, -1.0]}])
def test_cox_regressions_have_a_curve_for_each_customer(frame: Any) -> None:
    curve = survival_of(regression("CoxPHFitter"), covariates=frame)
    risk = np.exp([0.0, 1.0, -1.0])[:, None]
    hazard = np.array([0.0, 0.1, 0.1, 0.3])
    assert curve.survival([0.5, 1, 3, 10]) == pytest.approx(np.exp(-hazard * risk), rel=1e-14)
    assert curve.survival(10, given=3) == pytest.approx(np.exp(-0.2 * risk), rel=1e-14)
    with pytest.raises(rk.InputError, match="must not exceed 10"):
        curve.survival(11)
    ahead = curve.continued("same-churn", over=9)
    assert ahead.survival(19) == pytest.approx(np.exp(-0.5 * risk), rel=1e-13)


def test_a_stratum_ends_with_its_own_last_event() -> None:
    curve = survival_of(regression("CoxPHFitter", strata=["plan"]), covariates=FRAME)
    assert np.ravel(curve.end).tolist() == [4.0, 4.0, 4.0]  # from 4 to 10 nobody of it left, or was there
    with pytest.raises(rk.InputError, match="must not exceed 4"):
        curve.survival(5)


def test_accelerated_failure_times_are_models_with_parameters_for_each_customer() -> None:
    model = survival_of(regression("WeibullAFTFitter"), covariates=FRAME, unit="month")
    assert isinstance(model, Weibull)
    scale = np.exp(2.0 + FRAME["x"].to_numpy())[:, None]
    assert model.scale == pytest.approx(scale, rel=1e-13)
    assert model.shape == pytest.approx(np.full((3, 1), 0.7), rel=1e-13)
    assert model.survival(T) == pytest.approx(np.exp(-((T / scale) ** 0.7)), rel=1e-12)


def test_regressions_with_a_formula_go_on_by_it() -> None:
    def hazards(_: Any, frame: pd.DataFrame, times: Any) -> pd.DataFrame:
        return pd.DataFrame(np.outer(times, np.exp(frame["x"])) / 50, index=times, columns=frame.index)

    spline = regression("CoxPHFitter", _fitted_parameter_names=["beta_"], predict_cumulative_hazard=hazards)
    curve = survival_of(spline, covariates=FRAME)
    rate = np.exp(FRAME["x"].to_numpy())[:, None] / 50
    assert curve.survival([0, 5, 900], given=2) == pytest.approx(
        np.exp(-rate * np.array([0.0, 3.0, 898.0])), rel=1e-11
    )
    since = np.array([[4.0], [2.0], [0.0]])  # each customer from an own tenure on
    assert curve.survival(since + np.array([1.0, 2.0]), given=since) == pytest.approx(
        np.exp(-rate * [1, 2]), rel=1e-13
    )
    assert curve.customer(1).survival(3) == pytest.approx(np.exp(-3 * rate[1, 0]), rel=1e-13)


# -- scikit-survival and SurPyval ---------------------------------------------------------------------


def steps(x: list[float], y: list[float], a: float = 1.0, b: float = 0.0) -> Any:
    return SimpleNamespace(x=np.array(x), y=np.array(y), a=a, b=b)


def test_step_functions_of_scikit_survival_begin_at_1_and_end_with_their_data() -> None:
    functions = np.array([steps([2, 5], [0.9, 0.6]), steps([2, 5], [0.8, 0.6], a=0.5, b=0.5)], dtype=object)
    forest = peer(
        "sksurv.ensemble.forest", "RandomSurvivalForest", predict_survival_function=lambda x: functions
    )
    curve = survival_of(forest, covariates=np.zeros((2, 3)))
    expected = np.array([[1.0, 0.9, 0.6], [1.0, 0.9, 0.8]])
    for each in (curve, survival_of(functions), survival_of(list(functions))):
        assert each.survival([1, 2, 5]) == pytest.approx(expected, rel=1e-14)
        with pytest.raises(rk.InputError, match="must not exceed 5"):
            each.survival(6, given=5)
    assert survival_of(functions[0], after_end="flat").survival([0, 4, 9]) == pytest.approx([1, 0.9, 0.6])


def surpyval(kind: str, parameters: list[float], survival: Any, **more: Any) -> Any:
    hazard = lambda t: -np.log(survival(np.asarray(t)))  # noqa: E731
    dist = SimpleNamespace(name=kind)
    members = {"dist": dist, "params": np.array(parameters), "sf": survival, "Hf": hazard, **more}
    return peer("surpyval.univariate.parametric.parametric", "Parametric", **members)


def test_distributions_of_surpyval_are_models_only_if_they_are_nothing_more() -> None:
    weibull = survival_of(surpyval("Weibull", [20.0, 0.8], lambda t: np.exp(-((t / 20) ** 0.8))))
    assert weibull == Weibull(scale=20.0, shape=0.8)
    exponential = survival_of(surpyval("Exponential", [0.05], lambda t: np.exp(-0.05 * t)))
    assert exponential.survival(T) == pytest.approx(np.exp(-0.05 * T), rel=1e-13)
    immune = survival_of(surpyval("Weibull", [20.0, 0.8], lambda t: 0.3 + 0.7 * np.exp(-((t / 20) ** 0.8))))
    assert isinstance(immune, FormulaCurve)
    assert immune.survival(1e6, given=40) == pytest.approx(0.3 / (0.3 + 0.7 * np.exp(-(2**0.8))), rel=1e-12)


def test_estimates_of_surpyval_end_with_their_data() -> None:
    estimate = peer(
        "surpyval.univariate.nonparametric.nonparametric",
        "NonParametric",
        model="Kaplan-Meier",
        x=np.array([1.0, 3.0, 6.0]),
        R=np.array([0.9, 0.5, 0.5]),
        sf=lambda t: np.select([t < 1, t < 3], [1.0, 0.9], 0.5),  # flat after its end, silently
    )
    curve = survival_of(estimate)
    assert curve.survival([0, 1, 5, 6]) == pytest.approx([1.0, 0.9, 0.5, 0.5])
    with pytest.raises(rk.InputError, match="SurPyval Kaplan-Meier ends"):
        curve.survival(7)


# -- lifetimes, and retainkit's own -------------------------------------------------------------------


def test_a_fitter_of_lifetimes_says_how_long_new_customers_stay() -> None:
    fitter = peer(
        "lifetimes.fitters.pareto_nbd_fitter",
        "ParetoNBDFitter",
        params_=pd.Series({"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7}),
    )
    curve = survival_of(fitter, unit="week")
    t = np.array([0.0, 10.0, 300.0])
    assert curve.survival(t) == pytest.approx((11.7 / (11.7 + t)) ** 0.61, rel=1e-12)
    assert survival_of(ParetoNBD(0.55, 10.6, 0.61, 11.7, unit="week")).survival(t) == pytest.approx(
        curve.survival(t), rel=1e-15
    )
    draws = survival_of(ParetoNBD(0.55, 10.6, np.array([[0.5], [1.0]]), 12.0))
    assert draws.survival([6.0]) == pytest.approx(np.array([[1.5**-0.5], [1 / 1.5]]), rel=1e-12)


def test_some_leave_with_the_first_purchase_or_at_the_first_opportunity() -> None:
    mbg = survival_of(MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6))
    assert mbg.survival([0.0, 1e-12]) == pytest.approx([1.0, 1.6 / 2.5], rel=1e-9)
    bgbb = survival_of(BGBB(alpha=1.2, beta=0.75, gamma=0.6, delta=2.8))
    kept = [1.0, 2.8 / 3.4, 2.8 / 3.4 * 3.8 / 4.4]  # B(γ, δ + n)/B(γ, δ)
    assert bgbb.survival([0, 1, 2]) == pytest.approx(kept, rel=1e-12)


def test_what_is_retainkits_own_passes_through() -> None:
    members = rk.Renewals(duration=[1, 2, 3, 3, 4], event=[1, 1, 1, 0, 0], unit="month")
    curve = rk.KaplanMeier.estimate(members)
    assert survival_of(curve) is curve
    assert survival_of(curve, after_end=0.1).survival(5, given=4) == pytest.approx(0.9, rel=1e-13)
    fitted = rk.fit(rk.Exponential, members)
    assert survival_of(fitted) is fitted.model
    assert survival_of(Weibull(20.0, 0.8), unit="month") == Weibull(20.0, 0.8, unit="month")
    assert survival_of(survival_of(MEASURED), after_end=0.5).survival(4) == pytest.approx(0.4, rel=1e-13)


def test_a_cox_regression_is_given_all_that_the_summary_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    class CoxPHFitter:
        def fit(self, frame: pd.DataFrame, *columns: str, **more: str) -> Any:
            return frame[[*columns, *more.values(), "x"]].to_numpy().T.tolist(), tuple(more)

    monkeypatch.setitem(sys.modules, "lifelines", SimpleNamespace(CoxPHFitter=CoxPHFitter))
    plain = rk.Renewals(duration=[3, 5], event=[1, 0])
    assert fit_cox(plain, {"x": [7, 8]}) == ([[3, 5], [1, 0], [7, 8]], ())
    full = rk.Renewals(duration=[3, 5], event=[2, 0], entry=[1, 0], weight=[2, 3], reasons=("price", "card"))
    everything = [[3, 5], [1, 0], [1, 0], [2, 3], [7, 8]]
    assert fit_cox(full, pl.DataFrame({"x": [7, 8]})) == (everything, ("entry_col", "weights_col"))


def test_a_cox_regression_of_scikit_survival_is_given_who_left_when(monkeypatch: pytest.MonkeyPatch) -> None:
    class CoxPHSurvivalAnalysis:
        def __init__(self, ties: str) -> None:
            self.ties = ties

        def fit(self, frame: pd.DataFrame, ended: Any) -> Any:
            return self.ties, frame["x"].tolist(), ended.tolist()

    module = SimpleNamespace(CoxPHSurvivalAnalysis=CoxPHSurvivalAnalysis)
    monkeypatch.setitem(sys.modules, "sksurv", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "sksurv.linear_model", module)
    members = rk.Renewals(duration=[3, 5], event=[1, 0])
    assert fit_cox(members, {"x": [7, 8]}, library="sksurv") == ("efron", [7, 8], [(True, 3), (False, 5)])
