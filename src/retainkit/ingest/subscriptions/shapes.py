"""What was asked of a billing table, checked once: its shape, which its columns tell, and the policies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, get_args

from retainkit.columns import named_once
from retainkit.domains import whole_number
from retainkit.errors import InputError, check_choice, missing_argument, unknown_choice
from retainkit.ingest.subscriptions.plan import window_of
from retainkit.ingest.transactions.currencies import Rates, read_rates
from retainkit.tables import MONTH_OR_DAY, DateRule, Said, Source, read_table
from retainkit.tables.lines import FarDates, LaterLines, MissingIds, check_lines
from retainkit.typing import Frame

Shape: TypeAlias = Literal["intervals", "months", "events", "invoices"]
"""What a line of the table is: a subscription, a customer's month, something that happened, a payment."""

Overlap: TypeAlias = Literal["error", "add", "merge", "replace"]
"""What lines of one customer (or subscription) that overlap mean."""

Free: TypeAlias = Literal["error", "stays", "gone"]
"""What an amount of 0 means: a free period of a customer who stays, or no subscription."""

EndDay: TypeAlias = Literal["first-without", "last-with"]
"""Whether an end is the first day without the subscription or the last one with it."""

Opening: TypeAlias = Literal["existing", "new"]
"""Whether the customers of the first month were there before it, or began in it."""

Event: TypeAlias = Literal["start", "change", "end", "pause", "resume", "payment"]
"""What may happen to a subscription."""

_NEEDED: dict[Shape, tuple[str, ...]] = {
    "intervals": ("start", "end"),
    "months": ("month",),
    "events": ("event", "date"),
    "invoices": ("invoice", "paid_from", "paid_to"),
}

