"""What does a customer base look like, told to people?

From transactions to a page. In reading order:

- `compose`       transactions and assumptions → the report: reading, fitting, valuing, checking.
- `customer_base` the report as one record.
- `figures`       what it holds: assumptions, the records behind the figures, the figures.
- `precision`     how far the values may be off because parameters are estimates.
- `spend_link`    whether frequent buyers spend more per purchase, in this base.
- `caveats`       what the figures cannot say: one sentence or two for each doubt.
- `sections`      the figures in reading order, as words: what text, HTML and terminal all show.
- `wording`       numbers as people read them.
- `text`          lines of text.
- `picture`       predicted against actual purchases, as SVG.
- `page`          one HTML file, nothing fetched.
"""

from retainkit.reports.compose import report
from retainkit.reports.customer_base import CustomerBaseReport

__all__ = ["CustomerBaseReport", "report"]
