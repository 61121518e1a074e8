"""A model average: the mixture of its members, and what that says of CDNOW's second half."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

import retainkit as rk
from retainkit.draws import evenly_thinned
from retainkit.inference import average, predict

MADE = 1882  # repeat purchases of CDNOW's sample in weeks 40 to 78, Fader, Hardie & Lee 2005
TX = rk.summarize_transactions(
    rk.load_cdnow("sample"),
    customer_id="customer_id",
    date="date",
    amount="dollar_value",
    unit="week",
    holdout_from="1997-10-01",
)
BEFORE: Any = TX.calibration
SEEN: rk.Purchases = BEFORE.purchases
KNOWN: dict[str, Any] = {
    kind.__name__: rk.posterior(kind, TX, draws=1000, seed=1)
    for kind in (rk.BGNBD, rk.MBGNBD, rk.ParetoNBD, rk.NBD)
}
TWO = [KNOWN["BGNBD"], KNOWN["ParetoNBD"]]
MIXED = average(TWO, share=[0.3, 0.7])
AHEAD: dict[str, Any] = {"horizon": 39.0}
VALUED: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.1, per="year"),
    "horizon": rk.Duration(1, "year"),
}


@pytest.mark.slow
@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0]])
def test_an_average_of_one_is_that_one_bit_for_bit(weights: list[float]) -> None:
    alone, known = TWO[0], average(TWO[: len(weights)], share=weights)
    assert len(known) == len(alone)
    assert np.array_equal(known.log_likelihood, alone.log_likelihood)
    few = SEEN.entries(np.arange(60))
    for figure in ("purchases", "alive"):
        one, other = (predict(p, few, figure, **AHEAD) for p in (known, alone))
        assert np.array_equal(one.mean, other.mean)
        assert np.array_equal(one.draws.values, other.draws.values)
    one, other = (rk.value_customers(few, p, 35.0, **VALUED) for p in (known, alone))
    assert np.array_equal(one.value, other.value)
    assert one.interval() == other.interval()
    assert str(one) == str(other)


@pytest.mark.slow
def test_totals_are_those_of_the_members_draws() -> None:
    """Without customers and chance each draw is the member's own, at the place where it stands."""
    totals = MIXED.model.expected_purchases(SEEN, 39.0) @ SEEN.weight
    parts = [*MIXED.model.parts]
    assert [place.size for _, place in parts] == [300, 700]
    for member, (_, place) in zip(TWO, parts, strict=True):
        own = member.thinned(place.size).expected_purchases(SEEN, 39.0) @ SEEN.weight
        np.testing.assert_allclose(totals[place], own, rtol=1e-12)
    drawn = predict(MIXED, SEEN, **AHEAD).spread
    assert drawn is not None
    # the smooth surrogate of each member is within a twentieth of its deviation
    off = drawn.total(("parameters",)) - totals[evenly_thinned(1000, 400)]
    assert np.abs(off).mean() < 0.05 * totals.std()


@pytest.mark.slow
def test_the_mixture_s_mean_and_variance_are_those_of_its_members() -> None:
    """Mean Σ wm, variance Σ w(s² + m²) − (Σ wm)²: of 400 draws of each, within four standard errors."""
    parts = [predict(member, SEEN, **AHEAD).draws.values for member in TWO]
    w, m, s2 = np.array([0.3, 0.7]), np.array([p.mean() for p in parts]), np.array([p.var() for p in parts])
    mixed = predict(MIXED, SEEN, **AHEAD).draws.values
    variance = float(w @ (s2 + m**2) - (w @ m) ** 2)
    assert mixed.mean() == pytest.approx(w @ m, abs=4.0 * math.sqrt(2.0 * variance / 400))
    assert mixed.var() == pytest.approx(variance, rel=4.0 * math.sqrt(4.0 / 400))


def test_the_draws_that_are_asked_have_the_shares_of_all() -> None:
    for many in (400, 1000):
        assert [place.size for _, place in MIXED.thinned(many).parts] == [0.3 * many, 0.7 * many]
    few = [place.size for _, place in MIXED.thinned(40).parts]
    assert abs(few[0] - 12.0) <= 6.0  # two standard deviations of chance


@pytest.mark.slow
def test_two_averages_do_not_tell_of_each_other() -> None:
    """Draws of purchases and of spend meet one by one: the model of the one is no news of the other's."""
    spent = rk.posterior(rk.GammaGamma, TX, draws=1000, seed=1)
    money = average({"a": spent, "b": rk.posterior(rk.GammaGamma, TX, draws=1000, seed=2)}, share=[0.5] * 2)
    first = ~np.isnan(np.asarray(MIXED.model.parameters["BGNBD.r"])[:, 0])
    other = ~np.isnan(np.asarray(money.model.parameters["a.p"])[:, 0])
    assert abs(np.corrcoef(first, other)[0, 1]) < 4.0 / math.sqrt(1000)
    assert rk.value_customers(BEFORE, MIXED, money, **VALUED).interval()[0] > 0.0


