"""One customer base, from its transactions to its value, in one record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, final

from retainkit.reports.page.parts import Page
from retainkit.reports.purchases.caveats import caveats
from retainkit.reports.purchases.figures import AbstractReport
from retainkit.reports.purchases.paged import page_of
from retainkit.strict_json import plain
from retainkit.typing import Plain
from retainkit.valuation.new_customer import Payback


@final
@dataclass(frozen=True, eq=False, slots=True, repr=False)
class CustomerBaseReport(AbstractReport):
    """All figures on a customer base, with the assumptions and the doubts behind them.

    Made by `report`. ``print(report)`` gives it as text, `to_html` as one self-contained file,
    `model_dump_json` as JSON; ``report.value.to_frame()`` has one row per customer.

    Attributes
    ----------
    transactions : TransactionSummary
    assumptions : Assumptions
    purchasing : Fit of the model that was chosen
        On the whole observation; the values rest on it.
    comparison : Comparison
        Which models were tried, how they predicted, and which were refused and why.
    spend : Fit of GammaGamma, or None where a constant spend was given
    value : CustomerValue or LazyCustomerValue
        Residual value, customer by customer.
    people : People
        The customers behind the figures, or the kinds of those who stay in an engine, and who is first.
    value_error : float
        Standard error of the value of the whole base: what the uncertainty of the parameters makes of it.
    new_customer : NewCustomerValue
    new_customer_error : float
        Standard error of the value of a new customer, from the parameters.
    payback : Payback or None
        None where no acquisition cost was given.
    calibration : Fit of the same model, or None
        On the period before the holdout.
    tracking : Tracking or None
        What that fit predicted for the held-out period, and what happened.
    unchecked : str
        Why no prediction was checked, in a sentence; empty where one was.
    spend_link : SpendLink or None
        None with fewer than three repeat buyers of known spend.
    intervals : Intervals or None
        90% intervals of the answers; None where the horizon has no end.
    what_if : PurchaseCurves or None
        What values and payback are under other assumptions: ``report.what_if.evaluate(setting)``, as the
        page computes it.
    cohorts, segments : tuple of Group
        Customers by the period of their first purchase, and by `segmented_by`, where it was given.
    triangle : Heat or None
        Of each cohort the share that bought in each month since; None for a summary that kept no months.
    """

    @property
    def caveats(self) -> tuple[str, ...]:
        return caveats(self)

    def to_page(self) -> Page:
        return page_of(self)

    def as_dict(self) -> dict[str, Any]:
        """All figures as plain values."""
        tx = self.transactions
        base = {
            "customers": self.customers,
            "repeat_buyers": self.repeat_buyers,
            "probably_active": self.value.expected_active,
            "probably_active_repeat_buyers": self.active_repeat_buyers,
            "expected_purchases_per_customer": self.expected_purchases,
            "expected_spend_per_customer": self.expected_spend,
            "value_per_customer": self.value.mean,
            "value": self.value.total,
            "value_standard_error": self.value_error,
            "top_tenth_share": self.top_tenth_share,
        }
        fits = {"purchasing": self.purchasing, "calibration": self.calibration, "spend": self.spend}
        return {
            "title": self.title,
            "verdict": asdict(self.verdict),
            "unchecked": self.unchecked or None,
            "models": self.comparison.as_dict(),
            "observation": {
                "start": str(tx.observation_start),
                "end": str(tx.observation_end),
                "unit": tx.unit,
                **tx.treatment.as_dict(),
            },
            "assumptions": self.assumptions.as_dict(),
            "base": base,
            "intervals": None if self.intervals is None else plain(asdict(self.intervals)),
            "cohorts": [asdict(group) for group in self.cohorts],
            "segments": {"by": self.segmented_by, "groups": [asdict(group) for group in self.segments]},
            "new_customer": {**self.new_customer.as_dict(), "value_standard_error": self.new_customer_error},
            "payback": None if self.payback is None else _payback(self.payback),
            "fits": {name: None if each is None else each.as_dict() for name, each in fits.items()},
            "tracking": None if self.tracking is None else self.tracking.as_dict(),
            "spend_link": None if self.spend_link is None else self.spend_link.as_dict(),
            "caveats": list(self.caveats),
        }

    __repr__ = AbstractReport.__str__


def _payback(payback: Payback) -> Plain:
    time = payback.time
    return {
        "never": payback.never,
        "time": None if time is None else time.value,
        "unit": None if time is None else time.unit,
        "acquisition_cost": payback.acquisition_cost,
        "limit": payback.limit,
    }
