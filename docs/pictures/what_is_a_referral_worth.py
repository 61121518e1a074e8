"""Draws what_is_a_referral_worth.svg: value by churn with and without referrals, and what a reward gains.

Run it from anywhere: ``python docs/pictures/what_is_a_referral_worth.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from paper import save, style

from retainkit.decisions.referral.multiplier import value_with_referrals
from retainkit.decisions.referral.reward import best_referral_reward
from retainkit.decisions.spending.response_curves import ExponentialResponse

MARGIN, RATE = 50, 0.01
REFERRALS = {
    0.0: ("no referrals", "0.4"),
    0.01: ("1 in 100 refers one a month", "#2166ac"),
    0.02: ("2 in 100 refer one a month", "#1b7837"),
}
RESPONSE = ExponentialResponse(ceiling=0.12, k=0.05, floor=0.03)
WORTH = 120


def values(axes: Axes) -> None:
    """The value of a customer with all who follow, by churn."""
    churn = np.linspace(0.03, 0.10, 281)
    for rate, (label, color) in REFERRALS.items():
        value = value_with_referrals(
            MARGIN,
            referrals_per_period=rate,
            cost_per_referral=0,
            churn=churn,
            discount_rate=RATE,
            timing="end",
        ).value
        axes.plot(churn, value, color=color, lw=2, label=label)
    axes.legend(frameon=False, reverse=True)
    axes.set_title("a customer with all who follow", fontsize=10, loc="left")
    axes.set_xlabel("churn per month")
    axes.set_ylabel(r"value, \$")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlim(0.03, 0.10)
    axes.set_ylim(0, 2600)


def rewards(axes: Axes) -> None:
    """What a reward gains per customer asked, and what it would if those who refer anyway were not paid."""
    reward = np.linspace(0, 120, 481)
    referrals = np.asarray(RESPONSE.rate(reward))
    gain = referrals * (WORTH - reward) - RESPONSE.rate(0.0) * WORTH
    additional = (referrals - RESPONSE.rate(0.0)) * (WORTH - reward)
    best = best_referral_reward(WORTH, response=RESPONSE, most=120)
    even = best.break_even_reward or 120.0
    axes.axhline(0, color="0.25", lw=0.8)
    axes.plot(reward, additional, color="0.6", lw=1.5, ls="--")
    axes.annotate(
        "if only the additional\nones were paid",
        (66, additional[264]),
        (6, 4),
        textcoords="offset points",
        color="0.45",
    )
    axes.plot(reward, gain, color="#2166ac", lw=2)
    axes.plot(best.reward, best.gain, "o", color="#2166ac", ms=5)
    axes.annotate(
        rf"best: \${best.reward:.2f}",
        (best.reward, float(np.mean(best.gain))),
        (0, -24),
        textcoords="offset points",
        ha="center",
        color="#2166ac",
    )
    axes.plot(even, 0, "o", color="#b2182b", ms=5)
    axes.annotate(
        rf"\${even:.2f}",
        (even, 0),
        (-4, -12),
        textcoords="offset points",
        ha="right",
        color="#b2182b",
    )
    axes.set_title(r"what a reward gains, a referral being worth \$120", fontsize=10, loc="left")
    axes.set_xlabel(r"reward for every referral that joins, \$")
    axes.set_ylabel(r"gain per customer asked, \$")
    axes.set_xlim(0, 120)
    axes.set_ylim(-4, 8)


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
    values(left)
    rewards(right)
    figure.suptitle(
        "Who stays longer refers more; and every referral is paid for, also those that come anyway",
        x=0.075,
        ha="left",
        fontsize=12,
    )
    figure.subplots_adjust(left=0.075, right=0.97, wspace=0.25, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
