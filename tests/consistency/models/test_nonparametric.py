"""Non-parametric estimates agree with each other, with plain averages, and with sums term by term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit.economics import lifetime_value_on_curve
from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.nonparametric.life_table import LifeTable
from retainkit.models.contractual.nonparametric.log_rank import log_rank
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen
from retainkit.summaries import Renewals
from retainkit.units import Duration

ESTIMATES = [KaplanMeier, NelsonAalen, LifeTable, AalenJohansen]


def members(seed: int, n: int = 300, *, late: bool = True, weighted: bool = True) -> Renewals:
    """Whole months with many ties, two reasons, late entry and counts."""
    rng = np.random.default_rng(seed)
    entry = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 6, n)) if late else np.zeros(n)
    duration = entry + rng.geometric(0.15, n)
    event = rng.choice([0, 1, 1, 2], n)
    return Renewals(
        duration=np.minimum(duration, 20),
        event=np.where(duration > 20, 0, event),
        entry=entry,
        weight=rng.integers(1, 5, n) if weighted else 1.0,
        reasons=("voluntary", "involuntary"),
        whole_periods=True,
        unit="month",
    )


def repeated(data: Renewals) -> Renewals:
    times = data.weight.astype(int)
    columns = {name: np.repeat(getattr(data, name), times) for name in ("duration", "event", "entry")}
    return Renewals(**columns, reasons=data.reasons, whole_periods=data.whole_periods, unit=data.unit)


def same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first.keys() == second.keys()
    for name, column in first.items():
        np.testing.assert_array_equal(column, second[name], err_msg=name)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_weights_are_repeated_rows_to_the_last_digit(estimate: Any) -> None:
    data = members(1)
    same(estimate.estimate(data).table, estimate.estimate(repeated(data)).table)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_neither_order_nor_compression_matters(estimate: Any) -> None:
    data = members(2)
    order = np.random.default_rng(0).permutation(len(data))
    columns = {name: getattr(data, name)[order] for name in ("duration", "event", "entry", "weight")}
    mixed = Renewals(**columns, reasons=data.reasons, whole_periods=True, unit="month")
    same(estimate.estimate(data).table, estimate.estimate(mixed).table)
    same(estimate.estimate(data).table, estimate.estimate(data.compress()).table)


def test_weights_are_repeated_rows_in_the_log_rank_test() -> None:
    groups = {"a": members(3), "b": members(4)}
    assert log_rank(groups) == log_rank({name: repeated(data) for name, data in groups.items()})


def test_customers_who_were_never_at_risk_change_nothing() -> None:
    data = members(5)
    columns = {name: np.append(getattr(data, name), [4, 30]) for name in ("duration", "entry")}
    more = Renewals(
        **columns,
        event=np.append(data.event, [0, 0]),
        weight=np.append(data.weight, [9, 9]),
        reasons=data.reasons,
        whole_periods=True,
        unit="month",
    )
    same(KaplanMeier.estimate(data).table, KaplanMeier.estimate(more).table)
    assert KaplanMeier.estimate(more).risk.customers == KaplanMeier.estimate(data).risk.customers


def test_fractional_weights_reach_zero_where_all_leave() -> None:
    weight = np.array([0.1, 0.7, 0.2, 0.3, 0.1])
    data = Renewals(duration=[3, 2, 4, 4, 4], event=[1, 1, 0, 1, 1], entry=[0, 0, 1, 2.5, 0.5], weight=weight)
    left = Renewals(duration=[3, 2, 4, 4, 4], event=[1, 1, 1, 1, 1], entry=[0, 0, 1, 2.5, 0.5], weight=weight)
    assert KaplanMeier.estimate(data).survival(4) > 0.1
    assert KaplanMeier.estimate(left).survival(4) == 0.0
    assert KaplanMeier.estimate(left).survival(1e9) == 0.0


def test_without_censoring_it_is_the_empirical_share_with_the_binomial_error() -> None:
    tenure = np.random.default_rng(6).exponential(10.0, 500)
    curve = KaplanMeier.estimate(Renewals(duration=tenure, event=np.ones(500)))
    t = np.array([0.0, 1.0, 5.0, 10.0, 30.0])
    share = (tenure[:, None] > t).mean(axis=0)
    np.testing.assert_allclose(curve.survival(t), share, rtol=1e-12)
    np.testing.assert_allclose(curve.standard_error(t), np.sqrt(share * (1 - share) / 500), rtol=1e-11)
    p = np.array([0.1, 0.25, 0.5, 0.9])
    np.testing.assert_array_equal(curve.quantile(p), np.sort(tenure)[np.ceil(p * 500).astype(int) - 1])


def test_without_censoring_the_restricted_mean_is_the_plain_mean_and_its_error_the_plain_error() -> None:
    tenure = np.random.default_rng(7).exponential(10.0, 400)
    curve = KaplanMeier.estimate(Renewals(duration=tenure, event=np.ones(400)))
    for horizon in (0.5, 8.0, np.inf):
        cut = np.minimum(tenure, horizon)
        found = curve.restricted_mean(horizon)
        assert found.mean == pytest.approx(cut.mean(), rel=1e-12)
        assert found.standard_error == pytest.approx(cut.std() / 20.0, rel=1e-11)


def test_the_restricted_mean_error_is_the_double_sum_of_covariances() -> None:
    curve = KaplanMeier.estimate(members(8))
    start, horizon = 2.0, 15.0
    edges = np.arange(start, horizon)  # the steps of the curve, each of length 1
    share = np.asarray(curve.survival(edges, given=start))
    spread = curve.log_variance[curve.place(edges)] - curve.log_variance[curve.place(np.array(start))]
    covariance = np.outer(share, share) * np.minimum.outer(spread, spread)
    found = curve.restricted_mean(horizon, given=start)
    assert found.mean == pytest.approx(share.sum(), rel=1e-12)
    assert found.standard_error == pytest.approx(np.sqrt(covariance.sum()), rel=1e-11)


def test_the_difference_of_restricted_means() -> None:
    first, second = (KaplanMeier.estimate(members(s)).restricted_mean(12) for s in (9, 10))
    found = first.minus(second)
    assert found.difference == first.mean - second.mean
    assert found.standard_error == pytest.approx(np.hypot(first.standard_error, second.standard_error))
    low, high = found.interval(1.0 - found.p_value)
    assert min(abs(low), abs(high)) == pytest.approx(0.0, abs=1e-12)


def test_in_whole_periods_a_life_table_of_width_one_is_kaplan_meier() -> None:
    data = members(11)
    table, curve = LifeTable.estimate(data), KaplanMeier.estimate(data)
    edges = table.edges
    np.testing.assert_allclose(table.shares, curve.survival(edges), rtol=1e-12)
    np.testing.assert_allclose(table.shares_error, curve.standard_error(edges), rtol=1e-12)
    np.testing.assert_allclose(table.churn, curve.hazard(edges[1:]), rtol=1e-12)
    np.testing.assert_allclose(table.churn, curve.churn(edges[1:]), rtol=1e-12)


def test_nelson_aalen_comes_to_kaplan_meier_as_tenures_get_fine() -> None:
    tenure = np.random.default_rng(12).exponential(10.0, 50_000)
    data = Renewals(duration=np.minimum(tenure, 20.0), event=tenure < 20.0)
    first, second = KaplanMeier.estimate(data), NelsonAalen.estimate(data)
    t = np.linspace(0.1, 20.0, 50)
    np.testing.assert_allclose(first.survival(t), second.survival(t), rtol=1e-4)
    np.testing.assert_allclose(first.standard_error(t), second.standard_error(t), rtol=1e-3)


def test_the_bounds_of_a_cumulative_hazard_are_those_of_survival() -> None:
    curve = NelsonAalen.estimate(members(13))
    t = np.arange(1.0, 20.0)
    lower, upper = curve.cumulative_hazard_interval(t, 0.9)
    low, high = curve.interval(t, 0.9)
    np.testing.assert_allclose(np.exp(-np.asarray(upper)), low, rtol=1e-10)
    np.testing.assert_allclose(np.exp(-np.asarray(lower)), high, rtol=1e-10)


def test_reasons_and_those_still_there_add_up_to_everyone() -> None:
    estimate = AalenJohansen.estimate(members(14))
    t = np.linspace(0.0, 20.0, 81)
    parts = [np.asarray(estimate.cumulative_incidence(r, t)) for r in estimate.reasons]
    np.testing.assert_allclose(sum(parts) + np.asarray(estimate.survival(t)), 1.0, rtol=0, atol=1e-14)


def test_one_reason_alone_is_one_minus_kaplan_meier_with_its_bounds() -> None:
    data = members(15)
    single = Renewals(duration=data.duration, event=data.event > 0, entry=data.entry, weight=data.weight)
    estimate, curve = AalenJohansen.estimate(single), KaplanMeier.estimate(single)
    t = np.arange(0.0, 20.0)
    np.testing.assert_allclose(estimate.cumulative_incidence("left", t), 1 - curve.survival(t), atol=1e-14)
    np.testing.assert_allclose(estimate.standard_error("left", t), curve.standard_error(t), rtol=1e-9)
    lower, upper = estimate.interval("left", t)
    low, high = curve.interval(t)
    np.testing.assert_allclose(lower, 1.0 - np.asarray(high), atol=1e-11)
    np.testing.assert_allclose(upper, 1.0 - np.asarray(low), atol=1e-11)


def test_a_later_start_is_the_curve_given_that_tenure() -> None:
    data = members(16)
    whole, later = KaplanMeier.estimate(data), KaplanMeier.estimate(data, from_tenure=Duration(5, "month"))
    t = np.arange(5.0, 20.0)
    np.testing.assert_allclose(later.survival(t), whole.survival(t, given=5.0), rtol=1e-12)
    np.testing.assert_allclose(later.standard_error(t), whole.standard_error(t, given=5.0), rtol=1e-10)
    np.testing.assert_allclose(
        np.array(later.interval(t)), np.array(whole.interval(t, given=5.0)), rtol=1e-10
    )
    assert later.median == whole.quantile(0.5, given=5.0)
    assert later.quantile_interval() == whole.quantile_interval(given=5.0)


def test_quantile_bounds_are_where_the_bands_cross() -> None:
    curve = KaplanMeier.estimate(members(17))
    t = np.arange(0.0, 21.0)
    for p in (0.2, 0.5, 0.7):
        bands = curve.interval(t)
        crossed = tuple(float(t[np.asarray(band) <= 1.0 - p][0]) for band in bands)
        assert curve.quantile_interval(p) == crossed


def test_half_of_the_customers_is_half_whatever_the_rounding() -> None:
    for n in range(2, 200, 2):
        curve = KaplanMeier.estimate(Renewals(duration=np.arange(1.0, n + 1.0), event=np.ones(n)))
        assert curve.median == n / 2


def test_the_log_rank_test_term_by_term_with_late_entry() -> None:
    groups = [members(18), members(19)]
    observed = expected = variance = 0.0
    for t in np.arange(1.0, 21.0):
        n = [float(g.weight[(g.entry < t) & (g.duration >= t)].sum()) for g in groups]
        d = [float(g.weight[(g.event > 0) & (g.duration == t)].sum()) for g in groups]
        if sum(n) > 1:
            observed += d[0]
            expected += sum(d) * n[0] / sum(n)
            variance += sum(d) * n[0] * n[1] * (sum(n) - sum(d)) / (sum(n) ** 2 * (sum(n) - 1))
    found = log_rank(groups)
    assert found.observed[0] == observed
    assert found.expected[0] == pytest.approx(expected, rel=1e-12)
    assert found.statistic == pytest.approx((observed - expected) ** 2 / variance, rel=1e-11)


def test_equal_groups_have_nothing_to_tell_apart() -> None:
    found = log_rank([members(20), members(20), members(20)])
    assert found.statistic == pytest.approx(0.0, abs=1e-20)
    assert found.p_value == pytest.approx(1.0)


def test_economics_takes_a_curve_as_it_takes_a_column() -> None:
    curve = KaplanMeier.estimate(members(21))
    column = np.asarray(curve.survival(np.arange(21.0)))
    terms: dict[str, Any] = {"discount_rate": 0.01, "timing": "begin"}
    assert lifetime_value_on_curve(50, curve, **terms, horizon=12) == pytest.approx(
        lifetime_value_on_curve(50, column, **terms, horizon=12), rel=1e-14
    )


@pytest.mark.parametrize("rule", ["same-churn", 0.07])
def test_a_continued_curve_is_worth_what_the_rule_is_worth_in_economics(rule: Any) -> None:
    curve = KaplanMeier.estimate(members(21))
    column = np.asarray(curve.survival(np.arange(21.0)))
    terms: dict[str, Any] = {"discount_rate": 0.01, "timing": "begin"}
    assert lifetime_value_on_curve(50, curve.continued(rule), **terms) == pytest.approx(
        lifetime_value_on_curve(50, column, **terms, after_end=rule), rel=1e-12
    )


def test_what_comes_after_the_end() -> None:
    curve = KaplanMeier.estimate(Renewals(duration=[1, 2, 3], event=[1, 1, 0], weight=[20, 20, 60]))
    t = np.array([3.0, 4.0, 5.5, np.inf])
    np.testing.assert_array_equal(curve.continued("stop").survival(t), [curve.survival(3), 0, 0, 0])
    np.testing.assert_array_equal(curve.continued("flat").survival(t), [curve.survival(3)] * 4)
    np.testing.assert_allclose(curve.continued(0.1).survival(t), [0.6, 0.54, 0.6 * 0.9**2.5, 0], rtol=1e-14)
    over_two = np.sqrt(0.6 / 0.8)  # a month, over the last two
    np.testing.assert_allclose(
        curve.continued("same-churn", over=2).survival(t[:3]),
        0.6 * over_two ** np.array([0, 1, 2.5]),
        rtol=1e-14,
    )
    assert curve.median == np.inf
    assert curve.continued("flat").median == np.inf
    assert curve.continued("stop").median == 3.0
    assert curve.continued(0.1).median == pytest.approx(3.0 + np.log(0.6 / 0.5) / -np.log(0.9), rel=1e-13)


def test_at_the_ends_of_a_curve_the_bounds_are_what_the_docs_say() -> None:
    curve = KaplanMeier.estimate(Renewals(duration=[2, 4, 6], event=[1, 1, 1], weight=[5, 3, 2]))
    assert curve.interval(1.0) == (1.0, 1.0)
    assert curve.interval(6.0) == (0.0, np.asarray(curve.interval(5.0))[1])
    assert curve.standard_error([1.0, 6.0, 99.0]).tolist() == [0.0, 0.0, 0.0]  # type: ignore[union-attr]
    everyone = KaplanMeier.estimate(Renewals(duration=[3], event=[1], weight=[10]))
    assert everyone.interval(3.0) == (0.0, 1.0)
    nobody = KaplanMeier.estimate(Renewals(duration=[3], event=[0], weight=[10]))
    assert nobody.interval(3.0) == (1.0, 1.0)
    assert nobody.median == np.inf


def test_nobody_is_at_risk_before_entering_nor_at_the_moment_of_it() -> None:
    data = Renewals(duration=[2, 4, 4], event=[1, 1, 0], entry=[0, 2, 0])
    np.testing.assert_array_equal(KaplanMeier.estimate(data).risk.at_risk, [2.0, 2.0])
    np.testing.assert_array_equal(KaplanMeier.estimate(data).survival([2.0, 4.0]), [0.5, 0.25])


def test_a_thin_start_is_said() -> None:
    duration, event, entry = [2.0, *[10.0] * 40], [1, *[0] * 40], [0.0, 0.0, *[1.0] * 39]
    late = Renewals(duration=[1.0, *duration], event=[1, *event], entry=[0.0, *entry])
    (sentence,) = KaplanMeier.estimate(late).caveats
    assert "3 at tenure 1" in sentence
    assert "from_tenure=1.0" in sentence
    assert KaplanMeier.estimate(late, from_tenure=1.0).caveats == ()
