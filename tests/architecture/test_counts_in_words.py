"""One is not said as several: what counts things in a text goes through `counted`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from retainkit.plurals import counted

SOURCES = sorted((Path(__file__).parents[2] / "src" / "retainkit").rglob("*.py"))
NOUNS = (
    "campaigns|cases|cohorts|customers|draws|drivers|entries|evaluations|figures|files|groups|intervals|lines|months|"
    "orders|parameters|payments|periods|plans|purchases|referrals|renewals|rows|segments|spells|stretches|"
    "subscriptions|values|years"
)
SEVERAL = re.compile(rf"^ (?:{NOUNS})\b(?! at most)")
FITS_ONE = re.compile(r"(?:\b(?:each|one) of(?: the)?|\bat (?:least|most)|\bthan|\bthe|\bwith|\bfor) $")
"""Before the number: 'one for each of the 1 entries' counts nothing of a result, and a bound is no count."""


def counts_in(source: str) -> Iterator[tuple[int, str]]:
    """Numbers that stand right before a plural: the line, and the words."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        parts = [
            "{}" if isinstance(p, ast.FormattedValue) else str(getattr(p, "value", "")) for p in node.values
        ]
        for k, part in enumerate(node.values[:-1]):
            if not isinstance(part, ast.FormattedValue) or not SEVERAL.match(parts[k + 1]):
                continue
            spec = "" if part.format_spec is None else ast.unparse(part.format_spec)
            share = "%" in spec or re.search(r"\.[1-4]f", spec)  # 1.00 is said as several
            of_all = parts[:k][-2:] == ["{}", " of "]  # '1 of 1 lines'
            if not (share or of_all or FITS_ONE.search("".join(parts[:k]))):
                yield node.lineno, "".join(parts)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_number_before_a_plural_may_be_one(path: Path) -> None:
    found = list(counts_in(path.read_text(encoding="utf-8")))
    assert found == []


def test_what_would_be_found() -> None:
    assert list(counts_in("f'{n:,} customers'")) == [(1, "{} customers")]
    assert not list(counts_in("f'{a} of {n:,} lines' f'one for each of the {n} rows' f'{x:.2f} orders'"))


def test_one_and_several() -> None:
    assert [counted(n, "customer") for n in (0, 1, 2, 1000)] == [
        "0 customers",
        "1 customer",
        "2 customers",
        "1,000 customers",
    ]
    assert counted(1.2, "month", spec=".0f") == "1 month"
    assert counted("1,234", "entry", "entries") == "1,234 entries"
