"""Cash with dates: net present value and internal rate of return per year (XNPV, XIRR).

A time is a number of days/365, as in spreadsheets; ``days_per_year=365.25`` gives the year that the rest
of this library has. Hours and minutes count as parts of a day.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit._numerics.exponential_sums import real_roots
from retainkit.columns import SameKind, columns, labels_of
from retainkit.domains import GROWTH, POSITIVE
from retainkit.economics.cashflows.irr import Root, Undefined, all_rates, one_rate, to_rates
from retainkit.economics.formulas.streams import against, streams
from retainkit.errors import InputError
from retainkit.rates import in_period
from retainkit.typing import Array, ColumnLike, Number, NumberLike, RateLike

_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")


def xnpv(
    amounts: NumberLike,
    dates: ColumnLike,
    discount_rate: RateLike,
    *,
    as_of: NumberLike = None,
    days_per_year: Number = 365.0,
    date_format: str | None = None,
) -> SameKind:
    """The value of dated amounts on one date, discounted per year.

    Σ amount/(1 + discount_rate)^((date − as_of)/days_per_year)

    Gives one number per stream. Raises `InputError` for dates that are missing or cannot be read, unequal
    lengths, values outside their domain.

    Parameters
    ----------
    amounts : (payments,) or (streams, payments), money
        Received positive, paid negative; in any order.
    dates : (payments,) or (streams, payments)
        Dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, numbers YYYYMMDD, or a Series
        of them. A timestamp counts by what its own clock shows.
    discount_rate : number > -1, or Rate
        Effective, per year. A `Rate` is converted to it.
    as_of : date, optional
        The day whose money the answer is in; by default the earliest date (of each stream).
    days_per_year : number > 0
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`: ``"%d/%m/%Y"``.

    Examples
    --------
    >>> round(xnpv([-500, 300, 300], ["2024-01-01", "2024-07-01", "2025-01-01"], 0.1), 4)
    58.7322
    """
    (rate,) = in_period("year", discount_rate=discount_rate)
    (d, year), rates = columns(discount_rate=(rate, GROWTH), days_per_year=(days_per_year, POSITIVE))
    values, back = streams("amounts", amounts)
    days = _days("dates", dates, values, amounts, date_format)
    # money of the first date, as spreadsheets have it, unless the caller says another
    start = days.min(axis=-1, keepdims=True) if as_of is None else _days("as_of", as_of, None)
    back = against(values, back, rates, discount_rate=d)
    return back((values * (1.0 + d[..., None]) ** ((start - days) / year)).sum(axis=-1))


def xirr(
    amounts: NumberLike,
    dates: ColumnLike,
    *,
    root: Root = "only",
    undefined: Undefined = "error",
    days_per_year: Number = 365.0,
    date_format: str | None = None,
) -> SameKind:
    """The effective rate per year at which dated amounts are worth nothing; many streams at once.

    Gives one rate per stream. Raises `InputError` as `xnpv` and `irr`.

    Parameters
    ----------
    amounts, dates, days_per_year, date_format
        As `xnpv`. Amounts of one day are added.
    root, undefined
        As `irr`.

    Examples
    --------
    >>> round(xirr([-500, 300, 300], ["2024-01-01", "2024-07-01", "2025-01-01"]), 6)
    0.278159
    """
    rates, back = _dated_rates(amounts, dates, days_per_year, date_format)
    return one_rate(rates, back, root, undefined, argument="amounts")


def xirr_all(
    amounts: NumberLike, dates: ColumnLike, *, days_per_year: Number = 365.0, date_format: str | None = None
) -> Array:
    """Every internal rate of return per year of dated amounts; arguments as `xirr`, answer as `irr_all`.

    >>> xirr_all([-100, 230, -132], ["2023-01-01", "2024-01-01", "2024-12-31"]).round(6)
    array([0.1, 0.2])
    """
    rates, back = _dated_rates(amounts, dates, days_per_year, date_format)
    return all_rates(rates, back.shape)


def _dated_rates(
    amounts: NumberLike, dates: ColumnLike, days_per_year: Number, date_format: str | None
) -> tuple[Array, Any]:
    values, back = streams("amounts", amounts, at_least=2)
    (year,), _ = columns(days_per_year=(days_per_year, POSITIVE))
    days = _days("dates", dates, values, amounts, date_format)
    order = np.argsort(days, axis=-1, kind="stable")
    days = np.take_along_axis(days, order, axis=-1)
    # one row of dates for all streams is sorted once, not once a stream
    shared = days.ndim < values.ndim
    values = values[..., order] if shared else np.take_along_axis(values, order, axis=-1)
    values, times = values.reshape(-1, values.shape[-1]).copy(), (days - days[..., :1]) / year
    # two terms with one exponent are one term: rounding between them would look like a change of sign
    for k in range(1, values.shape[-1]):  # amounts of one day are one amount
        same = times[..., k] == times[..., k - 1]
        values[:, k] += np.where(same, values[:, k - 1], 0.0)
        values[:, k - 1] *= ~same
    times = times.reshape(-1, times.shape[-1])
    return to_rates(real_roots(values, times[0] if len(times) == 1 else times)), back


def _days(
    argument: str,
    dates: ColumnLike,
    amounts: Array | None,
    labelled: ColumnLike = None,
    date_format: str | None = None,
) -> Array:
    """Dates as float64 days since 1970, checked against the amounts they belong to."""
    from retainkit.tables import DateRule, moments

    found = moments(argument, dates, DateRule(date_format=date_format))
    one_row_for_all = amounts is not None and found.ndim < amounts.ndim
    labels_of(amounts=None if one_row_for_all else labelled, **{argument: dates})
    if amounts is not None and found.shape not in (amounts.shape, amounts.shape[-1:]):
        rule = f"must have one date per amount (amounts {amounts.shape})"
        way_out = "Give one date per amount, or one row of dates for all streams."
        raise InputError("length-mismatch", argument, f"shape {found.shape}", rule, way_out)
    # counted in microseconds, so that hours and minutes are parts of a day
    return found.astype(np.int64) / _DAY
