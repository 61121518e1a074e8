"""Rates that know their period and their kind, and convert themselves.

An annual 12% put into a monthly formula is the most repeated mistake of the field. A `Rate` says per
what it counts and how it compounds, so that it can be asked for any other period.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import Any, Literal, NoReturn, Self, TypeAlias, cast, get_args

import numpy as np

from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL, as_numbers, one_number
from retainkit.draws import Draws
from retainkit.errors import InputError, as_written, first_offender, unknown_choice
from retainkit.typing import NumberLike, RateLike, Unit
from retainkit.units import check_unit, units_in

Kind: TypeAlias = Literal["effective", "nominal", "continuous"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of growth or discount with its period and its kind.

    Parameters
    ----------
    value : float
        0.10 for 10%. More than −1 where the kind is effective (−100% leaves nothing to grow).
    per : {"day", "week", "month", "quarter", "year"}
    kind : {"effective", "nominal", "continuous"}
        ``effective``: 1 grows to 1 + value in one `per`. ``nominal``: value · compounding/per is
        earned in each `compounding` period. ``continuous``: 1 grows to exp(value).
    compounding : unit, only and always with ``kind="nominal"``
        How often a nominal rate compounds.
    meant : bool
        That a rate above 1 is meant, more than 100%. Else it is refused: who writes 12 mostly means 12%.

    Examples
    --------
    >>> round(Rate(0.12, per="year").effective("month"), 8)
    0.00948879
    >>> Rate(0.12, per="year", kind="nominal", compounding="month").effective("month")
    0.01
    """

    value: float
    per: Unit
    kind: Kind = "effective"
    compounding: Unit | None = None
    meant: InitVar[bool] = False

    def __post_init__(self, meant: bool) -> None:
        if isinstance(self.value, Draws):
            rule = "must be one number: a Rate is one rate, and not draws of it"
            way_out = (
                "Where a rate per period is taken give the draws, as convert_rate(draws, per='year', "
                "to='month') has them; elsewhere ask once for each draw."
            )
            raise InputError("wrong-shape", "Rate value", self.value, rule, way_out)
        object.__setattr__(self, "value", one_number("Rate value", self.value, REAL))
        check_unit("Rate per", self.per)
        if self.value > 1.0 and not meant:
            rule = f"would be {100.0 * self.value:g}% per {self.per}, which has to be said to be meant"
            way_out = f"Write {self.value:g}% as {self.value / 100.0:g}, or add meant=True."
            raise InputError("out-of-range", "Rate value", self.value, rule, way_out)
        if self.kind not in get_args(Kind):
            raise unknown_choice("Rate kind", self.kind, get_args(Kind))
        if (self.kind == "nominal") != (self.compounding is not None):
            rule = f"goes with kind='nominal' and only with it (here kind={self.kind!r})"
            way_out = "Say how often a nominal rate compounds, for example compounding='month'."
            raise InputError("inconsistent", "Rate compounding", self.compounding, rule, way_out)
        if self.compounding is not None:
            check_unit("Rate compounding", self.compounding)
        if self._growth_base <= -1.0:
            rule = "must be more than -1 (-100%): at -100% nothing is left after one period"
            raise InputError("out-of-range", "Rate value", self.value, rule, "Write 10% as 0.1.")

    @property
    def _growth_base(self) -> float:
        """The effective rate of one own compounding step; -1 is the end of the world."""
        if self.kind == "continuous":
            return 0.0
        if self.compounding is None:
            return self.value
        return _scaled(self.value, self.per, self.compounding)

    def continuous(self, per: Unit) -> float:
        """The force of the rate: ln of the growth factor of one `per`."""
        check_unit("per", per)
        if self.kind == "continuous":
            return _scaled(self.value, self.per, per)
        step = self.compounding or self.per
        return _scaled(math.log1p(self._growth_base), step, per)

    def effective(self, per: Unit) -> float:
        """The effective rate of one `per`: growth factor minus 1."""
        if (self.compounding or self.per) == per and self.kind != "continuous":
            return self._growth_base  # no rounding on the way round
        return math.expm1(self.continuous(per))

    def __float__(self) -> NoReturn:
        rule = "is no number without its period"
        way_out = f"Take rate.value, which is per {self.per}, or rate.effective('month')."
        raise InputError("unit-unknown", "rate", self, rule, way_out)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The rate of a record, whatever its size: it was accepted when the record was made."""
        return cls(**values, meant=True)

    @classmethod
    def stated(cls, given: Any) -> Any:
        """The `Rate` whose fields a file gives, ``{"value": 12, "per": "year", "meant": true}``.

        Anything else is given back.
        """
        if not isinstance(given, Mapping) or "per" not in given:
            return cast("Any", given)
        fields = cast("Mapping[str, Any]", given)
        known = ("value", "per", "kind", "compounding", "meant")
        if "value" not in fields or any(name not in known for name in fields):
            rule, way_out = "must have the fields of a Rate", 'For example {"value": 0.12, "per": "year"}.'
            raise InputError("unknown-name", "rate", ", ".join(fields), rule, way_out)
        return cls(**fields)

    def __str__(self) -> str:
        how = "" if self.kind == "effective" else f", {self.kind}"
        steps = "" if self.compounding is None else f", compounded every {self.compounding}"
        return f"{100.0 * self.value:g}% per {self.per}{how}{steps}"

    def to(self, per: Unit, *, kind: Kind = "effective", compounding: Unit | None = None) -> Rate:
        """The same rate per another period, of another kind, or both.

        >>> Rate(0.12, per="year", kind="continuous").to("month", kind="continuous")
        Rate(value=0.01, per='month', kind='continuous', compounding=None)
        >>> Rate(0.01, per="month").to("year", kind="nominal", compounding="month")
        Rate(value=0.12, per='year', kind='nominal', compounding='month')
        """
        check_unit("per", per)
        if kind == "nominal" and compounding is not None:
            value = _scaled(self.effective(check_unit("compounding", compounding)), compounding, per)
        else:
            value = self.continuous(per) if kind == "continuous" else self.effective(per)
        # a small rate per day may be many hundred percent per year
        return Rate(value, per=per, kind=kind, compounding=compounding, meant=True)

    def churn(self, per: Unit) -> float:
        """The rate read as a loss: the share of customers that is gone after one `per`.

        5% churn a month are 45.96% a year, not 60%. ``effective``: a share `value` leaves in one own
        period; ``nominal``: value · compounding/per leaves in each `compounding` period;
        ``continuous``: `value` is the hazard.

        >>> round(Rate(0.05, per="month").churn("year"), 6)
        0.45964
        """
        check_unit("per", per)
        if self.kind == "continuous":
            return -math.expm1(-_scaled(NOT_NEGATIVE.check("churn", self.value), self.per, per))
        lost, step = PROBABILITY.check("churn", self._growth_base), self.compounding or self.per
        if step == per or lost == 1.0:
            return lost  # log1p(-1) has no value; everyone is gone after any length of time
        return -math.expm1(_scaled(math.log1p(-lost), step, per))

    def retention(self, per: Unit) -> float:
        """The rate read as retention: the share of customers that is still there after one `per`.

        >>> round(Rate(0.8, per="year").retention("month"), 6)
        0.981577
        """
        check_unit("per", per)
        if self.kind != "effective":
            rule = "must be an effective rate: a share that stays does not compound"
            way_out = "Write Rate(0.8, per='year') for 80% of customers kept in a year."
            raise InputError("unit-mismatch", "retention", self, rule, way_out)
        return PROBABILITY.check("retention", self.value) ** units_in(self.per, per)


def rate_line(argument: str, value: object) -> str:
    """How a rate without its period is written with one."""
    for text in (value, f"{value} per year") if isinstance(value, str) else ():
        if "Rate(" in (line := as_written(argument, text)):
            return line
    known = isinstance(value, int | float) and not isinstance(value, bool) and -1.0 < value <= 1.0
    return f"Write it as a Rate, for example {argument}=Rate({value if known else '0.10'}, per='year')."


def as_stated(rate: Any) -> Any:
    """A number per year as a file keeps it: above 1 with what says that it is meant."""
    above = isinstance(rate, float) and rate > 1.0
    return {"value": rate, "per": "year", "meant": True} if above else rate


def _scaled(force: float, per: Unit, to: Unit) -> float:
    """A force per one period counted per another; whole ratios are divided by, to keep 0.12/12 = 0.01."""
    ratio = units_in(per, to)
    return force * ratio if ratio >= 1.0 else force / units_in(to, per)


@dataclass(frozen=True, slots=True)
class _Read:
    """A rate that its caller's signature reads as something else than growth."""

    rate: RateLike
    number: Callable[[Rate, Unit], float]


