"""Everything that is kept comes back as it was, and what is not as it was written is refused by its name.

The kinds are found by walking: a new one is covered at once, or fails here until it has an example.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from documented_records import examples
from test_fits_and_summaries import BASE, RENEWALS, SUBSCRIPTIONS, TRANSACTIONS

import retainkit as rk
from retainkit import files
from retainkit.documents import schema_of
from retainkit.files.kinds import class_of
from retainkit.models import MODELS
from retainkit.records import Record, same

OLDER = Path(__file__).parents[1] / "reference" / "documents" / "0"
RNG = np.random.default_rng(7)
WEEKLY = rk.BGNBD(r=0.1 + 0.2, alpha=4.41, a=0.793, b=2.43, unit="week")
PERIODS = rk.CovariatePeriods([[0.0], [1.0], [0.0]], names=["christmas"])
MOMENTS = rk.Renewals(duration=[1.5, 2.25, 3.125, 3.125], event=[1, 1, 0, 1], unit="month")
CALL: Any = {
    "name": "Call",
    "cost": 50_000,
    "duration_months": 36,
    "hazard_ratio": {"low": 0.85, "high": 0.95},
}
CHAT: Any = {
    "name": "Chat",
    "duration_months": 36,
    "staff": {"people": 2, "monthly_cost_per_person": 4000},
    "response_time": {"before": 24, "after": 2, "elasticity": {"low": 0.02, "high": 0.1}},
}
PLAN: dict[str, Any] = {
    "customers": 10_000, "monthly_margin": 30, "monthly_churn": 0.03, "annual_discount_rate": 0.1,
    "horizon_months": 36, "timing": "begin",
}  # fmt: skip


def models() -> list[Any]:
    """Every registered model, some with draws, and every way to compose them."""
    found: list[Any] = [kind.typical(RNG) for kind in MODELS.values()]
    drawn = rk.ShiftedBetaGeometric(alpha=RNG.uniform(1, 2, (1500, 1)), beta=5.0, unit="month")
    geometric = rk.Geometric(theta=0.1, unit="month")
    found += [drawn, rk.models.scaled_hazard(geometric, 0.7), rk.models.InPeriods(WEEKLY, unit="week")]
    found += [rk.models.scaled_hazard(rk.Weibull.typical(RNG), 1.2)]
    found += [rk.models.WithCovariates(WEEKLY, (rk.models.Effect("card", ("purchasing",)),), (0.7,))]
    found += [rk.models.OverTime(WEEKLY, ("christmas",), (0.3,), unit="week")]
    known = [
        rk.posterior(kind, RENEWALS, draws=30, seed=1) for kind in (rk.Geometric, rk.ShiftedBetaGeometric)
    ]
    return [*found, rk.inference.average(known, share=[0.5, 0.5]).model]


KEPT: dict[str, Callable[[], list[Any]]] = {
    "model": models,
    "competing-reasons": lambda: [
        rk.CompetingReasons({"a": rk.Geometric(0.1), "b": rk.Geometric(0.2)}).without("b", 0.3),
        rk.CompetingReasons({"seen": rk.KaplanMeier.estimate(MOMENTS)}),
    ],
    "fit": lambda: [
        rk.fit(rk.ShiftedBetaGeometric, RENEWALS),
        rk.fit(rk.with_shares(rk.Geometric, cured=True), RENEWALS),
        rk.fit(rk.ShiftedBetaGeometric, RENEWALS, fixed={"alpha": 1.5}),
    ],
    "posterior": lambda: [
        rk.posterior(rk.ShiftedBetaGeometric, RENEWALS, draws=1200, seed=1),
        rk.posterior(rk.ShiftedBetaGeometric, RENEWALS, draws=20, seed=1, fixed={"alpha": 1.5}),
    ],
    "aalen-johansen": lambda: [rk.models.AalenJohansen.estimate(RENEWALS)],
    "kaplan-meier": lambda: [
        rk.KaplanMeier.estimate(MOMENTS),
        rk.KaplanMeier.estimate(RENEWALS).continued("flat"),
    ],
    "life-table": lambda: [rk.LifeTable.estimate(RENEWALS)],
    "nelson-aalen": lambda: [rk.NelsonAalen.estimate(MOMENTS)],
    "turnbull": lambda: [rk.Turnbull.estimate(rk.Renewals.from_intervals([0, 3, 6, 9], [3, 6, 6, np.inf]))],
    "covariate-periods": lambda: [
        PERIODS,
        rk.CovariatePeriods([[0.0], [1.0]], names=["x"], edges=[0, 31, 59]),
    ],
    "described": lambda: [
        rk.Described(MOMENTS, {"card": [0, 1, 0, 1]}),
        rk.Described(WEEKLY.sample(T=[52.0] * 3, seed=1), {"x": [0.1, 0.2, 0.3]}),
    ],
    "opportunities": lambda: [
        rk.Opportunities(frequency=[3, 0], recency=[5, 0], periods=6, weight=[20, 300])
    ],
    "purchases": lambda: [TRANSACTIONS.purchases, TRANSACTIONS.purchases.compress()],
    "purchases-in-periods": lambda: [
        rk.summaries.PurchasesInPeriods(
            frequency=[3, 0], recency=[5, 0], T=[9, 4], in_first=[2, 1], in_last=[1, 1]
        )
    ],
    "purchases-over-time": lambda: [
        rk.summaries.PurchasesOverTime(
            rk.Purchases(frequency=[1, 0], recency=[1.5, 0], T=[2.5, 2]),
            birth=[0, 1],
            at_purchases=[[1], [0]],
            periods=PERIODS,
        )
    ],
    "renewals": lambda: [
        RENEWALS,
        MOMENTS,
        rk.Renewals.from_intervals([0, 3, 9], [3, 3, np.inf], unit="month"),
    ],
    "spend": lambda: [TRANSACTIONS.spend],
    "subscription-summary": lambda: [SUBSCRIPTIONS],
    "transaction-summary": lambda: [TRANSACTIONS],
    "episodes": lambda: [BASE.episodes(changes={"price_rise": "2024-05-01"})],
    "subscription-base": lambda: [BASE],
    "subscriptions": lambda: [BASE.monthly],
    "retention-plan": lambda: [rk.decisions.RetentionPlan(**PLAN, initiatives=(CALL,))],
    "service-plan": lambda: [rk.decisions.ServicePlan(**PLAN, initiatives=(CHAT,))],
    "unit-economics": lambda: [rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)],
    "draws": lambda: [rk.Draws([1.0, 2.0, 0.1])],
}


LONG = 30_000
"""Characters of JSON."""
LARGE: dict[str, Callable[[], list[Any]]] = {
    "sampled-future": lambda: [WEEKLY.sample_given(WEEKLY.sample(T=[9.0] * 3, seed=1), horizon=9, seed=2)]
}
"""Results whose examples are long, in short."""


@cache
def things(kind: str) -> tuple[Any, ...]:
    """Some of each kind; of results those that the examples in docstrings make."""
    if kind in KEPT or kind in LARGE:
        return tuple((KEPT | LARGE)[kind]())
    return tuple(examples()[class_of(kind)][:2])


every_kind = pytest.mark.parametrize("kind", files.kinds())


@pytest.mark.slow
@every_kind
def test_it_comes_back_from_a_file_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    assert things(kind)
    for place, thing in enumerate(things(kind)):
        path = rk.save(thing, tmp_path / f"{place}.json")
        again = rk.load(path)
        assert same(again, thing)
        assert again.model_dump_json() == type(thing).from_json(path.read_bytes()).model_dump_json()
        # totals of a dataframe's column are added up in another order than those of an array
        third = rk.load(rk.save(again, tmp_path / "again.json"))
        assert third.model_dump_json() == again.model_dump_json()


@pytest.mark.slow
@every_kind
def test_what_its_json_says_is_a_file_too(kind: str, tmp_path: Path) -> None:
    thing = things(kind)[0]
    path = tmp_path / "plain.json"
    path.write_text(thing.model_dump_json())
    assert same(rk.load(path, type(thing)), thing)
    assert "base64" not in path.read_text()


@pytest.mark.slow
@every_kind
def test_the_published_schema_is_that_of_the_files(kind: str, tmp_path: Path) -> None:
    schema = files.json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    for thing in things(kind):
        text = rk.save(thing, tmp_path / "x.json").read_text()
        saved, plain = json.loads(text), thing.model_dump_json()
        if len(text) < LONG:  # a judge of schemas looks at each number by itself
            assert [*judge.iter_errors(saved)] == []
        if len(plain) < LONG:
            assert [*judge.iter_errors(json.loads(plain))] == []
        assert not judge.is_valid({**saved, "schema": "retainkit/cheese/1"})


@pytest.mark.slow
@every_kind
def test_another_name_version_or_kind_is_refused(kind: str) -> None:
    thing = things(kind)[0]
    told = json.loads(thing.model_dump_json())
    with pytest.raises(rk.InputError, match="frobnicated"):
        type(thing).from_json(json.dumps({**told, "frobnicated": 1}))
    with pytest.raises(rk.InputError, match="at most version 1"):
        type(thing).from_json(json.dumps({**told, "schema": f"retainkit/{kind}/2"}))
    with pytest.raises(rk.InputError, match=f"must be that of a {kind}"):
        type(thing).from_json(json.dumps({**told, "schema": "retainkit/cheese/1"}))
    for said in (None, 1, "retainkit", f"retainkit/{kind}/01"):
        with pytest.raises(rk.InputError, match="retainkit/<kind>/<version>"):
            type(thing).from_json(json.dumps({**told, "schema": said}))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KEPT if "-plan" not in kind and kind != "unit-economics"])
def test_what_is_left_out_is_missed(kind: str) -> None:
    """A name may be left out only where it says what follows from the others."""
    thing = things(kind)[0]
    told = json.loads(thing.model_dump_json())
    for name in told.keys() - {"schema"}:
        rest = {key: value for key, value in told.items() if key != name}
        try:
            again = type(thing).from_json(json.dumps(rest))
        except rk.InputError:
            continue
        assert same(again, thing), name


def numbers_in(told: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the numbers of a document stand."""
    if isinstance(told, dict | list):
        for step, inner in told.items() if isinstance(told, dict) else enumerate(told):
            yield from numbers_in(inner, (*at, step))
    elif isinstance(told, int | float) and not isinstance(told, bool):
        yield at


