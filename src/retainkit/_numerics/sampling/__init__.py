"""Draws from a density that is known but for its height: importance sampling, and chains where that fails.

- `t_mixture`  mixtures of multivariate t: even points, densities, the best mixture for weighted points.
- `importance` weighted points of a density from mixtures that learn its shape.
- `chains`     Markov chains that start from such a mixture.
"""
