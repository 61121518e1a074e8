"""Cash with dates: net present and future value, rates of return per year (XNPV, XNFV, XIRR), payback.

A time is a number of days/365, as in spreadsheets; `day_count` names another convention, and
``days_per_year=365.25`` gives the year that the rest of this library has. Hours and minutes count as parts
of a day. Payments are amounts and their dates, pairs (date, amount), a dict of amounts by date, or a Series
whose index is dates.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit._numerics.exponential_sums import real_roots
from retainkit.columns import SameKind, columns, labels_of
from retainkit.domains import GROWTH
from retainkit.economics.cashflows.day_count import DayCount, paid, years_between
from retainkit.economics.cashflows.irr import Root, Undefined, all_rates, one_rate
from retainkit.economics.cashflows.payback import Crossing, last_in_debt
from retainkit.economics.formulas.streams import against, refuse_rate_first, streams
from retainkit.errors import InputError, missing_argument
from retainkit.rates import in_period
from retainkit.typing import Array, ColumnLike, Number, NumberLike, RateLike

_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")


def xnpv(
    amounts: NumberLike,
    dates: ColumnLike = None,
    discount_rate: RateLike = None,
    *,
    as_of: NumberLike = None,
    day_count: DayCount = "act/365",
    days_per_year: Number | None = None,
    date_format: str | None = None,
) -> SameKind:
    """The value of dated amounts on one date, discounted per year.

    Σ amount/(1 + discount_rate)^(years from `as_of` to the date)

    Gives one number per stream. Raises `InputError` for dates that are missing or cannot be read, unequal
    lengths, values outside their domain, or a rate that comes first, as in a spreadsheet.

    Parameters
    ----------
    amounts : (payments,) or (streams, payments), money
        Received positive, paid negative; in any order. Without `dates`: pairs (date, amount), a dict of
        amounts by date, or a Series whose index is dates.
    dates : (payments,) or (streams, payments)
        Dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, numbers YYYYMMDD, or a Series
        of them. A timestamp counts by what its own clock shows.
    discount_rate : number > -1, or Rate
        Effective, per year. A `Rate` is converted to it.
    as_of : date, optional
        The day whose money the answer is in; by default the earliest date (of each stream).
    day_count : {"act/365", "act/360", "act/act", "30/360", "30E/360", "30U/360"}
        How days become years: actual days over 365 or 360; act/act as ISDA has it, days of leap years over
        366 and others over 365; months of 30 days as ISDA's bond basis ("30/360"), in the European way
        ("30E/360"), and as in the United States, with the ends of February ("30U/360", Excel's basis 0).
    days_per_year : number > 0, optional
        In place of a `day_count`: actual days over this number.
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`: ``"%d/%m/%Y"``.

    Examples
    --------
    >>> round(xnpv([-500, 300, 300], ["2024-01-01", "2024-07-01", "2025-01-01"], 0.1), 4)
    58.7322
    >>> round(xnpv({"2024-01-01": -500, "2024-07-01": 300, "2025-01-01": 300}, discount_rate=0.1), 4)
    58.7322
    """
    return _valued(
        "xnpv", amounts, dates, discount_rate, as_of, np.min, day_count, days_per_year, date_format
    )


def xnfv(
    amounts: NumberLike,
    dates: ColumnLike = None,
    discount_rate: RateLike = None,
    *,
    as_of: NumberLike = None,
    day_count: DayCount = "act/365",
    days_per_year: Number | None = None,
    date_format: str | None = None,
) -> SameKind:
    """The future value of dated amounts: as `xnpv`, but by default in money of the latest date.

    >>> round(xnfv([100, 100], ["2023-01-01", "2024-01-01"], 0.1), 6)
    210.0
    """
    return _valued(
        "xnfv", amounts, dates, discount_rate, as_of, np.max, day_count, days_per_year, date_format
    )


def _valued(
    function: str,
    amounts: NumberLike,
    dates: ColumnLike,
    discount_rate: RateLike,
    as_of: NumberLike,
    edge: Any,
    day_count: DayCount,
    days_per_year: Number | None,
    date_format: str | None,
) -> SameKind:
    refuse_rate_first("amounts", amounts, dates, f"{function}(amounts, dates, discount_rate)")
    if discount_rate is None:
        way_out = f"Write {function}(amounts, dates, 0.1), or discount_rate=0.1 beside pairs or a dict."
        raise missing_argument("discount_rate", "is needed: the rate per year", way_out)
    (rate,) = in_period("year", discount_rate=discount_rate)
    (d,), rates = columns(discount_rate=(rate, GROWTH))
    amounts, dates = paid(function, amounts, dates)
    values, back = streams("amounts", amounts)
    days = _days("dates", dates, values, amounts, date_format)
    # money of the first date, as spreadsheets have it, or the last, unless the caller says another
    start = edge(days, axis=-1, keepdims=True) if as_of is None else _days("as_of", as_of, None)
    years = years_between(start, days, day_count, days_per_year)
    back = against(values, back, rates, discount_rate=d)
    with np.errstate(over="ignore"):
        return back((values * (1.0 + d[..., None]) ** -years).sum(axis=-1))


def xirr(
    amounts: NumberLike,
    dates: ColumnLike = None,
    *,
    root: Root = "only",
    undefined: Undefined = "error",
    day_count: DayCount = "act/365",
    days_per_year: Number | None = None,
    date_format: str | None = None,
) -> SameKind:
    """The effective rate per year at which dated amounts are worth nothing; many streams at once.

    Gives one rate per stream. Raises `InputError` as `xnpv` and `irr`, and for dates in the place of amounts.

    Parameters
    ----------
    amounts, dates, day_count, days_per_year, date_format
        As `xnpv`. Amounts of one day are added.
    root, undefined
        As `irr`.

    Examples
    --------
    >>> round(xirr([-500, 300, 300], ["2024-01-01", "2024-07-01", "2025-01-01"]), 6)
    0.278159
    >>> round(xirr([("2024-01-01", -500), ("2024-07-01", 300), ("2025-01-01", 300)], day_count="act/act"), 6)
    0.279019
    """
    forces, values, back = _dated_forces("xirr", amounts, dates, day_count, days_per_year, date_format)
    return one_rate(forces, values, back, root, undefined, argument="amounts")


def xirr_all(
    amounts: NumberLike,
    dates: ColumnLike = None,
    *,
    undefined: Undefined = "error",
    day_count: DayCount = "act/365",
    days_per_year: Number | None = None,
    date_format: str | None = None,
) -> Array:
    """Every internal rate of return per year of dated amounts; arguments as `xirr`, answer as `irr_all`.

    >>> xirr_all([-100, 230, -132], ["2023-01-01", "2024-01-01", "2024-12-31"]).round(6)
    array([0.1, 0.2])
    """
    forces, values, back = _dated_forces("xirr_all", amounts, dates, day_count, days_per_year, date_format)
    return all_rates(forces, values, back, undefined, argument="amounts")


def payback_date(
    amounts: NumberLike,
    dates: ColumnLike = None,
    *,
    discount_rate: RateLike = 0.0,
    crossing: Crossing = "first",
    day_count: DayCount = "act/365",
    days_per_year: Number | None = None,
    date_format: str | None = None,
) -> SameKind:
    """The day on which the money that came in has covered, discounted, what went out.

    The first payment after which the sum of amount/(1 + discount_rate)^years is no longer negative. Gives a
    `datetime.date`, or None for a stream that is never paid back; for many streams an array of days, ``NaT``
    for never. Where nothing is ever owed it is the earliest date. Raises `InputError` as `xnpv`, and for
    another `crossing`.

    Parameters
    ----------
    amounts, dates, day_count, days_per_year, date_format
        As `xnpv`. Amounts of one day are added.
    discount_rate : number > -1, one per stream, or Rate
        Effective, per year; 0 counts money alone.
    crossing : {"first", "last"}
        ``"first"``: covered for the first time. ``"last"``: covered for good, where later costs open the gap
        again.

    Examples
    --------
    >>> paid = {"2024-01-01": -500, "2024-07-01": 300, "2025-01-01": 210, "2025-07-01": 90}
    >>> print(payback_date(paid), payback_date(paid, discount_rate=0.1))
    2025-01-01 2025-07-01
    """
    (rate,) = in_period("year", discount_rate=discount_rate)
    GROWTH.check("discount_rate", rate)  # there are no draws of a day
    (d,), rates = columns(discount_rate=(rate, GROWTH))
    values, days, years, back = _by_day("payback_date", amounts, dates, day_count, days_per_year, date_format)
    back = against(values, back, rates, discount_rate=d)
    with np.errstate(over="ignore"):
        flows = values * (1.0 + d[..., None]) ** -years
    _, last, owed = last_in_debt(flows, crossing)
    after = np.where(owed, last + 1, 0)
    never, days = after == flows.shape[-1], np.broadcast_to(days, flows.shape)
    when = np.take_along_axis(days, np.where(never, 0, after)[..., None], axis=-1)[..., 0]
    # a payment at noon is one of that day
    day = np.floor(when).astype(np.int64).astype("datetime64[D]")
    return back(np.where(never, np.datetime64("NaT", "D"), day))


def _dated_forces(
    function: str,
    amounts: NumberLike,
    dates: ColumnLike,
    day_count: DayCount,
    days_per_year: Number | None,
    date_format: str | None,
) -> tuple[Array, Array, Any]:
    """The forces ln(1 + rate) of every stream, its amounts added day by day, and the way back."""
    values, _, times, back = _by_day(
        function, amounts, dates, day_count, days_per_year, date_format, at_least=2
    )
    values, times = (part.reshape(-1, values.shape[-1]) for part in (values, times))
    return real_roots(values, times[0] if len(times) == 1 else times), values, back


def _by_day(
    function: str,
    amounts: NumberLike,
    dates: ColumnLike,
    day_count: DayCount,
    days_per_year: Number | None,
    date_format: str | None,
    at_least: int = 1,
) -> tuple[Array, Array, Array, Any]:
    """Amounts in the order of time, added day by day; their days, years since the first, and the way back."""
    amounts, dates = paid(function, amounts, dates)
    values, back = streams("amounts", amounts, at_least=at_least)
    days = _days("dates", dates, values, amounts, date_format)
    order = np.argsort(days, axis=-1, kind="stable")
    days = np.take_along_axis(days, order, axis=-1)
    # one row of dates for all streams is sorted once, not once a stream
    shared = days.ndim < values.ndim
    values = values[..., order] if shared else np.take_along_axis(values, order, axis=-1)
    times = years_between(days[..., :1], days, day_count, days_per_year)
    rows = values.reshape(-1, values.shape[-1]).copy()
    _add_days(rows, times.reshape(-1, values.shape[-1]))
    return rows.reshape(values.shape), days, times, back


def _add_days(values: Array, times: Array) -> None:
    """Amounts of one day as one amount, the last of them; what cancels as far as its digits go is 0."""
    same = times[:, 1:] == times[:, :-1]
    if not same.any():
        return
    size, lines = np.abs(values), np.ones(values.shape)
    for k in range(1, values.shape[-1]):
        # two terms with one exponent are one term: rounding between them would look like a change of sign
        before = same[:, k - 1]
        for column in (values, size, lines):
            column[:, k] += np.where(before, column[:, k - 1], 0.0)
        values[:, k - 1] *= ~before
    # .1 + .2 − .3 is no payment: each of the lines was rounded when it was written
    values[np.abs(values) <= lines * 2.0**-52 * size * (lines > 1.0)] = 0.0


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
