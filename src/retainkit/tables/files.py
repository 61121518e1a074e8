"""Files: where they are, of which kind, what text is like, and how one is written whole or not at all."""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import io
import os
import re
import secrets
import sys
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from retainkit.errors import InputError, near
from retainkit.plurals import counted
from retainkit.strict_json import encoding_of
from retainkit.typing import Foreign

Origin: TypeAlias = Literal["relation", "parquet", "text", "json", "excel"]
"""Where the lines come from: a relation of the caller, or files of one kind."""

_ENDINGS: dict[Origin, tuple[str, ...]] = {
    "parquet": (".parquet", ".pq"),
    "text": (".csv", ".tsv", ".txt"),
    "json": (".jsonl", ".ndjson"),
    "excel": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
}
_PACKED = (".gz", ".zst")
_BEGIN: tuple[tuple[bytes, str, str, tuple[str, ...]], ...] = (
    (b"PK\x03\x04", "a workbook or an archive", "Name a workbook .xlsx.", ("excel",)),
    (b"\xd0\xcf\x11\xe0", "an old workbook", "Name it .xls.", ("excel",)),
    (b"PAR1", "Parquet", "Name it .parquet.", ("parquet",)),
    (b"\x1f\x8b", "packed by gzip", "Name it .csv.gz, for one.", ()),
    (b"\x28\xb5\x2f\xfd", "packed by zstandard", "Name it .csv.zst, for one.", ()),
    (b"%PDF", "a PDF", "Export the table itself.", ()),
)
"""What files begin with, what that is, what to do, and the kinds that may begin so."""

_CHUNK = 1 << 20
_FREELY = 1 << 30  # bytes that any packed file may hold
_MOST_TIMES = 200  # zeros pack to a thousandth, tables to a tenth or a twentieth
_DEFLATED = 1_033  # times that deflation can pack, at most
_LINE = 1 << 21  # characters, about what DuckDB takes of one line


class Located(NamedTuple):
    """The files that were meant, all of one kind."""

    paths: list[str]
    origin: Origin


def is_path(source: Any) -> bool:
    """Whether a source is a path, or a list of paths."""
    entries = paths_in(source)
    return len(entries) > 0 and all(isinstance(entry, str | os.PathLike) for entry in entries)


def paths_in(source: Any) -> list[Any]:
    """The entries of a list of paths, or the one path."""
    return [*source] if isinstance(source, list | tuple) else [source]  # pyright: ignore[reportUnknownVariableType]


def locate(source: Any, argument: str = "source") -> Located:
    """The files that a path, a glob or a list of them means, and their kind."""
    asked: list[str] = [os.fspath(entry) for entry in paths_in(source)]
    paths = [path for one in asked for path in _matches(one, argument)]
    if len(set(paths)) < len(paths):
        twice = next(path for k, path in enumerate(paths) if path in paths[:k])
        raise InputError("duplicate", argument, twice, "must name every file once", "Leave out the second.")
    kinds: set[Origin | None] = {_kind(path) for path in paths}
    kind: Origin | None = next(iter(kinds))
    if len(kinds) > 1 or kind is None:
        shown = asked[0] if len(asked) == len(paths) == 1 else f"{asked[0]} ({counted(len(paths), 'file')})"
        rule = (
            "must be CSV (.csv, .tsv, .txt), JSON lines (.jsonl, .ndjson), also .gz, .zst, Parquet "
            "(.parquet, .pq) or Excel (.xlsx, .xls) files of one kind"
        )
        hint = "For a folder give a glob, such as 'folder/*.parquet'. "
        raise _no_file("unreadable-source", argument, shown, rule, hint)
    for path in paths:
        _check_content(path, kind, argument)
    return Located(paths, kind)


def _matches(path: str, argument: str) -> list[str]:
    matches = [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))
    if not matches:
        folder = Path(path).parent
        hint = near(Path(path).name, os.listdir(folder)) if folder.is_dir() else ""
        rule = "must be a file, or a glob that matches files"
        raise _no_file("missing-file", argument, path, rule, hint)
    return matches


def _no_file(code: str, argument: str, path: str, rule: str, hint: str) -> InputError:
    way_out = f"{hint}For other places and formats pass a dataframe or a DuckDB relation."
    return InputError(code, argument, path, rule, way_out)


def _kind(path: str) -> Origin | None:
    name = path.lower()
    if not os.path.isfile(path):
        return None
    stem = next((name.removesuffix(end) for end in _PACKED if name.endswith(end)), name)
    kind: Origin | None = next((kind for kind, ends in _ENDINGS.items() if stem.endswith(ends)), None)
    return kind if stem == name or kind in ("text", "json") else None


