"""Summaries of transactions, tracking and value, with lifetimes' names, arguments and results."""

from __future__ import annotations

import numpy as np

from retainkit.domains import POSITIVE, as_numbers
from retainkit.errors import InputError, check_choice
from retainkit.interop.lifetimes import kinds
from retainkit.interop.lifetimes.kinds import find_first_transactions, pandas
from retainkit.summaries import Purchases
from retainkit.typing import Foreign, Frame, NumberLike, Plain

__all__ = [
    "ConvergenceError",
    "calculate_alive_path",
    "calibration_and_holdout_data",
    "expected_cumulative_transactions",
    "summary_data_from_transaction_data",
]


def summary_data_from_transaction_data(
    transactions: Frame,
    customer_id_col: str,
    datetime_col: str,
    monetary_value_col: str | None = None,
    datetime_format: str | None = None,
    observation_period_end: object = None,
    freq: str = "D",
    freq_multiplier: float = 1,
    include_first_transaction: bool = False,
) -> Frame:
    """One row a customer: frequency, recency, T and, with amounts, monetary_value.

    The DataFrame is of floats, indexed by customer, in the order of the customers.

    Parameters
    ----------
    transactions : DataFrame, one row per purchase
    customer_id_col, datetime_col, monetary_value_col : names of columns
    datetime_format : str, optional
        Format of dates that pandas cannot read by itself.
    observation_period_end : date, optional
        Later purchases are left out; the latest date by default.
    freq : str
        Purchases within one period count once: "D", "W", "M", "h", …; times count in it.
    freq_multiplier : float
        Times are divided by it: freq "D" and 7 gives weeks with the days in the decimals.
    include_first_transaction : bool
        Count the first purchase in frequency and monetary_value; no fitter expects that.
    """
    dates = kinds.Dates(transactions, datetime_col, datetime_format, freq)
    end = dates.start_of_last(observation_period_end)
    found = find_first_transactions(
        transactions, customer_id_col, datetime_col, monetary_value_col, datetime_format, end, freq
    )
    by_customer = found.assign(when=found[datetime_col].dt.to_timestamp()).groupby(
        customer_id_col, sort=False
    )
    seen = by_customer["when"].agg(["min", "max", "count"])
    unit = kinds.length_of(freq) * freq_multiplier
    columns: Plain = {
        "frequency": seen["count"] - (0 if include_first_transaction else 1),
        "recency": (seen["max"] - seen["min"]) / unit,
        "T": (end - seen["min"]) / unit,
    }
    if monetary_value_col:
        counted = found if include_first_transaction else found[~found["first"]]
        mean = counted.groupby(customer_id_col)[monetary_value_col].mean()
        columns["monetary_value"] = mean.reindex(seen.index).fillna(0.0)
    return pandas().DataFrame(columns).astype(float)


def calibration_and_holdout_data(
    transactions: Frame,
    customer_id_col: str,
    datetime_col: str,
    calibration_period_end: object,
    observation_period_end: object = None,
    freq: str = "D",
    freq_multiplier: float = 1,
    datetime_format: str | None = None,
    monetary_value_col: str | None = None,
    include_first_transaction: bool = False,
) -> Frame:
    """The summary until a date, and what the same customers did after it.

    Parameters are those of `summary_data_from_transaction_data`, with `calibration_period_end` the last date
    of the summary. The DataFrame has the summary's columns ending in ``_cal``, ``frequency_holdout``, with
    amounts ``monetary_value_holdout`` (the mean per purchase occasion, as in the calibration period), and
    ``duration_holdout``.
    """
    dates = kinds.Dates(transactions, datetime_col, datetime_format, freq)
    split, end = dates.read(calibration_period_end), dates.last(observation_period_end)
    before, after = dates.table(dates.when <= split), dates.table((dates.when > split) & (dates.when <= end))
    if before.empty or after.empty:
        rule = f"must have transactions before it, and between it and {end}"
        way_out = "There is no data available otherwise: choose other dates."
        raise InputError("empty", "calibration_period_end", str(split), rule, way_out)
    calibration = summary_data_from_transaction_data(
        before,
        customer_id_col,
        datetime_col,
        monetary_value_col=monetary_value_col,
        observation_period_end=split,
        freq=freq,
        freq_multiplier=freq_multiplier,
        include_first_transaction=include_first_transaction,
    ).add_suffix("_cal")
    after = after.assign(**{datetime_col: after[datetime_col].dt.to_period(dates.freq)})
    by_period = after.groupby([customer_id_col, datetime_col])
    held = {"frequency_holdout": by_period.size().groupby(level=0).size()}
    if monetary_value_col:
        held["monetary_value_holdout"] = by_period[monetary_value_col].sum().groupby(level=0).mean()
    joined = calibration.join(pandas().DataFrame(held), how="left").fillna(0.0)
    periods = (end.to_period(dates.freq) - split.to_period(dates.freq)).n
    joined["duration_holdout"] = periods / freq_multiplier
    return joined


