"""Customers of an engine by a column of another of its tables: one value each, joined and counted there."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.groups import CustomerGroup
from retainkit.ingest.transactions.lazy.distinct import Held, counted, named
from retainkit.tables import TableSource, read_table, to_list
from retainkit.tables.choice import choose
from retainkit.tables.files import is_path
from retainkit.tables.lazy import Part, lazy_frame, small
from retainkit.typing import Frame, Unit


def groups_in_engine(
    held: Held, unit: Unit, id_name: str, column: str, table: Frame, *, money: bool
) -> dict[Any, CustomerGroup]:
    """The customers of each value, in the order of the values, as distinct histories."""
    values, parts = grouped(held, id_name, column, table)
    rows = parts.purchases(unit)
    spend = parts.spend_of({}) if money else {}

    def group(k: int) -> CustomerGroup:
        ids = named(parts.customers.filter(nw.col("group") == k), id_name, ()).to_native()
        return CustomerGroup(rows.entries(np.flatnonzero(parts.keys["group"] == k)), ids, spend.get(k))

    # whom no line of the table is of has no group; a value of strangers alone has no customers
    there = set(parts.keys["group"].tolist())
    return {value: group(k) for k, value in enumerate(values) if k in there}


def grouped(
    held: Held, id_name: str, column: str, table: Frame, argument: str = "table"
) -> tuple[list[Any], Held]:
    """The values in order, and the customers with the place of theirs as `group`, the first of their keys."""
    labels = _labels(held, id_name, column, table, argument)
    found = small(labels.select("label", "text").unique())
    text = found["text"].astype(str)
    values = found["label"].tolist()
    order = sorted(range(text.size), key=values.__getitem__)
    sent = held.store.send({"text": text[order], "group": np.arange(text.size)})
    mine = labels.select("customer_id", "text").join(sent, on="text", how="inner").drop("text")
    customers = held.store.keep(held.customers.join(mine, on="customer_id", how="inner")).frame
    parts = Held.of(held.store, customers, ("group", *held.keys), held.end)
    if parts.size < held.size:
        rule = f"must have every customer; {held.size - parts.size:,} of {held.size:,} are not in it"
        way_out = "Add them; check the type of the ids."
        raise InputError("unmatched", argument, f"{parts.size:,} of them", rule, way_out)
    return [values[at] for at in order], parts


def _labels(held: Held, id_name: str, column: str, table: Frame, argument: str) -> Frame:
    """customer_id, label and its text: one line for each customer of a table of one or of many."""
    frame = lazy_frame(table)
    if frame is None and not is_path(table):
        frame = _sent(held, id_name, column, table, argument)
        id_name, column = "customer_id", "label"
    if frame is None or frame.implementation != held.customers.implementation:
        rule = "must be a lazy table of the engine that holds the customers"
        way_out = "Read it there, or say in_memory=True to summarize_transactions."
        raise InputError("not-supported", argument, type(table).__name__, rule, way_out)
    wanted = {"customer_id": id_name, "column": column}
    choose(wanted, frame.collect_schema().names(), TableSource.of(table, {}))
    schema = frame.collect_schema()
    lines = frame.select(
        customer_id=Part(id_name, schema[id_name]).id(), label=Part(column, schema[column]).raw
    )
    ids = [each.collect_schema()["customer_id"] for each in (lines, held.customers)]
    if ids[0] != ids[1]:
        rule = f"must have ids of one type with the customers: {ids[1]} there, {ids[0]} here"
        raise InputError("wrong-type", argument, id_name, rule, "Cast the ids of the table.")
    lines = lines.filter(~nw.col("customer_id").is_null())
    label = nw.col("label")
    ends = {"label": label.min(), "most": label.max(), "gaps": label.is_null().cast(nw.Int64).sum()}
    each = lines.group_by("customer_id").agg(**ends)
    marks = {"gaps": nw.col("gaps") > 0, "several": label != nw.col("most")}
    bad = counted(each, **{name: mark.fill_null(value=False) for name, mark in marks.items()})
    if bad["gaps"]:
        rule = f"must not be missing ({bad['gaps']:,} have a line without it)"
        raise InputError("missing-value", "column", column, rule, "Fill the gaps, or leave out those lines.")
    if bad["several"]:
        rule = f"must be the same on all lines of a customer ({bad['several']:,} have several values)"
        way_out = "Pass a table with one line for each customer, such as that of the first purchases."
        raise InputError("ambiguous", "column", column, rule, way_out)
    return each.select("customer_id", "label", text=label.cast(nw.String))


def _sent(held: Held, id_name: str, column: str, table: Frame, argument: str) -> Frame:
    """A table in memory, in the engine of the customers: whole numbers as wide as theirs."""
    read = read_table(table, {"customer_id": id_name, "column": column}, argument=argument, line="customer")
    read = read.keep(~read["customer_id"].without_id)
    ids, code = read["customer_id"].ids()
    read["column"].refuse_missing()
    labels = read["column"].labels()
    lines = np.unique(np.column_stack([code, labels.place]), axis=0)
    who, what = np.asarray(to_list(ids)), np.asarray(labels.values)
    frame = held.store.send({"customer_id": who[lines[:, 0]], "label": what[lines[:, 1]]})
    kind = held.customers.collect_schema()["customer_id"]
    if kind.is_integer() and frame.collect_schema()["customer_id"].is_integer():
        return frame.with_columns(customer_id=nw.col("customer_id").cast(kind))
    return frame
