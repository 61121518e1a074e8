"""A name, an argument or a method that comes or goes is seen in review."""

from __future__ import annotations

import difflib

import public_surface


def test_the_public_surface_is_the_one_that_was_written_down() -> None:
    kept = public_surface.KEPT.read_text(encoding="utf-8").splitlines()
    changed = [
        line
        for line in difflib.unified_diff(kept, public_surface.surface().splitlines(), lineterm="", n=0)
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert not changed, (
        "The public surface changed. Tell what goes under Changed in CHANGELOG.md, then write it anew:"
        " python tests/architecture/public_surface.py"
    )


def test_arguments_are_told_by_name_kind_and_whether_they_may_be_left_out() -> None:
    def call(a: int, /, b: int, *rest: int, c: int = 1, **named: int) -> None: ...
    def keyword(*, d: int) -> None: ...
    def place(e: int = 1, /) -> None: ...

    assert public_surface.arguments(call) == "(a, /, b, *rest, c=, **named)"
    assert public_surface.arguments(keyword) == "(*, d)"
    assert public_surface.arguments(place) == "(e=, /)"
    assert public_surface.arguments(1.0) == ""