def _check_content(path: str, kind: Origin, argument: str) -> None:
    """Refuse a file that is not what its name says."""
    packed = path.lower().endswith(_PACKED)
    with open(path, "rb") as file:
        begin = file.read(512)
    found = next((row for row in _BEGIN if begin.startswith(row[0])), None)
    if (
        found is None
        and not packed
        and begin.lstrip()[:5].lower() in (b"<html", b"<!doc", b"<?xml", b"<tabl")
    ):
        found = (b"", "a web page", "Open it in Excel, say, and save it as .xlsx.", ())
    if found is None and kind in ("parquet", "excel") and begin:
        found = (b"", "text", "Name it .csv if it is a table in text.", ())
    if kind == "json" and begin.lstrip()[:1] == b"[":
        found = (b"", "one array of JSON", "Write one record on each line.", ())
    if found is not None and kind not in found[3] and not (packed and "packed" in found[1]):
        rule = f"must be what its name says; inside, it is {found[1]}"
        raise InputError("unreadable-source", argument, path, rule, found[2])


class _Bounded(gzip.GzipFile):
    """What gzip packed, refused once it turns out to be made to fill the machine."""

    argument: str

    def read(self, size: int | None = -1) -> bytes:
        return self._judged(super().read(size))

    def read1(self, size: int = -1) -> bytes:
        return self._judged(super().read1(size))

    def _judged(self, part: bytes) -> bytes:
        raw: Any = self.fileobj
        _judge(self.tell(), raw.tell(), raw.name, self.argument)
        return part


def _judge(unpacked: int, packed: int, path: str, argument: str) -> None:
    if unpacked > max(_FREELY, _MOST_TIMES * packed):
        rule = f"must unpack to at most {_MOST_TIMES} times its size, or {_FREELY >> 20:,} MB if that is more"
        way_out = "If it is yours, unpack it and read the file inside."
        raise InputError("unreadable-source", argument, path, rule, way_out)


def unpacked(path: str, argument: str = "source") -> Any:
    """The bytes of a file, those inside where it is packed by gzip."""
    if not path.lower().endswith(".gz"):
        return open(path, "rb")
    file = _Bounded(path, "rb")
    file.argument = argument
    return file


def check_unpacking(path: str, argument: str) -> None:
    """Refuse a packed file that is made to fill the machine; its first gigabyte shows it."""
    if path.lower().endswith(".gz"):
        with unpacked(path, argument) as file:
            while file.tell() <= _FREELY and file.read(_CHUNK):
                pass
    elif path.lower().endswith(".zst"):
        pyarrow: Foreign = import_module("pyarrow")  # beside DuckDB, which reads the file
        with suppress(OSError), open(path, "rb") as raw:  # what is no such file DuckDB says in its words
            packed = pyarrow.PythonFile(raw, mode="r")
            _count(pyarrow.CompressedInputStream(packed, "zstd"), raw.tell, path, argument)


def check_workbook(path: str, argument: str) -> None:
    """Refuse a workbook whose parts would fill the machine, whatever their headings say of their size."""
    if not zipfile.is_zipfile(path):
        return
    broken = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
    with suppress(*broken), zipfile.ZipFile(path) as book:  # which the reader says in its words
        parts = book.infolist()
        size = os.path.getsize(path)
        _judge(sum(part.file_size for part in parts), size, path, argument)
        # deflation packs to a thousandth at most: only a large file can hold more than it says
        for part in parts if size * _DEFLATED > _FREELY else ():
            part.file_size = sys.maxsize  # else reading stops where the heading says
            with book.open(part) as file:
                _count(file, lambda: size, path, argument)


def _count(file: Any, packed: Callable[[], int], path: str, argument: str) -> None:
    total = 0
    while total <= _FREELY and (part := file.read(_CHUNK)):
        total += len(part)
        _judge(total, packed(), path, argument)


