"""What is said of a number that is not known exactly: against exact distributions, with never and losses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import beta

import retainkit as rk
from retainkit.draws import DrawsSummary


def test_of_a_normal_every_figure_is_the_known_one() -> None:
    draws = rk.Draws(1.0 + 2.0 * ndtri((np.arange(200_000) + 0.5) / 200_000))
    found = draws.summary()
    at = 1.0 + 2.0 * ndtri([0.05, 0.25, 0.5, 0.75, 0.95])
    assert [found.q5, found.q25, found.median, found.q75, found.q95] == pytest.approx(at, abs=1e-4)
    assert (found.mean, found.sd) == pytest.approx((1.0, 2.0), rel=1e-4)
    assert found.probability_of_loss == pytest.approx(0.308538, abs=1e-5)
    density = np.exp(-0.5 * ndtri(0.05) ** 2) / np.sqrt(2.0 * np.pi)
    assert found.expected_shortfall == pytest.approx(1.0 - 2.0 * density / 0.05, abs=1e-3)
    assert draws.summary(worst="high").expected_shortfall == pytest.approx(
        1.0 + 2.0 * density / 0.05, abs=1e-3
    )
    assert found.probability_of_never == 0.0


@pytest.mark.parametrize(("n", "weights"), [(7, [0.35]), (20, [1.0]), (30, [1.0, 0.5]), (140, [1.0] * 7)])
def test_the_worst_draws_count_as_far_as_they_belong_to_the_worst_5_percent(
    n: int, weights: list[float]
) -> None:
    values = np.random.default_rng(n).standard_normal(n)
    lowest, highest = np.sort(values)[: len(weights)], -np.sort(-values)[: len(weights)]
    draws = rk.Draws(values)
    assert draws.summary().expected_shortfall == pytest.approx(np.average(lowest, weights=weights))
    found = draws.summary(worst="high").expected_shortfall
    assert found == pytest.approx(np.average(highest, weights=weights))


def test_an_infinite_draw_beyond_the_worst_5_percent_takes_no_part() -> None:
    values = np.append(np.arange(20.0, 159.0), np.inf)
    assert rk.Draws(values).summary().expected_shortfall == pytest.approx(23.0)
    assert rk.Draws(values).summary(worst="high").expected_shortfall == np.inf


def test_when_500_are_paid_back_at_50_a_month_after_100_of_2000_churned() -> None:
    """The payback rises with churn: its quantiles are those of the beta distribution, carried over."""
    churn = rk.churn_posterior(100, 2000, seed=1)
    found = rk.break_even_periods(500, 50, churn=churn).summary(worst="high")
    exact = [
        rk.break_even_periods(500, 50, churn=float(beta(100.5, 1900.5).ppf(q))) for q in (0.05, 0.5, 0.95)
    ]
    assert [found.q5, found.median, found.q95] == pytest.approx(exact, rel=1e-3)
    assert found.probability_of_never == pytest.approx(beta(100.5, 1900.5).sf(0.1), abs=1e-4) == 0.0


def test_never_is_counted_where_churn_may_be_critical() -> None:
    """From 10% on 500 are never paid back."""
    payback = rk.break_even_periods(500, 50, churn=rk.churn_posterior(19, 200, seed=1))
    found = payback.summary(worst="high")
    never = beta(19.5, 181.5).sf(0.1)
    assert found.probability_of_never == pytest.approx(never, abs=1 / 4_000)
    assert (found.mean, found.q95, found.expected_shortfall) == (np.inf, np.inf, np.inf)
    assert np.isnan(found.sd)
    assert f"P(never) {found.probability_of_never:.1%}" in str(found)
    assert "41.9% of 4,000 draws infinite" in str(payback)
    assert "mean inf" in str(found)
    assert type(found).from_json(found.model_dump_json()) == found


def test_draws_of_several_customers_have_a_column_of_each_figure() -> None:
    draws = rk.Draws(np.random.default_rng(1).normal([0.0, 5.0, 9.0], 1.0, (500, 3)))
    found = draws.summary()
    each = [rk.Draws(column).summary() for column in draws.values.T]
    for name in ("mean", "sd", "q5", "median", "q95", "probability_of_loss", "expected_shortfall"):
        assert np.asarray(getattr(found, name)) == pytest.approx([getattr(e, name) for e in each])
    assert len(found.to_frame()["mean"]) == 3
    assert str(found).count("\n") == 4
    many = rk.Draws(np.ones((3, 50))).summary()
    assert "30 more in to_frame()" in str(many)
    assert DrawsSummary.from_json(found.model_dump_json()) == found


def test_a_decision_has_the_summary_of_its_gain() -> None:
    from retainkit import decisions as dec

    churn = rk.churn_posterior(100, 2000, seed=1)
    made = dec.loyalty_discount(
        50, discount_amount=5, churn=churn, churn_with_discount=0.043, discount_rate=0.01, timing="end"
    )
    found = made.summary()
    assert isinstance(made.gain, rk.Draws)
    assert found == made.gain.summary()
    assert found.probability_of_loss == pytest.approx(1.0 - made.probability_of_gain)
    one = dec.loyalty_discount(
        50, discount_amount=5, churn=0.05, churn_with_discount=0.043, discount_rate=0.01, timing="end"
    )
    assert (one.summary().mean, one.summary().sd, one.summary().draws) == (one.gain, 0.0, 1)


def test_an_end_that_is_none_is_refused() -> None:
    with pytest.raises(rk.InputError, match="worst must be one of 'low', 'high'"):
        rk.Draws([1.0]).summary(worst="left")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
