"""The closed forms that several rooms share: perpetuities, payback, streams and survival curves.

In reading order:

- `streams`    streams of cash: one amount per period, the periods along the last axis.
- `survival`   survival curves as economics sees them: S(0) = 1, S(1), …, the shares still there after whole
                periods.
- `perpetuity` what one unit of a margin that is paid while the customer stays is worth now, in closed form.
- `payback`    when Σ mₖ first reaches the acquisition cost, in closed form, for constant margin, churn and
                discount.
"""
