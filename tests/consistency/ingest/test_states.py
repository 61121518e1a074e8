"""What was known yesterday and today's lines are what all lines at once are, in every engine."""

from __future__ import annotations

from operator import add
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import retainkit as rk
from retainkit.errors import InputError

NAMES: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "price", "unit": "day"}
START = np.datetime64("2024-01-01")
CONNECTION = duckdb.connect()


def table(lines: list[tuple[int, int, float]]) -> pl.DataFrame:
    who, day, price = (np.array(column) for column in zip(*lines, strict=True))
    return pl.DataFrame({"id": who, "date": (START + day).astype("M8[D]"), "price": price.astype(float)})


def lazy(kind: str, lines: list[tuple[int, int, float]]) -> Any:
    frame = table(lines)
    return frame.lazy() if kind == "polars" else CONNECTION.from_arrow(frame.to_arrow())


def rows(tx: Any) -> pl.DataFrame:
    found = tx.to_frame()
    return (found.collect() if isinstance(found, pl.LazyFrame) else found.pl()).sort("id")


def assert_same(one: Any, two: Any) -> None:
    a, b = rows(one), rows(two)
    assert a.select(pl.exclude("monetary_value")).equals(b.select(pl.exclude("monetary_value")))
    if "monetary_value" in a.columns:
        np.testing.assert_allclose(a["monetary_value"], b["monetary_value"], rtol=1e-12, atol=1e-12)
    for name in ("frequency", "recency", "T", "weight"):
        assert np.array_equal(getattr(one.purchases, name), getattr(two.purchases, name)), name
    np.testing.assert_allclose(one.purchases.log_gaps, two.purchases.log_gaps, rtol=1e-12, atol=1e-12)
    assert one.treatment == two.treatment
    assert (one.observation_start, one.observation_end) == (two.observation_start, two.observation_end)
    for name in ("new_customers", "repeat_purchases", "tracked_repeat_purchases"):
        assert np.array_equal(getattr(one.activity, name), getattr(two.activity, name)), name


def shop(seed: int) -> list[tuple[int, int, float]]:
    """Customers of few lines on few days, so that every order of purchases and refunds is among them."""
    rng = np.random.default_rng(seed)
    price = rng.choice([10.0, 0.1, 0.2, 0.0, -0.3, -10.0, 25.5], 2_000)
    who, day = rng.integers(0, 400, 2_000), rng.integers(0, 12, 2_000)
    return list(zip(who.tolist(), day.tolist(), price.tolist(), strict=True))


def in_parts(lines: list[tuple[int, int, float]]) -> list[list[tuple[int, int, float]]]:
    parts: list[list[tuple[int, int, float]]] = [[], [], []]
    for k, (who, day, price) in enumerate(lines):
        early = k % 2  # the day of a cut has lines in both parts
        at = (day >= 4 + early) + (day >= 8 + early)
        parts[min(at + (who % 3 == 0), 2)].append((who, day, price))  # lines of some customers come late
    return parts


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polars", "duckdb"])
@pytest.mark.parametrize("asked", [{"refunds": "net"}, {"refunds": "ignore"}, {"amount": None}])
def test_yesterday_and_today_are_all_at_once(kind: str, asked: dict[str, Any], tmp_path: Path) -> None:
    lines, call = shop(len(str(asked))), NAMES | asked
    state: dict[str, Any] = {}
    made: Any = None
    so_far: list[tuple[int, int, float]] = []
    for k, part in enumerate(in_parts(lines)):
        so_far += part
        path = str(tmp_path / f"state-{k}")
        made = rk.summarize_transactions(lazy(kind, part), **call, **state, next_state=path)
        assert_same(rk.summarize_transactions(lazy(kind, so_far), **call), made)
        state = {"state": path}
    assert len(pl.read_parquet(tmp_path / "state-2" / "customers.parquet")) >= len(made)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("known") / "state")
    lines = [(1, 0, 5.0), (1, 4, 5.0), (2, 2, 7.0)]
    rk.summarize_transactions(lazy("polars", lines), **NAMES, next_state=path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("lines", "more", "said"),
    [
        ([(1, 3, 5.0), (2, 3, 1.0)], {}, "the state knows of their customer (1 days of customers do)"),
        ([(1, 5, 5.0)], {"refunds": "ignore"}, "its own had amounts with refunds='net'"),
        ([(1, 5, 5.0)], {"amount": None}, "these have no amounts"),
        ([(1, 5, 5.0)], {"holdout_from": "2024-01-03"}, "no longer knows the days before"),
        ([("1", 5, 5.0)], {}, "must have ids of one type with the lines"),
        ([(1, 5, 5.0)], {"state": "nowhere"}, "must be a folder that next_state= has written, whole"),
        ([(1, 5, 5.0)], {"next_state": "."}, "must not be there yet"),
        ([(1, 5, 5.0)], {"next_state": "nowhere/state"}, "in a folder that is there"),
    ],
)
def test_what_does_not_fit_a_state_is_refused(
    kind: str, lines: Any, more: dict[str, Any], said: str, known: str
) -> None:
    call: dict[str, Any] = NAMES | {"state": known} | more
    with pytest.raises(InputError) as caught:
        rk.summarize_transactions(lazy(kind, lines), **call)
    assert said in str(caught.value)


