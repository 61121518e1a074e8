"""One subscription base, from who pays what to its value, in one record."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, final

from retainkit.inference.result import AnyFit
from retainkit.metrics import SubscriptionBase
from retainkit.reports.page.parts import Page
from retainkit.reports.page.shown import ShownReport
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.page.what_if import RenewalCurves
from retainkit.reports.subscriptions.paged import page_of
from retainkit.strict_json import plain
from retainkit.validation import Comparison
from retainkit.valuation.recurring.record import RevenueForecast
from retainkit.valuation.subscribers import SubscriberValue


@dataclass(frozen=True, slots=True)
class SubscriptionSegment:
    """Those there now of one plan, or of one kind.

    Attributes
    ----------
    revenue : float, money a month
    lost : float
        Share of its customers lost in the last three months.
    net_retention : float
        Share of its revenue of three months ago that is still there, upgrades included.
    value : float, money
    """

    name: str
    customers: int
    revenue: float
    lost: float
    net_retention: float
    value: float


@final
@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SubscriptionReport(ShownReport):
    """All figures on a subscription base, with the assumptions and the doubts behind them.

    Made by `report` of a `SubscriptionBase`, or of a table with columns of starts and ends.
    ``print(report)`` gives it as text, `to_html` as one self-contained file, `to_pdf` as PDF,
    `model_dump_json` as JSON; ``report.value.to_frame()`` has one row per customer.

    Attributes
    ----------
    base : SubscriptionBase
    assumptions : Assumptions
    comparison : Comparison
        The models of how long customers stay, by what they predicted of the second half.
    unchecked : str
        Why no prediction was checked, in a sentence; empty where one was.
    staying : Fit of the model that was chosen
        On the whole observation; the values rest on it.
    value : SubscriberValue
        Of those there now, and who of them may leave within three months.
    what_if : RenewalCurves
        What values and payback are under other assumptions, as the page computes it.
    forecast : RevenueForecast or None
        Recurring revenue of a year; None where there are too few months.
    segments : tuple of SubscriptionSegment
        By `segmented_by`: the plan, or the column that was asked for.

    Examples
    --------
    >>> import retainkit as rk
    >>> table = rk.valuation.simulate_billing(months=24, seed=1)
    >>> base = rk.read_subscriptions(table, customer_id="customer_id", start="start", end="end",
    ...     amount="amount", plan="plan", pauses="paused", observation_end="2023-12-31")
    >>> made = rk.report(base, margin_share=0.8, acquisition_cost=300, horizon=rk.Duration(3, "year"),
    ...     discount_rate=rk.Rate(0.10, per="year"))
    >>> made.staying.family.name, len(made.segments), made.verdict.grade
    ('ShiftedBetaGeometric', 3, 'care')
    """

    title: str
    base: SubscriptionBase = field(compare=False)
    assumptions: Assumptions
    comparison: Comparison
    unchecked: str
    staying: AnyFit
    value: SubscriberValue
    what_if: RenewalCurves = field(compare=False)
    forecast: RevenueForecast | None
    segments: tuple[SubscriptionSegment, ...]
    segmented_by: str

    def to_page(self) -> Page:
        return page_of(self)

    def as_dict(self) -> dict[str, Any]:
        """All figures as plain values."""
        found, quarter = self.what_if.evaluate(self.what_if.start), self.base.metrics(rolling=3)
        now = {name: plain(column[-1]) for name, column in quarter.to_frame("dict").items()}
        new = {"value": float(found.value[0]), "value_90": [*found.range("value")]}
        base = {
            "customers": len(self.value),
            "recurring_revenue": float(self.value.mrr.sum()),
            "value": self.value.total,
            "value_90": [*found.range("base")],
            "expected_to_leave": self.value.expected_to_leave,
        }
        payback = {"payments": float(found.payback[0]), "payments_90": [*found.range("payback")]}
        return {
            "title": self.title,
            "verdict": asdict(self.verdict),
            "unchecked": self.unchecked or None,
            "models": self.comparison.as_dict(),
            "observation": {"end": str(self.base.observation_end), **self.base.treatment},
            "assumptions": self.assumptions.as_dict(),
            "base": base,
            "new_customer": new,
            "payback": None if self.assumptions.acquisition_cost is None else payback,
            "last_three_months": now,
            "forecast": None if self.forecast is None else plain(self.forecast.to_frame("dict")),
            "segments": {"by": self.segmented_by, "groups": [asdict(group) for group in self.segments]},
            "fit": self.staying.as_dict(),
        }

    __repr__ = ShownReport.__str__
