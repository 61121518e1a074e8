"""Simulated subscription businesses: billing tables whose truth is known, to try forecasts and readers on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, generator, one_number, whole_number
from retainkit.errors import InputError
from retainkit.tables.days import after_months
from retainkit.typing import Array, Plain


@dataclass(frozen=True, slots=True)
class SubscriptionTruth:
    """How the customers of a simulated business behave, month by month; all of it can be replaced.

    Attributes
    ----------
    new_per_month : float
        Customers won in the first month, on average.
    growth : float
        By which they grow a month: .02 is 27% a year.
    season : float, 0 to 1
        Amplitude of the year in them.
    noise : float
        Standard deviation of the logarithm of a month's new customers, beside chance.
    plans, prices, plan_shares : names, money a month, shares of new customers
    churn : (plans,) mean chance to leave in the first month of each plan
    spread : float
        How much customers differ in it: a + b of the beta distribution; the smaller, the more.
    shock : float
        Standard deviation of the logarithm of what a month does to everyone's churn.
    to_higher_plan, to_lower_plan : float
        Monthly chance to move to the next plan, and to the one before.
    seats : float
        Monthly chance that what is paid changes by a fifth, up twice as often as down.
    pause, resume, back : float
        Monthly chance to pause; of a pause to end; and of who has left, for six months, to come back.
    price_rises : mapping of months to rises
        ``{20: .08}``: in month 20 all pay 8% more, and that month's churn is one and a half times as high.
    """

    new_per_month: float = 60.0
    growth: float = 0.01
    season: float = 0.15
    noise: float = 0.1
    plans: tuple[str, ...] = ("basic", "plus", "pro")
    prices: tuple[float, ...] = (20.0, 50.0, 120.0)
    plan_shares: tuple[float, ...] = (0.5, 0.35, 0.15)
    churn: tuple[float, ...] = (0.07, 0.04, 0.02)
    spread: float = 8.0
    shock: float = 0.1
    to_higher_plan: float = 0.006
    to_lower_plan: float = 0.003
    seats: float = 0.01
    pause: float = 0.004
    resume: float = 0.4
    back: float = 0.01
    price_rises: dict[int, float] = field(default_factory=dict[int, float])

    @classmethod
    def typical(cls, rng: np.random.Generator) -> SubscriptionTruth:
        """A plausible business: growing, shrinking or steady, with a season and perhaps a price rise."""
        rises = {int(rng.integers(6, 48)): float(rng.uniform(0.03, 0.12))} if rng.random() < 0.5 else {}
        return cls(
            new_per_month=25.0 * 10.0 ** float(rng.uniform()),
            growth=float(rng.uniform(-0.01, 0.03)),
            season=float(rng.uniform(0.0, 0.3)),
            noise=float(rng.uniform(0.03, 0.2)),
            churn=tuple((np.array([0.07, 0.04, 0.02]) * rng.uniform(0.6, 1.6, 3)).tolist()),
            spread=float(rng.uniform(3.0, 40.0)),
            shock=float(rng.uniform(0.0, 0.25)),
            to_higher_plan=float(rng.uniform(0.0, 0.012)),
            to_lower_plan=float(rng.uniform(0.0, 0.006)),
            seats=float(rng.uniform(0.0, 0.02)),
            pause=float(rng.uniform(0.0, 0.01)),
            back=float(rng.uniform(0.0, 0.02)),
            price_rises=rises,
        )

    def check(self) -> None:
        """An `InputError` for what is no such business."""
        for name in ("new_per_month", "spread"):
            one_number(name, getattr(self, name), POSITIVE)
        for name in ("noise", "shock"):
            one_number(name, getattr(self, name), NOT_NEGATIVE)
        for name in ("season", "to_higher_plan", "to_lower_plan", "seats", "pause", "resume", "back"):
            one_number(name, getattr(self, name), PROBABILITY)
        for name in ("prices", "plan_shares", "churn"):
            if len(getattr(self, name)) != len(self.plans):
                rule = f"must have one entry for each of the {len(self.plans)} plans"
                raise InputError("length-mismatch", name, getattr(self, name), rule, "Name plans alike.")
        for name, domain in (("prices", POSITIVE), ("plan_shares", POSITIVE), ("churn", PROBABILITY)):
            domain.check(name, np.array(getattr(self, name)))


def simulate_billing(
    truth: SubscriptionTruth | None = None,
    *,
    months: int = 36,
    first_month: str = "2022-01",
    seed: int | np.random.Generator,
) -> Plain:
    """A billing table of intervals, simulated month by month: one row a stretch of one plan and price.

    Columns `customer_id`, `start`, `end` (the first day without; NaT while it runs), `amount` (money a
    month), `plan` and `paused` (a word): as `read_subscriptions` takes them.

    Parameters
    ----------
    truth : SubscriptionTruth, optional
    months : whole number
        Months simulated; each customer pays on the first of the month. More months of the same seed begin
        with the same ones.
    first_month : text
        The first month.
    seed : whole number or numpy Generator

    Examples
    --------
    >>> import retainkit as rk
    >>> table = rk.valuation.simulate_billing(months=24, seed=1)
    >>> base = rk.read_subscriptions(table, customer_id="customer_id", start="start", end="end",
    ...                              amount="amount", plan="plan", pauses="paused",
    ...                              observation_end="2023-12-31")
    >>> base.plans
    ('basic', 'plus', 'pro')
    """
    truth = truth or SubscriptionTruth()
    truth.check()
    months, rng = whole_number("months", months, 1), generator(seed)
    phase = rng.uniform(0.0, 2.0 * np.pi)
    # a generator for each month, so that more months leave the earlier ones as they are
    own = rng.spawn(months)
    won = [_won(truth, month, phase, own[month]) for month in range(months)]
    people, plans = sum(won), len(truth.plans)
    prices, mean = np.array(truth.prices), np.array(truth.churn)
    begun = np.cumsum([0, *won])
    plan, left = np.zeros(people, np.int64), np.full(people, months)
    risk, base = np.zeros(people), np.zeros(people)
    now = np.full(people, -1)  # the plan; -1 is gone, plans + plan is paused
    state, paid = np.full((months, people), -1, np.int64), np.zeros((months, people))
    raised = 1.0
    for month, draw in enumerate(own):
        known = slice(0, begun[month])
        raised *= 1.0 + truth.price_rises.get(month, 0.0)
        _month(truth, month, draw, now[known], base[known], left[known], risk[known], plan[known])
        fresh = slice(begun[month], begun[month + 1])
        plan[fresh] = draw.choice(plans, won[month], p=np.array(truth.plan_shares) / sum(truth.plan_shares))
        # each customer's own chance to leave, as in the beta-geometric model
        usual = mean[plan[fresh]]
        # numpy's beta takes no 0: a churn of 0 or 1 is a distribution that hardly leaves it
        risk[fresh] = draw.beta(*np.maximum([usual * truth.spread, (1.0 - usual) * truth.spread], 1e-9))
        base[fresh], now[fresh] = prices[plan[fresh]], plan[fresh]
        state[month], paid[month] = now, np.round(base * raised, 2)
    return _table(truth, state, paid, first_month)


def _month(
    truth: SubscriptionTruth,
    month: int,
    rng: np.random.Generator,
    now: NDArray[np.int64],
    base: Array,
    left: NDArray[np.int64],
    risk: Array,
    plan: NDArray[np.int64],
) -> None:
    """What a month does to who began before: their states, what they pay, and when they left."""
    plans, prices = len(truth.plans), np.array(truth.prices)
    chance = rng.random((6, now.size))
    shock = np.exp(truth.shock * rng.standard_normal() - 0.5 * truth.shock**2)
    shock *= 1.5 if month in truth.price_rises else 1.0
    there, paused = now >= 0, now >= plans
    # who leaves is decided first, so that a pause or another plan does not save a customer this month
    goes = there & (chance[0] < np.minimum(risk * shock, 1.0))
    back = ~there & (month - left <= 6) & (chance[1] < truth.back)
    now[paused & (chance[2] < truth.resume)] -= plans
    now[there & ~paused & (chance[3] < truth.pause)] += plans
    active = there & (now < plans)
    up = active & (chance[4] < truth.to_higher_plan) & (now < plans - 1)
    down = active & (chance[4] > 1.0 - truth.to_lower_plan) & (now > 0)
    for who, step in ((up, 1), (down, -1)):
        base[who] *= prices[now[who] + step] / prices[now[who]]
        now[who] += step
    seats = active & (chance[5] < truth.seats)
    base[seats] *= np.where(chance[5][seats] < truth.seats * 2.0 / 3.0, 1.2, 1.0 / 1.2)
    now[goes], left[goes] = -1, month
    now[back] = plan[back]


def _won(truth: SubscriptionTruth, month: int, phase: float, rng: np.random.Generator) -> int:
    """Customers won in a month."""
    season = 1.0 + truth.season * np.cos(2.0 * np.pi * month / 12.0 + phase)
    noise = np.exp(truth.noise * rng.standard_normal() - 0.5 * truth.noise**2)
    mean = truth.new_per_month * (1.0 + truth.growth) ** month * season * noise
    return int(rng.poisson(float(mean)))


def _table(truth: SubscriptionTruth, state: NDArray[np.int64], paid: Array, first_month: str) -> Plain:
    """The stretches of one state and price, as a table of their customers."""
    months, plans = len(state), len(truth.plans)
    paid = np.where((state >= 0) & (state < plans), paid, 0.0)
    before = np.vstack([np.full(state.shape[1], -1), state[:-1]])
    cost = np.vstack([np.zeros(state.shape[1]), paid[:-1]])
    opens = (state >= 0) & ((state != before) | (paid != cost))
    month, person = (part.T.ravel() for part in np.nonzero(opens))
    order = np.lexsort((month, person))
    month, person = month[order], person[order]
    # a stretch ends where the next of its customer begins, or in the first month without
    ends = np.full(month.size, months)
    ends[:-1] = np.where(person[1:] == person[:-1], month[1:], months)
    gone = np.where(state < 0, np.arange(months)[:, None], months)
    gone = np.minimum.accumulate(gone[::-1], axis=0)[::-1]
    ends = np.minimum(ends, gone[month, person])
    epoch = np.datetime64(first_month, "D").astype(np.int64)
    start = after_months(np.full(month.size, epoch), month)
    end = after_months(np.full(month.size, epoch), ends)
    held = state[month, person]
    return {
        "customer_id": np.array([f"c{p:06d}" for p in person]),
        "start": start.astype("datetime64[D]"),
        "end": np.where(ends < months, end.astype("datetime64[D]"), np.datetime64("NaT", "D")),
        "amount": paid[month, person],
        "plan": np.array(truth.plans)[held % plans],
        "paused": np.where(held >= plans, "paused", ""),
    }
