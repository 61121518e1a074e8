"""Values of any record as JSON that every strict parser reads, and back.

JSON has no infinity and no NaN. A figure ``x`` without a finite value is ``null``, in lists too, and
``x_is`` beside it says which: ``"never"`` (an infinite time), ``"infinite"``, ``"minus infinite"`` or
``"undefined"``; a list of them where ``x`` is a list, and nothing where all figures are finite.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import datetime as dt
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from itertools import chain
from math import prod
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, show

MOST_BYTES = 1 << 28
MOST_DEEP = 64
MOST_VALUES = 20_000_000
"""How large, how deeply nested and how numerous a document may be; counted before any of it is made."""

_VALUE_OF = {"never": math.inf, "infinite": math.inf, "minus infinite": -math.inf, "undefined": math.nan}


_PACKED = frozenset({"base64", "dtype", "shape"})
_DTYPES = {"float64": np.dtype("<f8"), "int64": np.dtype("<i8")}  # little-endian on every machine

MOST_PLAIN = 1000
"""How many numbers a list has at most that stays readable; longer ones may be base64 of their bytes."""

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
    """The opposite of `strict`: infinities and NaN in their places, no ``x_is``; packed arrays are lists."""
    if isinstance(value, list):
        return [restored(v) for v in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    found = cast("Mapping[str, Any]", value)
    if frozenset(found) == _PACKED:
        return unpacked(found)
    whole: dict[str, Any] = {}
    for name, entry in found.items():
        if name.endswith("_is") and name[:-3] in found and _are_words(entry):
            continue
        words = found.get(f"{name}_is")
        whole[name] = _filled(restored(entry), words) if _are_words(words) else restored(entry)
    return whole


def _filled(value: Any, words: Any) -> Any:
    if words is None:
        return value
    if isinstance(words, list) and isinstance(value, list):
        pair = cast("tuple[list[Any], list[Any]]", (value, words))
        return [_filled(v, w) for v, w in zip(*pair, strict=True)]
    if value is not None or not isinstance(words, str) or words not in _VALUE_OF:
        raise ValueError(f"{words!r} says what null is, and stands beside {value!r}")
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

    if not isinstance(text, str | bytes | bytearray):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError("it is no text")
    if len(text) > MOST_BYTES:
        raise ValueError(f"it has {len(text):,} characters, and may have {MOST_BYTES:,}")
    plain_text = decoded(text)
    outside = _refuse_excess(plain_text)
    # a number beyond floats would be read as infinite; only who writes such an exponent waits for the check
    exact: dict[str, Any] = {"parse_float": _finite} if _HUGE.search(outside) else {}
    return json.loads(plain_text, parse_constant=_no_constant, object_pairs_hook=_once, **exact)


_TEXTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_HUGE = re.compile(r"[eE][+]?[0-9]{3}|[0-9]{300}")


def _refuse_excess(text: str) -> str:
    """Refuse what is nested too deeply or has too many values; a long text without what stands in quotes."""
    if text.count("[") + text.count("{") <= MOST_DEEP and len(text) <= MOST_VALUES:
        return text
    outside = _TEXTS.sub('""', text)
    values = outside.count(",") + outside.count("[") + outside.count("{")
    if values > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES:,} values, about {values:,}")
    if outside.count("[") + outside.count("{") > MOST_DEEP:
        signs = np.frombuffer(outside.encode("ascii", "replace"), np.uint8)
        opens, closes = (signs == 0x5B) | (signs == 0x7B), (signs == 0x5D) | (signs == 0x7D)
        step = opens.astype(np.int8) - closes.astype(np.int8)
        deep = int(np.cumsum(step, dtype=np.int32).max(initial=0))
        if deep > MOST_DEEP:
            raise ValueError(f"it is nested {deep:,} deep, and may be {MOST_DEEP}")
    return outside


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{show(digits, 20)} is beyond floating-point numbers")
    return number


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


def packed(value: Any) -> Any:
    """Values of JSON with every list of more than a thousand floats, or of whole numbers, packed."""
    if isinstance(value, dict):
        return {name: packed(entry) for name, entry in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        array = _as_array(cast("list[Any]", value))
        if array is None:
            return [packed(entry) for entry in cast("list[Any]", value)]
        name = "float64" if array.dtype.kind == "f" else "int64"
        text = base64.b64encode(np.ascontiguousarray(array, _DTYPES[name]).tobytes()).decode("ascii")
        return {"base64": text, "dtype": name, "shape": [*array.shape]}
    return value


def _as_array(entries: list[Any]) -> NDArray[Any] | None:
    """The same numbers as an array; None for few of them, for several kinds, and for ragged rows."""
    shape: list[int] = []
    level: Any = entries
    while isinstance(level, list) and level:
        shape.append(len(cast("list[Any]", level)))
        level = cast("list[Any]", level)[0]
    kind = type(cast("object", level))
    if prod(shape) <= MOST_PLAIN or kind not in (float, int):
        return None
    flat: list[Any] = entries
    for length in shape[1:]:
        if not all(isinstance(row, list) and len(cast("list[Any]", row)) == length for row in flat):
            return None
        flat = [*chain.from_iterable(flat)]
    if {*map(type, flat)} != {kind}:  # 1 and 1.0 must come back as they were
        return None
    if kind is int and not all(-(1 << 63) <= entry < 1 << 63 for entry in flat):
        return None
    return np.array(flat, np.float64 if kind is float else np.int64).reshape(shape)


def unpacked(value: Mapping[str, Any]) -> list[Any]:
    """The list again; a ValueError says what is wrong with it."""
    text: object = value["base64"]
    name: object = value["dtype"]
    shape: Any = value["shape"]
    if not isinstance(name, str) or name not in _DTYPES:
        raise ValueError(f"the dtype of a packed array is {' or '.join(_DTYPES)}, not {name!r}")
    lengths: list[Any] = cast("list[Any]", shape) if isinstance(shape, list) else []
    if not 1 <= len(lengths) <= 4 or not all(type(n) is int and n >= 0 for n in lengths):
        raise ValueError("the shape of a packed array is a list of one to four lengths")
    if not isinstance(text, str):
        raise ValueError("a packed array has its bytes as text")
    try:
        held = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a packed array is no base64: {error}") from error
    if len(held) != 8 * prod(lengths):
        raise ValueError(
            f"a packed array of shape {lengths} has {8 * prod(lengths):,} bytes, not {len(held):,}"
        )
    array = np.frombuffer(held, _DTYPES[name]).reshape(lengths)
    return cast("list[Any]", array.tolist())
