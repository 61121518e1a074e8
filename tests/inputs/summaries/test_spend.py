"""Spend that is negative, zero, missing or not there is refused or explained, never guessed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.validation.spend_independence import spend_independence

MODEL = rk.GammaGamma(p=6.25, q=3.744, v=15.44)
CUSTOMERS = rk.Spend(frequency=[0, 2], monetary_value=[0.0, 22.35])


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_amounts_must_be_finite_and_not_negative(bad: float) -> None:
    with pytest.raises(rk.InputError, match=r"monetary_value .* at position 1"):
        rk.Spend(frequency=[1, 1], monetary_value=[10.0, bad])
    with pytest.raises(rk.InputError, match=r"frequency .* at position 0"):
        rk.Spend(frequency=[bad, 1], monetary_value=[10.0, 10.0])


def test_purchases_that_brought_nothing_are_refused_with_a_way_out() -> None:
    with pytest.raises(rk.InputError, match="Set frequency to 0") as error:
        rk.Spend(frequency=[1, 2], monetary_value=[10.0, 0.0])
    assert error.value.argument == "monetary_value"
    assert "position 1" in error.value.as_dict()["value"]


def test_a_mean_of_no_purchases_tells_nothing_and_changes_nothing() -> None:
    """A value beside frequency 0 does not move the likelihood, the prediction or the start of a fit."""
    some = rk.Spend(frequency=[0, 2], monetary_value=[99.0, 22.35])
    np.testing.assert_array_equal(MODEL.log_likelihood(some), MODEL.log_likelihood(CUSTOMERS))
    np.testing.assert_array_equal(MODEL.expected_spend(some), MODEL.expected_spend(CUSTOMERS))
    assert some.scales == CUSTOMERS.scales


def test_spend_without_any_known_amount_cannot_be_fitted() -> None:
    nothing = rk.Spend(frequency=[0, 0, 0], monetary_value=[0.0, 0.0, 0.0])
    with pytest.raises(rk.FitError, match="no customer has a purchase with a known value"):
        rk.fit(rk.GammaGamma, nothing)
    with pytest.raises(rk.InputError, match="at least 4 customers"):
        spend_independence(nothing)
    assert MODEL.expected_spend(nothing) == pytest.approx([MODEL.expected_spend_new()] * 3)


def test_equal_amounts_do_not_determine_how_amounts_vary() -> None:
    with pytest.raises(rk.FitError) as error:
        rk.fit(rk.GammaGamma, rk.Spend(frequency=[1, 2, 3] * 20, monetary_value=[10.0] * 60))
    assert error.value.code in ("boundary", "flat", "not-converged")


def orders(refunds: Any) -> rk.ingest.TransactionSummary:
    """Customer 1 returns all of a purchase, customer 2 a part, customer 3 gets something for nothing."""
    rows = [
        (1, "2024-01-01", 10.0), (1, "2024-02-01", 20.0), (1, "2024-03-01", -20.0),
        (2, "2024-01-01", 10.0), (2, "2024-02-01", 30.0), (2, "2024-02-01", -10.0),
        (3, "2024-01-01", 10.0), (3, "2024-02-01", 0.0),
        (4, "2024-01-01", 10.0), (4, "2024-02-01", 12.0), (4, "2024-03-01", 14.0),
    ]  # fmt: skip
    ids, dates, amounts = zip(*rows, strict=True)
    columns = {"id": np.array(ids), "date": np.array(dates, "datetime64[D]"), "amount": np.array(amounts)}
    return rk.summarize_transactions(
        columns, customer_id="id", date="date", amount="amount", unit="month", refunds=refunds
    )


def test_refunds_are_netted_ignored_or_refused_as_asked() -> None:
    netted, ignored = orders("net").spend, orders("ignore").spend
    # taken back in full, or free: no evidence of spend; taken back in part: the day's value is what was kept
    assert netted.frequency.tolist() == [0.0, 1.0, 0.0, 2.0]
    assert netted.monetary_value.tolist() == [0.0, 20.0, 0.0, 13.0]
    assert ignored.frequency.tolist() == [1.0, 1.0, 0.0, 2.0]
    assert ignored.monetary_value.tolist() == [20.0, 30.0, 0.0, 13.0]
    with pytest.raises(rk.InputError, match="refund"):
        orders("error")


@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_amounts_and_probabilities_are_one_or_one_each(shape: tuple[int, ...]) -> None:
    for ask, name in (
        (lambda v: MODEL.spend_cdf(CUSTOMERS, v), "amount"),
        (lambda v: MODEL.spend_pdf(CUSTOMERS, v), "amount"),
        (lambda v: MODEL.spend_quantile(CUSTOMERS, v), "probability"),
    ):
        with pytest.raises(rk.InputError, match=f"{name} must be one number, or one for each of the 2"):
            ask(np.full(shape, 0.5))


def test_amounts_and_probabilities_in_their_domains() -> None:
    wrong: list[tuple[Any, str]] = [
        (lambda: MODEL.spend_quantile(CUSTOMERS, 1.5), "probability must be a share"),
        (lambda: MODEL.spend_quantile_new(-0.1), "probability must be a share"),
        (lambda: MODEL.spend_cdf(CUSTOMERS, -1.0), "amount must be 0 or more"),
        (lambda: MODEL.spend_pdf(CUSTOMERS, 0.0), "amount must be positive"),
        (lambda: MODEL.spend_pdf_new(0.0), "amount must be positive"),
        (lambda: MODEL.spend_cdf(CUSTOMERS, math.nan), "amount must be"),
        (lambda: MODEL.spend_cdf(CUSTOMERS, "10"), "amount must be a number"),
    ]
    for ask, words in wrong:
        with pytest.raises(rk.InputError, match=words):
            ask()


def test_what_the_distribution_is_of_is_named() -> None:
    wrong: Any = "purchases"
    for ask in (
        lambda: MODEL.spend_quantile(CUSTOMERS, 0.5, of=wrong),
        lambda: MODEL.spend_cdf(CUSTOMERS, 1.0, of=wrong),
        lambda: MODEL.spend_pdf_new(1.0, of=wrong),
    ):
        with pytest.raises(rk.InputError, match="Did you mean 'purchase'"):
            ask()


def test_too_few_customers_and_levels_outside() -> None:
    three = rk.Spend(frequency=[1, 2, 3, 0], monetary_value=[10.0, 20.0, 30.0, 0.0])
    with pytest.raises(rk.InputError, match="at least 4 customers") as error:
        spend_independence(three)
    assert error.value.code == "too-few"
    for level in (0.0, 1.0, 95.0, math.nan):
        with pytest.raises(rk.InputError, match="level must be a share above 0 and below 1"):
            spend_independence(CUSTOMERS, level=level)
