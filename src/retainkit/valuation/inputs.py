"""The assumptions of every valuation, checked at the door."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import numbers
from retainkit.domains import POSITIVE, PROBABILITY, Domain
from retainkit.draws import Draws, evenly_thinned
from retainkit.errors import InputError, as_written
from retainkit.protocols import ModelOf, PurchaseProcess, SpendProcess, SurvivalProcess, model_of
from retainkit.rates import Rate, rate_line
from retainkit.strict_json import plain
from retainkit.summaries import Spend
from retainkit.tables import Fault, as_column
from retainkit.typing import Array, NumberLike
from retainkit.units import Duration

Spending: TypeAlias = "ModelOf[SpendProcess[Spend]] | NumberLike"
"""A spend model or its fit, or an amount per purchase: constant, or `Draws` of it."""


def check_margin_share(margin_share: NumberLike) -> float:
    """The share of a purchase that is left after its own costs; never a default."""
    share: Any = PROBABILITY.check(
        "margin_share", margin_share, "Give the margin as a share of spend: 30% is 0.3."
    )
    return numbers(margin_share=(share, PROBABILITY))[0]


def uncertain_margin_share(margin_share: NumberLike) -> float | Draws:
    """The same, or draws of it."""
    if not isinstance(margin_share, Draws):
        return check_margin_share(margin_share)
    check_each("margin_share", margin_share, PROBABILITY)
    return margin_share


def check_each(argument: str, drawn: Draws, domain: Domain) -> None:
    """Refuse draws of which one is outside of the domain."""
    domain.check(argument, drawn.values)


def by_draw(amount: float | Draws, draws: int) -> float | Array:
    """Draws as (draws, 1), against customers on the last axis: so many of them, or all; a number as it is."""
    if not isinstance(amount, Draws):
        return amount
    # evenly, as a posterior's draws are: what belongs together stays so
    return amount.values.reshape(-1, 1)[evenly_thinned(len(amount), draws)]


def share_in_words(share: float | Draws) -> str:
    """A margin as results print it; of draws the mean and the 90% interval."""
    if not isinstance(share, Draws):
        return f"{share:.4g}"
    low, high = share.interval()
    return f"{share.mean():.4g} (90%: {low:.4g} to {high:.4g})"


def check_purchasing(
    purchasing: ModelOf[PurchaseProcess[Any]], argument: str = "purchasing"
) -> PurchaseProcess[Any]:
    """A purchase model, or that of a fit."""
    meant = model_of(purchasing)
    # asked of the class: an object that answers everything, a mock or a proxy, is no model
    if hasattr(type(meant), "discounted_expected_purchases"):
        return meant
    rule = "must be a purchase model, or a fit of one"
    way_out = "For example fit(BGNBD, tx)."
    raise InputError("not-a-model", argument, type(meant).__name__, rule, way_out)


def check_survival(survival: ModelOf[SurvivalProcess], argument: str = "survival") -> SurvivalProcess:
    """What answers ``survival(t, given=...)``, a fit's model too."""
    meant = model_of(survival)
    if hasattr(type(meant), "survival"):  # of the class, as above
        return meant
    rule = "must answer survival(t, given=...)"
    way_out = "Pass a contractual model or its fit; retainkit.interop.survival makes others so."
    raise InputError("not-a-model", argument, type(meant).__name__, rule, way_out)


def check_rate(discount_rate: object) -> Rate:
    """A `Rate`; a bare number has no period and is refused."""
    if isinstance(discount_rate, Rate):
        return discount_rate
    way_out = rate_line("discount_rate", discount_rate)
    way_out += " No discount is Rate(0, per='year')."
    raise InputError("unit-unknown", "discount_rate", discount_rate, "needs its period", way_out)


def active_in_words(active: float, customers: float) -> str:
    """How many are probably active; where the model lets none of them have left, that this is no finding."""
    # the sum of chances that are all 1 is exact: NBD knows no leaving, BG/NBD none before a second purchase
    none_left = customers and active == customers
    return (
        "all taken to be active: none of them can have left in this model"
        if none_left
        else f"{active:,.0f} probably active"
    )


def check_horizon(horizon: object) -> Duration:
    """A `Duration` of more than 0."""
    if not isinstance(horizon, Duration):
        plain = isinstance(horizon, int | float) and horizon > 0
        way_out = as_written("horizon", horizon) or (
            f"Write it as a Duration, for example horizon=Duration({horizon if plain else 3}, 'year')."
        )
        raise InputError("unit-unknown", "horizon", horizon, "needs its unit", way_out)
    if horizon.value == 0.0:
        rule = "must be more than 0: nothing is earned in no time"
        way_out = "Give a length of time, for example Duration(3, 'year')."
        raise InputError("out-of-range", "horizon", horizon, rule, way_out)
    return horizon


def check_spend(given: Spending, argument: str = "spend") -> SpendProcess[Spend] | float:
    """A spend model whose mean exists, or a positive constant."""
    spend: SpendProcess[Spend] = model_of(given)
    if not hasattr(type(spend), "expected_spend_new"):
        amount: Any = POSITIVE.check(argument, given, "Give a GammaGamma model or an amount per purchase.")
        return numbers(**{argument: (amount, POSITIVE)})[0]
    # for q ≤ 1 the mean over customers is infinite: a few of them would make up the whole value
    if not np.all(np.asarray(spend.expected_spend_new()) < math.inf):
        rule = "must have a finite mean, which a GammaGamma has only for q > 1"
        way_out = "Value at the median: pass spend.median_spend_new() as a constant spend per purchase."
        raise InputError("infinite-value", argument, spend, rule, way_out)
    return spend


def uncertain_spend(given: Spending) -> SpendProcess[Spend] | float | Draws:
    """The same, or draws of the amount per purchase."""
    if not isinstance(given, Draws):
        return check_spend(given)
    check_each("spend", given, POSITIVE)
    return given


def cohort_names(cohort: NumberLike) -> NDArray[np.generic]:
    """Labels that a file gives back as they were: dates of Python as days, other objects by their texts."""
    read = as_column("cohort", cohort)
    read.refuse_missing(Fault("missing-value", "must not be missing", "Name those without, say 'unknown'."))
    labels = read.to_numpy()
    if labels.dtype.kind != "O":
        return labels
    if {type(label) for label in labels.tolist()} == {dt.date}:
        return labels.astype("M8[D]")
    names = np.asarray(plain(labels))
    if names.dtype.kind == "O" or len(set(names.tolist())) < len(set(labels.tolist())):
        rule, way_out = "must tell cohorts apart by their texts", "Give texts, dates or numbers, of one kind."
        raise InputError("ambiguous", "cohort", cohort, rule, way_out)
    return names
