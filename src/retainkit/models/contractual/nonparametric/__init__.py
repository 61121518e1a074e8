"""What do the data say of customers' lifetimes without a formula for them?

In reading order:

- `risk_table`      who was at risk and who left, at each tenure: all that these estimates look at.
- `estimate`        what every one of them is: a record that shows itself as a sentence and a table.
- `curve`           what every survival curve among them answers, after the last observed tenure too.
- `kaplan_meier`    the share still there.
- `turnbull`        the same where it is known only between which tenures customers left.
- `nelson_aalen`    the churn that customers have been exposed to by each tenure.
- `life_table`      churn by intervals of tenure, as actuaries count it.
- `restricted_mean` the area under a curve up to a horizon, and differences of two.
- `aalen_johansen`  how many have left for each reason, when reasons compete.
- `log_rank`        whether groups leave alike.
"""
