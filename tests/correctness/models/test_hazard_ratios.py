"""Constant hazards with covariates by episode are regressions, of which statsmodels says the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from statsmodels.genmod import families  # pyright: ignore[reportMissingTypeStubs]
from statsmodels.genmod.generalized_linear_model import GLM  # pyright: ignore[reportMissingTypeStubs]

import retainkit as rk


def episodes(whole: bool) -> tuple[rk.Renewals, dict[str, Any]]:
    """Tenures of two plans, cut where the price rises, with the covariates of each episode."""
    rng, n = np.random.default_rng(8), 400
    plan, rise = rng.integers(0, 2, n).astype(float), rng.integers(1, 6, n).astype(float)
    rate = 0.12 * np.exp(0.4 * plan)
    first, second = rng.exponential(size=n) / rate, rise + rng.exponential(size=n) / (rate * np.exp(0.7))
    left = np.where(first < rise, first, second)
    left = np.ceil(left) if whole else left
    end, reached = np.minimum(left, 10.0), left > rise
    parts = rk.Renewals(
        duration=np.concatenate([np.where(reached, rise, end), end[reached]]),
        event=np.concatenate([(left <= 10.0) & ~reached, (left <= 10.0)[reached]]),
        entry=np.concatenate([np.zeros(n), rise[reached]]),
        whole_periods=whole,
    )
    rose = np.concatenate([np.zeros(n), np.ones(int(reached.sum()))])
    return parts, {"pro": np.concatenate([plan, plan[reached]]), "price_rise": rose}


def agree(fitted: rk.Fit[Any], found: Any, intercept: float, log_likelihood: float) -> None:
    names = ["hazard.pro", "hazard.price_rise"]
    coefficients = [fitted.model.parameters[name] for name in names]
    np.testing.assert_allclose([intercept, *coefficients], found.params, rtol=1e-5)
    # its own errors are of the expected information, ours of the observed one
    error = np.sqrt(np.diag(np.linalg.inv(-found.model.hessian(found.params, observed=True))))
    np.testing.assert_allclose([fitted.standard_errors[n] for n in names], error[1:], rtol=1e-5)
    assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=1e-6)


def test_the_geometric_model_is_binomial_regression_with_the_complementary_log_log_link() -> None:
    data, z = episodes(whole=True)
    fitted = rk.fit(rk.with_hazard_ratios(rk.Geometric, list(z)), rk.Described(data, z))
    # a row for each renewal that came up
    many = (data.duration - data.entry).astype(int)
    row = np.repeat(np.arange(len(data)), many)
    y = np.zeros(row.size)
    y[np.cumsum(many)[data.event > 0] - 1] = 1.0
    design = np.column_stack([np.ones(row.size), z["pro"][row], z["price_rise"][row]])
    found = GLM(y, design, family=families.Binomial(link=families.links.CLogLog())).fit(tol=1e-12)
    theta = float(fitted.model.parameters["theta"])
    agree(fitted, found, np.log(-np.log1p(-theta)), found.llf)


def test_the_exponential_model_is_poisson_regression_on_time_at_risk() -> None:
    data, z = episodes(whole=False)
    fitted = rk.fit(rk.with_hazard_ratios(rk.Exponential, list(z)), rk.Described(data, z))
    exposure = data.duration - data.entry
    design = np.column_stack([np.ones(len(data)), z["pro"], z["price_rise"]])
    model = GLM(data.event, design, family=families.Poisson(), offset=np.log(exposure))
    found = model.fit(tol=1e-12)
    # a count of 1 in so much time and a moment of leaving differ by the logarithm of the time
    moments = found.llf - float(data.event @ np.log(exposure))
    agree(fitted, found, -np.log(float(fitted.model.parameters["scale"])), moments)
