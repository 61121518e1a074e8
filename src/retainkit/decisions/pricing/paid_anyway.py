"""How much of a reward goes to customers who would have done the thing anyway."""

from __future__ import annotations

import numpy as np

from retainkit.columns import columns
from retainkit.domains import PROBABILITY, SHARE_ABOVE_0
from retainkit.typing import NumberOf, Same


def share_paid_anyway(probability_without: NumberOf[Same], probability_with: NumberOf[Same]) -> Same:
    """The share of a reward that is paid to customers who would have stayed, or bought, without it.

    p₀/p₁, when everyone who stays (or buys) gets the reward and nobody leaves because of it: p₁ are paid,
    p₀ of them would have stayed anyway. The cost per customer really kept is 1/(1 − share) times the
    reward. Both probabilities need a control group: nothing in the data of the rewarded alone tells them
    apart.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    probability_without : number or column in [0, 1]
        p₀, of those who were not offered the reward.
    probability_with : number or column in (0, 1]
        p₁, of those who were.

    Returns
    -------
    float, ndarray or Series
        1 where the reward moves nobody.

    Examples
    --------
    Without an offer 70% of the customers at risk stay, with it 76%: of every $100 of incentives $92.11 go
    to customers who would have stayed.

    >>> round(share_paid_anyway(0.70, 0.76), 6)
    0.921053
    """
    (without, with_), back = columns(
        probability_without=(probability_without, PROBABILITY),
        probability_with=(probability_with, SHARE_ABOVE_0),
    )
    # a reward that drives customers away is paid to those who would have stayed, all of it
    return back(np.minimum(1.0, without / with_))
