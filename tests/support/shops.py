"""A shop with customers who never leave, as a table of purchases: many models have no maximum on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.ingest import load_cdnow


def shop_that_nobody_leaves(customers: int = 700, *, seed: int, weeks: int = 52) -> dict[str, np.ndarray]:
    """Gamma-distributed rates (r .8, alpha 6 weeks), acquired in the first half; amounts around one mean."""
    rng, days = np.random.default_rng(seed), 7 * weeks
    first = rng.integers(0, days // 2, customers)
    rate = rng.gamma(0.8, 1 / 6.0, customers) / 7
    repeats = rng.poisson(rate * (days - first))
    ids = np.repeat(np.arange(customers), repeats + 1)
    visits = zip(first, repeats, strict=True)
    at: Any = [np.r_[f, f + 1 + np.floor(rng.uniform(0, 1, n) * (days - f - 1))] for f, n in visits]
    dates = np.datetime64("2024-01-01") + np.concatenate(at).astype("timedelta64[D]")
    return {"id": ids, "date": dates, "amount": np.round(rng.gamma(5, 8, ids.size) + 1, 2)}


def shop_with_orders(orders: int = 400, *, seed: int) -> dict[str, list[Any]]:
    """Lines as a shop exports them: orders of several lines, shipped in parts, exported twice, without a
    customer; refunds of a line, of an order under its own id, and of an order under an id of their own.
    """
    rng = np.random.default_rng(seed)
    lines: list[tuple[Any, ...]] = []
    for number in range(orders):
        who = None if rng.random() < 0.1 else f"c{rng.integers(0, 60)}"
        day, many = int(rng.integers(0, 300)), int(rng.integers(1, 5))
        priced = [(int(rng.integers(1, 6)), round(float(rng.gamma(2, 6)) + 0.5, 2)) for _ in range(many)]
        own = [(f"o{number}", who, day + int(3 * (rng.random() < 0.2)), n, price) for n, price in priced]
        lines += own + own[:1] * (rng.random() < 0.05)
        fate = rng.random()
        if fate < 0.1:
            lines += [(o, w, d + 9, -n, p) for o, w, d, n, p in own]  # all of it, under its own id
        elif fate < 0.2:
            later = day + int(rng.integers(0, 60))
            lines += [(f"r{number}", who, later, -n, p) for _, _, _, n, p in own]  # under another
        elif fate < 0.3:
            lines.append((f"o{number}", who, day + 20, -own[0][3], own[0][4]))  # a part of it
    columns = zip(*(lines[k] for k in rng.permutation(len(lines))), strict=True)
    table = dict(zip(("order", "who", "day", "pieces", "price"), map(list, columns), strict=True))
    days = np.datetime64("2024-01-01") + np.array(table["day"], "m8[D]")
    return table | {"day": days.astype(str).tolist()}


def some_of_cdnow(every: int) -> dict[str, Any]:
    """Of one in so many customers of CDNOW, who show what does not depend on how many there are."""
    table = load_cdnow("sample")
    kept = np.isin(table["customer_id"], np.unique(table["customer_id"])[::every])
    return {name: np.asarray(column)[kept] for name, column in table.items()}


def middle_of(dates: Any) -> str:
    """The first day of the second half; of an odd number of days the first is longer."""
    days = np.unique(np.asarray(dates).astype("M8[D]"))
    return str(days[0] + (days[-1] - days[0] + 2) // 2)
