"""What a sample tells of what it came from: differences, tails and shares of variance.

In reading order:

- `normal_tail`          the upper tail of the normal distribution on the log scale.
- `beta_difference`      the distribution of A·p₀ − B·p₁ − C for two beta variables, without drawing.
- `adjusted_differences` differences of a rate between groups, other things being equal.
- `normal_regret`        what deciding by an uncertain mean costs, and what a sample is worth.
- `knowing_first`        what it is worth to know something before choosing, from draws.
- `intervals`            of a share, right for small ones, and a band that holds at all looks together.
- `mean_draws`           draws of a mean: the Bayesian bootstrap, and Student's t.
- `pareto_tails`         importance weights whose largest are smoothed, and whether they can be trusted.
- `correlations`         correlations of drivers with each other and an outcome, checked or from rows.
- `subset_r_squared`     R² on every subset of the drivers, and what each adds on average.
- `shapley_regression`   the parts of R² due to each driver, averaged over all orders, or some.
- `relative_weights`     the same by way of uncorrelated stand-ins.
"""
