"""Response curves and spending decisions refuse what makes no sense, and answer at the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit.decisions.spending.allocation import Spendable, allocate_budget
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.off_optimum import cost_of_being_off
from retainkit.decisions.spending.response_curves import AdbudgResponse, ExponentialResponse, HillResponse
from retainkit.decisions.spending.response_fit import fit_response
from retainkit.decisions.spending.spending import best_spending, best_spending_within
from retainkit.draws import Draws
from retainkit.economics import Rate
from retainkit.errors import FitError, InputError

WINNING = ExponentialResponse.through(5, 0.2, ceiling=0.4)
KEEPING = ExponentialResponse.through(10, 0.6, ceiling=0.8)
MODEL = BlattbergDeighton(50, 0.15, WINNING, KEEPING)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExponentialResponse(0.4, 0), "k must be positive"),
        (lambda: ExponentialResponse(0.4, 0.1, floor=0.5), "ceiling must not be below the floor"),
        (lambda: HillResponse(0.4, -1), "half_spend must be positive"),
        (lambda: AdbudgResponse(0.4, 1e-4, 50.0), r"delta\*\*\(1/gamma\) must be positive and finite"),
        (lambda: ExponentialResponse.through(5, 0.5, ceiling=0.4), "rate must lie between"),
        (lambda: ExponentialResponse.through(0, 0.2, ceiling=0.4), "spend must be positive"),
        (
            lambda: AdbudgResponse.from_judgements(
                10, rate_without=0.3, rate_now=0.6, rate_with_half_more=0.55, rate_at_saturation=0.8
            ),
            "rate_with_half_more must lie between",
        ),
        (lambda: WINNING.rate(-1), "spend must be 0 or more"),
    ],
)
def test_curves_name_the_argument_that_is_wrong(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"margin_per_period": 0}, "margin_per_period must be positive"),
        ({"discount_rate": -1}, "discount_rate must be more than -1"),
        ({"discount_rate": -0.3}, r"retention.ceiling must be below 1 \+ discount_rate"),
        ({"acquisition": ExponentialResponse(4, 0.1)}, "acquisition.ceiling must be a share"),
        ({"discount_rate": Rate(0.12, "year")}, "nothing says what period"),
    ],
)
def test_the_model_names_the_argument_that_is_wrong(changed: dict[str, Any], message: str) -> None:
    given = {"margin_per_period": 50, "discount_rate": 0.15, "acquisition": WINNING, "retention": KEEPING}
    with pytest.raises(InputError, match=message):
        BlattbergDeighton(**{**given, **changed})


def test_negative_money_is_refused() -> None:
    with pytest.raises(InputError, match="retention_spend must be 0 or more"):
        best_spending(MODEL, present=(5, -1))
    with pytest.raises(InputError, match="budget must be 0 or more"):
        best_spending_within(MODEL, budget=-1, prospects=10, customers=10)
    with pytest.raises(InputError, match="acquisition_spend must be 0 or more"):
        cost_of_being_off(MODEL, acquisition_spend=[-1, 2], retention_spend=10)
    with pytest.raises(InputError, match="budget must be 0 or more"):
        allocate_budget({"a": Spendable(WINNING, 10)}, budget=-5)


def test_spending_that_never_pays_is_not_spent() -> None:
    hopeless = BlattbergDeighton(1, 0.15, ExponentialResponse(0.1, 0.01), ExponentialResponse(0.5, 0.01))
    plan = best_spending(hopeless)
    assert (plan.acquisition_spend, plan.retention_spend) == (0.0, 0.0)
    assert not plan.worth_it and plan.customer_equity == 0.0
    nothing = allocate_budget({"a": Spendable(ExponentialResponse(0.1, 0.01), 1)}, budget=100)
    assert nothing.spend == (0.0,) and nothing.unspent == 100 and not nothing.worth_it
    assert "would earn less than they cost" in str(nothing)


def test_no_budget_no_spending() -> None:
    plan = best_spending_within(MODEL, budget=0, prospects=1000, customers=500)
    assert (plan.on_prospects, plan.on_customers) == (0.0, 0.0)
    assert allocate_budget({"a": Spendable(WINNING, 100)}, budget=0).spend == (0.0,)


def test_prospects_alone_and_customers_alone() -> None:
    alone = best_spending_within(MODEL, budget=5000, prospects=1000, customers=0)
    assert alone.acquisition_spend == pytest.approx(5.0) and alone.return_on_keeping == np.inf
    kept = best_spending_within(MODEL, budget=5000, prospects=0, customers=1000)
    assert kept.retention_spend == pytest.approx(5.0) and kept.acquisition_spend == 0.0


def test_an_option_worth_nothing_gets_nothing() -> None:
    plan = allocate_budget({"a": Spendable(WINNING, 0), "b": Spendable(WINNING, 100)}, budget=10)
    assert plan.spend[0] == 0.0 and plan.spend[1] == pytest.approx(10.0)


@pytest.mark.parametrize("curve", [WINNING, HillResponse(0.5, 10, 2), AdbudgResponse(0.5, 2, 100)])
def test_masked_spendings_are_refused_by_every_question_to_a_curve(curve: Any) -> None:
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    for name, ask in (("spend", curve.rate), ("spend", curve.at), ("spend", curve.slope)):
        with pytest.raises(InputError, match=f"^{name} must not have masked entries"):
            ask(masked)
    with pytest.raises(InputError, match=r"^slope must not have masked entries"):
        curve.spend_at_slope(masked)


def test_no_options_and_draws_of_s_shaped_curves_are_refused() -> None:
    with pytest.raises(InputError, match="options must have at least one"):
        allocate_budget({})
    with pytest.raises(InputError, match="must have diminishing returns from the start"):
        Spendable(HillResponse(0.5, Draws([5.0, 6.0]), 3.0), 100)


@pytest.mark.parametrize(
    ("points", "options", "message"),
    [
        (([5], [0.2]), {"ceiling": None}, "as many different values as there are parameters"),
        (([5, 5], [0.2, 0.21]), {"ceiling": None}, "1 different spending for 2 parameters"),
        (([5, 10], [0.2, 1.3]), {"ceiling": 0.4}, "rate must be a share"),
        (([5], [0.5]), {"ceiling": 0.4}, "must be below the ceiling of 0.4"),
        (
            ([5, 10], [0.8, 0.9]),
            {"ceiling": 0.8, "customers": [10, 10]},
            "must be at most the ceiling of 0.8",
        ),
        (([5, 10], [0.1, 0.3]), {"ceiling": 0.8, "floor": 0.2}, "must be at least the floor of 0.2"),
        (([5], [0.2]), {"ceiling": 0.4, "floor": 0.6}, "must be above the floor of 0.6"),
        (
            ([5], [0.2]),
            {"ceiling": 0.4, "customers": 10, "standard_error": 0.1},
            "must not be given together",
        ),
        (([5], [0.2]), {"ceiling": 0.4, "customers": 0}, "customers must be positive"),
    ],
)
def test_a_fit_is_refused_nonsense(points: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_response(*points, **options)


def test_a_ceiling_that_no_point_comes_near_is_no_estimate() -> None:
    with pytest.raises(FitError, match="do not bound every parameter"):
        fit_response([1, 2, 3], [0.1, 0.2, 0.3], ceiling=None, customers=100)


def test_a_fit_that_cannot_judge_itself_has_no_draws() -> None:
    fitted = fit_response(5, 0.2, ceiling=0.4)
    assert fitted.standard_errors is None
    with pytest.raises(InputError, match=r"draws need points that say how sure they are.*customers="):
        fitted.draws(seed=1)
