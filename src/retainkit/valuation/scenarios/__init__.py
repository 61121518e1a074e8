"""What are all figures of one customer's economics, and what moves them?

In reading order:

- `unit_economics` the record: what goes in, with its unit in its name, and all that follows.
- `result`         every figure, declared once: its name, what it counts in, and what it means.
- `sensitivity`    what figures become when inputs change together: grids and two-way tables.
- `tornado`        one input at a time: how far a figure swings.
- `tables`         a table of scenarios, one a row, in one array call.
- `sources`        scenarios from text, files and rows of tables.
"""

from retainkit.valuation.scenarios.result import FIGURES, Figure, UnitEconomicsResult
from retainkit.valuation.scenarios.sensitivity import Grid, SensitivityTable
from retainkit.valuation.scenarios.tables import evaluate_scenarios
from retainkit.valuation.scenarios.tornado import Tornado
from retainkit.valuation.scenarios.unit_economics import UnitEconomics

__all__ = [
    "FIGURES",
    "Figure",
    "Grid",
    "SensitivityTable",
    "Tornado",
    "UnitEconomics",
    "UnitEconomicsResult",
    "evaluate_scenarios",
]
