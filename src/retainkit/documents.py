"""Documents: any thing of ours as versioned JSON, ``"schema": "retainkit/<kind>/<version>"``, and back.

A document is what `model_dump` says of a thing, with its schema before it. Its kind is the name of the
class, ``break-even`` of a `BreakEven`; of every model it is ``model``. Documents without a schema are of the
time before there was one: version 0. What older versions said in other words `MIGRATIONS` bring up to date.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Self, TypeAlias, cast

from retainkit import strict_json
from retainkit.calls import Advising
from retainkit.errors import InputError, refuse_missing, refuse_others
from retainkit.typing import Plain

Migration: TypeAlias = Callable[[Plain], Plain]

SCHEMA = "schema"

MIGRATIONS: dict[tuple[str, int], Migration] = {}
"""By kind and version: what makes the values of the next version of those of this one."""

_WRITE_AGAIN = "Write it with model_dump_json() or retainkit.save()."


class Document(Advising):
    """A dataclass that can be written as a document and made again of it."""

    __slots__ = ()

    _kind: ClassVar[str] = ""
    """What its documents are called; by default the name of the class."""

    _version: ClassVar[int] = 1

    _written: ClassVar[tuple[str, ...]] = ()
    """The fields that it is made of, where they are not all."""

    def model_dump(self) -> Plain:
        """Everything in it as values of strict JSON: ``null`` and ``x_is`` for what is not finite."""
        kept = {name: getattr(self, name) for name in kept_fields(type(self))}
        return strict_json.strict(strict_json.plain(kept, whole=True))

    def model_dump_json(self) -> str:
        """The document, as JSON that every strict parser reads; `from_json` reads it back."""
        return strict_json.written(document(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """What `model_dump_json` wrote, or `retainkit.save`.

        Raises
        ------
        InputError
            For what is no such document, of a version to come, and for names that it does not have.
        """
        return read_as(cls, text)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The same from plain values, infinities as floats."""
        names = kept_fields(cls)
        refuse_others(cls.__name__, values, names)
        refuse_missing(cls.__name__, values, names)
        from retainkit.rebuild import rebuilt  # reads types of fields, which only JSON needs

        return rebuilt(cls, values, names)


@cache
def kept_fields(cls: type[Any]) -> tuple[str, ...]:
    """The fields that a thing is made of; what it keeps of them by the way begins with an underscore."""
    if told := getattr(cls, "_written", ()):
        return told
    settings: Any = getattr(cls, "__dataclass_params__", None)
    own = settings is not None and not settings.init  # it has an __init__ of its own, without what is kept
    return tuple(f.name for f in dataclasses.fields(cls) if f.init and not (own and f.name[0] == "_"))


def kind_of(cls: type[Any]) -> str:
    """``break-even`` of BreakEven."""
    return getattr(cls, "_kind", "") or kebab(cls.__name__)


@cache
def kebab(name: str) -> str:
    """A name in capitals and small letters as words with hyphens between them."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def schema_of(cls: type[Any]) -> str:
    """``retainkit/break-even/1`` of BreakEven."""
    return f"retainkit/{kind_of(cls)}/{getattr(cls, '_version', 1)}"


def document(thing: Any, **options: Any) -> Plain:
    """The document of a thing, as values of strict JSON."""
    kind = cast("type[Any]", type(thing))
    if hasattr(kind, "model_fields"):  # a pydantic record gives its own values of Python by default
        options = {"mode": "json", **options}
    return {SCHEMA: schema_of(kind), **thing.model_dump(**options)}


def read_as(cls: type[Any], text: str | bytes, argument: str = "text") -> Any:
    """The thing of that class that a document tells of."""
    return made(cls, opened(cls, text, argument))


def made(cls: type[Any], values: Plain) -> Any:
    """The thing of that class from the values of its document; whatever they lack is an `InputError`."""
    try:
        thing = cls.from_dict(values)
        if not isinstance(thing, Document):  # what checks itself less than those do is asked for all it says
            thing.model_dump()
        return thing
    except InputError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        told = f"{type(error).__name__}: {error}"
        rule = f"must be that of a {cls.__name__} as it was written"
        raise InputError("unreadable-source", "the document", told, rule, _WRITE_AGAIN) from error


def opened(cls: type[Any], text: str | bytes, argument: str = "text") -> Plain:
    """The values of a document of that class, brought up to date, infinities in their places."""
    values = strict_json.read(text, argument)
    if not isinstance(values, dict):
        shown, rule = (
            type(values).__name__,
            f"must be the JSON of a {cls.__name__}, an object with its fields",
        )
        raise InputError("wrong-type", argument, shown, rule, _WRITE_AGAIN)
    return up_to_date(kind_of(cls), getattr(cls, "_version", 1), cast("Plain", values))


def up_to_date(kind: str, newest: int, values: Plain) -> Plain:
    """The values of a document without its schema, which is checked, as the newest version says them."""
    found, version = stated(values)
    if found not in ("", kind):
        rule = f"must be that of a {kind}, retainkit/{kind}/{newest}"
        raise InputError("wrong-type", SCHEMA, values[SCHEMA], rule, "retainkit.load(path) reads any kind.")
    if version > newest:
        rule, way_out = f"must be at most version {newest} here", "Install a newer version of retainkit."
        raise InputError("not-supported", SCHEMA, values[SCHEMA], rule, way_out)
    told = {name: value for name, value in values.items() if name != SCHEMA}
    for step in range(version, newest):
        if migrate := MIGRATIONS.get((kind, step)):
            told = migrate(told)
    return told


def stated(values: Plain) -> tuple[str, int]:
    """Kind and version that a document says of itself; no kind and version 0 where it says nothing."""
    if SCHEMA not in values:
        return "", 0
    said: object = values[SCHEMA]
    parts = (
        re.fullmatch(r"retainkit/([a-z0-9-]{1,60})/([1-9][0-9]{0,3})", said)
        if isinstance(said, str)
        else None
    )
    if parts is None:
        raise InputError(
            "unreadable-source", SCHEMA, said, "must be retainkit/<kind>/<version>", _WRITE_AGAIN
        )
    return parts[1], int(parts[2])


def _with_unit(values: Plain) -> Plain:
    """A model's unit could be left out in version 0."""
    told: Plain = {"unit": None, **values}
    base, members = told.get("base"), told.get("members")
    if isinstance(base, dict):
        told["base"] = _with_unit(cast("Plain", base))
    if isinstance(members, list):
        rows = cast("list[Any]", members)
        told["members"] = [_with_unit(cast("Plain", m)) if isinstance(m, dict) else m for m in rows]
    return told


MIGRATIONS["model", 0] = MIGRATIONS["fit", 0] = MIGRATIONS["posterior", 0] = _with_unit
