"""A model and a decision from outside the tree get everything that ours get."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

import retainkit as rk
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.models import MODELS, Effect, WithCovariates
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.parameters import positive
from retainkit.protocols import DataOf
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SteadyBuyers(AbstractPurchaseModel):
    """Everybody buys at the same rate for ever: the smallest model of purchases there is."""

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"purchasing": ("rate", 1)}

    rate: Real = positive(start=1.0, typical=(0.5, 4.0), unit="rate", doc="purchases per unit of time")

    def log_likelihood_and_score(self, data: DataOf[rk.Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        value = data.frequency * np.log(self.rate) - self.rate * data.T
        return value, (data.frequency / self.rate - data.T)[np.newaxis]

    def _log_odds_left(self, purchases: rk.Purchases) -> Array:
        return -np.inf + purchases.frequency * np.ones(np.shape(self.rate))

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        return np.ones(np.broadcast_shapes(np.shape(self.rate), x.shape, T.shape, horizon.shape))

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        time = -np.expm1(-force * horizon) / force if force else horizon
        return self.rate * time + 0.0 * x * T

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        return self._pmf(n, horizon) + 0.0 * x * T

    def _pmf(self, n: Array, horizon: Array) -> Array:
        mean = self.rate * horizon
        return np.exp(xlogy(n, mean) - mean - gammaln(n + 1.0))

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        x = rng.poisson(self.rate * T)
        return x.astype(np.float64), np.where(x > 0, T * rng.beta(np.maximum(x, 1), 1.0), 0.0)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy has its line in the registry, for the length of a test."""
    with monkeypatch.context() as patch:
        patch.setitem(MODELS, "SteadyBuyers", SteadyBuyers)
        yield


