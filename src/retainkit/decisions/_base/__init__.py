"""What every decision shares: the verdict, its assumptions and where they turn.

In reading order:

- `decision`         what every yes-or-no record can do: the gain, how sure it is, and the assumptions that
                      would turn it.
- `assumptions`      the assumptions of a decision, and the value of each at which the decision turns.
- `assumption_table` the assumptions of a decision as the lines below its verdict.
- `draws`            what is said of a figure that comes as draws.
- `estimate`         A figure estimated from data, with its uncertainty.
"""

from retainkit.decisions._base.assumptions import Assumption
from retainkit.decisions._base.estimate import Estimate

__all__ = ["Assumption", "Estimate"]