def test_weights_by_evidence_are_posterior_probabilities_of_the_models() -> None:
    known: Any = average(KNOWN, share="evidence")
    evidence = np.array([p.log_evidence for p in KNOWN.values()])
    shares = softmax(evidence)
    drawn = {label: place.size for label, place in zip(known.family.labels, known.model.places, strict=True)}
    for name, share in zip(KNOWN, shares, strict=True):
        assert drawn.get(name, 0) == pytest.approx(1000 * share, abs=1.0)
    assert known.log_evidence == pytest.approx(np.log(np.exp(evidence - evidence[0]).mean()) + evidence[0])
    assert math.isnan(MIXED.log_evidence)  # stacking weights are no probabilities


def test_p_alive_and_purchases_are_the_weighted_ones_of_the_members() -> None:
    few = SEEN.entries(np.arange(20))
    for ask in ("probability_alive", "expected_purchases"):
        given = {"horizon": 39.0}
        mixed = getattr(MIXED.model, ask)(few, **given).mean(axis=0)
        own = [
            getattr(m.thinned(n), ask)(few, **given).mean(axis=0)
            for m, n in zip(TWO, (300, 700), strict=True)
        ]
        np.testing.assert_allclose(mixed, 0.3 * own[0] + 0.7 * own[1], rtol=1e-12)


@pytest.mark.slow
def test_cdnow_s_second_half_lies_in_the_interval_of_pareto_and_stacking_alone() -> None:
    """Chances of 1,882 or more, from 4,000 draws of another run: BG/NBD 1.3%, MBG/NBD .05%, Pareto/NBD 4.2%,
    NBD 100%, averages by evidence .6%, by stacking 3.0%: an interval of 95% leaves out 2.5% on each side."""
    left_out = [rk.inference.loo(p, TX) for p in KNOWN.values()]
    weights = rk.inference.stacking_weights(*left_out)
    assert weights[0] > 0.5
    assert 0.3 < weights[2] < 0.5
    asked = KNOWN | {
        "evidence": average(KNOWN, share="evidence"),
        "stacking": average(KNOWN, share=weights),
    }
    more: dict[str, float] = {}
    for name, known in asked.items():
        more[name] = float((predict(known, SEEN, **AHEAD).draws.values >= MADE).mean())
    # these miss it; of 400 draws a chance of 1% is told to half its size
    assert more["MBGNBD"] <= more["evidence"] < 0.025
    assert more["MBGNBD"] < more["BGNBD"] < 0.025
    assert more["NBD"] == 1.0  # and this, from above: nobody ever leaves
    assert 0.025 < more["ParetoNBD"] < 0.975
    assert more["BGNBD"] < more["stacking"] < 0.975


def test_an_average_is_pickled_equal_to_itself_and_to_no_other() -> None:
    again = pickle.loads(pickle.dumps(MIXED))
    assert again == MIXED
    assert again.model == MIXED.model
    assert average(TWO, share=[0.31, 0.69]).model != MIXED.model
    summary = MIXED.summary()
    assert summary.row("ParetoNBD.s")["mean"] == pytest.approx(float(TWO[1].thinned(700).s.mean()))
    assert "Average by given shares: BGNBD 30.0%, ParetoNBD 70.0%." in str(MIXED)


@pytest.mark.slow
def test_an_average_of_models_with_covariates_and_of_subscribers() -> None:
    data = rk.Described(SEEN, {"card": np.arange(len(SEEN)) % 2})
    kinds = [rk.with_covariates(k, purchasing=["card"]) for k in (rk.BGNBD, rk.MBGNBD)]
    members = [rk.posterior(k, data, draws=200, seed=1) for k in kinds]
    known = average(members, share=[0.5, 0.5])
    ahead = predict(known, data, **AHEAD)
    means = [predict(m, data, **AHEAD).total for m in members]
    assert min(means) < ahead.total < max(means)
    rows = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    staying = average(
        [rk.posterior(k, rows, seed=1, draws=200) for k in (rk.Geometric, rk.ShiftedBetaGeometric)],
        share=[0.5, 0.5],
    )
    worth: Any = rk.value_subscriptions(
        survival=staying, tenure=[0, 3], margin_per_period=100.0, discount_rate=0.1, instant="before-renewal"
    )
    assert len(worth.draws) == 200
    assert "(90%: " in str(worth)
