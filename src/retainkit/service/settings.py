"""The folder, the keys and the limits of a service, from the environment that its workers share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from retainkit.errors import InputError

_PREFIX = "RETAINKIT_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker has to know.

    Attributes
    ----------
    models : folder of files that `retainkit.save` wrote
    keys : texts of which a request has to show one; open to all who reach it without any
    most_bytes : of a body
    body_seconds, answer_seconds : how long a body may take to arrive, and an answer to be computed
    reload_seconds : how often the folder is looked at
    """

    models: Path
    keys: tuple[str, ...] = ()
    most_bytes: int = 16 << 20
    body_seconds: float = 10.0
    answer_seconds: float = 30.0
    reload_seconds: float = 1.0

    def environment(self) -> dict[str, str]:
        """The settings as variables, for workers."""
        return {
            f"{_PREFIX}MODELS": str(self.models),
            f"{_PREFIX}API_KEYS": "\n".join(self.keys),
            f"{_PREFIX}MOST_BYTES": str(self.most_bytes),
            f"{_PREFIX}BODY_SECONDS": repr(self.body_seconds),
            f"{_PREFIX}ANSWER_SECONDS": repr(self.answer_seconds),
            f"{_PREFIX}RELOAD_SECONDS": repr(self.reload_seconds),
        }

    @classmethod
    def of_environment(cls) -> Settings:
        """The settings of this process."""
        folder = os.environ.get(f"{_PREFIX}MODELS", "")
        if not folder or not Path(folder).is_dir():
            rule, way_out = "must be a folder of models", "Write models into it with retainkit.save."
            raise InputError("missing-file", "models", folder, rule, way_out)
        usual = cls(Path(folder))
        keys = os.environ.get(f"{_PREFIX}API_KEYS", "").replace(",", "\n").split()
        return cls(
            models=Path(folder),
            keys=tuple(keys),
            most_bytes=int(_number("MOST_BYTES", usual.most_bytes)),
            body_seconds=_number("BODY_SECONDS", usual.body_seconds),
            answer_seconds=_number("ANSWER_SECONDS", usual.answer_seconds),
            reload_seconds=_number("RELOAD_SECONDS", usual.reload_seconds),
        )


def _number(name: str, usual: float) -> float:
    given = os.environ.get(f"{_PREFIX}{name}", "")
    try:
        number = float(given) if given else float(usual)
    except ValueError:
        number = -1.0
    if not 0.0 < number < 1e12:
        raise InputError(
            "out-of-range", f"{_PREFIX}{name}", given, "must be a number above 0", "Or leave it out."
        )
    return number
