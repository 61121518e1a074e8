"""A record again from plain values, by the types that its fields declare."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from retainkit.errors import InputError, refuse_others, unknown_choice
from retainkit.typing import Plain

T = TypeVar("T")

BY_FIELDS: dict[frozenset[str], type[Any]] = {}
"""Records that may stand in the place of a number or an array: they are known by the names they have."""


def rebuilt(kind: type[T], values: Mapping[str, Any], names: Sequence[str] | None = None) -> T:
    """A dataclass from a mapping of its fields, or of those in `names`; others are left to the caller."""
    given: dict[str, Any] = {}
    for field in dataclasses.fields(cast("Any", kind)):
        if not field.init or (names is not None and field.name not in names):
            continue
        if field.name in values:
            hint = hints_of(kind).get(field.name, Any)
            given[field.name] = _named(f"{kind.__name__} {field.name}", hint, values[field.name])
            choices = _choices(hint)
            if choices and given[field.name] not in choices:
                raise unknown_choice(
                    f"{kind.__name__} {field.name}", given[field.name], tuple(map(str, choices))
                )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InputError(
                "missing-argument",
                argument=kind.__name__,
                value=f"no {field.name!r}",
                rule=f"needs the field {field.name}",
                way_out="Write the record with model_dump_json().",
            )
    return kind(**given)


def _named(argument: str, hint: Any, value: Any) -> Any:
    try:
        return _as(hint, value)
    except TypeError as error:
        raise InputError("wrong-type", argument, value, f"must be as it was written: {error}") from error


_PLAIN: dict[Any, tuple[str, tuple[type, ...]]] = {
    float: ("a number", (int, float)),
    int: ("a whole number", (int,)),
    str: ("text", (str,)),
    bool: ("true or false", (bool,)),
}
"""What fields hold that are no columns: in words, and what they are of in JSON."""


def _stands_for_a_number(value: Any) -> bool:
    return isinstance(value, dict) and frozenset(cast("Plain", value)) in BY_FIELDS


def _is_plain(hint: Any, value: Any) -> bool:
    """Whether a value is what such a field holds; true and false are no numbers, 2.0 is a whole one."""
    if hint is int and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PLAIN[hint][1]) and (hint is bool or not isinstance(value, bool))


@cache
def _choices(hint: Any) -> tuple[Any, ...]:
    """The values of a field that may have no others; none for all other fields."""
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if not all(m is types.NoneType or get_origin(m) is Literal for m in members):
        return ()
    return tuple(None if m is types.NoneType else v for m in members for v in (get_args(m) or (None,)))


@cache
def hints_of(kind: type[Any]) -> dict[str, Any]:
    """The types of the fields; Any where a name in one is known to type checkers alone."""
    found: dict[str, Any] = {}
    for owner in reversed(kind.__mro__):
        for name, written in vars(owner).get("__annotations__", {}).items():
            alone = type(name, (), {"__annotations__": {name: written}, "__module__": owner.__module__})
            try:
                found[name] = get_type_hints(alone)[name]
            except NameError:
                found[name] = Any
    return found


def _as(hint: Any, value: Any) -> Any:
    """A plain value as what a field holds."""
    hint = meant(hint)
    if isinstance(hint, type) and hint in _PLAIN and not _stands_for_a_number(value):
        if not _is_plain(hint, value):
            raise TypeError(f"it is {_PLAIN[hint][0]}")
        return float(value) if hint is float else value
    return _column(value) if value is None or hint is Any else _as_told(hint, value)


def _as_told(hint: Any, value: Any) -> Any:  # noqa: PLR0911 - one kind of hint a line
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _as(inside[0], value)
    if origin in (Union, types.UnionType):
        return _as(_chosen(inside, value), value)
    if hint is np.datetime64:
        return np.datetime64(value)
    if hint is dt.date:
        return dt.date.fromisoformat(value)
    if origin is np.ndarray:
        return _column(value) if isinstance(value, dict) else _array(inside, value)
    if isinstance(hint, TypeVar) and hint.__constraints__:
        return _as(_chosen(hint.__constraints__, value), value)
    if origin is Literal or isinstance(hint, TypeVar):
        return value
    if isinstance(value, Mapping):
        return _from_mapping(origin or hint, inside, cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        return _from_list(origin or hint, inside, cast("list[Any]", value))
    return value


def _chosen(members: Sequence[Any], value: Any) -> Any:
    """The member of a union that a plain value can be."""
    if _stands_for_a_number(value):
        return Any
    members = [meant(member) for member in members]
    simple = [m for m in members if isinstance(m, type) and m in _PLAIN]
    if value is not None and {*simple, types.NoneType} >= {*members}:
        return _chosen_plain(simple, value)
    return _chosen_of(members, value)


def _chosen_plain(kinds: Sequence[Any], value: Any) -> Any:
    fitting = [kind for kind in kinds if _is_plain(kind, value)]
    if not fitting:
        raise TypeError(f"it is {' or '.join(_PLAIN[kind][0] for kind in kinds)}")
    return float if float in fitting and isinstance(value, float) else fitting[0]


def _chosen_of(members: Sequence[Any], value: Any) -> Any:
    records = [m for m in members if dataclasses.is_dataclass(get_origin(m) or m)]
    if isinstance(value, Mapping) and len(records) == 1:
        return records[0]
    for member in members:
        kind = get_origin(member) or member
        if isinstance(value, Mapping) and dataclasses.is_dataclass(kind):
            if set(cast("Mapping[str, Any]", value)) >= {
                f.name for f in dataclasses.fields(cast("Any", kind)) if _needed(f)
            }:
                return member
        elif isinstance(value, Mapping) and hasattr(kind, "model_fields"):  # a pydantic record
            if kind.model_fields.keys() >= cast("Mapping[str, Any]", value).keys():
                return member
        elif (isinstance(value, list) and kind in (np.ndarray, tuple, list)) or (
            kind is not Any and isinstance(kind, type) and isinstance(value, kind)
        ):
            return member
    return Any


def meant(hint: Any) -> Any:
    """What an alias stands for, as numpy 2.5 and later write ``NDArray[np.float64]``."""
    origin = get_origin(hint)
    alias = getattr(origin or hint, "__value__", None)
    return hint if alias is None else alias[get_args(hint)] if origin else alias


def _needed(field: dataclasses.Field[Any]) -> bool:
    no_default = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    return field.init and no_default


def _from_mapping(hint: object, inside: Sequence[Any], value: Mapping[str, Any]) -> Any:
    kind = cast("Any", hint)
    if isinstance(kind, type) and issubclass(cast("type[Any]", kind), Mapping):
        name = int if inside and inside[0] is int else str
        return {name(k): _as(inside[1] if inside else Any, v) for k, v in value.items()}
    if dataclasses.is_dataclass(kind):
        made: Any = getattr(kind, "from_dict", None)  # a record
        if made:
            return made(value)
        part = cast("type[Any]", kind)
        refuse_others(part.__name__, value, tuple(f.name for f in dataclasses.fields(part)))
        return rebuilt(part, value)
    if callable(validate := getattr(cast("Any", kind), "model_validate", None)):  # a pydantic record
        return validate(value)
    if callable(read := getattr(cast("Any", kind), "from_json", None)):  # a model
        return read(json.dumps(value))
    return _column(value)  # draws in the place of a number


def _from_list(kind: Any, inside: Sequence[Any], value: list[Any]) -> Any:
    if kind is not tuple:
        return [_as(inside[0], v) for v in value] if kind is list and inside else _column(value)
    if not inside or inside[-1] is Ellipsis:
        return tuple(_as(inside[0] if inside else Any, v) for v in value)
    return tuple(_as(h, v) for h, v in zip(inside, value, strict=True))


def _array(inside: Sequence[Any], value: Any) -> Any:
    kinds = get_args(inside[1]) if len(inside) > 1 else ()
    kind = kinds[0] if kinds and kinds[0] not in (Any, np.generic) else None
    array = np.asarray(value, dtype=None if kind is np.datetime64 else kind)
    array = array.astype("datetime64") if kind is np.datetime64 else array
    array.setflags(write=False)
    return array


def _column(value: Any) -> Any:
    """A list of numbers or of texts as a column, draws as such; anything else as it is."""
    if isinstance(value, dict) and (made := BY_FIELDS.get(frozenset(cast("Plain", value)))):
        return cast("Any", made).from_dict(value)
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        if entries and not any(isinstance(v, list | dict | None) for v in entries):
            return np.asarray(entries)
    return cast("Any", value)