@pytest.mark.slow
@pytest.mark.parametrize("kind", KEPT)  # what others are computed from
def test_with_another_number_it_is_refused_or_answers_without_a_warning(kind: str) -> None:
    """What no data could have given fails in the first formula that meets it."""
    rng = np.random.default_rng(len(kind))
    for thing in things(kind):
        text = thing.model_dump_json()
        places = [*numbers_in(json.loads(text))]
        for k in rng.permutation(len(places))[:8]:
            for other in (-1.0, 0.0, 1e30):
                told = inner = json.loads(text)
                for step in places[k][:-1]:
                    inner = inner[step]
                inner[places[k][-1]] = other
                with contextlib.suppress(rk.InputError):
                    again = type(thing).from_json(json.dumps(told))
                    assert str(again)
                    assert again.model_dump_json()


def test_every_record_that_can_be_read_back_is_kept_where_it_is_public() -> None:
    rooms = (rk.economics, rk.decisions, rk.metrics, rk.valuation, rk.validation, rk.inference)
    for room in rooms:
        for value in (getattr(room, name) for name in room.__all__):
            own = str(getattr(value, "__module__", "")).startswith(room.__name__)
            if own and isinstance(value, type) and issubclass(value, Record) and value._read_back:
                assert class_of(schema_of(value).split("/")[1]) is value


