"""A base of transactions as curves: how sure its figures are, and what else they could be."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.inference.posterior import posterior
from retainkit.inference.result import AnyFit, Fit
from retainkit.inference.spread import with_draws
from retainkit.ingest import TransactionSummary
from retainkit.ingest.transactions.groups import CustomerGroup
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.page.what_if import FEWER, PurchaseCurves, Setting, at_all_nodes, node_times, single
from retainkit.reports.purchases.figures import Intervals
from retainkit.reports.purchases.people import FEW as _ALL
from retainkit.reports.purchases.people import People, Rows
from retainkit.summaries import Spend
from retainkit.typing import Array
from retainkit.units import DAYS_PER
from retainkit.valuation.customers import value_customers

_EXACT = 5_000  # customers up to whom a posterior is drawn; of more, a fit's normal approximation is as good
_STANDING = 4_000  # of more than a few, those who stand for as much value each
_SAMPLE = 200  # customers by whom the draws of the base's curve go
_DRAWS = 1_000
_EVERY = 2  # of the 400 draws behind a value: half the page, and the ends of intervals stay
_PURCHASING, _SPENDING = 1, 2  # seeds with which values take their draws


def estimates(
    tx: TransactionSummary, purchasing: AnyFit, spend: Fit[GammaGamma] | None
) -> tuple[Any, Any, str]:
    """What is known of the parameters, and how: posteriors, or of large bases the fits themselves."""
    if len(tx) > _EXACT:
        return purchasing, spend, "the normal approximation of the fits"
    known = posterior(purchasing, tx.purchases, draws=_DRAWS, seed=_PURCHASING)
    money = None if spend is None else posterior(spend, tx.spend, draws=_DRAWS, seed=_SPENDING)
    return known, money, "the posterior of the parameters"


def curves_of(
    people: People,
    given: Assumptions,
    fits: tuple[AnyFit, Fit[GammaGamma] | None],
    known: tuple[Any, Any],
) -> tuple[PurchaseCurves, tuple[float, float]]:
    """Curves of base and newcomer with 200 draws each, and the interval of the base's expected spend.

    `known` are posteriors, or the fits again. Values are proportional to the margin, so that all is told
    for a margin of 1.
    """
    purchasing, spending = fits
    constant = given.spend_per_purchase
    money: Any = constant if spending is None else known[1]
    asked: Any = {"discount_rate": given.discount_rate, "horizon": given.horizon, "margin_share": 1.0}
    drawn = value_customers(_standing(people), known[0], money, **asked)
    process = _thinned(with_draws(known[0], _PURCHASING))
    years = given.horizon.to("year")
    times = node_times(years)
    fitted = purchasing.model
    unit: Any = fitted.unit
    in_unit = times * (DAYS_PER["year"] / DAYS_PER[unit])
    new = np.vstack([fitted.expected_purchases_new(in_unit), process.expected_purchases_new(in_unit)])
    draws = len(new) - 1
    spend = np.full(draws + 1, constant or 0.0)
    if spending is not None:
        of_draws = _thinned(with_draws(known[1], _SPENDING))
        spend = np.append(spending.model.expected_spend_new(), np.ravel(of_draws.expected_spend_new()))
    whole = _whole_base(people.rows, fitted, spending, constant, in_unit)
    some_times = node_times(given.horizon.to(unit), FEWER)
    sampled = at_all_nodes(_sampled_base(people, process, known[1], constant, some_times))
    curves = PurchaseCurves(
        start=Setting(
            given.margin_share, given.acquisition_cost or 0.0, given.discount_rate.effective("year")
        ),
        horizon=years,
        unit=unit,
        per_year=DAYS_PER["year"] / DAYS_PER[unit],
        new=single(new),
        spend=spend,
        base=single(np.vstack([whole, sampled])),
        spent=drawn.draws.values[::_EVERY],
    )
    return curves, drawn.interval(include=("parameters",))


def _standing(people: People) -> CustomerGroup:
    """All customers; or of many some who, each with a weight, stand for the others as well.

    They are chosen in proportion to their value and weighted by its inverse, so that their value together is
    that of all. What they do by chance counts with their weight, as customers' own variances add up.
    """
    p, spend, value = people.rows.purchases, people.rows.spend, people.value.value
    together = value * people.value.weight
    if people.size <= _ALL or not together.sum() > 0.0:
        return CustomerGroup(p, people.value.customers, spend)
    shares = np.cumsum(together) / together.sum()
    at = np.searchsorted(shares, (np.arange(_STANDING) + 0.5) / _STANDING)
    weight = together.sum() / (_STANDING * value[at])
    some = p.entries(at).reweighted(weight)
    money = None if spend is None else spend.entries(at).reweighted(weight)
    return CustomerGroup(some, np.arange(_STANDING), money)


def _whole_base(
    rows: Rows, model: Any, spending: Fit[GammaGamma] | None, constant: float | None, times: Array
) -> Array:
    """(times,) money that the customers at hand are expected to have spent."""
    each: Any = constant if spending is None else spending.model.expected_spend(_money(rows))
    weight = rows.purchases.weight * each
    return np.array([float(model.expected_purchases(rows.purchases, float(t)) @ weight) for t in times])


def _money(rows: Rows) -> Spend:
    assert rows.spend is not None  # a spend model was fitted
    return rows.spend


def _sampled_base(people: People, process: Any, spend: Any, constant: float | None, times: Array) -> Array:
    """(draws, times) the shape of the same curve by draw, from customers who stand for as much value each.

    How a draw's curve bends with time is nearly the same whoever is asked; what it amounts to is known from
    all customers.
    """
    value, weight = people.value.value, people.value.weight
    places = np.arange(value.size)
    if value.size > _SAMPLE and value.sum() > 0.0:
        shares = np.cumsum(value * weight) / (value @ weight)
        places = np.searchsorted(shares, (np.arange(_SAMPLE) + 0.5) / _SAMPLE)
        weight = 1.0 / value[places]
    rows = people.rows.purchases.entries(places)
    each: Any = constant
    if constant is None:
        each = _thinned(with_draws(spend, _SPENDING)).expected_spend(_money(people.rows).entries(places))  # pyright: ignore[reportAttributeAccessIssue]
    return np.column_stack([(process.expected_purchases(rows, float(t)) * each) @ weight for t in times])


def intervals_of(
    people: People, known: Any, curves: PurchaseCurves, expected: tuple[float, float], how: str
) -> Intervals:
    """90% intervals of the answers, at the assumptions that were given."""
    found = curves.evaluate(curves.start)
    margin = curves.start.margin_share
    return Intervals(
        value=found.range("base"),
        value_expected=(margin * expected[0], margin * expected[1]),
        new_customer=found.range("value"),
        payback=found.range("payback"),
        active=_active(people, known),
        how=how,
    )


def _active(people: People, known: Any) -> tuple[float, float]:
    """The interval of how many are still customers, given the chance of each."""
    alive, weight = people.value.probability_alive, people.value.weight
    total = float(weight @ alive)
    if not total:
        return 0.0, 0.0
    places = np.searchsorted(np.cumsum(weight * alive) / total, (np.arange(_SAMPLE) + 0.5) / _SAMPLE)
    process = _thinned(with_draws(known, _PURCHASING))
    here: Array = process.probability_alive(people.rows.purchases.entries(places)) / alive[places]
    # how the chances of those who stand for the rest move with the parameters
    expected: Array = total * here.mean(axis=1)
    chance = np.random.default_rng(_PURCHASING).standard_normal(expected.size)
    drawn = expected + chance * np.sqrt(float(weight @ (alive * (1.0 - alive))))
    low, high = np.quantile(np.clip(drawn, 0.0, people.size), [0.05, 0.95])
    return float(low), float(high)


def _thinned(model: Any) -> Any:
    """Some of a model's draws."""
    values = [np.asarray(v)[::_EVERY] if np.ndim(v) else v for v in model.family.values_of(model)]
    return model.family.of(values, unit=model.unit)
