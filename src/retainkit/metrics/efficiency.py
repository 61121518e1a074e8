"""How dearly growth is bought: magic number, burn multiple, rule of 40.

Rules of thumb for boards, of whole companies and whole quarters. They know nothing of margin per
customer, churn to come or discount; `retainkit.UnitEconomics` does.
"""

from __future__ import annotations

from sys import float_info

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.metrics.ratios import over, plain
from retainkit.typing import NumberLike

_MAX = float_info.max


def magic_number(
    quarterly_revenue: NumberLike,
    *,
    previous_quarterly_revenue: NumberLike,
    previous_sales_and_marketing: NumberLike,
) -> SameKind:
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
    changed, spend = (quarterly_revenue, previous_quarterly_revenue), previous_sales_and_marketing
    if plain(*changed, least=-_MAX) and plain(spend) and spend > 0.0:
        return (quarterly_revenue - previous_quarterly_revenue) * 4.0 / spend
    (now, before, spent), back = columns(
        quarterly_revenue=(quarterly_revenue, REAL),
        previous_quarterly_revenue=(previous_quarterly_revenue, REAL),
        previous_sales_and_marketing=(previous_sales_and_marketing, NOT_NEGATIVE),
    )
    return back(over((now - before) * 4.0, spent))


def burn_multiple(net_burn: NumberLike, *, net_new_arr: NumberLike) -> SameKind:
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
    if plain(net_burn, net_new_arr, least=-_MAX) and net_new_arr > 0.0:
        return net_burn / net_new_arr
    (burnt, grown), back = columns(net_burn=(net_burn, REAL), net_new_arr=(net_new_arr, REAL))
    without_growth = np.where(burnt > 0.0, np.inf, np.nan)
    return back(np.where(grown > 0.0, over(burnt, grown), without_growth))


def rule_of_40(revenue_growth: NumberLike, *, profit_margin: NumberLike) -> SameKind:
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
    if plain(revenue_growth, profit_margin, least=-_MAX):
        return float(revenue_growth + profit_margin)
    (growth, margin), back = columns(
        revenue_growth=(revenue_growth, REAL), profit_margin=(profit_margin, REAL)
    )
    return back(growth + margin)
