"""Erlang models, gaps, counts and parameters of entries: what is refused, and how."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import retainkit as rk
from retainkit.inference.choice import choose_k

KINDS: tuple[Any, ...] = (rk.BGCNBDk, rk.MBGCNBDk)
PARAMETERS: dict[str, Any] = {"r": 1.5, "alpha": 4.0, "a": 0.8, "b": 2.5}
GOOD: dict[str, Any] = {"frequency": [2, 0], "recency": [10.0, 0.0], "T": [20.0, 5.0]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [0, -1, 51, 2.5, 2.0, "2", None, True, math.nan, [2]])
def test_k_must_be_a_whole_number_in_range(kind: Any, bad: Any) -> None:
    with pytest.raises(rk.InputError, match=rf"{kind.__name__} k .* must be a whole number from 1 to 50"):
        kind(**PARAMETERS, k=bad)


@pytest.mark.parametrize("kind", KINDS)
def test_a_k_that_was_forgotten_is_told_wherever_it_is_missing(kind: Any) -> None:
    """It was 1, silently."""
    data = kind(**PARAMETERS, k=2).sample([30.0] * 500, seed=1)
    described = rk.Described(data, {"card": np.arange(500.0) % 2.0})
    around = rk.with_covariates(kind, purchasing=["card"])
    for ask in (
        lambda: kind(**PARAMETERS),
        lambda: kind.of(PARAMETERS.values()),
        lambda: rk.fit(kind, data),
        lambda: rk.fit(around, described, fixed={"purchasing.card": 0.0}),
        lambda: rk.compare([rk.BGNBD, kind], data),
        lambda: rk.model_from_json(kind(**PARAMETERS, k=2).model_dump_json().replace('{"k": 2}', "{}")),
    ):
        with pytest.raises(rk.InputError, match=rf"{kind.__name__} k .* is needed") as caught:
            ask()
        assert f"hold({kind.__name__}, k=2)" in caught.value.way_out
        assert "choose_k" in caught.value.way_out


@pytest.mark.parametrize("kind", KINDS)
def test_k_is_held_for_the_model_within_whatever_stands_around_it(kind: Any) -> None:
    data = kind(**PARAMETERS, k=2).sample([30.0] * 2000, seed=1)
    described = rk.Described(data, {"card": np.arange(2000.0) % 2.0})
    around = rk.with_covariates(kind, purchasing=["card"])
    inner = rk.with_covariates(rk.models.hold(kind, k=2), purchasing=["card"])
    outer = rk.models.hold(rk.models.hold(around, r=1.5), k=2)  # around what is held already, too
    one, other = rk.fit(inner, described), rk.fit(around, described, fixed={"k": 2})
    assert one.model == other.model
    assert one.model.base.k == rk.fit(outer, described).model.base.k == 2
    assert rk.Fit.from_json(one.model_dump_json()).model == one.model
    found = rk.compare([rk.models.hold(kind, k=k) for k in (1, 2, 3)], data)
    assert found.best.model.k == rk.inference.choose_k(kind, data, ks=(1, 2, 3)).k == 2
    with pytest.raises(rk.InputError, match="must name parameters of"):
        rk.models.hold(around, stages=2)


@pytest.mark.parametrize("kind", KINDS)
def test_k_is_kept_by_copies_and_records(kind: Any) -> None:
    model = kind(**PARAMETERS, k=np.int64(3), unit="week")
    assert type(model.k) is int
    assert replace(model, r=2.0).k == 3
    assert rk.model_from_json(model.model_dump_json()) == model
    assert model != kind(**PARAMETERS, k=2, unit="week")
    assert "k=3" in repr(model)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_takes_k_only_as_a_fixed_field(kind: Any) -> None:
    data = kind(**PARAMETERS, k=2).sample([30.0] * 2000, seed=1)
    assert rk.fit(kind, data, fixed={"k": 2}).model.k == 2
    with pytest.raises(rk.InputError, match="start"):
        rk.fit(kind, data, start={"k": 2})
    with pytest.raises(rk.InputError, match="must be a whole number"):
        rk.fit(kind, data, fixed={"k": 1.5})


@pytest.mark.parametrize(
    ("gaps", "rule"),
    [
        ([1.0], "must be one column of the same length"),
        ([math.nan, 0.0], "must be a finite number"),
        ([-math.inf, 0.0], "must be a finite number"),
        ([1.0, 0.5], "must be 0 without a repeat purchase"),  # a gap of a one-time buyer
        ([2.0 * math.log(5.0 * 7.0), 0.0], "at most frequency"),  # counted in days, not weeks
        ("1", "must be a number"),
    ],
)
def test_gaps_must_belong_to_the_purchases(gaps: Any, rule: str) -> None:
    with pytest.raises(rk.InputError, match=rf"log_gaps .*{rule}"):
        rk.Purchases(**GOOD, log_gaps=gaps)


def test_gaps_that_can_be_are_kept() -> None:
    even = rk.Purchases(**GOOD, log_gaps=[2.0 * math.log(5.0), 0.0])
    assert even.log_gaps is not None
    assert even.log_gaps.tolist() == [2.0 * math.log(5.0), 0.0]
    with pytest.raises(ValueError, match="read-only"):
        even.log_gaps[0] = 1.0
    assert rk.Purchases(**GOOD).log_gaps is None
    frame = pl.DataFrame(GOOD | {"log_gaps": [1.0, 0.0]})
    assert rk.Purchases.from_frame(frame).log_gaps is not None
    assert rk.Purchases.from_frame(frame.drop("log_gaps")).log_gaps is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_with_one_k_needs_no_gaps_and_a_comparison_does(kind: Any) -> None:
    data = kind(**PARAMETERS, k=2).sample([30.0] * 2000, seed=1)
    bare = rk.Purchases(frequency=data.frequency, recency=data.recency, T=data.T)
    with_gaps, without = (rk.fit(kind, d, fixed={"k": 2}) for d in (data, bare))
    assert data.log_gaps is not None
    # the gaps move no parameter, only the level of the likelihood
    for name, value in with_gaps.model.parameters.items():
        assert without.model.parameters[name] == pytest.approx(value, rel=1e-7)
    shift = with_gaps.log_likelihood - without.log_likelihood
    assert shift == pytest.approx(float(data.log_gaps.sum()), rel=1e-9)
    with pytest.raises(rk.InputError, match="purchases must have log_gaps") as caught:
        choose_k(kind, bare)
    assert "summarize_transactions" in caught.value.way_out


def test_choose_k_refuses_what_is_no_erlang_model_no_data_and_no_k() -> None:
    data = rk.BGCNBDk(**PARAMETERS, k=2).sample([30.0] * 500, seed=1)
    plain: Any = rk.BGNBD
    with pytest.raises(rk.InputError, match="kind must be a model with Erlang-k gaps"):
        choose_k(plain, data)
    with pytest.raises(rk.InputError, match="purchases must be Purchases"):
        choose_k(rk.BGCNBDk, data.frequency)  # type: ignore[arg-type]
    with pytest.raises(rk.InputError, match="ks must have at least one k"):
        choose_k(rk.BGCNBDk, data, ks=[])
    with pytest.raises(rk.InputError, match="must be a whole number from 1 to 50"):
        choose_k(rk.BGCNBDk, data, ks=[0, 1])


def test_choose_k_says_why_if_no_k_can_be_fitted() -> None:
    nobody_returns = rk.Purchases(
        frequency=np.zeros(50), recency=np.zeros(50), T=np.full(50, 9.0), log_gaps=np.zeros(50)
    )
    with pytest.raises(rk.FitError, match="no customer has bought a second time"):
        choose_k(rk.BGCNBDk, nobody_returns)


# -- what every purchase model answers ---------------------------------------------------------------------

MODELS = (rk.BGNBD(**PARAMETERS), rk.MBGNBD(**PARAMETERS), rk.MBGCNBDk(**PARAMETERS, k=2))


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("bad", [-1, 0.5, math.nan, "2"])
def test_counts_must_be_whole_numbers(model: Any, bad: Any) -> None:
    customers = rk.Purchases(**GOOD)
    with pytest.raises(rk.InputError, match="n must be"):
        model.purchase_pmf_given(customers, bad, 5.0)
    with pytest.raises(rk.InputError, match="n must be"):
        model.purchase_pmf(bad, 5.0)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_counts_and_horizons_are_one_or_one_for_each(model: Any) -> None:
    customers = rk.Purchases(**GOOD)
    for counts, horizons in (([1, 2, 3], 5.0), (1, [1.0, 2.0, 3.0]), ([[1, 2]], 5.0)):
        with pytest.raises(rk.InputError, match="one for each of the 2 entries"):
            model.purchase_pmf_given(customers, counts, horizons)
    with pytest.raises(rk.InputError, match="horizon must be 0 or more"):
        model.probability_no_purchase(customers, -1.0)


@pytest.mark.parametrize("kind", [rk.BGNBD, rk.MBGNBD, *KINDS])
def test_parameters_of_entries_belong_to_those_entries(kind: Any) -> None:
    given = PARAMETERS | kind.fixed_fields
    model = kind(**given | {"r": np.array([0.5, 1.0, 1.5])}, unit="week")
    customers = rk.Purchases(**GOOD, unit="week")
    answers = (
        lambda: model.probability_alive(customers),
        lambda: model.expected_purchases(customers, 5.0),
        lambda: model.purchase_pmf_given(customers, 1, 5.0),
        lambda: model.discounted_expected_purchases(customers, rk.Rate(0.1, per="year")),
    )
    for answer in answers:
        with pytest.raises(rk.InputError, match="must have 3 entries"):
            answer()
    with pytest.raises(rk.InputError, match="one for each of the 3 entries"):
        model.expected_purchases_new([1.0, 2.0])
    with pytest.raises(rk.InputError, match=r"b must have the same length as r \(3\)"):
        kind(**given | {"r": np.array([0.5, 1.0, 1.5]), "b": np.array([1.0, 2.0])})
    mixed = kind(**given | {"r": np.array([[0.5, 1.0, 1.5]]), "b": np.array([1.0, 2.0])})
    with pytest.raises(rk.InputError, match=rf"{kind.__name__} b must have one value for each of 3 entries"):
        mixed.expected_purchases_new(5.0)
