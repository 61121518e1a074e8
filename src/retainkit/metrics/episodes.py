"""Tenures cut into episodes in which all that is known of a customer holds: plan, price, calendar month.

An episode is an entry of `Renewals` from the tenure at which it begins to that at which it ends; only the
last of a spell may end in leaving. A whole period has the covariates of the day on which it begins, which are
known before anyone leaves in it; a renewal those of the day on which it comes up, which decide about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from typing import NamedTuple

import numpy as np

from retainkit.columns import named_once
from retainkit.documents import Document
from retainkit.errors import InputError, missing_argument, unknown_choice
from retainkit.ingest.subscriptions.plan import Plan, Reactivation, Tenure
from retainkit.ingest.subscriptions.spells import Spells
from retainkit.ingest.subscriptions.tenure import Tenures, begun, completed, exact, tenures
from retainkit.metrics._levels import FAR, Levels, Mask, Whole
from retainkit.metrics._periods import period_names
from retainkit.metrics._spells import plan_of, present, refuse_returns, spells_of_levels
from retainkit.metrics.base import SubscriptionBase, check_base
from retainkit.plurals import counted
from retainkit.summaries import Described, Renewals
from retainkit.tables import Said, to_date
from retainkit.tables.days import begin_of, one_day, period_of
from retainkit.typing import Array, Unit

_CALENDAR: tuple[Unit, ...] = ("month", "quarter", "year")


@dataclass(frozen=True, eq=False, repr=False)
class Episodes(Document):
    """Episodes of tenures with their covariates, equal ones counted; `fit` takes it as data.

    Attributes
    ----------
    data : Described Renewals
        One entry for all equal episodes. What a fit calls customers are episodes.
    now : dict of columns
        The covariates of those who are there at the end of observation, in the order of
        ``base.current().customers``, for ``fitted.model.given(episodes.now)``. A calendar stays in the last
        period that has an episode. Raises `InputError` where somebody has a plan that no episode has.
    spells, episodes, without_exposure : int
        How many spells were cut, into how many episodes; and spells of which no whole period was watched,
        which tell nothing and are left out.
    """

    data: Described[Renewals]
    spells: int
    episodes: int
    without_exposure: int
    _now: Mapping[str, Array]
    _unknown: tuple[str, ...]

    @property
    def now(self) -> dict[str, Array]:
        """The covariates of those who are there at the end of observation."""
        if self._unknown:
            rule = "must be of kinds that episodes have, and some who are there now are of others"
            way_out = "Give model.given(...) the covariates of customers whose kind has been watched."
            raise InputError("unmatched", "now", ", ".join(self._unknown), rule, way_out)
        return dict(self._now)

    def __retention_data__(self, kind: type[object]) -> object:
        """Its episodes, with or without covariates, where a function takes such data."""
        return self.data if kind is Described else self.data.data if kind is Renewals else None

    def __repr__(self) -> str:
        left_out = f"; {self.without_exposure:,} without a whole period left out" * bool(
            self.without_exposure
        )
        names = ", ".join(self.data.covariates)
        return (
            f"Episodes of {counted(self.spells, 'spell')}: {self.episodes:,}, "
            f"{len(self.data):,} of them distinct, "
            f"by {names}{left_out}"
        )


class _Course(NamedTuple):
    """What changes: its kinds by name, and from which tenure on each spell is of which; in order."""

    name: str
    kinds: tuple[str, ...]
    spell: Whole
    tenure: Array
    place: Whole
    now: Whole

    def at(self, spell: Whole, tenure: Array) -> Whole:
        """The kinds at tenures, by place."""
        size = self.spell.size
        asked = np.append(np.zeros(size), np.ones(spell.size))
        order = np.lexsort((asked, np.append(self.tenure, tenure), np.append(self.spell, spell)))
        # of every tenure asked about the last change up to it
        last = np.maximum.accumulate(np.where(order < size, np.arange(order.size), 0))
        found = np.empty(order.size, np.int64)
        found[order] = self.place[order[last]]
        return found[size:]


def cut_episodes(
    base: SubscriptionBase,
    by: str | Sequence[str] = (),
    *,
    changes: Mapping[str, str | Date] | None = None,
    baseline: Mapping[str, str] | None = None,
    unit: Unit = "month",
    tenure: Tenure = "whole-periods",
    reactivation: Reactivation = "new-spell",
) -> Episodes:
    """The tenures of a base cut where a plan, a price or the calendar changes, with covariates.

    ``base.episodes("plan", changes={"price_rise": "2024-05-01"})`` makes data for `with_hazard_ratios`.

    Raises `InputError` for an unknown group, a date outside of the observation, a kind that is the only one.

    Parameters
    ----------
    base : SubscriptionBase
    by : "plan", "month", "quarter", "year", a column that was read as segment, or several of them
        Each becomes columns of 0 and 1, ``plan=pro`` or ``month=2024-05``, for each kind but the baseline.
    changes : mapping of names to dates, optional
        A column of that name: 0 before the date, 1 from it on.
    baseline : mapping of names in `by` to kinds, optional
        What the others are compared with; by default the first that has an episode.
    unit, tenure, reactivation : as `SubscriptionBase.tenures`
        A whole period belongs to the day on which it begins; under ``tenure="renewals"`` to that on which it
        is over, and to the plan until then; under ``"exact"`` tenures are cut to the day.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array(["a", "a", "b"]), "plan": np.array(["basic", "pro", "basic"]),
    ...          "from": np.array(["2024-01-05", "2024-03-05", "2024-02-01"]),
    ...          "to": np.array(["2024-03-05", "", "2024-05-20"])}
    >>> base = rk.read_subscriptions(table, customer_id="id", start="from", end="to", plan="plan",
    ...                              observation_end="2024-06-30")
    >>> cut = base.episodes("plan", changes={"price_rise": "2024-04-01"})
    >>> cut
    Episodes of 2 spells: 5, 4 of them distinct, by plan=pro, price_rise
    >>> for name, column in cut.data.columns.items():
    ...     print(name, column)
    duration [2. 3. 4. 5.]
    event [0. 0. 1. 0.]
    entry [0. 2. 2. 3.]
    covariate plan=pro [0. 1. 0. 1.]
    covariate price_rise [0. 0. 1. 1.]
    >>> cut.data.weight
    array([2., 1., 1., 1.])
    """
    check_base("base", base)
    names = named_once("by", by, least=0)
    dates = {name: _day(base, name, day) for name, day in (changes or {}).items()}
    if not names and not dates:
        way_out = "For example base.episodes('plan', changes={'price_rise': '2024-05-01'})."
        raise missing_argument("by", "must be given, or changes=: where are tenures to be cut?", way_out)
    first = _baselines(baseline, names)
    plan = plan_of(base.watch, base.id_name, unit, tenure, reactivation)
    joined = reactivation == "same-customer"
    spells = spells_of_levels(base.levels, base.watch, None, by_plan=False, joined=joined)
    refuse_returns(spells, reactivation)
    clock = tenures(spells, plan)
    told = clock.duration > clock.entry
    if not told.any():
        rule = f"must leave somebody who was watched for a whole {plan.unit}"
        raise InputError("too-few", "unit", plan.unit, rule, "Use a shorter one, or tenure='exact'.")
    untold, spells = int((~told).sum()), spells.where(told)
    clock = Tenures(clock.duration[told], clock.event[told], clock.entry[told])
    courses = [_course(base, name, spells, clock, plan) for name in names]
    rises = {
        name: _tenure_at(spells.start, np.full_like(spells.start, day), plan) for name, day in dates.items()
    }
    each = np.arange(spells.start.size)
    cuts = [(c.spell, c.tenure) for c in courses] + [(each, at) for at in rises.values()]
    spell, begin, end, last = _cut(clock, cuts)
    event, whole = clock.event[spell] & last, plan.tenure != "exact"
    cut = Renewals(duration=end, event=event, entry=begin, whole_periods=whole, unit=plan.unit)
    held: dict[str, Array] = {f"by {c.name}": c.at(spell, begin).astype(np.float64) for c in courses}
    held |= {name: np.where(begin >= at[spell], 1.0, 0.0) for name, at in rises.items()}
    # counted by kind before kinds become columns: three years have a column for each month
    equal = Described(cut, held).compress()
    z: dict[str, Array] = {}
    now: dict[str, Array] = {}
    unknown: list[str] = []
    for course in courses:
        place = equal.covariates[f"by {course.name}"].astype(np.int64)
        for kind, k in _dummies(course, place, first.get(course.name)):
            z[kind], now[kind] = 1.0 * (place == k), 1.0 * (course.now == k)
        new = np.setdiff1d(course.now, place).tolist()
        unknown += [f"{course.name}={course.kinds[k]}" for k in new]
    for name in rises:
        if name in z:
            rule = "must not be the name of another column"
            raise InputError("duplicate", "changes", name, rule, "Give the change another name.")
        z[name], now[name] = equal.covariates[name].copy(), np.ones(present(base.levels).code.size)
    return Episodes(Described(equal.data, z), each.size, spell.size, untold, now, tuple(unknown))


def _baselines(baseline: Mapping[str, str] | None, names: Sequence[str]) -> dict[str, str]:
    for name in baseline or {}:
        if name not in names:
            raise unknown_choice("baseline", name, names)
    return dict(baseline or {})


def _day(base: SubscriptionBase, name: str, day: str | Date) -> int:
    found = one_day(f"changes[{name!r}]", day)
    if not base.since < found <= base.until:
        rule = f"must lie in the observation, after {to_date(base.since)} and up to {base.observation_end}"
        way_out = "A change that nobody was watched before and after has no effect to be found."
        raise InputError("dates-conflict", f"changes[{name!r}]", Said(f"{day}"), rule, way_out)
    return found


def _tenure_at(start: Whole, day: Whole, plan: Plan, *, held: bool = False) -> Array:
    """The tenure from which on a change of that day counts; −inf for one up to the start of the spell.

    What is `held`, such as a plan, decides on a renewal until the day before it.
    """
    later = np.maximum(day, start)
    if plan.tenure == "exact":
        found = exact(start, later, plan.unit)
    elif plan.tenure == "whole-periods":
        found = begun(start, later, plan.unit)
    else:
        found = completed(start, later, plan.unit) if held else begun(start, later, plan.unit) - 1
    return np.where(day <= start, -np.inf, found.astype(np.float64))


def _course(base: SubscriptionBase, name: str, spells: Spells, clock: Tenures, plan: Plan) -> _Course:
    """What a name in `by` is over the tenure of each spell."""
    at_hand = present(base.levels)
    each = np.arange(spells.start.size)
    always = np.full(each.size, -np.inf)
    if name == "plan":
        if at_hand.group is None:
            raise missing_argument("plan", "must have been read to tell plans apart", "Name it: plan='plan'.")
        return _Course("plan", base.plan_sets, *_plans(base.levels, spells, plan), at_hand.group)
    if name in base.segments:
        kinds, own = base.segments[name]
        return _Course(name, kinds, each, always, own[spells.code], own[at_hand.code])
    if name not in _CALENDAR:
        raise unknown_choice("by", name, ("plan", *_CALENDAR, *base.segments))
    first, last = period_of(spells.start, name), int(period_of(np.array([base.until]), name)[0])
    numbers: Whole = np.arange(int(first.min()), last + 1)
    spell, at, place = [each], [always], [first - numbers[0]]
    for k, day in enumerate(begin_of(numbers, name).tolist()):
        begins = _tenure_at(spells.start, np.full_like(spells.start, day), plan)
        new = np.flatnonzero(begins > -np.inf)
        spell.append(new)
        at.append(begins[new])
        place.append(np.full(new.size, k))
    columns = np.concatenate(spell), np.concatenate(at), np.concatenate(place)
    known = int(columns[2][columns[1] < clock.duration[columns[0]]].max())
    return _Course(name, tuple(period_names(numbers, name)), *columns, np.full(at_hand.code.size, known))


def _plans(v: Levels, spells: Spells, plan: Plan) -> tuple[Whole, Array, Whole]:
    """Every plan of every spell: spell, tenure from which on it counts, place among the plans."""
    assert v.group is not None
    change = v.there & (
        (v.code != np.append(-1, v.code[:-1])) | (v.group != v.before(v.group)) | ~v.before(v.there)
    )
    row = np.flatnonzero(change)
    spell = np.searchsorted(spells.code * FAR + spells.start, v.code[row] * FAR + v.month[row], "right") - 1
    # rows of spells that were not watched lie before all others of their customer
    own = (spell >= 0) & (spells.code[spell] == v.code[row])
    row, spell = row[own], spell[own]
    opens = np.append(True, spell[1:] != spell[:-1])
    at = _tenure_at(spells.start[spell], v.month[row], plan, held=True)
    return spell, np.where(opens, -np.inf, at), v.group[row]


def _cut(clock: Tenures, cuts: Sequence[tuple[Whole, Array]]) -> tuple[Whole, Array, Array, Mask]:
    """The episodes, in order: spell, begin, end, and whether it is the last of its spell."""
    each = np.arange(clock.entry.size)
    spell, at = (np.concatenate(c) for c in zip((each, clock.entry), *cuts, strict=True))
    inside = (at > clock.entry[spell]) & (at < clock.duration[spell])
    inside[: each.size] = True
    spell, at = spell[inside], at[inside]
    order = np.lexsort((at, spell))
    spell, at = spell[order], at[order]
    fresh = np.append(True, (spell[1:] != spell[:-1]) | (at[1:] != at[:-1]))
    spell, at = spell[fresh], at[fresh]
    last = np.append(spell[1:] != spell[:-1], True)
    return spell, at, np.where(last, clock.duration[spell], np.append(at[1:], 0.0)), last


def _dummies(course: _Course, place: Whole, baseline: str | None) -> Iterator[tuple[str, int]]:
    """The kinds that episodes have, but the baseline: name of the column and place."""
    found: list[int] = np.unique(place).tolist()
    kinds = [course.kinds[k] for k in found]
    if len(found) < 2:
        rule = f"must differ between episodes, and {course.name} is {kinds[0]!r} in all of them"
        raise InputError("collinear", "by", course.name, rule, "Leave it out.")
    first = kinds[0] if baseline is None else baseline
    if first not in kinds:
        raise unknown_choice(f"baseline[{course.name!r}]", first, kinds)
    for kind, k in zip(kinds, found, strict=True):
        if kind != first:
            yield f"{course.name}={kind}", k
