"""Contractual models of continuous time refuse what makes no sense, and say what to do instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.models.contractual.weibull_gamma import WeibullGamma

KINDS: list[Any] = [Exponential, Weibull, LogNormal, LogLogistic, WeibullGamma]
MODEL: Any = Weibull(scale=20.0, shape=0.8, unit="month")
BARE: Any = Weibull(scale=20.0, shape=0.8)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_every_parameter_is_checked_by_its_name(kind: Any) -> None:
    for i, name in enumerate(kind.names()):
        for bad in (0.0, -1.0, np.nan, np.inf, "1", None, True, [1.0, -2.0]):
            values: list[Any] = [1.0] * len(kind.names())
            values[i] = bad
            with pytest.raises(rk.InputError, match=rf"^{kind.__name__} {name} "):
                kind(*values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_data_of_another_kind_are_refused(kind: Any) -> None:
    purchases = rk.Purchases(frequency=[1], recency=[1.0], T=[2.0])
    model = kind.of([1.0] * len(kind.names()))
    with pytest.raises(rk.InputError, match=rf"must be Renewals for {kind.__name__}"):
        model.log_likelihood(purchases)
    with pytest.raises(rk.InputError, match=r"data must be Renewals"):
        rk.fit(kind, purchases)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_a_base_that_nobody_has_left_determines_no_model(kind: Any) -> None:
    with pytest.raises(rk.FitError, match="nobody has left") as caught:
        rk.fit(kind, rk.Renewals(duration=[3.0, 4.0, 5.0], event=[0, 0, 0]))
    assert caught.value.code == "no-evidence"


@pytest.mark.parametrize(
    ("question", "argument"),
    [
        (lambda: MODEL.survival(-1.0), "t"),
        (lambda: MODEL.survival(np.nan), "t"),
        (lambda: MODEL.survival([1.0, -2.0]), "t"),
        (lambda: MODEL.survival("soon"), "t"),
        (lambda: MODEL.survival(3.0, given=-1.0), "given"),
        (lambda: MODEL.survival(3.0, given=np.inf), "given"),
        (lambda: MODEL.hazard(0.0), "t"),
        (lambda: MODEL.hazard(np.inf), "t"),
        (lambda: MODEL.density(0.0), "t"),
        (lambda: MODEL.retention(0.5), "t"),
        (lambda: MODEL.churn(0.0), "t"),
        (lambda: MODEL.churn(np.inf), "t"),
        (lambda: MODEL.quantile(1.5), "share"),
        (lambda: MODEL.quantile(-0.1), "share"),
        (lambda: MODEL.quantile(0.5, given=np.inf), "given"),
        (lambda: MODEL.expected_lifetime(horizon=-1.0), "horizon"),
        (lambda: MODEL.expected_lifetime(given=np.nan), "given"),
        (lambda: MODEL.cumulative_hazard(None), "t"),
        (lambda: BARE.survival(rk.Duration(1, "year")), "t"),
        (lambda: BARE.expected_lifetime(horizon=rk.Duration(1, "year")), "horizon"),
        (lambda: MODEL.discounted_expected_lifetime(0.01), "discount_rate"),
        (lambda: BARE.discounted_expected_lifetime(rk.Rate(0.1, per="year")), "discount_rate"),
        (lambda: BARE.discounted_expected_lifetime(-0.01), "discount_rate"),
        (lambda: BARE.discounted_expected_lifetime(0.01, horizon=2.5), "horizon"),
        (lambda: BARE.discounted_expected_residual_lifetime(3.0, 0.01, instant="before-renewals"), "instant"),
        (
            lambda: BARE.discounted_expected_residual_lifetime(np.inf, 0.01, instant="after-payment"),
            "tenure",
        ),
        (lambda: MODEL.sample(-1.0, seed=1), "observed"),
        (lambda: MODEL.sample([5.0], entry=[6.0], seed=1), "entry"),
        (lambda: MODEL.sample([5.0], entry=[np.inf], seed=1), "entry"),
        (lambda: MODEL.sample([5.0], seed="1"), "seed"),
    ],
)
def test_questions_that_make_no_sense_name_their_argument(question: Any, argument: str) -> None:
    with pytest.raises(rk.InputError) as caught:
        question()
    assert caught.value.argument == argument
    assert caught.value.way_out


def test_one_value_gives_one_float() -> None:
    for kind in KINDS:
        model = kind.of([1.5] * len(kind.names()))
        for answer in (
            model.survival(3.0),
            model.hazard(3),
            model.density(3),
            model.quantile(0.5),
            model.median(),
            model.expected_lifetime(horizon=3.0),
            model.cumulative_hazard(2.0),
            model.churn(2),
            model.discounted_expected_lifetime(0.1),
        ):
            assert type(answer) is float
