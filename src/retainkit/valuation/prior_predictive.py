"""What a prior says before any data, in the words of those who have to believe it: orders, shares, money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit.domains import POSITIVE, generator, one_number, whole_number
from retainkit.draws import Draws
from retainkit.each_draw import draws_among
from retainkit.errors import InputError, missing_argument
from retainkit.inference.priors import JointNormal, Prior
from retainkit.inference.stated_priors import drawn, stated
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily, PlainFamily, family_of
from retainkit.plurals import counted
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.rates import Rate
from retainkit.records import TableRecord
from retainkit.summaries import AbstractSummary, Opportunities, Purchases, Renewals, Spend
from retainkit.typing import NumberLike, Plain, Unit
from retainkit.units import Duration, check_unit, units_in
from retainkit.valuation.inputs import Spending, check_horizon, check_rate
from retainkit.valuation.new_customer import value_new_customer

_QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
_NONE = Rate(0.0, per="year")  # no discount


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PriorPredictive(TableRecord):
    """What a prior alone holds possible of a new customer; made by `prior_predictive`.

    Attributes
    ----------
    model : str
    figures : dict of names to Draws
        Each expectation over customers, at each draw of the parameters; ``inf`` where it has no end.
    prior : the prior of each parameter by name, or of all together
    horizon : Duration or None
        Of the value.
    """

    _read_back = False
    _left = 1

    model: str
    figures: dict[str, Draws]
    prior: Mapping[str, Any] | JointNormal
    horizon: Duration | None

    def __getitem__(self, figure: str) -> Draws:
        """The draws of a figure."""
        if figure not in self.figures:
            rule = f"must be one of {', '.join(map(repr, self.figures))}"
            raise InputError("unknown-name", "figure", figure, rule)
        return self.figures[figure]

    def as_dict(self) -> Plain:
        """The quantiles of each figure, and the prior in words."""
        rows = self._row_columns()
        quantiles = [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
        return {"model": self.model, "figures": quantiles, "prior": self._prior_in_words()}

    def _row_columns(self) -> Mapping[str, Any]:
        ends = {
            name: [draws.quantile(q) for draws in self.figures.values()] for name, q in _QUANTILES.items()
        }
        return {"figure": [*self.figures], **{name: np.array(column) for name, column in ends.items()}}

    def _prior_in_words(self) -> str:
        if isinstance(self.prior, JointNormal):
            return str(self.prior)
        return "; ".join(f"{name} {prior}" for name, prior in self.prior.items())

    def _caption(self) -> str:
        many = len(next(iter(self.figures.values())))
        return f"{self.model} before any data, {counted(many, 'draw')} of its prior"

    def _cells(self) -> list[list[str]]:
        rows = self._row_columns()
        told = [[_short(value) for value in rows[name]] for name in _QUANTILES]
        head = ["of a new customer", "5%", "25%", "50%", "75%", "95%"]
        return [head, *map(list, zip(self.figures, *told, strict=True))]

    def __str__(self) -> str:
        name, draws = [*self.figures.items()][-1]
        low, q25, q75, high = (_short(float(draws.quantile(q))) for q in (0.05, 0.25, 0.75, 0.95))
        return (
            f"{super(PriorPredictive, self).__str__()}\n"
            f"  The {name} is as likely as not between {q25} and {q75}: one time in twenty "
            f"below {low}, one in twenty above {high}.\n"
            "  If you would not have said so before seeing data, state another prior.\n"
            f"  Prior: {self._prior_in_words()}."
        )

    __repr__ = __str__


def prior_predictive(
    model: type[AnyModel] | AnyFamily,
    *,
    seed: int | np.random.Generator,
    prior: Prior | None = None,
    data: DataOf[AbstractSummary] | None = None,
    unit: Unit | None = None,
    spend: Spending | None = None,
    margin_share: NumberLike | None = None,
    margin_per_period: float | None = None,
    discount_rate: Rate | None = None,
    horizon: Duration | None = None,
    draws: int = 4000,
) -> PriorPredictive:
    """What a prior says before any data: orders a year, who stays, what a customer is worth, with quantiles.

    A prior of parameters is hard to believe or not; what follows from it is not. Nothing is learned from
    `data`: they lend the scale that a default prior is stated in, and the unit.

    Raises `InputError` for a prior that is improper, of another domain, or without data not stated of every
    parameter; for a model or wrapper that none of the figures is of; for what the value needs or cannot use.

    Parameters
    ----------
    model : a purchase model's class, a contractual model's, or `GammaGamma`
    seed : int or numpy Generator
    prior : as in `posterior`
    data : the summary that the prior is meant for, optional
    unit : unit of time that the parameters count in
        Of data that have one it is theirs.
    spend, margin_share : money per purchase (a number, `Draws`, or a model of it); share of it left
        For purchase models, as in `value_new_customer`.
    margin_per_period : money
        For contractual models, of each payment.
    discount_rate, horizon : Rate and Duration
        Of the value; for `GammaGamma` neither.
    draws : int

    Examples
    --------
    >>> import retainkit as rk
    >>> prior = {"alpha": rk.priors.LogNormal(0.0, 0.5), "beta": rk.priors.LogNormal(2.3, 0.5)}
    >>> said = rk.valuation.prior_predictive(rk.ShiftedBetaGeometric, prior=prior, unit="month", seed=1,
    ...     margin_per_period=20.0, discount_rate=rk.Rate(0.1, per="year"), horizon=rk.Duration(3, "year"))
    >>> low, high = said["share still there after a year"].interval(0.9)
    >>> bool(0.1 < low < 0.2 and 0.7 < high < 0.8)
    True
    """
    family, many = family_of(model), whole_number("draws", draws, 1, way_out="For example draws=4000.")
    rng, kind = generator(seed), family.data_kind
    if kind not in _ASKED or not isinstance(family, PlainFamily):
        rule = "must be a plain model of purchases, spend or renewals"
        way_out = "Ask the model without what stands around it."
        raise InputError("not-a-model", "model", family.name, rule, way_out)
    rows = None if data is None else data_of(before_holdout(data), kind, "data", family.name).compress()
    known = stated(prior, family, rows)
    counted_in = _unit_of(family, rows, known, unit)
    ask, needs = _ASKED[kind]
    # what is needed depends on the kind of model, so that no argument of these can be required of all
    given: Plain = {"spend": spend, "margin_share": margin_share, "margin_per_period": margin_per_period}
    given |= {"discount_rate": discount_rate, "horizon": horizon}
    with np.errstate(all="ignore"):  # far out a weak prior overflows, and that is what it says
        drawn_model = family.of(drawn(known, family, many, rng), unit=counted_in)
        figures = ask(drawn_model, **_needed(given, needs, family))
    return PriorPredictive(family.name, {n: _draws(n, v, many) for n, v in figures.items()}, known, horizon)


def _needed(given: Plain, needs: Sequence[str], family: AnyFamily) -> Plain:
    """The arguments that figures of this kind of model need; others have no meaning."""
    for name, value in given.items():
        if name in needs and value is None:
            raise missing_argument(name, f"must be given for the value by {family.name}", "See the example.")
        if name not in needs and value is not None:
            rule = f"has no meaning for figures of {family.name}"
            raise InputError("needless", name, value, rule, "Leave it out.")
    return {name: given[name] for name in needs}


def _unit_of(family: AnyFamily, rows: AbstractSummary | None, known: Any, unit: Unit | None) -> Unit | None:
    """What the parameters count in: told by data, a joint prior, or the caller."""
    if family.data_kind is Spend:
        return None
    # a default prior has the scale of the data, a joint one that of those it learned from
    theirs: Unit | None = getattr(rows, "unit", None) or getattr(known, "unit", None)
    if unit is not None and theirs not in (None, check_unit("unit", unit)):
        rule = f"must be that of data and prior, {theirs!r}"
        raise InputError("unit-mismatch", "unit", unit, rule, "Leave it out.")
    if unit is None and theirs is None:
        way_out = "For example unit='week'."
        raise InputError(
            "unit-unknown", "unit", unit, "must be given: a year has to be counted in it", way_out
        )
    return unit or theirs


def _of_purchases(
    model: Any,
    *,
    spend: Spending,
    margin_share: NumberLike,
    discount_rate: Rate,
    horizon: Duration,
) -> dict[str, Any]:
    year = units_in(model.unit, "year")
    if model.whole_periods:
        year = float(round(year))  # 52 weeks: opportunities come whole
        fresh: Any = Opportunities(frequency=[0], recency=[0], periods=[0], unit=model.unit)
    else:
        # at the moment of the first order everybody is a customer: what is left is a year's leaving
        fresh = Purchases(frequency=[0], recency=[0], T=[0.0], unit=model.unit)
    known, many = draws_among(spend=spend, margin_share=margin_share), draws_among(model=model)
    if known not in (0, many):
        rule = f"must be drawn as often as the prior ({many:,} times): they belong together, first with first"
        raise InputError("length-mismatch", "spend", counted(known, "draw"), rule, f"Pass draws={known}.")
    new: Any = value_new_customer(
        model, spend, margin_share=margin_share, discount_rate=discount_rate, horizon=horizon
    )
    return {
        "repeat orders in the first year": model.expected_purchases_new(year),
        "share that orders again in the first year": 1.0 - model.probability_no_purchase_new(year),
        "share still a customer after a year": model.probability_alive(fresh, year)[:, 0],
        f"value of a new customer within {horizon}": new.value,
    }


def _of_renewals(
    model: Any, *, margin_per_period: float, discount_rate: Rate, horizon: Duration
) -> dict[str, Any]:
    # payments come whole: in weeks a year has 52 of them, and not 52.18
    year, length = float(round(units_in(model.unit, "year"))), check_horizon(horizon)
    margin = one_number("margin_per_period", margin_per_period, POSITIVE)
    worth = margin * model.discounted_expected_lifetime(check_rate(discount_rate), horizon=length)
    return {
        "payments in the first year": model.discounted_expected_lifetime(_NONE, horizon=year),
        "share still there after a year": model.survival(year),
        f"value of a new customer within {length}": worth,
    }


def _of_spend(model: Any) -> dict[str, Any]:
    # the mean of few large customers may have no end where the median is a number that one can judge
    return {
        "median over customers of their mean spend per order": model.median_spend_new(),
        "mean spend per order": model.expected_spend_new(),
    }


def _draws(name: str, values: Any, many: int) -> Draws:
    """A figure as draws; what overflowed has no value, and is refused with what to do."""
    found = values.values if isinstance(values, Draws) else np.asarray(values, np.float64)
    # a figure that no parameter moves, such as who stays where nobody can leave, is one number for all
    found = np.broadcast_to(found.reshape(-1), (many,))
    gone = int(np.isnan(found).sum())
    if gone:
        shown = f"no number in {counted(gone, 'draw')} of {many:,} of the {name}"
        rule = "must be of parameters that can be computed with"
        raise InputError("not-finite", "prior", shown, rule, "State a narrower one.")
    return Draws.of(found)


def _short(value: float) -> str:
    """Three digits: nobody believes a prior to more."""
    if 0.0 < value < 0.001:
        return "<0.001"
    return f"{value:,.0f}" if 1000.0 <= value < np.inf else f"{value:.3g}"


_ASKED: dict[type[object], tuple[Callable[..., dict[str, Any]], tuple[str, ...]]] = {
    Purchases: (_of_purchases, ("spend", "margin_share", "discount_rate", "horizon")),
    Opportunities: (_of_purchases, ("spend", "margin_share", "discount_rate", "horizon")),
    Renewals: (_of_renewals, ("margin_per_period", "discount_rate", "horizon")),
    Spend: (_of_spend, ()),
}
