"""Values of any record as JSON that every strict parser reads, and back.

JSON has no infinity and no NaN. A figure ``x`` without a finite value is ``null``, in lists too, and
``x_is`` beside it says which: ``"never"`` (an infinite time), ``"infinite"``, ``"minus infinite"`` or
``"undefined"``; a list of them where ``x`` is a list, and nothing where all figures are finite.
"""

from __future__ import annotations

import codecs
import datetime as dt
import math
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

import numpy as np

from retainkit.errors import InputError, show

_VALUE_OF = {"never": math.inf, "infinite": math.inf, "minus infinite": -math.inf, "undefined": math.nan}


_TELLING = ("as_dict", "model_dump", "to_list", "tolist", "to_pylist")
"""How records (ours, pydantic's) and columns (of pandas, polars, arrow) give plain values."""


def plain(value: Any, *, whole: bool = False) -> Any:  # noqa: PLR0911 - one kind of value a line
    """Floats, lists and dicts in place of arrays, columns of any dataframe, tuples and records.

    With `whole` a record within is told as its `model_dump`, from which it can be made again.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = cast("np.ndarray[Any, Any]", value)
        return plain((array.astype(str) if array.dtype.kind in "mM" else array).tolist())
    if isinstance(value, Mapping):
        return {_key(k): plain(v, whole=whole) for k, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v, whole=whole) for v in cast("Collection[Any]", value)]
    if isinstance(value, dt.date):
        return value.isoformat()
    for method in _TELLING[whole:]:
        if callable(found := getattr(value, method, None)):
            return plain(found())
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name), whole=whole) for f in fields(value)}
    return str(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(plain(key))


def strict(value: Any, never: Collection[str] = ()) -> Any:
    """Plain values without infinities: ``x`` and ``x_is``; names in `never` are lengths of time."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for name, entry in cast("Mapping[str, Any]", value).items():
            figure, words = _told(entry, "never" if name in never else "infinite", never)
            found[name] = figure
            if words is not None:
                found[f"{name}_is"] = words
        return found
    if isinstance(value, list):
        return [strict(v, never) for v in cast("list[Any]", value)]
    return value


def _told(value: Any, infinite: str, never: Collection[str]) -> tuple[Any, Any]:
    """The value with null for what is not finite, and the words for it (None where all is)."""
    if isinstance(value, float) and not math.isfinite(value):
        return None, "undefined" if math.isnan(value) else infinite if value > 0.0 else "minus infinite"
    if isinstance(value, list):
        pairs = [_told(v, infinite, never) for v in cast("list[Any]", value)]
        words = [w for _, w in pairs]
        return [v for v, _ in pairs], words if any(w is not None for w in words) else None
    return strict(value, never), None


def restored(value: Any) -> Any:
    """The opposite of `strict`: infinities and NaN back in their places, and no ``x_is``."""
    if isinstance(value, list):
        return [restored(v) for v in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    found = cast("Mapping[str, Any]", value)
    return {
        name: _filled(restored(entry), found.get(f"{name}_is"))
        for name, entry in found.items()
        if not (name.endswith("_is") and name[:-3] in found and _are_words(entry))
    }


def _filled(value: Any, words: Any) -> Any:
    if words is None:
        return value
    if isinstance(words, list):
        return [_filled(v, w) for v, w in zip(value, cast("list[Any]", words), strict=True)]
    return _VALUE_OF[words]


def _are_words(entry: Any) -> bool:
    if isinstance(entry, list):
        return any(_are_words(w) for w in cast("list[Any]", entry))
    return isinstance(entry, str) and entry in _VALUE_OF


def written(value: Any, never: Collection[str] = ()) -> str:
    """Any value as strict JSON."""
    import json

    return json.dumps(strict(plain(value), never), allow_nan=False)


def read(text: str | bytes, argument: str = "text") -> Any:
    """What `written` wrote; an `InputError` for what is no strict JSON, and for a key that occurs twice."""
    try:
        return restored(loads(text))
    except ValueError as error:
        raise InputError(
            "unreadable-source",
            argument=argument,
            value=show(text, 40),
            rule=f"must be JSON ({error})",
            way_out="Write it with model_dump_json().",
        ) from error


def loads(text: str | bytes) -> Any:
    """Plain values of strict JSON, with or without a byte order mark; a ValueError says what is wrong."""
    import json

    try:
        return json.loads(decoded(text), parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def decoded(text: str | bytes) -> str:
    """Text without the mark that some editors put before it; bytes are UTF-8, or what their mark says."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    name = encoding_of(text) or "utf-8"
    if name != "utf-8" and not text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(f"its text is not UTF-8 and looks like {name}")
    return text.decode(name).removeprefix("\ufeff")


def encoding_of(text: bytes) -> str | None:
    """The encoding that bytes look like if it is not UTF-8."""
    for mark, name in _MARKS:
        if text.startswith(mark):
            return name
    if 0 in text[:64]:  # half of each letter in Latin script
        return "utf-16"
    try:
        text.decode()
    except UnicodeDecodeError:
        # the letters from 0x80 to 0x9f are of Windows; in Latin-1 they are unused
        return "cp1252" if any(0x80 <= byte < 0xA0 for byte in text) else "latin-1"
    return None


_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} occurs twice")
    return found
