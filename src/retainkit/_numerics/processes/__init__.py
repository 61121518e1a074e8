"""How many events, and when the last one: counting processes with random rates that end at a random time.

In reading order:

- `stopped_poisson` a gamma-distributed rate; the process stops after an event, with chance p.
- `power_decay`     rate and end both of gamma-distributed intensity: products of two powers.
- `gompertz_decay`  a gamma-distributed rate, and an end that is a gamma mixture of Gompertz lifetimes.
- `mixed_counts`    the distribution of the count of a process that runs for a random time.
- `erlang_stops`    events of which every k-th counts, told as stages, and stopped after a counted one.
- `erlang_discount` the same, each counted one discounted.
- `opportunities`   opportunities that come one by one, each with a chance to be gone before it.
- `pairs`           E[X(X − 1)] of these counts, which with the mean gives the variance.
- `arrivals`        processes whose own rates are known: exact draws of their events, and means.
- `on_clock`        the same in a time of their own, discounted by the calendar.
"""
