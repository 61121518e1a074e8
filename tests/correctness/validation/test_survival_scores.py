"""The order of leaving and the Brier score: as peers compute them, pair by pair, and by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lifelines.utils import concordance_index

import retainkit as rk
from retainkit.typing import Array
from retainkit.validation import brier_score, concordance

REFERENCE: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "survival_scores.toml").read_text(encoding="utf-8")
)
ROWS = REFERENCE["rows"]


def test_concordance_is_that_of_peers() -> None:
    wanted = REFERENCE["concordance"]
    found = concordance(rk.Renewals(duration=ROWS["duration"], event=ROWS["event"]), ROWS["risk"])
    assert (found.concordant, found.discordant, found.tied) == (wanted["concordant"], wanted["discordant"], 0)
    assert found.c_index == wanted["c_index"]
    wanted = REFERENCE["concordance_with_ties"]
    found = concordance(rk.Renewals(duration=wanted["duration"], event=ROWS["event"]), wanted["risk"])
    assert (found.concordant, found.discordant, found.tied) == (wanted["concordant"], 0, wanted["tied"])
    assert found.c_index == wanted["c_index"]


def test_brier_score_is_that_of_a_peer() -> None:
    wanted = REFERENCE["brier"]
    times = np.array(wanted["times"], np.float64)
    survival = np.exp(-np.array(ROWS["risk"])[:, None] * times / 6.0).round(6)
    found = brier_score(rk.Renewals(duration=ROWS["duration"], event=ROWS["event"]), survival, times)
    near: Any = pytest.approx(wanted["score"], rel=wanted["relative_tolerance"])
    assert found.score.tolist() == near
    assert found.integrated == pytest.approx(wanted["integrated"], rel=wanted["relative_tolerance"])


def one_by_one(duration: Array, event: Array, risk: Array, weight: Array) -> tuple[float, float, float]:
    right = wrong = tied = 0.0
    for i in range(duration.size):
        for j in range(duration.size):
            first = duration[i] < duration[j] or (duration[i] == duration[j] and not event[j])
            if i != j and event[i] and first:
                both = weight[i] * weight[j]
                right += both * (risk[i] > risk[j])
                wrong += both * (risk[i] < risk[j])
                tied += both * (risk[i] == risk[j])
    return right, wrong, tied


@pytest.mark.parametrize("seed", range(40))
def test_every_pair_is_counted_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 50))
    duration, event = rng.integers(1, 9, n).astype(float), rng.integers(0, 2, n).astype(float)
    # few levels, many ties; whole weights keep sums exact
    risk, weight = rng.integers(0, 7, n).astype(float), rng.integers(1, 4, n).astype(float)
    weight = weight if seed % 2 else np.ones(n)
    found = concordance(rk.Renewals(duration=duration, event=event, weight=weight), risk)
    assert (found.concordant, found.discordant, found.tied) == one_by_one(duration, event, risk, weight)
    assert np.isnan(found.c_index) == (found.pairs == 0.0)


def test_a_weight_counts_customers() -> None:
    rng = np.random.default_rng(3)
    duration, event, risk = rng.exponential(5.0, 60), rng.integers(0, 2, 60), rng.normal(size=60)
    weight = rng.integers(1, 5, 60)
    each = np.repeat(np.arange(60), weight)
    counted = concordance(rk.Renewals(duration=duration, event=event, weight=weight), risk)
    whole = concordance(rk.Renewals(duration=duration[each], event=event[each]), risk[each])
    # of one customer who counts as three no pair is formed, of three equal ones who left neither
    assert counted.concordant == whole.concordant and counted.discordant == whole.discordant


def test_many_customers_as_a_peer_counts_them() -> None:
    rng = np.random.default_rng(5)
    duration = rng.exponential(10.0, 20_000)
    event, risk = rng.random(20_000) < 0.6, rng.normal(size=20_000) - 0.05 * duration
    found = concordance(rk.Renewals(duration=duration, event=event.astype(float)), risk)
    assert found.c_index == pytest.approx(concordance_index(duration, -risk, event), rel=1e-14)


def test_brier_score_by_hand() -> None:
    members = rk.Renewals(duration=[1.0, 2.0, 3.0, 5.0, 6.0], event=[1, 0, 1, 1, 0])
    found = brier_score(members, [0.8], times=[4.0])
    # one left at 1; of the 4 then at risk of being lost one was, at 2
    kept = 3.0 / 4.0
    wanted = (0.8**2 / 1.0 + 0.8**2 / kept + 2.0 * 0.2**2 / kept) / 5.0
    assert found.score.tolist() == [pytest.approx(wanted, rel=1e-15)]
    # everyone's own curve is no better than itself
    everyone = rk.KaplanMeier.estimate(members).survival(4.0)
    assert brier_score(members, [everyone], times=[4.0]).skill == pytest.approx(0.0, abs=1e-15)


def test_who_is_last_seen_after_k_periods_was_there_at_k() -> None:
    whole = rk.Renewals(duration=[1, 2, 2, 2], event=[1, 0, 0, 1])
    perfect = [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0], [1.0, 0.0]]
    found = brier_score(whole, perfect, times=[1, 2])
    assert found.score.tolist() == [0.0, 0.0] and found.skill == 1.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"risk": [1.0]}, "risk must have one number for each of the 3 rows"),
        ({"risk": [1.0, float("nan"), 2.0]}, "risk must be a finite number"),
        ({"times": [0.0]}, "times must be"),
        ({"times": [2.0, 1.0]}, "times must rise"),
        ({"times": [9.0]}, "times must not pass 3"),
        ({"survival": [[0.5, 0.5]]}, "survival must have 1 column,"),
        ({"survival": [1.5]}, "survival must be a share between 0 and 1"),
    ],
)
def test_what_cannot_be_scored_is_refused_by_name(change: dict[str, Any], told: str) -> None:
    members = rk.Renewals(duration=[1.0, 2.0, 3.0], event=[1, 0, 1])
    ask: Any = concordance if "risk" in change else brier_score
    rest: dict[str, Any] = {} if "risk" in change else {"survival": [0.5], "times": [1.0]}
    with pytest.raises(rk.InputError, match=told):
        ask(members, **{**rest, **change})


@pytest.mark.parametrize("seed", range(20))
def test_who_had_not_entered_is_in_no_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    entry = rng.integers(0, 6, n).astype(float)
    duration, event = entry + rng.integers(1, 6, n), rng.integers(0, 2, n).astype(float)
    risk, weight = rng.integers(0, 5, n).astype(float), rng.integers(1, 4, n).astype(float)
    found = concordance(rk.Renewals(duration=duration, event=event, entry=entry, weight=weight), risk)
    right = wrong = tied = 0.0
    for i in np.flatnonzero(event):
        there = (entry < duration[i]) & (
            (duration > duration[i]) | ((duration == duration[i]) & (event == 0))
        )
        both = weight[i] * weight * there
        right += both[risk[i] > risk].sum()
        wrong += both[risk[i] < risk].sum()
        tied += both[risk[i] == risk].sum()
    assert (found.concordant, found.discordant, found.tied) == (right, wrong, tied)


def test_bounds_are_refused_and_late_entries_by_the_brier_score() -> None:
    late = rk.Renewals(duration=[2.0, 3.0], event=[1, 0], entry=[1.0, 0.0])
    between = rk.Renewals(duration=[2.0, 3.0], event=[1, 1], lower=[1.0, 1.0])
    for members, told in ((late, "1 late entries"), (between, "bounds in lower")):
        if members is between:
            with pytest.raises(rk.InputError, match=told):
                concordance(members, [1.0, 2.0])
        with pytest.raises(rk.InputError, match=told):
            brier_score(members, [0.5], [1.0])
