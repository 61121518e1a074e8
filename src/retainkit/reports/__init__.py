"""What does a customer base look like, told to people?

From a table to a page. In reading order:

- `compose`    `report`, the verb: a table or a summary, and assumptions → the report.
- `purchases/` the report on transactions: customers who leave without telling.
- `subscriptions/` the report on subscriptions: customers who cancel.
- `page/`      how every report is shown: page, text, PDF.
"""

from retainkit.reports.compose import report
from retainkit.reports.purchases.customer_base import CustomerBaseReport
from retainkit.reports.subscriptions.subscription_report import SubscriptionReport

__all__ = ["CustomerBaseReport", "SubscriptionReport", "report"]
