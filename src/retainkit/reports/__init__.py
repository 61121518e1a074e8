"""What does a customer base look like, told to people?

From transactions to a page. In reading order:

- `compose`       transactions and assumptions → the report: reading, fitting, valuing, checking.
- `customer_base` the report as one record.
- `figures`       what it holds: assumptions, the records behind the figures, the figures.
- `sections`      figures and doubts in reading order, as words: what text, HTML and terminal all show.
- `wording`       numbers as people read them.
- `text`          lines of text.
- `page`          one HTML file with the picture of predicted against actual purchases.
"""

from retainkit.reports.compose import report
from retainkit.reports.customer_base import CustomerBaseReport

__all__ = ["CustomerBaseReport", "report"]
