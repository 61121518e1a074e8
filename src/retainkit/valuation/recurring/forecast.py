"""`forecast_revenue`: from a subscription base to recurring revenue by layer, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from retainkit.domains import CHANGE, POSITIVE, generator, one_number, refuse_unmeant, whole_number
from retainkit.errors import InputError, missing_argument, unknown_choice
from retainkit.inference.spread import Source
from retainkit.metrics import SubscriptionBase, as_of
from retainkit.metrics.base import check_base
from retainkit.plurals import counted
from retainkit.tables import MONTH_OR_DAY, one_day, to_date
from retainkit.tables.days import month_of
from retainkit.typing import Array, NumberLike
from retainkit.valuation.recurring.arrivals import expected, stated
from retainkit.valuation.recurring.history import Cells, History, Runs, Whole, ratio
from retainkit.valuation.recurring.paths import Behaviour, Change, Paths, months_known
from retainkit.valuation.recurring.record import RevenueForecast, RevenueHoldout, RevenueLayer, actual
from retainkit.valuation.recurring.tenures import by_plan, families, hazards
from retainkit.valuation.subscribers import Fits

_LEAST = 6  # months without which nothing is known of how months differ
_HELD_OUT = ((36, 12), (18, 6))  # with so many months so many are held out
_YEAR = 12


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A price or a churn that changes in a month to come.

    Parameters
    ----------
    month : text or date
        In which it happens: ``"2026-05"``.
    price : float, > -1
        By which all that is paid changes from then on: .08 is 8% more. Who is won later pays it, too.
    churn : float, > 0
        Factor on the chance to leave: 1.5 is half as much more.
    months : whole number, optional
        For how many months the factor on churn holds; by default from then on.
    plan : text, optional
        For the customers of one plan only.
    meant : bool
        That a price more than doubled is meant: who writes 8 mostly means 8%.

    Examples
    --------
    >>> import retainkit as rk
    >>> rk.valuation.PlannedChange(month="2026-05", price=0.08, churn=1.5, months=1).price
    0.08
    """

    month: Any
    price: float = 0.0
    churn: float = 1.0
    months: int | None = None
    plan: str | None = None
    meant: InitVar[bool] = False

    def __post_init__(self, meant: bool) -> None:
        one_day("month", self.month, MONTH_OR_DAY)
        refuse_unmeant("price", one_number("price", self.price, CHANGE), meant=meant)
        one_number("churn", self.churn, POSITIVE)
        if self.months is not None:
            whole_number("months", self.months)


