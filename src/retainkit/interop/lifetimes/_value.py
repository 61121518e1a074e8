"""The value of customers' next months, as lifetimes defines it."""

from __future__ import annotations

from retainkit.errors import unknown_choice
from retainkit.interop.lifetimes._tables import frame
from retainkit.typing import Foreign, Frame, NumberLike


def customer_lifetime_value(
    transaction_prediction_model: Foreign,
    frequency: NumberLike,
    recency: NumberLike,
    T: NumberLike,
    monetary_value: NumberLike,
    time: int = 12,
    discount_rate: float = 0.01,
    freq: str = "D",
) -> Frame:
    """Expected purchases of each of the next `time` months, at a value each, discounted by month."""
    months = {"W": 4.345, "M": 1.0, "D": 30.0, "H": 30.0 * 24.0, "h": 30.0 * 24.0}
    if freq not in months:
        raise unknown_choice("freq", freq, tuple(months))
    value, before = 0.0, 0.0
    for month in range(1, int(time) + 1):
        until = transaction_prediction_model.predict(month * months[freq], frequency, recency, T)
        value = value + (until - before) / (1.0 + discount_rate) ** month
        before = until
    return frame({"clv": monetary_value * value}, getattr(frequency, "index", None))["clv"]
