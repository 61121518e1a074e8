"""Covariates that cannot be used are refused, by name."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import polars as pl
import pytest

import retainkit as rk

DATA = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5).sample(np.full(200, 50.0), seed=1)
RNG = np.random.default_rng(2)
AGE = RNG.normal(size=200)
CARD = (RNG.uniform(size=200) > 0.5).astype(float)


def fit(columns: dict[str, Any], names: list[str]) -> Any:
    return rk.fit(rk.with_covariates(rk.BGNBD, purchasing=names), rk.Described(DATA, columns))


def test_a_covariate_without_variation_is_named() -> None:
    with pytest.raises(rk.InputError, match="'country' has the same value for every customer"):
        fit({"age": AGE, "country": np.ones(200)}, ["age", "country"])


def test_a_combination_of_the_others_is_named() -> None:
    columns = {"age": AGE, "card": CARD, "both": 2.0 * AGE - CARD + 3.0}
    with pytest.raises(rk.InputError, match="'both' is a combination of age, card"):
        fit(columns, ["age", "card", "both"])


def test_a_full_set_of_categories_is_collinear() -> None:
    columns = {"a": CARD, "b": 1.0 - CARD}
    with pytest.raises(rk.InputError, match="'b' is a combination of a") as caught:
        fit(columns, ["a", "b"])
    assert "baseline" in caught.value.way_out


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"age": AGE[:-1]}, r"covariates\['age'\] must have one number for each of the 200 entries"),
        (
            {"age": np.where(AGE > 2, np.nan, AGE)},
            r"covariates\['age'\] must not be missing .* column 'age'",
        ),
        ({"plan": np.array(["a", "b"] * 100)}, r"covariates\['plan'\] must be numbers.*encode_categories"),
        ({}, "covariates must have at least one column"),
    ],
)
def test_unusable_columns_are_refused(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(rk.InputError, match=message):
        rk.Described(DATA, columns)


def test_data_that_carry_covariates_already_are_refused() -> None:
    with pytest.raises(rk.InputError, match="without covariates"):
        rk.Described(rk.Described(DATA, {"age": AGE}), {"card": CARD})  # type: ignore[type-var]


def test_processes_and_names_are_checked() -> None:
    with pytest.raises(rk.InputError, match="must be a process of BGNBD: purchasing, attrition"):
        rk.with_covariates(rk.BGNBD, purchase=["age"])
    with pytest.raises(rk.InputError, match="needs at least one covariate"):
        rk.with_covariates(rk.BGNBD)
    with pytest.raises(rk.InputError, match="must name each once"):
        rk.with_covariates(rk.BGNBD, purchasing=["age", "age"])
    with pytest.raises(rk.InputError, match="two processes or more"):
        rk.with_covariates(rk.BGNBD, purchasing=["age"], same=["age"])
    with pytest.raises(rk.InputError, match="must have the covariate 'agee'"):
        fit({"age": AGE}, ["agee"])


def test_plain_data_are_refused_for_a_model_with_covariates() -> None:
    with pytest.raises(rk.InputError, match="must be Described for BGNBD with covariates"):
        rk.fit(rk.with_covariates(rk.BGNBD, purchasing=["age"]), DATA)


def test_predictions_need_every_covariate() -> None:
    fitted = fit({"age": AGE, "card": CARD}, ["age", "card"])
    with pytest.raises(rk.InputError, match="must have a column 'card'"):
        fitted.model.given({"age": 1.0})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"crd": [1.0, 2.0], "name": ["a", "b"]}, "Did you mean 'crd'"),
        ({"crd": 1.0}, "got 'crd'. Did you mean"),
    ],
)
def test_predictions_look_at_the_covariates_of_the_model_alone(columns: Any, message: str) -> None:
    model = rk.models.WithCovariates(
        rk.BGNBD(0.5, 5.0, 0.8, 2.5), (rk.models.Effect("card", ("purchasing",)),), (0.3,)
    )
    for frame in (
        {"card": [1.0, 2.0], "name": ["a", "b"]},
        pl.LazyFrame({"name": ["a", "b"], "card": [1, 2]}),
    ):
        np.testing.assert_allclose(model.given(frame).alpha, 5.0 * np.exp([-0.3, -0.6]), rtol=1e-14)
    with pytest.raises(rk.InputError, match=message):
        model.given(columns)


def test_one_text_is_one_name_and_no_name_comes_twice() -> None:
    one = rk.with_covariates(rk.BGNBD, purchasing="member", attrition="member", same="member")
    assert one.effects == (rk.models.Effect("member", ("purchasing", "attrition")),)
    assert rk.models.with_covariates_over_time(rk.BGNBD, "christmas").covariates == ("christmas",)
    assert rk.CovariatePeriods(np.ones((9, 1)), names="season").names == ("season",)
    assert rk.Renewals(duration=[1, 2], event=[1, 0], reasons=cast("Any", "price")).reasons == ("price",)
    aligned = rk.summaries.align_covariates(
        {"id": [1, 2], "age": [3, 4], "name": ["a", "b"]}, customer_id="id", customers=[2, 1], columns="age"
    )
    assert aligned["age"].tolist() == [4.0, 3.0]
    with pytest.raises(rk.InputError, match="same must name each once, got 'u'"):
        rk.with_covariates(rk.BGNBD, purchasing=["u"], attrition=["u"], same=["u", "u"])
    with pytest.raises(rk.InputError, match="covariates must name each once, got 'u'"):
        rk.models.with_covariates_over_time(rk.BGNBD, ["u", "u"])


def test_shares_go_inside_covariates_and_so_the_error_says() -> None:
    with pytest.raises(rk.InputError, match=r"nothing around it yet.*with_covariates\(with_shares\("):
        rk.models.with_shares(rk.with_covariates(rk.Geometric, churn=["u"]), cured=True)  # type: ignore[type-var]
    with pytest.raises(rk.InputError, match=r"must be BGNBD, MBGNBD or NBD.*got 'BGNBD with covariates'"):
        rk.models.with_covariates_over_time(rk.with_covariates(rk.BGNBD, purchasing=["u"]), ["v"])  # type: ignore[type-var]


def test_a_penalty_without_covariates_is_refused() -> None:
    with pytest.raises(rk.InputError, match="this model has none"):
        rk.fit(rk.BGNBD, DATA, penalty=1.0)
    with pytest.raises(rk.InputError, match="penalty must be 0 or more"):
        rk.fit(
            rk.with_covariates(rk.BGNBD, purchasing=["age"]), rk.Described(DATA, {"age": AGE}), penalty=-1.0
        )


def test_fixed_names_are_checked() -> None:
    with pytest.raises(rk.InputError, match="fixed must name parameters of BGNBD"):
        rk.fit(rk.BGNBD, DATA, fixed={"beta": 1.0})
    with pytest.raises(rk.InputError, match="BGNBD alpha"):
        rk.fit(rk.BGNBD, DATA, fixed={"alpha": -1.0})


@pytest.mark.parametrize("engine", ["pandas", "polars", "pyarrow"])
def test_a_table_is_brought_into_the_order_of_the_customers(engine: str) -> None:
    columns = {"id": [3, 1, 2], "age": [30.0, 10.0, 20.0], "card": [1, 0, 0]}
    if engine == "pandas":
        import pandas as pd

        frame: Any = pd.DataFrame(columns)
    elif engine == "polars":
        import polars as pl

        frame = pl.DataFrame(columns)
    else:
        import pyarrow as pa

        frame = pa.table(columns)
    found = rk.summaries.align_covariates(frame, customer_id="id", customers=[1, 2, 3])
    assert {k: v.tolist() for k, v in found.items()} == {"age": [10.0, 20.0, 30.0], "card": [0.0, 0.0, 1.0]}


def test_ids_that_do_not_match_are_counted_and_named() -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": [1, 2], "age": [10.0, 20.0]})
    with pytest.raises(rk.InputError, match=r"has no line for 2 of 4 customers \(7, 9\)"):
        rk.summaries.align_covariates(frame, customer_id="id", customers=[1, 7, 2, 9])
    with pytest.raises(rk.InputError, match="must name each customer once"):
        rk.summaries.align_covariates(pd.concat([frame, frame]), customer_id="id", customers=[1])
    with pytest.raises(rk.InputError, match="customer_id must name a column of the table, got 'ident'"):
        rk.summaries.align_covariates(frame, customer_id="ident", customers=[1])


def test_categories_become_columns() -> None:
    found = rk.summaries.encode_categories(
        ["b", "a", "c"], name="plan", categories=["a", "b", "c"], baseline="c"
    )
    assert {k: v.tolist() for k, v in found.items()} == {"plan=a": [0.0, 1.0, 0.0], "plan=b": [1.0, 0.0, 0.0]}
    with pytest.raises(rk.InputError, match="must be one of the categories"):
        rk.summaries.encode_categories(["a", "d"], name="plan", categories=["a", "b"])
    with pytest.raises(rk.InputError, match="without gaps"):
        rk.summaries.encode_categories(["a", None], name="plan")
    with pytest.raises(rk.InputError, match="baseline must be one of the categories"):
        rk.summaries.encode_categories(["a", "b"], name="plan", baseline="z")


@pytest.mark.parametrize("column", [[1, "1", "a"], [2, "2"], np.array([1, "1", "a"], object)])
def test_categories_that_read_alike_are_kept_apart_or_refused(column: Any) -> None:
    with pytest.raises(
        rk.InputError, match=r"a name of its own for each category, and .* reads like another"
    ):
        rk.summaries.encode_categories(column, name="k")
    assert list(rk.summaries.encode_categories([1, "b"], name="k")) == ["k=b"]


@pytest.mark.parametrize(("column", "categories"), [([], None), ([], []), (np.array([]), ())])
def test_no_category_at_all_is_refused(column: Any, categories: Any) -> None:
    with pytest.raises(rk.InputError, match="must have at least one category"):
        rk.summaries.encode_categories(column, name="k", categories=categories)


def test_covariates_are_aligned_with_the_summary_that_has_the_ids_or_with_ids() -> None:
    table = {"id": ["a", "b", "c"], "age": [1, 2, 3]}
    lines = {"id": ["c", "a"], "date": ["2024-01-01", "2024-01-05"]}
    tx = rk.summarize_transactions(lines, customer_id="id", date="date", unit="day")
    for customers in (tx, tx.customers):
        found = rk.summaries.align_covariates(table, customer_id="id", customers=customers)
        assert found["age"].tolist() == [{"a": 1, "c": 3}[c] for c in tx.customers]
    for wrong in (5, None, tx.purchases):
        with pytest.raises(rk.InputError, match=r"^customers must be the ids of customers"):
            rk.summaries.align_covariates(table, customer_id="id", customers=wrong)


@pytest.mark.parametrize("gap", [float("nan"), None, np.nan])
def test_a_missing_category_is_refused_in_a_list_too(gap: Any) -> None:
    with pytest.raises(rk.InputError, match=r"without gaps .* at position 1"):
        rk.summaries.encode_categories(["a", gap, "b"], name="k")
