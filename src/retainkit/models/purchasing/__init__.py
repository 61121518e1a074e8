"""When do customers buy, and when, unseen, do they stop?

Each model is a file of its own, and a line of the registry in `retainkit.models`. Beside them:

- `base`           what every purchase model answers: names, units, checks and docstrings.
- `beta_geometric` what all share whose customers leave right after a purchase: one likelihood for them.
- `erlang`         what BG/CNBD-k and MBG/CNBD-k share: predictions in the middle of a gap.
"""
