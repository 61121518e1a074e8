"""Functions without a formula for all draws give the answer of each draw, and figures as draws."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit import economics
from retainkit.each_draw import EachDraw

MODEL = rk.ShiftedBetaGeometric(alpha=0.8, beta=6.0)
DRAWN = rk.ShiftedBetaGeometric(alpha=np.array([[0.7], [0.8], [2.5]]), beta=np.array([[5.0], [6.0], [7.0]]))
EACH = [rk.ShiftedBetaGeometric(alpha=a, beta=b) for a, b in ((0.7, 5.0), (0.8, 6.0), (2.5, 7.0))]
ON_CURVE: dict[str, Any] = {"discount_rate": 0.01, "timing": "end"}


def test_a_survival_curve_may_have_draws() -> None:
    worth: Any = economics.lifetime_value_on_curve(50, DRAWN, **ON_CURVE)
    assert isinstance(worth, rk.Draws)
    exact = [economics.lifetime_value_on_curve(50, one, **ON_CURVE) for one in EACH]
    assert worth.values == pytest.approx(exact, rel=1e-12)
    found: Any = economics.break_even_on_curve(250, 50, DRAWN, **ON_CURVE)
    each = [economics.break_even_on_curve(250, 50, one, **ON_CURVE) for one in EACH]
    assert isinstance(found, EachDraw)
    assert [*found] == each
    assert found.periods.values.tolist() == [one.periods for one in each]
    assert found[1:].periods.values.tolist() == [one.periods for one in each[1:]]
    assert found.timing == "end"
    assert found.net.shape == (3, 1_200)


def test_never_in_a_draw_is_inf_and_truths_are_of_each_draw() -> None:
    found: Any = economics.break_even_on_curve(500, rk.Draws([10.0, 50.0, 60.0]), lambda t: 0.9**t)
    assert found.payments.values.tolist() == [
        float("inf") if one.payments is None else one.payments for one in found
    ]
    assert np.asarray(found.never).tolist() == [one.never for one in found]
    assert found.periods.summary(worst="high").probability_of_never == pytest.approx(2 / 3)


def test_draws_of_several_arguments_belong_together() -> None:
    margin, cost = rk.Draws([40.0, 50.0, 60.0]), rk.Draws([300.0, 200.0, 100.0])
    found: Any = economics.break_even_distribution(cost, margin, DRAWN)
    each = [
        economics.break_even_distribution(c, m, one)
        for c, m, one in zip(cost.values, margin.values, EACH, strict=True)
    ]
    assert found.probability.values == pytest.approx([one.probability for one in each])
    with pytest.raises(rk.InputError, match=r"margin_per_period must have as many draws as acquisition_cost"):
        economics.break_even_distribution(cost, rk.Draws([1.0, 2.0]), MODEL)
    with pytest.raises(rk.InputError, match="margin_per_period must be draws of one number here"):
        economics.break_even_distribution(cost, rk.Draws(np.ones((3, 2))), MODEL)
    with pytest.raises(rk.InputError, match=r"acquisition_cost must be 0 or more.* got -1\.0 at position 1"):
        economics.break_even_distribution(rk.Draws([1.0, -1.0, 2.0]), 50, MODEL)
    with pytest.raises(rk.InputError, match="timing must be one of"):
        economics.break_even_distribution(cost, 50, MODEL, timing="now")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_columns_are_draws_of_each_entry() -> None:
    chain, rewards = [[0.8, 0.2], [0.0, 1.0]], [50.0, 0.0]
    rates = rk.Draws([0.01, 0.05])
    found: Any = economics.markov_value(chain, rewards, discount_rate=rates)
    exact = [economics.markov_value(chain, rewards, discount_rate=d) for d in (0.01, 0.05)]
    assert isinstance(found, rk.Draws)
    assert found.values == pytest.approx(np.array(exact))


def test_the_answers_are_printed_sent_and_a_table() -> None:
    found: Any = economics.break_even_on_curve(500, rk.Draws([40.0, 50.0, 60.0]), lambda t: 0.95**t)
    text = str(found)
    assert text.startswith("CurveBreakEven in 3 draws")
    assert "payments" in text
    assert "<table" in found._repr_html_()
    assert found.to_frame()["payments"].tolist() == [20.0, 14.0, 11.0]
    assert pickle.loads(pickle.dumps(found)) == found
    assert found.as_dict()["payments"] == {"values": [20.0, 14.0, 11.0]}
    assert found.model_dump_json()
    assert not hasattr(found, "paymnts")
    with pytest.raises(AttributeError, match="has no attribute"):
        _ = found.paymnts


@pytest.mark.slow
def test_thousands_of_draws_take_no_longer_than_as_many_calls() -> None:
    start = time.process_time()
    found: Any = economics.break_even_on_curve(
        500, 50 + 5 * rk.Draws(np.linspace(-1, 1, 2_000)), 0.95 ** np.arange(61.0)
    )
    assert len(found) == 2_000
    assert time.process_time() - start < 5.0
