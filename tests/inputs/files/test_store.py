"""Files that are cut, swollen, misspelt or made to harm are refused in words, before anything is made."""

from __future__ import annotations

import base64
import json
import os
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import retainkit as rk
from retainkit import strict_json
from retainkit.files.store import document_of, thing_of
from retainkit.strict_json import packed

MODEL = rk.BGNBD(r=0.243, alpha=4.41, a=0.793, b=2.43, unit="week")
MEMBERS = rk.Renewals.from_survivors([1000, 869, 743, 653], unit="year")
TEXTS = [
    MODEL.model_dump_json(),
    MEMBERS.model_dump_json(),
    rk.fit(rk.ShiftedBetaGeometric, MEMBERS).model_dump_json(),
    rk.KaplanMeier.estimate(MEMBERS).model_dump_json(),
    rk.break_even(500, 50, churn=0.1).model_dump_json(),
    rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05).model_dump_json(),
    json.dumps(packed(json.loads(rk.posterior(rk.Geometric, MEMBERS, draws=1001, seed=1).model_dump_json()))),
]


def put(tmp_path: Path, content: str | bytes, name: str = "x.json") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[" * 100_000, "nested 100,000 deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested 100,000 deep"),
        ("[" * 65 + "]" * 65, "nested 65 deep"),
        ('{"schema": "retainkit/model/1", "schema": "retainkit/fit/1"}', "occurs twice"),
        ('{"schema": "retainkit/model/1", "r": NaN}', "NaN is no JSON"),
        ('{"schema": "retainkit/model/1", "r": 1e999}', "beyond floating-point"),
        ("", "must be JSON"),
        ("null", "one JSON object"),
        ("[1, 2]", "one JSON object"),
        ('"text"', "one JSON object"),
        (b"\xff\xfe\xff", "must be JSON"),
        (b"\x80\x04\x95", "must be JSON"),
        (MODEL.model_dump_json()[:-5], "must be JSON"),
        ("{}", "must say what it is"),
        ('{"schema": "retainkit/cheese/1"}', "of a kind that is kept"),
        ('{"schema": "retainkit/../../etc/1"}', "retainkit/<kind>/<version>"),
        ('{"schema": "retainkit/model/1", "x": null, "x_is": ["never", "none"], "y": 1}', "must"),
    ],
)
def test_what_is_no_document_is_refused(content: str | bytes, told: str, tmp_path: Path) -> None:
    with pytest.raises(rk.InputError, match=told):
        rk.load(put(tmp_path, content))


def test_many_values_are_counted_before_they_are_made(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(strict_json, "MOST_VALUES", 100_000)
    path = put(tmp_path, "[" + "{}," * 200_000 + "1]")
    tracemalloc.start()
    with pytest.raises(rk.InputError, match="it has more than 100,000"):
        rk.load(path)
    assert tracemalloc.get_traced_memory()[1] < 8_000_000  # 200,000 dicts are 13 MB
    tracemalloc.stop()


def test_a_file_is_read_no_further_than_it_may_be_long(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(strict_json, "MOST_BYTES", 1000)
    with pytest.raises(rk.InputError, match="1,000 bytes at most"):
        rk.load(put(tmp_path, " " * 5000))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dtype": "object"}, "dtype of a packed array"),
        ({"dtype": ["float64"]}, "dtype of a packed array"),
        ({"shape": [1 << 40]}, "has 8,796,093,022,208 bytes"),
        ({"shape": [-1]}, "list of one to four lengths"),
        ({"shape": []}, "list of one to four lengths"),
        ({"shape": 3}, "list of one to four lengths"),
        ({"base64": "####"}, "no base64"),
        ({"base64": 1}, "bytes as text"),
        ({"base64": base64.b64encode(b"1234567").decode()}, "not 7"),
    ],
)
def test_an_array_that_is_not_as_it_says_is_refused(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    array = {"base64": base64.b64encode(np.ones(3).tobytes()).decode(), "dtype": "float64", "shape": [3]}
    document = {"schema": "retainkit/draws/1", "values": {**array, **change}}
    with pytest.raises(rk.InputError, match=told):
        rk.load(put(tmp_path, json.dumps(document)))
    assert rk.load(put(tmp_path, json.dumps({**document, "values": array}))) == rk.Draws(np.ones(3))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("nowhere.json", "No such file"),
        ("x.pkl", "must end in"),
        ("x", "must end in"),
        ("x.json\0", "must end in"),
        (".", "must end in"),
        (3, "name of a file"),
    ],
)
def test_a_path_that_is_none_is_refused(path: Any, told: str) -> None:
    with pytest.raises(rk.InputError, match=told):
        rk.load(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(rk.InputError, match="can be read"):
        rk.load(tmp_path / "x.json")
    with pytest.raises(rk.InputError, match="can be written"):
        rk.save(MODEL, tmp_path / "x.json")
    with pytest.raises(rk.InputError, match="can be written"):
        rk.save(MODEL, tmp_path / "no" / "x.json")


def test_a_file_is_of_the_kind_that_was_asked_for(tmp_path: Path) -> None:
    path = rk.save(MODEL, tmp_path / "x.json")
    assert rk.load(path, rk.BGNBD) == MODEL
    with pytest.raises(rk.InputError, match="must hold a Fit"):
        rk.load(path, rk.Fit)


def test_what_is_no_thing_of_ours_is_not_saved(tmp_path: Path) -> None:
    for thing in (3, {"a": 1}, np.ones(3), object(), rk.BGNBD):
        with pytest.raises(rk.InputError, match="of a kind that can be read again"):
            rk.save(thing, tmp_path / "x.json")
    with pytest.raises(rk.InputError, match="summary for Parquet"):
        rk.save(MODEL, tmp_path / "x.parquet")
    assert not [*tmp_path.iterdir()]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    path = rk.save(MODEL, tmp_path / "x.json")
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(rk.InputError, match="No space left"):
        rk.save(rk.Geometric(0.1), path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_an_interruption_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: Any) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    kept = rk.save(MODEL, tmp_path / "x.json")
    book = tmp_path / "x.xlsx"
    book.write_bytes(b"the last one")
    monkeypatch.setattr(Path, "replace", interrupted)
    for write in (lambda: rk.save(MEMBERS, kept), lambda: rk.workbook(rk.break_even(500, 50), book)):
        with pytest.raises(KeyboardInterrupt):
            write()
    assert rk.load(kept) == MODEL and book.read_bytes() == b"the last one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.json", "x.xlsx"]


