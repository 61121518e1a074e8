"""What every fitter has: parameters as a Series, their uncertainty, a printout and a file."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import ClassVar

import numpy as np

from retainkit.columns import SameKind
from retainkit.interop.lifetimes.fitters import _storage
from retainkit.interop.lifetimes.fitters._search import Found, criterion, minimum
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.models.base import AnyModel
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Foreign, Frame, NumberLike

_REBUILT = ("predict", "generate_new_data")  # methods put on the instance by a fit


class BaseFitter:
    """The base of all fitters.

    After a fit, ``params_`` (Series), ``standard_errors_`` (Series), ``variance_matrix_`` and
    ``confidence_intervals_`` (DataFrames), and ``data``, what was fitted, are there.

    Parameters
    ----------
    penalizer_coef : float
        Weight of the sum of the squared parameters, added to what is minimised.
    """

    _model_class: ClassVar[type[AnyModel]]
    _observed_column: ClassVar[str | None] = None
    params_: Foreign
    data: Frame
    variance_matrix_: Foreign
    standard_errors_: Foreign
    confidence_intervals_: Foreign

    def __init__(self, penalizer_coef: float = 0.0) -> None:
        self.penalizer_coef = penalizer_coef

    def __repr__(self) -> str:
        name = type(self).__name__
        rows = getattr(getattr(self, "data", None), "shape", None)
        if not hasattr(self, "params_"):
            return f"<lifetimes.{name}>"
        fitted = "" if rows is None else f" fitted with {rows[0]:d} subjects,"
        values = ", ".join(f"{k}: {v:.2f}" for k, v in sorted(self.params_.items()))
        return f"<lifetimes.{name}:{fitted} {values}>"

    @property
    def summary(self) -> SameKind:
        """One row a parameter: estimate, standard error and the bounds of its 95% interval."""
        pd = pandas()

        bounds = self.confidence_intervals_
        columns = {"coef": self.params_, "se(coef)": self.standard_errors_}
        return pd.DataFrame({**columns, **{name: bounds[name] for name in bounds.columns}})

    # -- the file --------------------------------------------------------------------------------

    def save_model(
        self,
        path: str | PathLike[str],
        save_data: bool = True,
        save_generate_data_method: bool = True,
        values_to_save: list[Foreign] | None = None,
    ) -> None:
        """Write the fitter to a JSON file; lifetimes writes a pickle, which runs code when it is read.

        Parameters
        ----------
        path : where to write
        save_data : bool
            Whether to keep the data of the fit in the file.
        save_generate_data_method : bool
            Whether the reader shall be able to call ``generate_new_data``.
        values_to_save : list, optional
            What to write in place of what is left out, in the order of the two; None by default.
        """
        state = {name: value for name, value in self.__dict__.items() if name not in _REBUILT}
        left_out = ["data" * (not save_data), "generate_new_data" * (not save_generate_data_method)]
        fills = [None, None] if values_to_save is None else values_to_save
        if not save_data and save_generate_data_method:
            state["_observed"] = self._observations()
        replaced = zip(left_out, fills, strict=False)
        state |= {name: fill for name, fill in replaced if name in self.__dict__}
        _storage.write(path, type(self).__name__, state)

    def load_model(self, path: str | PathLike[str]) -> None:
        """Become the fitter that `save_model` wrote to this file."""
        state = _storage.read(path, type(self).__name__)
        self.__dict__.update({name: v for name, v in state.items() if name != "_observed"})
        if "params_" in state:
            replaced = "generate_new_data" in state
            observed = state["_observed"] if "_observed" in state else self._observations()
            self._put_methods(None if replaced else observed)

    # -- what fitters share ------------------------------------------------------------------------

    def _unload_params(self, *names: str) -> list[Foreign]:
        if not hasattr(self, "params_"):
            raise ValueError("Model has not been fit yet. Please call the .fit method first.")
        return [self.params_[name] for name in names]

    def _model(self) -> SameKind:
        """The retainkit model with these parameters."""
        kind = self._model_class
        return kind.of([float(value) for value in self._unload_params(*kind.names())])

    def _search(self, data: AbstractSummary, penalty: float, start: NumberLike, **held: float) -> Found:
        """The minimum of the criterion, whose value and curvature are kept."""
        given = None if start is None else np.asarray(start, np.float64)
        found = minimum(self._model_class, data, penalty, given, held)
        self._negative_log_likelihood_ = found.value
        self._hessian_ = found.hessian
        return found

    def _report(self, params: Array, hessian: Array, customers: float) -> None:
        """Estimates with their uncertainty, by the delta method from the logarithms."""
        pd = pandas()

        names = list(self._model_class.names())
        variance = np.outer(params, params) * np.linalg.inv(hessian) / customers
        self.params_ = pd.Series(params, index=names)
        self.variance_matrix_ = pd.DataFrame(variance, index=names, columns=names)
        with np.errstate(invalid="ignore"):
            self.standard_errors_ = pd.Series(np.sqrt(np.diag(variance)), index=names)
        reach = 1.96 * self.standard_errors_
        self.confidence_intervals_ = pd.DataFrame(
            {"lower 95% bound": self.params_ - reach, "upper 95% bound": self.params_ + reach}
        )

    def _observations(self) -> Array | None:
        """How long each customer of the fit was observed, customers with a weight repeated."""
        column = self._observed_column
        if column is None or not hasattr(getattr(self, "data", None), "columns"):
            return None
        return repeated(self.data[column], self.data["weights"])

    def _put_methods(self, observed: Array | None) -> None:
        """Methods that lifetimes puts on the instance; `observed` is None where there is no simulator."""

    def _generator(self, simulate: Callable[..., SameKind], observed: Array) -> Callable[..., SameKind]:
        """The method ``generate_new_data``: customers like those of the fit, simulated."""

        def generate_new_data(size: int = 1) -> SameKind:
            return simulate(observed, *self._unload_params(*self._model_class.names()), size=size)

        return generate_new_data

    @classmethod
    def _mean_criterion(cls, log_params: NumberLike, data: AbstractSummary, penalizer_coef: float) -> float:
        return criterion(cls._model_class, log_params, data, penalizer_coef)


def repeated(values: NumberLike, weights: NumberLike) -> Array:
    """Each value as often as its weight says, if the weights are whole numbers."""
    times = np.asarray(weights)
    whole = np.rint(times).astype(np.int64)
    return np.repeat(np.asarray(values), whole) if np.array_equal(whole, times) else np.asarray(values)
