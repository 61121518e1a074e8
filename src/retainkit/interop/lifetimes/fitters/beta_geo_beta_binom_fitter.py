"""The BG/BB model behind lifetimes' interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self, final

import numpy as np

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters.base_fitter import BaseFitter, Columns
from retainkit.interop.lifetimes.generate_data import beta_geometric_beta_binom_model
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.models.base import AnyModel
from retainkit.models.purchasing.bg_bb import BGBB
from retainkit.summaries import Opportunities
from retainkit.typing import Array, Foreign, NumberLike


@final
class BetaGeoBetaBinomFitter(BaseFitter):
    """BG/BB: opportunities to buy come one by one; customers take each with their own chance.

    Parameters
    ----------
    penalizer_coef : float
        Weight of alpha² + beta² + gamma² + delta² against the mean negative log-likelihood.
    """

    _model_class: ClassVar[type[AnyModel]] = BGBB
    _observed_column: ClassVar[str | None] = "n_periods"
    generate_new_data: Callable[..., SameKind]

    def fit(
        self,
        frequency: NumberLike,
        recency: NumberLike,
        n_periods: NumberLike,
        weights: NumberLike = None,
        initial_params: NumberLike = None,
        verbose: bool = False,
        tol: float = 1e-7,  # noqa: ARG002 - the search ends at the optimum itself
        index: Foreign = None,
        **kwargs: object,  # noqa: ARG002 - options of an optimiser that is not used
    ) -> Self:
        """Fit the model to customers' histories.

        Parameters
        ----------
        frequency, recency, n_periods : (n,) whole numbers
            Opportunities with a purchase; number of the last such opportunity; opportunities observed.
        weights, verbose, index, tol, kwargs
            As in `BetaGeoFitter.fit`.
        initial_params : (4,), optional
            Logarithms of the parameters to start from.
        """
        x, last, n = (np.asarray(column) for column in (frequency, recency, n_periods))
        weight = np.ones(last.shape, np.int64) if weights is None else np.asarray(weights)
        data = Opportunities(frequency=x, recency=last, periods=n, weight=weight)
        found = self._search(data, self.penalizer_coef, initial_params)
        self._report(np.exp(found.log_parameters), found.hessian, data.customers)
        whole = {"frequency": x, "recency": last, "n_periods": n}
        columns = {name: column.astype(np.int64) for name, column in whole.items()}
        self._keep({**columns, "weights": weight}, index, found.message if verbose else "")
        return self

    def _put_methods(self, observed: Array | None) -> None:
        if observed is not None:
            self.generate_new_data = self._generator(beta_geometric_beta_binom_model, observed)

    def conditional_expected_number_of_purchases_up_to_time(
        self,
        m_periods_in_future: NumberLike,
        frequency: NumberLike,
        recency: NumberLike,
        n_periods: NumberLike,
    ) -> SameKind:
        """Expected purchases at the next `m_periods_in_future` opportunities, given a history."""
        given, ahead = _given(m_periods_in_future, frequency, recency, n_periods)
        answer = np.zeros(ahead.shape)
        some = ahead > 0.0
        if np.any(some):
            answer[some] = self._model().expected_purchases(
                _customers(given, some), given.one_if_all(ahead[some])
            )
        return given.back(answer)

    def conditional_probability_alive(
        self,
        m_periods_in_future: NumberLike,
        frequency: NumberLike,
        recency: NumberLike,
        n_periods: NumberLike,
    ) -> SameKind:
        """Probability that a customer is still one `m_periods_in_future` opportunities from now."""
        given, ahead = _given(m_periods_in_future, frequency, recency, n_periods)
        return given.back(self._model().probability_alive(_customers(given), given.one_if_all(ahead)))

    def expected_number_of_transactions_in_first_n_periods(self, n: int) -> SameKind:
        """How many of the fitted customers would make each number of purchases at `n` opportunities.

        A DataFrame with the column ``model``, indexed by the frequencies that the data have.
        """
        pd = pandas()
        counts = self.data.groupby("frequency")["weights"].sum()
        share = self._model().purchase_pmf(counts.index.to_numpy(), n)
        index = pd.Index(counts.index, name="frequency")
        return pd.DataFrame({"model": share * counts.sum()}, index=index)

    @classmethod
    def _negative_log_likelihood(
        cls,
        log_params: NumberLike,
        frequency: NumberLike,
        recency: NumberLike,
        n_periods: NumberLike,
        weights: NumberLike,
        penalizer_coef: float = 0.0,
    ) -> float:
        """What a fit minimises, at the logarithms of the parameters."""
        data = Opportunities(frequency=frequency, recency=recency, periods=n_periods, weight=weights)
        return cls._mean_criterion(log_params, data, penalizer_coef)


def _given(
    m_periods_in_future: NumberLike, frequency: NumberLike, recency: NumberLike, n_periods: NumberLike
) -> tuple[Columns, Array]:
    given = Columns(
        m_periods_in_future=m_periods_in_future, frequency=frequency, recency=recency, n_periods=n_periods
    )
    return given, given.length("m_periods_in_future")


def _customers(given: Columns, chosen: NumberLike = slice(None)) -> Opportunities:
    x, last, n = (given[name][chosen] for name in ("frequency", "recency", "n_periods"))
    return Opportunities(frequency=x, recency=last, periods=n)