def _told(rate: Rate, period: Unit) -> float:
    return rate.effective(period)


def as_loss(rate: RateLike) -> _Read:
    """For `in_period`: the rate is a share that is lost, as churn is."""
    return _Read(rate, Rate.churn)


def as_kept(rate: RateLike) -> _Read:
    """For `in_period`: the rate is a share that is kept, as retention is."""
    return _Read(rate, Rate.retention)


def as_read(rate: NumberLike) -> Any:
    """For `in_period`: a number that was a rate per period before, or that a search tries; it may be any."""
    return rate if type(rate) is float and rate <= 1.0 else _Read(rate, _told)


def in_period(period: Unit | None, **rates: RateLike | _Read) -> tuple[NumberLike, ...]:
    """Rates as plain numbers per `period`, in the order given: the door for every rate argument.

    Numbers and columns are taken to be per `period` already. A `Rate` converts itself as the caller says:
    `as_loss`, `as_kept`, or growth where nothing is said, as for a discount rate; its name decides nothing.
    So does each of a list of them. Without a `period` a `Rate` is refused, since nothing says what the other
    arguments count in. A number above 1 is refused as a rate of growth: a `Rate` can say that it is meant.

    >>> churn, d = Rate(0.6, per="year"), Rate(0.12, "year", "nominal", "year")
    >>> in_period("year", churn=as_loss(churn), discount_rate=d)
    (0.6, 0.12)
    """
    if period is not None:
        check_unit("period", period)
    numbers: list[NumberLike] = []
    stated: dict[str, Rate] = {}
    for name, given in rates.items():
        read = given if isinstance(given, _Read) else _Read(given, Rate.effective)
        if rates_of := _listed(read.rate):
            # a column of rates, each with its own period, or said to be meant
            each = [in_period(period, **{name: _Read(one, read.number)}) for one in rates_of]
            numbers.append([one for (one,) in each])
        elif not isinstance(read.rate, Rate):
            if read.number is Rate.effective:
                _refuse_percent(name, read.rate, period)
            numbers.append(read.rate)
        elif period is None:
            stated[name] = read.rate
        else:
            numbers.append(read.number(read.rate, period))
    if stated:
        raise _period_unknown(stated)
    return tuple(numbers)


