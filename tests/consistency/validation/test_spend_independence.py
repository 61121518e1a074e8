"""The measured link of spend and frequency agrees with scipy, with repeated rows and with simulation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

import retainkit as rk
from retainkit.validation.spend_independence import SpendIndependence, spend_independence


def cdnow() -> rk.Spend:
    return rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week"
    ).spend


def test_correlations_and_p_value_are_scipys() -> None:
    spend = cdnow()
    found = spend_independence(spend)
    known = spend.frequency > 0
    x, z = spend.frequency[known], spend.monetary_value[known]
    rank = stats.spearmanr(x, np.round(z, 9))  # equal cents, but for the rounding of a mean, are ties
    assert found.spearman == pytest.approx(rank.statistic, rel=1e-12)  # pyright: ignore[reportAttributeAccessIssue]
    assert found.p_value == pytest.approx(rank.pvalue, rel=1e-8)  # pyright: ignore[reportAttributeAccessIssue]
    logs = stats.linregress(np.log(x), np.log(z))
    assert found.pearson_log == pytest.approx(logs.rvalue, rel=1e-12)  # pyright: ignore[reportAttributeAccessIssue]
    assert found.share_of_variance == pytest.approx(found.pearson_log**2, rel=1e-15)
    assert found.pearson == pytest.approx(np.corrcoef(x, z)[0, 1], rel=1e-12)
    assert found.revenue_ratio == pytest.approx((x * z).sum() / x.sum() / z.mean(), rel=1e-13)


def test_weights_are_customers() -> None:
    rng = np.random.default_rng(2)
    x, z = rng.integers(0, 5, 60).astype(float), rng.integers(1, 9, 60).astype(float)
    z = np.where(x > 0, z, 0.0)
    w = rng.integers(1, 6, 60)
    weighted = spend_independence(rk.Spend(frequency=x, monetary_value=z, weight=w))
    repeated = spend_independence(rk.Spend(frequency=np.repeat(x, w), monetary_value=np.repeat(z, w)))
    compressed = spend_independence(
        rk.Spend(frequency=np.repeat(x, w), monetary_value=np.repeat(z, w)).compress()
    )
    for other in (repeated, compressed):
        assert other.size == weighted.size
        for name, value in weighted.model_dump().items():
            if isinstance(value, float):
                assert getattr(other, name) == pytest.approx(value, rel=1e-11), name


def test_the_border_of_the_halves_is_shared_by_equal_customers() -> None:
    """Four customers bought once, two three times: the busier half is the two and a quarter of the four."""
    found = spend_independence(
        rk.Spend(frequency=[1, 1, 1, 1, 3, 3], monetary_value=[10.0, 20.0, 30.0, 40.0, 50.0, 60.0])
    )
    busy = (150.0 + 180.0 + 100.0 / 4.0) / (6.0 + 1.0)
    quiet = 100.0 * 0.75 / 3.0
    assert found.half_ratio == pytest.approx(busy / quiet, rel=1e-14)


def test_the_order_and_the_currency_do_not_matter() -> None:
    spend = cdnow()
    order = np.random.default_rng(0).permutation(len(spend))
    other = rk.Spend(frequency=spend.frequency[order], monetary_value=100.0 * spend.monetary_value[order])
    one, two = spend_independence(spend), spend_independence(other)
    for name in (
        "spearman",
        "p_value",
        "pearson_log",
        "half_ratio",
        "half_low",
        "revenue_ratio",
        "revenue_high",
    ):
        assert getattr(two, name) == pytest.approx(getattr(one, name), rel=1e-9), name


def simulated(link: float, n: int, seed: int) -> SpendIndependence:
    """Customers whose mean spend goes with frequency^link."""
    rng = np.random.default_rng(seed)
    x = 1.0 + rng.poisson(rng.gamma(1.0, 3.0, n))
    z = 30.0 * x**link * rng.gamma(6.0 * x) / (6.0 * x) / rng.gamma(4.0, 1.0 / 4.0, n)
    return spend_independence(rk.Spend(frequency=x, monetary_value=z))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Without a link both ratios are 1 in truth; 400 runs at 95% hold it 380 times, ± 4·√(400·.95·.05)."""
    runs = [simulated(0.0, 400, seed) for seed in range(400)]
    for low, high in (("half_low", "half_high"), ("revenue_low", "revenue_high")):
        held = sum(getattr(r, low) < 1.0 < getattr(r, high) for r in runs)
        assert 380 - 18 <= held <= 380 + 18


def test_the_size_follows_the_money_and_not_the_p_value() -> None:
    weak = simulated(0.03, 200_000, 1)
    assert weak.p_value < 1e-10
    assert weak.size == "negligible"
    assert "Go on" in weak.advice
    few = simulated(0.5, 40, 3)
    assert few.size == "large"
    strong = simulated(0.5, 20_000, 1)
    assert strong.size == "large"
    assert "too low" in strong.verdict
    falling = simulated(-0.3, 20_000, 1)
    assert falling.size in ("noticeable", "large")
    assert "too high" in falling.verdict
    assert falling.spearman < 0.0


def test_the_link_that_skewness_alone_makes_is_small_and_leaves_the_money_alone() -> None:
    model = rk.fit(rk.GammaGamma, cdnow()).model
    x = cdnow().frequency
    found = spend_independence(model.sample(np.repeat(x[x > 0], 200), seed=1))
    assert 0.03 < found.spearman < 0.08
    assert found.half_ratio == pytest.approx(1.0, abs=0.01)
    assert found.revenue_ratio == pytest.approx(1.0, abs=0.01)


def test_the_record_speaks_and_dumps() -> None:
    found = spend_independence(cdnow())
    assert found.size == "noticeable"
    assert "rank correlation" in str(found)
    plain = json.loads(found.model_dump_json())
    assert plain["verdict"] == found.verdict
    assert plain["advice"] == found.advice


def test_what_does_not_vary_is_said() -> None:
    for x, z in (([2, 2, 2, 2], [1.0, 2.0, 3.0, 4.0]), ([1, 2, 3, 4], [5.0, 5.0, 5.0, 5.0])):
        found = spend_independence(rk.Spend(frequency=x, monetary_value=z))
        assert math.isnan(found.spearman)
        assert found.size == "unknown"
        assert "cannot be tested" in found.verdict
        assert json.loads(found.model_dump_json())["spearman"] is None
    perfect = spend_independence(rk.Spend(frequency=[1, 2, 3, 4], monetary_value=[1.0, 2.0, 3.0, 4.0]))
    assert (perfect.spearman_low, perfect.spearman_high, perfect.p_value) == (1.0, 1.0, 0.0)
