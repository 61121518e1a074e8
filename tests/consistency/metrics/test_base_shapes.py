"""One business told by intervals, months, a matrix, events and invoices is one base, as older readers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from billing import random_case, table_of

import retainkit as rk
from retainkit.ingest.examples import simulate_subscriptions
from retainkit.metrics import SubscriptionBase, Subscriptions, mrr_movements

FIRST = np.datetime64("2023-01", "M")


def business(seed: int) -> dict[str, Any]:
    """Stretches of whole months with a plan and a price each, at most one at a time for a customer."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, int, str, float]] = []
    for customer in range(40):
        month = int(rng.integers(0, 6))
        while month < 12:
            end = month + int(rng.integers(1, 6))
            plan = str(rng.choice(["basic", "pro"]))
            rows.append(
                (customer, month, end, plan, float(rng.integers(1, 9)) + (50.0 if plan == "pro" else 0.0))
            )
            month = end + int(rng.choice([0, 0, 2]))
    customer, start, end, plan, mrr = (np.array(c) for c in zip(*rows, strict=True))
    first = (FIRST + start.astype("m8[M]")).astype("M8[D]")
    last = (FIRST + end.astype("m8[M]")).astype("M8[D]")
    return {"id": customer, "from": first, "to": last, "plan": plan, "eur": mrr, "start": start, "end": end}


def told(table: dict[str, Any], shape: str) -> SubscriptionBase:
    until: dict[str, Any] = {"customer_id": "id", "observation_end": "2023-12-31"}
    priced: dict[str, Any] = {"amount": "eur", "plan": "plan", **until}
    if shape == "intervals":
        return rk.read_subscriptions(table, start="from", end="to", **priced)
    length = table["end"] - table["start"]
    if shape == "invoices":
        bills = table | {"eur": table["eur"] * length, "no": np.arange(length.size)}
        return rk.read_subscriptions(bills, invoice="no", paid_from="from", paid_to="to", **priced)
    if shape == "events":
        return rk.read_subscriptions(events(table), event="what", date="day", events={"bye": "end"}, **priced)
    line = np.repeat(np.arange(length.size), length)
    month = np.arange(line.size) - np.repeat(np.cumsum(length) - length, length) + table["start"][line]
    rows: dict[str, Any] = {name: table[name][line] for name in ("id", "plan", "eur")}
    rows["month"] = FIRST + month.astype("m8[M]")
    if shape == "months":
        return rk.read_subscriptions(rows, month="month", opening="new", later="drop", **priced)
    names = (FIRST + np.arange(18).astype("m8[M]")).astype(str).tolist()
    cells = np.full((40, 18), np.nan)
    cells[rows["id"], month] = rows["eur"]
    matrix = {"id": np.arange(40), **{name: cells[:, k] for k, name in enumerate(names)}}
    return rk.read_subscriptions(matrix, month=names, opening="new", **until)


def events(table: dict[str, Any]) -> dict[str, Any]:
    """What happened: a start, changes, an end where no stretch follows."""
    follows = np.append(
        (table["id"][1:] == table["id"][:-1]) & (table["start"][1:] == table["end"][:-1]), False
    )
    ends = np.flatnonzero(~follows & (table["end"] < 12))
    after = np.append(False, follows[:-1])
    none = np.full(ends.size, None)
    return {
        "id": np.concatenate([table["id"], table["id"][ends]]),
        "day": np.concatenate([table["from"], table["to"][ends]]),
        "what": np.concatenate([np.where(after, "change", "start"), np.full(ends.size, "bye")]),
        "plan": np.concatenate([table["plan"].astype(object), none])[:],
        "eur": np.concatenate([table["eur"], np.full(ends.size, np.nan)]),
    }


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["months", "events", "invoices", "matrix"])
def test_every_shape_of_table_tells_the_same_base(shape: str) -> None:
    for seed in range(3):
        table = business(seed)
        table = {name: column[table["start"] < 12] for name, column in table.items()}
        plain, other = told(table, "intervals"), told(table, shape)
        for by in (None, "cohort") if shape == "matrix" else (None, "plan", "cohort", ("plan", "cohort")):
            one, two = plain.metrics(by, every="quarter"), other.metrics(by, every="quarter")
            for name, column in one.to_frame().items():
                if column.dtype.kind == "f":
                    np.testing.assert_allclose(two.to_frame()[name], column, rtol=1e-7)
                else:
                    assert two.to_frame()[name].tolist() == column.tolist()
        for name in ("duration", "event", "entry"):
            assert getattr(other.renewals, name).tolist() == getattr(plain.renewals, name).tolist()


def test_a_base_and_the_older_reader_of_intervals_count_the_same() -> None:
    for seed in range(20):
        table = table_of(random_case(seed))
        both: dict[str, Any] = {
            "customer_id": "id",
            "start": "start",
            "end": "end",
            "observation_end": "2023-09-30",
        }
        old = mrr_movements(Subscriptions.from_intervals(table, mrr="eur", **both)).as_dict()
        base = rk.read_subscriptions(table, amount="eur", overlap="add", free="gone", **both)
        new = mrr_movements(base).as_dict()
        kept = {
            k: v for k, v in new.items() if k not in ("opening", "closing", "months", "window", "counting")
        }
        assert kept == {name: old[name][-len(values) :] for name, values in kept.items()}


