"""What a caller gives of customers: their ids, and what they spent beside when they bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.summaries import AbstractSummary, Spend


@dataclass(frozen=True)
class Both:
    """Histories of purchases and what was spent, as a table's summary has them."""

    known: AbstractSummary
    spend: Spend

    def __retention_data__(self, kind: type[object]) -> object:
        return self.spend if kind is Spend else self.known


def refuse_spend(given: object) -> None:
    """Refuse what was spent where a table's summary tells it."""
    if given is not None:
        rule = "must be left out with a table's summary, which tells what customers spent"
        raise InputError("needless", "spend_so_far", type(given).__name__, rule, "Leave it out.")


def with_spend(customers: object, known: AbstractSummary, given: DataOf[Spend]) -> Any:
    """Both as one, with a row of each for every customer."""
    spend = data_of(given, Spend, "spend_so_far")
    if not isinstance(customers, AbstractSummary):
        refuse_spend(spend)
    if len(spend) != len(known):
        rule = f"must have a row for each of {counted(len(known), 'customer')}, in their order"
        raise InputError("length-mismatch", "spend_so_far", spend.weight, rule, "Leave out or add nobody.")
    return Both(known, spend)


def ids_of(customers: DataOf[AbstractSummary], entries: int) -> tuple[Any, str]:
    """The ids of a summarised table, or the row labels, with their name; else the places of the entries."""
    # a summarised table knows its customers; a bare summary has places, or the labels of its columns
    ids = None if isinstance(customers, AbstractSummary) else getattr(customers, "customers", None)
    if ids is not None:
        return ids, getattr(customers, "id_name", "customer_id")
    labels = getattr(customers, "labels", None)
    if labels is None or labels.index is None:
        return np.arange(entries), "customer"
    return labels.index.to_series().reset_index(drop=True), str(labels.index.name or "customer")
