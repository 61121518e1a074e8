"""The documents as JSON Schema (draft 2020-12), for who writes or checks them without this library."""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import numpy as np

from retainkit.documents import SCHEMA, Document, kept_fields, schema_of
from retainkit.files.kinds import class_of
from retainkit.models import MODELS
from retainkit.parameters import parameters_of
from retainkit.rebuild import hints_of, meant
from retainkit.typing import Plain
from retainkit.units import DAYS_PER

_ANY: Plain = {}
_NUMBERS: Plain = {"$ref": "#/$defs/numbers"}
_UNIT: Plain = {"enum": [*DAYS_PER, None]}
_PACKED: Plain = {
    "type": "object",
    "properties": {
        "base64": {"type": "string", "contentEncoding": "base64"},
        "dtype": {"enum": ["float64", "int64"]},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 4},
    },
    "required": ["base64", "dtype", "shape"],
    "additionalProperties": False,
}
_DEFS: Plain = {
    "packed": _PACKED,
    "numbers": {
        "description": "numbers, lists of them or draws of one; more than a thousand may be packed",
        "anyOf": [
            {"type": ["number", "null"]},
            {"type": "array", "items": {"$ref": "#/$defs/numbers"}},
            {"$ref": "#/$defs/packed"},
            {"type": "object", "required": ["values"]},
        ],
    },
}
_WORDS: Plain = {"_is$": {"description": "what null is: never, infinite, minus infinite, undefined"}}
_AROUND: dict[str, tuple[str, ...]] = {
    "InPeriods": (),
    "OverTime": ("coefficients",),
    "ScaledContinuousModel": ("hazard_ratio",),
    "ScaledDiscreteModel": ("hazard_ratio",),
    "WithCovariates": ("coefficients",),
    "WithShares": ("shares",),
}
"""The models around another, ``base``, and what each says besides."""


def json_schema(kind: str) -> Plain:
    """The JSON Schema of the documents of a kind, as `save` and `model_dump_json` write them.

    Parameters
    ----------
    kind : one of `kinds`

    Examples
    --------
    >>> import retainkit as rk
    >>> told = rk.files.json_schema("purchases")
    >>> told["properties"]["schema"], told["additionalProperties"]
    ({'const': 'retainkit/purchases/1'}, False)
    """
    cls = class_of(kind)
    found = _model_schema() if kind == "model" else _schema_of_class(kind, cls)
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": schema_of(cls)}
    return {**found, **named, "$defs": {**_DEFS, **found.get("$defs", {})}}


def _schema_of_class(kind: str, cls: type[Any]) -> Plain:
    const: Plain = {SCHEMA: {"const": schema_of(cls)}}
    if callable(written := getattr(cls, "model_json_schema", None)):  # a pydantic record knows its own
        told: Any = written(mode="serialization")
        return {**told, "properties": {**const, **told["properties"]}}
    if kind in ("fit", "posterior"):
        return _estimate_of_a_model(cls, const)
    names = kept_fields(cls)
    properties = {**const, **{name: _of_hint(hints_of(cls).get(name, Any)) for name in names}}
    whole = issubclass(cls, Document)  # a record may say more than it is made of: figures that follow
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": _WORDS,
        "required": [SCHEMA, *(properties.keys() - {SCHEMA} if whole else ())],
        "additionalProperties": not whole,
    }


def _estimate_of_a_model(cls: type[Any], const: Plain) -> Plain:
    """A fit or a posterior: the model's own names, and what is known of it."""
    own = [name for name in kept_fields(cls) if name not in ("model", "family")]
    told = {name: _of_hint(hints_of(cls).get(name, Any)) for name in own}
    model: Plain = {"model": {"type": "string"}, "unit": _UNIT}
    return {
        "type": "object",
        "properties": {**const, **model, **told},
        "patternProperties": _WORDS,
        "required": [SCHEMA, "model", "unit", *own],
    }


def _model_schema() -> Plain:
    """Every registered model with its parameters, and the models around another."""
    plain_models = {name: {"$ref": f"#/$defs/{name}"} for name in MODELS}
    around = {name: {"$ref": f"#/$defs/{name}"} for name in _AROUND}
    defs: Plain = {name: _plain_model(name) for name in MODELS}
    defs |= {name: _around_model(name, more) for name, more in _AROUND.items()}
    defs["any"] = {"oneOf": [*plain_models.values(), *around.values(), {"$ref": "#/$defs/ModelAverage"}]}
    member: Plain = {"type": "object", "required": ["label", "places", "model", "unit"]}
    defs["ModelAverage"] = {
        "type": "object",
        "properties": {"model": {"const": "ModelAverage"}, "members": {"type": "array", "items": member}},
        "required": ["model", "members", "unit"],
    }
    const: Plain = {SCHEMA: {"const": "retainkit/model/1"}}
    return {"properties": const, "required": [SCHEMA], "$ref": "#/$defs/any", "$defs": defs}


def _plain_model(name: str) -> Plain:
    kind = MODELS[name]
    given = {p.name: {**_NUMBERS, "description": p.doc} for p in parameters_of(kind)}
    parameters: Plain = {
        "type": "object",
        "properties": given,
        "required": [*given],
        "additionalProperties": False,
    }
    return _named_model(name, {"parameters": parameters, "settings": {"type": "object"}}, ("parameters",))


def _around_model(name: str, more: tuple[str, ...]) -> Plain:
    inner: Plain = {"base": {"$ref": "#/$defs/any"}}
    return _named_model(name, {**inner, **dict.fromkeys(more, _ANY)}, ("base", *more))


def _named_model(name: str, properties: Plain, needed: tuple[str, ...]) -> Plain:
    return {
        "type": "object",
        "properties": {SCHEMA: _ANY, "model": {"const": name}, "unit": _UNIT, **properties},
        "required": ["model", "unit", *needed],
        "additionalProperties": False,
    }


_PLAIN_TYPES: dict[Any, Plain] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: _NUMBERS,
    str: {"type": "string"},
    types.NoneType: {"type": "null"},
    dt.date: {"type": "string", "format": "date"},
    np.datetime64: {"type": "string"},
}


def _of_hint(hint: Any) -> Plain:  # noqa: PLR0911 - one kind of hint a line
    """What a field of that type is in JSON; anything where only a type checker knows."""
    hint = meant(hint)
    if hint in _PLAIN_TYPES:
        return _PLAIN_TYPES[hint]
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _of_hint(inside[0])
    if origin is Literal:
        return {"enum": [*inside]}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of_hint(member) for member in inside]}
    if origin is np.ndarray:
        kinds = get_args(inside[1]) if len(inside) > 1 else ()
        numbers = kinds and isinstance(kinds[0], type) and issubclass(kinds[0], np.number)
        return _NUMBERS if numbers else {"anyOf": [{"type": "array"}, {"$ref": "#/$defs/packed"}]}
    if origin in (tuple, list):
        return {"anyOf": [{"type": "array"}, {"$ref": "#/$defs/packed"}]}
    kind: Any = origin or hint
    mapping = isinstance(kind, type) and issubclass(cast("type[Any]", kind), Mapping)
    return {"type": "object"} if mapping or dataclasses.is_dataclass(kind) else _ANY
