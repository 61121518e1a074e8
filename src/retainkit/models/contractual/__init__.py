"""How long do customers stay, where leaving is seen: subscriptions, memberships, policies?

Each model is a file of its own, and a line of the registry in `retainkit.models`. Beside them:

- `base`      what every contractual model answers: survival, retention, lifetimes, their values.
- `questions` what callers may ask: times, tenures, rates and horizons, checked at the door.
- `shares`    two shares beside any model of renewals: who leaves at once, and who never leaves.
- `competing` several reasons to leave, each with a model of its own.
- `hazard_ratios` any model with its hazard times a ratio, for covariates that change.

`nonparametric/` holds the curves that need no formula.
"""
