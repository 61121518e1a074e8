"""What every public result obeys; a new one gets these tests because its docstring has an example."""

from __future__ import annotations

import copy
import importlib
import json
import math
import pickle
import re
from dataclasses import is_dataclass
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import polars as pl
import pytest
from documented_records import examples
from public_calls import ROOMS, kinds

import retainkit as rk
from retainkit import decisions, economics, metrics
from retainkit.documents import schema_of
from retainkit.records import Record

Data = metrics.Episodes | metrics.SubscriptionBase  # what was read or cut is data, as summaries are

every_kind = pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__qualname__)


def strict(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


class Tables(HTMLParser):
    """The cells of the headings, and of all tables, of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings, self.cells, self._in = 0, 0, ""
        self.caption = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._in = tag
        self.headings += tag == "th"
        self.cells += tag == "td"

    def handle_data(self, data: str) -> None:
        self.caption += data if self._in == "caption" else ""


@pytest.mark.slow
@every_kind
def test_a_docstring_makes_one(kind: type[Record]) -> None:
    assert examples().get(kind), f"no example makes a {kind.__qualname__}"


@every_kind
def test_equality_knows_arrays_and_hash_agrees(kind: type[Record]) -> None:
    for record in examples()[kind]:
        other = copy.copy(record)
        assert record == other
        assert (record == "something else") is False
        assert hash(record) == hash(other)
        for name in record._names():
            value = getattr(record, name)
            if isinstance(value, float) and math.isfinite(value):
                object.__setattr__(other, name, value + 1.0)
                assert record != other
                object.__setattr__(other, name, value)


@pytest.mark.slow
@every_kind
def test_json_is_strict_and_reads_itself_back(kind: type[Record]) -> None:
    for record in examples()[kind]:
        text = record.model_dump_json()
        stored = strict(text)
        plain = json.loads(json.dumps(record.model_dump(), allow_nan=False))
        assert stored == {"schema": schema_of(kind), **plain}
        if kind._read_back:
            again = kind.from_json(text)
            assert again == record
            assert strict(again.model_dump_json()).keys() == stored.keys()
        else:
            with pytest.raises(rk.InputError, match="cannot be made again"):
                kind.from_json(text)


@pytest.mark.slow
@every_kind
def test_what_is_not_finite_says_why(kind: type[Record]) -> None:
    for record in examples()[kind]:
        stored, told = strict(record.model_dump_json()), record.as_dict()
        for name, value in told.items():
            if isinstance(value, float) and not math.isfinite(value):
                assert stored[name] is None
                assert stored[f"{name}_is"] in ("never", "infinite", "minus infinite", "undefined")
            elif isinstance(value, float):
                assert f"{name}_is" not in stored


@pytest.mark.slow
@every_kind
def test_it_prints_copies_and_pickles(kind: type[Record]) -> None:
    for record in examples()[kind]:
        assert len(str(record)) > 5
        assert copy.deepcopy(record) == record
        assert pickle.loads(pickle.dumps(record)) == record


@pytest.mark.slow
@every_kind
def test_a_notebook_shows_a_table_with_headings(kind: type[Record]) -> None:
    for record in examples()[kind]:
        html = record._repr_html_()
        if "<iframe" in html:
            continue  # the report is a page of its own
        shown = Tables(html)
        assert shown.headings >= 2
        assert shown.cells >= 1
        assert len(shown.caption) < 600


@pytest.mark.slow
@every_kind
def test_its_rows_are_a_table_of_any_kind(kind: type[Record]) -> None:
    for record in examples()[kind]:
        columns = record.to_frame("dict")
        assert len({len(column) for column in columns.values()}) == 1
        assert list(record.to_frame("pandas").columns) == list(columns)
        assert record.to_frame("polars").columns == list(columns)
        with pytest.raises(rk.InputError, match="kind must be one of"):
            record.to_frame("excel")  # type: ignore[arg-type]


@every_kind
def test_fields_are_documented_and_frozen(kind: type[Record]) -> None:
    record = examples()[kind][0]
    with pytest.raises(AttributeError):
        setattr(record, record._names()[0], None)
    assert kind.__doc__


def test_every_public_result_is_a_record() -> None:
    """Whatever a public function of these rooms gives back, if it is ours and frozen, is a record."""
    strange = []
    for room in (decisions, economics, metrics, rk):
        for name in room.__all__:
            value = getattr(room, name)
            returned = getattr(value, "__annotations__", {}).get("return") if callable(value) else None
            kind = (
                getattr(importlib.import_module(value.__module__), str(returned), None) if returned else None
            )
            other = isinstance(kind, type) and is_dataclass(kind) and not issubclass(kind, Record | Data)
            if other and kind.__module__.startswith(tuple(f"retainkit.{r}" for r in ROOMS)):
                strange.append(f"{name} → {returned}")
    assert strange == []


def test_an_answer_keeps_the_callers_kind_of_table() -> None:
    terms: dict[str, Any] = {"retention": 0.9, "points": 0.05, "discount_rate": 0.1, "timing": "end"}
    gain = economics.retention_gain(pd.Series([50.0, 60.0], index=["a", "b"]), **terms)
    assert isinstance(gain.to_frame(), pd.DataFrame)
    gain = economics.retention_gain(pl.Series([50.0, 60.0]), **terms)
    assert isinstance(gain.to_frame(), pl.DataFrame)
    gain = economics.retention_gain([50.0, 60.0], **terms)
    assert isinstance(gain.to_frame(), dict)


def test_never_is_told_in_a_list_too() -> None:
    record = economics.cost_per_incremental_save(
        cost_per_contact=1, incentive=10, churn_untreated=0.3, churn_treated=[0.2, 0.3]
    )
    stored = strict(record.model_dump_json())
    assert stored["cost"][1] is None
    assert stored["cost_is"] == [None, "infinite"]
    assert type(record).from_json(record.model_dump_json()).cost[1] == math.inf


def test_a_break_even_that_never_comes_says_never() -> None:
    stored = strict(rk.break_even(500, 50, churn=0.1).model_dump_json())
    assert stored["periods"] is None
    assert stored["periods_is"] == "never"
    assert stored["never"] is True
    assert "periods_is" not in strict(rk.break_even(500, 50).model_dump_json())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"periods": NaN}', "NaN is no JSON"),
        ('{"churn": 0, "churn": 1}', "'churn' occurs twice"),
        ("[" * 100_000, "must be JSON"),
        ("{", "must be JSON"),
        ("{}", "needs the field acquisition_cost"),
    ],
)
def test_what_is_no_record_is_refused(text: str, message: str) -> None:
    with pytest.raises(rk.InputError, match=re.escape(message)):
        economics.BreakEven.from_json(text)


def test_a_field_that_is_not_there_is_refused_by_name() -> None:
    stored = json.loads(rk.break_even(500, 50).model_dump_json())
    with pytest.raises(rk.InputError, match="Did you mean 'churn'"):
        economics.BreakEven.from_json(json.dumps({**stored, "chrun": 0.1}))
