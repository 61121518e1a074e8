"""What Prometheus reads: how many requests, how long they took, which models are there.

Each worker counts its own, and says which it is: whoever asks gets one worker's, and adds up over `worker`.
"""

from __future__ import annotations

import os
from collections import Counter

_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Counts:
    """Requests by question and outcome, and their times; of one worker, whose loop alone writes them."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: dict[str, list[float]] = {}

    def add(self, verb: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests[verb, status] += 1
        told = self.seconds.setdefault(verb, [0.0] * (len(_EDGES) + 2))
        told[next((i for i, edge in enumerate(_EDGES) if seconds <= edge), len(_EDGES))] += 1
        told[-1] += seconds

    def text(self, models: int, exchanged: int) -> str:
        """The counts in the format of Prometheus."""
        worker = f'worker="{os.getpid()}"'
        lines = ["# TYPE retainkit_requests_total counter"]
        lines += [
            f'retainkit_requests_total{{{worker},verb="{verb}",status="{status}"}} {count}'
            for (verb, status), count in sorted(self.requests.items())
        ]
        lines.append("# TYPE retainkit_request_seconds histogram")
        for verb, told in sorted(self.seconds.items()):
            total = 0.0
            for edge, count in zip((*_EDGES, "+Inf"), told[:-1], strict=True):
                total += count
                lines.append(
                    f'retainkit_request_seconds_bucket{{{worker},verb="{verb}",le="{edge}"}} {total:g}'
                )
            lines.append(f'retainkit_request_seconds_sum{{{worker},verb="{verb}"}} {told[-1]:.9g}')
            lines.append(f'retainkit_request_seconds_count{{{worker},verb="{verb}"}} {total:g}')
        lines += ["# TYPE retainkit_models gauge", f"retainkit_models{{{worker}}} {models}"]
        lines += ["# TYPE retainkit_models_exchanged_total counter"]
        lines += [f"retainkit_models_exchanged_total{{{worker}}} {exchanged}"]
        return "\n".join(lines) + "\n"
