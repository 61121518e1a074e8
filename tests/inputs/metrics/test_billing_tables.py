"""What is wrong with a billing table is said with column, line, value and the option that reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.errors import InputError

LINES: dict[str, list[Any]] = {
    "id": ["a", "a", "b", "c"],
    "from": ["2024-01-01", "2024-04-01", "2024-02-01", "2024-02-10"],
    "to": ["2024-04-01", None, "2024-05-01", None],
    "eur": [10.0, 25.0, 10.0, 12.0],
    "tier": ["basic", "pro", "basic", "basic"],
    "why": [None, None, "price", None],
}
MONTHS: dict[str, list[Any]] = {
    "id": ["a", "b", "a", "a"],
    "month": ["2024-01", "2024-01", "2024-02", "2024-05"],
    "eur": [10.0, 20.0, 10.0, 10.0],
}
BILLS: dict[str, list[Any]] = {
    "id": ["a", "a", "b"],
    "no": ["A1", "A2", "A3"],
    "paid from": ["2024-01-01", "2024-02-01", "2024-01-15"],
    "paid to": ["2024-02-01", "2024-03-01", "2024-02-15"],
    "eur": [10.0, 10.0, 120.0],
}
EVENTS: dict[str, list[Any]] = {
    "id": ["a", "a", "b", "a"],
    "day": ["2024-01-05", "2024-03-05", "2024-02-01", "2024-05-01"],
    "what": ["start", "change", "start", "end"],
    "eur": [10.0, 20.0, 5.0, None],
}
UNTIL = "2024-06-30"


def lines(**more: Any) -> Any:
    table = LINES | {
        k: v for k, v in more.items() if k in LINES or k in ("since", "money", "tried", "status", "per")
    }
    options = {k: v for k, v in more.items() if k not in table}
    given: dict[str, Any] = {"start": "from", "end": "to", "amount": "eur", "observation_end": UNTIL}
    return rk.read_subscriptions(columns(table), customer_id="id", **given | options)


def columns(table: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        name: np.array([*c, None], object)[:-1] if None in c else np.array(c) for name, c in table.items()
    }


def months(**more: Any) -> Any:
    table = MONTHS | {k: v for k, v in more.items() if k in MONTHS}
    options = {k: v for k, v in more.items() if k not in MONTHS}
    return rk.read_subscriptions(columns(table), customer_id="id", month="month", amount="eur", **options)


def bills(**more: Any) -> Any:
    table = BILLS | {k: v for k, v in more.items() if k in (*BILLS, "money")}
    options = {k: v for k, v in more.items() if k not in (*BILLS, "money")}
    given: dict[str, Any] = {"invoice": "no", "paid_from": "paid from", "paid_to": "paid to"}
    return rk.read_subscriptions(
        columns(table), customer_id="id", **given, amount="eur", observation_end=UNTIL, **options
    )


def events(**more: Any) -> Any:
    table = EVENTS | {k: v for k, v in more.items() if k in EVENTS}
    options = {k: v for k, v in more.items() if k not in EVENTS}
    given: dict[str, Any] = {"event": "what", "date": "day", "amount": "eur", "observation_end": UNTIL}
    return rk.read_subscriptions(columns(table), customer_id="id", **given | options)


def changed(table: dict[str, list[Any]], column: str, row: int, value: Any) -> dict[str, list[Any]]:
    return {column: [value if k == row else old for k, old in enumerate(table[column])]}


BAD: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "an end before its start": (
        lambda: lines(**changed(LINES, "to", 2, "2024-01-31")),
        "end", "'2024-01-31' at position 2", "Correct",
    ),
    "plans that overlap": (
        lambda: lines(**changed(LINES, "from", 1, "2024-03-01")), "table",
        "customer 'a': 2024-01-01 to 2024-04-01, then 2024-03-01 to … (lines 0 and 1)", "overlap='add'",
    ),
    "the same line twice": (
        lambda: lines(id=[*"abbc"], to=["2024-05-01"] * 4, **changed(LINES, "from", 1, "2024-02-01")),
        "table", "customer 'b'", "overlap=",
    ),
    "a plan that starts before the customer": (
        lambda: lines(since=["2024-01-01", "2024-01-01", "2024-02-05", "2024-02-10"], acquired="since"),
        "start", "customer 'b': 2024-02-01 to 2024-05-01 at position 2", "acquired=",
    ),
    "two currencies": (
        lambda: lines(money=["EUR", "EUR", "USD", "EUR"], currency="money"),
        "currency", "'USD' at position 2", "Convert",
    ),
    "an invoice in two currencies": (
        lambda: bills(money=["EUR", "USD", "EUR"], currency="money"),
        "currency", "'USD' at position 1", "Convert",
    ),
    "a date in the amount column": (
        lambda: lines(eur=["2024-01-01"] * 4), "amount", "type", "numbers",
    ),
    "a negative amount": (
        lambda: lines(**changed(LINES, "eur", 3, -1.0)), "amount", "-1.0 at position 3", "overlap='add'",
    ),
    "an amount of 0": (
        lambda: lines(**changed(LINES, "eur", 2, 0.0)), "amount", "customer 'b'", "free='stays'",
    ),
    "a month twice": (
        lambda: months(month=["2024-01", "2024-01", "2024-01", "2024-05"]),
        "month", "customer 'a': 2024-01 in lines 0 and 2", "overlap='add'",
    ),
    "no plan": (
        lambda: lines(**changed(LINES, "tier", 1, None), plan="tier"), "plan", "customer 'a'", "unknown",
    ),
    "a departure without a reason": (
        lambda: lines(why=[None] * 4, reason="why"), "reason", "customer 'b'", "unknown",
    ),
    "no such reason": (
        lambda: lines(reason="why", involuntary=["prices"]), "involuntary", "prices", "Did you mean 'price'",
    ),
    "an unknown event": (
        lambda: events(**changed(EVENTS, "what", 1, "upgraded")),
        "event", "'upgraded' at position 1", "events={",
    ),
    "an event before the start": (
        lambda: events(**changed(EVENTS, "what", 2, "change")), "event", "'change' at position 2", "events={",
    ),
    "a start of what runs": (
        lambda: events(**changed(EVENTS, "what", 1, "start")), "event", "position 1", "subscription_id=",
    ),
    "an invoice for no time": (
        lambda: bills(**changed(BILLS, "paid to", 0, "2024-01-01")), "paid_to", "position 0", "set-up fees",
    ),
    "a word that is no unit": (
        lambda: lines(per=["monthly", "annual", "monthly", "biennial"], amount_per="per"),
        "amount_per", "'biennial' at position 3", "Replace",
    ),
    "a term without an end": (lambda: lines(amount_per="term"), "end", "position 1", "amount_per='month'"),
    "a status without a pause": (
        lambda: lines(status=["on", "on", "hold", "on"], pauses="status"), "pauses", "status", "pause_words",
    ),
    "a pause of somebody else": (
        lambda: lines(pauses={"id": ["z"], "from": ["2024-01-01"], "to": ["2024-02-01"]}),
        "customer_id", "'z' at position 0", "Leave out pauses",
    ),
    "a pause of somebody who left": (
        lambda: lines(pauses={"id": ["b"], "from": ["2024-05-20"], "to": ["2024-06-01"]}),
        "pauses", "customer 'b': 2024-05-20 to 2024-06-01 at position 0", "Correct",
    ),
    "silence where ends are told": (lambda: lines(inactive_after=30), "inactive_after", "30", "grace_days"),
    "a start after the observation": (
        lambda: lines(observation_end="2024-02-05"), "start", "position 1", "later='drop'",
    ),
    "customers from before without a day": (
        lambda: lines(opening="existing"), "observation_start", "None", "first day",
    ),
    "metrics without amounts": (
        lambda: lines(amount=None).metrics(), "amount", "None", "amount='mrr'",
    ),
    "an unknown group": (lambda: lines(plan="tier").metrics("land"), "by", "'land'", ""),
    "no whole period": (lambda: lines().metrics(every="year"), "every", "2024-06-30", "shorter"),
    "a mistyped choice": (lambda: lines(overlap="Add"), "overlap", "'Add'", "'add'"),
    "kinds that change": (
        lambda: lines(segment="tier"), "segment", "'pro' at position 1", "plan='tier'",
    ),
    "a negative day of grace": (lambda: lines(grace_days=-1), "grace_days", "-1", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_refused_with_its_line_and_the_option_that_reads_it(case: str) -> None:
    call, argument, value, way_out = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    error = caught.value
    assert error.argument == argument
    assert value in error.as_dict()["value"]
    assert way_out in error.way_out


NO_SHAPE = {
    "intervals": (LINES, "start='from', end='to', amount='eur', observation_end="),
    "months": (MONTHS, "month='month', amount='eur')"),
    "invoices": (
        BILLS | {"invoice": BILLS["no"]},
        "invoice='invoice', paid_from='paid from', paid_to='paid to'",
    ),
    "a matrix": ({"id": [1], "2024-01": [5.0], "2024-02": [6.0]}, "month=['2024-01', '2024-02', …]"),
}


@pytest.mark.parametrize("shape", NO_SHAPE)
def test_a_call_without_a_shape_is_told_the_line_to_write(shape: str) -> None:
    table, proposed = NO_SHAPE[shape]
    with pytest.raises(InputError, match="must be read by one shape") as caught:
        rk.read_subscriptions(table, customer_id="id")
    assert proposed in caught.value.way_out
    with pytest.raises(InputError, match="got start and month"):
        rk.read_subscriptions(table, customer_id="id", start="a", month="b")


def test_a_pause_is_no_churn_and_no_return() -> None:
    """10, 10, nothing for two months, 10: by a table of pauses, by grace and by a status."""
    away = {"id": ["a"], "start": ["2024-03-01"], "end": ["2024-05-01"]}
    for base in (months(pauses=away), months(grace_days=61)):
        found = base.metrics()
        assert found.churned_customers.tolist()[-1] == 0
        assert found.reactivated_customers.sum() == 0
    assert months(pauses=away).metrics().contraction.tolist() == [0.0, 10.0, 0.0, 0.0]
    assert months(grace_days=61).metrics().contraction.sum() == 0.0
    assert months().metrics().churned_customers.tolist() == [1, 1, 0, 0]


def test_a_status_says_which_lines_are_pauses() -> None:
    base = lines(
        id=["a", "a", "b", "c"],
        status=["active", "On hold", "active", "active"],
        pauses="status",
        pause_words=("on hold",),
    )
    assert base.metrics().contraction.sum() == 10.0
    assert base.metrics().end_customers[-1] == 2


def test_who_is_silent_for_long_has_left_and_may_come_back() -> None:
    log = {
        "id": ["a", "a", "a"],
        "day": ["2024-01-05", "2024-02-04", "2024-05-20"],
        "what": ["payment"] * 3,
        "eur": [9.0, 9.0, 9.0],
    }
    found = events(**log, inactive_after=35).metrics()
    assert found.end_customers.tolist() == [1, 1, 0, 0, 1, 0]
    assert found.reactivated_customers.tolist() == [0, 0, 0, 0, 1, 0]


def test_a_trial_and_what_is_free_before_the_first_payment_make_nobody_a_customer() -> None:
    flags = lines(tried=[True, False, False, False], trial="tried").metrics()
    days = lines(tried=["2024-04-01", None, None, None], trial="tried").metrics()
    free = lines(**changed(LINES, "eur", 0, 0.0), free="stays").metrics()
    for found in (flags, days, free):
        assert found.new_customers.tolist() == [2, 0, 1, 0, 0]


def test_a_prepaid_year_is_spread_over_its_months_and_part_of_a_month_in_proportion() -> None:
    base = bills(**{"paid to": ["2025-01-01", "2024-02-15", "2024-02-15"]}, overlap="replace")
    assert base.stretches.amount[0] == 10.0 / 12
    assert base.stretches.amount[1] == pytest.approx(10.0 / (14 / 29), rel=1e-12)


def test_credits_for_time_that_is_not_used_are_taken_from_what_was_booked() -> None:
    """An upgrade in mid-month: the rest of the old plan is credited, and that of the new one billed."""
    table = {
        "id": ["a"] * 3,
        "no": ["A1", "A2", "A2"],
        "paid from": ["2024-04-01", "2024-04-16", "2024-04-16"],
        "paid to": ["2024-05-01"] * 3,
        "eur": [30.0, -15.0, 30.0],
    }
    found = bills(**table, overlap="add").metrics(every="week")
    assert found.end.tolist()[:4] == [30.0, 30.0, 60.0, 60.0]
    gone = bills(**{name: column[:2] for name, column in table.items()}, overlap="add").metrics(every="week")
    assert gone.end_customers.tolist()[:3] == [1, 1, 0]


def test_several_currencies_are_converted_at_the_rate_of_the_first_day() -> None:
    rates: dict[str, list[Any]] = {
        "currency": ["EUR", "USD", "USD"],
        "date": ["2023-01-01", "2023-01-01", "2024-02-05"],
    }
    rates["rate"] = [1.0, 0.5, 0.9]
    base = lines(money=["EUR", "EUR", "USD", "USD"], currency="money", exchange_rates=rates)
    assert base.stretches.amount.tolist() == [10.0, 25.0, 10.0 * 0.5, 12.0 * 0.9]
    with pytest.raises(InputError, match="must have a rate on the day of each line"):
        lines(money=["EUR", "EUR", "GBP", "USD"], currency="money", exchange_rates=rates)
    with pytest.raises(InputError, match="needs the column of currencies"):
        lines(exchange_rates=rates)
    log = {
        "id": ["a", "b"],
        "day": ["2024-02-01", "2024-02-05"],
        "what": ["start", "start"],
        "eur": [2.0, 2.0],
    }
    told = rk.read_subscriptions(
        log | {"money": ["USD", "USD"]}, customer_id="id", event="what", date="day", amount="eur",
        currency="money", exchange_rates=rates, observation_end=UNTIL,
    )  # fmt: skip
    assert told.stretches.amount.tolist() == [1.0, 1.8]


def test_a_matrix_has_one_currency_in_all_its_columns_and_an_event_without_an_amount_needs_none() -> None:
    matrix = {"id": ["a", "b"], "2024-01": [10.0, None], "2024-02": [None, 20.0], "money": ["EUR", "USD"]}
    wide: dict[str, Any] = {"month": ["2024-01", "2024-02"], "currency": "money"}
    with pytest.raises(InputError, match="got 'USD' at position 1"):
        rk.read_subscriptions(matrix, customer_id="id", **wide)
    rates = {"currency": ["EUR", "USD"], "date": ["2023-01-01"] * 2, "rate": [1.0, 0.5]}
    converted = rk.read_subscriptions(matrix, customer_id="id", **wide, exchange_rates=rates)
    assert converted.stretches.amount.tolist() == [10.0, 10.0]
    log = columns(EVENTS | {"money": ["EUR", "EUR", "EUR", None]})
    named: dict[str, Any] = {"event": "what", "date": "day", "amount": "eur", "currency": "money"}
    base = rk.read_subscriptions(log, customer_id="id", **named, observation_end=UNTIL)
    assert base.stretches.amount.tolist() == [10.0, 20.0, 5.0]


def test_what_was_left_out_or_joined_is_told() -> None:
    text = repr(lines(observation_end="2024-04-15", grace_days=20))
    assert "3 there now, paying 47.00 a month" in text and "1 ending after the observation" in text
    assert "SubscriptionBase of 3 customers, from 2024-01-01 to 2024-04-15" in text


def with_kinds(*names: str, customer_id: str = "id") -> Any:
    """The lines with kinds of customers under these names."""
    table = LINES | {name: ["x", "x", "y", "y"] for name in names} | {customer_id: LINES["id"]}
    named: dict[str, Any] = {"start": "from", "end": "to", "amount": "eur", "observation_end": UNTIL}
    return rk.read_subscriptions(table, customer_id=customer_id, segment=names, **named)


@pytest.mark.parametrize("name", ["plan", "cohort", "month", "quarter", "year"])
def test_a_kind_of_customers_is_not_named_like_a_group_that_the_base_has(name: str) -> None:
    """Else ``metrics(by="cohort")`` would be of another cohort than the one that was read."""
    with pytest.raises(InputError, match="like a group that every base has") as caught:
        with_kinds(name)
    assert (caught.value.argument, caught.value.value) == ("segment", name)


def test_names_of_a_table_hide_no_column_of_a_result() -> None:
    ways: dict[str, Any] = {"margin_share": 0.5, "discount_rate": 0.0, "horizon": 3}
    base = with_kinds("period", "churn", "spend")
    paid = {"month": ["2024-02"], "spend": ["y"], "amount": [9.0]}
    shop = rk.BGNBD(r=0.6, alpha=6.0, a=0.8, b=2.5, unit="week").sample([9.0, 9.0], seed=1)
    worth = rk.value_customers(shop, rk.BGNBD(r=0.6, alpha=6.0, a=0.8, b=2.5, unit="week"), 9.0,
                               margin_share=1.0, discount_rate=rk.Rate(0.1, per="year"),
                               horizon=rk.Duration(1, "year"))  # fmt: skip
    other = with_kinds(customer_id="value")
    cases: dict[str, Any] = {
        "period": base.metrics("period"),
        "churn": base.metrics(["spend", "churn"]),
        "spend": rk.cohort_payback(base, paid, margin_share=0.5, by=("month", "spend")),
        "value": rk.value_subscriptions(other, rk.Geometric(0.1, unit="month"), **ways),
        "expected_spend": worth.replace(id_name="expected_spend"),
    }
    for name, record in cases.items():
        with pytest.raises(InputError, match="must not be named like one of the results") as caught:
            record.to_frame("dict")
        assert caught.value.value == name
    for call in (lambda: base.metrics(["churn", "churn"]), lambda: with_kinds("tier", "tier")):
        with pytest.raises(InputError, match="must name each once"):
            call()


def test_what_is_no_base_is_refused_wherever_a_base_is_asked_for() -> None:
    other: Any = rk.Geometric(0.1, unit="month")
    ways: dict[str, Any] = {"margin_share": 0.5, "discount_rate": 0.0, "horizon": 3}
    calls: list[Callable[[], object]] = [
        lambda: rk.metrics.cohort_table(other),
        lambda: rk.metrics.mrr_movements(other),
        lambda: rk.metrics.cut_episodes(other, "plan"),
        lambda: rk.cohort_payback(other, {}, margin_share=0.5),
        lambda: rk.valuation.value_by_reason(other, {"price": other}, **ways, recovered=1.0),
        lambda: rk.valuation.forecast_revenue(other, new=0),
    ]
    for call in calls:
        with pytest.raises(InputError, match="must be a SubscriptionBase") as caught:
            call()
        assert caught.value.code == "wrong-type" and "read_subscriptions" in caught.value.way_out
