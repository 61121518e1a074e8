"""Models from JSON: plain ones by their class, composed ones from the model within outwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from retainkit.errors import InputError, check_choice, near, show
from retainkit.models.base import AnyModel
from retainkit.models.contractual.hazard_ratios import ScaledContinuousModel, ScaledDiscreteModel
from retainkit.models.contractual.shares import WithShares
from retainkit.models.covariates import WithCovariates
from retainkit.models.in_periods import InPeriods
from retainkit.models.over_time import OverTime
from retainkit.strict_json import loads
from retainkit.typing import Plain

_KINDS = (InPeriods, OverTime, ScaledContinuousModel, ScaledDiscreteModel, WithCovariates, WithShares)
COMPOSED: Plain = {kind.__name__: kind for kind in _KINDS}


def read_model(text: str | bytes, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    """The model that a record in JSON describes."""
    try:
        record: Any = loads(text)
    except ValueError as error:
        raise _not_a_record(f"{show(text, 40)}: {error}") from error
    return _model(record, models)


def _model(record: Any, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    if not isinstance(record, dict) or "model" not in record:
        raise _not_a_record(str(cast("object", record)))
    named = cast("Plain", record)
    known = (*models, *COMPOSED)
    check_choice("model", named["model"] if isinstance(named["model"], str) else repr(named["model"]), known)
    if named["model"] in COMPOSED:
        return _composed(named, models)
    make: Any = models[named["model"]]
    _only(named, ("model", "parameters", "settings", "unit"), "the record")
    given, settings = (_mapping(named.get(part, {}), part) for part in ("parameters", "settings"))
    missing = [name for name in make.names() if name not in given]
    if missing:
        raise _not_a_record(f"no {', '.join(missing)} among the parameters")
    _only(given, make.names(), f"the parameters of {named['model']}")
    _only(settings, make.fixed_fields, f"the settings of {named['model']}")
    return make(**given, **settings, unit=named.get("unit"))


def _mapping(part: object, name: str) -> Plain:
    if not isinstance(part, dict):
        raise _not_a_record(f"{name} {show(part, 40)}, not by name")
    return cast("Plain", part)


def _only(given: Plain, known: Sequence[str], where: str) -> None:
    """Refuse a name that would be ignored: it is misspelt, or of another version."""
    for name in given:
        if name not in known:
            way_out = near(name, known) + (f"There are {', '.join(known)}." if known else "There are none.")
            raise InputError("unknown-name", "text", name, f"must have no other names in {where}", way_out)


def _composed(record: Plain, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    _only(record, ("model", "base", "shares", "coefficients", "hazard_ratio", "unit"), "the record")
    try:
        return COMPOSED[record["model"]].of_record(record, _model(record["base"], models))
    except (KeyError, TypeError) as error:
        raise _not_a_record(f"a {record['model']} without {error}") from error


def _not_a_record(value: str) -> InputError:
    rule = "must be the JSON of a model: its name, its parameters and its unit"
    return InputError("unreadable-source", "text", value, rule, "Write it with model.model_dump_json().")
