"""How to compute it to the last digit: tools that know nothing of customers.

In reading order:

- `grouping`          equal rows of float columns found fast, and functions evaluated once per distinct value.
- `memory`            memory of freed arrays that stays with the process.
- `powers`            powers (t/scale)^c of times, exact far out, close by and at 0.
- `gamma_functions`   ratios of gamma functions and densities made of them, to full precision.
- `log_sums`          ln(e^u + e^v), fast.
- `gauss_legendre`    many smooth integrals at once, each with as many nodes as it needs.
- `trapezoid_means`   means of a function of p over a beta distribution, and of a waiting time.
- `decaying_sums`     sums of a function that decays, however slowly, without end.
- `exponential_sums`  all real roots of sums of exponentials, for many rows at once.
- `interpolate`       a smooth function of levels and times, asked at many times, from few of them.
- `halton`            points that fill a cube evenly.
- `search`            the root between two points, for a whole column of functions, and the highest point.
- `newton`            Newton's method for a handful of parameters.
- `maximize`          the maximum of a smooth sum of terms whose gradients are known.
- `maximize_each`     the same for a thousand such sums at once, each with parameters of its own.
- `maximize_reweighted` the same for sums of the same terms, weighed anew, near the maximum of the whole.
- `hazard_steps`      steps of a cumulative hazard from events known only to lie in stretches of them.
- `upper_envelope`    the highest of many straight lines.
- `mixture_weights`   shares of given densities under which observations are most probable.
- `concave_envelopes` a budget shared among responses that first steepen and then flatten.

`processes/` holds the special functions behind models of counts in time, `samples/` what samples tell,
`sampling/` draws from a density.
"""
