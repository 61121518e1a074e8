"""What went wrong costs, and what putting it right is worth.

In reading order:

- `crisis`      A crisis: customers leave faster at first, and then ever less so, until all is as before.
- `crisis_cost` what a crisis costs, in customers who leave and who do not come, and what a faster recovery
                 is worth.
- `complaints`  what problems cost, and what handling complaints better is worth: the market-damage model.
- `recovery`    what a service failure costs, and what making good for it is worth.
"""

from retainkit.decisions.crisis.complaints import (
    BetterComplaintHandling,
    ComplaintHandling,
    MarketDamage,
    WordOfMouth,
    better_complaint_handling,
    market_damage,
)
from retainkit.decisions.crisis.crisis import (
    crisis_survivor_factor,
    survival_through_crisis,
    value_through_crisis,
)
from retainkit.decisions.crisis.crisis_cost import CrisisCost, FasterRecovery, crisis_cost, faster_recovery
from retainkit.decisions.crisis.recovery import ServiceRecovery, recovery_gain, service_recovery

__all__ = [
    "BetterComplaintHandling",
    "ComplaintHandling",
    "CrisisCost",
    "FasterRecovery",
    "MarketDamage",
    "ServiceRecovery",
    "WordOfMouth",
    "better_complaint_handling",
    "crisis_cost",
    "crisis_survivor_factor",
    "faster_recovery",
    "market_damage",
    "recovery_gain",
    "service_recovery",
    "survival_through_crisis",
    "value_through_crisis",
]
