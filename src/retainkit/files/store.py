"""One thing, one file: written at once or not at all, and read only as far as limits allow."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, TypeVar, cast, overload

from retainkit import strict_json
from retainkit.documents import document, kind_of, made, stated, up_to_date
from retainkit.errors import InputError
from retainkit.files.columns import read_parquet, write_parquet
from retainkit.files.kinds import class_of, is_kept, kinds
from retainkit.strict_json import packed
from retainkit.tables.files import write_whole
from retainkit.typing import Plain

T = TypeVar("T")

_SUFFIXES = (".json", ".parquet")


def save(thing: Any, path: str | os.PathLike[str]) -> Path:
    """Keep a model, a fit, a posterior, a summary, a base, a plan or a result as a file.

    The file is versioned JSON, of which every float comes back to the last bit. Lists of over a thousand
    numbers are base64 in it. A summary may be Parquet, with a row for each customer. It is written beside its
    place and moved there when it is whole, so that no reader ever sees half of it. Row labels of a dataframe
    and its library are not kept: ids come back as an array.

    Parameters
    ----------
    thing : one of `retainkit.files.kinds`
    path : file name that ends in .json, or in .parquet (needs pyarrow) for a summary

    Raises
    ------
    InputError
        For a thing that is of no such kind, and for other endings.

    Examples
    --------
    >>> import tempfile, retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.41, a=0.793, b=2.43, unit="week")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = rk.save(model, f"{folder}/buying.json")
    ...     again = rk.load(kept)
    >>> again == model
    True
    """
    place = _place(path)
    if not is_kept(thing):
        name, rule = type(thing).__name__, "must be of a kind that can be read again"
        way_out = f"For example {', '.join(kinds()[:6])}; retainkit.files.kinds() has all of them."
        raise InputError("wrong-type", "thing", name, rule, way_out)
    if place.suffix == ".parquet":
        write_whole(place, write_parquet(thing))
    else:
        write_whole(place, strict_json.written(packed(document(thing))).encode("ascii"))
    return place


@overload
def load(path: str | os.PathLike[str]) -> Any: ...
@overload
def load(path: str | os.PathLike[str], kind: type[T]) -> T: ...
def load(path: str | os.PathLike[str], kind: type[Any] | None = None) -> Any:
    """What `save` kept, or a file of what `model_dump_json` wrote: the file says what it is.

    Size, depth and number of values are counted before anything is made of them, and nothing in a file is
    ever run. Documents of older versions are brought up to date.

    Parameters
    ----------
    path : file name that ends in .json or .parquet
    kind : class, optional
        What it has to be, such as `Fit` or `BGNBD`. Needed for JSON of the time before files had a schema.

    Raises
    ------
    InputError
        For a file that is not there, too large, no such document, of another kind than asked for, or of a
        version to come; for names, parameters and units that are unknown or missing, each by its name.

    Examples
    --------
    >>> import tempfile, retainkit as rk
    >>> stayed = rk.KaplanMeier.estimate(rk.Renewals(duration=[2, 3, 3], event=[1, 1, 0], unit="month"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(rk.load(rk.save(stayed, f"{folder}/stayed.json"), rk.KaplanMeier) == stayed)
    True
    """
    place = _place(path)
    text = read_whole(place)
    values = read_parquet(text) if place.suffix == ".parquet" else document_of(text)
    thing = thing_of(values, kind)
    if kind is not None and not isinstance(thing, kind):
        rule = f"must hold a {kind.__name__}"
        raise InputError("wrong-type", "path", type(thing).__name__, rule, "rk.load(path) reads any kind.")
    return thing


def thing_of(values: Plain, kind: type[Any] | None = None) -> Any:
    """What a document tells of, whose values were read."""
    named = stated(values)[0]
    if not named and kind is None:
        rule = "must say what it is: retainkit/<kind>/<version>"
        way_out = "Of an older version: load(path, kind), with its class."
        raise InputError("missing-argument", "schema", None, rule, way_out)
    reader = class_of(named or kind_of(cast("type[Any]", kind)))
    return made(reader, up_to_date(kind_of(reader), getattr(reader, "_version", 1), values))


def document_of(text: bytes) -> Plain:
    """The values of a document in JSON, infinities in their places."""
    values = strict_json.read(text, "path")
    if not isinstance(values, dict):
        rule = "must hold one JSON object with the fields of what it tells of"
        raise InputError("wrong-type", "path", type(values).__name__, rule, "Write it with retainkit.save.")
    return cast("Plain", values)


def _place(path: str | os.PathLike[str]) -> Path:
    try:
        place = Path(path)
        shown = os.fspath(path)
    except TypeError as error:
        raise InputError(
            "wrong-type", "path", path, "must be the name of a file", "For example 'x.json'."
        ) from error
    if "\0" in str(shown) or place.suffix not in _SUFFIXES:
        rule = f"must end in {' or '.join(_SUFFIXES)}"
        raise InputError("unknown-choice", "path", shown, rule, "Summaries may be either, all else is .json.")
    return place


def read_whole(place: Path) -> bytes:
    """The bytes of a file that is no larger than a document may be."""
    try:
        with place.open("rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode):  # a pipe or a device has no end that is known
                raise OSError(None, "no regular file")
            long = told.st_size > strict_json.MOST_BYTES
            text = b"" if long else file.read(told.st_size)
    except OSError as error:
        rule, way_out = f"must be a file that can be read ({error.strerror})", "Check its name and folder."
        raise InputError("missing-file", "path", str(place), rule, way_out) from error
    if long:
        rule = f"must have {strict_json.MOST_BYTES:,} bytes at most"
        raise InputError(
            "unreadable-source", "path", str(place), rule, "Summaries may be Parquet: it is smaller."
        )
    return text
