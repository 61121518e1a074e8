"""What do several posteriors say together: of several models, of several segments?

In reading order:

- `average`        several models of the same customers, each with its weight: one posterior over models.
- `posterior_each` a posterior of each of many segments, which borrow from each other.
- `hierarchy`      how it is drawn: the segments' parameters are normal, and that normal is not known.
- `segment_chains` the same by chains, where segments are many.
"""

from retainkit.inference.several.average import average
from retainkit.inference.several.posterior_each import SegmentPosteriors, posterior_each

__all__ = ["SegmentPosteriors", "average", "posterior_each"]
