"""Covariates that cannot be used are refused, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
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
    with pytest.raises(rk.InputError, match="must name each covariate once"):
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