@pytest.mark.parametrize("name", sorted(path.name for path in OLDER.glob("*.json")))
def test_documents_of_the_time_before_there_was_a_schema_are_read(name: str) -> None:
    reader: dict[str, Any] = {
        "model": rk.models.AbstractModel, "fit": rk.Fit, "posterior": rk.inference.Posterior,
        "life": rk.LifeTable, "break": rk.economics.BreakEven, "unit": rk.UnitEconomics,
    }  # fmt: skip
    text = (OLDER / name).read_text()
    thing = reader[name.removesuffix(".json").split("-")[0]].from_json(text)
    now = json.loads(thing.model_dump_json())
    assert now.pop("schema").endswith("/1")
    assert now == json.loads(text)
    assert same(rk.load(OLDER / name, type(thing)), thing)


SUMMARIES = ("purchases", "spend", "renewals", "opportunities", "described", "purchases-in-periods",
             "purchases-over-time", "transaction-summary", "subscription-summary")  # fmt: skip


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_summary_comes_back_from_parquet(kind: str, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for thing in things(kind):
        path = rk.save(thing, tmp_path / "x.parquet")
        assert same(rk.load(path), thing)
        assert pq.read_table(path).num_rows == len(thing)


def test_a_fit_keeps_its_covariance_and_a_model_its_unit() -> None:
    fitted = rk.fit(rk.BGNBD, TRANSACTIONS)
    again = rk.Fit.from_json(fitted.model_dump_json())
    assert (again.covariance == fitted.covariance).all()
    assert again.draws(5, seed=1) == fitted.draws(5, seed=1)
    told = json.loads(WEEKLY.model_dump_json())
    told["Unit"] = told.pop("unit")
    for read in (rk.model_from_json, rk.BGNBD.from_json, rk.models.AbstractModel.from_json):
        with pytest.raises(rk.InputError, match="'Unit'"):
            read(json.dumps(told))
    del told["Unit"]
    with pytest.raises(rk.InputError, match="no unit"):
        rk.model_from_json(json.dumps(told))
    with pytest.raises(rk.InputError, match="Months"):
        rk.model_from_json(json.dumps({**told, "unit": "Months"}))
    with pytest.raises(rk.InputError, match="must be that of a ParetoNBD"):
        rk.ParetoNBD.from_json(WEEKLY.model_dump_json())
    assert rk.model_from_json(fitted.model_dump_json()) == fitted.model


def test_a_total_is_added_up_in_one_order_before_and_after(tmp_path: Path) -> None:
    bought = WEEKLY.sample(np.full(2_001, 40.0), seed=3)
    asked: Any = {"margin_share": 0.3, "discount_rate": rk.Rate(0.1, per="year")}
    worth = rk.value_customers(bought, WEEKLY, 35.0, **asked, horizon=rk.Duration(1, "year"))
    rk.save(worth, tmp_path / "worth.json")
    back = rk.load(tmp_path / "worth.json")
    # the weights of customers counted once are one number as made, and a column as read
    assert (back.total, back.mean, back.expected_active) == (worth.total, worth.mean, worth.expected_active)
