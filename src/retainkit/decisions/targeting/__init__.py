"""Whom to treat by effect: customers whom the treatment changes, not those who are at risk.

In reading order:

- `targeting`      whom to treat: those whom the treatment changes by more than it costs, not those most
                    likely to leave.
- `whom_to_treat`  from predicted chances to leave to a list of customers, its gain, and what would turn it
                    into a loss.
- `treatment_list` A list of customers to treat under a budget: the best gain per unit of what is scarce
                    comes first.
- `policy_value`   what a rule for whom to treat is worth, from an experiment that did not follow the rule.
- `uplift_curves`  how much money a ranking of customers earns, as more and more of them are treated: Qini
                    and AUUC in money.
"""

from retainkit.decisions.targeting.policy_value import PolicyValue, policy_value
from retainkit.decisions.targeting.targeting import break_even_uplift, treatment_gain, treatment_outlay
from retainkit.decisions.targeting.treatment_list import TreatmentList, treatment_list
from retainkit.decisions.targeting.uplift_curves import UpliftCurve, uplift_curve
from retainkit.decisions.targeting.whom_to_treat import TreatmentDecision, whom_to_treat

__all__ = [
    "PolicyValue",
    "TreatmentDecision",
    "TreatmentList",
    "UpliftCurve",
    "break_even_uplift",
    "policy_value",
    "treatment_gain",
    "treatment_list",
    "treatment_outlay",
    "uplift_curve",
    "whom_to_treat",
]