def test_a_parquet_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"frequency": [1.0]}), tmp_path / "own.parquet")
    with pytest.raises(rk.InputError, match=r"that retainkit\.save wrote"):
        rk.load(tmp_path / "own.parquet")
    with pytest.raises(rk.InputError, match="must be a Parquet file"):
        rk.load(put(tmp_path, b"PAR1 nothing PAR1", "no.parquet"))
    table = pq.read_table(rk.save(MEMBERS, tmp_path / "x.parquet"))
    pq.write_table(table.append_column("more", pa.array([1.0] * table.num_rows)), tmp_path / "more.parquet")
    with pytest.raises(rk.InputError, match="'more'"):
        rk.load(tmp_path / "more.parquet")
    pq.write_table(table.drop_columns(["event"]), tmp_path / "less.parquet")
    with pytest.raises(rk.InputError, match="'event'"):
        rk.load(tmp_path / "less.parquet")


def test_nothing_is_ever_unpickled() -> None:
    source = Path(rk.__file__).parent
    loads = [
        p.name
        for p in source.rglob("*.py")
        if "pickle.load" in p.read_text() or "allow_pickle" in p.read_text()
    ]
    assert loads == []
    assert pickle.loads(pickle.dumps(MODEL)) == MODEL  # objects go between processes all the same


def read_anything(text: str) -> None:
    """A document comes back as something of ours, or is refused in words; nothing else happens."""
    try:
        thing = thing_of(document_of(text.encode("utf-8", "surrogatepass")))
    except rk.InputError as error:
        json.dumps(error.as_dict(), allow_nan=False)
        return
    strict = json.loads(thing.model_dump_json(), parse_constant=pytest.fail)
    assert strict["schema"].startswith("retainkit/")


PIECES = ["", "0", '"', "{", "]", ",", "-", "9" * 40, "null", "e5", "\ud800", "[[]]"]
CUT = st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 12))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(range(len(TEXTS))), cuts=st.lists(CUT, min_size=1, max_size=3))
def test_documents_with_bytes_changed_are_read_or_refused(place: int, cuts: list[Any]) -> None:
    text = TEXTS[place]
    for where, put_in, cut in cuts:
        at = int(where * len(text))
        text = text[:at] + put_in + text[at + cut :]
    read_anything(text)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(range(len(TEXTS))), pick=st.integers(0, 1 << 30), value=VALUES)
def test_documents_with_a_value_of_another_kind_are_read_or_refused(
    place: int, pick: int, value: Any
) -> None:
    told = json.loads(TEXTS[place])
    where: Any = told
    while True:  # down to some value, and another in its place
        keys = [*where] if isinstance(where, dict) else [*range(len(where))]
        key = keys[pick % len(keys)]
        pick //= len(keys)
        if not isinstance(where[key], dict | list) or not where[key] or pick % 2:
            where[key] = value
            break
        where = where[key]
    read_anything(json.dumps(told))