def calculate_alive_path(
    model: Foreign, transactions: Frame, datetime_col: str, t: int, freq: str = "D"
) -> Frame:
    """P(alive) of one customer at each of the `t` units of time since the first purchase.

    The Series has t + 1 entries, or more if the purchases go further.

    Parameters
    ----------
    model : a fitted fitter of purchases
    transactions : DataFrame, the purchases of that customer
    datetime_col : name of the column of dates
    t : int
    freq : what the model's times count in
    """
    dates = kinds.Dates(transactions, datetime_col, None, freq)
    period = dates.when.dt.to_period(dates.freq).astype("int64").to_numpy()
    ordinal = period - period.min()
    bought = np.zeros(max(t, int(ordinal.max())) + 1, np.bool_)
    bought[ordinal] = True
    age = np.arange(bought.size, dtype=np.float64)
    recency = np.maximum.accumulate(np.where(bought, age, 0.0))
    alive = model.conditional_probability_alive(np.cumsum(bought) - 1.0, recency, age)
    return pandas().DataFrame({"alive": alive})["alive"].rename(None)


def expected_cumulative_transactions(
    model: Foreign,
    transactions: Frame,
    datetime_col: str,
    customer_id_col: str,
    t: int,
    datetime_format: str | None = None,
    freq: str = "D",
    freq_multiplier: int = 1,
    set_index_date: bool = False,
) -> Frame:
    """Repeat purchases of all customers up to each period, as they were and as the model expects them.

    Each customer enters with the first purchase, and is expected to go on as a new customer would. The
    DataFrame has the columns actual and predicted.

    Parameters
    ----------
    model : a fitted fitter of purchases
    transactions, datetime_col, customer_id_col, datetime_format
        As in `summary_data_from_transaction_data`.
    t : int
        Periods of `freq` to follow, from the first purchase of all.
    freq_multiplier : int
        Periods in one unit of the model's time; there is one row for each unit.
    set_index_date : bool
        Index by period instead of by number.
    """
    dates = kinds.Dates(transactions, datetime_col, datetime_format, freq)
    begin = dates.when.min().to_period(dates.freq)
    found = find_first_transactions(
        transactions,
        customer_id_col,
        datetime_col,
        datetime_format=datetime_format,
        observation_period_end=(begin + t).to_timestamp(),
        freq=freq,
    )
    number = found[datetime_col].astype("int64").to_numpy() - begin.ordinal
    first = found["first"].to_numpy()
    births = np.bincount(number[first], minlength=t + 1).astype(np.float64)
    repeats = np.cumsum(np.bincount(number[~first], minlength=t + 1))
    lag = np.arange(1, t + 1) / freq_multiplier
    ahead = np.concatenate([[0.0], np.asarray(model.expected_number_of_purchases_up_to_time(lag))])
    expected = np.convolve(births, ahead)
    ends = np.arange(freq_multiplier, t + 1, freq_multiplier)
    index = range(ends.size)
    if set_index_date:
        index = pandas().period_range(begin, periods=t)[freq_multiplier - 1 :: freq_multiplier][: ends.size]
    return pandas().DataFrame({"actual": repeats[ends - 1], "predicted": expected[ends]}, index)


class ConvergenceError(ValueError):
    """The data do not determine the parameters; the message says why and what to do."""


def scale_time(age: NumberLike) -> float:
    """What turns the longest time into 1."""
    return 1.0 / float(np.max(age))


def check_inputs(
    frequency: NumberLike, recency: NumberLike = None, T: NumberLike = None, monetary_value: NumberLike = None
) -> None:
    """Refuse histories that cannot be: see `Purchases`; amounts must be positive."""
    counts = as_numbers("frequency", np.asarray(frequency))
    if counts.size == 0:
        rule = "must have customers"
        raise InputError("empty", "frequency", "no entries", rule, "Check the filter that made the data.")
    when = np.zeros(counts.shape) if recency is None else np.asarray(recency)
    Purchases(frequency=counts, recency=when, T=when if T is None else np.asarray(T))
    if monetary_value is not None:
        way_out = "Leave out customers without a repeat purchase, and those whose refunds exceed it."
        POSITIVE.check("monetary_value", np.asarray(monetary_value), way_out)


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
    check_choice("freq", freq, tuple(months))
    value, before = 0.0, 0.0
    for month in range(1, int(time) + 1):
        until = transaction_prediction_model.predict(month * months[freq], frequency, recency, T)
        value = value + (until - before) / (1.0 + discount_rate) ** month
        before = until
    return pandas().DataFrame({"clv": monetary_value * value}, getattr(frequency, "index", None))["clv"]


# lifetimes' own names for what its users call, too
_check_inputs = check_inputs
_customer_lifetime_value = customer_lifetime_value
_find_first_transactions = find_first_transactions
_scale_time = scale_time
