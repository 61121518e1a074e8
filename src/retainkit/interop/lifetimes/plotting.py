"""lifetimes' pictures, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retainkit.errors import check_choice
from retainkit.interop.lifetimes import kinds
from retainkit.interop.lifetimes.fitters.base_fitter import repeated
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.interop.lifetimes.utils import calculate_alive_path, expected_cumulative_transactions
from retainkit.plot.look import pyplot
from retainkit.typing import Foreign, Frame, NumberLike

__all__ = [
    "plot_calibration_purchases_vs_holdout_purchases",
    "plot_cumulative_transactions",
    "plot_dropout_rate_heterogeneity",
    "plot_expected_repeat_purchases",
    "plot_frequency_recency_matrix",
    "plot_history_alive",
    "plot_incremental_transactions",
    "plot_period_transactions",
    "plot_probability_alive_matrix",
    "plot_transaction_rate_heterogeneity",
]

_KINDS = {
    "frequency_cal": "Purchases in calibration period",
    "recency_cal": "Age of customer at last purchase",
    "T_cal": "Age of customer at the end of calibration period",
    "time_since_last_purchase": "Time since user made last purchase",
}
_FREQUENCY, _RECENCY = "Customer's Historical Frequency", "Customer's Recency"


def plot_period_transactions(
    model: Foreign,
    max_frequency: int = 7,
    title: str = "Frequency of Repeat Transactions",
    xlabel: str = "Number of Calibration Period Transactions",
    ylabel: str = "Customers",
    **kwargs: object,
) -> Foreign:
    """How many customers made each number of repeat purchases, as observed and as the model simulates.

    `max_frequency` is the number of bars; `label` may name the two kinds; the rest goes to the bar plot.
    """
    labels: Foreign = kwargs.pop("label", ["Actual", "Model"])
    seen = repeated(model.data["frequency"], model.data["weights"])
    simulated = model.generate_new_data(size=seen.size)["frequency"].to_numpy()
    counts = [
        pandas().DataFrame({"x": x})["x"].value_counts().sort_index()[:max_frequency]
        for x in (seen, simulated)
    ]
    ax = pandas().DataFrame(dict(zip(labels, counts, strict=True))).fillna(0).plot(kind="bar", **kwargs)
    ax.legend()
    return _named(ax, title, xlabel, ylabel)


def plot_calibration_purchases_vs_holdout_purchases(
    model: Foreign,
    calibration_holdout_matrix: Frame,
    kind: str = "frequency_cal",
    n: int = 7,
    **kwargs: object,
) -> Foreign:
    """Mean purchases in the holdout period, observed and predicted, by what was known before it.

    Parameters
    ----------
    model : a fitted fitter of purchases
    calibration_holdout_matrix : what `calibration_and_holdout_data` returns
    kind : {"frequency_cal", "recency_cal", "T_cal", "time_since_last_purchase"}
    n : int
        Number of points.
    kwargs : passed on to the plot
    """
    check_choice("kind", kind, tuple(_KINDS))
    table = calibration_holdout_matrix
    past = [table[name] for name in ("frequency_cal", "recency_cal", "T_cal")]
    ahead = model.conditional_expected_number_of_purchases_up_to_time(
        table["duration_holdout"].iloc[0], *past
    )
    table = table.assign(
        model_predictions=ahead, time_since_last_purchase=table["T_cal"] - table["recency_cal"]
    )
    mean = table.groupby(kind)[["frequency_holdout", "model_predictions"]].mean()
    ax = mean.iloc[:n].plot(**kwargs)
    ax.legend()
    title = "Actual Purchases in Holdout Period vs Predicted Purchases"
    return _named(ax, title, _KINDS[kind], "Average of Purchases in Holdout Period")


def plot_frequency_recency_matrix(
    model: Foreign,
    T: float = 1,
    max_frequency: int | None = None,
    max_recency: int | None = None,
    title: str | None = None,
    xlabel: str = _FREQUENCY,
    ylabel: str = _RECENCY,
    **kwargs: object,
) -> Foreign:
    """Expected purchases in the next `T` units of time, for every frequency and recency.

    Customers have the age `max_recency`, by default the longest T of the fit.
    """
    most = int(model.data["frequency"].max()) if max_frequency is None else max_frequency
    last = int(model.data["T"].max()) if max_recency is None else max_recency
    recency, frequency = np.meshgrid(np.arange(last + 1.0), np.arange(most + 1.0), indexing="ij")
    expected = model.conditional_expected_number_of_purchases_up_to_time(T, frequency, recency, float(last))
    units = "Unit" if T == 1 else "Units"
    heading = f"Expected Number of Future Purchases for {T} {units} of Time,\n"
    heading += "by Frequency and Recency of a Customer"
    return _named(_heat(expected, kwargs), heading if title is None else title, xlabel, ylabel)


def plot_probability_alive_matrix(
    model: Foreign,
    max_frequency: int | None = None,
    max_recency: int | None = None,
    title: str = "Probability Customer is Alive,\nby Frequency and Recency of a Customer",
    xlabel: str = _FREQUENCY,
    ylabel: str = _RECENCY,
    **kwargs: object,
) -> Foreign:
    """P(alive) for every frequency and recency, of customers of the age `max_recency`."""
    alive = model.conditional_probability_alive_matrix(max_frequency, max_recency)
    return _named(_heat(alive, kwargs), title, xlabel, ylabel)


def plot_expected_repeat_purchases(
    model: Foreign,
    title: str = "Expected Number of Repeat Purchases per Customer",
    xlabel: str = "Time Since First Purchase",
    ax: Foreign = None,
    label: str | None = None,
    **kwargs: object,
) -> Foreign:
    """Expected repeat purchases of a new customer over time; dashed where it is longer than observed."""
    ax = _axes(ax)
    color = kwargs.pop("c", None) or kwargs.pop("color", None)
    longest = model.data["T"].max()
    seen = np.linspace(0.0, float(longest), 100)
    beyond = np.linspace(float(longest), 1.5 * float(longest), 100)
    expected: Callable[[NumberLike], NumberLike] = model.expected_number_of_purchases_up_to_time
    (line,) = ax.plot(seen, expected(seen), color=color, label=label, **kwargs)
    ax.plot(beyond, expected(beyond), color=line.get_color(), ls="--", **kwargs)
    if label is not None:
        ax.legend(loc="lower right")
    return _named(ax, title, xlabel, None)


def plot_history_alive(
    model: Foreign,
    t: int,
    transactions: Frame,
    datetime_col: str,
    freq: str = "D",
    start_date: object = None,
    ax: Foreign = None,
    **kwargs: object,
) -> Foreign:
    """P(alive) of one customer over time, and the purchases; arguments as in `calculate_alive_path`.

    `start_date` limits the axis; `kwargs` go to the line.
    """
    ax = _axes(ax)
    dates = kinds.Dates(transactions, datetime_col, None, freq)
    path = calculate_alive_path(model, transactions, datetime_col, t, freq)
    begin = dates.when.min()
    days = pandas().period_range(begin.to_period(dates.freq), periods=len(path)).to_timestamp()
    ax.plot(days, path, **{"ls": "-", "label": "P_alive", **kwargs})
    bought = dates.when.dt.to_period(dates.freq).dt.to_timestamp().unique()
    ax.vlines(bought, ymin=0, ymax=1, colors="r", linestyles="dashed", label="purchases")
    ax.set_ylim(0, 1.0)
    ax.set_yticks(np.arange(0, 1.1, 0.1))
    ax.set_xlim(begin if start_date is None else dates.read(start_date), days[-1])
    ax.legend(loc=3)
    return _named(ax, "History of P_alive", "", "P_alive")


def plot_cumulative_transactions(
    model: Foreign,
    transactions: Frame,
    datetime_col: str,
    customer_id_col: str,
    t: int,
    t_cal: float,
    datetime_format: str | None = None,
    freq: str = "D",
    set_index_date: bool = False,
    title: str = "Tracking Cumulative Transactions",
    xlabel: str = "day",
    ylabel: str = "Cumulative Transactions",
    ax: Foreign = None,
    **kwargs: object,
) -> Foreign:
    """Repeat purchases of all customers up to each period, observed and expected.

    Arguments as in `expected_cumulative_transactions`; a line stands at `t_cal`, where calibration ended.
    """
    columns = (datetime_col, customer_id_col, t, datetime_format, freq)
    table = expected_cumulative_transactions(model, transactions, *columns, set_index_date=set_index_date)
    return _track(table, t_cal, (title, xlabel, ylabel), set_index_date, ax, kwargs)


def plot_incremental_transactions(
    model: Foreign,
    transactions: Frame,
    datetime_col: str,
    customer_id_col: str,
    t: int,
    t_cal: float,
    datetime_format: str | None = None,
    freq: str = "D",
    set_index_date: bool = False,
    title: str = "Tracking Daily Transactions",
    xlabel: str = "day",
    ylabel: str = "Transactions",
    ax: Foreign = None,
    **kwargs: object,
) -> Foreign:
    """Repeat purchases of all customers in each period; arguments as in `plot_cumulative_transactions`."""
    columns = (datetime_col, customer_id_col, t, datetime_format, freq)
    table = expected_cumulative_transactions(model, transactions, *columns, set_index_date=set_index_date)
    return _track(table.diff(), t_cal, (title, xlabel, ylabel), set_index_date, ax, kwargs)


def plot_transaction_rate_heterogeneity(
    model: Foreign,
    suptitle: str = "Heterogeneity in Transaction Rate",
    xlabel: str = "Transaction Rate",
    ylabel: str = "Density",
    suptitle_fontsize: float = 14,
    **kwargs: object,
) -> Foreign:
    """The gamma density of the customers' purchase rates, with its mean and variance."""
    from scipy.stats import gamma

    r, alpha = model._unload_params("r", "alpha")
    return _density(gamma(r, scale=1.0 / alpha), (suptitle, xlabel, ylabel), suptitle_fontsize, kwargs)


