"""What questions, answers and refusals have in common: frozen, strict, and JSON in every case."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, TypeAlias, cast

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from retainkit.errors import Entry, FitError, InputError, RetainkitError, check_choice, show
from retainkit.typing import Plain

MOST_ROWS = 1_000_000
"""Rows that one question may have."""

Models: TypeAlias = Mapping[str, Any]
"""What was loaded, by the name that a question calls it."""


def _column(value: Any) -> Any:
    """A column of finite numbers as an array; looked at once, for a question may have a hundred thousand."""
    if not isinstance(value, list | tuple | np.ndarray):
        raise PydanticCustomError("column", "must be a list of numbers")
    entries = cast("list[Any]", value)
    if len(entries) > MOST_ROWS:
        raise PydanticCustomError("column", "must have {most} numbers at most", {"most": f"{MOST_ROWS:,}"})
    # true and false would become 1 and 0, and a text that looks like a number one
    if not isinstance(value, np.ndarray) and not {*map(type, entries)} <= {float, int}:
        place = next(i for i, entry in enumerate(entries) if type(entry) not in (float, int))
        told = {"value": show(entries[place], 30), "place": place}
        raise PydanticCustomError("column", "must be numbers, got {value} at position {place}", told)
    try:
        found = np.array(entries, np.float64)
    except (OverflowError, ValueError, TypeError) as error:
        raise PydanticCustomError("column", "must be numbers that fit 64-bit floating point") from error
    if found.ndim != 1 or not np.isfinite(found).all():
        raise PydanticCustomError("column", "must be one list of finite numbers")
    found.setflags(write=False)
    return found


def _plain_column(value: Any) -> Any:
    return [v if math.isfinite(v) else None for v in np.asarray(value, np.float64).tolist()]


Column: TypeAlias = Annotated[
    Any,
    BeforeValidator(_column),
    PlainSerializer(_plain_column),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "maxItems": MOST_ROWS}),
]
"""One number for each customer, in their order."""

Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


class Answer(_Strict):
    """What is answered: numbers and columns with their units in their names."""

    def to_json(self) -> bytes:
        """The answer as strict JSON."""
        return json.dumps(self.model_dump(mode="json"), allow_nan=False).encode("ascii")

    @classmethod
    def of(cls, **figures: Any) -> Self:
        """The answer of figures that are known to be right: they are not checked again."""
        return cls.model_construct(**figures)


class Request(_Strict, ABC):
    """What is asked."""

    verb: ClassVar[str]
    """What the question is called in an address: ``break-even``."""

    @abstractmethod
    def answer(self, models: Models) -> Answer:
        """The answer, or an `InputError`; `models` are those that questions may name."""


class Problem(_Strict):
    """One mistake: what kind it is, where it is, what the rule is and what to do about it."""

    code: str
    argument: str
    row: int | None = None
    value: str
    rule: str
    way_out: str = ""

    @classmethod
    def of(cls, error: RetainkitError) -> Problem:
        """The mistake that an error of the library tells of."""
        if isinstance(error, InputError):
            entry = error.value
            row = entry.position if isinstance(entry, Entry) and isinstance(entry.position, int) else None
            return cls(row=row, **_encodable(error.as_dict()))
        code = error.code if isinstance(error, FitError) else "not-supported"
        return cls(code=code, argument="", value="", **_encodable({"rule": str(error)}))


class Refusal(Answer):
    """Why there is no answer."""

    problems: tuple[Problem, ...]

    @classmethod
    def of_error(cls, error: RetainkitError | ValidationError) -> Refusal:
        """The refusal that says what an error says."""
        if isinstance(error, ValidationError):
            return cls(problems=tuple(map(_of_pydantic, error.errors(include_url=False)[:20])))
        return cls(problems=(Problem.of(error),))


def _of_pydantic(found: Any) -> Problem:
    cause = found.get("ctx", {}).get("error")
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in found["loc"]).lstrip(".")
    if isinstance(cause, InputError):
        own = Problem.of(cause)
        return own.model_copy(
            update={
                "argument": own.argument if own.argument in where else f"{where}.{own.argument}".strip(".")
            }
        )
    codes = {
        "missing": "missing-argument",
        "extra_forbidden": "unknown-name",
        "json_invalid": "unreadable-source",
    }
    code = codes.get(found["type"], "out-of-range" if "than" in found["type"] else "wrong-type")
    given = "" if found["type"] == "missing" else show(found.get("input"), 60)
    rule = str(found["msg"])
    rule = rule[:1].lower() + rule[1:]
    return Problem(**_encodable({"code": code, "argument": where or "body", "value": given, "rule": rule}))


def _encodable(told: Mapping[str, str]) -> Plain:
    """Texts that any encoder takes: half of a pair of surrogates is none."""
    return {name: text.encode("utf-8", "replace").decode() for name, text in told.items()}


def model_named(argument: str, name: str, models: Models) -> Any:
    """The model of that name among those that were loaded."""
    check_choice(argument, name, [*models])
    return models[name]


def finite(value: Any) -> float | None:
    """A number of an answer; None where it has no end, which a flag beside it says."""
    number = float(value)
    return number if math.isfinite(number) else None
