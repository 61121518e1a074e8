"""What every decision shares: the verdict, its assumptions and where they turn.

In reading order:

- `inputs`       the inputs of a decision, each declared once, with the formula of the gain.
- `decision`     what every verdict can do: the gain, how sure it is, and what would turn it.
- `assumptions`  the assumptions of a decision, and the value of each at which the decision turns.
- `rows`         one decision a row, for columns.
- `draws`        what is said of a figure that comes as draws.
- `estimate`     a figure estimated from data, with its uncertainty.
"""

from retainkit.decisions._base.assumptions import Assumption
from retainkit.decisions._base.estimate import Estimate
from retainkit.decisions._base.rows import Decisions

__all__ = ["Assumption", "Decisions", "Estimate"]
