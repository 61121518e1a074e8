"""Models from JSON: plain ones by their class, composed ones from the model within outwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from retainkit.errors import InputError, unknown_choice
from retainkit.models.base import AnyModel
from retainkit.models.contractual.shares import WithShares
from retainkit.models.covariates import WithCovariates
from retainkit.models.over_time import OverTime
from retainkit.typing import Plain

COMPOSED: Plain = {"OverTime": OverTime, "WithCovariates": WithCovariates, "WithShares": WithShares}


def read_model(text: str | bytes, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    """The model that a record in JSON describes."""
    try:
        record: Any = json.loads(text)
    except ValueError as error:
        raise _not_a_record(str(text)) from error
    return _model(record, models)


def _model(record: Any, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    if not isinstance(record, dict) or "model" not in record:
        raise _not_a_record(str(cast("object", record)))
    named = cast("Plain", record)
    if named["model"] in COMPOSED:
        return _composed(named, models)
    if named["model"] not in models:
        raise unknown_choice("model", named["model"], (*models, *COMPOSED))
    make: Any = models[named["model"]]
    given = named.get("parameters", {})
    missing = [name for name in make.names() if name not in given]
    if missing:
        raise _not_a_record(f"no {', '.join(missing)} among the parameters")
    values = {name: given[name] for name in make.names()}
    return make(**values, **named.get("settings", {}), unit=named.get("unit"))


def _composed(record: Plain, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    try:
        return COMPOSED[record["model"]].of_record(record, _model(record["base"], models))
    except (KeyError, TypeError) as error:
        raise _not_a_record(f"a {record['model']} without {error}") from error


def _not_a_record(value: str) -> InputError:
    rule = "must be the JSON of a model: its name, its parameters and its unit"
    return InputError("unreadable-source", "text", value, rule, "Write it with model.model_dump_json().")
