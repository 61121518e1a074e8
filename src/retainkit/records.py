"""What every result record of economics can do: plain values, JSON, a table in a notebook."""

from __future__ import annotations

import html
import json
import math
from abc import ABC, abstractmethod
from typing import Any

from retainkit.typing import Array


class AbstractRecord(ABC):
    """A frozen result that can be printed, stored and sent."""

    __slots__ = ()

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """The figures and the assumptions behind them, by name, as plain values."""

    @abstractmethod
    def __str__(self) -> str:
        """The result in a sentence or a small table."""

    def model_dump(self) -> dict[str, Any]:
        """`as_dict` under the name that pydantic records have."""
        return self.as_dict()

    def model_dump_json(self) -> str:
        """The record as JSON; an infinite number becomes null, which JSON can say."""
        return json.dumps({k: _json_value(v) for k, v in self.as_dict().items()}, allow_nan=False)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(k.replace('_', ' '))}</th>"
            f"<td>{html.escape(_shown(v))}</td></tr>"
            for k, v in self.as_dict().items()
        )
        return f"<table><caption>{html.escape(str(self))}</caption>{rows}</table>"


def _json_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_json_value(v) for v in value]  # pyright: ignore[reportUnknownVariableType]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value):,} values"  # pyright: ignore[reportUnknownArgumentType]
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def read_only(array: Array) -> Array:
    """The array itself, fit for a frozen record."""
    array.setflags(write=False)
    return array


def percent(share: float) -> str:
    """``9.0909%``: four significant decimals at most, none wasted."""
    return f"{100 * share:.6g}%"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``13th``."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
