"""What a folder of models holds: loaded at the start, and exchanged all at once when its files change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from retainkit.errors import InputError, RetainkitError
from retainkit.files import load
from retainkit.protocols import model_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.json")

Seen: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""Of each file its name, time, size and number on the disk: another file has another."""


class ModelFolder:
    """The models of a folder by the names of their files, without ``.json``.

    What a request began with it goes on with: the mapping is exchanged, never changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models: Mapping[str, Any] = MappingProxyType({})
        self.exchanged = 0
        self.problem = ""
        self._seen: Seen | None = None

    def refresh(self) -> bool:
        """Look at the folder; whether models were exchanged. A file that cannot be read changes nothing."""
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            found = {name.removesuffix(".json"): _model(self.folder / name) for name, *_ in seen}
        except RetainkitError as error:
            self.problem = str(error)
            return False
        self.models, self.problem = MappingProxyType(found), ""
        self.exchanged += 1
        return True

    def _look(self) -> Seen:
        root = self.folder.resolve()
        found: list[tuple[str, int, int, int]] = []
        for path in sorted(self.folder.iterdir()):
            # names as they may stand in a question; a link out of the folder, or to itself, is none
            if _NAME.fullmatch(path.name) and path.is_file() and path.resolve().is_relative_to(root):
                told = path.stat()
                found.append((path.name, told.st_mtime_ns, told.st_size, told.st_ino))
        return tuple(found)


def _model(path: Path) -> Any:
    thing = load(path)
    kind: object = type(model_of(thing))
    if not any(hasattr(kind, question) for question in ("survival", "expected_purchases", "expected_spend")):
        rule = "must be a model, a fit, a posterior or a survival curve"
        raise InputError("not-a-model", path.name, type(thing).__name__, rule, "Keep other things elsewhere.")
    return thing
