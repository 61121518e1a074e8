"""When money falls: the timing of a period's payment, and the moment at which a customer is valued."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from retainkit.errors import unknown_choice

Timing: TypeAlias = Literal["begin", "mid", "end", "end-if-retained"]
"""When in a period its payment falls.

``"begin"``: at the start, so the first payment is now. ``"mid"``: half-way, by everyone who started
the period. ``"end"``: at the end, by everyone who started the period. ``"end-if-retained"``: at the
end, only by those who stayed through the period.
"""

FlowTiming: TypeAlias = Timing | Literal["continuous"]
"""When a period's margin is paid: as `Timing`, or ``"continuous"``, evenly while the customer is there."""

Instant: TypeAlias = Literal["after-payment", "before-renewal"]
"""When an existing customer is valued: just after a payment, or just before the next renewal."""

TIMINGS: tuple[Timing, ...] = get_args(Timing)
FLOWS: tuple[FlowTiming, ...] = (*TIMINGS, "continuous")
INSTANTS: tuple[Instant, ...] = get_args(Instant)

DELAY: dict[str, float] = {"begin": 0.0, "mid": 0.5, "end": 1.0, "end-if-retained": 1.0}
"""How long after the start of its period a payment falls."""


def check_timing(timing: object) -> Timing:
    """The timing itself, or an error that names the near one."""
    if timing in TIMINGS:
        return timing
    raise unknown_choice("timing", timing, TIMINGS)


def check_unconditional(timing: object) -> Timing:
    """The timing of a payment that hangs on nobody's staying, or an error that names the near one."""
    if timing in TIMINGS and timing != "end-if-retained":
        return timing
    raise unknown_choice("timing", timing, [t for t in TIMINGS if t != "end-if-retained"])


def check_flow(timing: object) -> FlowTiming:
    """The timing itself, or an error that names the near one."""
    if timing in FLOWS:
        return timing
    raise unknown_choice("timing", timing, FLOWS)


def check_instant(instant: object) -> Instant:
    """The instant itself, or an error that names the near one."""
    if instant in INSTANTS:
        return instant
    raise unknown_choice("instant", instant, INSTANTS)
