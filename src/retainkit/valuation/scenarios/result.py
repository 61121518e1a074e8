"""Every figure of a scenario, declared once: its name, what it counts in, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf, isfinite, isnan, nan
from typing import Any, Literal, TypeAlias

import numpy as np

from retainkit import strict_json
from retainkit.draws import Draws
from retainkit.economics.breakeven.break_even import break_even, falls_after
from retainkit.errors import unknown_choice
from retainkit.plurals import counted
from retainkit.rates import as_read
from retainkit.records import TableRecord, ordinal, percent, percent_up
from retainkit.timing import FlowTiming
from retainkit.typing import Plain, Real
from retainkit.valuation.scenarios._figures import compute
from retainkit.valuation.scenarios._inputs import Terms, terms

Counts: TypeAlias = Literal["months", "money", "share", "share up", "ratio"]
"""``"share up"``: a share of which something is said for all above it, printed rounded up."""


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

    Where an input was draws, the figures that follow from it are, NaN in those in which they have no value.

    Attributes
    ----------
    scenario : dict
        The inputs.
    payback_payments : int or None
        The whole number of payments that pays the cost back; None for never, and for a continuous margin.
        Of draws, ``inf`` in those that never do.
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
        "Critical monthly churn", "share up", "from it on the cost is never paid back", "no churn is too high"
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
        known = {**self.scenario, **figures, "payback_payments": self.payback_payments}
        return {name: strict_json.plain(value) for name, value in known.items()}

    def _caption(self) -> str:
        title = " of ".join(filter(None, ("Unit economics", str(self.scenario["name"] or ""))))
        unsaid = {"name": self.scenario["name"], "onboarding_cost": 0.0, "monthly_retention_cost": 0.0}
        given = ((k, v) for k, v in self.scenario.items() if v is not None and unsaid.get(k) != v)
        return f"{title} ({', '.join(f'{key} {_plain(value)}' for key, value in given)})"

    def _row_columns(self) -> dict[str, Any]:
        """One row per figure: its name, value, what it counts in and what it means."""
        about = FIGURES.values()
        values = [getattr(self, name) for name in FIGURES]
        told = {"value": values}
        if any(isinstance(v, Draws) for v in values):
            found = [known.summary() if (known := _with_value(v)) else None for v in values]
            names = ("mean", "sd", "q5", "median", "q95")
            told = {name: [nan if s is None else getattr(s, name) for s in found] for name in names}
        return {
            "figure": list(FIGURES),
            **told,
            "counts": [f.counts.removesuffix(" up") for f in about],
            "meaning": [f.meaning for f in about],
        }

    def _cells(self) -> list[list[str]]:
        drawn = any(isinstance(getattr(self, name), Draws) for name in FIGURES)
        table = [["figure", "value (90% of draws)" if drawn else "value", "what it is"]]
        for name, about in FIGURES.items():
            value, meaning = shown(getattr(self, name), about), about.meaning
            if name == "payback_months" and isinstance(self.payback_payments, int) and self.payback_payments:
                value += f", the {ordinal(self.payback_payments)} payment"
                timing: Any = self.scenario["timing"]
                falls = falls_after(self.payback_payments, timing)
                meaning += f"; it falls {counted(f'{falls:g}', 'month')} after the start"
            table.append([about.label, value, meaning])
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


def shown(value: float | Draws, about: Figure) -> str:
    """A figure as text, with its unit: of draws the middle, and where most of them are."""
    if not isinstance(value, Draws):
        return _number(value, about)
    known = _with_value(value)
    if known is None:
        return "none"
    ends = (_number(float(known.quantile(q)), about) for q in (0.5, 0.05, 0.95))
    without = 1.0 - len(known) / len(value)
    return "{} ({} to {})".format(*ends) + (f", none in {without:.1%}" if without else "")


def _number(value: float, about: Figure) -> str:
    if isnan(value):
        return "none"
    if not isfinite(value):
        return about.endless if value > 0.0 else f"−{about.endless}"
    if about.counts == "share up" and value > 0.0:
        return percent_up(value)
    if about.counts.startswith("share"):
        return percent(round(value, 12) + 0.0)  # no −1e-16%
    if about.counts == "months":
        return counted(value, "month", spec=",.4g")
    return f"{value:,.2f}"


def evaluated(inputs: Mapping[str, Real], timing: FlowTiming, name: str) -> UnitEconomicsResult:
    """The result for one scenario's checked inputs."""
    t = terms({name: np.asarray(v) if isinstance(v, Draws) else v for name, v in inputs.items()}, timing)
    figures = {figure: _one(value) for figure, value in compute(t).items()}
    kept = {k: None if isinstance(v, float) and v == inf else v for k, v in inputs.items()}
    return UnitEconomicsResult(
        **figures,
        payback_payments=_payments(t, figures["payback_months"]),
        scenario={"name": name, **kept, "timing": timing},
    )


def _payments(t: Terms, payback: float | Draws) -> int | None:
    """The whole number of payments; exact where one of them just meets the cost."""
    known = not isinstance(payback, Draws)
    if t.timing == "continuous" or (known and payback == inf):
        return None  # all the time, or never: no last payment to name
    # the fractional payback may miss a payment that just meets the cost by a rounding; the record is exact
    cost, margin, churn, discount_rate = map(_one, (t.cost, t.margin, t.churn, t.discount_rate))
    found = break_even(
        cost, margin, churn=churn, discount_rate=as_read(discount_rate), timing=t.timing
    ).payments
    if known:
        return found
    within: Any = Draws.of(np.where(np.isinf(payback), inf, np.asarray(found, np.float64)))
    return within


def _one(value: Real) -> Any:
    return Draws.of(value) if isinstance(value, np.ndarray) and value.ndim else float(value)


def _with_value(figure: float | Draws) -> Draws | None:
    """The draws in which a figure has a value; None where it has none in any."""
    drawn = np.ravel(np.asarray(figure))
    return Draws.of(drawn[~np.isnan(drawn)]) if not np.isnan(drawn).all() else None


def _plain(value: object) -> str:
    if isinstance(value, Draws):
        low, high = value.interval()
        return f"{value.mean():,.4g} ({low:,.4g} to {high:,.4g})"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
