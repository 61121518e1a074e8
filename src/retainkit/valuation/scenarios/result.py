"""Every figure of a scenario, declared once: its name, what it counts in, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf, isfinite, isnan
from typing import Any, Literal, TypeAlias

from retainkit.economics.breakeven.break_even import break_even
from retainkit.errors import unknown_choice
from retainkit.records import TableRecord, ordinal, percent
from retainkit.timing import Timing
from retainkit.typing import Plain, Real
from retainkit.valuation.scenarios._figures import compute
from retainkit.valuation.scenarios._inputs import Terms, terms

Counts: TypeAlias = Literal["months", "money", "share", "ratio"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure is called, counts in and means."""

    label: str
    counts: Counts
    meaning: str
    endless: str
    """What ``inf`` says."""


def _figure(label: str, counts: Counts, meaning: str, endless: str = "∞") -> Any:
    return field(metadata={"label": label, "counts": counts, "meaning": meaning, "endless": endless})


_ELASTICITY = "percent of value less cost, per percent of this"


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class UnitEconomicsResult(TableRecord):
    """All figures of a scenario, with the inputs behind them; made by `UnitEconomics.evaluate`.

    Attributes
    ----------
    scenario : dict
        The inputs.
    payback_payments : int or None
        The whole number of payments that pays the cost back; None for never.
    """

    _never = frozenset({"simple_payback_months", "payback_months", "expected_lifetime_months"})

    _left = 3

    payback_payments: int | None
    scenario: Mapping[str, object]
    simple_payback_months: float = _figure(
        "Payback without churn and discount", "months", "cost over margin", "never"
    )
    payback_months: float = _figure(
        "Payback", "months", "with churn, discount and timing, fractional", "never"
    )
    lifetime_value: float = _figure(
        "Lifetime value", "money", "of a new customer's margin, before the cost", "no limit"
    )
    net_value: float = _figure("Value less cost", "money", "less acquisition and onboarding", "no limit")
    value_to_cost: float = _figure("Value to cost", "ratio", "lifetime value over acquisition and onboarding")
    monthly_rate_of_return: float = _figure(
        "Rate of return per month", "share", "the discount rate at which value is cost"
    )
    annual_rate_of_return: float = _figure("Rate of return per year", "share", "the same, compounded")
    expected_lifetime_months: float = _figure(
        "Expected lifetime", "months", "months that a customer starts, without horizon", "for ever"
    )
    residual_value_after_payment: float = _figure(
        "Residual value, just after a payment", "money", "of an existing customer", "no limit"
    )
    residual_value_before_renewal: float = _figure(
        "Residual value, about to renew", "money", "of an existing customer", "no limit"
    )
    critical_monthly_churn: float = _figure(
        "Critical monthly churn", "share", "from it on the cost is never paid back", "no churn is too high"
    )
    critical_monthly_margin: float = _figure(
        "Critical monthly margin", "money", "with less the cost is never paid back", "none is enough"
    )
    critical_acquisition_cost: float = _figure(
        "Critical acquisition cost", "money", "with more it is never paid back", "no limit"
    )
    elasticity_to_retention: float = _figure("Elasticity to retention", "ratio", _ELASTICITY)
    elasticity_to_margin: float = _figure("Elasticity to margin", "ratio", _ELASTICITY)
    elasticity_to_discount_rate: float = _figure("Elasticity to the discount rate", "ratio", _ELASTICITY)
    elasticity_to_acquisition_cost: float = _figure("Elasticity to acquisition cost", "ratio", _ELASTICITY)

    def as_dict(self) -> Plain:
        """The inputs and every figure, by name, as plain values."""
        figures = {name: getattr(self, name) for name in FIGURES}
        return {**self.scenario, **figures, "payback_payments": self.payback_payments}

    def _caption(self) -> str:
        title = " of ".join(filter(None, ("Unit economics", str(self.scenario["name"] or ""))))
        unsaid = {"name": self.scenario["name"], "onboarding_cost": 0.0, "monthly_retention_cost": 0.0}
        given = ((k, v) for k, v in self.scenario.items() if v is not None and unsaid.get(k) != v)
        return f"{title} ({', '.join(f'{key} {_plain(value)}' for key, value in given)})"

    def _row_columns(self) -> dict[str, Any]:
        """One row per figure: its name, value, what it counts in and what it means."""
        about = FIGURES.values()
        return {
            "figure": list(FIGURES),
            "value": [getattr(self, name) for name in FIGURES],
            "counts": [f.counts for f in about],
            "meaning": [f.meaning for f in about],
        }

    def _cells(self) -> list[list[str]]:
        table = [["figure", "value", "what it is"]]
        for name, about in FIGURES.items():
            value = shown(getattr(self, name), about)
            if name == "payback_months" and self.payback_payments:
                value += f", the {ordinal(self.payback_payments)} payment"
            table.append([about.label, value, about.meaning])
        return table


FIGURES: dict[str, Figure] = {
    f.name: Figure(**f.metadata) for f in fields(UnitEconomicsResult) if "label" in f.metadata
}
"""Every figure of a scenario, in the order in which it is shown."""


def figure_named(name: str) -> str:
    """The name itself, or an error that names the near one."""
    if name in FIGURES:
        return name
    raise unknown_choice("figure", name, list(FIGURES))


def shown(value: float, about: Figure) -> str:
    """A figure as text, with its unit."""
    if isnan(value):
        return "none"
    if not isfinite(value):
        return about.endless if value > 0.0 else f"−{about.endless}"
    if about.counts == "share":
        return percent(round(value, 12) + 0.0)  # no −1e-16%
    if about.counts == "months":
        return f"{value:,.4g} month{'' if value == 1.0 else 's'}"
    return f"{value:,.2f}"


def evaluated(inputs: Mapping[str, Real], timing: Timing, name: str) -> UnitEconomicsResult:
    """The result for one scenario's checked inputs."""
    t = terms(inputs, timing)
    figures = {figure: float(value) for figure, value in compute(t).items()}
    kept = {key: None if value == inf else value for key, value in inputs.items()}
    return UnitEconomicsResult(
        **figures,
        payback_payments=_payments(t, figures["payback_months"]),
        scenario={"name": name, **kept, "timing": timing},
    )


def _payments(t: Terms, payback: float) -> int | None:
    """The whole number of payments; exact where one of them just meets the cost."""
    if payback == inf:  # never: there is no last payment to name
        return None
    # the fractional payback may miss a payment that just meets the cost by a rounding; the record is exact
    return break_even(
        float(t.cost), float(t.margin), churn=t.churn, discount_rate=t.discount_rate, timing=t.timing
    ).payments


def _plain(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
