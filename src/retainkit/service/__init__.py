"""How does a company's other software ask? A web service over the questions of `retainkit.api`.

The file models in a folder are loaded at the start and exchanged while it runs. In reading order:

- `run`      started from a shell: workers, port, limits.
- `app`      the addresses: a question each, health, readiness, metrics, a page for trying it.
- `threads`  so many answers at a time, also while given-up ones go on.
- `settings` the folder, the keys and the limits, from the environment.
- `models`   what the folder holds, exchanged all at once.
- `guard`    what every request passes: keys, sizes, times, counts, one line of log.
- `counts`   what Prometheus reads.
- `page`     the page for trying it.
"""

from retainkit.service.run import serve

__all__ = ["serve"]
