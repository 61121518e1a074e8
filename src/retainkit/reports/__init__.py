"""Results for people: the report on a customer base as text, HTML and JSON."""

from retainkit.reports.compose import report
from retainkit.reports.customer_base import CustomerBaseReport

__all__ = ["CustomerBaseReport", "report"]
