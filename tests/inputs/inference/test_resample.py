"""What cannot be resampled, or is no sample of the fit, is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk
from retainkit.inference import bootstrap, jackknife

DATA = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week").sample(T=[52.0] * 400, seed=1)
OTHERS = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week").sample(T=[52.0] * 400, seed=2)
FIT = rk.fit(rk.BGNBD, DATA)
LASTING = rk.Exponential(scale=10.0).sample([15.0] * 60, seed=1)
HALVES = rk.Renewals(duration=LASTING.duration, event=LASTING.event, weight=np.full(60, 0.5))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"replicates": 1}, "replicates must be a whole number, 2 or more"),
        ({"replicates": 10.5}, "replicates must be a whole number"),
        ({"seed": None}, "seed must be"),
        ({"seed": "a"}, "seed must be"),
        ({"kind": "efron"}, "kind must be one of 'bayesian', 'multinomial'"),
        ({"data": OTHERS}, "data must be those that the fit was fitted to"),
        ({"data": LASTING}, "data"),
        ({"model": "BGNBD"}, "model must be the class of a model"),
        ({"model": rk.KaplanMeier, "data": LASTING}, "model must be the class of a model"),
    ],
)
def test_a_bootstrap_of_what_is_none_is_refused(given: dict[str, Any], told: str) -> None:
    call: Any = bootstrap
    with pytest.raises(rk.InputError, match=told):
        call(**{"model": FIT, "data": DATA, "replicates": 10, "seed": 1} | given)


def test_shares_of_customers_are_weighed_and_not_drawn() -> None:
    found = bootstrap(rk.Exponential, HALVES, 50, seed=1)
    whole = bootstrap(rk.Exponential, LASTING, 50, seed=1)
    # half as many customers: errors larger by the root of 2
    assert 1.1 < found.standard_errors["scale"] / whole.standard_errors["scale"] < 1.8
    for call in (
        lambda: bootstrap(rk.Exponential, HALVES, 50, seed=1, kind="multinomial"),
        lambda: jackknife(rk.Exponential, HALVES),
    ):
        with pytest.raises(
            rk.InputError, match=r"weight must count whole customers.*got 0\.5 at position 0"
        ) as error:
            call()
        assert error.value.code == "not-whole"


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (["a"] * 399, "groups must have one label for each of the 400 entries"),
        (["a"] * 400, "groups must have 2 groups or more"),
        ([*["a"] * 399, None], "groups must"),
        (pd.Series(["a", "b"] * 200, index=range(1, 401)), "must"),
    ],
)
def test_groups_that_are_none_are_refused(groups: Any, told: str) -> None:
    data = DATA
    if isinstance(groups, pd.Series):
        columns = {"frequency": DATA.frequency, "recency": DATA.recency, "T": DATA.T}
        data = rk.Purchases(**{n: pd.Series(c) for n, c in columns.items()}, unit="week")
    with pytest.raises(rk.InputError, match=told):
        jackknife(FIT, data, groups)


def test_the_interval_of_what_is_no_figure_is_refused() -> None:
    found = bootstrap(FIT, DATA, 10, seed=1)
    with pytest.raises(rk.InputError, match="figure must give one number for each of the 10 replicates"):
        found.interval(lambda model: model.expected_purchases(DATA, horizon=3.0))
    with pytest.raises(rk.InputError, match="level must be a share above 0 and below 1"):
        found.intervals(1.0)
    with pytest.raises(rk.InputError, match="kind must be one of 'bca', 'percentile'"):
        found.intervals(kind="normal")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_data_without_an_estimate_have_no_replicates() -> None:
    never = rk.NBD(r=0.9, alpha=10.0).sample(np.full(500, 40.0), seed=5)
    with pytest.raises(rk.FitError, match="NBD"):
        bootstrap(rk.BGNBD, never, 10, seed=1)
    refused = rk.fit(rk.BGNBD, never, on_failure="return")
    with pytest.raises(rk.FitError):
        jackknife(refused, never)


def test_a_fit_that_was_shrunk_toward_others_is_no_fit_to_its_data() -> None:
    tiny = {
        f"shop {i}": rk.BGNBD(r=0.4 + 0.02 * i, alpha=5.0, a=0.8, b=2.5, unit="week").sample(
            [52.0] * 600, seed=i
        )
        for i in range(9)
    }
    each = rk.fit_each(rk.BGNBD, tiny, shrink="all")
    with pytest.raises(rk.InputError, match="model must be fitted to these data alone"):
        bootstrap(each["shop 0"], tiny["shop 0"], 10, seed=1)
