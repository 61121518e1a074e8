"""What the three fitters of repeat purchases in continuous time share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters.base_fitter import BaseFitter, Columns
from retainkit.interop.lifetimes.utils import check_inputs, scale_time
from retainkit.summaries import Purchases
from retainkit.typing import Array, Foreign, NumberLike


class AbstractPurchaseFitter(BaseFitter):
    """A fitter of a model of how often customers buy and whether they are still customers."""

    predict: Callable[..., SameKind]
    generate_new_data: Foreign
    _observed_column: ClassVar[str | None] = "T"
    _times: ClassVar[tuple[str, ...]] = ("alpha",)
    """Parameters that count in units of time."""

    @staticmethod
    @abstractmethod
    def _simulator() -> Callable[..., SameKind]:
        """The function of generate_data for this model."""

    # -- fitting -----------------------------------------------------------------------------------

    def _fit_times(
        self,
        columns: tuple[NumberLike, NumberLike, NumberLike],
        weights: NumberLike,
        start: NumberLike,
        *,
        rows_count: bool = False,
        verbose: bool = False,
        index: Foreign = None,
    ) -> None:
        """Fit to times divided by the longest T, as lifetimes does: a penalty counts in that scale.

        `rows_count` weighs the penalty against the sum over the rows instead of their mean.
        """
        frequency, recency, T = (np.asarray(column) for column in columns)
        check_inputs(frequency, recency, T)
        weight = np.ones(recency.shape, np.int64) if weights is None else np.asarray(weights)
        self._scale = scale_time(T)
        scaled = Purchases(
            frequency=frequency, recency=recency * self._scale, T=T * self._scale, weight=weight
        )
        size = float(len(scaled)) if rows_count else 1.0
        found = self._search(scaled, self.penalizer_coef / size, start)
        self._negative_log_likelihood_ = size * found.value
        params = np.exp(found.log_parameters)
        for name in self._times:
            params[self._model_class.names().index(name)] /= self._scale
        self._report(params, found.hessian, scaled.customers)
        given = {"frequency": frequency.astype(np.int64), "recency": recency, "T": T, "weights": weight}
        self._keep(given, index, found.message if verbose else "")

    def _put_methods(self, observed: Array | None) -> None:
        self.predict = self.conditional_expected_number_of_purchases_up_to_time
        if observed is not None:
            self.generate_new_data = self._generator(self._simulator(), observed)

    # -- predictions -------------------------------------------------------------------------------

    def conditional_expected_number_of_purchases_up_to_time(
        self, t: NumberLike, frequency: NumberLike, recency: NumberLike, T: NumberLike
    ) -> SameKind:
        """Expected purchases in the time `t` after T, given a customer's history.

        Gives a number, an array, or a Series with the index of the arguments.

        Parameters
        ----------
        t : number or array, ≥ 0
        frequency, recency, T : numbers, arrays or Series
            Where `frequency` is 0 the customer has no last repeat purchase, whatever `recency` says.
        """
        given = Columns(t=t, frequency=frequency, recency=recency, T=T)
        length = given.length("t")
        answer = np.zeros(length.shape)
        ahead = length > 0.0
        if np.any(ahead):
            with np.errstate(under="ignore"):
                past = customers(given, ahead)
                answer[ahead] = self._model().expected_purchases(past, given.one_if_all(length[ahead]))
        return given.back(answer)

    def conditional_probability_alive(
        self, frequency: NumberLike, recency: NumberLike, T: NumberLike
    ) -> SameKind:
        """Probability that a customer with this history is still one at T.

        Where `frequency` is 0 the customer has no last repeat purchase, whatever `recency` says.
        """
        return np.atleast_1d(np.asarray(self._alive(frequency, recency, T)))

    def conditional_probability_alive_matrix(
        self, max_frequency: int | None = None, max_recency: int | None = None
    ) -> SameKind:
        """P(alive) at every recency (rows) and frequency (columns), for customers of age `max_recency`.

        The largest frequency and the longest T of the fit by default.
        """
        most = max_frequency or int(self.data["frequency"].max())
        last = max_recency or int(self.data["T"].max())
        recency, frequency = np.meshgrid(np.arange(last + 1.0), np.arange(most + 1.0), indexing="ij")
        return np.asarray(self._alive(frequency, recency, float(last)))

    def expected_number_of_purchases_up_to_time(self, t: NumberLike) -> SameKind:
        """Expected repeat purchases of a customer just acquired, in the time `t`."""
        given = Columns(t=t)
        return given.back(self._model().expected_purchases_new(given.length("t")))

    def _alive(self, frequency: NumberLike, recency: NumberLike, T: NumberLike) -> SameKind:
        given = Columns(frequency=frequency, recency=recency, T=T)
        with np.errstate(under="ignore"):
            return given.back(self._model().probability_alive(customers(given)))

    @classmethod
    def _negative_log_likelihood(
        cls,
        log_params: NumberLike,
        freq: NumberLike,
        rec: NumberLike,
        T: NumberLike,
        weights: NumberLike,
        penalizer_coef: float,
    ) -> float:
        """What a fit minimises, at the logarithms of the parameters."""
        data = Purchases(frequency=freq, recency=rec, T=T, weight=weights)
        return cls._mean_criterion(log_params, data, penalizer_coef)


class AbstractBetaGeoFitter(AbstractPurchaseFitter):
    """A fitter of a model in which customers may leave after a purchase."""

    def fit(
        self,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        weights: NumberLike = None,
        initial_params: NumberLike = None,
        verbose: bool = False,
        tol: float = 1e-7,  # noqa: ARG002 - the search ends at the optimum itself
        index: Foreign = None,
        **kwargs: object,  # noqa: ARG002 - options of an optimiser that is not used
    ) -> Self:
        """Fit the model to customers' histories.

        Raises `ConvergenceError` if the data do not determine the parameters, with the reason in a sentence.

        Parameters
        ----------
        frequency, recency, T : (n,) arrays or Series
            Repeat purchases; time from the first to the last purchase; time from the first to the end.
        weights : (n,), optional
            Customers that each row stands for.
        initial_params : (4,), optional
            Logarithms of the parameters to start from, with times in units of the longest T.
        verbose : bool
            Print the verdict on the optimum.
        index : (n,), optional
            Index for ``data``.
        tol, kwargs
            Taken for compatibility; the optimum does not depend on them.
        """
        self._fit_times((frequency, recency, T), weights, initial_params, verbose=verbose, index=index)
        return self

    def probability_of_n_purchases_up_to_time(self, t: NumberLike, n: NumberLike) -> SameKind:
        """Probability that a customer just acquired makes `n` repeat purchases in the time `t`."""
        given = Columns(t=t, n=n)
        return given.back(self._model().purchase_pmf(given["n"], given.length("t")))


def customers(given: Columns, chosen: NumberLike = slice(None)) -> Purchases:
    """The customers of the arguments; without a repeat purchase there is no last one."""
    frequency = given["frequency"][chosen]
    recency = np.where(frequency == 0.0, 0.0, given["recency"][chosen])
    return Purchases(frequency=frequency, recency=recency, T=given["T"][chosen])
