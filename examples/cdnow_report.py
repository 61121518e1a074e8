"""The report that `retainkit demo` makes, in Python: from transactions to a page for the finance department.

Run it with ``python examples/cdnow_report.py``; it writes cdnow_report.html and the value of each customer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import retainkit as rk
from retainkit.ingest import load_cdnow
from retainkit.reports import CustomerBaseReport, report


def main() -> CustomerBaseReport:
    """Report on CDNOW's customers, and say what to do with the answer."""
    made = report(
        load_cdnow("master"),  # or a dataframe, or the path of a CSV or Parquet file
        customer_id="customer_id",
        date="date",
        amount="dollar_value",
        unit="week",
        margin_share=0.30,  # your own: value is margin, not revenue
        acquisition_cost=20.0,
        discount_rate=rk.Rate(0.10, per="year"),
        horizon=rk.Duration(3, "year"),
        title="CDNOW",
        currency="$",
    )
    print(made)
    Path("cdnow_report.html").write_text(made.to_html(), encoding="utf-8")

    value = made.value.value
    best = np.argsort(value)[-5:][::-1]
    print("\nThe five most valuable customers")
    for who, worth in zip(made.value.customers[best], value[best], strict=True):
        print(f"  {who:>6}  ${worth:,.2f}")
    return made


if __name__ == "__main__":
    main()
