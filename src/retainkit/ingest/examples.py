"""Tables to try things out: the CDNOW transactions, and subscriptions made up on the spot.

CDNOW: the purchases of 23,570 customers of an online CD shop, acquired in the first quarter of 1997 and
observed until 30 June 1998, and a one-in-ten sample of them (Fader & Hardie 2001, "Forecasting repeat
sales at CDNOW: a case study", Interfaces 31(3), doi:10.1287/inte.31.3s.94.9683). The file is read from the
lifetimes package.

Subscriptions: customers of two plans renew every month. Each has a chance of their own to leave at a
renewal, drawn from a beta distribution, so that those who stayed long are those with small chances (the
shifted-beta-geometric model of Fader & Hardie 2007, "How to project customer retention", Journal of
Interactive Marketing 21(1)).
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from retainkit.domains import generator, whole_number
from retainkit.errors import MissingDependencyError, check_choice
from retainkit.ingest.subscriptions.tenure import anniversary
from retainkit.tables import one_day
from retainkit.tables.days import from_digits
from retainkit.typing import Array, Values

Which = Literal["master", "sample"]


def load_cdnow(which: Which = "master") -> dict[str, Values]:
    """The CDNOW transactions as columns, one entry per order line.

    The file is found through the package's metadata: lifetimes itself is not imported. Raises
    `MissingDependencyError` if lifetimes is not installed. The columns are ``customer_id``, ``date``,
    ``number_of_cds``, ``dollar_value``: numpy columns, ready for `summarize_transactions`.

    Parameters
    ----------
    which : {"master", "sample"}
        All 23,570 customers (69,659 lines), or the 2,357 that the papers use (6,919 lines).

    Examples
    --------
    >>> from retainkit.ingest import load_cdnow
    >>> load_cdnow()["customer_id"].size
    69659
    """
    check_choice("which", which, get_args(Which))
    text = lifetimes_file(f"CDNOW_{which}.txt", "The CDNOW example").read_text(encoding="ascii")
    if which == "master":
        text = text[text.index("\n") + 1 :]  # names of columns
    fields = np.array(text.split(), np.float64).reshape(-1, 4 if which == "master" else 5)
    ids, day, number, dollars = fields[:, -4:].T  # the sample has the master's ids in front
    return {
        "customer_id": ids.astype(np.int64),
        "date": from_digits(day.astype(np.int64))[0].astype("datetime64[D]"),
        "number_of_cds": number.astype(np.int64),
        "dollar_value": dollars.copy(),
    }


def lifetimes_file(name: str, purpose: str) -> Path:
    """A file of lifetimes' datasets folder, found through the package's metadata."""
    try:
        files = distribution("lifetimes").files or []
    except PackageNotFoundError as error:
        raise MissingDependencyError("lifetimes", "lifetimes", purpose) from error
    found = [file for file in files if file.name == name and file.parent.name == "datasets"]
    if not found:
        raise MissingDependencyError(f"lifetimes with a file {name!r}", "lifetimes", purpose)
    return Path(str(found[0].locate()))


OBSERVATION_END = "2024-12-31"
"""The last day that the table knows of."""

_FIRST_START, _LAST_START = "2021-01-01", "2024-11-30"
_LONGEST = 600  # months; whoever stays so long has not left by the last day


class Plan(NamedTuple):
    """A plan: its share of the customers, the beta distribution of their churn, its margin."""

    share: float
    alpha: int
    beta: int
    monthly_margin: float


PLANS = {"basic": Plan(0.7, 2, 16, 8.0), "pro": Plan(0.3, 2, 38, 21.0)}
"""What the table is made from; mean churn per renewal is alpha / (alpha + beta), 11.1% and 5%."""

VOLUNTARY_SHARE = 0.7
"""How many of those who leave say so; the others' payment fails."""


def simulate_subscriptions(*, customers: int = 2_000, seed: int = 1) -> dict[str, Values]:
    """A table with one line per subscription, known until 31 December 2024.

    Raises `InputError` for less than one customer. The columns are ``customer_id``, ``start``, ``end`` (NaT
    for those still there), ``plan`` ("basic", "pro"), ``reason`` ("voluntary", "payment failed", empty for
    those still there), ``monthly_margin`` in money: numpy columns, ready for `summarize_subscriptions`.

    Parameters
    ----------
    customers : int
        Lines of the table, 1 or more.
    seed : int
        The same seed gives the same table.

    Examples
    --------
    >>> from retainkit.ingest.examples import simulate_subscriptions
    >>> table = simulate_subscriptions(customers=500, seed=3)
    >>> table["start"].size, sorted(set(table["plan"].tolist()))
    (500, ['basic', 'pro'])
    """
    customers = whole_number("customers", customers)
    rng = generator(seed)
    first, last = one_day("start", _FIRST_START), one_day("start", _LAST_START)
    start = np.sort(first + np.floor(rng.random(customers) * (last + 1 - first)).astype(np.int64))
    basic = rng.random(customers) < PLANS["basic"].share
    churn = np.where(basic, *(_beta(rng, customers, plan) for plan in PLANS.values()))
    renewals = np.minimum(1 + np.floor(np.log1p(-rng.random(customers)) / np.log1p(-churn)), _LONGEST)
    end = anniversary(start, renewals.astype(np.int64), "month")
    left = end <= one_day("end", OBSERVATION_END)
    reason = np.where(rng.random(customers) < VOLUNTARY_SHARE, "voluntary", "payment failed")
    margin = np.where(basic, *(plan.monthly_margin for plan in PLANS.values()))
    digits = len(str(customers))
    return {
        "customer_id": np.array([f"c{k:0{digits}d}" for k in range(1, customers + 1)]),
        "start": start.astype("datetime64[D]"),
        "end": np.where(left, end.astype("datetime64[D]"), np.datetime64("NaT", "D")),
        "plan": np.where(basic, *PLANS),
        "reason": np.where(left, reason, ""),
        "monthly_margin": np.round(margin * (0.75 + 0.5 * rng.random(customers)), 2),
    }


def _beta(rng: np.random.Generator, size: int, plan: Plan) -> Array:
    """Beta numbers as order statistics of uniform ones, which every version of numpy draws alike."""
    uniform = rng.random((size, plan.alpha + plan.beta - 1))
    return np.partition(uniform, plan.alpha - 1, axis=1)[:, plan.alpha - 1]
