"""Answers and tickets in a table of any kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from retainkit.domains import whole_number
from retainkit.errors import InputError
from retainkit.tables import Fault, Table, read_table
from retainkit.tables.problems import NO_ID
from retainkit.typing import Array, Frame, NumberLike, Values

NO_ANSWER = Fault(
    "missing-value",
    "must have an answer in every row",
    "Leave those rows out or fill the gaps, and say so: who is silent is not like the rest.",
)
_TWICE = Fault("duplicate", "must have each customer in one row", "Keep one row per customer.")
_STRANGER = Fault(
    "unmatched",
    "must be of customers that are in customers",
    "Add their rows to customers, or leave their tickets out; check the type of the ids.",
)


def tickets_by_customer(
    tickets: Frame, *, customers: NumberLike, customer_id: str, issue: str, at_least: int = 1
) -> dict[str, Values]:
    """One row per customer, with a column of 0 and 1 for each issue: whether the customer met it.

    Count tickets of a time before the one in which leaving is observed: who is about to cancel writes in,
    and that ticket is not the reason.

    Raises `InputError` for tickets of unknown customers, customers who occur twice, gaps, and an issue that
    is named like a column of `customers`.

    Parameters
    ----------
    tickets : table of any kind
        One row per ticket, with the columns `customer_id` and `issue`.
    customers : table of any kind
        One row per customer, also those without a ticket, with the column `customer_id` and whatever else
        is known of them, such as whether they left.
    customer_id, issue : names of columns
    at_least : int, 1 or more
        How many tickets make a customer one who met the issue.

    Returns
    -------
    dict of columns
        Those of `customers`, then one per issue, in alphabetical order.

    Examples
    --------
    >>> tickets = {"id": [7, 7, 9], "about": ["billing", "delay", "delay"]}
    >>> customers = {"id": [7, 8, 9], "left": [1, 0, 0]}
    >>> table = tickets_by_customer(tickets, customers=customers, customer_id="id", issue="about")
    >>> {name: column.tolist() for name, column in table.items()}
    {'id': [7, 8, 9], 'left': [1, 0, 0], 'billing': [1, 0, 0], 'delay': [1, 0, 1]}
    """
    at_least = whole_number("at_least", at_least)
    ids, roles = {customer_id: customer_id}, {customer_id: "customer_id"}
    known = read_table(customers, ids, more="all", argument="customers", line="customer", arguments=roles)
    lines = read_table(
        tickets, {"customer_id": customer_id, "issue": issue}, argument="tickets", line="ticket"
    )
    row = known[customer_id].places_of(lines["customer_id"].to_list(), _TWICE)
    lines["customer_id"].refuse(lines["customer_id"].without_id, NO_ID)
    lines["customer_id"].refuse(row < 0, _STRANGER)
    lines["issue"].refuse_missing(NO_ANSWER)
    labels = [str(value) for value in lines["issue"].to_list()]
    names, code = np.unique(np.array(labels, dtype=np.str_), return_inverse=True)
    # a new column would silently take the place of one of the customers' own
    clash = [name for name in names.tolist() if name in known]
    if clash:
        rule = "must not be named like a column of customers"
        raise InputError("duplicate", "issue", clash[0], rule, "Rename the column or the issue.")
    # customers without a ticket count as not having met any issue: they are the comparison
    count = np.bincount(row * names.size + code, minlength=len(known) * names.size)
    met = (count.reshape(len(known), names.size) >= at_least).astype(np.int64)
    columns = {name: known[name].to_numpy() for name in known}
    return columns | {name: met[:, j] for j, name in enumerate(names.tolist())}


def read_answers(table: Frame, wanted: Mapping[str, str]) -> Table:
    """The columns named by the keys of `wanted`; its values are the arguments that named them."""
    return read_table(table, {n: n for n in wanted}, argument="table", line="row", arguments=wanted)


def read_numbers(table: Frame, wanted: Mapping[str, str]) -> dict[str, Array]:
    """Such columns as finite numbers; True and False count as 1 and 0."""
    read = read_answers(table, wanted)
    return {name: read[name].numbers(NO_ANSWER, flags=True) for name in read}
