"""Tracking meets the published behaviour of CDNOW, a peer's sums, brute force, and its own model's data."""

from __future__ import annotations

import csv
import tomllib
from datetime import date, timedelta
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.ingest import Activity, Holdout, TransactionSummary, Treatment, load_cdnow
from retainkit.reports.purchases.figures import measure_spend_link
from retainkit.validation import holdout_error, track_purchases

REFERENCE: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "tracking.toml").read_text(encoding="utf-8")
)


def cdnow(unit: Any = "week", which: Any = "sample") -> TransactionSummary:
    return rk.summarize_transactions(
        load_cdnow(which),
        customer_id="customer_id",
        date="date",
        amount="dollar_value",
        unit=unit,
        holdout_from="1997-10-01",
    )


@pytest.fixture(scope="module")
def sample() -> TransactionSummary:
    return cdnow()


@pytest.fixture(scope="module")
def fitted(sample: TransactionSummary) -> rk.BGNBD:
    assert sample.calibration is not None
    return rk.fit(rk.BGNBD, sample.calibration.purchases).model


def test_actual_purchases_are_the_published_ones(sample: TransactionSummary, fitted: rk.BGNBD) -> None:
    published = REFERENCE["actual_by_week"]
    weeks = slice(published["first_week"] - 1, published["first_week"] - 1 + len(published["cumulative"]))
    tracking = track_purchases(sample, fitted)
    assert tracking.cumulative_actual[weeks].tolist() == published["cumulative"]
    assert tracking.holdout.group_customers.tolist() == REFERENCE["actual_by_frequency"]["customers"]


def test_the_forecast_is_off_by_what_the_paper_says(sample: TransactionSummary, fitted: rk.BGNBD) -> None:
    paper = REFERENCE["paper"]
    tracking = track_purchases(sample, fitted)
    short = 1 - tracking.cumulative_predicted[-1] / tracking.cumulative_actual[-1]
    assert len(tracking) == 78
    assert abs(short - paper["underforecast"]) <= paper["underforecast_digit"] / 2
    assert abs(tracking.holdout.correlation - paper["correlation"]) <= paper["correlation_digit"] / 2


def test_expected_purchases_are_those_of_a_peer(sample: TransactionSummary) -> None:
    peer = REFERENCE["peer"]
    model = rk.BGNBD(**peer["parameters"], unit="week")
    by_day = track_purchases(sample, model, period="day").cumulative_predicted
    assert by_day[peer["days"]] == pytest.approx(peer["cumulative"], rel=peer["relative_tolerance"])


def test_correlation_of_frequency_and_spend_is_the_published_one() -> None:
    published = REFERENCE["spend_link"]
    (file,) = (f for f in distribution("lifetimes").files or [] if f.name == published["file"])
    rows = list(csv.DictReader(Path(str(file.locate())).read_text(encoding="utf-8").splitlines()))
    named = {"frequency": "x", "monetary_value": "zbar"}
    columns = {name: [float(row[column]) for row in rows] for name, column in named.items()}
    link = measure_spend_link(rk.Spend(**columns))
    assert link is not None
    assert abs(link.pearson - published["pearson"]) <= published["pearson_digit"] / 2