def forecast_revenue(
    base: SubscriptionBase,
    *,
    months: int = 24,
    new: NumberLike | None = None,
    fit: Fits | None = None,
    changes: Sequence[PlannedChange] = (),
    draws: int = 1000,
    holdout: bool = True,
    seed: int | np.random.Generator = 0,
) -> RevenueForecast:
    """Forecast recurring revenue: of the customers at hand and of those to come, each with its interval.

    Customers at hand leave by the model of their plan and age; what they pay more and less, pauses and their
    ends, moves between plans and returns follow the rates of the months so far. Intervals hold what is not
    known of the parameters (the posterior of each model, and what months do on average), what each customer
    does, and what makes one month unlike another; ``.total.interval(0.9, include=("parameters",))`` is that
    of what is expected. The last six or twelve months are predicted from before them and compared with what
    came.

    Raises `InputError` for a base without amounts, too few months, changes of unknown plans or outside the
    months; `FitError` where no model says how customers leave.

    Parameters
    ----------
    base : SubscriptionBase
        Read with amounts by `read_subscriptions`. Only whole months count.
    months : whole number
        Months to come, after the last whole month of the base.
    new : number, (months,) numbers, or "trend"
        Revenue of the customers won in each month: stated, or level, trend and season of how many were won so
        far, times what each paid in the last year (with the extra ``forecast``). It is never guessed: 0 is
        existing customers alone.
    fit : a contractual model, its fit or its posterior, or one for each plan by its name; optional
        How long customers stay, in months. By default an average of four models (`inference.average`), plan
        by plan, each with the probability that its evidence gives it: of the eight plans that most have left,
        if at least 20 did, and of all others together. Months held out are predicted in the same way, from
        before them.
    changes : sequence of PlannedChange
        Price and churn changes in the months to come. Those of the past count among what months did.
    draws : whole number
        Simulated paths.
    holdout : bool
        Whether to predict the last months from before, as a check.
    seed : whole number or numpy Generator

    Examples
    --------
    >>> import retainkit as rk
    >>> table = rk.valuation.simulate_billing(months=36, seed=1)
    >>> base = rk.read_subscriptions(table, customer_id="customer_id", start="start", end="end",
    ...                              amount="amount", plan="plan", pauses="paused",
    ...                              observation_end="2024-12-31")
    >>> ahead = rk.valuation.forecast_revenue(base, months=12, new=3000.0, draws=400)
    >>> ahead.total.interval(0.9).shape, bool(ahead.existing.mean[-1] < ahead.opening)
    ((12, 2), True)
    """
    check_base("base", base)
    if not base.priced:
        rule, way_out = "must have been read to forecast revenue", "Name its column: amount='mrr'."
        raise missing_argument("amount", rule, way_out)
    months, draws = whole_number("months", months), whole_number("draws", draws, 2)
    if new is None:
        rule = "must say what new customers bring: a number, one for each month, or 'trend'"
        raise missing_argument("new", rule, "Use new=0 for the customers at hand alone.")
    if isinstance(new, str) and new != "trend":
        raise unknown_choice("new", new, ("trend",))
    rng = generator(seed)
    cells = _cells(base, fit, changes)
    history, given = _history(base, cells), by_plan(fit, cells.names if base.plan_sets else ())
    paths, told = _paths(base, cells, history, months, new, changes, draws, rng, given)
    layers = paths.drawn(rng)
    held = _held_out(base, cells, history, new, draws, rng, families(given)) if holdout else None
    paths = replace(paths, seed=int(rng.integers(2**31)))
    sums = {
        n: (layers[0][n] + layers[1][n]).mean(axis=0)
        for n in ("churn", "expansion", "contraction", "returns")
    }
    ends = layers[0]["end"], layers[1]["end"]
    return RevenueForecast(
        month=np.array(_named(history.last + 1 + np.arange(months))),
        existing=RevenueLayer(ends[0], partial(_part, paths, (0,))),
        new=RevenueLayer(ends[1], partial(_part, paths, (1,))),
        total=RevenueLayer(ends[0] + ends[1], partial(_part, paths, (0, 1))),
        won=paths.arriving[0].sum(axis=2).mean(axis=0), opening=float(history.money_now.sum()),
        models=told, price_changes=_named(history.first + 1 + np.flatnonzero(history.raised)),
        stated=not isinstance(new, str), holdout=held, like=base.customers, **sums,
    )  # fmt: skip


def _part(paths: Paths, layers: tuple[int, ...], sources: frozenset[Source]) -> Array:
    """(draws, months) of some layers, from some sources: a function and no closure, to be pickled."""
    found = paths.of_parameters if "parameters" in sources else paths.of_customers
    return np.sum([found[layer] for layer in layers], axis=0)


def _named(months: Whole) -> tuple[str, ...]:
    return tuple(months.astype("datetime64[M]").astype(np.str_).tolist())


def _cells(base: SubscriptionBase, fit: Fits | None, changes: Sequence[PlannedChange]) -> Cells:
    """Which plans are told apart: those with a model or a change of their own, or that enough have left."""
    named: set[str | None] = set()
    for place, change in enumerate(changes):
        if not isinstance(change, PlannedChange):  # pyright: ignore[reportUnnecessaryIsInstance]
            way_out = "For example PlannedChange(month='2026-05', price=.08)."
            raise InputError("wrong-type", f"changes[{place}]", change, "must be a PlannedChange", way_out)
        if change.plan is not None and change.plan not in base.plan_sets:
            raise unknown_choice(f"changes[{place}].plan", change.plan, base.plan_sets)
        named.add(change.plan)
    return Cells.each(base.plan_sets) if isinstance(fit, Mapping) else Cells.of(base, named)


def _history(base: SubscriptionBase, cells: Cells) -> History:
    history = History.of(base, cells)
    if history.months < _LEAST:
        rule = f"must hold at least {_LEAST} whole months"
        raise InputError("too-few", "base", counted(history.months, "month"), rule, "Read a longer table.")
    return history


def _paths(
    base: SubscriptionBase,
    cells: Cells,
    history: History,
    months: int,
    new: NumberLike,
    changes: Sequence[PlannedChange],
    draws: int,
    rng: np.random.Generator,
    given: Mapping[str, Any],
) -> tuple[Paths, dict[str, str]]:
    """What leads from the customers at hand, and those to come, to their revenue; the models of tenure."""
    h = history
    hazard, told = hazards(base, cells, h, h.customers_now.shape[1] + months, draws, rng, given)
    behaviour = Behaviour.of(h, hazard)
    known = months_known(behaviour.weight, draws, rng)
    planned = _planned(h, months, changes)
    start = h.customers_now, h.money_now, h.pausing_now, h.gone_now
    money = expected(h, months, draws, rng) if isinstance(new, str) else stated(new, months, draws)
    return Paths(behaviour, known, planned, start, _arriving(h, money, planned)), told


