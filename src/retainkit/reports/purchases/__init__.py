"""What does a base of transactions look like?

In reading order:

- `make`          choosing, fitting, valuing, checking.
- `curves`        how sure that is, and what else it could be.
- `people`        whom it is about: customers, or the kinds of those who stay in their engine.
- `customer_base` the report as one record.
- `figures`       what it holds: assumptions, the records behind the figures, the figures.
- `paged`         the record as a page.
- `sections`      verdict, answers and sections in reading order, as words.
- `checks`        can it be trusted.
- `places`        where the value is: by tenth, by history, by cohort, by segment.
- `follows`       what to do with it, and where each decision turns.
- `caveats`       what the figures cannot say.
- `pictures`      the charts.
"""