_OWN_GROUPS = ("plan", "cohort", "month", "quarter", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The arguments of `read_subscriptions`, checked; days as numbers."""

    customer_id: str
    start: str | None
    end: str | None
    month: str | Sequence[str] | None
    event: str | None
    date: str | None
    events: Mapping[str, str] | None
    invoice: str | None
    paid_from: str | None
    paid_to: str | None
    amount: str | None
    amount_per: str | None
    plan: str | None
    subscription_id: str | None
    segment: str | Sequence[str] | None
    reason: str | None
    involuntary: Sequence[str]
    currency: str | None
    exchange_rates: Frame | None
    acquired: str | None
    observation_end: str | date | None
    observation_start: str | date | None
    opening: Opening | None
    overlap: Overlap
    grace_days: int
    pauses: str | Source | None
    pause_words: Sequence[str]
    trial: str | None
    free: Free
    inactive_after: int | None
    end_day: EndDay
    later: LaterLines
    missing_ids: MissingIds
    far_dates: FarDates
    date_format: str | None

    def check(self, table: Source) -> Shape:
        """The shape of the table, and every choice checked."""
        shape = self._shape(table)
        check_choice("overlap", self.overlap, get_args(Overlap))
        check_choice("free", self.free, get_args(Free))
        check_choice("end_day", self.end_day, get_args(EndDay))
        if self.opening is not None:
            check_choice("opening", self.opening, get_args(Opening))
        check_lines(self.missing_ids, self.far_dates, self.later)
        whole_number("grace_days", self.grace_days, 0)
        if self.inactive_after is not None:
            whole_number("inactive_after", self.inactive_after)
            if shape != "events":
                rule = "goes with event=: other tables say how long each line lasts"
                way_out = "Use grace_days= for customers who renew late."
                raise InputError("needless", "inactive_after", self.inactive_after, rule, way_out)
        if self.observation_end is None and shape != "months":
            raise missing_argument(
                "observation_end",
                "must be given: the last day that the table knows of",
                "For example observation_end='2024-12-31'; the latest date in the table would be a guess.",
            )
        if self.involuntary and self.reason is None:
            rule, way_out = "needs the column of reasons", "Name it: reason='reason'."
            raise InputError("missing-argument", "involuntary", list(self.involuntary), rule, way_out)
        if self.exchange_rates is not None and self.currency is None:
            rule, way_out = "needs the column of currencies", "Name it: currency='currency'."
            raise InputError("missing-argument", "exchange_rates", Said("a table"), rule, way_out)
        for word in (self.events or {}).values():
            if word not in get_args(Event):
                raise unknown_choice("events", word, get_args(Event))
        return shape

    def _shape(self, table: Source) -> Shape:
        given: list[Shape] = [s for s, names in _NEEDED.items() if getattr(self, names[0]) is not None]
        if len(given) != 1:
            found = " and ".join(_NEEDED[s][0] for s in given) or "none of them"
            rule = (
                "must be read by one shape: start= and end=, month=, event= and date=, or invoice=, "
                "paid_from= and paid_to="
            )
            way_out = proposal(table, self.customer_id)
            raise InputError("not-one-of", "table", Said(found), rule, way_out)
        for name in _NEEDED[given[0]]:
            if getattr(self, name) is None:
                rule = f"must name a column beside {_NEEDED[given[0]][0]}"
                raise missing_argument(name, rule, proposal(table, self.customer_id))
        return given[0]

    @property
    def dates(self) -> DateRule:
        """How the table writes days and months."""
        return DateRule(months=True, date_format=self.date_format)

    @property
    def rates(self) -> Rates | None:
        """The rates between currencies, read anew each time."""
        return None if self.exchange_rates is None else read_rates(self.exchange_rates)

    @property
    def window(self) -> tuple[int | None, int | None]:
        """The first day of observation and the last, if they are given."""
        if self.observation_end is None:
            return None, None
        return window_of(self.observation_start, self.observation_end)

    @property
    def segments(self) -> tuple[str, ...]:
        """The columns that tell kinds of customers apart."""
        names = () if self.segment is None else named_once("segment", self.segment, least=0)
        for name in names:
            if name in _OWN_GROUPS:
                rule = f"must not be named like a group that every base has: {', '.join(_OWN_GROUPS)}"
                raise InputError("duplicate", "segment", name, rule, "Rename that column in the table.")
        return names

    def per(self, shape: Shape) -> str:
        """What an amount is paid for: a unit of time, "term", or a column that says so."""
        return self.amount_per or ("term" if shape == "invoices" else "month")


_MONEY = ("amount", "mrr", "price", "revenue", "total", "fee", "eur", "usd", "gbp")
_LIKELY: dict[Shape, tuple[tuple[str, ...], ...]] = {
    "invoices": (("invoice",), ("paid_from", "period_start", "from"), ("paid_to", "period_end", "to")),
    "intervals": (("start", "begin", "from"), ("end", "cancel", "to", "until")),
    "events": (("event", "type", "action"), ("date", "time", "day", "when")),
    "months": (("month", "period"),),
}


def proposal(table: Source, customer_id: str) -> str:
    """The call that a table's columns suggest."""
    names = list(read_table(table, argument="table", line="row"))
    rest = [name for name in names if name != customer_id]
    begin = f"For example read_subscriptions(table, customer_id={customer_id!r}, "
    months = [name for name in rest if re.fullmatch(MONTH_OR_DAY.text, name)]
    if len(months) > 1:
        return f"{begin}month=[{months[0]!r}, {months[1]!r}, …])."
    amount = next((f", amount={n!r}" for n in rest if any(w in n.lower() for w in _MONEY)), "")
    for shape, words in _LIKELY.items():
        found = [next((n for w in some for n in rest if w in n.lower()), None) for some in words]
        if None not in found and len(set(found)) == len(found):
            named = ", ".join(f"{a}={n!r}" for a, n in zip(_NEEDED[shape], found, strict=True))
            until = "" if shape == "months" else ", observation_end='2024-12-31'"
            return f"{begin}{named}{amount}{until})."
    listed = ", ".join(map(repr, names))
    return f"{begin}start='start', end='end', observation_end='2024-12-31'); its columns are: {listed}."
