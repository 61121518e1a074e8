"""The internal rate of return: the rate at which a stream of cash is worth nothing.

A stream may have none (all money comes in), one (it pays first and receives later), or several (it changes
its sign more than once: an investment with a costly end). All real rates above −100% are found, for a
million streams at once; which one is meant is said, never guessed.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit._numerics.exponential_sums import real_roots
from retainkit.columns import Back, SameKind
from retainkit.economics.formulas.streams import streams
from retainkit.errors import InputError, show, unknown_choice
from retainkit.typing import Array, NumberLike

Root: TypeAlias = Literal["only", "lowest", "highest", "nearest-zero"]
"""Which internal rate of return is meant where a stream has several."""

Undefined: TypeAlias = Literal["error", "nan"]
"""What happens to a stream without the rate that was asked for."""


def irr(cash_flows: NumberLike, *, root: Root = "only", undefined: Undefined = "error") -> SameKind:
    """The rate per period at which a stream with one amount per period is worth nothing.

    Σₖ cash_flowsₖ/(1 + irr)^k = 0. Paid is negative, received is positive.

    Raises `InputError` with ``code`` "undefined" or "ambiguous" (several rates), and for empty, ragged or
    missing amounts.

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        A list, array or Series is one stream; rows of an array or a DataFrame are many.
    root : {"only", "lowest", "highest", "nearest-zero"}
        Which rate is meant where there are several. ``"only"`` takes none of them: it is undefined.
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
    return one_rate(_rates(amounts), back, root, undefined)


def irr_all(cash_flows: NumberLike) -> Array:
    """Every internal rate of return above −100%, ascending: none, one or several.

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        As `irr`.

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
    amounts, _ = streams("cash_flows", cash_flows, at_least=2)
    return all_rates(_rates(amounts), amounts.shape[:-1])


def _rates(amounts: Array) -> Array:
    terms = amounts.shape[-1]
    # in the force u = ln(1 + rate) a stream is Σ aₖ·e^(−k·u): whole and dated cash are one problem
    return to_rates(real_roots(amounts.reshape(-1, terms), np.arange(float(terms))))


def to_rates(roots: Array) -> Array:
    """Effective rates from their forces ln(1 + rate)."""
    with np.errstate(over="ignore"):
        # a force above 709 is a rate that no float holds: inf, which is what it is
        return np.expm1(roots)


def all_rates(rates: Array, rows: tuple[int, ...]) -> Array:
    """Every rate found: without padding for a single stream."""
    return rates.reshape(*rows, -1) if rows else rates[0, ~np.isnan(rates[0])]


def one_rate(
    rates: Array, back: Back, root: Root, undefined: Undefined, *, argument: str = "cash_flows"
) -> SameKind:
    """The rate that is meant, out of all that were found (streams, most)."""
    if root not in ("only", "lowest", "highest", "nearest-zero"):
        raise unknown_choice("root", root, get_args(Root))
    if undefined not in ("error", "nan"):
        raise unknown_choice("undefined", undefined, get_args(Undefined))
    count = np.count_nonzero(~np.isnan(rates), axis=1)
    rows = np.arange(len(rates))
    chosen = rates[:, 0].copy()
    if root == "highest":
        # rates ascend and NaN pads the end, so that the last one found stands at count − 1
        chosen = rates[rows, np.maximum(count - 1, 0)]
    elif root == "nearest-zero":
        chosen = rates[rows, np.argmin(np.nan_to_num(np.abs(rates), nan=np.inf), axis=1)]
    elif root == "only":
        # "only" is a promise: with two rates neither is the answer
        chosen[count > 1] = np.nan
    if undefined == "error" and np.isnan(chosen).any():
        raise _undefined(argument, rates, count, back)
    return back(chosen.reshape(back.shape))


def _undefined(argument: str, rates: Array, count: NumberLike, back: Back) -> InputError:
    # a stream without a rate is named before one with several: it is the graver mistake
    row = int(np.argmax(count == 0 if np.any(count == 0) else count > 1))
    where = f"the stream in row {row:,}" if back.shape else "this stream"
    if count[row] == 0:
        rule = "must have an internal rate of return, but no rate makes its value 0"
        way_out = "It needs money paid and money received; undefined='nan' gives NaN for such streams."
        return InputError("undefined", argument, where, rule, way_out)
    found = ", ".join(show(round(float(r), 6)) for r in rates[row, : count[row]])
    rule = "must have a single internal rate of return"
    way_out = "Say which is meant, for example root='highest', or take them all with irr_all or xirr_all."
    return InputError("ambiguous", argument, f"{where} with {found}", rule, way_out)
