"""What the company is worth by its customers, and what moves that.

In reading order:

- `acquisition_schedule` how many customers will be won in each of the coming periods: schedules for the
                          value of a company.
- `flows`                customers, margins, costs and tax of a company, period by period, and their present
                          values.
- `company_value`        what a company is worth by its customers: those it has, those it will win, less
                          what no customer causes.
- `leverage`             from customer equity to shareholder value: debt, other assets, and the leverage
                          that they make.
- `brand_switching`      the return on marketing where customers switch between brands and back: ΔCE from a
                          better offer.
"""

from retainkit.decisions.company.acquisition_schedule import bass_schedule, substitution_schedule
from retainkit.decisions.company.brand_switching import (
    ReturnOnSwitching,
    improved_switching,
    return_on_switching,
)
from retainkit.decisions.company.company_value import CompanyValue, value_company
from retainkit.decisions.company.flows import Flows
from retainkit.decisions.company.leverage import leverage_effect, shareholder_value

__all__ = [
    "CompanyValue",
    "Flows",
    "ReturnOnSwitching",
    "bass_schedule",
    "improved_switching",
    "leverage_effect",
    "return_on_switching",
    "shareholder_value",
    "substitution_schedule",
    "value_company",
]
