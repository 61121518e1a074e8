"""How much does a customer spend on a purchase?

`gamma_gamma` is the model, a line of the registry in `retainkit.models`; the distribution of what a customer
will spend stands in `_predictive`.
"""
