"""One customer base, from its transactions to its value, in one record."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, final

from retainkit.errors import MissingDependencyError
from retainkit.reports.figures import AbstractReport
from retainkit.reports.page import as_html
from retainkit.reports.sections import caveats
from retainkit.reports.text import as_text
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
    value : CustomerValue
        Residual value, customer by customer.
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
    """

    _read_back = False
    _shows_rows = False

    @property
    def caveats(self) -> tuple[str, ...]:
        return caveats(self)

    def to_html(self) -> str:
        """The report as one HTML file that needs nothing else, for screen and print.

        Raises `MissingDependencyError` without jinja2 and matplotlib.
        """
        return as_html(self)

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
            "new_customer": {**self.new_customer.as_dict(), "value_standard_error": self.new_customer_error},
            "payback": None if self.payback is None else _payback(self.payback),
            "fits": {name: None if each is None else each.as_dict() for name, each in fits.items()},
            "tracking": None if self.tracking is None else self.tracking.as_dict(),
            "spend_link": None if self.spend_link is None else self.spend_link.as_dict(),
            "caveats": list(self.caveats),
        }

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        try:
            page = escape(self.to_html())
        except MissingDependencyError:
            return f"<pre>{escape(str(self))}</pre>"
        return f'<iframe srcdoc="{page}" style="width:100%;height:60em;border:0"></iframe>'


def _payback(payback: Payback) -> Plain:
    time = payback.time
    return {
        "never": payback.never,
        "time": None if time is None else time.value,
        "unit": None if time is None else time.unit,
        "acquisition_cost": payback.acquisition_cost,
        "limit": payback.limit,
    }
