"""Simulated customers with their hidden traits, from numpy's global generator as in lifetimes.

`numpy.random.seed` makes a simulation repeatable. The streams are not those of lifetimes, which draws
purchase by purchase; the distributions are. As in lifetimes, ``frequency`` counts the distinct whole units
of time with a purchase, since that is what a summary of dated transactions would find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.typing import Array, Foreign, Frame, NumberLike

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Histories:
    """Purchase times of all customers, customer after customer, each in order."""

    owner: Integers
    times: Array
    alive: NDArray[np.bool_]


def beta_geometric_nbd_model(
    T: NumberLike, r: float, alpha: float, a: float, b: float, size: int = 1
) -> Frame:
    """Customers of the BG/NBD model.

    The DataFrame is indexed by ``customer_id`` with frequency, recency, T, lambda, p and alive.

    Parameters
    ----------
    T : number or (≥ size,) array
        How long each customer is observed.
    r, alpha, a, b : float, > 0
    size : int
    """
    return _table(*_beta_geometric(T, r, alpha, a, b, size, certain=0))


def modified_beta_geometric_nbd_model(
    T: NumberLike, r: float, alpha: float, a: float, b: float, size: int = 1
) -> Frame:
    """Customers of the MBG/NBD model, who may leave right after the first purchase.

    Arguments and result are those of `beta_geometric_nbd_model`.
    """
    return _table(*_beta_geometric(T, r, alpha, a, b, size, certain=1))


def pareto_nbd_model(T: NumberLike, r: float, alpha: float, s: float, beta: float, size: int = 1) -> Frame:
    """Customers of the Pareto/NBD model, who leave at rates of their own, gamma with `s` and `beta`.

    Arguments and result are those of `beta_geometric_nbd_model`, with mu in place of p.
    """
    rng, observed = _generator(), _observed(T, size)
    rate, mu = rng.gamma(r, 1.0 / alpha, size), rng.gamma(s, 1.0 / beta, size)
    with np.errstate(divide="ignore", over="ignore"):
        gone = rng.exponential(1.0, size) / mu
    histories = _buy(rng, rate, np.minimum(observed, gone), np.full(size, np.iinfo(np.int64).max))
    kept = _Histories(histories.owner, histories.times, gone > observed)
    return _table(kept, observed, {"lambda": rate, "mu": mu})


def beta_geometric_beta_binom_model(
    N: NumberLike, alpha: float, beta: float, gamma: float, delta: float, size: int = 1
) -> Frame:
    """Customers of the BG/BB model.

    The DataFrame has frequency, recency, n_periods, p, theta, alive (at the opportunity after the last) and
    customer_id.

    Parameters
    ----------
    N : whole number or (≥ size,) array
        Opportunities that each customer is observed for.
    alpha, beta, gamma, delta : float, > 0
    size : int
    """
    pd = pandas()
    rng, n = _generator(), _observed(N, size)
    p, theta = rng.beta(alpha, beta, size), rng.beta(gamma, delta, size)
    survived = rng.geometric(np.maximum(theta, 1e-300)) - 1  # opportunities met before leaving
    number = np.arange(1, int(n.max(initial=0.0)) + 1)
    met = number <= np.minimum(n, survived)[:, None]
    bought = met & (rng.random(met.shape) < p[:, None])
    last = np.max(np.where(bought, number, 0), axis=1, initial=0)
    columns = {"frequency": bought.sum(axis=1), "recency": last, "n_periods": n, "p": p, "theta": theta}
    columns |= {"alive": survived > n, "customer_id": np.arange(size)}
    return pd.DataFrame(columns).astype(float)


def beta_geometric_nbd_model_transactional_data(
    T: NumberLike,
    r: float,
    alpha: float,
    a: float,
    b: float,
    observation_period_end: object = "2019-1-1",
    freq: str = "D",
    size: int = 1,
) -> Frame:
    """Dated purchases of customers of the BG/NBD model, the first ones included.

    The DataFrame has customer_id and date, one row per purchase.

    Parameters
    ----------
    T, r, alpha, a, b, size
        As for `beta_geometric_nbd_model`, which finds the same customers from the same seed.
    observation_period_end : date
    freq : {"D", "W", "h"}
        What `T` counts in.
    """
    pd = pandas()
    histories, observed, _ = _beta_geometric(T, r, alpha, a, b, size, certain=0)
    unit: Foreign = {"H": "h"}.get(freq, freq)
    end = pd.to_datetime(observation_period_end)
    first = np.arange(size)
    owner = np.concatenate([first, histories.owner])
    since_first = np.concatenate([np.zeros(size), histories.times + 1.0])  # within the unit after the first
    order = np.lexsort((since_first, owner))
    ago = (since_first - observed[owner])[order]
    dates = end + pd.Series(pd.to_timedelta(ago, unit=unit))
    return pd.DataFrame({"customer_id": owner[order], "date": dates})


def _beta_geometric(
    T: NumberLike, r: float, alpha: float, a: float, b: float, size: int, *, certain: int
) -> tuple[_Histories, Array, dict[str, Array]]:
    """Purchases of customers who may leave after each but the `certain` first of them, time, and traits."""
    rng, observed = _generator(), _observed(T, size)
    rate, p = rng.gamma(r, 1.0 / alpha, size), rng.beta(a, b, size)
    histories = _buy(rng, rate, observed, rng.geometric(np.maximum(p, 1e-300)) - certain)
    return histories, observed, {"lambda": rate, "p": p}


def _generator() -> np.random.Generator:
    """Seeded from numpy's global generator, so that `numpy.random.seed` works as users expect."""
    return np.random.default_rng(np.random.randint(2**32, size=4, dtype=np.uint64))  # noqa: NPY002


def _observed(T: NumberLike, size: int) -> Array:
    given = np.asarray(NOT_NEGATIVE.check("T", T))
    if given.ndim == 0:
        return np.full(size, float(given))
    if given.size < size:
        rule = f"must be at most {given.size:,}, the number of customers in T"
        way_out = "Give one length of observation for all, or one for each customer."
        raise InputError("length-mismatch", "size", size, rule, way_out)
    return given[:size]


def _buy(rng: np.random.Generator, rate: Array, until: Array, at_most: NumberLike) -> _Histories:
    """Poisson purchases of each customer until a time, of which the first `at_most` happen."""
    wanted = rng.poisson(rate * until)
    made = np.minimum(wanted, at_most)
    owner = np.repeat(np.arange(rate.size), wanted)
    times = rng.random(owner.size) * until[owner]  # given their number, Poisson times are uniform
    times = times[np.lexsort((times, owner))]
    rank = np.arange(owner.size) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    happens = rank < made[owner]
    return _Histories(owner[happens], times[happens], wanted < at_most)


def _table(histories: _Histories, observed: Array, traits: dict[str, Array]) -> Frame:
    pd = pandas()
    owner, times = histories.owner, histories.times
    unit = np.floor(times)
    another = np.ones(owner.size, np.bool_)
    another[1:] = (owner[1:] != owner[:-1]) | (unit[1:] != unit[:-1])
    recency = np.zeros(observed.size)
    recency[owner] = times  # in order, so the last one stays
    columns = {
        "frequency": np.bincount(owner[another], minlength=observed.size),
        "recency": recency,
        "T": observed,
        **traits,
        "alive": histories.alive,
    }
    index = pd.Index(np.arange(observed.size), name="customer_id")
    return pd.DataFrame(columns, index=index).astype(float)
