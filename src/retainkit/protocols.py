"""What functions ask of what they are given: the model that is meant, the part of the data that is meant.

A fit stands for its model, and the summary of a table for its purchases, spend or renewals, in every
function that takes a model or such data. An object says what it stands for by a method, as it tells numpy
by ``__array__``; `model_of` and `data_of` ask for it, and a result of your own that has the method is taken
too.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar, cast

import numpy as np

from retainkit.errors import InputError
from retainkit.rates import Rate
from retainkit.typing import Array, NumberLike, Real, Unit
from retainkit.units import Duration

M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
D = TypeVar("D")
D_contra = TypeVar("D_contra", contravariant=True)


class HasModel(Protocol[M_co]):
    """What stands for a model: a `Fit`, a `Posterior`."""

    def __retention_model__(self) -> M_co:
        """The model that is meant."""
        ...


class HasData(Protocol):
    """What stands for the data of models: a `TransactionSummary`, a `SubscriptionSummary`."""

    def __retention_data__(self, kind: type[object]) -> object:
        """The part of that kind, None where there is none."""
        ...


ModelOf: TypeAlias = M | HasModel[M]
"""``ModelOf[BGNBD]``: a BGNBD, or what stands for one."""

DataOf: TypeAlias = D | HasData
"""``DataOf[Purchases]``: Purchases, or what has them."""


class SurvivalProcess(Protocol):
    """How long customers stay: a contractual model, an estimate, a curve of another library."""

    @property
    def unit(self) -> Unit | None:
        """What tenures count in."""
        ...

    def survival(self, t: Duration | NumberLike, *, given: Duration | NumberLike = 0.0) -> Real:
        """Share still there at tenure `t` of those who were there at tenure `given`."""
        ...


class PurchaseProcess(Protocol[D_contra]):
    """How often customers buy who leave without telling, of whom data of one kind are known."""

    @property
    def unit(self) -> Unit | None:
        """What time counts in."""
        ...

    @property
    def parameters(self) -> dict[str, Real]:
        """The parameters by name."""
        ...

    data_kind: ClassVar[type[Any]]
    """The data of customers that it knows."""

    whole_periods: ClassVar[bool]
    """Whether time comes in whole opportunities to buy, so that horizons are whole numbers."""

    def probability_alive(self, customers: D_contra, /, horizon: Duration | NumberLike = ...) -> Array:
        """That each customer is still one `horizon` after the end of observation, by default at it."""
        ...

    def expected_purchases(self, customers: D_contra, /, horizon: Duration | NumberLike) -> Array:
        """Of each customer after observation."""
        ...

    def discounted_expected_purchases(
        self, customers: D_contra, /, discount_rate: Rate, horizon: Duration | NumberLike
    ) -> Array:
        """The same, each purchase discounted to the end of observation."""
        ...

    def expected_purchases_new(self, horizon: Duration | NumberLike) -> Real:
        """Repeat purchases of a customer just acquired."""
        ...

    def discounted_expected_purchases_new(
        self, discount_rate: Rate, horizon: Duration | NumberLike = ...
    ) -> Real:
        """The same, each purchase discounted to the acquisition."""
        ...


class SpendProcess(Protocol[D_contra]):
    """What customers spend on a purchase."""

    def expected_spend(self, spend: D_contra, /) -> Array:
        """Of each customer, given what they spent so far."""
        ...

    def expected_spend_new(self) -> Real:
        """Of a customer not yet seen."""
        ...

    def median_spend_new(self) -> Real:
        """Median over new customers of their own mean spend."""
        ...


def model_of(given: ModelOf[M]) -> M:
    """The model that is meant: that of a fit, else what was given."""
    stands_for = getattr(type(given), "__retention_model__", None)
    return cast("M", given if stands_for is None else stands_for(given))


def refuse_many(argument: str, model: object) -> None:
    """Refuse a model with parameters for each customer, or draws of them, where one customer is meant."""
    many = parameter_shape(model)
    if many:
        shown = f"parameters of shape {many}"
        way_out = (
            "Ask once for each customer, or for each draw as posterior.of_draw(0) gives the first; "
            "or give a fit."
        )
        raise InputError("wrong-shape", argument, shown, "must be the model of one customer here", way_out)


def parameter_shape(model: object) -> tuple[int, ...]:
    """The common shape of a model's parameters: () for one customer; () too for what has none."""
    found: object = getattr(model_of(model), "parameters", None)
    parameters = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return np.broadcast_shapes(*(np.shape(v) for v in parameters.values() if type(v) is not float))


def data_of(given: DataOf[D], kind: type[D], argument: str = "data", model: str = "") -> D:
    """The part of the data that is meant, or the data themselves.

    Parameters
    ----------
    given : data of that kind, or the summary of a table that has them
    kind : the class of the data, such as `Purchases`
    argument : str
        What the caller calls them.
    model : str, optional
        What they are for.

    Raises
    ------
    InputError
        For anything else.
    """
    if isinstance(given, kind):
        return given
    has = getattr(type(given), "__retention_data__", None)
    found = None if has is None else has(given, kind)
    if isinstance(found, kind):
        return found
    name = kind.__name__
    rule = f"must be {name}" + (f" for {model}" if model else "")
    way_out = f"Make them with {_MADE_BY.get(name, f'{name}(...)')}."
    raise InputError("wrong-type", argument, type(given).__name__, rule, way_out)


def before_holdout(given: D) -> D:
    """What a fit may see: of a table with a held-out period the time before it, else what was given."""
    has = getattr(type(given), "__retention_before_holdout__", None)
    return given if has is None else has(given)


_MADE_BY = {
    "Purchases": "summarize_transactions(...) or Purchases.from_frame(df, unit=...)",
    "Spend": "summarize_transactions(..., amount=...) or Spend.from_frame(df)",
    "Renewals": "summarize_subscriptions(...) or Renewals.from_survivors([1000, 869, ...])",
    "Opportunities": "Opportunities(frequency=..., recency=..., periods=...)",
    "PurchasesOverTime": "summarize_over_time(...)",
    "PurchasesInPeriods": "summarize_periods(...)",
    "Described": "Described(tx.purchases, covariates)",
}