@pytest.mark.slow
@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("unit", ["day", "month"])
def test_every_period_is_the_sum_over_customers(unit: Any, period: Any) -> None:
    days = {  # customer → day numbers of their purchases, the first of 2020 being 0
        "a": [0, 3, 40, 41, 200, 700],
        "b": [5],
        "c": [149, 150, 151],
        "d": [170, 600],  # acquired after the split: followed by nobody
    }
    first = date(2020, 1, 1)
    table = {
        "who": np.array([who for who, when in days.items() for _ in when]),
        "day": np.array([first + timedelta(d) for when in days.values() for d in when], "M8[D]"),
    }
    tx = rk.summarize_transactions(
        table, customer_id="who", date="day", unit=unit, holdout_from=first + timedelta(150)
    )
    model = rk.BGNBD(r=0.5, alpha=3.0, a=0.8, b=2.0, unit=unit)
    tracking = track_purchases(tx, model, period=period)

    length = {"day": 1.0, "month": 30.4375}[unit]
    end = -1
    for k, n in enumerate(tracking.days.tolist()):
        start, end = end + 1, end + n
        assert tracking.starts[k] == np.datetime64(first + timedelta(start))
        assert not start < 150 <= end  # none straddles the split
        assert tracking.held_out[k] == (start >= 150)
        made = [d for who in "abc" for d in days[who][1:] if start <= d <= end]
        assert tracking.actual[k] == len(made)
        expected = 0.0
        for who in "abc":
            until, before = (max(day - days[who][0], 0) / length for day in (end, start - 1))
            expected += float(model.expected_purchases_new(until)) - float(
                model.expected_purchases_new(before)
            )
        assert tracking.predicted[k] == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert end == 700
    assert tracking.whole.sum() >= len(tracking) - 2


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_the_unit_of_time_does_not_matter(unit: Any, sample: TransactionSummary, fitted: rk.BGNBD) -> None:
    per_week = {"day": 7.0, "week": 1.0, "month": 7 / 30.4375, "quarter": 7 / 91.3125, "year": 7 / 365.25}
    same = rk.BGNBD(r=fitted.r, alpha=fitted.alpha * per_week[unit], a=fitted.a, b=fitted.b, unit=unit)
    weekly, other = track_purchases(sample, fitted), track_purchases(cdnow(unit), same, period="week")
    assert other.predicted == pytest.approx(weekly.predicted, rel=1e-10)
    assert other.actual.tolist() == weekly.actual.tolist()
    assert other.holdout.predicted == pytest.approx(weekly.holdout.predicted, rel=1e-10)


def test_holdout_errors_are_sums_over_customers(sample: TransactionSummary, fitted: rk.BGNBD) -> None:
    calibration, holdout = sample.calibration, sample.holdout
    assert calibration is not None and holdout is not None
    error = holdout_error(sample, fitted, groups=3)
    p = calibration.purchases
    each = [
        float(fitted.expected_purchases(rk.Purchases(frequency=x, recency=t, T=T, unit="week"), 39.0)[0])
        for x, t, T in zip(p.frequency[:40], p.recency[:40], p.T[:40], strict=True)
    ]
    assert fitted.expected_purchases(p, 39.0)[:40] == pytest.approx(each, rel=1e-12)
    predicted, actual = fitted.expected_purchases(p, 39.0), holdout.frequency
    misses = [abs(a - b) for a, b in zip(predicted, actual, strict=True)]
    guesses = [abs(39 * x / T - a if x else -a) for x, T, a in zip(p.frequency, p.T, actual, strict=True)]
    assert error.mean_absolute_error == pytest.approx(sum(misses) / 2357, rel=1e-12)
    assert error.past_rate_error == pytest.approx(sum(guesses) / 2357, rel=1e-12)
    assert [row[0] for row in error.rows()] == ["0", "1", "2", "3+"]
    often = p.frequency >= 3
    assert error.rows()[-1][1:] == (
        int(often.sum()),
        pytest.approx(predicted[often].mean(), rel=1e-12),
        pytest.approx(actual[often].mean(), rel=1e-12),
    )
    assert error.actual == track_purchases(sample, fitted).totals(held_out=True)[1]


def simulated(model: rk.BGNBD, customers: int, seen: int, days: int, seed: int) -> tuple[Any, Any, Any]:
    """Births and purchases of customers who live the model's story: day of birth, who and when."""
    rng = np.random.default_rng(seed)
    birth = rng.integers(0, seen, customers)
    rate = rng.gamma(float(model.r), 1 / float(model.alpha), customers) / 7
    leaves = rng.beta(float(model.a), float(model.b), customers)
    who, when = [], []
    now, here = birth.astype(np.float64), np.arange(customers)
    while here.size:
        now[here] += rng.exponential(1 / rate[here])
        here = here[now[here] <= days - 1]
        who.append(here)
        when.append(np.ceil(now[here]).astype(np.int64))
        here = here[rng.random(here.size) >= leaves[here]]
    return birth, np.concatenate(who), np.concatenate(when)


