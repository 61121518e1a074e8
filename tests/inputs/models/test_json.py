"""JSON of models, records and scenarios: a byte order mark is read, what would be ignored is refused."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.interop.lifetimes import BetaGeoFitter
from retainkit.strict_json import encoding_of

MODEL = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
UNIT = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
EVEN = rk.break_even(500, 50, churn=0.1)
READERS: dict[str, tuple[str, Callable[[Any], object], object]] = {
    "model": (MODEL.model_dump_json(), rk.model_from_json, MODEL),
    "record": (EVEN.model_dump_json(), type(EVEN).from_json, EVEN),
    "scenario": (UNIT.model_dump_json(), rk.UnitEconomics.from_json, UNIT),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_byte_order_mark_is_no_part_of_the_text(reader: str) -> None:
    text, read, expected = READERS[reader]
    for given in (text, "\ufeff" + text, text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert read(given) == expected


def test_a_byte_order_mark_in_a_file_is_none_either(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "unit.json").write_text(UNIT.model_dump_json(), encoding=encoding)
        assert rk.UnitEconomics.from_json(tmp_path / "unit.json") == UNIT
        (tmp_path / "unit.yaml").write_text(
            "acquisition_cost: 500\nmonthly_margin: 50\nmonthly_churn: 0.05\n", encoding=encoding
        )
        assert rk.UnitEconomics.from_yaml(tmp_path / "unit.yaml") == UNIT


def test_a_saved_fitter_may_have_one_too(tmp_path: Path) -> None:
    p = MODEL.sample(np.linspace(20.0, 60.0, 900), seed=1)
    fitted = BetaGeoFitter().fit(p.frequency, p.recency, p.T)
    fitted.save_model(tmp_path / "fitter.json")
    text = (tmp_path / "fitter.json").read_bytes()
    (tmp_path / "fitter.json").write_bytes(codecs.BOM_UTF8 + text)
    other = BetaGeoFitter()
    other.load_model(tmp_path / "fitter.json")
    assert dict(other.params_) == dict(fitted.params_)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "text", ["[" * 100_000 + "]" * 100_000, '{"a": NaN}', '{"a": 1, "a": 2}', "", "{", b'{"a": "\xe9"}']
)
def test_what_is_no_strict_json_is_refused_in_a_sentence(reader: str, text: Any) -> None:
    with pytest.raises(rk.InputError) as caught:
        READERS[reader][1](text)
    assert caught.value.code == "unreadable-source" and len(str(caught.value)) < 400


STRANGE: dict[str, tuple[dict[str, Any], str]] = {
    "a field": ({"Unit": "week"}, "'Unit'. Did you mean 'unit'?"),
    "a version": ({"schema": 99}, "schema must be"),
    "a parameter": ({"parameters": {**MODEL.parameters, "zzz": 1.0}}, "'zzz'. There are r, alpha, a, b."),
    "a setting": ({"settings": {"k": 2}}, "'k'. There are none."),
    "no mapping": ({"parameters": [1.0]}, "by name"),
    "no name": ({"model": ["BGNBD"]}, "model must be one of"),
}


@pytest.mark.parametrize("case", STRANGE)
def test_what_a_model_does_not_have_is_refused(case: str) -> None:
    change, said = STRANGE[case]
    with pytest.raises(rk.InputError) as caught:
        rk.model_from_json(json.dumps(MODEL.model_dump() | change))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", [None, 5, {"model": "NBD"}, MODEL])
def test_what_is_no_text_is_refused_in_a_sentence(text: Any) -> None:
    with pytest.raises(rk.InputError, match=r"must be the JSON of a model.*it is no text"):
        rk.model_from_json(text)
    with pytest.raises(rk.InputError, match=r"must be JSON \(it is no text\)"):
        type(EVEN).from_json(text)


def test_who_asks_a_model_for_its_json_by_another_word_is_told_the_right_one() -> None:
    for name, way in (("to_json", "model_dump_json"), ("to_dict", r"model_dump\(\)")):
        with pytest.raises(AttributeError, match=f"'BGNBD' object has no attribute '{name}'. It is {way}"):
            getattr(MODEL, name)
    with pytest.raises(AttributeError, match="no attribute 'survivl'"):
        MODEL.survivl  # type: ignore[attr-defined]  # noqa: B018


def test_the_same_holds_around_and_within_a_composed_model() -> None:
    model = rk.models.OverTime(MODEL, ("sale",), (0.3,)).model_dump()
    for changed in (model | {"Base": 1}, model | {"base": model["base"] | {"zzz": 1}}):
        with pytest.raises(rk.InputError, match="must have no other names"):
            rk.model_from_json(json.dumps(changed))


def test_a_break_even_that_never_comes_is_null_beside_a_word() -> None:
    text = json.dumps(EVEN.model_dump(), allow_nan=False)
    assert json.loads(text)["periods"] is None and json.loads(text)["periods_is"] == "never"


def test_encodings_are_named() -> None:
    text = "Zoë €" * 30
    assert encoding_of(text.encode()) is None
    found = {name: encoding_of(text.encode(name)) for name in ("cp1252", "utf-16", "utf-16-be", "utf-32")}
    assert found == {"cp1252": "cp1252", "utf-16": "utf-16", "utf-16-be": "utf-16", "utf-32": "utf-32"}
    assert encoding_of("Zoë".encode("latin-1")) == "latin-1"
