"""What does a base of subscriptions look like?

In reading order:

- `make`             choosing a model, valuing, forecasting, checking.
- `subscription_report` the report as one record.
- `paged`            the record as a page: verdict, answers, what can be tried.
- `sections`         the sections in reading order, as words.
- `pictures`         the charts.
"""
