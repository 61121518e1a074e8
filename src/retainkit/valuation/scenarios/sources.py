"""Scenarios from text, files and rows of tables; pydantic's complaints as errors that advise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from retainkit.calls import word_for
from retainkit.errors import InputError, MissingDependencyError, missing_argument, near, unknown_choice
from retainkit.strict_json import decoded, loads, restored
from retainkit.tables.gaps import is_missing
from retainkit.typing import Plain


def parse_json(source: str | bytes | Path) -> Plain:
    """The object that a JSON text, or a file of it, holds."""
    try:
        found: object = restored(loads(_content(source)))
    except ValueError as error:
        raise _unreadable(source, "JSON", str(error)) from error
    return _object(found, "JSON")


def parse_yaml(source: str | bytes | Path) -> Plain:
    """The mapping that a YAML text, or a file of it, holds."""
    try:
        import yaml  # pyright: ignore[reportMissingModuleSource]
    except ImportError as error:
        raise MissingDependencyError("pyyaml", "yaml", "Reading YAML") from error
    try:
        found: object = yaml.safe_load(decoded(_content(source)))
    except (yaml.YAMLError, ValueError) as error:
        raise _unreadable(source, "YAML", str(error).replace("\n", " ")) from error
    return _object(found, "YAML")


def row_values(row: object, fields: Mapping[str, object], other: str) -> Plain:
    """The values of a row of a table by field; missing values are left out, to take the default."""
    if other not in ("error", "ignore"):
        raise unknown_choice("other", other, ("error", "ignore"))
    for method in ("to_dict", "_asdict"):  # a pandas Series; a named tuple
        if not isinstance(row, Mapping) and hasattr(row, method):
            row = getattr(row, method)()
    if not isinstance(row, Mapping):
        way_out = "Pass a dict, a named tuple of itertuples(), table.iloc[0], or one of table.to_dicts()."
        raise InputError("wrong-type", "row", row, "must be a row with named columns", way_out)
    values: Plain = {str(name): value for name, value in row.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if other == "ignore":
        values = {name: value for name, value in values.items() if name in fields}
    return {name: value for name, value in values.items() if not is_missing(value)}


def as_input_error(error: ValidationError, fields: Mapping[str, FieldInfo]) -> InputError:
    """The most telling of pydantic's complaints, in the library's words, with the way to the field."""
    found = error.errors(include_url=False)
    found.sort(key=lambda e: e["type"] != "extra_forbidden")  # a misspelt name explains a missing one
    first, name = found[0], _path(found[0]["loc"])
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return _placed(cause, name)
    if first["type"] == "extra_forbidden":
        here = word_for(name, fields)
        way_out = f"Here it is {here}. " if here else near(name, fields)
        way_out += f"The fields are: {', '.join(fields)}."
        return InputError("unknown-name", name, first["input"], "is not a field", way_out)
    if first["type"] == "missing":
        meaning = fields[name].description if name in fields else None
        return missing_argument(name, "must be given", f"It is {meaning}." if meaning else "")
    rule = first["msg"][:1].lower() + first["msg"][1:]
    return InputError("wrong-type", name or "scenario", first["input"], rule)


def _placed(cause: InputError, outer: str) -> InputError:
    """The error of a nested field under its whole name: ``initiatives[1].reach``."""
    if not outer or outer == cause.argument:
        return cause
    argument = outer if outer.endswith(cause.argument) else f"{outer}.{cause.argument}"
    return InputError(cause.code, argument, cause.value, cause.rule, cause.way_out)


def _path(loc: Iterable[int | str]) -> str:
    """``initiatives[1].reach`` of ``("initiatives", 1, "reach")``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")


def _content(source: str | bytes | Path) -> str | bytes:
    return source.read_bytes() if isinstance(source, Path) else source


def _object(found: object, language: str) -> Plain:
    if isinstance(found, dict):
        return {str(name): value for name, value in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    rule = f"must be one {language} object of fields and values"
    way_out = "For several scenarios, read the list and call from_dict for each."
    raise InputError("wrong-type", "source", found, rule, way_out)


def _unreadable(source: object, language: str, problem: str) -> InputError:
    way_out = f"It says: {problem}. A path to a file is given as pathlib.Path."
    return InputError("unreadable-source", "source", source, f"must be {language}", way_out)
