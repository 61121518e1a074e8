"""How to compute it to the last digit: tools that know nothing of customers.

In reading order:

- `grouping`          equal rows of float columns found fast, and functions evaluated once per distinct value.
- `powers`            powers (t/scale)^c of times, exact far out, close by and at 0.
- `gamma_functions`   ratios of gamma functions and densities made of them, to full precision.
- `gauss_legendre`    many smooth integrals at once, each with as many nodes as it needs.
- `trapezoid_means`   means of a function of p over a beta distribution, and of a waiting time.
- `decaying_sums`     sums of a function that decays, however slowly, without end.
- `exponential_sums`  all real roots of sums of exponentials, for many rows at once.
- `search`            the root between two points, for a whole column of functions, and the highest point.
- `newton`            Newton's method for a handful of parameters.
- `maximize`          the maximum of a smooth sum of terms whose gradients are known.
- `upper_envelope`    the highest of many straight lines.
- `concave_envelopes` a budget shared among responses that first steepen and then flatten.

`processes/` holds the special functions behind models of counts in time, `samples/` what samples tell.
"""
