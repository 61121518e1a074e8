"""Questions that the data cannot answer are refused, and the message says the way out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retainkit.errors import InputError
from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.nonparametric.life_table import LifeTable
from retainkit.models.contractual.nonparametric.log_rank import log_rank
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen
from retainkit.models.contractual.nonparametric.turnbull import Turnbull
from retainkit.summaries import Purchases, Renewals
from retainkit.units import Duration

DATA = Renewals(
    duration=[1, 2, 3, 3], event=[1, 2, 1, 0], weight=[5, 3, 2, 10], reasons=("choice", "card"), unit="month"
)
CURVE = KaplanMeier.estimate(DATA)
GONE = KaplanMeier.estimate(Renewals(duration=[1, 2], event=[1, 1]))
TABLE = LifeTable.estimate(DATA)
REASONS = AalenJohansen.estimate(DATA)
GAP = Renewals(duration=[2, 5], event=[0, 1], entry=[0, 3])
COLLAPSE = Renewals(duration=[1, 5, 6], event=[1, 1, 0], entry=[0, 1, 1], weight=[1, 50, 50])
STOCK = Renewals(duration=[5, 6], event=[1, 0], entry=[2, 3])
EXACT_STOCK = Renewals(duration=[5.13, 6.2], event=[1, 0], entry=[2.2, 3.17])
BOUNDS = Renewals.from_intervals([0, 3], [3, 6])
LATE_BOUNDS = Renewals.from_intervals([0.5, 2, 5], [1, 3, np.inf], entry=[0, 1, 2])
CASES: dict[str, tuple[Callable[[], Any], str, str]] = {
    **{
        f"bounds for {kind.__name__}": (lambda kind=kind: kind.estimate(BOUNDS), "inconsistent", "Turnbull")
        for kind in (KaplanMeier, NelsonAalen, LifeTable, AalenJohansen)
    },
    "bounds for log_rank": (lambda: log_rank([DATA, BOUNDS]), "inconsistent", "groups['2'] must say when"),
    "bounds with a gap": (
        lambda: Turnbull.estimate(Renewals.from_intervals([0, 5], [2, 6], entry=[0, 4])),
        "nobody-at-risk",
        "Turnbull",
    ),
    "bounds after which nobody is known": (lambda: Turnbull.estimate(LATE_BOUNDS), "nobody-at-risk", "1.0"),
    "bounds of nobody": (
        lambda: Turnbull.estimate(Renewals(duration=[2], event=[0], entry=[2])),
        "nobody-at-risk",
        "at least one",
    ),
    "past the end": (lambda: CURVE.survival(4), "outside-the-curve", "continued('same-churn')"),
    "for ever": (lambda: CURVE.survival(np.inf), "outside-the-curve", "largest observed tenure"),
    "error past the end": (lambda: CURVE.continued("flat").standard_error(4), "outside-the-curve", "3.0"),
    "interval past the end": (
        lambda: CURVE.continued(0.1).interval([1, 4]),
        "outside-the-curve",
        "position 1",
    ),
    "hazard past the end": (lambda: CURVE.hazard(4), "outside-the-curve", "t must"),
    "restricted mean past the end": (lambda: CURVE.restricted_mean(9), "outside-the-curve", "horizon"),
    "given past the end": (lambda: CURVE.survival(2, given=9), "outside-the-curve", "t must"),
    "given a tenure nobody reached": (lambda: GONE.survival(3, given=2), "nobody-at-risk", "given"),
    "negative": (lambda: CURVE.survival(-1), "out-of-range", "t must"),
    "not a number": (lambda: CURVE.survival("x"), "not-a-number", "t must"),
    "before the start": (
        lambda: KaplanMeier.estimate(DATA, from_tenure=1).survival(0.5),
        "outside-the-curve",
        "earlier from_tenure",
    ),
    "retention before a period is over": (lambda: CURVE.retention(0.5), "outside-the-curve", "1.0 or more"),
    "hazard before its stretch": (lambda: CURVE.hazard(1, over=2), "outside-the-curve", "2.0 or more"),
    "a stretch longer than the curve": (lambda: CURVE.hazard(3, over=4), "out-of-range", "over"),
    "level": (lambda: CURVE.interval(1, level=1.0), "out-of-range", "level=0.95"),
    "level in percent": (lambda: CURVE.interval(1, level=95), "out-of-range", "level"),
    "transform": (lambda: CURVE.interval(1, transform="loglog"), "unknown-choice", "'log-log'"),  # type: ignore[arg-type]
    "quantile": (lambda: CURVE.quantile(1.0), "out-of-range", "p=0.5"),
    "quantiles in an interval": (lambda: CURVE.quantile_interval([0.5]), "wrong-shape", "p"),  # type: ignore[arg-type]
    "after_end": (lambda: CURVE.continued("same_churn"), "unknown-choice", "'same-churn'"),  # type: ignore[arg-type]
    "churn after the end": (lambda: CURVE.continued(2), "out-of-range", "after_end"),
    "no churn to go on": (
        lambda: KaplanMeier.estimate(Renewals(duration=[1, 9], event=[1, 0])).continued("same-churn"),
        "too-few",
        "longer stretch",
    ),
    "other data": (
        lambda: KaplanMeier.estimate(Purchases(frequency=0, recency=0, T=1)),  # type: ignore[arg-type]
        "wrong-type",
        "Renewals",
    ),
    "unit unknown": (lambda: GONE.survival(Duration(1, "month")), "unit-unknown", "unit="),
    "nobody": (lambda: KaplanMeier.estimate(DATA, from_tenure=3), "nobody-at-risk", "earlier from_tenure"),
    "nobody watched": (
        lambda: KaplanMeier.estimate(Renewals(duration=[2], event=[0], entry=[2])),
        "nobody-at-risk",
        "duration above entry",
    ),
    "a gap": (
        lambda: KaplanMeier.estimate(GAP),
        "nobody-at-risk",
        "KaplanMeier.estimate(renewals, from_tenure=3.0)",
    ),
    "a gap for reasons": (lambda: AalenJohansen.estimate(GAP), "nobody-at-risk", "from_tenure=3.0"),
    "a gap for hazards": (lambda: NelsonAalen.estimate(GAP), "nobody-at-risk", "NelsonAalen.estimate"),
    "a gap at the start": (lambda: KaplanMeier.estimate(STOCK), "nobody-at-risk", "from_tenure=2.0"),
    "the gap in full": (lambda: KaplanMeier.estimate(STOCK), "nobody-at-risk", "between tenure 0.0 and 2.0"),
    "a gap at an exact start": (
        lambda: KaplanMeier.estimate(EXACT_STOCK),
        "nobody-at-risk",
        "from_tenure=2.2",
    ),
    "a reason": (lambda: REASONS.cumulative_incidence("cards", 1), "unknown-choice", "'card'"),
    "incidence past the end": (
        lambda: REASONS.cumulative_incidence("card", 4),
        "outside-the-curve",
        "t must",
    ),
    "width": (lambda: LifeTable.estimate(DATA, width=0), "out-of-range", "width"),
    "a width of dust": (lambda: LifeTable.estimate(DATA, width=1e-9), "out-of-range", "1,000,000 parts"),
    "edges": (lambda: LifeTable.estimate(DATA, edges=[0, 2, 2]), "not-ascending", "ascending"),
    "width and edges": (lambda: LifeTable.estimate(DATA, width=1, edges=[0, 1]), "needless", "left out"),
    "an interval with nobody": (
        lambda: LifeTable.estimate(DATA, edges=[0, 3, 6]),
        "nobody-at-risk",
        "3.0 and 6.0",
    ),
    "outside the table": (lambda: TABLE.survival(4), "outside-the-curve", "between 0.0 and 3.0"),
    "one group": (lambda: log_rank([DATA]), "too-few", "two or more"),
    "no groups": (lambda: log_rank(DATA), "too-few", "two or more"),  # type: ignore[arg-type]
    "not groups": (lambda: log_rank(3), "wrong-type", "mapping"),  # type: ignore[arg-type]
    "not renewals": (lambda: log_rank([DATA, 3]), "wrong-type", "Renewals"),  # type: ignore[list-item]
    "two units": (
        lambda: log_rank([DATA, Renewals(duration=1, event=1, unit="day")]),
        "unit-mismatch",
        "one unit",
    ),
    "fractions of customers": (
        lambda: log_rank({"x": DATA, "y": Renewals(duration=1, event=1, weight=0.5, unit="month")}),
        "not-whole",
        "'y'",
    ),
    "weighting": (lambda: log_rank([DATA, DATA], weighting="wilcoxon"), "unknown-choice", "'gehan'"),  # type: ignore[arg-type]
    "nobody left": (lambda: log_rank([Renewals(duration=1, event=0)] * 2), "too-few", "left"),
    "never together": (
        lambda: log_rank(
            [Renewals(duration=[1, 2], event=[1, 1]), Renewals(duration=[5, 6], event=[1, 1], entry=3)]
        ),
        "nobody-at-risk",
        "at risk together",
    ),
    "other horizons": (
        lambda: CURVE.restricted_mean(2).minus(CURVE.restricted_mean(3)),
        "unit-mismatch",
        "same horizon",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_question_is_refused_with_help(name: str) -> None:
    ask, code, help_ = CASES[name]
    with pytest.raises(InputError) as refused:
        ask()
    assert refused.value.code == code
    assert help_ in str(refused.value)


@pytest.mark.parametrize("data", [GAP, COLLAPSE, STOCK], ids=["gap", "collapse", "stock"])
def test_the_way_out_of_late_entry_is_one(data: Renewals) -> None:
    with pytest.raises(InputError) as refused:
        KaplanMeier.estimate(data)
    start = float(str(refused.value).rsplit("from_tenure=", 1)[1].rstrip(")."))
    curve = KaplanMeier.estimate(data, from_tenure=start)
    assert 0.0 <= curve.survival(curve.end) < 1.0


def test_a_duration_converts_itself() -> None:
    assert CURVE.survival(Duration(0.25, "year")) == CURVE.survival(3)


@pytest.mark.parametrize(
    "estimate", [CURVE, REASONS, TABLE, NelsonAalen.estimate(DATA)], ids=lambda e: type(e).__name__
)
def test_every_estimate_prints_and_goes_to_json(estimate: Any) -> None:
    record = json.loads(estimate.model_dump_json())
    assert record["model"] == type(estimate).__name__
    assert np.sum(record["left"]) == 10.0
    assert str(estimate) in repr(estimate)
    assert "<table>" in estimate._repr_html_()
    assert len({column.size for column in estimate.table.values()}) == 1


def test_estimates_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        CURVE.force_after = 0.0  # type: ignore[misc]


def test_tests_and_means_print_in_a_line() -> None:
    mean = CURVE.restricted_mean(3)
    assert str(mean).endswith("of the first 3 months")
    assert "p = 1" in str(mean.minus(mean))
    assert "chi-square" in str(log_rank([DATA, DATA]))
    assert json.loads(log_rank([DATA, DATA]).model_dump_json())["groups"] == ["1", "2"]
    assert json.loads(mean.minus(mean).model_dump_json())["difference"] == 0.0


@pytest.mark.parametrize(
    "seed", [0, 21]
)  # differences of sums that round to less, and to more, than who left
def test_that_all_left_early_is_seen_through_the_rounding_of_fractional_weights(seed: int) -> None:
    weight = np.random.default_rng(seed).random(40)
    data = Renewals(
        duration=np.repeat([1, 5], 20), event=np.ones(40), entry=np.repeat([0, 1], 20), weight=weight
    )
    with pytest.raises(InputError, match="of whom all left"):
        KaplanMeier.estimate(data)
