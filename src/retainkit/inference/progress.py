"""How far a search has come, for whoever waits for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.records import Record

_OFTEN = 0.2  # seconds between two lines of text


@dataclass(frozen=True, slots=True, eq=False)
class Progress(Record):
    """Where a search is: evaluations so far, the highest log-likelihood met, seconds since it began.

    Examples
    --------
    >>> import retainkit as rk
    >>> data = rk.NBD(r=0.9, alpha=10.0).sample([40.0] * 500, seed=1)
    >>> seen: list[Progress] = []
    >>> found = rk.fit(rk.NBD, data, progress=seen.append)
    >>> len(seen) > 3, print(Progress(12, -9582.429, 0.25))
    12 evaluations, log-likelihood -9,582.429, 0.2 s
    (True, None)
    """

    evaluations: int
    log_likelihood: float
    seconds: float

    def __str__(self) -> str:
        rise = f"log-likelihood {self.log_likelihood:,.3f}"
        return f"{counted(self.evaluations, 'evaluation')}, {rise}, {self.seconds:,.1f} s"


Show: TypeAlias = bool | Callable[[Progress], object]
"""Whether a line on standard error tells of the search, or what is called with each `Progress`."""


class Watcher:
    """Counts evaluations and tells of them; what it is told to call may raise, which ends the search."""

    def __init__(self, show: Show) -> None:
        if not (isinstance(show, bool) or callable(show)):
            rule = "must be True, False or a function of a Progress"
            raise InputError("wrong-type", "progress", show, rule, "For example progress=print.")
        self.show, self.evaluations, self.highest = show, 0, -np.inf
        self._begun = self._told = time.perf_counter()

    def __call__(self, values: np.ndarray) -> None:
        self.evaluations += values.size
        if self.show is False:
            return
        self.highest = max(self.highest, float(np.nanmax(values, initial=-np.inf)))
        now = time.perf_counter()
        state = Progress(self.evaluations, self.highest, now - self._begun)
        if self.show is not True:
            self.show(state)
        elif now - self._told > _OFTEN:
            self._told = now
            sys.stderr.write(f"\r{state}")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line of text."""
        if self.show is True and self._told > self._begun:
            sys.stderr.write("\n")
