"""A report rests on the model that predicts best, says which were refused, and first what is unchecked."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from shops import shop_that_nobody_leaves

import retainkit as rk
from retainkit.reports import CustomerBaseReport, report

SHOP: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "amount", "unit": "week"}
TERMS: dict[str, Any] = {
    "margin_share": 0.3,
    "discount_rate": rk.Rate(0.10, per="year"),
    "horizon": rk.Duration(3, "year"),
}


def words(page: str) -> str:
    """What a reader of the page sees, without its styles and tags."""
    body = page[page.index("<body>") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


@pytest.fixture(scope="module")
def without_leaving() -> CustomerBaseReport:
    return report(shop_that_nobody_leaves(seed=7), **SHOP, **TERMS)


@pytest.mark.slow
def test_the_limit_of_refused_models_is_taken_where_it_predicts(without_leaving: CustomerBaseReport) -> None:
    made = without_leaving
    assert made.purchasing.family.name == "NBD" and made.unchecked == "" and made.tracking is not None
    assert "in NBD nobody ever leaves" in " ".join(made.caveats).replace("In", "in")
    text, page = re.sub(r"\s+", " ", str(made)), words(made.to_html())
    said = "BGNBD, MBGNBD and ParetoNBD were refused, as nobody ever leaves"
    assert said in text and said in page and said in made.model_dump_json()
    assert "all who ever bought: NBD lets none of them have left, which is no finding" in page
    assert json.loads(made.model_dump_json())["unchecked"] is None
    assert "unchecked" not in text.lower() and "unchecked" not in page.lower()


@pytest.mark.slow
@pytest.mark.parametrize("holdout_from", [None, "2024-01-02"])
def test_unchecked_is_said_before_any_value(holdout_from: str | None) -> None:
    """Nothing held out; or nothing before it from which a model could be fitted."""
    made = report(shop_that_nobody_leaves(seed=7), **SHOP, **TERMS, holdout_from=holdout_from)
    assert made.tracking is None and made.calibration is None
    values = {f"{made.value.total:,.0f}", f"{made.value.mean:.2f}", f"{made.new_customer.value:.2f}"}
    values |= {repr(made.value.total), repr(made.value.mean), repr(made.new_customer.value)}
    for said in (str(made), words(made.to_html()), made.model_dump_json()):
        told = [said.index(value) for value in values if value in said]
        assert said.lower().index("unchecked") < min(told) and len(told) >= 3
    assert json.loads(made.model_dump_json())["unchecked"] == made.unchecked
    assert made.unchecked.startswith("Unchecked. ")


def test_where_no_model_fits_there_is_no_report() -> None:
    table = {"id": [1, 2, 3], "date": ["2024-01-01", "2024-01-05", "2024-02-01"], "amount": [5.0, 6.0, 7.0]}
    with pytest.raises(rk.FitError, match=r"BGNBD, MBGNBD, ParetoNBD and NBD were refused: no customer has"):
        report(table, **SHOP, **TERMS)


@pytest.mark.slow
def test_what_predicts_best_but_does_not_fit_the_whole_is_passed_over_and_said() -> None:
    made = report(shop_that_nobody_leaves(250, seed=12), **SHOP, **TERMS)
    candidates = made.comparison.candidates
    place = next(i for i, candidate in enumerate(candidates) if candidate.fit is made.calibration)
    assert place > 0 and made.unchecked == ""
    for better in candidates[:place]:
        assert better.fit is not None
        with pytest.raises(rk.FitError):
            rk.fit(better.fit.family, made.transactions.purchases)
    assert made.calibration is not None
    assert made.purchasing.model == rk.fit(made.calibration.family, made.transactions.purchases).model
    text = re.sub(r"\s+", " ", made.to_text(100))
    assert "the whole observation does not determine this model" in text and candidates[0].name in text


@pytest.mark.slow
def test_a_mean_without_end_asks_for_a_constant_spend() -> None:
    table = shop_that_nobody_leaves(seed=7)
    rates = np.random.default_rng(1).gamma(0.8, 0.1, 700)  # whose inverse has no mean
    with pytest.raises(rk.InputError, match=r"q up to 1 .* is infinite.* Give a constant") as refused:
        report({**table, "amount": table["amount"] / rates[table["id"]]}, **SHOP, **TERMS)
    assert (refused.value.code, refused.value.argument) == ("infinite-value", "spend_per_purchase")
