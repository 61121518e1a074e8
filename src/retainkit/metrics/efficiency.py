"""How dearly growth is bought: magic number, burn multiple, rule of 40.

Rules of thumb for boards, of whole companies and whole quarters. They know nothing of margin per
customer, churn to come or discount; `retainkit.UnitEconomics` does.
"""

from __future__ import annotations

import numpy as np

from retainkit.columns import columns, plain_first
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.metrics.ratios import over, share
from retainkit.typing import NumberOf, Same


def _magic(now: float, before: float, spent: float) -> float | None:
    return share((now - before) * 4.0, spent)


@plain_first(
    _magic,
    quarterly_revenue=REAL,
    previous_quarterly_revenue=REAL,
    previous_sales_and_marketing=NOT_NEGATIVE,
)
def magic_number(
    quarterly_revenue: NumberOf[Same],
    *,
    previous_quarterly_revenue: NumberOf[Same],
    previous_sales_and_marketing: NumberOf[Same],
) -> Same:
    """Yearly recurring revenue won per unit of sales and marketing of the quarter before.

    (revenue − revenue of the quarter before) · 4 / sales and marketing of the quarter before. At 1, a
    quarter's spending comes back as revenue (not margin) within a year. Negative where revenue fell; without
    spending ``inf`` (or ``-inf``), NaN where nothing changed.

    Parameters
    ----------
    quarterly_revenue, previous_quarterly_revenue : number or column, money per quarter
        Recurring revenue of the quarter and of the one before.
    previous_sales_and_marketing : number or column, money per quarter, 0 or more
        Of the quarter before, since a sale follows its cost.

    Notes
    -----
    L. Leonard (Scale Venture Partners) named it in 2008.

    Examples
    --------
    >>> magic_number(1_500, previous_quarterly_revenue=1_250, previous_sales_and_marketing=800)
    1.25
    """
    (now, before, spent), back = columns(
        quarterly_revenue=(quarterly_revenue, REAL),
        previous_quarterly_revenue=(previous_quarterly_revenue, REAL),
        previous_sales_and_marketing=(previous_sales_and_marketing, NOT_NEGATIVE),
    )
    return back(over((now - before) * 4.0, spent))


@plain_first(share, net_burn=REAL, net_new_arr=REAL)
def burn_multiple(net_burn: NumberOf[Same], *, net_new_arr: NumberOf[Same]) -> Same:
    """Cash burnt per unit of yearly recurring revenue gained: net burn / net new ARR of one period.

    Less is better; negative where cash is made while growing. ``inf`` where cash is burnt without growth. NaN
    where nothing is burnt and nothing grows: no growth was bought.

    Parameters
    ----------
    net_burn : number or column, money
        Cash out less cash in, without financing; negative where cash is made.
    net_new_arr : number or column, money per year
        ARR at the end less ARR at the start of the same period.

    Notes
    -----
    D. Sacks (Craft Ventures), "The burn multiple", 2020.

    Examples
    --------
    >>> burn_multiple(3_000_000, net_new_arr=1_000_000)
    3.0
    >>> burn_multiple(3_000_000, net_new_arr=-1_000_000)
    inf
    """
    (burnt, grown), back = columns(net_burn=(net_burn, REAL), net_new_arr=(net_new_arr, REAL))
    without_growth = np.where(burnt > 0.0, np.inf, np.nan)
    return back(np.where(grown > 0.0, over(burnt, grown), without_growth))


def _both(growth: float, margin: float) -> float:
    return float(growth + margin)


@plain_first(_both, revenue_growth=REAL, profit_margin=REAL)
def rule_of_40(revenue_growth: NumberOf[Same], *, profit_margin: NumberOf[Same]) -> Same:
    """Yearly revenue growth plus profit margin, as a share: the rule asks for 0.40 or more.

    Parameters
    ----------
    revenue_growth : number or column, share per year
        0.25 for 25% more revenue than a year ago.
    profit_margin : number or column, share of revenue
        Of the same year; say in your report which (EBITDA, operating, free cash flow).

    Examples
    --------
    >>> rule_of_40(0.25, profit_margin=0.15)
    0.4
    """
    (growth, margin), back = columns(
        revenue_growth=(revenue_growth, REAL), profit_margin=(profit_margin, REAL)
    )
    return back(growth + margin)
