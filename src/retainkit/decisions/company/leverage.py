"""From customer equity to shareholder value: debt, other assets, and the leverage that they make.

Shareholder value is customer equity, plus non-operating assets, less debt (and less taxes and indirect costs
where customer equity is counted before them). A percent more customer equity is therefore more than a percent
of shareholder value where there is debt, and less where other assets stand beside the customers.

Schulze, C., Skiera, B. and Wiesel, T. (2012), "Linking Customer and Financial Metrics to Shareholder Value:
The Leverage Effect in Customer-Based Valuation", Journal of Marketing 76(2), 17-32, doi:10.1509/jm.10.0280.
"""

from __future__ import annotations

import numpy as np

from retainkit.columns import columns
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.errors import refuse_where
from retainkit.typing import NumberOf, Same


def shareholder_value(
    customer_equity: NumberOf[Same],
    *,
    non_operating_assets: NumberOf[Same],
    debt: NumberOf[Same],
    tax: NumberOf[Same] = 0.0,
    overhead: NumberOf[Same] = 0.0,
) -> Same:
    """What a company's owners have: customer equity + non-operating assets − debt − tax − overhead.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    customer_equity : number or column, money of now
        Of present and future customers.
    non_operating_assets : number or column, money, 0 or more
        Cash and what else the business with customers does not need.
    debt : number or column, money, 0 or more
    tax, overhead : number or column, money of now, 0 or more
        Present values of taxes and of costs that no customer causes, where customer equity is before them.

    Returns
    -------
    float, ndarray or Series

    Examples
    --------
    Netflix, 2003, millions of dollars:

    >>> round(shareholder_value(996, non_operating_assets=59.3, debt=63.3, tax=397), 6)
    595.0
    """
    (ce, other, owed, taxed, fixed), back = columns(
        customer_equity=(customer_equity, REAL),
        non_operating_assets=(non_operating_assets, NOT_NEGATIVE),
        debt=(debt, NOT_NEGATIVE),
        tax=(tax, NOT_NEGATIVE),
        overhead=(overhead, NOT_NEGATIVE),
    )
    # tax and overhead come off only where customer equity was counted before them
    return back(ce + other - owed - taxed - fixed)


def leverage_effect(
    customer_equity: NumberOf[Same], *, non_operating_assets: NumberOf[Same], debt: NumberOf[Same]
) -> Same:
    """By how many percent shareholder value rises with one percent of customer equity: CE/(CE + NOA − debt).

    Raises `InputError` for values outside their domain, and where nothing is left for the owners: there is no
    leverage on a shareholder value of 0 or less.

    Parameters
    ----------
    customer_equity : number or column, money
        After tax and overhead, where the company has them.
    non_operating_assets, debt : number or column, money, 0 or more

    Returns
    -------
    float, ndarray or Series

    Examples
    --------
    >>> leverage_effect(1000, non_operating_assets=0, debt=900)
    10.0
    >>> leverage_effect(1000, non_operating_assets=1000, debt=0)
    0.5
    """
    (ce, other, owed), back = columns(
        customer_equity=(customer_equity, REAL),
        non_operating_assets=(non_operating_assets, NOT_NEGATIVE),
        debt=(debt, NOT_NEGATIVE),
    )
    # d ln SHV / d ln CE: assets and debt do not move with customer equity
    value = np.asarray(ce + other - owed)
    rule = "must be above 0: a percentage of nothing has no meaning"
    way_out = "Compare amounts with shareholder_value instead."
    # at 0 the percentage is infinite and changes its sign
    refuse_where(
        value <= 0.0, "undefined", "customer_equity + non_operating_assets - debt", value, rule, way_out
    )
    return back(ce / value)
