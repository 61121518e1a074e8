"""Renewals refuse what cannot be, by the name the caller used, and take every edge that can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.geometric import Geometric
from retainkit.models.contractual.shares import WithShares, with_shares
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from retainkit.summaries import Renewals

NAN = float("nan")
INF = float("inf")


def refused(match: str, **columns: Any) -> None:
    with pytest.raises(rk.InputError, match=match):
        Renewals(**columns)


# -- rows ---------------------------------------------------------------------------------------------


def test_nobody_leaves_before_being_there() -> None:
    refused("^duration must exceed entry", duration=[0, 3], event=[1, 0])
    refused("^duration must exceed entry", duration=[4, 3], event=[1, 0], entry=[4, 0])
    assert len(Renewals(duration=[0, 3], event=[0, 1])) == 2  # not yet at the first renewal


def test_observation_does_not_begin_after_its_end() -> None:
    refused("^entry must not exceed duration", duration=[2, 3], event=[0, 1], entry=[3, 0])


@pytest.mark.parametrize("bad", [-1.0, NAN, float("inf"), "3", None])
def test_columns_are_finite_numbers_of_0_or_more(bad: Any) -> None:
    for name in ("duration", "event", "entry", "weight"):
        columns: dict[str, Any] = {"duration": [3, 5], "event": [1, 0], "entry": [0, 1], "weight": [1, 1]}
        refused(f"^{name} ", **{**columns, name: [columns[name][0], bad]})


def test_events_are_the_reasons_that_were_named() -> None:
    refused(
        r"^event must be 0 \(still there\) or 1 \(left\), got 2.0 at position 1",
        duration=[3, 4],
        event=[1, 2],
    )
    refused("^event must be 0", duration=[3], event=[0.5])
    two = Renewals(duration=[3, 4], event=[1, 2], reasons=("voluntary", "involuntary"))
    assert two.churned == 2.0
    refused(r"2 \(involuntary\)", duration=[3], event=[3], reasons=("voluntary", "involuntary"))
    assert Renewals(duration=[3, 4], event=[True, False]).churned == 1.0


def test_weights_are_positive_and_lengths_agree() -> None:
    refused("^weight must be positive", duration=[3, 4], event=[1, 0], weight=[1, 0])
    refused("^event must be one column of the same length", duration=[3, 4, 5], event=[1, 0])


def test_whole_periods_are_whole() -> None:
    refused("^duration must be whole numbers", duration=[3.5], event=[1], whole_periods=True)
    refused("^entry must be whole numbers", duration=[3], event=[1], entry=[0.5], whole_periods=True)
    refused("Did you mean 'month'", duration=[3], event=[1], unit="months")


def test_a_discrete_model_refuses_parts_of_periods() -> None:
    days = Renewals(duration=[3.5, 4.0], event=[1, 0])
    with pytest.raises(rk.InputError, match="duration must be whole numbers: ShiftedBetaGeometric counts"):
        rk.fit(ShiftedBetaGeometric, days)


def test_frames_bring_their_columns() -> None:
    frame = pd.DataFrame({"duration": [3, 4], "event": [1, 0], "entry": [0, 2]})
    assert Renewals.from_frame(frame, unit="month").entry.tolist() == [0.0, 2.0]
    with pytest.raises(rk.InputError, match="must name a column of the table, got 'event'"):
        Renewals.from_frame(frame.rename(columns={"event": "events"}))


# -- counts of one cohort -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "match"),
    [
        ([1000, -1], "must be whole numbers of customers"),
        ([1000, 868.5], "must be whole numbers of customers"),
        ([1.0, 0.869], "not 1.0 and 0.869"),
        ([1000, NAN], "must be whole numbers of customers"),
        ([1000, 869, 870], "must never rise"),
        ([0, 0], "must begin with at least one customer"),
        ([1000], "at least one renewal"),
        ([], "at least one renewal"),
        (1000, "at least one renewal"),
        ([[1000, 869]], "must be a column of counts"),
        (["1000", "869"], "must be a number"),
    ],
)
def test_counts_of_a_cohort_that_cannot_be(counts: Any, match: str) -> None:
    with pytest.raises(rk.InputError, match=match) as caught:
        Renewals.from_survivors(counts)
    assert caught.value.argument == "counts"


def test_everyone_leaving_at_once_is_data_and_no_fit() -> None:
    cohort = Renewals.from_survivors([1000, 0])
    assert (cohort.customers, cohort.churned) == (1000.0, 1000.0)
    for kind in (Geometric, ShiftedBetaGeometric):
        with pytest.raises(rk.FitError):
            rk.fit(kind, cohort)


def test_nobody_leaving_is_data_and_no_fit() -> None:
    cohort = Renewals.from_survivors([1000, 1000, 1000])
    assert cohort.churned == 0.0
    with pytest.raises(rk.FitError, match="nobody has left"):
        rk.fit(ShiftedBetaGeometric, cohort)


def test_a_single_churn_rate_does_not_tell_two_parameters() -> None:
    with pytest.raises(rk.FitError):
        rk.fit(ShiftedBetaGeometric, Renewals.from_survivors([1000, 800]))


# -- cohorts by age -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ([], "at least one cohort"),
        ([[1000, NAN, 700]], "must not have a gap"),
        ([[NAN, 900, 700]], "must not have a gap"),
        ([[1000, 900], [NAN, NAN]], "cohort 1"),
        ([[1000, 900], [500, 600]], "cohort 1 must never rise"),
        ([[1000, -900]], "cohort 0 must be whole numbers"),
        ([[1000, 900.5]], "cohort 0 must be whole numbers"),
        ([[0, 0]], "must begin with at least one customer"),
        ([1000, 900], "one row of counts per cohort"),
        (None, "one row of counts per cohort"),
        (1000, "one row of counts per cohort"),
        ([["a", "b"]], "must be a number"),
    ],
)
def test_cohort_tables_that_cannot_be(table: Any, match: str) -> None:
    with pytest.raises(rk.InputError, match=match) as caught:
        Renewals.from_cohort_table(table)
    assert caught.value.argument.startswith("table")


@pytest.mark.parametrize("bad", [[0, -1], [0, 0.5], [0, NAN], [0], [0, 1, 2], ["0", "1"]])
def test_first_ages_are_whole_numbers_one_for_each_cohort(bad: Any) -> None:
    with pytest.raises(rk.InputError) as caught:
        Renewals.from_cohort_table([[1000, 900], [500, 400]], first_age=bad)
    assert caught.value.argument == "first_age"


def test_one_cohort_with_one_age_is_there_and_tells_nothing() -> None:
    cohort = Renewals.from_cohort_table([[1000]])
    assert (cohort.customers, cohort.churned, cohort.informative_customers) == (1000.0, 0.0, 0.0)
    with pytest.raises(rk.FitError, match="nobody has left"):
        rk.fit(ShiftedBetaGeometric, cohort)


def test_a_triangle_in_every_form_gives_the_same_data() -> None:
    ragged = [[1000, 869, 743], [1100, 960], [1050]]
    full = np.array([[1000, 869, 743], [1100, 960, NAN], [1050, NAN, NAN]])
    for table in (full, pd.DataFrame(full), [np.array(row) for row in ragged], tuple(ragged)):
        one, other = Renewals.from_cohort_table(table), Renewals.from_cohort_table(ragged)
        for name in ("duration", "event", "entry", "weight"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_zeros_are_not_taken_for_the_part_not_yet_seen() -> None:
    filled, blank = (
        [[100, 80, 70], [120, 90, 0], [90, 0, 0]],
        [[100, 80, 70], [120, 90, None], [90, NAN, None]],
    )
    for table in (filled, filled[::-1], [[100, 80, 70], *filled], [[100, 80], [90, 0]]):
        with pytest.raises(rk.InputError, match="blank: its lower right is filled with zeros") as caught:
            Renewals.from_cohort_table(table)
        assert caught.value.argument == "table" and "zeros='unseen'" in str(caught.value)
    for data in (Renewals.from_cohort_table(blank), Renewals.from_cohort_table(filled, zeros="unseen")):
        assert rk.KaplanMeier.estimate(data).survival(2) == pytest.approx(
            170 / 220 * 70 / 80, rel=1e-14
        )  # .676
    gone = Renewals.from_cohort_table(filled, zeros="left")
    assert rk.KaplanMeier.estimate(gone).survival(2) == pytest.approx(70 / 310, rel=1e-14)  # .226
    with pytest.raises(rk.InputError, match=r"^zeros"):
        Renewals.from_cohort_table(filled, zeros="blank")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("turned", [False, True])
def test_a_cohort_that_all_left_hides_no_triangle_of_zeros(turned: bool) -> None:
    """The second was seen once more and is gone; the third has just begun."""
    filled = [[100, 80, 70], [120, 0, 0], [90, 0, 0]]
    order = filled[::-1] if turned else filled
    with pytest.raises(rk.InputError, match="blank: its lower right is filled with zeros"):
        Renewals.from_cohort_table(order)
    seen = Renewals.from_cohort_table(order, zeros="unseen")
    assert rk.KaplanMeier.estimate(seen).survival([1, 2]) == pytest.approx([80 / 220, 70 / 220], rel=1e-14)
    assert Renewals.from_cohort_table(order, zeros="left").weight.sum() == seen.weight.sum() == 310


@pytest.mark.parametrize(
    "table", [[[5, 0]], [[5, 0], [4, 0]], [[5, 3, 2], [4, 2, 1], [3, 1, 0]], [[5, 3, 0], [4, 0]]]
)
def test_zeros_that_make_no_triangle_are_customers_who_left(table: Any) -> None:
    counts = [row[-1] for row in table]
    there = Renewals.from_cohort_table(table)
    assert there.weight[there.event == 0].sum() == sum(counts)


# -- bounds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lower", "upper", "more", "match"),
    [
        ([3, 5], [4, 4.5], {}, "^upper must be known, and not below lower.*4.5 at position 1"),
        ([3, 5], [4, NAN], {}, "^upper must be known.*Give inf"),
        ([3, NAN], [4, 6], {}, "^lower"),
        ([3, -1], [4, 6], {}, "^lower"),
        ([3, INF], [4, INF], {}, "^lower"),
        ([3, 5, 6], [4, 6], {}, "^upper must have the length of lower"),
        ([0, 2], [0, 4], {}, "^upper .*above 0 and entry"),
        ([1, 2], [4, 6], {"entry": [2, 2]}, "^lower must be, of those who left, from entry"),
        ([1, 2], [1, INF], {"entry": [0, 3]}, "^entry must not exceed duration"),
    ],
)
def test_bounds_that_cannot_be(lower: Any, upper: Any, more: Any, match: str) -> None:
    with pytest.raises(rk.InputError, match=match):
        Renewals.from_intervals(lower, upper, **more)


def test_bounds_are_kept_whatever_is_made_of_the_data() -> None:
    frame = pd.DataFrame({"lower": [0, 3, 3, 6], "upper": [3, 6, 6, INF]}, index=[4, 3, 2, 1])
    data = Renewals.from_intervals(frame["lower"], frame["upper"], unit="month")
    assert data.labels is not None and list(data.labels.index) == [4, 3, 2, 1]
    assert sorted(data.compress().weight) == [1, 1, 2]
    assert np.concatenate([part.columns["lower"] for part in data.split(3)]).tolist() == [0, 3, 3, 6]
    columns: dict[str, Any] = data.columns
    again = Renewals(**columns, weight=data.weight, unit="month")
    assert Renewals.from_frame(pd.DataFrame(again.columns)).columns["lower"].tolist() == [0, 3, 3, 6]
    assert (data.has_moments, Renewals.from_intervals([3], [3]).has_moments) == (False, True)
    with pytest.raises(rk.InputError, match=r"^upper"):
        Renewals.from_intervals(frame["lower"], frame["upper"].sort_index())
    refused("^lower", duration=[3], event=[1], lower=[4])
    refused("^whole_periods must be left out", duration=[3], event=[1], lower=[2], whole_periods=True)
    with pytest.raises(rk.InputError, match=r"^lower must be whole numbers: Geometric counts"):
        Geometric(theta=0.1).log_likelihood(Renewals(duration=[3], event=[1], lower=[0.5]))


@pytest.mark.parametrize(
    ("columns", "whole"),
    [
        ({"duration": [3, 12], "event": [1, 0]}, True),
        ({"duration": [3, 12.5], "event": [1, 0]}, False),
        ({"duration": [*[3.0] * 100, 12.5], "event": 1}, False),
        (
            {"duration": [3, 12], "event": [1, 0], "entry": [0, 0.5]},
            False,
        ),  # periods are whole from the start
        ({"duration": [3, 12], "event": [1, 0], "lower": [2, 0]}, False),
        ({"duration": [3, 12], "event": [1, 0], "whole_periods": False}, False),
    ],
)
def test_whole_periods_are_recognised_and_a_word_says_otherwise(columns: Any, whole: bool) -> None:
    columns = {**columns, "event": np.broadcast_to(columns["event"], len(columns["duration"]))}
    assert Renewals(**columns).whole_periods is whole
    assert Renewals(**columns).treatment.startswith("whole periods") is whole


@pytest.mark.parametrize("model", [Geometric(theta=0.1), ShiftedBetaGeometric(alpha=1.0, beta=3.0)])
def test_entries_between_renewals_are_refused_where_periods_are_counted(model: Any) -> None:
    data = Renewals(duration=[3, 12], event=[1, 0], entry=[0, 0.5])
    for asked in (model.log_likelihood, lambda data: rk.fit(type(model), data)):
        with pytest.raises(rk.InputError, match=r"^entry must be whole numbers"):
            asked(data)


# -- what models are asked ----------------------------------------------------------------------------


def test_questions_that_have_no_answer_are_refused() -> None:
    model = ShiftedBetaGeometric(0.764, 1.296)
    ask = model.discounted_expected_residual_lifetime
    with pytest.raises(rk.InputError, match=r"^instant must be one of 'after-payment', 'before-renewal'"):
        ask(0, 0.1, instant="now")  # type: ignore[arg-type]
    with pytest.raises(rk.InputError, match=r"^tenure must be whole numbers"):
        ask(1.5, 0.1, instant="before-renewal")
    with pytest.raises(rk.InputError, match=r"^tenure must be finite"):
        ask(np.inf, 0.1, instant="before-renewal")
    with pytest.raises(rk.InputError, match=r"^given must be finite"):
        model.survival(3, given=np.inf)
    with pytest.raises(rk.InputError, match=r"^discount_rate must be 0 or more"):
        ask(0, -0.1, instant="before-renewal")
    with pytest.raises(rk.InputError, match=r"^horizon must be one whole number"):
        model.expected_lifetime(horizon=2.5)
    with pytest.raises(rk.InputError, match=r"^t must be 1 or more"):
        model.churn(0)
    with pytest.raises(rk.InputError, match=r"^t must be 1 or more"):
        model.hazard(0.5)
    with pytest.raises(rk.InputError, match=r"^t must be 0 or more"):
        model.survival([-1.0, 2.0])
    assert model.survival(np.inf) == 0.0
    assert model.survival(2.9) == model.survival(2)


def test_shares_are_shares_and_at_least_one() -> None:
    with pytest.raises(rk.InputError, match="needs at least one share"):
        with_shares(ShiftedBetaGeometric)
    with pytest.raises(rk.InputError, match="must be a contractual model that counts renewals"):
        with_shares(rk.BGNBD, cured=True)  # type: ignore[type-var]
    with pytest.raises(rk.InputError, match=r"^WithShares cured \(share of the others that never leaves\)"):
        WithShares(Geometric(0.2), cured=1.5)


@pytest.mark.parametrize("share", ["one_and_done", "cured"])
def test_a_share_that_is_not_there_is_a_boundary_and_no_fit(share: str) -> None:
    # retention that falls at first leaves no room for leavers at once, rising churn none for the cured
    survivors = {"one_and_done": [1000, 950, 800, 672, 565], "cured": [1000, 900, 700, 430, 180, 40]}[share]
    data = Renewals.from_survivors(survivors)
    family = with_shares(Geometric, **{share: True})
    with pytest.raises(rk.FitError, match=f"keeps rising as {share} .* goes to 0") as caught:
        rk.fit(family, data)
    assert caught.value.code == "boundary"


def test_a_beta_discrete_weibull_of_customers_who_are_alike_is_a_boundary() -> None:
    alike = np.rint(1e6 * 0.8 ** np.arange(12.0))
    with pytest.raises(rk.FitError) as caught:
        rk.fit(BetaDiscreteWeibull, Renewals.from_survivors(alike))
    assert caught.value.code in {"boundary", "flat"}
