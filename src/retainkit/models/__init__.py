"""The registry: every model the library fits, by name. A new model is one file and one line here."""

from __future__ import annotations

from typing import Any

from retainkit.models._base import AbstractModel
from retainkit.models._json import read_model
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
    return read_model(text, MODELS)
