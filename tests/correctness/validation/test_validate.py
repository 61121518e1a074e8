"""Every check of `validate` against the same computed plainly, customer by customer; and its verdicts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.metrics.split import as_of, outcomes_after
from retainkit.typing import Array
from retainkit.validation import ChurnChecks, ChurnHoldout, Comparison, Groups, PurchaseChecks

COLUMNS: dict[str, Any] = {
    "customer_id": "customer_id", "date": "date", "amount": "dollar_value", "unit": "week",
}  # fmt: skip


@pytest.fixture(scope="module")
def cdnow() -> tuple[rk.ingest.TransactionSummary, Comparison]:
    tx = rk.summarize_transactions(rk.load_cdnow("sample"), **COLUMNS, holdout_from="1997-10-01")
    return tx, rk.validate(tx, [rk.BGNBD, rk.NBD])


def checks_of(found: Comparison) -> PurchaseChecks:
    assert isinstance(found.checks, PurchaseChecks)
    return found.checks


@pytest.mark.slow
def test_it_ranks_as_compare_does_and_adds_checks_of_the_first(cdnow: Any) -> None:
    tx, found = cdnow
    plain = rk.compare([rk.BGNBD, rk.NBD], tx)
    assert [c.name for c in found.candidates] == [c.name for c in plain.candidates]
    assert plain.checks is None and checks_of(found).model == "BGNBD"
    assert checks_of(found).verdict in found.verdict and plain.verdict in found.verdict
    told = json.loads(found.model_dump_json())
    assert told["checks"]["holdout"]["actual"] == 1882


@pytest.mark.slow
def test_each_customers_whole_distribution(cdnow: Any) -> None:
    tx, found = cdnow
    checks, history, made = checks_of(found), tx.calibration.purchases, tx.holdout.frequency
    model, horizon = found.best.model, tx.holdout.duration
    chance = np.array([model.purchase_pmf_given(history, float(n), horizon) for n in range(200)])
    up_to = np.cumsum(chance, axis=0)
    step = np.arange(200)[:, None] >= made
    assert checks.crps == pytest.approx(np.mean(np.sum((up_to - step) ** 2, axis=0)), rel=1e-7)
    low, high = (np.argmax(up_to >= level, axis=0) for level in (0.05, 0.95))
    assert checks.inside == np.mean((low <= made) & (made <= high))
    mass = [up_to[b, i] - up_to[a, i] + chance[a, i] for i, (a, b) in enumerate(zip(low, high, strict=True))]
    assert checks.inside_expected == pytest.approx(np.mean(mass), rel=1e-12)
    assert checks.asked == len(history)


def test_plain_guesses(cdnow: Any) -> None:
    tx, found = cdnow
    checks, history = checks_of(found), tx.calibration.purchases
    rate = [x / t if x else 0.0 for x, t in zip(history.frequency, history.T, strict=True)]
    assert checks.past_rate == pytest.approx(sum(rate) * 39.0, rel=1e-12)
    table = rk.load_cdnow("sample")
    days = {(c, d) for c, d in zip(table["customer_id"], table["date"], strict=True)}
    first: dict[Any, Any] = {}
    for who, day in sorted(days, key=str):
        first.setdefault(who, day)
    repeats = [
        d for who, d in days if d != first[who] and "19970101" <= str(d).replace("-", "")[:8] < "19971001"
    ]
    assert checks.last_period == len(repeats)


def test_groups_add_up_to_all(cdnow: Any) -> None:
    tx, found = cdnow
    checks = checks_of(found)
    for groups, total in ((checks.chance, np.sum(tx.holdout.frequency > 0)), (checks.cohorts, 1882)):
        assert groups.customers.sum() == 2357
        assert groups.customers @ groups.actual == pytest.approx(total, rel=1e-12)
    assert checks.cohorts.customers @ checks.cohorts.predicted == pytest.approx(
        checks.holdout.predicted, rel=1e-12
    )
    assert checks.counts is not None and checks.tracking is not None
    # as the BTYD walkthrough counts the customers by repeat purchases: tests/reference/tracking.toml
    assert checks.counts.customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert checks.counts.predicted.sum() == pytest.approx(1.0, abs=1e-12)
    assert checks.tracking.totals(held_out=True)[1] == 1882


def test_what_those_bring_who_rank_first(cdnow: Any) -> None:
    tx, found = cdnow
    capture, money = checks_of(found).capture, tx.holdout.frequency * tx.holdout.monetary_value
    spend = rk.fit(rk.GammaGamma, tx.calibration.spend).model.expected_spend(tx.calibration.spend)
    expected = found.best.model.expected_purchases(tx.calibration.purchases, tx.holdout.duration)
    best = np.argsort(-expected * spend, kind="stable")[: int(np.ceil(0.1 * money.size))]
    # equals share what they bring: hardly any among those who rank first
    assert capture.by_model[1] == pytest.approx(money[best].sum() / money.sum(), abs=2e-3)
    assert capture.perfect[1] == pytest.approx(
        np.sort(money)[::-1][: best.size].sum() / money.sum(), rel=1e-12
    )
    assert capture.measure == "money" and capture.total == pytest.approx(money.sum(), rel=1e-12)
    for shares in (capture.by_model, capture.by_past, capture.perfect):
        assert np.all(np.diff(shares) >= 0.0) and shares[-1] == pytest.approx(1.0, rel=1e-12)
        assert np.all(shares <= capture.perfect + 1e-12)
    profit = capture.profit(1.0, margin_share=0.3)["by_model"]
    assert profit[1] == pytest.approx(0.3 * money.sum() * capture.by_model[1] - 236.0, rel=1e-12)


@pytest.mark.slow
def test_its_own_customers_pass_and_others_do_not() -> None:
    truth = rk.BGNBD(r=0.5, alpha=6.0, a=0.7, b=2.5, unit="week")
    table = shop(truth, 3000, 104, seed=2)
    columns: dict[str, Any] = {"customer_id": "id", "date": "date", "unit": "week"}
    good = checks_of(rk.validate(table, [rk.BGNBD], holdout="2021-01-01", **columns))
    assert "may be used for customers and for totals" in good.verdict
    assert good.low <= good.holdout.actual <= good.high
    assert abs(good.inside - good.inside_expected) < 0.02
    assert np.max(np.abs(good.chance.predicted - good.chance.actual)) < 0.06
    assert good.holdout.grade == "good" and good.holdout.headline == "It foretold what came, within 10%"
    # where nobody leaves in the model but many do in truth, even past rates are closer
    poor = checks_of(rk.validate(table, [rk.NBD], holdout="2021-01-01", **columns))
    assert poor.holdout.grade == "bad"
    assert poor.holdout.headline.startswith("Do not rely on totals: customers bought less")
    assert "Take NBD for who comes before whom, not for totals" in poor.verdict
    assert poor.crps > good.crps and "outside the interval" in poor.verdict


def shop(truth: Any, customers: int, weeks: int, seed: int) -> dict[str, Array]:
    """Purchases of customers who all came in the first 12 weeks, on whole days."""
    rng = np.random.default_rng(seed)
    who, when = [], []
    rate = rng.gamma(truth.r, 1.0 / truth.alpha, customers)
    leave = rng.beta(truth.a, truth.b, customers)
    for i in range(customers):
        t = float(rng.integers(0, 84)) / 7.0
        while t < weeks:
            who.append(i)
            when.append(t)
            if rng.random() < leave[i] and who.count(i) > 1:
                break
            t += rng.exponential(1.0 / rate[i])
    days = (
        np.datetime64("2020-01-01", "D") + np.floor(np.array(when) * 7.0).astype("timedelta64[D]")
    ).astype(str)
    return {"id": np.array(who), "date": days}


@pytest.mark.slow
def test_earlier_origins_are_the_same_question_asked_before() -> None:
    table = rk.load_cdnow("sample")
    found = rk.validate(table, [rk.BGNBD], holdout="1998-01-01", origins=2, **COLUMNS)
    assert found.origins is not None
    assert found.origins.first_day.astype(str).tolist() == ["1998-01-01", "1997-10-03"]
    before = rk.summarize_transactions(
        table, **COLUMNS, holdout_from="1997-10-03", observation_end="1998-04-01", later="drop"
    )
    assert before.calibration is not None
    error = rk.validation.holdout_error(before, rk.fit(rk.BGNBD, before.calibration.purchases))
    assert found.origins.predicted[1] == error.predicted and found.origins.actual[1] == error.actual


@pytest.fixture(scope="module")
def base() -> rk.metrics.SubscriptionBase:
    table = rk.valuation.simulate_billing(months=36, seed=4)
    return rk.read_subscriptions(
        table, customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        pauses="paused", observation_end="2024-12-31",
    )  # fmt: skip


def test_a_base_as_of_a_day_is_the_base_of_the_table_up_to_it(base: Any) -> None:
    table = rk.valuation.simulate_billing(months=18, seed=4)  # begins with the same months
    before = rk.read_subscriptions(
        table, customer_id="customer_id", start="start", end="end", amount="amount", plan="plan",
        pauses="paused", observation_end="2023-06-30",
    )  # fmt: skip
    cut = as_of(base, "2023-06-30")
    assert cut.current().tenure.tolist() == before.current().tenure.tolist()
    for column in ("duration", "event", "entry"):
        assert getattr(cut.renewals, column).tolist() == getattr(before.renewals, column).tolist()


def test_outcomes_one_by_one(base: Any) -> None:
    """Everyone pays from the first of a month on: a month after the split is a month of tenure."""
    outcomes = outcomes_after(base, date(2023, 6, 30))
    last_day = np.datetime64("2023-06-30")
    stretches = base.to_frame()
    end = np.where(np.isnat(stretches["end"]), np.datetime64("2100-01-01", "D"), stretches["end"])
    there = (stretches["start"] <= last_day) & (end > last_day)
    wanted = []
    for who in np.unique(stretches["customer_id"][there]):
        own = np.flatnonzero(stretches["customer_id"] == who)
        own = own[np.argsort(stretches["start"][own])]
        begins, ends = stretches["start"][own], end[own]
        at = int(np.flatnonzero((begins <= last_day) & (ends > last_day))[0])
        first = at
        while first > 0 and ends[first - 1] == begins[first]:
            first -= 1
        while at + 1 < own.size and begins[at + 1] == ends[at]:
            at += 1
        since, until = (m.astype("datetime64[M]").astype(int) for m in (begins[first], ends[at]))
        entry = np.datetime64("2023-07").astype(int) - since
        gone = until <= np.datetime64("2024-12").astype(int)
        wanted.append((entry, until - since if gone else np.datetime64("2024-12").astype(int) - since, gone))
    rows = outcomes.renewals
    found = zip(rows.entry, rows.duration, rows.event > 0, strict=True)
    assert sorted((int(a), int(b), bool(c)) for a, b, c in found) == sorted(
        (int(a), int(b), bool(c)) for a, b, c in wanted if b > a
    )


@pytest.mark.slow
def test_churn_checks(base: Any) -> None:
    found = rk.validate(base, origins=2)
    checks = found.checks
    assert isinstance(checks, ChurnChecks)
    before = base.as_of("2023-06-30")
    best = rk.fit(found.best.family, before).model
    outcomes = outcomes_after(base, date(2023, 6, 30))
    leaving = 1.0 - best.survival(outcomes.through, given=outcomes.renewals.entry)
    assert checks.holdout.predicted == pytest.approx(leaving.sum(), rel=1e-12)
    assert checks.holdout.actual == outcomes.renewals.churned
    scores = {c.name: c.holdout_log_likelihood for c in found.candidates}
    for one in found.candidates:
        if one.fit is None:
            continue
        fitted = rk.fit(one.fit.family, before).model
        assert scores[one.name] == pytest.approx(fitted.log_likelihood(outcomes.renewals).sum(), rel=1e-12)
    groups = checks.holdout.by_tenure
    assert groups.customers @ groups.predicted == pytest.approx(checks.holdout.predicted, rel=1e-12)
    assert found.origins is not None and found.origins.first_day.astype(str).tolist() == [
        "2023-07-01",
        "2022-10-01",
    ]
    assert 0.5 < checks.concordance.c_index < 0.7


def subscribers(seed: int) -> rk.metrics.SubscriptionBase:
    """A base whose customers renew each month with a chance of their own."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2021-01", "M") + rng.integers(0, 36, 4000).astype("timedelta64[M]")
    stays = rng.geometric(rng.beta(1.0, 12.0, 4000)).astype("timedelta64[M]")
    days, end = (month.astype("datetime64[D]") for month in (start, start + stays))
    text = np.where(end > np.datetime64("2024-12-31", "D"), "", end.astype(str))
    table = {"id": np.arange(4000), "start": days.astype(str), "end": text, "mrr": np.full(4000, 9.0)}
    return rk.read_subscriptions(
        table, customer_id="id", start="start", end="end", amount="mrr", observation_end="2024-12-31"
    )


