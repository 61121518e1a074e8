"""The example data that the lifetimes package carries, read from its files without importing it."""

from __future__ import annotations

from retainkit.ingest.examples import lifetimes_file
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.typing import Foreign, Frame

__all__ = [
    "load_cdnow_summary",
    "load_cdnow_summary_data_with_monetary_value",
    "load_donations",
    "load_transaction_data",
]


def load_dataset(filename: str, **kwargs: object) -> Frame:
    """A file of lifetimes' datasets folder, such as ``"donations.csv"``, as a DataFrame.

    `kwargs` go to ``pandas.read_csv``. Raises `MissingDependencyError` if lifetimes is not installed, or
    has no such file.
    """
    pd = pandas()
    read: Foreign = pd.read_csv
    return read(str(lifetimes_file(filename, "Reading lifetimes' example data")), **kwargs)


def load_donations(**kwargs: object) -> Frame:
    """Donors of a non-profit organisation: 22 histories of six years, with the number of donors of each."""
    return load_dataset("donations.csv", **kwargs)


def load_cdnow_summary(**kwargs: object) -> Frame:
    """Customers of an online CD shop: frequency, recency and T in weeks, rounded to two decimals."""
    return load_dataset("cdnow_customers_summary.csv", **kwargs)


def load_transaction_data(**kwargs: object) -> Frame:
    """Made-up transactions of the year 2014: a date and the id of a customer in each row."""
    return load_dataset("example_transactions.csv", **kwargs)


def load_cdnow_summary_data_with_monetary_value(**kwargs: object) -> Frame:
    """Customers of the CD shop with the mean value of their repeat purchases, indexed by customer."""
    frame = load_dataset("cdnow_customers_summary_with_transactions.csv", **kwargs)
    frame.columns = ["customer_id", "frequency", "recency", "T", "monetary_value"]
    return frame.set_index("customer_id")
