"""One customer's economics as a record: what goes in, with its unit in its name, and all that follows.

From JSON, YAML, a dict or a row of a table; frozen; checked once, here. The functions of
`retainkit.economics` answer one question each, for numbers and columns; this answers all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeAlias, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from retainkit.calls import WorkbookWriter, advised
from retainkit.columns import SameKind
from retainkit.documents import SCHEMA, document, kind_of, up_to_date
from retainkit.draws import Draws, beside_columns
from retainkit.errors import InputError
from retainkit.rates import Rate, as_stated
from retainkit.strict_json import written
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, Plain, Real
from retainkit.valuation.scenarios._inputs import DOMAINS, checked
from retainkit.valuation.scenarios.result import FIGURES, UnitEconomicsResult, evaluated
from retainkit.valuation.scenarios.sensitivity import Grid, SensitivityTable, grid, sensitivity
from retainkit.valuation.scenarios.sources import as_input_error, parse_json, parse_yaml, row_values
from retainkit.valuation.scenarios.tornado import Tornado, tornado

if TYPE_CHECKING:
    _Known: TypeAlias = Any  # draws, too
else:
    _Known = float  # the schema that JSON has


def _number(value: object, info: ValidationInfo) -> float | Draws:
    name = str(info.field_name)
    if isinstance(value, dict) and [*cast("Plain", value)] == ["values"]:  # as JSON has draws
        value = Draws.from_dict(cast("Plain", value))
    if name == "annual_discount_rate":
        value = Rate.stated(value)
    if isinstance(value, Draws) and value.ndim == 1 and name != "horizon_months":
        return cast("Draws", DOMAINS[name].uncertain(name, value))
    found = checked(name, value)
    if isinstance(found, float):
        return found
    rule = "must be a single number, or draws of one: a scenario is one kind of customer"
    way_out = "Use .grid(...) for several values, or evaluate_scenarios for a table of scenarios."
    raise InputError("wrong-shape", name, found, rule, way_out)


def _known(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    found = _number(value, info)
    # the schema is that of numbers; draws have been checked
    return found if isinstance(found, Draws) else handler(found)


def _optional(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    return None if value is None else _known(value, handler, info)


def _horizon(value: object, info: ValidationInfo) -> int | None:
    months: Any = None if value is None else _number(value, info)
    # JSON knows no infinity: without end is null
    return None if months is None or months == inf else int(months)


def _written(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Draws) else value


def _discount(value: Any) -> Any:
    return as_stated(_written(value))


def _timing(value: object) -> object:
    return check_flow(value)


_Number = WrapValidator(_known)
_Optional = WrapValidator(_optional)
_Written = PlainSerializer(_written)
_Discount = PlainSerializer(_discount)
_Horizon = BeforeValidator(_horizon)
_When = BeforeValidator(_timing)
_NotNegative = Annotated[_Known, Field(ge=0)]
_AtMostOne = Annotated[_Known, Field(le=1)]
_Months = Annotated[int, Field(ge=1)]


class UnitEconomics(WorkbookWriter, BaseModel):
    """A customer's cost, margin and churn, from which every figure of unit economics follows.

    Give either `monthly_margin`, or `monthly_revenue` and `margin_share`. Money is in any one currency.
    A number that is not known exactly may be `Draws`; so then are the figures that follow from it.

    Parameters
    ----------
    acquisition_cost : money per customer, 0 or more
        Spent at the start to win the customer.
    monthly_churn : share in [0, 1] per month
        Of the customers who start a month, those who are lost by its end.
    monthly_margin : money per month
        What is left of a month's revenue after the costs that come with it. It has no default: value is
        margin, not revenue.
    monthly_revenue, margin_share : money per month; share of revenue, at most 1
        The same in two parts: the margin is their product.
    annual_discount_rate : share per year, > -1, at most 1 (100%); or `Rate`
        Effective; converted to the month by compounding. A `Rate` may be more.
    onboarding_cost : money per customer, 0 or more
        Spent once at the start, besides the acquisition cost.
    monthly_retention_cost : money per month, 0 or more
        Spent on a customer together with each payment; it lessens the margin.
    horizon_months : whole number, 1 or more, optional
        How many payments to count; all of them by default.
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        When in a month its margin falls, and who pays it: at the start (the first payment is now), half
        way or at the end by everyone who started the month, at the end by those who stayed through, or
        all the time while the customer is there.
    name : str, optional
        What to call the scenario.

    Raises
    ------
    InputError
        Naming the field, its value, the rule and a way out.

    Examples
    --------
    >>> scenario = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    >>> scenario.evaluate().lifetime_value
    1000.0
    >>> scenario.replace(monthly_churn=0.1).evaluate().payback_months
    inf
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    acquisition_cost: Annotated[
        _Known, Field(ge=0, description="money per customer, at the start"), _Number, _Written
    ]
    monthly_churn: Annotated[
        _Known, Field(ge=0, le=1, description="the share lost per month"), _Number, _Written
    ]
    monthly_margin: Annotated[
        _Known | None, Field(description="money per month, net"), _Optional, _Written
    ] = None
    monthly_revenue: Annotated[
        _NotNegative | None, Field(description="money per month"), _Optional, _Written
    ] = None
    margin_share: Annotated[_AtMostOne | None, Field(description="share of revenue"), _Optional, _Written] = (
        None
    )
    annual_discount_rate: Annotated[
        _Known, Field(gt=-1, description="effective, per year"), _Number, _Discount
    ] = 0.0
    onboarding_cost: Annotated[_Known, Field(ge=0, description="money per customer"), _Number, _Written] = 0.0
    monthly_retention_cost: Annotated[
        _Known, Field(ge=0, description="money per payment"), _Number, _Written
    ] = 0.0
    horizon_months: Annotated[_Months | None, Field(description="payments counted"), _Horizon] = None
    timing: Annotated[FlowTiming, Field(description="when a month's margin falls"), _When] = "begin"
    name: Annotated[str, Field(description="what to call the scenario")] = ""

    if not TYPE_CHECKING:  # a type checker sees the signature that pydantic derives from the fields

        def __init__(self, **fields: object) -> None:
            try:
                super().__init__(**fields)
            except ValidationError as error:
                raise as_input_error(error, type(self).model_fields) from None

    def _way_to(self, name: str) -> str:
        """Figures follow from the inputs when they are asked for, all at once."""
        return f"Here it is .evaluate().{name}." if name in FIGURES else ""

    @model_validator(mode="before")
    @classmethod
    def _without_schema(cls, values: Any) -> Any:
        """A document says what it is of; pydantic reads it like any other JSON."""
        told = cast("Plain", values) if isinstance(values, dict) else {}
        return up_to_date(kind_of(cls), 1, told) if SCHEMA in told else cast("Any", values)

    @model_validator(mode="after")
    def _one_margin(self) -> Self:
        beside_columns({name: getattr(self, name) for name in DOMAINS})  # as many draws of each
        parts = (self.monthly_revenue is not None) + (self.margin_share is not None)
        if (self.monthly_margin is not None, parts) in ((True, 0), (False, 2)):
            return self
        names = ("monthly_margin", "monthly_revenue", "margin_share")
        given = [name for name in names if getattr(self, name) is not None]
        rule = "must be given, or monthly_revenue and margin_share in its place (margin has no default)"
        way_out = "A month's revenue times the share that is left after the costs that come with it."
        raise InputError("missing-argument", "monthly_margin", " and ".join(given) or None, rule, way_out)

    @classmethod
    def from_dict(cls, fields: Mapping[str, NumberLike]) -> Self:
        """A scenario from a mapping of field names to values.

        >>> given = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05}
        >>> UnitEconomics.from_dict(given).timing
        'begin'
        """
        return cls(**{str(name): value for name, value in fields.items()})

    @classmethod
    def from_json(cls, source: str | bytes | Path) -> Self:
        """A scenario from JSON text, or from a file given as `pathlib.Path`."""
        return cls(**parse_json(source))

    def model_dump_json(self, **options: Any) -> str:
        """The scenario with its schema as JSON, which `from_json` reads back."""
        return written(document(self, **options))

    @classmethod
    def from_yaml(cls, source: str | bytes | Path) -> Self:
        """A scenario from YAML text, or from a file given as `pathlib.Path`; needs pyyaml."""
        return cls(**parse_yaml(source))

    @classmethod
    def from_row(cls, row: object, *, other: Literal["error", "ignore"] = "error") -> Self:
        """A scenario from a row of a table whose columns are named as the fields.

        Parameters
        ----------
        row : mapping, named tuple or pandas Series
            ``table.iloc[0]``, a tuple of ``itertuples(index=False)``, one of ``table.to_dicts()``.
            A missing value (None, NaN) takes the field's default, if it has one.
        other : {"error", "ignore"}
            What to do with columns that are no fields.
        """
        return cls(**row_values(row, cls.model_fields, other))

    def replace(self, **changes: Any) -> Self:
        """The same scenario with some fields changed, checked again."""
        # only what was given: a default that was filled in must not count as given beside its alternative
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if not isinstance(self.annual_discount_rate, Draws) and self.annual_discount_rate > 1.0:
            # was said to be meant
            given["annual_discount_rate"] = Rate(self.annual_discount_rate, per="year", meant=True)
        return type(self)(**{**given, **changes})

    def evaluate(self) -> UnitEconomicsResult:
        """All figures at once: payback, value, returns, what is critical, and elasticities.

        >>> import retainkit as rk
        >>> result = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05).evaluate()
        >>> round(result.payback_months, 4), result.payback_payments, result.value_to_cost
        (13.5134, 14, 2.0)
        >>> uncertain = UnitEconomics(
        ...     acquisition_cost=500, monthly_margin=50, monthly_churn=rk.churn_posterior(100, 2000, seed=1)
        ... )
        >>> uncertain.evaluate().payback_months
        Draws: 13.5747 (90% between 12.7384 and 14.5893; 4,000 draws)
        """
        return evaluated(self._inputs(), self.timing, self.name)

    def grid(self, **axes: NumberLike) -> Grid:
        """Every figure for every combination of some inputs' values, in one array call.

        >>> scenario = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
        >>> scenario.grid(monthly_churn=[0.05, 0.1], acquisition_cost=[250, 500])["net_value"]
        array([[750., 500.],
               [250.,   0.]])

        Inputs that are not known exactly, as `Draws`, vary together and give draws of every figure:

        >>> from retainkit import Draws
        >>> scenario.grid(monthly_churn=Draws([0.04, 0.05, 0.06]))["net_value"]
        Draws: 527.778 (90% between 350 and 725; 3 draws)
        """
        return grid(self._inputs(), self.timing, axes)

    @advised
    def sensitivity(
        self, *, rows: Mapping[str, NumberLike], columns: Mapping[str, NumberLike], figure: str = "net_value"
    ) -> SensitivityTable:
        r"""A two-way table of one figure: ``rows={"monthly_churn": [0.04, 0.05]}``, columns alike.

        >>> scenario = UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
        >>> scenario.sensitivity(
        ...     rows={"monthly_churn": [0.04, 0.05]}, columns={"acquisition_cost": [400, 500, 600]}
        ... )
        Value less cost; the scenario itself: 500.00
        monthly_churn \ acquisition_cost     400     500     600
                                    0.04  850.00  750.00  650.00
                                    0.05  600.00  500.00  400.00
        """
        return sensitivity(self._inputs(), self.timing, rows, columns, figure)

    @advised
    def tornado(
        self, ranges: Mapping[str, tuple[float, float]] | float, *, figure: str = "net_value"
    ) -> Tornado:
        """One figure at a low and a high value of each input alone, the widest swing first.

        Parameters
        ----------
        ranges : dict of (low, high), or one share
            ``{"monthly_churn": (0.04, 0.06)}``; or 0.1 for 10% either way of every input that is not 0, and
            no further than what it can be: its caption names inputs that end there.
        figure : str
            A figure of `evaluate`.
        """
        return tornado(self._inputs(), self.timing, ranges, figure)

    @property
    def margin_per_month(self) -> SameKind:
        """The margin before retention cost, as given or from its two parts."""
        if self.monthly_margin is not None:
            return self.monthly_margin
        return cast("Any", self.monthly_revenue) * self.margin_share

    def _inputs(self) -> dict[str, Real]:
        given = {name: getattr(self, name) for name in DOMAINS}
        given["horizon_months"] = inf if self.horizon_months is None else float(self.horizon_months)
        return {name: value for name, value in given.items() if value is not None}
