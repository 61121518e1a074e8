"""All engines, orders of lines and cuts through time give one answer: that of a slow, plain loop."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from retainkit.ingest.subscriptions import SubscriptionSummary, summarize_subscriptions

CONNECTION = duckdb.connect()
NAMES: dict[str, Any] = {
    "customer_id": "id",
    "start": "from",
    "end": "to",
    "reason": "why",
    "segment": "plan",
}
UNTIL, SINCE = date(2021, 6, 30), date(2020, 9, 17)


def subscriptions(seed: int, customers: int = 150) -> dict[str, np.ndarray]:
    """Random spells: some customers return after a gap, some without one, some end on the first day."""
    rng = np.random.default_rng(seed)
    first, last = np.datetime64("2019-12-01"), np.datetime64(UNTIL)
    rows: list[tuple[Any, ...]] = []
    for k in range(customers):
        name, plan = f"{rng.choice(['B', 'a', 'Ä', 'z'])}-{k}", rng.choice(["pro", "basic", "Über"])
        start = first + np.timedelta64(int(rng.integers(0, 450)), "D")
        while start <= last:
            end = start + np.timedelta64(rng.choice([0, 1, 29, 30, 31, 61, 92, 150, 365]), "D")
            there = end > last
            why = "" if there else rng.choice(["moved", "price"])
            rows.append((name, start, np.datetime64("NaT", "D") if there else end, why, plan))
            gap = max(int(rng.choice([0, 1, 40])), int(end == start))  # one line of no length a day
            back = rng.random() < 0.5
            start = (end if back else last) + np.timedelta64(gap if back else 1, "D")
    order = rng.permutation(len(rows))
    columns = [np.array(column)[order] for column in zip(*rows, strict=True)]
    return dict(zip(NAMES.values(), columns, strict=True))


def frame(columns: dict[str, Any]) -> pl.DataFrame:
    made = pl.DataFrame(columns).with_columns(pl.col("from", "to").cast(pl.Date))
    return made.with_columns(pl.when(pl.col("why") != "").then(pl.col("why")).alias("why"))


def chunked(columns: dict[str, Any], chunks: int = 5) -> pa.Table:
    table = frame(columns).to_arrow()
    bounds = np.linspace(0, table.num_rows, chunks + 1).astype(int)
    return pa.concat_tables([table.slice(a, b - a) for a, b in pairwise(bounds)])


def files_of(
    columns: dict[str, Any], folder: Path, write: Callable[[pl.DataFrame, Path], object], end: str
) -> str:
    table = frame(columns)
    for k in range(3):
        write(table[k::3], folder / f"part-{k}{end}")
    return str(folder / f"part-*{end}")


def objects(columns: dict[str, Any]) -> dict[str, np.ndarray]:
    """Python dates and None."""
    made = frame(columns)
    return {name: np.array(made.get_column(name).to_list(), dtype=object) for name in made.columns}


def texts(columns: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array(["" if v == "NaT" else v for v in c.astype(str)]) for name, c in columns.items()}


def as_numbers(columns: dict[str, Any]) -> pl.DataFrame:
    return frame(columns).with_columns(pl.col("from", "to").dt.strftime("%Y%m%d").cast(pl.Int32))


KINDS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda columns, _: columns,
    "dict-objects": lambda columns, _: objects(columns),
    "dict-texts": lambda columns, _: texts(columns),
    "pandas": lambda columns, _: pd.DataFrame(columns),
    "pandas-reindexed": lambda columns, _: pd.DataFrame(columns).set_index("from", drop=False),
    "pandas-arrow": lambda columns, _: frame(columns).to_pandas(use_pyarrow_extension_array=True),
    "pandas-category": lambda columns, _: pd.DataFrame(columns).astype(
        {"id": "category", "plan": "category"}
    ),
    "pandas-object": lambda columns, _: pd.DataFrame(objects(columns), dtype=object),
    "pandas-numbers": lambda columns, _: as_numbers(columns).to_pandas(),  # a gap makes floats of them
    "polars": lambda columns, _: frame(columns),
    "polars-lazy": lambda columns, _: frame(columns).lazy(),
    "polars-text": lambda columns, _: frame(columns).cast({"from": pl.String, "to": pl.String}),
    "polars-category": lambda columns, _: frame(columns).cast({"id": pl.Categorical, "plan": pl.Categorical}),
    "polars-numbers": lambda columns, _: as_numbers(columns),
    "pyarrow": lambda columns, _: chunked(columns),
    "duckdb": lambda columns, _: CONNECTION.from_arrow(chunked(columns)),
    "parquet": lambda columns, folder: files_of(columns, folder, pl.DataFrame.write_parquet, ".parquet"),
    "csv": lambda columns, folder: files_of(columns, folder, pl.DataFrame.write_csv, ".csv"),
}
POLICY: dict[str, Any] = {"zero_length": "count-as-a-day", "observation_end": UNTIL}
LATE: dict[str, Any] = {"observation_start": SINCE, "earlier": "leave-out"}


def summary(source: Any, **options: Any) -> SubscriptionSummary:
    arguments: dict[str, Any] = NAMES | POLICY | {"reactivation": "new-spell"} | options
    return summarize_subscriptions(source, **arguments)


# -- a plain loop, by the words of the docs -------------------------------------------------------------


def plain_spells(
    columns: dict[str, np.ndarray], reactivation: str, since: date | None
) -> list[dict[str, Any]]:
    """Spells in order; `watched` is when the customer was first seen in the window."""
    spells: list[dict[str, Any]] = []
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    for name in sorted({row[0] for row in rows}):
        own: list[dict[str, Any]] = []
        mine = sorted((r for r in rows if r[0] == name), key=lambda r: (r[1], r[2] or date.max))
        for _, start, end, why, plan in mine:
            over = end if end != start else start + timedelta(1)
            seen = None if since is not None and over is not None and over <= since else start
            if own and (reactivation == "same-customer" or start <= own[-1]["end"]):
                own[-1] |= {"end": over, "why": why, "watched": own[-1]["watched"] or seen}
            else:
                own.append(
                    {"id": name, "start": start, "end": over, "why": why, "plan": plan, "watched": seen}
                )
        spells += [s for s in own if s["watched"] is not None]
    for s in spells:
        s["watched"] = max(s["watched"], since) if since is not None else s["watched"]
    return spells


def after_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def plain_periods(spells: list[dict[str, Any]], months: int) -> tuple[Counter[int], Counter[int]]:
    """Customers watched through their k-th period, and those who left in it or at its end."""
    at_risk, left = Counter[int](), Counter[int]()
    for s in spells:
        for k in range(1, 40):
            begin, over = after_months(s["start"], months * (k - 1)), after_months(s["start"], months * k)
            still = s["end"] is None or s["end"] > begin
            if begin >= s["watched"] and over <= UNTIL and still:
                at_risk[k] += 1
                left[k] += s["end"] is not None and s["end"] <= over
    return +at_risk, +left


def periods_of(s: SubscriptionSummary) -> tuple[Counter[int], Counter[int]]:
    r = s.renewals
    at_risk = Counter({k: int(((r.entry < k) & (k <= r.duration)).sum()) for k in range(1, 40)})
    return +at_risk, Counter(r.duration[r.event > 0].astype(int).tolist())


@pytest.mark.slow
@pytest.mark.parametrize("window", [{}, LATE], ids=["all", "late"])
@pytest.mark.parametrize("reactivation", ["new-spell", "same-customer"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_engine_gives_what_a_plain_loop_gives(
    kind: str, reactivation: Any, window: dict[str, Any], tmp_path: Path
) -> None:
    columns = subscriptions(seed=1)
    s = summary(KINDS[kind](columns, tmp_path), unit="week", reactivation=reactivation, **window)
    expected = plain_spells(columns, reactivation, window.get("observation_start"))
    assert np.asarray(s.customers).tolist() == [e["id"] for e in expected]
    assert s.start.tolist() == [e["start"] for e in expected]
    lasted = [((e["end"] or UNTIL) - e["start"]).days / 7 for e in expected]
    assert s.renewals.duration.tolist() == lasted
    assert s.renewals.entry.tolist() == [(e["watched"] - e["start"]).days / 7 for e in expected]
    assert ["" if k == 0 else s.renewals.reasons[k - 1] for k in s.renewals.event.astype(int)] == [
        e["why"] for e in expected
    ]
    assert s.segment is not None
    assert [s.segments[k] for k in s.segment] == [e["plan"] for e in expected]


@pytest.mark.slow
@pytest.mark.parametrize(("unit", "months"), [("month", 1), ("quarter", 3), ("year", 12)])
@pytest.mark.parametrize("window", [{}, LATE], ids=["all", "late"])
@pytest.mark.parametrize("reactivation", ["new-spell", "same-customer"])
def test_whole_periods_count_who_was_watched_through_them(
    reactivation: Any, window: dict[str, Any], unit: Any, months: int
) -> None:
    columns = subscriptions(seed=2, customers=400)
    s = summary(columns, unit=unit, tenure="whole-periods", reactivation=reactivation, **window)
    spells = plain_spells(columns, reactivation, window.get("observation_start"))
    assert periods_of(s) == plain_periods(spells, months)
    assert s.treatment.left == sum(periods_of(s)[1].values())


@pytest.mark.slow
@pytest.mark.parametrize("tenure", ["exact", "whole-periods"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_engine_agrees_bit_by_bit_with_the_dict_of_columns(
    kind: str, tenure: Any, tmp_path: Path
) -> None:
    columns = subscriptions(seed=3)
    one = summary(columns, tenure=tenure, **LATE)
    two = summary(KINDS[kind](columns, tmp_path), tenure=tenure, **LATE)
    assert_same(one, two)


def assert_same(one: SubscriptionSummary, two: SubscriptionSummary) -> None:
    assert np.asarray(one.customers).tolist() == np.asarray(two.customers).tolist()
    for name in ("duration", "event", "entry"):
        assert np.array_equal(getattr(one.renewals, name), getattr(two.renewals, name))
    assert one.renewals.reasons == two.renewals.reasons
    assert (one.segments, one.treatment) == (two.segments, two.treatment)
    assert np.array_equal(one.segment, two.segment)  # type: ignore[arg-type]
    assert str(one) == str(two)


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow"])
def test_the_order_of_the_lines_changes_no_bit(kind: str, tmp_path: Path) -> None:
    columns = subscriptions(seed=4)
    order = np.random.default_rng(5).permutation(columns["id"].size)
    shuffled = {name: column[order] for name, column in columns.items()}
    assert_same(summary(KINDS[kind](columns, tmp_path)), summary(KINDS[kind](shuffled, tmp_path)))


# -- cuts through time and through spells ---------------------------------------------------------------


def test_every_line_is_in_one_place() -> None:
    for reactivation in ("new-spell", "same-customer"):
        for window in ({}, LATE, LATE | {"observation_end": "2021-01-31", "later": "censor"}):
            t = summary(
                subscriptions(seed=6), tenure="whole-periods", reactivation=reactivation, **window
            ).treatment
            placed = t.spells + t.touching_lines + t.gaps + t.ended_before + t.not_begun
            assert t.lines == placed
            assert t.spells == t.left + t.still_there + t.left_in_last_period + t.left_in_first_period


@pytest.mark.parametrize("reactivation", ["new-spell", "same-customer"])
def test_a_spell_cut_in_two_lines_is_the_same_spell(reactivation: Any) -> None:
    columns = subscriptions(seed=7)
    whole = {name: column[columns["to"] != columns["from"]] for name, column in columns.items()}
    cut = np.where(np.isnat(whole["to"]), np.datetime64(UNTIL), whole["to"])
    middle = whole["from"] + (cut - whole["from"]) // 2
    parts = {name: np.concatenate([column, column]) for name, column in whole.items()}
    n = middle.size
    parts["to"][:n], parts["from"][n:] = middle, middle
    parts["why"][:n] = "renewed"
    longer = np.concatenate([middle > whole["from"]] * 2)
    short = {name: column[:n][~longer[:n]] for name, column in whole.items()}
    parts = {name: np.concatenate([column[longer], short[name]]) for name, column in parts.items()}
    one, two = (summary(t, reactivation=reactivation, **LATE) for t in (whole, parts))
    assert two.treatment.touching_lines > one.treatment.touching_lines
    assert np.array_equal(one.renewals.duration, two.renewals.duration)
    assert np.array_equal(one.renewals.entry, two.renewals.entry)
    assert np.array_equal(one.renewals.event, two.renewals.event)


@pytest.mark.parametrize("reactivation", ["new-spell", "same-customer"])
def test_time_watched_before_and_after_a_day_adds_up(reactivation: Any) -> None:
    """Exposure and events, which are all that a constant churn rate depends on."""
    columns = subscriptions(seed=8)
    if reactivation == "same-customer":  # who is away on the day itself is watched on neither side
        single = Counter(columns["id"].tolist())
        keep = np.array([single[name] == 1 for name in columns["id"].tolist()])
        columns = {name: column[keep] for name, column in columns.items()}
    whole = summary(columns, unit="day", reactivation=reactivation)
    before = summary(columns, unit="day", observation_end=SINCE, later="censor", reactivation=reactivation)
    after = summary(columns, unit="day", reactivation=reactivation, **LATE)
    watched = [float((s.renewals.duration - s.renewals.entry).sum()) for s in (whole, before, after)]
    assert watched[0] == watched[1] + watched[2]
    assert whole.renewals.churned == before.renewals.churned + after.renewals.churned


def test_the_table_as_it_stood_is_the_table_of_that_day() -> None:
    columns = subscriptions(seed=9)
    day = np.datetime64("2020-12-15")
    begun = columns["from"] <= day
    known = {name: column[begun].copy() for name, column in columns.items()}
    open_ends = ~(known["to"] <= day)
    known["to"][open_ends], known["why"][open_ends] = np.datetime64("NaT", "D"), ""
    one = summary(columns, observation_end=date(2020, 12, 15), later="censor")
    two = summary(known, observation_end=date(2020, 12, 15))
    assert np.array_equal(one.renewals.duration, two.renewals.duration)
    assert np.array_equal(one.renewals.event, two.renewals.event)
    assert one.treatment.not_begun == int((~begun).sum())
    assert one.treatment.later_ends == int((begun & (columns["to"] > day)).sum())


def test_whole_days_are_exact_days() -> None:
    columns = subscriptions(seed=10)
    shared: dict[str, Any] = {"unit": "day", **LATE}
    one, two = (summary(columns, tenure=tenure, **shared).renewals for tenure in ("exact", "whole-periods"))
    # a customer who came and left on the very last day is the one day that is not over yet
    over = one.duration <= [(UNTIL - day).days for day in summary(columns, **shared).start.tolist()]
    for name in ("duration", "event", "entry"):
        assert np.array_equal(getattr(one, name)[over], getattr(two, name)[over])


def test_renewals_and_whole_periods_differ_only_where_the_window_begins() -> None:
    columns = subscriptions(seed=11)
    months = np.random.default_rng(12).integers(1, 12, columns["from"].size)
    start = [day.tolist() for day in columns["from"]]
    ends = [after_months(day, int(k)) for day, k in zip(start, months, strict=True)]
    there = np.array([end > UNTIL for end in ends])
    columns |= {
        "id": np.arange(months.size),
        "to": np.where(there, np.datetime64("NaT", "D"), np.array(ends, "M8[D]")),
        "why": np.where(there, "", "price"),
    }
    one, two = (summary(columns, tenure=tenure) for tenure in ("renewals", "whole-periods"))
    for name in ("duration", "event", "entry"):
        assert np.array_equal(getattr(one.renewals, name), getattr(two.renewals, name))
    late, careful = (summary(columns, tenure=t, **LATE).renewals for t in ("renewals", "whole-periods"))
    assert late.churned == int((columns["to"] > np.datetime64(SINCE)).sum())
    assert careful.churned < late.churned


# -- what comes back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "column", "table"),
    [
        ("pandas", pd.Series, pd.DataFrame),
        ("polars", pl.Series, pl.DataFrame),
        ("polars-lazy", pl.Series, pl.DataFrame),
        ("pyarrow", pa.ChunkedArray, pa.Table),
        ("duckdb", pa.ChunkedArray, pa.Table),
        ("parquet", pa.ChunkedArray, pa.Table),
        ("dict", np.ndarray, dict),
    ],
)
def test_ids_and_frames_come_back_in_the_kind_of_the_table(
    kind: str, column: type, table: type, tmp_path: Path
) -> None:
    s = summary(KINDS[kind](subscriptions(seed=13), tmp_path), **LATE)
    assert isinstance(s.customers, column)
    made = s.to_frame()
    assert isinstance(made, table)
    names = (
        list(made) if isinstance(made, dict) else list(getattr(made, "column_names", None) or made.columns)
    )
    assert names == ["id", "start", "duration", "event", "entry", "reason", "segment"]
    assert len(s.customers) == len(s)


def test_ids_of_a_csv_file_become_whole_numbers_only_where_nothing_is_lost(tmp_path: Path) -> None:
    def ids(*names: str) -> list[Any]:
        lines = "".join(f"{name},2021-01-01,,1\n" for name in names)
        (tmp_path / "t.csv").write_text("id,from,to,plan\n" + lines)
        arguments: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "segment": "plan"}
        s = summarize_subscriptions(tmp_path / "t.csv", observation_end=UNTIL, **arguments)
        assert s.segments == ("1",)
        return s.customers.to_pylist()

    assert ids("10", "9", "-1") == [-1, 9, 10]
    assert ids("010", "9", "10") == ["010", "10", "9"]


def test_an_infinite_end_in_a_database_has_not_come() -> None:
    relation = CONNECTION.sql(
        "SELECT 1 AS id, DATE '2021-01-01' AS \"from\", 'infinity'::TIMESTAMP AS \"to\""
    )
    s = summarize_subscriptions(relation, customer_id="id", start="from", end="to", observation_end=UNTIL)
    assert s.renewals.event.tolist() == [0.0]
