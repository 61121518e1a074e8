"""Numerical tools that know nothing of customers: grouping, quadrature, optimisation."""
