"""A likelihood-ratio test is refused by what its two fits are, not by how many parameters they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference import likelihood_ratio_test
from retainkit.models import MODELS

RNG = np.random.default_rng(1)
COLUMNS = {"u": RNG.normal(size=2000), "v": RNG.normal(size=2000)}
BASE = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
DATA = BASE.sample(np.full(2000, 52.0), seed=1)
OTHER = BASE.sample(np.full(2000, 52.0), seed=2)


def fitted(data: Any = DATA, columns: Any = COLUMNS, *, same: tuple[str, ...] = (), **processes: Any) -> Any:
    family = rk.with_covariates(rk.BGNBD, same=same, **processes)
    return rk.fit(family, rk.Described(data, columns))


def test_fits_to_different_data_are_refused_though_their_customers_are_as_many() -> None:
    with pytest.raises(rk.InputError, match="must be fitted to the same customers as the smaller"):
        likelihood_ratio_test(rk.fit(rk.BGNBD, OTHER), fitted(purchasing=["u"]))
    moved = {"u": COLUMNS["u"][::-1], "v": COLUMNS["v"]}
    with pytest.raises(rk.InputError, match="must be fitted to the same values of 'u' as the smaller"):
        likelihood_ratio_test(fitted(purchasing=["u"]), fitted(columns=moved, purchasing=["u", "v"]))


@pytest.mark.parametrize(
    ("smaller", "larger", "within"),
    [
        ({"purchasing": ["v"]}, {"purchasing": ["u"], "attrition": ["u"]}, False),
        ({"attrition": ["u"]}, {"purchasing": ["u", "v"]}, False),
        ({"purchasing": ["u"]}, {"purchasing": ["u", "v"], "attrition": ["u"], "same": ("u",)}, False),
        (
            {"purchasing": ["u"], "attrition": ["u"], "same": ("u",)},
            {"purchasing": ["u"], "attrition": ["u"]},
            True,
        ),
        ({"purchasing": ["u"]}, {"purchasing": ["v", "u"]}, True),
    ],
)
def test_models_must_be_within_each_other(smaller: Any, larger: Any, within: bool) -> None:
    one, other = fitted(**smaller), fitted(**larger)
    if within:
        assert likelihood_ratio_test(one, other).degrees_of_freedom == 1
        return
    with pytest.raises(rk.InputError, match=r"must contain BGNBD with covariates .* as a special case"):
        likelihood_ratio_test(one, other)


def test_what_is_held_must_be_held_alike() -> None:
    plain = rk.fit(rk.BGNBD, DATA, fixed={"b": 2.0, "a": 1.0})
    with pytest.raises(rk.InputError, match="must contain BGNBD"):
        likelihood_ratio_test(plain, rk.fit(rk.BGNBD, DATA, fixed={"b": 3.0}))
    assert likelihood_ratio_test(plain, rk.fit(rk.BGNBD, DATA, fixed={"b": 2.0})).degrees_of_freedom == 1


def test_a_penalised_fit_and_one_that_is_none_are_refused() -> None:
    data = rk.Described(DATA, COLUMNS)
    shrunk = rk.fit(rk.with_covariates(rk.BGNBD, purchasing=["u"]), data, penalty=50.0)
    with pytest.raises(rk.InputError, match=r"larger must be fitted without a penalty.*penalty=50"):
        likelihood_ratio_test(rk.fit(rk.BGNBD, DATA), shrunk)
    alike = rk.Purchases(frequency=np.full(200, 5), recency=np.full(200, 29.0), T=np.full(200, 30.0))
    none = rk.fit(rk.BGNBD, alike, on_failure="return")
    with pytest.raises(rk.InputError, match="larger must be at the maximum of its likelihood"):
        likelihood_ratio_test(rk.fit(rk.BGNBD, DATA, fixed={"b": 2.5}), none)


def test_the_same_customers_are_known_in_any_order_counted_or_not_and_after_json() -> None:
    smaller = rk.fit(rk.BGNBD, DATA)
    order = RNG.permutation(2000)
    shuffled = rk.Purchases(**{k: v[order] for k, v in DATA.columns.items()}, unit="week")
    counted = shuffled.compress()
    for data in (shuffled, counted):
        again = rk.fit(rk.BGNBD, data, fixed={"a": 0.9})
        assert likelihood_ratio_test(again, smaller).degrees_of_freedom == 1
    larger = fitted(purchasing=["u"])
    read: list[Any] = [type(f).from_json(f.model_dump_json()) for f in (smaller, larger)]
    assert likelihood_ratio_test(*read) == likelihood_ratio_test(smaller, larger)


LARGE = 1e7  # of a parameter whose edge is infinity: what is left of the difference falls as 1/LARGE
EDGES: dict[tuple[str, str], dict[str, float]] = {
    ("Exponential", "Weibull"): {"scale": 9.0, "shape": 1.0},
    ("Exponential", "WeibullGamma"): {"scale": 9.0, "r": LARGE, "c": 1.0},
    ("Weibull", "WeibullGamma"): {"scale": 9.0, "r": LARGE, "c": 1.3},
    ("LogLogistic", "WeibullGamma"): {"scale": 9.0, "r": 1.0, "c": 1.3},
    ("Geometric", "ShiftedBetaGeometric"): {"alpha": 0.2 * LARGE, "beta": 0.8 * LARGE},
    ("Geometric", "DiscreteWeibull"): {"theta": 0.2, "c": 1.0},
    ("Geometric", "BetaDiscreteWeibull"): {"alpha": 0.2 * LARGE, "beta": 0.8 * LARGE, "c": 1.0},
    ("ShiftedBetaGeometric", "BetaDiscreteWeibull"): {"alpha": 1.2, "beta": 6.0, "c": 1.0},
    ("DiscreteWeibull", "BetaDiscreteWeibull"): {"alpha": 0.2 * LARGE, "beta": 0.8 * LARGE, "c": 1.3},
    ("NBD", "BGNBD"): {"r": 0.5, "alpha": 5.0, "a": 1e-14, "b": 1.0},
    ("NBD", "MBGNBD"): {"r": 0.5, "alpha": 5.0, "a": 1e-14, "b": 1.0},
    ("NBD", "ParetoNBD"): {"r": 0.5, "alpha": 5.0, "s": 1e-14, "beta": 9.0},
    ("NBD", "GammaGompertzNBD"): {"r": 0.5, "alpha": 5.0, "b": 0.1, "s": 1e-14, "beta": 9.0},
    ("ParetoNBD", "GammaGompertzNBD"): {
        "r": 0.5, "alpha": 5.0, "b": 1.0 / LARGE, "s": 0.6, "beta": 9.0 / LARGE
    },
}  # fmt: skip
INNER: dict[str, dict[str, float]] = {
    "Exponential": {"scale": 9.0},
    "Weibull": {"scale": 9.0, "shape": 1.3},
    "LogLogistic": {"scale": 9.0, "shape": 1.3},
    "Geometric": {"theta": 0.2},
    "ShiftedBetaGeometric": {"alpha": 1.2, "beta": 6.0},
    "DiscreteWeibull": {"theta": 0.2, "c": 1.3},
    "NBD": {"r": 0.5, "alpha": 5.0},
    "ParetoNBD": {"r": 0.5, "alpha": 5.0, "s": 0.6, "beta": 9.0},
}


def test_a_model_that_is_said_to_be_contained_has_the_likelihood_of_the_larger_at_that_edge() -> None:
    said = {(name, larger) for name, kind in MODELS.items() for larger in kind.contained_in}
    assert said == set(EDGES)
    for (name, larger), values in EDGES.items():
        kinds: Any = MODELS
        part, whole = kinds[name](**INNER[name]), kinds[larger](**values)
        t, left = np.arange(3.0, 13.0), np.arange(10) % 2
        inside = part.data_kind is rk.Renewals
        data: Any = rk.Renewals(duration=t, event=left, whole_periods=True) if inside else DATA
        found = whole.log_likelihood(data)
        np.testing.assert_allclose(found, part.log_likelihood(data), rtol=3e-5, atol=3e-5, err_msg=larger)
