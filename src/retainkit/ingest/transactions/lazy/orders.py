"""Lines of one order → its first day; amounts of several currencies in one: by the engine that has them."""

from __future__ import annotations

from collections import Counter

import narwhals as nw
import numpy as np

from retainkit.ingest.transactions.currencies import Rates
from retainkit.ingest.transactions.plan import Plan
from retainkit.tables import Codes, Days
from retainkit.tables.lazy import Store, small
from retainkit.typing import Frame, Values


def in_one_currency(lines: Frame, store: Store, rates: Rates, names: list[str], days: Days) -> Frame:
    """Amounts at the rate of their currency and day, all of which there are."""
    known: list[tuple[list[str], Days, Values]] = []
    for name in names:
        rate, bad = rates.convert([name], np.zeros(days.size, np.int64), days, np.ones(days.size))
        known.append(([name] * int((~bad).sum()), days[~bad], rate[~bad]))
    of, day, rate = (np.concatenate(parts) for parts in zip(*known, strict=True))
    sent = store.send({"currency": of.astype(str), "date": day.astype(np.int64), "rate": rate})
    joined = lines.join(sent, on=["currency", "date"], how="inner")
    return joined.with_columns(amount=nw.col("amount") * nw.col("rate")).drop("rate")


def unpriced(rates: Rates | None, names: Values, day: Codes) -> bool:
    """Whether currencies, each with a day on which it occurs, cannot be added up."""
    found = set(names.tolist())
    if rates is None or None in found:
        return len(found) > 1 or None in found
    begin = rates.begin
    return any(name not in begin or first < begin[name] for name, first in zip(names, day, strict=True))


def on_first_days(lines: Frame, plan: Plan) -> tuple[Frame, dict[str, Counter[str]]]:
    """Lines of each order on its first day, and how many are like another; of both sides of a split apart."""
    alike = ["customer_id", "order_id", "date", *(["amount"] if plan.has_amounts else [])]
    same = lines.group_by(alike).agg(more=nw.len().cast(nw.Int64) - 1)
    found = small(same.group_by("date").agg(more=nw.col("more").sum().cast(nw.Int64)))
    counts = {"": Counter(duplicate_lines=int(found["more"].sum()))}
    keys = ["customer_id", "order_id"]
    if plan.holdout_from is not None:
        early = found["date"] < plan.holdout_from
        counts["_before"] = Counter(duplicate_lines=int(found["more"][early].sum()))
        lines = lines.with_columns(later=nw.col("date") >= plan.holdout_from)
        keys.append("later")
    kept = ["customer_id", "date", *(["amount"] if plan.has_amounts else [])]
    kept += ["order_id"] if plan.refunds == "cancel" else []
    return lines.with_columns(date=nw.col("date").min().over(*keys)).select(kept), counts
