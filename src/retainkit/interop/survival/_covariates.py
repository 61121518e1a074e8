"""Customers' covariates in the form that the fitted object expects, and whether they are needed at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from retainkit.errors import InputError, missing_argument
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.tables import read_table
from retainkit.typing import Foreign, Frame, NumberLike


def roots(fitted: Foreign) -> set[str]:
    """The libraries that an object's class and its bases come from; nothing is imported to find out."""
    return {base.__module__.partition(".")[0] for base in type(fitted).__mro__}


def named_frame(covariates: Frame) -> Foreign:
    """A pandas frame with rows numbered from 0, of any dataframe or mapping of columns."""
    pd = pandas()
    if isinstance(covariates, pd.DataFrame):
        return covariates.reset_index(drop=True)
    if isinstance(covariates, Mapping):
        columns: dict[str, NumberLike] = {**covariates}
        return pd.DataFrame({name: np.atleast_1d(column) for name, column in columns.items()})
    table = read_table(covariates, argument="covariates", line="customer", also="a mapping of columns, ")
    return pd.DataFrame({name: table[name].to_list() for name in table})


def required(covariates: Frame, name: str) -> Foreign:
    """Covariates of a regression."""
    if covariates is None:
        rule = f"must be given for {name}: its curves differ by customer"
        way_out = "Pass covariates= with one row per customer and the columns it was fitted with."
        raise missing_argument("covariates", rule, way_out)
    return covariates


def needless(argument: str, value: object, reason: str) -> None:
    """Refuse what would be ignored."""
    if value is not None:
        shown = value if isinstance(value, str | float | int) else type(value).__name__
        way_out = f"Leave out {argument}."
        raise InputError("needless", argument, shown, f"must be left out here: {reason}", way_out)


def not_fitted(name: str) -> InputError:
    """The error for an object of which nothing is known yet."""
    return InputError("not-a-model", "fitted", name, "must be fitted", "Call its fit method first.")


def no_survival(name: str, why: str, way_out: str) -> InputError:
    """The error for an object that a library has, but that has no survival curve."""
    rule = f"must have one survival curve, or one per customer: {why}"
    return InputError("not-supported", "fitted", name, rule, way_out)
