"""When do customers buy, and when, unseen, do they stop?

Each model is a file of its own, and a line of the registry in `retainkit.models`. Beside them:

- `base`   what every purchase model answers: names, units, checks and docstrings.
- `erlang` what BG/CNBD-k and MBG/CNBD-k share: all but when the first chance to leave comes.
"""
