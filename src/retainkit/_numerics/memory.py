"""Memory of freed arrays that stays with the process."""

from __future__ import annotations

import numpy as np

_KEPT = 500_000  # numbers, four megabytes: more than a computation in blocks holds at once


def keep_freed_memory() -> None:
    """Let arrays that are freed leave their memory to the next ones, where the C library is glibc.

    It gives arrays from 128 KB on back to the system and takes them anew, page by page, which costs more than
    the arithmetic in them; until it has seen a larger one freed, as by now in most processes (mallopt(3), on
    M_MMAP_THRESHOLD). This one is never written to, so that it costs no page.
    """
    np.empty(_KEPT)
