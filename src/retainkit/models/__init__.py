"""The registry: every model the library fits, by name. A new model is one file and one line here."""

from __future__ import annotations

import json
from typing import Any, cast

from retainkit.errors import InputError, unknown_choice
from retainkit.models._base import AbstractModel
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.spend.gamma_gamma import GammaGamma

MODELS: dict[str, type[AbstractModel[Any]]] = {
    "BGNBD": BGNBD,
    "GammaGamma": GammaGamma,
}


def model_from_json(text: str | bytes) -> AbstractModel[Any]:
    """A model from the JSON that its ``model_dump_json()`` (or that of its fit) wrote.

    >>> from retainkit import BGNBD
    >>> model = BGNBD(r=0.243, alpha=4.41, a=0.793, b=2.43, unit="week")
    >>> model_from_json(model.model_dump_json()) == model
    True
    """
    record = _read(text)
    kind = MODELS[record["model"]]
    given = record["parameters"]
    missing = [name for name in kind.names() if name not in given]
    if missing:
        raise _not_a_record(f"no {', '.join(missing)} among the parameters")
    return kind.of([given[name] for name in kind.names()], unit=record.get("unit"))


def _read(text: str | bytes) -> dict[str, Any]:
    try:
        record: Any = json.loads(text)
    except ValueError as error:
        raise _not_a_record(str(text)) from error
    if not isinstance(record, dict) or not {"model", "parameters"} <= set(cast("dict[str, Any]", record)):
        raise _not_a_record(str(text))
    named = cast("dict[str, Any]", record)
    if named["model"] not in MODELS:
        raise unknown_choice("model", named["model"], tuple(MODELS))
    return named


def _not_a_record(value: str) -> InputError:
    return InputError(
        "not-a-record",
        argument="text",
        value=value,
        rule="must be the JSON of a model: its name, its parameters and its unit",
        way_out="Write it with model.model_dump_json().",
    )
