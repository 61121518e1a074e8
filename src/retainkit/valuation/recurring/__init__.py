"""What will recurring revenue be, and how sure is that?

In reading order:

- `forecast` `forecast_revenue`: from a subscription base to revenue by layer, with intervals, and held out.
- `record`   the forecast: layers, months, what was held out, and budget against actual.
- `history`  what months have done to customers, in cells of plan and age.
- `tenures`  chances to leave by age, of each plan's model.
- `arrivals` customers not yet won: stated, or a trend with its season.
- `paths`    months to come, many times over.
- `simulate` businesses whose truth is known, to try all of it on.
"""