def test_a_churn_model_that_is_true_may_be_used() -> None:
    """Over three bases together, as one total has an error of chance of its own: 4% of some 560."""
    predicted = actual = 0.0
    for seed in range(3):
        checks = rk.validate(subscribers(seed), [rk.ShiftedBetaGeometric], holdout="2024-01-01").checks
        assert isinstance(checks, ChurnChecks)
        assert "ShiftedBetaGeometric may be used for how many will leave." in checks.verdict
        assert checks.beats_one_churn
        predicted, actual = predicted + checks.holdout.predicted, actual + checks.holdout.actual
    assert abs(predicted / actual - 1.0) < 0.05


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"origins": 0}, "origins must be"),
        ({"holdout": "2019-01-01"}, "holdout must lie after"),
        ({"holdout": "2024-12-31"}, "whole month is watched"),
        ({"customer_id": "id"}, "customer_id says how to read a table"),
    ],
)
def test_what_a_base_cannot_be_asked(base: Any, change: dict[str, Any], told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        rk.validate(base, **change)


def test_a_summary_without_a_holdout_is_refused() -> None:
    tx = rk.summarize_transactions(rk.load_cdnow("sample"), **COLUMNS)
    told = r"must have a held-out period.*holdout_from='1997-10-0.'\), then validate\(tx\)"
    with pytest.raises(rk.InputError, match=told):
        rk.validate(tx)
    for data in (
        tx,
        rk.summarize_transactions(rk.load_cdnow("sample"), **COLUMNS, holdout_from="1997-10-01"),
    ):
        with pytest.raises(
            rk.InputError, match=r"holdout must be a day or 'half'.*write compare\(models, data"
        ):
            rk.validate(data, holdout=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(rk.InputError, match="origins must be 1 for a summary"):
        rk.validate(tx, origins=2)
    with pytest.raises(rk.InputError, match="must be a summary of customers, or a table"):
        rk.validate(rk.load_cdnow("sample"))


@pytest.mark.parametrize(
    ("left", "grade", "told"),
    [
        (100.0, "good", "It foretold who left, within 10%"),
        (115.0, "care", "Use with care: more customers left than the model foresaw"),
        (85.0, "care", "Use with care: fewer customers left than the model foresaw"),
        (140.0, "bad", "Do not rely on totals: more customers left than the model foresaw"),
        (0.0, "bad", "Do not rely on totals: fewer customers left than the model foresaw"),
    ],
)
def test_a_total_further_off_is_relied_on_less(left: float, grade: str, told: str) -> None:
    nobody = Groups("", (), np.empty(0), np.empty(0), np.empty(0))
    held = ChurnHoldout(1000, 6.0, 100.0, left, 0.1, 0.2, 100.0, nobody)
    assert (held.grade, held.headline) == (grade, told)
