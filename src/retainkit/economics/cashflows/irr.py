"""The internal rate of return: the rate at which a stream of cash is worth nothing.

A stream may have none (all money comes in), one (it pays first and receives later), or several (it changes
its sign more than once: an investment with a costly end). All real rates are found that a float can tell
from −100%, those with 1 + rate ≥ 2⁻⁵² ≈ 2.2e-16, for a million streams at once; which one is meant is said,
never guessed. Rates still closer to −100% are no one's return: they are neither given nor counted.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit._numerics.exponential_sums import real_roots
from retainkit.columns import Back, SameKind, columns
from retainkit.domains import GROWTH
from retainkit.economics.formulas.streams import against, streams
from retainkit.errors import InputError, check_choice, show
from retainkit.rates import in_period
from retainkit.typing import Array, NumberLike, RateLike, Unit

Root: TypeAlias = Literal["only", "lowest", "highest", "nearest-zero"]
"""Which internal rate of return is meant where a stream has several."""

Undefined: TypeAlias = Literal["error", "nan"]
"""What happens to a stream without the rate that was asked for."""


def irr(cash_flows: NumberLike, *, root: Root = "only", undefined: Undefined = "error") -> SameKind:
    """The rate per period at which a stream with one amount per period is worth nothing.

    Σₖ cash_flowsₖ/(1 + irr)^k = 0. Paid is negative, received is positive.

    Raises `InputError` with ``code`` "undefined" (no rate, or every rate where all amounts are 0) or
    "ambiguous" (several rates), and for empty, ragged or missing amounts.

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        A list, array or Series is one stream; rows of an array or a DataFrame are many.
    root : {"only", "lowest", "highest", "nearest-zero"}
        Which rate is meant where there are several. ``"only"`` takes none of them: it is undefined.
        Nearness is measured in ln(1 + rate), in which 100% and −50% are as far from 0.
    undefined : {"error", "nan"}
        ``"error"`` refuses streams without the rate, and says why; ``"nan"`` gives NaN for them.

    Returns
    -------
    float, ndarray or Series
        Effective, per period of the stream (a monthly stream has a monthly rate; see `Rate`).

    See Also
    --------
    irr_all : every rate of a stream.
    xirr : amounts with dates.

    Examples
    --------
    >>> round(irr([-500] + [50] * 20), 6)
    0.077547
    >>> round(irr([-50, -100, 600, 300, -100], root="highest"), 3)
    1.854
    """
    amounts, back = streams("cash_flows", cash_flows, at_least=2)
    return one_rate(_forces(amounts), amounts, back, root, undefined)


def irr_all(cash_flows: NumberLike, *, undefined: Undefined = "error") -> Array:
    """Every internal rate of return with 1 + rate ≥ 2⁻⁵², ascending: none, one or several.

    Raises `InputError` as `irr`, but not for a stream with no rate or several.

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        As `irr`.
    undefined : {"error", "nan"}
        What to do where every rate makes the value 0, since nothing is paid: refuse, or give no rate.

    Returns
    -------
    (rates,) or (streams, most rates of any stream) float64 array
        Rows of several streams are padded with NaN. Two rates that are closer than rounding can tell
        apart (a value that touches 0 and turns) are given once.

    Examples
    --------
    >>> irr_all([-50, -100, 600, 300, -100]).round(3)
    array([-0.769,  1.854])
    >>> irr_all([100, 20]).size
    0
    """
    amounts, back = streams("cash_flows", cash_flows, at_least=2)
    return all_rates(_forces(amounts), amounts, back, undefined)


def _forces(amounts: Array) -> Array:
    terms = amounts.shape[-1]
    # in the force u = ln(1 + rate) a stream is Σ aₖ·e^(−k·u): whole and dated cash are one problem
    return real_roots(amounts.reshape(-1, terms), np.arange(float(terms)))


def all_rates(
    forces: Array, amounts: Array, back: Back, undefined: Undefined, *, argument: str = "cash_flows"
) -> Array:
    """Every rate found, of its force ln(1 + rate): without padding for a single stream."""
    check_choice("undefined", undefined, get_args(Undefined))
    if undefined == "error":
        _refuse_empty(argument, amounts, back)
    rates = np.expm1(forces)
    return rates.reshape(*back.shape, -1) if back.shape else rates[0, ~np.isnan(rates[0])]


def one_rate(
    forces: Array,
    amounts: Array,
    back: Back,
    root: Root,
    undefined: Undefined,
    *,
    argument: str = "cash_flows",
) -> SameKind:
    """The rate that is meant, out of the forces ln(1 + rate) of all that were found (streams, most)."""
    check_choice("root", root, get_args(Root))
    check_choice("undefined", undefined, get_args(Undefined))
    count = np.count_nonzero(~np.isnan(forces), axis=1)
    rows = np.arange(len(forces))
    chosen = forces[:, 0].copy()
    if root == "highest":
        # forces ascend and NaN pads the end, so that the last one found stands at count − 1
        chosen = forces[rows, np.maximum(count - 1, 0)]
    elif root == "nearest-zero":
        chosen = forces[rows, np.argmin(np.nan_to_num(np.abs(forces), nan=np.inf), axis=1)]
    elif root == "only":
        # "only" is a promise: with two rates neither is the answer
        chosen[count > 1] = np.nan
    if undefined == "error" and np.isnan(chosen).any():
        _refuse_empty(argument, amounts, back)
        raise _undefined(argument, np.expm1(forces), count, back)
    return back(np.expm1(chosen).reshape(back.shape))


def mirr(
    cash_flows: NumberLike,
    finance_rate: RateLike,
    reinvest_rate: RateLike,
    *,
    undefined: Undefined = "error",
    period: Unit | None = None,
) -> SameKind:
    """The modified internal rate of return: money paid is financed at one rate, money received earns another.

    (Σ received·(1 + reinvest_rate)^(n − k) / Σ paid·(1 + finance_rate)^−k)^(1/n) − 1, with amounts at
    k = 0 … n: there is always just one.

    Raises `InputError` for streams in which nothing is paid, or nothing received; else as `irr`.

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        As `irr`.
    finance_rate, reinvest_rate : number or one per stream, or Rate, per period, > -1
    undefined : {"error", "nan"}
        As `irr`.
    period : unit, optional
        What the stream counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> round(mirr([-1000, 500, 400, 300, 100], 0.1, 0.12), 6)
    0.131686
    """
    finance_rate, reinvest_rate = in_period(period, finance_rate=finance_rate, reinvest_rate=reinvest_rate)
    amounts, back = streams("cash_flows", cash_flows, at_least=2)
    (f, r), rates = columns(finance_rate=(finance_rate, GROWTH), reinvest_rate=(reinvest_rate, GROWTH))
    back = against(amounts, back, rates, finance_rate=f, reinvest_rate=r)
    k = np.arange(float(amounts.shape[-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        paid, received = (
            np.log((np.maximum(part, 0.0) * np.exp(-k * np.log1p(rate)[..., None])).sum(axis=-1))
            for part, rate in ((-amounts, f), (amounts, r))
        )
        rate = np.expm1((received - paid) / k[-1] + np.log1p(r))
        rate = np.where(np.isfinite(received - paid), rate, np.nan)
    refuse_undefined("cash_flows", rate, np.zeros(rate.shape), undefined, back)
    return back(rate)


def refuse_undefined(argument: str, rate: Array, changes: Array, undefined: Undefined, back: Back) -> None:
    """Complain of the first missing rate, if that is asked for; two `changes` of direction allow several."""
    check_choice("undefined", undefined, get_args(Undefined))
    missing = np.isnan(rate)
    if undefined == "error" and missing.any():
        row = int(np.argmax(missing))
        several = np.ravel(changes)[row] > 1
        rule = "must have a single rate of return, but " + (
            "money changes its direction twice" if several else "no rate makes its value 0"
        )
        way_out = (
            "Write it as a stream and take irr_all."
            if several
            else "It needs money paid and money received; undefined='nan' gives NaN for such streams."
        )
        raise InputError("ambiguous" if several else "undefined", argument, _where(row, back), rule, way_out)


def _refuse_empty(argument: str, amounts: Array, back: Back) -> None:
    """Amounts that cancel at each date: every rate makes their value 0."""
    nothing = ~amounts.reshape(-1, amounts.shape[-1]).any(axis=1)
    if nothing.any():
        rule = "must have an internal rate of return, but every rate makes its value 0: its amounts are 0"
        way_out = "What is paid and received cancels at each date; undefined='nan' gives no rate for it."
        raise InputError("undefined", argument, _where(int(np.argmax(nothing)), back), rule, way_out)


def _where(row: int, back: Back) -> str:
    return f"the stream in row {row:,}" if back.shape else "this stream"


def _undefined(argument: str, rates: Array, count: NumberLike, back: Back) -> InputError:
    # a stream without a rate is named before one with several: it is the graver mistake
    row = int(np.argmax(count == 0 if np.any(count == 0) else count > 1))
    where = _where(row, back)
    if count[row] == 0:
        rule = "must have an internal rate of return, but no rate makes its value 0"
        way_out = "It needs money paid and money received; undefined='nan' gives NaN for such streams."
        return InputError("undefined", argument, where, rule, way_out)
    found = ", ".join(show(round(float(r), 6)) for r in rates[row, : count[row]])
    rule = "must have a single internal rate of return"
    way_out = "Say which is meant, for example root='highest', or take them all with irr_all or xirr_all."
    return InputError("ambiguous", argument, f"{where} with {found}", rule, way_out)
