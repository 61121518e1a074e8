"""How a count of things is said: 1 customer, 2 customers."""

from __future__ import annotations


def counted(number: float | str, one: str, many: str = "", *, spec: str = ",") -> str:
    """A number, or its text, and what it counts.

    Parameters
    ----------
    number : a number, written by `spec`, or text
    one, many : what one is called, and several; by default with an s

    Examples
    --------
    >>> counted(1, "customer"), counted(1200, "entry", "entries"), counted(0.99, "payment", spec=",.0f")
    ('1 customer', '1,200 entries', '1 payment')
    """
    text = number if isinstance(number, str) else format(number, spec)
    return f"{text} {one if text == '1' else many or one + 's'}"
