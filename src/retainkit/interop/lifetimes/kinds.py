"""The one place that loads pandas, whose tables lifetimes' interface is made of, and the dates in them."""

from __future__ import annotations

from importlib import import_module

from retainkit.errors import InputError, MissingDependencyError, unknown_choice
from retainkit.typing import Foreign, Frame, NumberLike


def pandas() -> Foreign:
    """The library, or the line that installs it."""
    try:
        return import_module("pandas")
    except ImportError as error:
        raise MissingDependencyError("pandas", "lifetimes", "lifetimes' interface") from error


_LONG = {"h": 1.0, "D": 24.0, "W": 168.0, "M": 730.485, "Q": 2191.455, "Y": 8765.82}
_HOURS = {**_LONG, "min": 1 / 60, "s": 1 / 3600}
_OLD_NAMES = {"H": "h", "T": "min", "S": "s", "A": "Y"}


class Dates:
    """A column of dates, read once."""

    def __init__(self, transactions: Frame, column: str, layout: str | None, freq: str) -> None:
        length_of(freq)  # refuses what is no unit of time
        self.freq, self._layout = named(freq), layout
        self._transactions, self._column = transactions, column
        self.when = self.read(transactions[column])

    def read(self, value: Foreign) -> Frame:
        """A date or a column of dates; what has been read stays as it is."""
        pd = pandas()
        if isinstance(value, pd.Period):
            return value.to_timestamp()
        written = value
        if self._layout is not None and as_text(value):
            written = value.astype(str) if hasattr(value, "astype") else str(value)
        return pd.to_datetime(written, format=self._layout)

    def last(self, given: Foreign) -> Frame:
        """The end of observation: the latest date unless one is given."""
        return self.when.max() if given is None else self.read(given)

    def start_of_last(self, given: Foreign) -> Frame:
        """The first moment of the period of the end of observation."""
        return self.last(given).to_period(self.freq).to_timestamp()

    def table(self, chosen: NumberLike) -> Frame:
        """The chosen rows, with their dates read."""
        return self._transactions.assign(**{self._column: self.when})[chosen]


def find_first_transactions(
    transactions: Frame,
    customer_id_col: str,
    datetime_col: str,
    monetary_value_col: str | None = None,
    datetime_format: str | None = None,
    observation_period_end: object = None,
    freq: str = "D",
) -> Frame:
    """Purchases merged per customer and period, with a column that marks each customer's first one."""
    dates = Dates(transactions, datetime_col, datetime_format, freq)
    period = dates.when.dt.to_period(dates.freq)
    known = period.dt.to_timestamp() <= dates.last(observation_period_end)
    columns = [customer_id_col, datetime_col, *([monetary_value_col] if monetary_value_col else [])]
    require_values(transactions, columns)
    rows = transactions[columns].assign(**{datetime_col: period})[known]
    rows = rows.sort_values([customer_id_col, datetime_col], kind="stable").reset_index(drop=True)
    keys = [customer_id_col, datetime_col]
    if monetary_value_col:
        rows = rows.groupby(keys, sort=False, as_index=False).sum()
    else:
        rows = rows.drop_duplicates(keys)
    return rows.assign(first=~rows.duplicated(customer_id_col))[[*columns, "first"]]


def require_values(transactions: Frame, columns: list[str]) -> None:
    """Refuse gaps, which pandas would leave out of groups and count as 0 in sums."""
    for column in columns:
        gaps = int(transactions[column].isna().sum())
        if gaps:
            shown = f"{gaps:,} of {len(transactions):,} rows without it"
            rule = f"must have a value of {column!r} in every row"
            way_out = "Fill or remove these rows first, and know how many there were."
            raise InputError("missing-value", "transactions", shown, rule, way_out)


def as_text(value: Foreign) -> bool:
    """Whether a date, or a column of dates, is written as a whole number such as 19970101."""
    return isinstance(value, int) or getattr(getattr(value, "dtype", None), "kind", "no") in ("i", "u")


def named(freq: str) -> str:
    """The name that today's pandas has for a frequency."""
    return _OLD_NAMES.get(freq, freq)


def length_of(freq: str) -> Frame:
    """The length of a period; months, quarters and years at their mean over 400 years."""
    pd = pandas()
    name = named(freq).partition("-")[0]
    if name not in _HOURS:  # named by the caller with its anchor, such as W-MON
        raise unknown_choice("freq", freq, tuple(_HOURS))
    return pd.Timedelta(hours=_HOURS[name])
