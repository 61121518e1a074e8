"""Episodes are what every period of every tenure tells when it is looked up by itself, one at a time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import numpy as np
import pytest
from billing import FIRST, UNTIL, Case, days_of, pauses_of, random_case, table_of

import retainkit as rk
from retainkit.ingest.subscriptions.tenure import anniversary
from retainkit.metrics import SubscriptionBase

EPOCH = dt.date(1970, 1, 1).toordinal()
RISE = dt.date(2023, 5, 10)


def read(case: Case, shift: int) -> SubscriptionBase | None:
    """The base, watched from so many days later on; None for a case in which nobody pays."""
    names: dict[str, Any] = {"customer_id": "id", "start": "start", "end": "end", "amount": "eur"}
    names |= {"plan": "plan", "segment": "land", "pauses": pauses_of(case), **case.policies}
    if shift:
        names |= {"observation_start": dt.date.fromordinal(FIRST + shift), "opening": "existing"}
        names["acquired"] = "first"
    table = table_of(case)
    first = {c: min(x.start for x in case.lines if x.customer == c) for c in table["id"].tolist()}
    table["first"] = np.array([dt.date.fromordinal(first[c]) for c in table["id"].tolist()], object)
    try:
        return rk.read_subscriptions(table, **names, observation_end=dt.date.fromordinal(UNTIL))
    except rk.InputError as error:
        if error.code != "empty":
            raise
        return None


def plan_on(days: dict[int, Any], day: int, begin: int) -> str:
    """The plans held on a day; in a pause or gap those before it, and before the first those of the first."""
    held = [{plan for _, _, plan in days.get(d, []) if plan} for d in range(FIRST, UNTIL + 1)]
    before = next((h for h in reversed(held[: day - FIRST + 1]) if h), None)
    first = next((h for h in held[max(begin - FIRST, 0) :] if h), set[str]())
    return " + ".join(sorted(before or first))


def looked_up(base: SubscriptionBase, case: Case, **asked: Any) -> Counter[tuple[Any, ...]]:
    """Every whole period of every tenure with what holds in it."""
    told = base.tenures(**asked)
    found: Counter[tuple[Any, ...]] = Counter()
    r, renewals = told.renewals, asked.get("tenure") == "renewals"
    for i, customer in enumerate(np.asarray(told.customers).tolist()):
        days, start = days_of(case, customer), told.start[i].astype(np.int64)
        for k in range(int(r.entry[i]) + 1, int(r.duration[i]) + 1):
            first, last = (int(anniversary(start, np.array(m), asked["unit"])) + EPOCH for m in (k - 1, k))
            plan = plan_on(days, last - 1 if renewals else first, int(start) + EPOCH)
            day = dt.date.fromordinal(last if renewals else first)
            left = bool(r.event[i]) and k == r.duration[i]
            land = "DE" if customer % 2 else "FR"
            found[k, left, plan, day >= RISE, land, f"{day.year}-Q{(day.month + 2) // 3}"] += 1
    return found


def expanded(data: rk.Described[rk.Renewals], kinds: dict[Any, list[str]]) -> Counter[tuple[Any, ...]]:
    """The same of episodes."""
    found: Counter[tuple[Any, ...]] = Counter()
    r, z = data.data, data.covariates
    for i in range(len(data)):
        said = [
            next((k for k in names if f"{by}={k}" in z and z[f"{by}={k}"][i]), names[0])
            for by, names in kinds.items()
        ]
        for k in range(int(r.entry[i]) + 1, int(r.duration[i]) + 1):
            left = bool(r.event[i]) and k == r.duration[i]
            found[k, left, said[0], bool(z["price_rise"][i]), *said[1:]] += int(data.weight[i])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("reactivation", ["new-spell", "same-customer"])
@pytest.mark.parametrize(("unit", "shift"), [("month", 0), ("week", 45), ("week", 0), ("month", 100)])
def test_each_period_has_the_plan_the_price_and_the_quarter_of_the_day_that_it_belongs_to(
    reactivation: str, unit: str, shift: int
) -> None:
    asked: dict[str, Any] = {"unit": unit, "reactivation": reactivation}
    compared = 0
    for seed in range(8):
        case = random_case(seed)
        case.policies["trial"] = None
        base = read(case, shift)
        if base is None:
            continue
        truth = looked_up(base, case, **asked)
        names = [sorted({key[j] for key in truth}) for j in (2, 4, 5)]
        by = dict(zip(("plan", "land", "quarter"), names, strict=True))
        several = {name: kinds[0] for name, kinds in by.items() if len(kinds) > 1}
        if truth:
            cut = base.episodes([*several], changes={"price_rise": RISE}, baseline=several, **asked)
            assert expanded(cut.data, by) == truth, seed
            compared += 1
    assert compared >= 5


def test_renewals_belong_to_the_day_on_which_they_come_up() -> None:
    table = {
        "id": np.array([1, 1, 2, 3]),
        "plan": np.array(["a", "b", "a", "a"]),
        "from": np.array(["2024-01-10", "2024-04-10", "2024-01-20", "2024-01-05"]),
        "to": np.array(["2024-04-10", "2024-06-10", "2024-03-20", ""]),
    }
    named: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "plan": "plan"}
    base = rk.read_subscriptions(table, **named, observation_end="2024-06-30")
    cut = base.episodes("plan", changes={"rise": "2024-03-10"}, tenure="renewals")
    r, z = cut.data.data, cut.data.covariates
    rows = zip(r.entry, r.duration, r.event, z["plan=b"], z["rise"], cut.data.weight, strict=True)
    found = sorted(tuple(int(v) for v in row) for row in rows)
    # customer 1 renews on 10 March at the new price, and on 10 April out of plan a, into plan b
    one = [(0, 1, 0, 0, 0, 1), (1, 3, 0, 0, 1, 1), (3, 5, 1, 1, 1, 1)]
    others = [(0, 1, 0, 0, 0, 1), (1, 2, 1, 0, 1, 1), (0, 2, 0, 0, 0, 1), (2, 5, 0, 0, 1, 1)]
    counted = Counter[tuple[int, ...]]()
    for *row, weight in [*one, *others]:
        counted[tuple(row)] += weight
    assert found == sorted((*row, weight) for row, weight in counted.items())


@pytest.mark.parametrize(
    ("kind", "tenure"),
    [(rk.ShiftedBetaGeometric, "whole-periods"), (rk.Weibull, "whole-periods"), (rk.Weibull, "exact")],
)
def test_cutting_loses_nothing_of_the_likelihood(kind: Any, tenure: Any) -> None:
    base = read(random_case(3), 0)
    assert base is not None
    told = base.tenures(tenure=tenure, reactivation="new-spell").renewals
    cut = base.episodes("quarter", changes={"price_rise": RISE}, tenure=tenure)
    model = kind.typical(np.random.default_rng(1), scale=5.0)
    whole = model.log_likelihood(told) @ told.weight
    parts = model.log_likelihood(cut.data.data) @ cut.data.weight
    assert parts == pytest.approx(whole, rel=1e-12)
    assert cut.data.data.churned == told.churned


def test_those_who_are_there_now_have_the_covariates_of_their_last_day() -> None:
    table = {
        "id": np.array(["a", "a", "b", "c"]),
        "plan": np.array(["basic", "pro", "basic", "pro"]),
        "from": np.array(["2024-01-05", "2024-03-05", "2024-02-01", "2024-01-11"]),
        "to": np.array(["2024-03-05", "", "2024-05-20", ""]),
        "eur": np.array([10.0, 20.0, 10.0, 20.0]),
    }
    named: dict[str, Any] = {
        "customer_id": "id",
        "start": "from",
        "end": "to",
        "plan": "plan",
        "amount": "eur",
    }
    base = rk.read_subscriptions(table, **named, observation_end="2024-06-30")
    cut = base.episodes("plan", changes={"rise": "2024-04-01"})
    assert {name: z.tolist() for name, z in cut.now.items()} == {
        "plan=pro": [1, 1],
        "rise": [1, 1],
    }
    model = rk.with_hazard_ratios(rk.Geometric, ["plan=pro", "rise"]).of([0.1, -0.5, 0.3], unit="month")
    value = rk.value_subscriptions(
        base, model.given(cut.now), margin_share=0.5, discount_rate=rk.Rate(0.1, per="year"), horizon=12
    )
    np.testing.assert_allclose(value.churn_probability, 1.0 - 0.9 ** np.exp(-0.2), rtol=1e-12)