def _listed(rate: RateLike) -> list[Any]:
    """The entries of a list that holds a `Rate`, or of a tuple; else none."""
    entries = cast("Sequence[Any]", rate if isinstance(rate, list | tuple) else ())
    return list(entries) if any(isinstance(one, Rate) for one in entries) else []


def _refuse_percent(name: str, rate: NumberLike, period: Unit | None) -> None:
    """Refuse a bare rate of growth above 1, more than 100%: who writes 12 or 7.5 mostly means percent."""
    if isinstance(rate, float) and rate <= 1.0:
        return
    given = rate.values if isinstance(rate, Draws) else rate
    rates = as_numbers(name, given)
    above = rates > 1.0
    if not np.any(above):
        return
    if isinstance(rate, Draws) and not np.all(above):
        return  # a long tail of draws is no slip of the pen
    shown = first_offender(rates, above)
    value = float(np.min(rates[above]))
    rule = f"would be {100.0 * value:g}% per {period or 'period'}, which has to be said to be meant"
    meant = f"Rate({value:g}, per={period or 'year'!r}, meant=True)" + (
        "" if period else " with period='year'"
    )
    each = " in a list of rates" if rates.ndim and not isinstance(rate, Draws) else ""
    way_out = f"Write {value:g}% as {value / 100.0:g}, or {meant}{each}."
    raise InputError("out-of-range", name, shown, rule, way_out)


def _period_unknown(stated: dict[str, Rate]) -> InputError:
    name, rate = next(iter(stated.items()))
    if len({r.per for r in stated.values()}) > 1:
        periods = ", ".join(f"{n} per {r.per}" for n, r in stated.items())
        rule = f"has another period than the other rates ({periods}), and nothing says which one counts"
    else:
        rule = f"is per {rate.per}, but nothing says what period the margin and the answer count in"
    way_out = f"Add the period, for example period={rate.per!r}; every Rate is then converted to it."
    return InputError("unit-unknown", name, rate, rule, way_out)
