"""Models from JSON: plain ones by their class, composed ones from the model within outwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from retainkit.documents import SCHEMA, stated, up_to_date
from retainkit.errors import InputError, check_choice, near, show
from retainkit.models.average import AverageFamily, ModelAverage
from retainkit.models.base import AnyModel
from retainkit.models.contractual.hazard_ratios import ScaledContinuousModel, ScaledDiscreteModel
from retainkit.models.contractual.shares import WithShares
from retainkit.models.covariates import WithCovariates
from retainkit.models.family import AnyFamily, hold
from retainkit.models.in_periods import InPeriods
from retainkit.models.over_time import OverTime
from retainkit.strict_json import loads, restored
from retainkit.typing import Plain

_KINDS = (InPeriods, OverTime, ScaledContinuousModel, ScaledDiscreteModel, WithCovariates, WithShares)
COMPOSED: Plain = {kind.__name__: kind for kind in _KINDS}


def read_model(text: str | bytes, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    """The model that a record in JSON describes, or that of a fit."""
    try:
        record: Any = restored(loads(text))
    except ValueError as error:
        raise _not_a_record(f"{show(text, 40)}: {error}") from error
    if not isinstance(record, dict):
        raise _not_a_record(str(cast("object", record)))
    values = cast("Plain", record)
    kind = stated(values)[0]
    if kind == "fit":
        values = {name: value for name, value in values.items() if name in (*OF_MODEL, SCHEMA)}
    return model_of(up_to_date(kind if kind == "fit" else "model", 1, values), models)


OF_MODEL = (
    "model",
    "base",
    "parameters",
    "settings",
    "shares",
    "coefficients",
    "hazard_ratio",
    "members",
    "unit",
)
"""The names in the record of any model, of which each kind has some."""


def model_of(record: Any, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    """The model that a record describes whose values are of the newest version."""
    try:
        return _model(record, models)
    except InputError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise _not_a_record(f"{type(error).__name__}: {error}") from error


def _model(record: Any, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    if not isinstance(record, dict) or "model" not in record:
        raise _not_a_record(str(cast("object", record)))
    named = cast("Plain", record)
    known = (*models, *COMPOSED, ModelAverage.__name__)
    check_choice("model", named["model"] if isinstance(named["model"], str) else repr(named["model"]), known)
    if "unit" not in named:
        _only(named, OF_MODEL, "the record")
        raise _not_a_record("no unit, which is null where it is not known")
    if named["model"] == ModelAverage.__name__:
        return _average(named, models)
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


def _average(record: Plain, models: Mapping[str, type[AnyModel]]) -> AnyModel:
    """The models of an average with the draws of each; what is a single number in one was held."""
    _only(record, ("model", "members", "unit"), "the record")
    rows = cast("list[Plain]", record["members"])
    read = [_model({n: v for n, v in row.items() if n in OF_MODEL}, models) for row in rows]
    among = AverageFamily(tuple(map(free_family, read)), tuple(row["label"] for row in rows))
    columns = np.full((len(among.names()), sum(len(row["places"]) for row in rows), 1), np.nan)
    given = iter(columns)
    for model, own, row in zip(read, among.families, rows, strict=True):
        _only(row, ("label", "places", *OF_MODEL), "a member")
        for value in own.values_of(model):
            next(given)[row["places"]] = value
    return among.of(list(columns), unit=record["unit"])


def free_family(model: AnyModel) -> AnyFamily:
    """The models among which that of draws is: what is a single number in it was held."""
    whole = model.family
    given = dict(zip(whole.names(), whole.values_of(model), strict=True))
    return hold(whole, **{name: value for name, value in given.items() if np.ndim(value) == 0})


def _not_a_record(value: str) -> InputError:
    rule = "must be the JSON of a model: its name, its parameters and its unit"
    return InputError("unreadable-source", "text", value, rule, "Write it with model.model_dump_json().")
