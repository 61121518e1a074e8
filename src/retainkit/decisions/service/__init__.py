"""What better service is worth: fewer leave, and it costs.

In reading order:

- `effects`           What a change of service does to customers: the effects that decisions and plans share.
- `hazard`            A hazard that is so many times as large: the engine of what changes one for a cost.
- `service_change`    what better service is worth when it makes customers leave less often: proportional
                       hazards in money, with constant churn or on any survival curve.
- `response_time`     what a faster response is worth: response time → hazard of leaving → value of a
                       customer.
- `staffing`          what it costs when an employee leaves, and what keeping employees longer is worth.
- `profit_chain`      the service-profit chain: employees → service → satisfaction → retention → money, by
                       the caller's links.
- `return_on_quality` the return on service and quality: what is spent now against customer equity with and
                       without it.
"""

from retainkit.decisions.service.profit_chain import (
    Link,
    ServiceProfitChain,
    chain_effects,
    service_profit_chain,
)
from retainkit.decisions.service.response_time import (
    FasterResponse,
    ResponseTimeCurve,
    faster_response,
    hazard_ratio_of_response_time,
)
from retainkit.decisions.service.return_on_quality import (
    ReturnOnQuality,
    return_on_quality,
    roi_of_customer_equity,
)
from retainkit.decisions.service.service_change import (
    ServiceChange,
    service_change,
    service_change_on_curve,
    service_value_ratio,
    survival_with_hazard_ratio,
)
from retainkit.decisions.service.staffing import (
    LeaverCost,
    ServedCustomers,
    StaffRetention,
    leaver_cost,
    staff_retention,
)

__all__ = [
    "FasterResponse",
    "LeaverCost",
    "Link",
    "ResponseTimeCurve",
    "ReturnOnQuality",
    "ServedCustomers",
    "ServiceChange",
    "ServiceProfitChain",
    "StaffRetention",
    "chain_effects",
    "faster_response",
    "hazard_ratio_of_response_time",
    "leaver_cost",
    "return_on_quality",
    "roi_of_customer_equity",
    "service_change",
    "service_change_on_curve",
    "service_profit_chain",
    "service_value_ratio",
    "staff_retention",
    "survival_with_hazard_ratio",
]