def plot_dropout_rate_heterogeneity(
    model: Foreign,
    suptitle: str = "Heterogeneity in Dropout Probability",
    xlabel: str = "Dropout Probability p",
    ylabel: str = "Density",
    suptitle_fontsize: float = 14,
    **kwargs: object,
) -> Foreign:
    """The beta density of the chance to leave after a purchase, with its mean and variance."""
    from scipy.stats import beta

    a, b = model._unload_params("a", "b")
    return _density(beta(a, b), (suptitle, xlabel, ylabel), suptitle_fontsize, kwargs)


def _axes(ax: Foreign) -> Foreign:
    return pyplot().subplot(111) if ax is None else ax


def _named(ax: Foreign, title: str, xlabel: str, ylabel: str | None) -> Foreign:
    ax.set_title(title)
    ax.set_xlabel(xlabel)
    if ylabel is not None:
        ax.set_ylabel(ylabel)
    return ax


def _heat(values: NumberLike, kwargs: dict[str, object]) -> Foreign:
    """A square picture of a matrix with its scale of colours."""
    plt = pyplot()
    ax = plt.subplot(111)
    image = ax.imshow(values, **{"interpolation": "none", **kwargs})
    left, right, bottom, top = image.get_extent()
    ax.set_aspect(abs((right - left) / (top - bottom)))
    plt.colorbar(image, ax=ax)
    return ax


def _track(
    table: Frame,
    t_cal: float,
    names: tuple[str, str, str],
    by_date: bool,
    ax: Foreign,
    kwargs: dict[str, object],
) -> Foreign:
    title, xlabel, ylabel = names
    ax = table.plot(ax=_axes(ax), title=title, **kwargs)
    ax.axvline(x=table.index[int(t_cal)] if by_date else t_cal, color="r", linestyle="--")
    return _named(ax, title, "date" if by_date else xlabel, ylabel)


def _density(law: Foreign, names: tuple[str, str, str], size: float, kwargs: dict[str, object]) -> Foreign:
    suptitle, xlabel, ylabel = names
    x = np.linspace(0.0, float(law.ppf(0.99)), 100)
    fig, ax = pyplot().subplots(1)
    fig.suptitle(suptitle, fontsize=size, fontweight="bold")
    _named(ax, f"mean: {law.mean():.3f}, var: {law.var():.3f}", xlabel, ylabel)
    fig.tight_layout(rect=[0, 0.03, 1, 0.95])
    ax.plot(x, law.pdf(x), **kwargs)
    return ax
