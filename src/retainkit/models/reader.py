"""Models of the registry again, from their JSON or their plain values, as the class that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retainkit.errors import InputError
from retainkit.models import MODELS
from retainkit.models.base import AnyModel
from retainkit.models.record import model_of, read_model


def model_of_values(values: Mapping[str, Any]) -> AnyModel:
    """The model from the values of its `model_dump`."""
    return model_of({**values}, MODELS)


def made_of_json(kind: type[AnyModel], text: str | bytes) -> AnyModel:
    """A model of that class from its JSON; of any for `AbstractModel`."""
    return _as_asked(kind, read_model(text, MODELS))


def made_of_dict(kind: type[AnyModel], values: Mapping[str, Any]) -> AnyModel:
    """A model of that class from its plain values; of any for `AbstractModel`."""
    return _as_asked(kind, model_of_values(values))


def _as_asked(kind: type[AnyModel], model: AnyModel) -> AnyModel:
    if not isinstance(model, kind):
        rule, way_out = f"must be that of a {kind.__name__}", "model_from_json(text) reads any model."
        raise InputError("not-a-model", "model", type(model).__name__, rule, way_out)
    return model