def contract() -> dict[str, Callable[..., None]]:
    """What `test_models.py` asks of every registered model."""
    path = Path(__file__).with_name("test_models.py")
    spec = spec_from_file_location("contract_of_models", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    asked = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    return {name: test for name, test in asked.items() if "kind" in inspect.signature(test).parameters}


CONTRACT = contract()


def week(n: int = 4000) -> rk.Purchases:
    return SteadyBuyers(rate=0.2, unit="week").sample(np.linspace(20.0, 60.0, n), seed=1)


@pytest.mark.parametrize("promise", CONTRACT)
def test_a_toy_model_keeps_what_every_model_promises(promise: str) -> None:
    asked: dict[str, Any] = {"kind": SteadyBuyers, "seed": 1}
    CONTRACT[promise](**{name: asked[name] for name in inspect.signature(CONTRACT[promise]).parameters})


def test_the_contract_holds_its_main_promises() -> None:
    score, recovery = "test_score_is_the_gradient_of_the_likelihood", "test_fit_recovers_what_was_simulated"
    assert {score, recovery, "test_records_are_values", "test_draws_broadcast_over_customers"} <= set(
        CONTRACT
    )


def test_a_toy_model_is_reached_by_name_and_read_from_json() -> None:
    kind: Any = SteadyBuyers
    assert rk.SteadyBuyers is kind
    assert "SteadyBuyers" in rk.__all__
    model = SteadyBuyers(rate=0.2, unit="week")
    assert rk.model_from_json(model.model_dump_json()) == model


def test_a_toy_model_is_fitted_in_closed_form() -> None:
    """The maximum is known: purchases over time."""
    data = week()
    fitted = rk.fit(SteadyBuyers, data)
    rate = data.frequency.sum() / data.T.sum()
    assert fitted.model.rate == pytest.approx(rate, rel=1e-9)
    assert fitted.standard_errors["rate"] == pytest.approx(rate / np.sqrt(data.frequency.sum()), rel=1e-6)


@pytest.mark.slow
def test_a_toy_model_is_compared_with_ours() -> None:
    compared = rk.compare([SteadyBuyers, rk.BGNBD, rk.ParetoNBD], week())
    assert "SteadyBuyers" in str(compared)


def test_customers_are_valued_by_a_toy_model() -> None:
    """Nobody leaves, so that a year's purchases are rate × 52 each, undiscounted."""
    year, model = rk.Duration(52, "week"), SteadyBuyers(rate=0.2, unit="week")
    free = rk.Rate(0.0, per="year")
    worth = rk.value_customers(week(10), model, 30.0, margin_share=0.5, discount_rate=free, horizon=year)
    np.testing.assert_allclose(worth.value, 0.2 * 52 * 30.0 * 0.5, rtol=1e-12)


def test_covariates_go_around_a_toy_model() -> None:
    described = {"vip": np.tile([0.0, 1.0], 2000)}
    base, effect = SteadyBuyers(rate=0.2, unit="week"), Effect("vip", ("purchasing",))
    truth = WithCovariates(base, (effect,), (0.5,)).given(described)
    data = rk.Described(truth.sample(np.full(4000, 52.0), seed=2), described)
    fitted = rk.fit(rk.with_covariates(SteadyBuyers, purchasing=["vip"]), data)
    error = fitted.standard_errors["purchasing.vip"]
    assert abs(fitted.model.parameters["purchasing.vip"] - 0.5) < 3.0 * error < 0.1


# -- a decision -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class WelcomeInputs(Inputs):
    """What the gain of a welcome call rests on."""

    customers: Real = assumed(NOT_NEGATIVE, "called, each once")
    saved: Real = assumed(PROBABILITY, "share of them who stay because of the call")
    value_of_customer: Real = assumed(REAL, "of a customer who stays")
    cost_per_call: Real = assumed(NOT_NEGATIVE, "of the agent's time")

    def gain(self) -> Real:
        return self.customers * (self.saved * self.value_of_customer - self.cost_per_call)


@dataclass(frozen=True, eq=False, kw_only=True)
class WelcomeCall(Decision):
    """Whether a welcome call pays."""

    inputs: WelcomeInputs
    cost_per_save: Real

    def headline(self) -> str:
        return f"{shown(self.gain)} in all; a customer saved costs {mean(self.cost_per_save):,.2f}."


def welcome_call(customers: Any, *, saved: Any, value_of_customer: Any, cost_per_call: Any) -> WelcomeCall:
    asked = WelcomeInputs.read(locals())
    return WelcomeCall(gain=asked.gain(), inputs=asked, cost_per_save=asked.cost_per_call / asked.saved)


CALL = welcome_call(2000, saved=0.02, value_of_customer=300, cost_per_call=4)
DRAWS = rk.Draws(np.random.default_rng(1).beta(20, 980, size=400))
UNSURE = welcome_call(2000, saved=DRAWS, value_of_customer=300, cost_per_call=4)


def test_a_toy_decision_says_what_it_gains_and_what_would_turn_it() -> None:
    assert CALL.gain == 2000 * (0.02 * 300 - 4)
    assert CALL.worth_it
    turns = {a.name: a.turning_point for a in CALL.turning_points()}
    assert turns["saved"] == pytest.approx(4 / 300)
    assert turns["value_of_customer"] == pytest.approx(4 / 0.02)
    assert turns["cost_per_call"] == pytest.approx(0.02 * 300)
    assert CALL.gain_with(saved=0.01) == pytest.approx(2000 * (0.01 * 300 - 4))


def test_a_toy_decision_of_draws_is_about_their_mean() -> None:
    assert UNSURE.probability_of_gain == np.mean(DRAWS * 300 > 4)
    low, high = UNSURE.interval(level=0.8)
    assert low < np.mean(UNSURE.gain) < high
    (saved,) = (a for a in UNSURE.turning_points() if a.name == "saved")
    assert saved.value == pytest.approx(DRAWS.mean())
    assert saved.turning_point == pytest.approx(4 / 300)


@pytest.mark.parametrize("decision", [CALL, UNSURE], ids=["numbers", "draws"])
def test_a_toy_decision_is_a_record_like_any_other(decision: WelcomeCall) -> None:
    again = WelcomeCall.from_json(decision.model_dump_json())
    assert again == decision
    assert json.loads(decision.model_dump_json(), parse_constant=pytest.fail)["worth_it"]
    told = decision.as_dict(turning_points=True)
    assert {a["name"] for a in told["assumptions"]} == {
        "customers",
        "saved",
        "value_of_customer",
        "cost_per_call",
    }
    page = decision._repr_html_()
    assert page.count("<table") == page.count("</table>") >= 2
    assert "value of customer" in page or "value_of_customer" in page
    assert "turns at" in str(decision)
    frame = decision.to_frame("pandas")
    assert "gain" in frame.columns
    assert len(frame) == np.size(decision.gain)


def test_an_input_of_a_toy_decision_is_refused_by_its_own_name() -> None:
    with pytest.raises(rk.InputError, match=r"^saved must be a share between 0 and 1, got 2\.0\."):
        welcome_call(2000, saved=2, value_of_customer=300, cost_per_call=4)
    with pytest.raises(rk.InputError, match=r"^cost_per_call must have as many draws as saved"):
        welcome_call(2000, saved=DRAWS, value_of_customer=300, cost_per_call=rk.Draws([1.0, 2.0]))
    with pytest.raises(rk.InputError, match=r"^cost_per_call must be a number, or draws of one"):
        welcome_call(2000, saved=0.1, value_of_customer=300, cost_per_call=[1.0, 2.0])


def test_a_model_without_formulas_for_what_may_come_says_which_question_to_ask() -> None:
    model, customers = (
        SteadyBuyers(0.5, unit="week"),
        rk.Purchases(frequency=[2.0], recency=[5.0], T=[9.0], unit="week"),
    )
    with pytest.raises(rk.InputError, match=r"sample_given.*Ask for expected_purchases"):
        model.sample_given(customers, 4.0, seed=1)
    with pytest.raises(rk.InputError, match=r"variance_of_purchases.*Ask for sample_given"):
        model.variance_of_purchases(customers, 4.0)