def summary_of(birth: Any, who: Any, when: Any, seen: int, days: int) -> TransactionSummary:
    """What `summarize_transactions` would say if two purchases of a day counted as two."""
    early, start = when < seen, date(2020, 1, 1)
    last = birth.copy()
    np.maximum.at(last, who[early], when[early])
    x, later = (np.bincount(who[side], minlength=birth.size).astype(float) for side in (early, ~early))
    split, end = start + timedelta(seen), start + timedelta(days - 1)
    counts = [np.bincount(d, minlength=days) for d in (birth, when)]
    activity = Activity(start, counts[0], counts[1], counts[1])
    before = Activity(start, *(c[:seen] for c in (counts[0], counts[1], counts[1])))

    def summary(until: int, seen_as: Activity, frequency: Any, **sides: Any) -> TransactionSummary:
        purchases = rk.Purchases(
            frequency=frequency, recency=(last - birth) / 7, T=(until - 1 - birth) / 7, unit="week"
        )
        return TransactionSummary(
            purchases, np.arange(birth.size), Treatment.of({}, "net"), "week", start, end, seen_as,
            sides.get("calibration"), sides.get("holdout"), None,
        )  # fmt: skip

    held = Holdout(later, None, (days - seen) / 7, "week", split, end, 0, 0)
    return summary(days, activity, x, calibration=summary(seen, before, x), holdout=held)


def test_tracking_is_unbiased_where_the_model_is_true() -> None:
    model = rk.BGNBD(r=0.6, alpha=8.0, a=0.7, b=2.5, unit="week")
    seen, days, customers = 40 * 7, 100 * 7, 30_000
    birth, who, when = simulated(model, customers, seen, days, seed=11)
    tracking = track_purchases(summary_of(birth, who, when, seen, days), model)
    ends = np.cumsum(tracking.days)
    for k in range(9, 100, 10):  # ten weeks at a time, so that errors of timing cannot cancel
        inside = (when >= ends[k - 9] - tracking.days[k - 9]) & (when < ends[k])
        per_customer = np.bincount(who[inside], minlength=customers)
        noise = per_customer.std() * np.sqrt(customers)
        z = (tracking.actual[k - 9 : k + 1].sum() - tracking.predicted[k - 9 : k + 1].sum()) / noise
        assert abs(z) < 3.5
    error = tracking.holdout
    made = np.bincount(who[when >= seen], minlength=customers)
    assert abs(error.actual - error.predicted) < 3.5 * made.std() * np.sqrt(customers)
    for (_, n, predicted, actual), x in zip(error.rows(), error.frequency, strict=True):
        group = np.minimum(np.bincount(who[when < seen], minlength=customers), 7) == x
        assert abs(actual - predicted) < 3.5 * made[group].std() / np.sqrt(n)


def test_frames_come_in_the_kind_of_the_source(sample: TransactionSummary, fitted: rk.BGNBD) -> None:
    import pandas as pd
    import polars as pl

    columns = track_purchases(sample, fitted).columns()
    for kind in (pd.DataFrame, pl.DataFrame):
        tx = rk.summarize_transactions(
            kind({k: v for k, v in load_cdnow("sample").items() if k != "date"}
                 | {"date": load_cdnow("sample")["date"].astype("M8[ms]")}),
            customer_id="customer_id", date="date", amount="dollar_value", unit="week",
            holdout_from="1997-10-01",
        )  # fmt: skip
        frame = track_purchases(tx, fitted).to_frame()
        assert isinstance(frame, kind)
        assert list(frame.columns) == list(columns)
        assert np.asarray(frame["cumulative_predicted"]).tolist() == columns["cumulative_predicted"].tolist()
    assert track_purchases(sample, fitted).to_frame()["actual"].sum() == 4339