@pytest.mark.parametrize("tenure", ["exact", "whole-periods", "renewals"])
@pytest.mark.parametrize("since", [None, "2023-07-01"])
def test_a_base_and_the_summary_of_subscriptions_tell_the_same_tenures(
    tenure: Any, since: str | None
) -> None:
    columns = simulate_subscriptions()
    if since is not None:
        kept = ~(columns["end"] < np.datetime64(since))
        columns = {name: column[kept] for name, column in columns.items()}
    names: dict[str, Any] = {"customer_id": "customer_id", "start": "start", "end": "end", "reason": "reason"}
    names |= {"observation_end": "2024-12-31", "observation_start": since}
    plain = rk.summarize_subscriptions(columns, **names, segment="plan", tenure=tenure, earlier="leave-out")
    base = rk.read_subscriptions(columns, **names, plan="plan")
    for found in (base.tenures(tenure=tenure, segment="plan"), base.tenures(tenure=tenure)):
        for name in ("duration", "event", "entry"):
            assert getattr(found.renewals, name).tolist() == getattr(plain.renewals, name).tolist()
        assert found.renewals.reasons == plain.renewals.reasons
        assert np.asarray(found.customers).tolist() == np.asarray(plain.customers).tolist()
    for plan, renewals in base.by("plan", tenure=tenure).items():
        assert renewals.duration.tolist() == plain.by_segment[plan].duration.tolist()


def test_an_upgrade_splits_a_tenure_without_an_end_or_a_start_at_zero() -> None:
    table = {
        "id": ["a", "a", "b"],
        "plan": ["basic", "pro", "basic"],
        "from": ["2024-01-01", "2024-04-01", "2024-01-01"],
        "to": ["2024-04-01", "2024-06-01", "2024-03-01"],
    }
    base = rk.read_subscriptions(
        table, customer_id="id", start="from", end="to", plan="plan", observation_end="2024-12-31"
    )
    by = base.by("plan")
    assert [(r.duration.tolist(), r.event.tolist(), r.entry.tolist()) for r in by.values()] == [
        ([3.0, 2.0], [0.0, 1.0], [0.0, 0.0]),
        ([5.0], [1.0], [3.0]),
    ]
    same = base.tenures(reactivation="same-customer").treatment
    assert (same.gaps, same.gap_days) == (0, 0)
    whole = rk.fit(rk.KaplanMeier, base)
    assert whole.survival(3) == 0.5  # b left in the second month, a is there still


def kinds(columns: dict[str, Any], folder: Path) -> dict[str, Any]:
    frame = pl.DataFrame(columns)
    frame.write_csv(folder / "t.csv")
    frame.write_parquet(folder / "t.parquet")
    found: dict[str, Any] = {"pandas": frame.to_pandas(), "polars": frame, "lazy": frame.lazy()}
    found |= {"pyarrow": frame.to_arrow(), "duckdb": duckdb.from_arrow(frame.to_arrow())}
    return found | {"csv": folder / "t.csv", "parquet": str(folder / "t.parquet")}


def test_every_kind_of_table_gives_the_same_base_and_its_own_kind_back(tmp_path: Path) -> None:
    table = {name: column for name, column in business(7).items() if name not in ("start", "end")}
    table = {name: column[table["from"] < np.datetime64("2023-12-31")] for name, column in table.items()}
    names: dict[str, Any] = {
        "customer_id": "id",
        "start": "from",
        "end": "to",
        "amount": "eur",
        "plan": "plan",
    }
    names["observation_end"] = "2023-12-31"
    model = rk.ShiftedBetaGeometric(1.0, 9.0, unit="month")
    choices: dict[str, Any] = {"margin_share": 0.5, "discount_rate": rk.Rate(0.1, per="year"), "within": 2}
    plain = rk.read_subscriptions(table, **names)
    for kind, other in kinds(table, tmp_path).items():
        base = rk.read_subscriptions(other, **names)
        assert base.metrics("plan") == plain.metrics("plan")
        assert base.treatment == plain.treatment
        each = rk.value_subscriptions(base, model, **choices)
        assert each.value.tolist() == rk.value_subscriptions(plain, model, **choices).value.tolist()
        library = {"lazy": "polars", "duckdb": "pyarrow", "csv": "pyarrow", "parquet": "pyarrow"}.get(
            kind, kind
        )
        for frame in (base.to_frame(), base.metrics("plan").to_frame(), each.to_frame()):
            assert type(frame).__module__.split(".")[0] == library
    kept = rk.read_subscriptions(tmp_path / "t.csv", **names, where="plan == 'pro'")
    assert kept.plans == ("pro",) and "for which where= did not hold: left out" in repr(kept)
