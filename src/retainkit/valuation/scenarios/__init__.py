"""One customer's economics as a record, and what its figures become when inputs change."""

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