def _arriving(h: History, money: Array, planned: Sequence[Change]) -> tuple[Array, Array]:
    """Money and customers (draws, months, plans) who begin, shared out as in the last year."""
    # without anybody new in a year, the customers at hand say what plans are worth, or all there ever were
    told = (
        (h.new[-_YEAR:].sum(axis=0), h.new_customers[-_YEAR:].sum(axis=0)),
        (h.money_now.sum(axis=1), h.customers_now.sum(axis=1)),
        (h.paying.sum(axis=0), h.at_risk.sum(axis=(0, 2))),
    )
    lately, people = next((pair for pair in told if pair[0].sum() > 0.0), told[-1])
    share, mean = ratio(lately, lately.sum(), 1.0 / lately.size), ratio(lately, people, 1.0)
    # rises of price hold for who comes later, too
    price = np.cumprod([change.paid for change in planned], axis=0)
    each = money[:, :, None] * share
    return each * price, each / mean


def _planned(h: History, months: int, changes: Sequence[PlannedChange]) -> list[Change]:
    """The factors of each month to come, by plan."""
    paid, churn = np.ones((months, len(h.plans))), np.ones((months, len(h.plans)))
    for place, change in enumerate(changes):
        day = np.array([one_day("month", change.month, MONTH_OR_DAY)])
        at = int(month_of(day)[0]) - h.last - 1
        if not 0 <= at < months:
            first, last = (np.datetime64(h.last + k, "M") for k in (1, months))
            rule = f"must be a month of the forecast ({first} to {last})"
            way_out = "What happened before is in the base."
            raise InputError("out-of-range", f"changes[{place}].month", change.month, rule, way_out)
        which = np.array([change.plan in (None, plan) for plan in h.plans])
        paid[at, which] *= 1.0 + change.price
        until = months if change.months is None else at + change.months
        churn[at:until, which] *= change.churn
    return [Change(*factors) for factors in zip(paid, churn, strict=True)]


def _held_out(
    base: SubscriptionBase,
    cells: Cells,
    history: History,
    new: NumberLike,
    draws: int,
    rng: np.random.Generator,
    given: Mapping[str, Any],
) -> RevenueHoldout | None:
    """The last months predicted from before, beside two baselines."""
    months = next((held for least, held in _HELD_OUT if history.months >= least), 0)
    if not months:
        return None
    cut = history.last - months
    day = int((np.datetime64(cut + 1, "M").astype("datetime64[D]")).astype(np.int64)) - 1
    before = as_of(base, to_date(day))
    cells = Cells.apart(before.plan_sets, cells.names) if before.plan_sets else cells
    known = History.of(before, cells)
    # a stated plan is for months to come: of those held out only the customers at hand are predicted
    trend = isinstance(new, str)
    paths, _ = _paths(before, cells, known, months, new if trend else 0.0, (), draws, rng, given)
    existing, coming = paths.drawn(rng)
    ends = cut + 1 + np.arange(months)
    real = actual(Runs.of(base), cut, ends)
    total = existing["end"] + coming["end"]
    low, high = np.quantile(total, [0.05, 0.95], axis=0)
    unknown = np.full(months, np.nan)
    return RevenueHoldout(
        month=np.array(_named(ends)),
        existing=existing["end"].mean(axis=0),
        new=coming["end"].mean(axis=0) if trend else unknown,
        total=total.mean(axis=0) if trend else unknown,
        actual_existing=real[0], actual_new=real[1], actual_total=real[0] + real[1],
        low=low if trend else unknown, high=high if trend else unknown,
        **_baselines(known, months),
    )  # fmt: skip


def _baselines(h: History, months: int) -> dict[str, Array]:
    """What a spreadsheet would say: growth as before; mean rates and mean revenue won as before."""
    ends = np.append(h.paying.sum(axis=1), h.money_now.sum())
    now, past, ahead = ends[-1], ends[max(ends.size - 1 - months, 0)], np.arange(1.0, months + 1.0)
    growth = (now / past) ** (1.0 / months) if past > 0.0 else 1.0
    year = slice(-_YEAR, None)
    won = h.new.sum(axis=1)[year].mean()
    kept = float(ratio((ends[1:] - h.new.sum(axis=1))[year].sum(), ends[:-1][year].sum()))
    flat = np.empty(months)
    for k in range(months):
        now = now * kept + won
        flat[k] = now
    return {"growth_continues": ends[-1] * growth**ahead, "flat_churn": flat}