def test_tables_in_memory_have_no_state(known: str) -> None:
    with pytest.raises(InputError, match="state must be left out where customers come into memory"):
        rk.summarize_transactions(table([(1, 5, 5.0)]), **NAMES, state=known)


def test_a_state_that_was_not_written_whole_is_none(tmp_path: Path) -> None:
    path = str(tmp_path / "state")
    frame = table([(1, 0, 5.0)]).lazy()
    write = pl.LazyFrame.sink_parquet
    with pytest.MonkeyPatch.context() as patch:

        def full(self: Any, to: str, *values: Any, **named: Any) -> Any:
            if "days.parquet" in to:
                raise OSError("no space left")
            return write(self, to, *values, **named)

        patch.setattr(pl.LazyFrame, "sink_parquet", full)
        with pytest.raises(OSError, match="no space left"):
            rk.summarize_transactions(frame, **NAMES, next_state=path)
    assert not list(tmp_path.iterdir())
    rk.summarize_transactions(frame, **NAMES, next_state=path)
    assert sorted(file.name for file in Path(path).iterdir()) == ["customers.parquet", "days.parquet"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polars", "duckdb"])
def test_parts_of_the_customers_add_up(kind: str) -> None:
    lines = [(1, 1, 5.0), *shop(7), (500, 11, 1.0), (501, 11, 1.0)]
    end: dict[str, Any] = NAMES | {"observation_end": "2024-01-14"}
    parts = [[line for line in lines if line[0] % 2 == k and (k or line[1] > 3)] for k in (0, 1)]
    one, two = (rk.summarize_transactions(lazy(kind, part), **end) for part in parts)
    both: Any = one + two  # type: ignore[operator]
    one.close()  # type: ignore[attr-defined]
    whole = rk.summarize_transactions(lazy(kind, parts[0] + parts[1]), **end)
    assert_same(whole, both)
    for name in ("frequency", "monetary_value", "weight"):
        np.testing.assert_allclose(getattr(both.spend, name), getattr(whole.spend, name), rtol=1e-12)
    weekly: dict[str, Any] = end | {"unit": "week"}
    weeks: Any = rk.summarize_transactions(lazy(kind, parts[0]), **weekly)
    for other, said in ((two, "1 in both|[0-9]+ in both"), (weeks, "must have the same unit")):
        with pytest.raises(InputError, match=said):
            add(both, other)
    with pytest.raises(TypeError):
        add(both, 1)
    if kind == "duckdb":
        stranger = duckdb.connect().from_arrow(table([(900, 1, 5.0)]).to_arrow())
        with pytest.raises(InputError, match="must be of the DuckDB connection"):
            add(both, rk.summarize_transactions(stranger, **end))
