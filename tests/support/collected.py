"""What comes out of an engine: each table that is collected, by its rows and columns."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pytest


def spied_on(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
    """The tables that engines hand over from now on."""
    seen: list[tuple[int, list[str]]] = []
    collect = nw.LazyFrame.collect

    def spy(self: Any, *values: Any, **named: Any) -> Any:
        found = collect(self, *values, **named)
        seen.append((len(found), found.columns))
        return found

    monkeypatch.setattr(nw.LazyFrame, "collect", spy)
    return seen