def found_encoding(path: str, argument: str = "source") -> str:
    """The encoding of a text file: by its mark, else UTF-8 if all of it is, else the one of Windows."""
    if path.lower().endswith(".zst"):
        return "utf-8"
    with unpacked(path, argument) as file:
        chunk = file.read(_CHUNK)
        marked = encoding_of(chunk[: chunk.rfind(b"\n") + 1] or chunk)
        if marked is not None and marked.startswith("utf"):
            bare = marked == "utf-16" and chunk[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            return f"utf-16-{'le' if chunk[1:2] == bytes(1) else 'be'}" if bare else marked
        if _decodes(file, chunk, "utf-8"):
            return "utf-8"
    with unpacked(path, argument) as file:
        return "cp1252" if _decodes(file, file.read(_CHUNK), "cp1252") else "latin-1"


def _decodes(file: Any, chunk: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = file.read(_CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def in_utf8(path: str, encoding: str, folder: str, argument: str) -> str:
    """The path of the same text in UTF-8: a copy in `folder` where it is not."""
    copy = os.path.join(folder, f"{len(os.listdir(folder))}-{Path(path).name.removesuffix('.gz')}")
    with unpacked(path, argument) as raw, open(copy, "w", encoding="utf-8", newline="") as target:
        text = io.TextIOWrapper(raw, encoding=encoding)  # all ends of lines become one
        try:
            while part := text.read(_CHUNK):
                target.write(part)
        except UnicodeError as error:
            rule = f"must be text in the encoding that is said, {encoding}"
            way_out = "Leave out encoding= to have it found, or name the one that it was saved in."
            raise InputError("unreadable-source", argument, path, rule, way_out) from error
    return copy


def has_mixed_ends(path: str) -> bool:
    """Whether a text file ends its lines in two ways, as files put together do: DuckDB reads none such."""
    if path.lower().endswith(".zst"):
        return False
    with unpacked(path) as file:
        begin = file.read(_CHUNK)
    return b"\r\n" in begin and re.search(rb"(?<!\r)\n", begin) is not None


def check_encoding(encoding: str) -> str:
    """The name of an encoding that Python knows."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        way_out = near(encoding, ("utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "shift_jis", "mac_roman"))
        rule = "must be an encoding that Python knows"
        raise InputError("unknown-choice", "encoding", encoding, rule, way_out.strip()) from None


_SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 20  # records, in which the separator shows


class Text(NamedTuple):
    """How a text file in UTF-8 is written: its separator, its columns, and the row of their names."""

    separator: str
    names: tuple[str, ...]
    heading_row: int


def _line(text: io.TextIOWrapper, path: str, argument: str) -> str:
    """The next line, of which no more is taken than a line may have: one of a gigabyte fills no memory."""
    line = text.readline(_LINE + 1)
    if len(line) > _LINE:
        rule = f"must have lines of at most {_LINE:,} characters"
        way_out = "Is it a table, with one line per row? A quote that is never closed makes one line of all."
        raise InputError("unreadable-source", argument, path, rule, way_out)
    return line


def look_into(path: str, separator: str | None, heading_row: int, argument: str = "source") -> Text | None:
    """How a text file is written; None where it cannot be looked into."""
    if path.lower().endswith(".zst"):
        return None
    with unpacked(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        lines = (_line(text, path, argument) for _ in range(heading_row + _LOOKED_AT))
        sample = "".join(islice(lines, heading_row - 1, None))
    told = re.match('"?sep=(.)"?\r?\n', sample)
    if told is not None:  # a line with which Excel says what it wrote
        separator, sample, heading_row = separator or told[1], sample[told.end() :], heading_row + 1
    mark = separator or _separator(sample, Path(path).name)
    heading = next(csv.reader(io.StringIO(sample, newline=""), delimiter=mark), list[str]())
    # a frame's index has no name in its file
    return Text(mark, tuple(name or f"column{k}" for k, name in enumerate(heading)), heading_row)


def _separator(sample: str, name: str) -> str:
    """The one that splits all records of a sample into as many fields."""
    fields = {mark: _fields(sample, mark) for mark in _SEPARATORS}
    even = {mark: found[0] for mark, found in fields.items() if len(set(found)) == 1}
    most = max(even.values(), default=0)
    best = [mark for mark, count in even.items() if count == most]
    if len(best) > 1 and most > 1:
        rule = f"must be given: {name} can be split by {' and by '.join(map(repr, best))}"
        raise InputError("ambiguous", "separator", None, rule, f"Write separator={best[0]!r}, for one.")
    whole = max(fields[mark][0] if fields[mark] else 0 for mark in _SEPARATORS) <= 1
    if best and (most > 1 or whole):
        return best[0]
    return max(_SEPARATORS, key=lambda mark: fields[mark][0] if fields[mark] else 0)


def _fields(sample: str, mark: str) -> list[int]:
    try:
        rows = islice(csv.reader(io.StringIO(sample, newline=""), delimiter=mark), _LOOKED_AT)
        return [len(row) for row in rows if row]
    except csv.Error:
        return []


@contextmanager
def written_whole(
    path: Path, argument: str = "path", way_out: str = "Choose another folder."
) -> Generator[Path]:
    """Another path to write to, which takes the place of `path` at the end: interrupted, the old file stays.

    Raises `InputError` where the folder or the disk does not take it.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        rule = f"must be a file that can be written ({error.strerror or error})"
        raise InputError("missing-file", argument, str(path), rule, way_out) from error
    finally:
        with suppress(OSError):  # where nothing can be made, nothing is there to be taken away
            beside.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, argument: str = "path") -> None:
    """Write a file, whole on the disk before it has its name."""
    with written_whole(path, argument) as beside, beside.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
