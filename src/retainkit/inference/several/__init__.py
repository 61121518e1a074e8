"""What do several posteriors say together: of several models, of several segments?

In reading order:

- `average`    several models of the same customers, each with its weight: one posterior over models.
"""

from retainkit.inference.several.average import average

__all__ = ["average"]
