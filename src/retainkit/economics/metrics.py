"""The old address of `retainkit.metrics`, which is a room of its own."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retainkit.metrics import *

sys.modules[__name__] = import_module("retainkit.metrics")
