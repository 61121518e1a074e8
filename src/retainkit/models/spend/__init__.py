"""How much does a customer spend on a purchase?

`gamma_gamma` is the model, a line of the registry in `retainkit.models`.
"""
